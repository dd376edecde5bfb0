"""Pages, codes and frames of clips, whose own content hides or imitates the trace of an earlier save."""

from __future__ import annotations

import random
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from forensics.analyzers.compression import CompressionAnalyzer, calibration, pixel
from forensics.model import Result
from tests.fakes.evidence import by_kind
from tests.unit.analyzers.compression.material import reopened, saved, scene, twice, written

PLAIN = CompressionAnalyzer(maps=False)


def jpeg(folder, content, suffix=""):
    return by_kind(PLAIN, written(folder, content, f"a{suffix}.jpg"))["compression.jpeg"]


def page(seed=1, size=(480, 640)):
    """A page of black text on white paper, without shades of grey, as scanners give it."""
    chance = random.Random(seed)
    picture = Image.new("L", (size[0] * 2, size[1] * 2), 255)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=30)
    for line in range(20, picture.height - 40, 41):
        words = "".join(chance.choice("abcdefghijklmnopqrstuvwxyz  ") for _ in range(60))
        draw.text((25 + chance.randrange(9), line), words, fill=0, font=font)
    for _ in range(8):
        corners = sorted(chance.randrange(picture.width) for _ in range(4))
        draw.ellipse((corners[0], corners[1], corners[2] + 1, corners[3] + 1), outline=0, width=3)
    return picture.resize(size).point([255 * (value > 127) for value in range(256)]).convert("RGB")


def code(seed, module):
    """Black and white squares on a regular grid, as codes have them, made half as large."""
    chance = random.Random(seed)
    cells = np.array([[chance.random() < 0.5 for _ in range(40)] for _ in range(40)], np.uint8) * 255
    large = Image.fromarray(cells).resize((40 * module, 40 * module), Image.Resampling.NEAREST)
    return large.resize((20 * module, 20 * module), Image.Resampling.BICUBIC).convert("RGB")


@pytest.mark.parametrize(("first", "last"), [(60, 80), (70, 95), (80, 95)])
def test_a_page_in_black_and_white_that_was_saved_before_has_the_trace(tmp_path, first, last):
    finding = jpeg(tmp_path, twice(page(), first, last))
    assert finding.result is Result.FOUND
    assert finding.values["saves"] == 2
    assert first - 5 <= finding.values["first_quality"] <= first + 10


@pytest.mark.parametrize("quality", [60, 75, 85, 92, 98])
def test_a_page_in_black_and_white_saved_once_has_none(tmp_path, quality):
    for seed in (1, 2):
        finding = jpeg(tmp_path, saved(page(seed), quality))
        assert finding.result is not Result.FOUND
        assert finding.values["first_quality"] is None


@pytest.mark.parametrize("quality", [60, 85, 92, 95, 100])
def test_squares_on_a_grid_are_not_taken_for_an_earlier_save(tmp_path, quality):
    for seed, module in ((1, 8), (2, 24), (3, 16), (4, 12)):
        finding = jpeg(tmp_path, saved(code(seed, module), quality))
        assert finding.result is not Result.FOUND, module
        assert finding.values["saves"] == 1


def test_what_squares_hide_is_left_open_with_its_reason(tmp_path):
    finding = jpeg(tmp_path, saved(code(2, 24), 92))
    assert finding.result is Result.INDETERMINATE
    assert finding.statement.id == "compression.jpeg.open.content"
    assert (finding.values["applicability"], finding.values["reason"]) == ("not_applicable", "content_pattern")
    assert finding.gaps


def test_a_photograph_saved_twice_has_combs_on_its_own_grid_only(tmp_path):
    finding = jpeg(tmp_path, twice(scene(4), 60, 85))
    assert finding.result is Result.FOUND
    assert finding.values["first_quality"] in (59, 60, 61)


def test_a_frame_of_a_clip_in_mpeg_4_is_not_said_to_be_an_earlier_jpeg_picture(tmp_path):
    scene(5, (480, 352)).save(tmp_path / "a.png")
    command = ["ffmpeg", "-v", "error", "-y", "-i", "a.png", "-c:v", "mpeg4", "-q:v", "8", "-pix_fmt", "yuv420p"]
    subprocess.run([*command, "a.avi"], cwd=tmp_path, check=True)
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", "a.avi", "b.png"], cwd=tmp_path, check=True)
    with Image.open(tmp_path / "b.png") as picture:
        frame = picture.convert("RGB")
    for quality in (75, 90):
        assert jpeg(tmp_path, saved(frame, quality)).values["first_quality"] is None


def test_a_tiny_or_flat_picture_gives_no_table():
    steps = (16,) * 64
    for size in ((8, 8), (40, 40), (9, 4000)):
        assert calibration.find(np.full(size, 128, np.uint8), steps) is None


def test_the_same_picture_gives_the_same_table():
    content = twice(page(), 70, 95)
    luma, steps = pixel.decode(content, "L"), (3,) * 64
    assert calibration.find(luma, steps) == calibration.find(luma.copy(), steps)


def test_content_is_not_judged_where_the_picture_is_too_large_to_decode(tmp_path):
    analyzer = replace(PLAIN, decoded_pixels=1000)
    finding = by_kind(analyzer, written(tmp_path, twice(scene(4), 60, 85)))["compression.jpeg"]
    assert finding.result is Result.FOUND
    assert {gap.what for gap in finding.gaps} == {"shifted-grid", "maps"}


def test_a_stronger_second_save_is_said_to_hide_what_was_before(tmp_path):
    finding = jpeg(tmp_path, saved(reopened(saved(scene(4), 90)), 70))
    assert finding.result is Result.NOT_FOUND
    assert finding.values["seen_below_quality"] == 70
    assert "70" in finding.statement.text
