"""Faces of contents against the reference photographs of a subject: how similar, beside what is usual."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import ClassVar

from forensics.errors import UsageError
from forensics.faces.model import DETECTOR, RECOGNISER, describe
from forensics.faces.table import CROP_ROLE, ROLE
from forensics.model import Finding, Stage, Tool
from forensics.plugins import Evidence, Sink

KIND = "face.identity"


@dataclass(frozen=True)
class IdentityComparison:
    """Compares the faces of contents with the reference photographs of one subject.

    Attributes:
        subject: Id of the subject, which is all that statements name.
        photo_count: How many of the evidences are photographs of the subject: the last ones.
        photo_set: Which photographs these are, in one digest, so that others are compared anew.
        similar_from: Similarity from which on a face is called similar. Measured: 99 of 100 pairs of unrelated persons
            lie below, and all face swaps above that were compared with the person they were made from; about there
            the likelihood ratio is 1.
    """

    subject: str = "SUBJECT"
    photo_count: int = 1
    photo_set: str = ""
    similar_from: float = 0.35

    name: ClassVar[str] = "identity"
    version: ClassVar[str] = "1"
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = (ROLE, CROP_ROLE)

    def examine(self, evidence: tuple[Evidence, ...], sink: Sink) -> Iterable[Finding]:
        """States for each content how similar its most similar face is; the photographs are measured once.

        Raises:
            UsageError: There is no content, or no photograph.
        """
        from forensics.analyzers.identity import statement
        from forensics.analyzers.identity.distribution import shipped
        from forensics.analyzers.identity.likeness import likenesses
        from forensics.analyzers.identity.reference import read_reference
        from forensics.faces.kept import read_kept

        del sink
        if not 0 < self.photo_count < len(evidence):
            raise UsageError(f"{len(evidence)} files, {self.photo_count} of them photographs, cannot be compared")
        contents, photos = evidence[: -self.photo_count], evidence[-self.photo_count :]
        reference, usual, tools = read_reference(photos), shipped(), describe(DETECTOR, RECOGNISER)
        for content in contents:
            kept = read_kept(content)
            found = likenesses(kept, reference.measures) if reference.usable else ()
            measured = statement.Measured(self.subject, kept, reference, found, usual, self.similar_from)
            said = statement.say(measured)
            yield Finding(
                subject=tuple(one.artifact.content_sha256 for one in (content, *photos)),
                stage=Stage.COMPARE,
                kind=KIND,
                result=said.result,
                statement=said.statement,
                analyzer=self._described(),
                values=said.values,
                where=said.where,
                gaps=said.gaps,
                limits=said.limits,
                alternatives=said.alternatives,
                tools=tools,
            )

    def _described(self) -> Tool:
        return Tool(self.name, self.version, settings={one.name: getattr(self, one.name) for one in fields(self)})
