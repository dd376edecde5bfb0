"""Payments on screenshots as examiners read them, and when two pictures show one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from forensics.chats.payment import IN, OUT, SHOWN_ON_SCREENSHOT, UNKNOWN
from forensics.custody.statement import newest, standing
from forensics.errors import UsageError
from forensics.model import Committed, Statement
from forensics.proof.candidate import TextLine
from forensics.proof.confirmation import as_stated, changes_of, corrected, parts_of, payment_told
from forensics.proof.money import make_ledger, money_json
from forensics.proof.money_harvest import Harvest
from forensics.proof.reading import moment_of, readings, shown_in

AT = datetime(2026, 1, 2, tzinfo=UTC)
PAYMENT = {"amount_minor": 18800, "currency": "CNY", "at_shown": "2021-07-01 12:30", "zone": "Asia/Shanghai"}
LINES = tuple(TextLine(number, text, (0, 0, 9, 9), 0.95) for number, text in enumerate(("甲", "乙", "丙"), 1))


def reading(number, *payments, content="a" * 64, event=None, **more):
    values = {"content": content, "name": "a.png", "payments": [{**PAYMENT, **one} for one in payments]}
    record = Statement(f"STATEMENT-{number:04d}", "reading", "e", AT, values=values, items=("ITEM-0001",), **more)
    return Committed(f"{event or number}/1", record)


def test_a_payment_has_its_class_its_picture_and_its_time_in_utc():
    (one,) = shown_in([reading(1, {"payer": "甲"})]).payments
    assert (one.certainty, one.amount_minor, one.currency) == (SHOWN_ON_SCREENSHOT, 18800, "CNY")
    assert one.at == datetime(2021, 7, 1, 4, 30, tzinfo=UTC)
    assert (one.zone, one.direction) == ("assumed:Asia/Shanghai", UNKNOWN)
    assert (one.locator.file, one.locator.record) == ("a" * 64, "STATEMENT-0001 payment 1")


def test_without_a_zone_there_is_no_instant():
    (one,) = shown_in([reading(1, {"zone": ""})]).payments
    assert (one.at, one.local_at, one.zone) == (None, datetime(2021, 7, 1, 12, 30), "unknown")  # noqa: DTZ001


@pytest.mark.parametrize("shown", ["2021-07-01", "7月1日 12:30", "2021-13-01 12:30", "2021-07-01 25:00", "soon", ""])
def test_a_time_that_is_not_whole_stays_as_shown(shown):
    when = moment_of(shown, zone="Asia/Shanghai")
    assert (when.at, when.local, when.shown) == (None, None, shown)


def test_payments_by_the_account_in_question_are_out_and_to_it_in():
    told = reading(
        1, {"payer": "甲"}, {"payee": "甲", "amount_minor": 1}, {"payer": "甲", "payee": "甲", "amount_minor": 2}
    )
    assert [one.direction for one in shown_in([told], accounts=frozenset({"甲"})).payments] == [OUT, IN, UNKNOWN]


def test_the_newest_record_counts_and_a_withdrawn_one_does_not():
    first, second = reading(1, {}), reading(1, {"amount_minor": 500}, event=2)
    assert [one.amount_minor for one in shown_in([first, second]).payments] == [500]
    gone = Committed("3/1", replace(second.record, is_withdrawn=True))
    assert shown_in([first, second, gone]).payments == ()
    assert standing([first, second, gone]) == ()
    assert [one.ref for one in newest([first, second, gone])] == ["3/1"]


def test_of_two_readings_of_one_picture_the_later_counts():
    assert [one.record.id for one in readings([reading(1, {}, event=5), reading(2, {}, event=3)])] == ["STATEMENT-0001"]


def test_two_payments_of_one_amount_on_one_picture_are_two():
    shown = shown_in([reading(1, {}, {})])
    assert (len(shown.payments), shown.repeated) == (2, ())
    assert len({one.id for one in shown.payments}) == 2


@pytest.mark.parametrize(
    "other",
    [{}, {"at_shown": ""}, {"at_shown": "2021-07-01 12:38"}, {"zone": ""}, {"payer": "甲"}, {"at_shown": "12:30"}],
)
def test_what_two_pictures_may_both_show_is_counted_once(other):
    shown = shown_in([reading(1, {}), reading(2, other, content="b" * 64)])
    assert len(shown.payments) == 1
    assert [(one.kept, one.reason) for one in shown.repeated] == [(shown.payments[0].id, "other screenshot")]


@pytest.mark.parametrize(
    "other",
    [
        {"at_shown": "2021-07-01 12:45"},
        {"payer": "乙"},
        {"amount_minor": 18801},
        {"channel": "red_packet"},
        {"is_refund": True},
    ],
)
def test_what_a_time_an_account_or_an_amount_tells_apart_is_two(other):
    assert (
        len(shown_in([reading(1, {"payer": "甲"}), reading(2, {"payer": "甲", **other}, content="b" * 64)]).payments)
        == 2
    )


def test_the_ledger_keeps_screenshots_apart():
    ledger = make_ledger(Harvest((), (), (), (), (), frozenset()), shown=shown_in([reading(1, {})]).payments)
    told = money_json(ledger)
    assert (told["totals"], told["payments"]) == ({}, [])
    assert told["by_certainty"]["shown_on_screenshot"]["CNY"]["amount_minor"] == 18800


def test_a_correction_keeps_what_was_read_and_can_be_taken_back():
    first = corrected(LINES, changes_of(["2=丁", "3="], 3))
    assert [(one.text, one.was) for one in first] == [("甲", None), ("丁", "乙"), ("", "丙")]
    assert [(one.text, one.was) for one in corrected(first, {2: "乙"})][1] == ("乙", None)
    values = {"lines": [{"number": one.number, "text": one.text, "was": one.was} for one in first]}
    assert as_stated(LINES, values) == first


@pytest.mark.parametrize("given", [["4=x"], ["0=x"], ["x"], ["=x"], ["1=a", "1=b"], ["-1=x"], ["9999999=x"]])
def test_a_correction_of_a_line_that_is_not_there_is_refused(given):
    with pytest.raises(UsageError):
        changes_of(given, 3)


def test_a_payment_is_read_with_commas_in_it():
    parts = parts_of("amount=1,880.00, currency=CNY,memo=a, b,payer=甲")
    assert parts == {"amount": "1,880.00", "currency": "CNY", "memo": "a, b", "payer": "甲"}


@pytest.mark.parametrize("given", ["188", "sum=188", "amount=1,amount=2", "", "amount=1,payer=" + "x" * 201])
def test_a_malformed_payment_is_refused(given):
    with pytest.raises(UsageError):
        parts_of(given)


@pytest.mark.parametrize(
    "parts", [{"channel": "barter"}, {"refund": "perhaps"}, {"line": "9"}, {"line": "一"}, {"zone": "Nowhere/City"}]
)
def test_a_payment_with_a_part_that_makes_no_sense_is_refused(parts):
    with pytest.raises(UsageError):
        payment_told(parts, (1, "CNY"), zone="", count=3)
