"""Time-stamp tokens: what they say, and every way in which one may not hold."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import rfc3161_client
from asn1crypto import cms, core, tsp
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from forensics.custody import tokens
from forensics.custody.tokens import CHECKS, TokenRejectedError
from forensics.errors import TimeProofError
from tests.fakes import pki
from tests.fakes.pki import AT, DIGEST, Party, World, in_order

BEFORE, AFTER = AT - pki.days(1), AT + pki.days(1)


@pytest.fixture(scope="module")
def world() -> World:
    return pki.make_world()


# What a token says


def test_a_token_says_when_what_and_under_which_number(world):
    token = tokens.parse(world.token(nonce=2**63 + 1, accuracy=(1, 500, 100)))
    assert token.gen_time == AT
    assert token.gen_time.utcoffset() == timedelta(0)
    assert token.accuracy_s == pytest.approx(1.5001)
    assert (token.imprint, token.imprint_algorithm) == (DIGEST, "sha256")
    assert (token.nonce, token.policy) == (2**63 + 1, pki.POLICY)
    assert token.serial.isdecimal()
    assert token.certificates == (world.signer.der,)


def test_what_a_token_does_not_say_is_none(world):
    token = tokens.parse(world.token(accuracy=None))
    assert (token.accuracy_s, token.nonce) == (None, None)


@pytest.mark.parametrize(("stated", "seconds"), [((0, 0, 7), 7e-6), ((0, 20, 0), 0.02), ((3600, 0, 0), 3600.0)])
def test_missing_parts_of_an_accuracy_count_as_zero(world, stated, seconds):
    assert tokens.parse(world.token(accuracy=stated)).accuracy_s == pytest.approx(seconds)


def test_fractions_of_a_second_are_kept(world):
    at = AT.replace(microsecond=123456)
    assert tokens.parse(world.token(at=at)).gen_time == at


def test_a_token_granted_with_modifications_is_a_token(world):
    assert world.check(world.token(status=1)).is_trusted


@pytest.mark.parametrize(("status", "word"), [(2, "rejection"), (3, "waiting"), (4, "revocation_warning")])
def test_a_refusal_says_what_the_authority_said(status, word):
    with pytest.raises(TokenRejectedError, match=f"{word}, no stamps today, system_failure"):
        tokens.parse(pki.rejection(status))


def test_a_refusal_cannot_smuggle_control_characters_or_a_flood_of_text():
    with pytest.raises(TokenRejectedError) as caught:
        tokens.parse(pki.rejection(2, "\x1b[31m\r\n" + "x" * 100_000))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


GRANTED_ALONE = pki.sequence(tsp.PKIStatusInfo({"status": 0}).dump())
DATA_TOKEN = pki.sequence(
    tsp.PKIStatusInfo({"status": 0}).dump(), cms.ContentInfo({"content_type": "data", "content": b"x"}).dump()
)
MALFORMED = {
    "empty": b"",
    "text": b"<html>Please log in</html>",
    "a number": b"\x02\x01\x00",
    "an empty sequence": b"\x30\x00",
    "granted without a token": GRANTED_ALONE,
    "a token of something else": DATA_TOKEN,
    "a length beyond the end": b"\x30\x84\x7f\xff\xff\xff\x02\x01\x00",
    "an endless sequence": b"\x30\x80" * 400_000,
    "zeros": bytes(64),
}


@pytest.mark.parametrize("response", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_response_is_refused_and_never_trusted(response):
    with pytest.raises(TimeProofError):
        tokens.parse(response)
    check = tokens.check(response, digest=DIGEST, anchors=[])
    assert not check.is_acceptable
    assert set(check.checks) == set(CHECKS)
    assert set(check.failures) == {"status"}


def test_a_response_beyond_the_limit_is_not_even_parsed(world):
    with pytest.raises(TimeProofError, match="beyond the limit of 1048576"):
        tokens.parse(world.token() + bytes(tokens.MAX_RESPONSE))


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t[: len(t) // 2], lambda t: t + b"\0"])
def test_a_truncated_or_lengthened_response_is_refused(world, change):
    with pytest.raises(TimeProofError):
        tokens.parse(change(world.token()))


def local_time(at: datetime) -> core.GeneralizedTime:
    time = core.GeneralizedTime(at)
    time.contents = time.contents.replace(b"Z", b"+0100")
    return time


ODD_INFO = {
    "a time that is not in UTC": {"gen_time": local_time(AT)},
    "the year zero": {"gen_time": core.GeneralizedTime(contents=b"00000101000000Z")},
    "an accuracy beyond its range": {"accuracy": {"seconds": 1, "millis": 1000}},
    "a negative accuracy": {"accuracy": {"seconds": -5}},
    "an accuracy beyond any float": {"accuracy": {"seconds": 10**400}},
    "another version": {"version": 2},
    "an unknown critical extension": {
        "extensions": [{"extn_id": "1.2.3.4", "critical": True, "extn_value": b"\x05\x00"}]
    },
}


@pytest.mark.parametrize("info", ODD_INFO.values(), ids=ODD_INFO)
def test_a_token_with_odd_content_is_refused(world, info):
    with pytest.raises(TimeProofError):
        tokens.parse(world.token(info=info))


def test_an_extension_that_is_not_critical_may_be_unknown(world):
    info = {"extensions": [{"extn_id": "1.2.3.4", "extn_value": b"\x05\x00"}]}
    assert world.check(world.token(info=info)).is_trusted


def test_a_token_that_two_parsers_read_differently_is_refused(world, monkeypatch):
    other = world.token(digest=bytes(32))
    read = rfc3161_client.decode_timestamp_response
    monkeypatch.setattr(rfc3161_client, "decode_timestamp_response", lambda _: read(other))
    with pytest.raises(TimeProofError, match="two parsers"):
        tokens.parse(world.token())


# Whether it holds


def test_a_good_token_is_trusted_and_every_check_is_named(world):
    check = world.check(world.token(nonce=5), nonce=5)
    assert check.is_trusted
    assert tuple(check.checks) == CHECKS
    assert check.unchecked == {"revocation": "not_checked: no revocation list given"}
    assert check.certificates == (world.signer.der, world.root.der)


def test_without_an_anchor_the_chain_is_not_checked_and_the_rest_is(world):
    check = tokens.check(world.token(), digest=DIGEST, anchors=[])
    assert check.checks["chain"] == "not_checked: no trust anchor given"
    assert {name for name, result in check.checks.items() if result == "passed"} == {
        "status",
        "imprint",
        "signature",
        "eku",
    }
    assert check.is_acceptable
    assert not check.is_trusted


Make = Callable[[World], bytes]
FAULTS: dict[str, tuple[Make, str, str]] = {
    "another imprint": (lambda w: w.token(digest=bytes(32)), "imprint", "another digest: 00"),
    "an imprint by another algorithm": (lambda w: w.token(imprint_algorithm="sha3_256"), "imprint", "not SHA-256"),
    "an imprint that is longer": (lambda w: w.token(digest=DIGEST + b"\0"), "imprint", "another digest"),
    "no nonce": (lambda w: w.token(), "nonce", "may be a replay"),
    "another nonce": (lambda w: w.token(nonce=6), "nonce", "may be a replay"),
    "a certificate that expired before genTime": (
        lambda w: w.token(pki.stamper(w.root, not_after=BEFORE), nonce=5),
        "chain",
        "signing certificate was not valid at genTime",
    ),
    "a certificate from after genTime": (
        lambda w: w.token(pki.stamper(w.root, not_before=AFTER), nonce=5),
        "chain",
        "signing certificate was not valid at genTime",
    ),
    "a certificate without extended key usage": (
        lambda w: w.token(pki.stamper(w.root, usages=()), nonce=5),
        "eku",
        "no extended key usage",
    ),
    "an extended key usage that is not critical": (
        lambda w: w.token(pki.stamper(w.root, is_critical=False), nonce=5),
        "eku",
        "not critical",
    ),
    "a certificate for other purposes too": (
        lambda w: w.token(pki.stamper(w.root, usages=[*pki.STAMPING, ExtendedKeyUsageOID.CODE_SIGNING]), nonce=5),
        "eku",
        "not timeStamping only",
    ),
    "a certificate for any purpose": (
        lambda w: w.token(pki.stamper(w.root, usages=[ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), nonce=5),
        "eku",
        "not timeStamping only",
    ),
    "a certification authority that signs itself": (lambda w: w.token(w.root, nonce=5), "eku", "no extended key usage"),
    "the chain of a stranger": (lambda w: w.token(w.strangers_signer, nonce=5), "chain", "is at hand"),
    "a stranger's root in the token": (
        lambda w: w.token(w.strangers_signer, nonce=5, certificates=in_order(w.stranger, w.strangers_signer)),
        "chain",
        "not among the given trust anchors: 'CN=Stranger",
    ),
    "a self-signed certificate": (lambda w: w.token(pki.stamper(None), nonce=5), "chain", "not among the given"),
    "a root that only has the anchor's name": (
        lambda w: w.token(*impostor(), nonce=5),
        "chain",
        "is at hand",
    ),
    "a missing intermediate": (lambda w: w.token(w.deep_signer, nonce=5), "chain", "is at hand"),
    "an end-entity certificate as issuer": (
        lambda w: w.token(*under(w.signer), nonce=5, certificates=in_order(w.signer, under(w.signer)[0])),
        "chain",
        "OpenSSL objects: invalid CA certificate",
    ),
    "no certificate named": (lambda w: w.token(nonce=5, ess=()), "signature", "do not name the signing certificate"),
    "another certificate named": (
        lambda w: w.token(nonce=5, ess_of=w.root.der),
        "signature",
        "name another signing certificate",
    ),
    "another certificate named by one of two attributes": (
        lambda w: w.token(nonce=5, ess=(1, 2), attributes=rename_first),
        "signature",
        "name another signing certificate",
    ),
    "a signature over SHA-1": (lambda w: w.token(nonce=5, digest_algorithm="sha1"), "signature", "collisions"),
    "a short RSA key": (
        lambda w: w.token(pki.stamper(w.root, key=rsa.generate_private_key(65537, 1024)), nonce=5),
        "signature",
        "too short",
    ),
    "a short curve": (
        lambda w: w.token(pki.stamper(w.root, key=ec.generate_private_key(ec.SECP192R1())), nonce=5),
        "signature",
        "too short",
    ),
    "a digest of other content": (
        lambda w: w.token(nonce=5, attributes=lambda a: [*a[:1], {"type": "message_digest", "values": [b"x" * 32]}]),
        "signature",
        "changed after it was signed",
    ),
    "two digests of the content": (
        lambda w: w.token(nonce=5, attributes=lambda a: [*a, {"type": "message_digest", "values": [b"x" * 32]}]),
        "signature",
        "changed after it was signed",
    ),
    "another content type": (
        lambda w: w.token(nonce=5, attributes=lambda a: [{"type": "content_type", "values": ["data"]}, *a[1:]]),
        "signature",
        "not TSTInfo",
    ),
    "the signature of another token": (
        lambda w: last_bytes_from(w.token(nonce=5), w.token(nonce=7)),
        "signature",
        "not made by the key",
    ),
}
_CACHE: dict[str, Party] = {}


def impostor() -> tuple[Party]:
    return (pki.stamper(pki.root()),)


def under(signer: Party) -> tuple[Party]:
    """Makes a certificate that another end-entity certificate signed, once."""
    return (_CACHE.setdefault("under", pki.stamper(signer, "Under an end-entity certificate")),)


def rename_first(attributes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    other = {"type": "signing_certificate", "values": [{"certs": [{"cert_hash": b"\0" * 20}]}]}
    return [other if each["type"] == "signing_certificate" else each for each in attributes]


def last_bytes_from(token: bytes, other: bytes) -> bytes:
    """Replaces the end of a signature: the last field of a token."""
    return token[:-16] + other[-16:]


@pytest.mark.parametrize(("make", "name", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found_by_its_check(world, make, name, words):
    check = world.check(make(world), nonce=5)
    assert words in check.checks[name]
    assert not check.checks[name].startswith("not_checked")
    assert not check.is_trusted
    assert not check.is_acceptable
    assert check.token is not None


@pytest.mark.parametrize("key", [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())])
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_common_keys_and_digests_are_supported(world, key, digest):
    assert world.check(world.token(pki.stamper(world.root, key=key), digest_algorithm=digest)).is_trusted


def test_a_signature_by_rsassa_pss_is_supported(world):
    """PKCS #7 in OpenSSL knows it not and calls the signature wrong."""
    signer = pki.stamper(world.root, key=rsa.generate_private_key(65537, 2048))
    token = world.token(signer, is_pss=True)
    assert world.check(token).is_trusted
    assert "chain" in world.check(token, world.stranger).failures
    assert (
        world.check(last_bytes_from(token, world.token(signer))).checks["signature"].startswith("the signature was not")
    )


