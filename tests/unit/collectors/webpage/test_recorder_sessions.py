"""Sessions of a real browser that go wrong, are limited, or meet what may not be reached."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from socket import socket

import pytest

from forensics.collectors.webpage.recorder import Recorder
from forensics.collectors.webpage.recorder_record import Limits, Navigation, Recorded
from forensics.errors import StoreError
from forensics.model import GapReason
from forensics.web import chromium
from forensics.web.addresses import Policy, Resolver, Verdict, resolve
from forensics.web.cdp import BrowserGoneError, TargetGoneError
from forensics.web.chromium import Browser
from forensics.web.exchange import Via
from tests.fakes.site import Site
from tests.fakes.site_media import pdf
from tests.fakes.trust import trusting_home
from tests.unit.collectors.webpage.recorder_session import (
    PAGE_S,
    OnlyFirst,
    Server,
    Work,
    content,
    of,
    record,
    reply,
    visiting,
)

MIB = 1 << 20
ICON = b"<link rel=icon href=data:,>"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Gives the test site, and a home whose browser trusts its authority."""
    folder = tmp_path_factory.mktemp("site")
    with Site(folder) as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(trusting_home(folder / "home", running.ca_pem)))
        yield running


def paths(recorded: Recorded) -> list[str]:
    return [exchange.url.partition("/")[2].partition("/")[2].partition("/")[2] for exchange in recorded.exchanges]


def reasons(recorded: Recorded) -> list[GapReason]:
    return [gap.why for gap in recorded.gaps]


def keeping(url: str, found: list[Navigation], *, page_s: float = PAGE_S) -> Work:
    """Visits an address and keeps what came of it."""

    async def work(recorder: Recorder, _browser: Browser) -> None:
        found.append(await recorder.navigate(url, timeout_s=page_s))

    return work


def test_private_addresses_are_refused_in_every_disguise(tmp_path, site):
    site.forget()

    async def work(recorder: Recorder, browser: Browser) -> None:
        await visiting(site.url("/private"), site.url("/private/redirect"))(recorder, browser)
        await recorder.load_whole(site.url("/img/10x10-1.png", "other"))

    recorded = record(tmp_path, work, policy=OnlyFirst())
    assert {asked.header("Host").partition(":")[0] for asked in site.log} == {"127.0.0.1"}
    refused = [exchange for exchange in recorded.exchanges if exchange.refused]
    assert {exchange.resource_type for exchange in refused} >= {"Document", "Fetch", "Image", "Media", "Ping"}
    assert all("is not a public address" in exchange.refused for exchange in refused)
    assert all(exchange.status is None for exchange in refused)
    assert recorded.exchanges[-2].frame_depth == 0
    assert of(recorded, site.url("/private/redirect")).status == 302


class Blind(Policy):
    """Finds nothing private, as where a name resolves to another address in the browser than here."""

    def refusal_of(self, address: str) -> str:
        return ""


SPY = (
    ICON
    + b"""<img src=%(far)s/img/10x10-1.png><script>
fetch("%(far)s/is/json").catch(error => console.log("fetch failed"));
new WebSocket("%(far)s/echo".replace("http", "ws")).onerror = () => console.log("socket failed");
</script>"""
)


@pytest.mark.parametrize(("policy", "is_let"), [(Blind(), False), (Policy(allow_private=True), True)])
def test_the_browser_refuses_private_peers_by_itself_unless_they_are_allowed(
    tmp_path, site, monkeypatch, policy, is_let
):
    site.forget()
    spy = reply(SPY % {b"far": site.url("", "other").encode()})
    away = f"HTTP/1.1 302 Found\r\nLocation: {site.url('/is/png', 'other')}\r\nContent-Length: 0\r\n\r\n".encode()
    with Server({"/": spy, "/away": away}) as server:
        public = f"--ip-address-space-overrides=127.0.0.1:{server.port}=public"
        monkeypatch.setattr(chromium, "FLAGS", (*chromium.FLAGS, public))

        async def work(recorder: Recorder, browser: Browser) -> None:
            await visiting(server.url())(recorder, browser)
            await recorder.load_whole(server.url("/away"))

        recorded = record(tmp_path, work, policy=policy)
    assert bool(site.log) is is_let
    far = [exchange for exchange in recorded.exchanges if f":{site.port}/" in exchange.url]
    assert [bool(exchange.refused) for exchange in far] == [not is_let] * 3
    assert {exchange.resource_type for exchange in far} == {"Image", "Fetch", "WebSocket"}
    loaded = recorded.exchanges[-1]
    assert (loaded.via, loaded.status) == (Via.LOADER, 200 if is_let else None)


