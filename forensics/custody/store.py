"""Write-once bytes named by their digest, and the durable steps by which any file comes into a case."""

from __future__ import annotations

import ctypes
import errno
import io
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol, TypeVar, cast

from forensics.custody.digest import ASIDE_FROM, CHUNK, Hasher, HasherAside, chunks, digest_stream
from forensics.errors import IntegrityError, StoreError
from forensics.model import Digests

T = TypeVar("T")

BLOB_MODE = 0o444
_FULL_HINT = "Free space on the disk of the case and run the command again."
SYNCFS_FROM = 8
"""Number of files or folders from which one `syncfs` is cheaper than an `fsync` each."""


class FileSystem(Protocol):
    """The durable steps; a seam at which tests cut the power."""

    def sync_file(self, handle: IO[bytes]) -> None:
        """Makes a file's bytes durable."""
        ...

    def sync_files(self, paths: list[Path]) -> None:
        """Makes the bytes of several files of one file system durable."""
        ...

    def sync_folder(self, folder: Path) -> None:
        """Makes the names in a folder durable."""
        ...

    def sync_folders(self, folders: list[Path]) -> None:
        """Makes the names in several folders of one file system durable."""
        ...

    def rename(self, source: Path, target: Path) -> None:
        """Gives a file its final name, replacing what has that name."""
        ...

    def append(self, path: Path, data: bytes) -> None:
        """Appends bytes to a file and makes them durable; where that fails, the file is as long as before."""
        ...

    def truncate(self, path: Path, size: int) -> None:
        """Cuts a file to a size in bytes, durably."""
        ...

    def remove(self, path: Path) -> None:
        """Removes a file."""
        ...


class RealFileSystem:
    """The operating system's durable steps."""

    def sync_file(self, handle: IO[bytes]) -> None:
        """Makes a file's bytes durable by `fsync`."""
        handle.flush()
        os.fsync(handle.fileno())

    def sync_files(self, paths: list[Path]) -> None:
        """Makes files durable: one `syncfs` for many, `fsync` for each of a few."""
        if len(paths) >= SYNCFS_FROM and _syncfs(paths[0].parent):
            return
        for path in paths:
            with path.open("rb") as handle:
                os.fsync(handle.fileno())

    def sync_folder(self, folder: Path) -> None:
        """Makes names durable by `fsync` of the folder."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def sync_folders(self, folders: list[Path]) -> None:
        """Makes folders durable: one `syncfs` for many, `fsync` for each of a few."""
        if len(folders) >= SYNCFS_FROM and _syncfs(folders[0]):
            return
        for folder in folders:
            self.sync_folder(folder)

    def rename(self, source: Path, target: Path) -> None:
        """Renames within the case."""
        source.replace(target)

    def append(self, path: Path, data: bytes) -> None:
        """Appends and calls `fsync`; what a full disk let through is taken back."""
        with path.open("ab", buffering=0) as handle:
            before = os.fstat(handle.fileno()).st_size
            try:
                _write_all(handle, data)
                self.sync_file(handle)
            except OSError:
                with suppress(OSError):
                    handle.truncate(before)
                raise

    def truncate(self, path: Path, size: int) -> None:
        """Cuts a file and calls `fsync`."""
        with path.open("r+b", buffering=0) as handle:
            handle.truncate(size)
            self.sync_file(handle)

    def remove(self, path: Path) -> None:
        """Removes a file; one that is not there is as good as removed."""
        path.unlink(missing_ok=True)


def _syncfs(folder: Path) -> bool:
    """Calls syncfs(2), which Python does not offer; says whether it worked."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return bool(ctypes.CDLL(None, use_errno=True).syncfs(descriptor) == 0)
    except AttributeError:
        return False
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Staged:
    """Bytes that lie in `tmp/`, hashed while they were written, not yet under their name."""

    path: Path
    digests: Digests


class _HashedTarget(io.RawIOBase):
    """A new file of the case; what is written to it is hashed."""

    def __init__(self, handle: IO[bytes], hasher: Hasher, path: Path) -> None:
        self._handle, self.hasher, self._path = handle, hasher, path

    def writable(self) -> bool:
        return True

    def write(self, chunk: Any, /) -> int:
        with translated(self._path):
            _write_all(self._handle, chunk)
        self.hasher.update(bytes(chunk))
        return len(chunk)


