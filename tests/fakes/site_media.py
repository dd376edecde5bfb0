"""Pictures, sound, clips and streams of the test site, all made here: test patterns, never people."""

from __future__ import annotations

import io
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.fakes.site_reply import Asked, Page, Place, Reply, Stored, ranged

CLIPS: Mapping[str, tuple[str, ...]] = {
    "clip-1.mp4": ("testsrc2=size=640x360:rate=25", "440", "-c:v", "libx264", "-c:a", "aac", "-movflags", "+faststart"),
    "clip-2.mp4": ("smptehdbars=size=640x360:rate=25", "880", "-c:v", "libx264", "-c:a", "aac"),
    "clip.webm": ("testsrc=size=320x240:rate=25", "330", "-c:v", "libvpx", "-b:v", "400k", "-c:a", "libopus"),
    "fragments.mp4": (
        *(
            "testsrc=size=320x240:rate=25",
            "550",
            "-c:v",
            "libx264",
            "-profile:v",
            "baseline",
            "-g",
            "25",
            "-c:a",
            "aac",
        ),
        *("-movflags", "frag_keyframe+empty_moov+default_base_moof"),
    ),
}
"""Clips by name: picture and tone (Hz) of the source, and how FFmpeg encodes them; each lasts `SECONDS`."""
SECONDS = 4
FRAGMENTS_TYPE = 'video/mp4; codecs="avc1.42C00D, mp4a.40.2"'
"""What a MediaSource must be told of `fragments.mp4`."""
_TYPES = {
    ".mp4": "video/mp4", ".webm": "video/webm", ".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t",
    ".mpd": "application/dash+xml", ".m4s": "video/iso.segment", ".mp3": "audio/mpeg", ".wav": "audio/wav",
}  # fmt: skip


def _ffmpeg(folder: Path, *arguments: str) -> None:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-threads", "1", *arguments]
    subprocess.run(command, check=True, cwd=folder, stdin=subprocess.DEVNULL)


def _source(pattern: str, tone_hz: str) -> tuple[str, ...]:
    sound = f"sine=frequency={tone_hz}:sample_rate=44100"
    return ("-f", "lavfi", "-i", pattern, "-f", "lavfi", "-i", sound, "-t", str(SECONDS), "-pix_fmt", "yuv420p")


@cache
def clip(name: str) -> bytes:
    """Makes a clip of `CLIPS`, once per process."""
    pattern, tone_hz, *options = CLIPS[name]
    with tempfile.TemporaryDirectory() as folder:
        _ffmpeg(Path(folder), *_source(pattern, tone_hz), *options, "-fflags", "+bitexact", name)
        return (Path(folder) / name).read_bytes()


@cache
def sound(name: str) -> bytes:
    """Makes a second of tone: `tone.mp3` or `tone.wav`."""
    with tempfile.TemporaryDirectory() as folder:
        _ffmpeg(Path(folder), "-f", "lavfi", "-i", "sine=frequency=440:duration=1", "-fflags", "+bitexact", name)
        return (Path(folder) / name).read_bytes()


@cache
def hls() -> Mapping[str, bytes]:
    """Makes an HLS stream in two renditions: `master.m3u8`, a play list and segments of one second for each."""
    source = _source("testsrc2=size=640x360:rate=25", "660")
    encode = ("-c:v", "libx264", "-g", "25", "-sc_threshold", "0", "-c:a", "aac")
    streams = ("-map", "0:v", "-map", "1:a", "-map", "0:v", "-map", "1:a", "-s:v:0", "640x360", "-s:v:1", "320x180")
    out = ("-f", "hls", "-hls_time", "1", "-hls_playlist_type", "vod", "-hls_flags", "independent_segments")
    names = (
        "-master_pl_name",
        "master.m3u8",
        "-hls_segment_filename",
        "v%v-%d.ts",
        "-var_stream_map",
        "v:0,a:0 v:1,a:1",
    )
    rates = ("-b:v:0", "600k", "-b:v:1", "200k")
    with tempfile.TemporaryDirectory() as folder:
        _ffmpeg(Path(folder), *source, *streams, *encode, *rates, *out, *names, "v%v.m3u8")
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


