"""JPEG files: segments, tables, metadata in pieces, and what stands behind the picture."""

from __future__ import annotations

import hashlib
import io
import random
import struct
import subprocess
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from forensics import formats

TYPE = "image/jpeg"


def picture(size: tuple[int, int] = (64, 48), **settings) -> bytes:
    stream = io.BytesIO()
    noise = random.Random(1).randbytes(size[0] * size[1] * 3)
    Image.frombytes("RGB", size, noise).save(stream, "JPEG", **settings)
    return stream.getvalue()


PLAIN = picture(quality=80)


def segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def with_segments(*segments: bytes, behind: bytes = b"", plain: bytes = PLAIN) -> bytes:
    """Puts segments behind the start of the image."""
    return plain[:2] + b"".join(segments) + plain[2:] + behind


def read(data: bytes):
    return formats.read(io.BytesIO(data), TYPE)


def codes(found) -> list[str]:
    return [problem.code for problem in found.problems]


def one(found, kind: str):
    (part,) = [part for part in found.parts if part.kind == kind]
    return part


def text(found) -> dict[str, str]:
    return {f"{value.place}/{value.key}": value.text for value in found.values}


def test_parts_follow_each_other_without_a_gap():
    found = read(PLAIN)
    at = 0
    for part in found.parts:
        assert part.offset == at
        at += part.size
    assert at == len(PLAIN)
    assert [part.kind for part in found.parts][:3] == ["SOI", "APP0", "DQT"]
    assert [part.kind for part in found.parts][-3:] == ["SOS", "ECS", "EOI"]
    assert found.problems == ()


def test_quantization_tables_are_in_zigzag_order():
    expected = Image.open(io.BytesIO(PLAIN)).quantization
    tables = [table for part in read(PLAIN).parts if part.kind == "DQT" for table in part.facts["tables"]]
    assert [table["id"] for table in tables] == [0, 1]
    raw = PLAIN.index(b"\xff\xdb") + 5
    assert tables[0]["values"] == list(PLAIN[raw : raw + 64])
    assert sorted(tables[1]["values"]) == sorted(expected[1])


