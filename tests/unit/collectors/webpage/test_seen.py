from __future__ import annotations

import json
import time
from io import BytesIO

import pytest
from PIL import Image

from forensics.codec import canonical
from forensics.collectors.webpage.seen import SeenPolicy, see
from forensics.collectors.webpage.views_candidates import split_set
from forensics.model import GapReason
from tests.unit.collectors.webpage.browsing import browsing, serving


@pytest.fixture(scope="module")
def site():
    with serving() as site:
        picture = BytesIO()
        Image.new("RGB", (30, 20), "red").save(picture, "PNG")
        for name in ("dot", "wide", "other"):
            site.put(f"/{name}.png", (picture.getvalue(), "image/png"))
        yield site


@pytest.fixture(scope="module")
def driver():
    with browsing() as driver:
        yield driver


@pytest.fixture
def look(site, driver):
    def look(html, policy=None):
        page = driver.open(site.put("/page", "<!doctype html><meta charset=utf-8>" + html))
        look.page = page
        return driver.run(see(driver.frames(page), policy=policy))

    return look


def texts(seen):
    return [(one.origin, one.text) for one in seen.texts]


READ = {
    "inline elements are one block": (
        "<p>one <b>two</b> <i>three</i>, <a href=x>four</a></p>",
        ["one two three, four"],
    ),
    "blocks are apart": ("<div>a<p>b</p>c</div>", ["a", "b", "c"]),
    "white space is collapsed": ("<p>  a \n\t b <b> c</b></p>", ["a b c"]),
    "set lines are lines": ("<p>a<br>b</p><pre>c  d\n e</pre>", ["a\nb", "c  d\n e"]),
    "cells are blocks": ("<table><tr><td>1<td>2</table>", ["1", "2"]),
    "items of flexible boxes are blocks": ("<nav style=display:flex><a>One</a><a>Two</a></nav>", ["One", "Two"]),
    "letters in boxes of their own are one word": (
        "<p>" + "".join(f"<b style=display:inline-block>{letter}</b>" for letter in "word"),
        ["word"],
    ),
    "styles may change capitals": ("<p style=text-transform:uppercase>straße</p>", ["STRASSE"]),
    "a large first letter belongs to its word": ("<style>p::first-letter{font-size:3em}</style><p>Once</p>", ["Once"]),
    "drawn text": ("<svg><text y=20>in a drawing</text></svg>", ["in a drawing"]),
    "Chinese": ("<p>进群 188 元，<span>2,013</span> 成员</p>", ["进群 188 元，2,013 成员"]),
    "written leftwards": ("<p dir=rtl>שלום עולם</p>", ["שלום עולם"]),
    "in an open tree": (
        (
            "<div id=a>in the slot</div><script>"
            "a.attachShadow({mode:'open'}).innerHTML='<p>before <slot></slot> after</p>'</script>"
        ),
        ["before in the slot after"],
    ),
    "in a closed tree": (
        "<p id=a></p><script>a.attachShadow({mode:'closed'}).innerHTML='<p>closed</p>'</script>",
        ["closed"],
    ),
    "letters filled with a background": (
        (
            "<h1 style='background:linear-gradient(red,blue);background-clip:text;color:transparent'>"
            "<span>gradient</span></h1>"
        ),
        ["gradient"],
    ),
    "what can be scrolled to": (
        (
            "<div id=a style='height:50px;overflow:auto'><p style=height:400px>first</p><p>last</p></div>"
            "<script>a.scrollTop=200</script>"
        ),
        ["first", "last"],
    ),
    "what leaves a box that clips": (
        "<div style='height:0;overflow:hidden'><p style=position:absolute>out</p></div>",
        ["out"],
    ),
    "below a body that does not scroll": (
        "<style>body{overflow:hidden}</style><p style='margin-top:3000px'>below</p>",
        ["below"],
    ),
    "text from a script": ("<p id=a></p><script>a.textContent = 1234.5.toLocaleString('en-US')</script>", ["1,234.5"]),
}


