"""Chunks of WebP. *Source:* RFC 9649."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forensics.formats import icc, jumbf, tiff, xmp
from forensics.formats.riff_chunk import Chunk, Form
from forensics.formats.span import Span
from forensics.formats.structure import Part
from forensics.formats.walk import Walk

_FLAGS = {"ICCP": 0x20, "ALPH": 0x10, "EXIF": 0x08, "XMP": 0x04, "ANIM": 0x02}
"""Chunk and its flag in VP8X. *Source:* RFC 9649, section 2.7."""

_ALPHA = "ALPH"
_ONCE = frozenset({"VP8X", "ICCP", "ANIM", "VP8", "VP8L", "EXIF", "XMP", "C2PA"})
_PICTURE = frozenset({"VP8", "VP8L", "ANMF"})
_PROFILE = 1 << 16


def content(form: Form, chunk: Chunk) -> tuple[dict[str, Any], tuple[Part, ...]] | None:
    """Reads a chunk of WebP; None for one that it does not define.

    Raises:
        IndexError: It is too short.
    """
    walk = form.walk
    if chunk.kind == "EXIF":
        with walk.deeper():
            return {}, tiff.ifds(walk, chunk.start, chunk.size, "EXIF")
    if chunk.kind == "XMP":
        data = walk.read(chunk.start, min(chunk.size, walk.limits.total_bytes))
        xmp.packet(walk, data, chunk.start, "XMP")
        return {}, ()
    if chunk.kind == "C2PA":
        with walk.deeper():
            return {}, tuple(jumbf.boxes(Span(walk, [(chunk.start, chunk.size)])))
    if chunk.kind == "ICCP":
        return {"profile": icc.facts(walk.read(chunk.start, min(chunk.size, _PROFILE)))}, ()
    if chunk.kind == "ANMF":
        return _frame(form, chunk)
    if chunk.kind == _ALPHA:
        return {}, ()
    reader = {"VP8X": _extended, "VP8": _lossy, "VP8L": _lossless, "ANIM": _animation}.get(chunk.kind)
    return None if reader is None else (reader(walk.read(chunk.start, min(chunk.size, 32))), ())


def _number(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        raise IndexError("a chunk is too short")
    return int.from_bytes(data[at : at + size], "little")


def _extended(data: bytes) -> dict[str, Any]:
    flags = _number(data, 0, 1)
    return {
        "width_px": _number(data, 4, 3) + 1,
        "height_px": _number(data, 7, 3) + 1,
        "flags": [name for name, bit in _FLAGS.items() if flags & bit],
    }


def _lossy(data: bytes) -> dict[str, Any]:
    """Gives the size of a key frame. *Source:* RFC 6386, section 9.1."""
    if data[3:6] != b"\x9d\x01\x2a":
        raise IndexError("there is no start code")
    return {"width_px": _number(data, 6, 2) & 0x3FFF, "height_px": _number(data, 8, 2) & 0x3FFF}


def _lossless(data: bytes) -> dict[str, Any]:
    """Gives the size of a lossless picture. *Source:* RFC 9649, section 3.4."""
    bits = _number(data, 1, 4)
    if data[0] != 0x2F:  # noqa: PLR2004 -- signature
        raise IndexError("there is no signature")
    return {
        "width_px": (bits & 0x3FFF) + 1,
        "height_px": (bits >> 14 & 0x3FFF) + 1,
        "has_alpha": bool(bits >> 28 & 1),
    }


def _animation(data: bytes) -> dict[str, Any]:
    return {"background": f"0x{_number(data, 0, 4):08x}", "loops": _number(data, 4, 2)}


def _frame(form: Form, chunk: Chunk) -> tuple[dict[str, Any], tuple[Part, ...]]:
    """Gives one frame of an animation with the chunks in it."""
    data = form.walk.read(chunk.start, min(chunk.size, 16))
    facts = {
        "x_px": 2 * _number(data, 0, 3),
        "y_px": 2 * _number(data, 3, 3),
        "width_px": _number(data, 6, 3) + 1,
        "height_px": _number(data, 9, 3) + 1,
        "duration_ms": _number(data, 12, 3),
    }
    parts: list[Part] = []
    at, end = chunk.start + 16, chunk.start + chunk.size
    while at + 8 <= end and len(parts) < 4:  # noqa: PLR2004 -- alpha, picture, and room for an unknown one
        form.walk.count()
        head = form.walk.read(at, 8)
        size = min(int.from_bytes(head[4:8], "little"), end - at - 8)
        parts.append(Part(head[:4].decode("latin-1").strip(), at, size + 8))
        at += 8 + size + (size & 1)
    return facts, tuple(parts)


def check(walk: Walk, parts: Sequence[Part]) -> None:
    """Reports chunks that are there twice, that stand in the wrong order, or that the flags do not agree with."""
    names = [part.kind for part in parts]
    for index, part in enumerate(parts):
        if part.kind in _ONCE and part.kind in names[:index]:
            walk.problem("duplicate-part", part.offset, part=part.kind, detail="this chunk may stand in a file once")
    if not _PICTURE & set(names):
        walk.problem("missing-part", walk.size, part="VP8", detail="there is no picture")
    if "VP8X" in names and names[0] != "VP8X":
        walk.problem("out-of-order", parts[names.index("VP8X")].offset, part="VP8X", detail="it is not the first chunk")
    picture = next((index for index, name in enumerate(names) if name in _PICTURE), len(names))
    if "ICCP" in names[picture:]:
        place = parts[names.index("ICCP")].offset
        walk.problem("out-of-order", place, part="ICCP", detail="the profile stands behind the picture")
    extended = next((part for part in parts if part.kind == "VP8X"), None)
    flags = extended.facts.get("flags", []) if extended else []
    for name in ("ICCP", "EXIF", "XMP", "ANIM"):
        if (name in flags) != (name in names):
            what = "the header says so" if name in flags else "it is there"
            detail = f"chunk {name}: {what}, but {'it is not there' if name in flags else 'the header does not say so'}"
            walk.problem("missing-part", extended.offset if extended else 12, part="VP8X", detail=detail)
