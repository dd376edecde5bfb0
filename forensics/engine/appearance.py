"""Who appears where in a case, read from its records: faces, persons without names, and likeness to subjects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from forensics.custody.records import read_at
from forensics.custody.writer import Writer
from forensics.model import Finding, Interpretation

DETECTED, PERSONS, IDENTITY = "faces.detected", "faces.persons", "face.identity"


@dataclass(frozen=True, slots=True)
class Appearance:
    """What is recorded of the faces of one content.

    Attributes:
        sha256: Of the content.
        items: Items that have it, in their order.
        faces: Its newest finding of faces.
        identities: Its newest findings of likeness, one of each subject, each with the newest interpretation of it
            (None where it was not weighed), in the order of the subjects.
    """

    sha256: str
    items: tuple[str, ...]
    faces: Finding
    identities: tuple[tuple[Finding, Interpretation | None], ...]


@dataclass(frozen=True, slots=True)
class Appearances:
    """What is recorded of the faces of a case.

    Attributes:
        contents: In the order in which they were examined first.
        persons: The newest grouping of all faces; None where none was made.
    """

    contents: tuple[Appearance, ...]
    persons: Finding | None


def appearances(writer: Writer, items: Sequence[str] = (), *, subjects: Sequence[str] = ()) -> Appearances:
    """Reads who appears where.

    Args:
        writer: The open case.
        items: Items that are wanted; empty for all.
        subjects: Ids of the subjects whose findings count.
    """
    owners = _owners(writer)
    detected: dict[str, Finding] = {}
    for _, finding in findings_of(writer, DETECTED):
        detected[finding.subject[0]] = finding
    likeness: dict[str, dict[str, tuple[str, Finding]]] = {}
    for reference, finding in findings_of(writer, IDENTITY):
        name = str(finding.values.get("subject"))
        if name in subjects:
            likeness.setdefault(finding.subject[0], {})[name] = (reference, finding)
    weighed = _weighed(writer)
    wanted = [content for content in detected if not items or not set(items).isdisjoint(owners.get(content, ()))]
    persons = [finding for _, finding in findings_of(writer, PERSONS)]
    return Appearances(
        tuple(
            Appearance(content, owners.get(content, ()), detected[content], _rows(likeness.get(content, {}), weighed))
            for content in wanted
        ),
        persons[-1] if persons else None,
    )


def _rows(
    found: Mapping[str, tuple[str, Finding]], weighed: Mapping[str, Interpretation]
) -> tuple[tuple[Finding, Interpretation | None], ...]:
    return tuple((finding, weighed.get(reference)) for _, (reference, finding) in sorted(found.items()))


def findings_of(writer: Writer, kind: str) -> Iterator[tuple[str, Finding]]:
    """Reads the findings of a kind with their references, in the order of the ledger."""
    query = (
        "SELECT record.seq, record.idx, record.offset, record.length FROM finding "
        "JOIN record ON record.seq = finding.seq AND record.idx = finding.idx "
        "WHERE finding.kind = ? ORDER BY record.seq, record.idx"
    )
    for seq, number, offset, length in writer.index.rows(query, (kind,)):
        path = writer.case.records_path(writer.case.events[seq])
        record = read_at(path, offset=offset, length=length) if path else None
        if isinstance(record, Finding):
            yield f"{seq}/{number}", record


def _weighed(writer: Writer) -> dict[str, Interpretation]:
    """Gives the newest interpretation by the finding that it is of, where it is of one alone."""
    found: dict[str, Interpretation] = {}
    for committed in writer.case.records_of("interpretation", writer.index):
        if len(committed.record.findings) == 1:
            found[committed.record.findings[0]] = committed.record
    return found


def _owners(writer: Writer) -> dict[str, tuple[str, ...]]:
    query = "SELECT DISTINCT content, artifact.item FROM artifact JOIN item ON item.id = artifact.item ORDER BY number"
    owners: dict[str, tuple[str, ...]] = {}
    for content, item in writer.index.rows(query):
        owners[content] = (*owners.get(content, ()), item)
    return owners
