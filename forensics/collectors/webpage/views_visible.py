"""Decides from a snapshot what a viewer can see of a document, if need be by scrolling."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

from forensics.collectors.webpage.views_snapshot import TEXT, Box, Document, Node

LEAST_PX = 1.5
"""What is drawn smaller than this in width or height is not seen; texts for screen readers are clipped to 1 px."""

LEAST_OPACITY = 0.02
"""Opacity below which nothing is seen: a step or two of 255 against white."""

Rectangle = tuple[float, float, float, float]
"""Left, top, right and bottom, in CSS pixels."""

SCROLLS = frozenset({"auto", "scroll"})
CLIPS = frozenset({"hidden", "clip"})
"""Values of `overflow` that let content be scrolled, and that clip it."""

ALL: Rectangle = (-inf, -inf, inf, inf)

_INSET = re.compile(r"^inset\(([^)]*?)(?:\s+round\b[^)]*)?\)$")
_RECT = re.compile(r"^rect\(([^)]*)\)$")


class Sight(NamedTuple):
    """How a node and what is in it is seen.

    Attributes:
        is_visible: Whether `visibility` shows it.
        opacity: Product of its own opacity and all around it, 0 to 1.
        own: What of the document it may be drawn on.
        flow: The same for its content.
        absolute: The same for content that is placed absolutely.
        fixed: The same for content that is fixed to the view.
    """

    is_visible: bool = True
    opacity: float = 1.0
    own: Rectangle = ALL
    flow: Rectangle = ALL
    absolute: Rectangle = ALL
    fixed: Rectangle = ALL

    @property
    def lets_see(self) -> bool:
        """Whether styles show it, wherever it is."""
        return self.is_visible and self.opacity >= LEAST_OPACITY

    def shows(self, box: Box | None) -> bool:
        """Whether anything of the node is seen, where it is drawn in a box."""
        return box is not None and self._is_seen(self.own, box)

    def shows_inside(self, box: Box) -> bool:
        """Whether anything of the node's content is seen, where that is drawn in a box."""
        return self._is_seen(self.flow, box)

    def _is_seen(self, limits: Rectangle, box: Box) -> bool:
        left, top, right, bottom = _common(limits, _rectangle(box))
        return right - left > LEAST_PX and bottom - top > LEAST_PX and self.lets_see


def in_sight(document: Document) -> Iterator[tuple[Document, list[Sight]]]:
    """Gives a document and all in it that can be seen, outer ones first, each with the sights of its nodes."""
    if not document.is_laid_out:
        return
    seen = sights(document)
    yield document, seen
    for index, inner in document.frames.items():
        if seen[index].shows(document.nodes[index].box):
            yield from in_sight(inner)


def sights(document: Document) -> list[Sight]:
    """Gives the sight of each node of a document.

    What can be scrolled into view counts as seen. Not done: what other elements cover, text in the colour of its
    background, filters, masks, and clipping by shapes other than rectangles count as seen too.

    Source: CSS 2.2, sections 11.1 (overflow, clip) and 10.1 (containing blocks); CSS Masking 1, section 5.
    """
    found: list[Sight] = []
    start = _reachable(document)
    for node in document.nodes:
        around = found[node.parent] if node.parent >= 0 else Sight(own=start, flow=start, absolute=start, fixed=start)
        has_own = node.kind != TEXT and node.box is not None and node.style
        found.append(_sight(node, around) if has_own else around._replace(own=around.flow))
    return found


def _sight(node: Node, around: Sight) -> Sight:
    style, position = node.style, node.style["position"]
    cut = _cut(node)
    base = {"fixed": around.fixed, "absolute": around.absolute}.get(position, around.flow)
    own = _common(base, cut)
    inner = _content(own, node)
    holds_all = style["transform"] not in {"none", ""}
    holds_absolute = holds_all or position != "static"
    return Sight(
        is_visible=style["visibility"] == "visible",
        opacity=around.opacity * _number(style["opacity"], 1.0),
        own=own,
        flow=inner,
        absolute=inner if holds_absolute else _common(around.absolute, cut),
        fixed=inner if holds_all else _common(around.fixed, cut),
    )


def _reachable(document: Document) -> Rectangle:
    """Gives what of a document can be scrolled to; where lines run leftwards, also what is left of its start."""
    width, height = document.size
    root = next((node for node in document.nodes if node.style), None)
    is_rtl = root is not None and root.style["direction"] == "rtl"
    return (-inf if is_rtl else 0.0, 0.0, max(width, 1.0), max(height, 1.0))


def _content(own: Rectangle, node: Node) -> Rectangle:
    """Gives where content of a node is seen: cut to its box where it clips, anywhere where it can be scrolled.

    The overflow of root and body belongs to the window, which scrolls.
    """
    if node.box is None or node.name in {"HTML", "BODY"}:
        return own
    left, top, right, bottom = own
    box = _rectangle(node.box)
    if node.style["overflow-x"] in SCROLLS and left < right:
        left, right = -inf, inf
    if node.style["overflow-y"] in SCROLLS and top < bottom:
        top, bottom = -inf, inf
    if node.style["overflow-x"] in CLIPS:
        left, right = max(left, box[0]), min(right, box[2])
    if node.style["overflow-y"] in CLIPS:
        top, bottom = max(top, box[1]), min(bottom, box[3])
    return (left, top, right, bottom)


def _cut(node: Node) -> Rectangle:
    """Gives what `clip` and `clip-path` leave of a node and its content."""
    if node.box is None or (node.style["clip-path"] == "none" and node.style["clip"] == "auto"):
        return ALL
    left, top, right, bottom = _rectangle(node.box)
    inset = _INSET.match(node.style["clip-path"])
    if inset:
        sizes = (bottom - top, right - left, bottom - top, right - left)
        values = [_length(part, size) for part, size in zip(_four(inset.group(1).split()), sizes, strict=True)]
        return (left + values[3], top + values[0], right - values[1], bottom - values[2])
    rect = _RECT.match(node.style["clip"])
    if rect and node.style["position"] in {"absolute", "fixed"}:
        edges = (top, left, top, left)
        parts = re.split(r"[\s,]+", rect.group(1).strip())
        free = (-inf, inf, inf, -inf)
        ends = [
            unset if part == "auto" else edge + _number(part.removesuffix("px"), 0.0)
            for part, edge, unset in zip(_four(parts), edges, free, strict=True)
        ]
        return (ends[3], ends[0], ends[1], ends[2])
    return ALL


def _four(parts: Sequence[str]) -> tuple[str, str, str, str]:
    """Completes one to four values of a CSS shorthand: top, right, bottom, left."""
    top = parts[0] if parts else "0"
    right = parts[1] if len(parts) > 1 else top
    bottom = parts[2] if len(parts) > 2 else top  # noqa: PLR2004 - the third value
    left = parts[3] if len(parts) > 3 else right  # noqa: PLR2004 - the fourth value
    return (top, right, bottom, left)


def _length(text: str, whole: float) -> float:
    if text.endswith("%"):
        return whole * _number(text[:-1], 0.0) / 100
    return _number(text.removesuffix("px"), 0.0)


def _number(text: str, otherwise: float) -> float:
    try:
        return float(text)
    except ValueError:
        return otherwise


def _rectangle(box: Box) -> Rectangle:
    left, top, width, height = box
    return (left, top, left + width, top + height)


def _common(one: Rectangle, other: Rectangle) -> Rectangle:
    """Gives what two rectangles share; empty ones have an end before their start."""
    return (max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3]))
