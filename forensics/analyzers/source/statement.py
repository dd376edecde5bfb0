"""What is said of a comparison: what agrees and what does not; never which came first, who did it, or how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.source.exhibit import RULE, leading
from forensics.analyzers.source.measure import FaceResult, Outcome
from forensics.analyzers.source.summary import Summary
from forensics.analyzers.source.verdict import LEAST_CORRELATION, LEAST_INLIERS, FaceState, Verdict
from forensics.model import Message, Result

RESULTS = {
    Verdict.FACE_DIFFERS: Result.FOUND,
    Verdict.REGION_ALTERED: Result.FOUND,
    Verdict.CORRESPONDS: Result.FOUND,
    Verdict.NO_MATCH: Result.NOT_FOUND,
    Verdict.OPEN: Result.INDETERMINATE,
}
"""What is looked for is correspondence."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the two are called in sentences."""

    questioned: str
    original: str


def statement(outcome: Outcome, names: Names) -> Message:
    """Says what was measured."""
    both = {"questioned": names.questioned, "original": names.original}
    if outcome.verdict is Verdict.NO_MATCH:
        return message(
            "source.comparison.different",
            "No common scene of {questioned} and {original} was found by this method: at most {inliers} of the image "
            "points that were compared lie alike; {least} are required.",
            inliers=outcome.scene.inliers,
            least=LEAST_INLIERS,
            **both,
        )
    if outcome.verdict is Verdict.OPEN:
        return _open(outcome, both)
    numbers = {**both, "aligned": _percent(outcome), "outside": _number(outcome.scene.structure_outside)}
    if outcome.verdict is Verdict.CORRESPONDS:
        return _corresponds(outcome, numbers)
    if outcome.verdict is Verdict.FACE_DIFFERS:
        return _differs(outcome, numbers)
    return _altered(outcome, numbers)


def _corresponds(outcome: Outcome, numbers: dict[str, Any]) -> Message:
    if not outcome.faces:
        return message(
            "source.comparison.corresponds_faceless",
            "{questioned} and {original} show the same scene: {aligned} % of the frames of the first lie on frames of "
            "the second, and the pictures agree (correlation of structure {outside}). No face was found in them by "
            "this method.",
            **numbers,
        )
    return message(
        "source.comparison.corresponds",
        "{questioned} and {original} show the same scene: {aligned} % of the frames of the first lie on frames of the "
        "second, and the pictures agree (correlation of structure {outside}). Of {faces} faces, {agreeing} agree "
        "inside as well, as far as compression lets this be seen; no local change was found by this method.",
        faces=len(outcome.faces),
        agreeing=sum(one.judgement.state is FaceState.AGREES for one in outcome.faces),
        **numbers,
    )


def _differs(outcome: Outcome, numbers: dict[str, Any]) -> Message:
    face = next(one for one in outcome.faces if one.judgement.state is FaceState.DIFFERS)
    shown, control = face.judged_on, face.control
    cosine = shown.similarity.median if shown.similarity else None
    numbers |= {
        "differing": sum(one.judgement.state is FaceState.DIFFERS for one in outcome.faces),
        "faces": len(outcome.faces),
        "inside": _number(shown.structure.median),
        "cosine": _number(cosine),
    }
    if control is None:
        return message(
            "source.comparison.differs_uncontrolled",
            "{questioned} and {original} show the same scene: {aligned} % of the frames of the first lie on frames of "
            "the second. Outside the faces the pictures agree (correlation of structure {outside}). Inside {differing} "
            "of {faces} faces they do not: {inside}. The similarity of the face measures at the same instants is "
            "{cosine}. No control could be made of the original.",
            **numbers,
        )
    return message(
        "source.comparison.differs",
        "{questioned} and {original} show the same scene: {aligned} % of the frames of the first lie on frames of the "
        "second. Outside the faces the pictures agree (correlation of structure {outside}). Inside {differing} of "
        "{faces} faces they do not: {inside}, where the original, compressed as strongly, still gives {control}. The "
        "similarity of the face measures at the same instants is {cosine}; compressed as strongly, the original gives "
        "{control_cosine}.",
        control=_number(control.structure.median),
        control_cosine=_number(control.similarity.median if control.similarity else None),
        **numbers,
    )


def _altered(outcome: Outcome, numbers: dict[str, Any]) -> Message:
    states = (FaceState.ALTERED, FaceState.COVERED)
    altered = sum(one.judgement.state in states for one in outcome.faces)
    face = leading(outcome)
    numbers |= {"faces": len(outcome.faces), "regions": len(outcome.regions)}
    if altered == 0 or face is None:
        return message(
            "source.comparison.altered_outside",
            "{questioned} and {original} show the same scene: {aligned} % of the frames of the first lie on frames of "
            "the second, and the pictures agree (correlation of structure {outside}) except in {regions} regions "
            "outside the original's faces. Of {faces} faces of the original, {agreeing} agree inside as well; none "
            "was found to differ "
            "by this method, as far as they could be measured.",
            agreeing=sum(one.judgement.state is FaceState.AGREES for one in outcome.faces),
            **numbers,
        )
    shown = face.judged_on
    numbers |= {
        "altered": altered,
        "inside": _number(shown.structure.median),
        "cosine": _number(shown.similarity.median if shown.similarity else None),
    }
    return message(
        "source.comparison.altered",
        "{questioned} and {original} show the same scene: {aligned} % of the frames of the first lie on frames of the "
        "second. Outside the faces the pictures agree (correlation of structure {outside}), with {regions} regions "
        "left out. {altered} of {faces} faces differ at least in part (correlation {inside}; similarity of the face "
        "measures at the same instants {cosine}), in a way that smoothing, covering, painting over or a change of one "
        "part of the face also gives.",
        **numbers,
    )


