"""Clears away what an interrupted run left, and records that it did (docs/case-format.md, section 9)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.custody import erasure, remains
from forensics.custody.case import FOLDERS, Case, open_case
from forensics.custody.digest import sha256_hex
from forensics.custody.store import FileSystem, Store, linked, translated
from forensics.model import Recovery

if TYPE_CHECKING:
    from forensics.custody.writer import Writer

Removed = list[Mapping[str, Any]]

_RECORD_FILE = re.compile(r"(\d{6}|[1-9]\d{6,})-[a-z][a-z-]*\.jsonl")


def clear(case: Case, file_system: FileSystem) -> tuple[Case, Removed]:
    """Clears what can be seen without the index: a half-written line, an uncommitted record file, `tmp/`, erasures.

    Returns:
        The case as it stands afterwards, and what was removed.

    Raises:
        StoreError: Something cannot be removed.
        IntegrityError: A folder of the case is a symbolic link; nothing is changed.
    """
    removed: Removed = []
    with translated(case.folder):
        refuse_links(case.folder)
        for name in FOLDERS:
            (case.folder / name).mkdir(exist_ok=True)
        if case.unfinished:
            removed.append(_cut_ledger(case, file_system))
        removed.extend(_clear_record_file(case, file_system))
        removed.extend(_clear_temporary(case))
        if unfinished := erasure.finish(case, file_system):
            removed.append({"what": "unfinished erasure", "events": unfinished})
    return (open_case(case.folder) if removed else case), removed


def refuse_links(folder: Path) -> None:
    """Refuses a case whose folders lead elsewhere: what lies there would be taken for its remains and removed.

    Raises:
        IntegrityError: One of them is a symbolic link.
    """
    folders = [folder / name for name in FOLDERS]
    if (folder / "blobs").is_dir():
        folders.extend(path for path in (folder / "blobs").iterdir() if path.is_symlink())
    for path in folders:
        if path.is_symlink():
            raise linked(path)


def _cut_ledger(case: Case, file_system: FileSystem) -> dict[str, Any]:
    path = case.folder / "ledger.jsonl"
    file_system.truncate(path, path.stat().st_size - len(case.unfinished))
    return {"what": "unfinished ledger line", "size": len(case.unfinished), "sha256": sha256_hex(case.unfinished)}


def _clear_record_file(case: Case, file_system: FileSystem) -> Removed:
    with os.scandir(case.folder / "records") as entries:
        matches = [match for entry in entries if (match := _RECORD_FILE.fullmatch(entry.name))]
    paths = [case.folder / "records" / match[0] for match in matches if int(match[1]) == len(case.events)]
    removed = remains.describe_files(paths, "uncommitted record file")
    for path in paths:
        file_system.remove(path)
    if paths:
        file_system.sync_folder(case.folder / "records")
    return removed


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
    is_erased = writer.case.events[-1].action == "erase"
    swept = remains.sweep(writer)
    if found := [*removed, *(map(_without_digest, swept) if is_erased else swept)]:
        writer.commit("recover", [Recovery(tuple(found))])


def _without_digest(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Says what was removed where it was being erased: the digest of a picture tells that it had been there."""
    return {name: value for name, value in entry.items() if name not in ("sha256", "size")}
