"""Words what was found as findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from forensics.analyzers.match import statement as say
from forensics.analyzers.match.group import Groups, Pair
from forensics.analyzers.match.material import Case
from forensics.analyzers.match.pair import Relation
from forensics.model import Finding, Gap, GapReason, Message, Result

_MOST_REFUSED = 200
"""Pairs that are no match and that a finding lists; it counts all."""


@dataclass(frozen=True)
class Telling:
    """Words what was found.

    Attributes:
        blank: The finding without what is found.
        case: The contents.
        groups: What was found of them.
    """

    blank: Finding
    case: Case
    groups: Groups

    def findings(self) -> Iterator[Finding]:
        """Gives the groups, the pairs that share something, the contents without a copy, and those not compared."""
        number = 0
        for number, members in enumerate(self.groups.members(), 1):
            yield self._group(f"G{number}", members)
        grouped = {one for members in self.groups.members() for one in members}
        for one, content in enumerate(self.case.contents):
            if content.copies > 1 and one not in grouped:
                number += 1
                yield self._identical(f"G{number}", content)
        for pairs in self.groups.shared():
            yield self._shared(pairs)
        yield from self._rest(grouped)

    def _group(self, name: str, members: list[int]) -> Finding:
        contents = [self.case.contents[one] for one in members]
        inside = set(members)
        pairs = [one for one in self.groups.pairs if one.first in inside and one.second in inside]
        is_chained = len(pairs) < len(members) * (len(members) - 1) // 2
        values = {
            "about": "group",
            "group": name,
            "copy_count": sum(one.copies for one in contents),
            "content_count": len(contents),
            "is_chained": is_chained,
            "members": [one.described() for one in contents],
            "pairs": self._described(pairs),
        }
        return replace(
            self.blank,
            subject=tuple(one.sha256 for one in contents),
            result=Result.FOUND,
            statement=say.group(name, contents, pair_count=len(pairs)),
            values=values,
            limits=(*self.blank.limits, *((say.chained(),) if is_chained else ())),
            alternatives=say.alternatives(Counter(one.verdict.relation.value for one in pairs)),
        )

    def _identical(self, name: str, content: say.Content) -> Finding:
        values = {
            "about": "identical",
            "group": name,
            "copy_count": content.copies,
            "content_count": 1,
            "members": [content.described()],
            "pairs": [],
        }
        return replace(
            self.blank,
            subject=(content.sha256,),
            result=Result.FOUND,
            statement=say.identical(name, content),
            values=values,
            alternatives=say.alternatives({}),
        )

    def _shared(self, pairs: list[Pair]) -> Finding:
        numbers = sorted({number for one in pairs for number in (one.first, one.second)})
        contents = [self.case.contents[one] for one in numbers]
        relation = pairs[0].verdict.relation
        is_passage = relation is Relation.PASSAGE
        values: dict[str, Any] = {
            "about": relation.value,
            "members": [one.described() for one in contents],
            "pairs": self._described(pairs),
        }
        return replace(
            self.blank,
            subject=tuple(one.sha256 for one in contents),
            result=Result.FOUND if is_passage else Result.INDETERMINATE,
            statement=say.shared(pairs, self.case.contents),
            values=values if is_passage else {**values, "strength": "consistent_with"},
            alternatives=say.alternatives({relation.value: 1}),
        )

    def _rest(self, grouped: set[int]) -> Iterator[Finding]:
        contents, total = self.case.contents, len(self.case.contents) + len(self.case.unread)
        lonely = [one for one in self.groups.lonely() if one not in grouped]
        bare = [contents[one] for one in lonely if not contents[one].is_plain]
        plain = [contents[one] for one in lonely if contents[one].is_plain]
        refused = self.groups.refused
        if bare or refused:
            values = {
                "about": "none",
                "content_count": len(bare),
                "total_count": total,
                "contents": [one.sha256 for one in bare],
                "refused_count": len(refused),
                "refused": self._described(refused[:_MOST_REFUSED]),
            }
            subject = tuple(one.sha256 for one in bare) or _subject(refused, contents)
            statement = say.lonely(len(bare), total, refused)
            yield replace(self.blank, subject=subject, result=Result.NOT_FOUND, statement=statement, values=values)
        if plain:
            gap = Gap("comparison", GapReason.NOT_APPLICABLE, "the pictures have too little detail")
            yield self._left(plain_of := [one.sha256 for one in plain], say.plain(len(plain_of), total), gap)
        if self.case.unread or not contents:
            digests = [sha256 for sha256, _ in self.case.unread]
            why = "; ".join(sorted({reason for _, reason in self.case.unread})[:3]) or "nothing was to be compared"
            yield self._left(digests, say.unread(len(digests), total), Gap("comparison", GapReason.UNREADABLE, why))

    def _left(self, digests: Sequence[str], statement: Message, gap: Gap) -> Finding:
        values = {"about": "left_out", "content_count": len(digests), "contents": list(digests)}
        return replace(
            self.blank,
            subject=tuple(digests),
            statement=statement,
            values=values,
            gaps=(gap,),
            alternatives=(say.apart(),),
        )

    def _described(self, pairs: Sequence[Pair]) -> list[dict[str, Any]]:
        return [say.described(one, self.case.contents) for one in pairs]


def _subject(pairs: Sequence[Pair], contents: Sequence[say.Content]) -> tuple[str, ...]:
    numbers = sorted({number for one in pairs for number in (one.first, one.second)})
    return tuple(contents[one].sha256 for one in numbers)
