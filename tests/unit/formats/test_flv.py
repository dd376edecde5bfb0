"""Flash Video: tags, the properties of scripts, and what malformed files cost."""

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

from forensics import formats
from forensics.formats import flv
from forensics.formats.walk import Limits, Walk

LABEL = '{"Label":"1","ContentProducer":"001191110000MA01234567"}'
HEAD = b"FLV\1\5" + struct.pack(">I", 9)


def tag(kind: int, content: bytes, *, repeated: int | None = None) -> bytes:
    """Builds a tag with its size repeated behind it."""
    head = bytes([kind]) + len(content).to_bytes(3, "big") + bytes(7)
    return head + content + struct.pack(">I", 11 + len(content) if repeated is None else repeated)


def text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack(">H", len(raw)) + raw


def script(name: str, *members: tuple[str, bytes]) -> bytes:
    """Builds the data of a script: its name and an array with names (AMF 0 specification, section 2.10)."""
    body = b"".join(text(key) + value for key, value in members)
    return b"\2" + text(name) + b"\x08" + struct.pack(">I", len(members)) + body + b"\0\0\x09"


def number(value: float) -> bytes:
    return b"\0" + struct.pack(">d", value)


def whole(*tags: bytes, before: bytes = bytes(4)) -> bytes:
    return HEAD + before + b"".join(tags)


def read(content: bytes, limits: Limits | None = None) -> formats.Structure:
    return formats.read(io.BytesIO(content), "video/x-flv", limits)


def values(structure: formats.Structure) -> list[tuple[str, str, str]]:
    return [(value.place, value.key, value.text) for value in structure.values]


def codes(structure: formats.Structure) -> list[str]:
    return [problem.code for problem in structure.problems]


@pytest.fixture(scope="module")
def media(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("flv") / "clip.flv"
    source = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=1", "-f", "lavfi", "-i", "sine=d=1"]
    codecs = ["-c:v", "libx264", "-c:a", "aac", "-ar", "44100", "-threads", "1"]
    label = ["-metadata", f"AIGC={LABEL}", "-metadata", "title=Titel"]
    subprocess.run(["ffmpeg", "-v", "error", *source, *codecs, *label, str(path)], check=True, timeout=60)
    return path


def parse(path: Path) -> formats.Structure:
    with path.open("rb") as stream:
        return formats.read(stream, "video/x-flv")


def test_a_file_of_a_usual_writer_has_no_problem_and_its_tags_are_counted(media):
    said = subprocess.check_output(
        ["ffprobe", "-v", "error", "-show_entries", "packet=codec_type,size", "-of", "json", str(media)]
    )
    packets = json.loads(said)["packets"]
    structure = parse(media)
    facts = structure.parts[0].facts
    assert codes(structure) == []
    frames = [packet for packet in packets if packet["codec_type"] == "video"]
    assert facts["video_tags"] == len(frames) + 2, "one tag sets the codec up, one ends the stream"
    assert facts["first_video_size"] == int(frames[0]["size"])
    assert (facts["video_codec"], facts["audio_codec"]) == (7, 10)


def test_a_label_among_the_properties_is_read_with_its_offset(media):
    structure = parse(media)
    value = next(value for value in structure.values if value.key == "AIGC")
    assert (value.place, value.text) == ("onMetaData", LABEL)
    assert media.read_bytes()[value.offset : value.offset + value.size] == LABEL.encode()


def test_properties_are_those_that_exiftool_states(media):
    said = json.loads(subprocess.check_output(["exiftool", "-j", "-n", str(media)]))[0]
    found = {key: text for _, key, text in values(parse(media))}
    assert float(found["width"]) == said["ImageWidth"]
    assert found["encoder"] == said["Encoder"]
    assert float(found["duration"]) == said["Duration"]


def test_numbers_flags_dates_and_nested_names_are_spelled():
    nested = b"\3" + text("model") + b"\2" + text("X 1") + b"\0\0\x09"
    date = b"\x0b" + struct.pack(">dh", 1_181_660_591_528.0, -240)
    listed = b"\x0a" + struct.pack(">I", 2) + number(1) + number(2.5)
    content = script("onMetaData", ("w", number(320)), ("on", b"\1\1"), ("d", date), ("o", nested), ("l", listed))
    assert values(read(whole(tag(18, content)))) == [
        ("onMetaData", "w", "320"),
        ("onMetaData", "on", "true"),
        ("onMetaData", "d", "2007-06-12T15:03:11.528Z"),
        ("onMetaData", "o.model", "X 1"),
        ("onMetaData", "l.0", "1"),
        ("onMetaData", "l.1", "2.5"),
    ]


def test_a_packet_of_xmp_in_a_script_is_read():
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Brush 3"/></rdf:RDF></x:xmpmeta>'
    )
    structure = read(whole(tag(18, script("onXMPData", ("liveXML", b"\2" + text(xmp))))))
    assert ("onXMPData/XMP", "xmp", xmp) in values(structure)
    assert ("onXMPData/XMP/properties", "xmp:CreatorTool", "Brush 3") in values(structure)


