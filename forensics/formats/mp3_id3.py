"""ID3v2 tags: version 2.2, 2.3 and 2.4, as they stand before MPEG audio and in chunks of WAV and AIFF.

*Source:* id3.org, *ID3 tag version 2.4.0, main structure* and *native frames*; *ID3 tag version 2.3.0*; *ID3 tag
version 2* (2.2).
"""

from __future__ import annotations

import hashlib
import re
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from forensics.formats.structure import Part
from forensics.formats.walk import Walk

HEADER_BYTES = 10
"""Length of the header of a tag, of its footer, and of a frame from version 2.3 on. *Source:* 2.4.0, 3.1, 3.4, 4."""

_OLD, _MIDDLE, _NEW = 2, 3, 4
"""Versions that this module reads."""

_MOST_BYTES = 64 << 20
"""Bytes of a tag that are read; one cover picture has a few million."""

_MOST_BYTES_ESCAPED = 16 << 20
"""The same where unsynchronisation has to be undone, which takes a table of places."""

_SEARCH_BYTES = 1 << 20
"""Bytes in which the next frame is searched for where damage lies between."""

_MOST_STRINGS = 64
"""Strings of one frame that are values of their own; a frame of terminators alone has millions."""

_NAMES = {_OLD: re.compile(rb"[A-Z][A-Z0-9]{2}"), _MIDDLE: re.compile(rb"[A-Z][A-Z0-9]{3}")}
_NAMES[_NEW] = _NAMES[_MIDDLE]

_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
"""By the byte before a text. *Source:* 2.4.0, section 4."""

_UNSYNCHRONISED, _EXTENDED, _FOOTER = 0x80, 0x40, 0x10
"""Flags of the tag. *Source:* 2.4.0, 3.1."""

_UNNAMED = "unknown encoding of a text"


@dataclass(frozen=True, slots=True)
class _Bytes:
    """Some bytes of a tag, freed of unsynchronisation, that know where they lie in the file.

    Attributes:
        data: The bytes.
        base: Offset of the first one in the file.
        skipped: Index of each byte of `data` before which one byte of the file was left out, ascending.
        is_compressed: Whether they were compressed, so that `base` is that of the compressed bytes.
    """

    data: bytes
    base: int
    skipped: array[int] = field(default_factory=lambda: array("Q"))
    is_compressed: bool = False

    def at(self, index: int) -> int:
        """Gives the offset in the file."""
        return self.base if self.is_compressed else self.base + index + bisect_right(self.skipped, index)

    def cut(self, start: int, end: int) -> _Bytes:
        """Gives a part of them."""
        within = self.skipped[bisect_right(self.skipped, start) : bisect_left(self.skipped, end)]
        skipped = array("Q", (index - start for index in within))
        return _Bytes(self.data[start:end], self.at(start), skipped, self.is_compressed)


@dataclass(frozen=True, slots=True)
class _Tag:
    """What the frames of a tag have in common.

    Attributes:
        version: 2, 3 or 4.
        place: For the values.
        is_escaped: Whether the header of a version 2.4 tag says that its frames are unsynchronised.
    """

    version: int
    place: str
    is_escaped: bool


def id3v2(walk: Walk, offset: int, place_prefix: str = "") -> Part:
    """Reads one ID3v2 tag and notes its values.

    Args:
        walk: The file.
        offset: Of the letters `ID3`.
        place_prefix: Stands before the place of the values; empty for a tag that is no part of another structure.

    Returns:
        The tag with its frames; of size 0 where no tag stands there.
    """
    walk.count()
    header = walk.read(offset, HEADER_BYTES)
    if len(header) < HEADER_BYTES or header[:3] != b"ID3":
        walk.problem("unreadable", offset, part="ID3v2", detail="no ID3v2 tag stands here")
        return Part("ID3v2", offset, 0)
    version, revision, flags = header[3], header[4], header[5]
    if any(byte & 0x80 for byte in header[6:]):
        walk.problem("unreadable", offset + 6, size=4, part="ID3v2", detail="the size of the tag is not sync-safe")
    has_footer = version == _NEW and bool(flags & _FOOTER)
    declared = HEADER_BYTES + _syncsafe(header[6:]) + HEADER_BYTES * has_footer
    size = min(declared, walk.size - offset)
    if size < declared:
        walk.problem("past-end", offset, size=declared, part="ID3v2", detail="the tag states more bytes than follow")
    kind, facts = f"ID3v2.{version}", {"version": version, "revision": revision, "flags": flags}
    end = offset + size - HEADER_BYTES * (has_footer and size == declared)
    place = f"{place_prefix}/{kind}" if place_prefix else kind
    parts = tuple(
        _frames(walk, _Tag(version, place, bool(flags & _UNSYNCHRONISED)), offset=offset, end=end, flags=flags)
    )
    return Part(kind, offset, size, declared, facts, parts)


