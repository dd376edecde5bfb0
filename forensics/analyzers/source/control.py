"""The original made as bad as the questioned item by its own codec, size and quality: what a mere copy looks like."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from forensics import tools
from forensics.analyzers.source.footage import MEMORY_BYTES, Footage
from forensics.analyzers.source.pair import Blocks, Pair
from forensics.analyzers.source.registration import resized
from forensics.analyzers.source.sampling import Alignment, paired
from forensics.analyzers.source.statistic import Sample, measured
from forensics.errors import MediaError, ToolError
from forensics.faces.face import Face

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FFMPEG = "ffmpeg>=4.4"

_ENCODERS = {
    "h264": ("libx264", "-preset", "veryfast", "-crf"),
    "hevc": ("libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:pools=1", "-crf"),
    "vp8": ("libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "0", "-crf"),
    "vp9": ("libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "0", "-crf"),
    "mpeg4": ("mpeg4", "-q:v"),
    "mjpeg": ("mjpeg", "-q:v"),
}
"""FFmpeg's encoder of each codec; other codecs are imitated by H.264. *Source:* FFmpeg Codecs Documentation."""

_STRENGTHS = {"libx264": (14, 51), "libx265": (14, 51), "libvpx": (10, 63), "libvpx-vp9": (10, 63)}
_OTHER_STRENGTHS = (1, 31)
"""Least and greatest compression of each encoder. *Source:* FFmpeg Codecs Documentation, `crf` and `qscale`."""

_SPAN_S = 2.0
_LEAD_S = 0.5
"""Seconds encoded for the control, and those before the first frame that is measured."""

_ROUNDS = 5
_TRIED = 2
_MEASURED = 8
"""Halvings of the encoder's range, pairs that are measured in each, and pairs of the control itself."""

_AGREES = 0.005
_LEAST_LOSS = 1e-4
"""Correlations outside that differ less are equal, since the method prints two digits; losses below are none."""

_QUALITIES = (8, 98)
_LARGEST_PX = 960
"""Longest side of the control's frames: half as large again as the working frame."""

_MOST_FRAMES = 90
_SAME_S = 0.002


