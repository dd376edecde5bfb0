"""Faces in a picture: found at two scales, aligned to one another, measured by SFace, outlined by a hull."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.faces.model import detector, recogniser, running

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""Left, top, width and height in pixels of the picture; parts may lie outside it."""

ALIGNED_PX = 112
"""Side of an aligned face. *Source:* OpenCV, `FaceRecognizerSFImpl::alignCrop`."""

CANONICAL = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
"""Where the landmarks lie in an aligned face: right eye (left in the picture), left eye, nose, right and left corner of
the mouth. *Source:* OpenCV, `FaceRecognizerSFImpl::getSimilarityTransformMatrix`."""

HULL = (
    *((20, 47), (21, 60), (24, 73), (28, 85), (34, 96), (43, 106), (56, 111), (69, 106), (78, 96), (84, 85), (88, 73)),
    *((91, 60), (92, 47), (86, 36), (74, 32), (56, 33), (38, 32), (26, 36)),
)
"""Outline of jaw and brows in an aligned face, in pixels. *Source:* mean 68-point contour, fitted by hand; it was the
inside of all measurements of source comparison."""

_COLUMNS = 15
_GREY = (127, 127, 127)


@dataclass(frozen=True, slots=True)
class Face:
    """A face as it was found.

    Attributes:
        box_px: Around the face.
        landmarks_px: Shape (5, 2), x and y in pixels, in the order of `CANONICAL`.
        score: Of the detector, 0 to 1; no probability.
    """

    box_px: Box
    landmarks_px: NDArray[np.float64]
    score: float

    @property
    def width_px(self) -> float:
        """Width of the box."""
        return self.box_px[2]

    def scaled(self, factor: float) -> Face:
        """Gives the face in a picture that is larger or smaller."""
        left, top, width, height = (value * factor for value in self.box_px)
        return Face((left, top, width, height), self.landmarks_px * factor, self.score)

    def moved(self, x_px: float, y_px: float) -> Face:
        """Gives the face at another place."""
        import numpy as np

        left, top, width, height = self.box_px
        landmarks_px = self.landmarks_px + np.array((x_px, y_px))
        return Face((left + x_px, top + y_px, width, height), landmarks_px, self.score)


@dataclass(frozen=True, slots=True)
class Search:
    """How faces are looked for.

    Attributes:
        sides_px: Longest sides at which a picture is searched, ascending; it is made smaller to each that it exceeds,
            and searched once as it is where it exceeds not all.
        score: Least score of a face. Measured on 119 pictures with 125 faces: at 0.8 one blurred face of 30 px (0.65)
            is missed and nothing else is taken for a face; below, a pair of hands (0.78) and a cloth (0.79) are.
        overlap: Share of overlap (intersection over union) above which two boxes are one face.
        margin: Where nothing is found, the picture is searched once more with this share of its longest side added on
            each side: a face that fills the picture is found only then.
        most: Most faces of a picture; the largest are kept.
    """

    sides_px: tuple[int, ...] = (640, 1920)
    score: float = 0.8
    overlap: float = 0.3
    margin: float = 0.4
    most: int = 200


def find(bgr: NDArray[np.uint8], search: Search = Search()) -> list[Face]:
    """Finds faces.

    Args:
        bgr: The picture, shape (height, width, 3).
        search: How it is searched.

    Returns:
        Faces in pixels of the picture, the widest first; the same pixels give the same faces in the same order.

    Raises:
        ToolMissingError: The detector is missing.
        ToolError: The detector failed.
    """
    found = [face for side_px in _sides(bgr, search) for face in _at_scale(bgr, side_px, search)]
    if not found:
        found = _padded(bgr, search)
    return _merged(found, search)


def _sides(bgr: NDArray[np.uint8], search: Search) -> list[int]:
    longest = max(bgr.shape[:2])
    smaller = [side for side in search.sides_px if side < longest]
    return smaller if len(smaller) == len(search.sides_px) else [*smaller, longest]


def _at_scale(bgr: NDArray[np.uint8], side_px: int, search: Search) -> list[Face]:
    import cv2
    import numpy as np

    factor = side_px / max(bgr.shape[:2])
    height, width = (max(1, round(size * factor)) for size in bgr.shape[:2])
    with running("faces could not be looked for"):
        small = bgr if factor == 1 else cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA)
        engine = detector(search.score, search.overlap, 5000)
        engine.setInputSize((width, height))
        _, rows = engine.detect(np.ascontiguousarray(small))
    faces = [] if rows is None else [_face(row) for row in rows]
    return [face.scaled(1 / factor) for face in faces]


