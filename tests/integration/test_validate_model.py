"""An examiner's own model, validated by the command that its method card names."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from forensics.cli import forensics
from tests.fakes.faces import faces
from tests.fakes.onnx import mean_model

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

CARD = """
[model]
name = "Mean"
version = "1"
licence = "CC0-1.0"
source = "made by hand"
high_means = "the picture is bright"

[input]
width_px = 32
height_px = 32

[output]
index = 0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two bright and two dark pictures of invented persons, and a model that gives the mean of a picture."""
    (tmp_path / "mean.onnx").write_bytes(mean_model())
    (tmp_path / "mean.toml").write_text(CARD)
    media = tmp_path / "media"
    media.mkdir()
    rows = [("path", "truth", "unit")]
    for number, factor in enumerate((1.0, 1.0, 0.6, 0.6)):
        picture = np.asarray(faces(number + 3) * factor, np.uint8)
        assert cv2.imwrite(str(media / f"{number}.png"), picture)
        rows.append((f"{number}.png", "h1" if factor == 1.0 else "h2", f"u{number}"))
    with (media / "labels.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return tmp_path


def test_the_scores_of_a_model_on_faces_are_ranked_by_the_command_of_its_card(folder, monkeypatch):
    monkeypatch.setenv("FORENSICS_HOME", str(folder / "home"))
    arguments = ["validate", str(folder / "media"), "--labels", str(folder / "media" / "labels.csv")]
    arguments += ["--analyzer", "detector", "--set", f"detector.model={folder / 'mean.onnx'}", "--jobs", "1", "--json"]
    result = CliRunner().invoke(forensics, arguments)
    told = json.loads(result.output)
    assert (told["kind"], told["counts"]["rows"], told["counts"]["unscored"]) == ("detector.score", 4, 0)
    assert told["pooled"]["area"]["value"] == 1.0, "the model's mean tells bright pictures from dark ones"
