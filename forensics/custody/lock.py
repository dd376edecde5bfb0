"""One writer at a time: a lock that the operating system releases when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
        StoreError: The lock file cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(f"the case cannot be locked: {error}", hint="Check that the case's folder is writable.") from error
    try:
        _acquire(descriptor, wait_s, path=path)
        _sign_in(descriptor, verb)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, wait_s: float, *, path: Path) -> None:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise _locked(path) from None
            time.sleep(POLL_S)
        else:
            return


def _sign_in(descriptor: int, verb: str) -> None:
    os.ftruncate(descriptor, 0)
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    entry = {"host": socket.gethostname(), "process": os.getpid(), "since": since, "verb": verb}
    os.pwrite(descriptor, json.dumps(entry, sort_keys=True).encode(), 0)


def _locked(path: Path) -> CaseLockedError:
    try:
        holder = json.loads(path.read_text())
        who = "process {process} on {host} ({verb}, since {since})".format(**holder)
    except (OSError, ValueError, KeyError):
        who = "another process"
    return CaseLockedError(
        f"the case is being written by {who}",
        hint="Wait for it to end, or give --wait SECONDS.",
        kept="Nothing was changed.",
    )
