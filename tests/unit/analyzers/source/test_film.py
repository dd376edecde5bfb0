"""Clips of several shots: the passage of a long film, a recording of a screen, uneven times, a damaged end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from forensics.analyzers.source import measure
from forensics.analyzers.source.footage import Footage, opened
from forensics.analyzers.source.locate import LONG_S, original_reel, questioned_reel
from tests.unit.analyzers.source import scene

SHOTS = 6
EACH = 50


@pytest.fixture(scope="module")
def shown() -> list[np.ndarray]:
    return [picture for seed in range(1, SHOTS + 1) for picture in scene.frames(seed, EACH)]


@pytest.fixture(scope="module")
def film(shown, tmp_path_factory) -> Path:
    return scene.clip(tmp_path_factory.mktemp("film") / "film.mp4", shown)


def footage(path: Path) -> Footage:
    return opened(path, codec="h264", time_limit_s=60)


def outcome(first: Path, second: Path, folder: Path, *, duration_s: float) -> measure.Outcome:
    return measure.compare(footage(first), footage(second), duration_s=duration_s, folder=folder)


def test_of_a_long_film_the_passage_alone_is_read_whole(shown, film, tmp_path):
    part = scene.clip(tmp_path / "part.mp4", shown[3 * EACH + 5 : 4 * EACH - 5], chain="crop=288:216,hflip", crf=28)
    reel, is_long = original_reel(footage(film), questioned_reel(footage(part)), duration_s=LONG_S)
    assert is_long
    first = (3 * EACH + 5) / scene.RATE_HZ
    assert 1.0 < reel.times_s[0] < first < first + 1.6 < reel.times_s[-1] < SHOTS * EACH / scene.RATE_HZ - 1.0
    found = outcome(part, film, tmp_path, duration_s=LONG_S)
    assert found.verdict.value == "corresponds"
    assert found.timeline.pieces[0].offset_s == pytest.approx(first, abs=0.05)


def test_a_recorded_screen_with_borders_lies_on_all_its_shots(shown, film, tmp_path):
    chain = "scale=224:168,pad=320:320:48:60:color=gray"
    path = scene.clip(tmp_path / "screen.mp4", shown[EACH // 2 : 3 * EACH], chain=chain, crf=26)
    found = outcome(path, film, tmp_path, duration_s=12.0)
    assert found.verdict.value == "corresponds"
    assert found.timeline.aligned_share > 0.9
    assert found.alignment.scale == pytest.approx(320 / 224, rel=0.02)


def test_times_that_were_made_uneven_are_followed(shown, film, tmp_path):
    chain = "select='not(eq(mod(n,5),2)+eq(mod(n,7),3))'"
    path = scene.clip(tmp_path / "uneven.mp4", shown[EACH : 2 * EACH], chain=chain, crf=24)
    found = outcome(path, film, tmp_path, duration_s=12.0)
    assert found.verdict.value == "corresponds"
    assert found.timeline.pieces[0].offset_s == pytest.approx(EACH / scene.RATE_HZ, abs=0.05)