@dataclass(frozen=True, slots=True)
class Store:
    """The blobs of one case: what is in it under a name has exactly that digest.

    Attributes:
        folder: The case's folder.
        with_sm3: Whether SM3 is computed too.
        file_system: The durable steps.
    """

    folder: Path
    with_sm3: bool = False
    file_system: FileSystem = field(default_factory=RealFileSystem)

    @property
    def temporary(self) -> Path:
        """The only folder for half-written files."""
        return self.folder / "tmp"

    def path_of(self, sha256: str) -> Path:
        """Gives where the blob of this digest lies or would lie."""
        return self.folder / "blobs" / sha256[:2] / sha256

    def has(self, sha256: str) -> bool:
        """Whether the blob is there; its bytes are not checked."""
        return self.path_of(sha256).is_file()

    def new_temporary(self, *, suffix: str = "") -> Path:
        """Gives a fresh name in `tmp/`."""
        return self.temporary / f"{os.getpid()}-{secrets.token_hex(8)}{suffix}"

    def stage(self, stream: BinaryIO) -> Staged:
        """Copies a stream into `tmp/`, hashing it as it passes, and reads it back to compare.

        Raises:
            StoreError: The bytes could not be written; nothing is kept.
            IntegrityError: What was read back differs from what was written.
            OSError: The stream itself could not be read, which says nothing about the case; nothing is kept.
        """
        path = self.new_temporary()
        try:
            with translated(path):
                digests = self._copy(stream, path)
                self._compare(path, digests)
        except BaseException as error:
            with suppress(OSError):
                wipe(path)
            if isinstance(error, _SourceError):
                raise error.error from None
            raise
        return Staged(path, digests)

    def stage_made(self, make: Callable[[BinaryIO], T]) -> tuple[Staged, T]:
        """Has bytes written into `tmp/`, hashing them as they pass, and reads them back to compare.

        Args:
            make: Writes to the stream that it is given; its own errors pass.

        Returns:
            The staged file, and what `make` gave back.

        Raises:
            StoreError: The bytes could not be written; nothing is kept.
            IntegrityError: What was read back differs from what was written.
        """
        path = self.new_temporary()
        try:
            with translated(path):
                handle = path.open("xb", buffering=0)
            with handle:
                target = _HashedTarget(handle, Hasher(with_sm3=self.with_sm3), path)
                made = make(cast(BinaryIO, target))
            with translated(path):
                self._compare(path, target.hasher.digests())
        except BaseException:
            with suppress(OSError):
                wipe(path)
            raise
        return Staged(path, target.hasher.digests()), made

    def _copy(self, stream: BinaryIO, path: Path) -> Digests:
        first = _read(stream, ASIDE_FROM)
        with path.open("xb", buffering=0) as target:
            if len(first) < ASIDE_FROM:
                hasher = Hasher(with_sm3=self.with_sm3)
                for chunk in _followed_by(first, stream):
                    _write_all(target, chunk)
                    hasher.update(chunk)
                return hasher.digests()
            with HasherAside(with_sm3=self.with_sm3) as aside:
                for chunk in _followed_by(first, stream):
                    aside.update(chunk)
                    _write_all(target, chunk)
                return aside.digests()

    def _compare(self, path: Path, digests: Digests) -> None:
        """Re-reads stored bytes (C15), by BLAKE3 alone, which covers every byte and is the cheaper of the two."""
        with path.open("rb") as stored:
            again = _blake3_of(stored)
        if again != digests.blake3:
            raise IntegrityError(
                "bytes read back from the disk differ from the bytes written to it",
                hint="Check the disk and the memory of this machine before collecting anything else.",
                kept="The bad copy was removed.",
            )

    def adopt(self, staged: Iterable[Staged]) -> list[Path]:
        """Gives staged files their names; durable when it returns.

        Returns:
            The blobs that were new, so that the caller can say what a failure left.

        Raises:
            StoreError: A file could not be made durable or renamed.
            IntegrityError: The case has a blob of that name already, with other bytes.
        """
        files = list(staged)
        with translated(self.folder):
            self.file_system.sync_files([file.path for file in files])
            targets = [target for file in files if (target := self._place(file))]
            if targets:
                self.file_system.sync_folders([*sorted({target.parent for target in targets}), self.folder / "blobs"])
        return targets

    def _place(self, file: Staged) -> Path | None:
        """Renames one staged file; a blob that is there already is read and compared before the new copy goes."""
        target = self.path_of(file.digests.sha256)
        if os.path.lexists(target):
            self.check(file.digests.sha256)
            file.path.unlink()
            return None
        if target.parent.is_symlink():
            raise linked(target.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        set_mode(file.path, BLOB_MODE)
        self.file_system.rename(file.path, target)
        return target

    def open(self, sha256: str) -> BinaryIO:
        """Opens a blob for reading.

        Raises:
            IntegrityError: The blob is not there.
        """
        path = self.path_of(sha256)
        try:
            if path.parent.is_symlink():
                raise linked(path.parent)
            return open_regular(path)
        except OSError as error:
            raise IntegrityError(
                f"blob {sha256} cannot be read: {error.strerror}",
                hint="Run `forensics verify CASE` and restore the case from a copy.",
            ) from error

    def check(self, sha256: str) -> None:
        """Reads a blob and compares it with its name.

        Raises:
            IntegrityError: The bytes are not those of the name.
        """
        with self.open(sha256) as stream:
            found = digest_stream(stream).sha256
        if found != sha256:
            raise IntegrityError(
                f"blob {sha256} holds other bytes: their SHA-256 is {found}",
                hint="Restore the blob from a copy of the case; nothing was read from it.",
            )

    def write(self, path: Path, data: bytes, *, mode: int = 0o644) -> None:
        """Writes a whole file of the case through `tmp/`: durable, and never seen half-written.

        Raises:
            StoreError: The file could not be written; what had its name before is still there.
        """
        temporary = self.new_temporary()
        try:
            with translated(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                with temporary.open("xb") as handle:
                    handle.write(data)
                    self.file_system.sync_file(handle)
                set_mode(temporary, mode)
                self.file_system.rename(temporary, path)
                self.file_system.sync_folder(path.parent)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def discard(self, paths: Iterable[Path]) -> None:
        """Takes files or folders out of the case for good.

        They leave their names durably before they are overwritten, so that no crash leaves a file under a name that
        promises other bytes.

        Raises:
            StoreError: One of them cannot be moved or removed.
        """
        moved: dict[Path, Path] = {}
        with translated(self.folder):
            for path in paths:
                if os.path.lexists(path):
                    moved[path] = self.new_temporary()
                    self.file_system.rename(path, moved[path])
            self.file_system.sync_folders(sorted({path.parent for path in moved}))
            for temporary in moved.values():
                wipe(temporary)

    def wipe_temporary(self) -> None:
        """Overwrites and removes what lies in `tmp/`, which may be plaintext of sealed blobs.

        Raises:
            IntegrityError: `tmp/` is a symbolic link; what it points to is not touched.
        """
        if self.temporary.is_symlink():
            raise linked(self.temporary)
        with suppress(FileNotFoundError):
            for path in list(self.temporary.iterdir()):
                wipe(path)


def open_regular(path: Path) -> BinaryIO:
    """Opens a regular file for reading; follows no link at its end and never waits for a pipe.

    Raises:
        OSError: It is something else, or cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.fdopen(descriptor, "rb")


def linked(path: Path) -> IntegrityError:
    """Makes the error for a symbolic link in a case, which must not be there (docs/case-format.md, section 2)."""
    return IntegrityError(
        f"{path} is a symbolic link, which no case has",
        hint="Whoever made or copied this case put it there: remove it, or restore the case from a copy.",
        kept="Nothing was changed, and what the link points to was not touched.",
    )


def set_mode(path: Path, mode: int) -> None:
    """Sets permissions where the file system has any; FAT, for example, refuses."""
    with suppress(PermissionError):
        path.chmod(mode)


def wipe(path: Path) -> None:
    """Overwrites a file with zeros once, as far as the file system writes in place, and removes it.

    Links are removed and not followed. A file that has a second name, as in a copy made of hard links, is not
    overwritten: that copy is not this case.

    Not done: no guarantee on copy-on-write file systems or flash, where old blocks may survive.
    """
    if path.is_dir() and not path.is_symlink():
        set_mode(path, 0o700)
        for member in list(path.iterdir()):
            wipe(member)
        path.rmdir()
        return
    if path.is_file() and not path.is_symlink():
        with suppress(OSError):
            set_mode(path, 0o600)
            descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            with os.fdopen(descriptor, "wb", buffering=0) as handle:
                overwrite(handle, names=1)
    path.unlink(missing_ok=True)


def overwrite(handle: IO[bytes], *, names: int) -> None:
    """Overwrites an open file with zeros, durably, unless it has more names than expected."""
    status = os.fstat(handle.fileno())
    if status.st_nlink > names:
        return
    handle.seek(0)
    zeros = bytes(min(CHUNK, status.st_size))
    for start in range(0, status.st_size, CHUNK):
        _write_all(handle, zeros[: min(CHUNK, status.st_size - start)])
    os.fsync(handle.fileno())


class _SourceError(Exception):
    """Carries an error of the stream that is copied past `translated`, which is for errors of the case's own disk."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def _read(stream: BinaryIO, size: int) -> bytes:
    try:
        return stream.read(size)
    except OSError as error:
        raise _SourceError(error) from error


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns errors of the operating system into `StoreError`."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise StoreError(
            f"cannot write {error.filename or path}: {error.strerror or error}",
            hint=_FULL_HINT if full else "Check the disk and its permissions.",
            kept="Everything committed before is intact; the unfinished part is not in the case.",
        ) from error


def _followed_by(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    chunk = first
    while chunk:
        yield chunk
        chunk = _read(stream, CHUNK)


def _write_all(target: IO[bytes], chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[target.write(view) :]


def _blake3_of(stream: BinaryIO) -> str:
    from blake3 import blake3

    hasher = blake3()
    for chunk in chunks(stream):
        hasher.update(chunk)
    return str(hasher.hexdigest())