class LateToSee(Policy):
    """Lets every request out, so that only the peer's address tells."""

    def judge(self, url: str, *, resolver: Resolver = resolve, in_browser: bool = False) -> Verdict:
        return Verdict()


def test_what_a_private_peer_answered_is_not_kept(tmp_path):
    with Server({"/": reply(ICON + b"secret")}) as server:
        recorded = record(tmp_path, visiting(server.url()), policy=LateToSee())
        exchange = of(recorded, server.url())
    assert "not a public address" in exchange.refused
    assert exchange.body.path is None
    assert exchange.body.gap is not None
    assert exchange.body.gap.why is GapReason.REFUSED
    assert not any(b"secret" in path.read_bytes() for path in (tmp_path / "kept").rglob("body-*"))


@pytest.mark.parametrize("url", ["file:///etc/passwd", "chrome://version", "ftp://example.org/", "javascript:1", "x"])
def test_only_web_addresses_are_opened(tmp_path, url):
    found: list[Navigation] = []
    recorded = record(tmp_path, keeping(url, found))
    assert found[0].error
    assert recorded.exchanges == ()


def test_a_document_that_is_too_long_is_stopped_and_its_start_kept(tmp_path, site):
    found: list[Navigation] = []
    recorded = record(tmp_path, keeping(site.url("/huge?mb=200&as=hidden"), found), limits=Limits(body_bytes=MIB))
    exchange = recorded.exchanges[0]
    assert found[0].is_cut
    assert not found[0].is_loaded
    assert exchange.body.size == MIB
    assert content(exchange).startswith(b"<!doctype html>")
    assert exchange.body.gap is not None
    assert exchange.body.gap.why is GapReason.LIMIT


def test_bodies_beyond_the_limit_are_gaps(tmp_path, site):
    limits = Limits(body_bytes=5000, total_bytes=9000)
    recorded = record(tmp_path, visiting(site.url("/article/1")), limits=limits)
    kept = sum(exchange.body.size for exchange in recorded.exchanges)
    gaps = [exchange.body.gap.why for exchange in recorded.exchanges if exchange.body.gap]
    assert 0 < kept <= 9000
    assert set(gaps) == {GapReason.LIMIT}
    assert all(exchange.status == 200 for exchange in recorded.exchanges)


def test_a_document_without_end_is_kept_as_far_as_it_came(tmp_path, site):
    found: list[Navigation] = []
    recorded = record(tmp_path, keeping(site.url("/never"), found, page_s=1.0))
    exchange = recorded.exchanges[0]
    assert found[0].timed_out
    assert content(exchange).startswith(b"<!doctype html><html lang=en>")
    assert content(exchange).count(b"numbered by its place") > 5
    assert exchange.body.gap is not None
    assert exchange.body.gap.why is GapReason.TIMED_OUT
    assert exchange.error


def test_no_answer_is_a_time_out(tmp_path, site):
    found: list[Navigation] = []
    recorded = record(tmp_path, keeping(site.url("/silent"), found, page_s=0.7))
    assert found[0].timed_out
    assert found[0].loaded_s < 3
    assert recorded.exchanges[0].status is None
    assert recorded.exchanges[0].error


LEGION = (
    ICON
    + b"""<title>Many</title><body><input type=file id=choose><a id=save href=/made>x</a><script>
onbeforeunload = event => event.preventDefault();
new EventSource("/events");
new SharedWorker("/shared.js");
fetch("/locked").then(answer => console.log("locked", answer.status));
setTimeout(() => { location.href = "mailto:someone@example.org" }, 50);
setTimeout(() => { save.download = "a.bin"; save.click() }, 250);
for (let number = 0; number < 4; number++) window.open("/small?" + number, "_blank", number % 2 ? "noopener" : "");
</script>"""
)


