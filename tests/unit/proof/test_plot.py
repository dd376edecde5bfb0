from __future__ import annotations

import io
from math import inf, nan

import numpy as np
import pytest
from PIL import Image

from forensics.proof.cost import neutral_curve
from forensics.proof.plot import SIDE_PX, Axes, Curve, draw, entropy_chart, roc_chart, tippett_chart
from forensics.proof.roc import roc_curve
from forensics.proof.sample import sample_of
from tests.unit.proof.trials import separated


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


CHARTS = {
    "roc": lambda: roc_chart([Curve("set A", roc_curve(sample_of(separated(20))))]),
    "tippett": lambda: tippett_chart([(-1.0, 1.0, 1.0), (0.0, 1.0, 0.5), (2.0, 0.5, 0.0)]),
    "entropy": lambda: entropy_chart([Curve("LR = 1", neutral_curve())]),
    "nothing": lambda: roc_chart([]),
    "no steps": lambda: tippett_chart([]),
    "no curves": lambda: entropy_chart([]),
    "infinite ratios": lambda: tippett_chart([(-inf, 1.0, 1.0), (inf, 1.0, 0.0)]),
    "points that are none": lambda: roc_chart([Curve("x", ((nan, 0), (0, inf)))]),
    "a name in Chinese": lambda: roc_chart([Curve("样本", ((0, 0), (1, 1)))], title="曲线"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_a_picture_and_the_same_each_time(name):
    made = CHARTS[name]()
    assert made == CHARTS[name]()
    assert made.startswith(b"\x89PNG")
    assert pixels(made).shape == (SIDE_PX[1], SIDE_PX[0], 3)


def test_points_lie_where_the_axes_say():
    axes = Axes("t", "x", "y", (0, 1), (0, 1))
    made = pixels(draw(axes, [Curve("c", ((0.25, 0.5), (0.75, 0.5)))]))
    left, right, middle = (axes.place(point) for point in ((0.25, 0.5), (0.75, 0.5), (0.5, 0.5)))
    assert left[1] == right[1] == middle[1]
    assert tuple(made[round(middle[1]), round(middle[0])]) == (0, 114, 178)
    assert tuple(made[round(middle[1]), round(right[0]) + 30]) != (0, 114, 178)


def test_what_lies_outside_is_drawn_on_the_edge():
    axes = Axes("t", "x", "y", (0, 1), (0, 1))
    assert axes.place((7, -3)) == axes.place((1, 0))


def test_a_chart_has_no_metadata():
    assert Image.open(io.BytesIO(CHARTS["roc"]())).info == {}
