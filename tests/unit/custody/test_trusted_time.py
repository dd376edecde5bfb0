"""Asking time-stamp authorities: real ones on loopback, honest, broken, slow and lying."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forensics import codec
from forensics.custody import tokens, trusted_time
from forensics.custody.trusted_time import Authority, AuthorityError, failure_gap, request_token, stamp
from forensics.errors import TimeProofError
from forensics.model import GapReason
from tests.fakes import pki
from tests.fakes.tsa import Behaviour, TimeStampAuthority

TOP = Path(__file__).resolve().parents[3]
DIGEST = hashlib.sha256(b"a line of the ledger").digest()
SHORT_S = 0.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Keys are made once for all authorities."""
    return tmp_path_factory.mktemp("tsa")


@pytest.fixture(scope="module")
def honest(folder):
    with TimeStampAuthority(folder) as authority:
        yield authority


def test_an_honest_authority_gives_a_trusted_token(honest):
    before = datetime.now(UTC)
    receipt = request_token(Authority(honest.url, (honest.anchor,)), DIGEST)
    assert receipt.check.is_trusted
    assert receipt.check.checks["nonce"] == "passed"
    assert receipt.token.imprint == DIGEST
    assert before <= receipt.requested_at <= receipt.received_at <= datetime.now(UTC)
    assert abs(receipt.token.gen_time - receipt.received_at) < timedelta(seconds=5)
    assert receipt.token.accuracy_s == pytest.approx(1.5001)


def test_what_a_receipt_keeps_is_enough_to_check_the_token_later(honest):
    crl = honest.revocation_list()
    receipt = request_token(Authority(honest.url, (honest.anchor,), (crl,)), DIGEST)
    assert receipt.revocation_lists == (crl,)
    root = receipt.certificates[-1]
    later = tokens.check(receipt.response, digest=DIGEST, anchors=[root], crls=receipt.revocation_lists)
    assert later.is_trusted
    assert later.checks["revocation"] == "passed"


def test_each_request_has_another_nonce(honest):
    honest.requests.clear()
    for _ in range(2):
        request_token(Authority(honest.url), DIGEST)
    (_, first), (_, second) = honest.requests
    assert first != second


def test_path_and_query_of_the_address_are_kept(honest):
    honest.requests.clear()
    request_token(Authority(honest.url + "/deep?kind=eidas"), DIGEST)
    assert [path for path, _ in honest.requests] == ["/tsa/deep?kind=eidas"]


def test_without_anchors_a_token_is_accepted_and_its_chain_is_unchecked(honest):
    receipt = request_token(Authority(honest.url), DIGEST)
    assert receipt.check.checks["chain"] == "not_checked: no trust anchor given"
    assert not receipt.check.is_trusted


def test_a_token_with_unsorted_certificates_is_accepted(folder):
    with TimeStampAuthority(folder, Behaviour.UNSORTED) as authority:
        assert request_token(Authority(authority.url, (authority.anchor,)), DIGEST).check.is_trusted


def test_a_token_under_an_intermediate_is_accepted(folder):
    with TimeStampAuthority(folder, has_intermediate=True) as authority:
        receipt = request_token(Authority(authority.url, (authority.anchor,)), DIGEST)
    assert receipt.check.is_trusted
    assert len(receipt.certificates) == 3


REFUSED, FAILED, UNPARSABLE = GapReason.REFUSED, GapReason.FAILED, GapReason.UNPARSABLE
FAILURES = {
    Behaviour.HTTP_500: (FAILED, "HTTP status 500"),
    Behaviour.HTTP_403: (REFUSED, "HTTP status 403"),
    Behaviour.REDIRECT: (REFUSED, "sends us on to file:///etc/passwd"),
    Behaviour.REJECTION: (REFUSED, "did not grant a time-stamp: rejection, no stamps today"),
    Behaviour.WRONG_NONCE: (FAILED, "nonce: "),
    Behaviour.NO_NONCE: (FAILED, "nonce: "),
    Behaviour.WRONG_IMPRINT: (FAILED, "imprint: "),
    Behaviour.WRONG_SIGNATURE: (FAILED, "signature: "),
    Behaviour.NO_CERTIFICATES: (FAILED, "signature: not_checked: the signing certificate is not at hand"),
    Behaviour.GARBAGE: (UNPARSABLE, "not a time-stamp response"),
    Behaviour.PAGE: (UNPARSABLE, "text/html"),
    Behaviour.TRUNCATED: (UNPARSABLE, "not a time-stamp response"),
    Behaviour.HUGE: (GapReason.LIMIT, "longer than 1048576 bytes"),
    Behaviour.EXPIRED: (REFUSED, "not valid at genTime"),
    Behaviour.NO_EKU: (REFUSED, "no extended key usage"),
    Behaviour.OTHER_CA: (REFUSED, "chain: "),
    Behaviour.HANGS_UP: (FAILED, "cannot be asked"),
}


