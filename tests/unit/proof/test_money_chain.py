from __future__ import annotations

from datetime import timedelta

from forensics.chats.message import Chat
from forensics.proof.dossier_lead import found_in
from forensics.proof.money_chain import chains
from forensics.proof.money_harvest import harvest
from forensics.proof.money_rule import load_rules
from forensics.proof.search_rule import load_searches
from tests.unit.proof.exports import GROUP, at, said

BOOK, SEARCHES = load_rules(), load_searches()
CLIP, COPY, OTHER = "1" * 64, "2" * 64, "3" * 64


def joined(rows, **options):
    return chains(rows, harvest(rows, BOOK).payments, found_in(rows, SEARCHES).hits, **options)


SALE = [
    GROUP,
    said(0, "换脸视频定制，300元一个", "小鹿"),
    said(1, "帮我做一个，照片发你", "客户甲"),
    said(2, "[口令红包] 300.00元", "客户甲"),
    said(3, "路过", "客户乙", files=[OTHER]),
    said(4, "成品", "小鹿", files=[CLIP], reply_to="2"),
    Chat("g2", "群二", "group", "telegram-json"),
    said(5, "新片", "小鹿", chat="g2", files=[COPY]),
]


def test_a_sale_is_joined_from_offer_to_repost():
    (chain,) = joined(SALE, works=[frozenset({CLIP, COPY})])
    assert [(one.kind, one.message) for one in chain.links] == [
        ("offer", "0"),
        ("order", "1"),
        ("payment", "2"),
        ("delivery", "4"),
        ("repost", "5"),
    ]
    assert chain.missing == ()
    assert chain.amount_minor == {"CNY": 30000}
    assert all(one.locator.record == f"messages[{one.message}]" for one in chain.links)


def test_a_file_that_answers_nobody_in_a_group_is_no_delivery():
    rows = [GROUP, said(2, "[口令红包] 300.00元"), said(4, "看", "小鹿", files=[CLIP])]
    (chain,) = joined(rows)
    assert chain.missing == ("offer", "order", "delivery", "repost")


def test_a_file_in_a_private_chat_is_a_delivery():
    chat = Chat("p", "小鹿", "private", "telegram-json")
    rows = [chat, said(2, "[转账] 300.00元", chat="p"), said(4, "给", "小鹿", chat="p", files=[CLIP])]
    (chain,) = joined(rows)
    assert [(one.kind, one.basis) for one in chain.links] == [("payment", "payment"), ("delivery", "private chat")]


def test_each_customer_has_a_chain_and_a_link_beyond_the_limit_is_none():
    rows = [
        *SALE,
        said(60, "[转账] 5元", "客户乙", when=at(60 * 24 * 40)),
        said(61, "帮我做一个视频", "客户丙", when=at(0)),
        said(62, "[转账] 7元", "客户丙", when=at(60 * 24 * 40)),
    ]
    made = joined(rows)
    assert [one.customer for one in made] == ["客户甲", "客户乙", "客户丙"]
    assert "order" in made[2].missing
    assert "order" not in joined(rows, within=timedelta(days=41))[2].missing


def test_an_account_in_question_is_no_customer():
    rows = [GROUP, said(1, "[红包] 5元", "小鹿")]
    assert joined(rows, accounts=frozenset({"小鹿"})) == ()


def test_a_payment_without_time_has_only_itself():
    rows = [GROUP, said(1, "帮我做一个视频"), said(2, "[转账] 5元")]
    lost = [row if isinstance(row, Chat) else _timeless(row) for row in rows]
    (chain,) = joined(lost)
    assert [one.kind for one in chain.links] == ["payment"]


def _timeless(message):
    values = {name: getattr(message, name) for name in message.__dataclass_fields__}
    return message.__class__(**values | {"sent_at": None, "local_at": None})
