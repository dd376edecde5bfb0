from __future__ import annotations

import io

import numpy as np
from PIL import Image

from forensics.analyzers.faces.timeline import MOST_ROWS, timeline
from forensics.faces.quality import Reason
from forensics.faces.table import Table, TrackRow
from tests.unit.faces.test_table import row

BLUE, GREY = (0, 114, 178), (150, 150, 150)


def track(name: str, *ranges_s: tuple[float, float], is_suitable: bool = True) -> TrackRow:
    reasons = () if is_suitable else (Reason.SMALL,)
    return TrackRow(name, ranges_s[0][0], ranges_s[-1][1], ranges_s, 9, is_suitable, reasons, row().sightings, ())


def drawn(*tracks: TrackRow, duration_s: float = 10.0) -> np.ndarray:
    with Image.open(io.BytesIO(timeline(Table(5.0, duration_s, 640, 480, tracks)))) as image:
        assert image.info == {}
        return np.asarray(image.convert("RGB"))


def spans(pixels: np.ndarray, colour: tuple[int, int, int], *, top: int = 34) -> list[tuple[int, int]]:
    """Gives the stretches of a colour along the middle of a row, from the left edge of the axis."""
    line = (pixels[top + 9] == colour).all(axis=1).astype(int)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], line, [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def test_a_bar_stands_where_the_face_is_seen():
    (first, second) = spans(drawn(track("F1", (0.0, 5.0), (7.5, 10.0))), BLUE)
    left, right = 60, 960 - 24
    middle, later = (left + right) / 2, left + 0.75 * (right - left)
    assert abs(first[0] - left) <= 1
    assert abs(first[1] - middle) <= 2
    assert abs(second[0] - later) <= 2
    assert abs(second[1] - right) <= 2


def test_a_track_that_is_not_suitable_is_grey():
    assert spans(drawn(track("F1", (0.0, 5.0), is_suitable=False)), GREY)
    assert not spans(drawn(track("F1", (0.0, 5.0), is_suitable=False)), BLUE)


def test_a_single_frame_can_be_seen():
    ((start, end),) = spans(drawn(track("F1", (5.0, 5.0))), BLUE)
    assert end - start >= 2


def test_many_tracks_and_odd_times_keep_the_picture_small():
    many = [track(f"F{number}", (number * 1.0, number + 1.0)) for number in range(5000)]
    assert drawn(*many, duration_s=5000.0).shape[0] < 20 * MOST_ROWS + 100
    assert drawn(track("F1", (0.0, 0.0)), duration_s=0.0).shape[1] == 960
