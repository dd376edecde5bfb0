"""Runs ExifTool: one process that stays open for many files, with a limit of time, memory and output for each file."""

from __future__ import annotations

import json
import os
import secrets
import selectors
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from exiftool import ExifTool

from forensics import tools
from forensics.errors import ToolError, ToolLimitError, ToolTimeoutError

OPTIONS = (
    *("-j", "-struct"),  # JSON, with structures kept whole
    *("-a", "-u"),  # duplicate tags, and tags that ExifTool has no name for
    "-G:0:1:3:4",  # each tag with its format, place, document and number of the copy
    "-e",  # nothing computed from other tags: only what is in the file
    "--System:all",  # nothing about the stored copy in the file system
    *("-c", "%.9f"),  # coordinates in degrees, to a tenth of a millimetre
    *("-api", "largefilesupport=1"),
    *("-api", "TimeZone=UTC"),  # so that times of formats that count seconds are UTC on every machine
)
"""What ExifTool is asked for. *Source:* the ExifTool application documentation, "Options"."""

RAW_OPTIONS = (*OPTIONS, "-b", "--MediaData")
"""The same with the bytes of values that are not text, save the media data itself."""

HARMLESS = ("[minor]", "IPTCDigest is not current")
"""How warnings begin that do not mean that something could not be read."""

_BLOCK = 1 << 16
_TAIL = 64
_GOODBYE_S = 5


_STEADY = {"PERL_HASH_SEED": "0", "PERL_PERTURB_KEYS": "0"}
"""Without these Perl walks through its hashes in another order in each process. *Source:* perlrun, "ENVIRONMENT"."""


@contextmanager
def _steady_perl() -> Iterator[None]:
    """Sets what makes Perl repeat itself, while a process is started: PyExifTool cannot give it an environment."""
    before = {name: os.environ.get(name) for name in _STEADY}
    os.environ.update(_STEADY)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class BoundedExifTool(ExifTool):  # type: ignore[misc]  # the library has no type information
    """PyExifTool's process with bounds: PyExifTool itself waits for ever for a process that hangs or has died.

    Invariant: after an error the process is ended, so that no answer can be taken for that of another file.
    """

    def __init__(self, executable: Path, *, limits: tools.Limits) -> None:
        super().__init__(executable=str(executable), common_args=[], config_file="", encoding="utf-8")
        self.limits = limits
        self._owner = os.getpid()

    def __del__(self) -> None:
        if self._owner == os.getpid():  # a forked copy must not end the process of the original
            self.kill()

    def run(self) -> None:
        """Starts the process and limits its memory, before it has seen any evidence."""
        with _steady_perl():
            super().run()
        tools.limit_memory(self._process.pid, self.limits)

    def execute(self, *params: str | bytes, raw_bytes: bool = False) -> str | bytes:
        """Gives what ExifTool answers to one command.

        Raises:
            ToolTimeoutError: It took too long; the process was ended.
            ToolLimitError: It answered too much; the process was ended.
            ToolError: The process died.
        """
        number = secrets.randbelow(10**12)
        marks = {"stdout": b"{ready%d}" % number, "stderr": b"post%d" % number}
        command = [os.fsencode(param) for param in params]
        command += [b"-echo4", marks["stderr"], b"-execute%d\n" % number]
        try:
            self._process.stdin.write(b"\n".join(command))
            self._process.stdin.flush()
            answer = self._answer(marks)
        except (OSError, ToolError) as error:
            self.kill()
            if isinstance(error, ToolError):
                raise
            raise ToolError(f"ExifTool ended while it was used: {error}") from error
        return answer if raw_bytes else answer.decode("utf-8", errors="replace")

    def kill(self) -> None:
        """Ends the process at once."""
        process = self._process
        if process is not None:
            process.kill()
            with suppress(OSError, ValueError):
                process.communicate()
            self._flag_running_false()

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def _answer(self, marks: Mapping[str, bytes]) -> bytes:
        deadline = time.monotonic() + self.limits.wall_s
        got = {"stdout": bytearray(), "stderr": bytearray()}
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ, "stdout")
            selector.register(self._process.stderr, selectors.EVENT_READ, "stderr")
            while selector.get_map():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise ToolTimeoutError(f"ExifTool did not finish within {self.limits.wall_s:g} s and was ended")
                for key, _ in selector.select(left):
                    chunk = os.read(key.fd, _BLOCK)
                    self._take(got, name=key.data, chunk=chunk)
                    if got[key.data][-_TAIL:].rstrip().endswith(marks[key.data]):
                        selector.unregister(key.fileobj)
        return bytes(got["stdout"].rstrip().removesuffix(marks["stdout"]))

    def _take(self, got: Mapping[str, bytearray], *, name: str, chunk: bytes) -> None:
        if not chunk:
            raise ToolError("ExifTool ended before it had answered, perhaps for want of memory")
        got[name].extend(chunk)
        if sum(len(part) for part in got.values()) > self.limits.output_bytes:
            raise ToolLimitError(f"ExifTool gave more than {self.limits.output_bytes} bytes and was ended")


