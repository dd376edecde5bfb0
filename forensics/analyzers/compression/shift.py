"""Whether a picture was saved as JPEG before on a grid of blocks that lies elsewhere, as after cropping."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from forensics.analyzers.compression import table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FREQUENCIES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (2, 2), (0, 3), (3, 0))
_LEAST_STEP, _MOST_STEP = 3, 40
"""Steps that are looked for. Under 3 the present quantisation hides a comb; over 40 the coefficients are too few."""

_BINS_PER_UNIT = 4
_LARGEST = 80
"""Magnitudes up to 80 are looked at, in quarters: a comb of step 3 then has twelve bins to a period."""

_BLOCKS = 3000
"""Blocks of the middle of the picture that are looked at: all 64 grids then take 0.04 s on one core."""

_LEAST_BLOCKS = 400
_LEAST_STRENGTH = 6.0
"""Distance from the median of the other 62 grids, in their median absolute deviations, from which a frequency counts.
*Measured:* over all steps and grids, half of the frequencies of pictures saved once stay under 2.5, one in ten is
above 4.9; alone it says nothing."""

_LEAST_AGREEING = 5
"""Frequencies of ten that must point to one grid, with steps of one table of the Independent JPEG Group, one more or
less. *Measured* (docs/methods/compression.md): no picture saved once, or twice on one grid, reached it."""

_LEAST_QUALITY = 20


@dataclass(frozen=True, slots=True)
class Shifted:
    """A grid of blocks beside the present one on which the picture was quantised.

    Attributes:
        across_px: How far right of the present grid, 0 to 7.
        down_px: How far below the present grid, 0 to 7.
        steps: Steps at the frequencies that agree, by (row, column).
        quality: Quality of the Independent JPEG Group that they agree with.
    """

    across_px: int
    down_px: int
    steps: dict[tuple[int, int], int]
    quality: int


def find(luma: NDArray[np.uint8]) -> Shifted | None:
    """Looks for the comb of an earlier quantisation on each of the 63 other grids.

    Args:
        luma: Luminance of the decoded picture, shape (height, width), on the present grid.

    Returns:
        None where no grid stands out, or the picture is too small.

    Source: Bianchi & Piva, IEEE Transactions on Information Forensics and Security 7 (2012), 842: the integer
    periodicity of the coefficients at the right grid; here for ten frequencies of which five must agree.
    """
    import numpy as np

    blocks = _window(luma)
    if blocks is None:
        return None
    strength = _strength(_periodicity(blocks))
    best_step = strength.argmax(axis=2) + _LEAST_STEP
    best = strength.max(axis=2)
    winner = best.argmax(axis=0)
    grid = int(np.bincount(winner, minlength=64).argmax())
    strong = [at for at in range(len(_FREQUENCIES)) if winner[at] == grid and best[grid, at] >= _LEAST_STRENGTH]
    steps = {_FREQUENCIES[at]: int(best_step[grid, at]) for at in strong}
    quality, agreeing = _nearest(steps)
    if len(agreeing) < _LEAST_AGREEING:
        return None
    return Shifted(grid % 8, grid // 8, agreeing, quality)


def _window(luma: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """Cuts the middle of the picture, whole blocks and seven pixels more; None where it is too small."""
    import numpy as np

    rows, columns = (luma.shape[0] - 8) // 8, (luma.shape[1] - 8) // 8
    if min(rows, columns) < 1 or rows * columns < _LEAST_BLOCKS:
        return None
    down = min(rows, max(1, math.isqrt(_BLOCKS * rows // columns)))
    across = min(columns, _BLOCKS // down)
    top, left = (rows - down) // 2 * 8, (columns - across) // 2 * 8
    return luma[top : top + 8 * down + 7, left : left + 8 * across + 7].astype(np.float32)


def _periodicity(window: NDArray[np.float32]) -> NDArray[np.float64]:
    """Gives how strongly the coefficients on each grid keep to multiples of each step.

    Returns:
        Sum of cosines over its standard deviation, shape (64, frequencies, steps); grids as 8 * down + across.
    """
    import numpy as np

    rows, columns = (window.shape[0] - 7) // 8, (window.shape[1] - 7) // 8
    size = _LARGEST * _BINS_PER_UNIT
    counts = np.empty((64, len(_FREQUENCIES), size))
    places = (size + 1) * np.arange(len(_FREQUENCIES), dtype=np.float32)[:, None]
    cells = [4 * down + across for down, across in _FREQUENCIES]
    for right in range(8):
        # Two products of small matrices give the few low frequencies of every block; the first serves eight grids.
        flat = window[:, right : right + 8 * columns].reshape(-1, 8) @ _basis()
        flat = np.ascontiguousarray(flat.T).reshape(4, len(window), columns)
        for down in range(8):
            tall = flat[:, down : down + 8 * rows].reshape(4, rows, 8, columns).transpose(2, 0, 1, 3).reshape(8, -1)
            found = np.abs((_basis().T * _BINS_PER_UNIT @ tall).reshape(16, -1)[cells])
            np.minimum(found, size, out=found)
            found += places
            count = np.bincount(found.ravel().astype(np.int32), minlength=(size + 1) * len(_FREQUENCIES))
            counts[8 * down + right] = count.reshape(len(_FREQUENCIES), -1)[:, :size]
    cosines, squares = _cosines()
    periodicity: NDArray[np.float64] = (counts @ cosines.T) / np.sqrt(np.maximum(counts @ squares.T, 1.0))
    return periodicity


def _strength(periodicity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compares each grid with the others: what the content does is alike on all; shape (64, frequencies, steps)."""
    import numpy as np

    others = periodicity[1:]
    middle = np.median(others, axis=0)
    spread = 1.48 * np.median(np.abs(others - middle), axis=0) + 0.5  # half a standard deviation of pure chance
    strength: NDArray[np.float64] = (periodicity - middle) / spread
    strength[0] = -np.inf
    return strength


