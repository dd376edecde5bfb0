"""Groups the tracks of several contents by the likeness of their faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.faces.cluster import MARGIN, MOST, cluster
from forensics.faces.kept import read_kept
from forensics.plugins import Evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Member:
    """A track of a content, and the picture that shows its face best."""

    sha256: str
    track: str
    crop_sha256: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A track that was not grouped, and why."""

    sha256: str
    track: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Groups:
    """Tracks grouped into persons.

    Attributes:
        persons: The tracks of each person, in the order in which persons first occur.
        count_low: Number of persons where faces that are less alike count as one person too.
        count_high: Number where only faces that are more alike do.
        threshold: Mean cosine that was used.
        margin: By how much it was lowered and raised for the other two.
        left_out: Tracks that were not grouped.
        damage: What could not be read: content and what was wrong.
        beyond: Number of suitable tracks beyond the most that are grouped.
        contents: Number of contents that were looked at.
    """

    persons: tuple[tuple[Member, ...], ...]
    count_low: int
    count_high: int
    threshold: float
    left_out: tuple[LeftOut, ...]
    damage: tuple[tuple[str, str], ...]
    beyond: int
    contents: int
    margin: float = MARGIN

    @property
    def is_stable(self) -> bool:
        """Whether the number of persons is the same at all three thresholds."""
        return self.count_low == len(self.persons) == self.count_high


def grouped(contents: Sequence[Evidence], *, threshold: float, most: int = MOST) -> Groups:
    """Groups the suitable tracks of contents; those beyond `most` are counted and left out, in the order given.

    Raises:
        ToolMissingError: The model or OpenCV is missing.
        ToolError: The model failed.
    """
    members: list[Member] = []
    measures: list[NDArray[np.float32]] = []
    left_out: list[LeftOut] = []
    damage: list[tuple[str, str]] = []
    beyond = 0
    for content in contents:
        sha256, kept = content.artifact.content_sha256, read_kept(content)
        damage += [(sha256, one) for one in kept.damage]
        left_out += [LeftOut(sha256, name, reasons) for name, reasons in kept.left_out]
        for track in kept.tracks:
            if len(members) == most:
                beyond += 1
                left_out.append(LeftOut(sha256, track.id, ("limit",)))
                continue
            members.append(Member(sha256, track.id, track.faces[0].crop_sha256))
            measures.append(track.measure())
    made = cluster(measures, threshold=threshold)
    persons = tuple(
        tuple(member for member, label in zip(members, made.labels, strict=True) if label == number)
        for number in range(made.count)
    )
    low, high = sorted((made.count_low, made.count_high))
    return Groups(persons, low, high, threshold, tuple(left_out), tuple(damage), beyond, len(contents))
