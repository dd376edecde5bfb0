"""The second verifier passes what docs/case-format.md allows and names every tamper of the tables below."""

import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import warnings
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance import second_verifier
from tests.conformance.second_verifier import NotACaseError, canonical, decode, verify
from tests.conformance.tiny_case import (
    Authority,
    TinyCase,
    TinyPacket,
    bare,
    clock_check,
    key_id,
    now,
    root,
    sha256,
    spki,
    tar_folder,
    tiny_case,
    write_public_key,
    zip_folder,
)
from tests.conformance.tiny_case import canonical as tiny_canonical

ANSWERS = ("intact", "time", "attribution")
KEY = Ed25519PrivateKey.generate()
COLLECT = "records/000001-collect.jsonl"


def answers(found):
    return tuple(found[name] for name in ANSWERS)


def blob_of(case, content=b"first"):
    digest = sha256(content)
    return case / "blobs" / digest[:2] / digest


def edit(path, old, new):
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


def ledger_lines(case):
    return (case / "ledger.jsonl").read_bytes().splitlines(keepends=True)


def write_ledger(case, written):
    (case / "ledger.jsonl").write_bytes(b"".join(written))


# --- Tampers of a case ---


def edit_blob(case):
    blob_of(case).write_bytes(b"First")


def edit_blob_and_rename_it(case):
    blob_of(case).unlink()
    blob_of(case, b"forged").parent.mkdir(exist_ok=True)
    blob_of(case, b"forged").write_bytes(b"forged")


def edit_blob_name_and_record(case):
    edit_blob_and_rename_it(case)
    edit(case / COLLECT, sha256(b"first").encode(), sha256(b"forged").encode())


def edit_case_file(case):
    edit(case / "case.json", b'"title":"Tiny"', b'"title":"Tidy"')


def claim_another_version(case):
    edit(case / "case.json", b'"format_version":1', b'"format_version":9')


def add_file(case, name, data=b"x"):
    (case / name).parent.mkdir(parents=True, exist_ok=True)
    (case / name).write_bytes(data)


def swap_ledger_lines(case):
    zero, one, two = ledger_lines(case)
    write_ledger(case, [zero, two, one])


def edit_ledger_line(case):
    edit(case / "ledger.jsonl", b'"name":"tiny"', b'"name":"tidy"')


def drop_middle_ledger_line(case):
    zero, _, two = ledger_lines(case)
    write_ledger(case, [zero, two])
    (case / COLLECT).unlink()


def drop_event_zero(case):
    write_ledger(case, ledger_lines(case)[1:])


def repeat_last_ledger_line(case):
    write_ledger(case, [*ledger_lines(case), ledger_lines(case)[-1]])


def write_digest_in_upper_case(case):
    root = json.loads(ledger_lines(case)[1])["records"]["root"].encode()
    edit(case / "ledger.jsonl", root, root.upper())


def write_leaf_in_upper_case(case):
    bare(case, 1, [1])
    path = case / COLLECT
    leaf = json.loads(path.read_bytes().splitlines()[1])["leaf"].encode()
    edit(path, leaf, leaf.upper())


def swap_records(case):
    written = (case / COLLECT).read_bytes().splitlines(keepends=True)
    written[1], written[3] = written[3], written[1]
    (case / COLLECT).write_bytes(b"".join(written))


def drop_record(case):
    (case / COLLECT).write_bytes(b"".join((case / COLLECT).read_bytes().splitlines(keepends=True)[:-1]))


def commit_records_anew_without_key(case):
    """Forge the records and recompute root and digests, as anyone can who has no key."""
    written = ledger_lines(case)
    forged = TinyCase(case.parent / "forged", KEY)
    forged.collect(b"first", b"forged")
    shutil.copy(forged.folder / COLLECT, case / COLLECT)
    shutil.copytree(forged.folder / "blobs", case / "blobs", dirs_exist_ok=True)
    blob_of(case, b"second" * 1000).unlink()
    event = json.loads(written[1])
    event["records"] = forged.events[1]["records"]
    write_ledger(case, [written[0], tiny_canonical(event) + b"\n"])


def replace_blob_by_link(case):
    shutil.move(blob_of(case), case.parent / "elsewhere")
    blob_of(case).symlink_to(case.parent / "elsewhere")


CASE_TAMPERS = {
    "edited blob": edit_blob,
    "edited blob renamed": edit_blob_and_rename_it,
    "edited blob renamed, record too": edit_blob_name_and_record,
    "deleted blob": lambda case: blob_of(case).unlink(),
    "blob in the wrong folder": lambda case: blob_of(case).rename(case / "blobs" / blob_of(case).name),
    "edited case.json": edit_case_file,
    "another version claimed": claim_another_version,
    "deleted case.json": lambda case: (case / "case.json").unlink(),
    "deleted ledger": lambda case: (case / "ledger.jsonl").unlink(),
    "empty ledger": lambda case: write_ledger(case, []),
    "swapped ledger lines": swap_ledger_lines,
    "edited ledger line": edit_ledger_line,
    "dropped middle line": drop_middle_ledger_line,
    "dropped event 0": drop_event_zero,
    "repeated last line": repeat_last_ledger_line,
    "upper-case digest in the ledger": write_digest_in_upper_case,
    "upper-case leaf": write_leaf_in_upper_case,
    "blank line in the ledger": lambda case: edit(case / "ledger.jsonl", b"\n", b"\n\n"),
    "blank line at the ledger's end": lambda case: write_ledger(case, [*ledger_lines(case), b"\n"]),
    "carriage returns": lambda case: edit(case / "ledger.jsonl", b"\n", b"\r\n"),
    "byte order mark": lambda case: write_ledger(case, [b"\xef\xbb\xbf", *ledger_lines(case)]),
    "blank line in the records": lambda case: edit(case / COLLECT, b"\n", b"\n\n"),
    "line feed missing in the records": lambda case: (case / COLLECT).write_bytes((case / COLLECT).read_bytes()[:-1]),
    "line feed added to case.json": lambda case: edit(case / "case.json", b"\n", b"\n\n"),
    "space in the ledger": lambda case: edit(case / "ledger.jsonl", b'"action":', b'"action": '),
    "member twice": lambda case: edit(case / "ledger.jsonl", b'{"action"', b'{"action":"open","action"'),
    "member more": lambda case: edit(case / "ledger.jsonl", b'"seq":1', b'"seq":1,"sex":1'),
    "number with a point": lambda case: edit(case / "ledger.jsonl", b'"seq":1', b'"seq":1.0'),
    "NaN": lambda case: edit(case / COLLECT, b'"offset_s":0.25', b'"offset_s":NaN'),
    "infinity": lambda case: edit(case / COLLECT, b'"offset_s":0.25', b'"offset_s":1e999'),
    "nesting without end": lambda case: (case / COLLECT).write_bytes(b'{"a":' * 100_000),
    "brackets without end": lambda case: write_ledger(case, [*ledger_lines(case), b"[" * 200_000 + b"\n"]),
    "number without end": lambda case: edit(case / "ledger.jsonl", b'"seq":1', b'"seq":' + b"1" * 100_000),
    "bytes that are no text": lambda case: write_ledger(case, [b"\xff\xfe\x00\n", *ledger_lines(case)[1:]]),
    "half a surrogate": lambda case: edit(case / "ledger.jsonl", b'"name":"tiny"', b'"name":"\\ud800"'),
    "records of a wrong type": lambda case: edit(case / COLLECT, b'"artifacts":[{', b'"artifacts":[7,{'),
    "swapped records": swap_records,
    "dropped record": drop_record,
    "deleted record file": lambda case: (case / COLLECT).unlink(),
    "renamed record file": lambda case: (case / COLLECT).rename(case / "records" / "000001-analyze.jsonl"),
    "second record file of an event": lambda case: shutil.copy(case / COLLECT, case / "records" / "000001-x.jsonl"),
    "records committed anew without the key": commit_records_anew_without_key,
    "bare leaf without erasure": lambda case: bare(case, 1, [1]),
    "undeclared file": lambda case: (case / "notes.txt").write_text("x"),
    "undeclared folder": lambda case: shutil.copytree(case / "records", case / "more"),
    "undeclared file among blobs": lambda case: (blob_of(case).parent / "x").write_text("x"),
    "undeclared report": lambda case: shutil.copytree(case / "records", case / "reports"),
    "undeclared proof": lambda case: shutil.copytree(case / "records", case / "proofs"),
    "two record files too many": lambda case: [(case / f"records/000003-{x}.jsonl").touch() for x in "ab"],
    "link": lambda case: (case / "link").symlink_to("case.json"),
    "link to a folder": lambda case: (case / "link").symlink_to("/"),
    "link in place of a blob": replace_blob_by_link,
    "named pipe": lambda case: os.mkfifo(case / "pipe"),
    "link in place of tmp": lambda case: (case / "tmp").symlink_to("/tmp"),
    "link in place of the lock": lambda case: (case / "lock").symlink_to("/dev/null"),
    "lock that is a folder": lambda case: add_file(case, "lock/x"),
    "record file that is not the next": lambda case: add_file(case, "records/000004-analyze.jsonl"),
    "committed blob among the reports": lambda case: (
        add_file(case, "reports/r.pdf"),
        shutil.copy(blob_of(case), case / "reports" / "r.pdf"),
    ),
}


