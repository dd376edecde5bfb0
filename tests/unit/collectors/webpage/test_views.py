from __future__ import annotations

import email
import email.policy
import json
import re
import shutil
import subprocess
import time
from contextlib import suppress
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from forensics.codec import canonical
from forensics.collectors.webpage import views_dom, views_world
from forensics.collectors.webpage.views import ViewPolicy, page_facts, take
from forensics.collectors.webpage.views_dom import MASK, without_passwords
from forensics.collectors.webpage.views_shots import ShotPolicy, first_view, plan, size_of
from forensics.errors import StoreError
from forensics.model import GapReason
from forensics.web.cdp import CdpError
from tests.unit.collectors.webpage.browsing import browsing, serving

ROLES = ["screenshot-full", "dom", "mhtml", "pdf-print"]
BARE = '<!doctype html><body style="margin:0">'


@pytest.fixture(scope="module")
def site():
    with serving() as site:
        yield site


@pytest.fixture(scope="module")
def driver():
    with browsing() as driver:
        yield driver


@pytest.fixture
def keep(site, driver, tmp_path):
    """Opens a page and makes its views."""

    def keep(html, policy=None, **options):
        keep.page = driver.open(site.put("/page", html), **options)
        keep.begun = time.monotonic()
        keep.views = driver.run(take(driver.frames(keep.page), tmp_path, policy=policy))
        return keep.views

    keep.of = lambda role: [view for view in keep.views.views if view.role == role]
    keep.folder = tmp_path
    return keep


def rows(count, height):
    """Rows of a colour each, which tells the number: red and green have its low and high digits."""
    return "".join(f'<div style="height:{height}px;background:{colour(number)}"></div>' for number in range(count))


def colour(number):
    return "#{:02x}{:02x}80".format(*shade(number))


