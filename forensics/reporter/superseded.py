"""Which findings a newer examination by the same analyzer has taken the place of; they stay in the case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from forensics.model import Committed, Finding

CASE_WIDE = frozenset(("match", "persons"))
"""Comparisons of everything in the case at once: a newer search takes the place of one over some of its contents."""


def superseded(findings: Sequence[Committed[Finding]]) -> dict[str, int]:
    """Finds the findings that a newer examination has taken the place of.

    An examination that failed takes no place: what was seen before still stands.

    Args:
        findings: Of a case, in the order in which they were committed.

    Returns:
        Reference of each, with the number of the event of the newer examination.
    """
    per_content: dict[tuple[Any, ...], list[Committed[Finding]]] = defaultdict(list)
    case_wide: dict[str, list[Committed[Finding]]] = defaultdict(list)
    for found in findings:
        name = found.record.analyzer.name
        if name in CASE_WIDE:
            case_wide[name].append(found)
        else:
            about = found.record.analyzer.settings.get("subject", "")
            per_content[name, found.record.subject, str(about)].append(found)
    older = {ref: seq for group in per_content.values() for ref, seq in _older(group)}
    return older | {ref: seq for group in case_wide.values() for ref, seq in _narrower(group)}


def _older(group: list[Committed[Finding]]) -> Iterable[tuple[str, int]]:
    newest = max((_seq(found) for found in group if not _is_failed(found)), default=None)
    if newest is None:
        return ()
    return ((found.ref, newest) for found in group if _seq(found) < newest)


def _narrower(group: list[Committed[Finding]]) -> Iterable[tuple[str, int]]:
    runs: dict[int, list[Committed[Finding]]] = defaultdict(list)
    for found in group:
        runs[_seq(found)].append(found)
    whole = [seq for seq, run in runs.items() if not any(map(_is_failed, run))]
    if not whole:
        return ()
    newest = max(whole)
    covered = _contents(runs[newest])
    return (
        (found.ref, newest) for seq, run in runs.items() if seq < newest and _contents(run) <= covered for found in run
    )


def _contents(run: Iterable[Committed[Finding]]) -> set[str]:
    return {sha256 for found in run for sha256 in found.record.subject}


def _is_failed(found: Committed[Finding]) -> bool:
    return found.record.kind.endswith(".failed")


def _seq(found: Committed[Finding]) -> int:
    return int(found.ref.partition("/")[0])
