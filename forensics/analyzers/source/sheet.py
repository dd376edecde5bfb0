"""The pairing sheet: a subject's photo, the questioned face and the original's face, with the numbers between them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.analyzers.source.identity import Identity, IdentityTable, Reference, shortcomings_of
from forensics.analyzers.source.measure import Outcome
from forensics.analyzers.source.plot import font
from forensics.analyzers.source.sampling import paired
from forensics.analyzers.source.statistic import FaceSample
from forensics.faces.face import Face
from forensics.faces.similarity import Spread, cosine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.ImageDraw import ImageDraw

SHEET_RULE = "the suitable instant, and the photo, whose similarity lies in the middle of all"
"""By which instant and photo are shown."""

_FACE_PX = 240
_GAP_PX = 130
_EDGE_PX = 20
_HEAD_PX = 56
_FOOT_PX = 250
_AROUND = 0.4
"""Share of the face's larger side that is shown on each side of its box."""

_INK, _PALE, _LINE = (20, 20, 20), (205, 205, 205), (90, 90, 90)
_LEAST, _MOST = -0.2, 1.0
_LANE_PX = 34


@dataclass(frozen=True, slots=True)
class SheetNames:
    """What the three are called on the sheet."""

    subject: str
    questioned: str
    original: str


def pairing_sheet(outcome: Outcome, identity: Identity, names: SheetNames) -> tuple[bytes, dict[str, object]] | None:
    """Draws the sheet of the first table as a PNG picture, and says what is on it; None where there is no table.

    Left the subject's photo, in the middle the questioned face, right the original's face at the same instant; between
    them the medians of the similarities. Below, for each pair, median and middle four fifths on a scale.
    """
    from PIL import Image, ImageDraw

    if not identity.tables or outcome.alignment is None:
        return None
    table = identity.tables[0]
    number, sample, photo = _middle(outcome, identity, table)
    times = outcome.samples[number].times_s
    pair = paired(outcome.alignment, *outcome.pictures[times], faces=[sample.face])
    if pair is None or sample.questioned is None:
        return None
    faces = (
        _cut(photo.picture, photo.seen.face),
        _cut(pair.questioned, sample.questioned.face),
        _cut(pair.original, sample.face),
    )
    picture = Image.new("RGB", _size(), (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    for place, face in enumerate(faces):
        picture.paste(Image.fromarray(face), (_left(place), _HEAD_PX))
    _labels(pen, names, times)
    _numbers(pen, table)
    _scale(pen, table, names)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    facts: dict[str, object] = {
        "face": table.number,
        "questioned_s": round(times[0], 3),
        "original_s": round(times[1], 3),
        "photo_sha256": photo.sha256,
        "rule": SHEET_RULE,
    }
    return stream.getvalue(), facts


def _middle(outcome: Outcome, identity: Identity, table: IdentityTable) -> tuple[int, FaceSample, Reference]:
    """Chooses instant and photo by `SHEET_RULE`."""
    track = outcome.faces[table.number - 1].track
    ranked = []
    for number, sample in track.samples:
        is_used = round(outcome.samples[number].times_s[0], 3) in table.instants_s
        if is_used and sample.questioned is not None and not shortcomings_of(sample):
            alike = [cosine(sample.questioned.measure, one.seen.measure) for one in identity.references]
            ranked.append((sum(alike), number, sample, alike))
    ranked.sort(key=lambda one: one[:2])
    _, number, sample, alike = ranked[(len(ranked) - 1) // 2]
    order = sorted(range(len(alike)), key=lambda one: (alike[one], one))
    return number, sample, identity.references[order[(len(order) - 1) // 2]]


def _cut(picture: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
    """Cuts a square about a face, in red green blue; what lies outside the picture is grey."""
    import cv2
    import numpy as np

    left, top, width, height = face.box_px
    side = (1 + 2 * _AROUND) * max(width, height)
    factor = _FACE_PX / side
    x, y = left + width / 2 - side / 2, top + height / 2 - side / 2
    matrix = np.array([[factor, 0, -x * factor], [0, factor, -y * factor]])
    flags = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    if factor < 1:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), max(0.1, 0.4 / factor)), np.uint8)
    border = (180, 180, 180)
    cut = cv2.warpAffine(picture, matrix, (_FACE_PX, _FACE_PX), flags=flags, borderValue=border)
    return np.ascontiguousarray(np.asarray(cut, np.uint8)[:, :, ::-1])


def _size() -> tuple[int, int]:
    return 2 * _EDGE_PX + 3 * _FACE_PX + 2 * _GAP_PX, _HEAD_PX + _FACE_PX + _FOOT_PX


def _left(place: int) -> int:
    return _EDGE_PX + place * (_FACE_PX + _GAP_PX)


def _labels(pen: ImageDraw, names: SheetNames, times_s: tuple[float, float]) -> None:
    said = (names.subject, ""), (names.questioned, f"{times_s[0]:.2f} s"), (names.original, f"{times_s[1]:.2f} s")
    for place, (name, time) in enumerate(said):
        middle = _left(place) + _FACE_PX // 2
        pen.text((middle, 8), name, fill=_INK, font=font(18), anchor="ma")
        pen.text((middle, 32), time, fill=_LINE, font=font(14), anchor="ma")


def _numbers(pen: ImageDraw, table: IdentityTable) -> None:
    """Writes the medians: between neighbours on a line, and for the outer two on a bracket below."""
    row = _HEAD_PX + _FACE_PX // 2
    for place, one in enumerate((table.face_subject, table.face_original)):
        first, last = _left(place) + _FACE_PX + 6, _left(place + 1) - 6
        pen.line((first, row, last, row), fill=_LINE, width=2)
        pen.text(((first + last) // 2, row - 6), f"{one.median:.2f}", fill=_INK, font=font(30), anchor="ms")
    bottom, first, last = _HEAD_PX + _FACE_PX, _left(0) + _FACE_PX // 2, _left(2) + _FACE_PX // 2
    pen.line(((first, bottom + 6), (first, bottom + 28), (last, bottom + 28), (last, bottom + 6)), fill=_LINE, width=2)
    middle = (first + last) // 2
    pen.text((middle, bottom + 34), f"{table.subject_original.median:.2f}", fill=_INK, font=font(30), anchor="ma")


def _scale(pen: ImageDraw, table: IdentityTable, names: SheetNames) -> None:
    """Draws the three similarities, median and middle four fifths, on a scale from -0.2 to 1."""
    top = _HEAD_PX + _FACE_PX + 86
    first, last = _left(1) - 40, _size()[0] - _EDGE_PX - 60
    rows: Sequence[tuple[str, Spread]] = (
        (f"{names.questioned} - {names.subject}", table.face_subject),
        (f"{names.questioned} - {names.original}", table.face_original),
        (f"{names.original} - {names.subject}", table.subject_original),
    )
    bottom = top + len(rows) * _LANE_PX
    for step in range(7):
        value = _LEAST + step * 0.2
        x = _across(value, first, last)
        pen.line((x, top, x, bottom), fill=_PALE)
        pen.text((x, bottom + 4), f"{value:.1f}", fill=_LINE, font=font(13), anchor="ma")
    for number, (name, one) in enumerate(rows):
        y = top + number * _LANE_PX + _LANE_PX // 2
        pen.text((first - 14, y), name, fill=_INK, font=font(14), anchor="rm")
        pen.line((_across(one.low, first, last), y, _across(one.high, first, last), y), fill=_LINE, width=6)
        x = _across(one.median, first, last)
        pen.ellipse((x - 7, y - 7, x + 7, y + 7), fill=_INK)
        pen.text((last + 12, y), f"{one.median:.2f}", fill=_INK, font=font(16), anchor="lm")


def _across(value: float, first: int, last: int) -> float:
    return first + (min(max(value, _LEAST), _MOST) - _LEAST) / (_MOST - _LEAST) * (last - first)
