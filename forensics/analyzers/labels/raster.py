"""Pixels of a picture, decoded within limits."""

from __future__ import annotations

import warnings
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from forensics.errors import MediaError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image as Pillow

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "AVIF")
"""Formats that are decoded: none of them runs a program or names another file. *Source:* Pillow Handbook, *Image file
formats*."""

MOST_PIXELS = 64_000_000
"""Pixels of a picture that is decoded: 192 MB with three channels."""

MOST_DRAFT_PIXELS = 256_000_000
"""Pixels of a JPEG picture of which a smaller one is decoded: 200-megapixel phones are within."""

_ORIENTATION = 0x0112
"""EXIF tag `Orientation`. *Source:* CIPA DC-008 (Exif 2.32), 4.6.4."""

_ERRORS = (OSError, ValueError, TypeError, SyntaxError, EOFError, KeyError, IndexError, MemoryError, zlib.error)
"""What Pillow raises where a picture cannot be decoded; its own errors are an `OSError` or `ValueError`."""


class TooLargeError(MediaError):
    """A picture has more pixels than are decoded."""


@dataclass(frozen=True, slots=True)
class Raster:
    """Pixels of a picture.

    Attributes:
        rgb: Red, green and blue, shape (height, width, 3), 0-255; transparent parts lie on grey.
        width_px: Width of the whole picture as it is shown; that of `rgb` where nothing was made smaller.
        height_px: Height of the whole picture as it is shown.
    """

    rgb: NDArray[np.uint8]
    width_px: int
    height_px: int


def decode(stream: BinaryIO, *, side_px: int | None = None) -> Raster:
    """Decodes the first picture of a file.

    Args:
        stream: The file.
        side_px: Length that the shorter side may be reduced to, where that makes decoding cheaper, never below it, and
            the picture is turned as it is shown; None for all pixels as they are stored.

    Raises:
        TooLargeError: It has too many pixels.
        MediaError: It cannot be decoded.
    """
    import numpy as np
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image: Pillow.Image = Image.open(stream, formats=FORMATS)
            _check(image, is_draft=side_px is not None and image.format in {"JPEG", "MPO"})
            size = image.size
            if side_px is not None:
                image = _smaller(image, side_px)
                size = size if image.getexif().get(_ORIENTATION, 1) < 5 else size[::-1]  # noqa: PLR2004 -- 5 to 8 lie on their side
                image = _upright(image)
            return Raster(np.asarray(_coloured(image), np.uint8), *size)
    except Image.DecompressionBombError as error:
        raise TooLargeError(f"the picture has more pixels than are decoded: {error}") from error
    except _ERRORS as error:
        raise MediaError(f"the picture cannot be decoded: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Says why, without what differs from one machine to another: Pillow puts the path of the file into some texts."""
    text = str(error)
    return type(error).__name__ if {"<", "/", "\\"} & set(text) else f"{type(error).__name__}: {text}"


def _check(image: Pillow.Image, *, is_draft: bool) -> None:
    most = MOST_DRAFT_PIXELS if is_draft else MOST_PIXELS
    if image.width * image.height > most:
        raise TooLargeError(f"the picture has {image.width} by {image.height} pixels; {most} are decoded at most")


def _smaller(image: Pillow.Image, side_px: int) -> Pillow.Image:
    """Makes JPEG decode at a half, a quarter or an eighth of its size: Pillow never goes below what is asked for."""
    longest = max(image.size) * side_px // max(1, min(image.size))
    wanted = (side_px, longest) if image.width < image.height else (longest, side_px)
    image.draft(None, wanted)
    return image


def _upright(image: Pillow.Image) -> Pillow.Image:
    from PIL import ImageOps

    return ImageOps.exif_transpose(image)


def _coloured(image: Pillow.Image) -> Pillow.Image:
    from PIL import Image

    if image.mode in {"I", "F"} or image.mode.startswith("I;"):
        return _grey(image)
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, (128, 128, 128, 255)), layer).convert("RGB")
    return image.convert("RGB")


def _grey(image: Pillow.Image) -> Pillow.Image:
    """Lays the values of a picture with more than 8 bits over black to white."""
    import numpy as np
    from PIL import Image

    values = np.nan_to_num(np.asarray(image, np.float32))
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) / max(high - low, 1e-6) * 255
    return Image.fromarray(scaled.astype(np.uint8)).convert("RGB")
