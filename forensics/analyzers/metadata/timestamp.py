"""Time stamps in metadata: as written, with or without a zone, and in UTC only where that is determined."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from forensics.analyzers.metadata.tag import Tag

_FORM = re.compile(
    r"(\d{4})[:-](\d{2})[:-](\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_CLOCK = re.compile(r"(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?")
_ZONE = re.compile(r"([+-])(\d{2}):?(\d{2})")

_SUBSECONDS = {
    "DateTimeOriginal": "SubSecTimeOriginal",
    "CreateDate": "SubSecTimeDigitized",
    "ModifyDate": "SubSecTime",
}
_OFFSETS = {"DateTimeOriginal": "OffsetTimeOriginal", "CreateDate": "OffsetTimeDigitized", "ModifyDate": "OffsetTime"}
"""Which EXIF tag has the fraction and the zone of which. *Source:* CIPA DC-008 (Exif 2.31), clause 4.6.5, group F."""

_PAIRS = {
    "GPSDateStamp": "GPSTimeStamp",
    "DateCreated": "TimeCreated",
    "DigitalCreationDate": "DigitalCreationTime",
    "MinoltaDate": "MinoltaTime",
    "Date": "Time",
}
"""Date tags and the tags that hold their time of day. *Source:* Exif 2.31, 4.6.6; IPTC-IIM 4.2, 2:55 to 2:63."""

_RELATED = frozenset(name for names in (_SUBSECONDS, _OFFSETS, _PAIRS) for pair in names.items() for name in pair)

Siblings = Mapping[tuple[str, ...], Tag]
"""Family, place, document and name to the tag, for tags that may belong to one another."""

_SHORTEST = len("2000:01:01")

_UTC_PLACES = frozenset(
    {
        ("EXIF", "GPS", "GPSDateStamp"),  # Exif 2.31, 4.6.6: GPS time is UTC
        ("XMP", "XMP-exif", "GPSDateTime"),  # XMP specification part 2, 3.4: the same
        ("PNG", "PNG", "ModifyDate"),  # PNG specification, tIME: universal time
        ("ICC_Profile", "ICC-header", "ProfileDateTime"),  # ICC.1:2022, 4.2: UTC
    }
)
"""Tags that are in UTC by the specification of their format, besides the headers of QuickTime."""

_FARTHEST_S = 15 * 3600
"""Offsets beyond this are errors; the largest in use is 14 h. *Source:* IANA time zone database."""

_DEFAULTS = frozenset({datetime(1904, 1, 1), datetime(1970, 1, 1), datetime(1980, 1, 1)})  # noqa: DTZ001 -- as written
"""Times that devices write when they know none: the zeros of QuickTime, POSIX and FAT clocks."""


class State(StrEnum):
    """Whether a time stamp says a time."""

    SET = "set"
    ZERO = "not set"
    DEFAULT = "zero of a clock"
    INVALID = "not a time"


class ZoneSource(StrEnum):
    """Where the zone of a time stamp comes from."""

    STATED = "stated in the value"
    OFFSET_TAG = "stated in its offset tag"
    SPECIFICATION = "by the specification of the format"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """One time stamp.

    Attributes:
        tag: The tag it stands in; of a pair the date's.
        parts: Full names of all tags that it is made of.
        written: The values as ExifTool prints them, joined by blanks.
        local: The time as written, without a zone; None where it is none.
        has_clock: Whether it says a time of day; otherwise `local` is midnight.
        offset_s: Difference of its zone from UTC, in seconds; None where the zone is missing.
        zone: Where the zone comes from.
    """

    tag: Tag
    parts: tuple[str, ...]
    written: str
    state: State
    local: datetime | None
    has_clock: bool
    offset_s: int | None
    zone: ZoneSource

    @property
    def utc(self) -> datetime | None:
        """The time in UTC; None where its zone is missing, it has no time of day, or it says no time."""
        if self.local is None or self.offset_s is None or not self.has_clock or self.state is not State.SET:
            return None
        try:
            return (self.local - timedelta(seconds=self.offset_s)).replace(tzinfo=UTC)
        except OverflowError:
            return None

    @property
    def is_certain(self) -> bool:
        """Whether UTC follows from what the file states, not only from what a specification asks of its writers."""
        is_gps = self.tag.place == "GPS" or self.tag.name == "GPSDateTime"
        return self.utc is not None and (self.zone is not ZoneSource.SPECIFICATION or is_gps)

    def as_values(self) -> dict[str, Any]:
        """Gives what a record keeps of it."""
        return {
            "tag": self.tag.full_name,
            "parts": list(self.parts),
            "written": self.written,
            "state": self.state.value,
            "local": _iso(self.local),
            "utc": _iso(self.utc),
            "zone": self.zone.value,
            "offset_s": self.offset_s,
            "has_time_of_day": self.has_clock,
        }


def time_stamps(tags: tuple[Tag, ...]) -> tuple[TimeStamp, ...]:
    """Finds every time stamp: values that have the form of one, in the order of the tags.

    Not done: dates written in words, and time stamps within longer texts, are not recognised.
    """
    siblings = _singles(tags)
    found: list[TimeStamp] = []
    for tag in tags:
        value = tag.value
        if isinstance(value, str):
            if len(value) >= _SHORTEST and (value[0].isdigit() or value[0] == " "):
                found += _read(tag, value, siblings)
        elif isinstance(value, dict | list):
            found += _nested(tag)
    return tuple(found)


def _singles(tags: tuple[Tag, ...]) -> Siblings:
    """Finds the tags that can belong to one another: those whose name their place has only once."""
    found: dict[tuple[str, ...], Tag | None] = {}
    for tag in tags:
        if tag.name in _RELATED:
            key = (tag.family, tag.place, tag.document, tag.name)
            found[key] = None if key in found else tag
    return {key: tag for key, tag in found.items() if tag is not None}


def _nested(tag: Tag) -> Iterator[TimeStamp]:
    for name, text in _texts(tag.value, tag.name):
        yield from _read(Tag(tag.family, tag.place, tag.document, tag.copy, name, text), text, {})


def _texts(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Walks through lists and structures, in order; names are joined as in `History[3].When`."""
    waiting = [(name, value)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, list):
            waiting += [(f"{name}[{index}]", member) for index, member in reversed([*enumerate(value, 1)])]
        elif isinstance(value, dict):
            waiting += [(f"{name}.{key}", value[key]) for key in sorted(value, reverse=True)]


