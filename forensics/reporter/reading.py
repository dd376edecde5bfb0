"""Reads recorded values with care: any of them may be absent, or of another kind than the page expects."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from forensics.reporter.wording import Words

Spread = tuple[float, float, float]
"""Median, lower and upper end of a range."""

_LOW = ("low", "least")
_HIGH = ("high", "most")
_COUNT = ("units", "pairs", "count", "n")
"""Names under which the ends and the size of a distribution may stand; the first that is there counts."""


def reached(values: Any, *path: str) -> Any:
    """Follows keys into nested mappings; None where there is none."""
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def number(values: Any, *path: str) -> float | None:
    """Gives a finite number."""
    found = reached(values, *path)
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return float(found) if is_number and math.isfinite(found) else None


def whole(values: Any, *path: str) -> int | None:
    """Gives a whole number, also where it is recorded as 3.0."""
    found = number(values, *path)
    return int(found) if found is not None and found.is_integer() else None


def numbers(values: Any, *path: str) -> tuple[float, ...]:
    """Gives a list of finite numbers; empty where any member is something else."""
    found = reached(values, *path)
    if not isinstance(found, list | tuple):
        return ()
    read = [number({"": one}, "") for one in found]
    return tuple(one for one in read if one is not None) if None not in read else ()


def members(values: Any, *path: str) -> tuple[Mapping[str, Any], ...]:
    """Gives the mappings of a list."""
    found = reached(values, *path)
    return tuple(one for one in found if isinstance(one, Mapping)) if isinstance(found, list | tuple) else ()


def text(values: Any, *path: str) -> str:
    """Gives a text; empty where there is none."""
    found = reached(values, *path)
    return found if isinstance(found, str) else ""


def texts(values: Any, *path: str) -> tuple[str, ...]:
    """Gives the texts of a list."""
    found = reached(values, *path)
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list | tuple) else ()


def spread(values: Any, *path: str) -> Spread | None:
    """Gives median and range, recorded as `[median, low, high]`, or a single number as all three."""
    found = numbers(values, *path)
    if len(found) == 3:  # noqa: PLR2004 - median and two ends
        return (found[0], found[1], found[2])
    one = number(values, *path)
    return None if one is None else (one, one, one)


def distribution(values: Any, *path: str) -> tuple[Spread, int | None] | None:
    """Gives median, range and size of a recorded distribution; None where it has no median."""
    found = reached(values, *path)
    median = number(found, "median")
    if median is None:
        return None
    low, high, count = (_first(found, names) for names in (_LOW, _HIGH, _COUNT))
    ordered = (median, median if low is None else low, median if high is None else high)
    return ordered, None if count is None else int(count)


def _first(values: Any, names: Sequence[str]) -> float | None:
    return next((one for name in names if (one := number(values, name)) is not None), None)


def spread_said(found: Spread | None, words: Words, *, places: int = 2) -> str:
    """Writes a median with its range; one number alone where the ends are equal."""
    if found is None:
        return words.say("word.none")
    median, low, high = found
    if low == high:
        return words.decimal(median, places)
    ends = {"low": words.decimal(low, places), "high": words.decimal(high, places)}
    return words.say("compared.spread", median=words.decimal(median, places), **ends)
