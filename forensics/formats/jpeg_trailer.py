"""What stands behind the picture in a JPEG file: further pictures, clips of motion photos, makers' trailers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from forensics.formats import trailer
from forensics.formats.structure import Part
from forensics.formats.walk import Walk
from forensics.formats.xmp_tree import RefusedError, Tree

_SEF_ENTRY = 12
_SEF_TEXT = 1024
"""A block of Samsung's trailer of at most so many bytes is noted as a value."""

_BLOCKS = 1000
_MOTION = frozenset({"GCamera:MotionPhoto", "GCamera:MicroVideo", "MiCamera:MotionPhoto"})

_NAMES: tuple[tuple[bytes, str], ...] = (
    (b"CANON OPTIONAL DATA\0", "CanonVRD"),
    (b"AXS!", "AFCP"),
    (b"AXS*", "AFCP"),
    (b"\xa1\xb2\xc3\xd4", "FotoStation"),
    (b"cbipcbbl", "PhotoMechanic"),
    (b"vivo{", "Vivo"),
    (b"~\0\x04\0zmie~\0\0\x06", "MIE"),
)
"""Bytes at the start or end of a known trailer. *Source:* ExifTool, `IdentifyTrailer` in ExifTool.pm."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the picture says about what stands behind it.

    Attributes:
        images: Pictures of the multi-picture index, as `jpeg_mpf.rows` gives them.
        items: Size and media type of the items that XMP lists behind the picture.
        is_motion: Whether XMP says that it is a motion photo.
    """

    images: tuple[dict[str, Any], ...] = ()
    items: tuple[tuple[int, str], ...] = ()
    is_motion: bool = False


def declared(images: Sequence[dict[str, Any]], packets: Sequence[bytes]) -> Declared:
    """Gathers what index and XMP packets say."""
    items: list[tuple[int, str]] = []
    is_motion = False
    for packet in packets:
        rows = _properties(packet)
        is_motion |= any(rows.get(key) == "1" for key in _MOTION)
        for key, text in rows.items():
            if key.endswith("Item:Length") and text.isdecimal():
                items.append((int(text[:18]), rows.get(key.replace("Item:Length", "Item:Mime"), "")))
    is_motion |= any(mime.startswith("video/") for _, mime in items)
    return Declared(tuple(images), tuple(items), is_motion)


def _properties(packet: bytes) -> dict[str, str]:
    tree = Tree(packet)
    try:
        tree.parse()
    except (expat.ExpatError, RefusedError):
        return {}
    return {item.path: item.text for item in tree.found}


def parts(walk: Walk, at: int, said: Declared) -> Iterator[Part]:
    """Gives what stands behind the picture; reports what neither index nor XMP nor a maker's trailer accounts for.

    Args:
        walk: The reader's hand in the file.
        at: End of the picture.
        said: What the picture says.
    """
    images = {row["offset"]: row for row in said.images if row["offset"]}
    sef_start, sef = _samsung(walk, at)
    end = walk.size if sef is None else sef_start
    listed = _listed(at, walk.size, said)
    while at < end:
        stop = min([offset for offset in images if offset > at and offset < end], default=end)
        if at in images:
            found = [_image(walk, at, images.pop(at), end)]
        elif walk.read(at + 4, 4) == b"ftyp":
            found = [_clip(walk, at, stop, said)]
        else:
            found = list(_picture(walk, at, stop, listed.get(at, 0)) or _unknown(walk, at, stop))
        yield from found
        at = found[-1].offset + found[-1].size
    if sef is not None:
        yield sef
    for row in images.values():
        if walk.read(row["offset"], 2) != b"\xff\xd8":
            detail = f"the index names a picture of {row['size']} bytes at {row['offset']}, where none is"
            walk.problem("missing-part", walk.size, part="APP2/MPF", detail=detail)


def _image(walk: Walk, at: int, row: dict[str, Any], end: int) -> Part:
    walk.count()
    size = min(row["size"], end - at) or end - at
    if size < row["size"]:
        detail = f"the index names a picture of {row['size']} bytes, {size} are there"
        walk.problem("past-end", at, part="MPImage", detail=detail)
    facts = {"type": row["type"], "is_jpeg": walk.read(at, 2) == b"\xff\xd8"}
    return Part("MPImage", at, size, row["size"], facts)


