"""Clips are laid upon each other in time by what moves: whole, trimmed, cut, sped up, or not at all."""

from __future__ import annotations

import numpy as np
import pytest

from forensics.analyzers.source.timeline import Thumbnails, Timeline, aligned

PIXELS = 200


def motion(seed: int, count: int, *, smooth: int = 12) -> np.ndarray:
    """Gives rows of numbers that change smoothly, as a scene with moving things does."""
    noise = np.random.default_rng(seed).normal(size=(count + smooth, PIXELS))
    kernel = np.hanning(smooth)
    return np.stack([np.convolve(noise[:, one], kernel, "same")[:count] for one in range(PIXELS)], axis=1)


def thumbnails(rows: np.ndarray, times: np.ndarray, *, scene: int = 0) -> Thumbnails:
    """Adds a ground that is at rest and much stronger than what moves."""
    shown = rows + 5 * np.random.default_rng(900 + scene).normal(size=PIXELS)
    shown = (shown - shown.mean(axis=1, keepdims=True)) / shown.std(axis=1, keepdims=True)
    return Thumbnails(times, shown.astype(np.float32), np.zeros(len(times), np.int32))


def pieces(timeline: Timeline) -> list[tuple[int, int]]:
    return [(one.first, one.last) for one in timeline.pieces]


@pytest.fixture
def original() -> Thumbnails:
    return thumbnails(motion(1, 400), np.arange(400) / 25)


def test_a_trimmed_clip_lies_where_it_was_taken_from(original):
    copy = thumbnails(motion(1, 400)[130:230], np.arange(100) / 25)
    found = aligned(copy, original)
    assert pieces(found) == [(0, 99)]
    assert found.pieces[0].offset_s == pytest.approx(130 / 25, abs=0.021)
    assert (found.matches == np.arange(130, 230)).mean() > 0.9
    assert found.aligned_share == 1.0
    assert found.correlation > 0.95


def test_a_clip_that_was_cut_inside_lies_in_pieces(original):
    rows = np.concatenate([motion(1, 400)[40:90], motion(1, 400)[200:260], motion(1, 400)[10:40]])
    found = aligned(thumbnails(rows, np.arange(140) / 25), original)
    assert [round(one.offset_s * 25 + one.first) for one in found.pieces] == pytest.approx([40, 200, 10], abs=1)
    assert found.aligned_share > 0.9


def test_short_cuts_are_not_taken_for_another_speed(original):
    shown = motion(7, 120, smooth=20)
    whole = thumbnails(shown, np.arange(120) / 25)
    rows = np.concatenate([shown[:24], shown[36:48], shown[60:80]])
    found = aligned(thumbnails(rows, np.arange(56) / 25), whole)
    assert {one.rate for one in found.pieces} == {1.0}
    assert found.matches[[3, 20, 30, 50]].tolist() == pytest.approx([3, 20, 42, 74], abs=1)


@pytest.mark.parametrize("rate", [0.8, 1.25, 1.07])
def test_a_clip_at_another_speed_lies_on_a_slanted_line(original, rate):
    rows = motion(1, 400)[np.round(50 + rate * np.arange(150)).astype(int)]
    found = aligned(thumbnails(rows, np.arange(150) / 25), original)
    assert found.aligned_share > 0.9
    longest = max(found.pieces, key=lambda one: one.count)
    assert longest.rate == pytest.approx(rate, rel=0.03)


def test_uneven_times_between_frames_are_heeded(original):
    kept = np.sort(np.random.default_rng(4).choice(np.arange(100, 300), 120, replace=False))
    found = aligned(thumbnails(motion(1, 400)[kept], (kept - kept[0]) / 25), original)
    assert (found.matches == kept).mean() > 0.9


def test_half_as_many_frames_a_second_lie_upon_every_second_one(original):
    found = aligned(thumbnails(motion(1, 400)[100:300:2], np.arange(100) / 12.5), original)
    assert (np.abs(found.matches - np.arange(100, 300, 2)) <= 1).mean() > 0.9


def test_another_take_on_the_same_set_lies_nowhere(original):
    found = aligned(thumbnails(motion(77, 150), np.arange(150) / 25), original)
    assert found.aligned_share < 0.1


def test_a_scene_at_rest_gives_no_times():
    noise = np.random.default_rng(2)
    still = [thumbnails(0.01 * noise.normal(size=(100, PIXELS)), np.arange(100) / 25) for _ in range(2)]
    assert aligned(*still).aligned_share == 0.0


def test_two_runs_give_the_same_timeline(original):
    copy = thumbnails(motion(1, 400)[130:230], np.arange(100) / 25)
    first, second = aligned(copy, original), aligned(copy, original)
    assert first.pieces == second.pieces
    assert (first.matches == second.matches).all()
