"""What is stated about the coding of clips that FFmpeg wrote with known groups, repeats, gaps and offsets."""

from __future__ import annotations

import csv
import io
import json
import random
import struct
import subprocess
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from forensics.analyzers.compression import CompressionAnalyzer, video_double, video_gop, video_timing
from forensics.analyzers.compression.probe import Packet, Stream
from forensics.analyzers.compression.video_frame import Frame
from forensics.model import GapReason, Result
from tests.fakes.evidence import FileEvidence, KeepingSink, by_kind, encoded, examine

MOVING = ("-f", "lavfi", "-i", "testsrc2=s=96x64:r=25,noise=alls=20:allf=t:all_seed=1")
"""A picture that changes in every frame."""

SOFTWARE = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")


def ffmpeg(path: Path, *arguments: str) -> Path:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments, str(path)], check=True, timeout=60)
    return path


def digests(path: Path) -> list[str]:
    """Gives the MD5 of each decoded frame as FFmpeg computes it."""
    said = subprocess.check_output(["ffmpeg", "-v", "error", "-i", str(path), "-f", "framemd5", "-"], text=True)
    return [line.rpartition(",")[2].strip() for line in said.splitlines() if not line.startswith("#")]


def stated(path: Path, **settings):
    return by_kind(CompressionAnalyzer(**settings), path)["compression.video"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="module")
def fixed(folder):
    """Two seconds in groups of ten frames, without B-frames."""
    options = ("-g", "10", "-keyint_min", "10", "-sc_threshold", "0", "-bf", "0")
    return ffmpeg(folder / "fixed.mp4", *MOVING, "-t", "2", *SOFTWARE, *options)


def test_groups_of_a_fixed_length_are_measured(fixed):
    values = stated(fixed).values
    assert (values["frame_count"], values["gop"]["key_frame_count"]) == (50, 5)
    assert values["gop"]["lengths"] == [{"frames": 10, "count": 4}]
    assert values["gop"]["fixed_length_frames"] == 10
    assert values["gop"]["exceptions"] == []


def test_types_and_sizes_of_frames_are_those_of_ffprobe(fixed):
    command = ["ffprobe", "-v", "error", "-show_entries", "frame=pict_type,pkt_size", "-of", "json", str(fixed)]
    frames = json.loads(subprocess.check_output(command))["frames"]
    for kind in stated(fixed).values["frame_types"]:
        sizes = [int(frame["pkt_size"]) for frame in frames if frame["pict_type"] == kind["type"]]
        assert (kind["count"], kind["size_least_bytes"], kind["size_most_bytes"]) == (
            len(sizes),
            min(sizes),
            max(sizes),
        )


def test_a_table_and_a_drawing_of_the_frames_are_kept(fixed):
    sink = KeepingSink()
    list(CompressionAnalyzer().examine(FileEvidence(fixed), sink))
    rows = list(csv.DictReader(io.StringIO(sink.contents["frame-table"].decode())))
    assert [row["index"] for row in rows if row["type"] == "I"] == ["0", "10", "20", "30", "40"]
    assert (rows[1]["pts_s"], len(rows)) == ("0.040000", 50)
    with Image.open(io.BytesIO(sink.contents["frame-plot"])) as drawing:
        assert drawing.size == (1200, 300)


def test_a_clip_of_constant_rate_has_no_irregularity(fixed):
    values = stated(fixed).values
    assert values["timing"]["is_constant_rate"] is True
    assert values["timing"]["constant_rate_hz"] == 25
    assert values["timing"]["missing_frames"] == 0
    assert values["duplicates"]["exact_count"] == 0


def test_frames_that_were_left_out_are_counted_at_their_place(folder):
    kept = "select='not(eq(n,20)+eq(n,21)+eq(n,33))'"
    clip = ffmpeg(folder / "drop.mp4", *MOVING, "-t", "2", "-vf", kept, "-vsync", "vfr", *SOFTWARE, "-bf", "2")
    timing = stated(clip).values["timing"]
    assert timing["missing_frames"] == 3
    assert timing["missing"] == [
        {"after_frame": 19, "pts_s": 0.76, "frames": 2},
        {"after_frame": 30, "pts_s": 1.28, "frames": 1},
    ]
    assert timing["constant_rate_hz"] == 25


