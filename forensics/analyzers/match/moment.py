"""Whether two clips of one scene show the same moments: what moves in the one moves in the other, at one offset."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.analyzers.match.strip import Laid, Strip, laid, strip
from forensics.media.fingerprint import Fingerprint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_S = 2.0
"""Shortest passage that is called shared; of shorter clips, all but a fifth must be. *Source:* requirement; an intro or
a cut to black is shorter."""

LEAST_SHARE = 0.8

_LOOKS_ALIKE = 0.6
"""Correlation of two small pictures from which they may be one instant."""

MOVES_ALIKE = ((4.0, 0.45), (0.0, 0.5))
_WEAK, _WEAK_MORE = 0.15, 0.1
"""Length of a passage in seconds from which so much correlation of what moves is enough; where it moves less than so
many standard deviations, so much more is needed. *Source:* measured at the best of all offsets: copies of all kinds
have 0.53 and more over 4 s and 0.52 over less, moments of one scene 0.16 at most; of a portrait whose lips alone move,
0.57 and 0.48."""

_TRIMMED = 0.75
_SMALL = 0.3
"""Share of the pixels that are compared once an offset is tried, and the difference in standard deviations up to which
none is left out. *Source:* captions and logos cover up to a quarter, and differ by one deviation and more."""

_ROUNDING = 1e-6

_MOVES = 0.01
"""Root mean square of what moves, in standard deviations of the picture, from which a passage moves at all."""

_MOST_CELLS = 4_000_000
"""Pairs of instants that are compared at once, 32 MB; of longer clips only the offsets that the frames vote for."""

_TRIED = 5
_PHASES = (-0.1, -0.05, 0.0, 0.05, 0.1)
_BRIDGE = 3
"""Instants that may look unlike within a passage: a flash, a caption, a damaged frame."""

_MOST_PASSAGES = 8


@dataclass(frozen=True, slots=True)
class Passage:
    """What two clips have in common.

    Attributes:
        start_s: Where it begins in the first clip.
        end_s: Where it ends there.
        offset_s: Time in the second clip minus time in the first.
        motion: Correlation of what moves; None where nothing does.
        likeness: Median correlation of the small pictures.
        strength: Root mean square of what moves, in standard deviations of the picture.
    """

    start_s: float
    end_s: float
    offset_s: float
    motion: float | None
    likeness: float
    strength: float

    @property
    def length_s(self) -> float:
        """Its length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Timing:
    """What the comparison in time gave.

    Attributes:
        passages: What is shared, in the order of the first clip.
        best_motion: Best correlation of what moves over a passage that looks alike, also where it is too small; None
            where no passage looks alike or nothing moves.
        longest_alike_s: The longest time that looks alike at one of the offsets that were tried.
        likeliest_s: Offset at which what moves agrees best; None where no passage looks alike.
    """

    passages: tuple[Passage, ...]
    best_motion: float | None
    longest_alike_s: float
    likeliest_s: float | None

    @property
    def overlap_s(self) -> float:
        """Seconds that are shared."""
        return sum(one.length_s for one in self.passages)


def timing(
    first: Fingerprint, second: Fingerprint, matrix: NDArray[np.float64], *, votes_s: Sequence[float] = ()
) -> Timing:
    """Finds the passages that two clips share.

    Args:
        first: A clip.
        second: Another.
        matrix: Where the first picture lies in the second, in shares of width and height, shape (2, 3).
        votes_s: Offsets that pairs of frames speak for, for clips that are too long to try all.
    """
    both = laid(first, second, matrix)
    a, b = strip(both.own()), strip(both.other())
    least = min(LEAST_S, LEAST_SHARE * min(first.duration_s, second.duration_s)) - _ROUNDING
    seen: list[Passage] = []
    for lag in _lags(a, b, step=both.step_s, votes_s=votes_s):
        seen.extend(_at(both, lag, kept=_kept(a, b, lag), moves=_moves(a, b, lag)))
    long = [one for one in seen if one.length_s >= least]
    found = [one for one in long if one.motion is None or one.motion >= _least_motion(one)]
    best = max((one.motion for one in long if one.motion is not None), default=None)
    likeliest = max(long or seen, key=_agrees).offset_s if seen else None
    return Timing(_apart(found), best, round(max((one.length_s for one in seen), default=0.0), 2), likeliest)


def _at(both: Laid, lag: int, *, kept: NDArray[np.bool_], moves: NDArray[np.float64]) -> Iterator[Passage]:
    """Gives the passages at an offset and close to it; what moves is taken within the overlap alone, alike in both."""
    pixels = both.own()[:, kept]
    for phase in _PHASES:
        others = both.other(phase)[:, kept]
        left, right = _overlap(len(pixels), len(others), lag)
        own, other = strip(pixels[left]), strip(others[right])
        offset_s = lag * both.step_s + phase
        yield from _passages(own, other, left.start, step=both.step_s, offset_s=offset_s, moves=moves)


def _agrees(one: Passage) -> tuple[float, float]:
    """Gives how well what moves agrees over a passage, and how well the pictures do."""
    return (one.motion or 0.0) * math.sqrt(one.length_s), one.likeness


def _least_motion(one: Passage) -> float:
    least = next(least for length_s, least in MOVES_ALIKE if one.length_s >= length_s - _ROUNDING)
    return least + _WEAK_MORE if one.strength < _WEAK else least


