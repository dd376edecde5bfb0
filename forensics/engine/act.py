"""An act: one run of a verb, with the machine it ran on, its self-test, and its clock checks."""

from __future__ import annotations

import hashlib
import io
import os
import platform
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from forensics import __version__
from forensics.custody.digest import digest_stream
from forensics.custody.writer import Writer
from forensics.engine.batch import Batch
from forensics.errors import ForensicsError
from forensics.model import Act, ActEnd, Gap, GapReason

KNOWN_BYTES = b"abc"
KNOWN_DIGESTS = {
    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "blake3": "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
    "sm3": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
}
"""Digests of the three bytes `abc`.

Source: FIPS 180-4, examples; the BLAKE3 reference implementation; GB/T 32905-2016, appendix A.1.
"""


@dataclass(frozen=True)
class Running:
    """An act that has begun.

    Attributes:
        act: Its reference.
        record: What was recorded of it.
        servers: Time servers to ask again at its end.
        gaps: What is missing so far: time servers that did not answer, a self-test that failed.
    """

    act: str
    record: Act
    servers: tuple[str, ...]
    gaps: tuple[Gap, ...]


def begin(batch: Batch, verb: str, *, arguments: Sequence[str], servers: Sequence[str]) -> Running:
    """Adds the act's record to a batch, after the self-test and the first clock checks.

    Args:
        batch: Takes the record.
        verb: For example `collect`.
        arguments: The command line without locators, names of people and secrets.
        servers: Time servers to compare the clock with.
    """
    from forensics.custody.clock import check_clocks

    clock = check_clocks(tuple(servers), phase="before")
    test = self_test(with_sm3=batch.with_sm3)
    record = Act(
        verb=verb,
        started_at=datetime.now(UTC),
        arguments=tuple(arguments),
        environment=environment(),
        self_test=test,
        clock=clock,
    )
    gaps = [check.gap for check in clock if check.gap]
    if not test["passed"]:
        gaps.append(Gap("self-test", GapReason.FAILED, "a known digest or a known token did not come out as it must"))
    return Running(batch.add([record]), record, tuple(servers), tuple(gaps))


def end(batch: Batch, running: Running) -> tuple[Gap, ...]:
    """Adds the record of the act's end and commits what waits.

    Returns:
        The gaps of the act itself: time servers that were named and did not answer, a self-test that failed.
    """
    from forensics.custody.clock import check_clocks

    clock = check_clocks(running.servers, phase="after")
    batch.add([ActEnd(running.act, datetime.now(UTC), clock, running.gaps)])
    batch.flush()
    return (*running.gaps, *(check.gap for check in clock if check.gap))


def check_clock(writer: Writer, verb: str, *, servers: Sequence[str]) -> tuple[Gap, ...]:
    """Commits an act of its own that compares the clock with time servers, before a checkpoint is stamped.

    Returns:
        What is missing: time servers that did not answer. Where none is named, nothing is committed.

    Raises:
        StoreError: The act could not be committed.
    """
    if not servers:
        return ()
    batch = Batch(writer, "clock-check")
    return end(batch, begin(batch, verb, arguments=(), servers=servers))


def self_test(*, with_sm3: bool) -> dict[str, Any]:
    """Tests digests and the check of tokens on known input (C33).

    Known bytes must give their published digests; a known token must hold over them, and must not hold over others.
    """
    found = digest_stream(io.BytesIO(KNOWN_BYTES), with_sm3=with_sm3)
    wanted = [name for name in KNOWN_DIGESTS if with_sm3 or name != "sm3"]
    checks = {name: "passed" if getattr(found, name) == KNOWN_DIGESTS[name] else "failed" for name in wanted}
    checks["token"] = "passed" if _known_token_holds(KNOWN_BYTES) else "failed"
    checks["token over other bytes"] = "failed" if _known_token_holds(KNOWN_BYTES + b"d") else "passed"
    return {"known_bytes": KNOWN_BYTES.decode(), "checks": checks, "passed": set(checks.values()) == {"passed"}}


def _known_token_holds(data: bytes) -> bool:
    from forensics.custody import tokens

    folder = Path(tokens.__file__).parent / "known"
    try:
        response, root = (folder / "token.tsr").read_bytes(), (folder / "root.pem").read_bytes()
        return tokens.check(response, digest=hashlib.sha256(data).digest(), anchors=[root]).is_trusted
    except (OSError, ForensicsError):
        return False


@cache
def environment() -> dict[str, Any]:
    """Describes program and machine without naming its owner, its network or its serial numbers (C32, D12)."""
    return {
        "program": {"name": "forensics", "version": __version__, "sha256": program_digest()},
        "python": platform.python_version(),
        "operating_system": _operating_system(),
        "kernel": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "libraries": _libraries(),
        "time_zone": _time_zone(),
    }


def program_digest() -> str:
    """Computes one SHA-256 over all source files of the program: lines of `sha256sum`, sorted by path."""
    root = Path(sys.modules["forensics"].__file__ or "").parent
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py"))
    lines = [f"{hashlib.sha256((root / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _operating_system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", platform.platform())
    except OSError:
        return platform.platform()


def _libraries() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, requires, version

    found = {}
    with suppress(PackageNotFoundError):
        for line in requires("forensics") or ():
            if "extra ==" not in line:
                name = re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
                found[name] = version(name)
    return dict(sorted(found.items()))


def _time_zone() -> str:
    offset = datetime.now().astimezone().strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:]}"
