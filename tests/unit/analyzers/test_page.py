"""What the page analyzer states about archives of pages, of which it is known what was sent and what was put in."""

from __future__ import annotations

import asyncio
import base64
import csv
import gzip
import hashlib
import http.server
import io
import json
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from forensics.analyzers.page import PageAnalyzer
from forensics.collectors.webpage.seen import see
from forensics.collectors.webpage.views_dom import dom as keep_dom
from forensics.model import Artifact, Digests, Finding, GapReason, Name, Result
from forensics.web import chromium, warc
from forensics.web.cdp import Session
from forensics.web.exchange import Body, Exchange, SocketMessage, Via
from tests.fakes.evidence import FileEvidence, encoded

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
PAGE = "http://site.test/"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGNk+M+AD7DgkxzKUgDXsgEJd5x5VwAAAABJRU5ErkJggg=="
)


@dataclass
class Kept:
    """A sink that remembers what was put into it, by name."""

    files: dict[str, bytes] = field(default_factory=dict)

    def put(self, stream, *, role, name, media_type=None, seal=None, **facts) -> Artifact:
        content = stream.read()
        self.files[name] = content
        digests = Digests(hashlib.sha256(content).hexdigest(), "0" * 64, len(content))
        return Artifact(digests, role, Name(name), media_type, NOW, facts)


@dataclass
class Case:
    """An archive in the making: what servers sent, and what was visible."""

    folder: Path
    exchanges: list[Exchange] = field(default_factory=list)
    resources: list[warc.Resource] = field(default_factory=list)

    def sent(
        self,
        content: str | bytes,
        kind: str = "text/html; charset=utf-8",
        *,
        url: str = PAGE,
        status: int = 200,
        headers: Iterable[tuple[str, str]] = (),
        **about: Any,
    ) -> Case:
        """Adds an exchange."""
        number = len(self.exchanges) + 1
        data = content.encode("utf-8") if isinstance(content, str) else content
        path = self.folder / f"body-{number}"
        path.write_bytes(data)
        made = Exchange(
            number=number,
            url=url,
            method=about.pop("method", "GET"),
            started_at=NOW,
            ended_at=NOW,
            status=status,
            reason="OK",
            http_version="HTTP/1.1",
            response_headers=(("Content-Type", kind), *headers),
            body=about.pop("body", Body(path, len(data)) if data else Body()),
            media_type=kind.partition(";")[0],
            is_navigation=about.pop("is_navigation", number == 1),
        )
        self.exchanges.append(replace(made, **about))
        return self

    def shown(self, *texts: str | Mapping[str, Any], pictures: Iterable[Any] = (), dom: str | None = None) -> Case:
        """States what was visible."""
        blocks = [one if isinstance(one, Mapping) else {"text": one} for one in texts]
        common = {"box_px": [8, 20, 300, 18], "path": "html>body>p", "frame": PAGE, "from": "text"}
        images = [one if isinstance(one, Mapping) else {"url": one, "kind": "img"} for one in pictures]
        seen = {"texts": [common | dict(one) for one in blocks], "pictures": [common | dict(one) for one in images]}
        self.view("seen", json.dumps(seen | {"limits": {}}).encode(), "application/json")
        return self if dom is None else self.view("dom", dom.encode(), "text/html; charset=utf-8")

    def view(self, name: str, content: bytes, kind: str = "application/json", *, url: str = PAGE) -> Case:
        """Adds a view of the page."""
        self.resources.append(warc.Resource(f"urn:{name}:{url}", content, kind, NOW + timedelta(seconds=2)))
        return self

    def path(self) -> Path:
        """Writes the archive."""
        path = self.folder / "capture.warc.gz"
        path.unlink(missing_ok=True)
        warc.write(path, self.exchanges, resources=self.resources, information={"software": "x"}, created_at=NOW)
        return path

    def findings(self, **settings: Any) -> dict[str, Finding]:
        """Examines the archive; gives the findings by kind."""
        return examine(self.path(), **settings)

    def explained(self, **settings: Any) -> Finding:
        """Examines the archive; gives what is stated of texts and pictures."""
        return self.findings(**settings)["page.explained"]


def examine(path: Path, *, sink: Kept | None = None, **settings: Any) -> dict[str, Finding]:
    found = PageAnalyzer(**settings).examine(FileEvidence(path), sink or Kept())
    return {finding.kind: finding for finding in found}


