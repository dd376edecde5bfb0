"""A look of the readers of labels at one file, without a case, and what was kept of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from forensics import formats
from forensics.analyzers import describe
from forensics.analyzers.labels import LabelsAnalyzer
from forensics.analyzers.labels.look import Look
from forensics.model import Artifact, Digests, Finding, Message, Name, Result, Stage
from tests.fakes.evidence import OBTAINED_AT, FileEvidence


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


def look_at(file: Path, **settings: Any) -> Look:
    """Makes what the analyzer of labels hands to its readers; what they keep is in its sink."""
    analyzer, evidence = LabelsAnalyzer(**settings), FileEvidence(file)
    blank = Finding(
        subject=(evidence.artifact.content_sha256,),
        stage=Stage.METADATA,
        kind="",
        result=Result.INDETERMINATE,
        statement=Message("", ""),
        analyzer=describe(analyzer),
    )
    with evidence.open() as stream:
        structure = formats.read(stream, evidence.artifact.media_type)
    return Look(evidence, KeepingSink(), analyzer, structure, blank)
