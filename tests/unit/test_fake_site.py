"""The test site does what it says, as clients that know nothing of it see."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.fakes import site as site_module
from tests.fakes.site import BAD, PATHS, Site
from tests.fakes.site_media import CLIPS, SECONDS, clip, media_bytes, pdf, png
from tests.fakes.site_reply import BROTLI_SAYS, MIB, file_bytes
from tests.fakes.site_walls import PASSWORD, SESSION, TOKEN, USER
from tests.fakes.trust import trusting_home

CUT_SHORT, REFUSED, EMPTY, TIMED_OUT, TOO_MANY, NOT_HTTP = 18, 7, 52, 28, 47, 1
"""Exit codes of curl. *Source:* curl(1), EXIT CODES."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def site(shared: Site) -> Site:
    shared.forget()
    return shared


@pytest.fixture(scope="module")
def home(shared: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trusting_home(tmp_path_factory.mktemp("home"), shared.ca_pem)


def curl(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    return subprocess.run(["curl", "-sS", *arguments], capture_output=True, check=False, timeout=30)


def ask(url: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request(
            method, f"{parts.path}?{parts.query}", headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def chromium_sees(url: str, home: Path, *options: str) -> str:
    """Gives the document that Chromium has after loading."""
    if shutil.which("chromium") is None:
        pytest.skip("Chromium is not installed")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    profile = home / "profile"
    command = ["chromium", "--headless=new", "--disable-gpu", f"--user-data-dir={profile}", *sandbox, *options]
    environment = {**os.environ, "HOME": str(home)}
    done = subprocess.run([*command, "--dump-dom", url], capture_output=True, env=environment, check=False, timeout=60)
    shutil.rmtree(profile, ignore_errors=True)
    return done.stdout.decode()


def test_every_path_stands_in_the_table_of_the_module() -> None:
    rows = re.findall(r"^\| `(/.*?)` \|(.*)\|$", site_module.__doc__ or "", re.MULTILINE)
    documented = {path for paths, _ in rows for path in paths.split()}
    patterns = [re.compile(re.sub("N(AME)?$|TYPE$|LANGUAGE$", "[^/]+", path) + "$") for path in documented]
    assert [path for path in PATHS if not any(pattern.match(path) for pattern in patterns)] == []


@pytest.mark.parametrize(
    ("path", "code", "size"),
    [
        ("/cut/length", CUT_SHORT, 1069),
        ("/cut/chunked", CUT_SHORT, 1069),
        ("/cut/picture.png", CUT_SHORT, len(png(400, 400, 3)) // 2),
        ("/length/short", 0, 969),
        ("/chunked", 0, 1069),
        ("/hang-up", EMPTY, 0),
        ("/garbage", NOT_HTTP, 0),
        ("/redirect/loop", TOO_MANY, 0),
    ],
)
def test_a_body_ends_as_its_path_says(site: Site, path: str, code: int, size: int) -> None:
    done = curl("-L", site.url(path))
    assert (done.returncode, len(done.stdout) if code != TOO_MANY else 0) == (code, size)


@pytest.mark.parametrize("path", ["/never", "/silent"])
def test_an_answer_without_end_runs_into_the_clients_limit(site: Site, path: str) -> None:
    assert curl("--max-time", "1", site.url(path)).returncode == TIMED_OUT


def test_a_slow_body_dribbles(site: Site) -> None:
    start = time.monotonic()
    done = curl(site.url("/slow?ms=20"))
    assert time.monotonic() - start >= 0.4
    assert done.stdout.count(b"This line") == 20


def test_a_chain_goes_through_six_redirects_of_all_kinds(site: Site) -> None:
    done = curl(
        "-L", "-o", "/dev/null", "-w", "%{num_redirects} %{http_code} %{url_effective}", site.url("/redirect/chain")
    )
    assert done.stdout.decode() == f"6 200 {site.url('/article/1')}"
    statuses = {ask(site.url(f"/redirect/chain?left={left}"))[0].status for left in range(6)}
    assert statuses == {301, 302, 303, 307, 308}


@pytest.mark.parametrize("path", ["/gzip", "/deflate", "/brotli"])
def test_an_encoded_page_is_what_its_header_says(site: Site, path: str) -> None:
    features = curl("--version").stdout.decode()
    if path == "/brotli" and "brotli" not in features:
        pytest.skip("this curl has no Brotli")
    plain, folded = curl("--compressed", site.url(path)), curl(site.url(path))
    assert plain.stdout.startswith(b"<!doctype html>")
    assert len(folded.stdout) < len(plain.stdout) / 2


def test_a_gzip_stream_can_end_half_way(site: Site) -> None:
    response, body = ask(site.url("/cut/gzip"))
    assert int(response.headers["Content-Length"]) == len(body)
    unfolded = subprocess.run(["gzip", "-dc"], input=body, capture_output=True, check=False)
    assert unfolded.returncode == 1
    assert b"unexpected end of file" in unfolded.stderr


def test_chromium_reads_the_brotli_page(site: Site, home: Path) -> None:
    assert BROTLI_SAYS in chromium_sees(site.url("/brotli"), home)


def test_a_range_is_the_part_of_the_file(site: Site) -> None:
    whole, url = clip("clip-1.mp4"), site.url("/media/clip-1.mp4")
    response, body = ask(url, Range="bytes=1000-1999")
    assert (response.status, body) == (206, whole[1000:2000])
    assert response.headers["Content-Range"] == f"bytes 1000-1999/{len(whole)}"
    assert ask(url, Range="bytes=-5")[1] == whole[-5:]
    assert ask(url, Range=f"bytes={len(whole) - 7}-")[1] == whole[-7:]
    assert ask(url, Range=f"bytes={len(whole)}-")[0].status == 416
    assert ask(url, Range="bytes=0-1", If_Range='"other"')[0].status == 200
    assert ask(url, If_None_Match=response.headers["ETag"])[0].status == 304


def test_a_broken_file_can_be_resumed(site: Site, tmp_path: Path) -> None:
    out = tmp_path / "file"
    assert curl("-o", out, site.url("/file?mb=3&break=1")).returncode == CUT_SHORT
    assert out.stat().st_size == MIB
    assert curl("-C", "-", "-o", out, site.url("/file?mb=3&break=1")).returncode == 0
    assert out.read_bytes() == file_bytes(3)
    assert [asked.header("Range") for asked in site.asked("/file")] == ["", f"bytes={MIB}-"]


def test_a_file_without_ranges_starts_again(site: Site) -> None:
    response, body = ask(site.url("/file?mb=2&ranges=no"), Range="bytes=100-")
    assert (response.status, len(body)) == (200, 2 * MIB)


def test_stated_digests_are_right_and_wrong_as_named(site: Site) -> None:
    for path, is_right in (("/file/digest", True), ("/file/digest-wrong", False)):
        response, body = ask(site.url(path))
        stated = base64.b64decode(response.headers["Repr-Digest"].removeprefix("sha-256=:").rstrip(":"))
        assert (stated == hashlib.sha256(body).digest()) is is_right
    response, body = ask(site.url("/file/md5-wrong"))
    assert base64.b64decode(response.headers["Content-MD5"]) != hashlib.md5(body).digest()


@pytest.mark.parametrize("name", [*CLIPS, "tone.mp3", "hls", "dash"])
def test_ffprobe_finds_a_clip_of_its_length(site: Site, name: str) -> None:
    path = {"hls": "/hls/master.m3u8", "dash": "/dash/manifest.mpd"}.get(name, f"/media/{name}")
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration:stream=codec_type", "-of", "json"]
    found = json.loads(subprocess.run([*command, site.url(path)], capture_output=True, check=True, timeout=30).stdout)
    kinds = {stream["codec_type"] for stream in found["streams"]}
    assert kinds == ({"audio"} if name == "tone.mp3" else {"video", "audio"})
    assert float(found["format"]["duration"]) == pytest.approx(1 if name == "tone.mp3" else SECONDS, abs=0.2)


def test_pictures_and_documents_are_what_they_are_called(site: Site, tmp_path: Path) -> None:
    from PIL import Image

    for path, kind in (("/img/123x45-6.png", "PNG"), ("/img/123x45-6.jpg", "JPEG")):
        (tmp_path / "picture").write_bytes(ask(site.url(path))[1])
        with Image.open(tmp_path / "picture") as picture:
            assert (picture.format, picture.size) == (kind, (123, 45))
            picture.load()
    assert ask(site.url("/is/pdf"))[1] == pdf()
    assert ask(site.url("/img/no-size.png"))[0].status == 404


def openssl(site: Site, listener: str, *options: str | Path) -> str:
    host = urlsplit(site.url("/", listener)).netloc
    command = ["openssl", "s_client", "-connect", host, "-CAfile", site.ca_pem, "-verify_ip", "127.0.0.1", *options]
    return subprocess.run(command, input=b"", capture_output=True, check=False, timeout=30).stdout.decode()


@pytest.mark.parametrize(
    ("listener", "code"),
    [
        ("https", 0),
        ("tls12", 0),
        ("expired", 10),
        ("not-yet", 9),
        ("wrong-host", 64),
        ("self-signed", 18),
        ("unknown-ca", 19),
    ],
)
def test_openssl_finds_the_fault_of_each_certificate(site: Site, listener: str, code: int) -> None:
    """*Source:* openssl-verification-options(1) and x509_vfy.h: X509_V_ERR numbers."""
    assert f"Verify return code: {code} (" in openssl(site, listener)


def test_the_good_chain_has_an_intermediate_and_speaks_tls_1_3(site: Site) -> None:
    told = openssl(site, "https", "-showcerts", "-alpn", "h2,http/1.1")
    assert told.count("BEGIN CERTIFICATE") == 2
    assert "TLSv1.3" in told
    assert "ALPN protocol: http/1.1" in told
    assert "TLSv1.2" in openssl(site, "tls12")


def test_chromium_loads_https_with_the_throw_away_home_only(site: Site, home: Path, tmp_path: Path) -> None:
    url = site.url("/article/1", "https")
    assert "Article 1" in chromium_sees(url, home)
    site.forget()
    assert "Article 1" not in chromium_sees(url, tmp_path)
    assert site.log == ()


@pytest.mark.parametrize("listener", BAD)
def test_chromium_refuses_a_page_with_a_bad_certificate(site: Site, home: Path, listener: str) -> None:
    assert "Article 1" not in chromium_sees(site.url("/article/1", listener), home)
    assert site.log == ()


def test_chromium_talks_through_the_websocket(site: Site, home: Path) -> None:
    for budget_ms in (3_000, 30_000, 300_000):  # virtual time may run out before a busy machine has shaken hands
        seen = chromium_sees(site.url("/websocket"), home, f"--virtual-time-budget={budget_ms}")
        if "welcome 欢迎" in seen:
            break
    assert "welcome 欢迎" in seen
    assert site.asked("/echo")


def test_a_right_login_opens_the_members_pages(site: Site) -> None:
    assert ask(site.url("/members"))[0].headers["Location"] == "/login?next=/members"
    form = f"username={USER}&password={PASSWORD}"
    done = curl("-i", "-d", form, site.url("/login")).stdout.decode()
    assert f"Set-Cookie: session={SESSION}; Path=/; HttpOnly" in done
    assert TOKEN in done
    assert curl("-d", "username=alice&password=wrong", "-w", "%{http_code}", site.url("/login")).stdout.endswith(b"401")
    assert "Members only" in ask(site.url("/members"), Cookie=f"session={SESSION}")[1].decode()
    assert ask(site.url("/members/clip.mp4"))[0].status == 403
    assert ask(site.url("/api/me"))[0].status == 401
    assert json.loads(ask(site.url("/api/me"), Authorization=f"Bearer {TOKEN}")[1])["name"] == USER


def test_a_plain_client_is_told_apart_from_a_browser(site: Site, home: Path) -> None:
    assert curl("-w", "%{http_code}", "-o", "/dev/null", site.url("/browsers-only")).stdout == b"403"
    assert "For a plain client" in curl(site.url("/cloak")).stdout.decode()
    assert "For a browser" in chromium_sees(site.url("/cloak"), home)


def test_a_path_can_be_switched_and_counts_its_visits(site: Site) -> None:
    before, counted = ask(site.url("/notice"))[1], [ask(site.url("/changing"))[1] for _ in range(2)]
    assert counted[0] != counted[1]
    assert site.visits("/changing") == 2
    site.set("/notice", "altered")
    assert "288" in ask(site.url("/notice"))[1].decode()
    assert "288" not in before.decode()
    for mode, status in (("gone", 410), ("missing", 404), ("refused", 403)):
        site.set("/notice", mode)
        assert ask(site.url("/notice"))[0].status == status
    site.set("/notice", "dead")
    assert curl(site.url("/notice")).returncode == EMPTY


def test_requests_are_logged_as_they_came(site: Site) -> None:
    curl("-H", "X-Mine: 1", "-d", "a=b", site.url("/article/2?q=1", "other"))
    (asked,) = site.log
    assert (asked.method, asked.path, asked.query, asked.listener, asked.body) == (
        "POST",
        "/article/2",
        "q=1",
        "other",
        b"a=b",
    )
    assert asked.header("x-mine") == "1"


def test_the_network_can_be_lost_in_the_middle_of_a_clip(site: Site) -> None:
    site.lose_network_at("/media/clip-1.mp4")
    try:
        lost = curl(site.url("/media/clip-1.mp4"))
        assert lost.returncode != 0
        assert 0 < len(lost.stdout) < len(media_bytes("/media/clip-1.mp4"))
        assert curl(site.url("/article/1")).returncode != 0
        assert curl(site.url("/article/1", "other")).returncode != 0
    finally:
        site.restore_network()
    assert curl(site.url("/media/clip-1.mp4")).stdout == clip("clip-1.mp4")


def test_a_huge_page_has_the_size_that_was_asked_for(site: Site) -> None:
    done = curl("-o", "/dev/null", "-w", "%{size_download}", site.url("/huge?mb=30"))
    assert int(done.stdout) == pytest.approx(30 * MIB, rel=0.02)