def levels(finding: Finding, what: str = "texts") -> dict[str, int]:
    counts = finding.values[what]["levels"]
    numbers = {name: one["blocks"] if what == "texts" else one for name, one in counts.items()}
    return {name: number for name, number in numbers.items() if number}


@pytest.fixture
def case(tmp_path) -> Case:
    return Case(tmp_path)


DOCUMENTS = {
    "a paragraph": ("<p>The meeting is on Monday.</p>", "The meeting is on Monday."),
    "words across tags": ("<p>The <b>meet</b>ing <i>is</i> on Monday.</p>", "The meeting is on Monday."),
    "character references": ("<p>Tea &amp; caf&eacute; &#8364;&#x20;5&hellip;</p>", "Tea & café € 5…"),
    "white space": ("<p>The\n   meeting&nbsp;is\ton</p>", "The meeting is on"),
    "soft hyphens": ("<p>co&shy;operative</p>", "cooperative"),
    "letters of two characters": ("<p>cafe\u0301</p>", "café"),
    "a comment between": ("<p>The <!-- x -->meeting</p>", "The meeting"),
    "an attribute": ('<img alt="A drawing of the hall">', "A drawing of the hall"),
    "a title": ("<title>Ten <b> sentences</title>", "Ten <b> sentences"),
    "a text field": ("<textarea>Dear <all></textarea>", "Dear <all>"),
    "a document in an attribute": ('<iframe srcdoc="<p>In a &lt;b&gt;frame&lt;/b&gt;</p>"></iframe>', "In a frame"),
    "an unclosed quotation mark": ('<p>First words</p><a href="x>', "First words"),
    "an unclosed comment": ("<p>First words</p><!-- x", "First words"),
    "chinese": ("<p>公告：每周三晚上八点，<b>不得</b>迟到。</p>", "公告：每周三晚上八点，不得迟到。"),
}


