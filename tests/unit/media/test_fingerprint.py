"""The form of a fingerprint as bytes, also where the bytes are none."""

from __future__ import annotations

import json
import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.errors import MediaError
from forensics.media.fingerprint import MAGIC, Fingerprint, decode, encode


def made() -> Fingerprint:
    chance = np.random.default_rng(0)
    return Fingerprint(
        width_px=640,
        height_px=360,
        is_still=False,
        duration_s=0.6,
        times_s=np.array([0.0, 0.2, 0.4], np.float32),
        hashes=chance.integers(0, 256, (3, 32), np.uint8),
        qualities=np.array([100, 50, 0], np.uint8),
        small=chance.integers(0, 256, (3, 32, 32), np.uint8),
        marks=np.array([0, 2], np.int32),
        large=chance.integers(0, 256, (2, 64, 64), np.uint8),
        counts=np.array([2, 1], np.int32),
        points=np.array([[0, 0], [65535, 1], [7, 9]], np.uint16),
        codes=chance.integers(0, 256, (3, 32), np.uint8),
    )


def changed(**fields: object) -> bytes:
    """Gives the bytes of a fingerprint with another header."""
    content = encode(made())
    (length,) = struct.unpack_from("<I", content, len(MAGIC))
    header = json.loads(content[len(MAGIC) + 4 : len(MAGIC) + 4 + length])
    lengths = header["lengths"] | fields.pop("lengths", {})
    text = json.dumps({**header, **fields, "lengths": lengths}).encode()
    return MAGIC + struct.pack("<I", len(text)) + text + content[len(MAGIC) + 4 + length :]


WHOLE = encode(made())

INVALID = {
    "nothing": b"",
    "other magic": b"FPRINT9\n" + WHOLE[8:],
    "cut in the header": WHOLE[:40],
    "cut in the arrays": WHOLE[:-1],
    "a byte more": WHOLE + b"\0",
    "header of 4 GB": MAGIC + b"\xff\xff\xff\xff" + WHOLE[12:],
    "header is a list": MAGIC + struct.pack("<I", 2) + b"[]",
    "a billion frames": changed(lengths={"times_s": 10**9}),
    "negative length": changed(lengths={"times_s": -1}),
    "length is a text": changed(lengths={"times_s": "3"}),
    "fewer hashes than frames": changed(lengths={"hashes": 2, "qualities": 35}),
    "no width": changed(width_px=0),
    "width is a text": changed(width_px="x"),
    "endless": changed(duration_s=float("inf")),
    "width is none": changed(width_px=None),
}


def test_what_is_written_is_read_again():
    again = decode(WHOLE)
    assert encode(again) == WHOLE
    assert (again.width_px, again.height_px, again.is_still, again.duration_s) == (640, 360, False, 0.6)
    assert again.points.tolist() == [[0, 0], [65535, 1], [7, 9]]
    assert again.corners(1) == slice(2, 3)
    assert again.time_of(1) == pytest.approx(0.4)


@pytest.mark.parametrize("content", INVALID.values(), ids=INVALID.keys())
def test_other_bytes_are_refused(content):
    with pytest.raises(MediaError, match="no fingerprint"):
        decode(content)


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(rest):
    with pytest.raises(MediaError):
        decode(MAGIC + rest)


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_changes_a_number(place, value):
    content = WHOLE[:place] + bytes([value]) + WHOLE[place + 1 :]
    with suppress(MediaError):
        assert decode(content).small.shape == (3, 32, 32)
