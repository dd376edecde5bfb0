"""One walk of a real browser through the test site, and what was recorded of each page, against the site's own log."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.collectors.webpage.recorder import Recorder
from forensics.collectors.webpage.recorder_record import Recorded
from forensics.model import GapReason
from forensics.web.chromium import Browser
from forensics.web.exchange import Exchange, Via
from tests.fakes.site import Site
from tests.fakes.site_media import media_bytes, pdf
from tests.fakes.site_reply import SENTENCE, START
from tests.fakes.trust import trusting_home
from tests.unit.collectors.webpage.recorder_session import PAGE_S, content, of, record, visiting

WALK = (
    "/article/1",
    "/redirect/chain",
    "/frames",
    "/worker",
    "/service-worker",
    "/websocket",
    "/dialogs/leaving",
    "/dialogs",
    "/charset/gbk",
    "/charset/wrong",
    "/gzip",
    "/cut/length",
    "/cut/chunked",
    "/header/odd",
    "/redirect/script",
    "/redirect/file",
    "/downloads",
    "/is/pdf",
    "/is/mp4",
    "/console",
    "/parts-fail",
    "/hang-up",
    "/pop-ups",
)
POSTED = "price=188&note=价格"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Gives the test site, and a home whose browser trusts its authority."""
    folder = tmp_path_factory.mktemp("site")
    with Site(folder) as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(trusting_home(folder / "home", running.ca_pem)))
        yield running


