"""Error rates of a method per source and variant, with how many independent units stand behind each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from forensics.codec import to_json
from forensics.proof.binomial import Rate, rate
from forensics.proof.cost import cllr, cllr_min
from forensics.proof.roc import Estimate, equal_error_rate, estimate_area, resampled_estimate
from forensics.proof.sample import SEED, Sample, interval_of, sample_of
from forensics.proof.trial import ANY_VARIANT, Rule, Trial, answered, count_errors, count_units

DIGITS = 4
"""Decimals of printed figures: rates of ten thousand units."""


@dataclass(frozen=True, slots=True)
class Row:
    """How a method did on one source under one variant.

    Attributes:
        source: Where the material comes from.
        variant: What was done to it; `*` for all variants together, a clip still being one unit.
        h1_units: Independent units of which the first proposition is true.
        h2_units: Independent units of which the second is true.
        trials: Number of trials, dependent ones included.
        unanswered: Trials without an answer; they are in no rate.
        false_positive: Answers for the first proposition where the second is true.
        false_negative: Answers for the second where the first is true.
        area: Area under the ROC curve; None without scores of both truths.
        equal_error_rate: None likewise.
        cllr: Cost of the likelihood ratios, in bits; None where none were given.
        cllr_min: Least cost that any calibration of the scores could have here.
    """

    source: str
    variant: str
    h1_units: int
    h2_units: int
    trials: int
    unanswered: int
    false_positive: Rate
    false_negative: Rate
    area: Estimate | None = None
    equal_error_rate: float | None = None
    cllr: Estimate | None = None
    cllr_min: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Error rates with the rule by which they were counted.

    Attributes:
        threshold: Score from which on a trial was answered for the first proposition; None where the method answers.
    """

    rule: Rule
    threshold: float | None
    rows: tuple[Row, ...]


def table_of(
    trials: Sequence[Trial],
    *,
    threshold: float | None = None,
    ratios: Sequence[Trial] = (),
    rule: Rule = Rule.WORST,
    seed: int = SEED,
) -> Table:
    """Computes error rates per source and variant, and per source over all its variants; never over several sources.

    Args:
        trials: With answers, or with scores and a threshold.
        threshold: Score from which on a trial is answered for the first proposition.
        ratios: The trials again with log10 likelihood ratios as scores, best those of `fitting.held_out`.
        rule: How the trials of one unit become one answer.
        seed: Of the resampling.
    """
    judged = trials if threshold is None else answered(trials, threshold)
    costs = _grouped(ratios)
    rows = [_row(place, group, costs.get(place, []), rule, seed) for place, group in sorted(_grouped(judged).items())]
    return Table(rule, threshold, tuple(rows))


def _grouped(trials: Iterable[Trial]) -> dict[tuple[str, str], list[Trial]]:
    groups: dict[tuple[str, str], list[Trial]] = defaultdict(list)
    variants: dict[str, set[str]] = defaultdict(set)
    for trial in trials:
        groups[trial.source, trial.variant].append(trial)
        groups[trial.source, ANY_VARIANT].append(trial)
        variants[trial.source].add(trial.variant)
    return {place: group for place, group in groups.items() if place[1] != ANY_VARIANT or len(variants[place[0]]) > 1}


def _row(place: tuple[str, str], trials: Sequence[Trial], ratios: Sequence[Trial], rule: Rule, seed: int) -> Row:
    sample = sample_of(trials)
    h1, h2 = ([trial for trial in trials if trial.is_h1 is truth] for truth in (True, False))
    return Row(
        place[0],
        place[1],
        count_units(h1),
        count_units(h2),
        len(trials),
        sum(trial.answer is None for trial in trials),
        _rate(h2, rule),
        _rate(h1, rule),
        estimate_area(sample, seed=seed),
        equal_error_rate(sample),
        cost_of(sample_of(ratios), seed=seed),
        cllr_min(sample.scores, sample.is_h1, weights=sample.weights) if sample.is_two_sided else None,
    )


def _rate(trials: Sequence[Trial], rule: Rule) -> Rate:
    given = [trial for trial in trials if trial.answer is not None]
    return rate(count_errors(given, lambda trial: trial.answer is not trial.is_h1, rule=rule))


def cost_of(ratios: Sample, *, seed: int = SEED) -> Estimate | None:
    """Estimates Cllr of log10 likelihood ratios, its interval by resampling units; None where one truth is missing."""
    if not ratios.is_two_sided:
        return None
    value = cllr(ratios.scores, ratios.is_h1, weights=ratios.weights)
    ends = interval_of(ratios, lambda weights: cllr(ratios.scores, ratios.is_h1, weights=weights), seed=seed)
    return resampled_estimate(value, ends)


def as_json(value: Any) -> Any:
    """Turns tables, rows and curves into JSON values, floats rounded to `DIGITS` decimals."""
    return _rounded(to_json(value))


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_rounded(member) for member in value]
    return round(value, DIGITS) if isinstance(value, float) else value
