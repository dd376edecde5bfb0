"""Whether the sizes of a clip's predicted frames rise at a period that is not the clip's own.

Where a clip was encoded before, each key frame of the first encoding was of another quality and bore other errors than
the frames around it. Encoded again, the frame at that place is predicted worse, and costs more. *Source:* Wang & Farid,
ACM MM&Sec 2006 (periodic errors of prediction); Vázquez-Padín et al., WIFS 2012 (the footprint in predicted frames, and
the search for the first group's length). Here the sizes of coded frames stand for errors and kinds of blocks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forensics.analyzers.compression import video_repeat
from forensics.analyzers.compression.video_frame import Frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LEAST_FRAMES = 60
_LEAST_PERIODS = 5
"""Of fewer predicted frames, or fewer periods, nothing is said: five rises in a row by chance are not rare enough."""

_SHORTEST = 9
"""Shorter periods come from the order of predicted frames itself: patterns of B-frames and layers repeat every 2, 3, 4,
6 or 8 frames. *Measured* (docs/methods/compression.md): single-encoded clips with B-frames had periods of 6 and 8."""

_LONGEST = 300
"""Longest period that is looked for: groups of 250 and 300 frames are the longest that encoders make by default."""

_HALF = 7
"""Frames of one type on each side that a frame's size is compared with: half the length of a common group."""

_CODECS = frozenset({"h264", "mpeg4"})
"""Codecs with which this was tried. *Measured* (docs/methods/compression.md): single-encoded VP9 and HEVC clips have
periods of their own."""

_CLIP = 3.0
_LEAST_SPREAD = 0.02
LEAST_SCORE = 7.0
"""Score from which a period is stated. *Measured* (docs/methods/compression.md)."""

_LEAST_SHARE = 0.6
_RAISED = 0.5
"""So many of the frames at the period must be raised by half a standard deviation. *Measured* with the score."""


@dataclass(frozen=True, slots=True)
class Periodicity:
    """The strongest period in the sizes of predicted frames.

    Attributes:
        score: How far the frames at the period lie above the others, in standard errors; None where the method does
            not apply.
        period_frames: Length of the period; None where there is none.
        offset_frames: Index of the first frame at the period.
        raised_share: Share of the frames at the period that are larger than their neighbours, 0 to 1.
        reason: Why the method does not apply; empty where it does.
    """

    score: float | None
    period_frames: int | None = None
    offset_frames: int | None = None
    raised_share: float | None = None
    reason: str = ""

    @property
    def is_stated(self) -> bool:
        """Whether the period is strong enough to be stated."""
        return (self.score or 0) >= LEAST_SCORE and (self.raised_share or 0) >= _LEAST_SHARE


def examine(frames: Sequence[Frame], *, codec: str, own: Sequence[int]) -> Periodicity:
    """Looks for a period in the sizes of predicted frames.

    Args:
        frames: In the order of showing.
        codec: FFmpeg's name of it; others than those with which this was tried are not looked at.
        own: Lengths of the clip's own groups of pictures; periods that fit them are not looked at.
    """
    import numpy as np

    if codec not in _CODECS:
        return Periodicity(None, reason="codec_not_tried")
    raised = _residual(frames)
    known = np.isfinite(raised)
    if int(known.sum()) < _LEAST_FRAMES:
        return Periodicity(None, reason="too_few_predicted_frames")
    spread = float(raised[known].std())
    if spread == 0:
        return Periodicity(None, reason="sizes_do_not_vary")
    scores = np.where(known, (raised - raised[known].mean()) / spread, 0.0)
    longest = min(_LONGEST, len(frames) // _LEAST_PERIODS)
    periods = [period for period in range(_SHORTEST, longest + 1) if not any(_fits(period, length) for length in own)]
    found = [_at(scores, known, period) for period in periods]
    best = max(found, key=lambda one: (one.score or 0.0, -(one.period_frames or 0)), default=None)
    return best or Periodicity(None, reason="no_period_left_to_look_at")


def _fits(period: int, length: int) -> bool:
    return length > 1 and (length % period == 0 or period % length == 0)


def _residual(frames: Sequence[Frame]) -> NDArray[np.float64]:
    """Gives how far each predicted frame's size lies above the median of its neighbours of the same type.

    Frames that repeat the one before, and those right after an intra frame, are left out: they are small or large for
    other reasons.

    Returns:
        Shape (frames,), in robust standard deviations, clipped to 3; not a number where nothing is said.
    """
    import numpy as np

    raised = np.full(len(frames), np.nan)
    for kind in "PB":
        places = [index for index in range(1, len(frames)) if frames[index].kind == kind and _counts(frames, index)]
        if len(places) < 4 * _HALF:
            continue
        sizes = np.log(np.array([frames[index].size_bytes or 1 for index in places], np.float64))
        padded = np.pad(sizes, _HALF, mode="reflect")
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _HALF + 1)
        above = sizes - np.median(windows, axis=1)
        spread = 1.4826 * float(np.median(np.abs(above - np.median(above)))) + _LEAST_SPREAD
        raised[places] = np.clip(above / spread, -_CLIP, _CLIP)
    return raised


def _counts(frames: Sequence[Frame], index: int) -> bool:
    is_first = frames[index - 1].kind == "I"
    return bool(frames[index].size_bytes) and not is_first and not video_repeat.is_repeat(frames, index)


def _at(scores: NDArray[np.float64], known: NDArray[np.bool_], period: int) -> Periodicity:
    """Gives the strongest offset of one period."""
    import numpy as np

    rows = -(-len(scores) // period)
    folded = np.zeros(rows * period)
    folded[: len(scores)] = scores
    present = np.zeros(rows * period, bool)
    present[: len(scores)] = known
    count = present.reshape(rows, period).sum(axis=0)
    total = folded.reshape(rows, period).sum(axis=0)
    strength = np.where(count >= _LEAST_PERIODS - 1, total / np.sqrt(np.maximum(count, 1)), 0.0)
    offset = int(strength.argmax())
    raised = (folded.reshape(rows, period)[:, offset] > _RAISED).sum() / max(1, int(count[offset]))
    return Periodicity(round(float(strength[offset]), 1), period, offset, round(float(raised), 2))


def values(found: Periodicity) -> dict[str, Any]:
    """Gives the period as JSON values."""
    stated = found.is_stated
    return {
        "score": found.score,
        "score_threshold": LEAST_SCORE,
        "is_period_stated": stated if found.score is not None else None,
        "estimated_first_gop_frames": found.period_frames if stated else None,
        "offset_frames": found.offset_frames if stated else None,
        "raised_share": found.raised_share,
        "applicability": "not_applicable" if found.score is None else "applicable",
        "reason": found.reason or None,
        "validation": "generated clips only",
    }


def own_lengths(lengths: Sequence[int], fixed: int | None) -> tuple[int, ...]:
    """Gives the lengths of groups that periods of the clip's own come from: the fixed one, else all that recur."""
    if fixed is not None:
        return (fixed,)
    least = max(2, math.ceil(len(lengths) / 10))
    return tuple(sorted({length for length in lengths if lengths.count(length) >= least}))
