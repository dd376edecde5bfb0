"""Both verifiers judge alike what a holder of the examiner's key wrote otherwise than docs/case-format.md says."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from forensics.verify import to_json, verify
from tests.conformance import second_verifier
from tests.conformance.tiny_case import (
    Authority,
    TinyPacket,
    clock_check,
    key_id,
    now,
    spki,
    tiny_case,
    write_public_key,
)

ANSWERS = ("intact", "time", "attribution")
ACT = {"type": "act", "verb": "collect", "started_at": now(), "environment": {}, "arguments": [], "self_test": {}}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority") / "shallow")


@pytest.fixture
def case(tmp_path):
    return tiny_case(tmp_path / "case")


def both(path, *, trust=(), keys=()):
    """Verifies by both and gives the three answers, which must be the same."""
    ours = to_json(verify(path, trust=list(trust), keys=list(keys)))
    theirs = second_verifier.verify(path, keys, trust)
    assert [ours[name] for name in ANSWERS] == [theirs[name] for name in ANSWERS], (ours, theirs)
    return ours


def nested(depth):
    """Gives a list that is nested so deep."""
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize("records", [[], [{**ACT, "clock": []}], [{"type": "thought"}]])
@pytest.mark.parametrize("action", ["collect", "analyze", "ponder"])
def test_evidence_after_the_last_token_is_told_by_its_action_alone(case, authority, action, records):
    case.stamp(authority)
    case.event(action, records)
    assert both(case.folder, trust=[authority.anchor])["time"] == "not_checked"


@pytest.mark.parametrize("action", ["report", "bundle", "exhibit", "recover"])
def test_what_commits_no_evidence_may_follow_the_last_token(case, authority, action):
    case.stamp(authority)
    case.event(action)
    assert both(case.folder, trust=[authority.anchor])["time"] == "passed"


def test_an_intermediate_certificate_that_lies_only_beside_the_token_leads_to_the_root(case, tmp_path):
    deep = Authority(tmp_path / "deep", deep=True)
    case.stamp(deep)
    assert both(case.folder, trust=[deep.anchor])["time"] == "passed"


def test_a_certificate_beside_the_token_is_no_anchor(case, authority, tmp_path):
    deep = Authority(tmp_path / "deep", deep=True)
    case.stamp(deep)
    assert both(case.folder, trust=[authority.anchor])["time"] == "failed"


def revoked_after_its_own_token(case, authority, tmp_path, *more):
    """Lists a second key, lets the first one sign a last token and `more`, and revokes the first one since then."""
    other = Ed25519PrivateKey.generate()
    case.event("key-add", key={"id": key_id(other), "spki": spki(other).hex()})
    case.stamp(authority)
    for action in more:
        case.event(action)
    case.event("key-revoke", signer=other, key={"id": key_id(case.key), "since": now(3600)})
    return write_public_key(case.key, tmp_path / "key.pem")


def test_a_revoked_key_may_have_signed_its_own_last_token(case, authority, tmp_path):
    key = revoked_after_its_own_token(case, authority, tmp_path)
    assert both(case.folder, trust=[authority.anchor], keys=[key])["attribution"] == "passed"


def test_evidence_of_a_revoked_key_after_its_last_token_is_not_attributed(case, authority, tmp_path):
    key = revoked_after_its_own_token(case, authority, tmp_path, "collect")
    assert both(case.folder, trust=[authority.anchor], keys=[key])["attribution"] == "failed"


@pytest.mark.parametrize(("depth", "expected"), [(62, "passed"), (63, "failed")])
def test_json_is_nested_at_most_64_deep(case, depth, expected):
    case.event("ponder", [{"type": "thought", "of": nested(depth)}])
    assert both(case.folder)["intact"] == expected


@pytest.mark.parametrize(("raw", "expected"), [("ff", "passed"), ("6162", "failed"), ("", "failed"), ("xy", "failed")])
def test_raw_hex_is_hex_of_what_is_not_utf8(case, raw, expected):
    case.event("ponder", [{"type": "thought", "of": [{"display": "\ufffd", "raw_hex": raw}]}])
    assert both(case.folder)["intact"] == expected


def test_a_time_of_a_clock_check_is_not_null(case):
    case.event("collect", [{**ACT, "clock": [{**clock_check(), "at": None}]}])
    assert both(case.folder)["intact"] == "failed"


def test_a_time_of_an_artifact_is_not_null(case):
    artifact = {**case.blob(b"a chart"), "obtained_at": None}
    finding = {"type": "finding", "subject": [], "kind": "x", "result": "FOUND", "attachments": [artifact], "tools": []}
    case.event("analyze", [finding])
    assert both(case.folder)["intact"] == "failed"


def test_the_gap_of_a_time_failure_may_be_null(case):
    case.event("time-proof", [{"type": "time-failure", "checkpoint": 2, "authority": "tiny", "gap": None}])
    assert both(case.folder)["intact"] == "passed"


def test_a_packet_that_says_its_payload_oxum_twice_is_not_intact(case, tmp_path):
    packet = TinyPacket(tmp_path / "packet", case)
    assert both(packet.folder)["intact"] == "passed"
    info = packet.folder / "bag-info.txt"
    info.write_bytes(info.read_bytes() * 2)
    packet.close(tags_alone=True)
    assert both(packet.folder)["intact"] == "failed"
