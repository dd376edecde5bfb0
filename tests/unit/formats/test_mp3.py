"""MPEG audio and its tags: files written by FFmpeg, tags built by hand after id3.org, and what ExifTool reads."""

from __future__ import annotations

import io
import json
import random
import struct
import subprocess
import time
import zlib
from pathlib import Path

import pytest

from forensics import formats
from forensics.formats import Structure

LABEL = '{"Label":"1","ContentProducer":"00119111000080210043","ProduceID":"p-1"}'
FRAME = b"\xff\xfb\x90\x64" + bytes(413)
"""One frame of MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 144 * 128000 // 44100 = 417 bytes (ISO/IEC 11172-3, 2.4.3.1)."""

SOUND = FRAME * 4


def safe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def tag(frames: bytes, *, version: int = 3, flags: int = 0) -> bytes:
    return b"ID3" + bytes([version, 0, flags]) + safe(len(frames)) + frames


def frame(name: str, data: bytes, *, version: int = 3, flags: bytes = b"\0\0") -> bytes:
    if version == 2:
        return name.encode() + len(data).to_bytes(3, "big") + data
    return name.encode() + (safe(len(data)) if version == 4 else struct.pack(">I", len(data))) + flags + data


def read(data: bytes) -> Structure:
    return formats.read(io.BytesIO(data), "audio/mpeg")


def values(data: bytes) -> dict[tuple[str, str], str]:
    return {(value.place, value.key): value.text for value in read(data).values}


def codes(data: bytes) -> set[str]:
    return {problem.code for problem in read(data).problems}


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("mp3") / "clip.mp3"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=1", "-metadata", f"AIGC={LABEL}"]
    subprocess.run([*command, "-metadata", "title=Ein Töne", "-write_id3v1", "1", str(path)], check=True)
    return path


def test_what_ffmpeg_writes_is_read(clip):
    structure = read(clip.read_bytes())
    found = {(value.place, value.key): value for value in structure.values}
    assert found["ID3v2.4", "TXXX:AIGC"].text == LABEL
    assert found["ID3v2.4", "TIT2"].text == "Ein Töne"
    assert found["ID3v2.4", "TSSE"].text.startswith("Lavf")
    assert found["Xing", "encoder"].text.startswith("Lavc")
    assert found["ID3v1", "title"].text == "Ein Töne"
    assert not structure.problems
    assert structure.is_whole


def test_every_offset_leads_to_the_bytes_of_the_value(clip):
    data = clip.read_bytes()
    for value in read(data).values:
        if value.encoding != "ascii":
            assert data[value.offset : value.offset + len(value.data)] == value.data


def test_frames_are_counted_as_ffprobe_counts_packets(clip):
    command = ["ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets,sample_rate"]
    stream = json.loads(subprocess.run([*command, "-of", "json", str(clip)], capture_output=True, check=True).stdout)
    sound = next(part for part in read(clip.read_bytes()).parts if part.kind == "MPEG audio")
    declared = next(part for part in sound.parts if part.kind in ("Xing", "Info")).facts["frames"]
    assert declared == int(stream["streams"][0]["nb_read_packets"])
    assert sound.facts["frames"] == declared + 1
    assert sound.facts["sample_rate_hz"] == int(stream["streams"][0]["sample_rate"])


def test_parts_lie_one_behind_the_other_and_fill_the_file(clip):
    data = clip.read_bytes()
    at = 0
    for part in read(data).parts:
        assert part.offset == at
        at += part.size
    assert at == len(data)


