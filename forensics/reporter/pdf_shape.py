"""The few shapes and colours that reports are drawn with beside text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

INK, GREY, ACCENT, RULE, TINT = 0x1B1F24, 0x58626E, 0x23405C, 0xC9CFD6, 0xF2F4F6
"""Colours: text, secondary text, headings, hairlines, ground of boxes. All texts keep a contrast of 4.5 on white and
on that ground. *Source:* WCAG 2.1, success criterion 1.4.3."""


def colours(value: int) -> tuple[float, float, float]:
    """Gives red, green and blue, 0 to 1, of 0xRRGGBB."""
    return (value >> 16) / 255, (value >> 8 & 0xFF) / 255, (value & 0xFF) / 255


def fill(canvas: Canvas, box: tuple[float, float, float, float], *, colour: int) -> None:
    """Fills a rectangle: x and y of its lower left corner, width and height, in points."""
    canvas.setFillColorRGB(*colours(colour))
    canvas.rect(*box, stroke=0, fill=1)


def frame(canvas: Canvas, box: tuple[float, float, float, float]) -> None:
    """Draws a hairline around a rectangle: x and y of its lower left corner, width and height, in points."""
    canvas.setStrokeColorRGB(*colours(RULE))
    canvas.setLineWidth(0.5)
    canvas.rect(*box, stroke=1, fill=0)


def rule(canvas: Canvas, start: tuple[float, float, float], *, weight: float = 0.35, colour: int = RULE) -> None:
    """Draws a horizontal line: x and y of its left end and its length, in points."""
    x, y, length = start
    canvas.setStrokeColorRGB(*colours(colour))
    canvas.setLineWidth(weight)
    canvas.line(x, y, x + length, y)


def dotted(canvas: Canvas, start: float, *, end: float, y: float) -> None:
    """Draws the dots between an entry and its page number."""
    canvas.setStrokeColorRGB(*colours(RULE))
    canvas.setLineWidth(0.7)
    canvas.setDash(0.7, 3)
    canvas.line(start, y + 1, max(start, end), y + 1)
    canvas.setDash()


def stretches(row: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Gives the start and length of each run of dark modules."""
    start = None
    for index, dark in enumerate((*row, False)):
        if dark and start is None:
            start = index
        elif not dark and start is not None:
            yield start, index - start
            start = None