@pytest.mark.parametrize(("source", "visible"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_text_of_a_document_is_explained_by_it(case, source, visible):
    found = case.sent(f"<!DOCTYPE html><body>{source}").shown(visible).explained()
    assert levels(found) == {"document": 1}
    assert found.result is Result.NOT_FOUND


DATA = {
    "json": ("application/json", '{"a": {"b": ["x", "Who has the keys?"]}}'),
    "json with escapes": ("application/json", '{"a": "Who \\u0068as the\\u00a0keys?"}'),
    "markup in json": ("application/json", '{"a": "<p>Who has <b>the</b> keys?</p>"}'),
    "references in json": ("application/json", '{"a": "Who has the&#32;keys&#63;"}'),
    "json in json": ("application/json", json.dumps({"a": json.dumps({"b": "Who has the keys?"})})),
    "guarded json": ("application/json", ')]}\',\n{"a": "Who has the keys?"}'),
    "json in a call": ("text/javascript", 'cb({"a": "Who has the keys?"});'),
    "json lines": ("application/x-ndjson", '{"a": 1}\n{"a": "Who has the keys?"}\n'),
    "events": ("text/event-stream", 'event: m\ndata: {"a": "x"}\n\ndata: Who has the keys?\n\n'),
    "json without a type": ("application/octet-stream", '{"a": "Who has the keys?"}'),
    "plain text": ("text/plain", "Some lines\nWho has the keys?\nmore"),
    "xml": ("application/xml", "<?xml version='1.0'?><a><b>Who has the keys?</b></a>"),
    "svg": (
        "image/svg+xml",
        "<svg xmlns='http://www.w3.org/2000/svg'><text>Who has <tspan>the keys?</tspan></text></svg>",
    ),
    "a script": ("text/javascript", 'var a="Who has the keys?";'),
    "a script with escapes": ("text/javascript", r"var a='Who \x68as \u{74}he \u006beys?'"),
    "a script with a regular expression": ("text/javascript", "var r=/[\"']/,a='Who has the keys?',b=/\"/"),
    "markup in a script": ("text/javascript", "p.innerHTML='<ul><li>Who has <b>the</b> keys?</li></ul>'"),
    "json in a script": ("text/javascript", 'x=JSON.parse(\'{"a":"Who has the keys?"}\')'),
    "strings in a string": ("text/javascript", 'push([1,"1:{\\"children\\":\\"Who has the keys?\\"}\\n"])'),
    "base64": ("application/json", json.dumps({"a": base64.b64encode(b"Who has the keys?").decode()})),
    "percent-encoding": ("application/json", '{"a": "Who%20has%20the%20keys%3F"}'),
    "a style sheet": ("text/css", 'p::before { content: "Who has \\74he keys?" }'),
    "a binary message": ("application/x-protobuf", b"\x0a\x11Who has the keys?\x18\x96\x01"),
}


@pytest.mark.parametrize(("kind", "content"), DATA.values(), ids=DATA)
def test_a_text_is_explained_by_other_responses(case, kind, content):
    found = case.sent("<body>").sent(content, kind, url=f"{PAGE}x").shown("Who has the keys?").explained()
    assert found.result is Result.NOT_FOUND
    assert levels(found).keys() <= {"document", "data"}


@pytest.mark.parametrize(("is_sent", "level"), [(False, "data"), (True, "unexplained")])
def test_messages_explain_what_was_received_and_not_what_was_sent(case, is_sent, level):
    said = SocketMessage(NOW, is_sent, is_text=True, payload=b'42["m",{"say":"Are you coming tonight?"}]')
    case.sent("<body>").sent("", url="ws://site.test/s", status=101, messages=(said,))
    assert levels(case.shown("Are you coming tonight?").explained()) == {level: 1}


@pytest.mark.parametrize("name", ["gb18030", "big5", "windows-1252", "utf-16"])
def test_a_document_is_read_in_its_own_encoding(case, name):
    text = "Café crème" if name == "windows-1252" else "今天下午三時"
    label = {"gb18030": "gb2312", "utf-16": ""}.get(name, name)
    kind = f"text/html; charset={label}" if label else "text/html"
    found = case.sent(f"<p>{text}</p>".encode(name), kind).shown(text).explained()
    assert levels(found) == {"document": 1}


def test_a_document_that_the_browser_handed_over_in_another_encoding_is_read_too(case):
    found = case.sent("<p>今天下午三点</p>".encode(), "text/html; charset=gb2312").shown("今天下午三点").explained()
    assert levels(found) == {"document": 1}


SHOP = json.dumps(
    {
        "name": "Marta Keller",
        "members": 2013,
        "price": 1299.5,
        "cents": 18800,
        "stock": 1234567,
        "share": 0.2537,
        "length": 754.2,
        "size": 5242880,
        "at": "2026-03-05T14:07:00Z",
        "updated": int((NOW - timedelta(minutes=3)).timestamp() * 1000),
        "list": [1, 2, 3, 4, 5, 6, 7],
        "md": "The **new library** opens on *Saturday*, bring your card",
    }
)
WORDS = """var a=" members",b=e("p",null,"By ",n," on ",d),c=`Joined ${x}, ${n} likes`,m="{count} items in your basket",
w="Welcome back, {{name}}!",p="Page %d of %d",never="never",r="共 ",s=" 条",y="会员",paid="paid"; """

COMPOSED = (
    # as Chromium 156 writes them with Intl.NumberFormat and Intl.DateTimeFormat
    *("2,013 members", "$1,299.50", "1\u202f299,50\u00a0€", "¥1,299.50", "1.299,50\u00a0€"),
    *("$188.00", "25.4%", "1.2M", "123万", "12:34", "5.0 MB"),
    *("March 5, 2026 at 2:07 PM", "5 March 2026 at 14:07", "5 mars 2026 à 14:07", "2026年3月5日 14:07"),
    *("05/03/2026", "jeudi 5 mars", "2026/3/5 14:07:00", "2026/3/5 22:07:00"),
    *("3 minutes ago", "il y a 3 minutes", "3分钟前", "By Marta Keller on March 5, 2026"),
    *(
        "7 items in your basket",
        "Welcome back, Marta Keller!",
        "Page 3 of 7",
        "共 7 条",
        "Joined 5 March 2026, 2,013 likes",
    ),
    "The new library opens on Saturday, bring your card",
)


@pytest.mark.parametrize("visible", COMPOSED)
def test_a_text_that_a_script_puts_together_is_explained_more_weakly(case, visible):
    case.sent("<body>").sent(SHOP, "application/json", url=f"{PAGE}api").sent(WORDS, "text/javascript", url=f"{PAGE}js")
    found = case.shown(visible).explained()
    assert levels(found) == {"composed": 1}
    assert found.result is Result.NOT_FOUND
    assert page_limit_of("page.limit.weak", found)


def page_limit_of(name: str, finding: Finding) -> bool:
    return name in {limit.id for limit in finding.limits}


PUT_IN = {
    "a sentence": "He admitted that he had taken all of the money.",
    "a chinese sentence": "他承认自己收了全部货款",
    "one word": "Guilty",
    "a word in a sentence": "The meeting of all members is not on Monday.",
    "a chinese word in a sentence": "公告：每周三晚上八点，可以不迟到。",
    "a word that a script has, at the end of a sentence": "The meeting of all members is on Monday. never",
    "a word that a script has, behind a question": "Who comes? never",
    "another number": "2,014 members",
    "another price": "$1,399.50",
    "another day": "March 6, 2026 at 2:07 PM",
    "another time": "March 5, 2026 at 2:08 PM",
    "another distance in time": "3 days ago",
    "a number with other digits behind the point": "1299.58",
    "letters of words that were sent": "The meet",
}


@pytest.mark.parametrize("visible", PUT_IN.values(), ids=PUT_IN)
def test_a_text_that_nobody_sent_is_listed_with_its_place(case, visible):
    case.sent("<p>The meeting of all members is on Monday.</p><p>Who comes?</p><p>公告：每周三晚上八点，不得迟到。</p>")
    case.sent(SHOP, "application/json", url=f"{PAGE}api").sent(WORDS, "text/javascript", url=f"{PAGE}js")
    found = case.shown("The meeting of all members is on Monday.", visible).explained()
    assert found.result is Result.FOUND
    assert levels(found) == {"document": 1, "unexplained": 1}
    (listed,) = found.values["unexplained"]
    assert (listed["text"], listed["box_px"], listed["path"]) == (visible, [8, 20, 300, 18], "html>body>p")
    assert {one.id for one in found.alternatives} >= {"page.alternative.script", "page.alternative.typed"}


NOT_SENT = {
    "in a comment": lambda case, text: case.sent(f"<body><!-- {text} -->"),
    "in a request": lambda case, text: case.sent("<body>").sent("{}", url=f"{PAGE}?q={text}"),
    "to the plain client": lambda case, text: case.sent("<body>").sent(
        f"<p>{text}</p>", via=Via.PLAIN, is_navigation=True
    ),
    "in the rendered document": lambda case, text: case.sent("<body>").view("dom", f"<p>{text}</p>".encode()),
    "in the list of texts": lambda case, text: case.sent("<body>").view("text", text.encode(), "text/plain"),
}


@pytest.mark.parametrize("make", NOT_SENT.values(), ids=NOT_SENT)
def test_what_is_not_in_a_response_to_the_browser_explains_nothing(case, make):
    made = make(case, "Somebody wrote this elsewhere")
    assert levels(made.shown("Somebody wrote this elsewhere").explained()) == {"unexplained": 1}


def test_a_text_that_is_cut_or_a_piece_of_a_longer_one_is_counted_apart(case):
    case.sent("<p>This paragraph is much too long to be shown whole in a list.</p>")
    found = case.shown("This paragraph is…", "much too long to be shown", "much too").explained()
    assert levels(found) == {"part": 2, "unexplained": 1}


def test_a_word_in_many_boxes_is_explained_by_the_text_around_it(case):
    case.sent("<body>").sent('{"t": "Spelled out letter by letter"}', "application/json", url=f"{PAGE}a")
    letters = "".join(f"<span>{one}</span>" for one in "Spelled out letter by letter")
    found = case.shown("Spelled", "out", dom=f"<h1>{letters}</h1>").explained()
    assert levels(found) == {"part": 2}


def test_runs_of_the_rendered_document_are_explained_one_by_one(case):
    case.sent("<p>Great piece, thanks!</p>").sent('e("button",null,"Edit")', "text/javascript", url=f"{PAGE}j")
    rendered = "<p>Great piece, thanks! <button>Edit</button></p><p>Great piece, thanks! Edit</p>"
    found = case.shown("Great piece, thanks! Edit", dom=rendered).explained()
    assert levels(found) == {"data": 1}
    typed_in = "<p>Great piece, thanks! Edit</p>"
    case.resources.clear()
    assert levels(case.shown("Great piece, thanks! Edit", dom=typed_in).explained()) == {"unexplained": 1}


def test_letters_that_a_style_sheet_makes_large_are_those_that_were_sent(case):
    case.sent("<h1>A quiet title</h1>")
    assert levels(case.shown("A QUIET TITLE", dom="<h1>A quiet title</h1>").explained()) == {"unexplained": 1}
    case.sent("h1{text-transform:uppercase}", "text/css", url=f"{PAGE}c")
    assert levels(case.explained()) == {"document": 1}


def test_the_address_that_was_asked_for_and_marks_of_lists_explain_themselves(case):
    url = f"{PAGE}search?q=red+shoes"
    case.sent("<body>", url=url).view("capture", json.dumps({"requested_url": url}).encode())
    shown = ({"text": "red shoes"}, {"text": "2.", "from": "list-marker"}, {"text": "•", "from": "list-marker"})
    assert levels(case.shown(*shown).explained()) == {"address": 1, "browser": 2}


DATA_URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
PICTURES = {
    "recorded": f"{PAGE}a.png",
    "contained": DATA_URL,
    "inline": {"url": "", "kind": "svg"},
    "script": {"url": f"blob:{PAGE}1234", "kind": "img"},
    "failed": f"{PAGE}missing.png",
    "without-body": f"{PAGE}lost.png",
    "unexplained": f"{PAGE}never-asked-for.png",
}


@pytest.mark.parametrize(("level", "picture"), PICTURES.items())
def test_a_picture_is_explained_by_what_is_recorded_at_its_address(case, level, picture):
    case.sent(f"<body><img src='{DATA_URL}'>").sent(PNG, "image/png", url=f"{PAGE}a.png")
    case.sent("not found", "text/html", url=f"{PAGE}missing.png", status=404)
    case.sent(b"", "image/png", url=f"{PAGE}lost.png", headers=(("Content-Length", "99"),))
    found = case.shown(pictures=[picture]).explained()
    assert levels(found, "pictures") == {level: 1}
    assert found.result is (Result.FOUND if level == "unexplained" else Result.NOT_FOUND)


def test_a_picture_behind_a_redirect_or_in_a_style_sheet_is_recorded(case):
    case.sent("<body>").sent(b"", "text/html", url=f"{PAGE}r", status=302, headers=(("Location", "/a.png"),))
    case.sent(PNG, "image/png", url=f"{PAGE}a.png")
    style = 'b{background:url(\'data:image/svg+xml,<svg width="1"\\\n\theight="2"><path fill="%23000"/></svg>\')}'
    case.sent(style, "text/css", url=f"{PAGE}c.css")
    drawn = 'data:image/svg+xml,<svg width="1" %09height="2"><path fill="%23000"/></svg>'
    found = case.shown(pictures=[f"{PAGE}r", drawn]).explained()
    assert levels(found, "pictures") == {"recorded": 1, "contained": 1}


def test_a_picture_put_in_as_a_data_address_is_listed(case):
    found = case.sent("<body>").shown(pictures=[DATA_URL]).explained()
    assert found.result is Result.FOUND
    assert found.values["unexplained_pictures"][0]["url"].startswith("data:image/png")


MISSING = {
    "a body that is not there": ({"headers": (("Content-Length", "99"),)}, "application/json", True),
    "a coding that cannot be taken off": ({"headers": (("Content-Encoding", "br"),)}, "application/json", True),
    "a picture": ({"headers": (("Content-Length", "99"),)}, "image/png", False),
    "an answer to HEAD": ({"headers": (("Content-Length", "99"),), "method": "HEAD"}, "application/json", False),
}


@pytest.mark.parametrize(("about", "kind", "is_lacking"), MISSING.values(), ids=MISSING)
def test_nothing_follows_where_a_body_is_missing_that_may_explain_the_text(case, about, kind, is_lacking):
    content = b"\x1b\x03" if "br" in str(about) else b""
    case.sent("<body>").sent(content, kind, url=f"{PAGE}a", **about)
    found = case.shown("Who has the keys?").explained()
    assert found.result is (Result.INDETERMINATE if is_lacking else Result.FOUND)
    assert [gap.why for gap in found.gaps] == ([GapReason.MISSING] if is_lacking else [])
    assert levels(found) == {"unexplained": 1}


def test_texts_beyond_a_limit_leave_the_question_open(case):
    case.sent("<p>First</p>").sent("x" * 5000, "text/plain", url=f"{PAGE}a").shown("First", "Who has the keys?")
    cut = case.explained(text_limit_chars=1000)
    assert cut.result is Result.INDETERMINATE
    assert GapReason.LIMIT in {gap.why for gap in cut.gaps}
    few = case.explained(max_texts=1)
    assert (few.result, few.values["texts"]["blocks"]) == (Result.INDETERMINATE, 1)


def test_the_table_has_every_text_and_no_formula(case):
    sink = Kept()
    case.sent("<p>First</p>").shown('=HYPERLINK("http://x","y")', "First", pictures=[f"{PAGE}x.png"])
    found = examine(case.path(), sink=sink)["page.explained"]
    rows = list(csv.DictReader(io.StringIO(sink.files["page-explained.csv"].decode())))
    assert [row["level"] for row in rows] == ["unexplained", "document", "unexplained"]
    assert rows[0]["text"].startswith("'=")
    assert rows[1]["sources"] == PAGE
    assert [one.role for one in found.attachments] == ["page-explained"]


def test_texts_of_a_sealed_capture_are_in_the_table_alone(case):
    class Sealed(FileEvidence):
        @property
        def artifact(self):
            plain = {"plain": {"sha256": super().artifact.digests.sha256, "size": 1}}
            return replace(super().artifact, sealed=plain)

    case.sent("<title>A private title</title><p>First words</p>").shown("First words", "A typed secret")
    case.view("capture", json.dumps({"requested_url": PAGE, "title": "A private title"}).encode())
    case.sent("<p>Other words</p>", via=Via.PLAIN, is_navigation=True)
    sink = Kept()
    found = list(PageAnalyzer().examine(Sealed(case.path()), sink))
    said = b"".join(encoded(found)).decode()
    assert not any(text in said for text in ("private title", "First words", "typed secret", "Other words"))
    assert b"A typed secret" in sink.files["page-explained.csv"]


SECOND = {
    "the same": (b"<p>Some words</p>", 200, "same", Result.NOT_FOUND),
    "other words": (b"<p>Other words</p>", 200, "differs", Result.FOUND),
    "another status": (b"<p>Gone</p>", 410, "differs", Result.FOUND),
    "turned away": (b"<p>Robots are not welcome</p>", 403, "refused", Result.INDETERMINATE),
}


@pytest.mark.parametrize(("content", "status", "outcome", "result"), SECOND.values(), ids=SECOND)
def test_a_second_fetch_is_compared_with_the_first(case, content, status, outcome, result):
    case.sent("<p>Some words</p>").sent(content, status=status, via=Via.PLAIN, is_navigation=True)
    found = case.shown("Some words").findings()["page.second_fetch"]
    assert (found.values["outcome"], found.result) == (outcome, result)
    assert found.values["statuses"] == [200, status]


def test_what_differs_between_the_two_documents_is_listed(case):
    case.sent("<ul>\n<li>One thing\n<li>Two things\n<li>Three things</ul>")
    packed = gzip.compress(b"<ul>\n<li>One thing\n<li>2 things\n<li>Three things</ul>", mtime=0)
    case.sent(packed, via=Via.PLAIN, is_navigation=True, headers=(("Content-Encoding", "gzip"),))
    found = case.shown("One thing", "Two things", "Three things").findings()["page.second_fetch"]
    assert found.values["lines"] == [4, 4]
    assert found.values["equal_lines"] == 3
    assert found.values["share_of_equal_lines"] == 0.75
    assert (found.values["only_in_browser"], found.values["only_in_plain"]) == (["<li>Two things"], ["<li>2 things"])
    assert found.values["texts_also_in_plain_document"] == 2
    assert found.values["texts_not_in_plain_document"] == ["Two things"]
    assert "75.0 %" in found.statement.text


def test_the_same_text_in_another_encoding_is_no_difference(case):
    kind = "text/html; charset=gb2312"
    case.sent("<p>今天下午</p>".encode(), kind)
    case.sent("<p>今天下午</p>".encode("gb18030"), kind, via=Via.PLAIN, is_navigation=True)
    found = case.shown().findings()["page.second_fetch"]
    assert (found.values["outcome"], found.result) == ("same-text", Result.NOT_FOUND)


def test_a_second_fetch_that_was_not_made_or_failed_is_said_to_be_so(case):
    case.sent("<p>Some words</p>").shown("Some words")
    absent = case.findings()["page.second_fetch"]
    assert (absent.values["outcome"], absent.result) == ("not-made", Result.INDETERMINATE)
    told = {"requested_url": PAGE, "final_url": PAGE, "second_fetch": {"outcome": "failed", "detail": "timed out"}}
    failed = case.view("capture", json.dumps(told).encode()).findings()["page.second_fetch"]
    assert (failed.values["outcome"], failed.gaps[0].detail) == ("failed", "timed out")


def test_what_was_reached_is_repeated_from_the_record(case):
    facts = {
        "requested_url": f"{PAGE}old",
        "final_url": f"{PAGE}#part",
        "redirects": [{"url": f"{PAGE}old", "status": 302, "location": PAGE}],
        "title": "A title",
        "status": 200,
        "tls": {"subject": "CN=site.test", "issuer": "CN=CA", "chain_sha256": ["ab" * 32]},
    }
    case.sent("<p>Some words</p>").view("capture", json.dumps(facts).encode())
    found = case.findings()["page.reached"]
    assert found.result is Result.FOUND
    assert found.values["redirects"] == [{"url": f"{PAGE}old", "status": 302}]
    assert (found.values["title"], found.values["certificate_issuer"]) == ("A title", "CN=CA")
    assert f"{PAGE}#part" in found.statement.text


@pytest.mark.parametrize("facts", [b"[]", b"{", b'{"status": "200", "redirects": 3, "tls": [], "title": {}}', b"\xff"])
def test_facts_that_are_no_facts_are_not_believed(case, facts):
    found = case.sent("<p>x</p>").view("capture", facts).findings()["page.reached"]
    assert not found.values.get("status")


def test_an_archive_of_another_tool_is_read_and_explains_nothing(tmp_path):
    path = tmp_path / "other.warc.gz"
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
        with io.BytesIO(b"<p>x</p>") as body:
            writer.write_record(writer.create_warc_record(PAGE, "response", payload=body, length=8, http_headers=head))
    found = examine(path)
    assert {one.result for one in found.values()} == {Result.INDETERMINATE}
    assert {gap.why for one in found.values() for gap in one.gaps} == {GapReason.NOT_APPLICABLE}


DAMAGED = {
    "cut in the middle": lambda whole: whole[: len(whole) // 2],
    "cut before its end": lambda whole: whole[:-9],
    "no records": lambda _: gzip.compress(b"WARC/1.1\r\n"),
    "a length that is none": lambda _: b"WARC/1.1\r\nContent-Length: -5\r\n\r\n",
    "a length beyond the end": lambda _: b"WARC/1.1\r\nWARC-Type: resource\r\nContent-Length: 99999\r\n\r\nx",
    "nothing": lambda _: b"",
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_archive_costs_a_gap_and_no_crash(case, damage):
    path = case.sent("<p>Some words</p>").shown("Some words", "typed in").path()
    path.write_bytes(damage(path.read_bytes()))
    found = examine(path)
    assert {one.result for one in found.values()} == {Result.INDETERMINATE}
    assert GapReason.UNPARSABLE in {gap.why for one in found.values() for gap in one.gaps}


@pytest.mark.parametrize("repack", [gzip.decompress, lambda whole: gzip.compress(gzip.decompress(whole))])
def test_an_archive_may_be_packed_otherwise(case, repack):
    path = case.sent("<p>Some words</p>").shown("Some words", "typed in").path()
    path.write_bytes(repack(path.read_bytes()))
    assert levels(examine(path)["page.explained"]) == {"document": 1, "unexplained": 1}


def test_an_archive_that_is_larger_than_is_read_is_read_in_part(case):
    found = case.sent("<p>Some words</p>").shown("Some words").findings(total_limit_bytes=100)
    assert {one.result for one in found.values()} == {Result.INDETERMINATE}
    assert GapReason.LIMIT in {gap.why for one in found.values() for gap in one.gaps}


HOSTILE = {
    "deep json": ("application/json", "[" * 200_000),
    "deep markup": ("text/html", "<div>" * 200_000),
    "open tags": ("text/html", "<a " * 300_000),
    "blanks in a tag": ("text/html", f"<a {' ' * 1_000_000}"),
    "quotation marks": ("text/html", "<a b='" * 200_000),
    "open comments": ("text/html", "<!--" * 300_000),
    "backslashes": ("text/javascript", "\\" * 1_000_000 + '"'),
    "marks in a script": ("text/javascript", "'\"`" * 200_000),
    "strings in strings": ("text/javascript", '"' + '\\"' * 200_000 + '"'),
    "placeholders": ("text/javascript", "`" + "${" * 200_000 + "`"),
    "numbers": ("application/json", json.dumps([10**400, 1e308, -0.0, 2**70])),
    "halves of characters": ("application/json", '"\\ud800 \\udc00 \\ud83d\\ude00"'),
    "a bomb": ("text/plain", gzip.compress(b"a" * 200_000_000)),
}


@pytest.mark.parametrize(("kind", "content"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_responses_take_seconds_and_no_crash(case, kind, content):
    packed = (("Content-Encoding", "gzip"),) if isinstance(content, bytes) else ()
    case.sent("<body>").sent(content, kind, url=f"{PAGE}x", headers=packed).shown("Some words that nobody sent")
    start = time.monotonic()
    found = case.explained()
    assert time.monotonic() - start < 20
    assert levels(found) == {"unexplained": 1}


SEEN = {
    "no json": b"{",
    "a list": b"[]",
    "entries of other kinds": b'{"texts": [1, null, {"text": 5}, {"text": "x", "box_px": ["a"]}], "pictures": "x"}',
    "boxes that are none": b'{"texts": [{"text": "x", "box_px": [1, 2, 3, 1e400]}], "pictures": [{}]}',
    "half a character": b'{"texts": [{"text": "\\ud800"}], "pictures": []}',
}


@pytest.mark.parametrize("content", SEEN.values(), ids=SEEN)
def test_a_strange_list_of_what_was_visible_does_no_harm(case, content):
    found = case.sent("<p>x</p>").view("seen", content).findings()["page.explained"]
    assert encoded([found])


def test_a_second_run_gives_the_same_bytes(case):
    case.sent("<p>Some words</p>").sent(SHOP, "application/json", url=f"{PAGE}a")
    path = case.shown("Some words", "2,013 members", "typed in", pictures=[DATA_URL]).path()
    first, second = (list(PageAnalyzer().examine(FileEvidence(path), Kept())) for _ in range(2))
    assert encoded(first) == encoded(second)


SITE = {
    "/": (
        "text/html",
        b"""<!DOCTYPE html><title>Group</title><body><h1>Choir &amp; friends</h1><p id=m></p><div id=l></div>
        <img src=/a.png><script src=/app.js></script>""",
    ),
    "/app.js": (
        "text/javascript",
        b"""fetch('/api').then(r => r.json()).then(g => {
            m.textContent = `${g.members.toLocaleString('en')} members`;
            for (const x of g.messages) {
                const p = document.createElement('p'); p.textContent = `${x.from}: ${x.text}`; l.append(p)
            }
        })""",
    ),
    "/api": (
        "application/json",
        """{"members": 2013, "messages": [{"from": "Bob", "text": "I left them <there>."},
        {"from": "王", "text": "明天带伞"}]}""".encode(),
    ),
    "/a.png": ("image/png", PNG),
}


class Served(http.server.BaseHTTPRequestHandler):
    """Serves `SITE`."""

    def do_GET(self) -> None:
        kind, content = SITE.get(self.path, ("text/plain", b""))
        self.send_response(200 if self.path in SITE else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        pass


@contextmanager
def served():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Served) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


async def looked_at(url: str, folder: Path, scripts: Iterable[str]) -> list[tuple[bytes, bytes]]:
    """Loads a page and gives what is visible and the rendered document, after each of the scripts."""
    async with chromium.launch(chromium.Options(folder)) as browser:
        call = browser.connection.call
        target = (await call("Target.createTarget", {"url": "about:blank"}))["targetId"]
        attached = await call("Target.attachToTarget", {"targetId": target, "flatten": True})
        page = Session(browser.connection, attached["sessionId"], target)
        await page.call("Page.enable")
        await page.call("Page.navigate", {"url": url})
        found = []
        for index, script in enumerate(scripts):
            await page.evaluate(script)
            part = folder / str(index)
            part.mkdir()
            ((document,), _) = await keep_dom((page,), part)
            seen = await see((page,))
            found.append((json.dumps(seen.record()).encode(), document.path.read_bytes()))
        return found


def test_what_is_put_into_a_real_page_is_found_and_nothing_else(tmp_path):
    ready = (
        "new Promise(done => {const look = () => document.querySelectorAll('#l p').length == 2 && "
        "document.images[0].complete ? done() : setTimeout(look, 20); look()})"
    )
    put_in = (
        "l.firstChild.firstChild.data = l.firstChild.firstChild.data.replace('left', 'never left');"
        f"const i = new Image(); i.src = '{DATA_URL}'; document.body.append(i); i.decode()"
    )
    with served() as url:
        before, after = asyncio.run(looked_at(url, tmp_path, (ready, put_in)))
    results = []
    for seen, document in (before, after):
        made = Case(tmp_path)
        for path, (kind, content) in SITE.items():
            made.sent(content, kind, url=f"{url[:-1]}{path}")
        made.view("seen", seen, url=url).view("dom", document, "text/html", url=url)
        results.append(made.explained())
    honest, altered = results
    assert honest.result is Result.NOT_FOUND
    assert levels(honest) == {"document": 1, "composed": 3}
    assert levels(honest, "pictures") == {"recorded": 1}
    assert altered.result is Result.FOUND
    assert [one["text"] for one in altered.values["unexplained"]] == ["Bob: I never left them <there>."]
    assert [one["kind"] for one in altered.values["unexplained_pictures"]] == ["img"]