@pytest.mark.parametrize(("behaviour", "expected"), FAILURES.items(), ids=list(FAILURES))
def test_what_an_authority_does_wrong_is_a_gap_with_its_reason(folder, behaviour, expected):
    with TimeStampAuthority(folder, behaviour) as authority:
        with pytest.raises(AuthorityError) as caught:
            request_token(Authority(authority.url, (authority.anchor,)), DIGEST)
        gap = failure_gap(caught.value)
    assert gap.why is expected[0]
    assert expected[1] in gap.detail
    assert authority.url in gap.detail


LYING = [Behaviour.WRONG_NONCE, Behaviour.WRONG_IMPRINT, Behaviour.WRONG_SIGNATURE, Behaviour.EXPIRED, Behaviour.NO_EKU]


@pytest.mark.parametrize("behaviour", LYING)
def test_a_lie_is_found_without_anchors_too(folder, behaviour):
    with TimeStampAuthority(folder, behaviour) as authority, pytest.raises(AuthorityError):
        request_token(Authority(authority.url), DIGEST)


def test_a_revoked_authority_is_refused(honest):
    crl = honest.revocation_list(revoked={honest.serial_number: (pki.EARLY, None)})
    with pytest.raises(AuthorityError, match="was revoked on 2020-01-01") as caught:
        request_token(Authority(honest.url, (honest.anchor,), (crl,)), DIGEST)
    assert caught.value.why is REFUSED


@pytest.mark.parametrize("behaviour", [Behaviour.SILENT, Behaviour.SLOW, Behaviour.SLOW_HEADERS])
def test_a_server_that_keeps_us_waiting_is_left_at_the_deadline(folder, behaviour):
    with TimeStampAuthority(folder, behaviour) as authority:
        started = time.monotonic()
        with pytest.raises(AuthorityError, match=r"did not answer within 0\.5 s") as caught:
            request_token(Authority(authority.url, timeout_s=SHORT_S), DIGEST)
        assert time.monotonic() - started < SHORT_S + 1.5
        assert caught.value.why is GapReason.TIMED_OUT
        assert waiting_threads() == 0


def waiting_threads() -> int:
    """Counts threads that still wait for a server, after giving them a moment to end."""
    end = time.monotonic() + 2
    while time.monotonic() < end and any(each.name == "forensics-wait" for each in threading.enumerate()):
        time.sleep(0.02)
    return sum(each.name == "forensics-wait" for each in threading.enumerate())


def test_a_closed_port_is_a_failure_at_once():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(AuthorityError, match="Connection refused") as caught:
        request_token(Authority(f"http://127.0.0.1:{port}/"), DIGEST)
    assert caught.value.why is FAILED


def test_a_connection_that_is_never_accepted_times_out():
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        url = f"https://127.0.0.1:{deaf.getsockname()[1]}/"
        with pytest.raises(AuthorityError) as caught:
            request_token(Authority(url, timeout_s=SHORT_S), DIGEST)
    assert caught.value.why is GapReason.TIMED_OUT


UNUSABLE = [
    "",
    "tsa.example",
    "ftp://tsa.example/",
    "file:///etc/passwd",
    "http://",
    "http://:80/",
    "http://user:secret@tsa.example/",
    "http://tsa.example:port/",
    "http://tsa.example:0/",
    "http://tsa.example:70000/",
    "http://tsa.example/a b",
    "http://tsa.example/\r\nX-Header: 1",
    "http://tsa.例子/",
    "http://[::1/",
]


@pytest.mark.parametrize("url", UNUSABLE)
def test_an_address_that_is_none_is_refused_before_anything_is_sent(url, monkeypatch):
    monkeypatch.setattr(trusted_time, "_connection", None)
    with pytest.raises(AuthorityError, match="not the address of a time-stamp authority") as caught:
        request_token(Authority(url), DIGEST)
    assert caught.value.hint


