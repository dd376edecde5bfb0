"""Texts of ISO base media and QuickTime files: lists of items with their keys, and user data."""

from __future__ import annotations

import struct

from forensics.formats.bmff_box import Box, Content, Facts, Reading, full, header
from forensics.formats.bmff_header import language, text_encoding
from forensics.formats.bmff_name import CONTAINERS, FREE, FULL

_MOST = 65_536
"""Bytes of user data of unknown make that become a value, and number of keys that are read."""

_LEAST_HIDDEN = 16
"""Bytes of padding other than zero that are worth a remark; a phone of Xiaomi fills 4 bytes with the digit 0."""

_LEAST_ISO = 0x400
_BLANK = "\t\n\r"

_TEXTS = {1: "utf-8", 2: "utf-16-be", 3: "shift_jis", 4: "utf-8", 5: "utf-16-be"}
_SIGNED = frozenset({21, 65, 66, 67, 74})
_UNSIGNED = frozenset({22, 75, 76, 77, 78})
_FLOATS = {23: ">f", 24: ">d"}
"""Types of values (QuickTime File Format, *Well-known types*)."""

_LOCALIZED = {"rtng": 12, "clsf": 10, **dict.fromkeys(("titl", "dscp", "cprt", "perf", "auth", "gnre", "albm"), 4)}
"""User data of 3GPP, and where in it the language stands before the text (3GPP TS 26.244, clause 8)."""


def names_of(reading: Reading, start: int, end: int) -> dict[int, str]:
    """Finds the box `keys` among the boxes of a `meta`, and gives its names by their index, counted from 1."""
    at = start
    for _ in range(64):
        box = header(reading.walk, at, end)
        if box is None or box.declared is None:
            break
        if box.kind == "keys":
            return _names(reading.body(box))
        at = box.start + box.declared
    return {}


def _names(data: bytes) -> dict[int, str]:
    """Reads the entries of `keys` (QuickTime File Format, *Metadata item keys atom*)."""
    found: dict[int, str] = {}
    at = 8
    while at + 8 <= len(data) and len(found) < _MOST:
        size = int.from_bytes(data[at : at + 4], "big")
        if size < 8:  # noqa: PLR2004 -- size and namespace take 8 bytes
            break
        found[len(found) + 1] = data[at + 8 : at + size].decode("utf-8", "backslashreplace").rstrip("\0")
        at += size
    return found


def keys(reading: Reading, box: Box, path: str) -> Content:
    """Reads `keys`."""
    del path
    data = reading.body(box)
    found = _names(data)
    count = int.from_bytes(data[4:8], "big")
    return {**full(data), "entry_count": count, "names": list(found.values())[:256]}, ()


def item(reading: Reading, box: Box, path: str) -> Content:
    """Reads one item of `ilst`, or user data in its form, and notes its values."""
    parts = reading.children(box.body, box.end, path)
    named: dict[str, str] = {}
    values: list[Box] = []
    for part in parts:
        inner = header(reading.walk, part.offset, box.end)
        if inner is not None and part.kind == "data":
            values.append(inner)
        elif inner is not None and part.kind in {"mean", "name"}:
            named[part.kind] = reading.body(inner, 1024)[4:].decode("utf-8", "backslashreplace").rstrip("\0")
    key = _key(reading, box, named)
    place = path.rsplit("/", 1)[0]
    facts: Facts = {"key": key, "types": [_value(reading, one, place=place, key=key) for one in values]}
    return facts, parts


def _key(reading: Reading, box: Box, named: dict[str, str]) -> str:
    if box.kind == "----":
        return f"----:{named.get('mean', '')}:{named.get('name', '')}"
    index = int.from_bytes(reading.walk.read(box.start + 4, 4), "big")
    return reading.keys.get(index, box.kind)


def _value(reading: Reading, box: Box, *, place: str, key: str) -> int:
    """Notes the value of one `data` box, and gives its type."""
    data = reading.body(box)
    kind, raw = int.from_bytes(data[:4], "big"), data[8:]
    text, encoding = raw, _TEXTS.get(kind, "")
    number = _number(kind, raw) or (_pair(raw) if key in {"trkn", "disk"} and not kind else "")
    if number:
        text, encoding = number.encode(), "ascii"
    elif kind == 0 and readable(raw):
        encoding = "utf-8"
    elif encoding == "utf-8":
        encoding = text_encoding(raw)
    size = box.end - box.body - 8
    reading.walk.value(place, key, box.body + 8, text, size=size, encoding=encoding, is_cut=size > len(raw))
    return kind


def _number(kind: int, raw: bytes) -> str:
    """Spells a number; empty where the type is none."""
    if kind in _SIGNED | _UNSIGNED and 0 < len(raw) <= 8:  # noqa: PLR2004 -- 64 bits at most
        return str(int.from_bytes(raw, "big", signed=kind in _SIGNED))
    form = _FLOATS.get(kind)
    if form and len(raw) == struct.calcsize(form):
        return repr(struct.unpack(form, raw)[0])
    return ""


def _pair(raw: bytes) -> str:
    """Spells number and total of a track or disk."""
    return "{}/{}".format(*struct.unpack_from(">2xHH", raw)) if len(raw) >= 6 else ""  # noqa: PLR2004 -- both numbers


def readable(raw: bytes) -> bool:
    """Whether bytes are text in UTF-8 without control characters."""
    try:
        text = raw.rstrip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return bool(text.strip()) and all(letter.isprintable() or letter in _BLANK for letter in text)