@pytest.fixture(scope="module")
def legion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Recorded, Server]]:
    """Gives what was recorded of a page that wants much of its user."""
    locked = reply(b"no entry", "text/plain", 'WWW-Authenticate: Basic realm="Staff"', status="401 Unauthorized")
    pages = {
        "/": reply(LEGION),
        "/shared.js": reply("fetch('/latin'); // caf\u00e9".encode("latin-1"), "text/javascript"),
        "/latin": reply("caf\u00e9".encode("latin-1"), "text/plain"),
        "/locked": locked,
        "/made": reply(b"made", "application/octet-stream", "X-Made: yes"),
        "/small?0": reply(ICON + b"<script>alert('in a pop-up')</script>"),
    }
    with Server(pages) as server:
        server.pages["/events"] = server.dribble(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", b"data: caf\xe9\n\n"
        )

        async def work(recorder: Recorder, _browser: Browser) -> None:
            await recorder.navigate(server.url(), timeout_s=PAGE_S)
            await asyncio.sleep(0.6)
            assert await recorder.idle(quiet_s=0.2, timeout_s=5.0)
            click = {"expression": "choose.click()", "userGesture": True}
            await recorder.page.call("Runtime.evaluate", click)
            found = await recorder.navigate(server.url("/locked"), timeout_s=PAGE_S)
            assert not found.error

        yield record(tmp_path_factory.mktemp("legion"), work, limits=Limits(pages=4)), server


def test_a_question_for_a_password_is_declined_and_the_answer_stays(legion):
    recorded, server = legion
    locked = [exchange for exchange in recorded.exchanges if exchange.url == server.url("/locked")]
    assert [(one.status, content(one)) for one in locked] == [(401, b"no entry")] * 2
    asked = [line for line in recorded.dialogs if line["kind"] == "http-authentication"]
    assert {(line["text"], line["answer"]) for line in asked} == {("basic Staff", "denied")}


def test_what_a_page_wants_of_other_programs_is_denied(legion):
    recorded, _ = legion
    kinds = {line["kind"]: line for line in recorded.dialogs}
    assert kinds["external-protocol"]["url"] == "mailto:someone@example.org"
    assert kinds["file-chooser"]["answer"] == "denied"
    assert not any(exchange.url.startswith("mailto:") for exchange in recorded.exchanges)


def test_leaving_is_always_allowed(legion):
    recorded, _ = legion
    assert ("beforeunload", "accepted") in {(line["kind"], line["answer"]) for line in recorded.dialogs}


def test_a_stream_of_events_is_kept_byte_for_byte_from_its_start(legion):
    recorded, server = legion
    exchange = of(recorded, server.url("/events"))
    assert exchange.resource_type == "EventSource"
    assert set(content(exchange).split(b"\n\n")) <= {b"data: caf\xe9", b""}
    assert content(exchange).startswith(b"data: caf\xe9\n\n")


def test_a_shared_worker_and_what_it_asks_for_are_recorded(legion):
    recorded, server = legion
    assert content(of(recorded, server.url("/shared.js"))).endswith(b"caf\xe9")
    assert content(of(recorded, server.url("/latin"))) == b"caf\xe9"


def test_a_download_by_a_link_is_recorded_although_the_browser_tells_no_network_events(legion):
    recorded, server = legion
    exchange = of(recorded, server.url("/made"))
    assert (exchange.status, exchange.header("X-Made"), exchange.resource_type) == (200, "yes", "Download")
    assert content(exchange) == b"made"
    assert [download.suggested_name for download in recorded.downloads] == ["a.bin"]


