"""Retention clocks: until when others must keep records, counted from dates in the case, as of the report's event."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from forensics.reporter.blocks import Column, Table
from forensics.reporter.evidence import Said
from forensics.reporter.wording import Words


@dataclass(frozen=True, slots=True)
class Clock:
    """A period that the law gives.

    Attributes:
        id: Key of its texts.
        months: Its length, where it is counted in months.
        days: Its length, where it is counted in days.
        hours: Its length, where it is counted in hours.
        counts_from: `records` (first and last date of the evidence, UTC), or what the case has no date for: `duty`.
    """

    id: str
    months: int = 0
    days: int = 0
    hours: int = 0
    counts_from: str = "duty"


CLOCKS: Mapping[str, tuple[Clock, ...]] = {
    "cn": (
        Clock("cn_logs", months=6, counts_from="records"),
        Clock("cn_labels", months=6),
        Clock("cn_records", months=36),
        Clock("cn_notice", days=30),
        Clock("cn_evidence", days=15),
    ),
    "us": (Clock("us_removal", hours=48),),
    "eu": (Clock("eu_preservation", days=60),),
}
"""Jurisdiction to its clocks.

*Source:* Cybersecurity Law (log retention); Labelling Measures, article 9; PIPL, article 56; Procuratorial
Public-Interest Interpretation, article 13; Civil Evidence Provisions (2019), article 51; TAKE IT DOWN Act; Regulation
(EU) 2023/1543, article 11. What is yet to be checked is said to be so in the texts.
"""


@dataclass(frozen=True, slots=True)
class Span:
    """Records that somebody else may hold, and from when to when they are; both instants in UTC.

    Attributes:
        what: Whose records, for people.
    """

    what: Said
    first: datetime
    last: datetime


def months_after(moment: datetime, months: int) -> datetime:
    """Gives the same day of a later month; its last day where the month has no such day."""
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def clock_table(place: str, spans: Iterable[Span], *, now: datetime, words: Words) -> Table | None:
    """Gives the clocks of a jurisdiction; None where the program knows none.

    Args:
        place: The jurisdiction.
        spans: Records that others may hold.
        now: Time of the event as of which the report is made: what has run out is counted up to it.
        words: The wording.
    """
    clocks, held = CLOCKS.get(place, ()), tuple(spans)
    if not clocks:
        return None
    shares = (("clock", 40), ("from", 28), ("until", 18), ("left", 14))
    columns = tuple(Column(words.say(f"clock.column_{name}"), share) for name, share in shares)
    rows = tuple(row for clock in clocks for row in _rows(clock, held, now=now, words=words))
    return Table(columns, rows, "compact")


def _rows(clock: Clock, spans: tuple[Span, ...], *, now: datetime, words: Words) -> Iterator[tuple[Said, ...]]:
    name, none = words.say(f"clock.{clock.id}"), words.say("word.none")
    if clock.counts_from != "records" or not spans:
        yield name, words.say(f"clock.{clock.id}_from"), words.say("clock.no_date"), none
        return
    for index, span in enumerate(spans):
        ends = [_end(clock, one) for one in (span.first, span.last)]
        since = words.say("clock.span", what=span.what, first=words.utc(span.first), last=words.utc(span.last))
        first, last = (words.show(f"{one:%Y-%m-%d}") for one in ends)
        until = first if first == last else words.say("word.range", first=first, last=last)
        yield name if index == 0 else words.say("clock.same"), since, until, _left(ends, now, words)


def _end(clock: Clock, start: datetime) -> datetime:
    return months_after(start, clock.months) + timedelta(days=clock.days, hours=clock.hours)


def _left(ends: list[datetime], now: datetime, words: Words) -> Said:
    first, last = ends
    if now >= last:
        return words.say("clock.over")
    days = words.number((last - now).days)
    return words.say("clock.partly_over" if now >= first else "clock.running", days=days)
