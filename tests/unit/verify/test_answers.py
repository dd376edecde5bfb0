"""The three answers, what they need from outside, and how the program says so."""

from __future__ import annotations

import json
import shutil

import pytest

from forensics.custody.case import Opening, new_case
from forensics.custody.ledger import Head
from forensics.custody.signing import Home, new_key, spki_of
from forensics.errors import UsageError
from forensics.verify import State, identify, to_json, verify
from tests.conformance.tampering import change_line, cut_after, edit, lines_of, reseal
from tests.fakes import cases, stamped

PASSED, FAILED, NOT_CHECKED = State.PASSED, State.FAILED, State.NOT_CHECKED


def kinds(result):
    return {defect.kind.value for defect in result.defects}


def test_without_anything_from_outside_only_the_first_answer_is_given(case):
    result = verify(case)
    assert (result.intact.state, result.time.state, result.attribution.state) == (PASSED, NOT_CHECKED, NOT_CHECKED)
    assert result.exit_code == 3
    assert "anyone could have made this case anew" in result.attribution.reasons[0]
    assert any("removal of whole last lines" in note for note in result.notes)


def test_steps_are_numbered_in_order_and_belong_to_an_answer(packet):
    steps = verify(packet).steps
    assert [step.number for step in steps] == list(range(1, 16))
    assert {step.answer.value for step in steps} == {"intact", "time", "attribution"}


def test_json_has_the_documented_members(whole, packet):
    value = json.loads(json.dumps(to_json(whole.judge(packet))))
    assert {"path", "kind", "intact", "time", "attribution", "reasons", "defects", "remains", "steps"} <= set(value)
    assert {"head", "root", "withheld", "erased", "notes"} <= set(value)
    assert (value["kind"], value["intact"], value["time"], value["attribution"]) == ("packet", *["passed"] * 3)
    assert set(value["reasons"]) == {"intact", "time", "attribution"}
    assert value["head"] == str(whole.case.head)
    assert value["root"] == whole.case.root(whole.case.head.seq)
    assert len(value["withheld"]) == 1
    assert value["counts"]["events"] == len(whole.case.events)


# Pins


def test_a_cut_ledger_is_a_valid_shorter_one_unless_there_is_a_pin(whole, case):
    cut_after(case, whole.case.head.seq - 1)
    assert verify(case).intact.state is PASSED
    for pins in ({"heads": [whole.case.head]}, {"pinned_heads": [whole.case.head]}):
        result = verify(case, **pins)
        assert "pin-mismatch" in kinds(result)
        assert result.exit_code == 10


def test_a_pin_of_another_ledger_fails(whole):
    assert "pin-mismatch" in kinds(verify(whole.folder, heads=[Head(2, "0" * 64)]))


def test_a_pin_that_holds_lets_the_note_disappear(whole):
    result = verify(whole.folder, heads=[whole.case.head])
    assert result.intact.state is PASSED
    assert not any("removal of whole last lines" in note for note in result.notes)


def test_a_pin_later_than_a_packet_is_not_compared_and_noted(whole, packet):
    result = verify(packet, pinned_heads=[Head(999, "0" * 64)])
    assert result.intact.state is PASSED
    assert any("999" in note for note in result.notes)


def test_an_earlier_packet_is_a_pin(whole, case):
    for name in ("packet", "packet.zip"):
        assert verify(whole.folder, against=[whole.folder.parent / name]).intact.state is PASSED
    shutil.copytree(case, case.parent / "cut")
    cut_after(case.parent / "cut", whole.case.head.seq - 1)
    assert "pin-mismatch" in kinds(verify(case.parent / "cut", against=[whole.folder.parent / "packet"]))
    change_line(case / "ledger.jsonl", 2, lambda v: {**v, "at": "2020-01-01T00:00:00.000000Z"})
    assert "pin-mismatch" in kinds(verify(case, against=[whole.folder.parent / "packet.tar"]))


def test_a_packet_of_another_case_is_no_pin(whole, tmp_path):
    other = stamped.make(tmp_path)
    other.bundle(tmp_path / "other")
    with pytest.raises(UsageError, match="another case"):
        verify(whole.folder, against=[tmp_path / "other"])


def test_a_case_is_no_pin(whole):
    with pytest.raises(UsageError, match="no packet"):
        verify(whole.folder, against=[whole.folder])


# Attribution


