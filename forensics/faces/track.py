"""Tracks: faces followed through the frames of a clip, with the times at which they are seen and their best frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from forensics.faces.face import Box, Face, Search, aligned, find, measure, overlap
from forensics.faces.quality import Quality, assess, is_suitable, rank
from forensics.faces.similarity import cosine, mean
from forensics.media.frame import Frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Tracking:
    """How faces are followed.

    Attributes:
        rate_hz: Frames per second that are wanted; the caller asks `frames` for them.
        side_px: Longest side of these frames, the same.
        search: How faces are looked for; weaker ones than `start_score` only continue a track.
        start_score: Least score of the first face of a track, as in stills (see `Search.score`).
        overlap: Least share of overlap of a face with the one before it, where it is in the same place.
        gap_s: Longest time for which a face may be out of sight within a track.
        same: Least cosine of a face with its track where it is in another place. Measured: faces of unrelated persons
            reach 0.35 in 1 of 100 pairs.
        different: Cosine below which a face in the same place begins a new track, both being suitable for comparison:
            the picture was cut, or the face was replaced.
        measured_px: Least width of a face that is measured by SFace: below, even pictures of one instant have cosines
            under 0.6 (measured at 20 px).
        most: Most faces of a frame that are followed and measured, the widest first.
    """

    rate_hz: float = 5.0
    side_px: int = 1280
    search: Search = field(default_factory=lambda: Search(sides_px=(640, 1280), score=0.6, most=24))
    start_score: float = 0.8
    overlap: float = 0.3
    gap_s: float = 1.0
    same: float = 0.5
    different: float = 0.4
    measured_px: float = 24.0
    most: int = 24


@dataclass(frozen=True, slots=True)
class Sighting:
    """A face in one frame.

    Attributes:
        frame: `Frame.index`.
        time_s: `Frame.time_s`.
        face: In pixels of the frame as it was searched; `scale` tells how much smaller than the clip that is.
        scale: `Frame.scale`.
        quality: How well the face is seen there.
        measure: SFace's measure, shape (128,); None for a face that is too small.
    """

    frame: int
    time_s: float
    face: Face
    scale: float
    quality: Quality
    measure: NDArray[np.float32] | None

    @property
    def box_px(self) -> Box:
        """The box in pixels of the clip as it is shown."""
        return self.face.scaled(1 / self.scale).box_px

    @property
    def is_suitable(self) -> bool:
        """Whether the face is measured, and seen well enough to be compared."""
        return self.measure is not None and is_suitable(self.quality)


@dataclass(frozen=True, slots=True)
class Track:
    """One face through a stretch of a clip.

    Attributes:
        number: From 0, in the order in which the tracks of the clip begin.
        sightings: In the order of time; never empty.
    """

    number: int
    sightings: tuple[Sighting, ...]

    @property
    def start_s(self) -> float:
        """Time of the first sighting."""
        return self.sightings[0].time_s

    @property
    def end_s(self) -> float:
        """Time of the last sighting; the face may be seen until just before the next frame that was looked at."""
        return self.sightings[-1].time_s

    def ranges(self, step_s: float) -> tuple[tuple[float, float], ...]:
        """Gives the times of first and last sighting of each stretch without a gap.

        Args:
            step_s: Interval between the frames that were looked at; two of them apart is a gap.
        """
        times = [one.time_s for one in self.sightings]
        breaks = [i for i in range(1, len(times)) if times[i] - times[i - 1] >= 2 * step_s]
        bounds = [0, *breaks, len(times)]
        return tuple((times[a], times[b - 1]) for a, b in pairwise(bounds))

    def best(self, count: int = 5, *, apart_s: float = 1.0) -> tuple[Sighting, ...]:
        """Chooses frames to be shown and compared.

        The rule: those suitable for comparison before others, then by `quality.rank`, then the earlier; none nearer
        than `apart_s` to one chosen before. They are given in the order of choice.
        """
        chosen: list[Sighting] = []
        for one in sorted(self.sightings, key=lambda one: (not one.is_suitable, -rank(one.quality), one.time_s)):
            if len(chosen) < count and all(abs(one.time_s - other.time_s) >= apart_s for other in chosen):
                chosen.append(one)
        return tuple(chosen)

    def measures(self) -> tuple[NDArray[np.float32], ...]:
        """Gives the measures of all sightings suitable for comparison, in the order of time."""
        return tuple(one.measure for one in self.sightings if one.measure is not None and one.is_suitable)

    def measure(self) -> NDArray[np.float32] | None:
        """Gives the mean measure of the sightings suitable for comparison; None where there is none."""
        suitable = self.measures()
        return mean(suitable) if suitable else None


@dataclass(frozen=True, slots=True)
class _Open:
    """A track that may go on: its sightings so far, and the sum of its suitable measures."""

    number: int
    sightings: list[Sighting]
    sum: NDArray[np.float32] | None

    @property
    def last(self) -> Sighting:
        """The last sighting."""
        return self.sightings[-1]


def find_tracks(frames: Iterable[Frame], tracking: Tracking = Tracking()) -> Iterator[Track]:
    """Follows faces through frames.

    Args:
        frames: In the order of time, in colour (`bgr`); only one is held at a time.
        tracking: How they are followed.

    Yields:
        Tracks as they end; the same frames give the same tracks in the same order.

    Raises:
        ToolMissingError: A model is missing.
        ToolError: A model failed.
        MediaError: The frames could not be decoded to their end.

    Not done: a face that comes back after more than `gap_s`, or after a cut in another place with a cosine below
    `same`, begins a new track; `cluster` brings tracks of one person together.
    """
    yield from follow(((frame.time_s, see(frame, tracking)) for frame in frames), tracking)


def follow(seen: Iterable[tuple[float, Sequence[Sighting]]], tracking: Tracking = Tracking()) -> Iterator[Track]:
    """Follows faces that were seen already; see `find_tracks`.

    Args:
        seen: For each frame that was looked at, its time in seconds and the faces in it.
        tracking: How they are followed.
    """
    open_tracks: list[_Open] = []
    begun = 0
    for time_s, sightings in seen:
        ended = [one.number for one in open_tracks if time_s - one.last.time_s > tracking.gap_s]
        yield from (_close(one) for one in open_tracks if one.number in ended)
        alive = [one for one in open_tracks if one.number not in ended]
        pairs = _assign(alive, sightings, tracking)
        for track_number, sighting_number in pairs.items():
            alive[track_number] = _extended(alive[track_number], sightings[sighting_number])
        taken = set(pairs.values())
        for number, sighting in enumerate(sightings):
            if number not in taken and sighting.face.score >= tracking.start_score:
                alive.append(_extended(_Open(begun, [], None), sighting))
                begun += 1
        open_tracks = alive
    yield from (_close(one) for one in open_tracks)


def see(frame: Frame, tracking: Tracking = Tracking()) -> list[Sighting]:
    """Finds, assesses and measures the faces of one frame, the widest first."""
    return [_sighting(frame, face, tracking) for face in find(frame.pixels, tracking.search)[: tracking.most]]


def _sighting(frame: Frame, face: Face, tracking: Tracking) -> Sighting:
    crop = aligned(frame.pixels, face)
    quality = assess(frame.pixels, face, crop)
    vector = measure(crop) if face.width_px >= tracking.measured_px else None
    return Sighting(frame.index, frame.time_s, face, frame.scale, quality, vector)


def _extended(track: _Open, sighting: Sighting) -> _Open:
    import numpy as np

    track.sightings.append(sighting)  # the list belongs to this track alone, and copies of it would cost too much
    if sighting.measure is None or not sighting.is_suitable:
        return track
    vector = np.asarray(sighting.measure, np.float32)
    return replace(track, sum=vector if track.sum is None else np.asarray(track.sum + vector, np.float32))


def _close(track: _Open) -> Track:
    return Track(track.number, tuple(track.sightings))


def _assign(tracks: Sequence[_Open], sightings: Sequence[Sighting], tracking: Tracking) -> dict[int, int]:
    """Gives each track at most one sighting, the pairs that fit best first; track number to sighting number."""
    pairs = []
    for i, track in enumerate(tracks):
        for j, sighting in enumerate(sightings):
            fit = _fit(track, sighting, tracking)
            if fit is not None:
                pairs.append((-fit, i, j))
    found: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in sorted(pairs):
        if i not in found and j not in taken:
            found[i] = j
            taken.add(j)
    return found


def _fit(track: _Open, sighting: Sighting, tracking: Tracking) -> float | None:
    """Says how well a face continues a track: overlap plus cosine; None where it does not."""
    shared = overlap(track.last.face.box_px, sighting.face.box_px)
    similarity = _similarity(track, sighting)
    if similarity is None:
        return shared if shared >= tracking.overlap else None
    if shared < tracking.overlap:
        return similarity + shared if similarity >= tracking.same else None
    is_sure = sighting.is_suitable and track.last.is_suitable
    return None if is_sure and similarity < tracking.different else similarity + shared


def _similarity(track: _Open, sighting: Sighting) -> float | None:
    """Gives the cosine of a face with the last one of a track or with the track's mean, whichever is higher."""
    if sighting.measure is None or track.last.measure is None:
        return None
    last = cosine(sighting.measure, track.last.measure)
    return last if track.sum is None else max(last, cosine(sighting.measure, track.sum))
