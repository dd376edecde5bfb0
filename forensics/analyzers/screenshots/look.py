"""Whether a picture may be a screenshot, from its header alone: so that photographs are not searched for text."""

from __future__ import annotations

import warnings
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from forensics.errors import MediaError

if TYPE_CHECKING:
    from PIL import Image as Pillow

FORMATS = ("JPEG", "PNG", "WEBP", "BMP")
"""Formats in which screens save pictures of themselves and messengers pass them on."""

LEAST_SIDE_PX = 200
"""Shorter side from which a picture has room for a line of a chat: 15 letters of 13 pixels."""

TALL = 1.7
"""Height over width from which a picture has the shape of a telephone's screen or is longer: screens have 16:9 (1.78)
to 21:9, photographs held upright 4:3 (1.33) or 3:2 (1.5)."""

LOSSLESS = frozenset({"PNG", "BMP"})
"""Formats that telephones and computers save screenshots in, and cameras do not."""

_EXIF = 0x8769
_CAMERA = frozenset({0x829A, 0x829D, 0x8827, 0x920A})
"""EXIF tags `ExposureTime`, `FNumber`, `PhotographicSensitivity`, `FocalLength`, which a camera writes and a screen has
no value for. *Source:* CIPA DC-008 (Exif 2.32), 4.6.5."""

_ORIENTATION, _LYING = 0x0112, 5
_ERRORS = (OSError, ValueError, TypeError, SyntaxError, EOFError, KeyError, IndexError, MemoryError, zlib.error)
"""What Pillow raises where a picture cannot be read; its own errors are an `OSError` or `ValueError`."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the header of a picture says.

    Attributes:
        size_px: Width and height as it is shown.
        form: Name of the format.
        is_of_camera: Whether it has entries that only cameras write.
    """

    size_px: tuple[int, int]
    form: str
    is_of_camera: bool

    @property
    def shape(self) -> str:
        """Why it is looked at: `tall`, `lossless`; or why not: `small`, `camera`, `other`."""
        width, height = self.size_px
        if min(width, height) < LEAST_SIDE_PX:
            return "small"
        if self.is_of_camera:
            return "camera"
        if height >= TALL * width:
            return "tall"
        return "lossless" if self.form in LOSSLESS else "other"


def look(stream: BinaryIO) -> Look:
    """Reads the header of a picture.

    Raises:
        MediaError: It is of no format that is read here, or damaged.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _look(Image.open(stream, formats=FORMATS))
    except Image.DecompressionBombError as error:
        raise MediaError("the picture has more pixels than are decoded") from error
    except _ERRORS as error:
        raise MediaError(f"the picture cannot be read: {type(error).__name__}") from error


def _look(image: Pillow.Image) -> Look:
    tags = image.getexif()
    is_lying = tags.get(_ORIENTATION, 1) >= _LYING
    is_of_camera = not _CAMERA.isdisjoint(tags.get_ifd(_EXIF))
    return Look(image.size[::-1] if is_lying else image.size, image.format or "", is_of_camera)
