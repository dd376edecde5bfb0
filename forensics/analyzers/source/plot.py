"""The plot of time: which moment of the original each moment of the questioned clip shows, and what was measured."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from forensics.analyzers.source.footage import Reel
from forensics.analyzers.source.measure import Outcome
from forensics.analyzers.source.statistic import Sample
from forensics.analyzers.source.timeline import Timeline
from forensics.errors import UsageError

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

_SIZE = (960, 640)
_LEFT, _RIGHT = 70, 20
_UPPER = (20, 300)
_LOWER = (350, 600)
_INK, _PALE = (20, 20, 20), (205, 205, 205)
_BLUE, _RED, _GREEN = (30, 80, 190), (200, 40, 40), (30, 140, 60)
_TICKS = 5


def timeline_plot(outcome: Outcome) -> bytes:
    """Draws the plot as a PNG picture.

    Above: time in the questioned clip (across) and in the original (up), one dot for each frame that lies on a frame.
    Below: correlation of structure outside the faces (blue), inside each face (red), and the cosine of face measures
    (green), each -0.2 to 1, over the time of the questioned clip.

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
    _measurements(pen, outcome.samples, across=across)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def _matches(pen: ImageDraw, timeline: Timeline, reels: tuple[Reel, Reel], *, across: tuple[float, float]) -> None:
    first, second = reels
    matched = [(first.times_s[i], second.times_s[j]) for i, j in enumerate(timeline.matches) if j >= 0]
    up = (min((one[1] for one in matched), default=0.0), max((one[1] for one in matched), default=1.0))
    _frame(pen, across, (float(up[0]), float(up[1])), rows=_UPPER)
    for x, y in matched:
        _dot(pen, _place(float(x), across, (_LEFT, _SIZE[0] - _RIGHT)), _up(float(y), up, _UPPER), _INK)


def _measurements(pen: ImageDraw, samples: Sequence[Sample], *, across: tuple[float, float]) -> None:
    up = (-0.2, 1.0)
    _frame(pen, across, up, rows=_LOWER)
    for sample in samples:
        x = _place(sample.times_s[0], across, (_LEFT, _SIZE[0] - _RIGHT))
        _dot(pen, x, _up(sample.blocks.correlation(), up, _LOWER), _BLUE, radius=3)
        for face in sample.faces:
            _dot(pen, x, _up(face.structure, up, _LOWER), _RED, radius=3)
            if face.similarity is not None:
                _dot(pen, x, _up(face.similarity, up, _LOWER), _GREEN, radius=3)


def _span(reel: Reel) -> tuple[float, float]:
    return float(reel.times_s[0]), float(max(reel.times_s[-1], reel.times_s[0] + 0.1))


def _frame(pen: ImageDraw, across: tuple[float, float], up: tuple[float, float], *, rows: tuple[int, int]) -> None:
    pen.rectangle((_LEFT, rows[0], _SIZE[0] - _RIGHT, rows[1]), outline=_INK)
    for number in range(_TICKS + 1):
        share = number / _TICKS
        x = _LEFT + share * (_SIZE[0] - _RIGHT - _LEFT)
        y = rows[1] - share * (rows[1] - rows[0])
        pen.line((x, rows[0], x, rows[1]), fill=_PALE)
        pen.line((_LEFT, y, _SIZE[0] - _RIGHT, y), fill=_PALE)
        pen.text((x - 14, rows[1] + 6), f"{across[0] + share * (across[1] - across[0]):.2f}", fill=_INK)
        pen.text((12, y - 6), f"{up[0] + share * (up[1] - up[0]):.2f}", fill=_INK)


def _dot(pen: ImageDraw, x: float, y: float, colour: tuple[int, int, int], *, radius: int = 1) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _place(value: float, span: tuple[float, float], columns: tuple[int, int]) -> float:
    share = (value - span[0]) / max(span[1] - span[0], 1e-9)
    return columns[0] + min(1.0, max(0.0, share)) * (columns[1] - columns[0])


def _up(value: float, span: tuple[float, float], rows: tuple[int, int]) -> float:
    return _place(value, (float(span[0]), float(span[1])), (rows[1], rows[0]))
