from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from forensics.chats.payment import OUT
from forensics.reporter import view
from forensics.reporter.blocks import Pairs, Table
from forensics.reporter.requests_ask import service
from forensics.reporter.requests_clock import months_after
from tests.fakes import dossiers, snapshot_captures, snapshots
from tests.fakes.dossiers import BUYERS, SELLER
from tests.unit.proof.exports import row
from tests.unit.reporter.conftest import JURISDICTIONS, LANGUAGES
from tests.unit.reporter.test_text import BANNED
from tests.unit.reporter.test_view import SECRETS, blocks_of, section, words_of


def part_of(snapshot, templates, *, language="en", dossier=None):
    return section(view.build(snapshot, language=language, templates=templates, dossier=dossier), "requests")


@pytest.fixture(scope="module")
def sale(templates):
    return part_of(dossiers.snapshot(), templates, dossier=dossiers.make())


def asked(part, kind):
    return [one for one in part.sections if one.anchor.startswith(f"requests-{kind}-")]


def identifiers(one):
    return [row for block in one.blocks if isinstance(block, Table) for row in block.rows]


def pairs(one):
    return {name: text for block in one.blocks if isinstance(block, Pairs) for name, text in block.rows}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_the_part_can_be_built_for_every_forum(templates, jurisdiction, language):
    snapshot = dossiers.snapshot(jurisdiction=jurisdiction, language=language)
    text = words_of(part_of(snapshot, templates, language=language, dossier=dossiers.make()))
    assert re.findall(BANNED[language], text, re.IGNORECASE) == []


def test_a_case_without_sources_asks_nobody_for_anything(templates):
    part = part_of(snapshots.small(jurisdiction="cn").snapshot(), templates)
    assert [one.anchor for one in part.sections] == [
        *("requests-clocks", "requests-gaps", "requests-sources", "requests-own"),
    ]


def test_the_range_is_that_of_the_known_instants(sale):
    # The chat's payments are 2 to 11 minutes after 12:00; one more has no zone.
    # Those of 2, 5 and 6 minutes stand in the bill and are asked for by its rows.
    [lines] = [one for one in asked(sale, "payments") if "wechat-password-red-packet" in words_of(one)]
    assert pairs(lines)["Range of time (UTC)"] == "2022-06-12 12:07:00 to 2022-06-12 12:11:00"
    assert pairs(lines)["Without a known instant"].startswith("1 records")


def test_numbers_of_transactions_are_given_as_the_bill_has_them(sale):
    rows = [row for one in asked(sale, "payments") for row in identifiers(one)]
    numbers = [row[1] for row in rows if row[0] == "transaction that agrees with a message or screenshot"]
    assert [one.startswith("1000039801202206120000000001, ") for one in numbers] == [False, False, True]


def test_no_payment_is_asked_of_the_service_of_the_chat(sale):
    assert not [one for one in asked(sale, "payments") if "Telegram" in words_of(one)]


def payments_asked(templates, bills):
    return asked(part_of(dossiers.snapshot(), templates, dossier=dossiers.make([], bills=bills)), "payments")


def test_own_purchases_of_the_holder_of_a_bill_are_not_asked_for(templates):
    bills = [row(1, 6600, "家人", payee="账户"), row(2, 1800, "账户", payee="早餐店", direction=OUT)]
    [one] = payments_asked(templates, bills)
    assert [each[1].split(", ")[0] for each in identifiers(one) if each[0].startswith("transaction")] == ["CNY 66.00"]
    assert "without a message or screenshot, are left out: 1." in words_of(one)
    assert "CNY 18.00" not in words_of(one)


def test_rows_that_agree_with_a_message_come_before_those_without_one(sale):
    [one] = [one for one in asked(sale, "payments") if any("line 90" in row[2] for row in identifiers(one))]
    kinds = [row[0] for row in identifiers(one) if row[0].startswith("transaction")]
    agreeing, alone = "transaction that agrees with a message or screenshot", "transaction without a message"
    assert [kind.startswith(alone) for kind in kinds] == [False, False, False, True]
    assert kinds[:3] == [agreeing] * 3


def test_each_form_of_a_bill_has_a_request_of_its_own(templates):
    bills = [replace(row(n, 100, "客户"), rule=rule) for n, rule in enumerate(("wechat-bill", "alipay-bill"), 1)]
    found = [words_of(one) for one in payments_asked(templates, bills)]
    assert ["“Alipay”" in one for one in found] == [True, False]
    assert ["“WeChat”" in one for one in found] == [False, True]


