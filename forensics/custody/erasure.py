"""Carries out deletion duties: records become leaves, salts and blobs are destroyed, the ledger says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.custody import index as cache
from forensics.custody import remains
from forensics.custody.case import Case
from forensics.custody.records import leaf_line, raw_lines, read_line, unreadable
from forensics.custody.store import FileSystem, Store, overwrite, set_mode, translated
from forensics.errors import CodecError, UsageError
from forensics.model import CustodyEvent, Erasure, Record, Subject

if TYPE_CHECKING:
    from forensics.custody.writer import Writer

Place = tuple[int, int]
"""Event number and line index of a record."""
Lines = Mapping[int, tuple[int, ...]]
"""Event number to the indexes of its lines, ascending."""


def erase(writer: Writer, item_id: str, *, basis: str) -> CustodyEvent:
    """Erases an item: everything recorded about it, and the bytes that nothing else holds.

    A subject of which it is a reference photo is recorded anew without it.

    Args:
        writer: The open case.
        item_id: For example `ITEM-0003`.
        basis: The legal basis of the deletion; it is recorded, salted.

    Raises:
        UsageError: There is no such item.
        StoreError: A step failed; the next opening finishes an erasure that was committed.
    """
    writer.index.rebuild()
    lines = lines_about(writer, item_id)
    renewed = _without_photo(writer, item_id)
    return carry_out(writer, lines, records=[Erasure(item_id, basis, datetime.now(UTC)), *renewed])


def carry_out(writer: Writer, lines: Lines, *, records: Sequence[Record]) -> CustodyEvent:
    """Commits an erasure and carries it out, with an index that was just rebuilt.

    Args:
        writer: The open case.
        lines: What is erased.
        records: What the event commits: an `Erasure` of each item and subject, and what is recorded anew.

    Raises:
        StoreError: A step failed; the next opening finishes an erasure that was committed.
    """
    outputs = _outputs_among(writer, lines)
    before = writer.index.blob_names()
    extra = {"erased": [{"seq": seq, "indexes": list(lines[seq])} for seq in sorted(lines)]}
    event = writer.commit("erase", records, extra=extra)
    writer.index.close()
    _blank_all(writer.case, lines, file_system=writer.store.file_system)
    writer.reopen()
    _remove_outputs(writer, outputs)
    writer.store.discard(writer.store.path_of(sha256) for sha256 in sorted(before - writer.index.blob_names()))
    return event


def lines_about(writer: Writer, item_id: str) -> Lines:
    """Finds the record lines that say something about one item.

    Raises:
        UsageError: There is no such item.
    """
    places = places_of_item(writer, item_id)
    if not places:
        raise UsageError(f"the case has no item {item_id}", hint="`forensics log CASE` lists the items.")
    subjects = writer.case.records_of("subject", writer.index)
    named = {place_of(one.ref) for one in subjects if item_id in one.record.photos}
    return with_dependents(writer, places | named, items={item_id})


def places_of_item(writer: Writer, item_id: str) -> set[Place]:
    """Finds the records of an item itself and of what was acquired of it; none where there is no such item."""
    # An item is recorded again where its sensitivity rises, so there may be several records of it.
    found = {place_of(one.ref) for one in writer.case.records_of("item", writer.index) if one.record.id == item_id}
    acquired = writer.index.rows("SELECT seq, idx FROM acquisition WHERE item = ?", (item_id,))
    return found | set(acquired) if found else set()


def with_dependents(writer: Writer, own: AbstractSet[Place], *, items: AbstractSet[str]) -> Lines:
    """Adds to records what rests on them: findings, interpretations, exhibits, and outputs made since the first.

    Args:
        writer: The open case.
        own: Records that are erased; one at least.
        items: Ids of the items that are erased as a whole; exhibits, statements and requests that name them go too.
    """
    since = min(own)[0]
    found = own | _findings_about(writer, own)
    found |= set(writer.index.rows("SELECT seq, idx FROM record WHERE type = 'output' AND seq > ?", (since,)))
    found |= _interpretations_of(writer, found)
    found |= _resting_on(writer, items, found)
    asked = writer.case.records_of("access", writer.index)
    found |= {place_of(one.ref) for one in asked if not items.isdisjoint(one.record.items)}
    lines: dict[int, list[int]] = {}
    for seq, number in sorted(found):
        lines.setdefault(seq, []).append(number)
    return {seq: tuple(numbers) for seq, numbers in lines.items()}


def place_of(ref: str) -> Place:
    """Gives the place that a reference `SEQ/INDEX` names."""
    seq, number = ref.split("/")
    return int(seq), int(number)


def _without_photo(writer: Writer, item_id: str) -> list[Subject]:
    """Gives the newest record of each subject that has this reference photo, without the photo."""
    newest = {one.record.id: one.record for one in writer.case.records_of("subject", writer.index)}
    return [without_photo(one, item_id) for one in newest.values() if item_id in one.photos]


def without_photo(subject: Subject, item_id: str) -> Subject:
    """Gives a subject without one of its reference photos."""
    left = [number for number, item in enumerate(subject.photos) if item != item_id]

    def kept(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(values[number] for number in left if number < len(values))

    return replace(
        subject, photos=kept(subject.photos), contents=kept(subject.contents), faces_px=kept(subject.faces_px)
    )


def _findings_about(writer: Writer, places: AbstractSet[Place]) -> set[Place]:
    """Finds findings about content that only erased records hold, and about what was made of such content."""
    holders: dict[str, set[Place]] = {}
    for content, seq, number in writer.index.rows("SELECT content, seq, idx FROM artifact"):
        holders.setdefault(content, set()).add((seq, number))
    subjects = writer.index.rows("SELECT sha256, seq, idx FROM subject")
    gone = set(places)
    while True:
        contents = {content for content, holding in holders.items() if holding <= gone}
        found = {(seq, number) for sha256, seq, number in subjects if sha256 in contents}
        if found <= gone:
            return found
        gone |= found


def _interpretations_of(writer: Writer, places: Iterable[Place]) -> set[Place]:
    refs = {f"{seq}/{number}" for seq, number in places}
    weighed = writer.case.records_of("interpretation", writer.index)
    return {place_of(one.ref) for one in weighed if not refs.isdisjoint(one.record.findings)}


def _resting_on(writer: Writer, items: AbstractSet[str], places: Iterable[Place]) -> set[Place]:
    """Finds exhibits and statements that name an erased item or an erased finding.

    Where the record goes that counts of an exhibit or statement, those go too that it took the place of: what was
    replaced or withdrawn must not count again.
    """
    refs = {f"{seq}/{number}" for seq, number in places}
    found: set[Place] = set()
    for kind, name in (("exhibit", "label"), ("statement", "id")):
        records = tuple(writer.case.records_of(kind, writer.index))
        newest = {getattr(one.record, name): one for one in records}
        gone = {key for key, one in newest.items() if _rests_on(one.record, items, refs)}
        found |= {
            place_of(one.ref)
            for one in records
            if getattr(one.record, name) in gone or _rests_on(one.record, items, refs)
        }
    return found


def _rests_on(record: Any, items: AbstractSet[str], refs: AbstractSet[str]) -> bool:
    return not items.isdisjoint(record.items) or not refs.isdisjoint(record.findings)


def _outputs_among(writer: Writer, lines: Lines) -> list[Path]:
    """Finds where the outputs lie that these lines name, as far as they lie in the case."""
    found = []
    for committed in writer.case.records_of("output", writer.index):
        seq, number = place_of(committed.ref)
        place = remains.place_of(writer.case.folder, committed.record.path)
        if place is not None and number in lines.get(seq, ()):
            found.append(place)
    return found


def _remove_outputs(writer: Writer, outputs: list[Path]) -> None:
    """Removes reports and packets; an earlier report of the same name, which is older than the item, comes back."""
    declared = remains.declared_outputs(writer)
    writer.store.discard(outputs)
    for path in dict.fromkeys(outputs):
        if path in declared:
            remains.put_back(writer, declared[path])


def finish(case: Case, file_system: FileSystem) -> list[int]:
    """Finishes erasures that a crash interrupted; gives the numbers of their events.

    The blobs and reports that they leave without a name are cleared afterwards as uncommitted remains.
    """
    unfinished = [event for event in case.events if event.action == "erase" and _holds_any(case, dict(event.erased))]
    for event in unfinished:
        _blank_all(case, dict(event.erased), file_system=file_system)
    return [event.seq for event in unfinished]


def _holds_any(case: Case, lines: Lines) -> bool:
    """Whether any of these lines still holds its record."""
    return any(_blanked(path, numbers) is not None for path, numbers in _files_of(case, lines))


def _blank_all(case: Case, lines: Lines, *, file_system: FileSystem) -> None:
    """Replaces lines by their leaves.

    The cache goes first: one that survived a crash after the last line was replaced would still name what is erased.
    """
    with translated(case.folder):
        cache.remove(case.folder)
        file_system.sync_folder(case.folder)
        store = Store(case.folder, file_system=file_system)
        for path, numbers in _files_of(case, lines):
            body = _blanked(path, numbers)
            if body is not None:
                _replace(store, path, body)


def _files_of(case: Case, lines: Lines) -> list[tuple[Path, tuple[int, ...]]]:
    found = ((case.records_path(case.events[seq]), numbers) for seq, numbers in sorted(lines.items()))
    return [(path, numbers) for path, numbers in found if path is not None]


def _blanked(path: Path, numbers: Iterable[int]) -> bytes | None:
    """Gives a record file with these lines replaced by their leaves; None where none of them holds its record.

    Raises:
        IntegrityError: The file is missing or damaged.
    """
    wanted, is_changed = set(numbers), False
    body: list[bytes] = []
    try:
        for number, (_, raw) in enumerate(raw_lines(path)):
            line = read_line(raw, strict=False) if number in wanted else None
            is_changed |= line is not None and line.record is not None
            body.append(leaf_line(line.leaf) if line else raw + b"\n")
    except (OSError, CodecError) as error:
        raise unreadable(path, len(body), error) from error
    return b"".join(body) if is_changed else None


def _replace(store: Store, path: Path, body: bytes) -> None:
    """Puts new bytes under a record file's name and overwrites the old ones, which hold the salts."""
    set_mode(path, 0o600)
    with path.open("r+b", buffering=0) as old:
        store.write(path, body, mode=0o444)
        overwrite(old, names=0)


def summary(event: CustodyEvent) -> dict[str, Any]:
    """Says how many records an erase event covers."""
    return {"event": event.seq, "records": sum(len(numbers) for _, numbers in event.erased)}
