"""The tables of a case: which findings have one, and what cannot be opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from forensics.chats import bill_table, table, word
from forensics.chats.message import Locator, Problem
from forensics.model import Artifact, Committed, Finding, Result, Snapshot

Opener = Callable[[str], BinaryIO]
"""Gives a stored blob by its SHA-256; raises `ForensicsError` where it is not at hand."""

MESSAGES, ROWS = "chat.messages", "bill.rows"

ERASED, SEALED, WITHHELD = "erased", "sealed", "not at hand"
"""`Problem.what` of a whole table that is in no total."""


@dataclass(frozen=True, slots=True)
class TableSource:
    """One file that was read into a table.

    Attributes:
        finding: Reference of the finding that has the table.
        item: Id of the first item that has the content.
        content: SHA-256 of the file.
        table: SHA-256 of the table.
        format: As the finding names it.
        title: File name.
        count: Messages, or rows that state a payment.
        words: SHA-256 of the table's words; empty where there are none.
    """

    finding: str
    item: str
    content: str
    table: str
    format: str
    title: str
    count: int
    words: str = ""


class ChatSource(TableSource):
    """One export of chats."""

    __slots__ = ()


class BillSource(TableSource):
    """One bill."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Sources:
    """All tables of a case that are at hand, in the order of their items.

    Attributes:
        items: SHA-256 of a content to the id of the first item that has it.
        problems: Tables that are not at hand, and files that could not be read.
    """

    chats: tuple[ChatSource, ...]
    bills: tuple[BillSource, ...]
    items: Mapping[str, str]
    problems: tuple[Problem, ...]


def sources_of(snapshot: Snapshot, *, is_open: bool = False) -> Sources:
    """Finds the tables of a case.

    Args:
        snapshot: The case.
        is_open: Whether sealed tables can be opened; otherwise they are problems.

    Returns:
        Tables, the items from which they come, and problems. Of several findings about one content the one with a
        table counts that rests on most settings, and among these the newest: an examination by the usual settings does
        not undo what a person said about a file.
    """
    items, titles = _contents(snapshot)
    problems = [_erased(one.record.item, one.record.basis) for one in snapshot.erasures]
    chats = _Chosen(MESSAGES, table.ROLE, items, titles, is_open=is_open)
    bills = _Chosen(ROWS, bill_table.ROLE, items, titles, is_open=is_open)
    for one in snapshot.findings:
        chats.see(one)
        bills.see(one)
    found = tuple(_chat(one, chats) for one in chats.at_hand())
    rows = tuple(_bill(one, bills) for one in bills.at_hand())
    return Sources(found, rows, items, (*problems, *chats.problems(), *bills.problems()))


def _contents(snapshot: Snapshot) -> tuple[dict[str, str], dict[str, str]]:
    """Gives the first item of each content, in the order of the items, and the content's name."""
    found: list[tuple[str, Artifact]] = []
    for one in snapshot.acquisitions:
        found += [(one.record.item, artifact) for artifact in one.record.artifacts]
    items: dict[str, str] = {}
    titles: dict[str, str] = {}
    for item, artifact in sorted(found, key=lambda pair: (len(pair[0]), pair[0])):
        items.setdefault(artifact.content_sha256, item)
        titles.setdefault(artifact.content_sha256, artifact.name.display)
    return items, titles


def _erased(item: str, basis: str) -> Problem:
    detail = f"{item} was erased ({basis}); what it may have held about chats and payments is in no total"
    return Problem(ERASED, detail, Locator("", item, "erased"))