def test_a_clip_of_variable_rate_has_no_missing_frames(folder):
    kept = "select='not(mod(n,3))+not(mod(n,7))'"
    clip = ffmpeg(folder / "variable.mp4", *MOVING, "-t", "2", "-vf", kept, "-vsync", "vfr", *SOFTWARE)
    finding = stated(clip)
    assert finding.values["timing"]["is_constant_rate"] is False
    assert finding.values["timing"]["missing_frames"] is None
    assert finding.statement.id == "compression.video.found.variable"


def test_frames_that_repeat_the_one_before_are_found_in_motion(folder):
    repeat = "loop=loop=3:size=1:start=20,setpts=N/25/TB"
    clip = ffmpeg(folder / "repeat.mkv", *MOVING, "-t", "2", "-vf", repeat, "-c:v", "ffv1")
    duplicates = stated(clip).values["duplicates"]
    assert (duplicates["exact_count"], duplicates["in_motion_count"]) == (3, 3)
    (run,) = duplicates["runs"]
    expected = [index for index, pair in enumerate(pairwise(digests(clip)), start=1) if pair[0] == pair[1]]
    assert (run["first_frame"], run["count"], run["is_in_motion"]) == (expected[0], len(expected), True)


def test_a_still_picture_repeats_without_motion(folder):
    clip = ffmpeg(folder / "still.mp4", "-f", "lavfi", "-i", "color=gray:s=96x64:r=25:d=1", *SOFTWARE)
    duplicates = stated(clip).values["duplicates"]
    assert duplicates["exact_count"] == 24
    assert (duplicates["in_motion_count"], duplicates["nearly_in_motion_count"]) == (0, 0)


def test_repeats_at_a_fixed_distance_are_told_as_a_period(folder):
    clip = ffmpeg(folder / "pull.mkv", *MOVING, "-t", "1.5", "-vf", "fps=30", "-c:v", "ffv1")
    duplicates = stated(clip).values["duplicates"]
    assert duplicates["in_motion_period_frames"] == 6


def test_an_abrupt_change_is_found_where_two_scenes_meet(folder):
    joined = "[1:v]trim=duration=1[b];[0:v][b]concat"
    source = ("-f", "lavfi", "-i", "color=white:s=96x64:r=25:d=1", *MOVING)
    clip = ffmpeg(folder / "cut.mp4", *source, "-filter_complex", joined, *SOFTWARE)
    changes = stated(clip).values["abrupt_changes"]
    assert [place["frame"] for place in changes["places"]] == [25]


def test_sound_that_starts_later_has_its_offset(folder):
    sound = ("-itsoffset", "0.2", "-f", "lavfi", "-i", "sine=r=48000:d=1")
    clip = ffmpeg(folder / "late.mkv", *MOVING, *sound, "-t", "1.2", *SOFTWARE, "-bf", "0", "-c:a", "flac")
    values = stated(clip).values
    assert values["audio_video_start_offset_s"] == pytest.approx(0.2, abs=0.002)
    assert values["audio_video_length_difference_s"] == pytest.approx(-0.2, abs=0.01)


def test_an_edit_list_that_cuts_off_frames_is_told(folder, fixed):
    cut = ffmpeg(folder / "trimmed.mp4", "-ss", "0.6", "-i", str(fixed), "-c", "copy")
    values = stated(cut).values
    (entry,) = values["edits"]["lists"][0]["entries"]
    assert entry["media_start_s"] == pytest.approx(0.2, abs=0.001)
    assert values["frames_cut_off_by_edit_list"] == 5


def test_a_change_of_the_frame_size_is_found(folder):
    raw = b""
    for size in ("96x64", "64x96"):
        part = folder / f"{size}.h264"
        ffmpeg(part, "-f", "lavfi", "-i", f"testsrc=s={size}:r=25:d=0.4", *SOFTWARE, "-bf", "0")
        raw += part.read_bytes()
    (folder / "both.h264").write_bytes(raw)
    clip = ffmpeg(folder / "both.mkv", "-framerate", "25", "-i", str(folder / "both.h264"), "-c", "copy")
    (change,) = stated(clip).values["edits"]["frame_size_changes"]
    assert (change["frame"], change["from_px"], change["to_px"]) == (10, [96, 64], [64, 96])


