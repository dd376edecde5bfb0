from __future__ import annotations

from dataclasses import replace

import pytest

from forensics.chats.message import Chat
from forensics.chats.payment import OUT
from forensics.model import Result, Sensitivity
from forensics.reporter import html, pdf
from forensics.reporter.blocks import Cover, Pairs, ReportView, Running
from forensics.reporter.measured import arranged
from forensics.reporter.picture import Thumbnails
from forensics.reporter.tally_record import platform_id, record_said
from forensics.reporter.tally_sign import signs
from forensics.reporter.wording import words
from tests.fakes import dossiers, snapshots
from tests.unit.proof.exports import GROUP, at, row
from tests.unit.proof.exports import said as message
from tests.unit.reporter.conftest import LANGUAGES
from tests.unit.reporter.money_sections import built, inner, rows, said, tables, templates

THIRD = (*dossiers.BUYERS, "闲人乙", "闲人丙", "转发人", "陌生人", "张*")


@pytest.fixture(scope="module")
def dossier():
    return dossiers.make()


@pytest.fixture(scope="module")
def found(dossier):
    return built("facts", dossier)


def named(dossier, language="en"):
    spoken = words(templates(), language=language, jurisdiction="cn")
    return signs(dossiers.snapshot().statements, dossier, spoken)


def test_facts_that_persons_state_come_first_and_say_who_states_them(found):
    assert found.sections[0].anchor == "facts-stated"
    (table,) = tables(found.sections[0])
    assert "Stated by Li Wei" in table[0][1]
    assert "(STATEMENT-0003)" in table[0][1]
    assert "For element E8" in table[0][1]
    assert "向小鹿工作室支付了300元定制费" in table[0][1]


def test_a_stated_fact_without_items_has_none_behind_it(found):
    (table,) = tables(found.sections[0])
    assert [(one[3], one[4]) for one in table] == [("2", "–"), ("0", "No item is named that supports it.")]


def test_a_withdrawn_fact_is_not_printed(dossier):
    case = dossiers.snapshot()
    first = next(one for one in case.statements if one.record.id == "STATEMENT-0004")
    gone = replace(first, ref="9/0", record=replace(first.record, is_withdrawn=True))
    text = said(built("facts", dossier, snapshot=replace(case, statements=(*case.statements, gone))))
    assert "STATEMENT-0004" not in text
    assert "STATEMENT-0003" in text


def test_payments_say_for_how_many_there_is_a_second_independent_item(found):
    (table,) = tables(inner(found, "facts-payments"))
    assert [(one[3], one[4]) for one in table] == [
        (
            "2 for 3 of 8, otherwise 1",
            "Without one row of a bill of their own: 5. Refunds and what was paid out are among them.",
        ),
        ("1", "Payments on screenshots with which no row of a bill agrees: 1."),
        ("2 for 3 of 4, otherwise 1", "Rows without one message or screenshot of their own: 1."),
    ]
    assert "7 payments, at least CNY 1,530.80." in table[0][1]
    assert "Refunds, apart: 1, CNY 88.80." in table[0][1]


def lead_texts(dossier):
    (table,) = tables(inner(built("facts", dossier), "facts-leads"))
    return {one[1].partition(":")[0]: one[1] for one in table}


PRICES = "价目表：换脸定制 188.00元一条；教程 365.00元；软件整合包 688.00元"


def test_a_message_that_fits_two_rules_is_one_message_and_two_leads():
    rows_ = [GROUP, message(1, PRICES, dossiers.SELLER)]
    made = dossiers.make(rows_, bills=[])
    assert sorted(one.rule for one in made.leads if one.topic == "offer") == ["offer-price-list", "offer-swap"]
    assert lead_texts(made)["Offers"] == "Offers: 1 message, 2 leads. Messages of accounts in question among them: 1."


def test_a_message_that_two_exports_have_is_counted_once():
    said_, paid = message(1, PRICES, dossiers.SELLER), message(2, "[口令红包] 188.00元", "客户")
    other = [replace(one, locator=replace(one.locator, file="c" * 64)) for one in (said_, paid)]
    made = dossiers.make([GROUP, said_, paid, GROUP, *other], bills=[])
    assert sum(one.topic == "offer" for one in made.leads) == 4
    assert lead_texts(made)["Offers"].startswith("Offers: 1 message, 2 leads.")


def test_the_same_words_in_two_unrelated_chats_are_two_messages():
    once = message(1, PRICES, dossiers.SELLER)
    twice = replace(once, chat="g9", locator=replace(once.locator, file="c" * 64))
    made = dossiers.make([GROUP, once, Chat("g9", "三群", "group", "telegram-json"), twice], bills=[])
    assert lead_texts(made)["Offers"].startswith("Offers: 2 messages, 4 leads.")


def test_the_same_words_twice_in_one_export_are_two_messages():
    made = dossiers.make([GROUP, *(message(n, PRICES, dossiers.SELLER, when=at(1)) for n in (1, 2))], bills=[])
    assert lead_texts(made)["Offers"].startswith("Offers: 2 messages, 4 leads.")


