"""How similar the faces of a content are to reference photographs: of each track, and of the most similar one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.faces.kept import Kept, KeptTrack
from forensics.faces.similarity import DIGITS, table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Likeness:
    """How similar one track is to the photographs.

    Attributes:
        track: Which.
        similarity: Median over the photographs of the cosine of the track's mean measure with each, rounded. A median,
            unlike a mean measure of all photographs, does not rise with their number, so that it means the same for
            one photograph as for ten.
        low: Lowest cosine of a single frame with a single photograph, rounded.
        high: The highest.
    """

    track: KeptTrack
    similarity: float
    low: float
    high: float


def likenesses(kept: Kept, photos: Sequence[NDArray[np.float32]]) -> tuple[Likeness, ...]:
    """Compares every track with the photographs.

    Args:
        kept: The faces of the content.
        photos: The measures of the photographs, each of shape (128,); at least one.

    Returns:
        The most similar first; of equal ones the one that comes first.
    """
    found = [_likeness(track, photos) for track in kept.tracks]
    return tuple(sorted(found, key=lambda one: -one.similarity))


def _likeness(track: KeptTrack, photos: Sequence[NDArray[np.float32]]) -> Likeness:
    import numpy as np

    single = table([one.measure for one in track.faces], photos)
    median = float(np.median(table([track.measure()], photos)))
    low, high = float(single.min()), float(single.max())
    return Likeness(track, round(median, DIGITS), round(low, DIGITS), round(high, DIGITS))
