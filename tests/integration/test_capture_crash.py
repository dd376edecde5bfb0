"""What a browser that dies, a run that is stopped, and a case in a deep folder cost: one item at most."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.captures import capture
from tests.fakes.program import COMMAND, forensics, opened
from tests.fakes.site import Site

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found through /proc"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site")) as running:
        yield running


def started(case: Path, *urls: str) -> subprocess.Popen[bytes]:
    """Starts a run that heeds Ctrl-C, also where the tests themselves run behind a shell's `&` and would not."""
    command = ["env", "--default-signal=INT", *COMMAND, "collect", str(case), *urls, "--jobs", "1", "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def browsers_of(case: Path) -> list[int]:
    """Finds the browsers whose profile lies in the case's folder, without their helper processes."""
    wanted = f"--user-data-dir={case.absolute()}/tmp/".encode()
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if wanted in line and b"--type=" not in line:
            found.append(int(entry.name))
    return found


def wait_for(check, *, seconds=150.0):
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_a_browser_that_dies_costs_one_item(site: Site, tmp_path: Path) -> None:
    case = opened(tmp_path / "case")
    with started(case, site.url("/silent"), site.url("/article/1")) as process:
        wait_for(lambda: any(asked.path == "/silent" for asked in site.log))
        wait_for(lambda: browsers_of(case))
        os.kill(browsers_of(case)[0], signal.SIGKILL)
        out, _ = process.communicate(timeout=250)
    told = json.loads(out)
    assert [item["outcome"] for item in told["items"]] == ["FAILED", "COMPLETE"]
    assert any("browser" in gap["what"] for gap in told["items"][0]["gaps"])
    assert process.returncode == 3
    assert forensics("verify", case).code in {0, 3}


def test_a_run_that_is_stopped_keeps_what_it_had_and_goes_on_later(site: Site, tmp_path: Path) -> None:
    case = opened(tmp_path / "case")
    with started(case, site.url("/article/2"), site.url("/never"), site.url("/article/3")) as process:
        wait_for(lambda: any(asked.path == "/never" for asked in site.log))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode != 0
    assert not browsers_of(case)
    captures = capture(case, site.url("/article/3"))
    assert captures[site.url("/article/3")].outcome == "COMPLETE"


def test_a_case_in_a_deep_folder_is_captured_all_the_same(site: Site, tmp_path: Path) -> None:
    deep = tmp_path / ("a-folder-with-a-long-name-" * 4) / "案件" / "case"
    deep.parent.mkdir(parents=True)
    captures = capture(opened(deep), site.url("/article/4"))
    assert captures[site.url("/article/4")].outcome == "COMPLETE"


def test_a_capture_leaves_nothing_in_tmp_and_no_process(site: Site, tmp_path: Path) -> None:
    case = opened(tmp_path / "case")
    capture(case, site.url("/article/5"))
    assert not list((case / "tmp").iterdir())
    assert not browsers_of(case)
