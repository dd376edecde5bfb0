"""Pictures for the expert's eye: made small, written as PNG, kept as attachments."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from forensics.errors import MediaError
from forensics.model import Artifact
from forensics.plugins import Sink

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BOX_COLOUR = (255, 200, 0)


def keep(sink: Sink, picture: NDArray[np.uint8], *, role: str, side_px: int, **facts: Any) -> Artifact:
    """Keeps a picture as PNG.

    Args:
        sink: Where it goes.
        picture: Grey, shape (height, width), or red, green and blue, shape (height, width, 3).
        role: What it is; also its name.
        side_px: Longest side; larger pictures are made smaller.
        facts: How it was made.

    Raises:
        MediaError: It cannot be written.
    """
    import cv2

    small = shrink(picture, side_px)
    shown = small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_RGB2BGR)  # noqa: PLR2004 -- grey has no third axis
    is_written, content = cv2.imencode(".png", shown, [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY])
    if not is_written:
        raise MediaError(f"{role} cannot be written as PNG")
    scale = round(small.shape[1] / picture.shape[1], 4)
    stream = io.BytesIO(content.tobytes())
    return sink.put(stream, role=role, name=f"{role}.png", media_type="image/png", scale=scale, **facts)


def shrink(picture: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    """Makes a picture's longest side as small as is asked for, by averaging; never larger."""
    import cv2
    import numpy as np

    longest = max(picture.shape[:2])
    if longest <= side_px:
        return picture
    height, width = (max(1, round(size * side_px / longest)) for size in picture.shape[:2])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def spread(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    """Lays a range of values over black to white."""
    import numpy as np

    scaled = (values - low) / max(high - low, 1e-6) * 255
    return np.asarray(np.clip(np.rint(scaled), 0, 255), np.uint8)


def overlay(
    luma: NDArray[np.uint8], shades: NDArray[np.uint8], boxes: Sequence[tuple[int, int, int, int]], *, side_px: int
) -> NDArray[np.uint8]:
    """Tints a grey picture red where a map is bright, and draws boxes.

    Args:
        luma: The picture, shape (height, width).
        shades: The map in the picture's size, 0 to 255.
        boxes: Left, top, width and height, in pixels of the picture.
        side_px: Longest side of what is given back.
    """
    import cv2
    import numpy as np

    grey, tint = shrink(luma, side_px).astype(np.float32), shrink(shades, side_px).astype(np.float32) / 255
    red = grey + (255 - grey) * tint * 0.6
    rest = grey * (1 - tint * 0.6)
    picture = np.ascontiguousarray(np.stack([red, rest, rest], axis=2).astype(np.uint8))
    scale = picture.shape[1] / luma.shape[1]
    for left, top, width, height in boxes:
        corner = (round(left * scale), round(top * scale))
        cv2.rectangle(picture, corner, (round((left + width) * scale), round((top + height) * scale)), _BOX_COLOUR, 2)
    return picture
