"""Frames of clips: decoded by FFmpeg in a process of its own, which says the time of each frame before it gives it."""

from __future__ import annotations

import json
import math
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from forensics import tools
from forensics.errors import MediaError
from forensics.media.frame import AT_SLACK_S, CELL_SLACK, MOST_PIXELS, Choice, Frame

FORMATS = (
    *(
        "3dostr",
        "4xm",
        "amv",
        "apng",
        "asf",
        "av1",
        "avi",
        "avs",
        "avs2",
        "avs3",
        "bink",
        "cavsvideo",
        "dirac",
        "dnxhd",
    ),
    *("dv", "dxa", "flic", "flv", "gif", "gxf", "h261", "h263", "h264", "hevc", "ivf", "live_flv", "m4v", "matroska"),
    *("mjpeg", "mov", "mpeg", "mpegts", "mpegvideo", "mxf", "mxg", "nsv", "nut", "obu", "ogg", "r3d", "rm", "roq"),
    *("swf", "vc1", "vc1test", "vivo", "vvc", "webm", "wtv", "yuv4mpegpipe"),
)
"""Formats of clips that FFmpeg may read. Left out is whatever can name other files or hosts (playlists, manifests,
session descriptions, lists of files), devices and scripts, since a file of the evidence must never make FFmpeg open
anything else; external tracks of QuickTime files are off unless asked for (`enable_drefs`). *Source:* FFmpeg Formats
Documentation, "Demuxers"."""

SEEKABLE = frozenset({"mov", "matroska", "webm"})
"""Formats with an index, in which FFmpeg jumps to the picture that decoding must begin with. In others (measured: MPEG
transport streams) a jump can land behind it, and frames would be missing; they are decoded from their beginning."""

PROBE_LIMITS = tools.Limits(wall_s=60.0, memory_bytes=2 << 30, output_bytes=16 << 20)

_SOURCE = "file:/dev/stdin"
"""The file is standard input, so that neither its name nor its folder can change what FFmpeg takes it for."""

_TOLD = re.compile(
    r"\[Parsed_showinfo_\d+ @ \w+\] \[info\] (?:n: *\d+ pts: *(-?\d+|NOPTS) |config in time_base: (\d+)/(\d+))"
)
"""Lines of the filter `showinfo`. *Source:* FFmpeg, libavfilter/vf_showinfo.c."""

_COMPLAINT = re.compile(r"^(?:\[[^\]]* @ 0x[0-9a-f]+\] ?)*\[(?:error|fatal|panic)\] (.*)")
_ADDRESS = re.compile(r" @ 0x[0-9a-f]+")
_LONGEST = 300
_WIDEST = 4
"""Largest width of a pixel over its height, and the other way round, that is believed. *Source:* the widest in
ITU-T H.264, Table E-1 (`sample_aspect_ratio`), is 160:99, and of DVB and DV 64:45, which anamorphic film doubles."""

_DEPTH = {"gray": 1, "bgr": 3}
_PIXELS = {"gray": "gray", "bgr": "bgr24"}


@dataclass(frozen=True, slots=True)
class Clip:
    """What the headers of a clip declare of its first stream of pictures that is not a cover.

    Attributes:
        container: FFmpeg's names of the format, for example `mov,mp4,m4a,3gp,3g2,mj2`.
        stream: Number of the stream in the file.
        codec: FFmpeg's name of the codec.
        width_px: As it is shown, after rotation, with square pixels.
        height_px: The same.
        rotation_deg: Clockwise, 0 to 359; what players turn it by.
        rate_hz: Average frames per second; None where it is not declared.
        duration_s: None where it is not declared.
    """

    container: str
    stream: int
    codec: str
    width_px: int
    height_px: int
    rotation_deg: int
    rate_hz: float | None
    duration_s: float | None


def probe(path: Path) -> Clip:
    """Reads what the headers of a clip declare; nothing is decoded but what FFprobe needs to tell the format.

    Raises:
        MediaError: It is no clip that is decoded here, or has too many pixels.
        ToolError: FFprobe is missing, or ran out of time or memory.
    """
    with path.open("rb") as stream:
        return _probe(stream)


