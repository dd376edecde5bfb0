"""Binary descriptors of what surrounds corners: upright, and such that those of a mirror image follow from them."""

from __future__ import annotations

import math
import random
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BITS = 256
"""Comparisons of brightness in one descriptor. *Source:* BRIEF (Calonder et al., ECCV 2010), section 4."""

CODE_BYTES = BITS // 8

RADIUS_PX = 15
"""Half the side of the square that a descriptor describes. *Source:* BRIEF and ORB (Rublee et al., ICCV 2011)."""

_SPREAD_PX = 31 / 5
"""Standard deviation of the places that are compared. *Source:* BRIEF, section 3.2, arrangement G II."""

_BLUR_PX = 2.0
"""Blur before the comparison. *Source:* BRIEF, section 3.1."""

SCALE_STEP = 1.2
LEVELS = 7
"""Sizes at which corners are sought, 1 to a third. *Source:* ORB; measured."""

_FAST_THRESHOLD = 7
"""Grey levels. *Source:* measured on clips of 320 to 640 px (see the comparison with the original)."""

_SEED = 20
"""The pattern is one of many that do equally well; the seed makes it the same everywhere."""


@cache
def pattern() -> NDArray[np.float32]:
    """Gives the places that are compared, shape (256, 2, 2): x and y in pixels from the corner.

    The second half of the comparisons is the mirror image of the first, so that a mirrored picture has the same bits in
    another order.
    """
    import numpy as np

    chance = random.Random(_SEED)  # noqa: S311 -- a pattern, not a secret
    half = [[(_place(chance), _place(chance)) for _ in range(2)] for _ in range(BITS // 2)]
    first = np.asarray(half, np.float32)
    return np.concatenate([first, first * np.array([-1, 1], np.float32)])


def _place(chance: random.Random) -> float:
    """Draws a normally distributed whole number of pixels within the square (Box & Muller 1958)."""
    while True:
        radius = math.sqrt(-2 * math.log(1 - chance.random()))
        place = round(_SPREAD_PX * radius * math.cos(2 * math.pi * chance.random()))
        if abs(place) < RADIUS_PX:
            return float(place)


def mirrored(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Gives the descriptors that corners would have in the mirror image, shape (corners, 32)."""
    import numpy as np

    middle = CODE_BYTES // 2
    return np.concatenate([codes[:, middle:], codes[:, :middle]], axis=1)


def detect(grey: NDArray[np.uint8], *, most: int) -> list[Any]:
    """Finds corners at several sizes, the strongest first; each has `pt`, `octave` and `response`."""
    import cv2

    finder: Any = cv2.ORB_create(  # type: ignore[attr-defined]
        most, scaleFactor=SCALE_STEP, nlevels=LEVELS, edgeThreshold=RADIUS_PX + 1, fastThreshold=_FAST_THRESHOLD
    )
    found: list[Any] = sorted(finder.detect(grey), key=lambda one: (-one.response, one.octave, one.pt))
    return found


def describe(grey: NDArray[np.uint8], corners: list[Any]) -> NDArray[np.uint8]:
    """Describes corners.

    Args:
        grey: Luminance, shape (height, width), 0-255.
        corners: As `detect` gives them.

    Returns:
        Shape (corners, 32).
    """
    import numpy as np

    codes = np.zeros((len(corners), CODE_BYTES), np.uint8)
    for octave in sorted({one.octave for one in corners}):
        chosen = [number for number, one in enumerate(corners) if one.octave == octave]
        level, scale = _level(grey, octave)
        places = np.array([corners[number].pt for number in chosen], np.float32) / scale
        codes[chosen] = _compared(level, places)
    return codes


def _level(grey: NDArray[np.uint8], octave: int) -> tuple[NDArray[np.uint8], float]:
    import cv2
    import numpy as np

    scale = SCALE_STEP**octave
    size = (max(1, round(grey.shape[1] / scale)), max(1, round(grey.shape[0] / scale)))
    small = grey if octave == 0 else cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), _BLUR_PX), np.uint8), scale


def _compared(level: NDArray[np.uint8], places: NDArray[np.float32]) -> NDArray[np.uint8]:
    import numpy as np

    middle = np.rint(places).astype(np.int32)[:, None, None, :]
    at = middle + pattern().astype(np.int32)[None]
    x = np.clip(at[..., 0], 0, level.shape[1] - 1)
    y = np.clip(at[..., 1], 0, level.shape[0] - 1)
    values = level[y, x]
    return np.packbits(values[..., 0] < values[..., 1], axis=1)
