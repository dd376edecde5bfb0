from __future__ import annotations

import pytest

from tests.fakes import dossiers
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
