from __future__ import annotations

import re
from dataclasses import replace

import pytest

from forensics.errors import ReportError
from forensics.model import Committed, Message, Outcome, Result, Snapshot
from forensics.reporter import evidence, view
from forensics.reporter.blocks import Contents, Gallery, Matrix, PageOf, Paragraph, Table, strings
from forensics.reporter.facts import gather
from forensics.reporter.gaps import all_gaps
from tests.fakes import snapshots
from tests.unit.reporter.conftest import JURISDICTIONS, LANGUAGES
from tests.unit.reporter.test_text import BANNED

STAGES = (
    *("Securing", "Sampling", "Metadata examination", "Detection of features", "Analysis of features", "Comparison"),
    *("Evaluation of features", "Synthesis of the results"),
)
SECRETS = (
    "victim-name",
    "Anna Example",
    "/secret",
    "victim at home",
    "anna-laptop",
    "192.0.2.7",
    "30.1N",
    "Canon",
    "secret.jpg",
)


def section(report, anchor):
    def found(sections):
        for one in sections:
            if one.anchor == anchor:
                return one
            inner = found(one.sections)
            if inner:
                return inner
        return None

    return found(report.sections)


def words_of(part):
    return "\n".join(strings(part))


def blocks_of(part):
    yield from part.blocks
    for inner in part.sections:
        yield from blocks_of(inner)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
