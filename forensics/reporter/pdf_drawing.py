"""Draws drawings in the PDF: one strip for the figure, and the lines of its caption."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from forensics.reporter.blocks import Drawing, DrawnBox, DrawnLine, DrawnText
from forensics.reporter.html_drawing import head
from forensics.reporter.pdf_shape import GREY, INK, colours
from forensics.reporter.pdf_strip import Strip
from forensics.reporter.pdf_table import Grid, baseline
from forensics.reporter.pdf_text import Line, Span, Style, draw

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

WEIGHT = 0.8
"""Weight of lines and frames, in points."""

DASH = (3, 2.4)
"""Lengths of the dashes of a broken line and of what is between them, in points."""


def drawing_strips(block: Drawing, width: float, *, grid: Grid) -> Iterator[Strip]:
    """Gives a strip for the figure, which stays on one page, and one for each line of its caption."""
    style = replace(grid.style(7.2, colour=GREY), leading=10.6)
    caption = grid.setter.lines((Span(block.caption),), style, width=width) if block.caption else ()

    def paint(canvas: Canvas, left: float, top: float) -> None:
        for shape in block.shapes:
            if isinstance(shape, DrawnBox):
                _box(canvas, shape, left=left, top=top)
            elif isinstance(shape, DrawnLine):
                _line(canvas, shape, left=left, top=top)
            else:
                _text(canvas, shape, grid, place=(left, top))

    yield Strip(block.height + 4, paint, before=6.0, keep=bool(caption))
    for index, line in enumerate(caption):
        yield _caption(line, style, width=width, keep=index + 1 < len(caption))


def _caption(line: Line, style: Style, *, width: float, keep: bool) -> Strip:
    def paint(canvas: Canvas, left: float, top: float) -> None:
        draw(canvas, line, style=style, x=left, y=top - baseline(style), width=width)

    return Strip(style.leading, paint, keep=keep)


def _box(canvas: Canvas, box: DrawnBox, *, left: float, top: float) -> None:
    canvas.setStrokeColorRGB(*colours(INK))
    canvas.setFillColorRGB(1, 1, 1)
    canvas.setLineWidth(WEIGHT)
    canvas.rect(left + box.x, top - box.y - box.height, box.width, box.height, stroke=1, fill=1)


def _line(canvas: Canvas, line: DrawnLine, *, left: float, top: float) -> None:
    canvas.setStrokeColorRGB(*colours(INK))
    canvas.setLineWidth(WEIGHT)
    if line.is_broken:
        canvas.setDash(*DASH)
    (x, y), (end_x, end_y) = line.start, line.end
    canvas.line(left + x, top - y, left + end_x, top - end_y)
    canvas.setDash()
    if line.is_arrow:
        path = canvas.beginPath()
        first, *others = [(left + one, top - other) for one, other in head(line)]
        path.moveTo(*first)
        for corner in others:
            path.lineTo(*corner)
        path.close()
        canvas.setFillColorRGB(*colours(INK))
        canvas.drawPath(path, stroke=0, fill=1)


def _text(canvas: Canvas, text: DrawnText, grid: Grid, *, place: tuple[float, float]) -> None:
    style = grid.style(text.size, bold=text.is_bold)
    line = grid.setter.lines((Span(text.text, bold=text.is_bold),), style, width=10_000.0)[0]
    x = place[0] + text.x - (line.width / 2 if text.align == "center" else 0.0)
    draw(canvas, line, style=style, x=x, y=place[1] - text.y, width=line.width)