@pytest.mark.parametrize(("html", "expected"), READ.values(), ids=READ)
def test_texts_are_read_block_by_block(look, html, expected):
    assert [text for origin, text in texts(look(html)) if origin == "text"] == expected


HIDDEN = {
    "not displayed": "<p style=display:none>hidden</p>",
    "not visible": "<p style=visibility:hidden>hidden</p>",
    "clear": "<div style=opacity:0><p>hidden</p></div>",
    "clear twice": "<div style=opacity:.1><p style=opacity:.1>hidden</p></div>",
    "in a clear colour": "<p style=color:transparent>hidden</p>",
    "without size": "<p style=font-size:0>hidden</p>",
    "clipped away": "<div style='height:0;overflow:hidden'><p>hidden</p></div>",
    "clipped away around": "<div style='width:0;overflow:hidden'><div><p>hidden</p></div></div>",
    "clipped for screen readers": "<p style='position:absolute;width:1px;height:1px;clip:rect(0,0,0,0)'>hidden</p>",
    "clipped by a path": "<p style='clip-path:inset(50%)'>hidden</p>",
    "left of the page": "<p style='position:absolute;left:-9999px'>hidden</p>",
    "above the page": "<p style='position:absolute;top:-999px'>hidden</p>",
    "indented out of the page": "<p style='text-indent:-9999px;overflow:hidden'>hidden</p>",
    "moved out of the page": "<p style='transform:translateX(-9000px)'>hidden</p>",
    "closed details": "<details><summary></summary><p>hidden</p></details>",
    "never drawn": "<div style='content-visibility:hidden'><p>hidden</p></div>",
    "script": "<script>/* hidden */</script><style>/* hidden */</style><template>hidden</template>"
    "<noscript>hidden</noscript>",
    "a frame that is not displayed": "<iframe style=display:none srcdoc='<p>hidden</p>'></iframe>",
    "a frame that is clear": "<iframe style=opacity:0 srcdoc='<p>hidden</p>'></iframe>",
    "an option that is not chosen": "<select><option><option>hidden</select>",
    "beside a video": "<video>hidden</video><canvas>hidden</canvas>",
}


@pytest.mark.parametrize("html", HIDDEN.values(), ids=HIDDEN)
def test_what_nobody_sees_is_left_out(look, html):
    seen = look(f"<p>shown</p>{html}<p>shown too</p>")
    assert "hidden" not in json.dumps(seen.record())
    assert [text for origin, text in texts(seen) if origin == "text"] == ["shown", "shown too"]


ORIGINS = {
    "button": ("<button>Press <b>me</b></button>", [("button", "Press me")]),
    "a button that is a field": ("<input type=submit value=Send>", [("button", "Send")]),
    "placeholder": (
        "<input placeholder='Your name'><textarea placeholder=Why></textarea>",
        [("placeholder", "Your name"), ("placeholder", "Why")],
    ),
    "value": ("<input placeholder=Name value=typed><textarea>area</textarea>", [("value", "typed"), ("value", "area")]),
    "choice": ("<select><option>A<option selected>B  b</select>", [("value", "B b")]),
    "open list": ("<select multiple><option label=L>A<option>B</select>", [("value", "L\nB")]),
    "marker": ("<ol start=3><li>one</ol>", [("list-marker", "3."), ("text", "one")]),
    "generated": (
        "<style>p::before{content:'Price: '} p::after{content:' €'}</style><p>188</p>",
        [("::before", "Price:"), ("text", "188"), ("::after", "€")],
    ),
    "generated inside": (
        "<style>b::after{content:'*'}</style><p>one <b>two</b> three</p>",
        [("text", "one two three"), ("::after", "*")],
    ),
    "an image that fails": ("<p><img src=/none.png alt='what it shows'></p>", [("alt", "what it shows")]),
    "an image that is there": ("<p><img src=/dot.png alt='what it shows'></p>", []),
    "drawn in view only": (
        (
            "<div style=height:4000px></div>"
            "<div style='content-visibility:auto'><p>far <b>below</b><script>//</script></p></div>"
        ),
        [("undrawn", "far"), ("undrawn", "below")],
    ),
}


