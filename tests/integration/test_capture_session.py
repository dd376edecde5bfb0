"""Sessions of a browser: they end with the program, nothing passes from one to the next, an operator may walk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.captures import Captured, acquisitions, capture
from tests.fakes.program import COMMAND, forensics, opened
from tests.fakes.site import Site
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


@contextmanager
def started(*arguments: str | Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """Runs the program beside the test, with a pipe to its standard input."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **variables},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(happened: Callable[[], object], *, limit_s: float = 90) -> None:
    end = time.monotonic() + limit_s
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def browsers_of(pid: int) -> list[int]:
    """Gives the browsers that a process started: their main processes, not their helpers."""
    return [child for child in _children(pid) if b"--remote-debugging-pipe" in _command(child)]


def _children(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def is_alive(pid: int) -> bool:
    return _command(pid) != b""


def test_a_program_that_is_killed_leaves_no_browser_and_a_sound_case(site: Site, tmp_path: Path) -> None:
    site.forget()
    case, url = opened(tmp_path / "case"), site.url("/slow?ms=1000")
    with started("collect", case, url) as process:
        wait_until(lambda: site.asked("/slow"))
        (browser,) = browsers_of(process.pid)
        process.kill()
        process.wait(20)
        wait_until(lambda: not is_alive(browser), limit_s=20)
    assert capture(case, site.url("/article/13")).ended.code == 0
    assert forensics("verify", case, "--json").told["intact"] == "passed"


def test_a_log_in_does_not_pass_from_one_item_to_the_next(site: Site, tmp_path: Path) -> None:
    case, urls = opened(tmp_path / "case"), (site.url("/login/auto"), site.url("/members"))
    run = capture(case, "--jobs", "1", *urls)
    assert [run[url].state for url in urls] == ["content", "login-wall"]


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A screen in memory; gives its name."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as process:
        os.close(writing)
        with os.fdopen(reading) as answer:
            name = answer.readline().strip()
        try:
            yield f":{name}"
        finally:
            process.terminate()


def test_an_operator_walks_in_a_visible_browser_and_no_secret_is_kept(site: Site, screen: str, tmp_path: Path) -> None:
    """The page logs in by itself, as the operator would, while the program waits for Enter."""
    site.forget()
    case, url = opened(tmp_path / "case"), site.url("/login/auto")
    with started("collect", case, "--interactive", "--json", url, DISPLAY=screen) as process:
        wait_until(lambda: site.asked("/members/picture.png"))
        time.sleep(3)
        output = process.communicate(b"\nq\n", timeout=200)[0]
    (item,) = json.loads(output)["items"]
    one = Captured(case, item, acquisitions(case)[0])
    assert (process.returncode, one.outcome) == (0, "COMPLETE"), one.gaps
    assert one.facts["interactive"] is True
    assert one.facts["browser"]["headless"] is False
    assert one.facts["final_url"] == site.url("/members")
    assert all("notice board of the members" in one.read(dom).decode() for dom in one.open("dom"))
    kept = b"".join(path.read_bytes() for path in sorted((case / "blobs").rglob("*")) if path.is_file())
    warc = b"".join(exchange.payload for exchange in one.exchanges())
    assert [secret for secret in SECRETS if secret.encode() in kept + warc] == []
