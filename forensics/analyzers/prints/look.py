"""What is measured of one frame: hash, small pictures, and corners that are spread over the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forensics.analyzers.prints.pdq import pdq
from forensics.media.fingerprint import SMALL_PX

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AREA_PX = 160_000
"""Pixels of the picture in which corners are sought, whatever its shape: a reduced copy then has corners of one size
with the original. *Source:* measured on copies of 122 pictures; half as many lose a tenth of the common corners."""

_MOST_LARGER = 4.0
_SOUGHT = 3000
_CELLS = 6
"""Corners are taken in turn from 6 by 6 cells, so that a caption does not have them all. *Source:* measured."""


@dataclass(frozen=True, slots=True)
class Look:
    """One frame.

    Attributes:
        hash: PDQ, shape (32,).
        quality: 0-100.
        small: Shape (32, 32), 0-255.
        large: Shape (64, 64), 0-255.
    """

    hash: NDArray[np.uint8]
    quality: int
    small: NDArray[np.uint8]
    large: NDArray[np.uint8]


def look(grey: NDArray[np.uint8]) -> Look:
    """Measures a frame as a whole."""
    import cv2
    import numpy as np

    code, quality, square = pdq(grey)
    small = cv2.resize(square, (SMALL_PX, SMALL_PX), interpolation=cv2.INTER_AREA)
    return Look(code, quality, np.rint(small).astype(np.uint8), np.rint(square).astype(np.uint8))


def worked(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Brings a frame to the size in which corners are sought."""
    import cv2
    import numpy as np

    height, width = grey.shape
    factor = min((AREA_PX / (height * width)) ** 0.5, _MOST_LARGER)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=how), np.uint8)


def corners(grey: NDArray[np.uint8], *, most: int) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Finds and describes corners of a frame.

    Args:
        grey: Luminance, shape (height, width), 0-255.
        most: How many at most.

    Returns:
        Places, 0-65535 for width and height, shape (corners, 2), and descriptors, shape (corners, 32); those come first
        that are strongest in their part of the picture.
    """
    import numpy as np

    from forensics.media import descriptor

    picture = worked(grey)
    if min(picture.shape) <= 2 * descriptor.RADIUS_PX + 2:
        return np.zeros((0, 2), np.uint16), np.zeros((0, descriptor.CODE_BYTES), np.uint8)
    chosen = _spread(descriptor.detect(picture, most=_SOUGHT), picture.shape, most=most)
    places = np.array([one.pt for one in chosen], np.float64).reshape(-1, 2) / picture.shape[::-1]
    return np.rint(np.clip(places, 0, 1) * 65535).astype(np.uint16), descriptor.describe(picture, chosen)


def _spread(found: list[Any], shape: tuple[int, ...], *, most: int) -> list[Any]:
    """Takes the strongest corner of each cell, then the second of each, and so on."""
    cells: dict[tuple[int, int], list[Any]] = {}
    for one in found:
        place = (int(one.pt[1] * _CELLS / shape[0]), int(one.pt[0] * _CELLS / shape[1]))
        cells.setdefault(place, []).append(one)
    ranked = [(rank, -one.response, one.pt, one) for cell in cells.values() for rank, one in enumerate(cell)]
    return [one for *_, one in sorted(ranked, key=lambda entry: entry[:3])[:most]]