@pytest.mark.parametrize(("html", "expected"), ORIGINS.values(), ids=ORIGINS)
def test_texts_tell_where_they_come_from(look, html, expected):
    assert texts(look(html)) == expected


def test_what_stands_in_a_password_field_is_nowhere(look, driver):
    seen = look("""<input type=password value=hunter2 placeholder=Secret>
      <input type=password placeholder=Password id=typed>
      <input autocomplete="current-password" type=text value=hunter2>
      <input style="-webkit-text-security:disc" value=hunter2>
      <script>typed.value = "hunter2"</script>""")
    assert "hunter2" not in repr(seen)
    assert "hunter2" not in json.dumps(seen.record())
    assert texts(seen) == []


def test_boxes_are_in_pixels_of_the_page(look, driver):
    html = """<style>body{margin:0}</style><div style="height:1000px"></div>
      <p style="position:absolute;left:100px;top:1500px;margin:0;font:20px/40px monospace">place</p>
      <script>scrollTo(0, 700)</script>"""
    (one,) = look(html).record()["texts"]
    left, top, width, height = one["box_px"]
    assert (left, height) == (100, pytest.approx(24, abs=6))
    assert 1500 <= top <= top + height <= 1540
    assert width == pytest.approx(60, abs=2)  # five letters of 12 px: monospace is 0.6 em wide


def test_paths_lead_to_the_elements(look, driver):
    seen = look("<main id=m><ul><li>a<li>b</ul></main><div id='9 x'><p>c</p></div>")
    paths = [one.path for one in seen.texts if one.origin == "text"]
    assert paths == ["main#m>ul>li:nth-of-type(1)", "main#m>ul>li:nth-of-type(2)", "html>body>div>p"]
    found = driver.run(look.page.evaluate(f"{json.dumps(paths)}.map((one) => document.querySelector(one).innerText)"))
    assert found == ["a", "b", "c"]


def test_frames_of_this_and_other_sites_are_read_in_their_places(look, site):
    site.put("/inner", "<style>body{margin:0}</style><p style='margin:0'>same site</p><iframe src=/deep></iframe>")
    site.put("/deep", "<p>deeper</p>")
    site.put("/far", "<style>body{margin:0}</style><p style='margin:0'>other site</p>")
    style = "position:absolute;left:100px;border:7px solid;padding:3px"
    other = site.url("/far", "localhost")
    seen = look(
        f"<p>before</p><iframe src=/inner style='{style};top:200px'></iframe>"
        f"<p>between</p><iframe src='{other}' style='{style};top:500px'></iframe><p>after</p>"
    )
    assert [text for _, text in texts(seen)] == ["before", "same site", "deeper", "between", "other site", "after"]
    places = {one["text"]: one for one in seen.record()["texts"]}
    assert places["same site"]["box_px"][:2] == [110, 210]
    assert places["other site"]["box_px"][:2] == [110, 510]
    assert places["other site"]["frame"] == other
    assert places["deeper"]["frame"] == site.url("/deep")


def test_a_frame_that_cannot_be_read_is_a_gap(look, site, driver):
    site.put("/far", "<p>other site</p>")
    page = driver.open(site.put("/page", f"<p>here</p><iframe src='{site.url('/far', 'localhost')}'></iframe>"))
    frames = driver.frames(page)
    assert len(frames) == 2
    driver.run(page.evaluate("document.querySelector('iframe').remove()"))
    seen = driver.run(see(frames))
    assert [text for _, text in texts(seen)] == ["here"]
    assert [(gap.what, gap.why) for gap in seen.gaps] == [("seen", GapReason.UNREADABLE)]