def _syncsafe(data: bytes) -> int:
    """Reads a number of seven bits a byte. *Source:* 2.4.0, 6.2."""
    number = 0
    for byte in data:
        number = number << 7 | byte & 0x7F
    return number


def _frames(walk: Walk, tag: _Tag, *, offset: int, end: int, flags: int) -> Iterator[Part]:
    if tag.version not in _NAMES:
        walk.problem("unreadable", offset, part=tag.place, detail="a version of ID3v2 that is not known")
        return
    body = _body(walk, tag, offset=offset + HEADER_BYTES, end=end)
    at = _extended_size(body.data, tag.version) if flags & _EXTENDED and tag.version != _OLD else 0
    short = 6 if tag.version == _OLD else HEADER_BYTES
    while at + short <= len(body.data):
        if not body.data[at]:
            break
        if not _NAMES[tag.version].match(body.data, at):
            following = _next_frame(body.data, at, tag.version)
            if following < 0:
                break
            detail = "no frame stands where one must; reading went on at the next"
            walk.problem("unreadable", body.at(at), size=following - at, part=tag.place, detail=detail)
            at = following
        size = _frame_size(body.data, at, tag.version)
        yield _frame(walk, tag, body.cut(at, at + short + size), size)
        at += short + size
    _note_padding(walk, body, at, tag.place)


def _body(walk: Walk, tag: _Tag, *, offset: int, end: int) -> _Bytes:
    is_escaped = tag.is_escaped and tag.version != _NEW
    most = _MOST_BYTES_ESCAPED if is_escaped else _MOST_BYTES
    if end - offset > most:
        walk.problem("limit", offset + most, part=tag.place, detail=f"of a tag {most} bytes are read")
    content = _Bytes(walk.read(offset, min(end - offset, most)), offset)
    return _unescape(content) if is_escaped else content


def _unescape(content: _Bytes) -> _Bytes:
    """Undoes unsynchronisation: `FF 00` becomes `FF`. *Source:* 2.4.0, section 5."""
    skipped = array(
        "Q", (match.start() + 1 - number for number, match in enumerate(re.finditer(b"\xff\0", content.data)))
    )
    return _Bytes(content.data.replace(b"\xff\0", b"\xff"), content.base, skipped) if skipped else content


def _extended_size(data: bytes, version: int) -> int:
    """Gives the length of the extended header; 0 where a frame stands there. *Source:* 2.4.0, 3.2; 2.3.0, 3.2."""
    if _NAMES[version].match(data) or len(data) < 6:  # noqa: PLR2004 -- the shortest there is
        return 0
    size = _syncsafe(data[:4]) if version == _NEW else 4 + int.from_bytes(data[:4], "big")
    return min(size, len(data))


def _next_frame(data: bytes, at: int, version: int) -> int:
    """Finds the next bytes that can be a frame: a name, and a size that leads to a border; -1 where there are none."""
    short = 6 if version == _OLD else HEADER_BYTES
    for match in _NAMES[version].finditer(data, at, at + _SEARCH_BYTES):
        size = _frame_size(data, match.start(), version)
        if size and _is_border(data, match.start() + short + size, version):
            return match.start()
    return -1


def _frame_size(data: bytes, at: int, version: int) -> int:
    """Reads the size of a frame without its header.

    Some programs, an early iTunes first, wrote plain numbers into version 2.4. Such a number is taken where the
    sync-safe one does not lead to a next frame, to padding or to the end, and the plain one does.
    """
    if version == _OLD:
        return int.from_bytes(data[at + 3 : at + 6], "big")
    plain = int.from_bytes(data[at + 4 : at + 8], "big")
    if version == _MIDDLE:
        return plain
    safe = _syncsafe(data[at + 4 : at + 8])
    if any(byte & 0x80 for byte in data[at + 4 : at + 8]):
        return plain
    start = at + HEADER_BYTES
    is_safe = _is_border(data, start + safe, version) or not _is_border(data, start + plain, version)
    return safe if is_safe else plain


def _is_border(data: bytes, at: int, version: int) -> bool:
    return at == len(data) or (at < len(data) and (not data[at] or bool(_NAMES[version].match(data, at))))


def _note_padding(walk: Walk, body: _Bytes, at: int, place: str) -> None:
    rest = body.data[at:]
    if rest.strip(b"\0"):
        start = at + len(rest) - len(rest.lstrip(b"\0"))
        size = len(rest.strip(b"\0"))
        walk.problem(
            "hidden-data", body.at(start), size=size, part=place, detail="bytes behind the last frame are not zero"
        )


