"""Where a file may carry an implicit label: values that are named so, and texts that hold one under another name.

Three kinds, in the order in which they are trusted: a value under the key `AIGC` (or a whole value that is an object
under that name) declares itself a label; markup in a packet of XMP that is no well-formed XML does so too; what a
search finds within other texts, or outside of every value, only looks like one.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO

from forensics.analyzers.labels import aigc_label, aigc_search
from forensics.analyzers.labels.aigc_label import Label
from forensics.formats import Part, Structure, Value

_WINDOW = 16 << 20
"""Bytes at the start and at the end of a file that are searched outside of the values; a bound of cost."""

_MOST_SITES = 200
"""Sites that are told apart; a file has one, a hostile one any number."""

_SEARCHED = 4 << 20
"""Bytes of one value that are searched; `Limits.value_bytes` of the readers."""

_KEY = re.compile(r"(?:.*[:./\s])?aigc", re.IGNORECASE | re.DOTALL)
_ID3_KEY = re.compile(r"(?:TXXX?|COMM?|WXXX?):(?:.*:)?aigc(?::.*)?", re.IGNORECASE | re.DOTALL)
_FIELD_KEY = re.compile(
    rf"(?:.*\bTC260|.*\bAIGC)[:./](?P<name>{'|'.join(aigc_label.FIELDS)})", re.IGNORECASE | re.DOTALL
)

_LOOSE_KEY = re.compile(rf"(?:TXXX?:)?(?P<name>{'|'.join(aigc_label.FIELDS)})", re.IGNORECASE)
"""A field that stands by itself under its own name; all that are required must be there for it to count."""

_TRACE = re.compile(rb"AIGC|A\0I\0G\0C|ContentProducer|C\0o\0n\0t\0e\0n\0t\0P\0r\0o|QUlHQ|FJR0|BSUdD", re.IGNORECASE)
"""What a value must hold to be looked at: the name in ASCII, UTF-16, and in Base64 at its three alignments."""

_XMP = re.compile(rb"<\?xpacket|<x:xmpmeta|<rdf:RDF")
_EXIF_CODES = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp", b"\0" * 8: "utf-8"}
"""The eight bytes before the text of `UserComment`. *Source:* Exif 2.32, 4.6.5, table 9."""

_TEXT_FORMATS = ("plain", "pdf", "ooxml")
"""Formats whose content is text that may speak about labels: they are searched in their metadata only."""

_HEADS = ("{", "'{", '"{', "&quot;", "&#", "eyJ", "%7", "AIGC:", "AIGC=")
"""How a text begins that is, as a whole, an object or an assignment to `AIGC`, in some encoding."""

_BLOCK = re.compile(r"^(?P<label>AIGC:[ \t]*\r?\n(?:[ \t]+\S[^\n]*(?:\n|\Z)){2,20})\s*\Z", re.MULTILINE)
_LINE = r"(?:<!--[ \t]{0,8})?(?P<label>(?:AIGC[ \t]{0,8}[:=][ \t]{0,8})?\{[^\n]*\})[ \t]{0,8}(?:-->)?[ \t]{0,8}\r?"
_FIRST_LINE = re.compile(rf"\s*{_LINE}(?:\n|\Z)")
_LAST_LINE = re.compile(rf"^{_LINE}\s*\Z", re.MULTILINE)
"""A label that is a line of its own, also as a comment of HTML, which Markdown does not show."""


@dataclass(frozen=True, slots=True)
class Site:
    """One place that carries a label, or what looks like one.

    Attributes:
        place: Where, in the words of the format; `search` stands before it where only a search came upon it.
        offset: Of the stored value's first byte in the file; of the compressed bytes where it is compressed.
        size: Bytes as they lie in the file.
        text: The value as text.
        label: What was read in it.
        is_declared: Whether the place or the value names itself `AIGC` where labels are kept.
        is_cut: Whether the reader has kept a part of it only.
        is_compressed: Whether it lies compressed in the file; several may then have one offset.
    """

    place: str
    key: str
    offset: int
    size: int
    text: str
    label: Label
    is_declared: bool
    is_cut: bool = False
    is_compressed: bool = False


class _Cover:
    """Which bytes of a file lie in some value; the intervals do not overlap and are in order."""

    def __init__(self, values: Iterable[Value]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted((value.offset, value.offset + value.size) for value in values):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(end, self._ends[-1])
            else:
                self._starts.append(start)
                self._ends.append(end)

    def touches(self, start: int, end: int) -> bool:
        """Whether a value has bytes from `start` on and before `end`."""
        at = bisect_left(self._starts, end)
        return at > 0 and self._ends[at - 1] > start


def sites(structure: Structure, stream: BinaryIO) -> tuple[Site, ...]:
    """Finds every site of a label in the order of the file; no bytes are given twice."""
    found: list[Site] = []
    for site in islice(_candidates(structure, stream, found), 4 * _MOST_SITES):
        if len(found) < _MOST_SITES and not any(_same(site, other) for other in found):
            found.append(site)
    return tuple(sorted(found, key=lambda site: (site.offset, site.place, site.key)))


def _candidates(structure: Structure, stream: BinaryIO, found: list[Site]) -> Iterator[Site]:
    """Gives what may be sites, the most trusted first; `found` holds those that were taken until then."""
    rest: list[Value] = []
    for value in structure.values:
        site = _named(value, structure)
        if site:
            yield site
        else:
            rest.append(value)
    cover = _Cover(structure.values)
    yield from _parts(structure, stream, cover)
    yield from _separate(rest)
    for value in rest:
        yield from _within(value, found, structure)
    if structure.format not in _TEXT_FORMATS:
        yield from _stray(structure, stream, cover)


def _same(site: Site, other: Site) -> bool:
    """Whether two sites are the same bytes; compressed values share their offset without being the same."""
    if site.is_compressed and other.is_compressed:
        return site.text == other.text and site.key != other.key
    is_apart = site.offset >= other.offset + max(other.size, 1) or other.offset >= site.offset + max(site.size, 1)
    return not is_apart and (site.text == other.text or not (site.is_declared and other.is_declared))


def _decoded(value: Value) -> tuple[str, int]:
    """Gives a value as text, without zeros behind it, and how many bytes stand before the text."""
    data = value.data[:_SEARCHED]
    for code, encoding in _EXIF_CODES.items():
        if value.key.endswith(("UserComment", "0x9286")) and data.startswith(code):
            return _best(data[8:], encoding).rstrip("\0"), 8
    if value.encoding and not _is_utf8_after_all(data, value.encoding):
        return data.decode(value.encoding, "backslashreplace").rstrip("\0"), 0
    lead = 0 if _is_wide(data) else len(data) - len(data.lstrip(b"\0"))
    return _best(data[lead:], "utf-8").rstrip("\0"), lead


def _is_utf8_after_all(data: bytes, encoding: str) -> bool:
    """Whether bytes in a place for Latin-1 are UTF-8, as many programs write them there."""
    if encoding not in ("latin-1", "ascii") or data.isascii():
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _best(data: bytes, encoding: str) -> str:
    if encoding in ("utf-16", "utf-8") and _is_wide(data):
        little = data[:2] == b"\xff\xfe" or (data[:2] != b"\xfe\xff" and data[1:2] == b"\0")
        return data.decode("utf-16-le" if little else "utf-16-be", "backslashreplace").lstrip("\ufeff")
    return data.decode("utf-8" if encoding == "utf-16" else encoding, "backslashreplace")


def _is_wide(data: bytes) -> bool:
    """Whether bytes begin as UTF-16 does: with a mark, or with an ASCII character beside a zero, and one more.

    Zeros that only lead, such as version and flags of a full box or the encoding of a frame of ID3, are no characters.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    return (data[0:1] == data[2:3] == b"\0") != (data[1:2] == data[3:4] == b"\0")