def test_a_page_cannot_forge_what_is_seen(look):
    forged = """<p id=real>real text</p><img src=/dot.png><script>
      for (const name of ["innerText", "textContent"]) {
        Object.defineProperty(HTMLElement.prototype, name, {get: () => "forged"}); }
      Element.prototype.getBoundingClientRect = () => ({x: 1, y: 1, width: 1, height: 1});
      window.getComputedStyle = () => ({display: "none"}); document.querySelectorAll = () => [];
      Object.defineProperty(HTMLImageElement.prototype, "naturalWidth", {get: () => 9999});
      Object.defineProperty(HTMLImageElement.prototype, "currentSrc", {get: () => "https://example.org/forged.png"});
      window.URL = function () { return {href: "https://example.org/forged"}; };</script>"""
    seen = look(forged)
    assert texts(seen) == [("text", "real text")]
    assert seen.pictures[0].natural_px == (30, 20)
    assert "forged" not in json.dumps(seen.record()) + json.dumps(seen.candidates)


def test_half_characters_of_scripts_become_marks(look):
    seen = look("<p id=a></p><script>a.textContent = 'half \\ud83d end'</script><img src=/none.png alt='\U0001f642'>")
    assert texts(seen) == [("text", "half \ufffd end"), ("alt", "\U0001f642")]
    assert json.loads(canonical(seen.record())) == seen.record()


def pictures(seen, *names):
    return [tuple(one[name] for name in names) for one in seen.record()["pictures"]]


def test_pictures_have_kind_address_size_and_state(look, site):
    seen = look("""<img src=/dot.png width=60 height=40><img src=/none.png width=50 height=50>
      <img src=/wide.png#part srcset="/never.png 9x" style="width:9px;height:9px">
      <div style="background:url(/dot.png);width:50px;height:50px"></div>
      <canvas width=20 height=10></canvas><svg width=40 height=40><image href=/other.png width=10 height=10 /></svg>
      <video poster=/dot.png width=100 height=50><source src=/none.mp4></video>
      <object data=/wide.png type=image/png width=30 height=20></object>""")
    at = site.url
    found = pictures(seen, "kind", "url", "natural_px", "status")
    assert found[:4] == [
        ("img", at("/dot.png"), [30, 20], "loaded"),
        ("img", at("/none.png"), None, "failed"),
        ("img", at("/wide.png"), [30, 20], "loaded"),
        ("background", at("/dot.png"), None, "unknown"),
    ]
    assert found[4:7] == [
        ("canvas", "", [20, 10], "loaded"),
        ("svg", "", None, "unknown"),
        ("img", at("/other.png"), None, "unknown"),
    ]
    assert [(kind, url) for kind, url, *_ in found[7:]] == [
        ("video", at("/none.mp4")),
        ("poster", at("/dot.png")),
        ("object", at("/wide.png")),
    ]
    assert pictures(seen, "box_px")[0][0][2:] == [60, 40]


def test_the_size_of_a_picture_from_a_set_is_counted_in_pixels_of_the_page(look, site):
    (one,) = look("<img srcset='/wide.png 2x' style='width:90px'>").pictures
    assert (one.url, one.natural_px) == (site.url("/wide.png"), (15, 10))


def test_pictures_that_nobody_sees_are_left_out(look):
    seen = look("""<img src=/dot.png width=1 height=1><img src=/dot.png style=display:none><img src=/dot.png hidden>
      <div style="opacity:0"><img src=/dot.png></div>
      <div style="background:url(/dot.png);width:50px;height:0"></div>""")
    assert seen.pictures == ()


def test_an_image_that_is_still_waited_for_is_pending(look, site):
    late = "<img loading=lazy src=/late.png width=50 height=50 style='position:absolute;top:20000px'>"
    (one,) = look(late).pictures
    assert (one.status, one.natural_px, one.url) == ("pending", None, site.url("/late.png"))


def test_addresses_that_hold_whole_files_are_cut_and_it_is_said(look):
    long = "data:image/svg+xml," + "x" * 20_000
    (one,) = look(f"<img src='{long}' width=50 height=50>").record()["pictures"]
    assert len(one["url"]) == 8192
    assert one["is_url_cut"] is True


