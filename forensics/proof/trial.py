"""Trials with known truth, and what of them is independent: one clip is one unit, whatever is made of it."""

from __future__ import annotations

import csv
import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from forensics.errors import UsageError
from forensics.model import Result
from forensics.proof.binomial import Count

ANY_VARIANT = "*"
"""Stands for all variants together."""

_TRUTH = {"h1": True, "1": True, "h2": False, "0": False}
_ANSWER = {"": None, Result.FOUND: True, Result.NOT_FOUND: False, Result.INDETERMINATE: None}
_NEEDED = ("source", "clip", "label")


class Rule(StrEnum):
    """How the trials with the same units become one answer.

    `WORST`: wrong where any of them is. `MAJORITY`: wrong where at least half of those with an answer are.
    """

    WORST = "worst"
    MAJORITY = "majority"


@dataclass(frozen=True, slots=True)
class Trial:
    """One measurement on material whose truth is known.

    Attributes:
        source: Where the material comes from, for example a data set; rates are given per source.
        clip: The clip or picture, before any variant was made of it.
        variant: What was done to it: `original`, `crf35`, `mirror`, …
        is_h1: Whether the first proposition is true of it.
        units: What else of the material shares its chance: by default the clip. Trials that share a unit are never
            counted as independent; a comparison of two persons has two units.
        score: The measured value, higher for the first proposition; None where there is none.
        answer: Whether the method answered for the first proposition; None where it gave no answer.
    """

    source: str
    clip: str
    variant: str
    is_h1: bool
    units: tuple[str, ...]
    score: float | None = None
    answer: bool | None = None


def read_trials(lines: Iterable[str]) -> tuple[Trial, ...]:
    """Reads trials from CSV with a header.

    Args:
        lines: Columns `source`, `clip`, `label` (`h1` or `h2`), and as wanted `variant`, `score`, `result` (`FOUND`,
            `NOT_FOUND`, `INDETERMINATE`) and `units` (names with `|` between them; by default source and clip).

    Raises:
        UsageError: A column is missing, or a row cannot be read; the message has its number, counted from 1.
    """
    rows = csv.DictReader(lines)
    missing = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        raise UsageError(f"the table of trials has no column {missing[0]}", hint=f"Needed are {', '.join(_NEEDED)}.")
    try:
        return tuple(_trial(row, number) for number, row in enumerate(rows, start=1))
    except csv.Error as error:
        raise UsageError(f"the table of trials is no CSV: {error}") from error


def _trial(row: Mapping[str, str | None], number: int) -> Trial:
    cells = {name: (row.get(name) or "").strip() for name in (*_NEEDED, "variant", "score", "result", "units")}
    label, result = cells["label"].lower(), cells["result"].upper()
    if label not in _TRUTH or result not in _ANSWER or not (cells["source"] and cells["clip"]):
        raise UsageError(
            f"row {number} of the table of trials cannot be read",
            hint="It needs source, clip, label h1 or h2, and result FOUND, NOT_FOUND, INDETERMINATE or nothing.",
        )
    units = tuple(sorted({unit.strip() for unit in cells["units"].split("|") if unit.strip()}))
    return Trial(
        cells["source"],
        cells["clip"],
        cells["variant"] or "original",
        _TRUTH[label],
        units or (f"{cells['source']}/{cells['clip']}",),
        _score(cells["score"], number),
        _ANSWER[result],
    )


def _score(text: str, number: int) -> float | None:
    try:
        score = float(text) if text else None
    except ValueError as error:
        raise UsageError(f"row {number} of the table of trials has a score that is no number: {text[:40]!r}") from error
    if score is not None and not math.isfinite(score):
        raise UsageError(f"row {number} of the table of trials has a score that is not finite")
    return score


def answered(trials: Iterable[Trial], threshold: float) -> tuple[Trial, ...]:
    """Answers every trial by its score: for the first proposition from the threshold on; None where it has no score."""
    return tuple(replace(trial, answer=None if trial.score is None else trial.score >= threshold) for trial in trials)


def count_errors(trials: Sequence[Trial], errs: Callable[[Trial], bool], *, rule: Rule = Rule.WORST) -> Count:
    """Counts errors among trials of one truth, trials with the same units together being one case.

    Where each trial has one unit, the cases are the units and independent. Where trials have several, the cases are the
    different comparisons, and independent are as many as can be picked so that no two share a unit: n persons, each
    compared with each, give n / 2.

    Source: n / 2 is the effective size of a mean over pairs in Hoeffding, J. Am. Stat. Assoc. 58 (1963), section 5.
    """
    wrong: dict[tuple[str, ...], list[bool]] = defaultdict(list)
    for trial in trials:
        wrong[trial.units].append(errs(trial))
    if rule is Rule.WORST:
        errors = sum(any(each) for each in wrong.values())
    else:
        errors = sum(2 * sum(each) >= len(each) for each in wrong.values())
    return Count(errors, len(wrong), count_disjoint(wrong))


def count_units(trials: Iterable[Trial]) -> int:
    """Counts independent units among trials of one truth."""
    return count_disjoint({trial.units for trial in trials})


def count_disjoint(cases: Collection[tuple[str, ...]]) -> int:
    """Counts cases of which no two share a unit.

    Those are picked first whose units occur least, which gives a safe number, if not always the greatest.
    """
    if all(len(units) == 1 for units in cases):
        return len(cases)
    often = Counter(unit for units in cases for unit in units)
    taken: set[str] = set()
    count = 0
    for units in sorted(cases, key=lambda units: (sum(often[unit] for unit in units), units)):
        if taken.isdisjoint(units):
            taken.update(units)
            count += 1
    return count


def corpus_digest(files: Mapping[str, str]) -> str:
    """Gives the digest of a corpus from the SHA-256 of its files by their paths.

    It is that of what `sha256sum` prints for the files, sorted by bytes (`LC_ALL=C sort`), so that anyone can check it.
    """
    lines = sorted(f"{digest}  {path}\n".encode() for path, digest in files.items())
    return hashlib.sha256(b"".join(lines)).hexdigest()