@pytest.fixture
def case(tmp_path):
    return tiny_case(tmp_path / "case", KEY)


@pytest.fixture
def pem(tmp_path):
    return write_public_key(KEY, tmp_path / "key.pem")


def test_an_untouched_case_is_intact_and_nothing_more_is_claimed(case):
    found = verify(case.folder)
    assert answers(found) == ("passed", "not_checked", "not_checked")
    assert (found["defects"], found["remains"]) == ([], [])


@pytest.mark.parametrize("tamper", CASE_TAMPERS.values(), ids=CASE_TAMPERS)
def test_a_tampered_case_is_not_intact(case, tamper):
    tamper(case.folder)
    found = verify(case.folder)
    assert found["intact"] == "failed"
    assert found["defects"]


def test_a_truncated_ledger_is_shown_by_a_pin_only(case):
    pin = f"2:{case.head}"
    assert verify(case.folder, heads=[pin])["intact"] == "passed"
    write_ledger(case.folder, ledger_lines(case.folder)[:2])
    assert verify(case.folder)["intact"] == "passed"
    found = verify(case.folder, heads=[pin])
    assert found["intact"] == "failed"
    assert [defect["kind"] for defect in found["defects"]] == ["pin"]


def test_every_defect_is_reported_not_only_the_first(case):
    edit_case_file(case.folder)
    edit_blob(case.folder)
    (case.folder / "notes.txt").touch()
    places = {defect["where"] for defect in verify(case.folder)["defects"]}
    assert {"case.json", "notes.txt", str(blob_of(case.folder).relative_to(case.folder))} <= places


def test_a_case_of_a_newer_version_is_not_checked(tmp_path):
    newer = tiny_case(tmp_path / "case", KEY, format_version=2, new="member")
    add_file(newer.folder, "new/file")
    found = verify(newer.folder)
    assert (found["intact"], found["defects"]) == ("not_checked", [])
    edit_blob(newer.folder)
    assert verify(newer.folder)["intact"] == "failed"


@pytest.mark.parametrize("opening", [{"format_version": 0}, {"format_version": "2"}, {"new": "member"}])
def test_a_case_file_of_another_form_is_a_defect_even_if_committed(tmp_path, opening):
    assert verify(tiny_case(tmp_path / "case", KEY, **opening).folder)["intact"] == "failed"


def nested(depth):
    return {"type": "x", "a": json.loads("[" * depth + "]" * depth)}


@pytest.mark.parametrize(("depth", "expected"), [(62, "passed"), (63, "failed")])
def test_json_is_nested_at_most_64_deep_the_line_itself_included(case, depth, expected):
    case.event("analyze", [nested(depth)])
    assert verify(case.folder)["intact"] == expected


def test_a_line_over_the_limit_is_a_defect(case, monkeypatch):
    monkeypatch.setattr(second_verifier, "LINE_LIMIT", 1000)
    (case.folder / COLLECT).write_bytes(b" " * 2000)
    assert verify(case.folder)["intact"] == "failed"


# --- Remains ---


def leave_record_file(case):
    (case / "records" / "000003-analyze.jsonl").write_bytes(b"half")


def leave_blob(case):
    blob_of(case, b"left").parent.mkdir(exist_ok=True)
    blob_of(case, b"left").write_bytes(b"left")


def leave_link_in_tmp(case):
    (case / "tmp").mkdir()
    (case / "tmp" / "x").symlink_to("/")


def leave_report(case):
    leave_blob(case)
    add_file(case, "reports/r.pdf", b"left")


def leave_proof(case):
    (case / "proofs").mkdir()
    (case / "proofs" / f"{sha256(b'token')}.tsr").write_bytes(b"token")


REMAINS = {
    "record file after the last event": leave_record_file,
    "blob that no record names": leave_blob,
    "temporary file": lambda case: add_file(case, "tmp/x"),
    "link in tmp": leave_link_in_tmp,
    "report equal to a blob that no record names": leave_report,
    "archive that no record names": lambda case: add_file(case, "packets/p.zip"),
    "folder of a packet that no record names": lambda case: (
        add_file(case, "packets/p/bagit.txt"),
        add_file(case, "packets/p/data/x"),
    ),
    "proof that no record names": leave_proof,
    "last line without line feed": lambda case: write_ledger(case, [*ledger_lines(case), b'{"act']),
}


