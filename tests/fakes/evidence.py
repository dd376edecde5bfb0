"""Evidence without a case: a file, and a sink that takes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
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


class NoSink:
    """Refuses to keep anything."""

    def put(
        self, stream: BinaryIO, *, role: str, name: str | bytes, media_type: str | None = None, **facts: Any
    ) -> Any:
        """Says that nothing was to be kept."""
        raise AssertionError(f"{name!r} was put as {role}, {media_type}, {facts}, {stream}")


def examine(analyzer: Analyzer, file: Path, *, name: str | None = None) -> list[Finding]:
    """Lets an analyzer examine a file."""
    return list(analyzer.examine(FileEvidence(file, name), NoSink()))


def by_kind(analyzer: Analyzer, file: Path, *, name: str | None = None) -> dict[str, Finding]:
    """Gives the findings about a file by their kind; of several of one kind the last."""
    return {finding.kind: finding for finding in examine(analyzer, file, name=name)}


def encoded(findings: list[Finding]) -> list[bytes]:
    """Gives findings as the bytes that a record holds."""
    return [codec.canonical(codec.encode(finding)) for finding in findings]
