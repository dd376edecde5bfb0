"""Electronic seals in a PDF (PAdES): what they cover, whether they hold, and what came after them. Offline.

The library pyhanko reads the file and validates the signature. What a seal must leave no room for is checked here byte
by byte: the two ranges that are signed, the gap between them, and every byte after them.
"""

from __future__ import annotations

import io
import logging
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from forensics.custody import chain
from forensics.custody.chain import WEAK_DIGESTS, short
from forensics.custody.cms import MALFORMED
from forensics.custody.digest import sha256_hex

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MARK = b"%PDF-"
"""How a PDF begins. *Source:* ISO 32000-1, 7.5.2."""

_TRACES = (b"/ByteRange", b"/ETSI.CAdES.detached", b"/ETSI.RFC3161", b"/adbe.pkcs7.", b"/FT /Sig", b"/FT/Sig")
"""What a file with a seal holds uncompressed. *Source:* ISO 32000-1, 12.8.1; ETSI EN 319 142-1, clause 5."""

_RANGES = 4
_TIME_STAMP = "signature_time_stamp_token"
_NO_PARAMETERS = (b"", b"\x05\x00")
_HEX = (b"0123456789abcdef", b"0123456789ABCDEF")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time-stamp in a seal.

    Attributes:
        response: The token in the form of a time-stamp response, as `tokens.check` reads it.
        digest: SHA-256 of what must have been stamped.
    """

    response: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal of a file.

    Attributes:
        name: Name of the field that holds it.
        is_time_stamp: Whether it is a time-stamp over the file and no person's signature.
        signer: Subject of the certificate, as people read it; empty where it cannot be read.
        fingerprint: SHA-256 of the certificate, in hex; empty where it cannot be read.
        certificate: The signer's certificate (DER); empty where it cannot be read.
        others: Further certificates in the seal (DER). Nobody vouches for them.
        claimed_at: When it was made, as the signer's own clock says; None where it says nothing.
        reason: Why it was made, as the signer says.
        stamp: Its time-stamp; None where it has none.
        end: Number of bytes from the start of the file that it covers, its own digits included; 0 where unclear.
        size: Size of the file in bytes.
        forbids_changes: Whether it forbids any later change (DocMDP, permission 1).
        changed: What came after it and must not have come; empty where nothing did.
        faults: What else is wrong with it, as sentences.
        open: What could not be checked of it, as sentences.
    """

    name: str
    size: int
    is_time_stamp: bool = False
    signer: str = ""
    fingerprint: str = ""
    certificate: bytes = b""
    others: tuple[bytes, ...] = ()
    claimed_at: datetime | None = None
    reason: str = ""
    stamp: Stamp | None = None
    end: int = 0
    forbids_changes: bool = False
    changed: str = ""
    faults: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    @property
    def covers_all(self) -> bool:
        """Whether no byte of the file lies outside of it."""
        return self.end == self.size

    @property
    def level(self) -> str:
        """Level of the signature: `B-B`, or `B-T` where it has a time-stamp (ETSI EN 319 142-1, clause 6)."""
        return "B-T" if self.stamp else "B-B"


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of seals in a file.

    Attributes:
        seals: In the order in which they were made.
        faults: What is wrong with the file as far as seals go, whatever each of them says.
        open: What could not be checked of the file.
    """

    seals: tuple[Seal, ...] = ()
    faults: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


def read_seals(data: bytes) -> Found:
    """Reads and judges all seals of a PDF; never raises for what is in the file.

    Not done: trust (`forensics.verify.sealed_file` follows chains to certificates from outside); revocation; the time
        of a time-stamp. Bytes of certificates that nobody signed may differ.
    Source: ISO 32000-1, 12.8.1; ETSI EN 319 142-1, clauses 5 and 6; Mladenov et al., ACM CCS 2019 (attacks by
        incremental updates, by moved signatures, and by other ranges).
    """
    from pyhanko.pdf_utils.reader import PdfFileReader

    logging.getLogger("pyhanko").addHandler(logging.NullHandler())
    has_traces = any(trace in data for trace in _TRACES)
    try:
        reader = PdfFileReader(io.BytesIO(data))
        embedded = list(reader.embedded_signatures)
    except _bad() as error:
        told = f"the file cannot be read as a PDF with a seal: {_said(error)}"
        return Found(faults=(told,)) if has_traces else Found(open=(told,))
    if not embedded and has_traces:
        return Found(faults=("the file holds the remains of a seal, which was taken away or damaged",))
    seals = [_read_one(each, data) for each in embedded]
    extra = data.count(_TRACES[0]) - len(seals)
    strays = (f"the file holds {extra} further signed ranges that no field names",) if extra > 0 else ()
    return Found(tuple(_later(seals, embedded)), open=strays)


def _bad() -> tuple[type[Exception], ...]:
    """Gives what pyhanko and the libraries below it raise on malformed files, found by flipping and cutting bytes."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko_certvalidator.errors import ValidationError

    ours = (AssertionError, ArithmeticError, NotImplementedError, StopIteration, OSError, zlib.error)
    return (*MALFORMED, *ours, PdfError, InvalidSignature, UnsupportedAlgorithm, ValidationError)