@dataclass(frozen=True, slots=True)
class Control:
    """What was made, and how it measures against the original.

    Attributes:
        samples: Measurements, as for the questioned item.
        codec: FFmpeg's encoder, or `jpeg`.
        strength: Its `crf`, quantiser scale or quality.
        structure_outside: What the control reached, median.
        is_reached: Whether it is as bad outside the faces as the questioned item.
    """

    samples: tuple[Sample, ...]
    codec: str
    strength: int
    structure_outside: float
    is_reached: bool


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Frames of the original in the size of the control, as raw video.

    Attributes:
        path: The file.
        size: Width and height in pixels.
        times_s: Of its frames, in the original.
    """

    path: Path
    size: tuple[int, int]
    times_s: tuple[float, ...]

    @property
    def rate_hz(self) -> float:
        """Mean frames a second."""
        length = self.times_s[-1] - self.times_s[0]
        return max(1.0, min(120.0, (len(self.times_s) - 1) / length)) if length > 0 else 25.0


@dataclass(frozen=True, slots=True)
class Goal:
    """What a control is to reach.

    Attributes:
        outside: Correlation of structure outside the faces.
        left_out: Blocks that are altered in the questioned item and do not count in either; shape (rows, columns).
    """

    outside: float
    left_out: NDArray[np.bool_]

    def reached_by(self, samples: Sequence[Sample]) -> float:
        """Gives what a control has reached, 0 where nothing was measured."""
        return self.reached([one.blocks for one in samples])

    def reached(self, blocks: Sequence[Blocks]) -> float:
        """Gives the median correlation of structure outside, 0 where nothing was measured."""
        import numpy as np

        if not blocks:
            return 0.0
        return float(np.median([one.correlation(left_out=self.left_out) for one in blocks]))


def clip_control(
    alignment: Alignment,
    goal: Goal,
    *,
    span: Sequence[Sample],
    originals: Mapping[float, NDArray[np.uint8]],
    folder: Path,
) -> Control:
    """Makes a control for a clip.

    Args:
        alignment: How the questioned clip lies upon the original.
        goal: What it is to reach.
        span: Measured pairs with faces, within a short span of the original.
        originals: Their pictures of the original by its times.
        folder: Where encoded stretches are kept for the moment.

    Raises:
        ToolError: FFmpeg failed or reached a limit.
        MediaError: What it made cannot be decoded.
    """
    encoder = _ENCODERS.get(alignment.questioned.codec, _ENCODERS["h264"])
    stretch = _stretch(alignment, sorted(originals), folder=folder)
    known = {one.times_s[1]: [face.original for face in one.faces] for one in span if one.times_s[1] in stretch.times_s}
    found = {time: [one.face for one in faces] for time, faces in known.items()}

    def copied(strength: int, times: Sequence[float]) -> list[tuple[Pair, float]]:
        wanted = {stretch.times_s.index(one): one for one in times}
        copy = _encoded(stretch, encoder, strength, count=max(wanted) + 1, time_limit_s=alignment.original.time_limit_s)
        return list(_pairs(alignment, copy, wanted, originals=originals, faces=found))

    if not known:
        raise MediaError("the frames of the original could not be met again for the control")
    low, high = _STRENGTHS.get(encoder[0], _OTHER_STRENGTHS)
    first = sorted(known)[:_TRIED]
    strength = _search(low, high, goal=goal, made=lambda one: [pair.blocks for pair, _ in copied(one, first)])
    samples = tuple(
        measured(pair, found[time], times_s=(time, time), known=known[time])
        for pair, time in copied(strength, _spread(sorted(known), _MEASURED))
    )
    reached = goal.reached_by(samples)
    return Control(samples, encoder[0], strength, reached, is_reached=reached <= goal.outside + 2 * _AGREES)


def still_control(alignment: Alignment, sample: Sample, original: NDArray[np.uint8], *, goal: Goal) -> Control:
    """Makes a control for a still: made as small as the questioned picture, and saved as JPEG.

    Args:
        alignment: How the questioned picture lies upon the original.
        sample: What was measured of the pair.
        original: The original in its working frame.
        goal: What it is to reach.
    """
    import cv2
    import numpy as np

    size = _size(alignment)
    small = original
    if size[0] < original.shape[1]:
        small = np.asarray(cv2.resize(original, size, interpolation=cv2.INTER_AREA), np.uint8)
    known = [one.original for one in sample.faces]
    faces = [one.face for one in known]

    def copied(quality: int) -> list[Pair]:
        pair = _pair(alignment, _resaved(small, quality), original, faces=faces)
        return [] if pair is None else [pair]

    low, high = _QUALITIES
    loss = _search(100 - high, 100 - low, goal=goal, made=lambda one: [pair.blocks for pair in copied(100 - one)])
    samples = tuple(measured(pair, faces, times_s=(0.0, 0.0), known=known) for pair in copied(100 - loss))
    reached = goal.reached_by(samples)
    return Control(samples, "jpeg", 100 - loss, reached, is_reached=reached <= goal.outside + 2 * _AGREES)


def _search(low: int, high: int, *, goal: Goal, made: Callable[[int], Sequence[Blocks]]) -> int:
    """Finds the weakest compression after which the outside agrees no better than the questioned item does.

    What is lost (1 minus the correlation) grows about exponentially with the strength, so that after two trials the
    next is put where a straight line through the logarithms of the last two meets the goal.
    """
    tried: list[tuple[int, float]] = []
    guess = (low + high) // 2
    for _ in range(_ROUNDS):
        reached = goal.reached(made(guess))
        tried.append((guess, math.log(max(1.0 - reached, _LEAST_LOSS))))
        if reached <= goal.outside + _AGREES:
            high = guess
        else:
            low = guess + 1
        if low >= high or abs(reached - goal.outside) <= _AGREES:
            break
        guess = min(max(_next(tried, goal, middle=(low + high) // 2), low), high)
    return high


def _next(tried: Sequence[tuple[int, float]], goal: Goal, *, middle: int) -> int:
    if len(tried) < 2 or tried[-1][1] == tried[-2][1]:  # noqa: PLR2004 -- two points make a line
        return middle
    (one, first), (two, second) = tried[-2:]
    wanted = math.log(max(1.0 - goal.outside, _LEAST_LOSS))
    return two + round((wanted - second) * (two - one) / (second - first))


def densest(samples: Sequence[Sample]) -> list[Sample]:
    """Gives the samples of the span of `_SPAN_S` of the original that has most of them."""
    spans = [
        [one for one in samples if 0 <= one.times_s[1] - start.times_s[1] <= _SPAN_S]
        for start in sorted(samples, key=lambda one: one.times_s)
    ]
    return max(spans, key=len)


def _spread(times: Sequence[float], count: int) -> list[float]:
    import numpy as np

    return [
        times[one] for one in sorted({int(i) for i in np.linspace(0, len(times) - 1, min(count, len(times))).round()})
    ]


def _size(alignment: Alignment) -> tuple[int, int]:
    """Gives the size of the whole original at the questioned picture's own resolution, not larger."""
    factor = min(1.0, 1 / max(alignment.scale, 1e-6))
    width, height = alignment.original.width_px * factor, alignment.original.height_px * factor
    shrink = min(1.0, _LARGEST_PX / max(width, height))
    return max(16, round(width * shrink)), max(16, round(height * shrink))


