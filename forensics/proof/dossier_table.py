"""Rows of all tables of a case, read as often as they are needed instead of being kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from forensics.chats import bill_table, table
from forensics.chats.message import Chat, Message, Problem, Row
from forensics.errors import ForensicsError
from forensics.proof.dossier_beside import Beside
from forensics.proof.dossier_source import BillSource, ChatSource, Opener, Sources, withheld
from forensics.proof.money_harvest import name_key


@dataclass(slots=True)
class Tables:
    """Reads tables; one that cannot be read to its end gives what came before, and one problem.

    Attributes:
        sources: What there is.
        opener: Opens a stored blob.
        near: Media that lay beside exports.
        files: SHA-256 of a file within an archive to the item of the archive, as far as rows were read.
        broken: Tables that could not be read, by their SHA-256.
    """

    sources: Sources
    opener: Opener
    near: Beside
    files: dict[str, str] = field(default_factory=dict)
    broken: dict[str, Problem] = field(default_factory=dict)

    def messages(self) -> Iterator[Row]:
        """Gives the rows of all exports, one export after another."""
        for one in self.sources.chats:
            yield from self.chat(one)

    def chat(self, source: ChatSource) -> Iterator[Row]:
        """Gives the rows of one export, with media that lay beside it linked."""
        last = source.content
        try:
            with self.opener(source.table) as stream:
                for row in table.read_table(stream):
                    if isinstance(row, Message):
                        if row.locator.file != last:
                            last = row.locator.file
                            self.files.setdefault(last, source.item)
                        yield self.near.linked(row, source.content) if row.attachments else row
                    else:
                        yield row
        except ForensicsError as error:
            self.fail(source, error)

    def fail(self, source: ChatSource | BillSource, error: Exception) -> None:
        """Notes that a table cannot be read."""
        self.broken.setdefault(source.table, withheld(source.title, source.content, error))

    def rows(self) -> Iterator[bill_table.Row]:
        """Gives the rows of all bills."""
        for one in self.sources.bills:
            yield from self._bill(one)

    def _bill(self, source: BillSource) -> Iterator[bill_table.Row]:
        try:
            with self.opener(source.table) as stream:
                yield from bill_table.read_table(stream)
        except ForensicsError as error:
            self.fail(source, error)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is not at hand, as far as tables were read."""
        return (*self.sources.problems, *self.broken.values())

    @property
    def items(self) -> Mapping[str, str]:
        """Contents, and files within archives as far as rows were read, to ids of items."""
        return {**self.files, **self.sources.items}


@dataclass(slots=True)
class Seen:
    """What is noted of messages while they pass: little, whatever their number.

    Attributes:
        posted: SHA-256 of each file that was posted, to its name as it was posted first.
        answered: Export, chat and id of the messages that are answered with a file.
        titles: `name_key` of the title of a chat to ids of chats.
    """

    posted: dict[str, str] = field(default_factory=dict)
    answered: set[tuple[str, str, str]] = field(default_factory=set)
    titles: dict[str, set[str]] = field(default_factory=dict)

    def passing(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Notes what passes, and passes it on."""
        for row in rows:
            if isinstance(row, Message) and row.attachments:
                for one in row.attachments:
                    if one.sha256:
                        self.posted.setdefault(one.sha256, one.name)
                if row.reply_to:
                    self.answered.add((row.locator.file, row.chat, row.reply_to))
            elif isinstance(row, Chat):
                self.titles.setdefault(name_key(row.title), set()).add(row.id)
            yield row

    def linking(self, rows: Iterable[Row], leads: frozenset[tuple[str, str]]) -> Iterator[Row]:
        """Gives chats, and the messages that can be part of a chain.

        Args:
            rows: All rows.
            leads: Export and message of what the rules of searches found.
        """
        for row in rows:
            if not isinstance(row, Message) or row.attachments:
                yield row
                continue
            file, name = row.locator.file, row.id or row.locator.record
            if (file, name) in leads or (row.id and (file, row.chat, row.id) in self.answered):
                yield row
