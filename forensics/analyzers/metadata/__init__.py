"""Metadata: the tags that ExifTool reads, time stamps, positions, devices, programs, and what contradicts itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from forensics import tools
from forensics.analyzers import describe
from forensics.analyzers.metadata import contradiction, statement, timestamp
from forensics.analyzers.metadata.reading import Reading, read
from forensics.analyzers.metadata.tag import Caps, Tag
from forensics.errors import ToolLimitError, ToolTimeoutError
from forensics.model import Finding, Gap, GapReason, Message, Result, Stage
from forensics.plugins import Evidence, Sink

_NEED = "exiftool>=12.24"
_DURATION = re.compile(r"(?:(\d+):(\d{2}):(\d{2})|(\d+(?:\.\d+)?) s)")


@dataclass(frozen=True)
class MetadataAnalyzer:
    """Reads metadata with ExifTool.

    Attributes:
        time_limit_s: Seconds for one file.
        memory_limit_bytes: Address space of the ExifTool process.
        output_limit_bytes: Bytes that ExifTool may answer for one file.
        max_tags: Tags that are recorded.
        max_text: Characters of one value that are recorded.
        max_total: Characters of all values together that are recorded.
        max_times: Time stamps that are recorded.
    """

    time_limit_s: float = 60.0
    memory_limit_bytes: int = 1 << 30
    output_limit_bytes: int = 64 << 20
    max_tags: int = 5000
    max_text: int = 4096
    max_total: int = 1 << 20
    max_times: int = 500

    name: ClassVar[str] = "metadata"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = (
        *("image/*", "video/*", "audio/*", "application/mxf", "application/vnd.rn-realmedia"),
        *("application/x-shockwave-flash", "application/pdf", "application/postscript", "application/rtf"),
        *(
            "application/x-ole-storage",
            "application/vnd.openxmlformats-*",
            "application/vnd.oasis.*",
            "application/zip",
        ),
        *("application/epub+zip", "application/octet-stream", "application/x-empty"),
    )
    needs: ClassVar[tuple[str, ...]] = (_NEED,)  # older versions can be made to run code: CVE-2021-22204
    reads: ClassVar[tuple[str, ...]] = ()

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:  # noqa: ARG002 -- nothing is made
        """States what the metadata of one file say."""
        blank = Finding(
            subject=(evidence.artifact.content_sha256,),
            stage=Stage.METADATA,
            kind="metadata.tags",
            result=Result.INDETERMINATE,
            statement=Message("", ""),
            analyzer=describe(self),
            tools=(tools.require(_NEED),),
        )
        limits = tools.Limits(self.time_limit_s, self.memory_limit_bytes, self.output_limit_bytes)
        try:
            with evidence.path() as path:
                given = read(path, limits)
        except ToolTimeoutError as error:
            yield statement.unread_finding(blank, Gap("metadata", GapReason.TIMED_OUT, str(error)))
        except ToolLimitError as error:
            yield statement.unread_finding(blank, Gap("metadata", GapReason.LIMIT, str(error)))
        else:
            yield from self._state(blank, given)

    def _state(self, blank: Finding, given: Reading) -> Iterator[Finding]:
        yield statement.tags_finding(blank, given, caps=Caps(self.max_tags, self.max_text, self.max_total))
        if not given.described and given.gaps:
            return
        stamps = timestamp.time_stamps(given.tags)
        compared = contradiction.comparisons(stamps, duration_s=_duration_s(given.tags))
        yield statement.times_finding(blank, given, stamps=stamps, compared=compared, most=self.max_times)
        yield statement.places_finding(blank, given, stamps=stamps)
        yield statement.devices_finding(blank, given)
        yield statement.software_finding(blank, given)
        yield from statement.contradiction_findings(blank, given, compared)


def _duration_s(tags: tuple[Tag, ...]) -> float:
    """Gives the length of a recording in seconds, as its header says it; 0 where it says none."""
    for tag in tags:
        if tag.family == "QuickTime" and tag.name == "Duration" and isinstance(tag.value, str):
            match = _DURATION.fullmatch(tag.value)
            if match is None:
                return 0.0
            hours, minutes, seconds, only = match.groups()
            return float(only) if only else int(hours) * 3600.0 + int(minutes) * 60 + int(seconds)
    return 0.0
