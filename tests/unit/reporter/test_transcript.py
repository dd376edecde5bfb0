from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes import dossiers
from tests.unit.proof.exports import said as message
from tests.unit.reporter.money_sections import built, inner, said, tables


@pytest.fixture(scope="module")
def annex():
    return built("transcript", dossiers.make())


def test_every_payment_lead_and_post_has_its_message_with_the_reason(annex):
    lines = {one[3]: one for table in tables(inner(annex, "transcript-extracts")) for one in table}
    made = dossiers.make()
    for payment in made.ledger.payments:
        assert f"payment {payment.id}" in lines[payment.locator.record][4]
    for hit in made.leads:
        assert f"(rule {hit.rule})" in lines[hit.locator.record][4]
    assert "post of ITEM-0004" in lines["messages[4]"][4]
    assert "delivery in the chain" in lines["messages[4]"][4]
    assert lines["messages[3]"][4] == "context"


def test_what_the_export_states_of_a_message_stands_beside_its_text(annex):
    lines = {one[3]: one for table in tables(inner(annex, "transcript-extracts")) for one in table}
    assert lines["messages[20]"][2] == "新片"
    assert "forwarded from “星光资源群”" in lines["messages[20]"][4]
    assert "forwarded from A01" in lines["messages[21]"][4]
    assert "file ITEM-0004" in lines["messages[4]"][4]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "join_group_by_link: inviter: 王小明",
            "noted by the program: joined the group by a link; who invited, or made the link: A",
        ),
        ('invite_members: members: ["王小明", null]', "noted by the program: members invited; accounts listed: A"),
        ("edit_group_title: title: 新群", "noted by the program: title of the group changed; title “新群”"),
        ("pin_message: message_id: 5", "noted by the program: message pinned"),
    ],
)
def test_a_known_service_line_is_said_in_words_beside_the_line_itself(text, shown):
    line = service_line(text)
    assert shown in line[4]
    assert line[2].startswith(text.partition(":")[0])
    assert "王小明" not in "".join(line)


def test_an_unknown_service_line_stands_as_it_is():
    line = service_line("boost_apply: boosts: 3")
    assert line[2] == "boost_apply: boosts: 3"
    assert "noted by the program" not in line[4]


def test_an_account_cannot_write_a_service_line():
    assert "noted by the program" not in service_line("join_group_by_link: inviter: 王小明", kind="text")[4]


def service_line(text, kind="system"):
    rows = [
        dossiers.GROUP,
        message(1, text, "王小明", kind=kind),
        message(2, "[口令红包] 10.00元", "王小明"),
    ]
    section = built("transcript", dossiers.make(rows, bills=[]))
    return next(
        one for table in tables(inner(section, "transcript-extracts")) for one in table if one[3] == "messages[1]"
    )


def test_another_statement_of_a_payment_says_which_one_is_counted():
    paid = message(2, "[口令红包] 10.00元", "王小明")
    other = replace(paid, locator=replace(paid.locator, file="c" * 64))
    asked = message(3, "换脸多少钱", "王小明")
    again = replace(asked, locator=replace(asked.locator, file="c" * 64))
    made = dossiers.make([dossiers.GROUP, paid, asked, dossiers.GROUP, other, again], bills=[])
    (copy,) = made.ledger.duplicates
    lines = [one for table in tables(inner(built("transcript", made), "transcript-extracts")) for one in table]
    assert sum(f"payment {copy.kept} again, not counted twice" in one[4] for one in lines) == 1


def test_a_private_chat_is_named_by_a_sign(annex):
    text = said(annex)
    assert "private chat with A01" in text
    assert "王小明" not in text


def test_a_direction_mark_is_made_visible_and_a_long_text_is_cut_visibly(annex):
    lines = {one[3]: one for table in tables(inner(annex, "transcript-extracts")) for one in table}
    assert lines["messages[31]"][2].startswith("[U+202E]evil ")
    assert lines["messages[31]"][2].endswith("...")


def test_a_word_of_slang_says_who_interprets_it_and_where_it_stands(annex):
    (table,) = tables(inner(annex, "transcript-words"))
    first = table[0]
    assert tuple(first[:4]) == ("上车", "加入付费群", "Li Wei (STATEMENT-0005)", "0")
    swap = next(one for one in table if one[0] == "换脸")
    assert swap[2] == "the program’s glossary; to be checked in each case"
    assert swap[3] == "1"
    assert "“换脸视频定制，300元一个，联系我” (ITEM-0001, messages[0])" in swap[4]
