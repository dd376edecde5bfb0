"""Reads DCT coefficients of a JPEG picture in a process of its own: `python extraction.py LIBRARY FILE PIXEL_LIMIT`.

It stands alone and imports nothing of the toolkit. libjpeg may end the process at broken input and writes complaints to
standard error; both must not happen in the process of the caller. It is called by way of jpeglib's shared library
alone, since importing jpeglib and numpy takes several times as long as a small picture. Metadata is cut away before
native code sees the file, and no copy of the file is written to a disk.

The answer is one line of JSON, then the coefficients of the first component, one plane for each of `FREQUENCIES`, as
little-endian 16-bit integers, shape (rows, columns) of blocks.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Iterator
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

_FILL, _SCAN, _JFIF, _ADOBE = 0xFF, 0xDA, 0xE0, 0xEE
_BARE = frozenset({0x00, 0x01, *range(0xD0, 0xDA)})
"""Second bytes of markers without a length: stuffing, restarts, start and end. *Source:* ITU-T T.81, B.1."""

_KEPT = frozenset({*FRAMES, 0xC4, 0xDB, 0xDD, _ADOBE, _SCAN})
"""Frame, Huffman and quantisation tables, restart interval, scan, and APP14, which tells the colour transform. All else
is left out: libjpeg must see the same segments as this walk does. *Source:* ITU-T T.81, table B.1; Adobe TN 5116,
section 18."""

_BITS, _MOST_FACTOR, _FRAME_BYTES = 8, 4, 6
"""Precision that is read, largest sampling factor, bytes before the components. *Source:* ITU-T T.81, B.2.2."""

_RGB = b"RGB"
_TRANSFORM_AT = 11
"""Component identifiers, and place of the transform in APP14, by which libjpeg tells RGB. *Source:* libjpeg,
jdapimin.c, `default_decompress_parms`; Adobe TN 5116, section 18."""

_CELLS, _TABLES, _SIDE = 64, 4, 8


class RefusedError(Exception):
    """The picture is not one whose coefficients are read; the argument says why, in one word."""


def main(library: str, path: str, pixel_limit: int) -> None:
    """Writes the answer to standard output."""
    try:
        with open(path, "rb") as stream:  # noqa: PTH123 -- pathlib takes as long to import as a small picture to read
            header, planes = extract(stream.read(), pixel_limit, library=library)
    except RefusedError as error:
        header, planes = {"refused": str(error)}, []
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n")
    for plane in planes:
        sys.stdout.buffer.write(plane)
    sys.stdout.buffer.flush()


def extract(content: bytes, pixel_limit: int, *, library: str) -> tuple[dict[str, Any], list[bytes]]:
    """Gives the facts of a picture and the planes of its first component.

    Args:
        content: The file.
        pixel_limit: Larger pictures are refused.
        library: Path of jpeglib's shared library.

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
        return _coefficients(facts, f"/proc/self/fd/{descriptor}", library)


def strip(content: bytes) -> tuple[dict[str, Any], bytes]:
    """Walks to the first scan, notes the frame header, and leaves comments and application data out.

    Raises:
        RefusedError: There is no frame header of a kind that is read, or the segments cannot be told apart.
    """
    facts: dict[str, Any] = {}
    kept, transform = [b"\xff\xd8"], None
    for marker, body, segment in _segments(content):
        if marker in FRAMES or marker in OTHER_FRAMES:
            if facts:
                raise RefusedError("broken")
            facts = _frame(marker, body)
        transform = _transform(marker, body, transform)
        if marker in _KEPT:
            kept.append(segment)
    if not facts:
        raise RefusedError("broken")
    if facts.pop("names") == _RGB if transform is None else transform == 0:
        raise RefusedError("colour")
    facts.pop("names", None)
    return facts, b"".join(kept)