def _open(outcome: Outcome, both: dict[str, str]) -> Message:
    reason = outcome.reasons[0] if outcome.reasons else "outside_differs"
    if reason == "little_detail":
        return message(
            "source.comparison.open_detail",
            "Whether {questioned} comes from {original} could not be determined: the pictures of one of them show "
            "too little detail.",
            **both,
        )
    if reason == "not_the_same_instants":
        return message(
            "source.comparison.open_time",
            "{questioned} and {original} show a similar scene, but no common instants could be established: what moves "
            "in them correlates with {correlation}; {least} is required. Faces were not compared.",
            correlation=_number(outcome.scene.correlation),
            least=LEAST_CORRELATION,
            **both,
        )
    if reason == "faces_undecided":
        return message(
            "source.comparison.open_face",
            "{questioned} and {original} show the same scene (correlation of structure outside the faces {outside}), "
            "but no face could be compared: too small, seen too briefly, hidden, or not in the same pose.",
            outside=_number(outcome.scene.structure_outside),
            **both,
        )
    return message(
        "source.comparison.open_outside",
        "{questioned} and {original} have image points in common, but outside the faces the pictures agree too little "
        "(correlation of structure {outside}) for the faces to be compared.",
        outside=_number(outcome.scene.structure_outside),
        **both,
    )


def unread(names: Names) -> Message:
    """Says that nothing could be compared."""
    return message(
        "source.comparison.unread",
        "{questioned} and {original} could not be compared: one of them could not be read as a picture or clip.",
        questioned=names.questioned,
        original=names.original,
    )


def values(outcome: Outcome) -> dict[str, Any]:
    """Gives everything that was measured."""
    face = leading(outcome)
    described = face.judged_on.described() if face else {}
    keys = ("structure_inside", "residual_log2_ratio", "peak", "peak_part", "identity_cosine")
    return {
        "verdict": outcome.verdict.value,
        "reasons": list(outcome.reasons),
        "inlier_count": outcome.scene.inliers,
        "corner_count": outcome.scene.corner_count,
        "transform": _transform(outcome),
        **_time(outcome),
        "structure_outside": outcome.around.described() if outcome.around else None,
        **{key: described.get(key) for key in keys},
        "faces": [_face(number + 1, one) for number, one in enumerate(outcome.faces)],
        "regions_outside": [
            {"box_share": list(one.box_share), "difference": one.difference} for one in outcome.regions
        ],
        "control": _control(outcome),
        "pair_count": len(outcome.samples),
        "shown_by": RULE,
    }


def _transform(outcome: Outcome) -> dict[str, Any] | None:
    """Gives the transform between the pictures in full size, and the part of the original that is shown."""
    if outcome.alignment is None or outcome.registration is None:
        return None
    import numpy as np

    alignment = outcome.alignment
    width, height = alignment.questioned.width_px, alignment.questioned.height_px
    points = np.array([[0, 0], [width, 0], [0, height], [width, height]]) @ alignment.matrix[:, :2].T
    points = (points + alignment.matrix[:, 2]) / [alignment.original.width_px, alignment.original.height_px]
    low, high = np.clip(points.min(axis=0), 0, 1), np.clip(points.max(axis=0), 0, 1)
    return {
        "scale": round(1 / max(alignment.scale, 1e-6), 3),
        "rotation_deg": round(outcome.registration.rotation_deg, 1),
        "is_mirrored": outcome.registration.is_mirrored,
        "shown_box_share": [round(float(one), 2) for one in (*low, *(high - low))],
    }


def _time(outcome: Outcome) -> dict[str, Any]:
    if outcome.timeline is None or outcome.reels is None:
        found = outcome.alignment.instants_s[0] if outcome.alignment else None
        place = None if found is None else round(found[1] - found[0], 3)
        return {"aligned_share": None, "offset_s": place, "rate": None, "pieces": [], "time_correlation": None}
    times = outcome.reels[0].times_s
    pieces = [
        {
            "questioned_from_s": round(float(times[one.first]), 3),
            "questioned_to_s": round(float(times[one.last]), 3),
            "offset_s": round(one.offset_s, 2),
            "rate": round(one.rate, 3),
            "correlation": round(one.correlation, 2),
        }
        for one in outcome.timeline.pieces
    ]
    longest = max(outcome.timeline.pieces, key=lambda one: (one.count, -one.first), default=None)
    correlation, second = outcome.timeline.correlation, outcome.timeline.second_best
    return {
        "aligned_share": round(outcome.timeline.aligned_share, 2),
        "aligned_s": outcome.scene.aligned_s,
        "offset_s": round(longest.offset_s, 2) if longest else None,
        "rate": round(longest.rate, 3) if longest else None,
        "pieces": pieces,
        "time_correlation": None if correlation is None else round(correlation, 2),
        "time_second_best": None if second is None else round(second, 2),
    }


