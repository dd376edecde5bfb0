"""What `doctor` says of programs: what each is for, and how to get what is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from forensics.cli import checkup
from forensics.cli.settings import Times
from forensics.custody.signing import Home

WANTED = ("exiftool", "ffmpeg", "ffprobe", "openssl", "chromium", "Xvfb", "certutil", "yt-dlp", "warcio", "wacz")


def examine(tmp_path):
    home = Home(tmp_path / "configuration", tmp_path / "state")
    return checkup.examine_machine(home, Times((), ()), is_online=False)


def by_name(told):
    return {check["name"]: check for check in told["checks"]}


@pytest.fixture
def bare(tmp_path, monkeypatch) -> Path:
    """A search path with nothing on it; programs can be put there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_every_program_is_listed_with_what_it_is_for(tmp_path, bare):
    found = by_name(examine(tmp_path))
    assert set(WANTED) <= set(found)
    assert [name for name in WANTED if not found[name]["used_for"]] == []
    assert "collect" in found["chromium"]["used_for"]
    assert "--interactive" in found["Xvfb"]["used_for"]


def test_a_missing_browser_is_told_with_the_way_to_get_it(tmp_path, bare):
    told = examine(tmp_path)
    found = by_name(told)["chromium"]
    assert found["state"] == "missing"
    assert "chromium" in found["mend"].lower()
    assert told["exit_code"] == 30
    assert "browser starts" not in by_name(told)


@pytest.mark.parametrize(("name", "package"), [("Xvfb", "xvfb"), ("certutil", "libnss3-tools")])
def test_a_program_that_one_can_do_without_is_a_note_when_it_is_missing(tmp_path, bare, name, package):
    found = by_name(examine(tmp_path))[name]
    assert found["state"] == "note"
    assert package in found["mend"]


def test_a_browser_that_is_a_snap_is_told(tmp_path, bare):
    snap = tmp_path / "snap"
    snap.write_text("#!/bin/sh\necho snap 2.63\n")
    snap.chmod(0o755)
    (bare / "chromium").symlink_to(snap)
    told = examine(tmp_path)
    found = by_name(told)["chromium"]
    assert (found["state"], found["detail"]) == ("missing", "chromium is a snap")
    assert "no snap" in found["mend"]
    assert "browser starts" not in by_name(told)


def test_a_browser_that_does_not_start_has_failed(tmp_path, bare):
    (bare / "chromium").write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo 'Chromium 999.0' && exit\nexit 1\n")
    (bare / "chromium").chmod(0o755)
    found = by_name(examine(tmp_path))
    assert found["chromium"]["state"] == "ok"
    assert found["browser starts"]["state"] == "failed"


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
def test_a_browser_that_starts_is_told(tmp_path):
    found = by_name(examine(tmp_path))["browser starts"]
    assert found["state"] == "ok", found["detail"]
    assert found["detail"].startswith("Chrome/")


def test_a_library_that_one_can_do_without_is_a_note_with_the_way_to_get_it(tmp_path, bare, monkeypatch):
    monkeypatch.setattr(checkup, "EXTRA_LIBRARIES", {"no-such-package": "reading"})
    found = by_name(examine(tmp_path))["no-such-package"]
    assert (found["state"], found["mend"]) == ("note", "pip install 'forensics[ocr]'")
