"""Labels in the opening of a clip: what is read, from when to when, and what is said of the rest."""

from __future__ import annotations

import random

import pytest

from forensics.model import GapReason, Result
from tests.unit.analyzers.labels.explicit_files import film, label, one, scene

SMALL = (640, 360)


def shots(*lengths: tuple[bool, float], ratio: float = 0.08):
    """Makes still pictures of one scene, with or without a label, each for some seconds."""
    made = []
    for has_label, seconds in lengths:
        image = scene(2, size=SMALL)
        if has_label:
            label(image, "内容由AI生成", ratio=ratio)
        made.append((image, seconds))
    return made


def test_a_label_of_one_second_is_measured(tmp_path):
    found = one(film(tmp_path, shots((True, 1.0), (False, 2.0))))
    assert found.result is Result.FOUND
    (row,) = found.values["texts"]
    assert (row["place"], row["text"], row["first_s"]) == ("opening", "内容由AI生成", 0.0)
    assert row["duration_at_least_s"] <= 1.0 <= row["duration_at_most_s"]
    assert row["duration_at_most_s"] - row["duration_at_least_s"] <= 0.25
    assert row["height_ratio"] == pytest.approx(0.08, rel=0.15)
    assert found.values["duration_s_required"] == 2.0
    assert any("Nothing is said about the rest" in limit.text for limit in found.limits)


def test_a_label_that_lasts_as_long_as_was_searched_has_no_upper_bound(tmp_path):
    (row,) = one(film(tmp_path, shots((True, 3.0)))).values["texts"]
    assert row["duration_at_least_s"] == pytest.approx(2.5, abs=0.11)
    assert row["duration_at_most_s"] is None


def test_a_label_that_begins_later_is_measured(tmp_path):
    (row,) = one(film(tmp_path, shots((False, 0.4), (True, 1.2), (False, 1.0)))).values["texts"]
    assert row["first_s"] == pytest.approx(0.4, abs=0.11)
    assert row["last_s"] == pytest.approx(1.6, abs=0.15)
    assert row["duration_at_least_s"] <= 1.2 <= row["duration_at_most_s"]


def test_a_label_near_the_end_of_a_longer_clip_is_read(tmp_path):
    found = one(film(tmp_path, shots((False, 5.0), (True, 2.0)), rate_hz=10))
    assert found.result is Result.FOUND
    assert [row["place"] for row in found.values["texts"]] == ["end"]
    assert "near the end" in found.statement.text


def test_a_clip_without_a_label_has_none(tmp_path):
    found = one(film(tmp_path, shots((False, 3.0))))
    assert (found.result, found.values["texts"]) == (Result.NOT_FOUND, [])
    assert [gap.why for gap in found.gaps] == [GapReason.NOT_APPLICABLE]
    assert {tool.name for tool in found.tools} == {"rapidocr", "onnxruntime", "ffmpeg"}


def test_a_longer_opening_is_searched_where_it_is_asked_for(tmp_path):
    path = film(tmp_path, shots((False, 3.2), (True, 1.4)), rate_hz=10)
    assert one(path).result is Result.NOT_FOUND
    assert one(path, opening_s=4.5).result is Result.FOUND


def test_damaged_clips_are_left_open(tmp_path):
    whole = film(tmp_path, shots((True, 1.0))).read_bytes()
    for number, content in enumerate((whole[:200], whole[:40] + random.Random(1).randbytes(4000))):
        path = tmp_path / f"b{number}.mp4"
        path.write_bytes(content)
        found = one(path)
        assert found.result is Result.INDETERMINATE
        assert found.gaps