def test_offers_of_others_are_told_from_those_of_accounts_in_question():
    made = dossiers.make([GROUP, message(1, PRICES, "客户")], bills=[])
    assert lead_texts(made)["Offers"].endswith("Messages of accounts in question among them: 0.")


def test_the_holder_of_a_bill_whom_nobody_stated_is_called_so():
    bills = [
        row(1, 100, "客户", payee="holder@example.com"),
        row(2, 50, "holder@example.com", payee="店", direction=OUT),
    ]
    made = dossiers.make([], bills=bills)
    assert named(made).account("holder@example.com") == "bill holder"
    assert named(made).text("付给holder@example.com") == "付给[bill holder]"
    assert "stands as “bill holder”" in said(built("facts", made))


def test_a_holder_who_is_in_question_is_named_as_such():
    made = dossiers.make([], bills=[row(1, 100, "客户", payee=dossiers.SELLER)])
    assert named(made).account(dossiers.SELLER) == dossiers.SELLER
    assert "bill holder" not in said(built("facts", made))


def test_two_holders_have_numbers():
    made = dossiers.make([], bills=[row(1, 100, "客户", payee="甲号"), row(2, 100, "客户", payee="乙号")])
    assert [named(made).account(name) for name in ("甲号", "乙号")] == ["bill holder 1", "bill holder 2"]


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        ("line 12", "第12行"),
        ("message22, line 81", "message22，第81行"),
        ("message 3", "第3条消息"),
        ("STATEMENT-0004 payment 2", "STATEMENT-0004第2笔"),
        ("messages[12]", "messages[12]"),
        ("chats.list[0].messages[3]", "chats.list[0].messages[3]"),
        ("preamble", "表头之前"),
        ("line 1, =cmd()", "第1行，=cmd()"),
    ],
)
def test_a_place_is_said_in_the_language_of_the_report(record, shown):
    assert record_said(record, words(templates(), language="zh", jurisdiction="cn")) == shown


@pytest.mark.parametrize(
    ("chat", "number"),
    [("page", ""), ("chat", ""), ("2022 chats.zip: chat", ""), ("#3", ""), ("1770002134", "1770002134")],
)
def test_an_id_that_a_reader_made_up_is_no_id_of_a_platform(chat, number):
    assert platform_id(chat) == number


def test_a_group_has_the_number_that_another_export_displays():
    bare = replace(dossiers.GROUP, members_shown=None)
    copies = [replace(one, locator=replace(one.locator, file="c" * 64)) for one in dossiers.conversation()[1:6]]
    made = dossiers.make([*dossiers.conversation(), bare, *copies], bills=[])
    source = replace(made.chats[0], finding="9/0", item="ITEM-0003", content="c" * 64)
    told = {
        "count": 5,
        "chats": [{"id": "g1", "title": dossiers.GROUP.title, "kind": "group", "count": 5, "members": 3}],
    }
    case = dossiers.snapshot()
    one = snapshots.finding("c" * 64, "chat.messages", Result.FOUND, "Five messages.", values=told)
    case = replace(case, findings=(*case.findings, replace(case.findings[0], ref="9/0", record=one)))
    (table,) = tables(inner(built("facts", replace(made, chats=(source,)), snapshot=case), "facts-chats"))
    assert "Members as another export of the group displays them: 2,134." in table[0][1]
    assert "does not display" not in table[0][4]


def test_a_lead_is_to_be_read_and_counts_no_items(found):
    (table,) = tables(inner(found, "facts-leads"))
    assert {(one[3], one[4]) for one in table} == {("–", "To be read by a person.")}


def test_every_fact_has_its_number_and_its_place(found):
    every = rows(found)
    assert [one[0] for one in every] == [f"F-{n:02d}" for n in range(1, len(every) + 1)]
    assert all("ITEM-" in one[2] for one in every if "STATEMENT-0004" not in one[1])
    assert "(exhibit 1)" in said(found)


def test_two_exports_of_one_chat_are_one_independent_item():
    copies = [
        dossiers.GROUP,
        *(replace(one, locator=replace(one.locator, file="c" * 64)) for one in dossiers.conversation()[1:6]),
    ]
    section = built("facts", dossiers.make([*dossiers.conversation(), *copies], bills=[]))
    (content,) = tables(inner(section, "facts-content"))
    assert content[0][3] == "1"
    assert "ITEM-0003" in content[0][2]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", ["facts", "counts", "transcript"])
def test_no_name_of_a_third_party_is_printed(dossier, part, language):
    text = said(built(part, dossier, language=language))
    assert [name for name in THIRD if name in text] == []
    assert dossiers.SELLER in text


