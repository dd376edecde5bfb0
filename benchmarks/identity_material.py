"""Material for the measurement of identity: who is in which file, and the faces of each file in three variants."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import cv2

from benchmarks.accuracy_compare import VARIANTS, changed
from forensics import media
from forensics.analyzers.faces import FacesAnalyzer
from forensics.analyzers.identity.reference import Photo, read_reference
from forensics.engine.sink import NO_ACT
from forensics.faces.kept import Kept, read_kept
from forensics.media.frame import frames
from forensics.model import Act, Artifact, Digests, Name
from forensics.proof.trial import corpus_digest

TABLE = Path(__file__).with_name("identity_corpus.csv")
"""Who is in the files of the corpus, where a folder has no `identity.csv` of its own."""

CONDITIONS = ("as it is", "crf 35, quality 40", "half size")
"""Variants of every content, by their names in `accuracy_compare.VARIANTS`."""

_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """What is known of one file.

    Attributes:
        path: In the folder.
        kind: `photo` (one person), `generated` (a portrait of nobody), `group` (several persons who are in no other
            file), `recording` (a clip of one person, of which first and last frame are compared too), `clip` (a clip of
            one person that is too short for that), `swap` (a face was made by a face-swap program).
        person: Who is shown; a name of the file where the person is in no other file. Empty for a swap.
        sources: For a swap: of whose photographs faces were made.
        target: For a swap: who was in the picture before.
    """

    path: str
    kind: str
    person: str
    sources: tuple[str, ...]
    target: str

    @property
    def shown(self) -> frozenset[str]:
        """Everyone whose features the file may have."""
        return frozenset(one for one in (self.person, *self.sources, self.target) if one)


@dataclass(frozen=True)
class Content:
    """The faces of one file in one variant."""

    row: Row
    condition: str
    kept: Kept


@dataclass(frozen=True)
class Material:
    """Everything that is compared.

    Attributes:
        contents: Files as questioned contents.
        ends: Last frames of recordings, to be compared with their first frames alone.
        photos: Photographs by person, each with the path of its file.
        sha256: Digest of the files and of the table.
    """

    contents: tuple[Content, ...]
    ends: tuple[Content, ...]
    photos: Mapping[str, tuple[tuple[str, Photo], ...]]
    sha256: str


@dataclass(frozen=True)
class FileEvidence:
    """A file as a plug-in is given it, with what was made of it."""

    file: Path
    role: str = "original"
    made: Mapping[str, tuple[FileEvidence, ...]] = field(default_factory=dict)

    @property
    def artifact(self) -> Artifact:
        """The artifact, with the digest of the file."""
        content = self.file.read_bytes()
        digests = Digests(hashlib.sha256(content).hexdigest(), "0" * 64, len(content))
        kind = media.sniff(content[: media.HEAD_SIZE], self.file.name)
        return Artifact(digests, self.role, Name(self.file.name), kind, _AT)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Opens the file."""
        with self.file.open("rb") as stream:
            yield stream

    @contextmanager
    def path(self) -> Iterator[Path]:
        """Gives the file itself."""
        yield self.file

    def related(self, role: str) -> tuple[FileEvidence, ...]:
        """Gives what was made of it."""
        return self.made.get(role, ())


@dataclass
class FolderSink:
    """Keeps what a plug-in makes as files of a folder."""

    folder: Path
    act: Act = NO_ACT
    kept: dict[str, list[FileEvidence]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """Gives the folder."""
        yield self.folder

    def put(
        self, stream: BinaryIO, *, role: str, name: str | bytes, media_type: str | None = None, **facts: Any
    ) -> Artifact:
        """Writes the bytes and remembers their role."""
        del facts
        path = self.folder / f"{sum(map(len, self.kept.values())):05}.bin"
        path.write_bytes(stream.read())
        made = FileEvidence(path, role)
        self.kept[role].append(made)
        return replace(made.artifact, name=Name(str(name)), media_type=media_type or "")


def read_table(folder: Path) -> tuple[Row, ...]:
    """Reads who is in which file."""
    own = folder / "identity.csv"
    with (own if own.is_file() else TABLE).open(newline="", encoding="utf-8") as stream:
        return tuple(
            Row(one["path"], one["kind"], one["person"], tuple(filter(None, one["source"].split("|"))), one["target"])
            for one in csv.DictReader(stream)
        )


def material(folder: Path, scratch: Path) -> Material:
    """Finds and measures all faces of the folder."""
    rows = read_table(folder)
    contents, ends = [], []
    photos: dict[str, list[tuple[str, Photo]]] = defaultdict(list)
    for row in rows:
        path = folder / row.path
        contents += [Content(row, name, kept) for name, kept in variants(path, scratch)]
        if row.kind in ("recording", "clip"):
            first, last = ends_of(path, scratch)
            photos[row.person].append((row.path, photo(first)))
            if row.kind == "recording":
                ends += [Content(row, name, kept) for name, kept in variants(last, scratch)]
        elif row.kind in ("photo", "generated"):
            photos[row.person].append((row.path, photo(path)))
    files = {row.path: hashlib.sha256((folder / row.path).read_bytes()).hexdigest() for row in rows}
    usable = {person: tuple(one for one in each if one[1].measure is not None) for person, each in photos.items()}
    table = "\n".join(repr(row) for row in rows)
    digest = corpus_digest({**files, "identity.csv": hashlib.sha256(table.encode()).hexdigest()})
    return Material(tuple(contents), tuple(ends), {name: each for name, each in usable.items() if each}, digest)


def variants(path: Path, scratch: Path) -> Iterator[tuple[str, Kept]]:
    """Gives the faces of a file as it is and in each variant, through the same steps as in a case."""
    for name in CONDITIONS:
        variant = VARIANTS[name]
        yield name, faces_of(path if variant is None else changed(path, variant, scratch), scratch)


def faces_of(path: Path, scratch: Path) -> Kept:
    """Lets the analyzer of faces examine a file, and measures what it keeps."""
    sink = FolderSink(scratch)
    list(FacesAnalyzer().examine(FileEvidence(path), sink))
    return read_kept(FileEvidence(path, made={role: tuple(each) for role, each in sink.kept.items()}))


def photo(path: Path) -> Photo:
    """Measures a reference photograph."""
    return read_reference([FileEvidence(path)]).photos[0]


def ends_of(path: Path, scratch: Path) -> tuple[Path, Path]:
    """Writes the first and the last frame of a clip as pictures."""
    first = last = None
    for frame in frames(path):
        first, last = (frame.pixels if first is None else first), frame.pixels
    if first is None or last is None:
        raise SystemExit(f"{path} has no frames")
    names = scratch / f"{path.stem}-first.png", scratch / f"{path.stem}-last.png"
    for name, pixels in zip(names, (first, last), strict=True):
        name.write_bytes(io.BytesIO(cv2.imencode(".png", pixels)[1].tobytes()).getvalue())
    return names
