from __future__ import annotations

import csv
import hashlib
import io
import sqlite3
from dataclasses import replace

import pytest

from forensics.chats.payment import OUT, SHOWN_ON_SCREENSHOT
from forensics.proof.money import make_ledger
from forensics.proof.money_harvest import harvest
from forensics.proof.money_match import Matching
from forensics.proof.money_rule import load_rules
from forensics.reporter import paper
from forensics.reporter.counts_money import named_totals
from tests.fakes import dossiers, snapshots
from tests.unit.proof.exports import at, row


def table_of(make_desk, dossier):
    desk = make_desk(snapshots.small(jurisdiction="cn"), "zh")
    return list(csv.DictReader(io.StringIO(paper.payment_table(desk, dossier).decode("utf-8-sig"))))


def test_the_table_is_in_order_of_time_within_each_class_and_unknown_times_come_last(make_desk):
    bills = [row(9, 100, "甲"), row(1, 200, "乙", is_local=True), row(2, 300, "丙"), row(3, 400, "丁", when=at(2))]
    found = table_of(make_desk, dossiers.make([], bills=bills))
    assert [one["id"] for one in found] == ["row-2", "row-3", "row-9", "row-1"]
    every = table_of(make_desk, dossiers.make())
    classes = [one["certainty"] for one in every]
    assert classes == sorted(classes, key=("stated_in_chat", "shown_on_screenshot", "confirmed_by_bill").index)


def test_the_holder_of_a_bill_is_not_named_in_the_table(make_desk):
    bills = [
        row(1, 100, "客户", payee="holder@example.com"),
        row(2, 5, "holder@example.com", payee="店", direction=OUT),
    ]
    found = table_of(make_desk, dossiers.make([], bills=bills))
    assert [(one["payer"], one["payee"]) for one in found] == [("A01", "账单持有人"), ("账单持有人", "A02")]


def with_screenshot(**more):
    """Gives the example with one payment on a screenshot."""
    names = frozenset({dossiers.SELLER})
    shown = replace(
        row(71, 99900, "陌生人", when=at(90)),
        id="shot-1",
        certainty=SHOWN_ON_SCREENSHOT,
        locator=replace(row(71, 1).locator, file="c" * 64, name="shot.png", record="STATEMENT-0002 payment 1"),
    )
    paid = harvest(dossiers.conversation(), load_rules(), accounts=names)
    return make_ledger(paid, dossiers.bill(), shown=[replace(shown, **more)], how=Matching(accounts=names))


@pytest.mark.parametrize(
    "more", [{}, {"payer": "没有这人", "amount_minor": 1}], ids=["a screenshot that a bill agrees with", "one alone"]
)
def test_every_printed_total_can_be_repeated_over_the_table(make_desk, more):
    """SQLite runs the printed conditions over the CSV; count, sum and digest of the ids must be those of the report."""
    ledger = with_screenshot(**more)
    found = table_of(make_desk, replace(dossiers.make(), ledger=ledger))
    base = sqlite3.connect(":memory:")
    base.execute(f"create table payments ({', '.join(found[0])})")
    for one in found:
        cells = [cell or None for cell in (one | {"is_refund": one["is_refund"] == "True"}).values()]
        base.execute(f"insert into payments values ({', '.join('?' * len(cells))})", cells)
    base.execute("update payments set is_refund = 0 where is_refund is null")
    for sums in ledger.sums:
        for _, total in named_totals(sums):
            ids = [one for (one,) in base.execute(f"select id from payments where {total.query.text()} order by id")]
            query = f"select coalesce(sum(amount_minor), 0) from payments where {total.query.text()}"
            assert hashlib.sha256("".join(f"{one}\n" for one in ids).encode()).hexdigest() == total.ids_sha256
            assert base.execute(query).fetchone()[0] == total.amount_minor
            assert len(ids) == total.count
    base.close()
