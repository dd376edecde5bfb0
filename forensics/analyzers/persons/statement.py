"""What is said of grouped faces: how many groups they form, and how much that depends on the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.persons.group import Groups
from forensics.model import Gap, GapReason, Message, Result

MOST_LEFT_OUT = 200
"""Tracks that are listed as left out; a crowd can have thousands. `left_out_count` counts all."""

_NAMELESS = message(
    "persons.limit.nameless",
    "Groups are by likeness and have no names: that two faces are in one group does not say that they are of one "
    "person, nor that faces of different groups are of two.",
)
_SWAPPED = message(
    "persons.limit.swapped",
    "A face made by a face-swap program lies between two persons: it is grouped with either, or forms a group of its "
    "own.",
)
_THRESHOLD = message(
    "persons.limit.threshold",
    "The number depends on the threshold; the lowest and the highest of three are given with it.",
)
_GROUPS = message(
    "persons.limit.groups",
    "Face recognition errs more often for some groups of people than for others, by sex, age and origin (NIST "
    "Interagency Report 8280, 2019); there, different persons fall into one group more often.",
)
_RELATIVES = message(
    "persons.alternative.relatives",
    "Relatives and people who look alike, and portraits that were generated, can fall into one group.",
)
_APART = message(
    "persons.alternative.apart",
    "One person can form several groups: by age, pose, light, make-up, a hidden part of the face, or compression.",
)


@dataclass(frozen=True, slots=True)
class Said:
    """The parts of a finding that depend on what was measured."""

    result: Result
    statement: Message
    values: dict[str, Any]
    limits: tuple[Message, ...]
    alternatives: tuple[Message, ...]
    gaps: tuple[Gap, ...]


def say(groups: Groups) -> Said:
    """States how many persons the faces form."""
    gaps, limits = _gaps(groups), (_NAMELESS, _SWAPPED, _THRESHOLD, _GROUPS)
    tracks = sum(len(one) for one in groups.persons)
    if tracks == 0:
        return _none(groups, limits, gaps)
    statement = message(
        "persons.found",
        "The {tracks} faces suitable for a comparison in {contents} pictures and clips form {persons} groups of "
        "similar faces (between {low} and {high}, by the threshold); {left_out} faces were left out.",
        tracks=tracks,
        contents=groups.contents,
        persons=len(groups.persons),
        low=groups.count_low,
        high=groups.count_high,
        left_out=len(groups.left_out),
    )
    return Said(Result.FOUND, statement, _values(groups), limits, (_RELATIVES, _APART), gaps)


def _none(groups: Groups, limits: tuple[Message, ...], gaps: tuple[Gap, ...]) -> Said:
    if not groups.left_out and not groups.damage:
        statement = message(
            "persons.none",
            "No face was found in {contents} pictures and clips by the examination of faces, so none were grouped.",
            contents=groups.contents,
        )
        return Said(Result.NOT_FOUND, statement, _values(groups), limits, (), gaps)
    statement = message(
        "persons.unsuitable",
        "None of the faces in {contents} pictures and clips is suitable for a comparison ({left_out} faces), so none "
        "were grouped.",
        contents=groups.contents,
        left_out=len(groups.left_out),
    )
    return Said(Result.INDETERMINATE, statement, _values(groups), limits, (_APART,), gaps)


def _values(groups: Groups) -> dict[str, Any]:
    return {
        "person_count": len(groups.persons),
        "person_count_range": [groups.count_low, groups.count_high],
        "is_stable": groups.is_stable,
        "threshold": groups.threshold,
        "margin": groups.margin,
        "persons": [
            {
                "id": f"P{number}",
                "track_count": len(members),
                "members": [
                    {"sha256": one.sha256, "track": one.track, "crop_sha256": one.crop_sha256} for one in members
                ],
            }
            for number, members in enumerate(groups.persons, start=1)
        ],
        "left_out_count": len(groups.left_out),
        "left_out": [
            {"sha256": one.sha256, "track": one.track, "reasons": list(one.reasons)}
            for one in groups.left_out[:MOST_LEFT_OUT]
        ],
    }


def _gaps(groups: Groups) -> tuple[Gap, ...]:
    gaps = [Gap("faces", GapReason.UNREADABLE, f"{sha256[:16]}: {detail}") for sha256, detail in groups.damage]
    if groups.beyond:
        detail = f"{groups.beyond} faces beyond the most that are grouped at once"
        gaps.append(Gap("faces", GapReason.LIMIT, detail))
    return tuple(gaps)
