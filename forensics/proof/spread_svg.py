"""The figure of spread as SVG: from where works came, and in which groups they were posted how often."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.sax.saxutils import escape

from forensics.chats.word import searched
from forensics.proof.spread import Group, Spread, edges

MOST_DRAWN = 40
"""Boxes of one column; the JSON has all."""

MOST_WORKS = 20
"""Works that are drawn, those with most posts first."""

_WIDTH, _BOX, _ROW, _HEAD, _SHOWN = 960, 280, 44, 56, 30
_NO_TEXT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


class _Box(NamedTuple):
    """A box; `y` is its upper edge from the top of the figure, in pixels."""

    x: int
    y: int
    first: str
    second: str


def figure(works: Iterable[Spread], *, unit: str = "accounts") -> bytes:
    """Draws works that were posted.

    Args:
        works: Works with their spread.
        unit: What members are counted in; accounts are no persons.

    Returns:
        An SVG file without scripts, links and fonts of its own.
    """
    chosen = sorted((one for one in works if one.posts), key=lambda one: (-len(one.posts), one.work.id))[:MOST_WORKS]
    parts: list[str] = []
    top = 16
    for one in chosen:
        drawn, height = _work(one, top, unit)
        parts += drawn
        top += height
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}" '
        'font-family="Noto Sans CJK SC, Noto Sans, sans-serif" font-size="12">'
    )
    marker = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker></defs>'
    )
    white = f'<rect width="{_WIDTH}" height="{top}" fill="white"/>'
    return "\n".join([head, marker, white, *parts, "</svg>", ""]).encode("utf-8", "replace")


def _work(one: Spread, top: int, unit: str) -> tuple[list[str], int]:
    """Draws one work; gives the parts and the height that they take, in pixels."""
    arrows = edges(one)
    sources = list(dict.fromkeys(source for source, _, _ in arrows))[:MOST_DRAWN]
    groups = one.groups[:MOST_DRAWN]
    height = max(len(sources), len(groups), 1) * _ROW
    left = {name: _Box(16, top + _HEAD + at * _ROW, name, "named as source") for at, name in enumerate(sources)}
    right = [
        _Box(_WIDTH - _BOX - 16, top + _HEAD + at * _ROW, group.title or group.chat, _about(group, unit))
        for at, group in enumerate(groups)
    ]
    places: dict[str, list[_Box]] = {}
    for group, box in zip(groups, right, strict=True):
        places.setdefault(group.title or group.chat, []).append(box)
    parts = [_heading(one, top, unit), *_left_out(one, top + _HEAD + height, len(sources), len(groups))]
    parts += [_arrow(left[a], b, str(n)) for a, name, n in arrows if a in left for b in places.get(name, [])]
    parts += [_boxed(box) for box in (*left.values(), *right)]
    return parts, _HEAD + height + 32


def _heading(one: Spread, top: int, unit: str) -> str:
    lower, upper = one.members_lower, one.members_upper
    reach = "members not known" if lower is None else f"{lower} to {upper} {unit}, groups may overlap"
    if lower is not None and one.members_unknown:
        reach = f"at least {lower} {unit}; the size of {one.members_unknown} groups is not displayed"
    first = one.first_seen.strftime("%Y-%m-%d %H:%M UTC") if one.first_seen else one.first_shown
    said = f"{len(one.posts)} posts of {len(one.copies)} copies in {len(one.groups)} groups; first {first}; {reach}"
    title = one.work.title or one.work.id
    return (
        f'<text x="16" y="{top + 16}" font-weight="bold">{_text(title, 90)}</text>'
        f'<text x="16" y="{top + 36}">{_text(said, 150)}</text>'
    )


def _left_out(one: Spread, y: int, sources: int, groups: int) -> Iterator[str]:
    more = len({source for source, _, _ in edges(one)}) - sources + len(one.groups) - groups
    if more:
        yield f'<text x="16" y="{y + 12}" font-style="italic">{more} more sources and groups are not drawn</text>'


def _about(group: Group, unit: str) -> str:
    number = "members not known" if group.members is None else f"{group.members} {unit} ({group.members_basis})"
    return f"{group.posts} posts, {number}"


def _boxed(box: _Box) -> str:
    return (
        f'<rect x="{box.x}" y="{box.y}" width="{_BOX}" height="36" rx="4" fill="#f4f4f4" stroke="black"/>'
        f'<text x="{box.x + 8}" y="{box.y + 15}">{_text(box.first, _SHOWN)}</text>'
        f'<text x="{box.x + 8}" y="{box.y + 30}" font-size="10">{_text(box.second, 48)}</text>'
    )


def _arrow(start: _Box, end: _Box, said: str) -> str:
    x1, y1, x2, y2 = start.x + _BOX, start.y + 18, end.x, end.y + 18
    return (
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="black" marker-end="url(#tip)"/>'
        f'<text x="{(x1 + x2) // 2}" y="{(y1 + y2) // 2 - 4}">{said}</text>'
    )


def _text(shown: str, most: int) -> str:
    """Gives a text from outside as content of SVG: short, escaped, without control and direction characters."""
    plain = " ".join(_NO_TEXT.sub("", shown).split())
    if not searched(plain).strip():
        plain = "(no name)"
    return escape(plain if len(plain) <= most else f"{plain[: most - 1]}…")
