"""What is verified: a case's files wherever they lie, and how places in them are named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from forensics.custody.records import LINE_LIMIT
from forensics.verify.result import DefectKind, Journal
from forensics.verify.tree import EntryKind, Tree, reading

SMALL_FILE = 1 << 20
"""Largest size in bytes of files such as `case.json`, which have some hundred bytes; more is not read."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A case as a tree, in a folder of its own or inside a packet.

    Attributes:
        prefix: What stands before a path of the case in the reader's eyes: empty, or `data/` in a packet.
        withheld_blobs: SHA-256 of blobs that the packet says it leaves out.
        withheld_lines: Event number and line index of records that the packet says it leaves out.
    """

    tree: Tree
    journal: Journal
    prefix: str = ""
    is_packet: bool = False
    withheld_blobs: frozenset[str] = frozenset()
    withheld_lines: frozenset[tuple[int, int]] = frozenset()

    def has(self, path: str) -> bool:
        """Whether there is a regular file at a path, readable or not."""
        entry = self.tree.listing.entries.get(path)
        return entry is not None and entry.kind in (EntryKind.FILE, EntryKind.UNREAD)

    def can_read(self, path: str) -> bool:
        """Whether there is a regular file at a path that may be read."""
        entry = self.tree.listing.entries.get(path)
        return entry is not None and entry.kind is EntryKind.FILE

    def place(self, path: str, *, line: int | None = None, ref: str = "") -> str:
        """Names a place: path, line from 1, record reference."""
        number = "" if line is None else f":{line}"
        return f"{self.prefix}{path}{number}" + (f" ({ref})" if ref else "")

    def report(self, kind: DefectKind, where: str, detail: str) -> None:
        """Reports a defect at a place that `place` named."""
        self.journal.report(kind, where, detail)


@dataclass(frozen=True, slots=True)
class RawLine:
    """One line as it stands in a file, without line feed; `data` is empty where it is too long to be read."""

    number: int
    data: bytes
    has_line_feed: bool = True
    is_too_long: bool = False


def raw_lines(stream: BinaryIO) -> Iterator[RawLine]:
    """Splits a stream into lines, never holding more than one, and none beyond the limit of record lines."""
    number = 0
    while line := stream.readline(LINE_LIMIT + 1):
        number += 1
        if line.endswith(b"\n"):
            yield RawLine(number, line[:-1])
        elif len(line) <= LINE_LIMIT:
            yield RawLine(number, line, has_line_feed=False)
        else:
            yield RawLine(number, b"", has_line_feed=_skip_line(stream), is_too_long=True)


def _skip_line(stream: BinaryIO) -> bool:
    while piece := stream.readline(LINE_LIMIT):
        if piece.endswith(b"\n"):
            return True
    return False


def lines_of(subject: Subject, path: str) -> Iterator[RawLine]:
    """Reads the lines of a file; where it cannot be read, that is reported and the lines end."""
    try:
        with reading(subject.tree, path) as stream:
            yield from raw_lines(stream)
    except OSError as error:
        detail = f"cannot be read: {error.strerror or error}"
        subject.report(DefectKind.UNREADABLE_FILE, subject.place(path), detail)
