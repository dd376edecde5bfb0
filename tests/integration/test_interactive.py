"""An operator logs in and walks, on a screen that nobody sees; the log-in is used again later; no secret gets out."""

from __future__ import annotations

import base64
import email
import io
import json
import re
import shutil
import socket
import subprocess
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from forensics.custody.sealing import decrypt
from tests.fakes.captures import Captured, acquisitions, capture
from tests.fakes.display import Display, screen
from tests.fakes.program import COMMAND, forensics, opened
from tests.fakes.site import Site
from tests.fakes.site_media import clip
from tests.fakes.site_walls import PASSWORD, SECRETS, SESSION, TOKEN, USER
from tests.unit.collectors.webpage.recorder_session import Server, reply

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
]

ODD_PASSWORD = "tr0ub4dor & 3"
ODD_FORM = """<!doctype html><form method="post" action="/in"><input type="password" name="x1" autofocus></form>"""
INSIDE = b"<!doctype html><title>Inside</title><p>You are in.</p>"
VIEWS = {"screenshot-viewport", "screenshot-full", "dom", "mhtml", "pdf-print"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Display]:
    with screen(tmp_path_factory.mktemp("screen")) as running:
        yield running


@dataclass
class Operator:
    """A person at keyboard and terminal while the program runs.

    Attributes:
        errors: What the program said on standard error, once it has ended.
    """

    display: Display
    case: Path
    process: subprocess.Popen[bytes]
    output: bytes = b""
    errors: bytes = b""

    def go(self, url: str, is_there: Callable[[], Any]) -> None:
        """Types an address, so that the keyboard belongs to the page, and waits for the page; once more if need be."""
        self.display.rest()
        for _ in range(3):
            self.display.press("ctrl", "l")
            self.display.rest()
            self.display.type(url)
            self.display.rest()
            self.display.press("Return")
            end = time.monotonic() + 10
            while not is_there() and time.monotonic() < end:
                time.sleep(0.05)
            if is_there():
                break
        self.wait(is_there)
        self.display.rest()

    def keep(self, number: int) -> None:
        """Presses Enter on the terminal, and waits for the views."""
        self.say(b"\n")
        self.wait(lambda: list(self.case.glob(f"tmp/*/views/*/view-{number:02d}-print.pdf")))

    def say(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def wait(self, happened: Callable[[], Any], *, limit_s: float = 40) -> None:
        end = time.monotonic() + limit_s
        while not happened():
            assert self.process.poll() is None, "the program ended"
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.05)

    def end(self, line: bytes = b"q\n") -> None:
        self.output, self.errors = self.process.communicate(line, timeout=120)


