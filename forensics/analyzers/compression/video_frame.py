"""Decodes the frames of a clip once: their types, their digests, and how much each differs from the one before."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from forensics import tools
from forensics.analyzers.compression.probe import FFMPEG, GUARD, SOURCE, Bounds, Packet, Stream, complaints

_THREADS = 2
"""Threads for decoding. FFmpeg mends damaged frames differently in each run where it uses several, so that a clip that
gives errors is decoded once more with one."""

_FRAME_BYTES = 1200
"""More than FFmpeg writes for one frame: about 550 bytes on both outputs."""

_SLACK_BYTES = 8 << 20
_NEW_OPTION = (5, 1)
"""`-fps_mode` replaced `-vsync` in this version. *Source:* FFmpeg's Changelog."""

_SHOWN = re.compile(
    rb"^\[Parsed_showinfo_\d+ @ \w+\] \[info\] n: *(\d+) pts: *(\S+) .*? s:(\d+)x(\d+) i:(.) iskey:(\d) type:(\S)",
    re.MULTILINE,
)
"""The line of one frame. What the file itself says (titles and the like) never stands at the start of a line."""

_POSITION = re.compile(rb" pos: *(\d+)")
_DIFFERENCE = re.compile(rb"^\[Parsed_metadata_\d+ @ \w+\] \[info\] lavfi\.scd\.(mafd|score)=([0-9.]+)", re.MULTILINE)
_ERROR = re.compile(rb"^(?:\[[^]\n]+ @ \w+\] )*\[(?:error|fatal|panic)\] [^\n]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded frame, in the order of showing.

    Attributes:
        pts: Time stamp in ticks of its stream; None where there is none.
        kind: `I`, `P`, `B` or another letter of FFmpeg's; `?` where the decoder does not tell.
        is_key: Whether it is a point of entry.
        size_bytes: Of its packet; None where no packet could be matched.
        digest: Of all its decoded samples; empty where it is not known.
        difference: Mean absolute difference of brightness from the frame before, in per cent of the whole range.
        change: FFmpeg's measure of an abrupt change, 0 to 100: the smaller of the difference and its own step.
        width_px: As coded.
        height_px: As coded.
        is_interlaced: Whether it consists of two fields.
    """

    pts: int | None
    kind: str
    is_key: bool
    size_bytes: int | None
    digest: str
    difference: float
    change: float
    width_px: int
    height_px: int
    is_interlaced: bool


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of a clip.

    Attributes:
        is_cut: Whether there may be more than were decoded.
        complaints: What FFmpeg complained of.
    """

    frames: tuple[Frame, ...]
    is_cut: bool
    complaints: tuple[str, ...]


def decode(path: Path, stream: Stream, packets: Sequence[Packet], *, bounds: Bounds, most: int) -> Frames:
    """Decodes the first frames of a stream.

    Args:
        path: The file.
        stream: Which.
        packets: Of this stream, for the size of each frame.
        bounds: What FFmpeg may use.
        most: Frames that are decoded.

    Raises:
        ToolError: FFmpeg cannot be run, or reached a limit.
    """
    done = _run(path, _command(stream, most, threads=_THREADS), bounds, most=most)
    if _ERROR.search(done.stderr):
        done = _run(path, _command(stream, most, threads=1), bounds, most=most)
    shown = list(_SHOWN.finditer(done.stderr))[:most]
    digests = [line.rpartition(b",")[2].strip().decode() for line in done.stdout.splitlines() if line[:1] != b"#"]
    if len(digests) != len(shown):
        digests = [""] * len(shown)
    differences = _differences(done.stderr, len(shown))
    sizes = _Sizes.of(packets)
    frames = tuple(
        _frame(match, digest, measured, sizes=sizes)
        for match, digest, measured in zip(shown, digests, differences, strict=True)
    )
    said = complaints(b"\n".join(_ERROR.findall(done.stderr)))
    if done.returncode and not said:
        said = (f"FFmpeg ended with status {done.returncode}",)
    return Frames(frames, len(frames) >= most, said)


def _run(path: Path, command: list[str], bounds: Bounds, *, most: int) -> tools.Completed:
    with path.open("rb") as content:
        return tools.run(command, limits=bounds.limits(_FRAME_BYTES * most + _SLACK_BYTES), stdin=content)


def _command(stream: Stream, most: int, *, threads: int) -> list[str]:
    program = tools.find(FFMPEG)
    numbers = tuple(int(part) for part in re.findall(r"\d+", program.version)[:2])
    mode = "-fps_mode" if not numbers or numbers >= _NEW_OPTION else "-vsync"
    return [
        *(str(program.path), "-v", "level+info", "-hide_banner", "-nostats", "-nostdin", "-threads", str(threads)),
        *(*GUARD, "-copyts", "-noautorotate", "-i", SOURCE, "-map", f"0:{stream.index}", "-map_metadata", "-1"),
        *("-vf", "showinfo=checksum=0,scdet=threshold=100,metadata=print", "-filter_threads", "1"),
        *(mode, "passthrough", "-frames:v", str(most), "-f", "framehash", "-hash", "murmur3", "pipe:1"),
    ]


def _differences(stderr: bytes, count: int) -> list[tuple[float, float]]:
    """Reads difference and change of each frame, as they follow its line; zero where a frame has none."""
    marks = [match.start() for match in _SHOWN.finditer(stderr)] + [len(stderr)]
    found = [[0.0, 0.0] for _ in range(count)]
    at = 0
    for match in _DIFFERENCE.finditer(stderr):
        while at < count and match.start() >= marks[at + 1]:
            at += 1
        if at < count and match.start() > marks[at]:
            found[at][0 if match.group(1) == b"mafd" else 1] = float(match.group(2))
    return [(difference, change) for difference, change in found]


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Sizes of packets by the time stamp, and where that is not unique or missing, by the place in the file."""

    by_time: Mapping[int, int]
    by_position: Mapping[int, int]

    @classmethod
    def of(cls, packets: Sequence[Packet]) -> _Sizes:
        kept = [packet for packet in packets if not packet.is_discarded]
        return cls(
            {packet.pts: packet.size for packet in kept if packet.pts is not None},
            {packet.position: packet.size for packet in kept if packet.position is not None},
        )

    def find(self, pts: int | None, line: bytes) -> int | None:
        if pts is not None and pts in self.by_time:
            return self.by_time[pts]
        match = _POSITION.search(line)
        return self.by_position.get(int(match.group(1))) if match else None


def _frame(match: re.Match[bytes], digest: str, measured: tuple[float, float], *, sizes: _Sizes) -> Frame:
    stamp = match.group(2)
    pts = int(stamp) if stamp.lstrip(b"-").isdigit() else None
    kind = match.group(7).decode("ascii", "replace")
    return Frame(
        pts,
        kind,
        match.group(6) == b"1",
        sizes.find(pts, match.group(0)),
        digest,
        *measured,
        int(match.group(3)),
        int(match.group(4)),
        match.group(5) != b"P",
    )
