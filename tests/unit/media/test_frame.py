from __future__ import annotations

import json
import os
import shutil
import subprocess
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from forensics import tools
from forensics.errors import MediaError, ToolError, ToolTimeoutError, UsageError
from forensics.media.frame import frames, still
from forensics.media.frame_clip import probe

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="FFmpeg is not installed")

FOUR = (
    "color=red:s=64x48[a];color=lime:s=64x48[b];color=blue:s=64x48[c];color=white:s=64x48[d];"
    "[a][b]hstack[e];[c][d]hstack[f];[e][f]vstack"
)
"""A picture of 128 by 96 pixels: red and green above, blue and white below."""


def make(path: Path, source: str, *options: str) -> Path:
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", *options, str(path)]
    subprocess.run(command, check=True)
    return path


def times_by_ffprobe(path: Path) -> list[float]:
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_frames", "-of", "json", str(path)]
    found = json.loads(subprocess.check_output(command))["frames"]
    return [float(frame["pts_time"]) for frame in found]


def colour(pixels: np.ndarray, *, x: float, y: float) -> str:
    """Names the colour at a place that is given as shares of width and height."""
    blue, green, red = (int(value) > 128 for value in pixels[int(y * pixels.shape[0]), int(x * pixels.shape[1])])
    return {(1, 0, 0): "red", (0, 1, 0): "green", (0, 0, 1): "blue", (1, 1, 1): "white"}[(red, green, blue)]


def corners(pixels: np.ndarray) -> list[str]:
    return [colour(pixels, x=x, y=y) for y in (0.25, 0.75) for x in (0.25, 0.75)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="module")
def clip(folder):
    """Two seconds of a moving test picture at 25 frames per second, with pictures that depend on later ones."""
    return make(folder / "clip.mp4", "testsrc=s=320x180:r=25:d=2", "-c:v", "libx264", "-bf", "2", "-g", "12")


@pytest.fixture(scope="module")
def uneven(folder):
    """A clip in which every third picture of 30 per second is missing, and time jumps by half a second."""
    choose = "select='mod(n,3)',setpts='PTS+gt(T,0.7)*0.5/TB'"
    return make(
        folder / "uneven.mkv", "testsrc=s=160x90:r=30:d=1.5", "-vf", choose, "-vsync", "passthrough", "-c:v", "libx264"
    )


def test_every_frame_is_given_with_its_time(clip):
    given = list(frames(clip))
    assert [frame.index for frame in given] == list(range(50))
    assert [frame.time_s for frame in given] == pytest.approx(times_by_ffprobe(clip), abs=1e-6)
    assert {frame.pixels.shape for frame in given} == {(180, 320, 3)}
    assert given[0].pixels.dtype == np.uint8


def test_pixels_are_those_of_ffmpeg(clip):
    raw = subprocess.check_output(["ffmpeg", "-v", "error", "-i", clip, "-pix_fmt", "gray", "-f", "rawvideo", "-"])
    reference = np.frombuffer(raw, np.uint8).reshape(-1, 180, 320)
    given = np.stack([frame.pixels for frame in frames(clip, pixel="gray")])
    assert given.shape == reference.shape
    assert np.abs(given.astype(int) - reference).max() <= 2


def test_times_of_an_uneven_clip_are_its_own(uneven):
    expected = times_by_ffprobe(uneven)
    assert len({round(b - a, 3) for a, b in pairwise(expected)}) >= 3
    assert [frame.time_s for frame in frames(uneven)] == pytest.approx(
        [time - expected[0] for time in expected], abs=2e-3
    )


def test_sampling_takes_the_first_frame_of_each_interval(clip, uneven):
    assert [frame.time_s for frame in frames(clip, rate_hz=5)] == pytest.approx([0.2 * n for n in range(10)])
    first = {}
    for frame in frames(uneven):
        first.setdefault(int(frame.time_s * 4 + 0.001), frame.time_s)
    assert [frame.time_s for frame in frames(uneven, rate_hz=4)] == list(first.values())


