"""Who an implicit label names: provider codes taken apart, and what identifies a person masked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_CODE = re.compile(
    r"00(?P<subject>\d)(?P<binding>\d)(?P<identifier>[\x21-\x7e]{18})(?P<service>\d)(?P<model>[0-9A-Za-z]{4})"
)
"""The 27 characters of a provider code: format `00`, type of subject (1 organisation), kind of binding (1 unified
social credit code), identifier, service (1 generates, 2 propagates), model or application.
*Source:* TC260-PG-20252A."""

_PERSONAL_CODE = re.compile(r"00(?!11)\d\d(?P<identifier>[\x21-\x7e]{6,40})[0-9A-Za-z]{5}")
"""A code, also one of the wrong length, whose subject is not an organisation with a credit code: its identifier may be
an identity card, a passport, a telephone or a network identity. *Source:* TC260-PG-20252A."""

_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Characters of a unified social credit code, in the order of their values. *Source:* GB 32100-2015, table 1."""

_CREDIT_MODULUS = 31
"""*Source:* GB 32100-2015, 4.6: weights are the powers of 3, all modulo 31."""

_IDENTITY = re.compile(
    r"(?<!\d)[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])"
)
"""A citizen's identity number: region, date of birth, order, check character. *Source:* GB 11643-1999, section 4."""

_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECKS = "10X98765432"
"""*Source:* GB 11643-1999, annex A (ISO 7064:1983, MOD 11-2)."""

_PHONE = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?(1[3-9]\d{9})(?![0-9A-Za-z])")
"""A mobile telephone number of mainland China: eleven digits from 13 to 19. *Source:* ITU-T E.164, plan of China."""

_SUBJECTS = ("ContentProducer", "ContentPropagator")
MASK = "*"


@dataclass(frozen=True, slots=True)
class Provider:
    """Whom a field of a label names.

    Attributes:
        name: The text of the field where it is no provider code; None for a code.
        organisation_code: Unified social credit code of an organisation; None where there is none.
        is_check_valid: Whether the check character of the credit code fits; None where there is no such code.
        service_type: `1` generates, `2` propagates; None where the field is no provider code.
    """

    name: str | None
    format: str | None = None
    subject_type: str | None = None
    binding: str | None = None
    organisation_code: str | None = None
    service_type: str | None = None
    model_or_app_code: str | None = None
    is_check_valid: bool | None = None

    @property
    def shown(self) -> str:
        """What a sentence calls the provider; an organisation's code or the name, masked where it is personal."""
        return self.organisation_code or self.name or MASK * 4

    def values(self) -> dict[str, str | bool | None]:
        """Gives the parts as JSON values: those of a code, or the name."""
        if self.name is not None:
            extra = {"organisation_code": self.organisation_code} if self.organisation_code else {}
            return {"name": self.name, **extra, **({"is_check_valid": True} if extra else {})}
        return {
            "format": self.format,
            "subject_type": self.subject_type,
            "binding": self.binding,
            "organisation_code": self.organisation_code,
            "service_type": self.service_type,
            "model_or_app_code": self.model_or_app_code,
            "is_check_valid": self.is_check_valid,
        }


def provider(text: str | None) -> Provider | None:
    """Takes a provider's name or code apart; None where there is none.

    The identifier of a subject that is no organisation is never given.
    """
    if not text:
        return None
    code = _CODE.fullmatch(text)
    if code is None:
        is_bare = credit_code_fits(text)
        return Provider(text, organisation_code=text if is_bare else None, is_check_valid=True if is_bare else None)
    is_organisation = (code["subject"], code["binding"]) == ("1", "1") and not _is_person(code["identifier"])
    return Provider(
        None,
        "00",
        code["subject"],
        code["binding"],
        code["identifier"] if is_organisation else None,
        code["service"],
        code["model"],
        credit_code_fits(code["identifier"]) if is_organisation else None,
    )


def credit_code_fits(text: str) -> bool:
    """Whether a text is a unified social credit code with the right check character.

    *Source:* GB 32100-2015, 4.6.
    """
    if not _CREDIT_CODE.fullmatch(text):
        return False
    total = sum(_CREDIT_ALPHABET.index(sign) * pow(3, at, _CREDIT_MODULUS) for at, sign in enumerate(text[:17]))
    return _CREDIT_ALPHABET[-total % _CREDIT_MODULUS] == text[17]


def identity_fits(text: str) -> bool:
    """Whether a text is a citizen's identity number with the right check character.

    *Source:* GB 11643-1999, section 4 and annex A.
    """
    if not _IDENTITY.fullmatch(text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _IDENTITY_WEIGHTS, strict=False))
    return _IDENTITY_CHECKS[total % 11] == text[17].upper()


def _is_person(identifier: str) -> bool:
    return identity_fits(identifier) and not credit_code_fits(identifier)


def secrets(fields: Mapping[str, str | None]) -> tuple[str, ...]:
    """Gives the parts of a label's fields that identify a person, the longest first."""
    found: set[str] = set()
    for name, text in fields.items():
        if text:
            found.update(_secrets(text, is_subject=name in _SUBJECTS))
    return tuple(sorted(found, key=lambda part: (-len(part), part)))


def _secrets(text: str, *, is_subject: bool) -> Iterator[str]:
    code = _CODE.fullmatch(text)
    if is_subject and (personal := _PERSONAL_CODE.fullmatch(text)):
        yield personal["identifier"]
    if code and is_subject:
        if _is_person(code["identifier"]):
            yield code["identifier"]
        return
    yield from loose_secrets(text)


def loose_secrets(text: str) -> Iterator[str]:
    """Gives the identity and telephone numbers that stand free in a text."""
    for match in _IDENTITY.finditer(text):
        if identity_fits(match[0]) and not credit_code_fits(match[0]):
            yield match[0]
    for match in _PHONE.finditer(text):
        yield match[1]


def masked(text: str, parts: tuple[str, ...]) -> str:
    """Replaces parts of a text by as many asterisks."""
    for part in parts:
        text = text.replace(part, MASK * len(part))
    return text
