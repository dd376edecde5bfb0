"""Cost of likelihood ratios: how much they mislead, as Cllr, its least value, and empirical cross-entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forensics.proof.isotonic import pools

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LN_10 = 2.302585092994046
"""Natural logarithm of 10."""

PRIOR_LOG10_ODDS = tuple(step / 20 for step in range(-50, 51))
"""Prior odds at which the cross-entropy is drawn, as logarithms: from 1 to 300 to 300 to 1, in fine steps."""


def cllr(
    log10_lrs: NDArray[np.float64],
    is_h1: NDArray[np.bool_],
    *,
    weights: NDArray[np.float64],
    prior_log10_odds: float = 0.0,
) -> float:
    """Computes the cost of log likelihood ratios, in bits: 0 is perfect, 1 says nothing, more misleads.

    Args:
        log10_lrs: Shape (trials,); infinite values are allowed.
        is_h1: Shape (trials,); both truths must have weight.
        weights: Shape (trials,), not negative.
        prior_log10_odds: Prior odds; other than 0, the value is the empirical cross-entropy at these odds.

    Source: Brümmer & du Preez, Computer Speech & Language 20 (2006); for the cross-entropy, Ramos, Gonzalez-Rodriguez,
        Zadora & Aitken, J. Forensic Sci. 58 (2013).
    """
    import numpy as np

    log_odds = (log10_lrs + prior_log10_odds) * LN_10
    prior = 1 / (1 + 10**-prior_log10_odds)
    first = np.average(np.logaddexp(0, -log_odds[is_h1]), weights=weights[is_h1])
    second = np.average(np.logaddexp(0, log_odds[~is_h1]), weights=weights[~is_h1])
    return float((prior * first + (1 - prior) * second) / np.log(2))


def best_lrs(
    scores: NDArray[np.float64], is_h1: NDArray[np.bool_], *, weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Gives each trial the log10 likelihood ratio of its pool: the best that keeps the order; may be infinite."""
    import numpy as np

    made = pools(scores, is_h1, weights=weights)
    place = np.searchsorted([pool.high for pool in made], scores).clip(max=len(made) - 1)
    ratios: NDArray[np.float64] = np.array([pool.log10_lr for pool in made])[place]
    return ratios


def cllr_min(scores: NDArray[np.float64], is_h1: NDArray[np.bool_], *, weights: NDArray[np.float64]) -> float:
    """Computes the least Cllr that any calibration keeping the order of the scores could reach on these trials."""
    used = weights > 0
    scores, is_h1, weights = scores[used], is_h1[used], weights[used]
    return cllr(best_lrs(scores, is_h1, weights=weights), is_h1, weights=weights)


def entropy_curve(
    log10_lrs: NDArray[np.float64], is_h1: NDArray[np.bool_], *, weights: NDArray[np.float64]
) -> tuple[tuple[float, float], ...]:
    """Gives the empirical cross-entropy in bits at each of `PRIOR_LOG10_ODDS`."""
    return tuple((odds, cllr(log10_lrs, is_h1, weights=weights, prior_log10_odds=odds)) for odds in PRIOR_LOG10_ODDS)


def neutral_curve() -> tuple[tuple[float, float], ...]:
    """Gives the cross-entropy of a method that says nothing (every likelihood ratio 1): the entropy of the prior."""
    import numpy as np

    zero, both = np.zeros(2), np.array([True, False])
    return entropy_curve(zero, both, weights=np.ones(2))
