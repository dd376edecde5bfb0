"""The validation set that anyone can rebuild has the labels that `forensics validate` reads."""

from __future__ import annotations

import csv
import subprocess

import pytest

from benchmarks import validation_set
from benchmarks.validation_set import FEW, Plan
from forensics.engine.validate_labels import check_independence, digests_of, read_labels
from forensics.engine.validate_measure import measure_of

TINY = Plan(scenes=1, seconds=0.5, rate_hz=8, conditions=FEW, persons=2, pictures=1)
KINDS = ("source.comparison", "face.identity", "source.match", "tamper.double_jpeg", "tamper.copy_move")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("set")
    validation_set.main(made, TINY, jobs=1)
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_read_their_files_are_there_and_their_units_fit(folder, kind):
    measure = measure_of(kind, "")
    labels = read_labels(folder / "labels.csv", kind=kind, columns=measure.columns, words=measure.words)
    assert {row.is_h1 for row in labels.rows} == {True, False}
    check_independence(labels.rows, digests_of(folder, labels.rows, progress=lambda *_: None))


def test_every_file_is_used_or_made_of_one_that_is(folder):
    with (folder / "labels.csv").open(newline="") as stream:
        cells = {cell for row in csv.DictReader(stream) for value in row.values() for cell in value.split("|")}
    media = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*") if path.parent != folder}
    assert media <= cells


def test_the_sums_are_those_that_sha256sum_checks(folder):
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=True)


def test_it_is_made_the_same_again(folder, tmp_path):
    again = Plan(scenes=0, seconds=0.5, rate_hz=8, conditions=FEW, persons=1, pictures=1)
    validation_set.main(tmp_path, again, jobs=1)
    for path in (*tmp_path.glob("photos/*"), *tmp_path.glob("pictures/*")):
        assert path.read_bytes() == (folder / path.relative_to(tmp_path)).read_bytes()
