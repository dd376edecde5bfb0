"""What the parts of this analyzer are given: one file and the settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from forensics.model import Artifact, Finding, Gap, Message, Result
from forensics.plugins import Evidence, Sink

if TYPE_CHECKING:
    from forensics.analyzers.compression import CompressionAnalyzer


@dataclass(frozen=True, slots=True)
class Look:
    """One file under examination.

    Attributes:
        evidence: The file; `evidence.path()` for libraries that want one.
        sink: Where attachments go.
        settings: The analyzer with its settings.
        blank: A finding with subject, stage, analyzer and tools filled in.
    """

    evidence: Evidence
    sink: Sink
    settings: CompressionAnalyzer
    blank: Finding

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
            where: Places in the file or picture.
            gaps: What could not be read.
            attachments: What was made.
        """
        return replace(
            self.blank,
            kind=kind,
            result=result,
            statement=statement,
            values=values,
            limits=limits,
            alternatives=alternatives,
            where=where,
            gaps=gaps,
            attachments=attachments,
        )
