from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.reporter import evidence
from forensics.reporter.evidence import Said, shown
from tests.fakes.snapshots import AWKWARD

EXPECTED = {
    "emoji": "IMG_0001 [U+1F600][U+1F525].jpg",
    "rare hanzi": "[U+20BB7]野家的视频（最终版）.mp4",
    "combining": "cafe[U+0301].jpg",
    "direction": "photo[U+202E]gpj.exe",
    "line feed": "two[U+000A]lines[U+0009].txt",
    "script": '<script>alert("1")</script>&amp;<b>x</b>.html',
    "spaces": "[U+0020]two [U+0020]spaces .txt[U+0020]",
    "mark": "[U+005B]U+1F600].jpg",
    "braces": "{count} {0} %s.jpg",
    "quotes": "Anna’s “holiday” photo….jpg",
    "zero": "zero[U+200B]width[U+00A0]nbsp[U+0000].bin",
}


def read_back(text: str) -> str:
    return re.sub(r"\[U\+([0-9A-F]{4,6})\]", lambda match: chr(int(match[1], 16)), text)


@pytest.mark.parametrize("key", EXPECTED)
def test_an_awkward_name_is_written_visibly(templates, key):
    assert shown(AWKWARD[key], templates.fonts) == EXPECTED[key]


@given(text=st.text())
def test_any_text_can_be_drawn_and_read_back_exactly(templates, text):
    written = shown(text, templates.fonts)
    assert evidence.undrawable(written, templates.fonts) == ()
    assert "\n" not in written
    assert "\u00a0" not in written
    assert read_back(written) == text


@given(text=st.text(alphabet="[U+0123456789ABCDEF] "))
def test_text_that_looks_like_a_mark_is_read_back_exactly(templates, text):
    assert read_back(shown(text, templates.fonts)) == text


def test_text_that_is_ready_is_left_alone(templates):
    ready = shown("a\u202eb", templates.fonts)
    assert isinstance(ready, Said)
    assert shown(ready, templates.fonts) is ready


def test_replaced_characters_are_counted(templates):
    texts = [shown("😀a😀", templates.fonts), shown("\u202e", templates.fonts)]
    assert evidence.replaced(texts) == ((0x202E, 1), (0x1F600, 2))
