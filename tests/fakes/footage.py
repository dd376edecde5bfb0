"""Footage of scenes that are drawn: a furnished wall, and things that move before it, the same in every run."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from forensics.analyzers.prints import PrintsAnalyzer
from tests.fakes.evidence import FileEvidence, KeepingSink

WIDTH, HEIGHT, RATE_HZ = 320, 180, 10

Picture = NDArray[np.uint8]


def scene(seed: int) -> Picture:
    """Draws a wall with things on it."""
    chance = np.random.default_rng(seed)
    picture = cv2.resize(chance.integers(60, 190, (6, 10, 3), np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    for _ in range(60):
        x, y = int(chance.integers(0, WIDTH)), int(chance.integers(0, HEIGHT))
        size = tuple(int(one) for one in chance.integers(4, 26, 2))
        colour = tuple(int(one) for one in chance.integers(0, 256, 3))
        if chance.random() < 0.5:
            cv2.rectangle(picture, (x, y), (x + size[0], y + size[1]), colour, -1)
        else:
            cv2.ellipse(picture, (x, y), size, float(chance.integers(0, 180)), 0, 360, colour, -1)
    return np.asarray(picture, np.uint8)


def frames(seed: int, seconds: float, *, motion: int | None = None) -> list[Picture]:
    """Draws footage of a scene.

    Args:
        seed: Which scene.
        seconds: How long.
        motion: How things move in it; None for the motion that belongs to the scene.
    """
    chance = np.random.default_rng(1000 + (seed if motion is None else motion))
    count = round(seconds * RATE_HZ)
    wall = scene(seed)
    steps = np.cumsum(chance.normal(0, 6, (3, count, 2)), axis=1) + chance.uniform(40, 140, (3, 1, 2))
    shown = []
    for number in range(count):
        picture = wall.copy()
        for thing, radius in enumerate((24, 18, 14)):
            place = (int(steps[thing, number, 0] % WIDTH), int(steps[thing, number, 1] % HEIGHT))
            cv2.circle(picture, place, radius, (40 + 80 * thing, 220 - 60 * thing, 90), -1)
            cv2.circle(picture, place, radius // 2, (20, 20, 40 + 60 * thing), 3)
        shown.append(picture)
    return shown


def clip(shown: list[Picture], path: Path, *, chain: str = "null", crf: int = 20) -> Path:
    """Encodes frames with H.264 after filters of FFmpeg."""
    command = [
        *("ffmpeg", "-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{WIDTH}x{HEIGHT}"),
        *("-r", str(RATE_HZ), "-i", "-", "-vf", f"{chain},pad=ceil(iw/2)*2:ceil(ih/2)*2", "-c:v", "libx264"),
        *("-preset", "ultrafast", "-crf", str(crf), "-pix_fmt", "yuv420p", str(path)),
    ]
    subprocess.run(command, input=b"".join(one.tobytes() for one in shown), check=True, timeout=60)
    return path


def still(shown: Picture, path: Path, *, quality: int = 90) -> Path:
    """Saves a picture as JPEG."""
    cv2.imwrite(str(path), shown, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return path


@dataclass(frozen=True)
class PrintedEvidence:
    """A content with its fingerprint.

    Attributes:
        evidence: The content.
        fingerprint: The fingerprint as bytes; empty for none.
        items: Ids of the items that it was collected as.
    """

    evidence: FileEvidence
    fingerprint: bytes
    items: tuple[str, ...] = field(default=())

    @property
    def artifact(self) -> Any:
        """The artifact, which says its items."""
        made = self.evidence.artifact
        return type(made)(
            made.digests, made.role, made.name, made.media_type, made.obtained_at, {"items": list(self.items)}
        )

    def related(self, role: str) -> tuple[_Kept, ...]:
        """Gives the fingerprint."""
        return (_Kept(self.fingerprint),) if role == "fingerprint" and self.fingerprint else ()


@dataclass(frozen=True)
class _Kept:
    content: bytes

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        yield io.BytesIO(self.content)


def printed(path: Path, *items: str) -> PrintedEvidence:
    """Makes the fingerprint of a file."""
    sink, evidence = KeepingSink(), FileEvidence(path)
    list(PrintsAnalyzer().examine(evidence, sink))
    return PrintedEvidence(evidence, sink.contents.get("fingerprint", b""), items)
