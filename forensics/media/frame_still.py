"""Frames of pictures, still and animated: decoded by Pillow, turned by their EXIF orientation."""

from __future__ import annotations

import io
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from forensics import tools
from forensics.errors import MediaError, ToolTimeoutError
from forensics.media.frame import MOST_PIXELS, Choice, Frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image as Pillow

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "AVIF", "JPEG2000")
"""Formats that are decoded: none of them runs a program or names another file. *Source:* Pillow Handbook, *Image file
formats*."""

MOST_DRAFT_PIXELS = 178_000_000
"""Pixels of a JPEG picture of which a smaller one is decoded; Pillow itself refuses a few more."""

ANIMATED = frozenset({"GIF", "WEBP", "PNG", "AVIF"})
"""Formats whose pictures follow each other in time. Those of TIFF are pages: the first one is taken."""

LEAST_DELAY_MS = 11
DEFAULT_DELAY_MS = 100
"""Browsers show a picture of an animation that is to stand for 10 ms or less for 100 ms. *Source:* Chromium,
`GIFImageDecoder::FrameDurationAtIndex` and comments there on other browsers."""

_ORIENTATION = 0x0112
_LYING = 5
"""EXIF tag `Orientation`; from 5 on pictures lie on their side. *Source:* CIPA DC-008 (Exif 2.32), 4.6.4."""

_JPEG = b"\xff\xd8\xff"
_END = b"\xff\xd9"
_ENDS = 1024
"""A JPEG that ends too early is given the mark of its end (ITU-T T.81, B.1.1.3), more often than a decoder reads ahead,
so that it decodes what there is; Pillow gives up without."""

_MOST_BYTES = 1 << 28
_GREY = 128
_WIDE_MODES = ("I", "F")
_ERRORS = (OSError, ValueError, TypeError, SyntaxError, EOFError, KeyError, IndexError, MemoryError, zlib.error)
"""What Pillow raises where a picture cannot be decoded; its own errors are an `OSError` or `ValueError`."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """The size of a picture as it is shown, and that of its frames."""

    shown: tuple[int, int]
    wanted: tuple[int, int]


def decode(path: Path, choice: Choice, *, limits: tools.Limits, heed: Callable[[str], None]) -> Iterator[Frame]:
    """Decodes a picture; see `forensics.media.frame.frames`."""
    with path.open("rb") as stream:
        image, plan = _opened(stream, choice, heed=heed)
        index, last = 0, None
        for time_s in _times(image, limits.wall_s, heed=heed):
            if choice.end_s is not None and time_s >= choice.end_s:
                return
            cell = choice.cell(time_s)
            if choice.covers(time_s) and (cell is None or cell != last):
                with _guarded():
                    pixels = _pixels(image, plan, is_gray=choice.pixel == "gray")
                yield Frame(index, time_s, pixels, plan.wanted[0] / plan.shown[0])
                index, last = index + 1, cell


def _opened(stream: BinaryIO, choice: Choice, *, heed: Callable[[str], None]) -> tuple[Pillow.Image, _Plan]:
    """Opens a picture and decodes the first of its frames; of a JPEG that ends too early, what there is.

    Raises:
        MediaError: It cannot be decoded, or is too large.
    """
    try:
        return _loaded(stream, choice)
    except MediaError:
        stream.seek(0)
        if stream.read(len(_JPEG)) != _JPEG:
            raise
        stream.seek(0)
        whole = _loaded(io.BytesIO(stream.read(_MOST_BYTES) + _END * _ENDS), choice)
    heed("the picture ends too early or is damaged; what is missing is grey or repeats what is before it")
    return whole


def _loaded(stream: BinaryIO, choice: Choice) -> tuple[Pillow.Image, _Plan]:
    from PIL import Image

    with _guarded():
        image: Pillow.Image = Image.open(stream, formats=FORMATS)
        plan = _plan(image, choice)
        image.load()
    return image, plan


@contextmanager
def _guarded() -> Iterator[None]:
    """Silences warnings of the decoder and translates its errors, without their texts, which may name folders."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Image.DecompressionBombError as error:
        raise MediaError(f"the picture has more pixels than are decoded: {error}") from error
    except UnidentifiedImageError as error:
        hint = "Convert a copy to PNG, and examine it beside the original."
        raise MediaError("the picture is of no format that is decoded here, or damaged", hint=hint) from error
    except _ERRORS as error:
        raise MediaError(f"the picture cannot be decoded: {type(error).__name__}") from error