def test_pop_ups_beyond_the_limit_are_closed_and_a_gap(legion):
    recorded, _ = legion
    assert [pop_up.page for pop_up in recorded.pop_ups] == [2, 3, 4, 0]
    assert [gap.why for gap in recorded.gaps if gap.what == "pop-ups"] == [GapReason.LIMIT]
    assert ("alert", "in a pop-up") in {(line["kind"], line["text"]) for line in recorded.dialogs}
    assert {exchange.page for exchange in recorded.exchanges} == {1, 2, 3, 4}


def test_requests_and_lines_beyond_the_limit_are_gaps(tmp_path, site):
    limits = Limits(exchanges=3, log_lines=2, text_chars=10)
    recorded = record(tmp_path, visiting(site.url("/article/1"), site.url("/console")), limits=limits)
    assert len(recorded.exchanges) == 3
    assert len(recorded.log) == len(recorded.console) == 2
    assert {gap.what for gap in recorded.gaps} == {"requests", "navigation log", "console"}
    assert set(reasons(recorded)) == {GapReason.LIMIT}
    assert all(len(line["target"]) <= 11 for line in recorded.log)


def test_a_download_beyond_the_limit_is_stopped(tmp_path, site):
    found: list[Navigation] = []

    async def work(recorder: Recorder, browser: Browser) -> None:
        await keeping(site.url("/file?mb=8"), found)(recorder, browser)
        await recorder.idle(quiet_s=0.3, timeout_s=10.0)

    recorded = record(tmp_path, work, limits=Limits(download_bytes=MIB))
    assert found[0].is_download
    assert found[0].error == ""
    (download,) = recorded.downloads
    assert download.path is None
    assert download.gap is not None
    assert download.gap.why is GapReason.LIMIT
    assert recorded.exchanges[0].body.gap == download.gap


@pytest.mark.parametrize(
    ("listener", "error"),
    [
        ("expired", "net::ERR_CERT_DATE_INVALID"),
        ("wrong-host", "net::ERR_CERT_COMMON_NAME_INVALID"),
        ("unknown-ca", "net::ERR_CERT_AUTHORITY_INVALID"),
    ],
)
def test_a_page_with_a_bad_certificate_is_refused_and_the_certificate_kept(tmp_path, site, listener, error):
    site.forget()
    found: list[Navigation] = []
    recorded = record(tmp_path, keeping(site.url("/article/1", listener), found))
    exchange = recorded.exchanges[0]
    assert found[0].error == exchange.error == error
    assert (exchange.status, site.log) == (None, ())
    assert exchange.tls is not None
    assert exchange.tls.chain == recorded.certificates[site.url("", listener)]
    assert len(exchange.tls.chain) >= 1


def test_a_browser_that_is_killed_ends_the_wait_and_leaves_what_was_recorded(tmp_path, site):
    passed_s: list[float] = []

    async def work(recorder: Recorder, browser: Browser) -> None:
        await visiting(site.url("/article/1"))(recorder, browser)
        asyncio.get_running_loop().call_later(0.5, os.kill, browser.pid, signal.SIGKILL)
        started_s = time.monotonic()
        with pytest.raises(BrowserGoneError):
            await recorder.navigate(site.url("/never"), timeout_s=30)
        with pytest.raises(BrowserGoneError):
            await recorder.idle(quiet_s=1.0, timeout_s=30)
        passed_s.append(time.monotonic() - started_s)

    recorded = record(tmp_path, work)
    assert passed_s[0] < 3
    assert content(of(recorded, site.url("/article/1")))
    assert content(of(recorded, site.url("/never")))
    assert [gap.what for gap in recorded.gaps] == ["session"]
    assert recorded.log[-1]["action"] == "finish"


def test_a_page_that_crashes_fails_at_once_and_is_a_gap(tmp_path, site):
    async def work(recorder: Recorder, browser: Browser) -> None:
        await visiting(site.url("/article/1"))(recorder, browser)
        started_s = time.monotonic()
        for call in ("Page.crash", "Page.captureScreenshot"):
            with pytest.raises(TargetGoneError):
                await recorder.page.call(call)
        with pytest.raises(TargetGoneError):
            await recorder.navigate(site.url("/article/2"), timeout_s=30)
        assert time.monotonic() - started_s < 5

    recorded = record(tmp_path, work)
    assert [(gap.what, gap.why) for gap in recorded.gaps] == [("page 1", GapReason.FAILED)]
    assert content(of(recorded, site.url("/article/1")))


