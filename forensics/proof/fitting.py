"""Fits scores with known truth to likelihood ratios: by a line, or by pooling where there is much material."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from forensics.errors import UsageError
from forensics.proof import logistic
from forensics.proof.bound import Bounds, bounds_of
from forensics.proof.calibration import LEAST_UNITS, About, Calibration, Knot, Method, check_about
from forensics.proof.cost import cllr_min
from forensics.proof.errorrate import DIGITS, cost_of
from forensics.proof.isotonic import pools
from forensics.proof.sample import RESAMPLES, SEED, Sample, percentiles, resampled_weights, sample_of
from forensics.proof.trial import Trial, count_units

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_FOLDS = 10
"""*Source:* Hastie, Tibshirani & Friedman, The Elements of Statistical Learning (2009), section 7.10."""

KNOTS = 101
"""Most scores at which a calibration is kept: every fiftieth part of the scores of either truth."""

ISOTONIC_UNITS = 1000
"""Independent units of each truth from which on pooling is used instead of a line. *Measured* on three pairs of normal
distributions, 20 runs each, against the true ratios: the cost of pooling exceeds the true ratios' by 0.03 to 0.04 bits
with 100 units, 0.015 to 0.019 with 300, and 0.006 to 0.011 with 1000. The line's exceeds it by less where it fits."""


def calibrate(
    trials: Sequence[Trial],
    about: About,
    *,
    threshold: float | None = None,
    seed: int = SEED,
    resamples: int = RESAMPLES,
) -> Calibration:
    """Fits scores to likelihood ratios, by pooling where there is much material and by a line where there is less.

    Args:
        trials: With scores; those without are left out.
        about: What is scored, on what, when.
        threshold: Score from which on the method answers for the first proposition; it decides the caps. By default
            answers begin above the highest score of the second proposition, and below the lowest of the first.
        seed: Of the resampling.
        resamples: Number of resamples behind the intervals.

    Raises:
        UsageError: There are too few independent units, or the scores do not rise with the first proposition.
    """
    check_about(about)
    scored = tuple(trial for trial in trials if trial.score is not None)
    h1, h2 = ([trial for trial in scored if trial.is_h1 is truth] for truth in (True, False))
    units = count_units(h1), count_units(h2)
    if min(units) < LEAST_UNITS:
        raise UsageError(
            f"{units[0]} and {units[1]} independent units are too few to calibrate on",
            hint=f"At least {LEAST_UNITS} of each truth are needed; frames and variants of one clip count once.",
        )
    sample = sample_of(scored)
    method = Method.ISOTONIC if min(units) >= ISOTONIC_UNITS else Method.LOGISTIC
    bounds = bounds_of(scored, threshold=threshold)
    cost = cost_of(sample_of(held_out(scored, method)), seed=seed)
    if cost is None:
        raise UsageError("the trials cannot be split so that each is judged without its own units")
    return Calibration(
        about,
        method,
        units[0],
        units[1],
        len(h1),
        len(h2),
        round(cost.value, DIGITS),
        cost.low if cost.low is None else round(cost.low, DIGITS),
        cost.high if cost.high is None else round(cost.high, DIGITS),
        round(cllr_min(sample.scores, sample.is_h1, weights=sample.weights), DIGITS),
        bounds.threshold_h1,
        bounds.threshold_h2,
        resamples,
        seed,
        _knots(sample, method, bounds, seed=seed, resamples=resamples),
    )


def _knots(sample: Sample, method: Method, bounds: Bounds, *, seed: int, resamples: int) -> tuple[Knot, ...]:
    import numpy as np

    scores = np.unique(sample.scores)
    if len(scores) > KNOTS:
        shares = np.linspace(0, 1, KNOTS // 2)
        of_each = [np.quantile(sample.scores[sample.is_h1 == t], shares, method="nearest") for t in (True, False)]
        scores = np.unique(np.concatenate(of_each))
    values = curve_of(method, sample, sample.weights)(scores)
    if len(scores) < 2 or values[-1] <= values[0]:  # noqa: PLR2004 - two points make a line
        raise UsageError(
            "the scores do not rise with the first proposition",
            hint="Such scores cannot be calibrated: check labels and direction, or let the method give no numbers.",
        )
    drawn = [
        curve_of(method, sample, weights)(scores) for weights in resampled_weights(sample, seed=seed, count=resamples)
    ]
    ends = [percentiles(column.tolist()) for column in np.array(drawn).T]
    return tuple(
        Knot(
            score,
            round(value, DIGITS),
            round(min(low, value), DIGITS),
            round(max(high, value), DIGITS),
            _floor(bounds.cap_h1(score)),
            _floor(bounds.cap_h2(score)),
        )
        for score, value, (low, high) in zip(scores.tolist(), values.tolist(), ends, strict=True)
    )


def _floor(value: float) -> float:
    return math.floor(value * 10.0**DIGITS) / 10.0**DIGITS


def curve_of(method: Method, sample: Sample, weights: NDArray[np.float64]) -> Curve:
    """Fits one curve from scores to log10 likelihood ratios; beyond the scores with weight it stays as at the last.

    Pooling gets one misleading unit at either end, so that it never gives infinite ratios (as `lir` and Brümmer's
    BOSARIS toolkit do it).
    """
    import numpy as np

    seen = sample.scores[weights > 0]
    low, high = seen.min(), seen.max()
    if method is Method.LOGISTIC:
        line = logistic.fit(sample.scores, sample.is_h1, weights=weights)
        return lambda scores: line.log10_lr(np.clip(scores, low, high))
    made = pools(
        np.concatenate(([low], sample.scores, [high])),
        np.concatenate(([True], sample.is_h1, [False])),
        weights=np.concatenate(([1.0], weights, [1.0])),
    )
    ends, ratios = np.array([pool.high for pool in made]), np.array([pool.log10_lr for pool in made])
    return lambda scores: ratios[np.searchsorted(ends, scores).clip(max=len(ends) - 1)]


def held_out(trials: Sequence[Trial], method: Method) -> tuple[Trial, ...]:
    """Gives trials with log10 likelihood ratios as scores, each by a fit on trials that share no unit with its fold.

    Units are dealt into ten folds. A trial is judged in the fold that has all its units; a comparison whose two persons
    lie in different folds is left out.
    """
    import numpy as np

    scored = [trial for trial in trials if trial.score is not None]
    truths: dict[str, set[bool]] = {}
    for trial in scored:
        for unit in trial.units:
            truths.setdefault(unit, set()).add(trial.is_h1)
    order = sorted(truths, key=lambda unit: (sorted(truths[unit]), hashlib.sha256(unit.encode()).digest()))
    fold_of = {unit: index % _FOLDS for index, unit in enumerate(order)}
    judged: list[Trial] = []
    for fold in range(_FOLDS):
        inside = [{fold_of[unit] == fold for unit in trial.units} for trial in scored]
        training = sample_of(trial for trial, places in zip(scored, inside, strict=True) if places == {False})
        tested = [trial for trial, places in zip(scored, inside, strict=True) if places == {True}]
        if not training.is_two_sided or not tested:
            continue
        ratios = curve_of(method, training, training.weights)(np.array([trial.score for trial in tested]))
        judged += [replace(trial, score=ratio) for trial, ratio in zip(tested, ratios.tolist(), strict=True)]
    return tuple(judged)
