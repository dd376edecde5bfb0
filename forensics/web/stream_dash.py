"""Reads MPEG-DASH manifests: of which segments the best video and the best sound consist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

from forensics.errors import MediaError
from forensics.model import Gap, GapReason
from forensics.web.stream_track import MOST_SEGMENTS, Segment, Track

_DURATION = re.compile(
    r"P(?:(?P<d>\d{1,6})D)?(?:T(?:(?P<h>\d{1,6})H)?(?:(?P<m>\d{1,6})M)?(?:(?P<s>\d{1,9}(?:\.\d{1,9})?)S)?)?"
)
_PLACEHOLDER = re.compile(r"\$(?:(RepresentationID|Number|Bandwidth|Time)(?:%0(\d{1,2})d)?)?\$")
_INHERITED = ("SegmentBase", "SegmentList", "SegmentTemplate")
_NAMESPACE = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class _Level:
    """What holds at one level of the manifest and is handed down. *Source:* ISO/IEC 23009-1, 5.3.9.1 and 5.6.4."""

    base: str
    duration_s: float | None
    rules: tuple[ET.Element, ...] = ()

    def below(self, element: ET.Element) -> _Level:
        address = element.findtext("BaseURL")
        base = urljoin(self.base, address.strip()) if address else self.base
        found = tuple(rule for name in _INHERITED for rule in element.findall(name))
        return replace(self, base=base, rules=(*found, *self.rules))


def read_manifest(content: bytes, url: str) -> tuple[Track, ...]:
    """Reads a manifest and chooses, in each period, the video and the sound of the most bits per second.

    Args:
        content: The manifest.
        url: Where it came from, for relative addresses in it.

    Raises:
        MediaError: It is no manifest, or one that cannot be followed.

    Not done: periods and manifests that lie elsewhere (XLink), patches, content steering.
    """
    root = _parse(content)
    if root.tag != "MPD":
        raise MediaError("this is no DASH manifest")
    whole = _Level(url, _seconds(root.get("mediaPresentationDuration", ""))).below(root)
    periods = root.findall("Period")
    chosen: dict[str, Track] = {}
    for number, period in enumerate(periods):
        level = replace(whole.below(period), duration_s=_period_s(periods, number, whole.duration_s))
        for track in _best(period, level):
            before = chosen.get(track.kind)
            chosen[track.kind] = _joined(before, track) if before else track
    if not chosen:
        raise MediaError("the manifest names no rendition")
    live = (Gap("stream", GapReason.LIMIT, "it goes on: only what the manifest named is here"),)
    is_live = root.get("type") == "dynamic"
    return tuple(replace(track, url=url, gaps=track.gaps + (live if is_live else ())) for track in chosen.values())


def _parse(content: bytes) -> ET.Element:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise MediaError("the manifest defines entities, which no player needs")
    try:
        root = ET.fromstring(content)  # noqa: S314 -- without entities there is nothing to expand
    except (ET.ParseError, ValueError, LookupError) as error:
        raise MediaError(f"the manifest cannot be read: {error}") from error
    for element in root.iter():
        element.tag = _NAMESPACE.sub("", str(element.tag))
    return root


def _best(period: ET.Element, level: _Level) -> Iterator[Track]:
    """Gives the best track of each kind of one period."""
    best: dict[str, tuple[int, ET.Element, ET.Element]] = {}
    for group in period.findall("AdaptationSet"):
        for one in group.findall("Representation"):
            kind = _kind(group, one)
            rank = _number(one.get("bandwidth", ""))
            if kind in ("video", "audio", "") and (kind not in best or rank > best[kind][0]):
                best[kind] = (rank, group, one)
    for kind, (_, group, one) in sorted(best.items(), reverse=True):
        yield _track(group, one, kind=kind, level=level.below(group).below(one))


def _kind(group: ET.Element, one: ET.Element) -> str:
    stated = group.get("contentType") or one.get("mimeType") or group.get("mimeType") or ""
    return stated.partition("/")[0]


def _track(group: ET.Element, one: ET.Element, *, kind: str, level: _Level) -> Track:
    names = ("bandwidth", "width", "height", "codecs")
    label = ", ".join(
        f"{name} {one.get(name) or group.get(name)}" for name in names if one.get(name) or group.get(name)
    )
    is_protected = any(element.find("ContentProtection") is not None for element in (group, one))
    segments = tuple(_segments(one, level))
    if not segments:
        raise MediaError("the manifest names no segment of a rendition")
    gaps: tuple[Gap, ...] = ()
    if len(segments) > MOST_SEGMENTS:
        gaps = (Gap("stream", GapReason.LIMIT, f"it has {len(segments)} segments; {MOST_SEGMENTS} are fetched"),)
    encryption = "content protection" if is_protected else ""
    return Track("", segments[:MOST_SEGMENTS], label, kind, encryption=encryption, gaps=gaps)


def _segments(one: ET.Element, level: _Level) -> Iterator[Segment]:
    """Gives initialisation and segments by the first rule that there is."""
    templates = [rule for rule in level.rules if rule.tag == "SegmentTemplate"]
    lists = [rule for rule in level.rules if rule.tag == "SegmentList"]
    if templates:
        yield from _of_template(one, templates, level=level)
    elif lists:
        yield from _of_list(lists, level=level)
    else:
        yield Segment(level.base)


def _of_list(rules: list[ET.Element], *, level: _Level) -> Iterator[Segment]:
    start = next((found for rule in rules if (found := rule.find("Initialization")) is not None), None)
    if start is not None:
        yield Segment(urljoin(level.base, start.get("sourceURL", "")), _piece(start.get("range", "")))
    for rule in rules[:1]:
        for one in rule.findall("SegmentURL"):
            yield Segment(urljoin(level.base, one.get("media", "")), _piece(one.get("mediaRange", "")))


def _of_template(one: ET.Element, rules: list[ET.Element], *, level: _Level) -> Iterator[Segment]:
    stated = {name: value for rule in reversed(rules) for name, value in rule.attrib.items()}
    filled = {"RepresentationID": one.get("id", ""), "Bandwidth": one.get("bandwidth", "")}
    if "initialization" in stated:
        yield Segment(urljoin(level.base, _fill(stated["initialization"], filled)))
    if "media" not in stated:
        raise MediaError("a template of the manifest names no segments")
    line = next((found for rule in rules if (found := rule.find("SegmentTimeline")) is not None), None)
    first = _number(stated.get("startNumber", "1"))
    times = _timeline(line, stated, level) if line is not None else _regular(stated, level)
    for number, time in enumerate(times, first):
        yield Segment(urljoin(level.base, _fill(stated["media"], {**filled, "Number": str(number), "Time": str(time)})))


def _regular(stated: dict[str, str], level: _Level) -> Iterator[int]:
    """Gives the times of segments of equal length. *Source:* ISO/IEC 23009-1, 5.3.9.5.3."""
    length, scale = _number(stated.get("duration", "")), _number(stated.get("timescale", "1")) or 1
    if not length or level.duration_s is None:
        raise MediaError("the manifest does not say how many segments there are")
    count = min(ceil(level.duration_s * scale / length - 1e-9), MOST_SEGMENTS + 1)
    yield from (number * length for number in range(count))


def _timeline(line: ET.Element, stated: dict[str, str], level: _Level) -> Iterator[int]:
    """Gives the times of a timeline; a negative repeat runs to the next entry or the end of the period."""
    entries = line.findall("S")
    scale = _number(stated.get("timescale", "1")) or 1
    time, given = 0, 0
    for place, entry in enumerate(entries):
        time = _number(entry.get("t", "")) if entry.get("t") else time
        length, repeat = _number(entry.get("d", "")), entry.get("r", "0")
        if not length:
            raise MediaError("a segment of the manifest has no length")
        count = _number(repeat) + 1
        if repeat.startswith("-"):
            following = entries[place + 1].get("t") if place + 1 < len(entries) else None
            if following is None and level.duration_s is None:
                raise MediaError("the manifest does not say how many segments there are")
            offset = _number(stated.get("presentationTimeOffset", ""))
            end = _number(following) if following else ceil((level.duration_s or 0) * scale) + offset
            count = max(ceil((end - time) / length - 1e-9), 0)
        for _ in range(min(count, MOST_SEGMENTS + 1 - given)):
            yield time
            time, given = time + length, given + 1


def _fill(template: str, values: dict[str, str]) -> str:
    """Fills placeholders in. *Source:* ISO/IEC 23009-1, 5.3.9.4.4."""

    def value(match: re.Match[str]) -> str:
        return values.get(match[1], "").zfill(int(match[2] or 0)) if match[1] else "$"

    return _PLACEHOLDER.sub(value, template)


def _period_s(periods: list[ET.Element], number: int, total_s: float | None) -> float | None:
    """Gives how long a period lasts, in seconds; None where the manifest leaves it open."""
    stated = _seconds(periods[number].get("duration", ""))
    if stated is not None:
        return stated
    starts = [_seconds(period.get("start", "")) for period in periods]
    start = starts[number] if starts[number] is not None else (0.0 if number == 0 else None)
    end = starts[number + 1] if number + 1 < len(periods) else total_s
    return end - start if start is not None and end is not None else None


def _seconds(text: str) -> float | None:
    match = _DURATION.fullmatch(text)
    if not text or match is None:
        return None
    days, hours, minutes = (int(match[name] or 0) for name in ("d", "h", "m"))
    return days * 86400 + hours * 3600 + minutes * 60 + float(match["s"] or 0)


def _piece(text: str) -> tuple[int, int] | None:
    first, mark, last = text.partition("-")
    return (_number(first), _number(last) - _number(first) + 1) if mark else None


def _joined(first: Track, second: Track) -> Track:
    segments = tuple(dict.fromkeys((*first.segments, *second.segments)))[:MOST_SEGMENTS]
    encryption = first.encryption or second.encryption
    return replace(first, segments=segments, encryption=encryption, gaps=tuple({*first.gaps, *second.gaps}))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0  # noqa: PLR2004 -- below 2^53
