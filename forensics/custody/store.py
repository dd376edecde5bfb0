"""Write-once bytes named by their digest, and the durable steps by which any file comes into a case."""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Protocol

from forensics.custody.digest import ASIDE_FROM, CHUNK, Hasher, HasherAside, chunks, digest_stream
from forensics.errors import ForensicsError, IntegrityError, StoreError
from forensics.model import Digests

BLOB_MODE = 0o444
SYNCFS_FROM = 8
"""Number of files from which one `syncfs` is cheaper than an `fsync` each."""


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

    def rename(self, source: Path, target: Path) -> None:
        """Gives a file its final name, replacing what has that name."""
        ...

    def append(self, path: Path, data: bytes) -> None:
        """Appends bytes to a file and makes them durable."""
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

    def rename(self, source: Path, target: Path) -> None:
        """Renames within the case."""
        source.replace(target)

    def append(self, path: Path, data: bytes) -> None:
        """Appends by one write and `fsync`."""
        with path.open("ab") as handle:
            handle.write(data)
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
    file_system: FileSystem = RealFileSystem()

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
        """
        path = self.new_temporary()
        try:
            with translated(path):
                digests = self._copy(stream, path)
                self._compare(path, digests)
        except ForensicsError:
            path.unlink(missing_ok=True)
            raise
        return Staged(path, digests)

    def _copy(self, stream: BinaryIO, path: Path) -> Digests:
        first = stream.read(ASIDE_FROM)
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
        """
        files = list(staged)
        with translated(self.folder):
            self.file_system.sync_files([file.path for file in files])
            targets = [self._place(file) for file in files]
            for folder in sorted({target.parent for target in targets}):
                self.file_system.sync_folder(folder)
            if targets:
                self.file_system.sync_folder(self.folder / "blobs")
        return targets

    def _place(self, file: Staged) -> Path:
        target = self.path_of(file.digests.sha256)
        if target.is_file():
            file.path.unlink()
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        file.path.chmod(BLOB_MODE)
        self.file_system.rename(file.path, target)
        return target

    def open(self, sha256: str) -> BinaryIO:
        """Opens a blob for reading.

        Raises:
            IntegrityError: The blob is not there.
        """
        try:
            return self.path_of(sha256).open("rb")
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
                temporary.chmod(mode)
                self.file_system.rename(temporary, path)
                self.file_system.sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)

    def wipe_temporary(self) -> None:
        """Overwrites and removes what lies in `tmp/`, which may be plaintext of sealed blobs."""
        with suppress(FileNotFoundError):
            for path in list(self.temporary.iterdir()):
                wipe(path)


def wipe(path: Path) -> None:
    """Overwrites a file with zeros once, as far as the file system writes in place, and removes it.

    Not done: no guarantee on copy-on-write file systems or flash, where old blocks may survive.
    """
    if path.is_dir() and not path.is_symlink():
        for member in path.iterdir():
            wipe(member)
        path.rmdir()
        return
    if path.is_file() and not path.is_symlink():
        with suppress(OSError):
            path.chmod(0o600)
            with path.open("r+b", buffering=0) as handle:
                _overwrite(handle, os.fstat(handle.fileno()).st_size)
    path.unlink(missing_ok=True)


def _overwrite(handle: IO[bytes], size: int) -> None:
    zeros = bytes(min(CHUNK, size))
    for start in range(0, size, CHUNK):
        handle.write(zeros[: min(CHUNK, size - start)])
    os.fsync(handle.fileno())


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns errors of the operating system into `StoreError`."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise StoreError(
            f"cannot write {error.filename or path}: {error.strerror or error}",
            hint="Free space on the disk of the case and run the command again." if full else "Check the disk and its permissions.",
            kept="Everything committed before is intact; the unfinished part is not in the case.",
        ) from error


def _followed_by(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    if first:
        yield first
    yield from chunks(stream)


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
