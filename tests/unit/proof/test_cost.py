from __future__ import annotations

from math import exp, inf, log2, pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.proof.cost import LN_10, best_lrs, cllr, cllr_min, entropy_curve, neutral_curve
from forensics.proof.isotonic import pools
from tests.unit.proof.trials import quantiles

TRUTH = np.array([True, True, False, False])


def equal(count):
    return np.ones(count)


def test_ratios_of_one_cost_one_bit():
    assert cllr(np.zeros(4), TRUTH, weights=equal(4)) == 1.0


def test_perfect_ratios_cost_nothing_and_wrong_ones_without_end():
    perfect = np.array([inf, inf, -inf, -inf])
    assert cllr(perfect, TRUTH, weights=equal(4)) == 0.0
    assert cllr(-perfect, TRUTH, weights=equal(4)) == inf


def test_the_cost_of_four_ratios_is_what_the_definition_gives():
    ratios = np.log10([8, 1, 1 / 4, 2])
    expected = ((log2(1 + 1 / 8) + log2(2)) / 2 + (log2(1 + 1 / 4) + log2(3)) / 2) / 2
    assert cllr(ratios, TRUTH, weights=equal(4)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("separation", [0.5, 1.0, 2.0, 4.0])
def test_the_cost_of_well_calibrated_normal_ratios_is_that_of_the_integral(separation):
    """Log ratios normal with means plus and minus d^2/2 and spread d are calibrated, and none can cost less."""
    middle = separation**2 / 2
    first, second = (np.array(quantiles(20_000, mean, separation)) for mean in (middle, -middle))
    ratios, truth = np.concatenate((first, second)) / LN_10, np.arange(40_000) < 20_000
    x = np.linspace(middle - 9 * separation, middle + 9 * separation, 200_001)
    density = np.exp(-(((x - middle) / separation) ** 2) / 2) / (separation * sqrt(2 * pi))
    expected = np.trapezoid(density * np.log2(1 + np.exp(-x)), x)
    assert cllr(ratios, truth, weights=equal(40_000)) == pytest.approx(expected, abs=2e-4)
    assert cllr_min(ratios, truth, weights=equal(40_000)) == pytest.approx(expected, abs=2e-3)


def test_the_least_cost_of_scores_that_separate_is_nothing():
    assert cllr_min(np.array([3.0, 2.0, 1.0, 0.0]), TRUTH, weights=equal(4)) == 0.0


def test_the_least_cost_of_scores_that_say_nothing_is_one_bit():
    assert cllr_min(np.ones(4), TRUTH, weights=equal(4)) == 1.0
    assert cllr_min(np.array([0.0, 1.0, 2.0, 3.0]), TRUTH, weights=equal(4)) == 1.0


def test_pools_are_those_worked_out_by_hand():
    scores, truth = np.array([1.0, 2, 3, 4, 5]), np.array([False, True, False, True, True])
    made = pools(scores, truth, weights=equal(5))
    assert [(pool.low, pool.high) for pool in made] == [(1, 1), (2, 3), (4, 5)]
    assert [pool.h1 for pool in made] == pytest.approx([0, 1 / 3, 2 / 3])
    assert [pool.h2 for pool in made] == pytest.approx([1 / 2, 1 / 2, 0])
    assert [pool.log10_lr for pool in made] == pytest.approx([-inf, np.log10(2 / 3), inf])


@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=2, max_size=30))
@settings(max_examples=80, deadline=None)
def test_no_monotone_calibration_costs_less_than_the_pools(rows):
    truth = np.array([True, False, *(is_h1 for _, is_h1 in rows)])
    scores = np.array([0.0, 0.0, *(float(score) for score, _ in rows)])
    least = cllr_min(scores, truth, weights=equal(len(scores)))
    assert 0 <= least <= 1 + 1e-12
    for slope in (0.1, 0.5, 1.0):
        assert least <= cllr(slope * scores, truth, weights=equal(len(scores))) + 1e-12
    ratios = best_lrs(scores, truth, weights=equal(len(scores)))
    assert all(a <= b for a, b in zip(ratios[np.argsort(scores)], ratios[np.argsort(scores)][1:], strict=False))


def test_a_weight_counts_as_often_as_it_says():
    ratios = np.array([1.0, 0.5, -1.0, 0.2])
    doubled = cllr(ratios[[0, 0, 1, 2, 3, 3, 3]], TRUTH[[0, 0, 1, 2, 3, 3, 3]], weights=equal(7))
    assert cllr(ratios, TRUTH, weights=np.array([2.0, 1, 1, 3])) == pytest.approx(doubled)


def test_the_cross_entropy_at_even_odds_is_the_cost_and_of_one_the_priors_entropy():
    ratios = np.array([1.0, 0.5, -1.0, 0.2])
    assert dict(entropy_curve(ratios, TRUTH, weights=equal(4)))[0.0] == cllr(ratios, TRUTH, weights=equal(4))
    for log_odds, bits in neutral_curve():
        prior = 1 / (1 + exp(-log_odds * LN_10))
        assert bits == pytest.approx(-prior * log2(prior) - (1 - prior) * log2(1 - prior), abs=1e-9)
