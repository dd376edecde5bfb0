"""Parameters that the lowest bits of a picture spell, column by column, in its alpha channel or in its colours."""

from __future__ import annotations

import warnings
import zlib
from typing import TYPE_CHECKING

from forensics.analyzers.labels import generator_value
from forensics.analyzers.labels.generator_site import Site
from forensics.analyzers.labels.look import Look
from forensics.errors import MediaError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SIGNATURES = {
    b"stealth_pnginfo": ("alpha", False),
    b"stealth_pngcomp": ("alpha", True),
    b"stealth_rgbinfo": ("rgb", False),
    b"stealth_rgbcomp": ("rgb", True),
}
"""First bytes, with where they stand and whether what follows is compressed. *Source:*
github.com/neggles/sd-webui-stealth-pnginfo; github.com/NovelAI/novelai-image-metadata, nai_meta.py (`pngcomp`)."""
_SIGNATURE_SIZE = 15
_HEAD_SIZE = _SIGNATURE_SIZE + 4
_MOST_PIXELS = 40_000_000
"""Pixels of a picture that is decoded: 160 MB with four channels."""
_MOST_TEXT = 4 << 20
"""Bytes that are unpacked, as many as of any value (`Limits.value_bytes`)."""
_MEDIA_TYPES = frozenset({"image/png", "image/apng", "image/webp"})
"""Formats that keep the lowest bits, at least those of the alpha channel."""


def sites(look: Look) -> tuple[Site, ...]:
    """Gives what the lowest bits spell, as sites: none where they spell nothing.

    An object of texts, as NovelAI writes it, gives a site for each of its members.

    Raises:
        MediaError: The picture cannot be decoded, or is too large for it.
    """
    if look.evidence.artifact.media_type not in _MEDIA_TYPES:
        return ()
    picture = pixels(look)
    for channels in ("alpha", "rgb"):
        text = read(picture, channels) if picture is not None else None
        if text is not None:
            return tuple(_members(text, f"pixels/{channels}"))
    return ()


def _members(text: str, place: str) -> list[Site]:
    value = generator_value.loads(text)
    if isinstance(value, dict) and {"Comment", "Software"} & set(value):
        texts = {key: item for key, item in value.items() if isinstance(item, str)}
        return [Site(place, key[:80], None, item, item.encode("utf-8", "replace")) for key, item in texts.items()]
    return [Site(place, "parameters", None, text, text.encode("utf-8", "replace"))]


def pixels(look: Look) -> NDArray[np.uint8] | None:
    """Decodes the first picture of the file.

    Returns:
        Shape (height, width, 3 or 4), red, green, blue and alpha; None where it has other channels.

    Raises:
        MediaError: It cannot be decoded, or is too large for it.
    """
    import numpy as np
    from PIL import Image

    try:
        with look.evidence.open() as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(stream, formats=("PNG", "WEBP"))
            if image.width * image.height > _MOST_PIXELS:
                raise MediaError(f"the picture has more than {_MOST_PIXELS} pixels")
            return np.asarray(image) if image.mode in {"RGB", "RGBA"} else None
    except (Image.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError, zlib.error) as error:
        raise MediaError(f"the picture cannot be decoded: {type(error).__name__}: {error}") from error


def read(picture: NDArray[np.uint8], channels: str) -> str | None:
    """Reads what the lowest bits of some channels spell.

    Args:
        picture: Shape (height, width, 3 or 4).
        channels: `alpha` or `rgb`.

    Returns:
        The text; None where there is none of the known signatures, or what follows it cannot be read.
    """
    head = _spelled(picture, channels, _HEAD_SIZE)
    where, is_compressed = _SIGNATURES.get(head[:_SIGNATURE_SIZE], ("", False))
    if where != channels or len(head) < _HEAD_SIZE:
        return None
    size = int.from_bytes(head[_SIGNATURE_SIZE:]) // 8
    data = _spelled(picture, channels, _HEAD_SIZE + min(size, _MOST_TEXT))[_HEAD_SIZE:]
    if len(data) < size:
        return None
    return (_unpack(data) if is_compressed else data).decode("utf-8", "replace") or None


def _unpack(data: bytes) -> bytes:
    """Decompresses gzip, up to a size; nothing where it is none."""
    try:
        return zlib.decompressobj(wbits=31).decompress(data, _MOST_TEXT)
    except zlib.error:
        return b""


def _spelled(picture: NDArray[np.uint8], channels: str, count: int) -> bytes:
    """Gives the first bytes that the lowest bits spell, down the columns; fewer in a small picture."""
    import numpy as np

    height, _, depth = picture.shape
    if channels == "alpha" and depth < 4:  # noqa: PLR2004 -- red, green, blue, alpha
        return b""
    wanted = picture[:, :, 3:4] if channels == "alpha" else picture[:, :, :3]
    columns = -(-8 * count // (height * wanted.shape[2]))
    bits = wanted[:, :columns].transpose(1, 0, 2).reshape(-1)[: 8 * count] & 1
    return np.packbits(bits[: len(bits) // 8 * 8]).tobytes()
