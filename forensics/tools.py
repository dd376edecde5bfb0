"""Outside programs: finds them, states version and digest, and runs them within limits of time, memory and output."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import select
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any, BinaryIO

from forensics.errors import ToolError, ToolLimitError, ToolMissingError, ToolTimeoutError, UsageError
from forensics.model import Tool

_BLOCK = 1 << 16
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PERL5LIB", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run of a program may use.

    Attributes:
        wall_s: Seconds on the wall clock.
        memory_bytes: Address space of the process, in bytes; enforced on Linux only.
        output_bytes: Standard output and standard error together, in bytes.
    """

    wall_s: float = 60.0
    memory_bytes: int = 2 << 30
    output_bytes: int = 64 << 20


@dataclass(frozen=True, slots=True)
class Program:
    """How a program tells its version, and which Debian package has it.

    Attributes:
        version_pattern: Finds the version in what it says; empty where it never tells one.
        address_space: What it needs to start, in bytes; a browser reserves far more than it uses.
    """

    name: str
    package: str
    version_arguments: tuple[str, ...]
    version_pattern: str
    address_space: int = 2 << 30


@dataclass(frozen=True, slots=True)
class Installed:
    """A program that was found on this machine.

    Attributes:
        digest: SHA-256 of the executable file alone: of ExifTool the script, not its Perl modules.
    """

    name: str
    path: Path
    version: str
    digest: str

    def describe(self, arguments: Sequence[str] = (), *, settings: Mapping[str, Any] | None = None) -> Tool:
        """Gives the noun that records carry; the path stays out of it, since it differs between machines."""
        return Tool(self.name, self.version, self.digest, tuple(arguments), settings or {})


@dataclass(frozen=True, slots=True)
class Completed:
    """What a program gave back."""

    returncode: int
    stdout: bytes
    stderr: bytes


@dataclass(slots=True)
class _Reading:
    """The pipes of a running program, read until they end, within a deadline and a limit of bytes."""

    name: str
    limits: Limits
    deadline: float
    chunks: dict[str, list[bytes]] = field(default_factory=lambda: {"stdout": [], "stderr": []})
    taken: int = 0


class Stream:
    """Reads a running program's standard output as it comes and passes on each line of its messages; keeps neither.

    `limits.wall_s` counts the seconds in which this process waits for the program, not those between two calls;
    `limits.output_bytes` counts standard output and messages together.
    """

    def __init__(self, process: subprocess.Popen[bytes], reading: _Reading, *, heed: Callable[[str], None]) -> None:
        self._process, self._reading, self._heed = process, reading, heed
        self._line = b""
        self._waited_s = 0.0
        self._out, self._messages = _open_pipe(process.stdout).fileno(), _open_pipe(process.stderr).fileno()
        self._open, self._poll = {self._messages, self._out}, select.poll()
        for number in self._open:
            self._poll.register(number, select.POLLIN)

    def fill(self, block: memoryview) -> int:
        """Fills a block of bytes from standard output; messages given before these bytes are passed on before.

        Args:
            block: Writable, of single bytes.

        Returns:
            Number of bytes written; fewer than the block has only at the end of the output.

        Raises:
            ToolTimeoutError: The program kept this process waiting for too long.
            ToolLimitError: It gave more bytes than it may.
        """
        done = 0
        while done < len(block) and self._out in self._open:
            if self._is_output_ready():
                done += self._count(self._out, os.readv(self._out, [block[done:]]))
        return done

    def finish(self) -> int:
        """Reads what is left to its end, drops it, and gives the exit status.

        Raises:
            ToolError: As for `fill`.
        """
        while self._open:
            if self._is_output_ready():
                self._count(self._out, len(os.read(self._out, _BLOCK)))
        self._reading.deadline = time.monotonic() + max(1.0, self._reading.limits.wall_s - self._waited_s)
        return _wait(self._process, self._reading)

    def _is_output_ready(self) -> bool:
        """Waits until there is something to read, and reads messages: they announce what stands in the output."""
        began = time.monotonic()
        self._reading.deadline = began + self._reading.limits.wall_s - self._waited_s
        ready = {number for number, _ in self._poll.poll(1000 * _time_left(self._reading))}
        self._waited_s += time.monotonic() - began
        if self._messages in ready:
            self._listen()
        return self._out in ready

    def _listen(self) -> None:
        chunk = os.read(self._messages, _BLOCK)
        self._count(self._messages, len(chunk))
        *whole, rest = (self._line + chunk).split(b"\n")
        self._line = rest[:_BLOCK]
        for line in [*whole, self._line] if not chunk and self._line else whole:
            self._heed(line.decode("utf-8", errors="replace"))

    def _count(self, number: int, size: int) -> int:
        if size == 0:
            self._open.discard(number)
            self._poll.unregister(number)
        _take_size(self._reading, size)
        return size


_RUNNING: set[int] = set()
"""Process groups of programs that `spawned` has running."""

