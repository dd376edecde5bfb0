from __future__ import annotations

from itertools import combinations
from math import log, log10
from statistics import NormalDist

import numpy as np
import pytest

from forensics.errors import UsageError
from forensics.proof import logistic
from forensics.proof.bound import bounds_of, cap
from forensics.proof.calibration import Method, read_off, write_calibration
from forensics.proof.fitting import calibrate, held_out
from forensics.proof.sample import resampled_weights, sample_of
from tests.unit.proof.trials import ABOUT, all_pairs, quantiles, separated, trial


def test_normal_scores_of_equal_spread_get_their_true_ratios():
    """Of scores normal around 0 and 2, the log ratio is 2 * score - 2."""
    made = calibrate(separated(400), ABOUT, resamples=100)
    assert made.method is Method.LOGISTIC
    for score in (0.0, 0.5, 1.0, 1.5, 2.0):
        reading = read_off(made, score)
        assert reading.log10_lr == pytest.approx((2 * score - 2) / log(10), abs=0.06)
        assert reading.low <= (2 * score - 2) / log(10) <= reading.high


def test_ratios_do_not_depend_on_how_many_there_are_of_each_truth():
    first = [trial(f"swap{i}", score, h1=True) for i, score in enumerate(quantiles(60, 2, 1))]
    second = [trial(f"real{i}", score, h1=False) for i, score in enumerate(quantiles(600, 0, 1))]
    assert read_off(calibrate(first + second, ABOUT, resamples=20), 1.0).log10_lr == pytest.approx(0, abs=0.1)


def test_few_trials_that_separate_give_finite_ratios_that_more_trials_raise():
    few, many = (calibrate(separated(count, gap=20), ABOUT, resamples=20) for count in (10, 300))
    assert 0 < read_off(few, 20.0).log10_lr < read_off(many, 20.0).log10_lr < 10


def test_the_line_that_is_not_shrunk_is_the_one_of_greatest_likelihood(monkeypatch):
    """At the best line the weighted residuals vanish, alone and times the scores (the score equations)."""
    monkeypatch.setattr(logistic, "KAPPA", 0.0)
    scores, truth = np.array([0.0, 1, 2, 3, 1.5, 2.5]), np.array([False, False, True, True, True, False])
    line = logistic.fit(scores, truth, weights=np.ones(6))
    residuals = truth - 1 / (1 + np.exp(-(line.offset + line.slope * scores)))
    assert (residuals.sum(), residuals @ scores) == pytest.approx((0, 0), abs=1e-6)


def test_much_material_is_pooled():
    made = calibrate(separated(1000), ABOUT, resamples=10)
    assert made.method is Method.ISOTONIC
    assert read_off(made, 1.5).log10_lr == pytest.approx(1 / log(10), abs=0.15)
    assert all(abs(knot.log10_lr) < 4 for knot in made.knots)


def test_copies_of_clips_change_nothing_but_the_number_of_trials():
    trials = separated(40)
    once, twice = calibrate(trials, ABOUT, resamples=50), calibrate(trials * 2, ABOUT, resamples=50)
    assert (once.h1_units, once.h1_trials, twice.h1_units, twice.h1_trials) == (40, 40, 40, 80)
    for one, other in zip(once.knots, twice.knots, strict=True):
        assert (one.score, one.cap_h1, one.cap_h2) == (other.score, other.cap_h1, other.cap_h2)
        assert (one.low, one.log10_lr, one.high) == pytest.approx((other.low, other.log10_lr, other.high), abs=1e-3)


def test_the_same_trials_in_another_order_give_the_same_bytes():
    trials = separated(30)
    made = [write_calibration(calibrate(order, ABOUT, resamples=50)) for order in (trials, trials[::-1])]
    assert made[0] == made[1]


CAPS = {1000: 330, 100: 34}
"""Independent units without a false alarm, and about the greatest ratio that they allow if every swap is found."""


@pytest.mark.parametrize("count", CAPS)
def test_the_cap_without_false_alarms_is_about_a_third_of_the_units(count):
    first = [trial(f"swap{i}", 1.0, h1=True) for i in range(5000)]
    second = [trial(f"real{i}", 0.0, h1=False) for i in range(count)]
    assert 10 ** bounds_of(first + second).cap_h1(1.0) == pytest.approx(CAPS[count], rel=0.02)


