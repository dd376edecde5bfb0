"""What the compression analyzer states about pictures saved once and more than once, by Pillow, OpenCV and FFmpeg."""

from __future__ import annotations

import io
import struct
import subprocess

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import get_sampling

from forensics.analyzers.compression import CompressionAnalyzer
from forensics.model import GapReason, Result
from tests.fakes.evidence import FileEvidence, encoded
from tests.unit.analyzers.compression.material import KeepingSink, reopened, saved, scene, steps, twice, written

PLAIN = CompressionAnalyzer(maps=False)


def look(path, analyzer=PLAIN, sink=None):
    return {finding.kind: finding for finding in analyzer.examine(FileEvidence(path), sink or KeepingSink())}


def jpeg(folder, content):
    return look(written(folder, content))["compression.jpeg"]


@pytest.fixture(scope="module")
def picture():
    return scene(1)


@pytest.mark.parametrize("quality", [60, 75, 90, 95, 100])
def test_a_picture_saved_once_has_no_trace_of_another_save(tmp_path, picture, quality):
    finding = jpeg(tmp_path, saved(picture, quality))
    assert finding.result is Result.NOT_FOUND
    assert (finding.values["saves"], finding.values["applicability"]) == (1, "applicable")
    assert finding.values["first_quality"] is None


@pytest.mark.parametrize(("first", "last"), [(45, 60), (50, 80), (65, 75), (75, 90), (85, 95), (88, 98)])
def test_a_picture_saved_before_at_a_lower_quality_has_the_steps_of_that_save(tmp_path, picture, first, last):
    once = saved(picture, first)
    finding = jpeg(tmp_path, saved(reopened(once), last))
    assert finding.result is Result.FOUND
    assert finding.values["saves"] == 2
    lowest, highest = finding.values["first_quality_range"]
    assert lowest - 1 <= first <= highest + 1
    wanted = steps(once)
    right = [wanted[8 * one["row"] + one["column"]] == one["step"] for one in finding.values["first_steps"]]
    assert sum(right) >= 0.8 * len(right) >= 2


def test_a_picture_saved_by_other_programs_before_has_the_trace(tmp_path, picture):
    pixels = np.asarray(picture)[:, :, ::-1]
    by_opencv = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "png_pipe",
        "-i",
        "-",
        "-q:v",
        "8",
        "-f",
        "image2pipe",
        "-c:v",
        "mjpeg",
        "-",
    ]
    by_ffmpeg = subprocess.run(command, input=stream.getvalue(), capture_output=True, check=True, timeout=60).stdout
    for content in (by_opencv, by_ffmpeg):
        assert jpeg(tmp_path, saved(reopened(content), 92)).result is Result.FOUND


def test_tables_of_no_known_quality_have_their_steps_listed_and_no_quality(tmp_path, picture):
    tables = [[10] * 64, [10] * 64]
    stream = io.BytesIO()
    picture.save(stream, "JPEG", qtables=tables)
    finding = jpeg(tmp_path, saved(reopened(stream.getvalue()), 95))
    assert finding.result is Result.FOUND
    assert finding.values["first_quality"] is None
    assert {one["step"] for one in finding.values["first_steps"]} == {10}


@pytest.mark.parametrize(("across", "down"), [(3, 5), (7, 0), (0, 4)])
def test_a_picture_cropped_between_two_saves_has_the_place_of_the_first_grid(tmp_path, across, down):
    whole = reopened(saved(scene(2, (640, 480)), 60))
    cropped = whole.crop((across, down, whole.width, whole.height))
    finding = jpeg(tmp_path, saved(cropped, 92))
    assert finding.result is Result.FOUND
    assert finding.values["grid_offset_px"] == [(8 - across) % 8, (8 - down) % 8]
    assert abs(finding.values["first_quality"] - 60) <= 3