TEXTS = {
    "latin-1": (b"\0" + "Ärger".encode("latin-1"), "Ärger"),
    "utf-16 little": (b"\1" + "\ufeff标签".encode("utf-16-le"), "标签"),
    "utf-16 big": (b"\1" + "\ufeff标签".encode("utf-16-be"), "标签"),
    "utf-16 without mark": (b"\1" + "标签".encode("utf-16-le"), "标签"),
    "utf-16 with terminator": (b"\1" + "\ufeffa标\0".encode("utf-16-le"), "a标"),
    "utf-16-be": (b"\2" + "标签".encode("utf-16-be"), "标签"),
    "utf-8": (b"\3" + "标签".encode(), "标签"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_frames_are_read_in_their_encodings(name):
    content, expected = TEXTS[name]
    assert (
        values(tag(frame("TIT2", content, version=4), version=4) + SOUND)["ID3v2.4", "TIT2"].lstrip("\ufeff")
        == expected
    )


DESCRIBED = {
    "latin-1": b"\0AIGC\0" + LABEL.encode(),
    "utf-16": b"\1" + "\ufeffAIGC\0".encode("utf-16-le") + ("\ufeff" + LABEL).encode("utf-16-le"),
    "utf-16 with one mark": b"\1" + "\ufeffAIGC\0".encode("utf-16-be") + LABEL.encode("utf-16-be"),
    "utf-16-be": b"\2" + "AIGC\0".encode("utf-16-be") + LABEL.encode("utf-16-be"),
    "utf-8": b"\3AIGC\0" + LABEL.encode() + b"\0",
}


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("name", DESCRIBED)
def test_user_defined_texts_are_named_by_their_description(name, version):
    data = tag(frame("TXXX", DESCRIBED[name], version=version), version=version) + SOUND
    assert values(data)[f"ID3v2.{version}", "TXXX:AIGC"].lstrip("\ufeff") == LABEL


def test_several_strings_of_a_frame_are_values_of_their_own():
    data = tag(frame("TPE1", b"\0One\0Two", version=4), version=4) + SOUND
    assert [value.text for value in read(data).values] == ["One", "Two"]


def test_a_tag_of_version_2_2_is_read():
    frames = frame("TT2", b"\0Title", version=2) + frame("TXX", b"\0AIGC\0{}", version=2)
    found = values(tag(frames, version=2) + SOUND)
    assert found == {("ID3v2.2", "TT2"): "Title", ("ID3v2.2", "TXX:AIGC"): "{}"}


def test_comments_and_addresses_have_their_descriptions():
    frames = (
        frame("COMM", b"\0engnote\0text") + frame("COMM", b"\0eng\0plain") + frame("WXXX", b"\0site\0http://a.example/")
    )
    frames += frame("WOAR", b"http://b.example/")
    found = values(tag(frames) + SOUND)
    assert found["ID3v2.3", "COMM:note"] == "text"
    assert found["ID3v2.3", "COMM"] == "plain"
    assert found["ID3v2.3", "WXXX:site"] == "http://a.example/"
    assert found["ID3v2.3", "WOAR"] == "http://b.example/"


def test_a_picture_gives_facts_and_no_value():
    data = tag(frame("APIC", b"\0image/png\0\3cover\0" + b"12345678")) + SOUND
    structure = read(data)
    facts = structure.parts[0].parts[0].facts
    assert (facts["media_type"], facts["picture_type"], facts["description"]) == ("image/png", 3, "cover")
    assert facts["content_bytes"] == 8
    # printf 12345678 | sha256sum
    assert facts["content_sha256"] == "ef797c8118f02dfb649607dd5d3f8c7623048c9c063d532cc95c5ed7a898a64f"
    assert not structure.values


def test_unsynchronisation_of_a_whole_tag_is_undone_and_offsets_still_fit():
    plain = frame("PRIV", b"owner\0\xff\xfe\xff\0") + frame("TXXX", b"\0AIGC\0{}")
    escaped = plain.replace(b"\xff", b"\xff\0")
    structure = read(tag(escaped, flags=0x80) + SOUND)
    private, label = structure.values
    assert private.data == b"\xff\xfe\xff\0"
    assert label.text == "{}"
    assert (tag(escaped, flags=0x80) + SOUND)[label.offset :].startswith(b"{}")


def test_unsynchronisation_of_one_frame_is_undone():
    content = b"\1\xff\xfea\0".replace(b"\xff", b"\xff\0")
    data = tag(frame("TIT2", content, version=4, flags=b"\0\2"), version=4) + SOUND
    assert values(data)["ID3v2.4", "TIT2"].lstrip("\ufeff") == "a"


@pytest.mark.parametrize("version", [3, 4])
def test_a_compressed_frame_is_decompressed(version):
    packed = zlib.compress(b"\0AIGC\0" + LABEL.encode())
    head, flags = (struct.pack(">I", 99), b"\0\x80") if version == 3 else (safe(99), b"\0\x09")
    structure = read(tag(frame("TXXX", head + packed, version=version, flags=flags), version=version) + SOUND)
    assert structure.values[0].text == LABEL
    assert structure.values[0].is_compressed


def test_an_encrypted_frame_is_a_problem():
    assert codes(tag(frame("TXXX", b"\x01secret", flags=b"\0\x40")) + SOUND) == {"unreadable"}


@pytest.mark.parametrize(("version", "extended"), [(3, struct.pack(">IHI", 6, 0, 0)), (4, safe(6) + b"\1\0")])
def test_an_extended_header_is_passed_over(version, extended):
    data = tag(extended + frame("TIT2", b"\0a", version=version), version=version, flags=0x40) + SOUND
    assert values(data) == {(f"ID3v2.{version}", "TIT2"): "a"}


def test_sizes_that_itunes_wrote_as_plain_numbers_are_tolerated():
    long = b"\0" + b"a" * 299
    wrong = b"TIT2" + struct.pack(">I", len(long)) + b"\0\0" + long
    found = values(tag(wrong + frame("TALB", b"\0b", version=4), version=4) + SOUND)
    assert found == {("ID3v2.4", "TIT2"): "a" * 299, ("ID3v2.4", "TALB"): "b"}


def test_a_tag_with_a_footer_at_the_end_is_read():
    frames = frame("TXXX", b"\0AIGC\0{}", version=4)
    head = tag(frames, version=4, flags=0x10)
    found = values(SOUND + head + b"3DI" + head[3:10])
    assert found == {("ID3v2.4", "TXXX:AIGC"): "{}"}


def test_padding_that_is_not_zero_is_hidden_data():
    data = tag(frame("TIT2", b"\0a") + bytes(20) + b"secret" + bytes(5)) + SOUND
    problem = read(data).problems[0]
    assert (problem.code, problem.size) == ("hidden-data", 6)
    assert data[problem.offset :].startswith(b"secret")


def test_reading_goes_on_behind_a_damaged_frame():
    frames = frame("TIT2", b"\0abc") + b"\x01garbage" + frame("TXXX", b"\0AIGC\0{}")
    assert values(tag(frames) + SOUND)["ID3v2.3", "TXXX:AIGC"] == "{}"
    assert codes(tag(frames) + SOUND) == {"unreadable"}


def test_an_xmp_packet_in_a_private_frame_is_read():
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="A"/></rdf:RDF></x:xmpmeta>'
    )
    found = values(tag(frame("PRIV", b"XMP\0" + packet.encode())) + SOUND)
    assert found["ID3v2.3/XMP/properties", "xmp:CreatorTool"] == "A"


def test_a_tag_inside_of_another_container_stands_in_its_place():
    from forensics.formats.mp3 import id3v2
    from forensics.formats.walk import Limits, Walk

    walk = Walk(io.BytesIO(b"12345" + tag(frame("TIT2", b"\0a"))), Limits())
    part = id3v2(walk, 5, "RIFF")
    assert (part.offset, part.size) == (5, 10 + 12)
    assert [value.place for value in walk.structure("riff", []).values] == ["RIFF/ID3v2.3"]


def ape(items: dict[str, tuple[int, bytes]]) -> bytes:
    body = b"".join(
        struct.pack("<II", len(data), kind << 1) + key.encode() + b"\0" + data for key, (kind, data) in items.items()
    )
    head = struct.pack("<III", 2000, len(body) + 32, len(items))
    return (
        b"APETAGEX"
        + head
        + struct.pack("<I", 5 << 29)
        + bytes(8)
        + body
        + b"APETAGEX"
        + head
        + struct.pack("<I", 1 << 31)
        + bytes(8)
    )


def test_tags_at_the_end_are_read_from_the_last_to_the_first():
    lyrics = b"LYRICSBEGININD0000200INF00004noteEAL00003sea"
    lyrics += f"{len(lyrics):06}LYRICS200".encode()
    first = (
        b"TAG"
        + b"Title".ljust(30)
        + b"Artist".ljust(30, b"\0")
        + bytes(30)
        + b"2003"
        + b"note".ljust(28, b"\0")
        + b"\0\7\x11"
    )
    structure = read(SOUND + ape({"AIGC": (0, LABEL.encode()), "Cover": (1, b"c.png\0abc")}) + lyrics + first)
    found = {(value.place, value.key): value.text for value in structure.values}
    assert found["APEv2", "AIGC"] == LABEL
    assert found["Lyrics3", "INF"] == "note"
    assert found["ID3v1", "title"] == "Title"
    assert found["ID3v1", "track"] == "7"
    assert [part.kind for part in structure.parts] == ["MPEG audio", "APEv2", "Lyrics3v2", "ID3v1"]
    assert structure.parts[1].parts[1].facts["file_name"] == "c.png"
    assert not structure.problems


def test_bytes_between_frames_are_hidden_data():
    data = SOUND + b"something else here" + SOUND
    problem = read(data).problems[0]
    assert (problem.code, problem.offset, problem.size) == ("hidden-data", len(SOUND), 19)


def test_a_last_frame_that_is_cut_off_is_truncated():
    assert codes(SOUND[:-5]) == {"truncated"}


def test_lame_says_its_name_settings_and_delays():
    lame = (
        b"LAME3.100"
        + bytes([0x04, 195])
        + bytes(8)
        + bytes([0, 128])
        + (576 << 12 | 1000).to_bytes(3, "big")
        + bytes(12)
    )
    head = b"Xing" + struct.pack(">III", 11, 1234, 56789) + struct.pack(">I", 78)
    first = (b"\xff\xfb\x90\x64" + bytes(32) + head + lame).ljust(417, b"\0")
    found = values(first + SOUND)
    assert found["Xing", "encoder"] == "LAME3.100"
    assert found["Xing", "frames"] == "1234"
    assert found["Xing", "quality"] == "78"
    assert found["Xing", "lowpass_hz"] == "19500"
    assert (found["Xing", "delay_samples"], found["Xing", "padding_samples"]) == ("576", "1000")


def test_the_header_of_fraunhofer_is_read():
    head = b"VBRI" + struct.pack(">HHH", 1, 0, 75) + struct.pack(">II", 4321, 99)
    first = (b"\xff\xfb\x90\x64" + bytes(32) + head).ljust(417, b"\0")
    assert values(first + SOUND) == {("VBRI", "frames"): "99", ("VBRI", "bytes"): "4321"}


BAD = {
    "empty": b"",
    "three letters": b"ID3",
    "header only": b"ID3\x03\0\0\0\0\0\0",
    "unknown version": b"ID3\x09\0\0\0\0\0\x10" + bytes(16),
    "size past the end": b"ID3\x03\0\0\x7f\x7f\x7f\x7fTIT2" + bytes(10),
    "frame past the tag": tag(b"TIT2\xff\xff\xff\xff\0\0abc"),
    "description without end": tag(frame("TXXX", b"\1A")),
    "empty frames": tag(
        b"".join(frame(name, b"") for name in ("TXXX", "COMM", "APIC", "GEOB", "PRIV", "TIT2", "WXXX"))
    ),
    "ape past the start": SOUND + b"APETAGEX" + struct.pack("<IIII", 2000, 1 << 31, 1 << 31, 0) + bytes(8),
    "lyrics past the start": SOUND + b"999999LYRICS200",
    "nothing but sync": b"\xff" * 100_000,
    "random": random.Random(7).randbytes(200_000),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gives_problems_and_no_error(name):
    start = time.monotonic()
    structure = read(BAD[name])
    assert time.monotonic() - start < 3
    assert structure.format == "mp3"
    assert name in ("empty", "header only", "empty frames") or structure.problems


HOSTILE = {
    "a million frames": tag(frame("TIT2", b"\0") * 190_000),
    "terminators alone": tag(frame("TIT2", b"\0" + b"a\0" * 500_000, version=4), version=4),
    "unsynchronised frames": tag(frame("TXXX", b"\0\0" + b"\xff\0" * 9) * 80_000, flags=0x80),
    "decompression": tag(
        frame("TXXX", safe(1) + zlib.compress(bytes(64 << 20), 9), version=4, flags=b"\0\x09"), version=4
    ),
    "headers that follow none": SOUND + b"\xff\xfb\x91\x64" * 500_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_costs_little(name):
    start = time.monotonic()
    structure = read(HOSTILE[name])
    assert time.monotonic() - start < 8
    assert sum(len(value.data) for value in structure.values) <= 64 << 20


def test_what_exiftool_reads_of_the_samples_is_read(corpus):
    names = {"Title": ("TIT2", "TT2"), "Album": ("TALB", "TAL"), "Artist": ("TPE1", "TP1"), "EncodedBy": ("TENC",)}
    files = sorted(corpus.glob("01-metadata/*/*.mp3"))
    assert files
    for path in files:
        command = ["exiftool", "-j", "-a", "-G1", "-charset", "id3=Latin", str(path)]
        told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)[0]
        found = values(path.read_bytes())
        for name, keys in names.items():
            for place in ("ID3v2_2", "ID3v2_3", "ID3v2_4"):
                if f"{place}:{name}" in told:
                    written = [found.get((place.replace("v2_", "v2."), key)) for key in keys]
                    assert str(told[f"{place}:{name}"]).strip() in [text.strip() for text in written if text]


def test_honest_speech_has_no_problems(corpus):
    files = sorted(corpus.glob("08-speech/*/*.mp3"))
    assert files
    assert {path.name: read(path.read_bytes()).problems for path in files[:20]} == {
        path.name: () for path in files[:20]
    }