def _face(number: int, face: FaceResult) -> dict[str, Any]:
    return {
        "number": number,
        "state": face.judgement.state.value,
        "reasons": list(face.judgement.reasons),
        "places": list(face.judgement.places),
        "differs_from_s": None if face.stretch_s is None else round(face.stretch_s[0], 2),
        "differs_to_s": None if face.stretch_s is None else round(face.stretch_s[1], 2),
        **face.judged_on.described(),
        "whole": _described(face.measured) if face.judged_on is not face.measured else None,
        "control": _described(face.control),
        "identity_cosine_other_frames": face.own.described() if face.own else None,
    }


def _described(summary: Summary | None) -> dict[str, Any] | None:
    return None if summary is None else summary.described()


def _control(outcome: Outcome) -> dict[str, Any] | None:
    control = outcome.control
    if control is None:
        return None
    return {
        "codec": control.codec,
        "strength": control.strength,
        "structure_outside": round(control.structure_outside, 2),
        "is_reached": control.is_reached,
        "pair_count": len(control.samples),
    }


def where(outcome: Outcome) -> Iterator[dict[str, Any]]:
    """Gives places in the original: each face that does not agree, with times of both, and each region outside."""
    for number, face in enumerate(outcome.faces):
        if face.judgement.state is FaceState.AGREES:
            continue
        pair, sample = face.track.samples[len(face.track.samples) // 2]
        times = outcome.samples[pair].times_s
        yield {
            "face": number + 1,
            "state": face.judgement.state.value,
            "questioned_s": round(times[0], 3),
            "original_s": round(times[1], 3),
            "box_share": _box(outcome, sample.face.box_px),
        }
    for one in outcome.regions:
        yield {"region": "outside", "box_share": list(one.box_share)}


def _box(outcome: Outcome, box_px: tuple[float, float, float, float]) -> list[float] | None:
    """Gives a box as shares of the original's frame."""
    if outcome.alignment is None:
        return None
    width, height = outcome.alignment.original.work
    left, top, across, down = box_px
    return [round(one, 3) for one in (left / width, top / height, across / width, down / height)]


def limits(outcome: Outcome | None) -> tuple[Message, ...]:
    """Says what does not follow, and where the method is known to fail."""
    order = message(
        "source.comparison.limit.order",
        "This does not say which of the two came first, in which of them anything was changed, who did it, or by what "
        "means. Which is the original needs dates, camera originals, metadata or the higher quality.",
    )
    if outcome is None:
        return (order,)
    said = [order]
    if outcome.verdict is Verdict.NO_MATCH:
        said.append(
            message(
                "source.comparison.limit.scene",
                "Copies that were cropped to a small part, turned by perspective (filmed from a screen), heavily "
                "blurred or covered over most of the picture can be missed.",
            )
        )
    else:
        said.append(
            message(
                "source.comparison.limit.small",
                "Faces under 48 pixels of width, heavy blur and strong compression hide differences; small changes of "
                "a face can go unnoticed. Pairs of frames are samples: what lies between them is not measured.",
            )
        )
    if outcome.verdict is Verdict.FACE_DIFFERS:
        said.append(
            message(
                "source.comparison.limit.replaced",
                "A face that was replaced in one of the two leaves such a difference. Other strong changes of a face, "
                "such as drawn or computed ageing, can leave it too. The similarity of face measures is no "
                "identification.",
            )
        )
    return tuple(said)


def alternatives(outcome: Outcome) -> tuple[Message, ...]:
    """Gives innocent explanations; none where nothing corresponds."""
    if outcome.verdict is Verdict.NO_MATCH:
        return ()
    if outcome.verdict is Verdict.OPEN:
        return (
            message(
                "source.comparison.alternative.take",
                "Another take on the same set, another camera's view, a shared background, logo or frame gives image "
                "points in common.",
            ),
        )
    said = [
        message(
            "source.comparison.alternative.both",
            "Both can come from a third recording; what differs can have been changed in either of the two.",
        )
    ]
    if outcome.timeline is None:
        said.append(
            message(
                "source.comparison.alternative.series",
                "Two photographs of one series, or a photograph and a film of one event, show one scene in which a "
                "face "
                "has moved in between.",
            )
        )
    if outcome.verdict is not Verdict.CORRESPONDS:
        said.append(
            message(
                "source.comparison.alternative.retouch",
                "Beauty filters, make-up drawn in, retouching, smoothing, mosaic, stickers, captions and a new "
                "synchronisation of the mouth change parts of a picture without another person's face; where the "
                "measurements allow, they were told apart as the values say.",
            )
        )
    return tuple(said)


def _percent(outcome: Outcome) -> int:
    return 100 if outcome.timeline is None else round(100 * outcome.timeline.aligned_share)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