def decode(path: Path, choice: Choice, *, limits: tools.Limits, heed: Callable[[str], None]) -> Iterator[Frame]:
    """Decodes a clip; see `forensics.media.frame.frames`."""
    with path.open("rb") as stream:
        clip = _probe(stream)
        told = _Told(heed)
        command = arguments(clip, choice)
        with tools.streaming(command, heed=told.hear, limits=limits, stdin=stream) as output:
            yield from _read(output, clip, choice, told=told)
            _conclude(output.finish(), told)


def arguments(clip: Clip, choice: Choice) -> list[str]:
    """Gives the command line that decodes a clip which is standard input.

    Filters choose before they scale, scale to exact sizes, and tell the time of each frame that is given. Decoding uses
    one thread, since examinations run side by side; `bitexact` makes scaling the same on every kind of processor.
    """
    width, height = choice.fit(clip.width_px, clip.height_px)
    filters = (f"scale={width}:{height}:flags=area+accurate_rnd+bitexact", "setsar=1", "showinfo=checksum=0")
    program = tools.find("ffmpeg>=4.0")
    return [
        str(program.path),
        *("-hide_banner", "-nostdin", "-nostats", "-loglevel", "repeat+level+info"),
        *("-protocol_whitelist", "file", "-format_whitelist", ",".join(FORMATS), "-max_pixels", str(MOST_PIXELS)),
        *("-threads", "1", *_span(clip, choice), "-i", _SOURCE),
        *("-map", f"0:{clip.stream}", "-vf", ",".join([*_select(clip, choice), *filters]), "-filter_threads", "1"),
        *(
            *_passthrough(program.version),
            "-c:v",
            "rawvideo",
            "-pix_fmt",
            _PIXELS[choice.pixel],
            "-f",
            "rawvideo",
            "pipe:1",
        ),
    ]


def _jump_s(clip: Clip, choice: Choice) -> float:
    """Gives the time to jump to before decoding; FFmpeg then counts from 0 again."""
    return choice.start_s if any(name in SEEKABLE for name in clip.container.split(",")) else 0.0


def _span(clip: Clip, choice: Choice) -> list[str]:
    jump_s = _jump_s(clip, choice)
    start = ["-ss", f"{jump_s:.6f}"] if jump_s > 0 else []
    return start if choice.end_s is None else [*start, "-t", f"{max(0.0, choice.end_s - jump_s):.6f}"]


def _select(clip: Clip, choice: Choice) -> list[str]:
    """Gives the filter that leaves out what is too early, and takes the first frame of each interval."""
    jump_s = _jump_s(clip, choice)
    conditions = [f"gte(t+{jump_s!r},{choice.start_s!r})"] if choice.start_s > jump_s else []
    if choice.at_s:
        near = (f"lte(abs(t+{jump_s!r}-{one!r}),{AT_SLACK_S!r})" for one in choice.at_s)
        conditions.append(f"({'+'.join(near)})")
    if choice.rate_hz is not None:
        cell = f"floor(({{}}+{jump_s!r})*{choice.rate_hz!r}+{CELL_SLACK!r})"
        first = f"gt({cell.format('t')},{cell.format('prev_selected_t')})"
        conditions.append(f"(isnan(prev_selected_t)+{first})")
    return [f"select='{'*'.join(conditions)}'"] if conditions else []


def _passthrough(version: str) -> tuple[str, str]:
    """Names the option that repeats and drops no frame. *Source:* FFmpeg, Changelog, version 5.1."""
    numbers = re.match(r"n?(\d+)\.(\d+)", version)
    is_old = numbers is not None and (int(numbers[1]), int(numbers[2])) < (5, 1)
    return ("-vsync" if is_old else "-fps_mode", "passthrough")


@dataclass(slots=True)
class _Told:
    """What FFmpeg said so far: times of frames that were not taken yet, in their order, and its last complaint."""

    heed: Callable[[str], None]
    times_s: deque[float | None] = field(default_factory=deque)
    base: Fraction = Fraction(1, 1000)
    last: str = ""

    def hear(self, line: str) -> None:
        """Takes in one line."""
        if match := _TOLD.match(line):
            ticks, numerator, denominator = match.groups()
            if ticks is None:
                self.base = Fraction(int(numerator), max(1, int(denominator)))
            else:
                self.times_s.append(None if ticks == "NOPTS" else float(int(ticks) * self.base))
        elif match := _COMPLAINT.match(line):
            self.last = _ADDRESS.sub("", match[1]).removeprefix(f"{_SOURCE}: ")[:_LONGEST]
            self.heed(self.last)