@pytest.mark.parametrize("leave", REMAINS.values(), ids=REMAINS)
def test_what_a_crash_leaves_is_reported_and_is_no_defect_of_a_case(case, leave):
    leave(case.folder)
    found = verify(case.folder)
    assert found["intact"] == "passed"
    assert found["remains"]
    assert len(found["remains"]) == (2 if leave is leave_report else 1)


@pytest.mark.parametrize("leave", REMAINS.values(), ids=REMAINS)
def test_what_a_crash_leaves_is_a_defect_of_a_packet(case, tmp_path, leave):
    packet = TinyPacket(tmp_path / "packet", case)
    leave(packet.folder / "data")
    packet.close()
    found = verify(packet.folder)
    assert found["intact"] == "failed"
    assert found["remains"] == []


def test_a_pipe_in_tmp_is_never_opened(case):
    (case.folder / "tmp").mkdir()
    os.mkfifo(case.folder / "tmp" / "pipe")
    assert verify(case.folder)["remains"][0]["where"] == "tmp/pipe"


def test_index_and_lock_are_not_looked_at(case):
    for name in ("index.sqlite", "index.sqlite-wal", "lock"):
        (case.folder / name).write_bytes(os.urandom(8))
    assert verify(case.folder)["intact"] == "passed"


# --- Keys and attribution ---


def test_the_right_key_attributes_a_case(case, pem):
    assert answers(verify(case.folder, keys=[pem])) == ("passed", "not_checked", "passed")


def test_a_case_made_anew_under_another_key_fails_against_the_given_key(tmp_path, pem):
    tiny_case(tmp_path / "forged", Ed25519PrivateKey.generate())
    found = verify(tmp_path / "forged", keys=[pem])
    assert answers(found) == ("passed", "not_checked", "failed")
    assert {defect["where"] for defect in found["defects"]} == {f"ledger.jsonl:{seq}" for seq in range(3)}


def test_a_broken_signature_is_not_attributed(case, pem):
    edit_ledger_line(case.folder)
    assert verify(case.folder, keys=[pem])["attribution"] == "failed"


def listing(key):
    return {"id": key_id(key), "spki": spki(key).hex()}


def test_a_key_added_by_a_given_key_is_vouched_for(case, pem):
    other = Ed25519PrivateKey.generate()
    case.event("key-add", key=listing(other))
    case.event("key-retire", key={"id": key_id(KEY)}, signer=other)
    case.event("checkpoint", signer=other)
    assert answers(verify(case.folder, keys=[pem])) == ("passed", "not_checked", "passed")


KEY_MISUSES = {
    "unlisted": lambda case, other: case.event("checkpoint", signer=other),
    "adds itself": lambda case, other: case.event("key-add", key=listing(other), signer=other),
    "listed twice": lambda case, other: case.event("key-add", key=listing(KEY)),
    "last one retired": lambda case, other: case.event("key-retire", key={"id": key_id(KEY)}),
    "unknown one retired": lambda case, other: case.event("key-retire", key={"id": key_id(other)}),
    "id of another": lambda case, other: case.event("key-add", key={**listing(other), "id": key_id(KEY)}),
    "second opening": lambda case, other: case.event("open", key=listing(other), case="0" * 64),
}


@pytest.mark.parametrize("misuse", KEY_MISUSES.values(), ids=KEY_MISUSES)
def test_a_key_that_may_not_sign_or_change_is_a_defect(case, misuse):
    misuse(case, Ed25519PrivateKey.generate())
    assert verify(case.folder)["intact"] == "failed"


@pytest.mark.parametrize("action", ["key-retire", "key-revoke"])
def test_a_retired_or_revoked_key_signs_nothing_more(case, action):
    other = Ed25519PrivateKey.generate()
    case.event("key-add", key=listing(other))
    since = {"since": now()} if action == "key-revoke" else {}
    case.event(action, key={"id": key_id(KEY), **since}, signer=other)
    assert verify(case.folder)["intact"] == "passed"
    case.event("checkpoint")
    assert verify(case.folder)["intact"] == "failed"


def test_a_retired_key_may_still_be_revoked_and_is_never_listed_again(case):
    other = Ed25519PrivateKey.generate()
    case.event("key-add", key=listing(other))
    case.event("key-retire", key={"id": key_id(other)})
    case.event("key-revoke", key={"id": key_id(other), "since": now()})
    assert verify(case.folder)["intact"] == "passed"
    case.event("key-add", key=listing(other))
    assert verify(case.folder)["intact"] == "failed"


# --- Records ---


def item(number=3, **changes):
    entry = {"type": "item", "id": f"ITEM-{number:04d}", "locator": "x", "kind": "file", "sensitivity": "normal"}
    return {**entry, **changes}


def act(**clock):
    return {"type": "act", "verb": "x", "started_at": now(), "clock": [{**clock_check(), **clock}]}


def acquisition(case, **changes):
    outcome = {"outcome": "COMPLETE", "gaps": [], "artifacts": [case.blob(b"more")]}
    times = {"started_at": now(), "ended_at": now()}
    return {"type": "acquisition", "item": "ITEM-0001", "act": "1/0", **times, **outcome, **changes}


def artifact(case, **changes):
    return acquisition(case, artifacts=[{**case.blob(b"more"), **changes}])


def digests(case, **changes):
    return artifact(case, digests={**case.blob(b"more")["digests"], **changes})


def finding(case, **changes):
    return {"type": "finding", "subject": [sha256(b"first")], "attachments": [], **changes}


def exhibit(case, **changes):
    return {"type": "exhibit", "items": ["ITEM-0001"], "findings": ["3/1"], **changes}


def legal_basis(**changes):
    return {"type": "legal-basis", "purpose": "face-comparison", "basis": "consent", "at": now(), **changes}


def subject(**changes):
    photo = {"photos": ["ITEM-0001"], "contents": [sha256(b"first")], "faces_px": [[1, 2, 3.5, 4]]}
    return {"type": "subject", "id": "SUBJECT-0001", **photo, "basis": legal_basis(), "at": now(), **changes}


GAP = {"what": "x", "why": "y", "detail": "z"}
PLAIN = {"sha256": "1" * 64, "blake3": "2" * 64, "size": 3}

