"""Time-stamp tokens (RFC 3161): what they say and whether they hold. Offline: nothing here opens a connection."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics import tools
from forensics.custody import chain
from forensics.custody.chain import NOT_CHECKED, PASSED, short
from forensics.custody.cms import MALFORMED, is_pss, signature_result
from forensics.errors import TimeProofError, ToolError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MAX_RESPONSE = 1 << 20
"""Most bytes of a time-stamp response. Measured: real ones have 1 to 8 kB."""

CHECKS = ("status", "imprint", "nonce", "signature", "eku", "chain", "revocation")
"""Names of the checks, in the order in which they are made."""

_MAY_BE_OPEN = frozenset({"nonce", "revocation"})
"""Checks without which a token is still trusted: a nonce is not kept, a revocation list is not always at hand."""

_SHA256_BYTES = 32
_OPENSSL_S = 20.0
"""Longest wait for openssl. Measured: it answers within 0.05 s."""


class TokenRejectedError(TimeProofError):
    """The authority answered, and did not grant a time-stamp."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a time-stamp token says.

    Attributes:
        gen_time: When the authority says it made the token, in UTC.
        accuracy_s: How far off that may be, in seconds; None where the token states nothing.
        serial: Serial number, decimal.
        policy: Object identifier of the policy.
        imprint: Digest that was stamped.
        imprint_algorithm: Name of its algorithm (`sha256`), or an object identifier where it has no common name.
        nonce: Number that the request had sent; None where the token repeats none.
        certificates: Certificates in the token (DER), in its order. Nobody vouches for them.
    """

    gen_time: datetime
    accuracy_s: float | None
    serial: str
    policy: str
    imprint: bytes
    imprint_algorithm: str
    nonce: int | None
    certificates: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TokenCheck:
    """What was checked of a token.

    Attributes:
        checks: Name of each of `CHECKS` to `passed`, `not_checked: …` or the reason why it failed.
        token: What the token says; None where the response cannot be read or was a rejection.
        certificates: Certificates that a later check needs (DER): the chain from the signing certificate to the trust
            anchor where there is one, then what else the token carries.
        revocation_lists: Revocation lists of the signing certificate's issuer (DER) that were looked at.
    """

    checks: Mapping[str, str]
    token: Token | None = None
    certificates: tuple[bytes, ...] = ()
    revocation_lists: tuple[bytes, ...] = ()

    @property
    def failures(self) -> dict[str, str]:
        """The checks that failed, with their reasons."""
        kept = {PASSED, *self.unchecked.values()}
        return {name: result for name, result in self.checks.items() if result not in kept}

    @property
    def unchecked(self) -> dict[str, str]:
        """The checks that could not be made, with their reasons."""
        return {name: result for name, result in self.checks.items() if result.startswith(NOT_CHECKED)}

    @property
    def is_trusted(self) -> bool:
        """Whether the token holds: every check passed, the chain to a given anchor among them.

        A nonce that is no longer known and revocation without a list may stay unchecked; `checks` says so.
        """
        return self.token is not None and not self.failures and set(self.unchecked) <= _MAY_BE_OPEN

    @property
    def is_acceptable(self) -> bool:
        """Whether the token is worth keeping: as trusted, but the chain may be unchecked for want of an anchor."""
        return self.token is not None and not self.failures and set(self.unchecked) <= _MAY_BE_OPEN | {"chain"}


@dataclass(frozen=True, slots=True)
class _Envelope:
    """A token taken apart: `content` is the encoded TSTInfo that is signed; `signer` is asn1crypto's SignerInfo."""

    token: Token
    status: int
    content: bytes
    signer: Any


def build_request(digest: bytes, nonce: int) -> bytes:
    """Makes a time-stamp request (TimeStampReq, DER) for a SHA-256 digest; it asks for the authority's certificate.

    Raises:
        TimeProofError: The digest is not 32 bytes long.

    Source: RFC 3161, section 2.4.1.
    """
    from asn1crypto import tsp

    if len(digest) != _SHA256_BYTES:
        raise TimeProofError(f"a SHA-256 digest has {_SHA256_BYTES} bytes, not {len(digest)}")
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    request = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True})
    return bytes(request.dump())


def parse(response: bytes) -> Token:
    """Reads a time-stamp response (TimeStampResp) without judging it.

    Raises:
        TokenRejectedError: The response says that no time-stamp was granted.
        TimeProofError: The response is too long, is malformed, or is no time-stamp response.
    """
    return _open(response).token


