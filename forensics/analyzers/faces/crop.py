"""Pictures of faces: the box with a margin, in the pixels of the frame, made smaller where it is large."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.analyzers.faces.follow import Seen
from forensics.faces.table import Best, points

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MARGIN = 0.5
"""Margin on each side, as a share of the box: what aligning and comparing a face looks at lies within."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A face that was cut out of its frame.

    Attributes:
        seen: The face in its frame.
        pixels: Shape (height, width, 3); blue, green, red.
        left_px: Place of the picture in its frame.
        top_px: The same.
        factor: Side of the picture over that of what it shows in the frame, 1.0 or less.
    """

    seen: Seen
    pixels: NDArray[np.uint8]
    left_px: int
    top_px: int
    factor: float

    def png(self) -> bytes:
        """Gives the picture as PNG without any metadata."""
        from PIL import Image

        stream = io.BytesIO()
        Image.fromarray(self.pixels[:, :, ::-1]).save(stream, "PNG")
        return stream.getvalue()

    def row(self, sha256: str | None) -> Best:
        """Describes the picture as the table holds it."""
        seen = self.seen
        shown = seen.face.scaled(1 / seen.scale)
        here = seen.face.moved(-self.left_px, -self.top_px).scaled(self.factor)
        box = shown.box_px
        return Best(
            seen.time_s,
            sha256,
            (round(box[0], 1), round(box[1], 1), round(box[2], 1), round(box[3], 1)),
            points(shown.landmarks_px),
            points(here.landmarks_px),
            round(self.factor * seen.scale, 6),
        )


def cut(pixels: NDArray[np.uint8], seen: Seen, *, longest_px: int) -> Crop | None:
    """Cuts a face with its margin out of a frame.

    Args:
        pixels: The frame.
        seen: The face in it.
        longest_px: Longest side of the picture; a larger one is made smaller.

    Returns:
        None where no pixel of the box lies in the frame.
    """
    import cv2
    import numpy as np

    left, top, width, height = seen.face.box_px
    columns = _within(left - MARGIN * width, left + (1 + MARGIN) * width, pixels.shape[1])
    rows = _within(top - MARGIN * height, top + (1 + MARGIN) * height, pixels.shape[0])
    part = pixels[rows[0] : rows[1], columns[0] : columns[1]]
    if not part.size:
        return None
    factor = min(1.0, longest_px / max(part.shape[:2]))
    if factor < 1:
        size = (max(1, round(part.shape[1] * factor)), max(1, round(part.shape[0] * factor)))
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    return Crop(seen, part.copy(), columns[0], rows[0], factor)


def _within(start: float, end: float, size: int) -> tuple[int, int]:
    return max(0, min(size, round(start))), max(0, min(size, round(end)))
