"""A read-only view of a folder or archive: files with kind and size, and a way to read them in place."""

from __future__ import annotations

import errno
import io
import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol

from forensics.errors import UsageError
from forensics.verify.result import DefectKind

CASE_NAMES = frozenset({"case.json", "ledger.jsonl", "records", "blobs"})
PACKET_NAMES = frozenset({"bagit.txt", "data", "packet.json", "packet.sig", "bag-info.txt"})


class EntryKind(StrEnum):
    """What lies under a name."""

    FILE = "file"
    LINK = "symbolic link"
    SPECIAL = "device, socket or other special file"
    UNREAD = "file that is not read"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a tree that is not a folder.

    Attributes:
        path: Relative path with `/`; bytes that are not UTF-8 are surrogate escapes.
        size: Size in bytes; what an archive declares, which its reader never exceeds.
    """

    path: str
    size: int
    kind: EntryKind = EntryKind.FILE


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a tree itself, found while it was listed."""

    kind: DefectKind
    where: str
    detail: str


@dataclass(frozen=True, slots=True)
class Listing:
    """All entries of a tree by path, and what was wrong with it."""

    entries: Mapping[str, Entry]
    problems: tuple[Problem, ...] = ()
    top_names: frozenset[str] = frozenset()


class Tree(Protocol):
    """A folder or archive, or a part of one."""

    @property
    def listing(self) -> Listing:
        """What is in it."""
        ...

    def open(self, path: str) -> io.RawIOBase:
        """Opens a file for reading from its beginning; can be called from several threads.

        Raises:
            OSError: It cannot be read; reading from the result can raise it too.
        """
        ...


