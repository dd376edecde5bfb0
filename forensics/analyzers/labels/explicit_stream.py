"""Frames and sound of a clip, decoded by FFmpeg in small portions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics import tools
from forensics.errors import MediaError
from forensics.model import Tool
from forensics.plugins import Evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEED = "ffmpeg>=4.0"
_PROBE = "ffprobe>=4.0"

_FORMATS = (
    *(
        "aac",
        "ac3",
        "aiff",
        "amr",
        "apng",
        "asf",
        "au",
        "avi",
        "caf",
        "eac3",
        "flac",
        "flv",
        "gif",
        "h264",
        "hevc",
        "ivf",
    ),
    *("m4v", "matroska", "mov", "mp3", "mpeg", "mpegts", "mpegvideo", "mxf", "ogg", "w64", "wav", "webm", "wv"),
)
"""Formats that FFmpeg may read: none that can name other files or hosts. *Source:* FFmpeg Formats Documentation."""

_MEMORY_BYTES = 4 << 30
_WALL_S = 30.0
_MOST_SIDE_PX = 16_384
RATE_HZ = 8_000
"""Samples per second of decoded sound: tones up to 4,000 Hz."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the headers say.

    Attributes:
        duration_s: Length; None where they do not say.
        size_px: Width and height of the first video stream as it is shown; None where there is none.
        has_sound: Whether there is a stream of sound.
    """

    duration_s: float | None
    size_px: tuple[int, int] | None
    has_sound: bool


def describe() -> Tool:
    """Describes FFmpeg, as records carry it."""
    return tools.find(NEED).describe()


def probe(evidence: Evidence) -> Facts:
    """Reads length, size and kinds of streams from the headers.

    Raises:
        ToolError: FFprobe is missing, or ran out of its time or memory.
        MediaError: It cannot read the file.
    """
    entries = "format=duration:stream=codec_type,width,height:stream_tags=rotate:stream_side_data=rotation"
    done = _run(evidence, [str(tools.find(_PROBE).path)], ["-show_entries", entries, "-of", "json"], 1 << 20)
    try:
        answer = json.loads(done.stdout)
        streams = [stream for stream in answer.get("streams", []) if isinstance(stream, dict)]
        text = answer.get("format", {}).get("duration")
        duration_s = float(text) if text is not None else None
    except (ValueError, AttributeError) as error:
        raise MediaError("FFprobe gives no usable answer") from error
    if not streams:
        raise MediaError(f"FFprobe finds no stream in it (exit status {done.returncode})")
    kinds = [stream.get("codec_type") for stream in streams]
    return Facts(duration_s, _size(streams), "audio" in kinds)


def frames(
    evidence: Evidence, facts: Facts, *, side_px: int, start_s: float | None, rate_hz: float, count: int
) -> NDArray[np.uint8]:
    """Decodes frames, scaled down and turned as they are shown.

    Args:
        evidence: The clip.
        facts: What its headers say.
        side_px: Shorter side at most.
        start_s: Where to go first, to one frame there; None for the start of the clip.
        rate_hz: Frames per second that are taken.
        count: Frames at most.

    Returns:
        Red, green and blue, shape (frames, height, width, 3); without frames where there are none.

    Raises:
        ToolError: FFmpeg is missing, or ran out of its time or memory.
        MediaError: The clip has no picture, or too large a one.
    """
    import numpy as np

    width, height = _scaled(facts, side_px)
    seek = [] if start_s is None else ["-skip_frame", "noref", "-ss", f"{start_s:.2f}"]
    taken = f"fps={rate_hz:g}," if start_s is None else ""
    chain = f"{taken}scale={width}:{height}:flags=area,format=rgb24"
    last = ["-t", f"{count / rate_hz:.3f}"] if start_s is None else []
    options = [*last, "-an", "-sn", "-dn", "-map", "0:V:0", "-vf", chain, "-frames:v", str(count)]
    size = width * height * 3
    command = [str(tools.find(NEED).path), "-nostdin", "-threads", "1", *seek]
    done = _run(evidence, command, [*options, "-f", "rawvideo", "pipe:1"], count * size + (1 << 20))
    got = min(count, len(done.stdout) // size)
    return np.frombuffer(done.stdout[: got * size], np.uint8).reshape(got, height, width, 3)


def sound(evidence: Evidence, *, start_s: float, length_s: float) -> NDArray[np.float32]:
    """Decodes a part of the first stream of sound, all channels as one.

    Args:
        evidence: The clip or sound.
        start_s: Where it begins.
        length_s: Length at most.

    Returns:
        Samples, -1 to 1, `RATE_HZ` a second; none where there are none.

    Raises:
        ToolError: FFmpeg is missing, or ran out of its time or memory.
    """
    import numpy as np

    seek = ["-ss", f"{start_s:.2f}"] if start_s > 0 else []
    options = ["-t", f"{length_s:.2f}", "-vn", "-sn", "-dn", "-map", "0:a:0", "-ac", "1", "-ar", str(RATE_HZ)]
    command = [str(tools.find(NEED).path), "-nostdin", "-threads", "1", *seek]
    most = int(length_s * RATE_HZ + RATE_HZ) * 2
    done = _run(evidence, command, [*options, "-f", "s16le", "pipe:1"], most + (1 << 20))
    whole = done.stdout[: min(most, len(done.stdout)) // 2 * 2]
    return np.asarray(np.frombuffer(whole, "<i2") / 32768, np.float32)


def _run(evidence: Evidence, program: list[str], options: list[str], output_bytes: int) -> tools.Completed:
    limits = tools.Limits(_WALL_S, _MEMORY_BYTES, output_bytes)
    source = ["-v", "error", "-protocol_whitelist", "file", "-format_whitelist", ",".join(_FORMATS)]
    with evidence.path() as path, path.open("rb") as stream:
        return tools.run([*program, *source, "-i", "file:/dev/stdin", *options], limits=limits, stdin=stream)


def _size(streams: list[dict[str, object]]) -> tuple[int, int] | None:
    for stream in streams:
        width, height = stream.get("width"), stream.get("height")
        if stream.get("codec_type") == "video" and isinstance(width, int) and isinstance(height, int) and width:
            return (height, width) if _is_turned(stream) else (width, height)
    return None


def _is_turned(stream: dict[str, object]) -> bool:
    """Whether the picture is shown on its side."""
    text = json.dumps([stream.get("tags"), stream.get("side_data_list")])
    return any(f": {angle}" in text or f': "{angle}"' in text for angle in (90, -90, 270, -270))


def _scaled(facts: Facts, side_px: int) -> tuple[int, int]:
    if facts.size_px is None:
        raise MediaError("the clip has no picture")
    width, height = facts.size_px
    if min(width, height) < 1 or max(width, height) > _MOST_SIDE_PX:
        raise MediaError(f"the clip states a picture of {width} by {height} pixels")
    scale = min(1.0, side_px / min(width, height), 3 * side_px / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
