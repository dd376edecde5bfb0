"""The verb compare-labels, and a trust list named on the command line, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.fakes.credential import plain, signed, signing, without_segments
from tests.fakes.program import Ended, forensics, opened

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed picture, the same without its credentials, a sound, and the certificates of two authorities."""
    folder = tmp_path_factory.mktemp("copies")
    by = signing()
    content = signed(plain("JPEG", folder), "image/jpeg", by)
    (folder / "signed.jpg").write_bytes(content)
    (folder / "bare.jpg").write_bytes(without_segments(content, 0xEB))
    Image.new("RGB", (64, 64), "red").save(folder / "other.png")
    (folder / "list.pem").write_bytes(b"# as of 2026-11-01\n" + by.authority.pem)
    (folder / "other.pem").write_bytes(signing("Other").authority.pem)
    return folder


@pytest.fixture
def case(folder: Path, tmp_path: Path) -> Path:
    """A case with the picture and its copy."""
    case = opened(tmp_path / "case")
    assert forensics("collect", case, folder / "signed.jpg", folder / "bare.jpg", folder / "other.png").code == 0
    return case


def records(case: Path) -> list[dict[str, object]]:
    lines = [line for path in sorted((case / "records").glob("*.jsonl")) for line in path.read_bytes().splitlines()]
    return [json.loads(line)["record"] for line in lines]


def findings(case: Path, kind: str) -> list[dict[str, object]]:
    return [one for one in records(case) if one.get("type") == "finding" and one["kind"] == kind]


def test_a_label_of_one_copy_is_told_recorded_and_verified(case, folder):
    ended = forensics("compare-labels", case, "ITEM-0001", "ITEM-0002", "--json")
    assert ended.code == 0, ended.errors
    told = ended.told
    assert told["is_same_work"] is True
    (label,) = [one for one in told["findings"] if one["about"] == "label.c2pa"]
    digests = [one["sha256"] for one in told["items"]]
    assert label["result"] == "FOUND"
    assert label["statement"] == (
        f"The label C2PA is present in ITEM-0001 (SHA-256 {digests[0][:16]}…) "
        f"and absent in ITEM-0002 (SHA-256 {digests[1][:16]}…)."
    )
    recorded = findings(case, "label.comparison")
    assert len(recorded) == len(told["findings"])
    assert all(one["subject"] == digests for one in recorded)
    assert recorded[0]["tools"][0]["name"] == "ffmpeg"
    assert str(folder) not in json.dumps(recorded)
    assert forensics("verify", case).code in (0, 3)
    assert "compare" in {one.get("verb") for one in records(case)}


def test_the_list_by_which_signers_are_judged_is_kept(case, folder):
    ended = forensics("compare-labels", case, "ITEM-0001", "ITEM-0002", "--trust-list", folder / "list.pem", "--json")
    assert ended.code == 0, ended.errors
    (finding,) = [one for one in findings(case, "label.comparison") if one["values"]["about"] == "label.c2pa"]
    assert finding["values"]["first"]["detail"] == "trusted"
    assert [one["role"] for one in finding["attachments"]] == ["trust-list"]
    assert str(folder) not in json.dumps(findings(case, "label.comparison"))


def test_items_are_found_by_their_locators_too(case, folder):
    ended = forensics("compare-labels", case, "bare.jpg", folder / "signed.jpg", "--json", cwd=folder)
    assert [one["id"] for one in ended.told["items"]] == ["ITEM-0002", "ITEM-0001"]


def test_a_plain_picture_is_compared_without_a_result(case):
    ended = forensics("compare-labels", case, "ITEM-0001", "ITEM-0003")
    assert ended.code == 0
    assert "could not be compared" in ended.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("ITEM-0001", "ITEM-0009"),
        ("ITEM-0001", "nowhere.jpg"),
        ("ITEM-0001", "ITEM-0002", "--trust-list", "none.pem"),
    ],
)
def test_what_is_not_there_is_said_and_nothing_is_recorded(arguments, case):
    before = len(records(case))
    ended = forensics("compare-labels", case, *arguments)
    assert ended.code == 2
    assert "What to do" in ended.errors
    assert len(records(case)) == before


def analyzed(case: Path, list_name: str, cwd: Path) -> Ended:
    arguments = ("--only", "labels", "--set", f"labels.trust_list={list_name}", "--set", "labels.explicit=false")
    return forensics("analyze", case, "ITEM-0001", *arguments, "--json", cwd=cwd)


def needs_labels() -> None:
    from forensics.plugins import ANALYZERS

    if not any("labels" in one for one in ANALYZERS):
        pytest.skip("the analyzer of labels is not among the built-in ones")


def test_a_trust_list_reaches_the_workers_and_leaves_no_path(case, folder, tmp_path):
    needs_labels()
    used = tmp_path / "list.pem"
    used.write_bytes((folder / "list.pem").read_bytes())
    assert analyzed(case, "list.pem", tmp_path).code in (0, 3)
    assert [one["values"]["state"] for one in findings(case, "label.c2pa")] == ["trusted"]
    assert analyzed(case, str(used), tmp_path).told["skipped"] == 1
    used.write_bytes((folder / "other.pem").read_bytes())
    assert analyzed(case, "list.pem", tmp_path).told["examined"] == 1
    first, second = findings(case, "label.c2pa")
    assert (first["values"]["state"], second["values"]["state"]) == ("trusted", "untrusted")
    assert first["values"]["trust_list"]["sha256"] != second["values"]["trust_list"]["sha256"]
    about = [one for one in records(case) if one.get("type") in ("finding", "act")]
    assert str(tmp_path) not in json.dumps([one for one in about if one.get("verb") != "collect"])
    assert [one["role"] for one in first["attachments"]] == ["c2pa-manifest-store"] * 2 + ["trust-list"]


def test_a_missing_trust_list_ends_before_anything_begins(case, tmp_path):
    needs_labels()
    ended = analyzed(case, "none.pem", tmp_path)
    assert ended.code == 2
    assert "A trust list is a file" in ended.errors
