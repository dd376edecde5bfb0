from __future__ import annotations

from itertools import combinations
from math import sqrt

import numpy as np
import pytest

from forensics.proof.roc import area, delong_variance, equal_error_rate, estimate_area, roc_curve, tippett_curves
from forensics.proof.sample import resampled_weights, sample_of
from tests.unit.proof.trials import all_pairs, separated, trial

NORMAL, ABNORMAL = (33, 6, 6, 11, 2), (3, 2, 2, 11, 33)
"""Ratings 1 to 5 of 58 normal and 51 abnormal images. *Source:* Hanley & McNeil, Radiology 143 (1982), table I."""


def hanley():
    """Gives the ratings as trials, each an image of its own."""
    rows = [(rating, count, False) for rating, count in enumerate(NORMAL, 1)]
    rows += [(rating, count, True) for rating, count in enumerate(ABNORMAL, 1)]
    return [trial(f"{h1}-{rating}-{i}", float(rating), h1=h1) for rating, count, h1 in rows for i in range(count)]


def test_the_area_of_hanleys_ratings_has_the_published_value_error_and_interval():
    """Area 0.8932, DeLong's error 0.0307, interval 0.83295 to 0.95339. *Source:* Stata's manual, roctab."""
    sample = sample_of(hanley())
    found = estimate_area(sample)
    assert round(found.value, 4) == 0.8932
    assert (round(found.low, 5), round(found.high, 5)) == (0.83295, 0.95339)
    assert found.method == "delong"
    assert round(sqrt(delong_variance(sample.scores[sample.is_h1], sample.scores[~sample.is_h1])), 4) == 0.0307


def test_resampled_units_give_nearly_delongs_interval():
    sample = sample_of(hanley())
    drawn = [area(sample, weights) for weights in resampled_weights(sample)]
    assert len(drawn) == 1000
    assert np.std(drawn) == pytest.approx(0.0307, abs=0.003)


def test_copies_of_each_clip_change_neither_the_area_nor_narrow_its_interval():
    trials = hanley()
    once = estimate_area(sample_of(trials))
    copied = estimate_area(sample_of([*trials, *trials, *trials]))
    assert copied.value == pytest.approx(once.value)
    assert copied.method == "bootstrap"
    assert copied.high - copied.low == pytest.approx(once.high - once.low, abs=0.02)


def test_scores_that_separate_keep_an_interval():
    found = estimate_area(sample_of(separated(20, gap=50)))
    assert (found.value, found.high, found.method) == (1.0, 1.0, "disjoint-pairs")
    assert found.low == pytest.approx(0.025 ** (1 / 20))


def test_comparisons_of_few_persons_keep_a_wide_interval():
    persons = [f"p{i}" for i in range(20)]
    different = all_pairs({pair: index / 1000 for index, pair in enumerate(combinations(persons, 2))})
    same = [trial(person, 0.8, h1=True, units=(person,)) for person in persons]
    assert estimate_area(sample_of(different + same)).low == pytest.approx(0.025 ** (1 / 10))


def test_one_truth_alone_has_no_area_and_no_equal_error_rate():
    sample = sample_of([trial("a", 1.0, h1=True)])
    assert (estimate_area(sample), equal_error_rate(sample)) == (None, None)
    assert equal_error_rate(sample_of([])) is None


def test_the_curve_is_the_one_drawn_by_hand():
    sample = sample_of(
        [trial("a", 3, h1=True), trial("b", 2, h1=False), trial("c", 1, h1=True), trial("d", 1, h1=False)]
    )
    assert roc_curve(sample) == ((0, 0), (0, 0.5), (0.5, 0.5), (1, 1))
    assert area(sample, sample.weights) == (0.5 * 0 + 1 + 1 + 0 + 0.5) / 4


@pytest.mark.parametrize(("gap", "expected"), [(2.0, 0.1587), (1.0, 0.3085), (3.0, 0.0668)])
def test_the_equal_error_rate_of_normal_scores_is_that_of_their_overlap(gap, expected):
    assert equal_error_rate(sample_of(separated(500, gap=gap))) == pytest.approx(expected, abs=0.004)


def test_the_equal_error_rate_is_nothing_where_scores_separate_and_half_where_they_say_nothing():
    assert equal_error_rate(sample_of(separated(10, gap=50))) == pytest.approx(0.0, abs=1e-12)
    assert equal_error_rate(sample_of(separated(10, gap=0))) == pytest.approx(0.5)


def test_tippett_curves_fall_from_all_to_the_highest():
    curves = tippett_curves(np.array([2.0, 0.0, -1.0, 0.0]), np.array([True, True, False, False]), weights=np.ones(4))
    assert curves == ((-1.0, 1.0, 1.0), (0.0, 1.0, 0.5), (2.0, 0.5, 0.0))


def test_the_same_trials_in_another_order_give_the_same_interval():
    trials = hanley() * 2
    assert estimate_area(sample_of(trials)) == estimate_area(sample_of(trials[::-1]))