@pytest.mark.parametrize("name", ["small", "rich", "captures"])
def test_a_report_can_be_built_for_every_forum_in_every_language(templates, make_view, name, jurisdiction, language):
    report = make_view(name, jurisdiction, language)
    texts = list(strings((report.cover, report.sections, report.running)))
    assert not [text for text in texts if evidence.undrawable(text, templates.fonts)]
    assert not [
        text for text in texts if re.search(r"\{[a-z_]+\}", text) and "{page}" not in text and "{count}" not in text
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_no_finished_report_has_a_banned_phrase(make_view, jurisdiction, language):
    texts = words_of(
        tuple(one for one in make_view("small", jurisdiction, language).sections if one.anchor != "glossary")
    )
    assert re.findall(BANNED[language], texts, re.IGNORECASE) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_page_says_what_the_report_rests_on_and_what_it_is_not(templates, make_view, language):
    cover = make_view("small", "cn", language).cover
    texts = templates.report[language]
    assert [one.text for one in cover.statements][:2] == [texts["cover.rests_on"], texts["cover.what_it_is"]]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", ["small", "rich", "large", "captures"])
def test_the_summary_has_at_most_400_words_and_no_percentages(make_view, name, language):
    summary = section(make_view(name, "eu", language), "summary")
    texts = words_of(tuple(block for block in summary.blocks if not isinstance(block, Contents)))
    assert len(texts.split()) <= 400
    assert "%" not in texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_and_annex_stands_in_its_place(make_view, language):
    anchors = [one.anchor for one in make_view("rich", "cn", language).sections]
    assert anchors == [
        *("summary", "mandate", "author", "materials", "collection", "custody", "authenticity", "observations"),
        *("comparisons", "elements", "limits", "anomalies", "requests", "verification", "declaration"),
        *("catalogue", "digests", "events", "methods", "values", "costs", "redactions"),
        *("glossary", "programs", "characters"),
    ]


def test_part_numbers_in_sentences_are_those_of_the_headings(make_view):
    report = make_view("rich", "intl", "en")
    for number, one in enumerate(report.sections[:15], 1):
        assert one.number == f"{number}. "
    letters = [one.number for one in report.sections[15:]]
    assert letters == [f"Annex {letter}. " for letter in "ABCDEFGHIJ"]
    assert "part\u00a014" in words_of(section(report, "custody"))
    assert section(report, "verification").number == "14. "


def test_the_evidence_root_runs_along_every_page(make_view):
    report = make_view("small", "intl", "en")
    assert snapshots.small().snapshot().root in report.running.root


def test_a_case_without_checkpoint_says_that_it_has_no_root(templates):
    report = view.build(snapshots.opened().snapshot(), language="en", templates=templates)
    assert "no checkpoint" in report.running.root
    assert not [block for block in blocks_of(section(report, "verification")) if isinstance(block, Matrix)]


def test_an_empty_case_gives_a_report_that_says_so(templates):
    for language in LANGUAGES:
        report = view.build(snapshots.opened().snapshot(), language=language, templates=templates)
        assert templates.report[language]["materials.none"] in words_of(report.sections)
        assert templates.report[language]["summary.nothing_examined"] in words_of(report.sections)


def test_a_case_without_events_is_refused(templates):
    empty = replace(snapshots.opened().snapshot(), events=())
    with pytest.raises(ReportError):
        view.build(empty, language="en", templates=templates)


def test_what_is_not_time_stamped_is_said_on_the_first_page(templates, make_view):
    assert "19 of 20 items" in words_of(make_view("rich", "intl", "en").cover)
    unstamped = replace(snapshots.small().snapshot(), time_proofs=())
    report = view.build(unstamped, language="en", templates=templates)
    assert "Not yet time-stamped" in words_of(report.cover)
    assert "not yet time-stamped" in words_of(section(report, "materials"))
    assert "ITEM-0001 to ITEM-0002" in words_of(section(report, "limits"))


def test_outcomes_are_counted(make_view):
    summary = section(make_view("rich", "intl", "en"), "summary")
    counts = dict(next(block for block in summary.blocks if hasattr(block, "role") and block.role == "numbers").rows)
    snapshot = snapshots.rich().snapshot()
    outcomes = [one.record.outcome for one in snapshot.acquisitions]
    assert counts["Items in the case"] == str(len(snapshot.items))
    assert counts["collected completely"] == str(outcomes.count(Outcome.COMPLETE))
    assert counts["collected in part"] == "1"
    assert counts["tried, nothing obtained"] == "1"
    assert counts["listed, collection not yet tried"] == "1"
    assert counts["not yet time-stamped"] == "1"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_nothing_of_protected_material_or_of_the_operator_is_shown(make_view, jurisdiction, language):
    texts = words_of(make_view("rich", jurisdiction, language))
    assert [secret for secret in SECRETS if secret in texts] == []


def test_no_picture_is_made_of_protected_material(make_view):
    case = snapshots.rich()
    pictures = {
        picture.sha256
        for block in blocks_of(section(make_view("rich", "cn", "zh"), "observations"))
        if isinstance(block, Gallery)
        for picture in block.pictures
    }
    protected = {
        artifact.digests.sha256
        for done in case.snapshot().acquisitions
        if done.record.item in ("ITEM-0060", "ITEM-0061")
        for artifact in done.record.artifacts
    }
    assert pictures
    assert pictures.isdisjoint(protected)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_gap_is_listed_with_its_reason_and_record(make_view, language):
    case = gather(snapshots.rich().snapshot(), program="test 1")
    table = next(
        block for block in section(make_view("rich", "cn", language), "anomalies").blocks if isinstance(block, Table)
    )
    assert [row[-1] for row in table.rows] == [placed.ref for placed in all_gaps(case)]
    assert all(row[1] and row[2] for row in table.rows)


def test_a_failed_self_test_is_an_anomaly(templates):
    snapshot = snapshots.small().snapshot()
    act = snapshot.acts[0]
    failed = Committed(act.ref, replace(act.record, self_test={"passed": False}))
    report = view.build(replace(snapshot, acts=(failed, *snapshot.acts[1:])), language="en", templates=templates)
    assert "self-test of run 1/0 was not passed" in words_of(section(report, "anomalies"))


def rows_of_findings(part):
    for block in blocks_of(part):
        if isinstance(block, Table) and block.columns[0].title == "Result":
            yield from block.rows


def records_in(text):
    """Reads references of records, also where consecutive ones are drawn together."""
    for first, last in re.findall(r"(\d+/\d+)(?:\u2013(\d+/\d+))?", text):
        seq, start = map(int, first.split("/"))
        end = int(last.split("/")[1]) if last else start
        yield from (f"{seq}/{index}" for index in range(start, end + 1))


def test_all_three_results_stand_in_one_table_in_the_same_way(make_view):
    item = section(make_view("small", "intl", "en"), "item-ITEM-0001")
    tables = [block for block in item.blocks if isinstance(block, Table) and block.columns[0].title == "Result"]
    assert len(tables) == 1
    part = section(make_view("small", "intl", "en"), "observations")
    assert {row[0] for row in rows_of_findings(part)} == {"Found", "Not found", "Indeterminate"}


def test_every_finding_is_shown_once_with_its_limits_and_alternatives(make_view):
    report = make_view("rich", "intl", "en")
    snapshot = snapshots.rich().snapshot()
    shown = []
    for row in rows_of_findings(section(report, "observations")):
        shared = row[2].partition(". record ")[2].partition("\n")[0]
        shown += [row[-1]] if row[-1][0].isdigit() else records_in(shared)
    assert len(shown) == len(set(shown))
    assert {found.ref for found in snapshot.findings} - set(shown) == {"15/0"}
    limits, others = (words_of(section(report, name)) for name in ("observations-kinds", "limits-others"))
    for found in snapshot.findings:
        assert all(message.text in limits for message in found.record.limits)
        assert all(message.text in others for message in found.record.alternatives)


def test_the_numbers_beside_a_finding_lead_to_its_limits_and_other_explanations(make_view):
    report = make_view("rich", "intl", "en")
    found = next(one for one in snapshots.rich().snapshot().findings if one.record.kind == "compare.footage")
    row = next(row for row in rows_of_findings(section(report, "observations")) if row[-1] == found.ref)
    numbers = re.search(r"\[limits ([\d.]+)(?:; explanations ([\da-z]+))?\]", row[2])
    named = next(row for block in blocks_of(section(report, "observations-kinds")) if isinstance(block, Table)
                 for row in block.rows if row[0].startswith(numbers[1].partition(".")[0] + "\u00a0"))  # fmt: skip
    assert all(message.text in named[1] for message in found.record.limits)


def test_nothing_found_is_said_in_its_words_with_the_items(make_view):
    snapshot = snapshots.rich().snapshot()
    text = words_of(section(make_view("rich", "intl", "en"), "observations"))
    for found in snapshot.findings:
        if found.record.result is Result.NOT_FOUND:
            assert found.record.statement.text in text


def test_what_was_looked_for_is_numbered_in_the_order_of_the_stages(make_view):
    part = section(make_view("rich", "intl", "en"), "observations-kinds")
    stages = [block.text for block in part.blocks if isinstance(block, Paragraph) and block.role == "strong"]
    assert stages == [stage for stage in STAGES if stage in stages]
    assert len(stages) > 1
    numbers = [row[0].partition("\u00a0")[0] for block in part.blocks if isinstance(block, Table) for row in block.rows]
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]


