from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest

from forensics import tools
from forensics.errors import ToolLimitError, ToolMissingError, ToolTimeoutError, UsageError
from forensics.tools import Limits

SHORT = Limits(wall_s=20.0)


@pytest.fixture
def lonely_path(tmp_path, monkeypatch):
    """A PATH with one folder, in which nothing is installed yet."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, name: str, answer: str) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    return program


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ends_soon(pid: int) -> bool:
    """Waits for a killed process: the kernel ends it a moment after the signal."""
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def test_a_program_has_the_version_it_tells_and_the_digest_of_its_file():
    found = tools.find("openssl")
    assert found.version == subprocess.check_output(["openssl", "version"], text=True).split()[1]
    assert found.digest == subprocess.check_output(["sha256sum", found.path], text=True).split()[0]


@pytest.mark.parametrize("name", sorted(tools.PROGRAMS))
def test_every_program_that_is_installed_tells_its_version(name):
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    assert tools.find(name).version[0].isdigit() or tools.find(name).version[0] in "nN"


def test_a_description_has_no_path():
    described = tools.find("openssl").describe(["ts", "-query"], settings={"a": 1})
    assert (described.name, described.arguments, described.settings) == ("openssl", ("ts", "-query"), {"a": 1})
    assert "/" not in f"{described.name}{described.version}{described.digest}"


def test_a_requirement_gives_the_description(lonely_path):
    install(lonely_path, "exiftool", "12.57")
    assert tools.require("exiftool>=12.24").version == "12.57"


def test_a_missing_program_is_named_with_the_command_that_installs_it(lonely_path):
    with pytest.raises(ToolMissingError, match="exiftool is not installed") as raised:
        tools.require("exiftool>=12")
    assert "apt-get install libimage-exiftool-perl" in raised.value.hint
    assert raised.value.exit_code == 30


def test_a_program_that_vanishes_is_missing(lonely_path):
    program = install(lonely_path, "exiftool", "12.57")
    tools.find("exiftool")
    program.unlink()
    with pytest.raises(ToolMissingError):
        tools.find("exiftool")


@pytest.mark.parametrize(
    ("answer", "requirement"), [("9.99", "exiftool>=10"), ("12.9", "exiftool>=12.24"), ("12", "exiftool>=12.24")]
)
def test_an_older_program_is_missing(lonely_path, answer, requirement):
    install(lonely_path, "exiftool", answer)
    with pytest.raises(ToolMissingError, match="older than"):
        tools.require(requirement)


@pytest.mark.parametrize("version", ["5.1.9-0+deb12u1", "n6.0", "N-109542-g2c3e4e9"])
def test_versions_of_builds_are_accepted(lonely_path, version):
    install(lonely_path, "ffprobe", f"ffprobe version {version} Copyright")
    assert tools.require("ffprobe>=4.0").version == version


def test_a_replaced_program_has_a_new_digest(lonely_path):
    program = install(lonely_path, "exiftool", "12.57")
    first = tools.find("exiftool").digest
    install(lonely_path, "exiftool", "12.58")
    os.utime(program, ns=(1, 1))
    second = tools.find("exiftool")
    assert second.version == "12.58"
    assert second.digest == hashlib.sha256(program.read_bytes()).hexdigest() != first


def test_an_unknown_program_is_a_mistake_of_the_caller():
    with pytest.raises(UsageError, match="rm"):
        tools.require("rm")


def test_output_and_status_come_back_whole():
    done = tools.run(
        python("import sys; print('out' * 99999); print('err', file=sys.stderr); sys.exit(3)"), limits=SHORT
    )
    assert done.returncode == 3
    assert done.stdout == b"out" * 99999 + b"\n"
    assert done.stderr == b"err\n"


def test_an_open_file_becomes_standard_input(tmp_path):
    (tmp_path / "in").write_bytes(b"12345")
    with (tmp_path / "in").open("rb") as stream:
        assert tools.run(["wc", "-c"], limits=SHORT, stdin=stream).stdout.split() == [b"5"]


def test_without_a_file_standard_input_is_empty():
    assert tools.run(["wc", "-c"], limits=SHORT).stdout.split() == [b"0"]


def test_a_program_runs_in_utc_and_without_the_variables_of_the_user(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    monkeypatch.setenv("FFREPORT", "file=report.log")
    given = tools.run(["env"], limits=SHORT).stdout.decode().splitlines()
    assert "TZ=UTC" in given
    assert "LC_ALL=C.UTF-8" in given
    assert not [line for line in given if line.startswith("FFREPORT")]


def test_a_program_that_hangs_is_killed_with_all_that_it_started(tmp_path):
    pid_file = tmp_path / "pid"
    began = time.monotonic()
    with pytest.raises(ToolTimeoutError, match="did not finish within 1 s"):
        tools.run(["sh", "-c", f"sleep 60 & echo $! > {pid_file}; sleep 60"], limits=Limits(wall_s=1.0))
    assert time.monotonic() - began < 10
    assert ends_soon(int(pid_file.read_text()))


def test_what_a_program_leaves_behind_is_killed_too(tmp_path):
    pid_file = tmp_path / "pid"
    tools.run(["sh", "-c", f"sleep 60 > /dev/null 2>&1 & echo $! > {pid_file}"], limits=SHORT)
    time.sleep(0.1)
    assert ends_soon(int(pid_file.read_text()))


@pytest.mark.parametrize("redirection", ["", " >&2"])
def test_a_program_that_floods_is_killed(redirection):
    with pytest.raises(ToolLimitError, match="more than 100000 bytes"):
        tools.run(["sh", "-c", f"cat /dev/zero{redirection}"], limits=Limits(wall_s=20.0, output_bytes=100_000))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of another process")
def test_a_program_that_wants_too_much_memory_fails():
    limits = Limits(wall_s=20.0, memory_bytes=1 << 29)
    assert tools.run(python("import time; time.sleep(0.3); bytearray(1 << 30)"), limits=limits).returncode != 0
    assert tools.run(python("import time; time.sleep(0.3); bytearray(1 << 20)"), limits=limits).returncode == 0


def test_what_cannot_be_started_is_missing(tmp_path):
    with pytest.raises(ToolMissingError, match="cannot be started"):
        tools.run([str(tmp_path / "nothing")], limits=SHORT)


def streamed(code: str, *, size: int, limits: Limits = SHORT) -> tuple[bytes, list[str], int]:
    """Reads all output in blocks of a size; gives it with the lines of messages and the exit status."""
    lines: list[str] = []
    parts = []
    with tools.streaming(python(code), heed=lines.append, limits=limits) as stream:
        block = bytearray(size)
        while count := stream.fill(memoryview(block)):
            parts.append(bytes(block[:count]))
        status = stream.finish()
    assert all(len(part) == size for part in parts[:-1])
    return b"".join(parts), lines, status


def test_a_stream_gives_output_in_whole_blocks_and_messages_by_line():
    code = "import sys; print('x' * 199_999); print('first\\nsecond', file=sys.stderr, end=''); sys.exit(3)"
    assert streamed(code, size=7_000) == (b"x" * 199_999 + b"\n", ["first", "second"], 3)


def test_a_message_is_passed_on_before_the_output_that_came_after_it():
    code = (
        "import os, time\n"
        "for number in range(20): os.write(2, b'%d\\n' % number); os.write(1, b'%02d' % number); time.sleep(0.002)"
    )
    lines: list[str] = []
    with tools.streaming(python(code), heed=lines.append, limits=SHORT) as stream:
        block = bytearray(2)
        for number in range(20):
            assert stream.fill(memoryview(block)) == 2
            assert str(number) in lines
            assert int(block) == number


def test_a_stream_keeps_neither_output_nor_messages():
    write = "sys.stderr.write('y' * 5000); sys.stdout.buffer.write(b)"
    code = f"import sys; b = b'x' * (1 << 20)\nfor _ in range(200): {write}"
    tracemalloc.start()
    try:
        with tools.streaming(python(code), heed=lambda _: None, limits=Limits(20.0, 2 << 30, 1 << 40)) as stream:
            block = bytearray(1 << 16)
            taken = 0
            while count := stream.fill(memoryview(block)):
                taken += count
            stream.finish()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken == 200 << 20
    assert peak < 4 << 20


def test_time_of_a_stream_counts_only_while_it_is_waited_for():
    with tools.streaming(python("print('a' * 9)"), heed=print, limits=Limits(wall_s=5.0)) as stream:
        block = bytearray(1)
        assert stream.fill(memoryview(block)) == 1
        stream._waited_s = 4.0
        assert stream.fill(memoryview(bytearray(99))) == 9
        assert stream.finish() == 0


def test_a_stream_that_hangs_is_ended_with_all_that_it_started(tmp_path):
    pid_file = tmp_path / "pid"
    command = ["sh", "-c", f"sleep 60 & echo $! > {pid_file}; sleep 60"]
    with (
        pytest.raises(ToolTimeoutError, match="did not finish within 1 s"),
        tools.streaming(command, heed=print, limits=Limits(wall_s=1.0)) as stream,
    ):
        stream.fill(memoryview(bytearray(1)))
    assert ends_soon(int(pid_file.read_text()))


def test_a_stream_that_is_left_early_is_ended(tmp_path):
    pid_file = tmp_path / "pid"
    command = ["sh", "-c", f"echo $$ > {pid_file}; exec cat /dev/zero"]
    with tools.streaming(command, heed=print, limits=SHORT) as stream:
        assert stream.fill(memoryview(bytearray(100))) == 100
    assert ends_soon(int(pid_file.read_text()))


@pytest.mark.parametrize("redirection", ["", " >&2"])
def test_a_stream_that_floods_is_ended(redirection):
    command = ["sh", "-c", f"cat /dev/zero{redirection}"]
    limits = Limits(wall_s=20.0, output_bytes=100_000)
    with (
        pytest.raises(ToolLimitError, match="more than 100000 bytes"),
        tools.streaming(command, heed=lambda _: None, limits=limits) as stream,
    ):
        stream.finish()
