"""Scores as arrays, weighted so that each unit counts once, and their resampling by units with a fixed seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.proof.binomial import CONFIDENCE
from forensics.proof.trial import Trial, count_units

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 1000
"""Resamples behind a percentile interval. *Source:* Efron & Tibshirani, An Introduction to the Bootstrap (1993),
chapter 13: 1000 or more."""

SEED = 20150305
"""Any fixed number: the same trials give the same intervals. It is kept in the calibration."""

_ATTEMPTS = 10
"""Draws per wanted resample before giving up; a draw without one of the two classes cannot be used."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Trials with scores.

    Attributes:
        scores: Shape (trials,), higher for the first proposition.
        is_h1: Shape (trials,): whether the first proposition is true.
        weights: Shape (trials,): the same for each set of units within a truth, however many trials share it; those of
            a truth sum up to its number of independent units.
        members: Shape (trials, most units of a trial): numbers of the units; -1 where there are fewer.
        unit_count: Number of units in all.
    """

    scores: NDArray[np.float64]
    is_h1: NDArray[np.bool_]
    weights: NDArray[np.float64]
    members: NDArray[np.intp]
    unit_count: int

    @property
    def is_two_sided(self) -> bool:
        """Whether both propositions are true of something in it."""
        return bool(self.is_h1.any() and not self.is_h1.all())

    @property
    def is_independent(self) -> bool:
        """Whether no two trials share a unit."""
        return self.members.shape[1] == 1 and self.unit_count == len(self.scores)


def sample_of(trials: Iterable[Trial]) -> Sample:
    """Makes a sample of the trials that have a score, in an order that does not depend on theirs."""
    import numpy as np

    known = [trial for trial in trials if trial.score is not None]
    scored = sorted((trial.score, trial.is_h1, trial.units, trial.variant) for trial in known)
    names = sorted({unit for _, _, units, _ in scored for unit in units})
    number = {name: index for index, name in enumerate(names)}
    often = Counter((is_h1, units) for _, is_h1, units, _ in scored)
    sets = Counter(is_h1 for is_h1, _ in often)
    each = {truth: count_units(one for one in known if one.is_h1 is truth) / sets[truth] for truth in sets}
    width = max((len(units) for _, _, units, _ in scored), default=1)
    members = np.full((len(scored), width), -1, dtype=np.intp)
    for row, (_, _, units, _) in enumerate(scored):
        members[row, : len(units)] = [number[unit] for unit in units]
    return Sample(
        np.array([score for score, *_ in scored], dtype=np.float64),
        np.array([is_h1 for _, is_h1, *_ in scored], dtype=np.bool_),
        np.array([each[is_h1] / often[is_h1, units] for _, is_h1, units, _ in scored], dtype=np.float64),
        members,
        len(names),
    )


def resampled_weights(sample: Sample, *, seed: int = SEED, count: int = RESAMPLES) -> Iterator[NDArray[np.float64]]:
    """Draws units with replacement and gives the weights of the trials in each draw, shape (trials,).

    A trial with several units counts as often as the product of how often they were drawn. Draws without one of the two
    truths are left out, so fewer than `count` can come; none where that cannot be had.

    Source: Owen, Ann. Appl. Stat. 1 (2007), the pigeonhole bootstrap, for trials with several units. The numbers come
        from the raw stream of PCG64, which NumPy keeps the same in all versions (NEP 19).
    """
    import numpy as np

    if not sample.is_two_sided:
        return
    stream = np.random.PCG64(seed)
    given = 0
    for _ in range(_ATTEMPTS * count):
        raw = (stream.random_raw(sample.unit_count) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        often = np.bincount((raw * sample.unit_count).astype(np.intp), minlength=sample.unit_count)
        weights = sample.weights * np.append(often, 1)[sample.members].prod(axis=1)
        if weights[sample.is_h1].any() and weights[~sample.is_h1].any():
            yield weights
            given += 1
        if given == count:
            return


def interval_of(
    sample: Sample,
    statistic: Callable[[NDArray[np.float64]], float],
    *,
    seed: int = SEED,
    count: int = RESAMPLES,
) -> tuple[float, float] | None:
    """Gives the percentile interval of a statistic of the weights; None where it cannot be resampled."""
    values = [statistic(weights) for weights in resampled_weights(sample, seed=seed, count=count)]
    return percentiles(values) if values else None


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    """Gives the ends of the middle 95 % of values."""
    import numpy as np

    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(np.asarray(values, dtype=np.float64), [tail, 100 - tail])
    return float(low), float(high)
