"""How well a face is seen: size, sharpness, pose, light and blocks, and whether that suffices for a comparison."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from forensics.faces.face import ALIGNED_PX, CANONICAL, HULL, Face, transform

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_DARK, _LIGHT = 5, 250
_WEIGHTS = (0.114, 0.587, 0.299)
"""Shares of blue, green and red in luminance. *Source:* ITU-R BT.601-7, 2.5.1."""
_BLOCK = 8
"""Side of a block of JPEG, MPEG and H.264 (8x8 transform) in pixels."""
_QUARTER_TURN = 0.7
_SHARP = 0.3
_LEAST_SIDE = 3 * _BLOCK
"""Below three blocks a side there are too few edges of blocks to compare."""


class Reason(StrEnum):
    """Why a face does not suffice for a comparison."""

    SMALL = "small"
    BLURRED = "blurred"
    COMPRESSED = "compressed"
    TURNED = "turned"
    TILTED = "tilted"
    DARK = "dark"
    LIGHT = "light"
    FLAT = "flat"
    CUT = "cut"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Gate:
    """What a face must have to suffice for a comparison of identity.

    *Source* of the figures: 83 genuine and invented faces of 70 persons, made worse step by step; for each step the
    cosine with other pictures of the same person (17 faces of 4 persons; undamaged: median 0.83, 5 of 100 below 0.75)
    and with other persons (99 of 100 below 0.35). What is let through loses 0.15 at most in the median, each cause
    alone.

    Attributes:
        width_px: Least width. At 48 px 0.83, at 32 px 0.79, at 24 px 0.73, at 16 px 0.47.
        sharpness: Least sharpness. Blur with a sigma of 2 % of the width leaves 0.02 and a cosine of 0.79, one of 3 %
            leaves 0.01 and 0.69, one of 4 % 0.56; two faces blurred by 6 % resemble each other without being related.
        blockiness: Greatest blockiness. JPEG quality 15 at 112 px gives 2.1 and 0.75, quality 8 gives 3.0 and 0.63,
            quality 8 at 64 px 2.5 and 0.46.
        yaw_ratio: Greatest yaw to either side: none of the 83 faces has more than 0.32, so nothing is known beyond.
        pitch_ratio: Greatest pitch up or down: none of the 83 faces has more than 0.22.
        brightness: Least mean luminance. A tenth of the light, with noise, leaves 14 and 0.56; a quarter 34 and 0.78.
        contrast: Least standard deviation of luminance. The same pictures: 4 and 10.
        clipped_light: Greatest share of white. Twice the light gives 0.40 and 0.61, one and a half times 0.08 and 0.82.
        inside: Least share of the hull in the picture. A picture that ends a fifth of the width inside the face leaves
            0.90 and 0.72, three tenths 0.81 and 0.68; a fifth of the height at the chin 0.93 and 0.76. A forehead cut
            off does not count, and costs as much.
        score: Least score of the detector, as for stills.
    """

    width_px: float = 48.0
    sharpness: float = 0.015
    blockiness: float = 2.2
    yaw_ratio: float = 0.35
    pitch_ratio: float = 0.25
    brightness: float = 20.0
    contrast: float = 6.0
    clipped_light: float = 0.3
    inside: float = 0.85
    score: float = 0.8


GATE = Gate()


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured of a face. Ratios are relative to a face that looks into the camera.

    Attributes:
        width_px: Width of the detector's box, in pixels of the picture as it was given.
        eye_distance_px: Between the landmarks of the eyes, the same.
        score: Of the detector.
        sharpness: Variance of the Laplacian (4 neighbours) over the variance of luminance, in the aligned face inside
            its hull; no unit. A face that was enlarged to 112 px or blurred has little of it.
        roll_deg: Angle of the line through the eyes, clockwise in the picture.
        yaw_ratio: Shift of the nose's tip from the middle between the eyes, along the line through the eyes, over the
            distance of the eyes; 0 looking ahead, about +-0.5 where the tip stands below an eye.
        pitch_ratio: Height of the nose's tip below the eyes over that of the mouth, minus the same in `CANONICAL`;
            above 0 looking down, below 0 looking up.
        brightness: Mean luminance inside the hull, 0 to 255.
        contrast: Standard deviation of luminance inside the hull, 0 to 127.
        clipped_dark: Share of the pixels inside the hull with a luminance of at most 5.
        clipped_light: The same, of at least 250.
        inside: Share of the hull that lies in the picture.
        blockiness: Steps between pixels at the edges of 8 px blocks over those elsewhere, at the grid where that is
            greatest; 1 without blocks. Means something only in pixels that were not scaled; None where the face is
            smaller than three blocks.
    """

    width_px: float
    eye_distance_px: float
    score: float
    sharpness: float
    roll_deg: float
    yaw_ratio: float
    pitch_ratio: float
    brightness: float
    contrast: float
    clipped_dark: float
    clipped_light: float
    inside: float
    blockiness: float | None


