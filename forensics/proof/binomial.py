"""Exact limits of a rate from a number of errors: Clopper and Pearson, by the incomplete beta function."""

from __future__ import annotations

import math
from dataclasses import dataclass

from forensics.errors import UsageError

CONFIDENCE = 0.95
"""Level of every interval and bound of this package. *Source:* the project's rule for reported strength (docs/methods,
error-rate block), which asks for 95 %."""

_STEPS = 200
"""Most halvings of an interval of numbers between 0 and 1, and a fiftieth of the most terms of a continued fraction."""

_EPSILON = 3e-16
"""A factor this near to 1 changes nothing any more: the spacing of numbers near 1 is 2.2e-16."""

_TINY = 1e-300
"""Stands for zero in a denominator. *Source:* Lentz's method as modified by Thompson and Barnett, J. Comput. Phys. 64
(1986), section 3."""


@dataclass(frozen=True, slots=True)
class Count:
    """Errors among what could err.

    Attributes:
        errors: Number of errors.
        cases: Number of what could err: units, or different comparisons between units.
        units: How many of the cases are independent; at most `cases`.
    """

    errors: int
    cases: int
    units: int

    @property
    def effective_errors(self) -> float:
        """Errors among as many cases as there are independent units, at the same rate; a whole number where all are."""
        return self.errors if self.units == self.cases else self.errors * self.units / self.cases


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of errors, with its exact two-sided interval.

    Attributes:
        count: Errors, cases and independent units.
        low: Lower end of the interval, 0 to 1; None where there are no units.
        high: Upper end, likewise.
    """

    count: Count
    low: float | None
    high: float | None

    @property
    def share(self) -> float | None:
        """Errors divided by cases; None where there are none."""
        return self.count.errors / self.count.cases if self.count.cases else None


def rate(count: Count, *, confidence: float = CONFIDENCE) -> Rate:
    """Makes a rate with the two-sided interval of Clopper and Pearson; without units, the rate has no interval.

    Raises:
        UsageError: More errors than cases, or a negative number.

    Source: Clopper & Pearson, Biometrika 26 (1934); where cases are not independent, with the number of those that
        are, and as many errors as keep the rate (Korn & Graubard, Survey Methodology 24 (1998)).
    """
    if not 0 <= count.errors <= count.cases or not 0 <= count.units <= count.cases:
        raise UsageError(f"{count.errors} of {count.cases}, {count.units} of them independent, is no rate")
    if count.units == 0:
        return Rate(count, None, None)
    tail = (1 - confidence) / 2
    errors = count.effective_errors
    return Rate(count, _lower(errors, count.units, tail), _upper(errors, count.units, tail))


def upper_bound(errors: float, units: int, *, confidence: float = CONFIDENCE) -> float:
    """Gives the one-sided upper bound of a rate, 0 to 1; 1 where there are no units.

    Raises:
        UsageError: More errors than units, or a negative number.

    Source: Clopper & Pearson, Biometrika 26 (1934); without errors it is 1 - (1 - confidence) ** (1 / units), near
        3 / units at 95 % (Hanley & Lippman-Hand, JAMA 249 (1983)).
    """
    return _upper(errors, units, 1 - confidence)


def lower_bound(hits: float, units: int, *, confidence: float = CONFIDENCE) -> float:
    """Gives the one-sided lower bound of a rate, 0 to 1; 0 where there are no units.

    Raises:
        UsageError: More hits than units, or a negative number.
    """
    return _lower(hits, units, 1 - confidence)


def _upper(errors: float, units: int, tail: float) -> float:
    _check(errors, units)
    return 1.0 if errors == units else beta_quantile(1 - tail, errors + 1, b=units - errors)


def _lower(errors: float, units: int, tail: float) -> float:
    _check(errors, units)
    return 0.0 if errors == 0 else beta_quantile(tail, errors, b=units - errors + 1)


def _check(errors: float, units: int) -> None:
    if not 0 <= errors <= units:
        raise UsageError(f"{errors} of {units} is no rate")


def beta_quantile(probability: float, a: float, *, b: float) -> float:
    """Gives x with `incomplete_beta(x, a, b=b) == probability`, by halving, to the last bit that halving can tell."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if incomplete_beta(middle, a, b=b) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def incomplete_beta(x: float, a: float, *, b: float) -> float:
    """Computes the regularised incomplete beta function I_x(a, b), for 0 <= x <= 1 and positive a and b.

    Source: NIST Digital Library of Mathematical Functions, 8.17.4 (symmetry) and 8.17.22 (continued fraction).
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, b=a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) / a * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """Evaluates the continued fraction of DLMF 8.17.22 from its front, by Lentz's method."""
    value = c = 1.0
    d = 0.0
    for term in range(50 * _STEPS):
        m = term // 2
        if term == 0:
            numerator = 1.0
        elif term % 2:
            numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / ((1 + numerator * d) or _TINY)
        c = (1 + numerator / c) or _TINY
        value *= c * d
        if abs(c * d - 1) < _EPSILON and term > 0:
            break
    return value - 1
