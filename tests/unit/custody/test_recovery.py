"""What an interrupted run left is removed and reported, and nothing else is touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from forensics.custody.digest import sha256_hex
from forensics.errors import IntegrityError
from tests.fakes import cases

Leave = Callable[[cases.Built], None]


def put_blob(built: cases.Built, data: bytes = b"left over") -> None:
    path = built.open().store.path_of(sha256_hex(data))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


def put_report(built: cases.Built) -> None:
    put_blob(built, b"a new report")
    (built.folder / "reports" / "new.pdf").write_bytes(b"a new report")


def put_report_over_another(built: cases.Built) -> None:
    with built.writing() as writer:
        cases.commit_report(writer, b"the committed report")
    put_blob(built, b"a new report")
    path = built.folder / "reports" / "report.pdf"
    path.unlink()
    path.write_bytes(b"a new report")


def put_packet(built: cases.Built) -> None:
    (built.folder / "packets" / "packet" / "data").mkdir(parents=True)
    (built.folder / "packets" / "packet" / "data" / "x").write_bytes(b"x")
    (built.folder / "packets" / "packet.zip").write_bytes(b"PK")


def append_to_ledger(built: cases.Built) -> None:
    with (built.folder / "ledger.jsonl").open("ab") as ledger:
        ledger.write(b'{"action":"collect","act')


LEFT: dict[str, tuple[Leave, list[dict[str, object]]]] = {
    "half a ledger line": (
        append_to_ledger,
        [{"what": "unfinished ledger line", "sha256": sha256_hex(b'{"action":"collect","act'), "size": 24}],
    ),
    "the next record file": (
        lambda built: (built.folder / "records" / "000011-collect.jsonl").write_bytes(b"x\n"),
        [{"what": "uncommitted record file", "sha256": sha256_hex(b"x\n"), "size": 2}],
    ),
    "temporary files": (
        lambda built: [(built.folder / "tmp" / name).write_bytes(b"x") for name in "abc"],
        [{"what": "temporary files", "count": 3}],
    ),
    "a blob": (put_blob, [{"what": "uncommitted blob", "sha256": sha256_hex(b"left over"), "size": 9}]),
    "a proof": (
        lambda built: (built.folder / "proofs" / f"{sha256_hex(b'token')}.tsr").write_bytes(b"token"),
        [{"what": "uncommitted proof", "sha256": sha256_hex(b"token"), "size": 5}],
    ),
    "a report": (
        put_report,
        [
            {
                "what": "uncommitted output",
                "name": "reports/new.pdf",
                "sha256": sha256_hex(b"a new report"),
                "size": 12,
            },
            {"what": "uncommitted blob", "sha256": sha256_hex(b"a new report"), "size": 12},
        ],
    ),
    "a report over a committed one": (
        put_report_over_another,
        [
            {
                "what": "uncommitted report over a committed one, which was put back",
                "name": "reports/report.pdf",
                "sha256": sha256_hex(b"a new report"),
                "size": 12,
            },
            {"what": "uncommitted blob", "sha256": sha256_hex(b"a new report"), "size": 12},
        ],
    ),
    "packets": (
        put_packet,
        [
            {"what": "uncommitted output", "name": "packets/packet"},
            {"what": "uncommitted output", "name": "packets/packet.zip"},
        ],
    ),
}


@pytest.mark.parametrize(("leave", "expected"), LEFT.values(), ids=LEFT)
def test_remains_are_removed_and_reported(built: cases.Built, leave: Leave, expected: list[dict[str, object]]) -> None:
    leave(built)
    before = built.open()
    with built.writing():
        pass
    case = built.open()
    assert case.events[:-1] == before.events
    assert case.events[-1].action == "recover"
    (recovery,) = case.snapshot().recoveries
    assert list(recovery.record.removed) == expected
    assert cases.judged(built.folder) == ([], [])
    with built.writing():
        pass
    assert built.open().events == case.events


def test_a_whole_case_is_not_touched(built: cases.Built) -> None:
    with built.writing() as writer:
        cases.commit_report(writer, b"report")
        cases.commit_proof(writer)
    before = {path: path.read_bytes() for path in built.folder.rglob("*") if path.is_file()}
    with built.writing():
        pass
    assert {path: path.read_bytes() for path in built.folder.rglob("*") if path.is_file()} == before


def test_the_committed_report_is_put_back(built: cases.Built) -> None:
    put_report_over_another(built)
    with built.writing():
        pass
    assert (built.folder / "reports" / "report.pdf").read_bytes() == b"the committed report"


NOT_REMAINS: dict[str, str] = {
    "a note in reports": "reports/my notes.txt",
    "a file at the top": "notes.txt",
    "a blob of another name": f"blobs/ab/{'ab' * 32}",
    "a file among the blobs": "blobs/ab/thumbs.db",
    "a file beside the folders of blobs": "blobs/thumbs.db",
    "a proof of another name": f"proofs/{'ab' * 32}.tsr",
    "a record file far ahead": "records/000099-collect.jsonl",
    "a record file of another name": "records/notes.jsonl",
}


@pytest.mark.parametrize("name", NOT_REMAINS.values(), ids=NOT_REMAINS)
def test_what_is_undeclared_and_no_remain_is_left_for_verify(built: cases.Built, name: str) -> None:
    path = built.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"somebody's")
    before = built.open().events
    with built.writing():
        pass
    assert path.read_bytes() == b"somebody's"
    assert built.open().events == before


@pytest.mark.parametrize("name", NOT_REMAINS.values(), ids=NOT_REMAINS)
def test_it_is_left_when_there_are_remains_too(built: cases.Built, name: str) -> None:
    put_report(built)
    path = built.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"somebody's")
    with built.writing():
        pass
    assert path.read_bytes() == b"somebody's"
    (recovery,) = built.open().snapshot().recoveries
    assert [entry["what"] for entry in recovery.record.removed] == ["uncommitted output", "uncommitted blob"]


def test_a_changed_report_is_not_put_right_in_silence(built: cases.Built) -> None:
    with built.writing() as writer:
        cases.commit_report(writer, b"report")
    path = built.folder / "reports" / "report.pdf"
    path.unlink()
    path.write_bytes(b"forged")
    with built.writing():
        pass
    assert path.read_bytes() == b"forged"
    assert cases.judged(built.folder)[0] != []


def test_the_cache_alone_does_not_decide_what_was_committed(built: cases.Built) -> None:
    """An index that lost rows, as a forged or torn one may have, would otherwise take evidence for remains."""
    import sqlite3
    from contextlib import closing

    with built.writing() as writer:
        cases.commit_proof(writer)
    with closing(sqlite3.connect(built.folder / "index.sqlite")) as connection, connection:
        connection.execute("DELETE FROM artifact")
        connection.execute("DELETE FROM record")
    before = built.open()
    with built.writing() as writer:
        assert len(writer.index.blob_names()) == 6
    assert built.open().events == before.events
    assert cases.judged(built.folder) == ([], [])


def test_missing_empty_folders_are_made_again(built: cases.Built) -> None:
    for name in ("proofs", "reports", "packets", "tmp"):
        (built.folder / name).rmdir()
    before = built.open().events
    with built.writing() as writer:
        cases.collect_item(writer, 4, act="1/0")
    assert len(built.open().events) == len(before) + 1


@pytest.mark.parametrize("name", ["records", "blobs", "proofs", "reports", "packets", "tmp"])
def test_a_folder_that_leads_elsewhere_is_refused_and_left_alone(built: cases.Built, tmp_path: Path, name: str) -> None:
    """In a case that somebody else made, `reports` may be a link to the reader's own documents."""
    victim = cases.build_case(tmp_path / "victim", built.home, items=1)
    (victim.folder / name / "mine").write_bytes(b"mine")
    before = {path: path.read_bytes() for path in victim.folder.rglob("*") if path.is_file()}
    ledger = (built.folder / "ledger.jsonl").read_bytes()
    shutil.rmtree(built.folder / name)
    (built.folder / name).symlink_to(victim.folder / name)
    with pytest.raises(IntegrityError, match="is a symbolic link, which no case has") as caught, built.writing():
        pass
    assert caught.value.exit_code == 10
    assert "was not touched" in caught.value.kept
    assert {path: path.read_bytes() for path in victim.folder.rglob("*") if path.is_file()} == before
    assert (built.folder / "ledger.jsonl").read_bytes() == ledger


