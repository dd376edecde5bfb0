from __future__ import annotations

import subprocess

import pytest
from PIL import Image

from forensics.analyzers.container import quantization, sei
from forensics.analyzers.container.trace import catalogue
from forensics.model import Result
from tests.unit.analyzers.container.conftest import exiftool, ffmpeg, photograph


def traces(finding) -> dict[str, dict]:
    return {trace["what"]: trace for trace in finding.values["traces"]}


@pytest.mark.parametrize("quality", [1, 30, 49, 50, 75, 90, 100])
def test_the_quality_of_libjpeg_is_told_exactly(tmp_path, found, quality):
    path = tmp_path / "a.jpg"
    photograph((64, 64)).save(path, quality=quality)
    details = traces(found(path)["encoder"])["JPEG quantization tables"]["details"]
    assert (details["ijg_quality"], details["is_exact"]) == (quality, True)


def test_tables_of_another_kind_are_named_with_the_nearest_quality(tmp_path, found):
    path = tmp_path / "a.jpg"
    photograph((64, 64)).save(path, qtables=[[12] * 64, [14] * 64])
    details = traces(found(path)["encoder"])["JPEG quantization tables"]["details"]
    assert details["is_exact"] is False
    assert 50 < details["ijg_quality"] < 95


def test_a_grey_picture_is_told_too(tmp_path, found):
    path = tmp_path / "a.jpg"
    photograph((64, 64)).convert("L").save(path, quality=61)
    found_traces = traces(found(path)["encoder"])
    assert found_traces["JPEG quantization tables"]["value"] == "IJG quality 61"
    assert found_traces["JPEG frame"]["details"]["subsampling"] == "grey"


def test_the_digest_of_tables_is_that_of_exiftool(jpeg, found):
    stated = traces(found(jpeg)["encoder"])["JPEG quantization tables"]["details"]["digest"]
    name = exiftool(jpeg, "-s3", "-n", "-JPEGDigest").strip()
    assert stated.partition(":")[0] == name.partition(":")[0]


def test_huffman_tables_are_the_standards_or_made_for_the_picture(tmp_path, found):
    for optimized in (False, True):
        path = tmp_path / f"{optimized}.jpg"
        photograph().save(path, quality=80, optimize=optimized)
        details = traces(found(path)["encoder"])["JPEG Huffman tables"]["details"]
        assert details["is_standard"] is not optimized


def test_progressive_coding_and_subsampling_are_told(tmp_path, found):
    path = tmp_path / "a.jpg"
    photograph().save(path, progressive=True, subsampling="4:2:2")
    trace = traces(found(path)["encoder"])["JPEG frame"]
    assert trace["value"] == "SOF2, 4:2:2"


def test_x264_leaves_version_and_settings(film, found):
    finding = found(film)["encoder"]
    assert finding.result is Result.FOUND
    trace = traces(finding)["x264"]
    content = film.read_bytes()
    assert content[trace["offset"] :].startswith(b"x264 - core ")
    assert trace["details"]["options"]["crf"] == "31.0"
    assert trace["details"]["options"]["rc"] == "crf"


def test_x265_leaves_version_and_settings(tmp_path, found):
    path = tmp_path / "a.mp4"
    try:
        ffmpeg(
            *("-f", "lavfi", "-i", "testsrc=s=64x64:r=5:d=1", "-c:v", "libx265", "-crf", "29"),
            *("-x265-params", "log-level=none", str(path)),
        )
    except subprocess.CalledProcessError:
        pytest.skip("this FFmpeg has no x265")
    trace = traces(found(path)["encoder"])["x265"]
    assert trace["value"].startswith("x265 (build ")
    assert trace["details"]["options"]["crf"] == "29.0"


@pytest.mark.parametrize("ending", ["mkv", "flv", "avi"])
def test_the_settings_are_found_in_other_containers(film, tmp_path, found, ending):
    path = tmp_path / f"a.{ending}"
    ffmpeg("-i", str(film), "-c:v", "copy", "-an", str(path))
    assert "x264" in traces(found(path)["encoder"])


