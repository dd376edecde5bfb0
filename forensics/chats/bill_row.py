"""Rows of the table in a bill; one whose quotation marks do not close where it ends is told and swallows no other."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_LINES = 50
"""Lines of one row. A cell of a bill has no line break, or a few in what was written with a payment."""

_BEGINS_ROW = re.compile(
    r"(?:^|[,;\t])[\s\"'`]*\d{1,4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,4}.*[,;\t].*[,;\t]|^\s*\d{8}.*[,;\t].*[,;\t]"
)
"""A line with a date at the start of a cell and more cells after it."""


class BillRow(NamedTuple):
    """One row.

    Attributes:
        line: Line on which it begins, from 1.
        cells: Its cells, as they are; empty where it could not be read.
        error: Why it could not be read; empty where it could.
    """

    line: int
    cells: list[str]
    error: str = ""


class _Lines:
    """Lines from one on, as many as a row may have. `is_cut` says that the parser wanted more of a row."""

    def __init__(self, lines: list[str], start: int) -> None:
        self._lines, self._start = lines, start
        self.taken = 0
        self.is_cut = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        place = self._start + self.taken
        if place >= len(self._lines) or self.taken > MOST_LINES:
            self.is_cut = self.taken > 0
            raise StopIteration
        self.taken += 1
        return self._lines[place]

    @property
    def swallowed(self) -> list[str]:
        """The lines after the first."""
        return self._lines[self._start + 1 : self._start + self.taken]


def bill_rows(text: str) -> Iterator[BillRow]:
    """Gives the rows of a text.

    A row over several lines that look like rows of their own is given as an error. Where its quotation never ends,
    reading goes on with the next line.
    """
    lines = [line.replace("\0", "") for line in io.StringIO(text, newline="")]
    at = 0
    while at < len(lines):
        feed = _Lines(lines, at)
        try:
            cells, error = next(csv.reader(feed, skipinitialspace=True), []), ""
        except csv.Error as broken:
            cells, error = [], str(broken)
        if error or feed.is_cut:
            shown = lines[at][:200].strip()
            yield BillRow(at + 1, [], f"{error or 'a quotation that begins here does not end'} ({shown})")
            at += 1
            continue
        alike = sum(_BEGINS_ROW.search(line) is not None for line in feed.swallowed)
        many = f"by its quotation marks this is one row with {alike} more that look like rows of their own"
        yield BillRow(at + 1, [] if alike else cells, many if alike else "")
        at += max(feed.taken, 1)
