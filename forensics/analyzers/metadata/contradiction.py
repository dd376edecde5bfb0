"""Compares time stamps that ought to agree, and says whether time zones can explain what they differ by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Any

from forensics.analyzers.metadata.timestamp import State, TimeStamp

Selector = Callable[[TimeStamp], bool]

ZONE_RANGE_S = 14 * 3600
"""Farthest that a local time lies from UTC. *Source:* IANA time zone database: UTC-12 to UTC+14."""

BOTH_ZONES_RANGE_S = 26 * 3600
"""Farthest that two local times of one instant lie apart: from UTC-12 to UTC+14."""

ZONE_STEP_S = 900
"""Offsets in use are multiples of a quarter of an hour. *Source:* IANA time zone database, zones since 1972."""

_SAVE_S = 60
"""Programs write several time stamps one after another while they save; a minute is far more than they take."""

_FIX_S = 3600
"""Devices keep the time of the last satellite fix, which may be older than the picture; an hour is allowed."""


class Outcome(StrEnum):
    """What comparing two time stamps gave."""

    AGREE = "agree"
    ZONES = "a difference of time zones can explain it"
    CONTRADICT = "contradict"


@dataclass(frozen=True, slots=True)
class Rule:
    """Two time stamps that ought to agree, and why.

    Attributes:
        name: Last part of the id of its sentence.
        first: Picks the one that ought to be earlier, or the first of two that ought to be equal.
        is_order: Whether `second` may be any time later; otherwise the two ought to be equal.
        tolerance_s: How far they may lie apart without a word.
        same_clock: Whether one program writes both by one clock, so that time zones explain nothing.
        is_entered: Whether people enter one of the two by hand.
        other_zone: Whether the two are in different zones as a rule, so that a difference of zones is agreement.
        adds_duration: Whether a recording's length counts as tolerance.
        why: Why they ought to agree; completes a sentence.
    """

    name: str
    first: Selector
    second: Selector
    why: str
    is_order: bool = False
    tolerance_s: float = 1.0
    same_clock: bool = False
    other_zone: bool = False
    is_entered: bool = False
    adds_duration: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two time stamps and what comparing them gave.

    Attributes:
        difference_s: Second minus first, in seconds, by `basis`.
        basis: `utc` where both say it, otherwise `as written`.
        allowed_s: What zones can explain, in seconds.
    """

    rule: Rule
    first: TimeStamp
    second: TimeStamp
    outcome: Outcome
    difference_s: float
    basis: str
    allowed_s: int
    tolerance_s: float

    def as_values(self) -> dict[str, Any]:
        """Gives what a record keeps of it."""
        return {
            "rule": self.rule.name,
            "why": self.rule.why,
            "relation": "not after" if self.rule.is_order else "equal",
            "first": self.first.as_values(),
            "second": self.second.as_values(),
            "outcome": self.outcome.value,
            "difference_s": round(self.difference_s, 6),
            "basis": self.basis,
            "zones_explain_up_to_s": self.allowed_s,
            "tolerance_s": self.tolerance_s,
        }


def _at(family: str, place: str, *names: str) -> Selector:
    """Picks a time stamp of the file itself by where it stands; a place ending in `*` is the start of one."""

    def picks(stamp: TimeStamp) -> bool:
        tag = stamp.tag
        is_place = tag.place.startswith(place[:-1]) if place.endswith("*") else tag.place == place
        return tag.family == family and is_place and tag.name in names and not tag.document

    return picks


_TAKEN = _at("EXIF", "ExifIFD", "DateTimeOriginal")
_DIGITIZED = _at("EXIF", "ExifIFD", "CreateDate")
_CHANGED = _at("EXIF", "IFD0", "ModifyDate")
_MOVIE = _at("QuickTime", "QuickTime", "CreateDate")
_EXIF_ORDER = "Exif defines DateTimeOriginal as the time of taking and ModifyDate as that of the last change"
_MWG = "the Metadata Working Group guidelines define both as the same property"
_HEADERS = "a recorder writes both when it makes the file"
_DOCUMENT = "a document is created before it is last changed"

