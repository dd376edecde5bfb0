"""From measurements to a verdict: a pure function, with every threshold and where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from forensics.analyzers.source.shape import PARTS
from forensics.analyzers.source.summary import Summary


class Verdict(StrEnum):
    """What a comparison comes to."""

    FACE_DIFFERS = "scene_corresponds_face_differs"
    REGION_ALTERED = "scene_corresponds_region_altered"
    CORRESPONDS = "corresponds"
    NO_MATCH = "does_not_correspond"
    OPEN = "indeterminate"


class FaceState(StrEnum):
    """What the comparison of one face comes to."""

    DIFFERS = "differs"
    ALTERED = "altered"
    COVERED = "covered"
    AGREES = "agrees"
    OPEN = "undecided"


LEAST_INLIERS = 30
LEAST_CORNERS = 60
"""Matched corners of a common scene, and corners that a picture must have for their absence to mean something.
Source: measured; unrelated clips had 13 matches at most, the weakest true pair 158."""

LEAST_CORRELATION = 0.85
LEAST_ALIGNED_S = 0.4
"""Correlation of what moves, and how long a stretch must be. *Source:* measured: another moment of one scene 0.71 at
most, true variants 0.97 or more."""

LEAST_OUTSIDE = 0.75
"""Correlation outside the faces. *Source:* measured: a wrong registration 0.04, the worst true variant 0.86."""

LEAST_WIDTH_PX = 48.0
LEAST_WIDTH_CONTROLLED_PX = 32.0
LEAST_FRAMES = 3
"""Width of a face, and frames in which it must be seen. *Source:* measured: below 48 px copies can lose the face
measure; where the control keeps it, smaller faces serve as well."""

STRUCTURE_DIFFERS = 0.88
STRUCTURE_STRONG = 0.75
STRUCTURE_AGREES = 0.93
COARSE_AGREES = 0.955
COARSE_STRANGER = 0.955
COARSE_UNLIKE = 0.93
COARSE_DIFFERS = 0.945
COARSE_STRONG = 0.90
COARSE_COVERED = 0.85
BLUR_EXPLAINS = 0.90
SIMILARITY_DIFFERS = 0.65
SIMILARITY_REPLACED = 0.8
SIMILARITY_STRANGER = 0.3
SIMILARITY_UNLIKE = 0.4
PART_AGREES = 0.93
PART_REPLACED = 0.8
STRUCTURE_REPLACED = 0.6
COARSE_REPLACED = 0.8
RATIO_DIFFERS = 1.0
PEAK_ALTERED = 3.0
SHIFT_MOST = 0.055
SHIFT_FAR = 0.08
"""Thresholds without a control. *Source:* measured on clips, see the method card: learned swaps under compression,
scaling, cropping and captions against genuine copies, smoothing, mosaic, make-up and covered faces."""

DETAIL_KEPT = 0.63
COARSE_GONE = 0.75
"""Strength of fine structure over that of the control, and the coarse correlation down to which its loss explains a
difference. *Source:* measured: strong smoothing with enlarged eyes and slimmed cheeks leaves 0.48 to 0.60 of it and a
coarse correlation of 0.80 or more; replaced faces have 0.68 of it or more, or a coarse correlation under 0.70."""

SIMILARITY_DOUBTFUL = 0.45
DETAIL_ADDED = 1.3
"""Cosine above which a measure does not tell a stranger from a face that something lies over, and the strength of fine
structure over that of the control from which something was drawn over it. *Source:* measured: lines of subtitles over
a face leave 0.34 to 0.66 and a strength of 2.6, a drawing filter 0.55 and 1.5, a half-transparent sticker 0.38 to 0.67
and 0.5; replaced faces with a cosine in this band have a strength of 0.8 to 1.1, and cosines that stay below 0.62."""

_STRUCTURE_MARGIN = 0.06
_AGREES_MARGIN = 0.03
_COARSE_MARGIN = 0.04
_SIMILARITY_MARGIN = 0.15
_RATIO_MARGIN = 0.5
_PEAK_FACTOR = 1.5
_SHIFT_MARGIN = 0.03
"""How far beyond the control a value must lie. *Source:* the spread of genuine copies against their own controls."""


@dataclass(frozen=True, slots=True)
class FaceJudgement:
    """What one face comes to and why.

    Attributes:
        reasons: Words of a fixed list, for example `smoothing_explains`.
        places: Parts of the face that are altered: `eyes`, `nose`, `mouth`, or `all`.
    """

    state: FaceState
    reasons: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """What was compared.

    Attributes:
        is_clip: Whether both are clips, in which a face must be seen more than once.
        has_moments: Whether one of them is a clip, of which another moment could have been met: then the landmarks must
            lie in the same places.
    """

    is_clip: bool
    has_moments: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of the whole.

    Attributes:
        inliers: Matched corners that agree.
        corner_count: Corners that the pictures have, of the item that has fewer.
        correlation: Of what moves, median; None for stills.
        aligned_s: Seconds of the questioned clip that lie on the original; None for stills.
        structure_outside: Correlation outside the faces; None where no pair could be laid.
        regions: Number of regions outside the faces that differ.
        added_faces: Whether the questioned item shows a face where the original has none.
    """

    inliers: int
    corner_count: int
    correlation: float | None
    aligned_s: float | None
    structure_outside: float | None
    regions: int = 0
    added_faces: bool = False


