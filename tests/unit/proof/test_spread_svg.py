from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from forensics.proof.spread import Work, spread
from forensics.proof.spread_svg import MOST_DRAWN, figure
from tests.unit.proof.exports import GROUP, said

DIGEST = "b" * 64


def drawn(*messages, title="clip.mp4", group=GROUP):
    found = spread([group, *messages], [Work("w", frozenset({DIGEST}), title)])
    return ET.fromstring(figure(found))


def texts(root):
    return ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]


def test_sources_groups_and_posts_are_drawn():
    root = drawn(said(1, "", files=[DIGEST], forwarded_from="频道"), said(2, "", files=[DIGEST], forwarded_from="频道"))
    assert {"频道", "群一", "2"} <= set(texts(root))
    assert any("2041 to 2041 accounts, groups may overlap" in one for one in texts(root))


def test_a_size_that_is_not_displayed_gives_no_upper_bound():
    from dataclasses import replace

    root = drawn(said(1, "", files=[DIGEST]), group=replace(GROUP, members_shown=None))
    assert any("at least 1 accounts; the size of 1 groups is not displayed" in one for one in texts(root))


NAMES = ["<script>alert(1)</script>", '"&\x00\x1b[31m', "\u202egnp.exe", "\ud800", "👩‍👩‍👧" * 100, "", "]]>"]


@pytest.mark.parametrize("name", NAMES)
def test_names_from_outside_are_text_alone(name):
    root = drawn(said(1, "", files=[DIGEST], forwarded_from=name), title=name)
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    assert not any(character in "\x00\x1b\u202e" for one in texts(root) for character in one)


def test_more_sources_than_are_drawn_are_counted():
    posts = [said(n, "", files=[DIGEST], forwarded_from=f"source {n}") for n in range(MOST_DRAWN + 5)]
    assert "5 more sources and groups are not drawn" in texts(drawn(*posts))


def test_nothing_posted_gives_an_empty_figure():
    assert texts(ET.fromstring(figure(()))) == []
