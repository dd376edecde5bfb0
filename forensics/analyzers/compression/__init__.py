"""Compression: what the coding of pictures, clips and sound tells about how often and how they were saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import ClassVar

from forensics.analyzers import describe, message
from forensics.analyzers.compression.look import Look
from forensics.errors import ForensicsError
from forensics.model import Finding, Gap, GapReason, Message, Result, Stage
from forensics.plugins import Evidence, Sink

_READERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "image": (("compression.jpeg", "jpeg"),),
    "video": (("compression.video", "video"), ("compression.audio", "audio")),
    "audio": (("compression.audio", "audio"),),
    "application": (("compression.video", "video"), ("compression.audio", "audio")),
}
"""First part of the media type to the kinds of finding and the modules that make them; each module has
`findings(look: Look) -> Iterator[Finding]`."""


@dataclass(frozen=True)
class CompressionAnalyzer:
    """Looks for what earlier and present compression left in pictures, clips and sound.

    Attributes:
        maps: Whether ghost maps and error levels of JPEG pictures are made.
        map_pixels: Pixels of the middle of a picture that these are made of.
        map_side_px: Longest side of a map, in pixels.
        decoded_pixels: Larger pictures are not decoded: no maps, and no search for another grid.
        coefficient_pixels: Of larger pictures no coefficients are read.
        size_limit_bytes: Larger files are not read.
        time_limit_s: Seconds for reading the coefficients of one picture.
        clip_time_limit_s: Seconds for each of the steps on a clip or a sound: packets, decoding.
        clip_memory_bytes: Address space of each FFprobe and FFmpeg.
        clip_packets: Packets of a clip that are read, of all its streams together.
        clip_frames: Frames of a clip that are decoded.
        clip_pixels: Pixels of a clip that are decoded, of all frames together.
        sound_s: Seconds of sound that are decoded.
    """

    maps: bool = True
    map_pixels: int = 2_000_000
    map_side_px: int = 1600
    decoded_pixels: int = 60_000_000
    coefficient_pixels: int = 120_000_000
    size_limit_bytes: int = 256 << 20
    time_limit_s: float = 60.0
    clip_time_limit_s: float = 600.0
    clip_memory_bytes: int = 2 << 30
    clip_packets: int = 400_000
    clip_frames: int = 36_000
    clip_pixels: int = 40_000_000_000
    sound_s: float = 600.0

    name: ClassVar[str] = "compression"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = ("image/*", "video/*", "audio/*", "application/ogg")
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        """States what the coding of the file tells about earlier saves."""
        blank = Finding(
            subject=(evidence.artifact.content_sha256,),
            stage=Stage.DETECT,
            kind="",
            result=Result.INDETERMINATE,
            statement=Message("", ""),
            analyzer=describe(self),
        )
        look = Look(evidence, sink, self, blank)
        for kind, name in _READERS[evidence.artifact.media_type.partition("/")[0]]:
            reader: Callable[[Look], Iterator[Finding]] = import_module(f"{__name__}.{name}").findings
            try:
                yield from reader(look)
            except ForensicsError as error:
                yield _failed(look, kind, error)


def _failed(look: Look, kind: str, error: ForensicsError) -> Finding:
    return look.finding(
        kind,
        Result.INDETERMINATE,
        message("compression.failed", "The compression of the file could not be examined."),
        values={},
        limits=(message("compression.failed.limit", "Nothing follows from this about the file, for or against it."),),
        gaps=(Gap("compression", GapReason.FAILED, str(error)),),
    )
