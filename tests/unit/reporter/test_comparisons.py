from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import replace

import pytest

from forensics.model import Committed, Item, Result, Sensitivity, Tool
from forensics.proof.proposition import FACE_SYNTHESISED
from forensics.reporter import pdf, view
from forensics.reporter.blocks import Chart, Gallery, Mask, Paragraph, Picture, Table
from forensics.reporter.blocks import Result as ResultBlock
from forensics.reporter.picture import Thumbnails
from tests.fakes import snapshot_faces as faces
from tests.fakes.snapshots import digest, finding
from tests.unit.reporter.conftest import JURISDICTIONS, LANGUAGES
from tests.unit.reporter.test_text import BANNED
from tests.unit.reporter.test_view import blocks_of, section, words_of

SCALE = ("extremely_strong", "very_strong", "strong", "moderately_strong", "moderate", "limited", "neither")


def built(case, templates, language="en"):
    return view.build(case.snapshot(), language=language, templates=templates)


def part_of(case, templates, language="en"):
    return section(built(case, templates, language), "comparisons")


def drawn_in(part):
    galleries = [block for block in blocks_of(part) if isinstance(block, Gallery)]
    return [one for gallery in galleries for one in gallery.pictures]


def page(part, start):
    return next(one for one in part.sections if start in one.title)


@pytest.fixture(scope="module")
def part(templates):
    return part_of(faces.swap(), templates)


@pytest.fixture(scope="module")
def sealed_part(templates):
    return part_of(faces.swap(sensitivity=Sensitivity.INTIMATE), templates)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_the_pages_can_be_built_for_every_forum_without_banned_phrases(templates, jurisdiction, language):
    made = part_of(faces.swap(jurisdiction=jurisdiction, language=language), templates, language)
    assert len(made.sections) == 7
    assert re.findall(BANNED[language], words_of(made), re.IGNORECASE) == []


def test_a_case_without_comparisons_says_so(make_view):
    made = section(make_view("small", "intl", "en"), "comparisons")
    assert "No comparison of items" in words_of(made)
    assert [one.anchor for one in made.sections] == ["compared-key"]


def test_the_part_begins_with_where_its_strength_lies(part):
    first = part.blocks[0]
    assert first.label.startswith("Where the strength lies")
    assert "No score of a single file" in first.text


def test_a_comparison_has_its_control_beside_each_measurement(part):
    one = page(part, "ITEM-0001 compared with ITEM-0002")
    table = next(block for block in one.blocks if isinstance(block, Table) and len(block.columns) == 4)
    rows = {row[0]: row[1:3] for row in table.rows}
    assert rows["Structure inside the face"] == ("0.70 [0.67 to 0.75]", "1.00 [0.99 to 1.00]")
    assert rows["Similarity of face measures"] == ("0.24 [0.18 to 0.30]", "0.99 [0.97 to 0.99]")


def test_a_comparison_says_where_its_frames_come_from(part):
    text = words_of(page(part, "compared with"))
    assert "the lowest, the middle and the highest agreement" in text
    assert "questioned item 1.250 s, suspected original 7.270 s" in text
    assert "4.54 s to 9.00 s: 8.10 s" in text


def test_a_comparison_says_nothing_about_who_and_which_came_first(part):
    assert faces.LIMIT.text in words_of(page(part, "compared with"))
    assert "Nothing here says which file came first" in words_of(part.blocks)


def test_three_faces_stand_against_each_other_with_a_pairing_sheet(part):
    text = words_of(page(part, "compared with"))
    assert "Face of the questioned item – photographs of SUBJECT-0001" in text
    assert "0.59 [0.52 to 0.66]" in text
    assert "Pairing sheet" in text


def test_a_similarity_stands_beside_three_distributions(part):
    one = page(part, "ITEM-0001 beside SUBJECT-0001")
    chart = next(block for block in one.blocks if isinstance(block, Chart))
    bars = {lane.label: lane.stretches for lane in chart.lanes}
    assert bars["Unrelated persons"] == ((-0.09, 0.24),)
    assert bars["Face swaps and their source person"] == ((0.54, 0.66),)
    assert bars["Photographs of one person"] == ((0.7, 0.95),)
    assert [lane.marks for lane in chart.lanes if lane.is_strong] == [(0.59,), (0.12,)]
    assert "lies within the range of: Face swaps and their source person." in words_of(one)


