"""Faces of labelled media: expected is what a person sees in them."""

from __future__ import annotations

import pytest

from forensics.analyzers.faces import FacesAnalyzer
from forensics.model import Result
from tests.fakes.evidence import by_kind, examine

ANIMATION = "05-swap-animation/swapped/ai-forever-ghost__mark.webp"
SCRIPTED = "05-faces/genuine/hxngiee-DiffFace__002.jpg"


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("07-genuine-photos/people/dlib_19.24__2007_007763.jpg", 7),
        ("05-swap-image/genuine/haofanwang-inswapper__mans1.jpeg", 2),
        ("07-genuine-photos/phone-original/ianare-exif-samples__jolla.jpg", 0),
        (ANIMATION, 1),
        ("05-swap-video/genuine/YuvalNirkin-fsgan__conan_obrien.mp4", 1),
        ("05-talking-head/generated/OpenTalker-SadTalker__example_crop_still.gif", 1),
    ],
)
def test_as_many_faces_as_a_person_counts(corpus, name, count):
    assert by_kind(FacesAnalyzer(), corpus / name)["faces.detected"].values["track_count"] == count


def test_an_animation_is_followed_like_a_clip(corpus):
    (found,) = examine(FacesAnalyzer(), corpus / ANIMATION)
    assert found.values["sampling_hz"] == 5.0
    assert found.values["tracks"][0]["frame_count"] == found.values["frame_count"] == 14


def test_a_photograph_cut_by_the_alignment_script_has_the_layout_and_is_not_accused(corpus):
    found = by_kind(FacesAnalyzer(), corpus / SCRIPTED)["face.eye_layout"]  # of CelebA-HQ: photographs
    assert found.result is Result.INDETERMINATE
    assert "face.limit.script" in [one.id for one in found.limits]
    assert "face.alternative.cut" in [one.id for one in found.alternatives]
