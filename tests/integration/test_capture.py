"""Pages are captured whole, by the program as a user runs it, from a real site by a real browser."""

from __future__ import annotations

import email
import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image

from tests.fakes.captures import ROLES, Captured, Captures, capture, served
from tests.fakes.program import forensics, opened
from tests.fakes.site import Site
from tests.fakes.site_media import clip, jpeg, media_bytes, png
from tests.fakes.site_pages import ROW_PX, TALL_PX
from tests.fakes.site_reply import BROTLI_SAYS, Asked
from tests.fakes.trust import trusting_home

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]

ORDINARY = (
    *("/article/1", "/redirect/chain", "/redirect/meta", "/redirect/script", "/lazy", "/tall", "/responsive", "/clips"),
    *("/frames", "/gzip", "/brotli", "/service-worker", "/websocket", "/worker", "/text/inline", "/text/fetched"),
    *("/edits", "/dialogs", "/console", "/charset/gbk", "/hostile/title", "/chunked", "/length/short", "/slow"),
    *("/changing", "/header/odd", "/redirect/other", "/pop-ups", "/text/drawn"),
)
"""Pages that are nothing but content."""


@dataclass(frozen=True)
class Whole:
    """One run over everything ordinary."""

    site: Site
    captures: Captures
    log: tuple[Asked, ...]

    def at(self, path: str, listener: str = "http") -> Captured:
        return self.captures[self.site.url(path, listener)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running site whose authority the browser trusts, by a home folder of its own."""
    with Site(tmp_path_factory.mktemp("site")) as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(trusting_home(tmp_path_factory.mktemp("home"), running.ca_pem)))
        yield running


@pytest.fixture(scope="module")
def group(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Captures:
    return capture(opened(tmp_path_factory.mktemp("group") / "case"), site.url("/group", "https"))


@pytest.fixture(scope="module")
def page(site: Site, group: Captures) -> Captured:
    return group[site.url("/group", "https")]


@pytest.fixture(scope="module")
def whole(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    case = opened(tmp_path_factory.mktemp("whole") / "case")
    addresses = [*(site.url(path) for path in ORDINARY), site.url("/article/2", "tls12")]
    before = len(site.log)
    captures = capture(case, "--jobs", "2", *addresses)
    return Whole(site, captures, site.log[before:])


def checked(command: str, path: Path, ending: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a checker of archives on a copy that has the right ending."""
    copy = folder / f"checked{ending}"
    shutil.copyfile(path, copy)
    program = Path(sys.executable).with_name(command)
    arguments = {"warcio": ["check", "-v", str(copy)], "wacz": ["validate", "-f", str(copy)]}[program.name]
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=120)


def test_the_group_page_is_captured_without_a_gap(group: Captures, page: Captured) -> None:
    assert group.ended.code == 0
    assert (page.outcome, page.gaps, page.state) == ("COMPLETE", [], "content")


def test_every_role_of_the_contract_is_there(page: Captured) -> None:
    assert page.roles >= ROLES
    endings = {"warc": ".warc.gz", "wacz": ".wacz"}
    assert all(page.all(role)[0]["name"].endswith(ending) for role, ending in endings.items())


def test_what_is_printed_agrees_with_what_is_recorded(page: Captured) -> None:
    printed = [(one["role"], one["sha256"]) for one in page.told["artifacts"]]
    assert printed == [(one["role"], one["digests"]["sha256"]) for one in page.record["artifacts"]]


def test_the_html_is_what_the_server_sent(site: Site, page: Captured) -> None:
    assert page.content("html") == served(site, "/group")


def test_the_dom_has_what_scripts_drew(page: Captured) -> None:
    dom = page.content("dom").decode()
    assert "成员 2013" in dom
    assert "云上小铺交流群" in dom


def test_clips_posters_and_pictures_are_the_servers_bytes(page: Captured) -> None:
    media = page.media()
    assert media["/media/clip-1.mp4"] == clip("clip-1.mp4")
    assert media["/media/clip-2.mp4"] == clip("clip-2.mp4")
    assert media["/img/640x360-71.jpg"] == jpeg(640, 360, "No. 71")
    assert media["/img/480x300-54.jpg"] == jpeg(480, 300, "No. 54")
    assert all({"url", "page_url", "from", "via", "status"} <= set(one["facts"]) for one in page.all("media"))


