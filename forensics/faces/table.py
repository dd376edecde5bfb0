"""The table of faces of one picture or clip, as the case keeps it: tracks, where they were seen, and the best frames.

The table holds places, times and how well each face is seen. It holds no measure of a face that could identify anyone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forensics import codec
from forensics.errors import CodecError
from forensics.faces.face import Box
from forensics.faces.quality import Quality, Reason

ROLE = "face-tracks"
"""Role under which the table is kept."""

CROP_ROLE = "face"
"""Role under which the pictures of faces are kept that `Best.crop_sha256` names."""

VERSION = 1
"""Version of the form of the table."""

MOST_BYTES = 64 << 20
"""Largest table that is read. The largest that is written has 200 tracks of 128 sightings, of some 500 bytes each."""

Point = tuple[float, float]
"""From the left and from the top, in pixels."""

Points = tuple[Point, Point, Point, Point, Point]
"""Landmarks in the order of `face.CANONICAL`."""


@dataclass(frozen=True, slots=True)
class SightingRow:
    """A face in one frame.

    Attributes:
        time_s: Time of the frame; 0.0 in a still.
        box_px: In pixels of the picture or clip as it is shown.
        landmarks_px: The same.
        score: Of the detector, 0 to 1; no probability.
        reasons: Why the face does not suffice for a comparison there; empty where it does.
        quality: How well it is seen; its sizes are in pixels of the frame that was searched.
    """

    time_s: float
    box_px: Box
    landmarks_px: Points
    score: float
    reasons: tuple[Reason, ...]
    quality: Quality


@dataclass(frozen=True, slots=True)
class Best:
    """A frame in which the face of a track is seen well, with a picture of the face.

    Attributes:
        time_s: Time of the frame; 0.0 in a still.
        crop_sha256: Of the content of the picture, which is kept under `CROP_ROLE`; None where none was kept.
        box_px: In pixels of the picture or clip as it is shown.
        landmarks_px: The same.
        crop_landmarks_px: In pixels of the kept picture.
        scale: Width of the kept picture over that of what it shows, in pixels of the picture or clip; 1.0 or less.
    """

    time_s: float
    crop_sha256: str | None
    box_px: Box
    landmarks_px: Points
    crop_landmarks_px: Points
    scale: float


@dataclass(frozen=True, slots=True)
class TrackRow:
    """One face through a stretch of a clip, or one face of a still.

    Attributes:
        id: `F1`, `F2`, … in the order in which tracks begin.
        start_s: Time of the first sighting.
        end_s: Time of the last sighting.
        ranges_s: First and last sighting of each stretch without a gap.
        frame_count: Frames in which the face was seen; `sightings` may hold fewer of them.
        is_suitable: Whether the face suffices for a comparison in one frame at least.
        reasons: Why it does not, the most frequent first; empty where it does.
        sightings: In the order of time, at equal intervals where not all are kept.
        best: The best first; empty where no frame was kept.
    """

    id: str
    start_s: float
    end_s: float
    ranges_s: tuple[tuple[float, float], ...]
    frame_count: int
    is_suitable: bool
    reasons: tuple[Reason, ...]
    sightings: tuple[SightingRow, ...]
    best: tuple[Best, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The faces of one picture or clip.

    Attributes:
        sampling_hz: Frames per second that were looked at; None for a still.
        duration_s: Time of the last frame that was looked at; None for a still.
        width_px: Width of the picture or clip as it is shown.
        height_px: Its height.
        tracks: In the order in which they begin; in a still the widest face first.
    """

    sampling_hz: float | None
    duration_s: float | None
    width_px: int
    height_px: int
    tracks: tuple[TrackRow, ...]
    version: int = VERSION

    def track(self, name: str) -> TrackRow | None:
        """Gives the track of an id; None where there is none."""
        return next((one for one in self.tracks if one.id == name), None)

    @property
    def is_still(self) -> bool:
        """Whether this is the table of a still picture."""
        return self.sampling_hz is None


def write_table(table: Table) -> bytes:
    """Writes a table as canonical JSON (RFC 8785).

    Raises:
        CodecError: A number of it is not finite.
    """
    return codec.canonical(codec.to_json(table))


def read_table(content: bytes) -> Table:
    """Reads a table that `write_table` wrote; members that are not known are ignored.

    Raises:
        CodecError: It is larger than `MOST_BYTES`, of another version, or not such a table.
    """
    if len(content) > MOST_BYTES:
        raise CodecError(f"a table of faces of {len(content)} bytes is not read; {MOST_BYTES} are the most")
    value = codec.parse(content)
    version = value.get("version") if isinstance(value, dict) else None
    if version != VERSION:
        raise CodecError(f"a table of faces of version {version!r} cannot be read", hint=f"Known version: {VERSION}.")
    codec.canonical(value)  # refuses numbers that are not finite, wherever they stand
    table: Table = codec.from_json(Table, value)
    _check(table)
    return table


def _check(table: Table) -> None:
    """Refuses a table that makes no sense, so that readers need not look."""
    names = [one.id for one in table.tracks]
    if min(table.width_px, table.height_px) < 1 or len(set(names)) < len(names):
        raise CodecError("a table of faces is of a picture without area, or has two tracks of one name")


def points(landmarks: Iterable[Iterable[float]]) -> Points:
    """Gives five landmarks as a table holds them, rounded to a tenth of a pixel.

    Raises:
        CodecError: There are not five, or one has not two coordinates.
    """
    rows = [tuple(round(float(value), 1) for value in row) for row in landmarks]
    found: Points = codec.from_json(Points, [list(row) for row in rows])
    return found
