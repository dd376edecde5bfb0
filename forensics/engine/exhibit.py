"""Exhibits: records what is selected for which element of proof, and reads what status needs of them from the index."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from forensics.custody.case import Case
from forensics.custody.index import Index
from forensics.custody.records import read_at
from forensics.custody.writer import Writer
from forensics.errors import UsageError
from forensics.model import Acquisition, Committed, Exhibit, Finding, Item, Record, Result, Snapshot
from forensics.proof.element import Profile
from forensics.proof.element_exhibit import current
from forensics.proof.element_matrix import newest_found
from forensics.proof.element_origin import CHAT_KIND, evidence_of

T = TypeVar("T", Item, Acquisition, Finding)

ACTION = "exhibit"
"""Action of the events that record exhibits. They select evidence and add none, so no checkpoint follows them."""

MOST_LABEL, MOST_TITLE = 32, 300
"""Characters of a label and of a title."""

_LABEL = re.compile(r"[^\W_](?:[\w.\-/ ]*\w)?")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to exhibit; what is empty stays as it was where the label is known.

    Attributes:
        label: Empty for the next free one of the first element.
        findings: References `SEQ/INDEX`.
        elements: Ids of elements of the profile.
        is_removed: Whether the exhibit of this label is taken back.
    """

    label: str = ""
    title: str = ""
    items: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class Exhibited:
    """What became of it.

    Attributes:
        exhibit: As it stands now; one that was taken back names nothing.
        before: What had the label before; None where nothing did, or where it had been taken back.
        is_changed: Whether anything was recorded.
    """

    exhibit: Exhibit
    before: Exhibit | None
    is_changed: bool


def exhibit(writer: Writer, wish: Wish, *, profile: Profile) -> Exhibited:
    """Records an exhibit.

    Raises:
        UsageError: It names an item, finding or element that is not there, or lacks title, label or content.
        StoreError: The case's disk does not take more.
    """
    records = tuple(writer.case.records_of("exhibit", writer.index))
    known = {one.record.label: one.record for one in current(records)}
    label = _label(wish, [one.record.label for one in records], profile=profile)
    before = known.get(label)
    made = _removed(label, before) if wish.is_removed else _made(wish, label, before=before, profile=profile)
    _check(writer, made)
    if made == before:
        return Exhibited(made, before, is_changed=False)
    writer.commit(ACTION, [made])
    return Exhibited(made, before, is_changed=True)


def _label(wish: Wish, used: Sequence[str], *, profile: Profile) -> str:
    label = unicodedata.normalize("NFKC", wish.label).strip()
    if label:
        if len(label) > MOST_LABEL or not _LABEL.fullmatch(label):
            raise UsageError(f"{wish.label!r} cannot be a label", hint="A label is short, such as 1-1 or A.3.")
        return label
    if wish.is_removed or not wish.elements:
        raise UsageError("a label or an element is missing", hint="Name --label 1-1, or --element E8 for the next one.")
    group = profile.elements.index(profile.element(wish.elements[0])) + 1
    numbers = [int(found[1]) for one in used if (found := re.fullmatch(rf"{group}-([0-9]{{1,9}})", one))]
    return f"{group}-{max(numbers, default=0) + 1}"


def _removed(label: str, before: Exhibit | None) -> Exhibit:
    if before is None:
        raise UsageError(f"there is no exhibit {label}", hint="`forensics exhibit CASE --list` lists them.")
    return Exhibit(label, "")


def _made(wish: Wish, label: str, *, before: Exhibit | None, profile: Profile) -> Exhibit:
    old = before or Exhibit(label, "")
    elements = tuple(dict.fromkeys(profile.element(name).id for name in wish.elements)) or old.elements
    title = " ".join(wish.title.split()) or old.title
    if wish.items or wish.findings:
        items, findings = tuple(dict.fromkeys(wish.items)), tuple(dict.fromkeys(wish.findings))
    else:
        items, findings = old.items, old.findings
    if not items and not findings:
        raise UsageError("an exhibit names items or findings", hint="Name items (ITEM-0001) or --finding EVENT/LINE.")
    if not title or len(title) > MOST_TITLE:
        raise UsageError("an exhibit needs a title", hint=f"--title TEXT, at most {MOST_TITLE} characters.")
    if not elements:
        raise UsageError("an exhibit needs an element of proof", hint="--element E8; `forensics status` lists them.")
    return Exhibit(label, title, items, findings, elements)


def _check(writer: Writer, made: Exhibit) -> None:
    for name in made.items:
        if not writer.index.rows("SELECT 1 FROM item WHERE id = ?", (name,)):
            raise UsageError(f"the case has no item {name}", hint="`forensics status CASE` lists the items.")
    for ref in made.findings:
        place = _place(ref)
        if place is None or not writer.index.rows("SELECT 1 FROM finding WHERE seq = ? AND idx = ?", place):
            hint = "A finding is named by its event and line, such as 12/3; reports and `forensics status` print these."
            raise UsageError(f"the case has no finding {ref}", hint=hint)


