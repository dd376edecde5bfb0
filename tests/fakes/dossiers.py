"""A made-up sale in three chats with a bill, as a case with its dossier, for tests of the report's parts on money."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from forensics.chats.bill import Skipped
from forensics.chats.message import Chat, Locator, Message, Problem
from forensics.chats.payment import SHOWN_ON_SCREENSHOT
from forensics.model import Exhibit, Snapshot, Statement
from forensics.proof.dossier import ChatSource, Dossier
from forensics.proof.dossier_lead import found_in
from forensics.proof.extract import passages, wanted_places
from forensics.proof.money import make_ledger
from forensics.proof.money_chain import chains
from forensics.proof.money_harvest import harvest
from forensics.proof.money_match import Matching
from forensics.proof.money_rule import load_rules
from forensics.proof.search_rule import load_searches
from forensics.proof.search_slang import load_slang
from forensics.proof.spread import Work, spread
from tests.fakes import snapshots
from tests.unit.proof.exports import START, at, row, said

SELLER = "小鹿工作室"
BUYERS = ("王小明", "Anna Example", '=HYPERLINK("http://x")', "<script>alert(1)</script>", "أحمد", "玩家😀7")
"""Names of third parties, some of them awkward."""

CLIP, COPY, OTHER, TABLE = (hashlib.sha256(name).hexdigest() for name in (b"clip", b"copy", b"other", b"table"))
GROUP = Chat("g1", "星光资源群", "group", "telegram-json", members_shown=2134)
SECOND = Chat("g2", "备用群", "group", "telegram-json", members_shown=900)
PRIVATE = Chat("p1", "王小明", "private", "telegram-json")

_FILES = {"a": "ITEM-0001", "b": "ITEM-0002", "c": "ITEM-0003"}


def conversation() -> list[Chat | Message | Problem]:
    """Gives the rows of one export: two groups and a private chat."""
    buyer, anna, formula, script, arabic, emoji = BUYERS
    rows: list[Any] = [
        GROUP,
        said(0, "换脸视频定制，300元一个，联系我", SELLER),
        said(1, "帮我做一个，照片发你，电话13812345678", buyer),
        said(2, "[口令红包] 300.00元", buyer),
        said(3, "路过", "闲人乙"),
        said(4, "成品", SELLER, files=[CLIP], reply_to="2"),
        said(5, "[口令红包] 188.00元", anna),
        said(6, "[转账] 200.00元", formula),
        said(7, "[口令红包] 88.80元", script),
        said(8, "[转账] 66.00元", arabic),
        said(9, "[口令红包] 188.00元", emoji),
        said(10, "@王小明 已经发你了，身份证11010519491231002X，卡号6222021234567894", SELLER),
        said(11, "[退款] 88.80元", SELLER),
        said(12, "教程打包出售，软件和模型都有，价格私聊", SELLER, when=at(12)),
        said(13, "[红包]", anna, kind="red_packet"),
        said(14, "我转了你200块", anna),
        said(15, "[口令红包] 50.00元", "转发人", forwarded_from="王小明"),
        SECOND,
        said(20, "新片", SELLER, chat="g2", files=[COPY], forwarded_from="星光资源群"),
        said(21, "再发一次", "闲人丙", chat="g2", files=[COPY], forwarded_from="王小明"),
        PRIVATE,
        said(30, "[转账] 500.00元", buyer, chat="p1", zone="unknown"),
        said(31, "\u202eevil " + "这是一个很长的消息。" * 80, buyer, chat="p1"),
        Problem("date", "王小明 的消息日期 2021-02-30 无法读取", Locator("a" * 64, "a.json", "messages[40]")),
    ]
    return rows


def bill() -> list[Any]:
    """Gives the rows of a bill: three that match, one that does not, one that could not be read, one that is none."""
    return [
        row(2, 30000, BUYERS[0], when=at(2, 30)),
        row(5, 18800, BUYERS[1], when=at(5, 10)),
        row(6, 20000, "张*", when=at(6, 20), reference="1000039801202206120000000001"),
        row(90, 99900, "陌生人", when=at(90)),
        Problem("amount", "1,88.00; the row is in no total", Locator("b" * 64, "bill.csv", "line 91")),
        Skipped("the amount is zero", "0.00", Locator("b" * 64, "bill.csv", "line 92")),
    ]


def make(
    rows: Iterable[Any] | None = None, *, bills: Iterable[Any] | None = None, accounts: Iterable[str] = (SELLER,)
) -> Dossier:
    """Compiles the dossier with the real functions."""
    messages = conversation() if rows is None else list(rows)
    names = frozenset(accounts)
    paid = harvest(messages, load_rules(), accounts=names)
    shown = replace(
        row(70, 6600, BUYERS[4], when=at(8, 5)), id="shot-1", certainty=SHOWN_ON_SCREENSHOT,
        locator=Locator("c" * 64, "shot.png", "STATEMENT-0002 payment 1"),
    )  # fmt: skip
    ledger = make_ledger(
        paid, bill() if bills is None else bills, shown=[shown] if bills is None else [],
        how=Matching(accounts=names), rules=load_rules().digest,
    )  # fmt: skip
    leads = found_in(messages, load_searches()).hits
    work = Work("w1", frozenset({CLIP, COPY}), "clip", "same bytes, source.match 12/0")
    ledger = replace(ledger, chains=chains(messages, ledger.payments, leads, works=[work.digests], accounts=names))
    found = spread(messages, [work])
    uses = found_in(messages, None, load_slang()).uses
    count = sum(isinstance(one, Message) for one in messages)
    source = ChatSource("5/0", "ITEM-0001", "a" * 64, TABLE, "telegram-json", "a.json", count)
    wanted = wanted_places(ledger, found, leads=leads, slang=uses)
    items = {letter * 64: item for letter, item in _FILES.items()} | {CLIP: "ITEM-0004"}
    return Dossier(
        chats=(source,), bills=(), ledger=ledger, works=found, leads=leads, slang=uses, items=items, problems=(),
        extracts=passages(messages, wanted),
    )  # fmt: skip


def statement(number: int, kind: str, text: str = "", **more: Any) -> Statement:
    """Makes a statement of a person."""
    items = more.pop("items", ())
    return Statement(f"STATEMENT-{number:04d}", kind, "Li Wei", START, text, more, items)


STATEMENTS = (
    statement(1, "account", name=SELLER),
    statement(3, "fact", "王小明向小鹿工作室支付了300元定制费。", element="E8", items=("ITEM-0001", "ITEM-0002")),
    statement(4, "fact", "群主收取费用。"),
    statement(5, "slang", word="上车", meaning="加入付费群", by="Li Wei"),
)


def snapshot(*, jurisdiction: str = "cn", language: str = "zh") -> Snapshot:
    """Gives a case with these statements and an exhibit."""
    case = snapshots.small(jurisdiction=jurisdiction, language=language)
    case.event("exhibit", Exhibit("1", "群聊导出文件", ("ITEM-0001",)))
    case.event("state", *STATEMENTS)
    made = case.snapshot()
    return made if made.statements else replace(made, statements=tuple(case.records["Statement"]))
