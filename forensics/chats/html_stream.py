"""Reads HTML as data: tags and texts in order, in constant memory. Nothing is run, loaded or laid out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import NamedTuple

from forensics.chats.source import Source
from forensics.errors import MediaError

_UNSEEN = ("script", "style", "template", "noscript", "head")
"""Elements whose content is no text of the page."""

EMPTY = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "param")
)
"""Elements without end. *Source:* HTML Living Standard, "Void elements"."""


_MOST_OPEN = 65536
"""Characters of one tag or comment; a longer one is no tag. Bounds what hostile pages cost."""

_MOST_SCRIPT = 1 << 20
"""Characters of one script, for the same reason; the pages that are read here load theirs from files."""


class Part(NamedTuple):
    """A tag or a piece of text.

    Attributes:
        kind: `start`, `end` or `text`.
        name: Of the tag, in lower case; empty for text.
        text: The text; empty for tags.
        attributes: Of a start tag.
        line: Line of the file that it stands in, from 1; of a tag of several lines one of the last.
        offset: Bytes from the file's start to the start of that line; None where this cannot be told.
    """

    kind: str
    name: str
    text: str
    attributes: dict[str, str]
    line: int
    offset: int | None


@dataclass
class _Position:
    line: int = 0
    offset: int | None = 0


class _Collector(HTMLParser):
    """Takes down what the parser meets; scripts and styles stay unread."""

    def __init__(self, position: _Position) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[Part] = []
        self._position = position
        self._unseen: list[str] = []

    def _add(self, kind: str, name: str, text: str, attributes: dict[str, str]) -> None:
        self.parts.append(Part(kind, name, text, attributes, self._position.line, self._position.offset))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen.append(tag)
        elif not self._unseen:
            self._add("start", tag, "", {name: value or "" for name, value in attrs})

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _UNSEEN and not self._unseen:
            self._add("start", tag, "", {name: value or "" for name, value in attrs})
            if tag not in EMPTY:
                self._add("end", tag, "", {})

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unseen:
            self._unseen = self._unseen[: self._unseen.index(tag)]
        elif not self._unseen and tag not in EMPTY:
            self._add("end", tag, "", {})

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._add("text", "", data, {})


def parts(source: Source) -> Iterator[Part]:
    """Gives the tags and texts of a page, without scripts and styles.

    Raises:
        MediaError: A tag or script has no end.
    """
    position = _Position()
    parser, waiting = _Collector(position), ""
    for line in source.lines():
        waiting += line.text + "\n"
        if len(waiting) < len(parser.rawdata):
            continue  # within an open tag: fed only when as much again has come, or it would cost time squared
        position.line, position.offset = line.number, line.offset
        parser.feed(waiting)
        waiting = ""
        if len(parser.rawdata) > (_MOST_SCRIPT if parser.cdata_elem else _MOST_OPEN):
            raise MediaError(f"a tag or script that begins before line {line.number} has no end")
        if parser.parts:
            yield from parser.parts
            parser.parts = []
    parser.feed(waiting)
    parser.close()
    yield from parser.parts
