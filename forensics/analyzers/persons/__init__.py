"""How many distinct persons the contents of a case show: their faces grouped by likeness, without names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import ClassVar

from forensics.faces.cluster import THRESHOLD
from forensics.faces.model import RECOGNISER, describe
from forensics.faces.table import CROP_ROLE, ROLE
from forensics.model import Finding, Stage, Tool
from forensics.plugins import Evidence, Sink

KIND = "faces.persons"


@dataclass(frozen=True)
class PersonsComparison:
    """Groups the faces of all contents that it is given.

    Attributes:
        threshold: Mean cosine from which on two groups of faces are taken for one person.
    """

    threshold: float = THRESHOLD

    name: ClassVar[str] = "persons"
    version: ClassVar[str] = "1"
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = (ROLE, CROP_ROLE)

    def examine(self, evidence: tuple[Evidence, ...], sink: Sink) -> Iterable[Finding]:
        """States how many groups the faces of the contents form, and which face is in which."""
        from forensics.analyzers.persons.group import grouped
        from forensics.analyzers.persons.statement import say

        del sink
        tools, groups = describe(RECOGNISER), grouped(evidence, threshold=self.threshold)
        said = say(groups)
        yield Finding(
            subject=tuple(one.artifact.content_sha256 for one in evidence),
            stage=Stage.COMPARE,
            kind=KIND,
            result=said.result,
            statement=said.statement,
            analyzer=Tool(
                self.name, self.version, settings={one.name: getattr(self, one.name) for one in fields(self)}
            ),
            values=said.values,
            gaps=said.gaps,
            limits=said.limits,
            alternatives=said.alternatives,
            tools=tools,
        )