def _read(tag: Tag, text: str, siblings: Siblings) -> Iterator[TimeStamp]:
    match = _FORM.fullmatch(text.strip())
    if match is None:
        return
    clock = _sibling(tag, tag.place, _PAIRS.get(tag.name), siblings) if match.group(4) is None else None
    day = _CLOCK.fullmatch(str(clock.value).strip()) if clock else None
    parts, written = [tag.full_name], [text.strip()]
    if clock is not None and day is not None:
        parts, written = [*parts, clock.full_name], [*written, str(clock.value)]
    fraction, zone_tag = _companions(tag, siblings)
    for companion in (fraction, zone_tag):
        if companion is not None:
            parts, written = [*parts, companion.full_name], [*written, str(companion.value)]
    yield _made(tag, tuple(parts), " ".join(written), match=match, day=day, fraction=fraction, zone_tag=zone_tag)


def _made(
    tag: Tag,
    parts: tuple[str, ...],
    written: str,
    *,
    match: re.Match[str],
    day: re.Match[str] | None,
    fraction: Tag | None,
    zone_tag: Tag | None,
) -> TimeStamp:
    numbers = [*match.group(1, 2, 3), *(day.group(1, 2, 3) if day else match.group(4, 5, 6))]
    subsecond = (day.group(4) if day else match.group(7)) or _digits(fraction)
    local, state = _local([int(number or 0) for number in numbers], subsecond)
    stated = (day.group(5) if day else None) or match.group(8)
    offset_s, zone = _zone(tag, stated, zone_tag)
    return TimeStamp(tag, parts, written, state, local, numbers[3] is not None, offset_s, zone)


def _sibling(tag: Tag, place: str, name: str | None, siblings: Siblings) -> Tag | None:
    """Finds the tag of a name that belongs to this one; None where either is there twice, since that leaves it open."""
    if name is None or (tag.family, tag.place, tag.document, tag.name) not in siblings:
        return None
    return siblings.get((tag.family, place, tag.document, name))


def _companions(tag: Tag, siblings: Siblings) -> tuple[Tag | None, Tag | None]:
    """Finds the tags with the fraction of a second and the zone; they stand in ExifIFD also for the date in IFD0."""
    if tag.family != "EXIF" or tag.place not in ("IFD0", "ExifIFD"):
        return None, None
    fraction, zone = (_sibling(tag, "ExifIFD", names.get(tag.name), siblings) for names in (_SUBSECONDS, _OFFSETS))
    return (
        fraction if fraction is not None and _digits(fraction) else None,
        zone if zone is not None and _ZONE.fullmatch(str(zone.value).strip()) else None,
    )


def _digits(fraction: Tag | None) -> str:
    text = str(fraction.value).strip() if fraction else ""
    return text[:9] if text.isascii() and text.isdigit() else ""


def _local(numbers: list[int], subsecond: str) -> tuple[datetime | None, State]:
    if not any(numbers[:3]):
        return None, State.ZERO
    microsecond = int(subsecond[:6].ljust(6, "0")) if subsecond else 0
    try:
        year, month, day, hour, minute, second = numbers
        local = datetime(year, month, day, hour, minute, second, microsecond)  # noqa: DTZ001 -- the time as written
    except ValueError:
        return None, State.INVALID
    return local, State.DEFAULT if local in _DEFAULTS else State.SET


def _zone(tag: Tag, stated: str | None, zone_tag: Tag | None) -> tuple[int | None, ZoneSource]:
    if _is_utc_by_specification(tag):
        return 0, ZoneSource.SPECIFICATION
    if stated and (offset_s := _offset_s(stated)) is not None:
        return offset_s, ZoneSource.STATED
    if zone_tag and (offset_s := _offset_s(str(zone_tag.value).strip())) is not None:
        return offset_s, ZoneSource.OFFSET_TAG
    return None, ZoneSource.MISSING


def _is_utc_by_specification(tag: Tag) -> bool:
    """Whether a tag is in UTC; of QuickTime these are the dates in movie, track and media headers."""
    if tag.family == "QuickTime":
        return tag.place == "QuickTime" or tag.place.startswith("Track")
    return (tag.family, tag.place, tag.name) in _UTC_PLACES


def _offset_s(text: str) -> int | None:
    if text == "Z":
        return 0
    match = _ZONE.fullmatch(text)
    if match is None:
        return None
    seconds = int(match.group(2)) * 3600 + int(match.group(3)) * 60
    if seconds > _FARTHEST_S:
        return None
    return -seconds if match.group(1) == "-" else seconds


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
