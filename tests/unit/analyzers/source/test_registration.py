"""Pictures are laid upon each other, whatever was done to them, or not at all."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from forensics.analyzers.source.registration import (
    compose,
    corners,
    mirror,
    pooled,
    refined,
    register,
    resized,
    warped,
)
from tests.unit.analyzers.source.scene import texture


def grey(seed: int) -> np.ndarray:
    return cv2.cvtColor(texture(seed), cv2.COLOR_BGR2GRAY)


def registered(first: np.ndarray, second: np.ndarray):
    both = (corners(first), corners(first, is_mirrored=True))
    return register(both, corners(second), width_px=first.shape[1])


def turned(
    picture: np.ndarray, scale: float, degrees: float, shift: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Gives a picture turned about its middle by OpenCV, and the matrix that did it."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    matrix[:, 2] += shift
    return cv2.warpAffine(picture, matrix, (width, height)), matrix


@pytest.mark.parametrize(("scale", "degrees", "shift"), [(1, 0, (0, 0)), (0.7, 5, (10, -6)), (1.4, -20, (3, 8))])
def test_a_turned_and_scaled_picture_is_laid_where_it_was_taken_from(scale, degrees, shift):
    original = grey(1)
    copy, matrix = turned(original, scale, degrees, shift)
    found = registered(copy, original)
    back = cv2.invertAffineTransform(matrix)
    points = np.array([[60, 60, 1], [250, 60, 1], [160, 180, 1]]).T
    assert np.abs(found.matrix @ points - back @ points).max() < 1.0
    assert not found.is_mirrored
    assert found.scale == pytest.approx(1 / scale, rel=0.01)


def test_a_mirrored_picture_is_laid_and_said_to_be_mirrored():
    original = grey(2)
    found = registered(np.ascontiguousarray(original[:, ::-1]), original)
    assert found.is_mirrored
    assert np.abs(found.matrix - mirror(320)).max() < 0.5
    assert found.rotation_deg == pytest.approx(0, abs=0.5) or abs(found.rotation_deg) == pytest.approx(180, abs=0.5)


@pytest.mark.parametrize("seed", range(5))
def test_unrelated_pictures_have_few_points_in_common(seed):
    found = registered(grey(100 + seed), grey(200 + seed))
    assert found is None or found.inliers < 30


def test_a_plain_picture_registers_with_nothing():
    assert registered(np.full((240, 320), 90, np.uint8), grey(1)) is None


def test_a_shift_of_less_than_a_pixel_is_found():
    original = grey(3)
    moved = cv2.warpAffine(original, np.array([[1.0, 0, 0.6], [0, 1, -0.4]]), (320, 240))
    step = refined(moved, original, np.ones(original.shape, bool))
    assert step @ [160, 120, 1] == pytest.approx([159.4, 120.4], abs=0.1)


def test_a_refinement_of_unlike_pictures_is_not_believed():
    assert refined(grey(5), np.full((240, 320), 7, np.uint8), np.ones((240, 320), bool)) is None


def test_sizes_change_about_the_corner_of_the_first_pixel():
    half = resized((320, 240), (160, 120))
    assert half @ [0.5, 0.5, 1] == pytest.approx([0, 0])
    assert compose(resized((160, 120), (320, 240)), half) == pytest.approx(np.eye(2, 3))


def test_what_a_picture_does_not_cover_is_marked():
    moved, valid = warped(texture(1), np.array([[1.0, 0, 100], [0, 1, 0]]), size=(320, 240))
    assert moved.shape == (240, 320, 3)
    assert not valid[:, :100].any()
    assert valid[:, 101:].all()


def test_a_copy_of_another_shape_is_laid():
    original = grey(4)
    wide = cv2.resize(original, (400, 240))
    found = pooled([(wide, original)], is_mirrored=False)
    assert np.abs(found.matrix - resized((400, 240), (320, 240))).max() < 0.3


def test_a_copy_of_the_same_shape_keeps_it():
    original = grey(4)
    found = pooled([(cv2.resize(original, (240, 180)), original)], is_mirrored=False)
    assert found.matrix[0, 0] == pytest.approx(found.matrix[1, 1])
    assert found.matrix[0, 1] == pytest.approx(-found.matrix[1, 0])
