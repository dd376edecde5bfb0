"""Clears away what an interrupted run left, and records that it did (docs/case-format.md, section 9)."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.custody import erasure
from forensics.custody.case import Case, open_case
from forensics.custody.digest import digest_stream, sha256_hex
from forensics.custody.index import Index
from forensics.custody.store import FileSystem, Store, translated, wipe
from forensics.model import Output, Recovery

if TYPE_CHECKING:
    from forensics.custody.writer import Writer

Removed = list[Mapping[str, Any]]

_RECORD_FILE = re.compile(r"(\d{6,})-[a-z][a-z-]*\.jsonl")


def clear(case: Case, file_system: FileSystem) -> tuple[Case, Removed]:
    """Clears what can be seen without the index: a half-written line, an uncommitted record file, `tmp/`, erasures.

    Returns:
        The case as it stands afterwards, and what was removed.

    Raises:
        StoreError: Something cannot be removed.
    """
    removed: Removed = []
    with translated(case.folder):
        for name in ("records", "blobs", "proofs", "reports", "packets", "tmp"):
            (case.folder / name).mkdir(exist_ok=True)
        if case.unfinished:
            removed.append(_cut_ledger(case))
        removed.extend(_clear_record_file(case, file_system))
        removed.extend(_clear_temporary(case))
        if unfinished := erasure.finish(case, file_system):
            removed.append({"what": "unfinished erasure", "events": unfinished})
    return open_case(case.folder), removed


def _cut_ledger(case: Case) -> dict[str, Any]:
    path = case.folder / "ledger.jsonl"
    with path.open("r+b") as handle:
        handle.truncate(path.stat().st_size - len(case.unfinished))
        os.fsync(handle.fileno())
    return {"what": "unfinished ledger line", "size": len(case.unfinished), "sha256": sha256_hex(case.unfinished)}


def _clear_record_file(case: Case, file_system: FileSystem) -> Iterator[dict[str, Any]]:
    for path in sorted((case.folder / "records").iterdir()):
        match = _RECORD_FILE.fullmatch(path.name)
        if match and int(match[1]) == len(case.events):
            digests = _digests_of(path)
            file_system.remove(path)
            yield {"what": "uncommitted record file", **digests}


def _clear_temporary(case: Case) -> Iterator[dict[str, Any]]:
    count = sum(1 for _ in (case.folder / "tmp").iterdir())
    if count:
        Store(case.folder).wipe_temporary()
        yield {"what": "temporary files", "count": count}


def clear_unnamed(writer: Writer, removed: Removed) -> None:
    """Removes blobs, proofs, reports and packets that no record names, and commits what was removed, if anything was.

    Raises:
        StoreError: Something cannot be removed or committed.
    """
    with translated(writer.case.folder):
        found = [*removed, *_clear_blobs(writer.case, writer.index), *_clear_proofs(writer), *_clear_outputs(writer)]
    if found:
        writer.commit("recover", [Recovery(tuple(found))])


def _clear_blobs(case: Case, index: Index) -> Iterator[dict[str, Any]]:
    named = index.blob_names()
    for path in _blob_files(case.folder / "blobs"):
        if path.name not in named and _has_own_name(path):
            size = path.stat().st_size
            wipe(path)
            yield {"what": "uncommitted blob", "sha256": path.name, "size": size}


def _blob_files(folder: Path) -> Iterator[Path]:
    for part in os.scandir(folder):
        if part.is_dir(follow_symlinks=False):
            yield from (Path(entry.path) for entry in os.scandir(part) if entry.is_file(follow_symlinks=False))


def _clear_proofs(writer: Writer) -> Iterator[dict[str, Any]]:
    named = {name for proof in writer.case.records_of("time-proof", writer.index) for name in _files_of(proof.record)}
    for path in sorted((writer.case.folder / "proofs").iterdir()):
        if path.stem not in named and path.is_file() and _has_own_name(path):
            path.unlink()
            yield {"what": "uncommitted proof", "sha256": path.stem}


def _files_of(proof: Any) -> tuple[str, ...]:
    return (proof.token, *proof.certificates, *proof.revocation)


def _clear_outputs(writer: Writer) -> Iterator[dict[str, Any]]:
    declared: dict[str, Output] = {}
    for committed in writer.case.records_of("output", writer.index):
        if committed.record.path:
            declared[committed.record.path] = committed.record
    for kind in ("reports", "packets"):
        for path in sorted((writer.case.folder / kind).iterdir()):
            name = f"{kind}/{path.name}"
            if name not in declared:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
                yield {"what": "uncommitted output", "name": name}
    yield from _restore_reports(writer, declared)


def _restore_reports(writer: Writer, declared: Mapping[str, Output]) -> Iterator[dict[str, Any]]:
    """Puts a committed report back where an interrupted run had already replaced it by an uncommitted one."""
    for name, output in declared.items():
        path = writer.case.folder / name
        artifact = output.artifact
        if artifact is None or not name.startswith("reports/") or not writer.store.has(artifact.digests.sha256):
            continue
        if not path.is_file() or _digests_of(path)["sha256"] != output.digest:
            writer.store.write(path, writer.store.path_of(artifact.digests.sha256).read_bytes(), mode=0o444)
            yield {"what": "report put back from its blob", "name": name}


def _digests_of(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        digests = digest_stream(stream)
    return {"sha256": digests.sha256, "size": digests.size}


def _has_own_name(path: Path) -> bool:
    return bool(_digests_of(path)["sha256"] == path.stem)
