"""What `match` does, and how its result is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.cli.settings import Times
from forensics.cli.stamping import time_answer
from forensics.codec import to_json
from forensics.custody.signing import Home, SigningKey
from forensics.custody.writer import writing
from forensics.engine.collect import Setup
from forensics.engine.examination import bench_of
from forensics.engine.examine import default_jobs
from forensics.engine.match import VERB, Matched, match_case
from forensics.engine.match_export import check_folder, export
from forensics.model import Finding


@dataclass(frozen=True)
class Wanted:
    """What the user asked for.

    Attributes:
        items: Items that are compared; empty for all.
        export: Folder for key frames and hashes; None for none.
        with_sealed: Whether sealed items are exported too.
        jobs: Number of worker processes; None for one per core.
    """

    items: tuple[str, ...]
    export: Path | None = None
    with_sealed: bool = False
    jobs: int | None = None


def find_copies(
    folder: Path, wanted: Wanted, *, key: SigningKey, home: Home, wait_s: float, found: Times, setup: Setup
) -> dict[str, Any]:
    """Finds copies, writes the export where one is wanted, and tells what came of it.

    Raises:
        UsageError: There is no such item, or the folder of the export is not empty.
        StoreError: The disk does not take more.
    """
    if wanted.export is not None:
        check_folder(wanted.export)
    with writing(folder, key, home=home, verb=VERB, wait_s=wait_s) as writer:
        jobs = wanted.jobs or default_jobs()
        done = match_case(writer, wanted.items, setup=setup, jobs=jobs, is_forced=wanted.export is not None)
        exported = None
        if wanted.export is not None:
            counts = export(done.contents, wanted.export, bench=bench_of(writer), with_sealed=wanted.with_sealed)
            exported = {"folder": str(wanted.export), "contents": counts[0], "left_out": counts[1]}
        head = str(writer.case.head)
    return _told(done, exported, head=head, found=found)


def _told(done: Matched, exported: dict[str, Any] | None, *, head: str, found: Times) -> dict[str, Any]:
    time, gaps = time_answer(done.stamped, found) if done.stamped else ("nothing new to time-stamp", [])
    return {
        "contents": len(done.contents),
        "items": sum(len(one.items) for one in done.contents),
        "is_new": done.is_new,
        "findings": [_finding(one) for one in done.findings],
        "exported": exported,
        "gaps": [*(to_json(gap) for gap in done.gaps if gap.is_of_content), *gaps],
        "head": head,
        "time": time,
        "exit_code": done.exit_code,
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "result": str(one.result),
        "about": one.values.get("about"),
        "statement": one.statement.text,
        "members": list(one.values.get("members", ())),
        "pairs": list(one.values.get("pairs", ())),
        "contents": list(one.values.get("contents", ())),
    }
