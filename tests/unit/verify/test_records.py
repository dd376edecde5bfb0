"""What signed records must say: a holder of the key who states what cannot be is noticed too."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from forensics.custody.erasure import erase
from forensics.custody.writer import Writer
from forensics.model import (
    Acquisition,
    ActEnd,
    Artifact,
    Erasure,
    Exhibit,
    Item,
    LegalBasis,
    Name,
    Outcome,
    Output,
    Sensitivity,
    Subject,
)
from forensics.verify import verify
from tests.fakes import cases, stamped

ITEM = Item("ITEM-0009", Name("/evidence/nine.bin"), "file")


@pytest.fixture
def made(tmp_path):
    return stamped.make(tmp_path)


def kinds_after(made, action, *records, extra=None):
    with made.built.writing() as writer:
        writer.commit(action, records, extra=extra)
    return {defect.kind.value for defect in verify(made.folder).defects}


def acquisition(item="ITEM-0001", act="3/0", artifacts=()):
    return Acquisition(item, cases.LOCAL, act, Outcome.COMPLETE, cases.now(), cases.now(), artifacts)


def subject(name="SUBJECT-0001", photos=("ITEM-0001",), contents=()):
    basis = LegalBasis(basis="consent", at=cases.now())
    return Subject(name, "N.", photos, basis, cases.now(), contents)


DANGLING = {
    "item of an acquisition": acquisition(item="ITEM-0999"),
    "act of an acquisition": acquisition(act="0/0"),
    "act beyond the end of its file": acquisition(act="3/9"),
    "act of no event": acquisition(act="99/0"),
    "act of an act-end": ActEnd("4/0", cases.now()),
    "subject of a finding": cases.finding_about("0" * 64),
    "finding of an interpretation": cases.interpretation_of("3/0"),
    "item of an exhibit": Exhibit("A", "t", ("ITEM-0999",)),
    "finding of an exhibit": Exhibit("A", "t", ("ITEM-0001",), ("3/0",)),
    "photo of a subject": subject(photos=("ITEM-0999",)),
    "content of a subject": subject(contents=("0" * 64,)),
}


@pytest.mark.parametrize("name", DANGLING)
def test_a_reference_to_what_is_not_there_is_reported(name, made):
    assert kinds_after(made, "collect", DANGLING[name]) == {"dangling-reference"}


def test_references_that_lead_somewhere_are_none(made):
    good = (acquisition(), Exhibit("A", "t", ("ITEM-0001",), ("7/0",)), cases.interpretation_of("7/0"))
    assert kinds_after(made, "exhibit", *good) == set()


def test_subjects_and_legal_bases_are_records_of_the_format(made):
    basis = LegalBasis(basis="consent", at=cases.now())
    assert kinds_after(made, "subject", basis, subject(), subject("SUBJECT-0002", photos=())) == set()


@pytest.mark.parametrize(
    "record",
    [subject("ITEM-0001"), subject("SUBJECT"), subject(photos=("N.",)), subject(contents=("first",))],
    ids=["id of an item", "id without a number", "photo that is no item", "content that is no digest"],
)
def test_a_subject_of_another_form_is_reported(record, made):
    assert kinds_after(made, "subject", record) == {"malformed-record"}


@pytest.mark.parametrize("name", ["act beyond the end of its file", "act of no event"])
def test_an_erasure_does_not_excuse_a_reference_to_no_line_at_all(name, made):
    with made.built.writing() as writer:
        erase(writer, "ITEM-0002", basis="a duty")
    assert kinds_after(made, "collect", DANGLING[name]) == {"dangling-reference"}


def test_a_finding_about_an_erased_item_may_stay(made):
    with made.built.writing() as writer:
        erase(writer, "ITEM-0002", basis="a duty")
    assert kinds_after(made, "analyze", cases.finding_about("0" * 64)) == set()


def test_an_item_may_come_again_only_with_a_higher_sensitivity(made):
    higher = replace(ITEM, sensitivity=Sensitivity.PERSONAL)
    assert kinds_after(made, "collect", ITEM, higher) == set()
    assert kinds_after(made, "collect", ITEM) == {"malformed-record"}


def test_another_item_of_the_same_id_is_reported(made):
    assert kinds_after(made, "collect", ITEM, replace(ITEM, kind="page")) == {"malformed-record"}


@pytest.mark.parametrize("change", [{"blake3": "0" * 64}, {"size": 1}, {"sm3": "0" * 64}])
def test_an_artifact_with_other_digests_than_its_blob_is_reported(change, made):
    with made.built.writing() as writer:
        staged = writer.store.stage(io.BytesIO(b"more evidence"))
        artifact = Artifact(replace(staged.digests, **change), "original", Name("x"), "text/plain", cases.now())
        writer.commit("collect", [acquisition(artifacts=(artifact,))], staged=[staged])
    assert {defect.kind.value for defect in verify(made.folder).defects} == {"blob-digest"}


def test_an_output_of_a_later_event_is_reported(made):
    assert kinds_after(made, "report", Output("report", None, "0" * 64, 99)) == {"malformed-record"}


def test_an_output_that_lies_elsewhere_needs_no_file(made):
    assert kinds_after(made, "bundle", Output("packet", None, "0" * 64, 1)) == set()


def test_erasing_what_does_not_exist_is_reported(made):
    record = Erasure("ITEM-0001", "a duty", cases.now())
    extra = {"erased": [{"seq": 3, "indexes": [7]}]}
    assert kinds_after(made, "erase", record, extra=extra) == {"malformed-event"}


def test_an_erasure_without_its_record_is_reported(made):
    extra = {"erased": [{"seq": 4, "indexes": [0, 1]}]}
    with made.built.writing() as writer:
        writer.commit("erase", extra=extra)
    found = verify(made.folder)
    assert "malformed-event" in {defect.kind.value for defect in found.defects}


@pytest.fixture
def unhindered(made, monkeypatch):
    """A case whose writer signs what the program itself refuses to write."""
    monkeypatch.setattr(Writer, "_check_keys", lambda *_: None)
    return made


def test_a_key_can_be_listed_once_only(unhindered):
    key = unhindered.built.key
    extra = {"key": {"id": key.key_id, "spki": key.spki.hex()}}
    assert kinds_after(unhindered, "key-add", extra=extra) == {"malformed-event"}


def test_the_last_active_key_cannot_be_retired(unhindered):
    extra = {"key": {"id": unhindered.built.key.key_id}}
    assert kinds_after(unhindered, "key-retire", extra=extra) == {"key-not-active"}


def test_a_key_that_is_not_listed_cannot_be_retired(unhindered):
    assert kinds_after(unhindered, "key-retire", extra={"key": {"id": "0" * 64}}) == {"key-not-active"}
