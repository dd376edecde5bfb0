"""Faces of labelled media: expected are facts about the media (how many are seen, who is whom), not figures."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from forensics.faces.cluster import cluster
from forensics.faces.face import Face, embedding, find, hull_mask, overlap
from forensics.faces.layout import eye_layout, joint_layout
from forensics.faces.quality import Reason, shortcomings
from forensics.faces.similarity import cosine, within
from forensics.faces.track import Track, Tracking, find_tracks, see
from forensics.media.frame import Frame, frames, still

SWAPS = "05-swap-image/genuine/neuralchen-SimSwap__"


def pixels(corpus, name):
    return still(corpus / name, size=(1920, 1920)).pixels


def tracks(corpus, name) -> list[Track]:
    tracking = Tracking()
    given = frames(corpus / name, rate_hz=tracking.rate_hz, size=(tracking.side_px, tracking.side_px))
    return sorted(find_tracks(given), key=lambda one: one.number)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        (SWAPS + "multi_people.jpg", 3),
        ("05-swap-image/genuine/haofanwang-inswapper__mans1.jpeg", 2),
        ("07-genuine-photos/people/dlib_19.24__2007_007763.jpg", 7),
        ("07-genuine-photos/people/insightface-2.1__t1.jpg", 6),
        ("04-faces/generated/faker-js-assets-person-portrait__female-30.jpg", 1),
        ("05-faces/genuine/neuralchen-SimSwap__cage.jpg", 1),
        ("07-genuine-photos/phone-original/ianare-exif-samples__jolla.jpg", 0),
    ],
)
def test_the_faces_that_a_person_counts_are_found(corpus, name, count):
    assert len(find(pixels(corpus, name))) == count


def test_the_same_pixels_give_the_same_faces(corpus):
    picture = pixels(corpus, SWAPS + "multi_people.jpg")
    first, second = find(picture), find(picture)
    assert [one.box_px for one in first] == [one.box_px for one in second]
    assert all(np.array_equal(embedding(picture, a), embedding(picture, b)) for a, b in zip(first, second, strict=True))


def test_pictures_without_faces_of_any_shape_give_none():
    random = np.random.default_rng(0)
    for shape in ((1, 1, 3), (5, 900, 3), (300, 300, 3), (1500, 40, 3)):
        assert find(random.integers(0, 255, shape, np.uint8)) == []
        assert find(np.zeros(shape, np.uint8)) == []


def test_photographs_of_one_person_are_more_alike_than_those_of_two(corpus):
    folder = "07-genuine-photos/people/face_recognition-1.3.0__"
    names = ("obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg")
    pictures = [pixels(corpus, folder + name) for name in names]
    measures = [embedding(picture, find(picture)[0]) for picture in pictures]
    assert measures[0].shape == (128,)
    assert np.linalg.norm(measures[0]) == pytest.approx(1, abs=1e-5)
    same = [cosine(a, b) for a, b in itertools.combinations(measures[:3], 2)]
    others = [cosine(measures[3], one) for one in measures[:3]]
    assert min(same) > max(others) + 0.3
    assert cluster(measures).labels == (0, 0, 0, 1)


def test_a_face_that_fills_the_picture_is_found(corpus):
    picture = pixels(corpus, "05-swap-image/genuine/haofanwang-inswapper__man2.jpeg")
    left, top, width, height = (round(value) for value in find(picture)[0].box_px)
    tight = np.ascontiguousarray(picture[top : top + height, left : left + width])
    (face,) = find(tight)
    assert overlap(face.box_px, (0.0, 0.0, width, height)) > 0.7


def test_a_mask_covers_eyes_nose_and_mouth(corpus):
    picture = pixels(corpus, "05-swap-image/genuine/haofanwang-inswapper__man2.jpeg")
    face = find(picture)[0]
    mask = hull_mask(picture.shape, face)
    assert all(mask[round(y), round(x)] for x, y in face.landmarks_px)
    assert 0.4 < (mask > 0).sum() / (face.box_px[2] * face.box_px[3]) < 1.0


def test_a_small_or_blurred_face_is_not_suitable(corpus):
    import cv2

    picture = pixels(corpus, "07-genuine-photos/people/face_recognition-1.3.0__obama.jpg")
    face = find(picture)[0]
    assert see(Frame(0, 0.0, picture))[0].is_suitable
    small = cv2.resize(picture, None, fx=32 / face.width_px, fy=32 / face.width_px, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(picture, (0, 0), 0.05 * face.width_px)
    for worse, reason in ((small, Reason.SMALL), (blurred, Reason.BLURRED)):
        found = see(Frame(0, 0.0, worse))[0]
        assert reason in shortcomings(found.quality)
        assert not found.is_suitable


def test_portraits_cut_by_the_alignment_correspond_and_others_do_not(corpus):
    def layouts(pattern):
        for path in sorted(corpus.glob(pattern)):
            picture = still(path, size=(640, 640)).pixels
            found = find(picture)
            yield eye_layout(found[0], width_px=picture.shape[1], height_px=picture.shape[0])

    aligned = list(layouts("05-faces/genuine/hxngiee-DiffFace__*.jpg"))
    assert [one.corresponds for one in aligned] == [True] * 6  # CelebA-HQ was cut with the script of FFHQ
    assert joint_layout(aligned).chance < 1e-11
    assert not any(one.corresponds for one in layouts("04-faces/generated/*.jpg"))  # by a diffusion model


def test_a_clip_of_one_talking_person_is_one_track(corpus):
    (track,) = tracks(corpus, "05-swap-video/genuine/YuvalNirkin-fsgan__conan_obrien.mp4")
    assert len(track.sightings) == 25  # 5 s at 5 frames per second
    assert len(track.ranges(0.2)) == 1
    assert within(track.measures()).least > 0.5
    assert all(one.is_suitable for one in track.best())


@pytest.mark.parametrize(
    ("original", "swapped"),
    [
        ("05-swap-video/genuine/s0md3v-roop__target.mp4", "05-swap-video/swapped/s0md3v-roop__snapshot.mp4"),
        (
            "05-swap-animation/genuine/ai-forever-ghost__orig.webp",
            "05-swap-animation/swapped/ai-forever-ghost__mark.webp",
        ),
    ],
)
def test_a_replaced_face_is_in_the_same_place_and_unlike_the_one_before(corpus, original, swapped):
    (first,), (second,) = tracks(corpus, original), tracks(corpus, swapped)
    pairs = list(zip(first.sightings, second.sightings, strict=True))
    assert all(overlap(a.face.box_px, b.face.box_px) > 0.6 for a, b in pairs)
    assert cosine(first.measure(), second.measure()) < within(first.measures()).least - 0.3


def test_a_cut_from_one_person_to_another_begins_a_new_track(corpus):
    names = (
        "05-swap-animation/genuine/ai-forever-ghost__orig.webp",
        "05-swap-animation/swapped/ai-forever-ghost__mark.webp",
    )
    halves = [list(frames(corpus / name, rate_hz=5, size=(1280, 1280))) for name in names]
    joined = [*halves[0][:7], *halves[1][7:]]
    found = sorted(find_tracks(joined), key=lambda one: one.number)
    assert [len(one.sightings) for one in found] == [7, 7]
    assert [one.number for one in found] == [0, 1]


def test_a_face_found_in_a_smaller_picture_lies_where_it_is(corpus):
    name = SWAPS + "DST_02.jpg"
    whole, half = still(corpus / name), still(corpus / name, size=(320, 320))
    (large,), (small,) = see(whole), see(half)
    assert isinstance(large.face, Face)
    assert half.scale == 0.5
    assert overlap(large.box_px, small.box_px) > 0.85
