from __future__ import annotations

from dataclasses import replace

import pytest

from forensics.collectors.webpage import preflight_points as points
from forensics.model import Committed
from forensics.reporter import view
from forensics.reporter.blocks import Paragraph, Table
from forensics.reporter.capture_preflight import DIFFERENCES, LISTS, STATUSES, VARYING
from tests.fakes import snapshot_captures as fakes
from tests.unit.reporter.conftest import LANGUAGES
from tests.unit.reporter.test_view import section, words_of

ANCHOR = "collection-preflight"


def tables(report):
    return [block for block in section(report, ANCHOR).blocks if isinstance(block, Table)]


def headings(report):
    return [
        block.text
        for block in section(report, ANCHOR).blocks
        if isinstance(block, Paragraph) and block.role == "strong"
    ]


def with_preflights(case, by_ref, templates, language="en"):
    """Builds a report of a case whose captures have other pre-flight records, by reference."""
    snapshot = case.snapshot()

    def told(done):
        if done.ref not in by_ref:
            return done
        artifacts = tuple(
            replace(one, facts={"preflight": by_ref[done.ref]}) if "preflight" in one.facts else one
            for one in done.record.artifacts
        )
        return Committed(done.ref, replace(done.record, artifacts=artifacts))

    other = replace(snapshot, acquisitions=tuple(map(told, snapshot.acquisitions)))
    return view.build(other, language=language, templates=templates)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_check_and_every_status_of_a_preflight_has_a_name(templates, language):
    texts = templates.report[language]
    names = {*points.POINTS, *points.CLEAN_ENVIRONMENT, *points.FURTHER, *VARYING}
    assert [name for name in sorted(names) if f"preflight.{name}" not in texts] == []
    assert {str(status) for status in points.Status} == set(STATUSES)
    assert [one for one in STATUSES if f"preflight_status.{one}" not in texts] == []
    assert [one for one in STATUSES if f"preflight_meaning.{one}" not in texts] == []
    assert [one for one in LISTS if f"preflight_table.list_{one}" not in texts] == []


def test_the_twenty_points_stand_in_their_order_with_status_and_value(make_view):
    twenty, clean, further = tables(make_view("captures", "eu", "en"))[:3]
    assert [row[0] for row in twenty.rows] == [f"NF{number:02d}" for number in range(1, 21)]
    assert [row[0] for row in clean.rows] == [f"CN{number:02d}" for number in range(1, 9)]
    assert twenty.rows[3] == (
        "NF04",
        "Browser: exact version, added plug-ins",
        "checked",
        "product Chromium; version 156.0.1.2; extensions 0",
    )
    assert twenty.rows[1][2] == "checked, value sealed"
    assert twenty.rows[5][2:] == ("for the operator to state", "provider not-stated; Only the operator can state it.")
    assert twenty.rows[16][2] == "not available on this machine"
    assert further.rows[1][2] == "checked, deviation"


def test_names_and_statuses_of_a_later_version_are_shown_as_they_are(make_view):
    further = tables(make_view("captures", "cn", "zh"))[2]
    assert further.rows[-1][1:3] == ("a-check-of-a-later-version", "a-status-of-a-later-version")


def test_addresses_and_names_of_the_operators_machine_are_left_out(make_view):
    rows = {row[0]: row[3] for row in tables(make_view("captures", "eu", "en"))[0].rows}
    assert rows["NF05"].startswith("interfaces 2; gateways 1; hostname [recorded, not shown")
    assert rows["NF07"].startswith("local 2; mac 1; public not-asked; note [recorded, not shown")
    assert "156.0.1.2" in rows["NF04"]


HIDDEN = (
    "10.0.0.7",
    "2001:db8::7",
    "00:11:22:aa:bb:cc",
    "00-11-22-AA-BB-CC",
    "via 198.51.100.1, wlan0",
    "fe80::1%eth0",
)
SHOWN = ("127.0.0.1", "::1", "12:30:45", "1.2.3", "at 2026-11-22T01:30:17Z", "a:b", "ratio 3:1")


@pytest.mark.parametrize("text", HIDDEN)
def test_an_address_within_a_value_is_left_out(make_case, templates, text):
    record = fakes.preflight("ab" * 32, proxy={"found": text})
    report = with_preflights(make_case("group", "intl"), {"2/1": record}, templates)
    assert text not in words_of(section(report, ANCHOR))


@pytest.mark.parametrize("text", SHOWN)
def test_what_only_looks_like_an_address_is_shown(make_case, templates, text):
    record = fakes.preflight("ab" * 32, proxy={"found": text})
    report = with_preflights(make_case("group", "intl"), {"2/1": record}, templates)
    assert f"found {text}" in words_of(section(report, ANCHOR))


