"""Certificates, revocation lists and time-stamp tokens made to measure, good ones and bad ones, for tests only."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from forensics.custody import tokens
from forensics.custody.tokens import TokenCheck

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

STAMPING: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.TIME_STAMPING,)
EARLY = datetime(2020, 1, 1, tzinfo=UTC)
LATE = datetime(2049, 12, 31, tzinfo=UTC)
_SALT_BYTES = 32
AT = datetime(2024, 5, 1, 12, 0, 0, tzinfo=UTC)
DIGEST = hashlib.sha256(b"a line of the ledger").digest()
POLICY = "1.3.6.1.4.1.99999.3161.1"


@dataclass(frozen=True)
class Party:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        """The certificate in DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The private key in PEM (PKCS #8), not encrypted."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def load(certificate_pem: bytes, key_pem: bytes) -> Party:
    """Reads a party that was written as PEM."""
    return Party(x509.load_pem_x509_certificate(certificate_pem), private_key(key_pem))


def private_key(pem: bytes) -> Key:
    """Reads a private key in PEM."""
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, Key)
    return key


def new_key() -> ec.EllipticCurvePrivateKey:
    """Makes a P-256 key, the fastest to make."""
    return ec.generate_private_key(ec.SECP256R1())


def root(name: str = "Test root", *, not_before: datetime = EARLY, not_after: datetime = LATE) -> Party:
    """Makes a self-signed certification authority."""
    return _issue(name, None, is_ca=True, not_before=not_before, not_after=not_after)


def intermediate(issuer: Party, name: str = "Test intermediate") -> Party:
    """Makes a certification authority under another."""
    return _issue(name, issuer, is_ca=True)


def stamper(
    issuer: Party | None,
    name: str = "Test time-stamp authority",
    *,
    usages: Sequence[x509.ObjectIdentifier] = STAMPING,
    is_critical: bool = True,
    not_before: datetime = EARLY,
    not_after: datetime = LATE,
    key: Key | None = None,
) -> Party:
    """Makes the certificate of a time-stamp authority; self-signed where there is no issuer."""
    usage = x509.ExtendedKeyUsage(usages) if usages else None
    return _issue(
        name, issuer, is_ca=False, not_before=not_before, not_after=not_after, key=key, usage=(usage, is_critical)
    )