def test_a_folder_of_blobs_that_leads_elsewhere_is_refused_too(built: cases.Built, tmp_path: Path) -> None:
    data = b"mine"
    sha256 = sha256_hex(data)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / sha256).write_bytes(data)
    (built.folder / "blobs" / sha256[:2]).symlink_to(tmp_path / "mine")
    with pytest.raises(IntegrityError, match="is a symbolic link"), built.writing():
        pass
    assert (tmp_path / "mine" / sha256).read_bytes() == data


def test_links_inside_the_folders_are_not_followed(built: cases.Built, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    token = sha256_hex(b"mine")
    (tmp_path / "mine" / token).write_bytes(b"mine")
    places = [f"blobs/{token[:2]}/{token}", f"proofs/{token}.tsr", "reports/x.pdf", "tmp/x", "packets/x"]
    for place in places:
        (built.folder / place).parent.mkdir(exist_ok=True)
        (built.folder / place).symlink_to(tmp_path / "mine" / token)
    (built.folder / "tmp" / "folder").symlink_to(tmp_path / "mine")
    (built.folder / "packets" / "folder").symlink_to(tmp_path / "mine")
    with built.writing():
        pass
    assert (tmp_path / "mine" / token).read_bytes() == b"mine"
    assert list((built.folder / "tmp").iterdir()) == []


def test_a_case_of_hard_links_is_recovered_without_harm_to_its_twin(built: cases.Built, tmp_path: Path) -> None:
    put_blob(built)
    (built.folder / "tmp" / "plain").write_bytes(b"plain")
    twin = tmp_path / "twin"
    shutil.copytree(built.folder, twin, copy_function=os.link)
    before = {path: path.read_bytes() for path in twin.rglob("*") if path.is_file()}
    with built.writing():
        pass
    unchanged = {path for path, data in before.items() if path.read_bytes() == data}
    assert {path.name for path in before.keys() - unchanged} <= {"lock", "ledger.jsonl", "index.sqlite"}
