from __future__ import annotations

import asyncio
import re
import time

import pytest

from forensics.collectors.webpage.scroll import ScrollPolicy, scroll
from forensics.model import GapReason
from tests.unit.collectors.webpage.browsing import browsing, serving

QUICK = ScrollPolicy(least_pause_s=0.1, quiet_s=0.05, end_quiet_s=0.2, pause_s=1.0)
TALL = '<!doctype html><body style="margin:0">'
ROWS = "".join(f'<p style="height:60px;margin:0">message {number}</p>' for number in range(60))


@pytest.fixture(scope="module")
def site():
    with serving() as site:
        yield site


@pytest.fixture(scope="module")
def driver():
    with browsing() as driver:
        yield driver


async def rests(*, quiet_s, timeout_s):
    """The network of these pages rests as soon as it is let."""
    await asyncio.sleep(min(quiet_s, timeout_s))
    return True


@pytest.fixture
def walk(site, driver):
    def walk(html, policy=QUICK, **options):
        page = driver.open(site.put("/page", html), **options)
        lines = []
        begun = time.monotonic()
        scrolled = driver.run(scroll(page, policy=policy, idle=rests, log=lambda *line: lines.append(line)))
        walk.page, walk.lines, walk.seconds = page, lines, time.monotonic() - begun
        return scrolled

    walk.ask = lambda expression: driver.run(walk.page.evaluate(expression))
    return walk


def test_a_page_with_nothing_to_scroll_costs_less_than_a_fifth_of_a_second(walk):
    seconds = []
    for _ in range(3):
        scrolled = walk("<!doctype html><h1>short</h1>")
        seconds.append(walk.seconds)
    assert (scrolled.steps, scrolled.height_px, scrolled.is_whole, scrolled.grew) == (0, 800, True, False)
    assert (scrolled.gaps, walk.lines) == ((), [])
    assert min(seconds) < 0.2


def test_each_part_of_a_long_page_comes_into_view_and_the_page_is_at_its_top_afterwards(walk):
    sections = "".join(f"<div style='height:500px' id=s{number}></div>" for number in range(12))
    script = """<script>seen = new Set(); const watch = new IntersectionObserver(
      (found) => found.filter((one) => one.isIntersecting).forEach((one) => seen.add(one.target.id)));
      document.querySelectorAll("div").forEach((one) => watch.observe(one));</script>"""
    scrolled = walk(f"{TALL}{sections}{script}")
    assert walk.ask("[...seen].length") == 12
    assert walk.ask("scrollY") == 0
    # 6,000 px through a view of 800 px: the views begin at 0, 800, … 4,800 and 5,200 px.
    assert (scrolled.steps, scrolled.height_px, scrolled.is_whole, scrolled.grew) == (7, 6000, True, False)
    places = [int(re.search(r"to (\d+) px", target).group(1)) for _, target, _ in walk.lines]
    assert places == [800, 1600, 2400, 3200, 4000, 4800, 5200, 0]


def test_images_that_wait_for_being_seen_are_asked_for(walk, site):
    images = "".join(f"<div style='height:4000px'></div><img loading=lazy src=/late{number}.png>" for number in (1, 2))
    site.asked.clear()
    walk(f"{TALL}{images}<div style='height:4000px'></div>")
    assert {"/late1.png", "/late2.png"} <= set(site.asked)


def test_a_page_that_grows_for_a_while_is_scrolled_to_its_last_end(walk):
    script = """<script>let left = 3; addEventListener("scroll", () => {
      if (scrollY + innerHeight >= document.documentElement.scrollHeight - 10 && left-- > 0) {
        setTimeout(() => document.body.insertAdjacentHTML("beforeend", "<div style='height:1000px'></div>"), 100);
      } });</script>"""
    scrolled = walk(f"{TALL}<div style='height:2000px'></div>{script}")
    assert (scrolled.height_px, scrolled.is_whole, scrolled.grew) == (5000, True, True)


