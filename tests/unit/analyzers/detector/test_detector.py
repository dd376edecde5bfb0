"""A model of the examiner: what it answers is reported apart; what is wrong with it is said."""

from __future__ import annotations

import io
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest

from forensics.analyzers.detector import DetectorAnalyzer
from forensics.analyzers.detector.model import read, values_of
from forensics.errors import MediaError, ToolError, UsageError
from forensics.faces.quality import Reason
from forensics.faces.table import CROP_ROLE, ROLE, Best, Table, TrackRow, write_table
from forensics.model import Finding, GapReason, Result
from tests.fakes.evidence import FileEvidence, KeepingSink
from tests.fakes.onnx import mean_model

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

CARD = """
[model]
name = "Mean"
version = "1"
licence = "CC0-1.0"
source = "made by hand"
high_means = "the face is red"

[input]
width_px = 32
height_px = 32
scale = 1.0

[output]
index = 0
"""
LANDMARKS = ((60.0, 70.0), (100.0, 70.0), (80.0, 90.0), (65.0, 110.0), (95.0, 110.0))


@dataclass(frozen=True)
class WithTracks(FileEvidence):
    """A file with what was made of it."""

    made: dict[str, tuple[FileEvidence, ...]] = field(default_factory=dict)

    def related(self, role: str) -> tuple[FileEvidence, ...]:
        return self.made.get(role, ())


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "mean.onnx"
    path.write_bytes(mean_model())
    path.with_suffix(".toml").write_text(CARD)
    return path


def evidence(
    folder: Path, *, bgr: tuple[int, int, int] = (10, 20, 200), is_suitable: bool = True, width_px: float = 80.0
) -> WithTracks:
    """Gives a picture with one face, whose kept picture has one colour."""
    picture, crop = folder / "picture.png", folder / "crop.png"
    cv2.imwrite(str(picture), np.zeros((300, 300, 3), np.uint8))
    cv2.imwrite(str(crop), np.full((160, 160, 3), bgr, np.uint8))
    sha256 = FileEvidence(crop).artifact.content_sha256
    best = Best(0.0, sha256, (40.0, 40.0, width_px, 80.0), LANDMARKS, LANDMARKS, 1.0)
    reasons = () if is_suitable else (next(iter(Reason)),)
    track = TrackRow("F1", 0.0, 0.0, ((0.0, 0.0),), 1, is_suitable, reasons, (), (best,))
    table = folder / "faces.json"
    table.write_bytes(write_table(Table(None, None, 300, 300, (track,))))
    return WithTracks(picture, made={ROLE: (FileEvidence(table),), CROP_ROLE: (FileEvidence(crop),)})


def finding(model: Path | str, given: FileEvidence) -> Finding:
    (one,) = DetectorAnalyzer(model=str(model)).examine(given, KeepingSink())
    return one


def test_the_value_is_that_of_the_model_and_no_finding_rests_on_it(model, tmp_path):
    found = finding(model, evidence(tmp_path))
    assert found.result is Result.INDETERMINATE
    assert found.values["tracks"] == [
        {"track": "F1", "values": [{"time_s": 0.0, "value": 200.0}], "median": 200.0, "range": [200.0, 200.0]}
    ]
    assert found.values["model"]["sha256"] == read(str(model)).sha256
    assert [one.role for one in found.attachments] == ["model-card"]


def test_settings_name_the_digest_and_no_path(model, tmp_path):
    settings = finding(model, evidence(tmp_path)).analyzer.settings
    assert str(tmp_path) not in str(settings)
    assert read(str(model)).sha256 in settings["model"]


def test_the_card_decides_colour_order_and_scale(model):
    card = CARD.replace("scale = 1.0", 'scale = 0.5\ncolour = "bgr"\nmean = [1, 0, 0]\ndeviation = [2, 1, 1]')
    model.with_suffix(".toml").write_text(card)
    face = np.full((40, 40, 3), (100, 20, 30), np.uint8)
    assert values_of(read(str(model)), face) == pytest.approx((100 * 0.5 - 1) / 2)


def test_an_activation_is_computed(model):
    card = CARD.replace("index = 0", 'index = 0\nactivation = "sigmoid"').replace("scale = 1.0", "scale = 0.01")
    model.with_suffix(".toml").write_text(card)
    face = np.full((40, 40, 3), (0, 0, 100), np.uint8)
    assert values_of(read(str(model)), face) == pytest.approx(1 / (1 + np.exp(-1)), abs=1e-6)


def test_a_face_that_is_not_seen_well_enough_is_left_out(model, tmp_path):
    found = finding(model, evidence(tmp_path, is_suitable=False))
    assert (found.values["tracks"], found.values["left_out"]) == ([], ["F1"])


@pytest.mark.parametrize("width_px", [1e9, 1e300, -1e9])
def test_a_table_that_gives_a_face_an_impossible_size_costs_no_memory(width_px, model, tmp_path):
    given = evidence(tmp_path, width_px=width_px)
    with pytest.raises(MediaError) if width_px > 0 else nullcontext():
        finding(model, given)


def test_without_tracks_the_model_is_not_run(model, tmp_path):
    found = finding(model, FileEvidence(evidence(tmp_path).file))
    assert (found.result, found.gaps[0].why) == (Result.INDETERMINATE, GapReason.MISSING)


def test_without_a_model_nothing_is_run(tmp_path):
    assert finding("", evidence(tmp_path)).gaps[0].why is GapReason.NOT_CONFIGURED


def test_a_model_without_published_rates_is_called_not_validated(model, tmp_path):
    def limits():
        return {one.id for one in finding(model, evidence(tmp_path)).limits}

    assert "detector.limit.unvalidated" in limits()
    model.with_suffix(".toml").write_text(CARD + "\n[published]\nauc = 0.9\n")
    assert "detector.limit.published" in limits()


def test_a_model_without_a_card_is_refused(model):
    model.with_suffix(".toml").unlink()
    with pytest.raises(UsageError, match="its card cannot be read"):
        DetectorAnalyzer(model=str(model))


@pytest.mark.parametrize(
    "change",
    [("width_px = 32", "width_px = 0"), ("[output]", "[out]"), ('name = "Mean"', ""), ("index = 0", "index = -1")],
)
def test_a_card_that_says_nothing_possible_is_refused(model, change):
    model.with_suffix(".toml").write_text(CARD.replace(*change))
    with pytest.raises(UsageError, match="the card"):
        DetectorAnalyzer(model=str(model))


@pytest.mark.parametrize("content", [b"", b"no model", bytes(range(256)) * 40, mean_model()[:60]])
def test_what_is_no_model_is_said_so(model, content):
    model.write_bytes(content)
    with pytest.raises(ToolError, match="cannot be loaded"):
        values_of(read(str(model)), np.zeros((40, 40, 3), np.uint8))


def test_a_model_that_wants_another_size_is_said_so(model):
    model.write_bytes(mean_model(64))
    with pytest.raises(ToolError, match="could not be run"):
        values_of(read(str(model)), np.zeros((40, 40, 3), np.uint8))


def test_a_model_that_is_changed_while_it_is_used_is_refused(model):
    own = read(str(model))
    model.write_bytes(mean_model() + b"\0")
    with pytest.raises(ToolError, match="was changed"):
        values_of(own, np.zeros((40, 40, 3), np.uint8))
    assert io.BytesIO(own.card_content).read().decode() == CARD