RULES: tuple[Rule, ...] = (
    Rule("exif-change", _TAKEN, _CHANGED, _EXIF_ORDER, is_order=True),
    Rule(
        *("exif-digitized", _TAKEN, _DIGITIZED),
        "Exif defines DateTimeOriginal as the time of taking and CreateDate as that of digitising",
        is_order=True,
    ),
    Rule(
        *("exif-gps", _TAKEN, _at("EXIF", "GPS", "GPSDateStamp")),
        "a device that takes a picture and a satellite fix does so at about the same time",
        tolerance_s=_FIX_S,
        other_zone=True,
    ),
    Rule("exif-xmp-taken", _TAKEN, _at("XMP", "XMP-exif", "DateTimeOriginal"), _MWG),
    Rule("exif-photoshop-taken", _TAKEN, _at("XMP", "XMP-photoshop", "DateCreated"), _MWG, is_entered=True),
    Rule("exif-iptc-taken", _TAKEN, _at("IPTC", "IPTC", "DateCreated"), _MWG, is_entered=True),
    Rule("exif-xmp-digitized", _DIGITIZED, _at("XMP", "XMP-xmp", "CreateDate"), _MWG),
    Rule("exif-xmp-change", _CHANGED, _at("XMP", "XMP-xmp", "ModifyDate"), _MWG, tolerance_s=_SAVE_S),
    Rule(
        *("xmp-order", _at("XMP", "XMP-xmp", "CreateDate"), _at("XMP", "XMP-xmp", "ModifyDate"), _DOCUMENT),
        is_order=True,
    ),
    Rule("pdf-order", _at("PDF", "PDF", "CreateDate"), _at("PDF", "PDF", "ModifyDate"), _DOCUMENT, is_order=True),
    Rule(
        *("pdf-xmp-creation", _at("PDF", "PDF", "CreateDate"), _at("XMP", "XMP-xmp", "CreateDate")),
        "PDF 1.7 to 2.0 ask that both say the same",
        tolerance_s=_SAVE_S,
    ),
    Rule(
        *("pdf-xmp-change", _at("PDF", "PDF", "ModifyDate"), _at("XMP", "XMP-xmp", "ModifyDate")),
        "PDF 1.7 to 2.0 ask that both say the same",
        tolerance_s=_SAVE_S,
    ),
    Rule(
        *("office-order", _at("FlashPix", "*", "CreateDate"), _at("FlashPix", "*", "ModifyDate"), _DOCUMENT),
        is_order=True,
    ),
    Rule(
        *("openxml-order", _at("XML", "XML", "CreateDate"), _at("XML", "XML", "ModifyDate"), _DOCUMENT),
        is_order=True,
    ),
    Rule(
        *("movie-order", _MOVIE, _at("QuickTime", "QuickTime", "ModifyDate")),
        "a movie is created before it is last changed",
        is_order=True,
        same_clock=True,
    ),
    Rule(
        *("movie-track", _MOVIE, _at("QuickTime", "Track*", "TrackCreateDate"), _HEADERS),
        tolerance_s=_SAVE_S,
        same_clock=True,
        adds_duration=True,
    ),
    Rule(
        *("movie-media", _MOVIE, _at("QuickTime", "Track*", "MediaCreateDate"), _HEADERS),
        tolerance_s=_SAVE_S,
        same_clock=True,
        adds_duration=True,
    ),
    Rule(
        *("movie-keys", _MOVIE, _at("QuickTime", "Keys", "CreationDate"), _HEADERS),
        tolerance_s=_SAVE_S,
        adds_duration=True,
    ),
)
"""Which time stamps are compared. *Source:* Exif 2.31, 4.6.4 and 4.6.5; Metadata Working Group, Guidelines for Handling
Image Metadata 2.0, section 3; ISO 32000-1, 14.3; QuickTime File Format, header atoms."""


def comparisons(stamps: tuple[TimeStamp, ...], *, duration_s: float = 0.0) -> tuple[Comparison, ...]:
    """Compares every pair that a rule names and that both say a time.

    Args:
        stamps: All time stamps of a file.
        duration_s: Length of the recording in seconds; 0 for what has none.
    """
    usable = [stamp for stamp in stamps if stamp.state is State.SET and stamp.local is not None]
    return tuple(found for rule in RULES for found in _apply(rule, usable, duration_s))


def _apply(rule: Rule, stamps: list[TimeStamp], duration_s: float) -> Iterator[Comparison]:
    first = next((stamp for stamp in stamps if rule.first(stamp)), None)
    if first is None:
        return
    seen: set[Any] = set()
    for second in stamps:
        if rule.second(second) and second.local not in seen:
            seen.add(second.local)
            yield _compare(rule, first, second, duration_s=duration_s)


def _compare(rule: Rule, first: TimeStamp, second: TimeStamp, *, duration_s: float) -> Comparison:
    tolerance_s = rule.tolerance_s + (duration_s if rule.adds_duration else 0.0)
    difference_s, basis = _difference(first, second)
    allowed_s = _allowed_s(rule, first, second)
    excess_s = _excess_s(difference_s, tolerance_s, rule=rule, whole_days=_is_day(first) or _is_day(second))
    is_step = rule.is_order or _is_zone_step(difference_s, tolerance_s)
    if excess_s <= 0:
        outcome = Outcome.AGREE
    elif (excess_s <= allowed_s and is_step) or abs(_written_s(first, second)) <= tolerance_s:
        outcome = Outcome.AGREE if rule.other_zone else Outcome.ZONES
    else:
        outcome = Outcome.CONTRADICT
    return Comparison(rule, first, second, outcome, difference_s, basis, allowed_s, tolerance_s)


def _is_day(stamp: TimeStamp) -> bool:
    """Whether a time stamp says a day only; IPTC has no way to leave the time open, so that programs write midnight."""
    is_midnight = stamp.local is not None and stamp.local.time() == time()
    return not stamp.has_clock or (stamp.tag.family == "IPTC" and is_midnight)


def _written_s(first: TimeStamp, second: TimeStamp) -> float:
    if first.local is None or second.local is None:
        return 0.0
    return (second.local - first.local).total_seconds()


def _difference(first: TimeStamp, second: TimeStamp) -> tuple[float, str]:
    """Gives second minus first: in UTC where the file states both, otherwise as written."""
    one, other = first.utc, second.utc
    if one is not None and other is not None:
        return (other - one).total_seconds(), "utc"
    return _written_s(first, second), "as written"


def _excess_s(difference_s: float, tolerance_s: float, *, rule: Rule, whole_days: bool) -> float:
    """Gives by how much a difference is more than the rule allows; a date without a time counts as its whole day."""
    day = 86400.0 if whole_days else 0.0
    if rule.is_order:
        return -difference_s - tolerance_s - day
    return abs(difference_s) - tolerance_s - day


def _allowed_s(rule: Rule, first: TimeStamp, second: TimeStamp) -> int:
    if rule.same_clock:
        return 0
    uncertain = [stamp for stamp in (first, second) if not stamp.is_certain]
    return (0, ZONE_RANGE_S, BOTH_ZONES_RANGE_S)[len(uncertain)]


def _is_zone_step(difference_s: float, tolerance_s: float) -> bool:
    rest = abs(difference_s) % ZONE_STEP_S
    return min(rest, ZONE_STEP_S - rest) <= tolerance_s
