"""The verb spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from forensics.cli.output import emit, finish
from forensics.cli.settings import case_argument, json_option

MOST_WORKS = 20
"""Works that are shown to people; `--json` has all."""


@click.command()
@case_argument
@click.option(
    "--figure",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    metavar="FILE.svg",
    help="Draw sources and groups into a new SVG file.",
)
@json_option
def spread(case: Path, *, figure: Path | None, as_json: bool) -> None:
    """Show how far the files that were posted in the chats of CASE were passed on.

    Copies are joined where `forensics match` found them. Members are accounts, not persons, and groups may overlap: the
    numbers are bounds. Nothing is written to the case.
    """
    from forensics.cli.spreading import spread_of

    told = spread_of(case, figure=figure)
    emit(told, as_json=as_json, lines=lambda: _lines(told))
    finish(told["exit_code"])


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    from forensics.cli.tracing import problem_lines

    works = sorted(told["works"], key=lambda one: -len(one["posts"]))
    if not works:
        yield "no file that was posted in a chat is known by its digest: collect exports together with their media"
    for one in works[:MOST_WORKS]:
        yield from _work_lines(one)
    if len(works) > MOST_WORKS:
        yield f"and {len(works) - MOST_WORKS} more works; --json has all"
    if told["figure"]:
        yield f"figure: {told['figure']}"
    yield from problem_lines(told)
    if works and not told["is_matched"]:
        yield "next: forensics match CASE joins copies that were compressed, cropped or captioned"


def _work_lines(one: Mapping[str, Any]) -> Iterator[str]:
    yield f"{one['id']}  {one['title']}  ({one['basis']})"
    first = one["first_seen"] or one["first_shown"] or "not known"
    counts = f"copies {len(one['copies'])}, posts {len(one['posts'])}, forwarded {one['forwards']}"
    yield f"  first seen {first}; {counts}, groups {len(one['groups'])}"
    yield f"  {_members(one)}"
    if one["comparisons"]:
        yield f"  other files of the same footage stand apart by comparison: {', '.join(one['comparisons'])}"
    if one["not_compared"]:
        yield from _uncompared(one)
    if one["views_lower"] is not None:
        yield f"  views as displayed: {one['views_lower']} to {one['views_upper']}"


def _uncompared(one: Mapping[str, Any]) -> Iterator[str]:
    """Says that nobody compared copies, so that the footage of which an altered clip was made may be among them."""
    named = ", ".join(
        item or digest[:16] for digest, item in zip(one["not_compared"], one["not_compared_items"], strict=True)
    )
    if one["comparisons"]:
        yield f"  not compared with the original, may be unaltered: {named} ({one['not_compared_posts']} posts)"
    else:
        yield f"  joined by their pictures alone; footage without the alteration may be among them: {named}"
    if one["is_first_not_compared"]:
        yield "  the first post is of one of these"
    yield "  next: forensics compare CASE QUESTIONED ORIGINAL tells them apart"


def _members(one: Mapping[str, Any]) -> str:
    if one["members_lower"] is None:
        return "members of the groups: not known"
    if one["members_upper_is_bound"]:
        return f"members of the groups: {one['members_lower']} to {one['members_upper']} accounts; groups may overlap"
    unknown = f"the size of {one['members_unknown']} groups is not displayed"
    return f"members of the groups: at least {one['members_lower']} accounts; {unknown}"
