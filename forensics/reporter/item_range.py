"""Ids of items as a list, with runs of consecutive numbers drawn together."""

from __future__ import annotations

from collections.abc import Iterable

from forensics.reporter.evidence import Said
from forensics.reporter.wording import Words


def item_ranges(ids: Iterable[str], words: Words) -> Said:
    """Lists item ids, with runs of consecutive numbers drawn together."""
    runs: list[list[str]] = []
    for name in sorted(ids):
        if runs and _follows(runs[-1][-1], name):
            runs[-1].append(name)
        else:
            runs.append([name])
    return words.listed(
        words.say("word.range", first=run[0], last=run[-1]) if len(run) > 1 else words.show(run[0]) for run in runs
    )


def _follows(before: str, after: str) -> bool:
    head, _, number = before.rpartition("-")
    next_head, _, next_number = after.rpartition("-")
    return head == next_head and number.isdigit() and next_number.isdigit() and int(number) + 1 == int(next_number)
