"""Reads zip archives in place: every byte of the archive must belong to a member or to the directory."""

from __future__ import annotations

import io
import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from forensics.verify.archive import ArchiveFile, Arranged, Member, MemberFile, arrange
from forensics.verify.result import DefectKind
from forensics.verify.tree import EntryKind, Listing, Problem

# Source: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.14 to 4.3.16 (ends).
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_TWO_SIZES = struct.Struct("<2Q")
_LONGEST_COMMENT = 0xFFFF
_FIRST_DATE = 0x0021
"""1980-01-01 as MS-DOS writes it (section 4.4.6)."""

_WIDE_COUNT, _WIDE = 0xFFFF, 0xFFFFFFFF
"""Values that stand for a wider field elsewhere (section 4.4.1.4)."""

_DIRECTORY_LIMIT = 1 << 30
"""Largest directory in bytes that is read into memory; at about 150 bytes a member that is seven million members."""

_ZIP64_VERSION = 45
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_DESCRIPTOR = 0x0008
_UNIX = 3
_FORMATS = {0: EntryKind.FILE, 0o10: EntryKind.FILE, 0o04: EntryKind.FILE, 0o12: EntryKind.LINK}


class _DamagedError(Exception):
    """The archive cannot be listed; never leaves this module."""


@dataclass(frozen=True, slots=True)
class _End:
    """Where the directory lies. `shift` is how many bytes stand before the archive proper."""

    count: int
    start: int
    size: int
    shift: int


@dataclass(frozen=True, slots=True)
class _Header:
    """What both headers of a member say, and what only the directory says."""

    raw_name: bytes
    needed: int
    flags: int
    method: int
    moment: tuple[int, int]
    crc32: int
    stored: int
    size: int
    local_offset: int
    mode: int
    traits: tuple[int, ...]


class ZipTree:
    """A zip archive whose members lie under one top folder."""

    def __init__(self, path: Path) -> None:
        self._file = ArchiveFile(path)
        problems: list[Problem] = []
        try:
            members = list(_members(self._file, problems))
        except (_DamagedError, struct.error) as error:
            members = []
            problems.append(Problem(DefectKind.ARCHIVE_STRUCTURE, ".", f"the zip archive cannot be listed: {error}"))
        self._arranged: Arranged = arrange(self._file, members, problems)

    @property
    def listing(self) -> Listing:
        """What is in it."""
        return self._arranged.listing

    def open(self, path: str) -> io.RawIOBase:
        """Opens a member."""
        return MemberFile(self._file.descriptor, self._arranged.members[path])

    def close(self) -> None:
        """Closes the archive."""
        self._file.close()


def _members(file: ArchiveFile, problems: list[Problem]) -> Iterator[Member]:
    end = _find_end(file, problems)
    headers = list(_read_directory(file, end, problems))
    spans = [_span_of(file, header, end, problems) for header in headers]
    overlapping = _check_tiling(spans, end, problems)
    _check_traits(headers, problems)
    for number, (header, span) in enumerate(zip(headers, spans, strict=True)):
        member = _member_of(header, span, problems)
        yield replace(member, kind=EntryKind.UNREAD) if number in overlapping else member


def _find_end(file: ArchiveFile, problems: list[Problem]) -> _End:
    tail_at = max(0, file.size - _END.size - _LONGEST_COMMENT)
    tail = file.read(tail_at, size=_END.size + _LONGEST_COMMENT)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise _DamagedError("it has no end of the directory; it may have been cut")
    _, disk, first_disk, here, count, size, start, comment = _END.unpack_from(tail, at)
    if disk or first_disk or here != count:
        raise _DamagedError("it is one part of several")
    if comment or len(tail) - at > _END.size:
        problems.append(_structure(".", "bytes follow the end of the directory"))
    position = tail_at + at
    if count == _WIDE_COUNT or _WIDE in (size, start) or file.read(position - 20, size=4) == b"PK\x06\x07":
        count, size, start, position = _find_end64(file, position)
    if size > _DIRECTORY_LIMIT:
        raise _DamagedError("its directory is larger than any packet's")
    shift = position - size - start
    if shift < 0:
        raise _DamagedError("its directory is not where its end says")
    if shift:
        problems.append(_structure(".", f"{shift} bytes belong to no member"))
    return _End(count, start + shift, size, shift)


