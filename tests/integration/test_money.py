"""The verbs money, spread and search, as somebody uses them who prepares a filing."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.fakes.program import forensics, opened
from tests.unit.proof.cases import bill, export, said

pytestmark = pytest.mark.slow

CLIP = b"\x00\x00\x00\x18ftypmp42 a clip that nobody plays"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("material") / "chat"
    (folder / "media").mkdir(parents=True)
    (folder / "media" / "a.mp4").write_bytes(CLIP)
    messages = [
        said(1, "换脸视频定制，300元一个", name="小鹿"),
        said(2, "帮我做一个，照片发你", name="=cmd()"),
        said(3, "[口令红包] 188.00元", name="=cmd()"),
        said(4, "给你", name="小鹿", file="media/a.mp4", reply_to_message_id=3),
        said(5, "[转账] 200.00元", name="\u202eevil🦌"),
        said(6, "[退款] 88.80元", name="小鹿"),
        said(7, "我给你转了200", name="客户丙"),
        said(8, "", name="客户丙", file="media/a.mp4", forwarded_from="某频道"),
    ]
    (folder / "result.json").write_bytes(export(*messages))
    (folder / "bill.csv").write_bytes(bill(("2022-06-12 20:03:30", "=cmd()", "收入", "188.00", "7")))
    (folder / "page.html").write_text("<!DOCTYPE html><title>x</title><p>换脸教程<script>换脸软件</script>")
    return folder


@pytest.fixture(scope="module")
def case(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    case = opened(tmp_path_factory.mktemp("case") / "case")
    assert forensics("collect", case, folder).code == 0
    assert forensics("analyze", case, "--only", "chats", "--only", "bills", "--jobs", "1").code == 0
    return case


def files_of(case: Path) -> dict[str, str]:
    return {
        str(path.relative_to(case)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(case.rglob("*"))
        if path.is_file()
    }


def test_payments_are_added_up_by_class_and_traced_to_messages(case):
    ended = forensics("money", case, "--json")
    assert ended.code == 0, ended.errors
    told = ended.told
    sums = told["totals"]["CNY"]
    assert (sums["count"], sums["amount_minor"]) == (2, 18800 + 20000)
    assert (sums["matched_count"], sums["matched_minor"]) == (1, 18800)
    assert (sums["refunded_count"], sums["refunded_minor"]) == (1, 8880)
    assert told["by_certainty"]["confirmed_by_bill"]["CNY"]["amount_minor"] == 18800
    items = {one["item"]: one["format"] for one in told["sources"]}
    assert sorted(items.values()) == ["telegram-json", "wechat-bill"]
    for one in (*told["payments"], *told["bills"]):
        assert one["locator"]["item"] in items
        assert one["locator"]["record"]
    talk = [one["text"] for one in told["leads"] if one["reason"] == "talk"]
    assert talk == ["换脸视频定制，300元一个", "我给你转了200"]


def test_a_chain_leads_from_offer_to_delivery(case):
    (chain,) = [one for one in forensics("money", case, "--json").told["chains"] if one["customer"] == "=cmd()"]
    assert [one["kind"] for one in chain["links"]] == ["offer", "order", "payment", "delivery", "repost"]
    assert {one["content_sha256"] for one in chain["links"][3:]} == {hashlib.sha256(CLIP).hexdigest()}


def test_the_verbs_write_nothing_to_the_case(case, tmp_path):
    before = files_of(case)
    assert forensics("money", case, "--csv", tmp_path / "m.csv").code == 0
    assert forensics("spread", case, "--figure", tmp_path / "s.svg").code == 0
    assert forensics("search", case, "换脸", "--csv", tmp_path / "h.csv").code == 0
    assert files_of(case) == before
    assert forensics("verify", case).code in (0, 3)


def test_the_table_of_payments_has_no_cell_that_a_spreadsheet_computes(case, tmp_path):
    target = tmp_path / "m.csv"
    forensics("money", case, "--csv", target)
    rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8-sig"))))
    assert len(rows) == 4
    assert sum(int(one["amount_minor"]) for one in rows if one["certainty"] == "stated_in_chat") == 18800 + 20000 + 8880
    assert all(not cell.startswith(("=", "+", "-", "@")) for one in rows for cell in one.values())
    assert "'=cmd()" in {one["payer"] for one in rows}
    assert forensics("money", case, "--csv", target).code == 2


def test_what_people_read_says_at_least_and_keeps_classes_apart(case):
    shown = forensics("money", case).output
    assert "stated in chats: at least 388.00 CNY in 2 payments" in shown
    assert "rows of bills: at least 188.00 CNY in 1 payments" in shown
    assert "576.00" not in shown
    assert "\u202e" not in shown


def test_a_file_that_was_posted_is_followed_by_its_bytes(case, tmp_path):
    told = forensics("spread", case, "--json", "--figure", tmp_path / "s.svg").told
    (work,) = told["works"]
    assert work["copies"] == [hashlib.sha256(CLIP).hexdigest()]
    assert (len(work["posts"]), work["forwards"], len(work["groups"])) == (2, 1, 1)
    assert work["first_seen"] == "2022-06-12T12:04:00+00:00"
    assert work["members_lower"] is not None
    assert not work["members_upper_is_bound"]
    assert work["posts"][0]["locator"]["item"].startswith("ITEM-")
    drawn = ET.parse(tmp_path / "s.svg").getroot()
    assert "某频道" in "".join(drawn.itertext())
    assert not re.search(rb"<script|href|on\w+=", (tmp_path / "s.svg").read_bytes())
    assert forensics("spread", case, "--figure", tmp_path / "s.png").code == 2


def test_two_chinese_characters_are_found_with_their_place(case):
    told = forensics("search", case, "换脸", "--json").told
    (hit,) = [one for one in told["hits"] if one["kind"] == "message"]
    assert (hit["status"], hit["locator"]["record"]) == ("lead", "messages[0]")
    assert hit["locator"]["item"].startswith("ITEM-")
    assert forensics("search", case, "不存在的词", "--json").told["hits"] == []
    assert forensics("search", case).code == 2
    assert forensics("search", case, " ").code == 2


def test_rows_of_bills_are_searched_too(case):
    told = forensics("search", case, "=CMD()", "--json").told
    assert [one["kind"] for one in told["hits"]] == ["bill"]


def test_a_topic_finds_what_its_rules_find_and_words_narrow_it(case):
    told = forensics("search", case, "--topic", "offer", "--json").told
    assert [one["locator"]["record"] for one in told["hits"]] == ["messages[0]"]
    assert forensics("search", case, "定制", "--topic", "offer", "--json").told["count"] == 1
    assert forensics("search", case, "照片", "--topic", "offer", "--json").told["count"] == 0


def test_hits_beyond_the_limit_are_counted(case):
    told = forensics("search", case, "--most", "1", "a.mp4", "--json").told
    assert (len(told["hits"]), told["count"]) == (1, 2)


def test_payments_of_an_erased_export_vanish(case, tmp_path):
    import shutil

    copy = tmp_path / "case"
    shutil.copytree(case, copy)
    sources = forensics("money", copy, "--json").told["sources"]
    (item,) = [one["item"] for one in sources if one["format"] == "telegram-json"]
    assert forensics("erase", copy, item, "--basis", "request", "--yes").code == 0
    told = forensics("money", copy, "--json").told
    assert (told["payments"], told["totals"]) == ([], {})
    assert [one["what"] for one in told["problems"]] == ["erased"]
    assert forensics("search", copy, "换脸", "--json").told["hits"] == []
    assert not any(
        "换脸".encode() in path.read_bytes()
        for path in copy.rglob("*")
        if path.is_file() and "blobs" in path.parts and b"<!DOCTYPE" not in path.read_bytes()
    )


def test_an_export_that_is_sealed_is_in_no_total_without_its_key_and_said_to_be(folder, tmp_path):
    case = opened(tmp_path / "case")
    assert forensics("collect", case, folder / "result.json", "--sensitivity", "intimate").code == 0
    assert forensics("analyze", case, "--only", "chats").code == 0
    before = files_of(case)
    for home in (tmp_path / "nobody", other_home(tmp_path)):
        ended = forensics("money", case, "--json", home=home)
        assert (ended.code, ended.told["payments"]) == (3, [])
        assert [one["what"] for one in ended.told["problems"]] == ["sealed"]
        assert "in no total" in ended.told["problems"][0]["detail"]
        assert forensics("search", case, "换脸", "--json", home=home).code == 3
        assert forensics("spread", case, "--json", home=home).code == 3
    assert files_of(case) == before


def other_home(folder: Path) -> Path:
    """The home of another examiner, for whom the case does not seal."""
    home = folder / "other"
    assert forensics("key", "new", home=home).code == 0
    return home


def test_who_has_a_key_for_which_the_case_seals_gets_totals_and_hits_of_a_sealed_export(folder, tmp_path):
    case = opened(tmp_path / "case")
    assert forensics("collect", case, folder / "result.json", "--sensitivity", "intimate").code == 0
    assert forensics("analyze", case, "--only", "chats").code == 0
    before = files_of(case)
    ended = forensics("money", case, "--json")
    assert (ended.code, ended.told["totals"]["CNY"]["amount_minor"]) == (0, 18800 + 20000)
    assert ended.told["is_sealed_opened"]
    assert "sealed tables were opened with your key" in forensics("money", case).output
    told = forensics("search", case, "换脸", "--json").told
    assert [one["locator"]["record"] for one in told["hits"]] == ["messages[0]"]
    assert files_of(case) == before, "no plaintext is written"


def test_an_export_without_zone_is_said_to_have_none_and_nothing_is_guessed(tmp_path):
    chat = tmp_path / "chat.txt"
    chat.write_text("2022-06-12 20:03:00 客户甲\n[微信转账] 188.00元\n\n2022-06-12 20:05:00 小鹿\n好\n", "utf-8")
    case = opened(tmp_path / "case")
    assert forensics("collect", case, chat).code == 0
    assert forensics("analyze", case, "--only", "chats").code == 0
    told = forensics("money", case, "--json").told
    assert [(one["at"], one["local_at"]) for one in told["payments"]] == [(None, "2022-06-12T20:03:00")]
    assert [(one["item"], one["payments"]) for one in told["zone_unknown"]] == [("ITEM-0001", 1)]
    (line,) = [line for line in forensics("money", case).output.splitlines() if line.startswith("zone unknown")]
    assert all(part in line for part in ("1 payments", "ITEM-0001", "--set chats.zone="))
    assert forensics("analyze", case, "--only", "chats", "--set", "chats.zone=Asia/Shanghai").code == 0
    told = forensics("money", case, "--json").told
    assert ([one["at"] for one in told["payments"]], told["zone_unknown"]) == (["2022-06-12T12:03:00+00:00"], [])


def test_a_face_swap_and_its_footage_are_two_works_once_they_were_compared(samples, tmp_path):
    names = ("footage", "questioned", "repost")
    for name in names:
        (tmp_path / "chat").mkdir(exist_ok=True)
        (tmp_path / "chat" / f"{name}.mp4").write_bytes((samples / f"speech-{name}.mp4").read_bytes())
    posts = export(*(said(number, "看", file=f"{name}.mp4") for number, name in enumerate(names, 1)))
    (tmp_path / "chat" / "result.json").write_bytes(posts)
    case = opened(tmp_path / "case")
    clips = {name: tmp_path / "chat" / f"{name}.mp4" for name in names}
    digests = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in clips.items()}
    assert forensics("collect", case, tmp_path / "chat").code == 0
    assert forensics("analyze", case, "--only", "chats", "--only", "prints", "--jobs", "1").code == 0
    assert forensics("match", case).code == 0
    (work,) = forensics("spread", case, "--json").told["works"]
    assert set(work["not_compared"]) == set(digests.values())
    assert "forensics compare CASE" in forensics("spread", case).output
    assert forensics("compare", case, clips["questioned"], clips["footage"]).code == 0
    works = {one["first_seen"][11:16]: one for one in forensics("spread", case, "--json").told["works"]}
    assert works["12:01"]["copies"] == [digests["footage"]]
    assert works["12:02"]["copies"] == [digests["questioned"], digests["repost"]]
    assert works["12:02"]["not_compared"] == [digests["repost"]]
    assert not works["12:02"]["is_first_not_compared"]


def test_a_public_export_is_linked_with_the_media_beside_it(tmp_path):
    corpus = os.environ.get("FORENSICS_CORPUS")
    if not corpus:
        pytest.skip("FORENSICS_CORPUS does not name a folder with exports")
    material = Path(corpus) / "09-chat" / "testset_whatsapp_export"
    case = opened(tmp_path / "case")
    assert forensics("collect", case, material).code == 0
    assert forensics("analyze", case, "--only", "chats").code == 0
    works = forensics("spread", case, "--json").told["works"]
    text = next(material.glob("*.txt")).read_text("utf-8")
    for path in material.iterdir():
        if path.suffix != ".txt":
            (work,) = [one for one in works if one["copies"] == [hashlib.sha256(path.read_bytes()).hexdigest()]]
            assert len(work["posts"]) == text.count(f"<Anhang: {path.name}>")
