"""Runs the program in a process of its own, as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-c", "from forensics.cli import main; main()")


@dataclass(frozen=True)
class Ended:
    """What a run of the program gave."""

    code: int
    output: str
    errors: str

    @property
    def told(self) -> Any:
        """The JSON object on standard output."""
        return json.loads(self.output)


def forensics(*arguments: str | bytes | Path, home: Path | None = None, cwd: Path | None = None) -> Ended:
    """Runs one verb to its end."""
    environment = {**os.environ, **({"FORENSICS_HOME": str(home)} if home else {})}
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, env=environment, cwd=cwd, check=False, timeout=300
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace"))


def opened(folder: Path, *options: str) -> Path:
    """Opens a new case and gives its folder."""
    ended = forensics("new", folder, "--title", "test", "--examiner", "tester", *options)
    assert ended.code == 0, ended.errors
    return folder
