"""Certificates of time-stamp authorities: purpose, chain as of a moment in the past, revocation lists."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from forensics.errors import TimeProofError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import (
        CertificateIssuerPublicKeyTypes,
        CertificatePublicKeyTypes,
    )
    from cryptography.x509 import (
        Certificate,
        CertificateRevocationList,
        IssuingDistributionPoint,
        RevokedCertificate,
    )

PASSED = "passed"
NOT_CHECKED = "not_checked: "
"""How the result of a check begins that could not be made; what follows says why."""

MAX_CANDIDATES = 32
"""Most certificates beside the anchors that a path is looked for among. Measured: real tokens carry none to three."""

WEAK_DIGESTS = frozenset({"md2", "md5", "sha1"})
"""Digests that admit chosen collisions. *Source:* RFC 6151; RFC 6194; Leurent and Peyrin, USENIX Security 2020."""

_PEM = b"-----BEGIN "


@dataclass(frozen=True, slots=True)
class Path:
    """A chain from a signing certificate up to a trust anchor.

    Attributes:
        certificates: The signing certificate first, the anchor last; empty where there is no path.
        fault: Why there is no path; empty where there is one, and where there is no anchor to look for.
    """

    certificates: tuple[Certificate, ...]
    fault: str


@dataclass(frozen=True, slots=True)
class Revocation:
    """What revocation lists say about a certificate.

    Attributes:
        result: `passed`, `not_checked: …`, or how and when the certificate was revoked.
        lists: The lists (DER) that the certificate's issuer signed, whatever they say.
    """

    result: str
    lists: tuple[bytes, ...] = ()


def short(text: object, *, length: int = 200) -> str:
    """Gives text from outside as one printable line of bounded length."""
    line = "".join(character if character.isprintable() else " " for character in str(text))
    return line if len(line) <= length else line[:length] + "…"


def read_certificates(data: bytes) -> tuple[Certificate, ...]:
    """Reads one certificate in DER, or one or more in PEM.

    Raises:
        TimeProofError: There is no certificate in the data, or one is malformed.
    """
    from cryptography import x509

    try:
        read = x509.load_pem_x509_certificates(data) if _PEM in data else [x509.load_der_x509_certificate(data)]
        for each in read:  # names and times are only parsed when they are asked for
            _ = each.subject, each.issuer, each.not_valid_before_utc, each.not_valid_after_utc
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        raise TimeProofError(
            f"not a certificate in PEM or DER: {error}", hint="Give the authority's root certificate as .pem or .cer."
        ) from error
    return tuple(read)


def readable(certificates: Iterable[bytes]) -> tuple[Certificate, ...]:
    """Gives those certificates (DER) that can be read; a malformed one cannot be part of any chain."""
    found: list[Certificate] = []
    for der in certificates:
        try:
            found += read_certificates(der)
        except TimeProofError:
            continue
    return tuple(found)


def der_of(thing: Certificate | CertificateRevocationList) -> bytes:
    """Gives the DER encoding of a certificate or revocation list."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return thing.public_bytes(Encoding.DER)


