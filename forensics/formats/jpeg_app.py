"""Application segments of a JPEG file: who each belongs to, and what it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from forensics.formats import icc, jpeg_mpf, jumbf, photoshop, tiff
from forensics.formats.jpeg_segment import APP0, Segment
from forensics.formats.span import Span
from forensics.formats.structure import Part
from forensics.formats.walk import Walk

_MARKS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"JFIF\0", "JFIF"),
    (0, b"JFXX\0", "JFXX"),
    (0, b"AVI1", "AVI1"),
    (1, b"Exif\0", "Exif"),
    (1, b"http://ns.adobe.com/xap/1.0/\0", "XMP"),
    (1, b"http://ns.adobe.com/xmp/extension/\0", "ExtendedXMP"),
    (1, b"FLIR\0", "FLIR"),
    (1, b"<?xpacket", "XMP"),
    (1, b"<x:xmpmeta", "XMP"),
    (2, b"ICC_PROFILE\0", "ICC_PROFILE"),
    (2, b"MPF\0", "MPF"),
    (2, b"FPXR\0", "FPXR"),
    (2, b"urn:iso:std:iso:ts:21496:-1\0", "GainMap"),
    (3, b"META\0\0", "Meta"),
    (3, b"Meta\0\0", "Meta"),
    (3, b"Exif\0\0", "Meta"),
    (8, b"SPIFF\0", "SPIFF"),
    (10, b"AROT\0\0", "AROT"),
    (11, b"JP", "JUMBF"),
    (11, b"HDR_RI", "HDR_RI"),
    (12, b"Ducky", "Ducky"),
    (13, b"Photoshop 3.0\0", "Photoshop"),
    (13, b"Adobe_CM", "Adobe_CM"),
    (14, b"Adobe", "Adobe"),
)
"""Number of the segment, first bytes, name. *Source:* the formats' own specifications (JFIF 1.02, Exif 3.0,
ISO 16684-3, ICC.1, CIPA DC-007, ISO 21496-1, ITU-T T.84, ISO/IEC 19566-5); ExifTool's page on JPEG segments for Ducky,
AROT and Meta."""

_PRINTABLE = re.compile(rb"[ -~]{3,32}")
_ICC_PIECE, _XMP_PIECE = 2, 40
"""Bytes behind the mark: number and count of a piece; digest, full size and offset of a piece. *Source:* ICC.1:2022,
annex B.4; ISO 16684-3, 7.3.1."""

_JUMBF_HEADER = 8
"""Mark `JP`, instance (2) and number (4). *Source:* ISO/IEC 18477-3, annex B."""


@dataclass(frozen=True, slots=True)
class App:
    """One application segment and the pieces that go with it.

    Attributes:
        number: Of the marker: 1 for APP1.
        name: Whose it is, such as `Exif`; the first printable characters where it is not known; empty without such.
        start: Offset of what stands behind the mark.
        size: Bytes of it.
    """

    number: int
    name: str
    start: int
    size: int


def identify(walk: Walk, segment: Segment) -> App:
    """Tells whose an application segment is."""
    number = segment.marker - APP0
    start, size = segment.body
    data = walk.read(start, min(size, 64))
    for own, mark, name in _MARKS:
        if own == number and data.startswith(mark):
            skip = 6 if name in {"Exif", "Meta"} else 0 if mark.startswith(b"<") else len(mark)
            return App(number, name, start + min(skip, size), max(0, size - skip))
    match = _PRINTABLE.match(data)
    return App(number, match[0].decode("ascii").strip() if match else "", start, size)


def joined(walk: Walk, apps: Iterable[App]) -> dict[int, list[App]]:
    """Tells which segments continue which.

    Args:
        walk: The reader's hand in the file.
        apps: The application segments in the order of the file.

    Returns:
        By the start of each first piece, the pieces that continue it; these have no row of their own.
    """
    rows: dict[int, list[App]] = {}
    first: dict[tuple[str, int], App] = {}
    last = App(-1, "", 0, 0)
    for app in apps:
        key = (app.name, 0)
        continues = False
        if app.name == "JUMBF":
            instance, number = _jumbf_numbers(walk, app)
            key, continues = (app.name, instance), number > 1
        elif app.name == "ICC_PROFILE":
            continues = True
        elif app.name in {"Exif", "Photoshop"} and last.name == app.name and last.number == app.number:
            continues = app.name == "Photoshop" or not tiff.order_of(walk.read(app.start, 4))
        if continues and key in first:
            rows[first[key].start].append(app)
        else:
            first[key] = app
            rows[app.start] = []
        last = app
    return rows


def read(walk: Walk, app: App, more: Sequence[App]) -> tuple[dict[str, Any], tuple[Part, ...]]:
    """Reads one application segment.

    Args:
        walk: The reader's hand in the file.
        app: The segment.
        more: The segments that continue it.

    Returns:
        Facts about it, and the parts within it.
    """
    span = Span(walk, [(piece.start, piece.size) for piece in (app, *more)])
    place = f"APP{app.number}/{app.name}".rstrip("/")
    if app.name == "Exif":
        return {}, tiff.block(span, "APP1/Exif")
    if app.name == "Photoshop":
        return {}, tuple(photoshop.resources(span, "APP13"))
    if app.name == "MPF":
        return {"images": jpeg_mpf.rows(walk, app.start, app.size)}, tiff.block(span, place, kind="MPF")
    if app.name == "ICC_PROFILE":
        return _icc(walk, app, more), ()
    if app.name == "JUMBF":
        return _jumbf(walk, app, more)
    if app.name == "XMP":
        _packet(walk, app)
        return {}, ()
    reader = {"JFIF": _jfif, "JFXX": _jfxx, "Adobe": _adobe, "Ducky": _ducky}.get(app.name)
    data = walk.read(app.start, app.size)
    if reader:
        return reader(walk, app, data), ()
    if app.name not in {"ExtendedXMP", "FPXR", "SPIFF", "GainMap"} and data:
        walk.value(place, app.name or "data", app.start, data, encoding=_encoding(data))
    return {}, ()


def continued(walk: Walk, app: App) -> dict[str, Any]:
    """Gives facts about a segment that only continues another."""
    if app.name == "JUMBF":
        instance, number = _jumbf_numbers(walk, app)
        return {"instance": instance, "piece": number}
    if app.name == "ICC_PROFILE":
        number, count = (*walk.read(app.start, _ICC_PIECE), 0, 0)[:2]
        return {"piece": number, "pieces": count}
    return {"continues": True}


def _packet(walk: Walk, app: App) -> None:
    from forensics.formats import xmp

    xmp.packet(walk, walk.read(app.start, app.size), app.start, "APP1/XMP")


def _encoding(data: bytes) -> str:
    try:
        text = data.rstrip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "utf-8" if not re.search(r"[\x00-\x08\x0e-\x1f]", text) else ""


def _jfif(_walk: Walk, _app: App, data: bytes) -> dict[str, Any]:
    units = {0: "none", 1: "per inch", 2: "per cm"}.get(data[2], str(data[2]))
    return {
        "version": f"{data[0]}.{data[1]:02}",
        "density_unit": units,
        "x_density": int.from_bytes(data[3:5], "big"),
        "y_density": int.from_bytes(data[5:7], "big"),
        "thumbnail_width_px": data[7],
        "thumbnail_height_px": data[8],
    }


def _jfxx(_walk: Walk, app: App, data: bytes) -> dict[str, Any]:
    """Gives the kind of thumbnail. *Source:* JFIF 1.02, page 6."""
    kind = {0x10: "JPEG", 0x11: "palette", 0x13: "RGB"}.get(data[0], f"0x{data[0]:02x}")
    return {"thumbnail": kind, "thumbnail_offset": app.start + 1, "thumbnail_size": app.size - 1}


def _adobe(_walk: Walk, _app: App, data: bytes) -> dict[str, Any]:
    """Gives version, flags and colour transform. *Source:* Adobe Technical Note 5116, section 18."""
    words = [int.from_bytes(data[at : at + 2], "big") for at in (0, 2, 4)]
    return {"version": words[0], "flags0": words[1], "flags1": words[2], "transform": data[6]}


def _ducky(walk: Walk, app: App, data: bytes) -> dict[str, Any]:
    """Gives the quality of Photoshop's Save for Web, and notes its texts. *Source:* ExifTool, APP12.pm."""
    facts: dict[str, Any] = {}
    at = 0
    while at + 4 <= len(data):
        tag, size = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 4 + size]
        if tag == 1 and body:
            facts["quality"] = int.from_bytes(body, "big")
        elif tag in {2, 3} and len(body) > 4:  # noqa: PLR2004 -- number of characters before them
            key = "Comment" if tag == 2 else "Copyright"  # noqa: PLR2004 -- the tags just said
            walk.value("APP12/Ducky", key, app.start + at + 8, body[4:], encoding="utf-16-be")
        elif tag == 0:
            break
        at += 4 + size
    return facts


