"""How one picture lies on another, by their corners: reduced, cropped, moved, mirrored; never turned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forensics.media.fingerprint import Fingerprint

SIDE_PX = 400.0
"""Side of a square of the area in which corners are sought: places are compared in pixels of such a picture."""

_RATIO = 0.85
"""Nearest against second nearest descriptor. *Source:* Lowe, IJCV 60 (2004), 7.1, 0.8; measured."""

_MOST_BITS = 72
"""Bits in which descriptors of one corner may differ. *Source:* measured: 14 in the median, 17 to 45 in accidental
matches."""

_TOLERANCE_PX = 3.0
_ROUNDS = 1000
_SCALES = (0.3, 3.3)
_MOST_TURN_DEG = 12.0
"""Range of scales that corners of seven sizes reach, and the turn up to which upright descriptors are alike."""

_LEAST_MATCHES = 4
_CELLS = 6
_CELL_CORNERS = 3
"""Parts of the picture, 6 by 6, and the corners that one must have to count."""

_SPOT_PX = 4.0
"""Corners nearer to each other than this, found at several sizes, count as one."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the first picture lies in the second.

    Attributes:
        matrix: From places in the first, in shares of its width and height, to such places in the second, shape (2, 3).
        inliers: Corners that agree with it, those at one spot counted once.
        is_mirrored: Whether left and right are exchanged.
        scale: Length in the second of what is 1 long in the first, both brought to one area.
        bits: Median number of bits in which the descriptors of these corners differ.
        support: Share of the parts of the first picture that lie in the second and have corners, in which some agree;
            0 to 1.
    """

    matrix: NDArray[np.float64]
    inliers: int
    is_mirrored: bool
    scale: float
    bits: float
    support: float

    def inverse(self) -> NDArray[np.float64]:
        """Gives the transform from the second to the first, shape (2, 3)."""
        import numpy as np

        whole = np.vstack([self.matrix, [0.0, 0.0, 1.0]])
        return np.asarray(np.linalg.inv(whole)[:2])


def sides(value: Fingerprint) -> tuple[float, float]:
    """Gives width and height of a picture when it is brought to the area of `SIDE_PX` squared."""
    shape = math.sqrt(value.width_px / value.height_px)
    return SIDE_PX * shape, SIDE_PX / shape


def placed(
    first: Fingerprint, second: Fingerprint, marks: Sequence[tuple[int, int]], *, is_mirrored: bool
) -> Placement | None:
    """Lays marked frames of one fingerprint on marked frames of another, all by one transform.

    Args:
        first: A fingerprint.
        second: Another.
        marks: Pairs of marked frames, of the first and of the second.
        is_mirrored: Whether the first is mirrored before.

    Returns:
        None where nothing believable fits.
    """
    import cv2
    import numpy as np

    found = [_pair(first, second, pair, is_mirrored=is_mirrored) for pair in marks]
    a, b, bits = (np.concatenate([one[column] for one in found]) for column in range(3))
    if len(bits) < _LEAST_MATCHES:
        return None
    fit: Any = cv2.estimateAffinePartial2D(
        a, b, method=cv2.RANSAC, ransacReprojThreshold=_TOLERANCE_PX, maxIters=_ROUNDS, confidence=0.999
    )
    if fit[0] is None:
        return None
    agree = fit[1].ravel() > 0
    matrix = np.asarray(fit[0], np.float64)
    scale, turn = math.hypot(matrix[0, 0], matrix[1, 0]), math.degrees(math.atan2(matrix[1, 0], matrix[0, 0]))
    if not _SCALES[0] <= scale <= _SCALES[1] or abs(turn) > _MOST_TURN_DEG:
        return None
    inliers = min(_spots(a[agree]), _spots(b[agree]))
    whole = _in_shares(matrix, sides(first), sides(second), is_mirrored=is_mirrored)
    support = _support(first, marks[0][0], a[agree] / sides(first), whole, is_mirrored=is_mirrored)
    return Placement(whole, inliers, is_mirrored, scale, float(np.median(bits[agree])), support)


def _support(
    value: Fingerprint,
    mark: int,
    agreeing: NDArray[np.float64],
    matrix: NDArray[np.float64],
    *,
    is_mirrored: bool,
) -> float:
    """Gives in how many of the parts that could agree corners do; places as shares, those that agree mirrored."""
    import numpy as np

    if is_mirrored:
        agreeing = agreeing * [-1, 1] + [1, 0]
    places = _corners(value, mark)[0]
    there = places @ matrix[:, :2].T + matrix[:, 2]
    seen = _cells(places[np.all((there >= 0) & (there <= 1), axis=1)])
    possible = np.bincount(seen, minlength=_CELLS**2) >= _CELL_CORNERS
    found = np.bincount(_cells(agreeing), minlength=_CELLS**2) > 0
    return float(np.count_nonzero(found & possible)) / max(1, int(np.count_nonzero(possible)))


def _cells(places: NDArray[np.float64]) -> NDArray[np.int64]:
    import numpy as np

    cells = np.clip((places * _CELLS).astype(np.int64), 0, _CELLS - 1)
    return np.asarray(cells[:, 1] * _CELLS + cells[:, 0])


def _pair(
    first: Fingerprint, second: Fingerprint, marks: tuple[int, int], *, is_mirrored: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Gives places of corners that look alike, in pixels, shape (matches, 2) each, and the bits that differ."""
    (places, codes), (others, other_codes) = _corners(first, marks[0]), _corners(second, marks[1])
    if is_mirrored:
        from forensics.media.descriptor import mirrored

        places, codes = places * [-1, 1] + [1, 0], mirrored(codes)
    left, right, bits = _matched(codes, other_codes)
    return places[left] * sides(first), others[right] * sides(second), bits


