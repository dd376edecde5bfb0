"""Every date that a file carries, with the place and offset where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from forensics.analyzers.container.look import Look
from forensics.analyzers.container.moment import Moment, parse
from forensics.formats import Value

_KEY = re.compile(
    r"date|time|when|day|created|modified|tIME|^TD[A-Z]{2}$|IDIT|ICRD|^2:(?:30|37|55|62)$|:D(?:ate)?$", re.IGNORECASE
)
"""Keys under which files have dates; what stands there counts only where it reads as a date. *Source:* Exif 2.31,
XMP part 2, IPTC-IIM 4.2, PNG, ISO/IEC 14496-12, Matroska, ID3v2.4, RIFF INFO, Vorbis comments, ISO 32000, OOXML."""

_ZONES = {
    "DateTimeOriginal": "OffsetTimeOriginal",
    "DateTimeDigitized": "OffsetTimeDigitized",
    "DateTime": "OffsetTime",
}
"""EXIF tags and those that state their zone. *Source:* Exif 2.31, 4.6.5, group F."""

_CLOCKS = {
    "GPSDateStamp": "GPSTimeStamp",
    "2:55": "2:60",
    "2:62": "2:63",
    "OriginationDate": "OriginationTime",
}
"""Keys of a day and of the time of day that belongs to it. *Source:* Exif 2.31, 4.6.6; IPTC-IIM 4.2; EBU Tech 3285."""

_UTC_KEYS = frozenset({"GPSDateStamp", "tIME", "DateUTC"})
"""Dates that are in UTC by their specification. *Source:* Exif 2.31, 4.6.6; PNG, tIME; Matroska, DateUTC."""

_NAME_DAY = re.compile(r"(?<!\d)((?:19[89]|20[0-4])\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")
_NAME_CLOCK = re.compile(r"^(?:[-_ T.]| at )?([01]\d|2[0-3])[-_.:]?([0-5]\d)[-_.:]?([0-5]\d)(?!\d{4})")
_NAME_MILLISECONDS = re.compile(r"(?<!\d)(1[0-9]\d{11})(?!\d)")
"""Dates in names: a day, with a time behind it or not; or milliseconds since 1970, as Android's programs write them."""

_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Date:
    """One date of a file.

    Attributes:
        moment: What it says.
        place: Where it lies, or `file name`.
        key: Name under which the file has it.
        offset: Of its first byte; None for the name.
        raw: As written.
    """

    moment: Moment
    place: str
    key: str
    offset: int | None
    raw: str

    @property
    def is_unset(self) -> bool:
        """Whether it is what a clock shows that was never set."""
        return self.moment.is_unset

    def as_values(self) -> dict[str, Any]:
        """Gives what a record keeps of it."""
        return {
            "at": self.moment.at,
            "zone_known": self.moment.offset_s is not None,
            "place": self.place,
            "key": self.key,
            "offset": self.offset,
            "raw": self.raw,
        } | ({"state": "not set"} if self.is_unset else {})


def dates(look: Look) -> list[Date]:
    """Gives every date of a file in order of time, those that were never set first."""
    found = [*_of_values(look), *_of_name(look)]
    return sorted(found, key=lambda one: (not one.is_unset, one.moment.utc, one.offset or 0, one.key))


def _of_values(look: Look) -> Iterator[Date]:
    beside = {
        (_block(value), value.key): value for value in reversed(look.structure.values) if len(value.data) <= _LONGEST
    }
    for value in look.structure.values:
        if _KEY.search(value.key) and len(value.data) <= _LONGEST and value.encoding:
            moment = _moment(value, beside)
            if moment is not None:
                yield Date(moment, value.place, value.key, value.offset, value.text.strip())


def _block(value: Value) -> str:
    """Gives the place, of EXIF that of the whole block: zones lie in another directory than some of their dates."""
    return value.place.removesuffix("/ExifIFD").removesuffix("/IFD0")


def _moment(value: Value, beside: dict[tuple[str, str], Value]) -> Moment | None:
    text = value.text.strip()
    clock = beside.get((_block(value), _CLOCKS.get(value.key, "")))
    if clock is not None and (time := _clock(clock.text)):
        text = f"{text} {time}" if "-" in text or ":" in text else f"{text}T{time}"
    zone = beside.get((_block(value), _ZONES.get(value.key, "")))
    stated = "Z" if value.key in _UTC_KEYS else zone.text.strip() if zone else ""
    return parse(text, zone=stated)


def _clock(text: str) -> str:
    """Reads a time of day: `12:30:00`, `123000+0100`, or three fractions as GPS has them; empty where it is none."""
    parts = re.findall(r"(\d+)/(\d+)", text)
    if len(parts) == 3:  # noqa: PLR2004 -- hours, minutes, seconds
        numbers = [int(above) // int(below) if int(below) else 99 for above, below in parts]
        return ":".join(f"{number:02}" for number in numbers)
    text = text.strip()
    return text if re.fullmatch(r"\d{2}:?\d{2}:?\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?", text) else ""


def _of_name(look: Look) -> Iterator[Date]:
    name = look.evidence.artifact.name.display.rsplit("/", 1)[-1]
    day = _NAME_DAY.search(name)
    if day is not None:
        clock = _NAME_CLOCK.match(name[day.end() :])
        text = "-".join(day.groups()) + (" " + ":".join(clock.groups()) if clock else "")
        moment = parse(text)
        if moment is not None:
            yield Date(moment, "file name", "name", None, name[:_LONGEST])
    for match in _NAME_MILLISECONDS.finditer(name):
        since = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(match.group(1)))
        yield Date(Moment(since.replace(tzinfo=None), 0, has_clock=True), "file name", "name", None, name[:_LONGEST])
