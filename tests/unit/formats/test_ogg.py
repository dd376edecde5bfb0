"""Ogg: files written by FFmpeg, pages built by hand after RFC 3533, and what ExifTool reads."""

from __future__ import annotations

import io
import json
import random
import struct
import subprocess
import time
from pathlib import Path

import pytest

from forensics import formats
from forensics.formats import Structure
from forensics.formats.ogg import checksum

LABEL = '{"Label":"1","ContentProducer":"00119111000080210043","ProduceID":"p-1"}'


def slow_checksum(data: bytes) -> int:
    """Computes the checksum bit by bit, as RFC 3533 words it."""
    register = 0
    for byte in data:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register & 0x80000000 else 0)) & 0xFFFFFFFF
    return register


def page(body: bytes, *, serial: int = 1, number: int = 0, flags: int = 0, lacing: bytes | None = None) -> bytes:
    table = bytes([255] * (len(body) // 255) + [len(body) % 255]) if lacing is None else lacing
    head = b"OggS\0" + bytes([flags]) + bytes(8) + struct.pack("<III", serial, number, 0) + bytes([len(table)]) + table
    return head[:22] + struct.pack("<I", slow_checksum(head + body)) + head[26:] + body


def comments(*texts: str) -> bytes:
    packed = [struct.pack("<I", len(text.encode())) + text.encode() for text in ("v", *texts)]
    return packed[0] + struct.pack("<I", len(texts)) + b"".join(packed[1:])


def read(data: bytes) -> Structure:
    return formats.read(io.BytesIO(data), "audio/ogg")


def codes(data: bytes) -> set[str]:
    return {problem.code for problem in read(data).problems}


OPUS = page(b"OpusHead" + bytes([1, 2]) + struct.pack("<HI", 312, 48000) + bytes(3), flags=2)
END = page(b"sound", number=2, flags=4)

CODECS = {"libvorbis": ("ogg", "VORBIS_COMMENT"), "libopus": ("opus", "OpusTags"), "flac": ("oga", "VORBIS_COMMENT")}


@pytest.fixture(scope="module", params=CODECS)
def clip(request, tmp_path_factory) -> tuple[Path, str]:
    ending, place = CODECS[request.param]
    path = tmp_path_factory.mktemp("ogg") / f"clip.{ending}"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=0.5:r=48000", "-c:a", request.param]
    subprocess.run(
        [*command, "-metadata", f"AIGC={LABEL}", "-metadata", f"title={'x' * 70_000}", str(path)], check=True
    )
    return path, place


def test_comments_that_ffmpeg_writes_over_several_pages_are_read(clip):
    path, place = clip
    structure = read(path.read_bytes())
    found = {(value.place, value.key.upper()): value for value in structure.values}
    assert found[place, "AIGC"].text == LABEL
    assert len(found[place, "TITLE"].text) == 70_000
    assert (place, "VENDOR") in found
    assert not structure.problems


def test_the_offset_of_a_value_is_right_also_behind_a_border_of_pages(clip):
    path, _ = clip
    data = path.read_bytes()
    label = next(value for value in read(data).values if value.key.upper() == "AIGC")
    assert data[label.offset : label.offset + label.size] == LABEL.encode()


def test_streams_have_rate_and_channels_as_ffprobe_says(clip):
    path, _ = clip
    command = [
        "ffprobe",
        "-v",
        "error",
        "-show_entries",
        "stream=sample_rate,channels,codec_name",
        "-of",
        "json",
        str(path),
    ]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["streams"][0]
    facts = read(path.read_bytes()).parts[0].parts[0].facts
    assert facts["codec"].lower() == told["codec_name"]
    assert facts["channels"] == told["channels"]
    assert facts.get("sample_rate_hz", 48000) == int(told["sample_rate"])


def test_a_clip_with_picture_and_sound_has_two_streams(tmp_path):
    path = tmp_path / "clip.ogv"
    inputs = ["-f", "lavfi", "-i", "testsrc=d=0.2:s=48x32", "-f", "lavfi", "-i", "sine=d=0.2"]
    subprocess.run(
        [
            "ffmpeg",
            "-v",
            "error",
            *inputs,
            "-c:v",
            "libtheora",
            "-c:a",
            "libvorbis",
            "-metadata",
            f"AIGC={LABEL}",
            str(path),
        ],
        check=True,
    )
    structure = formats.read(io.BytesIO(path.read_bytes()), "video/ogg")
    assert {part.facts["codec"] for part in structure.parts if "codec" in part.facts} == {"Theora", "Vorbis"}
    theora = next(
        part for name, part in structure.walk() if part.facts.get("codec") == "Theora" and "width_px" in part.facts
    )
    assert (theora.facts["width_px"], theora.facts["height_px"]) == (48, 32)
    assert LABEL in {value.text for value in structure.values}
    assert not structure.problems


def test_the_checksum_is_that_of_the_rfc():
    data = random.Random(1).randbytes(500)
    assert checksum(data) == slow_checksum(data)


def test_a_changed_byte_is_a_bad_checksum():
    data = bytearray(OPUS + page(b"OpusTags" + comments("AIGC={}"), number=1) + END)
    assert codes(bytes(data)) == set()
    data[-1] ^= 1
    assert codes(bytes(data)) == {"bad-checksum"}


def test_chained_streams_are_told_and_both_read():
    first = OPUS + page(b"OpusTags" + comments("A=1"), number=1) + END
    head = page(b"OpusHead" + bytes([1, 1]) + bytes(9), serial=2, flags=2)
    second = head + page(b"OpusTags" + comments("B=2"), serial=2, number=1) + page(b"x", serial=2, number=2, flags=4)
    structure = read(first + second)
    assert [value.key for value in structure.values] == ["vendor", "A", "vendor", "B"]
    begun = [part.facts for part in structure.parts if "begins_stream" in part.facts]
    assert [facts["is_chained"] for facts in begun] == [False, True]
    assert not structure.problems


def test_speex_has_a_comment_packet_without_a_name():
    head = b"Speex   " + b"1.2".ljust(20, b"\0") + struct.pack("<IIIIII", 1, 80, 16000, 1, 4, 1) + bytes(28)
    data = page(head, flags=2) + page(comments("AIGC={}"), number=1) + END
    assert {value.key: value.text for value in read(data).values} == {"vendor": "v", "AIGC": "{}"}


def test_bytes_between_and_behind_pages_are_told():
    tags = page(b"OpusTags" + comments(), number=1)
    between = OPUS + b"between" + tags + END
    assert codes(between) == {"hidden-data"}
    assert codes(OPUS + tags + END + b"behind") == {"trailing-data"}


def test_pages_that_are_missing_are_told():
    tags = page(b"OpusTags" + comments(), number=1)
    assert codes(OPUS + tags + page(b"x", number=9, flags=4)) == {"missing-part"}
    assert codes(OPUS + tags + page(b"x", number=2)) == {"missing-part"}


def test_a_stream_that_ends_before_its_comments_is_not_whole():
    structure = read(OPUS)
    assert "truncated" in {problem.code for problem in structure.problems}
    assert not structure.is_whole


def test_bytes_behind_the_comments_are_hidden_data():
    assert codes(OPUS + page(b"OpusTags" + comments() + b"secret", number=1) + END) == {"hidden-data"}


BAD = {
    "empty": b"",
    "mark only": b"OggS",
    "header cut off": OPUS[:20],
    "page cut off": OPUS[:-3],
    "comments cut off": OPUS + page(b"OpusTags" + comments("AIGC={}")[:-2], number=1) + END,
    "comments that never end": OPUS
    + b"".join(page(b"x" * 255, number=n, flags=1, lacing=b"\xff") for n in range(1, 50)),
    "number of comments": OPUS + page(b"OpusTags\0\0\0\0\xff\xff\xff\xff", number=1) + END,
    "random": random.Random(2).randbytes(100_000),
    "random behind a head": OPUS + random.Random(2).randbytes(100_000),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gives_problems_and_no_error(name):
    start = time.monotonic()
    assert read(BAD[name]).problems
    assert time.monotonic() - start < 3


def unchecked(body: bytes, *, serial: int = 1, number: int = 0, flags: int = 0, lacing: bytes = b"") -> bytes:
    return (
        b"OggS\0"
        + bytes([flags])
        + bytes(8)
        + struct.pack("<III", serial, number, 0)
        + bytes([len(lacing)])
        + lacing
        + body
    )


HOSTILE = {
    "empty pages": OPUS + unchecked(b"") * 250_000,
    "a header over many pages": OPUS
    + b"".join(unchecked(b"x" * 255, number=n, flags=1, lacing=b"\xff") for n in range(40_000)),
    "many streams": b"".join(unchecked(b"OpusHead", serial=n, flags=2, lacing=b"\x08") for n in range(60_000)),
    "many packets": page(b"\x7fFLAC" + bytes(60), flags=2)
    + unchecked(b"\1" * 255, number=1, lacing=b"\1" * 255) * 2_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_costs_little(name):
    start = time.monotonic()
    assert read(HOSTILE[name]).problems
    assert time.monotonic() - start < 8


def test_what_exiftool_reads_of_the_samples_is_read(corpus):
    files = [*sorted(corpus.glob("01-metadata/*/*.ogg")), *sorted(corpus.glob("01-metadata/*/*.opus"))]
    assert files
    for path in files:
        command = ["exiftool", "-j", "-G1", str(path)]
        told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)[0]
        found = {value.key.lower(): value.text for value in read(path.read_bytes()).values}
        for key in ("Vendor", "Title", "Artist", "Album", "Encoder"):
            if f"Vorbis:{key}" in told:
                assert found[key.lower()] == told[f"Vorbis:{key}"]
