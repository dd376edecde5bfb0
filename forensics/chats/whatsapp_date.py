"""Dates of WhatsApp's text exports: every order of day, month and year, told by the file's own evidence alone.

Source: the short formats of dates of the Unicode CLDR, which the app takes from the telephone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
"""Invisible marks of writing direction, which the app puts before what it wrote itself."""

_UNMARK = {ord(one): None for one in MARKS} | {0xA0: " ", 0x202F: " ", 0x2009: " "}

_PERIOD = r"[^\W\d_][^\d\[\]\-–,:/]{0,14}?"
_STAMP = (
    r"(?P<stamp>(?P<a>\d{1,4})(?P<sep>\.\s|[./-]|年)(?P<b>\d{1,2})(?:(?P=sep)|月)(?P<c>\d{1,4})(?:日|\.)?[,،]?\s"
    rf"(?:klo\s|um\s|at\s|à\s|a\sles\s|kl\.?\s|às\s)?(?P<before>{_PERIOD})?\s?"
    rf"(?P<hour>\d{{1,2}})[:.](?P<minute>\d{{2}})(?:[:.](?P<second>\d{{2}}))?\s?(?P<after>{_PERIOD})?)"
)
_BRACKETED = re.compile(rf"\[{_STAMP}\]\s?(?P<rest>.*)", re.DOTALL)
"""iOS: `[31.12.2025, 10:00:00] Name: text`."""

_DASHED = re.compile(rf"{_STAMP}\s[-–]\s(?P<rest>.*)", re.DOTALL)
"""Android: `31.12.2025, 10:00 - Name: text`."""

MORNING = frozenset(
    (
        "am",
        "a.m.",
        "a.m",
        "a. m.",
        "上午",
        "凌晨",
        "清晨",
        "早上",
        "午前",
        "오전",
        "ص",
        "f.m.",
        "fm",
        "π.μ.",
        "de.",
        "öö",
    )
)
"""Words for the hours before noon. *Source:* CLDR, `dayPeriods`."""

EVENING = frozenset(
    ("pm", "p.m.", "p.m", "p. m.", "下午", "晚上", "午後", "오후", "م", "e.m.", "em", "μ.μ.", "du.", "ös")
)
"""Words for the hours after noon. *Source:* CLDR, `dayPeriods`."""

NOON = frozenset(("中午",))
"""Words for the hours about noon: 11 to 13. *Source:* CLDR, `dayPeriods`."""

FIRST_YEAR = 2009
"""Year in which WhatsApp began; an earlier one is no date of a message. *Source:* WhatsApp, "About"."""

LAST_YEAR = 2099
"""A later year is of another calendar: 2567 is 2024 of the Buddhist one."""

MOST_MONTH, MOST_DAY = 12, 31
ORDERS = ("dmy", "mdy", "ymd")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date and time as it is written.

    Attributes:
        shown: As it stands there.
        numbers: The three numbers of the date, in their order.
        separator: What stands between them.
        clock: Hour, minute, second.
        period: Word for the half of the day; empty where there is none.
        has_long_year: Whether one of the numbers has four digits: 1 for the first, 3 for the third, 0 for none.
    """

    shown: str
    numbers: tuple[int, int, int]
    separator: str
    clock: tuple[int, int, int]
    period: str
    has_long_year: int


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of a message: when, and the rest of the line."""

    stamp: Stamp
    rest: str


def plain(text: str) -> str:
    """Gives a text without marks of direction, with ordinary spaces."""
    return text if text.isascii() else text.translate(_UNMARK)


def head_of(line: str) -> Head | None:
    """Reads the first line of a message; None for other lines."""
    text = plain(line)
    if text[:1] != "[" and not text[:1].isdigit():
        return None
    found = (_BRACKETED if text[0] == "[" else _DASHED).fullmatch(text)
    if found is None:
        return None
    long_year = 1 if len(found["a"]) == 4 else 3 if len(found["c"]) == 4 else 0  # noqa: PLR2004 -- digits of a year
    stamp = Stamp(
        shown=found["stamp"],
        numbers=(int(found["a"]), int(found["b"]), int(found["c"])),
        separator=found["sep"],
        clock=(int(found["hour"]), int(found["minute"]), int(found["second"] or 0)),
        period=(found["before"] or found["after"] or "").strip().casefold(),
        has_long_year=long_year,
    )
    return Head(stamp, line[_rest_at(line, found["rest"]) :])


def _rest_at(line: str, rest: str) -> int:
    """Finds where the rest of a line begins in the line as it is, with its marks."""
    if line.isascii():
        return len(line) - len(rest)
    at, left = len(line), len(rest)
    while at and left:
        at -= 1
        left -= ord(line[at]) not in _UNMARK or _UNMARK[ord(line[at])] is not None
    while at and line[at - 1] in MARKS:
        at -= 1
    return at


@dataclass
class Evidence:
    """What the dates of a file say about their order.

    Invariant: an order is in `possible` as long as every date that was added can be read in it, and in `steady` as long
    as the year then never goes back; the app writes messages in their order.
    """

    possible: list[str] = field(default_factory=lambda: list(ORDERS))
    steady: list[str] = field(default_factory=lambda: list(ORDERS))
    separators: set[str] = field(default_factory=set)
    _before: dict[str, int] = field(default_factory=dict)

    def add(self, stamp: Stamp) -> None:
        """Takes in one more date."""
        self.separators.add(stamp.separator)
        self.possible = [order for order in self.possible if _fits(stamp, order)]
        self.steady = [order for order in self.steady if self._goes_on(stamp, order)]

    def _goes_on(self, stamp: Stamp, order: str) -> bool:
        year = _year(stamp, order)
        before, self._before[order] = self._before.get(order, year), year
        return year >= before

    @property
    def orders(self) -> tuple[str, ...]:
        """The orders that remain.

        Two digits of a year come first only with hyphens, or with a space after the dots (`25-12-31`, `25. 12. 31.`);
        between strokes they are considered where nothing else fits. *Source:* CLDR: fr-CA, ko; Basque has
        `25/12/31`.
        """
        usual = [order for order in self.possible if order != "ymd"]
        is_usual = bool(usual) and not self.separators & {"-", ". ", "年"}
        found = usual if is_usual else self.possible
        return tuple([order for order in found if order in self.steady] or found)


def evidence(stamps: Iterable[Stamp]) -> Evidence:
    """Gathers what all dates of a file say about their order."""
    found = Evidence()
    for stamp in stamps:
        found.add(stamp)
    return found


def _year(stamp: Stamp, order: str) -> int:
    value = stamp.numbers[order.index("y")]
    return value if stamp.has_long_year else value + 2000


def _fits(stamp: Stamp, order: str) -> bool:
    if stamp.has_long_year and (order == "ymd") != (stamp.has_long_year == 1):
        return False
    if stamp.numbers[order.index("m")] > MOST_MONTH or stamp.numbers[order.index("d")] > MOST_DAY:
        return False
    return FIRST_YEAR <= _year(stamp, order) <= LAST_YEAR


def local_time(stamp: Stamp, order: str) -> datetime:
    """Reads a date in an order.

    Raises:
        ValueError: There is no such date or time, or its half of the day is not known.
    """
    if not _fits(stamp, order):
        raise ValueError(f"{stamp.shown!r} is no date in the order {order}")
    month, day = stamp.numbers[order.index("m")], stamp.numbers[order.index("d")]
    hour, minute, second = stamp.clock
    return datetime(_year(stamp, order), month, day, _hour(hour, stamp.period), minute, second)  # noqa: DTZ001


def _hour(hour: int, period: str) -> int:
    if not period:
        return hour
    if not 0 <= hour <= 12:  # noqa: PLR2004 -- a clock of twelve hours
        if period in MORNING | EVENING | NOON:
            return hour
        raise ValueError(f"the word {period!r} beside the hour is not known")
    if period in MORNING:
        return hour % 12
    if period in EVENING:
        return hour % 12 + 12
    if period in NOON:
        return hour if hour >= 11 else hour + 12  # noqa: PLR2004 -- 11 to 13 o'clock
    raise ValueError(f"the word {period!r} beside the hour is not known")
