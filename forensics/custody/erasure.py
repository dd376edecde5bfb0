"""Carries out deletion duties: records become leaves, salts and blobs are destroyed, the ledger says so."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.custody import index as cache
from forensics.custody.case import Case
from forensics.custody.records import leaf_line, raw_lines, read_line
from forensics.custody.store import FileSystem, RealFileSystem, Store, wipe
from forensics.errors import UsageError
from forensics.model import CustodyEvent, Erasure

if TYPE_CHECKING:
    from forensics.custody.writer import Writer

Lines = Mapping[int, tuple[int, ...]]
"""Event number to the indexes of its lines, ascending."""


def erase(writer: Writer, item_id: str, *, basis: str) -> CustodyEvent:
    """Erases an item: everything recorded about it, and the bytes that nothing else holds.

    Args:
        writer: The open case.
        item_id: For example `ITEM-0003`.
        basis: The legal basis of the deletion; it is recorded, salted.

    Raises:
        UsageError: There is no such item.
        StoreError: A step failed; the next opening finishes an erasure that was committed.
    """
    lines = lines_about(writer, item_id)
    outputs = _output_paths(writer, lines)
    extra = {"erased": [{"seq": seq, "indexes": list(lines[seq])} for seq in sorted(lines)]}
    event = writer.commit("erase", [Erasure(item_id, basis, datetime.now(UTC))], extra=extra)
    for path in outputs:
        wipe(path)
    before = writer.index.blob_names()
    for seq in sorted(lines):
        _blank(writer.case, seq, set(lines[seq]), file_system=RealFileSystem())
    cache.remove(writer.case.folder)
    writer.reopen()
    for sha256 in sorted(before - writer.index.blob_names()):
        wipe(writer.store.path_of(sha256))
    return event


def lines_about(writer: Writer, item_id: str) -> Lines:
    """Finds the record lines that say something about one item.

    Raises:
        UsageError: There is no such item.
    """
    rows = writer.index.rows
    found = rows("SELECT seq, idx FROM item WHERE id = ?", (item_id,))
    if not found:
        raise UsageError(f"the case has no item {item_id}", hint="`forensics log CASE` lists the items.")
    since = found[0][0]
    places = set(found) | set(rows("SELECT seq, idx FROM acquisition WHERE item = ?", (item_id,)))
    places |= set(rows(_FINDINGS_ABOUT, (item_id, item_id)))
    places |= set(rows("SELECT seq, idx FROM record WHERE type = 'output' AND seq > ?", (since,)))
    places |= _exhibits_with(writer, item_id)
    lines: dict[int, list[int]] = {}
    for seq, number in sorted(places):
        lines.setdefault(seq, []).append(number)
    return {seq: tuple(numbers) for seq, numbers in lines.items()}


_FINDINGS_ABOUT = """
SELECT DISTINCT subject.seq, subject.idx FROM subject JOIN artifact ON artifact.content = subject.sha256
WHERE artifact.item = ? AND NOT EXISTS (
  SELECT 1 FROM artifact AS other WHERE other.content = subject.sha256 AND other.item IS NOT NULL AND other.item != ?)
"""


def _exhibits_with(writer: Writer, item_id: str) -> set[tuple[int, int]]:
    exhibits = writer.case.records_of("exhibit", writer.index)
    found = (committed.ref.split("/") for committed in exhibits if item_id in committed.record.items)
    return {(int(seq), int(number)) for seq, number in found}


def _output_paths(writer: Writer, lines: Lines) -> list[Path]:
    paths = []
    for committed in writer.case.records_of("output", writer.index):
        seq, number = map(int, committed.ref.split("/"))
        if committed.record.path and number in lines.get(seq, ()):
            paths.append(writer.case.folder / committed.record.path)
    return [path for path in dict.fromkeys(paths) if path.exists()]


def finish(case: Case, file_system: FileSystem) -> list[int]:
    """Finishes erasures that a crash interrupted; gives the numbers of their events.

    The blobs and reports that they leave without a name are cleared afterwards as uncommitted remains.
    """
    unfinished = []
    for event in case.events:
        if event.action == "erase" and any([_blank(case, seq, set(numbers), file_system=file_system) for seq, numbers in event.erased]):
            unfinished.append(event.seq)
    if unfinished:
        cache.remove(case.folder)
    return unfinished


def _blank(case: Case, seq: int, numbers: Iterable[int], *, file_system: FileSystem) -> bool:
    """Replaces lines of a record file by their leaves; says whether any line still held its record."""
    path = case.records_path(case.events[seq])
    if path is None:
        return False
    wanted, changed = set(numbers), False
    body: list[bytes] = []
    for number, (_, raw) in enumerate(raw_lines(path)):
        line = read_line(raw, strict=False) if number in wanted else None
        changed |= line is not None and line.record is not None
        body.append(leaf_line(line.leaf) if line else raw + b"\n")
    if changed:
        _replace(Store(case.folder, file_system=file_system), path, b"".join(body))
    return changed


def _replace(store: Store, path: Path, body: bytes) -> None:
    """Puts new bytes under a record file's name and overwrites the old ones, which hold the salts."""
    old = store.new_temporary()
    os.link(path, old)
    store.write(path, body, mode=0o444)
    wipe(old)


def summary(event: CustodyEvent) -> dict[str, Any]:
    """Says how many records an erase event covers."""
    return {"event": event.seq, "records": sum(len(numbers) for _, numbers in event.erased)}
