"""How two clips lie upon each other in time: pieces of straight lines, found by what moves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.analyzers.source.footage import Reel
from forensics.analyzers.source.registration import warped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

THUMBNAIL_PX = 64
"""Width of the pictures that are compared in time. *Source:* signals measured on clips; video copy alignment after
Douze, Jégou & Schmid, IEEE Transactions on Multimedia 12 (2010)."""

RATES = (1.0, 0.5, 2 / 3, 0.75, 0.8, 0.9, 24 / 25, 1000 / 1001, 1001 / 1000, 25 / 24, 1.1, 1.2, 1.25, 1.5, 2.0)
"""Speeds that players and editing programs offer, and those of changes between film, PAL and NTSC."""

_CUT = 0.6
"""Correlation of successive thumbnails below which a new shot begins."""

_EXACT = 0.8
"""Correlation that frames a few frames apart have as well. *Source:* measured: a clip of 2.6 s cut in three lay on one
line of speed 1.5 with 0.95, and on three of speed 1 with 1.00."""

_LOW = 0.4
"""Correlation from which a frame counts for a line: the rest of the same scene correlates by chance below it."""

_HIGH = 0.6
"""Smoothed correlation from which frames belong to a piece."""

_TRIMMED = 0.2
"""Share of all that moves that does not count, where two clips differ most. *Source:* measured: a sticker that follows
one of two faces gives 0.79 without and 0.97 with it, a replaced face 0.92 and 1.00, another moment of one scene 0.60
and 0.71."""

_WINDOW = 5
LEAST_FRAMES = 6
_LEAST_S = 0.25
_BRIDGE_S = 0.35
_HELD_S = 1.0
"""A frame is shown at most this long before a gap in the footage is assumed."""

_SAMPLED = 160
_MOST_PIECES = 24
_NEAR_S = 0.2
_BETTER = 1.04
"""A speed other than 1 must explain 4 % more than speed 1 does: short clips fit several."""

_STEPS = 6000
"""Offsets that are tried for one speed."""


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """Small pictures of a clip as rows of numbers.

    Attributes:
        times_s: When each is shown, shape (frames,).
        rows: Standardised grey values of the common area, shape (frames, pixels).
        shots: Number of the shot that each belongs to, shape (frames,).
    """

    times_s: NDArray[np.float64]
    rows: NDArray[np.float32]
    shots: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the questioned clip that lies on a stretch of the original.

    Attributes:
        first: First frame of the questioned clip, by number.
        last: Last frame, by number.
        rate: Seconds of the original for a second of the questioned clip.
        offset_s: Time in the original of the questioned clip's time 0.
        correlation: Median correlation of what moves, -1 to 1.
    """

    first: int
    last: int
    rate: float
    offset_s: float
    correlation: float

    @property
    def count(self) -> int:
        """Frames of the questioned clip."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Timeline:
    """All pieces, in the order of the questioned clip.

    Attributes:
        matches: For each frame of the questioned clip the number of the original's frame; -1 where there is none,
            shape (frames,).
        correlations: Of each frame with its match, shape (frames,); NaN where there is none.
        second_best: Share of the best line's sum that the best line elsewhere reaches; None where there is no other.
    """

    pieces: tuple[Piece, ...]
    matches: NDArray[np.int64]
    correlations: NDArray[np.float64]
    second_best: float | None

    @property
    def aligned_share(self) -> float:
        """Share of the questioned clip's frames that lie on frames of the original, 0 to 1."""
        return float((self.matches >= 0).mean()) if len(self.matches) else 0.0

    @property
    def correlation(self) -> float | None:
        """Median correlation of aligned frames; None where there are none."""
        import numpy as np

        kept = self.correlations[self.matches >= 0]
        return float(np.median(kept)) if len(kept) else None


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is tried: speed, offset, and how much it explains."""

    rate: float
    offset_s: float
    score: float


def thumbnails(
    questioned: Reel, original: Reel, *, matrix: NDArray[np.float64]
) -> tuple[Thumbnails, Thumbnails] | None:
    """Makes small pictures of the area that both clips show, in the original's frame.

    Args:
        questioned: Small frames of the one.
        original: Small frames of the other.
        matrix: From pixels of the first's frames into the second's.

    Returns:
        None where too little is common.
    """
    import cv2
    import numpy as np

    size = original.size
    _, whole = warped(questioned.grey[0], matrix, size=size)
    small = (THUMBNAIL_PX, max(1, round(THUMBNAIL_PX * size[1] / size[0])))
    valid = cv2.resize(whole.astype(np.float32), small, interpolation=cv2.INTER_AREA) > 0.99  # noqa: PLR2004
    if valid.sum() < _LEAST_AREA:
        return None

    def row(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        values = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)[valid].astype(np.float32)
        return np.asarray((values - values.mean()) / (values.std() + 1e-6), np.float32)

    first = np.stack([row(np.asarray(cv2.warpAffine(one, matrix, size), np.uint8)) for one in questioned.grey])
    second = np.stack([row(one) for one in original.grey])
    return (
        Thumbnails(questioned.times_s, first, _shots(first)),
        Thumbnails(original.times_s, second, _shots(second)),
    )


_LEAST_AREA = 64
"""Pixels of the common area of a thumbnail."""


def aligned(questioned: Thumbnails, original: Thumbnails) -> Timeline:
    """Finds the pieces of the questioned clip that lie on pieces of the original.

    Lines of time are tried at several speeds and all offsets; the one that explains most frames is taken, then the next
    for what is left. Both clips' shots have their mean taken away first: otherwise a scene at rest fits everywhere.
    """
    likeness = _likeness(questioned, original)
    found = _pieced(likeness, questioned, original)
    if all(one.rate == 1.0 for one in found.pieces):
        return found
    plain = _pieced(likeness, questioned, original, rates=(1.0,))
    return plain if _exactness(plain) >= _exactness(found) else found


def _exactness(timeline: Timeline) -> float:
    """Gives by how much the matches of all frames together exceed what neighbouring frames would reach too.

    A clip that was cut inside lies roughly on one slanted line, and exactly on several of speed 1.
    """
    import numpy as np

    return float(np.maximum(timeline.correlations[timeline.matches >= 0] - _EXACT, 0.0).sum())


def _pieced(
    likeness: NDArray[np.float32], questioned: Thumbnails, original: Thumbnails, *, rates: tuple[float, ...] = ()
) -> Timeline:
    """Takes the line that explains most frames, then the next for what is left; at given speeds only, or at all."""
    import numpy as np

    count = len(questioned.times_s)
    matches = np.full(count, -1, np.int64)
    correlations = np.full(count, np.nan)
    pieces: list[Piece] = []
    second: float | None = None
    free = np.ones(count, bool)
    for turn in range(_MOST_PIECES):
        best, other = _best(likeness, questioned, original, free=free, rates=rates)
        if best is None:
            break
        if turn == 0 and other is not None:
            second = other.score / best.score
        taken = list(_taken(best, likeness, (questioned, original), free=free))
        if not taken:
            break
        for piece, numbers, values in taken:
            pieces.append(piece)
            span = slice(piece.first, piece.last + 1)
            matches[span], correlations[span] = numbers, values
            free[span] = False
        if free.sum() < LEAST_FRAMES:
            break
    return Timeline(tuple(sorted(pieces, key=lambda one: one.first)), matches, correlations, second)


def rough(questioned: Thumbnails, original: Thumbnails) -> NDArray[np.int64]:
    """Gives matches along the one best line, however well it fits: enough to register pictures by.

    Returns:
        For each frame of the questioned clip the number of the original's frame, shape (frames,); -1 where there is
        none.
    """
    import numpy as np

    likeness = _likeness(questioned, original)
    best, _ = _best(likeness, questioned, original, free=np.ones(len(questioned.times_s), bool))
    if best is None:
        return np.full(len(questioned.times_s), -1, np.int64)
    numbers, is_there = _nearest(original.times_s, best.rate * questioned.times_s + best.offset_s)
    is_like = is_there & (likeness[np.arange(len(numbers)), numbers] > _LOW)
    return np.where(is_like, numbers, -1)


def _likeness(questioned: Thumbnails, original: Thumbnails) -> NDArray[np.float32]:
    """Correlates all frames with all, each shot's mean taken away; shape (questioned, original)."""
    import numpy as np

    first, second = _centred(questioned), _centred(original)
    norms = np.linalg.norm(first, axis=1)[:, None] * np.linalg.norm(second, axis=1)[None]
    return np.asarray(first @ second.T / (norms + 1e-3), np.float32)


