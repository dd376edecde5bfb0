"""Strings and numbers in scripts and data: what stands between quotation marks, unescaped, whatever the syntax."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

_CODE_STARTS, _CODE_ENDS = frozenset(",:;+)=.]}|&?(!*/-"), frozenset(",:;+(=[{|&?!*/-")
"""What code between two strings begins and ends with. A string that does so holds no word at its ends."""
QUOTES = ("'", "`", '"')
"""Data within a script stand in one of the first two, and have the third within; so it is the last to be looked for."""
_ESCAPE = re.compile(r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(\r\n|.))", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}
PLACEHOLDER = re.compile(r"\$\{[^{}]*\}|\{\{[^{}]*\}\}|\{[^{}\s][^{}]*\}|%(?:\d+\$)?[sdif@]|<\d+/?>|</\d+>")
"""Where a pattern takes a value: template literals, Mustache, ICU MessageFormat, printf, numbered tags.
*Source:* ECMA-262, 13.2.8; mustache(5); ICU User Guide, Formatting Messages; printf(3)."""
_NUMBER = re.compile(r"(?<=[:,\[=(])\s*(-?\d{1,16}(?:\.\d{1,16})?)(?=\s*[,}\];)])")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_RUN = re.compile(r"[^\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]{2,}")
_GUARD = re.compile(r"\s*(?:\)\]\}'?,?|while\(1\);|for\(;;\);|/\*\*/)?\s*")
"""What servers put before JSON so that it cannot be run as a script. *Source:* OWASP, AJAX Security Cheat Sheet."""
_CALL = re.compile(r"[\w$.]+\(")
_EVENT = re.compile(r"^data: ?([^\r\n]*)", re.MULTILINE)
_SOCKET_PREFIX = re.compile(r"\d{1,4}(?=[\[{\"])")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_LONE = re.compile("[\ud800-\udfff]")
_LARGEST_CODE = 0x10FFFF


def segments(source: str) -> Iterator[tuple[int, str]]:
    """Gives what stands between each two neighbouring quotation marks of one kind, still escaped, and where it begins.

    Where strings begin and end cannot be told for certain without running the script (regular expressions, comments,
    strings within strings). So every stretch between two marks of one kind is taken, those between strings too unless
    they plainly are code: a little too much, but no string is missed.
    """
    for quote in QUOTES:
        previous = -1
        for at in _unescaped(source, quote):
            if 0 <= previous < at - 1 and (
                source[previous + 1] not in _CODE_STARTS or source[at - 1] not in _CODE_ENDS
            ):
                yield previous + 1, source[previous + 1 : at]
            previous = at


def _unescaped(source: str, quote: str) -> Iterator[int]:
    at = source.find(quote)
    while at >= 0:
        slashes = at
        while slashes and source[slashes - 1] == "\\":
            slashes -= 1
        if (at - slashes) % 2 == 0:
            yield at
        at = source.find(quote, at + 1)


def unescape(text: str) -> str:
    r"""Resolves the escapes of ECMAScript and JSON strings: `\n`, `\xXX`, `\uXXXX`, `\u{…}`.

    Source: ECMA-262, 12.9.4; RFC 8259, section 7.
    """
    if "\\" not in text:
        return text
    return whole(_ESCAPE.sub(_unescaped_character, text))


def _unescaped_character(match: re.Match[str]) -> str:
    digits = match.group(1) or match.group(2) or match.group(3)
    if digits:
        code = int(digits, 16)
        return chr(code) if code <= _LARGEST_CODE else "\ufffd"
    return _SIMPLE.get(match.group(4), match.group(4))


def whole(text: str) -> str:
    """Joins the halves of characters that were written as two escapes; a half alone becomes U+FFFD."""
    if not _LONE.search(text):
        return text
    joined = _SURROGATES.sub(lambda pair: pair.group().encode("utf-16", "surrogatepass").decode("utf-16"), text)
    return _LONE.sub("\ufffd", joined)


def numbers(source: str) -> Iterator[float]:
    """Gives the numbers that a script holds as values: behind a colon, comma, bracket or equals sign."""
    for match in _NUMBER.finditer(source):
        yield float(match.group(1))


def values(source: str) -> Iterator[Any]:
    """Gives every JSON value in a response: one, one a line, guarded, or in a call; nothing where there is none."""
    text = source.removeprefix("\ufeff")
    guarded = text[_GUARD.match(text).end() :]  # type: ignore[union-attr]  # the pattern matches nothing, too
    call = _CALL.match(guarded)
    end = guarded.rfind(")")
    for candidate in (guarded, guarded[call.end() : end] if call and end > call.end() else ""):
        found = loaded(candidate)
        if found is not None:
            yield found
            return
    for line in text.splitlines():
        found = loaded(line[_prefix(line) :])
        if found is not None:
            yield found


def events(source: str) -> Iterator[str]:
    """Gives the data of each server-sent event. *Source:* HTML Standard, 9.2.5."""
    for block in re.split(r"(?:\r\n|\r|\n){2,}", source):
        lines = _EVENT.findall(block)
        if lines:
            yield "\n".join(lines)


def _prefix(line: str) -> int:
    """Gives the length of the digits that Socket.IO puts before its JSON. *Source:* Engine.IO protocol, revision 4."""
    match = _SOCKET_PREFIX.match(line)
    return match.end() if match else 0


def loaded(text: str) -> Any:
    """Parses one JSON value; None where it is none, or nested too deep."""
    if not text.strip():
        return None
    try:
        return json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def leaves(value: Any) -> Iterator[tuple[str, Any]]:
    """Gives the leaves of a JSON value: `key`, `text`, `number`, and the `length` of each list, without recursion."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            yield from (("key", str(key)) for key in one)
            stack.extend(one.values())
        elif isinstance(one, list):
            yield "length", float(len(one))
            stack.extend(reversed(one))
        elif isinstance(one, str):
            yield "text", whole(one)
        elif isinstance(one, int | float) and not isinstance(one, bool) and abs(one) < 1e300:  # noqa: PLR2004 -- fits a float
            yield "number", float(one)


def hidden(text: str) -> Iterator[str]:
    """Gives what a string holds in another notation: percent-encoded text, or text in Base64."""
    if "%" in text and (plain := unquote(text)) != text:
        yield plain
    if _BASE64.fullmatch(text) and (decoded := _from_base64(text)) is not None:
        yield decoded


def _from_base64(text: str) -> str | None:
    padded = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        plain = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return plain if _RUN.fullmatch(plain) else None


def runs(content: bytes) -> Iterator[str]:
    """Gives the runs of readable UTF-8 in bytes of a structure that is not known: Protocol Buffers, MessagePack."""
    for match in _RUN.finditer(content.decode("utf-8", errors="replace")):
        yield match.group()
