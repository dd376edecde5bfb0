"""Where a clip may have been cut or joined: edit lists, several descriptions of one track, changes of frame size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from forensics import formats
from forensics.analyzers.compression.look import Look
from forensics.analyzers.compression.video_frame import Frame
from forensics.analyzers.compression.video_timing import Timing
from forensics.formats import Part

_LISTED = 50
_MOST_LISTS = 20


def values(look: Look, frames: Sequence[Frame], timing: Timing) -> dict[str, Any]:
    """Gives what the container and the frames say about cuts and joins, as JSON values."""
    with look.evidence.open() as stream:
        structure = formats.read(stream, look.evidence.artifact.media_type)
    tracks = [part for path, part in structure.walk() if path == "moov/trak"]
    timescale = _fact(structure.parts, "moov", "mvhd", name="timescale")
    lists = [_list(track, timescale) for track in tracks]
    sizes = list(_sizes(frames, timing))
    return {
        "lists": [found for found in lists if found is not None][:_MOST_LISTS],
        "segments": max((len(found["entries"]) for found in lists if found), default=0),
        "sample_descriptions": max((_descriptions(track) for track in tracks), default=None),
        "frame_size_changes": sizes[:_LISTED],
        "frame_size_change_count": len(sizes),
    }


def _list(track: Part, movie_scale: Any) -> dict[str, Any] | None:
    edits = _find((track,), "trak", "edts", "elst")
    if edits is None:
        return None
    scale = _fact((track,), "trak", "mdia", "mdhd", name="timescale")
    entries = [_entry(entry, movie_scale, scale) for entry in edits.facts.get("entries", ())[:_LISTED]]
    return {
        "track": track.facts.get("track_id"),
        "handler": track.facts.get("handler_type"),
        "offset": edits.offset,
        "entry_count": edits.facts.get("entry_count"),
        "entries": entries,
    }


def _entry(entry: dict[str, Any], movie_scale: Any, scale: Any) -> dict[str, Any]:
    start = entry["media_time"]
    return {
        "length_s": _seconds(entry["duration"], movie_scale),
        "media_start_s": None if start < 0 else _seconds(start, scale),
        "is_empty": start < 0,
        "rate": entry["rate"],
    }


def _seconds(ticks: int, scale: Any) -> float | None:
    return round(ticks / scale, 6) if isinstance(scale, int) and scale > 0 else None


def _descriptions(track: Part) -> int:
    count = _fact((track,), "trak", "mdia", "minf", "stbl", "stsd", name="entry_count")
    return count if isinstance(count, int) else 0


def _find(parts: Sequence[Part], *path: str) -> Part | None:
    for part in parts:
        if part.kind == path[0]:
            return part if len(path) == 1 else _find(part.parts, *path[1:])
    return None


def _fact(parts: Sequence[Part], *path: str, name: str) -> Any:
    part = _find(parts, *path)
    return None if part is None else part.facts.get(name)


def _sizes(frames: Sequence[Frame], timing: Timing) -> Iterator[dict[str, Any]]:
    for index, (before, after) in enumerate(pairwise(frames), start=1):
        if (before.width_px, before.height_px) != (after.width_px, after.height_px):
            yield {
                "frame": index,
                "pts_s": None if after.pts is None else timing.seconds(after.pts),
                "from_px": [before.width_px, before.height_px],
                "to_px": [after.width_px, after.height_px],
            }
