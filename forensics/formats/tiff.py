"""Reader of TIFF and BigTIFF files, and of the EXIF blocks inside other formats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from forensics.formats import photoshop, tiff_value, trailer, xmp
from forensics.formats.span import Span
from forensics.formats.structure import Part
from forensics.formats.tiff_tag import name_of
from forensics.formats.tiff_value import Entry
from forensics.formats.walk import LimitReachedError, Walk

_BIG = 43
_MAGICS = {42, _BIG, 0x0055, 0x4F52, 0x5352}
"""TIFF, BigTIFF, and the variants of Panasonic (RW2) and Olympus (ORF). *Source:* TIFF 6.0, section 2; ExifTool."""

_ENTRIES = 50_000
"""Entries of all directories of one block together; the fullest file of a camera measured has 330."""

_STRIPS = 200_000
"""Strips and tiles of all directories together; a picture of 65,535 lines has 65,535 strips at most."""

_POINTERS = {0x8769: "ExifIFD", 0x8825: "GPS", 0xA005: "Interop"}
_SUB_IFDS = 0x014A
_XMP, _IPTC, _PHOTOSHOP, _ICC, _MAKER_NOTE = 0x02BC, 0x83BB, 0x8649, 0x8773, 0x927C
_JPEG_OFFSET, _JPEG_SIZE, _STRIP_OFFSETS, _STRIP_SIZES, _COMPRESSION = 0x0201, 0x0202, 0x0111, 0x0117, 0x0103
_TILE_OFFSETS, _TILE_SIZES = 0x0144, 0x0145
_OPEN = frozenset({_MAKER_NOTE, 0xC634, 0x002E, 0x0207, 0x0208, 0x0209})
"""MakerNote, DNGPrivateData, Panasonic's JPEG, tables of old JPEG: what they point to has no size."""

_ONE_NUMBER = frozenset({_JPEG_OFFSET, _JPEG_SIZE, _STRIP_OFFSETS, _STRIP_SIZES, _COMPRESSION})

_BULK = frozenset({0x935C, 0xC68C, 0xEA1C})
"""ImageSourceData (layers of Photoshop), OriginalRawFileData, Padding: of these only offset and size are noted."""


@dataclass(slots=True)
class _Block:
    """One TIFF block under reading: what is known of it and what was seen.

    Attributes:
        span: The block's bytes; offsets in the block count from its start.
        order: `<` or `>`, as `struct` has it.
        is_big: Whether offsets have 8 bytes.
        kind: Kind of names that its outer directories have: empty, or `MPF`.
        seen: Offsets of the directories that were read.
        entries_left: How many more entries are read.
        numbers_left: How many more strips and tiles are followed.
        reaches: End of the last byte that a directory, a value or a strip has.
        is_open: Whether something in it points to places that only its maker knows.
        is_file: Whether it is a file of its own, and so must have its pictures' data.
    """

    span: Span
    order: str
    is_big: bool
    kind: str = ""
    seen: set[int] = field(default_factory=set)
    entries_left: int = _ENTRIES
    numbers_left: int = _STRIPS
    reaches: int = 8
    is_open: bool = False
    is_file: bool = False

    def number(self, at: int, size: int) -> int:
        data = self.span.read(at, size)
        return int.from_bytes(data, "little" if self.order == "<" else "big")

    def problem(self, code: str, at: int, place: str, detail: str) -> None:
        self.span.walk.problem(code, self.span.offset(at), part=place, detail=detail)


@dataclass(frozen=True, slots=True)
class _Directory:
    name: str
    place: str
    prefix: str


def read(walk: Walk) -> Iterator[Part]:
    """Gives the directories of a TIFF file, one part for each page."""
    span = Span(walk, [(0, walk.size)])
    known = _header(span, "TIFF")
    if known is None:
        return
    known.is_file = True
    yield from _chain(known, "", "TIFF", is_nested=True)
    if known.reaches < walk.size and not known.is_open:
        yield from trailer.rest(walk, known.reaches + (known.reaches & 1), walk.size)


def ifds(walk: Walk, base: int, size: int, place: str) -> tuple[Part, ...]:
    """Reads the EXIF or TIFF block that lies in one piece within another file.

    Args:
        walk: The reader's hand in the file.
        base: Offset of the block in the file; its own offsets count from here. The mark `Exif` and two zero bytes
            before the block are passed over.
        size: Bytes of the block.
        place: Where it lies; values are noted under `place/IFD0`, `place/ExifIFD`, `place/GPS`, `place/Interop` and
            `place/IFD1`.

    Returns:
        One part for each directory of the chain, with its sub-directories within it; empty where there is no header.
    """
    return block(Span(walk, [(base, size)]), place)


def block(span: Span, place: str, *, kind: str = "") -> tuple[Part, ...]:
    """Reads an EXIF or TIFF block that lies in several pieces or was unpacked; else as `ifds`.

    Args:
        span: The block's bytes.
        place: Where it lies.
        kind: `MPF` for the index of a multi-picture file.
    """
    if span.read(0, 6) == b"Exif\0\0":
        pieces = [(span.offset(6), span.size - 6)]
        span = Span(span.walk, pieces, unpacked=span.read(6, span.size - 6) if span.is_packed else None)
    known = _header(span, place, kind=kind)
    return tuple(_chain(known, f"{place}/", place)) if known else ()


