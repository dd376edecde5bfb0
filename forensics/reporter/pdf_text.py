"""Lines of text for the PDF: where they may break in Chinese and Latin script, and which font draws which part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from forensics.reporter.fonts import NARROWED, Fonts

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

DIGEST_GROUP = 16
"""Characters of a digest that always stay together on one line."""

LONG_WORD = 18
"""Characters from which a word may be broken after punctuation within it: paths, addresses, file names."""

HANGING = "，。、；：）》」』】！？］”’"
"""Full-width marks whose right half is blank, so that at the end of a line they need only half their width."""

_NO_START = frozenset(HANGING + "〉〕%‰℃·…—,.;:!?)]}»")
_NO_END = frozenset("（《「『【［〈〔“‘([{«$￥")
"""Marks that may not begin, and marks that may not end a line. *Source:* GB/T 15834-2011, section 5.1."""

_WIDE = "\u2e80-\u303f\u3040-\u30ff\u3105-\u312f\u31a0-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
_ATOM = re.compile(rf"\[U\+[0-9A-F]{{4,6}}\]|[0-9a-f]{{32,}}| +|[{_WIDE}]|(?:(?!\[U\+[0-9A-F]{{4,6}}\])[^ {_WIDE}])+")
_DIGEST_IN_WORD = re.compile(r"([0-9a-f]{32,})")
_PIECE = re.compile(r"[^/\\_.?&=:,;@+\-]+[/\\_.?&=:,;@+\-]*|[/\\_.?&=:,;@+\-]+")
_IS_WIDE = re.compile(f"[{_WIDE}]")

_NARROW = {char: chr(0xF780 + index) for index, char in enumerate(NARROWED)}
"""Marks that are set narrow here, each with the private character that stands for it between measuring and drawing."""

_FULL = {private: char for char, private in _NARROW.items()}
_AMONG_LATIN = re.compile(f"(?<![{_WIDE}])[{NARROWED}](?![{_WIDE}])")


@dataclass(frozen=True, slots=True)
class Style:
    """How a paragraph looks; sizes in points, colour as 0xRRGGBB."""

    size: float
    leading: float
    bold: bool = False
    colour: int = 0x1B1F24
    justify: bool = False
    align: str = "left"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text in one weight."""

    text: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one face that stand together.

    Attributes:
        x: Distance from the line's left edge, in points.
        opens: Text of the word that begins here, for words whose characters are moved one by one.
        closes: Whether such a word ends here.
    """

    face: str
    x: float
    text: str
    opens: str = ""
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its runs, its width in points, and the space to add after each character when it is justified."""

    runs: tuple[Run, ...]
    width: float
    spread: float = 0.0


@dataclass(frozen=True, slots=True)
class _Atom:
    """What stays together unless it is wider than a line; `width` in points."""

    text: str
    bold: bool
    width: float
    is_space: bool
    joins: bool
    """Whether it may not be parted from the atom before."""


