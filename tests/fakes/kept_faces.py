"""Contents with faces, as comparisons are given them: drawn persons, and what the analyzer of faces makes of them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from forensics import media
from forensics.analyzers.faces import FacesAnalyzer
from forensics.engine.sink import NO_ACT
from forensics.model import Act, Artifact, Digests, Name
from tests.fakes.evidence import OBTAINED_AT
from tests.fakes.invented import person
from tests.fakes.invented_scene import Scene, Seat, frame

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class MadeEvidence:
    """Bytes with what was made of them.

    Attributes:
        content: The bytes.
        folder: Where they may be written, for programs that want a path.
        name: File name.
        made: By role.
        facts: Of the artifact.
    """

    content: bytes
    folder: Path
    name: str = "a.png"
    made: Mapping[str, tuple[MadeEvidence, ...]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def artifact(self) -> Artifact:
        """The artifact, with the digest of the bytes."""
        digests = Digests(hashlib.sha256(self.content).hexdigest(), "0" * 64, len(self.content))
        kind = media.sniff(self.content[: media.HEAD_SIZE], self.name)
        return Artifact(digests, "original", Name(self.name), kind, OBTAINED_AT, self.facts)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Opens the bytes."""
        with self.path() as path, path.open("rb") as stream:
            yield stream

    @contextmanager
    def path(self) -> Iterator[Path]:
        """Writes the bytes and gives the file."""
        path = self.folder / f"{self.artifact.content_sha256[:16]}-{self.name}"
        path.write_bytes(self.content)
        yield path

    def related(self, role: str) -> tuple[MadeEvidence, ...]:
        """Gives what was made of it."""
        return self.made.get(role, ())


@dataclass
class RoleSink:
    """Keeps what is put into it, by role."""

    folder: Path
    act: Act = NO_ACT
    kept: dict[str, list[MadeEvidence]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """Gives the folder."""
        yield self.folder

    def put(
        self, stream: BinaryIO, *, role: str, name: str | bytes, media_type: str | None = None, **facts: Any
    ) -> Artifact:
        """Keeps all bytes of a stream."""
        del media_type, facts
        made = MadeEvidence(stream.read(), self.folder, str(name))
        self.kept[role].append(made)
        return made.artifact


@cache
def drawn(seeds: tuple[int, ...], take: int = 1) -> Picture:
    """Draws persons beside each other; another take is another picture of them."""
    places = np.linspace(0, 1, 2 * len(seeds) + 1)[1::2]
    seats = tuple(Seat(person(seed), x=float(x)) for seed, x in zip(seeds, places, strict=True))
    return frame(Scene(seats, place=take, take=take, size=(480 if len(seeds) == 1 else 720, 360), count=1), 0)


def png(picture: Picture) -> bytes:
    """Encodes a picture."""
    return bytes(cv2.imencode(".png", picture)[1].tobytes())


def photo(folder: Path, *seeds: int, take: int = 2, **facts: Any) -> MadeEvidence:
    """Gives a photograph of drawn persons."""
    return MadeEvidence(png(drawn(seeds, take)), folder, facts=facts)


def content(folder: Path, picture: Picture | bytes) -> MadeEvidence:
    """Gives a picture with what the analyzer of faces makes of it."""
    plain = MadeEvidence(picture if isinstance(picture, bytes) else png(picture), folder)
    sink = RoleSink(folder)
    list(FacesAnalyzer().examine(plain, sink))
    return MadeEvidence(plain.content, folder, made={role: tuple(each) for role, each in sink.kept.items()})


def with_made(one: MadeEvidence, role: str, contents: Sequence[bytes]) -> MadeEvidence:
    """Gives a content with other bytes under a role."""
    made = {**one.made, role: tuple(MadeEvidence(each, one.folder) for each in contents)}
    return MadeEvidence(one.content, one.folder, one.name, made, one.facts)