class Reader:
    """Asks ExifTool about files.

    Invariant: there is at most one process, one thread uses it at a time, and a file that a used process dies of is
    asked about again with a fresh one, so that an answer never depends on the files before.
    """

    def __init__(self, limits: tools.Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._process: BoundedExifTool | None = None

    def read(self, path: Path, options: tuple[str, ...] = OPTIONS) -> dict[str, Any]:
        """Gives all tags of a file as ExifTool writes them: full name to value; numbers with a fraction stay text.

        Raises:
            ToolMissingError: ExifTool is not installed.
            ToolTimeoutError: It took too long.
            ToolLimitError: It gave too much output.
            ToolError: It died, or gave no usable answer.
        """
        name = str(path.absolute())
        if any(sign in name for sign in "\r\n"):
            raise ToolError("ExifTool cannot be given a path with a line break")
        with self._lock:
            answer = self._ask((*options, name))
        return _parse(answer)

    def close(self) -> None:
        """Ends the process, if there is one."""
        with self._lock:
            process, self._process = self._process, None
            if process is not None and process.is_alive():
                process.terminate(timeout=_GOODBYE_S)

    def _ask(self, command: tuple[str, ...]) -> str:
        was_used = self._process is not None and self._process.is_alive()
        try:
            return str(self._running().execute(*command))
        except (ToolTimeoutError, ToolLimitError):
            raise
        except ToolError:
            if not was_used:
                raise
        return str(self._running().execute(*command))

    def _running(self) -> BoundedExifTool:
        if self._process is None or not self._process.is_alive():
            self._process = _start(self._limits)
        return self._process


@cache
def _reader_of(pid: int, limits: tools.Limits) -> Reader:  # noqa: ARG001 -- a forked process needs a reader of its own
    from multiprocessing.util import Finalize

    reader = Reader(limits)
    Finalize(None, reader.close, exitpriority=0)  # unlike atexit, this also runs at the end of a worker process
    return reader


def reader(limits: tools.Limits) -> Reader:
    """Gives the reader of this process; starting ExifTool anew for each file would take ten times as long."""
    return _reader_of(os.getpid(), limits)


def _start(limits: tools.Limits) -> BoundedExifTool:
    from exiftool.exceptions import ExifToolException

    process = BoundedExifTool(tools.find("exiftool").path, limits=limits)
    try:
        process.run()
    except (OSError, RuntimeError, ExifToolException) as error:
        process.kill()
        raise ToolError(f"ExifTool cannot be started: {error}", hint="Try: exiftool -ver") from error
    return process


def _parse(answer: str) -> dict[str, Any]:
    try:
        rows = json.loads(answer, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise ToolError("ExifTool gave no usable answer") from error
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], dict):
        raise ToolError("ExifTool gave no usable answer")
    return rows[0]