@pytest.fixture(scope="module")
def walk(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Gives what was recorded of one walk."""

    async def work(recorder: Recorder, browser: Browser) -> None:
        await visiting(*(site.url(path) for path in WALK), site.url("/article/2", "https"))(recorder, browser)
        await recorder.navigate(site.url("/clips"), timeout_s=PAGE_S)
        await recorder.page.evaluate(
            f"fetch('/is/json?posted', {{method: 'POST', body: '{POSTED}'}}).then(r => r.text())"
        )
        for path in ("/media/clip-1.mp4", "/404", "/gzip"):
            await recorder.load_whole(site.url(path))
        await recorder.load_whole("file:///etc/passwd")

    return record(tmp_path_factory.mktemp("walk"), work)


def test_every_request_that_reached_the_site_is_recorded(walk, site):
    recorded = {(exchange.method, exchange.url.partition("?")[0]) for exchange in walk.exchanges}
    asked = {(one.method, site.url(one.path, one.listener)) for one in site.log}
    sockets = {("GET", site.url("/echo"))}
    assert asked - sockets <= recorded


def test_what_was_sent_is_what_the_site_got(walk, site):
    got = site.asked("/article/1")[0].headers
    assert sorted(of(walk, site.url("/article/1")).request_headers) == sorted(got)


def test_a_page_is_recorded_with_all_its_parts(walk, site):
    page = of(walk, site.url("/article/1"))
    parts = [exchange for exchange in walk.exchanges if exchange.referrer == page.url]
    assert {part.resource_type for part in parts} == {"Image", "Script", "Stylesheet"}
    assert (page.status, page.reason, page.http_version, page.server_ip) == (200, "OK", "HTTP/1.1", "127.0.0.1")
    assert (page.server_port, page.is_navigation, page.frame_depth, page.page) == (site.port, True, 0, 1)
    assert all(part.body.path and not part.body.gap and not part.error for part in parts)


def test_numbers_are_the_order_of_requests(walk):
    assert [exchange.number for exchange in walk.exchanges] == list(range(1, len(walk.exchanges) + 1))
    assert walk.exchanges[0].started_at <= walk.exchanges[-1].started_at


def test_each_redirect_of_a_chain_has_its_own_status_and_header(walk, site):
    chain = [exchange for exchange in walk.exchanges if "/redirect/chain" in exchange.url]
    assert [exchange.status for exchange in chain] == [301, 308, 307, 303, 302, 301]
    assert all(exchange.is_redirect for exchange in chain)


def test_frames_know_their_depth_also_in_other_processes(walk, site):
    depths = {exchange.url.partition("name=")[2]: exchange.frame_depth for exchange in walk.exchanges}
    assert (depths["same"], depths["cross"], depths["sandboxed"], depths["nested"]) == (1, 1, 1, 2)
    picture = of(walk, site.url("/img/40x40-6.png", "other"))
    assert (picture.frame_depth, picture.server_ip) == (2, "127.0.0.2")


def test_what_a_worker_asks_for_is_recorded(walk, site):
    assert b"/api/said" in content(of(walk, site.url("/asset/worker.js")))
    said = next(one for one in walk.exchanges if one.url == site.url("/api/said"))
    assert said.resource_type == "Fetch"
    assert said.body.size == int(said.header("content-length") or 0) > 0


def test_a_service_worker_never_runs_and_the_page_is_told(walk, site):
    assert site.asked("/service-worker.js") == []
    assert of(walk, site.url("/service-worker.js")).refused == "service workers are blocked"
    assert any("Failed to register a ServiceWorker" in line["text"] for line in walk.console)


def test_messages_of_a_socket_are_recorded_both_ways(walk, site):
    exchange = of(walk, site.url("/echo").replace("http", "ws"))
    assert (exchange.status, exchange.resource_type) == (101, "WebSocket")
    assert {message.is_sent for message in exchange.messages} == {True, False}
    assert {message.is_text for message in exchange.messages} == {True, False}
    sent = [message.payload for message in exchange.messages if message.is_sent]
    assert set(sent) <= {message.payload for message in exchange.messages if not message.is_sent}  # an echo


def test_dialogs_are_answered_and_written_down(walk):
    answers = {line["kind"]: (line["text"], line["answer"]) for line in walk.dialogs}
    assert answers["alert"] == ("Alert!", "accepted")
    assert answers["confirm"] == ("Confirm?", "dismissed")
    assert answers["prompt"] == ("Prompt?", "dismissed")


@pytest.mark.parametrize("path", ["/charset/gbk", "/charset/wrong"])
def test_bytes_stay_as_they_came_in_any_encoding(walk, site, path):
    assert "群聊价格表".encode("gbk") in content(of(walk, site.url(path)))


def test_an_encoded_body_is_kept_decoded_and_says_so(walk, site):
    exchange = of(walk, site.url("/gzip"))
    assert content(exchange).endswith(SENTENCE * 50)
    assert exchange.body.is_decoded
    assert exchange.header("content-encoding") == "gzip"
    assert exchange.body.size > int(exchange.header("content-length") or 0)


@pytest.mark.parametrize(
    ("path", "error"),
    [("/cut/length", "net::ERR_CONTENT_LENGTH_MISMATCH"), ("/cut/chunked", "net::ERR_INCOMPLETE_CHUNKED_ENCODING")],
)
def test_a_body_that_is_cut_is_kept_with_a_gap(walk, site, path, error):
    exchange = of(walk, site.url(path))
    assert content(exchange) == START + SENTENCE * 20
    assert exchange.error == error
    assert exchange.body.gap is not None
    assert exchange.body.gap.why is GapReason.FAILED


def test_odd_header_fields_are_kept_in_their_order(walk, site):
    exchange = of(walk, site.url("/header/odd"))
    assert [name for name, _ in exchange.response_headers if name == "X-Same"] == ["X-Same"] * 2
    assert exchange.header("X-Script") == "<script>alert(1)</script>"
    assert exchange.header("X-Empty") == ""
    assert exchange.header("X-Folded") == "one two"
    assert exchange.reason == ""


def test_a_document_that_a_script_left_is_kept_whole(walk, site):
    exchange = of(walk, site.url("/redirect/script"))
    assert exchange.body.gap is None
    assert b"location" in content(exchange)


def test_an_unsafe_redirect_is_recorded_and_not_followed(walk, site):
    exchange = of(walk, site.url("/redirect/file"))
    assert (exchange.status, exchange.header("location")) == (302, "file:///etc/passwd")
    assert exchange.error == "net::ERR_UNSAFE_REDIRECT"


def test_a_download_is_a_file_and_the_body_of_its_request(walk, site):
    download = next(one for one in walk.downloads if one.url == site.url("/download/plain"))
    assert (download.state, download.suggested_name) == ("completed", "price list.pdf")
    assert download.path is not None
    assert download.path.read_bytes() == pdf()
    exchange = of(walk, download.url)
    assert content(exchange) == pdf()
    assert (exchange.status, exchange.error) == (200, "")


def test_a_document_that_is_no_page_is_kept_as_it_came(walk, site):
    found = [exchange for exchange in walk.exchanges if exchange.url == site.url("/is/pdf")]
    assert [content(exchange) for exchange in found] == [pdf()]


def test_a_player_s_pieces_are_no_loss(walk, site):
    for path in ("/is/mp4", "/media/clip-1.mp4"):
        found = [exchange for exchange in walk.exchanges if exchange.url == site.url(path)]
        assert all(one.body.gap is None or not one.body.gap.is_of_content for one in found)


def test_a_whole_file_is_loaded_byte_for_byte(walk, site):
    (exchange,) = (one for one in walk.exchanges if one.via is Via.LOADER and one.url.endswith("clip-1.mp4"))
    assert content(exchange) == media_bytes("/media/clip-1.mp4")
    assert (exchange.status, exchange.media_type, exchange.error) == (200, "video/mp4", "")


def test_a_file_that_cannot_be_loaded_says_why(walk, site):
    missing, encoded, refused = (one for one in walk.exchanges if one.via is Via.LOADER and "clip" not in one.url)
    assert (missing.status, missing.error) == (404, "net::ERR_HTTP_RESPONSE_CODE_FAILURE")
    assert encoded.body.is_decoded
    assert refused.refused == "file is not requested"


def test_what_a_page_sends_is_recorded(walk, site):
    exchange = of(walk, site.url("/is/json?posted"))
    assert exchange.method == "POST"
    assert exchange.request_body is not None
    assert exchange.request_body.path is not None
    assert exchange.request_body.path.read_bytes() == POSTED.encode() == site.asked("/is/json")[-1].body


def test_the_console_is_recorded_with_place_and_level(walk, site):
    lines = [line for line in walk.console if line["url"] == site.url("/console")]
    assert {"log", "warning", "error"} <= {line["level"] for line in lines}
    thrown = next(line for line in lines if "thrown" in line["text"])
    assert (thrown["source"], thrown["line"]) == ("exception", 11)


def test_parts_that_fail_say_why(walk, site):
    assert of(walk, site.url("/404")).status == 404
    assert of(walk, site.url("/cut/picture.png")).error == "net::ERR_CONTENT_LENGTH_MISMATCH"
    assert of(walk, site.url("/img/20x20-1.png", "expired")).error == "net::ERR_CERT_DATE_INVALID"
    assert of(walk, site.url("/hang-up")).error == "net::ERR_EMPTY_RESPONSE"


def test_a_pop_up_is_recorded_as_a_page_of_its_own(walk):
    pop_up = walk.pop_ups[0]
    assert (pop_up.page, pop_up.opener) == (2, 1)
    document = next(one for one in walk.exchanges if one.page == pop_up.page and one.is_navigation)
    assert document.url == pop_up.url
    assert document.body.gap is None


def test_a_secure_connection_is_recorded_with_its_chain(walk, site):
    exchange = of(walk, site.url("/article/2", "https"))
    assert exchange.tls is not None
    assert (exchange.tls.protocol, exchange.tls.key_exchange != "") == ("TLS 1.3", True)
    assert _names(exchange) == [_common_name(der) for der in walk.certificates[site.url("", "https")]]
    assert len(exchange.tls.chain) >= 2


def test_every_action_is_in_the_log_in_order(walk, site):
    assert [line["n"] for line in walk.log] == list(range(1, len(walk.log) + 1))
    assert [line["at"] for line in walk.log] == sorted(line["at"] for line in walk.log)
    walked = [line["target"] for line in walk.log if line["action"] == "navigate"]
    assert walked[: len(WALK)] == [site.url(path) for path in WALK]
    assert walk.log[-1]["action"] == "finish"


def test_nothing_is_missing_apart_from_bodies(walk):
    assert walk.gaps == ()


def _names(exchange: Exchange) -> list[str]:
    assert exchange.tls is not None
    return [_common_name(der) for der in exchange.tls.chain]


def _common_name(der: bytes) -> str:
    from cryptography import x509

    return x509.load_der_x509_certificate(der).subject.rfc4514_string()


def test_files_lie_in_the_folder_that_was_given(walk):
    folders = {Path(os.fspath(one.body.path)).parent.name for one in walk.exchanges if one.body.path}
    assert folders == {"bodies", "downloads"}