def shade(number):
    return (number % 16 * 16, number // 16 * 16)


def test_every_row_of_a_page_of_20000_pixels_is_in_its_place_in_the_tiles(keep):
    # Chromium repeats or blackens what lies beyond 16,384 px, the limit of a texture.
    keep(BARE + rows(200, 100))
    tiles = keep.of("screenshot-full")
    assert [tile.facts["box_px"] for tile in tiles] == [
        [0, 0, 1280, 8000],
        [0, 8000, 1280, 8000],
        [0, 16000, 1280, 4000],
    ]
    assert [(tile.facts["tile"], tile.facts["of"]) for tile in tiles] == [(1, 3), (2, 3), (3, 3)]
    seen = []
    for tile in tiles:
        with Image.open(tile.path) as image:
            assert list(image.size) == tile.facts["size_px"]
            pixels = image.convert("RGB")
            seen += [[pixels.getpixel((x, y))[:2] for x in (0, 640, 1279)] for y in range(50, image.height, 100)]
    assert seen == [[shade(number)] * 3 for number in range(200)]
    assert keep.views.gaps == ()


def test_all_views_of_a_page_are_made_and_named(keep):
    keep(BARE + "<h1>hello</h1>")
    assert [view.role for view in keep.views.views] == ROLES
    assert [view.path.name for view in keep.views.views] == ["full-01.png", "dom.html", "page.mhtml", "print.pdf"]
    assert all(view.path.stat().st_size for view in keep.views.views)
    assert keep.views.gaps == ()


def test_the_first_view_is_what_the_window_shows(site, driver, tmp_path):
    page = driver.open(site.put("/page", BARE + rows(20, 100)))
    driver.run(page.evaluate("scrollTo(0, 300)"))
    view = driver.run(first_view(page, tmp_path))
    with Image.open(view.path) as image:
        assert image.size == (1280, 800)
        assert [image.convert("RGB").getpixel((9, y))[:2] for y in (50, 150, 750)] == [shade(3), shade(4), shade(10)]
    assert (view.role, view.facts["box_px"], view.facts["size_px"]) == (
        "screenshot-viewport",
        [0, 300, 1280, 800],
        [1280, 800],
    )


def test_a_screen_with_two_pixels_for_one_gives_pictures_of_twice_the_size(keep):
    keep(BARE + rows(6, 1000), ViewPolicy(shots=ShotPolicy(tile_px=4000)), view=(400, 300), scale=2)
    tiles = keep.of("screenshot-full")
    assert [tile.facts["size_px"] for tile in tiles] == [[800, 4000]] * 3
    assert [tile.facts["box_px"] for tile in tiles] == [[0, 0, 400, 2000], [0, 2000, 400, 2000], [0, 4000, 400, 2000]]


def test_a_fixed_header_is_drawn_once_and_hides_nothing_in_later_tiles(keep):
    header = '<div style="position:fixed;top:0;left:0;width:100px;height:40px;background:#f00"></div>'
    keep(BARE + header + rows(20, 100), ViewPolicy(shots=ShotPolicy(tile_px=1000)))
    red = 0
    for tile in keep.of("screenshot-full"):
        with Image.open(tile.path) as image:
            red += sum(image.convert("RGB").getpixel((50, y)) == (255, 0, 0) for y in range(image.height))
        assert tile.facts["fixed_elements"].startswith("drawn once")
        assert tile.facts["animations"] == "not stopped"
    assert red == 40


def test_a_page_does_not_see_another_width_while_it_is_pictured(keep, driver):
    watch = """<script>widths = new Set([innerWidth]); heights = new Set([innerHeight]);
      addEventListener("resize", () => { widths.add(innerWidth); heights.add(innerHeight); });
      new ResizeObserver((all) => widths.add(all[0].contentRect.width)).observe(document.body);</script>"""
    keep(BARE + rows(48, 1000) + watch)
    assert len(keep.of("screenshot-full")) == 6
    assert driver.run(keep.page.evaluate("[[...widths], [...heights]]")) == [[1280], [800]]


LIMITS = {
    "height": (ShotPolicy(height_px=1500), (1280, 1500)),
    "area": (ShotPolicy(area_px=1280 * 1000), (1280, 1000)),
    "width": (ShotPolicy(width_px=1000), (1000, 3000)),
}


@pytest.mark.parametrize(("policy", "shown"), LIMITS.values(), ids=LIMITS)
def test_what_is_beyond_the_limits_is_a_gap_that_says_how_much_is_shown(keep, policy, shown):
    keep(BARE + rows(3, 1000), ViewPolicy(shots=policy))
    (gap,) = keep.views.gaps
    assert (gap.what, gap.why) == ("screenshot-full", GapReason.LIMIT)
    assert f"1280 × 3000 px, the pictures show {shown[0]} × {shown[1]} px" in gap.detail
    assert sum(tile.facts["box_px"][3] for tile in keep.of("screenshot-full")) == shown[1]


@pytest.mark.parametrize("scale", [1, 1.5, 3])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (1280, 8000), (1280, 8001), (7999, 119_999)])
def test_tiles_cover_a_page_once_and_keep_to_their_size(width, height, scale):
    policy = ShotPolicy()
    boxes = list(plan(width, height, policy=policy, scale=scale))
    assert boxes[0][1] == 0
    assert all(one[1] + one[3] == other[1] for one, other in pairwise(boxes))
    assert boxes[-1][1] + boxes[-1][3] == height
    assert all(box[3] * scale <= policy.tile_px for box in boxes)
    assert all(box[2] * box[3] * scale**2 <= policy.tile_area_px for box in boxes)


def test_a_chat_is_pictured_from_its_first_message_to_its_last(keep, driver):
    chat = f'<div id=chat style="height:800px;overflow:auto">{rows(30, 100)}</div>'
    keep(BARE + chat + "<script>chat.scrollTop = 900</script>")
    inside = [view for view in keep.of("screenshot-full") if "region" in view.facts]
    assert [view.facts["scroll_px"] for view in inside] == [0, 800, 1600, 2200]
    assert {view.facts["region"] for view in inside} == {"div#chat"}
    firsts = []
    for view in inside:
        with Image.open(view.path) as image:
            firsts.append(image.convert("RGB").getpixel((9, 50))[:2])
    assert firsts == [shade(0), shade(8), shade(16), shade(22)]
    assert driver.run(keep.page.evaluate("chat.scrollTop")) == 900


def test_more_views_of_a_chat_than_the_policy_allows_are_a_gap(keep):
    chat = f'<div id=chat style="height:800px;overflow:auto">{rows(30, 100)}</div>'
    keep(BARE + chat, ViewPolicy(shots=ShotPolicy(region_views=2)))
    assert [gap.detail for gap in keep.views.gaps] == ["2 of 4 views of the region div#chat were pictured"]


