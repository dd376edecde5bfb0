"""Frames with invented persons, and an examination that is fed with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from forensics.analyzers.faces import FacesAnalyzer
from forensics.media.frame import Frame
from forensics.model import Finding, Gap
from tests.fakes.evidence import FileEvidence, KeepingSink
from tests.fakes.invented import person
from tests.fakes.invented_scene import Scene, Seat, frame

SIZE = (320, 240)


@cache
def portrait(seed: int, *, face: float = 0.40) -> NDArray[np.uint8]:
    """Draws a person in a room, 320 by 240 pixels."""
    return frame(Scene((Seat(person(seed), face=face),), size=SIZE, place=seed), 0)


def grey(width: int = SIZE[0], height: int = SIZE[1]) -> NDArray[np.uint8]:
    """Gives a picture with a slope of brightness and nothing else."""
    slope = np.linspace(60, 180, width, dtype=np.float64)[None, :, None]
    return np.ascontiguousarray(np.broadcast_to(slope, (height, width, 3)).astype(np.uint8))


def beside(*pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Puts pictures beside one another."""
    return np.ascontiguousarray(np.hstack(pictures))


def frames(pictures: Iterable[NDArray[np.uint8]], *, step_s: float = 0.2, scale: float = 1.0) -> list[Frame]:
    """Gives pictures as frames of a clip."""
    return [Frame(i, round(i * step_s, 6), pixels, scale) for i, pixels in enumerate(pictures)]


@dataclass
class Examined:
    """What came out of an examination."""

    findings: list[Finding]
    sink: KeepingSink

    @property
    def faces(self) -> Finding:
        """The finding about faces."""
        (found,) = [one for one in self.findings if one.kind == "faces.detected"]
        return found

    @property
    def tracks(self) -> list[dict[str, object]]:
        """The tracks of that finding."""
        return list(self.faces.values["tracks"])


def fed(
    folder: Path,
    given: Iterable[Frame],
    *,
    is_picture: bool = False,
    gaps: tuple[Gap, ...] = (),
    analyzer: FacesAnalyzer | None = None,
) -> Examined:
    """Feeds frames to the analyzer as the program does, without a decoder."""
    path = folder / "content"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" if is_picture else b"\0\0\0\x18ftypisom\0\0\0\0isomiso2")
    sink = KeepingSink()
    work = (analyzer or FacesAnalyzer()).start(FileEvidence(path), sink)
    for one in given:
        work.feed(one)
    return Examined(list(work.finish(gaps)), sink)
