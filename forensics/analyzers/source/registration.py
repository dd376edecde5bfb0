"""How two pictures lie upon each other: matched corners, a similarity transform, and its refinement."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEATURES = 1500
_LEVELS = 8
_FAST_THRESHOLD = 7
"""*Source:* ORB (Rublee et al., ICCV 2011); measured on swapped and genuine clips at 320 px width."""

_LEAST_SIDE_PX = 32
"""ORB describes squares of 31 pixels."""

_RATIO = 0.8
"""Nearest against second nearest match. *Source:* Lowe, IJCV 60 (2004), section 7.1."""

FIRST_TOLERANCE_PX = 3.0
SECOND_TOLERANCE_PX = 1.5
LEAST_INLIERS = 30
"""Measured: unrelated clips had 13 at most, the weakest true pair 158."""

_SCALES = (0.15, 6.0)
"""Range of believable scales between small frames: beyond, a match is one of a logo with itself."""

_BETTER = 1.15
_MOST_ASPECT = 2.0
"""A change of shape must explain 15 % more matches than none does, and widens at most to twice the height."""

_ECC_BLUR_PX = 3
"""Side of the Gaussian filter, odd. *Source:* Evangelidis & Psarakis, PAMI 30 (2008); measured."""
_ECC_ROUNDS = 40
_ECC_STOP = 1e-5
_FURTHEST_PX = 12.0
_MOST_STRETCH = 0.05
"""A refinement that moves further, or stretches the area more, than a first registration can be wrong is dropped."""


@dataclass(frozen=True, slots=True)
class Corners:
    """Corners of a grey picture with their descriptors.

    Attributes:
        points_px: Places x, y, shape (corners, 2).
        codes: Binary descriptors, shape (corners, 32); None where there are none.
    """

    points_px: NDArray[np.float32]
    codes: NDArray[np.uint8] | None

    def __len__(self) -> int:
        return len(self.points_px)


@dataclass(frozen=True, slots=True)
class Registration:
    """A transform from one picture into another.

    Attributes:
        matrix: Shape (2, 3), pixels to pixels; mirroring is part of it.
        inliers: Matched corners that agree with it.
    """

    matrix: NDArray[np.float64]
    inliers: int

    @property
    def is_mirrored(self) -> bool:
        """Whether left and right are exchanged."""
        return bool(self.matrix[0, 0] * self.matrix[1, 1] - self.matrix[0, 1] * self.matrix[1, 0] < 0)

    @property
    def scale(self) -> float:
        """Length in the second picture of one pixel of the first."""
        return math.hypot(self.matrix[0, 0], self.matrix[1, 0])

    @property
    def rotation_deg(self) -> float:
        """Angle by which the first picture, mirrored first where it is, is turned; -180 to 180."""
        sign = -1.0 if self.is_mirrored else 1.0
        return math.degrees(math.atan2(sign * self.matrix[1, 0], sign * self.matrix[0, 0]))


def corners(grey: NDArray[np.uint8], *, is_mirrored: bool = False) -> Corners:
    """Finds corners of a picture; of its mirror image where asked for, with places in the picture itself."""
    import cv2
    import numpy as np

    if min(grey.shape) < _LEAST_SIDE_PX:
        return Corners(np.zeros((0, 2), np.float32), None)
    finder: Any = cv2.ORB_create(FEATURES, scaleFactor=1.2, nlevels=_LEVELS, fastThreshold=_FAST_THRESHOLD)  # type: ignore[attr-defined]
    shown = np.ascontiguousarray(grey[:, ::-1]) if is_mirrored else grey
    found, codes = finder.detectAndCompute(shown, None)
    points = np.array([one.pt for one in found], np.float32).reshape(-1, 2)
    return Corners(points, codes)


def matched(first: Corners, second: Corners) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Gives places of corners that look alike, of the first and of the second, shape (matches, 2) each."""
    import cv2
    import numpy as np

    if first.codes is None or second.codes is None or len(first) < _LEAST or len(second) < _LEAST:
        return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    near = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(first.codes, second.codes, k=2)
    kept = [pair[0] for pair in near if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance]  # noqa: PLR2004
    return (
        first.points_px[[one.queryIdx for one in kept]],
        second.points_px[[one.trainIdx for one in kept]],
    )


_LEAST = 8


def fitted(
    first: NDArray[np.float32], second: NDArray[np.float32], *, tolerance_px: float, width_px: int | None
) -> Registration | None:
    """Fits a similarity transform to matched places.

    Args:
        first: Places in the first picture, shape (matches, 2); in its mirror image where `width_px` is given.
        second: Places in the second picture, of the same shape.
        tolerance_px: Distance up to which a match agrees.
        width_px: Width of the first picture where it was mirrored; None where it was not.

    Returns:
        None where nothing believable fits.
    """
    import cv2
    import numpy as np

    if len(first) < _LEAST:
        return None
    found: Any = cv2.estimateAffinePartial2D(
        first, second, method=cv2.RANSAC, ransacReprojThreshold=tolerance_px, maxIters=5000, confidence=0.999
    )
    if found[0] is None:
        return None
    matrix = np.asarray(found[0], np.float64)
    made = Registration(matrix if width_px is None else compose(matrix, mirror(width_px)), int(found[1].sum()))
    return made if _SCALES[0] <= made.scale <= _SCALES[1] else None