def _place(ref: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"(0|[1-9][0-9]{0,8})/(0|[1-9][0-9]{0,8})", ref, re.ASCII)
    return (int(found[1]), int(found[2])) if found else None


def exhibited(case: Case, index: Index) -> Snapshot:
    """Reads what the matrix needs of a case: exhibits, statements, reports, and what the exhibits rest on.

    The whole of a large case is not read: what other items and findings it has is left out.
    """
    exhibits, statements, outputs = (tuple(case.records_of(kind, index)) for kind in ("exhibit", "statement", "output"))
    reach = _Reach(case, index)
    for one in current(exhibits):
        reach.take(one.record)
    last = case.last_evidence_event()
    return Snapshot(
        case.info,
        last,
        case.root(last),
        case.events,
        items=reach.all_of(Item),
        acquisitions=reach.all_of(Acquisition),
        findings=reach.all_of(Finding),
        exhibits=exhibits,
        statements=statements,
        outputs=outputs,
    )


def leads_in(index: Index, kinds: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Gives references of the findings that found something, by kind; of older runs only what no newer one repeats."""
    wanted = sorted(set(kinds))
    some = f"SELECT DISTINCT kind FROM finding WHERE result = ? AND kind IN ({_marks(wanted)})"  # noqa: S608 - marks
    found = [row[0] for row in index.rows(some, (Result.FOUND, *wanted))]
    # Contents are indexed in the order of their findings, so those of one finding follow one another.
    every = (
        "SELECT finding.seq, finding.idx, finding.kind, subject.sha256, finding.result FROM subject "  # noqa: S608 - marks
        "CROSS JOIN finding ON finding.seq = subject.seq AND finding.idx = subject.idx "
        f"WHERE finding.kind IN ({_marks(found)}) ORDER BY subject.rowid"
    )
    return newest_found(_joined(index.rows(every, found))) if found else {}


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


def _joined(rows: Iterable[tuple[int, int, str, str, str]]) -> Iterator[tuple[int, int, str, Hashable, bool]]:
    """Brings the contents of each finding together."""
    for place, group in groupby(rows, key=itemgetter(0, 1, 2, 4)):
        seq, number, kind, result = place
        yield seq, number, kind, frozenset(row[3] for row in group), result == Result.FOUND


@dataclass(slots=True)
class _Reach:
    """Reads records that exhibits name, and those that say where their contents came from; each once."""

    case: Case
    index: Index
    records: dict[tuple[int, int], Record] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def take(self, one: Exhibit) -> None:
        """Reads all that the source of an exhibit is made of."""
        waiting = [content for name in one.items for content in self._item(name)]
        for ref in one.findings:
            place = _place(ref)
            record = self._read(place) if place else None
            if isinstance(record, Finding):
                waiting += [*record.subject, *(artifact.content_sha256 for artifact in record.attachments)]
        while waiting:
            content = waiting.pop()
            if content not in self.seen:
                self.seen.add(content)
                waiting += self._around(content)

    def _item(self, name: str) -> list[str]:
        """Reads an item with its newest acquisition; gives the contents of that."""
        for row in self.index.rows("SELECT seq, idx FROM item WHERE id = ?", (name,)):
            self._read(row)
        query = "SELECT seq, idx FROM acquisition WHERE item = ? ORDER BY seq DESC, idx DESC LIMIT 1"
        found = [self._read(row) for row in self.index.rows(query, (name,))]
        return [kept.content_sha256 for one in found if isinstance(one, Acquisition) for kept in evidence_of(one)]

    def _around(self, content: str) -> list[str]:
        """Reads which items a content was collected as, which finding made it, and which chats it holds."""
        for (name,) in self.index.rows("SELECT DISTINCT item FROM artifact WHERE content = ?", (content,)):
            if name is not None:
                self._item(name)
        made = self.index.rows("SELECT seq, idx FROM artifact WHERE content = ? AND item IS NULL", (content,))
        makers = [self._read(row) for row in made]
        chats = (
            "SELECT finding.seq, finding.idx FROM subject JOIN finding ON finding.seq = subject.seq "
            "AND finding.idx = subject.idx WHERE subject.sha256 = ? AND finding.kind = ?"
        )
        for row in self.index.rows(chats, (content, CHAT_KIND)):
            self._read(row)
        return [subject for one in makers if isinstance(one, Finding) for subject in one.subject]

    def _read(self, place: Sequence[int]) -> Record | None:
        seq, number = place
        if (seq, number) not in self.records and seq < len(self.case.events):
            path = self.case.records_path(self.case.events[seq])
            for row in self.index.rows("SELECT offset, length FROM record WHERE seq = ? AND idx = ?", place):
                if path is not None:
                    self.records[seq, number] = read_at(path, offset=row[0], length=row[1])
        return self.records.get((seq, number))

    def all_of(self, kind: type[T]) -> tuple[Committed[T], ...]:
        """Gives the records of one type that were read, in order."""
        return tuple(
            Committed(f"{seq}/{number}", record)
            for (seq, number), record in sorted(self.records.items(), key=lambda one: one[0])
            if isinstance(record, kind)
        )