@dataclass
class Typesetter:
    """Breaks paragraphs into lines and remembers them, as reports say the same things many times."""

    fonts: Fonts
    _lines: dict[tuple[tuple[Span, ...], Style, float], tuple[Line, ...]] = field(default_factory=dict)
    _widths: dict[tuple[str, bool], float] = field(default_factory=dict)

    def lines(self, spans: Sequence[Span], style: Style, *, width: float) -> tuple[Line, ...]:
        """Breaks text into lines no wider than `width` points; at least one line."""
        key = (tuple(spans), style, width)
        if key not in self._lines:
            self._lines[key] = tuple(self._broken(key[0], style, width=width))
        return self._lines[key]

    def fitted(self, text: str, style: Style, *, width: float) -> Line:
        """Sets text on one line; what does not fit is cut off, visibly."""
        lines = self.lines((Span(text),), style, width=width)
        if len(lines) == 1:
            return lines[0]
        return self.fitted(text.removesuffix("...")[:-1].rstrip() + "...", style, width=width)

    def _char(self, char: str, *, bold: bool) -> float:
        """Gives the width of a character in em."""
        key = (char, bold)
        if key not in self._widths:
            full = _FULL.get(char, char)
            self._widths[key] = self.fonts.face(full, bold=bold).width(full, narrow=char in _FULL) / 1000
        return self._widths[key]

    def _broken(self, spans: Sequence[Span], style: Style, *, width: float) -> Iterator[Line]:
        for paragraph in _paragraphs(spans):
            lines = list(self._filled(list(self._atoms(paragraph, style)), style, width=width))
            for index, line in enumerate(lines or [[]]):
                yield self._line(line, style, width=width, is_last=index + 1 >= len(lines))

    def _atoms(self, spans: Sequence[Span], style: Style) -> Iterator[_Atom]:
        before = ""
        for span in spans:
            bold = span.bold or style.bold
            for text in _pieces(_AMONG_LATIN.sub(lambda match: _NARROW[match.group()], span.text)):
                glued = bool(before) and (text[0] in _NO_START or before in _NO_END)
                size = sum(self._char(char, bold=bold) for char in text) * style.size
                yield _Atom(text, bold, size, text.isspace() and text[0] == " ", glued)
                before = text[-1]

    def _filled(self, atoms: Sequence[_Atom], style: Style, *, width: float) -> Iterator[list[_Atom]]:
        line: list[_Atom] = []
        used = 0.0
        for group in _groups(atoms):
            needed = sum(atom.width for atom in group)
            if line and used + needed - self._slack(group, style) > width and not group[0].is_space:
                yield _trimmed(line)
                line, used = [], 0.0
            *full, rest = (
                self._forced(group, style, width=width) if needed - self._slack(group, style) > width else [group]
            )
            yield from full
            if line or not rest[0].is_space:
                line, used = [*line, *rest], used + sum(atom.width for atom in rest)
        if line:
            yield _trimmed(line)

    def _slack(self, group: Sequence[_Atom], style: Style) -> float:
        """Gives by how much a group may stand over the right edge: the blank half of a full-width mark."""
        return style.size / 2 if group[-1].text[-1] in HANGING else 0.0

    def _forced(self, group: Sequence[_Atom], style: Style, *, width: float) -> Iterator[list[_Atom]]:
        """Breaks between any characters what fits on no line: a name without a place to break, in a narrow column."""
        line: list[_Atom] = []
        used = 0.0
        for atom in group:
            for char in atom.text:
                size = self._char(char, bold=atom.bold) * style.size
                if line and used + size > width:
                    yield line
                    line, used = [], 0.0
                line.append(_Atom(char, atom.bold, size, is_space=False, joins=True))
                used += size
        yield line

    def _line(self, atoms: Sequence[_Atom], style: Style, *, width: float, is_last: bool) -> Line:
        runs = tuple(self._runs(atoms, style))
        used = sum(atom.width for atom in atoms)
        room, count = width - used, sum(len(atom.text) for atom in atoms)
        if atoms and self._slack(atoms, style) and not is_last:
            room += style.size / 2
        can = style.justify and not is_last and count > 1 and 0 < room < 2 * style.size
        return Line(runs, used, room / (count - 1) if can else 0.0)

    def _runs(self, atoms: Iterable[_Atom], style: Style) -> Iterator[Run]:
        """Joins what one face draws; atoms with narrowed marks stand by themselves, as their characters are moved."""
        x = 0.0
        for is_moved, some in groupby(atoms, key=lambda atom: any(char in _FULL for char in atom.text)):
            together = list(some)
            yield from self._moved(together, x, style=style) if is_moved else self._plain(together, x, style=style)
            x += sum(atom.width for atom in together)

    def _plain(self, atoms: Iterable[_Atom], x: float, *, style: Style) -> Iterator[Run]:
        chars = ((char, atom.bold, self.fonts.face(char, bold=atom.bold)) for atom in atoms for char in atom.text)
        for name, some in groupby(chars, key=lambda one: one[2].name):
            together = list(some)
            yield Run(name, x, "".join(char for char, _, _ in together))
            x += sum(self._char(char, bold=bold) for char, bold, _ in together) * style.size

    def _moved(self, atoms: Iterable[_Atom], x: float, *, style: Style) -> Iterator[Run]:
        for atom in atoms:
            reads = "".join(_FULL.get(char, char) for char in atom.text)
            for index, (char, full) in enumerate(zip(atom.text, reads, strict=True)):
                face = self.fonts.face(full, bold=atom.bold)
                shift = face.shift(full) * style.size / 1000 if char in _FULL else 0.0
                yield Run(face.name, x + shift, full, reads if index == 0 else "", closes=index + 1 == len(reads))
                x += self._char(char, bold=atom.bold) * style.size


def _paragraphs(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """Parts spans at line feeds."""
    current: list[Span] = []
    for span in spans:
        first, *rest = span.text.split("\n")
        current.append(Span(first, span.bold))
        for text in rest:
            yield current
            current = [Span(text, span.bold)]
    yield current


def _pieces(text: str) -> Iterator[str]:
    """Gives the smallest pieces between which a line may break, as far as their marks allow."""
    for match in _ATOM.finditer(text):
        atom = match.group()
        is_word = not (atom[0] == " " or _IS_WIDE.match(atom) or atom.startswith("[U+"))
        yield from _broken_word(atom) if is_word else (atom,)


def _broken_word(word: str) -> Iterator[str]:
    """Parts a digest into groups and a long word after its punctuation."""
    for part in _DIGEST_IN_WORD.split(word):
        if _DIGEST_IN_WORD.fullmatch(part):
            yield from (part[start : start + DIGEST_GROUP] for start in range(0, len(part), DIGEST_GROUP))
        elif len(part) > LONG_WORD:
            yield from _PIECE.findall(part)
        elif part:
            yield part


def _groups(atoms: Iterable[_Atom]) -> Iterator[list[_Atom]]:
    """Joins atoms that must not be parted."""
    group: list[_Atom] = []
    for atom in atoms:
        if group and (not atom.joins or atom.is_space or group[-1].is_space):
            yield group
            group = []
        group.append(atom)
    if group:
        yield group


def _trimmed(line: list[_Atom]) -> list[_Atom]:
    return line[:-1] if line and line[-1].is_space else line


def draw(canvas: Canvas, line: Line, *, style: Style, x: float, y: float, width: float = 0.0) -> None:
    """Draws a line with its baseline at `y`; `width` is that of the column, for lines set to the right or centre.

    Source: ISO 32000-1, section 14.9.4, for the text that a word of moved characters is read and found as.
    """
    shift = {"right": width - line.width, "center": (width - line.width) / 2}.get(style.align, 0.0)
    canvas.setFillColorRGB(*(((style.colour >> bits) & 0xFF) / 255 for bits in (16, 8, 0)))
    before = 0
    for run in line.runs:
        if run.opens:
            canvas.addLiteral(f"/Span<</ActualText<FEFF{run.opens.encode('utf-16-be').hex()}>>> BDC")
        canvas.setFont(run.face, style.size)
        canvas.drawString(x + shift + run.x + before * line.spread, y, run.text, charSpace=line.spread or None)
        if run.closes:
            canvas.addLiteral("EMC")
        before += len(run.text)