class _Chosen:
    """The finding that counts of each content.

    Args:
        kind: Kind of finding.
        role: Role of its table.
        items: First item of each content; its order is that of the result.
        titles: Name of each content.
        is_open: Whether sealed tables can be opened.
    """

    def __init__(
        self, kind: str, role: str, items: Mapping[str, str], titles: Mapping[str, str], *, is_open: bool
    ) -> None:
        self.role, self.items, self.titles, self.is_open = role, items, titles, is_open
        self._kind, self._failed = kind, ""
        self._best: dict[str, Committed[Finding]] = {}
        self._unread: dict[str, Committed[Finding]] = {}

    def see(self, one: Committed[Finding]) -> None:
        """Takes a finding in; later ones come later."""
        finding = one.record
        if finding.kind not in (self._kind, f"{self._kind.partition('.')[0]}s.failed"):
            return
        content = finding.subject[0]
        if self.table(finding) is None:
            self._unread[content] = one
        elif content not in self._best or _stated(finding) >= _stated(self._best[content].record):
            self._best[content] = one

    def table(self, finding: Finding) -> Artifact | None:
        """Gives the table of a finding; None where it has none."""
        return next((one for one in finding.attachments if one.role == self.role), None)

    def chosen(self) -> Iterator[tuple[str, Committed[Finding], Artifact]]:
        """Gives content, finding and table, in the order of the items."""
        for content in self.items:
            one = self._best.get(content)
            kept = self.table(one.record) if one else None
            if one is not None and kept is not None:
                yield content, one, kept

    def at_hand(self) -> Iterator[tuple[str, Committed[Finding], Artifact]]:
        """Gives those that are not sealed, or can be opened."""
        return (one for one in self.chosen() if self.is_open or one[2].sealed is None)

    def problems(self) -> Iterator[Problem]:
        """Says which tables are sealed, and which files could not be read at all."""
        for content, one, kept in self.chosen():
            if kept.sealed is not None and not self.is_open:
                count = one.record.values.get("count")
                detail = f"{self.items[content]} is sealed; its {count} rows are in no total and no search"
                yield Problem(SEALED, detail, Locator(content, self.items[content], "table"))
        for content, one in self._unread.items():
            if content in self.items and content not in self._best and one.record.result is Result.INDETERMINATE:
                why = "; ".join(gap.detail or gap.what for gap in one.record.gaps[:3])
                detail = f"{self.items[content]} could not be read as chats or bill: {why or one.record.statement.text}"
                yield Problem("unread", detail, Locator(content, self.titles[content], "file"))


def sealed_tables(snapshot: Snapshot) -> dict[str, Artifact]:
    """Gives sealed tables and their words by the SHA-256 of the stored blob."""
    roles = (table.ROLE, word.ROLE, bill_table.ROLE, bill_table.WORDS_ROLE)
    kept = (made for one in snapshot.findings for made in one.record.attachments)
    return {one.digests.sha256: one for one in kept if one.role in roles and one.sealed is not None}


def _stated(finding: Finding) -> int:
    """Counts what a person said about the file: the settings that are not empty texts."""
    return sum(isinstance(value, str) and bool(value) for value in finding.analyzer.settings.values())


def _chat(one: tuple[str, Committed[Finding], Artifact], chosen: _Chosen) -> ChatSource:
    content, found, kept = one
    item, table_sha256, form, title, count = _about(content, found.record, kept, chosen)
    spoken = _words(found.record, word.ROLE)
    return ChatSource(found.ref, item, content, table_sha256, form, title, count, spoken)


def _bill(one: tuple[str, Committed[Finding], Artifact], chosen: _Chosen) -> BillSource:
    content, found, kept = one
    item, table_sha256, form, title, count = _about(content, found.record, kept, chosen)
    spoken = _words(found.record, bill_table.WORDS_ROLE)
    return BillSource(found.ref, item, content, table_sha256, form, title, count, spoken)


def _words(finding: Finding, role: str) -> str:
    return next((one.digests.sha256 for one in finding.attachments if one.role == role), "")


def _about(content: str, finding: Finding, kept: Artifact, chosen: _Chosen) -> tuple[str, str, str, str, int]:
    form, count = str(finding.values.get("format", "")), int(finding.values.get("count") or 0)
    return chosen.items[content], kept.digests.sha256, form, chosen.titles[content], count


def withheld(name: str, content: str, why: object) -> Problem:
    """Says that a table cannot be opened."""
    return Problem(WITHHELD, f"the table of {name} cannot be read: {why}", Locator(content, name, "table"))


def is_of_table(problems: Iterable[Problem]) -> bool:
    """Whether a table of chats or of a bill is known to exist and is not at hand."""
    return any(one.what in (SEALED, WITHHELD) for one in problems)
