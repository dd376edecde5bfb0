"""Tolerant search for properties in an XMP packet that is no well-formed XML."""

from __future__ import annotations

import re
from html import unescape

from forensics.formats.xmp_name import prefix_of
from forensics.formats.xmp_tree import Property

_NAME = rb"[A-Za-z_][\w.-]{0,63}:[A-Za-z_][\w.-]{0,63}"
_ATTRIBUTE = re.compile(rb"(?<![\w.:-])(" + _NAME + rb")\s{0,8}=\s{0,8}([\"'])")
_ELEMENT = re.compile(rb"<(" + _NAME + rb")(?:\s[^<>]{0,400})?(?<!/)(>)")
_NOT = (b"xmlns:", b"xml:", b"rdf:", b"x:xmpmeta")
_LONGEST = 64 << 10
"""Bytes of one value in a broken packet."""

_SEARCHED = 1 << 20
"""Bytes of a broken packet that are searched, so that one made to be slow costs little."""

_HITS = 2_000
"""Properties of a broken packet that are noted."""

_DECLARED = re.compile(rb"xmlns:([A-Za-z_][\w.-]{0,63})\s{0,8}=\s{0,8}([\"'])([^\"'<>]{1,200})\2")


def search(data: bytes, start: int) -> list[Property]:
    """Finds `prefix:Name="…"` and `<prefix:Name>…</`.

    Args:
        data: The packet in UTF-8.
        start: Where to begin.

    Returns:
        What was found, in order; names of RDF and XML are left out.
    """
    prefixes = _prefixes(data[:_SEARCHED])
    hits = sorted([*_matches(data, start, _ATTRIBUTE), *_matches(data, start, _ELEMENT)])
    found: list[Property] = []
    reached = start
    for at, stop, name in hits:
        if at < reached:
            continue
        own, local = name.split(":")
        text = unescape(data[at:stop].decode("utf-8", "replace"))
        found.append(Property(f"{prefixes.get(own, own)}:{local}", text, at, stop))
        reached = stop
    return found


def _matches(data: bytes, start: int, pattern: re.Pattern[bytes]) -> list[tuple[int, int, str]]:
    """Gives start, end and name of the values that attributes, or elements, have."""
    found: list[tuple[int, int, str]] = []
    at, end = start, min(len(data), start + _SEARCHED)
    while len(found) < _HITS and (match := pattern.search(data, at, end)):
        at, name = match.end(), match[1]
        if name.startswith(_NOT):
            continue
        stop = _element_end(data, at, name) if match[2] == b">" else _attribute_end(data, at, match[2])
        if stop >= at and (stop == at or data[at:stop].strip()):
            found.append((at, stop, name.decode("ascii", "replace")))
            at = stop
    return found


def _attribute_end(data: bytes, at: int, quote: bytes) -> int:
    """Finds the end of an attribute; one that holds JSON with its quotes unescaped ends behind its last brace."""
    limit = at + _LONGEST
    if data[at : at + 1] == b"{":
        brace = data.find(b"}" + quote, at, limit)
        tag = data.find(b"<", at, limit)
        if brace >= 0 and (tag < 0 or brace < tag):
            return _last_brace(data, brace, quote, limit) + 1
    end = data.find(quote, at, limit)
    return end if end >= 0 else at - 1


def _last_brace(data: bytes, brace: int, quote: bytes, limit: int) -> int:
    """Passes over `}"` within the JSON, which goes on with a comma or another brace."""
    while data[brace + 2 : brace + 3] in {b",", b"}"}:
        following = data.find(b"}" + quote, brace + 1, limit)
        if following < 0:
            break
        brace = following
    return brace


def _element_end(data: bytes, at: int, name: bytes) -> int:
    """Finds the end of an element with text; -1 for one that holds other elements."""
    end = data.find(b"<", at, at + _LONGEST)
    if end < 0:
        return min(len(data), at + _LONGEST)
    if data[end : end + 2] == b"</":
        return end
    if not data[at:end].strip():
        return -1
    closing = data.find(b"</" + name + b">", end, end + _LONGEST)
    return closing if closing >= 0 else end


def _prefixes(data: bytes) -> dict[str, str]:
    """Gives the packet's own prefixes for which another is usual."""
    declared = {match[1].decode("ascii"): match[3].decode("utf-8", "replace") for match in _DECLARED.finditer(data)}
    return {own: usual for own, namespace in declared.items() if (usual := prefix_of(namespace))}
