from __future__ import annotations

import itertools
import time

import numpy as np
import pytest

from forensics.errors import UsageError
from forensics.faces import similarity
from forensics.faces.cluster import MARGIN, MOST, cluster
from forensics.faces.face import CANONICAL, Face
from forensics.faces.quality import Quality
from forensics.faces.track import Sighting, Track, Tracking, follow


def direction(*values: float) -> np.ndarray:
    vector = np.zeros(128, np.float32)
    vector[: len(values)] = values
    return vector / np.linalg.norm(vector)


def people(count: int, *, each: int, noise: float, seed: int = 0) -> list[np.ndarray]:
    """Measures of invented persons, the faces of one person in a row."""
    random = np.random.default_rng(seed)
    middles = random.normal(size=(count, 128))
    faces = np.repeat(middles, each, axis=0) + noise * random.normal(size=(count * each, 128))
    return [np.asarray(face / np.linalg.norm(face), np.float32) for face in faces]


def test_a_cosine_is_that_of_the_angle():
    assert similarity.cosine(direction(1), direction(1, 1)) == pytest.approx(np.cos(np.pi / 4))
    assert similarity.cosine(direction(1), direction(-1)) == pytest.approx(-1)
    assert similarity.cosine(direction(1), np.zeros(128, np.float32)) == 0


def test_a_table_has_a_row_and_a_column_for_each_face():
    rows, columns = [direction(1), direction(0, 1)], [direction(1), direction(1, 1), direction(0, 0, 1)]
    half = np.sqrt(0.5)
    assert similarity.table(rows, columns) == pytest.approx(np.array([[1, half, 0], [0, half, 0]]))
    assert similarity.table([], columns).shape == (0, 3)


def test_a_group_is_described_by_its_pairs_without_faces_with_themselves():
    found = similarity.within([direction(1), direction(1), direction(0, 1)])
    assert (found.count, found.least, found.median, found.most) == (3, 0.0, 0.0, 1.0)
    assert similarity.within([direction(1)]) is None
    assert similarity.between([direction(1)], []) is None
    assert similarity.between([direction(1)], [direction(1), direction(0, 1)]).count == 2
    with pytest.raises(UsageError):
        similarity.spread([])


def test_a_mean_is_weighted_and_of_length_one():
    assert similarity.mean([direction(1), direction(0, 1)]) == pytest.approx(direction(1, 1))
    assert similarity.mean([direction(1), direction(0, 1)], [1.0, 0.0]) == pytest.approx(direction(1))
    for nothing in ([], [direction(1), direction(-1)]):
        with pytest.raises(UsageError):
            similarity.mean(nothing)


def test_invented_persons_are_told_apart():
    found = cluster(people(6, each=5, noise=0.3))
    assert found.labels == tuple(number for number in range(6) for _ in range(5))
    assert (found.count, found.count_low, found.count_high) == (6, 6, 6)
    assert found.is_stable


def test_the_order_of_faces_does_not_change_the_groups():
    faces = people(5, each=4, noise=0.6, seed=2)
    order = np.random.default_rng(7).permutation(len(faces))
    plain, shuffled = cluster(faces).labels, cluster([faces[i] for i in order]).labels
    for a, b in itertools.combinations(range(len(faces)), 2):
        assert (plain[order[a]] == plain[order[b]]) == (shuffled[a] == shuffled[b])


def naive(faces: list[np.ndarray], threshold: float) -> set[frozenset[int]]:
    """Average linkage by its definition: the two groups with the highest mean cosine of all pairs are merged first."""
    cosines = np.array([[float(a @ b) for b in faces] for a in faces])
    groups = [{number} for number in range(len(faces))]
    while len(groups) > 1:
        pairs = list(itertools.combinations(range(len(groups)), 2))
        means = [np.mean([cosines[i, j] for i in groups[a] for j in groups[b]]) for a, b in pairs]
        if max(means) < threshold:
            break
        a, b = pairs[int(np.argmax(means))]
        groups[a] |= groups.pop(b)
    return {frozenset(group) for group in groups}


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_those_of_average_linkage_by_its_definition(seed):
    faces = people(4, each=4, noise=1.1, seed=seed)
    for threshold in (0.2, 0.35, 0.5):
        labels = cluster(faces, threshold=threshold).labels
        groups = {frozenset(i for i, one in enumerate(labels) if one == label) for label in labels}
        assert groups == naive(faces, threshold)


def test_a_number_that_depends_on_the_threshold_is_said_to():
    found = cluster([direction(1), direction(0.5, np.sqrt(0.75))], threshold=0.5 + MARGIN / 2)
    assert (found.count_low, found.count, found.count_high) == (1, 2, 2)
    assert not found.is_stable


def test_equal_and_no_faces_are_grouped():
    assert cluster([]).labels == ()
    assert cluster([direction(1)]).labels == (0,)
    assert cluster([direction(1)] * 7).labels == (0,) * 7


