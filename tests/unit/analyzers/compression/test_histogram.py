"""Combs in histograms of numbers that were quantised once and twice."""

from __future__ import annotations

import numpy as np
import pytest

from forensics.analyzers.compression import histogram


def quantised(first, present, *, count=6000, scale=25.0):
    """Laplacian numbers, quantised with one step or two, with the rounding of pixels between."""
    numbers = np.random.default_rng(first * 100 + present)
    values = numbers.laplace(0, scale, count)
    if first:
        values = np.round(values / first) * first + numbers.normal(0, 0.4, count)
    return histogram.histogram(np.round(values / present).astype(np.int16))


@pytest.mark.parametrize(("first", "present"), [(5, 3), (6, 3), (7, 4), (8, 2), (10, 7), (12, 5), (16, 1), (20, 9)])
def test_the_first_step_is_recovered(first, present):
    found = histogram.judge(quantised(first, present), (0, 1), present=present)
    assert found.has_comb
    assert found.first == first


@pytest.mark.parametrize("present", [1, 2, 3, 5, 8, 12])
@pytest.mark.parametrize("scale", [10.0, 25.0, 60.0])
def test_numbers_quantised_once_have_no_comb(present, scale):
    found = histogram.judge(quantised(0, present, scale=scale), (0, 1), present=present)
    assert found is None or not found.has_comb


def test_too_few_numbers_are_not_judged():
    assert histogram.judge(quantised(8, 2, count=60), (0, 1), present=2) is None
    assert histogram.judge(np.zeros(histogram.BINS), (0, 1), present=2) is None


def test_a_step_larger_than_any_table_has_no_candidates():
    assert histogram.judge(quantised(0, 1), (0, 1), present=65535) is None


def test_a_comb_keeps_the_number_of_coefficients():
    for first, present in ((7, 3), (16, 5), (9, 8)):
        assert histogram.comb(present, first, 0.5, 0.0)[: 64 // first * first].mean() == pytest.approx(1, abs=0.2)


def test_zeros_and_large_values_are_left_out():
    counts = histogram.histogram(np.array([0, 0, 1, -1, 64, -65, 32767, -32768], np.int16))
    assert counts.sum() == 3
    assert (counts[0], counts[63]) == (2, 1)
