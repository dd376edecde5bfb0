"""Copied areas of pictures: those that were copied are found where they are, and what repeats by itself is no copy."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from forensics.analyzers.tamper import TamperAnalyzer
from forensics.model import Finding, GapReason, Result
from tests.fakes.evidence import examine


def photograph(seed: int = 1, *, size: tuple[int, int] = (480, 640)) -> np.ndarray:
    """Gives a scene of blurred noise of several sizes, with noise of a sensor over it."""
    chance = np.random.default_rng(seed)
    scene = np.zeros((*size, 3))
    for spread, strength in ((2, 300), (6, 500), (20, 1200)):
        scene += cv2.GaussianBlur(chance.normal(0, strength / 10, (*size, 3)), (0, 0), spread) * spread
    return np.clip(128 + scene + chance.normal(0, 2, (*size, 3)), 0, 255).astype(np.uint8)


def finding(picture: np.ndarray, folder: Path, name: str = "a.png", *arguments: int) -> Finding:
    path = folder / name
    assert cv2.imwrite(str(path), picture, list(arguments))
    (one,) = examine(TamperAnalyzer(), path)
    return one


def copied(picture: np.ndarray) -> np.ndarray:
    result = picture.copy()
    result[300:400, 400:520] = picture[60:160, 80:200]
    return result


def test_a_copied_area_is_found_at_both_places(tmp_path):
    found = finding(copied(photograph()), tmp_path)
    assert found.result is Result.FOUND
    (pair,) = found.values["pairs"]
    assert np.allclose(pair["first_px"], [80, 60, 120, 100], atol=12)
    assert np.allclose(pair["second_px"], [400, 300, 120, 100], atol=12)
    assert pair["difference_levels"] == 0
    assert [one["area"] for one in found.where] == ["a", "b"]


def test_a_copied_area_survives_a_light_compression(tmp_path):
    found = finding(copied(photograph()), tmp_path, "a.jpg", cv2.IMWRITE_JPEG_QUALITY, 97)
    assert found.result is Result.FOUND


def test_a_turned_copy_is_consistent_with_copying_and_no_more(tmp_path):
    picture = photograph()
    motion = cv2.getRotationMatrix2D((140, 110), 12, 1.0)
    motion[:, 2] += (320, 240)
    mask = np.zeros(picture.shape[:2], np.uint8)
    mask[50:170, 70:210] = 1
    size = (picture.shape[1], picture.shape[0])
    moved, where = cv2.warpAffine(picture, motion, size), cv2.warpAffine(mask, motion, size)
    picture[where > 0] = moved[where > 0]
    found = finding(picture, tmp_path)
    assert found.result is Result.INDETERMINATE
    assert found.values["strength"] == "consistent_with"
    assert abs(abs(found.values["pairs"][0]["rotation_deg"]) - 12) < 1


@pytest.mark.parametrize("seed", range(3))
def test_a_picture_without_a_copied_area_has_none(seed, tmp_path):
    found = finding(photograph(seed), tmp_path)
    assert found.result is Result.NOT_FOUND
    assert found.alternatives == ()


def test_two_views_of_one_thing_with_other_noise_are_not_the_same(tmp_path):
    picture = copied(cv2.GaussianBlur(photograph(), (0, 0), 1.2)).astype(np.float64)
    noisy = picture + np.random.default_rng(9).normal(0, 1.5, picture.shape)
    assert finding(np.clip(noisy, 0, 255).astype(np.uint8), tmp_path).result is not Result.FOUND


def test_a_pattern_that_goes_on_is_no_pasted_piece(tmp_path):
    tile = photograph(size=(480, 100))
    picture = photograph(4)
    picture[:, 100:500] = np.tile(tile, (1, 4, 1))
    found = finding(picture, tmp_path)
    assert found.result is Result.INDETERMINATE
    assert found.values["pairs"][0]["overlap_share"] > 0.3


def test_equal_signs_of_a_screenshot_are_not_searched(tmp_path):
    picture = np.full((480, 640, 3), 255, np.uint8)
    for row in range(40, 460, 40):
        cv2.putText(picture, "forwarded message 18:30", (20, row), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 1)
    found = finding(picture, tmp_path)
    assert found.result is Result.INDETERMINATE
    assert found.gaps[0].why is GapReason.NOT_APPLICABLE


def test_a_picture_that_is_too_large_is_a_limit_and_not_an_answer(tmp_path):
    path = tmp_path / "large.png"
    cv2.imwrite(str(path), photograph())
    (found,) = examine(TamperAnalyzer(megapixel_limit=0.1), path)
    assert (found.result, found.gaps[0].why) == (Result.INDETERMINATE, GapReason.LIMIT)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0\0\x10JFIF\0", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_what_is_no_picture_is_indeterminate(content, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    (found,) = examine(TamperAnalyzer(), path)
    assert found.result is Result.INDETERMINATE
    assert found.gaps


def test_a_broken_jpeg_is_never_searched_as_if_it_were_whole(tmp_path):
    path = tmp_path / "a.jpg"
    cv2.imwrite(str(path), photograph())
    path.write_bytes(path.read_bytes()[:9000])
    (found,) = examine(TamperAnalyzer(), path)
    assert found.result is Result.INDETERMINATE


def test_the_map_is_a_picture_of_both_areas(tmp_path):
    found = finding(copied(photograph()), tmp_path)
    (attached,) = found.attachments
    assert (attached.role, attached.media_type) == ("copy-move-map", "image/png")