def test_many_faces_are_grouped_in_little_time():
    faces = people(150, each=10, noise=0.4)
    began = time.process_time()
    assert cluster(faces).count == 150
    assert time.process_time() - began < 5


def test_too_many_faces_are_refused():
    with pytest.raises(UsageError):
        cluster([direction(1)] * (MOST + 1))


def sighting(time_s: float, *, x: float = 0.0, vector: np.ndarray | None = None, **changes: float) -> Sighting:
    seen = {"width_px": 100.0, "sharpness": 0.3, "score": 0.93, "yaw_ratio": 0.0, **changes}
    quality = Quality(
        eye_distance_px=40.0, roll_deg=0.0, pitch_ratio=0.0, brightness=120.0, contrast=40.0, clipped_dark=0.0,
        clipped_light=0.0, inside=1.0, blockiness=1.0, **seen,
    )  # fmt: skip
    face = Face((x, 0.0, seen["width_px"], 130.0), np.array(CANONICAL) + np.array((x, 0)), seen["score"])
    return Sighting(round(time_s * 5), time_s, face, 0.5, quality, vector)


def followed(seen: dict[float, list[Sighting]], tracking: Tracking | None = None) -> list[Track]:
    tracks = follow(sorted(seen.items(), key=lambda pair: pair[0]), tracking or Tracking())
    return sorted(tracks, key=lambda one: one.number)


ONE, OTHER = direction(1), direction(0, 1)


def test_a_face_that_moves_a_little_is_one_track():
    seen = {i / 5: [sighting(i / 5, x=10 * i, vector=ONE)] for i in range(10)}
    (track,) = followed(seen)
    assert (track.start_s, track.end_s, len(track.sightings)) == (0.0, 1.8, 10)
    assert track.ranges(0.2) == ((0.0, 1.8),)
    assert track.measure() == pytest.approx(ONE)


def test_two_faces_that_cross_keep_their_tracks():
    seen = {}
    for i in range(11):
        seen[i / 5] = [sighting(i / 5, x=40 * i, vector=ONE), sighting(i / 5, x=400 - 40 * i, vector=OTHER)]
    tracks = followed(seen)
    assert len(tracks) == 2
    assert all(similarity.within(track.measures()).least == 1.0 for track in tracks)


def test_another_face_in_the_same_place_is_another_track():
    seen = {i / 5: [sighting(i / 5, vector=ONE if i < 5 else OTHER)] for i in range(10)}
    assert [(one.start_s, one.end_s) for one in followed(seen)] == [(0.0, 0.8), (1.0, 1.8)]


def test_a_face_that_is_seen_badly_for_a_moment_stays_in_its_track():
    seen = {i / 5: [sighting(i / 5, vector=ONE)] for i in range(10)}
    seen[1.0] = [sighting(1.0, vector=OTHER, sharpness=0.001)]
    (track,) = followed(seen)
    assert len(track.measures()) == 9
    assert track.measure() == pytest.approx(ONE)


def test_a_face_that_jumps_is_followed_by_its_measure_and_otherwise_not():
    for vector, count in ((ONE, 1), (None, 2)):
        seen = {0.0: [sighting(0.0, x=0, vector=vector)], 0.2: [sighting(0.2, x=900, vector=vector)]}
        assert len(followed(seen)) == count


def test_a_short_gap_is_within_a_track_and_a_long_one_ends_it():
    for gap_s, count in ((0.8, 1), (1.6, 2)):
        times = [0.0, 0.2, 0.2 + gap_s, 0.4 + gap_s]
        tracks = followed({time_s: [sighting(time_s, vector=ONE)] for time_s in times})
        assert len(tracks) == count
        ranges = [pair for track in tracks for pair in track.ranges(0.2)]
        assert ranges == [(0.0, 0.2), (pytest.approx(0.2 + gap_s), pytest.approx(0.4 + gap_s))]


def test_a_weak_face_continues_a_track_and_begins_none():
    weak = {i / 5: [sighting(i / 5, vector=ONE, score=0.65)] for i in range(4)}
    assert followed(weak) == []
    assert len(followed({**weak, 0.0: [sighting(0.0, vector=ONE)]})[0].sightings) == 4


def test_best_frames_are_suitable_apart_and_the_first_of_equals():
    seen = {i / 5: [sighting(i / 5, vector=ONE, yaw_ratio=0.5 if i < 5 else 0.1)] for i in range(20)}
    seen[2.0] = [sighting(2.0, vector=ONE)]
    (track,) = followed(seen)
    assert [one.time_s for one in track.best(3)] == [2.0, 1.0, 3.0]
    assert [one.time_s for one in track.best(1)] == [2.0]


def test_a_box_is_given_in_pixels_of_the_clip():
    assert sighting(0.0, x=10).box_px == (20.0, 0.0, 200.0, 260.0)


def test_nothing_seen_gives_no_track():
    assert followed({0.0: [], 0.2: []}) == []