def test_a_rate_above_that_of_the_clip_repeats_nothing(clip):
    assert len(list(frames(clip, rate_hz=100))) == 50


def test_a_part_has_the_same_times_and_pixels_as_the_whole(clip):
    whole = {frame.time_s: frame.pixels for frame in frames(clip, rate_hz=10) if 0.6 <= frame.time_s < 1.4}
    part = {frame.time_s: frame.pixels for frame in frames(clip, rate_hz=10, start_s=0.6, end_s=1.4)}
    assert part.keys() == whole.keys()
    assert len(part) == 8
    assert all(np.array_equal(part[time_s], whole[time_s]) for time_s in whole)


def test_frames_at_named_times_are_those_of_the_whole(clip, uneven):
    for path in (clip, uneven):
        whole = list(frames(path))
        wanted = [whole[one] for one in (1, 4, 7)]
        found = list(frames(path, at_s=[one.time_s for one in wanted], start_s=whole[1].time_s - 0.01))
        assert [one.time_s for one in found] == [one.time_s for one in wanted]
        assert all(np.array_equal(one.pixels, other.pixels) for one, other in zip(found, wanted, strict=True))


def test_times_count_from_the_beginning_of_a_transport_stream(folder):
    path = make(folder / "late.ts", "testsrc=s=64x64:r=10:d=1", "-c:v", "libx264", "-muxdelay", "5")
    assert times_by_ffprobe(path)[0] > 5
    given = [frame.time_s for frame in frames(path)]
    assert given == pytest.approx([0.1 * n for n in range(10)], abs=1e-3)
    assert [frame.time_s for frame in frames(path, start_s=0.45)] == pytest.approx(given[5:], abs=1e-3)