def test_a_host_name_that_cannot_exist_is_a_failure():
    with pytest.raises(AuthorityError):
        request_token(Authority(f"http://{'a' * 70}.test/", timeout_s=SHORT_S), DIGEST)


def test_a_trust_anchor_that_is_none_is_found_before_anything_is_sent(honest):
    honest.requests.clear()
    with pytest.raises(TimeProofError, match="not a certificate"):
        request_token(Authority(honest.url, (b"no certificate",)), DIGEST)
    assert honest.requests == []


def test_proxies_of_the_environment_are_not_used(honest, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    monkeypatch.delenv("no_proxy", raising=False)
    assert request_token(Authority(honest.url), DIGEST).token.imprint == DIGEST


def test_https_needs_a_server_certificate_that_the_machine_trusts(folder, monkeypatch):
    with TimeStampAuthority(folder, is_https=True) as authority:
        with pytest.raises(AuthorityError, match="CERTIFICATE_VERIFY_FAILED") as caught:
            request_token(Authority(authority.url), DIGEST)
        assert caught.value.why is FAILED
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.anchor_pem))
        assert request_token(Authority(authority.url, (authority.anchor,)), DIGEST).check.is_trusted


# Several authorities


def test_every_authority_is_asked_and_each_has_its_proof_or_failure(folder, honest):
    with (
        TimeStampAuthority(folder, Behaviour.UNSORTED) as unsorted,
        TimeStampAuthority(folder, Behaviour.OTHER_CA) as stranger,
        TimeStampAuthority(folder, Behaviour.SILENT) as silent,
    ):
        urls = [silent.url, honest.url, stranger.url, unsorted.url, "nonsense"]
        asked = [Authority(url, (honest.anchor,), timeout_s=2.0) for url in urls]
        proofs, failures = stamp(asked, 7, digest=DIGEST)
    assert [proof.authority for proof, _ in proofs] == [honest.url, unsorted.url]
    assert [failure.authority for failure in failures] == [silent.url, stranger.url, "nonsense"]
    assert [failure.gap.why for failure in failures] == [GapReason.TIMED_OUT, REFUSED, FAILED]
    assert {failure.checkpoint for failure in failures} == {7}


def test_a_proof_says_what_its_receipt_holds(honest):
    crl = honest.revocation_list()
    ((proof, receipt),), failures = stamp([Authority(honest.url, (honest.anchor,), (crl,))], 7, digest=DIGEST)
    assert failures == ()
    assert proof.token == hashlib.sha256(receipt.response).hexdigest()
    assert proof.certificates == tuple(hashlib.sha256(each).hexdigest() for each in receipt.certificates)
    assert proof.revocation == (hashlib.sha256(crl).hexdigest(),)
    assert (proof.checkpoint, proof.gen_time, proof.accuracy_s) == (7, receipt.token.gen_time, 1.5001)
    assert (proof.serial, proof.policy) == (receipt.token.serial, "1.3.6.1.4.1.99999.3161.1")
    assert proof.checks == dict.fromkeys(tokens.CHECKS, "passed")
    assert codec.decode(codec.parse(codec.canonical(codec.encode(proof)))) == proof


def test_a_failure_can_be_recorded(folder):
    with TimeStampAuthority(folder, Behaviour.HTTP_500) as broken:
        proofs, (failure,) = stamp([Authority(broken.url)], 3, digest=DIGEST)
    assert proofs == ()
    assert codec.decode(codec.parse(codec.canonical(codec.encode(failure)))) == failure


def test_authorities_are_asked_at_the_same_time(folder):
    with TimeStampAuthority(folder, Behaviour.SILENT) as silent:
        started = time.monotonic()
        _, failures = stamp([Authority(silent.url, timeout_s=SHORT_S)] * 4, 1, digest=DIGEST)
    assert len(failures) == 4
    assert time.monotonic() - started < 3 * SHORT_S + 1


def test_no_authority_is_no_failure():
    assert stamp([], 1, digest=DIGEST) == ((), ())


def test_the_fake_authority_can_be_run_by_hand(tmp_path):
    command = [sys.executable, "-m", "tests.fakes.tsa", "--port", "0", "--folder", str(tmp_path)]
    with subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url, anchor = process.stdout.readline().split()
        try:
            receipt = request_token(Authority(url, (Path(anchor).read_bytes(),)), DIGEST)
        finally:
            process.terminate()
    assert receipt.check.is_trusted
