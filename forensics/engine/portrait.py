"""Looks at a file that shall be a reference photo: is it a picture, whose face is meant, and does that suffice."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.custody.digest import digest_stream
from forensics.engine.executor import workers
from forensics.errors import MediaError
from forensics.media import HEAD_SIZE, sniff

if TYPE_CHECKING:
    from forensics.faces.face import Face

Box = tuple[float, float, float, float]

WORDS = {
    "small": "the face is too small: {width_px:.0f} px wide, {least_px:.0f} are needed",
    "blurred": "the face is blurred, or was enlarged",
    "compressed": "the face is compressed too strongly",
    "turned": "the face is turned to the side",
    "tilted": "the face looks up or down",
    "dark": "the face is too dark",
    "light": "the face is too bright",
    "flat": "the face has too little contrast",
    "cut": "the picture cuts the face off",
    "unsure": "what was found is hardly a face",
}
"""Reason of the quality gate (`forensics.faces.quality.Reason`) to what is said about a photo."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """A file that can be a reference photo.

    Attributes:
        path: The file, as it was named.
        sha256: Of its content when it was looked at.
        box_px: Of the face that is meant: left, top, width and height in pixels of the picture as it is shown.
        face_count: How many faces the picture shows.
    """

    path: str
    sha256: str
    box_px: Box
    face_count: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that cannot, and why."""

    path: str
    why: str


def portraits_of(paths: Sequence[str], *, face: int | None = None) -> list[Portrait | Refused]:
    """Looks at files in a process of its own, which a hostile picture may kill; then that file is refused.

    Args:
        paths: The files.
        face: Number of the face that is meant where a picture shows several, from the left, from 1.

    Raises:
        ToolMissingError: A model or library is missing.
        ToolError: It failed.
    """
    found = list[Portrait | Refused]()
    while len(found) < len(paths):
        with workers(1) as executor:
            try:
                for path in paths[len(found) :]:
                    found.append(executor.submit(portrait, path, face=face).result())
            except BrokenExecutor:
                found.append(Refused(paths[len(found)], "the process that decoded it was killed"))
    return found


def portrait(path: str, *, face: int | None = None) -> Portrait | Refused:
    """Looks at one file; see `portraits_of`."""
    try:
        if obstacle := _obstacle(path):
            return Refused(path, obstacle)
        with Path(path).open("rb") as stream:
            kind = sniff(stream.read(HEAD_SIZE))
            stream.seek(0)
            sha256 = digest_stream(stream).sha256
        if not kind.startswith("image/"):
            return Refused(path, f"it is no picture ({kind})")
        return _judged(path, sha256, face=face)
    except OSError as error:
        return Refused(path, f"it cannot be read: {error.strerror or type(error).__name__}")
    except MediaError as error:
        return Refused(path, f"the picture cannot be decoded: {error}")


def _obstacle(path: str) -> str:
    """Says why a path names no file that could be collected; empty where it does."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return "there is no file of this name"
    if stat.S_ISLNK(mode):
        return "it is a symbolic link; name the file that it leads to"
    if stat.S_ISDIR(mode):
        return "it is a folder; name the files in it"
    return "" if stat.S_ISREG(mode) else "it is no regular file"


def _judged(path: str, sha256: str, *, face: int | None) -> Portrait | Refused:
    from forensics.faces.face import aligned, find
    from forensics.faces.quality import GATE, assess, shortcomings
    from forensics.media.frame import still

    pixels = still(Path(path)).pixels
    faces = sorted(find(pixels), key=lambda one: one.box_px)
    chosen, why = _chosen(faces, face)
    if chosen is None:
        return Refused(path, why)
    quality = assess(pixels, chosen, aligned(pixels, chosen))
    sizes = {"width_px": quality.width_px, "least_px": GATE.width_px}
    if reasons := [WORDS[reason].format(**sizes) for reason in shortcomings(quality)]:
        return Refused(path, "; ".join(reasons))
    left, top, width, height = (round(value, 1) for value in chosen.box_px)
    return Portrait(path, sha256, (left, top, width, height), len(faces))


def _chosen(faces: Sequence[Face], number: int | None) -> tuple[Face | None, str]:
    """Chooses the face that is meant: the only one, or that of a number; nobody's face is taken by a guess."""
    if not faces:
        return None, "no face was found in it"
    if number is None and len(faces) == 1:
        return faces[0], ""
    listed = f"{len(faces)} faces, from the left: {_listed(faces)}"
    if number is None:
        return None, f"it shows {listed}; say which one is meant with --face N"
    if number > len(faces):
        return None, f"it has no face {number}, but {listed}" if len(faces) > 1 else f"it has no face {number}, but one"
    return faces[number - 1], ""


MOST_LISTED = 12
"""Faces that are described one by one."""


def _listed(faces: Iterable[Face]) -> str:
    """Describes faces by number, place of the middle and width, so that a person recognises them."""
    rows = list[str]()
    for number, face in enumerate(faces, start=1):
        left, top, width, height = face.box_px
        rows.append(f"{number} at ({left + width / 2:.0f}, {top + height / 2:.0f}), {width:.0f} px wide")
    more = [f"and {len(rows) - MOST_LISTED} more"] if len(rows) > MOST_LISTED else []
    return "; ".join([*rows[:MOST_LISTED], *more])