PROGRAMS: Mapping[str, Program] = {
    program.name: program
    for program in (
        Program("exiftool", "libimage-exiftool-perl", ("-config", "", "-ver"), r"^([0-9.]+)"),
        Program("ffmpeg", "ffmpeg", ("-version",), r"^ffmpeg version (\S+)"),
        Program("ffprobe", "ffmpeg", ("-version",), r"^ffprobe version (\S+)"),
        Program("openssl", "openssl", ("version",), r"^\S+ (\S+)"),
        Program("chromium", "chromium", ("--version",), r"Chromium (\S+)", 1 << 44),
        Program("certutil", "libnss3-tools", ("-H",), ""),
        Program("Xvfb", "xvfb", ("-help",), ""),
    )
}
"""Every outside program that this toolkit calls, by name."""


def find(requirement: str) -> Installed:
    """Finds a program of `PROGRAMS` through PATH; its version and digest are read once per process and file.

    Args:
        requirement: A name, or a name with a lowest version: `exiftool>=12.24`. Versions are compared as lists of
            numbers; a version without numbers (a build from source) cannot be compared and is accepted.

    Raises:
        UsageError: The toolkit knows no program of that name.
        ToolMissingError: The program is not installed, or is older.
        ToolError: The program does not tell its version.
    """
    name, _, lowest = (part.strip() for part in requirement.partition(">="))
    if name not in PROGRAMS:
        raise UsageError(f"{name} is not a program that this toolkit calls", hint=f"Known: {', '.join(PROGRAMS)}.")
    path = _which(name, os.environ.get("PATH", os.defpath))
    try:
        state = path.stat()
    except OSError as error:
        raise ToolMissingError(f"{name} is not installed.", hint=f"Install it: {_command(name)}") from error
    installed = _inspect(name, path, state.st_mtime_ns, state.st_size)
    numbers = _numbers(installed.version)
    if lowest and numbers and numbers < _numbers(lowest):
        message = f"{name} {installed.version} is older than {lowest}."
        raise ToolMissingError(message, hint=f"Install a newer version: {_command(name)}")
    return installed


def require(requirement: str) -> Tool:
    """Describes a program that is needed, as records carry it.

    Args:
        requirement: As `find` takes it.

    Raises:
        UsageError: The toolkit knows no program of that name.
        ToolMissingError: The program is not installed, or is older; the hint is the command that installs it.
        ToolError: The program does not tell its version.
    """
    return find(requirement).describe()


def run(arguments: Sequence[str], *, limits: Limits | None = None, stdin: BinaryIO | None = None) -> Completed:
    """Runs a program to its end, in a process group of its own, in UTC and an English locale.

    Args:
        arguments: The program and its arguments; never passed through a shell.
        limits: What it may use; None for the defaults of `Limits`.
        stdin: An open file that becomes its standard input; None for an empty one.

    Returns:
        Exit status and whole output. A status other than 0 is not an error here.

    Raises:
        ToolMissingError: The program cannot be started.
        ToolTimeoutError: It ran out of time; its process group was killed.
        ToolLimitError: It gave too much output; its process group was killed.
    """
    bounds = limits or Limits()
    with _started(arguments, stdin, bounds) as process:
        reading = _Reading(Path(arguments[0]).name, bounds, time.monotonic() + bounds.wall_s)
        _read_all(process, reading)
        returncode = _wait(process, reading)
    return Completed(returncode, b"".join(reading.chunks["stdout"]), b"".join(reading.chunks["stderr"]))


@contextmanager
def streaming(
    arguments: Sequence[str],
    *,
    heed: Callable[[str], None],
    limits: Limits | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Stream]:
    """Runs a program whose output is read while it runs, in a process group of its own that is killed at the end.

    Args:
        arguments: The program and its arguments; never passed through a shell.
        heed: Called with each line of its messages (standard error) as it is read, without its end.
        limits: What it may use; None for the defaults of `Limits`. `wall_s` counts only waiting for the program.
        stdin: An open file that becomes its standard input; None for an empty one.

    Raises:
        ToolMissingError: The program cannot be started.
    """
    bounds = limits or Limits()
    with _started(arguments, stdin, bounds) as process:
        yield Stream(process, _Reading(Path(arguments[0]).name, bounds, 0.0), heed=heed)


def environment() -> dict[str, str]:
    """Gives the environment for outside programs: UTC, English, and nothing of the user's that changes results."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def limit_memory(pid: int, limits: Limits) -> None:
    """Limits the address space of a running process and forbids it core files; does nothing outside Linux.

    Limits are set from outside, right after the start, because code between fork and exec is unsafe with threads.
    """
    if sys.platform == "linux":
        import resource

        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))


@cache
def _which(name: str, search_path: str) -> Path:
    """Finds an executable file; a path of that name in no folder where there is none."""
    return Path(shutil.which(name, path=search_path) or f"/nonexistent/{name}").resolve()


@cache
def _inspect(name: str, path: Path, mtime_ns: int, size: int) -> Installed:  # noqa: ARG001 -- time and size are cache keys
    program = PROGRAMS[name]
    answer = run([str(path), *program.version_arguments], limits=Limits(20.0, program.address_space))
    match = re.search(program.version_pattern, answer.stdout.decode("utf-8", errors="replace"))
    if not program.version_pattern:
        return Installed(name, path, "not stated", digest_of(path))
    if match is None:
        raise ToolError(f"{name} does not tell its version", hint=f"Install it again: {_command(name)}")
    return Installed(name, path, match.group(1), digest_of(path))


def digest_of(path: Path) -> str:
    """Computes the SHA-256 of a program's file, once per process and state of the file."""
    state = path.stat()
    return _digest(path, state.st_mtime_ns, state.st_size)


