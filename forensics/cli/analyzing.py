"""What `analyze` does, and how its result is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from forensics.cli.settings import Times
from forensics.cli.stamping import time_answer
from forensics.codec import to_json
from forensics.custody.signing import Home, SigningKey
from forensics.custody.writer import writing
from forensics.engine.collect import Setup
from forensics.engine.examine import Analyzed, default_jobs, examine_case
from forensics.engine.identify import Identified, identify_case
from forensics.plugins import Analyzer

FACES = "faces"

MOST_GAPS = 20
"""Distinct gaps that are told; the records hold all."""


def analyze_case(
    folder: Path,
    items: Sequence[str],
    *,
    key: SigningKey,
    home: Home,
    wait_s: float,
    found: Times,
    setup: Setup,
    analyzers: Sequence[Analyzer],
    jobs: int | None,
) -> dict[str, Any]:
    """Examines a case and tells what came of it."""
    with writing(folder, key, home=home, verb="analyze", wait_s=wait_s) as writer:
        result = examine_case(writer, items, analyzers=analyzers, setup=setup, jobs=jobs or default_jobs())
        identified = Identified(has_basis=False)
        if any(one.name == FACES for one in analyzers):
            identified = identify_case(writer, items, setup=setup, jobs=jobs or default_jobs(), verb="analyze")
        head = str(writer.case.head)
    result = _with_faces(result, identified)
    time, gaps = time_answer(result.stamped, found) if result.stamped else ("nothing new to time-stamp", [])
    findings: dict[str, dict[str, int]] = {}
    for (kind, outcome), number in sorted(result.kinds.items()):
        findings.setdefault(kind, {})[outcome] = number
    return {
        "examined": result.examined,
        "skipped": result.skipped,
        "findings": findings,
        "gap_summary": _summary(result),
        "gaps": gaps,
        "head": head,
        "time": time,
        "exit_code": result.exit_code,
    }


def _summary(result: Analyzed) -> list[dict[str, Any]]:
    counted = Counter(gap for gap in result.gaps if gap.is_of_content)
    return [{**to_json(gap), "count": number} for gap, number in counted.most_common(MOST_GAPS)]


def _with_faces(result: Analyzed, identified: Identified) -> Analyzed:
    """Adds what comparing faces gave, which runs only where a legal basis is recorded."""
    kinds = Counter(result.kinds)
    kinds.update((one.kind, str(one.result)) for one in identified.findings)
    gaps = (*result.gaps, *identified.gaps)
    return replace(result, kinds=dict(kinds), gaps=gaps, stamped=identified.stamped or result.stamped)