def pem_of(certificate: Certificate) -> bytes:
    """Gives the PEM encoding of a certificate."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def purpose_result(certificate: Certificate) -> str:
    """Checks that a certificate is for time-stamping and for nothing else.

    Returns:
        `passed`, or the reason why not.

    Source: RFC 3161, section 2.3 (extended key usage: one instance, critical, id-kp-timeStamping only); RFC 5280,
    section 4.2.1.12 (both key usage extensions must allow the purpose).
    """
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return "the signing certificate has no extended key usage"
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        return f"the extensions of the signing certificate cannot be read: {error}"
    if not extended.critical:
        return "the extended key usage of the signing certificate is not critical"
    if list(extended.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        return "the extended key usage of the signing certificate is not timeStamping only"
    return PASSED if _may_sign(certificate) else "the key usage of the signing certificate does not allow signatures"


def _may_sign(certificate: Certificate) -> bool:
    from cryptography import x509

    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment


def find_path(
    leaf: Certificate, *, others: Sequence[Certificate], anchors: Sequence[Certificate], at: datetime
) -> Path:
    """Finds the shortest chain from a signing certificate to a given certificate, a self-signed one where there is one.

    Every link is checked: names, signature, validity at the moment in question.

    Args:
        leaf: The signing certificate.
        others: Certificates that nobody vouches for: those in the token. None of them is ever an anchor.
        anchors: What the person who verifies trusts: roots, or an authority's own certificate (RFC 5280, section 6.1.1,
            leaves the choice to her; `openssl` asks for `-partial_chain` then).
        at: Moment at which every certificate must be valid, the anchor too.

    Not done: constraints of names, path lengths and policies, which OpenSSL checks; revocation of intermediates.
    """
    pool = tuple(dict.fromkeys((*anchors, *others)))
    if len(pool) > len(anchors) + MAX_CANDIDATES:
        return Path((), f"the token brings more than {MAX_CANDIDATES} certificates")
    if not _is_valid(leaf, at):
        return Path((), f"the signing certificate was not valid at genTime, {_validity(leaf)}")
    if not anchors:
        return Path((), "")
    roots = [anchor for anchor in anchors if is_self_signed(anchor)]
    path, ends = _search(leaf, pool, ends_in=roots, at=at)
    if not path:
        path, ends = _search(leaf, pool, ends_in=anchors, at=at)
    return _without_weak_link(path) if path else Path((), _fault(ends, pool=pool, at=at))


def _search(
    leaf: Certificate, pool: Sequence[Certificate], *, ends_in: Sequence[Certificate], at: datetime
) -> tuple[tuple[Certificate, ...], list[Certificate]]:
    """Searches breadth first; gives the chain, empty where there is none, and the certificates that were reached."""
    ends: list[Certificate] = []
    seen = {leaf}
    queue: deque[tuple[Certificate, ...]] = deque([(leaf,)])
    while queue:
        path = queue.popleft()
        if path[-1] in ends_in:
            return path, ends
        ends.append(path[-1])
        for issuer in pool:
            if issuer not in seen and _is_valid(issuer, at) and _is_issued_by(path[-1], issuer):
                seen.add(issuer)
                queue.append((*path, issuer))
    return (), ends


def is_self_signed(certificate: Certificate) -> bool:
    """Whether a certificate is signed with its own key."""
    return _is_issued_by(certificate, certificate)


def _without_weak_link(path: tuple[Certificate, ...]) -> Path:
    """Refuses a chain where a signature below the anchor rests on MD5 or SHA-1, as `openssl` alone would not."""
    for certificate in path[:-1]:
        digest = certificate.signature_hash_algorithm
        if digest is not None and digest.name in WEAK_DIGESTS:
            return Path((), f"the certificate of {_name(certificate)} is signed with {digest.name}, which is too weak")
    return Path(path, "")


def _fault(ends: Sequence[Certificate], *, pool: Sequence[Certificate], at: datetime) -> str:
    """Says why a search ended without an anchor; `ends` are the certificates that were reached, the farthest last."""
    last = ends[-1]
    for issuer in pool:
        if not _is_valid(issuer, at) and _is_issued_by(last, issuer):
            return f"the certificate of {_name(issuer)} was not valid at genTime, {_validity(issuer)}"
    if _is_issued_by(last, last):
        return f"the chain ends in a root that is not among the given trust anchors: {_name(last)}"
    return f"no certificate whose key signed {_name(last)} is at hand, neither in the token nor among the anchors"


def _is_valid(certificate: Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _validity(certificate: Certificate) -> str:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return f"but from {first:%Y-%m-%dT%H:%M:%SZ} to {last:%Y-%m-%dT%H:%M:%SZ}"


def _name(certificate: Certificate) -> str:
    return repr(certificate.subject.rfc4514_string())


def _is_issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether the names fit and the issuer's key signed the certificate."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def revocation_of(
    leaf: Certificate, *, issuers: Sequence[Certificate], lists: Sequence[bytes], at: datetime
) -> Revocation:
    """Looks up a signing certificate in revocation lists.

    Args:
        leaf: The signing certificate.
        issuers: Certificates among which its issuer is looked for.
        lists: Revocation lists, DER or PEM. Lists that another than the issuer signed say nothing.
        at: The token's genTime.

    Not done: nothing is fetched; intermediates are not looked up; indirect and delta lists only count where they
    name the certificate.
    """
    if not lists:
        return Revocation(NOT_CHECKED + "no revocation list given")
    keys = [issuer.public_key() for issuer in issuers if _is_issued_by(leaf, issuer)]
    if not keys:
        return Revocation(NOT_CHECKED + "the issuer's certificate is not at hand")
    own = [each for each in _read_lists(lists) if each.issuer == leaf.issuer and _is_signed_by_any(each, keys)]
    if not own:
        return Revocation(NOT_CHECKED + "none of the lists given was signed by the issuer of the signing certificate")
    kept = tuple(der_of(each) for each in own)
    return Revocation(_verdict(leaf, own, at), kept)


def _verdict(leaf: Certificate, lists: Sequence[CertificateRevocationList], at: datetime) -> str:
    for each in lists:
        entry = each.get_revoked_certificate_by_serial_number(leaf.serial_number)
        if entry is not None and not _leaves_earlier_tokens_valid(entry, at):
            return f"the signing certificate was revoked on {entry.revocation_date_utc:%Y-%m-%dT%H:%M:%SZ}"
    if any(_covers(each, leaf, at) for each in lists):
        return PASSED
    return NOT_CHECKED + "no list given covers genTime"


def _leaves_earlier_tokens_valid(entry: RevokedCertificate, at: datetime) -> bool:
    """Whether tokens made before a revocation still hold.

    Source: RFC 3161, section 4, items 1 and 2: they do where the reason is stated as one of four harmless ones;
    otherwise every token of that key is invalid, whenever it was made.
    """
    from cryptography import x509

    harmless = {
        x509.ReasonFlags.unspecified,
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
    }
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False
    return reason in harmless and at < entry.revocation_date_utc


def _covers(revocations: CertificateRevocationList, leaf: Certificate, at: datetime) -> bool:
    """Whether the silence of a list says that a certificate was not revoked at a moment.

    A list made after that moment says more, not less, until the certificate expires and may drop off the list.
    """
    from cryptography import x509

    first, last = revocations.last_update_utc, revocations.next_update_utc
    if first > leaf.not_valid_after_utc or max(last or first, first) < at:
        return False
    try:
        critical = [each.value for each in revocations.extensions if each.critical]
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False
    return all(isinstance(value, x509.IssuingDistributionPoint) and _is_whole(value) for value in critical)


def _is_whole(scope: IssuingDistributionPoint) -> bool:
    return not (
        scope.indirect_crl
        or scope.only_contains_ca_certs
        or scope.only_contains_attribute_certs
        or scope.only_some_reasons
    )


def _read_lists(lists: Iterable[bytes]) -> tuple[CertificateRevocationList, ...]:
    """Reads those lists that can be read; a malformed one says nothing."""
    from cryptography import x509

    found: list[CertificateRevocationList] = []
    for data in lists:
        read = x509.load_pem_x509_crl if _PEM in data else x509.load_der_x509_crl
        try:
            found.append(read(data))
        except ValueError:
            continue
    return tuple(found)


def _is_signed_by_any(revocations: CertificateRevocationList, keys: Iterable[CertificatePublicKeyTypes]) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm

    for key in keys:
        try:
            if revocations.is_signature_valid(cast("CertificateIssuerPublicKeyTypes", key)):
                return True
        except (UnsupportedAlgorithm, TypeError, ValueError):
            continue
    return False