def judged(scene: Scene, faces: Sequence[FaceJudgement]) -> tuple[Verdict, tuple[str, ...]]:
    """Gives the verdict on a questioned item and the reasons for it."""
    refused = _refused(scene)
    if refused is not None:
        return refused
    states = {one.state for one in faces}
    if FaceState.DIFFERS in states:
        return Verdict.FACE_DIFFERS, ()
    reasons = []
    if states & {FaceState.ALTERED, FaceState.COVERED}:
        reasons.append("face_altered")
    if scene.added_faces:
        reasons.append("face_added")
    if scene.regions:
        reasons.append("region_outside")
    if reasons:
        doubt = ("faces_undecided",) if any(map(_is_in_doubt, faces)) else ()
        return Verdict.REGION_ALTERED, (*reasons, *doubt)
    # A face that is seen well enough and could not be decided may be another one; a small one behind is no reason.
    if states == {FaceState.OPEN} or any(_is_in_doubt(one) for one in faces):
        return Verdict.OPEN, ("faces_undecided",)
    return Verdict.CORRESPONDS, () if faces else ("no_face",)


def _is_in_doubt(face: FaceJudgement) -> bool:
    return face.state is FaceState.OPEN and not {"face_too_small", "seen_too_briefly"} & set(face.reasons)


def _refused(scene: Scene) -> tuple[Verdict, tuple[str, ...]] | None:
    if scene.inliers < LEAST_INLIERS:
        if scene.corner_count < LEAST_CORNERS:
            return Verdict.OPEN, ("little_detail",)
        return Verdict.NO_MATCH, ("no_common_scene",)
    if scene.correlation is not None and scene.correlation < LEAST_CORRELATION:
        return Verdict.OPEN, ("not_the_same_instants",)
    if scene.aligned_s is not None and scene.aligned_s < LEAST_ALIGNED_S:
        return Verdict.OPEN, ("not_the_same_instants",)
    if scene.structure_outside is None or scene.structure_outside < LEAST_OUTSIDE:
        return Verdict.OPEN, ("outside_differs",)
    return None


