"""Everything that recorded responses say, indexed: whole strings, running texts, numbers and times."""

from __future__ import annotations

import html
import re
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from forensics.analyzers.page import literal, markup
from forensics.analyzers.page.moment import Moments, epoch, recorded
from forensics.analyzers.page.normal import letters, squeezed
from forensics.analyzers.page.quantity import Numbers

_DEPTH = 4
"""How deep notations are followed into each other: JSON in a script in a document is three."""
_LEAST_DATA = 1000
"""Strings longer than this that are JSON are read as such alone, not once more for what stands in quotation marks."""
_LONGEST_UNIT = 20_000
_LONGEST_NESTED = 4_000_000
_FIGURES = re.compile(r"\d[\d.,'\u00a0\u202f ]*\d|\d")
_HOLDS = re.compile(r"[<&%\\]|^\s*[\[{]|\":|^[A-Za-z0-9+/_-]{16,}={0,2}$")
"""What a string has that holds another notation: the rest is not looked at twice."""
_TAG = re.compile(r"<[A-Za-z/!]")
_JSON_TYPES = ("json", "importmap", "speculationrules")
_MOST_PLACES = 50


class Mark:
    """Where a whole string stands, and whether it asks to be continued; bits of an integer.

    Attributes:
        DOCUMENT: In the text or an attribute of a document.
        DATA: As a value of JSON, a message, or a script inside of a document.
        SCRIPT: Between quotation marks of a script file, or as a key.
        STYLE: In a style sheet.
        ADDRESS: In the address that was asked for.
        LEFT: It begins with white space or behind a placeholder.
        RIGHT: It ends with white space or before a placeholder.
    """

    DOCUMENT = 1
    DATA = 2
    SCRIPT = 4
    STYLE = 8
    ADDRESS = 16
    LEFT = 32
    RIGHT = 64


PLAIN = Mark.DOCUMENT | Mark.DATA | Mark.ADDRESS
"""Strings that are data rather than words of a program."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A string that stands whole in a response.

    Attributes:
        mark: All places where it stands.
        source: Number of the first response that has it.
    """

    mark: int
    source: int


@dataclass(frozen=True, slots=True)
class Running:
    """Running text of one response, without white space; what does not belong together is parted by U+0000.

    Attributes:
        bounds: Places between two runs of text; empty where it is not known.
    """

    source: int
    text: str
    bounds: frozenset[int] = frozenset()


