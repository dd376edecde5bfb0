"""Headers of ISO base media and QuickTime files: brands, times, languages, handlers, edit lists, references."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

from forensics.formats.bmff_box import Box, Content, Facts, Reading, code, full

_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
"""From here QuickTime and ISO/IEC 14496-12 (clause 8.2.2) count seconds."""

_LISTED = 100
"""Entries of a list that become facts; edit lists and lists of brands of real files have fewer."""

_NAME_BYTES = 4096
_LEAST_ISO = 0x400
"""Smaller language codes are Macintosh's numbers (QuickTime File Format, *Language code values*)."""


def time_text(seconds: int) -> str:
    """Gives a time of a header in RFC 3339; empty where it is not set or no date."""
    if not seconds:
        return ""
    try:
        return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        return ""


def language(packed: int) -> str:
    """Spells a packed language code: three letters, or the number where it is one of Macintosh."""
    if packed < _LEAST_ISO or packed == 0x7FFF:  # noqa: PLR2004 -- *unspecified*
        return str(packed)
    return "".join(chr(0x60 + (packed >> shift & 0x1F)) for shift in (10, 5, 0))


def brands(reading: Reading, box: Box, path: str) -> Content:
    """Reads `ftyp` and its like: brands and version."""
    del path
    data = reading.body(box, 8 + 4 * _LISTED)
    major, minor = struct.unpack_from(">4sI", data)
    compatible = [code(data[at : at + 4]) for at in range(8, len(data) - 3, 4)]
    if box.kind == "ftyp":
        reading.brands = reading.brands or [code(major), *compatible]
    return {"major_brand": code(major), "minor_version": minor, "compatible_brands": compatible}, ()


def _times(reading: Reading, box: Box, data: bytes, path: str) -> Facts:
    """Reads and notes the two times with which `mvhd`, `tkhd` and `mdhd` begin."""
    long = data[0] == 1
    width = 8 if long else 4
    created, changed = struct.unpack_from(">QQ" if long else ">II", data, 4)
    for number, (key, seconds) in enumerate((("creation_time", created), ("modification_time", changed))):
        text = time_text(seconds)
        if text:
            at = box.body + 4 + number * width
            reading.walk.value(path, key, at, text.encode(), size=width, encoding="ascii")
    return {**full(data), "creation_seconds": created, "modification_seconds": changed}


def movie(reading: Reading, box: Box, path: str) -> Content:
    """Reads `mvhd`: times, time scale, duration."""
    data = reading.body(box, 120)
    facts = _times(reading, box, data, path)
    scale, duration = struct.unpack_from(">IQ" if data[0] == 1 else ">II", data, 20 if data[0] == 1 else 12)
    facts |= {"timescale": scale, "duration": duration, **_seconds(duration, scale)}
    facts["next_track_id"] = int.from_bytes(data[-4:], "big")
    return facts, ()


def _seconds(duration: int, scale: int) -> Facts:
    """Gives a duration in seconds to the millisecond; nothing where it is unknown."""
    if not scale or duration in {0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF}:
        return {}
    return {"duration_s": round(duration / scale, 3)}


def track(reading: Reading, box: Box, path: str) -> Content:
    """Reads `tkhd`: times, number, duration in the movie's time scale, size, turn."""
    data = reading.body(box, 96)
    facts = _times(reading, box, data, path)
    long = data[0] == 1
    number, duration = struct.unpack_from(">I4xQ" if long else ">I4xI", data, 20 if long else 12)
    rest = 44 if long else 32
    layer, group, volume = struct.unpack_from(">hhh", data, rest)
    matrix = struct.unpack_from(">9i", data, rest + 8)
    width, height = struct.unpack_from(">II", data, rest + 44)
    reading.tables["track_id"] = number
    return facts | {
        "track_id": number,
        "duration": duration,
        "layer": layer,
        "alternate_group": group,
        "volume": round(volume / 256, 2),
        "width": round(width / 65536, 3),
        "height": round(height / 65536, 3),
        "matrix": list(matrix),
        "is_enabled": bool(data[3] & 1),
    }, ()