def assess(bgr: NDArray[np.uint8], face: Face, crop: NDArray[np.uint8]) -> Quality:
    """Measures how well a face is seen.

    Args:
        bgr: The picture, shape (height, width, 3).
        face: Where the face is in it.
        crop: The aligned face, shape (112, 112, 3), as `face.aligned` gives it.

    Not done: nothing tells whether a hand, a mask, glasses or a caption hides a part; see the limits of the method.
    """
    roll_deg, yaw_ratio, pitch_ratio = pose(face.landmarks_px)
    luma, is_inside = _luma(crop), _inner()
    values = luma[is_inside]
    eyes = face.landmarks_px[1] - face.landmarks_px[0]
    return Quality(
        width_px=face.width_px,
        eye_distance_px=math.hypot(*eyes),
        score=face.score,
        sharpness=_sharpness(luma, is_inside),
        roll_deg=roll_deg,
        yaw_ratio=yaw_ratio,
        pitch_ratio=pitch_ratio,
        brightness=float(values.mean()),
        contrast=float(values.std()),
        clipped_dark=float((values <= _DARK).mean()),
        clipped_light=float((values >= _LIGHT).mean()),
        inside=_inside(bgr, face, is_inside),
        blockiness=_blockiness(bgr, face),
    )


def shortcomings(quality: Quality, gate: Gate = GATE) -> tuple[Reason, ...]:
    """Lists why a face does not suffice for a comparison; empty where it does."""
    blocks = 0.0 if quality.blockiness is None else quality.blockiness
    found = {
        Reason.SMALL: quality.width_px < gate.width_px,
        Reason.BLURRED: quality.sharpness < gate.sharpness,
        Reason.COMPRESSED: blocks > gate.blockiness,
        Reason.TURNED: abs(quality.yaw_ratio) > gate.yaw_ratio,
        Reason.TILTED: abs(quality.pitch_ratio) > gate.pitch_ratio,
        Reason.DARK: quality.brightness < gate.brightness,
        Reason.LIGHT: quality.clipped_light > gate.clipped_light,
        Reason.FLAT: quality.contrast < gate.contrast,
        Reason.CUT: quality.inside < gate.inside,
        Reason.UNSURE: quality.score < gate.score,
    }
    return tuple(reason for reason, applies in found.items() if applies)


def is_suitable(quality: Quality, gate: Gate = GATE) -> bool:
    """Whether a face suffices for a comparison of identity."""
    return not shortcomings(quality, gate)


def rank(quality: Quality) -> float:
    """Orders faces of one track by how well they are seen, 0 to 1; a rule for choosing frames, not a measurement.

    The product of width over 112 px (what SFace looks at), sharpness over 0.3 (the median of faces of 112 px), each at
    most 1, the share of the way from a quarter turn to a look into the camera, and the detector's score.
    """
    frontal = max(0.0, 1.0 - abs(quality.yaw_ratio) / _QUARTER_TURN)
    return min(1.0, quality.width_px / ALIGNED_PX) * min(1.0, quality.sharpness / _SHARP) * frontal * quality.score


