"""Where a questioned clip lies in what may be its original: the passage of a long film, and a first registration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.analyzers.source.footage import Footage, Reel, read
from forensics.analyzers.source.registration import LEAST_INLIERS, Corners, Registration, corners, register

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_FRAMES = 2400
"""Small frames of one clip that are kept: 96 s at 25 Hz, 150 MB."""

SLOW_HZ = 6.0
"""Frames a second of a questioned clip that is longer: 400 s of it."""

LONG_S = 120.0
"""Length from which an original is looked through coarsely first: it would have too many frames at 20 Hz."""

FILM_HZ = 2.0
_FILM_FRAMES = 4000
"""Frames by which the passage of a long film is looked for: two hours at one in 1.8 s, 250 MB."""

_KEYS = 8
_MOST_KEYS = 16
_CANDIDATES = 6
_SPREAD = 3
_ENOUGH = 300
"""Inliers at which no better place is looked for: ten times the least."""

_GRID = (16, 12)
_COARSE_S = 0.25
_PLAIN = 3.0
_LEAST_SIDE_PX = 32
"""Standard deviation, in grey levels, up to which a row or column is part of a border, and what must be left."""

_SCENE = 0.8
_MOST_SCENES = 150
_LATE_KEYS = 3
"""Where nothing that looks alike fits, so many key frames are tried with one frame of each scene."""

_CROPS = (1.0, 0.9, 0.75)
"""Shares of the original's frame, about its middle, with which a questioned frame is compared coarsely."""

_SPEED = 1.3
_MARGIN_S = 2.0
_MOST_PASSAGES = 6


@dataclass(frozen=True, slots=True)
class Hit:
    """A frame of the one that was registered with a frame of the other.

    Attributes:
        questioned: Number of the frame.
        original: Number of the frame.
    """

    questioned: int
    original: int
    registration: Registration


@dataclass(frozen=True, slots=True)
class Found:
    """What the search gave.

    Attributes:
        hits: The best of each key frame, those with most inliers first.
        corner_count: Median number of corners of the key frames that were tried, of the item that has fewer.
        pairs_tried: Pairs of frames whose corners were matched.
    """

    hits: tuple[Hit, ...]
    corner_count: int
    pairs_tried: int


def questioned_reel(footage: Footage) -> Reel:
    """Reads the small frames of the questioned clip: all, or of a long one six a second."""
    reel = read(footage, most=MOST_FRAMES)
    return read(footage, most=MOST_FRAMES, rate_hz=SLOW_HZ) if reel.is_cut else reel


def original_reel(footage: Footage, questioned: Reel, *, duration_s: float | None) -> tuple[Reel, bool]:
    """Reads the small frames of the original; of a long one those of the passages that resemble the questioned clip.

    Returns:
        The frames, and whether the original is long.
    """
    if not duration_s or duration_s < LONG_S:
        reel = read(footage, most=MOST_FRAMES)
        if not reel.is_cut:
            return reel, False
    rate = min(FILM_HZ, _FILM_FRAMES / duration_s) if duration_s else FILM_HZ
    coarse = read(footage, most=_FILM_FRAMES, rate_hz=rate)
    found = search(questioned, coarse, is_thorough=True)
    passages = list(_passages(found, questioned, coarse))
    if not passages:
        return coarse, True
    share = MOST_FRAMES // len(passages)
    rate_or_all = SLOW_HZ if questioned.spacing_s > 0.9 / SLOW_HZ else None
    return _joined([read(footage, most=share, start_s=a, end_s=b, rate_hz=rate_or_all) for a, b in passages]), True


def search(questioned: Reel, original: Reel, *, is_thorough: bool = False) -> Found:
    """Registers key frames of the questioned clip with the frames of the original that resemble them coarsely.

    Args:
        questioned: Small frames.
        original: Small frames.
        is_thorough: Whether every key frame is tried, also when one was found well.
    """
    import numpy as np

    view = _View(questioned, original, {}, {}, [0])
    keys = _keys(questioned)
    ranks = _Ranking.of(original, shape=questioned.size)
    hits: list[Hit] = []
    for key in keys:
        best = view.best(key, ranks.candidates(questioned.grey[key]))
        hits.extend([best] if best else [])
        if best is not None and best.registration.inliers >= _ENOUGH and not is_thorough:
            break
    if max((one.registration.inliers for one in hits), default=0) < LEAST_INLIERS:
        scenes = ranks.scenes()
        hits.extend(best for key in keys[:_LATE_KEYS] if (best := view.best(key, iter(scenes))))
    hits.sort(key=lambda one: (-one.registration.inliers, one.questioned, one.original))
    counts = [[len(one[0]) for one in view.first.values()], [len(one) for one in view.second.values()]]
    return Found(tuple(hits), min(int(np.median(one)) for one in counts), view.tried[0])


@dataclass(frozen=True, slots=True)
class _View:
    """Two reels whose corners are found once; `tried` counts the pairs of frames that were matched."""

    questioned: Reel
    original: Reel
    first: dict[int, tuple[Corners, Corners]]
    second: dict[int, Corners]
    tried: list[int]

    def best(self, key: int, candidates: Iterator[int]) -> Hit | None:
        """Registers a key frame with candidates until one fits well; gives the best, None where nothing fits."""
        if key not in self.first:
            grey = self.questioned.grey[key]
            self.first[key] = (corners(grey), corners(grey, is_mirrored=True))
        best: Hit | None = None
        for number in candidates:
            if number not in self.second:
                self.second[number] = corners(self.original.grey[number])
            self.tried[0] += 1
            made = register(self.first[key], self.second[number], width_px=self.questioned.size[0])
            if made is not None and (best is None or made.inliers > best.registration.inliers):
                best = Hit(key, number, made)
            if best is not None and best.registration.inliers >= _ENOUGH:
                break
        return best