def order_of(header: bytes) -> str:
    """Gives the byte order of a TIFF block as `struct` has it, from its first 4 bytes; empty where it is none."""
    order = {b"II": "<", b"MM": ">"}.get(header[:2], "")
    magic = int.from_bytes(header[2:4], "little" if order == "<" else "big")
    return order if len(header) >= 4 and magic in _MAGICS else ""  # noqa: PLR2004 -- the length just said


def _header(span: Span, place: str, *, kind: str = "") -> _Block | None:
    """Reads the header of a block; None where there is none."""
    header = span.read(0, 8)
    order = order_of(header)
    if not order or len(header) < 8:  # noqa: PLR2004 -- order, version, offset of the first directory
        span.walk.problem("unreadable", span.offset(0), part=place, detail="there is no TIFF header")
        return None
    is_big = int.from_bytes(header[2:4], "little" if order == "<" else "big") == _BIG
    return _Block(span, order, is_big=is_big, kind=kind)


def _chain(block: _Block, prefix: str, place: str, *, is_nested: bool = False) -> Iterator[Part]:
    """Gives the directories of the chain, each as soon as it is read."""
    at = block.number(8, 8) if block.is_big else block.number(4, 4)
    if not at:
        block.problem("missing-part", 0, place, "there is no directory")
    index = 0
    while at and _may_read(block, at, place):
        name = f"IFD{index}"
        inner = f"{prefix}{name}/" if is_nested else prefix
        part, at = _directory(block, at, _Directory(name, f"{prefix}{name}", inner))
        yield part
        index += 1


def _may_read(block: _Block, at: int, place: str) -> bool:
    if at in block.seen:
        block.problem("unreadable", at, place, "a directory is pointed to that was read already")
        return False
    if at < 8 or at + 2 > block.span.size:  # noqa: PLR2004 -- the header has 8 bytes
        block.problem("past-end", min(at, block.span.size), place, "a directory is said to lie outside of the block")
        return False
    block.seen.add(at)
    return True


