"""Search for labels in bytes: markup in some namespace of XML, and objects under the name `AIGC`."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import islice

from forensics.analyzers.labels import aigc_label

SCRAP = 1 << 16
"""Bytes of a text from a place that looks like a label on."""

_MOST_HITS = 40
"""Places in one value, or outside of the values, that are looked at."""


_ELEMENT = re.compile(rb"<(?P<tag>[A-Za-z][\w.-]{0,40}:AIGC)(?=[\s>])[^<>]{0,500}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""[\s<][A-Za-z][\w.-]{0,40}:AIGC\s*=\s*(?P<quote>["'])""", re.IGNORECASE)
_OBJECT = re.compile(rb"""\{\s{0,8}(?P<quote>\\?["']|&quot;|&#34;|&amp;quot;)(?:AIGC|aigc)(?P=quote)\s{0,8}:""")
_NEAR = re.compile(
    rb"""AIGC[^{}]{0,200}?(?P<object>\{\s{0,8}(?P<quote>\\?["']|&quot;)(?:Label|ContentProducer)(?P=quote)\s{0,8}:)"""
)
"""The name, and soon behind it an object that begins as a label does: what is left where the container is damaged."""

_BARE = re.compile(
    rb"""\{\s{0,8}(?P<quote>\\?["']|&quot;|&#34;|&amp;quot;)(?:Label|ContentProducer)(?P=quote)\s{0,8}:"""
)
"""How an object begins that has the members of a label and is under no name."""

_WIDE_OBJECT = re.compile(rb"\{\0(?:[\t\n\r ]\0){0,8}\"\0(?:A\0I\0G\0C\0|L\0a\0b\0e\0l\0)\"\0")
"""The same, or one under the name, in UTF-16 with the low byte first, as Windows Media keeps texts."""

MARKS = (b"AIGC", b"aigc", b"ContentProducer", b"C\0o\0n\0t\0e\0n\0t\0P\0r\0o\0d\0u\0c\0e\0r\0")
"""What bytes must hold, at least one of them, for a search in them to find anything."""

_WIDE = re.compile(rb"(?:\xff\xfe|\xfe\xff)?(?:(?P<big>\0<\0[^\0])|<\0[^\0]\0)")
"""How markup in UTF-16 begins. *Source:* XML 1.0, appendix F."""


def markup(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Gives the inside of elements and attributes named `AIGC` in some namespace: where it begins, its bytes, it."""
    if wide := _WIDE.match(data):
        encoding = "utf-16-be" if wide["big"] else "utf-16-le"
        plain = data.decode(encoding, "replace").encode("ascii", "replace").replace(b"\0", b" ")
        yield from ((2 * at, 2 * size, inner) for at, size, inner in markup(plain))
        return
    for match in islice(_ELEMENT.finditer(data), _MOST_HITS):
        if match[0].endswith(b"/>"):
            continue
        scrap = data[match.end() : match.end() + SCRAP]
        end = scrap.lower().find(b"</" + match["tag"].lower())
        inner = scrap[:end] if end >= 0 else scrap.split(b"</", 1)[0]
        cdata = re.fullmatch(rb"\s*<!\[CDATA\[(.*?)(?:\]\]>\s*)?", inner, re.DOTALL)
        plain = cdata[1].replace(b"&", b"&amp;") if cdata else inner
        yield match.end(), len(inner), plain.decode("utf-8", "backslashreplace")
    for match in islice(_ATTRIBUTE.finditer(data), _MOST_HITS):
        scrap = data[match.end() : match.end() + SCRAP]
        end = _attribute_end(scrap, match["quote"])
        yield match.end(), end, scrap[:end].decode("utf-8", "backslashreplace")


def _attribute_end(scrap: bytes, quote: bytes) -> int:
    """Finds the end of an attribute's value, also where its quotes were not escaped."""
    end = scrap.find(quote)
    if scrap.lstrip()[:1] == b"{" and (closed := scrap.find(b"}" + quote)) >= 0:
        return closed + 1
    return end if end >= 0 else len(scrap)


def objects(data: bytes) -> Iterator[tuple[int, str]]:
    """Gives objects under the name `AIGC` within other bytes, with the place where each begins."""
    for match in islice(_OBJECT.finditer(data), _MOST_HITS):
        yield match.start(), balanced(data[match.start() : match.start() + SCRAP]).decode("utf-8", "backslashreplace")


def balanced(scrap: bytes) -> bytes:
    """Cuts after the brace that closes the first one; after the first control character where none does."""
    depth = 0
    for match in re.finditer(rb"[{}\0-\x08]", scrap):
        depth += {b"{": 1, b"}": -1}.get(match[0], 0)
        if depth == 0 or match[0] not in b"{}":
            return scrap[: match.end()] if depth == 0 else scrap[: match.start()]
    return scrap


def remains(data: bytes) -> Iterator[tuple[int, str]]:
    """Gives objects that stand close behind the name `AIGC` without being under it, with the place of each."""
    for match in islice(_NEAR.finditer(data), _MOST_HITS):
        at = match.start("object")
        text = balanced(data[at : at + SCRAP]).decode("utf-8", "backslashreplace")
        fields = aigc_label.read(text).fields
        if fields["Label"] and fields["ContentProducer"]:
            yield at, text


def bare(data: bytes) -> Iterator[tuple[int, str]]:
    """Gives objects under no name that have all members that a label must have, with the place of each."""
    for match in islice(_BARE.finditer(data), _MOST_HITS):
        at = match.start()
        text = balanced(data[at : at + SCRAP]).decode("utf-8", "backslashreplace")
        if _is_complete(text):
            yield at, text
    for match in islice(_WIDE_OBJECT.finditer(data), _MOST_HITS):
        at = match.start()
        scrap = data[at : at + SCRAP].decode("utf-16-le", "replace").encode("utf-8", "replace")
        text = balanced(scrap).decode("utf-8", "replace")
        if _is_complete(text):
            yield at, text


def _is_complete(text: str) -> bool:
    fields = aigc_label.read(text).fields
    return all(fields[name] for name in aigc_label.REQUIRED)


def looks(data: bytes) -> Iterator[tuple[int, str]]:
    """Gives what reads as a label within other bytes, with the place where it begins."""
    for at, text in (*objects(data), *((at, html.unescape(inner)) for at, _, inner in markup(data))):
        label = aigc_label.read(text)
        if label.is_readable:
            yield at, text
    yield from bare(data)