def web_server(
    issuer: Party | None,
    *,
    names: Sequence[str] = ("127.0.0.1",),
    not_before: datetime = EARLY,
    not_after: datetime = LATE,
) -> Party:
    """Makes the certificate of an HTTPS server on addresses or host names; self-signed where there is no issuer."""
    alternative = x509.SubjectAlternativeName([_general_name(name) for name in names])
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return _issue(
        names[0],
        issuer,
        is_ca=False,
        not_before=not_before,
        not_after=not_after,
        usage=(usage, False),
        alternative=alternative,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _issue(
    name: str,
    issuer: Party | None,
    *,
    is_ca: bool,
    not_before: datetime = EARLY,
    not_after: datetime = LATE,
    key: Key | None = None,
    usage: tuple[x509.ExtendedKeyUsage | None, bool] = (None, True),
    alternative: x509.SubjectAlternativeName | None = None,
) -> Party:
    key = key or new_key()
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Forensics tests"), _common_name(name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(_key_usage(is_ca=is_ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if usage[0] is not None:
        builder = builder.add_extension(usage[0], critical=usage[1])
    if alternative is not None:
        builder = builder.add_extension(alternative, critical=False)
    signer = issuer.key if issuer else key
    return Party(builder.sign(signer, _digest_for(signer)), key)


def _common_name(name: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(NameOID.COMMON_NAME, name)


def _key_usage(*, is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        encipher_only=False,
        decipher_only=False,
    )


def _digest_for(key: Key) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def revocation_list(
    issuer: Party,
    revoked: Mapping[int, tuple[datetime, x509.ReasonFlags | None]] | None = None,
    *,
    this_update: datetime = EARLY,
    next_update: datetime = LATE,
    extension: tuple[x509.ExtensionType, bool] | None = None,
) -> bytes:
    """Makes a revocation list in DER: serial number to time and reason of revocation."""
    builder = x509.CertificateRevocationListBuilder(issuer.certificate.subject, this_update, next_update)
    for serial, (moment, reason) in (revoked or {}).items():
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment)
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    if extension is not None:
        builder = builder.add_extension(extension[0], critical=extension[1])
    return builder.sign(issuer.key, _digest_for(issuer.key)).public_bytes(serialization.Encoding.DER)


@dataclass(frozen=True)
class Forgery:
    """What a hand-made token says; the defaults make a good one.

    Attributes:
        certificates: Certificates to embed, in this order (not sorted); None for the signer's alone.
        accuracy: Seconds, milliseconds and microseconds, zeros left out; None for none.
        ess: Attributes that name the signing certificate: 1 (RFC 2634, SHA-1), 2 (RFC 5035, SHA-256).
        ess_of: Certificate (DER) that they name; None for the signer's.
        imprint_algorithm: Name of the imprint's algorithm, whatever the digest's length is.
        info: Changes the TSTInfo fields before they are encoded.
        attributes: Changes the signed attributes before they are signed.
        by_key_identifier: Names the signer by its subject key identifier.
        is_pss: Signs by RSASSA-PSS.
    """

    nonce: int | None = None
    certificates: Sequence[bytes] | None = None
    status: int = 0
    accuracy: tuple[int, int, int] | None = (1, 0, 0)
    ess: tuple[int, ...] = (2,)
    ess_of: bytes | None = None
    imprint_algorithm: str = "sha256"
    digest_algorithm: str = "sha256"
    info: Mapping[str, Any] = field(default_factory=dict)
    attributes: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = list
    by_key_identifier: bool = False
    is_pss: bool = False


GOOD = Forgery()


def forge_token(gen_time: datetime, digest: bytes, *, signer: Party, forgery: Forgery = GOOD) -> bytes:
    """Makes and signs a time-stamp response for any time, as an authority with a wrong clock or bad will could.

    Returns:
        A TimeStampResp in DER, apart from the certificates' order.
    """
    content = _tst_info(gen_time, digest, forgery).dump()
    embedded = forgery.certificates if forgery.certificates is not None else [signer.der]
    signed_data = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": forgery.digest_algorithm}],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
            "certificates": _in_order(embedded) if embedded else None,
            "signer_infos": [_signer_info(content, signer, forgery)],
        }
    )
    token = cms.ContentInfo({"content_type": "signed_data", "content": signed_data})
    return sequence(tsp.PKIStatusInfo({"status": forgery.status}).dump(), token.dump())


def rejection(status: int = 2, text: str = "no stamps today") -> bytes:
    """Makes a time-stamp response without a token."""
    info = tsp.PKIStatusInfo({"status": status, "status_string": [text], "fail_info": {"system_failure"}})
    return sequence(info.dump())


def sequence(*members: bytes) -> bytes:
    """Encodes a SEQUENCE of members that are encoded already."""
    return core.Sequence(contents=b"".join(members)).dump()


def _in_order(certificates: Sequence[bytes]) -> cms.CertificateSet:
    """Gives a set in the order as it is: `SetOf` would sort it."""
    return cms.CertificateSet(contents=b"".join(certificates))


def _tst_info(gen_time: datetime, digest: bytes, forgery: Forgery) -> tsp.TSTInfo:
    fields: dict[str, Any] = {
        "version": "v1",
        "policy": POLICY,
        "message_imprint": {"hash_algorithm": {"algorithm": forgery.imprint_algorithm}, "hashed_message": digest},
        "serial_number": secrets.randbits(63),
        "gen_time": gen_time,
    }
    if forgery.accuracy is not None:
        stated = zip(("seconds", "millis", "micros"), forgery.accuracy, strict=True)
        fields["accuracy"] = {name: value for name, value in stated if value}
    if forgery.nonce is not None:
        fields["nonce"] = forgery.nonce
    return tsp.TSTInfo(fields | dict(forgery.info))