ENDLESS = f"""{TALL}<script>let count = 0;
  const more = () => {{ for (let i = 0; i < 20; i++) {{
    document.body.insertAdjacentHTML("beforeend", `<div style="height:100px">${{count++}}</div>`); }} }};
  more(); addEventListener("scroll", () => {{
    if (scrollY + innerHeight > document.documentElement.scrollHeight - 900) {{ more(); }} }});</script>"""


@pytest.mark.parametrize(
    ("limit", "named"),
    [({"steps": 5}, "5 steps"), ({"height_px": 3000}, "3000 px"), ({"total_s": 0.6}, "0.6 s")],
    ids=["steps", "height", "time"],
)
def test_a_page_without_an_end_is_left_at_the_limit_and_the_gap_says_how_far(walk, limit, named):
    scrolled = walk(ENDLESS, ScrollPolicy(quiet_s=0.05, **limit))
    (gap,) = scrolled.gaps
    assert (gap.what, gap.why) == ("scrolling", GapReason.LIMIT)
    assert named in gap.detail
    assert re.search(r"\d+ px of \d+ px were in view; the height had grown from \d+ px", gap.detail)
    assert (scrolled.is_whole, scrolled.grew) == (False, True)
    assert walk.ask("scrollY") == 0


def test_a_long_page_that_does_not_grow_is_not_called_endless(walk):
    (gap,) = walk(f"{TALL}<div style='height:9000px'></div>", ScrollPolicy(quiet_s=0.05, steps=3)).gaps
    assert gap.detail == "scrolling of document ended after 3 steps: 3200 px of 9000 px were in view"


def test_a_chat_that_shows_its_end_is_scrolled_back_to_its_oldest_message(walk):
    chat = f"""{TALL}<div style="height:60px"></div><div id=chat style="height:calc(100vh - 60px);overflow:auto">
      {ROWS}</div><script>chat.scrollTop = 1e9; let older = 0; chat.onscroll = () => {{
      if (chat.scrollTop < 5 && older < 3) {{
        chat.insertAdjacentHTML("afterbegin", `<p style="height:900px;margin:0">${{++older}}</p>`); }} }};</script>"""
    scrolled = walk(chat)
    (document, region) = scrolled.regions
    assert (document.steps, region.path, region.is_whole, region.grew) == (0, "div#chat", True, True)
    assert region.height_px == 60 * 60 + 3 * 900
    assert walk.ask("older") == 3
    assert walk.ask("chat.scrollTop + chat.clientHeight >= chat.scrollHeight - 1") is True


def test_a_chat_that_is_laid_out_backwards_is_scrolled_to_its_start(walk):
    chat = f"""{TALL}<div id=chat style="height:100vh;overflow:auto;display:flex;flex-direction:column-reverse">
      <div>{ROWS}</div></div>
      <script>least = 0; chat.onscroll = () => least = Math.min(least, chat.scrollTop);</script>"""
    assert walk(chat).is_whole
    assert walk.ask("least") == -(60 * 60 - 800)
    assert walk.ask("chat.scrollTop") == 0


def test_a_region_that_shows_its_start_is_scrolled_forwards(walk):
    feed = f'{TALL}<main class="feed wide" style="height:100vh;overflow-y:scroll">{ROWS}</main>'
    region = walk(feed).regions[1]
    assert (region.path, region.steps, region.height_px, region.is_whole) == ("main.feed", 4, 3600, True)


def test_a_frame_of_the_same_site_that_fills_the_view_is_scrolled(walk, site):
    site.put("/inner", f"{TALL}{ROWS}")
    region = walk(
        f'{TALL}<iframe src=/inner style="width:100vw;height:100vh;border:0;display:block"></iframe>'
    ).regions[1]
    assert (region.path, region.height_px, region.is_whole) == ("iframe", 3600, True)


def test_a_region_in_an_open_shadow_tree_is_found(walk):
    host = f"""{TALL}<x-host id=host></x-host><script>host.attachShadow({{mode: "open"}}).innerHTML =
      `<div id=in style="height:100vh;overflow:auto">{ROWS}</div>`</script>"""
    assert walk(host).regions[1].path == "x-host#host div#in"


