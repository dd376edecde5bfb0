"""Compares the bytes of a body with the digests that the server states in its header fields."""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.web.exchange import Headers

ALGORITHMS = {"md5": "md5", "sha": "sha1", "sha-256": "sha256", "sha-512": "sha512"}
"""Names in header fields to names of hashlib. *Source:* RFC 9530, section 7.2 (IANA registry of algorithms)."""

DICTIONARIES = ("repr-digest", "content-digest")
"""Fields whose values stand between colons. *Source:* RFC 9530, sections 2 and 3."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A digest that a server stated, and whether the bytes have it.

    Attributes:
        field: Name of the header field, in lower case.
        algorithm: As the server names it.
        stated: The digest in lower-case hex; as it was sent where it is not Base64.
        outcome: `same`, `differs` or `not-compared`.
        detail: Why it was not compared.
    """

    field: str
    algorithm: str
    stated: str
    outcome: str
    detail: str = ""

    def describe(self) -> dict[str, Any]:
        """Gives it as records carry it."""
        return {name: getattr(self, name) for name in ("field", "algorithm", "stated", "outcome", "detail")}


def compare_digests(headers: Headers, path: Path | None, *, is_whole: bool) -> tuple[Stated, ...]:
    """Compares a whole body with `Content-MD5`, `Digest`, `Repr-Digest` and `Content-Digest`.

    Args:
        headers: Of the response that began the body, status 200: all four speak of the same bytes then.
        path: The body with its content encoding; None where there is none.
        is_whole: Whether the body is all there; it is not compared otherwise.

    Not done: entity tags are not compared, even where they look like digests; fields after the body are not read.
    Source: RFC 1864 for `Content-MD5`; RFC 3230, section 4.3.2 for `Digest`; RFC 9530 for the others.
    """
    found = list(_stated(headers))
    if not is_whole or path is None:
        detail = "the body is not whole"
        return tuple(Stated(name, algorithm, _hex(text), "not-compared", detail) for name, algorithm, text in found)
    wanted = sorted({ALGORITHMS[algorithm] for _, algorithm, _ in found if algorithm in ALGORITHMS})
    actual = _digests(path, wanted) if wanted else {}
    return tuple(_compared(*one, actual=actual) for one in found)


def _compared(field: str, algorithm: str, text: str, *, actual: dict[str, str]) -> Stated:
    stated = _hex(text)
    if algorithm not in ALGORITHMS:
        return Stated(field, algorithm, stated, "not-compared", "this algorithm is not known here")
    name = ALGORITHMS[algorithm]
    if len(stated) != len(actual[name]):
        return Stated(field, algorithm, stated, "not-compared", "what is stated cannot be a digest of this kind")
    return Stated(field, algorithm, stated, "same" if stated == actual[name] else "differs")


def _stated(headers: Headers) -> Iterator[tuple[str, str, str]]:
    """Gives field, algorithm and digest text for each digest that is stated."""
    for key, value in headers:
        name = key.lower()
        if name == "content-md5":
            yield name, "md5", value.strip()
        elif name == "digest" or name in DICTIONARIES:
            for part in value.split(","):
                algorithm, mark, text = part.strip().partition("=")
                if mark:
                    is_framed = name in DICTIONARIES
                    yield name, algorithm.strip().lower(), text.partition(";")[0].strip(" :") if is_framed else text


def _hex(text: str) -> str:
    try:
        return b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError):
        return text[:200]


def _digests(path: Path, names: list[str]) -> dict[str, str]:
    """Computes digests of a file in one pass; MD5 and SHA-1 only because servers state them."""
    sums = {name: hashlib.new(name, usedforsecurity=False) for name in names}
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            for one in sums.values():
                one.update(block)
    return {name: one.hexdigest() for name, one in sums.items()}
