"""What is said of a fingerprint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from forensics.analyzers import message
from forensics.model import Message

if TYPE_CHECKING:
    from forensics.analyzers.prints.keyframe import KeyFrame
    from forensics.media.fingerprint import Fingerprint

PLAIN_QUALITY = 20
"""PDQ quality below which a frame is called plain, as for key frames."""


def made(value: Fingerprint) -> Message:
    """States of how much a fingerprint was made."""
    if value.is_still:
        return message(
            "prints.still",
            "A fingerprint was made of the picture, with {corner_count} corners.",
            corner_count=len(value.points),
        )
    return message(
        "prints.clip",
        "A fingerprint was made of {frame_count} frames within {duration_s} s, with corners of {mark_count} of them.",
        frame_count=len(value.times_s),
        duration_s=round(value.duration_s, 1),
        mark_count=len(value.marks),
    )


def unread() -> Message:
    """States that there was nothing to make it of."""
    return message("prints.unread", "No fingerprint could be made: no frame could be decoded.")


def values(value: Fingerprint, key_frames: Sequence[KeyFrame]) -> dict[str, Any]:
    """Gives what was measured."""
    import numpy as np

    return {
        "is_still": value.is_still,
        "width_px": value.width_px,
        "height_px": value.height_px,
        "duration_s": None if value.is_still else round(value.duration_s, 2),
        "frame_count": len(value.times_s),
        "mark_count": len(value.marks),
        "corner_count": len(value.points),
        "plain_frame_count": int(np.count_nonzero(value.qualities < PLAIN_QUALITY)),
        "key_frames": [{"time_s": round(one.time_s, 3), "pdq_quality": one.quality} for one in key_frames],
    }


def limits() -> tuple[Message, ...]:
    """Gives what a fingerprint does not do."""
    return (
        message(
            "prints.limit.meaning",
            "A fingerprint describes the pictures and says nothing by itself; it serves to look for copies.",
        ),
        message(
            "prints.limit.rough",
            "Small details, colours and sound are not part of it; plain, dark or blurred frames leave little to "
            "compare.",
        ),
    )


def alternatives() -> tuple[Message, ...]:
    """Gives what similar fingerprints may come from."""
    return (
        message(
            "prints.alternative.similar",
            "Different recordings of one scene, and pictures made from one template, have similar fingerprints.",
        ),
    )


def damaged() -> Message:
    """Gives what an unreadable file may come from."""
    return message(
        "prints.alternative.unread",
        "Files are damaged in transfer, or are of a format that is not decoded here.",
    )
