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


def leave_temporary_file(case):
    (case / "tmp").mkdir()
    (case / "tmp" / "x").write_bytes(b"x")


def leave_report(case):
    (case / "reports").mkdir()
    shutil.copy(blob_of(case), case / "reports" / "r.pdf")


def leave_proof(case):
    (case / "proofs").mkdir()
    (case / "proofs" / f"{sha256(b'token')}.tsr").write_bytes(b"token")


REMAINS = {
    "record file after the last event": leave_record_file,
    "blob that no record names": leave_blob,
    "temporary file": leave_temporary_file,
    "report equal to a blob": leave_report,
    "proof that no record names": leave_proof,
    "last line without line feed": lambda case: write_ledger(case, [*ledger_lines(case), b'{"act']),
}


@pytest.mark.parametrize("leave", REMAINS.values(), ids=REMAINS)
def test_what_a_crash_leaves_is_reported_and_is_no_defect_of_a_case(case, leave):
    leave(case.folder)
    found = verify(case.folder)
    assert found["intact"] == "passed"
    assert len(found["remains"]) == 1


@pytest.mark.parametrize("leave", REMAINS.values(), ids=REMAINS)
def test_what_a_crash_leaves_is_a_defect_of_a_packet(case, tmp_path, leave):
    packet = TinyPacket(tmp_path / "packet", case)
    leave(packet.folder / "data")
    packet.close()
    found = verify(packet.folder)
    assert found["intact"] == "failed"
    assert found["remains"] == []


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
    (case.folder / "reports" / "r.pdf").write_bytes(b"three")
    assert verify(case.folder)["intact"] == "failed"


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
}


@pytest.mark.parametrize(("name", "kind"), TAR_MEMBERS.values(), ids=TAR_MEMBERS)
def test_a_tampered_tar_is_not_intact(packet, tmp_path, name, kind):
    archive = tar_folder(packet.folder, tmp_path / "p.tar")
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "packet/bagit.txt"
    with tarfile.open(archive, "a") as file:
        file.addfile(info)
    assert verify(archive)["intact"] == "failed"


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


@pytest.mark.parametrize("argument", [{"keys": ["missing"]}, {"trust": ["missing"]}, {"heads": ["1"]}])
def test_an_argument_that_cannot_be_used_is_refused(case, argument):
    with pytest.raises(NotACaseError):
        verify(case.folder, **argument)


def test_a_folder_without_any_trace_is_refused(tmp_path):
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(NotACaseError):
        verify(tmp_path)
    with pytest.raises(NotACaseError):
        verify(Path(tmp_path / "photo.jpg"))
