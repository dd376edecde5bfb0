"""The verb exhibit, and what status tells of elements of proof, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forensics.custody.case import open_case
from forensics.engine.exhibit import exhibited, leads_in
from forensics.proof.element import load_profile
from forensics.proof.element_matrix import matrix
from tests.fakes.program import forensics, opened

CHAT = {
    "name": "群",
    "type": "private_supergroup",
    "id": 12345,
    "messages": [
        {
            "id": number,
            "type": "message",
            "date": "2021-07-01T12:00:00",
            "date_unixtime": "1625112000",
            "from": name,
            "from_id": f"user{number}",
            "text": "AI换脸定制 188元一个",
        }
        for number, name in ((1, "A"), (2, "B"))
    ],
}


@pytest.fixture(scope="module")
def evidence(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("evidence")
    for name in ("a", "b"):
        (folder / name).mkdir()
        chat = {**CHAT, "about": name}
        (folder / name / "result.json").write_text(json.dumps(chat, ensure_ascii=False), "utf-8")
    (folder / "b" / "bill.txt").write_text("a bill\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def examined(evidence, tmp_path_factory) -> Path:
    """A case with two exports of one chat, a text by another person, and a file that could not be captured."""
    case = opened(tmp_path_factory.mktemp("case") / "case", "--jurisdiction", "cn", "--lang", "zh")
    for name, supplier in (("a/result.json", "A"), ("b/result.json", "B"), ("b/bill.txt", "C")):
        assert forensics("collect", case, evidence / name, "--received-from", supplier).code == 0
    assert forensics("collect", case, evidence / "missing.txt").code == 20
    assert forensics("analyze", case, "--only", "chats").code == 0
    return case


def one_of(told: dict, name: str) -> dict:
    """Gives an element of an answer."""
    return next(one for one in told["elements"] if one["id"] == name)


def test_a_case_is_brought_from_nothing_to_two_independent_exhibits(examined):
    before = forensics("status", examined, "--json").told
    assert len(before["elements"]) == 17
    assert one_of(before, "E8")["status"] == "missing"
    leads = {lead["what"]: lead for lead in one_of(before, "E8")["leads"]}
    assert leads["chat.messages"]["count"] == 2
    ref = leads["chat.messages"]["findings"][0]

    made = forensics("exhibit", examined, "--finding", ref, "--element", "e8", "--title", "群组导出文件", "--json")
    assert made.code == 0, made.errors
    assert made.told["exhibit"]["label"] == "8-1"
    assert one_of(made.told, "E8")["independent"] == 1
    again = forensics("exhibit", examined, "item-0002", "--element", "E8", "--title", "另一份导出", "--json").told
    assert again["exhibit"]["label"] == "8-2"
    assert one_of(again, "E8")["independent"] == 1
    other = forensics("exhibit", examined, "ITEM-0003", "--element", "E8", "--title", "账单", "--json").told
    assert one_of(other, "E8")["independent"] == 2
    assert one_of(other, "E8")["groups"] == [["8-1", "8-2"], ["8-3"]]

    after = forensics("status", examined, "--json").told
    assert one_of(after, "E8")["said"]["zh"] == "有2份独立证据支持"
    assert ["E8"] in [one["any_of"] for one in before["missing_to_file"]]
    assert ["E8"] not in [one["any_of"] for one in after["missing_to_file"]]
    text = forensics("status", examined).output
    assert "E8   传播范围: 有2份独立证据支持 (8-1, 8-2, 8-3)" in text
    assert "立案尚缺：" in text
    assert forensics("verify", examined).code in (0, 3)


def test_what_status_reads_from_the_index_is_what_the_whole_case_says(examined):
    case = open_case(examined)
    index, profile = case.index(), load_profile("cn")
    kinds = {kind for one in profile.elements for kind in one.supplies.kinds}
    assert matrix(exhibited(case, index), profile, found=leads_in(index, kinds)) == matrix(case.snapshot(), profile)


def test_a_label_used_anew_is_told_and_the_newest_counts(examined):
    assert forensics("exhibit", examined, "ITEM-0003", "--label", "9-1", "--element", "E9", "--title", "旧").code == 0
    told = forensics("exhibit", examined, "--label", "9－1", "--title", "新", "--json").told
    assert told["exhibit"] == {**told["before"], "title": "新"}
    assert any("9-1 was used before" in warning for warning in told["warnings"])
    same = forensics("exhibit", examined, "--label", "9-1", "--title", "新", "--json").told
    assert (same["is_changed"], same["warnings"], same["head"]) == (False, [], told["head"])
    gone = forensics("exhibit", examined, "--label", "9-1", "--remove", "--json").told
    assert gone["exhibit"]["items"] == []
    assert "9-1" not in [one["label"] for one in gone["exhibits"]]
    assert one_of(gone, "E9")["status"] == "missing"
    assert forensics("exhibit", examined, "--label", "9-1", "--remove").code == 2
    new = forensics("exhibit", examined, "ITEM-0003", "--element", "E9", "--title", "账单", "--json").told
    assert new["exhibit"]["label"] == "9-2"


def test_what_failed_or_found_nothing_is_told_not_to_count(examined):
    told = forensics("exhibit", examined, "ITEM-0004", "--element", "E11", "--title", "缺失", "--json").told
    assert any("does not count for E11" in warning for warning in told["warnings"])
    assert (one_of(told, "E11")["independent"], one_of(told, "E11")["set_aside"][0]["reason"]) == (0, "not_captured")


@pytest.mark.parametrize(
    "arguments",
    [
        ("ITEM-0099", "--element", "E8", "--title", "t"),
        ("ITEM-0001", "--element", "E99", "--title", "t"),
        ("ITEM-0001", "--element", "U1", "--title", "t"),
        ("--finding", "999/0", "--element", "E8", "--title", "t"),
        ("--finding", "0/0", "--element", "E8", "--title", "t"),
        ("--finding", "1/00", "--element", "E8", "--title", "t"),
        ("--finding", "x", "--element", "E8", "--title", "t"),
        ("ITEM-0001", "--element", "E8"),
        ("ITEM-0001", "--title", "t"),
        ("--element", "E8", "--title", "t"),
        ("ITEM-0001", "--label", "7-7", "--title", "t"),
        ("ITEM-0001", "--label", "a\u202eb", "--element", "E8", "--title", "t"),
        ("ITEM-0001", "--label", "=1+1", "--element", "E8", "--title", "t"),
        ("ITEM-0001", "--label", "1" * 33, "--element", "E8", "--title", "t"),
        ("ITEM-0001", "--element", "E8", "--title", "t" * 301),
        ("ITEM-0001", "--element", "E8", "--title", "t", "--profile", "none"),
        ("ITEM-0001", "--label", "8-1", "--remove"),
        ("--remove",),
        ("--list", "ITEM-0001"),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_refused_and_nothing_is_recorded(examined, arguments):
    head = open_case(examined).head
    ended = forensics("exhibit", examined, *arguments, "--json")
    assert (ended.code, ended.told["error"]) == (2, "UsageError"), ended.output
    assert open_case(examined).head == head


def test_exhibits_are_listed_with_and_without_the_option(examined):
    listed = forensics("exhibit", examined, "--list", "--json").told
    assert listed["exhibit"] is None
    assert listed == forensics("exhibit", examined, "--json").told
    assert [one["label"] for one in listed["exhibits"]][:3] == ["8-1", "8-2", "8-3"]


def test_another_profile_tells_which_elements_it_does_not_have(examined):
    told = forensics("status", examined, "--profile", "us", "--json").told
    assert {one["id"] for one in told["elements"]} == {f"U{number}" for number in range(1, 8)}
    assert "E8" in told["strays"]


def test_an_exhibit_of_an_erased_item_is_gone(evidence, tmp_path):
    case = opened(tmp_path / "case")
    assert forensics("collect", case, evidence / "a" / "result.json", evidence / "b" / "bill.txt").code == 0
    for item in ("ITEM-0001", "ITEM-0002"):
        assert forensics("exhibit", case, item, "--element", "G2", "--title", item).code == 0
    assert forensics("erase", case, "ITEM-0001", "--basis", "request", "--yes").code == 0
    told = forensics("exhibit", case, "--list", "--json").told
    assert [one["label"] for one in told["exhibits"]] == ["2-2"]
    assert one_of(told, "G2")["independent"] == 1


def test_a_report_makes_the_case_complete_until_it_changes(evidence, tmp_path):
    case = opened(tmp_path / "case")
    assert forensics("collect", case, evidence / "b" / "bill.txt").code == 0
    assert [] in [one["any_of"] for one in forensics("status", case, "--json").told["missing_to_file"]]
    assert forensics("report", case).code == 0
    assert [] not in [one["any_of"] for one in forensics("status", case, "--json").told["missing_to_file"]]
    assert forensics("exhibit", case, "ITEM-0001", "--element", "G7", "--title", "bill").code == 0
    assert [] in [one["any_of"] for one in forensics("status", case, "--json").told["missing_to_file"]]
