"""Labels that can be read in a picture: finds lines of text, reads those next to the edges, keeps what is a label."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from forensics.analyzers.labels import explicit_height
from forensics.analyzers.labels.explicit_word import MOST_CHARACTERS, Match, is_part, match
from forensics.media.ocr import Box, Engine, Line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HEIGHT_RATIO_REQUIRED = 0.05
"""Height of a label's characters over the shorter side of the picture. *Source:* GB 45438-2025, 5.3 and 5.5, as
reported by those who read it."""

SIDE_PX = 736
"""Shorter side to which a picture is scaled to find lines in it. *Source:* RapidOCR, config.yaml, `limit_side_len`.
Rendered labels of 1.6 % of the shorter side and more were read at it, those of 1 % in half of the cases."""

_MOST_ENLARGED = 3.0
"""How far a small picture is enlarged at most: what is finer than its pixels cannot be read."""

_LEAST_PX = 16
"""Shorter side of a picture in which letters have room."""

_LONG = 2.5
"""Longer side over shorter side from which the ends and the middle of a picture are looked at one by one."""

MOST_LINES = 64
"""Lines that are read in one picture, nearest to the edge first; each takes about 15 ms."""

_NEAR_EDGE = 0.1
"""Distance from an edge, over the shorter side, up to which a text stands at it: twice the height of a label."""

_SURE = 0.6
"""Confidence of the recogniser from which a text counts as read. RapidOCR itself drops those below 0.5."""

_SURE_OF_MARK = 0.75
"""The same for two letters alone, which edges of things resemble more easily: rendered ones were read with 0.77 to
0.88, since a capital I and a small L look alike."""

_WIDER = (4.0, 0.15)
"""By how many of its heights a box is widened on both sides, and heightened, to read a line again that was cut."""

_STACKED = 0.9
"""Free rows between two lines of one label at most, over the height of the first."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A text that is a label, or resembles one.

    Attributes:
        line: As read, its box in pixels of the whole picture.
        match: Which elements it has.
        height: Of its characters, in pixels of the whole picture.
        size_px: Width and height of the whole picture.
    """

    line: Line
    match: Match
    height: explicit_height.Height
    size_px: tuple[int, int]

    @property
    def height_ratio(self) -> float:
        """Height of the characters over the shorter side."""
        return self.height.px / min(self.size_px)

    @property
    def edge_ratios(self) -> tuple[float, float]:
        """Distance to the nearest side edge, and to the nearest of top and bottom, over the shorter side."""
        box, (width, height) = self.line.box, self.size_px
        across = max(0, min(box.x, width - box.x - box.width))
        down = max(0, min(box.y, height - box.y - box.height))
        return across / min(self.size_px), down / min(self.size_px)

    @property
    def position(self) -> str:
        """Gives `corner`, `edge` or `inside`."""
        near = sum(ratio <= _NEAR_EDGE for ratio in self.edge_ratios)
        return ("inside", "edge", "corner")[near]

    @property
    def row(self) -> dict[str, Any]:
        """The text and what was measured, as JSON values."""
        box = self.line.box
        return {
            "text": self.line.text[:MOST_CHARACTERS],
            "wording": self.match.wording,
            "is_chinese_rule": self.match.is_chinese_rule,
            "elements": {"ai": self.match.ai, "generation": self.match.generation or None},
            "confidence": self.line.confidence,
            "box_px": [box.x, box.y, box.width, box.height],
            "height_px": round(self.height.px),
            "height_ratio": round(self.height_ratio, 3),
            "height_is_from_edges": self.height.is_from_edges,
            "position": self.position,
            "edge_distance_ratio": round(min(self.edge_ratios), 3),
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in one picture.

    Attributes:
        marks: Labels and what resembles them, from top to bottom.
        other_lines: Lines of text that are neither; what they say is not kept.
        unread_lines: Lines that were found and not read, because there were too many.
        is_whole: Whether the whole picture was looked at; of very long ones the ends and the middle are.
    """

    marks: tuple[Mark, ...]
    other_lines: int
    unread_lines: int
    is_whole: bool


def read(engine: Engine, rgb: NDArray[np.uint8], *, size_px: tuple[int, int], side_px: int = SIDE_PX) -> Reading:
    """Reads the labels in a picture.

    Args:
        engine: Finder and recogniser.
        rgb: The picture or a smaller copy, shape (height, width, 3), as it is shown.
        size_px: Width and height of the whole picture.
        side_px: Shorter side to which it is scaled to find lines.

    Raises:
        ToolError: The recognition failed.
    """
    if min(rgb.shape[:2]) < _LEAST_PX:
        return Reading((), 0, 0, is_whole=True)
    boxes, is_whole = _find(engine, rgb, side_px)
    ordered = sorted(boxes, key=lambda box: (_distance(box, rgb.shape), box.y, box.x))
    lines = [line for box in ordered[:MOST_LINES] if (line := engine.read(rgb, box)) is not None]
    factor = size_px[0] / rgb.shape[1]
    found = list(_matches(engine, rgb, lines))
    marks = [_mark(rgb, line, words, factor=factor, size_px=size_px) for line, words in found]
    kept = sorted((mark for mark in marks if _counts(mark)), key=lambda mark: (mark.line.box.y, mark.line.box.x))
    return Reading(tuple(kept), max(0, len(lines) - len(kept)), max(0, len(boxes) - MOST_LINES), is_whole)


