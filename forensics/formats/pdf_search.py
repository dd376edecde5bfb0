"""PDF: strings under the names of properties, found by their bytes alone, also where a document cannot be opened.

*Source:* ISO 32000-1, 7.3.4 (strings), 7.9.2.2 (text strings), table 317 (Info dictionary).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NAMES = rb"AIGC|Title|Author|Subject|Keywords|Creator|Producer|CreationDate|ModDate"
_PROPERTY = re.compile(rb"/(" + _NAMES + rb")[ \t\r\n\0\f]{0,8}([(<])(?!<)")
_LABEL = re.compile(rb"/(AIGC)[ \t\r\n\0\f]{0,8}([(<])(?!<)")

_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}
"""Escapes in literal strings. *Source:* ISO 32000-1, table 3."""

_BORDER = re.compile(rb"\\.|[()]", re.DOTALL)

_STRING_BYTES = 1 << 20
"""Bytes of a string that are searched for its end."""

_MOST = 4_096
"""Strings that are looked for; outlines and forms use the same names."""

_MOST_UNENDED = 16
"""Strings without an end after which the search is given up."""


@dataclass(frozen=True, slots=True)
class Found:
    """One string under the name of a property.

    Attributes:
        key: The name without its slash.
        offset: Of the string's first mark, `(` or `<`.
        size: Bytes in the file, both marks included.
        data: Its bytes.
    """

    key: str
    offset: int
    size: int
    data: bytes

    @property
    def text(self) -> str:
        """The string as text; single bytes as in Latin-1, which PDFDocEncoding is but for some punctuation."""
        if self.data.startswith(b"\xfe\xff"):
            return self.data[2:].decode("utf-16-be", "backslashreplace")
        if self.data.startswith(b"\xef\xbb\xbf"):
            return self.data[3:].decode("utf-8", "backslashreplace")
        return self.data.decode("latin-1")


def strings(data: bytes) -> Iterator[Found]:
    """Finds strings under the names of all usual properties."""
    return _find(data, _PROPERTY)


def label_strings(data: bytes) -> Iterator[Found]:
    """Finds strings under the name of the label that GB 45438 asks for."""
    return _find(data, _LABEL)


def _find(data: bytes, pattern: re.Pattern[bytes]) -> Iterator[Found]:
    at = unended = 0
    for _ in range(_MOST):
        match = pattern.search(data, at)
        if match is None:
            return
        start = match.end() - 1
        read = _hexadecimal if match[2] == b"<" else _literal
        content, at = read(data[start : start + _STRING_BYTES])
        at = start + max(at, 1)
        if content is None:
            unended += 1
            if unended == _MOST_UNENDED:
                return
        else:
            yield Found(match[1].decode("ascii"), start, at - start, content)


def _literal(data: bytes) -> tuple[bytes | None, int]:
    """Reads a string in round brackets, which may be nested; gives None where it has no end. *Source:* 7.3.4.2."""
    depth = 0
    for match in _BORDER.finditer(data):
        depth += (match[0] == b"(") - (match[0] == b")")
        if not depth:
            return _ESCAPE.sub(_unescape, data[1 : match.start()]), match.end()
    return None, 1


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code.isdigit():
        return bytes([int(code, 8) & 0xFF]) if not set(code) & set(b"89") else code
    return _ESCAPES.get(code, code)


def _hexadecimal(data: bytes) -> tuple[bytes | None, int]:
    """Reads a string of hexadecimal digits. *Source:* 7.3.4.3."""
    end = data.find(b">")
    digits = re.sub(rb"[ \t\r\n\0\f]", b"", data[1:end]) if end > 0 else b"?"
    if not re.fullmatch(rb"[0-9A-Fa-f]*", digits):
        return None, 1
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii")), end + 1
