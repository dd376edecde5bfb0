"""Regions that lack the trace of an earlier save: pasted ones are found, whole pictures saved twice have none."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from forensics.analyzers.compression import CompressionAnalyzer
from forensics.model import GapReason, Result
from tests.fakes.evidence import FileEvidence
from tests.unit.analyzers.compression.material import KeepingSink, reopened, saved, scene, twice, written

BOX = (160, 96, 320, 240)


def tamper(folder, content, sink=None):
    path = written(folder, content)
    analyzer = CompressionAnalyzer(maps=False)
    return {one.kind: one for one in analyzer.examine(FileEvidence(path), sink or KeepingSink())}["tamper.double_jpeg"]


def pasted(first, last, *, size=(640, 480)):
    """A picture saved before, with a part of one that never was."""
    whole = reopened(saved(scene(6, size), first))
    whole.paste(scene(7, size).crop(BOX), BOX[:2])
    return saved(whole, last)


@pytest.mark.parametrize(("first", "last"), [(60, 85), (60, 90), (75, 95)])
def test_a_pasted_region_is_found_where_it_is(tmp_path, first, last):
    sink = KeepingSink()
    finding = tamper(tmp_path, pasted(first, last), sink)
    assert finding.result is Result.FOUND
    left, top, width, height = finding.where[0]["box_px"]
    assert max(abs(left - BOX[0]), abs(top - BOX[1])) <= 24
    assert max(abs(left + width - BOX[2]), abs(top + height - BOX[3])) <= 24
    assert finding.where[0]["area_share"] == pytest.approx(160 * 144 / (640 * 480), abs=0.03)
    assert {one.role for one in finding.attachments} == {"double-jpeg-map", "double-jpeg-overlay"}
    shades = np.asarray(Image.open(io.BytesIO(sink.kept["double-jpeg-map.png"])))
    assert shades.shape == (480, 640)
    assert shades[110:226, 176:304].mean() > shades[:, 400:].mean() + 60
    assert finding.limits
    assert finding.alternatives


@pytest.mark.parametrize(("first", "last"), [(50, 85), (60, 90), (75, 90), (85, 97)])
def test_a_picture_saved_twice_as_a_whole_has_no_region(tmp_path, first, last):
    finding = tamper(tmp_path, twice(scene(8, (640, 480)), first, last))
    assert finding.result is not Result.FOUND
    assert not finding.attachments


def test_overexposed_and_black_parts_are_no_regions(tmp_path):
    pixels = np.asarray(scene(9, (640, 480))).astype(int)
    pixels[:200] = np.clip(pixels[:200] * 2, 0, 255)
    pixels[380:] = 0
    pixels[380:, :200] = np.clip(pixels[100:200, :200] - 250, 0, 255)
    for first, last in ((60, 90), (70, 95)):
        finding = tamper(tmp_path, twice(Image.fromarray(pixels.astype(np.uint8)), first, last))
        assert finding.result is not Result.FOUND


def test_a_picture_saved_once_is_not_applicable(tmp_path):
    finding = tamper(tmp_path, saved(scene(8), 90))
    assert finding.result is Result.INDETERMINATE
    assert [gap.why for gap in finding.gaps] == [GapReason.NOT_APPLICABLE]


def test_a_stronger_save_afterwards_makes_it_not_applicable(tmp_path):
    finding = tamper(tmp_path, saved(reopened(pasted(60, 90)), 50))
    assert finding.result is Result.INDETERMINATE
