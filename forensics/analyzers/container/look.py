"""What the parts of this analyzer are given: one file, what it is made of, its bytes, and the settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO

from forensics.analyzers import message
from forensics.formats import Part, Problem, Structure
from forensics.model import Artifact, Finding, Gap, GapReason, Message, Result
from forensics.plugins import Evidence, Sink

if TYPE_CHECKING:
    from forensics.analyzers.container import ContainerAnalyzer

_MOST_AT_ONCE = 4 << 20
"""Bytes that are read at once: padding is told from data up to this size."""

_GAPS_NAMED = 4
MOST_TEXTS = 10_000
"""Values whose texts are looked at; a picture with a long history of editing has some hundreds."""

_NO_READER = message(
    "container.limit.reader",
    "The structure is read for the common formats only; of others, nothing is said.",
)
_UNREAD = message(
    "container.limit.unread",
    "Reading stopped before the end, or a part could not be read; what lies there was not looked at.",
)


@dataclass(frozen=True, slots=True)
class Look:
    """One file under examination.

    Attributes:
        evidence: The file.
        sink: Where attachments go.
        settings: The analyzer with its settings.
        structure: What the file is made of.
        stream: The file's bytes.
        blank: A finding with subject, stage and analyzer filled in.
    """

    evidence: Evidence
    sink: Sink
    settings: ContainerAnalyzer
    structure: Structure
    stream: BinaryIO
    blank: Finding

    @property
    def is_read(self) -> bool:
        """Whether a reader knows the format and found any part of it."""
        return bool(self.structure.format and self.structure.parts)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What keeps absence from meaning anything: no reader, or reading that stopped."""
        if not self.structure.format:
            kind = self.evidence.artifact.media_type
            return (Gap("structure", GapReason.NOT_APPLICABLE, f"there is no reader for the type {kind}"),)
        gaps = [
            Gap("structure", GapReason.LIMIT if one.code == "limit" else GapReason.UNPARSABLE, one.detail)
            for one in self._stops()[:_GAPS_NAMED]
        ]
        left_out = len(self.structure.values) - MOST_TEXTS
        if left_out > 0:
            gaps.append(Gap("texts", GapReason.LIMIT, f"{left_out} more were not looked at"))
        return tuple(gaps)

    def _stops(self) -> list[Problem]:
        stops = {"limit", "unreadable", "truncated", "past-end"}
        return [problem for problem in self.structure.problems if problem.code in stops]

    @property
    def nothing(self) -> Result:
        """What it means that nothing was found."""
        is_whole = self.is_read and self.structure.is_whole and len(self.structure.values) <= MOST_TEXTS
        return Result.NOT_FOUND if is_whole else Result.INDETERMINATE

    def at(self, offset: int, size: int) -> bytes:
        """Reads bytes of the file; fewer where it ends, and never more than a few mebibytes."""
        if offset < 0 or size <= 0:
            return b""
        self.stream.seek(offset)
        return self.stream.read(min(size, _MOST_AT_ONCE))

    def parts(self, path: str) -> list[Part]:
        """Gives the parts at a path such as `moov/trak`."""
        return [part for place, part in self.structure.walk() if place == path]

    def _stopped(self, gaps: tuple[Gap, ...]) -> tuple[Message, ...]:
        if not gaps:
            return ()
        return (_UNREAD,) if self.structure.format else (_NO_READER,)

    def finding(  # noqa: PLR0913 -- a finding has that many sides
        self,
        kind: str,
        result: Result,
        statement: Message,
        *,
        values: dict[str, Any],
        limits: tuple[Message, ...],
        alternatives: tuple[Message, ...] = (),
        where: tuple[dict[str, Any], ...] = (),
        gaps: tuple[Gap, ...] = (),
        attachments: tuple[Artifact, ...] = (),
    ) -> Finding:
        """Makes a finding about the file.

        Args:
            kind: One of the kinds of the method card.
            result: Of the three.
            statement: The observation.
            values: What was read or measured, with units in the names.
            limits: Where the method is known to fail.
            alternatives: Innocent explanations.
            where: Places in the file.
            gaps: What could not be read.
            attachments: What was made.
        """
        return replace(
            self.blank,
            kind=kind,
            result=result,
            statement=statement,
            values=values,
            limits=(*limits, *self._stopped(gaps)),
            alternatives=alternatives,
            where=where,
            gaps=gaps,
            attachments=attachments,
        )


def find(part: Part, path: str) -> Part | None:
    """Gives the first part at a path below another, such as `mdia/mdhd`."""
    here: Part | None = part
    for kind in path.split("/"):
        here = next((one for one in here.parts if one.kind == kind), None) if here else None
    return here
