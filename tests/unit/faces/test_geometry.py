from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import ToolMissingError, UsageError
from forensics.faces import model
from forensics.faces.face import CANONICAL, HULL, Face, hull, hull_mask, overlap, transform
from forensics.faces.layout import EYES, EyeLayout, eye_layout, joint_layout
from forensics.faces.quality import GATE, Quality, Reason, assess, pose, rank, shortcomings

GOOD = Quality(
    width_px=150.0,
    eye_distance_px=60.0,
    score=0.93,
    sharpness=0.3,
    roll_deg=0.0,
    yaw_ratio=0.0,
    pitch_ratio=0.0,
    brightness=120.0,
    contrast=40.0,
    clipped_dark=0.0,
    clipped_light=0.0,
    inside=1.0,
    blockiness=1.1,
)


def placed(*, scale: float = 1.0, turn_deg: float = 0.0, x: float = 0.0, y: float = 0.0) -> Face:
    """A face whose landmarks are those of an aligned one, scaled, turned clockwise and shifted."""
    angle = math.radians(turn_deg)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    points = scale * np.array(CANONICAL) @ turn.T + (x, y)
    return Face((x, y, 80 * scale, 112 * scale), points, 0.9)


@given(st.floats(0.1, 10), st.floats(-180, 180), st.floats(-500, 500), st.floats(-500, 500))
def test_the_transform_gives_back_scale_turn_and_shift(scale, turn_deg, x, y):
    matrix = transform(placed(scale=scale, turn_deg=turn_deg, x=x, y=y).landmarks_px)
    angle = math.radians(turn_deg)
    expected = [
        [scale * math.cos(angle), -scale * math.sin(angle), x],
        [scale * math.sin(angle), scale * math.cos(angle), y],
    ]
    assert matrix == pytest.approx(np.array(expected), abs=1e-6)


def test_the_transform_never_mirrors():
    mirrored = np.array(CANONICAL) * (-1, 1)
    assert np.linalg.det(transform(mirrored)[:, :2]) > 0


def test_the_hull_of_an_aligned_face_is_the_outline_itself():
    assert hull(placed()) == pytest.approx(np.array(HULL, float))
    middle = np.array(HULL).mean(0)
    assert hull(placed(), scale=1.5) == pytest.approx((np.array(HULL) - middle) * 1.5 + middle)


def test_a_mask_has_the_area_of_the_hull():
    face = placed(scale=3, x=20, y=30)
    points = hull(face)
    x, y = points[:, 0], points[:, 1]
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2  # the shoelace formula
    mask = hull_mask((400, 400, 3), face)
    assert mask.shape == (400, 400)
    assert set(np.unique(mask)) == {0, 255}
    assert (mask > 0).sum() == pytest.approx(area, rel=0.02)


def test_a_mask_outside_the_picture_is_empty():
    assert not hull_mask((50, 50), placed(x=500)).any()


def test_a_face_in_a_smaller_picture_is_smaller_everywhere():
    half = placed(scale=2, x=10, y=20).scaled(0.5)
    assert half.landmarks_px == pytest.approx(placed(x=5, y=10).landmarks_px)
    assert half.box_px == (5, 10, 80, 112)
    assert half.moved(3, 4).landmarks_px == pytest.approx(placed(x=8, y=14).landmarks_px)


def test_overlap_is_what_is_shared_over_what_is_covered():
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert overlap((0, 0, 10, 10), (5, 0, 10, 10)) == pytest.approx(50 / 150)
    assert overlap((0, 0, 10, 10), (20, 20, 5, 5)) == 0
    assert overlap((0, 0, 0, 0), (0, 0, 0, 0)) == 0


def test_a_turned_head_is_told_by_the_nose():
    roll, yaw, pitch = pose(placed(turn_deg=20, scale=2, x=50).landmarks_px)
    assert roll == pytest.approx(20, abs=0.5)  # the eyes of CANONICAL are 0.3 degrees off
    assert yaw == pytest.approx(0.003, abs=0.005)
    assert pitch == pytest.approx(0, abs=1e-9)
    points = np.array(CANONICAL)
    points[2] += (points[1] - points[0]) / 2  # the tip below the eye on the right of the picture
    assert pose(points)[1] == pytest.approx(0.5, abs=0.01)
    points = np.array(CANONICAL)
    points[2, 1] = points[3:, 1].mean()  # the tip as low as the mouth
    assert pose(points)[2] == pytest.approx(0.5, abs=0.01)


def test_eyes_on_one_another_have_no_pose():
    assert pose(np.zeros((5, 2)))[:2] == (0.0, 0.0)


def test_a_face_that_is_half_outside_is_half_inside():
    crop = np.full((112, 112, 3), 90, np.uint8)
    face = placed(x=-56, scale=1)
    assert assess(np.zeros((112, 112, 3), np.uint8), face, crop).inside == pytest.approx(0.5, abs=0.03)
    assert assess(np.zeros((112, 112, 3), np.uint8), placed(), crop).inside == 1.0


def test_light_is_measured_in_the_hull():
    crop = np.full((112, 112, 3), 100, np.uint8)
    crop[:, :56] = 255
    quality = assess(crop, placed(), crop)
    assert quality.clipped_light == pytest.approx(0.5, abs=0.02)
    assert quality.brightness == pytest.approx(177.5, abs=3)
    assert quality.contrast == pytest.approx(77.5, abs=1)


