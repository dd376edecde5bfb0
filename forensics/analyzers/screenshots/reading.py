"""Reads the lines of text of a picture from top to bottom, long ones part by part."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forensics.media.ocr import Box, Engine, Line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE_PX = 736
"""Shorter side to which a picture is scaled to find lines in it. *Source:* RapidOCR, config.yaml, `limit_side_len`."""

MOST_ENLARGED = 3.0
"""How far a small picture is enlarged at most: what is finer than its pixels cannot be read."""

TILE = 2.5
"""Length of a part over the shorter side: longer pictures are looked at in parts, so that memory stays bounded."""

OVERLAP = 0.15
"""What two parts share, over the shorter side: three times the height of a large line, so that each line is whole in
one of them."""

MOST_TILES = 24
"""Parts that are looked at: a picture 50 times as long as wide, which is more than telephones save."""

SURE = 0.5
"""Confidence below which a line is counted and not given. *Source:* RapidOCR, config.yaml, `text_score`."""

LONGEST = 500
"""Characters of a line that are kept; the recogniser reads about 100 in the longest line that it takes."""

_SAME_ROW = 0.5


@dataclass(frozen=True, slots=True)
class Read:
    """What was read.

    Attributes:
        lines: In reading order; boxes in pixels of the picture.
        unsure: Lines that were found and read with too little confidence.
        unread: Lines that were found and not read, because there were too many.
        searched_px: How far along its longer side the picture was looked at.
        is_whole: Whether that is all of it.
    """

    lines: tuple[Line, ...]
    unsure: int
    unread: int
    searched_px: int
    is_whole: bool


def read(engine: Engine, rgb: NDArray[np.uint8], *, most_lines: int) -> Read:
    """Reads a picture.

    Args:
        engine: Finder and recogniser.
        rgb: Shape (height, width, 3), as it is shown.
        most_lines: Lines that are read, from the top; each takes about 20 ms.

    Raises:
        ToolError: The recognition failed.
    """
    height, width = rgb.shape[:2]
    cores, is_whole = _cores(max(width, height), min(width, height))
    boxes = in_order(box for start, end in cores for box in _find(engine, rgb, start, end=end))
    found = [line for box in boxes[:most_lines] if (line := engine.read(rgb, box)) is not None]
    sure = tuple(replace(line, text=_plain(line.text)) for line in found if line.confidence >= SURE)
    kept = tuple(line for line in sure if line.text)
    return Read(kept, len(found) - len(kept), max(0, len(boxes) - most_lines), cores[-1][1], is_whole)


def _cores(long: int, short: int) -> tuple[list[tuple[int, int]], bool]:
    """Parts the longer side into stretches of which each line belongs to one."""
    step = math.ceil(short * TILE)
    parts = [(start, min(start + step, long)) for start in range(0, long, step)]
    return parts[:MOST_TILES], len(parts) <= MOST_TILES


def _find(engine: Engine, rgb: NDArray[np.uint8], start: int, *, end: int) -> Iterator[Box]:
    """Finds the lines whose middle lies in a stretch of the longer side."""
    height, width = rgb.shape[:2]
    is_tall, spare = height >= width, math.ceil(min(width, height) * OVERLAP)
    low, high = max(0, start - spare), min(max(width, height), end + spare)
    part = rgb[low:high] if is_tall else rgb[:, low:high]
    for box in _find_in(engine, part):
        moved = box.moved(0, low) if is_tall else box.moved(low, 0)
        middle = moved.y + moved.height / 2 if is_tall else moved.x + moved.width / 2
        if start <= middle < end:
            yield moved


def _find_in(engine: Engine, part: NDArray[np.uint8]) -> Iterator[Box]:
    import cv2
    import numpy as np

    scale = min(SIDE_PX / min(part.shape[:2]), MOST_ENLARGED)
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = np.asarray(cv2.resize(np.ascontiguousarray(part), size, interpolation=method), np.uint8)
    yield from (box.scaled(1 / scale) for box in engine.find(small))


def in_order(boxes: Iterator[Box] | Sequence[Box]) -> list[Box]:
    """Puts boxes in the order in which one reads: rows from the top, each from the left."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda one: (one.y + one.height / 2, one.x)):
        middle = box.y + box.height / 2
        first = rows[-1][0] if rows else None
        if first is not None and abs(middle - first.y - first.height / 2) <= _SAME_ROW * min(first.height, box.height):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [box for row in rows for box in sorted(row, key=lambda one: one.x)]


def _plain(text: str) -> str:
    """Takes out what no eye reads: control characters, and those that turn the direction of writing."""
    kept = (one for one in text[:LONGEST] if unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return " ".join("".join(kept).split())
