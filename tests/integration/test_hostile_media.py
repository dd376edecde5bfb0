"""Malformed and hostile media: the whole folder goes from collection to packet, at the cost of gaps at most."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.program import Ended, forensics, opened


def digests_of(folder: Path) -> dict[Path, str]:
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def hostile(corpus: Path) -> Path:
    folder = corpus / "11-hostile"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder


@pytest.fixture(scope="module")
def run(hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Takes the folder through every verb once."""
    folder = tmp_path_factory.mktemp("hostile")
    case = opened(folder / "case")
    before = digests_of(hostile)
    ended: dict[str, Ended] = {
        "collect": forensics("collect", case, hostile, "--json"),
        "analyze": forensics("analyze", case, "--json"),
        "report": forensics("report", case, "--json"),
        "bundle": forensics("bundle", case, folder / "packet.zip", "--json"),
        "verify": forensics("verify", folder / "packet.zip", "--json"),
    }
    return {"folder": folder, "case": case, "before": before, "after": digests_of(hostile), **ended}


def test_every_file_is_collected_whole(run: dict[str, Any]) -> None:
    items = run["collect"].told["items"]
    assert {item["outcome"] for item in items} == {"COMPLETE"}
    assert sorted(item["sha256"] for item in items) == sorted(run["before"].values())


def test_every_content_is_examined_and_none_stops_the_run(run: dict[str, Any]) -> None:
    assert run["analyze"].code in (0, 3)
    assert run["analyze"].told["examined"] >= len(set(run["before"].values()))
    assert forensics("status", run["case"], "--json").told["not_yet_examined"] == 0


def test_report_and_packet_are_built_and_the_packet_is_intact(run: dict[str, Any]) -> None:
    assert (run["report"].code, run["bundle"].code) == (0, 0)
    assert run["verify"].told["intact"] == "passed"


def test_nothing_outside_of_the_case_was_written(run: dict[str, Any]) -> None:
    assert run["after"] == run["before"]
    assert sorted(path.name for path in run["folder"].iterdir()) == ["case", "packet.zip"]
    assert list((run["case"] / "tmp").iterdir()) == []
