"""Measures how often copied areas of pictures are found: `python -m benchmarks.accuracy_copy_move FOLDER`.

FOLDER holds pictures that nobody has copied areas in. Each is searched as it is; then, made smaller to 1,500 pixels at
most, with a square of a fifth of its shorter side copied to another place, shifted, turned by 10 degrees, or scaled
to 120 %, and saved as PNG and JPEG. Rates come with exact 95 % intervals (Clopper & Pearson 1934) over pictures, of
which each counts once: copied ones as found where any of its two copies is.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy_jpeg import ENDINGS, interval
from forensics.analyzers.tamper.block import find_blocks
from forensics.analyzers.tamper.keypoint import find_keypoints
from forensics.analyzers.tamper.repeat import Repeat, pasted, why_not_applicable

LONGEST_PX = 1500
SAVES = {"PNG": None, "JPEG 95": 95, "JPEG 90": 90, "JPEG 75": 75}
LEAST_CONTRAST = 8.0
_TRIES = 30

Picture = NDArray[np.uint8]


def main(folder: Path) -> None:
    """Prints a table of conditions."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for path in sorted(one for one in folder.rglob("*") if one.suffix.lower() in ENDINGS):
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if picture is None:
            print(f"not read: {path}", file=sys.stderr)
            continue
        for condition, changed in _variants(np.asarray(picture, np.uint8), seed=path.name):
            places = counts.setdefault(condition, {}).setdefault(str(path), {})
            answer = _answer(changed)
            places[answer] = places.get(answer, 0) + 1
    for condition, pictures in counts.items():
        _print(condition, list(pictures.values()))


def _print(condition: str, pictures: list[dict[str, int]]) -> None:
    searched = [one for one in pictures if set(one) != {"not applicable"}]
    same = sum("same" in one for one in searched)
    alike = sum("alike" in one and "same" not in one for one in searched)
    low, high = interval(same, len(searched))
    print(
        f"{condition:28} searched {len(searched):4} of {len(pictures):4}  found {same:4} ({low:.3f} to {high:.3f})  "
        f"consistent with {alike:4}"
    )


def _answer(picture: Picture) -> str:
    if why_not_applicable(picture) is not None:
        return "not applicable"
    found: list[Repeat] = find_blocks(picture) or find_keypoints(picture)
    return ("same" if pasted(found) else "alike") if found else "none"


def _variants(picture: Picture, *, seed: str) -> Iterator[tuple[str, Picture]]:
    yield "as it is", picture
    factor = min(1.0, LONGEST_PX / max(picture.shape[:2]))
    small = np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
    for name, quality in SAVES.items():
        yield f"nothing copied, {name}", _saved(small, quality)
    chance = random.Random(seed)
    places = _places(small, chance)
    if places is None:
        return
    for kind, angle, scale in (("shifted", 0.0, 1.0), ("turned", 10.0, 1.0), ("scaled", 0.0, 1.2)):
        copied = _copied(small, *places, angle=angle, scale=scale)
        for name, quality in SAVES.items():
            yield f"{kind}, {name}", _saved(copied, quality)


def _places(picture: Picture, chance: random.Random) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Chooses a square with contrast and another place for it; None where the picture has none."""
    height, width = picture.shape[:2]
    side = min(height, width) // 5
    for _ in range(_TRIES):
        spots = [(chance.randrange(width - side), chance.randrange(height - side)) for _ in range(2)]
        (x, y), (other_x, other_y) = spots
        is_apart = max(abs(x - other_x), abs(y - other_y)) > 1.3 * side
        if is_apart and picture[y : y + side, x : x + side].std() > LEAST_CONTRAST:
            return spots[0], spots[1]
    return None


def _copied(
    picture: Picture, first: tuple[int, int], second: tuple[int, int], *, angle: float, scale: float
) -> Picture:
    side = min(picture.shape[:2]) // 5
    (x, y), (other_x, other_y) = first, second
    result = picture.copy()
    if (angle, scale) == (0.0, 1.0):
        result[other_y : other_y + side, other_x : other_x + side] = picture[y : y + side, x : x + side]
        return result
    motion = cv2.getRotationMatrix2D((x + side / 2, y + side / 2), angle, scale)
    motion[:, 2] += (other_x - x, other_y - y)
    size = (picture.shape[1], picture.shape[0])
    square = np.zeros(picture.shape[:2], np.uint8)
    square[y : y + side, x : x + side] = 1
    moved = cv2.warpAffine(picture, motion, size, flags=cv2.INTER_CUBIC)
    mask = np.asarray(cv2.warpAffine(square, motion, size, flags=cv2.INTER_NEAREST)) > 0
    result[mask] = np.asarray(moved)[mask]
    return result


def _saved(picture: Picture, quality: int | None) -> Picture:
    if quality is None:
        return picture
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main(Path(sys.argv[1]))