def _padded(bgr: NDArray[np.uint8], search: Search) -> list[Face]:
    import cv2
    import numpy as np

    longest = max(bgr.shape[:2])
    factor = min(1.0, search.sides_px[0] / (longest * (1 + 2 * search.margin)))
    height, width = (max(1, round(size * factor)) for size in bgr.shape[:2])
    edge = round(search.margin * max(height, width))
    with running("faces could not be looked for"):
        small = bgr if factor == 1 else cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA)
        wide = np.asarray(cv2.copyMakeBorder(small, *(edge,) * 4, cv2.BORDER_CONSTANT, value=_GREY), np.uint8)
    found = _at_scale(wide, max(wide.shape[:2]), search)
    return [face.moved(-edge, -edge).scaled(1 / factor) for face in found]


def _face(row: NDArray[np.float32]) -> Face:
    import numpy as np

    values = np.asarray(row, np.float64)
    left, top, width, height = (float(value) for value in values[:4])
    return Face((left, top, width, height), values[4:14].reshape(5, 2), float(values[14]))


def _merged(faces: Iterable[Face], search: Search) -> list[Face]:
    """Keeps of faces that overlap the one with the highest score, whichever scale it was found at."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda one: (-one.score, one.box_px)):
        if all(overlap(face.box_px, other.box_px) <= search.overlap for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda one: (-one.width_px, one.box_px))[: search.most]


def overlap(one: Box, other: Box) -> float:
    """Gives the area that two boxes share over the area that they cover together, 0 to 1."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    together = one[2] * one[3] + other[2] * other[3] - shared
    return shared / together if together > 0 else 0.0


def aligned(bgr: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
    """Cuts a face out, turned and scaled so that its landmarks lie as near to `CANONICAL` as they can.

    Returns:
        Shape (112, 112, 3); what lies outside the picture is black.

    Raises:
        ToolError: OpenCV failed.
    """
    import numpy as np

    row = np.zeros((1, _COLUMNS), np.float32)
    row[0, :4], row[0, 4:14], row[0, 14] = face.box_px, face.landmarks_px.reshape(-1), face.score
    with running("a face could not be aligned"):
        return np.asarray(recogniser().alignCrop(bgr, row), np.uint8)


def measure(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Computes SFace's measure of an aligned face: a direction in 128 dimensions.

    Args:
        crop: Shape (112, 112, 3).

    Returns:
        Shape (128,), of length 1; the scalar product of two of them is their cosine similarity.

    Raises:
        ToolMissingError: The recogniser is missing.
        ToolError: It failed.
    """
    import numpy as np

    with running("a face could not be measured"):
        vector = np.asarray(recogniser().feature(crop), np.float64).reshape(-1)
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)


def embedding(bgr: NDArray[np.uint8], face: Face) -> NDArray[np.float32]:
    """Aligns and measures a face; see `aligned` and `measure`."""
    return measure(aligned(bgr, face))


def transform(landmarks_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fits the similarity transform (turn, scale, shift) from an aligned face to landmarks, by least squares.

    Args:
        landmarks_px: Shape (5, 2).

    Returns:
        Shape (2, 3): matrix and shift in pixels.

    Source: S. Umeyama, IEEE PAMI 13 (1991), 376-380, equations 40 to 42.
    """
    import numpy as np

    start, goal = np.asarray(CANONICAL, np.float64), np.asarray(landmarks_px, np.float64)
    from_mean, to_mean = start - start.mean(0), goal - goal.mean(0)
    left, values, right = np.linalg.svd(to_mean.T @ from_mean / len(start))
    sign = np.array([1.0, np.sign(np.linalg.det(left) * np.linalg.det(right)) or 1.0])
    turn = left @ np.diag(sign) @ right
    scale = float((values * sign).sum() / (from_mean**2).sum() * len(start))
    return np.hstack([scale * turn, (goal.mean(0) - scale * turn @ start.mean(0))[:, None]])


def hull(face: Face, *, scale: float = 1.0) -> NDArray[np.float64]:
    """Gives the outline of a face, shape (18, 2), in pixels of the picture.

    Args:
        face: Where it is.
        scale: 1.5 gives an outline that is half as large again about its middle.
    """
    import numpy as np

    points = np.asarray(HULL, np.float64)
    middle = points.mean(0)
    matrix = transform(face.landmarks_px)
    return np.asarray(((points - middle) * scale + middle) @ matrix[:, :2].T + matrix[:, 2], np.float64)


def hull_mask(shape: Sequence[int], face: Face, *, scale: float = 1.0) -> NDArray[np.uint8]:
    """Paints the inside of a face's outline: 255 inside, 0 outside.

    Args:
        shape: Height and width of the picture; further numbers are ignored.
        face: Where it is; parts outside the picture are left out.
        scale: As for `hull`.
    """
    import cv2
    import numpy as np

    mask = np.zeros((shape[0], shape[1]), np.uint8)
    cv2.fillConvexPoly(mask, np.rint(hull(face, scale=scale)).astype(np.int32), 255)
    return mask
