"""JUMBF boxes, in which content credentials (C2PA) lie, inside JPEG, PNG and WebP files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forensics.formats.span import Span
from forensics.formats.structure import Part

_HAS_LABEL, _HAS_ID, _HAS_DIGEST = 0x02, 0x04, 0x08
"""Bits of the description box. *Source:* ISO/IEC 19566-5:2023, table A.4."""

_SUFFIX = "00110010800000aa00389b71"
"""End of the types that are made of a four-character code. *Source:* ISO/IEC 19566-5:2023, annex B."""

_LABEL = 1024


def boxes(span: Span, *, start: int = 0, end: int | None = None) -> Iterator[Part]:
    """Gives the boxes of a stretch of bytes, with those within them.

    Args:
        span: The bytes, joined where the file has them in pieces.
        start: Where the first box begins.
        end: Where the last one ends; None for the end of the span.
    """
    at, end = start, span.size if end is None else end
    while at + 8 <= end:
        span.walk.count()
        header = span.read(at, 16)
        size, skip = int.from_bytes(header[:4], "big"), 8
        if size == 1:
            size, skip = int.from_bytes(header[8:16], "big"), 16
        elif size == 0:
            size = end - at
        if size < skip:
            detail = f"a box of {size} bytes is shorter than its header"
            span.walk.problem("unreadable", span.offset(at), part="jumb", detail=detail)
            return
        there = min(size, end - at)
        kind = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in header[4:8])  # noqa: PLR2004
        if there < size:
            detail = f"a box {kind} of {size} bytes does not fit into {end - at}"
            span.walk.problem("past-end", span.offset(at), part="jumb", detail=detail)
        yield _box(span, kind, at, skip=skip, there=there, declared=size)
        at += size


def _box(span: Span, kind: str, at: int, *, skip: int, there: int, declared: int) -> Part:
    facts: dict[str, Any] = {}
    parts: tuple[Part, ...] = ()
    if kind == "jumb":
        with span.walk.deeper():
            parts = tuple(boxes(span, start=at + skip, end=at + there))
        facts = dict(parts[0].facts) if parts and parts[0].kind == "jumd" else {}
    elif kind == "jumd":
        facts = _description(span.read(at + skip, min(there - skip, 64 + _LABEL)))
    return Part(kind, span.offset(at), there, declared, facts, parts)


def _description(data: bytes) -> dict[str, Any]:
    """Gives type and label of the box that a description stands in."""
    uuid = data[:16].hex()
    code = data[:4]
    is_code = uuid.endswith(_SUFFIX) and code.isalnum()
    facts: dict[str, Any] = {"type": code.decode("ascii") if is_code else uuid}
    toggles, rest = data[16:17], data[17:]
    if toggles and toggles[0] & _HAS_LABEL:
        label, _, _ = rest.partition(b"\0")
        facts["label"] = label[:_LABEL].decode("utf-8", "replace")
    return facts
