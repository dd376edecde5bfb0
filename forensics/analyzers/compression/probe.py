"""Streams and packets of a clip or of sound, as FFprobe gives them without decoding."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from forensics import tools
from forensics.errors import MediaError, ToolError

FFPROBE = "ffprobe>=4.4"
FFMPEG = "ffmpeg>=4.4"
"""Versions that have every option and filter that is used here (`scdet` is the newest, of 4.4). *Source:* FFmpeg's
Changelog."""

SOURCE = "file:/dev/stdin"
"""The file is standard input, so that neither its name nor its folder can change what it is taken for."""

_FORMATS = (
    *("aac", "ac3", "aiff", "amr", "amrnb", "amrwb", "ape", "asf", "au", "av1", "avi", "caf", "dirac", "dnxhd", "dsf"),
    *("dts", "dtshd", "dv", "eac3", "flac", "flv", "gsm", "gxf", "h261", "h263", "h264", "hevc", "ivf", "live_flv"),
    *("m4v", "matroska", "mjpeg", "mlp", "mov", "mp3", "mpc", "mpc8", "mpeg", "mpegts", "mpegvideo", "mxf", "nut"),
    *("obu", "ogg", "oma", "qcp", "r3d", "rm", "sox", "swf", "tak", "truehd", "tta", "vc1", "vivo", "voc", "vqf"),
    *("w64", "wav", "webm", "wsd", "wtv", "wv", "yuv4mpegpipe"),
)
"""Formats of clips and sound that may be read. Left out is whatever can name other files or hosts (playlists,
manifests, session descriptions, lists of files), and formats without a mark of their own. *Source:* FFmpeg Formats
Documentation, "Demuxers"."""

GUARD = ("-protocol_whitelist", "file", "-format_whitelist", ",".join(_FORMATS))
"""Options before an input that keep other files and hosts out of reach."""

_ADDRESS = re.compile(r" @ 0x[0-9a-f]+")
_MOST = 1 << 48
_MOST_LINES = 10
_LONGEST = 300
_MOST_STREAMS = 100
_STREAM_BYTES = 16 << 20
_PACKET_BYTES = 160
"""More than FFprobe writes for one packet: seven numbers of at most 20 digits."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What FFprobe and FFmpeg may use.

    Attributes:
        wall_s: Seconds on the wall clock for one run.
        memory_bytes: Address space of the process.
    """

    wall_s: float
    memory_bytes: int

    def limits(self, output_bytes: int) -> tools.Limits:
        """Gives the limits of one run."""
        return tools.Limits(self.wall_s, self.memory_bytes, output_bytes)


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of the file by its headers.

    Attributes:
        kind: `video`, `audio` and others.
        codec: FFmpeg's name of the codec; empty where it knows none.
        time_base: Seconds of one tick of its time stamps.
        is_picture: Whether it is a cover picture and not a clip.
        entry: All that FFprobe says of it.
    """

    index: int
    kind: str
    codec: str
    time_base: Fraction
    is_picture: bool
    entry: Mapping[str, Any]

    def number(self, name: str) -> int | None:
        """Gives a number that the headers state; None where they do not, or where no clip has so much."""
        try:
            value = int(str(self.entry.get(name)))
        except ValueError:
            return None
        return value if abs(value) < _MOST else None

    def seconds(self, name: str) -> float | None:
        """Gives a time that the headers state, in seconds; None where they do not."""
        try:
            value = float(str(self.entry.get(name)))
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    def rate_hz(self, name: str) -> float | None:
        """Gives a rate that the headers state, in hertz; None where they do not."""
        found = _ratio(self.entry.get(name))
        return round(float(found), 4) if found else None


@dataclass(frozen=True, slots=True)
class Packet:
    """One coded frame, or block of sound, in the order of the file.

    Attributes:
        pts: Time stamp of showing it, in ticks of its stream; None where the file has none.
        dts: Time stamp of decoding it, in the same ticks; None where the file has none.
        duration: In the same ticks; None where the file says none.
        size: Bytes.
        position: Of its first byte in the file; None where the format does not tell.
        is_key: Whether the file marks it as a point of entry.
        is_discarded: Whether an edit list cuts it off.
    """

    stream: int
    pts: int | None
    dts: int | None
    duration: int | None
    size: int
    position: int | None
    is_key: bool
    is_discarded: bool


