"""What archives have in common: members below one top folder, read in place and never extracted."""

from __future__ import annotations

import errno
import io
import os
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from forensics.custody.bag import INFO, payload_oxum
from forensics.verify.result import DefectKind
from forensics.verify.tree import CASE_NAMES, PACKET_NAMES, Entry, EntryKind, Listing, Problem, name_problem

ALLOWANCE = 64 << 20
"""How many bytes beside the payload an archive may hold in any case (docs/case-format.md, section 11)."""

PER_FILE = 1 << 10
"""How many more for each payload file: its lines in the manifests."""

RATIO_LIMIT = 100
"""How far an archive without Payload-Oxum may unfold. Measured: records deflate to a tenth, media hardly at all."""

DEFLATE_LIMIT = 1100
"""How far any archive may unfold. *Source:* zlib manual: deflate reaches at most 1,032 : 1."""

_INFO_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an archive: its name as written, and whatever its reader needs to find its bytes.

    Attributes:
        name: Name without a trailing `/`, with the top folder.
        offset: Where its bytes start in the archive.
        stored: How many bytes it takes up there.
        size: How many bytes it has when it is read.
        method: 0 where it is stored as it is, 8 where it is deflated.
        crc32: What the archive says that its CRC-32 is; None where it says nothing.
    """

    name: str
    offset: int
    stored: int
    size: int
    kind: EntryKind = EntryKind.FILE
    is_folder: bool = False
    method: int = 0
    crc32: int | None = None


@dataclass(frozen=True, slots=True)
class Arranged:
    """The members of an archive below its top folder."""

    listing: Listing
    members: Mapping[str, Member]


def arrange(file: ArchiveFile, members: Sequence[Member], problems: Iterable[Problem]) -> Arranged:
    """Takes the one top folder off the names of members and reports names that are unsafe, doubled or elsewhere."""
    found, kept = list(problems), []
    for member in _bounded(file, members, found):
        if why := name_problem(member.name):
            found.append(Problem(DefectKind.ARCHIVE_NAME, member.name, why))
        else:
            kept.append(member)
    top = _top_folder(kept)
    entries: dict[str, Entry] = {}
    places: dict[str, Member] = {}
    folders: set[str] = set()
    for member in kept:
        head, _, path = member.name.partition("/")
        if head != top or (not path and not member.is_folder):
            found.append(Problem(DefectKind.ARCHIVE_NAME, member.name, f"lies outside the top folder {top}"))
        elif path in (folders if member.is_folder else entries):
            detail = "the archive has more than one member of this name"
            found.append(Problem(DefectKind.ARCHIVE_DUPLICATE, path or ".", detail))
        elif member.is_folder:
            folders.add(path)
        else:
            entries[path], places[path] = Entry(path, member.size, member.kind), member
    found.extend(_files_that_are_folders(entries, folders))
    names = frozenset(path.partition("/")[0] for path in entries)
    return Arranged(Listing(dict(sorted(entries.items())), tuple(found), names), places)


def _files_that_are_folders(files: Collection[str], folders: Iterable[str]) -> Iterator[Problem]:
    """Finds files whose name is also that of a folder, listed or implied by what lies in it."""
    names = sorted([*files, *(f"{folder}/" for folder in folders)])
    for path in files:
        at = bisect_left(names, f"{path}/")
        if at < len(names) and names[at].startswith(f"{path}/"):
            yield Problem(DefectKind.ARCHIVE_DUPLICATE, path, "the archive has a file and a folder of this name")


def _top_folder(members: Iterable[Member]) -> str:
    """Chooses the top folder that holds most names of a packet or case; normally there is only one."""
    names: dict[str, set[str]] = {}
    for member in members:
        head, _, path = member.name.partition("/")
        names.setdefault(head, set()).add(path.partition("/")[0])
    known = PACKET_NAMES | CASE_NAMES
    return max(names, key=lambda top: (len(names[top] & known), len(names[top]), top), default="")


class MemberFile(io.RawIOBase):
    """The bytes of one member, read in place; never more than the archive declares.

    Reading past the end of a member that is shorter than declared, or whose CRC-32 differs, raises `OSError`.
    """

    PIECE = 1 << 16

    def __init__(self, descriptor: int, member: Member) -> None:
        import zlib

        super().__init__()
        self._descriptor, self._member = descriptor, member
        self._offset, self._end = member.offset, member.offset + member.stored
        self._left, self._crc = member.size, 0
        self._crc32 = zlib.crc32
        self._inflate = zlib.decompressobj(-15) if member.method else None
        self._error = zlib.error

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fills a buffer as far as it can."""
        view = memoryview(buffer).cast("B")[: max(self._left, 0)]
        got = self._inflated(view) if self._inflate else self._raw(view)
        self._left -= got
        if self._member.crc32 is not None:
            self._crc = self._crc32(view[:got], self._crc)
        if got == 0 and len(buffer):
            self._check_end()
        return got

    def _raw(self, view: memoryview) -> int:
        got = os.preadv(self._descriptor, [view[: self._end - self._offset]], self._offset) if view else 0
        self._offset += got
        return got

    def _inflated(self, view: memoryview) -> int:
        inflate = self._inflate
        while view and inflate is not None and not inflate.eof:
            data = inflate.unconsumed_tail or self._next()
            try:
                piece = inflate.decompress(data, len(view))
            except self._error as error:
                raise OSError(errno.EIO, f"the compressed data are damaged: {error}") from error
            if piece:
                view[: len(piece)] = piece
                return len(piece)
            if not data:
                break
        return 0

    def _next(self) -> bytes:
        piece = os.pread(self._descriptor, min(self.PIECE, self._end - self._offset), self._offset)
        self._offset += len(piece)
        return piece

    def _check_end(self) -> None:
        if self._left:
            raise OSError(errno.EIO, f"the member ends {self._left} bytes before its declared size")
        try:
            is_used_up = self._is_used_up()
        except self._error as error:
            raise OSError(errno.EIO, f"the compressed data are damaged: {error}") from error
        if not is_used_up:
            raise OSError(errno.EIO, "the member holds more than its declared size")
        if self._member.crc32 not in (None, self._crc):
            raise OSError(errno.EIO, "the CRC-32 of the member differs from what the archive says")

    def _is_used_up(self) -> bool:
        inflate = self._inflate
        if inflate is None:
            return self._offset == self._end
        data = b"-"
        while data and not inflate.eof:
            data = inflate.unconsumed_tail or self._next()
            if inflate.decompress(data, 1):
                return False
        return inflate.eof and not inflate.unused_data and self._offset == self._end


