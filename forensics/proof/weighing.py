"""Weighs a measured value between two propositions: a capped likelihood ratio, or a statement without a number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from forensics.errors import UsageError
from forensics.model import Finding, Interpretation, Message, Result, Tool
from forensics.proof.calibration import Calibration, Reading, digest_of, read_off
from forensics.proof.condition import outside
from forensics.proof.proposition import Propositions, sentence
from forensics.proof.scale import (
    MOST_OF_ONE_FAMILY,
    NOT_EVALUATED,
    Rung,
    check_rung,
    check_term,
    favoured,
    refuse_banned,
    term_of,
    times,
)

WEIGHER = Tool("weighing", "1")

_HUNDREDTHS = 100
"""Logarithms are given in hundredths: 2 % of a ratio, far inside every interval that was seen."""

_FAMILIES_FOR_STRONG = 2

_SCOPE = sentence(
    "weighing.scope",
    "The number and its term weigh the findings under the two propositions. They are not the probability that either "
    "is true, and say nothing about who made the file.",
)
_RATES = sentence("weighing.rates", "The number rests on the test material and may not hold for this file.")
_UNMEASURED = sentence("weighing.unmeasured", "There is no measured value, so nothing was weighed.")
_UNCALIBRATED = sentence("weighing.uncalibrated", "The method is not calibrated, so no number is given.")
_OTHER_METHOD = sentence(
    "weighing.other_method", "The calibration is of another measure or version, so no number is given."
)
_UNINFORMATIVE = sentence(
    "weighing.uninformative", "On test material the method's numbers mislead as much as they inform, so none is given."
)
_BEYOND = sentence(
    "weighing.beyond", "The measured value lies beyond those of the test material; the nearest of these was used."
)
_SPANS = sentence("weighing.spans", "The interval of the number includes 1, so neither proposition is favoured.")
_ONE_FAMILY = sentence(
    "weighing.one_family", "Findings of one kind alone are given no more than moderately strong support."
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value of a finding that is to be weighed.

    Attributes:
        findings: References `SEQ/INDEX` of the findings that the value comes from.
        result: Result of the finding.
        measure: What was measured, as in `calibration.About`.
        version: Version of what measured, likewise.
        score: The value; None where it could not be measured.
        conditions: The file's own values of what the calibration's conditions name.
        families: Kinds of trace that the value is made of, for example `face` and `source`.
        unsuitable: Why the file cannot be examined; None where it can.
    """

    findings: tuple[str, ...]
    result: Result
    measure: str
    version: str
    score: float | None
    conditions: Mapping[str, float | str | None] = field(default_factory=dict)
    families: tuple[str, ...] = ()
    unsuitable: Message | None = None


def measurement_of(
    finding: Finding,
    reference: str,
    *,
    value: str,
    conditions: Mapping[str, float | str | None] | None = None,
    unsuitable: Message | None = None,
) -> Measurement:
    """Takes one value of a finding; its family is the first part of the finding's kind.

    Raises:
        UsageError: The value is there and is no number.
    """
    score = finding.values.get(value)
    if score is not None and (isinstance(score, bool) or not isinstance(score, int | float)):
        raise UsageError(f"{value} of {finding.kind} is no number and cannot be weighed")
    return Measurement(
        (reference,),
        finding.result,
        f"{finding.kind}/{value}",
        f"{finding.analyzer.name} {finding.analyzer.version}",
        score,
        conditions or {},
        (finding.kind.partition(".")[0],),
        unsuitable,
    )


def weigh(
    measurement: Measurement,
    propositions: Propositions,
    *,
    calibration: Calibration | None = None,
    rung: Rung | None = None,
) -> Interpretation:
    """Weighs a value between two propositions.

    Args:
        measurement: The value and the conditions under which it was measured.
        propositions: Two statements about the same thing.
        calibration: What values of this measure are worth; without it no number is given.
        rung: What is said where no number is justified; by default that nothing was weighed.

    Raises:
        UsageError: The rung says more than the finding, or a proposition has a banned phrase.
    """
    for proposition in propositions:
        refuse_banned(proposition.text)
    if rung is not None:
        check_rung(rung, measurement.result)
    blank = Interpretation(
        measurement.findings,
        propositions,
        NOT_EVALUATED if rung is None else rung.value,
        WEIGHER,
        calibration=None if calibration is None else digest_of(calibration),
    )
    if measurement.unsuitable is not None:
        return replace(blank, term=Rung.UNSUITABLE.value, limits=(measurement.unsuitable,))
    reason = _reason_for_no_number(measurement, calibration)
    if reason is not None or calibration is None or measurement.score is None:
        return replace(blank, limits=(reason or _UNCALIBRATED,))
    made = _numbered(blank, read_off(calibration, measurement.score), calibration, len(set(measurement.families)))
    check_term(made)
    return made


def _reason_for_no_number(measurement: Measurement, calibration: Calibration | None) -> Message | None:
    """Gives why no number is justified; None where one is."""
    if measurement.score is None or not math.isfinite(measurement.score):
        return _UNMEASURED
    if calibration is None:
        return _UNCALIBRATED
    if (measurement.measure, measurement.version) != (calibration.about.measure, calibration.about.version):
        return _OTHER_METHOD
    missed = outside(calibration.about.conditions, measurement.conditions)
    if missed:
        return sentence(
            "weighing.outside",
            "The file lies outside the conditions under which the method was validated, or it is not known whether it "
            "lies inside ({conditions}); so no number is given.",
            conditions=", ".join(missed),
        )
    return _UNINFORMATIVE if calibration.cllr >= 1 else None


def _numbered(blank: Interpretation, reading: Reading, calibration: Calibration, family_count: int) -> Interpretation:
    most = MOST_OF_ONE_FAMILY if family_count < _FAMILIES_FOR_STRONG else math.inf
    cap_h1, cap_h2 = _hundredths(min(reading.cap_h1, most)), _hundredths(min(reading.cap_h2, most))

    def capped(value: float) -> float:
        return min(max(value, -cap_h2), cap_h1) + 0.0  # no minus zero

    lr = capped(_hundredths(reading.log10_lr))
    interval = (min(capped(round(reading.low, 2)), lr), max(capped(round(reading.high, 2)), lr))
    term = term_of(lr, interval)
    cap = cap_h1 if reading.log10_lr > 0 else cap_h2
    is_capped = abs(reading.log10_lr) > cap
    limits = (
        _SCOPE,
        _RATES,
        *((_capped_message(cap, calibration),) if is_capped and cap < most else ()),
        *((_ONE_FAMILY,) if is_capped and cap == most else ()),
        *((_BEYOND,) if reading.is_beyond else ()),
        *((_SPANS,) if interval[0] <= 0 <= interval[1] else ()),
    )
    return replace(
        blank,
        term=term,
        favours=favoured(lr, term),
        log10_lr=lr,
        log10_interval=interval,
        log10_cap=cap,
        limits=limits,
    )


def _capped_message(cap: float, calibration: Calibration) -> Message:
    return sentence(
        "weighing.capped",
        "Test material of {h1_units} and {h2_units} independent units supports no greater number than {times}.",
        h1_units=calibration.h1_units,
        h2_units=calibration.h2_units,
        times=times(cap),
    )


def _hundredths(value: float) -> float:
    """Cuts a logarithm to hundredths towards 0, so that it never says more than the value."""
    return math.trunc(value * _HUNDREDTHS + math.copysign(1e-9, value)) / _HUNDREDTHS
