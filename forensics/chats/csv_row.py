"""Rows of a CSV file with their places, in constant memory."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import NamedTuple

from forensics.chats.source import Line, Source


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
    """Feeds the parser line by line and knows where the row began that it is in."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self.first: Line | None = None

    def forget(self) -> None:
        """Begins a new row."""
        self.first = None

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if self.first is None:
            self.first = line
        return line.text.replace("\x00", "\ufffd") + "\n"


def csv_rows(source: Source, *, delimiter: str = ",", skip: int = 0) -> Iterator[CsvRow]:
    """Gives the rows of a file, the heading among them; empty lines are left out.

    Args:
        source: The file.
        delimiter: One character.
        skip: Lines before the heading.
    """
    lines = source.lines()
    for _ in range(skip):
        next(lines, None)
    feed = _Feed(lines)
    parser = csv.reader(feed, delimiter=delimiter)
    while True:
        feed.forget()
        try:
            cells = next(parser)
        except StopIteration:
            return
        except csv.Error as error:
            yield CsvRow(
                feed.first.number if feed.first else 0, feed.first.offset if feed.first else None, [], str(error)
            )
            continue
        if cells and feed.first is not None:
            yield CsvRow(feed.first.number, feed.first.offset, cells)


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
