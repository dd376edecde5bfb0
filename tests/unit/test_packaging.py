"""The wheel holds everything that the program needs, and the program runs outside of the checkout."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import forensics

TOP = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=TOP)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; dependencies are lent by the environment that runs the tests."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel))
    site = Path(run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return folder


def run(*command: str, cwd: Path | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def files_below(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in found}


def test_the_version_is_the_same_everywhere():
    assert PROJECT["version"] == forensics.__version__


def test_the_changelog_knows_the_version():
    assert f"## {forensics.__version__}" in (TOP / "CHANGELOG.md").read_text("utf-8")


def test_dependencies_have_lower_bounds_only():
    asked = [*PROJECT["dependencies"], *(one for group in PROJECT["optional-dependencies"].values() for one in group)]
    assert [one for one in asked if not re.fullmatch(r"[a-z0-9-]+>=[0-9.]+", one)] == []


def test_every_dependency_has_its_reason_written_down():
    reasons = (TOP / "docs" / "adr" / "0004-dependencies.md").read_text("utf-8")
    asked = [*PROJECT["dependencies"], *(one for group in PROJECT["optional-dependencies"].values() for one in group)]
    assert [one for one in asked if f"| {one.partition('>')[0]} |" not in reasons] == []


def test_every_model_file_is_in_the_notice_with_its_digest():
    notice = (TOP / "forensics" / "models" / "NOTICE").read_text("utf-8")
    models = [path for path in (TOP / "forensics" / "models").iterdir() if path.suffix == ".onnx"]
    assert models
    for path in models:
        assert path.name in notice
        assert hashlib.sha256(path.read_bytes()).hexdigest() in notice


@pytest.mark.slow
def test_the_wheel_holds_code_templates_fonts_and_models(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"forensics/{name}" for name in files_below(TOP / "forensics")}
    wanted |= {f"forensics/templates/{name}" for name in files_below(TOP / "templates")}
    assert sorted(wanted - names) == []
    assert any(name.endswith(".ttf") for name in names)
    assert any(name.endswith(".onnx") for name in names)


@pytest.mark.slow
def test_the_wheel_holds_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if not name.startswith(("forensics/", "forensics-"))] == []


@pytest.mark.slow
def test_the_wheel_carries_every_licence(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    kept = {name.partition(".dist-info/licenses/")[2] for name in names if ".dist-info/licenses/" in name}
    assert kept == set(PROJECT["license-files"])


@pytest.mark.slow
def test_the_program_runs_outside_of_the_checkout(elsewhere):
    where = run(str(elsewhere / "bin" / "python"), "-c", "import forensics; print(forensics.__file__)", cwd=elsewhere)
    assert Path(where.strip()).is_relative_to(elsewhere)
    assert "Usage: forensics" in run(str(elsewhere / "bin" / "forensics"), "--help", cwd=elsewhere)


@pytest.mark.slow
def test_the_installed_program_reads_its_own_templates_and_fonts(elsewhere):
    code = "from forensics.reporter import text; print(text.load().root)"
    root = run(str(elsewhere / "bin" / "python"), "-c", code, cwd=elsewhere)
    assert Path(root.strip()).is_relative_to(elsewhere)
