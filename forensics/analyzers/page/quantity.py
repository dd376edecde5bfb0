"""Numbers as pages show them, and whether a recorded number can have been formatted so."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

NUMBER = re.compile(
    r"(?:(?:US|CN|CA|A|HK|NZ|R|NT|MX|JP)?[$¥€£₩₹]\s?)?[-+\u2212]?"
    r"(?:\d{1,3}(?:[ \u00a0\u202f\u2009.,'\u2019\u066c]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?)"
    r"(?:\s?(?:%|k|K|M|B|bn|Md|Mrd|mil|千|万|萬|亿|億|k?o|[KMGT]i?[Bo])(?![A-Za-z]))?"
)
"""A number with the separators, currency signs and suffixes that `Intl.NumberFormat` writes for English, French and
Chinese. *Source:* Unicode CLDR 45, number formatting patterns of en, fr and zh."""

LENGTH = re.compile(r"\d{1,3}(?::\d{2}){1,2}")
"""A length of time as players show it: `2:05`, `1:02:05`."""

_WORDS = {
    1.0: ("", "o"),
    1e3: ("k", "K", "千", "mil"),
    1e4: ("万", "萬"),
    1e6: ("M",),
    1e8: ("亿", "億"),
    1e9: ("B", "bn", "Md", "Mrd"),
}
_BYTES = {
    f"{prefix}{unit}": (1e3**power, 1024.0**power)
    for power, prefix in enumerate("KMGT", 1)
    for unit in ("B", "o", "iB", "io")
}
_SCALES: Mapping[str, tuple[float, ...]] = {
    **{word: (scale,) for scale, words in _WORDS.items() for word in words},
    **_BYTES,
    "ko": (1e3, 1024.0),
    "%": (0.01, 1.0),
}
_PARTS = re.compile(r"[^\d\u2212+-]*([-+\u2212]?)(\d[^A-Za-z%千万萬亿億]*?)\s?([A-Za-z%千万萬亿億]*)")
_GROUPS = re.compile(r"\d{1,3}(?:\D\d{3})+")
_CENTS = 2
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Figure:
    """One reading of a number as it is shown.

    Attributes:
        value: The number as it is written, without its suffix.
        step: The unit of the last digit that is shown: 0.01 for `3.14`.
        scale: What the suffix multiplies by.
    """

    value: float
    step: float
    scale: float


@dataclass(slots=True)
class Numbers:
    """The recorded numbers, in order of size for searching by range; grows until it is searched."""

    found: set[float] = field(default_factory=set)
    ordered: list[float] = field(default_factory=list)

    def add(self, values: Iterable[float]) -> None:
        """Takes numbers in."""
        self.found.update(values)

    def explain(self, shown: str) -> bool:
        """Whether a recorded number can have been formatted as a shown one: grouped, rounded, in cents, in percent."""
        if LENGTH.fullmatch(shown):
            return any(self._between(low, high) for low, high in _lengths(shown))
        return any(self._fits(figure) for figure in figures(shown))

    def _fits(self, figure: Figure) -> bool:
        exact = figure.value * figure.scale
        if self._between(exact - _TOLERANCE, exact + _TOLERANCE):
            return True
        if figure.scale == 1.0 and round(figure.step * 10**_CENTS) == 1:
            cents = round(figure.value * 10**_CENTS)
            if self._between(cents, cents):
                return True
        width = figure.step * figure.scale
        if figure.scale > 1.0:
            return self._between(exact - width, exact + width, is_open=True)
        return any(not one.is_integer() for one in self._range(exact - width, exact + width))

    def _between(self, low: float, high: float, *, is_open: bool = False) -> bool:
        return any(not is_open or low < one < high for one in self._range(low, high))

    def _range(self, low: float, high: float) -> list[float]:
        if len(self.ordered) != len(self.found):
            self.ordered = sorted(self.found)
        return self.ordered[bisect_left(self.ordered, low) : bisect_right(self.ordered, high)]


def figures(shown: str) -> Iterator[Figure]:
    """Reads a shown number in every way that its separators allow: `1.234` is 1234 or 1.234."""
    match = _PARTS.fullmatch(shown)
    if match is None or match.group(3) not in _SCALES:
        return
    digits = match.group(2).strip()
    sign = -1.0 if match.group(1) in ("-", "\u2212") else 1.0
    for value, step in _readings(digits):
        for scale in _SCALES[match.group(3)]:
            yield Figure(sign * value, step, scale)
            if sign < 0:
                yield Figure(value, step, scale)


def _readings(digits: str) -> Iterator[tuple[float, float]]:
    if digits.isdecimal():
        yield float(digits), 1.0
        return
    if _GROUPS.fullmatch(digits):
        yield float(re.sub(r"\D", "", digits)), 1.0
    head, _, tail = re.sub(r"[.,](?=\d+$)", ".", digits).rpartition(".")
    if tail.isdecimal() and (whole := re.sub(r"\D", "", head)):
        yield float(f"{whole}.{tail}"), 10.0 ** -len(tail)


def _lengths(shown: str) -> Iterator[tuple[float, float]]:
    """Gives the ranges in which the recorded length may lie: in seconds, and in milliseconds."""
    total = 0
    for part in shown.split(":"):
        total = total * 60 + int(part)
    yield total - 1, total + 1
    yield (total - 1) * 1000, (total + 1) * 1000
