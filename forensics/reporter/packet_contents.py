"""What of a case goes into a packet, and what is left out: sealed blobs, and what is about other items."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from forensics.custody.case import Case
from forensics.custody.digest import sha256_hex
from forensics.custody.ledger import Head
from forensics.custody.records import Line, artifacts_of, leaf_line, raw_lines, read_line
from forensics.errors import CodecError, IntegrityError
from forensics.verify.contents import Contents

_HINT = "Run `forensics verify CASE` and restore the case from a copy."


@dataclass(frozen=True, slots=True)
class Source:
    """One payload file: where its bytes come from.

    Attributes:
        path: Path in the packet's `data/`.
        file: File of the case, or None where `body` has the bytes.
        sha256: Digest that the bytes must have; empty where none is known beforehand.
    """

    path: str
    file: Path | None = None
    body: bytes = b""
    sha256: str = ""

    @property
    def size(self) -> int:
        """Size in bytes."""
        return len(self.body) if self.file is None else self.file.stat().st_size

    def open(self) -> BinaryIO:
        """Opens it for reading."""
        return io.BytesIO(self.body) if self.file is None else self.file.open("rb")


@dataclass(frozen=True, slots=True)
class Selection:
    """All payload files of a packet, sorted by path, and what they leave out.

    Attributes:
        withheld_blobs: SHA-256 of blobs that records in the packet name, sorted.
        withheld_lines: Event number to indexes of records of which only the leaf is in the packet.
        tokens: Checkpoint's event number and SHA-256 of each time-stamp token.
    """

    sources: tuple[Source, ...]
    withheld_blobs: tuple[str, ...]
    withheld_lines: Mapping[int, tuple[int, ...]]
    tokens: tuple[tuple[int, str], ...]


@dataclass
class _Reading:
    """The record files as they go into the packet, and what the records in them say."""

    contents: Contents = field(default_factory=Contents)
    sources: list[Source] = field(default_factory=list)
    withheld: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def take(self, seq: int, path: Path, disclosed: _Disclosed) -> None:
        """Takes one record file: as it is, or with leaves in place of what is not disclosed."""
        lines: list[bytes] = []
        withheld: list[int] = []
        for index, (raw, line) in enumerate(_lines(path)):
            if line.record is None or disclosed.has(f"{seq}/{index}"):
                lines.append(raw + b"\n")
                _take(self.contents, line, seq=seq, index=index)
            else:
                lines.append(leaf_line(line.leaf))
                withheld.append(index)
                self.contents.bare.add((seq, index))
        self.sources.append(Source(f"records/{path.name}", body=b"".join(lines)))
        if withheld:
            self.withheld[seq] = tuple(withheld)


def select(case: Case, *, include_sealed: bool = False, only_items: frozenset[str] | None = None) -> Selection:
    """Chooses what goes into a packet of a case as of its head.

    Args:
        case: The case.
        include_sealed: Whether sealed blobs are put in; they stay encrypted.
        only_items: Items to disclose; of records about others only leaves go in, and no report does. None for all.

    Raises:
        IntegrityError: Something that the records name is missing or damaged.
    """
    reading = _read_records(case, only_items)
    contents = reading.contents
    withheld = {
        sha256 for sha256, named in contents.blobs.items() if not include_sealed and any(b.is_sealed for b in named)
    }
    sources = [
        Source("case.json", case.folder / "case.json"),
        Source("ledger.jsonl", body=_ledger(case)),
        *reading.sources,
        *(_blob(case, sha256) for sha256 in contents.blobs if sha256 not in withheld),
        *_proofs(case, contents),
        *_reports(case, contents),
    ]
    return Selection(
        sources=tuple(sorted(sources, key=lambda source: source.path.encode())),
        withheld_blobs=tuple(sorted(withheld)),
        withheld_lines=reading.withheld,
        tokens=tuple((proof.checkpoint, proof.token) for proof in contents.proofs),
    )


def _ledger(case: Case) -> bytes:
    """Gives the ledger's lines up to the head."""
    try:
        lines = (case.folder / "ledger.jsonl").read_bytes().split(b"\n")[: case.head.seq + 1]
    except OSError as error:
        raise IntegrityError(f"ledger.jsonl cannot be read: {error.strerror}", hint=_HINT) from error
    if Head(len(lines) - 1, sha256_hex(lines[-1])) != case.head:
        raise IntegrityError("ledger.jsonl is no longer the one that was opened", hint=_HINT)
    return b"".join(line + b"\n" for line in lines)


def _blob(case: Case, sha256: str) -> Source:
    path = f"blobs/{sha256[:2]}/{sha256}"
    if not (case.folder / path).is_file():
        raise IntegrityError(f"blob {sha256} is missing", hint=_HINT)
    return Source(path, case.folder / path, sha256=sha256)