def loose(reading: Reading, box: Box, place: str, *, key: str) -> Facts:
    """Notes what a box holds as a value, where that is short: as text where it is readable."""
    size = box.end - box.body
    if not 0 < size <= _MOST:
        return {}
    raw = reading.body(box)
    reading.walk.value(place, key, box.body, raw, encoding="utf-8" if readable(raw) else "")
    return {}


def user_data(reading: Reading, box: Box, path: str) -> Content:
    """Reads one entry of `udta`, in the form of Apple, of 3GPP, or of a maker of cameras."""
    place = path.rsplit("/", 1)[0]
    if box.kind in FREE or box.kind in {"meta", "uuid"}:
        return reading.handlers[box.kind](reading, box, path)
    if box.kind in CONTAINERS:
        return {}, reading.children(box.body + CONTAINERS[box.kind], box.end, path)
    data = reading.body(box)
    if data[4:8] == b"data":
        return item(reading, box, path)
    if box.kind.startswith("©"):
        return _texts(reading, box, place, data=data), ()
    if box.kind == "XMP_":
        return _packet(reading, box, place, data=data), ()
    if box.kind in _LOCALIZED and _localized(reading, box, place, data=data):
        return full(data), ()
    if box.kind == "loci":
        return _location(reading, box, place, data=data), ()
    return (full(data) if box.kind in FULL else {}) | loose(reading, box, place, key=box.kind), ()


def _texts(reading: Reading, box: Box, place: str, *, data: bytes) -> Facts:
    """Notes the texts of a QuickTime entry, one for each language (QuickTime File Format, *User data text strings*).

    The stated length should include its own 4 bytes of header; Apple, Kodak and Pentax leave them out.
    """
    found: list[str] = []
    at = 0
    while at + 4 <= len(data):
        size, packed = struct.unpack_from(">HH", data, at)
        if at + 4 + size > len(data):
            size -= 4
        if size < 0 or at + 4 + size > len(data):
            break
        raw = data[at + 4 : at + 4 + size]
        encoding = text_encoding(raw, packed)
        reading.walk.value(place, box.kind, box.body + at + 4, raw, encoding=encoding)
        found.append(language(packed))
        at += 4 + size
    if not found:
        loose(reading, box, place, key=box.kind)
    return {"languages": found[:64]}


def _localized(reading: Reading, box: Box, place: str, *, data: bytes) -> bool:
    """Notes a text of 3GPP behind its language; gives whether it has that form."""
    at = _LOCALIZED[box.kind]
    packed = int.from_bytes(data[at : at + 2], "big") & 0x7FFF
    if data[:4] != bytes(4) or packed < _LEAST_ISO:
        return False
    raw = data[at + 2 :]
    if raw[:2] not in {b"\xfe\xff", b"\xff\xfe"}:
        raw = raw.split(b"\0", 1)[0]
    reading.walk.value(place, box.kind, box.body + at + 2, raw, encoding=text_encoding(raw))
    return True


def _location(reading: Reading, box: Box, place: str, *, data: bytes) -> Facts:
    """Notes the place of `loci` as latitude, longitude and altitude in degrees and metres (3GPP TS 26.244, 8.10)."""
    raw = data[6:]
    wide = raw[:2] in {b"\xfe\xff", b"\xff\xfe"}
    end = next((i for i in range(0, len(raw) - 1, 2) if raw[i : i + 2] == b"\0\0"), 0) if wide else raw.index(b"\0")
    name, rest = raw[:end], raw[end + (2 if wide else 1) :]
    longitude, latitude, altitude = (round(number / 65536, 5) for number in struct.unpack_from(">iii", rest, 1))
    text = f"{latitude},{longitude},{altitude}"
    at = box.body + len(data) - len(rest) + 1
    reading.walk.value(place, "loci", at, text.encode(), size=12, encoding="ascii")
    return {**full(data), "name": name.decode(text_encoding(name), "backslashreplace"), "role": rest[0]}


def _packet(reading: Reading, box: Box, place: str, *, data: bytes) -> Facts:
    from forensics.formats.xmp import packet

    packet(reading.walk, data, box.body, f"{place}/XMP")
    return {}


def document(reading: Reading, box: Box, path: str) -> Content:
    """Notes a document of XML, or a tag of ID3, that stands in a `meta` (ISO/IEC 14496-12, clause 8.11.2)."""
    data = reading.body(box)
    skip = 6 if box.kind == "ID32" else 4
    raw, size = data[skip:], box.end - box.body - skip
    encoding = text_encoding(raw.rstrip(b"\0")) if box.kind == "xml " else ""
    place = path.rsplit("/", 1)[0]
    cut = size > len(raw)
    reading.walk.value(place, box.kind.strip(), box.body + skip, raw, size=size, encoding=encoding, is_cut=cut)
    return full(data), ()


def padding(reading: Reading, box: Box, path: str) -> Content:
    """Looks into a box that keeps room: what is in it is no part of the movie."""
    data = reading.walk.read(box.body, min(box.end - box.body, 8 << 20))
    used = len(data) - data.count(0)
    if not used:
        return {}, ()
    if used >= _LEAST_HIDDEN:
        detail = f"{used} of {len(data)} bytes of padding that were looked at are not zero"
        reading.walk.problem("hidden-data", box.body, size=box.end - box.body, part=path, detail=detail)
    raw = data.rstrip(b"\0")
    if len(raw) <= _MOST:
        reading.walk.value(path, box.kind, box.body, raw, encoding="utf-8" if readable(raw) else "")
    return {"nonzero_bytes": used, "examined_bytes": len(data)}, ()
