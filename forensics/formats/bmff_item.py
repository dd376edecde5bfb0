"""Items of HEIF and other files with a `meta` box: which there are, where they lie, and EXIF and XMP among them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

from forensics.codec import MAX_INTEGER
from forensics.formats.bmff_box import Box, Content, Facts, Reading, code, full
from forensics.formats.bmff_tag import loose, names_of, readable
from forensics.formats.structure import Part
from forensics.formats.walk import LimitReachedError

_EXTENTS = 100_000
_LISTED = 512
"""Items that become facts; a picture of 100 megapixels in tiles of 512 has 400."""

_SHORT = 65_536
Pieces = list[tuple[int, int]]


def meta(reading: Reading, box: Box, path: str) -> Content:
    """Reads `meta`, which has version and flags in ISO files and none in QuickTime's."""
    data = reading.body(box, 12)
    if data[:1] in {b"<", b"\xef"}:
        return loose(reading, box, path, key="meta"), ()
    start = box.body + (4 if data[:4] == bytes(4) and data[4:8] != b"hdlr" else 0)
    outer, kept = reading.keys, dict(reading.tables)
    reading.keys = names_of(reading, start, box.end)
    for name in ("iloc", "infe", "iref", "pitm", "idat"):
        reading.tables.pop(name, None)
    parts = reading.children(start, box.end, path)
    facts = full(data) if start > box.body else {"has_version": False}
    facts |= _items(reading, path)
    reading.keys, reading.tables = outer, kept
    return facts, parts


def infos(reading: Reading, box: Box, path: str) -> Content:
    """Reads `iinf`, the list of items."""
    data = reading.body(box, 8)
    wide = 4 if data[0] else 2
    count = int.from_bytes(data[4 : 4 + wide], "big")
    return {**full(data), "entry_count": count}, reading.children(box.body + 4 + wide, box.end, path)


def info(reading: Reading, box: Box, path: str) -> Content:
    """Reads `infe`, which says what one item is (ISO/IEC 14496-12, clause 8.11.6)."""
    del path
    data = reading.body(box, 4096)
    facts = full(data)
    if data[0] < 2:  # noqa: PLR2004 -- version
        number, kind, at = int.from_bytes(data[4:6], "big"), "", 8
    else:
        wide = 4 if data[0] > 2 else 2  # noqa: PLR2004 -- version
        at = 4 + wide + 2
        number, kind, at = int.from_bytes(data[4 : 4 + wide], "big"), code(data[at : at + 4]), at + 4
    texts = [text.decode("utf-8", "backslashreplace") for text in data[at:].split(b"\0")] + ["", "", ""]
    facts |= {"item_id": number, "item_type": kind, "name": texts[0], "is_hidden": bool(data[3] & 1)}
    if kind in {"mime", ""}:
        facts |= {"content_type": texts[1], "content_encoding": texts[2]}
    elif kind == "uri ":
        facts["uri"] = texts[1]
    reading.tables.setdefault("infe", {})[number] = facts
    return facts, ()


def places(reading: Reading, box: Box, path: str) -> Content:
    """Reads `iloc`, which says where the items lie (ISO/IEC 14496-12, clause 8.11.3)."""
    data = reading.body(box)
    version = data[0]
    widths = (data[4] >> 4, data[4] & 15, data[5] >> 4, data[5] & 15 if version else 0)
    wide = 4 if version > 1 else 2
    count, at = int.from_bytes(data[6 : 6 + wide], "big"), 6 + wide
    found: dict[int, tuple[int, Pieces]] = {}
    left = _EXTENTS
    for _ in range(count):
        number, at = int.from_bytes(data[at : at + wide], "big"), at + wide
        method = 0
        if version:
            method, at = data[at + 1] & 15, at + 2
        base = int.from_bytes(data[at + 2 : at + 2 + widths[2]], "big")
        at += 2 + widths[2]
        extents, at = int.from_bytes(data[at : at + 2], "big"), at + 2
        if at + extents * (widths[0] + widths[1] + widths[3]) > len(data):
            detail = f"the list states {count} items and has room for {len(found)}"
            reading.walk.problem("past-end", box.start, part=path, detail=detail)
            break
        left -= extents
        if left < 0:
            raise LimitReachedError(f"items lie in more than {_EXTENTS} pieces")
        pieces, at = _pieces(data, at, base, count=extents, widths=widths)
        found[number] = (method, pieces)
    reading.tables["iloc"] = found
    return {**full(data), "entry_count": count}, ()