@cache
def dash() -> Mapping[str, bytes]:
    """Makes a DASH stream: `manifest.mpd` and its segments, picture and sound apart."""
    source = _source("testsrc=size=320x240:rate=25", "220")
    encode = ("-c:v", "libx264", "-g", "25", "-c:a", "aac", "-f", "dash", "-seg_duration", "1")
    with tempfile.TemporaryDirectory() as folder:
        _ffmpeg(Path(folder), *source, *encode, "manifest.mpd")
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


@cache
def png(width: int, height: int, number: int = 0) -> bytes:
    """Makes a PNG of bars in colours that depend on the number; nothing but zlib is needed."""
    row = bytes((step * number * 37 + channel * 85 + x // 8 * 16) & 255
                for x in range(width) for step, channel in ((1, 0), (2, 1), (3, 2)))  # fmt: skip
    pixels = zlib.compress((b"\0" + row) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


@cache
def jpeg(width: int, height: int, text: str) -> bytes:
    """Makes a JPEG: a gradient with a text on it."""
    from PIL import Image, ImageDraw

    shade = Image.linear_gradient("L").resize((width, height))
    hue = Image.new("L", (width, height), (len(text) * 53 + sum(text.encode())) % 256)
    picture = Image.merge("HSV", (hue, Image.new("L", (width, height), 140), shade)).convert("RGB")
    ImageDraw.Draw(picture).text((width // 12, height // 3), text, fill="white", font_size=max(10, height // 8))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=88)
    return stream.getvalue()


@cache
def pdf() -> bytes:
    """Makes a PDF of one page, as the specification's simplest example."""
    text = b"BT /F1 24 Tf 72 700 Td (A document of the test site) Tj ET"
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return out + end % (len(parts) + 1, table, len(parts) + 1, len(out))


def _picture(asked: Asked, place: Place) -> Reply:
    """Answers `/img/WIDTHxHEIGHT-NUMBER.png` or `.jpg`."""
    name, _, kind = asked.path.rpartition("/")[2].rpartition(".")
    size, _, number = name.partition("-")
    width, height = (int(side) for side in size.split("x"))
    cached = (("Cache-Control", "max-age=3600"),)
    if kind == "jpg":
        return ranged(asked, Stored(jpeg(width, height, f"No. {number or 0}"), "image/jpeg", cached))
    return ranged(asked, Stored(png(width, height, int(number or 0)), "image/png", cached))


def media_bytes(path: str) -> bytes:
    """Gives what `/media/NAME`, `/hls/NAME` or `/dash/NAME` serves; raises KeyError where there is no such thing."""
    _, folder, name = path.split("/", 2)
    if folder == "media":
        return sound(name) if name in {"tone.mp3", "tone.wav"} else clip(name)
    return {"hls": hls, "dash": dash}[folder]()[name]


def _file(asked: Asked, place: Place) -> Reply:
    try:
        body = media_bytes(asked.path)
    except KeyError:
        return Reply(b"no such file\n", "text/plain", 404)
    return ranged(asked, Stored(body, _TYPES[Path(asked.path).suffix]))


def _plain(body: bytes, media_type: str) -> Page:
    return lambda asked, place: ranged(asked, Stored(body, media_type))


FOLDERS: Mapping[str, Page] = {"/img/": _picture, "/media/": _file, "/hls/": _file, "/dash/": _file}
"""What answers every path under a folder."""
FILES: Mapping[str, Page] = {
    "/is/json": _plain('{"price": "188 元", "members": 2013}'.encode(), "application/json"),
    "/is/text": _plain("Plain text.\n纯文本。\n".encode(), "text/plain; charset=utf-8"),
    "/is/xml": _plain(b'<?xml version="1.0"?><note>XML</note>', "application/xml"),
    "/is/svg": _plain(
        b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="80"><rect width="99" height="80"/></svg>',
        "image/svg+xml",
    ),
    "/is/png": lambda asked, place: ranged(asked, Stored(png(320, 200, 5), "image/png")),
    "/is/pdf": lambda asked, place: ranged(asked, Stored(pdf(), "application/pdf")),
    "/is/mp4": lambda asked, place: ranged(asked, Stored(clip("clip-1.mp4"), "video/mp4")),
    "/is/zip": _plain(b"PK\x05\x06" + b"\0" * 18, "application/zip"),
    "/is/mislabelled": lambda asked, place: Reply(png(32, 32, 1), "text/html"),
}
"""Documents that are no HTML page."""
