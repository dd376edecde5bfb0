"""What is not the content is never passed off as it: errors, walls, blanks, cut bodies and bad certificates."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.captures import Captures, capture
from tests.fakes.program import forensics, opened
from tests.fakes.site import BAD, Site
from tests.fakes.trust import trusting_home

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]

WALLS = {
    "/403": "http-error",
    "/404": "http-error",
    "/410": "http-error",
    "/500": "http-error",
    "/503": "http-error",
    "/redirect/404": "http-error",
    "/wall/legal": "http-error",
    "/wall/too-many": "http-error",
    "/members": "login-wall",
    "/wall/login": "login-wall",
    "/wall/login-zh": "login-wall",
    "/wall/challenge": "captcha",
    "/wall/captcha": "captcha",
    "/wall/slider": "captcha",
    "/wall/consent/en": "consent-wall",
    "/wall/consent/fr": "consent-wall",
    "/wall/consent/zh": "consent-wall",
    "/blank": "blank",
    "/blank/script": "blank",
    "/blank/empty": "blank",
}
"""Paths where something else than the content is reached, and what it is."""
NO_WALLS = ("/wall/banner", "/wall/mentions", "/article/1", "/browsers-only", "/cloak")
"""Paths that resemble those and are the content."""
NO_ANSWER = ("/hang-up", "/garbage", "/silent", "/redirect/loop", "/redirect/odd", "/redirect/file")
"""Paths where no document is reached at all."""
CUT = ("/cut/length", "/cut/chunked", "/cut/length?after=500", "/cut/chunked?after=500", "/cut/gzip", "/never")
"""Paths whose document is not whole."""
LIMIT_S = "20"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site")) as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(trusting_home(tmp_path_factory.mktemp("home"), running.ca_pem)))
        yield running


def run_over(site: Site, folder: Path, *paths: str, listener: str = "http") -> Captures:
    urls = [site.url(path, listener) for path in paths]
    return capture(opened(folder / "case"), "--jobs", "2", "--time-limit", LIMIT_S, *urls)


@pytest.fixture(scope="module")
def walls(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Captures:
    return run_over(site, tmp_path_factory.mktemp("walls"), *WALLS)


@pytest.fixture(scope="module")
def open_pages(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Captures:
    return run_over(site, tmp_path_factory.mktemp("open"), *NO_WALLS)


@pytest.fixture(scope="module")
def silent(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Captures:
    return run_over(site, tmp_path_factory.mktemp("silent"), *NO_ANSWER)


@pytest.fixture(scope="module")
def cut(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Captures:
    return run_over(site, tmp_path_factory.mktemp("cut"), *CUT)


@pytest.mark.parametrize("path", WALLS)
def test_a_wall_is_named_and_is_never_complete(site: Site, walls: Captures, path: str) -> None:
    one = walls[site.url(path)]
    assert one.outcome in {"PARTIAL", "FAILED"}
    assert one.state == WALLS[path]
    assert one.facts["page_state"]["signs"] != []
    assert one.gaps != []


@pytest.mark.parametrize("path", [path for path in WALLS if path != "/blank/empty"])
def test_what_stood_there_is_kept_all_the_same(site: Site, walls: Captures, path: str) -> None:
    one = walls[site.url(path)]
    assert {"html", "warc", "screenshot-viewport", "navigation-log"} <= one.roles


def test_a_run_over_walls_alone_never_ends_with_0(walls: Captures) -> None:
    assert walls.ended.code in {3, 20}


@pytest.mark.parametrize("path", ["/404", "/wall/slider", "/members"])
def test_an_error_page_in_is_a_non_zero_exit_code_out(site: Site, tmp_path: Path, path: str) -> None:
    ended = forensics("collect", opened(tmp_path / "case"), site.url(path))
    assert ended.code in {3, 20}
    assert "page" in ended.output


@pytest.mark.parametrize("path", NO_WALLS)
def test_a_page_that_only_resembles_a_wall_is_content(site: Site, open_pages: Captures, path: str) -> None:
    one = open_pages[site.url(path)]
    assert (one.state, one.outcome, one.gaps) == ("content", "COMPLETE", [])


def test_pages_without_walls_end_with_0(open_pages: Captures) -> None:
    assert open_pages.ended.code == 0


def test_another_client_is_told_something_else_and_the_record_says_so(site: Site, open_pages: Captures) -> None:
    assert open_pages[site.url("/cloak")].facts["second_fetch"]["outcome"] == "differs"
    refused = open_pages[site.url("/browsers-only")].facts["second_fetch"]
    assert (refused["outcome"], refused["status"]) == ("refused", 403)


@pytest.mark.parametrize("path", NO_ANSWER)
def test_no_document_is_a_failure_with_its_reason(site: Site, silent: Captures, path: str) -> None:
    one = silent[site.url(path)]
    assert (one.outcome, one.state) == ("FAILED", "no-answer")
    assert one.gaps != []


def test_nothing_reached_ends_with_20(silent: Captures) -> None:
    assert silent.ended.code == 20


@pytest.mark.parametrize("path", NO_ANSWER)
def test_a_failed_attempt_leaves_its_log_and_its_archive(site: Site, silent: Captures, path: str) -> None:
    assert {"navigation-log", "preflight", "warc"} <= silent[site.url(path)].roles


@pytest.mark.parametrize("path", CUT)
def test_a_document_that_is_not_whole_is_partial_and_says_so(site: Site, cut: Captures, path: str) -> None:
    one = cut[site.url(path)]
    assert one.outcome in {"PARTIAL", "FAILED"}
    assert one.gaps != []
    assert {"warc", "navigation-log"} <= one.roles


@pytest.mark.parametrize("path", ["/cut/length", "/cut/chunked"])
def test_a_cut_body_is_marked_in_the_archive(site: Site, cut: Captures, path: str) -> None:
    answers = cut[site.url(path)].answers(path)
    failed = [one for one in cut[site.url(path)].exchanges() if b"fetchError" in one.payload]
    assert any("WARC-Truncated" in one.fields for one in answers) or failed != []


def test_cut_documents_end_with_3_or_20(cut: Captures) -> None:
    assert cut.ended.code in {3, 20}


def test_parts_that_fail_are_named_one_by_one(site: Site, tmp_path: Path) -> None:
    run = run_over(site, tmp_path, "/parts-fail")
    one = run[site.url("/parts-fail")]
    assert (run.ended.code, one.outcome, one.state) == (3, "PARTIAL", "content")
    named = " ".join(gap["what"] + " " + gap["detail"] for gap in one.gaps)
    for part in ("/404", "/cut/picture.png", "nobody.png", site.url("/img/20x20-1.png", "expired")):
        assert part in named, part
    assert [answer.status for answer in one.answers("/500")] == [500]


@pytest.mark.parametrize("listener", BAD)
def test_a_page_with_a_bad_certificate_is_refused(site: Site, tmp_path: Path, listener: str) -> None:
    site.forget()
    url = site.url("/article/1", listener)
    run = capture(opened(tmp_path / "case"), url)
    assert (run.ended.code, run[url].outcome) == (20, "FAILED")
    assert any("CERT" in (gap["what"] + gap["detail"]).upper() for gap in run[url].gaps)
    assert site.log == ()


def test_a_page_in_an_unknown_home_is_refused_too(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    site.forget()
    url = site.url("/article/1", "https")
    run = capture(opened(tmp_path / "case"), url)
    assert (run.ended.code, run[url].outcome) == (20, "FAILED")
    assert site.log == ()


def test_one_address_that_fails_costs_no_other(site: Site, tmp_path: Path) -> None:
    good, bad = site.url("/article/3"), site.url("/hang-up")
    run = capture(opened(tmp_path / "case"), bad, good)
    assert (run.ended.code, run[good].outcome, run[bad].outcome) == (3, "COMPLETE", "FAILED")