def media(reading: Reading, box: Box, path: str) -> Content:
    """Reads `mdhd`: times, time scale, duration, language."""
    data = reading.body(box, 40)
    facts = _times(reading, box, data, path)
    scale, duration, packed = struct.unpack_from(">IQH" if data[0] == 1 else ">IIH", data, 20 if data[0] == 1 else 12)
    facts |= {"timescale": scale, "duration": duration, **_seconds(duration, scale)}
    return facts | {"language": language(packed)}, ()


def handler(reading: Reading, box: Box, path: str) -> Content:
    """Reads `hdlr`: type, manufacturer and the name, in which encoders leave traces."""
    data = reading.body(box, 24 + _NAME_BYTES)
    component, kind, maker = struct.unpack_from(">4s4s4s", data, 4)
    at, raw = 24, data[24:]
    if raw and (raw[0] == len(raw) - 1 or (component.strip(b"\0") and raw[0] < len(raw))):
        at, raw = 25, raw[1 : 1 + raw[0]]
    raw = raw.split(b"\0", 1)[0]
    if raw.strip():
        reading.walk.value(path, "handler_name", box.body + at, raw, encoding=text_encoding(raw))
    if path.endswith("/mdia/hdlr"):
        reading.tables["handler"] = code(kind)
    facts: Facts = {**full(data), "handler_type": code(kind), "name": raw.decode("utf-8", "backslashreplace")}
    if component.strip(b"\0"):
        facts["component_type"] = code(component)
    if maker.strip(b"\0"):
        facts["manufacturer"] = code(maker)
    return facts, ()


def text_encoding(raw: bytes, packed: int = 0) -> str:
    """Names the encoding of a text of user data: UTF-8 or UTF-16 where it is one, else by its language code.

    Source: QuickTime File Format, *Language code values*; the numbers are those of the Macintosh Script Manager.
    """
    if raw[:2] in {b"\xfe\xff", b"\xff\xfe"}:
        return "utf-16"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return {11: "shift_jis", 19: "big5", 23: "euc_kr", 33: "gb18030", 32: "mac_cyrillic"}.get(packed, "mac_roman")
    return "utf-8"


def edits(reading: Reading, box: Box, path: str) -> Content:
    """Reads an edit list: duration in the movie's time scale, start in the media's, rate."""
    data = reading.body(box, 8 + 20 * _LISTED)
    count = int.from_bytes(data[4:8], "big")
    form = struct.Struct(">Qqi" if data[0] == 1 else ">Iii")
    room = (box.end - box.body - 8) // form.size
    if count > room:
        detail = f"the list states {count} entries and has room for {room}"
        reading.walk.problem("past-end", box.start, part=path, detail=detail)
    entries = [
        {"duration": duration, "media_time": start, "rate": round(rate / 65536, 4)}
        for duration, start, rate in (
            form.unpack_from(data, 8 + i * form.size) for i in range(min(count, room, _LISTED))
        )
    ]
    return {**full(data), "entry_count": count, "entries": entries}, ()


def extended_language(reading: Reading, box: Box, path: str) -> Content:
    """Reads `elng`: the language as BCP 47 has it."""
    data = reading.body(box, 128)
    raw = data[4:].split(b"\0", 1)[0]
    if raw:
        reading.walk.value(path, "language", box.body + 4, raw, encoding="utf-8")
    return full(data), ()


def tracks(reading: Reading, box: Box, path: str) -> Content:
    """Reads one kind of reference of a track to others."""
    del path
    data = reading.body(box, 4 * _LISTED)
    return {"track_ids": [value for (value,) in struct.iter_unpack(">I", data[: len(data) // 4 * 4])]}, ()


def locations(reading: Reading, box: Box, path: str) -> Content:
    """Reads `dref` and whether the media lie in this very file (flag 1 of each entry)."""
    facts = full(reading.body(box, 4))
    parts = reading.children(box.body + 8, box.end, path)
    outside = [part for part in parts if not part.facts.get("flags", 1) & 1]
    reading.tables["is_outside"] = bool(outside)
    return facts | {"is_self_contained": not outside}, parts