def _pieces(data: bytes, at: int, base: int, *, count: int, widths: tuple[int, int, int, int]) -> tuple[Pieces, int]:
    """Reads the pieces of one item; where they state neither place nor size, all are the whole, which is given once."""
    pieces: Pieces = []
    for _ in range(count if widths[0] + widths[1] else min(count, 1)):
        at += widths[3]
        offset = int.from_bytes(data[at : at + widths[0]], "big")
        size = int.from_bytes(data[at + widths[0] : at + widths[0] + widths[1]], "big")
        at += widths[0] + widths[1]
        pieces.append((base + offset, size))
    return pieces, at


def references(reading: Reading, box: Box, path: str) -> Content:
    """Reads `iref`: thumbnails, descriptions and tiles of items."""
    data = reading.body(box, 4)
    reading.tables["wide"] = 4 if data[0] else 2
    return full(data), reading.children(box.body + 4, box.end, path)


def reference(reading: Reading, box: Box, path: str) -> Content:
    """Reads one reference of an item to others."""
    del path
    wide = reading.tables.get("wide", 2)
    data = reading.body(box, 2 * wide + 2 + 1024)
    source, count = int.from_bytes(data[:wide], "big"), int.from_bytes(data[wide : wide + 2], "big")
    at = wide + 2
    targets = [int.from_bytes(data[i : i + wide], "big") for i in range(at, min(at + count * wide, len(data)), wide)]
    reading.tables.setdefault("iref", []).append((box.kind, source, targets))
    return {"from_id": source, "to_ids": targets}, ()


def primary(reading: Reading, box: Box, path: str) -> Content:
    """Reads `pitm`, the picture that is to be shown."""
    del path
    data = reading.body(box, 8)
    number = int.from_bytes(data[4 : 8 if data[0] else 6], "big")
    reading.tables["pitm"] = number
    return {**full(data), "item_id": number}, ()


def inner_data(reading: Reading, box: Box, path: str) -> Content:
    """Remembers where `idat` lies, in which small items are."""
    del path
    reading.tables["idat"] = (box.body, box.end)
    return {}, ()


def properties(reading: Reading, box: Box, path: str) -> Content:
    """Reads `ispe`, `irot` or `auxC`: size, turn, and what an auxiliary picture is for."""
    data = reading.body(box, 256)
    if box.kind == "ispe":
        width, height = struct.unpack_from(">II", data, 4)
        return {**full(data), "width": width, "height": height}, ()
    if box.kind == "irot":
        return {"turn_degrees": 90 * (data[0] & 3)}, ()
    raw = data[4:].split(b"\0", 1)[0]
    reading.walk.value(path, "auxC", box.body + 4, raw, encoding="utf-8")
    return {**full(data), "type": raw.decode("utf-8", "backslashreplace")}, ()


def _items(reading: Reading, path: str) -> Facts:
    """Joins what was read about items, notes EXIF, XMP and short texts among them."""
    infos_of: dict[int, Facts] = reading.tables.get("infe", {})
    places_of: dict[int, tuple[int, Pieces]] = reading.tables.get("iloc", {})
    if not infos_of and not places_of:
        return {}
    thumbs = {source: to for kind, source, to in reading.tables.get("iref", []) if kind == "thmb"}
    listed: list[Facts] = []
    for number in dict.fromkeys((*infos_of, *places_of)):
        facts = infos_of.get(number, {})
        pieces = _where(reading, places_of.get(number), path)
        part = _item(reading, facts, pieces, path=path)
        reading.items.extend(part)
        if len(listed) < _LISTED:
            listed.append(
                _listing(number, facts, pieces) | ({"thumbnail_of": thumbs[number]} if number in thumbs else {})
            )
    return {
        "primary_item": reading.tables.get("pitm"),
        "item_count": len(infos_of),
        "hidden_pictures": _hidden(reading, infos_of),
        "thumbnails": sorted(thumbs)[:_LISTED],
        "items": listed,
    }


def _hidden(reading: Reading, infos_of: dict[int, Facts]) -> list[int]:
    """Gives the pictures that are not to be shown and are neither tile, thumbnail nor auxiliary of another picture."""
    links: list[tuple[str, int, list[int]]] = reading.tables.get("iref", [])
    known = {one for kind, _, targets in links if kind == "dimg" for one in targets}
    known |= {source for kind, source, _ in links if kind in {"thmb", "auxl"}}
    other = {"Exif", "mime", "uri ", "iptc", ""}
    hidden = (one for one, facts in infos_of.items() if facts["is_hidden"] and facts["item_type"] not in other)
    return [one for one in hidden if one not in known][:_LISTED]


