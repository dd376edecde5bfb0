"""The verdict follows from measurements alone; the rows are those that were measured on labelled clips."""

from __future__ import annotations

import dataclasses

import pytest

from forensics.analyzers.source.summary import Range, Summary
from forensics.analyzers.source.verdict import (
    FaceJudgement,
    FaceState,
    Kind,
    Scene,
    Verdict,
    judge_face,
    judged,
)

CLIPS = Kind(is_clip=True, has_moments=True)
SCENE = Scene(inliers=800, corner_count=1500, correlation=0.97, aligned_s=8.0, structure_outside=0.97)


def exactly(value: float) -> Range:
    return Range(value, value, value)


def face(
    structure: float,
    coarse: float,
    similarity: float | None,
    *,
    parts: tuple[float, float, float] = (0.8, 0.8, 0.8),
    ratio: float = 2.0,
    peak: float = 6.0,
    blurred: float = 0.8,
    shift: float = 0.03,
    **others: float,
) -> Summary:
    made = Summary(
        count=16,
        found_share=0.0 if similarity is None else 1.0,
        width_px=106,
        structure=exactly(structure),
        coarse=coarse,
        blurred=blurred,
        detail=0.9,
        parts=dict(zip(("eyes", "nose", "mouth"), parts, strict=True)),
        residual_log2_ratio=exactly(ratio),
        peak=peak,
        peak_part="mouth",
        similarity=None if similarity is None else exactly(similarity),
        landmark_shift=None if similarity is None else shift,
    )
    return dataclasses.replace(made, **others)


CLEAN = face(1.0, 1.0, 0.98, parts=(1.0, 1.0, 1.0), ratio=-0.1, peak=1.0, blurred=0.97, shift=0.01)
STRONG = face(0.93, 0.99, 0.66, parts=(0.94, 0.94, 0.97), ratio=0.1, peak=1.3, blurred=0.95, shift=0.02)
"""Controls: hardly compressed, and compressed twice at crf 35 in three quarters of the size."""

