"""Chooses the frames that people are shown: few, and as unlike each other as the clip has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forensics.analyzers.prints.look import Look
from forensics.analyzers.prints.pdq import distance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forensics.media.frame import Frame

MOST = 12
MOST_PX = 640
"""Longest side of a key frame in pixels."""

_UNLIKE = 32
"""Bits by which a hash must differ from those of all chosen frames. *Source:* PDQ: 31 bits and fewer are one
picture."""

_LEAST_QUALITY = 20
"""Quality below which a frame is too plain to be looked for. *Source:* PDQ: hashes of less than 50 are to be
discarded; dark and blurred frames of clips are kept here down to 20."""

_JPEG_QUALITY = 90


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """One chosen frame.

    Attributes:
        time_s: Its time in seconds.
        hash: PDQ, shape (32,).
        quality: PDQ quality, 0-100.
        jpeg: The picture, 640 px wide or high at most.
    """

    time_s: float
    hash: NDArray[np.uint8]
    quality: int
    jpeg: bytes


@dataclass
class KeyFrames:
    """At most 12 frames; where one more comes, the later of the two that are most alike is dropped.

    Attributes:
        chosen: In the order of time.
    """

    chosen: list[KeyFrame] = field(default_factory=list)

    def offer(self, frame: Frame, seen: Look) -> None:
        """Takes the frame where it is unlike those that were chosen; the first one always, until a better comes."""
        only_plain = len(self.chosen) == 1 and self.chosen[0].quality < _LEAST_QUALITY
        if self.chosen and seen.quality < _LEAST_QUALITY:
            return
        if only_plain:
            self.chosen.clear()
        if any(int(distance(seen.hash, one.hash)) < _UNLIKE for one in self.chosen):
            return
        self.chosen.append(KeyFrame(frame.time_s, seen.hash, seen.quality, _jpeg(frame.pixels)))
        if len(self.chosen) > MOST:
            del self.chosen[self._superfluous()]

    def _superfluous(self) -> int:
        pairs = (
            (int(distance(one.hash, self.chosen[earlier].hash)), number)
            for number, one in enumerate(self.chosen)
            for earlier in range(number)
        )
        return min(pairs)[1]


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    import cv2

    height, width = pixels.shape[:2]
    factor = min(MOST_PX / max(height, width), 1.0)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if factor < 1 else pixels
    return bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes())
