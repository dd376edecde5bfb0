"""One trace that a program, device or encoder left in a file, and the catalogues that traces are looked up in."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

STATED = "stated"
MEASURED = "measured"
CONSISTENT = "consistent_with"
"""How much a trace says: a text in the file names it; it was read or measured as a fact; or it only fits."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What a program, device or encoder left.

    Attributes:
        what: What it is a trace of: `x264`, `Lavf`, `JPEG quantization tables`.
        value: What was read or measured.
        place: Where it lies.
        offset: Of its first byte; None for what lies in several places.
        meaning: What is known about it, in English.
        strength: `stated`, `measured` or `consistent_with`.
        details: Further values, with units in their names.
    """

    what: str
    value: str
    place: str
    offset: int | None
    meaning: str = ""
    strength: str = STATED
    details: dict[str, Any] | None = None

    def as_values(self) -> dict[str, Any]:
        """Gives what a record keeps of it."""
        row = {
            "what": self.what,
            "value": self.value,
            "place": self.place,
            "offset": self.offset,
            "meaning": self.meaning,
            "strength": self.strength,
        }
        return row | ({"details": self.details} if self.details else {})


@cache
def catalogue(name: str) -> dict[str, Any]:
    """Reads a catalogue of the folder `forensics/data`, once."""
    return tomllib.loads(files("forensics").joinpath("data", name).read_text("utf-8"))