def test_facts_say_what_was_asked_and_reached(site: Site, page: Captured) -> None:
    facts, url = page.facts, site.url("/group", "https")
    assert (facts["requested_url"], facts["final_url"], facts["redirects"]) == (url, url, [])
    assert (facts["title"], facts["language"], facts["status"]) == ("云上小铺交流群", "zh-CN", 200)
    assert (facts["server"]["ip"], facts["server"]["port"]) == ("127.0.0.1", urlsplit(url).port)
    assert ["server", "TestSite/1"] in [[name.lower(), value] for name, value in facts["headers"]]
    assert datetime.fromisoformat(facts["started_at"]) < datetime.fromisoformat(facts["ended_at"])
    assert facts["browser"]["profile_empty_at_start"] is True
    assert facts["browser"]["extensions"] == 0


def test_the_canonical_address_is_given_in_full(site: Site, page: Captured) -> None:
    """The page states it as `/group`."""
    assert page.facts["canonical_url"] == site.url("/group", "https")


def test_the_chain_is_the_one_that_the_server_presents(site: Site, page: Captured) -> None:
    chain = [page.read(one) for one in page.all("certificate")]
    own = [
        x509.load_pem_x509_certificate((site.folder / f"{name}.pem").read_bytes()) for name in ("https", "intermediate")
    ]
    assert chain[:2] == [certificate.public_bytes(Encoding.DER) for certificate in own]
    assert page.facts["tls"]["chain_sha256"] == [hashlib.sha256(der).hexdigest() for der in chain]
    assert page.facts["tls"]["protocol"] == "TLS 1.3"
    assert int(page.all("certificate")[0]["facts"]["serial"], 16) == own[0].serial_number


def test_an_older_protocol_is_named_as_it_is(whole: Whole) -> None:
    assert whole.at("/article/2", "tls12").facts["tls"]["protocol"] == "TLS 1.2"


def test_a_page_without_encryption_has_no_tls_and_no_certificate(whole: Whole) -> None:
    plain = whole.at("/article/1")
    assert plain.facts["tls"] is None
    assert plain.all("certificate") == []