MEASURED = {
    "lines of subtitles over the face": (
        face(0.46, 0.55, 0.57, parts=(0.57, 0.36, 0.62), ratio=4.5, peak=40.0, blurred=0.5, shift=0.051, detail=2.59),
        CLEAN,
        FaceState.ALTERED,
    ),
    "a face drawn by a filter": (
        face(0.69, 0.83, 0.55, parts=(0.80, 0.68, 0.78), ratio=3.3, peak=16.8, blurred=0.77, shift=0.045, detail=1.54),
        CLEAN,
        FaceState.ALTERED,
    ),
    "a half-transparent sticker": (
        face(0.86, 0.71, 0.60, parts=(0.89, 0.91, 0.80), ratio=4.7, peak=33.7, blurred=0.82, shift=0.045, detail=0.53),
        CLEAN,
        FaceState.ALTERED,
    ),
    "a face that is the same at times": (
        dataclasses.replace(face(0.80, 0.90, 0.55), similarity=Range(0.55, 0.30, 0.70)),
        CLEAN,
        FaceState.ALTERED,
    ),
    "a learned swap": (face(0.70, 0.90, 0.22, parts=(0.78, 0.76, 0.72)), CLEAN, FaceState.DIFFERS),
    "a swap that keeps the coarse structure": (
        face(0.80, 0.92, 0.10, parts=(0.78, 0.89, 0.89)),
        CLEAN,
        FaceState.DIFFERS,
    ),
    "the same, strongly compressed": (
        face(0.77, 0.92, 0.20, parts=(0.76, 0.88, 0.89), ratio=0.2, peak=1.2),
        STRONG,
        FaceState.DIFFERS,
    ),
    "an older swap that keeps some likeness": (
        face(0.69, 0.93, 0.59, parts=(0.85, 0.84, 0.63)),
        CLEAN,
        FaceState.DIFFERS,
    ),
    "a copy": (face(0.99, 1.0, 0.93, parts=(1.0, 0.99, 1.0), ratio=0.0, peak=1.2), CLEAN, FaceState.AGREES),
    "a copy, strongly compressed": (
        face(0.92, 0.99, 0.67, parts=(0.93, 0.94, 0.97), ratio=-0.3, peak=0.6, blurred=0.95),
        STRONG,
        FaceState.AGREES,
    ),
    "a beauty filter": (
        face(0.99, 1.0, 0.90, parts=(0.99, 0.99, 0.99), peak=8.6, blurred=0.98),
        CLEAN,
        FaceState.ALTERED,
    ),
    "a strong beauty filter, compressed": (
        face(0.83, 0.96, 0.36, parts=(0.88, 0.75, 0.86), blurred=0.90),
        STRONG,
        FaceState.ALTERED,
    ),
    "a blurred face": (
        face(0.56, 0.94, 0.14, parts=(0.61, 0.74, 0.65), blurred=0.99, shift=0.16),
        CLEAN,
        FaceState.ALTERED,
    ),
    "a mosaic": (face(0.69, 0.98, 0.11, parts=(0.72, 0.84, 0.82), blurred=0.86, shift=0.1), CLEAN, FaceState.ALTERED),
    "a bar over the eyes": (face(0.29, 0.41, 0.49, parts=(0.03, 0.35, 1.0), shift=0.06), CLEAN, FaceState.ALTERED),
    "dark glasses": (face(0.26, 0.42, 0.51, parts=(0.24, -0.04, 0.99), shift=0.05), CLEAN, FaceState.ALTERED),
    "a strong beauty filter on a still": (
        face(0.83, 0.94, 0.57, parts=(0.86, 0.86, 0.87), ratio=3.3, peak=11.0, blurred=0.89, shift=0.04),
        CLEAN,
        FaceState.ALTERED,
    ),
    "the same, a little stronger": (
        face(0.86, 0.93, 0.57, parts=(0.87, 0.87, 0.87), ratio=5.3, peak=35.0, blurred=0.89, shift=0.04),
        CLEAN,
        FaceState.ALTERED,
    ),
    "a swap that keeps much coarse structure": (
        face(0.80, 0.95, 0.20, parts=(0.89, 0.80, 0.77)),
        CLEAN,
        FaceState.DIFFERS,
    ),
    "a swap that keeps some likeness and much coarse structure": (
        face(0.80, 0.94, 0.32, parts=(0.85, 0.80, 0.75), blurred=0.86, shift=0.035),
        CLEAN,
        FaceState.DIFFERS,
    ),
    "the same numbers, but fine structure is lost": (
        face(0.80, 0.94, 0.32, parts=(0.85, 0.80, 0.75), blurred=0.86, shift=0.035, detail=0.5),
        CLEAN,
        FaceState.ALTERED,
    ),
    "a face pasted on by a warp": (
        face(0.25, 0.58, 0.67, parts=(0.2, 0.3, 0.3), blurred=0.44, ratio=7.2, peak=112.0, shift=0.042),
        CLEAN,
        FaceState.DIFFERS,
    ),
    "the same person in another photograph of a series": (
        face(0.25, 0.58, 0.92, parts=(0.2, 0.3, 0.3), blurred=0.44, ratio=1.4, peak=3.0, shift=0.042),
        CLEAN,
        FaceState.ALTERED,
    ),
    "a strong beauty filter that warps": (
        face(0.70, 0.98, 0.29, parts=(0.8, 0.8, 0.9), blurred=0.94, shift=0.07, detail=0.79),
        CLEAN,
        FaceState.ALTERED,
    ),
    "a strong beauty filter that warps, on a strongly compressed clip": (
        face(0.73, 0.83, 0.40, parts=(0.7, 0.75, 0.7), blurred=0.79, shift=0.05, detail=0.45),
        face(0.93, 0.97, 0.75, parts=(0.93, 0.94, 0.95), ratio=0.6, peak=1.7, blurred=0.93, detail=0.84),
        FaceState.ALTERED,
    ),
    "a swap that lost some fine structure, strongly compressed": (
        face(0.80, 0.92, 0.16, parts=(0.78, 0.86, 0.86), ratio=1.0, peak=1.3, blurred=0.83, shift=0.032, detail=0.58),
        face(0.94, 0.99, 0.73, parts=(0.94, 0.94, 0.97), ratio=0.2, peak=1.3, blurred=0.95, detail=0.85),
        FaceState.DIFFERS,
    ),
    "make-up": (face(0.85, 0.94, 0.78, parts=(0.90, 0.99, 0.74), peak=17.8, blurred=0.88), CLEAN, FaceState.ALTERED),
    "a mouth of another moment": (face(0.89, 0.98, 0.90, parts=(1.0, 0.83, 0.80)), CLEAN, FaceState.ALTERED),
    "a sticker over the face": (face(0.26, 0.41, None, parts=(0.4, 0.32, 0.2)), CLEAN, FaceState.COVERED),
    "a face in another pose": (face(0.60, 0.80, 0.40, shift=0.10), CLEAN, FaceState.OPEN),
    "a face that is too small": (face(0.60, 0.80, 0.10, width_px=30.0), CLEAN, FaceState.OPEN),
    "a small face that a copy would not keep": (
        face(0.60, 0.80, 0.10, width_px=40.0),
        face(0.85, 0.97, 0.40, width_px=40.0),
        FaceState.OPEN,
    ),
    "a small face that a copy keeps": (face(0.60, 0.80, 0.10, width_px=40.0), CLEAN, FaceState.DIFFERS),
    "a face seen in two frames": (face(0.60, 0.80, 0.10, count=2), CLEAN, FaceState.OPEN),
}