def _nearest(steps: dict[tuple[int, int], int]) -> tuple[int, dict[tuple[int, int], int]]:
    """Gives the quality with most of the steps, one more or less, and those steps."""
    best: tuple[int, dict[tuple[int, int], int]] = (0, {})
    for quality in range(_LEAST_QUALITY, 100):
        wanted = table.scaled(table.LUMINANCE, quality)
        near = {one: step for one, step in steps.items() if abs(wanted[8 * one[0] + one[1]] - step) <= 1}
        exact = sum(wanted[8 * row + column] == step for (row, column), step in near.items())
        if (len(near), exact) > (len(best[1]), _exact(*best)):
            best = (quality, near)
    return best


def _exact(quality: int, steps: dict[tuple[int, int], int]) -> int:
    if not quality:
        return -1
    wanted = table.scaled(table.LUMINANCE, quality)
    return sum(wanted[8 * row + column] == step for (row, column), step in steps.items())


@cache
def _basis() -> NDArray[np.float32]:
    """Gives the first four functions of the discrete cosine transform, shape (8, 4). *Source:* T.81, A.3.3."""
    import numpy as np

    at, order = np.arange(8)[:, None], np.arange(4)[None, :]
    scale = np.where(order == 0, math.sqrt(1 / 8), 0.5)
    return (scale * np.cos((2 * at + 1) * order * np.pi / 16)).astype(np.float32)


@cache
def _cosines() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gives the cosines of magnitudes for each step, and their squares, 0 under half a step; shape (steps, bins)."""
    import numpy as np

    magnitudes = (np.arange(_LARGEST * _BINS_PER_UNIT) + 0.5) / _BINS_PER_UNIT
    steps = np.arange(_LEAST_STEP, _MOST_STEP + 1)[:, None]
    cosines = np.cos(2 * np.pi * magnitudes / steps) * (magnitudes > steps / 2)
    return cosines, cosines**2
