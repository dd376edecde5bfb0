"""Labels: what a file declares about its own making, in metadata, in credentials, in the picture and in the sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import ClassVar

from forensics import formats
from forensics.analyzers import describe, message
from forensics.analyzers.labels.look import Look
from forensics.errors import ForensicsError
from forensics.model import Finding, Gap, GapReason, Message, Result, Stage
from forensics.plugins import Evidence, Sink

_READERS: tuple[tuple[str, str], ...] = (
    ("label.aigc", "aigc"),
    ("label.c2pa", "credential"),
    ("label.iptc", "iptc"),
    ("label.generator", "generator"),
    ("label.watermark", "watermark"),
    ("label.explicit", "explicit"),
)
"""Kind of finding and the module that makes it; each has `findings(look: Look) -> Iterator[Finding]`."""


@dataclass(frozen=True)
class LabelsAnalyzer:
    """Reads what a file declares about its own making.

    Attributes:
        trust_list: File with the certificates (PEM) of authorities whose content credentials are trusted; empty for
            none.
        explicit: Whether pictures, the first seconds of clips and sound are searched for visible and audible labels.
        watermarks: Whether pictures are searched for invisible watermarks.
        opening_s: Seconds at the start of a clip that are searched for a visible label.
    """

    trust_list: str = ""
    explicit: bool = True
    watermarks: bool = True
    opening_s: float = 2.5

    name: ClassVar[str] = "labels"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = (
        *("image/*", "video/*", "audio/*", "application/pdf", "application/ogg", "text/plain", "text/markdown"),
        "application/vnd.openxmlformats-*",
    )
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        """States what the file declares, at least one finding for each kind of label."""
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
        look = Look(evidence, sink, self, structure, blank)
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
        message("labels.failed", "Labels of this kind could not be looked for."),
        values={},
        limits=(message("labels.failed.limit", "Nothing follows from this about the file, for or against anything."),),
        gaps=(Gap("labels", GapReason.FAILED, str(error)),),
    )