def _keys(reel: Reel) -> list[int]:
    """Chooses key frames: the middle first, then evenly spread ones."""
    import numpy as np

    count = min(len(reel), _KEYS if len(reel) < 600 else _MOST_KEYS)  # noqa: PLR2004 -- some 20 s
    spread = [int(one) for one in np.unique(np.linspace(0, len(reel) - 1, count + 2)[1:-1].round())]
    return sorted(spread, key=lambda one: abs(one - (len(reel) - 1) / 2)) or [0]


@dataclass(frozen=True, slots=True)
class _Ranking:
    """Coarse pictures of windows of some of the original's frames.

    Attributes:
        rows: Shape (windows, frames, cells).
        step: Every how many-th frame is among them.
    """

    rows: NDArray[np.float32]
    step: int

    @classmethod
    def of(cls, reel: Reel, *, shape: tuple[int, int]) -> _Ranking:
        """Makes the pictures.

        Args:
            reel: The original's frames.
            shape: Width and height of the questioned frames, for windows of that shape.
        """
        import numpy as np

        step = max(1, int(_COARSE_S / max(reel.spacing_s, 1e-3)))
        shown = reel.grey[::step]
        rows = [[_coarse(one) for one in _windows(_trimmed(grey), shape[0] / shape[1])] for grey in shown]
        return cls(np.asarray(rows, np.float32).transpose(1, 0, 2), step)

    def scenes(self) -> list[int]:
        """Gives one frame of each scene, `_MOST_SCENES` at most: a new one begins where the coarse picture changes."""
        import numpy as np

        whole = self.rows[0]
        chosen = [0]
        for number in range(1, len(whole)):
            if float(whole[number] @ whole[chosen[-1]]) < _SCENE:
                chosen.append(number)
        kept = np.unique(np.linspace(0, len(chosen) - 1, min(len(chosen), _MOST_SCENES)).round().astype(int))
        return [chosen[one] * self.step for one in kept]

    def candidates(self, grey: NDArray[np.uint8]) -> Iterator[int]:
        """Gives numbers of frames: those that look alike, apart from each other, then some spread over all."""
        import numpy as np

        count = self.rows.shape[1]
        content = _trimmed(grey)
        shown = np.stack([_coarse(content), _coarse(content[:, ::-1])])
        likeness = np.einsum("cnk,mk->cmn", self.rows, shown).max(axis=(0, 1))
        apart = max(1, count // 40)
        chosen: list[int] = []
        for number in np.argsort(-likeness, kind="stable"):
            if len(chosen) >= _CANDIDATES:
                break
            if all(abs(int(number) - one) >= apart for one in chosen):
                chosen.append(int(number))
        spread = np.linspace(0, count - 1, _SPREAD + 2)[1:-1].round().astype(int)
        yield from (one * self.step for one in dict.fromkeys([*chosen, *(int(one) for one in spread)]))


def _trimmed(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cuts off plain borders; a picture that is plain all over stays whole."""
    import numpy as np

    rows, columns = np.flatnonzero(grey.std(axis=1) > _PLAIN), np.flatnonzero(grey.std(axis=0) > _PLAIN)
    if len(rows) < _LEAST_SIDE_PX or len(columns) < _LEAST_SIDE_PX:
        return grey
    return grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _windows(grey: NDArray[np.uint8], shape: float) -> Iterator[NDArray[np.uint8]]:
    """Gives the whole, crops about its middle, and windows of another shape (width over height) at three places."""
    height, width = grey.shape
    for share in _CROPS:
        top, left = round(height * (1 - share) / 2), round(width * (1 - share) / 2)
        yield grey[top : height - top, left : width - left]
    across, down = min(width, max(1, round(height * shape))), min(height, max(1, round(width / shape)))
    for place in (0.0, 0.5, 1.0):
        left, top = round((width - across) * place), round((height - down) * place)
        yield grey[top : top + down, left : left + across]


def _coarse(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    import cv2
    import numpy as np

    cells = cv2.resize(grey, _GRID, interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    cells -= cells.mean()
    return np.asarray(cells / (np.linalg.norm(cells) + 1e-3), np.float32)


def _passages(found: Found, questioned: Reel, coarse: Reel) -> Iterator[tuple[float, float]]:
    """Gives stretches of the film, in seconds, in which the questioned clip may lie; joined where they overlap."""
    start, end = float(questioned.times_s[0]), float(questioned.times_s[-1])
    spans = []
    for hit in [one for one in found.hits if one.registration.inliers >= LEAST_INLIERS][:_MOST_PASSAGES]:
        time, place = float(questioned.times_s[hit.questioned]), float(coarse.times_s[hit.original])
        spans.append((max(0.0, place - (time - start) * _SPEED - _MARGIN_S), place + (end - time) * _SPEED + _MARGIN_S))
    joined: list[tuple[float, float]] = []
    for span in sorted(spans):
        if joined and span[0] <= joined[-1][1] + 1.0:
            joined[-1] = (joined[-1][0], max(joined[-1][1], span[1]))
        else:
            joined.append(span)
    yield from joined


def _joined(reels: list[Reel]) -> Reel:
    import numpy as np

    kept = [one for one in reels if len(one)]
    times = np.concatenate([one.times_s for one in kept])
    grey = np.concatenate([one.grey for one in kept])
    return Reel(
        times, grey, any(one.is_cut for one in kept), next((one.complaint for one in kept if one.complaint), "")
    )
