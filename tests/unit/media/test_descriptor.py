"""Descriptors of corners: those of a mirror image follow from those of the picture."""

from __future__ import annotations

import cv2
import numpy as np

from forensics.media import descriptor
from tests.fakes.footage import scene


def grey() -> np.ndarray:
    return cv2.cvtColor(scene(3), cv2.COLOR_BGR2GRAY)


def test_the_pattern_is_its_own_mirror_image_and_lies_within_the_square():
    first, second = np.split(descriptor.pattern(), 2)
    assert (second == first * [-1, 1]).all()
    assert np.abs(descriptor.pattern()).max() < descriptor.RADIUS_PX


def test_descriptors_of_the_mirror_image_are_the_mirrored_descriptors():
    picture = grey()
    found = [one for one in descriptor.detect(picture, most=200) if one.octave == 0]
    turned = [cv2.KeyPoint(picture.shape[1] - 1 - one.pt[0], one.pt[1], one.size) for one in found]
    for one in turned:
        one.octave = 0
    codes = descriptor.describe(picture, found)
    others = descriptor.describe(np.ascontiguousarray(picture[:, ::-1]), turned)
    assert len(found) > 20
    assert (descriptor.mirrored(codes) == others).mean() > 0.999


def test_mirroring_twice_changes_nothing():
    codes = np.random.default_rng(0).integers(0, 256, (5, 32), np.uint8)
    assert (descriptor.mirrored(descriptor.mirrored(codes)) == codes).all()


def test_corners_are_the_same_in_every_run_and_the_strongest_come_first():
    first, second = (descriptor.detect(grey(), most=100) for _ in range(2))
    assert [one.pt for one in first] == [one.pt for one in second]
    assert [one.response for one in first] == sorted((one.response for one in first), reverse=True)


def test_a_plain_picture_has_no_corners():
    assert descriptor.detect(np.full((200, 300), 90, np.uint8), most=100) == []
    assert descriptor.describe(np.full((200, 300), 90, np.uint8), []).shape == (0, 32)
