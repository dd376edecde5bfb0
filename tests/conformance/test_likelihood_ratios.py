"""Compares rates, costs and calibration with SciPy, scikit-learn and `lir`, the field's library for likelihood ratios.

They are not installed with the program or its checks; `pip install lir` brings all three.
"""

from __future__ import annotations

import numpy as np
import pytest

from forensics.proof import logistic
from forensics.proof.binomial import Count, incomplete_beta, rate
from forensics.proof.calibration import Method
from forensics.proof.cost import best_lrs, cllr, cllr_min
from forensics.proof.fitting import curve_of
from forensics.proof.isotonic import pools
from forensics.proof.roc import area
from forensics.proof.sample import sample_of
from forensics.proof.trial import Trial

CASES = {"equal": (60, 60, 1.0), "few": (12, 300, 1.5), "many of the first": (400, 40, 0.7)}


def drawn(name):
    """Gives scores and truth: chance with a seed, scores rounded so that some are equal."""
    first, second, spread = CASES[name]
    generator = np.random.Generator(np.random.PCG64(7))
    scores = np.concatenate((generator.normal(1.5, spread, first), generator.normal(0, 1, second))).round(1)
    return scores, np.arange(first + second) < first


def sampled(scores, truth):
    return sample_of(
        Trial("A", f"c{i}", "original", bool(h1), (f"c{i}",), float(score))
        for i, (score, h1) in enumerate(zip(scores, truth, strict=True))
    )


@pytest.mark.parametrize("units", [1, 7, 60, 999, 100_000])
def test_intervals_of_rates_are_scipys(units):
    stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")
    for errors in {0, 1, units // 3, units - 1, units}:
        told = stats.binomtest(errors, units).proportion_ci(0.95, method="exact")
        found = rate(Count(errors, units, units))
        assert (found.low, found.high) == pytest.approx((told.low, told.high), abs=1e-11)


def test_the_incomplete_beta_function_is_scipys_for_broken_numbers_too():
    special = pytest.importorskip("scipy.special", reason="SciPy is not installed")
    for a, b, x in ((0.06, 25, 0.01), (1.06, 24.94, 0.14), (2.5, 0.5, 0.9), (1e5, 3, 0.9999), (0.5, 1e6, 1e-6)):
        assert incomplete_beta(x, a, b=b) == pytest.approx(float(special.betainc(a, b, x)), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_costs_are_those_of_lir(name):
    metrics = pytest.importorskip("lir.metrics", reason="lir is not installed")
    models = pytest.importorskip("lir.data.models", reason="lir is not installed")
    ratios, truth = drawn(name)
    told = models.LLRData(features=ratios.reshape(-1, 1), labels=truth.astype(int))
    weights = np.ones(len(ratios))
    assert cllr(ratios, truth, weights=weights) == pytest.approx(metrics.cllr(told), abs=1e-10)
    assert cllr_min(ratios, truth, weights=weights) == pytest.approx(metrics.cllr_min(told), abs=1e-10)


@pytest.mark.parametrize("name", CASES)
def test_pools_are_those_of_lir_with_and_without_misleading_units(name):
    isotonic = pytest.importorskip("lir.algorithms.isotonic_regression", reason="lir is not installed")
    scores, truth = drawn(name)
    weights = np.ones(len(scores))
    told = isotonic.IsotonicCalibrator().fit_transform(scores, truth.astype(int)).ravel()
    assert best_lrs(scores, truth, weights=weights) == pytest.approx(told, abs=1e-9)
    assert len(pools(scores, truth, weights=weights)) == len(set(np.round(told, 9)))
    sample = sampled(scores, truth)
    safe = isotonic.IsotonicCalibrator(add_misleading=1).fit_transform(sample.scores, sample.is_h1.astype(int)).ravel()
    found = curve_of(Method.ISOTONIC, sample, sample.weights)(sample.scores)
    inside = (sample.scores > sample.scores.min()) & (sample.scores < sample.scores.max())
    assert (
        np.abs(found - safe)[inside].max() < 0.05
    )  # lir puts its misleading units beyond the last scores, not at them


@pytest.mark.parametrize("name", CASES)
def test_the_line_without_shrinkage_is_scikit_learns(name, monkeypatch):
    linear = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    monkeypatch.setattr(logistic, "KAPPA", 0.0)
    scores, truth = drawn(name)
    model = linear.LogisticRegression(C=1e12, class_weight="balanced", tol=1e-10, max_iter=1000)
    told = model.fit(scores.reshape(-1, 1), truth.astype(int))
    line = logistic.fit(scores, truth, weights=np.ones(len(scores)))
    assert (line.offset, line.slope) == pytest.approx((told.intercept_[0], told.coef_[0, 0]), abs=1e-4)


@pytest.mark.parametrize("name", CASES)
def test_areas_are_scikit_learns(name):
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    scores, truth = drawn(name)
    sample = sampled(scores, truth)
    assert area(sample, sample.weights) == pytest.approx(metrics.roc_auc_score(truth, scores), abs=1e-12)
