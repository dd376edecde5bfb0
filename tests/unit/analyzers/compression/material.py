"""Pictures made for the tests, and a sink that keeps what it is given."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from PIL import Image

from forensics.model import Artifact, Digests, Name
from tests.fakes.evidence import OBTAINED_AT


class KeepingSink:
    """Keeps attachments by their name."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(
        self, stream: BinaryIO, *, role: str, name: str | bytes, media_type: str | None = None, **facts: Any
    ) -> Artifact:
        """Keeps the bytes."""
        content = stream.read()
        self.kept[str(name)] = content
        digests = Digests(hashlib.sha256(content).hexdigest(), "0" * 64, len(content))
        return Artifact(digests, role, Name(str(name)), media_type or "", OBTAINED_AT, facts)


def scene(seed: int, size: tuple[int, int] = (480, 360)) -> Image.Image:
    """Makes a picture with the spectrum of a photograph: noise at every scale, with edges."""
    numbers = np.random.default_rng(seed)
    width, height = size
    layers = np.zeros((height, width, 3), np.float32)
    for power in range(1, 8):
        small = numbers.normal(0, 1, (max(2, height >> power), max(2, width >> power), 3)).astype(np.float32)
        layers += cv2.resize(small, size, interpolation=cv2.INTER_CUBIC) * 5 * power
    layers += numbers.normal(0, 3, (height, width, 1))
    down, across = np.mgrid[0:height, 0:width]
    for _ in range(12):
        slope, shift = numbers.normal(0, 1, 2), numbers.uniform(0, width)
        layers[(across - shift) * slope[0] + down * slope[1] > 0] += numbers.normal(0, 10, 3)
    return Image.fromarray(np.clip(layers * 0.7 + 128, 6, 249).astype(np.uint8))


def saved(picture: Image.Image, quality: int, **options: Any) -> bytes:
    """Saves as JPEG with Pillow."""
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality, **options)
    return stream.getvalue()


def reopened(content: bytes) -> Image.Image:
    """Decodes a picture."""
    return Image.open(io.BytesIO(content)).convert("RGB")


def twice(picture: Image.Image, first: int, last: int) -> bytes:
    """Saves as JPEG, decodes, and saves again."""
    return saved(reopened(saved(picture, first)), last)


def written(folder: Path, content: bytes, name: str = "a.jpg") -> Path:
    """Writes a file."""
    path = folder / name
    path.write_bytes(content)
    return path


def steps(content: bytes) -> list[int]:
    """Gives the luminance steps of a file in rows, as Pillow reads them."""
    with Image.open(io.BytesIO(content)) as picture:
        return list(picture.quantization[0])