def judge_face(measured: Summary, control: Summary | None, *, kind: Kind) -> FaceJudgement:
    """Judges one face by its own measurements and those of the control."""
    if measured.width_px < _least_width(control) or (kind.is_clip and measured.count < LEAST_FRAMES):
        reason = "face_too_small" if measured.width_px < _least_width(control) else "seen_too_briefly"
        return FaceJudgement(FaceState.OPEN, (reason,))
    if _agrees(measured, control):
        return FaceJudgement(FaceState.AGREES)
    if measured.similarity is None or measured.found_share < 0.5:  # noqa: PLR2004 -- in most frames
        return _unseen(measured, control)
    kept = tuple(name for name in PARTS if _part_agrees(name, measured, control))
    if len(kept) == len(PARTS):
        return FaceJudgement(FaceState.ALTERED, ("structure_kept",), (measured.peak_part,))
    if kept:
        places = tuple(name for name in PARTS if name not in kept)
        return FaceJudgement(FaceState.ALTERED, ("part_only",), places)
    explained = _explained(measured, control, kind=kind)
    if explained:
        return FaceJudgement(FaceState.ALTERED, explained, ("all",))
    if _is_moved(measured, control) and kind.has_moments:
        return FaceJudgement(FaceState.OPEN, ("landmarks_moved",), ("all",))
    if _is_moved(measured, control) and _is_warped(measured):
        return FaceJudgement(FaceState.ALTERED, ("landmarks_moved",), ("all",))
    if _differs(measured, control):
        return FaceJudgement(FaceState.DIFFERS, (), ("all",))
    return FaceJudgement(
        FaceState.ALTERED, ("same_face_measure",) if not _is_stranger(measured, control) else (), ("all",)
    )


def _least_width(control: Summary | None) -> float:
    """Gives the least width: smaller where the control shows that structure and face measure survive at this size."""
    if control is None or control.similarity is None:
        return LEAST_WIDTH_PX
    survives = control.structure.median >= STRUCTURE_AGREES and control.similarity.median >= SIMILARITY_DIFFERS
    return LEAST_WIDTH_CONTROLLED_PX if survives else LEAST_WIDTH_PX


def _agrees(measured: Summary, control: Summary | None) -> bool:
    least, peak, ratio = STRUCTURE_AGREES, PEAK_ALTERED, RATIO_DIFFERS
    if control is not None:
        least = min(least, control.structure.median - _AGREES_MARGIN)
        peak = max(peak, _PEAK_FACTOR * control.peak)
        ratio = max(ratio, control.residual_log2_ratio.median + _RATIO_MARGIN)
    is_quiet = measured.peak < peak or measured.residual_log2_ratio.median < ratio
    return measured.structure.median >= least and measured.coarse >= COARSE_AGREES and is_quiet


def _unseen(measured: Summary, control: Summary | None) -> FaceJudgement:
    """A face that the questioned item does not show: covered where the control shows it, otherwise undecided."""
    if control is not None and control.found_share < 0.5:  # noqa: PLR2004 -- in most frames
        return FaceJudgement(FaceState.OPEN, ("face_not_seen",))
    if measured.structure.median <= STRUCTURE_DIFFERS:
        return FaceJudgement(FaceState.COVERED, ("face_not_seen",), ("all",))
    return FaceJudgement(FaceState.ALTERED, ("face_not_seen",), ("all",))


def _part_agrees(name: str, measured: Summary, control: Summary | None) -> bool:
    least = PART_AGREES
    if control is not None:
        least = min(least, control.parts[name] - _AGREES_MARGIN)
    return measured.parts[name] >= least


def _explained(measured: Summary, control: Summary | None, *, kind: Kind) -> tuple[str, ...]:
    """Names what explains the difference without another face: smoothing, loss of detail, or what lies over it."""
    reasons = []
    if measured.blurred >= max(BLUR_EXPLAINS, measured.structure.median + 0.02):
        reasons.append("smoothing_explains")
    if measured.coarse > _coarse_limit(measured, control):
        reasons.append("coarse_structure_kept")
    if (measured.coarse > COARSE_GONE or _is_doubtful(measured)) and not _keeps_detail(measured, control):
        reasons.append("fine_structure_lost")
    if _is_doubtful(measured) and _adds_detail(measured, control):
        reasons.append("fine_structure_added")
    similarity, is_replaced = measured.similarity, _is_replaced(measured)
    is_doubtful = kind.is_clip and _is_doubtful(measured) and not is_replaced
    if is_doubtful and similarity and similarity.high > SIMILARITY_DIFFERS:
        reasons.append("same_face_at_times")
    return tuple(reasons)


def _is_doubtful(measured: Summary) -> bool:
    """Whether the cosine lies where a stranger's and that of a face under something else meet."""
    return measured.similarity is not None and measured.similarity.median > SIMILARITY_DOUBTFUL