CHANGES = {
    "16 levels": lambda shown: shown.point([value // 16 * 16 for value in range(256)] * 3),
    "stretched": lambda shown: shown.point([min(255, max(0, int((v - 128) * 2.3 + 128))) for v in range(256)] * 3),
    "gamma": lambda shown: shown.point([int(255 * (value / 255) ** 0.5) for value in range(256)] * 3),
    "equalised": ImageOps.equalize,
    "palette": lambda shown: shown.quantize(16).convert("RGB"),
    "black and white": lambda shown: shown.convert("1").convert("RGB"),
    "doubled": lambda shown: shown.resize((shown.width * 2, shown.height * 2), Image.Resampling.NEAREST),
}


@pytest.mark.parametrize("name", CHANGES)
def test_gaps_in_the_grey_levels_are_not_taken_for_an_earlier_save(tmp_path, picture, name):
    finding = jpeg(tmp_path, saved(CHANGES[name](picture), 92))
    assert finding.result is not Result.FOUND
    assert finding.values["saves"] == 1


def test_a_stronger_second_save_leaves_nothing_to_find(tmp_path, picture):
    assert jpeg(tmp_path, twice(picture, 90, 60)).result is Result.NOT_FOUND


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"subsampling": 0}, ("baseline", "4:4:4")),
        ({"subsampling": 1}, ("baseline", "4:2:2")),
        ({"subsampling": 2, "progressive": True}, ("progressive", "4:2:0")),
    ],
)
def test_the_coding_is_that_which_pillow_reads(tmp_path, picture, options, expected):
    content = saved(picture, 83, **options)
    values = jpeg(tmp_path, content).values
    assert (values["coding"], values["subsampling"]) == expected
    assert get_sampling(Image.open(io.BytesIO(content))) == options["subsampling"]
    assert values["is_progressive"] is bool(options.get("progressive"))
    assert (values["quality"], values["is_ijg_table"], values["table_distance"]) == (83, True, 0.0)


def test_a_grey_picture_is_examined(tmp_path, picture):
    grey = picture.convert("L")
    finding = jpeg(tmp_path, saved(Image.open(io.BytesIO(saved(grey, 60))), 90))
    assert finding.result is Result.FOUND
    assert finding.values["subsampling"] == "grey"


def test_tables_of_another_program_are_stated_as_the_nearest_quality(tmp_path, picture):
    stream = io.BytesIO()
    picture.save(stream, "JPEG", qtables=[[7] * 64, [7] * 64])
    values = jpeg(tmp_path, stream.getvalue()).values
    assert values["is_ijg_table"] is False
    assert values["table_distance"] > 0


def test_strong_tables_with_fine_steps_at_high_frequencies_are_not_called_a_high_quality(tmp_path, picture):
    """Adobe's tables of a low quality: steps of quality 40 to 45 at the low frequencies, 12 at the high ones."""
    rows = [[18, 14, 14, 21, 30, 35, 34, 17], [14, 16, 16, 19, 26, 24, 12, 12], [14, 16, 17, 21, 23, 12, 12, 12]]
    rows += [[21, 19, 21, 19, 12, 12, 12, 12]] + [[12] * 8] * 4
    stream = io.BytesIO()
    picture.save(stream, "JPEG", qtables=[[step for row in rows for step in row]] * 2)
    assert 35 <= jpeg(tmp_path, stream.getvalue()).values["quality"] <= 50


def cmyk():
    stream = io.BytesIO()
    scene(3).convert("CMYK").save(stream, "JPEG")
    return stream.getvalue()