def _said(error: BaseException) -> str:
    return short(str(error) or type(error).__name__)


def _read_one(embedded: Any, data: bytes) -> Seal:
    seal = Seal(short(embedded.field_name), len(data))
    try:
        seal = _described(seal, embedded)
    except _bad() as error:
        seal = replace(seal, faults=(f"the seal cannot be read: {_said(error)}",))
    fault, end = _range_fault(embedded, data)
    faults = [*seal.faults, *filter(None, [fault])]
    try:
        faults += _signature_faults(embedded, is_time_stamp=seal.is_time_stamp)
        open_reasons = tuple(_open_reasons(embedded, seal))
    except _bad() as error:
        faults.append(f"the seal cannot be checked: {_said(error)}")
        open_reasons = ()
    return replace(seal, end=end, faults=tuple(dict.fromkeys(faults)), open=open_reasons)


def _described(seal: Seal, embedded: Any) -> Seal:
    """Takes from a seal what it says, without judging it."""
    from pyhanko.sign.fields import MDPPerm

    certificate = bytes(embedded.signer_cert.dump())
    others = tuple(sorted(bytes(each.dump()) for each in embedded.other_embedded_certs))
    is_time_stamp = embedded.sig_object_type == "/DocTimeStamp"
    subject = chain.read_certificates(certificate)[0].subject.rfc4514_string()
    return replace(
        seal,
        is_time_stamp=is_time_stamp,
        signer=short(subject),
        fingerprint=sha256_hex(certificate),
        certificate=certificate,
        others=others,
        claimed_at=_in_utc(embedded.self_reported_timestamp),
        reason=short(embedded.sig_object.get("/Reason", "")),
        stamp=_file_stamp(embedded) if is_time_stamp else _stamp(embedded),
        forbids_changes=embedded.docmdp_level == MDPPerm.NO_CHANGES,
    )


def _in_utc(at: datetime | None) -> datetime | None:
    """Gives a time in UTC; one without a zone says too little to be given."""
    return None if at is None or at.tzinfo is None else at.astimezone(UTC)


def _stamp(embedded: Any) -> Stamp | None:
    """Takes the time-stamp over the signature, which is an attribute that the signature does not cover."""
    tokens = [value for name, values in _unsigned(embedded) if name == _TIME_STAMP for value in values]
    if not tokens:
        return None
    return _as_response(tokens[0], bytes.fromhex(sha256_hex(embedded.signer_info["signature"].native)))


def _file_stamp(embedded: Any) -> Stamp:
    """Takes a time-stamp over the file itself."""
    from asn1crypto import cms

    return _as_response(cms.ContentInfo.load(embedded.pkcs7_content), embedded.compute_digest("sha256"))