AUDIO = tag(8, b"\xaf\1sound")
PROBLEMS = {
    "size of the tag before": (whole(tag(8, b"\xaf\1sound", repeated=99), AUDIO), {"bad-checksum"}),
    "behind": (whole(AUDIO) + b"this is behind the last tag", {"trailing-data"}),
    "cut tag": (whole(AUDIO, AUDIO)[:-8], {"past-end"}),
    "size missing": (whole(AUDIO)[:-4], {"truncated"}),
    "unknown type": (whole(AUDIO, tag(21, b"x" * 10), AUDIO), {"unknown-part"}),
    "script cut short": (whole(tag(18, script("onMetaData", ("w", number(1)))[:-8])), {"unreadable"}),
    "long header": (b"FLV\1\5" + struct.pack(">I", 20) + b"hidden text" + bytes(4) + AUDIO, {"hidden-data"}),
    "half a header": (b"FLV\1", {"truncated"}),
    "nothing of it": (b"RIFF" + bytes(40), {"unreadable"}),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_does_not_fit_is_named(name):
    content, expected = PROBLEMS[name]
    assert set(codes(read(content))) == expected


def test_a_header_alone_is_not_whole():
    structure = read(b"FLV\x01\x05\0\0\0\x09\0\0\0\0")
    assert [problem.code for problem in structure.problems] == ["truncated"]
    assert not structure.is_whole


def test_a_size_of_zero_behind_a_tag_is_a_fact_and_no_problem():
    structure = read(whole(tag(18, script("onMetaData"), repeated=0), AUDIO))
    assert codes(structure) == []
    assert structure.parts[0].facts["differing_sizes"] == 1


def test_tags_beyond_the_first_thousand_are_counted_and_scripts_among_them_are_read():
    structure = read(whole(AUDIO * 1500, tag(18, script("onMetaData", ("late", b"\1\1")))))
    assert structure.parts[0].facts["audio_tags"] == 1500
    assert len(structure.parts) == 1 + 1000 + 1
    assert ("onMetaData", "late", "true") in values(structure)


LISTS = b"\2" + text("onMetaData") + b"\x0a\xff\xff\xff\xff"
HOSTILE = {
    "empty": b"",
    "many tags": whole(tag(8, b"x") * 210_000),
    "nested lists": whole(tag(18, LISTS + b"\x0a\0\0\0\1" * 50_000)),
    "long lists": whole(tag(18, LISTS + b"\5" * 900_000) * 10),
    "header of 4 GiB": b"FLV\1\5\xff\xff\xff\xff",
    "endless object": whole(tag(18, b"\2" + text("onMetaData") + b"\3" + text("a") + b"\3" * 1000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_little_and_raise_nothing(name):
    started = time.process_time()
    structure = read(HOSTILE[name])
    assert time.process_time() - started < 5
    assert structure.problems


@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing(content):
    for one in (
        content,
        HEAD + content,
        whole(tag(18, content)),
        whole(tag(18, b"\2" + text("onMetaData") + b"\3" + content)),
    ):
        list(flv.read(Walk(io.BytesIO(one), Limits())))


@given(st.data())
def test_a_changed_or_cut_file_raises_nothing(media, data):
    content = bytearray(media.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, 600))] = data.draw(st.integers(0, 255))
    list(flv.read(Walk(io.BytesIO(bytes(content[: data.draw(st.integers(0, len(content)))])), Limits())))


def test_files_of_the_corpus_state_what_exiftool_reads(corpus):
    path = next(corpus.glob("01-metadata/exiftool/*Flash.flv"))
    said = json.loads(subprocess.check_output(["exiftool", "-j", "-n", str(path)]))[0]
    found = {key: text for _, key, text in values(parse(path))}
    assert found["metadatacreator"] == said["MetadataCreator"]
    assert float(found["framerate"]) == said["FrameRate"]
    assert codes(parse(path)) == []
