"""Coefficients and tables of a JPEG picture, read by a process of its own."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics import tools
from forensics.analyzers.compression.extraction import FREQUENCIES
from forensics.errors import MediaError, ToolMissingError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SAMPLINGS = {
    ((1, 1),): "grey",
    ((1, 1), (1, 1), (1, 1)): "4:4:4",
    ((2, 1), (1, 1), (1, 1)): "4:2:2",
    ((1, 2), (1, 1), (1, 1)): "4:4:0",
    ((2, 2), (1, 1), (1, 1)): "4:2:0",
    ((4, 1), (1, 1), (1, 1)): "4:1:1",
}
"""Factors (across, down) of the components and their usual name. *Source:* ITU-T T.81, A.1.1; JFIF 1.02."""

_BYTES_PER_PIXEL = 2 * len(FREQUENCIES) / 64
"""Of the answer: sixteen bits for each coefficient, one block for 64 pixels."""

_MEMORY_BYTES = 2 << 30
"""Of the process: three components of 64 coefficients of 16 bits, twice, for the largest picture by default."""


_LIBRARY = "cjpeglib_6b.*"
"""File name of the shared library with libjpeg 6b, which jpeglib uses if it is not told otherwise."""


class Refusal(StrEnum):
    """Why no coefficients are read."""

    BROKEN = "broken"
    CODING = "coding"
    PRECISION = "precision"
    COLOUR = "colour"
    SAMPLING = "sampling"
    SIZE = "size"


class RefusedError(MediaError):
    """A picture is of a kind, or of a size, whose coefficients are not read."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"the coefficients of the picture are not read: {refusal.value}")
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Coefficients:
    """What a JPEG picture says about its coding.

    Attributes:
        width_px: Of the picture.
        height_px: Of the picture.
        coding: `baseline`, `extended` or `progressive`.
        sampling: Usual name of the subsampling, or the factors as text.
        tables: Quantisation steps of each component, 64 in rows, 1 to 65535.
        planes: Quantised coefficients of the luminance by (row, column) of the frequency; each of shape (rows, columns)
            of blocks, int16.
        complaints: What libjpeg said about damage; empty for an undamaged picture.
    """

    width_px: int
    height_px: int
    coding: str
    sampling: str
    tables: tuple[tuple[int, ...], ...]
    planes: dict[tuple[int, int], NDArray[np.int16]] = field(repr=False)
    complaints: str = ""

    def step(self, frequency: tuple[int, int]) -> int:
        """Gives the quantisation step of the luminance at a frequency."""
        return self.tables[0][8 * frequency[0] + frequency[1]]


def read(path: Path, pixel_limit: int, *, time_limit_s: float) -> Coefficients:
    """Reads the coefficients of a JPEG picture.

    Args:
        path: The picture.
        pixel_limit: Larger pictures are refused.
        time_limit_s: Seconds on the wall clock.

    Raises:
        RefusedError: The picture is of a kind, or of a size, that is not read.
        MediaError: libjpeg cannot read it.
        ToolError: The process ran out of its time, memory or output.
    """
    script = Path(__file__).with_name("extraction.py")
    command = [sys.executable, "-I", "-S", str(script), library(), str(path), str(pixel_limit)]
    output_bytes = int(pixel_limit * _BYTES_PER_PIXEL * 1.2) + (1 << 20)
    completed = tools.run(command, limits=tools.Limits(time_limit_s, _MEMORY_BYTES, output_bytes))
    line, _, rest = completed.stdout.partition(b"\n")
    if completed.returncode != 0 or not line.startswith(b"{"):
        raise MediaError("libjpeg cannot read the picture")
    header = json.loads(line)
    if "refused" in header:
        raise RefusedError(Refusal(header["refused"]))
    return unpack(header, rest, completed.stderr)


@cache
def library() -> str:
    """Finds jpeglib's shared library, which is libjpeg with a few functions around it, without importing jpeglib.

    Raises:
        ToolMissingError: jpeglib is not installed.
    """
    spec = find_spec("jpeglib")
    folders = spec.submodule_search_locations if spec else None
    found = [path for folder in folders or () for path in sorted(Path(folder, "cjpeglib").glob(_LIBRARY))]
    if not found:
        raise ToolMissingError("jpeglib is not installed.", hint="Install it: pip install jpeglib")
    return str(found[0])


def unpack(header: dict[str, Any], content: bytes, complaints: bytes) -> Coefficients:
    """Gives the coefficients from the parts of an answer.

    Args:
        header: Its first line.
        content: What follows.
        complaints: What libjpeg wrote to standard error.

    Raises:
        MediaError: The answer is not complete.
    """
    import numpy as np

    shape = (len(FREQUENCIES), header["rows"], header["columns"])
    if len(content) != 2 * shape[0] * shape[1] * shape[2]:
        raise MediaError("the coefficients of the picture are not complete")
    planes = np.frombuffer(content, "<i2").reshape(shape)
    factors = tuple((across, down) for across, down in header["sampling"])
    if len(factors) == 1:
        factors = ((1, 1),)
    return Coefficients(
        header["width_px"],
        header["height_px"],
        header["coding"],
        _SAMPLINGS.get(factors, " ".join(f"{across}x{down}" for across, down in factors)),
        tuple(tuple(table) for table in header["tables"]),
        dict(zip(FREQUENCIES, planes, strict=True)),
        "; ".join(sorted({one.strip() for one in complaints.decode("utf-8", "replace").splitlines()}))[:500],
    )
