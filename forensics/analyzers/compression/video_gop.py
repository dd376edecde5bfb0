"""How a clip's frames are grouped and what they cost: key frames, types, sizes, bit rate in time."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forensics.analyzers.compression.probe import Packet
from forensics.analyzers.compression.video_frame import Frame
from forensics.analyzers.compression.video_timing import Timing

_LISTED = 50
_SECONDS = 600
_FIXED_SHARE = 0.8
"""Share of the groups of one length from which the length counts as the clip's own and others as exceptions. A
convention of this tool."""

_LEAST_GROUPS = 4
"""Of fewer whole groups it is not said whether their length is fixed."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of pictures: from one key frame to the next, in the order of the file.

    Attributes:
        starts: Index of each key frame among the packets.
        lengths: Frames of each group that ends within the clip; the last group does not count.
        last: Frames of the last group.
        leading: Key frames that are followed in the file by frames which are shown before them.
    """

    starts: tuple[int, ...]
    lengths: tuple[int, ...]
    last: int
    leading: int

    @property
    def usual(self) -> int | None:
        """The length that is fixed for this clip; None where lengths vary or are too few."""
        if len(self.lengths) < _LEAST_GROUPS:
            return None
        length, count = Counter(self.lengths).most_common(1)[0]
        return length if count >= _FIXED_SHARE * len(self.lengths) else None

    @property
    def is_intra(self) -> bool:
        """Whether every frame is a key frame."""
        return bool(self.lengths) and max(*self.lengths, self.last) == 1


_LEAST_LENGTH_S = 0.01
"""Shorter streams, of less than a frame, have no bit rate."""


def group(packets: Sequence[Packet]) -> Groups:
    """Finds the groups of pictures.

    Args:
        packets: Of one stream, in the order of the file, with those that an edit list cuts off.
    """
    starts = tuple(index for index, packet in enumerate(packets) if packet.is_key)
    ends = (*starts[1:], len(packets)) if starts else ()
    lengths = tuple(end - start for start, end in zip(starts, ends, strict=True))
    leading = sum(_leads(packets, start, end) for start, end in zip(starts, ends, strict=True))
    return Groups(starts, lengths[:-1], lengths[-1] if lengths else 0, leading)


def _leads(packets: Sequence[Packet], start: int, end: int) -> bool:
    first = packets[start].pts
    if first is None:
        return False
    stamps = (packets[index].pts for index in range(start + 1, end))
    return any(stamp is not None and stamp < first for stamp in stamps)


def values(groups: Groups, packets: Sequence[Packet], timing: Timing) -> dict[str, Any]:
    """Gives the groups as JSON values."""
    lengths, usual = groups.lengths, groups.usual
    odd = [index for index, length in enumerate(lengths) if usual is not None and length != usual]
    return {
        "key_frame_count": len(groups.starts),
        "length_least_frames": min(lengths, default=None),
        "length_median_frames": statistics.median_low(lengths) if lengths else None,
        "length_most_frames": max(lengths, default=None),
        "lengths": [
            {"frames": length, "count": count}
            for length, count in sorted(Counter(lengths).items(), key=lambda pair: (-pair[1], pair[0]))[:_LISTED]
        ],
        "fixed_length_frames": usual,
        "is_fixed": None if len(lengths) < _LEAST_GROUPS else usual is not None,
        "last_length_frames": groups.last,
        "frames_before_first_key_frame": groups.starts[0] if groups.starts else len(packets),
        "key_frames_with_leading_frames": groups.leading,
        "exceptions": [
            {
                "packet": groups.starts[index],
                "pts_s": _time(packets[groups.starts[index]], timing),
                "frames": lengths[index],
            }
            for index in odd[:_LISTED]
        ],
        "exception_count": len(odd),
    }


def _time(packet: Packet, timing: Timing) -> float | None:
    return None if packet.pts is None else timing.seconds(packet.pts)


def kinds(frames: Sequence[Frame]) -> list[dict[str, Any]]:
    """Gives number and sizes of the frames of each type, as JSON values; the types in the order I, P, B, others."""
    whole = sum(frame.size_bytes or 0 for frame in frames)
    found = sorted({frame.kind for frame in frames}, key=lambda kind: ("IPB".find(kind) % 4, kind))
    return [_kind(kind, [frame for frame in frames if frame.kind == kind], whole) for kind in found]


def _kind(kind: str, frames: Sequence[Frame], whole: int) -> dict[str, Any]:
    sizes = [frame.size_bytes for frame in frames if frame.size_bytes is not None]
    return {
        "type": kind,
        "count": len(frames),
        "size_least_bytes": min(sizes, default=None),
        "size_median_bytes": round(statistics.median(sizes)) if sizes else None,
        "size_most_bytes": max(sizes, default=None),
        "share_of_bytes": round(sum(sizes) / whole, 4) if whole else None,
    }


def bit_rate(packets: Sequence[Packet], timing: Timing, length_s: float | None) -> dict[str, Any]:
    """Gives the bit rate, whole and for each second of the first ten minutes, as JSON values.

    Args:
        packets: Of one stream.
        timing: Of the same.
        length_s: Of the stream, in seconds; None where it is not known.
    """
    whole = sum(packet.size for packet in packets)
    seconds: Counter[int] = Counter()
    for packet in packets:
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is not None and timing.stamps:
            seconds[max(0, math.floor((stamp - timing.stamps[0]) * timing.time_base))] += packet.size
    full = min(math.floor(length_s or 0), _SECONDS)
    rates = [seconds[second] * 8 for second in range(full)]
    return {
        "mean_bps": round(whole * 8 / length_s) if length_s and length_s >= _LEAST_LENGTH_S else None,
        "second_least_bps": min(rates, default=None),
        "second_median_bps": round(statistics.median(rates)) if rates else None,
        "second_most_bps": max(rates, default=None),
        "seconds_bps": rates,
    }