@pytest.mark.parametrize("ess", [(1,), (2,), (1, 2)])
def test_both_ways_of_naming_the_certificate_are_read(world, ess):
    assert world.check(world.token(ess=ess)).is_trusted


def test_a_signature_that_cannot_be_computed_here_is_not_called_wrong(world):
    signer = pki.stamper(world.root, key=ed25519.Ed25519PrivateKey.generate())
    check = tokens.check(world.token(signer, digest_algorithm="sha512"), digest=DIGEST, anchors=[])
    assert check.checks["signature"].startswith("not_checked: ")
    assert not check.failures
    assert not check.is_acceptable


def test_a_token_without_signed_attributes_is_refused(world):
    response = tsp.TimeStampResp.load(world.token())
    signer = response["time_stamp_token"]["content"]["signer_infos"][0]
    signer["signed_attrs"] = None
    check = world.check(response.dump(force=True))
    assert "signature" in check.failures


def test_a_second_signer_is_refused(world):
    response = tsp.TimeStampResp.load(world.token())
    signers = response["time_stamp_token"]["content"]["signer_infos"]
    signers.append(signers[0].copy())
    with pytest.raises(TimeProofError, match="one signer"):
        tokens.parse(response.dump(force=True))


# Under attack


def test_no_flipped_bit_changes_what_a_trusted_token_says(world):
    """Some bits are signed by nobody; the digest of the whole response is what commits those."""
    token = world.token(nonce=5, certificates=in_order(world.signer, world.root))
    said = tokens.parse(token)
    survived = 0
    for position in range(0, len(token), 2):
        flipped = bytearray(token)
        flipped[position] ^= 1 << position % 8
        check = world.check(bytes(flipped), nonce=5)
        if check.is_trusted:
            survived += 1
            assert replace(check.token, certificates=()) == replace(said, certificates=())
    assert survived < len(token) // 2


