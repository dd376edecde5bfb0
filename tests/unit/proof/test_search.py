from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.chats import table, word
from forensics.chats.message import Message
from forensics.chats.word import searched
from forensics.errors import CodecError, UsageError
from forensics.proof.dossier_lead import found_in
from forensics.proof.search import hit_json, search, wanted_of
from forensics.proof.search_rule import load_searches
from forensics.proof.search_slang import load_slang, spellings_of
from tests.unit.proof.exports import GROUP, said

TEXTS = [
    "AI换脸视频",
    "换个脸",
    "ＡＩ 换\u200b脸",
    "Face Swap",
    "50%_off' or 1=1 --",
    "名字\ud800坏",
    "",
    "שלום 👩‍👩‍👧",
]


def written(*rows):
    """The table of rows, and its words."""
    made, words = io.BytesIO(), io.BytesIO()
    table.write_head(made, sha256="a" * 64, name="a.json", settings={})
    for row in rows:
        if isinstance(row, Message):
            words.write(word.line_of(row, made.tell()))
        made.write(table.line_of(row, sha256="a" * 64, name="a.json"))
    words.seek(0)
    return words, made


def looked(rows, words, **options):
    return search(*written(*rows), wanted_of(words), **options)


@pytest.fixture
def rows():
    return [GROUP, *(said(n, text) for n, text in enumerate(TEXTS))]


def records(found):
    return [one.locator.record for one in found]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["换脸"], [0, 2]),
        (["脸"], [0, 1, 2]),
        (["ai", "换脸"], [0, 2]),
        (["face swap"], [3]),
        (["FACE"], [3]),
        (["%"], [4]),
        (["_off' OR 1=1 --"], [4]),
        (["שלום"], [7]),
        (["👩"], [7]),
        (["名字"], [5]),
        (["nothing"], []),
        ([("换脸", "换个脸")], [0, 1, 2]),
    ],
)
def test_any_run_of_characters_is_found(rows, words, numbers):
    found = looked(rows, words)
    assert records(found.hits) == [f"messages[{number}]" for number in numbers]
    assert found.count == len(numbers)


def test_names_of_files_are_searched():
    assert looked([said(1, "", files=["a" * 64])], ["mp4"]).count == 1


def test_places_in_the_table_are_no_text(rows):
    assert not any(character.isdigit() for text in TEXTS[:4] for character in text)
    assert looked(rows[:5], ["1"]).count == 0


def test_words_of_two_lines_of_one_message_are_found():
    assert looked([said(1, "first\nsecond")], ["first", "second"]).count == 1
    assert looked([said(1, "first\nsecond")], ["first\r\nsecond"]).count == 1
    assert looked([said(1, "first"), said(2, "second")], ["first", "second"]).count == 0


def test_hits_beyond_the_limit_are_counted(rows):
    found = looked(rows, ["脸"], most=2)
    assert (records(found.hits), found.count) == (["messages[0]", "messages[1]"], 3)


def test_words_are_found_across_the_blocks_in_which_a_file_is_read(monkeypatch):
    monkeypatch.setattr("forensics.proof.search._BLOCK", 7)
    many = [said(number, f"文字{number}换脸") for number in range(30)]
    assert looked(many, ["换脸"]).count == 30
    assert looked(many, ["字29换"]).count == 1


def test_a_hit_is_a_lead_with_its_locator(rows):
    (hit,) = map(hit_json, looked(rows, ["face"]).hits)
    assert hit["status"] == "lead"
    assert hit["locator"] == {"file": "a" * 64, "name": "a.json", "record": "messages[3]", "offset": None}
    json.dumps(hit)


@pytest.mark.parametrize("words", [[], [""], [" "], ["a"] * 21, [()], ["\u200b"]])
def test_a_search_without_words_is_refused(words):
    with pytest.raises(UsageError):
        wanted_of(words)


WRONG = {"no place": b"x\tface\n", "no tab": b"face\n", "another place": b"3\tface\n", "a chat": None}


