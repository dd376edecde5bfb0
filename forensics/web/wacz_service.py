"""Keeps one warm process with the reference programs of WARC and WACZ, shared by all captures of this process."""

from __future__ import annotations

import atexit
import json
import os
import selectors
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import forensics
from forensics import tools
from forensics.errors import ToolError, ToolTimeoutError

_CODE = "from forensics.web.wacz_child import main; main()"
_ATTEMPTS = 2
_MEMORY_BYTES = 4 << 30
_LONGEST_SAID = 2000
_SECONDS, _SECONDS_PER_BYTE = 120.0, 1 / (2 << 20)
"""Time for one job: two minutes, and one second for each 2 MiB; 200 MB took 8 s on one core."""


class _Gone(Exception):  # noqa: N818 -- never leaves this module
    """The process ended before it answered."""


@dataclass(frozen=True, slots=True)
class _Child:
    """A running process: descriptors for its jobs, its answers and its complaints."""

    jobs: int
    answers: int
    complaints: int

    def ask(self, job: Mapping[str, str], *, seconds: float) -> dict[str, Any]:
        """Sends one job and waits for its answer."""
        try:
            _write_all(self.jobs, json.dumps(job).encode() + b"\n")
        except OSError as error:
            raise _Gone from error
        return dict(json.loads(self._line(time.monotonic() + seconds)))

    def said(self) -> str:
        """Gives the last line that it wrote to standard error."""
        text = os.pread(self.complaints, _LONGEST_SAID, max(0, os.fstat(self.complaints).st_size - _LONGEST_SAID))
        lines = text.decode("utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def _line(self, deadline: float) -> bytes:
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.answers, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise ToolTimeoutError("checking a web archive did not finish in time and was ended")
                chunk = os.read(self.answers, 1 << 16)
                if not chunk:
                    raise _Gone
                line += chunk
        return line


class Service:
    """Does one job at a time in one process, which starts with the first job and again after a crash.

    Only one thread talks to the process at any time, and after a failure nobody talks to it again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._child: _Child | None = None

    def warm(self) -> None:
        """Starts the process, so that it is ready when the first job comes; does not wait for it."""
        with self._lock:
            self._running()

    def ask(self, job: Mapping[str, str], *, size: int) -> dict[str, Any]:
        """Has a job done (`wacz_child.answer`).

        Args:
            job: What is to be done.
            size: Bytes of the archive, on which the time depends that it may take.

        Raises:
            ToolTimeoutError: It took too long.
            ToolError: The process crashed twice over the same job.
        """
        reason = ""
        with self._lock:
            for _ in range(_ATTEMPTS):
                child, is_done = self._running(), False
                try:
                    answer = child.ask(job, seconds=_SECONDS + size * _SECONDS_PER_BYTE)
                    is_done = True
                except _Gone:
                    reason = child.said()
                else:
                    return answer
                finally:
                    if not is_done:
                        self._end()
        hint = "Run `warcio check` and `wacz validate` on the file by hand to see more."
        raise ToolError(f"the program that checks web archives ended without an answer: {reason}", hint=hint)

    def close(self) -> None:
        """Ends the process; a later job starts a new one."""
        with self._lock:
            self._end()

    def _running(self) -> _Child:
        if self._child is None:
            self._child = self._started()
        return self._child

    def _started(self) -> _Child:
        command = [sys.executable, "-P", "-c", _CODE]
        with ExitStack() as stack, ExitStack() as theirs:
            complaints = stack.enter_context(tempfile.TemporaryFile()).fileno()
            jobs_out, jobs = _pipe(theirs, stack)
            answers, answers_in = _pipe(stack, theirs)
            files = {0: jobs_out, 1: answers_in, 2: complaints}
            pid = stack.enter_context(tools.spawned(command, files=files, variables=_variables()))
            tools.limit_memory(pid, tools.Limits(memory_bytes=_MEMORY_BYTES))
            self._stack = stack.pop_all()
        return _Child(jobs, answers, complaints)

    def _end(self) -> None:
        self._child = None
        self._stack.close()


def _pipe(reader: ExitStack, writer: ExitStack) -> tuple[int, int]:
    """Makes a pipe whose ends are closed with the given stacks."""
    out, into = os.pipe()
    reader.callback(os.close, out)
    writer.callback(os.close, into)
    return out, into


def _write_all(file: int, data: bytes) -> None:
    """Writes to a pipe; Python ignores SIGPIPE, so a reader that is gone is an error."""
    while data:
        data = data[os.write(file, data) :]


@cache
def shared() -> Service:
    """Gives the one service of this process; its child ends with it."""
    service = Service()
    atexit.register(service.close)
    return service


def _variables() -> dict[str, str]:
    """Lets the process find what this one finds, in the same order."""
    package = str(Path(forensics.__file__).parents[1])
    return {"PYTHONPATH": os.pathsep.join([package, *(path for path in sys.path if path)])}
