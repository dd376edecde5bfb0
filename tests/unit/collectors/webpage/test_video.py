from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from itertools import groupby, pairwise

import pytest
from PIL import Image

from forensics.collectors.webpage import video_encoder
from forensics.collectors.webpage.video import SessionVideo
from forensics.collectors.webpage.video_encoder import Encoder, VideoPolicy
from forensics.model import GapReason
from forensics.web.cdp import CdpError
from tests.unit.collectors.webpage.browsing import browsing, serving

RATE = 5
COLOURS = {"red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255), "white": (255, 255, 255), "black": (0, 0, 0)}
MOVING = """<!doctype html><style>@keyframes go { to { transform: translateX(1000px) } }
  p { width: 100px; height: 100px; background: red; animation: go 1s infinite linear }</style><p></p>"""


@pytest.fixture(scope="module")
def site():
    with serving() as site:
        for name in COLOURS:
            site.put(f"/{name}", f"<!doctype html><body style='background:{name}'>")
        site.put("/moving", MOVING)
        yield site


@pytest.fixture(scope="module")
def driver():
    with browsing() as driver:
        yield driver


def stream(path):
    """What ffprobe, which is not the program that made the file, says of it."""
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(path)]
    (found,) = json.loads(subprocess.check_output(command))["streams"]
    return found


