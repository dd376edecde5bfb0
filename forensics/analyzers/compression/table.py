"""Quantisation tables of the Independent JPEG Group, and the quality that tables come nearest to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

LUMINANCE = (
    *(16, 11, 10, 16, 24, 40, 51, 61),
    *(12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56),
    *(14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77),
    *(24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101),
    *(72, 92, 95, 98, 112, 100, 103, 99),
)
"""Steps of the luminance at quality 50, in rows. *Source:* ITU-T T.81, table K.1."""

CHROMINANCE = (
    *(17, 18, 24, 47, 99, 99, 99, 99),
    *(18, 21, 26, 66, 99, 99, 99, 99),
    *(24, 26, 56, 99, 99, 99, 99, 99),
    *(47, 66, 99, 99, 99, 99, 99, 99),
    *(99,) * 32,
)
"""Steps of the chrominance at quality 50, in rows. *Source:* ITU-T T.81, table K.2."""

QUALITIES = range(1, 101)

_LOWEST = tuple(8 * row + column for row in range(4) for column in range(4 - row))
"""Cells of the ten lowest frequencies, in rows."""

_LEAST_FREQUENCIES = 3
_LEAST_EXPLAINED = 0.8
_TIE = 10.0
"""Deviance by which another quality may be worse and still be of the range: a likelihood ratio of 150."""


@dataclass(frozen=True, slots=True)
class Quality:
    """The quality of the Independent JPEG Group whose tables are the nearest.

    Attributes:
        number: 1 to 100; of several that have the same tables the highest.
        is_exact: Whether the tables are exactly those.
        distance: Mean absolute difference of all steps.
    """

    number: int
    is_exact: bool
    distance: float


@dataclass(frozen=True, slots=True)
class FirstQuality:
    """The quality whose table agrees best with the combs of an earlier save.

    Attributes:
        number: 1 to 100; None where no quality agrees.
        lowest: Of the qualities that agree as well.
        highest: Of the qualities that agree as well.
    """

    number: int | None
    lowest: int | None = None
    highest: int | None = None


@cache
def scaled(base: tuple[int, ...], quality: int) -> tuple[int, ...]:
    """Gives the steps at a quality, each 1 to 255.

    Source: libjpeg, jcparam.c, `jpeg_quality_scaling` and `jpeg_add_quant_table`.
    """
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality  # noqa: PLR2004 -- as libjpeg scales
    return tuple(min(255, max(1, (step * percent + 50) // 100)) for step in base)


def nearest(tables: Sequence[Sequence[int]]) -> Quality:
    """Finds the quality whose tables are those of a picture, else whose steps at the lowest frequencies are nearest.

    Tables of other makers rise otherwise towards the high frequencies: over all steps, strong tables of one program
    come nearest to quality 94. The lowest frequencies, compared by their ratio, tell how strong the compression is.

    Args:
        tables: Of the luminance first, then of the chrominance where there is any; 64 steps each, in rows.
    """
    given = tuple(tuple(table) for table in tables)
    for quality in reversed(QUALITIES):
        if given == _both(quality)[: len(given)]:
            return Quality(quality, is_exact=True, distance=0.0)
    best = min(reversed(QUALITIES), key=lambda quality: _apart(given[0], quality))
    pairs = zip(given, _both(best), strict=False)  # a grey picture has the first of the three only
    apart = sum(abs(one - other) for pair in pairs for one, other in zip(*pair, strict=True))
    return Quality(best, is_exact=False, distance=round(apart / (64 * len(given)), 2))


def _apart(table: Sequence[int], quality: int) -> float:
    wanted = scaled(LUMINANCE, quality)
    return sum(abs(math.log(max(table[at], 1) / wanted[at])) for at in _LOWEST)


@cache
def _both(quality: int) -> tuple[tuple[int, ...], ...]:
    chrominance = scaled(CHROMINANCE, quality)
    return scaled(LUMINANCE, quality), chrominance, chrominance


def first_quality(gains: Mapping[tuple[int, int], Mapping[int, float]]) -> FirstQuality:
    """Finds the quality whose luminance table explains the histograms best, over all frequencies together.

    Args:
        gains: How much the comb of each first step lowers a histogram's deviance, by (row, column) of the frequency.

    Returns:
        `number` is None where there are fewer than three frequencies, or the best table explains less than 80 % of what
        a free choice of steps does: then the first table was likely not of this family.
    """
    free = sum(max(one.values(), default=0.0) for one in gains.values())
    totals = {quality: _total(scaled(LUMINANCE, quality), gains) for quality in QUALITIES}
    most = max(totals.values())
    if len(gains) < _LEAST_FREQUENCIES or most < _LEAST_EXPLAINED * free:
        return FirstQuality(None)
    best = [quality for quality, total in totals.items() if total > most - _TIE]
    middle = max(best, key=lambda quality: (totals[quality], -abs(quality - sum(best) / len(best))))
    return FirstQuality(middle, best[0], best[-1])


def _total(table: Sequence[int], gains: Mapping[tuple[int, int], Mapping[int, float]]) -> float:
    return sum(one.get(table[8 * row + column], 0.0) for (row, column), one in gains.items())
