"""Index of further pictures in a JPEG file (Multi-Picture Format)."""

from __future__ import annotations

from typing import Any

from forensics.formats import tiff
from forensics.formats.walk import Walk

_ENTRIES, _ENTRY = 0xB002, 16
_TYPES = {
    0x000000: "undefined",
    0x010001: "large thumbnail, VGA",
    0x010002: "large thumbnail, full HD",
    0x010003: "large thumbnail, 4K",
    0x010004: "large thumbnail, 8K",
    0x010005: "large thumbnail, 16K",
    0x020001: "panorama",
    0x020002: "disparity",
    0x020003: "multiple angles",
    0x030000: "primary",
    0x040000: "original preservation",
    0x050000: "gain map",
}
"""*Source:* CIPA DC-007-2021, table 4; the larger thumbnails and the gain map as ExifTool's MPF.pm has them."""

_IMAGES = 1000


def rows(walk: Walk, start: int, size: int) -> list[dict[str, Any]]:
    """Gives the pictures that an index names, each with its offset in the file, its size and its type.

    Args:
        walk: The reader's hand in the file.
        start: Offset of the index's TIFF header; offsets in it count from here, and the first picture has 0.
        size: Bytes of the index.
    """
    data = walk.read(start, size)
    order = tiff.order_of(data[:4])
    if not order:
        return []

    def number(at: int, width: int) -> int:
        return int.from_bytes(data[at : at + width], "little" if order == "<" else "big")

    first = number(4, 4)
    for at in range(first + 2, min(first + 2 + 12 * number(first, 2), len(data)), 12):
        if number(at, 2) == _ENTRIES:
            count, table = number(at + 4, 4) // _ENTRY, number(at + 8, 4)
            starts = range(table, table + _ENTRY * min(count, _IMAGES), _ENTRY)
            return [_row(number(one, 4), number(one + 4, 4), number(one + 8, 4), start) for one in starts]
    return []


def _row(attribute: int, size: int, offset: int, start: int) -> dict[str, Any]:
    kind = attribute & 0xFFFFFF
    place = start + offset if offset else 0
    return {"offset": place, "size": size, "type": _TYPES.get(kind, f"0x{kind:06x}")}
