"""Footage as it is compared: what its headers say, small grey frames with their true times, and chosen frames."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from forensics import tools
from forensics.errors import MediaError
from forensics.media.frame import AT_SLACK_S, Frame, Pixel, frames, still

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SMALL_AREA_PX = 320 * 200
"""Pixels of a small frame, whatever its shape: width 320 at most shapes, at which the method was measured."""

WORK_AREA_PX = 640 * 400
"""Pixels of a frame in which structure and residual are measured; smaller originals stay as they are."""

MEMORY_BYTES = 4 << 30
_OUTPUT_BYTES = 1 << 50

_MARGIN_S = 0.2
_APART_S = 8.0
"""Chosen frames further apart than this are decoded in runs of their own. *Source:* the usual largest distance of
points of entry (250 frames, x264's default) is about 8 s, so that a shorter gap saves nothing."""


@dataclass(frozen=True, slots=True)
class Footage:
    """A clip, or a still as a clip of one frame.

    Attributes:
        width_px: As shown, after rotation.
        height_px: As shown, after rotation.
        codec: FFmpeg's name of the codec; empty where it is not known.
        time_limit_s: Seconds that one decoding may take.
        work_area_px: Pixels of a working frame at most.
    """

    path: Path
    width_px: int
    height_px: int
    codec: str
    time_limit_s: float
    work_area_px: int = WORK_AREA_PX

    @property
    def small(self) -> tuple[int, int]:
        """Width and height of its small frames, in pixels."""
        return fitted(self.width_px, self.height_px, area=SMALL_AREA_PX)

    @property
    def work(self) -> tuple[int, int]:
        """Width and height of the frames in which it is measured, in pixels."""
        return fitted(self.width_px, self.height_px, area=self.work_area_px)

    def finer(self, factor: float) -> Footage:
        """Gives the same footage with working frames that are so many times as wide and high, at most its own size."""
        return replace(self, work_area_px=round(WORK_AREA_PX * max(1.0, factor) ** 2))

    def shown(
        self,
        size: tuple[int, int] | None,
        *,
        pixel: Pixel,
        start_s: float = 0.0,
        end_s: float | None = None,
        rate_hz: float | None = None,
        at_s: Sequence[float] = (),
    ) -> Iterator[Frame]:
        """Decodes frames, as `forensics.media.frame.frames` does, within the limits of this footage."""
        limits = tools.Limits(self.time_limit_s, MEMORY_BYTES, _OUTPUT_BYTES)
        return frames(
            self.path,
            size=size,
            rate_hz=rate_hz,
            pixel=pixel,
            start_s=max(0.0, start_s),
            end_s=end_s,
            at_s=at_s,
            limits=limits,
        )


@dataclass(frozen=True, slots=True)
class Reel:
    """Small grey frames in the order of showing.

    Attributes:
        times_s: When each is shown, in seconds from the start, shape (frames,), rising.
        grey: Grey values, shape (frames, height, width), 0-255.
        is_cut: Whether there may be more than were read.
        complaint: Why the decoder broke off; empty where it did not.
    """

    times_s: NDArray[np.float64]
    grey: NDArray[np.uint8]
    is_cut: bool = False
    complaint: str = field(default="")

    def __len__(self) -> int:
        return len(self.times_s)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its frames, in pixels."""
        return self.grey.shape[2], self.grey.shape[1]

    @property
    def spacing_s(self) -> float:
        """Median time between two frames; 0.04 s where there is one frame only."""
        import numpy as np

        return float(np.median(np.diff(self.times_s))) if len(self) > 1 else 0.04


def fitted(width: int, height: int, *, area: int) -> tuple[int, int]:
    """Scales a size down until it has at most an area; a smaller one stays as it is."""
    factor = min(1.0, math.sqrt(area / (width * height)))
    return max(1, round(width * factor)), max(1, round(height * factor))


def opened(path: Path, *, codec: str = "", time_limit_s: float) -> Footage:
    """Reads the first frame.

    Raises:
        MediaError: There is no frame to be decoded.
        ToolError: FFmpeg is missing or reached a limit.
    """
    height, width = still(path, pixel="gray").pixels.shape[:2]
    return Footage(path, width, height, codec, time_limit_s)


def read(
    footage: Footage,
    *,
    most: int,
    start_s: float = 0.0,
    end_s: float | None = None,
    rate_hz: float | None = None,
) -> Reel:
    """Decodes small grey frames of a stretch; what could be decoded before the decoder broke off is kept.

    Args:
        footage: The clip.
        most: Frames at most, from the start of the stretch.
        start_s: Where the stretch starts.
        end_s: Where it ends; None for the end of the clip.
        rate_hz: Frames a second at most; None for all.

    Raises:
        MediaError: No frame can be decoded.
        ToolError: FFmpeg reached a limit.
    """
    import numpy as np

    times: list[float] = []
    grey: list[NDArray[np.uint8]] = []
    complaint, is_cut = "", False
    try:
        for frame in footage.shown(footage.small, pixel="gray", start_s=start_s, end_s=end_s, rate_hz=rate_hz):
            if len(times) >= most:
                is_cut = True
                break
            if not times or frame.time_s > times[-1]:
                times.append(frame.time_s)
                grey.append(frame.pixels)
    except MediaError as error:
        if not times:
            raise
        complaint = str(error)
    width, height = footage.small
    stacked = np.stack(grey) if grey else np.zeros((0, height, width), np.uint8)
    return Reel(np.asarray(times, np.float64), stacked, is_cut, complaint)


def chosen(footage: Footage, times_s: Sequence[float], *, size: tuple[int, int]) -> dict[float, NDArray[np.uint8]]:
    """Decodes the frames at given times, in colour.

    Args:
        footage: The clip.
        times_s: Times of frames as `read` gave them.
        size: Largest width and height in pixels.

    Returns:
        Pixels by time, blue green red, shape (height, width, 3); a time whose frame was not met again is missing.
    """
    found: dict[float, NDArray[np.uint8]] = {}
    for stretch in _stretches(sorted(set(times_s))):
        try:
            _collect(footage, stretch, size=size, found=found)
        except MediaError:
            continue
    return found


def _collect(
    footage: Footage, stretch: list[float], *, size: tuple[int, int], found: dict[float, NDArray[np.uint8]]
) -> None:
    start, end = stretch[0] - _MARGIN_S, stretch[-1] + _MARGIN_S
    left = list(stretch)
    for frame in footage.shown(size, pixel="bgr", start_s=start, end_s=end, at_s=stretch):
        while left and frame.time_s > left[0] + AT_SLACK_S:
            left.pop(0)
        if not left:
            break
        if abs(frame.time_s - left[0]) <= AT_SLACK_S:
            found[left.pop(0)] = frame.pixels


def _stretches(times: Sequence[float]) -> Iterator[list[float]]:
    stretch: list[float] = []
    for time in times:
        if stretch and time - stretch[-1] > _APART_S:
            yield stretch
            stretch = []
        stretch.append(time)
    if stretch:
        yield stretch