def _adds_detail(measured: Summary, control: Summary | None) -> bool:
    return measured.detail > DETAIL_ADDED * (1.0 if control is None else max(1.0, control.detail))


def _keeps_detail(measured: Summary, control: Summary | None) -> bool:
    """Whether fine structure is about as strong as in the control, which smoothing would not leave."""
    return measured.detail >= DETAIL_KEPT * (1.0 if control is None else min(1.0, control.detail))


def _coarse_limit(measured: Summary, control: Summary | None) -> float:
    """Gives the coarse correlation up to which another face is the better explanation than lost detail.

    The less alike the face measures are, the more coarse structure may be left, provided that fine structure is as
    strong as before: smoothing and mosaic, which bring the measure down too, take it away. Where the measures are half
    alike, structure itself must differ strongly.
    """
    similarity = measured.similarity.median if measured.similarity else 1.0
    if similarity <= SIMILARITY_STRANGER:
        limit = COARSE_STRANGER
    elif similarity <= SIMILARITY_UNLIKE:
        share = (similarity - SIMILARITY_STRANGER) / (SIMILARITY_UNLIKE - SIMILARITY_STRANGER)
        share = share if _keeps_detail(measured, control) else 1.0
        limit = COARSE_STRANGER + share * (COARSE_UNLIKE - COARSE_STRANGER)
    else:
        limit = COARSE_DIFFERS if measured.structure.median <= STRUCTURE_STRONG else COARSE_STRONG
    return limit if control is None else min(limit, control.coarse - _COARSE_MARGIN)


def _is_moved(measured: Summary, control: Summary | None) -> bool:
    most = SHIFT_MOST
    if control is not None and control.landmark_shift is not None:
        most = max(most, control.landmark_shift + _SHIFT_MARGIN)
    return measured.landmark_shift is not None and measured.landmark_shift > most


def _is_replaced(measured: Summary) -> bool:
    """Whether nothing of the original's structure is left in any part of a face whose landmarks lie where they did."""
    is_in_place = measured.landmark_shift is not None and measured.landmark_shift <= SHIFT_MOST
    is_gone = measured.structure.median <= STRUCTURE_REPLACED and measured.coarse <= COARSE_REPLACED
    return is_in_place and is_gone and max(measured.parts.values()) <= PART_REPLACED


def _is_warped(measured: Summary) -> bool:
    """Whether a face whose landmarks moved looks warped or covered by squares rather than like another face.

    Swapped faces on one and the same picture have their landmarks 0.056 of a width off at most, which a filter that
    enlarges eyes exceeds, and a mosaic of large squares doubles (0.13).
    """
    far = measured.landmark_shift is not None and measured.landmark_shift > SHIFT_FAR
    is_alike = measured.similarity is not None and measured.similarity.median > SIMILARITY_UNLIKE
    return measured.coarse > COARSE_COVERED and (is_alike or far)


def _differs(measured: Summary, control: Summary | None) -> bool:
    structure, ratio = STRUCTURE_DIFFERS, RATIO_DIFFERS
    if control is not None:
        structure = min(structure, control.structure.median - _STRUCTURE_MARGIN)
        ratio = min(ratio, control.residual_log2_ratio.median - _RATIO_MARGIN)
    is_other = measured.structure.median <= structure and measured.coarse <= _coarse_limit(measured, control)
    return is_other and measured.residual_log2_ratio.median >= ratio and _is_stranger(measured, control)


def _is_stranger(measured: Summary, control: Summary | None) -> bool:
    """Whether the face measure differs from that of the original by more than copying explains.

    Faces that were pasted on by a warp keep the outline of the face below, and with it much of its measure: where even
    coarse structure is gone in every part of the face, more likeness is allowed for.
    """
    most = SIMILARITY_REPLACED if _is_replaced(measured) else SIMILARITY_DIFFERS
    if control is not None and control.similarity is not None:
        most = min(most, control.similarity.median - _SIMILARITY_MARGIN)
    return measured.similarity is not None and measured.similarity.median <= most
