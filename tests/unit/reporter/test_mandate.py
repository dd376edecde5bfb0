from __future__ import annotations

import pytest

from forensics.model import LegalBasis
from forensics.reporter import view
from forensics.reporter.blocks import Blank, Pairs, Points
from tests.fakes import snapshots
from tests.fakes.dossiers import statement
from tests.unit.reporter.conftest import LANGUAGES
from tests.unit.reporter.test_view import blocks_of, section, words_of

MANDATE = statement(
    1,
    "mandate",
    asked_by="Example Procuratorate",
    questions=["Was the face replaced?", "How far was it passed on?"],
    received_from="a witness",
)
AUTHOR = statement(2, "author", name="Li Wei", qualification="engineer", relation="none to either party")


def report_with(templates, *statements, language="en", bases=()):
    case = snapshots.small(jurisdiction="cn", language=language)
    if statements:
        case.event("state", *statements)
    if bases:
        case.event("legal-basis", *bases)
    return view.build(case.snapshot(), language=language, templates=templates)


def pairs_of(part):
    return {name: value for block in blocks_of(part) if isinstance(block, Pairs) for name, value in block.rows}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_nobody_stated_is_said_to_be_not_stated(templates, language):
    report = report_with(templates, language=language)
    texts = templates.report[language]
    author = pairs_of(section(report, "author-people"))
    assert set(author.values()) == {texts["word.not_stated"]}
    assert len(author) == 7
    assert [block.label for block in blocks_of(section(report, "mandate-task")) if isinstance(block, Blank)] == [
        texts["mandate.asked_by"],
        texts["mandate.questions"],
    ]


def test_a_mandate_stands_as_it_was_stated_with_who_stated_it(templates):
    part = section(report_with(templates, MANDATE), "mandate-task")
    pairs = pairs_of(part)
    assert pairs["Asked by"] == "Example Procuratorate"
    assert pairs["Material received from"] == "a witness"
    assert pairs["Scope"] == "not stated"
    assert pairs["Stated by"].startswith("Li Wei, 2022-06-12 12:00:00 UTC (STATEMENT-0001, record ")
    questions = next(block for block in blocks_of(part) if isinstance(block, Points))
    assert questions.items == ("Was the face replaced?", "How far was it passed on?")
    assert not [block for block in blocks_of(part) if isinstance(block, Blank)]


def test_a_withdrawn_mandate_is_not_printed(templates):
    from dataclasses import replace

    withdrawn = replace(MANDATE, is_withdrawn=True)
    text = words_of(section(report_with(templates, MANDATE, withdrawn), "mandate"))
    assert "Example Procuratorate" not in text


def test_of_one_statement_the_newest_record_counts(templates):
    later = statement(1, "mandate", asked_by="Another Office", questions=[])
    pairs = pairs_of(section(report_with(templates, MANDATE, later), "mandate-task"))
    assert pairs["Asked by"] == "Another Office"


def test_the_author_stands_as_stated_and_what_is_not_stated_is_said(templates):
    pairs = pairs_of(section(report_with(templates, AUTHOR), "author-people"))
    assert pairs["Name"] == "Li Wei"
    assert pairs["Who pays for the work"] == "not stated"


def test_a_review_is_only_said_where_somebody_stated_one(templates):
    without = words_of(section(report_with(templates, AUTHOR), "author-assistance"))
    assert "does not record that a person reviewed the findings" in without
    reviewed = statement(2, "author", name="Li Wei", reviewed_by="Wang Fang", ai_assistance="none")
    within = words_of(section(report_with(templates, reviewed), "author-assistance"))
    assert "does not record that a person reviewed" not in within
    assert "is stated above" in within
    assert "is not stated" not in within


def test_a_legal_basis_is_printed_as_stated(templates):
    basis = LegalBasis(basis="written consent", at=snapshots.START, consent="by letter")
    text = words_of(section(report_with(templates, bases=[basis]), "mandate-hand-over"))
    assert "written consent" in text
    assert "unchecked" in text