class FolderTree:
    """A folder on a disk; symbolic links in it are never followed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.listing = _list_folder(folder)

    def open(self, path: str) -> io.RawIOBase:
        """Opens a regular file, and nothing else that may have taken its place."""
        descriptor = os.open(self._folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "no longer a regular file", path)
        return io.FileIO(descriptor, "rb")

    def close(self) -> None:
        """Does nothing: a folder is not held open."""


@dataclass(frozen=True)
class Part:
    """A folder within a tree, seen as a tree of its own."""

    whole: Tree
    prefix: str
    listing: Listing = field(init=False)

    def __post_init__(self) -> None:
        inside = [entry for path, entry in self.whole.listing.entries.items() if path.startswith(self.prefix)]
        cut = len(self.prefix)
        entries = {e.path[cut:]: Entry(e.path[cut:], e.size, e.kind) for e in inside}
        names = frozenset(path.partition("/")[0] for path in entries)
        object.__setattr__(self, "listing", Listing(entries, (), names))

    def open(self, path: str) -> io.RawIOBase:
        """Opens a file of the whole."""
        return self.whole.open(self.prefix + path)


def _list_folder(folder: Path) -> Listing:
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(folder / prefix if prefix else folder) as found:
                for thing in found:
                    path = prefix + thing.name
                    if thing.is_dir(follow_symlinks=False):
                        waiting.append(path + "/")
                    else:
                        entries[path] = _entry_of(path, thing, problems)
        except OSError as error:
            where = prefix.rstrip("/") or "."
            detail = f"the folder cannot be listed: {error.strerror}"
            problems.append(Problem(DefectKind.UNREADABLE_FILE, where, detail))
    names = _top_names(folder)
    return Listing(dict(sorted(entries.items())), tuple(problems), names)


def _entry_of(path: str, thing: os.DirEntry[str], problems: list[Problem]) -> Entry:
    try:
        found = thing.stat(follow_symlinks=False)
    except OSError as error:
        problems.append(Problem(DefectKind.UNREADABLE_FILE, path, f"cannot be examined: {error.strerror}"))
        return Entry(path, 0, EntryKind.UNREAD)
    if stat.S_ISLNK(found.st_mode):
        return Entry(path, 0, EntryKind.LINK)
    return Entry(path, found.st_size, EntryKind.FILE if stat.S_ISREG(found.st_mode) else EntryKind.SPECIAL)


def _top_names(folder: Path) -> frozenset[str]:
    try:
        return frozenset(path.name for path in folder.iterdir())
    except OSError:
        return frozenset()


class ClosableTree(Tree, Protocol):
    """A tree that may hold a file open."""

    def close(self) -> None:
        """Lets go of it."""
        ...


@contextmanager
def opened(path: Path) -> Iterator[tuple[Tree, str]]:
    """Opens a folder or archive and says whether it is a `case` or a `packet`.

    Raises:
        UsageError: It is neither, not even a damaged one.
    """
    tree = _open(path)
    try:
        listing = tree.listing
        kind = kind_of(listing.top_names)
        if not kind and (listing.entries or not listing.problems):
            raise _neither(path)
        yield tree, kind or "packet"
    finally:
        tree.close()


def _open(path: Path) -> ClosableTree:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be opened: {error}", hint="Give the folder of a case, or a packet.") from error
    if stat.S_ISDIR(mode):
        if not kind_of(_top_names(path)):
            raise _neither(path)
        return FolderTree(path)
    if stat.S_ISREG(mode):
        return _open_archive(path)
    raise _neither(path)


def kind_of(names: Iterable[str]) -> str:
    """Tells a case from a packet by the names at the top; empty where they are of neither.

    What has more names of a kind is of that kind, so that one name added to a case does not turn it into a packet.
    """
    found = set(names)
    manifests = {name for name in found if name.startswith(("manifest-", "tagmanifest-"))}
    packet, case = len(found & PACKET_NAMES) + len(manifests), len(found & CASE_NAMES)
    if not packet and not case:
        return ""
    return "packet" if packet > case else "case"


def _neither(path: Path) -> UsageError:
    return UsageError(
        f"{path} is neither a case nor a packet",
        hint="Give the folder of a case; a packet: a folder, a .zip or a .tar; or a PDF.",
    )


def _open_archive(path: Path) -> ClosableTree:
    from forensics.verify.tar_tree import TarTree
    from forensics.verify.zip_tree import ZipTree

    try:
        with path.open("rb") as stream:
            start = stream.read(512)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="Check its permissions.") from error
    # The first bytes decide; the name only where they tell nothing, because then the archive is a damaged one.
    suffix = path.suffix.lower()
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZipTree(path)
    if start[257:262] == b"ustar" or suffix == ".tar":
        return TarTree(path)
    if suffix == ".zip":
        return ZipTree(path)
    raise _neither(path)


def name_problem(name: str) -> str:
    """Says why a name in an archive or manifest must not be used as a path; empty where it may be."""
    if "\x00" in name:
        return "the name holds a NUL"
    if "\\" in name:
        return "the name holds a backslash, which some programs take for a separator"
    if name.startswith("/") or name[1:2] == ":":
        return "the name is absolute"
    if any(part in ("", ".", "..") for part in name.split("/")):
        return "the name does not lead straight to a place inside"
    return ""


def ambiguous(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Finds paths that are one and the same on systems which ignore case or normalise Unicode."""
    seen: dict[str, str] = {}
    for path in paths:
        key = unicodedata.normalize("NFC", path).casefold()
        if key in seen:
            yield path, seen[key]
        seen.setdefault(key, path)


@contextmanager
def reading(tree: Tree, path: str) -> Iterator[BinaryIO]:
    """Opens a file of a tree for buffered reading."""
    with io.BufferedReader(tree.open(path), 1 << 18) as stream:
        yield stream


def read_all(tree: Tree, path: str, *, limit: int) -> bytes:
    """Reads a small file whole.

    Raises:
        OSError: It cannot be read, or is larger than `limit` bytes.
    """
    with reading(tree, path) as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"larger than the {limit} bytes that such a file may have")
    return data
