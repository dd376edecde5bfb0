"""Ghost maps and error levels: how a picture differs from itself saved again, without any score."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forensics.analyzers.compression import picture, pixel
from forensics.analyzers.compression.look import Look
from forensics.errors import MediaError
from forensics.model import Artifact

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

QUALITIES = (50, 55, 60, 65, 70, 75, 80, 85, 90, 95)
"""Qualities of the panels. *Source:* Farid, IEEE Transactions on Information Forensics and Security 4 (2009), 154."""

_PANELS_ACROSS = 5
_BLUR_PX = 16
"""Side of the square over which differences are averaged, as in the paper."""

_LEVEL_QUALITY = 90
_LEVEL_GAIN = 15
"""Quality and gain of the error levels. *Source:* Krawetz, A Picture's Worth, Black Hat 2007, which saves at 90 to 95;
the gain makes a difference of 17 grey levels white."""

LEAST_SIDE_PX = 64
"""Smaller pictures have too few blocks to show anything."""


def maps(look: Look, content: bytes, luma: NDArray[np.uint8]) -> tuple[Artifact, ...]:
    """Makes the ghost map and the error levels of a JPEG picture, or of its middle where it is large.

    Args:
        look: The file.
        content: Its bytes.
        luma: Its luminance, shape (height, width).

    Raises:
        MediaError: The picture cannot be decoded.
    """
    colours = pixel.decode(content, "RGB")
    left, top, width, height = _middle(colours.shape[1], colours.shape[0], look.settings.map_pixels)
    part = colours[top : top + height, left : left + width]
    luma = luma[top : top + height, left : left + width]
    box, side_px = [left, top, width, height], look.settings.map_side_px
    ghosts = picture.keep(
        look.sink,
        _ghosts(luma, side_px // _PANELS_ACROSS),
        role="ghost-map",
        side_px=side_px,
        box_px=box,
        qualities=list(QUALITIES),
        panels_across=_PANELS_ACROSS,
    )
    levels = picture.keep(
        look.sink,
        _levels(part),
        role="error-level-map",
        side_px=side_px,
        box_px=box,
        quality=_LEVEL_QUALITY,
        gain=_LEVEL_GAIN,
    )
    return ghosts, levels


def _middle(width: int, height: int, pixels: int) -> tuple[int, int, int, int]:
    """Gives the middle part of a picture that has at most so many pixels, on its grid of blocks."""
    if width * height <= pixels:
        return 0, 0, width, height
    scale = math.sqrt(pixels / (width * height))
    across, down = (max(8, int(size * scale) // 8 * 8) for size in (width, height))
    return (width - across) // 2 // 8 * 8, (height - down) // 2 // 8 * 8, across, down


def _ghosts(luma: NDArray[np.uint8], panel_px: int) -> NDArray[np.uint8]:
    """Lays the differences from each saved copy side by side, dark where a copy differs least.

    Each place is scaled from its smallest to its largest difference over all qualities, as in the paper; what was saved
    at some quality before is darker than its surroundings in that panel.
    """
    import cv2
    import numpy as np

    longest = max(luma.shape)
    scale = min(1.0, panel_px / longest)
    height, width = (max(1, round(size * scale)) for size in luma.shape)
    differences = []
    for quality in QUALITIES:
        difference = cv2.absdiff(luma, _saved(luma, quality))
        blurred = cv2.sqrBoxFilter(difference, cv2.CV_32F, (_BLUR_PX, _BLUR_PX))
        differences.append(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_AREA))
    stack = np.stack(differences)
    low, high = stack.min(axis=0), stack.max(axis=0)
    panels = picture.spread((stack - low) / np.maximum(high - low, 1e-6), 0.0, 1.0)
    rows = [np.hstack(list(panels[at : at + _PANELS_ACROSS])) for at in range(0, len(panels), _PANELS_ACROSS)]
    return np.vstack(rows)


def _levels(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Gives the largest difference of the three colours from a copy saved at quality 90, times the gain."""
    import cv2
    import numpy as np

    difference = cv2.absdiff(colours, _saved(colours, _LEVEL_QUALITY)).max(axis=2)
    return np.asarray(np.minimum(difference.astype(np.uint16) * _LEVEL_GAIN, 255), np.uint8)


def _saved(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Saves pixels as JPEG and reads them again."""
    import cv2
    import numpy as np

    shown = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)  # noqa: PLR2004 -- grey
    is_written, content = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, quality])
    again = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if is_written else None
    if again is None:
        raise MediaError("a copy of the picture cannot be saved")
    return np.asarray(again if pixels.ndim == 2 else cv2.cvtColor(again, cv2.COLOR_BGR2RGB), np.uint8)  # noqa: PLR2004