@pytest.mark.parametrize(
    ("turn", "size", "expected"),
    [
        (0, (96, 128), ["red", "green", "blue", "white"]),
        (90, (128, 96), ["blue", "red", "white", "green"]),
        (180, (96, 128), ["white", "blue", "green", "red"]),
        (270, (128, 96), ["green", "white", "red", "blue"]),
    ],
)
def test_a_clip_is_turned_as_players_turn_it(folder, turn, size, expected):
    plain = make(folder / "plain.mp4", FOUR, "-t", "0.2", "-c:v", "libx264")
    path = folder / f"turned{turn}.mp4"
    command = ["ffmpeg", "-v", "error", "-y", "-i", plain, "-c", "copy", "-metadata:s:v", f"rotate={-turn % 360}", path]
    subprocess.run(command, check=True)
    described = probe(path)
    first = next(frames(path))
    told = (
        json.loads(subprocess.check_output(["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]))[
            "streams"
        ][0]
        .get("side_data_list", [{}])[0]
        .get("rotation", 0)
    )
    assert described.rotation_deg == -told % 360
    assert first.pixels.shape[:2] == (described.height_px, described.width_px)
    if described.rotation_deg == turn:
        assert first.pixels.shape[:2] == size
        assert corners(first.pixels) == expected
    reference = subprocess.check_output(
        ["ffmpeg", "-v", "error", "-i", path, "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"]
    )
    (folder / "turned.png").write_bytes(reference)
    assert corners(first.pixels) == corners(np.asarray(Image.open(folder / "turned.png").convert("RGB"))[:, :, ::-1])


def test_pixels_that_are_not_square_are_made_square(folder):
    path = make(folder / "wide.mp4", "testsrc=s=720x576:r=5:d=0.4", "-vf", "setsar=64/45", "-c:v", "libx264")
    assert next(frames(path)).pixels.shape == (576, 1024, 3)


def test_frames_are_made_smaller_in_their_shape_and_never_larger(clip):
    small = next(frames(clip, size=(160, 160)))
    assert small.pixels.shape == (90, 160, 3)
    assert small.scale == 0.5
    assert next(frames(clip, size=(999, 999))).pixels.shape == (180, 320, 3)


def test_a_cover_is_not_the_clip(folder, clip):
    cover = make(folder / "cover.png", FOUR, "-frames:v", "1")
    path = folder / "covered.mp4"
    command = ["ffmpeg", "-v", "error", "-y", "-i", cover, "-i", clip, "-map", "0", "-map", "1", "-c", "copy"]
    subprocess.run([*command, "-disposition:v:0", "attached_pic", path], check=True)
    assert next(frames(path)).pixels.shape == (180, 320, 3)


def test_memory_stays_the_same_however_long_the_clip_is(folder):
    path = make(folder / "long.mkv", "testsrc=s=320x240:r=50:d=12", "-c:v", "libx264", "-preset", "ultrafast")
    tracemalloc.start()
    try:
        count = sum(1 for _ in frames(path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 600
    assert peak < 4_000_000


def test_ffmpeg_ends_with_the_iterator(clip):
    given = frames(clip)
    next(given)
    given.close()
    listed = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "comm="], capture_output=True, text=True, check=False
    )
    assert "ffmpeg" not in listed.stdout


@pytest.mark.parametrize("ending", ["png", "gif", "webp", "jpg", "bmp", "tif"])
def test_a_still_is_a_clip_of_one_frame(folder, ending):
    path = make(folder / f"still.{ending}", FOUR, "-frames:v", "1") if ending != "webp" else folder / "still.webp"
    if ending == "webp":
        Image.open(make(folder / "for-webp.png", FOUR, "-frames:v", "1")).save(path)
    (only,) = frames(path)
    assert (only.index, only.time_s, only.pixels.shape) == (0, 0.0, (96, 128, 3))
    assert corners(only.pixels) == ["red", "green", "blue", "white"]
    assert list(frames(path, start_s=0.1)) == []


def test_the_name_does_not_decide_what_a_file_is(folder, clip):
    shutil.copy(clip, folder / "clip.jpg")
    assert len(list(frames(folder / "clip.jpg"))) == 50


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_still_is_turned_by_its_orientation(folder, orientation):
    plain = Image.open(make(folder / "four.png", FOUR, "-frames:v", "1")).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = folder / f"turned{orientation}.jpg"
    plain.resize((512, 384)).save(path, exif=exif)
    rows = {  # Exif 2.32, 4.6.4: where row 0 and column 0 of what is stored lie in what is shown
        1: "red green blue white", 2: "green red white blue", 3: "white blue green red", 4: "blue white red green",
        5: "red blue green white", 6: "blue red white green", 7: "white green blue red", 8: "green white red blue",
    }  # fmt: skip
    whole, small = still(path), still(path, size=(100, 100))
    assert whole.pixels.shape[:2] == ((384, 512) if orientation < 5 else (512, 384))
    assert small.pixels.shape[:2] == ((75, 100) if orientation < 5 else (100, 75))
    assert small.scale == pytest.approx((100 if orientation < 5 else 75) / whole.pixels.shape[1])
    assert corners(whole.pixels) == corners(small.pixels) == rows[orientation].split()


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_an_animated_picture_has_the_times_of_its_delays(folder, ending):
    shades = [Image.new("RGB", (40, 30), (shade, shade, shade)) for shade in (0, 80, 160, 240)]
    path = folder / f"animated.{ending}"
    options = {"lossless": True} if ending == "webp" else {}
    shades[0].save(path, save_all=True, append_images=shades[1:], duration=[200, 100, 0, 50], loop=0, **options)
    given = list(frames(path, pixel="gray"))
    expected = [0.0, 0.2, 0.3, 0.4]  # a delay of 0 is shown for 0.1 s
    assert [frame.time_s for frame in given] == pytest.approx(expected, abs=0.011)
    assert [int(frame.pixels[5, 5]) for frame in given] == pytest.approx([0, 80, 160, 240], abs=2)


def test_sixteen_bits_and_transparency_are_brought_to_eight_bits(folder):
    Image.fromarray(np.full((20, 20), 0x8000, np.uint16)).save(folder / "deep.png")
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(folder / "clear.png")
    assert int(still(folder / "deep.png", pixel="gray").pixels[0, 0]) == pytest.approx(128, abs=1)
    assert still(folder / "clear.png").pixels[0, 0].tolist() == [128, 128, 128]


def listed(folder: Path, clip: Path) -> dict[str, bytes]:
    """Files that would make FFmpeg open another one."""
    name = str(clip).encode()
    return {
        "concat": b"ffconcat version 1.0\nfile '" + name + b"'\n",
        "playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n" + name + b"\n#EXT-X-ENDLIST\n",
        "description": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
    }


@pytest.mark.parametrize("kind", ["concat", "playlist", "description"])
def test_a_file_that_names_another_is_refused(folder, clip, kind):
    path = folder / kind
    path.write_bytes(listed(folder, clip)[kind])
    with pytest.raises(MediaError):
        list(frames(path))


BAD = {
    "empty": b"",
    "text": b"no picture at all\n" * 100,
    "random": np.random.default_rng(5).bytes(20_000),
    "jpeg head": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00",
    "png of huge size": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x7f\xff\xff\xff" * 2 + b"\x08\x02" + bytes(7),
    "mp4 head": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(64),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_is_said_to_be_none(folder, name):
    path = folder / "bad.bin"
    path.write_bytes(BAD[name])
    with pytest.raises(MediaError) as raised:
        list(frames(path))
    assert str(folder) not in str(raised.value)


def test_a_damaged_clip_gives_what_is_left_and_complaints(folder, clip):
    content = bytearray(clip.read_bytes())
    start = content.index(b"mdat")
    for place in range(start + 2000, start + 9000, 7):
        content[place] ^= 0xFF
    path = folder / "damaged.mp4"
    path.write_bytes(content)
    complaints: list[str] = []
    assert 0 < len(list(frames(path, heed=complaints.append))) <= 50
    assert complaints
    assert not [text for text in complaints if "0x7f" in text or str(folder) in text]


@pytest.mark.parametrize("progressive", [False, True])
def test_of_a_jpeg_that_ends_too_early_the_rest_is_given_with_a_complaint(folder, progressive):
    path = folder / "cut.jpg"
    plain = Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8))
    plain.save(path, progressive=progressive)
    whole = still(path).pixels
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    complaints: list[str] = []
    (cut,) = frames(path, heed=complaints.append)
    assert len(complaints) == 1
    assert cut.pixels.shape == whole.shape
    assert progressive or np.array_equal(cut.pixels[:80], whole[:80])


def test_a_png_that_ends_too_early_is_an_error(folder):
    path = folder / "cut.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(MediaError, match="cannot be decoded"):
        still(path)


def test_too_many_pixels_are_refused(folder):
    path = folder / "large.png"
    Image.new("1", (9000, 9000)).save(path)
    with pytest.raises(MediaError, match="9000 by 9000"):
        still(path)


def test_decoding_that_takes_too_long_is_ended(clip):
    with pytest.raises(ToolTimeoutError):
        list(frames(clip, limits=tools.Limits(wall_s=0.001, output_bytes=1 << 40)))


def test_a_decoder_without_memory_is_an_error(clip):
    with pytest.raises((MediaError, ToolError)):
        list(frames(clip, limits=tools.Limits(memory_bytes=1 << 26, output_bytes=1 << 40)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate_hz": 0.0},
        {"rate_hz": -1.0},
        {"rate_hz": float("nan")},
        {"start_s": -1.0},
        {"end_s": float("inf")},
        {"size": (0, 5)},
        {"pixel": "yuv"},
    ],
)
def test_wishes_without_sense_are_refused(clip, wrong):
    with pytest.raises(UsageError):
        next(frames(clip, **wrong))