def test_the_text_of_a_page_has_a_line_for_each_block(look):
    seen = look("<ul><li>one<br>two</ul><input placeholder=Name><p>last</p>")
    assert seen.text() == "one two\nName\nlast\n"


@pytest.mark.parametrize(
    ("policy", "what"),
    [(SeenPolicy(texts=2), "texts"), (SeenPolicy(letters=11), "texts"), (SeenPolicy(pictures=1), "pictures")],
    ids=["blocks", "letters", "pictures"],
)
def test_more_than_the_policy_allows_is_a_gap(look, policy, what):
    seen = look("<p>first</p><p>second</p><p>third</p><img src=/dot.png><img src=/wide.png>", policy)
    (gap,) = seen.gaps
    assert (gap.what, gap.why, gap.detail) == ("seen", GapReason.LIMIT, f"not all {what} of the page are stated")
    assert seen.is_cut
    limits = seen.record()["limits"]
    assert (limits["texts"], limits["is_cut"]) == (len(seen.texts), True)
    assert len(seen.texts) == (2 if what == "texts" else 3)


def offers(seen, *names):
    return [tuple(one[name] for name in names) for one in seen.candidates]


def test_all_renditions_of_an_image_are_in_one_group(look, site):
    seen = look("""<picture><source srcset="/p-800.webp 800w, /p-1600.webp 1600w" type=image/webp>
      <img src=/p.jpg srcset="/p1.jpg, /p2.jpg 2x" data-src=/full.jpg width=40 height=30></picture>
      <img src=/dot.png>""")
    at = site.url
    assert offers(seen, "from", "url", "descriptor", "media_type") == [
        ("img", at("/p.jpg"), "", ""),
        ("srcset", at("/p1.jpg"), "", ""),
        ("srcset", at("/p2.jpg"), "2x", ""),
        ("picture", at("/p-800.webp"), "800w", "image/webp"),
        ("picture", at("/p-1600.webp"), "1600w", "image/webp"),
        ("lazy", at("/full.jpg"), "", ""),
        ("img", at("/dot.png"), "", ""),
    ]
    groups = [group for (group,) in offers(seen, "group")]
    assert len(set(groups[:6])) == 1
    assert groups[6] != groups[0]
    assert [one["url"] for one in seen.candidates if one["is_current"]] == [at("/p-1600.webp"), at("/dot.png")]
    assert offers(seen, "width", "height")[0] == (40, 30)


