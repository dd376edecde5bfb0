"""TIFF files and EXIF blocks: values, names, byte orders, and what malformed ones cost."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from forensics import formats
from forensics.formats import tiff
from forensics.formats.walk import LimitReachedError, Limits, Walk

ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 2, 3, 4, 5, 7


def directory(order: str, at: int, entries: list[tuple[int, int, int, bytes]], after: int = 0) -> bytes:
    """Builds a directory at an offset of the block, its long values behind it."""
    data, tail = struct.pack(f"{order}H", len(entries)), b""
    behind = at + 2 + 12 * len(entries) + 4
    for tag, kind, count, value in entries:
        if len(value) <= 4:
            field = value.ljust(4, b"\0")
        else:
            field = struct.pack(f"{order}I", behind + len(tail))
            tail += value
        data += struct.pack(f"{order}HHI", tag, kind, count) + field
    return data + struct.pack(f"{order}I", after) + tail


def block(*entries: tuple[int, int, int, bytes], order: str = "<") -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}I", 8) + directory(order, 8, list(entries))


def text(tag: int, value: bytes) -> tuple[int, int, int, bytes]:
    return tag, ASCII, len(value), value


def read(data: bytes, place: str = "APP1/Exif", base: int = 0):
    walk = Walk(io.BytesIO(bytes(base) + data), Limits())
    parts = tiff.ifds(walk, base, len(data), place)
    return walk.structure("tiff", list(parts))


def values(structure) -> dict[str, str]:
    return {f"{value.place}/{value.key}": value.text for value in structure.values}


@pytest.mark.parametrize("order", ["<", ">"])
def test_values_are_read_in_both_byte_orders(order):
    found = read(
        block(
            text(0x010F, b"Maker\0"),
            (0x0112, SHORT, 1, struct.pack(f"{order}H", 6)),
            (0x011A, RATIONAL, 1, struct.pack(f"{order}II", 72, 1)),
            order=order,
        )
    )
    assert values(found) == {
        "APP1/Exif/IFD0/Make": "Maker",
        "APP1/Exif/IFD0/Orientation": "6",
        "APP1/Exif/IFD0/XResolution": "72/1",
    }
    assert found.problems == ()


def test_a_value_has_its_offset_in_the_file():
    data = block(text(0x0131, b"Some program 1.0\0"))
    (value,) = read(data, base=1000).values
    assert value.offset == 1000 + data.index(b"Some program")
    assert value.size == 17


def test_a_tag_without_a_name_has_its_number():
    assert values(read(block((0xFDE9, SHORT, 1, b"\1\0")))) == {"APP1/Exif/IFD0/0xfde9": "1"}


def test_exif_gps_and_thumbnail_directories_have_their_places():
    exif = Image.Exif()
    exif[0x8769] = {0x9003: "2024:01:02 03:04:05"}
    exif[0x8825] = {0x001D: "2024:01:02"}
    found = values(read(exif.tobytes()))
    assert found["APP1/Exif/ExifIFD/DateTimeOriginal"] == "2024:01:02 03:04:05"
    assert found["APP1/Exif/GPS/GPSDateStamp"] == "2024:01:02"


def test_the_mark_of_exif_before_the_block_is_passed_over():
    assert values(read(b"Exif\0\0" + block(text(0x0110, b"M1\0")))) == {"APP1/Exif/IFD0/Model": "M1"}


def test_the_thumbnail_is_a_part_with_its_place():
    first = directory("<", 8, [text(0x010F, b"A\0")], after=26)
    picture = b"\xff\xd8\xff\xd9"
    second = directory("<", 26, [(0x0201, LONG, 1, struct.pack("<I", 56)), (0x0202, LONG, 1, struct.pack("<I", 4))])
    data = b"II*\0\x08\0\0\0" + first + second + picture
    assert data[56:60] == picture
    (part,) = [part for path, part in read(data, base=100).walk() if path == "IFD1/thumbnail"]
    assert (part.offset, part.size, part.facts["is_jpeg"]) == (156, 4, True)


COMMENT = '{"AIGC":{"Label":"1","ContentProducer":"示例"}}'


@pytest.mark.parametrize(
    ("order", "code", "data"),
    [
        ("<", b"ASCII\0\0\0", COMMENT.encode()),
        ("<", b"UNICODE\0", COMMENT.encode("utf-16-le")),
        (">", b"UNICODE\0", COMMENT.encode("utf-16-be")),
        ("<", b"UNICODE\0", COMMENT.encode("utf-16-be")),
        (">", b"UNICODE\0", COMMENT.encode("utf-16-le")),
        (">", b"UNICODE\0", COMMENT.encode("utf-16")),
        ("<", b"UNICODE\0", COMMENT.replace("示例", "ABCD").encode()),
        ("<", bytes(8), COMMENT.encode()),
        ("<", b"JIS\0\0\0\0\0", "写真".encode("iso2022_jp")),
        ("<", b"", COMMENT.encode()),
    ],
)
def test_a_user_comment_is_read_by_its_code_and_by_what_it_says(order, code, data):
    """Exif 3.0, table 9; writers mistake the byte order, so the text itself decides."""
    exif = directory(order, 26, [(0x9286, UNDEFINED, len(code + data), code + data)])
    head = b"II*\0\x08\0\0\0" if order == "<" else b"MM\0*\0\0\0\x08"
    first = directory(order, 8, [(0x8769, LONG, 1, struct.pack(f"{order}I", 26))])
    (value,) = [value for value in read(head + first + exif).values if value.key == "UserComment"]
    expected = {b"JIS": "写真"}.get(code[:3], COMMENT)
    assert value.text in {expected, expected.replace("示例", "ABCD")}


def test_a_comment_that_is_no_text_stays_bytes():
    data = bytes(8) + b"\x01\x02\x03\x04"
    (value,) = read(block((0x9286, UNDEFINED, 12, data))).values
    assert (value.encoding, value.data) == ("", data[8:])


def test_texts_of_windows_are_utf16_of_the_least_significant_byte_first():
    data = "标题\0".encode("utf-16-le")
    found = read(block((0x9C9B, 1, len(data), data), order=">"))
    assert values(found) == {"APP1/Exif/IFD0/XPTitle": "标题"}


def test_xmp_and_iptc_in_a_tiff_file_are_read(tmp_path):
    path = tmp_path / "a.tif"
    Image.new("L", (8, 8)).save(path)
    subprocess.run(
        ["exiftool", "-q", "-overwrite_original", "-XMP-xmp:CreatorTool=Tool", "-IPTC:By-line=Someone", str(path)],
        check=True,
    )
    with path.open("rb") as stream:
        found = formats.read(stream, "image/tiff")
    assert values(found)["IFD0/XMP/properties/xmp:CreatorTool"] == "Tool"
    assert values(found)["IFD0/IPTC/2:80"] == "Someone"
    assert found.problems == ()


def test_offsets_agree_with_exiftool(tmp_path):
    path = tmp_path / "a.tif"
    Image.new("RGB", (16, 16)).save(path, software="Some program with a long name", compression="raw")
    answer = subprocess.check_output(["exiftool", "-j", "-G1", "-n", "-Software", "-StripOffsets", str(path)])
    with path.open("rb") as stream:
        found = formats.read(stream, "image/tiff")
    assert values(found)["IFD0/Software"] == json.loads(answer)[0]["IFD0:Software"]
    assert values(found)["IFD0/StripOffsets"] == str(json.loads(answer)[0]["IFD0:StripOffsets"])
    (value,) = [value for value in found.values if value.key == "Software"]
    assert path.read_bytes()[value.offset :].startswith(b"Some program with a long name")


def test_each_page_of_a_tiff_file_is_a_part(tmp_path):
    path = tmp_path / "a.tif"
    pages = [Image.new("L", (8, 8)) for _ in range(3)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    with path.open("rb") as stream:
        found = formats.read(stream, "image/tiff")
    assert [part.kind for part in found.parts if part.kind != "padding"] == ["IFD0", "IFD1", "IFD2"]
    assert found.problems == ()


def test_bytes_behind_a_tiff_file_are_reported(tmp_path):
    stream = io.BytesIO()
    Image.new("L", (64, 64)).save(stream, "TIFF")
    size = stream.seek(0, io.SEEK_END)
    stream.write(b"PK\x03\x04" + b"more" * 20)
    found = formats.read(stream, "image/tiff")
    assert [(problem.code, problem.offset) for problem in found.problems] == [
        ("trailing-data", size),
        ("second-file", size),
    ]


def test_a_tiff_file_whose_picture_is_cut_off_is_reported():
    stream = io.BytesIO()
    Image.new("L", (64, 64)).save(stream, "TIFF")
    data = stream.getvalue()
    assert [problem.code for problem in formats.read(io.BytesIO(data[:-100]), "image/tiff").problems] == ["past-end"]


def test_bigtiff_is_read(tmp_path):
    stream = io.BytesIO()
    Image.new("L", (8, 8)).save(stream, "TIFF", big_tiff=True, software="Big")
    found = formats.read(stream, "image/tiff")
    assert values(found)["IFD0/Software"] == "Big"
    assert found.problems == ()


def test_long_arrays_are_cut_with_their_number():
    found = read(block((0x0111, LONG, 100, struct.pack("<100I", *range(100)))))
    assert values(found)["APP1/Exif/IFD0/StripOffsets"].endswith("62 63 … (100)")
    assert found.is_whole


def test_a_directory_that_points_to_itself_is_read_once():
    data = b"II*\0\x08\0\0\0" + directory("<", 8, [text(0x010F, b"A\0")], after=8)
    found = read(data)
    assert len(found.parts) == 1
    assert [problem.code for problem in found.problems] == ["unreadable"]


def test_a_value_outside_of_the_block_is_reported():
    data = b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x010F, ASCII, 100, 0xFFFFFF00, 0)
    assert [problem.code for problem in read(data).problems] == ["past-end"]


def test_65535_entries_cost_little_and_more_than_that_are_a_limit():
    row = struct.pack("<HHII", 0x0100, SHORT, 1, 5)
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", 0xFFFF) + row * 0xFFFF + bytes(4)
    start = time.process_time()
    with pytest.raises(LimitReachedError):
        read(data)
    assert time.process_time() - start < 1


BAD = {
    "empty": b"",
    "no header": b"nothing at all",
    "only a header": b"II*\0",
    "directory outside": b"II*\0\xff\xff\xff\x7f",
    "entries cut off": b"II*\0\x08\0\0\0\x05\0" + bytes(20),
    "types that do not exist": block((0x010F, 99, 1, b"\1\2\3\4")),
}


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_block_is_a_problem(name):
    assert read(BAD[name]).problems


@given(st.binary(max_size=400))
def test_random_bytes_behind_a_header_do_no_harm(data):
    read(b"MM\0*\0\0\0\x08" + data)