def _as_response(token: Any, digest: bytes) -> Stamp:
    from asn1crypto import tsp

    response = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token})
    return Stamp(bytes(response.dump()), digest)


def _unsigned(embedded: Any) -> list[tuple[str, list[Any]]]:
    attributes = embedded.signer_info["unsigned_attrs"]
    return [(each["type"].native, list(each["values"])) for each in attributes] if attributes else []


def _range_fault(embedded: Any, data: bytes) -> tuple[str, int]:
    """Checks that two ranges are signed, from the first byte on, with nothing between them but the signature's digits.

    Returns:
        What is wrong, empty where nothing is; and where the second range ends.
    """
    try:
        numbers = [int(each) for each in embedded.byte_range]
        contents = bytes(embedded.pkcs7_content)
    except _bad() as error:
        return f"the signed ranges cannot be read: {_said(error)}", 0
    if len(numbers) != _RANGES or numbers[0] != 0 or min(numbers) < 0:
        return "the signed ranges are not two that begin with the file", 0
    _, first, start, length = numbers
    gap = data[first:start]
    if start + length > len(data) or not gap.startswith(b"<") or not gap.endswith(b">"):
        return "the signed ranges do not fit the file", 0
    digits = gap[1:-1]
    is_hex = len(digits) % 2 == 0 and any(set(digits) <= set(allowed) for allowed in _HEX)
    if not is_hex or bytes.fromhex(digits.decode("ascii")) != contents:
        return "something else than the signature lies between the signed ranges", start + length
    return _padding_fault(contents), start + length


def _padding_fault(contents: bytes) -> str:
    """Checks that nothing but zeros follows the signature in its reserved room, and nothing follows within it."""
    from asn1crypto import parser

    def measured(data: bytes) -> int:
        return sum(map(len, parser.parse(data, strict=False)[3:]))

    try:
        used = measured(contents)
        inner = parser.parse(contents, strict=False)[4]
        first = measured(inner)
        is_exact = first + measured(inner[first:]) == len(inner)
    except MALFORMED as error:
        return f"the signature cannot be read: {_said(error)}"
    return "" if is_exact and not any(contents[used:]) else "something follows the signature in its reserved room"


def _signature_faults(embedded: Any, *, is_time_stamp: bool) -> Iterator[str]:
    """Asks pyhanko whether the signature holds over the ranges, and looks at the parts that no signature covers."""
    signed, signer = embedded.signed_data, embedded.signer_info
    if len(signed["signer_infos"]) != 1:
        yield "the seal has not exactly one signer"
    algorithms = [each["algorithm"].native for each in signed["digest_algorithms"]]
    if not is_time_stamp and algorithms != [signer["digest_algorithm"]["algorithm"].native]:
        yield "the seal names other digest algorithms than its signer"
    if is_time_stamp:
        return
    intact, valid = _validity(embedded)
    if not intact:
        yield "the file was changed within the signed ranges: their digest is another"
    elif not valid:
        yield "the signature was not made by the key of the certificate in the seal"


def _validity(embedded: Any) -> tuple[bool, bool]:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko_certvalidator import ValidationContext

    context = ValidationContext(trust_roots=[embedded.signer_cert], allow_fetching=False)
    usages = KeyUsageConstraints(key_usage=set())
    status = validate_pdf_signature(embedded, context, key_usage_settings=usages, skip_diff=True)
    return bool(status.intact), bool(status.valid)


