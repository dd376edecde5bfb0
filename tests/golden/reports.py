"""Example reports as plain text, one file a language, so that every change of a sentence shows in a diff.

`python -m tests.golden.reports` writes them anew; look at the difference before it is committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from forensics.reporter import text, view
from forensics.reporter.blocks import Box, PageOf, Paragraph, Section, Table, strings
from tests.fakes import snapshot_captures, snapshot_faces, snapshots

FOLDER = Path(__file__).parent / "reports"
FORUMS = {"zh": "cn", "en": "us", "fr": "eu"}
CASES = {"small": snapshots.small, "captures": snapshot_captures.group, "swap": snapshot_faces.swap}


def plain(name: str, language: str) -> str:
    """Writes an example case as a report in plain text; what other parts of the program state is left out."""
    templates = replace(text.load(), digest="0" * 64, findings={"zh": {}, "en": {}, "fr": {}})
    snapshot = CASES[name](jurisdiction=FORUMS[language], language=language).snapshot()
    with patch("forensics.reporter.page_comparison.usual", lambda _: (0.08, -0.09, 0.24)):
        report = view.build(snapshot, language=language, templates=templates, program=view.Program(version="0.0.0"))
    lines = [report.cover.title, report.cover.subtitle, *_block(report.cover.pairs)]
    lines += [line for statement in report.cover.statements for line in _block(statement)]
    lines += [*report.running.head, report.running.root, report.running.page]
    lines += [line for section in report.sections for line in _section(section, 1)]
    return "\n".join(lines) + "\n"


def _section(section: Section, level: int) -> Iterator[str]:
    yield f"\n{'#' * level} {section.number}{section.title}"
    for block in section.blocks:
        yield from _block(block)
    for inner in section.sections:
        yield from _section(inner, level + 1)


def _block(block: object) -> Iterator[str]:
    match block:
        case Paragraph():
            yield block.label + block.text
        case Table():
            yield " | ".join(column.title for column in block.columns)
            for row in block.rows:
                cells = (cell.text if isinstance(cell, PageOf) else cell for cell in row)
                yield " | ".join(cell.replace("\n", " / ") for cell in cells)
        case Box():
            for inner in block.blocks:
                yield from _block(inner)
        case _:
            yield from (" / ".join(one.split("\n")) for one in strings(block))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for case in CASES:
        for one in FORUMS:
            (FOLDER / f"{case}-{one}.txt").write_text(plain(case, one), encoding="utf-8")
