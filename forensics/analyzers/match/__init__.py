"""Which contents of a case show the same footage or picture, whole or in part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from forensics.analyzers.match import statement as say
from forensics.media import fingerprint
from forensics.model import Finding, Result, Stage, Tool
from forensics.plugins import Evidence, Sink

if TYPE_CHECKING:
    from forensics.analyzers.match.word import Candidate

KIND = "source.match"

_AT_HAND = 96
"""Fingerprints that are kept in memory: of clips of 30 s half a megabyte each."""


@dataclass(frozen=True)
class MatchComparison:
    """Finds copies among the contents of a case.

    Attributes:
        most_candidates: Contents that each content is compared with, those that share most words with it.
        least_votes: Words that two contents must share to be compared; frequent words count less.
    """

    most_candidates: int = 32
    least_votes: float = 3.0

    name: ClassVar[str] = "match"
    version: ClassVar[str] = "1"
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = (fingerprint.ROLE,)

    def examine(self, evidence: tuple[Evidence, ...], sink: Sink) -> Iterable[Finding]:
        """States which contents are copies of one another, which share a part, and which have no copy."""
        from forensics.analyzers.match.group import grouped
        from forensics.analyzers.match.material import Case
        from forensics.analyzers.match.pair import Verdict, judge
        from forensics.analyzers.match.telling import Telling
        from forensics.analyzers.match.word import candidates

        del sink
        case = Case.of(evidence)
        read = lru_cache(_AT_HAND)(case.fingerprint)

        def compare(one: Candidate) -> Verdict:
            return judge(read(one.first), read(one.second), one.links)

        found = candidates(case.words, most=self.most_candidates, least_votes=self.least_votes)
        telling = Telling(self._blank(), case, grouped(len(case.contents), found, compare))
        counts = {"case_item_count": case.item_count, "case_content_count": len(evidence)}
        for one in telling.findings():
            yield replace(one, values={**one.values, **counts})

    def _blank(self) -> Finding:
        settings = {"most_candidates": self.most_candidates, "least_votes": self.least_votes}
        return Finding(
            subject=(),
            stage=Stage.COMPARE,
            kind=KIND,
            result=Result.INDETERMINATE,
            statement=say.unread(0, 0),
            analyzer=Tool(self.name, self.version, settings=settings),
            limits=say.limits(),
        )
