"""What is said of the likeness of a face and a subject: how similar, beside what is usual; never who it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.identity.distribution import Distributions
from forensics.analyzers.identity.likeness import Likeness
from forensics.analyzers.identity.reference import Obstacle, Reference
from forensics.faces.kept import Kept
from forensics.model import Gap, GapReason, Message, Result

MOST_TRACKS = 50
"""Tracks that a finding lists, the most similar first; a film can have hundreds."""

_PERSON = message(
    "identity.limit.person",
    "A similarity is no identity: it does not say who is shown. Whether a person is shown, or was used, is said by "
    "people and by other evidence.",
)
_SWAP = message(
    "identity.limit.swap",
    "Faces made by face-swap programs lie between photographs of one person and photographs of two persons; a "
    "threshold for one person, as other programs have it, would miss most of them. Programs that warp a picture "
    "in two dimensions keep the shape of the face that they replace, and are not seen by this measure.",
)
_GROUPS = message(
    "identity.limit.groups",
    "Face recognition errs more often for some groups of people than for others, by sex, age and origin (NIST "
    "Interagency Report 8280, 2019). How this measure does in each group was not measured here.",
)
_HIDDEN = message(
    "identity.limit.hidden",
    "Hands, masks, glasses, make-up and captions over a face, age and expression change the measure; that a part of a "
    "face is hidden is not noticed.",
)
_RELATIVES = message("identity.alternative.relatives", "Relatives and people who look alike have similar faces.")
_CHANCE = message(
    "identity.alternative.chance",
    "The more faces are compared, the more similar the most similar of them is by chance alone.",
)
_GENERATED = message(
    "identity.alternative.generated",
    "Portraits that were generated without a model person resemble each other, and can resemble a person by chance.",
)
_DAMAGED = message(
    "identity.alternative.quality",
    "Blur, light, pose and compression make faces of one person less similar.",
)


@dataclass(frozen=True, slots=True)
class Said:
    """The parts of a finding that depend on what was measured."""

    result: Result
    statement: Message
    values: dict[str, Any]
    limits: tuple[Message, ...]
    alternatives: tuple[Message, ...]
    where: tuple[dict[str, Any], ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that was measured of one content and one subject.

    Attributes:
        subject: Id of the subject.
        kept: The faces of the content.
        reference: The photographs.
        found: How similar the tracks are; empty where nothing could be compared.
        usual: What is usual.
        similar_from: Similarity from which on a face is called similar.
    """

    subject: str
    kept: Kept
    reference: Reference
    found: tuple[Likeness, ...]
    usual: Distributions
    similar_from: float


def say(measured: Measured) -> Said:
    """States how similar the faces of a content are to a subject."""
    if not measured.reference.usable:
        return _no_photographs(measured)
    if measured.kept.track_count is None:
        return _unread(measured)
    if measured.kept.track_count == 0:
        return _faceless(measured)
    if not measured.found:
        return _unsuitable(measured)
    if measured.reference.agree is False:
        return _disagreeing(measured)
    return _similar(measured) if measured.found[0].similarity >= measured.similar_from else _different(measured)


def _similar(measured: Measured) -> Said:
    best = measured.found[0]
    statement = message(
        "identity.similar",
        "The face {track} has a similarity of {similarity} to the reference photographs of {subject} (photographs: "
        "{photos}; lowest {low}, highest {high}). What is usual, for nine of ten pairs: unrelated persons "
        "{unrelated_low} to {unrelated_high}, middle {unrelated}; photographs of one person {same_low} to {same_high}, "
        "middle {same}; faces made by face-swap programs, against the photographs they were made from, {swapped_low} "
        "to {swapped_high}, middle {swapped}.",
        **_numbers(measured, best),
    )
    values = {**_values(measured), "strength": "consistent_with"}
    alternatives = (_RELATIVES, _target(measured.usual), _GENERATED, _CHANCE)
    where = tuple(_place(one) for one in measured.found if one.similarity >= measured.similar_from)
    return Said(Result.INDETERMINATE, statement, values, _limits(measured), alternatives, where, _gaps(measured))


