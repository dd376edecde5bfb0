"""Decodes sound in a stream of blocks, by FFmpeg beside this program, so that memory does not grow with its length."""

from __future__ import annotations

import os
import selectors
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from forensics import tools
from forensics.analyzers.compression.probe import FFMPEG, GUARD, SOURCE, Bounds, Stream, complaints
from forensics.errors import MediaError, ToolTimeoutError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HEADER = struct.Struct(">4sIIIII")
_MARK = b".snd"
_FLOAT = 6
"""Header of an AU file: mark, place of the sound, its length, coding, rate, channels; coding 6 is a 32-bit fraction.
*Source:* Sun Microsystems, `audio.h`; FFmpeg writes it with the rate and channels that the decoder really has."""

_MOST_CHANNELS = 64
_MOST_RATE_HZ = 1 << 20
_MOST_HEADER = 1 << 16
_CHUNK = 1 << 16
_KEPT_MESSAGES = 1 << 14


@dataclass(slots=True)
class _Pipes:
    """Both outputs of a running FFmpeg.

    Attributes:
        messages: The first bytes of what it complained of.
        waiting: Bytes of sound that were read and not yet taken.
    """

    sound: int
    complaint: int
    deadline: float
    messages: bytearray = field(default_factory=bytearray)
    waiting: bytearray = field(default_factory=bytearray)
    is_over: bool = False

    def take(self, size: int) -> bytes:
        """Gives so many bytes of sound; fewer only at its end.

        Raises:
            ToolTimeoutError: It takes too long.
        """
        while len(self.waiting) < size and not self.is_over:
            self._read()
        taken = bytes(self.waiting[:size])
        del self.waiting[:size]
        return taken

    def _read(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self.sound, selectors.EVENT_READ)
            if self.complaint >= 0:
                selector.register(self.complaint, selectors.EVENT_READ)
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise ToolTimeoutError("ffmpeg did not finish within the time limit and was ended")
            for key, _ in selector.select(left):
                self._feed(key.fd, os.read(key.fd, _CHUNK))

    def _feed(self, pipe: int, chunk: bytes) -> None:
        if pipe == self.sound:
            self.waiting += chunk
            self.is_over = not chunk
        elif not chunk:
            self.complaint = -1
        elif len(self.messages) < _KEPT_MESSAGES:
            self.messages += chunk


@dataclass(frozen=True, slots=True)
class Sound:
    """Sound that is being decoded.

    Attributes:
        rate_hz: Samples a second, of the decoder.
        channels: Number of channels, of the decoder.
    """

    rate_hz: int
    channels: int
    _pipes: _Pipes

    def blocks(self, frames: int) -> Iterator[NDArray[np.float32]]:
        """Gives the samples block by block.

        Args:
            frames: Samples of each channel in a block; the last block may have fewer.

        Yields:
            Shape (frames, channels); 1.0 is full scale. Samples that are no number are zero.

        Raises:
            ToolTimeoutError: It takes too long.
        """
        import numpy as np

        width = 4 * self.channels
        while content := self._pipes.take(frames * width):
            whole = len(content) // width * width
            samples = np.frombuffer(content[:whole], ">f4").astype(np.float32).reshape(-1, self.channels)
            yield np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)

    @property
    def complaints(self) -> tuple[str, ...]:
        """What FFmpeg complained of so far."""
        return complaints(bytes(self._pipes.messages))


@contextmanager
def opened(path: Path, stream: Stream, bounds: Bounds, *, most_s: float) -> Iterator[Sound]:
    """Decodes a stream of sound while it is read.

    Args:
        path: The file.
        stream: Which.
        bounds: What FFmpeg may use.
        most_s: Seconds from the start that are decoded.

    Raises:
        MediaError: It cannot be decoded.
        ToolError: FFmpeg cannot be run, or reached a limit.
    """
    with ExitStack() as stack:
        content = stack.enter_context(path.open("rb"))
        sound, sound_in = _pipe(stack)
        complaint, complaint_in = _pipe(stack)
        command = _command(stream, most_s)
        files = {0: content.fileno(), 1: sound_in.fileno(), 2: complaint_in.fileno()}
        pid = stack.enter_context(tools.spawned(command, files=files))
        tools.limit_memory(pid, bounds.limits(0))
        sound_in.close()
        complaint_in.close()
        pipes = _Pipes(sound.fileno(), complaint.fileno(), time.monotonic() + bounds.wall_s)
        yield Sound(*_header(pipes), pipes)


def _pipe(stack: ExitStack) -> tuple[FileIO, FileIO]:
    """Opens a pipe and gives its end for reading and its end for writing."""
    reading, writing = os.pipe()
    return stack.enter_context(FileIO(reading, "r")), stack.enter_context(FileIO(writing, "w"))


def _command(stream: Stream, most_s: float) -> list[str]:
    return [
        *(str(tools.find(FFMPEG).path), "-v", "error", "-hide_banner", "-nostats", "-nostdin", "-threads", "1", *GUARD),
        *("-t", f"{most_s:g}", "-i", SOURCE, "-map", f"0:{stream.index}", "-map_metadata", "-1"),
        *("-c:a", "pcm_f32be", "-f", "au", "pipe:1"),
    ]


def _header(pipes: _Pipes) -> tuple[int, int]:
    head = pipes.take(_HEADER.size)
    if len(head) < _HEADER.size:
        while not pipes.is_over:
            pipes.take(_CHUNK)
        raise MediaError(" ".join(complaints(bytes(pipes.messages))) or "FFmpeg could not decode the sound")
    mark, start, _, coding, rate_hz, channels = _HEADER.unpack(head)
    is_sane = 0 < channels <= _MOST_CHANNELS and 0 < rate_hz <= _MOST_RATE_HZ and start <= _MOST_HEADER
    if mark != _MARK or coding != _FLOAT or not is_sane:
        raise MediaError("FFmpeg gave sound of a form that is not expected")
    pipes.take(start - _HEADER.size)
    return rate_hz, channels
