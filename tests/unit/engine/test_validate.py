"""Validation over small labelled media with real analyzers: rates, calibration, cap, resumption."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest

from forensics.engine.validate import Request, validate
from forensics.engine.validate_corpus import read_stated
from forensics.engine.validate_measure import measure_of, runner_of
from forensics.engine.weigh import RULES, own_calibrations
from forensics.errors import ToolMissingError, UsageError
from forensics.model import Finding, Message, Result, Stage, Tool
from forensics.plugins import Evidence, Sink
from forensics.proof.calibration import digest_of, read_calibration
from forensics.proof.proposition import REGION_REPLACED
from forensics.proof.trial import read_trials
from forensics.proof.weighing import measurement_of, weigh
from tests.fakes.evidence import by_kind
from tests.unit.analyzers.compression.material import reopened, saved, scene
from tests.unit.analyzers.source.scene import clip, frames

UNITS = 12
ONCE, TWICE = 90, (60, 92)
SOURCE = "forensics.analyzers.source:SourceComparison"


@dataclass(frozen=True)
class Counting:
    """Scores a text by its length; a file that says so kills the process."""

    name: ClassVar[str] = "counting"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = ("text/*",)
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()
    least: int = 5

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        with evidence.open() as stream:
            content = stream.read()
        if content == b"deadly":
            os.kill(os.getpid(), signal.SIGKILL)
        values = {"size": len(content), "name": evidence.artifact.name.display, "files": [1.5]}
        result = Result.FOUND if len(content) >= self.least else Result.NOT_FOUND
        yield Finding(
            (evidence.artifact.content_sha256,),
            Stage.DETECT,
            "counting.length",
            result,
            Message("counting", "Counted."),
            Tool("counting", "1"),
            values,
        )


@dataclass(frozen=True)
class Needing(Counting):
    name: ClassVar[str] = "needing"
    needs: ClassVar[tuple[str, ...]] = ("exiftool>=9999",)


HERE = f"{__name__}:Counting"


def asked(folder: Path, kind: str, analyzer: str = "", *, value: str | None = None, **options) -> Request:
    measure = measure_of(kind, analyzer)
    if value is not None:
        measure = replace(measure, value=value)
    stated = options.pop("stated", None) or read_stated(None, name="set")
    return Request(folder, folder / "labels.csv", measure, runner_of(measure, ()), stated, "2026-11-22", **options)


def run(request: Request, out: Path | None = None, *, progress=lambda _done, _all: None, jobs: int = 1):
    return validate(request, out, jobs=jobs, progress=progress)


def table(folder: Path, columns: str, rows: Iterable[Iterable[str]]) -> None:
    with (folder / "labels.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([columns.split(), *rows])


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures saved once and twice, a damaged one and one that is no JPEG picture."""
    folder = tmp_path_factory.mktemp("pictures")
    rows = []
    for number in range(UNITS):
        drawn = scene(number, (320, 240))
        (folder / f"once-{number}.jpg").write_bytes(saved(drawn, ONCE))
        (folder / f"twice-{number}.jpg").write_bytes(saved(reopened(saved(drawn, TWICE[0])), TWICE[1]))
        rows += [(f"once-{number}.jpg", "once", f"scene {number}", "as it is")]
        rows += [(f"twice-{number}.jpg", "twice", f"scene {number}", "saved again")]
    (folder / "cut.jpg").write_bytes((folder / "once-0.jpg").read_bytes()[:300])
    (folder / "empty.jpg").write_bytes(b"")
    rows += [("cut.jpg", "once", "scene 0", "damaged"), ("empty.jpg", "once", "scene 1", "damaged")]
    table(folder, "path truth unit condition", rows)
    return folder


@pytest.fixture(scope="module")
def measured(pictures: Path, tmp_path_factory: pytest.TempPathFactory):
    """What a validation over the pictures gave, and the folder with its files."""
    out = tmp_path_factory.mktemp("result") / "new"
    return run(asked(pictures, "compression.jpeg"), out, jobs=2), out


def row_of(told, condition):
    (row,) = [one for one in told["table"]["rows"] if one["variant"] == condition]
    return row


def test_pictures_saved_once_and_twice_are_told_apart_with_exact_intervals(measured):
    """Without error among n, the upper end of Clopper and Pearson's interval is 1 - 0.025 ** (1 / n)."""
    told = measured[0].told
    high = pytest.approx(1 - 0.025 ** (1 / UNITS), abs=1e-4)
    once, twice = row_of(told, "as it is"), row_of(told, "saved again")
    assert (once["false_positive"]["count"]["errors"], once["false_positive"]["high"]) == (0, high)
    assert (twice["false_negative"]["count"]["errors"], twice["false_negative"]["high"]) == (0, high)
    assert row_of(told, "*")["area"]["value"] == 1