@pytest.mark.parametrize("case", WRONG)
def test_words_that_do_not_belong_to_the_table_are_refused(rows, case):
    _, made = written(*rows)
    head = made.getvalue().index(b"\n") + 1
    content = WRONG[case] if WRONG[case] is not None else f"{head}\tface\n".encode()
    with pytest.raises(CodecError):
        search(io.BytesIO(content), made, wanted_of(["face"]))


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=30), st.data())
def test_every_piece_of_a_text_is_found(text, data):
    plain = searched(text.strip())
    start = data.draw(st.integers(0, max(len(plain) - 1, 0)))
    piece = plain[start : start + data.draw(st.integers(1, 30))]
    if piece.strip() and searched(piece) == piece:
        assert looked([said(0, text)], [piece]).count == 1


FOUND_BY = {
    "换脸视频定制，300元一个": {"offer"},
    "帮我做一个，照片发你": {"order"},
    "换脸多少钱": {"order"},
    "DFL教程包教包会": {"tutorial"},
    "出售换脸软件整合包 500元": {"offer", "software"},
    "这个视频是我做的": {"admission"},
    "Face swap videos for sale": {"offer"},
    "今天天气很好": set(),
    "小说软件": set(),
    "facetious price": set(),
}


@pytest.mark.parametrize("text", FOUND_BY)
def test_rules_find_their_topics(text):
    assert {hit.topic for hit in found_in([said(1, text)], load_searches()).hits} == FOUND_BY[text]


def test_a_rule_names_what_it_found_and_where():
    (hit,) = found_in([said(4, "有价目表吗")], load_searches()).hits
    assert (hit.rule, hit.words, hit.locator.record) == ("offer-price-list", ("价目表",), "messages[4]")


def test_the_glossary_counts_words_and_names_who_interpreted_them():
    uses = found_in([said(1, "发口令红包"), said(2, "口令紅包来了"), said(3, "成品呢")], None, load_slang()).uses
    assert [(use.slang.word, use.count) for use in uses] == [("口令红包", 2), ("成品", 1)]
    assert all(use.slang.interpreted_by and use.slang.examples for use in uses)
    assert [one.record for one in uses[0].places] == ["messages[1]", "messages[2]"]


def test_other_spellings_of_a_word_are_offered():
    assert spellings_of("换脸", load_slang())[:2] == ("换脸", "換臉")
    assert spellings_of("Nothing", load_slang()) == ("nothing",)


BAD = {
    "topic": '[[search]]\nid="a"\ntopic="x"\nall=[["a"]]',
    "no words": '[[search]]\nid="a"\ntopic="offer"\nall=[[]]',
    "no groups": '[[search]]\nid="a"\ntopic="offer"',
    "number": '[[search]]\nid="a"\ntopic="offer"\nall=[[1]]',
    "twice": '[[search]]\nid="a"\ntopic="offer"\nall=[["a"]]\n' * 2,
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_rule_is_explained(case, tmp_path):
    (tmp_path / "x.toml").write_text(BAD[case], "utf-8")
    with pytest.raises(UsageError):
        load_searches(tmp_path)


def test_a_word_without_interpreter_or_meaning_is_refused(tmp_path):
    for text in (
        '[[word]]\nword="a"\ninterpreted_by="x"',
        '[[word]]\nword="a"\n[word.meaning]\nzh="a"\nen="a"\nfr="a"',
    ):
        (tmp_path / "x.toml").write_text(text, "utf-8")
        with pytest.raises(UsageError):
            load_slang(tmp_path)


def test_words_of_a_rule_are_text_and_no_pattern(tmp_path):
    (tmp_path / "x.toml").write_text('[[search]]\nid="a"\ntopic="offer"\nall=[["(a+)+$", "[x"]]', "utf-8")
    book = load_searches(tmp_path)
    assert list(found_in([said(1, "a" * 5000)], book).hits) == []
    assert len(list(found_in([said(1, "see [x here")], book).hits)) == 1
