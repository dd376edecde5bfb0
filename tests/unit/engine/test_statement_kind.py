"""Members of statements: what is taken, and what is refused with a reason."""

from __future__ import annotations

import pytest

from forensics.engine.statement_kind import KINDS, values_of
from forensics.errors import UsageError

COST = {"amount": "300.00", "currency": "CNY", "on": "2026-11-20", "purpose": "公证费"}


def cost(**changed):
    return values_of("cost", {**COST, **changed}.items(), text="")


def test_an_amount_is_kept_in_exact_minor_units():
    assert cost() == {"amount_minor": 30000, "currency": "CNY", "on": "2026-11-20", "purpose": "公证费"}
    assert cost(amount="1,234.5")["amount_minor"] == 123450
    assert cost(currency="jpy", amount="300")["amount_minor"] == 300
    assert cost(currency="KWD", amount="1.234")["amount_minor"] == 1234


def test_an_amount_can_name_its_currency():
    given = [(name, value) for name, value in COST.items() if name != "currency"]
    assert values_of("cost", [*given[1:], ("amount", "300.00 EUR")], text="")["currency"] == "EUR"
    with pytest.raises(UsageError, match="no currency"):
        values_of("cost", given, text="")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"amount": "1.005"}, "more decimals"),
        ({"amount": "-1"}, "not more than nothing"),
        ({"amount": "0"}, "not more than nothing"),
        ({"amount": "1 USD"}, "not an amount in CNY"),
        ({"amount": "1e3"}, "not an amount"),
        ({"amount": "NaN"}, "not an amount"),
        ({"amount": "9" * 17}, "impossible"),
        ({"amount": ""}, "empty"),
        ({"currency": "DOGE"}, "not known"),
        ({"on": "20.11.2026"}, "no date"),
        ({"on": "20261120"}, "no date"),
        ({"on": "2026-02-30"}, "no date"),
        ({"purpose": "a\u202eb"}, "U\\+202E"),
        ({"purpose": "a\x1b[2Jb"}, "U\\+001B"),
        ({"purpose": "x" * 4001}, "more than 4000"),
        ({"tip": "1"}, "no member 'tip'"),
    ],
)
def test_a_malformed_cost_is_refused_with_its_reason(changed, told):
    with pytest.raises(UsageError, match=told):
        cost(**changed)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_refuses_a_statement_that_says_nothing(kind):
    with pytest.raises(UsageError):
        values_of(kind, [], text="")


@pytest.mark.parametrize(
    ("kind", "given", "text", "told"),
    [
        ("gossip", [], "x", "no kind of statement"),
        ("reading", [], "x", "another verb"),
        ("contested", [("element", "E8"), ("by", "x")], "", "in words"),
        ("contested", [("element", "E 8"), ("by", "x")], "x", "no name of an element"),
        ("contested", [("element", "E8")], "x", "needs by"),
        ("account", [("name", "a"), ("name", "b")], "", "twice"),
        ("collection", [("access_mode", "stolen")], "", "no way of access"),
        ("mandate", [("asked_by", "a"), *[("questions", "x")] * 51], "", "more than 50"),
        ("fact", [("element", "E8")], "", "in words"),
    ],
)
def test_what_a_kind_needs_is_demanded(kind, given, text, told):
    with pytest.raises(UsageError, match=told):
        values_of(kind, given, text=text)


def test_questions_of_a_mandate_are_a_list_in_order():
    given = [("questions", "first"), ("asked_by", "a"), ("questions", "second")]
    assert values_of("mandate", given, text="")["questions"] == ["first", "second"]


def test_names_with_joiners_and_emoji_are_kept():
    name = "👩\u200d💻 می\u200cخواهم"
    assert values_of("account", [("name", f" {name} ")], text="") == {"name": name}
