"""The verbs state and confirm, as somebody uses them who prepares a filing."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.fakes.cases import files_with, judged
from tests.fakes.program import Ended, forensics, opened
from tests.fakes.screenshot import CHAT, PAGE, drawn, texts_of

COST = ("--set", "amount=300.00", "--set", "currency=CNY", "--set", "on=2026-11-20", "--set", "purpose=公证费")


@pytest.fixture
def case(tmp_path: Path) -> Path:
    folder = opened(tmp_path / "case")
    (tmp_path / "receipt.txt").write_bytes(b"receipt")
    assert forensics("collect", folder, tmp_path / "receipt.txt").code == 0
    return folder


def state(case: Path, *arguments: str) -> Ended:
    return forensics("state", case, *arguments, "--json")


def stated(case: Path, *arguments: str) -> dict:
    ended = state(case, *arguments)
    assert ended.code == 0, ended.errors
    return next(one for one in ended.told["statements"] if one["id"] == ended.told["stated"])


def test_a_cost_is_recorded_in_exact_minor_units_with_its_receipt(case: Path) -> None:
    made = stated(case, "cost", *COST, "--item", "ITEM-0001")
    assert made["values"] == {"amount_minor": 30000, "currency": "CNY", "on": "2026-11-20", "purpose": "公证费"}
    assert (made["id"], made["items"], made["by"]) == ("STATEMENT-0001", ["ITEM-0001"], "tester")
    assert judged(case) == ([], [])


def test_what_makes_no_sense_is_refused_and_nothing_is_recorded(case: Path) -> None:
    before = (case / "ledger.jsonl").read_bytes()
    for arguments, told in (
        (("cost", *COST[:6]), "needs purpose"),
        (("account", "--set", "name=a", "--set", "nickname=b"), "no member 'nickname'"),
        (("account", "--set", "name"), "no value"),
        (("fact", "--text", "x", "--item", "ITEM-0009"), "no item ITEM-0009"),
        (("fact", "--text", "x", "--finding", "1/0"), "no finding 1/0"),
        (("fact", "--text", "x", "--change", "STATEMENT-0007"), "no statement"),
        (("fact", "--withdraw", "STATEMENT-0001"), "stands alone"),
        (("--text", "x"), "no KIND"),
    ):
        ended = state(case, *arguments)
        assert ended.code == 2, arguments
        assert told in ended.told["message"], arguments
    assert (case / "ledger.jsonl").read_bytes() == before


def test_a_statement_is_stated_anew_and_withdrawn_and_its_history_stays(case: Path) -> None:
    stated(case, "account", "--set", "name=甲")
    again = state(case, "account", "--set", "name=甲").told
    assert (again["stated"], again["is_new"], len(again["statements"])) == ("STATEMENT-0001", False, 1)
    changed = stated(case, "--change", "STATEMENT-0001", "--set", "name=乙", "--set", "chat=群")
    assert (changed["kind"], changed["values"]) == ("account", {"name": "乙", "chat": "群"})
    gone = stated(case, "--withdraw", "STATEMENT-0001", "--text", "the wrong account")
    assert (gone["is_withdrawn"], gone["text"], gone["values"]["name"]) == (True, "the wrong account", "乙")
    assert stated(case, "account", "--set", "name=乙")["id"] == "STATEMENT-0002"
    listed = state(case).told
    assert [(one["id"], one["is_withdrawn"]) for one in listed["statements"]] == [
        ("STATEMENT-0001", True), ("STATEMENT-0002", False),
    ]  # fmt: skip
    assert state(case, "cost", "--list").told["statements"] == []
    assert forensics("verify", case, "--json").told["defects"] == []


def test_names_stand_in_records_that_can_be_erased_alone(case: Path) -> None:
    stated(case, "fact", "--text", "收款人是欧阳示例", "--by", "欧阳示例", "--item", "ITEM-0001")
    holders = {path.name for path in files_with(case, "欧阳示例".encode())}
    assert holders
    assert "ledger.jsonl" not in holders
    acts = [one for one in forensics("log", case, "--json").told["events"] if one["action"] == "state"]
    assert len(acts) == 1
    assert forensics("erase", case, "ITEM-0001", "--basis", "test", "--yes").code == 0
    assert list(files_with(case, "欧阳示例".encode())) == []
    assert judged(case) == ([], [])
    assert stated(case, "fact", "--text", "another")["id"] == "STATEMENT-0002"


def test_what_was_withdrawn_does_not_count_again_when_its_newer_record_is_erased(case: Path) -> None:
    stated(case, "fact", "--text", "the first version")
    stated(case, "--change", "STATEMENT-0001", "--text", "the second version", "--item", "ITEM-0001")
    stated(case, "fact", "--text", "of another item")
    stated(case, "--withdraw", "STATEMENT-0001")
    assert forensics("erase", case, "ITEM-0001", "--basis", "test", "--yes").code == 0
    assert [one["text"] for one in state(case).told["statements"]] == ["of another item"]
    assert judged(case) == ([], [])


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    drawn(CHAT, width=540).save(folder / "chat.png")
    drawn(PAGE, width=540).save(folder / "page.png")
    Image.new("RGB", (600, 400), "green").save(folder / "photo.jpg")
    return folder


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> Path:
    """A case whose screenshots were read; tests of it build on each other's order no more than a user's steps do."""
    case = opened(tmp_path_factory.mktemp("read") / "case")
    names = [pictures / name for name in ("chat.png", "page.png", "photo.jpg")]
    assert forensics("collect", case, *names).code == 0
    ended = forensics("analyze", case, "--only", "screenshots", "--json")
    assert ended.code == 0, ended.errors
    assert ended.told["findings"] == {"text.read": {"INDETERMINATE": 3}}
    return case


def confirm(case: Path, *arguments: str) -> dict:
    ended = forensics("confirm", case, *arguments, "--json")
    assert ended.code == 0, ended.errors
    return ended.told


def shown(case: Path) -> list[tuple[int, str, str]]:
    told = forensics("money", case, "--json")
    return [(one["amount_minor"], one["at_shown"], one["payer"]) for one in told.told["screenshots"]]


def test_screenshots_are_shown_confirmed_corrected_and_rejected(read: Path, pictures: Path) -> None:
    before = (read / "ledger.jsonl").read_bytes()
    told = confirm(read, "ITEM-0001", "--show")
    assert [one["number"] for one in told["lines"]] == list(range(1, len(texts_of(CHAT)) + 1))
    assert [one["amount_minor"] for one in told["candidates"] if not one["reason"]] == [18800]
    assert (told["stated"], told["is_new"], (read / "ledger.jsonl").read_bytes()) == (None, False, before)

    told = confirm(read, "ITEM-0001", "--zone", "Asia/Shanghai")
    looked_at = told["finding"]
    assert (told["stated"], told["is_new"]) == ("STATEMENT-0001", True)
    (payment,) = told["payments"]
    assert (payment["amount_minor"], payment["currency"], payment["source"]) == (18800, "CNY", "candidate")
    assert (payment["at_shown"], payment["zone"]) == ("2021-07-01 12:30", "Asia/Shanghai")
    assert confirm(read, "ITEM-0001")["is_new"] is False

    told = confirm(read, "ITEM-0001", "--line", "3=老板,定制视频怎么收费")
    assert (told["stated"], told["is_new"], told["lines"][2]["was"]) == (
        "STATEMENT-0001",
        True,
        "老板，定制视频怎么收费",
    )
    assert told["payments"] == [payment]
    assert confirm(read, "ITEM-0001")["is_new"] is False

    given = "amount=188.00,currency=CNY,at=2021-07-01 12:30,payer=小明,channel=transfer,line=5"
    assert confirm(read, "ITEM-0001", "--payment", given)["payments"][0]["payer"] == "小明"
    assert confirm(read, "ITEM-0001", "--line", "1=群")["payments"][0]["payer"] == "小明"
    assert shown(read) == [(18800, "2021-07-01 12:30", "小明")]

    told = confirm(read, "ITEM-0002")
    assert [one["amount_minor"] for one in told["payments"]] == [52000]
    assert confirm(read, "ITEM-0002", "--reject", "--text", "an example")["is_rejected"] is True
    assert [amount for amount, *_ in shown(read)] == [18800]
    assert confirm(read, str(pictures / "page.png"), "--no-payment")["payments"] == []
    assert confirm(read, "ITEM-0002")["is_new"] is False

    record = forensics("state", read, "reading", "--list", "--json").told["statements"][0]
    assert (record["items"], record["findings"]) == (["ITEM-0001"], [looked_at])
    assert record["values"]["left_out"]
    assert forensics("verify", read, "--json").told["defects"] == []
    assert judged(read) == ([], [])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("ITEM-0003",), "no text was read"),
        (("ITEM-0009",), "no item"),
        (("ITEM-0001", "--line", "99=x"), "no line 99"),
        (("ITEM-0001", "--line", "1=a\u202eb"), "U+202E"),
        (("ITEM-0001", "--payment", "amount=188.00"), "no currency"),
        (("ITEM-0001", "--payment", "amount=0,currency=CNY"), "not more than nothing"),
        (("ITEM-0001", "--payment", "currency=CNY"), "no amount"),
        (("ITEM-0001", "--payment", "amount=1,currency=CNY,channel=barter"), "no channel"),
        (("ITEM-0001", "--zone", "Nowhere/City"), "Nowhere/City"),
        (("ITEM-0001", "--show", "--reject"), "--show"),
        (("ITEM-0001", "--reject", "--no-payment"), "--reject"),
        (("ITEM-0001", "--no-payment", "--payment", "amount=1,currency=CNY"), "contradict"),
    ],
    ids=lambda one: one.replace("\u202e", "") if isinstance(one, str) else None,
)
def test_what_does_not_fit_the_picture_is_refused(read: Path, arguments: tuple, told: str) -> None:
    before = (read / "ledger.jsonl").read_bytes()
    ended = forensics("confirm", read, *arguments, "--json")
    assert ended.code == 2
    assert told in ended.told["message"]
    assert (read / "ledger.jsonl").read_bytes() == before


def test_an_examiner_can_state_a_payment_that_no_program_read(read: Path) -> None:
    told = confirm(read, "ITEM-0003", "--payment", "amount=66.66,currency=CNY,payee=丙,memo==1+1")
    assert (told["finding"], told["payments"][0]["memo"]) == (None, "=1+1")
    assert (6666, "", "") in shown(read)


def test_the_text_of_protected_material_does_not_come_into_the_records(tmp_path: Path, pictures: Path) -> None:
    case = opened(tmp_path / "case")
    assert forensics("collect", case, pictures / "chat.png", "--sensitivity", "intimate").code == 0
    assert forensics("analyze", case, "--only", "screenshots").code == 0
    told = confirm(case, "ITEM-0001")
    assert told["lines"][0]["text"].startswith("换脸定制")
    assert [one["amount_minor"] for one in told["payments"]] == [18800]
    assert list(files_with(case, "换脸定制".encode())) == []
    assert judged(case) == ([], [])
