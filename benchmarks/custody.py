"""Collecting, verifying and opening: beside `cp` and `sha256sum`, `bagit.py`, and fixed limits."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.timing import Row, forensics, in_turn, median_s, ratio_row, run

MIB = 1 << 20


def random_file(path: Path, size: int) -> None:
    """Writes random bytes."""
    with path.open("wb") as target:
        for start in range(0, size, MIB):
            target.write(os.urandom(min(MIB, size - start)))


def new_case(folder: Path, *, home: Path) -> Path:
    """Opens an empty case."""
    shutil.rmtree(folder, ignore_errors=True)
    forensics("new", folder, "--title", "benchmark", "--examiner", "benchmark", home=home)
    return folder


def one_large_file(work: Path, home: Path) -> Iterator[Row]:
    """Collects 1 GiB, beside copying it durably and running sha256sum."""
    source, copy = work / "large.bin", work / "copy.bin"
    random_file(source, 1024 * MIB)
    script = f"cp '{source}' '{copy}' && sync '{copy}' && sha256sum '{copy}'"

    def ours() -> object:
        case = new_case(work / "large-case", home=home)
        return forensics("collect", case, source, home=home)

    mine, peer = in_turn(ours, lambda: run(["sh", "-c", script], home=home))  # type: ignore[arg-type]
    yield ratio_row("collect one file of 1 GiB (beside cp, sync, sha256sum)", mine, peer, most=1.3)
    peak = max(one.peak_mib for one in mine)
    yield Row(
        "peak memory while collecting 1 GiB", f"{peak:.0f} MiB", "-", f"{peak:.0f} MiB", "under 300 MiB", peak < 300
    )
    for path in (source, copy):
        path.unlink()
    shutil.rmtree(work / "large-case")


def many_small_files(work: Path, home: Path) -> Iterator[Row]:
    """Collects 10,000 files of 50 kB."""
    folder = work / "small"
    folder.mkdir()
    for number in range(10_000):
        random_file(folder / f"{number:05d}.bin", 50_000)
    case = new_case(work / "small-case", home=home)
    taken = forensics("collect", case, folder, home=home)
    rate = 10_000 / taken.wall_s
    yield Row(
        "collect 10,000 files of 50 kB",
        f"{taken.wall_s:.1f} s",
        "-",
        f"{rate:.0f} files/s",
        "at least 400 files/s",
        rate >= 400,
    )
    shutil.rmtree(folder)
    shutil.rmtree(case)


def verify_packet(work: Path, home: Path) -> Iterator[Row]:
    """Verifies a packet of 1 GiB in 2,000 files, beside bagit.py with two processes."""
    folder = work / "packet-input"
    folder.mkdir()
    for number in range(2_000):
        random_file(folder / f"{number:05d}.bin", 1024 * MIB // 2_000)
    case = new_case(work / "packet-case", home=home)
    forensics("collect", case, folder, home=home)
    packet = work / "packet"
    forensics("bundle", case, packet, home=home)
    shutil.rmtree(folder)
    shutil.rmtree(case)
    bagit = [sys.executable, "-m", "bagit", "--validate", "--processes", "2", "--quiet", str(packet)]
    mine, peer = in_turn(lambda: forensics("verify", packet, home=home), lambda: run(bagit, home=home))
    yield ratio_row(
        "verify a packet of 1 GiB in 2,000 files (beside bagit.py --validate --processes 2)", mine, peer, most=1.3
    )
    shutil.rmtree(packet)


def large_case_status(work: Path, home: Path) -> Iterator[Row]:
    """Asks for the status of a case with 100,000 items and 500,000 findings."""
    case = new_case(work / "status-case", home=home)
    fill(case, home=home, items=100_000, findings_each=5)
    runs = [forensics("status", case, "--json", home=home) for _ in range(3)]
    taken = median_s(runs)
    yield Row(
        "status of a case with 100,000 items and 500,000 findings",
        f"{taken:.2f} s",
        "-",
        f"{taken:.2f} s",
        "under 2 s",
        taken < 2,
    )
    shutil.rmtree(case)


def fill(folder: Path, *, home: Path, items: int, findings_each: int) -> None:
    """Commits items, whose bytes are not there, and findings about them through the program's own writer."""
    from forensics.codec import name_of
    from forensics.custody.signing import Home, load_key
    from forensics.custody.writer import writing
    from forensics.model import (
        Acquisition,
        Artifact,
        Digests,
        Finding,
        Item,
        Message,
        Name,
        Outcome,
        Result,
        Stage,
        Tool,
    )

    place = Home.of({"FORENSICS_HOME": str(home)})
    key, now, tool = load_key(place, lambda _: None), datetime.now(UTC), Tool("synthetic", "1")
    with writing(folder, key, home=place, verb="benchmark") as writer:
        for start in range(0, items, 500):
            records: list[object] = []
            for number in range(start + 1, start + 501):
                item = f"ITEM-{number:04d}"
                records.append(Item(item, name_of(f"/made/{number}"), "file"))
                digests = Digests(f"{number:064x}", f"{number:064x}", 1)
                original = Artifact(digests, "original", Name(f"{number}.bin"), "application/octet-stream", now)
                records.append(Acquisition(item, tool, "0/0", Outcome.COMPLETE, now, now, (original,)))
                for kind in range(findings_each):
                    statement = Message("synthetic", f"Finding {kind} of item {number}.")
                    subject = (f"{number:064x}",)
                    records.append(
                        Finding(subject, Stage.METADATA, f"synthetic.{kind}", Result.NOT_FOUND, statement, tool)
                    )
            writer.commit("collect", records)  # type: ignore[arg-type]


def start_up(work: Path, home: Path) -> Iterator[Row]:
    """Starts the command line for its help."""
    del work
    runs = [forensics("--help", home=home) for _ in range(7)]
    taken = median_s(runs)
    yield Row("forensics --help", f"{taken:.2f} s", "-", f"{taken:.2f} s", "under 0.3 s", taken < 0.3)