def test_a_name_is_said_to_be_the_examiners(part):
    text = words_of(page(part, "ITEM-0001 beside"))
    assert "registered under the name “A. Person”. The name was given by the examiner" in text
    assert "consent of the person, 2026-11-20" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_scale_is_printed_and_only_the_row_of_the_term_is_marked(templates, language):
    texts = templates.report[language]
    made = part_of(faces.swap(language=language), templates, language)
    terms = [texts[f"scale.{name}"] for name in SCALE]
    tables = [
        block for block in blocks_of(made) if isinstance(block, Table) and [row[1] for row in block.rows] == terms
    ]
    marked, whole = tables
    assert [row[1] for row in marked.rows if row[2]] == [texts["scale.limited"]]
    assert len(whole.columns) == 2, "every report prints the scale once more, without a mark"


def test_a_number_has_propositions_interval_cap_and_the_standard_sentence(part):
    text = words_of(page(part, "ITEM-0001 beside"))
    # 10 ** 0.85 = 7.08, 10 ** 0.31 = 2.04, 10 ** 0.95 = 8.91: rounded down
    assert "about 7 times more probable if the first proposition is true" in text
    assert "This is limited support for the first proposition on the scale." in text
    assert "It is not the probability that either proposition is true" in text
    for said in ("about 7", "2 to 8", "The face and the reference photographs are of the same person."):
        assert said in text


def test_an_interval_that_the_cap_cut_to_a_point_is_not_printed_as_precision(templates):
    case = faces.swap()
    cut = {"log10_lr": 0.95, "log10_interval": (0.95, 0.95), "log10_cap": 0.95}
    record = faces.weighing("5/3", FACE_SYNTHESISED, **faces.LIMITED | cut)
    snapshot = replace(case.snapshot(), interpretations=(Committed("6/0", record),))
    text = words_of(section(view.build(snapshot, language="en", templates=templates), "comparisons"))
    assert "8 to 8" not in text
    assert "was cut off there" in text


def test_a_face_that_is_not_suitable_has_the_ladder_and_no_number(part):
    one = page(part, "no resemblance, or nothing to compare")
    text = words_of(one)
    assert "Not suitable for examination: too small, turned away" in text
    assert "times more probable" not in text
    table, ladder = (block for block in one.blocks if isinstance(block, Table))
    assert table.rows[0][0] == "ITEM-0002"
    assert table.rows[0][-1] == "O0"
    assert [row[0] for row in ladder.rows] == ["O0", "O1", "O2", "O3", "O4", "O5"]


def test_comparisons_without_resemblance_are_rows_and_never_push_a_resemblance_out(templates):
    case = faces.swap()
    for number in range(70):
        other = faces.likeness(digest("original.mp4"), digest(f"photo {number}"))
        low = {name: value for name, value in other.values.items() if name != "strength"} | {"similarity": 0.1}
        case.event("analyze", replace(other, result=Result.NOT_FOUND, values=low, where=()))
    made = part_of(case, templates)
    assert len([one for one in made.sections if "beside SUBJECT-0001" in one.title]) == 1
    table = next(block for block in page(made, "no resemblance").blocks if isinstance(block, Table))
    assert len(table.rows) == 60
    assert "71 comparisons; the first 60 are shown" in words_of(made)


def test_a_term_that_is_not_that_of_the_number_is_not_printed(templates):
    case = faces.swap()
    record = faces.weighing("5/3", FACE_SYNTHESISED, **faces.LIMITED | {"term": "very_strong"})
    snapshot = replace(case.snapshot(), interpretations=(Committed("6/0", record),))
    text = words_of(section(view.build(snapshot, language="en", templates=templates), "comparisons"))
    assert "do not go together by the scale" in text
    assert "times more probable" not in text


def test_a_weighing_of_another_finding_has_a_place_too(templates):
    case = faces.swap()
    other = finding(digest("questioned"), "tamper.copy_move", Result.FOUND, "Two regions are equal.")
    event = case.event("analyze", other)
    case.event("analyze", faces.weighing(f"{event.seq}/0", FACE_SYNTHESISED, **faces.LIMITED))
    text = words_of(part_of(case, templates))
    assert "if the face region was synthesised" in text


def test_only_the_face_that_resembles_a_registered_person_is_drawn(part):
    shown = drawn_in(page(part, "Faces in the material"))
    assert [type(one) for one in shown] == [Picture, Mask, Mask]
    assert "F1" in shown[0].caption
    assert "a person whom nobody registered" in shown[1].caption


