"""Areas of a picture that agree when one of them is turned or scaled: matched corners, and the motion between them.

*Source:* I. Amerini, L. Ballan, R. Caldelli, A. Del Bimbo, G. Serra, A SIFT-based forensic method for copy-move attack
detection and transformation recovery, IEEE TIFS 6(3), 2011. Their clusters are replaced by RANSAC, and every motion is
checked pixel by pixel, since windows and tiles give clusters, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from forensics.analyzers.tamper.repeat import MOST_FLAT, Repeat, correlation, fine, flat

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_SIDE_PX = 1600
LEAST_POINTS = 8
RATIO = 0.6
LEAST_DISTANCE_PX = 24.0
MOST_MOTIONS = 8
LEAST_CORRELATION = 0.88
"""Least correlation of fine structure; lower than for unscaled copies, since turning smooths. *Source:* measured:
repeated windows 0.8 at most."""

LEAST_AREA_PX = 400
_SCALES = (0.5, 2.0)
_SEED = 7


def find_keypoints(bgr: NDArray[np.uint8]) -> list[Repeat]:
    """Finds pairs of areas that agree under a turn and change of size, the largest first.

    Args:
        bgr: Shape (height, width, 3); a larger picture is made smaller, and places are given in its own pixels.
    """
    import cv2
    import numpy as np

    factor = min(1.0, MOST_SIDE_PX / max(bgr.shape[:2]))
    small = cv2.resize(bgr, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) if factor < 1 else bgr
    gray = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
    found = [one for motion in _motions(gray) if (one := _checked(gray, *motion, factor=factor))]
    return sorted(found, key=lambda one: (-one.area_px, one.first))


def _matches(gray: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Matches corners of a picture with other corners of it."""
    import cv2
    import numpy as np

    points, rows = cv2.SIFT.create(4000, contrastThreshold=0.01).detectAndCompute(gray, None)
    if len(points) < 2 * LEAST_POINTS:
        return None
    rows = np.sqrt(rows / (rows.sum(axis=1, keepdims=True) + 1e-9))
    place = np.array([one.pt for one in points], np.float32)
    first, second = [], []
    for candidates in cv2.BFMatcher(cv2.NORM_L2).knnMatch(rows, rows, k=5):
        far = [one for one in candidates if math.dist(place[one.queryIdx], place[one.trainIdx]) > LEAST_DISTANCE_PX]
        if len(far) > 1 and far[0].distance < RATIO * far[1].distance:
            first.append(place[far[0].queryIdx])
            second.append(place[far[0].trainIdx])
    return (np.array(first), np.array(second)) if len(first) >= LEAST_POINTS else None


def _motions(gray: NDArray[np.uint8]) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float32]]]:
    """Gives motions that many matches agree on, with the corners that they move."""
    import cv2
    import numpy as np

    matches = _matches(gray)
    if matches is None:
        return
    first, second = matches
    left = np.ones(len(first), np.bool_)
    cv2.setRNGSeed(_SEED)
    for _ in range(MOST_MOTIONS):
        if left.sum() < LEAST_POINTS:
            return
        # OpenCV gives None where there is no motion; its annotations do not say so.
        found: tuple[Any, Any] = cv2.estimateAffinePartial2D(
            first[left], second[left], method=cv2.RANSAC, ransacReprojThreshold=2.0, maxIters=2000
        )
        motion, inliers = found
        if motion is None or inliers.sum() < LEAST_POINTS:
            return
        chosen = np.flatnonzero(left)[inliers.ravel() > 0]
        left[chosen] = False
        if _SCALES[0] < math.hypot(motion[0, 0], motion[1, 0]) < _SCALES[1]:
            yield np.asarray(motion, np.float64), first[chosen]


def _checked(
    gray: NDArray[np.uint8], motion: NDArray[np.float64], points: NDArray[np.float32], *, factor: float
) -> Repeat | None:
    """Moves the area around the corners and compares it pixel by pixel; None where it does not agree."""
    import cv2
    import numpy as np

    area = np.zeros(gray.shape, np.uint8)
    cv2.fillConvexPoly(area, cv2.convexHull(points.astype(np.int32)), 1)
    size = (gray.shape[1], gray.shape[0])
    back = cv2.warpAffine(gray, motion, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    covered = cv2.warpAffine(np.ones_like(gray), motion, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    y, x = np.nonzero((area > 0) & (np.asarray(covered) > 0))
    if len(y) < LEAST_AREA_PX or float(flat(gray)[y, x].mean()) > MOST_FLAT:
        return None
    here, there = (
        np.asarray(cv2.GaussianBlur(np.asarray(one, np.float32), (0, 0), 1.0), np.float32) for one in (gray, back)
    )
    alike = correlation(fine(here)[y, x], fine(there)[y, x])
    if alike < LEAST_CORRELATION:
        return None
    corners = np.stack([x, y], axis=1).astype(np.float64)
    moved = corners @ motion[:, :2].T + motion[:, 2]
    difference = float(np.abs(here[y, x] - there[y, x]).mean())
    turn = math.degrees(math.atan2(motion[1, 0], motion[0, 0]))
    scale = math.hypot(motion[0, 0], motion[1, 0])
    boxes = (_box(corners, factor), _box(moved, factor))
    return Repeat(*boxes, round(len(y) / factor**2), turn, scale, difference, alike, 0.0, 0.0, "keypoint")


def _box(corners: NDArray[np.float64], factor: float) -> tuple[int, int, int, int]:
    low, high = corners.min(axis=0) / factor, corners.max(axis=0) / factor
    return round(low[0]), round(low[1]), round(high[0] - low[0]) + 1, round(high[1] - low[1]) + 1
