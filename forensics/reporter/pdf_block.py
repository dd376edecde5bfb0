"""Turns the blocks of a report into strips: paragraphs, cards, boxes, blanks, QR codes, the list of contents."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from forensics.reporter.blocks import (
    Blank,
    Block,
    Box,
    Chart,
    Commands,
    Contents,
    Drawing,
    Gallery,
    Mask,
    Matrix,
    PageOf,
    Pairs,
    Paragraph,
    Picture,
    Points,
    Result,
    Section,
    Table,
)
from forensics.reporter.pdf_chart import chart_strips
from forensics.reporter.pdf_drawing import drawing_strips
from forensics.reporter.pdf_shape import ACCENT, GREY, INK, RULE, TINT, dotted, fill, frame, rule, stretches
from forensics.reporter.pdf_strip import LANDSCAPE, PORTRAIT, Draw, Strip
from forensics.reporter.pdf_table import Grid, baseline
from forensics.reporter.pdf_text import Line, Span, Style, draw
from forensics.reporter.picture import Thumbnail, Thumbnails, dots

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

PICTURE = (150.0, 112.0)
"""Largest printed size of a small picture, in points."""

LARGE_HEIGHT = 230.0
"""Largest printed height of a picture over the whole width, in points: a third of a page."""

ROW_HEIGHT = 155.0
"""Largest printed height of a small picture of a gallery, in points."""

TALL = 1.35
"""Most height of a small picture of a gallery, as a multiple of its share of the width."""

CAPTION_INSET = 4.0
"""Space left and right of a caption: of five pictures in a row, the beginning of a digest still fits on a line."""

NO_PICTURE_HEIGHT = 48.0
"""Height of the ground of a text that stands for a picture of a gallery, in points."""

MASK_HEIGHT = 60.0
"""Height of the grey frame that stands for a picture that is not drawn, in points."""

STATEMENT_GAP = 3.5
"""Space between the head line of an observation and its statement, in points."""

NOTE_LEADING = {"zh": 12.2, "en": 11.2, "fr": 11.2}
"""Distance of the lines of a note, in points: half as much again as the letters are high, in Chinese."""

GAP = 14.0
"""Space between a picture and what stands beside it, in points."""

INDENT = 14.0
"""Indent of the points of a list, and of what stands in a box, in points."""

INTRODUCTION = 400
"""Characters up to which a paragraph is taken to introduce what follows it."""

PLACEHOLDER = "000–000"
"""What stands for page numbers until they are known; as wide as any that follow."""


@dataclass
class Layout:
    """Sets blocks for one report; knows the pictures, and the pages found in the pass before.

    Attributes:
        titles: Anchor and full title of each part and annex, for the list of contents.
        pages: Section to its first and last page; empty in the first pass.
    """

    grid: Grid
    pictures: Thumbnails
    titles: Sequence[tuple[str, str]]
    pages: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def section(self, section: Section, *, level: int, above: tuple[str, ...] = ()) -> Iterator[Strip]:
        """Gives the strips of a section and of those within it."""
        anchors = (*above, section.anchor)
        width = (LANDSCAPE if section.is_wide else PORTRAIT).width
        title = section.number + section.title
        own = [*(self._heading(section, level, width=width) if title else ()), *self._blocks(section.blocks, width)]
        opens = ((section.anchor, title, level),) if title else ()
        own[:1] = [replace(one, opens=opens, starts_page=section.starts_page) for one in own[:1]]
        for strip in own:
            yield replace(strip, anchors=anchors, is_wide=section.is_wide)
        for inner in section.sections:
            yield from self.section(inner, level=level + 1, above=anchors)

    def _heading(self, section: Section, level: int, *, width: float) -> Iterator[Strip]:
        size, before = ((16.5, 30.0), (12.0, 16.0), (10.4, 13.0))[min(level, 2)]
        style = self.grid.style(size, bold=True, colour=ACCENT if level == 0 else INK)
        style = replace(style, leading=size * 1.35)
        first, *others = self.title(section.number + section.title, style, width=width)
        yield replace(first, before=before)
        yield from others
        if level == 0:
            yield Strip(9.0, partial(_underline, width=width, weight=0.9, colour=ACCENT, drop=3.0), keep=True)

    def _blocks(self, blocks: Sequence[Block], width: float) -> Iterator[Strip]:
        for before, block, follower in zip([None, *blocks], blocks, [*blocks[1:], None], strict=False):
            leads = _leads(block, follower)
            for index, strip in enumerate(self.block(block, width)):
                placed = replace(strip, before=STATEMENT_GAP) if index == 0 and isinstance(before, Result) else strip
                yield replace(placed, keep=True) if leads else placed

    def block(self, block: Block, width: float) -> Iterable[Strip]:  # noqa: C901, PLR0911, PLR0912 - one answer for each kind
        """Gives the strips of one block within a width, in points."""
        match block:
            case Paragraph():
                return self._paragraph(block, width)
            case Points():
                return self._points(block, width)
            case Table():
                return self.grid.table(block, width, page_text=self._page_text)
            case Pairs():
                return self._pairs(block, width)
            case Gallery():
                return self._gallery(block, width)
            case Chart():
                return chart_strips(block, width, grid=self.grid)
            case Drawing():
                return drawing_strips(block, width, grid=self.grid)
            case Result():
                return self._result(block, width)
            case Commands():
                return self._commands(block, width)
            case Blank():
                return self._blank(block, width)
            case Matrix():
                return self._matrix(block, width)
            case Box():
                return _boxed(list(self._blocks(block.blocks, width - 2 * INDENT)), width)
            case Contents():
                return self._contents(block, width)

    def _pairs(self, block: Pairs, width: float) -> Iterator[Strip]:
        strips = list(self.grid.pairs(block, width))
        for index, strip in enumerate(strips):
            yield replace(strip, keep=strip.keep or (block.is_kept and index + 1 < len(strips)))

    def _page_text(self, cell: PageOf) -> str:
        if not self.pages:
            return PLACEHOLDER
        first, last = self.pages[cell.anchor]
        return f"{first}" if first == last else f"{first}–{last}"

    def _lines(self, text: str, style: Style, *, width: float) -> tuple[Line, ...]:
        return self.grid.setter.lines((Span(text),), style, width=width)

    def title(self, text: str, style: Style, *, width: float) -> list[Strip]:
        """Gives lines that stay together and with what follows."""
        return [_line(line, style, width=width, keep=True) for line in self._lines(text, style, width=width)]

    def _paragraph(self, block: Paragraph, width: float) -> Iterator[Strip]:
        note = NOTE_LEADING[self.grid.language]
        style, before = {
            "body": (self.grid.style(9.6, justify=True), 7.0),
            "strong": (self.grid.style(9.8, bold=True, colour=ACCENT), 10.0),
            "note": (replace(self.grid.style(8.3, colour=GREY, justify=True), leading=note), 3.2),
            "quiet": (self.grid.style(9.6, colour=GREY), 7.0),
        }[block.role]
        spans = (Span(block.label, bold=True), Span(block.text)) if block.label else (Span(block.text),)
        lines = self.grid.setter.lines(spans, style, width=width)
        first, *others = _held([_line(line, style, width=width, keep=block.role == "strong") for line in lines])
        yield replace(first, before=before)
        yield from others

    def _points(self, block: Points, width: float) -> Iterator[Strip]:
        style = self.grid.style(9.6, justify=True)
        dash = self._lines("–", style, width=INDENT)[0]
        for text in block.items:
            lines = self._lines(text, style, width=width - INDENT)
            first, *others = _held([_line(line, style, width=width, x=INDENT) for line in lines])
            marker = _line(dash, style, width=width, x=2.0)
            yield replace(first, draw=_together([marker.draw, first.draw]), before=4.0)
            yield from others

    def _caption(self, text: str, width: float) -> list[Strip]:
        style = replace(self.grid.style(7.2, colour=GREY, align="center"), leading=9.6)
        lines = self._lines(text, style, width=width - 2 * CAPTION_INSET)
        return [_line(line, style, width=width - 2 * CAPTION_INSET) for line in lines]

    def _gallery(self, block: Gallery, width: float) -> Iterator[Strip]:
        """Gives a strip for each row of pictures; where two stand in a row, they are drawn from larger ones."""
        count = 1 if block.is_large else block.in_a_row
        each = (width - GAP * (count - 1)) / count
        highest = LARGE_HEIGHT if block.is_large else min(ROW_HEIGHT, each * TALL)
        for start in range(0, len(block.pictures), count):
            row = [
                self._framed(one, (each, highest), is_large=each > PICTURE[0])
                for one in block.pictures[start : start + count]
            ]
            draws = [_lowered(draw_one, 0.0, x=index * (each + GAP)) for index, (_, draw_one) in enumerate(row)]
            yield Strip(max(height for height, _ in row) + 4, _together(draws), before=8.0)

    def _framed(self, picture: Picture | Mask, box: tuple[float, float], *, is_large: bool) -> tuple[float, Draw]:
        """Gives the height and the drawing of a picture of a gallery with its caption."""
        if isinstance(picture, Mask):
            return self._masked(picture, box[0])
        made = self.pictures.get(picture.sha256, is_large=is_large)
        caption = self._caption(picture.caption if made else picture.missing, box[0])
        if made is None:
            below, box = 0.0, (box[0], max(NO_PICTURE_HEIGHT, sum(strip.height for strip in caption) + 16))
        else:
            below, box = sum(strip.height for strip in caption) + 4, (box[0], _drawn_size(made, box)[1])
        return box[1] + below, partial(_paint_picture, made=made, caption=caption, box=box, is_framed=True)

    def _masked(self, mask: Mask, width: float) -> tuple[float, Draw]:
        """Gives the height and the drawing of a grey frame with its number; what it stands for is said below it."""
        across = min(width, PICTURE[0] * 1.4)
        style = self.grid.style(9.0, bold=True, align="center")
        number = _below_each_other(
            [_line(one, style, width=across) for one in self._lines(mask.number, style, width=across)]
        )
        caption = self._caption(mask.caption, across)

        def paint(canvas: Canvas, left: float, top: float) -> None:
            fill(canvas, (left, top - MASK_HEIGHT, across, MASK_HEIGHT), colour=RULE)
            number(canvas, left, top - (MASK_HEIGHT - style.leading) / 2)
            _below_each_other(caption)(canvas, left + CAPTION_INSET, top - MASK_HEIGHT - 2)

        return MASK_HEIGHT + sum(strip.height for strip in caption) + 4, paint

    def _result(self, block: Result, width: float) -> Iterator[Strip]:
        plain = self.grid.style(8.8)
        quiet = replace(self.grid.style(7.6, colour=GREY, align="right"), leading=plain.leading)
        spans = (Span(block.result, bold=True), Span("   " + block.kind))
        lines = self.grid.setter.lines(spans, plain, width=width - 206)
        name = [_line(line, plain, width=width, x=10.0) for line in lines]
        ref = [_line(line, quiet, width=width - 6, x=width - 186) for line in self._lines(block.ref, quiet, width=180)]
        height = max(len(name), len(ref)) * plain.leading + 5

        def paint(canvas: Canvas, left: float, top: float) -> None:
            fill(canvas, (left, top - height, width, height), colour=TINT)
            fill(canvas, (left, top - height, 2.4, height), colour=ACCENT)
            _below_each_other(name)(canvas, left, top - 2.5)
            _below_each_other(ref)(canvas, left, top - 2.5)

        yield Strip(height, paint, before=7.5, keep=True)

    def _commands(self, block: Commands, width: float) -> Iterator[Strip]:
        style = replace(self.grid.style(7.6), leading=11.4)
        inner = width - 2 * INDENT
        lines = [line for text in block.lines for line in self._lines(text, style, width=inner)]
        strips = [_line(line, style, width=inner, keep=index + 1 < len(lines)) for index, line in enumerate(lines)]
        return _boxed(strips, width, edge=6.0)

    def _blank(self, block: Blank, width: float) -> Iterator[Strip]:
        style = self.grid.style(8.8)
        lines = self._lines(block.label, style, width=width)
        first, *others = (_line(line, style, width=width, keep=True) for line in lines)
        if block.lines == 1 and not others and lines[0].width < width * 0.55:
            indent = lines[0].width + 8
            under = partial(_underline, width=width - indent, weight=0.5, colour=GREY, drop=8 + style.leading, x=indent)
            yield Strip(style.leading + 10, _together([_lowered(first.draw, 10), under]), before=4.0)
            return
        yield replace(first, before=9.0)
        yield from others
        for index in range(block.lines):
            under = partial(_underline, width=width, weight=0.5, colour=GREY, drop=19.0)
            yield Strip(20.0, under, keep=index + 1 < block.lines)

    def _matrix(self, block: Matrix, width: float) -> Iterator[Strip]:
        rows = dots(block.payload)
        side, quiet = 104.0, 4
        step = side / (len(rows) + 2 * quiet)
        style = self.grid.style(8.3, colour=GREY)
        lines = self._lines(block.caption, style, width=width - side - GAP)
        caption = _below_each_other([_line(line, style, width=width, x=side + GAP) for line in lines])

        def paint(canvas: Canvas, left: float, top: float) -> None:
            for y, row in enumerate(rows):
                for x, length in stretches(row):
                    box = (left + (x + quiet) * step, top - (y + quiet + 1) * step, length * step, step * 1.01)
                    fill(canvas, box, colour=0x000000)
            caption(canvas, left, top - (side - len(lines) * style.leading) / 2)

        yield Strip(side, paint, before=8.0)

    def _contents(self, block: Contents, width: float) -> Iterator[Strip]:
        yield from self._paragraph(Paragraph(block.title, "strong"), width)
        for index, (anchor, title) in enumerate(self.titles):
            yield replace(self._entry(anchor, title, width=width), keep=index + 1 < len(self.titles))

    def _entry(self, anchor: str, title: str, *, width: float) -> Strip:
        style = self.grid.style(9.2)
        number = replace(style, align="right")
        lines = self._lines(title, style, width=width - 50)
        figure = self._lines(str(self.pages[anchor][0]) if self.pages else "000", number, width=40)[0]
        height = style.leading * len(lines) + 2

        def paint(canvas: Canvas, left: float, top: float) -> None:
            _below_each_other([_line(line, style, width=width) for line in lines])(canvas, left, top)
            base = top - (len(lines) - 1) * style.leading - baseline(style)
            dotted(canvas, left + lines[-1].width + 6, end=left + width - figure.width - 6, y=base)
            draw(canvas, figure, style=number, x=left + width - 40, y=base, width=40)
            canvas.linkRect("", anchor, (left, top - height, left + width, top), relative=0, Border="[0 0 0]")

        return Strip(height, paint)


def _line(line: Line, style: Style, *, width: float, x: float = 0.0, keep: bool = False) -> Strip:
    def paint(canvas: Canvas, left: float, top: float) -> None:
        draw(canvas, line, style=style, x=left + x, y=top - baseline(style), width=width - x)

    return Strip(style.leading, paint, keep=keep)


def _leads(block: Block, follower: Block | None) -> bool:
    """Whether a block introduces the one after it and must not be left alone at the foot of a page."""
    if isinstance(block, Blank) and isinstance(follower, Blank):
        return block.lines == follower.lines == 1
    if isinstance(block, Blank) and isinstance(follower, Paragraph):
        return follower.role == "note"
    if isinstance(block, Paragraph) and isinstance(follower, Paragraph):
        return block.role == follower.role == "note" and bool(follower.label)
    introduces = isinstance(block, Paragraph) and len(block.text) < INTRODUCTION
    return introduces and isinstance(
        follower, Table | Pairs | Points | Commands | Matrix | Gallery | Chart | Drawing | Blank
    )


def _held(strips: list[Strip]) -> list[Strip]:
    """Keeps the first two and the last two lines of a paragraph together."""
    last = len(strips) - 1
    held = {0, last - 1} - {last}
    return [replace(strip, keep=strip.keep or index in held) for index, strip in enumerate(strips)]


def _boxed(strips: Sequence[Strip], width: float, *, edge: float = 10.0) -> Iterator[Strip]:
    """Puts strips on a tinted ground without gaps."""
    for index, strip in enumerate(strips):
        above = edge if index == 0 else strip.before
        height = above + strip.height + (edge if index + 1 == len(strips) else 0.0)
        ground = partial(_paint_ground, width=width, height=height)
        paint = _together([ground, _lowered(strip.draw, above, x=INDENT)])
        yield Strip(height, paint, before=8.0 if index == 0 else 0.0, keep=strip.keep)


def _paint_ground(canvas: Canvas, left: float, top: float, *, width: float, height: float) -> None:
    fill(canvas, (left, top - height, width, height + 0.2), colour=TINT)


def _together(draws: Sequence[Draw]) -> Draw:
    def paint(canvas: Canvas, left: float, top: float) -> None:
        for one in draws:
            one(canvas, left, top)

    return paint


def _lowered(one: Draw, drop: float, *, x: float = 0.0) -> Draw:
    return lambda canvas, left, top: one(canvas, left + x, top - drop)


def _below_each_other(strips: Sequence[Strip]) -> Draw:
    return _together([_lowered(strip.draw, index * strip.height) for index, strip in enumerate(strips)])


def _underline(
    canvas: Canvas, left: float, top: float, *, width: float, weight: float, colour: int, drop: float, x: float = 0.0
) -> None:
    rule(canvas, (left + x, top - drop, width), weight=weight, colour=colour)


def _drawn_size(made: Thumbnail, box: tuple[float, float]) -> tuple[float, float]:
    """Gives the printed size of a picture within a box, in points; it is never enlarged."""
    scale = min(box[0] / made.width, box[1] / made.height, 1.0)
    return made.width * scale, made.height * scale


def _paint_picture(
    canvas: Canvas,
    left: float,
    top: float,
    *,
    made: Thumbnail | None,
    caption: Sequence[Strip],
    box: tuple[float, float],
    is_framed: bool = False,
) -> None:
    """Draws a small picture with its caption, or a text on a tinted ground in its place."""
    width, height = box
    if made is None:
        fill(canvas, (left, top - height, width, height), colour=TINT)
        drop = (height - sum(strip.height for strip in caption)) / 2
    else:
        from reportlab.lib.utils import ImageReader

        drawn = _drawn_size(made, box)
        image = ImageReader(io.BytesIO(made.data))
        corner = (left + (width - drawn[0]) / 2, top - drawn[1])
        canvas.drawImage(image, *corner, *drawn)
        if is_framed:
            frame(canvas, (*corner, *drawn))
        drop = drawn[1] + 2
    _below_each_other(caption)(canvas, left + CAPTION_INSET, top - drop)