@dataclass(frozen=True, slots=True)
class Packets:
    """The packets of all streams.

    Attributes:
        is_cut: Whether there are more than were read.
        complaints: What FFprobe complained of.
    """

    packets: tuple[Packet, ...]
    is_cut: bool
    complaints: tuple[str, ...]

    def of(self, stream: Stream) -> tuple[Packet, ...]:
        """Gives the packets of one stream."""
        return tuple(packet for packet in self.packets if packet.stream == stream.index)


def streams(path: Path, bounds: Bounds) -> tuple[Stream, ...]:
    """Reads which streams a file has.

    Raises:
        MediaError: FFprobe cannot read the file.
        ToolError: FFprobe cannot be run, or reached a limit.
    """
    done = _probe(path, ["-show_streams", "-of", "json"], bounds, output_bytes=_STREAM_BYTES)
    try:
        answer = json.loads(done.stdout.decode("utf-8", errors="replace") or "{}", parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise ToolError("FFprobe gave no usable answer") from error
    entries = answer.get("streams") if isinstance(answer, dict) else None
    if not entries:
        raise MediaError(" ".join(complaints(done.stderr)) or "FFprobe found no stream")
    return tuple(_stream(entry) for entry in entries[:_MOST_STREAMS] if isinstance(entry, dict))


def packets(path: Path, bounds: Bounds, *, most: int) -> Packets:
    """Reads the packets of all streams, without decoding.

    Args:
        path: The file.
        bounds: What FFprobe may use.
        most: Packets that are read.

    Raises:
        ToolError: FFprobe cannot be run, or reached a limit.
    """
    fields = "packet=stream_index,pts,dts,duration,size,pos,flags"
    options = ["-show_entries", fields, "-read_intervals", f"%+#{most}", "-of", "compact=p=0"]
    done = _probe(path, options, bounds, output_bytes=_PACKET_BYTES * most + _STREAM_BYTES)
    found = tuple(_packet(line) for line in done.stdout.splitlines() if line.startswith(b"stream_index="))
    return Packets(found, len(found) >= most, complaints(done.stderr))


def complaints(stderr: bytes) -> tuple[str, ...]:
    """Gives the first lines that FFprobe or FFmpeg wrote, without addresses in memory."""
    lines = stderr.decode("utf-8", errors="replace").splitlines()
    return tuple(_ADDRESS.sub("", line)[:_LONGEST] for line in lines[:_MOST_LINES])


def _probe(path: Path, options: list[str], bounds: Bounds, *, output_bytes: int) -> tools.Completed:
    command = [str(tools.find(FFPROBE).path), "-v", "error", *GUARD, *options, SOURCE]
    with path.open("rb") as stream:
        return tools.run(command, limits=bounds.limits(output_bytes), stdin=stream)


def _stream(entry: Mapping[str, Any]) -> Stream:
    disposition = entry.get("disposition") or {}
    return Stream(
        int(entry.get("index", 0)),
        str(entry.get("codec_type", "")),
        str(entry.get("codec_name", "")),
        _ratio(entry.get("time_base")) or Fraction(1),
        bool(disposition.get("attached_pic")),
        entry,
    )


def _packet(line: bytes) -> Packet:
    fields = dict(field.split(b"=", 1) for field in line.split(b"|") if b"=" in field)
    flags = fields.get(b"flags", b"")
    return Packet(
        _whole(fields.get(b"stream_index")) or 0,
        _whole(fields.get(b"pts")),
        _whole(fields.get(b"dts")),
        _whole(fields.get(b"duration")),
        _whole(fields.get(b"size")) or 0,
        _whole(fields.get(b"pos")),
        b"K" in flags,
        b"D" in flags,
    )


def _whole(value: bytes | None) -> int | None:
    try:
        return int(value or b"")
    except ValueError:
        return None


def _ratio(value: Any) -> Fraction | None:
    match = re.fullmatch(r"(\d{1,18})/(\d{1,18})", str(value))
    if match is None or int(match.group(1)) == 0 or int(match.group(2)) == 0:
        return None
    return Fraction(int(match.group(1)), int(match.group(2)))
