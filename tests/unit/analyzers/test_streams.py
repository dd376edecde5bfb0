"""What the streams analyzer states about media that FFmpeg and Pillow wrote, and what it refuses to open."""

from __future__ import annotations

import http.server
import json
import subprocess
import threading
from pathlib import Path

import pytest
from PIL import Image

from forensics import tools
from forensics.analyzers import streams
from forensics.analyzers.streams import StreamsAnalyzer
from forensics.model import GapReason, Result
from tests.fakes.evidence import by_kind, encoded, examine


def ffmpeg(path: Path, *arguments: str) -> Path:
    subprocess.run(["ffmpeg", "-v", "error", *arguments, str(path)], check=True, timeout=60)
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Two seconds of 30000/1001 pictures a second, and sound in two channels."""
    return ffmpeg(
        tmp_path_factory.mktemp("film") / "film.mp4",
        *("-f", "lavfi", "-i", "testsrc=s=320x240:r=30000/1001:d=2", "-f", "lavfi", "-i", "sine=r=44100:d=2"),
        *("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2", "-metadata", "title=Test"),
    )


def test_a_film_has_its_container_and_streams(film):
    found = by_kind(StreamsAnalyzer(), film)
    container = found["streams.container"]
    video, audio = found["streams.streams"].values["streams"]
    assert container.result is Result.FOUND
    assert "mp4" in container.values["format_names"]
    assert container.values["duration_s"] == pytest.approx(2.0, abs=0.1)
    assert container.values["size_bytes"] == film.stat().st_size
    assert container.values["tags"]["title"] == "Test"
    assert (video["codec_name"], video["width_px"], video["height_px"]) == ("h264", 320, 240)
    assert (video["avg_frame_rate"], video["frame_count"]) == ("30000/1001", 60)
    assert video["avg_frame_rate_hz"] == pytest.approx(29.97, abs=0.001)
    assert (audio["codec_name"], audio["sample_rate_hz"], audio["channels"]) == ("aac", 44100, 2)
    assert found["streams.streams"].statement.values == {"video": 1, "audio": 1, "other": 0}


def test_a_rotated_film_has_its_rotation(film, tmp_path):
    turned = ffmpeg(tmp_path / "t.mp4", "-i", str(film), "-c", "copy", "-metadata:s:v", "rotate=90")
    answer = json.loads(
        subprocess.check_output(["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(turned)])
    )
    (expected,) = [side["rotation"] for side in answer["streams"][0].get("side_data_list", []) if "rotation" in side]
    assert by_kind(StreamsAnalyzer(), turned)["streams.streams"].values["streams"][0]["rotation_deg"] == expected


def test_a_picture_has_no_made_up_frame_rate(tmp_path):
    Image.new("RGB", (40, 30)).save(tmp_path / "a.png")
    (stream,) = by_kind(StreamsAnalyzer(), tmp_path / "a.png")["streams.streams"].values["streams"]
    assert (stream["codec_name"], stream["width_px"], stream["height_px"]) == ("png", 40, 30)
    assert {stream[name] for name in ("r_frame_rate", "avg_frame_rate", "avg_frame_rate_hz", "duration_s")} == {None}


def test_the_name_of_the_file_decides_nothing_about_its_streams(film, tmp_path):
    copy = tmp_path / "img%03d.m3u8.txt"
    copy.write_bytes(film.read_bytes())
    ours = [encoded([one]) for one in examine(StreamsAnalyzer(), copy) if one.kind != "streams.type"]
    assert ours == [encoded([one]) for one in examine(StreamsAnalyzer(), film) if one.kind != "streams.type"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("film.mp4", Result.NOT_FOUND), ("film.jpg", Result.FOUND), ("film", Result.INDETERMINATE)],
)
def test_the_ending_is_compared_with_the_content(film, name, expected):
    finding = by_kind(StreamsAnalyzer(), film, name=name)["streams.type"]
    assert finding.result is expected
    assert finding.values["content_type"] == "video/mp4"
    assert bool(finding.alternatives) is (expected is Result.FOUND)


def test_an_error_page_under_the_name_of_a_film_is_seen(tmp_path):
    page = tmp_path / "film.mp4"
    page.write_bytes(b"<!DOCTYPE html><html><title>404</title></html>")
    found = by_kind(StreamsAnalyzer(), page)
    assert found["streams.type"].result is Result.FOUND
    assert found["streams.container"].result is Result.NOT_FOUND
    assert found["streams.container"].gaps[0].why is GapReason.NOT_APPLICABLE


def test_a_truncated_film_is_indeterminate(film, tmp_path):
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(film.read_bytes()[:2000])
    found = by_kind(StreamsAnalyzer(), cut)
    assert found["streams.container"].result is Result.INDETERMINATE
    assert found["streams.container"].gaps[0].why is GapReason.UNPARSABLE
    assert "0x" not in found["streams.container"].gaps[0].detail


def test_random_bytes_are_no_medium(tmp_path):
    (tmp_path / "a").write_bytes(bytes(range(256)) * 64)
    assert by_kind(StreamsAnalyzer(), tmp_path / "a")["streams.container"].result is Result.NOT_FOUND


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"time_limit_s": 0.000_001}, GapReason.TIMED_OUT), ({"output_limit_bytes": 10}, GapReason.LIMIT)],
)
def test_a_limit_that_is_reached_is_a_gap(film, settings, reason):
    container = by_kind(StreamsAnalyzer(**settings), film)["streams.container"]
    assert container.result is Result.INDETERMINATE
    assert container.gaps[0].why is reason


@pytest.fixture
def listener():
    """A server that notes what is asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *arguments):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-VERSION:3\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{target}'\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">'
    "<BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>",
    "sdp": "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">'
    '<image xlink:href="{target}" width="9" height="9"/></svg>',
    "lines of addresses": "{target}\n{target}\n",
}


