"""The verb subject, as somebody uses it who is in a hurry: registered, listed, refused with reasons, deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.cases import files_with, judged
from tests.fakes.faces import drawn_face
from tests.fakes.program import Ended, forensics, opened

BASIS = "consent in writing"


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    drawn_face(folder / "one.png", 7)
    drawn_face(folder / "two.jpg", 7)
    drawn_face(folder / "both.png", 7, 8)
    (folder / "letter.txt").write_bytes(b"a letter")
    return folder


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return opened(tmp_path_factory.mktemp("subjects") / "case")


@pytest.fixture
def case(tmp_path: Path) -> Path:
    return opened(tmp_path / "case")


def subject(case: Path, *arguments: str | Path) -> Ended:
    return forensics("subject", case, *arguments, "--json")


def test_a_person_is_registered_listed_and_deleted_without_a_trace(case: Path, photos: Path, tmp_path: Path) -> None:
    made = subject(case, "Zoé Exemplaire", "--photo", photos / "one.png", photos / "two.jpg", "--basis", BASIS)
    assert made.code == 0, made.errors
    assert (made.told["registered"], made.told["is_new"]) == ("SUBJECT-0001", True)
    (shown,) = subject(case).told["subjects"]
    assert (shown["id"], shown["name"], shown["basis"]["basis"]) == ("SUBJECT-0001", "Zoé Exemplaire", BASIS)
    assert [photo["item"] for photo in shown["photos"]] == ["ITEM-0001", "ITEM-0002"]
    assert "Zoé Exemplaire" not in (case / "ledger.jsonl").read_text()
    forensics("report", case, "--json")
    receipt = tmp_path / "receipt.json"
    gone = subject(case, "Zoé Exemplaire", "--delete", "--yes", "--basis", "withdrawn", "--receipt", receipt)
    assert gone.code == 0, gone.errors
    assert json.loads(receipt.read_text()) == gone.told["receipt"]
    assert (gone.told["receipt"]["items"], gone.told["receipt"]["kept_items"]) == (["ITEM-0001", "ITEM-0002"], [])
    head = (photos / "one.png").read_bytes()[:200]
    for trace in ("Zoé Exemplaire".encode(), b"Exemplaire", b"one.png", b"two.jpg", BASIS.encode(), head):
        assert list(files_with(case, trace)) == []
    assert list((case / "reports").iterdir()) == []
    assert judged(case) == ([], [])
    assert forensics("verify", case, "--json").told["defects"] == []
    assert subject(case).told["subjects"] == []


def test_a_reference_photo_is_not_exported_for_searches_elsewhere(case: Path, photos: Path, tmp_path: Path) -> None:
    drawn_face(tmp_path / "item.png", 9)
    assert forensics("collect", case, tmp_path / "item.png").code == 0
    assert subject(case, "A. B.", "--photo", photos / "one.png", "--basis", BASIS).code == 0
    ended = forensics("match", case, "--export", tmp_path / "export", "--json")
    assert ended.code == 0, ended.errors
    assert (ended.told["contents"], ended.told["exported"]["contents"]) == (1, 1)
    assert [one.name[:9] for one in (tmp_path / "export").iterdir() if one.is_dir()] == ["ITEM-0001"]

    assert forensics("collect", case, photos / "one.png").code == 0
    assert forensics("match", case, "--json").told["contents"] == 2


def test_groups_of_faces_are_no_longer_told_once_the_only_basis_is_erased(
    case: Path, photos: Path, tmp_path: Path
) -> None:
    drawn_face(tmp_path / "item.png", 9)
    assert forensics("collect", case, tmp_path / "item.png").code == 0
    assert subject(case, "A. B.", "--photo", photos / "one.png", "--basis", BASIS).code == 0
    assert forensics("faces", case, "--json").told["persons"]["person_count"] == 1
    assert subject(case, "A. B.", "--delete", "--yes", "--basis", "withdrawn").code == 0
    told = forensics("faces", case, "--json").told
    assert (told["is_compared"], told["persons"], told["subjects"]) == (False, None, [])
    assert "GDPR" in told["why_not"]
    assert [track["person"] for one in told["contents"] for track in one["tracks"]] == [None]


def test_without_a_basis_nobody_is_registered_and_the_law_is_named(case: Path, photos: Path) -> None:
    refused = subject(case, "N.", "--photo", photos / "one.png")
    assert refused.code == 2
    assert "legal basis" in refused.told["message"]
    assert "PIPL articles 28 and 29" in refused.told["hint"]
    assert "GDPR article 9" in refused.told["hint"]
    assert subject(case).told["subjects"] == []


def test_each_unfit_photo_is_named_with_its_reason_and_keep_registers_the_rest(case: Path, photos: Path) -> None:
    given = ["N.", "--basis", BASIS, "--photo", photos / "letter.txt", photos / "one.png", photos / "both.png"]
    refused = subject(case, *given)
    assert refused.code == 2
    assert "letter.txt: it is no picture (text/plain)" in refused.told["message"]
    assert "both.png: it shows 2 faces" in refused.told["message"]
    assert "--keep" in refused.told["hint"]
    assert subject(case).told["subjects"] == []
    kept = subject(case, *given, "--keep")
    assert kept.code == 3
    assert [Path(one["path"]).name for one in kept.told["refused"]] == ["letter.txt", "both.png"]
    assert len(kept.told["subjects"][0]["photos"]) == 1


def test_nothing_suitable_is_nothing_registered_even_with_keep(case: Path, photos: Path) -> None:
    assert subject(case, "N.", "--basis", BASIS, "--photo", photos / "letter.txt", "--keep").code == 2


def test_of_several_faces_the_numbered_one_is_meant(case: Path, photos: Path) -> None:
    boxes = []
    for name, number in (("A.", "1"), ("B.", "2")):
        made = subject(case, name, "--basis", BASIS, "--photo", photos / "both.png", "--face", number)
        assert made.code == 0, made.errors
        boxes.append(made.told["subjects"][-1]["photos"][0]["face_box_px"])
    assert boxes[0][0] < 300 < boxes[1][0] + boxes[1][2]
    assert {one["photos"][0]["item"] for one in subject(case).told["subjects"]} == {"ITEM-0001"}
    assert judged(case) == ([], [])


def test_people_are_told_what_is_recorded_and_what_is_not_reached(case: Path, photos: Path) -> None:
    shown = forensics("subject", case, "N.", "--photo", photos / "one.png", "--basis", BASIS)
    assert "SUBJECT-0001  N." in shown.output
    assert "consent: not stated" in shown.output
    gone = forensics("subject", case, "N.", "--delete", "--yes", "--basis", "over")
    assert "SUBJECT-0001 erased by event" in gone.output
    assert "Copies that left the case" in gone.output
    assert "no subject is registered" in forensics("subject", case).output


MISTAKES: dict[str, list[str]] = {
    "no name": ["--photo", "one.png", "--basis", BASIS],
    "the name is a file": ["--photo", "one.png", "two.jpg", "--basis", BASIS],
    "no photo": ["N.", "--basis", BASIS],
    "no such photo": ["N.", "--photo", "none.png", "--basis", BASIS],
    "a face of two photos": ["N.", "--photo", "one.png", "two.jpg", "--face", "1", "--basis", BASIS],
    "a receipt without deletion": ["N.", "--photo", "one.png", "--basis", BASIS, "--receipt", "r.json"],
    "deletion of nobody": ["N.", "--delete", "--yes", "--basis", "over"],
    "deletion with photos": ["N.", "--delete", "--yes", "--photo", "one.png", "--basis", "over"],
    "deletion without a name": ["--delete", "--yes", "--basis", "over"],
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_changes_nothing_and_says_what_to_do(name: str, template: Path, photos: Path) -> None:
    before = (template / "ledger.jsonl").read_bytes()
    ended = forensics("subject", template, *MISTAKES[name], "--json", cwd=photos)
    assert (ended.code, bool(ended.told["hint"])) == (2, True)
    assert (template / "ledger.jsonl").read_bytes() == before
    assert not (photos / "r.json").exists()


def test_a_receipt_never_replaces_a_file_nor_lies_in_the_case(case: Path, photos: Path, tmp_path: Path) -> None:
    subject(case, "N.", "--photo", photos / "one.png", "--basis", BASIS)
    (tmp_path / "mine").write_text("mine")
    for place in (tmp_path / "mine", case / "receipt.json", tmp_path / "none" / "receipt.json"):
        assert subject(case, "N.", "--delete", "--yes", "--basis", "over", "--receipt", place).code == 2
    assert (tmp_path / "mine").read_text() == "mine"
    assert len(subject(case).told["subjects"]) == 1
    assert subject(case, "N.", "--delete", "--yes", "--basis", "N. asked", "--receipt", tmp_path / "r").code == 2
    assert not (tmp_path / "r").exists()


def test_the_reference_photos_of_labelled_persons_suffice(case: Path, corpus: Path) -> None:
    photo = corpus / "04-faces/generated/faker-js-assets-person-portrait__female-30.jpg"
    assert subject(case, "N.", "--photo", photo, "--basis", BASIS).code == 0