def read_again(engine: Engine, rgb: NDArray[np.uint8], box: Box) -> Match | None:
    """Reads one known place of another frame; gives what it has of a label.

    Raises:
        ToolError: The recognition failed.
    """
    line = engine.read(rgb, box)
    words = match(line.text) if line is not None and line.confidence >= _SURE else None
    return words if words is not None and words.is_label else None


def _find(engine: Engine, rgb: NDArray[np.uint8], side_px: int) -> tuple[list[Box], bool]:
    import cv2
    import numpy as np

    scale = min(side_px / min(rgb.shape[:2]), _MOST_ENLARGED)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    found: list[Box] = []
    tiles, is_whole = _tiles(rgb.shape[1], rgb.shape[0])
    for tile in tiles:
        part = rgb[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]
        size = (max(1, round(tile.width * scale)), max(1, round(tile.height * scale)))
        small = np.asarray(cv2.resize(part, size, interpolation=method), np.uint8)
        found.extend(box.scaled(1 / scale).moved(tile.x, tile.y) for box in engine.find(small))
    return found, is_whole


def _tiles(width: int, height: int) -> tuple[list[Box], bool]:
    """Gives the parts of a picture that are looked at, and whether they are all of it."""
    short, long = min(width, height), max(width, height)
    side = math.ceil(short * _LONG)
    if long <= side:
        return [Box(0, 0, width, height)], True
    starts = sorted({0, (long - side) // 2, long - side})
    is_tall = height > width
    tiles = [Box(0, start, width, side) if is_tall else Box(start, 0, side, height) for start in starts]
    return tiles, long <= len(tiles) * side


def _distance(box: Box, shape: tuple[int, ...]) -> int:
    height, width = shape[:2]
    return max(0, min(box.x, box.y, width - box.x - box.width, height - box.y - box.height))


def _matches(engine: Engine, rgb: NDArray[np.uint8], lines: Sequence[Line]) -> Iterator[tuple[Line, Match]]:
    """Gives each line that is a label or resembles one: as read, read again where it seems cut, or with the next."""
    parts = []
    for line in lines:
        words = match(line.text)
        if words is not None and words.is_label:
            yield line, words
        elif is_part(line.text):
            parts.append((line, words))
    for line, words in parts:
        whole = _widened(engine, rgb, line) or _stacked(line, [other for other, _ in parts])
        if whole is not None:
            yield whole
        elif words is not None:
            yield line, words


def _widened(engine: Engine, rgb: NDArray[np.uint8], line: Line) -> tuple[Line, Match] | None:
    """Reads a line again with more of the picture on both sides: the finder cuts lines at bright backgrounds."""
    across, down = (round(line.box.height * part) for part in _WIDER)
    box = line.box
    for left, right in ((across, across), (0, across), (across, 0)):
        wide = Box(box.x - left, box.y - down, box.width + left + right, box.height + 2 * down)
        again = engine.read(rgb, wide)
        words = match(again.text) if again is not None else None
        if again is not None and words is not None and words.is_label and again.confidence >= _SURE:
            return replace(again, box=replace(again.box, y=box.y, height=box.height)), words
    return None


def _stacked(line: Line, others: Sequence[Line]) -> tuple[Line, Match] | None:
    """Reads a line together with the one below it."""
    for other in others:
        gap = other.box.y - line.box.y - line.box.height
        is_below = other.box.y > line.box.y and gap <= _STACKED * line.box.height
        overlap = min(line.box.x + line.box.width, other.box.x + other.box.width) - max(line.box.x, other.box.x)
        if is_below and overlap > 0 and other is not line:
            words = match(line.text + other.text) or match(f"{line.text} {other.text}")
            if words is not None and words.is_label:
                text = f"{line.text} / {other.text}"
                return Line(text, min(line.confidence, other.confidence), line.box), words
    return None


def _mark(rgb: NDArray[np.uint8], line: Line, words: Match, *, factor: float, size_px: tuple[int, int]) -> Mark:
    height = explicit_height.measure(rgb, line.box)
    full = replace(line, box=line.box.scaled(factor).within(*size_px))
    return Mark(full, words, replace(height, px=height.px * factor), size_px)


def _counts(mark: Mark) -> bool:
    """Whether a text was read surely enough; of two letters alone only those in a corner count."""
    if mark.match.wording == "mark":
        return mark.line.confidence >= _SURE_OF_MARK and mark.position == "corner"
    return mark.line.confidence >= _SURE