@contextmanager
def walking(display: Display, case: Path, *arguments: str | Path) -> Iterator[Operator]:
    """Starts the program with a window on the display."""
    process = subprocess.Popen(
        [*COMMAND, "collect", case, "--interactive", "--json", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(display.variables),
    )
    with process:
        try:
            yield Operator(display, case, process)
        finally:
            process.kill()


def captured(operator: Operator) -> Captured:
    (item,) = json.loads(operator.output)["items"]
    return Captured(operator.case, item, acquisitions(operator.case)[-1])


@dataclass(frozen=True)
class Walk:
    """A walk that has ended: a log-in, a view, an article in a second tab, a view, and the end."""

    site: Site
    one: Captured
    errors: str
    code: int
    profile: Path
    packet: Path

    @property
    def log(self) -> list[dict[str, str]]:
        return self.one.lines("navigation-log")


@pytest.fixture(scope="module")
def walk(site: Site, display: Display, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    folder = tmp_path_factory.mktemp("walk")
    case, profile = opened(folder / "case"), folder / "operators-own-profile"
    site.forget()
    with walking(display, case, "--profile", profile, site.url("/login")) as operator:
        operator.wait(lambda: site.asked("/login"))
        log_in(operator, site)
        operator.keep(1)
        operator.display.press("ctrl", "t")
        operator.go(site.url("/article/3"), lambda: site.asked("/article/3"))
        operator.keep(2)
        operator.display.press("ctrl", "w")
        operator.display.rest()
        operator.end()
    packet = folder / "packet.zip"
    assert forensics("bundle", case, packet, "--json").code in {0, 3}
    return Walk(site, captured(operator), operator.errors.decode(), operator.process.returncode, profile, packet)


def log_in(operator: Operator, site: Site) -> None:
    """Types name and password."""
    operator.go(site.url("/login?next=/members"), lambda: len(site.asked("/login")) > 1)
    operator.display.press("Tab")
    operator.display.type(USER)
    operator.display.press("Tab")
    operator.display.type(PASSWORD)
    operator.display.press("Return")
    operator.wait(lambda: site.asked("/members/picture.png"))
    operator.display.rest()


def test_the_operator_is_told_what_to_do(walk: Walk) -> None:
    assert walk.code in {0, 3}
    assert walk.errors.splitlines()[0].startswith("Walk in the window. Enter here keeps a view")


def test_the_walk_is_complete_and_says_what_it_was(walk: Walk) -> None:
    one, facts = walk.one, walk.one.facts
    assert one.state == "content"
    assert [gap for gap in one.gaps if gap["what"] != "session-video"] == []
    assert facts["interactive"] is True
    assert facts["browser"]["headless"] is False
    assert facts["profile"] == "new"
    assert facts["requested_url"] == walk.site.url("/login")
    assert facts["final_url"] == walk.site.url("/members")
    assert facts["title"] == "Members"
    assert facts["second_fetch"]["outcome"] == "not-made"


def test_each_view_says_which_page_it_shows(walk: Walk) -> None:
    views = [one for one in walk.one.record["artifacts"] if one["role"] in VIEWS]
    pages = {one["facts"]["view"]: (one["facts"]["page"], one["facts"]["url"]) for one in views}
    members = walk.site.url("/members")
    assert pages == {1: (1, members), 2: (2, walk.site.url("/article/3")), 3: (1, members)}
    assert {one["role"] for one in views if one["facts"]["view"] == 2} == VIEWS
    assert {one["name"] for one in views if one["role"] == "dom"} == {f"view-0{n}-dom.html" for n in (1, 2, 3)}


def test_a_view_of_the_page_in_front_is_kept_not_of_the_first(walk: Walk) -> None:
    doms = {one["facts"]["view"]: walk.one.read(one).decode() for one in walk.one.open("dom")}
    assert "notice board of the members" in doms[1]
    assert "Article 3" in doms[2]
    assert "notice board of the members" in doms[3]


def test_the_archive_names_the_view_that_the_facts_describe(walk: Walk) -> None:
    records = [one for one in walk.one.exchanges() if one.kind == "resource" and one.url.startswith("urn:view:")]
    assert [one.url for one in records] == [f"urn:view:{walk.site.url('/members')}"]
    last = next(one for one in walk.one.all("screenshot-viewport") if one["facts"]["view"] == 3)
    assert records[0].payload == walk.one.read(last)


def test_everything_that_the_operator_opened_is_in_the_archive(walk: Walk) -> None:
    for path in ("/login", "/login?next=/members", "/members", "/article/3", "/members/picture.png"):
        assert walk.one.answers(path), path
    with zipfile.ZipFile(io.BytesIO(walk.one.content("wacz"))) as archive:
        pages = archive.read("pages/pages.jsonl").decode()
    assert all(f'"{walk.site.url(path)}"' in pages for path in ("/login", "/members", "/article/3"))


def test_media_are_kept_with_the_page_that_showed_them(walk: Walk) -> None:
    assert walk.one.media()["/members/clip.mp4"] == clip("clip-2.mp4")
    pages = {one["facts"]["page_url"] for one in walk.one.all("media")}
    assert pages == {walk.site.url("/members"), walk.site.url("/article/3")}


def test_the_browsers_own_pages_are_in_no_archive(walk: Walk) -> None:
    assert [one.url for one in walk.one.exchanges() if "chrome:" in one.url] == []


def test_the_log_has_the_operators_actions_with_their_times(walk: Walk) -> None:
    actions = [line["action"] for line in walk.log]
    wanted = ("operator: edit", "operator: click", "operator: submit", "view", "pop-up", "navigated")
    assert [one for one in wanted if one not in actions] == []
    fields = [json.loads(line["result"])["field"] for line in walk.log if line["action"] == "operator: edit"]
    assert fields == ["username", "password"]
    assert USER not in json.dumps(walk.log)
    times = [line["at"] for line in walk.log if "at" in line]
    assert times == sorted(times)


def test_the_log_has_the_ways_from_page_to_page(walk: Walk) -> None:
    moves = [(line["target"], json.loads(line["result"])) for line in walk.log if line["action"] == "navigated"]
    ways = {(url, told["page"]): (told.get("reason"), told.get("transition")) for url, told in moves}
    assert ways[walk.site.url("/login?next=/members"), 1] == (None, "typed")
    assert ways[walk.site.url("/login"), 1][0] == "formSubmissionPost"
    assert ways[walk.site.url("/members"), 1] == ("scriptInitiated", "link")
    assert ways[walk.site.url("/article/3"), 2] == (None, "typed")


def test_the_viewport_that_is_stated_is_the_windows(walk: Walk) -> None:
    width, height = walk.one.facts["browser"]["viewport_px"]
    assert width == 1280
    assert height < 800  # tabs and the address bar take some


def spelled(secret: str) -> Iterator[bytes]:
    """Gives a secret as texts write it: plain, percent-encoded, in Base64 at each of the three places in a group."""
    raw = secret.encode()
    yield from (raw, quote(secret, safe="").encode(), quote_plus(secret).encode())
    for before in range(3):
        yield base64.b64encode(b"\0" * before + raw)[4:-4]


def leaks(folder: Path, secrets: tuple[str, ...]) -> list[tuple[str, str]]:
    """Looks into every file of a folder, and into what is packed in it."""
    forms = [(secret, form) for secret in secrets for form in set(spelled(secret))]
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            for name, raw in inside(path.name, path.read_bytes()):
                found += [(name, secret) for secret, form in forms if form in raw]
    return found


def inside(name: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, raw
    if raw.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for inner in archive.namelist():
                yield from inside(f"{name}/{inner}", archive.read(inner))
    elif raw.startswith(b"\x1f\x8b"):
        yield f"{name}/unpacked", members(raw)
    elif raw.startswith(b"%PDF"):
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", raw, re.DOTALL):
            yield f"{name}/stream", zlib.decompressobj().decompress(stream) if stream[:1] == b"\x78" else stream
    elif b"multipart/related" in raw[:2000]:
        for part in email.message_from_bytes(raw).walk():
            yield f"{name}/part", part.get_payload(decode=True) or b""


def members(raw: bytes) -> bytes:
    unpacked = b""
    while raw.startswith(b"\x1f\x8b"):
        unpacking = zlib.decompressobj(wbits=31)
        unpacked += unpacking.decompress(raw)
        raw = unpacking.unused_data
    return unpacked


def test_no_secret_is_in_the_case_or_the_packet(walk: Walk) -> None:
    unpacked = walk.packet.with_suffix("")
    with zipfile.ZipFile(walk.packet) as archive:
        archive.extractall(unpacked)
    assert leaks(walk.one.case, SECRETS) == []
    assert leaks(unpacked, SECRETS) == []


def test_the_search_for_secrets_finds_them_where_they_are(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x", base64.b64encode(f"user:{TOKEN};".encode()), zipfile.ZIP_DEFLATED)
    (tmp_path / "b").write_bytes(b"p=" + quote_plus(ODD_PASSWORD).encode())
    assert set(leaks(tmp_path, (TOKEN, ODD_PASSWORD))) == {("a.zip/x", TOKEN), ("b", ODD_PASSWORD)}


def test_what_was_taken_out_is_listed_and_counted(walk: Walk) -> None:
    listed = [one for one in walk.one.exchanges() if one.url == "urn:stripped:exchanges"]
    assert len(listed) == 1
    assert walk.one.facts["stripped"]["headers"] > 0
    assert walk.one.facts["stripped"]["bodies"] >= 2
    told = listed[0].payload.decode()
    assert all(word in told for word in ("Cookie", "request-body", "response-body"))


def sealed(one: Captured, forensics_home: Path) -> str:
    (artifact,) = one.all("secrets")
    identity = next(forensics_home.rglob("*.age")).read_text().strip()
    plain = io.BytesIO()
    decrypt(io.BytesIO(one.read(artifact)), plain, identities=[identity])
    return plain.getvalue().decode()


def test_cookies_and_tokens_are_sealed_and_the_password_is_nowhere(walk: Walk, forensics_home: Path) -> None:
    kept = sealed(walk.one, forensics_home)
    assert SESSION in kept
    stored = [json.loads(line)["storage"] for line in kept.splitlines() if '"storage"' in line]
    assert [TOKEN in one["value"] for one in stored if one["name"] == "auth"] == [True]
    assert not any(form.decode() in kept for form in spelled(PASSWORD))
    bodies = [json.loads(line).get("base64", "") for line in kept.splitlines()]
    assert not any(PASSWORD.encode() in base64.b64decode(body) for body in bodies)
    assert any(b"username=alice&password=***" in base64.b64decode(body) for body in bodies)


@pytest.fixture(scope="module")
def again(walk: Walk, tmp_path_factory: pytest.TempPathFactory) -> Captured:
    """The same profile, used by a capture without a window."""
    case, url = opened(tmp_path_factory.mktemp("again") / "case"), walk.site.url("/members")
    return capture(case, "--profile", walk.profile, url)[url]


def test_the_log_in_opens_the_page_later(walk: Walk, again: Captured) -> None:
    assert (again.outcome, again.state, again.gaps) == ("COMPLETE", "content", [])
    assert again.facts["final_url"] == walk.site.url("/members")
    assert "Logged in as alice" in again.content("dom").decode()
    assert again.facts["browser"]["headless"] is True


def profile_rows(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Gives the point of each list that tells of the profile."""
    found = [row for rows in ("points", "clean_environment") for row in record[rows] if row["name"] == "empty-profile"]
    assert found
    return found


def test_that_a_profile_was_used_is_a_warning_and_no_gap(again: Captured) -> None:
    (record,) = [one["facts"]["preflight"] for one in again.open("preflight")]
    for row in profile_rows(record):
        assert (row["status"], row["value"]["is_reused"]) == ("warning", True)
        assert "as was asked" in row["detail"]
    assert again.facts["profile"] == "reused"
    assert again.facts["browser"]["profile_empty_at_start"] is False
    assert again.facts["second_fetch"]["outcome"] == "not-made"


def test_the_profile_that_was_new_was_empty(walk: Walk) -> None:
    (record,) = [one["facts"]["preflight"] for one in walk.one.open("preflight")]
    assert {row["status"] for row in profile_rows(record)} == {"done"}


def test_a_used_profile_gives_no_secret_away_and_is_not_copied(walk: Walk, again: Captured) -> None:
    assert leaks(again.case, SECRETS) == []
    for case in (walk.one.case, again.case):
        assert leaks(case, (walk.profile.name, str(walk.profile))) == []
        assert not any(path.read_bytes().startswith(b"SQLite format 3") for path in (case / "blobs").rglob("*/*"))


def test_what_the_profile_has_of_before_is_sealed(again: Captured, forensics_home: Path) -> None:
    kept = sealed(again, forensics_home)
    assert SESSION in kept
    assert TOKEN in kept


@pytest.fixture(scope="module")
def closed(display: Display, tmp_path_factory: pytest.TempPathFactory) -> Captured:
    """The operator logs in under an odd name of a field, keeps a view, goes on and closes the window."""
    case = opened(tmp_path_factory.mktemp("closed") / "case")
    pages = {"/": reply(ODD_FORM.encode()), "/in": reply(INSIDE), "/on": reply(INSIDE.replace(b"in.", b"gone on."))}
    with Server(pages) as server, walking(display, case, server.url("/")) as operator:
        operator.wait(lambda: "/" in server.asked)
        operator.go(server.url("/"), lambda: server.asked.count("/") > 1)
        display.type(ODD_PASSWORD)
        display.press("Return")
        operator.wait(lambda: "/in" in server.asked)
        display.rest()
        operator.keep(1)
        operator.go(server.url("/on"), lambda: "/on" in server.asked)
        display.press("ctrl", "w")
        operator.process.wait(60)
        operator.end(b"")
    return captured(operator)


def test_a_closed_window_leaves_what_was_recorded_and_a_gap(closed: Captured) -> None:
    assert closed.outcome == "PARTIAL"
    assert [gap["why"] for gap in closed.gaps if gap["what"] == "last view"] == ["MISSING"]
    assert "You are in." in closed.content("dom").decode()
    assert closed.answers("/on")


def test_a_view_of_another_page_is_not_taken_for_the_last_one(closed: Captured) -> None:
    assert closed.facts["final_url"].endswith("/on")
    assert (closed.facts["title"], closed.state) == ("", "not-seen")
    assert not any(one.url.startswith(("urn:view:", "urn:text:", "urn:dom:")) for one in closed.exchanges())


def test_a_password_is_kept_out_whatever_its_field_is_called(closed: Captured, forensics_home: Path) -> None:
    assert leaks(closed.case, (ODD_PASSWORD,)) == []
    (request,) = [one for one in closed.exchanges() if one.kind == "request" and one.url.endswith("/in")]
    assert request.payload == b""
    assert closed.facts["stripped"]["bodies"] >= 1
    assert ODD_PASSWORD not in sealed(closed, forensics_home)


def test_a_walk_without_a_screen_is_refused_at_once(site: Site, tmp_path: Path, monkeypatch: Any) -> None:
    case = opened(tmp_path / "case")
    for name in ("", ":4711"):
        monkeypatch.setenv("DISPLAY", name)
        ended = forensics("collect", case, "--interactive", site.url("/article/1"))
        assert ended.code == 1
        assert "DISPLAY" in ended.errors
        assert "What to do: " in ended.errors
    assert acquisitions(case) == []


def test_a_walk_cannot_read_its_list_from_the_terminal(tmp_path: Path) -> None:
    command = [*COMMAND, "collect", opened(tmp_path / "case"), "--interactive", "--from", "-"]
    done = subprocess.run(command, input=b"http://127.0.0.1:9/\n", capture_output=True, check=False, timeout=60)
    assert done.returncode == 2
    assert b"reads commands from the terminal" in done.stderr


def test_a_profile_that_another_browser_uses_is_refused(site: Site, tmp_path: Path) -> None:
    case, profile = opened(tmp_path / "case"), tmp_path / "profile"
    with browsing(profile):
        ended = forensics("collect", case, "--profile", profile, site.url("/members"))
    assert ended.code == 1
    assert "in use by another browser" in ended.errors
    assert acquisitions(case) == []


@contextmanager
def browsing(profile: Path) -> Iterator[None]:
    """Has a browser of somebody else use a profile."""
    command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
    with subprocess.Popen(
        [*command, f"--user-data-dir={profile}", "about:blank"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as browser:
        try:
            end = time.monotonic() + 30
            while not (profile / "SingletonLock").is_symlink() and time.monotonic() < end:
                time.sleep(0.05)
            assert str((profile / "SingletonLock").readlink()).startswith(f"{socket.gethostname()}-")
            yield
        finally:
            browser.terminate()
