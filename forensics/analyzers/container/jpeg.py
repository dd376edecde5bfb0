"""What the making of a JPEG picture left in its headers: tables, subsampling, order of the segments."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from forensics.analyzers.container import quantization
from forensics.analyzers.container.look import Look
from forensics.analyzers.container.oddity import frame_header
from forensics.analyzers.container.trace import CONSISTENT, MEASURED, Trace
from forensics.analyzers.container.tree import order
from forensics.formats import Part

_MOST_SEGMENT = 65535
_PROGRESSIVE = ("SOF2", "SOF6", "SOF10", "SOF14")
"""Frame headers of progressive coding. *Source:* ITU-T T.81, table B.1."""

_STANDARD_HUFFMAN = {
    0x00: "2f66814c875b5317",
    0x01: "602f734c8c12c1d9",
    0x10: "a6283a08f5d97906",
    0x11: "13f90e3c9dc476c6",
}
"""Start of the SHA-256 of counts and values of the example tables, by class and destination. *Source:* ITU-T T.81,
tables K.3 to K.6, as libjpeg writes them without optimisation."""

_DIGEST = 16

_SAMPLINGS = {
    "11": "grey",
    "111111": "4:4:4",
    "211111": "4:2:2",
    "121111": "4:4:0",
    "221111": "4:2:0",
    "411111": "4:1:1",
}


def traces(look: Look) -> Iterator[Trace]:
    """Gives the traces of a JPEG picture."""
    frame = frame_header(look)
    if look.structure.format != "jpeg" or frame is None:
        return
    head = _head(look)
    sampling = _sampling(_content(look, frame))
    yield from _quantization(look, head, sampling)
    yield from _huffman(look, head)
    yield Trace(
        "JPEG frame",
        f"{frame.kind}, {_SAMPLINGS.get(sampling, sampling)}",
        frame.kind,
        frame.offset,
        "progressive coding" if frame.kind in _PROGRESSIVE else "",
        MEASURED,
        {"subsampling": _SAMPLINGS.get(sampling), "sampling_factors": sampling},
    )
    yield Trace("JPEG segments", order(head), "", 0, "order of the segments before the first scan", MEASURED)


def _head(look: Look) -> list[Part]:
    """Gives the segments before the data of the first scan."""
    head: list[Part] = []
    for part in look.structure.parts:
        head.append(part)
        if part.kind == "SOS":
            break
    return head


def _content(look: Look, part: Part) -> bytes:
    """Reads what follows the marker and the length of a segment."""
    length = int.from_bytes(look.at(part.offset + 2, 2))
    return look.at(part.offset + 4, min(length - 2, _MOST_SEGMENT))


def _sampling(frame: bytes) -> str:
    """Gives the sampling factors of each component, two hexadecimal digits each (ITU-T T.81, B.2.2)."""
    count = frame[5] if len(frame) > 5 else 0  # noqa: PLR2004 -- precision, height, width, then the count
    return "".join(f"{frame[at]:02x}" for at in range(7, 6 + 3 * count, 3) if at < len(frame))


def _quantization(look: Look, head: list[Part], sampling: str) -> Iterator[Trace]:
    parts = [part for part in head if part.kind == "DQT"]
    segments = [_content(look, part) for part in parts]
    tables = {number: table for segment in segments for number, table in quantization.read_tables(segment).items()}
    nearest = quantization.quality(tables)
    if nearest is None:
        return
    fingerprint = quantization.digest(segments, sampling)
    details: dict[str, Any] = {
        "ijg_quality": nearest.number,
        "is_exact": nearest.is_exact,
        "mean_difference": nearest.distance,
        "table_count": len(tables),
        "digest": fingerprint,
    }
    yield Trace(
        "JPEG quantization tables",
        f"IJG quality {nearest.number}" if nearest.is_exact else f"own tables, nearest to IJG quality {nearest.number}",
        "DQT",
        parts[0].offset,
        "tables of the Independent JPEG Group, which most programs use" if nearest.is_exact else "",
        MEASURED,
        details,
    )
    for row in quantization.writers(fingerprint):
        meaning = f"tables and subsampling that this {row['kind']} writes; others may write the same"
        yield Trace(row["kind"], row["name"], "DQT", parts[0].offset, meaning, CONSISTENT, {"source": row["source"]})


def _huffman(look: Look, head: list[Part]) -> Iterator[Trace]:
    parts = [part for part in head if part.kind == "DHT"]
    tables = dict(table for part in parts for table in _huffman_tables(_content(look, part)))
    if not tables:
        return
    found = {key: hashlib.sha256(tables[key]).hexdigest()[:_DIGEST] for key in sorted(tables)}
    is_standard = all(_STANDARD_HUFFMAN.get(key) == value for key, value in found.items())
    yield Trace(
        "JPEG Huffman tables",
        "those of the standard's annex K" if is_standard else "made for this picture, or of the program's own",
        "DHT",
        parts[0].offset,
        "",
        MEASURED,
        {"is_standard": is_standard, "table_count": len(tables), "digests": " ".join(found.values())},
    )


def _huffman_tables(segment: bytes) -> Iterator[tuple[int, bytes]]:
    """Gives class and destination with counts and values of each table in a segment (ITU-T T.81, B.2.4.2)."""
    at = 0
    while at + 17 <= len(segment):
        size = 16 + sum(segment[at + 1 : at + 17])
        yield segment[at], segment[at + 1 : at + 1 + size]
        at += 1 + size
