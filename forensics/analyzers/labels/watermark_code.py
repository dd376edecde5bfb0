"""The watermarks that the library invisible-watermark writes with the methods `dwtDct` and `dwtDctSvd`: a decoder.

Each 8 by 8 pixels of the picture carry one bit of a payload, over and over, in the blue difference (U): in the low band
of a Haar transform, 4 by 4 values, `dwtDct` moves the largest value and `dwtDctSvd` the largest singular value to a
quarter or three quarters of a step of 36.

*Source:* github.com/ShieldMnt/invisible-watermark, imwatermark/maxDct.py, dwtDctSvd.py and watermark.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STEP = 36
"""Step of the embedding. *Source:* maxDct.py and dwtDctSvd.py, default of `scales`."""

BLOCK_PX = 8
"""Side of what carries one bit: 4 values of the low band, 2 pixels each. *Source:* the same, `block=4`."""

LEAST_PIXELS = 256 * 256
"""Smallest picture that the library writes into. *Source:* watermark.py, `encode`."""

MOST_BLOCKS = {"dwtDct": 65_536, "dwtDctSvd": 12_288}
"""Blocks that are read, evenly over the rows: 480 and 90 votes for each bit of the longest payload but one."""

_OFFSETS = {"bytes": 256.0, "floats": 1.0}
"""Value of the low band where U is neutral, as the writer saw it: OpenCV puts U at 128 for bytes and at 0.5 for
floating point; the low band is twice the mean of four. *Source:* OpenCV, *Color conversions*; Stability AI
and Black Forest Labs pass floating point, the scripts of Stable Diffusion and InvokeAI bytes."""

_ORDERS = ("bgr", "rgb")
"""Order of the colours that the writer passed: the library wants the first; diffusers has passed both in the course of
its versions (stable_diffusion_xl/watermark.py)."""


@dataclass(frozen=True, slots=True)
class Payload:
    """A fixed sequence of bits that a program writes.

    Attributes:
        id: Name for scripts.
        writer: Who writes it, for people.
        bits: The bits as 0 and 1.
    """

    id: str
    writer: str
    bits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """How well the bits of a picture agree with a payload.

    Attributes:
        payload: What was compared with.
        method: `dwtDct` or `dwtDctSvd`.
        order: Order of colours in which the picture was read.
        arithmetic: `bytes` or `floats`: how the writer counted.
        matched_bits: Bits that agree.
        correlation: Of the share of ones in each bit with the payload, -1 to 1; 0 where all bits are the same.
    """

    payload: Payload
    method: str
    order: str
    arithmetic: str
    matched_bits: int
    correlation: float

    @property
    def p_upper(self) -> float:
        """Chance that fair coins agree as well with any payload under any reading, at most 1."""
        total = len(self.payload.bits)
        ways = sum(math.comb(total, count) for count in range(self.matched_bits, total + 1))
        return min(1.0, ways / float(2**total) * len(PAYLOADS) * READINGS)


def _text(text: str) -> tuple[int, ...]:
    return tuple(int(bit) for byte in text.encode("ascii") for bit in f"{byte:08b}")


def _number(number: int) -> tuple[int, ...]:
    return tuple(int(bit) for bit in f"{number:b}")


PAYLOADS = (
    Payload("stable-diffusion-1", "Stable Diffusion 1 (CompVis, scripts/txt2img.py)", _text("StableDiffusionV1")),
    Payload(
        "stable-diffusion-1-inpainting",
        "Stable Diffusion 1 Inpainting (Runway, scripts/inpaint_st.py)",
        _text("StableDiffusionV1-Inpainting"),
    ),
    Payload("stable-diffusion-2", "Stable Diffusion 2 (Stability AI, scripts/txt2img.py)", _text("SDV2")),
    Payload(
        "stable-diffusion-xl",
        "Stable Diffusion XL (Stability AI generative-models; Hugging Face diffusers)",
        _number(0b101100111110110010010000011110111011000110011110),
    ),
    Payload(
        "flux",
        "FLUX (Black Forest Labs, reference code)",
        _number(0b001010101111111010000111100111001111010100101110),
    ),
    Payload("invokeai", "InvokeAI (default text of its watermark node)", _text("InvokeAI")),
)
"""*Source:* the program or repository named, each with the function that sets the watermark. The two leading zeros of
the number of FLUX fall away in its code (`bin(x)[2:]`), so 46 bits are written."""

READINGS = len(MOST_BLOCKS) * len(_ORDERS) * len(_OFFSETS)
"""Ways in which one picture is read."""


def readings(rgb: NDArray[np.uint8]) -> Iterator[Reading]:
    """Compares a picture with every payload in every way of reading.

    Bits count as one where they are set in more blocks than the bits of the picture on average: so plain and repeated
    content, whose bits are all alike, agrees with no payload.

    Args:
        rgb: Red, green and blue, shape (height, width, 3), as stored: not scaled, cropped or turned.
    """
    import cv2

    for order, code in zip(_ORDERS, (cv2.COLOR_RGB2YUV, cv2.COLOR_BGR2YUV), strict=True):
        for method, most in MOST_BLOCKS.items():
            blocks, numbers = _blocks(rgb, code, most)
            for arithmetic, offset in _OFFSETS.items():
                bits = _bits(blocks + (offset - _OFFSETS["bytes"]), method)
                for payload in PAYLOADS:
                    matched, correlation = _compare(bits, numbers, payload.bits)
                    yield Reading(payload, method, order, arithmetic, matched, correlation)


def _blocks(rgb: NDArray[np.uint8], code: int, most: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Gives the low band of U in blocks, shape (count, 16), and the number of each block in the order of writing."""
    import cv2
    import numpy as np

    rows, columns = rgb.shape[0] // BLOCK_PX, rgb.shape[1] // BLOCK_PX
    stride = max(1, math.ceil(rows * columns / most))
    strips = rgb[: rows * BLOCK_PX, : columns * BLOCK_PX].reshape(rows, BLOCK_PX, columns * BLOCK_PX, 3)[::stride]
    kept = len(strips)
    blue = cv2.cvtColor(np.ascontiguousarray(strips).reshape(kept * BLOCK_PX, columns * BLOCK_PX, 3), code)[:, :, 1]
    half = (columns * BLOCK_PX // 2, kept * BLOCK_PX // 2)
    low = cv2.resize(blue.astype(np.float32), half, interpolation=cv2.INTER_AREA) * 2
    blocks = low.reshape(kept, 4, columns, 4).transpose(0, 2, 1, 3).reshape(kept * columns, 16)
    numbers = np.arange(rows)[::stride, None] * columns + np.arange(columns)[None, :]
    return np.asarray(blocks, np.float32), numbers.reshape(-1)


def _bits(blocks: NDArray[np.float32], method: str) -> NDArray[np.bool_]:
    """Reads one bit out of each block."""
    import numpy as np

    if method == "dwtDct":
        sizes = np.abs(blocks[:, 1:])
        value = np.take_along_axis(sizes, np.argmax(sizes, axis=1)[:, None], axis=1)[:, 0]
    else:
        value = np.linalg.svd(blocks.reshape(-1, 4, 4), compute_uv=False)[:, 0]
    return np.asarray(value % STEP > STEP / 2)


def _compare(bits: NDArray[np.bool_], numbers: NDArray[np.int64], payload: tuple[int, ...]) -> tuple[int, float]:
    """Gives how many bits of the payload agree, and the correlation."""
    import numpy as np

    wanted = np.asarray(payload)
    count = len(wanted)
    votes = np.bincount(numbers % count, minlength=count)
    ones = np.bincount(numbers % count, weights=bits, minlength=count)
    share = ones / np.maximum(votes, 1)
    away = share - share.mean()
    if float(np.abs(away).max()) < 1e-9:  # noqa: PLR2004 -- all bits alike
        return 0, 0.0
    matched = int(np.count_nonzero((away > 0) == (wanted > 0)))
    return matched, float(np.corrcoef(away, wanted)[0, 1])
