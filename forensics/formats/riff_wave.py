"""Chunks of WAV and Broadcast Wave. *Source:* EBU Tech 3285 (bext), 3306 (RF64), ITU-R BS.2088 (BW64)."""

from __future__ import annotations

from typing import Any

from forensics.formats.riff_avi import sound
from forensics.formats.riff_chunk import Chunk, Form, encoding_of
from forensics.formats.structure import Part

_BEXT = (
    ("Description", 0, 256),
    ("Originator", 256, 32),
    ("OriginatorReference", 288, 32),
    ("OriginationDate", 320, 10),
    ("OriginationTime", 330, 8),
)
_BEXT_FIXED = 602
"""Bytes before the coding history. *Source:* EBU Tech 3285, version 2, section 2.3."""

_CART = (
    ("Title", 4, 64),
    ("Artist", 68, 64),
    ("CutID", 132, 64),
    ("ClientID", 196, 64),
    ("Category", 260, 64),
    ("Classification", 324, 64),
    ("OutCue", 388, 64),
    ("StartDate", 452, 10),
    ("StartTime", 462, 8),
    ("EndDate", 470, 10),
    ("EndTime", 480, 8),
    ("ProducerAppID", 488, 64),
    ("ProducerAppVersion", 552, 64),
    ("UserDef", 616, 64),
)
"""*Source:* AES46-2002, clause 5."""

_SILENT = frozenset(
    {
        *("fact", "cue", "plst", "smpl", "inst", "PEAK", "acid", "strc", "chna", "chan", "levl", "umid", "minf"),
        *("elm1", "elmo", "regn", "LGWV", "afsp", "slnt", "wavl", "mext", "qlty", "link", "ovwf", "bmrk", "SMED"),
    }
)
_TEXTS = frozenset({"iXML", "axml", "aXML"})


def content(form: Form, chunk: Chunk) -> tuple[dict[str, Any], tuple[Part, ...]] | None:
    """Reads a chunk of WAV; None for one that it does not define.

    Raises:
        IndexError: It is too short.
    """
    walk = form.walk
    if chunk.place:
        return None
    if chunk.kind == "fmt":
        return sound(form, walk.read(chunk.start, min(chunk.size, 40))), ()
    if chunk.kind == "ds64":
        return _large(form, walk.read(chunk.start, min(chunk.size, 28))), ()
    if chunk.kind == "data":
        return {"data_bytes": chunk.size}, ()
    if chunk.kind in {"bext", "cart"}:
        _fields(form, chunk)
        return {}, ()
    if chunk.kind in {"id3", "ID3"}:
        return {}, _id3(form, chunk)
    if chunk.kind in _TEXTS:
        data = walk.read(chunk.start, min(chunk.size, walk.limits.value_bytes))
        cut = chunk.size > len(data)
        walk.value("RIFF", chunk.kind, chunk.start, data, size=chunk.size, encoding="utf-8", is_cut=cut)
        return {}, ()
    return ({}, ()) if chunk.kind in _SILENT else None


def _large(form: Form, data: bytes) -> dict[str, Any]:
    """Keeps the sizes of more than 32 bits for the chunks that they belong to."""
    form.sizes["data"] = form.number(data, 8, 8)
    return {"riff_size": form.number(data, 0, 8), "data_size": form.sizes["data"], "samples": form.number(data, 16, 8)}


def _fields(form: Form, chunk: Chunk) -> None:
    """Notes the texts of a broadcast extension or a cart chunk."""
    walk = form.walk
    data = walk.read(chunk.start, min(chunk.size, walk.limits.value_bytes))
    for key, at, size in _BEXT if chunk.kind == "bext" else _CART:
        text = data[at : at + size].split(b"\0")[0]
        if text:
            walk.value(chunk.kind, key, chunk.start + at, text, size=size, encoding=encoding_of(text))
    if chunk.kind == "bext" and len(data) >= 348:  # noqa: PLR2004 -- time reference (8) and version (2) end here
        number = str(int.from_bytes(data[338:346], "little")).encode()
        walk.value("bext", "TimeReference", chunk.start + 338, number, size=8, encoding="ascii")
        number = str(int.from_bytes(data[346:348], "little")).encode()
        walk.value("bext", "Version", chunk.start + 346, number, size=2, encoding="ascii")
    history = data[_BEXT_FIXED:].rstrip(b"\0") if chunk.kind == "bext" else b""
    if history:
        walk.value("bext", "CodingHistory", chunk.start + _BEXT_FIXED, history, encoding=encoding_of(history))


def _id3(form: Form, chunk: Chunk) -> tuple[Part, ...]:
    from forensics.formats.mp3 import id3v2

    with form.walk.deeper():
        return (id3v2(form.walk, chunk.start, "id3"),)