def _icc(walk: Walk, app: App, more: Sequence[App]) -> dict[str, Any]:
    """Gives the place of a piece of a profile in the row of pieces; and what the profile says."""
    number, count = (*walk.read(app.start, _ICC_PIECE), 0, 0)[:2]
    if count != 1 + len(more):
        detail = f"{count} pieces of the colour profile are stated, {1 + len(more)} are there"
        walk.problem("missing-part", app.start, part="APP2", detail=detail)
    span = Span(walk, [(one.start + _ICC_PIECE, one.size - _ICC_PIECE) for one in (app, *more)])
    return {"piece": number, "pieces": count, "profile": icc.facts(span.read(0, min(span.size, 1 << 16)))}


def _jumbf(walk: Walk, app: App, more: Sequence[App]) -> tuple[dict[str, Any], tuple[Part, ...]]:
    """Gives instance and number of a piece, and the boxes of all pieces."""
    instance, number = _jumbf_numbers(walk, app)
    facts: dict[str, Any] = {"instance": instance, "piece": number}
    pieces = [(app.start + 6, app.size - 6)]
    numbers = [number]
    for other in more:
        repeated = 16 if walk.read(other.start + 6, 4) == b"\0\0\0\1" else 8
        pieces.append((other.start + 6 + repeated, max(0, other.size - 6 - repeated)))
        numbers.append(_jumbf_numbers(walk, other)[1])
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        detail = f"the pieces of a JUMBF box are not numbered in order: {numbers[:8]}"
        walk.problem("out-of-order", app.start, part="APP11", detail=detail)
    facts["pieces"] = len(numbers)
    return facts, tuple(jumbf.boxes(Span(walk, pieces)))


def _jumbf_numbers(walk: Walk, app: App) -> tuple[int, int]:
    head = walk.read(app.start, 6)
    return int.from_bytes(head[:2], "big"), int.from_bytes(head[2:6], "big")


def extended(walk: Walk, apps: Iterable[App]) -> Iterator[tuple[str, int, list[tuple[int, int, int]]]]:
    """Gives the extended XMP packets: digest, full size, and their pieces as (offset in packet, in file, size)."""
    packets: dict[tuple[str, int], list[tuple[int, int, int]]] = {}
    for app in apps:
        head = walk.read(app.start, _XMP_PIECE)
        if len(head) < _XMP_PIECE:
            continue
        key = (head[:32].decode("latin-1"), int.from_bytes(head[32:36], "big"))
        piece = (int.from_bytes(head[36:40], "big"), app.start + _XMP_PIECE, max(0, app.size - _XMP_PIECE))
        packets.setdefault(key, []).append(piece)
    for (digest, size), pieces in packets.items():
        yield digest, size, sorted(pieces)
