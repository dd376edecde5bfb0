"""The power is cut before every durable step: the case opens again, nothing committed is lost, the rest is reported."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from forensics.custody import erasure
from forensics.custody.case import open_case
from forensics.custody.signing import Home
from forensics.custody.writer import Writer
from tests.fakes import cases
from tests.fakes.power import Disk, Picture

Operation = Callable[[Writer], None]


def commit(writer: Writer) -> None:
    """Commits two items in one event, and a checkpoint."""
    batches = [cases.acquired(writer, number, act="1/0") for number in (8, 9)]
    records, staged = ([*itertools.chain(*parts)] for parts in zip(*batches, strict=True))
    writer.commit("collect", records, staged=staged)
    writer.commit("checkpoint")


def place_report(writer: Writer) -> None:
    cases.commit_report(writer, b"%PDF another report")


def place_first_report(writer: Writer) -> None:
    cases.commit_report(writer, b"%PDF a report", "new.pdf")


def erase(writer: Writer) -> None:
    """Erases an item whose finding has an attachment, with the report that was made since."""
    cases.commit_report(writer, b"%PDF a report about the item")
    erasure.erase(writer, "ITEM-0001", basis="the person asked")


OPERATIONS: dict[str, Operation] = {
    "commit": commit,
    "keep_proof": cases.commit_proof,
    "place_report": place_report,
    "place_first_report": place_first_report,
    "erase": erase,
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> cases.Built:
    """A case with two items, of which the first is examined, and a report from before them."""
    folder = tmp_path_factory.mktemp("power")
    built = cases.empty_case(folder / "case", cases.home_in(folder / "home"))
    with built.writing() as writer:
        act = cases.begin_act(writer)
        cases.commit_report(writer, b"%PDF the first report")
        for number in (1, 2):
            cases.collect_item(writer, number, act=act)
        cases.examine_item(writer, 1)
        writer.commit("checkpoint")
    return built


def run_on_disk(built: cases.Built, folder: Path, operation: Operation) -> Disk:
    """Does something with a copy of a case on a disk that takes pictures."""
    Picture(0, "", cases_tree(built.folder), cases_tree(built.home.state)).restore(folder / "case", folder / "state")
    disk = Disk(folder / "case", folder / "state")
    copy = replace(built, folder=folder / "case", home=Home(built.home.configuration, folder / "state"))
    with copy.writing(file_system=disk) as writer:
        operation(writer)
    disk.finish()
    return disk


def cases_tree(folder: Path) -> dict[str, bytes | None]:
    paths = sorted(folder.rglob("*"))
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in paths}


@pytest.mark.parametrize("name", OPERATIONS)
def test_whenever_the_power_is_cut_the_case_opens_again_and_is_whole(
    built: cases.Built, tmp_path: Path, name: str
) -> None:
    before = len(built.open().events)
    disk = run_on_disk(built, tmp_path, OPERATIONS[name])
    done = len(open_case(tmp_path / "case").events)
    assert len(disk.pictures) > 10
    for number, picture in enumerate(disk.pictures):
        folder, state = tmp_path / f"{number}", tmp_path / f"{number}-state"
        picture.restore(folder, state)
        committed = open_case(folder).events
        is_at_end = picture.name.startswith("at the end")
        assert len(committed) == done if is_at_end else before <= len(committed) <= done, picture.name
        check(replace(built, folder=folder, home=Home(built.home.configuration, state)), picture)


def check(built: cases.Built, picture: Picture) -> None:
    """Demands that a case has no defect, opens for writing, and has nothing that was not committed afterwards."""
    committed = built.open().events
    defects, remains = cases.judged(built.folder)
    assert not defects, picture.name
    with built.writing():
        pass
    assert cases.judged(built.folder) == ([], []), picture.name
    case = built.open()
    assert case.events[: len(committed)] == committed, picture.name
    assert [event.action for event in case.events[len(committed) :]] == ["recover"] * bool(remains), picture.name
    snapshot = case.snapshot(as_of=case.head.seq)
    reported = [entry for one in snapshot.recoveries for entry in one.record.removed]
    blobs = {Path(remain["where"]).name for remain in remains if remain["where"].startswith("blobs/")}
    removed = [entry.get("sha256") for entry in reported if entry["what"] == "uncommitted blob"]
    # What an interrupted erasure was to remove is counted and not named: a digest is what can be recognised.
    unnamed = removed.count(None) if any(event.action == "erase" for event in committed) else 0
    assert len(blobs - set(removed)) <= unnamed, picture.name
    if any(event.action == "erase" for event in case.events):
        assert not any(cases.files_with(built.folder, cases.secret_of(1))), picture.name
    else:
        assert {"ITEM-0001", "ITEM-0002"} <= {item.record.id for item in snapshot.items}, picture.name


def test_a_new_case_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "top").mkdir()
    (tmp_path / "state").mkdir()
    disk = Disk(tmp_path / "top", tmp_path / "state")
    built = cases.empty_case(tmp_path / "top" / "case", cases.home_in(tmp_path / "home"), file_system=disk)
    disk.finish()
    found = set()
    for number, picture in enumerate(disk.pictures):
        folder = tmp_path / f"{number}"
        picture.restore(folder, tmp_path / f"{number}-state")
        is_there = (folder / "case").exists()
        found.add(is_there)
        copy = replace(built, folder=folder / "case", home=Home(built.home.configuration, tmp_path / f"{number}-state"))
        if is_there:
            check_new(copy, picture)
        else:
            assert not picture.name.startswith("at the end")
            cases.empty_case(folder / "case", copy.home)
    assert found == {True, False}


def check_new(built: cases.Built, picture: Picture) -> None:
    assert cases.judged(built.folder) == ([], []), picture.name
    with built.writing() as writer:
        writer.commit("checkpoint")
    assert [event.action for event in built.open().events] == ["open", "checkpoint"]


def test_the_power_may_be_cut_again_while_remains_are_cleared(built: cases.Built, tmp_path: Path) -> None:
    disk = run_on_disk(built, tmp_path / "first", erase)
    last_append = max(step for step, name in enumerate(disk.steps) if name.startswith("append"))
    picture = next(one for one in disk.pictures if one.step == last_append + 4)
    picture.restore(tmp_path / "case", tmp_path / "state")
    copy = replace(built, folder=tmp_path / "case", home=Home(built.home.configuration, tmp_path / "state"))
    again = run_on_disk(copy, tmp_path / "again", lambda _: None)
    assert len(again.pictures) > 10
    for number, second in enumerate(again.pictures):
        place = tmp_path / f"{number}"
        second.restore(place / "case", place / "state")
        check(replace(built, folder=place / "case", home=Home(built.home.configuration, place / "state")), second)
