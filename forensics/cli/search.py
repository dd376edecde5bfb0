"""The verb search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from forensics.cli.output import emit, finish
from forensics.cli.settings import case_argument, json_option
from forensics.errors import UsageError

TOPICS = ("offer", "order", "tutorial", "software", "admission")
MOST_SHOWN = 50
"""Hits that are shown to people."""


@click.command()
@case_argument
@click.argument("words", nargs=-1, metavar="[WORDS]...")
@click.option("--topic", type=click.Choice(TOPICS), default=None, help="Only what the rules for this topic find.")
@click.option("--exact", is_flag=True, help="Only the words as given, without other spellings of the glossary.")
@click.option("--most", type=click.IntRange(1), default=1000, show_default=True, help="Hits that are given; all count.")
@click.option(
    "--csv",
    "table",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    metavar="FILE",
    help="Write the hits into a new CSV file.",
)
@json_option
def search(
    case: Path, words: tuple[str, ...], *, topic: str | None, exact: bool, most: int, table: Path | None, as_json: bool
) -> None:
    """Find texts of CASE that have all WORDS: in chats, captured pages, pictures that were read, labels and bills.

    Any run of characters is found, also two Chinese ones. Every hit is a lead that somebody must read. Nothing is
    written to the case.
    """
    from forensics.cli.searching import Question, search_case

    if not words and topic is None:
        raise UsageError("there is nothing to search for", hint="Give words, or --topic.")
    told = search_case(case, Question(words, topic, exact, most), table=table)
    emit(told, as_json=as_json, lines=lambda: _lines(told))
    finish(told["exit_code"])


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    from forensics.cli.tracing import problem_lines

    for one in told["hits"][:MOST_SHOWN]:
        where = one["locator"]
        when = one["at"] or one["at_shown"]
        named = "  ".join(
            part for part in (where["item"] or where["file"][:16], where["record"], when, one["sender"]) if part
        )
        yield f"{one['kind']:8} {named}"
        yield f"  {' '.join(one['text'].split())[:200]}"
    shown = min(len(told["hits"]), MOST_SHOWN)
    yield f"{told['count']} hits" + (
        f", {shown} of them shown; --json and --csv give more" if shown < told["count"] else ""
    )
    if told["csv"]:
        yield f"hits: {told['csv']}"
    yield from problem_lines(told)
