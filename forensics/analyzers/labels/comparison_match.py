"""Whether two copies look like one work: a picture by its hash, a clip by one hash a second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forensics.analyzers.labels import comparison_hash as hashing
from forensics.analyzers.labels.comparison_frame import frames
from forensics.errors import MediaError, ToolError
from forensics.model import Gap, GapReason
from forensics.plugins import Evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAME_UP_TO = 12
DIFFERENT_FROM = 24
"""Bits, of 64, up to which two pictures count as one work, and from which they do not; in between nothing is said.

Source: measured, see the method card `label_comparison`: of 12,504 pairs of different photographs none was closer than
14 bits; 159 photographs saved again at qualities 20 to 90, or at half or a quarter of their size, stayed within 10.
"""
_LEAST_FRAMES = 3


@dataclass(frozen=True, slots=True)
class Pair:
    """Two copies and how alike they look.

    Attributes:
        is_same_work: None where it cannot be said.
        distance_bits: Bits of 64 by which their hashes differ, the median of frames that lie upon each other for clips;
            None where nothing was compared.
        method: `digest`, `picture` or `clip`; empty where nothing was compared.
        turned: How the first picture must be turned or mirrored to look most like the second.
        offset_s: Seconds by which the second clip starts later in the first one's time; None for pictures.
        frame_distances_bits: Of the frames that lie upon each other.
        gaps: Why nothing was compared.
        names: What the two are called.
    """

    is_same_work: bool | None
    distance_bits: float | None = None
    method: str = ""
    turned: str = ""
    offset_s: int | None = None
    frame_distances_bits: tuple[int, ...] = ()
    gaps: tuple[Gap, ...] = ()
    names: tuple[str, str] = ("", "")

    def described(self) -> dict[str, Any]:
        """Describes the pair as values of a finding."""
        return {
            "first_name": self.names[0],
            "second_name": self.names[1],
            "is_same_work": self.is_same_work,
            "method": self.method or None,
            "distance_bits": self.distance_bits,
            "same_up_to_bits": SAME_UP_TO,
            "different_from_bits": DIFFERENT_FROM,
            "turned": self.turned or None,
            "offset_s": self.offset_s,
            "frame_distances_bits": list(self.frame_distances_bits),
        }


def match(first: Evidence, second: Evidence, *, most_frames: int, time_limit_s: float) -> Pair:
    """Compares how two copies look; what cannot be compared has its reason as a gap."""
    if first.artifact.content_sha256 == second.artifact.content_sha256:
        return Pair(is_same_work=True, distance_bits=0.0, method="digest", turned=hashing.AS_IT_IS)
    kinds = {one.artifact.media_type.partition("/")[0] for one in (first, second)}
    if not kinds <= {"image", "video"}:
        detail = "neither sound nor documents are compared by this method; pictures and clips are"
        return Pair(None, gaps=(Gap("likeness", GapReason.NOT_APPLICABLE, detail),))
    try:
        decoded = [frames(one, most=most_frames, time_limit_s=time_limit_s) for one in (first, second)]
    except (ToolError, MediaError) as error:
        return Pair(None, gaps=(Gap("likeness", GapReason.UNREADABLE, str(error)),))
    if kinds == {"image"}:
        return _pictures(decoded[0][0], decoded[1][0])
    return _clips(decoded[0], decoded[1])


def _pictures(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Pair:
    if hashing.is_flat(first) or hashing.is_flat(second):
        return Pair(None, gaps=(_shows_nothing(),))
    wanted = hashing.picture_hash(second)
    ways = {name: hashing.distance(one, wanted) for name, one in hashing.turned_hashes(first).items()}
    turned = min(ways, key=lambda name: (ways[name], list(ways).index(name)))
    return Pair(_judged(ways[turned]), float(ways[turned]), "picture", turned)


def _clips(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Pair:
    """Lays the frames of two clips upon each other, as they are and mirrored, where they fit best."""
    later = [_hash(frame) for frame in second]
    rows = {hashing.AS_IT_IS: [_hash(frame) for frame in first]}
    rows["mirrored"] = [_hash(frame[:, ::-1]) for frame in first]
    shorter = min(sum(one is not None for one in row) for row in (rows[hashing.AS_IT_IS], later))
    least = min(max(_LEAST_FRAMES, (shorter + 1) // 2), shorter)
    if least == 0:
        return Pair(None, gaps=(_shows_nothing(),))
    best: Pair | None = None
    for turned, row in rows.items():
        found = hashing.best_offset(row, later, least=least)
        if found is None:
            continue
        bits = hashing.median(found[1])
        if best is None or best.distance_bits is None or bits < best.distance_bits:
            best = Pair(_judged(bits), bits, "clip", turned, offset_s=found[0], frame_distances_bits=found[1])
    return best or Pair(None, gaps=(_shows_nothing(),))


def _hash(frame: NDArray[np.uint8]) -> int | None:
    return None if hashing.is_flat(frame) else hashing.picture_hash(frame)


def _judged(bits: float) -> bool | None:
    if bits <= SAME_UP_TO:
        return True
    return False if bits >= DIFFERENT_FROM else None


def _shows_nothing() -> Gap:
    return Gap(
        "likeness", GapReason.NOT_APPLICABLE, "a copy shows too little, such as one plain colour, to be compared"
    )
