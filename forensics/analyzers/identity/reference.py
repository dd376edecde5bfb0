"""Reference photographs of a subject: the one face in each, whether it suffices, and whether they show one face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from forensics.errors import MediaError, ToolError, ToolMissingError
from forensics.faces.cluster import cluster
from forensics.faces.face import Box, Face, aligned, find, measure, overlap
from forensics.faces.quality import assess, shortcomings
from forensics.faces.similarity import DIGITS, table
from forensics.plugins import Evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALONE = 0.5
"""A second face of at least this share of the widest one's width leaves open who is meant. *Source:* a rule of this
project: somebody in the background of a portrait is smaller, somebody beside the subject is not."""


FACE_BOX = "face_box_px"
"""Fact of a photograph: the box of the subject's face, where it was chosen when the subject was registered."""

SAME_PLACE = 0.3
"""Share of overlap from which on a face is the one of that box. *Source:* `Search.overlap`, above which the detector's
own boxes are taken for one face."""


class Obstacle(StrEnum):
    """Why a photograph cannot be used, beside what `quality.Reason` names."""

    UNREADABLE = "unreadable"
    NO_FACE = "no_face"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Photo:
    """A reference photograph.

    Attributes:
        sha256: Of its content.
        reasons: Why it is not used: `Obstacle` or `quality.Reason`; empty where it is.
        width_px: Width of the face that was measured; None where there is none.
        measure: Shape (128,), of length 1; None where the photograph is not used.
        detail: What the decoder said of a file that cannot be read.
    """

    sha256: str
    reasons: tuple[str, ...]
    width_px: float | None = None
    measure: NDArray[np.float32] | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """The photographs of a subject.

    Attributes:
        photos: All of them, in the order in which they were given.
        cosines: Of each usable photograph with each other one, lowest first, rounded; empty for fewer than two.
        agree: Whether they are grouped as one person by `faces.cluster`; None for fewer than two usable ones.
    """

    photos: tuple[Photo, ...]
    cosines: tuple[float, ...]
    agree: bool | None

    @property
    def usable(self) -> tuple[Photo, ...]:
        """The photographs whose face was measured."""
        return tuple(one for one in self.photos if one.measure is not None)

    @property
    def measures(self) -> tuple[NDArray[np.float32], ...]:
        """The measures of the usable photographs."""
        return tuple(one.measure for one in self.photos if one.measure is not None)


def read_reference(photos: Sequence[Evidence]) -> Reference:
    """Finds and measures the face of each photograph, and compares the photographs with each other.

    Raises:
        ToolMissingError: A model is missing.
        ToolError: A model failed.
    """
    import numpy as np

    read = tuple(_photo(one) for one in photos)
    measures = [one.measure for one in read if one.measure is not None]
    if len(measures) < 2:  # noqa: PLR2004 -- one has nothing to agree with
        return Reference(read, (), None)
    pairs = table(measures, measures)[np.triu_indices(len(measures), k=1)]
    cosines = tuple(sorted(round(float(value), DIGITS) for value in pairs))
    return Reference(read, cosines, cluster(measures).count == 1)


def _photo(evidence: Evidence) -> Photo:
    sha256 = evidence.artifact.content_sha256
    try:
        pixels = _pixels(evidence)
    except ToolMissingError:
        raise
    except (MediaError, ToolError) as error:
        return Photo(sha256, (Obstacle.UNREADABLE,), detail=str(error))
    face = _meant(find(pixels), _box(evidence))
    if isinstance(face, Obstacle):
        return Photo(sha256, (face,))
    return _measured(sha256, pixels, face)


def _meant(faces: Sequence[Face], box_px: Box | None) -> Face | Obstacle:
    """Chooses the face of the subject: the one that was chosen before, or the only large one."""
    if box_px is not None:
        faces = [face for face in faces if overlap(face.box_px, box_px) >= SAME_PLACE]
        return max(faces, key=lambda face: overlap(face.box_px, box_px)) if faces else Obstacle.NO_FACE
    if not faces:
        return Obstacle.NO_FACE
    if len(faces) > 1 and faces[1].width_px >= ALONE * faces[0].width_px:
        return Obstacle.SEVERAL
    return faces[0]


def _box(evidence: Evidence) -> Box | None:
    value = evidence.artifact.facts.get(FACE_BOX)
    if not isinstance(value, list | tuple) or len(value) != 4:  # noqa: PLR2004 -- left, top, width, height
        return None
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in value):
        return None
    left, top, width, height = (float(one) for one in value)
    return left, top, width, height


def _measured(sha256: str, pixels: NDArray[np.uint8], face: Face) -> Photo:
    crop = aligned(pixels, face)
    reasons = shortcomings(assess(pixels, face, crop))
    if reasons:
        return Photo(sha256, tuple(str(one) for one in reasons), face.width_px)
    return Photo(sha256, (), face.width_px, measure(crop))


def _pixels(evidence: Evidence) -> NDArray[np.uint8]:
    """Decodes a photograph; of an animated picture the first frame.

    Raises:
        MediaError: It cannot be decoded.
        ToolError: The decoder ran out of time or memory.
    """
    from forensics.media.frame import frames

    with evidence.path() as path:
        for frame in frames(path):
            return frame.pixels
    raise MediaError("the photograph has no picture")
