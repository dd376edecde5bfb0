"""FLAC: files written by FFmpeg, and blocks built by hand after RFC 9639."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import struct
import subprocess
import time
from pathlib import Path

import pytest

from forensics import formats
from forensics.formats import Structure

LABEL = '{"Label":"1","ContentProducer":"00119111000080210043","ProduceID":"p-1"}'
SOUND = b"\xff\xf8" + bytes(20)
INFO = (
    struct.pack(">HH", 4096, 4096)
    + bytes(6)
    + (44100 << 44 | 1 << 41 | 15 << 36 | 1000).to_bytes(8, "big")
    + b"\x11" * 16
)


def block(kind: int, data: bytes, *, last: bool = False) -> bytes:
    return bytes([kind | 0x80 * last]) + len(data).to_bytes(3, "big") + data


def comments(*texts: str, vendor: str = "v") -> bytes:
    parts = [vendor.encode(), *(text.encode() for text in texts)]
    packed = [struct.pack("<I", len(part)) + part for part in parts]
    return packed[0] + struct.pack("<I", len(texts)) + b"".join(packed[1:])


def picture(content: bytes) -> bytes:
    head = struct.pack(">I", 3) + struct.pack(">I", 9) + b"image/png" + struct.pack(">I", 5) + b"cover"
    return head + struct.pack(">IIIII", 16, 8, 24, 0, len(content)) + content


def flac(*blocks: bytes) -> bytes:
    return b"fLaC" + block(0, INFO) + b"".join(blocks) + SOUND


def read(data: bytes) -> Structure:
    return formats.read(io.BytesIO(data), "audio/flac")


def values(data: bytes) -> dict[tuple[str, str], str]:
    return {(value.place, value.key): value.text for value in read(data).values}


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("flac") / "clip.flac"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=0.2:r=44100", "-sample_fmt", "s16"]
    subprocess.run([*command, "-metadata", f"AIGC={LABEL}", str(path)], check=True)
    return path


def test_what_ffmpeg_writes_is_read(clip):
    structure = read(clip.read_bytes())
    found = {(value.place, value.key): value.text for value in structure.values}
    assert found["VORBIS_COMMENT", "AIGC"] == LABEL
    assert found["VORBIS_COMMENT", "vendor"].startswith("Lavf")
    assert not structure.problems


def test_the_digest_of_the_sound_is_that_of_the_decoded_samples(clip):
    command = ["ffmpeg", "-v", "error", "-i", str(clip), "-f", "s16le", "-"]
    samples = subprocess.run(command, capture_output=True, check=True).stdout
    facts = next(part.facts for part in read(clip.read_bytes()).parts if part.kind == "STREAMINFO")
    assert facts["md5"] == hashlib.md5(samples).hexdigest()
    assert (facts["sample_rate_hz"], facts["channels"], facts["bits_per_sample"]) == (44100, 1, 16)
    assert facts["samples"] == len(samples) // 2


def test_parts_lie_one_behind_the_other_and_fill_the_file(clip):
    at = 0
    for part in read(clip.read_bytes()).parts:
        assert part.offset == at
        at += part.size
    assert at == clip.stat().st_size


def test_offsets_lead_to_the_bytes(clip):
    data = clip.read_bytes()
    for value in read(data).values:
        assert data[value.offset : value.offset + value.size] == value.data


def test_pictures_give_facts():
    content = b"12345678"
    embedded = "METADATA_BLOCK_PICTURE=" + base64.b64encode(picture(content)).decode()
    structure = read(flac(block(6, picture(content)), block(4, comments(embedded), last=True)))
    parts = dict(structure.walk())
    for path in ("PICTURE", "VORBIS_COMMENT/METADATA_BLOCK_PICTURE"):
        facts = parts[path].facts
        assert (facts["media_type"], facts["width_px"], facts["height_px"]) == ("image/png", 16, 8)
        assert facts["content_sha256"] == hashlib.sha256(content).hexdigest()
    assert [value.key for value in structure.values] == ["vendor"]


def test_other_blocks_are_read():
    sheet = b"1234567890123".ljust(128, b"\0") + bytes(267) + b"\2"
    data = flac(block(2, b"riffABC"), block(3, bytes(36)), block(5, sheet), block(1, bytes(9), last=True))
    structure = read(data)
    found = {(value.place, value.key): value.data for value in structure.values}
    assert found == {("APPLICATION", "riff"): b"ABC", ("CUESHEET", "catalog"): b"1234567890123"}
    parts = dict(structure.walk())
    assert parts["SEEKTABLE"].facts["points"] == 2
    assert parts["CUESHEET"].facts["tracks"] == 2
    assert not structure.problems


def test_padding_that_is_not_zero_is_hidden_data():
    data = flac(block(1, bytes(8) + b"secret" + bytes(8), last=True))
    problem = read(data).problems[0]
    assert (problem.code, problem.size) == ("hidden-data", 6)
    assert data[problem.offset :].startswith(b"secret")


FAULTS = {
    "duplicate-part": flac(block(4, comments()), block(4, comments(), last=True)),
    "unknown-part": flac(block(77, b"abc", last=True)),
    "out-of-order": b"fLaC" + block(4, comments()) + block(0, INFO, last=True) + SOUND,
    "past-end": flac(block(4, comments("a=b")[:-1], last=True)),
    "missing-part": flac(block(1, bytes(4))),
}


@pytest.mark.parametrize("code", FAULTS)
def test_what_the_format_forbids_is_a_problem(code):
    assert code in {problem.code for problem in read(FAULTS[code]).problems}


def test_tags_before_and_behind_the_sound_are_read():
    before = b"ID3\x03\0\0\0\0\0\x0cTIT2\0\0\0\2\0\0\0a"
    behind = b"TAG" + b"Title".ljust(124, b"\0") + b"\0"
    found = values(before + flac(block(1, b"", last=True)) + behind)
    assert found["ID3v2.3", "TIT2"] == "a"
    assert found["ID3v1", "title"] == "Title"


BAD = {
    "empty": b"",
    "mark only": b"fLaC",
    "block past the end": b"fLaC\x00\xff\xff\xff" + bytes(30),
    "short information": b"fLaC" + block(0, b"abc", last=True) + SOUND,
    "comments of a huge number": flac(block(4, comments()[:-4] + b"\xff\xff\xff\xff" + bytes(100), last=True)),
    "comment of a huge size": flac(block(4, b"\xff\xff\xff\xff", last=True)),
    "random blocks": b"fLaC" + random.Random(3).randbytes(100_000),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gives_problems_and_no_error(name):
    start = time.monotonic()
    assert read(BAD[name]).problems
    assert time.monotonic() - start < 3


def test_a_million_empty_comments_stop_at_a_limit():
    count = 1_000_000
    data = flac(block(4, comments()[:-4] + struct.pack("<I", count) + bytes(4 * count), last=True))
    structure = read(data)
    assert len(structure.values) < 100_001
    assert "limit" in {problem.code for problem in structure.problems}