def _corners(value: Fingerprint, mark: int) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    part = value.corners(mark)
    return value.points[part] / 65535.0, value.codes[part]


def _matched(
    codes: NDArray[np.uint8], others: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    import cv2
    import numpy as np

    if min(len(codes), len(others)) < _LEAST_MATCHES:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    near = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(np.ascontiguousarray(codes), np.ascontiguousarray(others), k=2)
    kept = [a for a, b in near if a.distance <= _MOST_BITS and a.distance < _RATIO * b.distance]
    return (
        np.array([one.queryIdx for one in kept], np.int64),
        np.array([one.trainIdx for one in kept], np.int64),
        np.array([one.distance for one in kept], np.float64),
    )


def _spots(places: NDArray[np.float64]) -> int:
    import numpy as np

    return len(np.unique(np.rint(places / _SPOT_PX), axis=0))


def _in_shares(
    matrix: NDArray[np.float64], first: tuple[float, float], second: tuple[float, float], *, is_mirrored: bool
) -> NDArray[np.float64]:
    """Changes a transform between pixels to one between shares of width and height."""
    import numpy as np

    whole = np.vstack([matrix, [0.0, 0.0, 1.0]])
    mirror = np.array([[-1.0, 0, 1.0], [0, 1.0, 0], [0, 0, 1.0]]) if is_mirrored else np.eye(3)
    scaled = np.diag([1 / second[0], 1 / second[1], 1.0]) @ whole @ np.diag([first[0], first[1], 1.0]) @ mirror
    return np.asarray(scaled[:2])


def visible(matrix: NDArray[np.float64]) -> float:
    """Gives the share of the second picture that the first covers, 0 to 1."""
    import numpy as np

    grid = (np.arange(32) + 0.5) / 32
    places = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    whole = np.linalg.inv(np.vstack([matrix, [0.0, 0.0, 1.0]]))
    back = places @ whole[:2, :2].T + whole[:2, 2]
    return float(np.mean(np.all((back >= 0) & (back <= 1), axis=1)))