def _read(output: tools.Stream, clip: Clip, choice: Choice, *, told: _Told) -> Iterator[Frame]:
    import numpy as np

    width, height = choice.fit(clip.width_px, clip.height_px)
    shape = (height, width) if choice.pixel == "gray" else (height, width, _DEPTH[choice.pixel])
    index, last = 0, None
    while True:
        pixels = np.empty(shape, np.uint8)
        if output.fill(pixels.reshape(-1).data) < pixels.size:
            return
        if not told.times_s:
            raise MediaError("the decoder gave a frame without saying its time", hint="Install another FFmpeg.")
        time_s = told.times_s.popleft()
        if time_s is None:
            told.heed("a frame without a time was left out")
            continue
        time_s = round(time_s + _jump_s(clip, choice), 6)
        cell = choice.cell(time_s)
        # The filter starts anew where the size changes within the clip, and would give two frames of one interval.
        if choice.covers(time_s) and (cell is None or cell != last):
            yield Frame(index, time_s, pixels, width / clip.width_px)
            index, last = index + 1, cell


def _conclude(status: int, told: _Told) -> None:
    if status != 0:
        raise MediaError(f"the clip could not be decoded to its end: {told.last or f'FFmpeg ended with {status}'}")


def _probe(stream: BinaryIO) -> Clip:
    command = [
        str(tools.find("ffprobe>=4.0").path),
        *("-v", "error", "-protocol_whitelist", "file", "-format_whitelist", ",".join(FORMATS)),
        *("-show_streams", "-show_format", "-of", "json", _SOURCE),
    ]
    done = tools.run(command, limits=PROBE_LIMITS, stdin=stream)
    try:
        answer = json.loads(done.stdout.decode("utf-8", errors="replace") or "{}")
    except (ValueError, RecursionError) as error:
        raise MediaError("FFprobe gave no usable answer about the clip") from error
    streams = answer.get("streams") if isinstance(answer, dict) else None
    for one in streams or []:
        if one.get("codec_type") == "video" and not (one.get("disposition") or {}).get("attached_pic"):
            return _clip(one, answer.get("format") or {})
    lines = done.stderr.decode("utf-8", errors="replace").strip().splitlines()
    reason = (
        _ADDRESS.sub("", lines[-1]).removeprefix(f"{_SOURCE}: ")[:_LONGEST] if lines else "it has no stream of pictures"
    )
    raise MediaError(f"the file cannot be decoded as a clip: {reason}")


def _clip(stream: Mapping[str, Any], container: Mapping[str, Any]) -> Clip:
    width, height = (_whole(stream.get(name)) for name in ("width", "height"))
    if width < 1 or height < 1:
        raise MediaError("the headers of the clip do not say how large its pictures are")
    aspect = _ratio(stream.get("sample_aspect_ratio"))
    if aspect is not None and 1 / _WIDEST <= aspect <= _WIDEST:
        width = max(1, round(width * aspect))
    rotation = _rotation(stream)
    if rotation % 180 == 90:  # noqa: PLR2004 -- a quarter turn
        width, height = height, width
    if width * height > MOST_PIXELS:
        raise MediaError(f"the clip has frames of {width} by {height} pixels; {MOST_PIXELS} are decoded at most")
    duration = _number(stream.get("duration")) or _number(container.get("duration"))
    rate = _ratio(stream.get("avg_frame_rate"))
    name = str(stream.get("codec_name") or "unknown")
    container_name = str(container.get("format_name") or "")
    return Clip(container_name, _whole(stream.get("index")), name, width, height, rotation, rate, duration)


def _rotation(stream: Mapping[str, Any]) -> int:
    """Gives the turn that players make, clockwise; FFprobe states it counter-clockwise, to the nearest degree."""
    sides = [side for side in stream.get("side_data_list") or [] if isinstance(side, dict) and "rotation" in side]
    turn = -_whole(sides[0]["rotation"]) if sides else 0
    nearest = 90 * round(turn / 90)
    return (nearest if abs(turn - nearest) <= 1 else turn) % 360


def _ratio(value: object) -> float | None:
    match = re.fullmatch(r"(\d+)[/:](\d+)", str(value))
    return int(match[1]) / int(match[2]) if match and int(match[1]) and int(match[2]) else None


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None


def _whole(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0
