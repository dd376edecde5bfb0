"""Rows of a CSV file with their places, in constant memory."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from forensics.chats.message import Message
from forensics.chats.source import Line, Source, whole


class CsvRow(NamedTuple):
    """One row.

    Attributes:
        line: Line that it begins in, from 1.
        offset: Bytes from the file's start to that line; None where this cannot be told.
        cells: Its cells; empty where it could not be read.
        error: Why it could not be read; empty where it could.
    """

    line: int
    offset: int | None
    cells: list[str]
    error: str = ""


class _Feed:
    """Feeds the parser line by line, and keeps the lines of the row that it is in.

    Invariant: `row` has the lines of the row, `_again` those that come before what is still unread.
    """

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._again: deque[Line] = deque()
        self.row: list[Line] = []
        self.is_cut = False

    @property
    def first(self) -> Line | None:
        """The line in which the row begins; None before it."""
        return self.row[0] if self.row else None

    def forget(self) -> None:
        """Begins a new row."""
        self.row = []

    def retry(self) -> None:
        """Goes back to the line after the first of the row, which a quotation that does not end has swallowed."""
        self._again.extendleft(reversed(self.row[1:]))
        self.is_cut = False

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines, None)
        if line is None:
            self.is_cut = bool(self.row)
            raise StopIteration
        self.row.append(line)
        return line.text.replace("\x00", "\ufffd") + "\n"


def csv_rows(source: Source, *, delimiter: str = ",", skip: int = 0) -> Iterator[CsvRow]:
    """Gives the rows of a file, the heading among them; empty lines are left out.

    Of a row whose quotation does not end the first line is given as an error, and reading goes on with the next.

    Args:
        source: The file.
        delimiter: One character.
        skip: Lines before the heading.
    """
    lines = source.lines()
    for _ in range(skip):
        next(lines, None)
    feed = _Feed(lines)
    while True:
        feed.forget()
        cells, error = _next(feed, delimiter)
        if feed.first is None:
            return
        if error:
            feed.retry()
        if cells or error:
            yield CsvRow(feed.first.number, feed.first.offset, cells, error)


def _next(feed: _Feed, delimiter: str) -> tuple[list[str], str]:
    """Reads a row: its cells, or why it cannot be read, with what stands in its first line."""
    try:
        cells = next(csv.reader(feed, delimiter=delimiter), [])
        error = "a quotation that begins here does not end" if feed.is_cut else ""
    except csv.Error as broken:
        cells, error = [], str(broken)
    shown = feed.first.text[:200] if feed.first is not None else ""
    return ([], f"{error}: {shown}") if error else (cells, "")


def unparted(message: Message, row: CsvRow) -> Message:
    """Gives the message of a row with more cells than the heading: nobody knows which cell is whose.

    Its text is the whole row; it has no account, and is no record of a payment.
    """
    return replace(
        message,
        sender="",
        sender_id=None,
        kind="other",
        text=whole(",".join(row.cells)),
        attachments=(),
        reply_to=None,
        forwarded_from=None,
        is_deleted=False,
    )


def heading(head: bytes) -> list[str]:
    """Gives the cells of a file's first line, from its first bytes."""
    encodings = ("utf-16",) if head[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            line = (
                head[: len(head) & ~1].decode(encoding, "ignore" if encoding == "utf-16" else "strict").splitlines()[:1]
            )
        except UnicodeDecodeError as error:
            if error.start < len(head) - 4:  # a character that was cut off
                continue
            line = head.decode(encoding, "ignore").splitlines()[:1]
        try:
            return next(csv.reader(line), []) if line else []
        except csv.Error:
            return []
    return []
