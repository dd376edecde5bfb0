from __future__ import annotations

import hashlib
import json

import pytest

from forensics.chats.message import Problem
from forensics.model import Finding, Message, Result, Stage, Tool
from forensics.proof.search import wanted_of
from forensics.proof.search_text import Text, hits_in, texts_of
from tests.unit.proof.cases import Kept

PAGE = (
    "<!DOCTYPE html><html><head><title>换脸 in the head</title><script>var a='换脸 script'</script></head><body>\n"
    "<p>出售ＡＩ换\u200b脸软件</p>\n<img alt='换脸 picture'>\n"
    "<template data-frame='https://example.org'><p>定制 in a frame</p></template></body></html>"
).encode()


@pytest.fixture
def case(tmp_path):
    return Kept(tmp_path)


def looked(case, *words):
    texts = [one for one in texts_of(case.snapshot, case.opener) if isinstance(one, Text)]
    return [(kind, hit.locator.record, hit.text) for kind, hit in hits_in(texts, wanted_of(words))]


def read(case, content, kind, **values):
    digest = hashlib.sha256(content).hexdigest()
    said = Message("m", "m")
    case._add("findings", Finding((digest,), Stage.ANALYSE, kind, Result.FOUND, said, Tool("x", "1"), values))


def test_the_visible_text_of_a_page_is_found_with_its_line(case):
    case.collect("/x/dom.html", PAGE, role="dom", media_type="text/html")
    assert looked(case, "换脸") == [("page", "line 2", "出售ＡＩ换\u200b脸软件")]
    assert looked(case, "script") == []


def test_frames_and_words_for_pictures_are_found(case):
    case.collect("/x/dom.html", PAGE, role="dom", media_type="text/html")
    assert looked(case, "定制 in a frame")[0][1] == "line 4"
    assert looked(case, "换脸 picture")[0][1] == "line 3"


def test_words_in_two_places_of_one_page_are_found(case):
    case.collect("/x/dom.html", PAGE, role="dom", media_type="text/html")
    assert len(looked(case, "出售", "定制")) == 1
    assert looked(case, "出售", "missing") == []


def test_text_that_was_read_on_pictures_and_labels_is_found(case):
    case.collect("/x/a.png", b"a")
    read(case, b"a", "text.read", lines=[{"number": 1, "text": "转账给小鹿"}, {"number": 2, "text": "200.00元"}])
    read(case, b"a", "label.explicit", parts=[{"name": "x", "texts": [{"text": "AI生成"}]}])
    read(case, b"a", "other.kind", lines=[{"text": "转账给小鹿"}])
    assert looked(case, "小鹿", "200.00")[0][:2] == ("picture", "finding 1/0, lines 1")
    assert [kind for kind, _, _ in looked(case, "ai生成")] == ["label"]


def test_screenshots_as_read_are_found(case):
    case.state("reading", content="a" * 64, name="shot.png", lines=[{"text": "转账给小鹿"}, {"text": "收到"}])
    assert looked(case, "小鹿", "收到")[0][:2] == ("reading", "STATEMENT-0001")


def test_what_a_platform_says_of_a_clip_is_found(case):
    told = {"title": "换脸教程", "description": "x", "comments": [{"text": "多少钱"}, 7], "uploader": 3}
    case.collect("/x/v.info.json", json.dumps(told).encode(), role="media-info")
    assert looked(case, "教程")[0][1] == "title"
    assert looked(case, "多少钱")[0][1] == "comments[0]"


BAD = {
    "sealed": ("dom", PAGE, {"plain": {"sha256": "1" * 64, "blake3": "0" * 64, "size": 1}}),
    "no json": ("media-info", b"{", None),
    "no end": ("dom", b"<p>ok</p><!--" + b"x\n" * 200_000, None),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_searched_is_a_problem(case, name):
    role, content, sealed = BAD[name]
    case.collect("/x/a", content, role=role, sealed=sealed)
    assert any(isinstance(one, Problem) for one in texts_of(case.snapshot, case.opener))


def test_a_page_that_is_not_at_hand_is_a_problem(case):
    case.collect("/x/a", PAGE, role="html")
    case.blobs.clear()
    (problem,) = texts_of(case.snapshot, case.opener)
    assert problem.what == "not at hand"