def _directory(block: _Block, at: int, here: _Directory) -> tuple[Part, int]:
    """Reads one directory, and gives it with the offset of the next one of its chain; 0 for none."""
    walk = block.span.walk
    walk.count()
    head, unit = (8, 20) if block.is_big else (2, 12)
    count = block.number(at, head)
    block.entries_left -= min(count, (block.span.size - at) // unit)
    if block.entries_left < 0:
        raise LimitReachedError(f"directories have more than {_ENTRIES} entries")
    table = block.span.read(at + head, count * unit)
    declared = head + count * unit + (8 if block.is_big else 4)
    if len(table) < count * unit:
        block.problem("past-end", at, here.place, f"{count} entries do not fit")
    entries = [
        tiff_value.entry(block.order, table[start : start + unit], at + head + start, is_big=block.is_big)
        for start in range(0, len(table) - unit + 1, unit)
    ]
    with walk.deeper():
        parts = tuple(_parts(block, entries, here))
    after = block.number(at + head + count * unit, 8 if block.is_big else 4)
    is_sorted = all(a.tag <= b.tag for a, b in pairwise(entries))
    order = {"<": "little-endian", ">": "big-endian"}[block.order]
    facts = {"entries": count, "byte_order": order, "is_sorted": is_sorted}
    size = min(declared, block.span.size - at)
    block.reaches = max(block.reaches, at + size)
    return Part(here.name, block.span.offset(at), size, declared, facts, parts), after


def _parts(block: _Block, entries: list[Entry], here: _Directory) -> Iterator[Part]:
    numbers: dict[int, int] = {}
    unread = 0
    for entry in entries:
        block.span.walk.count()
        if not entry.unit:
            unread += bool(entry.tag or entry.kind or entry.count)
            continue
        size = _fitting(block, entry, here)
        if entry.tag in _ONE_NUMBER and entry.count == 1 and here.name not in {"GPS", "Interop"}:
            numbers[entry.tag] = block.number(entry.at, entry.unit)
        yield from _entry(block, entry, here, size)
    if unread:
        detail = f"{unread} of {len(entries)} entries have a type that does not exist"
        block.problem("unreadable", entries[0].at, here.place, detail)
    _reach(block, entries, here)
    yield from _thumbnail(block, numbers, here)


def _reach(block: _Block, entries: list[Entry], here: _Directory) -> None:
    """Notes how far values, strips and tiles of a directory reach into the block."""
    for entry in entries:
        block.reaches = max(block.reaches, min(entry.at + entry.size, block.span.size))
        block.is_open |= entry.tag in _OPEN
    rows = {entry.tag: entry for entry in entries if entry.unit in {2, 4, 8}}
    for offsets, sizes in ((_STRIP_OFFSETS, _STRIP_SIZES), (_TILE_OFFSETS, _TILE_SIZES), (_JPEG_OFFSET, _JPEG_SIZE)):
        if offsets in rows and sizes in rows:
            starts = tiff_value.integers(block.span, rows[offsets], block.numbers_left)
            lengths = tiff_value.integers(block.span, rows[sizes], len(starts))
            block.numbers_left -= len(starts)
            ends = [start + length for start, length in zip(starts, lengths, strict=False)]
            block.reaches = max(block.reaches, *(end for end in ends if end <= block.span.size), 0)
            outside = sum(end > block.span.size for end in ends)
            if outside and starts and block.is_file and offsets != _JPEG_OFFSET:
                detail = f"{outside} of {len(ends)} strips or tiles do not fit into {block.span.size} bytes"
                block.problem("past-end", min(starts), here.place, detail)


def _fitting(block: _Block, entry: Entry, here: _Directory) -> int:
    """Gives how many bytes of a value lie within the block, and reports where that is not all."""
    size = max(0, min(entry.size, block.span.size - entry.at))
    if size < entry.size:
        name = name_of(entry.tag, here.name)
        detail = f"{name} is said to have {entry.size} bytes at {entry.at} of {block.span.size}"
        block.problem("past-end", entry.place, here.place, detail)
    return size


def _entry(block: _Block, entry: Entry, here: _Directory, size: int) -> Iterator[Part]:
    """Reads what one entry holds; gives a part for what is more than a value."""
    is_main = here.name not in {"GPS", "Interop"} and not block.kind
    if is_main and entry.tag in _POINTERS and entry.unit in {4, 8}:
        yield from _sub(block, block.number(entry.at, entry.unit), here, _POINTERS[entry.tag])
    elif is_main and entry.tag == _SUB_IFDS and entry.unit in {4, 8}:
        for index in range(min(size // entry.unit, 64)):
            target = block.number(entry.at + index * entry.unit, entry.unit)
            yield from _sub(block, target, here, f"SubIFD[{index + 1}]")
    elif is_main and entry.tag in {_XMP, _IPTC, _PHOTOSHOP} and size > 4:  # noqa: PLR2004 -- none fits into an entry
        yield from _packet(block, entry, here, size)
    elif is_main and (entry.tag in _BULK or entry.tag == _ICC):
        yield Part(name_of(entry.tag, here.name), block.span.offset(entry.at), size, entry.size)
    else:
        names = block.kind or here.name
        tiff_value.note(block.span, entry, size=size, place=here.place, name=name_of(entry.tag, names), names=names)
        if is_main and entry.tag == _MAKER_NOTE:
            yield _maker_note(block, entry, size)


def _sub(block: _Block, at: int, here: _Directory, name: str) -> Iterator[Part]:
    place = f"{here.prefix}{name}"
    if _may_read(block, at, here.place):
        yield _directory(block, at, _Directory(name, place, f"{place}/" if "SubIFD" in name else here.prefix))[0]


def _maker_note(block: _Block, entry: Entry, size: int) -> Part:
    """Gives the maker note, whose format only its maker knows, with the mark at its start such as `Nikon`."""
    mark = block.span.read(entry.at, min(size, 16)).split(b"\0")[0]
    text = mark.decode("ascii") if mark.isascii() and mark.decode("ascii").isprintable() else ""
    return Part("MakerNote", block.span.offset(entry.at), size, entry.size, {"mark": text})


def _packet(block: _Block, entry: Entry, here: _Directory, size: int) -> Iterator[Part]:
    span, walk = block.span, block.span.walk
    offset = span.offset(entry.at)
    if entry.tag == _XMP:
        data = span.read(entry.at, min(size, walk.limits.total_bytes))
        xmp.packet(walk, data, offset, f"{here.place}/XMP")
        return
    unpacked = span.read(entry.at, size) if span.is_packed else None
    inner = Span(walk, [(offset, size)], unpacked=unpacked)
    if entry.tag == _IPTC:
        photoshop.iptc(inner, f"{here.place}/IPTC")
    else:
        yield from photoshop.resources(inner, here.place)


def _thumbnail(block: _Block, numbers: dict[int, int], here: _Directory) -> Iterator[Part]:
    """Gives the small picture that a directory points to: of the first two directories, `thumbnail`; else `preview`."""
    at, size = numbers.get(_JPEG_OFFSET, 0), numbers.get(_JPEG_SIZE, 0)
    encoding = "jpeg"
    if not at and here.name == "IFD1":
        at, size, encoding = numbers.get(_STRIP_OFFSETS, 0), numbers.get(_STRIP_SIZES, 0), "strips"
    if not at or not size:
        return
    there = max(0, min(size, block.span.size - at))
    if there < size:
        block.problem(
            "past-end", min(at, block.span.size), here.place, f"an inner picture of {size} bytes does not fit"
        )
    if there:
        kind = "thumbnail" if here.name in {"IFD0", "IFD1"} and here.prefix else "preview"
        starts = block.span.read(at, 2) == b"\xff\xd8"
        facts = {"encoding": encoding, "is_jpeg": starts, "compression": numbers.get(_COMPRESSION)}
        yield Part(kind, block.span.offset(at), there, size, facts)
