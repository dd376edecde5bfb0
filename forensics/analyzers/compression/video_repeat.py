"""Frames that show exactly what the frame before shows, and abrupt changes of the picture."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from forensics.analyzers.compression.video_frame import Frame
from forensics.analyzers.compression.video_timing import Timing

_LISTED = 50

_NEARLY = 0.05
_QUIETER = 0.25
_AROUND = 3
"""A frame nearly repeats the one before where the mean difference of brightness is at most 0.05 % of the whole range
(an eighth of one of 256 levels) and at most a quarter of the median among the three frames before and the three after
it. *Measured* (docs/methods/compression.md): repeated frames that were encoded again."""

MOVING = 0.1
"""From this difference on, in per cent, the picture moves: a quarter of one of 256 levels in the mean."""

_ABRUPT = 10.0
"""*Source:* FFmpeg Filters Documentation, `scdet`: the default of its threshold; 8 to 14 are called good values."""

_LEAST_REPEATS = 5
_PERIODIC_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Run:
    """Frames in a row that repeat the frame before them.

    Attributes:
        first: Index of the first of them.
        count: How many there are.
        is_in_motion: Whether the picture moves right before and right after them.
    """

    first: int
    count: int
    is_in_motion: bool


def is_repeat(frames: Sequence[Frame], index: int) -> bool:
    """Tells whether a decoded frame has exactly the samples of the frame before it."""
    return index > 0 and frames[index].digest != "" and frames[index].digest == frames[index - 1].digest


def runs(frames: Sequence[Frame]) -> tuple[Run, ...]:
    """Finds the runs of frames that repeat the one before exactly."""
    found: list[Run] = []
    index = 1
    while index < len(frames):
        end = index
        while end < len(frames) and is_repeat(frames, end):
            end += 1
        if end > index:
            found.append(Run(index, end - index, _moves(frames, index - 1) and _moves(frames, end)))
        index = end + 1
    return tuple(found)


def nearly(frames: Sequence[Frame]) -> tuple[int, ...]:
    """Finds frames that show nearly what the frame before shows while the picture moves around them.

    Frames that repeat the one before exactly are not among them. Repeats that were encoded again mostly are.
    """
    return tuple(index for index in range(1, len(frames)) if _is_nearly(frames, index))


def _is_nearly(frames: Sequence[Frame], index: int) -> bool:
    difference = frames[index].difference
    if difference > _NEARLY or is_repeat(frames, index):
        return False
    before = [frame.difference for frame in frames[max(1, index - _AROUND) : index]]
    after = [frame.difference for frame in frames[index + 1 : index + 1 + _AROUND]]
    around = statistics.median(before + after) if before and after else 0.0
    return around >= MOVING and difference <= _QUIETER * around


def _moves(frames: Sequence[Frame], index: int) -> bool:
    return 0 < index < len(frames) and frames[index].difference >= MOVING


def values(frames: Sequence[Frame], timing: Timing) -> dict[str, Any] | None:
    """Gives repeated frames as JSON values; None where the decoded frames have no digests."""
    if not any(frame.digest for frame in frames):
        return None
    found = runs(frames)
    repeated = sum(run.count for run in found)
    near = nearly(frames)
    moving = [run for run in found if run.is_in_motion]
    return {
        "exact_count": repeated,
        "exact_share": round(repeated / len(frames), 4),
        "exact_size_median_bytes": _cost(frames, found),
        "in_motion_count": sum(run.count for run in moving),
        "in_motion_period_frames": _period(moving),
        "nearly_in_motion_count": len(near),
        "nearly_in_motion": [
            {"frame": index, "pts_s": timing.seconds(stamp) if (stamp := frames[index].pts) is not None else None}
            for index in near[:_LISTED]
        ],
        "run_count": len(found),
        "runs": [_run(run, frames, timing) for run in (moving + [run for run in found if run not in moving])[:_LISTED]],
    }


def _cost(frames: Sequence[Frame], found: Sequence[Run]) -> int | None:
    sizes = [frames[run.first + step].size_bytes for run in found for step in range(run.count)]
    known = [size for size in sizes if size is not None]
    return round(statistics.median(known)) if known else None


def _period(found: Sequence[Run]) -> int | None:
    """Gives the distance that repeats in motion keep, as rate conversions make it; None where they keep none."""
    if len(found) < _LEAST_REPEATS:
        return None
    steps = [after.first - before.first for before, after in pairwise(found)]
    usual = statistics.median_low(steps)
    return usual if sum(step == usual for step in steps) >= _PERIODIC_SHARE * len(steps) else None


def _run(run: Run, frames: Sequence[Frame], timing: Timing) -> dict[str, Any]:
    pts = frames[run.first].pts
    return {
        "first_frame": run.first,
        "count": run.count,
        "pts_s": None if pts is None else timing.seconds(pts),
        "is_in_motion": run.is_in_motion,
    }


def changes(frames: Sequence[Frame], timing: Timing) -> dict[str, Any]:
    """Gives abrupt changes of the picture as JSON values."""
    found = [index for index, frame in enumerate(frames) if frame.change >= _ABRUPT]
    return {
        "count": len(found),
        "threshold": _ABRUPT,
        "places": [
            {
                "frame": index,
                "pts_s": timing.seconds(stamp) if (stamp := frames[index].pts) is not None else None,
                "score": frames[index].change,
                "is_key_frame": frames[index].is_key,
            }
            for index in found[:_LISTED]
        ],
    }
