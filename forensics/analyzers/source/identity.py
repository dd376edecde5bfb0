"""The questioned face against a subject's photos and against the original's face, at common instants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from forensics.analyzers.source.measure import FaceResult, Outcome
from forensics.analyzers.source.statistic import FaceSample, SeenFace, seen_face
from forensics.errors import MediaError
from forensics.faces.face import Box, Face, find, overlap
from forensics.faces.similarity import Spread, between, cosine, spread
from forensics.media.frame import still
from forensics.model import Gap, GapReason
from forensics.plugins import Evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FACE_BOX = "face_box_px"
"""Fact of a reference photo: the box of the subject's face in the picture as it is shown."""

LEAST_SIMILAR = 0.34
"""Cosine that 99 of 100 pairs of unrelated people stay below. *Source:* measured, 1,275 pairs of faces."""

LEAST_APART = 0.1
"""How much nearer a face must be to the one than to the other. *Source:* measured: the same face differs by 0.04 in the
median from a copy of itself made smaller; two such numbers are compared."""

_LEAST_OVERLAP = 0.3
"""Share of overlap from which two boxes are one face; the detector's own."""


class Nearer(StrEnum):
    """To whom the questioned face is nearer."""

    SUBJECT = "subject"
    ORIGINAL = "original"
    NEITHER = "undecided"


@dataclass(frozen=True, slots=True)
class Reference:
    """The subject's face in one reference photo.

    Attributes:
        picture: The whole photo, shape (height, width, 3), blue green red.
        seen: The face in it; it suffices for a comparison of identity.
        sha256: Digest of the photo.
    """

    picture: NDArray[np.uint8]
    seen: SeenFace
    sha256: str


@dataclass(frozen=True, slots=True)
class IdentityTable:
    """Cosines of face measures between the three, for one face of the original.

    Attributes:
        number: Which face, counted from 1, as in the comparison's values.
        face_subject: Questioned face and photos, each instant with each photo.
        face_original: Questioned face and the original's, at the same instants.
        subject_original: Photos and the original's face, each photo with each instant.
        instants_s: Times in the questioned item of the instants that were used.
    """

    number: int
    face_subject: Spread
    face_original: Spread
    subject_original: Spread
    instants_s: tuple[float, ...]

    @property
    def nearer(self) -> Nearer:
        """To whom the questioned face is nearer, where the medians are clearly apart and unrelated people have less."""
        apart = self.face_subject.median - self.face_original.median
        if abs(apart) < LEAST_APART or max(self.face_subject.median, self.face_original.median) < LEAST_SIMILAR:
            return Nearer.NEITHER
        return Nearer.SUBJECT if apart > 0 else Nearer.ORIGINAL

    def described(self) -> dict[str, Any]:
        """Gives the numbers as values of a finding."""
        named = {
            "face_subject": self.face_subject,
            "face_original": self.face_original,
            "subject_original": self.subject_original,
        }
        return {
            name: {"cosine": one.median, "range": [one.low, one.high], "count": one.count}
            for name, one in named.items()
        }


@dataclass(frozen=True, slots=True)
class Identity:
    """What came of the comparison with a subject.

    Attributes:
        tables: Of the faces that could be compared, the one that the finding speaks of first.
        references: Photos that were used.
        left_out: Why instants were left out, with how many each; words of `forensics.faces.quality`, and `not_seen`.
        gaps: Photos that could not be used.
    """

    tables: tuple[IdentityTable, ...]
    references: tuple[Reference, ...]
    left_out: Mapping[str, int]
    gaps: tuple[Gap, ...]


