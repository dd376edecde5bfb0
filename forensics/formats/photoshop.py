"""Image resources of Photoshop (8BIM) and the IPTC-IIM datasets in them, as JPEG and TIFF files carry them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from forensics.formats.span import Span
from forensics.formats.structure import Part

_SIGNATURES = frozenset({b"8BIM", b"PHUT", b"AgHg", b"DCSR", b"MeSa"})
"""*Source:* ExifTool, Photoshop.pm; Adobe's specification knows 8BIM only."""

_IPTC, _DIGEST, _XMP, _EXIF, _URL, _QUALITY = 0x0404, 0x0425, 0x0424, 0x0422, 0x040B, 0x0406
_VERSION, _THUMBNAILS = 0x0421, frozenset({0x0409, 0x040C})
_THUMBNAIL_HEADER = 28
"""Bytes before the JPEG data of a thumbnail. *Source:* Adobe Photoshop File Formats Specification, image resources."""

_SECOND_RECORD_BINARY = frozenset({0, 200, 201, 202})
"""Datasets of the application record that are no text. *Source:* IPTC-IIM 4.2, chapter 6."""

_UTF8 = b"\x1b%G"
_DATASETS = 10_000
"""Datasets of one block; the fullest file measured has 120."""


def resources(span: Span, place: str) -> Iterator[Part]:
    """Gives the image resources of a block, and notes the texts in them.

    Args:
        span: The block, from the first signature.
        place: Where it lies; IPTC datasets are noted under `place/IPTC`.

    The digest of the IPTC block tells whether it was changed by a program that does not keep it up to date: fact
    `is_current`.
    """
    at, iptc_md5 = 0, ""
    while at + 12 <= span.size:
        header = span.read(at, 7)
        if header[:4] not in _SIGNATURES:
            if any(span.read(at, min(span.size - at, 1 << 16))):
                span.walk.problem("unreadable", span.offset(at), part=place, detail="there is no image resource")
            return
        span.walk.count()
        name_size = (header[6] + 2) & ~1
        size = int.from_bytes(span.read(at + 6 + name_size, 4), "big")
        start = at + 10 + name_size
        there = max(0, min(size, span.size - start))
        if there < size:
            span.walk.problem("past-end", span.offset(at), part=place, detail=f"an image resource has {size} bytes")
        number = int.from_bytes(header[4:6], "big")
        name = span.read(at + 7, header[6]).decode("latin-1")
        facts: dict[str, object] = {"id": f"0x{number:04x}", "name": name}
        facts |= _resource(span, number, start, size=there, place=place)
        if number == _DIGEST and iptc_md5:
            facts["is_current"] = span.read(start, there).hex() == iptc_md5
        if number == _IPTC:
            iptc_md5 = hashlib.md5(span.read(start, there), usedforsecurity=False).hexdigest()
        yield Part(header[:4].decode("ascii"), span.offset(at), start + there - at, start + size - at, facts)
        at = start + size + (size & 1)


def _resource(span: Span, number: int, start: int, *, size: int, place: str) -> dict[str, object]:
    """Reads what one resource holds; gives facts about it."""
    inner = _inner(span, start, size)
    offset = span.offset(start)
    if number == _IPTC:
        iptc(inner, f"{place}/IPTC")
    elif number == _XMP:
        from forensics.formats import xmp

        xmp.packet(span.walk, span.read(start, size), offset, f"{place}/XMP", is_compressed=span.is_packed)
    elif number == _EXIF:
        from forensics.formats import tiff

        tiff.block(inner, f"{place}/Exif")
    elif number == _DIGEST:
        text = span.read(start, min(size, 16)).hex()
        span.walk.value(f"{place}/Photoshop", "IPTCDigest", offset, text.encode(), size=size, encoding="ascii")
    elif number == _URL and size:
        span.walk.value(f"{place}/Photoshop", "URL", offset, span.read(start, size), encoding="utf-8")
    elif number == _VERSION:
        _versions(span, start, size=size, place=place)
    elif number == _QUALITY and size >= 4:  # noqa: PLR2004 -- two numbers of 2 bytes
        return {"quality": int.from_bytes(span.read(start, 2), "big", signed=True) + 4}
    elif number in _THUMBNAILS and size > _THUMBNAIL_HEADER:
        data = offset + _THUMBNAIL_HEADER
        return {"thumbnail_offset": data, "thumbnail_size": size - _THUMBNAIL_HEADER}
    return {}


def _inner(span: Span, start: int, size: int) -> Span:
    """Gives a part of a block as a block of its own."""
    if span.is_packed or span.offset(start) + size != span.offset(start + size):
        return Span(span.walk, [(span.offset(start), size)], unpacked=span.read(start, size))
    return Span(span.walk, [(span.offset(start), size)])


def _versions(span: Span, start: int, *, size: int, place: str) -> None:
    """Notes the names of the programs that wrote the file and that can read it."""
    data = span.read(start, min(size, 4096))
    at = 5
    for key in ("WriterName", "ReaderName"):
        length = 2 * int.from_bytes(data[at : at + 4], "big")
        text = data[at + 4 : at + 4 + length]
        if text:
            offset = span.offset(start + at + 4)
            span.walk.value(f"{place}/Photoshop", key, offset, text, encoding="utf-16-be")
        at += 4 + length


def iptc(span: Span, place: str) -> None:
    """Notes the datasets of an IPTC-IIM block under keys such as `2:80`.

    Args:
        span: The block.
        place: Where it lies.
    """
    at, declared = 0, ""
    for _ in range(_DATASETS):
        header = span.read(at, 5)
        if len(header) < 5 or header[0] != 0x1C:  # noqa: PLR2004 -- IIM 4.2, clause 1.6: marker, record, number, size
            break
        span.walk.count()
        size = int.from_bytes(header[3:5], "big")
        start = at + 5
        if size & 0x8000:
            length = min(size & 0x7FFF, 8)
            size = int.from_bytes(span.read(start, length), "big")
            start += length
        data = span.read(start, size)
        if len(data) < size:
            span.walk.problem("past-end", span.offset(at), part=place, detail=f"a dataset has {size} bytes")
        record, number = header[1], header[2]
        if (record, number) == (1, 90) and data == _UTF8:
            declared = "utf-8"
        encoding = _encoding(record, number, data, declared=declared)
        packed = span.is_packed
        span.walk.value(place, f"{record}:{number}", span.offset(start), data, encoding=encoding, is_compressed=packed)
        at = start + size
    rest = span.read(at, min(max(span.size - at, 0), 1 << 16))
    if any(rest):
        detail = f"{span.size - at} bytes after the last dataset are none"
        span.walk.problem("unreadable", span.offset(at), size=len(rest), part=place, detail=detail)


def _encoding(record: int, number: int, data: bytes, *, declared: str) -> str:
    """Gives the encoding of a dataset; UTF-8 where it is declared or fits, else Latin 1; empty where it is no text."""
    if record not in {1, 2, 3} or (record == 1 and number in {0, 20, 22, 90}):
        return ""
    if record != 1 and number in _SECOND_RECORD_BINARY:
        return ""
    if declared:
        return declared
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"
