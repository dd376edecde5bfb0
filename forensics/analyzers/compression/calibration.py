"""Whether the coefficients keep to the steps of a coarser table on the present grid of blocks, but not on other grids.

Text and drawings have histograms that no smooth curve fits, and their white paper clips what an earlier save left, so
that combs are hidden. What the content does is alike on all grids of blocks: the picture, moved by some pixels and
divided by its present table, shows what it would look like if it had been saved once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from forensics.analyzers.compression import double, table
from forensics.analyzers.compression.coefficient import Coefficients
from forensics.analyzers.compression.double import Earlier
from forensics.analyzers.compression.extraction import FREQUENCIES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SHIFTS = ((4, 4), (3, 5), (5, 2), (2, 3), (6, 6), (1, 4), (4, 1), (3, 3), (5, 5))
"""Pixels down and right of the grids that are compared: none whose blocks share an edge with the present ones."""

_BLOCKS = 4000
_LEAST_BLOCKS = 200
_LARGEST = 400
_MOST_STEP = 121
"""Blocks of the middle of the picture that are looked at, magnitudes, which are whole numbers, and the largest step."""

_QUALITIES = range(20, 98)
_LEAST_FREQUENCIES = 10
_LEAST_FLAT = 3
"""Qualities that are looked for, and frequencies at which the table of one, or a flat one, must be coarser than the
present one."""

_LEAST_STRENGTH = 10.0
"""*Measured* (docs/methods/compression.md): of pictures with rough histograms that were saved once, lines of text at
distances of whole blocks had 7.8, and none of the others more than 7.5; pages saved twice have 5 to 50."""

_FLAT = range(2, 61)
"""Steps of flat tables, as MPEG-4 and H.263 have them: frames of such clips must not be taken for JPEG pictures.
*Source:* ISO/IEC 14496-2, 7.4.4.2: reconstructed coefficients are odd multiples of the quantiser scale."""

_MOST_FLAT = 0.65
"""Share of the best quality's strength that a flat table may have. *Measured:* pages saved twice 0.14 to 0.59 (two of
49 more), frames of MPEG-4 0.70 and more."""

_LEAST_COMBS = 2
"""Combs on another grid from which they are the content's. *Measured* (docs/methods/compression.md): of 195 photographs
saved twice none had more than one on any of three grids, and squares and codes saved once had at least three."""

_LEAST_ROUGH = 2
"""Rough histograms from which tables are looked for: nearly all photographs saved once have none."""

_NEARLY = 0.6
"""Share of the best quality's strength from which others are of the range. *Measured:* white paper hides what was cut
off at white, and the quality of text and drawings comes out up to 9 too high."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An earlier quantisation on the present grid.

    Attributes:
        quality: Quality of the Independent JPEG Group whose table the coefficients keep to most.
        lowest: Of the qualities that they keep to nearly as much.
        highest: Of the qualities that they keep to nearly as much.
        strength: Distance from the other grids, in their standard deviations.
    """

    quality: int
    lowest: int
    highest: int
    strength: float


def checked(earlier: Earlier, luma: NDArray[np.uint8], coefficients: Coefficients) -> Earlier:
    """Looks whether the picture has combs on other grids as well: then its content makes them, not an earlier save."""
    import numpy as np

    rows, columns = (luma.shape[0] - 8) // 8, (luma.shape[1] - 8) // 8
    if not earlier.is_found or min(rows, columns) < 1:
        return earlier
    steps = np.asarray(coefficients.tables[0], np.float32)
    for down, right in _SHIFTS[:3]:
        part = luma[down : down + 8 * rows, right : right + 8 * columns].astype(np.float32)
        flat = part.reshape(rows, 8, columns, 8).transpose(1, 3, 0, 2).reshape(64, -1)
        places = [8 * row + column for row, column in FREQUENCIES]
        cells = np.rint((np.kron(_basis(), _basis()) / steps).T[places] @ flat).astype(np.int16)
        moved = replace(coefficients, planes=dict(zip(FREQUENCIES, cells, strict=True)))
        if len(double.judge(moved).combed) >= _LEAST_COMBS:
            return replace(earlier, is_of_content=True)
    return earlier


def is_worth_it(earlier: Earlier) -> bool:
    """Whether no comb was found, but histograms are rough enough for another look."""
    return not earlier.is_found and sum(one.is_rough for one in earlier.used) >= _LEAST_ROUGH


def find(luma: NDArray[np.uint8], present: Sequence[int]) -> Kept | None:
    """Looks for the steps of a coarser table on the present grid.

    Args:
        luma: Luminance of the decoded picture, shape (height, width), on the present grid.
        present: Present steps of the luminance, 64 in rows.

    Returns:
        None where no table stands out, a flat one does so more, or the picture is too small.

    Source: calibration by moving the grid: Lukas & Fridrich, Estimation of Primary Quantization Matrix in Double
    Compressed JPEG Images, DFRWS 2003, section 3; here for whole tables at once, by the cosine of Bianchi & Piva 2012.
    """
    import numpy as np

    window = _window(luma)
    if window is None:
        return None
    steps = np.asarray(present, np.float32)
    here = _agreement(_histograms(window, (0, 0), steps), steps)
    others = np.stack([_agreement(_histograms(window, shift, steps), steps) for shift in _SHIFTS])
    strength = (here - others.mean(axis=0)) / (others.std(axis=0) + 1)  # one is the spread of pure chance
    qualities, flat = strength[: len(_QUALITIES)], strength[len(_QUALITIES) :]
    best = int(qualities.argmax())
    if strength[best] < _LEAST_STRENGTH or flat.max() > _MOST_FLAT * strength[best]:
        return None
    near = np.flatnonzero(qualities >= _NEARLY * strength[best])
    lowest, highest = _QUALITIES[int(near[0])], _QUALITIES[int(near[-1])]
    return Kept(_QUALITIES[best], lowest, highest, round(float(strength[best]), 1))


def _window(luma: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """Cuts the middle of the picture, whole blocks and seven pixels more; None where it is too small."""
    import numpy as np

    rows, columns = (luma.shape[0] - 8) // 8, (luma.shape[1] - 8) // 8
    if min(rows, columns) < 1 or rows * columns < _LEAST_BLOCKS:
        return None
    down = min(rows, max(1, math.isqrt(_BLOCKS * rows // columns)))
    across = min(columns, _BLOCKS // down)
    top, left = (rows - down) // 2 * 8, (columns - across) // 2 * 8
    return luma[top : top + 8 * down + 7, left : left + 8 * across + 7].astype(np.float32) - 128


def _histograms(window: NDArray[np.float32], shift: tuple[int, int], steps: NDArray[np.float32]) -> NDArray[np.float64]:
    """Counts the magnitudes on one grid after the present quantisation; shape (64, bins)."""
    import numpy as np

    down, right = shift
    rows, columns = (window.shape[0] - 7) // 8, (window.shape[1] - 7) // 8
    part = window[down : down + 8 * rows, right : right + 8 * columns].reshape(rows, 8, columns, 8)
    flat = part.transpose(1, 3, 0, 2).reshape(64, -1)
    cells = (np.kron(_basis(), _basis()) / steps).T @ flat
    np.abs(np.rint(cells, out=cells), out=cells)
    cells *= steps[:, None]
    np.minimum(cells, _LARGEST, out=cells)
    cells += (_LARGEST + 1) * np.arange(64, dtype=np.float32)[:, None]
    counts = np.bincount(cells.ravel().astype(np.int32), minlength=64 * (_LARGEST + 1))
    return counts.reshape(64, -1)[:, :_LARGEST].astype(np.float64)


def _agreement(counts: NDArray[np.float64], steps: NDArray[np.float32]) -> NDArray[np.float64]:
    """Gives how much the coefficients keep to the table of each quality, then to each flat one.

    Returns:
        About standard normal where they do not; 0 for tables that are hardly coarser than the present one.
    """
    import numpy as np

    cosines, beyond = _cosines()
    sums, sizes = counts @ cosines.T, counts @ beyond.T
    tables = [table.scaled(table.LUMINANCE, quality) for quality in _QUALITIES] + [(step,) * 64 for step in _FLAT]
    agreement = np.zeros(len(tables))
    for at, wanted in enumerate(np.asarray(tables)):
        coarser = np.flatnonzero((wanted > steps) & (wanted <= _MOST_STEP))[1:]
        if len(coarser) >= (_LEAST_FREQUENCIES if at < len(_QUALITIES) else _LEAST_FLAT):
            chosen = coarser, wanted[coarser] - 1
            agreement[at] = (sums[chosen] / np.sqrt(np.maximum(sizes[chosen] / 2, 1))).sum() / math.sqrt(len(coarser))
    return agreement


@cache
def _basis() -> NDArray[np.float32]:
    """Gives the functions of the discrete cosine transform, shape (8, 8), each in a column. *Source:* T.81, A.3.3."""
    import numpy as np

    at, order = np.arange(8)[:, None], np.arange(8)[None, :]
    scale = np.where(order == 0, math.sqrt(1 / 8), 0.5)
    return (scale * np.cos((2 * at + 1) * order * np.pi / 16)).astype(np.float32)


@cache
def _cosines() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gives for each step the cosine of each magnitude, 0 under half a step, and where it counts; (steps, bins)."""
    import numpy as np

    magnitudes = np.arange(_LARGEST)
    steps = np.arange(1, _MOST_STEP + 1)[:, None]
    beyond = (magnitudes > steps / 2).astype(np.float64)
    return np.cos(2 * np.pi * magnitudes / steps) * beyond, beyond
