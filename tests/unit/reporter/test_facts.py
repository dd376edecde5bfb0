from __future__ import annotations

from dataclasses import replace

import pytest

from forensics.model import Committed, Item, Name, Sensitivity
from forensics.reporter.facts import Stamp, gather, holds
from forensics.reporter.gaps import all_gaps
from tests.fakes import snapshots


@pytest.fixture(scope="module")
def rich():
    return gather(snapshots.rich().snapshot(), program="test 1")


def item(case, name):
    return next(facts for facts in case.items if facts.item.id == name)


def test_an_item_before_a_stamped_checkpoint_is_stamped(rich):
    assert item(rich, "ITEM-0001").stamp is Stamp.STAMPED


def test_an_item_after_the_last_checkpoint_is_not(rich):
    assert item(rich, "ITEM-0090").stamp is Stamp.NONE


def test_a_token_whose_chain_was_not_checked_does_not_hold():
    case = snapshots.small()
    assert holds(snapshots.stamp(case))
    assert holds(snapshots.stamp(case, nonce="not_checked: unknown"))
    assert not holds(snapshots.stamp(case, chain="not_checked: no trust anchor"))
    assert not holds(snapshots.stamp(case, imprint="the digest is another one"))
    assert not holds(snapshots.stamp(case, revocation="the certificate was revoked"))


def test_an_item_under_a_token_that_does_not_hold_is_reserved():
    case = snapshots.opened()
    kept = case.artifact("a.txt", b"a", "text/plain")
    case.event(
        "collect", Item("ITEM-0001", Name("/a.txt"), "file"), snapshots.acquisition(case, "ITEM-0001", kept, act="1/0")
    )
    case.event("checkpoint")
    case.event("time-proof", snapshots.stamp(case, chain="not_checked: no trust anchor"))
    assert gather(case.snapshot(), program="test 1").items[0].stamp is Stamp.RESERVED


def test_equal_findings_of_later_runs_are_one_observation_with_its_repetition(rich):
    tags = [one for one in item(rich, "ITEM-0001").observations if one.finding.kind == "metadata.tags"]
    assert [(one.ref, one.repeats) for one in tags] == [("14/0", ("15/0",))]


def test_a_finding_about_two_items_stands_at_one_and_is_mentioned_at_the_other(rich):
    compared = next(one for one in item(rich, "ITEM-0001").observations if one.finding.kind == "compare.footage")
    assert compared.others == ("ITEM-0014",)
    assert ("14/1", "ITEM-0001") in item(rich, "ITEM-0014").mentioned


def test_a_finding_about_two_copies_of_one_file_is_about_both_items():
    case = snapshots.small()
    first = case.snapshot().acquisitions[0].record.artifacts[0]
    again = case.event(
        "collect",
        Item("ITEM-0003", Name("/copy.jpg"), "file"),
        snapshots.acquisition(case, "ITEM-0003", first, act="1/0"),
    )
    facts = gather(case.snapshot(), program="test 1")
    assert again.seq > 0
    assert {found.others for found in item(facts, "ITEM-0001").observations} == {("ITEM-0003",)}


def test_a_finding_about_unknown_material_is_a_stray(rich):
    assert [one.ref for one in rich.strays] == ["14/5"]


def test_the_last_record_of_an_item_counts():
    case = snapshots.small()
    stricter = Item("ITEM-0001", Name("/evidence/photo.jpg"), "file", "", Sensitivity.INTIMATE)
    case.event("collect", stricter)
    facts = gather(case.snapshot(), program="test 1")
    assert len(facts.items) == 2
    assert item(facts, "ITEM-0001").masked


def test_the_last_attempt_that_obtained_something_is_described():
    case = snapshots.small()
    case.event("collect", snapshots.acquisition(case, "ITEM-0001", act="1/0"))
    facts = item(gather(case.snapshot(), program="test 1"), "ITEM-0001")
    assert len(facts.acquisitions) == 2
    assert facts.original is not None


@pytest.mark.parametrize(("name", "masked"), [("ITEM-0001", False), ("ITEM-0060", True), ("ITEM-0061", True)])
def test_sealed_and_biometric_items_are_masked(rich, name, masked):
    assert item(rich, name).masked is masked


def test_an_encrypted_artifact_masks_its_item_whatever_its_sensitivity():
    case = snapshots.small()
    snapshot = case.snapshot()
    done = snapshot.acquisitions[0]
    sealed = replace(done.record.artifacts[0], sealed={"commitment": "00" * 32})
    changed = Committed(done.ref, replace(done.record, artifacts=(sealed,)))
    facts = gather(replace(snapshot, acquisitions=(changed,)), program="test 1")
    assert item(facts, "ITEM-0001").masked


def test_every_gap_of_every_record_is_gathered(rich):
    snapshot = snapshots.rich().snapshot()
    expected = sum(len(one.record.gaps) for one in (*snapshot.acquisitions, *snapshot.act_ends))
    expected += len(snapshot.time_failures)
    expected += sum(check.gap is not None for one in (*snapshot.acts, *snapshot.act_ends) for check in one.record.clock)
    expected += sum(len(one.record.gaps) for one in snapshot.findings)
    assert len(all_gaps(rich)) == expected > 8


def test_the_checkpoint_is_the_event_of_the_root(rich):
    assert rich.snapshot.events[rich.checkpoint].action == "checkpoint"
    assert rich.snapshot.events[rich.checkpoint].line_sha256 == rich.snapshot.root