def test_the_field_s_own_tools_accept_both_archives(page: Captured, tmp_path: Path) -> None:
    for command, role, ending in (("warcio", "warc", ".warc.gz"), ("wacz", "wacz", ".wacz")):
        done = checked(command, page.path(page.all(role)[0]), ending, tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_request_that_reached_the_site_is_in_the_warc(whole: Whole) -> None:
    recorded = {path for one in whole.captures.by_url.values() for path in _asked_for(one)}
    asked = {asked.path for asked in whole.log}
    assert asked - recorded == set()


def _asked_for(one: Captured) -> Iterator[str]:
    for exchange in one.exchanges():
        if exchange.url.startswith("http"):
            yield urlsplit(exchange.url).path
        elif exchange.url.startswith(("ws:", "wss:", "urn:plain:")):
            yield urlsplit(exchange.url.removeprefix("urn:plain:")).path


def test_the_wacz_holds_the_same_warc(page: Captured) -> None:
    with zipfile.ZipFile(io.BytesIO(page.content("wacz"))) as archive:
        inner = [name for name in archive.namelist() if name.startswith("archive/")]
        assert [archive.read(name) for name in inner] == [page.content("warc")]
        pages = archive.read("pages/pages.jsonl").decode()
    assert page.facts["final_url"] in pages


def test_each_record_is_a_gzip_member_of_its_own(page: Captured) -> None:
    raw, members = page.content("warc"), 0
    while raw:
        unpacking = zlib.decompressobj(wbits=31)
        assert unpacking.decompress(raw).startswith(b"WARC/1.1\r\n")
        raw, members = unpacking.unused_data, members + 1
    assert members == len(page.exchanges())


def test_the_warc_begins_with_its_maker_and_has_every_view(page: Captured) -> None:
    records, url = page.exchanges(), page.facts["final_url"]
    assert records[0].kind == "warcinfo"
    resources = {one.url.partition(":http")[0] for one in records if one.kind == "resource"}
    wanted = {"urn:view", "urn:fullPage", "urn:dom", "urn:text", "urn:mhtml", "urn:pdf", "urn:plain", "urn:seen"}
    assert wanted <= resources
    text = next(one.payload.decode() for one in records if one.url == f"urn:text:{url}")
    assert "定制" in text
    assert "@yunshang_0417" in text


def test_a_response_names_the_server_and_the_protocol(page: Captured) -> None:
    (answer, *_) = page.answers("/group")
    assert answer.fields["WARC-IP-Address"] == "127.0.0.1"
    assert "WARC-Protocol" in answer.fields
    assert answer.fields["WARC-Payload-Digest"].startswith("sha256:")
    assert answer.payload == page.content("html")


def test_a_decoded_body_says_that_it_is_one(whole: Whole) -> None:
    for path, coding in (("/gzip", "gzip"), ("/brotli", "br")):
        (answer, *_) = whole.at(path).answers(path)
        assert "content-encoding" not in answer.headers
        assert answer.headers["x-archive-orig-content-encoding"] == coding
        assert int(answer.headers["content-length"]) == len(answer.payload)
    assert BROTLI_SAYS in whole.at("/brotli").content("html").decode()


def test_every_redirect_is_kept_with_its_status(whole: Whole) -> None:
    facts = whole.at("/redirect/chain").facts
    assert facts["final_url"] == whole.site.url("/article/1")
    assert [hop["status"] for hop in facts["redirects"]] == [301, 308, 307, 303, 302, 301]
    answers = whole.at("/redirect/chain").exchanges()
    assert sum(one.kind == "response" and 300 <= one.status < 400 for one in answers) == 6
    assert whole.at("/redirect/other").facts["final_url"] == whole.site.url("/article/4", "other")


@pytest.mark.parametrize(("path", "end"), [("/redirect/meta", "/article/2"), ("/redirect/script", "/article/3")])
def test_a_page_that_moves_on_by_itself_is_followed(whole: Whole, path: str, end: str) -> None:
    moved = whole.at(path)
    assert moved.facts["final_url"] == whole.site.url(end)
    assert moved.answers(path) != []
    assert f"Article {end[-1]}" in moved.content("dom").decode()


@pytest.mark.parametrize("path", [path for path in ORDINARY if path != "/responsive"])
def test_an_ordinary_page_is_complete(whole: Whole, path: str) -> None:
    one = whole.at(path)
    assert (one.outcome, one.state, one.gaps) == ("COMPLETE", "content", [])


def test_the_viewport_picture_has_the_stated_size(page: Captured) -> None:
    with Image.open(io.BytesIO(page.content("screenshot-viewport"))) as picture:
        assert picture.format == "PNG"
        assert list(picture.size) == page.facts["browser"]["viewport_px"]


def test_a_very_long_page_is_seen_whole_in_tiles_that_join(whole: Whole) -> None:
    tall = whole.at("/tall")
    tiles = tall.all("screenshot-full")
    boxes = [tile["facts"]["box_px"] for tile in tiles]
    assert [tile["facts"]["tile"] for tile in tiles] == list(range(1, len(tiles) + 1))
    assert all(tile["facts"]["of"] == len(tiles) for tile in tiles)
    assert boxes[0][1] == 0
    assert all(upper[1] + upper[3] == lower[1] for upper, lower in pairwise(boxes))
    assert boxes[-1][1] + boxes[-1][3] == TALL_PX == tall.facts["scroll"]["height_px"]
    for tile, box in zip(tiles, boxes, strict=True):
        _assert_rows(tall.read(tile), box)


def _assert_rows(raw: bytes, box: list[int]) -> None:
    """The colour of each row tells its number, so a tile that is shifted, stretched or repeated shows."""
    with Image.open(io.BytesIO(raw)) as opened_picture:
        picture = opened_picture.convert("RGB")
    assert list(picture.size) == box[2:]
    for row in range(-(-box[1] // ROW_PX), (box[1] + box[3]) // ROW_PX):
        seen = picture.getpixel((picture.width - 5, row * ROW_PX - box[1] + ROW_PX // 2))
        assert seen == (row % 256, 255 - row % 256, 128), row


def test_pictures_that_load_when_seen_are_kept(whole: Whole) -> None:
    media = whole.at("/lazy").media()
    assert {f"/img/300x200-{number}.png" for number in range(1, 9)} <= set(media)
    assert media["/img/300x200-8.png"] == png(300, 200, 8)
    assert whole.at("/lazy").facts["scroll"]["is_whole"] is True


def test_the_largest_picture_that_the_page_offers_is_kept(whole: Whole) -> None:
    media = whole.at("/responsive").media()
    assert media["/img/1280x800-21.png"] == png(1280, 800, 21)
    assert media["/img/800x500-22.jpg"] == jpeg(800, 500, "No. 22")
    assert "/img/300x200-23.png" in media


def test_a_picture_that_is_not_there_is_the_only_gap_of_its_page(whole: Whole) -> None:
    one = whole.at("/responsive")
    assert one.outcome == "PARTIAL"
    assert ["/img-that-is-not-there.png" in gap["what"] + gap["detail"] for gap in one.gaps] == [True]


def test_every_source_of_a_clip_is_kept(whole: Whole) -> None:
    media = whole.at("/clips").media()
    for name in ("clip-1.mp4", "clip.webm", "clip-2.mp4", "tone.mp3"):
        assert media[f"/media/{name}"] == media_bytes(f"/media/{name}"), name
    origins = {urlsplit(one["facts"]["url"]).hostname for one in whole.at("/clips").all("media")}
    assert origins == {"127.0.0.1", "127.0.0.2"}


def test_frames_stand_in_the_dom(whole: Whole) -> None:
    dom = whole.at("/frames").content("dom").decode()
    for name in ("same", "cross", "nested", "sandboxed"):
        assert f"I am the frame {name}." in dom, name
    assert "In srcdoc" in dom


def test_a_service_worker_never_answers_for_the_server(whole: Whole) -> None:
    one = whole.at("/service-worker")
    assert "As the server sent it" in one.content("dom").decode()
    assert whole.site.asked("/service-worker.js") == []


def test_websocket_messages_are_kept(whole: Whole) -> None:
    (kept,) = [one for one in whole.at("/websocket").exchanges() if one.url.startswith("urn:websocket:")]
    messages = [json.loads(line) for line in kept.payload.splitlines()]
    told = {(one["direction"], one["data"]) for one in messages if one["type"] == "text"}
    assert told >= {("received", "welcome 欢迎"), ("sent", "hello 你好"), ("received", "hello 你好")}
    assert [one["data"] for one in messages if one["type"] != "text"] == ["AAH+/w==", "AAH+/w=="]


def test_what_a_worker_fetched_is_kept(whole: Whole) -> None:
    paths = {urlsplit(one.url).path for one in whole.at("/worker").exchanges() if one.kind == "response"}
    assert {"/asset/worker.js", "/api/said"} <= paths


def test_dialogs_are_answered_and_logged(whole: Whole) -> None:
    logged = whole.at("/dialogs").content("console-log").decode()
    assert all(text in logged for text in ("Alert!", "Confirm?", "Prompt?"))
    assert "confirm=" in whole.at("/dialogs").content("dom").decode()


def test_the_console_is_kept_with_what_was_thrown(whole: Whole) -> None:
    logged = whole.at("/console").content("console-log").decode()
    assert all(text in logged for text in ("a line", "a warning", "an error", "rejected", "thrown"))


def test_a_page_that_edits_itself_is_kept_as_sent_and_as_shown(whole: Whole) -> None:
    edited = whole.at("/edits")
    assert "188 元" in edited.content("html").decode()
    assert "388 元" in edited.content("dom").decode()


def test_a_page_in_another_encoding_keeps_its_bytes(whole: Whole) -> None:
    gbk = whole.at("/charset/gbk")
    assert "群聊价格表" in gbk.content("html").decode("gbk")
    assert gbk.facts["title"] == "编码"
    assert "群聊价格表" in gbk.content("dom").decode()


def test_a_hostile_title_stays_text(whole: Whole) -> None:
    assert whole.at("/hostile/title").facts["title"].startswith("<script>alert(1)</script>")


def test_a_page_that_breaks_its_own_functions_is_read_all_the_same(site: Site, tmp_path: Path) -> None:
    url = site.url("/hostile/tree")
    one = capture(opened(tmp_path / "case"), url)[url]
    assert one.facts["requested_url"] == url
    assert one.content("html") == served(site, "/hostile/tree")
    assert "The text." in one.content("dom").decode()
    assert one.state == "content"


def test_a_stream_is_kept_or_named_as_missing(site: Site, tmp_path: Path) -> None:
    url = site.url("/stream")
    one = capture(opened(tmp_path / "case"), url)[url]
    kept = {artifact["facts"]["from"] for artifact in one.all("media")}
    assert "stream" in kept or any(".m3u8" in gap["what"] + gap["detail"] for gap in one.gaps)


def test_fragments_that_a_script_played_are_in_the_archive(site: Site, tmp_path: Path) -> None:
    url = site.url("/media-source")
    one = capture(opened(tmp_path / "case"), url)[url]
    (answer,) = one.answers("/media/fragments.mp4")
    assert answer.payload == clip("fragments.mp4")


def test_a_second_fetch_says_whether_another_client_is_served_the_same(whole: Whole) -> None:
    assert whole.at("/article/1").facts["second_fetch"]["outcome"] == "same"
    assert whole.at("/changing").facts["second_fetch"]["outcome"] == "differs"


def test_the_other_views_can_be_opened(page: Captured, tmp_path: Path) -> None:
    archive = email.message_from_bytes(page.content("mhtml"))
    assert archive.is_multipart()
    assert archive.get_content_type() == "multipart/related"
    (tmp_path / "print.pdf").write_bytes(page.content("pdf-print"))
    if shutil.which("pdfinfo"):
        told = subprocess.run(["pdfinfo", tmp_path / "print.pdf"], capture_output=True, text=True, check=True).stdout
        assert int(told.partition("Pages:")[2].split()[0]) >= 1


def test_the_video_runs_from_the_pre_flight_to_the_digests(page: Captured) -> None:
    path = page.path(page.all("session-video")[0])
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration:stream=codec_type", "-of", "json", path]
    told = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    assert {stream["codec_type"] for stream in told["streams"]} == {"video"}
    assert float(told["format"]["duration"]) >= 2


def test_actions_are_logged_in_order_with_their_times(page: Captured) -> None:
    lines = page.lines("navigation-log")
    assert [line for line in lines if "at" not in line] == []
    times = [datetime.fromisoformat(line["at"]) for line in lines]
    assert times == sorted(times)
    assert all(moment.utcoffset() is not None for moment in times)
    told = {(line["action"], line.get("target")) for line in lines}
    assert ("navigate", page.facts["requested_url"]) in told
    assert "scroll" in {action for action, _ in told}


def test_the_navigation_is_logged_before_the_server_is_asked(page: Captured) -> None:
    (navigated,) = [line for line in page.lines("navigation-log") if line["action"] == "navigate"]
    asked = min(one.fields["WARC-Date"] for one in page.exchanges() if one.kind == "request")
    assert datetime.fromisoformat(navigated["at"]) <= datetime.fromisoformat(asked)


def test_the_pre_flight_has_the_twenty_points_and_comes_first(site: Site, page: Captured) -> None:
    (opened_part,) = page.open("preflight")
    facts = opened_part["facts"]["preflight"]
    assert [point["id"] for point in facts["points"]] == [f"NF{number:02}" for number in range(1, 21)]
    known = {"done", "sealed", "warning", "not-available", "operator", "capture"}
    assert {point["status"] for point in facts["points"] + facts["clean_environment"]} <= known
    first = min(asked.at for asked in site.asked("/group", "https"))
    assert datetime.fromisoformat(page.facts["started_at"]) <= first


def test_captures_verify_as_a_case_and_as_a_packet(page: Captured, tmp_path: Path) -> None:
    assert forensics("verify", page.case, "--json").told["intact"] == "passed"
    packet = tmp_path / "packet.zip"
    made = forensics("bundle", page.case, packet, "--json")
    assert made.code in {0, 3}, made.errors
    assert forensics("verify", packet, "--json").told["intact"] == "passed"
