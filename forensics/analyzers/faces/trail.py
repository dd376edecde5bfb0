"""What is kept of a face while it is followed, and which of many faces: little, whatever the length of a clip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from forensics.analyzers.faces.crop import Crop, cut
from forensics.analyzers.faces.follow import Seen
from forensics.faces.quality import Quality, Reason, rank
from forensics.faces.table import Best, SightingRow, TrackRow, points

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_SIGHTINGS = 128
"""Sightings of a track that are kept; beyond, every second is dropped and from then on twice the interval is taken."""

MOST_RANGES = 100
"""Stretches of a track; with the next one a new track begins."""

_SLACK = 32
"""Tracks above the most that are held before the least of them are dropped."""

ROUNDED = 3
"""Decimals of quality's figures and of scores: a second run on other processors differs in the sixth."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How much is kept.

    Attributes:
        clear_score: Score that a track may begin with.
        crops: Most pictures of one face.
        apart_s: Least time between two of them.
        crop_px: Longest side of one.
    """

    clear_score: float
    crops: int
    apart_s: float
    crop_px: int


@dataclass(slots=True)
class Trail:
    """One face as it is followed.

    Attributes:
        number: In the order in which faces first occur.
        limit: How much is kept.
        ranges_s: First and last sighting of each stretch without a gap.
        count: Frames in which it was seen.
        suitable: How many of these suffice for a comparison.
        clear: How many of these have a score that a track may begin with.
        score: Its highest score.
        shown_s: For how long the frames stand in which it was seen, until the next frame each.
        widths_px: Its least and greatest width, in pixels of the clip as it is shown.
        reasons: How often each reason was given.
        rows: Sightings, at equal intervals.
        stride: Every how manyth sighting is kept.
        crops: Its best frames, the best first.
    """

    number: int
    limit: Limit
    ranges_s: list[tuple[float, float]] = field(default_factory=list)
    count: int = 0
    suitable: int = 0
    clear: int = 0
    score: float = 0.0
    shown_s: float = 0.0
    widths_px: tuple[float, float] = (float("inf"), 0.0)
    reasons: Counter[Reason] = field(default_factory=Counter)
    rows: list[SightingRow] = field(default_factory=list)
    stride: int = 1
    crops: list[Crop] = field(default_factory=list)

    @property
    def start_s(self) -> float:
        """Time of the first sighting."""
        return self.ranges_s[0][0]

    @property
    def end_s(self) -> float:
        """Time of the last sighting."""
        return self.ranges_s[-1][1]

    @property
    def is_full(self) -> bool:
        """Whether no further stretch can be kept."""
        return len(self.ranges_s) >= MOST_RANGES

    @property
    def worth(self) -> tuple[int, int, float]:
        """Orders tracks by what is kept first: more suitable frames, more frames, wider faces."""
        return self.suitable, self.count, self.widths_px[1]

    def add(self, seen: Seen, pixels: NDArray[np.uint8], *, before_s: float) -> None:
        """Takes in the next sighting.

        Args:
            seen: The face.
            pixels: Its frame; only a part of it is kept, and only where it is among the best.
            before_s: Time of the frame that was looked at before this one.
        """
        self._extend(seen.time_s, before_s=before_s)
        if self.count % self.stride == 0:
            self.rows.append(_row(seen))
        self.count += 1
        self.suitable += not seen.reasons
        self.clear += seen.face.score >= self.limit.clear_score
        self.score = max(self.score, seen.face.score)
        width = seen.face.width_px / seen.scale
        self.widths_px = (min(self.widths_px[0], width), max(self.widths_px[1], width))
        self.reasons.update(seen.reasons)
        if len(self.rows) > MOST_SIGHTINGS:
            self.rows, self.stride = self.rows[::2], self.stride * 2
        self._show(seen, pixels)

    def wait(self, seconds: float) -> None:
        """Takes in for how long the frame of the last sighting stands."""
        self.shown_s += seconds

    def _extend(self, time_s: float, *, before_s: float) -> None:
        if self.ranges_s and self.end_s >= before_s:
            self.ranges_s[-1] = (self.ranges_s[-1][0], time_s)
        else:
            self.ranges_s.append((time_s, time_s))

    def _show(self, seen: Seen, pixels: NDArray[np.uint8]) -> None:
        """Keeps a frame that is better than each kept one nearer than `apart_s`, in their place; of all the best."""
        near = [one for one in self.crops if abs(one.seen.time_s - seen.time_s) < self.limit.apart_s]
        if any(_order(one.seen) <= _order(seen) for one in near):
            return
        others = [one for one in self.crops if one not in near]
        if len(others) >= self.limit.crops and _order(seen) > _order(others[-1].seen):
            return
        crop = cut(pixels, seen, longest_px=self.limit.crop_px)
        if crop is not None:
            self.crops = sorted([*others, crop], key=lambda one: _order(one.seen))[: self.limit.crops]

    def causes(self) -> tuple[Reason, ...]:
        """Lists why no frame suffices for a comparison, the most frequent first; empty where one does."""
        if self.suitable:
            return ()
        known = list(Reason)
        return tuple(sorted(self.reasons, key=lambda one: (-self.reasons[one], known.index(one))))

    def described(self, name: str, best: Sequence[Best]) -> TrackRow:
        """Gives the track as the table holds it."""
        return TrackRow(
            name,
            self.start_s,
            self.end_s,
            tuple(self.ranges_s),
            self.count,
            self.suitable > 0,
            self.causes(),
            tuple(self.rows),
            tuple(best),
        )

    def values(self, row: TrackRow) -> dict[str, Any]:
        """Gives the track as a finding holds it."""
        middle = median(one.box_px[2] for one in row.sightings)
        return {
            "id": row.id,
            "start_s": row.start_s,
            "end_s": row.end_s,
            "ranges_s": [list(pair) for pair in row.ranges_s],
            "frame_count": row.frame_count,
            "suitable_frame_count": self.suitable,
            "width_px": [round(value) for value in (self.widths_px[0], middle, self.widths_px[1])],
            "suitable": row.is_suitable,
            "reasons": [reason.value for reason in row.reasons],
            "best": [{"time_s": one.time_s, "crop_sha256": one.crop_sha256} for one in row.best],
        }


@dataclass(slots=True)
class Gallery:
    """Tracks that have ended: at most a number of them, those of the greatest worth.

    Attributes:
        most: Tracks that are kept.
        most_crops: Pictures of faces that are kept of all tracks together, as far as one for each is not more.
        count: Tracks that were taken in.
        kept: Those that are kept, in no order.
    """

    most: int
    most_crops: int
    count: int = 0
    kept: list[Trail] = field(default_factory=list)

    def take(self, trail: Trail) -> None:
        """Takes in a track that has ended."""
        self.count += 1
        self.kept.append(trail)
        if len(self.kept) >= self.most + _SLACK:
            self._trim()
        share = self.share()
        for one in self.kept:
            del one.crops[share if one.suitable else 1 :]

    def share(self) -> int:
        """Gives how many pictures a track may have: as many as fit, and one at least."""
        return max(1, self.most_crops // max(1, sum(one.suitable > 0 for one in self.kept)))

    def chosen(self) -> list[Trail]:
        """Gives the tracks that are kept, in the order in which they begin."""
        self._trim()
        return sorted(self.kept, key=lambda one: (one.start_s, one.number))

    def _trim(self) -> None:
        self.kept = sorted(self.kept, key=lambda one: (*one.worth, -one.number), reverse=True)[: self.most]


def _order(seen: Seen) -> tuple[bool, float, float]:
    """Orders frames: those suitable for comparison first, then by `quality.rank`, then the earlier."""
    return bool(seen.reasons), -rank(seen.quality), seen.time_s


def _row(seen: Seen) -> SightingRow:
    shown = seen.face.scaled(1 / seen.scale)
    left, top, width, height = (round(value, 1) for value in shown.box_px)
    score = round(seen.face.score, ROUNDED)
    marks = points(shown.landmarks_px)
    return SightingRow(seen.time_s, (left, top, width, height), marks, score, seen.reasons, _rounded(seen.quality))


def _rounded(quality: Quality) -> Quality:
    figures = (getattr(quality, name) for name in Quality.__dataclass_fields__)
    return Quality(*(None if one is None else round(float(one), ROUNDED) for one in figures))  # type: ignore[arg-type]
