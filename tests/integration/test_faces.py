"""The verb faces, as a user runs it: on drawn persons, without and with a legal basis."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.kept_faces import drawn, png
from tests.fakes.program import forensics, opened

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures and a photograph of person 0, one picture of person 4, and a text."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, seeds, take in (("a", (0,), 1), ("b", (4,), 1), ("c", (0,), 3), ("photo", (0,), 2)):
        (folder / f"{name}.png").write_bytes(png(drawn(seeds, take)))
    (folder / "text.txt").write_text("no picture")
    return folder


@pytest.fixture(scope="module")
def case(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with the pictures."""
    case = opened(tmp_path_factory.mktemp("cases") / "case")
    assert forensics("collect", case, *(folder / name for name in ("a.png", "b.png", "c.png", "text.txt"))).code == 0
    return case


def records(case: Path, kind: str) -> list[dict[str, object]]:
    lines = [line for path in sorted((case / "records").glob("*.jsonl")) for line in path.read_bytes().splitlines()]
    return [one for line in lines if (one := json.loads(line)["record"]).get("type") == kind]


def test_faces_are_found_and_not_compared_until_a_basis_is_recorded(case, folder):
    ended = forensics("faces", case, "--json")
    assert ended.code == 0, ended.errors
    assert ended.told["is_compared"] is False
    assert "GDPR" in ended.told["why_not"]
    assert [one["track_count"] for one in ended.told["contents"]] == [1, 1, 1]
    assert ended.told["persons"] is None
    assert not [one for one in records(case, "finding") if one["kind"] in ("faces.persons", "face.identity")]

    ended = forensics("faces", case, "--basis", "order 7 of the court", "--scope", "this case", "--json")
    assert ended.code == 0, ended.errors
    assert ended.told["persons"]["person_count"] == 2
    assert [one["tracks"][0]["person"] for one in ended.told["contents"]] == ["P1", "P2", "P1"]
    assert [one["basis"] for one in records(case, "legal-basis")] == ["order 7 of the court"]

    ended = forensics("subject", case, "A. B.", "--photo", folder / "photo.png", "--basis", "consent of 1 May")
    assert ended.code == 0, ended.errors
    ended = forensics("faces", case, "--json")
    assert ended.code == 0, ended.errors
    rows = {one["items"][0]: one["identities"][0] for one in ended.told["contents"] if one["identities"]}
    results = [rows[item]["result"] for item in ("ITEM-0001", "ITEM-0002", "ITEM-0003")]
    assert results == ["INDETERMINATE", "NOT_FOUND", "INDETERMINATE"]
    weighed = rows["ITEM-0001"]["interpretation"]
    assert weighed["term"] in ("neither", "limited")
    assert "SUBJECT-0001" in weighed["propositions"][0]
    assert "A. B." not in json.dumps(records(case, "finding")) + json.dumps(records(case, "interpretation"))

    before = len(records(case, "finding")), len(records(case, "interpretation"))
    ended = forensics("faces", case, "--json")
    assert ended.told["compared"] == 0
    assert ended.told["compared_before"] == 3
    assert (len(records(case, "finding")), len(records(case, "interpretation"))) == before
    shown = forensics("faces", case, "ITEM-0001")
    assert "SUBJECT-0001" in shown.output
    assert "ITEM-0002" not in shown.output
    assert forensics("verify", case).code in (0, 3)  # 3: no time stamps


def test_consent_without_a_basis_is_refused(case):
    assert forensics("faces", case, "--consent", "yes").code == 2


def test_a_calibration_that_is_none_is_refused(case, folder):
    assert forensics("faces", case, "--calibration", folder / "text.txt").code == 2
    assert forensics("faces", case, "--calibration", folder / "missing.json").code == 2


def test_an_unknown_item_is_refused(case):
    assert forensics("faces", case, "ITEM-0099").code == 2