def _find_end64(file: ArchiveFile, position: int) -> tuple[int, int, int, int]:
    locator = file.read(position - _LOCATOR.size, size=_LOCATOR.size)
    if len(locator) < _LOCATOR.size or not locator.startswith(b"PK\x06\x07"):
        raise _DamagedError("its zip64 locator is missing")
    _, _, at, _ = _LOCATOR.unpack(locator)
    # Where bytes stand before the archive, the record lies where it always does: right before the locator.
    for place in (at, position - _LOCATOR.size - _END64.size):
        record = file.read(place, size=_END64.size) if place < file.size else b""
        if len(record) == _END64.size and record.startswith(b"PK\x06\x06"):
            _, length, _, _, _, _, _, count, size, start = _END64.unpack(record)
            if length == _END64.size - 12 and place + _END64.size == position - _LOCATOR.size:
                return count, size, start, place
    raise _DamagedError("its zip64 end of the directory is missing or not where it belongs")


def _read_directory(file: ArchiveFile, end: _End, problems: list[Problem]) -> Iterator[_Header]:
    data = file.read(end.start, size=end.size)
    at = count = 0
    while at < len(data):
        if data[at : at + 4] != b"PK\x01\x02":
            raise _DamagedError(f"entry {count + 1} of its directory is damaged")
        fields = _CENTRAL.unpack_from(data, at)
        name_size, extra_size, comment_size = fields[10:13]
        name_at = at + _CENTRAL.size
        extra_at = name_at + name_size
        at = extra_at + extra_size + comment_size
        if at > len(data):
            raise _DamagedError(f"entry {count + 1} of its directory is cut")
        yield _header_of(fields, data[name_at:extra_at], data[extra_at : extra_at + extra_size], problems)
        count += 1
    if count != end.count:
        problems.append(_structure(".", f"the directory has {count} entries but its end says {end.count}"))


