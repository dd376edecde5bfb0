"""The verb compare, alone and with a registered subject, as a user runs it."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from tests.fakes.invented import person
from tests.fakes.invented_scene import Scene, Seat, frame
from tests.fakes.invented_swap import replaced
from tests.fakes.program import forensics, opened

pytestmark = pytest.mark.slow

SCENE = Scene((Seat(person(3), face=0.34),))
OTHER = person(20)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with a still, the same with another face, a still of another room, and a text."""
    folder = tmp_path_factory.mktemp("stills")
    original = frame(SCENE, 0)
    cv2.imwrite(str(folder / "original.png"), original)
    cv2.imwrite(str(folder / "questioned.jpg"), replaced(SCENE, OTHER)(original, 0))
    cv2.imwrite(str(folder / "other.png"), frame(Scene((Seat(person(7), x=0.3),), place=9, take=2), 0))
    cv2.imwrite(str(folder / "photo.png"), frame(Scene((Seat(OTHER, face=0.45),), place=4, take=3), 5))
    (folder / "note.txt").write_text("群聊记录")
    case = opened(folder / "case")
    names = ("original.png", "questioned.jpg", "other.png", "note.txt")
    ended = forensics("collect", case, *(folder / name for name in names))
    assert ended.code == 0, ended.errors
    return case


def test_the_verdict_the_numbers_and_the_exhibits_are_told_and_verified(case):
    ended = forensics("compare", case, "ITEM-0002", "ITEM-0001", "--json")
    assert ended.code == 0, ended.errors
    told = ended.told
    assert told["verdict"] == "scene_corresponds_face_differs"
    assert [one["id"] for one in told["items"]] == ["ITEM-0002", "ITEM-0001"]
    (finding,) = told["findings"]
    assert (finding["kind"], finding["result"]) == ("source.comparison", "FOUND")
    assert finding["values"]["structure_inside"][0] < 0.88
    assert finding["limits"]
    assert finding["alternatives"]
    assert {one["role"] for one in told["attachments"]} == {"source-pair", "source-difference", "source-measurements"}
    assert all((case / one["blob"]).is_file() for one in told["attachments"])
    assert forensics("verify", case, "--json").told["intact"] == "passed"


def test_people_read_the_verdict_first_then_the_numbers_beside_the_control(case):
    ended = forensics("compare", case, "ITEM-0002", "ITEM-0001")
    lines = ended.output.splitlines()
    assert lines[0] == "Same scene; a face differs more than copying explains."
    head = next(number for number, line in enumerate(lines) if line.split() == ["measured", "control"])
    assert any(line.strip().startswith("structure inside the face") for line in lines[head:])
    assert any("source-pair" in line and str(case) in line for line in lines)


def test_another_scene_does_not_correspond_and_a_text_is_a_gap(case):
    assert forensics("compare", case, "ITEM-0003", "ITEM-0001", "--json").told["verdict"] == "does_not_correspond"
    ended = forensics("compare", case, "ITEM-0004", "ITEM-0001", "--json")
    assert ended.told["verdict"] is None
    assert "NOT_APPLICABLE" in {one["why"] for one in ended.told["gaps"]}


def test_a_subject_that_is_not_registered_is_refused_and_a_registered_one_gives_the_table(case):
    ended = forensics("compare", case, "ITEM-0002", "ITEM-0001", "--subject", "Invented Person", "--json")
    assert ended.code == 2
    assert "subject" in ended.told["message"]
    photo = case.parent / "photo.png"
    made = forensics("subject", case, "Invented Person", "--photo", photo, "--basis", "an invented person")
    assert made.code == 0, made.errors
    ended = forensics("compare", case, "ITEM-0002", "ITEM-0001", "--subject", "Invented Person", "--json")
    assert ended.code == 0, ended.errors
    comparison, identity = ended.told["findings"]
    assert set(comparison["values"]["identity_table"]) == {"face_subject", "face_original", "subject_original"}
    assert comparison["values"]["subject"] == "SUBJECT-0001"
    assert identity["kind"] == "source.identity"
    assert "Invented Person" not in identity["statement"] + comparison["statement"]
    assert "pairing-sheet" in {one["role"] for one in ended.told["attachments"]}