@pytest.mark.parametrize("length", [1, 7, 40])
def test_damage_of_any_kind_is_a_verdict_and_never_a_crash(world, length):
    token = world.token(world.deep_signer, nonce=5, certificates=in_order(world.deep_signer, world.intermediate))
    crl, said = pki.revocation_list(world.intermediate), tokens.parse(token)
    for position in range(0, len(token), 5):
        for damaged in (
            token[:position] + token[position + length :],
            token[:position] + bytes(length) + token[position:],
            token[:position] + b"\xff" * length + token[position + length :],
        ):
            check = tokens.check(damaged, digest=DIGEST, anchors=[], nonce=5, crls=[crl])
            assert set(check.checks) == set(CHECKS)
            if check.is_acceptable:
                assert replace(check.token, certificates=()) == replace(said, certificates=())


def test_checking_opens_no_connection(world, monkeypatch):
    def refuse(*_arguments, **_options):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert world.check(world.token(), crls=[pki.revocation_list(world.root)]).is_trusted


def test_importing_is_cheap():
    """The command line starts without the libraries that only a check needs."""
    code = (
        "import sys, forensics.custody.tokens, forensics.custody.trusted_time, forensics.custody.clock;"
        "print(*{'cryptography', 'asn1crypto', 'rfc3161_client'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# Requests


def test_a_request_asks_for_a_certificate_and_carries_nonce_and_digest():
    request = tsp.TimeStampReq.load(tokens.build_request(DIGEST, 2**64 - 1), strict=True).native
    assert request["message_imprint"]["hashed_message"] == DIGEST
    assert request["message_imprint"]["hash_algorithm"]["algorithm"] == "sha256"
    assert (request["version"], request["nonce"], request["cert_req"]) == ("v1", 2**64 - 1, True)


@pytest.mark.parametrize("digest", [b"", bytes(31), bytes(64)])
def test_a_digest_of_another_length_is_not_asked_for(digest):
    with pytest.raises(TimeProofError, match="32 bytes"):
        tokens.build_request(digest, 1)
