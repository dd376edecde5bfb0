"""The most that may be said with so many units: the cap from the size of the validation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from forensics.proof.binomial import Count, upper_bound
from forensics.proof.trial import Trial, count_errors


@dataclass(frozen=True, slots=True)
class Bounds:
    """Trials with scores, and the thresholds of answers.

    Attributes:
        h1: Trials of which the first proposition is true.
        h2: Trials of which the second is true.
        threshold_h1: Scores from here on are answers for the first proposition.
        threshold_h2: Scores up to here are answers for the second.
    """

    h1: tuple[Trial, ...]
    h2: tuple[Trial, ...]
    threshold_h1: float
    threshold_h2: float

    def cap_h1(self, score: float) -> float:
        """Gives the greatest log10 likelihood ratio for the first proposition that a score allows; not negative.

        A score that reaches the threshold is worth what the answer is worth; a lower one, what a threshold at itself
        would be worth.
        """
        limit = min(score, self.threshold_h1)
        errors = count_errors(self.h2, lambda trial: _score(trial) >= limit)
        misses = count_errors(self.h1, lambda trial: _score(trial) < limit)
        return cap(_bound(errors), _bound(misses))

    def cap_h2(self, score: float) -> float:
        """Gives the greatest log10 likelihood ratio for the second proposition, likewise."""
        limit = max(score, self.threshold_h2)
        errors = count_errors(self.h1, lambda trial: _score(trial) <= limit)
        misses = count_errors(self.h2, lambda trial: _score(trial) > limit)
        return cap(_bound(errors), _bound(misses))


def _bound(count: Count) -> float:
    return upper_bound(count.effective_errors, count.units)


def cap(false_rate: float, miss_rate: float) -> float:
    """Computes log10 of t / u, but at least 0.

    Args:
        false_rate: One-sided upper bound u of the false answers' rate at 95 %, above 0.
        miss_rate: One-sided upper bound of the misses' rate at 95 %; t is 1 less this.

    Source: the project's rule on the size of evidence; with n units and no error u is near 3 / n.
    """
    hits = 1 - miss_rate
    return max(0.0, math.log10(hits / false_rate)) if hits > 0 else 0.0


def bounds_of(trials: Sequence[Trial], *, threshold: float | None = None) -> Bounds:
    """Makes bounds from trials that all have a score, both truths among them.

    Without a threshold, answers for the first proposition begin just above the highest score of the second. Although
    it is chosen so, the chance of exceeding it has the bound of Clopper and Pearson for no error, whatever the
    distribution.

    Source: Wilks, Ann. Math. Stat. 12 (1941), on limits set by the extremes of a sample.
    """
    h1, h2 = (tuple(trial for trial in trials if trial.is_h1 is truth) for truth in (True, False))
    if threshold is not None:
        return Bounds(h1, h2, threshold, math.nextafter(threshold, -math.inf))
    highest, lowest = max(map(_score, h2)), min(map(_score, h1))
    return Bounds(h1, h2, math.nextafter(highest, math.inf), math.nextafter(lowest, -math.inf))


def _score(trial: Trial) -> float:
    return trial.score if trial.score is not None else math.nan
