"""Opening and reading cases, whole ones and damaged ones."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from forensics.codec import canonical, parse
from forensics.custody import erasure
from forensics.custody.case import Opening, new_case, open_case
from forensics.custody.digest import sha256_hex
from forensics.custody.signing import Home, new_key
from forensics.errors import CaseError, IntegrityError, NewerFormatError, StoreError, UsageError
from forensics.model import Snapshot
from tests.conformance.second_verifier import verify
from tests.fakes import cases


def test_a_new_case_is_what_the_format_demands(tmp_path: Path) -> None:
    built = cases.empty_case(tmp_path / "a" / "b" / "case", cases.home_in(tmp_path / "home"), jurisdiction="cn")
    (tmp_path / "key.pem").write_bytes(built.key.public_pem())
    found = verify(built.folder, keys=[tmp_path / "key.pem"], heads=[str(built.open().head)])
    assert (found["intact"], found["attribution"], found["defects"], found["remains"]) == ("passed", "passed", [], [])
    assert sorted(path.name for path in built.folder.iterdir()) == sorted(
        ["case.json", "ledger.jsonl", "records", "blobs", "proofs", "reports", "packets", "tmp"]
    )
    assert list((tmp_path / "a" / "b").iterdir()) == [built.folder]


def test_a_case_is_opened_as_it_was_made(tmp_path: Path) -> None:
    home = cases.home_in(tmp_path / "home")
    key = new_key(home)
    opening = Opening("案件 <A>", "检察官", "2026-1", "某院", "cn", "zh")
    made = new_case(tmp_path / "case", opening, signer=key, spki=key.spki, recipient=key.recipient)
    info = open_case(tmp_path / "case").info
    assert info == made.info
    assert (info.title, info.examiner, info.reference, info.organisation) == ("案件 <A>", "检察官", "2026-1", "某院")
    assert (info.jurisdiction, info.language, info.format_version, len(info.salt)) == ("cn", "zh", 1, 32)
    assert made.store.with_sm3
    assert made.active_keys() == {key.key_id: key.spki}


def test_no_title_and_no_name_is_in_the_ledger(built: cases.Built) -> None:
    with built.writing() as writer:
        erasure.erase(writer, "ITEM-0001", basis="the basis of it")
    ledger = (built.folder / "ledger.jsonl").read_bytes()
    for text in (b"Case of A", b"Examiner", b"secret", b"evidence/", b"ITEM", b"basis", b".bin", b"age1"):
        assert text not in ledger


def test_a_case_is_not_opened_where_something_lies(tmp_path: Path) -> None:
    home = cases.home_in(tmp_path / "home")
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "mine").write_bytes(b"mine")
    (tmp_path / "file").write_bytes(b"mine")
    for name in ("case", "file"):
        with pytest.raises(UsageError) as caught:
            cases.empty_case(tmp_path / name, home)
        assert caught.value.exit_code == 2
    assert (tmp_path / "case" / "mine").read_bytes() == b"mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case", "file", "home"]


def test_a_case_is_opened_in_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    assert cases.empty_case(tmp_path / "case", cases.home_in(tmp_path / "home")).open().head.seq == 0


def test_a_case_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError):
        cases.empty_case(tmp_path / "file" / "case", cases.home_in(tmp_path / "home"))


def test_a_folder_that_is_no_case_says_how_to_make_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    for name in ("nothing", "empty", "file"):
        with pytest.raises(CaseError) as caught:
            open_case(tmp_path / name)
        assert caught.value.exit_code == 1
        assert caught.value.hint


def write(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def with_case_json(folder: Path, **members: object) -> None:
    """Changes `case.json` and makes event 0 agree, as a writer of another version would have."""
    value = {**parse((folder / "case.json").read_bytes()), **members}
    write(folder / "case.json", canonical(value) + b"\n")
    first, *_ = (folder / "ledger.jsonl").read_bytes().split(b"\n")
    event = {**parse(first), "case": sha256_hex(canonical(value) + b"\n")}
    write(folder / "ledger.jsonl", canonical(event) + b"\n")


def replace_by_link(path: Path) -> None:
    path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent / "elsewhere")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "case.json missing": lambda folder: (folder / "case.json").unlink(),
    "ledger missing": lambda folder: (folder / "ledger.jsonl").unlink(),
    "case.json changed": lambda folder: write(folder / "case.json", (folder / "case.json").read_bytes() + b" "),
    "case.json empty": lambda folder: write(folder / "case.json", b""),
    "ledger empty": lambda folder: write(folder / "ledger.jsonl", b""),
    "ledger half a line": lambda folder: write(folder / "ledger.jsonl", (folder / "ledger.jsonl").read_bytes()[:100]),
    "ledger not JSON": lambda folder: write(folder / "ledger.jsonl", b"garbage\n"),
    "ledger a list": lambda folder: write(folder / "ledger.jsonl", b"[]\n"),
    "a line changed": lambda folder: write(
        folder / "ledger.jsonl", (folder / "ledger.jsonl").read_bytes().replace(b'"collect"', b'"collecT"', 1)
    ),
    "a line missing": lambda folder: write(
        folder / "ledger.jsonl", b"".join((folder / "ledger.jsonl").read_bytes().splitlines(keepends=True)[1:])
    ),
    "case.json of another shape": lambda folder: with_case_json(folder, opened_at="yesterday"),
    "case.json a list": lambda folder: with_case_json(folder, format_version=[1], title=5),
    "case.json is a link": lambda folder: replace_by_link(folder / "case.json"),
    "ledger is a link": lambda folder: replace_by_link(folder / "ledger.jsonl"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_case_is_an_integrity_failure_and_nothing_is_changed(
    built: cases.Built, damage: Callable[[Path], object]
) -> None:
    damage(built.folder)
    before = snapshot_of(built.folder)
    with pytest.raises(IntegrityError) as caught:
        built.open()
    assert caught.value.exit_code == 10
    with pytest.raises(IntegrityError), built.writing():
        pytest.fail("opened for writing")
    assert snapshot_of(built.folder) == before


def snapshot_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", ["case.json", "ledger.jsonl"])
def test_a_pipe_is_not_waited_for(built: cases.Built, name: str) -> None:
    (built.folder / name).unlink()
    os.mkfifo(built.folder / name)
    with pytest.raises(CaseError, match="not a regular file"):
        built.open()


def test_a_newer_case_is_said_to_be_newer(built: cases.Built) -> None:
    with_case_json(built.folder, format_version=2, colour="blue")
    with pytest.raises(NewerFormatError, match="has format version 2; this program knows 1") as caught:
        built.open()
    assert caught.value.exit_code == 1
    assert "Update the program" in caught.value.hint


def test_a_newer_case_may_have_events_of_another_form(built: cases.Built) -> None:
    with_case_json(built.folder, format_version=2)
    ledger = (built.folder / "ledger.jsonl").read_bytes()
    write(built.folder / "ledger.jsonl", ledger + b'{"seq":1,"witness":"x"}\n')
    with pytest.raises(NewerFormatError):
        built.open()


def test_a_damaged_case_is_damaged_whatever_version_it_claims(built: cases.Built) -> None:
    raw = (built.folder / "case.json").read_bytes()
    write(built.folder / "case.json", raw.replace(b'"format_version":1', b'"format_version":2'))
    with pytest.raises(IntegrityError):
        built.open()


def test_a_half_written_line_is_not_part_of_the_case(built: cases.Built) -> None:
    before = built.open()
    with (built.folder / "ledger.jsonl").open("ab") as ledger:
        ledger.write(b'{"action":"coll')
    after = built.open()
    assert after.events == before.events
    assert after.unfinished == b'{"action":"coll'


# --- Reading ---


def test_a_snapshot_holds_everything_in_order(built: cases.Built) -> None:
    case = built.open()
    snapshot = case.snapshot()
    assert [one.record.id for one in snapshot.items] == ["ITEM-0001", "ITEM-0002", "ITEM-0003"]
    assert [one.ref for one in snapshot.items] == ["2/0", "3/0", "4/0"]
    assert [one.ref for one in snapshot.acquisitions] == ["2/1", "3/1", "4/1"]
    assert (len(snapshot.findings), len(snapshot.acts), len(snapshot.act_ends), len(snapshot.keys)) == (3, 1, 1, 1)
    assert snapshot.as_of == case.head.seq == 10
    assert snapshot.root == case.events[10].line_sha256
    assert snapshot.events == case.events


def test_a_snapshot_is_taken_as_of_an_event(built: cases.Built) -> None:
    case = built.open()
    snapshot = case.snapshot(as_of=3)
    assert [one.record.id for one in snapshot.items] == ["ITEM-0001", "ITEM-0002"]
    assert snapshot.root == ""
    assert case.root(6) == case.root(9) == case.events[6].line_sha256
    assert len(snapshot.events) == 4
    for as_of in (-1, 11):
        with pytest.raises(UsageError, match=f"no event {as_of}"):
            case.snapshot(as_of=as_of)


def test_reports_do_not_count_as_what_is_reported(built: cases.Built) -> None:
    with built.writing() as writer:
        cases.commit_report(writer, b"%PDF")
    case = built.open()
    assert case.head.seq == 11
    assert case.last_evidence_event() == case.snapshot().as_of == 10


def test_records_of_a_type_are_read_by_way_of_the_index(built: cases.Built) -> None:
    case = built.open()
    assert tuple(case.records_of("finding", case.index())) == case.snapshot().findings
    assert list(case.records_of("erasure", case.index())) == []


def test_a_missing_record_file_is_damage(built: cases.Built) -> None:
    (built.folder / "records" / "000003-collect.jsonl").unlink()
    (built.folder / "index.sqlite").unlink()
    for read in (Snapshot, "index"):
        with pytest.raises(IntegrityError, match=r"000003-collect\.jsonl"):
            built.open().index() if read == "index" else built.open().snapshot()


def test_a_record_that_the_program_does_not_know_needs_a_newer_program(built: cases.Built) -> None:
    path = built.folder / "records" / "000003-collect.jsonl"
    write(path, b'{"record":{"type":"handover"},"salt":"' + b"00" * 16 + b'"}\n')
    with pytest.raises(NewerFormatError, match="record 3/0 has the type 'handover'"):
        built.open().snapshot()


@pytest.mark.parametrize("record", [b"{}", b'{"type":5}', b'{"type":"item"}'])
def test_a_record_that_cannot_be_read_is_damage(built: cases.Built, record: bytes) -> None:
    path = built.folder / "records" / "000003-collect.jsonl"
    write(path, b'{"record":' + record + b',"salt":"' + b"00" * 16 + b'"}\n')
    with pytest.raises(IntegrityError, match="record 3/0"):
        built.open().snapshot()


def test_a_reader_reads_while_a_writer_writes(built: cases.Built) -> None:
    with built.writing() as writer:
        for number in range(4, 9):
            cases.collect_item(writer, number, act="1/0")
            case = built.open()
            assert len(case.snapshot().items) == number
            assert case.index().last_item_number() == number
            assert len(list(case.records_of("item", case.index()))) == number


def test_many_readers_may_ask_for_the_index_at_once(built: cases.Built) -> None:
    (built.folder / "index.sqlite").unlink()
    found: list[object] = []

    def read() -> None:
        case = built.open()
        for _ in range(5):
            index = case.index()
            found.append((index.last_item_number(), len(index.blob_names())))
            index.close()

    readers = [threading.Thread(target=read) for _ in range(6)]
    for reader in readers:
        reader.start()
    with built.writing(wait_s=30) as writer:
        for _ in range(5):
            writer.commit("checkpoint")
    for reader in readers:
        reader.join()
    assert found == [(3, 6)] * 30


def test_an_erasure_under_a_reader_is_no_damage(built: cases.Built) -> None:
    case = built.open()
    index = case.index()
    with built.writing() as writer:
        erasure.erase(writer, "ITEM-0002", basis="asked")
    with pytest.raises(CaseError, match="was erased from the case meanwhile") as caught:
        list(case.records_of("finding", index))
    assert caught.value.exit_code == 1
    assert [one.record.id for one in built.open().snapshot().items] == ["ITEM-0001", "ITEM-0003"]
    assert case.snapshot().items == built.open().snapshot().items


def test_a_copy_of_a_case_is_the_same_case(built: cases.Built, tmp_path: Path) -> None:
    shutil.copytree(built.folder, tmp_path / "copy")
    assert open_case(tmp_path / "copy").snapshot() == built.open().snapshot()


def test_a_case_may_be_reached_by_a_link(built: cases.Built, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(built.folder)
    linked = cases.Built(tmp_path / "link", Home(built.home.configuration, built.home.state), built.key)
    with linked.writing() as writer:
        cases.collect_item(writer, 4, act="1/0")
    assert linked.open().index().last_item_number() == 4
    assert cases.judged(built.folder) == ([], [])