def test_a_user_agent_a_version_and_what_tells_nothing_are_shown(make_case, templates):
    value = {
        "user_agent": "X Chrome/156.0.0.0",
        "version": "1.2.3.4",
        "serial": "not-stated",
        "salted_sha256": "ab" * 32,
    }
    report = with_preflights(make_case("group", "intl"), {"2/1": fakes.preflight("ab" * 32, display=value)}, templates)
    row = next(row for row in tables(report)[0].rows if row[0] == "NF16")
    assert row[3] == "user_agent X Chrome/156.0.0.0; version 1.2.3.4; serial not-stated"


def test_a_check_without_a_value_has_a_dash(make_case, templates):
    record = fakes.preflight("ab" * 32, proxy={"names": [], "other": None})
    report = with_preflights(make_case("group", "intl"), {"2/1": record}, templates)
    assert next(row for row in tables(report)[0].rows if row[0] == "NF09")[3] == "–"


def test_records_that_say_the_same_are_printed_once_and_referred_to(make_view):
    report = make_view("captures", "intl", "en")
    assert headings(report)[0] == "P1: before captures of ITEM-0001, ITEM-0004 to ITEM-0005"
    for ref in ("2-1", "3-5", "3-7"):
        sheet = section(report, f"capture-{ref}")
        told = [block.text for block in sheet.blocks if isinstance(block, Paragraph) and block.label]
        assert "P1 in part\u00a05." in told


def test_where_a_record_differs_only_the_difference_is_printed(make_view):
    report = make_view("captures", "intl", "en")
    rows = tables(report)[-1].rows
    assert [(row[0], row[2]) for row in rows] == [
        ("ITEM-0001\n8/0", "NF09 Proxies of the system and of the browser"),
        ("ITEM-0001\n8/0", "CN04 Proxies of the system and of the browser"),
        ("ITEM-0002\n3/1", "NF09 Proxies of the system and of the browser"),
        ("ITEM-0002\n3/1", "CN04 Proxies of the system and of the browser"),
    ]
    assert "it differs in 2 of the checks" in words_of(section(report, "capture-8-0"))


def test_a_record_that_differs_in_much_is_printed_in_full(make_case, templates):
    names = [name for name in fakes.NF if name not in VARYING][: DIFFERENCES + 1]
    other = fakes.preflight("ab" * 32, **{name.replace("-", "_"): {"x": 1} for name in names})
    report = with_preflights(make_case("group", "intl"), {"7/0": other}, templates)
    assert len([heading for heading in headings(report) if heading.startswith("P")]) == 2


def test_a_status_that_differs_is_told_also_where_values_always_do(make_case, templates):
    other = fakes.preflight("ab" * 32)
    other["further"] = [one | {"status": "warning"} if one["name"] == "storage" else one for one in other["further"]]
    report = with_preflights(make_case("group", "intl"), {"2/1": fakes.preflight("cd" * 32), "7/0": other}, templates)
    assert [row[2:4] for row in tables(report)[-1].rows] == [("FX03 Free space on the disk", "checked, deviation")]


def test_values_of_a_sealed_capture_are_not_shown(make_case, templates):
    case = make_case("captures", "intl")
    only = [done for done in case.snapshot().acquisitions if done.record.item == "ITEM-0005"]
    report = view.build(replace(case.snapshot(), acquisitions=tuple(only)), language="en", templates=templates)
    values = {row[3] for row in tables(report)[0].rows}
    assert values == {"[not shown]", "–"}


def test_a_record_with_a_check_that_matters_says_so(make_case, templates):
    record = fakes.preflight("ab" * 32) | {"passed": False}
    report = with_preflights(make_case("group", "intl"), {"2/1": record, "7/0": record}, templates)
    assert "a check came out in a way that bears on the capture" in words_of(section(report, ANCHOR))


@pytest.mark.parametrize(
    "record",
    [
        {"points": "x"},
        {"points": [None, 1, "a", {}]},
        {"points": [{"id": ["x"], "name": {"a": 1}, "status": None, "value": [[[1]]], "detail": 7}]},
        {"protocol": "\u202e" * 500, "points": {"id": 1}},
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_record_of_another_form_costs_no_report(make_case, templates, record, language):
    assert section(with_preflights(make_case("group", "intl"), {"2/1": record}, templates, language), ANCHOR)


def test_a_case_without_captures_has_no_such_section(make_view):
    assert section(make_view("rich", "cn", "zh"), ANCHOR) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_section_says_what_it_does_not_say(make_view, templates, language):
    text = words_of(section(make_view("captures", "cn", language), ANCHOR))
    assert templates.report[language]["preflight_table.intro"] in text