def check(
    response: bytes,
    *,
    digest: bytes,
    anchors: Sequence[bytes],
    nonce: int | None = None,
    certificates: Sequence[bytes] = (),
    crls: Sequence[bytes] = (),
) -> TokenCheck:
    """Checks a time-stamp response as of its genTime.

    Args:
        response: TimeStampResp as received; never raises for what is in it.
        digest: SHA-256 that must have been stamped.
        anchors: Root certificates that the person who checks trusts, each DER or PEM (also several in one). What is in
            the token, or was stored beside it, is never an anchor by itself.
        nonce: Number that the request had sent; None where it is no longer known.
        certificates: Further certificates, DER or PEM, that nobody vouches for and that may help to reach an anchor,
            for example those kept in `proofs/`. Unreadable ones are passed over.
        crls: Revocation lists, DER or PEM. Unreadable ones are passed over.

    Raises:
        TimeProofError: A trust anchor is not a certificate.

    Not done: bytes that nobody signed may differ (status text, unsigned attributes, unused certificates), so the
        digest of the whole response must be kept too; a key that leaked after its certificate expired is not seen.
    Source: RFC 3161, sections 2.2, 2.4.2 and 4; RFC 5816; RFC 5652, section 5.4 to 5.6.
    """
    roots = tuple(certificate for anchor in anchors for certificate in chain.read_certificates(anchor))
    try:
        envelope = _open(response)
    except TimeProofError as error:
        unread = dict.fromkeys(CHECKS, NOT_CHECKED + "there is no token to check")
        return TokenCheck(unread | {"status": str(error)})
    token, others = envelope.token, chain.readable((*envelope.token.certificates, *certificates))
    checks = {"status": PASSED, "imprint": _imprint_result(token, digest), "nonce": _nonce_result(token, nonce)}
    leaf = _signing_certificate(envelope, (*others, *roots))
    if leaf is None:
        lost = NOT_CHECKED + "the signing certificate is not at hand"
        return TokenCheck(checks | dict.fromkeys(CHECKS[3:], lost), token, token.certificates)
    return _check_signer(_Signer(response, envelope, leaf, roots, others), checks, crls=crls)


@dataclass(frozen=True, slots=True)
class _Signer:
    """A token with its signing certificate, and the certificates that may link it to an anchor.

    Attributes:
        roots: What the person who checks trusts.
        others: What nobody vouches for: the token's certificates, and those that were given beside it.
    """

    response: bytes
    envelope: _Envelope
    leaf: Certificate
    roots: tuple[Certificate, ...]
    others: tuple[Certificate, ...]


def _check_signer(signer: _Signer, checks: Mapping[str, str], *, crls: Sequence[bytes]) -> TokenCheck:
    """Makes the checks that need the signing certificate."""
    token, leaf = signer.envelope.token, signer.leaf
    path = chain.find_path(leaf, others=signer.others, anchors=signer.roots, at=token.gen_time)
    issuers = (*signer.roots, *signer.others)
    revocation = chain.revocation_of(leaf, issuers=issuers, lists=crls, at=token.gen_time)
    results = {
        "signature": signature_result(signer.envelope.content, signer.envelope.signer, leaf=leaf),
        "eku": chain.purpose_result(leaf),
        "chain": path.fault or (_chain_result(signer, path) if signer.roots else _NO_ANCHOR),
        "revocation": revocation.result,
    }
    kept = tuple(dict.fromkeys((*map(chain.der_of, path.certificates or (leaf,)), *token.certificates)))
    return TokenCheck({**checks, **results}, token, kept, revocation.lists)


_NO_ANCHOR = NOT_CHECKED + "no trust anchor given"


# Reading


def _open(response: bytes) -> _Envelope:
    if len(response) > MAX_RESPONSE:
        raise TimeProofError(f"a time-stamp response of {len(response)} bytes is beyond the limit of {MAX_RESPONSE}")
    try:
        envelope = _take_apart(response)
    except MALFORMED as error:
        raise TimeProofError(f"not a time-stamp response (RFC 3161): {short(error)}") from error
    _compare_with_second_parser(response, envelope.token)
    return envelope


