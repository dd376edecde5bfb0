"""What is said of copies within a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.match.group import Pair
from forensics.analyzers.match.moment import LEAST_S
from forensics.analyzers.match.pair import LEAST_CORNERS, Relation
from forensics.media.fingerprint import Fingerprint
from forensics.model import Message

SHORT = 16
"""Digits of a digest in a statement; values and subject have all."""


@dataclass(frozen=True, slots=True)
class Content:
    """One content of the case.

    Attributes:
        sha256: Its digest.
        items: Ids of the items that it was collected as; empty where they were not said.
        width_px: Width as it is shown.
        height_px: Height as it is shown.
        duration_s: Length of a clip; None for a still.
        is_plain: Whether it has too little detail to be compared.
    """

    sha256: str
    items: tuple[str, ...]
    width_px: int
    height_px: int
    duration_s: float | None
    is_plain: bool

    @property
    def copies(self) -> int:
        """How often it was collected."""
        return max(1, len(self.items))

    @property
    def called(self) -> str:
        """How statements call it."""
        short = f"SHA-256 {self.sha256[:SHORT]}…"
        return f"{', '.join(self.items[:4])} ({short})" if self.items else short

    def described(self) -> dict[str, Any]:
        """Gives it as a JSON value."""
        return {
            "sha256": self.sha256,
            "items": list(self.items),
            "width_px": self.width_px,
            "height_px": self.height_px,
            "duration_s": self.duration_s,
        }


def content(value: Fingerprint, sha256: str, items: Sequence[str], *, is_plain: bool) -> Content:
    """Describes a content."""
    duration = None if value.is_still else round(value.duration_s, 2)
    return Content(sha256, tuple(items), value.width_px, value.height_px, duration, is_plain)


def described(pair: Pair, contents: Sequence[Content]) -> dict[str, Any]:
    """Gives a pair as a JSON value."""
    one, place = pair.verdict, pair.verdict.placement
    timed = one.timing
    return {
        "a": contents[pair.first].sha256,
        "b": contents[pair.second].sha256,
        "relation": one.relation.value,
        "overlap_s": round(timed.overlap_s, 1) if timed else None,
        "offset_s": round(timed.passages[0].offset_s, 2) if timed and timed.passages else None,
        "passages": [_passage(passage) for passage in timed.passages] if timed else [],
        "motion_correlation": timed.best_motion if timed else None,
        "mirrored": place.is_mirrored if place else None,
        "cropped": one.is_cropped if place else None,
        "scale": round(place.scale, 2) if place else None,
        "visible_a": round(one.visible[0], 2),
        "visible_b": round(one.visible[1], 2),
        "inliers": place.inliers if place else 0,
        "agreement": round(one.agreement.share, 2),
        "support": round(place.support, 2) if place else None,
        "time_a_s": round(one.times_s[0], 2),
        "time_b_s": round(one.times_s[1], 2),
    }


def _passage(one: Any) -> dict[str, Any]:
    return {"start_s": one.start_s, "end_s": one.end_s, "offset_s": one.offset_s, "motion_correlation": one.motion}


def group(name: str, members: Sequence[Content], *, pair_count: int) -> Message:
    """States that contents are copies of one work."""
    return message(
        "match.group",
        "{group}: {copy_count} items with {content_count} different files show the same footage or picture, whole or "
        "in part; {pair_count} pairs of files were found to agree.",
        group=name,
        copy_count=sum(one.copies for one in members),
        content_count=len(members),
        pair_count=pair_count,
    )


def identical(name: str, one: Content) -> Message:
    """States that several items have one content."""
    return message(
        "match.identical",
        "{group}: {copy_count} items have one and the same content, byte by byte.",
        group=name,
        copy_count=one.copies,
    )


def shared(pairs: Sequence[Pair], contents: Sequence[Content]) -> Message:
    """States what contents share that are no copies of one work.

    Args:
        pairs: Pairs of one relation, the one that shares most first.
        contents: All contents.
    """
    pair, place = pairs[0], pairs[0].verdict.placement
    counts = {
        "pair_count": len(pairs),
        "content_count": len({number for one in pairs for number in (one.first, one.second)}),
    }
    first, second = contents[pair.first].called, contents[pair.second].called
    timed = pair.verdict.timing
    if pair.verdict.relation is Relation.PASSAGE and timed:
        return message(
            "match.passage",
            "{first} and {second} share {overlap_s} s of footage, less than half of the shorter. In all, {pair_count} "
            "pairs of {content_count} files share such a passage.",
            first=first,
            second=second,
            overlap_s=round(timed.overlap_s, 1),
            **counts,
        )
    return message(
        "match.part",
        "{first} and {second} share a part of the picture: where they lie upon each other, details agree in {percent} "
        "% of it. In all, {pair_count} pairs of {content_count} files share a part.",
        first=first,
        second=second,
        percent=round(100 * (place.support if place else 0.0)),
        **counts,
    )


def lonely(count: int, total: int, refused: Sequence[Pair]) -> Message:
    """States that contents have no copy in the case."""
    return message(
        "match.none",
        "For {count} of {total} files no copy in the case was found by this method; {refused_count} pairs of all files "
        "show a similar scene or share less than {least_s} s, which is not counted as a match.",
        count=count,
        total=total,
        refused_count=len(refused),
        least_s=LEAST_S,
    )


def plain(count: int, total: int) -> Message:
    """States that contents have too little detail."""
    return message(
        "match.plain",
        "{count} of {total} files have too little detail to be compared by this method.",
        count=count,
        total=total,
    )


def unread(count: int, total: int) -> Message:
    """States that fingerprints could not be read."""
    return message(
        "match.unread", "The fingerprints of {count} of {total} files could not be read.", count=count, total=total
    )


def limits() -> tuple[Message, ...]:
    """Gives where the method is known to fail."""
    return (
        message(
            "match.limit.order",
            "The comparison does not say which of the files came first, who made it, or whether a face in it was "
            "replaced.",
        ),
        message(
            "match.limit.reach",
            "Turned or strongly stretched copies, copies of another speed, pictures within pictures of less than a "
            "third of the width, and passages of less than {least_s} s or with fewer than {corners} corners are not "
            "found.",
            least_s=LEAST_S,
            corners=LEAST_CORNERS,
        ),
    )


def chained() -> Message:
    """Gives that not all pairs of a group were found to agree."""
    return message(
        "match.limit.chained",
        "Not every two files of the group were found to agree: some belong to it through others, as parts of a longer "
        "clip or a larger picture do.",
    )


def alternatives(relations: Mapping[str, int]) -> tuple[Message, ...]:
    """Gives the innocent explanations of what was found.

    Args:
        relations: Relations of the pairs, and how many have each.
    """
    said = [
        message(
            "match.alternative.copy",
            "The same footage is published by several people for many reasons: quoting, reporting, sharing, archiving.",
        )
    ]
    pictures = {Relation.PICTURE.value, Relation.FRAME.value, Relation.PART.value}
    if set(relations) & pictures:
        said.append(
            message(
                "match.alternative.series",
                "Photographs of one series, and recordings of a fixed camera in which nothing moves, can agree like "
                "copies.",
            )
        )
    if set(relations) & {*pictures, Relation.PASSAGE.value}:
        said.append(
            message(
                "match.alternative.template",
                "Unrelated works share templates, frames, logos, intros and stock footage.",
            )
        )
    return tuple(said)


def apart() -> Message:
    """Gives an innocent explanation where nothing could be compared."""
    return message(
        "match.alternative.plain", "Dark, blurred or plain pictures are common, and files are damaged in transfer."
    )
