"""One writer at a time: a lock that the operating system releases when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from forensics.errors import CaseLockedError, StoreError

POLL_S = 0.1


@contextmanager
def exclusive(path: Path, *, verb: str, wait_s: float) -> Iterator[None]:
    """Holds the case's lock while the block runs.

    Args:
        path: The lock file; it stays afterwards, empty.
        verb: What this process does, for the message that others get.
        wait_s: How long to wait for another writer, in seconds.

    Raises:
        CaseLockedError: Another process still holds the lock after that time; the message says who.
        StoreError: The lock file cannot be opened or locked.
    """
    descriptor = _open(path)
    try:
        _acquire(descriptor, wait_s, path=path)
        _write(descriptor, _entry(verb))
        try:
            yield
        finally:
            _write(descriptor, b"")
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    """Opens the lock file; follows no link, for what a link points to would be emptied."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise _unlockable(str(error)) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _unlockable(f"{path} is not a regular file")
    return descriptor


def _unlockable(why: str) -> StoreError:
    return StoreError(f"the case cannot be locked: {why}", hint="Check that the case's folder is writable and whole.")


def _acquire(descriptor: int, wait_s: float, *, path: Path) -> None:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise _locked(path) from None
            time.sleep(POLL_S)
        except OSError as error:
            raise _unlockable(str(error)) from error
        else:
            return


def _entry(verb: str) -> bytes:
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    entry = {"host": socket.gethostname(), "process": os.getpid(), "since": since, "verb": verb}
    return json.dumps(entry, sort_keys=True).encode()


def _write(descriptor: int, entry: bytes) -> None:
    """Says in the file who holds it; the lock does not depend on it, so a full disk is no reason to stop."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, entry, 0)


def _locked(path: Path) -> CaseLockedError:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        who = "process {process} on {host} ({verb}, since {since})".format(**holder)
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process"
    return CaseLockedError(
        f"the case is being written by {who}",
        hint="Wait for it to end, or give --wait SECONDS.",
        kept="Nothing was changed.",
    )
