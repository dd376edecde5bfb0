"""How findings of a case become interpretations: by a calibration, by a statement without a number, or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forensics.engine import weigh
from forensics.engine.weigh import own_calibrations, shipped, weigh_finding
from forensics.errors import UsageError
from forensics.model import Finding, Message, Result, Stage, Tool
from forensics.proof.calibration import write_calibration
from forensics.proof.scale import check_term, refuse_banned


def identity(**values: Any) -> Finding:
    measured = {
        "subject": "SUBJECT-0001",
        "similarity": 0.6,
        "track": "F1",
        "face_width_px": 120,
        "compared_track_count": 1,
        "photos_agree": None,
    }
    return Finding(
        ("0" * 64, "1" * 64),
        Stage.COMPARE,
        "face.identity",
        Result.INDETERMINATE,
        Message("identity.similar", "Similar."),
        Tool("identity", "1"),
        values={**measured, **values},
    )


def comparison(verdict: str, result: Result = Result.FOUND, *, reasons: tuple[str, ...] = ("face_altered",)) -> Finding:
    values = {"verdict": verdict, "structure_inside": [0.7, 0.6, 0.8], "reasons": list(reasons)}
    statement = Message("source.comparison.differs", "It differs.")
    tool = Tool("source", "1")
    return Finding(("0" * 64, "1" * 64), Stage.COMPARE, "source.comparison", result, statement, tool, values=values)


def test_a_high_similarity_gets_limited_support_at_most_and_a_low_one_speaks_against():
    for score in (0.55, 0.62, 0.7, 0.9, 1.0):
        made = weigh_finding(identity(similarity=score), "3/0", shipped())
        assert made is not None
        check_term(made)
        assert made.term in ("neither", "limited")
        assert made.log10_cap is not None
        assert made.log10_cap <= 1
    made = weigh_finding(identity(similarity=0.0), "3/0", shipped())
    assert made is not None
    assert made.favours in (None, "h2")


def test_the_propositions_name_the_subject_by_its_id_and_are_no_claim():
    made = weigh_finding(identity(), "3/0", shipped())
    assert made is not None
    for proposition in made.propositions:
        assert "SUBJECT-0001" in proposition.text
        refuse_banned(proposition.text)


def test_what_is_not_suitable_has_no_number():
    made = weigh_finding(identity(similarity=None, unsuitable=["small"]), "3/0", shipped())
    assert made is not None
    assert (made.term, made.log10_lr, made.favours) == ("O0", None, None)
    assert "small" in made.limits[0].text


def test_photographs_that_disagree_are_not_weighed():
    made = weigh_finding(identity(photos_agree=False), "3/0", shipped())
    assert made is not None
    assert (made.term, made.log10_lr) == ("O0", None)


@pytest.mark.parametrize("change", [{"face_width_px": 20}, {"compared_track_count": 500}, {"face_width_px": None}])
def test_what_the_material_does_not_cover_has_no_number(change):
    made = weigh_finding(identity(**change), "3/0", shipped())
    assert made is not None
    assert made.log10_lr is None
    assert made.limits[0].id == "weighing.outside"


def test_a_content_without_faces_is_not_weighed():
    assert weigh_finding(identity(similarity=None, track=None), "3/0", shipped()) is None


@pytest.mark.parametrize(
    ("verdict", "term"),
    [("scene_corresponds_face_differs", "O3"), ("scene_corresponds_region_altered", "O2"), ("corresponds", None)],
)
def test_a_comparison_without_calibration_has_a_statement_and_no_number(verdict, term):
    made = weigh_finding(comparison(verdict), "3/0", shipped())
    assert (made.term if made else None) == term
    assert made is None or made.log10_lr is None


def test_a_caption_beside_a_face_that_agrees_says_nothing_about_a_replaced_face():
    found = comparison("scene_corresponds_region_altered", reasons=("region_outside",))
    assert weigh_finding(found, "3/0", shipped()) is None


def test_an_open_comparison_is_not_weighed():
    assert weigh_finding(comparison("indeterminate", Result.INDETERMINATE), "3/0", shipped()) is None


def test_another_kind_is_not_weighed():
    assert weigh_finding(replace(identity(), kind="streams.type"), "3/0", shipped()) is None


def test_the_shipped_files_are_what_their_distributions_name():
    from forensics.analyzers.identity.distribution import shipped as usual
    from forensics.proof.calibration import digest_of

    assert usual().calibration_sha256 == digest_of(shipped()["face.identity/similarity"])
    assert usual().corpus_sha256 == shipped()["face.identity/similarity"].about.corpus_sha256
    assert {path.name for path in weigh.FOLDER.glob("*.json")} == {"identity.json", "identity-distributions.json"}


def test_a_calibration_of_a_laboratory_is_read_and_broken_ones_are_refused(tmp_path: Path):
    file = tmp_path / "own.json"
    file.write_bytes(write_calibration(shipped()["face.identity/similarity"]))
    assert set(own_calibrations([file])) == {"face.identity/similarity"}
    with pytest.raises(UsageError):
        own_calibrations([file, file])
    for content in (b"", b"{}", b"[]", b"\x00" * 100):
        file.write_bytes(content)
        with pytest.raises(UsageError):
            own_calibrations([file])
    with pytest.raises(UsageError):
        own_calibrations([tmp_path / "missing.json"])
