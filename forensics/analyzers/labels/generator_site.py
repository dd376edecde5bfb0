"""Sites at which a generator can be named: the values of a file, its name, and chunks that readers leave as parts."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forensics.analyzers.labels.look import Look
from forensics.formats import Value

_DOCUMENTS = frozenset({"plain", "ooxml", "pdf"})
"""Formats whose values are texts by people: parameters quoted there are no parameters of the file."""
_COMMENT_CHARSETS = {
    b"ASCII\0\0\0": "utf-8",
    b"JIS\0\0\0\0\0": "iso2022_jp",
    b"\0\0\0\0\0\0\0\0": "utf-8",
}
"""*Source:* CIPA DC-008-2016, table 9: character codes of UserComment (`UNICODE` is treated apart)."""
_MOST_CHUNK = 4 << 20
"""Bytes of a chunk that are read, as many as of any value (`Limits.value_bytes`)."""
_MOST_CHUNKS = 16
_BINARY_SEEN = 65_536
_PACKET_SEEN = 262_144


@dataclass(frozen=True, slots=True)
class Site:
    """One text of a file.

    Attributes:
        place: Where it lies (docs/formats.md); `name` for the file's name, `pixels/alpha` and `pixels/rgb` for what
            the lowest bits of the picture spell.
        key: Its name there.
        offset: Of its first byte; None where it has none in the file.
        text: The text; of bytes that are no text, the first of them as Latin-1.
        data: The bytes.
        is_cut: Whether there was more.
    """

    place: str
    key: str
    offset: int | None
    text: str
    data: bytes = b""
    is_cut: bool = False


def sites(look: Look) -> Iterator[Site]:
    """Gives the sites of a file, in the order of the file; its name comes last."""
    if look.structure.format not in _DOCUMENTS:
        for value in look.structure.values:
            yield _site(value)
            if value.key == "xmp":
                yield from _languages(value, look.structure.values)
        yield from _chunks(look)
    yield Site("name", "name", None, look.evidence.artifact.name.display)


def _site(value: Value) -> Site:
    return Site(value.place, value.key, value.offset, decode(value), value.data, value.is_cut)


def decode(value: Value) -> str:
    """Gives a value as text, whatever its format and its writer thought of encodings.

    *Not done:* no guessing between legacy encodings; bytes that are neither UTF-8 nor what the format asks for stand as
    Latin-1.
    """
    data = value.data
    if data[:8] == b"UNICODE\0":
        return _utf16(data[8:])
    if data[:8] in _COMMENT_CHARSETS:
        return data[8:].decode(_COMMENT_CHARSETS[data[:8]], "replace").strip("\0\ufeff")
    if not value.encoding or value.encoding.replace("_", "-").lower() in {"ascii", "latin-1", "iso8859-1", "us-ascii"}:
        try:
            return data.decode("utf-8").strip("\0\ufeff")
        except UnicodeDecodeError:
            pass
    return value.text.strip("\0\ufeff") if value.encoding else data[:_BINARY_SEEN].decode("latin-1")


def _utf16(data: bytes) -> str:
    """Decodes UTF-16 in the byte order that puts the zero bytes of Western text where they belong."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace").strip("\0")
    head = data[:512]
    order = "utf-16-be" if head[0::2].count(0) >= head[1::2].count(0) else "utf-16-le"
    return data.decode(order, "replace").strip("\0\ufeff")


def _languages(value: Value, known: Sequence[Value]) -> Iterator[Site]:
    """Gives properties of an XMP packet that stand in a list of languages, where the reader has not given them."""
    packet = value.data[:_PACKET_SEEN].decode("utf-8", "replace")
    given = {other.key for other in known if other.place == f"{value.place}/properties"}
    for name in ("exif:UserComment", "dc:description"):
        if name in given:
            continue
        start = packet.find(f"<{name}>")
        end = packet.find(f"</{name}>", start)
        item = packet.find("<rdf:li", start)
        if 0 <= start < item < end:
            opened = packet.find(">", item)
            text = packet[opened + 1 : packet.find("</rdf:li>", opened)]
            yield Site(f"{value.place}/properties", name, value.offset, html.unescape(text).strip())


def _chunks(look: Look) -> Iterator[Site]:
    """Gives the chunks `comf` of an animated PNG, in which ComfyUI keeps its graph.

    *Source:* comfyanonymous/ComfyUI, comfy_api/latest/_ui.py, get_save_animated_png_ui.
    """
    if look.structure.format != "png":
        return
    parts = [part for _, part in look.structure.walk() if part.kind == "comf"][:_MOST_CHUNKS]
    if not parts:
        return
    with look.evidence.open() as stream:
        for part in parts:
            stream.seek(part.offset + 8)
            size = max(0, part.size - 12)
            key, separator, data = stream.read(min(size, _MOST_CHUNK)).partition(b"\0")
            if separator:
                text = data.decode("latin-1")
                yield Site("comf", key[:79].decode("latin-1"), part.offset + 9 + len(key), text, data)
