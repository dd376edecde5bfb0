"""The decoded picture as it is stored, not turned: its pixels, and which of its blocks are black or white."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from forensics.errors import MediaError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_DARK, _BRIGHT = 4, 251
"""Values at or beyond which a pixel may have been clipped before the last quantisation moved it. *Measured:* with 0 and
255 alone, overexposed pictures that were saved twice as a whole still had regions."""


def decode(content: bytes, mode: str) -> NDArray[np.uint8]:
    """Decodes a JPEG picture.

    Args:
        content: The file.
        mode: `L` for the luminance, shape (height, width); `RGB` for colours, shape (height, width, 3).

    Raises:
        MediaError: It cannot be decoded, or it ends too early.
    """
    import numpy as np
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=["JPEG"]) as picture:
            picture.draft(mode, None)
            return np.asarray(picture.convert(mode), np.uint8)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise MediaError("the picture cannot be decoded") from error


def clipped_blocks(picture: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Tells which blocks have black or white pixels in any colour.

    Args:
        picture: Red, green and blue, shape (height, width, 3).
        shape: Rows and columns of blocks; those beyond the picture's edge repeat its last pixels.
    """
    import numpy as np

    extreme = ((picture <= _DARK) | (picture >= _BRIGHT)).any(axis=2)
    padding = [(0, 8 * blocks - size) for blocks, size in zip(shape, extreme.shape, strict=True)]
    padded = np.pad(extreme, padding, mode="edge")
    return np.asarray(padded.reshape(shape[0], 8, shape[1], 8).any(axis=(1, 3)))
