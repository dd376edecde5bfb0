from __future__ import annotations

import hashlib
import re
from dataclasses import replace

import pytest

from forensics.chats.message import Chat
from forensics.reporter import view
from forensics.reporter.counts_money import ROWS_SHOWN
from tests.fakes import dossiers, snapshots
from tests.unit.proof.exports import at, row
from tests.unit.proof.exports import said as message
from tests.unit.reporter.conftest import LANGUAGES
from tests.unit.reporter.money_sections import built, drawings, inner, rows, said, tables, templates
from tests.unit.reporter.test_text import BANNED

AMOUNTS = (30000, 18800, 20000, 8880, 6600, 18800, 50000)
"""What the conversation of `dossiers` states as paid, in fen; the refund of 88.80, the forwarded 50.00 and the packet
without an amount are not among it."""


@pytest.fixture(scope="module")
def dossier():
    return dossiers.make()


@pytest.fixture(scope="module")
def counted(dossier):
    return built("counts", dossier)


def test_totals_are_those_of_the_rows_and_classes_stay_apart(counted):
    (table, *_) = tables(inner(counted, "counts-totals"))
    assert [tuple(one) for one in table] == [
        ("stated in chat", "Payments (gross)", "7", f"at least CNY {sum(AMOUNTS) / 100:,.2f}"),
        ("stated in chat", "of these, also in a bill", "3", "CNY 688.00"),
        ("stated in chat", "Refunds (apart)", "1", "CNY 88.80"),
        ("shown on a screenshot", "Payments (gross)", "1", "at least CNY 66.00"),
        ("in a bill", "Payments (gross)", "4", "at least CNY 1,687.00"),
        ("in a bill", "of these, also stated in chat", "3", "CNY 688.00"),
    ]
    every = sum(AMOUNTS) + 6600 + 168700
    assert f"{every / 100:,.2f}" not in said(counted)


def test_a_total_lists_every_row_that_it_adds_up(counted):
    paid, refunds = tables(inner(counted, "counts-chat-cny"))
    assert [one[2] for one in paid] == [f"CNY {amount / 100:.2f}" for amount in AMOUNTS]
    assert [one[6] for one in paid] == [f"ITEM-0001, messages[{n}]" for n in (2, 5, 6, 7, 8, 9, 30)]
    assert [one[2] for one in refunds] == ["CNY 88.80"]


def test_the_digest_of_a_total_is_that_of_the_sorted_ids_of_its_rows(counted):
    paid, _ = tables(inner(counted, "counts-chat-cny"))
    ids = "".join(f"{one}\n" for one in sorted(each[0] for each in paid))
    assert hashlib.sha256(ids.encode()).hexdigest() in said(inner(counted, "counts-totals"))


def test_each_row_says_what_it_agrees_with_or_why_nothing_does(counted):
    paid, _ = tables(inner(counted, "counts-chat-cny"))
    assert [one[7] for one in paid] == [
        "row-2: amount, time and name agree",
        "row-5: amount, time and name agree",
        "row-6: amount and time agree, nothing else fits; names cannot be compared",
        "no row fits",
        "no row fits",
        "no row fits",
        "times cannot be compared: zone not known",
    ]


def test_a_time_without_a_zone_is_not_given_in_utc(counted):
    paid, _ = tables(inner(counted, "counts-chat-cny"))
    assert "UTC" in paid[0][1]
    assert "UTC" not in paid[-1][1]
    assert "zone not known" in paid[-1][1]


def test_what_is_in_no_total_is_listed_with_its_place(counted):
    text = said(inner(counted, "counts-outside"))
    for place in ("messages[13]", "messages[14]", "messages[15]", "messages[40]", "line 91"):
        assert f", {place}" in text
    assert "the amount is zero" in text
    assert "forwarded line" in text


def test_a_chain_gives_each_link_with_its_reason_and_place(counted):
    summary, links = tables(inner(counted, "counts-chains"))
    assert tuple(summary[0]) == ("A01", "2", "CNY 800.00", "1", "1", "1", "2")
    assert [(one[1], one[4], one[5]) for one in links[:6]] == [
        ("offer", "in the same chat", "ITEM-0001, messages[0]"),
        ("order", "written by this account", "ITEM-0001, messages[1]"),
        ("payment", links[2][4], "ITEM-0001, messages[2]"),
        ("delivery", "answers a message of this account", "ITEM-0001, messages[4]"),
        ("repost", "copy of the same work", "ITEM-0001, messages[20]"),
        ("repost", "copy of the same work", "ITEM-0001, messages[21]"),
    ]


def test_numbers_of_members_are_accounts_between_two_bounds(counted):
    text = said(inner(counted, "counts-spread"))
    assert "between 2,134 (largest group) and 3,034 (sum over the groups, overlap not known)" in text
    assert "accounts as displayed, not persons" in text
    assert dossiers.CLIP in text
    assert dossiers.COPY in text


