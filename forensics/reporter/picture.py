"""Small pictures of stored images, made within bounds whatever the file holds; and QR codes as dots."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from forensics.errors import ForensicsError

if TYPE_CHECKING:
    from PIL import Image

OpenBlob = Callable[[str], BinaryIO]
"""Opens a stored blob by its SHA-256."""

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
"""What Pillow may decode; none of these starts another program."""

DRAWABLE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff"})
"""Media types of which a small picture is made."""

MAX_PIXELS = 50_000_000
"""Most pixels of an image that is decoded whole: 150 MB in memory."""

MAX_JPEG_PIXELS = 400_000_000
"""Most pixels of a JPEG, which is decoded at an eighth of its size."""

MAX_BYTES = 200_000_000
"""Most bytes of a file that is opened for a small picture."""

SIDE = 360
"""Longer side of a small picture, in pixels: 220 dots an inch at the size it is printed."""

LARGE_SIDE = 900
"""Longer side of a picture over the whole width, in pixels: 140 dots an inch, enough to read the text of a page."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A JPEG and its size in pixels."""

    data: bytes
    width: int
    height: int


@dataclass
class Thumbnails:
    """Makes small pictures for one report and remembers them, as one can stand in several places."""

    open_blob: OpenBlob
    _made: dict[tuple[str, int], Thumbnail | None] = field(default_factory=dict)

    def get(self, sha256: str, *, is_large: bool = False) -> Thumbnail | None:
        """Gives the small picture of a stored image; None where it cannot be made."""
        side = LARGE_SIDE if is_large else SIDE
        if (sha256, side) not in self._made:
            self._made[sha256, side] = thumbnail(self.open_blob, sha256, side=side)
        return self._made[sha256, side]


def thumbnail(open_blob: OpenBlob, sha256: str, *, side: int = SIDE) -> Thumbnail | None:
    """Makes a small picture, turned as its EXIF orientation says, on white.

    Args:
        open_blob: Opens the stored image.
        sha256: Which it is.
        side: Longer side of the picture, in pixels.

    Returns:
        None where the blob cannot be read as one of `FORMATS` within the bounds.
    """
    try:
        with open_blob(sha256) as stream:
            data = stream.read(MAX_BYTES + 1)
        return _made(data, side=side) if len(data) <= MAX_BYTES else None
    except (ForensicsError, OSError):
        return None


def _made(data: bytes, *, side: int) -> Thumbnail | None:
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                return _small(image, side=side) if _is_within_bounds(image) else None
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


def _small(image: Image.Image, *, side: int) -> Thumbnail:
    from PIL import Image, ImageOps

    if image.format == "JPEG":
        image.draft("RGB", (side, side))
    turned = ImageOps.exif_transpose(image)
    turned.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
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