def _different(measured: Measured) -> Said:
    best = measured.found[0]
    statement = message(
        "identity.different",
        "No face that is similar to the reference photographs of {subject} was found by this method: of {tracks} "
        "faces that were compared (not suitable: {left_out}) the most similar is {track}, with a similarity of "
        "{similarity} (photographs: {photos}; lowest {low}, highest {high}). What is usual, for nine of ten pairs: "
        "unrelated persons {unrelated_low} to {unrelated_high}, middle {unrelated}; photographs of one person "
        "{same_low} to {same_high}, middle {same}; faces made by face-swap programs, against the photographs they "
        "were made from, {swapped_low} to {swapped_high}, middle {swapped}.",
        tracks=len(measured.found),
        left_out=len(measured.kept.left_out),
        **_numbers(measured, best),
    )
    gaps = _gaps(measured)
    result = Result.INDETERMINATE if any(gap.is_of_content for gap in gaps) else Result.NOT_FOUND
    return Said(result, statement, _values(measured), _limits(measured), (_DAMAGED,), (_place(best),), gaps)


def _disagreeing(measured: Measured) -> Said:
    best = measured.found[0]
    cosines = measured.reference.cosines
    statement = message(
        "identity.disagreeing",
        "The reference photographs of {subject} do not resemble one another (similarities from {least} to {most}), so "
        "that it is open whether they show one person; the comparison cannot be relied on. The most similar face is "
        "{track}, with a similarity of {similarity} (lowest {low}, highest {high}).",
        subject=measured.subject,
        least=cosines[0],
        most=cosines[-1],
        track=best.track.id,
        similarity=best.similarity,
        low=best.low,
        high=best.high,
    )
    alternatives = (
        message(
            "identity.alternative.photographs",
            "Photographs of one person differ by age, light, pose and make-up; or one of them shows somebody else.",
        ),
    )
    where = (_place(best),)
    limits = _limits(measured)
    return Said(Result.INDETERMINATE, statement, _values(measured), limits, alternatives, where, _gaps(measured))


def _unsuitable(measured: Measured) -> Said:
    reasons = list(measured.kept.reasons())
    statement = message(
        "identity.unsuitable",
        "The faces of this content are not suitable for a comparison with {subject}: {tracks} faces ({reasons}).",
        subject=measured.subject,
        tracks=measured.kept.track_count,
        reasons=", ".join(reasons) or "unreadable",
    )
    gap = Gap("faces suitable for a comparison", GapReason.MISSING, ", ".join(reasons) or "none could be read")
    gaps = (gap, *_gaps(measured, with_left_out=False))
    values = {**_values(measured), "unsuitable": reasons or ["unreadable"]}
    return Said(Result.INDETERMINATE, statement, values, _limits(measured), (_DAMAGED,), gaps=gaps)


def _no_photographs(measured: Measured) -> Said:
    reasons = list(dict.fromkeys(reason for one in measured.reference.photos for reason in one.reasons))
    statement = message(
        "identity.photographs",
        "None of the reference photographs of {subject} is suitable for a comparison ({reasons}).",
        subject=measured.subject,
        reasons=", ".join(reasons) or "none was given",
    )
    gap = Gap("reference photographs", GapReason.MISSING, ", ".join(reasons) or "none was given")
    values = {**_values(measured), "unsuitable": reasons}
    limits = _limits(measured)
    return Said(Result.INDETERMINATE, statement, values, limits, (_DAMAGED,), gaps=(gap, *_gaps(measured)))


def _unread(measured: Measured) -> Said:
    statement = message(
        "identity.unread",
        "The faces of this content could not be compared with {subject}: the table of its faces could not be read.",
        subject=measured.subject,
    )
    limits = _limits(measured)
    return Said(Result.INDETERMINATE, statement, _values(measured), limits, (_DAMAGED,), gaps=_gaps(measured))


def _faceless(measured: Measured) -> Said:
    statement = message(
        "identity.faceless",
        "No face was found in this content by the examination of faces, so none was compared with {subject}.",
        subject=measured.subject,
    )
    return Said(Result.NOT_FOUND, statement, _values(measured), _limits(measured), (_DAMAGED,))


def _numbers(measured: Measured, best: Likeness) -> dict[str, Any]:
    usual = measured.usual
    kinds = {"unrelated": usual.unrelated, "same": usual.same_person, "swapped": usual.swapped_source}
    numbers: dict[str, Any] = {
        "subject": measured.subject,
        "track": best.track.id,
        "similarity": best.similarity,
        "photos": len(measured.reference.usable),
        "low": best.low,
        "high": best.high,
    }
    for name, one in kinds.items():
        numbers |= {name: one.median, f"{name}_low": one.low, f"{name}_high": one.high}
    return numbers


