"""A small case for the tests of custody, built once and copied for each."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.fakes import cases


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> cases.Built:
    """The case that is copied; nobody writes to it."""
    folder = tmp_path_factory.mktemp("template")
    return cases.build_case(folder / "case", cases.home_in(folder / "home"))


@pytest.fixture
def built(template: cases.Built, tmp_path: Path) -> cases.Built:
    """A case with three items, each with a finding."""
    shutil.copytree(template.folder, tmp_path / "case")
    shutil.copytree(template.home.configuration, tmp_path / "home")
    return cases.Built(tmp_path / "case", cases.home_in(tmp_path / "home"), template.key)