RECORDS = {
    "item with a higher sensitivity": lambda case: item(1, sensitivity="intimate"),
    "unknown type": lambda case: {"type": "unknown", "act": 7, "items": 7, "item": None},
    "unknown members": lambda case: acquisition(case, more={"x": [1]}, gaps=[{**GAP, "more": 1}]),
    "nulls of a clock check": lambda case: act(offset_s=None, round_trip_s=None, gap=None),
    "null SM3": lambda case: digests(case, sm3=None),
    "sealed media": lambda case: artifact(case, sealed={"plain": PLAIN}),
    "sealed facts": lambda case: artifact(case, sealed={"commitment": "3" * 64}),
    "name that is not UTF-8": lambda case: artifact(case, name={"display": "caf\ufffd", "raw_hex": "636166e9"}),
    "finding about an attachment": lambda case: finding(
        case, subject=[sha256(b"map")], attachments=[case.blob(b"map", "map")]
    ),
    "exhibit": exhibit,
    "interpretation": lambda _: {"type": "interpretation", "findings": ["3/1"]},
    "output that lies elsewhere": lambda case: output(case, path=None),
    "time failure": lambda case: {"type": "time-failure", "checkpoint": 2, "authority": "x", "gap": GAP},
    "legal basis": lambda _: legal_basis(consent="", scope="", impact=""),
    "subject": lambda _: subject(),
    "subject without photos": lambda _: subject(photos=[], contents=[], faces_px=[]),
}
MISSHAPEN = {
    "item again": lambda case: item(1),
    "item again with another locator": lambda case: item(1, sensitivity="intimate", locator="y"),
    "item without sensitivity": lambda case: item(sensitivity=None),
    "item without number": lambda case: item(id="ITEM"),
    "clock check without time": lambda case: act(at=None),
    "clock check with a difference in words": lambda case: act(offset_s="0.25"),
    "start in local time": lambda case: acquisition(case, started_at="2026-01-31T09:05:07.000000+01:00"),
    "end on 30 February": lambda case: acquisition(case, ended_at="2026-02-30T09:05:07.000000Z"),
    "unknown outcome": lambda case: acquisition(case, outcome="GOOD"),
    "unknown item": lambda case: acquisition(case, item="ITEM-0099"),
    "act that is no line": lambda case: acquisition(case, act="1/99"),
    "act that is an item": lambda case: acquisition(case, act="1/1"),
    "gap without reason": lambda case: acquisition(case, gaps=[{"what": "x", "detail": "z"}]),
    "artifact without time": lambda case: artifact(case, obtained_at=None),
    "artifact without blob": lambda case: digests(case, sha256="0" * 64),
    "another size": lambda case: digests(case, size=5),
    "another SM3": lambda case: digests(case, sm3="0" * 64),
    "another digest more": lambda case: digests(case, md5="0" * 32),
    "sealed in two ways": lambda case: artifact(case, sealed={"plain": PLAIN, "commitment": "3" * 64}),
    "raw name that is UTF-8": lambda case: artifact(case, name={"display": "a", "raw_hex": "61"}),
    "raw name that is no hex": lambda case: artifact(case, name={"display": "a", "raw_hex": "6"}),
    "finding about nothing here": lambda case: finding(case, subject=["0" * 64]),
    "interpretation of no finding": lambda _: {"type": "interpretation", "findings": ["1/0"]},
    "exhibit of no line": lambda case: exhibit(case, findings=["3/9"]),
    "exhibit of no finding": lambda case: exhibit(case, findings=["1/0"]),
    "exhibit of an unknown item": lambda case: exhibit(case, items=["ITEM-0099"]),
    "output of a later state": lambda case: output(case, as_of=3),
    "output of no digest": lambda case: output(case, digest=None),
    "packet among the reports": lambda case: output(case, kind="packet"),
    "report outside": lambda case: output(case, path="reports/../case.json"),
    "time failure over no checkpoint": lambda case: {"type": "time-failure", "checkpoint": 1, "gap": GAP},
    "erasure of an unknown item": lambda case: {"type": "erasure", "item": "ITEM-0099", "at": now()},
    "erasure of an unknown subject": lambda case: {"type": "erasure", "item": "SUBJECT-0099", "at": now()},
    "erasure of something else": lambda case: {"type": "erasure", "item": "Anna", "at": now()},
    "legal basis without purpose": lambda _: legal_basis(purpose=None),
    "legal basis without time": lambda _: legal_basis(at=None),
    "subject without number": lambda _: subject(id="SUBJECT"),
    "subject of an unknown item": lambda _: subject(photos=["ITEM-0099"]),
    "subject of unknown content": lambda _: subject(contents=["0" * 64]),
    "subject whose photo is no item": lambda _: subject(photos=["SUBJECT-0001"]),
    "subject without basis": lambda _: subject(basis=None),
    "subject whose basis has no text": lambda _: subject(basis=legal_basis(basis=None)),
    "no type": lambda case: {"a": 1},
}


def output(case, **changes):
    add_file(case.folder, "reports/x.pdf", b"more")
    entry = {"type": "output", "kind": "report", "path": "reports/x.pdf", "artifact": case.blob(b"more"), "as_of": 2}
    if "path" in changes:
        shutil.rmtree(case.folder / "reports")
    return {**entry, "digest": sha256(b"more"), **changes}


@pytest.mark.parametrize("make", RECORDS.values(), ids=RECORDS)
def test_a_record_that_the_format_allows_is_no_defect(case, make):
    case.event("x", [make(case), finding(case)])
    found = verify(case.folder)
    assert (found["intact"], found["defects"]) == ("passed", [])


@pytest.mark.parametrize("make", MISSHAPEN.values(), ids=MISSHAPEN)
def test_a_record_of_another_form_is_a_defect_even_if_committed(case, make):
    case.event("x", [make(case), finding(case)])
    assert verify(case.folder)["intact"] == "failed"


def test_a_checkpoint_commits_no_records(case):
    case.event("checkpoint", [act()])
    assert verify(case.folder)["intact"] == "failed"


# --- Erasure, outputs ---


def erase_first_item(case):
    case.erase("ITEM-0001", 1, [1, 2])
    bare(case.folder, 1, [1, 2])
    blob_of(case.folder).unlink()


def test_an_erased_item_leaves_an_intact_case(case):
    erase_first_item(case)
    found = verify(case.folder)
    assert (found["intact"], found["remains"]) == ("passed", [])


def test_an_unfinished_erasure_is_among_the_remains(case):
    case.erase("ITEM-0001", 1, [1, 2])
    found = verify(case.folder)
    assert found["intact"] == "passed"
    assert [remain["where"] for remain in found["remains"]] == ["1/1", "1/2"]


@pytest.mark.parametrize(("seq", "indexes"), [(1, []), (1, [2, 1]), (1, [1, 1]), (1, [99]), (3, [0]), (9, [0])])
def test_an_erasure_lists_earlier_lines_in_order(case, seq, indexes):
    case.erase("ITEM-0001", seq, indexes)
    assert verify(case.folder)["intact"] == "failed"


def test_the_last_output_record_of_a_path_counts(case):
    case.report("r.pdf", b"one")
    case.report("r.pdf", b"two")
    assert verify(case.folder)["intact"] == "passed"
    for other in (b"three", b"one"):
        (case.folder / "reports" / "r.pdf").write_bytes(other)
        assert verify(case.folder)["intact"] == "failed"


def test_a_newer_report_that_no_event_commits_is_among_the_remains(case):
    case.report("r.pdf", b"one")
    leave_blob(case.folder)
    (case.folder / "reports" / "r.pdf").write_bytes(b"left")
    found = verify(case.folder)
    assert found["intact"] == "passed"
    assert {remain["where"] for remain in found["remains"]} >= {"reports/r.pdf"}


