"""What is kept of faces stays small, whatever the length of a clip."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from forensics.analyzers.faces.crop import cut
from forensics.analyzers.faces.follow import Follower, Rule, Seen, correlation, look_of
from forensics.analyzers.faces.trail import MOST_RANGES, MOST_SIGHTINGS, Gallery, Limit, Trail
from forensics.faces.face import CANONICAL, Face
from forensics.faces.quality import Quality, Reason
from forensics.media.frame import Frame

PIXELS = np.full((200, 300, 3), 90, np.uint8)
LIMIT = Limit(0.8, 5, 1.0, 320)
LOOK = look_of(np.arange(147, dtype=np.uint8).reshape(7, 7, 3))
GOOD = Quality(80.0, 35.0, 0.93, 0.3, 0.0, 0.0, 0.0, 120.0, 40.0, 0.0, 0.0, 1.0, 1.1)


def seen(time_s: float, *, sharpness: float = 0.3, score: float = 0.93, x: float = 100.0, reasons=()) -> Seen:
    landmarks = np.array(CANONICAL) * 0.7 + (x, 60)
    face = Face((x, 60.0, 80.0, 90.0), landmarks, score)
    quality = dataclasses.replace(GOOD, sharpness=sharpness, score=score)
    return Seen(time_s, face, 1.0, quality, reasons, LOOK, LOOK)


def filled(times_s, **changes) -> Trail:
    trail, before_s = Trail(0, LIMIT), -0.2
    for time_s in times_s:
        trail.add(seen(time_s, **changes), PIXELS, before_s=before_s)
        before_s = time_s
    return trail


def test_two_hours_of_one_face_keep_few_sightings_at_equal_intervals_and_five_pictures():
    trail = filled(round(i / 5, 3) for i in range(36_000))
    assert trail.count == 36_000
    assert MOST_SIGHTINGS / 2 <= len(trail.rows) <= MOST_SIGHTINGS
    steps = np.diff([one.time_s for one in trail.rows])
    assert np.allclose(steps, steps[0])
    assert trail.ranges_s == [(0.0, 7199.8)]
    assert len(trail.crops) == 5


def test_of_frames_near_one_another_the_best_is_kept():
    trail = Trail(0, LIMIT)
    for time_s, sharpness in ((0.0, 0.1), (0.4, 0.25), (0.8, 0.2), (2.0, 0.05), (2.6, 0.15)):
        trail.add(seen(time_s, sharpness=sharpness), PIXELS, before_s=time_s)
    assert [one.seen.time_s for one in trail.crops] == [0.4, 2.6]


def test_a_frame_suitable_for_comparison_comes_before_a_sharper_one_that_is_not():
    trail = Trail(0, LIMIT)
    trail.add(seen(0.0, sharpness=0.3, reasons=(Reason.TURNED,)), PIXELS, before_s=0.0)
    trail.add(seen(5.0, sharpness=0.1), PIXELS, before_s=0.0)
    assert [one.seen.time_s for one in trail.crops] == [5.0, 0.0]
    assert trail.suitable == 1
    assert trail.causes() == ()


def test_reasons_are_given_the_most_frequent_first():
    trail = Trail(0, LIMIT)
    for reasons in ((Reason.BLURRED, Reason.TURNED), (Reason.TURNED,), (Reason.SMALL, Reason.TURNED)):
        trail.add(seen(0.0, reasons=reasons), PIXELS, before_s=0.0)
    assert trail.causes() == (Reason.TURNED, Reason.SMALL, Reason.BLURRED)


def test_a_track_with_too_many_stretches_is_full():
    trail = Trail(0, LIMIT)
    for number in range(MOST_RANGES):
        assert not trail.is_full
        trail.add(seen(number * 0.6), PIXELS, before_s=number * 0.6 - 0.2)
    assert trail.is_full


def test_of_two_thousand_tracks_those_seen_best_are_kept():
    gallery = Gallery(most=20, most_crops=30)
    for number in range(2000):
        trail = filled(
            [number * 2.0 + i / 5 for i in range(1 + number % 7)], reasons=() if number % 3 else (Reason.SMALL,)
        )
        trail.number = number
        gallery.take(trail)
        assert len(gallery.kept) < 60
    chosen = gallery.chosen()
    assert gallery.count == 2000
    assert len(chosen) == 20
    assert all(one.count == 7 and one.suitable == 7 for one in chosen)
    assert [one.number for one in chosen] == sorted(one.number for one in chosen)
    assert sum(len(one.crops) for one in chosen) <= 30


def test_few_tracks_have_five_pictures_each_and_many_have_one():
    few, many = Gallery(200, 200), Gallery(200, 200)
    for gallery, count in ((few, 10), (many, 150)):
        for _ in range(count):
            gallery.take(filled(range(10)))
    assert {len(one.crops) for one in few.chosen()} == {5}
    assert {len(one.crops) for one in many.chosen()} == {1}


def test_a_face_at_the_edge_is_cut_as_far_as_there_are_pixels():
    inside = cut(PIXELS, seen(0.0, x=250.0), longest_px=320)
    assert inside.pixels.shape == (180, 90, 3)  # from 45 px above to 45 px below, from 40 px before to the edge
    assert (inside.left_px, inside.factor) == (210, 1.0)
    assert cut(PIXELS, seen(0.0, x=5000.0), longest_px=320) is None


def follow(*frames: tuple[float, list[Seen]]) -> list[list[int]]:
    follower = Follower(Rule(0.8, 0.3, 1.0))
    return [[number for number, _ in follower.feed(Frame(0, time_s, PIXELS), faces)[0]] for time_s, faces in frames]


def test_a_weak_face_continues_a_track_and_begins_none():
    assert follow((0.0, [seen(0.0)]), (0.2, [seen(0.2, score=0.65)])) == [[0], [0]]
    assert follow((0.0, [seen(0.0, score=0.65)])) == [[]]


def test_a_face_that_moves_fast_stays_in_its_track_and_one_far_away_is_another():
    assert follow((0.0, [seen(0.0)]), (0.2, [seen(0.2, x=200.0)])) == [[0], [0]]
    assert follow((0.0, [seen(0.0)]), (0.2, [seen(0.2, x=500.0)])) == [[0], [1]]


def test_of_two_faces_the_nearer_one_continues_the_track():
    assert follow((0.0, [seen(0.0)]), (0.2, [seen(0.2, x=180.0), seen(0.2, x=104.0)])) == [[0], [1, 0]]


@pytest.mark.parametrize("pixels", [np.zeros((5, 5, 3), np.uint8), np.full((300, 2, 3), 255, np.uint8)])
def test_an_even_picture_has_no_look_and_equals_another(pixels):
    assert not look_of(pixels).any()
    assert correlation(look_of(pixels), look_of(pixels)) == 1.0
    assert correlation(look_of(pixels), look_of(np.arange(147, dtype=np.uint8).reshape(7, 7, 3))) == 0.0
