"""The face's own frame: 112 pixels square, into which its landmarks carry every face; its outline and its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forensics.faces.face import ALIGNED_PX, CANONICAL, Face, hull_mask, transform

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INSIDE = 0.9
AROUND = 1.5
"""Outline of the face, of which the inside is measured, and the wider one that does not count as outside."""

PARTS = {"eyes": (36, 62), "nose": (60, 82), "mouth": (80, 108)}
"""Rows of the frame, from and to. *Source:* the places of the landmarks in `CANONICAL`."""


def framed(picture: NDArray[np.uint8], face: Face) -> NDArray[np.float32]:
    """Carries a grey picture into the frame of one of its faces; shape (112, 112), 0-255."""
    import cv2
    import numpy as np

    into = cv2.invertAffineTransform(transform(face.landmarks_px))
    return np.asarray(cv2.warpAffine(picture, into, (ALIGNED_PX, ALIGNED_PX)), np.float32)


def inside(*, part: str = "") -> NDArray[np.bool_]:
    """Marks the inside of the outline in the frame, or of one part of the face; shape (112, 112)."""
    import numpy as np

    here = Face((0.0, 0.0, float(ALIGNED_PX), float(ALIGNED_PX)), np.asarray(CANONICAL), 1.0)
    marked = hull_mask((ALIGNED_PX, ALIGNED_PX), here, scale=INSIDE) > 0
    if part:
        first, last = PARTS[part]
        marked[:first], marked[last:] = False, False
    return marked


def part_at(y: float) -> str:
    """Names the part of the face that a row of the frame lies in: `eyes`, `nose` or `mouth`."""
    if y < (PARTS["eyes"][1] + PARTS["nose"][0]) / 2:
        return "eyes"
    return "nose" if y < (PARTS["nose"][1] + PARTS["mouth"][0]) / 2 else "mouth"
