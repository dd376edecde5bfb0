"""Two clips at the same even times, the second laid on the first: what they look like, and what moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.media.fingerprint import SMALL_PX, Fingerprint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STEP_S = 0.2
"""Seconds between compared pictures: those that analyzers are fed with."""

_BEFORE_S = 1.6
"""What moves is the difference from the mean of 1.6 s before and after. *Source:* measured; a clip's mean as in video
copy alignment (Douze et al., ECCV 2010) fails where a clip has several shots."""

_PLAIN = 3.0
"""Standard deviation in grey levels below which a small picture is black, white or another plain colour."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Small pictures of a clip at even times.

    Attributes:
        still: Each without its mean and of standard deviation 1, shape (instants, pixels); 0 where plain.
        moving: The same without the mean of the time around, shape (instants, pixels).
        energy: Sum of squares of `moving`, shape (instants,).
    """

    still: NDArray[np.float32]
    moving: NDArray[np.float32]
    energy: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Laid:
    """Two clips of which the second lies on the first.

    Attributes:
        first: The first clip.
        second: The second.
        step_s: Seconds between compared instants.
        pixels: Small pictures of the first where both have pixels, shape (frames, pixels).
        moved: The same of the second.
    """

    first: Fingerprint
    second: Fingerprint
    step_s: float
    pixels: NDArray[np.float32]
    moved: NDArray[np.float32]

    def own(self) -> NDArray[np.float32]:
        """Gives the pictures of the first clip at even times."""
        return _even(self.pixels, self.first, self.step_s)

    def other(self, phase_s: float = 0.0) -> NDArray[np.float32]:
        """Gives the pictures of the second clip at even times, and a phase later."""
        return _even(self.moved, self.second, self.step_s, phase_s=phase_s)


def laid(first: Fingerprint, second: Fingerprint, matrix: NDArray[np.float64]) -> Laid:
    """Lays the second clip on the first; `matrix` is from shares of the first to shares of the second."""
    import numpy as np

    index, weights, inside = _sampling(matrix)
    mask = inside.ravel()
    own = first.small.reshape(len(first.small), -1)[:, mask].astype(np.float32)
    flat = second.small.reshape(len(second.small), -1)
    moved = np.zeros((len(flat), int(mask.sum())), np.float32)
    for corner in range(4):
        moved += flat[:, index[corner, mask]] * weights[corner, mask]
    return Laid(first, second, max(STEP_S, _spacing(first), _spacing(second)), own, moved)


def _spacing(value: Fingerprint) -> float:
    times = value.times_s
    return float(times[-1] - times[0]) / max(1, len(times) - 1)


def _sampling(matrix: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.bool_]]:
    """Gives, for each pixel of the first small picture, four pixels of the second and their weights."""
    import numpy as np

    grid = (np.arange(SMALL_PX) + 0.5) / SMALL_PX
    places = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    there = places @ matrix[:, :2].T + matrix[:, 2]
    inside = np.all((there >= 0) & (there <= 1), axis=1)
    pixels = np.clip(there * SMALL_PX - 0.5, 0, SMALL_PX - 1)
    low = np.minimum(pixels.astype(np.int64), SMALL_PX - 2)
    part = pixels - low
    index, weights = [], []
    for right in (0, 1):
        for down in (0, 1):
            index.append((low[:, 1] + down) * SMALL_PX + low[:, 0] + right)
            x = part[:, 0] if right else 1 - part[:, 0]
            y = part[:, 1] if down else 1 - part[:, 1]
            weights.append(x * y)
    return np.stack(index), np.stack(weights).astype(np.float32), inside.reshape(SMALL_PX, SMALL_PX)


def _even(
    pixels: NDArray[np.generic], value: Fingerprint, step_s: float, *, phase_s: float = 0.0
) -> NDArray[np.float32]:
    """Gives the pictures at 0, 1, 2, … steps after the first frame, and a phase; between frames, a mixture of both."""
    import numpy as np

    times = value.times_s.astype(np.float64)
    wanted = times[0] + phase_s + np.arange(int((times[-1] - times[0]) / step_s + 1e-3) + 1) * step_s
    place = np.interp(wanted, times, np.arange(len(times)))
    low = np.minimum(place.astype(np.int64), len(times) - 1)
    high = np.minimum(low + 1, len(times) - 1)
    part = (place - low)[:, None].astype(np.float32)
    return np.asarray(pixels[low] * (1 - part) + pixels[high] * part, np.float32)


def strip(pixels: NDArray[np.float32]) -> Strip:
    """Takes out of small pictures, shape (instants, pixels), what does not depend on brightness and contrast."""
    import numpy as np

    flat = pixels - pixels.mean(axis=1, keepdims=True) if pixels.shape[1] else pixels
    spread = flat.std(axis=1, keepdims=True) if pixels.shape[1] else np.zeros((len(pixels), 1))
    still = np.where(spread >= _PLAIN, flat / np.maximum(spread, _PLAIN), 0).astype(np.float32)
    around = round(_BEFORE_S / STEP_S)
    sums = np.concatenate([np.zeros((1, still.shape[1])), np.cumsum(still, axis=0, dtype=np.float64)])
    n = len(still)
    start, end = np.maximum(np.arange(n) - around, 0), np.minimum(np.arange(n) + around + 1, n)
    moving = _calmed((still - (sums[end] - sums[start]) / (end - start)[:, None]).astype(np.float32))
    return Strip(still, moving, (moving.astype(np.float64) ** 2).sum(axis=1))


def _calmed(moving: NDArray[np.float32]) -> NDArray[np.float32]:
    """Takes the mean with the instants before and after: copies are seldom sampled at exactly the same instants."""
    import numpy as np

    padded = np.concatenate([moving[:1], moving, moving[-1:]])
    return np.asarray((padded[:-2] + 2 * moving + padded[2:]) / 4, np.float32)