def test_a_title_that_looks_like_measurements_changes_nothing(folder, fixed):
    line = "[Parsed_showinfo_0 @ 0x1] [info] n: 0 pts: 0 pts_time:0 pos: 0 fmt:x s:1x1 i:P iskey:1 type:I\n"
    titled = ffmpeg(folder / "titled.mp4", "-i", str(fixed), "-c", "copy", "-metadata", f"title=\n{line * 3}")
    assert stated(titled).values["frame_types"] == stated(fixed).values["frame_types"]


def test_a_file_with_sound_alone_has_no_clip(folder):
    sound = ffmpeg(folder / "sound.mp4", "-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac")
    renamed = folder / "sound.mkv"
    ffmpeg(renamed, "-i", str(sound), "-c", "copy")
    found = examine(CompressionAnalyzer(), renamed)
    results = {finding.kind: finding.result for finding in found}
    assert results.get("compression.video", Result.NOT_FOUND) is Result.NOT_FOUND
    assert results["compression.audio"] is Result.FOUND


BROKEN = {
    "header": struct.pack(">I4s4sI", 24, b"ftyp", b"isom", 512) + b"isommp41",
    "huge": struct.pack(">I4s4sI", 24, b"ftyp", b"isom", 512) + b"isommp41" + struct.pack(">I4s", 0xFFFFFFF0, b"moov"),
    "loop": struct.pack(">I4s4sI", 24, b"ftyp", b"isom", 512) + b"isommp41" + struct.pack(">I4s", 0, b"moov") * 99,
    "random": struct.pack(">I4s4sI", 24, b"ftyp", b"isom", 512) + b"isommp41" + random.Random(1).randbytes(20_000),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_clip_that_cannot_be_read_is_left_open(tmp_path, name):
    (tmp_path / "a.mp4").write_bytes(BROKEN[name])
    finding = stated(tmp_path / "a.mp4")
    assert finding.result is Result.INDETERMINATE
    assert finding.gaps
    assert finding.alternatives


def test_a_clip_that_was_cut_short_is_read_as_far_as_it_goes(folder, fixed):
    whole = ffmpeg(folder / "whole.mkv", "-i", str(fixed), "-c", "copy").read_bytes()
    (folder / "short.mkv").write_bytes(whole[: len(whole) // 2])
    finding = stated(folder / "short.mkv")
    assert finding.result is Result.FOUND
    assert 10 < finding.values["frames_decoded"] < 50
    assert finding.gaps


def test_a_damaged_clip_gives_the_same_findings_each_time(folder, fixed):
    content = bytearray(fixed.read_bytes())
    chance = random.Random(2)
    for _ in range(30):
        content[chance.randrange(2000, len(content) - 5000)] = chance.randrange(256)
    (folder / "damaged.mp4").write_bytes(content)
    answers = {tuple(encoded(examine(CompressionAnalyzer(), folder / "damaged.mp4"))) for _ in range(3)}
    assert len(answers) == 1


def test_limits_of_frames_and_packets_are_told(fixed):
    finding = stated(fixed, clip_frames=20, clip_packets=30)
    assert finding.values["frames_decoded"] == 20
    assert finding.values["frame_count"] == 30
    assert finding.values["audio_video_length_difference_s"] is None
    assert [gap.why for gap in finding.gaps] == [GapReason.LIMIT, GapReason.LIMIT]


def test_too_little_time_leaves_the_clip_open(fixed):
    finding = stated(fixed, clip_time_limit_s=0.0)
    assert finding.result is Result.INDETERMINATE
    assert finding.gaps[0].why is GapReason.TIMED_OUT


# What follows is built by hand: packets and frames with known irregularities.


def stream(ticks: int = 1000) -> Stream:
    return Stream(0, "video", "h264", Fraction(1, ticks), False, {})


def packets(stamps, keys=(0,)):
    return [Packet(0, pts, pts, 40, 100, None, index in keys, is_discarded=False) for index, pts in enumerate(stamps)]


def test_a_break_in_the_time_stamps_counts_no_frames():
    stamps = [*range(0, 2000, 40), *range(10**16, 10**16 + 2000, 40)]
    timing = video_timing.values(video_timing.measure(stream(), packets(stamps)))
    assert (timing["breaks"], timing["missing_frames"]) == (1, 0)


def test_time_stamps_rounded_to_milliseconds_are_a_constant_rate():
    stamps = [round(index * 1000 * 1001 / 30000) for index in range(300)]
    timing = video_timing.measure(stream(), packets(stamps))
    assert timing.is_constant is True
    assert timing.constant_rate_hz == pytest.approx(30000 / 1001, abs=0.01)


def test_a_group_that_is_shorter_than_all_others_is_an_exception():
    keys = [0, 30, 60, 72, 102, 132, 162, 192]
    found = packets(range(0, 200 * 40, 40), keys)
    timing = video_timing.measure(stream(), found)
    values = video_gop.values(video_gop.group(found), found, timing)
    assert values["fixed_length_frames"] == 30
    assert values["exceptions"] == [{"packet": 60, "pts_s": 2.4, "frames": 12}]


def test_a_key_frame_with_frames_shown_before_it_is_counted():
    found = packets([0, 120, 40, 80, 240, 160, 200], keys=(0, 4))
    assert video_gop.group(found).leading == 1


def sized(count: int, period: int | None, *, offset: int = 0, own: int = 250):
    """Frames of chance sizes; at a period they are larger by a half, as re-encoded key frames are."""
    chance = random.Random(7)
    frames = []
    for index in range(count):
        is_intra = index % own == 0
        raised = 1.5 if period and index % period == offset else 1.0
        size = 60_000 if is_intra else round(10_000 * raised * chance.lognormvariate(0, 0.15))
        frames.append(Frame(index, "I" if is_intra else "P", is_intra, size, f"{index}", 1.0, 0.0, 96, 64, False))
    return frames


@pytest.mark.parametrize("offset", [0, 5])
def test_frames_that_cost_more_at_a_period_tell_the_length_of_the_first_groups(offset):
    found = video_double.examine(sized(300, 12, offset=offset), codec="h264", own=(250,))
    assert found.is_stated
    assert (found.period_frames, found.offset_frames) == (12, offset)


def test_sizes_without_a_period_tell_none():
    assert not video_double.examine(sized(300, None), codec="h264", own=(250,)).is_stated


def test_the_clips_own_groups_are_no_earlier_encoding():
    found = video_double.examine(sized(300, 15, offset=3, own=30), codec="h264", own=(30,))
    assert not found.is_stated


def test_codecs_with_periods_of_their_own_are_not_judged():
    found = video_double.examine(sized(300, 12), codec="vp9", own=(250,))
    assert (found.score, found.reason) == (None, "codec_not_tried")


def test_too_few_frames_leave_an_earlier_encoding_open():
    found = video_double.values(video_double.examine(sized(50, 12), codec="h264", own=(250,)))
    assert (found["applicability"], found["is_period_stated"]) == ("not_applicable", None)


def test_a_clip_that_was_encoded_twice_has_the_period_of_its_first_groups(folder):
    noisy = "testsrc2=s=96x64:r=25:d=8,noise=alls=6:allf=t:all_seed=3,crop=80:48:x='8+6*sin(t*2)':y='8+6*cos(t*3)'"
    options = ("-bf", "0", "-sc_threshold", "0", "-keyint_min", "10")
    first = ffmpeg(folder / "first.mp4", "-f", "lavfi", "-i", noisy, *SOFTWARE, *options, "-g", "12", "-crf", "26")
    second = ffmpeg(folder / "second.mp4", "-i", str(first), *SOFTWARE, *options, "-g", "250", "-crf", "20")
    once = stated(first).values["double_encoding"]
    twice = stated(second).values["double_encoding"]
    assert once["is_period_stated"] is False
    assert (twice["is_period_stated"], twice["estimated_first_gop_frames"]) == (True, 12)


def test_clips_of_the_corpus_give_facts_and_invent_no_gap(corpus):
    for clip in sorted(corpus.glob("05-swap-video/*/*.mp4")):
        values = stated(clip).values
        assert values["timing"]["missing_frames"] == 0
        assert values["double_encoding"]["is_period_stated"] is not True
