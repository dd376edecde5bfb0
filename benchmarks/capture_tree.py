"""Runs a command and measures it with all that it starts: `python -m benchmarks.capture_tree OUT.json COMMAND …`.

A browser leaves processes behind that nobody waits for; the kernel hands them to this process, so that the time they
took of the processors is counted, too.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path

SET_CHILD_SUBREAPER = 36
"""*Source:* Linux, include/uapi/linux/prctl.h."""

LATE_S = 5.0
"""How long is waited for processes that outlive the command, in seconds."""


def main() -> None:
    """Runs the command, waits for all, and writes what it took; ends with the command's status."""
    target, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    started = time.monotonic()
    pid = os.posix_spawnp(command[0], command, dict(os.environ))
    ended, status = 0, 0
    while ended != pid:
        ended, status = os.waitpid(-1, 0)
    wall_s = time.monotonic() - started
    _wait_for_others()
    whole = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = {"wall_s": wall_s, "cpu_s": whole.ru_utime + whole.ru_stime}
    Path(target).write_text(json.dumps(taken), encoding="utf-8")
    sys.exit(os.waitstatus_to_exitcode(status))


def _wait_for_others() -> None:
    deadline = time.monotonic() + LATE_S
    with suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.02)


if __name__ == "__main__":
    main()
