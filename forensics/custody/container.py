"""Where a packet is written: a folder, a zip or a tar; bytes are hashed while they pass."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from blake3 import blake3

from forensics.custody.bag import BagFile
from forensics.custody.store import RealFileSystem

CHUNK = 1 << 20
"""Bytes copied at a time."""

FIXED_MOMENT = (1980, 1, 1, 0, 0, 0)
"""Date of every member of a zip: the earliest that the format knows (PKWARE APPNOTE, section 4.4.6)."""

_FILE_MODE = 0o644
_UNIX = 3


class Container(Protocol):
    """A folder or archive under construction. The same files in the same order give the same bytes."""

    def add(self, path: str, stream: BinaryIO, *, size: int) -> BagFile:
        """Copies a stream under a path and gives its digests.

        Args:
            path: Relative path with `/`.
            stream: Read to its end.
            size: How many bytes it has.

        Raises:
            OSError: It cannot be read or written, or has another size.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class _Hashing(io.RawIOBase):
    """Passes a stream on, hashing it."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self._sha256, self._sha512, self._blake3 = hashlib.sha256(), hashlib.sha512(), blake3()
        self.size = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._stream.read(size)
        for hasher in (self._sha256, self._sha512, self._blake3):
            hasher.update(chunk)
        self.size += len(chunk)
        return chunk

    def describe(self, path: str, *, size: int) -> BagFile:
        if self.size != size or self._stream.read(1):
            raise OSError(f"{path} has not the {size} bytes that were expected; it may be changing")
        return BagFile(path, size, self._sha256.hexdigest(), self._sha512.hexdigest(), self._blake3.hexdigest())


class FolderContainer:
    """A folder; every file in it is a copy of its own and durable when it is closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True)

    def add(self, path: str, stream: BinaryIO, *, size: int) -> BagFile:
        """Copies a stream into a new file."""
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        hashing = _Hashing(stream)
        with target.open("xb") as copy:
            while chunk := hashing.read(CHUNK):
                copy.write(chunk)
        return hashing.describe(path, size=size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            RealFileSystem().sync_files([path for path in self._folder.rglob("*") if path.is_file()])


class ZipContainer:
    """A zip archive: members under one top folder, stored as they are, with fixed dates and permissions."""

    def __init__(self, path: Path, *, top: str) -> None:
        self._path, self._top = path, top
        self._archive = zipfile.ZipFile(path, "x", zipfile.ZIP_STORED, allowZip64=True)

    def add(self, path: str, stream: BinaryIO, *, size: int) -> BagFile:
        """Copies a stream into a new member."""
        member = zipfile.ZipInfo(f"{self._top}/{path}", FIXED_MOMENT)
        member.create_system, member.external_attr, member.file_size = _UNIX, _FILE_MODE << 16, size
        hashing = _Hashing(stream)
        with self._archive.open(member, "w") as copy:
            while chunk := hashing.read(CHUNK):
                copy.write(chunk)
        return hashing.describe(path, size=size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()
        if error is None:
            RealFileSystem().sync_files([self._path])


class TarContainer:
    """A tar archive (pax only where ustar does not suffice): members under one top folder, with fixed properties."""

    def __init__(self, path: Path, *, top: str) -> None:
        self._path, self._top = path, top
        self._archive = tarfile.open(path, "x:", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by __exit__

    def add(self, path: str, stream: BinaryIO, *, size: int) -> BagFile:
        """Copies a stream into a new member."""
        member = tarfile.TarInfo(f"{self._top}/{path}")
        member.size, member.mode, member.mtime = size, _FILE_MODE, 0
        hashing = _Hashing(stream)
        self._archive.addfile(member, hashing)
        return hashing.describe(path, size=size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()
        if error is None:
            RealFileSystem().sync_files([self._path])
