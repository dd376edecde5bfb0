"""Entries of TIFF directories and how their values are written as text."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from forensics.formats.span import Span

_UNITS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4} | {
    16: 8,
    17: 8,
    18: 8,
    129: 1,
}
"""Bytes of one value by type. *Source:* TIFF 6.0, section 2; TIFF Technical Note 1 (13); BigTIFF (16 to 18);
Exif 3.0, clause 4.6.2 (129, UTF-8)."""

_CODES = {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d", 13: "I"} | {
    16: "Q",
    17: "q",
    18: "Q",
}
_ASCII, _UNDEFINED, _UTF8 = 2, 7, 129
_FLOATS, _RATIONALS = (11, 12), (5, 10)

_NUMBERS = 64
"""Numbers of one value that are written; tables of strips and colours are longer and say nothing."""

_BYTES = 256
"""A value of more single bytes than this is kept as bytes, not as a list of numbers."""

_XP = range(0x9C9B, 0x9CA0)
"""XPTitle to XPSubject of Windows, in UTF-16 of the least significant byte first, whatever the file's order."""

_CODED = {("", 0x9286), ("GPS", 0x001B), ("GPS", 0x001C)}
"""UserComment, GPSProcessingMethod, GPSAreaInformation begin with a code of 8 bytes. *Source:* Exif 3.0, table 9."""

_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f]")
_COMMON = re.compile(r"[\t\n\r -~\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7af\uff00-\uffef]")
_PLAIN = re.compile(rb"[\t\n\r -~]{16,}\0*")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a directory.

    Attributes:
        order: `<` or `>`.
        tag: Number of the tag.
        kind: Number of the type.
        count: Numbers, characters or bytes that it says to have.
        at: Where the value lies in the block.
        place: Where the entry lies in the block.
        unit: Bytes of one of them; 0 for a type that does not exist.
    """

    order: str
    tag: int
    kind: int
    count: int
    at: int
    place: int
    unit: int

    @property
    def size(self) -> int:
        """Bytes that the value says to have."""
        return self.count * self.unit


def entry(order: str, data: bytes, place: int, *, is_big: bool) -> Entry:
    """Takes an entry apart.

    Args:
        order: `<` or `>`.
        data: 12 bytes; 20 in BigTIFF.
        place: Where they lie in the block.
        is_big: Whether the block is BigTIFF.
    """
    tag, kind, count, target = struct.unpack(f"{order}HHQQ" if is_big else f"{order}HHII", data)
    unit = _UNITS.get(kind, 0)
    room = 8 if is_big else 4
    at = place + len(data) - room if count * unit <= room else target
    return Entry(order, tag, kind, count, at, place, unit)


def note(span: Span, entry: Entry, *, size: int, place: str, name: str, names: str) -> None:
    """Notes the value of an entry.

    Args:
        span: The block.
        entry: The entry.
        size: Bytes of the value that are there.
        place: Place of its directory.
        name: Name of the tag.
        names: Kind of the directory: `GPS`, `Interop`, `MPF`, or anything else.
    """
    walk, offset = span.walk, span.offset(entry.at)
    limit = walk.limits.value_bytes
    if (names if names == "GPS" else "", entry.tag) in _CODED:
        _note_coded(span, entry, size=min(size, limit), place=place, name=name)
    elif entry.kind in (_ASCII, _UTF8, _UNDEFINED) or (entry.unit == 1 and entry.count > _BYTES) or entry.tag in _XP:
        data = span.read(entry.at, min(size, limit))
        encoding = _encoding(entry, data)
        cut = size > limit
        packed = span.is_packed
        walk.value(place, name, offset, data, size=size, encoding=encoding, is_cut=cut, is_compressed=packed)
    else:
        text = _numbers(entry, span.read(entry.at, min(size, _NUMBERS * entry.unit)))
        data = text.encode("utf-8")
        walk.value(place, name, offset, data, size=size, encoding="utf-8", is_compressed=span.is_packed)


def integers(span: Span, entry: Entry, most: int) -> tuple[int, ...]:
    """Gives the whole numbers of an entry, such as the offsets of strips; at most so many of them."""
    data = span.read(entry.at, min(entry.count, most) * entry.unit)
    whole = len(data) // entry.unit * entry.unit
    code = {1: "B", 2: "H", 4: "I", 8: "Q"}[entry.unit]
    return tuple(number for (number,) in struct.iter_unpack(entry.order + code, data[:whole]))


def _encoding(entry: Entry, data: bytes) -> str:
    if entry.tag in _XP:
        return "utf-16-le"
    if entry.kind in (_ASCII, _UTF8):
        return "utf-8"
    return "utf-8" if _is_text(data) else ""


def _is_text(data: bytes) -> bool:
    """Whether bytes of no declared type read as text, as those of ExifVersion do."""
    try:
        text = data.rstrip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return bool(text) and "\0" not in text and not _CONTROL.search(text)


def _numbers(entry: Entry, data: bytes) -> str:
    """Writes numbers in decimal with spaces, fractions as `n/d`; behind the first ones `…` and how many there are."""
    whole = len(data) // entry.unit
    rows = struct.iter_unpack(entry.order + _CODES[entry.kind], data[: whole * entry.unit])
    if entry.kind in _RATIONALS:
        words = [f"{numerator}/{denominator}" for numerator, denominator in rows]
    elif entry.kind in _FLOATS:
        words = [f"{number:.9g}" for (number,) in rows]
    else:
        words = [str(number) for (number,) in rows]
    return " ".join([*words, f"… ({entry.count})"] if entry.count > len(words) else words)


def _note_coded(span: Span, entry: Entry, *, size: int, place: str, name: str) -> None:
    data = span.read(entry.at, size)
    skip, encoding = coded_text(data, entry.order)
    span.walk.value(
        place,
        name,
        span.offset(entry.at + skip),
        data[skip:],
        size=entry.size - skip,
        encoding=encoding,
        is_cut=size < entry.size and size == span.walk.limits.value_bytes,
        is_compressed=span.is_packed,
    )


def coded_text(data: bytes, order: str) -> tuple[int, str]:
    """Tells how a text with a character code before it is to be read.

    Args:
        data: The value with its code.
        order: `<` or `>`, of the block; writers do not always keep to it, so the text itself is looked at too.

    Returns:
        Bytes of the code, and Python's name of the encoding, empty where the rest is no text. Where the code is none of
        the standard's, it counts as text.
    """
    code, text = data[:8], data[8:]
    if code == b"UNICODE\0":
        return 8, _unicode(text, order)
    if code == b"JIS\0\0\0\0\0":
        return 8, "iso2022_jp"
    if code in {b"ASCII\0\0\0", bytes(8), b"        "}:
        return 8, "utf-8" if code.startswith(b"A") or _is_text(text) else ""
    return 0, "utf-8" if _is_text(data) else ""


def _unicode(text: bytes, order: str) -> str:
    """Gives the encoding that makes most characters common ones; the block's own order where both do the same."""
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if _PLAIN.fullmatch(text):
        return "utf-8"
    first, second = ("utf-16-le", "utf-16-be") if order == "<" else ("utf-16-be", "utf-16-le")
    return second if _commonness(text, second) > _commonness(text, first) else first


def _commonness(text: bytes, encoding: str) -> int:
    return len(_COMMON.findall(text[:4096].decode(encoding, "ignore")))
