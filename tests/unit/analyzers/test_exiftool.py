"""The ExifTool process: it is kept, it is bounded, and whatever happens to it the next answer is right."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from forensics.analyzers.metadata import exiftool
from forensics.errors import ToolError, ToolLimitError, ToolMissingError, ToolTimeoutError
from forensics.tools import Limits

MAKE = "EXIF:IFD0:Main::Make"


@pytest.fixture
def reader():
    """A reader of its own, so that its process can be maltreated."""
    reader = exiftool.Reader(Limits(wall_s=20.0))
    yield reader
    reader.close()


@pytest.fixture
def picture(tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif)
    return tmp_path / "a.jpg"


def pid_of(reader: exiftool.Reader) -> int:
    return reader._process._process.pid


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_one_process_reads_many_files(reader, picture):
    pids = set()
    for _ in range(3):
        assert reader.read(picture)[MAKE] == "Maker"
        pids.add(pid_of(reader))
    assert len(pids) == 1


def test_a_process_that_was_killed_is_started_anew(reader, picture):
    reader.read(picture)
    os.kill(pid_of(reader), signal.SIGKILL)
    assert reader.read(picture)[MAKE] == "Maker"


def test_a_process_that_hangs_is_ended_and_the_next_file_is_read(picture):
    reader = exiftool.Reader(Limits(wall_s=1.0))
    reader.read(picture)
    hung = pid_of(reader)
    os.kill(hung, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(ToolTimeoutError, match="did not finish within 1 s"):
        reader.read(picture)
    assert time.monotonic() - began < 10
    assert not is_alive(hung)
    assert reader.read(picture)[MAKE] == "Maker"
    reader.close()


def test_too_much_output_ends_the_process_and_the_next_file_is_read(picture, tmp_path):
    big = tmp_path / "big.jpg"
    Image.new("RGB", (8, 8)).save(big, comment=b"x" * 60_000)
    reader = exiftool.Reader(Limits(wall_s=20.0, output_bytes=20_000))
    with pytest.raises(ToolLimitError):
        reader.read(big)
    assert reader.read(picture)[MAKE] == "Maker"
    reader.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of another process")
def test_want_of_memory_is_an_error_and_not_a_hang(picture):
    reader = exiftool.Reader(Limits(wall_s=20.0, memory_bytes=10 << 20))
    with pytest.raises(ToolError, match="ended before it had answered"):
        reader.read(picture)
    reader.close()


def test_closing_ends_the_process(reader, picture):
    reader.read(picture)
    pid = pid_of(reader)
    reader.close()
    reader.close()
    assert not is_alive(pid)


def test_one_process_has_one_reader_for_the_same_limits():
    limits = Limits(wall_s=21.0)
    assert exiftool.reader(limits) is exiftool.reader(limits)
    assert exiftool.reader(limits) is not exiftool.reader(Limits(wall_s=22.0))


def _read_in_child(path: Path, parent: int, queue: multiprocessing.Queue) -> None:
    reader = exiftool.reader(Limits(wall_s=20.0))
    answer = reader.read(path)[MAKE]
    queue.put((answer, pid_of(reader) != parent, pid_of(reader)))


def test_a_forked_worker_has_a_process_of_its_own_that_ends_with_it(picture):
    reader = exiftool.reader(Limits(wall_s=20.0))
    reader.read(picture)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    worker = context.Process(target=_read_in_child, args=(picture, pid_of(reader), queue))
    worker.start()
    answer, is_other, pid = queue.get(timeout=30)
    worker.join(30)
    assert (answer, is_other) == ("Maker", True)
    time.sleep(0.2)
    assert not is_alive(pid)
    assert reader.read(picture)[MAKE] == "Maker"
    reader.close()


def test_the_environment_is_as_before_after_a_start(reader, picture, monkeypatch):
    monkeypatch.setenv("PERL_HASH_SEED", "7")
    monkeypatch.delenv("PERL_PERTURB_KEYS", raising=False)
    before = dict(os.environ)
    reader.read(picture)
    assert dict(os.environ) == before


def test_a_configuration_of_the_user_is_not_run(reader, picture, tmp_path, monkeypatch):
    mark = tmp_path / "ran"
    (tmp_path / ".ExifTool_config").write_text(f"open(my $f, '>', '{mark}'); 1;")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EXIFTOOL_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    reader.read(picture)
    assert not mark.exists()


@pytest.mark.parametrize("name", ["a\n-delete_original!\nb.jpg", "a\rb.jpg"])
def test_a_path_with_a_line_break_is_refused(reader, tmp_path, name):
    with pytest.raises(ToolError, match="line break"):
        reader.read(tmp_path / name)


def test_a_file_that_is_not_there_is_an_error(reader, tmp_path):
    with pytest.raises(ToolError, match="no usable answer"):
        reader.read(tmp_path / "nothing.jpg")


def test_without_exiftool_the_error_says_how_to_install_it(reader, picture, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissingError) as raised:
        reader.read(picture)
    assert "libimage-exiftool-perl" in raised.value.hint


def test_a_program_that_only_looks_like_exiftool_is_an_error(picture, tmp_path, monkeypatch):
    impostor = tmp_path / "exiftool"
    impostor.write_text('#!/bin/sh\ncase "$*" in *-ver*) echo 12.57;; *) exec cat > /dev/null;; esac\n')
    impostor.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    reader = exiftool.Reader(Limits(wall_s=0.5))
    with pytest.raises(ToolError):
        reader.read(picture)