def test_a_finding_whose_place_a_newer_examination_took_is_named_and_not_shown(templates):
    case = snapshots.small()
    older = case.snapshot().findings[0]
    newer = replace(older.record, statement=Message("m", "Seen anew."))
    seq = case.event("analyze", newer).seq
    report = view.build(case.snapshot(), language="en", templates=templates)
    part = section(report, "observations")
    gone = {one.ref for one in case.snapshot().findings if one.record.analyzer.name == newer.analyzer.name
            and one.record.subject == newer.subject} - {f"{seq}/0"}  # fmt: skip
    assert older.ref in gone
    shown = [ref for row in rows_of_findings(part) for ref in records_in(f"{row[2]} {row[3]}")]
    assert gone.isdisjoint(shown)
    assert "Seen anew." in words_of(part)
    assert f"(events {seq})" in words_of(part)
    (line,) = re.findall(rf"event {seq} in place of records (.*)", words_of(section(report, "values")))
    assert set(records_in(line)) == gone


def test_a_finding_that_a_newer_run_repeated_stays(make_view):
    assert "14/0 by 15/0" in words_of(section(make_view("rich", "intl", "en"), "item-ITEM-0001"))


def test_values_that_do_not_stand_beside_a_finding_are_in_the_annex(make_view):
    report = make_view("rich", "intl", "en")
    beside, annex = words_of(section(report, "item-ITEM-0001")), words_of(section(report, "values"))
    assert "EXIF:Tag00" not in beside
    assert "EXIF:Tag00\u00a0value 0" in annex
    assert "EXIF:Tag59" not in annex, "a long value is cut; the record has it"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("jurisdiction", "rows"), [("cn", 13), ("us", 8), ("eu", 21), ("intl", 7), ("fr", 21)])
def test_the_authenticity_table_has_every_point_and_always_an_answer(make_view, jurisdiction, rows, language):
    table = next(
        block
        for block in section(make_view("small", jurisdiction, language), "authenticity").blocks
        if isinstance(block, Table)
    )
    assert len(table.rows) == rows
    assert all(point and there and missing for point, there, missing in table.rows)
    assert all((there, missing) != ("–", "–") for _, there, missing in table.rows)


def test_the_authenticity_table_says_where_nothing_is_recorded(templates):
    report = view.build(snapshots.opened(jurisdiction="cn").snapshot(), language="en", templates=templates)
    texts = words_of(section(report, "authenticity"))
    for sentence in (
        "The environment of the collection is not recorded.",
        "No digest is recorded",
        "Not yet time-stamped",
    ):
        assert sentence in texts


def test_what_custody_cannot_show_is_in_every_report(templates, make_view):
    for language in LANGUAGES:
        texts = words_of(section(make_view("small", "intl", language), "custody"))
        assert all(point in texts for point in templates.report[language]["custody.cannot_points"])


