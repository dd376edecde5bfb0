"""A hash of what a picture looks like, which changes little when the picture is saved again or scaled."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE_PX = 32
"""Side of the picture that is transformed. *Source:* Zauner, "Implementation and Benchmarking of Perceptual Image Hash
Functions", 2010, section 3.2.1."""
BITS = 64
_KEPT = 8
_FLAT = 2.0
"""Standard deviation of grey values, 0-255, under which a picture has nothing to compare: black frames, plain walls.
Frames of clips that are black or white have less than 1 after coding."""


def is_flat(grey: NDArray[np.uint8]) -> bool:
    """Whether a picture shows too little for a hash.

    Args:
        grey: Grey values, shape (32, 32), 0-255.
    """
    return float(grey.std()) < _FLAT


def picture_hash(grey: NDArray[np.uint8]) -> int:
    """Computes a hash of 64 bits: which of the low frequencies of a picture are above their median.

    Args:
        grey: Grey values, shape (32, 32), 0-255.

    Returns:
        The bits, the lowest frequency first in the highest bit.

    Source: Zauner, 2010, section 3.2.1 (DCT based hash): 8 by 8 coefficients without the first row and column.
    """
    import numpy as np

    matrix = _transform()
    coefficients = matrix @ grey.astype(np.float64) @ matrix.T
    low = coefficients[1 : _KEPT + 1, 1 : _KEPT + 1].ravel()
    bits = low > np.median(low)
    return int.from_bytes(np.packbits(bits).tobytes())


def turned_hashes(grey: NDArray[np.uint8]) -> dict[str, int]:
    """Computes the hashes of a picture in the eight ways in which it can be turned and mirrored.

    Args:
        grey: Grey values, shape (32, 32), 0-255.

    Returns:
        Hashes by `as it is`, `rotated 90`, …, `mirrored`, `mirrored, rotated 90`, …; angles in degrees, anticlockwise.
    """
    import numpy as np

    hashes = {}
    for name, start in (("", grey), ("mirrored", np.fliplr(grey))):
        for turns in range(4):
            words = [name, f"rotated {turns * 90}" if turns else ""]
            label = ", ".join(word for word in words if word) or AS_IT_IS
            hashes[label] = picture_hash(np.rot90(start, turns))
    return hashes


AS_IT_IS = "as it is"


def distance(first: int, second: int) -> int:
    """Counts the bits by which two hashes differ, 0 to 64."""
    return (first ^ second).bit_count()


def best_offset(
    first: Sequence[int | None], second: Sequence[int | None], *, least: int
) -> tuple[int, tuple[int, ...]] | None:
    """Finds by how many places the second of two rows of hashes is shifted against the first.

    Args:
        first: Hashes of frames that are equally far apart; None for a frame that shows nothing.
        second: The same of the other.
        least: Pairs of frames that must lie upon each other.

    Returns:
        The offset at which the median of the distances is smallest (the one nearest to 0 of several), and the
        distances there; None where no offset has enough pairs.
    """
    best: tuple[float, int, int] | None = None
    found: tuple[int, ...] = ()
    for offset in range(-len(second) + 1, len(first)):
        pairs = _distances(first, second, offset=offset)
        if len(pairs) < least:
            continue
        rank = (median(pairs), abs(offset), offset)
        if best is None or rank < best:
            best, found = rank, pairs
    return None if best is None else (best[2], found)


def _distances(first: Sequence[int | None], second: Sequence[int | None], *, offset: int) -> tuple[int, ...]:
    start, end = max(0, offset), min(len(first), len(second) + offset)
    pairs = ((first[at], second[at - offset]) for at in range(start, end))
    return tuple(distance(one, other) for one, other in pairs if one is not None and other is not None)


def median(values: Sequence[int]) -> float:
    """Gives the median of at least one number."""
    ordered, middle = sorted(values), len(values) // 2
    return float(ordered[middle]) if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


@cache
def _transform() -> NDArray[np.float64]:
    """Gives the matrix of the discrete cosine transform, type II, orthonormal, shape (32, 32)."""
    import numpy as np

    rows, columns = np.arange(SIDE_PX)[:, None], np.arange(SIDE_PX)[None, :]
    matrix = np.cos(np.pi * (2 * columns + 1) * rows / (2 * SIDE_PX)) * np.sqrt(2 / SIDE_PX)
    matrix[0] /= np.sqrt(2)
    return np.asarray(matrix, dtype=np.float64)
