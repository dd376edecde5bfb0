"""Eye layout: whether eyes lie where the alignment of FFHQ puts them, as in portraits by StyleGAN-type networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

from forensics.errors import UsageError
from forensics.faces.face import Face

EYES = ((0.385, 0.480), (0.615, 0.480))
"""Where the alignment puts the eyes, left and right in the picture, as shares of the side of a square, from its left
and its top. *Source:* Karras, Laine & Aila, CVPR 2019, appendix A (FFHQ alignment), as YuNet's landmarks lie in it."""

TOLERANCE = 0.03
"""Largest difference of each coordinate, as a share of the side. *Source:* measured on portraits of such networks."""

CHANCE = 0.01
"""Share of ordinary photographs of faces whose eyes lie so by chance. *Source:* measured; ordinary photographs are
those that were not cut with the same alignment, where all eyes lie so."""


@dataclass(frozen=True, slots=True)
class EyeLayout:
    """Where the eyes of a face lie in the centred square of its picture.

    Attributes:
        left: Of the eye that is on the left in the picture: shares of the side from the left and from the top.
        right: The same of the other.
        deviation: Largest difference of a coordinate from `EYES`, as a share of the side.
        side_px: Side of the square.
    """

    left: tuple[float, float]
    right: tuple[float, float]
    deviation: float
    side_px: int

    @property
    def corresponds(self) -> bool:
        """Whether no coordinate differs by more than `TOLERANCE`."""
        return self.deviation <= TOLERANCE


@dataclass(frozen=True, slots=True)
class JointLayout:
    """Eye layouts of several pictures taken together.

    Attributes:
        count: Number of pictures.
        corresponding: Number of those whose eyes lie as in `EYES`.
        chance: Probability that at least so many of so many ordinary photographs do, where each does with `CHANCE` and
            none depends on another. Pictures cut by one script, or of one origin, do depend on each other.
        scatter: Largest distance of an eye from its mean place over the corresponding pictures, as a share of the side;
            None for fewer than two.
    """

    count: int
    corresponding: int
    chance: float
    scatter: float | None


def eye_layout(face: Face, *, width_px: int, height_px: int) -> EyeLayout:
    """Measures where the eyes of a face lie in the centred square of its picture.

    Args:
        face: The face; of several in a picture, the widest.
        width_px: Width of the picture that the face was found in.
        height_px: Its height.

    Raises:
        UsageError: The picture has no area.
    """
    side_px = min(width_px, height_px)
    if side_px < 1:
        raise UsageError(f"a picture of {width_px} by {height_px} pixels has no eyes")
    margin_x, margin_y = (width_px - side_px) / 2, (height_px - side_px) / 2
    places = [((float(x) - margin_x) / side_px, (float(y) - margin_y) / side_px) for x, y in face.landmarks_px[:2]]
    left, right = sorted(places)
    pairs = ((left, EYES[0]), (right, EYES[1]))
    deviation = max(abs(value - goal) for place, goals in pairs for value, goal in zip(place, goals, strict=True))
    return EyeLayout(left, right, deviation, side_px)


def joint_layout(layouts: Sequence[EyeLayout], *, chance: float = CHANCE) -> JointLayout:
    """Takes the eye layouts of several pictures together, one of each.

    Args:
        layouts: One of each picture; copies of one picture count once, so the caller leaves them out.
        chance: Probability that the eyes of one ordinary photograph lie so.

    Raises:
        UsageError: The probability is none.
    """
    if not 0 < chance < 1:
        raise UsageError(f"{chance} is no probability of a chance agreement")
    found = [one for one in layouts if one.corresponds]
    total, least = len(layouts), len(found)
    tail = sum(comb(total, k) * chance**k * (1 - chance) ** (total - k) for k in range(least, total + 1))
    return JointLayout(total, least, min(1.0, tail), _scatter(found))


def _scatter(layouts: Sequence[EyeLayout]) -> float | None:
    if len(layouts) < 2:  # noqa: PLR2004 -- one place has no scatter
        return None
    distances = []
    for places in ([one.left for one in layouts], [one.right for one in layouts]):
        mean_x, mean_y = (sum(place[axis] for place in places) / len(places) for axis in (0, 1))
        distances += [((x - mean_x) ** 2 + (y - mean_y) ** 2) ** 0.5 for x, y in places]
    return float(max(distances))
