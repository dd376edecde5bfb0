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
