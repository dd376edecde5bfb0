from __future__ import annotations

import pytest

from forensics.model import Exhibit
from forensics.reporter import view
from forensics.reporter.authenticity import ROWS
from forensics.reporter.blocks import Table
from tests.fakes import snapshot_captures, snapshots
from tests.fakes.dossiers import statement
from tests.unit.reporter.test_view import section, words_of


def table_of(case, templates, language="en"):
    part = section(view.build(case.snapshot(), language=language, templates=templates), "authenticity")
    return part, {row[0]: row[1:] for block in part.blocks if isinstance(block, Table) for row in block.rows}


def test_the_points_are_those_of_the_rules():
    # Internet Courts 11: six; Civil Evidence 93: seven; NF Z67-147: twenty, and eIDAS 41.
    names = {place: [name for name, _ in rows] for place, rows in ROWS.items()}
    assert [name for name in names["cn"] if name.startswith("ic11")] == [f"ic11_{n}" for n in range(1, 7)]
    assert [name for name in names["cn"] if name.startswith("ce93")] == [f"ce93_{n}" for n in range(1, 8)]
    assert [name for name in names["eu"] if name.startswith("nf")] == [f"nf_{n:02d}" for n in range(1, 21)]
    assert {"fre901_a", "fre901_b9", "fre902_11", "fre902_13", "fre902_14"} <= set(names["us"])


def test_items_without_a_time_stamp_stand_among_what_is_missing(templates):
    _, rows = table_of(snapshots.rich(jurisdiction="cn"), templates)
    there, missing = next(cells for point, cells in rows.items() if point.startswith("11(6)"))
    assert "Time stamps by outside authorities" in there
    assert "Not for these items: ITEM-" in missing


def test_nothing_is_said_to_be_recorded_in_an_empty_case(templates):
    _, rows = table_of(snapshots.opened(jurisdiction="us"), templates)
    there, missing = next(cells for point, cells in rows.items() if point.startswith("FRE 902(14)"))
    assert "No digest is recorded" in missing
    assert "Digests computed" not in there


def test_gaps_are_missing_and_their_absence_is_not(templates):
    _, with_gaps = table_of(snapshots.rich(jurisdiction="cn"), templates)
    _, without = table_of(snapshots.opened(jurisdiction="cn"), templates)
    point = next(one for one in with_gaps if one.startswith("93(7)"))
    assert "Everything missing" in with_gaps[point][1]
    assert "No gap is recorded" in without[point][0]


def test_the_checks_before_captures_answer_point_by_point(templates):
    _, rows = table_of(snapshot_captures.captures(jurisdiction="eu"), templates)
    hosts = next(cells for point, cells in rows.items() if point.startswith("NF Z67-147, 8:"))
    assert "Checks before" in hosts[0]
    _, offline = table_of(snapshots.small(jurisdiction="eu"), templates)
    points = [cells for point, cells in offline.items() if point.startswith("NF Z67-147, 8:")]
    assert points == [("–", "Does not apply: no web page was collected.")]


def test_a_stated_relation_is_recorded_as_stated(templates):
    case = snapshots.small(jurisdiction="cn")
    point = "93(6): are the persons who kept, sent and extracted it suitable?"
    _, rows = table_of(case, templates)
    assert "Relation of the collecting person" in rows[point][1]
    case.event("state", statement(1, "author", name="Li Wei", relation="none"))
    _, rows = table_of(case, templates)
    assert "as stated: part\u00a03" in rows[point][0]
    assert "Who pays for the work is not stated" in rows[point][1]


@pytest.mark.parametrize("with_exhibit", [True, False])
def test_the_exhibits_of_the_items_are_named(templates, with_exhibit):
    case = snapshots.small(jurisdiction="us")
    if with_exhibit:
        case.event("exhibit", Exhibit("1-1", "a clip", ("ITEM-0001", "ITEM-0002")))
    part, _ = table_of(case, templates)
    assert ("1-1\u00a0(ITEM-0001 to ITEM-0002)" in words_of(part)) is with_exhibit
