"""Runs whole commands in turn, ours and the peer's, and keeps time and peak memory of each."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

FORENSICS = (sys.executable, "-c", "from forensics.cli import main; main()")


@dataclass(frozen=True)
class Run:
    """One run: seconds on the wall clock, and peak resident memory of the largest process in MiB."""

    wall_s: float
    peak_mib: float


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Attributes:
        ours: What we measured, with its unit.
        peer: What it is measured against, with its unit.
        result: The figure that has a target.
        target: The target in words.
        is_met: Whether the target was met in this run.
    """

    name: str
    ours: str
    peer: str
    result: str
    target: str
    is_met: bool


def run(command: Sequence[str], *, home: Path, codes: Sequence[int] = (0, 3)) -> Run:
    """Runs a command and measures it; a command that fails ends the benchmark."""
    environment = {**os.environ, "FORENSICS_HOME": str(home)}
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in codes:
            output.seek(0)
            raise SystemExit(f"{' '.join(command[:6])} … ended with {process.returncode}: {output.read(2000)!r}")
    return Run(wall_s, usage.ru_maxrss / 1024)


def forensics(*arguments: str | Path, home: Path, codes: Sequence[int] = (0, 3)) -> Run:
    """Runs one of our verbs."""
    return run([*FORENSICS, *map(str, arguments)], home=home, codes=codes)


def in_turn(ours: Callable[[], Run], peer: Callable[[], Run], *, times: int = 3) -> tuple[list[Run], list[Run]]:
    """Runs both in turn, so that a noisy machine is noisy for both."""
    pairs = [(peer(), ours()) for _ in range(times)]
    return [ours for _, ours in pairs], [peer for peer, _ in pairs]


def median_s(runs: Sequence[Run]) -> float:
    """Gives the median time in seconds."""
    return statistics.median(run.wall_s for run in runs)


def ratio_row(name: str, ours: Sequence[Run], peer: Sequence[Run], *, most: float) -> Row:
    """Compares medians."""
    ratio = median_s(ours) / median_s(peer)
    return Row(
        name, f"{median_s(ours):.2f} s", f"{median_s(peer):.2f} s", f"{ratio:.2f} x", f"at most {most} x", ratio <= most
    )


def table(title: str, rows: Sequence[Row]) -> str:
    """Writes rows as a Markdown table."""
    lines = [f"## {title}", "", "| what | ours | beside | figure | target | met |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row.name} | {row.ours} | {row.peer} | {row.result} | {row.target} | {'yes' if row.is_met else 'NO'} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"
