"""Joins contents that were found to be copies of one another, directly or through others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from forensics.analyzers.match.pair import COPIES, SHARING, Relation, Verdict
from forensics.analyzers.match.word import Candidate

SMALL_GROUP = 12
"""Contents of a group up to which every pair of candidates is compared; beyond, none that both have copies enough."""

ENOUGH_COPIES = 3


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contents and what was found of them.

    Attributes:
        first: Number of the one that was collected first.
        second: Number of the other.
    """

    first: int
    second: int
    verdict: Verdict


def _most_shared(pair: Pair) -> tuple[float, float, int, int]:
    timed = pair.verdict.timing
    place = pair.verdict.placement
    return -(timed.overlap_s if timed else 0.0), -(place.support if place else 0.0), pair.first, pair.second


@dataclass
class Groups:
    """Contents and their copies.

    Attributes:
        count: Number of contents.
        pairs: Pairs that have something in common.
        refused: Pairs that share a scene or a moment, and are no match.
    """

    count: int
    pairs: list[Pair] = field(default_factory=list)
    refused: list[Pair] = field(default_factory=list)
    _roots: dict[int, int] = field(default_factory=dict)
    _sizes: dict[int, int] = field(default_factory=dict)
    _copies: dict[int, int] = field(default_factory=dict)

    def root(self, number: int) -> int:
        """Gives the first content of the group that a content belongs to."""
        while (above := self._roots.get(number, number)) != number:
            number = above
        return number

    def is_settled(self, candidate: Candidate) -> bool:
        """Whether two contents are known to belong together well enough that they need not be compared."""
        a, b = candidate.first, candidate.second
        root = self.root(a)
        is_large = self._sizes.get(root, 1) > SMALL_GROUP
        return is_large and root == self.root(b) and min(self._copies.get(one, 0) for one in (a, b)) >= ENOUGH_COPIES

    def add(self, pair: Pair) -> None:
        """Takes in what was found of a pair."""
        relation = pair.verdict.relation
        if relation in COPIES:
            self._join(pair.first, pair.second)
        if relation in COPIES or relation in SHARING:
            self.pairs.append(pair)
        elif relation is not Relation.NOTHING:
            self.refused.append(pair)

    def _join(self, first: int, second: int) -> None:
        for one in (first, second):
            self._copies[one] = self._copies.get(one, 0) + 1
        low, high = sorted((self.root(first), self.root(second)))
        if low != high:
            self._roots[high] = low
            self._sizes[low] = self._sizes.get(low, 1) + self._sizes.get(high, 1)

    def members(self) -> list[list[int]]:
        """Gives the groups of two and more, in the order of their first content."""
        found: dict[int, list[int]] = {}
        for number in range(self.count):
            found.setdefault(self.root(number), []).append(number)
        return [one for one in found.values() if len(one) > 1]

    def shared(self) -> list[list[Pair]]:
        """Gives the pairs that share a passage or part and do not belong to one group.

        Pairs of one relation that hang together through groups and pairs are together, the one that shares most first.
        """
        return [pairs for relation in SHARING for pairs in self._hanging(relation)]

    def _hanging(self, relation: Relation) -> list[list[Pair]]:
        chosen = [
            one
            for one in self.pairs
            if one.verdict.relation is relation and self.root(one.first) != self.root(one.second)
        ]
        above: dict[int, int] = {}

        def top(number: int) -> int:
            number = self.root(number)
            while number in above:
                number = above[number]
            return number

        for one in chosen:
            low, high = sorted((top(one.first), top(one.second)))
            if low != high:
                above[high] = low
        found: dict[int, list[Pair]] = {}
        for one in chosen:
            found.setdefault(top(one.first), []).append(one)
        return [sorted(pairs, key=_most_shared) for pairs in found.values()]

    def lonely(self) -> list[int]:
        """Gives the contents that have nothing in common with any other."""
        busy = {number for one in self.pairs for number in (one.first, one.second)}
        return [number for number in range(self.count) if number not in busy]


def grouped(count: int, candidates: Sequence[Candidate], compare: Callable[[Candidate], Verdict]) -> Groups:
    """Compares candidates and groups those that are copies.

    Args:
        count: Number of contents.
        candidates: Pairs that may have something in common.
        compare: Compares one pair.
    """
    groups = Groups(count)
    for candidate in candidates:
        if not groups.is_settled(candidate):
            groups.add(Pair(candidate.first, candidate.second, compare(candidate)))
    return groups