def test_thirty_thousand_units_are_needed_for_very_strong_support():
    assert [log10(1 / (1 - 0.05 ** (1 / units))) > 4 for units in (29_000, 30_000)] == [False, True]


def test_the_cap_for_the_second_proposition_is_that_of_the_misses():
    bounds = bounds_of(separated(100, gap=50))
    assert bounds.cap_h2(0.0) == bounds.cap_h1(50.0)
    assert bounds.cap_h2(0.0) == pytest.approx(cap(1 - 0.05**0.01, 1 - 0.05**0.01))
    assert (bounds.cap_h1(-9.0), bounds.cap_h2(90.0)) == (0.0, 0.0)


def test_a_threshold_decides_the_cap():
    trials = separated(100)
    at_0, at_2 = (bounds_of(trials, threshold=threshold).cap_h1(9.0) for threshold in (0.0, 2.0))
    assert at_0 < at_2


def test_a_method_that_never_finds_anything_has_a_cap_of_nothing():
    assert cap(0.01, 1.0) == cap(0.5, 0.6) == 0.0


def test_persons_compared_with_each_other_cap_as_half_as_many():
    persons = [f"p{i}" for i in range(60)]
    different = all_pairs({pair: index / 9999 for index, pair in enumerate(combinations(persons, 2))})
    same = [trial(person, 0.8, h1=True, units=(person,)) for person in persons]
    made = calibrate(different + same, ABOUT, resamples=20)
    assert (made.h1_units, made.h2_units, made.h2_trials) == (60, 30, 1770)
    expected = log10(0.05 ** (1 / 60) / (1 - 0.05 ** (1 / 30)))
    assert read_off(made, 0.8).cap_h1 == pytest.approx(expected, abs=1e-3)


def test_the_bound_at_the_highest_score_holds_in_nineteen_of_twenty_samples():
    """Although the threshold is chosen from the sample: the true chance of exceeding it is below the bound."""
    held = 0
    generator = np.random.Generator(np.random.PCG64(5))
    for _ in range(1000):
        highest = generator.standard_normal(50).max()
        held += 1 - NormalDist().cdf(highest) <= 1 - 0.05 ** (1 / 50)
    assert 930 <= held <= 970


def test_each_trial_is_judged_without_its_own_units():
    trials = [*separated(40), trial("real3", 9.0, h1=False, variant="odd")]
    judged = held_out(trials, Method.LOGISTIC)
    assert len(judged) == 81
    without = [one for one in trials if one.clip != "real3"]
    far = next(one for one in judged if one.variant == "odd")
    line = held_out([*without, trial("real3", 9.0, h1=False)], Method.LOGISTIC)
    assert far.score == pytest.approx(next(one.score for one in line if one.clip == "real3"))


def test_resampled_units_keep_their_trials_together():
    sample = sample_of([trial("a", s, h1=s > 1) for s in (0.0, 1.0, 2.0)] + [trial("b", s, h1=s > 1) for s in (0, 3)])
    for weights in resampled_weights(sample, count=50):
        of_a = weights[[0, 2, 3]] if sample.scores[2] == 1 else weights
        assert set(np.round(of_a, 9)) <= {0.0, *np.round(sample.weights, 9), *np.round(2 * sample.weights, 9)}


def test_resampling_gives_the_same_draws_each_time_and_others_with_another_seed():
    sample = sample_of(separated(10))
    first, again, other = ([w.tolist() for w in resampled_weights(sample, seed=s, count=3)] for s in (1, 1, 2))
    assert first == again != other


REFUSED = {
    "too few clips": separated(9),
    "many frames of few clips": separated(5) * 50,
    "one truth": [one for one in separated(50) if one.is_h1],
    "no scores": [trial(f"c{i}", h1=bool(i % 2)) for i in range(40)],
    "nothing": [],
    "scores that all are equal": [trial(f"c{i}", 1.0, h1=bool(i % 2)) for i in range(40)],
    "scores that fall": separated(30, gap=-2.0),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_calibrated_is_refused(name):
    with pytest.raises(UsageError):
        calibrate(REFUSED[name], ABOUT, resamples=10)
