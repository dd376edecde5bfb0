"""Findings about metadata: how what was read becomes sentences, values, limits and innocent explanations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.metadata import origin, place, tag
from forensics.analyzers.metadata.contradiction import Comparison, Outcome
from forensics.analyzers.metadata.reading import Reading
from forensics.analyzers.metadata.timestamp import State, TimeStamp, ZoneSource
from forensics.model import Finding, Gap, GapReason, Message, Result

_MOST_CONTRADICTIONS = 50
_NAMED = 3

_UNSEEN = message(
    "metadata.limit.unseen",
    "ExifTool reads what it knows: metadata in places or forms that it does not know are not found.",
)
_CHANGEABLE = message(
    "metadata.limit.changeable",
    "Metadata are written by devices and programs and can be changed without a trace: they are what the file declares.",
)
_STRIPPED = message(
    "metadata.limit.stripped",
    "Absence of metadata is common and means little: messengers, platforms and many programs remove them.",
)
_QUICKTIME = message(
    "metadata.limit.quicktime",
    "QuickTime and MP4 headers count time in UTC by specification, but many devices write local time there.",
)
_UNZONED = message(
    "metadata.limit.unzoned",
    "Time stamps without a zone are those of an unknown clock; they are not converted to UTC.",
)
_FIX = message(
    "metadata.limit.fix",
    "A position is that of the last satellite fix, or was entered by hand; the file may have been made elsewhere.",
)
_NULL_ISLAND = message(
    "metadata.limit.zero",
    "Latitude 0 and longitude 0 are what devices write that know no position.",
)
_EXPLAINED = message(
    "metadata.limit.zones",
    "The difference is one that time zones can explain, so it is not called a contradiction.",
)
_COPIED = message(
    "metadata.alternative.copied", "A program copied these entries from another file, or writes a fixed text."
)
_CLOCK = message(
    "metadata.alternative.clock",
    "The clock of the device was never set, was set wrongly, or was reset when its battery ran out.",
)
_RECEIVER = message(
    "metadata.alternative.receiver",
    "Satellite receivers without a fresh fix, or with faulty software, write wrong dates; some are off by whole days.",
)
_ZONES = message("metadata.alternative.zones", "The two were written in different time zones, or across summer time.")
_ENTERED = message(
    "metadata.alternative.entered",
    "One of the two was entered by hand, for example as the day of the scene, of scanning or of publication.",
)
_EDITED = message(
    "metadata.alternative.edited",
    "A program, messenger or platform that saved, cut or converted the file renewed one time stamp and kept the other.",
)


def tags_finding(blank: Finding, read: Reading, *, caps: tag.Caps) -> Finding:
    """States which tags the file has."""
    rows, gaps = tag.recorded(read.tags, raw=read.raw, caps=caps)
    described = len(read.described)
    found = message(
        "metadata.tags.found", "Number of metadata tags that ExifTool reads from the file: {count}.", count=described
    )
    none = message("metadata.tags.none", "No metadata beyond the structure of the file were found by ExifTool.")
    return replace(
        blank,
        kind="metadata.tags",
        result=Result.FOUND if described else read.nothing,
        statement=found if described else none,
        values={
            "count": len(read.tags),
            "count_without_structure": described,
            "groups": dict(sorted(Counter(one.group for one in read.tags).items())),
            "tags": rows,
            "warnings": [tag.short(text) for text in read.warnings],
        },
        gaps=(*read.gaps, *gaps),
        limits=(_CHANGEABLE, _UNSEEN) if described else (_STRIPPED, _UNSEEN),
        alternatives=(_COPIED,) if described else (),
    )


def unread_finding(blank: Finding, gap: Gap) -> Finding:
    """States that the metadata could not be read."""
    statement = message("metadata.tags.unread", "The metadata could not be read within the limits of time and size.")
    return replace(blank, kind="metadata.tags", statement=statement, gaps=(gap,), limits=(_UNSEEN,))


def times_finding(
    blank: Finding,
    read: Reading,
    *,
    stamps: tuple[TimeStamp, ...],
    compared: tuple[Comparison, ...],
    most: int,
) -> Finding:
    """States which time stamps there are and which of them are known in UTC."""
    told = [one for one in stamps if one.state is State.SET]
    found = message(
        "metadata.times.found",
        "Number of time stamps in the metadata: {count}; of these with a time in UTC that is determined: {in_utc}.",
        count=len(told),
        in_utc=sum(one.utc is not None for one in told),
    )
    none = message("metadata.times.none", "No time stamp that says a time was found in the metadata by ExifTool.")
    left_out = len(stamps) - most
    gaps = [Gap("time stamps", GapReason.LIMIT, f"{left_out} time stamps were not recorded")] if left_out > 0 else []
    return replace(
        blank,
        kind="metadata.times",
        result=Result.FOUND if told else read.nothing,
        statement=found if told else none,
        values={
            "count": len(stamps),
            "times": [one.as_values() for one in stamps[:most]],
            "comparisons": [_brief(one) for one in compared[:most]],
        },
        gaps=(*read.gaps, *gaps),
        limits=tuple(_time_limits(told)),
        alternatives=(_CLOCK, _EDITED) if told else (),
    )


def _time_limits(told: list[TimeStamp]) -> Iterator[Message]:
    yield _CHANGEABLE if told else _STRIPPED
    if any(one.tag.family == "QuickTime" and one.zone is ZoneSource.SPECIFICATION for one in told):
        yield _QUICKTIME
    if any(one.zone is ZoneSource.MISSING for one in told):
        yield _UNZONED


def _brief(compared: Comparison) -> dict[str, Any]:
    return {
        "rule": compared.rule.name,
        "first": compared.first.tag.full_name,
        "second": compared.second.tag.full_name,
        "difference_s": round(compared.difference_s, 6),
        "outcome": compared.outcome.value,
    }


def places_finding(blank: Finding, read: Reading, *, stamps: tuple[TimeStamp, ...]) -> Finding:
    """States which positions the metadata hold."""
    found = place.places(read.tags)
    points = [one for one in found if one.is_complete]
    is_somewhere = any(one.latitude_deg or one.longitude_deg for one in points)
    fixes = [one for one in stamps if one.tag.name in ("GPSDateStamp", "GPSDateTime") and one.state is State.SET]
    return replace(
        blank,
        kind="metadata.gps",
        result=Result.FOUND if is_somewhere else Result.INDETERMINATE if found else read.nothing,
        statement=_place_statement(len(points), is_somewhere=is_somewhere, has_any=bool(found)),
        values={
            "count": len(points),
            "positions": [one.as_values() for one in found],
            "times": [one.as_values() for one in fixes],
        },
        gaps=read.gaps,
        limits=(_FIX, _CHANGEABLE, *((_NULL_ISLAND,) if points and not is_somewhere else ()))
        if found
        else (_STRIPPED,),
        alternatives=(_COPIED,) if found else (),
    )


def _place_statement(count: int, *, is_somewhere: bool, has_any: bool) -> Message:
    if is_somewhere:
        return message("metadata.gps.found", "Number of positions that the metadata hold: {count}.", count=count)
    if has_any:
        return message("metadata.gps.unclear", "The metadata hold entries for a position that do not name a place.")
    return message("metadata.gps.none", "No position was found in the metadata by ExifTool.")


def devices_finding(blank: Finding, read: Reading) -> Finding:
    """States which devices the metadata name."""
    devices, serials = origin.device_rows(read.tags)
    found = message(
        "metadata.device.found",
        "The metadata have entries about a device: {device}.",
        device=_names(devices or serials, ("Make", "Model")),
    )
    none = message("metadata.device.none", "No name or number of a device was found in the metadata by ExifTool.")
    has_any = bool(devices or serials)
    return replace(
        blank,
        kind="metadata.device",
        result=Result.FOUND if has_any else read.nothing,
        statement=found if has_any else none,
        values={"devices": devices, "serials": serials},
        gaps=read.gaps,
        limits=(_CHANGEABLE,) if has_any else (_STRIPPED,),
        alternatives=(_COPIED,) if has_any else (),
    )


def software_finding(blank: Finding, read: Reading) -> Finding:
    """States which programs the metadata name."""
    rows = origin.software_rows(read.tags)
    found = message(
        "metadata.software.found", "The metadata have entries about a program: {software}.", software=_names(rows, ())
    )
    none = message("metadata.software.none", "No name of a program was found in the metadata by ExifTool.")
    return replace(
        blank,
        kind="metadata.software",
        result=Result.FOUND if rows else read.nothing,
        statement=found if rows else none,
        values={"software": rows},
        gaps=read.gaps,
        limits=(_CHANGEABLE,) if rows else (_STRIPPED,),
        alternatives=(_COPIED,) if rows else (),
    )


def _names(rows: list[dict[str, Any]], wanted: tuple[str, ...]) -> str:
    """Joins the first few different values, those of the wanted tags where there are any."""
    chosen = [row for row in rows if row["tag"].rpartition(":")[2] in wanted] or rows
    distinct = list(dict.fromkeys(str(row["value"]).strip() for row in chosen))
    return ", ".join(distinct[:_NAMED])


def contradiction_findings(blank: Finding, read: Reading, compared: tuple[Comparison, ...]) -> Iterator[Finding]:
    """States each contradiction; where there is none, that there is none or that nothing could be compared."""
    apart = [one for one in compared if one.outcome is not Outcome.AGREE]
    left_out = len(apart) - _MOST_CONTRADICTIONS
    gaps = (Gap("contradictions", GapReason.LIMIT, f"{left_out} more were not stated"),) if left_out > 0 else ()
    for one in apart[:_MOST_CONTRADICTIONS]:
        yield replace(
            blank,
            kind="metadata.contradiction",
            result=Result.FOUND if one.outcome is Outcome.CONTRADICT else Result.INDETERMINATE,
            statement=_sentence(one),
            values=one.as_values(),
            gaps=(*read.gaps, *gaps),
            limits=(_CHANGEABLE, *((_EXPLAINED,) if one.outcome is Outcome.ZONES else ())),
            alternatives=tuple(_explanations(one)),
        )
    if not apart:
        yield _agreement(blank, read, len(compared))


def _explanations(compared: Comparison) -> Iterator[Message]:
    """Gives the innocent explanations that fit the two time stamps."""
    if not compared.rule.same_clock:
        yield _ZONES
    if compared.rule.other_zone:
        yield _RECEIVER
    if compared.rule.is_entered:
        yield _ENTERED
    yield _CLOCK
    yield _EDITED


def _agreement(blank: Finding, read: Reading, count: int) -> Finding:
    agree = message(
        "metadata.contradiction.none",
        "No contradiction was found between time stamps that ought to agree; pairs compared: {count}.",
        count=count,
    )
    nothing = message(
        "metadata.contradiction.nothing",
        "There are no two time stamps in the metadata that ought to agree, so none were compared.",
    )
    return replace(
        blank,
        kind="metadata.contradiction",
        result=read.nothing if count else Result.INDETERMINATE,
        statement=agree if count else nothing,
        values={"compared": count},
        gaps=read.gaps,
        limits=(_CHANGEABLE, _UNSEEN),
    )


def _sentence(compared: Comparison) -> Message:
    rule = compared.rule
    form = "{second_tag} ({second}) is earlier than {first_tag} ({first}) by {days} days and {clock} (h:m:s), though "
    if not rule.is_order:
        form = "{first_tag} ({first}) and {second_tag} ({second}) differ by {days} days and {clock} (h:m:s), though "
    days, rest = divmod(round(abs(compared.difference_s)), 86400)
    values: Mapping[str, Any] = {
        "first_tag": compared.first.tag.full_name,
        "first": tag.short(compared.first.written),
        "second_tag": compared.second.tag.full_name,
        "second": tag.short(compared.second.written),
        "days": days,
        "clock": f"{rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}",
    }
    return message(f"metadata.contradiction.{rule.name}", form + rule.why + ".", **values)
