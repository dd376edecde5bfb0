"""GIF files: frames, comments, application extensions, and what stands behind the trailer."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from forensics import formats

HEAD = b"GIF89a\x02\0\x02\0\0\0\0"
IMAGE = b"\x2c\0\0\0\0\x02\0\x02\0\0\x02\x02\x4c\x01\0"
PACKET = (
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    b"<rdf:Description xmlns:T='http://www.tc260.org.cn/ns/AIGC/1.0/' T:AIGC='{}'/></rdf:RDF></x:xmpmeta>"
)
MAGIC = b"\x01" + bytes(range(255, -1, -1)) + b"\0"


def application(name: bytes, data: bytes) -> bytes:
    return b"\x21\xff\x0b" + name + data


def read(data: bytes):
    return formats.read(io.BytesIO(data), "image/gif")


def codes(found) -> list[str]:
    return [problem.code for problem in found.problems]


def text(found) -> dict[str, str]:
    return {f"{value.place}/{value.key}": value.text for value in found.values}


def test_the_frames_of_an_animation_are_counted():
    stream = io.BytesIO()
    frames = [Image.new("L", (8, 9), shade) for shade in (0, 100, 200)]
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=200, loop=0, comment=b"hello")
    found = read(stream.getvalue())
    assert found.parts[0].facts == {"version": "89a", "width_px": 8, "height_px": 9}
    assert found.parts[-1].facts == {"frames": 3}
    assert [part.facts["delay_s"] for part in found.parts if part.kind == "GraphicControl"] == [0.2] * 3
    assert [part.facts for part in found.parts if part.kind == "Application"] == [{"id": "NETSCAPE2.0", "loops": 0}]
    assert text(found) == {"Comment/comment": "hello"}
    assert found.problems == ()


def test_blocks_follow_each_other_without_a_gap():
    data = HEAD + application(b"ABCDEFGH1.0", b"\x03abc\0") + IMAGE + b";"
    at = 0
    for part in read(data).parts:
        assert part.offset == at
        at += part.size
    assert at == len(data)


def test_an_xmp_packet_is_read_where_it_stands():
    data = HEAD + application(b"XMP DataXMP", PACKET + MAGIC) + IMAGE + b";"
    found = read(data)
    assert text(found)["Application/XMP DataXMP/xmp"] == PACKET.decode()
    assert text(found)["Application/XMP DataXMP/properties/TC260:AIGC"] == "{}"
    assert found.values[0].offset == data.index(PACKET)
    assert found.problems == ()


def test_an_xmp_packet_in_sub_blocks_is_read_too():
    blocks = b"".join(bytes([len(PACKET[at : at + 255])]) + PACKET[at : at + 255] for at in range(0, len(PACKET), 255))
    data = HEAD + application(b"XMP DataXMP", blocks + b"\0") + IMAGE + b";"
    found = read(data)
    (value,) = [value for value in found.values if value.key == "TC260:AIGC"]
    assert value.text == "{}"
    assert data[value.offset : value.offset + 2] == b"{}"


def test_an_application_that_is_not_known_is_a_value():
    found = read(HEAD + application(b"ABCDEFGH1.0", b"\x03abc\0") + IMAGE + b";")
    assert text(found) == {"Application/ABCDEFGH1.0/ABCDEFGH1.0": "abc"}


FAULTS = {
    "no trailer": (HEAD + IMAGE, ["truncated"]),
    "cut within a frame": (HEAD + IMAGE[:12], ["truncated", "truncated"]),
    "bytes behind": (HEAD + IMAGE + b";some text", ["trailing-data"]),
    "archive behind": (HEAD + IMAGE + b";PK\x03\x04" + bytes(30), ["trailing-data", "second-file"]),
    "zeros behind": (HEAD + IMAGE + b";\0\0\0", []),
    "no block": (HEAD + b"\x99" + IMAGE, ["unreadable"]),
    "unknown extension": (HEAD + b"\x21\x55\x01a\0" + IMAGE + b";", ["unknown-part"]),
    "identifier of another length": (HEAD + b"\x21\xff\x03abc\0" + IMAGE + b";", ["unreadable"]),
    "empty": (b"", ["unreadable"]),
    "only a signature": (b"GIF89a", ["unreadable"]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_reported(name):
    data, expected = FAULTS[name]
    assert codes(read(data)) == expected


def test_many_small_blocks_cost_little():
    start = time.process_time()
    assert "limit" in codes(read(HEAD + b"\x21\xfe" + b"\x01a" * 5_000_000))
    assert "limit" in codes(read(HEAD + b"\x21\xfe\0" * 300_000))
    assert time.process_time() - start < 5


@given(st.binary(max_size=300))
def test_random_bytes_do_no_harm(data):
    read(HEAD + data)
