"""A hundred thousand payments of a chat beside a bill that has four fifths of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from benchmarks.chats import START, examined, message, write
from benchmarks.timing import Row, forensics, median_s
from forensics.chats.message import Locator
from forensics.chats.payment import CONFIRMED_BY_BILL, IN, STATED_IN_CHAT, UNKNOWN, Payment
from forensics.proof.money_match import match

PAYMENTS = 100_000
MOST_S = 30
BILL_HEAD = (
    "微信支付账单明细\n微信昵称：[示例]\n"
    "交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注\n"
)


def payments(count: int, seed: int = 2) -> tuple[list[Payment], list[Payment]]:
    """Gives payments of 2,000 customers over a year in 50 amounts, and a bill that has four fifths of them."""
    chance = random.Random(seed)
    stated, rows = [], []
    for number in range(count):
        at = START + timedelta(seconds=chance.randrange(365 * 86400))
        amount, name = 100 * chance.randint(50, 100), f"customer {chance.randrange(2000)}"
        stated.append(_payment(number, at, amount=amount, name=name, certainty=STATED_IN_CHAT))
        if number % 5:
            late = at + timedelta(seconds=chance.randrange(300))
            named = name if number % 2 else ""
            rows.append(_payment(count + number, late, amount=amount, name=named, certainty=CONFIRMED_BY_BILL))
    return stated, rows


def _payment(number: int, at: datetime, *, amount: int, name: str, certainty: str) -> Payment:
    is_row = certainty == CONFIRMED_BY_BILL
    return Payment(
        id=f"p-{number}",
        at=at,
        at_shown=at.isoformat(),
        amount_minor=amount,
        currency="CNY",
        direction=IN if is_row else UNKNOWN,
        payer=name,
        payee="",
        channel="red_packet",
        certainty=certainty,
        is_refund=False,
        memo="",
        locator=Locator("a" * 64, "bill.csv" if is_row else "result.json", str(number)),
        dedupe_key=str(number),
    )


def write_exports(folder: Path, stated: list[Payment], rows: list[Payment]) -> None:
    """Writes an export with a message for each payment, and a bill of WeChat."""
    ordered = sorted(stated, key=lambda one: (one.at or datetime.min.replace(tzinfo=UTC), one.id))
    lines = (
        message(number, f"[转账] {one.amount_minor // 100}.00元", at=one.at, sender=one.payer)
        for number, one in enumerate(ordered)
    )
    write(folder / "result.json", lines)
    with (folder / "bill.csv").open("w", encoding="utf-8") as stream:
        stream.write(BILL_HEAD)
        for one in rows:
            shown = ((one.at or START) + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")
            number = f"{one.id[2:]:0>28}"
            amount = f"¥{one.amount_minor // 100}.00"
            stream.write(f'{shown},转账,{one.payer or "/"},"/",收入,"{amount}",/,已存入零钱,"{number}","/","/"\n')


def money(work: Path, home: Path) -> Iterator[Row]:
    """Asks for the payments of a chat and a bill, and counts pairs that are not the true ones."""
    stated, rows = payments(PAYMENTS)
    write_exports(work / "chat", stated, rows)
    examined(work / "chat", work / "case", home)
    taken = median_s([forensics("money", work / "case", "--json", home=home) for _ in range(3)])
    name = f"money: {len(stated):,} payments matched with {len(rows):,} rows"
    yield Row(name, f"{taken:.2f} s", "-", f"{taken:.2f} s", f"under {MOST_S} s", taken < MOST_S)
    made, _ = match(stated, rows)
    true = sum(int(one.payment[2:]) + PAYMENTS == int(one.row[2:]) for one in made)
    swapped = _swapped(stated, made_of={one.payment: one.row for one in made})
    wrong = len(made) - true - swapped
    yield Row(
        f"pairs that are not the true ones, of {len(made):,}; {swapped:,} more are of one customer and amount, "
        "interchanged",
        f"{wrong:,}",
        "-",
        f"{100 * wrong / len(made):.2f} %",
        "none",
        wrong == 0,
    )


def _swapped(stated: list[Payment], *, made_of: dict[str, str]) -> int:
    """Counts payments whose row is that of another payment of the same customer and amount."""
    found = 0
    ordered = sorted(stated, key=lambda one: (one.payer, one.amount_minor))
    for _, group in groupby(ordered, key=lambda one: (one.payer, one.amount_minor)):
        ids = {int(one.id[2:]) for one in group}
        rows = ((number, int(made_of[f"p-{number}"][2:]) - PAYMENTS) for number in ids if f"p-{number}" in made_of)
        found += sum(row in ids and row != number for number, row in rows)
    return found
