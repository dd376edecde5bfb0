"""The calibration files that the program ships, found by the digest that a weighing names."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from forensics.codec import parse
from forensics.errors import CodecError
from forensics.proof.calibration import Calibration, read_calibration
from forensics.reporter.reading import Spread, distribution

FOLDER = Path(__file__).parents[1] / "data" / "calibration"
DISTRIBUTIONS = FOLDER / "identity-distributions.json"
"""Similarities of pairs whose truth is known (docs/methods/identity.md)."""


def calibration_of(sha256: str) -> Calibration | None:
    """Gives the shipped calibration whose file has a digest; None where it is another, for example a laboratory's."""
    return _shipped().get(sha256)


def usual(kind: str) -> Spread | None:
    """Gives median and range of the similarities of one kind of pairs, for example `unrelated`.

    Returns:
        None where the program ships none.
    """
    found = distribution(_usual(), kind)
    return found[0] if found else None


@cache
def _usual() -> object:
    try:
        return parse(DISTRIBUTIONS.read_bytes())
    except (OSError, CodecError):
        return None


@cache
def _shipped() -> dict[str, Calibration]:
    found = {}
    for path in sorted(FOLDER.glob("*.json")):
        data = path.read_bytes()
        try:
            found[hashlib.sha256(data).hexdigest()] = read_calibration(data)
        except CodecError:
            continue
    return found
