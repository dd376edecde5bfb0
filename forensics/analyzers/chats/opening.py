"""The exports that one content holds: the file itself, or what lies in an archive together with its media."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from forensics.chats.source import Options, Source
from forensics.errors import MediaError
from forensics.model import Artifact

ZIP = "application/zip"

_BLOCK = 1 << 20

_READABLE = (".txt", ".json", ".html", ".htm", ".csv", ".eml", ".mbox")
"""Endings of what can be an export within an archive; its media have others."""

MOST_MEMBERS = 200_000
"""Files of an archive that are looked at."""


def single(path: Path, artifact: Artifact, options: Options) -> Source:
    """Gives a content as one export that came alone."""
    return Source(partial(_open, path), artifact.name.display, artifact.content_sha256, options)


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as stream:
        yield stream


@dataclass
class Archive:
    """An archive in the ZIP format.

    Invariant: `_left_bytes` is what may still be unpacked; no archive can cost more than it was given.
    """

    _zip: zipfile.ZipFile
    _options: Options
    _left_bytes: int
    _digests: dict[str, tuple[str, int] | None] = field(default_factory=dict)
    _names: dict[str, list[str]] = field(default_factory=dict)

    def sources(self) -> Iterator[Source]:
        """Gives what can be exports by their endings, in the order of their names.

        Raises:
            MediaError: The archive cannot be read, or is larger than it may be.
        """
        names = [one.filename for one in self._zip.infolist() if not one.is_dir()]
        if len(names) > MOST_MEMBERS:
            raise MediaError(f"the archive has {len(names)} files; at most {MOST_MEMBERS} are looked at")
        for name in names:
            self._names.setdefault(PurePosixPath(name).name, []).append(name)
        for name in sorted(set(names)):
            if name.lower().endswith(_READABLE) and not PurePosixPath(name).name.startswith("._"):
                yield Source(partial(self._member, name), name, "", self._options, partial(self._find, name))

    def known(self, source: Source) -> Source:
        """Gives a source with its digest, which is computed only for what is an export."""
        found = self._digest(source.name)
        if found is None:
            raise MediaError(f"{source.name} in the archive cannot be read")
        return Source(source.reopen, source.name, found[0], source.options, source.find)

    def _member(self, name: str) -> AbstractContextManager[BinaryIO]:
        return self._opened(name)

    @contextmanager
    def _opened(self, name: str) -> Iterator[BinaryIO]:
        try:
            with self._zip.open(name) as stream:
                yield cast(BinaryIO, stream)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise MediaError(f"{name} in the archive cannot be read: {error}") from error

    def _find(self, export: str, name: str) -> tuple[str, int] | None:
        """Finds a file that an export names: beside it, otherwise anywhere under this name, if there is only one."""
        beside = str(PurePosixPath(export).parent / name.replace("\\", "/").removeprefix("./"))
        if beside in self._zip.NameToInfo:
            return self._digest(beside)
        alike = self._names.get(PurePosixPath(name.replace("\\", "/")).name, [])
        return self._digest(alike[0]) if len(alike) == 1 else None

    def _digest(self, name: str) -> tuple[str, int] | None:
        if name not in self._digests:
            self._digests[name] = self._computed(name)
        return self._digests[name]

    def _computed(self, name: str) -> tuple[str, int] | None:
        digest, size = hashlib.sha256(), 0
        try:
            with self._opened(name) as stream:
                while block := stream.read(_BLOCK):
                    digest.update(block)
                    size += len(block)
                    self._left_bytes -= len(block)
                    if self._left_bytes < 0:
                        return None
        except MediaError:
            return None
        return digest.hexdigest(), size


@contextmanager
def archive(path: Path, options: Options, *, limit_bytes: int) -> Iterator[Archive]:
    """Opens an archive.

    Args:
        path: The file.
        options: For its exports.
        limit_bytes: What may be unpacked of it to compute digests.

    Raises:
        MediaError: It is no archive that can be read.
    """
    try:
        opened = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise MediaError(f"the archive cannot be opened: {error}") from error
    with opened:
        yield Archive(opened, options, limit_bytes)
