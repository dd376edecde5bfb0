"""How far a part of a picture lacks the comb of an earlier quantisation that the rest of it has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forensics.analyzers.compression import histogram
from forensics.analyzers.compression.coefficient import Coefficients
from forensics.analyzers.compression.double import Earlier
from forensics.analyzers.compression.histogram import Frequency

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_OFF = 0.35
"""Magnitudes that an earlier quantisation makes at most about a third as frequent lie between the teeth."""

_LEAST_COUNT = 60
"""Coefficients between and on the teeth that a part must have, over all frequencies."""


def share(
    coefficients: Coefficients, earlier: Earlier, *, part: NDArray[np.bool_], clipped: NDArray[np.bool_]
) -> float | None:
    """Estimates the share of a part's coefficients that lack the earlier quantisation.

    Between the teeth of the comb, coefficients quantised twice are rare, and coefficients quantised once as frequent as
    beside them. The number between the teeth in the part is compared with both expectations. A smooth or dark part has
    few coefficients and gives no answer, where a map of likelihoods would mark it.

    Args:
        coefficients: Of the picture.
        earlier: The combs of the picture.
        part: Which blocks belong to the part, shape (rows, columns).
        clipped: Which blocks are left out, shape (rows, columns).

    Returns:
        0 where the part has the comb as the rest has, 1 where it lacks it; lower by two standard deviations of the
        count than the best estimate. None where there are too few coefficients.
    """
    sums = [0.0, 0.0, 0.0, 0.0]
    for one in earlier.combed:
        plane = coefficients.planes[one.frequency]
        inside, outside = (histogram.histogram(plane[which & ~clipped]) for which in (part, ~part))
        for at, value in enumerate(_expected(inside, outside, one)):
            sums[at] += value
    seen, twice, once, total = sums
    if total < _LEAST_COUNT or once - twice <= 0:
        return None
    cautious = seen - 2 * math.sqrt(max(seen, 1.0))
    return max(0.0, min(1.0, (cautious - twice) / (once - twice)))


def _expected(
    inside: NDArray[np.float64], outside: NDArray[np.float64], one: Frequency
) -> tuple[float, float, float, float]:
    """Gives the coefficients between the teeth: seen, expected if quantised twice, if once; and all that count."""
    import numpy as np

    comb = histogram.comb(one.present, one.first, 0.5, 0.03)
    kernel = np.ones(max(3, 2 * round(one.first / one.present) + 1))
    off, on = comb < _OFF, comb > 1
    if not off.any() or not on.any():
        return 0.0, 0.0, 0.0, 0.0
    flat = np.convolve(inside, kernel, "same") / np.convolve(np.ones_like(comb), kernel, "same")
    between_outside, all_outside = outside[off].sum(), outside[off].sum() + outside[on].sum()
    seen, total = float(inside[off].sum()), float(inside[off].sum() + inside[on].sum())
    share_once = flat[off].sum() / max(flat[off].sum() + flat[on].sum(), 1e-6)
    share_twice = between_outside / max(all_outside, 1.0)
    return seen, float(share_twice) * total, float(share_once) * total, total