def test_small_regions_are_left_alone(walk):
    scrolled = walk(f'{TALL}<div style="height:200px;width:300px;overflow:auto">{ROWS}</div>')
    assert len(scrolled.regions) == 1


def test_the_body_is_no_region_where_its_overflow_is_that_of_the_window(walk):
    page = f"<!doctype html><style>html,body{{height:100%;margin:0}}body{{overflow:auto}}</style>{ROWS}"
    assert [region.path for region in walk(page).regions] == ["document"]


def test_more_regions_than_the_policy_allows_are_a_gap(walk):
    several = f'<div style="height:90vh;overflow:auto">{ROWS}</div>' * 3
    scrolled = walk(TALL + several, ScrollPolicy(quiet_s=0.01, end_quiet_s=0.01, regions=1))
    assert [gap.detail for gap in scrolled.gaps] == ["3 large scrolling regions, 1 of them were scrolled"]
    assert len(scrolled.regions) == 2


def test_a_page_cannot_stop_scrolling_by_changing_what_scripts_see(walk):
    hostile = f"""{TALL}<img name=scrollingElement><img name=documentElement><img name=querySelectorAll><script>
      window.scrollTo = Element.prototype.scrollTo = () => {{}};
      Object.defineProperty(Element.prototype, "scrollHeight", {{get: () => 10}});
      Object.defineProperty(Element.prototype, "scrollTop", {{get: () => 0, set: () => {{}}}});
      furthest = 0; addEventListener("scroll", () => furthest = Math.max(furthest, pageYOffset));</script>
      <div style="height:3000px"></div>"""
    assert walk(hostile).is_whole
    assert walk.ask("furthest") >= 2200


def test_a_page_that_snaps_to_views_is_whole_though_its_last_pixels_are_no_place_to_stop(walk):
    views = '<div style="height:100vh;scroll-snap-align:start"></div>' * 4
    scrolled = walk(f"{TALL}<style>html{{scroll-snap-type:y mandatory}}</style>{views}<div style='height:8px'></div>")
    assert (scrolled.is_whole, scrolled.gaps) == (True, ())


def test_a_page_that_does_not_let_itself_be_scrolled_is_a_gap(walk):
    stubborn = f"{TALL}<div style='height:5000px'></div><script>setInterval(() => scrollTo(0, 0), 1)</script>"
    scrolled = walk(stubborn, ScrollPolicy(quiet_s=0.01, steps=30))
    assert not scrolled.is_whole
    assert scrolled.gaps[0].what == "scrolling"
    assert scrolled.gaps[0].why in {GapReason.FAILED, GapReason.LIMIT}


def test_a_page_that_moves_on_meanwhile_is_a_gap_and_no_error(walk, site):
    site.put("/other", "<h1>other</h1>")
    leaving = f"{TALL}<div style='height:9000px'></div><script>onscroll = () => location = '/other'</script>"
    scrolled = walk(leaving)
    (gap,) = scrolled.gaps
    assert (gap.why, scrolled.is_whole) == (GapReason.FAILED, False)
    assert gap.detail.startswith("the page was not scrolled to its end: ")


def test_the_policy_states_each_of_its_limits():
    text = str(
        ScrollPolicy(least_pause_s=0.3, quiet_s=0.4, end_quiet_s=0.7, pause_s=5, steps=17, height_px=1234, total_s=56)
    )
    for part in ("0.3 s", "0.4 s", "0.7 s", "5 s", "17 steps", "1234 px", "56 s"):
        assert part in text


def test_the_facts_are_those_of_the_record(walk):
    facts = walk(f"{TALL}<div style='height:2000px'></div>").facts()
    assert facts["policy"] == str(QUICK)
    assert (facts["steps"], facts["height_px"], facts["is_whole"]) == (2, 2000, True)
    assert facts["regions"] == [{"path": "document", "steps": 2, "height_px": 2000, "is_whole": True, "grew": False}]