def test_a_report_need_not_be_there_once_its_newest_record_is_erased(case):
    case.report("r.pdf", b"one")
    newest = case.report("r.pdf", b"two")
    case.erase("ITEM-0001", newest, [0])
    bare(case.folder, newest, [0])
    blob_of(case.folder, b"two").unlink()
    (case.folder / "reports" / "r.pdf").unlink()
    assert verify(case.folder)["defects"] == []


def test_a_report_that_is_gone_is_a_defect(case):
    case.report("r.pdf", b"one")
    (case.folder / "reports" / "r.pdf").unlink()
    assert verify(case.folder)["intact"] == "failed"


def commit_packet(case, packet, path):
    output = {"type": "output", "kind": "packet", "path": path, "artifact": None, "as_of": len(case.events) - 1}
    case.event("bundle", [{**output, "digest": sha256((packet / "packet.json").read_bytes())}])


def test_a_packet_folder_in_a_case_is_checked_through(case):
    packet = TinyPacket(case.folder / "packets" / "p", case)
    commit_packet(case, packet.folder, "packets/p")
    assert verify(case.folder)["intact"] == "passed"
    edit_blob(packet.folder / "data")
    assert verify(case.folder)["intact"] == "failed"


def test_a_packet_folder_that_is_not_intact_is_a_defect_even_if_committed(case):
    packet = TinyPacket(case.folder / "packets" / "p", case)
    add_file(packet.folder, "data/x")
    commit_packet(case, packet.folder, "packets/p")
    assert verify(case.folder)["intact"] == "failed"


def test_a_packet_of_a_case_with_packets_is_intact_without_them(case, tmp_path):
    commit_packet(case, TinyPacket(case.folder / "packets" / "p", case).folder, "packets/p")
    packet = TinyPacket(tmp_path / "packet", case)
    assert verify(packet.folder)["defects"] == []
    add_file(packet.folder, "data/packets/p")
    packet.close()
    assert verify(packet.folder)["intact"] == "failed"


# --- Time ---


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("the program openssl is not there")
    return Authority(tmp_path_factory.mktemp("authority") / "tsa")


def test_a_token_of_a_given_authority_proves_the_time(case, authority, pem):
    case.stamp(authority)
    assert answers(verify(case.folder)) == ("passed", "not_checked", "not_checked")
    assert answers(verify(case.folder, keys=[pem], trust=[authority.anchor])) == ("passed",) * 3


def test_a_sound_token_proves_nothing_without_an_anchor_and_an_unsound_one_fails(case, authority):
    case.stamp(authority)
    assert verify(case.folder)["time"] == "not_checked"
    case.stamp(authority, damage=lambda response: response[:-1] + bytes([response[-1] ^ 1]))
    assert verify(case.folder)["time"] == "failed"
    assert verify(case.folder, trust=[authority.anchor])["time"] == "failed"


def test_a_token_that_is_none_fails(case, authority):
    case.stamp(authority, damage=lambda response: b"no token")
    assert verify(case.folder)["time"] == "failed"


def test_one_token_of_a_given_authority_is_enough(case, authority, tmp_path):
    case.stamp(Authority(tmp_path / "unknown"))
    case.stamp(authority)
    found = verify(case.folder, trust=[authority.anchor])
    assert (found["time"], len(found["notes"])) == ("passed", 1)


def test_an_intermediate_certificate_is_found_beside_the_token_and_may_be_the_anchor(case, tmp_path):
    deep = Authority(tmp_path / "deep", deep=True)
    case.stamp(deep)
    for anchor in (deep.anchor, deep.middle, deep.folder / "tsa.pem"):
        assert verify(case.folder, trust=[anchor])["time"] == "passed"


def test_evidence_after_the_last_trusted_token_leaves_the_time_open(case, authority):
    case.stamp(authority)
    for action in ("checkpoint", "report", "exhibit", "recover", "key-add"):
        case.event(action, **({"key": listing(Ed25519PrivateKey.generate())} if action == "key-add" else {}))
    found = verify(case.folder, trust=[authority.anchor])
    assert (found["time"], found["proven_through"]) == ("passed", 3)
    case.event("analyze")
    found = verify(case.folder, trust=[authority.anchor])
    assert (found["time"], found["proven_through"]) == ("not_checked", 3)
    assert "event 10" in found["not_checked"][0]


def test_a_token_covers_nothing_between_its_checkpoint_and_itself(case, authority):
    case.event("analyze")
    case.stamp(authority, over=2)
    assert verify(case.folder, trust=[authority.anchor])["time"] == "not_checked"


def test_without_openssl_the_time_is_not_checked(case, authority, monkeypatch):
    case.stamp(authority)
    monkeypatch.setenv("PATH", "")
    assert verify(case.folder, trust=[authority.anchor])["time"] == "not_checked"


def test_a_given_anchor_without_any_token_leaves_the_time_unchecked(case, authority):
    assert verify(case.folder, trust=[authority.anchor])["time"] == "not_checked"


def test_a_token_of_another_authority_fails(case, authority, tmp_path):
    case.stamp(Authority(tmp_path / "impostor"))
    found = verify(case.folder, trust=[authority.anchor])
    assert answers(found) == ("passed", "failed", "not_checked")


TOKEN_TAMPERS = {
    "other gen_time": {"gen_time": "2026-01-31T09:05:07.000000Z"},
    "other accuracy": {"accuracy_s": 9},
    "no accuracy": {"accuracy_s": None},
}


@pytest.mark.parametrize("changes", TOKEN_TAMPERS.values(), ids=TOKEN_TAMPERS)
def test_a_record_that_differs_from_its_token_fails(case, authority, changes):
    case.stamp(authority, **changes)
    assert verify(case.folder, trust=[authority.anchor])["time"] == "failed"


def test_a_token_over_another_line_fails(case, authority):
    other = case.event("checkpoint")
    case.stamp(authority, checkpoint=other)
    assert verify(case.folder, trust=[authority.anchor])["time"] == "failed"


def test_an_event_outside_its_bracket_fails(case, authority):
    case.event("analyze", at=now(3600))
    case.stamp(authority)
    case.event("analyze", at=now(-3600))
    found = verify(case.folder, trust=[authority.anchor])
    assert [defect["kind"] for defect in found["defects"]] == ["bracket", "bracket"]


def test_a_token_bounds_from_below_only_what_follows_its_own_event(case, authority):
    case.event("report", at=now(-3600))
    case.stamp(authority, over=2)
    assert verify(case.folder, trust=[authority.anchor])["defects"] == []
    case.event("report", at=now(-3600))
    found = verify(case.folder, trust=[authority.anchor])
    assert [defect["where"] for defect in found["defects"]] == ["ledger.jsonl:5"]


