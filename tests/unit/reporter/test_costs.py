from __future__ import annotations

import pytest

from forensics.reporter import view
from forensics.reporter.blocks import Table
from forensics.reporter.costs import amount_said, read_costs
from forensics.reporter.facts import gather
from forensics.reporter.wording import words
from tests.fakes import snapshots
from tests.fakes.dossiers import statement
from tests.unit.reporter.conftest import LANGUAGES
from tests.unit.reporter.test_view import section, words_of


def cost(number, amount_minor, *, currency="CNY", on="2026-11-20", items=(), **more):
    values = {"amount_minor": amount_minor, "currency": currency, "on": on, "purpose": f"purpose {number}"}
    return statement(number, "cost", items=items, **values, **more)


def ledger(templates, *statements, language="en", jurisdiction="cn"):
    case = snapshots.small(jurisdiction=jurisdiction, language=language)
    if statements:
        case.event("state", *statements)
    return section(view.build(case.snapshot(), language=language, templates=templates), "costs")


def tables(part):
    return [block for block in part.blocks if isinstance(block, Table)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_case_without_costs_says_so_and_has_no_sum(templates, language):
    part = ledger(templates, language=language)
    assert templates.report[language]["costs.none"] in words_of(part)
    assert tables(part) == []


def test_sums_are_exact_and_each_currency_stands_by_itself(templates):
    # 0.10 ten times and 1234.56: floating-point addition gives 1235.5599999999997.
    found = [cost(n, 10) for n in range(1, 11)]
    found += [cost(11, 123456, items=("ITEM-0001",)), cost(12, 999, currency="EUR"), cost(13, 1500, currency="JPY")]
    listed, sums = tables(ledger(templates, *found))
    assert len(listed.rows) == 13
    assert [row[:3] for row in sums.rows] == [
        ("CNY", "11", "CNY\u00a01,235.56".replace("\u00a0", " ")),
        ("EUR", "1", "EUR 9.99"),
        ("JPY", "1", "JPY 1,500"),
    ]
    assert sums.rows[0][3:] == ("CNY 1,234.56", "CNY 1.00")


def test_a_cost_without_receipt_is_marked(templates):
    listed = tables(ledger(templates, cost(1, 100), cost(2, 200, items=("ITEM-0002",))))[0]
    assert [row[4] for row in listed.rows] == ["no receipt in the case", "ITEM-0002"]


def test_a_receipt_that_the_case_no_longer_has_does_not_count_as_one(templates):
    listed, sums = tables(ledger(templates, cost(1, 100, items=("ITEM-9999",))))
    assert "no longer in the case: ITEM-9999" in listed.rows[0][4]
    assert sums.rows[0][3:] == ("CNY 0.00", "CNY 1.00")


@pytest.mark.parametrize(
    "values",
    [
        {"amount_minor": -1},
        {"amount_minor": "100"},
        {"amount_minor": True},
        {"amount_minor": 10.5},
        {"currency": "yuan"},
        {"currency": None},
        {"on": "yesterday"},
        {"on": "2026-02-30"},
        {"on": ""},
    ],
)
def test_what_cannot_be_read_is_listed_and_in_no_sum(templates, values):
    good = {"amount_minor": 100, "currency": "CNY", "on": "2026-11-20", "purpose": "notary"}
    part = ledger(templates, statement(1, "cost", **{**good, **values}), cost(2, 500))
    listed, sums, bad = tables(part)
    assert [row[2] for row in sums.rows] == ["CNY 5.00"]
    assert len(listed.rows) == 1
    assert "STATEMENT-0001" in bad.rows[0][0]


def test_the_same_statement_is_counted_once(templates):
    assert [row[2] for row in tables(ledger(templates, cost(1, 100), cost(1, 300)))[1].rows] == ["CNY 3.00"]


def test_costs_stand_by_date():
    case = snapshots.small()
    case.event("state", cost(1, 1, on="2026-12-01"), cost(2, 1, on="2026-01-01"))
    good, bad = read_costs(gather(case.snapshot(), program="p"))
    assert ([one.on for one in good], bad) == (["2026-01-01", "2026-12-01"], ())


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "1,880.00元"), ("en", "CNY 1,880.00"), ("fr", "1\u00a0880,00 CNY")]
)
def test_amounts_are_written_as_the_language_does(templates, language, said):
    assert amount_said(188000, "CNY", words(templates, language=language, jurisdiction="cn")) == said


def test_the_rules_of_a_forum_stand_only_there(templates):
    assert "article 8" in words_of(ledger(templates))
    assert "article 8" not in words_of(ledger(templates, jurisdiction="us"))