def _centred(clip: Thumbnails) -> NDArray[np.float32]:
    import numpy as np

    rows = clip.rows.copy()
    for shot in np.unique(clip.shots):
        inside = clip.shots == shot
        rows[inside] -= rows[inside if inside.sum() >= LEAST_FRAMES else slice(None)].mean(axis=0)
    return rows


def _shots(rows: NDArray[np.float32]) -> NDArray[np.int32]:
    import numpy as np

    following = (rows[1:] * rows[:-1]).mean(axis=1)
    return np.concatenate([[0], np.cumsum(following < _CUT)]).astype(np.int32)


def _best(
    likeness: NDArray[np.float32],
    questioned: Thumbnails,
    original: Thumbnails,
    *,
    free: NDArray[np.bool_],
    rates: tuple[float, ...] = (),
) -> tuple[_Line | None, _Line | None]:
    """Gives the line that explains most of the free frames, and the best of those further off in time."""
    import numpy as np

    left = np.flatnonzero(free)
    sample = left[np.unique(np.linspace(0, len(left) - 1, min(_SAMPLED, len(left))).astype(int))]
    lines: list[_Line] = []
    for rate in rates or (*RATES, *_slopes(likeness, questioned, original, sample=sample)):
        lines.extend(_offsets(likeness, questioned, original, rate=rate, sample=sample))
    lines.sort(key=lambda one: (-one.score, abs(math.log(one.rate)), one.offset_s))
    if not lines or lines[0].score < 1.0:
        return None, None
    best = lines[0]
    plain = [one for one in lines if one.rate == 1.0]
    if plain and plain[0].score * _BETTER >= best.score:
        best = plain[0]
    middle = float(questioned.times_s[sample].mean())
    place = best.rate * middle + best.offset_s
    others = [one for one in lines if abs(one.rate * middle + one.offset_s - place) > max(_NEAR_S, 3 * _step(original))]
    return best, (others[0] if others else None)