def _stretch(alignment: Alignment, times: Sequence[float], *, folder: Path) -> _Stretch:
    """Writes the frames about some times as raw video; `_MOST_FRAMES` at most."""
    width, height = _size(alignment)
    path = folder / "control.raw"
    written: list[float] = []
    start, end = times[0] - _LEAD_S, times[-1] + 2 * _SAME_S
    with path.open("wb") as stream:
        for frame in alignment.original.shown((width, height), pixel="bgr", start_s=start, end_s=end):
            height, width = frame.pixels.shape[:2]
            stream.write(frame.pixels.tobytes())
            written.append(frame.time_s)
            if len(written) >= _MOST_FRAMES:
                break
    if not written:
        raise MediaError("no frame of the original could be decoded again for the control")
    return _Stretch(path, (width, height), tuple(written))


def _encoded(stretch: _Stretch, encoder: tuple[str, ...], strength: int, *, count: int, time_limit_s: float) -> Footage:
    path = stretch.path.with_suffix(".mkv")
    width, height = stretch.size
    command = [
        *(str(tools.find(FFMPEG).path), "-nostdin", "-v", "error", "-y", "-threads", "1"),
        *("-protocol_whitelist", "file", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}"),
        *("-r", f"{stretch.rate_hz:.4f}", "-i", "file:/dev/stdin"),
        *("-frames:v", str(count), "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2,format=yuv420p"),
        *("-c:v", *encoder, str(strength)),
        *("-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-f", "matroska", str(path)),
    ]
    with stretch.path.open("rb") as stream:
        done = tools.run(command, limits=tools.Limits(time_limit_s, MEMORY_BYTES, 1 << 20), stdin=stream)
    if done.returncode != 0 or not path.is_file():
        raise ToolError(f"FFmpeg could not make the control with {encoder[0]}")
    return Footage(path, width, height, encoder[0], time_limit_s)


def _pairs(
    alignment: Alignment,
    copy: Footage,
    wanted: Mapping[int, float],
    *,
    originals: Mapping[float, NDArray[np.uint8]],
    faces: Mapping[float, Sequence[Face]],
) -> Iterator[tuple[Pair, float]]:
    """Lays frames of the copy, by number, upon the original's of the same instants."""
    for number, frame in enumerate(copy.shown(None, pixel="bgr")):
        if number in wanted:
            time = wanted[number]
            pixels = frame.pixels[: copy.height_px, : copy.width_px]
            pair = _pair(alignment, pixels, originals[time], faces=faces[time])
            if pair is not None:
                yield pair, time


def _pair(
    alignment: Alignment, pixels: NDArray[np.uint8], original: NDArray[np.uint8], *, faces: Sequence[Face]
) -> Pair | None:
    """Lays a copy of the whole original upon it, as the questioned picture is laid."""
    size = (pixels.shape[1], pixels.shape[0])
    whole = (alignment.original.width_px, alignment.original.height_px)
    copied = replace(
        alignment,
        questioned=replace(alignment.questioned, width_px=size[0], height_px=size[1]),
        matrix=resized(size, whole),
    )
    return paired(copied, pixels, original, faces=faces)


def _resaved(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    import numpy as np
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture[:, :, ::-1])).save(stream, "JPEG", quality=quality)
    return np.ascontiguousarray(np.asarray(Image.open(stream).convert("RGB"))[:, :, ::-1])
