"""Seals a finished PDF with an electronic signature (PAdES), and checks the seal before it is handed out."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.custody.chain import is_self_signed, short
from forensics.custody.digest import sha256_hex
from forensics.custody.trusted_time import Authority, Receipt, request_token
from forensics.errors import KeyFileError, SealError, TimeProofError
from forensics.verify import seal as seal_check

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

FIELD = "Seal"
"""Name of the field that holds the seal; it is on the first page and has no size, so that no page looks different."""

_RESERVED = 3 * 16384
"""Room for the signature in hexadecimal digits. Measured: one with a time stamp and its chain has 8,000 to 20,000."""

_FILE_LIMIT = 1 << 20
_MIN_BITS = {"RSA": 2048, "EC": 256}
"""Smallest keys. *Source:* NIST SP 800-131A revision 2, table 2; curves below P-256 are not in common use."""

_PURPOSES = frozenset(
    {
        "1.3.6.1.5.5.7.3.36",
        "1.3.6.1.5.5.7.3.4",
        "1.3.6.1.5.5.7.3.2",
        "1.3.6.1.4.1.311.10.3.12",
        "1.2.840.113583.1.1.5",
        "2.5.29.37.0",
    }
)
"""Purposes that let a certificate seal documents, where it names any: documents, e-mail, log-in, what two makers of
programs define, any purpose. *Source:* RFC 9336, section 3; RFC 5280, 4.2.1.12; lists of Microsoft and Adobe."""

_NOTHING_KEPT = "No sealed file was written; the document without a seal is as it was."


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """The key and certificates of a person or organisation, unlocked; never printed or recorded as a whole.

    Attributes:
        key: The private key.
        certificate: The certificate of that key.
        chain: Further certificates that came with it and lead towards a root; others in the file are left out.
    """

    key: RSAPrivateKey | EllipticCurvePrivateKey
    certificate: Certificate
    chain: tuple[Certificate, ...]

    @property
    def name(self) -> str:
        """Whom the certificate names, as people read it."""
        return short(self.certificate.subject.rfc4514_string())

    @property
    def issuer(self) -> str:
        """Who issued the certificate."""
        return short(self.certificate.issuer.rfc4514_string())

    @property
    def is_self_signed(self) -> bool:
        """Whether nobody but the holder vouches for the certificate."""
        return is_self_signed(self.certificate)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hex."""
        return sha256_hex(_der(self.certificate))

    def __repr__(self) -> str:
        return f"Signer({self.fingerprint[:16]}…)"


def load_signer(path: Path, passphrase: str | None) -> Signer:
    """Unlocks a PKCS#12 file (`.p12`, `.pfx`).

    Raises:
        KeyFileError: It cannot be read or unlocked, has no key, or a certificate that cannot seal today.

    Source: RFC 7292; RFC 5280, section 4.2.1.3: a document is sealed by `digitalSignature` or `contentCommitment`.
    """
    key, certificate, chain = _unlock(path, _read(path), passphrase)
    for fault in (_key_fault(key), _validity_fault(certificate), _usage_fault(certificate)):
        if fault:
            raise KeyFileError(f"{path} cannot seal: {fault}", hint="Give the file of a certificate for signatures.")
    return Signer(key, certificate, tuple(seal_check.linked([certificate], chain)))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(_FILE_LIMIT + 1)
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}", hint="Check the path.") from error
    if len(data) > _FILE_LIMIT:
        raise KeyFileError(f"{path} is too large to be a PKCS#12 file", hint="Give a .p12 or .pfx file.")
    return data