def _kept(a: Strip, b: Strip, lag: int) -> NDArray[np.bool_]:
    """Leaves out the pixels that differ most in the mean over the whole overlap: captions, logos, a replaced face.

    What differs from time to time alone stays, since it tells one moment from another.
    """
    import numpy as np

    left, right = _overlap(len(a.still), len(b.still), lag)
    apart = np.abs((a.still[left] - b.still[right]).mean(axis=0))
    if not len(apart):
        return np.zeros(0, bool)
    return np.asarray(apart <= max(float(np.quantile(apart, _TRIMMED)), _SMALL))


def _lags(a: Strip, b: Strip, *, step: float, votes_s: Sequence[float]) -> list[int]:
    """Gives the offsets at which what moves agrees best, in steps, the best first."""
    n, m = len(a.still), len(b.still)
    least = min(round(LEAST_S / step), max(1, int(LEAST_SHARE * min(n, m))))
    voted = sorted({round(vote / step) + near for vote in votes_s for near in (-1, 0, 1)})
    everything = range(-(n - least), m - least + 1)
    tried = everything if n * m <= _MOST_CELLS else [one for one in voted if one in everything]
    scores = [(_score(a, b, lag), -abs(lag), lag) for lag in tried]
    best = [lag for _, _, lag in sorted(scores, reverse=True)[: 4 * _TRIED]]
    kept: list[int] = []
    for lag in best:
        if all(abs(lag - other) > 1 for other in kept):
            kept.append(lag)
    return [*kept[:_TRIED], *(one for one in _alike(a, b, everything) if one not in kept[:_TRIED])]


def _score(a: Strip, b: Strip, lag: int) -> float:
    import numpy as np

    left, right = _overlap(len(a.still), len(b.still), lag)
    together = float(np.einsum("np,np->", a.moving[left], b.moving[right]))
    energy = max(1e-9, float(a.energy[left].sum()) * float(b.energy[right].sum()))
    return together / math.sqrt(energy) * math.sqrt(left.stop - left.start)


def _alike(a: Strip, b: Strip, lags: Sequence[int]) -> list[int]:
    """Gives the offset without any, where pictures do not move: the one that lets most of both overlap."""
    moves = [float((one.energy / max(1, one.still.shape[1])).mean()) ** 0.5 for one in (a, b)]
    return [0] if min(moves) < _MOVES and 0 in lags else []


def _overlap(n: int, m: int, lag: int) -> tuple[slice, slice]:
    start, end = max(0, -lag), min(n, m - lag)
    return slice(start, max(start, end)), slice(start + lag, max(start, end) + lag)


def _moves(a: Strip, b: Strip, lag: int) -> NDArray[np.float64]:
    """Gives the mean square of what moves at each instant of the overlap, of the clip that moves more."""
    import numpy as np

    left, right = _overlap(len(a.still), len(b.still), lag)
    return np.asarray(np.maximum(a.energy[left], b.energy[right]) / max(1, a.still.shape[1]))


def _passages(
    a: Strip, b: Strip, first: int, *, step: float, offset_s: float, moves: NDArray[np.float64]
) -> Iterator[Passage]:
    """Gives the stretches that look alike; the overlap begins at instant `first` of the first clip."""
    import numpy as np

    likeness = np.einsum("np,np->n", a.still, b.still) / max(1, a.still.shape[1])
    together = np.einsum("np,np->n", a.moving, b.moving)
    own, other = a.energy, b.energy
    for start, end in _runs(likeness >= _LOOKS_ALIKE):
        part = slice(start, end)
        energy = float(own[part].sum()), float(other[part].sum())
        motion = None
        strength = float(moves[part].mean()) ** 0.5
        if strength >= _MOVES:
            motion = round(float(together[part].sum()) / max(1e-9, (energy[0] * energy[1]) ** 0.5), 3)
        began = (first + start) * step
        median = round(float(np.median(likeness[part])), 3)
        ended = began + (end - start) * step
        yield Passage(round(began, 2), round(ended, 2), round(offset_s, 2), motion, median, round(strength, 3))


def _runs(good: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Gives the stretches of good instants, over short gaps."""
    start = last = None
    for number, is_good in enumerate(good.tolist()):
        if not is_good:
            continue
        if start is None or last is None:
            start = number
        elif number - last > _BRIDGE + 1:
            yield start, last + 1
            start = number
        last = number
    if start is not None and last is not None:
        yield start, last + 1


def _apart(found: Sequence[Passage]) -> tuple[Passage, ...]:
    """Keeps the passages that agree best, where they do not lie upon each other in either clip."""
    kept: list[Passage] = []
    for one in sorted(
        found, key=lambda each: (-each.length_s * (each.motion or 0.5), abs(each.offset_s), each.start_s)
    ):
        if len(kept) < _MOST_PASSAGES and all(_is_apart(one, other) for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda each: each.start_s))


def _is_apart(one: Passage, other: Passage) -> bool:
    def apart(shift: float, other_shift: float) -> bool:
        return one.start_s + shift >= other.end_s + other_shift or other.start_s + other_shift >= one.end_s + shift

    return apart(0, 0) and apart(one.offset_s, other.offset_s)
