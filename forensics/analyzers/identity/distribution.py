"""What similarity is usual: cosines of pairs whose truth is known, as numbers that are part of the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from forensics import codec
from forensics.errors import CodecError, ToolMissingError

FILE = Path(__file__).resolve().parents[2] / "data" / "calibration" / "identity-distributions.json"
"""Written by `python -m benchmarks.accuracy_identity FOLDER --write`."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """How similar pairs of one kind are.

    Attributes:
        pairs: Number of pairs of a content and a person.
        units: How many of them are independent: no two share a person.
        low: Five of 100 pairs lie below.
        median: Half of them lie below.
        high: Five of 100 pairs lie above.
        least: The lowest.
        most: The highest.
        material: What the pairs are, in words.
    """

    pairs: int
    units: int
    low: float
    median: float
    high: float
    least: float
    most: float
    material: str


@dataclass(frozen=True, slots=True)
class Distributions:
    """The kinds of pairs that a similarity is set beside.

    Attributes:
        measure: Kind of finding and value that they are of.
        version: Analyzer that measured.
        corpus: Name of the material.
        corpus_sha256: Digest of the material (docs/methods/identity.md says of what).
        made_on: Date as `YYYY-MM-DD`.
        calibration_sha256: Of the calibration file that was made of the same pairs.
        unrelated: A face and photographs of another person.
        same_person: A face and photographs of the same person.
        swapped_source: A face made by a face-swap program and the photographs it was made from.
        swapped_target: Such a face and the person whose picture it was put into.
    """

    measure: str
    version: str
    corpus: str
    corpus_sha256: str
    made_on: str
    calibration_sha256: str | None
    unrelated: Distribution
    same_person: Distribution
    swapped_source: Distribution
    swapped_target: Distribution

    def described(self) -> dict[str, Any]:
        """Gives the three kinds that stand beside a similarity, as JSON values."""
        kinds = {
            "unrelated": self.unrelated,
            "same_person": self.same_person,
            "swapped_source": self.swapped_source,
        }
        return {name: {**codec.to_json(one), "source": self.corpus} for name, one in kinds.items()}


@cache
def shipped() -> Distributions:
    """Reads the distributions that are part of the program.

    Raises:
        ToolMissingError: They are missing or damaged.
    """
    try:
        return read(FILE.read_bytes())
    except (OSError, CodecError) as error:
        hint = "Install the program again; these numbers are part of it."
        raise ToolMissingError(f"{FILE.name} cannot be read: {error}", hint=hint) from error


def read(content: bytes) -> Distributions:
    """Reads distributions from JSON.

    Raises:
        CodecError: They are not such.
    """
    value = codec.parse(content)
    if not isinstance(value, Mapping):
        raise CodecError("distributions of similarities are a JSON object")
    found: Distributions = codec.from_json(Distributions, dict(value))
    return found
