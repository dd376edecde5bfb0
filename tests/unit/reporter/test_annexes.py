from __future__ import annotations

import re

import pytest

from forensics.reporter import view
from forensics.reporter.annexes import glossary
from forensics.reporter.blocks import Table
from forensics.reporter.wording import words
from tests.fakes import snapshot_faces, snapshots
from tests.unit.reporter.conftest import LANGUAGES
from tests.unit.reporter.test_view import section, words_of


def rows(part):
    return [row for block in part.blocks if isinstance(block, Table) for row in block.rows]


def test_the_glossary_has_the_terms_of_the_project_in_three_languages(templates):
    # The project's list has 71 terms; one of them, a kind of deposit, no report may speak of.
    for language in LANGUAGES:
        names = [key for key in templates.report[language] if re.fullmatch(r"glossary\.[a-z0-9_]+_term", key)]
        assert len(names) >= 70


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_terms_that_occur_are_listed_with_their_names_elsewhere(templates, language):
    spoken = words(templates, language=language, jurisdiction="cn")
    term = templates.report[language]["glossary.likelihood_ratio_term"]
    found = rows(glossary(f"... {term.upper()} ...", spoken))
    assert [row[0] for row in found] == [term]
    others = [templates.report[one]["glossary.likelihood_ratio_term"] for one in LANGUAGES if one != language]
    assert list(found[0][1:3]) == others


def test_either_form_of_a_term_counts(templates):
    spoken = words(templates, language="zh", jurisdiction="cn")
    assert [row[0] for row in rows(glossary("书面同意", spoken))] == ["单独同意 / 书面同意"]
    assert rows(glossary("别的文字", spoken)) == []


def test_every_method_that_made_a_finding_has_a_row(make_view):
    snapshot = snapshots.rich().snapshot()
    used = {one.record.analyzer.name for one in snapshot.findings}
    listed = {row[0].split("\n")[0].split(" ")[0] for row in rows(section(make_view("rich", "cn", "en"), "methods"))}
    assert listed == used


def test_rates_are_only_named_where_a_calibration_weighed_a_finding(templates):
    report = view.build(snapshot_faces.swap().snapshot(), language="en", templates=templates)
    told = [row[4] for row in rows(section(report, "methods"))]
    assert any(text.startswith("calibration SHA-256") for text in told)
    report = view.build(snapshots.small().snapshot(), language="en", templates=templates)
    assert {row[4] for row in rows(section(report, "methods"))} == {templates.report["en"]["methods.rates_none"]}


def test_the_log_in_the_part_on_custody_counts_what_the_annex_lists(make_view):
    report = make_view("rich", "cn", "en")
    counted = sum(int(row[1]) for row in rows(section(report, "custody-log")))
    assert counted == len(rows(section(report, "events")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_scale_is_printed_where_nothing_was_weighed(templates, make_view, language):
    text = words_of(section(make_view("small", "cn", language), "compared-key"))
    texts = templates.report[language]
    assert all(texts[f"scale.{name}"] in text for name in ("extremely_strong", "limited", "neither", "O2"))
    assert texts["comparisons.no_rates"] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_explanations_stand_once_for_each_kind(templates, make_view, language):
    table = rows(section(make_view("rich", "cn", language), "limits-others"))
    assert len({row[0] for row in table}) == len(table)
    for row in table:
        lines = re.split(r"(?<![0-9a-z])[0-9]+[a-z][ \u00a0]", row[1])
        assert len(set(lines)) == len(lines)


def test_each_limit_of_a_kind_stands_once_and_not_at_the_items(make_view):
    part = section(make_view("large", "cn", "en"), "observations")
    items = words_of(tuple(one for one in part.sections if one.anchor != "observations-kinds"))
    kinds = rows(section(make_view("large", "cn", "en"), "observations-kinds"))
    for row in kinds:
        limits = re.findall(r"\d+\.\d+\u00a0([^.]{20,}\.)", row[1])
        assert limits
        assert len(set(limits)) == len(limits)
        assert [one for one in limits if one in items] == []
