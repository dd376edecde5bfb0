"""What ExifTool gave for one file: tags, complaints, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forensics.analyzers.metadata import exiftool, tag
from forensics.analyzers.metadata.tag import Tag
from forensics.errors import ToolError
from forensics.model import Gap, GapReason, Result
from forensics.tools import Limits

_EMBEDDED = "ExtractEmbedded"
"""What a warning names where a video holds further metadata between its frames, which are not read."""


@dataclass(frozen=True)
class Reading:
    """What ExifTool gave for one file.

    Attributes:
        warnings: What ExifTool complained of, in its order.
        gaps: What could not be read; where there are any, it means nothing that something was not found.
        raw: Bytes of texts that are no UTF-8, by full name of the tag.
    """

    tags: tuple[Tag, ...]
    warnings: tuple[str, ...]
    gaps: tuple[Gap, ...]
    raw: dict[str, bytes]

    @property
    def described(self) -> tuple[Tag, ...]:
        """The tags that say more than how the file is built."""
        return tuple(one for one in self.tags if not one.is_structure)

    @property
    def nothing(self) -> Result:
        """What it means that something was not found."""
        return Result.INDETERMINATE if self.gaps else Result.NOT_FOUND


def read(path: Path, limits: Limits) -> Reading:
    """Asks ExifTool about a file.

    Raises:
        ToolMissingError: ExifTool is not installed.
        ToolTimeoutError: It took too long.
        ToolLimitError: It gave too much output.
        ToolError: It died, or gave no usable answer.
    """
    reader = exiftool.reader(limits)
    every = tag.tags_of(reader.read(path))
    complaints = [one for one in every if one.family == "ExifTool"]
    tags = tuple(one for one in every if one.family != "ExifTool")
    gaps = [gap for one in complaints for gap in _gap(one)]
    raw: dict[str, bytes] = {}
    if any(tag.may_have_lost_bytes(one) for one in tags):
        try:
            raw = tag.raw_bytes(reader.read(path, exiftool.RAW_OPTIONS))
        except ToolError as error:
            gaps.append(Gap("bytes of texts that are not UTF-8", GapReason.FAILED, str(error)))
    return Reading(tags, tuple(str(one.value) for one in complaints), tuple(gaps), raw)


def _gap(complaint: Tag) -> list[Gap]:
    """Says what a complaint of ExifTool leaves open; nothing for those that are harmless."""
    text = str(complaint.value)
    if _EMBEDDED in text:
        return [Gap("metadata between the frames", GapReason.LIMIT, text)]
    if text.startswith(exiftool.HARMLESS):
        return []
    return [Gap("metadata", GapReason.UNPARSABLE, f"{complaint.name}: {text}")]