def test_variants_of_one_scene_are_one_unit(measured):
    counts = measured[0].told["counts"]
    assert (counts["rows"], counts["h1_units"], counts["h2_units"]) == (2 * UNITS + 2, UNITS, UNITS)


def test_what_cannot_be_read_is_counted_apart_and_in_no_rate(measured):
    validated = measured[0]
    damaged = row_of(validated.told, "damaged")
    assert (damaged["unanswered"], damaged["false_positive"]["count"]["cases"]) == (2, 0)
    assert (validated.told["counts"]["failed"], validated.told["exit_code"]) == (2, 3)
    assert sum(one["rows"] for one in validated.told["no_answer"]) == 2
    assert any("does not examine application/x-empty" in line for line in validated.lines)


def test_the_answers_are_a_table_that_the_rates_can_be_computed_from_again(measured):
    _, out = measured
    with (out / "trials.csv").open(encoding="utf-8", newline="") as stream:
        trials = read_trials(stream)
    assert sum(trial.answer is trial.is_h1 for trial in trials) == 2 * UNITS
    assert sum(trial.answer is None for trial in trials) == 2


def test_the_corpus_digest_is_that_of_what_sha256sum_prints(measured, pictures):
    validated, out = measured
    listed = (out / "corpus.sha256").read_bytes()
    assert hashlib.sha256(listed).hexdigest() == validated.told["corpus"]["sha256"]
    checked = subprocess.run(
        ["sha256sum", "--check", out / "corpus.sha256"], cwd=pictures, capture_output=True, check=True
    )
    assert checked.stdout.count(b": OK\n") == 2 * UNITS + 3


def test_the_calibration_is_capped_by_the_size_of_the_set(measured):
    """Without error among n, u = 1 - 0.05 ** (1 / n), t = 1 - u, and no ratio is above t / u."""
    validated, out = measured
    calibration = read_calibration((out / "calibration.json").read_bytes())
    bound = 1 - 0.05 ** (1 / UNITS)
    cap = math.log10((1 - bound) / bound)
    assert max(knot.cap_h1 for knot in calibration.knots) == pytest.approx(cap, abs=1e-4)
    assert max(knot.cap_h2 for knot in calibration.knots) == pytest.approx(cap, abs=1e-4)
    assert calibration.about.corpus_sha256 == validated.told["corpus"]["sha256"]
    assert digest_of(calibration) == validated.told["calibration_sha256"]


def test_a_finding_weighed_with_the_calibration_says_no_more_than_the_cap(measured, pictures):
    _, out = measured
    calibration = read_calibration((out / "calibration.json").read_bytes())
    analyzer = runner_of(measure_of("compression.jpeg", ""), ())
    finding = by_kind(analyzer, pictures / "twice-3.jpg")["compression.jpeg"]
    measurement = measurement_of(finding, "1/0", value="explained_share")
    weighed = weigh(measurement, REGION_REPLACED, calibration=calibration)
    bound = 1 - 0.05 ** (1 / UNITS)
    assert 0 < weighed.log10_lr <= weighed.log10_cap <= math.log10((1 - bound) / bound)
    assert weighed.term == "limited"
    assert weighed.calibration == digest_of(calibration)


def test_a_case_can_be_weighed_with_the_file(measured):
    found = own_calibrations([measured[1] / "calibration.json"])
    assert {measure: one.about.version for measure, one in found.items()} == {
        "compression.jpeg/explained_share": "compression 1"
    }


@pytest.mark.parametrize("kind", ["face.identity", "source.comparison"])
def test_what_is_calibrated_by_default_is_what_a_case_is_weighed_by(kind):
    assert measure_of(kind, "").name == RULES[kind].measure


def test_the_card_has_every_field_and_says_what_is_not_stated(measured):
    card = (measured[1] / "card.md").read_text("utf-8")
    for field in ("Data set", "Collected", "Covered", "Not covered", "Processing tested", "Subgroups", "Domain"):
        assert f"- {field}: " in card
    assert "not stated" in card
    assert "Rates are for the test set and may not hold for this file" in card
    assert digest_of(read_calibration((measured[1] / "calibration.json").read_bytes())) in card


def test_curves_are_pictures(measured):
    names = ("roc.png", "tippett.png", "entropy.png")
    assert [(measured[1] / name).read_bytes()[:8] for name in names] == [b"\x89PNG\r\n\x1a\n"] * 3