def _open_reasons(embedded: Any, seal: Seal) -> Iterator[str]:
    """Names what neither the signature nor a chain covers, so that nobody takes it for checked."""
    algorithm = embedded.signer_info["digest_algorithm"]["algorithm"].native
    if algorithm in WEAK_DIGESTS:
        yield f"the seal rests on {algorithm}, for which collisions can be made"
    attributes = _unsigned(embedded)
    stamps = [value["content"] for name, values in attributes if name == _TIME_STAMP for value in values]
    if not all(_has_usual_form(one) for one in (embedded.signed_data, *stamps)):
        yield "parts of the seal that nobody signed are not as they are usually written"
    if seal.is_time_stamp:
        return
    names = [name for name, values in attributes for _ in values]
    if names not in ([], [_TIME_STAMP]):
        yield f"the seal has parts that nobody signed: {short(', '.join(map(str, names)))}"
    if _strangers(seal.certificate, seal.others):
        yield "the seal holds certificates that do not belong to its signer's chain"


def _has_usual_form(signed: Any) -> bool:
    """Whether the parts of a CMS signature that it does not cover itself say what they usually do.

    Source: RFC 5652, sections 5.1 and 5.3 (versions, algorithms, how the signer is named); RFC 5754, section 2.
    """
    signer = signed["signer_infos"][0]
    is_plain = signed["encap_content_info"]["content_type"].native == "data"
    algorithms = [*signed["digest_algorithms"], signer["digest_algorithm"]]
    named = signer["sid"]
    is_serial = named.name == "issuer_and_serial_number"
    holders = [one.chosen for one in signed["certificates"] if one.name == "certificate"]
    issued = [(one.issuer.dump(), one.serial_number) for one in holders]
    return (
        signed["version"].native == ("v1" if is_plain else "v3")
        and signer["version"].native == ("v1" if is_serial else "v3")
        and all(one["parameters"].dump() in _NO_PARAMETERS for one in algorithms)
        and signer["digest_algorithm"]["algorithm"].native in {one["algorithm"].native for one in algorithms[:-1]}
        and (not is_serial or (named.chosen["issuer"].dump(), named.chosen["serial_number"].native) in issued)
    )


def _strangers(certificate: bytes, others: Sequence[bytes]) -> int:
    """Counts certificates beside the signer's that no link leads to, or that cannot be read."""
    reached = linked(chain.readable([certificate]), chain.readable(others))
    return len(others) - sum(1 for one in reached if _is_sound(one, reached))


def linked(leaf: Sequence[Certificate], others: Sequence[Certificate]) -> list[Certificate]:
    """Gives those certificates that issued a certificate, or issued one that did, and so on; without itself."""
    reached = list(leaf)
    for each in reached:
        reached += [one for one in others if one not in reached and _issued(each, one)]
    return reached[len(leaf) :]


def _issued(certificate: Certificate, issuer: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _is_sound(certificate: Certificate, among: Sequence[Certificate]) -> bool:
    """Whether a certificate's own signature holds, or its issuer is not at hand."""
    issuers = [each for each in among if each.subject == certificate.issuer]
    return not issuers or any(_issued(certificate, each) for each in issuers)


def _later(seals: Sequence[Seal], embedded: Sequence[Any]) -> Iterator[Seal]:
    """Judges what came after each seal."""
    ends = max((seal.end for seal in seals if not seal.faults), default=0)
    for seal, each in zip(seals, embedded, strict=True):
        if seal.covers_all or not seal.end:  # where it ends unclearly, that is a fault already
            yield seal
            continue
        added = f"{seal.size - seal.end} bytes were added after the seal"
        if ends != seal.size:
            yield replace(seal, changed=f"{added}, and no later seal covers them")
        elif seal.forbids_changes or not _is_allowed(each):
            yield replace(seal, changed=f"{added}, which it does not allow")
        else:
            told = (
                f"{added}; they look like further seals or filled-in fields, which it allows, and are covered by them"
            )
            yield replace(seal, open=(*seal.open, told))


def _is_allowed(embedded: Any) -> bool:
    """Asks pyhanko's analysis of differences whether later revisions only add seals or fill in fields."""
    try:
        embedded.compute_integrity_info()
        return bool(embedded.summarise_integrity_info()["docmdp_ok"])
    except _bad():
        return False