def _signer_info(content: bytes, signer: Party, forgery: Forgery) -> cms.SignerInfo:
    certificate = asn1_x509.Certificate.load(signer.der)
    attributes = cms.CMSAttributes(forgery.attributes(_attributes(content, signer, forgery)))
    identifier = (
        cms.SignerIdentifier("subject_key_identifier", certificate.key_identifier)
        if forgery.by_key_identifier
        else cms.SignerIdentifier(
            "issuer_and_serial_number", {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
        )
    )
    return cms.SignerInfo(
        {
            "version": "v3" if forgery.by_key_identifier else "v1",
            "sid": identifier,
            "digest_algorithm": {"algorithm": forgery.digest_algorithm},
            "signed_attrs": attributes,
            "signature_algorithm": _signature_algorithm(signer.key, forgery),
            "signature": _sign(signer.key, attributes.dump(), forgery),
        }
    )


def _attributes(content: bytes, signer: Party, forgery: Forgery) -> list[dict[str, Any]]:
    named = forgery.ess_of or signer.der
    attributes: list[dict[str, Any]] = [
        {"type": "content_type", "values": ["tst_info"]},
        {"type": "message_digest", "values": [hashlib.new(forgery.digest_algorithm, content).digest()]},
    ]
    if 1 in forgery.ess:
        legacy = {"cert_hash": hashlib.sha1(named, usedforsecurity=False).digest()}
        attributes.append({"type": "signing_certificate", "values": [{"certs": [legacy]}]})
    if 2 in forgery.ess:
        attributes.append(
            {"type": "signing_certificate_v2", "values": [{"certs": [{"cert_hash": hashlib.sha256(named).digest()}]}]}
        )
    return attributes


def _signature_algorithm(key: Key, forgery: Forgery) -> dict[str, Any]:
    digest = {"algorithm": forgery.digest_algorithm}
    if forgery.is_pss:
        mask = {"algorithm": "mgf1", "parameters": digest}
        settings = {"hash_algorithm": digest, "mask_gen_algorithm": mask, "salt_length": _SALT_BYTES}
        return {"algorithm": "rsassa_pss", "parameters": algos.RSASSAPSSParams(settings)}
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {"algorithm": "ed25519"}
    kind = "ecdsa" if isinstance(key, ec.EllipticCurvePrivateKey) else "rsa"
    return {"algorithm": f"{forgery.digest_algorithm}_{kind}"}


def _sign(key: Key, data: bytes, forgery: Forgery) -> bytes:
    known = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
    digest = known[forgery.digest_algorithm]
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(digest))
    pss = padding.PSS(padding.MGF1(digest), _SALT_BYTES)
    return key.sign(data, pss if forgery.is_pss else padding.PKCS1v15(), digest)


def query_with(query: bytes, *, nonce: int | None = None, digest: bytes | None = None) -> bytes:
    """Changes the nonce or the imprint of a time-stamp query."""
    request = tsp.TimeStampReq.load(query)
    if nonce is not None:
        request["nonce"] = nonce
    if digest is not None:
        imprint = {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "hashed_message": digest}
        request["message_imprint"] = imprint
    return bytes(request.dump(force=True))


def days(count: float) -> timedelta:
    """Gives a number of days."""
    return timedelta(days=count)


def in_order(*parties: Party) -> list[bytes]:
    """Gives certificates as DER sorts them."""
    return sorted(party.der for party in parties)


@dataclass(frozen=True)
class World:
    """Authorities that tests share, because keys take time to make; all valid at `AT`."""

    root: Party
    intermediate: Party
    signer: Party
    deep_signer: Party
    stranger: Party
    strangers_signer: Party

    def token(self, signer: Party | None = None, at: datetime = AT, digest: bytes = DIGEST, **forgery: Any) -> bytes:
        """Makes a response; what is not said is as in a good one."""
        return forge_token(at, digest, signer=signer or self.signer, forgery=Forgery(**forgery))

    def check(self, response: bytes, *anchors: Party, **arguments: Any) -> TokenCheck:
        """Checks a response over `DIGEST` against the root, or against other anchors."""
        roots = [anchor.pem for anchor in anchors or (self.root,)]
        return tokens.check(response, digest=DIGEST, anchors=roots, **arguments)


def make_world() -> World:
    """Makes a root with an authority under it and one under an intermediate, and another root with one."""
    first, stranger = root(), root("Stranger")
    middle = intermediate(first)
    deep = stamper(middle, "A longer name, so that this certificate sorts after its issuer's")
    return World(first, middle, stamper(first), deep, stranger, stamper(stranger))
