"""The project's own neutral CSV for chats that have no export of their own (docs/chat-formats.md)."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.chats.csv_mapping import FIELDS, Columns, read_by
from forensics.chats.csv_row import csv_rows, heading
from forensics.chats.message import Row
from forensics.chats.source import Source

NAME = "csv-neutral"

_MARK = ("sent_at", "sender", "text")
"""Headings that a file must have to be taken for this format."""


def sniff(head: bytes, name: str) -> bool:
    """Whether a file is a table with the headings of the format."""
    del name
    return set(_MARK) <= {one.strip() for one in heading(head)}


def read(source: Source) -> Iterator[Row]:
    """Gives chats, messages and problems in the order of the file."""
    first = next(csv_rows(source), None)
    present = {cell.strip() for cell in first.cells} if first else set()
    yield from read_by(source, Columns({one: one for one in FIELDS if one in present or one in _MARK}), NAME)
