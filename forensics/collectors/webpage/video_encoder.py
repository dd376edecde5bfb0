"""Encodes JPEG pictures with times into a video of constant rate while they come, by ffmpeg beside this program."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from forensics import tools
from forensics.collectors.webpage.video_stream import header, picture
from forensics.errors import StoreError, ToolError
from forensics.model import Gap, GapReason, Tool

ENDING_S = 60.0
"""How long the encoder may take after the last picture, in seconds; it encodes while pictures come."""

MOST_WAITING = 64 << 20
"""Most bytes that may wait for the encoder; pictures beyond are dropped."""

ENCODERS: Mapping[str, tuple[str, ...]] = {
    "libx264": ("-preset", "ultrafast", "-crf", "30"),
    "libopenh264": ("-b:v", "1M"),
    "mpeg4": ("-q:v", "6"),
}
"""Encoders that are used, best first, and how: quick ones, since the browser needs the processors at the same time."""

KEY_FRAMES_S = 10
"""Distance of key frames, in seconds: how exactly players can jump."""

COLOURS = "bt709"
"""Players take pictures of this height for such. *Source:* Rec. ITU-R BT.709."""


@dataclass(frozen=True, slots=True)
class VideoPolicy:
    """How a session is filmed.

    Attributes:
        size_px: Width and height of the video, even; larger pictures are made smaller, smaller ones get a border.
        rate_hz: Pictures a second.
        quality: Quality of the pictures that the browser sends, as JPEG has it, 0 to 100.
    """

    size_px: tuple[int, int] = (1280, 800)
    rate_hz: int = 5
    quality: int = 60


class _Pipe(asyncio.BaseProtocol):
    """Knows whether the pipe to ffmpeg is over, so that it is not ended twice."""

    is_over = False

    def connection_lost(self, _: Exception | None) -> None:
        self.is_over = True


class Encoder:
    """One run of ffmpeg that reads pictures from a pipe; it is killed where it was not finished."""

    def __init__(self, path: Path, policy: VideoPolicy) -> None:
        self._path, self._policy = path, policy
        self._messages = path.with_suffix(".txt")
        self._stack = ExitStack()
        self._pipe: asyncio.WriteTransport | None = None
        self._last, self._last_ms = b"", -1
        self.tool: Tool | None = None

    async def start(self) -> None:
        """Starts ffmpeg.

        Raises:
            ToolMissingError: It is not installed.
            ToolError: It has no encoder that could be used.
            StoreError: The folder cannot be written to.
        """
        installed = tools.find("ffmpeg")
        name = _encoder(installed.path)
        arguments = _arguments(name, self._policy)
        self.tool = installed.describe(arguments)
        try:
            messages = self._stack.enter_context(self._messages.open("wb"))
        except OSError as error:
            raise StoreError(f"the video cannot be written: {error.strerror}") from error
        process = tools.background([str(installed.path), *arguments, str(self._path)], stderr=messages)
        self._process = self._stack.enter_context(process)
        loop = asyncio.get_running_loop()
        self._pipe, self._state = await loop.connect_write_pipe(_Pipe, self._process.stdin)
        self._pipe.write(header(*self._policy.size_px))

    def write(self, jpeg: bytes, at_ms: int) -> str:
        """Hands over a picture.

        Args:
            jpeg: The picture.
            at_ms: Its time, in milliseconds from the start, higher than that of the one before.

        Returns:
            Why it was dropped; empty where it was not.
        """
        if self._pipe is None or self._pipe.is_closing():
            return "the encoder ended by itself"
        if self._pipe.get_write_buffer_size() > MOST_WAITING:
            return "the encoder is too slow, and pictures were dropped"
        self._pipe.write(picture(jpeg, at_ms))
        self._last, self._last_ms = jpeg, at_ms
        return ""

    async def finish(self, at_ms: int) -> Gap | None:
        """Waits until the video is written.

        Args:
            at_ms: How long the last picture stands, in milliseconds from the start.

        Returns:
            Why there is no video; None where there is one.
        """
        if self._pipe is None:
            return None
        # ffmpeg repeats the last picture as often as the median of the last three, so these follow each other closely.
        period_ms = 1000 // self._policy.rate_hz
        for time_ms in (at_ms - 2 * period_ms, at_ms - period_ms, at_ms):
            if time_ms > self._last_ms:
                self.write(self._last, time_ms)
        self._pipe.close()
        deadline = time.monotonic() + ENDING_S
        while self._process.poll() is None and time.monotonic() < deadline:  # noqa: ASYNC110 - it gives no event
            await asyncio.sleep(0.01)
        code = self._process.poll()
        self.end()
        if code is None:
            return Gap("session-video", GapReason.TIMED_OUT, f"ffmpeg did not end within {ENDING_S:g} s")
        if code:
            words = (
                self._messages.read_text(encoding="utf-8", errors="replace").replace(str(self._path), "").split("\n")
            )
            return Gap("session-video", GapReason.FAILED, f"ffmpeg failed: {words[0][:200]}")
        return None

    def end(self) -> None:
        """Ends ffmpeg, whatever it had; does nothing where it is over."""
        if self._pipe is not None and not self._state.is_over:
            self._pipe.abort()
        self._pipe = None
        self._stack.close()


@cache
def _encoder(ffmpeg: Path) -> str:
    """Finds the best encoder that this ffmpeg has.

    Raises:
        ToolError: It has none of those that are known here.
    """
    listing = tools.run([str(ffmpeg), "-hide_banner", "-encoders"]).stdout.decode("utf-8", errors="replace")
    names = {words[1] for line in listing.splitlines() if len(words := line.split()) > 1}
    found = next((name for name in ENCODERS if name in names), None)
    if found is None:
        raise ToolError(f"ffmpeg has none of the encoders {', '.join(ENCODERS)}", hint="Install a complete ffmpeg.")
    return found


def _arguments(encoder: str, policy: VideoPolicy) -> tuple[str, ...]:
    """Gives ffmpeg's arguments without the name of the file."""
    width, height = policy.size_px
    filters = (
        f"scale=in_range=pc:in_color_matrix=bt601:out_range=tv:out_color_matrix={COLOURS}",
        "format=yuv420p",
        f"pad={width}:{height}:(ow-iw)/2:(oh-ih)/2",
    )
    return (
        *("-hide_banner", "-nostdin", "-y", "-loglevel", "error", "-threads", "1", "-f", "matroska", "-i", "pipe:0"),
        *("-vf", ",".join(filters), "-r", str(policy.rate_hz), "-an", "-c:v", encoder, *ENCODERS[encoder]),
        *("-threads", "1", "-g", str(policy.rate_hz * KEY_FRAMES_S)),
        *("-colorspace", COLOURS, "-color_primaries", COLOURS, "-color_trc", COLOURS, "-color_range", "tv"),
        *("-map_metadata", "-1", "-fflags", "+bitexact", "-movflags", "+faststart", "-f", "mp4"),
    )
