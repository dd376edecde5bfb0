from __future__ import annotations

import re

import pytest

from forensics.model import Exhibit
from forensics.reporter import view
from forensics.reporter.blocks import Pairs, Table
from tests.fakes import dossiers, snapshots
from tests.fakes.dossiers import statement
from tests.unit.reporter.conftest import JURISDICTIONS, LANGUAGES
from tests.unit.reporter.test_view import section, words_of


def part_of(templates, *records, language="en", jurisdiction="cn", dossier=None):
    case = snapshots.small(jurisdiction=jurisdiction, language=language)
    for action, record in records:
        case.event(action, record)
    report = view.build(case.snapshot(), language=language, templates=templates, dossier=dossier)
    return section(report, "elements")


def rows(part):
    table = next(block for block in part.blocks if isinstance(block, Table))
    return {row[0].split("\u00a0")[0]: row for row in table.rows}


EXHIBIT = ("exhibit", Exhibit("8-1", "group export", ("ITEM-0001",), elements=("E8",)))
CONTEST = ("state", statement(1, "contested", "the money was for ordinary software", element="E8", by="the respondent"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_matrix_of_the_forum_has_every_element(templates, language):
    found = rows(part_of(templates, language=language))
    assert list(found) == [f"E{n}" for n in range(1, 18)]
    assert all(all(cell for cell in row) for row in found.values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_the_matrix_never_says_that_an_element_is_shown(templates, jurisdiction, language):
    text = words_of(part_of(templates, EXHIBIT, CONTEST, language=language, jurisdiction=jurisdiction))
    claims = r"\bproven\b|\bproved\b|已证明|已经证明|得到证明(?!，并不|；)|est prouvé"
    allowed = "并不表示该项已经得到证明；是否得到证明"
    assert re.findall(claims, text.replace(allowed, "")) == []


def test_an_exhibit_stands_with_its_element_and_a_single_one_asks_for_corroboration(templates):
    found = rows(part_of(templates, EXHIBIT))
    assert found["E8"][1] == "8-1"
    assert found["E8"][2].startswith("supported by 1 exhibit")
    assert found["E9"][1] == "–"
    assert found["E9"][2].startswith("missing")


def test_who_contests_what_is_printed_with_who_states_it(templates):
    part = part_of(templates, EXHIBIT, CONTEST)
    assert rows(part)["E8"][2].startswith("contested")
    pairs = [block for block in part.blocks if isinstance(block, Pairs)]
    (name, text), *_ = pairs[0].rows
    assert name.startswith("E8")
    assert text.startswith("Contested by the respondent: the money was for ordinary software. Stated by Li Wei")


def test_rules_that_are_to_be_checked_are_marked_with_the_date_of_the_last_look(templates):
    text = words_of(part_of(templates))
    assert "(to be checked)" in text
    assert re.search(r"Rules \(looked up on 20\d\d-\d\d-\d\d\)", text)


def test_an_element_that_the_profile_does_not_have_is_reported(templates):
    text = words_of(part_of(templates, ("exhibit", Exhibit("9", "x", ("ITEM-0001",), elements=("Z99",)))))
    assert "this profile does not have: Z99" in text


def test_what_the_dossier_holds_is_a_lead_and_no_support(templates):
    found = rows(part_of(templates, dossier=dossiers.make()))
    assert "payments stated in chats: " in found["E9"][3]
    assert found["E9"][2].startswith("missing")
