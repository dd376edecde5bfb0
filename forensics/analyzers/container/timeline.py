"""The dates of a file on one line, and the rules about their order that they do not keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.container.date import Date, dates
from forensics.analyzers.container.look import Look
from forensics.analyzers.container.moment import Moment, parse
from forensics.model import Finding, Gap, GapReason, Message, Result

_ONE_ZONE_S = 14 * 3600
_BOTH_ZONES_S = 26 * 3600
"""Farthest that unknown zones can move one date, and two against each other. *Source:* IANA time zone database."""

_TOLERANCE_S = 60
"""Programs write several dates one after another while they save."""

_ORDERED = (
    ("DateTimeOriginal", "DateTime"),
    ("DateTimeOriginal", "ModifyDate"),
    ("xmp:CreateDate", "xmp:ModifyDate"),
    ("creation_time", "modification_time"),
    ("CreationDate", "ModDate"),
    ("dcterms:created", "dcterms:modified"),
    ("created", "modified"),
)
"""Dates of one place of which the first ought not to be later. *Source:* Exif 2.31, 4.6.4 and 4.6.5; XMP part 1;
ISO/IEC 14496-12, 8.2.2; ISO 32000-1, 14.3.3; ECMA-376, part 2."""

_BEFORE_FORMAT = (
    (re.compile(r"^moov/"), "1991-12-02", "QuickTime was published in December 1991"),
    (re.compile(r"^Segment/"), "2002-12-06", "Matroska was announced in December 2002"),
    (re.compile(r"^tIME"), "1995-03-01", "PNG was published in 1995"),
)
"""Places of dates that only the format itself can have made, and when it was published. *Source:* Apple; matroska.org;
RFC 2083."""

_LAVF = re.compile(rb"Lavf(\d+)\.")
_LAVF_SINCE = {
    57: "2014-09-15",
    58: "2016-02-15",
    59: "2018-04-20",
    60: "2022-01-17",
    61: "2023-02-27",
    62: "2024-04-05",
}
"""Major number of libavformat to the day before which no build of it can be: that of the first release with the number
before it. *Source:* https://ffmpeg.org/download.html: FFmpeg 2.4, 3.0, 4.0, 5.0, 6.0 and 7.0."""

_DEVICE_KEYS = ("DateTimeOriginal", "com.apple.quicktime.creationdate")
_HEADER = re.compile(r"^moov/mvhd")
_MOST_PAIRS = 50
_MOST_COMPARED = 1000

