"""Regions outside the faces in which the pictures differ throughout: captions, stickers, marks, things removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.analyzers.source.statistic import Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ALTERED = 1.0
"""Median share of structure that differs: more than there is. *Source:* measured: genuine copies at crf 35 under 0.3 in
nine blocks of ten."""

_ABOVE = 6.0
_LEAST_BLOCKS = 3
_MOST = 12


@dataclass(frozen=True, slots=True)
class Region:
    """A region of the original's frame.

    Attributes:
        box_share: Left, top, width and height as shares of the frame, 0 to 1.
        difference: Median difference over energy of structure in it.
    """

    box_share: tuple[float, float, float, float]
    difference: float


def altered_blocks(samples: Sequence[Sample]) -> NDArray[np.bool_]:
    """Marks the blocks outside the faces that differ in most samples, and more than blocks elsewhere do."""
    import numpy as np

    shares = _median(samples)
    counted = np.isfinite(shares)
    if counted.sum() < _LEAST_BLOCKS:
        return np.zeros(shares.shape, bool)
    least = max(_ALTERED, _ABOVE * float(np.median(shares[counted])))
    return np.asarray(counted & (np.nan_to_num(shares) >= least))


def outside_regions(samples: Sequence[Sample], control: Sequence[Sample]) -> tuple[Region, ...]:
    """Finds regions that differ in most samples, and more than in the control; largest first."""
    import cv2
    import numpy as np

    shares, mask = np.nan_to_num(_median(samples)), altered_blocks(samples)
    there = [one for one in control if one.blocks.area.shape == shares.shape]
    if there:
        mask = mask & (shares >= 2 * np.nan_to_num(_median(there)))
    rows, columns = shares.shape
    count, _, boxes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    found: list[tuple[int, Region]] = []
    for number in range(1, count):
        left, top, width, height, area = (int(one) for one in boxes[number])
        if area >= _LEAST_BLOCKS:
            inner = float(np.median(shares[top : top + height, left : left + width]))
            box = (round(left / columns, 3), round(top / rows, 3), round(width / columns, 3), round(height / rows, 3))
            found.append((area, Region(box, round(inner, 2))))
    found.sort(key=lambda one: (-one[0], one[1].box_share))
    return tuple(one for _, one in found[:_MOST])


def widened(blocks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Adds the neighbours of marked blocks."""
    import cv2
    import numpy as np

    return np.asarray(cv2.dilate(blocks.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _median(samples: Sequence[Sample]) -> NDArray[np.float32]:
    """Gives the median share that differs in each block; NaN where a block is compared in no sample."""
    import warnings

    import numpy as np

    shape = samples[0].blocks.area.shape
    shares = [one.blocks.shares() for one in samples if one.blocks.area.shape == shape]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmedian(np.stack(shares), axis=0), np.float32)
