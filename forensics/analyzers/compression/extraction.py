"""Reads DCT coefficients of a JPEG picture in a process of its own: `python extraction.py FILE PIXEL_LIMIT`.

It stands alone and imports nothing of the toolkit. libjpeg, which jpeglib calls, may end the process at broken input
and writes complaints to standard error; both must not happen in the process of the caller. Metadata is cut away before
native code sees the file, and no copy of the file is written to a disk.

The answer is one line of JSON, then the coefficients of the first component, one plane for each of `FREQUENCIES`, as
little-endian 16-bit integers, shape (rows, columns) of blocks.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from pathlib import Path
from typing import Any

FREQUENCIES = (
    *((0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (0, 3), (1, 2), (2, 1), (3, 0)),
    *((4, 0), (3, 1), (2, 2), (1, 3)),
)
"""Row and column of the coefficients that are given: the lowest, in the order of ITU-T T.81, figure A.6."""

FRAMES = {0xC0: "baseline", 0xC1: "extended", 0xC2: "progressive"}
"""Frame headers of what libjpeg reads, by the second byte of the marker. *Source:* ITU-T T.81, table B.1."""

OTHER_FRAMES = frozenset(range(0xC3, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Frame headers of lossless, hierarchical and arithmetic coding. *Source:* ITU-T T.81, table B.1."""

_FILL, _SCAN, _COMMENT, _ADOBE = 0xFF, 0xDA, 0xFE, 0xEE
_BARE = frozenset({0x00, *range(0xD0, 0xDA)})
"""Second bytes of markers without a length: stuffing, restarts, start and end. *Source:* ITU-T T.81, B.1."""

_APPLICATION = frozenset(range(0xE0, 0xF0)) - {_ADOBE}
"""Application data that is left out; APP14 tells the colour transform. *Source:* Adobe TN 5116, section 18."""


_BITS, _MOST_FACTOR, _FRAME_BYTES = 8, 4, 6
"""Precision that is read, largest sampling factor, bytes before the components. *Source:* ITU-T T.81, B.2.2."""


class RefusedError(Exception):
    """The picture is not one whose coefficients are read; the argument says why, in one word."""


def main(path: str, pixel_limit: int) -> None:
    """Writes the answer to standard output."""
    try:
        header, planes = extract(Path(path).read_bytes(), pixel_limit)
    except RefusedError as error:
        header, planes = {"refused": str(error)}, []
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n")
    for plane in planes:
        sys.stdout.buffer.write(plane)
    sys.stdout.buffer.flush()


def extract(content: bytes, pixel_limit: int) -> tuple[dict[str, Any], list[bytes]]:
    """Gives the facts of a picture and the planes of its first component.

    Raises:
        RefusedError: The picture is of a kind, or of a size, that is not read.
        OSError: libjpeg cannot read it.
    """
    facts, bare = strip(content)
    if facts["width_px"] * facts["height_px"] > pixel_limit:
        raise RefusedError("size")
    descriptor = os.memfd_create("picture")
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(bare)
        stream.flush()
        return _coefficients(facts, f"/proc/self/fd/{descriptor}")


def strip(content: bytes) -> tuple[dict[str, Any], bytes]:
    """Walks to the first scan, notes the frame header, and leaves comments and application data out.

    Raises:
        RefusedError: There is no frame header of a kind that is read.
    """
    facts: dict[str, Any] = {}
    kept, at = [b"\xff\xd8"], 2
    while at + 4 <= len(content):
        if content[at] != _FILL or content[at + 1] == _FILL:
            at += 1
            continue
        marker, size = content[at + 1], 2 + int.from_bytes(content[at + 2 : at + 4])
        if marker in _BARE:
            at += 2
            continue
        if marker in FRAMES or marker in OTHER_FRAMES:
            facts = _frame(marker, content[at + 4 : at + size])
        if marker == _SCAN:
            kept.append(content[at:])
            break
        if marker not in _APPLICATION and marker != _COMMENT:
            kept.append(content[at : at + size])
        at += size
    if not facts or len(content) < at + 4:
        raise RefusedError("broken")
    return facts, b"".join(kept)


def _frame(marker: int, body: bytes) -> dict[str, Any]:
    """Reads a frame header. *Source:* ITU-T T.81, B.2.2."""
    if marker not in FRAMES:
        raise RefusedError("coding")
    if len(body) < _FRAME_BYTES or len(body) < _FRAME_BYTES + 3 * body[5]:
        raise RefusedError("broken")
    if body[0] != _BITS:
        raise RefusedError("precision")
    if body[5] not in {1, 3}:
        raise RefusedError("colour")
    factors = [(body[7 + 3 * number] >> 4, body[7 + 3 * number] & 15) for number in range(body[5])]
    widest = (max(across for across, _ in factors), max(down for _, down in factors))
    if max(widest) > _MOST_FACTOR or min(min(pair) for pair in factors) < 1 or factors[0] != widest:
        raise RefusedError("sampling")
    return {
        "coding": FRAMES[marker],
        "height_px": int.from_bytes(body[1:3]),
        "width_px": int.from_bytes(body[3:5]),
        "sampling": [[across, down] for across, down in factors],
    }


def _coefficients(facts: dict[str, Any], path: str) -> tuple[dict[str, Any], list[bytes]]:
    import jpeglib  # type: ignore[import-untyped]
    import numpy as np
    from jpeglib import _bind

    picture = jpeglib.read_dct(path)
    if picture.jpeg_color_space.name not in {"JCS_YCbCr", "JCS_GRAYSCALE"}:
        raise RefusedError("colour")
    count = len(facts["sampling"])
    dims = [(int(picture.height_in_blocks(number)), int(picture.width_in_blocks(number))) for number in range(count)]
    parts = [((ctypes.c_short * 64) * columns * rows)() for rows, columns in dims]
    tables, numbers = ((ctypes.c_ushort * 64) * 4)(), (ctypes.c_short * 4)()
    whole: list[Any] = [*parts, None, None][:3]
    _bind.CJpegLib.read_jpeg_dct(path, *whole, None, qt=tables, quant_tbl_no=numbers, path="the picture")
    luma = np.ctypeslib.as_array(parts[0]).reshape(*dims[0], 8, 8)
    chosen = [list(tables[numbers[number]]) for number in range(count)]
    header = {**facts, "rows": dims[0][0], "columns": dims[0][1], "tables": chosen}
    return header, [luma[:, :, row, column].astype("<i2").tobytes() for row, column in FREQUENCIES]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
