"""Reads what a laboratory states about its material, for the card and the calibration."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.errors import UsageError
from forensics.proof.card import Corpus
from forensics.proof.condition import Condition, check_condition

NOT_STATED = "not stated"
_WORDS = ("name", "licence", "collected", "covered", "not_covered", "processing", "subgroups", "domain")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Stated:
    """What is stated about the material.

    Attributes:
        words: Fields of `card.Corpus` but the digest; `not stated` where nothing is.
        conditions: What the material covers; outside, a calibration gives no number.
    """

    words: Mapping[str, str]
    conditions: tuple[Condition, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Names the fields about which nothing is stated."""
        return tuple(name for name in _WORDS if self.words[name] == NOT_STATED)

    def corpus(self, sha256: str) -> Corpus:
        """Makes the description of a corpus with this digest."""
        return Corpus(sha256=sha256, **self.words)


def read_stated(path: Path | None, *, name: str) -> Stated:
    """Reads the description of the material.

    Args:
        path: A TOML file; None where there is none.
        name: Of the material, where the file gives none.

    Raises:
        UsageError: The file cannot be read, or has another form.
    """
    told = _told(path) if path else {}
    listed = told.pop("condition", [])
    unknown = [key for key in told if key not in _WORDS]
    if unknown or not all(isinstance(value, str) for value in told.values()) or not isinstance(listed, list):
        hint = f"It has texts named {', '.join(_WORDS)}, and tables [[condition]]."
        raise UsageError(f"the description of the material has another form{_of(unknown)}", hint=hint)
    words = {key: " ".join(told.get(key, "").split()) or NOT_STATED for key in _WORDS}
    if words["name"] == NOT_STATED:
        words["name"] = name
    return Stated(words, tuple(_condition(one) for one in listed))


def _of(unknown: list[str]) -> str:
    return f": {unknown[0]}" if unknown else ""


def _told(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{path} is no TOML: {error}", hint="docs/validation.md shows its form.") from error


def _condition(told: Any) -> Condition:
    try:
        made = Condition(
            str(told["name"]), _end(told, "low"), _end(told, "high"), tuple(map(str, told.get("words", ())))
        )
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        hint = 'It has a name, and low and high, or words: ["h264"].'
        raise UsageError("the description of the material has a condition of another form", hint=hint) from error
    check_condition(made)
    return made


def _end(told: Mapping[str, Any], name: str) -> float | None:
    return float(told[name]) if name in told else None


def check_date(text: str) -> str:
    """Gives a date as it is written into cards and calibrations.

    Raises:
        UsageError: It is not of the form YYYY-MM-DD.
    """
    if not _DATE.fullmatch(text):
        raise UsageError(f"{text!r} is no date", hint="Write it as 2026-11-22.")
    return text
