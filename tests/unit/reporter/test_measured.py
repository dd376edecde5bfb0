"""What a report makes of the values of findings: names, words, tables, and what it leaves to the annex."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forensics.formats import CODES
from forensics.model import Message, Result
from forensics.reporter import attached, evidence, measured, wording
from forensics.reporter.blocks import Paragraph, Table, strings
from forensics.reporter.choice import CHOICES
from forensics.reporter.facts import Observation
from forensics.reporter.naming import leaves, reach, value_name, value_said, value_word
from tests.fakes import snapshots
from tests.unit.reporter.conftest import LANGUAGES

FILE = snapshots.digest("file")

C2PA = {
    "state": "invalid",
    "codes": ["assertion.dataHash.mismatch"],
    "signer": {"common_name": "C2PA Signer", "issuer": "Test \u202e 😀"},
    "actions": [{"action": "c2pa.opened", "when": None, "manifest": "urn:uuid:1"}],
    "signed_at": None,
    "is_it_new": True,
}
DATES = [
    {"at": f"2025-03-{day:02d}", "zone_known": False, "place": "APP1/Exif/IFD0", "key": "DateTime", "raw": f"{day}"}
    for day in range(1, 31)
]


@pytest.fixture(scope="module", params=LANGUAGES)
def words(request, templates):
    return wording.words(templates, language=request.param, jurisdiction="intl")


@pytest.fixture(scope="module")
def english(templates):
    return wording.words(templates, language="en", jurisdiction="intl")


def finding(kind, values, result=Result.FOUND, **more):
    return snapshots.finding(FILE, kind, result, "text", values=values, **more)


def beside(made, words):
    return "\n".join(measured.run_in(made, words=words))


def tables(made, words):
    return list(measured.lists(made, "5/1", words=words))


@pytest.mark.parametrize("kind", sorted(CHOICES))
def test_every_value_that_stands_beside_a_finding_has_a_name(words, kind):
    choice = CHOICES[kind]
    paths = [*choice.plain, *(listing.path for listing in choice.lists)]
    paths += [f"{listing.path}.{name}" for listing in choice.lists for name, _ in listing.columns]
    assert [path for path in paths if value_name(tuple(path.split(".")), kind, words=words) is None] == []


def test_every_code_of_the_readers_has_a_word(words):
    assert [code for code in CODES if value_word(("anomalies", "code"), code, words=words) is None] == []


@pytest.mark.parametrize("state", ["trusted", "untrusted", "invalid", "remote", "none"])
def test_every_state_of_credentials_is_translated_and_keeps_its_recorded_word(words, state):
    said = value_said(("state",), state, words=words)
    assert state in said
    assert said != state


def test_a_text_of_the_evidence_is_never_taken_for_a_word(words):
    for name in ("prompt", "raw", "text", "title", "value"):
        assert value_said(("parameters", name), "none", words=words) == "none"
        assert value_said(("parameters", name), "trusted", words=words) == "trusted"


def test_a_value_without_a_name_stays_as_recorded(english):
    made = finding("label.c2pa", C2PA)
    lines, left = measured.in_annex(made, words=english, most=40)
    assert left == 0
    assert "is_it_new: yes" in lines[0]


def test_single_values_and_lists_stand_beside_a_finding_with_their_names(english):
    single, few = beside(finding("label.c2pa", C2PA), english).split("\n")
    assert "state of the credentials: does not pass the checks (invalid)" in single.split("; ")
    assert few == "declared actions: action: opened (c2pa.opened)", "what is empty is left out"
    assert tables(finding("label.c2pa", C2PA), english) == []


def test_a_list_of_more_members_is_a_table_without_empty_columns(english):
    _, table = tables(finding("label.c2pa", C2PA | {"actions": [{"action": "c2pa.opened", "when": None}] * 5}), english)
    assert [column.title for column in table.columns] == ["action"]
    assert table.rows == (("opened (c2pa.opened)",),) * 5


def test_what_the_statement_says_is_not_said_again(english):
    said = Message("m", "{quality} of 100.", {"quality": 75})
    made = replace(finding("compression.jpeg", {"quality": 75, "saves": 2}), statement=said)
    assert "75" not in beside(made, english)
    assert "2" in beside(made, english)


def test_what_a_table_does_not_show_is_in_the_annex_under_its_recorded_name(english):
    lines, _ = measured.in_annex(finding("label.c2pa", C2PA), words=english, most=40)
    assert "declared actions [actions: manifest], 1: 1) urn:uuid:1" in lines


def test_evidence_text_in_values_is_made_visible(templates, words):
    text = beside(finding("label.c2pa", C2PA), words)
    assert "[U+202E]" in text
    assert "[U+1F600]" in text
    assert not evidence.undrawable(text.replace("\n", ""), templates.fonts)


def test_a_long_list_is_cut_with_a_number_and_a_reference(english):
    head, table = tables(finding("container.timeline", {"dates": DATES}), english)
    assert isinstance(head, Paragraph)
    assert "30" in head.text
    assert "record 5/1" in head.text
    assert len(table.rows) == 8


def test_a_long_text_is_cut_visibly(english):
    text = beside(finding("label.generator", {"parameters": {"prompt": "x" * 5000}}), english)
    assert text.startswith("prompt (what was asked for): xxx")
    assert len(text) < 500
    assert text.endswith("...")


def test_a_finding_that_found_nothing_has_no_table_of_zeros(words):
    none = {"count": 0, "anomalies": [], "usual_count": 0, "disagrees": False, "state": "none", "strength": None}
    for kind in ("container.anomaly", "label.iptc", "label.c2pa", "label.aigc"):
        made = finding(kind, none, Result.NOT_FOUND)
        assert beside(made, words) == ""
        assert tables(made, words) == []
        assert measured.in_annex(made, words=words, most=40) == ([], 0)


def test_a_zero_of_a_finding_that_found_something_is_shown(english):
    text = beside(finding("compression.jpeg", {"explained_share": 0, "quality": 75}), english)
    assert any(one.endswith(": 0") for one in text.split("; "))


def test_every_value_is_beside_the_finding_or_in_the_annex_or_counted_as_left_out(english):
    values = {f"name{n}": n for n in range(1, 61)}
    made = finding("unknown.kind", values)
    lines, left = measured.in_annex(made, words=english, most=40)
    shown = beside(made, english).count(";") + 1
    assert shown + lines[0].count(";") + 1 + left == 60


def test_the_annex_says_what_names_and_words_stand_for(english):
    names = measured.recorded_names([finding("label.c2pa", C2PA)], english)
    assert "state of the credentials = state" in names
    assert "signer, as the certificate names it = signer.common_name" in names


@pytest.mark.parametrize(
    "values",
    [
        {"sites": "not a list"},
        {"sites": [1, {"place": 2}]},
        {"sites": [{"fields": None}, {"fields": {"Label": ["1"]}}]},
        {"sites": [{}]},
        {"": {"": [{"": ""}]}},
        {"labels": {"a": {"b": {"c": [[[{}]]]}}}},
        {"sites": [{"place": "x", "fields": {"display": "a", "raw_hex": "00"}}]},
    ],
)
def test_values_of_any_shape_can_be_shown(words, values):
    made = finding("label.aigc", values)
    list(strings((beside(made, words), tuple(tables(made, words)), *measured.in_annex(made, words=words, most=40)[0])))


def test_numbers_have_the_sign_of_the_language(templates):
    french = wording.words(templates, language="fr", jurisdiction="intl")
    assert value_said(("score",), -13.5, words=french) == "\u221213,5"


def test_leaves_give_every_value_that_says_something():
    values = {"a": {"b": 0, "c": None, "d": ""}, "groups": {"x": 1}, "e": []}
    assert list(leaves(values)) == [(("a", "b"), 0), (("groups",), {"x": 1})]


def test_a_path_reaches_through_lists():
    assert reach({"rules": [{"rule": "a"}, {"rule": None}, {"rule": "b"}]}, ("rules", "rule")) == ["a", "b"]
    assert reach({"rules": 1}, ("rules", "rule")) is None


def test_pictures_are_shown_with_what_they_are_and_others_are_listed(words):
    case = snapshots.opened()
    ghost = replace(case.artifact("g.png", b"g", "image/png"), role="ghost-map")
    level = replace(case.artifact("e.png", b"e", "image/png"), role="error-level-map")
    table = replace(case.artifact("t.csv", b"t", "text/csv"), role="frame-table")
    made = finding("compression.jpeg", {}, attachments=(ghost, level, table))
    found = [Observation("5/1", made, ()), Observation("5/2", made, ())]
    small, wide, note = attached.galleries((), found[:1], words=words)
    assert wide.in_a_row == 2
    assert small.in_a_row > wide.in_a_row
    assert words.say("role.ghost-map") in wide.pictures[0].caption
    assert words.say("made.ghost-map") in note.text
    assert ghost.digests.sha256[:16] in wide.pictures[0].caption
    (listed,) = attached.files(found, words=words)
    assert [row[2] for row in listed.rows] == [one.digests.sha256 for one in (ghost, level, table)], "each file once"
    assert all("5/1\u20135/2" in row[0] for row in listed.rows)


def test_a_sealed_picture_is_listed_and_not_shown(english):
    kept = snapshots.opened().artifact("g.png", b"g", "image/png")
    sealed = replace(kept, role="ghost-map", sealed={"commitment": "00"})
    found = [Observation("5/1", finding("compression.jpeg", {}, attachments=(sealed,)), ())]
    assert list(attached.galleries((), found, words=english)) == []
    assert [type(block) for block in attached.files(found, words=english)] == [Table]
