"""Logistic regression from scores to likelihood ratios, shrunk towards 1 where there is little material."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KAPPA = 1.0
"""Weight of the flat material that shrinks, in units. *Source:* Morrison & Poh, Science & Justice 58 (2018)."""

_STEPS = 100
"""Most steps of Newton's method; it needs about ten."""

_LN_10 = 2.302585092994046


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line from scores to natural log likelihood ratios."""

    offset: float
    slope: float

    def log10_lr(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gives log10 likelihood ratios of scores, of the same shape."""
        return (self.offset + self.slope * scores) / _LN_10


def fit(scores: NDArray[np.float64], is_h1: NDArray[np.bool_], *, weights: NDArray[np.float64]) -> Line:
    """Fits a line by logistic regression in which both truths weigh the same, so that it gives likelihood ratios.

    To the trials come, with both truths each, all scores once more with `KAPPA` units of weight in all; so a few trials
    that separate without overlap give no endless slope.

    Args:
        scores: Shape (trials,).
        is_h1: Shape (trials,); both truths must have weight.
        weights: Shape (trials,); a unit weighs 1.

    Source: Brümmer & du Preez, Computer Speech & Language 20 (2006), for the prior-weighted objective; Morrison & Poh,
        Science & Justice 58 (2018), for the flat material.
    """
    import numpy as np

    total = weights.sum()
    flat = weights / total * KAPPA / 2
    first, second = np.where(is_h1, weights, 0), np.where(is_h1, 0, weights)
    first = first / first.sum() * total / 2 + flat
    second = second / second.sum() * total / 2 + flat
    centre = float(np.average(scores, weights=weights))
    spread = float(np.sqrt(np.average((scores - centre) ** 2, weights=weights))) or 1.0
    offset, slope = _newton((scores - centre) / spread, first, second)
    return Line(offset - slope * centre / spread, slope / spread)


def _newton(x: NDArray[np.float64], first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[float, float]:
    """Minimises the weighted logistic loss of a line, each step halved until the loss falls."""
    import numpy as np

    design = np.stack((np.ones_like(x), x))
    line = np.zeros(2)
    loss = _loss(line, design, first, second)
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-(line @ design)))
        gradient = design @ ((first + second) * chance - first)
        bend = (design * ((first + second) * chance * (1 - chance))) @ design.T
        step = np.linalg.solve(bend + 1e-12 * np.eye(2), gradient)
        for _ in range(_STEPS):
            fallen = _loss(line - step, design, first, second)
            if fallen <= loss:
                break
            step = step / 2
        line, gain, loss = line - step, loss - fallen, fallen
        if gain < 1e-12 * (1 + loss):
            break
    return float(line[0]), float(line[1])


def _loss(
    line: NDArray[np.float64], design: NDArray[np.float64], first: NDArray[np.float64], second: NDArray[np.float64]
) -> float:
    import numpy as np

    log_odds = line @ design
    return float(first @ np.logaddexp(0, -log_odds) + second @ np.logaddexp(0, log_odds))