def _slopes(
    likeness: NDArray[np.float32], questioned: Thumbnails, original: Thumbnails, *, sample: NDArray[np.intp]
) -> tuple[float, ...]:
    """Guesses speeds from pairs of frames that each have one clear match; at most two, rounded."""
    import numpy as np

    part = likeness[sample]
    clear = part.max(axis=1) > 0.8  # noqa: PLR2004 -- a match that is one
    if clear.sum() < LEAST_FRAMES:
        return ()
    first = questioned.times_s[sample][clear]
    second = original.times_s[part.argmax(axis=1)][clear]
    apart = (first[:, None] - first[None]) > max(0.5, 0.25 * (first[-1] - first[0]))
    slopes = (second[:, None] - second[None])[apart] / (first[:, None] - first[None])[apart]
    slopes = slopes[(slopes > 0.4) & (slopes < 2.5)]  # noqa: PLR2004 -- a little beyond RATES
    if len(slopes) < LEAST_FRAMES:
        return ()
    votes, edges = np.histogram(np.log(slopes), bins=180)
    guesses = []
    for number in np.argsort(-votes, kind="stable")[:2]:
        inside = (np.log(slopes) >= edges[number]) & (np.log(slopes) <= edges[number + 1])
        if not inside.any():
            continue
        guesses.append(round(float(np.median(slopes[inside])), 3))
    return tuple(dict.fromkeys(one for one in guesses if one not in RATES))


