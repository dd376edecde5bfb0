"""The disk of the case is full: that is said, nothing committed is lost, and with more space it works again."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.custody import erasure
from forensics.errors import CaseError, StoreError
from tests.fakes import cases

PAGE = 4096
"""What a tmpfs allocates at a time, in bytes, on the machines where these tests have run."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture
def built(disk: Path, tmp_path: Path) -> cases.Built:
    """A case with one item on that disk; its keys and notes lie elsewhere."""
    return cases.build_case(disk / "case", cases.home_in(tmp_path / "home"), items=1)


def fill(disk: Path, *, free_pages: int) -> Path:
    """Fills the disk but for some pages and gives the file that does."""
    filler = disk / "filler"
    free = shutil.disk_usage(disk).free - free_pages * PAGE
    assert free > 0
    filler.write_bytes(bytes(free))
    return filler


def test_a_commit_on_a_full_disk_fails_and_says_what_to_do(disk: Path, built: cases.Built) -> None:
    with built.writing() as writer:
        fill(disk, free_pages=0)
        with pytest.raises(StoreError) as caught:
            cases.collect_item(writer, 2, act="1/0")
    assert caught.value.exit_code == 1
    assert caught.value.hint == "Free space on the disk of the case and run the command again."
    assert "No space left on device" in str(caught.value)
    assert "committed before is intact" in caught.value.kept


def test_wherever_the_space_ends_nothing_committed_is_lost(disk: Path, built: cases.Built) -> None:
    outcomes = [check_commit_with(disk, built, free_pages=free_pages) for free_pages in range(1, 9)]
    assert outcomes[:2] == [False, False]
    assert outcomes[-1] is True


def check_commit_with(disk: Path, built: cases.Built, *, free_pages: int) -> bool:
    """Commits with so much space, demands that the case is whole afterwards, and says whether it was committed."""
    before = built.open()
    is_committed = commit_with(disk, built, free_pages=free_pages)
    left = built.open()
    assert left.events[: len(before.events)] == before.events
    assert (len(left.events) > len(before.events)) == is_committed
    assert left.snapshot().items[: len(before.snapshot().items)] == before.snapshot().items
    assert len(left.index().blob_names()) >= 2
    defects, remains = cases.judged(built.folder)
    assert not defects
    (disk / "filler").unlink()
    with built.writing() as writer:
        assert writer.next_seq == len(left.events) + bool(remains)
    assert cases.judged(built.folder) == ([], [])
    return is_committed


def commit_with(disk: Path, built: cases.Built, *, free_pages: int) -> bool:
    """Commits an item with so much space, and says whether it was committed."""
    try:
        with built.writing() as writer:
            fill(disk, free_pages=free_pages)
            cases.collect_item(writer, writer.index.last_item_number() + 1, act="1/0")
    except StoreError:
        return False
    return True


def test_a_line_that_the_disk_takes_only_in_part_is_taken_back(disk: Path, built: cases.Built) -> None:
    ledger = built.folder / "ledger.jsonl"
    fill(disk, free_pages=0)
    with built.writing() as writer:
        for _ in range(2 * PAGE // 500):
            before = ledger.read_bytes()
            try:
                writer.commit("checkpoint")
            except StoreError:
                break
        else:
            pytest.fail("no line met the end of a page")
    assert ledger.read_bytes() == before
    assert len(before) % PAGE != 0
    assert cases.judged(built.folder) == ([], [])


def test_a_writer_that_failed_writes_nothing_more(disk: Path, built: cases.Built) -> None:
    before = built.open().events
    with built.writing() as writer:
        staged = writer.store.stage(io.BytesIO(b"bytes"))
        filler = fill(disk, free_pages=0)
        with pytest.raises(StoreError):
            writer.commit("collect", [], staged=[staged])
        filler.unlink()
        with pytest.raises(CaseError, match="an earlier step failed"):
            writer.commit("checkpoint")
    assert built.open().events == before


def test_an_erasure_that_found_no_space_is_finished_later(disk: Path, built: cases.Built) -> None:
    for free_pages in range(24):
        try:
            with built.writing() as writer:
                fill(disk, free_pages=free_pages)
                erasure.erase(writer, "ITEM-0001", basis="asked")
        except StoreError:
            pass
        (disk / "filler").unlink()
        assert cases.judged(built.folder)[0] == []
        if any(event.action == "erase" for event in built.open().events):
            break
    with built.writing():
        pass
    assert cases.judged(built.folder) == ([], [])
    assert not list(cases.files_with(built.folder, cases.secret_of(1)))


def test_a_full_disk_can_still_be_read(disk: Path, built: cases.Built) -> None:
    (built.folder / "index.sqlite").unlink()
    (built.folder / "lock").unlink()
    fill(disk, free_pages=0)
    case = built.open()
    assert case.index().last_item_number() == 1
    assert len(case.snapshot().findings) == 1
