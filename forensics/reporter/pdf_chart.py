"""Draws charts as strips: rows of bars and marks over one axis, with names before and numbers behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from forensics.reporter.blocks import Chart, Lane
from forensics.reporter.pdf_shape import GREY, TINT, fill
from forensics.reporter.pdf_strip import Strip
from forensics.reporter.pdf_table import Grid, baseline
from forensics.reporter.pdf_text import Line, Span, Style, draw

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

NAME_SHARE, TEXT_SHARE = 0.28, 0.26
"""Shares of the width for the names before the bars and the numbers behind them."""

BAR, BAR_STRONG, MARK_STRONG = 0x8FA3B8, 0xD9A38A, 0xA63C14
"""Colours of bars, of the bars of what was measured here, and of its marks. The last has a contrast of 6 on white."""

BAR_HEIGHT, MARK_HEIGHT, MARK_WIDTH = 6.0, 10.0, 2.0
"""Sizes of bars and marks, in points."""

KEPT_LANES = 24
"""Most rows that are kept together on a page."""


def chart_strips(chart: Chart, width: float, *, grid: Grid) -> Iterator[Strip]:
    """Gives a strip for each row of a chart, one for its axis, and the lines of its caption."""
    held = len(chart.lanes) <= KEPT_LANES
    for index, lane in enumerate(chart.lanes):
        strip = _row(lane, chart, width, grid=grid)
        yield replace(strip, before=7.0 if index == 0 else 0.0, keep=held or index + 2 >= len(chart.lanes))
    style = replace(grid.style(7.2, colour=GREY), leading=10.6)
    lines = grid.setter.lines((Span(chart.caption),), style, width=width) if chart.caption else ()
    yield _axis(chart, width, grid=grid, keep=bool(lines))
    for index, line in enumerate(lines):
        yield _text(line, style, width=width, keep=index + 1 < len(lines))


def _row(lane: Lane, chart: Chart, width: float, *, grid: Grid) -> Strip:
    look = replace(grid.style(8.0, bold=lane.is_strong), leading=11.0)
    numbers = replace(look, size=7.6)
    before, behind = width * NAME_SHARE, width * TEXT_SHARE
    across = width - before - behind
    names = grid.setter.lines((Span(lane.label, bold=lane.is_strong),), look, width=before - 8)
    texts = grid.setter.lines((Span(lane.text, bold=lane.is_strong),), numbers, width=behind - 8)
    height = max(len(names), len(texts), 1) * look.leading + 3

    def paint(canvas: Canvas, left: float, top: float) -> None:
        middle = top - height / 2
        _lines(canvas, names, look, (left, middle, before - 8))
        _lines(canvas, texts, numbers, (left + before + across + 8, middle, behind - 8))
        fill(canvas, (left + before, middle - MARK_HEIGHT / 2, across, MARK_HEIGHT), colour=TINT)
        _bars(canvas, lane, chart, (left + before, middle, across))

    return Strip(height, paint)


def _bars(canvas: Canvas, lane: Lane, chart: Chart, place: tuple[float, float, float]) -> None:
    x, y, across = place
    for start, end in lane.stretches:
        first = chart.share(start) * across
        long = max(chart.share(end) * across - first, 0.8)
        colour = BAR_STRONG if lane.is_strong else BAR
        fill(canvas, (x + first, y - BAR_HEIGHT / 2, long, BAR_HEIGHT), colour=colour)
    for mark in lane.marks:
        at = min(max(chart.share(mark) * across - MARK_WIDTH / 2, 0.0), across - MARK_WIDTH)
        colour = MARK_STRONG if lane.is_strong else GREY
        fill(canvas, (x + at, y - MARK_HEIGHT / 2, MARK_WIDTH, MARK_HEIGHT), colour=colour)


def _axis(chart: Chart, width: float, *, grid: Grid, keep: bool) -> Strip:
    before, across = width * NAME_SHARE, width * (1 - NAME_SHARE - TEXT_SHARE)
    style = replace(grid.style(7.0, colour=GREY), leading=10.0)
    ticks = [grid.setter.lines((Span(tick),), style, width=across)[0] for tick in chart.ticks]
    last = max(len(ticks) - 1, 1)

    def paint(canvas: Canvas, left: float, top: float) -> None:
        for index, line in enumerate(ticks):
            room = across - line.width
            x = left + before + min(max(across * index / last - line.width / 2, 0.0), room)
            draw(canvas, line, style=style, x=x, y=top - baseline(style), width=line.width + 2)

    return Strip(12.0, paint, keep=keep)


def _lines(canvas: Canvas, lines: Sequence[Line], style: Style, place: tuple[float, float, float]) -> None:
    """Draws lines that are centred on a height."""
    x, middle, width = place
    top = middle + len(lines) * style.leading / 2
    for index, line in enumerate(lines):
        draw(canvas, line, style=style, x=x, y=top - index * style.leading - baseline(style), width=width)


def _text(line: Line, style: Style, *, width: float, keep: bool) -> Strip:
    def paint(canvas: Canvas, left: float, top: float) -> None:
        draw(canvas, line, style=style, x=left, y=top - baseline(style), width=width)

    return Strip(style.leading, paint, keep=keep)
