"""Invented persons are seen as faces, are who they are in every light, and are replaced in the face alone."""

from __future__ import annotations

from functools import cache
from itertools import combinations, product
from statistics import median

import cv2
import numpy as np
import pytest

from forensics.faces.face import Search, aligned, embedding, find
from forensics.faces.quality import assess, is_suitable
from tests.fakes.invented import CAST, DONORS, EXTRAS, person
from tests.fakes.invented_head import Layer, head
from tests.fakes.invented_scene import Scene, Seat, frame, layer_at, stand_at
from tests.fakes.invented_surface import Look
from tests.fakes.invented_swap import (
    captioned,
    encode,
    landmarks,
    mouthed,
    pixelated,
    replaced,
    smoothed,
    stickered,
    warped,
)

POSES = (Look(), Look(yaw_deg=15, mouth=0.5), Look(pitch_deg=8, roll_deg=-8, smile=0.8, blink=0.3))
OTHER = Look(yaw_deg=-14, light=(0.5, -0.5, 0.7), ambient=0.6, mouth=0.3)


def shown(number, look, *, face_px=110):
    layer = head(person(number), look, face_px)
    picture = layer.bgr * layer.alpha[..., None] + 0.6 * (1 - layer.alpha[..., None])
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


@cache
def measured(number, look):
    picture = shown(number, look)
    return embedding(picture, find(picture)[0])


@pytest.fixture(scope="module")
def scene():
    return Scene((Seat(person(CAST[0])),), place=5, size=(320, 240), count=4)


@pytest.fixture(scope="module")
def picture(scene):
    return frame(scene, 2)


@pytest.mark.parametrize("face_px", [60, 150, 400])
def test_a_drawn_face_is_found_and_suffices_for_a_comparison_at_every_size(face_px):
    for look in POSES if face_px < 400 else POSES[:1]:
        picture = shown(CAST[1], look, face_px=face_px)
        face = find(picture, Search(score=0.8))[0]
        assert is_suitable(assess(picture, face, aligned(picture, face)))
        assert 0.7 * face_px < face.width_px < 1.3 * face_px


def test_a_person_resembles_himself_in_another_pose_and_light():
    own = [float(measured(number, POSES[0]) @ measured(number, OTHER)) for number in CAST]
    assert min(own) > 0.6


def test_persons_of_the_cast_do_not_resemble_each_other():
    looks = list(product((POSES[0], OTHER), repeat=2))
    for one, other in combinations(CAST, 2):
        assert median(float(measured(one, first) @ measured(other, second)) for first, second in looks) < 0.4


def test_nobody_has_two_parts():
    everybody = (*CAST, *DONORS, *EXTRAS)
    assert len(set(everybody)) == len(everybody)


def test_the_same_seed_gives_the_same_pixels(scene, picture):
    assert np.array_equal(frame(scene, 2), picture)
    assert not np.array_equal(frame(scene.take_of(1), 2), picture)


@pytest.mark.parametrize("make", [replaced, warped])
def test_a_replaced_face_changes_nothing_else(scene, picture, make):
    changed = make(scene, person(DONORS[0]))(picture, 2)
    differs = np.abs(changed.astype(int) - picture).max(axis=2) > 0
    inner = cv2.dilate((layer_at(scene, 0, 2).inner > 0).astype(np.uint8), np.ones((15, 15))) > 0
    assert differs[inner].mean() > 0.5
    assert not differs[~inner].any()


def test_a_replaced_face_is_nearer_to_whose_it_is(scene, picture):
    changed = replaced(scene, person(DONORS[0]))(picture, 2)
    new, old = (embedding(one, find(one)[0]) for one in (changed, picture))
    donor = measured(DONORS[0], POSES[0])
    assert new @ donor > old @ donor + 0.2


def test_another_mouth_leaves_the_eyes(scene, picture):
    changed = mouthed(scene)(picture, 2)
    eyes = round(stand_at(scene, 0, 2).y_px)
    assert np.array_equal(changed[: eyes + 10], picture[: eyes + 10])
    assert not np.array_equal(changed, picture)


def test_a_filter_leaves_the_person_and_a_cover_does_not(scene, picture):
    own = embedding(picture, find(picture)[0])
    smooth = smoothed(scene)(picture, 2)
    assert embedding(smooth, find(smooth)[0]) @ own > 0.7
    for cover in (pixelated(scene), stickered(scene)):
        hidden = find(cover(picture, 2))
        assert all(embedding(cover(picture, 2), face) @ own < 0.6 for face in hidden)


def test_a_caption_leaves_the_face(scene, picture):
    rows = slice(0, round(stand_at(scene, 0, 2).y_px))
    assert np.array_equal(captioned(picture, 0)[rows, :280], picture[rows, :280])


def test_landmarks_of_nobody_are_refused():
    empty = np.zeros((80, 80), np.float32)
    with pytest.raises(ValueError, match="not seen as one"):
        landmarks(Layer(np.zeros((80, 80, 3), np.float32), empty, empty))


def test_the_same_frames_give_the_same_clip(picture, tmp_path):
    one, other = (encode([picture] * 3, tmp_path / name, rate_hz=10).read_bytes() for name in ("a.mp4", "b.mp4"))
    assert one == other
