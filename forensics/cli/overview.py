"""How `status` words what a case holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forensics.cli.elements import LANGUAGE, element_lines, standing_json
from forensics.codec import to_json
from forensics.engine.overview import Elements, Overview


def told_of(overview: Overview, elements: Elements) -> dict[str, Any]:
    """Gives the JSON object of `status`."""
    case = overview.case
    return {
        "case": to_json(case.info) | {"salt": None},
        "head": str(case.head),
        "root": case.root(case.head.seq),
        "events": len(case.events),
        "counts": overview.counts,
        "outcomes": overview.outcomes,
        "findings": overview.findings,
        "gaps": overview.gaps,
        "not_yet_time_stamped": overview.unstamped,
        "not_yet_examined": overview.unexamined,
        "authorities": list(overview.authorities),
        "items": list(overview.items),
        **_proof(elements),
        LANGUAGE: case.info.language,
        "exit_code": 0,
    }


def _proof(elements: Elements) -> dict[str, Any]:
    profile = elements.profile
    return {
        "profile": {
            "name": profile.name,
            "title": dict(profile.title),
            "checked_on": profile.checked_on.isoformat(),
            "sha256": profile.sha256,
        },
        "elements": [standing_json(one) for one in elements.standings],
        "missing_to_file": [{"any_of": list(one.any_of), "text": dict(one.text)} for one in elements.missing],
        "strays": list(elements.strays),
    }


def overview_lines(told: dict[str, Any]) -> Iterator[str]:
    """Words `status` for people."""
    counts, info = told["counts"], told["case"]
    yield f"{info['title']}  ({info['id']}, opened {info['opened_at'][:10]} by {info['examiner']})"
    yield f"head {told['head']}"
    yield ", ".join(f"{counts[name]} {name}" for name in ("items", "acquisitions", "blobs", "bytes"))
    yield "outcomes: " + (_counted(told["outcomes"]) or "nothing was collected yet")
    yield "gaps: " + (_counted(told["gaps"]) or "none")
    for kind, results in sorted(told["findings"].items()):
        yield f"  {kind:28} {_counted(results)}"
    if told["not_yet_examined"]:
        yield f"{told['not_yet_examined']} contents are not yet examined: forensics analyze CASE"
    if told["not_yet_time_stamped"]:
        yield f"{told['not_yet_time_stamped']} items are not yet time-stamped: forensics stamp CASE --tsa URL"
    yield from element_lines(told)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
