"""One writer at a time, and whoever waits is told for whom."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from forensics.custody.lock import exclusive
from forensics.errors import CaseLockedError, StoreError
from tests.fakes import cases

HOLDER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from forensics.custody.lock import exclusive
with exclusive(Path(sys.argv[1]), verb="collect", wait_s=0):
    print("held", flush=True)
    sys.stdin.read()
"""
TOP = Path(__file__).resolve().parents[3]


def hold(path: Path) -> subprocess.Popen[bytes]:
    child = subprocess.Popen([sys.executable, "-c", HOLDER, path, TOP], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    return child


def test_a_second_writer_is_told_who_holds_the_case(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with hold(path) as child:
        with pytest.raises(CaseLockedError) as caught, exclusive(path, verb="erase", wait_s=0):
            pytest.fail("both hold the lock")
        assert f"process {child.pid} on " in str(caught.value)
        assert "(collect, since 2" in str(caught.value)
        assert "--wait" in caught.value.hint
        assert caught.value.exit_code == 1
        child.communicate()
    with exclusive(path, verb="erase", wait_s=0):
        assert json.loads(path.read_text())["verb"] == "erase"
    assert path.read_bytes() == b""


def test_the_lock_is_free_when_its_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with hold(path) as child:
        child.kill()
        child.wait()
        with exclusive(path, verb="collect", wait_s=5):
            assert json.loads(path.read_text())["process"] == os.getpid()


def test_a_second_writer_waits(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with hold(path) as child:
        timer = threading.Timer(0.3, child.kill)
        timer.start()
        started = time.monotonic()
        with exclusive(path, verb="collect", wait_s=30):
            waited = time.monotonic() - started
        timer.join()
    assert 0.2 < waited < 20


def test_a_second_writer_waits_no_longer_than_it_was_told(tmp_path: Path) -> None:
    with exclusive(tmp_path / "lock", verb="collect", wait_s=0):
        started = time.monotonic()
        with pytest.raises(CaseLockedError), exclusive(tmp_path / "lock", verb="collect", wait_s=0.25):
            pass
        assert 0.2 < time.monotonic() - started < 10


def test_one_process_does_not_hold_it_twice_either(tmp_path: Path) -> None:
    with exclusive(tmp_path / "lock", verb="a", wait_s=0):
        for _ in range(2):
            with pytest.raises(CaseLockedError), exclusive(tmp_path / "lock", verb="b", wait_s=0):
                pass


def test_the_lock_is_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), exclusive(tmp_path / "lock", verb="a", wait_s=0):
        raise KeyError
    assert (tmp_path / "lock").read_bytes() == b""
    with exclusive(tmp_path / "lock", verb="b", wait_s=0):
        pass


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b'{"process": 1}', b"not JSON"])
def test_whatever_stands_in_the_file_a_second_writer_gets_a_message(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lock"
    with exclusive(path, verb="a", wait_s=0):
        path.write_bytes(content)
        with pytest.raises(CaseLockedError, match="another process"), exclusive(path, verb="b", wait_s=0):
            pass


def test_what_a_link_in_its_place_points_to_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"mine")
    (tmp_path / "lock").symlink_to(tmp_path / "mine")
    with pytest.raises(StoreError, match="cannot be locked"), exclusive(tmp_path / "lock", verb="a", wait_s=0):
        pass
    assert (tmp_path / "mine").read_bytes() == b"mine"


def test_a_pipe_or_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder", "nothing/lock"):
        with pytest.raises(StoreError, match="cannot be locked"), exclusive(tmp_path / name, verb="a", wait_s=0):
            pass


def test_programs_that_are_started_meanwhile_do_not_keep_the_lock(tmp_path: Path) -> None:
    with exclusive(tmp_path / "lock", verb="a", wait_s=0):
        child = subprocess.Popen(["sleep", "60"])
    try:
        with exclusive(tmp_path / "lock", verb="b", wait_s=0):
            pass
    finally:
        child.kill()
        child.wait()


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    before = cases.open_descriptors()
    with exclusive(tmp_path / "lock", verb="a", wait_s=0):
        for _ in range(5):
            with pytest.raises(CaseLockedError), exclusive(tmp_path / "lock", verb="b", wait_s=0):
                pass
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreError), exclusive(tmp_path / "pipe", verb="a", wait_s=0):
        pass
    assert cases.open_descriptors() == before
