"""Record lines: salts, leaves, and what is refused."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from forensics.codec import canonical, encode
from forensics.custody import merkle, records
from forensics.custody.records import (
    artifacts_of,
    blobs_of,
    leaf_line,
    raw_lines,
    read_at,
    read_file,
    read_line,
    write_lines,
)
from forensics.errors import CodecError, IntegrityError
from forensics.model import Erasure, Item, Name
from tests.fakes import cases

ITEMS = [Item("ITEM-0001", Name("/a"), "file"), Item("ITEM-0002", Name("/b", b"/\xff".hex()), "file", "é")]
SALT = "0f" * 16
LINE = b'{"record":{"type":"x"},"salt":"' + SALT.encode() + b'"}'

MALFORMED = {
    "not JSON": b"{",
    "a list": b"[]",
    "a blank at the end": LINE + b" ",
    "nothing": b"",
    "no salt": b'{"record":{}}',
    "no record": b'{"salt":"' + SALT.encode() + b'"}',
    "a record that is text": LINE.replace(b'{"type":"x"}', b'"x"'),
    "a short salt": LINE.replace(b"0f0f", b"0f", 1),
    "a salt in upper case": LINE.replace(b"0f", b"0F"),
    "a salt that is a number": b'{"record":{},"salt":5}',
    "a further member": LINE[:-1] + b',"x":1}',
    "leaf and record": b'{"leaf":"' + b"ab" * 32 + b'",' + LINE[1:],
    "a short leaf": b'{"leaf":"abab"}',
    "a leaf in upper case": b'{"leaf":"' + b"AB" * 32 + b'"}',
    "a leaf that is null": b'{"leaf":null}',
    "salt before record": b'{"salt":"' + SALT.encode() + b'","record":{}}',
}


def test_lines_are_canonical_and_have_the_leaves_of_the_format() -> None:
    body, leaves = write_lines(ITEMS)
    lines = body.split(b"\n")[:-1]
    assert len(lines) == len(leaves) == 2
    for line, leaf, item in zip(lines, leaves, ITEMS, strict=True):
        found = read_line(line)
        salt = bytes.fromhex(line[-34:-2].decode())
        assert found.record == encode(item)
        assert found.leaf == leaf == hashlib.sha256(b"\x00" + salt + canonical(encode(item))).digest()
        assert read_line(line, strict=False) == found


def test_every_line_has_a_salt_of_its_own() -> None:
    body, leaves = write_lines([ITEMS[0]] * 50)
    assert len({line[-34:-2] for line in body.split(b"\n")[:-1]}) == 50
    assert len(set(leaves)) == 50


def test_a_line_may_be_a_bare_leaf() -> None:
    leaf = bytes(range(32))
    found = read_line(leaf_line(leaf)[:-1])
    assert found.leaf == leaf
    assert found.record is None


@pytest.mark.parametrize("line", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("strict", [True, False])
def test_a_malformed_line_is_refused(line: bytes, strict: bool) -> None:
    with pytest.raises(CodecError):
        read_line(line, strict=strict)


@pytest.mark.parametrize("record", [b'{"a":1,"a":1}', b' {"type":"x"}', b'{"a":1.0}', b'{"b":1,"a":1}'])
def test_every_other_way_to_write_a_record_is_refused_by_the_strict_reader(record: bytes) -> None:
    with pytest.raises(CodecError):
        read_line(b'{"record":' + record + b',"salt":"' + SALT.encode() + b'"}')


def test_a_file_is_read_line_by_line_with_places(tmp_path: Path) -> None:
    path = tmp_path / "000001-collect.jsonl"
    body, leaves = write_lines([*ITEMS, Erasure("ITEM-0003", "basis", cases.now())])
    path.write_bytes(body)
    lines = list(read_file(path))
    assert [line.leaf for line in lines] == leaves
    assert read_at(path, offset=lines[1].offset, length=lines[1].length) == ITEMS[1]
    assert [path.read_bytes()[line.offset :][: line.length] for line in lines] == body.split(b"\n")[:-1]


DAMAGED = {
    "no line feed at the end": b'{"leaf":"' + b"ab" * 32 + b'"}',
    "a blank line": b"\n",
    "not JSON": b"garbage\n",
    "not UTF-8": b'{"record":{"a":"\xff"},"salt":"' + SALT.encode() + b'"}\n',
}


@pytest.mark.parametrize("body", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_says_where(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "000001-collect.jsonl"
    path.write_bytes(LINE + b"\n" + body)
    with pytest.raises(IntegrityError, match=r"000001-collect\.jsonl, line 2, cannot be read"):
        list(read_file(path))


def test_a_missing_file_is_damage(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="line 1, cannot be read"):
        list(read_file(tmp_path / "000001-collect.jsonl"))


def test_a_link_in_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(LINE + b"\n")
    (tmp_path / "000001-collect.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IntegrityError):
        list(read_file(tmp_path / "000001-collect.jsonl"))


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "000001-collect.jsonl")
    with pytest.raises(IntegrityError, match="not a regular file"):
        list(read_file(tmp_path / "000001-collect.jsonl"))


@pytest.mark.parametrize(("offset", "length"), [(1, 50), (0, 20), (10_000, 5), (0, 0)])
def test_a_wrong_place_is_no_record(tmp_path: Path, offset: int, length: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(write_lines(ITEMS)[0])
    with pytest.raises(IntegrityError, match=f"byte {offset}, cannot be read"):
        read_at(path, offset=offset, length=length)


def test_a_line_that_is_too_long_is_neither_written_nor_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LINE_LIMIT", 200)
    fits = write_lines([Erasure("ITEM-0001", "x" * 20, cases.now())])[0]
    path = tmp_path / "file"
    path.write_bytes(fits)
    assert [line for _, line in raw_lines(path)] == [fits[:-1]]
    with pytest.raises(CodecError, match="too long"):
        write_lines([Erasure("ITEM-0001", "x" * 200, cases.now())])
    path.write_bytes(b"x" * 201 + b"\n")
    with pytest.raises(CodecError, match="too long"):
        list(raw_lines(path))


def test_nothing_is_read_of_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert list(read_file(tmp_path / "file")) == []
    assert write_lines([]) == (b"", [])
    assert merkle.root([]) == merkle.EMPTY_ROOT


ARTIFACT = {"digests": {"sha256": "ab" * 32}}
ARTIFACTS = {
    "an acquisition": ({"type": "acquisition", "artifacts": [ARTIFACT]}, 1),
    "a finding": ({"type": "finding", "attachments": [ARTIFACT, ARTIFACT]}, 2),
    "an output": ({"type": "output", "artifact": ARTIFACT}, 1),
    "an output elsewhere": ({"type": "output", "artifact": None}, 0),
    "an item": ({"type": "item", "artifacts": [ARTIFACT]}, 0),
    "artifacts that are text": ({"type": "acquisition", "artifacts": "x"}, 0),
    "an artifact without digests": ({"type": "acquisition", "artifacts": [{}, None, 5, ARTIFACT]}, 1),
    "a digest that is a number": ({"type": "acquisition", "artifacts": [{"digests": {"sha256": 5}}]}, 0),
    "a type that is a list": ({"type": ["acquisition"]}, 0),
    "no object": ([], 0),
    "nothing": (None, 0),
}


@pytest.mark.parametrize(("record", "count"), ARTIFACTS.values(), ids=ARTIFACTS)
def test_artifacts_are_found_in_whatever_was_decoded(record: object, count: int) -> None:
    assert len(artifacts_of(record)) == count
    assert list(blobs_of(record)) == ["ab" * 32] * count