def test_a_page_that_grows_while_it_is_pictured_is_a_gap(keep):
    growing = (
        "<script>onresize = () => document.body.insertAdjacentHTML('beforeend', '<p style=height:500px>')</script>"
    )
    keep(BARE + rows(2, 1000) + growing)
    assert [gap.why for gap in keep.views.gaps] == [GapReason.CHANGED]
    assert "changed from 2000 px to" in keep.views.gaps[0].detail


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xd8\xff\xe0" + bytes(40), b"\x89PNG\r\n\x1a\n" + bytes(4) + b"IHDR"],
    ids=["nothing", "jpeg", "cut"],
)
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(CdpError):
        size_of(content)


def test_the_size_of_a_picture_is_read_from_its_header():
    stream = BytesIO()
    Image.new("RGB", (321, 45)).save(stream, "PNG")
    assert size_of(stream.getvalue()) == (321, 45)


FRAMED = """<!doctype html><html lang=fr><title>outer</title><body><input value=given id=typed>
  <div id=one></div><div id=two></div><iframe src=/inner></iframe><iframe srcdoc="<p>from srcdoc</p>"></iframe>
  <iframe src="OTHER"></iframe><script>
  one.attachShadow({mode: "open"}).innerHTML = "<p>open tree</p>";
  two.attachShadow({mode: "closed"}).innerHTML = "<p>closed tree</p>";
  typed.value = "typed by someone"</script>"""


@pytest.fixture
def framed(keep, site):
    site.put("/inner", "<p>inner</p><iframe src=/innermost></iframe>")
    site.put("/innermost", "<p>innermost</p>")
    site.put("/elsewhere", "<p>of another site</p>")
    keep(FRAMED.replace("OTHER", site.url("/elsewhere", "localhost")))
    return keep.of("dom")[0]


def test_the_document_has_its_doctype_shadow_trees_and_values_as_in_the_source(framed):
    main = framed.path.read_text("utf-8").partition("</html>")[0]
    assert main.startswith('<!DOCTYPE html><html lang="fr"><head><title>outer</title>')
    assert '<template shadowrootmode="open"><p>open tree</p></template>' in main
    assert '<template shadowrootmode="closed"><p>closed tree</p></template>' in main
    assert '<input value="given" id="typed">' in main
    assert "typed by someone" not in main.replace('typed.value = "typed by someone"', "")


def test_the_facts_say_where_each_document_begins(framed, site):
    content = framed.path.read_bytes()
    parts = {one["url"]: content[one["start"] : one["start"] + one["size"]] for one in framed.facts["documents"]}
    assert parts[site.url("/page")].endswith(b"</html>")
    assert parts[site.url("/inner")].startswith(b"<html><head></head><body><p>inner</p>")
    assert parts[site.url("/innermost")] == b"<html><head></head><body><p>innermost</p></body></html>"
    assert parts["about:srcdoc"] == b"<html><head></head><body><p>from srcdoc</p></body></html>"
    assert (
        parts[site.url("/elsewhere", "localhost")] == b"<html><head></head><body><p>of another site</p></body></html>"
    )
    assert len(parts) == len(framed.facts["documents"]) == 5


def test_frames_follow_in_templates_with_their_addresses(framed, site):
    text = framed.path.read_text("utf-8")
    opening = f'<template data-frame="{site.url("/innermost")}" data-parent="{site.url("/inner")}">'
    assert text.count(opening) == 1
    assert text.count("<template data-frame=") == 4


def test_what_is_beyond_the_limit_of_documents_is_a_gap(keep, monkeypatch):
    monkeypatch.setattr(views_dom, "MOST_BYTES", 100)
    keep(BARE + "x" * 500)
    assert keep.of("dom")[0].path.stat().st_size == 100
    assert [(gap.what, gap.why) for gap in keep.views.gaps] == [("dom", GapReason.LIMIT)]


def test_a_password_in_the_source_is_in_no_file(keep):
    # React and others write what is typed into the attribute.
    keep(f"""{BARE}<input type=password id=field>
      <input type=text autocomplete="section-a new-password" value=open-sesame>
      <script>field.setAttribute("value", "hunter" + 2)</script>""")
    (dom,) = keep.of("dom")
    assert dom.facts["passwords_masked"] == 2
    assert dom.path.read_text("utf-8").count(MASK) == 2
    assert [(gap.what, gap.why) for gap in keep.views.gaps] == [("mhtml", GapReason.WITHHELD)]
    for view in keep.views.views:
        assert b"hunter2" not in view.path.read_bytes()
        assert b"open-sesame" not in view.path.read_bytes()


