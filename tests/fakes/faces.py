"""Pictures of invented persons as files, for tests that need a face but nobody's."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.fakes.invented import person
from tests.fakes.invented_scene import Scene, Seat, frame


@cache
def faces(*seeds: int) -> NDArray[np.uint8]:
    """Draws invented persons side by side, each in the middle of 300 pixels of width."""
    seats = tuple(Seat(person(seed), x=(place + 0.5) / len(seeds)) for place, seed in enumerate(seeds))
    return np.asarray(frame(Scene(seats, size=(300 * len(seeds), 360)), 0), np.uint8)


def drawn_face(path: Path, *seeds: int) -> Path:
    """Writes a picture of invented persons, one where none is named; the ending says in which format."""
    assert cv2.imwrite(str(path), faces(*(seeds or (7,))))
    return path
