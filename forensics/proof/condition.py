"""The conditions under which a method was validated, and whether a file lies inside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from forensics.errors import UsageError


@dataclass(frozen=True, slots=True)
class Condition:
    """What validated material had in common, in one respect.

    Attributes:
        name: The respect, with its unit: `face_px`, `height_px`, `codec`.
        low: Least value that was tested; None where words are meant.
        high: Greatest value that was tested, likewise.
        words: Words that were tested; empty where numbers are meant.
    """

    name: str
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = ()

    def covers(self, value: float | str | None) -> bool:
        """Says whether a value was tested; one that is not known was not."""
        if isinstance(value, str):
            return value in self.words
        if value is None or self.low is None or self.high is None:
            return False
        return math.isfinite(value) and self.low <= value <= self.high


def outside(conditions: Iterable[Condition], values: Mapping[str, float | str | None]) -> tuple[str, ...]:
    """Names the conditions that a file does not meet, or of which it is not known whether it meets them."""
    return tuple(one.name for one in conditions if not one.covers(values.get(one.name)))


def check_condition(condition: Condition) -> None:
    """Checks that a condition says something.

    Raises:
        UsageError: It has neither words nor a range of finite numbers, or both.
    """
    ends = (condition.low, condition.high)
    has_range = all(end is not None and math.isfinite(end) for end in ends)
    is_one_of_two = has_range != bool(condition.words) and (has_range or ends == (None, None))
    is_ordered = not has_range or (condition.low or 0.0) <= (condition.high or 0.0)
    if not (condition.name and is_one_of_two and is_ordered):
        raise UsageError(f"condition {condition.name!r} has neither words nor a range")
