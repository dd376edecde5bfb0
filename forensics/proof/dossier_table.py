"""Rows of all tables of a case, read as often as they are needed instead of being kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from forensics.chats import bill_table, table
from forensics.chats.message import Chat, Message, Problem, Row
from forensics.errors import ForensicsError
from forensics.proof.dossier_beside import Beside
from forensics.proof.dossier_source import BillSource, ChatSource, Opener, Sources, TableSource, withheld
from forensics.proof.money_harvest import name_key
from forensics.proof.spread import Postings

_NOTHING = sha256(b"").hexdigest()
"""Digest of an empty file; two of them are no copies of one work."""


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

    def messages(self, wanted: table.Wanted | None = None) -> Iterator[Row]:
        """Gives the rows of all exports, one export after another; of messages those that are wanted."""
        for one in self.sources.chats:
            yield from self.chat(one, wanted)

    def chat(self, source: ChatSource, wanted: table.Wanted | None = None) -> Iterator[Row]:
        """Gives the rows of one export, with media that lay beside it linked."""
        last = source.content
        try:
            with self.opener(source.table) as stream:
                for row in table.read_table(stream, wanted=wanted):
                    if isinstance(row, Message):
                        if row.locator.file != last:
                            last = row.locator.file
                            self.files.setdefault(last, source.item)
                        yield self.near.linked(row, source.content) if row.attachments else row
                    else:
                        yield row
        except ForensicsError as error:
            self.fail(source, error)

    def fail(self, source: TableSource, error: Exception) -> None:
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
        posted: SHA-256 of each file that was posted and has bytes, to the first name with which it was posted.
        answered: Export, chat and id of the messages that are answered with a file.
        titles: `name_key` of the title of a chat to ids of chats.
        postings: Posts of files, and the chats.
    """

    posted: dict[str, str] = field(default_factory=dict)
    answered: set[tuple[str, str, str]] = field(default_factory=set)
    titles: dict[str, set[str]] = field(default_factory=dict)
    postings: Postings = field(default_factory=Postings)

    def passing(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Notes what passes, and passes it on."""
        for row in rows:
            self.postings.see(row)
            if isinstance(row, Message) and row.attachments:
                for one in row.attachments:
                    if one.sha256 and one.sha256 != _NOTHING:
                        self.posted[one.sha256] = self.posted.get(one.sha256) or one.name
                if row.reply_to:
                    self.answered.add((row.locator.file, row.chat, row.reply_to))
            elif isinstance(row, Chat):
                self.titles.setdefault(name_key(row.title), set()).add(row.id)
            yield row

    def linking(self, leads: frozenset[tuple[str, str]]) -> table.Wanted:
        """Says which messages can be part of a chain: those with files, and those that are answered with one.

        Args:
            leads: Export and message of what the rules of searches found; they are given too.
        """

        def is_wanted(value: Mapping[str, Any]) -> bool:
            if value.get("attachments"):
                return True
            file, name = value["locator"]["file"], value.get("id")
            if name and (file, value["chat"], name) in self.answered:
                return True
            return (file, name or value["locator"]["record"]) in leads

        return is_wanted