def test_a_case_made_anew_under_another_key_fails_against_the_given_one(whole, tmp_path):
    forger = Home(tmp_path / "home", tmp_path / "home" / "state")
    forged = cases.build_case(tmp_path / "case", forger)
    assert verify(forged.folder).attribution.state is NOT_CHECKED
    result = verify(forged.folder, keys=[whole.public])
    assert result.attribution.state is FAILED
    assert result.exit_code == 10
    assert kinds(result) == {"unvouched-key"}


def added_key(made, folder):
    """Has the examiner list a second key, which then signs."""
    home = Home(folder / "home2", folder / "home2" / "state")
    second = new_key(home)
    spki = spki_of(second.private.public_key())
    with made.built.writing() as writer:
        writer.commit("key-add", extra={"key": {"id": second.key_id, "spki": spki.hex()}})
    with cases.writing(made.folder, second, home=home, verb="test") as writer:
        writer.commit("checkpoint")
    return second


def test_a_key_that_a_given_key_added_is_vouched_for(tmp_path):
    made = stamped.make(tmp_path)
    second = added_key(made, tmp_path)
    assert made.judge().attribution.state is PASSED
    (tmp_path / "second.pem").write_bytes(second.public_pem())
    result = verify(made.folder, keys=[tmp_path / "second.pem"])
    assert result.attribution.state is FAILED, "the second key does not vouch for the first"


def test_events_of_a_revoked_key_need_a_token_from_before(tmp_path):
    made = stamped.make(tmp_path)
    added_key(made, tmp_path)
    since = "2030-01-01T00:00:00.000000Z"
    key_id = made.built.key.key_id
    second = Home(tmp_path / "home2", tmp_path / "home2" / "state")
    with cases.writing(made.folder, cases.key_of(second), home=second, verb="test") as writer:
        writer.commit("key-revoke", extra={"key": {"id": key_id, "since": since}})
        made.stamp(writer)
    assert made.judge().attribution.state is PASSED, "all events of the key are covered by tokens from before 2030"
    assert verify(made.folder, keys=[made.public]).attribution.state is NOT_CHECKED, "tokens need trust anchors"


def test_a_key_revoked_before_its_events_attributes_nothing(tmp_path):
    made = stamped.make(tmp_path)
    added_key(made, tmp_path)
    second = Home(tmp_path / "home2", tmp_path / "home2" / "state")
    with cases.writing(made.folder, cases.key_of(second), home=second, verb="test") as writer:
        revoked = {"id": made.built.key.key_id, "since": "2020-01-01T00:00:00.000000Z"}
        writer.commit("key-revoke", extra={"key": revoked})
    result = made.judge()
    assert result.attribution.state is FAILED
    assert "revoked-key" in kinds(result)


def test_a_bad_signature_is_attributable_to_nobody(whole, case):
    change_line(case / "ledger.jsonl", 2, lambda v: {**v, "tool": {"name": "forensics", "version": "9"}})
    assert whole.judge(case).attribution.state is FAILED


def test_a_file_that_is_no_key_is_a_usage_error(whole):
    for wrong in (whole.trust, whole.folder / "case.json", whole.folder / "missing"):
        with pytest.raises(UsageError):
            verify(whole.folder, keys=[wrong])


def test_a_file_that_is_no_certificate_is_a_usage_error(whole):
    for wrong in (whole.public, whole.folder / "case.json", whole.folder / "missing"):
        with pytest.raises(UsageError):
            verify(whole.folder, trust=[wrong])


# What is a case at all


@pytest.mark.parametrize("name", ["empty", "text.txt", "picture.zip", "missing", "pipe"])
def test_what_is_neither_case_nor_packet_is_a_usage_error(name, tmp_path):
    import os
    import zipfile

    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("x")
    (tmp_path / "text.txt").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    with zipfile.ZipFile(tmp_path / "picture.zip", "w") as archive:
        archive.writestr("holiday/picture.jpg", b"x")
    with pytest.raises(UsageError, match=r"neither|cannot be opened"):
        verify(tmp_path / name)


@pytest.mark.parametrize("name", ["case.json", "ledger.jsonl", "bagit.txt", "manifest-sha256.txt", "packet.json"])
def test_a_folder_with_any_file_of_a_case_or_packet_is_a_damaged_one(name, tmp_path):
    (tmp_path / name).write_bytes(b"")
    assert verify(tmp_path).exit_code == 10


