"""Tables of the Independent JPEG Group beside those that Pillow writes."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from forensics.analyzers.compression import table
from tests.unit.analyzers.compression.material import saved


def written_tables(quality):
    with Image.open(io.BytesIO(saved(Image.new("RGB", (8, 8)), quality))) as picture:
        return [list(steps) for _, steps in sorted(picture.quantization.items())]


@pytest.mark.parametrize("quality", [1, 10, 25, 49, 50, 51, 75, 90, 95, 99, 100])
def test_the_tables_of_a_quality_are_those_that_libjpeg_writes(quality):
    luminance, chrominance = written_tables(quality)
    assert table.scaled(table.LUMINANCE, quality) == tuple(luminance)
    assert table.scaled(table.CHROMINANCE, quality) == tuple(chrominance)
    assert table.nearest([luminance, chrominance]) == table.Quality(quality, is_exact=True, distance=0.0)


def test_a_table_that_is_nearly_that_of_a_quality_is_called_near():
    luminance, chrominance = written_tables(80)
    luminance[5] += 2
    near = table.nearest([luminance, chrominance])
    assert (near.number, near.is_exact) == (80, False)
    assert near.distance == round(2 / 128, 2)


def gains(steps):
    return {frequency: {step: 100.0, 2 * step: 95.0} for frequency, step in steps.items()}


def test_combs_of_one_quality_give_that_quality():
    steps = {(0, 1): 6, (1, 0): 6, (2, 0): 7, (1, 1): 6, (0, 2): 5, (0, 3): 8}  # T.81, K.1, halved
    first = table.first_quality(gains(steps))
    assert (first.lowest, first.highest) == (74, 75)  # the two have the same steps at these frequencies


def test_combs_of_no_quality_give_none():
    steps = dict.fromkeys([(0, 1), (1, 0), (2, 0), (1, 1), (0, 3), (3, 1)], 9)
    assert table.first_quality(gains(steps)).number is None
    assert table.first_quality({}).number is None