def _listing(number: int, facts: Facts, pieces: Pieces) -> Facts:
    return {
        "id": number,
        "type": facts.get("item_type", ""),
        "name": facts.get("name", ""),
        "content_type": facts.get("content_type", ""),
        "is_hidden": facts.get("is_hidden", False),
        "offset": pieces[0][0] if pieces else None,
        "size": sum(size for _, size in pieces),
        "pieces": len(pieces),
    }


def _where(reading: Reading, found: tuple[int, Pieces] | None, path: str) -> Pieces:
    """Gives the stretches of the file that an item lies in, and notes those that the file has no longer."""
    if found is None or found[0] > 1:
        return []
    start, end = reading.tables.get("idat", (0, 0)) if found[0] else (0, reading.walk.size)
    pieces = [(start + offset, size or max(0, end - start - offset)) for offset, size in found[1]]
    for at, size in pieces:
        if at + size > reading.walk.size:
            detail = f"an item reaches to byte {at + size}; the file has {reading.walk.size}"
            short = min(at + size - reading.walk.size, MAX_INTEGER)
            reading.walk.problem("truncated", reading.walk.size, size=short, part=path, detail=detail)
        if at < reading.walk.size:
            reading.ranges.append((at, min(at + size, reading.walk.size)))
    return [(at, min(size, reading.walk.size - at)) for at, size in pieces if at < reading.walk.size]


def _item(reading: Reading, facts: Facts, pieces: Pieces, *, path: str) -> Iterable[Part]:
    """Gives the parts of one item, one for each piece; the directories of EXIF lie in the first."""
    kind = facts.get("item_type") or "item"
    within: tuple[Part, ...] = ()
    size = sum(length for _, length in pieces)
    if pieces and kind in {"Exif", "mime", "uri ", "item"}:
        reading.spend()
    if pieces and kind == "Exif":
        within = _exif(reading, pieces, path=path)
    elif pieces and kind in {"mime", "uri ", "item"} and size <= reading.walk.limits.value_bytes:
        _text(reading, facts, pieces, path=path)
    own: Facts = {"item_id": facts.get("item_id"), "is_hidden": facts.get("is_hidden", False)}
    for number, (at, length) in enumerate(pieces):
        reading.walk.count()
        yield Part(kind, at, length, length, own, () if number else within)


def _exif(reading: Reading, pieces: Pieces, *, path: str) -> tuple[Part, ...]:
    """Reads an item of EXIF; before its TIFF header stand 4 bytes that say how far it is (ISO/IEC 23008-12, A.2.1)."""
    from forensics.formats.span import Span
    from forensics.formats.tiff import block

    head = Span(reading.walk, pieces).read(0, 4 + _AHEAD)
    skip = 4 + int.from_bytes(head[:4], "big")
    if head[skip : skip + 2] not in {b"II", b"MM"} and head[skip : skip + 4] != b"Exif":
        marks = [at for mark in (b"II*\0", b"MM\0*") if (at := head.find(mark)) >= 0]
        skip = min(marks, default=skip)
    return block(Span(reading.walk, _without(pieces, skip)), f"{path}/Exif")


_AHEAD = 256
"""Bytes in which the TIFF header is searched, where the offset is wrong."""


def _without(pieces: Pieces, skip: int) -> Pieces:
    """Gives the pieces without their first bytes."""
    found: Pieces = []
    for at, size in pieces:
        gone = min(skip, size)
        skip -= gone
        if size > gone:
            found.append((at + gone, size - gone))
    return found


def _text(reading: Reading, facts: Facts, pieces: Pieces, *, path: str) -> None:
    """Notes an item of XMP, or another short one of a kind that has a media type."""
    from forensics.formats.xmp import packet

    data = b"".join(reading.walk.read(at, size) for at, size in pieces)
    stored, is_packed = len(data), facts.get("content_encoding") == "deflate"
    if is_packed:
        data = _unpacked(reading, data, pieces[0][0])
    kind = facts.get("content_type") or facts.get("uri") or facts.get("name") or facts.get("item_type") or "item"
    if facts.get("content_type") == "application/rdf+xml":
        packet(reading.walk, data, pieces[0][0], f"{path}/XMP", is_compressed=is_packed)
    elif len(data) <= _SHORT:
        place = f"{path}/{(facts.get('item_type') or 'item').strip()}"
        encoding = "utf-8" if readable(data) else ""
        reading.walk.value(place, kind, pieces[0][0], data, size=stored, encoding=encoding, is_compressed=is_packed)


def _unpacked(reading: Reading, data: bytes, at: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, reading.walk.limits.value_bytes)
    except zlib.error:
        reading.walk.problem("unreadable", at, detail="a compressed item cannot be unpacked")
        return b""
