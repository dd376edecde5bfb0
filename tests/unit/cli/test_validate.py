"""The verb validate, as a laboratory calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.program import forensics
from tests.unit.analyzers.compression.material import saved, scene


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures and their table."""
    for number in range(2):
        (tmp_path / f"{number}.jpg").write_bytes(saved(scene(number, (160, 120)), 90))
    (tmp_path / "labels.csv").write_text("path;truth;unit\n0.jpg;once;A\n1.jpg;once;B\n", "utf-8-sig")
    return tmp_path


def validate(folder: Path, *arguments: object):
    labels = ("--labels", folder / "labels.csv")
    return forensics("validate", folder, *labels, *map(str, arguments), home=folder / "home")


def test_the_result_is_printed_and_written(folder):
    (folder / "corpus.toml").write_text('name = "Two drawn scenes"\n')
    ended = validate(folder, "--kind", "compression.jpeg", "--out", folder / "out", "--date", "2026-11-22", "--json")
    assert (ended.code, ended.told["counts"]["h2_units"]) == (0, 2)
    assert ended.told["corpus"]["name"] == "Two drawn scenes"
    assert all(Path(path).is_file() for path in ended.told["files"])
    assert {Path(path).name for path in ended.told["files"]} >= {
        "trials.csv",
        "table.txt",
        "card.md",
        "validation.json",
    }


def test_people_read_a_table(folder):
    ended = validate(folder, "--analyzer", "compression", "--kind", "compression.jpeg", "--jobs", "1")
    assert ended.code == 0
    assert "0/2 = 0.000" in ended.output
    assert "No calibration: " in ended.output


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--kind", "compression.jpeg", "--date", "yesterday"),
        ("--kind", "compression.jpeg", "--set", "compression.colour=1"),
        ("--kind", "compression.jpeg", "--corpus", "none.toml"),
        ("--kind", "compression.jpeg", "--encoding", "klingon"),
        ("--kind", "compression.jpeg", "--h1", "once"),
        ("--compare",),
        ("--analyzer", "nobody"),
    ],
)
def test_what_makes_no_sense_ends_with_2_and_a_hint(folder, arguments):
    ended = validate(folder, *arguments, "--json")
    assert ended.code == 2
    assert ended.told["message"]