def _segments(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Gives marker, content and the whole of each segment; the first scan, which is the last, has all that follows.

    Raises:
        RefusedError: There is no scan, or a segment before it is shorter than it states.
    """
    at = 2
    while at + 4 <= len(content):
        marker = content[at + 1]
        if content[at] != _FILL or marker == _FILL:
            at += 1
        elif marker in _BARE:
            at += 2
        elif marker == _SCAN:
            yield marker, b"", content[at:]
            return
        else:
            size = 2 + int.from_bytes(content[at + 2 : at + 4])
            if size < 4 or at + size > len(content):  # noqa: PLR2004 -- a length counts itself
                break
            yield marker, content[at + 4 : at + size], content[at : at + size]
            at += size
    raise RefusedError("broken")


def _transform(marker: int, body: bytes, before: int | None) -> int | None:
    """Gives what is known of the colour transform behind a segment: 0 for none, 1 for YCbCr, None for unknown."""
    if marker == _JFIF and body.startswith(b"JFIF\0"):
        return 1
    if marker == _ADOBE and body.startswith(b"Adobe") and len(body) > _TRANSFORM_AT and before is None:
        return min(body[_TRANSFORM_AT], 1)
    return before


def _frame(marker: int, body: bytes) -> dict[str, Any]:
    """Reads a frame header. *Source:* ITU-T T.81, B.2.2."""
    if marker not in FRAMES:
        raise RefusedError("coding")
    if len(body) < _FRAME_BYTES or len(body) != _FRAME_BYTES + 3 * body[5]:
        raise RefusedError("broken")
    if body[0] != _BITS:
        raise RefusedError("precision")
    if body[5] not in {1, 3}:
        raise RefusedError("colour")
    if not int.from_bytes(body[1:3]) or not int.from_bytes(body[3:5]):
        raise RefusedError("broken")  # a height that follows behind the first scan is not read by libjpeg either
    factors = [(body[7 + 3 * number] >> 4, body[7 + 3 * number] & 15) for number in range(body[5])]
    widest = (max(across for across, _ in factors), max(down for _, down in factors))
    if max(widest) > _MOST_FACTOR or min(min(pair) for pair in factors) < 1 or factors[0] != widest:
        raise RefusedError("sampling")
    return {
        "coding": FRAMES[marker],
        "height_px": int.from_bytes(body[1:3]),
        "width_px": int.from_bytes(body[3:5]),
        "sampling": [[across, down] for across, down in factors],
        "names": body[6 : 6 + 3 * body[5] : 3],
    }


def _coefficients(facts: dict[str, Any], path: str, library: str) -> tuple[dict[str, Any], list[bytes]]:
    """Calls jpeglib's function as its own Python code does, but for its first reading of the whole picture.

    Source: jpeglib 1.0.2, cjpeglib_dct.cpp, `read_jpeg_dct`; numbers of blocks: libjpeg, jdinput.c, `initial_setup`.
    """
    sampling = facts["sampling"]
    across, down = (_SIDE * max(pair[at] for pair in sampling) for at in (0, 1))
    dims = [(-(-facts["height_px"] * v // down), -(-facts["width_px"] * h // across)) for h, v in sampling]
    parts = [((ctypes.c_short * _CELLS) * columns * rows)() for rows, columns in dims]
    tables, numbers = ((ctypes.c_ushort * _CELLS) * _TABLES)(), (ctypes.c_short * _TABLES)()
    whole: list[Any] = [*parts, None, None][:3]
    if not ctypes.CDLL(library).read_jpeg_dct(os.fsencode(path), *whole, None, tables, numbers):
        raise OSError("libjpeg cannot read the picture")
    chosen = [list(tables[numbers[number]]) for number in range(len(sampling))]
    luma = memoryview(parts[0]).cast("B").cast("h")
    planes = [luma[_SIDE * row + column :: _CELLS].tobytes() for row, column in FREQUENCIES]
    return {**facts, "rows": dims[0][0], "columns": dims[0][1], "tables": chosen}, planes


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
