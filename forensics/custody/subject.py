"""Reference persons in the records: who is registered, and what goes when one is erased."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forensics.custody import erasure
from forensics.custody.case import Case
from forensics.custody.index import Index
from forensics.model import CustodyEvent, Erasure, Subject

if TYPE_CHECKING:
    from forensics.custody.erasure import Lines, Place
    from forensics.custody.writer import Writer

ACTION = "subject"
"""Action of the events that register subjects; what they acquire is a reference, no evidence of the case."""


def newest(subjects: Iterable[Subject]) -> tuple[Subject, ...]:
    """Gives the record that counts of each subject, the last one, in the order of their ids."""
    found = {one.id: one for one in subjects}
    return tuple(found[name] for name in sorted(found, key=number_of))


def registered_in(case: Case, index: Index) -> tuple[Subject, ...]:
    """Gives the subjects of a case that were not erased."""
    return newest(committed.record for committed in case.records_of("subject", index))


def erased_in(case: Case, index: Index) -> dict[str, str]:
    """Gives the ids of erased subjects and the reference of the record that says so."""
    erasures = case.records_of("erasure", index)
    return {one.record.item: one.ref for one in erasures if one.record.item.startswith("SUBJECT-")}


def number_of(subject_id: str) -> int:
    """Gives the number in a subject's id: 7 for `SUBJECT-0007`."""
    return int(subject_id.rpartition("-")[2])


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of the erasure of a subject.

    Attributes:
        event: The event.
        items: Items that were erased with it.
        kept: Items that stay although they are reference photos or hold the bytes of one: they were collected as
            evidence too, or are photos of another subject.
        blobs: Number of blobs that were destroyed.
    """

    event: CustodyEvent
    items: tuple[str, ...]
    kept: tuple[str, ...]
    blobs: int


def erase_subject(writer: Writer, subject_id: str, *, basis: str) -> Erased:
    """Erases a registered subject: its records, its photos, and all findings that rest on them, in one event.

    Args:
        writer: The open case.
        subject_id: For example `SUBJECT-0001`.
        basis: The legal basis of the deletion; it is recorded, salted.

    Raises:
        StoreError: A step failed; the next opening finishes an erasure that was committed.
    """
    writer.index.rebuild()
    photos = _photos(writer, subject_id)
    contents = _contents(writer, subject_id)
    lines, items = _lines_about(writer, subject_id, photos)
    now = datetime.now(UTC)
    before = len(writer.index.blob_names())
    event = erasure.carry_out(writer, lines, records=[Erasure(name, basis, now) for name in (subject_id, *items)])
    blobs = before - len(writer.index.blob_names())
    kept = photos - set(items) | _holding(writer, contents)
    return Erased(event, items, tuple(sorted(kept)), blobs)


def _contents(writer: Writer, subject_id: str) -> set[str]:
    subjects = writer.case.records_of("subject", writer.index)
    return {content for one in subjects if one.record.id == subject_id for content in one.record.contents}


def _holding(writer: Writer, contents: Iterable[str]) -> set[str]:
    """Gives the items that hold any of some contents."""
    query = "SELECT DISTINCT item FROM artifact WHERE content = ? AND item IS NOT NULL"
    return {item for content in contents for (item,) in writer.index.rows(query, (content,))}


def _photos(writer: Writer, subject_id: str) -> set[str]:
    """Gives the items that any record of a subject names, as far as they are there."""
    subjects = writer.case.records_of("subject", writer.index)
    named = {item for one in subjects if one.record.id == subject_id for item in one.record.photos}
    return {item for item in named if writer.index.rows("SELECT 1 FROM item WHERE id = ?", (item,))}


def _lines_about(writer: Writer, subject_id: str, photos: set[str]) -> tuple[Lines, tuple[str, ...]]:
    places, items = set(_naming(writer, subject_id)), list[str]()
    for item in sorted(photos):
        acquired = _places(writer, "SELECT seq, idx FROM acquisition WHERE item = ?", item)
        own = {place for place in acquired if _is_reference(writer, place)} - _needed(writer, item, subject_id)
        places |= own
        if own == acquired:
            places |= erasure.places_of_item(writer, item)
            items.append(item)
    return erasure.with_dependents(writer, places, items=set(items)), tuple(items)


def _places(writer: Writer, query: str, *parameters: str) -> set[Place]:
    return {(seq, number) for seq, number in writer.index.rows(query, parameters)}


def _needed(writer: Writer, item: str, subject_id: str) -> set[Place]:
    """Finds what was acquired of an item that is a reference photo of another subject, too."""
    found: set[Place] = set()
    for one in (committed.record for committed in writer.case.records_of("subject", writer.index)):
        if one.id == subject_id or item not in one.photos:
            continue
        if not one.contents:
            return _places(writer, "SELECT seq, idx FROM acquisition WHERE item = ?", item)
        for photo, content in zip(one.photos, one.contents, strict=False):
            if photo == item:
                query = "SELECT seq, idx FROM artifact WHERE item = ? AND content = ?"
                found |= _places(writer, query, item, content)
    return found


def _is_reference(writer: Writer, place: Place) -> bool:
    return writer.case.events[place[0]].action == ACTION


def _naming(writer: Writer, subject_id: str) -> Iterator[Place]:
    """Finds the records of a subject, and the findings that name it, whichever content they are about."""
    for ref, record in writer.case.records():
        if record is None:
            continue
        if record.get("type") == "subject" and record.get("id") == subject_id:
            yield erasure.place_of(ref)
        if record.get("type") == "finding" and subject_id in _subjects_of(record):
            yield erasure.place_of(ref)


def _subjects_of(record: dict[str, object]) -> Iterator[object]:
    """Gives what a finding names as the subject: among its values, or among the settings of what stated it."""
    analyzer = record.get("analyzer")
    settings = analyzer.get("settings") if isinstance(analyzer, dict) else None
    for members in (record.get("values"), settings):
        if isinstance(members, dict):
            yield members.get("subject")