def _limits(measured: Measured) -> tuple[Message, ...]:
    usual = measured.usual
    material = message(
        "identity.limit.material",
        "What is usual was measured on few persons (independent pairs: {unrelated} unrelated, {same} of one person, "
        "{swapped} of a face swap and its source) and may not hold for this content.",
        unrelated=usual.unrelated.units,
        same=usual.same_person.units,
        swapped=usual.swapped_source.units,
    )
    return (_PERSON, _SWAP, material, _GROUPS, _HIDDEN)


def _target(usual: Distributions) -> Message:
    return message(
        "identity.alternative.target",
        "A face made by a face-swap program also resembles the person whose picture it was put into (similarities "
        "from {least} to {most} in test material): the subject may be that person, and not the one it was made from.",
        least=usual.swapped_target.least,
        most=usual.swapped_target.most,
    )


def _values(measured: Measured) -> dict[str, Any]:
    best = measured.found[0] if measured.found else None
    reference = measured.reference
    return {
        "subject": measured.subject,
        "similarity": best.similarity if best else None,
        "track": best.track.id if best else None,
        "face_width_px": _width(measured, best) if best else None,
        "tracks": [_track(one) for one in measured.found[:MOST_TRACKS]],
        "compared_track_count": len(measured.found),
        "track_count": measured.kept.track_count,
        "left_out": [
            {"track": name, "reasons": list(reasons)} for name, reasons in measured.kept.left_out[:MOST_TRACKS]
        ],
        "photo_count": len(reference.usable),
        "photos": [
            {
                "sha256": one.sha256,
                "width_px": None if one.width_px is None else round(one.width_px),
                "reasons": [str(reason) for reason in one.reasons],
            }
            for one in reference.photos
        ],
        "photos_agree": reference.agree,
        "photo_similarities": _spread(reference.cosines),
        "distributions": measured.usual.described(),
        "calibration": measured.usual.calibration_sha256,
    }


def _width(measured: Measured, best: Likeness) -> int:
    """Gives the width in pixels of the narrowest face that took part: in the track, or in a photograph."""
    return round(min([best.track.width_px, *(one.width_px or 0.0 for one in measured.reference.usable)]))


def _spread(cosines: Sequence[float]) -> list[float] | None:
    return [cosines[0], round(median(cosines), 2), cosines[-1]] if cosines else None


def _track(one: Likeness) -> dict[str, Any]:
    return {
        "track": one.track.id,
        "similarity": one.similarity,
        "range": [one.low, one.high],
        "frame_count": len(one.track.faces),
        "start_s": round(one.track.start_s, 3),
        "end_s": round(one.track.end_s, 3),
        "width_px": round(one.track.width_px),
        "crop_sha256": one.track.faces[0].crop_sha256,
    }


def _place(one: Likeness) -> dict[str, Any]:
    face = one.track.faces[0]
    return {
        "track": one.track.id,
        "start_s": round(one.track.start_s, 3),
        "end_s": round(one.track.end_s, 3),
        "time_s": round(face.time_s, 3),
        "box_px": [round(value) for value in face.box_px],
    }


def _gaps(measured: Measured, *, with_left_out: bool = True) -> tuple[Gap, ...]:
    """Lists what could not be compared: damaged parts, photographs, and tracks beside those that were compared."""
    gaps = [Gap("faces", GapReason.UNREADABLE, one) for one in measured.kept.damage]
    gaps += [
        Gap("reference photograph", GapReason.UNREADABLE, f"{photo.sha256[:16]}: {photo.detail}")
        for photo in measured.reference.photos
        if Obstacle.UNREADABLE in photo.reasons
    ]
    if with_left_out and measured.kept.left_out:
        count, of = len(measured.kept.left_out), measured.kept.track_count
        reasons = ", ".join(measured.kept.reasons())
        detail = f"{count} of {of} faces are not suitable for a comparison: {reasons}"
        gaps.append(Gap("faces", GapReason.NOT_APPLICABLE, detail))
    return tuple(gaps)
