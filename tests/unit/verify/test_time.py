"""Trusted time: which tokens count, which events they cover, and where the machine's clock must lie."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from forensics.model import ActEnd, ClockCheck
from forensics.verify import State, verify
from tests.conformance.tampering import edit, first, flip
from tests.fakes import cases, pki, stamped


def kinds(result):
    return {defect.kind.value for defect in result.defects}


@pytest.fixture
def made(tmp_path):
    return stamped.make(tmp_path)


def test_tokens_of_the_given_authority_prove_the_time(made):
    assert made.judge().time.state is State.PASSED


def test_tokens_of_another_authority_fail(made, tmp_path):
    (tmp_path / "other.pem").write_bytes(pki.root("Another").pem)
    result = verify(made.folder, trust=[tmp_path / "other.pem"])
    assert result.time.state is State.FAILED
    assert kinds(result) == {"untrusted-token"}
    assert result.intact.state is State.PASSED


def test_a_certificate_in_the_case_is_no_trust_anchor(made):
    assert verify(made.folder).time.state is State.NOT_CHECKED


def test_a_token_over_something_else_fails_even_without_an_anchor(made):
    with made.built.writing() as writer:
        checkpoint = writer.commit("checkpoint")
        response = pki.forge_token(cases.now(), bytes(32), signer=made.stamper)
        name = writer.keep_proof(response, ".tsr")
        now = cases.now()
        proof = cases.TimeProof(checkpoint.seq, "http://tsa.example/", name, now.replace(microsecond=0), now, now, 1.0)
        writer.commit("time-proof", [proof])
    result = verify(made.folder)
    assert result.time.state is State.FAILED
    assert "bad-token" in kinds(result)


def test_a_record_that_says_another_time_than_its_token_fails(made):
    with made.built.writing() as writer:
        checkpoint = writer.commit("checkpoint")
        digest = bytes.fromhex(checkpoint.line_sha256)
        name = writer.keep_proof(pki.forge_token(cases.now(), digest, signer=made.stamper), ".tsr")
        now = cases.now()
        proof = cases.TimeProof(checkpoint.seq, "http://tsa.example/", name, now - timedelta(days=3), now, now, 1.0)
        writer.commit("time-proof", [proof])
    assert "token-mismatch" in kinds(verify(made.folder))


def test_a_token_for_an_event_that_is_no_checkpoint_fails(made):
    with made.built.writing() as writer:
        made.stamp(writer, checkpoint=0)
    assert "token-mismatch" in kinds(made.judge())


def test_a_flipped_token_fails_without_an_anchor(made):
    edit(first(made.folder / "proofs", ".tsr"), flip)
    assert verify(made.folder).exit_code == 10


def test_evidence_after_the_last_token_is_not_proven(made):
    with made.built.writing() as writer:
        act = cases.begin_act(writer)
        cases.collect_item(writer, 7, act=act)
    result = made.judge()
    assert result.time.state is State.NOT_CHECKED
    assert "comes after the last trusted token" in result.time.reasons[0]
    assert result.exit_code == 3


def test_a_report_after_the_last_token_needs_no_proof_and_is_noted(made):
    result = made.judge()
    assert result.time.state is State.PASSED
    assert any("(report)" in note for note in result.notes)


def test_a_case_without_tokens_says_so(tmp_path):
    built = cases.build_case(tmp_path / "case", cases.home_in(tmp_path / "home"))
    result = verify(built.folder)
    assert result.time.reasons == ("there is no time-stamp token",)


def test_an_event_later_than_the_token_that_covers_it_is_outside_its_bracket(made):
    """The machine's clock ran an hour ahead, and no clock check says so."""
    with made.built.writing() as writer:
        cases.begin_act(writer)
        made.stamp(writer, at=cases.now() - timedelta(hours=1))
    result = made.judge()
    assert result.time.state is State.FAILED
    assert "outside-bracket" in kinds(result)


def test_a_measured_clock_difference_widens_the_bracket(made):
    with made.built.writing() as writer:
        act = cases.begin_act(writer)
        check = ClockCheck("ntp.example", "after", cases.now(), -3600.5)
        writer.commit("collect", [ActEnd(act, cases.now(), (check,))])
        made.stamp(writer, at=cases.now() - timedelta(hours=1))
    assert "outside-bracket" not in kinds(made.judge())


def test_an_event_earlier_than_a_token_that_was_recorded_before_it_is_outside_its_bracket(made):
    with made.built.writing() as writer:
        made.stamp(writer, at=cases.now() + timedelta(hours=2))
        writer.commit("exhibit")
    result = made.judge()
    assert result.time.state is State.FAILED
    assert "outside-bracket" in kinds(result)


def test_a_token_got_long_after_its_checkpoint_says_nothing_about_events_in_between(made, monkeypatch):
    """Events between a checkpoint and its late token are older than that token, and that is no contradiction."""

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(days=1)

    with made.built.writing() as writer:
        checkpoint = writer.commit("checkpoint")
        cases.collect_item(writer, 8, act=cases.begin_act(writer))
        monkeypatch.setattr("forensics.custody.writer.datetime", Tomorrow)
        made.stamp(writer, at=Tomorrow.now(UTC), checkpoint=checkpoint.seq)
        made.stamp(writer, at=Tomorrow.now(UTC))
    assert made.judge().exit_code == 0


def test_a_second_authority_that_is_not_given_is_noted_and_does_no_harm(made):
    other = pki.root("Second")
    checkpoint = next(e.seq for e in reversed(made.case.events) if e.action == "checkpoint")
    with made.built.writing() as writer:
        stamped.stamp(writer, pki.stamper(other, "Second stamper"), other, checkpoint=checkpoint)
    result = made.judge()
    assert result.time.state is State.PASSED
    assert any("not counted" in note for note in result.notes)


def test_huge_clock_differences_in_records_do_no_harm(made):
    with made.built.writing() as writer:
        act = cases.begin_act(writer)
        writer.commit("collect", [ActEnd(act, cases.now(), (ClockCheck("x", "after", cases.now(), 1e300),))])
        made.stamp(writer)
    assert made.judge().exit_code == 0
