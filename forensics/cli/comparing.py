"""What verbs that compare two items do, and how their result is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forensics.cli.settings import Times
from forensics.cli.stamping import time_answer
from forensics.codec import to_json
from forensics.custody.signing import Home, SigningKey
from forensics.custody.writer import writing
from forensics.engine.collect import Setup
from forensics.engine.compare import Chosen, Compared, chosen_item, compare_items, comparison_class

LABELS = "label_comparison"


def compare_in_case(
    folder: Path,
    named: tuple[str, str],
    *,
    key: SigningKey,
    home: Home,
    wait_s: float,
    found: Times,
    setup: Setup,
    settings: dict[str, Any],
) -> dict[str, Any]:
    """Compares the labels of two items of a case and tells what came of it."""
    cls = comparison_class(LABELS)
    settings = {**settings, "trust_list": cls(**settings).trust_list}
    with writing(folder, key, home=home, verb="compare-labels", wait_s=wait_s) as writer:
        chosen = chosen_item(writer, named[0]), chosen_item(writer, named[1])
        comparison = cls(first=chosen[0].item, second=chosen[1].item, **settings)
        result = compare_items(writer, chosen, comparison=comparison, setup=setup)
        head = str(writer.case.head)
    time, gaps = time_answer(result.stamped, found)
    return {
        "items": [_item(one) for one in chosen],
        "is_same_work": next((one.values.get("is_same_work") for one in result.findings), None),
        "findings": _findings(result),
        "gaps": [*map(to_json, result.gaps), *gaps],
        "head": head,
        "time": time,
        "exit_code": result.exit_code,
    }


def _item(one: Chosen) -> dict[str, Any]:
    return {"id": one.item, "name": to_json(one.artifact.name), "sha256": one.artifact.content_sha256}


def _findings(result: Compared) -> list[dict[str, Any]]:
    return [
        {
            "kind": one.kind,
            "result": str(one.result),
            "about": one.values.get("about"),
            "label": one.values.get("label"),
            "statement": one.statement.text,
        }
        for one in result.findings
    ]
