"""Searches a file for the bytes without which it can carry no content credentials, before a library is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from forensics.formats import Structure

_BLOCK = 1 << 20
_STORE = b"jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"
"""Description box of a manifest store. *Source:* C2PA Technical Specification 2.2, 11.1.4.2; ISO 19566-5, annex A."""
_PARTS = (b"c2pa.assertions\0", b"c2pa.signature\0", b"<c2pa:manifest", b"META-INF/content_credential.c2pa")
"""Names of parts that every manifest has, and what SVG and ZIP call a store. *Source:* as above, 11.1.4, A.3.4, A.6."""
_BEFORE_STORE = 8 + 4
"""Bytes of a superbox before the name of its description box: its own length and name, and the other's length."""
_MENTION = b"c2pa"
"""Stands in every store, and in the names that SVG and ZIP-based documents give it."""
_PROVENANCE = b"provenance"
_REMOTE = re.compile(rb"provenance\s*(?:=\s*[\"']|>)\s*(https?://[^\s\"'<>]{1,2000})")
"""`dcterms:provenance` in XMP. *Source:* C2PA Technical Specification 2.2, 11.4 (external manifests)."""
_NEAR = 4096
_MOST_TRIED = 64
_TEXT_MARK = "".join(chr(0xE0100 + byte - 16) if byte >= 16 else chr(0xFE00 + byte) for byte in b"C2PATXT\0").encode()  # noqa: PLR2004
"""Start of a store within plain text. *Source:* C2PA Technical Specification 2.3, A.8 (unstructured text)."""
_PDF = "application/pdf"
"""Its stores can be compressed, and so can whatever names them."""
_PDF_MARK = b"/C2PA_Manifest"
"""What a PDF calls its embedded store. *Source:* C2PA Technical Specification 2.2, A.4."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What points to content credentials.

    Attributes:
        is_worth_reading: Whether a library must be asked.
        store_offset: Of the first manifest store, or of what is left of one, as it lies in the file; None where none
            lies there in the clear.
        named_offset: Of the start of a store within plain text, or of the name that a PDF gives one; None where there
            is none.
        remote_url: Address of a manifest, as the file's XMP gives it; None where it gives none.
    """

    is_worth_reading: bool
    store_offset: int | None = None
    named_offset: int | None = None
    remote_url: str | None = None


def search(stream: BinaryIO, structure: Structure, *, media_type: str) -> Marks:
    """Searches every byte of a file, and its compressed values, in blocks.

    Args:
        stream: The file; seekable.
        structure: What the file is made of.
        media_type: By the file's content.
    """
    packed = [value.data for value in structure.values if value.is_compressed]
    places = _places(stream, _TEXT_MARK if media_type.startswith("text/") else _PDF_MARK if media_type == _PDF else b"")
    url = _remote(stream, places.provenance) or _remote_packed(packed)
    is_mentioned = places.mention is not None or any(_MENTION in data for data in packed)
    return Marks(
        is_worth_reading=is_mentioned or url is not None or media_type == _PDF,
        store_offset=places.store,
        named_offset=places.named,
        remote_url=url,
    )


@dataclass(slots=True)
class _Places:
    mention: int | None = None
    store: int | None = None
    named: int | None = None
    provenance: list[int] = field(default_factory=list)


def _places(stream: BinaryIO, name: bytes) -> _Places:
    places = _Places()
    for start, data in _blocks(stream):
        mention = data.find(_MENTION)
        if mention >= 0 and places.store is None:
            places.mention = start + mention if places.mention is None else places.mention
            places.store = _store(data, start)
        if name and places.named is None:
            places.named = _first(data, name, start=start)
        at = data.find(_PROVENANCE)
        while at >= 0 and len(places.provenance) < _MOST_TRIED:
            places.provenance.append(start + at)
            at = data.find(_PROVENANCE, at + 1)
    return places


def _store(data: bytes, start: int) -> int | None:
    """Finds the superbox of a store, else the first name of a part that only a store has."""
    at = _first(data, _STORE, start=start)
    if at is not None:
        return max(0, at - _BEFORE_STORE)
    named = [place for name in _PARTS if (place := _first(data, name, start=start)) is not None]
    return min(named, default=None)


def _first(data: bytes, mark: bytes, *, start: int) -> int | None:
    at = data.find(mark)
    return start + at if at >= 0 else None


def _blocks(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Gives a file in blocks that overlap by more than a mark has, each with its offset."""
    start, kept = 0, b""
    stream.seek(0)
    while data := stream.read(_BLOCK):
        yield start - len(kept), kept + data
        start += len(data)
        kept = (kept + data)[-64:]


def _remote(stream: BinaryIO, places: list[int]) -> str | None:
    for place in places:
        stream.seek(place)
        if match := _REMOTE.match(stream.read(_NEAR)):
            return match.group(1).decode("utf-8", "backslashreplace")
    return None


def _remote_packed(packed: list[bytes]) -> str | None:
    for data in packed:
        if match := _REMOTE.search(data):
            return match.group(1).decode("utf-8", "backslashreplace")
    return None
