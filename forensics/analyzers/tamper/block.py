"""Areas of a picture that agree without being turned or scaled: blocks of equal features, and the shifts between them.

*Source:* J. Fridrich, D. Soukal, J. Lukáš, Detection of copy-move forgery in digital images, DFRWS 2003. Features are
means of a block and of its quarters, and its mean gradients, so that a picture is sorted once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from forensics.analyzers.tamper.repeat import (
    LEAST_CORRELATION,
    MOST_FLAT,
    Repeat,
    correlation,
    fine,
    flat,
    is_over,
    noise,
    slope,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK_PX = 16
STEP = 1.5
"""Width of the steps that features are rounded to, in grey levels. *Source:* measured: three quarters of the copies
survive JPEG of quality 90."""

LEAST_SHIFT_PX = 40
LEAST_VOTES = 250
LEAST_AREA_PX = 640
LEAST_AREA_SHARE = 2.5e-4
MOST_DIFFERENCE = 3.0
LEAST_VARIANCE = 6.0
MOST_SHIFTS = 40
"""Gates: how far apart, how many blocks of one shift, how large (in all, and beside the picture: in a large one more
looks alike by itself), how alike, how structured. *Source:* measured, see the method card: photographs did not pass
them, unscaled copies in PNG did."""

_NEIGHBOURS = (1, 2, 3)
_STRIP_PX = 512
_PRIMES = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F)
_MIXED = 0xFF51AFD7ED558CCD


def find_blocks(bgr: NDArray[np.uint8]) -> list[Repeat]:
    """Finds pairs of areas that agree under a shift, the largest first.

    Args:
        bgr: Shape (height, width, 3).
    """
    import cv2
    import numpy as np

    gray = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.float32)
    found: list[Repeat] = []
    for shift, places in _shifts(_signatures(bgr, gray)):
        found.extend(_areas(gray, shift, places))
    return _distinct(found)


def _signatures(bgr: NDArray[np.uint8], gray: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Gives one number for each block, by its upper left corner; 0 for blocks without structure."""
    import numpy as np

    height, width = gray.shape
    numbers = np.zeros((height - BLOCK_PX + 1, width - BLOCK_PX + 1), np.uint64)
    for top in range(0, numbers.shape[0], _STRIP_PX):
        bottom = min(top + _STRIP_PX, numbers.shape[0])
        rows = slice(top, bottom + BLOCK_PX - 1)
        numbers[top:bottom] = _strip(bgr[rows], gray[rows])
    return numbers


def _strip(bgr: NDArray[np.uint8], gray: NDArray[np.float32]) -> NDArray[np.uint64]:
    import cv2
    import numpy as np

    def mean(plane: NDArray[np.float32], side: int = BLOCK_PX) -> NDArray[np.float32]:
        return np.asarray(cv2.boxFilter(plane, cv2.CV_32F, (side, side), anchor=(0, 0)), np.float32)

    half = BLOCK_PX // 2
    whole, quarter = mean(gray), mean(gray, half)
    height, width = gray.shape[0] - BLOCK_PX + 1, gray.shape[1] - BLOCK_PX + 1
    area = (slice(0, height), slice(0, width))
    quarters = [quarter[y : y + height, x : x + width] - whole[area] for y in (0, half) for x in (0, half)]
    colours = [mean(bgr[..., one].astype(np.float32) - gray)[area] for one in (0, 2)]
    slopes = [mean(np.abs(plane))[area] for plane in _slopes(gray)]
    numbers = np.zeros((height, width), np.uint64)
    for plane, prime in zip((whole[area], *quarters, *colours, *slopes), _endless(), strict=False):
        rounded = np.round(plane / STEP).astype(np.int64).astype(np.uint64)
        numbers = (numbers ^ (rounded * np.uint64(prime))) * np.uint64(_MIXED)
        numbers ^= numbers >> np.uint64(29)
    variance = mean(gray * gray)[area] - whole[area] ** 2
    return np.where(variance > LEAST_VARIANCE, numbers | np.uint64(1), np.uint64(0))


