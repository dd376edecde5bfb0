"""The height of characters in a picture, measured from their edges instead of from the finder's loose box.

Measured on 173 texts rendered into photographs and plain pictures, Chinese and Latin, 2 to 12 % of the shorter side
high: the median is 0.98 of the true height; nine of ten of those with 5 % or more lie between 0.86 and 1.13 of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.media.ocr import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROWS = 96
"""Rows to which a line is scaled before it is measured."""

_MARGIN = 0.25
"""Part of the box's height that is looked at above and below it."""

_QUIET = 0.3
"""Part of the strength of edges in the middle of the line below which a row has none of the characters."""

_GAP_ROWS = 6
"""Rows without edges within characters, such as between the strokes of 三, at the height of `_ROWS`."""

_LOOSE = 1.43
"""Height of the finder's box over that of the characters: median of 173 rendered texts, nine of ten within 1.27 and
1.67."""

_BOUNDS = (0.56, 0.9)
"""Height of characters over that of the box that is believed, from the same texts: outside of it, edges of the scene
were measured."""


@dataclass(frozen=True, slots=True)
class Height:
    """Height of a line of characters.

    Attributes:
        px: From the top of the highest to the bottom of the lowest stroke, in pixels.
        is_from_edges: Whether edges showed it; otherwise it is estimated from the finder's box.
    """

    px: float
    is_from_edges: bool


def measure(rgb: NDArray[np.uint8], box: Box) -> Height:
    """Measures the height of a lying line of characters.

    Args:
        rgb: The picture, shape (height, width, 3).
        box: The finder's box around the line.
    """
    margin = round(box.height * _MARGIN)
    wide = Box(box.x, box.y - margin, box.width, box.height + 2 * margin).within(rgb.shape[1], rgb.shape[0])
    if min(wide.width, wide.height) > 2:  # noqa: PLR2004 -- edges need three pixels
        rows = _extent(rgb[wide.y : wide.y + wide.height, wide.x : wide.x + wide.width])
        height = rows * wide.height / _ROWS
        if _BOUNDS[0] <= height / max(1, box.height) <= _BOUNDS[1]:
            return Height(height, is_from_edges=True)
    return Height(box.height / _LOOSE, is_from_edges=False)


def _extent(part: NDArray[np.uint8]) -> int:
    """Gives the number of rows, of `_ROWS`, that edges span around the middle."""
    import cv2
    import numpy as np

    width = max(8, round(part.shape[1] * _ROWS / part.shape[0]))
    grey = cv2.cvtColor(cv2.resize(part, (width, _ROWS), interpolation=cv2.INTER_LINEAR), cv2.COLOR_RGB2GRAY)
    plane = grey.astype(np.float32)
    across = np.abs(cv2.Sobel(plane, cv2.CV_32F, 1, 0)).mean(axis=1)
    down = np.abs(cv2.Sobel(plane, cv2.CV_32F, 0, 1)).mean(axis=1)
    strength = across + down
    middle = _ROWS // 2
    limit = _QUIET * float(np.median(strength[_ROWS * 2 // 5 : _ROWS * 3 // 5]))
    return _reach(strength[middle:], limit) + _reach(strength[:middle][::-1], limit)


def _reach(strength: NDArray[np.float32], limit: float) -> int:
    """Counts rows from the middle outwards until they stay quiet."""
    last = -1
    for row, value in enumerate(strength):
        if value >= limit:
            last = row
        elif row - last > _GAP_ROWS:
            break
    return last + 1
