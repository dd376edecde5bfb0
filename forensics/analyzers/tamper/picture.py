"""Draws the areas that agree into a small copy of the picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from forensics.analyzers.tamper.repeat import Repeat

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_PX = 1200
MOST_PAIRS = 9
_COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#000000", "#ffffff")
"""*Source:* Okabe & Ito, colours that people with colour blindness tell apart."""


def drawn(bgr: NDArray[np.uint8], repeats: Sequence[Repeat]) -> io.BytesIO:
    """Gives a PNG in which the two areas of each pair have frames of one colour, with its number."""
    from PIL import Image, ImageDraw, ImageFont

    factor = min(1.0, LONGEST_PX / max(bgr.shape[:2]))
    image = Image.fromarray(bgr[..., ::-1].copy())
    image = image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(18)
    for number, one in enumerate(repeats[:MOST_PAIRS], 1):
        for side, (left, top, width, height) in zip("ab", (one.first, one.second), strict=True):
            place = [left * factor, top * factor, (left + width) * factor, (top + height) * factor]
            pen.rectangle(place, outline=_COLOURS[number - 1], width=3)
            pen.text((place[0] + 4, place[1] + 2), f"{number}{side}", fill=_COLOURS[number - 1], font=font)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    stream.seek(0)
    return stream
