"""Writes drawings as inline SVG: lines, frames and words, nothing that runs or is fetched."""

from __future__ import annotations

import math
from html import escape

from forensics.reporter.blocks import Drawing, DrawnBox, DrawnLine, DrawnText, Shape

HEAD = 5.0
"""Length of the head of an arrow, in points."""


def drawing(block: Drawing) -> str:
    """Writes a drawing with its caption."""
    shapes = "".join(map(_shape, block.shapes))
    box = f'viewBox="0 0 {block.width:.1f} {block.height:.1f}"'
    caption = f"<figcaption>{escape(block.caption)}</figcaption>" if block.caption else ""
    return f'<figure class="drawing"><svg {box} role="img">{shapes}</svg>{caption}</figure>'


def _shape(shape: Shape) -> str:
    if isinstance(shape, DrawnBox):
        size = f'width="{shape.width:.1f}" height="{shape.height:.1f}"'
        return f'<rect x="{shape.x:.1f}" y="{shape.y:.1f}" {size} fill="#fff" stroke="#1b1f24" stroke-width="0.8"/>'
    if isinstance(shape, DrawnText):
        look = f'font-size="{shape.size:.1f}" fill="#1b1f24"' + (' font-weight="700"' if shape.is_bold else "")
        anchor = ' text-anchor="middle"' if shape.align == "center" else ""
        return f'<text x="{shape.x:.1f}" y="{shape.y:.1f}" {look}{anchor}>{escape(shape.text)}</text>'
    return _line(shape)


def _line(line: DrawnLine) -> str:
    (x, y), (end_x, end_y) = line.start, line.end
    dash = ' stroke-dasharray="3 2.4"' if line.is_broken else ""
    drawn = (
        f'<path d="M{x:.1f} {y:.1f}L{end_x:.1f} {end_y:.1f}" fill="none" stroke="#1b1f24" stroke-width="0.8"{dash}/>'
    )
    if not line.is_arrow:
        return drawn
    points = " ".join(f"{one:.1f},{other:.1f}" for one, other in head(line))
    return drawn + f'<polygon points="{points}" fill="#1b1f24"/>'


def head(line: DrawnLine) -> tuple[tuple[float, float], ...]:
    """Gives the three corners of the head of an arrow; the first is its point."""
    (x, y), (end_x, end_y) = line.start, line.end
    way = math.atan2(end_y - y, end_x - x)
    back = [(end_x - HEAD * math.cos(way + turn), end_y - HEAD * math.sin(way + turn)) for turn in (0.4, -0.4)]
    return (line.end, *back)
