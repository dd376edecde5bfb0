"""Small pictures of stored images, made within bounds whatever the file holds; and QR codes as dots."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from forensics.errors import ForensicsError

if TYPE_CHECKING:
    from PIL import Image

OpenBlob = Callable[[str], BinaryIO]
"""Opens a stored blob by its SHA-256."""

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
"""What Pillow may decode; none of these starts another program."""

MAX_PIXELS = 50_000_000
"""Most pixels of an image that is decoded whole: 150 MB in memory."""

MAX_JPEG_PIXELS = 400_000_000
"""Most pixels of a JPEG, which is decoded at an eighth of its size."""

MAX_BYTES = 200_000_000
"""Most bytes of a file that is opened for a small picture."""

SIDE = 360
"""Longer side of a small picture, in pixels: 220 dots an inch at the size it is printed."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A JPEG and its size in pixels."""

    data: bytes
    width: int
    height: int


def thumbnail(open_blob: OpenBlob, sha256: str) -> Thumbnail | None:
    """Makes a small picture, turned as its EXIF orientation says, on white.

    Returns:
        None where the blob cannot be read as one of `FORMATS` within the bounds.
    """
    try:
        with open_blob(sha256) as stream:
            data = stream.read(MAX_BYTES + 1)
        return _made(data) if len(data) <= MAX_BYTES else None
    except (ForensicsError, OSError):
        return None


def _made(data: bytes) -> Thumbnail | None:
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                return _small(image) if _is_within_bounds(image) else None
        except (Image.DecompressionBombError, *_MALFORMED):
            return None


_MALFORMED = (
    *(OSError, ValueError, TypeError, SyntaxError, EOFError, KeyError, IndexError, AttributeError),
    *(OverflowError, MemoryError, ArithmeticError, NotImplementedError),
)
"""What Pillow's readers raise on malformed files."""


def _is_within_bounds(image: Image.Image) -> bool:
    pixels = image.width * image.height
    return 0 < pixels <= (MAX_JPEG_PIXELS if image.format == "JPEG" else MAX_PIXELS)


def _small(image: Image.Image) -> Thumbnail:
    from PIL import Image, ImageOps

    if image.format == "JPEG":
        image.draft("RGB", (SIDE, SIDE))
    turned = ImageOps.exif_transpose(image)
    turned.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    flat = _on_white(turned)
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=78, optimize=False)
    return Thumbnail(out.getvalue(), flat.width, flat.height)


def _on_white(image: Image.Image) -> Image.Image:
    from PIL import Image

    if image.mode in ("I", "I;16", "F"):
        low, high = image.convert("F").getextrema()
        scale = 255.0 / (float(high) - float(low) or 1.0)  # type: ignore[arg-type]
        image = image.convert("F").point(lambda value: value * scale - float(low) * scale).convert("L")  # type: ignore[arg-type]
    colours = image.convert("RGBA")
    ground = Image.new("RGBA", colours.size, "white")
    return Image.alpha_composite(ground, colours).convert("RGB")


def dots(payload: str) -> tuple[tuple[bool, ...], ...]:
    """Gives the modules of a QR code with error correction M, dark ones True, without the quiet zone.

    Source: ISO/IEC 18004.
    """
    from reportlab.graphics.barcode.qr import QrCodeWidget

    widget = QrCodeWidget(payload, barLevel="M")
    widget.qr.make()
    side = range(widget.qr.getModuleCount())
    return tuple(tuple(bool(widget.qr.isDark(row, column)) for column in side) for row in side)
