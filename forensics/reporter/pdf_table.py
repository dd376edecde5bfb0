"""Rows of the PDF: tables with headers that are repeated, and pairs of names and values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forensics.reporter.blocks import Column, PageOf, Pairs, Table
from forensics.reporter.pdf_shape import GREY, INK, rule
from forensics.reporter.pdf_strip import PORTRAIT, Strip
from forensics.reporter.pdf_text import Line, Span, Style, Typesetter, draw

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

PAD = 4.0
"""Space left and right of the text in a cell, in points."""

COLUMN_GAP = 12.0
"""Space between two pairs that stand beside each other, in points."""

TALLEST = PORTRAIT.height / 3
"""Height from which a row may be parted between its lines, in points."""

COMPACT_TALLEST = PORTRAIT.height / 16
"""The same for the small rows of a compact table, whose long cells would else leave much of a page blank."""


@dataclass(frozen=True, slots=True)
class CellLines:
    """A cell: lines of text from `x` on, in points from the row's left edge; `anchor` is where it links to."""

    x: float
    width: float
    style: Style
    lines: tuple[Line, ...]
    anchor: str = ""

    @property
    def height(self) -> float:
        """Height of the lines, in points."""
        return len(self.lines) * self.style.leading


@dataclass(frozen=True, slots=True)
class PairLook:
    """How pairs look: the names' share of the width, size of text, weights, alignment, space above and below a row."""

    share: float
    size: float
    name_is_bold: bool = False
    value_is_bold: bool = False
    name_colour: int = GREY
    align: str = "left"
    pad: float = 2.2


PAIRS: Mapping[str, PairLook] = {
    "text": PairLook(0.30, 8.6),
    "cover": PairLook(0.24, 8.9),
    "card": PairLook(0.22, 8.2),
    "values": PairLook(0.36, 7.6, pad=1.3),
    "dense": PairLook(0.36, 7.4, pad=1.3),
    "numbers": PairLook(0.86, 9.2, value_is_bold=True, name_colour=INK, align="right"),
    "glossary": PairLook(0.26, 8.9, name_is_bold=True, name_colour=INK),
}
"""Role of `Pairs` to its look."""