def compared(outcome: Outcome, photos: Sequence[Evidence]) -> Identity:
    """Compares the faces of a comparison with a subject's photos; faces that differ from the original come first.

    Among those the face that is most like the photos is the first: the question is whether any of them is.
    """
    references, gaps = _references(photos)
    left_out: Counter[str] = Counter()
    tables = []
    for number, face in enumerate(outcome.faces):
        times, faces = _usable(outcome, face, left_out)
        if faces and references:
            tables.append((_rank(face), _table(number + 1, times, faces, references)))
    tables.sort(key=lambda one: (one[0], -one[1].face_subject.median, one[1].number))
    return Identity(tuple(one for _, one in tables), references, dict(sorted(left_out.items())), gaps)


def _rank(face: FaceResult) -> int:
    order = ("differs", "altered", "covered", "undecided", "agrees")
    return order.index(face.judgement.state.value)


def _table(
    number: int, times: Sequence[float], faces: Sequence[FaceSample], references: Sequence[Reference]
) -> IdentityTable:
    questioned = [one.questioned.measure for one in faces if one.questioned is not None]
    originals = [one.original.measure for one in faces]
    photos = [one.seen.measure for one in references]
    first, third = between(questioned, photos), between(photos, originals)
    together = [cosine(one, other) for one, other in zip(questioned, originals, strict=True)]
    if first is None or third is None:
        raise ValueError("a table needs at least one instant and one photo")
    return IdentityTable(number, first, spread(together), third, tuple(round(one, 3) for one in times))


def _usable(
    outcome: Outcome, face: FaceResult, left_out: Counter[str]
) -> tuple[tuple[float, ...], tuple[FaceSample, ...]]:
    """Gives the instants in which both faces suffice, within the stretch that was judged; counts why others do not."""
    kept: list[tuple[float, FaceSample]] = []
    for number, sample in face.track.samples:
        time = outcome.samples[number].times_s[0]
        is_judged = face.judged_on is face.measured or face.stretch_s is None
        if not is_judged and face.stretch_s and not face.stretch_s[0] <= time <= face.stretch_s[1]:
            continue
        reasons = shortcomings_of(sample)
        left_out.update(reasons)
        if not reasons:
            kept.append((time, sample))
    return tuple(time for time, _ in kept), tuple(sample for _, sample in kept)


def shortcomings_of(sample: FaceSample) -> tuple[str, ...]:
    """Lists why an instant does not suffice for a comparison of identity; empty where it does."""
    if sample.questioned is None:
        return ("not_seen",)
    return tuple(dict.fromkeys((*sample.questioned.shortcomings, *sample.original.shortcomings)))


def _references(photos: Sequence[Evidence]) -> tuple[tuple[Reference, ...], tuple[Gap, ...]]:
    kept: list[Reference] = []
    gaps: list[Gap] = []
    for photo in photos:
        sha256 = photo.artifact.content_sha256
        try:
            with photo.path() as path:
                picture = still(path).pixels
        except MediaError as error:
            gaps.append(Gap(f"photo {sha256[:16]}", GapReason.UNREADABLE, str(error)))
            continue
        face = _subject_face(find(picture), photo.artifact.facts.get(FACE_BOX))
        seen = seen_face(picture, face) if face is not None else None
        if seen is None or seen.shortcomings:
            why = ", ".join(seen.shortcomings) if seen else "no face was found in it, or not the one that was named"
            gaps.append(Gap(f"photo {sha256[:16]}", GapReason.NOT_APPLICABLE, f"not suitable for examination: {why}"))
            continue
        kept.append(Reference(picture, seen, sha256))
    return tuple(kept), tuple(gaps)


def _subject_face(faces: Sequence[Face], box: object) -> Face | None:
    """Gives the face that was named as the subject's; without a name the only one of a photo that shows one person."""
    if not isinstance(box, (list, tuple)) or len(box) != 4:  # noqa: PLR2004 -- left, top, width, height
        return faces[0] if len(faces) == 1 else None
    named: Box = (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
    best = max(faces, key=lambda one: overlap(one.box_px, named), default=None)
    return best if best is not None and overlap(best.box_px, named) >= _LEAST_OVERLAP else None
