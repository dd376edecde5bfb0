"""Matroska and WebM: trees, tags, clusters and checksums, and what malformed files cost."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics import formats
from forensics.formats import matroska
from forensics.formats.walk import Limits, Walk

LABEL = '{"Label":"1","ContentProducer":"001191110000MA01234567"}'
UNKNOWN = b"\x01" + b"\xff" * 7


def element(number: str, content: bytes = b"", size: bytes | None = None) -> bytes:
    """Builds an element with its size in 8 bytes (RFC 8794, section 4)."""
    return bytes.fromhex(number) + (size or (1 << 56 | len(content)).to_bytes(8, "big")) + content


EBML = element("1A45DFA3", element("4282", b"matroska") + element("4287", b"\4"))
INFO = element(
    "1549A966", element("4D80", b"libtest 1") + element("5741", b"tester 2") + element("2AD7B1", b"\x0f\x42\x40")
)
TRACKS = element("1654AE6B", element("AE", element("D7", b"\1") + element("86", b"V_VP9") + element("536E", b"Kamera")))


def block(track: int, payload: bytes) -> bytes:
    return element("A3", bytes([0x80 | track, 0, 0, 0x80]) + payload)


CLUSTER = element(
    "1F43B675", element("E7", b"\0") + block(1, b"frame one") + block(2, b"sound") + block(1, b"frame two")
)


def segment(*content: bytes) -> bytes:
    return EBML + element("18538067", b"".join(content))


def tag(name: str, *content: bytes) -> bytes:
    return element("67C8", element("45A3", name.encode()) + b"".join(content))


def tags(*content: bytes) -> bytes:
    return element("1254C367", element("7373", element("63C0") + b"".join(content)))


def read(content: bytes, limits: Limits | None = None) -> formats.Structure:
    return formats.read(io.BytesIO(content), "video/x-matroska", limits)


def values(structure: formats.Structure) -> list[tuple[str, str, str]]:
    return [(value.place, value.key, value.text) for value in structure.values]


def codes(structure: formats.Structure) -> list[str]:
    return [problem.code for problem in structure.problems]


def parts(structure: formats.Structure, path: str) -> list[formats.Part]:
    return [found for where, found in structure.walk() if where == path]


@pytest.fixture(scope="module")
def media(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("matroska")
    both = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=1", "-f", "lavfi", "-i", "sine=d=1"]
    film = [
        *both,
        "-c:v",
        "libx264",
        "-c:a",
        "aac",
        "-g",
        "5",
        "-metadata",
        f"AIGC={LABEL}",
        "-metadata",
        "title=Titel",
    ]
    web = [*both, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"]
    for name, arguments in {
        "film.mkv": [*film, "-metadata", "creation_time=2024-05-06T07:08:09Z"],
        "web.webm": web,
        "live.webm": [*web, "-live", "1"],
    }.items():
        command = ["ffmpeg", "-v", "error", "-threads", "1", *arguments, str(folder / name)]
        subprocess.run(command, check=True, timeout=60)
    piped = subprocess.run(
        ["ffmpeg", "-v", "error", *film, "-f", "matroska", "pipe:1"], check=True, timeout=60, capture_output=True
    )
    (folder / "piped.mkv").write_bytes(piped.stdout)
    return folder


NAMES = ("film.mkv", "web.webm", "live.webm", "piped.mkv")


def parse(path: Path) -> formats.Structure:
    with path.open("rb") as stream:
        return formats.read(stream, "video/x-matroska")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_a_usual_writer_has_no_problem_and_is_read_to_its_end(media, name):
    structure = parse(media / name)
    assert codes(structure) == []
    assert structure.is_whole
    assert sum(found.size for found in structure.parts) == (media / name).stat().st_size


@pytest.mark.parametrize("name", NAMES)
def test_blocks_are_counted_and_the_first_frames_lie_where_ffprobe_finds_them(media, name):
    said = subprocess.check_output(
        ["ffprobe", "-v", "error", "-show_entries", "packet=stream_index,pos,size", "-of", "json", str(media / name)]
    )
    packets = json.loads(said)["packets"]
    clusters = parts(parse(media / name), "Segment/Cluster")
    assert sum(cluster.facts["blocks"] for cluster in clusters) == len(packets)
    content = (media / name).read_bytes()
    for frame in clusters[0].facts["first_frames"]:
        first = next(packet for packet in packets if packet["stream_index"] == frame["track"] - 1)
        assert frame["size"] == int(first["size"])
        assert content.index(content[frame["offset"] : frame["offset"] + frame["size"]]) == frame["offset"]
        assert 0 < frame["offset"] - int(first["pos"]) < 16


def test_a_label_in_a_tag_is_read_with_its_place_and_offset(media):
    structure = parse(media / "film.mkv")
    value = next(value for value in structure.values if value.key == "AIGC")
    assert (value.place, value.text) == ("Segment/Tags/Tag/SimpleTag", LABEL)
    assert (media / "film.mkv").read_bytes()[value.offset : value.offset + value.size] == LABEL.encode()


def test_programs_title_and_date_are_those_that_exiftool_states(media):
    said = json.loads(subprocess.check_output(["exiftool", "-j", "-s", str(media / "film.mkv")]))[0]
    found = values(parse(media / "film.mkv"))
    assert ("Segment/Info", "MuxingApp", said["MuxingApp"]) in found
    assert ("Segment/Info", "WritingApp", said["WritingApp"]) in found
    assert ("Segment/Info", "Title", "Titel") in found
    assert ("Segment/Info", "DateUTC", "2024-05-06T07:08:09Z") in found
    assert said["DateTimeOriginal"] == "2024:05:06 07:08:09Z"


def test_sizes_and_codecs_are_facts(media):
    structure = parse(media / "film.mkv")
    assert parts(structure, "Segment/Tracks/TrackEntry/Video")[0].facts["PixelWidth"] == 64
    assert [entry.facts["CodecID"] for entry in parts(structure, "Segment/Tracks/TrackEntry")] == [
        "V_MPEG4/ISO/AVC",
        "A_AAC",
    ]
    assert all(seek.facts["is_there"] for seek in parts(structure, "Segment/SeekHead/Seek"))
    assert parts(structure, "Segment/Info")[0].facts["duration_s"] == pytest.approx(1.0, abs=0.1)


def test_nested_and_binary_tags_are_values():
    inner = tag("AIGC", element("4487", LABEL.encode()))
    structure = read(
        segment(INFO, TRACKS, tags(tag("OUTER", element("4487", b"o"), inner), tag("RAW", element("4485", b"\0\1"))))
    )
    place = "Segment/Tags/Tag/SimpleTag"
    found = values(structure)
    assert (f"{place}/SimpleTag", "AIGC", LABEL) in found
    assert (place, "OUTER", "o") in found
    assert [value.data for value in structure.values if value.key == "RAW"] == [b"\0\1"]


def test_names_of_tracks_and_attachments_are_values():
    attached = element(
        "1941A469",
        element("61A7", element("466E", b"note.txt") + element("4660", b"text/plain") + element("465C", b"hello")),
    )
    structure = read(segment(INFO, TRACKS, attached))
    assert ("Segment/Tracks/TrackEntry[1]", "Name", "Kamera") in values(structure)
    assert ("Segment/Attachments/AttachedFile", "FileName", "note.txt") in values(structure)
    facts = parts(structure, "Segment/Attachments/AttachedFile")[0].facts
    assert segment(INFO, TRACKS, attached)[facts["data_offset"] :][: facts["data_bytes"]] == b"hello"


def test_clusters_and_segments_of_unknown_size_end_where_the_next_element_begins():
    cluster = element("1F43B675", size=UNKNOWN) + element("E7", b"\0") + block(1, b"x" * 30)
    content = (
        EBML
        + element("18538067", size=UNKNOWN)
        + INFO
        + TRACKS
        + cluster
        + cluster
        + tags(tag("A", element("4487", b"b")))
    )
    structure = read(content)
    assert [found.size for found in parts(structure, "Segment/Cluster")] == [len(cluster)] * 2
    assert ("Segment/Tags/Tag/SimpleTag", "A", "b") in values(structure)
    assert codes(structure) == []


def checked(number: str, content: bytes, crc: int) -> bytes:
    return element(number, element("BF", struct.pack("<I", crc)) + content)


def test_a_checksum_that_does_not_fit_is_reported_and_one_that_fits_is_not():
    content = element("4D80", b"libtest 1")
    good, bad = zlib.crc32(content), zlib.crc32(content) ^ 1
    assert codes(read(segment(checked("1549A966", content, good), TRACKS))) == []
    assert codes(read(segment(checked("1549A966", content, bad), TRACKS))) == ["bad-checksum"]


PROBLEMS = {
    "content in padding": (segment(INFO, TRACKS, element("EC", b"a message in padding")), {"hidden-data"}),
    "unknown number": (segment(INFO, TRACKS, element("5BAD", b"x")), {"unknown-part"}),
    "cut": (segment(INFO, TRACKS, CLUSTER)[:-10], {"past-end"}),
    "behind": (segment(INFO, TRACKS) + b"behind the segment", {"trailing-data"}),
    "second file": (segment(INFO, TRACKS) + segment(INFO, TRACKS), {"second-file"}),
    "other tracks": (segment(INFO, TRACKS, TRACKS.replace(b"Kamera", b"Anders")), {"duplicate-part"}),
    "two indexes": (segment(INFO, TRACKS, element("1C53BB6B"), element("1C53BB6B")), {"duplicate-part"}),
    "no segment": (EBML, {"truncated"}),
    "between": (segment(INFO, b"\0no element here", TRACKS), {"hidden-data"}),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_does_not_fit_is_named(name):
    content, expected = PROBLEMS[name]
    assert set(codes(read(content))) == expected


def test_the_same_tracks_again_and_empty_padding_are_no_problem():
    assert codes(read(segment(INFO, TRACKS, INFO, TRACKS, element("EC", bytes(100)), CLUSTER))) == []


def test_what_stands_behind_lost_bytes_is_still_read():
    structure = read(segment(INFO, b"\0" * 9, tags(tag("A", element("4487", b"b")))))
    assert ("Segment/Tags/Tag/SimpleTag", "A", "b") in values(structure)


def test_a_seek_entry_that_points_to_something_else_says_so():
    seek = element("114D9B74", element("4DBB", element("53AB", bytes.fromhex("1549A966")) + element("53AC", b"\x05")))
    facts = parts(read(segment(seek, INFO, TRACKS)), "Segment/SeekHead/Seek")[0].facts
    assert (facts["element"], facts["is_there"]) == ("Info", False)


def test_integers_that_json_cannot_hold_stand_as_text():
    tracks = element("1654AE6B", element("AE", element("73C5", b"\xff" * 8)))
    assert parts(read(segment(INFO, tracks)), "Segment/Tracks/TrackEntry")[0].facts["TrackUID"] == str(2**64 - 1)


def test_numbers_that_are_too_long_are_no_numbers():
    info = element("1549A966", element("2AD7B1", b"\1" * 9) + element("4489", struct.pack(">d", float("inf"))))
    seek = element("114D9B74", element("4DBB", element("53AB", b"\x15\x49\xa9\x66") + element("53AC", b"\1" * 9)))
    structure = read(segment(seek, info, TRACKS))
    assert parts(structure, "Segment/Info")[0].facts == {"TimestampScale": None, "Duration": "inf"}


def deep(depth: int) -> bytes:
    inner = b""
    for _ in range(depth):
        inner = element("67C8", inner)
    return segment(INFO, tags(inner))


SMALL = bytes.fromhex("A384") + b"\x81\0\0\0"
HOSTILE = {
    "empty": b"",
    "one byte": b"\x1a",
    "deep tags": deep(2000),
    "many paddings": segment(bytes.fromhex("EC80") * 120_000),
    "many blocks": segment(element("1F43B675", SMALL * 500_000)),
    "many blocks without a size": EBML
    + element("18538067", size=UNKNOWN)
    + element("1F43B675", size=UNKNOWN)
    + SMALL * 460_000,
    "zeros": segment(bytes(8 << 20)),
    "lost again and again": segment((bytes(3) + bytes.fromhex("1254C367")) * 60_000),
    "size of 2^56": EBML + bytes.fromhex("18538067") + b"\x01" + b"\xff" * 6 + b"\xfe" + bytes.fromhex("EC80"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_little_and_raise_nothing(name):
    started = time.process_time()
    structure = read(HOSTILE[name])
    assert time.process_time() - started < 5
    assert structure.problems or name == "many blocks"


def test_blocks_beyond_the_count_are_passed_over_and_later_tags_read():
    many = element("1F43B675", SMALL * 60_000)
    structure = read(segment(INFO, TRACKS, many, CLUSTER, tags(tag("A", element("4487", b"b")))))
    assert "blocks" not in parts(structure, "Segment/Cluster")[1].facts
    assert ("Segment/Tags/Tag/SimpleTag", "A", "b") in values(structure)
    assert structure.is_whole


@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing(content):
    for whole in (content, EBML + content, segment(content), segment(element("1F43B675", content))):
        list(matroska.read(Walk(io.BytesIO(whole), Limits())))


@given(st.data())
def test_a_changed_or_cut_file_raises_nothing(media, data):
    content = bytearray((media / data.draw(st.sampled_from(NAMES))).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, 1500))] = data.draw(st.integers(0, 255))
    list(matroska.read(Walk(io.BytesIO(bytes(content[: data.draw(st.integers(0, len(content)))])), Limits())))


def test_a_film_of_the_corpus_is_read_without_a_problem(corpus):
    structure = parse(next(corpus.glob("01-metadata/container/*10min.mkv")))
    assert codes(structure) == []
    assert structure.values
