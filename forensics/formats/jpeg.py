"""Reader of JPEG files: segments, tables, metadata, the entropy-coded data passed over, and what stands behind it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from forensics.formats import jpeg_app, jpeg_table, jpeg_trailer
from forensics.formats.jpeg_app import App
from forensics.formats.jpeg_segment import APP0, COM, EOI, SOI, SOS, Segment, segments
from forensics.formats.span import Span
from forensics.formats.structure import Part
from forensics.formats.walk import Walk

_FRONT = 5_000
"""Segments before the first scan that are looked at together, so that pieces find each other; camera files have 60."""

_ONCE = frozenset({"JFIF", "Exif", "XMP", "MPF", "Adobe", "SPIFF"})
"""Application segments of which the first counts and a second has no meaning."""


@dataclass(slots=True)
class _Seen:
    """What was seen of the picture so far."""

    names: set[str] = field(default_factory=set)
    images: list[dict[str, Any]] = field(default_factory=list)
    packets: list[bytes] = field(default_factory=list)
    frames: int = 0
    scans: int = 0
    end: int = 0


def read(walk: Walk) -> Iterator[Part]:
    """Gives the segments of a JPEG file, the data between them, and what stands behind the picture."""
    start = walk.find(b"\xff\xd8\xff", 0, walk.size)
    if start < 0:
        walk.problem("missing-part", 0, part="SOI", detail="there is no start of an image")
        return
    if start:
        walk.problem("leading-data", 0, size=start, detail=f"{start} bytes stand before the image")
    row = segments(walk, start)
    front = _front(row)
    apps = {segment.offset: jpeg_app.identify(walk, segment) for segment in front if APP0 <= segment.marker < APP0 + 16}
    joined = jpeg_app.joined(walk, apps.values())
    seen = _Seen(end=start)
    for segment in chain(front, row):
        walk.count()
        app = apps.get(segment.offset)
        yield _part(walk, segment, seen, app=app, more=joined.get(app.start) if app else None)
        seen.end = segment.offset + segment.size
    _extended(walk, apps)
    if "EOI" not in seen.names:
        _unfinished(walk, seen)
    else:
        yield from jpeg_trailer.parts(walk, seen.end, jpeg_trailer.declared(seen.images, seen.packets))


def _front(row: Iterator[Segment]) -> list[Segment]:
    found: list[Segment] = []
    for segment in row:
        found.append(segment)
        if segment.marker in {SOS, EOI} or len(found) >= _FRONT:
            break
    return found


def _part(walk: Walk, segment: Segment, seen: _Seen, *, app: App | None, more: list[App] | None) -> Part:
    """Makes the part of a segment, and notes what it carries."""
    facts: dict[str, Any] = dict(segment.facts)
    parts: tuple[Part, ...] = ()
    _expected(walk, segment, seen)
    if segment.marker == COM:
        start, size = segment.body
        walk.value("COM", "comment", start, walk.read(start, size), encoding="utf-8")
    elif APP0 <= segment.marker < APP0 + 16:
        app = app or jpeg_app.identify(walk, segment)
        with walk.deeper():
            facts, parts = _application(walk, segment, seen, app=app, more=more)
    elif segment.marker:
        facts |= _table(walk, segment)
    return Part(segment.name, segment.offset, segment.size, segment.declared, facts, parts)


def _application(
    walk: Walk, segment: Segment, seen: _Seen, *, app: App, more: list[App] | None
) -> tuple[dict[str, Any], tuple[Part, ...]]:
    facts: dict[str, Any] = {"id": app.name}
    if more is None and seen.scans == 0:
        return facts | jpeg_app.continued(walk, app), ()
    if app.name in _ONCE and app.name in seen.names:
        detail = f"a second segment of {app.name} stands in the file"
        walk.problem("duplicate-part", segment.offset, size=segment.size, part=segment.name, detail=detail)
    seen.names.add(app.name)
    if app.name == "XMP" and not seen.packets:
        seen.packets.append(walk.read(app.start, app.size))
    try:
        found, parts = jpeg_app.read(walk, app, more or [])
    except IndexError:
        walk.problem("unreadable", segment.offset, part=segment.name, detail=f"{app.name} is shorter than it must be")
        return facts, ()
    seen.images.extend(found.get("images", ()))
    return facts | found, parts


def _table(walk: Walk, segment: Segment) -> dict[str, Any]:
    start, size = segment.body
    try:
        return jpeg_table.facts(segment.marker, walk.read(start, size))
    except ValueError as error:
        walk.problem("unreadable", segment.offset, size=segment.size, part=segment.name, detail=str(error))
        return {}


def _expected(walk: Walk, segment: Segment, seen: _Seen) -> None:
    """Reports a segment that may not stand where it does."""
    name = segment.name
    if segment.marker == SOI and "SOI" in seen.names:
        walk.problem("duplicate-part", segment.offset, size=2, part="SOI", detail="a second start of an image")
    if name.startswith("0x"):
        walk.problem("unknown-part", segment.offset, size=segment.size, part=name, detail="a marker without a meaning")
    if jpeg_table.is_frame(segment.marker):
        seen.frames += 1
        if seen.frames > 1:
            walk.problem("duplicate-part", segment.offset, size=segment.size, part=name, detail="a second frame header")
    if segment.marker == SOS:
        seen.scans += 1
        if not seen.frames:
            walk.problem("out-of-order", segment.offset, part="SOS", detail="a scan stands before the frame header")
    seen.names.add(name)


def _unfinished(walk: Walk, seen: _Seen) -> None:
    what = "the end of the image (EOI)" if seen.scans else "the picture's data"
    walk.problem("truncated", walk.size, part="EOI", detail=f"the file ends before {what}")


def _extended(walk: Walk, apps: dict[int, App]) -> None:
    """Joins the pieces of extended XMP packets and reads them. *Source:* ISO 16684-3:2021, 7.3.1."""
    from forensics.formats import xmp

    for digest, size, pieces in jpeg_app.extended(walk, (app for app in apps.values() if app.name == "ExtendedXMP")):
        first = pieces[0][1]
        reached = 0
        for at, _, length in pieces:
            reached = at + length if at <= reached else reached
        if reached < size or pieces[0][0] != 0:
            detail = f"of an extended XMP packet of {size} bytes the first {reached} are there"
            walk.problem("missing-part", first, part="APP1", detail=detail)
            if pieces[0][0] != 0:
                continue
        span = Span(walk, [(offset, length) for _, offset, length in pieces])
        data = span.read(0, min(span.size, walk.limits.total_bytes))
        if reached >= size and hashlib.md5(data[:size], usedforsecurity=False).hexdigest().upper() != digest.upper():
            detail = "the MD5 digest of an extended XMP packet is not the one stated"
            walk.problem("bad-checksum", first, size=size, part="APP1", detail=detail)
        xmp.packet(walk, data, first, "APP1/XMP/extended", locate=span.offset)
