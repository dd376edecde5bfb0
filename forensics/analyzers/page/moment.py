"""Dates and times as pages show them, and whether a recorded time can have been written so in some time zone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_EARLIEST, _LATEST = 946_684_800, 4_102_444_800
"""Seconds since 1970 between which a bare number is taken for a time: the years 2000 to 2100."""
_RECORDED = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s?(Z|[+-]\d{2}:?\d{2})?)?"
)
_MAIL_DATE = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2})(?::(\d{2}))?(?: (GMT|[+-]\d{4}))?")
_MONTHS = (
    "jan(?:uary|v|vier)?|feb(?:ruary)?|févr?(?:ier)?|mar(?:ch|s)?|apr(?:il)?|avr(?:il)?|may|mai|jun[ei]?|juin|jul(?:y)?"
    "|juil(?:let)?|aug(?:ust)?|août|sep(?:t(?:ember|embre)?)?|oct(?:ober|obre)?|nov(?:ember|embre)?|dec(?:ember)?"
    "|déc(?:embre)?"
)
_NAMES = ("jan", "feb fév", "mar", "apr avr", "may mai", "jun", "jul", "aug aoû", "sep", "oct", "nov", "dec déc")
_MONTH_STARTS = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
_WEEKDAY = (
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
    r"|(?:lun|mar|mer|jeu|ven|sam|dim)\.?|(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)"
    r"|(?:星期|周|週)[一二三四五六日天])[,，]?\s*"
)
_DAY = (
    r"(?P<y1>\d{4})\s?[-/.年]\s?(?P<m1>\d{1,2})\s?[-/.月]\s?(?P<d1>\d{1,2})\s?日?",
    r"(?P<a2>\d{1,2})[-/.](?P<b2>\d{1,2})[-/.](?P<y2>\d{4}|\d{2})(?!\d)",
    rf"(?P<d3>\d{{1,2}})(?:st|nd|rd|th|er)?\s(?P<m3>{_MONTHS})\.?(?![a-z])(?:,?\s(?P<y3>\d{{4}}))?",
    rf"(?P<m4>{_MONTHS})\.?\s(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,?\s(?P<y4>\d{{4}}))?",
    r"(?P<m5>\d{1,2})\s?月\s?(?P<d5>\d{1,2})\s?日",
    rf"(?P<m6>{_MONTHS})\.?\s(?P<y6>\d{{4}})",
)
_CLOCK = (
    r"(?P<early>上午|下午|凌晨|早上|晚上|中午)?\s?(?P<hour>\d{1,2})\s?[:h时點点]\s?(?P<minute>\d{2})(?:\s?[:分]?\s?(?<=[:分])(?P<second>\d{2})秒?)?"
    r"分?(?:\s?(?P<late>[ap]\.?m\.?)(?![a-z]))?(?:\s(?:UTC|GMT)(?:[+-]\d{1,2})?)?"
)
_DAYS = [re.compile(rf"(?:(?P<week>{_WEEKDAY}))?(?<!\d){pattern}", re.IGNORECASE) for pattern in _DAY]
_CLOCKS = re.compile(rf"(?<![\d:.]){_CLOCK}", re.IGNORECASE)
_BETWEEN = re.compile(r"[,，]?\s*(?:at|à|[-–·•|T])?\s*", re.IGNORECASE)
"""*Source* of the patterns: Unicode CLDR 45, date and time formats of en, fr and zh."""

_MINUTE, _HOUR, _DAY_S = 60, 3600, 86400
_UNITS: tuple[tuple[str, int], ...] = (
    (r"sec(?:ond)?s?\.?|secondes?|s|秒(?:钟|鐘)?", 1),
    (r"min(?:ute)?s?\.?|m|分(?:钟|鐘)?", _MINUTE),
    (r"h(?:ou)?rs?\.?|h|heures?|(?:个|個)?小时|(?:个|個)?小時", _HOUR),
    (r"days?|d|jours?|j|天|日", _DAY_S),
    (r"w(?:ee)?ks?\.?|w|semaines?|周|週|(?:个)?星期", 7 * _DAY_S),
    (r"mo(?:nth)?s?\.?|mois|(?:个|個)月", 30 * _DAY_S),
    (r"y(?:ea)?rs?\.?|y|ans?|années?|年", 365 * _DAY_S),
)
_UNIT = "|".join(f"(?P<u{index}>{pattern})" for index, (pattern, _) in enumerate(_UNITS))
_RELATIVE = re.compile(
    rf"(?:(?P<before>il y a|in|dans)\s)?(?<!\w)(?P<count>\d{{1,4}}|an?|une?)\s?(?:{_UNIT})(?![A-Za-z])"
    r"\s?(?P<after>ago|前|后|後|内)?",
    re.IGNORECASE,
)
_NAMED: tuple[tuple[re.Pattern[str], tuple[int, int]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), span)
    for pattern, span in (
        (r"just now|now|刚刚|剛剛|à l[’']instant|maintenant", (-_MINUTE, 5 * _MINUTE)),
        (r"today|今天|aujourd[’']hui", (-_DAY_S, _DAY_S)),
        (r"yesterday|昨天|hier", (0, 2 * _DAY_S)),
        (r"前天|avant-hier", (_DAY_S, 3 * _DAY_S)),
        (r"tomorrow|明天|demain", (-2 * _DAY_S, 0)),
        (r"last week|上周|la semaine dernière", (0, 14 * _DAY_S)),
        (r"last month|上(?:个)?月|le mois dernier", (0, 62 * _DAY_S)),
        (r"last year|去年|l[’']année dernière", (0, 731 * _DAY_S)),
    )
)
"""Words for a distance in time, with the seconds that a page can mean by them. *Source:* Unicode CLDR 45, relative time
of en, fr and zh; the ranges are as wide as calendars and time zones make them."""
_LEAST_ZONE_S, _LARGEST_ZONE_S, _ZONE_STEP_S = -12 * _HOUR, 14 * _HOUR, 900
"""Offsets from UTC that occur, in seconds. *Source:* IANA time zone database."""
_HALF, _SHORT, _LONG = 0.5, 0.92, 1.04
"""Programs round or cut off; months have 28 to 31 days and years 365 or 366, so the ends are set that much wider."""
_MOST_MOMENTS = 20_000
_NOON = 12


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text that shows a time, and whether a recorded time explains it."""

    start: int
    end: int
    is_explained: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What a date or clock time says; None for what it leaves out.

    Attributes:
        days: Possible (year, month, day); the year is None where it is left out, the day where only a month is shown.
    """

    days: tuple[tuple[int | None, int, int | None], ...] = ()
    hour: int | None = None
    minute: int = 0
    second: int | None = None


@dataclass(slots=True)
class Moments:
    """The recorded times, and the time at which the page was on the screen.

    Attributes:
        found: Seconds since 1970 of each recorded time.
        shown_from: Earliest second at which the page can have been rendered; 0 where unknown.
        shown_to: Latest such second.
    """

    found: set[int] = field(default_factory=set)
    shown_from: int = 0
    shown_to: int = 0
    by_day: dict[tuple[int, int, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    indexed: int = -1

    def add(self, values: Iterable[int]) -> None:
        """Takes recorded times in, up to a fixed number."""
        for value in values:
            if len(self.found) < _MOST_MOMENTS:
                self.found.add(value)

    def spans(self, text: str) -> Iterator[Span]:
        """Finds what shows a time in a text: dates with and without clock times, clock times, distances in time."""
        taken = list(self._dates(text))
        yield from taken
        for match in _CLOCKS.finditer(text):
            if not any(span.start < match.start() < span.end for span in taken):
                yield Span(match.start(), match.end(), self._explains(_clock(match, ())))
        for match in _RELATIVE.finditer(text):
            yield Span(match.start(), match.end(), self._explains_distance(match))
        for pattern, (least, most) in _NAMED:
            for match in pattern.finditer(text):
                yield Span(match.start(), match.end(), self._is_between(least, most))

    def _dates(self, text: str) -> Iterator[Span]:
        """Finds dates; where a clock time follows, the two are one, since they must fit the same moment."""
        for pattern in _DAYS:
            for match in pattern.finditer(text):
                days = tuple(_days(match.groupdict()))
                joint = _BETWEEN.match(text, match.end())
                clock = _CLOCKS.match(text, joint.end() if joint else match.end())
                end, shown = (clock.end(), _clock(clock, days)) if clock else (match.end(), Shown(days))
                yield Span(match.start(), end, self._explains(shown))

    def _explains(self, shown: Shown) -> bool:
        return any(_agrees(moment, shown) for moment in self._candidates(shown))

    def _candidates(self, shown: Shown) -> Iterator[int]:
        self._index()
        if not shown.days:
            yield from sorted(self.found)
            yield from self._screen()
            return
        for year, month, day in shown.days:
            for key, moments in self.by_day.items():
                if key[1] == month and (year is None or key[0] == year) and (day is None or key[2] == day):
                    yield from moments

    def _index(self) -> None:
        """Sorts the times by the days that they fall on somewhere on earth."""
        if self.indexed == len(self.found):
            return
        self.by_day.clear()
        for moment in (*sorted(self.found), *self._screen()):
            for key in dict.fromkeys(_day(moment + zone) for zone in (_LEAST_ZONE_S, 0, _LARGEST_ZONE_S)):
                self.by_day[key].append(moment)
        self.indexed = len(self.found)

    def _screen(self) -> range:
        """Gives the seconds at which the page can have looked at the clock itself, ten minutes at most."""
        return range(self.shown_from, min(self.shown_to, self.shown_from + 600) + 1) if self.shown_from else range(0)

    def _explains_distance(self, match: re.Match[str]) -> bool:
        words = match.groupdict()
        unit = next(size for index, (_, size) in enumerate(_UNITS) if words[f"u{index}"])
        count = int(words["count"]) if words["count"].isdecimal() else 1
        is_future = (words["before"] or "").lower() in ("in", "dans") or words["after"] in ("后", "後", "内")
        least, most = int((count - _HALF) * unit * _SHORT), int((count + 1) * unit * _LONG)
        return self._is_between(-most, -least) if is_future else self._is_between(least, most)

    def _is_between(self, least: int, most: int) -> bool:
        """Whether a recorded time lies so many seconds before the page was on the screen."""
        if not self.shown_from:
            return False
        low, high = self.shown_from - most, self.shown_to - least
        return low <= self.shown_from <= high or any(low <= moment <= high for moment in self.found)


def recorded(text: str) -> Iterator[int]:
    """Gives the times that a recorded string states: ISO 8601, RFC 5322, seconds or milliseconds since 1970.

    A time without a zone is taken as UTC, since every zone is tried later on.
    """
    if text.isdecimal() and 10 <= len(text) <= 13:  # noqa: PLR2004 -- digits of seconds and milliseconds
        yield from epoch(float(text))
        return
    for match in _RECORDED.finditer(text):
        year, month, day, hour, minute, second = (int(one or 0) for one in match.groups()[:6])
        yield from _seconds((year, month, day, hour, minute, second), match.group(7))
    for match in _MAIL_DATE.finditer(text):
        month = _month(match.group(2))
        day, year, hour, minute, second = (int(match.group(at) or 0) for at in (1, 3, 4, 5, 6))
        yield from _seconds((year, month, day, hour, minute, second), match.group(7))


def epoch(number: float) -> Iterator[int]:
    """Gives the time that a bare number is, if it is one: seconds or milliseconds since 1970."""
    for seconds in (number, number / 1000):
        if _EARLIEST <= seconds <= _LATEST:
            yield int(seconds)


def _seconds(parts: tuple[int, int, int, int, int, int], zone: str | None) -> Iterator[int]:
    try:
        at = datetime(*parts, tzinfo=UTC)
    except ValueError:
        return
    offset = 0
    if zone and zone[0] in "+-":
        digits = zone.replace(":", "")
        offset = (1 if zone[0] == "+" else -1) * (int(digits[1:3]) * _HOUR + int(digits[3:5]) * _MINUTE)
    yield int(at.timestamp()) - offset


def _day(seconds: int) -> tuple[int, int, int]:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return at.year, at.month, at.day


def _month(name: str) -> int:
    lowered = name.lower()
    return 7 if lowered.startswith("juil") else 6 if lowered.startswith("juin") else _MONTH_STARTS.get(lowered[:3], 0)


def _days(words: dict[str, str | None]) -> Iterator[tuple[int | None, int, int | None]]:
    """Reads a matched date; one in figures alone is read as day first and as month first."""
    got = {name: value for name, value in words.items() if value}
    if "y1" in got:
        yield int(got["y1"]), int(got["m1"]), int(got["d1"])
    if "y2" in got:
        year = int(got["y2"]) + (2000 if len(got["y2"]) == 2 else 0)  # noqa: PLR2004 -- a year in two digits
        yield year, int(got["b2"]), int(got["a2"])
        yield year, int(got["a2"]), int(got["b2"])
    for index in ("3", "4"):
        if f"m{index}" in got:
            year_text = got.get(f"y{index}")
            yield int(year_text) if year_text else None, _month(got[f"m{index}"]), int(got[f"d{index}"])
    if "m5" in got:
        yield None, int(got["m5"]), int(got["d5"])
    if "m6" in got:
        yield int(got["y6"]), _month(got["m6"]), None


def _clock(match: re.Match[str], days: tuple[tuple[int | None, int, int | None], ...]) -> Shown:
    words = match.groupdict()
    hour, half = int(words["hour"]), (words["late"] or "").lower()[:1] or _half(words["early"])
    if half == "p" and hour < _NOON:
        hour += _NOON
    if half == "a" and hour == _NOON:
        hour = 0
    return Shown(days, hour, int(words["minute"]), int(words["second"]) if words["second"] else None)


def _half(word: str | None) -> str:
    if word is None:
        return ""
    return "p" if word in ("下午", "晚上", "中午") else "a"


def _agrees(moment: int, shown: Shown) -> bool:
    """Whether some offset from UTC makes a moment the shown day and clock time."""
    if shown.hour is None:
        return True  # the index found it by its day
    wanted = (shown.hour * _HOUR + shown.minute * _MINUTE, *(() if shown.second is None else (shown.second,)))
    clock = moment % _DAY_S if shown.second is not None else moment % _DAY_S // _MINUTE * _MINUTE
    offset = (sum(wanted) - clock) % _ZONE_STEP_S
    if offset:
        return False
    return not shown.days or any(_same_day(moment, sum(wanted), one) for one in shown.days)


def _same_day(moment: int, clock_s: int, day: tuple[int | None, int, int | None]) -> bool:
    """Whether a moment is this day at this clock time under an offset that occurs."""
    year, month, date = day
    if date is None:
        return True
    for candidate in (
        {_day(moment + zone)[0] for zone in (_LEAST_ZONE_S, 0, _LARGEST_ZONE_S)} if year is None else {year}
    ):
        try:
            local = int(datetime(candidate, month, date, tzinfo=UTC).timestamp()) + clock_s
        except ValueError:
            continue
        if _LEAST_ZONE_S - _MINUTE < local - moment < _LARGEST_ZONE_S + _MINUTE:
            return True
    return False