def _take_apart(response: bytes) -> _Envelope:
    """Reads a response with asn1crypto, which also takes what is not quite DER.

    The response is read as a bare SEQUENCE, because asn1crypto's own type demands a token in a rejection too.
    """
    from asn1crypto import cms, core, tsp

    members = list(core.SequenceOf.load(response, spec=core.Any, strict=True))
    status = tsp.PKIStatusInfo.load(members[0].dump(), strict=True)
    if status["status"].native not in ("granted", "granted_with_mods"):
        raise TokenRejectedError(f"the authority did not grant a time-stamp: {_reason(status)}")
    info = cms.ContentInfo.load(members[1].dump(), strict=True)
    if len(members) != 2 or info["content_type"].native != "signed_data":  # noqa: PLR2004 - RFC 3161, TimeStampResp
        raise TimeProofError("the time-stamp response holds something else than one signed token")
    signed, wrapped = info["content"], info["content"]["encap_content_info"]
    if wrapped["content_type"].native != "tst_info" or len(signed["signer_infos"]) != 1:
        raise TimeProofError("the token is not a TSTInfo signed by one signer")
    content = bytes(wrapped["content"])
    embedded = signed["certificates"] or ()
    certificates = tuple(each.chosen.dump() for each in embedded if each.name == "certificate")
    token = _read_info(tsp.TSTInfo.load(content, strict=True), certificates)
    return _Envelope(token, int(status["status"]), content, signed["signer_infos"][0])


def _read_info(info: Any, certificates: tuple[bytes, ...]) -> Token:
    moment = info["gen_time"].native
    if not isinstance(moment, datetime) or not info["gen_time"].contents.endswith(b"Z"):
        raise TimeProofError("genTime of the token is not a time in UTC")
    if info["version"].native != "v1" or any(each["critical"].native for each in info["extensions"] or ()):
        raise TimeProofError("the token is of another version, or has a critical extension that is not known here")
    nonce, imprint = info["nonce"].native, info["message_imprint"]
    return Token(
        gen_time=moment,
        accuracy_s=_accuracy(info["accuracy"].native),
        serial=str(info["serial_number"].native),
        policy=info["policy"].dotted,
        imprint=imprint["hashed_message"].native,
        imprint_algorithm=imprint["hash_algorithm"]["algorithm"].native,
        nonce=None if nonce is None else int(nonce),
        certificates=certificates,
    )


def _accuracy(stated: Mapping[str, int | None] | None) -> float | None:
    """Adds up an accuracy, in seconds; parts that are missing count as zero (RFC 3161, section 2.4.2)."""
    if stated is None:
        return None
    seconds, millis, micros = (stated[name] or 0 for name in ("seconds", "millis", "micros"))
    if seconds < 0 or not 0 <= millis <= 999 or not 0 <= micros <= 999:  # noqa: PLR2004 - ranges of RFC 3161
        raise TimeProofError("the accuracy of the token is out of its range")
    return float(seconds) + millis / 1000 + micros / 1_000_000


def _reason(status: Any) -> str:
    """Gives what a rejection says, as printable text of bounded length."""
    words = [str(status["status"].native), *(status["status_string"].native or ())]
    words += sorted(map(str, status["fail_info"].native or ()))
    return short(", ".join(words))


def _compare_with_second_parser(response: bytes, token: Token) -> None:
    """Compares with what rfc3161-client reads, so that nothing rests on one parser's view of odd bytes.

    It refuses some tokens that are good (an unsorted certificate SET, a signer named by key identifier); what it
    cannot read is left to the one parser. It cuts genTime to whole seconds.
    """
    from rfc3161_client import decode_timestamp_response

    try:
        info = decode_timestamp_response(response).tst_info
        seen = (info.gen_time, str(info.serial_number), info.message_imprint.message, info.policy.dotted_string)
    except ValueError:
        return
    if seen != (token.gen_time.replace(microsecond=0), token.serial, token.imprint, token.policy):
        raise TimeProofError("two parsers read different things in the token, so it is not relied on")


# Judging


def _imprint_result(token: Token, digest: bytes) -> str:
    if token.imprint_algorithm != "sha256":
        return f"the token stamps a digest by {token.imprint_algorithm}, not SHA-256"
    return PASSED if token.imprint == digest else f"the token stamps another digest: {token.imprint.hex()}"


def _nonce_result(token: Token, nonce: int | None) -> str:
    if nonce is None:
        return NOT_CHECKED + "the nonce of the request is not known"
    return PASSED if token.nonce == nonce else "the token does not repeat the nonce of the request: it may be a replay"


def _signing_certificate(envelope: _Envelope, candidates: Sequence[Certificate]) -> Certificate | None:
    """Finds the certificate that the signer's identifier names (RFC 5652, section 5.3)."""
    from asn1crypto import x509 as asn1_x509

    try:
        identifier = envelope.signer["sid"]
        for candidate in candidates:
            certificate = asn1_x509.Certificate.load(chain.der_of(candidate))
            if identifier.name == "subject_key_identifier":
                is_named = certificate.key_identifier == identifier.chosen.native
            else:
                named = identifier.chosen
                is_named = (
                    certificate.issuer == named["issuer"] and certificate.serial_number == named["serial_number"].native
                )
            if is_named:
                return candidate
    except MALFORMED:
        return None
    return None


