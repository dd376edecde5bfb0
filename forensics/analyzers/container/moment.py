"""Dates as files write them: read in many forms, with or without a zone, and never converted where none is stated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

_ZONE = r"(?P<zone>Z|UTC|[+-]\d{2}:?'?\d{2}'?)?"
_CLOCK = r"(?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_FORMS = (
    re.compile(rf"(?P<year>\d{{4}})[:/-](?P<month>\d{{2}})[:/-](?P<day>\d{{2}})(?:[T ]+{_CLOCK})? ?{_ZONE}"),
    re.compile(rf"(?:D:)?(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}})(?:[T ]?{_CLOCK})? ?{_ZONE}"),
    re.compile(
        r"(?:\w{3},? )?(?P<name>[A-Z][a-z]{2}) +(?P<day>\d{1,2}),? (?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2}) "
        rf"(?P<year>\d{{4}}){_ZONE}"
    ),
    re.compile(
        r"(?:\w{3}, )?(?P<day>\d{1,2}) (?P<name>[A-Z][a-z]{2}) (?P<year>\d{4}) "
        rf"(?P<hour>\d{{2}}):(?P<minute>\d{{2}}):(?P<second>\d{{2}}) ?{_ZONE}(?: ?GMT)?"
    ),
)
"""Forms of dates with a day: Exif 2.31 and ISO 8601; IPTC, PDF and compact ISO; C's `asctime` in AVI; RFC 2822
as some programs write it. *Source:* those standards; ISO 32000-1, 7.9.4 for PDF."""

_LONGEST = 40
_FARTHEST_S = 15 * 3600
"""Offsets beyond this are errors; the largest in use is 14 h. *Source:* IANA time zone database."""

_EPOCHS = frozenset({(1904, 1, 1), (1970, 1, 1)})
"""Days on which the clocks of QuickTime and Unix stand at zero: a clock that was not set."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as a file says it.

    Attributes:
        local: As written, without its zone.
        offset_s: Seconds east of UTC; None where no zone is stated.
        has_clock: Whether a time of day is stated.
    """

    local: datetime
    offset_s: int | None
    has_clock: bool

    @property
    def at(self) -> str:
        """The date in RFC 3339, in UTC where the zone is known; the day alone where no time of day is stated."""
        if not self.has_clock:
            return self.local.date().isoformat()
        if self.offset_s is None:
            return self.local.isoformat()
        return self.utc.isoformat().replace("+00:00", "Z")

    @property
    def utc(self) -> datetime:
        """The moment in UTC; an unstated zone is taken for UTC, which is right to 14 hours."""
        return self.local.replace(tzinfo=timezone(timedelta(seconds=self.offset_s or 0))).astimezone(UTC)

    @property
    def is_unset(self) -> bool:
        """Whether it is what a clock shows that was never set."""
        return (self.local.year, self.local.month, self.local.day) in _EPOCHS


def parse(text: str, *, zone: str = "") -> Moment | None:
    """Reads a date; None where the text is none as a whole, or no day of the calendar.

    Args:
        text: The text of a value.
        zone: A zone that another value states for it, such as `+02:00`; empty for none.
    """
    text = text.strip()
    if len(text) > _LONGEST or not text.isascii():
        return None
    match = next((found for form in _FORMS if (found := form.fullmatch(text))), None)
    return _moment(match.groupdict(), zone) if match else None


def _moment(said: dict[str, str | None], zone: str) -> Moment | None:
    name = said.get("name")
    month = _MONTHS.get(name.lower(), 0) if name else int(said.get("month") or 0)
    fraction = int((said.get("fraction") or "0").ljust(6, "0")[:6])
    hour, minute, second = (int(said.get(part) or 0) for part in ("hour", "minute", "second"))
    try:
        local = datetime(int(said["year"] or 0), month, int(said["day"] or 0), hour, minute, second, fraction)  # noqa: DTZ001 -- as written
        local.replace(tzinfo=UTC).astimezone(timezone(timedelta(seconds=_FARTHEST_S)))
        local.replace(tzinfo=UTC).astimezone(timezone(timedelta(seconds=-_FARTHEST_S)))
    except (ValueError, OverflowError):
        return None
    has_clock = said.get("hour") is not None
    return Moment(local, offset_s(said.get("zone") or zone) if has_clock else None, has_clock)


def offset_s(zone: str) -> int | None:
    """Reads a zone such as `Z`, `+02:00` or `-0500`; None for anything else."""
    if zone in ("Z", "UTC"):
        return 0
    match = re.fullmatch(r"([+-])(\d{2}):?'?(\d{2})'?", zone.strip())
    if match is None:
        return None
    seconds = int(match.group(2)) * 3600 + int(match.group(3)) * 60
    if seconds > _FARTHEST_S:
        return None
    return -seconds if match.group(1) == "-" else seconds
