"""Sample descriptions of ISO base media and QuickTime files: codec, size, sound, and what encoders leave in them."""

from __future__ import annotations

import struct
from math import isfinite

from forensics.formats.bmff_box import Box, Content, Facts, Reading, code, full, header
from forensics.formats.bmff_header import text_encoding
from forensics.formats.bmff_name import KNOWN
from forensics.formats.structure import Part

_MOST = 256
"""Sample descriptions of one track that are read."""

_PCM = frozenset({"sowt", "twos", "raw ", "NONE", "in24", "in32", "fl32", "fl64", "lpcm", "ulaw", "alaw"})


def descriptions(reading: Reading, box: Box, path: str) -> Content:
    """Reads `stsd`."""
    data = reading.body(box, 8)
    count = int.from_bytes(data[4:8], "big")
    parts: list[Part] = []
    at = box.body + 8
    while at < box.end and len(parts) < min(count, _MOST):
        entry = header(reading.walk, at, box.end)
        if entry is None or entry.declared is None:
            break
        if entry.end < entry.start + entry.declared:
            short = entry.start + entry.declared - entry.end
            detail = f"the sample description states {short} bytes more than there are"
            reading.walk.problem("past-end", entry.start, size=short, part=path, detail=detail)
        parts.append(reading.part(entry, f"{path}/{entry.kind}"))
        at = entry.start + entry.declared
    return {**full(data), "entry_count": count}, tuple(parts)


def entry(reading: Reading, box: Box, path: str) -> Content:
    """Reads one sample description by the handler of its track."""
    kind = reading.tables.get("handler", "")
    facts: Facts = {"data_reference_index": int.from_bytes(reading.body(box, 8)[6:8], "big")}
    if kind in {"vide", "pict", "auxv"}:
        return _picture(reading, box, path, facts=facts)
    if kind == "soun":
        return _sound(reading, box, path, facts=facts)
    if box.kind == "tmcd" and box.end - box.body > _TIMECODE:
        return facts, reading.children(box.body + _TIMECODE, box.end, path)
    return facts, ()


_TIMECODE = 26
"""Bytes of fields of a timecode description (QuickTime File Format, *Timecode sample description*)."""


def _picture(reading: Reading, box: Box, path: str, *, facts: Facts) -> Content:
    """Reads a visual sample entry (ISO/IEC 14496-12, clause 12.1.3; QuickTime File Format for the vendor)."""
    data = reading.body(box, 78)
    vendor, width, height = struct.unpack_from(">4s8xHH", data, 12)
    name = data[43 : 43 + min(data[42], 31)]
    depth, table = struct.unpack_from(">Hh", data, 74)
    facts |= {"width": width, "height": height, "depth": depth}
    if vendor.strip(b"\0"):
        facts["vendor"] = code(vendor)
        reading.walk.value(path, "vendor", box.body + 12, vendor, encoding="latin-1")
    if name.strip(b"\0 "):
        facts["compressor_name"] = name.decode("utf-8", "backslashreplace").rstrip("\0")
        reading.walk.value(path, "compressor_name", box.body + 43, name, encoding=text_encoding(name))
    at = box.body + 78
    if table == 0:
        at += _colours(reading, at, box.end)
    return facts, reading.children(at, box.end, path)


def _colours(reading: Reading, at: int, end: int) -> int:
    """Gives the bytes of a colour table, with which files of QuickTime of the last century have one; 0 for none."""
    data = reading.walk.read(at, min(8, end - at))
    if len(data) < 8 or _is_box(data):  # noqa: PLR2004 -- fields before the colours
        return 0
    size = 8 + 8 * (int.from_bytes(data[6:8], "big") + 1)
    return size if at + size <= end else 0


