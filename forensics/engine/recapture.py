"""Captures an item once more, and finds the capture before."""

from __future__ import annotations

from forensics.custody.records import read_at
from forensics.custody.writer import Writer
from forensics.engine.acquire import Request
from forensics.errors import UsageError
from forensics.model import Acquisition, Artifact, Item

ROLE = "warc"
"""Role of the artifact that captures are compared by."""


def requests_again(writer: Writer, items: tuple[str, ...]) -> list[Request]:
    """Asks for known items once more, under the sensitivity that they have.

    Raises:
        UsageError: There is no such item, or it is not one that is fetched from an address.
    """
    known = {committed.record.id: committed.record for committed in writer.case.records_of("item", writer.index)}
    return [_request_again(known.get(item), item) for item in items]


def _request_again(item: Item | None, name: str) -> Request:
    if item is None:
        raise UsageError(f"the case has no item {name}", hint="`forensics status CASE` lists the items.")
    if item.kind != "url":
        hint = "--again captures addresses anew; collect a file again by naming its path."
        raise UsageError(f"{name} is a {item.kind} and not an address", hint=hint)
    return Request(item.locator, item.kind, item.locator, item.note, item.sensitivity)


def earlier_capture(writer: Writer, item: str) -> Artifact | None:
    """Finds the archive of an item's newest capture that has one; None where there is none."""
    return newest_artifact(writer, item, role=ROLE)


def newest_artifact(writer: Writer, item: str, *, role: str) -> Artifact | None:
    """Finds the first artifact of a role in an item's newest capture that has one; None where there is none."""
    query = (
        "SELECT record.seq, record.offset, record.length, artifact.nr FROM artifact "
        "JOIN record ON record.seq = artifact.seq AND record.idx = artifact.idx "
        "WHERE artifact.item = ? AND artifact.role = ? "
        "ORDER BY artifact.seq DESC, artifact.idx DESC, artifact.nr LIMIT 1"
    )
    for seq, offset, length, number in writer.index.rows(query, (item, role)):
        path = writer.case.records_path(writer.case.events[seq])
        record = read_at(path, offset=offset, length=length) if path else None
        if isinstance(record, Acquisition):
            found: Artifact = record.artifacts[number]
            return found
    return None


def captured_whole(writer: Writer, item: str) -> bool:
    """Whether the item has a capture without gaps of content."""
    query = "SELECT 1 FROM acquisition WHERE item = ? AND outcome = 'COMPLETE' LIMIT 1"
    return bool(writer.index.rows(query, (item,)))


def archive_of(acquisition: Acquisition) -> Artifact | None:
    """Gives the archive among the artifacts of a capture."""
    return next((artifact for artifact in acquisition.artifacts if artifact.role == ROLE), None)