@pytest.mark.parametrize(("offset", "expected"), [(30, "failed"), (-4000, "passed"), (None, "failed")])
def test_a_clock_difference_that_records_tell_widens_the_bracket(case, authority, offset, expected):
    case.event("collect", [act(offset_s=offset)], at=now(3600))
    case.stamp(authority)
    assert verify(case.folder, trust=[authority.anchor])["time"] == expected


@pytest.mark.parametrize(("late", "expected"), [(86000, "passed"), (87000, "failed")])
def test_no_clock_difference_widens_a_bracket_by_more_than_a_day(case, authority, late, expected):
    case.event("collect", [act(offset_s=10**9)], at=now(late))
    case.stamp(authority, received_at=now(10**6))
    assert verify(case.folder, trust=[authority.anchor])["time"] == expected


def test_a_miss_is_not_checked_where_clock_checks_are_erased(case, authority):
    seq = case.event("collect", [act()], at=now(3600))
    case.stamp(authority)
    assert verify(case.folder, trust=[authority.anchor])["time"] == "failed"
    case.erase("ITEM-0001", seq, [0])
    bare(case.folder, seq, [0])
    assert verify(case.folder, trust=[authority.anchor])["time"] == "not_checked"


@pytest.mark.parametrize(("since", "expected"), [(3600, "passed"), (-3600, "failed")])
def test_events_of_a_revoked_key_count_up_to_a_trusted_time_before(case, authority, pem, since, expected):
    other = Ed25519PrivateKey.generate()
    case.event("key-add", key=listing(other))
    case.event("analyze", signer=other)
    case.stamp(authority)
    case.event("key-revoke", key={"id": key_id(other), "since": now(since)})
    assert verify(case.folder, keys=[pem], trust=[authority.anchor])["attribution"] == expected
    assert verify(case.folder, keys=[pem])["attribution"] == "not_checked"


def test_events_of_a_revoked_key_that_no_token_covers_are_not_attributed(case, authority, pem):
    other = Ed25519PrivateKey.generate()
    case.event("key-add", key=listing(other))
    case.stamp(authority)
    case.event("analyze", signer=other)
    case.event("key-revoke", key={"id": key_id(other), "since": now(3600)})
    assert verify(case.folder, keys=[pem], trust=[authority.anchor])["attribution"] == "failed"


# --- Packets ---


def repack(packet, change):
    change(packet.folder)
    packet.manifests()


def edit_manifests_by_hand(packet):
    edit(packet.folder / "manifest-sha256.txt", b"a", b"b")


def restate(packet, **members):
    packet.statement.update(members)
    packet.close()


def with_another_tag_manifest(packet):
    (packet.folder / "tagmanifest-md5.txt").write_text("hidden")


def retag(packet, name, data):
    """Change a tag file and close the packet with the key."""
    add_file(packet.folder, name, data)
    packet.close(tags_alone=True)


def oxum(packet):
    return (packet.folder / "bag-info.txt").read_bytes()


def link_in_tmp(packet):
    (packet.folder / "tmp").mkdir()
    (packet.folder / "tmp" / "link").symlink_to("../HOW-TO-VERIFY.txt")
    packet.close()


def seal_as_stranger(packet):
    edit_blob_name_and_record(packet.folder / "data")
    packet.close(Ed25519PrivateKey.generate())


PACKET_TAMPERS = {
    "blob edited": lambda packet: edit_blob(packet.folder / "data"),
    "blob edited, manifests recomputed": lambda packet: repack(packet, lambda folder: edit_blob(folder / "data")),
    "blob edited consistently, manifests recomputed": lambda packet: repack(
        packet, lambda folder: edit_blob_name_and_record(folder / "data")
    ),
    "blob edited consistently, sealed by a stranger": seal_as_stranger,
    "instructions edited, manifests recomputed": lambda packet: repack(
        packet, lambda folder: (folder / "HOW-TO-VERIFY.txt").write_text("Trust me")
    ),
    "signer.pem replaced, manifests recomputed": lambda packet: repack(
        packet, lambda folder: write_public_key(Ed25519PrivateKey.generate(), folder / "signer.pem")
    ),
    "file added, manifests recomputed": lambda packet: repack(packet, lambda folder: (folder / "x").touch()),
    "payload added, manifests recomputed": lambda packet: repack(packet, lambda folder: (folder / "data/x").touch()),
    "payload added, closed with the key": lambda packet: ((packet.folder / "data/x").touch(), packet.close()),
    "manifest edited": edit_manifests_by_hand,
    "BLAKE3 manifest edited": lambda packet: edit(packet.folder / "blake3" / "manifest.txt", b"a", b"b"),
    "manifest emptied": lambda packet: (packet.folder / "manifest-sha512.txt").write_text(""),
    "manifest deleted": lambda packet: (packet.folder / "manifest-sha512.txt").unlink(),
    "tag manifest deleted": lambda packet: (packet.folder / "tagmanifest-sha512.txt").unlink(),
    "third tag manifest": with_another_tag_manifest,
    "bagit.txt deleted": lambda packet: (packet.folder / "bagit.txt").unlink(),
    "statement deleted": lambda packet: (packet.folder / "packet.json").unlink(),
    "signature deleted": lambda packet: (packet.folder / "packet.sig").unlink(),
    "statement edited": lambda packet: edit(packet.folder / "packet.json", b'"seq":2', b'"seq":1'),
    "payload deleted": lambda packet: shutil.rmtree(packet.folder / "data"),
    "link": lambda packet: (packet.folder / "link").symlink_to("data"),
    "ledger cut, closed with the key": lambda packet: (
        write_ledger(packet.folder / "data", ledger_lines(packet.folder / "data")[:2]),
        packet.close(),
    ),
    "other case stated": lambda packet: restate(packet, case="00000000-0000-4000-8000-000000000000"),
    "other head stated": lambda packet: restate(packet, head={"seq": 2, "digest": "0" * 64}),
    "withheld blob that is here": lambda packet: restate(packet, withheld={"blobs": [sha256(b"first")], "records": []}),
    "withheld line that is here": lambda packet: restate(
        packet, withheld={"blobs": [], "records": [{"seq": 1, "indexes": [1]}]}
    ),
    "withheld line that is nowhere": lambda packet: restate(
        packet, withheld={"blobs": [], "records": [{"seq": 9, "indexes": [0]}]}
    ),
    "withheld blobs out of order": lambda packet: restate(
        packet, withheld={"blobs": ["f" * 64, "e" * 64], "records": []}
    ),
    "member more": lambda packet: restate(packet, more=1),
    "version 0": lambda packet: restate(packet, format_version=0),
    "BagIt of another version": lambda packet: retag(
        packet, "bagit.txt", b"BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"
    ),
    "BagIt with carriage returns": lambda packet: retag(
        packet, "bagit.txt", b"BagIt-Version: 1.0\r\nTag-File-Character-Encoding: UTF-8\r\n"
    ),
    "no Payload-Oxum": lambda packet: retag(packet, "bag-info.txt", b"Source-Organization: x\n"),
    "another Payload-Oxum": lambda packet: retag(packet, "bag-info.txt", b"Payload-Oxum: 1.1\n"),
    "Payload-Oxum twice": lambda packet: retag(packet, "bag-info.txt", oxum(packet) * 2),
    "fetch.txt": lambda packet: retag(packet, "fetch.txt", b""),
    "another manifest": lambda packet: retag(packet, "manifest-md5.txt", b""),
    "signer.pem of another key": lambda packet: (
        write_public_key(Ed25519PrivateKey.generate(), packet.folder / "signer.pem"),
        packet.close(),
    ),
    "signer.pem missing": lambda packet: ((packet.folder / "signer.pem").unlink(), packet.close()),
    "lock inside": lambda packet: (add_file(packet.folder, "data/lock"), packet.close()),
    "link in tmp inside": lambda packet: (
        (packet.folder / "data" / "tmp").mkdir(),
        os.mkfifo(packet.folder / "data/tmp/x"),
    ),
    "link in a tmp of its own": link_in_tmp,
    "bare leaf not listed": lambda packet: (bare(packet.folder / "data", 1, [0]), packet.close()),
}