# The chain, by two independent implementations


def _chain_result(signer: _Signer, path: chain.Path) -> str:
    """Has the chain verified by OpenSSL as of genTime, through rfc3161-client where it can.

    Called where a path was found already: an outside verifier can only confirm it or object.
    """
    verdict = _client_verdict(signer, path)
    return verdict or _openssl_verdict(signer)


def _client_verdict(signer: _Signer, path: chain.Path) -> str:
    """Asks rfc3161-client, which takes genTime as the time of verification; empty where it cannot judge.

    It is given roots only: it puts intermediates that it is given among what it trusts. It finds those in the token by
    itself, so it cannot judge a chain over others, nor a signature by RSASSA-PSS, which it would call wrong, nor a
    token that was granted with modifications.
    """
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    envelope = signer.envelope
    if envelope.status != 0 or is_pss(envelope.signer) or not _is_self_contained(signer, path):
        return ""
    builder = VerifierBuilder()
    for certificate in dict.fromkeys(signer.roots):
        builder = builder.add_root_certificate(certificate)
    try:
        builder.build().verify(decode_timestamp_response(signer.response), envelope.token.imprint)
    except VerificationError as error:
        return _objection(str(error))
    except ValueError:
        return ""
    return PASSED


def _is_self_contained(signer: _Signer, path: chain.Path) -> bool:
    """Whether a chain needs only the token's certificates, and from outside only anchors that are roots."""
    embedded = set(signer.envelope.token.certificates)
    links = (each for each in path.certificates[1:] if each not in signer.roots)
    is_rooted = chain.is_self_signed(path.certificates[-1])
    return is_rooted and chain.der_of(signer.leaf) in embedded and all(chain.der_of(each) in embedded for each in links)


def _openssl_verdict(signer: _Signer) -> str:
    """Asks the program `openssl ts`, which also reads certificates out of order; else `openssl verify` about the chain.

    Not done: the second does not look at the signature, which was checked here. It judges tokens that are signed by
        RSASSA-PSS, or whose signer is named by key identifier; the other programs read neither.
    """
    token = signer.envelope.token
    with tempfile.TemporaryDirectory(prefix="forensics-token-") as name:
        folder = Path(name)
        (folder / "response.tsr").write_bytes(signer.response)
        (folder / "leaf.pem").write_bytes(chain.pem_of(signer.leaf))
        (folder / "anchors.pem").write_bytes(b"".join(map(chain.pem_of, signer.roots)))
        others = (signer.leaf, *signer.roots, *signer.others)
        (folder / "others.pem").write_bytes(b"".join(map(chain.pem_of, others)))
        trust = ["-CAfile", f"{folder}/anchors.pem", "-untrusted", f"{folder}/others.pem"]
        trust += ["-partial_chain", "-attime", str(int(token.gen_time.timestamp()))]
        stamp = ["ts", "-verify", "-in", f"{folder}/response.tsr", "-digest", token.imprint.hex(), *trust]
        verdict = NOT_CHECKED if is_pss(signer.envelope.signer) else _run_openssl(stamp)
        if verdict.startswith(NOT_CHECKED):
            verdict = _run_openssl(["verify", "-purpose", "timestampsign", *trust, f"{folder}/leaf.pem"])
        return verdict


def _run_openssl(arguments: Sequence[str]) -> str:
    try:
        program = tools.find("openssl")
        done = tools.run([str(program.path), *arguments], limits=tools.Limits(wall_s=_OPENSSL_S))
    except ToolError as error:
        return f"{NOT_CHECKED}openssl is needed to read the token, and {short(error)}"
    if done.returncode == 0:
        return PASSED
    said = (done.stdout + done.stderr).decode("utf-8", errors="replace")
    return NOT_CHECKED + "openssl cannot read the token" if "asn1 encoding routines" in said else _objection(said)


def _objection(said: str) -> str:
    """Picks the reason out of what OpenSSL says."""
    reasons = re.findall(r"(?:Verify error:\s*|lookup: )([^\"\n]+)", said) or re.findall(r'reason: "([^"]+)"', said)
    return f"OpenSSL objects: {short(reasons[-1] if reasons else said)}"
