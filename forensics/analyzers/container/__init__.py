"""Containers: what a file is built of, what wrote it, what does not fit, and every date that it carries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import ClassVar

from forensics import formats
from forensics.analyzers import describe, message
from forensics.analyzers.container.look import Look
from forensics.errors import ForensicsError
from forensics.model import Finding, Gap, GapReason, Message, Result, Stage
from forensics.plugins import Evidence, Sink

_READERS: tuple[tuple[str, str], ...] = (
    ("container.structure", "tree"),
    ("container.anomaly", "anomaly"),
    ("container.encoder", "encoder"),
    ("container.platform", "platform"),
    ("container.timeline", "timeline"),
)
"""Kind of finding and the module that makes it; each has `findings(look: Look) -> Iterator[Finding]`."""


@dataclass(frozen=True)
class ContainerAnalyzer:
    """Reads how a file is built and what its making left in it, without decoding pictures or sound.

    Attributes:
        max_tree: Parts of the tree that stand in the finding; a larger tree is attached as a whole.
        max_listed: Anomalies, traces and dates that are listed, of each kind.
        thumbnails: Whether embedded thumbnails are compared with the picture.
    """

    max_tree: int = 80
    max_listed: int = 200
    thumbnails: bool = True

    name: ClassVar[str] = "container"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = (
        *("image/*", "video/*", "audio/*", "application/ogg", "application/pdf"),
        "application/vnd.openxmlformats-*",
    )
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        """States what the file is built of, what does not fit, what wrote it, and which dates it has."""
        blank = Finding(
            subject=(evidence.artifact.content_sha256,),
            stage=Stage.METADATA,
            kind="",
            result=Result.INDETERMINATE,
            statement=Message("", ""),
            analyzer=describe(self),
        )
        with evidence.open() as stream:
            structure = formats.read(stream, evidence.artifact.media_type)
            look = Look(evidence, sink, self, structure, stream, blank)
            for kind, name in _READERS:
                reader: Callable[[Look], Iterator[Finding]] = import_module(f"{__name__}.{name}").findings
                try:
                    yield from reader(look)
                except ForensicsError as error:
                    yield _failed(look, kind, error)


def _failed(look: Look, kind: str, error: ForensicsError) -> Finding:
    return look.finding(
        kind,
        Result.INDETERMINATE,
        message("container.failed", "The file could not be examined for this."),
        values={},
        limits=(message("container.failed.limit", "Nothing follows from this, for or against anything."),),
        gaps=(Gap("container", GapReason.FAILED, str(error)),),
    )
