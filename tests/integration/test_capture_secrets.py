"""What must not get out does not, and what must not be reached is not: secrets, private addresses."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.captures import Captured, capture
from tests.fakes.program import forensics, opened
from tests.fakes.site import Site
from tests.fakes.site_media import clip
from tests.fakes.site_walls import SECRETS
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


@pytest.fixture(scope="module")
def page(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Captured:
    url = site.url("/article/1")
    return capture(opened(tmp_path_factory.mktemp("page") / "case"), url)[url]


def test_the_operators_network_stands_in_the_sealed_part_alone(page: Captured) -> None:
    sealed = [one for one in page.all("preflight") if one["sealed"]]
    assert [set(one["sealed"]) for one in sealed] == [{"commitment"}]
    assert page.open("preflight")[0]["facts"]["preflight"]["commitment"] == sealed[0]["sealed"]["commitment"]
    own = _own_identifiers()
    texts = {one["name"]: page.read(one) for role in ("preflight", "navigation-log") for one in page.open(role)}
    texts["record"] = json.dumps(page.record).encode()
    assert [(name, value) for name, text in texts.items() for value in own if value.encode() in text] == []


def _own_identifiers() -> set[str]:
    """Addresses of this machine: hardware, and those of the network that are not loopback."""
    interfaces = [path for path in Path("/sys/class/net").iterdir() if path.name != "lo"]
    hardware = {(path / "address").read_text().strip() for path in interfaces if (path / "address").exists()}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            addresses = {probe.getsockname()[0]}
        except OSError:
            addresses = set()
    return {value for value in hardware | addresses if value and set(value) - set("0:.")}


@pytest.fixture(scope="module")
def logged_in(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A browser profile in which somebody logged in before."""
    profile = tmp_path_factory.mktemp("profile")
    command = ["chromium", "--headless=new", "--disable-gpu", "--password-store=basic", f"--user-data-dir={profile}"]
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    flags = [*sandbox, "--virtual-time-budget=5000", "--dump-dom"]
    done = subprocess.run([*command, *flags, site.url("/login/auto")], capture_output=True, check=True, timeout=60)
    assert b"Members only" in done.stdout
    return profile


def test_a_log_in_made_before_is_used_and_its_secrets_are_sealed(site: Site, logged_in: Path, tmp_path: Path) -> None:
    case, url = opened(tmp_path / "case"), site.url("/members")
    one = capture(case, "--profile", logged_in, url)[url]
    assert one.state == "content"
    assert "notice board of the members" in one.content("dom").decode()
    assert one.media()["/members/clip.mp4"] == clip("clip-2.mp4")
    assert [artifact["sealed"] is not None for artifact in one.all("secrets")] == [True]
    assert one.facts["stripped"]["headers"] > 0
    _assert_no_secrets(case, tmp_path)


def test_a_log_in_that_is_captured_gives_no_secret_away(site: Site, tmp_path: Path) -> None:
    case, url = opened(tmp_path / "case"), site.url("/login/auto")
    one = capture(case, url)[url]
    assert site.asked("/login") != []
    assert "[stripped:" in json.dumps([dict(record.headers) for record in one.exchanges()])
    assert one.facts["stripped"]["bodies"] > 0
    _assert_no_secrets(case, tmp_path)


def _assert_no_secrets(case: Path, folder: Path) -> None:
    """Looks into every blob, record and packet, and into archives in them."""
    packet = folder / "packet.zip"
    assert forensics("bundle", case, packet, "--json").code in {0, 3}
    found = [
        (name, secret)
        for name, raw in [*_inside("packet.zip", packet.read_bytes()), *_files(case)]
        for secret in SECRETS
        if secret.encode() in raw
    ]
    assert found == []


def _files(case: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(case.rglob("*")):
        if path.is_file():
            yield from _inside(str(path.relative_to(case)), path.read_bytes())


def _inside(name: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, raw
    if raw.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for inner in archive.namelist():
                yield from _inside(f"{name}/{inner}", archive.read(inner))
    elif raw.startswith(b"\x1f\x8b"):
        unpacked = b""
        while raw.startswith(b"\x1f\x8b"):
            unpacking = zlib.decompressobj(wbits=31)
            unpacked += unpacking.decompress(raw)
            raw = unpacking.unused_data
        yield f"{name}/unpacked", unpacked


PUBLIC = "5.5.5.5"
"""A public address, given to the loopback device of a network that has no other."""
IN_A_PUBLIC_NETWORK = """
import json, subprocess, sys
from pathlib import Path
from tests.fakes.program import forensics, opened
from tests.fakes.site import Site
from tests.fakes.trust import trusting_home
for command in ("ip link set lo up", f"ip address add {sys.argv[2]}/32 dev lo"):
    subprocess.run(command.split(), check=True)
folder = Path(sys.argv[1])
with Site(folder / "site", host=sys.argv[2], other_host="127.0.0.1") as site:
    options = sys.argv[3:]
    ended = forensics("collect", opened(folder / "case"), site.url("/private"), "--json", *options)
    reached = [asked.path for asked in site.log if asked.listener == "other"]
    print(json.dumps({"code": ended.code, "told": ended.told, "reached": reached}))
"""


def in_a_public_network(folder: Path, *options: str) -> dict[str, Any]:
    """Captures a page on a public address that asks for private ones, in a network of its own."""
    try:
        subprocess.run(["unshare", "--net", "ip", "link", "set", "lo", "up"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine does not let us make a network")
    command = ["unshare", "--net", sys.executable, "-c", IN_A_PUBLIC_NETWORK, folder, PUBLIC, *options]
    done = subprocess.run(command, capture_output=True, check=False, timeout=300, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr.decode()
    return dict(json.loads(done.stdout))


def test_a_public_page_reaches_no_private_address(tmp_path: Path) -> None:
    ran = in_a_public_network(tmp_path)
    (item,) = ran["told"]["items"]
    assert ran["reached"] == []
    assert (ran["code"], item["outcome"]) == (3, "PARTIAL")
    assert any(gap["why"] == "REFUSED" and "127.0.0.1" in gap["what"] + gap["detail"] for gap in item["gaps"])


def test_private_addresses_are_reached_when_that_is_allowed(tmp_path: Path) -> None:
    assert "/img/10x10-1.png" in in_a_public_network(tmp_path, "--allow-private")["reached"]


def test_a_page_on_a_private_address_may_use_private_addresses(site: Site, tmp_path: Path) -> None:
    url = site.url("/private")
    site.forget()
    one = capture(opened(tmp_path / "case"), url)[url]
    assert site.asked("/img/10x10-1.png", "other") != []
    assert not any(gap["why"] == "REFUSED" for gap in one.gaps)
