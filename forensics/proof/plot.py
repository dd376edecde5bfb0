"""Draws curves as PNG pictures: the same points give the same pixels, whatever fonts are installed."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

SIDE_PX = (640, 480)
_MARGINS_PX = (64, 40, 24, 56)
"""Left, top, right, bottom: room for figures, title and axis."""

_INK, _GRID, _PAPER = (32, 32, 32), (216, 216, 216), (255, 255, 255)
_COLOURS = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (120, 120, 120))
"""*Source:* Okabe & Ito's palette, which people with colour blindness can tell apart."""

_TICKS, _TICKS_ABOUT_0 = 5, 4
"""Parts of an axis; of one from -a to a an even number, so that 0 is among the figures."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """A named line of points; points that are not finite are left out."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Axes:
    """What a chart shows, and from where to where."""

    title: str
    x_name: str
    y_name: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def place(self, point: Point) -> Point:
        """Gives where a point lies, in pixels; what lies outside the ranges lies on the edge."""
        left, top, right, bottom = _MARGINS_PX
        width, height = SIDE_PX[0] - left - right, SIDE_PX[1] - top - bottom
        x, y = (_share(value, ends) for value, ends in zip(point, (self.x_range, self.y_range), strict=True))
        return left + x * width, top + (1 - y) * height


def _share(value: float, ends: tuple[float, float]) -> float:
    return min(max((value - ends[0]) / (ends[1] - ends[0]), 0.0), 1.0)


def roc_chart(curves: Sequence[Curve], *, title: str = "ROC") -> bytes:
    """Draws ROC curves: points of (false-positive rate, true-positive rate)."""
    chance = Curve("chance", ((0.0, 0.0), (1.0, 1.0)))
    axes = Axes(title, "false-positive rate", "true-positive rate", (0, 1), (0, 1))
    return draw(axes, (*curves, chance))


def tippett_chart(steps: Sequence[tuple[float, float, float]], *, title: str = "Tippett") -> bytes:
    """Draws Tippett curves from what `roc.tippett_curves` gives."""
    h1 = Curve("H1 true", tuple((value, share) for value, share, _ in steps))
    h2 = Curve("H2 true", tuple((value, share) for value, _, share in steps))
    finite = [abs(value) for value, *_ in steps if math.isfinite(value)]
    reach = math.ceil(max(finite, default=1.0)) or 1
    axes = Axes(title, "log10 LR at least", "share of trials", (-reach, reach), (0, 1))
    return draw(axes, (h1, h2))


def entropy_chart(curves: Sequence[Curve], *, title: str = "Empirical cross-entropy") -> bytes:
    """Draws curves of (prior log10 odds, bits)."""
    points = [point for curve in curves for point in curve.points]
    reach = math.ceil(max((abs(x) for x, _ in points), default=1.0)) or 1
    top = max([1.0, *(min(y, 2.0) for _, y in points)])
    return draw(Axes(title, "prior log10 odds", "bits", (-reach, reach), (0, top)), curves)


def draw(axes: Axes, curves: Sequence[Curve]) -> bytes:
    """Draws curves into one chart, as PNG without any metadata."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", SIDE_PX, _PAPER)
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default_imagefont()
    _draw_axes(pen, font, axes)
    _write_upright(image, font, axes.y_name)
    for index, curve in enumerate(curves):
        colour = _COLOURS[index % len(_COLOURS)]
        points = [axes.place(point) for point in curve.points if all(map(math.isfinite, point))]
        if len(points) > 1:
            pen.line(points, fill=colour, width=2)
        x, y = SIDE_PX[0] - 130 * (len(curves) - index), 14
        pen.line([(x, y + 6), (x + 20, y + 6)], fill=colour, width=2)
        pen.text((x + 26, y), _plain(curve.name), fill=_INK, font=font)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def _draw_axes(pen: ImageDraw.ImageDraw, font: ImageFont.ImageFont, axes: Axes) -> None:
    left, top, right, bottom = _MARGINS_PX
    for x in _ticks(axes.x_range):
        across, _ = axes.place((x, axes.y_range[0]))
        pen.line([(across, top), (across, SIDE_PX[1] - bottom)], fill=_GRID)
        pen.text((across - 10, SIDE_PX[1] - bottom + 6), f"{x:.3g}", fill=_INK, font=font)
    for y in _ticks(axes.y_range):
        _, down = axes.place((axes.x_range[0], y))
        pen.line([(left, down), (SIDE_PX[0] - right, down)], fill=_GRID)
        pen.text((left - 40, down - 6), f"{y:.3g}", fill=_INK, font=font)
    pen.rectangle([(left, top), (SIDE_PX[0] - right, SIDE_PX[1] - bottom)], outline=_INK)
    pen.text((left, top - 24), _plain(axes.title), fill=_INK, font=font)
    pen.text((SIDE_PX[0] // 2 - 60, SIDE_PX[1] - bottom + 28), _plain(axes.x_name), fill=_INK, font=font)


def _ticks(ends: tuple[float, float]) -> list[float]:
    parts = _TICKS_ABOUT_0 if ends[0] < 0 else _TICKS
    return [ends[0] + (ends[1] - ends[0]) * tick / parts for tick in range(parts + 1)]


def _write_upright(image: Image.Image, font: ImageFont.ImageFont, text: str) -> None:
    from PIL import Image, ImageDraw

    strip = Image.new("RGB", (160, 14), _PAPER)
    ImageDraw.Draw(strip).text((0, 0), _plain(text), fill=_INK, font=font)
    image.paste(strip.transpose(Image.Transpose.ROTATE_90), (4, SIDE_PX[1] // 2 - 80))


def _plain(text: str) -> str:
    """Gives a text as the font has it: characters outside Latin-1 become question marks."""
    return text.encode("latin-1", "replace").decode("latin-1")
