"""Tracks of ISO base media files: their edit lists, and where their first sample lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forensics.analyzers.container.look import Look, find
from forensics.formats import Part

_MOST_TRACKS = 64


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of an edit list (ISO/IEC 14496-12, 8.6.6).

    Attributes:
        duration_s: Seconds that it plays; 0 for the rest of the media.
        start_s: Second of the media that it starts at; None for an empty edit, which delays what follows.
        rate: Speed; 1.0 as recorded, 0.0 for a still.
    """

    duration_s: float
    start_s: float | None
    rate: float


@dataclass(frozen=True, slots=True)
class Track:
    """One track.

    Attributes:
        number: Its place among the tracks, from 1.
        handler: What it holds: `vide`, `soun`, …; empty where it does not say.
        duration_s: Length of its media in seconds; None where it does not say.
        edits: Its edit list; empty where it has none.
        edits_at: Where the edit list lies; None where it has none.
        description: The box with the description of its samples; None where it has none.
        first: Offset and size of its first sample; None where it has none in this file.
    """

    number: int
    handler: str
    duration_s: float | None
    edits: tuple[Edit, ...]
    edits_at: int | None
    description: Part | None
    first: tuple[int, int] | None


def tracks(look: Look) -> list[Track]:
    """Gives the tracks of a film; none where the file is of another format."""
    if look.structure.format != "bmff":
        return []
    movie = next((part.facts.get("timescale") for part in look.parts("moov/mvhd")), None)
    boxes = look.parts("moov/trak")[:_MOST_TRACKS]
    return [_track(box, number, movie) for number, box in enumerate(boxes, 1)]


def _track(box: Part, number: int, movie: Any) -> Track:
    media = _facts(box, "mdia/mdhd")
    edits = find(box, "edts/elst")
    table = find(box, "mdia/minf/stbl")
    return Track(
        number=number,
        handler=str(_facts(box, "mdia/hdlr").get("handler_type", "")),
        duration_s=media.get("duration_s"),
        edits=tuple(_edits(edits, movie=movie, scale=media.get("timescale"))) if edits else (),
        edits_at=edits.offset if edits else None,
        description=find(box, "mdia/minf/stbl/stsd"),
        first=_first(table) if table else None,
    )


def _facts(box: Part, path: str) -> dict[str, Any]:
    part = find(box, path)
    return dict(part.facts) if part else {}


def _edits(box: Part, *, movie: Any, scale: Any) -> Iterator[Edit]:
    for entry in box.facts.get("entries", ()) if movie and scale else ():
        start = entry["media_time"]
        yield Edit(entry["duration"] / movie, None if start < 0 else start / scale, float(entry["rate"]))


def _first(table: Part) -> tuple[int, int] | None:
    offset, size = table.facts.get("first_sample_offset"), table.facts.get("first_sample_size")
    is_here = offset is not None and size is not None and not table.facts.get("is_in_another_file")
    return (int(offset), int(size)) if is_here else None  # type: ignore[arg-type]
