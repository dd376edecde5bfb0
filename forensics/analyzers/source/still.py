"""A still against a picture, or against the frame of a clip that it comes from: space alone, in finer steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from forensics.analyzers.source.footage import Footage, Reel, chosen, read
from forensics.analyzers.source.locate import Hit
from forensics.analyzers.source.registration import (
    LEAST_INLIERS,
    Registration,
    compose,
    corners,
    pooled,
    register,
    resized,
)
from forensics.analyzers.source.sampling import Alignment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_AROUND_S = 1.0
_MOST = 120
"""Frames about the first match that are tried: two seconds at 60 Hz."""


def still_alignment(
    questioned: Footage, original: Footage, hits: Sequence[Hit], *, reels: tuple[Reel, Reel]
) -> Alignment:
    """Lays a still upon a picture or clip, or a clip's frame upon a still.

    Args:
        questioned: Clip or still.
        original: Clip or still; at least one of the two is a still.
        hits: First registrations, the best first; at least one.
        reels: Their small frames.
    """
    hit = hits[0]
    first, second = reels
    times = (float(first.times_s[hit.questioned]), float(second.times_s[hit.original]))
    best = hit.registration
    if len(second) > 1:
        best, place = _nearest(first.grey[0], original, times[1], best=best, is_questioned=True)
        times = (times[0], place)
    elif len(first) > 1:
        best, place = _nearest(second.grey[0], questioned, times[0], best=best, is_questioned=False)
        times = (place, times[1])
    full = (questioned.width_px, questioned.height_px), (original.width_px, original.height_px)
    matrix = compose(resized(second.size, full[1]), compose(best.matrix, resized(full[0], first.size)))
    alignment = Alignment(questioned, original, matrix, (times,))
    return _finer(alignment, is_mirrored=best.is_mirrored)


def _nearest(
    still: NDArray[np.uint8], clip: Footage, about_s: float, *, best: Registration, is_questioned: bool
) -> tuple[Registration, float]:
    """Tries the frames about a first match and gives the one with most agreeing corners."""
    place = about_s
    reel = read(clip, most=_MOST, start_s=about_s - _AROUND_S, end_s=about_s + _AROUND_S)
    mine = (corners(still), corners(still, is_mirrored=True))
    for number, grey in enumerate(reel.grey):
        if is_questioned:
            made = register(mine, corners(grey), width_px=still.shape[1])
        else:
            made = register((corners(grey), corners(grey, is_mirrored=True)), mine[0], width_px=grey.shape[1])
        if made is not None and made.inliers > best.inliers:
            best, place = made, float(reel.times_s[number])
    return best, place


def _finer(alignment: Alignment, *, is_mirrored: bool) -> Alignment:
    """Registers once more in the working size, with a smaller tolerance."""
    import cv2
    import numpy as np

    times = alignment.instants_s[0]
    first = chosen(alignment.questioned, [times[0]], size=alignment.questioned_size).get(times[0])
    second = chosen(alignment.original, [times[1]], size=alignment.original.work).get(times[1])
    if first is None or second is None:
        return alignment
    grey = [np.asarray(cv2.cvtColor(one, cv2.COLOR_BGR2GRAY), np.uint8) for one in (first, second)]
    made = pooled([(grey[0], grey[1])], is_mirrored=is_mirrored)
    if made is None or made.inliers < LEAST_INLIERS:
        return alignment
    full = (alignment.questioned.width_px, alignment.questioned.height_px)
    goal = (alignment.original.width_px, alignment.original.height_px)
    size = [(one.shape[1], one.shape[0]) for one in grey]
    matrix = compose(resized(size[1], goal), compose(made.matrix, resized(full, size[0])))
    return Alignment(alignment.questioned, alignment.original, matrix, alignment.instants_s)
