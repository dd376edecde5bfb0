"""Chains of certificates as of genTime, and revocation lists, as the check of a token sees them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import rfc3161_client
from cryptography import x509

from forensics.custody import chain, tokens
from forensics.errors import TimeProofError
from tests.fakes import pki
from tests.fakes.pki import AT, DIGEST, Forgery, World, in_order

BEFORE, AFTER = AT - pki.days(1), AT + pki.days(1)


@pytest.fixture(scope="module")
def world() -> World:
    return pki.make_world()


def test_validity_is_judged_as_of_gen_time_not_now(world):
    signer = pki.stamper(world.root, not_before=BEFORE, not_after=AFTER)
    assert datetime.now(UTC) > AFTER
    assert world.check(world.token(signer)).is_trusted


def test_a_certificate_counts_until_just_before_its_last_second(world):
    """OpenSSL takes the second of `notAfter` for expired already, and RFC 5280 does not: the stricter view holds."""
    signer = pki.stamper(world.root, not_after=AT)
    assert world.check(world.token(signer, at=AT - timedelta(seconds=1))).is_trusted
    assert "chain" in world.check(world.token(signer)).failures
    assert "chain" in world.check(world.token(signer, at=AT + timedelta(seconds=1))).failures


def test_an_anchor_that_had_expired_at_gen_time_is_refused():
    old = pki.root("Old", not_after=BEFORE)
    token = pki.forge_token(AT, DIGEST, signer=pki.stamper(old))
    check = tokens.check(token, digest=DIGEST, anchors=[old.pem])
    assert "'CN=Old,O=Forensics tests' was not valid at genTime" in check.checks["chain"]


def test_an_expired_certificate_is_reported_without_an_anchor_too(world):
    signer = pki.stamper(world.root, not_after=BEFORE)
    check = tokens.check(world.token(signer), digest=DIGEST, anchors=[])
    assert "chain" in check.failures


def test_an_intermediate_may_be_in_the_token_or_given_with_the_root(world):
    embedded = world.token(world.deep_signer, certificates=in_order(world.deep_signer, world.intermediate))
    assert world.check(embedded).is_trusted
    bare = world.token(world.deep_signer)
    assert world.check(bare, world.root, world.intermediate).is_trusted
    assert world.check(embedded).certificates == (world.deep_signer.der, world.intermediate.der, world.root.der)


def test_an_intermediate_that_was_kept_beside_the_token_helps_and_is_no_anchor(world):
    """What lies in `proofs/` came with the evidence: nobody vouches for it."""
    kept = [world.intermediate.der, world.deep_signer.pem, b"damaged"]
    token = world.token(world.deep_signer)
    assert world.check(token, certificates=kept).is_trusted
    assert "chain" in world.check(token, world.stranger, certificates=[*kept, world.root.der]).failures
    bare = world.token(world.deep_signer, certificates=[])
    assert world.check(bare, certificates=kept).is_trusted
    assert "chain" in world.check(bare, world.stranger, certificates=[*kept, world.root.der]).failures


def test_an_intermediate_that_was_given_is_an_anchor(world):
    assert world.check(world.token(world.deep_signer), world.intermediate).is_trusted
    assert "chain" in world.check(world.token(), world.intermediate).failures


def test_an_authoritys_own_certificate_that_was_given_is_an_anchor(world):
    assert world.check(world.token(), world.signer).is_trusted
    assert "chain" in world.check(world.token(world.deep_signer), world.signer).failures


def test_a_self_signed_authority_is_trusted_only_when_it_was_given():
    alone = pki.stamper(None)
    token = pki.forge_token(AT, DIGEST, signer=alone)
    assert tokens.check(token, digest=DIGEST, anchors=[alone.pem]).is_trusted


def test_one_anchor_among_several_is_enough(world):
    assert world.check(world.token(), world.stranger, world.root).is_trusted
    both = world.stranger.pem + world.root.pem
    assert tokens.check(world.token(), digest=DIGEST, anchors=[both]).is_trusted
    assert tokens.check(world.token(), digest=DIGEST, anchors=[world.root.der]).is_trusted


@pytest.mark.parametrize(
    "anchor", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_an_anchor_that_is_no_certificate_is_an_error(world, anchor):
    with pytest.raises(TimeProofError, match="not a certificate") as caught:
        tokens.check(world.token(), digest=DIGEST, anchors=[anchor])
    assert caught.value.hint


def test_a_certificate_that_is_not_in_the_token_may_be_given(world):
    token = world.token(certificates=[])
    assert world.check(token).checks["signature"] == "not_checked: the signing certificate is not at hand"
    assert not world.check(token).is_acceptable
    assert world.check(token, world.root, world.signer).is_trusted


def test_a_token_out_of_der_order_is_verified_by_openssl(world):
    unsorted = in_order(world.deep_signer, world.intermediate)[::-1]
    token = world.token(world.deep_signer, certificates=unsorted)
    with pytest.raises(ValueError, match="InvalidSetOrdering"):
        rfc3161_client.decode_timestamp_response(token)
    assert world.check(token).is_trusted
    assert "chain" in world.check(token, world.stranger).failures


def test_a_signer_named_by_key_identifier_is_verified_by_openssl(world):
    token = world.token(by_key_identifier=True)
    assert world.check(token).is_trusted
    assert "chain" in world.check(token, world.stranger).failures


def test_without_openssl_a_token_out_of_order_is_not_checked_rather_than_refused(world, monkeypatch, tmp_path):
    unsorted = in_order(world.deep_signer, world.intermediate)[::-1]
    monkeypatch.setenv("PATH", str(tmp_path))
    check = world.check(world.token(world.deep_signer, certificates=unsorted))
    assert "openssl is not installed" in check.checks["chain"]
    assert check.checks["chain"].startswith("not_checked: ")
    assert not check.is_trusted


def test_a_verifier_that_trusts_what_is_in_the_token_does_not_help_a_forger(world, monkeypatch):
    """Releases of rfc3161-client before 1.0.9 took certificates in the token for trusted ones."""
    monkeypatch.setattr(tokens, "_client_verdict", lambda *_: "passed")
    certificates = in_order(world.stranger, world.strangers_signer)
    assert "chain" in world.check(world.token(world.strangers_signer, certificates=certificates)).failures


def test_a_flood_of_certificates_is_refused(world):
    flood = [pki.stamper(world.root, f"Number {count}").der for count in range(chain.MAX_CANDIDATES + 1)]
    check = world.check(world.token(certificates=sorted([*flood, world.signer.der])))
    assert "brings more than 32 certificates" in check.checks["chain"]


def test_a_long_list_of_anchors_is_no_flood(world):
    anchors = [pki.root(f"Number {count}") for count in range(chain.MAX_CANDIDATES + 8)]
    assert world.check(world.token(), *anchors, world.root).is_trusted


def test_authorities_that_certify_each_other_do_not_make_the_search_endless():
    keys = [pki.intermediate(pki.root(f"Root {count}"), f"Ring {count}") for count in range(3)]
    ring = [
        pki._issue(f"Ring {count}", keys[(count + 1) % 3], is_ca=True, key=keys[count].key).der for count in range(3)
    ]
    signer = pki.stamper(keys[0])
    token = pki.forge_token(AT, DIGEST, signer=signer, forgery=Forgery(certificates=sorted([*ring, signer.der])))
    check = tokens.check(token, digest=DIGEST, anchors=[pki.root().pem])
    assert "chain" in check.failures


# Revocation


def test_a_list_that_does_not_name_the_certificate_passes(world):
    crl = pki.revocation_list(world.root, {1: (BEFORE, None)})
    check = world.check(world.token(), crls=[crl])
    assert check.checks["revocation"] == "passed"
    assert check.revocation_lists == (crl,)


@pytest.mark.parametrize("reason", [None, x509.ReasonFlags.key_compromise, x509.ReasonFlags.ca_compromise])
@pytest.mark.parametrize("moment", [BEFORE, AFTER])
def test_a_compromised_key_invalidates_every_token(world, reason, moment):
    """RFC 3161, section 4, item 2: whenever the token was made."""
    crl = pki.revocation_list(world.root, {world.signer.certificate.serial_number: (moment, reason)})
    check = world.check(world.token(), crls=[crl])
    assert check.checks["revocation"] == f"the signing certificate was revoked on {moment:%Y-%m-%dT%H:%M:%SZ}"
    assert not check.is_trusted


@pytest.mark.parametrize(
    "reason",
    [
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
        x509.ReasonFlags.unspecified,
    ],
)
def test_tokens_from_before_a_harmless_revocation_hold(world, reason):
    """RFC 3161, section 4, item 1."""
    serial = world.signer.certificate.serial_number
    later = pki.revocation_list(world.root, {serial: (AFTER, reason)})
    assert world.check(world.token(), crls=[later]).is_trusted
    earlier = pki.revocation_list(world.root, {serial: (BEFORE, reason)})
    assert "revocation" in world.check(world.token(), crls=[earlier]).failures


def test_a_list_that_names_the_certificate_outweighs_one_that_does_not(world):
    silent = pki.revocation_list(world.root)
    naming = pki.revocation_list(world.root, {world.signer.certificate.serial_number: (BEFORE, None)})
    for lists in ([silent, naming], [naming, silent]):
        assert "revocation" in world.check(world.token(), crls=lists).failures


def scope(**only: bool) -> tuple[x509.ExtensionType, bool]:
    plain = {
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_contains_attribute_certs": False,
        "indirect_crl": False,
    }
    point = x509.IssuingDistributionPoint(full_name=None, relative_name=None, only_some_reasons=None, **(plain | only))
    return point, True


USELESS_LISTS: dict[str, Callable[[World], bytes]] = {
    "malformed": lambda _: b"no list",
    "malformed PEM": lambda _: b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
    "a stranger's": lambda w: pki.revocation_list(w.stranger),
    "forged in the issuer's name": lambda _: pki.revocation_list(pki.root()),
    "over before genTime": lambda w: pki.revocation_list(w.root, next_update=BEFORE),
    "about authorities only": lambda w: pki.revocation_list(w.root, extension=scope(only_contains_ca_certs=True)),
    "indirect": lambda w: pki.revocation_list(w.root, extension=scope(indirect_crl=True)),
    "a difference to another list": lambda w: pki.revocation_list(w.root, extension=(x509.DeltaCRLIndicator(1), True)),
}


@pytest.mark.parametrize("make", USELESS_LISTS.values(), ids=USELESS_LISTS)
def test_a_list_that_says_nothing_leaves_revocation_unchecked(world, make):
    check = world.check(world.token(), crls=[make(world)])
    assert check.checks["revocation"].startswith("not_checked: ")
    assert check.is_trusted


def test_a_list_about_end_entities_only_counts(world):
    crl = pki.revocation_list(world.root, extension=scope(only_contains_user_certs=True))
    assert world.check(world.token(), crls=[crl]).checks["revocation"] == "passed"


def test_a_list_from_after_gen_time_counts_while_the_certificate_is_valid(world):
    later = pki.revocation_list(world.root, this_update=AFTER)
    assert world.check(world.token(), crls=[later]).checks["revocation"] == "passed"
    signer = pki.stamper(world.root, not_after=AT + timedelta(hours=1))
    check = world.check(world.token(signer), crls=[later])
    assert check.checks["revocation"] == "not_checked: no list given covers genTime"


def test_an_intermediates_list_is_found_through_the_token(world):
    crl = pki.revocation_list(world.intermediate, {world.deep_signer.certificate.serial_number: (BEFORE, None)})
    token = world.token(world.deep_signer, certificates=in_order(world.deep_signer, world.intermediate))
    assert "revocation" in world.check(token, crls=[crl]).failures
