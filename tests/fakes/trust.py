"""A throw-away home folder whose certificate store trusts an authority of the tests, and nothing else does."""

from __future__ import annotations

import subprocess
from pathlib import Path


def trusting_home(folder: Path, *authorities: Path) -> Path:
    """Makes a home folder in which Chromium trusts some root certificates, to be given to a program as `HOME`.

    Args:
        folder: The home folder; made where it is missing.
        authorities: Root certificates in PEM.
    """
    store = folder / ".pki" / "nssdb"
    store.mkdir(parents=True, exist_ok=True)
    if not (store / "cert9.db").exists():
        _certutil("-N", "--empty-password", store=store)
    for number, authority in enumerate(authorities):
        _certutil("-A", "-t", "C,,", "-n", f"Test authority {number}", "-i", str(authority), store=store)
    return folder


def _certutil(*arguments: str, store: Path) -> None:
    command = ["certutil", "-d", f"sql:{store}", *arguments]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
