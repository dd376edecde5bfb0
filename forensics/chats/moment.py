"""Times of messages: which instant a written time means, and who says so. No zone is ever guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from forensics.chats.message import ASSUMED, EXPORT, UNKNOWN
from forensics.chats.source import whole
from forensics.errors import UsageError

ZONE_STEP_S = 900
"""Offsets in use are multiples of a quarter of an hour. *Source:* IANA time zone database, zones since 1972."""

ZONE_RANGE_S = 14 * 3600
"""Farthest that a local time lies from UTC. *Source:* IANA time zone database: UTC-12 to UTC+14."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of a message.

    Attributes:
        at: The instant, in UTC; None where it is not known.
        shown: As the export has it.
        zone: As `Message.zone`.
        local: Without zone; None where it cannot be read.
        doubt: What is wrong with it; empty where nothing is.
    """

    at: datetime | None
    shown: str
    zone: str
    local: datetime | None
    doubt: str = ""

    def __post_init__(self) -> None:
        """Makes what is shown a text that can be recorded."""
        object.__setattr__(self, "shown", whole(self.shown))


def nowhere(shown: str, doubt: str = "") -> Moment:
    """Gives a time that could not be read."""
    return Moment(None, shown, UNKNOWN, None, doubt)


def stated(at: datetime, shown: str, *, local: datetime | None = None) -> Moment:
    """Gives a time whose instant the export states.

    Args:
        at: The instant, aware.
        shown: As the export has it.
        local: The local time that the export shows beside it; None takes that of `at`.
    """
    naive = at.replace(tzinfo=None) if local is None else local
    try:
        return Moment(at.astimezone(UTC), shown, EXPORT, naive, _disagreement(at, local))
    except OverflowError:
        return Moment(None, shown, UNKNOWN, naive, "the time lies outside the years 1 to 9999")


def _disagreement(at: datetime, local: datetime | None) -> str:
    if local is None:
        return ""
    difference_s = (local - at.astimezone(UTC).replace(tzinfo=None)).total_seconds()
    if abs(difference_s) > ZONE_RANGE_S or difference_s % ZONE_STEP_S:
        return f"local time and instant differ by {difference_s:.0f} s, which no time zone explains"
    return ""


def seconds(value: object, shown: str, *, local: datetime | None = None) -> Moment:
    """Gives the instant of a number of seconds since 1970-01-01 UTC.

    Args:
        value: A number, or text of one.
        shown: What the export shows.
        local: The local time that the export shows beside it; None where it shows none.
    """
    try:
        at = datetime.fromtimestamp(int(str(value)), UTC)
    except (ValueError, OverflowError, OSError):
        return Moment(None, shown, UNKNOWN, local, f"not a number of seconds since 1970: {str(value)[:40]!r}")
    found = stated(at, shown or str(value), local=local)
    return found if local is not None else Moment(found.at, found.shown, found.zone, None, found.doubt)


def wall(local: datetime, shown: str, *, zone: str) -> Moment:
    """Gives a time on a clock whose zone the export does not state.

    Args:
        local: Naive.
        shown: As the export has it.
        zone: Name of the zone that the user says it is in; empty where nobody says it.
    """
    if not zone:
        return Moment(None, shown, UNKNOWN, local)
    place = known_zone(zone)
    early, late = (local.replace(tzinfo=place, fold=fold) for fold in (0, 1))
    name = f"{ASSUMED}{zone}"
    try:
        at = early.astimezone(UTC)
        is_real = at.astimezone(place).replace(tzinfo=None) == local
    except OverflowError:
        return Moment(None, shown, UNKNOWN, local, "the time lies outside the years 1 to 9999")
    if not is_real:
        return Moment(None, shown, name, local, f"there was no such time in {zone}: clocks were put forward")
    if early.utcoffset() != late.utcoffset():
        return Moment(None, shown, name, local, f"this hour came twice in {zone}: clocks were put back")
    return Moment(at, shown, name, local)


def iso(shown: str, *, zone: str) -> Moment:
    """Reads a time of ISO 8601, with or without an offset from UTC."""
    try:
        found = datetime.fromisoformat(shown.strip().replace("/", "-"))
    except ValueError:
        return nowhere(shown, f"not a time: {shown[:40]!r}")
    return wall(found, shown, zone=zone) if found.tzinfo is None else stated(found, shown)


@cache
def known_zone(name: str) -> ZoneInfo:
    """Gives a zone of the IANA time zone database.

    Raises:
        UsageError: There is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f"there is no time zone {name!r}", hint="Give a name such as Asia/Shanghai, Europe/Paris or UTC."
        ) from error