OFFERED = {
    "video": ("<video src=/a.mp4></video>", [("video", "/a.mp4")]),
    "sources": (
        "<video><source src=/a.webm type='video/webm; codecs=vp9'><source src=/a.mp4></video>",
        [("video", "/a.webm"), ("video", "/a.mp4")],
    ),
    "poster": ("<video poster=/dot.png></video>", [("poster", "/dot.png")]),
    "audio": ("<audio><source src=/a.ogg></audio>", [("audio", "/a.ogg")]),
    "stream by type": ("<video><source src=/list type=application/vnd.apple.mpegurl></video>", [("stream", "/list")]),
    "stream by ending": (
        "<video src=/a.M3U8?t=1></video><video src=/b.mpd></video>",
        [("stream", "/a.M3U8?t=1"), ("stream", "/b.mpd")],
    ),
    "background": (
        "<p style='background:url(/dot.png),url(\"/a (1).png\")'>x</p>",
        [("background", "/dot.png"), ("background", "/a%20(1).png")],
    ),
    "generated": ("<style>p::after{content:url(/dot.png)}</style><p>x</p>", [("background", "/dot.png")]),
    "lazy": ("<img data-src=/a.jpg data-srcset='/b.jpg 2x'>", [("lazy", "/a.jpg"), ("lazy", "/b.jpg")]),
    "object": (
        "<object data=/dot.png></object><embed src=/wide.png>",
        [("object", "/dot.png"), ("object", "/wide.png")],
    ),
    "icon": ("<link rel='shortcut icon' href=/f.ico>", [("icon", "/f.ico")]),
    "meta": (
        (
            "<meta property=og:image content=/o.png><meta name=twitter:image content=/t.png>"
            "<link rel=image_src href=/i.png>"
        ),
        [("meta", "/o.png"), ("meta", "/t.png"), ("meta", "/i.png")],
    ),
    "linked data": (
        (
            '<script type=application/ld+json>{"@graph": [{"contentUrl": "/v.mp4", "name": "/no.png", "image": '
            '[{"url": "/j.jpg"}]}]}</script>'
        ),
        [("json-ld", "/v.mp4"), ("json-ld", "/j.jpg")],
    ),
    "broken linked data": ('<script type=application/ld+json>{"contentUrl":</script>', []),
    "link to a file": (
        "<a href='/large.JPG?x=1#y'>large</a><a href=/page.html>page</a><a href=/>x</a>",
        [("link", "/large.JPG?x=1")],
    ),
    "not displayed": ("<div style=display:none><img src=/dot.png></div>", [("img", "/dot.png")]),
    "in a closed tree": (
        "<p id=a></p><script>a.attachShadow({mode:'closed'}).innerHTML='<img src=/dot.png>'</script>",
        [("img", "/dot.png")],
    ),
    "relative to the base": ("<base href=/deep/><img src='x y.png'>", [("img", "/deep/x%20y.png")]),
    "Chinese": ("<img src=/图.png>", [("img", "/%E5%9B%BE.png")]),
    "nothing": ("<img><img src=''><video></video><a>x</a><meta property=og:image>", []),
    "no address": ("<img data-src='http://[bad'><video src='https://[bad]/'></video>", []),
}


@pytest.mark.parametrize(("html", "expected"), OFFERED.values(), ids=OFFERED)
def test_what_a_page_offers_is_listed_with_its_place(look, site, html, expected):
    assert offers(look(html), "from", "url") == [(place, site.url(path)) for place, path in expected]


def test_what_frames_offer_is_listed_with_their_addresses(look, site):
    site.put("/far", "<img src=/dot.png>")
    other = site.url("/far", "localhost")
    seen = look(f"<img src=/dot.png><iframe src='{other}'></iframe>")
    assert offers(seen, "url", "frame") == [
        (site.url("/dot.png"), site.url("/page")),
        (site.url("/dot.png", "localhost"), other),
    ]


# From the HTML Standard, 4.8.4.2.2, and the cases of web-platform-tests, parse-a-srcset-attribute.
SETS = {
    "one": ("a.png", [("a.png", "")]),
    "densities": ("a.png 1x, b.png 2x", [("a.png", "1x"), ("b.png", "2x")]),
    "without spaces": ("a.png,b.png 2x", [("a.png,b.png", "2x")]),
    "commas after": ("a.png, b.png,", [("a.png", ""), ("b.png", "")]),
    "commas before": (", ,a.png 1w", [("a.png", "1w")]),
    "comma in an address": ("data:,a 1x", [("data:,a", "1x")]),
    "parentheses": ("a.png (b, c) 2x, d.png", [("a.png", "(b, c) 2x"), ("d.png", "")]),
    "several descriptors": ("a.png 100w 50h", [("a.png", "100w 50h")]),
    "lines": ("\n a.png\t2x ,\n b.png\n", [("a.png", "2x"), ("b.png", "")]),
    "empty": ("", []),
    "nothing but commas": (" , ,", []),
}


@pytest.mark.parametrize(("text", "expected"), SETS.values(), ids=SETS)
def test_sets_of_sources_are_taken_apart(text, expected):
    assert list(split_set(text)) == expected


@pytest.mark.parametrize(
    "text", ["," * 50_000, "(" * 50_000, "a(" * 20_000, " " * 50_000], ids=["commas", "open", "mixed", "spaces"]
)
def test_taking_sets_apart_takes_no_longer_for_hostile_ones(text):
    begun = time.monotonic()
    list(split_set(f"a.png {text}"))
    assert time.monotonic() - begun < 2
