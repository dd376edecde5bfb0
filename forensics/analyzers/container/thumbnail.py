"""Small pictures inside of a JPEG picture, compared with the picture itself."""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

_SIDE = 32
"""Side of the grey squares that are compared, in pixels: what a thumbnail of 160 x 120 shows reliably."""

_MOST_PIXELS = 200_000_000
_MOST_THUMBNAIL = 1 << 20
_BAR = 24
"""Grey level up to which a line counts as a black bar: thumbnails of other proportions have them. *Source:* Exif 2.31,
4.8.1 fixes no proportions; cameras fill 160 x 120 with bars above and below."""

_SPREAD = 12.0
"""Least standard deviation of grey levels; a correlation of flatter pictures says nothing."""

_UNFIT = (OSError, ValueError, SyntaxError, KeyError, IndexError, TypeError, struct.error, ArithmeticError, EOFError)
"""What Pillow may raise on a malformed picture."""

_OFFSET, _LENGTH = 513, 514
"""Tags of the thumbnail in IFD1. *Source:* Exif 2.31, 4.6.3."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like a picture its thumbnail is.

    Attributes:
        place: Where the thumbnail lies.
        size_px: Its width and height, as stored.
        correlation: Of the grey levels, -1 to 1; None where one of the two is too flat to say.
    """

    place: str
    size_px: tuple[int, int]
    correlation: float | None


def likeness(stream: BinaryIO) -> Likeness | None:
    """Compares the EXIF thumbnail of a JPEG picture with the picture.

    Both are turned as the picture's orientation says where the thumbnail is not turned already, black bars are cut
    off, and what is compared is the better of the whole picture and its middle in the thumbnail's proportions.

    Returns:
        None where there is no thumbnail, or one of the two cannot be decoded.
    """
    import PIL.Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stream.seek(0)
            with PIL.Image.open(stream, formats=("JPEG", "MPO")) as picture:
                small = _thumbnail(picture)
                if small is None or picture.width * picture.height > _MOST_PIXELS:
                    return None
                return _compare(picture, small)
    except (*_UNFIT, PIL.Image.DecompressionBombError):
        return None


def _thumbnail(picture: Image.Image) -> Image.Image | None:
    import PIL.ExifTags
    import PIL.Image

    block = picture.info.get("exif", b"")
    tags = picture.getexif().get_ifd(PIL.ExifTags.IFD.IFD1) if block else {}
    offset, length = tags.get(_OFFSET), tags.get(_LENGTH)
    if not isinstance(offset, int) or not isinstance(length, int) or not 0 < length <= _MOST_THUMBNAIL:
        return None
    content = block[6:][offset : offset + length]  # offsets count from the TIFF header, behind `Exif\0\0`
    if not content.startswith(b"\xff\xd8"):
        return None
    return PIL.Image.open(io.BytesIO(content), formats=("JPEG",))


def _compare(picture: Image.Image, small: Image.Image) -> Likeness:
    import PIL.Image

    size = small.size
    picture.draft("L", (_SIDE * 4, _SIDE * 4))
    whole = picture.convert("L")
    whole.thumbnail((_SIDE * 8, _SIDE * 8), PIL.Image.Resampling.BOX)
    cut = _without_bars(small.convert("L"))
    best: float | None = None
    for turned in _turns(whole):
        for shape in (turned, _middle(turned, cut.width / cut.height)):
            found = _correlation(_square(shape), _square(cut))
            best = found if best is None or (found is not None and found > best) else best
    return Likeness("APP1/Exif/IFD1", size, None if best is None else round(best, 2))


def _turns(whole: Image.Image) -> list[Image.Image]:
    """Gives the picture as it is stored and in the other ways up: programs turn one of the two and not the other."""
    import PIL.Image

    ways = PIL.Image.Transpose
    return [whole, *(whole.transpose(way) for way in (ways.ROTATE_90, ways.ROTATE_180, ways.ROTATE_270))]


def _without_bars(small: Image.Image) -> Image.Image:
    import numpy as np

    grey = np.asarray(small)
    rows = np.flatnonzero(grey.max(axis=1) > _BAR)
    columns = np.flatnonzero(grey.max(axis=0) > _BAR)
    if len(rows) * 2 < grey.shape[0] or len(columns) * 2 < grey.shape[1]:
        return small
    return small.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))


def _middle(whole: Image.Image, proportion: float) -> Image.Image:
    """Cuts the largest middle piece of given proportions out of a picture."""
    width = min(whole.width, max(1, round(whole.height * proportion)))
    height = min(whole.height, max(1, round(whole.width / proportion)))
    left, top = (whole.width - width) // 2, (whole.height - height) // 2
    return whole.crop((left, top, left + width, top + height))


def _square(picture: Image.Image) -> NDArray[np.float64]:
    import numpy as np
    import PIL.Image

    return np.asarray(picture.resize((_SIDE, _SIDE), PIL.Image.Resampling.BOX), np.float64)


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    """Gives the correlation of grey levels; None where one of the two is too flat."""
    import numpy as np

    if min(first.std(), second.std()) < _SPREAD:
        return None
    value: Any = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    return float(value)
