"""Trials for these tests: made from fixed numbers, never from chance without a seed."""

from __future__ import annotations

from statistics import NormalDist

from forensics.proof.calibration import About
from forensics.proof.condition import Condition
from forensics.proof.trial import Trial

ABOUT = About("face.identity/similarity", "faces 1", "set A", "ab" * 32, "2026-11-22", (Condition("face_px", 48, 400),))


def trial(clip, score=None, *, h1, answer=None, variant="original", units=None, source="A"):
    return Trial(source, clip, variant, h1, units or (f"{source}/{clip}",), score, answer)


def quantiles(count, mean, spread):
    """Gives the middle quantiles of a normal distribution: a sample without chance."""
    return [NormalDist(mean, spread).inv_cdf((rank + 0.5) / count) for rank in range(count)]


def separated(count, *, gap=2.0, spread=1.0):
    """Gives as many clips of either truth, scores normal around 0 and `gap`."""
    first = [trial(f"swap{i}", score, h1=True) for i, score in enumerate(quantiles(count, gap, spread))]
    second = [trial(f"real{i}", score, h1=False) for i, score in enumerate(quantiles(count, 0.0, spread))]
    return first + second


def all_pairs(scores, *, h1=False):
    """Compares persons: a score for each pair, given by their names."""
    return [trial(f"{a}-{b}", score, h1=h1, units=(a, b)) for (a, b), score in scores.items()]
