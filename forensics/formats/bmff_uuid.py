"""Boxes that others define: XMP, content credentials in JUMBF, and those of makers of cameras."""

from __future__ import annotations

from forensics.formats.bmff_box import Box, Content, Facts, Reading, full
from forensics.formats.bmff_name import UUIDS
from forensics.formats.bmff_tag import loose
from forensics.formats.jumbf import boxes
from forensics.formats.span import Span
from forensics.formats.structure import Part
from forensics.formats.walk import LimitReachedError

_SHIFTS = {"Canon": 0, "Sony PROF": 8, "Sony USMT": 0}
"""Bytes before the first box in extensions that hold boxes (as ExifTool reads them)."""

_CANON = "85c0b687-820f-11e0-8111-f4ce462b6a48"


def extension(reading: Reading, box: Box, path: str) -> Content:
    """Reads a `uuid` box by its type."""
    name = UUIDS.get(box.uuid, "")
    facts: Facts = {"name": name} if name else {}
    if name in {"XMP", "C2PA"}:
        reading.spend()
    if name == "XMP":
        return facts | _packet(reading, box, path), ()
    if name == "C2PA":
        return _credential(reading, box, path)
    if name in _SHIFTS and (name != "Canon" or box.uuid == _CANON):
        return facts, reading.children(box.body + _SHIFTS[name], box.end, path)
    if name in {"", "Spherical Video", "Flip"}:
        loose(reading, box, path, key=box.uuid)
    return facts, ()


def _packet(reading: Reading, box: Box, path: str) -> Facts:
    from forensics.formats.xmp import packet

    packet(reading.walk, reading.body(box), box.body, f"{path}/XMP")
    return {"packet_bytes": box.end - box.body}


def _credential(reading: Reading, box: Box, path: str) -> Content:
    """Reads the box of content credentials (C2PA specification, *Embedding manifests into BMFF-based assets*)."""
    data = reading.body(box, 256)
    end = data.find(b"\0", 4)
    if end < 0:
        return {"name": "C2PA", **full(data)}, ()
    purpose = data[4:end].decode("utf-8", "backslashreplace")
    facts: Facts = {"name": "C2PA", **full(data), "purpose": purpose}
    if purpose == "merkle":
        return facts, ()
    at = end + 1 + 8
    facts |= {
        "merkle_offset": int.from_bytes(data[end + 1 : at], "big"),
        "manifest_offset": box.body + at,
        "manifest_bytes": max(0, box.end - box.body - at),
    }
    return facts, _boxes(reading, min(box.body + at, box.end), box.end, path)


def credential(reading: Reading, box: Box, path: str) -> Content:
    """Reads a superbox of JUMBF that stands by itself."""
    found = _boxes(reading, box.start, box.end, path)
    return dict(found[0].facts) if found else {}, found[0].parts if found else ()


def _boxes(reading: Reading, start: int, end: int, path: str) -> tuple[Part, ...]:
    """Reads boxes of JUMBF; a limit that they meet ends their reading and not that of the file."""
    found: list[Part] = []
    try:
        for part in boxes(Span(reading.walk, [(start, end - start)])):
            found.append(part)  # noqa: PERF402 -- what came before a limit must stand
    except LimitReachedError as error:
        reading.walk.problem("limit", start, part=path, detail=str(error))
    return tuple(found)
