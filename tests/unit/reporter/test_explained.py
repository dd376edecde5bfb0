"""Numbers of kinds, limits and other explanations, and references that are drawn together."""

from __future__ import annotations

import pytest

from forensics.model import Message, Result
from forensics.reporter import wording
from forensics.reporter.evidence import Said
from forensics.reporter.explained import explain, joined, lettered, ref_ranges
from forensics.reporter.facts import gather
from tests.fakes import snapshots
from tests.unit.reporter.conftest import LANGUAGES


@pytest.fixture(scope="module", params=LANGUAGES)
def words(request, templates):
    return wording.words(templates, language=request.param, jurisdiction="intl")


def case_with(*found):
    case = snapshots.small()
    case.event("analyze", *found)
    return gather(case.snapshot(), program="test 1")


def made(subject, *limits, **more):
    said = tuple(Message(text, text) for text in limits)
    return snapshots.finding(subject, "test.kind", Result.FOUND, "Seen.", limits=said, **more)


def test_consecutive_records_of_one_event_are_drawn_together(words):
    refs = ["9/2", "9/0", "10/4", "9/1", "9/9", "9/10"]
    assert ref_ranges(refs, words) == words.listed(["9/0\u20139/2", "9/9\u20139/10", "10/4"])


def test_consecutive_kinds_that_are_named_whole_are_drawn_together_and_parts_are_not(words):
    marks = [Said(one) for one in ("10", "2", "3", "4", "7.1", "", "2")]
    assert joined(marks, words) == words.listed(["2\u20134", "7.1", "10"])


def test_explanations_beyond_z_have_two_letters():
    assert [lettered(3, place) for place in (1, 26, 27)] == ["3a", "3z", "3aa"]


def test_a_finding_with_all_sentences_of_its_kind_has_the_number_alone_and_others_name_theirs(words):
    case = case_with(
        made("a" * 64, "One.", "Two."), made("b" * 64, "Two.", "Three."), made("c" * 64, "One.", "Two.", "Three.")
    )
    key = explain(case, words)
    kind = key.kinds["test.kind"]
    marks = [key.of(one.found)[0] for one in kind.shown]
    number = kind.number
    assert marks == [f"{number}.1\u2013{number}.2", f"{number}.2\u2013{number}.3", str(number)]


def test_a_finding_without_other_explanations_has_no_number_for_them(words):
    key = explain(case_with(made("a" * 64, "One.", alternatives=())), words)
    (one,) = key.kinds["test.kind"].shown
    assert key.of(one.found)[1] == ""
