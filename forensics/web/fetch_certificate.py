"""What a server's certificate says about itself, for records and reports."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from forensics.codec import to_json


def describe_chain(chain: Sequence[bytes]) -> list[dict[str, Any]]:
    """Describes certificates in the order in which a client saw them, the server's own first.

    Args:
        chain: Certificates in DER.

    Returns:
        Facts `position` (from 1), `sha256`, `subject`, `issuer`, `serial` (hex), `valid_from`, `valid_to` and `names`
        (alternative names); only the first two, and `unreadable`, of what cannot be read.
    """
    return [
        {"position": place, "sha256": hashlib.sha256(der).hexdigest(), **_read(der)}
        for place, der in enumerate(chain, 1)
    ]


def _read(der: bytes) -> dict[str, Any]:
    from cryptography import x509

    try:
        found = x509.load_der_x509_certificate(der)
        facts = {
            "subject": found.subject.rfc4514_string(),
            "issuer": found.issuer.rfc4514_string(),
            "serial": f"{found.serial_number:x}",
            "valid_from": to_json(found.not_valid_before_utc),
            "valid_to": to_json(found.not_valid_after_utc),
        }
    except (ValueError, TypeError) as error:
        return {"unreadable": str(error)[:200]}
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return facts
    return facts | {"names": [str(name.value)[:200] for name in names][:100]}
