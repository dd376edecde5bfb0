"""Runs the benchmarks and writes `benchmarks/results/*.md`: `python -m benchmarks [NAME …]`."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import chats, custody, examination, money, traces
from benchmarks.timing import Row, table

RESULTS = Path(__file__).parent / "results"
BENCHMARKS: dict[str, Callable[[Path, Path], Iterator[Row]]] = {
    "start-up": custody.start_up,
    "large-file": custody.one_large_file,
    "small-files": custody.many_small_files,
    "packet": custody.verify_packet,
    "status": custody.large_case_status,
    "metadata": examination.metadata,
    "traces": traces.traces,
    "report": examination.report,
    "chats": chats.chats,
    "money": money.money,
}


def main(names: list[str]) -> None:
    """Runs the named benchmarks, or all, and prints and writes their tables."""
    if unknown := set(names) - set(BENCHMARKS):
        raise SystemExit(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(BENCHMARKS)}")
    RESULTS.mkdir(exist_ok=True)
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    machine = (
        f"{when}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    for name in names or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix="forensics-bench-") as folder:
            home = Path(folder) / "home"
            text = table(name, list(BENCHMARKS[name](Path(folder), home)))
        text += f"\nMeasured by `make bench`: {machine}; median of three runs in turn.\n"
        (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