def _frame(walk: Walk, tag: _Tag, whole: _Bytes, size: int) -> Part:
    walk.count()
    short = 6 if tag.version == _OLD else HEADER_BYTES
    name = whole.data[: short // 2 if tag.version == _OLD else 4].decode("ascii")
    end = whole.at(len(whole.data) - 1) + 1
    if len(whole.data) < short + size:
        walk.problem(
            "past-end", whole.base, size=size + short, part=f"{tag.place}/{name}", detail="longer than its tag"
        )
    content = _content(walk, tag, whole.cut(short, len(whole.data)), flags=_flags(whole.data, tag.version))
    facts = {"is_readable": False} if content is None else _note(walk, tag.place, name, content)
    return Part(name, whole.base, end - whole.base, short + size, facts)


def _flags(data: bytes, version: int) -> int:
    return 0 if version == _OLD else data[9]


def _content(walk: Walk, tag: _Tag, content: _Bytes, *, flags: int) -> _Bytes | None:
    """Frees the content of a frame of what its flags say; None where it is encrypted or damaged.

    *Source:* 2.4.0, 4.1.2; 2.3.0, 3.3.1.
    """
    if tag.version == _NEW:
        is_grouped, is_packed, is_secret, has_length = flags & 0x40, flags & 0x08, flags & 0x04, flags & 0x01
        start = bool(is_grouped) + bool(is_secret) + 4 * bool(has_length)
    else:
        is_packed, is_secret, is_grouped = flags & 0x80, flags & 0x40, flags & 0x20
        start = 4 * bool(is_packed) + bool(is_secret) + bool(is_grouped)
    if is_secret:
        walk.problem("unreadable", content.base, part=tag.place, detail="a frame is encrypted")
        return None
    content = content.cut(start, len(content.data)) if start else content
    if tag.version == _NEW and (flags & 0x02 or tag.is_escaped):
        content = _unescape(content)
    return _unpack(walk, tag, content) if is_packed else content


def _unpack(walk: Walk, tag: _Tag, content: _Bytes) -> _Bytes | None:
    most = walk.limits.value_bytes
    machine = zlib.decompressobj()
    try:
        data = machine.decompress(content.data, most)
    except zlib.error:
        walk.problem("unreadable", content.base, part=tag.place, detail="a compressed frame cannot be decompressed")
        return None
    if machine.unconsumed_tail:
        walk.problem("limit", content.base, part=tag.place, detail=f"of a compressed frame {most} bytes are read")
    return _Bytes(data, content.base, is_compressed=True)


def _note(walk: Walk, place: str, name: str, content: _Bytes) -> dict[str, Any]:
    """Notes the values of a frame and gives its facts, by the kind of frame."""
    if name in ("TXXX", "TXX", "WXXX", "WXX"):
        return _note_described(walk, place, name, content, skip=0)
    if name in ("COMM", "COM", "USLT", "ULT"):
        language = content.data[1:4].decode("latin-1")
        return {"language": language, **_note_described(walk, place, name, content, skip=3)}
    if name in ("APIC", "PIC"):
        return _picture(content.data, is_old=name == "PIC")
    if name in ("GEOB", "GEO"):
        return _note_object(walk, place, name, content)
    if name in ("PRIV", "UFID", "UFI"):
        return _note_owned(walk, place, name, content)
    if name.startswith("T"):
        _note_texts(walk, place, name, content, start=1, encoding=_encoding(walk, place, content))
    elif name.startswith("W"):
        _note_texts(walk, place, name, content, start=0, encoding="latin-1")
    else:
        walk.value(place, name, content.base, content.data, is_compressed=content.is_compressed)
    return {}


def _encoding(walk: Walk, place: str, content: _Bytes) -> str:
    if not content.data:
        return "latin-1"
    if content.data[0] < len(_ENCODINGS):
        return _ENCODINGS[content.data[0]]
    walk.problem("unreadable", content.base, size=1, part=place, detail=_UNNAMED)
    return "latin-1"


def _end_of_string(data: bytes, start: int, encoding: str) -> tuple[int, int]:
    """Gives the index of the terminator and the index behind it; the end where there is none."""
    if not encoding.startswith("utf-16"):
        end = data.find(b"\0", start)
        return (len(data), len(data)) if end < 0 else (end, end + 1)
    end = data.find(b"\0\0", start)
    while end >= 0 and (end - start) % 2:
        end = data.find(b"\0\0", end + 1)
    return (start + (len(data) - start) // 2 * 2, len(data)) if end < 0 else (end, end + 2)


def _in_order(data: bytes, encoding: str, *, like: bytes) -> str:
    """Gives the encoding with its order of bytes where a text has no mark of its own.

    Args:
        data: The text.
        encoding: As its frame states it.
        like: Text of the same frame that may have a mark; without any, the order of Windows is taken.
    """
    if encoding != "utf-16" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return encoding
    return "utf-16-be" if like[:2] == b"\xfe\xff" else "utf-16-le"


def _note_texts(walk: Walk, place: str, key: str, content: _Bytes, *, start: int, encoding: str) -> None:
    """Notes each string from `start` on; also those behind a terminator, which version 2.3 tells readers to ignore."""
    data, at, first = content.data, start, start
    for number in range(_MOST_STRINGS):
        if at >= len(data):
            return
        is_last = number == _MOST_STRINGS - 1
        end, following = (len(data), len(data)) if is_last else _end_of_string(data, at, encoding)
        if end > at:
            size = content.at(end - 1) + 1 - content.at(at)
            exact = _in_order(data[at:end], encoding, like=data[first : first + 2])
            walk.value(
                *(place, key, content.at(at), data[at:end]),
                size=len(data) if content.is_compressed else size,
                encoding=exact,
                is_compressed=content.is_compressed,
            )
        at = following


def _note_described(walk: Walk, place: str, name: str, content: _Bytes, *, skip: int) -> dict[str, Any]:
    """Notes a frame of an encoding, `skip` bytes, a description and texts; an address is in Latin-1 always."""
    encoding = _encoding(walk, place, content)
    start = 1 + skip
    end, following = _end_of_string(content.data, start, encoding)
    title = content.data[start:end]
    description = _decoded(title, _in_order(title, encoding, like=title))
    key = f"{name}:{description}" if description else name
    is_address = name.startswith("W")
    if is_address:
        encoding = "latin-1"
    elif content.data[following : following + 2] not in (b"\xff\xfe", b"\xfe\xff"):
        encoding = _in_order(b"", encoding, like=title)
    _note_texts(walk, place, key, content, start=following, encoding=encoding)
    return {"description": description} if description else {}


def _decoded(data: bytes, encoding: str) -> str:
    return data.decode(encoding, "backslashreplace").lstrip("\ufeff")


def _picture(data: bytes, *, is_old: bool) -> dict[str, Any]:
    """Reads the facts of an attached picture. *Source:* 2.4.0 frames, 4.14; 2.2, 4.15."""
    if len(data) < 6:  # noqa: PLR2004 -- encoding, format, kind, description
        return {}
    if is_old:
        kind_at, form = 4, data[1:4]
    else:
        kind_at, form = _end_of_string(data, 1, "latin-1")[1], data[1 : _end_of_string(data, 1, "latin-1")[0]]
    encoding = _ENCODINGS[data[0]] if data[0] < len(_ENCODINGS) else "latin-1"
    end, start = _end_of_string(data, kind_at + 1, encoding)
    description = data[kind_at + 1 : end]
    return {
        "media_type": _decoded(form, "latin-1"),
        "picture_type": data[kind_at] if kind_at < len(data) else None,
        "description": _decoded(description, _in_order(description, encoding, like=description)),
        **content_facts(data[start:]),
    }


def content_facts(data: bytes) -> dict[str, Any]:
    """Gives the length and the digest of embedded content."""
    return {"content_bytes": len(data), "content_sha256": hashlib.sha256(data).hexdigest()}


def _note_object(walk: Walk, place: str, name: str, content: _Bytes) -> dict[str, Any]:
    """Notes an encapsulated object, for example a manifest of content credentials. *Source:* 2.4.0 frames, 4.15."""
    data, encoding = content.data, _encoding(walk, place, content)
    form, at = _end_of_string(data, 1, "latin-1")
    file_end, title_at = _end_of_string(data, at, encoding)
    title_end, start = _end_of_string(data, title_at, encoding)
    title, file_name = data[title_at:title_end], data[at:file_end]
    facts = {
        "media_type": _decoded(data[1:form], "latin-1"),
        "file_name": _decoded(file_name, _in_order(file_name, encoding, like=file_name)),
        "description": _decoded(title, _in_order(title, encoding, like=title)),
    }
    key = f"{name}:{facts['description']}" if facts["description"] else name
    walk.value(place, key, content.at(start), data[start:], is_compressed=content.is_compressed)
    return {**facts, **content_facts(data[start:])}


def _note_owned(walk: Walk, place: str, name: str, content: _Bytes) -> dict[str, Any]:
    """Notes a frame that begins with its owner; Adobe's programs keep an XMP packet in one of the owner `XMP`.

    *Source:* 2.4.0 frames, 4.1 and 4.27; Adobe, *XMP Specification Part 3*, section on MP3.
    """
    end, start = _end_of_string(content.data, 0, "latin-1")
    owner, data = _decoded(content.data[:end], "latin-1"), content.data[start:]
    if name == "PRIV" and owner == "XMP":
        from forensics.formats import xmp

        xmp.packet(walk, data, content.at(start), f"{place}/XMP")
    else:
        walk.value(place, f"{name}:{owner}", content.at(start), data, is_compressed=content.is_compressed)
    return {"owner": owner}
