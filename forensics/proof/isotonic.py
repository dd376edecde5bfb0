"""Pools adjacent violators: the best likelihood ratios that keep the order of the scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Pool:
    """Neighbouring scores that share one likelihood ratio.

    Attributes:
        low: Lowest score.
        high: Highest score.
        h1: Share of the material of the first proposition in it, 0 to 1.
        h2: Share of that of the second.
    """

    low: float
    high: float
    h1: float
    h2: float

    @property
    def log10_lr(self) -> float:
        """Logarithm of `h1 / h2`; plus or minus infinity where one of them is 0."""
        if self.h1 == 0 or self.h2 == 0:
            return math.inf if self.h1 else -math.inf
        return math.log10(self.h1 / self.h2)


def pools(scores: NDArray[np.float64], is_h1: NDArray[np.bool_], *, weights: NDArray[np.float64]) -> tuple[Pool, ...]:
    """Pools scores so that the likelihood ratio never falls when the score rises.

    Args:
        scores: Shape (trials,); equal scores are always pooled.
        is_h1: Shape (trials,); both truths must have weight.
        weights: Shape (trials,), not negative; trials of weight 0 are left out.

    Source: Zadrozny & Elkan, KDD 2002; Brümmer & du Preez, Computer Speech & Language 20 (2006). The pools are
        the edges of the convex hull of the ROC curve (Fawcett & Niculescu-Mizil, Machine Learning 68 (2007)).
    """
    import numpy as np

    used = weights > 0
    values, places = np.unique(scores[used], return_inverse=True)
    h1 = np.bincount(places, weights=np.where(is_h1[used], weights[used], 0.0), minlength=len(values))
    h2 = np.bincount(places, weights=np.where(is_h1[used], 0.0, weights[used]), minlength=len(values))
    return _pooled(values.tolist(), (h1 / h1.sum()).tolist(), (h2 / h2.sum()).tolist())


def _pooled(values: Sequence[float], h1: Sequence[float], h2: Sequence[float]) -> tuple[Pool, ...]:
    done: list[tuple[float, float, float, float]] = []
    for value, first, second in zip(values, h1, h2, strict=True):
        low, high, mine, other = value, value, first, second
        while done and done[-1][2] * other >= mine * done[-1][3]:
            low, _, more, more_other = done.pop()
            mine, other = mine + more, other + more_other
        done.append((low, high, mine, other))
    return tuple(Pool(*one) for one in done)
