"""Watches a running command from outside: memory of it and of its helper, open files, threads, what lies in `tmp`."""

from __future__ import annotations

import re
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Self

PERIOD_S = 0.5
HELPER = b"wacz_child"


@dataclass(frozen=True)
class Sample:
    """The state of a command at one moment.

    Attributes:
        done: Pages that were begun by then.
        program_mib: Resident memory of the program itself, in MiB.
        helper_mib: That of the process that makes and checks archives; 0 where there is none.
        files: Open files of the program.
        threads: Its threads.
        temporary: Entries in the folders for temporary files.
    """

    done: int
    program_mib: float
    helper_mib: float
    files: int
    threads: int
    temporary: int


@dataclass
class Watch:
    """Runs a command to its end and samples it meanwhile; use `run`."""

    folders: Sequence[Path]
    done: Callable[[], int]
    samples: list[Sample] = field(default_factory=list)
    peak_mib: float = 0.0
    helper_peak_mib: float = 0.0
    wall_s: float = 0.0

    def run(self, command: Sequence[str], *, environment: dict[str, str], codes: Sequence[int] = (0, 3)) -> Self:
        """Runs the command; one that fails ends the benchmark."""
        started, over = time.monotonic(), threading.Event()
        with Popen(command, stdout=DEVNULL, env=environment) as process:
            sampler = threading.Thread(target=self._sample, args=(process.pid, over))
            sampler.start()
            process.wait()
            over.set()
            sampler.join()
        self.wall_s = time.monotonic() - started
        if process.returncode not in codes:
            raise SystemExit(f"{' '.join(command[:6])} … ended with {process.returncode}")
        return self

    def near(self, page: int, name: str, *, width: int = 10) -> float:
        """Gives the median of a value while the pages around one were captured."""
        found = [getattr(one, name) for one in self.samples if abs(one.done - page) <= width]
        return statistics.median(found) if found else float("nan")

    def _sample(self, pid: int, over: threading.Event) -> None:
        while not over.wait(PERIOD_S):
            with suppress(OSError, ValueError):
                self._take(Path(f"/proc/{pid}"))

    def _take(self, process: Path) -> None:
        helper = _helper_of(process)
        program_mib, peak = _memory_mib(process)
        helper_mib, helper_peak = _memory_mib(helper) if helper else (0.0, 0.0)
        self.peak_mib, self.helper_peak_mib = max(self.peak_mib, peak), max(self.helper_peak_mib, helper_peak)
        self.samples.append(
            Sample(
                done=self.done(),
                program_mib=program_mib,
                helper_mib=helper_mib,
                files=len(list((process / "fd").iterdir())),
                threads=len(list((process / "task").iterdir())),
                temporary=sum(len(list(folder.iterdir())) for folder in self.folders if folder.is_dir()),
            )
        )


def _memory_mib(process: Path) -> tuple[float, float]:
    """Gives resident memory now and at its peak. *Source:* proc_pid_status(5), VmRSS and VmHWM."""
    found = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB$", (process / "status").read_text(), re.MULTILINE))
    return int(found["VmRSS"]) / 1024, int(found["VmHWM"]) / 1024


def _helper_of(process: Path) -> Path | None:
    """Finds the process that makes archives among the children."""
    for found in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_child = f"\nPPid:\t{process.name}\n" in (found / "status").read_text()
            if is_child and HELPER in (found / "cmdline").read_bytes():
                return found
    return None
