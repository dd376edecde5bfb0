"""Hostile or unlucky input leads to defects, never to an exception."""

from __future__ import annotations

import errno
import os
import random

import pytest

from forensics.custody.records import LINE_LIMIT
from forensics.verify import verify
from forensics.verify.subject import raw_lines
from forensics.verify.tree import FolderTree
from tests.conformance.tampering import blob, change_line, edit, records

OUTPUT = {"type": "output", "kind": "report", "path": None, "artifact": None, "digest": "0" * 64, "as_of": 0}
PROOF = {
    "type": "time-proof",
    "checkpoint": 1,
    "token": "0" * 64,
    "certificates": [],
    "revocation": [],
    "gen_time": "2026-01-01T00:00:00.000000Z",
    "requested_at": "2026-01-01T00:00:00.000000Z",
    "received_at": "2026-01-01T00:00:00.000000Z",
    "accuracy_s": 1e308,
}
RECORDS = {
    "type is a list": {"type": []},
    "no type": {},
    "item without id": {"type": "item"},
    "act-end of nothing": {"type": "act-end", "act": "../../etc"},
    "acquisition of text": {"type": "acquisition", "item": "ITEM-0001", "act": "1/0", "artifacts": "x"},
    "artifact is a number": {"type": "acquisition", "item": "ITEM-0001", "act": "1/0", "artifacts": [1]},
    "digest is a path": {
        "type": "acquisition",
        "item": "ITEM-0001",
        "act": "1/0",
        "artifacts": [{"digests": {"sha256": "../x", "blake3": "", "size": 1}}],
    },
    "size is true": {
        "type": "finding",
        "subject": [],
        "attachments": [{"digests": {"sha256": "0" * 64, "blake3": "0" * 64, "size": True}}],
    },
    "sealed is text": {
        "type": "finding",
        "subject": [],
        "attachments": [{"digests": {"sha256": "0" * 64, "blake3": "0" * 64, "size": 1}, "sealed": "x"}],
    },
    "subject is null": {"type": "finding", "subject": [None], "attachments": []},
    "exhibit of numbers": {"type": "exhibit", "items": [1], "findings": [2]},
    "output without digest": {"type": "output", "path": "reports/report.pdf"},
    "output without path": {"type": "output", "kind": "report", "artifact": None, "digest": "0" * 64, "as_of": 0},
    "output of the future": OUTPUT | {"as_of": 10**15},
    "output elsewhere": OUTPUT | {"path": "blobs/x"},
    "proof without accuracy": {name: value for name, value in PROOF.items() if name != "accuracy_s"},
    "proof whose accuracy is true": PROOF | {"accuracy_s": True},
    "proof of a day that is not": PROOF | {"gen_time": "2026-02-30T00:00:00.000000Z"},
    "proof with a list of numbers": PROOF | {"certificates": [1]},
    "proof of no time": PROOF | {"gen_time": "yesterday"},
    "clock of text": {"type": "act", "clock": [{"offset_s": "1"}, 7, {"offset_s": True}]},
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_of_wrong_form_is_a_defect(name, case, whole):
    change_line(records(case), 0, lambda value: {**value, "record": RECORDS[name]})
    assert "malformed-record" in {defect.kind.value for defect in whole.judge(case).defects}


def test_a_proof_of_a_far_event_with_a_huge_accuracy_does_no_harm(case, whole):
    change_line(records(case), 0, lambda value: {**value, "record": PROOF | {"checkpoint": 2**53 - 1}})
    found = {defect.kind.value for defect in whole.judge(case).defects}
    assert {"token-mismatch", "dangling-reference"} <= found


EVENTS = {
    "seq is huge": {"seq": 2**53 - 1},
    "seq is negative": {"seq": -1},
    "seq is true": {"seq": True},
    "at is text": {"at": "yesterday"},
    "records is null": {"records": None},
    "records of a path": {"records": {"count": 1, "file": "../../../etc/passwd", "root": "0" * 64}},
    "count is huge": {"records": {"count": 2**53 - 1, "file": "000002-collect.jsonl", "root": "0" * 64}},
    "key is text": {"action": "key-add", "key": "x"},
    "key is no key": {"action": "key-add", "key": {"id": "0" * 64, "spki": "00"}},
    "erased is huge": {"action": "erase", "erased": [{"seq": 0, "indexes": [2**53 - 1]}]},
    "action is long": {"action": "a" * 1000},
    "tool is a list": {"tool": []},
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_of_wrong_form_is_a_defect(name, case, whole):
    change_line(case / "ledger.jsonl", 2, lambda value: {**value, **EVENTS[name]})
    assert "malformed-event" in {defect.kind.value for defect in whole.judge(case).defects}


STATEMENTS = {
    "no members": lambda v: {},
    "head is text": lambda v: {**v, "head": "x"},
    "withheld is a list": lambda v: {**v, "withheld": []},
    "withheld out of order": lambda v: {**v, "withheld": {"blobs": ["1" * 64, "0" * 64], "records": []}},
    "withheld of text": lambda v: {**v, "withheld": {"blobs": [], "records": [{"seq": 1, "indexes": "x"}]}},
    "manifests is a list": lambda v: {**v, "tag_manifests": []},
    "another manifest": lambda v: {**v, "tag_manifests": {**v["tag_manifests"], "x": "0" * 64}},
    "key is a number": lambda v: {**v, "key": 1},
    "version is text": lambda v: {**v, "format_version": "1"},
    "version is huge": lambda v: {**v, "format_version": 10**15},
    "newer without key": lambda v: {"format_version": 3},
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_of_wrong_form_is_a_defect(name, packet):
    change_line(packet / "packet.json", 0, STATEMENTS[name])
    assert verify(packet).exit_code == 10


@pytest.mark.parametrize(
    "data", [b"[]\n", b"null\n", b'"x"\n', b"{}\n", b"\xff\n", b"1" * 5000, b"[" * 100_000, b"{" * 9]
)
def test_files_that_are_not_what_they_should_be_are_defects(data, packet):
    for name in (
        "packet.json",
        "data/case.json",
        "data/ledger.jsonl",
        "bag-info.txt",
        "manifest-sha256.txt",
        "signer.pem",
    ):
        before = (packet / name).read_bytes()
        (packet / name).write_bytes(data)
        assert verify(packet).exit_code == 10
        (packet / name).write_bytes(before)


def test_a_line_beyond_the_limit_is_not_read_into_memory(case):
    with records(case).open("r+b") as stream:
        stream.truncate(LINE_LIMIT + 4096)
    result = verify(case)
    assert {"malformed-record", "record-root"} & {defect.kind.value for defect in result.defects}


def test_lines_after_one_that_is_too_long_keep_their_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr("forensics.verify.subject.LINE_LIMIT", 8)
    (tmp_path / "x").write_bytes(b"one\n" + b"2" * 30 + b"\nthree\n" + b"4" * 30)
    with (tmp_path / "x").open("rb") as stream:
        lines = list(raw_lines(stream))
    assert [(line.number, line.data, line.is_too_long, line.has_line_feed) for line in lines] == [
        (1, b"one", False, True),
        (2, b"", True, True),
        (3, b"three", False, True),
        (4, b"", True, False),
    ]


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.ENOENT])
def test_files_that_cannot_be_read_or_vanish_are_defects(code, packet, monkeypatch):
    victims = {str(path.relative_to(packet)) for path in packet.rglob("*") if path.is_file()}
    real = FolderTree.open
    for victim in sorted(victims):

        def fail(tree, path, victim=victim):
            if path == victim:
                raise OSError(code, os.strerror(code), path)
            return real(tree, path)

        monkeypatch.setattr(FolderTree, "open", fail)
        result = verify(packet)
        assert result.exit_code == 10
        assert any(victim in defect.where for defect in result.defects)


def test_a_file_replaced_by_a_pipe_while_it_is_verified_is_a_defect(case, monkeypatch):
    real, path = FolderTree.open, blob(case)

    def swap(tree, name):
        if name.endswith(path.name):
            path.unlink()
            os.mkfifo(path)
        return real(tree, name)

    monkeypatch.setattr(FolderTree, "open", swap)
    assert {defect.kind.value for defect in verify(case).defects} == {"unreadable-file"}


def test_no_flipped_byte_of_a_packet_goes_unnoticed(packet):
    chance = random.Random(5)
    files = sorted(path for path in packet.rglob("*") if path.is_file())
    for _ in range(60):
        path = chance.choice(files)
        at, before = chance.randrange(path.stat().st_size), path.read_bytes()
        edit(path, lambda data, at=at: data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :])
        assert verify(packet).exit_code == 10, (path, at)
        path.write_bytes(before)


def test_no_flipped_byte_of_an_archive_goes_unnoticed(archive):
    chance = random.Random(6)
    data = archive.read_bytes()
    for _ in range(150):
        at = chance.randrange(len(data))
        flipped = bytes([data[at] ^ 1 << chance.randrange(8)])
        archive.write_bytes(data[:at] + flipped + data[at + 1 :])
        assert verify(archive).exit_code == 10, at


def test_a_flood_of_defects_is_counted_and_not_kept(case, monkeypatch):
    monkeypatch.setattr("forensics.verify.result.DEFECT_LIMIT", 10)
    for number in range(50):
        (case / f"x{number}").write_bytes(b"")
    result = verify(case)
    assert len(result.defects) == 10
    assert any("40 further" in note for note in result.notes)
    assert result.exit_code == 10
