"""A sink that keeps what it is given, small files made by independent programs, and the findings about them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from PIL import Image

from forensics.analyzers.container import ContainerAnalyzer
from forensics.model import Artifact, Digests, Finding, Name
from tests.fakes.evidence import OBTAINED_AT, FileEvidence

Found = Callable[..., dict[str, Finding]]


class KeepingSink:
    """Keeps bytes by their role."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, stream: BinaryIO, *, role: str, name: str, media_type: str | None = None, **facts: Any) -> Artifact:
        self.kept[role] = stream.read()
        digests = Digests("0" * 64, "0" * 64, len(self.kept[role]))
        return Artifact(digests, role, Name(name), media_type or "application/octet-stream", OBTAINED_AT, facts)


@pytest.fixture
def sink() -> KeepingSink:
    return KeepingSink()


@pytest.fixture
def found(sink) -> Found:
    """Examines a file and gives the findings by their kind without `container.`."""

    def examined(path: Path, name: str | None = None, **settings: Any) -> dict[str, Finding]:
        findings = list(ContainerAnalyzer(**settings).examine(FileEvidence(path, name), sink))
        return {finding.kind.removeprefix("container."): finding for finding in findings}

    return examined


def photograph(size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Makes a picture with something to see in it: a bright disc on a slope of grey."""
    width, height = size
    picture = Image.linear_gradient("L").resize(size)
    disc = Image.radial_gradient("L").resize((width // 2, height // 2)).point(lambda level: 255 - level)
    picture.paste(disc, (width // 8, height // 4))
    return picture.convert("RGB")


@pytest.fixture
def jpeg(tmp_path) -> Path:
    """A picture of 320 x 240 pixels, saved by libjpeg at quality 83 with the standard's Huffman tables."""
    path = tmp_path / "picture.jpg"
    photograph().save(path, quality=83)
    return path


@pytest.fixture(scope="session")
def film(tmp_path_factory) -> Path:
    """A film of 2 s that FFmpeg wrote with x264, with a fixed time of creation."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc=s=64x64:r=10:d=2", "-f", "lavfi", "-i", "sine=d=2"),
        *("-c:v", "libx264", "-crf", "31", "-metadata", "creation_time=2024-05-06T07:08:09Z", str(path)),
    )
    return path


def ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True, timeout=60)


def exiftool(path: Path, *arguments: str) -> str:
    command = ["exiftool", "-q", "-overwrite_original", *arguments, str(path)]
    return subprocess.run(command, check=True, timeout=60, capture_output=True, text=True).stdout


def replaced(path: Path, old: bytes, new: bytes) -> Path:
    """Writes a changed copy of a file; what is changed must be there once."""
    content = path.read_bytes()
    assert content.count(old) == 1
    copy = path.with_name(f"changed-{path.name}")
    copy.write_bytes(content.replace(old, new))
    return copy