def test_the_holder_of_a_bill_is_asked_for_without_a_name(templates):
    [one] = payments_asked(templates, [row(1, 100, "客户", payee="holder@example.com")])
    assert "bill holder (the account stands in the bill" in words_of(one)
    assert "holder@example.com" not in words_of(one)


def test_accounts_of_third_parties_are_not_named_and_those_in_question_are(sale):
    text = words_of(sale)
    assert SELLER in text
    assert [name for name in BUYERS if name in text] == []


def test_messages_are_named_by_the_numbers_of_their_service(sale):
    [chat] = asked(sale, "chats")
    rows = {row[1] for row in identifiers(chat) if row[0] == "message"}
    assert "messages with a payment: 2, 5, 6, 7, 8, 9, 11" in rows
    assert "messages with a posted copy: 4" in rows


def test_the_host_and_addresses_of_captures_are_asked_for(templates):
    part = part_of(snapshot_captures.captures(jurisdiction="us").snapshot(), templates)
    assert any("example.org" in words_of(one) for one in asked(part, "sites"))


def test_addresses_of_protected_items_are_not_printed(templates):
    part = part_of(snapshot_captures.captures().snapshot(), templates)
    text = words_of(part)
    assert snapshot_captures.SECRET_URL not in text
    assert [secret for secret in SECRETS if secret in text] == []


def test_clocks_run_from_dates_in_the_case_to_the_event_of_the_report(templates):
    # Captures of the example case are of its own day, so six months have not passed.
    snapshot = snapshot_captures.captures(jurisdiction="cn").snapshot()
    clocks = next(one for one in part_of(snapshot, templates).sections if one.anchor == "requests-clocks")
    rows = identifiers(clocks)
    assert rows[0][0].startswith("Network logs of platforms: at least 6 months")
    assert rows[0][3].startswith("running, ")
    later = replace(snapshot.events[-1], at=snapshot.events[-1].at.replace(year=snapshot.events[-1].at.year + 1))
    snapshot = replace(snapshot, events=(*snapshot.events[:-1], later))
    clocks = next(one for one in part_of(snapshot, templates).sections if one.anchor == "requests-clocks")
    assert identifiers(clocks)[0][3] == "over"


def test_a_clock_without_a_date_in_the_case_is_not_counted(templates):
    part = part_of(snapshots.small(jurisdiction="us").snapshot(), templates)
    clocks = next(one for one in part.sections if one.anchor == "requests-clocks")
    assert [row[2] for row in identifiers(clocks)] == ["not counted: no date in the case"]


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ((2022, 8, 31), 6, (2023, 2, 28)),
        ((2023, 8, 31), 6, (2024, 2, 29)),
        ((2022, 12, 15), 6, (2023, 6, 15)),
        ((2022, 6, 30), 36, (2025, 6, 30)),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_the_month(start, months, end):
    assert months_after(datetime(*start, tzinfo=UTC), months) == datetime(*end, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("telegram-json", "telegram"),
        ("telegram-json+telegram-html", "telegram"),
        ("wechat-bill", "wechat"),
        ("csv-neutral", ""),
        ("", ""),
    ],
)
def test_a_service_is_named_only_where_the_form_tells_it(form, name):
    assert service(form) == name


def test_what_is_missing_to_file_is_listed(sale):
    gaps = next(one for one in sale.sections if one.anchor == "requests-gaps")
    assert "Missing from the minimum for filing" in words_of(gaps)


def test_the_party_is_told_what_nobody_stated(templates):
    part = part_of(snapshots.small(jurisdiction="cn").snapshot(), templates)
    own = words_of(next(one for one in part.sections if one.anchor == "requests-own"))
    assert "state who asked for this report" in own
    assert "select exhibits" in own


def test_the_state_of_online_sources_is_that_of_the_last_attempt(templates):
    part = part_of(snapshot_captures.captures().snapshot(), templates)
    sources = next(one for one in part.sections if one.anchor == "requests-sources")
    rows = {row[0].split("\n")[0]: row for row in identifiers(sources)}
    assert any(row[1] == "never" for row in rows.values()), "a page that never answered"
    assert any(row[1] != "never" for row in rows.values())
    assert list(blocks_of(sources))