def test_the_sum_over_groups_is_no_bound_where_a_size_is_not_displayed():
    third = Chat("g3", "三群", "group", "telegram-json")
    more = [third, message(50, "看", "客户戊", chat="g3", files=[dossiers.CLIP])]
    text = said(built("counts", dossiers.make([*dossiers.conversation(), *more])))
    assert "at least 2,134 (largest group); no upper bound" in text
    assert "and 3,035" not in text


def test_the_figure_has_every_group_and_source_and_can_be_read_without_colours(counted):
    (figure,) = drawings(counted)
    texts = "\n".join(one.text for one in figure.shapes if hasattr(one, "text"))
    assert "“星光资源群”" in texts
    assert "“备用群”" in texts
    assert "2,134 as displayed" in texts
    assert "Source: A01" in texts
    lines = [one for one in figure.shapes if hasattr(one, "is_arrow")]
    assert sorted(one.is_broken for one in lines) == [False, True, True]


@pytest.mark.parametrize(("jurisdiction", "is_there"), [("cn", True), ("us", False), ("eu", False), ("intl", False)])
def test_counts_stand_beside_provisions_in_china_only(dossier, jurisdiction, is_there):
    section = built("counts", dossier, jurisdiction=jurisdiction)
    assert (inner(section, "counts-marks") is not None) is is_there


def test_a_provision_is_never_said_to_be_reached(counted):
    section = inner(counted, "counts-marks")
    assert "The court decides" in said(section)
    assert not re.search("exceed|fulfil|is met|are met|has been reached|guilty", said(section))
    (table,) = tables(section)
    cells = {one[1]: one[3] for one in table}
    assert cells["accounts that paid; the provision counts registered paying members"] == "at least 6"
    assert cells["groups with 30 or more members as displayed"] == "2"
    assert cells["groups with 3,000 or more members as displayed"] == "0"
    assert cells["posts of works"] == "at least 3"


def test_a_group_that_two_exports_show_is_one_group_for_the_provisions():
    copies = [message(4, "成品", dossiers.SELLER, file="c", files=[dossiers.CLIP])]
    section = built("counts", dossiers.make([*dossiers.conversation(), dossiers.GROUP, *copies]))
    (table,) = tables(inner(section, "counts-marks"))
    assert {one[1]: one[3] for one in table}["groups in which a work was posted"] == "at least 2"


def test_a_long_list_is_cut_and_says_where_all_of_it_is():
    many = [row(n, 100, f"客户{n}", when=at(n)) for n in range(ROWS_SHOWN + 5)]
    section = built("counts", dossiers.make([], bills=many))
    (table,) = tables(inner(section, "counts-bill-cny"))
    assert len(table) == ROWS_SHOWN
    digest = hashlib.sha256("".join(sorted(f"{one.id}\n" for one in many)).encode()).hexdigest()
    assert f"{ROWS_SHOWN + 5} rows; the first {ROWS_SHOWN} are printed" in said(section)
    assert digest in said(section)
    assert "at least CNY 205.00" in said(section)


@pytest.mark.parametrize("language", LANGUAGES)
def test_amounts_are_exact_in_every_language(dossier, language):
    big = [replace(row(1, 123456789012345, "客户"), id="big"), replace(row(2, 1, "客户"), id="yen", currency="JPY")]
    text = said(built("counts", dossiers.make([], bills=big), language=language))
    wanted = {
        "zh": "人民币1,234,567,890,123.45元",
        "en": "CNY 1,234,567,890,123.45",
        "fr": "1\u00a0234\u00a0567\u00a0890\u00a0123,45 CNY",
    }
    assert wanted[language] in text
    assert {"zh": "1（JPY）", "en": "JPY 1", "fr": "1 JPY"}[language] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_part_on_money_has_a_banned_phrase(dossier, language):
    for name in ("facts", "counts", "transcript"):
        text = said(built(name, dossier, language=language)).replace("certainty = ", "")  # a column of the table
        assert re.findall(BANNED[language], text, re.IGNORECASE) == []


def test_a_case_without_chats_has_no_such_part():
    empty = dossiers.make([], bills=[])
    empty = replace(empty, chats=())
    for name in ("counts", "transcript"):
        assert built(name, empty) is None
        assert built(name, None) is None


def test_the_same_dossier_gives_the_same_part(dossier, counted):
    assert built("counts", dossier) == counted
    assert all(cell == str(cell) for each in rows(counted) for cell in each)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_of_a_case_without_chats_is_the_same_with_and_without_a_dossier(language):
    case = snapshots.small(jurisdiction="cn").snapshot()
    empty = replace(dossiers.make([], bills=[]), chats=(), works=())
    one, other = (view.build(case, language=language, templates=templates(), dossier=found) for found in (None, empty))
    assert one == other
    assert not {"facts", "counts", "transcript"} & {section.anchor for section in one.sections}


def test_a_report_of_a_case_with_chats_has_the_parts_in_their_places(dossier):
    made = view.build(dossiers.snapshot(), language="zh", templates=templates(), dossier=dossier)
    anchors = [section.anchor for section in made.sections]
    assert anchors.index("facts") < anchors.index("observations") < anchors.index("counts") < anchors.index("limits")
    assert anchors.index("declaration") < anchors.index("transcript")
