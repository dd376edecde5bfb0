"""What all tests share: a home of their own, deterministic property tests in continuous integration, labelled media."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TOP = Path(__file__).resolve().parent.parent

settings.register_profile(
    "ci", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session", autouse=True)
def forensics_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keeps keys and heads of tests out of the user's own folders."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORENSICS_HOME", str(home))
        yield home


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Gives the folder with labelled media, or skips where there is none."""
    folder = os.environ.get("FORENSICS_CORPUS")
    if not folder:
        pytest.skip("FORENSICS_CORPUS does not name a folder with labelled media")
    return Path(folder)


@pytest.fixture(scope="session")
def samples() -> Path:
    """Gives the folder with the sample case."""
    return TOP / "samples"
