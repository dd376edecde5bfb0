from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forensics.errors import ReportError
from forensics.model import Message, Name
from forensics.reporter.evidence import Said
from forensics.reporter.wording import chinese, words

MOMENT = datetime(2026, 11, 22, 17, 30, 5, tzinfo=UTC)


def spoken(templates, language, jurisdiction="intl"):
    return words(templates, language=language, jurisdiction=jurisdiction)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, "一"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (100, "一百"),
        (105, "一百零五"),
        (110, "一百一十"),
        (123, "一百二十三"),
        (1000, "1000"),
    ],
)
def test_chinese_numerals(number, expected):
    assert chinese(number) == expected


@pytest.mark.parametrize(
    ("language", "expected"), [("zh", "2026年11月22日"), ("en", "22 November 2026"), ("fr", "22 novembre 2026")]
)
def test_dates_are_written_as_in_a_letter(templates, language, expected):
    assert spoken(templates, language).date(MOMENT) == expected


def test_the_date_is_that_of_the_forum(templates):
    # 17:30 UTC on the 22nd is 01:30 on the 23rd in Shanghai (UTC+08:00).
    assert spoken(templates, "zh", "cn").date(MOMENT) == "2026年11月23日"


@pytest.mark.parametrize(
    ("jurisdiction", "expected"),
    [
        ("cn", "2026-11-23 01:30:05 +08:00"),
        ("eu", "2026-11-22 18:30:05 +01:00"),
        ("fr", "2026-11-22 18:30:05 +01:00"),
        ("us", "2026-11-22 12:30:05 \u221205:00"),
    ],
)
def test_local_times_carry_their_offset(templates, jurisdiction, expected):
    assert spoken(templates, "en", jurisdiction).local(MOMENT) == expected


def test_where_the_zone_is_utc_a_time_stands_once(templates):
    assert spoken(templates, "en").both(MOMENT) == "2026-11-22 17:30:05 UTC"


def test_numbers_are_grouped_as_the_language_does(templates):
    assert spoken(templates, "en").size(1234567) == "1,234,567 bytes"
    assert spoken(templates, "fr").size(1234567) == "1\u00a0234\u00a0567 octets"
    assert spoken(templates, "zh").size(1234567) == "1,234,567字节"
    assert spoken(templates, "fr").decimal(-0.5, 1) == "\u22120,5"


def test_counted_nouns_agree_with_their_number(templates):
    assert spoken(templates, "en").count("items", 1) == "1 item"
    assert spoken(templates, "en").count("items", 0) == "0 items"
    assert spoken(templates, "fr").count("items", 0) == "0 élément"


def test_parts_are_numbered_as_the_language_does(templates):
    assert spoken(templates, "zh").part("verification") == "第十六部分"
    assert spoken(templates, "en").part("verification") == "part\u00a016"
    assert spoken(templates, "fr").part("digests") == "annexe\u00a0B"
    assert spoken(templates, "zh").sub_number("collection", 2) == "（二）"
    assert spoken(templates, "en").sub_number("collection", 2) == "5.2 "


def test_values_put_into_a_text_are_made_visible(templates):
    assert spoken(templates, "en").say("word.record", ref="a\u202eb") == "record a[U+202E]b"


def test_braces_in_values_are_not_placeholders(templates):
    assert spoken(templates, "en").say("word.record", ref="{n} {0}") == "record {n} {0}"


def test_a_missing_text_or_value_is_an_error_that_names_it(templates):
    with pytest.raises(ReportError, match=r"no\.such"):
        spoken(templates, "en").say("no.such")
    with pytest.raises(ReportError, match=r"word\.record"):
        spoken(templates, "en").say("word.record")


def test_an_unknown_language_is_an_error(templates):
    with pytest.raises(ReportError, match="'de'"):
        spoken(templates, "de")


def with_findings(templates, **sentences):
    from dataclasses import replace

    return replace(
        templates, findings=templates.findings | {"zh": {key: Said(value) for key, value in sentences.items()}}
    )


def test_a_sentence_is_translated_by_its_id(templates):
    own = with_findings(templates, tags="读取了{count}条")
    assert spoken(own, "zh").sentence(Message("tags", "3 tags were read.", {"count": 3})) == "读取了3条"


def test_a_sentence_without_translation_stands_in_english_and_says_so(templates):
    message = Message("unknown.id", "3 tags were read.", {"count": 3})
    assert spoken(templates, "zh").sentence(message) == "3 tags were read.［英文原始记录］"
    assert spoken(templates, "en").sentence(message) == "3 tags were read."


def test_a_translation_that_wants_a_missing_value_gives_way_to_english(templates):
    own = with_findings(templates, tags="读取了{number}条")
    sentence = spoken(own, "zh").sentence(Message("tags", "3 tags were read.", {"count": 3}))
    assert sentence.startswith("3 tags were read.")


@pytest.mark.parametrize("language", ["zh", "en", "fr"])
def test_texts_from_sealed_material_are_left_out_of_sentences(templates, language):
    own = with_findings(templates, made="由{make}制造，共{count}条，{more}")
    values = {"make": "Canon", "count": 3, "more": ["Anna", {"x": "Home"}]}
    sentence = spoken(own, language).sentence(Message("made", "3 by Canon of Anna at Home.", values), hide=True)
    assert "3" in sentence
    assert not [word for word in ("Canon", "Anna", "Home") if word in sentence]


def test_a_name_that_is_not_utf8_is_written_with_its_bytes(templates):
    assert spoken(templates, "en").name(Name("caf\ufffd", "636166e9")) == (
        "caf[U+FFFD] (not UTF-8; bytes in hexadecimal: 636166e9)"
    )


def test_a_text_is_cut_visibly_and_never_within_a_mark(templates):
    english = spoken(templates, "en")
    assert english.shortened("abcdef", 3) == "abc..."
    assert english.shortened("ab😀cdef", 6) == "ab..."
    assert english.shortened("abc", 3) == "abc"


@pytest.mark.parametrize("limit", range(5, 60, 3))
def test_a_text_is_never_cut_within_the_first_sixteen_characters_of_a_digest(templates, limit):
    digest = "0123456789abcdef" * 4
    cut = spoken(templates, "en").shortened(f"sha256={digest}, 12", limit)
    kept = cut.removesuffix("...").partition("=")[2]
    assert kept == "" or len(kept) >= 16
    assert digest.startswith(kept)
