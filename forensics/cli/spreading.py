"""What `spread` does, and how its result is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forensics.cli.tracing import told_of, trace, uncollected, write_new
from forensics.errors import UsageError
from forensics.proof.dossier_work import MATCH
from forensics.proof.spread import spread_json
from forensics.proof.spread_svg import figure as drawn


@uncollected()
def spread_of(folder: Path, *, figure: Path | None) -> dict[str, Any]:
    """Counts how far the works of a case were passed on, and draws the figure where one is wanted.

    Raises:
        CaseError: There is no case.
        UsageError: The file of the figure exists, or its name does not end in `.svg`.
    """
    if figure is not None and figure.suffix.lower() != ".svg":
        raise UsageError(f"{figure} is no name of an SVG file", hint="End the name in .svg.")
    traced = trace(folder)
    if figure is not None:
        write_new(figure, drawn(traced.dossier.works))
    items = traced.dossier.items
    works = spread_json(traced.dossier.works)["works"]
    told = {
        "works": [{**one, "not_compared_items": [items.get(each) for each in one["not_compared"]]} for one in works],
        "is_matched": any(one.record.kind == MATCH for one in traced.snapshot.findings),
        "figure": str(figure) if figure is not None else None,
    }
    return told_of(traced, told)
