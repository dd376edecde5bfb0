from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.reporter.evidence import shown
from forensics.reporter.pdf_text import DIGEST_GROUP, Span, Style, Typesetter
from tests.fakes.snapshots import AWKWARD, digest

STYLE = Style(8.0, 12.0)
TEXTS = st.text(alphabet=st.sampled_from("检材，。（）“”《》、abc XYZ-/._ 0123456789abcdef’…[U+1F600]"), max_size=120)


@pytest.fixture(scope="module")
def setter(templates):
    return Typesetter(templates.fonts)


def texts_of(lines):
    return ["".join(run.text for run in line.runs) for line in lines]


def squeezed(text):
    return re.sub(r"\s", "", text)


@given(text=TEXTS, width=st.floats(min_value=20, max_value=400))
def test_no_character_is_lost_or_added_and_no_line_is_too_wide(setter, text, width):
    lines = setter.lines((Span(text),), STYLE, width=width)
    assert squeezed("".join(texts_of(lines))) == squeezed(text)
    hanging = STYLE.size / 2
    assert all(line.width <= width + hanging + 0.01 for line in lines)


@given(text=TEXTS, width=st.floats(min_value=80, max_value=400), bold=st.booleans())
def test_no_line_begins_with_closing_or_ends_with_opening_punctuation(setter, text, width, bold):
    # GB/T 15834-2011, 5.1: these marks do not stand at the beginning, those not at the end of a line.
    if re.search(r"[，。）”》、’…]{4}|[（“《]{4}", text):
        return  # a run of marks wider than a line can only be broken within
    words = max((len(word) for word in re.split(r"[ 检材]", text)), default=0)
    if words > 8:
        return  # a word wider than a line is broken anywhere
    lines = texts_of(setter.lines((Span(text, bold),), STYLE, width=width))
    assert not [line for line in lines[1:] if line and line[0] in "，。）》、"]
    assert not [line for line in lines[:-1] if line and line[-1] in "（《"]


@given(
    before=st.sampled_from(["", "证据根为", "SHA-256 ", "data/blobs/ab/", "17:", "（"]),
    after=st.sampled_from(["", "。", ".tsr", " and more", "）"]),
    width=st.floats(min_value=100, max_value=500),
)
def test_a_digest_is_broken_only_after_groups_of_sixteen(setter, before, after, width):
    value = digest(before + after)
    lines = texts_of(setter.lines((Span(before + value + after),), STYLE, width=width))
    position = 0
    whole = squeezed(before + value + after)
    start = whole.index(value)
    for line in lines[:-1]:
        position += len(squeezed(line))
        inside = position - start
        assert not 0 < inside < len(value) or inside % DIGEST_GROUP == 0


@pytest.mark.parametrize("key", AWKWARD)
def test_an_awkward_name_fits_into_a_narrow_column(setter, templates, key):
    written = shown(AWKWARD[key], templates.fonts)
    lines = setter.lines((Span(written),), STYLE, width=60)
    assert squeezed("".join(texts_of(lines))) == squeezed(written)
    assert all(line.width <= 60 + STYLE.size / 2 for line in lines)


def test_a_latin_word_is_not_broken_where_it_fits(setter):
    lines = texts_of(setter.lines((Span("collection examination preservation"),), STYLE, width=70))
    assert lines == ["collection", "examination", "preservation"]


def test_a_long_name_breaks_after_its_punctuation(setter):
    lines = texts_of(setter.lines((Span("evidence/folder-one/another_folder/photo.jpg"),), STYLE, width=100))
    assert all(line[-1] in "/-_." for line in lines[:-1])


def test_a_no_break_space_holds_words_together(setter):
    (before,) = setter.lines((Span("stands in part"),), STYLE, width=200)
    lines = texts_of(setter.lines((Span("stands in part\u00a010"),), STYLE, width=before.width + 2))
    assert lines == ["stands in", "part\u00a010"]


def test_a_line_feed_begins_a_new_line(setter):
    assert texts_of(setter.lines((Span("a\n\nb"),), STYLE, width=100)) == ["a", "", "b"]


def test_bold_falls_back_to_regular_glyph_by_glyph(setter):
    (line,) = setter.lines((Span("中龘中", bold=True),), STYLE, width=100)
    assert [(run.face, run.text) for run in line.runs] == [
        ("Report-bold", "中"),
        ("Report-regular", "龘"),
        ("Report-bold", "中"),
    ]


def test_quotation_marks_are_narrow_among_latin_and_wide_among_chinese(setter):
    widths = {text: setter.lines((Span(text),), STYLE, width=100)[0].width for text in ("xx", "x’x", "检检", "检“检")}
    assert widths["x’x"] < widths["xx"] + 0.4 * STYLE.size
    assert widths["检“检"] == pytest.approx(widths["检检"] + STYLE.size)


def test_a_word_with_a_narrow_mark_is_read_as_one_word(setter):
    (line,) = setter.lines((Span("de l’empreinte"),), STYLE, width=200)
    assert [(run.opens, run.closes) for run in line.runs if run.opens or run.closes] == [
        ("l’empreinte", False),
        ("", True),
    ]


def test_chinese_lines_are_justified_but_not_the_last(setter):
    style = Style(8.0, 12.0, justify=True)
    lines = setter.lines((Span("电子数据取证与技术分析报告 and " * 4),), style, width=110)
    assert any(line.spread > 0 for line in lines[:-1])
    assert lines[-1].spread == 0
    for line in lines[:-1]:
        count = sum(len(run.text) for run in line.runs)
        assert line.width + line.spread * (count - 1) <= 110 + STYLE.size / 2 + 0.01


def test_what_does_not_fit_on_one_line_is_cut_visibly(setter):
    line = setter.fitted("a" * 200, STYLE, width=100)
    assert texts_of([line])[0].endswith("...")
    assert line.width <= 100
