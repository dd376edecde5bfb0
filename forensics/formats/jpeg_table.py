"""Frame and scan headers and tables of a JPEG file, as facts."""

from __future__ import annotations

import hashlib
from typing import Any

_PROCESSES = {
    0xC0: "baseline",
    0xC1: "extended sequential",
    0xC2: "progressive",
    0xC3: "lossless",
    0xC5: "differential sequential",
    0xC6: "differential progressive",
    0xC7: "differential lossless",
    0xC9: "extended sequential, arithmetic coding",
    0xCA: "progressive, arithmetic coding",
    0xCB: "lossless, arithmetic coding",
    0xCD: "differential sequential, arithmetic coding",
    0xCE: "differential progressive, arithmetic coding",
    0xCF: "differential lossless, arithmetic coding",
}
"""*Source:* ITU-T T.81, table B.1."""

_SUBSAMPLINGS = {
    (1, 1): "4:4:4",
    (2, 1): "4:2:2",
    (2, 2): "4:2:0",
    (1, 2): "4:4:0",
    (4, 1): "4:1:1",
    (4, 2): "4:1:0",
}
"""Samples of luma for one of chroma, across and down."""


def is_frame(marker: int) -> bool:
    """Whether a marker begins a frame header."""
    return marker in _PROCESSES


def facts(marker: int, data: bytes) -> dict[str, Any]:
    """Gives what a segment says.

    Args:
        marker: Second byte of its marker.
        data: What stands behind its length.

    Raises:
        ValueError: It is shorter than it must be, or has an impossible number.
    """
    try:
        if marker in _PROCESSES:
            return _frame(marker, data)
        reader = {0xDB: _quantization, 0xC4: _huffman, 0xDA: _scan}.get(marker)
        if reader:
            return reader(data)
        if marker in {0xDD, 0xDC}:
            return {"restart_interval" if marker == 0xDD else "lines": _pair(data, 0)}  # noqa: PLR2004 -- DRI, DNL
    except IndexError as error:
        raise ValueError("it is shorter than it must be") from error
    return {}


def _pair(data: bytes, at: int) -> int:
    return data[at] << 8 | data[at + 1]


def _frame(marker: int, data: bytes) -> dict[str, Any]:
    components = [
        {"id": data[at], "h": data[at + 1] >> 4, "v": data[at + 1] & 15, "table": data[at + 2]}
        for at in range(6, 6 + 3 * data[5], 3)
    ]
    return {
        "process": _PROCESSES[marker],
        "precision_bits": data[0],
        "height_px": _pair(data, 1),
        "width_px": _pair(data, 3),
        "components": components,
        "subsampling": _subsampling([(row["h"], row["v"]) for row in components]),
    }


def _subsampling(factors: list[tuple[int, int]]) -> str:
    """Names the subsampling of three components; else the factors as written."""
    if len(factors) == 1:
        return "grey"
    if len(factors) == 3 and factors[1] == factors[2] and all(factors[1]):  # noqa: PLR2004 -- luma and two of chroma
        (h, v), (chroma_h, chroma_v) = factors[:2]
        name = _SUBSAMPLINGS.get((h // chroma_h, v // chroma_v))
        if name and not h % chroma_h and not v % chroma_v:
            return name
    return " ".join(f"{h}x{v}" for h, v in factors)


def _quantization(data: bytes) -> dict[str, Any]:
    """Gives the quantization tables, their values in zigzag order."""
    tables, at = [], 0
    while at < len(data):
        wide = data[at] >> 4
        unit = 2 if wide else 1
        values = [int.from_bytes(data[at + 1 + i * unit : at + 1 + (i + 1) * unit], "big") for i in range(64)]
        if at + 1 + 64 * unit > len(data) or wide > 1:
            raise ValueError(f"a quantization table does not fit into {len(data) - at} bytes")
        tables.append({"id": data[at] & 15, "precision_bits": 8 * unit, "values": values})
        at += 1 + 64 * unit
    return {"tables": tables}


def _huffman(data: bytes) -> dict[str, Any]:
    """Gives the Huffman tables; the digest is of the 16 counts and the symbols."""
    tables, at = [], 0
    while at < len(data):
        counts = list(data[at + 1 : at + 17])
        total = sum(counts)
        body = data[at + 1 : at + 17 + total]
        if len(body) < 16 + total or total > 256:  # noqa: PLR2004 -- one symbol for each byte
            raise ValueError(f"a Huffman table does not fit into {len(data) - at} bytes")
        tables.append(
            {
                "class": "AC" if data[at] >> 4 else "DC",
                "id": data[at] & 15,
                "counts": counts,
                "symbols": total,
                "sha256": hashlib.sha256(body).hexdigest(),
            }
        )
        at += 17 + total
    return {"tables": tables}


def _scan(data: bytes) -> dict[str, Any]:
    count = data[0]
    components = [
        {"id": data[at], "dc": data[at + 1] >> 4, "ac": data[at + 1] & 15} for at in range(1, 1 + 2 * count, 2)
    ]
    end = 1 + 2 * count
    return {
        "components": components,
        "spectral_start": data[end],
        "spectral_end": data[end + 1],
        "approximation_high": data[end + 2] >> 4,
        "approximation_low": data[end + 2] & 15,
    }