def _unlock(path: Path, data: bytes, passphrase: str | None) -> tuple[Any, Certificate, tuple[Certificate, ...]]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import pkcs12

    secret = passphrase.encode() if passphrase else None
    try:
        key, certificate, chain = pkcs12.load_key_and_certificates(data, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if not _is_pkcs12(data):
            hint = "Make one of key and certificate: openssl pkcs12 -export -inkey KEY.pem -in CERT.pem -out FILE.p12"
            raise KeyFileError(f"{path} is no PKCS#12 file", hint=hint) from error
        said = "is wrong" if passphrase else "is needed"
        hint = "Give it as it was set when the file was made; some programs change letters beyond ASCII."
        raise KeyFileError(f"{path} cannot be unlocked: its passphrase {said}, or it is damaged", hint=hint) from error
    if key is None:
        raise KeyFileError(f"{path} holds no private key", hint="Export the certificate together with its key.")
    if certificate is None:
        raise KeyFileError(f"{path} holds no certificate of its key", hint="Export the key with its certificate.")
    return key, certificate, tuple(chain)


def _is_pkcs12(data: bytes) -> bool:
    """Whether data have the outer form of a PKCS#12 file, so that only the passphrase can be what is wrong."""
    from asn1crypto import pkcs12

    from forensics.custody.cms import MALFORMED

    try:
        return bool(pkcs12.Pfx.load(data, strict=True)["version"].native == "v3")
    except MALFORMED:
        return False


def _key_fault(key: Any) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    kinds = {"RSA": rsa.RSAPrivateKey, "EC": ec.EllipticCurvePrivateKey}
    kind = next((name for name, one in kinds.items() if isinstance(key, one)), "")
    if not kind:
        return "its key is neither RSA nor of an elliptic curve, and other kinds are not read by common programs"
    if key.key_size < _MIN_BITS[kind]:
        return f"its {kind} key of {key.key_size} bits is too short to rely on"
    return ""


def _validity_fault(certificate: Certificate) -> str:
    now = datetime.now(UTC)
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now > last:
        return f"its certificate expired on {last:%Y-%m-%d}"
    return f"its certificate is valid only from {first:%Y-%m-%d} on" if now < first else ""


def _usage_fault(certificate: Certificate) -> str:
    from cryptography import x509

    try:
        extensions = certificate.extensions
        usage = next((each.value for each in extensions if isinstance(each.value, x509.KeyUsage)), None)
        purpose = next((each.value for each in extensions if isinstance(each.value, x509.ExtendedKeyUsage)), None)
    except ValueError as error:
        return f"its certificate is malformed: {short(error)}"
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        return "its certificate may not be used for signatures (neither digitalSignature nor contentCommitment)"
    if purpose is not None and not {each.dotted_string for each in purpose} & _PURPOSES:
        return "its certificate is for other purposes than signing documents"
    return ""


def seal(pdf: bytes, *, signer: Signer, authorities: Sequence[Authority], reason: str, name: str) -> bytes:
    """Seals one PDF: PAdES B-B, or B-T where authorities are given. The bytes before the seal stay as they are.

    Args:
        pdf: A finished PDF without a seal.
        signer: From `load_signer`.
        authorities: Asked in turn until one grants a token; without any the seal has no trusted time.
        reason: Why it is sealed, as the seal states it.
        name: Name of the file, for errors.

    Returns:
        The sealed file. It has other bytes each time, because the time and the signature's random part are new.

    Raises:
        SealError: The file cannot be sealed, no authority granted a token, or the seal did not pass its checks.

    Source: ETSI EN 319 142-1, clause 6 (levels B-B and B-T); ISO 32000-1, 12.8.2.2 (DocMDP, no change allowed).
    """
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.general import SigningError

    try:
        sealed = asyncio.run(_signed(pdf, signer, authorities=authorities, reason=reason))
    except TimeProofError as error:
        hint = "Try again when the authority answers, or seal without one: the seal then has no trusted time."
        raise SealError(f"{name}: no time-stamp was granted: {error}", hint=hint, kept=_NOTHING_KEPT) from error
    except (PdfError, SigningError, ValueError) as error:
        raise SealError(f"{name} cannot be sealed: {short(error)}", kept=_NOTHING_KEPT) from error
    _check(sealed, pdf, signer, authorities=authorities, name=name)
    return sealed


async def _signed(pdf: bytes, signer: Signer, *, authorities: Sequence[Authority], reason: str) -> bytes:
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.signers import cms_embedder, pdf_byterange

    writer = _writer(pdf)
    steps = cms_embedder.PdfCMSEmbedder().write_cms(FIELD, writer)
    next(steps)
    blank = pdf_byterange.SignatureObject(
        timestamp=datetime.now(UTC), subfilter=SigSeedSubFilter.PADES, reason=reason, bytes_reserved=_RESERVED
    )
    lock = cms_embedder.SigMDPSetup(md_algorithm="sha256", certify=True, docmdp_perms=MDPPerm.NO_CHANGES)
    steps.send(cms_embedder.SigObjSetup(sig_placeholder=blank, mdp_setup=lock))
    prepared, out = steps.send(cms_embedder.SigIOSetup(md_algorithm="sha256"))
    cms = await _simple(signer).async_sign(
        prepared.document_digest,
        "sha256",
        use_pades=True,
        timestamper=_stamper(authorities) if authorities else None,
    )
    steps.send(cms.dump())
    return bytes(out.getvalue())


def _writer(pdf: bytes) -> Any:
    """Opens the file for one more revision that leaves properties and metadata as they are.

    Raises:
        ValueError: The file has a seal already.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    class Writer(IncrementalPdfFileWriter):
        """Leaves the properties of the file alone, which otherwise would name the library and lose PDF/A's mark."""

        def _update_meta(self) -> None:
            return

    writer = Writer(io.BytesIO(pdf))
    if list(writer.prev.embedded_signatures):
        raise ValueError("it has a seal already")
    return writer


def _simple(signer: Signer) -> Any:
    from asn1crypto import keys, x509
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from pyhanko.sign.signers.pdf_cms import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    others = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    others.register_multiple(x509.Certificate.load(_der(each)) for each in signer.chain)
    raw = signer.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    own = x509.Certificate.load(_der(signer.certificate))
    # A root in the seal would be trusted by nobody, and no signature covers all of its bytes.
    return SimpleSigner(own, keys.PrivateKeyInfo.load(raw), others, embed_roots=False)


def _stamper(authorities: Sequence[Authority]) -> Any:
    """Makes pyhanko's client of time-stamp authorities out of the program's own, which follows no redirection."""
    from asn1crypto import tsp
    from pyhanko.sign.timestamps.api import TimeStamper

    class Stamper(TimeStamper):
        async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:  # noqa: ARG002 - always sha256
            return tsp.TimeStampResp.load(_receipt(authorities, message_digest).response)["time_stamp_token"]

    return Stamper()  # type: ignore[no-untyped-call]


def _receipt(authorities: Sequence[Authority], digest: bytes) -> Receipt:
    """Asks one authority after the other.

    Raises:
        TimeProofError: None granted a token; says what each of them answered.
    """
    failures = []
    for authority in authorities:
        try:
            return request_token(authority, digest)
        except TimeProofError as error:
            failures.append(str(error))
    raise TimeProofError("; ".join(failures))


def facts_of(sealed: bytes) -> dict[str, str]:
    """Says of a sealed file what the record of an output keeps: `level`, `signer`, `fingerprint`, `field`.

    `verify` of the case holds the file to it: a file that is recorded as sealed must have its seal.
    """
    found = seal_check.read_seals(sealed).seals[0]
    return {"level": found.level, "signer": found.signer, "fingerprint": found.fingerprint, "field": found.name}


def _check(sealed: bytes, pdf: bytes, signer: Signer, *, authorities: Sequence[Authority], name: str) -> None:
    """Validates the finished file with pyhanko and with the checks that `verify` makes.

    Raises:
        SealError: Any of them objects.
    """
    found = seal_check.read_seals(sealed)
    faults = [
        fault for each in found.seals for fault in (*each.faults, *each.open, *filter(None, [each.changed]))
    ] + list(found.faults)
    if len(found.seals) != 1 or not found.seals[0].covers_all or not sealed.startswith(pdf):
        faults.append("the seal does not cover the whole file")
    elif found.seals[0].fingerprint != signer.fingerprint:
        faults.append("the seal names another certificate")
    elif bool(found.seals[0].stamp) != bool(authorities):
        faults.append("the seal has not the time-stamp that it should have")
    if not faults and not _is_valid_for_pyhanko(sealed, signer):
        faults.append("pyhanko's validator refuses it")
    if faults:
        raise SealError(f"the seal of {name} did not pass its checks: {'; '.join(faults)}", kept=_NOTHING_KEPT)


def _is_valid_for_pyhanko(sealed: bytes, signer: Signer) -> bool:
    """Asks pyhanko's validator, which takes the signer's own chain as trusted; trust is not the question here."""
    from asn1crypto import x509
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko_certvalidator import ValidationContext

    roots = [x509.Certificate.load(_der(each)) for each in (signer.certificate, *signer.chain)]
    context = ValidationContext(trust_roots=roots, allow_fetching=False)
    embedded = PdfFileReader(io.BytesIO(sealed)).embedded_signatures[0]
    status = validate_pdf_signature(embedded, context, key_usage_settings=KeyUsageConstraints(key_usage=set()))
    return bool(status.intact and status.valid and status.docmdp_ok)


def _der(certificate: Certificate) -> bytes:
    from forensics.custody.chain import der_of

    return der_of(certificate)