def _sound(reading: Reading, box: Box, path: str, *, facts: Facts) -> Content:
    """Reads an audio sample entry (ISO/IEC 14496-12, clause 12.2.3; QuickTime File Format, versions 1 and 2)."""
    data = reading.body(box, 64)
    version, vendor, channels, bits, rate = struct.unpack_from(">H2x4sHH4xI", data, 8)
    facts |= {"channels": channels, "sample_bits": bits, "sample_rate_hz": rate >> 16, "sound_version": version}
    at, frame = 28, channels * bits // 8 if box.kind in _PCM else 0
    if version == 1 and len(data) >= 44 and not _is_box(data[28:36]):  # noqa: PLR2004 -- fields of version 1
        per_packet, _, per_frame, _ = struct.unpack_from(">IIII", data, 28)
        at = 44
        facts |= {"samples_per_packet": per_packet, "bytes_per_frame": per_frame}
        frame = per_frame // per_packet if per_packet and per_frame % per_packet == 0 else 0
        reading.tables["packet"] = (per_packet, per_frame)
    elif version == 2 and len(data) >= 64:  # noqa: PLR2004 -- fields of version 2
        rate_hz, channels = struct.unpack_from(">dI", data, 32)
        at = 64
        facts |= {"channels": channels, "sample_rate_hz": round(rate_hz, 3) if isfinite(rate_hz) else str(rate_hz)}
        frame = int.from_bytes(data[56:60], "big")
    reading.tables.setdefault("frame_bytes", frame)
    if vendor.strip(b"\0"):
        facts["vendor"] = code(vendor)
    return facts, reading.children(box.body + at, box.end, path)


def _is_box(data: bytes) -> bool:
    """Whether bytes look like the header of a box, where QuickTime may have fields that ISO files have not."""
    return code(data[4:8]) in KNOWN


def avc(reading: Reading, box: Box, path: str) -> Content:
    """Reads `avcC` (ISO/IEC 14496-15, clause 5.3.3): profile, level, bytes of the length before each unit."""
    del path
    data = reading.body(box, 6)
    facts = {"profile": data[1], "compatibility": data[2], "level": data[3], "length_bytes": (data[4] & 3) + 1}
    return facts, ()


def hevc(reading: Reading, box: Box, path: str) -> Content:
    """Reads `hvcC` (ISO/IEC 14496-15, clause 8.3.3): profile, level, length, kinds of units that it carries."""
    del path
    data = reading.body(box)
    facts: Facts = {"profile": data[1] & 0x1F, "level": data[12], "length_bytes": (data[21] & 3) + 1}
    at, kinds = 23, []
    for _ in range(data[22]):
        if at + 3 > len(data):
            break
        kinds.append(data[at] & 0x3F)
        count = int.from_bytes(data[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            at += 2 + int.from_bytes(data[at : at + 2], "big")
            if at > len(data):
                break
    return facts | {"unit_types": kinds}, ()


def bit_rate(reading: Reading, box: Box, path: str) -> Content:
    """Reads `btrt`."""
    del path
    buffer, most, average = struct.unpack_from(">III", reading.body(box, 12))
    return {"buffer_bytes": buffer, "max_bit_rate": most, "average_bit_rate": average}, ()


def colour(reading: Reading, box: Box, path: str) -> Content:
    """Reads `colr` (ISO/IEC 14496-12, clause 12.1.5): the kind, and its codes where it has them."""
    del path
    data = reading.body(box, 11)
    facts: Facts = {"colour_type": code(data[:4])}
    if data[:4] in {b"nclx", b"nclc"} and len(data) >= 10:  # noqa: PLR2004 -- three numbers behind the kind
        primaries, transfer, matrix = struct.unpack_from(">HHH", data, 4)
        facts |= {"primaries": primaries, "transfer": transfer, "matrix": matrix}
    else:
        facts["profile_bytes"] = box.end - box.body - 4
    return facts, ()


def aspect(reading: Reading, box: Box, path: str) -> Content:
    """Reads `pasp`: the shape of a pixel."""
    del path
    across, down = struct.unpack_from(">II", reading.body(box, 8))
    return {"horizontal": across, "vertical": down}, ()


def elementary(reading: Reading, box: Box, path: str) -> Content:
    """Reads `esds` (ISO/IEC 14496-1, clause 7.2.6): kind of codec and bit rates, by its nested descriptors."""
    del path
    data = reading.body(box, 256)
    facts, at = full(data), 4
    while at < len(data):
        tag = data[at]
        at += 1
        while at < len(data) and data[at] & 0x80:
            at += 1
        at += 1
        if tag == _STREAM:
            flags = data[at + 2]
            at += (
                3 + (2 if flags & 0x80 else 0) + (1 + data[at + 3] if flags & 0x40 else 0) + (2 if flags & 0x20 else 0)
            )
        elif tag == _CODEC:
            most, average = struct.unpack_from(">II", data, at + 5)
            return facts | {"object_type": data[at], "max_bit_rate": most, "average_bit_rate": average}, ()
        else:
            break
    return facts, ()


_STREAM, _CODEC = 3, 4
"""Tags of the descriptors of an elementary stream and of its decoder."""
