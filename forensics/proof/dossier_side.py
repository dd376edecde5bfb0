"""Which files of one footage are altered: told by comparisons of the case, never by the match alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from forensics.model import Result, Snapshot

COMPARISON = "source.comparison"
"""Kind of the findings that tell a questioned file from the original."""

FACE = "scene_corresponds_face_differs"
DIFFERENT = frozenset({FACE, "scene_corresponds_region_altered"})
"""Verdicts by which two files of one footage are two works: a face differs, or a region is altered."""

ALIKE = "corresponds"
"""Verdict by which two files agree, faces included."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparisons say of pairs of files.

    Attributes:
        different: SHA-256 of the questioned and of the original to the reference of the finding.
        faces: Those of them in which a face differs.
        alike: Pairs, in the order of their digests, that agree.
    """

    different: Mapping[Pair, str]
    faces: frozenset[Pair]
    alike: frozenset[Pair]

    def is_apart(self, pair: Pair) -> bool:
        """Whether two files are two works: not where a region alone differs, and from a third one the face of both.

        A caption drawn over an altered clip makes it no other work.
        """
        if pair in self.faces:
            return True
        known = [{original for one, original in self.faces if one == each} for each in pair]
        return not known[0] & known[1]


@dataclass(frozen=True, slots=True)
class Side:
    """Files of a group that stay one work.

    Attributes:
        digests: SHA-256 of each.
        uncompared: Those of which no comparison says whether they are altered; not even one with an altered file.
        comparisons: References of the findings that set files of the group apart.
    """

    digests: frozenset[str]
    uncompared: frozenset[str]
    comparisons: tuple[str, ...] = ()


def compared(snapshot: Snapshot) -> Compared:
    """Reads the comparisons; of one pair the newest that came to a verdict counts, whichever file was questioned."""
    newest: dict[frozenset[str], tuple[Pair, str, str]] = {}
    for one in snapshot.findings:
        finding = one.record
        verdict = str(finding.values.get("verdict", ""))
        is_told = finding.kind == COMPARISON and finding.result is Result.FOUND and len(finding.subject) > 1
        if is_told and (verdict == ALIKE or verdict in DIFFERENT):
            questioned, original = finding.subject[:2]
            newest[frozenset((questioned, original))] = ((questioned, original), verdict, one.ref)
    told = [one for pair, one in newest.items() if len(pair) > 1]
    different = {pair: ref for pair, verdict, ref in told if verdict in DIFFERENT}
    faces = frozenset(pair for pair, verdict, _ in told if verdict == FACE)
    return Compared(different, faces, frozenset(_ordered(*pair) for pair, verdict, _ in told if verdict == ALIKE))


def sides(group: frozenset[str], told: Compared) -> tuple[Side, ...]:
    """Sets originals apart from the files that differ from them; files of which nothing is known stay with the latter.

    Args:
        group: SHA-256 of files that show one footage, in whole or in part.
        told: What comparisons say.
    """
    of_group = {pair: ref for pair, ref in told.different.items() if group & set(pair)}
    within = [pair for pair in of_group if group.issuperset(pair) and told.is_apart(pair)]
    alike = [pair for pair in sorted(told.alike) if group.issuperset(pair)]
    refs = tuple(dict.fromkeys(of_group[pair] for pair in within or of_group))
    if not within:
        met = _reached({one for pair in of_group for one in pair}, alike, without=())
        return (Side(group, group - met if met else _unconnected(group, alike), refs),)
    originals = {original for _, original in within}
    questioned = {one for one, _ in of_group} & group - originals
    like_original = _reached(originals, alike, without=questioned)
    like_questioned = _reached(questioned, alike, without=originals)
    apart = originals | (like_original - like_questioned)
    rest = group - apart
    uncompared = rest - questioned - (like_questioned - like_original)
    parts = (Side(one, frozenset(), refs) for one in _parts(apart, alike, within))
    return (*([Side(rest, uncompared, refs)] if rest else []), *parts)


def _ordered(first: str, second: str) -> Pair:
    return (first, second) if first < second else (second, first)


def _unconnected(group: frozenset[str], alike: Iterable[Pair]) -> frozenset[str]:
    """Gives the files that agree with no other one; all where the rest is no single set of files that agree."""
    pairs = list(alike)
    met = {one for pair in pairs for one in pair}
    is_one = bool(met) and _reached({min(met)}, pairs, without=frozenset()) == met
    return group - met if is_one else group if len(group) > 1 else frozenset()


def _reached(start: Iterable[str], pairs: Iterable[Pair], *, without: Iterable[str]) -> set[str]:
    """Follows pairs from some files to all that they lead to."""
    near: dict[str, set[str]] = {}
    for first, second in pairs:
        near.setdefault(first, set()).add(second)
        near.setdefault(second, set()).add(first)
    found, left, shut = set(start), list(start), set(without)
    while left:
        new = near.get(left.pop(), set()) - found - shut
        found |= new
        left += new
    return found


def _parts(files: Iterable[str], alike: Iterable[Pair], different: Iterable[Pair]) -> list[frozenset[str]]:
    """Joins files that agree, unless that would join two that differ."""
    part = {one: frozenset({one}) for one in sorted(files)}
    for first, second in alike:
        if first in part and second in part:
            both = part[first] | part[second]
            if not any(both.issuperset(pair) for pair in different):
                part.update(dict.fromkeys(both, both))
    return list(dict.fromkeys(part.values()))
