"""RIFF files: WebP, AVI, WAV and Broadcast Wave, as FFmpeg and Pillow write them and as no one should."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from forensics import formats

WEBP, AVI, WAV = "image/webp", "video/x-msvideo", "audio/wav"
LABEL = '{"Label":"1","ContentProducer":"示例"}'


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


def file(form: bytes, *chunks: bytes) -> bytes:
    return chunk(b"RIFF", form + b"".join(chunks))


FMT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8))
DATA = chunk(b"data", bytes(16))


def wave(*chunks: bytes) -> bytes:
    return file(b"WAVE", FMT, DATA, *chunks)


def read(data: bytes, media_type: str = WAV):
    return formats.read(io.BytesIO(data), media_type)


def codes(found) -> list[str]:
    return [problem.code for problem in found.problems]


def text(found) -> dict[str, str]:
    return {f"{value.place}/{value.key}": value.text for value in found.values}


def ffmpeg(path: Path, *arguments: str) -> Path:
    subprocess.run(["ffmpeg", "-v", "error", *arguments, str(path)], check=True, timeout=60)
    return path


SOUND = ("-f", "lavfi", "-i", "sine=r=8000:d=0.2")
FILM = ("-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=1", *SOUND, "-c:v", "mpeg4", "-c:a", "pcm_s16le")


def test_the_label_of_a_wav_file_is_a_value():
    data = wave(chunk(b"AIGC", LABEL.encode()))
    found = read(data)
    assert text(found) == {"RIFF/AIGC": LABEL}
    assert found.values[0].offset == data.index(LABEL.encode())
    assert found.problems == ()


def test_an_information_list_is_read_in_wav_and_avi():
    entries = chunk(b"LIST", b"INFO" + chunk(b"ISFT", b"Prog\0") + chunk(b"AIGC", LABEL.encode()))
    assert text(read(wave(entries))) == {"LIST/INFO/ISFT": "Prog", "LIST/INFO/AIGC": LABEL}
    assert text(read(file(b"AVI ", entries), AVI)) == {"LIST/INFO/ISFT": "Prog", "LIST/INFO/AIGC": LABEL}


def test_a_wav_file_of_ffmpeg_is_read_like_ffprobe(tmp_path):
    path = ffmpeg(tmp_path / "a.wav", *SOUND, "-metadata", "title=Name")
    found = read(path.read_bytes())
    answer = json.loads(
        subprocess.check_output(["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)])
    )
    parts = dict(found.walk())
    assert parts["RIFF/fmt"].facts["rate_hz"] == int(answer["streams"][0]["sample_rate"])
    assert parts["RIFF/fmt"].facts["channels"] == answer["streams"][0]["channels"]
    assert text(found)["LIST/INFO/ISFT"] == answer["format"]["tags"]["encoder"]
    assert text(found)["LIST/INFO/INAM"] == "Name"
    assert found.problems == ()


def test_the_fields_of_a_broadcast_wave_are_values(tmp_path):
    path = ffmpeg(
        tmp_path / "a.wav",
        *SOUND,
        *("-write_bext", "1", "-metadata", "originator=Org", "-metadata", "origination_date=2024-01-02"),
        *("-metadata", "coding_history=A=PCM", "-metadata", "time_reference=4800", "-metadata", "description=D"),
    )
    found = text(read(path.read_bytes()))
    assert found["bext/Originator"] == "Org"
    assert found["bext/OriginationDate"] == "2024-01-02"
    assert found["bext/Description"] == "D"
    assert found["bext/TimeReference"] == "4800"
    assert found["bext/CodingHistory"].startswith("A=PCM")


def test_rf64_has_its_sizes_in_a_chunk_of_its_own(tmp_path):
    path = ffmpeg(tmp_path / "a.wav", *SOUND, "-rf64", "always")
    found = read(path.read_bytes())
    parts = dict(found.walk())
    assert path.read_bytes()[:4] == b"RF64"
    assert parts["RF64/data"].facts["data_bytes"] == 1600 * 2
    assert found.problems == ()


def test_a_wav_file_written_into_a_pipe_has_no_sizes_and_no_fault():
    data = subprocess.check_output(["ffmpeg", "-v", "error", *SOUND, "-f", "wav", "-"])
    found = read(data)
    assert found.parts[0].facts["is_streamed"] is True
    assert found.problems == ()


def test_tags_of_id3_in_a_wav_file_are_read():
    tag = b"ID3\x03\0\0\0\0\0\x10" + b"TIT2" + struct.pack(">IH", 6, 0) + b"\0Title"
    assert "Title" in text(read(wave(chunk(b"id3 ", tag)))).values()


def test_an_avi_file_of_ffmpeg_is_read_like_ffprobe(tmp_path):
    path = ffmpeg(tmp_path / "a.avi", *FILM)
    found = read(path.read_bytes(), AVI)
    answer = json.loads(subprocess.check_output(["exiftool", "-j", "-n", "-u", str(path)]))[0]
    parts = [part for _, part in found.walk()]
    (main,) = [part.facts for part in parts if part.kind == "avih"]
    assert (main["width_px"], main["height_px"], main["frames"]) == (64, 48, 10)
    assert main["frames"] == answer["FrameCount"]
    streams = [part.facts for part in parts if part.kind == "strh"]
    assert [row["type"] for row in streams] == ["vids", "auds"]
    assert streams[0]["codec"] == answer["VideoCodec"]
    (film,) = [part.facts for part in parts if part.facts.get("type") == "movi"]
    assert film["chunks"]["00dc"] == 10
    assert text(found)["LIST/INFO/ISFT"] == answer["Software"]
    assert found.problems == ()


def test_a_name_in_padding_is_a_value_and_hidden_data():
    found = read(file(b"AVI ", chunk(b"JUNK", b"Some encoder 1.0" + bytes(100))), AVI)
    assert text(found) == {"RIFF/JUNK": "Some encoder 1.0"}
    assert codes(found) == ["hidden-data"]
    assert read(file(b"AVI ", chunk(b"JUNK", bytes(100))), AVI).problems == ()


def webp(**settings) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (33, 17), "red").save(stream, "WEBP", **settings)
    return stream.getvalue()


@pytest.mark.parametrize(("kind", "settings"), [("VP8", {}), ("VP8L", {"lossless": True})])
def test_a_webp_picture_has_its_size(kind, settings):
    found = read(webp(**settings), WEBP)
    (part,) = [part for path, part in found.walk() if path == f"RIFF/{kind}"]
    assert (part.facts["width_px"], part.facts["height_px"]) == (33, 17)
    assert found.problems == ()


PACKET = (
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    b"<rdf:Description xmlns:T='http://www.tc260.org.cn/ns/AIGC/1.0/' T:AIGC='{}'/></rdf:RDF></x:xmpmeta>"
)


def test_exif_xmp_and_profile_of_webp_are_read():
    from PIL import ImageCms

    exif = Image.Exif()
    exif[0x0131] = "Program"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = webp(exif=exif, xmp=PACKET, icc_profile=profile)
    found = read(data, WEBP)
    assert text(found)["EXIF/IFD0/Software"] == "Program"
    assert text(found)["XMP/xmp"] == PACKET.decode()
    assert text(found)["XMP/properties/TC260:AIGC"] == "{}"
    parts = dict(found.walk())
    assert parts["RIFF/VP8X"].facts == {"width_px": 33, "height_px": 17, "flags": ["ICCP", "EXIF", "XMP"]}
    assert parts["RIFF/ICCP"].facts["profile"]["description"] == "sRGB built-in"
    assert found.problems == ()


def test_the_frames_of_an_animated_webp_are_parts():
    frames = [Image.new("RGB", (33, 17), color) for color in ("red", "green", "blue")]
    stream = io.BytesIO()
    frames[0].save(stream, "WEBP", save_all=True, append_images=frames[1:], duration=100)
    found = read(stream.getvalue(), WEBP)
    rows = [part for path, part in found.walk() if path == "RIFF/ANMF"]
    assert [part.facts["duration_ms"] for part in rows] == [100] * 3
    assert all(part.parts for part in rows)
    assert found.problems == ()


VP8 = webp()[12:]
FAULTS = {
    "flag without its chunk": (
        file(b"WEBP", chunk(b"VP8X", b"\x08\0\0\0" + bytes([32, 0, 0, 16, 0, 0])), VP8),
        WEBP,
        ["missing-part"],
    ),
    "chunk without its flag": (
        file(b"WEBP", chunk(b"VP8X", b"\0\0\0\0" + bytes([32, 0, 0, 16, 0, 0])), VP8, chunk(b"XMP ", PACKET)),
        WEBP,
        ["missing-part"],
    ),
    "header not first": (file(b"WEBP", VP8, chunk(b"VP8X", bytes(10))), WEBP, ["out-of-order"]),
    "two pictures": (file(b"WEBP", VP8, VP8), WEBP, ["duplicate-part"]),
    "no picture": (file(b"WEBP", chunk(b"ALPH", b"x")), WEBP, ["missing-part"]),
    "unknown chunk": (wave(chunk(b"abcd", b"x")), WAV, ["unknown-part"]),
    "bytes behind": (wave() + b"some text", WAV, ["trailing-data"]),
    "archive behind": (wave() + b"PK\x03\x04" + bytes(30), WAV, ["trailing-data", "second-file"]),
    "size beyond the file": (wave()[:-4], WAV, ["past-end", "past-end"]),
    "no name": (file(b"WAVE", FMT, b"\1\2\3\4" + bytes(12)), WAV, ["unreadable"]),
    "short description": (file(b"WAVE", chunk(b"fmt ", b"\1\0"), DATA), WAV, ["unreadable"]),
    "empty": (b"", WAV, ["unreadable"]),
    "only a name": (b"RIFF", WAV, ["unreadable"]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_reported(name):
    data, media_type, expected = FAULTS[name]
    assert codes(read(data, media_type)) == expected


def test_an_unknown_chunk_is_a_value():
    assert text(read(wave(chunk(b"abcd", b"hello!")))) == {"RIFF/abcd": "hello!"}


HOSTILE = {
    "lists within lists": (b"LIST\xf0\xff\xff\x00INFO" * 20_000, AVI),
    "many chunks": (file(b"AVI ", b"abcd\0\0\0\0" * 300_000), AVI),
    "long film": (file(b"AVI ", chunk(b"LIST", b"movi" + b"00dc\0\0\0\0" * 500_000)), AVI),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_little(name):
    data, media_type = HOSTILE[name]
    start = time.process_time()
    read(data if data.startswith(b"RIFF") else file(b"AVI ", data), media_type)
    assert time.process_time() - start < 6


@given(st.binary(max_size=300), st.sampled_from([b"WAVE", b"AVI ", b"WEBP"]))
def test_random_bytes_do_no_harm(data, form):
    read(file(form, data), WAV)
    read(b"RIFF" + data, WAV)