def _offsets(
    likeness: NDArray[np.float32],
    questioned: Thumbnails,
    original: Thumbnails,
    *,
    rate: float,
    sample: NDArray[np.intp],
) -> list[_Line]:
    """Tries all offsets of one speed and gives the best few that are apart in time."""
    import numpy as np

    times = rate * questioned.times_s[sample]
    low, high = original.times_s[0] - times[-1], original.times_s[-1] - times[0]
    step = max(_step(original) / 2, (high - low) / _STEPS)
    tried = np.arange(low, high + step, step)
    scores = np.empty(len(tried), np.float32)
    for start in range(0, len(tried), 512):
        wanted = tried[start : start + 512, None] + times[None]
        numbers, is_there = _nearest(original.times_s, wanted)
        values = np.where(is_there, likeness[sample[None], numbers], 0.0)
        scores[start : start + 512] = np.maximum(values - _LOW, 0.0).sum(axis=1) / (1.0 - _LOW)
    lines: list[_Line] = []
    for number in np.argsort(-scores, kind="stable"):
        if scores[number] <= 0 or len(lines) >= 3:  # noqa: PLR2004 -- the best, its rival, and one more
            break
        if all(abs(tried[number] - one.offset_s) > _NEAR_S for one in lines):
            lines.append(_Line(rate, float(tried[number]), float(scores[number])))
    return lines


def _step(clip: Thumbnails) -> float:
    import numpy as np

    return float(np.median(np.diff(clip.times_s))) if len(clip.times_s) > 1 else 0.04


def _nearest(times: NDArray[np.float64], wanted: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Gives the frame nearest to each wanted time, and whether the footage covers that time."""
    import numpy as np

    after = np.clip(np.searchsorted(times, wanted), 0, len(times) - 1)
    before = np.maximum(after - 1, 0)
    is_before = np.abs(times[before] - wanted) <= np.abs(times[after] - wanted)
    numbers = np.where(is_before, before, after)
    spacing = float(np.median(np.diff(times))) if len(times) > 1 else 0.04
    is_inside = (wanted >= times[0] - spacing) & (wanted <= times[-1] + spacing)
    return numbers, is_inside & (np.abs(times[numbers] - wanted) <= _HELD_S)


def _taken(
    line: _Line, likeness: NDArray[np.float32], clips: tuple[Thumbnails, Thumbnails], *, free: NDArray[np.bool_]
) -> Iterator[tuple[Piece, NDArray[np.int64], NDArray[np.float64]]]:
    """Gives the runs of free frames that lie on a line, each with its matches and their correlations."""
    import numpy as np

    questioned, original = clips
    numbers, is_there = _nearest(original.times_s, line.rate * questioned.times_s + line.offset_s)
    along = np.where(is_there, likeness[np.arange(len(numbers)), numbers], -1.0)
    smooth = _median(along, _WINDOW)
    for first, last in _runs((smooth >= _HIGH) & is_there & free, questioned.times_s, is_there & free):
        span = slice(first, last + 1)
        exact = _recentred(questioned.rows[span], original.rows[numbers[span]])
        made = Piece(first, last, line.rate, line.offset_s, float(np.median(exact)))
        yield made, numbers[span], exact


def _median(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    import numpy as np

    padded = np.pad(values, width // 2, mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1))


def _runs(
    inside: NDArray[np.bool_], times: NDArray[np.float64], allowed: NDArray[np.bool_]
) -> Iterator[tuple[int, int]]:
    """Gives runs of frames, with short gaps bridged and short runs dropped."""
    runs: list[list[int]] = []
    for number in inside.nonzero()[0]:
        gap = runs and times[number] - times[runs[-1][1]] <= _BRIDGE_S
        if runs and (number == runs[-1][1] + 1 or gap) and allowed[runs[-1][1] : number].all():
            runs[-1][1] = int(number)
        else:
            runs.append([int(number), int(number)])
    for first, last in runs:
        if last - first + 1 >= LEAST_FRAMES and times[last] - times[first] >= _LEAST_S:
            yield first, last


def _recentred(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """Correlates frames with their matches once the mean of just these frames is taken away from both.

    The places that differ most, up to `_TRIMMED` of all that moves, do not count: a face that was replaced or covered
    is often most of what moves. At wrong instants all that moves differs, wherever it is.
    """
    import numpy as np

    a, b = first - first.mean(axis=0), second - second.mean(axis=0)
    energy = (a * a + b * b).sum(axis=0)
    worst = np.argsort(-((a - b) ** 2).sum(axis=0), kind="stable")
    kept = worst[np.cumsum(energy[worst]) > _TRIMMED * energy.sum()]
    a, b = a[:, kept], b[:, kept]
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray((a * b).sum(axis=1) / (norms + 1e-3), np.float64)
