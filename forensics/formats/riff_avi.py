"""Chunks of AVI. *Source:* Microsoft, AVI RIFF File Reference; OpenDML AVI file format extensions 1.02."""

from __future__ import annotations

from typing import Any

from forensics.formats.riff_chunk import Chunk, Form, name_of
from forensics.formats.structure import Part

_SILENT = frozenset({"vprp", "strd", "indx", "segm"})
_HEAD = 128


def content(form: Form, chunk: Chunk) -> tuple[dict[str, Any], tuple[Part, ...]] | None:
    """Reads a chunk of AVI; None for one that it does not define.

    Raises:
        IndexError: It is too short.
    """
    data = form.walk.read(chunk.start, min(chunk.size, _HEAD))
    if chunk.kind == "avih":
        return _main(form, data), ()
    if chunk.kind == "strh":
        return _stream(form, data), ()
    if chunk.kind == "strf":
        return _format(form, data), ()
    if chunk.kind == "dmlh":
        return {"frames": form.number(data, 0, 4)}, ()
    if chunk.kind == "idx1":
        return {"entries": chunk.size // 16}, ()
    if chunk.kind in _SILENT:
        return {}, ()
    if chunk.kind == "IDIT" and not chunk.place:
        form.walk.value("RIFF", "IDIT", chunk.start, data, encoding="latin-1")
        return {}, ()
    return None


def _main(form: Form, data: bytes) -> dict[str, Any]:
    keys = ("frame_us", "byte_rate", "padding", "flags", "frames", "initial_frames", "streams", "buffer", "width_px")
    numbers = {key: form.number(data, 4 * index, 4) for index, key in enumerate((*keys, "height_px"))}
    return {key: numbers[key] for key in ("frame_us", "flags", "frames", "streams", "width_px", "height_px")}


def _stream(form: Form, data: bytes) -> dict[str, Any]:
    form.stream_type = name_of(data[:4])
    scale, rate = form.number(data, 20, 4), form.number(data, 24, 4)
    return {
        "type": form.stream_type,
        "codec": name_of(data[4:8]),
        "rate_hz": f"{rate}/{scale}",
        "start": form.number(data, 28, 4),
        "length": form.number(data, 32, 4),
    }


def _format(form: Form, data: bytes) -> dict[str, Any]:
    """Gives the format of pictures (BITMAPINFOHEADER) or sound (WAVEFORMATEX)."""
    if form.stream_type == "vids":
        return {
            "width_px": form.number(data, 4, 4),
            "height_px": form.number(data, 8, 4),
            "bit_depth": form.number(data, 14, 2),
            "codec": name_of(data[16:20]),
        }
    return sound(form, data) if form.stream_type == "auds" else {}


def sound(form: Form, data: bytes) -> dict[str, Any]:
    """Gives what a description of sound says (WAVEFORMATEX).

    Raises:
        IndexError: It is too short.
    """
    return {
        "codec": f"0x{form.number(data, 0, 2):04x}",
        "channels": form.number(data, 2, 2),
        "rate_hz": form.number(data, 4, 4),
        "byte_rate": form.number(data, 8, 4),
        "block_bytes": form.number(data, 12, 2),
        "bit_depth": form.number(data, 14, 2) if len(data) >= 16 else 0,  # noqa: PLR2004 -- the old form has 14 bytes
    }
