"""Tags that stand at the end of audio files, or before it: ID3v1, APEv2 and Lyrics3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from forensics.formats.mp3_id3 import HEADER_BYTES, content_facts, id3v2
from forensics.formats.structure import Part
from forensics.formats.walk import Walk

_MOST_TAGS = 16
"""Tags at one end of a file; more are not written by any program."""

_APE_BYTES = 32
"""Length of the header and of the footer. *Source:* Hydrogenaudio, *APEv2 specification*, *APE Tags Header*."""

_APE_MOST_BYTES = 16 << 20
"""Bytes of an APE tag that are read."""

_APE_IS_HEADER, _APE_HAS_HEADER = 1 << 29, 1 << 31
"""Flags. *Source:* the same, *Ape Tags Flags*."""

_ID3V1_BYTES, _EXTENDED_BYTES = 128, 227
"""Lengths of an ID3v1 tag and of the extended tag before it. *Source:* id3.org, *ID3v1*; *Enhanced TAG*."""

_ID3V1 = (("title", 3, 33), ("artist", 33, 63), ("album", 63, 93), ("year", 93, 97), ("comment", 97, 127))
"""Key, start, end. *Source:* id3.org, *ID3v1*."""

_LYRICS_NEAR = 5100 + 11
"""Bytes before its end in which a Lyrics3 v1 tag begins. *Source:* id3.org, *Lyrics3 made easy*."""


def tags_at_end(walk: Walk, start: int) -> tuple[int, list[Part]]:
    """Reads the tags at the end of a file, from the last to the first.

    Args:
        walk: The file.
        start: Offset before which no tag can begin.

    Returns:
        The offset where the tags begin, or the end of the file; and the tags in the order of the file.
    """
    end, parts = walk.size, []
    for _ in range(_MOST_TAGS):
        part = _tag_before(walk, start, end)
        if part is None:
            break
        parts.append(part)
        end = part.offset
    return end, parts[::-1]


def _tag_before(walk: Walk, start: int, end: int) -> Part | None:
    for read in (_id3v1, _enhanced, _ape_before, _lyrics, _id3v2_before):
        part = read(walk, start, end)
        if part is not None:
            return part
    return None


def _id3v1(walk: Walk, start: int, end: int) -> Part | None:
    at = end - _ID3V1_BYTES
    data = walk.read(at, _ID3V1_BYTES) if at >= start else b""
    if not data.startswith(b"TAG"):
        return None
    walk.count()
    for key, first, last in _ID3V1:
        _note_fixed(walk, "ID3v1", key, data[first:last], at=at + first)
    if not data[125] and data[126]:
        walk.value("ID3v1", "track", at + 126, str(data[126]).encode(), size=1, encoding="ascii")
    walk.value("ID3v1", "genre", at + 127, str(data[127]).encode(), size=1, encoding="ascii")
    return Part("ID3v1", at, _ID3V1_BYTES)


def _enhanced(walk: Walk, start: int, end: int) -> Part | None:
    at = end - _EXTENDED_BYTES
    if end == walk.size or at < start or walk.read(at, 4) != b"TAG+":
        return None
    walk.count()
    data = walk.read(at, _EXTENDED_BYTES)
    for key, first in (("title", 4), ("artist", 64), ("album", 124)):
        _note_fixed(walk, "ID3v1/TAG+", key, data[first : first + 60], at=at + first)
    return Part("TAG+", at, _EXTENDED_BYTES)


def _note_fixed(walk: Walk, place: str, key: str, data: bytes, *, at: int) -> None:
    """Notes a field of fixed length, whose encoding the format does not say: UTF-8 where it fits, else Latin-1."""
    text = data.rstrip(b"\0 ")
    try:
        text.decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError:
        encoding = "latin-1"
    if text:
        walk.value(place, key, at, text, size=len(data), encoding=encoding)


def _id3v2_before(walk: Walk, start: int, end: int) -> Part | None:
    """Reads an ID3v2.4 tag that is appended, by its footer. *Source:* id3.org, 2.4.0, 3.4 and section 5."""
    footer = walk.read(end - HEADER_BYTES, HEADER_BYTES) if end - 2 * HEADER_BYTES >= start else b""
    if not footer.startswith(b"3DI"):
        return None
    size = 0
    for byte in footer[6:]:
        size = size << 7 | byte & 0x7F
    at = end - size - 2 * HEADER_BYTES
    return id3v2(walk, at) if at >= start and walk.read(at, 3) == b"ID3" else None


def ape_at(walk: Walk, offset: int) -> Part | None:
    """Reads an APE tag by its header; None where none begins there."""
    header = walk.read(offset, _APE_BYTES)
    if len(header) < _APE_BYTES or not header.startswith(b"APETAGEX"):
        return None
    size = int.from_bytes(header[12:16], "little")
    return _ape(walk, header, start=offset, items=offset + _APE_BYTES, end=min(offset + _APE_BYTES + size, walk.size))


def _ape_before(walk: Walk, start: int, end: int) -> Part | None:
    at = end - _APE_BYTES
    footer = walk.read(at, _APE_BYTES) if at >= start else b""
    flags = int.from_bytes(footer[20:24], "little")
    if not footer.startswith(b"APETAGEX") or flags & _APE_IS_HEADER:
        return None
    items = end - int.from_bytes(footer[12:16], "little")
    if not start <= items <= at:
        walk.problem("past-end", at, part="APEv2", detail="the tag states more bytes than stand before its footer")
        return _ape(walk, footer, start=at, items=end, end=end)
    has_header = bool(flags & _APE_HAS_HEADER) and items - _APE_BYTES >= start
    return _ape(walk, footer, start=items - _APE_BYTES * has_header, items=items, end=end)


def _ape(walk: Walk, header: bytes, *, start: int, items: int, end: int) -> Part:
    walk.count()
    version, count = int.from_bytes(header[8:12], "little"), int.from_bytes(header[16:20], "little")
    kind = "APEv1" if version == 1000 else "APEv2"  # noqa: PLR2004 -- the specification's number
    if end - items > _APE_MOST_BYTES:
        walk.problem("limit", items + _APE_MOST_BYTES, part=kind, detail=f"of a tag {_APE_MOST_BYTES} bytes are read")
    data = walk.read(items, min(end - items, _APE_MOST_BYTES))
    parts = tuple(_ape_items(walk, kind, data, base=items, count=count))
    return Part(kind, start, end - start, None, {"version": version, "items": count}, parts)


def _ape_items(walk: Walk, kind: str, data: bytes, *, base: int, count: int) -> Iterator[Part]:
    """Reads items: length, flags, key, value. *Source:* Hydrogenaudio, *APE Tag Item*."""
    at = 0
    for _ in range(count):
        if at + 8 > len(data) or data.startswith(b"APETAGEX", at):
            return
        walk.count()
        size = int.from_bytes(data[at : at + 4], "little")
        nature = int.from_bytes(data[at + 4 : at + 8], "little") >> 1 & 3
        end = data.find(b"\0", at + 8, at + 8 + 256)
        if end < 0:
            walk.problem("unreadable", base + at, part=kind, detail="an item has no end of its key")
            return
        key, content = data[at + 8 : end].decode("latin-1"), data[end + 1 : end + 1 + size]
        if len(content) < size:
            walk.problem("past-end", base + at, part=kind, detail="an item is longer than its tag")
        facts = _note_item(walk, kind, key, content, nature=nature, at=base + end + 1)
        yield Part(key, base + at, end + 1 + len(content) - at, end + 1 + size - at, facts)
        at = end + 1 + size


def _note_item(walk: Walk, kind: str, key: str, content: bytes, *, nature: int, at: int) -> dict[str, Any]:
    """Notes an item; of binary ones, which are pictures as a rule, facts only."""
    if nature == 1:
        name, _, data = content.partition(b"\0")
        return {"file_name": name.decode("utf-8", "backslashreplace"), **content_facts(data)}
    walk.value(kind, key, at, content, encoding="utf-8")
    return {}


def _lyrics(walk: Walk, start: int, end: int) -> Part | None:
    """Reads a Lyrics3 tag. *Source:* id3.org, *Lyrics3 made easy*, *Lyrics3 v2.00*."""
    mark = walk.read(end - 9, 9) if end - 9 >= start else b""
    if mark == b"LYRICS200":
        length = walk.read(end - 15, 6)
        at = end - 15 - int(length) if length.isdigit() else -1
        if at >= start and walk.read(at, 11) == b"LYRICSBEGIN":
            walk.count()
            _note_fields(walk, walk.read(at + 11, end - 15 - at - 11), base=at + 11)
            return Part("Lyrics3v2", at, end - at)
    if mark == b"LYRICSEND":
        near = max(start, end - 9 - _LYRICS_NEAR)
        data = walk.read(near, end - 9 - near)
        found = data.rfind(b"LYRICSBEGIN")
        if found >= 0:
            walk.count()
            walk.value("Lyrics3", "LYR", near + found + 11, data[found + 11 :], encoding="latin-1")
            return Part("Lyrics3v1", near + found, end - near - found)
    return None


def _note_fields(walk: Walk, data: bytes, *, base: int) -> None:
    at = 0
    while match := re.compile(rb"([A-Z]{3})([0-9]{5})").match(data, at):
        walk.count()
        size = int(match[2])
        walk.value("Lyrics3", match[1].decode("ascii"), base + at + 8, data[at + 8 : at + 8 + size], encoding="latin-1")
        at += 8 + size
