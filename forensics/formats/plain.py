"""Text and Markdown: the encoding, the front matter, and how the text begins and ends.

*Source:* YAML 1.2.2, 7.3 (quoted and plain scalars), 8.1 (block scalars); Jekyll, *Front Matter* (the lines of three
hyphens); The Unicode Standard, 23.8 (byte order mark); GB 18030-2022.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from forensics.formats.structure import Part
from forensics.formats.walk import Walk

_END_CHARACTERS = 4096
"""Characters at each end that are values (docs/formats.md)."""

_END_BYTES = 4 * _END_CHARACTERS
"""Bytes that so many characters have at most, in any of the encodings."""

_FRONT_BYTES = 1 << 20
"""Bytes in which front matter must end."""

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
"""Byte order marks and what they stand for."""

_SAMPLE = 1 << 16
"""Bytes by which the encoding is guessed."""

_FENCE = re.compile(r"\s*---[ \t]*\r?\n")
_END = re.compile(r"^(?:---|\.\.\.)[ \t]*\r?$", re.MULTILINE)
_BLANK = re.compile(r"^[ \t]*\r?$", re.MULTILINE)
_KEY = re.compile(
    r"""(?:"([^"\n]{0,200})"|'([^'\n]{0,200})'|([^\s#'"\[\]{},&*!|>%@`:-][^:\n]{0,200}?))"""
    r"[ \t]{0,16}:(?=[ \t\r\n]|$)[ \t]*"
)
"""A key at the start of a line, in quotes or plain, of a bounded length. *Source:* YAML 1.2.2, 7.3."""

_BLOCK = re.compile(r"([|>])[-+1-9]{0,2}[ \t]*(?:#[^\n]*)?\r?\n")
"""Header of a block scalar. *Source:* YAML 1.2.2, 8.1.1."""

_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\n": ""}
"""Escapes of double-quoted scalars; others stand for the character itself. *Source:* YAML 1.2.2, 5.7."""

_FOLD = re.compile(r"(?<!\n)\n+(?![\n ])")
"""Line breaks that are folded: one is a space, of several the first goes. *Source:* YAML 1.2.2, 6.5 and 8.1.3."""

_CLOSING = {"{": "}", "[": "]", '"': '"', "'": "'"}


@dataclass(frozen=True, slots=True)
class _Text:
    """Decoded text.

    Attributes:
        text: The characters.
        encoding: Python's name.
        base: Offset of the first one in the file.
    """

    text: str
    encoding: str
    base: int

    def encode(self, text: str) -> bytes:
        """Gives the bytes that some characters of the text are in the file."""
        return text.encode(self.encoding, _errors(self.encoding))


def read(walk: Walk) -> Iterator[Part]:
    """Reads the front matter, the start and the end of a text."""
    mark, encoding = _encoding(walk.read(0, _SAMPLE), is_whole=walk.size <= _SAMPLE)
    walk.count()
    opening = _decode(walk.read(len(mark), _FRONT_BYTES), encoding, base=len(mark))
    end = _front_matter(walk, opening)
    if end:
        walk.count()
        yield Part("front matter", opening.base, len(opening.encode(opening.text[:end])))
    facts = {"encoding": encoding, "has_byte_order_mark": bool(mark)}
    yield Part("text", 0, walk.size, None, facts)
    _note_ends(walk, opening)


def _encoding(sample: bytes, *, is_whole: bool) -> tuple[bytes, str]:
    """Guesses the encoding of a text by its first bytes: gives the byte order mark and Python's name.

    *Not done:* encodings other than UTF-8, UTF-16 and GB 18030 are not told apart; what is none of these three counts
    as Latin-1, in which every byte is a character.
    """
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return mark, encoding
    for nulls, encoding in ((sample[1::2], "utf-16-le"), (sample[::2], "utf-16-be")):
        if len(sample) > 1 and nulls.count(0) * 10 > len(nulls) * 4:
            return b"", encoding
    for encoding in ("utf-8", "gb18030"):
        if _fits(sample, encoding, is_whole=is_whole):
            return b"", encoding
    return b"", "latin-1"


def _fits(sample: bytes, encoding: str, *, is_whole: bool) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError as error:
        return not is_whole and error.start >= len(sample) - 4
    return True


def _errors(encoding: str) -> str:
    """Gives the way in which bytes that do not fit an encoding survive decoding and encoding."""
    return "surrogatepass" if encoding.startswith("utf-16") else "surrogateescape"


def _decode(data: bytes, encoding: str, *, base: int) -> _Text:
    data = data[: len(data) // 2 * 2] if encoding.startswith("utf-16") else data
    try:
        return _Text(data.decode(encoding, _errors(encoding)), encoding, base)
    except UnicodeDecodeError:
        return _Text(data.decode("latin-1"), "latin-1", base)


def _note_ends(walk: Walk, opening: _Text) -> None:
    start = opening.encode(opening.text[:_END_CHARACTERS])
    walk.value("start", "text", opening.base, start, encoding=opening.encoding)
    if len(opening.text) <= _END_CHARACTERS and walk.size <= _FRONT_BYTES:
        return
    base = max(opening.base, walk.size - _END_BYTES)
    base += (base - opening.base) % 2 if opening.encoding.startswith("utf-16") else 0
    closing = _decode(_from_border(walk, base, opening), opening.encoding, base=base)
    data = closing.encode(closing.text[-_END_CHARACTERS:])
    walk.value("end", "text", walk.size - len(data), data, encoding=closing.encoding)


def _from_border(walk: Walk, base: int, opening: _Text) -> bytes:
    """Reads the end of the file from the first line that begins in it, so that no character is cut in two."""
    data = walk.read(base, walk.size - base)
    line = data.find(b"\n")
    if opening.encoding.startswith("utf-16") or base == opening.base or not 0 <= line < len(data) // 4:
        return data
    return data[line + 1 :]


def _front_matter(walk: Walk, opening: _Text) -> int:
    """Notes the keys of the top level between two fences; gives the index behind the second, 0 where there are none."""
    text, fence = opening.text, _FENCE.match(opening.text)
    if fence is None:
        return 0
    closing = _END.search(text, fence.end())
    if closing is None and _KEY.match(text, fence.end()) is None:
        return 0
    if closing is None:
        code = "limit" if walk.size > _FRONT_BYTES else "missing-part"
        walk.problem(code, opening.base, part="front matter", detail="the front matter has no end")
    blank = None if closing else _BLANK.search(text, fence.end())
    border = closing or blank
    end = border.start() if border else len(text)
    offset, at = opening.base + len(opening.encode(text[: fence.end()])), fence.end()
    for entry in _entries(text[at:end]):
        key = _KEY.match(entry)
        if key:
            _note_entry(walk, opening, entry, key, offset)
        offset += len(opening.encode(entry))
    return closing.end() if closing else end


def _entries(text: str) -> Iterator[str]:
    """Cuts front matter into pieces of a key with all that belongs to it.

    That are lines which are indented, empty, comments, lists, or inside of brackets or quotes that are still open.
    """
    lines: list[str] = []
    still_open = _Open()
    for line in text.splitlines(keepends=True):
        if lines and not still_open.marks and _KEY.match(line):
            yield "".join(lines)
            lines, still_open = [], _Open()
        key = _KEY.match(line) if not lines else None
        still_open = still_open.after(line[key.end() :] if key else line, is_first=key is not None)
        lines.append(line)
    yield "".join(lines)


@dataclass(frozen=True, slots=True)
class _Open:
    """Brackets and quotes that are open at the end of a line.

    Attributes:
        marks: The closing marks that are missing, the outermost first; at most 64.
        is_flow: Whether the value began with a bracket or quote, so that they count.
    """

    marks: str = ""
    is_flow: bool = False

    def after(self, line: str, *, is_first: bool) -> _Open:
        """Gives what is open at the end of the next line of a value."""
        if is_first and not line.startswith(("{", "[", '"', "'")):
            return _Open()
        if not is_first and not self.is_flow:
            return self
        marks, skip = list(self.marks), False
        for character in line:
            if skip:
                skip = False
            elif marks and character == marks[-1]:
                marks.pop()
                if not marks:
                    return _Open()
            elif marks and marks[-1] in "\"'":
                skip = character == "\\" and marks[-1] == '"'
            elif character in _CLOSING and len(marks) < 64:  # noqa: PLR2004 -- deeper than any label
                marks.append(_CLOSING[character])
        return _Open("".join(marks), is_flow=bool(marks))


def _note_entry(walk: Walk, opening: _Text, entry: str, key: re.Match[str], offset: int) -> None:
    walk.count()
    raw = entry[key.end() :]
    name = next(group for group in key.groups() if group is not None)
    at = offset + len(opening.encode(entry[: key.end()]))
    value = _value(raw)
    walk.value("front matter", name, at, _utf8(value), size=len(opening.encode(raw.rstrip())), encoding="utf-8")
    if not raw[: raw.find("\n")].split("#")[0].strip():
        _note_children(walk, opening, raw, f"front matter/{name}", at)


def _note_children(walk: Walk, opening: _Text, raw: str, place: str, offset: int) -> None:
    """Notes the lines of a nested mapping of simple values as values of their own."""
    for line in raw.splitlines(keepends=True):
        inner = line.lstrip(" ")
        key = _KEY.match(inner)
        if key and len(inner) < len(line):
            walk.count()
            text = inner[key.end() :]
            at = offset + len(opening.encode(line[: len(line) - len(text)]))
            name = next(group for group in key.groups() if group is not None)
            walk.value(place, name, at, _utf8(_value(text)), size=len(opening.encode(text.rstrip())), encoding="utf-8")
        offset += len(opening.encode(line))


def _value(raw: str) -> str:
    """Reads a scalar; a mapping or list is given as it is written."""
    block = _BLOCK.match(raw)
    if block:
        return _block(raw[block.end() :], is_folded=block[1] == ">")
    text = raw.strip()
    if text.startswith('"') and text.rfind('"') > 0:
        return _ESCAPE.sub(_unescape, _folded(text[1 : text.rfind('"')]))
    if text.startswith("'") and text.rfind("'") > 0:
        return _folded(text[1 : text.rfind("'")]).replace("''", "'")
    if text.startswith(("{", "[")) or "\n" in text:
        return text
    return re.split(r"(?:^|[ \t])#", text, maxsplit=1)[0].rstrip()


def _unescape(match: re.Match[str]) -> str:
    if match[3]:
        return _ESCAPES.get(match[3], match[3])
    return chr(int(match[1] or match[2], 16))


def _folded(text: str) -> str:
    """Joins the lines of a quoted scalar. *Source:* YAML 1.2.2, 6.5."""
    return " ".join(line.strip(" \t\r") for line in text.split("\n"))


def _block(text: str, *, is_folded: bool) -> str:
    """Reads a block scalar: without its indentation, folded where `>` asks for it, without empty lines at its end."""
    body = textwrap.dedent(text.replace("\r\n", "\n")).rstrip("\n")
    return _FOLD.sub(lambda match: match[0][1:] or " ", body) if is_folded else body


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")
