"""Runs go on where others ended: lists, a lost network, pages captured anew, documents that are no page, limits."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.fakes.captures import acquisitions, capture, served
from tests.fakes.program import forensics, opened
from tests.fakes.site import Site
from tests.fakes.site_media import clip, pdf
from tests.fakes.site_reply import MIB
from tests.fakes.trust import trusting_home

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site")) as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(trusting_home(tmp_path_factory.mktemp("home"), running.ca_pem)))
        yield running


def test_a_list_is_done_once_and_again_only_when_asked(site: Site, tmp_path: Path) -> None:
    urls = [site.url(f"/article/{number}") for number in (8, 9)]
    (tmp_path / "list").write_text("\n".join(urls))
    case = opened(tmp_path / "case")
    first = capture(case, "--from", tmp_path / "list", "--jobs", "2")
    assert (first.ended.code, set(first.by_url)) == (0, set(urls))
    site.forget()
    second = forensics("collect", case, "--from", tmp_path / "list", "--json")
    assert (second.code, second.told["items"], len(second.told["skipped"])) == (0, [], 2)
    assert site.log == ()
    assert len(capture(case, "--from", tmp_path / "list", "--no-resume").by_url) == 2
    assert len(acquisitions(case)) == 4


def test_a_network_that_is_lost_half_way_is_a_gap_and_the_next_run_mends_it(site: Site, tmp_path: Path) -> None:
    case, url = opened(tmp_path / "case"), site.url("/group", "https")
    site.lose_network_at("/media/clip-2.mp4")
    try:
        lost = capture(case, url, "--time-limit", "60")
    finally:
        site.restore_network()
    assert lost.ended.code == 3
    assert lost[url].outcome == "PARTIAL"
    assert any("clip-2.mp4" in gap["what"] for gap in lost[url].gaps)
    assert lost[url].content("html") == served(site, "/group")
    again = capture(case, url)
    assert (again.ended.code, again[url].outcome) == (0, "COMPLETE")
    assert again[url].told["id"] == lost[url].told["id"]
    assert [one["outcome"] for one in acquisitions(case)] == ["PARTIAL", "COMPLETE"]
    assert forensics("verify", case, "--json").told["intact"] == "passed"


def test_a_page_that_was_edited_since_is_compared(site: Site, tmp_path: Path) -> None:
    case, url = opened(tmp_path / "case"), site.url("/notice")
    site.forget()
    item = capture(case, url)[url].told["id"]
    site.set("/notice", "altered")
    altered = forensics("collect", case, "--again", item, "--json")
    assert altered.code in {0, 3}, altered.errors
    assert altered.told["findings"] != {}
    site.set("/notice", "gone")
    gone = forensics("collect", case, "--again", item, "--json")
    assert gone.code in {3, 20}
    found = _findings(case)
    assert "定制 288 元" in found
    assert "群已满" in found
    assert "410" in found


def _findings(case: Path) -> str:
    lines = [line for path in sorted((case / "records").iterdir()) for line in path.read_text().splitlines()]
    records = [json.loads(line)["record"] for line in lines]
    findings = [record for record in records if record["type"] == "finding"]
    blobs = [attached["digests"]["sha256"] for finding in findings for attached in finding["attachments"]]
    attached = [(case / "blobs" / digest[:2] / digest).read_bytes() for digest in blobs]
    return json.dumps(findings, ensure_ascii=False) + "".join(raw.decode(errors="replace") for raw in attached)


def test_a_direct_clip_is_the_servers_bytes_with_its_exchange(site: Site, tmp_path: Path) -> None:
    url = site.url("/media/clip-1.mp4")
    run = capture(opened(tmp_path / "case"), url)
    assert (run.ended.code, run[url].outcome) == (0, "COMPLETE")
    assert run[url].told["sha256"] == hashlib.sha256(clip("clip-1.mp4")).hexdigest()
    (answer,) = run[url].answers("/media/clip-1.mp4")
    assert answer.payload == clip("clip-1.mp4")


def test_a_download_is_kept_under_a_name_that_is_no_path(site: Site, tmp_path: Path) -> None:
    names = ("plain", "traversal", "script", "rtl", "unicode", "long", "none")
    urls = [site.url(f"/download/{name}") for name in names]
    run = capture(opened(tmp_path / "case"), *urls)
    for url in urls:
        kept = [one for one in run[url].all("media") if run[url].read(one) == pdf()]
        assert len(kept) == 1, url
        assert kept[0]["facts"]["from"] == "download"
    assert not (tmp_path / "etc").exists()


@pytest.mark.parametrize(
    ("path", "kind"), [("/is/png", "image/png"), ("/is/mp4", "video/mp4"), ("/is/json", "application/json")]
)
def test_a_document_that_is_no_page_is_kept_and_named_so(site: Site, tmp_path: Path, path: str, kind: str) -> None:
    url = site.url(path)
    one = capture(opened(tmp_path / "case"), url)[url]
    assert one.state == "not-html"
    assert one.outcome != "FAILED"
    assert served(site, path) in [one.read(artifact) for artifact in one.record["artifacts"]]


def test_a_page_of_200_mib_ends_in_a_capture_or_a_named_limit(site: Site, tmp_path: Path) -> None:
    url = site.url("/huge?mb=200&as=hidden")
    run = capture(opened(tmp_path / "case"), url, "--time-limit", "120")
    one = run[url]
    assert one.outcome in {"COMPLETE", "PARTIAL"}
    assert run.ended.code == {"COMPLETE": 0, "PARTIAL": 3}[one.outcome]
    if one.outcome == "PARTIAL":
        assert {gap["why"] for gap in one.gaps} & {"LIMIT", "TIMED_OUT"}
    else:
        assert len(one.content("html")) > 199 * MIB


def test_an_endless_page_stops_at_a_stated_limit(site: Site, tmp_path: Path) -> None:
    url = site.url("/endless")
    one = capture(opened(tmp_path / "case"), url)[url]
    assert one.facts["scroll"]["is_whole"] is False
    assert one.facts["scroll"]["policy"] != ""
    assert any(gap["why"] == "LIMIT" for gap in one.gaps)


def test_the_browsers_trust_is_the_operators(site: Site) -> None:
    """The authority is trusted by the home folder alone: without it nothing on HTTPS would have been captured."""
    context = ssl.create_default_context()
    parts = urlsplit(site.url("/", "https"))
    with socket.create_connection((parts.hostname, parts.port)) as plain, pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(plain, server_hostname=parts.hostname)