@cache
def _digest(path: Path, mtime_ns: int, size: int) -> str:  # noqa: ARG001 -- time and size are cache keys
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _command(name: str) -> str:
    return f"apt-get install {PROGRAMS[name].package}"


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"\D?(\d+(?:\.\d+)*)", version.strip())
    return tuple(int(part) for part in match.group(1).split(".")) if match else ()


@contextmanager
def background(
    arguments: Sequence[str],
    *,
    variables: Mapping[str, str] | None = None,
    stdin: BinaryIO | None = None,
    stderr: BinaryIO | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a program beside this one, in a process group of its own that is killed at the end.

    Args:
        arguments: The program and its arguments; never passed through a shell.
        variables: Environment variables beside those of `environment()`.
        stdin: An open file that becomes its standard input; None for a pipe.
        stderr: An open file that takes its messages; None to drop them.

    Raises:
        ToolMissingError: The program cannot be started.
    """
    try:
        process = subprocess.Popen(
            list(arguments),
            stdin=stdin if stdin is not None else subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stderr if stderr is not None else subprocess.DEVNULL,
            env={**environment(), **(variables or {})},
            start_new_session=True,
        )
    except OSError as error:
        raise ToolMissingError(f"{arguments[0]} cannot be started: {error.strerror}") from error
    try:
        yield process
    finally:
        _end(process)


@contextmanager
def spawned(
    arguments: Sequence[str], *, files: Mapping[int, int], variables: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Runs a program beside this one with open files under given numbers, and kills its process group at the end.

    Args:
        arguments: The program's path and its arguments; never passed through a shell.
        files: Number in the program to an open file descriptor of this process; others than these are closed.
        variables: Environment variables beside those of `environment()`.

    Yields:
        The process id.

    Raises:
        ToolMissingError: The program cannot be started.
    """
    free = max(files, default=2) + 1
    held = {number: fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, free) for number, file in files.items()}
    try:
        pid = os.posix_spawn(
            arguments[0],
            list(arguments),
            {**environment(), **(variables or {})},
            file_actions=[(os.POSIX_SPAWN_DUP2, file, number) for number, file in held.items()],
            setsid=True,
        )
    except OSError as error:
        raise ToolMissingError(f"{arguments[0]} cannot be started: {error.strerror}") from error
    finally:
        for file in held.values():
            os.close(file)
    _RUNNING.add(pid)
    try:
        yield pid
    finally:
        _RUNNING.discard(pid)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)


def end_running() -> None:
    """Kills what `spawned` has running in any thread, so that whoever waits for it goes on at once."""
    for pid in tuple(_RUNNING):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


@contextmanager
def _started(arguments: Sequence[str], stdin: BinaryIO | None, limits: Limits) -> Iterator[subprocess.Popen[bytes]]:
    try:
        process = subprocess.Popen(
            list(arguments),
            stdin=stdin if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise ToolMissingError(f"{arguments[0]} cannot be started: {error.strerror}") from error
    try:
        limit_memory(process.pid, limits)
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()


def _read_all(process: subprocess.Popen[bytes], reading: _Reading) -> None:
    with selectors.DefaultSelector() as selector:
        for name, pipe in (("stdout", process.stdout), ("stderr", process.stderr)):
            selector.register(_open_pipe(pipe), selectors.EVENT_READ, name)
        while selector.get_map():
            ready = selector.select(_time_left(reading))
            for key, _ in ready:
                chunk = os.read(key.fd, _BLOCK)
                if not chunk:
                    selector.unregister(key.fileobj)
                _take(reading, key.data, chunk)


def _open_pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ToolError("a program was started without pipes")
    return pipe


def _take(reading: _Reading, name: str, chunk: bytes) -> None:
    reading.chunks[name].append(chunk)
    _take_size(reading, len(chunk))


def _take_size(reading: _Reading, size: int) -> None:
    reading.taken += size
    if reading.taken > reading.limits.output_bytes:
        raise ToolLimitError(
            f"{reading.name} gave more than {reading.limits.output_bytes} bytes of output and was ended"
        )


def _time_left(reading: _Reading) -> float:
    left = reading.deadline - time.monotonic()
    if left <= 0:
        raise ToolTimeoutError(f"{reading.name} did not finish within {reading.limits.wall_s:g} s and was ended")
    return left


def _wait(process: subprocess.Popen[bytes], reading: _Reading) -> int:
    try:
        return process.wait(timeout=_time_left(reading))
    except subprocess.TimeoutExpired as error:
        raise ToolTimeoutError(
            f"{reading.name} did not finish within {reading.limits.wall_s:g} s and was ended"
        ) from error