def register(first: Sequence[Corners], second: Corners, *, width_px: int) -> Registration | None:
    """Fits the better of two transforms: of a picture as it is, and mirrored.

    Args:
        first: Corners of the picture and of its mirror image.
        second: Corners of the other.
        width_px: Width of the first picture.
    """
    best: Registration | None = None
    for found, width in zip(first, (None, width_px), strict=True):
        made = fitted(*matched(found, second), tolerance_px=FIRST_TOLERANCE_PX, width_px=width)
        if made is not None and (best is None or made.inliers > best.inliers):
            best = made
    return best


def pooled(pairs: Sequence[tuple[NDArray[np.uint8], NDArray[np.uint8]]], *, is_mirrored: bool) -> Registration | None:
    """Fits one transform to the matches of several pairs of grey pictures; None where nothing believable fits."""
    import numpy as np

    places = [matched(corners(first, is_mirrored=is_mirrored), corners(second)) for first, second in pairs]
    if not places:
        return None
    width = pairs[0][0].shape[1] if is_mirrored else None
    first = np.concatenate([one[0] for one in places])
    second = np.concatenate([one[1] for one in places])
    plain = fitted(first, second, tolerance_px=SECOND_TOLERANCE_PX, width_px=width)
    stretched = _stretched(first, second, width_px=width)
    if plain is None or stretched is None or stretched.inliers < _BETTER * plain.inliers:
        return plain
    return stretched


def _stretched(first: NDArray[np.float32], second: NDArray[np.float32], *, width_px: int | None) -> Registration | None:
    """Fits a transform that may also change the shape, as copies with another aspect ratio do; None where none fits."""
    import cv2
    import numpy as np

    if len(first) < _LEAST:
        return None
    found: Any = cv2.estimateAffine2D(
        first, second, method=cv2.RANSAC, ransacReprojThreshold=SECOND_TOLERANCE_PX, maxIters=5000, confidence=0.999
    )
    if found[0] is None:
        return None
    matrix = np.asarray(found[0], np.float64)
    axes = np.linalg.svd(matrix[:, :2], compute_uv=False)
    if axes[0] > _MOST_ASPECT * axes[1] or not _SCALES[0] <= axes[1] <= axes[0] <= _SCALES[1]:
        return None
    return Registration(matrix if width_px is None else compose(matrix, mirror(width_px)), int(found[1].sum()))


def mirror(width_px: int) -> NDArray[np.float64]:
    """Gives the transform that exchanges left and right of a picture."""
    import numpy as np

    return np.array([[-1.0, 0.0, width_px - 1.0], [0.0, 1.0, 0.0]])


def compose(after: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gives one transform that does two, one after the other; shapes (2, 3)."""
    import numpy as np

    row = np.array([[0.0, 0.0, 1.0]])
    return np.asarray((np.vstack([after, row]) @ np.vstack([before, row]))[:2])


def resized(old: tuple[int, int], new: tuple[int, int]) -> NDArray[np.float64]:
    """Gives the transform between two sizes (width, height) of one picture, whose corners stay corners."""
    import numpy as np

    x, y = new[0] / old[0], new[1] / old[1]
    return np.array([[x, 0.0, (x - 1) / 2], [0.0, y, (y - 1) / 2]])


def warped(
    picture: NDArray[np.uint8], matrix: NDArray[np.float64], *, size: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Lays a picture into the frame of another.

    Args:
        picture: Shape (height, width) or (height, width, 3).
        matrix: From its pixels into the other's.
        size: Width and height of the other.

    Returns:
        The picture, and where it has pixels of its own.
    """
    import cv2
    import numpy as np

    moved = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    whole = np.full(picture.shape[:2], 255, np.uint8)
    return np.asarray(moved, np.uint8), np.asarray(cv2.warpAffine(whole, matrix, size) > 250)  # noqa: PLR2004


def refined(first: NDArray[np.uint8], second: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Refines how a warped picture lies on another by their enhanced correlation coefficient.

    Args:
        first: Grey, already warped into the second's frame.
        second: Grey, of the same shape.
        mask: Where they may be compared.

    Returns:
        The small transform from the first into the second that is left to do; None where none is found or believed.
    """
    import cv2
    import numpy as np

    start = np.eye(2, 3, dtype=np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _ECC_ROUNDS, _ECC_STOP)
    try:
        _, found = cv2.findTransformECC(
            second, first, start, cv2.MOTION_AFFINE, stop, mask.astype(np.uint8) * 255, _ECC_BLUR_PX
        )
    except cv2.error:
        return None
    if abs(np.linalg.det(found[:, :2]) - 1) > _MOST_STRETCH or np.abs(found[:, 2]).max() > _FURTHEST_PX:
        return None
    return np.asarray(cv2.invertAffineTransform(found), np.float64)