@dataclass(slots=True)
class Corpus:
    """What recorded responses say; grows by `add_…`, then is asked.

    Attributes:
        limit: Characters that are taken in.
        taken: Characters taken in so far.
        is_full: Whether something was left out because of the limit.
    """

    limit: int = 64 << 20
    taken: int = 0
    is_full: bool = False
    units: dict[str, Unit] = field(default_factory=dict)
    running: list[Running] = field(default_factory=list)
    numbers: Numbers = field(default_factory=Numbers)
    moments: Moments = field(default_factory=Moments)
    has_transform: bool = False
    bare: list[Running] = field(default_factory=list)
    followed: set[tuple[str, int]] = field(default_factory=set)

    def add_document(self, source: int, text: str, *, depth: int = 0) -> None:
        """Takes in HTML, XML or SVG: text, attribute values, scripts, styles and documents within it."""
        if not self._takes(text):
            return
        document = markup.parse(text)
        self._add_flow(source, document.texts)
        for value in (*document.texts, *document.values):
            self._add_unit(source, value, Mark.DOCUMENT | Mark.LEFT | Mark.RIGHT)
            if "{" in value:
                self._add_pieces(source, value, Mark.DOCUMENT)
            self._add_figures(value)
        for value in document.values:
            self._add_nested(source, value, mark=Mark.DATA, depth=depth)
        self._add_running(source, "\0".join(document.values))
        for kind, content in document.scripts:
            self.add_script(source, content, depth=depth + 1, mark=Mark.DATA, is_json=kind.endswith(_JSON_TYPES))
            if kind and not kind.endswith((*_JSON_TYPES, "javascript", "ecmascript", "module")):
                self.add_document(source, content, depth=depth + 1)
        for content in document.styles:
            self.add_style(source, content)
        for inner in document.documents if depth < _DEPTH else ():
            self.add_document(source, inner, depth=depth + 1)

    def add_script(
        self, source: int, text: str, *, depth: int = 0, mark: int = Mark.SCRIPT, is_json: bool = False
    ) -> None:
        """Takes in a script: the strings between its quotation marks, its numbers, and its text as a whole."""
        if is_json and self.add_json(source, text, depth=depth):
            return
        if not self._takes(text):
            return
        self.has_transform |= "textTransform" in text or "text-transform" in text
        self._add_running(source, literal.unescape(text))
        for number in literal.numbers(text):
            self.numbers.found.add(number)
            self.moments.add(epoch(number))
        starts, ends = list[int](), dict[int, int]()
        for start, segment in literal.segments(text):
            before = bisect_right(starts, start)
            if (before and start < ends[starts[before - 1]]) or len(segment) > _LONGEST_NESTED:
                continue
            plain = literal.unescape(segment)
            is_data = len(plain) > _LEAST_DATA and plain.lstrip()[:1] in ("{", "[")
            if is_data and depth < _DEPTH and self.add_json(source, plain, depth=depth + 1):
                insort(starts, start)
                ends[start] = start + len(segment)
            else:
                self._add_literal(source, plain, mark=mark, depth=depth)

    def add_json(self, source: int, text: str, *, depth: int = 0) -> bool:
        """Takes in JSON in one of its forms; False where it is none."""
        found = list(literal.values(text))
        if not found or not self._takes(text):
            return bool(found)
        self._add_leaves(source, found, depth=depth)
        return True

    def add_style(self, source: int, text: str) -> None:
        """Takes in a style sheet: its quoted strings."""
        if not self._takes(text):
            return
        self.has_transform |= "text-transform" in text
        self._add_running(source, markup.style_text(text))
        for value in markup.style_strings(text):
            self._add_unit(source, value, Mark.STYLE | Mark.LEFT | Mark.RIGHT)

    def add_text(self, source: int, text: str, *, mark: int = Mark.DOCUMENT) -> None:
        """Takes in plain text: the whole, and each line."""
        if not self._takes(text):
            return
        lines = text.splitlines()
        self._add_flow(source, lines)
        for line in (text, *lines):
            self._add_unit(source, line, mark | Mark.LEFT | Mark.RIGHT)
        self._add_figures(text[:_LONGEST_NESTED])

    def add_message(self, source: int, text: str) -> None:
        """Takes in a message of unknown form: JSON, markup, or text."""
        if self.add_json(source, text):
            return
        self.add_text(source, text, mark=Mark.DATA)
        self._add_nested(source, text, mark=Mark.DATA, depth=0)

    def add_address(self, text: str) -> None:
        """Takes in a part of the address that was asked for."""
        self._add_unit(0, text, Mark.ADDRESS)

    def add_binary(self, source: int, content: bytes) -> None:
        """Takes in bytes of a structure that is not known: their runs of readable text."""
        texts = list(literal.runs(content))
        if not self._takes("\n".join(texts)):
            return
        self.running.append(Running(source, "\0".join(map(squeezed, texts))))
        for text in texts:
            self._add_literal(source, text, mark=Mark.DATA, depth=0)

    def whole(self, text: str) -> tuple[int, int] | None:
        """Finds a squeezed text as a whole string, or as whole neighbouring runs of one document."""
        unit = self.units.get(text)
        if unit is not None:
            return unit.mark, unit.source
        for running in self.running:
            if running.bounds and _is_at_bounds(running, text):
                return Mark.DOCUMENT, running.source
        return None

    def part(self, text: str) -> int | None:
        """Finds a squeezed text within a longer one; gives the number of the response, None where there is none."""
        return next((running.source for running in self.running if text in running.text), None)

    def bare_part(self, text: str) -> int | None:
        """As `part`, comparing letters and digits alone."""
        if len(self.bare) != len(self.running):
            self.bare = [Running(one.source, "\0".join(map(letters, one.text.split("\0")))) for one in self.running]
        return next((running.source for running in self.bare if text in running.text), None)

    def _takes(self, text: str) -> bool:
        if self.taken + len(text) > self.limit:
            self.is_full = True
            return False
        self.taken += len(text)
        return True

    def _add_running(self, source: int, text: str) -> None:
        """Takes in running text, and once more without percent-encoding where it holds `data:` addresses."""
        self.running.append(Running(source, squeezed(text)))
        if "data:" in text and "%" in text and self._takes(text):
            self.running.append(Running(source, squeezed(unquote(text))))

    def _add_flow(self, source: int, texts: Iterable[str]) -> None:
        bounds, length, parts = [0], 0, []
        for text in map(squeezed, texts):
            parts.append(text)
            length += len(text)
            bounds.append(length)
        self.running.append(Running(source, "".join(parts), bounds=frozenset(bounds)))

    def _add_unit(self, source: int, raw: str, mark: int) -> None:
        if len(raw) > _LONGEST_UNIT:
            return
        key = squeezed(raw)
        if not key:
            return
        if raw[:1].isspace():
            mark |= Mark.LEFT
        if raw[-1:].isspace():
            mark |= Mark.RIGHT
        known = self.units.get(key)
        self.units[key] = Unit(mark, source) if known is None else Unit(known.mark | mark, known.source)

    def _add_literal(self, source: int, text: str, *, mark: int, depth: int) -> None:
        """Takes in one string: as it is, in pieces between placeholders, and what other notations it holds."""
        if (text, mark) in self.followed:
            return
        self.followed.add((text, mark))
        self._add_unit(source, text, mark)
        if len(text) <= _LONGEST_UNIT and ("{" in text or "%" in text or "<" in text):
            self._add_pieces(source, text, mark)
        if text[:1].isdecimal():
            self.numbers.add(_figures(text[:40]))
            self.moments.add(recorded(text[:40]))
        elif len(text) < 60 and ":" in text:  # noqa: PLR2004 -- longer strings are no dates
            self.moments.add(recorded(text))
        self._add_nested(source, text, mark=mark, depth=depth)

    def _add_pieces(self, source: int, text: str, mark: int) -> None:
        pieces = literal.PLACEHOLDER.split(text)
        for index, piece in enumerate(pieces if len(pieces) > 1 else ()):
            sides = (Mark.LEFT if index else 0) | (Mark.RIGHT if index < len(pieces) - 1 else 0)
            self._add_unit(source, piece, mark | sides)

    def _add_nested(self, source: int, text: str, *, mark: int, depth: int) -> None:
        """Follows other notations in a string: JSON, markup, references, percent signs, Base64, strings in a string."""
        if depth >= _DEPTH or len(text) > _LONGEST_NESTED or not _HOLDS.search(text):
            return
        if text.lstrip()[:1] in ("{", "[") and self.add_json(source, text, depth=depth + 1):
            return
        if _TAG.search(text):
            self._add_fragment(source, text, mark=mark, depth=depth)
        elif "&" in text and (plain := html.unescape(text)) != text:
            self._add_unit(source, plain, mark)
        if '":' in text or '\\"' in text:
            self.add_script(source, text, depth=depth + 1, mark=mark)
        for plain in literal.hidden(text):
            if self._takes(plain):
                self._add_literal(source, plain, mark=mark, depth=depth + 1)

    def _add_fragment(self, source: int, text: str, *, mark: int, depth: int) -> None:
        if not self._takes(text):
            return
        fragment = markup.parse(text)
        self._add_flow(source, fragment.texts)
        for value in (*fragment.texts, *fragment.values):
            self._add_unit(source, value, mark)
            self._add_pieces(source, value, mark)
        for _, content in fragment.scripts:
            self.add_script(source, content, depth=depth + 1, mark=mark)

    def _add_leaves(self, source: int, found: list[object], *, depth: int) -> None:
        texts = []
        for kind, value in (leaf for one in found for leaf in literal.leaves(one)):
            if kind == "length":
                self.numbers.add((value,))
            elif kind == "number":
                self.numbers.add((value,))
                self.moments.add(epoch(value))
                self._add_unit(source, str(value).removesuffix(".0"), Mark.DATA)
            else:
                texts.append(squeezed(value))
                self._add_literal(source, value, mark=Mark.DATA if kind == "text" else Mark.SCRIPT, depth=depth)
        self.running.append(Running(source, "\0".join(texts)))

    def _add_figures(self, text: str) -> None:
        if len(text) < 2000 or "\n" in text:  # noqa: PLR2004 -- longer values without lines are encoded data
            self.numbers.add(_figures(text))
            self.moments.add(recorded(text))


def _figures(text: str) -> Iterator[float]:
    """Gives the numbers in a text, with and without separators."""
    for match in _FIGURES.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if len(digits) <= 16:  # noqa: PLR2004 -- beyond, a number is no longer exact
            yield float(digits)
            plain = match.group().replace(",", "").replace(" ", "")
            if plain.count(".") == 1 and plain[-1] != ".":
                yield float(re.sub(r"[^\d.]", "", plain))


def _is_at_bounds(running: Running, text: str) -> bool:
    at = running.text.find(text)
    for _ in range(_MOST_PLACES):
        if at < 0:
            return False
        if at in running.bounds and at + len(text) in running.bounds:
            return True
        at = running.text.find(text, at + 1)
    return False