def _clip(walk: Walk, at: int, stop: int, said: Declared) -> Part:
    """Gives the clip of a motion photo; one that nothing declares is reported as trailing data too."""
    walk.count()
    end = _boxes_end(walk, at, stop)
    if not said.is_motion:
        detail = f"a clip of {end - at} bytes stands after the end, and no XMP property announces it"
        walk.problem("trailing-data", at, size=end - at, detail=detail)
    facts = {"kind": "motion-photo", "type": "video/mp4", "is_declared": said.is_motion}
    return Part("motion-photo", at, end - at, facts=facts)


def _boxes_end(walk: Walk, at: int, stop: int) -> int:
    """Gives the end of the boxes of a clip."""
    for _ in range(_BLOCKS):
        header = walk.read(at, 16)
        size = int.from_bytes(header[:4], "big")
        if size == 1:
            size = int.from_bytes(header[8:16], "big")
        is_name = len(header) >= 8 and header[4:8].isalnum()  # noqa: PLR2004 -- size and name
        if not is_name or size < 8 or at + size > stop:  # noqa: PLR2004 -- the header of a box has 8 bytes
            return stop if size == 0 and is_name else at
        at += size
    return stop


def _listed(start: int, end: int, said: Declared) -> dict[int, int]:
    """Gives where the items that XMP lists begin, with their sizes: they follow the picture and fill the file's end.

    *Source:* Google, Motion Photo format 1.0, and Ultra HDR image format 1.1, container item semantics.
    """
    rows: dict[int, int] = {}
    at = end - sum(size for size, _ in said.items)
    for place in (start, at):
        here = place
        for size, _ in said.items:
            rows[here] = size
            here += size
    return rows


def _picture(walk: Walk, at: int, stop: int, size: int) -> tuple[Part, ...]:
    """Gives a further picture that XMP lists, such as a gain map; nothing for other bytes."""
    if not 0 < size <= stop - at or walk.read(at, 3) != b"\xff\xd8\xff":
        return ()
    walk.count()
    return (Part("listed-image", at, size, size, {"kind": "listed-image", "type": "image/jpeg"}),)


def _unknown(walk: Walk, at: int, stop: int) -> Iterator[Part]:
    ends = (walk.read(at, 32), walk.read(max(at, stop - 32), min(32, stop - at)))
    name = next((name for mark, name in _NAMES if ends[0].startswith(mark) or mark in ends[1]), "")
    facts: dict[str, Any] = {"kind": name} if name else {}
    yield from trailer.rest(walk, at, stop, **facts)


def _samsung(walk: Walk, at: int) -> tuple[int, Part | None]:
    """Gives Samsung's trailer and where it begins. *Source:* ExifTool, `ProcessSamsung` in Samsung.pm."""
    tail = walk.read(max(at, walk.size - 8), 8)
    if len(tail) < 8 or tail[4:] != b"SEFT":  # noqa: PLR2004 -- length and mark
        return walk.size, None
    directory = walk.size - 8 - int.from_bytes(tail[:4], "little")
    header = walk.read(directory, 12) if directory > at else b""
    if header[:4] != b"SEFH":
        return walk.size, None
    count = min(int.from_bytes(header[8:12], "little"), _BLOCKS)
    table = walk.read(directory + 12, count * _SEF_ENTRY)
    blocks: list[Part] = []
    for start in range(0, len(table) - _SEF_ENTRY + 1, _SEF_ENTRY):
        row = table[start : start + _SEF_ENTRY]
        offset = directory - int.from_bytes(row[4:8], "little")
        size = int.from_bytes(row[8:12], "little")
        if at <= offset and offset + size <= directory:
            walk.count()
            blocks.append(_block(walk, offset, size, int.from_bytes(row[2:4], "little")))
    begin = min([block.offset for block in blocks], default=directory)
    facts = {"kind": "Samsung", "entries": count}
    return begin, Part("SEFT", begin, walk.size - begin, facts=facts, parts=tuple(blocks))


def _block(walk: Walk, offset: int, size: int, number: int) -> Part:
    head = walk.read(offset, min(size, 136))
    length = min(int.from_bytes(head[4:8], "little"), 128)
    name = head[8 : 8 + length].decode("utf-8", "replace")
    start, rest = offset + 8 + length, max(0, size - 8 - length)
    if 0 < rest <= _SEF_TEXT:
        data = walk.read(start, rest)
        walk.value("SEFT", name, start, data, encoding="utf-8" if data.isascii() else "")
    facts: dict[str, Any] = {"type": f"0x{number:04x}", "name": name}
    if walk.read(start + 4, 4) == b"ftyp":
        facts |= {"kind": "motion-photo", "clip_offset": start, "clip_size": rest}
    return Part("SEF", offset, size, facts=facts)
