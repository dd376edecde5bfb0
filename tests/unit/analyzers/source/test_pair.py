"""Structure outside the faces is measured in spite of captions, stickers and changes of brightness."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from forensics.analyzers.source.pair import Blocks, correlation, laid
from tests.unit.analyzers.source.scene import texture

NOWHERE = np.zeros((480, 640), bool)


@pytest.fixture(scope="module")
def original() -> np.ndarray:
    return texture(11, 640, 480)


def pair(questioned: np.ndarray, original: np.ndarray):
    return laid(questioned, original, matrix=np.eye(2, 3), faces=NOWHERE)


def test_a_copy_agrees_with_its_original(original):
    made = pair(original, original)
    assert made.blocks.correlation() == pytest.approx(1, abs=1e-4)
    assert made.residual.max() < 1.0


def test_brightness_and_contrast_are_fitted(original):
    brighter = np.clip(original * 0.7 + 40, 0, 255).astype(np.uint8)
    made = pair(brighter, original)
    assert made.blocks.correlation() > 0.99
    assert np.sqrt((made.residual[made.kept] ** 2).mean()) < 2.0


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
def test_a_caption_does_not_lower_what_is_outside(original, share):
    drawn = original.copy()
    height = round(480 * share)
    drawn[-height:] = 0
    cv2.putText(drawn, "CAPTION " * 3, (10, 480 - height // 3), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (255,) * 3, 4)
    made = pair(drawn, original)
    first, second = made.structures
    assert correlation(first[made.outside], second[made.outside]) < 0.95
    assert made.blocks.correlation() > 0.98
    assert not made.kept[-height // 2 :].any()


def test_a_first_registration_is_refined(original):
    moved = cv2.warpAffine(original, np.array([[1.0, 0, 2.2], [0, 1, -1.7]]), (640, 480), borderMode=cv2.BORDER_REFLECT)
    made = pair(moved, original)
    assert made.matrix[:, 2] == pytest.approx([-2.2, 1.7], abs=0.15)
    assert made.blocks.correlation() > 0.98


def test_other_pictures_do_not_agree(original):
    made = pair(texture(12, 640, 480), original)
    assert made.blocks.correlation() < 0.3


def test_a_picture_that_covers_too_little_is_not_laid(original):
    assert laid(original, original, matrix=np.array([[1.0, 0, 630], [0, 1, 0]]), faces=NOWHERE) is None
    assert laid(original, original, matrix=np.eye(2, 3), faces=~NOWHERE) is None


def test_blocks_that_are_left_out_do_not_count(original):
    drawn = original.copy()
    drawn[240:] = texture(13, 640, 240)
    made = pair(drawn, original)
    lower = np.zeros(made.blocks.area.shape, bool)
    lower[9:] = True
    assert made.blocks.correlation(left_out=lower) > 0.99 > made.blocks.correlation()


def test_plain_pictures_have_no_correlation():
    plain = np.zeros((480, 640), np.float32)
    blocks = Blocks.of(plain, plain, ~NOWHERE)
    assert blocks.correlation() == pytest.approx(0, abs=1e-3)
    assert correlation(plain[0], plain[0]) == pytest.approx(0)