def _site(value: Value, text: str, *, is_declared: bool, shift: int = 0, label: Label | None = None) -> Site:
    shift = 0 if value.is_compressed else shift
    size = value.size - shift
    read = label or aigc_label.read(text, is_yaml=value.place == "front matter")
    return Site(
        value.place, value.key, value.offset + shift, size, text, read, is_declared, value.is_cut, value.is_compressed
    )


def _named(value: Value, structure: Structure) -> Site | None:
    """Gives the site where the key says `AIGC`."""
    key = value.key.strip()
    if not (_KEY.fullmatch(key) or _ID3_KEY.fullmatch(key)):
        return None
    if structure.format == "plain" and value.key == "text":
        return None
    text, shift = _decoded(value)
    return _site(value, text, is_declared=True, shift=shift)


def _separate(values: list[Value]) -> Iterator[Site]:
    """Gives fields that are kept each under a key of its own, such as `TC260:Label`, as one site for each place."""
    groups: dict[tuple[str, bool], list[tuple[str, Value]]] = {}
    for value in values:
        if match := _FIELD_KEY.fullmatch(value.key) or _LOOSE_KEY.fullmatch(value.key):
            is_named = match.re is _FIELD_KEY
            groups.setdefault((value.place, is_named), []).append((match["name"], value))
    for (_, is_named), group in groups.items():
        lines = "\n".join(f"{name}: {' '.join(_decoded(value)[0].split())}" for name, value in group)
        read = aigc_label.read(lines, is_yaml=True)
        label = Label(read.fields, (*read.defects, "separate-fields"), (), read.extra, is_named=is_named, text=lines)
        if is_named or all(read.fields[name] for name in aigc_label.REQUIRED):
            yield _site(group[0][1], lines, is_declared=is_named, label=label)