def test_a_second_run_gives_equal_files_and_measures_nothing(measured, pictures):
    _, out = measured
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    steps = []
    run(asked(pictures, "compression.jpeg"), out, progress=lambda done, everything: steps.append((done, everything)))
    assert steps == [(2 * UNITS + 2, 2 * UNITS + 2)]
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Texts: long ones for H1, short ones for H2; one kills what reads it."""
    folder = tmp_path / "texts"
    folder.mkdir()
    rows = []
    for number in range(10):
        (folder / f"long-{number}").write_text(f"{number} long enough " + "x" * number)
        (folder / f"short-{number}").write_text(f"{number}")
        rows += [(f"long-{number}", "h1", f"L{number}"), (f"short-{number}", "h2", f"S{number}")]
    table(folder, "path truth unit", rows)
    return folder


def test_an_interrupted_run_goes_on(texts, tmp_path):
    out, seen = tmp_path / "out", []

    def stop(done, everything):
        seen.append(done)
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(asked(texts, "counting.length", HERE, value="size"), out, progress=stop)
    with (out / "trials.csv").open("a") as stream:
        stream.write("all,L9,as it is,h1,L9,13.0,FOU")  # a line that was cut off
    validated = run(asked(texts, "counting.length", HERE, value="size"), out, progress=lambda d, _: seen.append(d))
    assert seen[5] == 4
    assert validated.told["counts"]["failed"] == 0
    assert len((out / "trials.csv").read_text().splitlines()) == 21


def test_answers_of_other_settings_or_contents_are_not_used_again(texts, tmp_path):
    out, seen = tmp_path / "out", []
    run(asked(texts, "counting.length", HERE, value="size"), out)
    (texts / "long-0").write_text("something else that is long")
    run(asked(texts, "counting.length", HERE, value="size"), out, progress=lambda done, _: seen.append(done))
    run(asked(texts, "counting.length", HERE, value=""), out, progress=lambda done, _: seen.append(done))
    assert seen[:2] == [19, 20]
    assert seen[2] == 0


def test_a_content_that_kills_its_worker_is_lost_alone(texts):
    (texts / "long-0").write_text("deadly")
    validated = run(asked(texts, "counting.length", HERE, value="size"), jobs=2)
    assert validated.told["counts"]["failed"] == 1
    assert validated.told["no_answer"] == [{"reason": "the worker process was killed", "not_examined": True, "rows": 1}]
    assert row_of(validated.told, "as it is")["trials"] == 20


def test_nothing_of_the_media_is_left(texts, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    run(asked(texts, "counting.length", HERE))
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_name_that_tells_the_truth_is_not_shown_to_the_method(texts):
    with pytest.raises(UsageError, match=r"name of counting\.length is no number"):
        run(asked(texts, "counting.length", HERE, value="name"))
    request = asked(texts, "counting.length", HERE)
    measure = replace(request.measure, positive=("name=long-0",))
    validated = run(replace(request, measure=measure))
    assert not any("long" in one["answer"] for one in validated.told["answers"])


def test_a_threshold_answers_instead_of_the_method(texts):
    validated = run(asked(texts, "counting.length", HERE, value="size", threshold=18.0))
    long = [len(f"{number} long enough ") + number for number in range(10)]
    misses = validated.told["table"]["rows"][0]["false_negative"]["count"]
    assert misses["errors"] == sum(size < 18 for size in long) > 0


def test_one_truth_alone_gives_one_rate_and_no_calibration(texts):
    table(texts, "path truth unit", [(f"short-{number}", "h2", f"S{number}") for number in range(10)])
    validated = run(asked(texts, "counting.length", HERE, value="size"))
    row = validated.told["table"]["rows"][0]
    assert (row["false_positive"]["count"]["cases"], row["false_negative"]["low"], row["area"]) == (10, None, None)
    assert "too few" in validated.told["no_calibration"]
    assert any("No calibration" in line for line in validated.lines)


def test_sources_with_one_truth_each_are_warned_of(texts):
    rows = [
        (f"{name}-{n}", truth, f"{name}{n}", name)
        for name, truth in (("long", "h1"), ("short", "h2"))
        for n in range(10)
    ]
    table(texts, "path truth unit source", rows)
    notes = run(asked(texts, "counting.length", HERE, value="size")).told["notes"]
    assert any("long, short" in note and "difference between the sources" in note for note in notes)


def test_sources_that_share_their_films_are_not_warned_of(texts):
    rows = [
        (f"{name}-{n}", truth, f"film {n}", name)
        for name, truth in (("long", "h1"), ("short", "h2"))
        for n in range(10)
    ]
    table(texts, "path truth unit source", rows)
    validated = run(asked(texts, "counting.length", HERE, value="size"))
    assert not any("Only one truth" in note for note in validated.told["notes"])
    assert validated.told["pooled"]["area"]["value"] == 1
    assert "roc.png" in validated.files


def test_answers_are_shown_word_for_word(texts):
    lines = run(asked(texts, "counting.length", HERE)).lines
    assert {"all, H1: 10 FOUND", "all, H2: 10 NOT_FOUND"} <= set(lines)


def test_scores_that_fall_with_the_first_proposition_are_not_calibrated(texts):
    validated = run(asked(texts, "counting.length", HERE, value="-size"))
    assert "do not rise" in validated.told["no_calibration"]


@pytest.mark.parametrize(
    ("kind", "analyzer"),
    [
        ("", "identity"),
        ("another.kind", "identity"),
        ("faces.persons", "persons"),
        ("faces.persons", "forensics.analyzers.persons:PersonsComparison"),
        ("x", "forensics.analyzers.identity:IdentityComparison"),
    ],
)
def test_by_no_name_are_persons_compared_without_a_basis(kind, analyzer):
    assert measure_of(kind, analyzer).needs_basis


def test_persons_are_not_compared_without_a_basis(texts):
    request = asked(texts, "counting.length", HERE)
    request = replace(request, measure=replace(request.measure, needs_basis=True))
    with pytest.raises(UsageError, match="legal basis"):
        run(request)
    assert run(replace(request, basis="consent")).told["basis"] == "consent"


def test_a_missing_tool_ends_the_run_before_it_begins(texts):
    with pytest.raises(ToolMissingError):
        run(asked(texts, "counting.length", f"{__name__}:Needing"))


def test_a_foreign_file_is_not_overwritten(texts, tmp_path):
    (tmp_path / "trials.csv").write_text("my,own,table\n1,2,3\n")
    with pytest.raises(UsageError, match="no table of this program"):
        run(asked(texts, "counting.length", HERE), tmp_path)
    assert (tmp_path / "trials.csv").read_text() == "my,own,table\n1,2,3\n"


def test_what_is_stated_about_the_material_goes_into_card_and_calibration(texts, tmp_path):
    path = tmp_path / "corpus.toml"
    path.write_text(
        'name = "Texts"\nlicence = "CC0"\n[[condition]]\nname = "size_bytes"\nlow = 1\nhigh = 40\n'
        '[[condition]]\nname = "codec"\nwords = ["none"]\n'
    )
    out = tmp_path / "out"
    run(asked(texts, "counting.length", HERE, value="size", stated=read_stated(path, name="x")), out)
    about = read_calibration((out / "calibration.json").read_bytes()).about
    assert [condition.name for condition in about.conditions] == ["size_bytes", "codec"]
    assert (about.corpus, about.measure, about.version) == ("Texts", "counting.length/size", "counting 1")
    assert "- Data set: Texts (licence: CC0;" in (out / "card.md").read_text("utf-8")
    assert json.loads((out / "validation.json").read_text("utf-8"))["corpus"]["licence"] == "CC0"


@pytest.mark.parametrize(
    "text",
    [
        "name = ",
        "name = 1",
        "sha256 = 'x'",
        "[[condition]]\nlow = 1\nhigh = 2",
        "[[condition]]\nname = 'a'\nlow = 'x'\nhigh = 2",
        "[[condition]]\nname = 'a'\nlow = 2\nhigh = 1",
        "[condition]\nname = 'a'",
        "condition = [1]",
    ],
)
def test_a_description_of_another_form_is_refused(tmp_path, text):
    (tmp_path / "corpus.toml").write_text(text)
    with pytest.raises(UsageError):
        read_stated(tmp_path / "corpus.toml", name="x")


@pytest.mark.slow
def test_pairs_of_clips_are_compared(tmp_path):
    """Two scenes without faces: a copy corresponds, another scene does not, and neither shows another face."""
    for seed in (1, 2):
        clip(tmp_path / f"{seed}.mp4", frames(seed, 30))
    clip(tmp_path / "copy.mp4", frames(1, 30), crf=30)
    rows = [("copy.mp4", "1.mp4", "same", "A", "crf 30"), ("2.mp4", "1.mp4", "unrelated", "A|B", "unrelated")]
    table(tmp_path, "questioned original truth unit condition", rows)
    validated = run(asked(tmp_path, "source.comparison", SOURCE))
    assert {one["condition"]: one["answer"] for one in validated.told["answers"]} == {
        "crf 30": "corresponds",
        "unrelated": "does_not_correspond",
    }
    assert row_of(validated.told, "*")["false_positive"]["count"]["errors"] == 0
