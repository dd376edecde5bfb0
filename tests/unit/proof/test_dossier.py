from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from forensics.analyzers.bills import BillsAnalyzer
from forensics.analyzers.chats import ChatsAnalyzer
from forensics.model import Result
from forensics.proof.dossier import compile_dossier, is_empty
from forensics.proof.dossier_work import works_of
from forensics.proof.money import matched_with, money_json
from forensics.proof.spread import spread_json
from tests.unit.proof.cases import Kept, bill, export, said

PACKET = "[口令红包] 188.00元"
CLIP, COPY = b"clip", b"the same clip, smaller"


def digest(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def case(tmp_path):
    return Kept(tmp_path)


def dossier(case, **options):
    return compile_dossier(case.snapshot, case.opener, **options)


def totals(case):
    return money_json(dossier(case).ledger)["totals"]


def test_a_case_without_chats_has_an_empty_dossier(case):
    case.collect("/x/a.txt", b"nothing")
    assert is_empty(dossier(case))


def test_payments_of_chats_are_matched_with_rows_of_bills(case):
    case.put("/x/result.json", export(said(1, PACKET), said(2, "[转账] 200.00元", name="客户乙")))
    case.put("/x/bill.csv", bill(("2022-06-12 20:01:30", "客户甲", "收入", "188.00", "7")))
    told = money_json(dossier(case).ledger)
    assert told["totals"]["CNY"]["count"] == 2
    assert told["totals"]["CNY"]["amount_minor"] == 18800 + 20000
    assert (told["totals"]["CNY"]["matched_count"], told["totals"]["CNY"]["matched_minor"]) == (1, 18800)
    assert [one["reason"] for one in told["unmatched"]] == ["no_row"]


def test_every_place_leads_to_an_item(case):
    case.put("/x/result.json", export(said(1, PACKET)))
    case.put("/x/bill.csv", bill(("2022-06-12 20:01:30", "客户甲", "收入", "188.00", "7")))
    found = dossier(case)
    assert found.items[found.ledger.payments[0].locator.file] == "ITEM-0001"
    assert found.items[found.ledger.rows[0].locator.file] == "ITEM-0002"
    assert [(one.item, one.count) for one in (*found.chats, *found.bills)] == [("ITEM-0001", 1), ("ITEM-0002", 1)]


def test_a_file_within_an_archive_leads_to_the_item_of_the_archive(case):
    import io
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("export/result.json", export(said(1, PACKET)))
    case.put("/x/export.zip", stream.getvalue())
    found = dossier(case)
    assert found.ledger.payments[0].locator.file == digest(export(said(1, PACKET)))
    assert found.items[found.ledger.payments[0].locator.file] == "ITEM-0001"


def test_the_same_export_collected_twice_counts_once(case):
    content = export(said(1, PACKET), said(2, PACKET))
    case.put("/x/result.json", content)
    case.put("/y/again.json", content)
    assert totals(case)["CNY"]["count"] == 2


def test_another_export_of_the_same_chat_counts_once(case):
    first = export(said(1, PACKET, user="user1"), said(2, "[转账] 200.00元", user="user1"))
    second = export(said(1, PACKET, user="user1"), said(2, "[转账] 200.00元", user="user1"), said(3, "later"))
    case.put("/x/result.json", first)
    case.put("/y/result.json", second)
    assert totals(case)["CNY"]["count"] == 2
    assert len(dossier(case).ledger.duplicates) == 2


def test_payments_of_an_erased_item_vanish_and_the_erasure_is_said(case):
    item = case.put("/x/result.json", export(said(1, PACKET)))
    case.put("/x/other.json", export(said(1, "[转账] 200.00元"), number=7))
    assert totals(case)["CNY"]["amount_minor"] == 38800
    case.erase(item)
    assert totals(case)["CNY"]["amount_minor"] == 20000
    assert [(one.what, item in one.detail) for one in dossier(case).problems] == [("erased", True)]


def test_a_sealed_table_is_in_no_total_and_is_a_problem(case):
    content = export(said(1, PACKET))
    seal = {"plain": {"sha256": digest(content), "blake3": "0" * 64, "size": len(content)}}
    case.collect("/x/result.json", content, sealed=seal)
    case.examine(content, "result.json", sealed={"plain": {"sha256": "1" * 64, "blake3": "0" * 64, "size": 1}})
    found = dossier(case)
    assert not found.ledger.payments
    assert [one.what for one in found.problems] == ["sealed"]
    assert not is_empty(found)


def test_a_table_that_is_not_at_hand_is_a_problem_and_the_others_count(case):
    case.put("/x/result.json", export(said(1, PACKET)))
    case.put("/x/other.json", export(said(1, "[转账] 200.00元"), number=7))
    del case.blobs[dossier(case).chats[0].table]
    found = dossier(case)
    assert [one.amount_minor for one in found.ledger.payments] == [20000]
    assert [one.what for one in found.problems] == ["not at hand"]


def test_a_broken_table_gives_what_came_before_and_one_problem(case):
    case.put("/x/result.json", export(said(1, PACKET), said(2, PACKET)))
    table = dossier(case).chats[0].table
    case.blobs[table] = case.blobs[table][:-20]
    found = dossier(case)
    assert len(found.ledger.payments) == 1
    assert [one.what for one in found.problems] == ["not at hand"]


def test_truncated_json_gives_the_messages_before_and_says_so(case):
    content = export(said(1, PACKET), said(2, PACKET), said(3, "x" * 500))[:-300]
    case.put("/x/result.json", content)
    found = dossier(case)
    assert len(found.ledger.payments) == 2
    assert found.ledger.problems


def test_a_later_examination_by_usual_settings_does_not_undo_what_a_person_said(case):
    text = "2022/6/12 20:01 - 客户甲: [转账] 200.00元\n2022/6/12 20:02 - 客户乙: hi\n".encode()
    case.collect("/x/chat.txt", text)
    case.examine(text, "chat.txt", ChatsAnalyzer(zone="Asia/Shanghai"))
    case.examine(text, "chat.txt", ChatsAnalyzer())
    (payment,) = dossier(case).ledger.payments
    assert payment.zone == "assumed:Asia/Shanghai"
    case.examine(text, "chat.txt", ChatsAnalyzer(zone="Europe/Paris"))
    assert dossier(case).ledger.payments[0].zone == "assumed:Europe/Paris"


def test_mixed_zones_are_never_compared(case):
    text = "2022/6/12 20:01 - 客户甲: [转账] 200.00元\n2022/6/12 20:02 - 客户乙: hi\n".encode()
    case.put("/x/chat.txt", text)
    case.put("/x/bill.csv", bill(("2022-06-12 20:01:30", "客户甲", "收入", "200.00", "7")))
    ledger = dossier(case).ledger
    assert not ledger.matches
    assert ledger.unmatched[0].reason == "zone_unknown"


def test_payments_by_an_account_in_question_are_paid_out(case):
    case.put("/x/result.json", export(said(1, PACKET), said(2, "[转账] 200.00元", name="小鹿")))
    case.state("account", name="小鹿")
    sums = totals(case)["CNY"]
    assert (sums["count"], sums["amount_minor"]) == (1, 18800)
    assert (sums["paid_out_count"], sums["paid_out_minor"]) == (1, 20000)
    assert [one.customer for one in dossier(case).ledger.chains] == ["客户甲"]
    case.state("account", name="小鹿", is_withdrawn=True)
    assert totals(case)["CNY"]["count"] == 2


def test_an_account_of_one_chat_is_not_in_question_in_another(case):
    case.put("/x/a.json", export(said(1, PACKET, name="小鹿"), number=1))
    case.put("/x/b.json", export(said(1, "[转账] 200.00元", name="小鹿"), number=2))
    chats = {one.amount_minor: one.chat for one in dossier(case).ledger.payments}
    case.state("account", name="小鹿", chat=chats[18800])
    ways = {one.amount_minor: one.direction for one in dossier(case).ledger.payments}
    assert ways == {18800: "out", 20000: "unknown"}


def test_an_alias_joins_an_account_and_a_name_in_a_bill(case):
    case.put("/x/result.json", export(said(1, PACKET, minute=1), said(2, PACKET, minute=2, name="客户乙")))
    rows = [
        ("2022-06-12 20:01:30", "张三", "收入", "188.00", "7"),
        ("2022-06-12 20:02:30", "李四", "收入", "188.00", "8"),
    ]
    case.put("/x/bill.csv", bill(*rows))
    assert not dossier(case).ledger.matches
    case.state("alias", account="客户甲", alias="张三", number=1)
    assert [one.basis for one in dossier(case).ledger.matches][:1] == ["counterparty"]


def test_screenshots_as_read_are_a_class_of_their_own(case):
    case.put("/x/result.json", export(said(1, PACKET)))
    picture = case.collect("/x/shot.png", b"picture", media_type="image/png")
    paid = {"amount_minor": 8800, "currency": "CNY", "at_shown": "2022-06-12 20:01", "payer": "客户丙", "payee": "小鹿"}
    lines = [{"text": "转账给小鹿 换脸定制"}]
    case.state("reading", items=(picture,), content=digest(b"picture"), name="shot.png", payments=[paid], lines=lines)
    told = money_json(dossier(case).ledger)
    assert told["totals"]["CNY"]["amount_minor"] == 18800
    assert told["by_certainty"]["shown_on_screenshot"]["CNY"]["amount_minor"] == 8800
    assert "STATEMENT-0001" in {one.locator.record for one in dossier(case).leads}


def test_two_screenshots_of_one_payment_count_once(case):
    paid = {
        "amount_minor": 8800,
        "currency": "CNY",
        "at_shown": "2022-06-12 20:01:10",
        "zone": "Asia/Shanghai",
        "payer": "客户丙",
    }
    for number, content in enumerate((b"one", b"two"), 1):
        picture = case.collect(f"/x/{number}.png", content)
        case.state("reading", number=number, items=(picture,), content=digest(content), name="x", payments=[paid])
    ledger = dossier(case).ledger
    assert (len(ledger.shown), [one.reason for one in ledger.duplicates]) == (1, ["other screenshot"])


def test_slang_that_was_stated_for_the_case_is_counted(case):
    case.put("/x/result.json", export(said(1, "今晚开车"), said(2, "开车")))
    case.state("slang", word="开车", meaning="posting clips", by="examiner")
    (use,) = [one for one in dossier(case).slang if one.slang.word == "开车"]
    assert (use.count, use.slang.interpreted_by) == (2, "examiner")


def test_media_that_lay_beside_an_export_are_linked_by_digest(case):
    message = said(1, "看", photo="photos/a.jpg", width=1, height=1)
    case.put("/x/chat/result.json", export(message))
    case.collect("/x/chat/photos/a.jpg", CLIP)
    case.collect("/y/photos/a.jpg", b"another")
    (work,) = dossier(case).works
    assert work.copies == (digest(CLIP),)


def test_nothing_outside_of_the_folder_of_an_export_is_linked(case):
    names = ("../secret.jpg", "/x/secret.jpg", "..\\secret.jpg", "photos/../../secret.jpg")
    case.put("/x/chat/result.json", export(*(said(n, "看", photo=name) for n, name in enumerate(names))))
    case.collect("/x/secret.jpg", CLIP)
    assert dossier(case).works == ()


def test_a_name_that_leads_to_two_contents_is_not_linked(case):
    case.put("/x/chat/result.json", export(said(1, "看", photo="photos/a.jpg")))
    item = case.collect("/x/chat/photos/a.jpg", CLIP)
    case.collect("/x/chat/photos/a.jpg", COPY, item=item)
    assert dossier(case).works == ()


def test_copies_are_one_work_only_where_a_comparison_found_it(case):
    case.put("/x/a/result.json", export(said(1, "看", file="a.mp4"), said(2, "看", file="b.mp4")))
    case.collect("/x/a/a.mp4", CLIP)
    case.collect("/x/a/b.mp4", COPY)
    assert sorted(len(one.posts) for one in dossier(case).works) == [1, 1]
    case.match(CLIP, COPY)
    (work,) = dossier(case).works
    assert (len(work.posts), len(work.copies)) == (2, 2)
    assert work.work.basis.startswith("source.match ")
    case.match(CLIP, COPY, about="none")
    assert len(dossier(case).works) == 2


def test_the_footage_from_which_a_clip_was_made_is_another_work(case):
    names = ("original", "swap", "repost")
    files = [said(n, "看", file=f"{name}.mp4") for n, name in enumerate(names, 1)]
    case.put("/x/a/result.json", export(*files, said(4, "看", file="original.mp4")))
    contents = {name: b"a clip: " + name.encode() for name in names}
    for name, content in contents.items():
        case.collect(f"/x/a/{name}.mp4", content)
    case.match(*contents.values())
    (work,) = dossier(case).works
    assert set(work.uncompared) == {digest(one) for one in contents.values()}
    case.compare(contents["swap"], contents["original"])
    original, swap = sorted(dossier(case).works, key=lambda one: one.work.title)
    assert (original.copies, len(original.posts)) == ((digest(contents["original"]),), 2)
    assert (swap.copies, len(swap.posts)) == ((digest(contents["swap"]), digest(contents["repost"])), 2)
    assert swap.first_seen == swap.posts[0].at == datetime(2022, 6, 12, 12, 2, tzinfo=UTC)
    assert (swap.uncompared, original.uncompared) == ((digest(contents["repost"]),), ())
    assert swap.work.comparisons == original.work.comparisons != ()
    (told,) = spread_json([swap])["works"]
    assert (told["not_compared_posts"], told["may_hold_unaltered"], told["is_first_not_compared"]) == (1, True, False)


def test_the_newest_comparison_that_came_to_a_verdict_tells_works_apart(case):
    case.put("/x/a/result.json", export(said(1, "看", file="a.mp4"), said(2, "看", file="b.mp4")))
    case.collect("/x/a/a.mp4", CLIP)
    case.collect("/x/a/b.mp4", COPY)
    case.match(CLIP, COPY)
    case.compare(CLIP, COPY)
    assert len(dossier(case).works) == 2
    case.compare(COPY, CLIP, "indeterminate", Result.INDETERMINATE)
    assert len(dossier(case).works) == 2
    case.compare(COPY, CLIP, "corresponds")
    (work,) = dossier(case).works
    assert work.uncompared == ()


def test_a_work_has_the_first_name_that_any_post_gives_it(case):
    case.put("/x/a/result.json", export(said(1, "看", file="a.mp4"), said(2, "看", file="b.mp4")))
    case.collect("/x/a/a.mp4", CLIP)
    case.collect("/x/a/b.mp4", COPY)
    case.match(CLIP, COPY)
    names = {digest(CLIP): "", digest(COPY): "b.mp4"}
    assert [one.title for one in works_of(case.snapshot, names)] == ["b.mp4"]


@pytest.mark.parametrize("folders", [("a", "b"), ("b", "a")])
def test_a_customer_has_one_chain_whichever_export_comes_first(case, folders):
    named = [said(n, "[转账] 200.00元", name="客户甲", user="user7") for n in (1, 3, 5)]
    nameless = [{name: value for name, value in one.items() if name != "from_id"} for one in named]
    given = {folders[0]: export(*named), folders[1]: export(*nameless, number=9001)}
    for folder in sorted(given):
        case.put(f"/x/{folder}/result.json", given[folder])
    ledger = dossier(case).ledger
    assert {one.payer_id for one in ledger.payments} == {"user7"}
    assert [len(one.payments) for one in ledger.chains] == [3]
    assert {one.kept for one in ledger.duplicates} == {one.id for one in ledger.payments}


def test_a_post_that_two_exports_have_is_one_repost(case):
    sale = [
        said(1, "[口令红包] 188.00元"),
        said(2, "给", name="小鹿", file="a.mp4", reply_to_message_id=1),
        said(5, "看", name="小鹿", file="a.mp4"),
    ]
    case.put("/x/a/result.json", export(*sale))
    case.put("/x/b/result.json", export(*sale[1:], said(9, "别的")))
    for folder in "ab":
        case.collect(f"/x/{folder}/a.mp4", CLIP)
    (chain,) = dossier(case).ledger.chains
    reposts = [one for one in chain.links if one.kind == "repost"]
    assert [(one.message, len(one.also)) for one in reposts] == [("5", 1)]


def test_a_payment_on_a_screenshot_leads_to_the_row_of_the_bill_and_adds_nothing(case):
    case.put("/x/bill.csv", bill(("2022-06-12 20:05:30", "客户丁", "收入", "288.00", "1" * 28)))
    before = money_json(dossier(case).ledger)["by_certainty"]["confirmed_by_bill"]
    shown = {"amount_minor": 28800, "currency": "CNY", "at_shown": "2022-06-12 20:05", "zone": "Asia/Shanghai"}
    case.state("reading", items=("ITEM-0001",), content="9" * 64, payments=[{**shown, "payer": "客户丁"}])
    ledger = dossier(case).ledger
    (match,), (payment,), (row,) = ledger.beside, ledger.shown, ledger.rows
    assert (match.payment, match.row, match.basis) == (payment.id, row.id, "counterparty")
    assert matched_with(ledger)[payment.id] == matched_with(ledger)[row.id] == match
    told = money_json(ledger)["by_certainty"]
    assert told["confirmed_by_bill"] == before
    assert (told["shown_on_screenshot"]["CNY"]["count"], told["shown_on_screenshot"]["CNY"]["matched_count"]) == (1, 1)
    assert ledger.matches == ()


def test_a_number_on_a_screenshot_leads_to_its_row_whatever_the_names(case):
    number = "1000050001202206120000000001"
    case.put("/x/bill.csv", bill(("2022-06-12 20:05:30", "夏天的云", "收入", "288.00", number)))
    told = {"amount_minor": 28800, "currency": "CNY", "at_shown": "昨天", "payer": "客户丁"}
    case.state("reading", content="9" * 64, lines=[{"text": f"转账单号 {number}"}], payments=[told])
    assert [one.basis for one in dossier(case).ledger.beside] == ["reference"]
    two = [told, {**told, "amount_minor": 100}]
    case.state("reading", content="9" * 64, lines=[{"text": f"转账单号 {number}"}], payments=two)
    assert dossier(case).ledger.beside == ()


def test_a_screenshot_of_a_chat_is_no_second_source_of_what_the_chat_states(case):
    case.put("/x/result.json", export(said(5, "[转账] 288.00元", name="客户丁")))
    shown = {"amount_minor": 28800, "currency": "CNY", "at_shown": "2022-06-12 20:05", "zone": "Asia/Shanghai"}
    case.state("reading", content="9" * 64, payments=[{**shown, "payer": "客户丁"}])
    ledger = dossier(case).ledger
    assert [(one.payment, one.row) for one in ledger.beside] == [(ledger.shown[0].id, ledger.payments[0].id)]
    assert matched_with(ledger) == {}
    assert all(one.matched.count == 0 for one in ledger.sums)
    (told,) = money_json(ledger)["matches"]
    assert told["classes"] == ["shown_on_screenshot", "stated_in_chat"]


def test_a_row_of_somebody_else_is_not_the_row_of_a_screenshot_without_a_name(case):
    case.put("/x/result.json", export(said(5, "[转账] 288.00元", name="客户丁")))
    case.put("/x/bill.csv", bill(("2022-06-12 20:05:30", "客户丁", "收入", "288.00", "1" * 28)))
    shown = {"amount_minor": 28800, "currency": "CNY", "at_shown": "2022-06-12 19:40", "zone": "Asia/Shanghai"}
    case.state("reading", content="9" * 64, payments=[shown])
    ledger = dossier(case).ledger
    assert (len(ledger.matches), ledger.beside) == (1, ())


def test_an_empty_file_is_no_work(case):
    case.put("/x/a/result.json", export(said(1, "看", file="a.mp4"), said(2, "看", file="b.mp4")))
    case.collect("/x/a/a.mp4", b"")
    case.collect("/x/a/b.mp4", b"")
    assert dossier(case).works == ()


def test_views_that_a_platform_displays_belong_to_the_work(case):
    case.put("/x/a/result.json", export(said(1, "看", file="a.mp4")))
    case.collect("/x/a/a.mp4", CLIP)
    item = case.collect("https://example.org/v", CLIP, role="media", media_type="video/mp4")
    acquisition = case.snapshot.acquisitions[-1].record
    clip = replace(acquisition.artifacts[0], name=type(acquisition.artifacts[0].name)("v1.mp4"))
    case.collect("v1.info.json", json.dumps({"view_count": 1200}).encode(), role="media-info", item=item)
    info = case.snapshot.acquisitions[-1].record.artifacts[0]
    joined = replace(case.snapshot.acquisitions[-1], record=replace(acquisition, artifacts=(clip, info)))
    case.snapshot = replace(case.snapshot, acquisitions=(*case.snapshot.acquisitions[:-2], joined))
    (work,) = dossier(case).works
    assert (work.views_lower, work.views_upper) == (1200, 1200)
    assert (work.views[0].locator.name, work.views[0].locator.record) == ("https://example.org/v", "view_count")


def test_leads_from_words_are_those_from_messages(case):
    texts = [
        "换脸视频定制，300元一个",
        "ＡＩ换\u200b脸视频 出售",
        "今天天气很好",
        "DFL教程\n包教包会",
        "\u202eevil\u202c 换脸多少钱",
    ]
    case.put("/x/result.json", export(*(said(n, text) for n, text in enumerate(texts))))
    by_words = dossier(case).leads
    findings = [
        replace(one, record=replace(one.record, attachments=one.record.attachments[:1]))
        for one in case.snapshot.findings
    ]
    case.snapshot = replace(case.snapshot, findings=tuple(findings))
    assert dossier(case).chats[0].words == ""
    assert by_words == dossier(case).leads
    assert {one.topic for one in by_words} >= {"offer", "tutorial", "order"}


def test_the_dossier_of_one_snapshot_is_always_the_same(case):
    case.put(
        "/x/result.json",
        export(said(1, "定制换脸 300"), said(2, PACKET), said(3, "看", file="a.mp4", reply_to_message_id=2)),
    )
    case.collect("/x/a.mp4", CLIP)
    first, second = dossier(case), dossier(case)
    assert first == second
    assert [link.kind for link in first.ledger.chains[0].links].count("delivery") <= 1


def test_a_bill_by_mapping_counts_beside_others(case):
    mapping = 'zone = "Asia/Shanghai"\n[columns]\ntime = "日期"\namount = "金额"\ncounterparty = "对方"\n'
    content = "日期,金额,对方\n2022-06-12 20:01:30,188.00,客户甲\n".encode()
    case.collect("/x/bank.csv", content)
    case.examine(content, "bank.csv", BillsAnalyzer(mapping=mapping))
    case.examine(content, "bank.csv")
    assert [(one.payer, one.amount_minor) for one in dossier(case).ledger.rows] == [("客户甲", 18800)]


def test_an_account_of_one_chat_can_be_stated_by_the_title_of_the_chat(case):
    case.put("/x/a.json", export(said(1, PACKET, name="小鹿"), number=1, title="一群"))
    case.put("/x/b.json", export(said(1, "[转账] 200.00元", name="小鹿"), number=2, title="二群"))
    case.state("account", name="小鹿", chat="一群")
    ways = {one.amount_minor: one.direction for one in dossier(case).ledger.payments}
    assert ways == {18800: "out", 20000: "unknown"}