@pytest.mark.parametrize("secret", ["13812345678", "11010519491231002X", "6222021234567894"])
@pytest.mark.parametrize("part", ["facts", "counts", "transcript"])
def test_numbers_that_lead_to_persons_are_masked(dossier, part, secret):
    assert secret not in said(built(part, dossier))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("打我电话１３８１２３４５６７８吧", "打我电话[telephone number, not shown]吧"),
        ("call +33 6 12 34 56 78", "call [telephone number, not shown]"),
        ("06 12 34 56 78", "[telephone number, not shown]"),
        ("write to li.wei@example.org", "write to [mail address, not shown]"),
        ("单号10000398012022061200", "单号10000398012022061200"),
        ("6222021234567890", "6222021234567890"),
        ("188.00元，2022-06-12 12:00:00", "188.00元，2022-06-12 12:00:00"),
        ("@王小明 你好", "@[A01] 你好"),
        ("anna example paid", "[A02] paid"),
        ("Joanna Examples", "Joanna Examples"),
        ("小鹿工作室出品", "小鹿工作室出品"),
    ],
)
def test_texts_are_masked_where_they_lead_to_third_parties_and_nowhere_else(dossier, text, shown):
    assert named(dossier).text(text) == shown


def test_one_sign_stands_for_one_name_in_every_spelling(dossier):
    made = named(dossier)
    assert made.account("anna example") == made.account("Ａnna  Example") == "A02"
    assert made.account("") == "not shown"
    assert made.account(dossiers.SELLER) == dossiers.SELLER


def test_without_a_stated_account_every_account_has_a_sign(dossier):
    case = replace(dossiers.snapshot(), statements=())
    text = said(built("facts", dossiers.make(accounts=()), snapshot=case))
    assert dossiers.SELLER not in text
    assert "Nobody has stated yet which accounts are in question" in text


def test_a_name_that_is_a_word_of_slang_leaves_the_texts_as_they_are():
    rows_ = [GROUP, message(1, "[口令红包] 10.00元", "换脸"), message(2, "换脸多少钱", "乙丙")]
    text = said(built("transcript", dossiers.make(rows_, bills=[])))
    assert "换脸多少钱" in text


def test_what_a_protected_item_holds_is_not_printed(dossier):
    case = dossiers.snapshot()
    items = tuple(
        replace(one, record=replace(one.record, sensitivity=Sensitivity.INTIMATE))
        if one.record.id == "ITEM-0001"
        else one
        for one in case.items
    )
    hidden = replace(case, items=items)
    assert any(one.record.id == "ITEM-0001" for one in items)
    text = said(built("transcript", dossier, snapshot=hidden)) + said(built("counts", dossier, snapshot=hidden))
    assert "换脸视频定制" not in text
    assert "[not shown]" in text


def test_hostile_texts_are_drawn_as_text(dossier):
    rows_ = [
        GROUP,
        message(1, "[口令红包] 10.00元", "<img src=x onerror=alert(1)>"),
        message(
            2, "=cmd|'/c calc'!A0 价格 换脸 出售 <script>alert(2)</script> \u202ecod.exe 😀 {braces}", dossiers.SELLER
        ),
        message(3, "第一行\n[deleted or withdrawn, as the export states]", dossiers.SELLER),
    ]
    made = dossiers.make(rows_, bills=[])
    parts = tuple(built(name, made) for name in ("facts", "counts", "transcript"))
    cover, running = Cover("T", "s", Pairs((("a", "b"),), "cover"), ()), Running(("a", "b"), "r", "{page}")
    view = ReportView("en", "N", "a", "x", 0, cover, running, parts)
    pictures = Thumbnails(dossiers.snapshots.Case.open_blob)
    page = html.render(view, pictures=pictures, templates=templates()).decode()
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(2)&lt;/script&gt; [U+202E]cod.exe [U+1F600] {braces}" in page
    assert "=cmd|" in page
    assert pdf.render(view, pictures=pictures, templates=templates()).startswith(b"%PDF")


def test_a_case_without_chats_and_stated_facts_has_no_such_part():
    case = snapshots.small(jurisdiction="cn").snapshot()
    empty = replace(dossiers.make([], bills=[]), chats=())
    assert built("facts", empty, snapshot=case) is None
    assert built("facts", None, snapshot=case) is None
    assert built("facts", empty) is not None


def test_the_values_of_findings_about_chats_are_printed_without_names():
    told = {"account_count": 1, "members": [{"name": "王小明", "earlier_names": ["小王"], "count": 3}]}
    seen = snapshots.finding("a" * 64, "chat.members", Result.FOUND, "One account.", values=told)
    chats = {"count": 3, "chats": [{"title": "王小明", "count": 3}]}
    read = snapshots.finding("a" * 64, "chat.messages", Result.FOUND, "Three messages.", values=chats)
    held = snapshots.finding(
        "a" * 64, "bill.rows", Result.FOUND, "Three rows.", values={"count": 3, "holder": "王小明"}
    )
    parted = [arranged(one) for one in (seen, read, held)]
    assert "小" not in repr(parted)
    assert all(one.plain or one.rest for one in parted)
