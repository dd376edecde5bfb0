"""Matroska and WebM files: the tree of elements, what they say, and tags with their nesting."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from forensics.codec import MAX_INTEGER
from forensics.formats.matroska_cluster import cluster
from forensics.formats.matroska_element import Facts, Header, Reading, header, scalar
from forensics.formats.matroska_name import ELEMENTS, TOP
from forensics.formats.structure import Part
from forensics.formats.trailer import rest
from forensics.formats.walk import LimitReachedError, Walk

_BLOCKS = 50_000
"""Blocks that are counted in one file, so that long films cost no more than short ones."""

_SHORT = 64 << 10
_SEGMENT, _HEAD = 0x18538067, 0x1A45DFA3
_ONCE = frozenset({"Cues", "Attachments", "Chapters"})
_REPEATED = frozenset({"Info", "Tracks"})
"""May be repeated, but only as they are (RFC 9559, section 5.1: `recurring`)."""

_NOTED = {
    "Info": ("MuxingApp", "WritingApp", "Title", "DateUTC", "SegmentFilename", "SegmentUUID", "PrevUUID", "NextUUID"),
    "TrackEntry": ("Name", "CodecName", "CodecSettings", "CodecInfoURL", "CodecDownloadURL"),
    "AttachedFile": ("FileName", "FileMediaType", "FileDescription"),
    "ChapterDisplay": ("ChapString",),
    "EditionDisplay": ("EditionString",),
}
"""Elements whose texts become values, by what they lie in."""


def read(walk: Walk) -> Iterator[Part]:
    """Gives the outermost elements: the head and the segment."""
    reading = Reading(walk, _BLOCKS)
    at, heads, segments = 0, 0, 0
    while at < walk.size and not reading.stopped:
        head = header(walk, at, walk.size)
        if head is None or head.number not in {_HEAD, _SEGMENT, 0xEC, 0xBF}:
            yield from _tail(walk, at, is_late=segments > 0)
            break
        heads, segments = heads + (head.number == _HEAD), segments + (head.number == _SEGMENT)
        if head.number == _HEAD and heads > 1:
            detail = "a second head of EBML follows, with what belongs to it"
            walk.problem("second-file", at, size=walk.size - at, part=head.name, detail=detail)
        reading.note(head, "")
        part = _part(reading, head, head.name)
        yield part
        at = part.offset + part.size
    if not segments and not reading.stopped:
        walk.problem("truncated", walk.size, part="Segment", detail="there is no segment")


def _tail(walk: Walk, at: int, *, is_late: bool) -> Iterator[Part]:
    """Gives what is no element of the outermost level."""
    if is_late:
        yield from rest(walk, at, walk.size)
    else:
        walk.problem("unreadable", at, size=walk.size - at, detail="there is no element of EBML")


def _part(reading: Reading, head: Header, path: str) -> Part:
    """Reads one element and all within it."""
    facts: Facts = {}
    parts: tuple[Part, ...] = ()
    end = head.end
    try:
        reading.walk.count()
        if head.name == "Cluster":
            facts, end = cluster(reading, head, path)
        elif head.name == "Cues":
            facts = _cues(reading, head)
        elif head.kind == "m":
            parts, end = _children(reading, head, path)
            facts = _facts(reading, head, parts, path)
        elif head.name == "Void":
            facts = reading.padding(head, path)
    except LimitReachedError as error:
        reading.stop(error)
    return Part(head.name, head.start, end - head.start, head.declared, facts, parts)


def _children(reading: Reading, head: Header, path: str) -> tuple[tuple[Part, ...], int]:
    """Reads what lies in an element, and gives where it ends: known only then where no size is stated."""
    if head.number == _SEGMENT:
        reading.segment = head.body
    found: list[Part] = []
    at = head.body
    try:
        with reading.walk.deeper():
            for part in _within(reading, head, path):
                found.append(part)
                at = part.offset + part.size
    except LimitReachedError as error:
        reading.walk.problem("limit", at, part=path, detail=str(error))
        at = head.end
    if found and found[0].kind == "CRC-32" and head.number != _SEGMENT:
        reading.check(head, found[0], path)
    return tuple(found), at if head.declared is None else head.end


def _within(reading: Reading, head: Header, path: str) -> Iterator[Part]:
    counts: dict[str, int] = {}
    at = head.body
    while at < head.end and not reading.stopped:
        child = header(reading.walk, at, head.end)
        if child is None:
            at = reading.lost(at, head.end, path)
            continue
        if _ends(head, child):
            return
        counts[child.name] = counts.get(child.name, 0) + 1
        reading.note(child, path)
        if child.number == _HEAD:
            detail = "a head of EBML stands within a segment"
            reading.walk.problem("second-file", at, size=child.end - at, part=path, detail=detail)
        if head.number == _SEGMENT and counts[child.name] > 1:
            _repeated(reading, child, path)
        elif head.number == _SEGMENT and child.name in _REPEATED:
            reading.seen[child.name] = _sum(reading, child)
        name = f"{child.name}[{counts[child.name]}]" if child.name == "TrackEntry" else child.name
        part = _part(reading, child, f"{path}/{name}")
        yield part
        at = part.offset + part.size


def _ends(head: Header, child: Header) -> bool:
    """Whether a child ends an element of unknown size, because it can only lie outside of it."""
    if head.declared is not None:
        return False
    return child.number in ({_HEAD, _SEGMENT} if head.number == _SEGMENT else TOP)


def _sum(reading: Reading, head: Header) -> int:
    return zlib.crc32(reading.body(head, 1 << 20))


def _repeated(reading: Reading, head: Header, path: str) -> None:
    is_other = head.name in _REPEATED and reading.seen.get(head.name) != _sum(reading, head)
    if head.name in _ONCE or is_other:
        detail = f"{head.name} is there again" + (", with other content" if is_other else "")
        reading.walk.problem("duplicate-part", head.start, size=head.end - head.start, part=path, detail=detail)


def _facts(reading: Reading, head: Header, parts: tuple[Part, ...], path: str) -> Facts:
    """Gives numbers and texts that lie directly in an element, and notes those that become values."""
    facts: Facts = {}
    for part in parts:
        element = header(reading.walk, part.offset, head.end)
        if element is None or element.kind not in {"u", "i", "f", "s", "d", "b"} or part.kind in facts:
            continue
        if element.kind != "b" or part.kind in _NOTED.get(head.name, ()):
            raw = reading.body(element, None if part.kind in _NOTED.get(head.name, ()) else _SHORT)
            value = raw.hex() if element.kind == "b" else scalar(element.kind, raw)
            facts[part.kind] = value
            if part.kind in _NOTED.get(head.name, ()):
                _value(reading, element, path, raw=raw)
    return facts | _more(reading, head, parts, path, facts=facts)


def _value(reading: Reading, element: Header, path: str, *, raw: bytes) -> None:
    """Notes one value; a date in RFC 3339."""
    encoding = {"s": "utf-8", "d": "ascii"}.get(element.kind, "")
    data = str(scalar("d", raw) or "").encode() if element.kind == "d" else raw
    size = element.end - element.body
    if data:
        reading.walk.value(path, element.name, element.body, data, size=size, encoding=encoding, is_cut=size > len(raw))


def _more(reading: Reading, head: Header, parts: tuple[Part, ...], path: str, *, facts: Facts) -> Facts:
    """Gives facts that are worked out from what lies in an element."""
    if head.name == "Info" and facts.get("Duration"):
        scale, duration = facts.get("TimestampScale", 1_000_000), facts["Duration"]
        is_number = isinstance(duration, float) and isinstance(scale, int)
        return {"duration_s": round(duration * scale / 1e9, 3)} if is_number else {}
    if head.name == "SimpleTag":
        return _tag(reading, head, parts, path)
    if head.name == "Seek":
        return _target(reading, parts, facts)
    for part in parts:
        if part.kind in {"CodecPrivate", "FileData"}:
            element = header(reading.walk, part.offset, head.end)
            start = element.body if element else part.offset
            return {"data_offset": start, "data_bytes": part.offset + part.size - start}
    return {}


def _tag(reading: Reading, head: Header, parts: tuple[Part, ...], path: str) -> Facts:
    """Notes the text and the bytes of a tag under its name."""
    elements = [element for part in parts if (element := header(reading.walk, part.offset, head.end)) is not None]
    name = next((reading.body(one, 1024) for one in elements if one.name == "TagName"), b"")
    key = name.decode("utf-8", "backslashreplace").rstrip("\0")
    for one in elements:
        if one.name in {"TagString", "TagBinary"}:
            raw, size = reading.body(one), one.end - one.body
            encoding = "utf-8" if one.name == "TagString" else ""
            reading.walk.value(path, key, one.body, raw, size=size, encoding=encoding, is_cut=size > len(raw))
    return {}


def _target(reading: Reading, parts: tuple[Part, ...], facts: Facts) -> Facts:
    """Says which element a `Seek` points to, and whether it is there."""
    last = [part.offset + part.size for part in parts if part.kind == "SeekID"]
    wanted = reading.walk.read(last[0] - 4, 4) if last else b""
    number = int.from_bytes(wanted, "big")
    at = reading.segment + int(facts.get("SeekPosition") or 0)
    element = ELEMENTS.get(number)
    name = element.name if element else f"0x{number:X}"
    return {
        "element": name,
        "target_offset": min(at, MAX_INTEGER),
        "is_there": bool(wanted) and reading.walk.read(at, 4) == wanted,
    }


def _cues(reading: Reading, head: Header) -> Facts:
    """Counts the points of an index without making parts of them; a film has thousands."""
    count, at = 0, head.body
    while at < head.end and count < _BLOCKS:
        child = header(reading.walk, at, head.end)
        if child is None or child.declared is None:
            break
        count += child.name == "CuePoint"
        at = child.start + child.declared
    return {"cue_points": count}
