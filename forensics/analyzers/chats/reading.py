"""Reads all exports of one content, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from forensics import chats
from forensics.analyzers.chats import opening
from forensics.chats.message import Chat, Message, Row
from forensics.chats.source import Options, Source
from forensics.errors import MediaError
from forensics.plugins import Evidence


class Read(NamedTuple):
    """One row, and the format that it is of; empty for what could not be read before its format was known."""

    row: Row
    format: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How exports are read.

    Attributes:
        options: What the user says about them.
        archive_limit_bytes: Bytes that are unpacked of one archive.
    """

    options: Options
    archive_limit_bytes: int

    def rows(self, evidence: Evidence) -> Iterator[Read]:
        """Gives the rows of all exports; nothing where there is no export that is known.

        Raises:
            MediaError: The content cannot be read at all.
        """
        artifact = evidence.artifact
        with evidence.path() as path:
            if artifact.media_type != opening.ZIP:
                yield from _taken(opening.single(path, artifact, self.options), None)
                return
            with opening.archive(path, self.options, limit_bytes=self.archive_limit_bytes) as opened:
                for source in opened.sources():
                    yield from _taken(source, opened)


def _taken(source: Source, archive: opening.Archive | None) -> Iterator[Read]:
    try:
        form = chats.recognise(source)
        found = source if archive is None or form is None else archive.known(source)
    except MediaError as error:
        yield Read(source.problem("file", str(error), source.at(source.name)), "")
        return
    if form is None:
        return
    for row in _guarded(form.read(found), found):
        yield Read(row if archive is None else _within(row, source.name), form.NAME)


def _guarded(rows: Iterator[Row], source: Source) -> Iterator[Row]:
    """Turns what ends the reading into one more problem, so that what was read before counts."""
    try:
        yield from rows
    except MediaError as error:
        yield source.problem("export", str(error), source.at("end"))


def _within(row: Row, name: str) -> Row:
    """Keeps chats of several files of one archive apart."""
    if isinstance(row, Chat):
        return replace(row, id=f"{name}: {row.id}")
    if isinstance(row, Message):
        return replace(row, chat=f"{name}: {row.chat}")
    return row