def test_a_pdf_is_kept_as_it_came_however_it_comes(tmp_path):
    whole = pdf() + b"%" * 200_000

    def slow(connection: socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n")
        connection.sendall(b"Content-Length: %d\r\n\r\n" % len(whole))
        for start in range(0, len(whole), 20_000):
            connection.sendall(whole[start : start + 20_000])
            time.sleep(0.05)

    chunks = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks += b"%x\r\n%b\r\n0\r\n\r\n" % (len(pdf()), pdf())
    page = reply(ICON + b"<embed src=/slow type=application/pdf><iframe src=/chunks></iframe>")
    with Server({"/": page, "/slow": slow, "/chunks": chunks}) as server:
        recorded = record(tmp_path, visiting(server.url(), server.url("/slow"), server.url("/chunks")))
        for path, expected in (("/slow", whole), ("/chunks", pdf())):
            found = [one for one in recorded.exchanges if one.url == server.url(path)]
            assert [content(one) for one in found] == [expected] * 2
            assert [one.body.gap for one in found] == [None] * 2


def test_two_sessions_in_two_threads_do_not_mix(tmp_path, site):
    found: dict[int, Recorded] = {}

    def one(number: int) -> None:
        found[number] = record(tmp_path / str(number), visiting(site.url(f"/article/{number}")))

    threads = [threading.Thread(target=one, args=(number,)) for number in (3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number in (3, 4):
        documents = [exchange.url for exchange in found[number].exchanges if exchange.is_navigation]
        assert documents == [site.url(f"/article/{number}")]
        assert found[number].gaps == ()


def test_a_session_leaves_no_process_file_or_thread(tmp_path, site):
    record(tmp_path / "first", visiting(site.url("/article/1")), policy=OnlyFirst())
    before = _open_files()
    seen: list[list[str]] = []

    async def work(recorder: Recorder, browser: Browser) -> None:
        await visiting(site.url("/frames"))(recorder, browser)
        seen.append(_processes_with(str(tmp_path)))

    record(tmp_path / "second", work, policy=OnlyFirst())
    assert seen[0]
    _wait_for(lambda: _processes_with(str(tmp_path)) == [])
    _wait_for(lambda: not any(thread.name.startswith("resolver") for thread in threading.enumerate()))
    _wait_for(lambda: _open_files() <= before)


def test_after_the_end_nothing_is_let_out_and_nothing_breaks(tmp_path, site):
    site.forget()

    async def work(recorder: Recorder, browser: Browser) -> None:
        await visiting(site.url("/article/1"))(recorder, browser)
        await recorder.page.evaluate("setInterval(() => fetch('/is/json').catch(() => 0), 5)")
        first = await recorder.finish()
        asked = len(site.log)
        shutil.rmtree(tmp_path / "kept")
        assert await recorder.page.evaluate("fetch('/article/2').then(() => 'let out', () => 'refused')") == "refused"
        assert await recorder.finish() is first
        assert len(site.log) <= asked + 5
        await browser.connection.settle()

    assert "article/2" not in paths(record(tmp_path, work, policy=OnlyFirst()))


def test_a_disk_that_takes_no_more_is_an_error(tmp_path, site):
    async def work(recorder: Recorder, browser: Browser) -> None:
        shutil.rmtree(tmp_path / "kept" / "bodies")
        with suppress(StoreError):
            await visiting(site.url("/article/1"))(recorder, browser)

    with pytest.raises(StoreError, match="cannot be written"):
        record(tmp_path, work)


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 -- names only


def _processes_with(text: str) -> list[str]:
    """Gives the command lines of processes that name a text, such as a folder."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with suppress(OSError):
                found.append((path / "cmdline").read_bytes().decode(errors="replace"))
    return [line for line in found if text in line]


def _wait_for(is_so: Callable[[], bool]) -> None:
    for _ in range(100):
        if is_so():
            return
        time.sleep(0.05)
    pytest.fail("it did not come about")
