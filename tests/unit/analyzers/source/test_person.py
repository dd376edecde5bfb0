"""A face of an invented person was replaced in a still: which one, and whose photos it is nearer to."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from forensics import codec
from forensics.analyzers.source import SourceComparison
from forensics.model import Artifact, Finding, Result
from tests.fakes.evidence import FileEvidence, KeepingSink
from tests.fakes.invented import person
from tests.fakes.invented_scene import Scene, Seat, frame
from tests.fakes.invented_swap import replaced, smoothed
from tests.unit.analyzers.source.test_comparison import sentences

SCENE = Scene((Seat(person(3), x=0.3, face=0.3), Seat(person(11), x=0.7, face=0.3)))
OTHER = person(20)


@dataclass(frozen=True)
class Photo(FileEvidence):
    """A reference photo with the box of the subject's face."""

    box: tuple[float, ...] = ()

    @property
    def artifact(self) -> Artifact:
        found = super().artifact
        return replace(found, facts={"face_box_px": list(self.box)}) if self.box else found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("persons")
    original = frame(SCENE, 0)
    pictures = {
        "original": original,
        "swapped": replaced(SCENE, OTHER, seat=1)(original, 0),
        "smoothed": smoothed(SCENE, seat=1)(original, 0),
        "photo": frame(Scene((Seat(OTHER, face=0.45),), place=4, take=3), 5),
        "two": frame(SCENE, 20),
    }
    for name, picture in pictures.items():
        cv2.imwrite(str(made / f"{name}.png"), picture)
    return made


def compared(folder: Path, first: str, *photos: FileEvidence) -> tuple[list[Finding], KeepingSink]:
    sink = KeepingSink()
    comparison = SourceComparison("ITEM-0002", "ITEM-0001", subject="SUBJECT-0001" if photos else "")
    evidence = (FileEvidence(folder / f"{first}.png"), FileEvidence(folder / "original.png"), *photos)
    findings = list(comparison.examine(evidence, sink))
    for one in findings:
        codec.canonical(codec.encode(one))
        sentences(one)
    return findings, sink


def test_the_replaced_face_differs_and_the_other_agrees(folder):
    (finding,), _ = compared(folder, "swapped")
    assert finding.values["verdict"] == "scene_corresponds_face_differs"
    states = [one["state"] for one in finding.values["faces"]]
    assert (len(states), states.count("differs")) == (2, 1)
    place = next(one["box_share"] for one in finding.where if one.get("state") == "differs")
    assert 0.55 < place[0] + place[2] / 2 < 0.85


def test_a_smoothed_face_is_no_other_face(folder):
    (finding,), _ = compared(folder, "smoothed")
    assert finding.values["verdict"] == "scene_corresponds_region_altered"
    assert finding.values["identity_cosine"][0] > 0.8


def test_three_similarities_stand_side_by_side_with_a_sheet_of_the_three_faces(folder):
    (comparison, identity), sink = compared(folder, "swapped", FileEvidence(folder / "photo.png"))
    table = comparison.values["identity_table"]
    assert set(table) == {"face_subject", "face_original", "subject_original"}
    assert all(set(one) == {"cosine", "range", "count"} for one in table.values())
    assert table == identity.values["identity_table"]
    assert table["face_original"]["cosine"] == pytest.approx(comparison.values["identity_cosine"][0], abs=0.011)
    assert table["face_subject"]["cosine"] > table["subject_original"]["cosine"]
    sheet = cv2.imdecode(np.frombuffer(sink.contents["pairing-sheet"], np.uint8), cv2.IMREAD_COLOR)
    assert sheet.shape[1] > 3 * 240
    assert "pairing-sheet" in {one.role for one in comparison.attachments}
    assert identity.kind == "source.identity"
    assert identity.result is not Result.FOUND
    assert "embedding" not in json.dumps(identity.values)


def test_of_a_photo_with_several_persons_the_named_face_is_taken_and_without_a_name_none(folder):
    (_, without), _ = compared(folder, "swapped", FileEvidence(folder / "two.png"))
    assert without.values["photo_count"] == 0
    assert without.gaps
    boxes = [one["box_share"] for one in compared(folder, "smoothed")[0][0].where]
    left, top, width, height = (share * side for share, side in zip(boxes[0], (480, 360, 480, 360), strict=True))
    named = Photo(folder / "two.png", box=(left, top, width, height))
    (_, found), _ = compared(folder, "smoothed", named)
    assert found.values["photo_count"] == 1
    assert found.values["nearer"] in ("original", "undecided")
