"""The figure of spread: where copies of a work came from, and in which groups they were posted how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forensics.proof.spread import Spread
from forensics.reporter.blocks import Block, Drawing, DrawnBox, DrawnLine, DrawnText, Paragraph, Shape
from forensics.reporter.evidence import Said
from forensics.reporter.spread_name import members_said, work_name
from forensics.reporter.tally_trace import Trace

WIDTH = 470.0
"""Width of the figure, in points."""

BOX = 158.0
"""Width of a box, in points."""

LINE = 11.0
"""Distance of the lines within a box, in points."""

SIZE = 7.4
"""Size of the letters, in points."""

SPACE = 10.0
"""Space between boxes, in points."""

GROUPS_DRAWN, SOURCES_DRAWN = 12, 10
"""Boxes on the right and on the left; the tables have the others."""

_OTHERS = "\0others"
_WORK = "\0work"


@dataclass(frozen=True, slots=True)
class _Node:
    """A box with its lines; `top` is its upper edge, in points from the top of the figure."""

    lines: tuple[Said, ...]
    top: float

    @property
    def height(self) -> float:
        """Height of the box."""
        return len(self.lines) * LINE + 7

    @property
    def middle(self) -> float:
        """Height of its middle, from the top of the figure."""
        return self.top + self.height / 2


def spread_figure(one: Spread, trace: Trace) -> Iterator[Block]:
    """Draws one work: on the left the work and the sources that posts name, on the right the groups; arrows are posts.

    Solid arrows are posts that name no source, broken ones are forwarded posts, so that the figure can be read without
    colours. Every number is in the tables beneath it. One arrow alone says nothing that they do not, and is not drawn.
    """
    sources, groups = _sources(one), _groups(one)
    left = _placed(_source_lines(one, sources, trace))
    right = _placed(_group_lines(one, groups, trace))
    edges = sorted(_edges(one, sources, groups).items())
    if len(edges) == 1:
        return
    height = max(left[-1].top + left[-1].height, right[-1].top + right[-1].height) + 4
    left, right = _centred(left, height), _centred(right, height)
    shapes: list[Shape] = []
    for number, ((source, group), count) in enumerate(edges):
        share = 0.18 + 0.64 * (number + 0.5) / len(edges)
        is_forward = sources[source] != _WORK
        shapes += _arrow(left[source], right[group], trace.words.number(count), share=share, is_forward=is_forward)
    shapes += [shape for node in left for shape in _box(node, 0.0)]
    shapes += [shape for node in right for shape in _box(node, WIDTH - BOX)]
    yield Paragraph(trace.words.say("counts.figure_title"), "strong")
    yield Drawing(WIDTH, height, tuple(shapes), trace.words.say("counts.figure_caption"))


def _sources(one: Spread) -> tuple[str, ...]:
    """Gives the work, and the sources with the most posts; what is left is drawn as one box."""
    counts = Counter(post.forwarded_from for post in one.posts if post.forwarded_from is not None)
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    others = [_OTHERS] if ranked[SOURCES_DRAWN:] else []
    own = [_WORK] if one.forwards < len(one.posts) else []
    return (*own, *ranked[:SOURCES_DRAWN], *others)


def _groups(one: Spread) -> tuple[int, ...]:
    """Gives the numbers of the groups with the most posts; -1 stands for all others."""
    ranked = sorted(one.groups, key=lambda group: (-group.posts, group.number))
    others = [-1] if ranked[GROUPS_DRAWN:] else []
    return (*(group.number for group in ranked[:GROUPS_DRAWN]), *others)


def _edges(one: Spread, sources: Sequence[str], groups: Sequence[int]) -> Counter[tuple[int, int]]:
    """Counts posts by source and group, as places in the two lists."""
    counts: Counter[tuple[int, int]] = Counter()
    for post in one.posts:
        source = _WORK if post.forwarded_from is None else post.forwarded_from
        left = sources.index(source if source in sources else _OTHERS)
        counts[left, groups.index(post.group if post.group in groups else -1)] += 1
    return counts


def _source_lines(one: Spread, sources: Sequence[str], trace: Trace) -> Iterator[tuple[Said, ...]]:
    words = trace.words
    for name in sources:
        if name == _WORK:
            first = words.say("counts.figure_work", n=len(one.copies))
            yield _cut(first, trace), _cut(work_name(one, trace), trace)
        elif name == _OTHERS:
            yield (_cut(words.say("counts.figure_other_sources"), trace),)
        else:
            yield (_cut(words.say("counts.figure_source", name=trace.source(name)), trace),)


def _group_lines(one: Spread, groups: Sequence[int], trace: Trace) -> Iterator[tuple[Said, ...]]:
    words = trace.words
    for number in groups:
        if number < 0:
            yield (_cut(words.say("counts.figure_other_groups", n=len(one.groups) - GROUPS_DRAWN), trace),)
            continue
        group = one.groups[number]
        first = words.utc(group.first_seen) if group.first_seen else words.say("trace.no_time")
        lines = (trace.group(group), members_said(group, trace), words.say("counts.figure_first", at=first))
        yield tuple(_cut(line, trace) for line in lines)


def _cut(text: Said, trace: Trace) -> Said:
    """Cuts a text so that it fits into a box."""
    room, limit, shown = BOX - 10, len(text), text
    while limit > 1 and _width(shown, trace) > room:
        limit -= 1
        shown = trace.words.shortened(text, limit)
    return shown


def _width(text: str, trace: Trace) -> float:
    fonts = trace.words.templates.fonts
    return sum(fonts.regular.widths.get(ord(char), 1000) for char in text) * SIZE / 1000


def _placed(found: Iterable[tuple[Said, ...]]) -> list[_Node]:
    nodes: list[_Node] = []
    for lines in found:
        nodes.append(_Node(lines, nodes[-1].top + nodes[-1].height + SPACE if nodes else 2.0))
    return nodes


def _centred(nodes: list[_Node], height: float) -> list[_Node]:
    room = (height - 4 - nodes[-1].top - nodes[-1].height) / 2
    return [_Node(node.lines, node.top + room) for node in nodes]


def _box(node: _Node, x: float) -> Iterator[Shape]:
    yield DrawnBox(x, node.top, BOX, node.height)
    for index, line in enumerate(node.lines):
        yield DrawnText(x + 5, node.top + 10.5 + index * LINE, line, SIZE)


def _arrow(source: _Node, group: _Node, count: Said, *, share: float, is_forward: bool) -> Iterator[Shape]:
    """Draws an arrow with its number on a white ground, at a place of its own along the way."""
    start, end = (BOX, source.middle), (WIDTH - BOX - 1, group.middle + (5 if is_forward else -5))
    yield DrawnLine(start, end, is_broken=is_forward, is_arrow=True)
    x, y = start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
    wide = 5.0 * len(count) + 5
    yield DrawnBox(x - wide / 2, y - 5.5, wide, 11)
    yield DrawnText(x, y + 2.8, count, SIZE, align="center")
