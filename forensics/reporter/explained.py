"""The kinds of findings, numbered, each with its limits and other explanations: said once, referred to by number."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from forensics.model import Message, Stage
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, Observation
from forensics.reporter.page_frame import sentences_in
from forensics.reporter.ranking import family_rank
from forensics.reporter.wording import Words

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LEADING = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Shown:
    """An observation as the report shows it.

    Attributes:
        item: Id of the item at which it stands; empty where its material belongs to none.
        is_hidden: Whether texts taken from the material must not be said: it is masked, or also about what is.
        has_page: Whether the part on comparisons has its statement, pictures and values.
    """

    found: Observation
    item: str
    is_hidden: bool
    has_page: bool = False


@dataclass
class Kind:
    """A kind of findings.

    Attributes:
        number: Its place, from 1.
        stage: Stage of examination of its first finding.
        shown: All its observations, in the order of the items.
        limits: Each sentence on a limit once, in the order in which they first occur.
        alternatives: The same for other explanations.
    """

    number: int
    name: str
    stage: Stage
    shown: list[Shown] = field(default_factory=list)
    limits: dict[Said, int] = field(default_factory=dict)
    alternatives: dict[Said, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explained:
    """The kinds of findings of a case by name, in the order of the stages, and what stands for a finding's sentences.

    Attributes:
        marks: Reference of a finding to the numbers of its limits and of its other explanations; empty for none.
    """

    kinds: Mapping[str, Kind]
    marks: Mapping[str, tuple[Said, Said]]

    def of(self, found: Observation) -> tuple[Said, Said]:
        """Gives the numbers of the limits and of the other explanations of an observation."""
        return self.marks[found.ref]


def explain(case: CaseFacts, words: Words, *, paged: Collection[str] = ()) -> Explained:
    """Numbers the kinds of a case and gathers their limits and other explanations.

    Args:
        case: The case.
        words: The language.
        paged: References of the findings that have a page of their own.
    """
    kinds = _kinds(shown_of(case, paged))
    places = {}
    for kind in kinds.values():
        for one in kind.shown:
            finding = one.found.finding
            places[one.found.ref] = (
                _placed(kind.limits, one, finding.limits, words),
                _placed(kind.alternatives, one, finding.alternatives, words),
            )
    marks = {
        one.found.ref: (
            _mark(kind, places[one.found.ref][0], dotted, total=len(kind.limits), words=words),
            _mark(kind, places[one.found.ref][1], lettered, total=len(kind.alternatives), words=words),
        )
        for kind in kinds.values()
        for one in kind.shown
    }
    return Explained(kinds, marks)


def shown_of(case: CaseFacts, paged: Collection[str]) -> Iterator[Shown]:
    """Gives every observation of a case with the item at which it stands."""
    masked = frozenset(facts.item.id for facts in case.items if facts.masked)
    for facts in case.items:
        for found in facts.observations:
            is_hidden = facts.masked or not masked.isdisjoint(found.others)
            yield Shown(found, facts.item.id, is_hidden, has_page=found.ref in paged)
    yield from (Shown(found, "", is_hidden=True) for found in case.strays)


def _kinds(shown: Iterable[Shown]) -> dict[str, Kind]:
    every: dict[str, Kind] = {}
    for one in shown:
        finding = one.found.finding
        every.setdefault(finding.kind, Kind(0, finding.kind, finding.stage)).shown.append(one)
    order = list(Stage)
    ranked = sorted(every.values(), key=lambda kind: (order.index(kind.stage), family_rank(kind.name)))
    for number, kind in enumerate(ranked, 1):
        kind.number = number
    return {kind.name: kind for kind in ranked}


def _placed(known: dict[Said, int], one: Shown, messages: tuple[Message, ...], words: Words) -> tuple[int, ...]:
    said = sentences_in(one.found, messages, words, hide=one.is_hidden)
    return tuple(dict.fromkeys(known.setdefault(text, len(known) + 1) for text in said))


def dotted(number: int, place: int) -> str:
    """Writes the number of a limit: 3.1, 3.2."""
    return f"{number}.{place}"


def lettered(number: int, place: int) -> str:
    """Writes the number of another explanation: 3a to 3z, then 3aa."""
    rounds, letter = divmod(place - 1, len(_LETTERS))
    return f"{number}{_LETTERS[letter] * (rounds + 1)}"


def _mark(kind: Kind, places: Sequence[int], write: Callable[[int, int], str], *, total: int, words: Words) -> Said:
    """Writes the numbers of a finding's sentences; that of the kind alone where they are all that the kind has."""
    if not places or len(places) == total:
        return Said(kind.number if places else "")
    number = kind.number
    return words.listed(
        write(number, first) if first == last else f"{write(number, first)}\u2013{write(number, last)}"
        for first, last in runs(places)
    )


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Draws consecutive whole numbers together, in rising order: first and last of each run."""
    first = last = None
    for number in sorted(set(numbers)):
        if first is None or last is None or number != last + 1:
            if first is not None and last is not None:
                yield first, last
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last


def joined(marks: Iterable[Said], words: Words) -> Said:
    """Joins the numbers of several findings; consecutive kinds that are named whole are drawn together."""
    every = list(dict.fromkeys(mark for mark in marks if mark))
    whole = [int(mark) for mark in every if mark.isdigit()]
    parts = [(str(mark), int(_LEADING.findall(mark)[0])) for mark in every if not mark.isdigit()]
    drawn = [(str(first) if first == last else f"{first}\u2013{last}", first) for first, last in runs(whole)]
    return words.listed(text for text, _ in sorted([*parts, *drawn], key=lambda part: part[1]))


def ref_ranges(refs: Iterable[str], words: Words) -> Said:
    """Lists references of records, with consecutive ones of one event drawn together: 29/1-29/4, 30/0."""
    by_event: dict[int, list[int]] = {}
    for ref in refs:
        seq, _, index = ref.partition("/")
        by_event.setdefault(int(seq), []).append(int(index))
    return words.listed(
        f"{seq}/{first}" if first == last else f"{seq}/{first}\u2013{seq}/{last}"
        for seq in sorted(by_event)
        for first, last in runs(by_event[seq])
    )
