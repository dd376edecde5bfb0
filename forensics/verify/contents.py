"""What the records of a case say, as far as a verifier needs it (docs/case-format.md, section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from forensics.codec import canonical, parse_time
from forensics.errors import CodecError
from forensics.model import Sensitivity
from forensics.verify.shapes import fault_of

_LEVELS = tuple(level.value for level in Sensitivity)

_REFERENCES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "act-end": (("act", "act"),),
    "acquisition": (("item", "item"), ("act", "act")),
    "finding": (("subject", "subject"),),
    "interpretation": (("finding", "findings"),),
    "exhibit": (("item", "items"), ("finding", "findings")),
    "access": (("item", "items"),),
    "statement": (("item", "items"), ("finding", "findings")),
    "subject": (("item", "photos"), ("subject", "contents")),
    "time-failure": (("checkpoint", "checkpoint"),),
    "time-proof": (("checkpoint", "checkpoint"),),
}
"""Type of a record to what it refers to: the kind of `Reference`, and the member that names it."""


@dataclass(frozen=True, slots=True)
class NamedBlob:
    """An artifact's digests and where it is named; `blake3`, `sm3` and `size` as the record says."""

    sha256: str
    blake3: str
    size: int
    sm3: str | None
    place: str
    is_sealed: bool


@dataclass(frozen=True, slots=True)
class NamedOutput:
    """An output record with a path; `seal` is the fingerprint of the certificate that sealed it, empty without one."""

    path: str
    digest: str
    seq: int
    place: str
    seal: str = ""