def pose(landmarks_px: NDArray[np.float64]) -> tuple[float, float, float]:
    """Measures roll in degrees, and the ratios of yaw and pitch; see `Quality`.

    Args:
        landmarks_px: Shape (5, 2), in the order of `CANONICAL`.

    Returns:
        Zeros where the eyes lie on one another, as they do in no face.
    """
    roll, yaw, drop = _angles(landmarks_px)
    return math.degrees(roll), yaw, drop - _angles(CANONICAL)[2]


def _angles(points: NDArray[np.float64] | tuple[tuple[float, float], ...]) -> tuple[float, float, float]:
    (right_x, right_y), (left_x, left_y), nose, *mouth = ((float(x), float(y)) for x, y in points)
    distance = math.hypot(left_x - right_x, left_y - right_y)
    if distance == 0:
        return 0.0, 0.0, 0.0
    along = ((left_x - right_x) / distance, (left_y - right_y) / distance)
    middle = ((right_x + left_x) / 2, (right_y + left_y) / 2)

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x, y = point[0] - middle[0], point[1] - middle[1]
        return x * along[0] + y * along[1], y * along[0] - x * along[1]

    nose_x, nose_y = place(nose)
    mouth_y = sum(place(corner)[1] for corner in mouth) / 2
    return math.atan2(along[1], along[0]), nose_x / distance, nose_y / mouth_y if mouth_y else 0.0


def _luma(bgr: NDArray[np.uint8]) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray(np.asarray(bgr, np.float64) @ np.array(_WEIGHTS), np.float64)


def _inner() -> NDArray[np.bool_]:
    import cv2
    import numpy as np

    mask = np.zeros((ALIGNED_PX, ALIGNED_PX), np.uint8)
    cv2.fillConvexPoly(mask, np.array(HULL, np.int32), 1)
    return np.asarray(mask, np.bool_)


def _sharpness(luma: NDArray[np.float64], is_inside: NDArray[np.bool_]) -> float:
    import cv2

    spread = float(luma[is_inside].var())
    laplacian = cv2.Laplacian(luma, cv2.CV_64F)
    return float(laplacian[is_inside].var()) / spread if spread > 0 else 0.0


def _inside(bgr: NDArray[np.uint8], face: Face, is_inside: NDArray[np.bool_]) -> float:
    import numpy as np

    matrix = transform(face.landmarks_px)
    rows, columns = np.nonzero(is_inside)
    points = np.rint(np.column_stack([columns, rows]) @ matrix[:, :2].T + matrix[:, 2])
    return float(((points >= 0) & (points < (bgr.shape[1], bgr.shape[0]))).all(axis=1).mean())


def _blockiness(bgr: NDArray[np.uint8], face: Face) -> float | None:
    import numpy as np

    left, top, width, height = face.box_px
    rows = slice(max(0, round(top)), max(0, round(top + height)))
    columns = slice(max(0, round(left)), max(0, round(left + width)))
    part = bgr[rows, columns]
    if min(part.shape[:2]) < _LEAST_SIDE:
        return None
    luma = _luma(part)
    ratios = [_grid_ratio(np.abs(np.diff(lines, axis=0)).mean(axis=1)) for lines in (luma, luma.T)]
    return sum(ratios) / len(ratios)


def _grid_ratio(steps: NDArray[np.float64]) -> float:
    """Compares the mean steps between neighbouring lines on the strongest of the 8 grids with the rest."""
    means = [float(steps[start::_BLOCK].mean()) for start in range(_BLOCK)]
    highest = max(means)
    rest = (sum(means) - highest) / (_BLOCK - 1)
    return highest / rest if rest > 0 else 1.0
