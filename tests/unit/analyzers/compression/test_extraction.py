"""What the process that reads coefficients gives, beside jpeglib and Pillow."""

from __future__ import annotations

import io
import random

import jpeglib
import numpy as np
import pytest
from PIL import Image

from forensics.analyzers.compression import coefficient, extraction
from forensics.errors import MediaError
from tests.unit.analyzers.compression.material import saved, scene, written


@pytest.mark.parametrize("options", [{"subsampling": 0}, {"subsampling": 2}, {"progressive": True}])
def test_coefficients_are_those_that_jpeglib_reads(tmp_path, options):
    path = written(tmp_path, saved(scene(1, (203, 117)), 77, **options))
    found = coefficient.read(path, 10**6, time_limit_s=30)
    expected = jpeglib.read_dct(str(path))
    for frequency, plane in found.planes.items():
        assert (plane == expected.Y[:, :, frequency[0], frequency[1]]).all()
    assert (np.array(found.tables[0]) == expected.get_component_qt(0).ravel()).all()
    assert (found.width_px, found.height_px) == (203, 117)
    assert found.complaints == ""


def test_metadata_is_cut_away_before_native_code_sees_the_file():
    exif = Image.Exif()
    exif[0x010E] = "a note that must not pass"
    content = saved(scene(1), 80, exif=exif, comment=b"nor this one")
    assert b"must not pass" in content
    facts, bare = extraction.strip(content)
    assert b"must not pass" not in bare
    assert b"nor this one" not in bare
    assert facts["coding"] == "baseline"
    with Image.open(io.BytesIO(content)) as one, Image.open(io.BytesIO(bare)) as other:
        assert (np.asarray(one) == np.asarray(other)).all()


def test_random_bytes_are_refused():
    for seed in range(200):
        content = b"\xff\xd8" + random.Random(seed).randbytes(400)
        with pytest.raises(extraction.RefusedError):
            extraction.strip(content)


@pytest.mark.parametrize("content", [b"", b"\xff", b"\xff\xd8", b"\xff\xd8\xff\xda", b"\xff" * 5000])
def test_nothing_is_refused(content):
    with pytest.raises(extraction.RefusedError):
        extraction.strip(content)


def test_an_answer_that_is_cut_off_is_an_error():
    header = {"rows": 2, "columns": 2, "width_px": 16, "height_px": 16, "coding": "baseline", "sampling": [[1, 1]]}
    with pytest.raises(MediaError):
        coefficient.unpack({**header, "tables": [[1] * 64]}, b"\0" * 10, b"")


def segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + (len(body) + 2).to_bytes(2) + body


def frame(height: int, names: bytes = b"\x01\x02\x03") -> bytes:
    """A baseline frame header of three components (ITU-T T.81, B.2.2)."""
    parts = b"".join(bytes([name]) + b"\x11\x00" for name in names)
    return segment(0xC0, b"\x08" + height.to_bytes(2) + (16).to_bytes(2) + bytes([len(names)]) + parts)


SCAN = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + bytes(16)
HIDING = {
    "a second frame header": frame(16) + frame(60000),
    "a length of nothing": frame(16) + b"\xff\xdb\x00\x00" + frame(60000),
    "a frame header with more than its components": segment(0xC0, frame(16)[4:] + frame(60000)),
    "a frame header that is cut off": frame(16)[:8],
}


@pytest.mark.parametrize("name", HIDING)
def test_a_frame_header_that_libjpeg_could_read_otherwise_is_refused(name):
    with pytest.raises(extraction.RefusedError):
        extraction.strip(b"\xff\xd8" + HIDING[name] + SCAN)


@pytest.mark.parametrize("marker", [0x01, 0xDE, 0xDF, 0xF0, 0xFD, 0xCC, 0x02])
def test_segments_that_libjpeg_skips_in_its_own_way_never_reach_it(marker):
    hidden = segment(marker, frame(60000))
    facts, bare = extraction.strip(b"\xff\xd8" + frame(16) + (hidden if marker != 0x01 else b"\xff\x01") + SCAN)
    assert facts["height_px"] == 16
    assert bare == b"\xff\xd8" + frame(16) + SCAN


COLOURS = {
    "names of red, green and blue": (frame(16, b"RGB"), True),
    "the same in a JFIF file": (segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + frame(16, b"RGB"), False),
    "Adobe without a transform": (segment(0xEE, b"Adobe\0\x64\0\0\0\0\0") + frame(16), True),
    "Adobe with one": (segment(0xEE, b"Adobe\0\x64\0\0\0\0\1") + frame(16, b"RGB"), False),
    "usual numbers": (frame(16), False),
}


@pytest.mark.parametrize("name", COLOURS)
def test_colours_are_told_as_libjpeg_tells_them(name):
    content, is_refused = COLOURS[name]
    if is_refused:
        with pytest.raises(extraction.RefusedError, match="colour"):
            extraction.strip(b"\xff\xd8" + content + SCAN)
    else:
        extraction.strip(b"\xff\xd8" + content + SCAN)


@pytest.mark.parametrize("factors", [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1)])
@pytest.mark.parametrize("size", [(1, 1), (17, 31), (64, 65)])
def test_numbers_of_blocks_are_those_of_jpeglib(tmp_path, size, factors):
    pixels = np.asarray(scene(2, (80, 80)).crop((0, 0, *size)))
    path = tmp_path / "a.jpg"
    picture = jpeglib.from_spatial(pixels)
    picture.samp_factor = [[factors[1], factors[0]], [1, 1], [1, 1]]
    picture.write_spatial(str(path), qt=80)
    found = coefficient.read(path, 10**6, time_limit_s=30)
    assert found.planes[0, 1].shape == jpeglib.read_dct(str(path)).Y.shape[:2]