def _proofs(case: Case, contents: Contents) -> Iterator[Source]:
    for name in sorted({f"{digest}{ending}" for proof in contents.proofs for digest, ending in proof.files()}):
        path = case.folder / "proofs" / name
        if not path.is_file():
            raise IntegrityError(f"{name} is missing in proofs/", hint=_HINT)
        yield Source(f"proofs/{name}", path, sha256=path.stem)


def _reports(case: Case, contents: Contents) -> Iterator[Source]:
    """Gives the reports that were committed last under each name; packets are never inside a packet."""
    last = {output.path: output for output in contents.outputs if output.path.startswith("reports/")}
    for output in last.values():
        path = case.folder / output.path
        if path.is_file():
            yield Source(output.path, path, sha256=output.digest)
        elif not any(seq >= output.seq for seq, _ in contents.bare):
            raise IntegrityError(f"{output.path} is missing", hint=_HINT)


def _read_records(case: Case, only_items: frozenset[str] | None) -> _Reading:
    reading, disclosed = _Reading(), _Disclosed.of(case, only_items)
    for event in case.events:
        path = case.records_path(event)
        if path is None:
            continue
        reading.take(event.seq, path, disclosed)
    return reading


def _lines(path: Path) -> Iterator[tuple[bytes, Line]]:
    try:
        for _, raw in raw_lines(path):
            yield raw, read_line(raw)
    except (OSError, CodecError) as error:
        raise IntegrityError(f"{path.name} cannot be read: {error}", hint=_HINT) from error


def _take(contents: Contents, line: Line, *, seq: int, index: int) -> None:
    if line.record is None:
        contents.bare.add((seq, index))
        return
    try:
        contents.take(line.record, seq=seq, index=index, place=f"{seq}/{index}")
    except CodecError as error:
        raise IntegrityError(f"record {seq}/{index} is malformed: {error}", hint=_HINT) from error


_ABOUT_NO_ITEM = frozenset({"key", "time-proof", "time-failure"})
"""Records that are about no item and disclose nothing about any."""


@dataclass(frozen=True, slots=True)
class _Disclosed:
    """The references of the records that a packet discloses; None for all.

    What is not known to be about a disclosed item stays hidden: acts (their arguments are locators) unless all that
    they obtained is disclosed, exhibits with other items, reports, erasures.
    """

    refs: frozenset[str] | None

    def has(self, ref: str) -> bool:
        """Whether a record is disclosed."""
        return self.refs is None or ref in self.refs

    @classmethod
    def of(cls, case: Case, only_items: frozenset[str] | None) -> _Disclosed:
        """Finds the records about some items."""
        if only_items is None:
            return cls(None)
        records = [(ref, record) for ref, record in case.records() if record is not None]
        contents = _contents_of(records, only_items)
        acquired = [(str(r.get("act")), r.get("item") in only_items) for _, r in _of_type(records, "acquisition")]
        fitting = {act for act, _ in acquired} - {act for act, is_own in acquired if not is_own}
        found = (ref for ref, record in records if _is_about(ref, record, only_items, contents, fitting))
        return cls(frozenset(found))


Records = Iterable[tuple[str, dict[str, Any]]]


def _of_type(records: Records, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((ref, record) for ref, record in records if record.get("type") == kind)


def _contents_of(records: Records, items: frozenset[str]) -> frozenset[str]:
    """Gives the digests of content that belongs to some items: obtained with them, or derived from that."""
    own: set[str] = set()
    for _, record in _of_type(records, "acquisition"):
        if record.get("item") in items:
            own.update(_digests(record))
    for _, record in _of_type(records, "finding"):
        if set(record.get("subject") or ("",)) <= own:
            own.update(_digests(record))
    return frozenset(own)


def _digests(record: Mapping[str, Any]) -> Iterator[str]:
    for artifact in artifacts_of(record):
        yield artifact["digests"]["sha256"]
        plain = (artifact.get("sealed") or {}).get("plain")
        if plain:
            yield plain["sha256"]


def _is_about(
    ref: str, record: Mapping[str, Any], items: frozenset[str], contents: frozenset[str], acts: set[str]
) -> bool:
    match record.get("type"):
        case "item":
            return record.get("id") in items
        case "acquisition":
            return record.get("item") in items
        case "finding":
            return set(record.get("subject") or ("",)) <= contents
        case "exhibit" | "access" | "statement":
            return set(record.get("items") or ("",)) <= items
        case "act":
            return ref in acts
        case "act-end":
            return record.get("act") in acts
        case kind:
            return kind in _ABOUT_NO_ITEM
