from __future__ import annotations

from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.errors import UsageError
from forensics.proof.binomial import Count, incomplete_beta, lower_bound, rate, upper_bound

NEWCOMBE = {(81, 263): (0.2527, 0.3676), (15, 148): (0.0578, 0.1617), (0, 20): (0.0, 0.1684), (1, 29): (0.0009, 0.1776)}
"""*Source:* Newcombe, Statistics in Medicine 17 (1998), table I, method 5 (Clopper and Pearson)."""


def independent(errors, units):
    return Count(errors, units, units)


@pytest.mark.parametrize("numbers", NEWCOMBE)
def test_intervals_are_those_of_newcombes_table(numbers):
    found = rate(independent(*numbers))
    assert (round(found.low, 4), round(found.high, 4)) == NEWCOMBE[numbers]


@pytest.mark.parametrize("units", [1, 10, 100, 1000, 100_000])
def test_without_errors_the_bound_is_the_rule_of_three(units):
    assert upper_bound(0, units) == pytest.approx(1 - 0.05 ** (1 / units), abs=1e-12)
    assert lower_bound(units, units) == pytest.approx(0.05 ** (1 / units), abs=1e-12)


@given(st.integers(1, 60), st.data())
@settings(max_examples=60, deadline=None)
def test_at_the_ends_the_exact_binomial_sums_are_the_tails(units, data):
    errors = data.draw(st.integers(0, units))
    found = rate(independent(errors, units))
    if errors < units:
        assert _sum(units, found.high, range(errors + 1)) == pytest.approx(0.025, abs=1e-9)
    if errors > 0:
        assert _sum(units, found.low, range(errors, units + 1)) == pytest.approx(0.025, abs=1e-9)


def _sum(units, chance, counts):
    return sum(comb(units, k) * chance**k * (1 - chance) ** (units - k) for k in counts)


def test_the_incomplete_beta_function_has_its_closed_forms():
    assert incomplete_beta(0.3, 1, b=1) == pytest.approx(0.3, abs=1e-14)
    assert incomplete_beta(0.3, 2, b=1) == pytest.approx(0.09, abs=1e-14)
    assert incomplete_beta(0.3, 1, b=3) == pytest.approx(1 - 0.7**3, abs=1e-14)
    assert (incomplete_beta(0.0, 2, b=3), incomplete_beta(1.0, 2, b=3)) == (0.0, 1.0)


def test_no_units_have_no_interval():
    assert rate(independent(0, 0)) == rate(Count(0, 0, 0))
    assert (rate(independent(0, 0)).low, rate(independent(0, 0)).share) == (None, None)
    assert upper_bound(0, 0) == 1.0
    assert lower_bound(0, 0) == 0.0


def test_dependent_cases_keep_the_rate_and_widen_the_interval():
    dependent, free = rate(Count(4, 100, 25)), rate(independent(4, 100))
    assert dependent.share == free.share == 0.04
    assert (dependent.low, dependent.high) == (rate(independent(1, 25)).low, rate(independent(1, 25)).high)
    assert dependent.high > free.high


@pytest.mark.parametrize("count", [Count(2, 1, 1), Count(-1, 3, 3), Count(0, 2, 3), Count(0, 2, -1)])
def test_what_is_no_rate_is_refused(count):
    with pytest.raises(UsageError):
        rate(count)
