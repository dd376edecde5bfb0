"""Gathers the fingerprint of a clip frame by frame, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forensics.analyzers.prints.keyframe import KeyFrames
from forensics.analyzers.prints.look import Look, corners, look
from forensics.media.fingerprint import Fingerprint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forensics.media.frame import Frame

MARK_S = 1.0
"""Seconds between marked frames: a passage of 2 s then has two of them."""

_SHOT_BITS = 90
"""Bits of the hash by which a frame must differ from the one before to be marked as the first of a shot. *Source:* PDQ:
unrelated pictures differ in 128 on average, copies in 31 at most."""

_LEAST_APART_S = 0.3
_SLACK_S = 0.1
"""Half the time between the frames that an analyzer is fed with, which lie not exactly a second apart."""


@dataclass(frozen=True, slots=True)
class _Mark:
    number: int
    large: NDArray[np.uint8]
    points: NDArray[np.uint16]
    codes: NDArray[np.uint8]


@dataclass
class Gathered:
    """What was seen so far; of a clip with more than `most_frames` every second frame is left out, again and again.

    Attributes:
        most_frames: Frames that are kept.
        most_corners: Corners of a marked frame of a clip.
        still_corners: Corners of a still.
        key_frames: The frames that people are shown.
    """

    most_frames: int
    most_corners: int
    still_corners: int
    key_frames: KeyFrames = field(default_factory=KeyFrames)
    _size: tuple[int, int] = (1, 1)
    _times: list[float] = field(default_factory=list)
    _looks: list[Look] = field(default_factory=list)
    _marks: list[_Mark] = field(default_factory=list)
    _first: NDArray[np.uint8] | None = None
    _seen: int = 0
    _step: int = 1

    def feed(self, frame: Frame) -> None:
        """Takes in the next frame; its colours are blue, green, red, or it is grey."""
        number, self._seen = self._seen, self._seen + 1
        if number % self._step:
            return
        grey = _grey(frame.pixels)
        if not number:
            self._first = grey
            self._size = (round(grey.shape[1] / frame.scale), round(grey.shape[0] / frame.scale))
        seen = look(grey)
        if self._is_mark(frame.time_s, seen):
            self._marks.append(_Mark(number, seen.large, *corners(grey, most=self.most_corners)))
            self.key_frames.offer(frame, seen)
        self._times.append(frame.time_s)
        self._looks.append(seen)
        if len(self._times) > self.most_frames:
            self._thin()

    def _is_mark(self, time_s: float, seen: Look) -> bool:
        from forensics.analyzers.prints.pdq import distance

        if not self._marks:
            return True
        apart = time_s - self._times[self._marks[-1].number // self._step]
        is_shot = int(distance(seen.hash, self._looks[-1].hash)) >= _SHOT_BITS
        return apart >= MARK_S * self._step - _SLACK_S or (is_shot and apart >= _LEAST_APART_S)

    def _thin(self) -> None:
        self._step *= 2
        self._times, self._looks = self._times[::2], self._looks[::2]
        self._marks = [one for one in self._marks if one.number % self._step == 0]

    @property
    def frame_count(self) -> int:
        """Number of frames that are kept."""
        return len(self._times)

    def fingerprint(self) -> Fingerprint:
        """Gives the fingerprint; there must have been a frame."""
        import numpy as np

        is_still = self._seen == 1
        marks = [self._still()] if is_still else self._marks
        spacing = (self._times[-1] - self._times[0]) / max(1, len(self._times) - 1)
        return Fingerprint(
            width_px=self._size[0],
            height_px=self._size[1],
            is_still=is_still,
            duration_s=0.0 if is_still else round(self._times[-1] + spacing, 3),
            times_s=np.array(self._times, np.float32),
            hashes=np.stack([one.hash for one in self._looks]),
            qualities=np.array([one.quality for one in self._looks], np.uint8),
            small=np.stack([one.small for one in self._looks]),
            marks=np.array([one.number // self._step for one in marks], np.int32),
            large=np.stack([one.large for one in marks]),
            counts=np.array([len(one.points) for one in marks], np.int32),
            points=np.concatenate([one.points for one in marks]),
            codes=np.concatenate([one.codes for one in marks]),
        )

    def _still(self) -> _Mark:
        assert self._first is not None  # noqa: S101 -- the first frame was fed
        return _Mark(0, self._looks[0].large, *corners(self._first, most=self.still_corners))


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2
    import numpy as np

    return pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)  # noqa: PLR2004
