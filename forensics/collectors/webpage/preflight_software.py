"""Looks at what runs on the machine: processes, a virus scanner, the clock, and this program's own self-test."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from forensics.codec import canonical
from forensics.collectors.webpage.preflight_points import Check, Status
from forensics.collectors.webpage.preflight_source import Source, number, salted
from forensics.errors import ForensicsError
from forensics.model import Act, ClockCheck

KERNEL_THREADS = 2
"""Process number of `kthreadd`, the parent of the kernel's own threads. *Source:* Linux, kernel/kthread.c."""

CLAMAV_FOLDER = "var/lib/clamav"
CLAMAV_HEADER = re.compile(rb"ClamAV-VDB:([^:]{1,40}):(\d+):")
"""How a signature file of ClamAV begins: its time and version. *Source:* ClamAV, libclamav/cvd.c."""

LARGEST_OFFSET_S = 1.0
"""A larger offset of the clock is a warning: HTTP states times in whole seconds (RFC 9110, section 5.6.7)."""

WANTED_SERVERS = 2
"""How many time servers should answer (two that agree are better than one)."""

TIME_ERROR = 5
"""What `adjtimex` returns where the kernel's clock is not synchronised. *Source:* adjtimex(2)."""

TIMEX_BYTES = 512
"""Room for `struct timex`, which is 208 bytes long on 64-bit Linux."""

SYNC_SIGNS = ("run/systemd/timesync/synchronized", "run/chrony", "run/ntpd.pid", "run/ntpd/ntpd.pid")


def processes(source: Source, salt: bytes) -> Check:
    """Counts the processes; their list is sealed, and its salted digest is in the open.

    Not done: command lines are not kept, since they can hold passwords and names.
    """
    found = list(_processes(source))
    if not found:
        return Check("processes", Status.NOT_AVAILABLE, {"count": None}, "This machine does not list its processes.")
    value = {"count": len(found), "salted_sha256": salted(salt, canonical(found))}
    return Check("processes", Status.SEALED, value, secret=found)


def running(check: Check) -> frozenset[str]:
    """Gives the names of the programs that `processes` found."""
    return frozenset(each["name"] for each in check.secret or ())


def _processes(source: Source) -> Sequence[Mapping[str, Any]]:
    """Reads number, parent, name and start of every process but the kernel's own threads, in order of numbers."""
    texts = (source.text(f"proc/{name}/stat") for name in source.names("proc") if name.isdigit())
    matches = (re.match(r"(\d+) \((.*)\) (.*)", text, flags=re.DOTALL) for text in texts if text)
    rows = [(int(match.group(1)), match.group(2), match.group(3).split()) for match in matches if match]
    return [
        {"pid": pid, "parent": number(rest[1]), "name": name, "started_ticks": number(rest[19])}
        for pid, name, rest in sorted(rows)
        if len(rest) > 19 and KERNEL_THREADS not in (pid, number(rest[1]))  # noqa: PLR2004 -- fields 4 and 22 of proc(5)
    ]


def antivirus(source: Source, stated: str, *, programs: frozenset[str]) -> Check:
    """Tells which virus scanner is there. That a scan was made, and what it gave, only the operator can state.

    Args:
        source: The machine.
        stated: What the operator says of the last scan, for the open record; empty where nothing was said.
        programs: Names of running programs.
    """
    value: dict[str, Any] = {"product": None, "version": None, "signatures": None, "stated": stated or None}
    heads = [source.read(f"{CLAMAV_FOLDER}/{name}") or b"" for name in source.names(CLAMAV_FOLDER)]
    matches = [match for head in heads if (match := CLAMAV_HEADER.match(head))]
    if matches:
        newest = max(matches, key=lambda match: int(match.group(2)))
        value["signatures"] = newest.group(1).decode("ascii", errors="replace")
    version = _clamav_version(source)
    if version or matches or "clamd" in programs:
        value |= {"product": "ClamAV", "version": version, "guard_is_running": "clamd" in programs}
    return Check("antivirus", Status.OPERATOR, value, "This program makes no scan; the operator can state one.")


def _clamav_version(source: Source) -> str | None:
    from forensics import tools

    path = shutil.which("clamscan") if source.is_live else None
    if path is None:
        return None
    try:
        answer = tools.run([path, "--version"], limits=tools.Limits(wall_s=5.0))
    except ForensicsError:
        return None
    match = re.match(rb"ClamAV ([\w.-]+)", answer.stdout)
    return match.group(1).decode() if match else None


def clock(source: Source, act: Act) -> Check:
    """Tells how far the clock is off, as the act measured it, and whether the system keeps it synchronised.

    The names of time servers stay in the act's record, since one may be a machine of the operator's own network.
    """
    answered = [check for check in act.clock if check.offset_s is not None]
    value = {
        "servers": len(act.clock),
        "answered": len(answered),
        "offset_s": [_rounded(check.offset_s) for check in answered],
        "round_trip_s": [_rounded(check.round_trip_s) for check in answered],
        "is_synchronised": _is_synchronised(source),
    }
    status, detail = _judged(act.clock, answered)
    if status is Status.NOT_AVAILABLE and value["is_synchronised"] is False:
        return Check("clock", Status.WARNING, value, f"{detail} The system does not keep it synchronised.")
    return Check("clock", status, value, detail)


def _judged(asked: Sequence[ClockCheck], answered: Sequence[ClockCheck]) -> tuple[Status, str]:
    if not asked:
        return Status.NOT_AVAILABLE, "No time server is configured, so the clock was compared with nothing."
    if not answered:
        return Status.WARNING, "No time server answered, so the clock was compared with nothing."
    largest = max(abs(check.offset_s or 0.0) for check in answered)
    if largest > LARGEST_OFFSET_S:
        return Status.WARNING, f"The clock is off by {largest:.3f} s."
    if len(answered) < WANTED_SERVERS:
        return Status.WARNING, "Only one time server answered; two that agree are better."
    return Status.DONE, ""


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)


def _is_synchronised(source: Source) -> bool | None:
    """Whether the system says that its clock is synchronised; None where it does not say."""
    if source.is_live:
        return _kernel_says()
    return True if any(source.has(name) for name in SYNC_SIGNS) else None


def _kernel_says() -> bool | None:
    import ctypes

    try:
        ask = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None
    state = ask(ctypes.create_string_buffer(TIMEX_BYTES))
    return None if state < 0 else state != TIME_ERROR


def self_test(act: Act) -> Check:
    """Tells what this program's self-test gave at the start of the act (C33)."""
    tests = act.self_test.get("checks", {})
    value = {"checks": len(tests), "failed": sorted(name for name, result in tests.items() if result != "passed")}
    if not tests:
        return Check("self-test", Status.NOT_AVAILABLE, value, "No self-test belongs to this run.")
    if not act.self_test.get("passed"):
        return Check("self-test", Status.WARNING, value, "A known digest or token did not come out as it must.")
    return Check("self-test", Status.DONE, value)
