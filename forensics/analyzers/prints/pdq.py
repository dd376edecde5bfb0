"""PDQ: a hash of 256 bits that similar pictures share in most bits, as services use it to find copies."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_PX = 512
"""Longest side of the picture that is hashed. *Source:* reference implementation of PDQ (Meta, ThreatExchange)."""

_SIDE = 64
_FREQUENCIES = 16
_PASSES = 2
_WINDOWS = 128
"""The filter's window is a 128th of the picture's side. *Source:* Davis & Rosen, The TMK+PDQF video-hashing algorithm
and the PDQ image-hashing algorithm (Facebook, 2019), and its reference implementation."""

_QUALITY_DIVISOR = 90


def pdq(grey: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int, NDArray[np.float32]]:
    """Hashes a picture.

    Args:
        grey: Luminance, shape (height, width), 0-255.

    Returns:
        The hash, most significant byte first, shape (32,); its quality, 0-100, small where the picture is plain; the
        smoothed picture that it was made of, shape (64, 64), 0-255.

    Not done: the reference implementation decodes and reduces pictures by other libraries; hashes of one picture differ
    from its in a few bits.
    """
    import numpy as np

    square = _reduced(grey)
    matrix = _cosines()
    waves = matrix @ square @ matrix.T
    middle = np.sort(waves.ravel())[(_FREQUENCIES**2 - 1) // 2]
    bits = (waves > middle).ravel()
    return np.packbits(bits[::-1]), _quality(square), square


def _reduced(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Smooths by two box filters in each direction, a tent in all, and takes every n-th pixel."""
    import cv2
    import numpy as np

    height, width = grey.shape
    factor = min(MOST_PX / max(height, width), 1.0)
    if factor < 1:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
        height, width = grey.shape
    smooth = grey.astype(np.float32)
    window = (-(-width // _WINDOWS), -(-height // _WINDOWS))
    for _ in range(_PASSES):
        smooth = np.asarray(cv2.blur(smooth, window, borderType=cv2.BORDER_REPLICATE), np.float32)
    rows = ((np.arange(_SIDE) + 0.5) * height / _SIDE).astype(int)
    columns = ((np.arange(_SIDE) + 0.5) * width / _SIDE).astype(int)
    return np.asarray(smooth[rows][:, columns])


@cache
def _cosines() -> NDArray[np.float32]:
    """Gives the first 16 cosine waves but the constant one, shape (16, 64)."""
    import numpy as np

    wave, place = np.arange(1, _FREQUENCIES + 1)[:, None], np.arange(_SIDE)[None]
    return np.asarray(np.cos(np.pi / 2 / _SIDE * wave * (2 * place + 1)), np.float32)


def _quality(square: NDArray[np.float32]) -> int:
    """Sums steps between neighbours that can be seen. *Source:* reference implementation of PDQ."""
    import numpy as np

    steps = (np.abs(np.trunc(np.diff(square, axis=axis) * 100 / 255)).sum() for axis in (0, 1))
    return min(100, int(sum(float(one) for one in steps) / _QUALITY_DIVISOR))


def distance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Counts the bits in which hashes differ, along the last dimension."""
    import numpy as np

    return np.asarray(np.bitwise_count(first ^ second).sum(axis=-1, dtype=np.int64))