def shades(path, width=1280, height=800):
    """Decodes the video and names the colour in the middle of each picture."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    size = width * height * 3
    middles = (start + (height // 2 * width + width // 2) * 3 for start in range(0, len(raw), size))
    return [nearest(tuple(raw[place : place + 3])) for place in middles]


def nearest(pixel):
    name, value = min(COLOURS.items(), key=lambda one: sum(abs(a - b) for a, b in zip(one[1], pixel, strict=True)))
    assert max(abs(a - b) for a, b in zip(value, pixel, strict=True)) < 12, pixel
    return name


def runs(names):
    return [(name, sum(1 for _ in group)) for name, group in groupby(names)]


def jpeg(colour, size=(1280, 800)):
    stream = io.BytesIO()
    Image.new("RGB", size, COLOURS[colour]).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def test_colours_are_seen_in_their_order_for_as_long_as_they_were_shown(driver, site, tmp_path):
    path = tmp_path / "session.mp4"

    async def film():
        page = await driver.tab()
        await driver.load(page, site.url("/white"))
        video = SessionVideo(path)
        await video.start(page)
        shown = []
        for address in (site.url("/red"), site.url("/green", "localhost"), site.url("/blue")):
            await driver.load(page, address)
            shown.append(time.monotonic())
            await asyncio.sleep(1.6)
        lasted = [later - earlier for earlier, later in pairwise([*shown, time.monotonic()])]
        return await video.stop(), lasted

    video, seconds = driver.run(film())
    assert (video.path, video.gaps) == (path, ())
    found = stream(path)
    assert (found["codec_name"], found["pix_fmt"], found["width"], found["height"]) == ("h264", "yuv420p", 1280, 800)
    assert found["r_frame_rate"] == "5/1"
    assert float(found["duration"]) == pytest.approx(video.seconds, abs=0.45)
    counted = runs(shades(path))
    assert [name for name, _ in counted] == ["white", "red", "green", "blue"]
    for (_, count), lasted in zip(counted[1:], seconds, strict=True):
        assert count / RATE == pytest.approx(lasted, abs=0.5)


def test_a_page_that_stands_still_is_one_picture_that_lasts(driver, site, tmp_path):
    async def film():
        page = await driver.tab(site.url("/blue"))
        video = SessionVideo(tmp_path / "session.mp4")
        await video.start(page)
        await asyncio.sleep(3)
        return await video.stop()

    video = driver.run(film())
    assert video.frames == 1
    assert runs(shades(video.path)) == [("blue", pytest.approx(16, abs=2))]


def test_a_page_that_never_rests_is_filmed_at_the_rate_of_the_video(driver, site, tmp_path):
    async def film():
        page = await driver.tab(site.url("/moving"))
        video = SessionVideo(tmp_path / "session.mp4")
        await video.start(page)
        await asyncio.sleep(3)
        await driver.load(page, site.url("/blue"))
        await asyncio.sleep(1)
        return await video.stop()

    video = driver.run(film())
    assert 8 <= video.frames <= 24
    assert shades(video.path)[-1] == "blue"
    assert video.gaps == ()


def test_what_is_shown_last_is_in_the_video_even_if_only_for_a_moment(driver, site, tmp_path):
    async def film():
        page = await driver.tab(site.url("/red"))
        video = SessionVideo(tmp_path / "session.mp4")
        await video.start(page)
        await driver.load(page, site.url("/green"))
        return await video.stop()

    assert shades(driver.run(film()).path)[-1] == "green"


def test_the_last_picture_stands_while_the_video_is_held_and_how_long_is_stated(driver, site, tmp_path):
    async def film():
        page = await driver.tab(site.url("/red"))
        video = SessionVideo(tmp_path / "session.mp4")
        await video.start(page)
        async with video.held():
            await driver.load(page, site.url("/green"))
            await asyncio.sleep(0.8)
            await driver.load(page, site.url("/blue"))
        await asyncio.sleep(0.6)
        return await video.stop()

    video = driver.run(film())
    assert [name for name, _ in runs(shades(video.path))] == ["red", "blue"]
    assert 0.8 <= video.facts["held_s"] < 3


def test_a_page_that_crashes_is_a_gap_and_its_last_picture_stands(driver, site, tmp_path):
    async def film():
        page = await driver.tab(site.url("/green"), is_new=True)
        video = SessionVideo(tmp_path / "session.mp4")
        await video.start(page)
        await asyncio.sleep(0.4)
        with suppress(CdpError):
            await page.call("Page.navigate", {"url": "chrome://crash"}, timeout_s=1)
        await asyncio.sleep(0.6)
        driver.tabs.remove(page)
        return await video.stop()

    video = driver.run(film())
    assert [(gap.what, gap.why) for gap in video.gaps] == [("session-video", GapReason.FAILED)]
    assert "the page crashed after" in video.gaps[0].detail
    assert shades(video.path)[0] == "green"
    assert float(stream(video.path)["duration"]) == pytest.approx(video.seconds, abs=0.45)


def test_a_browser_that_ends_leaves_a_video_with_a_gap(site, tmp_path):
    with browsing() as driver:

        async def film():
            page = await driver.tab(site.url("/red"))
            video = SessionVideo(tmp_path / "session.mp4")
            await video.start(page)
            os.killpg(driver.browser.pid, signal.SIGKILL)
            await asyncio.sleep(0.5)
            return await video.stop()

        video = driver.run(film())
    assert {gap.what for gap in video.gaps} == {"session-video"}
    assert shades(video.path)[-1] == "red"


def test_a_machine_without_ffmpeg_gets_a_gap_and_no_video(driver, site, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    async def film():
        page = await driver.tab(site.url("/red"))
        video = SessionVideo(tmp_path / "session.mp4")
        await video.start(page)
        return await video.stop()

    video = driver.run(film())
    assert (video.path, video.frames) == (None, 0)
    assert [gap.detail for gap in video.gaps] == ["the session was not filmed: ffmpeg is not installed."]


def children():
    """Programs that this process runs."""
    command = ["ps", "-o", "comm=", "--ppid", str(os.getpid())]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def test_an_encoder_that_is_killed_is_a_gap(driver, site, tmp_path):
    async def film():
        page = await driver.tab(site.url("/moving"))
        video = SessionVideo(tmp_path / "session.mp4")
        await video.start(page)
        os.kill(video._encoder._process.pid, signal.SIGKILL)
        await asyncio.sleep(1)
        return await video.stop()

    video = driver.run(film())
    assert video.path is None
    assert "the encoder ended by itself" in " ".join(gap.detail for gap in video.gaps)


def test_a_video_that_is_abandoned_leaves_no_program_behind(driver, site, tmp_path):
    async def film():
        page = await driver.tab(site.url("/moving"))
        video = SessionVideo(tmp_path / "session.mp4")
        await video.start(page)
        assert "ffmpeg" in children()
        video.abandon()
        assert "ffmpeg" not in children()
        return await video.stop()

    assert driver.run(film()).path is None


def encode(path, pictures, until_ms, policy=None):
    async def work():
        encoder = Encoder(path, policy or VideoPolicy())
        await encoder.start()
        lost = [encoder.write(one, at_ms) for one, at_ms in pictures]
        return await encoder.finish(until_ms), lost

    return asyncio.run(work())


def test_times_of_pictures_are_kept_over_long_rests(tmp_path):
    # An encoder that guesses the length of the last picture from the rests before would make this 80 seconds.
    path, size = tmp_path / "rests.mp4", (160, 100)
    colours = ("red", "green", "blue", "white")
    pictures = [(jpeg(colour, size), place * 20_000) for place, colour in enumerate(colours)]
    assert encode(path, pictures, 61_000, VideoPolicy(size_px=size)) == (None, [""] * 4)
    found = runs(shades(path, *size))
    assert [name for name, _ in found] == list(colours)
    assert [count for _, count in found] == pytest.approx([100, 100, 100, 6], abs=1)


def test_pictures_of_other_sizes_get_a_border(tmp_path):
    path = tmp_path / "sizes.mp4"
    encode(path, [(jpeg("red"), 0), (jpeg("green", (640, 400)), 1000), (jpeg("blue", (200, 800)), 2000)], 3000)
    assert (stream(path)["width"], stream(path)["height"]) == (1280, 800)
    assert [name for name, _ in runs(shades(path))] == ["red", "green", "blue"]


def test_the_other_encoder_is_used_where_the_best_is_missing_and_it_is_recorded(tmp_path, monkeypatch):
    monkeypatch.setattr(video_encoder, "_encoder", lambda _: "mpeg4")
    path = tmp_path / "other.mp4"

    async def work():
        encoder = Encoder(path, VideoPolicy())
        await encoder.start()
        encoder.write(jpeg("red"), 0)
        return await encoder.finish(1000), encoder.tool

    gap, tool = asyncio.run(work())
    assert gap is None
    assert stream(path)["codec_name"] == "mpeg4"
    assert "mpeg4" in tool.arguments
    assert str(tmp_path) not in " ".join(tool.arguments)
    assert runs(shades(path))[0][0] == "red"


def test_what_is_no_picture_is_a_gap_of_the_encoder(tmp_path):
    gap, _ = encode(tmp_path / "none.mp4", [(b"not a picture", 0)], 1000)
    assert (gap.what, gap.why) == ("session-video", GapReason.FAILED)
    assert str(tmp_path) not in gap.detail


def test_facts_say_what_is_filmed_and_when_it_began(driver, site, tmp_path):
    async def film():
        page = await driver.tab(site.url("/red"))
        video = SessionVideo(tmp_path / "session.mp4", policy=VideoPolicy(size_px=(640, 400), rate_hz=2))
        await video.start(page)
        await asyncio.sleep(0.3)
        return await video.stop()

    video = driver.run(film())
    assert video.facts["size_px"] == [640, 400]
    assert video.facts["rate_hz"] == 2
    assert video.facts["started_at"].endswith("Z")
    assert "pop-ups" in video.facts["filmed"]
    assert runs(shades(video.path, 640, 400))[0][0] == "red"
    assert video.tool.name == "ffmpeg"