@pytest.fixture
def packet(tmp_path, case):
    return TinyPacket(tmp_path / "packet", case)


def test_an_untouched_packet_is_intact_in_every_form(packet, tmp_path, pem):
    for path in (
        packet.folder,
        zip_folder(packet.folder, tmp_path / "p.zip"),
        tar_folder(packet.folder, tmp_path / "p.tar"),
    ):
        found = verify(path, keys=[pem])
        assert (answers(found), found["defects"]) == (("passed", "not_checked", "passed"), [])


@pytest.mark.parametrize("tamper", PACKET_TAMPERS.values(), ids=PACKET_TAMPERS)
def test_a_tampered_packet_is_not_intact(packet, tamper, tmp_path):
    tamper(packet)
    found = verify(packet.folder)
    assert found["intact"] == "failed"
    assert found["defects"]


def test_tag_files_and_labels_that_the_format_does_not_name_are_allowed(packet):
    (packet.folder / "NOTES.txt").write_text("x")
    retag(packet, "bag-info.txt", b"Source-Organization: x\n" + oxum(packet).replace(b"Payload-Oxum", b"payload-oxum"))
    assert verify(packet.folder)["defects"] == []


def test_a_statement_of_a_newer_version_is_not_checked(packet):
    restate(packet, format_version=2, more=1)
    found = verify(packet.folder)
    assert (found["intact"], found["defects"]) == ("not_checked", [])
    edit(packet.folder / "packet.json", b'"more":1', b'"more":2')
    assert verify(packet.folder)["intact"] == "failed"


def test_a_report_whose_blob_is_withheld_may_be_absent(case, tmp_path):
    case.report("r.pdf", b"one")
    for withheld, expected in (([sha256(b"one")], "passed"), ([], "failed")):
        packet = TinyPacket(tmp_path / expected, case, blobs=withheld)
        (packet.folder / "data" / "reports" / "r.pdf").unlink()
        packet.close()
        assert verify(packet.folder)["intact"] == expected


def test_a_packet_that_withholds_is_intact(case, tmp_path):
    withheld = [{"seq": 1, "indexes": [1, 2]}]
    packet = TinyPacket(tmp_path / "packet", case, blobs=[sha256(b"first")], records=withheld)
    assert verify(packet.folder)["defects"] == []


def test_no_byte_of_a_packet_can_be_changed_unseen(packet):
    chance = random.Random(1)
    for path in sorted(path for path in packet.folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        for place in {0, len(data) - 1, *chance.sample(range(len(data)), 3)}:
            path.write_bytes(data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :])
            assert verify(packet.folder)["intact"] == "failed", (path.name, place)
        path.write_bytes(data)
    assert verify(packet.folder)["intact"] == "passed"


# --- Archives ---


def add_member(name, data=b"x"):
    def add(archive):
        with warnings.catch_warnings(), zipfile.ZipFile(archive, "a") as file:
            warnings.simplefilter("ignore")
            file.writestr(name, data)

    return add


def add_link(archive):
    info = zipfile.ZipInfo("packet/link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(info, "../../secret")


def pack_again(archive, method):
    """Pack an archive's members anew, as Python's zipfile numbers the methods."""
    with zipfile.ZipFile(archive) as file:
        held = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(archive, "w", method) as file:
        for name, data in held.items():
            file.writestr(name, data)


def flag_as_encrypted(archive):
    """Set the flag in the directory and before the first member."""
    data = bytearray(archive.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    archive.write_bytes(data)


def add_zeros(archive):
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as file, file.open("packet/zeros", "w") as member:
        for _ in range(80):
            member.write(bytes(1 << 20))


ZIP_TAMPERS = {
    "member twice": add_member("packet/packet.json"),
    "member that leads up": add_member("packet/../../evil.txt"),
    "member with an absolute name": add_member("/evil.txt"),
    "member with an empty part": add_member("packet//x"),
    "member with a backslash": add_member("packet\\evil.txt"),
    "member beside the folder": add_member("evil.txt"),
    "second folder": add_member("other/bagit.txt"),
    "folder twice": add_member("packet/data/", b""),
    "packed with bzip2": lambda archive: pack_again(archive, zipfile.ZIP_BZIP2),
    "encrypted": flag_as_encrypted,
    "file and folder of one name": add_member("packet/bagit.txt/x"),
    "name without end": add_member("packet/" + "x" * 5000),
    "link": add_link,
    "bomb": add_zeros,
    "cut": lambda archive: archive.write_bytes(archive.read_bytes()[:-400]),
    "garbage": lambda archive: archive.write_bytes(os.urandom(5000)),
    "empty": lambda archive: archive.write_bytes(b""),
    "byte flipped": lambda archive: edit(archive, b"Read docs", b"Reed docs"),
}


@pytest.mark.parametrize("tamper", ZIP_TAMPERS.values(), ids=ZIP_TAMPERS)
def test_a_tampered_zip_is_not_intact_and_writes_nothing_outside(packet, tmp_path, tamper):
    archive = tmp_path / "p.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(packet.folder.rglob("*")):
            file.write(path, path.relative_to(tmp_path))
    tamper(archive)
    assert verify(archive)["intact"] == "failed"
    assert not list(tmp_path.parent.glob("**/evil.txt"))


TAR_MEMBERS = {
    "member twice": ("packet/packet.json", tarfile.REGTYPE),
    "member that leads up": ("packet/../../evil.txt", tarfile.REGTYPE),
    "member with an absolute name": ("/evil.txt", tarfile.REGTYPE),
    "link": ("packet/link", tarfile.SYMTYPE),
    "hard link": ("packet/hard", tarfile.LNKTYPE),
    "device": ("packet/device", tarfile.CHRTYPE),
    "pipe": ("packet/pipe", tarfile.FIFOTYPE),
    "folder twice": ("packet/data", tarfile.DIRTYPE),
    "name with a point": ("./packet/data/reports", tarfile.DIRTYPE),
    "sparse file": ("packet/sparse", tarfile.GNUTYPE_SPARSE),
}


@pytest.mark.parametrize(("name", "kind"), TAR_MEMBERS.values(), ids=TAR_MEMBERS)
def test_a_tampered_tar_is_not_intact(packet, tmp_path, name, kind):
    archive = tar_folder(packet.folder, tmp_path / "p.tar")
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "packet/bagit.txt"
    with tarfile.open(archive, "a") as file:
        file.addfile(info)
    assert verify(archive)["intact"] == "failed"


def test_a_compressed_tar_is_not_intact(packet, tmp_path):
    with tarfile.open(tmp_path / "p.tar", "w:gz") as file:
        file.add(packet.folder, "packet")
    assert verify(tmp_path / "p.tar")["intact"] == "failed"


def test_a_tar_that_ends_with_a_zip_is_still_a_tar(tmp_path):
    case = TinyCase(tmp_path / "case", KEY)
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / "x").write_text("x")
    case.collect(zip_folder(tmp_path / "z", tmp_path / "z.zip").read_bytes())
    packet = TinyPacket(tmp_path / "packet", case)
    with tarfile.open(tmp_path / "p.tar", "w") as file:
        for path in sorted(packet.folder.rglob("*"), key=lambda path: path.parent.parent.name == "blobs"):
            file.add(path, path.relative_to(tmp_path), recursive=False)
    assert zipfile.is_zipfile(tmp_path / "p.tar")
    assert verify(tmp_path / "p.tar")["defects"] == []


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=2000), st.sampled_from(["p.zip", "p.tar"]))
def test_no_garbage_in_an_archive_makes_it_raise(tmp_path_factory, data, name):
    archive = tmp_path_factory.mktemp("garbage") / name
    archive.write_bytes(data)
    assert verify(archive)["intact"] == "failed"