def test_every_grey_frame_has_a_number_and_stands_in_the_redaction_log_with_its_reason(templates):
    report = built(faces.swap(sensitivity=Sensitivity.INTIMATE), templates)
    masks = [one for one in drawn_in(section(report, "comparisons")) if isinstance(one, Mask)]
    assert [one.number for one in masks] == [f"No. {n + 1}, not drawn" for n in range(len(masks))]
    table = next(block for block in section(report, "redactions").blocks if isinstance(block, Table))
    pictures = [row for row in table.rows if row[1].startswith("picture, grey frame")]
    assert [row[1].split(":")[0] for row in pictures] == [f"picture, grey frame no. {n + 1}" for n in range(len(masks))]
    assert all("sealed" in row[3] for row in pictures)
    assert [row[0] for row in table.rows] == [str(n + 1) for n in range(len(table.rows))]


def test_no_picture_that_shows_an_intimate_item_is_drawn(sealed_part):
    shown = drawn_in(sealed_part)
    assert shown
    assert all(isinstance(one, Mask) for one in shown)


def test_the_numbers_of_an_intimate_item_are_printed_but_not_its_name(sealed_part):
    text = words_of(sealed_part)
    assert "0.70 [0.67 to 0.75]" in text
    assert "ITEM-0001 and ITEM-0002 show the same scene" in text
    assert "questioned.mp4" not in text


def test_a_text_in_a_sentence_about_an_intimate_item_is_not_said(templates):
    case = faces.swap(sensitivity=Sensitivity.INTIMATE)
    snapshot = case.snapshot()
    first = snapshot.findings[0]
    leaky = replace(first.record.statement, text="It shows secret-name.", values={"questioned": "secret-name"})
    changed = replace(first, record=replace(first.record, statement=leaky))
    changed_snapshot = replace(snapshot, findings=(changed, *snapshot.findings[1:]))
    report = view.build(changed_snapshot, language="en", templates=templates)
    assert "secret-name" not in words_of(report)


def test_a_finding_that_is_also_about_a_masked_item_shows_no_values_in_the_other_item(templates):
    case = faces.swap()
    both = (digest("questioned.mp4"), digest("copy.mp4"))
    secret = finding(both, "label.comparison", Result.FOUND, "They differ.", values={"label": "spoken-secret"})
    case.event("analyze", secret)
    case.event("collect", Item("ITEM-0003", case.records["Item"][2].record.locator, "file", "", Sensitivity.INTIMATE))
    assert "spoken-secret" not in words_of(section(built(case, templates), "item-ITEM-0001"))


def test_a_request_draws_the_pictures_of_its_items_and_the_report_says_so(templates):
    case = faces.asked_for(faces.swap(sensitivity=Sensitivity.INTIMATE), "ITEM-0001")
    made = part_of(case, templates)
    assert all(isinstance(one, Picture) for one in drawn_in(made))
    text = words_of(made.blocks)
    assert "On the request of Li Wei" in text
    assert "shown to the court in camera" in text
    assert "questioned.mp4" not in words_of(made), "names stay hidden"


def test_a_later_report_is_masked_again(templates):
    case = faces.asked_for(faces.swap(sensitivity=Sensitivity.INTIMATE), "ITEM-0001")
    case.event("checkpoint")
    assert all(isinstance(one, Mask) for one in drawn_in(part_of(case, templates)))


def test_a_request_for_one_item_draws_nothing_of_another_that_is_masked(templates):
    case = faces.asked_for(faces.swap(sensitivity=Sensitivity.INTIMATE), "ITEM-0002")
    assert all(isinstance(one, Mask) for one in drawn_in(page(part_of(case, templates), "compared with")))


def test_copies_are_named_by_items_and_times_of_capture(part):
    one = page(part, "Copies of one work")
    table = next(block for block in one.blocks if isinstance(block, Table))
    assert [row[0] for row in table.rows] == ["ITEM-0001", "ITEM-0003"]
    assert all("UTC" in row[2] for row in table.rows)
    assert "mirrored, cropped" in words_of(one)


@pytest.mark.parametrize("about", ["shared_passage", "another_moment", "", None])
def test_what_only_has_something_in_common_is_not_called_copies(templates, about):
    case = faces.swap()
    both = (digest("original.mp4"), digest("copy.mp4"))
    case.event("analyze", finding(both, "source.match", Result.FOUND, "A passage is shared.", values={"about": about}))
    made = part_of(case, templates)
    assert [one.title for one in made.sections[1:3]] == [
        "Copies of one work: 2 items",
        "Something in common, but no copies established: 2 items",
    ]


def test_persons_are_groups_without_names(part):
    one = page(part, "How many persons")
    table = next(block for block in one.blocks if isinstance(block, Table))
    assert [row[0] for row in table.rows] == ["P1", "P2"]
    assert "F1 in ITEM-0001, F1 in ITEM-0002" in table.rows[0]
    assert "A. Person" not in words_of(one)
    assert "between 1 and 2 persons" in words_of(one)