def test_the_custody_log_has_every_event(make_view):
    tables = [
        block for block in blocks_of(section(make_view("rich", "cn", "zh"), "events")) if isinstance(block, Table)
    ]
    assert len(tables[0].rows) == len(snapshots.rich().snapshot().events)


def test_a_long_custody_log_is_cut_by_a_stated_rule(templates):
    case = snapshots.opened()
    for _ in range(500):
        case.event("checkpoint")
    log = section(view.build(case.snapshot(), language="en", templates=templates), "events")
    table = next(block for block in log.blocks if isinstance(block, Table))
    assert len(table.rows) == 400
    assert table.rows[199][0] == "199"
    assert table.rows[200][0] == "301"
    assert "400 of 501 events are shown" in words_of(log)


def test_the_verification_page_has_the_commands_for_this_very_case(make_view):
    snapshot = snapshots.small().snapshot()
    texts = words_of(section(make_view("small", "intl", "en"), "verification"))
    assert "sed -n 10p data/ledger.jsonl | tr -d '\\n' | sha256sum" in texts
    assert f"--head 9:{snapshot.root}" in texts
    for proof in snapshot.time_proofs:
        assert f"data/proofs/{proof.record.token}.tsr" in texts
        assert all(fingerprint in texts for fingerprint in proof.record.certificates)
    assert "> " not in texts, "a command that writes into the packet would spoil it"


def test_the_catalogue_has_every_item_once_grouped_by_exhibit(make_view):
    table = next(
        block for block in section(make_view("rich", "cn", "zh"), "catalogue").blocks if isinstance(block, Table)
    )
    assert [row[0] for row in table.rows[:3]] == ["E-1（1）", "E-1（2）", "［1］"]
    cells = [cell.anchor for row in table.rows for cell in row if isinstance(cell, PageOf)]
    assert sorted(cells) == [f"item-{found.record.id}" for found in snapshots.rich().snapshot().items]
    assert "《最高人民法院关于民事诉讼证据的若干规定》" in words_of(section(make_view("rich", "cn", "zh"), "catalogue"))


def test_the_declaration_is_a_draft_of_the_forum(make_view):
    for jurisdiction, phrase in {
        "cn": "取证说明",
        "us": "FRE 902(14)",
        "eu": "statement of the collector",
        "intl": "statement of the collector",
    }.items():
        part = section(make_view("small", jurisdiction, "en"), "declaration")
        assert phrase in part.title
        assert words_of(part.blocks).startswith("Draft")
    assert "under penalty of perjury" in words_of(section(make_view("small", "us", "en"), "declaration"))


def test_replaced_characters_are_listed_in_the_report(make_view):
    table = next(
        block for block in section(make_view("rich", "cn", "zh"), "characters").blocks if isinstance(block, Table)
    )
    assert {"U+1F600", "U+20BB7", "U+202E", "U+0301", "U+0000", "U+FFFD"} <= {row[0] for row in table.rows}


def test_a_second_report_has_the_next_version_and_names_the_first(make_view):
    report = make_view("rich", "intl", "en")
    assert any(value.startswith("2, made with") for _, value in report.cover.pairs.rows)
    assert snapshots.digest("old report") in words_of(section(report, "custody"))


def test_events_after_the_checkpoint_are_said_not_to_be_fixed_by_the_root(make_view):
    assert "next one: 18 to 19." in words_of(section(make_view("rich", "intl", "en"), "custody-root"))


def test_the_program_that_makes_the_report_is_named(templates):
    program = view.Program("forensics", "9.9.9")
    report = view.build(snapshots.small().snapshot(), language="en", templates=templates, program=program)
    assert report.program == "forensics 9.9.9"
    assert "forensics 9.9.9" in words_of(section(report, "author-assistance"))


def test_a_report_does_not_depend_on_anything_else_in_the_snapshot_order(templates):
    snapshot = snapshots.rich().snapshot()
    shuffled = replace(snapshot, items=tuple(reversed(snapshot.items)))
    assert isinstance(shuffled, Snapshot)
    assert view.build(shuffled, language="en", templates=templates) == view.build(
        snapshot, language="en", templates=templates
    )


def test_results_are_counted_by_what_was_looked_for(make_view):
    table = next(
        block for block in section(make_view("small", "intl", "en"), "summary").blocks if isinstance(block, Table)
    )
    assert [column.title for column in table.columns][1:] == ["Found", "Not found", "Indeterminate"]
    assert len(Result) == 3
    assert {row[0]: row[1:] for row in table.rows}["Entries in the metadata"] == ("1", "0", "0")
