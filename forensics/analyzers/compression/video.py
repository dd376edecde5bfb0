"""States how a clip is coded: frames, groups, time stamps, repeats, places of cuts, traces of an earlier encoding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forensics import tools
from forensics.analyzers.compression import (
    probe,
    video_double,
    video_edit,
    video_frame,
    video_gop,
    video_picture,
    video_repeat,
    video_statement,
    video_timing,
)
from forensics.analyzers.compression.look import Look
from forensics.analyzers.compression.probe import Bounds, Packet, Packets, Stream
from forensics.analyzers.compression.video_frame import Frames
from forensics.analyzers.compression.video_gop import Groups
from forensics.analyzers.compression.video_timing import Timing
from forensics.errors import MediaError, ToolError, ToolLimitError, ToolTimeoutError
from forensics.model import Artifact, Finding, Gap, GapReason, Result

KIND = "compression.video"

_MOST_PLACES = 100


@dataclass(frozen=True, slots=True)
class _Clip:
    """What was read of a clip.

    Attributes:
        packets: Of the picture, in the order of the file, with those that an edit list cuts off.
        audio: Time stamps of the first stream of sound; None where there is none.
        frames: None where they were not decoded.
        is_whole: Whether all packets were read.
        gaps: What could not be read.
    """

    stream: Stream
    count: int
    packets: tuple[Packet, ...]
    timing: Timing
    groups: Groups
    audio: Timing | None
    frames: Frames | None
    is_whole: bool
    gaps: tuple[Gap, ...]


def findings(look: Look) -> Iterator[Finding]:
    """States how a clip is coded: one finding."""
    blank = replace(look.blank, tools=(tools.require(probe.FFPROBE), tools.require(probe.FFMPEG)))
    look = replace(look, blank=blank)
    bounds = Bounds(look.settings.clip_time_limit_s, look.settings.clip_memory_bytes)
    try:
        with look.evidence.path() as path:
            clip = _read(look, path, bounds)
    except (MediaError, ToolError) as error:
        yield _unread(look, gap("clip", error))
        return
    if clip is None:
        yield _none(look)
    elif not clip.packets or (clip.frames is not None and not clip.frames.frames):
        yield _unread(look, Gap("clip", GapReason.UNREADABLE, _said(clip)), *clip.gaps)
    else:
        yield _finding(look, clip)


def gap(what: str, error: Exception) -> Gap:
    """Says why something could not be read."""
    if isinstance(error, ToolTimeoutError):
        return Gap(what, GapReason.TIMED_OUT, str(error))
    if isinstance(error, ToolLimitError):
        return Gap(what, GapReason.LIMIT, str(error))
    return Gap(what, GapReason.UNREADABLE, str(error))


def _read(look: Look, path: Path, bounds: Bounds) -> _Clip | None:
    """Reads a clip; None where the file has no moving picture."""
    streams = probe.streams(path, bounds)
    videos = [stream for stream in streams if stream.kind == "video" and not stream.is_picture]
    if not videos:
        return None
    packets = probe.packets(path, bounds, most=look.settings.clip_packets)
    stream = max(videos, key=lambda one: (len(packets.of(one)), -one.index))
    own = packets.of(stream)
    gaps = _packet_gaps(look, packets)
    frames, why = _decode(look, path, stream, own=own, bounds=bounds) if own else (None, ())
    sounds = [one for one in streams if one.kind == "audio"]
    audio = video_timing.measure(sounds[0], packets.of(sounds[0])) if sounds else None
    timing, groups = video_timing.measure(stream, own), video_gop.group(own)
    return _Clip(stream, len(videos), own, timing, groups, audio, frames, not packets.is_cut, (*gaps, *why))


def _packet_gaps(look: Look, packets: Packets) -> tuple[Gap, ...]:
    gaps = []
    if packets.is_cut:
        most = look.settings.clip_packets
        gaps.append(Gap("packets", GapReason.LIMIT, f"only the first {most} packets of all streams were read"))
    if packets.complaints:
        gaps.append(Gap("parts of the file", GapReason.UNPARSABLE, " ".join(packets.complaints)))
    return tuple(gaps)


def _decode(
    look: Look, path: Path, stream: Stream, *, own: Sequence[Packet], bounds: Bounds
) -> tuple[Frames | None, tuple[Gap, ...]]:
    pixels = (stream.number("width") or 1) * (stream.number("height") or 1)
    most = max(1, min(look.settings.clip_frames, look.settings.clip_pixels // pixels))
    try:
        frames = video_frame.decode(path, stream, own, bounds=bounds, most=most)
    except ToolError as error:
        return None, (gap("frames", error),)
    gaps = []
    if frames.is_cut and len(own) > most:
        gaps.append(Gap("frames", GapReason.LIMIT, f"only the first {most} frames were decoded"))
    if frames.complaints:
        gaps.append(Gap("frames", GapReason.UNREADABLE, " ".join(frames.complaints)))
    return frames, tuple(gaps)


def _finding(look: Look, clip: _Clip) -> Finding:
    values = _values(look, clip)
    frames = clip.frames.frames if clip.frames is not None else ()
    attachments: tuple[Artifact, ...] = ()
    if frames:
        attachments = (video_picture.table(look.sink, frames, clip.timing), video_picture.plot(look.sink, frames))
    return look.finding(
        KIND,
        Result.FOUND,
        video_statement.found(values),
        values=values,
        limits=video_statement.LIMITS,
        alternatives=video_statement.ALTERNATIVES,
        where=_where(values),
        gaps=clip.gaps,
        attachments=attachments,
    )


def _values(look: Look, clip: _Clip) -> dict[str, Any]:
    stream, timing = clip.stream, clip.timing
    shown = [packet for packet in clip.packets if not packet.is_discarded]
    length_s = video_timing.length_s(timing)
    return {
        "codec": stream.codec,
        "profile": stream.entry.get("profile"),
        "width_px": stream.number("width"),
        "height_px": stream.number("height"),
        "stream_index": stream.index,
        "video_stream_count": clip.count,
        "frame_count": len(shown),
        "is_whole": clip.is_whole,
        "frames_cut_off_by_edit_list": len(clip.packets) - len(shown),
        "frames_decoded": len(clip.frames.frames) if clip.frames is not None else 0,
        "length_s": length_s,
        "frame_rate_nominal_hz": stream.rate_hz("r_frame_rate"),
        "frame_rate_hz": timing.rate_hz,
        "timing": video_timing.values(timing),
        **video_timing.beside(timing, clip.audio, is_whole=clip.is_whole),
        "gop": video_gop.values(clip.groups, clip.packets, timing),
        "bit_rate": video_gop.bit_rate(clip.packets, timing, length_s),
        "edits": video_edit.values(look, clip.frames.frames if clip.frames is not None else (), timing),
        **_decoded(clip),
    }


def _decoded(clip: _Clip) -> dict[str, Any]:
    """Gives the values that need decoded frames; null where there are none."""
    if clip.frames is None:
        return dict.fromkeys(("frame_types", "is_interlaced", "duplicates", "abrupt_changes", "double_encoding"))
    frames, timing, groups = clip.frames.frames, clip.timing, clip.groups
    own = video_double.own_lengths(groups.lengths, groups.usual)
    return {
        "frame_types": video_gop.kinds(frames),
        "is_interlaced": any(frame.is_interlaced for frame in frames),
        "duplicates": video_repeat.values(frames, timing),
        "abrupt_changes": video_repeat.changes(frames, timing),
        "double_encoding": video_double.values(video_double.examine(frames, codec=clip.stream.codec, own=own)),
    }


def _where(values: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Gives the places that an examiner would look at first, in the order of time."""
    places = [
        *({"what": "missing", "pts_s": one["pts_s"]} for one in values["timing"]["missing"]),
        *({"what": "irregular-group", "pts_s": one["pts_s"]} for one in values["gop"]["exceptions"]),
        *({"what": "frame-size-change", "pts_s": one["pts_s"]} for one in values["edits"]["frame_size_changes"]),
        *(
            {"what": "abrupt-change", "pts_s": one["pts_s"]}
            for one in (values["abrupt_changes"] or {}).get("places", ())
        ),
        *(
            {"what": "repeat-in-motion", "pts_s": one["pts_s"]}
            for one in (values["duplicates"] or {}).get("runs", ())
            if one["is_in_motion"]
        ),
        *(
            {"what": "near-repeat-in-motion", "pts_s": one["pts_s"]}
            for one in (values["duplicates"] or {}).get("nearly_in_motion", ())
        ),
        *({"what": "sound-gap", "pts_s": one["after_s"]} for one in values["audio_gaps"]),
    ]
    known = [place for place in places if place["pts_s"] is not None]
    return tuple(sorted(known, key=lambda place: (place["pts_s"], place["what"])))[:_MOST_PLACES]


def _said(clip: _Clip) -> str:
    said = clip.frames.complaints if clip.frames is not None else ()
    return " ".join(said) or "FFmpeg found no frame"


def _unread(look: Look, *gaps: Gap) -> Finding:
    return look.finding(
        KIND,
        Result.INDETERMINATE,
        video_statement.unread(),
        values={},
        limits=video_statement.UNREAD_LIMITS,
        alternatives=video_statement.UNREAD_ALTERNATIVES,
        gaps=gaps,
    )


def _none(look: Look) -> Finding:
    return look.finding(KIND, Result.NOT_FOUND, video_statement.none(), values={}, limits=video_statement.UNREAD_LIMITS)
