"""The verb match, as a user runs it: copies are found and recorded, and exported for a search by hand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.fakes.footage import clip, frames, scene, still
from tests.fakes.program import forensics, opened

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    shown = frames(1, 4)
    clip(shown, folder / "a.mp4")
    (folder / "again.mp4").write_bytes((folder / "a.mp4").read_bytes())
    clip(shown[5:], folder / "b.mp4", chain="hflip,scale=iw*0.8:ih*0.8", crf=32)
    clip(frames(2, 4), folder / "c.mp4")
    still(scene(7), folder / "intimate.jpg")
    return folder


@pytest.fixture(scope="module")
def case(folder, tmp_path_factory) -> Path:
    case = opened(tmp_path_factory.mktemp("case") / "case")
    assert forensics("collect", case, *(folder / f"{name}.mp4" for name in ("a", "again", "b", "c"))).code == 0
    assert forensics("collect", case, folder / "intimate.jpg", "--sensitivity", "intimate").code == 0
    return case


def test_copies_are_found_recorded_and_not_searched_again(case, folder):
    ended = forensics("match", case, "--json")
    assert ended.code == 0, ended.errors
    told = ended.told
    assert (told["contents"], told["items"], told["is_new"]) == (4, 5, True)
    (group,) = [one for one in told["findings"] if one["about"] == "group"]
    assert [one["items"] for one in group["members"]] == [["ITEM-0001", "ITEM-0002"], ["ITEM-0003"]]
    (pair,) = group["pairs"]
    assert (pair["relation"], pair["mirrored"]) == ("same_footage", True)
    again = forensics("match", case, "--json").told
    assert not again["is_new"]
    assert again["findings"] == told["findings"]
    assert again["head"] == told["head"]
    records = "".join(path.read_text() for path in sorted((case / "records").glob("*.jsonl")))
    assert str(folder) not in json.dumps([one for one in records.splitlines() if '"source.match"' in one])
    assert forensics("verify", case).code in (0, 3)


def test_named_items_alone_are_compared(case):
    told = forensics("match", case, "ITEM-0001", "ITEM-0004", "--json").told
    assert told["contents"] == 2
    assert [one["about"] for one in told["findings"]] == ["identical", "none"]
    assert forensics("match", case, "ITEM-0099").code == 2


@pytest.mark.parametrize(("options", "count"), [((), 3), (("--include-sealed",), 4)])
def test_an_export_has_key_frames_hashes_and_digests_and_leaves_out_what_is_sealed(options, count, case, tmp_path):
    target = tmp_path / "export"
    told = forensics("match", case, "--export", target, *options, "--json").told
    assert (told["exported"]["contents"], told["exported"]["left_out"]) == (count, 4 - count)
    folders = [one for one in target.iterdir() if one.is_dir()]
    assert len(folders) == count
    readme = (target / "README.txt").read_text()
    for path in (path for one in folders for path in one.iterdir()):
        assert f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.parent.name}/{path.name}" in readme
    first = (folders[0] / "pdq.txt").read_text().splitlines()[0].split(",")
    assert len(bytes.fromhex(first[0])) == 32
    assert all(any(path.suffix == ".jpg" for path in one.iterdir()) for one in folders)


def test_a_folder_that_holds_something_is_refused(case, tmp_path):
    (tmp_path / "x").write_text("mine")
    ended = forensics("match", case, "--export", tmp_path)
    assert ended.code == 2
    assert "not empty" in ended.errors
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


def test_include_sealed_without_an_export_is_refused(case):
    assert forensics("match", case, "--include-sealed").code == 2
