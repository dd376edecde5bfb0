"""Measures of faces made again from what a case keeps: as good as those of the picture, and bounded."""

from __future__ import annotations

import json

import pytest

from forensics.faces.face import embedding, find
from forensics.faces.kept import NO_PICTURE, read_kept
from forensics.faces.similarity import cosine
from tests.fakes.kept_faces import MadeEvidence, content, drawn, with_made


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    return content(tmp_path_factory.mktemp("faces"), drawn((0,)))


def test_the_measure_is_that_of_the_picture(shown):
    (track,) = read_kept(shown).tracks
    picture = drawn((0,))
    (face,) = find(picture)
    assert cosine(track.measure(), embedding(picture, face)) > 0.95
    assert track.width_px == pytest.approx(face.width_px, abs=2)


def test_a_content_without_a_table_has_no_number_of_faces(shown):
    kept = read_kept(MadeEvidence(shown.content, shown.folder))
    assert kept.track_count is None
    assert kept.damage


def test_a_frame_in_which_the_face_is_not_suitable_is_not_measured(shown):
    table = json.loads(shown.made["face-tracks"][0].content)
    table["tracks"][0]["sightings"][0]["reasons"] = ["blurred"]
    changed = with_made(shown, "face-tracks", [json.dumps(table, separators=(",", ":"), sort_keys=True).encode()])
    kept = read_kept(changed)
    assert kept.tracks == ()
    assert kept.left_out == (("F1", (NO_PICTURE,)),)


def test_a_track_that_is_not_suitable_is_left_out_with_its_reasons(shown):
    table = json.loads(shown.made["face-tracks"][0].content)
    table["tracks"][0] |= {"is_suitable": False, "reasons": ["small", "turned"]}
    changed = with_made(shown, "face-tracks", [json.dumps(table, separators=(",", ":"), sort_keys=True).encode()])
    assert read_kept(changed).left_out == (("F1", ("small", "turned")),)
    assert read_kept(changed).reasons() == ("small", "turned")


def test_a_picture_that_is_not_there_leaves_the_track_out(shown):
    kept = read_kept(with_made(shown, "face", []))
    assert kept.tracks == ()
    assert kept.left_out == (("F1", (NO_PICTURE,)),)
