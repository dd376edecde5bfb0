"""An export as its reader gets it: its bytes, again and again; its lines; and the files that came with it."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import BinaryIO, NamedTuple

from forensics.chats.message import LINKED, NOT_FOUND, NOT_LOOKED_FOR, Attachment, Locator, Problem

HEAD_SIZE = 1 << 18
"""First bytes that a format is told by: pages of WeChat exporters have their styles before their messages."""

_BLOCK = 1 << 20
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")

MOST_LINE = 16 << 20
"""Longest line, in bytes, that is read in one piece; a longer one comes in several. No export has lines near it."""

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

DATE_ORDERS = ("", "dmy", "mdy", "ymd")
"""What `Options.date_order` can be; empty leaves it to the evidence in the file."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says about an export, because it does not say it itself.

    Attributes:
        zone: Zone of local times, a name of the IANA database; empty where nobody knows.
        date_order: Order of day, month and year in ambiguous dates, one of `DATE_ORDERS`.
        mapping: A mapping of CSV columns as TOML text (docs/chat-formats.md); empty for none.
    """

    zone: str = ""
    date_order: str = ""
    mapping: str = ""


class Line(NamedTuple):
    """One line of a text.

    Attributes:
        number: From 1.
        offset: In bytes from the start of the file; None where the encoding does not let one tell.
        text: Without its end; a byte that cannot be decoded is a lone surrogate (PEP 383).
    """

    number: int
    offset: int | None
    text: str


Find = Callable[[str], tuple[str, int] | None]


@dataclass(frozen=True)
class Source:
    """One export.

    Attributes:
        reopen: Opens its bytes from the start.
        name: Its file name.
        sha256: Digest of its content.
        options: What the user says about it.
        find: Gives digest and size of a file that came with it; None where nothing came with it.
    """

    reopen: Callable[[], AbstractContextManager[BinaryIO]]
    name: str
    sha256: str
    options: Options = field(default_factory=Options)
    find: Find | None = None

    @property
    def stem(self) -> str:
        """The name without folders and without ending."""
        return PurePosixPath(self.name.replace("\\", "/")).stem

    @cached_property
    def head(self) -> bytes:
        """The first bytes."""
        with self.reopen() as stream:
            return stream.read(HEAD_SIZE)

    @cached_property
    def encoding(self) -> str:
        """How its text is encoded: UTF-8, UTF-16 by its mark, or GB 18030 where it is that and not UTF-8.

        What is neither is taken for UTF-8 with undecodable bytes, which are reported where they stand.
        """
        for mark, name in _MARKS:
            if self.head.startswith(mark):
                return name
        return next((name for name in ("utf-8", "gb18030") if self._decodes(name)), "utf-8")

    def _decodes(self, name: str) -> bool:
        decoder = codecs.getincrementaldecoder(name)()
        with self.reopen() as stream:
            try:
                while block := stream.read(_BLOCK):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError as error:
                return bool(_is_end_only(error, block))
        return True

    @property
    def charset(self) -> str:
        """The encoding as `Chat.encoding` names it."""
        return self.encoding.removesuffix("-sig")

    def lines(self) -> Iterator[Line]:
        """Gives its lines in order, in constant memory."""
        with self.reopen() as stream:
            yield from _wide_lines(stream) if self.encoding == "utf-16" else self._lines(stream)

    def _lines(self, stream: BinaryIO) -> Iterator[Line]:
        offset, number, encoding = 0, 0, self.charset
        while raw := stream.readline(MOST_LINE):
            number += 1
            start = 3 if number == 1 and self.encoding == "utf-8-sig" else 0
            yield Line(number, offset, raw[start:].decode(encoding, "surrogateescape").rstrip("\r\n"))
            offset += len(raw)

    def at(self, record: str, offset: int | None = None) -> Locator:
        """Names a place in it."""
        return Locator(self.sha256, self.name, record, offset)

    def problem(self, what: str, detail: str, at: Locator) -> Problem:
        """Says that something in it could not be read."""
        return Problem(what, whole(detail), at)

    def attached(self, name: str, *, declared_size: int | None = None, media_type: str | None = None) -> Attachment:
        """Links a file that the export names with what came with it."""
        shown = whole(name)
        if self.find is None:
            return Attachment(shown, None, None, declared_size, media_type, NOT_LOOKED_FOR)
        found = self.find(name)
        if found is None:
            return Attachment(shown, None, None, declared_size, media_type, NOT_FOUND)
        return Attachment(shown, found[0], found[1], declared_size, media_type, LINKED)


def _is_end_only(error: UnicodeDecodeError, block: bytes) -> bool:
    """Whether a text merely ends within a character, as one that was cut off does."""
    return not block and error.reason in ("unexpected end of data", "incomplete multibyte sequence")


def _wide_lines(stream: BinaryIO) -> Iterator[Line]:
    text = io.TextIOWrapper(stream, "utf-16", errors="replace", newline="\n")
    try:
        number = 0
        while raw := text.readline(MOST_LINE):
            number += 1
            yield Line(number, None, raw.rstrip("\r\n"))
    finally:
        text.detach()


def whole(text: str) -> str:
    """Gives a text that can be recorded: U+FFFD stands for what is not Unicode; NUL, which no text has, too."""
    return _NOT_TEXT.sub("\ufffd", text) if "\x00" in text or not text.isascii() else text
