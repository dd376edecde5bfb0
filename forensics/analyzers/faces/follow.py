"""Follows faces through the frames of a clip by place, size and look; nothing is measured that identifies anyone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from forensics.faces.face import ALIGNED_PX, HULL, Face, Search, aligned, find, overlap
from forensics.faces.quality import Quality, Reason, assess, shortcomings
from forensics.media.frame import Frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Look = NDArray[np.float32]
    """Brightness of a small picture, with mean 0 and length 1. Two of one shape are compared by their correlation; it
    says whether a picture goes on, not who is seen."""

LOOK_PX, INNER_PX = 14, 28
"""Sides of the small pictures: of a frame or an aligned face as a whole, and of what lies in the hull of a face."""

SAME = (0.6, 0.5)
"""Least correlations of the whole and of the inside of a face with the one before it in the same place. *Source:* of
114 pairs of neighbouring frames of seven clips all have more; of 14,878 pairs of faces of different pictures 3.5 of
100."""

ALIKE = (0.8, 0.7)
"""The same where the face is in another place, or the picture changes. *Source:* the same pairs, 94 of 100 and 0.15 of
100. To split a track needlessly costs little; to join two persons does."""

CHANGE = 0.85
"""Correlation of looks of two whole frames below which the picture may have been cut there. *Source:* two portraits of
one shape, cut one after the other, reach 0.78."""

FAR = 3.0
"""How far a face moves between two frames at most, in widths of the face before it."""

_GROWTH = 1.5
"""How much wider or narrower a face in another place may be than the one before it."""

_EVEN = 1e-3
"""Length of what rounding leaves of a picture of one brightness."""

_HALF = 128

_WEIGHTS = (0.114, 0.587, 0.299)
"""Shares of blue, green and red in luminance. *Source:* ITU-R BT.601-7, 2.5.1."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A face in one frame.

    Attributes:
        time_s: Time of the frame.
        face: In pixels of the frame.
        scale: `Frame.scale`.
        quality: How well the face is seen.
        reasons: Why it does not suffice for a comparison; empty where it does.
        look: Of the face, aligned.
        inner: Of what lies in its hull.
    """

    time_s: float
    face: Face
    scale: float
    quality: Quality
    reasons: tuple[Reason, ...]
    look: Look
    inner: Look


@dataclass(frozen=True, slots=True)
class Rule:
    """When a face continues a track, and when it begins one.

    Attributes:
        start_score: Least score of the first face of a track.
        overlap: Share of overlap (intersection over union) from which on two faces are in the same place.
        gap_s: Longest time for which a face may be out of sight within a track.
    """

    start_score: float
    overlap: float
    gap_s: float


@dataclass(slots=True)
class Place:
    """The last sighting of a track that may go on."""

    number: int
    last: Seen


@dataclass(slots=True)
class Follower:
    """Gives each face of each frame the number of its track; holds one sighting of each track that may go on.

    Attributes:
        rule: When a face continues a track.
        begun: Number of tracks that have begun.
    """

    rule: Rule
    begun: int = 0
    _places: list[Place] = field(default_factory=list)
    _frame: Look | None = None

    def feed(self, frame: Frame, seen: Sequence[Seen]) -> tuple[list[tuple[int, Seen]], list[int]]:
        """Takes in the faces of the next frame.

        Returns:
            Numbers of tracks with their faces in this frame, and the numbers of tracks that have ended before it.
        """
        look = look_of(frame.pixels)
        is_changed = self._frame is not None and correlation(self._frame, look) < CHANGE
        self._frame = look
        ended = [one for one in self._places if frame.time_s - one.last.time_s > self.rule.gap_s]
        self._places = [one for one in self._places if frame.time_s - one.last.time_s <= self.rule.gap_s]
        pairs = self._assigned(seen, is_changed=is_changed)
        placed = []
        for number, one in enumerate(seen):
            if number in pairs:
                self._places[pairs[number]].last = one
                placed.append((self._places[pairs[number]].number, one))
            elif one.face.score >= self.rule.start_score:
                self._places.append(Place(self.begun, one))
                placed.append((self.begun, one))
                self.begun += 1
        return placed, [one.number for one in ended]

    def end(self, number: int) -> None:
        """Ends a track: a face that would have continued it begins another."""
        self._places = [one for one in self._places if one.number != number]

    def _assigned(self, seen: Sequence[Seen], *, is_changed: bool) -> dict[int, int]:
        """Gives each track at most one face, the pairs that fit best first: place of the face to place of the track."""
        fits = []
        for i, place in enumerate(self._places):
            for j, one in enumerate(seen):
                fit = self._fit(place.last, one, is_changed=is_changed)
                if fit is not None:
                    fits.append((-fit, i, j))
        found: dict[int, int] = {}
        for _, i, j in sorted(fits):
            if j not in found and i not in found.values():
                found[j] = i
        return found

    def _fit(self, last: Seen, one: Seen, *, is_changed: bool) -> float | None:
        """Says how well a face continues another: overlap plus correlation; None where it does not."""
        if not _is_near(last.face, one.face):
            return None
        shared = overlap(last.face.box_px, one.face.box_px)
        is_same_place = shared >= self.rule.overlap and not is_changed
        whole, inside = correlation(last.look, one.look), correlation(last.inner, one.inner)
        least = SAME if is_same_place else ALIKE
        return shared + whole if whole >= least[0] and inside >= least[1] else None


def see(frame: Frame, search: Search, *, most: int) -> tuple[list[Seen], int]:
    """Finds the faces of a frame and says how well each is seen.

    Args:
        frame: In colour.
        search: How faces are looked for.
        most: Most faces that are given.

    Returns:
        Faces, the widest first, and how many more there are.
    """
    found = find(frame.pixels, search)
    return [_seen(frame, face) for face in found[:most]], max(0, len(found) - most)


def _seen(frame: Frame, face: Face) -> Seen:
    crop = aligned(frame.pixels, face)
    quality = assess(frame.pixels, face, crop)
    return Seen(frame.time_s, face, frame.scale, quality, shortcomings(quality), look_of(crop), inner_of(crop))


def _is_near(one: Face, other: Face) -> bool:
    """Whether a face may have moved to where another is: no further than `FAR` of its widths, and of a similar size."""
    ratio = other.width_px / max(one.width_px, 1e-9)
    away = max(abs(one.box_px[side] - other.box_px[side]) for side in (0, 1))
    return 1 / _GROWTH <= ratio <= _GROWTH and away <= FAR * one.width_px


def look_of(bgr: NDArray[np.uint8]) -> Look:
    """Gives the look of a picture, shape (196,); zeros where it has one brightness throughout."""
    return _direction(_small(bgr, LOOK_PX).reshape(-1))


def inner_of(crop: NDArray[np.uint8]) -> Look:
    """Gives the look of the inside of an aligned face; zeros where it has one brightness throughout."""
    return _direction(_small(crop, INNER_PX)[_inside()])


def _small(bgr: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    import cv2
    import numpy as np

    small = cv2.resize(bgr, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(np.asarray(small, np.float32) @ np.array(_WEIGHTS, np.float32), np.float32)


def _direction(luma: NDArray[np.float32]) -> Look:
    import numpy as np

    level = luma - luma.mean()
    length = float(np.linalg.norm(level))
    return np.asarray(level / length if length > _EVEN else np.zeros_like(level), np.float32)


@cache
def _inside() -> NDArray[np.bool_]:
    import cv2
    import numpy as np

    mask = np.zeros((ALIGNED_PX, ALIGNED_PX), np.uint8)
    cv2.fillConvexPoly(mask, np.array(HULL, np.int32), 255)
    return np.asarray(cv2.resize(mask, (INNER_PX, INNER_PX), interpolation=cv2.INTER_AREA), np.uint8) >= _HALF


def correlation(one: Look, other: Look) -> float:
    """Gives the correlation of two looks, -1 to 1; 1.0 where both have one brightness throughout."""
    if not one.any() and not other.any():
        return 1.0
    return float(one @ other)
