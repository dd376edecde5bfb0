"""Reader of XMP packets: the packet itself and each of its simple properties, also where the XML is broken."""

from __future__ import annotations

from collections.abc import Callable
from xml.parsers import expat

from forensics.formats import xmp_search
from forensics.formats.walk import Walk
from forensics.formats.xmp_tree import Property, RefusedError, Tree

_PROPERTIES = 20_000
"""Properties of one packet that are noted; layered files of editors with long histories have a few thousand."""

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0<", "utf-16-be"),
    (b"<\0", "utf-16-le"),
)
"""First bytes of a packet and its encoding. *Source:* XML 1.0, appendix F; ISO 16684-1, 7.3.2."""


def packet(
    walk: Walk,
    data: bytes,
    offset: int,
    place: str,
    *,
    locate: Callable[[int], int] | None = None,
    is_compressed: bool = False,
) -> None:
    """Notes an XMP packet under the key `xmp`, and its simple properties under `prefix:Name`.

    Members of structures have the path to them (`xmpMM:History[1]/stEvt:softwareAgent`, counted from 1); each simple
    item of a list stands under the name of the list.

    Args:
        walk: The reader's hand in the file.
        data: The packet.
        offset: Of the packet in the file.
        place: Where it lies; the properties are in the place with `/properties` behind it.
        locate: Gives the offset in the file of a byte of the packet, where it lies in pieces.
        is_compressed: Whether it is compressed in the file; then its properties have the packet's offset.
    """
    encoding = encoding_of(data)
    walk.value(place, "xmp", offset, data, encoding=encoding, is_compressed=is_compressed)
    text, where = _as_utf8(data, encoding)
    if locate is None:
        locate = (lambda _: offset) if is_compressed else (lambda at: offset + at)
    found, fault = _properties(text)
    if fault:
        walk.problem("unreadable", offset, size=len(data), part=place, detail=fault)
    if len(found) > _PROPERTIES:
        walk.problem("limit", offset, part=place, detail=f"there are more than {_PROPERTIES} properties")
    for item in found[:_PROPERTIES]:
        walk.count()
        start = where(item.start)
        size = where(item.end) - start
        written = item.text.encode("utf-8", "surrogatepass")
        inner, at = f"{place}/properties", locate(start)
        walk.value(inner, item.path, at, written, size=size, encoding="utf-8", is_compressed=is_compressed)


def encoding_of(data: bytes) -> str:
    """Tells the encoding of a packet by its first bytes; UTF-8 where nothing says otherwise."""
    start = data[:16].lstrip(b"\t\n\r ") or data[:16]
    return next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")


def _as_utf8(data: bytes, encoding: str) -> tuple[bytes, Callable[[int], int]]:
    """Gives the packet in UTF-8, and a function from a place in it to the place in the packet.

    The function is to be called with rising places, because it counts on from the last one.
    """
    if encoding.startswith("utf-8"):
        return data, lambda at: at
    text = data.decode(encoding, "replace").lstrip("\ufeff").encode("utf-8", "replace")
    lead = next((len(mark) for mark, name in _MARKS if name == encoding and name[-1].isdigit()), 0)
    order = "le" if data.startswith(b"\xff") else "be"
    unit = f"{encoding}-{order}" if lead else encoding
    last = [0, lead]

    def where(at: int) -> int:
        if at < last[0]:
            last[:] = [0, lead]
        last[1] += len(text[last[0] : at].decode("utf-8", "ignore").encode(unit, "ignore"))
        last[0] = at
        return last[1]

    return text, where


def _properties(text: bytes) -> tuple[list[Property], str]:
    """Reads the properties of a packet in UTF-8.

    Returns:
        Them in the order of the packet, and what is wrong with it; empty where nothing is.
    """
    tree = Tree(text)
    try:
        tree.parse()
    except (expat.ExpatError, RefusedError) as error:
        resume = tree.resume()
        known = [item for item in tree.found if item.end <= resume]
        rest = xmp_search.search(text, resume)
        return [*known, *rest], f"no well-formed XML, searched for properties instead: {error}"
    return sorted(tree.found, key=lambda item: item.start), ""