@pytest.mark.parametrize("name", ["records", "blobs", "data"])
def test_a_folder_with_any_folder_of_a_case_or_packet_is_a_damaged_one(name, tmp_path):
    (tmp_path / name).mkdir()
    assert verify(tmp_path).exit_code == 10


def test_a_name_added_to_a_case_does_not_turn_it_into_a_packet(case):
    (case / "bagit.txt").write_bytes(b"")
    result = verify(case)
    assert result.kind == "case"
    assert kinds(result) == {"undeclared-file"}


def test_the_case_of_a_path_can_be_asked_for(whole, tmp_path):
    assert identify(whole.folder) == ("case", whole.case.info.id)
    assert identify(whole.folder.parent / "packet.zip") == ("packet", whole.case.info.id)
    (tmp_path / "case.json").write_bytes(b"[")
    assert identify(tmp_path) == ("case", "")


# Versions


def newer(case, key):
    """Makes a case of version 2 as a newer program would: event 0 carries the digest of its case file."""
    import hashlib

    import rfc8785

    change_line(case / "case.json", 0, lambda v: {**v, "format_version": 2, "colour": "blue"})
    event = json.loads(lines_of(case / "ledger.jsonl")[0])
    event["case"] = hashlib.sha256((case / "case.json").read_bytes()).hexdigest()
    del event["sig"]
    event["sig"] = key.sign(b"forensics-event-v1\0" + rfc8785.dumps(event)).hex()
    (case / "ledger.jsonl").write_bytes(rfc8785.dumps(event) + b"\n")


def new_version(tmp_path):
    built = cases.empty_case(tmp_path / "case", Home(tmp_path / "home", tmp_path / "state"))
    newer(built.folder, built.key)
    return built


def test_a_newer_version_with_right_digests_is_not_judged(tmp_path):
    built = new_version(tmp_path)
    (built.folder / "novelty.bin").write_bytes(b"what version 2 keeps there")
    result = verify(built.folder)
    assert (result.intact.state, result.exit_code, result.defects) == (NOT_CHECKED, 3, ())
    assert any("newer" in note for note in result.notes)


def test_a_newer_version_does_not_excuse_wrong_digests(tmp_path):
    built = new_version(tmp_path)
    edit(next((built.folder / "records").iterdir()), lambda data: data.replace(b"Examiner", b"Ex4miner"))
    assert verify(built.folder).exit_code == 10


def test_a_case_that_only_claims_a_newer_version_is_damaged(case):
    change_line(case / "case.json", 0, lambda v: {**v, "format_version": 2})
    assert verify(case).exit_code == 10


def test_a_packet_whose_statement_only_claims_a_newer_version_is_damaged(packet):
    change_line(packet / "packet.json", 0, lambda v: {**v, "format_version": 2})
    reseal(packet)
    assert "packet-signature" in kinds(verify(packet))


# Erasure and other languages


def test_erased_records_are_named_with_the_event_that_erased_them(tmp_path):
    from forensics.custody.erasure import erase

    made = stamped.make(tmp_path)
    with made.built.writing("erase") as writer:
        event = erase(writer, "ITEM-0001", basis="a duty")
    result = made.judge()
    assert result.defects == ()
    assert set(result.erased.values()) == {event.seq}
    assert any(f"erased by event {event.seq}" in note for note in result.notes)


def test_an_erasure_that_was_not_finished_is_a_remain(tmp_path):
    from forensics.custody.erasure import erase

    made = stamped.make(tmp_path)
    before = shutil.copytree(made.folder / "records", tmp_path / "before")
    with made.built.writing("erase") as writer:
        erase(writer, "ITEM-0002", basis="a duty")
    for path in before.iterdir():
        (made.folder / "records" / path.name).chmod(0o644)
        shutil.copy(path, made.folder / "records" / path.name)
    result = verify(made.folder)
    assert any("unfinished erasure" in remain.detail for remain in result.remains)


def test_a_case_with_sm3_compares_it(tmp_path):
    made = stamped.make(tmp_path, jurisdiction="cn")
    assert made.judge().exit_code == 0


def test_a_new_empty_case_is_intact(tmp_path):
    home = Home(tmp_path / "home", tmp_path / "state")
    key = new_key(home)
    opening = Opening("t", "e", language="zh")
    made = new_case(tmp_path / "case", opening, signer=key, spki=key.spki, recipient=key.recipient)
    result = verify(made.folder)
    assert (result.intact.state, result.defects, result.remains) == (PASSED, (), ())
