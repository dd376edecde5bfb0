from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from forensics.errors import CodecError
from forensics.faces import table
from forensics.faces.quality import Quality, Reason
from forensics.faces.table import Best, SightingRow, Table, TrackRow, read_table, write_table

EYES = ((30.5, 40.0), (50.0, 40.0), (40.0, 50.0), (33.0, 60.0), (47.0, 60.0))


def quality(**changes) -> Quality:
    whole = Quality(48.5, 20.0, 0.93, 0.31, 0.0, 0.02, -0.01, 120.0, 40.0, 0.0, 0.0, 1.0, None)
    return dataclasses.replace(whole, **changes)


def row(name: str = "F1", *, reasons: tuple[Reason, ...] = ()) -> TrackRow:
    box = (20.0, 20.5, 48.5, 60.0)
    sightings = tuple(SightingRow(time_s, box, EYES, 0.93, reasons, quality()) for time_s in (0.0, 0.2))
    best = Best(0.2, "a" * 64, box, EYES, EYES, 1.0)
    return TrackRow(name, 0.0, 0.2, ((0.0, 0.2),), 2, not reasons, reasons, sightings, (best,))


CLIP = Table(5.0, 4.8, 1280, 720, (row("F1"), row("F2", reasons=(Reason.SMALL, Reason.BLURRED))))
STILL = Table(None, None, 640, 480, ())


@pytest.mark.parametrize("whole", [CLIP, STILL], ids=["clip", "still"])
def test_a_table_is_read_as_it_was_written(whole):
    assert read_table(write_table(whole)) == whole
    assert write_table(read_table(write_table(whole))) == write_table(whole)


def test_the_written_table_has_the_members_that_readers_are_promised():
    value = json.loads(write_table(CLIP))
    assert value.keys() == {"version", "sampling_hz", "duration_s", "width_px", "height_px", "tracks"}
    track = value["tracks"][1]
    assert {"id", "start_s", "end_s", "ranges_s", "is_suitable", "reasons", "sightings", "best"} <= track.keys()
    assert track["reasons"] == ["small", "blurred"]
    assert {"time_s", "box_px", "landmarks_px", "score", "reasons", "quality"} == track["sightings"][0].keys()
    best = {"time_s", "crop_sha256", "box_px", "landmarks_px", "crop_landmarks_px", "scale"}
    assert track["best"][0].keys() == best


def test_a_table_holds_no_measure_of_a_face():
    assert not {"embedding", "measure", "vector"} & {field.name for field in dataclasses.fields(SightingRow)}
    assert max(len(one) for one in json.loads(write_table(CLIP))["tracks"][0]["sightings"]) < 128


def test_a_track_is_found_by_its_id():
    assert CLIP.track("F2") == CLIP.tracks[1]
    assert CLIP.track("F3") is None
    assert (CLIP.is_still, STILL.is_still) == (False, True)


def test_members_of_later_programs_are_ignored():
    value = json.loads(write_table(CLIP)) | {"later": [1]}
    value["tracks"][0]["later"] = {}
    assert read_table(json.dumps(value).encode()) == CLIP


def damaged(**changes) -> bytes:
    return json.dumps(json.loads(write_table(CLIP)) | changes).encode()


DAMAGED = {
    "empty": b"",
    "no object": b"[1]",
    "cut": write_table(CLIP)[:-40],
    "another version": damaged(version=2),
    "no version": damaged(version=None),
    "no width": damaged(width_px=0),
    "a width in words": damaged(width_px="wide"),
    "tracks that are none": damaged(tracks=[{}]),
    "two tracks of one name": damaged(tracks=json.loads(write_table(CLIP))["tracks"][:1] * 2),
    "an endless time": write_table(CLIP).replace(b'"duration_s":4.8', b'"duration_s":1e999'),
    "a time that is no number": write_table(CLIP).replace(b'"duration_s":4.8', b'"duration_s":NaN'),
    "four landmarks": write_table(CLIP).replace(b"[30.5,40],", b""),
    "an unknown reason": write_table(CLIP).replace(b'"small"', b'"ugly"'),
    "deeply nested": b"[" * 100_000,
    "bytes": bytes(range(256)),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_what_is_no_table_is_refused(content):
    with pytest.raises(CodecError):
        read_table(content)


def test_a_huge_table_is_refused_before_it_is_parsed(monkeypatch):
    monkeypatch.setattr(table, "MOST_BYTES", 100)
    with pytest.raises(CodecError, match="not read"):
        read_table(write_table(CLIP))


def test_landmarks_are_rounded_and_must_be_five():
    assert table.points(np.full((5, 2), 1.26)) == ((1.3, 1.3),) * 5
    for shape in ((4, 2), (5, 3), (0, 2)):
        with pytest.raises(CodecError):
            table.points(np.zeros(shape))
