"""Findings about faces: how what was seen becomes sentences, values, limits and innocent explanations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from forensics.analyzers import message
from forensics.faces.model import DETECTOR, describe
from forensics.faces.table import Table
from forensics.model import Artifact, Finding, Gap, GapReason, Message, Result

_UNSEEN = message(
    "faces.limit.unseen",
    "Faces that are small, strongly turned, upside down, covered or out of focus are often not found: none found does "
    "not mean that nobody is shown.",
)
_SAMPLED = message(
    "faces.limit.sampled",
    "Of a clip five frames per second are looked at; what is shown between two of them is not seen.",
)
_TRACK = message(
    "faces.limit.track",
    "A track follows place, size and look, not a person: one person has a new track after each cut, and a face that is "
    "replaced by another in the same place can stay in one track.",
)
_COVERED = message(
    "faces.limit.covered",
    "Whether a hand, mask, caption or filter covers a part of a face is not measured.",
)
_NOBODY = message(
    "faces.limit.nobody",
    "That a face is found says nothing about whose it is, or whether such a person exists.",
)
_DEPICTED = message(
    "faces.alternative.depicted",
    "A drawing, statue, doll, mask, poster, screen or mirror shows a face as well.",
)
_PATTERN = message(
    "faces.alternative.pattern",
    "A thing or pattern resembles a face: carved pumpkins, animals and folds of cloth are sometimes taken for one.",
)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked at, and what was left out.

    Attributes:
        is_still: Whether it is one picture.
        frame_count: Frames that were looked at.
        track_count: Tracks that were found; more than are recorded where there are very many.
        doubtful_count: What resembled a face too briefly or too weakly to be counted.
        crowded_count: Frames with more faces than are followed.
    """

    is_still: bool
    frame_count: int
    track_count: int
    doubtful_count: int
    crowded_count: int


def unread_finding(blank: Finding, gaps: tuple[Gap, ...]) -> Finding:
    """States that nothing could be decoded."""
    text = "The picture or clip could not be decoded, so that no face was looked for."
    missing = (Gap("frames", GapReason.MISSING, "no frame could be decoded"),)
    statement = message("faces.unread", text)
    return replace(blank, statement=statement, values={"track_count": None}, gaps=gaps or missing, limits=(_UNSEEN,))


def faces_finding(
    blank: Finding,
    looked: Looked,
    *,
    table: Table,
    tracks: Sequence[Mapping[str, Any]],
    made: tuple[Artifact, ...],
    gaps: tuple[Gap, ...],
) -> Finding:
    """States which faces were found.

    Args:
        blank: A finding to be filled in.
        looked: What was looked at.
        table: The tracks that are recorded.
        tracks: The same as values.
        made: Table and pictures.
        gaps: What the decoder could not give.
    """
    nothing = Result.INDETERMINATE if gaps else Result.NOT_FOUND
    return replace(
        blank,
        result=Result.FOUND if looked.track_count else nothing,
        statement=_sentence(looked, tracks, is_whole=not gaps),
        values={
            "track_count": looked.track_count,
            "suitable_count": sum(bool(one["suitable"]) for one in tracks),
            "doubtful_count": looked.doubtful_count,
            "sampling_hz": table.sampling_hz,
            "frame_count": looked.frame_count,
            "duration_s": table.duration_s,
            "width_px": table.width_px,
            "height_px": table.height_px,
            "tracks": list(tracks),
        },
        where=tuple(_places(table)),
        attachments=made,
        gaps=(*gaps, *_left_out(looked, len(tracks))),
        limits=tuple(_limits(looked, tracks)),
        alternatives=(_DEPICTED, _PATTERN) if looked.track_count else (),
        tools=describe(DETECTOR),
    )


def _sentence(looked: Looked, tracks: Sequence[Mapping[str, Any]], *, is_whole: bool) -> Message:
    suitable = sum(bool(one["suitable"]) for one in tracks)
    count, frames = looked.track_count, looked.frame_count
    if count and looked.is_still:
        text = "Faces found in the picture: {count}; of these seen well enough to be compared: {suitable}."
        return message("faces.found.still", text, count=count, suitable=suitable)
    if count:
        text = (
            "Stretches of the clip through which a face was followed: {count}; of these with a frame in which it is "
            "seen well enough to be compared: {suitable}. Frames that were looked at: {frames}."
        )
        return message("faces.found.clip", text, count=count, suitable=suitable, frames=frames)
    if not is_whole:
        text = "No face was found in what could be decoded of the picture or clip."
        return message("faces.none.part", text)
    if looked.is_still:
        return message("faces.none.still", "No face was found in the picture by this method.")
    text = "No face was found by this method in the frames of the clip that were looked at: {frames}."
    return message("faces.none.clip", text, frames=frames)


def _limits(looked: Looked, tracks: Sequence[Mapping[str, Any]]) -> Iterator[Message]:
    yield _UNSEEN
    if not looked.is_still:
        yield _SAMPLED
    if looked.track_count:
        if not looked.is_still:
            yield _TRACK
        yield from (_COVERED, _NOBODY)
    unsuitable = sum(not one["suitable"] for one in tracks)
    if unsuitable:
        yield message(
            "faces.limit.unsuitable",
            "Not suitable for examination, since the face is too small, blurred, turned, badly lit, cut off or "
            "strongly compressed wherever it is seen: {count}.",
            count=unsuitable,
        )
    if looked.doubtful_count:
        yield message(
            "faces.limit.doubtful",
            "Places that resemble a face too briefly or too weakly to be counted: {count}.",
            count=looked.doubtful_count,
        )


def _places(table: Table) -> Iterator[dict[str, Any]]:
    for track in table.tracks:
        shown = track.best[0] if track.best else track.sightings[0]
        yield {
            "track": track.id,
            "start_s": track.start_s,
            "end_s": track.end_s,
            "time_s": shown.time_s,
            "box_px": [round(value) for value in shown.box_px],
        }


def _left_out(looked: Looked, recorded: int) -> Iterator[Gap]:
    if looked.track_count > recorded:
        rule = "recorded are those with the most frames suitable for comparison, then the most frames"
        left_out = looked.track_count - recorded
        yield Gap(
            "face tracks", GapReason.LIMIT, f"{left_out} of {looked.track_count} tracks were not recorded; {rule}"
        )
    if looked.crowded_count:
        detail = f"more faces than are followed in {looked.crowded_count} frames; the widest were followed"
        yield Gap("faces", GapReason.LIMIT, detail)
