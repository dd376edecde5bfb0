"""Collects files and folders of this machine: exact bytes, and what the file system says about them."""

from __future__ import annotations

import grp
import io
import os
import pwd
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from forensics.codec import integer, name_of, path_of, to_json
from forensics.model import Gap, GapReason, Item
from forensics.plugins import Sink

SPECIAL = {
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a block device",
    stat.S_IFCHR: "a character device",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFDIR: "a folder",
}


@dataclass(frozen=True, slots=True)
class LocalCollector:
    """Copies regular files; records symbolic links without following them; refuses devices, sockets and pipes.

    Attributes:
        received_from: Who handed the material over (C04); empty where nobody did.
        received_at: When it was handed over, as stated.
        device: Device or account it comes from, application version, way of export (C24).
        access_mode: How access was obtained: `public`, `own_account`, `invited_member`, `witness_supplied`,
            `provider_return` or `court_order`.
        legal_basis: Authority or legal basis of the collection.
    """

    name: ClassVar[str] = "local"
    version: ClassVar[str] = "1"

    received_from: str = ""
    received_at: str = ""
    device: str = ""
    access_mode: str = ""
    legal_basis: str = ""

    def accepts(self, item: Item) -> bool:
        """Whether the item is a file of this machine."""
        return item.kind == "file"

    def collect(self, item: Item, sink: Sink) -> Iterable[Gap]:
        """Puts the file into the sink and yields what could not be read, or changed meanwhile."""
        path = path_of(item.locator)
        try:
            status = os.lstat(path)
            yield from self._collect(path, status, sink=sink)
        except FileNotFoundError:
            yield Gap("file", GapReason.MISSING, "there is no file at this path, or it vanished while it was read")
        except OSError as error:
            yield Gap("file", GapReason.UNREADABLE, error.strerror or type(error).__name__)

    def _collect(self, path: str, status: os.stat_result, *, sink: Sink) -> Iterable[Gap]:
        kind = stat.S_IFMT(status.st_mode)
        facts = self._hand_over() | _facts(path, status)
        if kind == stat.S_IFREG:
            yield from _copy(path, status, sink=sink, facts=facts)
        elif kind == stat.S_IFLNK:
            target = os.fsencode(os.readlink(path))
            name = _last_part(path)
            sink.put(io.BytesIO(target), role="symlink", name=name, media_type="inode/symlink", **facts)
            yield Gap("target of the symbolic link", GapReason.NOT_APPLICABLE, "links are recorded and not followed")
        else:
            yield Gap("file", GapReason.REFUSED, f"{SPECIAL.get(kind, 'a special file')} is not read")

    def _hand_over(self) -> dict[str, str]:
        names = ("received_from", "received_at", "device", "access_mode", "legal_basis")
        return {name: value for name in names if (value := getattr(self, name))}


def _copy(path: str, before: os.stat_result, *, sink: Sink, facts: dict[str, Any]) -> Iterable[Gap]:
    descriptor = _open_quietly(path)
    with os.fdopen(descriptor, "rb") as stream:
        opened = os.fstat(descriptor)
        if not stat.S_ISREG(opened.st_mode) or (opened.st_dev, opened.st_ino) != (before.st_dev, before.st_ino):
            yield Gap("file", GapReason.CHANGED, "another file took its place before it was opened")
            return
        artifact = sink.put(stream, role="original", name=_last_part(path), **facts)
        after = os.fstat(descriptor)
    content = (artifact.sealed or {}).get("plain") or {"size": artifact.digests.size}
    yield from _changes(opened, after, size_read=int(content["size"]))


def _last_part(path: str) -> str:
    """Gives the file name; its bytes stay as they are."""
    return os.path.basename(path)


def _open_quietly(path: str) -> int:
    """Opens a file without following a link at its end and, where allowed, without touching its access time."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        return os.open(path, flags | getattr(os, "O_NOATIME", 0))
    except PermissionError:
        return os.open(path, flags)


def _changes(before: os.stat_result, after: os.stat_result, *, size_read: int) -> Iterator[Gap]:
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size_read != after.st_size:
        detail = f"size {before.st_size} before, {after.st_size} after, {size_read} bytes read; what was read is kept"
        yield Gap("file", GapReason.CHANGED, f"the file changed while it was read: {detail}")


def _facts(path: str, status: os.stat_result) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "mode": stat.filemode(status.st_mode),
        "owner": _owner(status.st_uid),
        "group": _group(status.st_gid),
        "uid": status.st_uid,
        "gid": status.st_gid,
        "links": status.st_nlink,
        "inode": integer(status.st_ino),
        "size": integer(status.st_size),
    }
    for name in ("mtime", "atime", "ctime"):
        nanoseconds = getattr(status, f"st_{name}_ns")
        facts[name] = _time(nanoseconds)
        facts[f"{name}_ns"] = integer(nanoseconds)
    return facts | _extended_attributes(path)


def _time(nanoseconds: int) -> str | None:
    """Gives a time in UTC; None where the file system's value is beyond what a date can say."""
    try:
        return str(
            to_json(datetime.fromtimestamp(nanoseconds // 10**9, UTC).replace(microsecond=nanoseconds % 10**9 // 1000))
        )
    except (OverflowError, ValueError, OSError):
        return None


def _owner(number: int) -> str | None:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return None


def _group(number: int) -> str | None:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return None


def _extended_attributes(path: str) -> dict[str, Any]:
    """Reads extended attributes, in hex; where the file system has none, nothing is stated."""
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError as error:
        return {"xattrs": None, "xattrs_error": error.strerror or ""}
    found = []
    for name in sorted(names):
        try:
            value: str | None = os.getxattr(path, name, follow_symlinks=False).hex()
        except OSError:
            value = None
        found.append({"name": to_json(name_of(name)), "value_hex": value})
    return {"xattrs": found}


@dataclass(frozen=True, slots=True)
class Found:
    """One path that a walk came to.

    Attributes:
        path: Absolute path.
        given: The path as it was given, with what the walk added.
        gap: Why it cannot be gone into, for a folder that cannot be listed.
    """

    path: str
    given: str
    gap: Gap | None = None


def walk(given: str, *, leave_out: tuple[str, ...] = ()) -> Iterator[Found]:
    """Gives every file below a path, in a fixed order; links are not followed and folders themselves are not given.

    Args:
        given: A file or folder, absolute or relative to the working folder.
        leave_out: Absolute folders that are not gone into: the case itself.
    """
    path = os.path.abspath(given)
    if not os.path.isdir(path) or os.path.islink(path):
        yield Found(path, given)
        return
    waiting = [(path, given)]
    while waiting:
        folder, shown = waiting.pop()
        if folder in leave_out:
            yield Found(folder, shown, Gap("folder", GapReason.REFUSED, "it is the case itself"))
            continue
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            yield Found(folder, shown, Gap("folder", GapReason.UNREADABLE, error.strerror or type(error).__name__))
            continue
        folders = []
        for entry in entries:
            place = (entry.path, os.path.join(shown, entry.name))
            if entry.is_dir(follow_symlinks=False):
                folders.append(place)
            else:
                yield Found(*place)
        waiting.extend(reversed(folders))