def test_two_thousand_faces_do_not_make_two_thousand_rows(templates):
    made = part_of(faces.crowd(), templates)
    one = made.sections[0]
    table = next(block for block in one.blocks if isinstance(block, Table))
    chart = next(block for block in one.blocks if isinstance(block, Chart))
    assert (len(table.rows), len(chart.lanes)) == (20, 20)
    assert "2,000 faces were followed; the first 20 are shown" in words_of(one)
    assert len(made.sections) <= 21
    assert "60 observations, of which the first 20 are shown here" in words_of(made.blocks)


def test_values_of_another_kind_than_expected_are_left_out(templates):
    case = faces.swap()
    odd = {"verdict": 7, "faces": ["x", {"structure_inside": "high", "control": 3}], "transform": [], "pieces": {}}
    odd |= {"identity_table": [], "structure_outside": [float("1e300"), "a"], "control": "none", "offset_s": True}
    case.event(
        "compare",
        finding((digest("questioned.mp4"), digest("original.mp4")), faces.COMPARISON, Result.FOUND, "?", values=odd),
    )
    for kind in ("faces.detected", "faces.persons", "face.identity", "source.match", "face.eye_layout"):
        strange = {"tracks": [{"ranges_s": 3}, 7], "persons": [{}], "members": [{}], "pairs": [{}], "subject": 4}
        strange |= {"duration_s": 5, "distributions": {"unrelated": {"median": "x"}}, "similarity": 0.5}
        odd_one = finding(digest("copy.mp4"), kind, Result.FOUND, "?", values=strange)
        case.event("analyze", replace(odd_one, analyzer=Tool(kind, "1")))
    assert len(part_of(case, templates).sections) == 11


def test_a_page_shows_its_finding_once_and_the_item_points_to_it(templates):
    report = built(faces.swap(), templates)
    heads = [block for block in blocks_of(section(report, "comparisons")) if isinstance(block, ResultBlock)]
    assert len([one for one in heads if "source.comparison" in one.ref]) == 1
    item = section(report, "item-ITEM-0001")
    assert "Statement, pictures, values and controls of this finding: part\u00a09." in words_of(item)
    assert not [block for block in item.blocks if isinstance(block, Gallery)]


def test_the_summary_quotes_a_comparison_in_plain_words(templates):
    summary = section(built(faces.swap(), templates), "summary")
    assert "inside at least one face they do not" in words_of(summary)


def test_the_findings_say_whether_anything_was_weighed(templates, make_view):
    weighed = section(built(faces.swap(), templates), "observations").blocks[0]
    other = section(make_view("small", "intl", "en"), "observations").blocks[0]
    assert isinstance(weighed, Paragraph)
    assert "no likelihood ratio" not in weighed.text
    assert "no likelihood ratio" in other.text


@pytest.mark.parametrize(("language", "jurisdiction"), [("zh", "cn"), ("en", "us"), ("fr", "eu")])
def test_the_numbers_of_a_drawing_stand_beside_it_in_both_forms(make_pdf, make_html, language, jurisdiction):
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(make_pdf("swap", jurisdiction, language))
        file.flush()
        ended = subprocess.run(["pdftotext", "-layout", file.name, "-"], capture_output=True, check=True)
    page_html = make_html("swap", jurisdiction, language)
    number = "0,59" if language == "fr" else "0.59"
    assert number in ended.stdout.decode()
    assert number in page_html
    assert page_html.count('<table class="chart">') == 4


def test_a_drawing_in_html_needs_no_script_and_no_inline_style(make_html):
    text = make_html("swap", "us", "en")
    assert "<script" not in text
    assert " style=" not in text
    assert 'class="mark" x=' in text


def test_the_bars_of_a_drawing_lie_where_their_values_are(make_html):
    text = make_html("swap", "us", "en")
    # unrelated persons: -0.09 to 0.24 on an axis from -0.2 to 1, of 1000 units: 91.7 and a width of 275
    assert '<rect class="bar" x="91.7" y="3" width="275.0" height="8"/>' in text


def test_a_value_beyond_the_axis_is_drawn_at_its_end():
    chart = Chart((), (0.0, 1.0), ("0", "1"), "")
    assert (chart.share(-3.0), chart.share(0.25), chart.share(7.0)) == (0.0, 0.25, 1.0)
    assert Chart((), (1.0, 1.0), (), "").share(1.0) == 0.0


def test_two_thousand_faces_make_a_report_of_bounded_length(templates):
    case = faces.crowd()
    report = view.build(case.snapshot(), language="en", templates=templates)
    made = pdf.render(report, pictures=Thumbnails(case.open_blob), templates=templates)
    assert made.count(b"/Type /Page\n") < 150
