"""The picture of tracks over time: a row for each track, a bar for each stretch in which the face is seen."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from forensics.faces.table import Table, TrackRow

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

_WIDTH_PX, _ROW_PX = 960, 18
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 24, 34, 30
_TICKS = 6
_INK, _GRID, _PAPER = (32, 32, 32), (216, 216, 216), (255, 255, 255)
_SUITABLE, _OTHER, _BEST = (0, 114, 178), (150, 150, 150), (213, 94, 0)
"""*Source:* Okabe & Ito's palette, which people with colour blindness can tell apart."""

MOST_ROWS = 60
"""Tracks that are drawn, the first to begin; the table has all."""


def timeline(table: Table) -> bytes:
    """Draws the tracks of a clip as a PNG picture without metadata.

    A bar reaches from the first to the last sighting of a stretch: blue where the face is seen well enough to be
    compared in one frame of the track at least, else grey. Orange marks are the frames that were kept.
    """
    from PIL import Image, ImageDraw, ImageFont

    rows = table.tracks[:MOST_ROWS]
    end_s = max([table.duration_s or 0.0, 0.2, *(one.end_s for one in rows)])
    height = _TOP + _ROW_PX * len(rows) + _BOTTOM
    image = Image.new("RGB", (_WIDTH_PX, height), _PAPER)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default_imagefont()
    _axis(pen, font, end_s=end_s, height=height)
    _legend(pen, font, left_out=len(table.tracks) - len(rows))
    for number, track in enumerate(rows):
        _row(pen, font, track, top=_TOP + _ROW_PX * number, end_s=end_s)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def _place(time_s: float, end_s: float) -> float:
    return _LEFT + (_WIDTH_PX - _LEFT - _RIGHT) * min(1.0, max(0.0, time_s / end_s))


def _axis(pen: ImageDraw.ImageDraw, font: ImageFont.ImageFont, *, end_s: float, height: int) -> None:
    for tick in range(_TICKS + 1):
        time_s = end_s * tick / _TICKS
        x = _place(time_s, end_s)
        pen.line([(x, _TOP - 4), (x, height - _BOTTOM + 2)], fill=_GRID)
        pen.text((x - 14, height - _BOTTOM + 8), f"{time_s:.1f} s", fill=_INK, font=font)


def _legend(pen: ImageDraw.ImageDraw, font: ImageFont.ImageFont, *, left_out: int) -> None:
    entries = [(_SUITABLE, "suitable"), (_OTHER, "not suitable"), (_BEST, "kept frame")]
    for number, (colour, name) in enumerate(entries):
        x = _LEFT + 140 * number
        pen.rectangle((x, 10, x + 14, 18), fill=colour)
        pen.text((x + 20, 8), name, fill=_INK, font=font)
    if left_out > 0:
        pen.text((_LEFT + 460, 8), f"+ {left_out}: faces.json", fill=_INK, font=font)


def _row(pen: ImageDraw.ImageDraw, font: ImageFont.ImageFont, track: TrackRow, *, top: int, end_s: float) -> None:
    pen.text((16, top + 3), track.id, fill=_INK, font=font)
    colour = _SUITABLE if track.is_suitable else _OTHER
    for start_s, last_s in track.ranges_s:
        left, right = _place(start_s, end_s), _place(last_s, end_s)
        pen.rectangle((left, top + 4, max(left + 2, right), top + _ROW_PX - 5), fill=colour)
    for one in track.best:
        x = _place(one.time_s, end_s)
        pen.line([(x, top + 2), (x, top + _ROW_PX - 3)], fill=_BEST, width=2)
