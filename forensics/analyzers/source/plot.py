"""The plot of time: which moment of the original each moment of the questioned clip shows, and what was measured."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from forensics.analyzers.source.footage import Reel
from forensics.analyzers.source.measure import FaceResult, Outcome
from forensics.analyzers.source.statistic import Sample
from forensics.analyzers.source.timeline import Timeline
from forensics.errors import UsageError

if TYPE_CHECKING:
    from PIL import ImageFont
    from PIL.ImageDraw import ImageDraw

_SIZE = (1000, 760)
_LEFT, _RIGHT = 80, 30
_UPPER = (40, 330)
_LOWER = (430, 700)
_INK, _PALE, _SHADE = (20, 20, 20), (215, 215, 215), (250, 232, 232)
_BLUE, _RED, _GREEN = (30, 80, 190), (200, 40, 40), (30, 140, 60)
_VALUES = (-0.2, 1.0)
_TICKS = 8
_STEPS = (1.0, 2.0, 5.0, 10.0)
_DASH_PX = 8


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Gives the font of what is drawn; it has the letters of ids and numbers."""
    from PIL import ImageFont

    return ImageFont.load_default(size=size)


def timeline_plot(outcome: Outcome, *, called: tuple[str, str], face: FaceResult | None) -> bytes:
    """Draws the plot as a PNG picture.

    Above: time in the questioned clip (across) and in the original (up), one dot for each frame that lies on a frame.
    Below: correlation of structure outside the faces (blue), inside each face (red), and the cosine of face measures
    (green), over the time of the questioned clip; dashed lines are what the control of the leading face gives, and its
    differing stretch is shaded. Other faces have hollow dots.

    Args:
        outcome: The comparison of two clips.
        called: What the questioned clip and the original are called.
        face: The leading face; None where there is none.

    Raises:
        UsageError: Stills were compared, which have no time.
    """
    from PIL import Image, ImageDraw

    if outcome.reels is None or outcome.timeline is None:
        raise UsageError("there is no time to be plotted")
    across = _span(outcome.reels[0])
    picture = Image.new("RGB", _SIZE, (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    _matches(pen, outcome.timeline, outcome.reels, across=across)
    _measurements(pen, outcome.samples, across=across, face=face)
    pen.text((_LEFT, _UPPER[0] - 30), f"{called[1]} [s]", fill=_INK, font=font(16))
    for rows in (_UPPER, _LOWER):
        pen.text((_SIZE[0] - _RIGHT, rows[1] + 26), f"{called[0]} [s]", fill=_INK, font=font(16), anchor="ra")
    _legend(pen)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def _matches(pen: ImageDraw, timeline: Timeline, reels: tuple[Reel, Reel], *, across: tuple[float, float]) -> None:
    first, second = reels
    matched = [(float(first.times_s[i]), float(second.times_s[j])) for i, j in enumerate(timeline.matches) if j >= 0]
    low = min((one[1] for one in matched), default=0.0)
    up = (low, max(max((one[1] for one in matched), default=1.0), low + 0.1))
    _frame(pen, across, up, rows=_UPPER)
    for x, y in matched:
        _dot(pen, _across(x, across), _up(y, up, _UPPER), _INK, radius=2)


def _measurements(
    pen: ImageDraw, samples: Sequence[Sample], *, across: tuple[float, float], face: FaceResult | None
) -> None:
    if face is not None and face.stretch_s is not None:
        ends = [_across(one, across) for one in face.stretch_s]
        pen.rectangle((ends[0] - 4, _LOWER[0], ends[1] + 4, _LOWER[1]), fill=_SHADE)
    _frame(pen, across, _VALUES, rows=_LOWER)
    if face is not None and face.control is not None:
        _dashed(pen, _up(face.control.structure.median, _VALUES, _LOWER), _RED)
        if face.control.similarity is not None:
            _dashed(pen, _up(face.control.similarity.median, _VALUES, _LOWER), _GREEN)
    led = {id(one) for _, one in face.track.samples} if face is not None else set()
    for sample in samples:
        x = _across(sample.times_s[0], across)
        _dot(pen, x, _up(sample.blocks.correlation(), _VALUES, _LOWER), _BLUE)
        for one in sample.faces:
            _dot(pen, x, _up(one.structure, _VALUES, _LOWER), _RED, is_hollow=id(one) not in led)
            if one.similarity is not None:
                _dot(pen, x, _up(one.similarity, _VALUES, _LOWER), _GREEN, is_hollow=id(one) not in led)


def _legend(pen: ImageDraw) -> None:
    """Names the colours by the names of the values."""
    x, y = _LEFT, _LOWER[0] - 24
    for name, colour in (("structure_outside", _BLUE), ("structure_inside", _RED), ("identity_cosine", _GREEN)):
        _dot(pen, x + 6, y + 8, colour)
        pen.text((x + 18, y), name, fill=_INK, font=font(15))
        x += 190
    for step in range(3):
        pen.line((x + step * 2 * _DASH_PX, y + 8, x + (2 * step + 1) * _DASH_PX, y + 8), fill=_INK, width=2)
    pen.text((x + 52, y), "control", fill=_INK, font=font(15))


def _span(reel: Reel) -> tuple[float, float]:
    return float(reel.times_s[0]), float(max(reel.times_s[-1], reel.times_s[0] + 0.1))


def _frame(pen: ImageDraw, across: tuple[float, float], up: tuple[float, float], *, rows: tuple[int, int]) -> None:
    right = _SIZE[0] - _RIGHT
    for value, text in _ticks(across):
        x = _across(value, across)
        pen.line((x, rows[0], x, rows[1]), fill=_PALE)
        pen.text((x, rows[1] + 6), text, fill=_INK, font=font(14), anchor="ma")
    for value, text in _ticks(up):
        y = _up(value, up, rows)
        pen.line((_LEFT, y, right, y), fill=_PALE)
        pen.text((_LEFT - 8, y), text, fill=_INK, font=font(14), anchor="rm")
    pen.rectangle((_LEFT, rows[0], right, rows[1]), outline=_INK)


def _ticks(span: tuple[float, float]) -> Iterator[tuple[float, str]]:
    """Gives round values within a span, `_TICKS` at most, with their text."""
    rough = (span[1] - span[0]) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(one for one in _STEPS if one * power >= rough * (1 - 1e-9))
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    number = math.ceil(span[0] / step - 1e-9)
    while number * step <= span[1] + 1e-9:
        yield number * step, f"{number * step + 0.0:.{digits}f}"
        number += 1


def _dashed(pen: ImageDraw, y: float, colour: tuple[int, int, int]) -> None:
    for x in range(_LEFT, _SIZE[0] - _RIGHT, 2 * _DASH_PX):
        pen.line((x, y, min(x + _DASH_PX, _SIZE[0] - _RIGHT), y), fill=colour, width=2)


def _dot(
    pen: ImageDraw, x: float, y: float, colour: tuple[int, int, int], *, radius: int = 4, is_hollow: bool = False
) -> None:
    box = (x - radius, y - radius, x + radius, y + radius)
    if is_hollow:
        pen.ellipse(box, outline=colour)
    else:
        pen.ellipse(box, fill=colour)


def _across(value: float, span: tuple[float, float]) -> float:
    return _place(value, span, (_LEFT, _SIZE[0] - _RIGHT))


def _up(value: float, span: tuple[float, float], rows: tuple[int, int]) -> float:
    return _place(value, span, (rows[1], rows[0]))


def _place(value: float, span: tuple[float, float], ends: tuple[int, int]) -> float:
    share = (value - span[0]) / max(span[1] - span[0], 1e-9)
    return ends[0] + min(1.0, max(0.0, share)) * (ends[1] - ends[0])
