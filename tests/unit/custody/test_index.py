"""The cache: whatever lies in its place, it ends up holding what the records hold."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from forensics.codec import canonical, encode, parse
from forensics.custody import index as module
from forensics.custody.case import open_case
from forensics.custody.index import VERSION, Index, examination_key, item_number, locator_key
from forensics.custody.records import write_lines
from forensics.errors import IntegrityError
from forensics.model import CustodyEvent, Name, RecordsRoot, Tool
from tests.fakes import cases

TABLES = ("record", "item", "acquisition", "artifact", "gap", "finding", "subject", "proof", "erased")


def contents(index: Index) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(index.rows(f"SELECT * FROM {table}"), key=repr) for table in TABLES}


def from_scratch(built: cases.Built) -> dict[str, list[tuple[object, ...]]]:
    (built.folder / "index.sqlite").unlink()
    return contents(built.open().index())


def test_the_index_holds_what_the_records_hold(built: cases.Built) -> None:
    index = built.open().index()
    assert index.seq == built.open().head.seq
    assert [row[1] for row in index.rows("SELECT * FROM item ORDER BY number")] == [
        "ITEM-0001",
        "ITEM-0002",
        "ITEM-0003",
    ]
    assert len(index.rows("SELECT * FROM finding")) == 3
    assert len(index.blob_names()) == 6
    assert index.last_item_number() == 3
    places = list(index.places("act"))
    assert [(seq, number) for seq, number, _, _ in places] == [(1, 0)]


def test_a_writer_keeps_it_as_a_rebuild_would_make_it(built: cases.Built) -> None:
    with built.writing() as writer:
        cases.collect_item(writer, 4, act="1/0", is_sealed=True)
        cases.examine_item(writer, 4)
        cases.commit_report(writer, b"%PDF")
        cases.commit_proof(writer)
        kept = contents(writer.index)
    assert kept == contents(built.open().index()) == from_scratch(built)


def spoil(path: Path, *, offset: int, data: bytes) -> None:
    with path.open("r+b") as handle:
        handle.seek(offset)
        handle.write(data)


def set_version(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")


def run(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def make_foreign(path: Path) -> None:
    path.unlink()
    run(path, "CREATE TABLE bookmarks (url TEXT)")


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inner").write_bytes(b"x")


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "random bytes": lambda path: path.write_bytes(os.urandom(50_000)),
    "text": lambda path: path.write_text("SQLite format 3\0 and nothing more"),
    "truncated to a page": lambda path: os.truncate(path, 4096),
    "truncated in a page": lambda path: os.truncate(path, path.stat().st_size - 1000),
    "a header overwritten": lambda path: spoil(path, offset=0, data=bytes(100)),
    "pages overwritten": lambda path: spoil(path, offset=4096, data=os.urandom(path.stat().st_size - 4096)),
    "pages of zeros": lambda path: spoil(path, offset=4096, data=bytes(path.stat().st_size - 4096)),
    "an older version": lambda path: set_version(path, VERSION - 1),
    "a newer version": lambda path: set_version(path, VERSION + 1),
    "another program's": make_foreign,
    "without a state": lambda path: run(path, "DELETE FROM state"),
    "of another case": lambda path: run(path, f"UPDATE state SET digest = '{'ab' * 32}'"),
    "of a later event": lambda path: run(path, "UPDATE state SET seq = 1000"),
    "of a negative event": lambda path: run(path, "UPDATE state SET seq = -7"),
    "with a state that is text": lambda path: run(path, "UPDATE state SET seq = 'x', digest = 5"),
    "without a table": lambda path: run(path, "DROP TABLE artifact"),
    "a pipe": make_pipe,
    "a folder": make_folder,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("is_writing", [True, False])
def test_a_damaged_index_is_made_anew(built: cases.Built, damage: Callable[[Path], object], is_writing: bool) -> None:
    expected = contents(built.open().index())
    damage(built.folder / "index.sqlite")
    if is_writing:
        with built.writing() as writer:
            assert contents(writer.index) == expected
            cases.collect_item(writer, 4, act="1/0")
            assert writer.index.last_item_number() == 4
    else:
        assert contents(built.open().index()) == expected
    assert cases.judged(built.folder)[0] == []


def test_an_index_of_another_version_is_not_believed(built: cases.Built) -> None:
    path = built.folder / "index.sqlite"
    run(path, "UPDATE item SET number = 1000 WHERE number = 3")
    assert built.open().index().last_item_number() == 1000
    set_version(path, VERSION + 1)
    assert built.open().index().last_item_number() == 3


def test_an_index_that_lags_is_completed(built: cases.Built) -> None:
    old = (built.folder / "index.sqlite").read_bytes()
    with built.writing() as writer:
        cases.collect_item(writer, 4, act="1/0")
        expected = contents(writer.index)
    (built.folder / "index.sqlite").write_bytes(old)
    assert contents(built.open().index()) == expected


def test_a_link_in_its_place_is_not_followed(built: cases.Built, tmp_path: Path) -> None:
    path = built.folder / "index.sqlite"
    path.rename(tmp_path / "mine")
    before = (tmp_path / "mine").read_bytes()
    path.symlink_to(tmp_path / "mine")
    with built.writing() as writer:
        cases.collect_item(writer, 4, act="1/0")
    assert (tmp_path / "mine").read_bytes() == before
    assert not path.is_symlink()


def test_a_reader_leaves_the_file_of_a_writer_alone(built: cases.Built) -> None:
    with built.writing() as writer:
        before = built.open()
        cases.collect_item(writer, 4, act="1/0")
        (inode, size) = (built.folder / "index.sqlite").stat().st_ino, (built.folder / "index.sqlite").stat().st_size
        for case in (before, built.open()):
            index = case.index()
            assert index.last_item_number() == len(case.snapshot().items)
            index.rebuild()
            index.close()
        after = (built.folder / "index.sqlite").stat()
        assert (after.st_ino, after.st_size) == (inode, size)
        assert writer.index.last_item_number() == 4


def test_a_reader_sees_the_case_as_it_was_when_opened(built: cases.Built) -> None:
    case = built.open()
    index = case.index()
    with built.writing() as writer:
        cases.collect_item(writer, 4, act="1/0")
    assert index.last_item_number() == 3
    assert len(list(case.records_of("item", index))) == 3


def test_a_case_that_cannot_be_written_is_read(built: cases.Built) -> None:
    (built.folder / "index.sqlite").unlink()
    (built.folder / "lock").unlink()
    (built.folder / "lock").symlink_to("elsewhere")
    assert built.open().index().last_item_number() == 3
    assert not (built.folder / "index.sqlite").exists()


def test_an_index_that_cannot_be_written_any_more_goes_on_in_memory(built: cases.Built) -> None:
    case = built.open()
    with closing(Index(case.folder, case.events, writable=True)) as index:
        index._connection.execute("PRAGMA query_only = ON")
        root = RecordsRoot(0, None, "ab" * 32)
        event = CustodyEvent(case.head.seq + 1, cases.now(), "checkpoint", "", Tool("a", "1"), root, "", "", "cd" * 32)
        index.add(event, ())
        assert index.seq == event.seq
        assert index.last_item_number() == 3


def test_a_query_over_a_file_that_was_damaged_meanwhile_is_answered(built: cases.Built) -> None:
    case = built.open()
    with closing(Index(case.folder, case.events, writable=True)) as index:
        size = (built.folder / "index.sqlite").stat().st_size
        spoil(built.folder / "index.sqlite", offset=0, data=os.urandom(size))
        assert index.last_item_number() == 3


RECORDS = {
    "an item without a locator": {"type": "item", "id": "ITEM-0001", "sensitivity": "normal"},
    "an item with another number": {"type": "item", "id": "ITEM-x", "locator": "l", "sensitivity": "normal"},
    "an item with a huge number": {"type": "item", "id": f"ITEM-{10**30}", "locator": "l", "sensitivity": "normal"},
    "an item whose locator is a list": {"type": "item", "id": ["a"], "locator": [], "sensitivity": "normal"},
    "an acquisition without gaps": {"type": "acquisition", "item": "ITEM-0001", "outcome": "FAILED"},
    "an acquisition whose gaps are text": {"type": "acquisition", "item": "x", "outcome": "FAILED", "gaps": "abc"},
    "a finding without an analyzer": {"type": "finding", "kind": "a", "result": "FOUND", "tools": [], "subject": []},
    "a finding whose subject is a number": {
        "type": "finding",
        "kind": "a",
        "result": "b",
        "analyzer": {},
        "tools": [],
        "subject": 5,
    },
    "an artifact without a size": {"type": "output", "artifact": {"role": "r", "digests": {"sha256": "ab" * 32}}},
    "a type that is a list": {"type": ["item"]},
    "no type": {"kind": "a"},
    "half a surrogate pair": {"type": "item", "id": "ITEM-0001", "locator": {"raw_hex": "ff"}, "sensitivity": "\ud800"},
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_a_malformed_record_is_damage_and_says_which(built: cases.Built, record: dict[str, object]) -> None:
    path = built.folder / "records" / "000002-collect.jsonl"
    path.chmod(0o644)
    line = b'{"record":' + json.dumps(record).encode() + b',"salt":"' + b"00" * 16 + b'"}\n'
    path.write_bytes(line)
    (built.folder / "index.sqlite").unlink()
    with pytest.raises(IntegrityError, match="record 2/0 cannot be read"):
        built.open().index()


def test_records_of_a_type_to_come_are_listed_and_no_more(built: cases.Built) -> None:
    path = built.folder / "records" / "000002-collect.jsonl"
    path.chmod(0o644)
    path.write_bytes(b'{"record":{"type":"handover"},"salt":"' + b"00" * 16 + b'"}\n')
    (built.folder / "index.sqlite").unlink()
    assert [place[:2] for place in built.open().index().places("handover")] == [(2, 0)]


def test_items_are_found_by_the_exact_bytes_of_their_locators(built: cases.Built) -> None:
    index = built.open().index()
    assert index.item_at("/evidence/secret-2.bin") == "ITEM-0002"
    assert index.item_at("/evidence/secret-9.bin") is None
    raw = b"/a\xff"
    assert locator_key({"display": "/a\ufffd", "raw_hex": raw.hex()}) == raw.hex()
    assert locator_key("/a\ufffd") != raw.hex()
    assert item_number("ITEM-0012") == 12


def test_an_examination_is_known_by_analyzer_settings_and_tools(built: cases.Built) -> None:
    index = built.open().index()
    sha256 = index.rows("SELECT content FROM artifact WHERE item = 'ITEM-0001'")[0][0]
    analyzer = encode(cases.finding_about(sha256))["analyzer"]
    assert index.is_examined(sha256, examination_key(analyzer, []))
    assert not index.is_examined("ab" * 32, examination_key(analyzer, []))
    for other in ({**analyzer, "version": "2"}, {**analyzer, "settings": {"depth": 4}}):
        assert not index.is_examined(sha256, examination_key(other, []))
    assert not index.is_examined(sha256, examination_key(analyzer, [{"name": "tool", "version": "1"}]))


def test_a_sealed_artifact_is_found_by_its_content(tmp_path: Path) -> None:
    built = cases.build_case(tmp_path / "case", cases.home_in(tmp_path / "home"), items=2, sealed=(2,))
    index = built.open().index()
    ((blob, content),) = index.rows("SELECT blob, content FROM artifact WHERE item = 'ITEM-0002'")
    assert blob != content
    assert built.open().store.has(blob)
    assert not built.open().store.has(content)
    assert content == module.sha256_hex(cases.content_of(2))


def test_no_connection_is_left_open(built: cases.Built) -> None:
    before = cases.open_descriptors()
    case = built.open()
    for _ in range(3):
        case.index().close()
        (built.folder / "index.sqlite").write_bytes(os.urandom(9000))
    indexes = [case.index() for _ in range(3)]
    assert cases.open_descriptors() == before
    for index in indexes:
        index.close()


def test_offsets_point_to_lines(built: cases.Built) -> None:
    case = open_case(built.folder)
    for seq, _, offset, length in case.index().places("item"):
        data = (case.records_path(case.events[seq])).read_bytes()
        line = data[offset : offset + length]
        assert data[offset + length : offset + length + 1] == b"\n"
        assert canonical(parse(line)) == line


def test_items_recorded_again_keep_their_number(built: cases.Built) -> None:
    with built.writing() as writer:
        item = built.open().snapshot().items[0].record
        assert item.locator == Name("/evidence/secret-1.bin")
        writer.commit("collect", [item])
        assert writer.index.last_item_number() == 3
        assert len(writer.index.rows("SELECT * FROM item")) == 3
    assert write_lines([item])[0].startswith(b'{"record":{"id":"ITEM-0001"')
