"""States what was asked for, what was reached and how: the facts of a capture (docs/capture-record.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from forensics.web.exchange import Exchange, Tls, Via


def main_chain(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Finds the requests that led to the page's document: redirects first, the document or its failure last.

    Of several documents in one page (a page that sends its visitor on by script) the last chain counts.
    """
    documents = [one for one in exchanges if one.via is Via.BROWSER and _is_main(one)]
    if not documents:
        return []
    chain = [documents[-1]]
    for earlier in reversed(documents[:-1]):
        target = urljoin(earlier.url, earlier.header("location") or "")
        if not earlier.is_redirect or target.partition("#")[0] != chain[0].url.partition("#")[0]:
            break
        chain.insert(0, earlier)
    return chain


def _is_main(exchange: Exchange) -> bool:
    return exchange.is_navigation and exchange.frame_depth == 0 and exchange.page == 1


def of_documents(exchanges: Sequence[Exchange]) -> list[dict[str, Any]]:
    """Lists every address on the way to the page's document, in order; the document itself is not among them.

    One without a location was left because the page itself sent its visitor on.
    """
    documents = [one for one in exchanges if one.via is Via.BROWSER and _is_main(one)]
    return [{"url": one.url, "status": one.status, "location": one.header("location") or ""} for one in documents[:-1]]


def of_answer(document: Exchange | None) -> dict[str, Any]:
    """States status, headers, server and encryption of the document; null where nothing was reached."""
    if document is None or document.status is None:
        tls = _tls(document.tls) if document and document.tls else None
        return {"status": None, "status_text": "", "headers": [], "server": None, "tls": tls}
    alpn = document.http_version if document.http_version in {"h2", "h3"} else ""
    return {
        "status": document.status,
        "status_text": document.reason,
        "headers": [list(pair) for pair in document.response_headers],
        "server": {
            "ip": document.server_ip,
            "port": document.server_port,
            "http_version": document.http_version,
            "alpn": alpn,
        },
        "tls": _tls(document.tls) if document.tls else None,
    }


def _tls(tls: Tls) -> dict[str, Any]:
    leaf = certificate(tls.chain[0]) if tls.chain else {}
    return {
        "protocol": tls.protocol,
        "cipher": tls.cipher,
        "key_exchange": tls.key_exchange,
        "chain_sha256": [hashlib.sha256(one).hexdigest() for one in tls.chain],
        **{name: leaf.get(name, "") for name in ("subject", "issuer", "valid_from", "valid_to")},
    }


def certificate(der: bytes) -> dict[str, Any]:
    """States what a certificate says of itself; only the digest where it cannot be read."""
    from cryptography import x509

    digest = {"sha256": hashlib.sha256(der).hexdigest()}
    try:
        found = x509.load_der_x509_certificate(der)
        return {
            "subject": found.subject.rfc4514_string(),
            "issuer": found.issuer.rfc4514_string(),
            "valid_from": _time(found.not_valid_before_utc),
            "valid_to": _time(found.not_valid_after_utc),
            "serial": f"{found.serial_number:x}",
            **digest,
        }
    except (ValueError, TypeError) as error:
        return {**digest, "unreadable": str(error)[:200]}


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def page_part(found: Mapping[str, Any]) -> dict[str, Any]:
    """Takes from a page's own facts what records name."""
    return {
        "title": str(found.get("title") or "")[:2000],
        "canonical_url": str(found.get("canonical_url") or "")[:4000],
        "language": str(found.get("language") or "")[:100],
    }
