"""Single things of a file that do not fit, before anything is said about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forensics import media
from forensics.analyzers.container.look import Look
from forensics.analyzers.container.tail import archive
from forensics.analyzers.container.track import Track, tracks
from forensics.formats import Part, Problem

_SHIFT_S = 1.0
"""Seconds of media that an edit list may skip or delay without a word. Encoders prime with at most a few thousand
samples and a few frames (ISO/IEC 14496-12, Annex on edit lists; Apple TN2258: 2112 samples, 0.05 s), and of the
genuine clips that were measured none had more than 0.1 s."""

_PADDING = (b"\x00", b"\xff")
_STRAY = 4
"""Bytes behind a file's end that are a writer's slip rather than data: one camera of those measured leaves one."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """One thing that does not fit, or that is out of the ordinary.

    Attributes:
        code: A code of `forensics.formats.CODES` or of this analyzer.
        offset: Where, from the start of the file; None for the file as a whole.
        size_bytes: How many bytes are concerned; None where that cannot be said.
        part: Path of the part that it was seen at.
        detail: What was expected and what is there, in English.
        is_usual: Whether devices and programs make it so as a rule.
    """

    code: str
    offset: int | None
    size_bytes: int | None
    part: str
    detail: str
    is_usual: bool = False

    def as_values(self) -> dict[str, Any]:
        """Gives what a record keeps of it."""
        return {
            "code": self.code,
            "offset": self.offset,
            "size_bytes": self.size_bytes,
            "part": self.part,
            "detail": self.detail,
            "usual": self.is_usual,
        }


def of_reader(look: Look) -> Iterator[Oddity]:
    """Gives what the reader of the format noted, except where it could not read on."""
    for problem in look.structure.problems:
        if problem.code not in {"limit", "unreadable"}:
            yield _judged(look, problem)


def _judged(look: Look, problem: Problem) -> Oddity:
    detail, is_usual = problem.detail, problem.code == "unknown-part"
    if problem.code in {"trailing-data", "leading-data", "hidden-data", "second-file"}:
        content, is_usual = _content(look, problem)
        detail = detail if content in detail else f"{detail} ({content})" if detail else content
    return Oddity(problem.code, problem.offset, problem.size, problem.part, detail, is_usual)


def _content(look: Look, problem: Problem) -> tuple[str, bool]:
    """Says what some bytes are by their start, and whether they are usual where they stand."""
    size = look.structure.size - problem.offset if problem.size is None else problem.size
    content = look.at(problem.offset, size)
    if content[:1] in _PADDING and len(content) == size and not content.strip(content[:1]):
        return f"padding with {content[0]:02x}", problem.code != "hidden-data"
    kind = media.sniff(content[: media.HEAD_SIZE])
    return kind, size <= _STRAY and problem.code == "trailing-data"


def of_archive(look: Look) -> Iterator[Oddity]:
    """Gives an archive at the end of the file that the reader did not note."""
    found = archive(look) if look.structure.format not in {"", "ooxml"} else None
    behind = {"trailing-data", "second-file", "hidden-data"}
    known = [problem.offset for problem in look.structure.problems if problem.code in behind]
    if found and not any(offset <= found[0] for offset in known):
        detail = "a whole ZIP archive ends with the file"
        yield Oddity("second-file", found[0], found[1], "", detail)


def of_film(look: Look) -> Iterator[Oddity]:
    """Gives edit lists that hide, delay or slow down what is recorded."""
    for track in tracks(look):
        yield from _edited(track)


def _edited(track: Track) -> Iterator[Oddity]:
    place = f"moov/trak[{track.number}]/edts/elst"
    played = [edit for edit in track.edits if edit.start_s is not None]

    def odd(code: str, detail: str) -> Oddity:
        return Oddity(code, track.edits_at, None, place, f"track {track.number} ({track.handler}): {detail}")

    delay_s = sum(edit.duration_s for edit in track.edits if edit.start_s is None)
    if delay_s > _SHIFT_S:
        yield odd("edit-shifts", f"starts {delay_s:.2f} s late")
    if any(edit.rate != 1.0 for edit in played):
        yield odd("edit-speed", "is played at another speed than it was recorded")
    hidden_s = _hidden_s(track, played)
    if hidden_s > _SHIFT_S:
        yield odd("edit-hides", f"{hidden_s:.2f} s of {track.duration_s or 0:.2f} s are in the file and not played")


def _hidden_s(track: Track, played: list[Any]) -> float:
    """Gives the seconds of a track that its edit list never plays; an edit of length 0 plays to the end."""
    if not played or track.duration_s is None:
        return 0.0
    shown = hidden = 0.0
    for edit in sorted(played, key=lambda one: float(one.start_s)):
        start = min(float(edit.start_s), track.duration_s)
        end = track.duration_s if not edit.duration_s else min(track.duration_s, start + edit.duration_s * edit.rate)
        hidden += max(0.0, start - shown)
        shown = max(shown, end)
    return hidden + max(0.0, track.duration_s - shown)


def of_exif_size(look: Look) -> Iterator[Oddity]:
    """Gives a size in EXIF that is neither the picture's nor the same turned."""
    real = frame_size(look)
    stated = [_number(look, keys) for keys in (_WIDTH_KEYS, _HEIGHT_KEYS)]
    if real is None or None in stated or not all(stated):
        return
    width, height = (int(number) for number in stated if number is not None)
    if (width, height) not in (real, real[::-1]):
        detail = f"EXIF states {width} x {height} pixels, the picture has {real[0]} x {real[1]}"
        value = next(one for one in look.structure.values if one.key in _WIDTH_KEYS)
        yield Oddity("exif-size-differs", value.offset, None, value.place, detail)


_WIDTH_KEYS = ("PixelXDimension", "ExifImageWidth", "0xa002")
_HEIGHT_KEYS = ("PixelYDimension", "ExifImageHeight", "0xa003")
"""Names of the tags 0xA002 and 0xA003 in the standard and in ExifTool. *Source:* Exif 2.31, 4.6.5."""


def _number(look: Look, keys: tuple[str, ...]) -> int | None:
    value = next((one for one in look.structure.values if one.key in keys and "ExifIFD" in one.place), None)
    text = value.text.strip() if value else ""
    return int(text) if text.isascii() and text.isdecimal() else None


def frame_size(look: Look) -> tuple[int, int] | None:
    """Reads width and height of a JPEG picture from its frame header, in pixels; None of other formats."""
    frame = frame_header(look)
    if look.structure.format != "jpeg" or frame is None:
        return None
    head = look.at(frame.offset, 9)  # ITU-T T.81, B.2.2: marker, length, precision, height, width
    width, height = int.from_bytes(head[7:9]), int.from_bytes(head[5:7])
    return (width, height) if width and height else None


def frame_header(look: Look) -> Part | None:
    """Finds the first frame header of a JPEG picture."""
    return next((part for part in look.structure.parts if part.kind.startswith("SOF")), None)