def _within(value: Value, found: list[Site], structure: Structure) -> Iterator[Site]:
    """Gives what a value under another key holds."""
    if structure.format == "plain":
        if value.key == "text":
            yield from _edges(value, structure)
        return
    data = value.data[:_SEARCHED]
    if not _TRACE.search(data):
        return
    if value.key == "xmp" or _XMP.search(data[:4096]):
        yield from _packet(value, found)
        return
    text, shift = _decoded(value)
    head = text.strip("\0\ufeff \t\r\n")[:8]
    if head.startswith(_HEADS) or _is_comment(value):
        label = aigc_label.read(text)
        is_own = _is_comment(value) and bool(label.fields["Label"] and label.fields["ContentProducer"])
        if is_own and not label.is_named:
            label = replace(label, notes=(*label.notes, "unwrapped"))
        if is_own or _is_typical(label) or (label.is_named and not head.startswith("AIGC") and _is_said(label)):
            yield _site(value, text, is_declared=label.is_named or is_own, shift=shift, label=label)
            return
    yield from _searched(value)


def _is_comment(value: Value) -> bool:
    """Whether a value stands where the guide for pictures puts labels in EXIF. *Source:* TC260-PG-20259A."""
    return value.key.endswith(("UserComment", "0x9286"))


def _is_typical(label: Label) -> bool:
    """Whether an object without a name has the fields that only such labels have."""
    return all(label.fields[name] is not None for name in aigc_label.REQUIRED)


def _is_said(label: Label) -> bool:
    """Whether an object named `AIGC` has one of the fields, or is an empty shell."""
    return label.is_readable or "empty-object" in label.defects


def _edges(value: Value, structure: Structure) -> Iterator[Site]:
    """Gives a label that stands as the first line of a text or as its last lines, where some programs put it."""
    text = _decoded(value)[0]
    is_end = value.offset + value.size >= structure.size
    found = [_BLOCK.search(text) if is_end else None, _LAST_LINE.search(text) if is_end else None]
    found.append(_FIRST_LINE.match(text) if value.place == "start" else None)
    for match in found:
        label = aigc_label.read(match["label"], is_yaml=True) if match else None
        if match and label and label.is_readable and _is_typical(label):
            before = len(text[: match.start("label")].encode(value.encoding or "utf-8", "replace"))
            size = len(match["label"].encode(value.encoding or "utf-8", "replace"))
            yield replace(_site(value, match["label"], is_declared=False, shift=before, label=label), size=size)


def _packet(value: Value, found: list[Site]) -> Iterator[Site]:
    """Gives the markup of labels in a packet in which the reader has found no property, or fields, for it."""
    inside = [site for site in found if site.place.startswith(value.place) and _lies_in(site, value)]
    known = {site.label.text for site in inside}
    for at, size, inner in aigc_search.markup(value.data[:_SEARCHED]):
        text = html.unescape(inner)
        label = aigc_label.read(text)
        start = value.offset + at
        is_known = any(start <= site.offset < start + size for site in inside)
        if not is_known and label.text not in known and not (value.is_compressed and inside):
            offset = value.offset if value.is_compressed else start
            stored = value.size if value.is_compressed else size
            yield Site(
                value.place,
                value.key,
                offset,
                stored,
                text,
                label,
                is_declared=value.key == "xmp",
                is_compressed=value.is_compressed,
            )


def _lies_in(site: Site, value: Value) -> bool:
    return value.offset <= site.offset < value.offset + max(value.size, 1)


def _searched(value: Value) -> Iterator[Site]:
    data = value.data[:_SEARCHED]
    found = [*aigc_search.looks(data), *(() if value.encoding else aigc_search.remains(data))]
    for at, text in found:
        yield _found(value.place, value.key, value.offset + (0 if value.is_compressed else at), text)


def _found(place: str, key: str, offset: int, text: str) -> Site:
    size = len(text.encode("utf-8", "replace"))
    return Site(f"search/{place}", key, offset, size, text, aigc_label.read(text), is_declared=False)


def _parts(structure: Structure, stream: BinaryIO, cover: _Cover) -> Iterator[Site]:
    """Gives chunks and boxes whose own name is `AIGC`, such as a private chunk of PNG, where no value was given."""
    for path, part in structure.walk():
        if part.kind.upper() == "AIGC" and not cover.touches(part.offset, part.offset + part.size):
            yield _part(path, part, stream)


def _part(path: str, part: Part, stream: BinaryIO) -> Site:
    stream.seek(part.offset)
    data = stream.read(min(part.size, aigc_search.SCRAP))
    start = data.find(b"{")
    if start < 0:
        start = min(8, len(data))
    text = (aigc_search.balanced(data[start:]) if data[start : start + 1] == b"{" else data[start:]).decode(
        "utf-8", "backslashreplace"
    )
    size = len(text.encode("utf-8", "replace"))
    return Site(path, part.kind, part.offset + start, size, text, aigc_label.read(text), is_declared=True)


def _stray(structure: Structure, stream: BinaryIO, cover: _Cover) -> Iterator[Site]:
    """Gives what looks like a label outside of every value: behind the end, in parts that no reader knows."""
    for start in sorted({0, max(0, structure.size - _WINDOW)}):
        stream.seek(start)
        data = stream.read(_WINDOW)
        if not any(mark in data for mark in aigc_search.MARKS):
            continue
        for at, text in (*aigc_search.looks(data), *aigc_search.remains(data)):
            if not cover.touches(start + at, start + at + 1):
                yield _found("bytes", "", start + at, text)