@dataclass(frozen=True, slots=True)
class NamedProof:
    """A time-proof record: the token that event `seq` commits for event `checkpoint`."""

    checkpoint: int
    token: str
    certificates: tuple[str, ...]
    revocation: tuple[str, ...]
    gen_time: datetime
    accuracy_s: float | None
    received_at: datetime
    seq: int
    place: str

    def files(self) -> Iterator[tuple[str, str]]:
        """Gives the files in `proofs/` that it names, as digest and ending."""
        yield self.token, ".tsr"
        yield from ((digest, ".cer") for digest in self.certificates)
        yield from ((digest, ".crl") for digest in self.revocation)


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that a record refers to: kind is `item`, `act`, `finding`, `subject` or `checkpoint`."""

    kind: str
    target: str
    place: str


@dataclass
class Contents:
    """Everything that was read from records, and in which events.

    Attributes:
        blobs: SHA-256 to every different naming of that blob.
        known: Kind to what references of that kind can refer to.
        offsets: Event number to the largest clock difference that its records hold, in seconds, without sign.
        bare: Event number and line index of every line that has only its leaf.
        lines: Event number to the number of lines in its record file.
        erasures: Numbers of events that commit an erasure record.
        digests: SHA-256 of every output that a record names, wherever it lies.
    """

    count: int = 0
    blobs: dict[str, list[NamedBlob]] = field(default_factory=dict)
    known: dict[str, set[str]] = field(
        default_factory=lambda: {"item": set(), "act": set(), "finding": set(), "subject": set()}
    )
    references: list[Reference] = field(default_factory=list)
    outputs: list[NamedOutput] = field(default_factory=list)
    proofs: list[NamedProof] = field(default_factory=list)
    offsets: dict[int, float] = field(default_factory=dict)
    bare: set[tuple[int, int]] = field(default_factory=set)
    lines: dict[int, int] = field(default_factory=dict)
    erasures: set[int] = field(default_factory=set)
    digests: set[str] = field(default_factory=set)
    _items: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def take(self, record: Mapping[str, Any], *, seq: int, index: int, place: str) -> None:
        """Takes what a record says.

        Raises:
            CodecError: The record has not its form, or says what it must not; nothing or only a part of it was taken.
        """
        self.count += 1
        if fault := fault_of(record):
            raise CodecError(fault)
        kind = record["type"]
        if kind in ("act", "finding"):
            self.known[kind].add(f"{seq}/{index}")
        if kind in ("act", "act-end"):
            self._take_clock(record["clock"], seq)
        self._take_members(kind, record, seq, place)

    def _take_members(self, kind: str, record: Mapping[str, Any], seq: int, place: str) -> None:
        match kind:
            case "item":
                self._take_item(record)
            case "erasure":
                self.erasures.add(seq)
            case "acquisition":
                self._take_artifacts(record["artifacts"], place)
            case "finding":
                self._take_artifacts(record["attachments"], place)
            case "output":
                self._take_output(record, seq, place)
            case "time-proof":
                self.proofs.append(_proof(record, seq, place))
        for referred, member in _REFERENCES.get(kind, ()):
            value = record[member]
            targets = value if isinstance(value, list) else (str(value),)
            self.references.extend(Reference(referred, target, place) for target in targets)

    def _take_item(self, record: Mapping[str, Any]) -> None:
        """Takes an item; one that is there already may only come again with a higher sensitivity."""
        name, level = record["id"], record["sensitivity"]
        rank = _LEVELS.index(level) if level in _LEVELS else -1
        rest = canonical({member: value for member, value in record.items() if member != "sensitivity"})
        before = self._items.setdefault(name, (rank, rest))
        if name in self.known["item"] and (before[1] != rest or rank <= before[0]):
            raise CodecError(f"item {name} is there already")
        self._items[name] = (rank, rest)
        self.known["item"].add(name)

    def _take_output(self, record: Mapping[str, Any], seq: int, place: str) -> None:
        if record["as_of"] >= seq:
            raise CodecError("as_of is no earlier event")
        if record["path"] is not None and not record["path"].startswith(f"{record['kind']}s/"):
            raise CodecError("path does not lie where outputs of its kind do")
        if record["artifact"] is not None:
            self._take_artifacts([record["artifact"]], place)
        self.digests.add(record["digest"])
        if record["path"] is not None:
            self.outputs.append(NamedOutput(record["path"], record["digest"], seq, place, _seal(record)))

    def _take_artifacts(self, artifacts: Iterable[Mapping[str, Any]], place: str) -> None:
        for artifact in artifacts:
            blob = _blob(artifact["digests"], place, is_sealed=artifact["sealed"] is not None)
            named = self.blobs.setdefault(blob.sha256, [])
            if not any((n.blake3, n.size, n.sm3) == (blob.blake3, blob.size, blob.sm3) for n in named):
                named.append(blob)
            self.known["subject"].add(blob.sha256)
            if blob.is_sealed and "plain" in artifact["sealed"]:
                self.known["subject"].add(artifact["sealed"]["plain"]["sha256"])

    def _take_clock(self, checks: Iterable[Mapping[str, Any]], seq: int) -> None:
        for check in checks:
            offset = check["offset_s"]
            if offset is not None:
                self.offsets[seq] = max(self.offsets.get(seq, 0.0), abs(float(offset)))


def _blob(digests: Mapping[str, Any], place: str, *, is_sealed: bool) -> NamedBlob:
    return NamedBlob(
        sha256=digests["sha256"],
        blake3=digests["blake3"],
        size=digests["size"],
        sm3=digests.get("sm3"),
        place=place,
        is_sealed=is_sealed,
    )


def _seal(record: Mapping[str, Any]) -> str:
    """Gives the fingerprint of the certificate with which an output was sealed; empty where none is recorded."""
    facts = record.get("facts")
    seal = facts.get("seal") if isinstance(facts, Mapping) else None
    return str(seal.get("fingerprint", "")) if isinstance(seal, Mapping) else ""


def _proof(record: Mapping[str, Any], seq: int, place: str) -> NamedProof:
    accuracy = record["accuracy_s"]
    return NamedProof(
        checkpoint=record["checkpoint"],
        token=record["token"],
        certificates=tuple(record["certificates"]),
        revocation=tuple(record["revocation"]),
        gen_time=parse_time(record["gen_time"]),
        accuracy_s=None if accuracy is None else float(accuracy),
        received_at=parse_time(record["received_at"]),
        seq=seq,
        place=place,
    )
