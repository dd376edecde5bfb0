from __future__ import annotations

import hashlib
import re
from dataclasses import replace

import pytest

from forensics.chats.message import Chat
from forensics.chats.payment import OUT
from forensics.reporter import view
from forensics.reporter.counts_money import ROWS_SHOWN
from forensics.reporter.tally_sign import signs
from forensics.reporter.wording import words
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
        ("in a bill", "Received (gross, for whatever purpose)", "4", "at least CNY 1,687.00"),
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
    payers = "accounts that paid as stated in chat, by displayed name; the provision counts registered paying members"
    assert cells[payers] == "6"
    assert cells["groups with 30 or more members as displayed"] == "2"
    assert cells["groups with 3,000 or more members as displayed"] == "0"
    assert cells["posts of works, by any account and of files of any kind"] == (
        "at least 3\nof these by accounts in question: 2"
    )


def marked(dossier, snapshot=None):
    (table,) = tables(inner(built("counts", dossier, snapshot=snapshot), "counts-marks"))
    return {(one[2], one[0][:7]): one[3] for one in table}


def typed(**kinds):
    """Gives a case whose items are of these media types, by digest."""
    case = dossiers.snapshot()
    first = case.acquisitions[0]
    kept = first.record.artifacts[0]
    made = tuple(
        replace(kept, digests=replace(kept.digests, sha256=digest), media_type=kind, sealed=None)
        for digest, kind in kinds.items()
    )
    return replace(case, acquisitions=(replace(first, record=replace(first.record, artifacts=made)),))


@pytest.mark.parametrize(
    ("first", "second", "videos", "pictures"),
    [
        ("video/mp4", "video/quicktime", "at least 1", "pictures: 0; text files: 0"),
        ("video/mp4", "image/jpeg", "0", "pictures: 0; text files: 0"),
        ("image/jpeg", "image/png", "0", "pictures: 1; text files: 0"),
        ("text/plain", "text/plain", "0", "pictures: 0; text files: 1"),
        ("application/zip", "application/zip", "0", "pictures: 0; text files: 0"),
    ],
)
def test_a_work_is_beside_a_number_of_videos_only_where_all_copies_are_videos(dossier, first, second, videos, pictures):
    cells = {
        key[0]: shown for key, shown in marked(dossier, typed(**{dossiers.CLIP: first, dossiers.COPY: second})).items()
    }
    assert cells["20 videos"] == videos
    assert cells["200 pictures, articles or messages"] == pictures


def test_a_work_of_an_unknown_kind_is_in_no_count_by_kind_and_that_is_said(dossier, counted):
    assert {key[0]: shown for key, shown in marked(dossier).items()}["20 videos"] == "0"
    assert "of a kind that is not known: 1; they are in no count by kind of file" in said(
        inner(counted, "counts-marks")
    )


def test_beside_proceeds_stands_what_a_chat_states_too_and_the_rest_of_a_bill_apart(dossier):
    cells = [shown for key, shown in marked(dossier).items() if key[0] == "CNY 10,000"]
    assert cells
    for shown in cells:
        assert shown.split("\n") == [
            "in a bill and also stated in chat: CNY 688.00",
            "all that the bills show as received, not distinguished by purpose: CNY 1,687.00",
            "shown on a screenshot alone, no row of a bill agrees: CNY 66.00",
            f"stated in chat alone, without one row of a bill of its own: CNY {(sum(AMOUNTS) - 68800) / 100:.2f}",
        ]


def test_tables_of_payments_are_in_order_of_time_and_unknown_times_come_last():
    late, local, early = row(9, 100, "甲"), row(1, 200, "乙", is_local=True), row(2, 300, "丙")
    section = built("counts", dossiers.make([], bills=[late, local, early]))
    (table,) = tables(inner(section, "counts-bill-cny"))
    assert [one[0] for one in table] == ["row-2", "row-9", "row-1"]


def test_payments_of_one_time_are_in_order_of_their_ids():
    rows_ = [replace(row(n, 100, f"客户{n}", when=at(1)), id=f"p-{n}") for n in (3, 1, 2)]
    (table,) = tables(inner(built("counts", dossiers.make([], bills=rows_)), "counts-bill-cny"))
    assert [one[0] for one in table] == ["p-1", "p-2", "p-3"]


@pytest.mark.parametrize(
    ("holder", "note"),
    [
        ("holder@example.com", "nobody stated that the holder of the bill is an account in question"),
        ("", "the bill does not name its holder"),
        (dossiers.SELLER, None),
    ],
)
def test_a_bill_says_where_nobody_stated_its_holder_to_be_in_question(holder, note):
    text = said(inner(built("counts", dossiers.make([], bills=[row(1, 100, "甲", payee=holder)])), "counts-bill-cny"))
    notes = ("nobody stated that the holder", "does not name its holder")
    assert (note in text) if note else not any(one in text for one in notes)


def test_an_account_of_a_chat_that_has_the_name_of_a_bill_s_holder_is_not_called_the_holder():
    dossier, en = (
        dossiers.make([], bills=[row(1, 100, "甲", payee="同名")]),
        words(templates(), language="en", jurisdiction="cn"),
    )
    assert signs((), dossier, en).is_holder("同名")
    chatting = replace(dossier.ledger, payments=(replace(row(2, 100, "同名"), certainty="stated_in_chat"),))
    both = signs((), replace(dossier, ledger=chatting), en)
    assert (both.is_holder("同名"), both.is_third("同名")) == (False, True)


def test_what_the_holder_of_a_bill_paid_is_not_said_to_be_paid_by_an_account_in_question():
    text = said(built("counts", dossiers.make([], bills=[row(1, 100, "账户", payee="店", direction=OUT)])))
    assert "Paid by the holder of the bill" in text
    assert "Paid by the accounts in question" not in text


def test_footage_that_nobody_posted_is_not_among_the_posted_copies():
    rows_ = [dossiers.GROUP, message(1, "成品", dossiers.SELLER, files=[dossiers.COPY])]
    text = said(inner(built("counts", dossiers.make(rows_, bills=[])), "counts-spread"))
    assert "Material of the same picture or sound that nobody posted here" in text
    assert "Work 1: ITEM-0004" not in text


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


def test_copies_that_no_comparison_tells_from_unaltered_footage_are_said_to_be_so(dossier):
    works = tuple(replace(one, uncompared=one.copies[1:]) for one in dossier.works)
    text = said(inner(built("counts", replace(dossier, works=works)), "counts-spread"))
    assert "number 2; unaltered footage may be among them" in text
    assert "whether they are altered: 1; unaltered" in said(built("facts", replace(dossier, works=works)))
    assert "unaltered footage" not in said(built("facts", dossier))
