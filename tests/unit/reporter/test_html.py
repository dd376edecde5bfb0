from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from forensics.errors import ReportError
from forensics.reporter import html
from forensics.reporter.picture import Thumbnails
from tests.fakes import snapshots
from tests.unit.reporter.conftest import LANGUAGES

VOID = {"meta", "img", "col", "wbr", "br"}
ALLOWED = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "main",
        "footer",
        "section",
        "nav",
        "h1",
        "h2",
        "h3",
        "h4",
    ),
    *("p", "b", "span", "ul", "ol", "li", "a", "div", "table", "colgroup", "col", "thead", "tbody", "tr", "th", "td"),
    *("figure", "figcaption", "img", "svg", "path", "pre", "wbr"),
}


class Checker(HTMLParser):
    """Collects tags, attributes and text, and whether every tag is closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts, self.faults = [], set(), [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID and tag != "path":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


def checked(page):
    checker = Checker()
    checker.feed(page)
    checker.close()
    return checker


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["rich", "captures"])
def test_a_page_is_well_formed_and_has_only_known_elements(make_html, name, language):
    checker = checked(make_html(name, "cn", language))
    assert checker.faults == []
    assert checker.open == []
    assert checker.tags <= ALLOWED


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["rich", "captures"])
def test_nothing_is_run_and_nothing_is_fetched(make_html, name, language):
    attributes = checked(make_html(name, "cn", language)).attributes
    assert not [
        name for name, _ in attributes if name.startswith("on") or name in ("style", "srcset", "action", "background")
    ]
    assert all(value.startswith("#") for name, value in attributes if name == "href")
    assert all(value.startswith("data:image/jpeg;base64,") for name, value in attributes if name == "src")


def test_the_policy_allows_only_this_style_sheet_and_pictures_within(make_html):
    page = make_html("small", "intl", "en")
    policy = dict(part.strip().split(" ", 1) for part in re.search(r'content="(default-src[^"]+)"', page)[1].split(";"))
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == "data:"
    assert policy["style-src"] == f"'sha256-{digest}'"


def test_titles_of_pages_with_markup_are_text(make_html):
    page = make_html("captures", "cn", "zh")
    assert "<script" not in page
    assert "&lt;/td&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;[U+202E]gpj.exe[U+0000]" in page


def test_a_digest_within_a_sentence_breaks_after_each_sixteen_characters_only(make_html):
    digest = snapshots.digest("commitment 1")
    assert "<wbr>".join(digest[at : at + 16] for at in range(0, 64, 16)) in make_html("captures", "us", "en")


def test_names_with_markup_are_text(make_html):
    page = make_html("rich", "cn", "zh")
    assert "<script" not in page
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&lt;b&gt;x&lt;/b&gt;.html" in page
    assert "余某换脸视频案 &lt;b&gt;&amp; Partner&lt;/b&gt;" in page


@pytest.mark.parametrize("name", ["rich", "captures"])
def test_links_lead_somewhere(make_html, name):
    attributes = checked(make_html(name, "cn", "zh")).attributes
    ids = [value for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value[1:] for name, value in attributes if name == "href"} <= set(ids)


@pytest.mark.parametrize("name", ["rich", "captures"])
def test_pdf_and_html_say_the_same(make_html, make_view, name):
    from forensics.reporter.blocks import strings

    text = "".join(checked(make_html(name, "us", "en")).texts)
    squeezed = re.sub(r"\s", "", text)
    missing = [
        one
        for one in strings(make_view(name, "us", "en").sections)
        if re.sub(r"\s", "", one) not in squeezed
        and not re.fullmatch(r"[a-z0-9-]+|[0-9a-f]{64}", one)
        and not one.startswith(("item-", "capture-"))
    ]
    unsaid = [one for one in missing if "No view: the stored image" not in one and "Reduced view" not in one]
    assert unsaid == []


def test_the_same_case_gives_the_same_page(templates, make_view, make_html):
    again = html.render(
        make_view("rich", "cn", "zh"), pictures=Thumbnails(snapshots.rich().open_blob), templates=templates
    )
    assert again.decode() == make_html("rich", "cn", "zh")


def test_a_page_template_that_wants_something_unknown_is_refused(templates, make_view):
    from dataclasses import replace

    spoilt = replace(templates, page="$body $nonsense")
    with pytest.raises(ReportError, match="nonsense"):
        html.render(
            make_view("small", "intl", "en"), pictures=Thumbnails(snapshots.small().open_blob), templates=spoilt
        )
