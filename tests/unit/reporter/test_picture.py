from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from forensics.errors import StoreError
from forensics.reporter import picture
from tests.fakes import snapshots


def made(data):
    return picture.thumbnail(lambda _: io.BytesIO(data), "00")


def saved(image, kind, **more):
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def png_header(width, height):
    """Makes a PNG of a few bytes that claims to be large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    body = zlib.compress(b"\0" * 1000)
    data = b"IDAT" + body
    pack = lambda one: struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one))  # noqa: E731
    return b"\x89PNG\r\n\x1a\n" + pack(chunk) + pack(data) + pack(b"IEND")


def test_a_picture_is_made_smaller_and_keeps_its_shape():
    thumb = made(snapshots.picture(1, size=(1600, 1200)))
    assert (thumb.width, thumb.height) == (360, 270)
    assert Image.open(io.BytesIO(thumb.data)).format == "JPEG"


def test_a_picture_is_turned_as_its_orientation_says():
    # EXIF orientation 6: turn by 90 degrees clockwise, so the white corner at the top left comes to the top right.
    thumb = made(snapshots.picture(1, size=(1600, 1200), orientation=6))
    assert (thumb.width, thumb.height) == (270, 360)
    image = Image.open(io.BytesIO(thumb.data)).convert("L")
    assert image.getpixel((255, 15)) > 240
    assert image.getpixel((15, 15)) < 240


def test_the_same_bytes_give_the_same_picture():
    assert made(snapshots.picture(1)) == made(snapshots.picture(1))


KINDS = {
    "palette": saved(Image.new("P", (50, 50), 3), "GIF"),
    "transparent": saved(Image.new("RGBA", (50, 50), (255, 0, 0, 0)), "PNG"),
    "sixteen bits": saved(Image.new("I;16", (50, 50), 40000), "PNG"),
    "CMYK": saved(Image.new("CMYK", (50, 50)), "JPEG"),
    "black and white": saved(Image.new("1", (50, 50)), "BMP"),
    "floating point": saved(Image.new("F", (50, 50), 0.5), "TIFF"),
    "grey with alpha": saved(Image.new("LA", (50, 50)), "PNG"),
    "one pixel": saved(Image.new("RGB", (1, 1)), "PNG"),
    "very wide": saved(Image.new("RGB", (5000, 1)), "PNG"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_images_of_all_kinds_can_be_shown(kind):
    thumb = made(KINDS[kind])
    assert thumb is not None
    assert 0 < thumb.width <= 360


def test_transparent_becomes_white():
    image = Image.open(io.BytesIO(made(KINDS["transparent"]).data))
    assert min(image.getpixel((25, 25))) > 250


HOSTILE = {
    "empty": b"",
    "random": bytes(range(256)) * 4,
    "truncated": snapshots.picture(1)[:2000],
    "bomb": png_header(60000, 60000),
    "too many pixels": png_header(10000, 6000),
    "claims more than it has": png_header(3000, 3000),
    "vector": b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>',
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_image_or_too_large_gives_none(kind):
    assert made(HOSTILE[kind]) is None


def test_a_blob_that_cannot_be_opened_gives_none():
    def refuse(_):
        raise StoreError("no such blob")

    assert picture.thumbnail(refuse, "00") is None


def test_pillow_settings_are_left_as_they_were():
    before = Image.MAX_IMAGE_PIXELS
    made(HOSTILE["bomb"])
    assert before == Image.MAX_IMAGE_PIXELS


def test_a_qr_code_has_its_three_finder_patterns():
    # ISO/IEC 18004, 6.3.3: a 7 by 7 pattern at three corners.
    rows = picture.dots("17:" + "ab" * 32)
    finder = [
        [abs(x - 3) == 3 or abs(y - 3) == 3 or (abs(x - 3) <= 1 and abs(y - 3) <= 1) for x in range(7)]
        for y in range(7)
    ]
    for y, x in ((0, 0), (0, len(rows) - 7), (len(rows) - 7, 0)):
        assert [list(row[x : x + 7]) for row in rows[y : y + 7]] == finder
    assert len(rows) == len(rows[0]) == (len(rows) - 17) // 4 * 4 + 17


def test_a_picture_is_made_once_for_each_size():
    opened = []

    def blob(sha256):
        opened.append(sha256)
        return io.BytesIO(saved(Image.new("RGB", (1280, 800), "white"), "PNG"))

    pictures = picture.Thumbnails(blob)
    small, large = pictures.get("aa"), pictures.get("aa", is_large=True)
    assert (small.width, small.height) == (360, 225)
    assert large.width == 900
    assert abs(large.height - 900 * 800 / 1280) < 1
    assert pictures.get("aa") is small
    assert pictures.get("aa", is_large=True) is large
    assert opened == ["aa", "aa"]


def test_a_picture_that_cannot_be_made_is_not_tried_again():
    opened = []

    def blob(sha256):
        opened.append(sha256)
        return io.BytesIO(b"no picture")

    pictures = picture.Thumbnails(blob)
    assert pictures.get("aa") is None
    assert pictures.get("aa") is None
    assert opened == ["aa"]
