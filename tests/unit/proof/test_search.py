from __future__ import annotations

import json
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.errors import CodecError, UsageError
from forensics.proof.search import build_index, search, search_json
from forensics.proof.search_rule import find_hits, load_searches, searched
from forensics.proof.search_slang import find_slang, load_slang, spellings_of
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


@pytest.fixture
def index(tmp_path):
    path = tmp_path / "index.db"
    build_index([GROUP, *(said(n, text) for n, text in enumerate(TEXTS))], path)
    return path


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
def test_any_run_of_characters_is_found(index, words, numbers):
    assert records(search(index, words)) == [f"messages[{number}]" for number in numbers]


def test_names_of_files_are_searched(tmp_path):
    build_index([said(1, "", files=["a" * 64])], tmp_path / "i.db")
    assert len(search(tmp_path / "i.db", ["mp4"])) == 1


def test_a_hit_is_a_lead_with_its_locator(index):
    (hit,) = search_json(search(index, ["face"]))["hits"]
    assert hit["status"] == "lead"
    assert hit["locator"] == {"file": "a" * 64, "name": "a.json", "record": "messages[3]", "offset": None}
    json.dumps(hit)


@pytest.mark.parametrize("words", [[], [""], [" "], ["a"] * 21, [()], ["\u200b"]])
def test_a_search_without_words_is_refused(index, words):
    with pytest.raises(UsageError):
        search(index, words)


def test_an_index_is_never_overwritten_and_a_wrong_one_is_refused(index, tmp_path):
    with pytest.raises(UsageError):
        build_index([], index)
    for name, data in {"empty": b"", "random": b"\x01" * 5000, "text": b"SQLite format 3\0" + b"x" * 200}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(CodecError):
            search(tmp_path / name, ["a"])
    with pytest.raises(CodecError):
        search(tmp_path / "missing", ["a"])
    with sqlite3.connect(index) as database:
        database.execute("update about set value = '9' where name = 'format'")
    with pytest.raises(CodecError):
        search(index, ["a"])


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=30), st.data())
def test_every_piece_of_a_text_is_found(tmp_path_factory, text, data):
    plain = searched(text).strip()
    start = data.draw(st.integers(0, max(len(plain) - 1, 0)))
    piece = plain[start : start + data.draw(st.integers(1, 30))]
    path = tmp_path_factory.mktemp("index") / "i.db"
    build_index([said(0, text)], path)
    if piece.strip() and searched(piece) == piece:
        assert len(search(path, [piece])) == 1


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
    assert {hit.topic for hit in find_hits([said(1, text)], load_searches())} == FOUND_BY[text]


def test_a_rule_names_what_it_found_and_where():
    (hit,) = find_hits([said(4, "有价目表吗")], load_searches())
    assert (hit.rule, hit.words, hit.locator.record) == ("offer-price-list", ("价目表",), "messages[4]")


def test_the_glossary_counts_words_and_names_who_interpreted_them():
    uses = find_slang([said(1, "发口令红包"), said(2, "口令紅包来了"), said(3, "成品呢")], load_slang())
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
    assert list(find_hits([said(1, "a" * 5000)], book)) == []
    assert len(list(find_hits([said(1, "see [x here")], book))) == 1