def _bounded(file: ArchiveFile, members: Sequence[Member], problems: list[Problem]) -> Sequence[Member]:
    """Marks members that must not be read because the archive would unfold to more than a packet of its size."""
    allowed = _allowance(file, members)
    if sum(member.size for member in members) <= allowed:
        return members
    problems.append(Problem(DefectKind.ARCHIVE_BOMB, ".", f"the members hold more than the {allowed} bytes allowed"))
    odd = {member for member in members if member.method and member.size > RATIO_LIMIT * member.stored}
    if sum(member.size for member in members if member not in odd) > allowed:
        odd = {member for member in members if member.method}
    detail = "not read: it would unfold to far more than it takes up"
    problems.extend(Problem(DefectKind.ARCHIVE_BOMB, member.name, detail) for member in members if member in odd)
    return [replace(member, kind=EntryKind.UNREAD) if member in odd else member for member in members]


def _allowance(file: ArchiveFile, members: Sequence[Member]) -> int:
    """Gives how many bytes an archive may unfold to: what its Payload-Oxum says, as far as compression can do that."""
    for member in members:
        top, _, name = member.name.partition("/")
        if top and name == INFO and member.kind is EntryKind.FILE and member.size <= _INFO_LIMIT:
            try:
                oxum = payload_oxum(MemberFile(file.descriptor, member).readall())
            except OSError:
                continue
            if oxum is not None:
                return min(oxum[0] + PER_FILE * oxum[1], DEFLATE_LIMIT * file.size) + ALLOWANCE
    return RATIO_LIMIT * file.size + ALLOWANCE


class ArchiveFile:
    """An open archive file with its size; `read` gives bytes at a place, fewer at the end."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("rb", buffering=0)
        self.descriptor = self._stream.fileno()
        self.size = os.fstat(self.descriptor).st_size

    def read(self, offset: int, *, size: int) -> bytes:
        """Reads at a place."""
        return os.pread(self.descriptor, size, offset) if offset >= 0 else b""

    def close(self) -> None:
        """Closes it."""
        self._stream.close()