@pytest.mark.parametrize("name", MEASURED)
def test_a_face_is_judged_as_labelled(name):
    measured, control, expected = MEASURED[name]
    assert judge_face(measured, control, kind=CLIPS).state is expected


def test_without_a_control_fixed_thresholds_stand_in():
    assert judge_face(MEASURED["a learned swap"][0], None, kind=CLIPS).state is FaceState.DIFFERS
    assert judge_face(MEASURED["a copy"][0], None, kind=CLIPS).state is FaceState.AGREES
    assert judge_face(MEASURED["a beauty filter"][0], None, kind=CLIPS).state is FaceState.ALTERED


def test_a_difference_that_the_control_shows_as_well_is_none():
    measured = face(0.80, 0.92, 0.30)
    assert judge_face(measured, measured, kind=CLIPS).state is not FaceState.DIFFERS


def test_a_part_that_differs_is_named():
    judgement = judge_face(MEASURED["a mouth of another moment"][0], CLEAN, kind=CLIPS)
    assert judgement.places == ("nose", "mouth")


def test_one_differing_face_of_several_decides():
    faces = [FaceJudgement(FaceState.AGREES), FaceJudgement(FaceState.DIFFERS), FaceJudgement(FaceState.ALTERED)]
    assert judged(SCENE, faces)[0] is Verdict.FACE_DIFFERS


@pytest.mark.parametrize(
    ("change", "expected", "reason"),
    [
        ({"inliers": 13}, Verdict.NO_MATCH, "no_common_scene"),
        ({"inliers": 13, "corner_count": 10}, Verdict.OPEN, "little_detail"),
        ({"correlation": 0.46}, Verdict.OPEN, "not_the_same_instants"),
        ({"aligned_s": 0.1}, Verdict.OPEN, "not_the_same_instants"),
        ({"structure_outside": 0.12}, Verdict.OPEN, "outside_differs"),
        ({"structure_outside": None}, Verdict.OPEN, "outside_differs"),
    ],
)
def test_no_face_is_judged_where_the_scene_does_not_hold(change, expected, reason):
    verdict = judged(dataclasses.replace(SCENE, **change), [FaceJudgement(FaceState.DIFFERS)])
    assert verdict == (expected, (reason,))


def test_what_was_altered_is_told_apart_from_agreement():
    agrees = [FaceJudgement(FaceState.AGREES)]
    assert judged(SCENE, agrees)[0] is Verdict.CORRESPONDS
    assert judged(SCENE, [])[0] is Verdict.CORRESPONDS
    assert judged(dataclasses.replace(SCENE, regions=1), agrees) == (Verdict.REGION_ALTERED, ("region_outside",))
    assert judged(dataclasses.replace(SCENE, added_faces=True), agrees) == (Verdict.REGION_ALTERED, ("face_added",))
    assert judged(SCENE, [FaceJudgement(FaceState.COVERED)]) == (Verdict.REGION_ALTERED, ("face_altered",))
    assert judged(SCENE, [FaceJudgement(FaceState.OPEN)]) == (Verdict.OPEN, ("faces_undecided",))


def test_the_pose_is_heeded_wherever_another_moment_could_have_been_met():
    turned = MEASURED["a face in another pose"][0]
    assert judge_face(turned, CLEAN, kind=Kind(is_clip=False, has_moments=True)).state is FaceState.OPEN
    assert judge_face(turned, CLEAN, kind=Kind(is_clip=False, has_moments=False)).state is FaceState.DIFFERS
    squares = face(0.43, 0.95, 0.20, parts=(0.58, 0.67, 0.61), blurred=0.78, shift=0.132)
    assert judge_face(squares, CLEAN, kind=Kind(is_clip=False, has_moments=False)).state is FaceState.ALTERED


def test_a_face_that_is_seen_well_and_stays_undecided_keeps_the_whole_open():
    agrees, doubtful = FaceJudgement(FaceState.AGREES), FaceJudgement(FaceState.OPEN, ("landmarks_moved",))
    small = FaceJudgement(FaceState.OPEN, ("face_too_small",))
    assert judged(SCENE, [agrees, doubtful])[0] is Verdict.OPEN
    assert judged(SCENE, [agrees, small])[0] is Verdict.CORRESPONDS
    altered = judged(dataclasses.replace(SCENE, regions=1), [agrees, doubtful])
    assert altered == (Verdict.REGION_ALTERED, ("region_outside", "faces_undecided"))
