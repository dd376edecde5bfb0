"""Pictures and clips as frames: one at a time, turned as players turn them, with true times, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from forensics import media, tools
from forensics.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Pixel = Literal["gray", "bgr"]

NEEDS = ("ffmpeg>=4.0", "ffprobe>=4.0")
"""Programs that decode clips, as an analyzer names them in `needs`; pictures need neither."""

LIMITS = tools.Limits(wall_s=1800.0, memory_bytes=4 << 30, output_bytes=1 << 50)
"""What decoding may use where the caller says nothing: half an hour of waiting for the decoder, and as much address
space as 16 reference pictures of 8K video need in 10 bits (16 * 100 MB) and its threads and tables."""

MOST_PIXELS = 64_000_000
"""Pixels of a frame: 192 MB with three channels. No camera's video has half as many."""

AT_SLACK_S = 0.002
"""Two decodings of one frame give one time; half the time between frames at 240 Hz tells frames apart."""

CELL_SLACK = 1e-3
"""Share of a sampling interval by which a frame may be early: times are rounded to the clip's time base."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture.

    Attributes:
        index: Number among the frames that were given, from 0; not the number in the clip where frames are sampled.
        time_s: Presentation time in seconds from the beginning of the clip, as players count; 0.0 for a still.
        pixels: Shape (height, width) for `gray`, (height, width, 3) for `bgr`; 0-255, full range, square pixels.
        scale: Width of `pixels` over width of the picture as it is shown; 1.0 where nothing was made smaller.
    """

    index: int
    time_s: float
    pixels: NDArray[np.uint8]
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Which frames are wanted, and how.

    Attributes:
        size: Largest width and height; frames are made smaller to fit, in their own shape, never larger. None for all
            pixels.
        rate_hz: At most one frame, the first, of each interval of 1 / rate_hz that is counted from time 0; None for
            all frames. Two copies of a clip that start at the same instant are thus sampled at the same instants.
        pixel: Grey or colour.
        start_s: Time of the first frame at the earliest; an interval that it cuts gives its first frame after it.
        end_s: Frames at or after this time are left out; None for the end of the clip.
        at_s: Only frames within `AT_SLACK_S` of one of these times; empty for all.
    """

    size: tuple[int, int] | None
    rate_hz: float | None
    pixel: Pixel
    start_s: float = 0.0
    end_s: float | None = None
    at_s: tuple[float, ...] = ()

    def cell(self, time_s: float) -> int | None:
        """Gives the sampling interval that a time lies in; None where all frames are wanted."""
        return None if self.rate_hz is None else math.floor(time_s * self.rate_hz + CELL_SLACK)

    def covers(self, time_s: float) -> bool:
        """Whether a time is wanted."""
        is_inside = time_s >= self.start_s and (self.end_s is None or time_s < self.end_s)
        return is_inside and (not self.at_s or any(abs(time_s - one) <= AT_SLACK_S for one in self.at_s))

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """Gives width and height of the frames of a picture."""
        if self.size is None:
            return width, height
        factor = min(self.size[0] / width, self.size[1] / height, 1.0)
        return max(1, round(width * factor)), max(1, round(height * factor))


def frames(  # noqa: PLR0913 -- what is wanted of a clip is named one by one
    path: Path,
    *,
    size: tuple[int, int] | None = None,
    rate_hz: float | None = None,
    pixel: Pixel = "bgr",
    start_s: float = 0.0,
    end_s: float | None = None,
    at_s: Sequence[float] = (),
    limits: tools.Limits | None = None,
    heed: Callable[[str], None] | None = None,
) -> Iterator[Frame]:
    """Decodes a picture or clip into frames, one at a time.

    Args:
        path: The file. Its content decides what it is, not its name. An animated picture is a clip, a still a clip of
            one frame at 0.0 s, given where `start_s` is 0.
        size: Largest width and height of the frames; see `Choice`.
        rate_hz: Highest number of frames per second; see `Choice`.
        pixel: `gray` (luminance) or `bgr` (blue, green, red, as OpenCV wants it).
        start_s: Time of the first frame at the earliest, in seconds.
        end_s: Time before which all frames lie, in seconds; None for the end.
        at_s: Times of the frames that are wanted, as frames gave them before; empty for all. Others are decoded, and
            dropped before they cost more.
        limits: What the decoder may use; None for `LIMITS`.
        heed: Called with each complaint of the decoder: damaged parts are guessed or left out, and the rest is given.

    Raises:
        UsageError: A size, rate or time that makes no sense.
        MediaError: The file cannot be decoded, is of a format that is not decoded here, has too many pixels, or the
            decoder broke off; frames before the broken place have been given by then.
        ToolError: A program is missing, or ran out of time or memory.

    Not done: wide gamut and high dynamic range are not mapped to a screen; interlaced lines are not separated; when
    the picture's size changes within a clip, what follows is brought to the first size.
    """
    choice = Choice(size, rate_hz, pixel, start_s, end_s, tuple(at_s))
    _check(choice)
    with path.open("rb") as stream:
        content = media.sniff(stream.read(media.HEAD_SIZE))
    if content.startswith("image/"):
        from forensics.media import frame_still as source
    else:
        from forensics.media import frame_clip as source  # type: ignore[no-redef]
    yield from source.decode(path, choice, limits=limits or LIMITS, heed=heed or _ignore)


def still(path: Path, *, size: tuple[int, int] | None = None, pixel: Pixel = "bgr") -> Frame:
    """Decodes the first frame of a picture or clip; arguments and errors are those of `frames`."""
    from forensics.errors import MediaError

    for frame in frames(path, size=size, pixel=pixel):
        return frame
    raise MediaError("the file has no frame that can be decoded")


def _ignore(complaint: str) -> None:
    """Drops a complaint."""


def _check(choice: Choice) -> None:
    numbers = (choice.start_s, choice.rate_hz or 1.0, choice.end_s or 0.0, *choice.at_s)
    if not all(map(math.isfinite, numbers)) or min(numbers) < 0 or (choice.rate_hz is not None and choice.rate_hz <= 0):
        raise UsageError("times and rates of frames must be numbers of 0 or more, and a rate more than 0")
    if choice.size is not None and min(choice.size) < 1:
        raise UsageError(f"frames cannot be made {choice.size[0]} by {choice.size[1]} pixels large")
    if choice.pixel not in {"gray", "bgr"}:
        raise UsageError(f"{choice.pixel} is not a kind of pixels", hint="Known: gray, bgr.")
