"""A file of 5 GiB is collected whole, in constant memory."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.program import COMMAND, forensics, opened

SIZE = 5 << 30
PEAK_MIB = 300
MEASURE = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
MEASURE += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
"""Measures from a small process: a child counts what the process had that it was forked from."""
SHA256_OF_5_GIB_OF_ZEROS = "7f06c62352aebd8125b2a1841e2b9e1ffcbed602f381c3dcb3200200e383d1d5"
"""Computed by `head -c 5368709120 /dev/zero | sha256sum`."""


def test_a_file_of_5_gib_is_collected_in_constant_memory(tmp_path: Path) -> None:
    if shutil.disk_usage(tmp_path).free < 8 << 30:
        pytest.skip("less than 8 GiB free on this disk")
    case = opened(tmp_path / "case")
    with (tmp_path / "large").open("wb") as handle:
        handle.truncate(SIZE)
    command = [*map(str, COMMAND), "collect", str(case), str(tmp_path / "large")]
    measured = subprocess.run([sys.executable, "-c", MEASURE, *command], capture_output=True, text=True, check=True)
    assert int(measured.stdout.split()[-1]) / 1024 < PEAK_MIB
    blob = case / "blobs" / SHA256_OF_5_GIB_OF_ZEROS[:2] / SHA256_OF_5_GIB_OF_ZEROS
    assert blob.stat().st_size == SIZE
    assert forensics("verify", case, "--json").told["intact"] == "passed"
    shutil.rmtree(case)