def with_frame(marker, bits=8, width=16, height=16):
    """A header without data: what a picture of that coding begins with (ITU-T T.81, B.2.2)."""
    frame = struct.pack(">HBHHB", 11, bits, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff" + bytes([marker]) + frame + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + bytes(32)


UNREAD = {
    "four colours": (cmyk(), "unsupported_colour"),
    "lossless": (with_frame(0xC3), "unsupported_coding"),
    "arithmetic": (with_frame(0xC9), "unsupported_coding"),
    "hierarchical": (with_frame(0xC5), "unsupported_coding"),
    "twelve bits": (with_frame(0xC1, bits=12), "unsupported_coding"),
    "larger than the limit": (with_frame(0xC0, width=65500, height=65500), "too_large"),
    "header only": (saved(scene(3), 80)[:150], "damaged"),
    "a marker at the end": (saved(scene(3), 80)[:20] + b"\xff\xdb\xff\xff", "damaged"),
    "no tables": (with_frame(0xC0), "damaged"),
    "no height": (with_frame(0xC0, height=0), "damaged"),
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_cannot_be_read_is_left_open_with_its_reason(tmp_path, name):
    content, reason = UNREAD[name]
    found = look(written(tmp_path, content))
    assert {finding.result for finding in found.values()} == {Result.INDETERMINATE}
    assert found["compression.jpeg"].values["reason"] == reason
    assert all(finding.gaps for finding in found.values())


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_truncated_picture_is_never_said_to_have_no_trace(tmp_path, picture, share, capfd):
    content = saved(picture, 85)
    finding = jpeg(tmp_path, content[: int(len(content) * share)])
    assert finding.result is Result.INDETERMINATE
    assert GapReason.UNREADABLE in {gap.why for gap in finding.gaps}
    assert capfd.readouterr() == ("", "")


def test_flipped_bytes_end_in_findings(tmp_path, picture, capfd):
    content = twice(picture, 60, 90)
    numbers = np.random.default_rng(4)
    for number in range(6):
        broken = bytearray(content)
        for at in numbers.integers(2, 700 if number % 2 else len(content), 6):
            broken[at] = numbers.integers(256)
        found = look(written(tmp_path, bytes(broken)))
        assert set(found) == {"compression.jpeg", "tamper.double_jpeg"}
        assert found["tamper.double_jpeg"].result is not Result.FOUND
    assert capfd.readouterr() == ("", "")


def test_a_hundred_comments_hide_nothing(tmp_path, picture):
    content = twice(picture, 60, 90)
    comment = b"\xff\xfe\x00\x06note"
    assert jpeg(tmp_path, content[:2] + comment * 100 + content[2:]).result is Result.FOUND


def test_a_flat_or_tiny_picture_is_not_applicable(tmp_path):
    for shown in (Image.new("RGB", (400, 300), "green"), scene(5).crop((0, 0, 16, 16))):
        finding = jpeg(tmp_path, twice(shown, 60, 90))
        assert finding.result is Result.INDETERMINATE
        assert finding.values["applicability"] == "not_applicable"
        assert [gap.why for gap in finding.gaps] == [GapReason.NOT_APPLICABLE]


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_another_format_is_left_open(tmp_path, picture, kind):
    picture.save(tmp_path / "a.bin", kind)
    found = look(tmp_path / "a.bin")
    assert list(found) == ["compression.jpeg"]
    assert found["compression.jpeg"].result is Result.INDETERMINATE
    assert [gap.why for gap in found["compression.jpeg"].gaps] == [GapReason.NOT_APPLICABLE]


def test_maps_are_kept_small_and_the_same_each_time(tmp_path, picture):
    path = written(tmp_path, twice(picture, 60, 90))
    analyzer = CompressionAnalyzer(map_side_px=200, map_pixels=50_000)
    sinks = [KeepingSink(), KeepingSink()]
    first, second = ([*analyzer.examine(FileEvidence(path), sink)] for sink in sinks)
    assert encoded(first) == encoded(second)
    assert sinks[0].kept == sinks[1].kept
    assert set(sinks[0].kept) == {"ghost-map.png", "error-level-map.png"}
    for content in sinks[0].kept.values():
        assert max(Image.open(io.BytesIO(content)).size) <= 200
    _, _, width, height = first[0].attachments[0].facts["box_px"]
    assert width * height <= 50_000
    assert (width % 8, height % 8) == (0, 0)


def test_the_error_levels_are_the_difference_from_a_copy_at_quality_90(tmp_path, picture):
    content = saved(picture, 80)
    sink = KeepingSink()
    look(written(tmp_path, content), CompressionAnalyzer(), sink)
    shown = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    again = cv2.imencode(".jpg", shown[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    difference = np.abs(shown.astype(int) - cv2.imdecode(again, cv2.IMREAD_COLOR)[:, :, ::-1].astype(int)).max(axis=2)
    kept = np.asarray(Image.open(io.BytesIO(sink.kept["error-level-map.png"])))
    assert (kept == np.minimum(difference * 15, 255)).all()


def test_a_picture_beyond_the_limit_of_decoding_keeps_its_coefficients(tmp_path, picture):
    found = look(written(tmp_path, twice(picture, 60, 90)), CompressionAnalyzer(decoded_pixels=1000))
    finding = found["compression.jpeg"]
    assert finding.result is Result.FOUND
    assert not finding.attachments
    assert {gap.why for gap in finding.gaps} == {GapReason.LIMIT}


def test_a_picture_beyond_the_limits_of_size_is_left_open(tmp_path, picture):
    path = written(tmp_path, saved(picture, 80))
    for analyzer in (CompressionAnalyzer(size_limit_bytes=1000), CompressionAnalyzer(coefficient_pixels=1000)):
        found = look(path, analyzer)
        assert [gap.why for gap in found["compression.jpeg"].gaps] == [GapReason.LIMIT]
        assert found["compression.jpeg"].values["reason"] == "too_large"


def test_time_that_runs_out_is_told(tmp_path, picture):
    found = look(written(tmp_path, saved(picture, 80)), CompressionAnalyzer(time_limit_s=0.001))
    assert [gap.why for gap in found["compression.jpeg"].gaps] == [GapReason.TIMED_OUT]
