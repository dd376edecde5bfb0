"""Fingerprint of a picture or clip: hashes and small pictures of its frames, corners of some; and its form as bytes."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from forensics.errors import MediaError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROLE = "fingerprint"
KEY_FRAME_ROLE = "key-frame"

MEDIA_TYPE = "application/x-fingerprint"
MAGIC = b"FPRINT1\n"

SMALL_PX = 32
"""Side of the small picture of every frame: what changes from frame to frame is compared by it."""

LARGE_PX = 64
"""Side of the picture of a marked frame: the side of the picture that PDQ works on."""

MOST_BYTES = 1 << 30
_MOST_HEADER = 1 << 16
_LENGTH = struct.Struct("<I")
_SHAPES: dict[str, tuple[str, tuple[int, ...]]] = {
    "times_s": ("<f4", ()),
    "hashes": ("|u1", (32,)),
    "qualities": ("|u1", ()),
    "small": ("|u1", (SMALL_PX, SMALL_PX)),
    "marks": ("<i4", ()),
    "large": ("|u1", (LARGE_PX, LARGE_PX)),
    "counts": ("<i4", ()),
    "points": ("<u2", (2,)),
    "codes": ("|u1", (32,)),
}
"""Name of each array, in the order of the file: type of its numbers, and its shape after the first dimension."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of the frames of one picture or clip.

    Attributes:
        width_px: Width of the picture as it is shown.
        height_px: Its height.
        is_still: Whether there is one frame alone.
        duration_s: Time of the last frame and one spacing more; 0.0 for a still.
        times_s: Times of the sampled frames, ascending, shape (frames,).
        hashes: Their PDQ hashes, most significant byte first, shape (frames, 32).
        qualities: Their PDQ qualities, 0-100, shape (frames,).
        small: Luminance without regard to the shape of the picture, 0-255, shape (frames, 32, 32).
        marks: Numbers of the frames whose corners are kept, ascending, shape (marks,).
        large: Luminance of those frames, 0-255, shape (marks, 64, 64).
        counts: Number of corners of each, shape (marks,).
        points: Places x, y of all corners, 0-65535 for the picture's width and height, shape (corners, 2).
        codes: Their descriptors (`forensics.media.descriptor`), shape (corners, 32).
    """

    width_px: int
    height_px: int
    is_still: bool
    duration_s: float
    times_s: NDArray[np.float32]
    hashes: NDArray[np.uint8]
    qualities: NDArray[np.uint8]
    small: NDArray[np.uint8]
    marks: NDArray[np.int32]
    large: NDArray[np.uint8]
    counts: NDArray[np.int32]
    points: NDArray[np.uint16]
    codes: NDArray[np.uint8]

    def corners(self, mark: int) -> slice:
        """Gives where the corners of a mark stand in `points` and `codes`."""
        start = int(self.counts[:mark].sum())
        return slice(start, start + int(self.counts[mark]))

    def time_of(self, mark: int) -> float:
        """Gives the time of a marked frame in seconds."""
        return float(self.times_s[self.marks[mark]])


def encode(value: Fingerprint) -> bytes:
    """Writes a fingerprint: magic, length of a JSON header, the header, and the arrays one after another."""
    import numpy as np

    arrays = {name: np.ascontiguousarray(getattr(value, name), kind) for name, (kind, _) in _SHAPES.items()}
    header = {one.name: getattr(value, one.name) for one in fields(value) if one.name not in _SHAPES}
    header["lengths"] = {name: len(array) for name, array in arrays.items()}
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    return MAGIC + _LENGTH.pack(len(text)) + text + b"".join(array.tobytes() for array in arrays.values())


def decode(content: bytes) -> Fingerprint:
    """Reads a fingerprint.

    Raises:
        MediaError: The bytes are none.
    """
    try:
        header, start = _header(content)
        arrays, end = _arrays(content, header["lengths"], start)
        sizes = int(header["width_px"]), int(header["height_px"])
        is_still, duration_s = bool(header["is_still"]), float(header["duration_s"])
    except (ValueError, KeyError, TypeError, OverflowError, struct.error) as error:
        raise MediaError(f"this is no fingerprint: {error}") from error
    made = Fingerprint(*sizes, is_still, duration_s, **arrays)
    if end != len(content) or not _is_consistent(made):
        raise MediaError("this is no fingerprint: its parts do not go together")
    return made


def _header(content: bytes) -> tuple[dict[str, Any], int]:
    if not content.startswith(MAGIC):
        raise ValueError("it begins otherwise")
    (length,) = _LENGTH.unpack_from(content, len(MAGIC))
    start = len(MAGIC) + _LENGTH.size + length
    if length > _MOST_HEADER or start > len(content):
        raise ValueError("its header is too long")
    header = json.loads(content[len(MAGIC) + _LENGTH.size : start])
    if not isinstance(header, dict) or not isinstance(header.get("lengths"), dict):
        raise MediaError("this is no fingerprint: its header has another form")
    return header, start


def _arrays(content: bytes, lengths: dict[str, Any], start: int) -> tuple[dict[str, Any], int]:
    import math

    import numpy as np

    arrays: dict[str, Any] = {}
    for name, (kind, shape) in _SHAPES.items():
        length = lengths[name]
        if not isinstance(length, int) or not 0 <= length <= MOST_BYTES:
            raise ValueError(f"{name} has no length")
        count = length * math.prod(shape)
        array = np.frombuffer(content, kind, count, start) if count else np.zeros(0, kind)
        arrays[name] = array.reshape((length, *shape))
        start += array.nbytes
    return arrays, start


def _is_consistent(made: Fingerprint) -> bool:
    import numpy as np

    frames, marks, corners = len(made.times_s), len(made.marks), len(made.points)
    return (
        1 <= min(made.width_px, made.height_px) <= max(made.width_px, made.height_px) < 1 << 31
        and 0 <= made.duration_s < 1 << 31
        and frames == len(made.hashes) == len(made.qualities) == len(made.small)
        and marks == len(made.large) == len(made.counts)
        and corners == len(made.codes) == int(made.counts.sum())
        and bool(np.all(made.counts >= 0))
        and bool(np.all((made.marks >= 0) & (made.marks < frames)))
        and bool(np.all(np.isfinite(made.times_s)))
    )