@pytest.mark.parametrize(
    ("settings", "subsampling"), [(0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")], ids=["444", "422", "420"]
)
def test_the_frame_header_tells_size_and_subsampling(settings, subsampling):
    frame = one(read(picture((70, 50), subsampling=settings)), "SOF0")
    assert (frame.facts["width_px"], frame.facts["height_px"]) == (70, 50)
    assert (frame.facts["process"], frame.facts["subsampling"]) == ("baseline", subsampling)


def test_a_huffman_table_has_the_digest_of_its_bytes():
    """The standard's table K.3: 12 symbols, 0 to 11 (ITU-T T.81, annex K.3)."""
    counts = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    tables = [table for part in read(PLAIN).parts if part.kind == "DHT" for table in part.facts["tables"]]
    (luma,) = [table for table in tables if (table["class"], table["id"]) == ("DC", 0)]
    assert (luma["counts"], luma["symbols"]) == (list(counts), 12)
    assert luma["sha256"] == hashlib.sha256(counts + bytes(range(12))).hexdigest()


def test_a_progressive_picture_has_several_scans():
    found = read(picture(progressive=True))
    kinds = [part.kind for part in found.parts]
    assert kinds.count("SOS") == kinds.count("ECS") == 10
    assert one(found, "SOF2").facts["process"] == "progressive"
    assert found.problems == ()


def test_restart_markers_are_counted():
    found = read(picture(restart_marker_rows=1))
    (data,) = [part for part in found.parts if part.kind == "ECS"]
    expected = sum(picture(restart_marker_rows=1).count(bytes([0xFF, 0xD0 + number])) for number in range(8))
    assert data.facts == {"restart_markers": expected, "restarts_in_order": True}
    assert one(found, "DRI").facts["restart_interval"] > 0


def test_exif_jfif_comment_and_adobe_are_read():
    exif = Image.Exif()
    exif[0x0131] = "Program"
    found = read(picture(exif=exif, comment=b"a comment"))
    assert text(found)["APP1/Exif/IFD0/Software"] == "Program"
    assert text(found)["COM/comment"] == "a comment"
    assert one(found, "APP0").facts == {
        "id": "JFIF",
        "version": "1.01",
        "density_unit": "none",
        "x_density": 1,
        "y_density": 1,
        "thumbnail_width_px": 0,
        "thumbnail_height_px": 0,
    }
    adobe = read(with_segments(segment(0xEE, b"Adobe\0\x64\xc0\0\0\0\1")))
    assert one(adobe, "APP14").facts == {"id": "Adobe", "version": 100, "flags0": 0xC000, "flags1": 0, "transform": 1}


def test_iptc_of_exiftool_is_read_with_its_digest(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(PLAIN)
    subprocess.run(
        ["exiftool", "-q", "-overwrite_original", "-IPTC:Credit=Made with X", "-IPTCDigest=new", str(path)], check=True
    )
    found = read(path.read_bytes())
    assert text(found)["APP13/IPTC/2:110"] == "Made with X"
    facts = [part.facts for path, part in found.walk() if path == "APP13/8BIM"]
    assert [row["id"] for row in facts] == ["0x0404", "0x0425"]
    assert facts[1]["is_current"] is True


XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
RDF = b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description %s/></rdf:RDF>"
TOOL = RDF % b"xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:CreatorTool='T'"


def pieces(packet: bytes, digest: bytes, size: int) -> list[bytes]:
    """Builds the segments of an extended packet in pieces of a size."""
    head = EXTENSION + digest + struct.pack(">I", len(packet))
    return [segment(0xE1, head + struct.pack(">I", at) + packet[at : at + size]) for at in range(0, len(packet), size)]


def test_extended_xmp_is_joined_in_any_order():
    digest = hashlib.md5(TOOL).hexdigest().upper().encode()
    found = read(with_segments(*reversed(pieces(TOOL, digest, 50))))
    assert text(found)["APP1/XMP/extended/properties/xmp:CreatorTool"] == "T"
    (value,) = [value for value in found.values if value.key == "xmp:CreatorTool"]
    data = with_segments(*reversed(pieces(TOOL, digest, 50)))
    assert data[value.offset : value.offset + 1] == b"T"
    assert found.problems == ()


def test_extended_xmp_with_another_digest_or_a_gap_is_reported():
    assert codes(read(with_segments(*pieces(TOOL, b"0" * 32, 50)))) == ["bad-checksum"]
    digest = hashlib.md5(TOOL).hexdigest().upper().encode()
    assert "missing-part" in codes(read(with_segments(*pieces(TOOL, digest, 50)[:-1])))


def test_a_colour_profile_in_pieces_is_described():
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    half = len(profile) // 2
    found = read(
        with_segments(
            segment(0xE2, b"ICC_PROFILE\0\1\2" + profile[:half]), segment(0xE2, b"ICC_PROFILE\0\2\2" + profile[half:])
        )
    )
    first, second = [part.facts for part in found.parts if part.kind == "APP2"]
    assert first["profile"]["size"] == len(profile)
    assert first["profile"]["description"] == "sRGB built-in"
    assert (second["piece"], second["pieces"]) == (2, 2)
    assert found.problems == ()


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def test_a_jumbf_box_in_pieces_is_joined():
    uuid = b"c2pa" + bytes.fromhex("00110010800000aa00389b71")
    whole = box(b"jumb", box(b"jumd", uuid + b"\x03c2pa\0") + box(b"json", b"x" * 300))
    head, body = whole[:8], whole[8:]
    first = segment(0xEB, b"JP\0\1" + struct.pack(">I", 1) + head + body[:100])
    second = segment(0xEB, b"JP\0\1" + struct.pack(">I", 2) + head + body[100:])
    data = with_segments(first, second)
    found = read(data)
    parts = dict(found.walk())
    assert parts["APP11/jumb"].facts == {"type": "c2pa", "label": "c2pa"}
    assert parts["APP11/jumb/json"].size == 308
    assert data[parts["APP11/jumb/json"].offset + 4 :].startswith(b"json")
    assert found.problems == ()


def mpf(offset: int, size: int) -> bytes:
    """Builds an index of two pictures; the offset counts from its TIFF header."""
    rows = struct.pack(">III4x", 0x030000, 100, 0) + struct.pack(">III4x", 0x020002, size, offset)
    entries = struct.pack(">HHI4s", 0xB000, 7, 4, b"0100") + struct.pack(">HHII", 0xB001, 4, 1, 2)
    entries += struct.pack(">HHII", 0xB002, 7, 32, 50)
    return segment(0xE2, b"MPF\0MM\0*\0\0\0\x08" + struct.pack(">H", 3) + entries + bytes(4) + rows)


def test_pictures_of_the_index_are_no_trailing_data():
    header = 2 + 4 + 4
    index = mpf(len(PLAIN) + len(mpf(0, 0)) - header, len(PLAIN))
    found = read(with_segments(index, behind=PLAIN))
    image = one(found, "MPImage")
    assert (image.size, image.facts["type"], image.facts["is_jpeg"]) == (len(PLAIN), "disparity", True)
    assert image.offset == len(PLAIN) + len(index)
    assert found.problems == ()


def test_a_picture_that_the_index_names_and_that_is_not_there_is_reported():
    assert codes(read(with_segments(mpf(10_000_000, 5)))) == ["missing-part"]


CLIP = box(b"ftyp", b"mp42\0\0\0\0") + box(b"moov", b"") + box(b"mdat", b"\1" * 50)
MOTION = segment(
    0xE1, XMP + RDF % b"xmlns:G='http://ns.google.com/photos/1.0/camera/' G:MotionPhoto='1' G:MotionPhotoVersion='1'"
)


def test_the_clip_of_a_motion_photo_is_named():
    found = read(with_segments(MOTION, behind=CLIP))
    part = one(found, "motion-photo")
    assert (part.size, part.facts["is_declared"]) == (len(CLIP), True)
    assert found.problems == ()


def test_a_clip_that_nothing_announces_is_trailing_data():
    found = read(PLAIN + CLIP)
    assert one(found, "motion-photo").facts["is_declared"] is False
    assert codes(found) == ["trailing-data"]


def test_a_picture_and_a_clip_that_xmp_lists_are_no_trailing_data():
    """As Google's Ultra HDR format has it: the items follow the picture in the order of the list."""
    item = (
        "<rdf:li rdf:parseType='Resource'><C:Item xmlns:I='http://ns.google.com/photos/1.0/container/item/' "
        "I:Mime='{}' I:Semantic='{}' I:Length='{}'/></rdf:li>"
    )
    items = [
        ("image/jpeg", "Primary", 0),
        ("image/jpeg", "GainMap", len(PLAIN)),
        ("video/mp4", "MotionPhoto", len(CLIP)),
    ]
    rows = "".join(item.format(*row) for row in items)
    packet = (
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
        "xmlns:C='http://ns.google.com/photos/1.0/container/'><C:Directory><rdf:Seq>"
        f"{rows}</rdf:Seq></C:Directory></rdf:Description></rdf:RDF>"
    )
    found = read(with_segments(segment(0xE1, XMP + packet.encode()), behind=PLAIN + CLIP))
    assert one(found, "listed-image").size == len(PLAIN)
    assert one(found, "motion-photo").size == len(CLIP)
    assert found.problems == ()


def test_samsungs_trailer_is_taken_apart():
    """As ExifTool's Samsung.pm describes it."""
    block = struct.pack("<HHI", 0, 0x0A01, 14) + b"Image_UTC_Data" + b"1700000000000"
    directory = b"SEFH" + struct.pack("<II", 101, 1) + struct.pack("<HHII", 0, 0x0A01, len(block), len(block))
    found = read(PLAIN + block + directory + struct.pack("<I", len(directory)) + b"SEFT")
    part = one(found, "SEFT")
    assert (part.offset, part.offset + part.size) == (len(PLAIN), found.size)
    assert text(found)["SEFT/Image_UTC_Data"] == "1700000000000"
    assert found.problems == ()


BEHIND = {
    "archive": (b"PK\x03\x04" + b"zip" * 20, ["second-file", "trailing-data"]),
    "picture": (PLAIN, ["second-file", "trailing-data"]),
    "text": (b"a text", ["trailing-data"]),
    "unknown": (b"\x01\x02\x03\x04", ["trailing-data"]),
    "zeros": (bytes(512), []),
}


@pytest.mark.parametrize("name", BEHIND)
def test_what_stands_behind_the_picture_is_reported(name):
    data, expected = BEHIND[name]
    found = read(PLAIN + data)
    assert sorted(codes(found)) == expected
    assert all(problem.offset == len(PLAIN) for problem in found.problems)


FAULTS = {
    "no end": (PLAIN[:-2], "truncated"),
    "cut within a segment": (PLAIN[:100], "past-end"),
    "cut within a header": (PLAIN[:2] + b"\xff\xe0\x00", "truncated"),
    "second start": (with_segments(b"\xff\xd8"), "duplicate-part"),
    "length of a segment too small": (with_segments(b"\xff\xe5\0\1"), "unreadable"),
    "bytes between segments": (with_segments(segment(0xE5, b"x") + b"\0\0\0"), "hidden-data"),
    "marker without a meaning": (with_segments(segment(0x02, b"x")), "unknown-part"),
    "bytes before the image": (b"\0\0\0" + PLAIN, "leading-data"),
    "not at all": (b"\xff\xd8", "missing-part"),
    "quantization table cut": (with_segments(segment(0xDB, b"\0" + bytes(60))), "unreadable"),
    "two EXIF blocks": (
        with_segments(*[segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\1\0\0\0\0\0\0\0")] * 2),
        "duplicate-part",
    ),
    "empty": (b"", "missing-part"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_reported(name):
    data, expected = FAULTS[name]
    assert expected in codes(read(data))


def test_damage_in_the_picture_is_reported():
    start = PLAIN.index(b"\xff\xda") + 40
    found = read(PLAIN[:start] + b"\xff\x42" + PLAIN[start:])
    assert codes(found) == ["unreadable"]
    assert [part.facts["unexpected_markers"] for part in found.parts if part.kind == "ECS"] == [1]


HOSTILE = {
    "many segments": PLAIN[:2] + segment(0xE5, b"") * 200_000,
    "fill bytes": PLAIN[:2] + b"\xff" * 8_000_000 + PLAIN[2:],
    "many pieces": PLAIN[:2] + segment(0xEB, b"JP\0\1\0\0\0\1" + bytes(8)) * 30_000,
    "markers in the data": PLAIN[:-2] + b"\xff\x42" * 1_000_000 + PLAIN[-2:],
    "many starts": b"\xff\xd8\xff" + b"\xd8\xff" * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_little(name):
    start = time.process_time()
    assert read(HOSTILE[name]).problems or name == "fill bytes"
    assert time.process_time() - start < 6


@given(st.binary(max_size=600), st.integers(0, len(PLAIN) - 1))
def test_random_bytes_do_no_harm(data, at):
    read(PLAIN[:at] + data + PLAIN[at:])
    read(b"\xff\xd8\xff" + data)


def test_cameras_files_have_few_problems(corpus):
    """Of the photos of cameras and phones, none is damaged; those of the parser's own tests are left out."""
    folders = [corpus / "07-genuine-photos", corpus / "01-metadata" / "exif-samples"]
    files = sorted(path for folder in folders for path in folder.rglob("*.jp*g"))
    for path in files:
        with path.open("rb") as stream:
            found = formats.read(stream, TYPE)
        assert found.is_whole, path.name
        assert set(codes(found)) <= {"trailing-data"}, path.name