def _plan(image: Pillow.Image, choice: Choice) -> _Plan:
    """Refuses what is too large, and lets JPEG decode at a half, quarter or eighth of its size where that is enough.

    Raises:
        MediaError: It is too large.
    """
    is_lying = image.getexif().get(_ORIENTATION, 1) >= _LYING
    shown = image.size[::-1] if is_lying else image.size
    wanted = choice.fit(*shown)
    if image.format in {"JPEG", "MPO"} and image.width * image.height <= MOST_DRAFT_PIXELS:
        image.draft(None, wanted[::-1] if is_lying else wanted)
    if image.width * image.height > MOST_PIXELS:
        raise MediaError(f"the picture has {shown[0]} by {shown[1]} pixels; {MOST_PIXELS} are decoded at most")
    return _Plan(shown, wanted)


def _times(image: Pillow.Image, wall_s: float, *, heed: Callable[[str], None]) -> Iterator[float]:
    """Decodes the pictures of a file one after the other; gives the second at which each begins to be shown.

    Raises:
        MediaError: Not even the first can be decoded.
        ToolTimeoutError: Decoding alone took too long.
    """
    elapsed_ms, spent_s = 0.0, 0.0
    for number in count():
        began = time.monotonic()
        try:
            if not _is_loaded(image, number):
                return
        except MediaError as error:
            if number == 0:
                raise
            heed(f"picture {number + 1} of the animation: {error}")
            return
        spent_s += time.monotonic() - began
        if spent_s > wall_s:
            raise ToolTimeoutError(f"the animation was not decoded within {wall_s:g} s")
        yield round(elapsed_ms / 1000, 6)
        delay_ms = float(image.info.get("duration") or 0)
        elapsed_ms += delay_ms if delay_ms >= LEAST_DELAY_MS else DEFAULT_DELAY_MS


def _is_loaded(image: Pillow.Image, number: int) -> bool:
    """Decodes one picture of a file; False where there is none of that number."""
    if number > 0 and (image.format not in ANIMATED or number >= getattr(image, "n_frames", 1)):
        return False
    with _guarded():
        image.seek(number)
        image.load()
    return True


def _pixels(image: Pillow.Image, plan: _Plan, *, is_gray: bool) -> NDArray[np.uint8]:
    import cv2
    import numpy as np
    from PIL import ImageOps

    shown = _coloured(ImageOps.exif_transpose(image))
    array = np.asarray(shown.convert("L") if is_gray else shown, np.uint8)
    pixels = array if is_gray else array[:, :, ::-1]
    if shown.size != plan.wanted:
        pixels = cv2.resize(np.ascontiguousarray(pixels), plan.wanted, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return np.ascontiguousarray(pixels)


def _coloured(image: Pillow.Image) -> Pillow.Image:
    """Gives red, green and blue of 8 bits; transparent parts lie on grey."""
    from PIL import Image

    if image.mode.startswith(_WIDE_MODES):
        return _narrowed(image)
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, (_GREY, _GREY, _GREY, 255))
        return Image.alpha_composite(ground, layer).convert("RGB")
    return image.convert("RGB")


def _narrowed(image: Pillow.Image) -> Pillow.Image:
    """Brings values of more than 8 bits to 8: whole numbers by their upper byte, others from least to greatest."""
    import numpy as np
    from PIL import Image

    values = np.nan_to_num(np.asarray(image, np.float32))
    low, high = (float(values.min()), float(values.max())) if image.mode == "F" else (0.0, 65535.0)
    scaled = np.clip((values - low) / max(high - low, 1e-6) * 255, 0, 255)
    return Image.fromarray(scaled.astype(np.uint8)).convert("RGB")