SMALL: Mapping[str, float] = {"compact": 7.2, "fine": 6.8}
"""Role of a table of small rows to the size of its text, in points."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Sets rows in the styles of one language."""

    setter: Typesetter
    language: str

    def style(self, size: float, **look: object) -> Style:
        """Gives a style with the leading that the script wants; `justify` counts for Chinese only."""
        factor = 1.56 if self.language == "zh" else 1.46
        style = replace(Style(size, round(size * factor, 2)), **look)  # type: ignore[arg-type]
        return replace(style, justify=style.justify and self.language == "zh")

    def cell(self, text: str, style: Style, *, x: float, width: float, anchor: str = "") -> CellLines:
        """Sets a cell whose outer edges are `x` and `x + width`, in points."""
        inner = width - 2 * PAD
        return CellLines(x + PAD, inner, style, self.setter.lines((Span(text),), style, width=inner), anchor)

    def table(self, block: Table, width: float, *, page_text: Callable[[PageOf], str]) -> Iterator[Strip]:
        """Gives the strips of a table; its header stays with the first row, and its last two rows together."""
        whole = sum(column.share for column in block.columns)
        widths = [width * column.share / whole for column in block.columns]
        starts = [sum(widths[:index]) for index in range(len(widths))]
        places = list(zip(block.columns, starts, widths, strict=True))
        header, is_compact = self._header(places, width), block.role in SMALL
        yield replace(header, keep=True, before=3.0 if is_compact else 8.0)
        held = set(range(len(block.rows))) if block.is_kept else {0, len(block.rows) - 2}
        held -= {len(block.rows) - 1}
        for index, row in enumerate(block.rows):
            cells = []
            for cell, (column, x, size) in zip(row, places, strict=True):
                text, anchor = (page_text(cell), cell.anchor) if isinstance(cell, PageOf) else (cell, "")
                style = self._cell_style(column.role, size=SMALL.get(block.role))
                cells.append(self.cell(text, style, x=x, width=size, anchor=anchor))
            pad, tallest = (1.5, COMPACT_TALLEST) if is_compact else (3.6, TALLEST)
            for strip in _row(cells, width, pad=pad, tallest=tallest):
                yield replace(strip, header=header, keep=strip.keep or index in held)

    def _header(self, places: Sequence[tuple[Column, float, float]], width: float) -> Strip:
        plain = replace(self.style(7.6, bold=True, colour=GREY), leading=10.2)
        aligned = replace(plain, align="right")
        cells = [
            self.cell(column.title, aligned if column.role == "number" else plain, x=x, width=size)
            for column, x, size in places
        ]
        height = max(cell.height for cell in cells) + 8

        def paint(canvas: Canvas, left: float, top: float) -> None:
            for cell in cells:
                _paint(canvas, cell, left=left, top=top - height + 4 + cell.height)
            rule(canvas, (left, top - height + 1, width), weight=0.8, colour=GREY)

        return Strip(height, paint)

    def _cell_style(self, role: str, *, size: float | None) -> Style:
        if role == "digest":
            return replace(self.style(6.7), leading=9.4)
        if size is not None:
            small = self.style(size, bold=role == "strong", align="right" if role == "number" else "left")
            return replace(small, leading=round(size * (1.38 if self.language == "zh" else 1.29), 2))
        style = self.style(8.0, bold=role == "strong", align="right" if role == "number" else "left")
        return replace(style, leading=12.0 if self.language == "zh" else 11.2)

    def pairs(self, block: Pairs, width: float) -> Iterator[Strip]:
        """Gives the strips of names and values."""
        look = PAIRS[block.role]
        if block.role == "dense":
            yield from self._dense(block, width, look=look)
            return
        names = self.style(look.size, bold=look.name_is_bold, colour=look.name_colour)
        values = self.style(look.size, bold=look.value_is_bold, align=look.align)
        split = width * look.share
        held = {0, len(block.rows) - 2} - {len(block.rows) - 1}
        for index, (name, value) in enumerate(block.rows):
            right = self.cell(value, values, x=split - PAD, width=width - split + PAD)
            cells = (self.cell(name, names, x=0.0, width=split), right)
            for strip in _row(cells, width, pad=look.pad):
                before = strip.before + (6.0 if index == 0 else 0.0)
                yield replace(strip, before=before, keep=strip.keep or index in held)

    def _dense(self, block: Pairs, width: float, *, look: PairLook) -> Iterator[Strip]:
        """Gives the strips of pairs of which two short ones stand beside each other."""
        names = self.style(look.size, colour=look.name_colour)
        values = self.style(look.size)
        half = (width - COLUMN_GAP) / 2
        waiting: list[CellLines] = []
        rows: list[list[CellLines]] = []
        for name, value in block.rows:
            x = half + COLUMN_GAP if waiting else 0.0
            cells = self._pair(name, value, x=x, width=half, share=look.share, styles=(names, values))
            if max(len(cell.lines) for cell in cells) > 1:
                rows += [waiting] if waiting else []
                rows.append(self._pair(name, value, x=0.0, width=width, share=look.share / 2, styles=(names, values)))
                waiting = []
            elif waiting:
                rows.append([*waiting, *cells])
                waiting = []
            else:
                waiting = cells
        rows += [waiting] if waiting else []
        held = {0, len(rows) - 2} - {len(rows) - 1}
        for index, row in enumerate(rows):
            for strip in _row(row, width, pad=look.pad, tallest=COMPACT_TALLEST):
                before = strip.before + (4.0 if index == 0 else 0.0)
                yield replace(strip, before=before, keep=strip.keep or index in held)

    def _pair(
        self, name: str, value: str, *, x: float, width: float, share: float, styles: tuple[Style, Style]
    ) -> list[CellLines]:
        split = width * share
        right = self.cell(value, styles[1], x=x + split - PAD, width=width - split + PAD)
        return [self.cell(name, styles[0], x=x, width=split), right]


def _row(cells: Sequence[CellLines], width: float, *, pad: float, tallest: float = TALLEST) -> Iterator[Strip]:
    """Gives a row as one strip, or, where it is tall, as one strip a line."""
    height = max(cell.height for cell in cells) + 2 * pad
    if height > tallest:
        yield from _tall_row(cells, width)
        return

    def paint(canvas: Canvas, left: float, top: float) -> None:
        for cell in cells:
            _paint(canvas, cell, left=left, top=top - pad)
            if cell.anchor:
                box = (left + cell.x, top - height, left + cell.x + cell.width, top)
                canvas.linkRect("", cell.anchor, box, relative=0, Border="[0 0 0]")
        rule(canvas, (left, top - height, width))

    yield Strip(height, paint)


def _tall_row(cells: Sequence[CellLines], width: float) -> Iterator[Strip]:
    leading = max(cell.style.leading for cell in cells)
    last = max(len(cell.lines) for cell in cells) - 1
    for index in range(last + 1):

        def paint(canvas: Canvas, left: float, top: float, index: int = index) -> None:
            for cell in cells:
                _paint(canvas, replace(cell, lines=cell.lines[index : index + 1]), left=left, top=top)
            if index == last:
                rule(canvas, (left, top - leading - 3, width))

        height = leading + (3.0 if index == last else 0.0)
        yield Strip(height, paint, before=3.0 if index == 0 else 0.0, keep=index in (0, last - 1))


def _paint(canvas: Canvas, cell: CellLines, *, left: float, top: float) -> None:
    for row, line in enumerate(cell.lines):
        y = top - row * cell.style.leading - baseline(cell.style)
        draw(canvas, line, style=cell.style, x=left + cell.x, y=y, width=cell.width)


def baseline(style: Style) -> float:
    """Gives how far the baseline is below the top of a line: the script's height centred in the leading."""
    return style.leading / 2 + style.size * 0.36
