"""Uncommitted remains: blobs, proofs, reports and packets that no record names (docs/case-format.md, section 9)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.custody.digest import digest_stream
from forensics.custody.store import open_regular, translated
from forensics.model import Output

if TYPE_CHECKING:
    from forensics.custody.writer import Writer

_OUTPUT_PATH = re.compile(r"(?:reports|packets)/[^/\x00]+")


@dataclass(frozen=True, slots=True)
class Remain:
    """Something that no record names.

    Attributes:
        path: Where it lies.
        entry: What the record of its removal says.
        instead: The committed report whose place it has taken; None where it has taken none.
    """

    path: Path
    entry: Mapping[str, Any]
    instead: Output | None = None


def sweep(writer: Writer) -> list[Mapping[str, Any]]:
    """Removes remains and says what it removed.

    The cache alone never decides that something was not committed: before anything is removed it is made anew from the
    records.

    Raises:
        StoreError: Something cannot be removed.
        IntegrityError: A record file is damaged.
    """
    if not find(writer):
        return []
    writer.index.rebuild()
    found = find(writer)
    remove(writer, found)
    return [remain.entry for remain in found]


def find(writer: Writer) -> list[Remain]:
    """Finds remains, reports before the blobs that tell that they are reports.

    Raises:
        StoreError: The case cannot be read.
    """
    with translated(writer.case.folder):
        blobs = list(_unnamed_blobs(writer))
        unnamed = {remain.path.name for remain in blobs}
        declared = declared_outputs(writer)
        reports = _unnamed_reports(writer.case.folder, declared, unnamed=unnamed)
        return [*reports, *_unnamed_packets(writer.case.folder, declared), *_unnamed_proofs(writer), *blobs]


def remove(writer: Writer, remains: Sequence[Remain]) -> None:
    """Removes remains, in order; a committed report gets its place back.

    Raises:
        StoreError: Something cannot be removed.
    """
    for remain in remains:
        if remain.instead is not None:
            put_back(writer, remain.instead)
    blobs = writer.case.folder / "blobs"
    writer.store.discard(one.path for one in remains if one.instead is None and not one.path.is_relative_to(blobs))
    writer.store.discard(one.path for one in remains if one.path.is_relative_to(blobs))


def put_back(writer: Writer, output: Output) -> None:
    """Writes a committed report to its place again, from its blob.

    Raises:
        StoreError: It cannot be written.
        IntegrityError: The blob is missing or has other bytes.
    """
    place = place_of(writer.case.folder, output.path)
    if place is not None and output.artifact is not None:
        sha256 = output.artifact.digests.sha256
        writer.store.check(sha256)
        with writer.store.open(sha256) as stream:
            writer.store.write(place, stream.read(), mode=0o444)


def declared_outputs(writer: Writer) -> dict[Path, Output]:
    """Gives the output that counts for each place in the case: the last one recorded."""
    outputs = (committed.record for committed in writer.case.records_of("output", writer.index))
    return {place: output for output in outputs if (place := place_of(writer.case.folder, output.path)) is not None}


def place_of(folder: Path, path: str | None) -> Path | None:
    """Gives where an output lies; None where its record names no place in the case or one that none may have."""
    if path is None or not _OUTPUT_PATH.fullmatch(path) or path.endswith(("/.", "/..")):
        return None
    return folder / path


def _unnamed_blobs(writer: Writer) -> Iterator[Remain]:
    named = writer.index.blob_names()
    for path in _blob_files(writer.case.folder / "blobs"):
        if path.name not in named and (digests := _digests_of(path))["sha256"] == path.name:
            yield Remain(path, {"what": "uncommitted blob", **digests})


def _blob_files(folder: Path) -> Iterator[Path]:
    """Gives the regular files in the folders of `blobs/`, looking at nothing but the folders themselves."""
    with os.scandir(folder) as parts:
        for part in parts:
            if part.is_dir(follow_symlinks=False):
                with os.scandir(part) as entries:
                    yield from (Path(entry.path) for entry in entries if entry.is_file(follow_symlinks=False))


def _unnamed_reports(folder: Path, declared: Mapping[Path, Output], *, unnamed: set[str]) -> Iterator[Remain]:
    """Gives reports that are equal to an uncommitted blob; any other file there is for `verify` to report."""
    for path in sorted((folder / "reports").iterdir()) if unnamed else ():
        if path.is_symlink() or not path.is_file() or (digests := _digests_of(path))["sha256"] not in unnamed:
            continue
        what = (
            "uncommitted report over a committed one, which was put back" if path in declared else "uncommitted output"
        )
        yield Remain(path, {"what": what, "name": f"reports/{path.name}", **digests}, declared.get(path))


def _unnamed_packets(folder: Path, declared: Mapping[Path, Output]) -> Iterator[Remain]:
    for path in sorted((folder / "packets").iterdir()):
        if path not in declared:
            yield Remain(path, {"what": "uncommitted output", "name": f"packets/{path.name}"})


def _unnamed_proofs(writer: Writer) -> Iterator[Remain]:
    files = sorted((writer.case.folder / "proofs").iterdir())
    if not files:
        return
    proofs = (committed.record for committed in writer.case.records_of("time-proof", writer.index))
    named = {name for proof in proofs for name in (proof.token, *proof.certificates, *proof.revocation)}
    for path in files:
        if path.stem in named or path.is_symlink() or not path.is_file():
            continue
        if (digests := _digests_of(path))["sha256"] == path.stem:
            yield Remain(path, {"what": "uncommitted proof", **digests})


def _digests_of(path: Path) -> dict[str, Any]:
    with open_regular(path) as stream:
        digests = digest_stream(stream)
    return {"sha256": digests.sha256, "size": digests.size}


def describe_files(paths: Iterable[Path], what: str) -> list[Mapping[str, Any]]:
    """Says what files are, by digest and size, before they are removed."""
    return [{"what": what, **_digests_of(path)} for path in paths]