MASKED = {
    "password": ('<input type="password" value="a&quot;b>c">', f'<input type="password" value="{MASK}">', 1),
    "capitals": ('<INPUT TYPE="PassWord" VALUE="x">', f'<INPUT TYPE="PassWord" value="{MASK}">', 1),
    "shown": (
        '<input autocomplete="current-password" type="text" value="x">',
        f'<input autocomplete="current-password" type="text" value="{MASK}">',
        1,
    ),
    "empty": ('<input type="password" value="">', '<input type="password" value="">', 0),
    "none": ('<input type="password">', '<input type="password">', 0),
    "text": ('<input type="text" value="x">', '<input type="text" value="x">', 0),
    "other name": ('<input type="password" data-value="x">', '<input type="password" data-value="x">', 0),
    "in an attribute": ('<p title="<input type=">password</p>', '<p title="<input type=">password</p>', 0),
    "never closed": ('<input type="password" value="x', '<input type="password" value="x', 0),
}


@pytest.mark.parametrize(("html", "expected", "count"), MASKED.values(), ids=MASKED)
def test_values_of_password_fields_are_taken_out(html, expected, count):
    assert without_passwords(html) == (expected, count)


def test_searching_for_passwords_takes_no_longer_for_hostile_markup():
    begun = time.monotonic()
    without_passwords("<input " + 'a="b" ' * 100_000 + "<" + "<input " * 50_000)
    assert time.monotonic() - begun < 2


def test_the_page_in_one_file_has_its_images_and_frames(keep, site):
    picture = BytesIO()
    Image.new("RGB", (3, 2), "red").save(picture, "PNG")
    site.put("/dot.png", (picture.getvalue(), "image/png"))
    site.put("/inner", "<p>inner text</p>")
    keep("<!doctype html><title>One file</title><p>äöü 群聊</p><img src=/dot.png><iframe src=/inner></iframe>")
    message = email.message_from_bytes(keep.of("mhtml")[0].path.read_bytes(), policy=email.policy.default)
    parts = {part["Content-Location"]: part for part in message.walk() if not part.is_multipart()}
    assert message["Snapshot-Content-Location"] == site.url("/page")
    assert "äöü 群聊" in parts[site.url("/page")].get_payload(decode=True).decode()
    assert parts[site.url("/dot.png")].get_payload(decode=True) == picture.getvalue()
    assert b"inner text" in parts[site.url("/inner")].get_payload(decode=True)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext reads the print")
def test_the_print_has_the_text_on_a4_without_header_and_footer(keep, site):
    keep(f"{BARE}<title>Head</title><h1>Printed words</h1>{rows(40, 100)}<p>last words</p>")
    path = keep.of("pdf-print")[0].path
    text = subprocess.check_output(["pdftotext", str(path), "-"], text=True)
    assert text.split() == ["Printed", "words", "last", "words"]
    information = subprocess.check_output(["pdfinfo", str(path)], text=True)
    assert re.search(r"Page size: +59\d\.\d+ x 84\d\.\d+ pts \(A4\)", information)


def test_the_facts_are_what_the_document_says_of_itself(driver, site):
    site.put("/from", "<a href=/page id=link>go</a>")
    site.put(
        "/page",
        '<!doctype html><html lang="zh-CN"><meta charset=utf-8><title> 群聊 价目 </title>'
        "<link rel='Canonical alternate' href='/canonical#x'><iframe></iframe><p>x",
    )
    page = driver.open(site.url("/from"))
    driver.run(page.evaluate("link.click()"))
    deadline = time.monotonic() + 10
    while driver.run(page.evaluate("document.URL + document.readyState")) != site.url("/page") + "complete":
        assert time.monotonic() < deadline
    facts = driver.run(page_facts(page))
    assert {name: facts[name] for name in ("url", "title", "canonical_url", "language", "referrer")} == {
        "url": site.url("/page"),
        "title": "群聊 价目",
        "canonical_url": site.url("/canonical#x"),
        "language": "zh-CN",
        "referrer": site.url("/from"),
    }
    assert (facts["charset"], facts["doctype"], facts["mode"], facts["frame_elements"]) == (
        "UTF-8",
        "html",
        "standards",
        1,
    )
    browser = facts["browser"]
    assert (browser["viewport_px"], browser["scale"], browser["time_zone"]) == ([1280, 800], 1, "UTC")
    assert browser["user_agent"] == driver.browser.user_agent
    assert browser["languages"] == ["en-US"]


