"""Reader of PNG and APNG files: chunks with their checksums, texts, metadata, and what stands behind the end."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from forensics.formats import icc, jumbf, png_chunk, tiff, trailer
from forensics.formats.png_text import Text
from forensics.formats.span import Span
from forensics.formats.structure import Part
from forensics.formats.walk import Walk

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FRAME = 12
"""Bytes of length, name and checksum. *Source:* PNG, third edition, section 5.3."""

_BLOCK = 1 << 20
_KEPT = 64 << 10
"""Bytes of a chunk of unknown meaning that are kept as a value."""

_TEXTS = frozenset({"tEXt", "zTXt", "iTXt"})


def read(walk: Walk) -> Iterator[Part]:
    """Gives the chunks of a PNG file, and what stands behind the last."""
    start = walk.find(_SIGNATURE, 0, walk.size)
    if start < 0:
        walk.problem("unreadable", 0, detail="there is no signature of PNG")
        return
    if start:
        walk.problem("leading-data", 0, size=start, detail=f"{start} bytes stand before the signature")
    walk.count()
    yield Part("signature", start, len(_SIGNATURE))
    at, order, text = start + len(_SIGNATURE), png_chunk.Order(), Text(walk)
    while at < walk.size and not (order.seen.get("IEND") and not _is_chunk(walk, at)):
        part, at = _chunk(walk, at, order, text)
        if part is None:
            break
        yield part
    if not order.seen.get("IEND"):
        walk.problem("truncated", walk.size, part="IEND", detail="the file ends before the chunk IEND")
    yield from trailer.rest(walk, at, walk.size)


def _is_chunk(walk: Walk, at: int) -> bool:
    """Whether what stands behind IEND is a further chunk and no other data."""
    head = walk.read(at, 8)
    name = head[4:]
    return len(name) == 4 and name.isalpha() and at + _FRAME + int.from_bytes(head[:4], "big") <= walk.size  # noqa: PLR2004


def _chunk(walk: Walk, at: int, order: png_chunk.Order, text: Text) -> tuple[Part | None, int]:
    """Reads a chunk; gives None where there is none, and where the next one begins."""
    walk.count()
    head = walk.read(at, 8)
    if len(head) < 8 or not head[4:].isalpha():  # noqa: PLR2004 -- length and name
        detail = "there is no chunk" if len(head) == 8 else "the file ends within the header of a chunk"  # noqa: PLR2004
        walk.problem("unreadable" if len(head) == 8 else "truncated", at, detail=detail)  # noqa: PLR2004
        return None, _resume(walk, at, order)
    size, name = int.from_bytes(head[:4], "big"), head[4:].decode("ascii")
    there = max(0, min(size, walk.size - at - _FRAME))
    if name != "IEND" or not order.seen.get("IEND"):
        order.add(walk, name, at)
    else:
        walk.problem("duplicate-part", at, part=name, detail="a second end of the image")
    if there < size:
        walk.problem("past-end", at, part=name, detail=f"{size} bytes are stated, {walk.size - at - 8} are left")
    else:
        _check(walk, at, name, size)
    if not png_chunk.is_known(name):
        kind = "ancillary" if name[0].islower() else "critical"
        walk.problem("unknown-part", at, size=size + _FRAME, part=name, detail=f"an {kind} chunk that is not known")
    found, inner = _content(walk, at + 8, there, name, text)
    return png_chunk.part(name, at, min(size + _FRAME, walk.size - at), size + _FRAME, found, inner), at + _FRAME + size


def _resume(walk: Walk, at: int, order: png_chunk.Order) -> int:
    """Finds the end of the image behind damage, so that what stands after it is seen."""
    end = walk.find(b"IEND\xae\x42\x60\x82", at, walk.size)
    if end < 0:
        return at if order.seen.get("IEND") else walk.size
    order.seen["IEND"] = 1
    walk.problem("hidden-data", at, size=end - 4 - at, detail=f"{end - 4 - at} bytes before IEND are no chunks")
    return end + 8


def _check(walk: Walk, at: int, name: str, size: int) -> None:
    digest, place, end = 0, at + 4, at + 8 + size
    while place < end:
        data = walk.read(place, min(_BLOCK, end - place))
        digest = zlib.crc32(data, digest)
        place += len(data)
    stated = int.from_bytes(walk.read(end, 4), "big")
    if stated != digest:
        detail = f"the checksum is {digest:08x}, stated is {stated:08x}"
        walk.problem("bad-checksum", at, size=size + _FRAME, part=name, detail=detail)


def _content(walk: Walk, start: int, size: int, name: str, text: Text) -> tuple[dict[str, Any], tuple[Part, ...]]:
    """Notes what a chunk carries; gives facts and the parts within it."""
    if name in {"IDAT", "fdAT", "IEND"}:
        return {}, ()
    if name in _TEXTS:
        text.read(name, start, size)
        return {"keyword": walk.read(start, min(size, 80)).split(b"\0")[0].decode("latin-1")}, ()
    if name in {"eXIf", "exIf"}:
        with walk.deeper():
            return {}, tiff.ifds(walk, start, size, name)
    if name == "zxIf":
        return {}, _packed_exif(walk, start, size, text)
    if name == "caBX":
        with walk.deeper():
            return {}, tuple(jumbf.boxes(Span(walk, [(start, size)])))
    data = walk.read(start, min(size, _KEPT))
    if name == "iCCP":
        return _profile(data, start, text), ()
    if name == "tIME" and len(data) == 7:  # noqa: PLR2004 -- section 11.3.5.1
        year, rest = int.from_bytes(data[:2], "big"), data[2:]
        written = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(year, *rest)
        walk.value("tIME", "tIME", start, written.encode(), size=7, encoding="ascii")
    elif not png_chunk.is_known(name):
        walk.value("PNG", name, start, data, size=size, encoding="utf-8" if _is_text(data) else "", is_cut=size > _KEPT)
    return png_chunk.facts(name, data), ()


def _packed_exif(walk: Walk, start: int, size: int, text: Text) -> tuple[Part, ...]:
    """Reads compressed EXIF data: a zero byte, 4 bytes of length, data. *Source:* ExifTool, PNG.pm."""
    data = walk.read(start, min(size, walk.limits.value_bytes))
    unpacked, _ = text.unpack(data[5:], start, part="zxIf")
    return tiff.block(Span(walk, [(start, size)], unpacked=unpacked), "zxIf")


def _profile(data: bytes, start: int, text: Text) -> dict[str, Any]:
    name, _, rest = data.partition(b"\0")
    unpacked, _ = text.unpack(rest[1:], start, part="iCCP")
    return {"name": name[:79].decode("latin-1"), "profile": icc.facts(unpacked)}


def _is_text(data: bytes) -> bool:
    return bool(data) and all(byte >= 32 or byte in b"\t\n\r\0" for byte in data)  # noqa: PLR2004 -- control characters
