"""AMF0, the notation in which script tags of Flash Video have their properties."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from forensics.formats.walk import LimitReachedError

_DEEPEST = 16
MOST = 100_000
"""Values of the scripts of a file that are read; the index of a film has one for each key frame."""

_NUMBER, _BOOLEAN, _STRING, _OBJECT, _NULL, _UNDEFINED, _REFERENCE, _MAP, _END, _LIST, _DATE, _LONG = range(12)
_XML, _TYPED = 15, 16
_MARKS = {
    0: _NUMBER,
    1: _BOOLEAN,
    2: _STRING,
    3: _OBJECT,
    5: _NULL,
    6: _UNDEFINED,
    7: _REFERENCE,
    8: _MAP,
    9: _END,
    10: _LIST,
    11: _DATE,
    12: _LONG,
    13: _UNDEFINED,
    15: _XML,
    16: _TYPED,
}
"""Marks of types (AMF 0 specification, section 2.1)."""


class Leaf(NamedTuple):
    """One simple value.

    Attributes:
        key: Path of names to it, joined by dots; members of lists have their index, counted from 0.
        at: Offset of its bytes from the start of the script's data.
        size: How many they are.
        data: The value as text: integers without a fraction, dates in RFC 3339, `true` and `false`.
        is_text: Whether it is a string.
    """

    key: str
    at: int
    size: int
    data: bytes
    is_text: bool


class Script:
    """Reads the data of one script tag from its start.

    Attributes:
        data: The bytes.
        at: How many of them are read.
        left: Values that may still be read.
        leaves: What was found.
    """

    def __init__(self, data: bytes, left: int = MOST) -> None:
        self.data = data
        self.at = 0
        self.left = left
        self.leaves: list[Leaf] = []

    def take(self, size: int) -> bytes:
        """Gives the next bytes.

        Raises:
            EOFError: There are fewer.
        """
        if self.at + size > len(self.data):
            raise EOFError("the data of a script end within a value")
        self.at += size
        return self.data[self.at - size : self.at]

    def text(self, wide: int) -> bytes:
        """Gives a string behind its length of 2 or 4 bytes."""
        return self.take(int.from_bytes(self.take(wide), "big"))

    def value(self, key: str, depth: int = 0) -> None:
        """Reads one value and all within it.

        Raises:
            EOFError: The data end too early.
            ValueError: There is no such type.
            LimitReachedError: There is too much, or it is nested too deeply.
        """
        self.left -= 1
        if self.left < 0 or depth > _DEEPEST:
            raise LimitReachedError("a script has more values than are read, or nests them too deeply")
        mark = _MARKS.get(self.take(1)[0])
        if mark is None:
            raise ValueError("a value of a script has an unknown type")
        if mark in {_OBJECT, _MAP, _TYPED}:
            if mark == _TYPED:
                self.text(2)
            self.take(4 if mark == _MAP else 0)
            self._members(key, depth)
        elif mark == _LIST:
            for index in range(int.from_bytes(self.take(4), "big")):
                self.value(f"{key}.{index}", depth + 1)
        else:
            self._leaf(key, mark)

    def _members(self, key: str, depth: int) -> None:
        while True:
            name = self.text(2)
            if not name and self.data[self.at : self.at + 1] == bytes([9]):
                self.at += 1
                return
            inner = name.decode("utf-8", "backslashreplace")
            self.value(f"{key}.{inner}" if key else inner, depth + 1)
            if self.at >= len(self.data):
                return

    def _leaf(self, key: str, mark: int) -> None:
        wide = {_STRING: 2, _LONG: 4, _XML: 4}.get(mark)
        if wide is not None:
            raw = self.text(wide)
            self.leaves.append(Leaf(key, self.at - len(raw), len(raw), raw, is_text=True))
        elif mark == _NUMBER:
            self._plain(key, _spell(struct.unpack(">d", self.take(8))[0]), 8)
        elif mark == _BOOLEAN:
            self._plain(key, "true" if self.take(1)[0] else "false", 1)
        elif mark == _DATE:
            moment = _moment(struct.unpack(">d", self.take(8))[0])
            self._plain(key, moment, 8)
            self.take(2)
        elif mark == _REFERENCE:
            self.take(2)

    def _plain(self, key: str, text: str, size: int) -> None:
        if text:
            self.leaves.append(Leaf(key, self.at - size, size, text.encode(), is_text=False))


def _spell(number: float) -> str:
    return str(int(number)) if number == number // 1 and abs(number) < 1 << 53 else repr(number)


def _moment(milliseconds: float) -> str:
    """Gives a date in RFC 3339; empty where it is none."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError):
        return ""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
