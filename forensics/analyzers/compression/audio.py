"""States measured facts about the sound of a file: bandwidth, levels, exact zeros, clipping, channels, coded frames."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from forensics import tools
from forensics.analyzers.compression import audio_decode, audio_measure, audio_statement, probe, video_timing
from forensics.analyzers.compression.look import Look
from forensics.analyzers.compression.probe import Bounds, Packet, Packets, Stream
from forensics.errors import MediaError, ToolError, ToolLimitError, ToolTimeoutError
from forensics.model import Finding, Gap, GapReason, Result

KIND = "compression.audio"

_MOST_STREAMS = 4
_SLACK_S = 0.5
"""So much shorter than the limit sound may be and still count as cut by it: codecs end at whole frames."""


def findings(look: Look) -> Iterator[Finding]:
    """States facts about the sound: one finding for each stream of sound, of the first four; at least one."""
    blank = replace(look.blank, tools=(tools.require(probe.FFPROBE), tools.require(probe.FFMPEG)))
    look = replace(look, blank=blank)
    bounds = Bounds(look.settings.clip_time_limit_s, look.settings.clip_memory_bytes)
    with look.evidence.path() as path:
        try:
            streams = [stream for stream in probe.streams(path, bounds) if stream.kind == "audio"]
            packets = probe.packets(path, bounds, most=look.settings.clip_packets) if streams else None
        except (MediaError, ToolError) as error:
            yield _unread(look, _gap(error))
            return
        if packets is None:
            yield _none(look)
            return
        for stream in streams[:_MOST_STREAMS]:
            yield _examine(look, path, stream, packets=packets, left_out=max(0, len(streams) - _MOST_STREAMS))


def _examine(look: Look, path: Path, stream: Stream, *, packets: Packets, left_out: int) -> Finding:
    bounds = Bounds(look.settings.clip_time_limit_s, look.settings.clip_memory_bytes)
    most_s = look.settings.sound_s
    try:
        with audio_decode.opened(path, stream, bounds, most_s=most_s) as sound:
            measured = audio_measure.measure(sound)
            complaints = sound.complaints
    except (MediaError, ToolError) as error:
        return _unread(look, _gap(error), stream=stream)
    if not measured.values:
        why = " ".join(complaints) or "FFmpeg decoded no sample"
        return _unread(look, Gap("sound", GapReason.UNREADABLE, why), stream=stream)
    gaps = []
    if measured.seconds > most_s - _SLACK_S:
        gaps.append(Gap("sound", GapReason.LIMIT, f"only the first {most_s:g} seconds were decoded"))
    if complaints:
        gaps.append(Gap("sound", GapReason.UNREADABLE, " ".join(complaints)))
    if left_out:
        gaps.append(Gap("streams of sound", GapReason.LIMIT, f"{left_out} further streams were not examined"))
    values = {**_headers(stream), **measured.values, **_coded(stream, packets.of(stream))}
    return look.finding(
        KIND,
        Result.FOUND,
        audio_statement.found(values),
        values=values,
        limits=audio_statement.LIMITS,
        alternatives=audio_statement.ALTERNATIVES,
        where=tuple({"what": "exact-zeros", **run} for run in values["zero_runs"]),
        gaps=tuple(gaps),
    )


def _headers(stream: Stream) -> dict[str, Any]:
    return {
        "codec": stream.codec,
        "profile": stream.entry.get("profile"),
        "stream_index": stream.index,
        "sample_rate_hz": stream.number("sample_rate"),
        "channels": stream.number("channels"),
        "sample_format": stream.entry.get("sample_fmt"),
        "bit_rate_bps": stream.number("bit_rate"),
        "declared_length_s": stream.seconds("duration"),
        "start_s": stream.seconds("start_time"),
        "encoder_delay_samples": stream.number("initial_padding") or None,
    }


def _coded(stream: Stream, packets: Sequence[Packet]) -> dict[str, Any]:
    """Gives what the coded frames say, as JSON values."""
    sizes = [packet.size for packet in packets]
    timing = video_timing.measure(stream, packets)
    gaps = [
        {"after_s": timing.seconds(timing.stamps[index]), "missing_s": timing.seconds(count * (timing.usual or 0))}
        for index, count in timing.jumps
    ]
    return {
        "coded_frames": {
            "count": len(sizes),
            "cut_off_by_edit_list": sum(packet.is_discarded for packet in packets),
            "size_least_bytes": min(sizes, default=None),
            "size_median_bytes": round(statistics.median(sizes)) if sizes else None,
            "size_most_bytes": max(sizes, default=None),
            "is_one_size": len(set(sizes)) == 1 if sizes else None,
            "usual_length_s": None if timing.usual is None else timing.seconds(timing.usual),
            "gaps": gaps[:50],
            "gap_count": len(gaps),
        }
    }


def _gap(error: Exception) -> Gap:
    if isinstance(error, ToolTimeoutError):
        return Gap("sound", GapReason.TIMED_OUT, str(error))
    if isinstance(error, ToolLimitError):
        return Gap("sound", GapReason.LIMIT, str(error))
    return Gap("sound", GapReason.UNREADABLE, str(error))


def _unread(look: Look, gap: Gap, *, stream: Stream | None = None) -> Finding:
    return look.finding(
        KIND,
        Result.INDETERMINATE,
        audio_statement.unread(),
        values={} if stream is None else _headers(stream),
        limits=audio_statement.UNREAD_LIMITS,
        alternatives=audio_statement.UNREAD_ALTERNATIVES,
        gaps=(gap,),
    )


def _none(look: Look) -> Finding:
    return look.finding(KIND, Result.NOT_FOUND, audio_statement.none(), values={}, limits=audio_statement.UNREAD_LIMITS)
