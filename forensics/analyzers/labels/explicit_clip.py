"""Labels that can be read in the opening of a clip, and how long they are there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forensics.analyzers.labels import explicit_picture, explicit_stream
from forensics.analyzers.labels.explicit_picture import Mark, Reading
from forensics.analyzers.labels.explicit_stream import Facts
from forensics.errors import ForensicsError, ToolMissingError
from forensics.media.ocr import Engine
from forensics.plugins import Evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DURATION_S_REQUIRED = 2.0
"""Seconds that a label is there at normal speed. *Source:* GB 45438-2025, 5.5, as reported by those who read it."""

SIDE_PX = 544
"""Shorter side to which frames are scaled: 5 % of it are 27 pixels. 1080p is then read in about 0.13 s a frame."""

RATE_HZ = 10.0
"""Frames per second of the opening that are decoded: times are known to a tenth of a second."""

_EVERY = 5
"""Every which of them is searched as a whole: one in half a second; a label shorter than that can be missed."""

_MOST_FRAMES = 100
"""Frames that are decoded at most: 10 seconds of opening."""

_CHANGED = 6.0
"""Mean difference of grey, of 255, in any of 16 by 16 fields from which a frame is searched anew. Text of 5 % that
appears changes its fields by 20 and more; noise of a still scene stays below 3."""

_FIELDS = 16


@dataclass(frozen=True, slots=True)
class Seen:
    """A label in the opening.

    Attributes:
        mark: As read first.
        times_s: Times of the frames in which it was read.
        sampled_s: Times of all frames that were decoded, the first and the last.
    """

    mark: Mark
    times_s: tuple[float, ...]
    sampled_s: tuple[float, float]

    @property
    def row(self) -> dict[str, Any]:
        """The text and what was measured, as JSON values."""
        step = 1 / RATE_HZ
        first, last = self.times_s[0], self.times_s[-1]
        is_open = last >= self.sampled_s[1] - 1e-6
        return {
            **self.mark.row,
            "place": "opening",
            "first_s": round(first, 2),
            "last_s": round(last, 2),
            "duration_at_least_s": round(last - first, 2),
            "duration_at_most_s": None if is_open else round(last - first + (1 if first <= 0 else 2) * step, 2),
            "frames_read_in": len(self.times_s),
        }


@dataclass(frozen=True, slots=True)
class Opening:
    """What was read in a clip.

    Attributes:
        seen: Labels in the opening.
        elsewhere: Labels and what resembles them in single frames: place and mark.
        weak: What resembles a label in the opening.
        searched_s: Seconds of the opening that were decoded.
        other_lines: Lines of other text, in the frame with most of them.
        unread_lines: Lines that were not read.
        not_searched: Places whose frame could not be decoded: `middle`, `end`.
    """

    seen: tuple[Seen, ...]
    elsewhere: tuple[tuple[str, Mark], ...]
    weak: tuple[Mark, ...]
    searched_s: float
    other_lines: int
    unread_lines: int
    not_searched: tuple[str, ...]


def read(engine: Engine, evidence: Evidence, facts: Facts, *, opening_s: float) -> Opening | None:
    """Reads the labels in the first seconds of a clip, and in one frame of its middle and one near its end.

    Args:
        engine: Finder and recogniser.
        evidence: The clip.
        facts: What its headers say.
        opening_s: Seconds of the opening.

    Returns:
        None where no frame could be decoded.

    Raises:
        ToolError: FFmpeg is missing, or it or the recognition failed.
        MediaError: The clip has no picture, or too large a one.
    """
    count = max(1, min(_MOST_FRAMES, math.floor(opening_s * RATE_HZ) + 1))
    taken = explicit_stream.frames(evidence, facts, side_px=SIDE_PX, start_s=None, rate_hz=RATE_HZ, count=count)
    if not len(taken) or facts.size_px is None:
        return None
    readings = [_read(engine, taken[index], facts.size_px) for index in _searched(taken)]
    marks = _distinct([mark for reading in readings for mark in reading.marks])
    seen = tuple(_seen(engine, taken, mark) for mark in marks if mark.match.is_label)
    elsewhere, failed = _elsewhere(engine, evidence, facts)
    return Opening(
        seen=seen,
        elsewhere=elsewhere,
        weak=tuple(mark for mark in marks if not mark.match.is_label),
        searched_s=len(taken) / RATE_HZ,
        other_lines=max(reading.other_lines for reading in readings),
        unread_lines=max(reading.unread_lines for reading in readings),
        not_searched=failed,
    )


def _read(engine: Engine, frame: NDArray[np.uint8], size_px: tuple[int, int]) -> Reading:
    return explicit_picture.read(engine, frame, size_px=size_px, side_px=SIDE_PX)


def _searched(taken: NDArray[np.uint8]) -> list[int]:
    """Gives the frames that are searched as a whole: of those in half a second each that differ from the last such."""
    chosen = [0]
    fields = _grid(taken[0])
    for index in range(_EVERY, len(taken), _EVERY):
        other = _grid(taken[index])
        if float(abs(other - fields).max()) >= _CHANGED:
            chosen.append(index)
            fields = other
    return chosen


def _grid(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    import cv2
    import numpy as np

    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(cv2.resize(grey, (_FIELDS, _FIELDS), interpolation=cv2.INTER_AREA), np.float32)


def _distinct(marks: Sequence[Mark]) -> list[Mark]:
    """Leaves out what was read before at the same place."""
    kept: list[Mark] = []
    for mark in marks:
        if not any(_same(mark, other) for other in kept):
            kept.append(mark)
    return kept


def _same(one: Mark, other: Mark) -> bool:
    a, b = one.line.box, other.line.box
    across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return across > 0 and down > 0 and 2 * across * down >= min(a.width * a.height, b.width * b.height)


def _seen(engine: Engine, taken: NDArray[np.uint8], mark: Mark) -> Seen:
    """Reads the place of a label in every frame."""
    scale = taken.shape[2] / mark.size_px[0]
    box = mark.line.box.scaled(scale)
    indexes = [index for index, frame in enumerate(taken) if explicit_picture.read_again(engine, frame, box)]
    times = tuple(index / RATE_HZ for index in indexes) or (0.0,)
    return Seen(mark, times, (0.0, (len(taken) - 1) / RATE_HZ))


def _elsewhere(
    engine: Engine, evidence: Evidence, facts: Facts
) -> tuple[tuple[tuple[str, Mark], ...], tuple[str, ...]]:
    """Reads one frame of the middle and one near the end; gives the marks and the places that failed."""
    if facts.duration_s is None or facts.size_px is None or facts.duration_s <= _MOST_FRAMES / RATE_HZ / 2:
        return (), ()
    found: list[tuple[str, Mark]] = []
    failed = []
    for place, start_s in (("middle", facts.duration_s / 2), ("end", facts.duration_s - 0.5)):
        try:
            taken = explicit_stream.frames(evidence, facts, side_px=SIDE_PX, start_s=start_s, rate_hz=1, count=1)
        except ToolMissingError:
            raise
        except ForensicsError:
            taken = None
        if taken is None or not len(taken):
            failed.append(place)
        else:
            found += [(place, mark) for mark in _read(engine, taken[0], facts.size_px).marks]
    return tuple(found), tuple(failed)
