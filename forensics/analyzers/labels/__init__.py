"""Labels: what a file declares about its own making, in metadata, in credentials, in the picture and in the sound."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import ClassVar

from forensics import formats
from forensics.analyzers import describe, message
from forensics.analyzers.labels import credential_trust
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
        mask_identities: Whether numbers that identify a person are masked in what labels say.
    """

    trust_list: str = ""
    explicit: bool = True
    watermarks: bool = True
    opening_s: float = 2.5
    mask_identities: bool = True

    name: ClassVar[str] = "labels"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = (
        *("image/*", "video/*", "audio/*", "application/pdf", "application/ogg", "text/plain", "text/markdown"),
        "application/vnd.openxmlformats-*",
    )
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Reads the trust list, so that all workers judge by the same bytes and no record has a path of this machine.

        Raises:
            UsageError: The file cannot be read, or holds no certificates.
        """
        object.__setattr__(self, "trust_list", credential_trust.read(self.trust_list))

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        """States what the file declares, at least one finding for each kind of label."""
        return self.state(evidence, sink, kinds=[kind for kind, _ in _READERS])

    def state(self, evidence: Evidence, sink: Sink, *, kinds: Collection[str]) -> Iterator[Finding]:
        """States what the file declares under some kinds of label alone.

        Args:
            evidence: The file.
            sink: Where attachments go.
            kinds: Of `label.aigc`, `label.c2pa` and so on.
        """
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
        for kind, name in ((kind, name) for kind, name in _READERS if kind in kinds):
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
