"""FLAC: its metadata blocks; and the comments that Vorbis, Opus, Theora and Speex share with it.

*Source:* RFC 9639, section 8 (metadata blocks); Xiph.Org, *Ogg Vorbis I format specification: comment field and header
specification*.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from typing import Any

from forensics.formats.mp3_id3 import content_facts, id3v2
from forensics.formats.mp3_tail import tags_at_end
from forensics.formats.structure import Part
from forensics.formats.walk import Walk

_KINDS = ("STREAMINFO", "PADDING", "APPLICATION", "SEEKTABLE", "VORBIS_COMMENT", "CUESHEET", "PICTURE")
"""By the type of a block. *Source:* RFC 9639, 8.1, table 1."""

_INFO, _COMMENT = 0, 4
_ONCE = (_INFO, 3, _COMMENT)
"""Types that may stand once. *Source:* RFC 9639, 8.2, 8.5 and 8.6."""

_INFO_BYTES = 34
_SYNC = (b"\xff\xf8", b"\xff\xf9")
"""First bytes of a frame with blocks of fixed and of variable size. *Source:* RFC 9639, 9.1."""

_PICTURE = "METADATA_BLOCK_PICTURE"
"""Name of a comment with a picture. *Source:* Xiph.Org wiki, *VorbisComment*, *Cover art*."""


def read(walk: Walk) -> Iterator[Part]:
    """Reads a FLAC file: tags before it, its blocks, its frames, tags behind it."""
    at = 0
    while walk.read(at, 3) == b"ID3":
        part = id3v2(walk, at)
        yield part
        at += max(part.size, 3)
    if walk.read(at, 4) != b"fLaC":
        walk.problem("unreadable", at, part="fLaC", detail="the mark of the format is not there")
        return
    yield Part("fLaC", at, 4)
    at += 4
    for part in _blocks(walk, at):
        yield part
        at = part.offset + part.size
    end, tags = tags_at_end(walk, at)
    yield from _frames(walk, at, end)
    yield from tags


def _blocks(walk: Walk, at: int) -> Iterator[Part]:
    seen: set[int] = set()
    is_last = False
    while not is_last:
        header = walk.read(at, 4)
        if len(header) < 4:  # noqa: PLR2004 -- a header has four bytes
            walk.problem("truncated", at, part="fLaC", detail="the file ends before its last metadata block")
            return
        if header[:2] in _SYNC:
            walk.problem("missing-part", at, part="fLaC", detail="no metadata block is marked as the last")
            return
        is_last, kind, size = bool(header[0] & 0x80), header[0] & 0x7F, int.from_bytes(header[1:], "big")
        if not seen and kind != _INFO:
            walk.problem("out-of-order", at, part="fLaC", detail="the first metadata block is not STREAMINFO")
        if kind in seen and kind in _ONCE:
            walk.problem("duplicate-part", at, part=_KINDS[kind], detail="this block may stand once only")
        seen.add(kind)
        yield _block(walk, kind, at=at, size=size)
        at += 4 + size


def _block(walk: Walk, kind: int, *, at: int, size: int) -> Part:
    walk.count()
    name = _KINDS[kind] if kind < len(_KINDS) else f"type {kind}"
    if kind >= len(_KINDS):
        walk.problem("unknown-part", at, size=4 + size, part=name, detail="a type of metadata block that is reserved")
    here = min(size, max(0, walk.size - at - 4))
    if here < size:
        walk.problem("past-end", at, size=4 + size, part=name, detail="the block states more bytes than follow")
    data = walk.read(at + 4, here)
    facts, parts = block_facts(walk, kind, data, at=lambda index: at + 4 + index)
    return Part(name, at, 4 + here, 4 + size, facts, parts)


def block_facts(
    walk: Walk, kind: int, data: bytes, *, at: Callable[[int], int]
) -> tuple[dict[str, Any], tuple[Part, ...]]:
    """Reads the content of a metadata block and notes its values.

    Args:
        walk: The file.
        kind: Type of the block.
        data: Its content.
        at: Gives the offset in the file of a byte of `data`.

    Returns:
        The facts, and the parts within.
    """
    if kind == _COMMENT:
        return {}, tuple(comments(walk, data, "VORBIS_COMMENT", at=at))
    if kind == _INFO:
        return _info(walk, data, at(0)), ()
    if kind == 1 and data.strip(b"\0"):
        first = len(data) - len(data.lstrip(b"\0"))
        detail = "the padding is not zero"
        walk.problem("hidden-data", at(first), size=len(data.strip(b"\0")), part="PADDING", detail=detail)
    if kind == 2:  # noqa: PLR2004 -- APPLICATION
        name = data[:4].decode("ascii", "backslashreplace")
        walk.value("APPLICATION", name, at(4), data[4:])
        return {"id": name}, ()
    if kind == 3:  # noqa: PLR2004 -- SEEKTABLE; a point has 18 bytes (RFC 9639, 8.5)
        return {"points": len(data) // 18}, ()
    if kind == 5:  # noqa: PLR2004 -- CUESHEET
        return _cuesheet(walk, data, at), ()
    return (picture(data), ()) if kind == 6 else ({}, ())  # noqa: PLR2004 -- PICTURE


def _info(walk: Walk, data: bytes, offset: int) -> dict[str, Any]:
    """Reads STREAMINFO. *Source:* RFC 9639, 8.2, table 3."""
    if len(data) < _INFO_BYTES:
        walk.problem("unreadable", offset, size=len(data), part="STREAMINFO", detail="the block is too short")
        return {}
    packed = int.from_bytes(data[10:18], "big")
    return {
        "block_samples": [int.from_bytes(data[0:2], "big"), int.from_bytes(data[2:4], "big")],
        "frame_bytes": [int.from_bytes(data[4:7], "big"), int.from_bytes(data[7:10], "big")],
        "sample_rate_hz": packed >> 44,
        "channels": (packed >> 41 & 7) + 1,
        "bits_per_sample": (packed >> 36 & 31) + 1,
        "samples": packed & (1 << 36) - 1,
        "md5": data[18:34].hex(),
    }


def _cuesheet(walk: Walk, data: bytes, at: Callable[[int], int]) -> dict[str, Any]:
    """Reads the head of a CUESHEET. *Source:* RFC 9639, 8.7, table 7."""
    catalog = data[:128].rstrip(b"\0")
    if catalog:
        walk.value("CUESHEET", "catalog", at(0), catalog, size=128, encoding="latin-1")
    return {"tracks": data[395]} if len(data) > 395 else {}  # noqa: PLR2004 -- place of the number of tracks


def picture(data: bytes) -> dict[str, Any]:
    """Reads the facts of a PICTURE block. *Source:* RFC 9639, 8.8, table 10."""
    size = int.from_bytes(data[4:8], "big")
    media_type, at = data[8 : 8 + size], 8 + size
    length = int.from_bytes(data[at : at + 4], "big")
    description, at = data[at + 4 : at + 4 + length], at + 4 + length
    numbers = [int.from_bytes(data[at + 4 * index : at + 4 * index + 4], "big") for index in range(5)]
    return {
        "picture_type": int.from_bytes(data[:4], "big"),
        "media_type": media_type[:256].decode("ascii", "backslashreplace"),
        "description": description[:1024].decode("utf-8", "backslashreplace"),
        "width_px": numbers[0],
        "height_px": numbers[1],
        **content_facts(data[at + 20 : at + 20 + numbers[4]]),
    }


def _frames(walk: Walk, at: int, end: int) -> Iterator[Part]:
    if end <= at:
        walk.problem("missing-part", at, part="frames", detail="there is no sound behind the metadata")
        return
    walk.count()
    if walk.read(at, 2) not in _SYNC:
        walk.problem("unreadable", at, part="frames", detail="no frame stands where the first one must")
    yield Part("frames", at, end - at)


def comments(walk: Walk, data: bytes, place: str, *, at: Callable[[int], int], base: int = 0) -> Iterator[Part]:
    """Reads a comment header, notes each comment as a value and gives a part for each picture among them.

    Args:
        walk: The file.
        data: The header.
        place: For the values.
        at: Gives the offset in the file of a byte of `data`.
        base: Index where the header's first length stands.
    """
    vendor, index = _text(data, base)
    if vendor is None or index + 4 > len(data):
        walk.problem("unreadable", at(base), part=place, detail="the header ends before its comments")
        return
    walk.value(place, "vendor", at(base + 4), vendor, encoding="utf-8")
    count, index = int.from_bytes(data[index : index + 4], "little"), index + 4
    for number in range(count):
        text, following = _text(data, index)
        if text is None:
            detail = f"the header states {count} comments and ends within or behind number {number}"
            walk.problem("past-end", at(min(index, len(data) - 1)), part=place, detail=detail)
            return
        walk.count()
        yield from _comment(walk, text, place, at=lambda skip, index=index: at(index + 4 + skip))  # type: ignore[misc]
        index = following
    _note_rest(walk, data, index, place, at=at)


def _text(data: bytes, index: int) -> tuple[bytes | None, int]:
    """Reads a length and as many bytes; None where the data end before."""
    if index + 4 > len(data):
        return None, index
    end = index + 4 + int.from_bytes(data[index : index + 4], "little")
    return (data[index + 4 : end], end) if end <= len(data) else (None, index)


def _comment(walk: Walk, text: bytes, place: str, *, at: Callable[[int], int]) -> Iterator[Part]:
    name, mark, content = text.partition(b"=")
    key = name.decode("utf-8", "backslashreplace") if mark else ""
    skip = len(name) + 1 if mark else 0
    if key.upper() != _PICTURE:
        walk.value(place, key, at(skip), content if mark else text, encoding="utf-8")
        return
    try:
        facts = picture(base64.b64decode(content, validate=True))
    except binascii.Error:
        walk.problem("unreadable", at(skip), part=f"{place}/{key}", detail="the picture is no Base64")
        facts = {}
    yield Part(_PICTURE, at(0), len(text), None, facts)


def _note_rest(walk: Walk, data: bytes, index: int, place: str, *, at: Callable[[int], int]) -> None:
    """Notes what follows the comments; one byte 1 is the framing bit of Vorbis."""
    rest = data[index:]
    if rest.strip(b"\0") not in (b"", b"\1"):
        detail = "bytes behind the comments are not zero"
        walk.problem("hidden-data", at(index), size=len(rest), part=place, detail=detail)
