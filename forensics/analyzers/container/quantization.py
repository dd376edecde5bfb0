"""Quantization tables of JPEG: the quality that they were made for, and who is known to write such tables."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cache

from forensics.analyzers.container.trace import catalogue

Table = tuple[int, ...]

_CELLS = 64
_LOWEST = 10
"""Cells of a table, and its lowest frequencies in zigzag order."""

_LUMA: Table = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMA: Table = (
    *(17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99),
    *(24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99),
    *(99,) * 32,
)
"""Examples of the standard, by rows, which the Independent JPEG Group scales. *Source:* ITU-T T.81, K.1 and K.2."""

_BYTE = 255


@dataclass(frozen=True, slots=True)
class Quality:
    """The quality of the Independent JPEG Group's scale that is nearest to some tables.

    Attributes:
        number: 1 to 100.
        is_exact: Whether the tables are those of this quality and no others.
        distance: Mean absolute difference of the cells.
    """

    number: int
    is_exact: bool
    distance: float


def read_tables(segment: bytes) -> dict[int, Table]:
    """Reads the tables of one DQT segment.

    Args:
        segment: Its content behind the length.

    Returns:
        Destination (0 to 3) to the 64 cells in zigzag order, as far as they are there.

    Source: ITU-T T.81, B.2.4.1.
    """
    found: dict[int, Table] = {}
    at = 0
    while at < len(segment):
        width = 2 if segment[at] >> 4 else 1
        cells = segment[at + 1 : at + 1 + _CELLS * width]
        if len(cells) < _CELLS * width:
            break
        found[segment[at] & 15] = tuple(
            int.from_bytes(cells[number : number + width]) for number in range(0, len(cells), width)
        )
        at += 1 + len(cells)
    return found


@cache
def _zigzag() -> tuple[int, ...]:
    """Gives, for each place in zigzag order, the cell by rows. *Source:* ITU-T T.81, figure A.6."""
    cells = [(row, column) for row in range(8) for column in range(8)]
    ordered = sorted(cells, key=lambda cell: (sum(cell), cell[0] if sum(cell) % 2 else cell[1]))
    return tuple(8 * row + column for row, column in ordered)


@cache
def scaled(number: int, *, is_chroma: bool) -> Table:
    """Gives the table of a quality in zigzag order.

    Args:
        number: Quality, 1 to 100.
        is_chroma: Whether of the colour differences.

    Source: Independent JPEG Group, jcparam.c, `jpeg_quality_scaling` and `jpeg_add_quant_table`.
    """
    percent = 5000 // number if number < 50 else 200 - 2 * number  # noqa: PLR2004 -- the formula of the source
    base = _CHROMA if is_chroma else _LUMA
    rows = [min(_BYTE, max(1, (cell * percent + 50) // 100)) for cell in base]
    return tuple(rows[cell] for cell in _zigzag())


def quality(tables: dict[int, Table]) -> Quality | None:
    """Finds the quality whose tables these are, else whose luminance is the nearest at the ten lowest frequencies.

    Tables of other makers rise otherwise towards the high frequencies: over all cells, strong tables of one program
    come nearest to quality 94. The lowest frequencies, compared by their ratio, tell how strong the compression is.

    Returns:
        None where there are no tables.
    """
    pairs = [(tables[number], bool(number)) for number in (0, 1) if number in tables]
    if not pairs:
        return None

    def distance(number: int) -> int:
        return sum(
            abs(cell - other)
            for table, is_chroma in pairs
            for cell, other in zip(table, scaled(number, is_chroma=is_chroma), strict=True)
        )

    def ratio(number: int) -> float:
        table, is_chroma = pairs[0]
        lowest = zip(table[:_LOWEST], scaled(number, is_chroma=is_chroma)[:_LOWEST], strict=True)
        return sum(abs(math.log(max(cell, 1) / other)) for cell, other in lowest)

    exact = next((number for number in range(100, 0, -1) if distance(number) == 0), None)
    best = exact or min(range(100, 0, -1), key=ratio)
    is_exact = exact is not None and set(tables) <= {0, 1}
    return Quality(best, is_exact, round(distance(best) / (_CELLS * len(pairs)), 2))


def digest(segments: list[bytes], sampling: str) -> str:
    """Gives the fingerprint of quantization tables and subsampling under which the catalogue lists them.

    Args:
        segments: Content of the DQT segments; of several for one destination, the last.
        sampling: Two hexadecimal digits for each component: `221111`.

    Source: ExifTool, Image::ExifTool::JPEGDigest: MD5 of the segments by their first destination, joined by a zero
        byte, and the sampling factors.
    """
    by_destination = {segment[0] & 15: segment for segment in segments if segment and segment[0] & 15 < 4}  # noqa: PLR2004
    joined = b"\0".join(by_destination[number] for number in sorted(by_destination))
    return f"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}:{sampling}"


def writers(fingerprint: str) -> list[dict[str, str]]:
    """Gives the rows of the catalogue with these tables: `name`, `kind` (`program` or `camera`) and `source`."""
    rows: list[dict[str, str]] = catalogue("quantization.toml")["table"]
    return [row for row in rows if row["digest"] == fingerprint]
