"""Reads JSON of any length piece by piece, on top of the standard library's decoder of single values."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from forensics.errors import MediaError

_BLOCK = 1 << 20
"""Bytes that are read at once."""

MOST_VALUE = 32 << 20
"""Longest single value, in characters, that is decoded; a message of a chat has some thousands."""

_SPACE = re.compile(r"[ \t\r\n\ufeff]*")
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]"]', re.DOTALL)
_AFTER_WORD = re.compile(r"[,}\]\s]")
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)


class BrokenValueError(MediaError):
    """A value is not JSON, but its end was found, so that reading can go on after it.

    Attributes:
        text: What stands there.
    """

    def __init__(self, message: str, text: str) -> None:
        super().__init__(message)
        self.text = text


class CutShortError(MediaError):
    """The text ends, or has a longer value than is read, before what was begun is complete."""


class JsonReader:
    """A place in a JSON text that only moves forward.

    Invariant: `_text[_at:]` is what was read and not yet taken; `_bytes` is the offset of `_text[_counted]`.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._json = json.JSONDecoder(strict=False, parse_constant=lambda _: None, object_pairs_hook=_single)
        self._text, self._at, self._is_over = "", 0, False
        self._counted, self._bytes = 0, 0

    @property
    def offset(self) -> int:
        """The place, in bytes from the start."""
        self._bytes += len(self._text[self._counted : self._at].encode("utf-8", "surrogateescape"))
        self._counted = self._at
        return self._bytes

    def peek(self) -> str:
        """Gives the next character that is not white space; empty at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def _more(self, size: int = _BLOCK) -> bool:
        """Reads on, and forgets what was taken; False at the end."""
        if self._is_over:
            return False
        self.offset  # noqa: B018 -- counts what is forgotten next
        block = self._stream.read(size)
        self._is_over = not block
        self._text = self._text[self._at :] + self._decoder.decode(block, final=self._is_over)
        self._at = self._counted = 0
        return True

    def expect(self, mark: str) -> None:
        """Takes a character.

        Raises:
            CutShortError: The text ends here.
            MediaError: Another one stands here.
        """
        found = self.peek()
        if not found:
            raise CutShortError(f"the text ends at byte {self.offset}, before it is complete")
        if found != mark:
            raise MediaError(f"{mark!r} was expected and {found!r} stands at byte {self.offset}")
        self._at += 1

    def members(self) -> Iterator[str]:
        """Gives the names of an object, one after another; the caller takes each value before it asks for the next.

        Raises:
            MediaError: This is no object, or it is broken or cut short.
        """
        self.expect("{")
        while self.peek() != "}":
            name = self.value()
            if not isinstance(name, str):
                raise MediaError(f"a name was expected before byte {self.offset}")
            self.expect(":")
            yield name
            if self.peek() != "}":
                self.expect(",")
        self.expect("}")

    def elements(self) -> Iterator[int]:
        """Gives the numbers of an array's elements, from 0; the caller takes each before it asks for the next.

        Raises:
            MediaError: This is no array, or it is broken or cut short.
        """
        self.expect("[")
        number = 0
        while self.peek() != "]":
            yield number
            number += 1
            if self.peek() != "]":
                self.expect(",")
        self.expect("]")

    def value(self) -> Any:
        """Takes the next value whole.

        Raises:
            BrokenValueError: It is not JSON; the place is behind it.
            CutShortError: The text ends before the value does, or the value is too long.
        """
        self.peek()
        while True:
            try:
                found, end = self._json.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                close = self._close()
                if close is not None:
                    return self._repaired(close, error)
            else:
                if end < len(self._text) or self._is_over:
                    self._at = end
                    return found
            self._grow()

    def _grow(self) -> None:
        """Reads on within a value; doubles what is at hand, so that a long value costs time in proportion."""
        length = len(self._text) - self._at
        if length > MOST_VALUE:
            raise CutShortError(f"a value at byte {self.offset} is longer than {MOST_VALUE} characters")
        if not self._more(max(_BLOCK, length)):
            raise CutShortError(f"the text ends within what begins at byte {self.offset}")

    def _close(self) -> int | None:
        """Finds the end of a value that is not JSON by its brackets and quotes; None where more must be read."""
        first = self._text[self._at : self._at + 1]
        if first not in ("{", "[", '"'):
            word = _AFTER_WORD.search(self._text, self._at + 1)
            return word.start() if word else None
        depth = 0
        for token in _TOKEN.finditer(self._text, self._at):
            mark = token.group()
            if mark == '"':
                return None
            depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(mark, 0)
            if depth <= 0:
                return token.end()
        return None

    def _repaired(self, close: int, error: Exception) -> Any:
        r"""Takes a value that is JSON but for escapes such as `\x1F`, as older versions of Telegram Desktop write them.

        *Source:* Telegram Desktop, export_output_json.cpp, `SerializeString`.
        """
        raw, self._at = self._text[self._at : close], close
        try:
            return self._json.decode(_ESCAPE.sub(_as_json, raw))
        except (ValueError, RecursionError):
            said = str(error).partition(";")[0]
            raise BrokenValueError(f"not JSON with one meaning: {said}", raw) from error


def _single(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Makes an object; one in which a name stands twice has no meaning that all programs share.

    Raises:
        ValueError: A name stands twice.

    Source: RFC 8259, section 4.
    """
    made = dict(members)
    if len(made) != len(members):
        raise ValueError("a name stands twice in an object")
    return made


def _as_json(escape: re.Match[str]) -> str:
    given = escape.group(1)
    return f"\\u00{given[1:]}" if len(given) > 1 else escape.group()