def _header_of(fields: Sequence[int], raw_name: bytes, extra: bytes, problems: list[Problem]) -> _Header:
    _, made_by, needed, flags, method, time, date, crc32, stored, size = fields[:10]
    comment, disk, internal, attributes, offset = fields[12:]
    wide = _extra_field(extra, 1)
    values = iter(struct.unpack(f"<{len(wide) // 8}Q", wide[: len(wide) // 8 * 8]))
    size = next(values, size) if size == _WIDE else size
    stored = next(values, stored) if stored == _WIDE else stored
    offset = next(values, offset) if offset == _WIDE else offset
    if comment:
        problems.append(_structure(_text(raw_name), "the member has a comment, which nothing vouches for"))
    other_name = _extra_field(extra, 0x7075)[5:]
    if other_name and other_name != raw_name:
        problems.append(Problem(DefectKind.ARCHIVE_NAME, _text(raw_name), "the member has a second name"))
    mode = attributes >> 16 if made_by >> 8 == _UNIX else 0
    traits = (made_by, flags, method, time, date, disk, internal, attributes)
    return _Header(raw_name, needed, flags, method, (time, date), crc32, stored, size, offset, mode, traits)


def _extra_field(extra: bytes, wanted: int) -> bytes:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == wanted:
            return extra[at + 4 : at + 4 + size]
        at += 4 + size
    return b""


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a member lies: local header, data, and the end of what belongs to it; `fault` where it cannot be read."""

    start: int
    data: int
    end: int
    fault: str = ""


def _span_of(file: ArchiveFile, header: _Header, end: _End, problems: list[Problem]) -> _Span:
    start, name = header.local_offset + end.shift, _text(header.raw_name)
    local = file.read(start, size=_LOCAL.size) if start < file.size else b""
    if len(local) < _LOCAL.size or not local.startswith(b"PK\x03\x04"):
        problems.append(_structure(name, "its local header is missing"))
        return _Span(start, start, start, "no local header")
    _, needed, flags, method, time, date, crc32, stored, size, name_size, extra_size = _LOCAL.unpack(local)
    raw = file.read(start + _LOCAL.size, size=name_size + extra_size)
    raw_name, extra = raw[:name_size], raw[name_size:]
    data = start + _LOCAL.size + name_size + extra_size
    wide = _extra_field(extra, 1)
    if _WIDE in (stored, size) and len(wide) >= _TWO_SIZES.size:
        size, stored = _TWO_SIZES.unpack_from(wide)
    # Where a member lies beyond 4 GiB, only the directory needs zip64 and says so.
    needs_same = header.needed in (needed, _ZIP64_VERSION)
    same = needs_same and (raw_name, flags, method, time, date) == (
        *(header.raw_name, header.flags, header.method),
        *header.moment,
    )
    has_descriptor = bool(flags & _DESCRIPTOR)
    if not same or (not has_descriptor and (crc32, stored, size) != (header.crc32, header.stored, header.size)):
        problems.append(_structure(name, "its local header differs from the directory"))
    finish = data + header.stored
    if has_descriptor:
        finish += _descriptor_size(file, finish, header)
    if finish > end.start:
        problems.append(_structure(name, "its data do not end before the directory"))
        return _Span(start, data, finish, "cut")
    return _Span(start, data, finish)


def _descriptor_size(file: ArchiveFile, at: int, header: _Header) -> int:
    """Gives the size of the data descriptor that stands at a place, 0 where none fits."""
    found = file.read(at, size=24)
    for form in ("<LLL", "<LQQ"):
        body = struct.pack(form, header.crc32, header.stored & _WIDE, header.size & _WIDE)
        if form == "<LQQ":
            body = struct.pack(form, header.crc32, header.stored, header.size)
        for descriptor in (b"PK\x07\x08" + body, body):
            if found.startswith(descriptor):
                return len(descriptor)
    return 0


def _check_tiling(spans: Sequence[_Span], end: _End, problems: list[Problem]) -> set[int]:
    """Checks that members follow each other without gap or overlap; gives the numbers of those not to be read."""
    unread = {number for number, span in enumerate(spans) if span.fault}
    position = end.shift
    for number in sorted(range(len(spans)), key=lambda n: (spans[n].start, spans[n].end)):
        span = spans[number]
        if span.start < position:
            problems.append(Problem(DefectKind.ARCHIVE_BOMB, f"byte {span.start}", "members of the archive overlap"))
            unread.add(number)
        elif span.start > position:
            problems.append(_structure(f"byte {position}", f"{span.start - position} bytes belong to no member"))
        position = max(position, span.end)
    if position < end.start:
        problems.append(_structure(f"byte {position}", f"{end.start - position} bytes belong to no member"))
    return unread


def _check_traits(headers: Sequence[_Header], problems: list[Problem]) -> None:
    """Compares dates and properties of members where the archive is as a packet's writer leaves it.

    That writer gives all members one date and one set of permissions. Other programs do not, and need not.
    """
    detail = "its date or properties are not those of the other members"
    usual = Counter(header.traits for header in headers).most_common(1)
    if not usual or usual[0][0][3:5] != (0, _FIRST_DATE):
        return
    odd = [header for header in headers if header.traits != usual[0][0]]
    problems.extend(_structure(_text(header.raw_name), detail) for header in odd)


def _member_of(header: _Header, span: _Span, problems: list[Problem]) -> Member:
    name = _text(header.raw_name)
    kind = _FORMATS.get(header.mode >> 12, EntryKind.SPECIAL)
    is_folder = name.endswith("/") and kind is EntryKind.FILE
    if header.flags & _ENCRYPTED or header.method not in (0, 8):
        why = "it is encrypted" if header.flags & _ENCRYPTED else f"its compression method is {header.method}"
        problems.append(_structure(name, f"the member cannot be read: {why}"))
        kind = EntryKind.UNREAD
    elif header.method == 0 and header.size != header.stored:
        problems.append(_structure(name, "its two sizes differ although it is not compressed"))
        kind = EntryKind.UNREAD
    elif is_folder and header.size:
        problems.append(_structure(name, "a folder holds bytes"))
    if header.crc32 != 0 and header.size == 0 and kind is EntryKind.FILE:
        problems.append(_structure(name, "an empty member has a CRC-32"))
    return Member(
        name=name.removesuffix("/") if is_folder else name,
        offset=span.data,
        stored=header.stored,
        size=header.size,
        kind=kind,
        is_folder=is_folder,
        method=header.method,
        crc32=header.crc32,
    )


def _structure(where: str, detail: str) -> Problem:
    return Problem(DefectKind.ARCHIVE_STRUCTURE, where, detail)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