def test_blur_lowers_sharpness_and_blocks_raise_blockiness():
    import cv2

    noise = np.random.default_rng(3).integers(0, 255, (30, 30, 3), np.uint8)
    crop = cv2.resize(noise, (112, 112), interpolation=cv2.INTER_CUBIC)
    blurred = cv2.GaussianBlur(crop, (0, 0), 3)
    squeezed = cv2.imdecode(cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, 5])[1], cv2.IMREAD_COLOR)
    face = placed()
    plain = assess(crop, face, crop)
    assert assess(blurred, face, blurred).sharpness < plain.sharpness / 5
    assert assess(squeezed, face, squeezed).blockiness > 1.5 * plain.blockiness
    assert assess(crop, replace(face, box_px=(0, 0, 20, 20)), crop).blockiness is None


WORSE = {
    Reason.SMALL: {"width_px": 40.0},
    Reason.BLURRED: {"sharpness": 0.005},
    Reason.COMPRESSED: {"blockiness": 3.0},
    Reason.TURNED: {"yaw_ratio": -0.5},
    Reason.TILTED: {"pitch_ratio": 0.5},
    Reason.DARK: {"brightness": 9.0},
    Reason.LIGHT: {"clipped_light": 0.5},
    Reason.FLAT: {"contrast": 2.0},
    Reason.CUT: {"inside": 0.6},
    Reason.UNSURE: {"score": 0.65},
}


@pytest.mark.parametrize("reason", list(Reason))
def test_each_shortcoming_is_named(reason):
    assert shortcomings(replace(GOOD, **WORSE[reason]), GATE) == (reason,)


def test_a_good_face_has_no_shortcoming_and_the_highest_rank():
    assert shortcomings(GOOD) == ()
    assert shortcomings(replace(GOOD, blockiness=None)) == ()
    worse = ({"width_px": 60.0}, {"sharpness": 0.05}, {"yaw_ratio": 0.2})
    assert all(rank(replace(GOOD, **change)) < rank(GOOD) for change in worse)


def eyed(left: tuple[float, float], right: tuple[float, float], *, width: int, height: int) -> EyeLayout:
    points = np.array([left, right, (0, 0), (0, 0), (0, 0)], float)
    return eye_layout(Face((0, 0, 10, 10), points, 0.9), width_px=width, height_px=height)


def test_eyes_of_the_alignment_correspond_at_every_size():
    for side in (256, 1024):
        found = eyed(*((x * side, y * side) for x, y in EYES), width=side, height=side)
        assert found.corresponds
        assert found.deviation == pytest.approx(0)


def test_eyes_are_measured_in_the_centred_square():
    found = eyed((100 + 0.385 * 200, 0.48 * 200), (100 + 0.615 * 200, 0.48 * 200), width=400, height=200)
    assert found.deviation == pytest.approx(0)
    assert found.side_px == 200


def test_eyes_that_are_further_off_than_the_tolerance_do_not_correspond():
    assert eyed((385 + 29, 480), (615, 480), width=1000, height=1000).corresponds
    assert not eyed((385 + 31, 480), (615, 480), width=1000, height=1000).corresponds
    assert not eyed((385, 480), (615, 480 - 31), width=1000, height=1000).corresponds


def test_several_pictures_by_chance_are_a_binomial_tail():
    yes = eyed((385, 480), (615, 480), width=1000, height=1000)
    no = eyed((300, 480), (615, 480), width=1000, height=1000)
    assert joint_layout([yes, yes, yes]).chance == pytest.approx(1e-6)
    two = joint_layout([yes, no, yes])
    assert (two.count, two.corresponding) == (3, 2)
    assert two.chance == pytest.approx(3 * 0.01**2 * 0.99 + 0.01**3)
    assert joint_layout([no]).chance == 1.0
    assert joint_layout([]).chance == 1.0
    assert two.scatter == pytest.approx(0)
    assert joint_layout([yes]).scatter is None


def test_a_picture_without_area_and_a_chance_that_is_none_are_refused():
    with pytest.raises(UsageError):
        eyed((1, 1), (2, 2), width=0, height=5)
    with pytest.raises(UsageError):
        joint_layout([], chance=0.0)


@pytest.mark.parametrize("one", [model.DETECTOR, model.RECOGNISER])
def test_the_notice_states_the_digest_of_each_model(one):
    notice = (model.FOLDER / "NOTICE").read_text()
    assert one.file in notice
    assert one.sha256 in notice
    assert model.checked(one).stat().st_size > 0


def test_a_changed_or_missing_model_is_not_loaded(tmp_path):
    content = bytearray((model.FOLDER / model.DETECTOR.file).read_bytes())
    content[1000] ^= 1
    (tmp_path / model.DETECTOR.file).write_bytes(content)
    with pytest.raises(ToolMissingError, match="not the one"):
        model.checked(model.DETECTOR, folder=tmp_path)
    with pytest.raises(ToolMissingError, match="cannot be read"):
        model.checked(model.RECOGNISER, folder=tmp_path)


def test_models_are_described_with_their_digests():
    opencv, yunet = model.describe(model.DETECTOR)
    assert opencv.name == "opencv"
    assert yunet.digest == model.DETECTOR.sha256
    assert model.DETECTOR.need == f"model:{model.DETECTOR.sha256}"


def test_settings_of_opencv_are_put_back():
    import cv2

    before = cv2.getNumThreads()
    with model.running("nothing"):
        assert cv2.getNumThreads() == 1
    assert cv2.getNumThreads() == before