def probed(file: Path) -> tools.Completed:
    """Lets FFprobe read a file just as the analyzer does, whatever type the file has."""
    with file.open("rb") as stream:
        return tools.run(StreamsAnalyzer().command(), stdin=stream)


@pytest.mark.parametrize("name", PLAYLISTS)
def test_a_playlist_in_the_evidence_opens_no_host(name, tmp_path, listener):
    address, asked = listener
    file = tmp_path / "a.mp4"
    file.write_text(PLAYLISTS[name].format(target=f"{address}/a.ts"))
    examine(StreamsAnalyzer(), file)
    done = probed(file)
    assert asked == []
    assert b"codec_name" not in done.stdout


@pytest.mark.parametrize("name", ["hls", "concat"])
def test_a_playlist_in_the_evidence_opens_no_other_file(name, tmp_path, film):
    ffmpeg(tmp_path / "secret.ts", "-i", str(film), "-c", "copy")
    file = tmp_path / "a.mp4"
    file.write_text(PLAYLISTS[name].format(target=tmp_path / "secret.ts"))
    plain = ["ffprobe", "-v", "error", "-protocol_whitelist", "file,crypto", "-safe", "0", "-show_streams"]
    followed = subprocess.run([*plain, "-f", name, file], capture_output=True, check=False, timeout=30)
    assert b"codec_name=h264" in followed.stdout, "the trap must work on a program that is not held back"
    assert b"codec_name" not in probed(file).stdout
    assert "h264" not in str(encoded(examine(StreamsAnalyzer(), file)))


def test_a_format_that_may_not_be_opened_is_a_gap(tmp_path):
    file = tmp_path / "a.svg"
    file.write_text(PLAYLISTS["svg"].format(target="b.png"))
    container = by_kind(StreamsAnalyzer(), file)["streams.container"]
    assert container.result is Result.INDETERMINATE
    assert container.gaps[0].why in (GapReason.REFUSED, GapReason.UNPARSABLE)


def test_no_format_that_names_other_files_is_allowed():
    assert not set(streams.FORMATS) & {
        *(
            "hls",
            "applehttp",
            "concat",
            "dash",
            "sdp",
            "rtsp",
            "rtp",
            "image2",
            "image2pipe",
            "imf",
            "lavfi",
            "svg_pipe",
        ),
        *("webm_dash_manifest", "ffmetadata", "vapoursynth", "avisynth", "tty", "data", "rawvideo", "vobsub", "sap"),
    }
