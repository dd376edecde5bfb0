"""Reads tar archives in place: POSIX ustar and pax, and the long names of GNU; every byte must belong to something."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from forensics.verify.archive import ArchiveFile, Arranged, Member, MemberFile, arrange
from forensics.verify.result import DefectKind
from forensics.verify.tree import EntryKind, Listing, Problem

# Source: IEEE Std 1003.1-2017, pax, "ustar Interchange Format" and "pax Header Block"; GNU tar, "Basic Tar Format".
_BLOCK = 512
_EXTENSION_LIMIT = 1 << 20
"""Largest extended header in bytes that is read into memory; long names need a few hundred."""

_CHUNK = 1 << 20
_BASE_256 = 0x80
_DIGITS = 18
"""Most digits of a size in an extended header; more than any file has."""

_REGULAR = frozenset({b"0", b"\x00", b"7"})
_FOLDER, _HARD_LINK, _LINK = b"5", b"1", b"2"


class _DamagedError(Exception):
    """The rest of the archive cannot be listed; never leaves this module."""


@dataclass(frozen=True, slots=True)
class _Header:
    name: str
    size: int
    kind: bytes


class TarTree:
    """A tar archive whose members lie under one top folder."""

    def __init__(self, path: Path) -> None:
        self._file = ArchiveFile(path)
        problems: list[Problem] = []
        members: list[Member] = []
        try:
            members.extend(_members(self._file, problems))
        except _DamagedError as error:
            problems.append(_structure(".", f"the tar archive cannot be listed further: {error}"))
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
    at = 0
    extended: dict[str, str] = {}
    while True:
        block = file.read(at, size=_BLOCK)
        if len(block) < _BLOCK:
            raise _DamagedError("it ends without its end mark; it may have been cut")
        if not any(block):
            _check_tail(file, at, problems)
            return
        header = _read_header(block, at)
        at += _BLOCK
        if header.kind in (b"x", b"g", b"L", b"K"):
            extended |= _extension(file, header, at, problems)
            at += _padded(header.size)
            continue
        member = _member_of(header, extended, at, problems)
        _check_padding(file, member, problems)
        if member.offset + member.stored > file.size:
            raise _DamagedError(f"member {member.name} is cut")
        yield member
        at += _padded(member.stored)
        extended = {}


def _read_header(block: bytes, at: int) -> _Header:
    total = sum(block[:148]) + 8 * 0x20 + sum(block[156:])
    check_sum = block[148:156]
    if _number(check_sum, at) != total or not check_sum.endswith(b"\x00 "):
        raise _DamagedError(f"the header at byte {at} has another check sum")
    name = _field(block[:100])
    if block[257:263] == b"ustar\x00" and (prefix := _field(block[345:500])):
        name = prefix + "/" + name
    size = _number(block[124:136], at)
    if size < 0:
        raise _DamagedError(f"the header at byte {at} has a negative size")
    return _Header(name, size, block[156:157])


def _number(raw: bytes, at: int) -> int:
    if raw[0] & _BASE_256:
        return int.from_bytes(raw[1:], "big") if raw[0] == _BASE_256 else -1
    text = raw.split(b"\x00")[0].strip()
    if text.strip(b"01234567"):
        raise _DamagedError(f"the header at byte {at} has a number that is not octal")
    return int(text or b"0", 8)


def _field(raw: bytes) -> str:
    return raw.split(b"\x00")[0].decode("utf-8", "surrogateescape")


def _padded(size: int) -> int:
    return (size + _BLOCK - 1) // _BLOCK * _BLOCK


def _extension(file: ArchiveFile, header: _Header, at: int, problems: list[Problem]) -> Mapping[str, str]:
    if header.size > _EXTENSION_LIMIT:
        detail = "an extended header is larger than any packet's"
        problems.append(Problem(DefectKind.ARCHIVE_BOMB, f"byte {at}", detail))
        return {}
    data = file.read(at, size=header.size)
    if header.kind == b"L":
        return {"path": _field(data)}
    if header.kind != b"x":
        return {}
    return dict(_pax_records(data, at))


def _pax_records(data: bytes, at: int) -> Iterator[tuple[str, str]]:
    while data:
        length, space, _ = data.partition(b" ")
        size = int(length) if space and length.isdigit() and len(length) < _DIGITS else 0
        record = data[len(length) + 1 : size]
        if not record.endswith(b"\n") or b"=" not in record:
            raise _DamagedError(f"the extended header at byte {at} is malformed")
        name, _, value = record[:-1].partition(b"=")
        yield name.decode("utf-8", "replace"), value.decode("utf-8", "surrogateescape")
        data = data[size:]


def _member_of(header: _Header, extended: Mapping[str, str], at: int, problems: list[Problem]) -> Member:
    name = extended.get("path", header.name)
    if name.startswith("./"):
        problems.append(Problem(DefectKind.ARCHIVE_NAME, name, "the name begins with ./"))
    while name.startswith("./"):
        name = name[2:]
    size = header.size
    if "size" in extended:
        if not extended["size"].isdecimal() or len(extended["size"]) > _DIGITS:
            raise _DamagedError(f"the size of the member at byte {at} is malformed")
        size = int(extended["size"])
    is_folder = header.kind == _FOLDER or (header.kind == b"\x00" and name.endswith("/"))
    kind = EntryKind.FILE if header.kind in _REGULAR or is_folder else EntryKind.SPECIAL
    if header.kind in (_LINK, _HARD_LINK):
        kind = EntryKind.LINK
    if any(each.startswith("GNU.sparse") for each in extended):
        problems.append(_structure(name, "the member is sparse, so its bytes are not those that are stored"))
        kind = EntryKind.UNREAD
    if is_folder and size:
        problems.append(_structure(name, "a folder holds bytes"))
    stored = 0 if kind is EntryKind.LINK else size
    return Member(name.removesuffix("/") if is_folder else name, at, stored, size, kind, is_folder)


def _check_padding(file: ArchiveFile, member: Member, problems: list[Problem]) -> None:
    end = member.offset + member.stored
    if any(file.read(end, size=_padded(member.stored) - member.stored)):
        problems.append(_structure(member.name, "bytes that belong to no member follow it"))


def _check_tail(file: ArchiveFile, at: int, problems: list[Problem]) -> None:
    if file.size - at < 2 * _BLOCK or file.size % _BLOCK:
        problems.append(_structure(".", "the end mark of the tar archive is cut"))
    while piece := file.read(at, size=_CHUNK):
        if any(piece):
            problems.append(_structure(f"byte {at}", "bytes follow the end of the tar archive"))
            return
        at += len(piece)


def _structure(where: str, detail: str) -> Problem:
    return Problem(DefectKind.ARCHIVE_STRUCTURE, where, detail)