# --- Trees, digests, canonical JSON ---


@pytest.mark.parametrize("count", [*range(18), 64, 65, 127])
def test_the_merkle_root_is_the_same_built_from_above_and_from_below(count):
    leaves = [number.to_bytes(32) for number in range(count)]
    assert second_verifier.merkle_root(leaves) == root(leaves)


def test_sm3_is_that_of_its_standard():
    hashing = second_verifier.hasher("sm3")
    hashing.update(b"abc")
    assert hashing.finalize().hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_digests_that_cannot_be_made_here_are_named_as_not_checked(case, monkeypatch):
    made = second_verifier.hasher
    monkeypatch.setattr(second_verifier, "hasher", lambda name: None if name == "blake3" else made(name))
    found = verify(case.folder)
    assert found["intact"] == "passed"
    assert any("blake3" in note for note in found["not_checked"])


CANONICAL = {
    "members in the order of UTF-16 code units": (
        {"\ufb33": 1, "😂": 2, "€": 3, "1": 4},
        '{"1":4,"€":3,"😂":2,"\ufb33":1}',
    ),
    "minimal escapes": ('\u0000\b\t\n\f\r"\\/\u007f\u2028é', '"\\u0000\\b\\t\\n\\f\\r\\"\\\\/\u007f\u2028é"'),
    "literals": ([None, True, False, 0, -1], "[null,true,false,0,-1]"),
    "numbers in plain form": ([1e20, 123456789012345680000.0, 0.000001, 4.5, -0.0, 100.0], None),
    "numbers with exponents": ([1e21, 1e-7, 5e-324, 1.7976931348623157e308, 1.5e300], None),
}
NUMBERS = {
    "numbers in plain form": "[100000000000000000000,123456789012345680000,0.000001,4.5,0,100]",
    "numbers with exponents": "[1e+21,1e-7,5e-324,1.7976931348623157e+308,1.5e+300]",
}


@pytest.mark.parametrize("name", CANONICAL)
def test_canonical_json_is_that_of_rfc_8785(name):
    value, expected = CANONICAL[name]
    assert canonical(value).decode() == (expected or NUMBERS[name])


@pytest.mark.parametrize("value", [2**53, -(2**53), float("nan"), float("inf"), "\ud800", {"\udfff": 1}])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(ValueError, match=r".+"):
        canonical(value)


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":1,"a":1}', b'{"b":1,"a":1}', b'{"a": 1}', b'{"a":1.0}', b'{"a":-0}', b'{"a":9007199254740992}',
        b'{"a":"\\/"}',
        b'{"a":NaN}', b'{"a":"\\u0041"}', b"[]", b"", b"\xef\xbb\xbf{}", b'{"a":1}\r', b'{"a":"\\ud83d"}',
    ],
)  # fmt: skip
def test_a_line_that_is_not_canonical_is_refused(line):
    with pytest.raises(ValueError, match=r".*"):
        decode(line)


@given(st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.none()))
def test_what_was_encoded_decodes_to_the_same(value):
    encoded = canonical(value)
    if all(not isinstance(item, float) or abs(item) < 2**53 or abs(item) >= 1e21 for item in value.values()):
        assert decode(encoded) == value


# --- The program ---


def run(*arguments):
    command = [sys.executable, second_verifier.__file__, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_exit_codes_tell_passed_open_failed_and_not_a_case(case, authority, pem, tmp_path):
    case.stamp(authority)
    whole = ("--key", pem, "--trust", authority.anchor)
    assert run(case.folder, *whole).returncode == 0
    assert run(case.folder).returncode == 3
    edit_blob(case.folder)
    damaged = run(case.folder, *whole)
    assert damaged.returncode == 10
    assert json.loads(damaged.stdout)["intact"] == "failed"
    assert run(tmp_path / "missing").returncode == 2


@pytest.mark.parametrize("mark", ["case.json", "ledger.jsonl", "records", "blobs", "bagit.txt", "data", "manifest-x"])
def test_a_folder_with_any_trace_of_a_case_or_packet_is_damaged_not_misused(tmp_path, mark):
    (tmp_path / mark).mkdir()
    assert verify(tmp_path)["intact"] == "failed"


@pytest.mark.parametrize(
    "argument", [{"keys": ["missing"]}, {"trust": ["missing"]}, {"trust": [__file__]}, {"heads": ["1"]}]
)
def test_an_argument_that_cannot_be_used_is_refused(case, argument):
    with pytest.raises(NotACaseError):
        verify(case.folder, **argument)


def test_a_folder_without_any_trace_is_refused(tmp_path):
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(NotACaseError):
        verify(tmp_path)
    with pytest.raises(NotACaseError):
        verify(Path(tmp_path / "photo.jpg"))