_DECLARED = message(
    "container.timeline.limit.declared",
    "Dates are what clocks, programs and people wrote; each of them can be wrong, copied or changed without a trace.",
)
_FULL_DATES = message(
    "container.timeline.limit.full",
    "Dates are read where a whole value is one; years alone and dates in sentences are not.",
)
_UNZONED = message(
    "container.timeline.limit.zones",
    "A date without a stated zone is that of an unknown clock; it can be up to 14 hours away from its place.",
)
_CLOCK = message(
    "container.timeline.clock", "Clocks of cameras and phones are unset, wrong, or reset when a battery is changed."
)
_EDITED = message(
    "container.timeline.edited",
    "Editing, converting, copying and archiving renew some dates and keep or copy others, across time zones.",
)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two dates, or a date and a known day, that do not go together.

    Attributes:
        rule: Name of the rule.
        why: What ought to hold, in English.
        difference_s: By how much it does not, in seconds.
    """

    rule: str
    first: dict[str, Any]
    second: dict[str, Any]
    why: str
    difference_s: int

    def as_values(self) -> dict[str, Any]:
        """Gives what a record keeps of it."""
        return {
            "rule": self.rule,
            "first": self.first,
            "second": self.second,
            "why": self.why,
            "difference_s": self.difference_s,
        }


def findings(look: Look) -> Iterator[Finding]:
    """States which dates the file carries."""
    found = dates(look)
    told = [one for one in found if not one.is_unset]
    against = list(_conflicts(look, told))[:_MOST_PAIRS]
    most = look.settings.max_listed
    gaps = look.gaps if len(found) <= most else (*look.gaps, Gap("dates", GapReason.LIMIT, f"{len(found) - most} more"))
    is_unzoned = any(one.moment.offset_s is None for one in told)
    yield look.finding(
        "container.timeline",
        Result.FOUND if told else look.nothing,
        _statement(look, told, len(against)),
        values={
            "count": len(told),
            "unset_count": len(found) - len(told),
            "contradiction_count": len(against),
            "contradictions": [one.as_values() for one in against],
            "dates": [one.as_values() for one in found[:most]],
        },
        limits=(_DECLARED, _FULL_DATES, *((_UNZONED,) if is_unzoned else ())),
        alternatives=(_CLOCK, _EDITED) if told else (),
        gaps=gaps,
    )


def _statement(look: Look, told: list[Date], against: int) -> Message:
    if told:
        return message(
            "container.timeline.found",
            "Number of dates in the file and its name: {count}, from {first} to {last}; contradictions among them: "
            "{against}.",
            count=len(told),
            first=told[0].moment.at,
            last=told[-1].moment.at,
            against=against,
        )
    if look.nothing is Result.NOT_FOUND:
        return message("container.timeline.none", "No date was found in the file or its name by this method.")
    return message("container.timeline.open", "Dates could not be looked for in the whole file.")


def _conflicts(look: Look, told: list[Date]) -> Iterator[Conflict]:
    told = told[:_MOST_COMPARED]
    yield from _disordered(told)
    yield from _before_device(told)
    yield from _before_format(told)
    yield from _before_program(look, told)


def _allowed_s(first: Moment, second: Moment, *, same_clock: bool) -> int:
    unknown = sum(moment.offset_s is None for moment in (first, second))
    if not first.has_clock or not second.has_clock:
        return 86400 + (_BOTH_ZONES_S if not same_clock else 0)
    if same_clock and unknown != 1:
        return _TOLERANCE_S
    return _TOLERANCE_S + (0, _ONE_ZONE_S, _BOTH_ZONES_S)[unknown]


def _lead_s(first: Moment, second: Moment, *, same_clock: bool = False) -> int:
    """Gives the seconds by which the first is later than the second beyond what zones and saving explain; else 0."""
    difference = (first.utc - second.utc).total_seconds()
    return int(difference) if difference > _allowed_s(first, second, same_clock=same_clock) else 0


def _disordered(told: list[Date]) -> Iterator[Conflict]:
    for early, late in _ORDERED:
        for first in told:
            second = next((one for one in told if first.key == early and _is_late(one, first, late)), None)
            lead = _lead_s(first.moment, second.moment, same_clock=True) if second else 0
            if second and lead:
                why = f"{early} ought not to be later than {late}"
                yield Conflict("created-after-modified", first.as_values(), second.as_values(), why, lead)


def _is_late(one: Date, first: Date, key: str) -> bool:
    """Whether a date is the later one of a pair: of the same place, or of the same block of EXIF."""
    root = first.place.removesuffix("/ExifIFD").removesuffix("/IFD0")
    return one.key == key and one.place.removesuffix("/ExifIFD").removesuffix("/IFD0") == root


def _before_device(told: list[Date]) -> Iterator[Conflict]:
    taken = next((one for one in told if one.key in _DEVICE_KEYS and one.place != "file name"), None)
    for one in told:
        lead = _lead_s(taken.moment, one.moment) if taken and _HEADER.match(one.place) else 0
        if taken and lead:
            why = "a file is not made before the device takes what it shows"
            yield Conflict("made-before-taken", taken.as_values(), one.as_values(), why, lead)


def _before_format(told: list[Date]) -> Iterator[Conflict]:
    for place, day, why in _BEFORE_FORMAT:
        since = _day(day)
        for one in told:
            lead = _lead_s(since, one.moment) if place.match(one.place) else 0
            if lead:
                yield Conflict("before-format", {"at": day}, one.as_values(), why, lead)


def _before_program(look: Look, told: list[Date]) -> Iterator[Conflict]:
    """Gives dates of headers that are older than the program that wrote the file can be."""
    numbers = [int(match.group(1)) for value in look.structure.values if (match := _LAVF.search(value.data, 0, 256))]
    day = _LAVF_SINCE.get(max(numbers, default=0))
    if day is None:
        return
    for one in told:
        is_header = one.key in {"creation_time", "DateUTC"}
        lead = _lead_s(_day(day), one.moment) if is_header else 0
        if lead:
            why = (
                f"the file names Lavf{max(numbers)}, of which no build is older than {day}: the date was copied or set"
            )
            yield Conflict("before-program", {"at": day}, one.as_values(), why, lead)


def _day(text: str) -> Moment:
    moment = parse(f"{text}T00:00:00Z")
    if moment is None:
        raise ValueError(text)
    return moment