def _slopes(gray: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    import cv2
    import numpy as np

    across, down = (cv2.Sobel(gray, cv2.CV_32F, *order) * 0.5 for order in ((1, 0), (0, 1)))
    return tuple(np.asarray(one, np.float32) for one in (cv2.Laplacian(gray, cv2.CV_32F) * 2, across, down))


def _endless() -> Iterator[int]:
    while True:
        yield from _PRIMES


def _shifts(numbers: NDArray[np.uint64]) -> Iterator[tuple[tuple[int, int], NDArray[np.int64]]]:
    """Gives the commonest shifts (right, down) between blocks of equal numbers, with the corners of the first ones."""
    import numpy as np

    width = numbers.shape[1]
    flat_numbers = numbers.ravel()
    kept = np.flatnonzero(flat_numbers)
    order = kept[np.argsort(flat_numbers[kept], kind="stable")]
    ordered = flat_numbers[order]
    pairs = [(order[:-k][same], order[k:][same]) for k in _NEIGHBOURS if (same := ordered[k:] == ordered[:-k]).any()]
    if not pairs:
        return
    first, second = (np.concatenate(part) for part in zip(*pairs, strict=True))
    down, right = second // width - first // width, second % width - first % width
    is_far = np.hypot(down, right) > LEAST_SHIFT_PX
    first, keys = first[is_far], (down[is_far] << 32) + right[is_far]
    values, counts = np.unique(keys, return_counts=True)
    for number in np.argsort(-counts, kind="stable")[:MOST_SHIFTS]:
        if counts[number] < LEAST_VOTES:
            return
        places = first[keys == values[number]]
        right_px = int((values[number] + (1 << 31)) % (1 << 32) - (1 << 31))
        shift = (right_px, int((values[number] - right_px) >> 32))
        yield shift, np.stack([places // width, places % width], axis=1)


def _areas(gray: NDArray[np.float32], shift: tuple[int, int], places: NDArray[np.int64]) -> Iterator[Repeat]:
    """Grows blocks of one shift to areas, and gives those whose pixels agree and have structure."""
    import cv2
    import numpy as np

    least = max(LEAST_AREA_PX, LEAST_AREA_SHARE * gray.size)
    top, left, first, second, voted = _cut(gray, shift, places)
    alike = cv2.blur(np.abs(first - second), (BLOCK_PX, BLOCK_PX)) < MOST_DIFFERENCE
    opened = cv2.morphologyEx(voted & alike.astype(np.uint8), cv2.MORPH_OPEN, np.ones((BLOCK_PX, BLOCK_PX), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    pair = _Pair(first, second)
    for number in range(1, count):
        if stats[number, cv2.CC_STAT_AREA] >= least:
            one = pair.described(np.asarray(labels == number), at=(left, top), shift=shift)
            if one is not None:
                yield one


def _cut(
    gray: NDArray[np.float32], shift: tuple[int, int], places: NDArray[np.int64]
) -> tuple[int, int, NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]:
    """Cuts out what lies around the blocks of a shift, where they are and where they were moved to."""
    import cv2
    import numpy as np

    right, down = shift
    height, width = gray.shape
    top, left = (int(one) for one in np.maximum(places.min(axis=0) - BLOCK_PX, (max(0, -down), max(0, -right))))
    ends = places.max(axis=0) + 2 * BLOCK_PX
    bottom, end = min(int(ends[0]), height - max(0, down)), min(int(ends[1]), width - max(0, right))
    voted = np.zeros((bottom - top, end - left), np.uint8)
    voted[places[:, 0] - top, places[:, 1] - left] = 1
    voted = np.asarray(cv2.dilate(voted, np.ones((BLOCK_PX, BLOCK_PX), np.uint8), anchor=(BLOCK_PX - 1, BLOCK_PX - 1)))
    moved = gray[top + down : bottom + down, left + right : end + right]
    return top, left, gray[top:bottom, left:end], moved, voted


class _Pair:
    """Two cut-outs of a picture that are laid over one another.

    Args:
        first: Grey levels of one.
        second: Those of the other, of equal shape.
    """

    def __init__(self, first: NDArray[np.float32], second: NDArray[np.float32]) -> None:
        self._both = first, second

    def described(self, area: NDArray[np.bool_], *, at: tuple[int, int], shift: tuple[int, int]) -> Repeat | None:
        """Measures one area of the cut-outs; None where it has no structure of its own.

        Args:
            area: Marks its pixels.
            at: Place of the cut-out's corner (left, top) in the picture.
            shift: How far (right, down) the second lies from the first.
        """
        import numpy as np

        first, second = self._both
        alike = correlation(*(fine(one)[area] for one in self._both))
        if alike < LEAST_CORRELATION or float(flat(first.astype(np.uint8))[area].mean()) > MOST_FLAT:
            return None
        steep = slope(first)
        smooth = area & (steep <= np.median(steep[area]))
        y, x = np.nonzero(area)
        box = (int(x.min()) + at[0], int(y.min()) + at[1], int(np.ptp(x)) + 1, int(np.ptp(y)) + 1)
        other = (box[0] + shift[0], box[1] + shift[1], box[2], box[3])
        boxes = sorted((box, other), key=lambda one: (one[1], one[0]))
        difference = float(np.abs(first - second)[area].mean())
        grain = correlation(*(noise(one)[smooth] for one in self._both))
        return Repeat(
            boxes[0], boxes[1], len(y), 0.0, 1.0, difference, alike, grain, _overlap_share(area, shift), "block"
        )


def _overlap_share(area: NDArray[np.bool_], shift: tuple[int, int]) -> float:
    """Gives the share of an area that is still within it when it is shifted."""
    right, down = shift
    height, width = area.shape
    rows, columns = slice(max(0, down), min(height, height + down)), slice(max(0, right), min(width, width + right))
    if rows.stop <= rows.start or columns.stop <= columns.start:
        return 0.0
    back = area[rows.start - down : rows.stop - down, columns.start - right : columns.stop - right]
    return float((area[rows, columns] & back).sum()) / float(area.sum())


def _distinct(found: list[Repeat]) -> list[Repeat]:
    """Leaves out areas that lie in a larger pair under nearly the same shift."""
    kept: list[Repeat] = []
    for one in sorted(found, key=lambda pair: (-pair.area_px, pair.first, pair.second)):
        if not any(is_over(one.first, other.first) and is_over(one.second, other.second) for other in kept):
            kept.append(one)
    return kept
