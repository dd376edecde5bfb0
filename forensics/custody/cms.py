"""The signature in a time-stamp token (CMS, RFC 5652): the signed attributes, and the key that signed them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forensics.custody import chain
from forensics.custody.chain import NOT_CHECKED, PASSED, WEAK_DIGESTS, short

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)
"""What asn1crypto raises on malformed input, found by flipping, cutting and inserting bytes."""

_STRONG = frozenset({"sha256", "sha384", "sha512"})
"""Digests that a signature may rest on."""

_MIN_BITS = {"RSA": 2048, "EC": 224}
"""Smallest keys. *Source:* NIST SP 800-131A revision 2, table 2: 112 bits of security."""


class _WeakError(Exception):
    """A signature rests on something that is known to be forgeable."""


class _UnknownError(Exception):
    """A signature rests on something that this program cannot compute, for example SM2 with SM3."""


def signature_result(content: bytes, signer: Any, *, leaf: Certificate) -> str:
    """Checks a signature over signed attributes, and that these speak of this content and this certificate.

    Args:
        content: The encoded TSTInfo.
        signer: The SignerInfo, as asn1crypto reads it.
        leaf: Certificate that the signer is said to have.

    Returns:
        `passed`, `not_checked: …` where the algorithm is not supported, or the reason why the signature fails.

    Not done: Ed25519, SHA-3, and SM2 with SM3.
    Source: RFC 5652, section 5.4 and 11; RFC 2634, section 5.4; RFC 5035, section 4.
    """
    try:
        return _attributes_fault(content, signer, leaf=leaf) or _verify(signer, leaf)
    except _WeakError as error:
        return str(error)
    except _UnknownError as error:
        return f"{NOT_CHECKED}{short(error)}"
    except MALFORMED as error:
        return f"the signature cannot be read: {short(error)}"


def is_pss(signer: Any) -> bool:
    """Whether a SignerInfo is signed by RSASSA-PSS, which verifiers of PKCS #7 take for a wrong signature."""
    try:
        return bool(signer["signature_algorithm"]["algorithm"].native == "rsassa_pss")
    except MALFORMED:
        return False


def _attributes_fault(content: bytes, signer: Any, *, leaf: Certificate) -> str:
    """Says what is wrong with the signed attributes; empty where nothing is (RFC 5652, section 5.4 and 11)."""
    attributes: dict[str, list[Any]] = {}
    for each in signer["signed_attrs"]:
        attributes.setdefault(each["type"].native, []).extend(each["values"])
    algorithm = _strong(signer["digest_algorithm"]["algorithm"].native)
    if [each.native for each in attributes.get("content_type", ())] != ["tst_info"]:
        return "the signed content type is not TSTInfo"
    expected = hashlib.new(algorithm, content).digest()
    if [each.native for each in attributes.get("message_digest", ())] != [expected]:
        return "the content was changed after it was signed: its digest is another"
    return _named_certificate_fault(attributes, leaf)


def _named_certificate_fault(attributes: Mapping[str, Sequence[Any]], leaf: Certificate) -> str:
    """Checks the attributes that name the signing certificate by its digest (RFC 2634 section 5.4, RFC 5035)."""
    der = chain.der_of(leaf)
    named = [(each["certs"][0], "sha1") for each in attributes.get("signing_certificate", ())]
    named += [
        (each["certs"][0], each["certs"][0]["hash_algorithm"]["algorithm"].native)
        for each in attributes.get("signing_certificate_v2", ())
    ]
    if not named:
        return "the signed attributes do not name the signing certificate"
    for identifier, algorithm in named:
        if hashlib.new(algorithm, der, usedforsecurity=False).digest() != identifier["cert_hash"].native:
            return "the signed attributes name another signing certificate"
    return ""


def _verify(signer: Any, leaf: Certificate) -> str:
    """Verifies the signature over the signed attributes with the key of the signing certificate."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    # Signed are the attributes as a SET OF, not with the tag [0] that they have in the token (RFC 5652, section 5.4).
    data = b"\x31" + signer["signed_attrs"].dump()[1:]
    try:
        arguments = _verification_arguments(signer, leaf)
        leaf.public_key().verify(signer["signature"].native, data, *arguments)  # type: ignore[union-attr]
    except InvalidSignature:
        return "the signature was not made by the key of the signing certificate over this content"
    except UnsupportedAlgorithm as error:
        raise _UnknownError(str(error)) from error
    return PASSED


def _verification_arguments(signer: Any, leaf: Certificate) -> tuple[Any, ...]:
    """Gives what `verify` of the public key takes after signature and data, where key and algorithm fit together."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    algorithm, key = signer["signature_algorithm"], leaf.public_key()
    kind = algorithm["algorithm"].native
    known = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
    digest = known[_digest_name(signer)]
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _MIN_BITS["RSA"]:
        raise _WeakError(f"the authority's RSA key of {key.key_size} bits is too short to rely on")
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < _MIN_BITS["EC"]:
        raise _WeakError(f"the authority's elliptic curve of {key.key_size} bits is too short to rely on")
    if isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pss":
        stated = algorithm["parameters"]
        if stated["mask_gen_algorithm"]["parameters"]["algorithm"].native != digest.name:
            raise _UnknownError("a signature by RSASSA-PSS with two digests is not supported")
        return padding.PSS(mgf=padding.MGF1(digest), salt_length=int(stated["salt_length"])), digest
    if isinstance(key, rsa.RSAPublicKey) and kind.endswith(("_rsa", "rsassa_pkcs1v15")):
        return padding.PKCS1v15(), digest
    if isinstance(key, ec.EllipticCurvePublicKey) and kind.endswith("ecdsa"):
        return (ec.ECDSA(digest),)
    raise _UnknownError(f"a signature by {kind} with this kind of key is not supported")


def _digest_name(signer: Any) -> str:
    """Names the digest that was signed: the signature algorithm's own, or the signer's where that names none."""
    kind = signer["signature_algorithm"]["algorithm"].native
    if kind == "rsassa_pss":
        name = signer["signature_algorithm"]["parameters"]["hash_algorithm"]["algorithm"].native
    elif kind in ("rsassa_pkcs1v15", "ecdsa"):
        name = signer["digest_algorithm"]["algorithm"].native
    else:
        name = kind.partition("_")[0]
    return _strong(name)


def _strong(digest: str) -> str:
    """Gives a digest's name back where a signature may rest on it."""
    if digest in WEAK_DIGESTS:
        raise _WeakError(f"the signature rests on {digest}, for which collisions can be made")
    if digest not in _STRONG:
        raise _UnknownError(f"a signature that rests on {digest} is not supported")
    return digest
