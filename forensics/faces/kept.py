"""Measures the faces of a content again, from the table and the pictures of faces that the case keeps of it.

What is measured stays in memory: a measure could identify a person, and is never stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.errors import CodecError, MediaError
from forensics.faces.face import Box, Face, aligned, measure
from forensics.faces.similarity import mean
from forensics.faces.table import CROP_ROLE, MOST_BYTES, ROLE, Best, TrackRow, read_table
from forensics.plugins import Evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_CROP_BYTES = 4 << 20
"""Largest picture of a face that is read. One of 320 x 320 pixels, uncompressed, has 0.3 MB."""

MOST_CROP_PX = 1024
"""Longest side of a picture of a face that is measured; those that are kept have at most 320 px."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
"""How a PNG picture begins; width and height follow. *Source:* PNG specification, third edition, 5.2 and 11.2.1."""

NO_PICTURE = "no_picture"
"""Why a track that is suitable for a comparison was not measured: no picture of its face was kept, or none can be read.
"""

SAME_INSTANT_S = 1e-3
"""Times that differ by less are one frame: those of a table are rounded to a thousandth of a second at most."""


@dataclass(frozen=True, slots=True)
class KeptFace:
    """A frame of a track that was measured.

    Attributes:
        time_s: Time of the frame; 0.0 in a still.
        box_px: Where the face is, in pixels of the picture or clip as it is shown.
        crop_sha256: Of the picture of the face.
        measure: Shape (128,), of length 1.
    """

    time_s: float
    box_px: Box
    crop_sha256: str
    measure: NDArray[np.float32]

    @property
    def width_px(self) -> float:
        """Width of the face in the picture or clip as it is shown."""
        return self.box_px[2]


@dataclass(frozen=True, slots=True)
class KeptTrack:
    """A track whose face was measured.

    Attributes:
        id: As the table names it: `F1`.
        start_s: Time of the first sighting.
        end_s: Time of the last sighting.
        faces: The best frames, the best first; never empty.
    """

    id: str
    start_s: float
    end_s: float
    faces: tuple[KeptFace, ...]

    def measure(self) -> NDArray[np.float32]:
        """Gives the mean measure of the frames."""
        return mean([one.measure for one in self.faces])

    @property
    def width_px(self) -> float:
        """Width of the narrowest face that was measured."""
        return min(one.width_px for one in self.faces)


@dataclass(frozen=True, slots=True)
class Kept:
    """The faces of a content.

    Attributes:
        track_count: Tracks that the content has; None where it has no table that can be read.
        tracks: Those that were measured, in the order of the table.
        left_out: Id of each of the others, and why it was not measured: `quality.Reason`, or `NO_PICTURE`.
        damage: What could not be read; empty where all could.
    """

    track_count: int | None
    tracks: tuple[KeptTrack, ...] = ()
    left_out: tuple[tuple[str, tuple[str, ...]], ...] = ()
    damage: tuple[str, ...] = ()

    def reasons(self) -> tuple[str, ...]:
        """Gives why tracks were left out, the most frequent reason first."""
        counted = Counter(reason for _, reasons in self.left_out for reason in reasons)
        return tuple(reason for reason, _ in sorted(counted.items(), key=lambda one: (-one[1], one[0])))


def read_kept(evidence: Evidence) -> Kept:
    """Measures the faces of a content from what `evidence.related` gives for `face-tracks` and `face`.

    Args:
        evidence: The content.

    Returns:
        A table that cannot be read is told in `damage`, and so is a picture; the others are used.

    Raises:
        ToolMissingError: The model or OpenCV is missing.
        ToolError: The model failed.
    """
    tables = evidence.related(ROLE)
    if not tables:
        return Kept(None, damage=("there is no table of its faces",))
    try:
        with tables[0].open() as stream:
            table = read_table(stream.read(MOST_BYTES + 1))
    except CodecError as error:
        return Kept(None, damage=(str(error),))
    crops = {one.artifact.content_sha256: one for one in evidence.related(CROP_ROLE)}
    damage: list[str] = []
    tracks: list[KeptTrack] = []
    left_out: list[tuple[str, tuple[str, ...]]] = []
    for row in table.tracks:
        faces = tuple(_faces(row, crops, damage)) if row.is_suitable else ()
        if faces:
            tracks.append(KeptTrack(row.id, row.start_s, row.end_s, faces))
        else:
            left_out.append((row.id, (NO_PICTURE,) if row.is_suitable else tuple(map(str, row.reasons))))
    return Kept(len(table.tracks), tuple(tracks), tuple(left_out), tuple(damage))


def _faces(row: TrackRow, crops: Mapping[str, Evidence], damage: list[str]) -> Iterator[KeptFace]:
    for best in _suitable(row):
        crop = crops.get(best.crop_sha256 or "")
        if crop is None or best.crop_sha256 is None:
            continue
        try:
            vector = _measured(crop, best)
        except MediaError as error:
            damage.append(f"{row.id}: {error}")
        else:
            yield KeptFace(best.time_s, best.box_px, best.crop_sha256, vector)


def _suitable(row: TrackRow) -> Iterable[Best]:
    """Gives the best frames in which the face suffices for a comparison.

    Of a long track not all sightings are kept, so that a frame may have none; the first one is the best of a suitable
    track and suffices in any case.
    """
    for number, best in enumerate(row.best):
        there = [one for one in row.sightings if abs(one.time_s - best.time_s) < SAME_INSTANT_S]
        if any(not one.reasons for one in there) or (number == 0 and not there):
            yield best


def _measured(crop: Evidence, best: Best) -> NDArray[np.float32]:
    import numpy as np

    picture = _picture(crop)
    width, height = best.box_px[2] * best.scale, best.box_px[3] * best.scale
    landmarks = np.asarray(best.crop_landmarks_px, np.float64)
    return measure(aligned(picture, Face((0.0, 0.0, width, height), landmarks, 1.0)))


def _picture(crop: Evidence) -> NDArray[np.uint8]:
    """Decodes a picture of a face.

    Raises:
        MediaError: It is larger than any that is kept, or damaged.
    """
    import cv2
    import numpy as np

    from forensics.faces.model import running

    with crop.open() as stream:
        content = stream.read(MOST_CROP_BYTES + 1)
    sides = [int.from_bytes(content[at : at + 4]) for at in (16, 20)]
    if not content.startswith(_SIGNATURE) or len(content) > MOST_CROP_BYTES or not 0 < max(sides) <= MOST_CROP_PX:
        raise MediaError("the picture of a face is no PNG picture of at most 1024 by 1024 pixels")
    with running("the picture of a face could not be decoded"):
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise MediaError("the picture of a face cannot be decoded")
    return np.asarray(pixels, np.uint8)
