"""What scores are worth: a file of likelihood ratios with their intervals and caps, never beyond what was seen."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from forensics.codec import canonical, from_json, parse, to_json
from forensics.errors import CodecError, UsageError
from forensics.proof.binomial import upper_bound
from forensics.proof.bound import cap
from forensics.proof.condition import Condition, check_condition

FORMAT_VERSION = 1

LEAST_UNITS = 10
"""Independent units of each truth that a line needs. *Source:* Peduzzi et al., J. Clin. Epidemiol. 49 (1996): ten of
the rarer outcome for each variable of a logistic regression."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Method(StrEnum):
    """How scores became likelihood ratios."""

    LOGISTIC = "logistic"
    ISOTONIC = "isotonic"


@dataclass(frozen=True, slots=True)
class About:
    """What a calibration is of.

    Attributes:
        measure: What is scored: kind of finding and value, for example `face.identity/similarity`.
        version: Version of the analyzer that scored, with its model where it has one.
        corpus: Name of the corpus.
        corpus_sha256: Its digest (`trial.corpus_digest`).
        made_on: Date as `YYYY-MM-DD`, as it was given.
        conditions: What the material covers; outside, no number is given.
    """

    measure: str
    version: str
    corpus: str
    corpus_sha256: str
    made_on: str
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Knot:
    """What one score is worth. All but the score are logarithms to base 10.

    Attributes:
        low: Lower end of the interval of `log10_lr` at 95 %.
        high: Upper end.
        cap_h1: Most that may be said for the first proposition with this score; not negative.
        cap_h2: Most that may be said for the second; not negative.
    """

    score: float
    log10_lr: float
    low: float
    high: float
    cap_h1: float
    cap_h2: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What scores are worth, with the material that says so.

    Attributes:
        h1_units: Independent units of which the first proposition is true; `h1_trials` counts dependent ones too.
        cllr: Cost in bits, each trial judged by a fit without its units; 1 or more says nothing.
        cllr_low: Lower end of its interval; None where none could be made.
        cllr_high: Upper end, likewise.
        cllr_min: Least cost that any calibration could have on the trials.
        threshold_h1: Scores from here on count as answers for the first proposition in `cap_h1`.
        threshold_h2: Scores up to here count as answers for the second in `cap_h2`.
        knots: Ascending by score, from the lowest score seen to the highest.
    """

    about: About
    method: Method
    h1_units: int
    h2_units: int
    h1_trials: int
    h2_trials: int
    cllr: float
    cllr_low: float | None
    cllr_high: float | None
    cllr_min: float
    threshold_h1: float
    threshold_h2: float
    resamples: int
    seed: int
    knots: tuple[Knot, ...]
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True, slots=True)
class Reading:
    """What a calibration says of one score; logarithms to base 10.

    Attributes:
        is_beyond: Whether the score is lower or higher than any that was seen; then the nearest one speaks.
    """

    log10_lr: float
    low: float
    high: float
    cap_h1: float
    cap_h2: float
    is_beyond: bool


def read_off(calibration: Calibration, score: float) -> Reading:
    """Reads a score off: values between knots lie on a line, caps are the smaller of the two neighbours'.

    Raises:
        UsageError: The score is not a finite number.
    """
    if not math.isfinite(score):
        raise UsageError("a score that is not finite has no likelihood ratio")
    knots = calibration.knots
    within = min(max(score, knots[0].score), knots[-1].score)
    after = next(index for index, knot in enumerate(knots) if knot.score >= within)
    right = knots[after]
    left = right if right.score == within else knots[after - 1]
    share = 0.0 if left is right else (within - left.score) / (right.score - left.score)

    def between(first: float, second: float) -> float:
        return first + share * (second - first)

    return Reading(
        between(left.log10_lr, right.log10_lr),
        between(left.low, right.low),
        between(left.high, right.high),
        min(left.cap_h1, right.cap_h1),
        min(left.cap_h2, right.cap_h2),
        score != within,
    )


def write_calibration(calibration: Calibration) -> bytes:
    """Writes a calibration as canonical JSON; its SHA-256 names it."""
    return canonical(to_json(calibration))


def digest_of(calibration: Calibration) -> str:
    """Gives the SHA-256 of the calibration's file."""
    return hashlib.sha256(write_calibration(calibration)).hexdigest()


def read_calibration(data: bytes) -> Calibration:
    """Reads a calibration.

    Raises:
        CodecError: The bytes are not a calibration of this version, or hold what no calibration can hold.
    """
    calibration: Calibration = from_json(Calibration, parse(data))
    if calibration.format_version != FORMAT_VERSION:
        raise CodecError(f"calibration of format {calibration.format_version}; this program reads {FORMAT_VERSION}")
    try:
        check_about(calibration.about)
    except UsageError as error:
        raise CodecError(f"not a calibration: {error}") from error
    if write_calibration(calibration) != data:
        raise CodecError("the calibration is not in canonical form, or has members that are not known")
    if not _is_sound(calibration):
        raise CodecError("the calibration's figures contradict each other")
    _demand_earned_caps(calibration)
    return calibration


def _demand_earned_caps(calibration: Calibration) -> None:
    """Makes sure that no score may say more than so many units without any error carry.

    Raises:
        CodecError: A cap is greater.
    """
    miss_h1, miss_h2 = (upper_bound(0, units) for units in (calibration.h1_units, calibration.h2_units))
    most_h1, most_h2 = cap(miss_h2, miss_h1), cap(miss_h1, miss_h2)
    if any(knot.cap_h1 > most_h1 or knot.cap_h2 > most_h2 for knot in calibration.knots):
        raise CodecError(
            f"a cap of the calibration is greater than {calibration.h1_units} and {calibration.h2_units} independent "
            "units carry"
        )


def check_about(about: About) -> None:
    """Checks that what a calibration is of is stated in full.

    Raises:
        UsageError: A name is missing, or date, digest or a condition has the wrong form.
    """
    for condition in about.conditions:
        check_condition(condition)
    if not (about.measure and about.version and about.corpus):
        raise UsageError("a calibration names its measure, version and corpus")
    if not _DATE.fullmatch(about.made_on) or not _DIGEST.fullmatch(about.corpus_sha256):
        raise UsageError("a calibration has a date as YYYY-MM-DD and its corpus a SHA-256 in hex")


def _is_sound(calibration: Calibration) -> bool:
    knots = calibration.knots
    is_rising = all(a.score < b.score and a.log10_lr <= b.log10_lr for a, b in pairwise(knots))
    is_nested = all(k.low <= k.log10_lr <= k.high and k.cap_h1 >= 0 and k.cap_h2 >= 0 for k in knots)
    is_enough = min(calibration.h1_units, calibration.h2_units) >= LEAST_UNITS
    is_possible = calibration.h1_trials >= calibration.h1_units and calibration.h2_trials >= calibration.h2_units
    return len(knots) > 1 and is_rising and is_nested and is_enough and is_possible and calibration.cllr >= 0
