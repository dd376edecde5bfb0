"""Evidence without a case: a file, and a sink that keeps in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from forensics import codec, media
from forensics.model import Artifact, Digests, Finding, Name
from forensics.plugins import Analyzer

OBTAINED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True)
class FileEvidence:
    """A file as an analyzer is given it.

    Attributes:
        file: Where its bytes are.
        name: The name that it was collected under; that of the file where it is None.
    """

    file: Path
    name: str | None = None

    @property
    def artifact(self) -> Artifact:
        """The artifact, with digests of the file."""
        content = self.file.read_bytes()
        name = self.name or self.file.name
        digests = Digests(hashlib.sha256(content).hexdigest(), "0" * 64, len(content))
        return Artifact(digests, "original", Name(name), media.sniff(content[: media.HEAD_SIZE], name), OBTAINED_AT)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Opens the file."""
        with self.file.open("rb") as stream:
            yield stream

    @contextmanager
    def path(self) -> Iterator[Path]:
        """Gives the file itself."""
        yield self.file

    def related(self, role: str) -> tuple[FileEvidence, ...]:
        """Gives nothing: nobody made anything of it."""
        del role
        return ()


@dataclass
class KeepingSink:
    """Keeps what is put into it in memory.

    Attributes:
        kept: The bytes, in order, each with its role.
    """

    kept: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def contents(self) -> dict[str, bytes]:
        """The last bytes of each role."""
        return dict(self.kept)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """Gives an empty folder."""
        with TemporaryDirectory() as folder:
            yield Path(folder)

    def put(
        self, stream: BinaryIO, *, role: str, name: str | bytes, media_type: str | None = None, **facts: Any
    ) -> Artifact:
        """Keeps all bytes of a stream."""
        content = stream.read()
        self.kept.append((role, content))
        digests = Digests(hashlib.sha256(content).hexdigest(), "0" * 64, len(content))
        return Artifact(digests, role, Name(str(name)), media_type or "", OBTAINED_AT, facts)


def examine(analyzer: Analyzer, file: Path, *, name: str | None = None) -> list[Finding]:
    """Lets an analyzer examine a file."""
    return list(analyzer.examine(FileEvidence(file, name), KeepingSink()))


def by_kind(analyzer: Analyzer, file: Path, *, name: str | None = None) -> dict[str, Finding]:
    """Gives the findings about a file by their kind; of several of one kind the last."""
    return {finding.kind: finding for finding in examine(analyzer, file, name=name)}


def encoded(findings: list[Finding]) -> list[bytes]:
    """Gives findings as the bytes that a record holds."""
    return [codec.canonical(codec.encode(finding)) for finding in findings]