def test_ffmpeg_names_itself_in_what_it_writes(film, found):
    stated = traces(found(film)["encoder"])["FFmpeg (libavformat)"]["value"]
    command = ["ffprobe", "-v", "error", "-show_entries", "format_tags=encoder", "-of", "default=nk=1:nw=1", str(film)]
    assert stated == subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def test_the_vendor_of_opus_is_named(tmp_path, found):
    path = tmp_path / "a.opus"
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", "-c:a", "libopus", str(path))
    assert any("Lav" in trace["value"] or "opus" in trace["value"] for trace in found(path)["encoder"].values["traces"])


def test_brands_and_order_of_boxes_are_told(film, found):
    found_traces = traces(found(film)["encoder"])
    command = [
        "ffprobe",
        "-v",
        "error",
        "-show_entries",
        "format_tags=major_brand",
        "-of",
        "default=nk=1:nw=1",
        str(film),
    ]
    major = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()
    assert found_traces["brands"]["value"].startswith(f"{major}: ")
    assert found_traces["order of boxes"]["value"] == "ftyp free mdat moov"


def test_a_program_outside_the_catalogue_is_named_as_the_file_names_it(jpeg, found):
    exiftool(jpeg, "-Software=Quiet Camera 3.1")
    assert traces(found(jpeg)["encoder"])["program or device that the file names"]["value"] == "Quiet Camera 3.1"


def test_a_known_program_is_named_with_what_is_known(jpeg, found):
    exiftool(jpeg, "-Software=Adobe Photoshop CC 2017 (Windows)")
    trace = traces(found(jpeg)["encoder"])["Adobe Photoshop"]
    assert trace["value"] == "Adobe Photoshop CC 2017 (Windows)"
    assert trace["meaning"]


def test_a_picture_without_any_trace_gives_none(tmp_path, found):
    path = tmp_path / "a.png"
    photograph((16, 16)).save(path)
    assert found(path)["encoder"].result is Result.NOT_FOUND


def test_settings_that_break_off_are_told_as_far_as_they_go():
    [trace] = sei._found("x", 100, b"..." + sei._X264 + b"x264 - core 164 r3095 baee400 - options: cabac=1 re")
    assert trace.value == "core 164 r3095 baee400"
    assert trace.details["options"]["cabac"] == "1"


@pytest.mark.parametrize(
    "segment", [b"", b"\0", b"\0" * 40, b"\x10" + b"\0" * 100], ids=["empty", "one", "cut", "wide cut"]
)
def test_cut_tables_are_left_out(segment):
    assert quantization.read_tables(segment) == {}


def test_every_row_of_the_catalogues_has_a_source():
    rows = [*catalogue("quantization.toml")["table"], *catalogue("writers.toml")["writer"]]
    rows += [rule for platform in catalogue("platforms.toml")["platform"] for rule in platform["rule"]]
    assert len(rows) > 80
    assert [row for row in rows if not row.get("source")] == []


def test_tables_of_photoshop_are_consistent_with_it_and_no_more(corpus, found):
    path = corpus / "07-genuine-photos/people/face_recognition-1.3.0__obama.jpg"
    if not path.is_file():
        pytest.skip("the picture is not there")
    known = [one for one in found(path)["encoder"].values["traces"] if one["what"] == "program"]
    assert "Adobe Photoshop, Quality 9" in [trace["value"] for trace in known]
    assert {trace["strength"] for trace in known} == {"consistent_with"}


def test_a_picture_is_read_with_pillow_as_it_was_built(jpeg):
    with Image.open(jpeg) as picture:
        tables = {number: tuple(table) for number, table in picture.quantization.items()}
    assert sorted(quantization.scaled(83, is_chroma=False)) == sorted(tables[0])
