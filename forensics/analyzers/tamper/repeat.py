"""What two areas of one picture that show the same are, and the checks that each of them must pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_CORRELATION = 0.9
"""Least correlation of fine structure. *Source:* measured: copies in JPEG of quality 90 have 0.95 or more; areas of one
sky, which agree in grey level, have 0.5 at most."""

LEAST_NOISE_CORRELATION = 0.55
"""Least correlation of noise, from which on two areas are called the same and not only alike. *Source:* measured:
windows of one front, photographed once, 0.47 at most; copies in PNG 0.94 in nine of ten, in JPEG of quality 95 0.61."""

MOST_OVERLAP = 0.1
"""Share of an area that may lie in its own copy. A piece that was pasted covers what it was copied from by a corner at
most; a pattern that repeats agrees with itself further and further."""

MOST_FLAT = 0.2
"""Share of pixels of an area that equal all their neighbours, above which the area is drawn and not photographed.
*Source:* measured: photographs, saved as JPEG of quality 60 too, below 0.1; screenshots 0.4 and more."""

MOST_FLAT_PICTURE = 0.45
"""The same of a whole picture: clipped skies and black borders are flat in photographs, too."""

LEAST_COLOURS = 1024
"""A picture with fewer colours has a palette; its dithering repeats. *Source:* GIF and 8-bit PNG have 256."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Two areas of a picture that agree.

    Attributes:
        first: Left, top, width, height in pixels of the area further up (or left, at one height).
        second: Those of the other.
        area_px: Pixels of the first that agree.
        rotation_deg: Turn from the first to the second.
        scale: Size of the second over that of the first.
        difference: Mean difference of grey levels, 0 to 255.
        correlation: Of fine structure, -1 to 1.
        noise_correlation: Of what is finer than 1 px, where the picture is smooth: low for things that are there twice.
        overlap_share: Share of the first area that lies in the second: a pattern that goes on, and no pasted piece.
        method: `block` or `keypoint`.
    """

    first: Box
    second: Box
    area_px: int
    rotation_deg: float
    scale: float
    difference: float
    correlation: float
    noise_correlation: float
    overlap_share: float
    method: str

    @property
    def is_same(self) -> bool:
        """Whether the noise agrees as well, so that one photographed thing is there twice."""
        is_pattern = self.overlap_share > MOST_OVERLAP
        return self.method == "block" and self.noise_correlation >= LEAST_NOISE_CORRELATION and not is_pattern

    def described(self) -> dict[str, Any]:
        """Gives the values of a finding."""
        return {
            "first_px": list(self.first),
            "second_px": list(self.second),
            "area_px": self.area_px,
            "rotation_deg": round(self.rotation_deg, 1),
            "scale": round(self.scale, 3),
            "difference_levels": round(self.difference, 1),
            "correlation": round(self.correlation, 2),
            "noise_correlation": round(self.noise_correlation, 2),
            "overlap_share": round(self.overlap_share, 2),
            "method": self.method,
        }


def pasted(repeats: Sequence[Repeat]) -> list[Repeat]:
    """Chooses the pairs that are the same and lie apart from every pattern that goes on."""
    patterns = [box for one in repeats if one.overlap_share > MOST_OVERLAP for box in (one.first, one.second)]
    return [
        one
        for one in repeats
        if one.is_same and not any(is_over(box, other) for box in (one.first, one.second) for other in patterns)
    ]


def is_over(one: Box, other: Box) -> bool:
    """Whether two boxes overlap."""
    is_beside = one[0] >= other[0] + other[2] or other[0] >= one[0] + one[2]
    is_above = one[1] >= other[1] + other[3] or other[1] >= one[1] + one[3]
    return not (is_beside or is_above)


def flat(gray: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Marks pixels that equal all eight neighbours."""
    import cv2
    import numpy as np

    kernel = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.dilate(gray, kernel) == cv2.erode(gray, kernel))


def why_not_applicable(bgr: NDArray[np.uint8]) -> str | None:
    """Says why repetition means nothing in a picture: it is `small`, `drawn` or has a `palette`; None where it may."""
    import cv2
    import numpy as np

    if min(bgr.shape[:2]) < 64:  # noqa: PLR2004 -- four blocks
        return "small"
    sample = bgr[:: max(1, bgr.shape[0] // 512), :: max(1, bgr.shape[1] // 512)].reshape(-1, 3).astype(np.uint32)
    if len(np.unique(sample[:, 0] << 16 | sample[:, 1] << 8 | sample[:, 2])) < min(LEAST_COLOURS, len(sample) // 8):
        return "palette"
    if float(flat(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)).mean()) > MOST_FLAT_PICTURE:
        return "drawn"
    return None


def fine(gray: NDArray[np.float32]) -> NDArray[np.float32]:
    """Gives the fine structure of a picture: what a blur of 2 px takes away."""
    import cv2
    import numpy as np

    return np.asarray(gray - cv2.GaussianBlur(gray, (0, 0), 2.0), np.float32)


def noise(gray: NDArray[np.float32]) -> NDArray[np.float32]:
    """Gives what a blur of 0.8 px takes away."""
    import cv2
    import numpy as np

    return np.asarray(gray - cv2.GaussianBlur(gray, (0, 0), 0.8), np.float32)


def slope(gray: NDArray[np.float32]) -> NDArray[np.float32]:
    """Gives the steepness of a picture that was blurred by 1.5 px, in grey levels per pixel."""
    import cv2
    import numpy as np

    smooth = cv2.GaussianBlur(gray, (0, 0), 1.5)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *order) / 8 for order in ((1, 0), (0, 1)))
    return np.asarray(np.hypot(across, down), np.float32)


def correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Gives the correlation of two lists of values; 0.0 where one of them is constant."""
    import numpy as np

    first, second = one - one.mean(), other - other.mean()
    norm = float(np.sqrt((first * first).sum() * (second * second).sum()))
    return float((first * second).sum()) / norm if norm > 0 else 0.0
