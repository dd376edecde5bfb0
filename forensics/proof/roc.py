"""How well scores separate: ROC curve, area under it with its interval, equal error rate, Tippett curves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.proof.binomial import Count, rate
from forensics.proof.isotonic import pools
from forensics.proof.sample import SEED, Sample, interval_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Z_95 = 1.959963984540054
"""Quantile 0.975 of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval at 95 %.

    Attributes:
        low: Lower end; None where no interval could be made.
        high: Upper end, likewise.
        method: How the interval was made: `delong`, `bootstrap`, `disjoint-pairs`; empty where there is none.
    """

    value: float
    low: float | None = None
    high: float | None = None
    method: str = ""


def roc_curve(sample: Sample) -> tuple[tuple[float, float], ...]:
    """Gives the ROC curve as (false-positive rate, true-positive rate), from (0, 0) to (1, 1), one step a score."""
    import numpy as np

    values, places = np.unique(-sample.scores, return_inverse=True)
    first = np.bincount(places, weights=np.where(sample.is_h1, sample.weights, 0), minlength=len(values)).cumsum()
    second = np.bincount(places, weights=np.where(sample.is_h1, 0, sample.weights), minlength=len(values)).cumsum()
    return ((0.0, 0.0), *zip((second / second[-1]).tolist(), (first / first[-1]).tolist(), strict=True))


def tippett_curves(
    log10_lrs: NDArray[np.float64], is_h1: NDArray[np.bool_], *, weights: NDArray[np.float64]
) -> tuple[tuple[float, float, float], ...]:
    """Gives for each log10 likelihood ratio the share of either truth that is at or above it: (value, H1, H2)."""
    import numpy as np

    values, places = np.unique(log10_lrs, return_inverse=True)
    both = []
    for truth in (is_h1, ~is_h1):
        each = np.bincount(places, weights=np.where(truth, weights, 0), minlength=len(values))
        both.append((each[::-1].cumsum()[::-1] / each.sum()).tolist())
    return tuple(zip(values.tolist(), *both, strict=True))


def area(sample: Sample, weights: NDArray[np.float64]) -> float:
    """Computes the area under the ROC curve: how often a score of the first truth exceeds one of the second.

    Source: Hanley & McNeil, Radiology 143 (1982); equal scores count half.
    """
    import numpy as np

    first, second = sample.is_h1, ~sample.is_h1
    below = np.concatenate(([0.0], weights[second].cumsum()))  # scores of a sample are in order
    under = below[np.searchsorted(sample.scores[second], sample.scores[first], side="left")]
    up_to = below[np.searchsorted(sample.scores[second], sample.scores[first], side="right")]
    wins = np.dot(weights[first], (under + up_to) / 2)
    return float(wins / weights[first].sum() / below[-1])


def estimate_area(sample: Sample, *, seed: int = SEED) -> Estimate | None:
    """Estimates the area under the ROC curve; None where one truth is missing.

    The interval is DeLong's where no two trials share a unit, otherwise that of resampled units. Where the scores
    hardly overlap both would shrink to a point; so where less than one of all disjoint pairs of units is expected to go
    wrong, the interval is the exact one of as many pairs without error.
    """
    if not sample.is_two_sided:
        return None
    value = area(sample, sample.weights)
    pairs = min(_unit_count(sample, sample.is_h1), _unit_count(sample, ~sample.is_h1))
    if min(value, 1 - value) * pairs < 1:
        limits = rate(Count(round(value) * pairs, pairs, pairs))
        return Estimate(value, limits.low, limits.high, "disjoint-pairs")
    if sample.is_independent and min(sample.is_h1.sum(), (~sample.is_h1).sum()) > 1:
        error = math.sqrt(delong_variance(sample.scores[sample.is_h1], sample.scores[~sample.is_h1]))
        return Estimate(value, max(0.0, value - Z_95 * error), min(1.0, value + Z_95 * error), "delong")
    ends = interval_of(sample, lambda weights: area(sample, weights), seed=seed)
    return resampled_estimate(value, ends)


def resampled_estimate(value: float, ends: tuple[float, float] | None) -> Estimate:
    """Makes an estimate with an interval from resampled units, or with none."""
    return Estimate(value) if ends is None else Estimate(value, ends[0], ends[1], "bootstrap")


def _unit_count(sample: Sample, chosen: NDArray[np.bool_]) -> int:
    """Counts units of one truth, two at a time where trials have several, which is at most what is independent."""
    import numpy as np

    members = sample.members[chosen]
    widest = int((members >= 0).sum(axis=1).max())
    return len(np.setdiff1d(members, [-1])) // widest or 1


def delong_variance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Estimates the variance of the area under the ROC curve of independent scores, at least two of each truth.

    Source: DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988).
    """
    import numpy as np

    ordered_first, ordered_second = np.sort(first), np.sort(second)
    wins = np.searchsorted(ordered_second, first, "left") + np.searchsorted(ordered_second, first, "right")
    losses = np.searchsorted(ordered_first, second, "left") + np.searchsorted(ordered_first, second, "right")
    placed_first, placed_second = wins / 2 / len(second), losses / 2 / len(first)
    return float(placed_first.var(ddof=1) / len(first) + placed_second.var(ddof=1) / len(second))


def equal_error_rate(sample: Sample) -> float | None:
    """Computes the rate at which both errors are equal, on the convex hull of the ROC curve; None for one truth only.

    Source: Brümmer & de Villiers, The BOSARIS Toolkit User Guide (2011), on the ROCCH equal error rate.
    """
    if not sample.is_two_sided:
        return None
    misses, alarms = 0.0, 1.0
    for pool in pools(sample.scores, sample.is_h1, weights=sample.weights):
        ahead = alarms - misses
        step = pool.h1 + pool.h2
        if step >= ahead:
            return misses + pool.h1 * ahead / step
        misses, alarms = misses + pool.h1, alarms - pool.h2
    return misses