def test_a_page_cannot_forge_the_facts(driver, site):
    forged = """<title>real</title><img name=title><img name=URL><img name=documentElement>
      <form name=querySelector></form><script>Object.defineProperty(Document.prototype, "title", {get: () => "forged"});
      Object.defineProperty(Document.prototype, "URL", {get: () => "https://example.org/"});
      Document.prototype.querySelector = () => ({href: "https://example.org/"});
      Object.defineProperty(Navigator.prototype, "userAgent", {get: () => "forged"});
      Intl.DateTimeFormat = () => ({resolvedOptions: () => ({timeZone: "Mars/Olympus"})}); innerWidth = 5;</script>"""
    facts = driver.run(page_facts(driver.open(site.put("/forged", forged))))
    assert (facts["title"], facts["url"], facts["canonical_url"]) == ("real", site.url("/forged"), "")
    assert (facts["browser"]["user_agent"], facts["browser"]["time_zone"]) == (driver.browser.user_agent, "UTC")
    assert facts["browser"]["viewport_px"] == [1280, 800]
    assert (facts["mode"], facts["doctype"]) == ("quirks", "")


def test_half_characters_of_scripts_become_marks(keep, driver):
    keep(BARE + "<p id=a></p><script>a.textContent = 'half \\ud83d end'; document.title = '\\udc00 title'</script>")
    assert '<p id="a">half \ufffd end</p>' in keep.of("dom")[0].path.read_text("utf-8")
    facts = driver.run(page_facts(keep.page))
    assert facts["title"] == "\ufffd title"
    assert canonical(facts)


def test_one_view_that_fails_is_a_gap_and_the_others_are_made(keep):
    keep(BARE + rows(30, 1000), ViewPolicy(shots=ShotPolicy(timeout_s=0.001)))
    assert [(gap.what, gap.why) for gap in keep.views.gaps] == [("screenshot-full", GapReason.TIMED_OUT)]
    assert [view.role for view in keep.views.views] == ["dom", "mhtml", "pdf-print"]


def test_a_page_that_crashed_gives_a_gap_for_each_view_and_does_not_hold_up(driver, site, tmp_path):
    page = driver.open(site.put("/page", BARE), is_new=True)
    driver.tabs.remove(page)
    with suppress(CdpError):
        driver.run(page.call("Page.navigate", {"url": "chrome://crash"}, timeout_s=1))
    begun = time.monotonic()
    views = driver.run(take((page,), tmp_path, policy=ViewPolicy(shots=ShotPolicy(timeout_s=2), timeout_s=2)), 120)
    assert [gap.what for gap in views.gaps] == ROLES
    assert views.views == ()
    assert time.monotonic() - begun < 45


def test_a_browser_that_is_gone_gives_a_gap_for_each_view(site, tmp_path):
    with browsing() as driver:
        page = driver.open(site.put("/page", BARE))
        driver.run(driver.browser.connection.call("Browser.close"))
        views = driver.run(take((page,), tmp_path))
    assert [gap.what for gap in views.gaps] == ROLES
    assert views.views == ()


def test_a_page_behind_another_is_brought_before_it(driver, site, tmp_path):
    page = driver.open(site.put("/page", BARE + rows(3, 1000)))
    driver.open(site.url("/page"), is_new=True)
    driver.tabs.pop()
    assert driver.run(first_view(page, tmp_path)).facts["size_px"] == [1280, 800]
    assert driver.run(take((page,), tmp_path)).gaps == ()


def test_a_folder_that_is_not_there_is_an_error_and_no_gap(driver, site, tmp_path):
    page = driver.open(site.put("/page", BARE))
    with pytest.raises(StoreError, match=r"full-01\.png"):
        driver.run(take((page,), tmp_path / "missing"))


def test_every_script_is_one_function_of_the_package(driver, site):
    folder = Path(views_world.__file__).parent / "scripts"
    page = driver.open(site.put("/page", BARE))
    for name in ("facts", "natural", "resolve", "scroll", "settle"):
        assert (folder / f"{name}.js").is_file()
        kind = driver.run(page.evaluate(f"typeof ({views_world.script(name)})"))
        assert kind == "function"


def test_what_the_page_and_the_views_tell_is_json(driver, site):
    facts = driver.run(page_facts(driver.open(site.put("/page", BARE))))
    assert json.loads(canonical(facts)) == facts
