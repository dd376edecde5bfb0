"""What the time stamps of a clip's packets say: rate, irregularities, missing frames, and how picture and sound lie."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from forensics.analyzers.compression.probe import Packet, Stream

_LISTED = 50
_LEAST_SHARE = 0.9
"""Share of intervals of one length from which a clip counts as one of constant rate: then a longer interval is an
exception that can be counted in frames. A convention of this tool."""

_TOLERANCE = 0.02
"""Part of the usual interval by which others may differ and still count as the same; never less than one tick, since
containers with coarse ticks (Matroska: 1 ms) round."""

_MISSING = 1.5
"""From this many usual intervals on, an interval has room for a further frame (1 and 2 frames, halfway)."""

_BREAK_S = 3600
"""A longer interval is a break in the time stamps, for which no frames are counted. A convention of this tool."""

_HISTOGRAM = 10


@dataclass(frozen=True, slots=True)
class Timing:
    """When the frames of a stream are shown.

    Attributes:
        stamps: Time stamps in ticks, ascending.
        time_base: Seconds of one tick.
        intervals: Between one stamp and the next, in ticks.
        usual: The most common interval in ticks; None where there is none.
        is_constant: Whether nearly all intervals are of that length; None where there are too few to say.
        end: Time in ticks at which the last frame ends, which is taken to last as long as is usual where the file does
            not say; None without stamps.
        stepping_back: Packets whose time of decoding is not later than that of the packet before.
        without_stamp: Packets without any time stamp.
    """

    stamps: tuple[int, ...]
    time_base: Fraction
    intervals: tuple[int, ...]
    usual: int | None
    is_constant: bool | None
    end: int | None
    stepping_back: int
    without_stamp: int

    def seconds(self, ticks: float) -> float:
        """Gives ticks in seconds."""
        return round(float(ticks * self.time_base), 6)

    @property
    def rate_hz(self) -> float | None:
        """The mean number of frames a second, by the stamps; None for fewer than two."""
        spread = self.stamps[-1] - self.stamps[0] if self.stamps else 0
        return round((len(self.stamps) - 1) / float(spread * self.time_base), 4) if spread > 0 else None

    @property
    def constant_rate_hz(self) -> float | None:
        """The rate of a clip of constant rate, as if no frame were missing; None at a variable rate."""
        mean = self.rate_hz
        if not self.is_constant or mean is None:
            return None
        steps = len(self.stamps) - 1
        return round(mean * (steps + sum(count for _, count in self.jumps)) / steps, 4)

    @property
    def jumps(self) -> tuple[tuple[int, int], ...]:
        """Frame after which frames are missing by its clip's constant rate, and how many; empty at a variable rate."""
        if not self.is_constant or not self.usual:
            return ()
        return tuple(
            (index, round(interval / self.usual) - 1)
            for index, interval in enumerate(self.intervals)
            if interval >= _MISSING * self.usual and interval * self.time_base <= _BREAK_S
        )


_LEAST_INTERVALS = 10
"""Of fewer intervals it is not said whether they are constant."""


def measure(stream: Stream, packets: Sequence[Packet]) -> Timing:
    """Measures when the frames of a stream are shown.

    Args:
        stream: Whose time base counts.
        packets: Of this stream, in the order of the file; those that an edit list cuts off do not count.
    """
    shown = [packet for packet in packets if not packet.is_discarded]
    given = [packet.pts if packet.pts is not None else packet.dts for packet in shown]
    stamps = sorted(stamp for stamp in given if stamp is not None)
    intervals = tuple(after - before for before, after in pairwise(stamps))
    usual = _usual(intervals)
    decoded = [packet.dts for packet in shown if packet.dts is not None]
    back = sum(after <= before for before, after in pairwise(decoded))
    constant = _is_constant(intervals, usual) if len(intervals) >= _LEAST_INTERVALS else None
    end = _end(shown, usual)
    return Timing(tuple(stamps), stream.time_base, intervals, usual, constant, end, back, len(shown) - len(stamps))


def _end(shown: Sequence[Packet], usual: int | None) -> int | None:
    stamped = ((packet.pts if packet.pts is not None else packet.dts, packet.duration) for packet in shown)
    return max((stamp + (duration or usual or 0) for stamp, duration in stamped if stamp is not None), default=None)


def _usual(intervals: Sequence[int]) -> int | None:
    positive = [interval for interval in intervals if interval > 0]
    return statistics.median_low(positive) if positive else None


def _is_constant(intervals: Sequence[int], usual: int | None) -> bool:
    if usual is None:
        return False
    tolerance = max(1.0, _TOLERANCE * usual)
    return sum(abs(interval - usual) <= tolerance for interval in intervals) >= _LEAST_SHARE * len(intervals)


def values(timing: Timing) -> dict[str, Any]:
    """Gives the timing as JSON values."""
    jumps = timing.jumps
    common = Counter(timing.intervals).most_common(_HISTOGRAM)
    longest = max(timing.intervals, default=None)
    return {
        "is_constant_rate": timing.is_constant,
        "constant_rate_hz": timing.constant_rate_hz,
        "first_pts_s": timing.seconds(timing.stamps[0]) if timing.stamps else None,
        "interval_usual_s": None if timing.usual is None else timing.seconds(timing.usual),
        "interval_least_s": timing.seconds(min(timing.intervals)) if timing.intervals else None,
        "interval_longest_s": None if longest is None else timing.seconds(longest),
        "interval_longest_after_frame": None if longest is None else timing.intervals.index(longest),
        "intervals": [
            {"interval_s": timing.seconds(length), "count": count}
            for length, count in sorted(common, key=lambda pair: (-pair[1], pair[0]))
        ],
        "interval_kinds": len(set(timing.intervals)),
        "breaks": sum(interval * timing.time_base > _BREAK_S for interval in timing.intervals),
        "repeated_stamps": sum(interval == 0 for interval in timing.intervals),
        "steps_back_in_decoding_order": timing.stepping_back,
        "frames_without_stamp": timing.without_stamp,
        "missing_frames": None if timing.is_constant is not True else sum(count for _, count in jumps),
        "missing": [
            {"after_frame": index, "pts_s": timing.seconds(timing.stamps[index]), "frames": count}
            for index, count in jumps[:_LISTED]
        ],
        "missing_places": len(jumps),
    }


def beside(video: Timing, audio: Timing | None, *, is_whole: bool) -> dict[str, Any]:
    """Gives how picture and sound lie beside each other, as JSON values; null where it cannot be said.

    Args:
        video: Of the picture.
        audio: Of the first stream of sound; None where there is none.
        is_whole: Whether all packets were read: else the ends are not known.
    """
    start = length = pauses = None
    if audio is not None and video.stamps and audio.stamps:
        start = round(audio.seconds(audio.stamps[0]) - video.seconds(video.stamps[0]), 6)
        length = round((length_s(audio) or 0.0) - (length_s(video) or 0.0), 6) if is_whole else None
        pauses = [
            {"after_s": audio.seconds(audio.stamps[index]), "missing_s": audio.seconds(count * (audio.usual or 0))}
            for index, count in audio.jumps
        ]
    return {
        "audio_video_start_offset_s": start,
        "audio_video_length_difference_s": length,
        "audio_gaps": (pauses or [])[:_LISTED],
        "audio_gap_places": None if pauses is None else len(pauses),
    }


def length_s(timing: Timing) -> float | None:
    """Gives the time from the start of the first frame to the end of the last, in seconds; None without stamps."""
    return None if timing.end is None else timing.seconds(timing.end - timing.stamps[0])
