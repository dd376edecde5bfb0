"""Where in a picture the trace of an earlier, stronger quantisation is missing: the double-quantisation map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.analyzers.compression import absence
from forensics.analyzers.compression.coefficient import Coefficients
from forensics.analyzers.compression.double import Earlier
from forensics.analyzers.compression.extraction import FREQUENCIES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FREQUENCIES = FREQUENCIES[:10]
_LARGEST = 60
_SMOOTHING = 2.5
_PERIODS = range(2, 13)
_LEAST_STRENGTH = 0.03
"""Magnitudes, smoothing of the histogram and periods that are looked at, and the strength of a period from which a
frequency takes part. *Source:* Lin et al., Pattern Recognition 42 (2009), 2492; Bianchi, De Rosa & Piva, ICASSP 2011;
the figures are those with which the gate below was measured."""

_GATES = ((0, 1), (1, 0))
_GATE_STRENGTH = 0.4
_GATE_PERIOD = 9
"""Both lowest frequencies must have a period of at most 9 and a strength of at least 0.4, else the map means nothing.
*Measured:* without this gate, portraits that were never changed had their faces marked."""

LEAST_SCORE = 8.0
"""Score from which a region counts. *Measured* (docs/methods/compression.md): no unchanged picture reached it."""

_LEAST_NONZERO = 0.05
_WINDOW = 5
_LEAST_REGION_BLOCKS = 25
"""A region is at least as large as the window that the map is averaged over."""

_MOST_REGIONS = 20
_LEAST_ONCE = 0.7
"""Share of a region's coefficients that must lack the earlier quantisation. *Measured* (docs/methods/compression.md):
without this, 6 of 90 whole pictures saved twice reached the score, by sky, darkness or blur."""

_MOST_SHARE = 0.5
"""Larger regions would be the picture itself: the median that they stand out from would lie within them."""


@dataclass(frozen=True, slots=True)
class Region:
    """A contiguous part of the map that stands out.

    Attributes:
        box_px: Left, top, width and height in the stored picture, in pixels.
        area_share: Of the picture's blocks, 0 to 1.
        blocks: Number of blocks.
        once_share: Share of its coefficients that lack the earlier quantisation, a cautious estimate, 0 to 1.
    """

    box_px: tuple[int, int, int, int]
    area_share: float
    blocks: int
    once_share: float


@dataclass(frozen=True, slots=True)
class DoubleMap:
    """The map with what led to it.

    Attributes:
        score: 99 % point of the averaged map minus its median.
        periods: Period and strength by (row, column) of the frequencies that were looked at.
        averaged: Log-likelihood that a block lacks the first quantisation, shape (rows, columns) of blocks; large where
            it does.
    """

    score: float
    periods: dict[tuple[int, int], tuple[int, float]]
    averaged: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Period:
    length: int
    strength: float


def is_applicable(coefficients: Coefficients) -> bool:
    """Whether the picture passes the gate: both lowest frequencies have a clear period."""
    for frequency in _GATES:
        period = _period(_counts(coefficients.planes[frequency]))
        if period.length == 1 or period.length > _GATE_PERIOD or period.strength < _GATE_STRENGTH:
            return False
    return True


def double_map(coefficients: Coefficients) -> DoubleMap:
    """Makes the map; it means something only where `is_applicable`.

    Source: Lin et al. 2009, section 3; Bianchi, De Rosa & Piva 2011; the first step's period is found by the strength
    of the means over its phases, since no first table is known.
    """
    import cv2
    import numpy as np

    likelihood = np.zeros(coefficients.planes[_FREQUENCIES[0]].shape, np.float32)
    periods: dict[tuple[int, int], tuple[int, float]] = {}
    for frequency in _FREQUENCIES:
        plane = np.clip(coefficients.planes[frequency].astype(np.int32), -_LARGEST, _LARGEST)
        if np.count_nonzero(plane) < _LEAST_NONZERO * plane.size:
            continue
        counts = _counts(plane)
        period = _period(counts)
        periods[frequency] = (period.length, round(period.strength, 3))
        if period.length > 1 and period.strength >= _LEAST_STRENGTH:
            weights = _weights(counts, period.length)
            likelihood += weights[plane + _LARGEST]
    averaged = np.asarray(cv2.blur(likelihood, (_WINDOW, _WINDOW)), np.float32)
    score = float(np.percentile(averaged, 99) - np.median(averaged))
    return DoubleMap(round(score, 1), periods, averaged)


def _counts(plane: NDArray[np.integer]) -> NDArray[np.float64]:
    """Counts the values -60 to 60, what is larger at the ends; shape (121,)."""
    import numpy as np

    clipped = np.clip(plane.ravel().astype(np.int32), -_LARGEST, _LARGEST) + _LARGEST
    return np.bincount(clipped, minlength=2 * _LARGEST + 1).astype(np.float64)


def _period(counts: NDArray[np.float64]) -> _Period:
    """Finds the period of a histogram over its smoothed self; length 1 where there is none."""
    import cv2
    import numpy as np

    row = counts.astype(np.float32)[None]
    smooth = cv2.GaussianBlur(row, (0, 0), _SMOOTHING, borderType=cv2.BORDER_REPLICATE)[0].astype(np.float64) + 1
    half = _LARGEST // 2
    middle = slice(_LARGEST - half, _LARGEST + half + 1)
    ratio, weight = (counts / smooth)[middle], np.minimum(1, smooth[middle] / 20)
    values = np.arange(-half, half + 1)
    best = _Period(1, 0.0)
    for length in _PERIODS:
        phase = values % length
        mass = np.bincount(phase, weight, length)
        means = np.bincount(phase, ratio * weight, length) / np.maximum(mass, 1e-6)
        strength = float((weight * (means[phase] - 1) ** 2).sum() / weight.sum()) - 0.004 * length
        if strength > best.strength * 1.15:  # multiples of the true period are as strong
            best = _Period(length, strength)
    return best


def _weights(counts: NDArray[np.float64], period: int) -> NDArray[np.float32]:
    """Gives the log-likelihood ratio "quantised once" to "quantised twice" of each value, -2 to 2; shape (121,)."""
    import numpy as np

    kernel = np.ones(period) if period % 2 else np.concatenate([[0.5], np.ones(period - 1), [0.5]])
    window = np.convolve(counts, kernel, "same")
    twice = np.clip(counts / np.maximum(window, 1e-6), 0.02, 0.98)
    ratio = np.clip(-np.log(period * twice), -2, 2)
    ratio[window < 30] = 0  # noqa: PLR2004 -- too few coefficients to tell a share
    ratio[_LARGEST] *= 0.5  # zeros say less
    return ratio.astype(np.float32)


def regions(
    double: DoubleMap, coefficients: Coefficients, earlier: Earlier, *, clipped: NDArray[np.bool_]
) -> tuple[Region, ...]:
    """Cuts the map half-way between its median and its 99 % point, and keeps large parts that lack the comb.

    Args:
        double: The map.
        coefficients: Of the picture.
        earlier: The combs of the picture.
        clipped: Which blocks have black or white pixels, shape (rows, columns): clipping destroys a comb as well, so
            that they say nothing.

    Returns:
        The largest first; none where they would be most of the picture.
    """
    import cv2
    import numpy as np

    averaged = double.averaged
    level = (np.median(averaged) + np.percentile(averaged, 99)) / 2
    mask = cv2.morphologyEx((averaged > level).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    large = [number for number in range(1, count) if statistics[number][4] >= _LEAST_REGION_BLOCKS]
    kept = []
    for number in sorted(large, key=lambda number: -int(statistics[number][4]))[:_MOST_REGIONS]:
        share = absence.share(coefficients, earlier, part=labels == number, clipped=clipped)
        if share is not None and share >= _LEAST_ONCE:
            kept.append(_region(statistics[number], averaged.size, coefficients, share=share))
    if sum(one.area_share for one in kept) > _MOST_SHARE:
        return ()
    return tuple(sorted(kept, key=lambda one: (-one.blocks, one.box_px)))


def _region(row: Sequence[int], size: int, coefficients: Coefficients, *, share: float) -> Region:
    left, top, width, height, blocks = (int(value) for value in row)
    right = min(8 * (left + width), coefficients.width_px)
    bottom = min(8 * (top + height), coefficients.height_px)
    box = (8 * left, 8 * top, right - 8 * left, bottom - 8 * top)
    return Region(box, round(blocks / size, 4), blocks, round(share, 2))
