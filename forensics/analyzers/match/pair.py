"""Whether two contents show the same: by where their corners lie, by brightness, and for clips by time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from forensics.analyzers.match.agreement import NO_AGREEMENT, Agreement, agreement
from forensics.analyzers.match.geometry import Placement, placed, visible
from forensics.analyzers.match.moment import LEAST_S, Timing, timing
from forensics.analyzers.match.word import Link
from forensics.media.fingerprint import Fingerprint

LEAST_CORNERS = 40
"""Corners below which a picture, or the best frame of a clip, is too plain for this method: copies keep a tenth of
theirs at worst."""

_LEAST_INLIERS, _LEAST_INLIER_SHARE = 15, 0.05
_LEAST_MOVING = 10
"""Corners that must agree: of pictures so many and such a share of those that there are, of clips so many, since motion
decides. *Source:* measured: 22 at most in 1,400 pairs of portraits of 500 corners, the same captions on both; 27 and
more in copies with all changes together."""

_MOST_BITS = 26.0
"""Bits in which the descriptors of these corners differ, in the median. *Source:* measured: 24 at most in copies."""

_ENOUGH = 60
"""Corners that agree from which no better frame is looked for."""

_LEAST_SHARE, _LEAST_SUPPORT = 0.5, 0.32
_LEAST_BLOCKS = 24
"""Share of the blocks that agree, and of the picture's parts with corners in which some agree, from which a picture
is the same; and how many blocks must. *Source:* measured: copies with all changes together
have 0.56 and 0.36 at least; portraits of different persons in one pose 0.48 and 0.28 at most, unless both bear the same
captions; typed pages of one letterhead 0.23 of the parts, though their blocks agree."""

_MANY_INLIERS, _MUCH_SUPPORT, _FINE_SHARE = 50, 0.6, 0.3
"""With so many corners in so many parts fewer blocks are enough: grass, foliage and fabric, when reduced and cropped,
agree in corners and less in blocks. *Source:* measured: 67 corners, 0.65 of the parts and 0.37 of the blocks at least
in such copies; 25, 0.42 and 0.66 at most in portraits in one pose with the same captions."""

_PART_INLIERS, _PART_BITS, _PART_SHARE, _PART_SUPPORT = 18, 18.0, 0.3, 0.12
"""Corners that agree, bits in which their descriptors differ at most, blocks and parts that agree, from which a part of
two pictures is the same. *Source:* measured: 19 corners, 14 bits, 0.37 and 0.19 where half of a picture was replaced;
22 bits and more in portraits in one pose."""

_LEAST_MOVING_SHARE = 0.1
"""Share of the blocks that must agree before clips are compared in time: frames that are half a second apart agree in
what does not move alone."""

_FEW_BLOCKS, _NEARLY_ALL = 12, 0.9
"""As many blocks are enough where nearly all that there are agree: sketches, tables, clocks on a plain ground."""

_MOST_TRIED = 8
_HOPELESS, _HOPELESS_INLIERS = 3, 7
"""Frames that are tried, the likeliest first, and those that are tried before two contents are given up for having
nothing that fits."""

_MOST_TIMED = 3
"""Frames by which clips are compared in time."""

_AT_ONCE_S = 0.3
_MOST_POOLED = 6
"""Marked frames that are so near in time at an offset lie upon each other, of them so many."""

WHOLE = 0.5
"""Share of the shorter clip from which two clips are copies; less is a shared passage."""

_WHOLE_SMALL, _WHOLE_LARGE = 0.7, 0.3
"""Share of the one and of the other picture that both show, from which they are copies: a half is left by a crop of
30 %, a third by a picture in a picture of 60 %."""

_NEARLY = 0.97


class Relation(StrEnum):
    """What two contents have in common."""

    FOOTAGE = "same_footage"
    """Clips whose pictures and moments agree."""

    PICTURE = "same_picture"
    """Pictures, or clips in which nothing moves."""

    FRAME = "frame_of_clip"
    """A picture that agrees with a frame of a clip."""

    PASSAGE = "shared_passage"
    """Clips that share less than half of the shorter."""

    PART = "shared_part"
    """Pictures that share a part of their area."""

    MOMENT = "another_moment"
    """Clips of one scene whose motion does not agree."""

    SHORT = "too_short"
    """Clips that share less than two seconds."""

    NOTHING = "nothing"
    """Nothing in common that this method finds."""


COPIES = (Relation.FOOTAGE, Relation.PICTURE, Relation.FRAME)
"""Relations that make a group."""

SHARING = (Relation.PASSAGE, Relation.PART)
"""Relations that are stated of a pair."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of two contents.

    Attributes:
        relation: What they have in common.
        placement: Where the first lies in the second; None where it lies nowhere.
        agreement: How they agree there.
        times_s: Times of the two frames that this was measured on.
        timing: What the comparison in time gave; None where one of them is a picture.
        visible: Share of the first and of the second picture that both show.
    """

    relation: Relation
    placement: Placement | None = None
    agreement: Agreement = NO_AGREEMENT
    times_s: tuple[float, float] = (0.0, 0.0)
    timing: Timing | None = None
    visible: tuple[float, float] = (0.0, 0.0)

    @property
    def is_cropped(self) -> bool:
        """Whether one of them shows less than the other."""
        return min(self.visible) < _NEARLY


def is_plain(value: Fingerprint) -> bool:
    """Whether a content has too few corners to be compared."""
    return max((int(one) for one in value.counts), default=0) < LEAST_CORNERS


def judge(first: Fingerprint, second: Fingerprint, links: Sequence[Link]) -> Verdict:
    """Compares two contents.

    Args:
        first: A fingerprint.
        second: Another.
        links: Frames that may show the same, the likeliest first.
    """
    best = Verdict(Relation.NOTHING)
    for verdict in _placements(first, second, links)[:_MOST_TIMED]:
        made = _judged(first, second, verdict, links)
        if _rank(made) > _rank(best):
            best = made
        if best.relation in COPIES:
            break
    return best


def _rank(verdict: Verdict) -> int:
    order = (Relation.NOTHING, Relation.SHORT, Relation.MOMENT, *reversed(SHARING), *reversed(COPIES))
    return order.index(verdict.relation)


def _placements(first: Fingerprint, second: Fingerprint, links: Sequence[Link]) -> list[Verdict]:
    """Lays frames on each other; gives those on which something fits, the one with most corners first."""
    found: list[Verdict] = []
    most = 0
    for number, link in enumerate(_tried(links), 1):
        place = placed(first, second, [(link.first, link.second)], is_mirrored=link.is_mirrored)
        if place is not None:
            most = max(most, place.inliers)
            if place.inliers >= _LEAST_MOVING and place.bits <= _MOST_BITS:
                found.append(_verdict(first, second, link, place))
        if (found and _is_sure(found[-1])) or (number >= _HOPELESS and most < _HOPELESS_INLIERS):
            break
    return sorted(found, key=lambda one: -_inliers(one) * one.agreement.share)


def _is_sure(verdict: Verdict) -> bool:
    return _inliers(verdict) >= _ENOUGH and verdict.agreement.share >= _LEAST_SHARE


def _tried(links: Sequence[Link]) -> Iterable[Link]:
    """Takes the likeliest frames, and where all are of one orientation, the best of the other as well."""
    chosen = list(links[:_MOST_TRIED])
    other = [one for one in links[_MOST_TRIED:] if all(one.is_mirrored != each.is_mirrored for each in chosen)]
    return chosen + other[:1]


def _inliers(verdict: Verdict) -> int:
    return verdict.placement.inliers if verdict.placement else 0


def _verdict(first: Fingerprint, second: Fingerprint, link: Link, place: Placement) -> Verdict:
    return Verdict(
        Relation.NOTHING,
        place,
        agreement(first.large[link.first], second.large[link.second], place.matrix),
        (first.time_of(link.first), second.time_of(link.second)),
        None,
        (visible(place.inverse()), visible(place.matrix)),
    )


def _judged(first: Fingerprint, second: Fingerprint, verdict: Verdict, links: Sequence[Link]) -> Verdict:
    if first.is_still or second.is_still:
        is_pair = first.is_still and second.is_still
        return _of(verdict, _still(verdict, _fewer(first, second), is_pair=is_pair))
    place = verdict.placement
    if place is None or verdict.agreement.share < _LEAST_MOVING_SHARE:
        return verdict
    votes = [second.time_of(one.second) - first.time_of(one.first) for one in links]
    timed = timing(first, second, place.matrix, votes_s=votes)
    made = _of(verdict, _clip(first, second, verdict, timed), timed)
    if made.relation in COPIES or timed.likeliest_s is None:
        return made
    better = _together(first, second, timed.likeliest_s, is_mirrored=place.is_mirrored)
    if better is None or better.inliers < place.inliers:
        return made
    again = timing(first, second, better.matrix, votes_s=[*votes, timed.likeliest_s])
    other = _of(replace(verdict, placement=better), _clip(first, second, verdict, again), again)
    return max(made, other, key=_rank)


def _together(first: Fingerprint, second: Fingerprint, offset_s: float, *, is_mirrored: bool) -> Placement | None:
    """Lays the clips on each other by all marked frames of one instant: what moves is then in the same place."""
    marks = [
        (one, other)
        for one in range(len(first.marks))
        for other in range(len(second.marks))
        if abs(second.time_of(other) - first.time_of(one) - offset_s) <= _AT_ONCE_S
    ]
    chosen = marks[:: max(1, len(marks) // _MOST_POOLED)][:_MOST_POOLED]
    return placed(first, second, chosen, is_mirrored=is_mirrored) if chosen else None


def _of(verdict: Verdict, relation: Relation, timed: Timing | None = None) -> Verdict:
    return Verdict(relation, verdict.placement, verdict.agreement, verdict.times_s, timed, verdict.visible)


def _still(verdict: Verdict, corners: int, *, is_pair: bool) -> Relation:
    """Judges two pictures, of which the one that has fewer has so many corners."""
    agree, place = verdict.agreement, verdict.placement
    blocks = _FEW_BLOCKS if agree.share >= _NEARLY_ALL else _LEAST_BLOCKS
    if place is None or agree.blocks * agree.share < blocks:
        return Relation.NOTHING
    is_whole = max(verdict.visible) >= _WHOLE_SMALL and min(verdict.visible) >= _WHOLE_LARGE
    is_same = agree.share >= _LEAST_SHARE and place.support >= _LEAST_SUPPORT
    is_fine = agree.share >= _FINE_SHARE and place.support >= _MUCH_SUPPORT and place.inliers >= _MANY_INLIERS
    is_same = is_same or is_fine
    if is_whole and is_same and place.inliers >= max(_LEAST_INLIERS, _LEAST_INLIER_SHARE * corners):
        return Relation.PICTURE if is_pair else Relation.FRAME
    is_clear = place.inliers >= _PART_INLIERS and place.bits <= _PART_BITS
    is_part = is_clear and agree.share >= _PART_SHARE and place.support >= _PART_SUPPORT
    return Relation.PART if is_part else Relation.NOTHING


def _fewer(first: Fingerprint, second: Fingerprint) -> int:
    """Gives the corners of the best frame of the one that has fewer."""
    return min(int(first.counts.max(initial=0)), int(second.counts.max(initial=0)))


def _clip(first: Fingerprint, second: Fingerprint, verdict: Verdict, timed: Timing) -> Relation:
    shorter_s = min(first.duration_s, second.duration_s)
    if not timed.passages:
        if timed.longest_alike_s == 0:
            return Relation.NOTHING
        return Relation.MOMENT if timed.best_motion is not None else Relation.SHORT
    if all(one.motion is None for one in timed.passages):
        relation = _still(verdict, _fewer(first, second), is_pair=True)
        if relation is not Relation.PICTURE:
            return relation
        return relation if timed.overlap_s >= WHOLE * shorter_s else Relation.PASSAGE
    return Relation.FOOTAGE if timed.overlap_s >= WHOLE * shorter_s else Relation.PASSAGE


__all__ = ["COPIES", "LEAST_CORNERS", "LEAST_S", "SHARING", "Relation", "Verdict", "is_plain", "judge"]
