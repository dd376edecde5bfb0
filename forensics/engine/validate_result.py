"""Turns answers to labelled media into rates, a calibration, pictures and the card's block."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from forensics.engine.validate_trial import Answered
from forensics.errors import UsageError
from forensics.proof import plot
from forensics.proof.calibration import About, Calibration
from forensics.proof.cost import entropy_curve, neutral_curve
from forensics.proof.errorrate import DIGITS, Row, Table, as_json, table_of
from forensics.proof.fitting import calibrate, held_out
from forensics.proof.roc import equal_error_rate, estimate_area, roc_curve, tippett_curves
from forensics.proof.sample import sample_of
from forensics.proof.trial import ANY_VARIANT, Trial, count_units

_CURVES = 3
"""Sources in one picture; there are no more colours beside that of chance."""

_UNEVEN = 0.1
"""Difference between the shares of either truth that have a score, from which on it is said."""


@dataclass(frozen=True, slots=True)
class Result:
    """What labelled media say about a method.

    Attributes:
        table: Error rates per source and condition.
        calibration: What scores are worth; None where that cannot be said.
        no_calibration: Why not; empty where there is one.
        judged: Trials with log10 likelihood ratios as scores, each by a fit without its units.
        notes: What a reader must know, in sentences.
    """

    table: Table
    calibration: Calibration | None
    no_calibration: str
    judged: tuple[Trial, ...]
    notes: tuple[str, ...]


def result_of(answered: Sequence[Answered], about: About | None, *, threshold: float | None = None) -> Result:
    """Computes rates and, where the scores allow it, a calibration.

    Args:
        answered: Rows with their answers.
        about: What the scores are, on what, when; None where there is no score.
        threshold: Score from which on a row is answered for the first proposition; None for the method's own answers.
    """
    trials = [one.trial for one in answered]
    calibration, reason = None, "the measure has no score"
    if about is not None:
        try:
            calibration, reason = calibrate(trials, about, threshold=threshold), ""
        except UsageError as error:
            reason = f"{error}. {error.hint}".strip()
    judged = held_out(trials, calibration.method) if calibration else ()
    table = table_of(trials, threshold=threshold, ratios=judged)
    return Result(table, calibration, reason, judged, tuple(_notes(trials, table, has_score=about is not None)))


def _notes(trials: Sequence[Trial], table: Table, *, has_score: bool) -> Iterator[str]:
    one_sided = _one_sided(trials)
    if one_sided and len({trial.is_h1 for trial in trials}) > 1:
        yield (
            f"Only one truth occurs in {', '.join(one_sided)}, and in films, persons or cameras that occur there: the "
            "calibration may measure the difference between the sources and not what the method is for."
        )
    shares = [_scored(trials, is_h1=truth) for truth in (True, False)]
    if has_score and None not in shares and abs((shares[0] or 0) - (shares[1] or 0)) > _UNEVEN:
        yield (
            f"{shares[0]:.0%} of the H1 rows and {shares[1]:.0%} of the H2 rows have a score. AUC, Cllr and the "
            "calibration speak of these alone."
        )
    if all(row.unanswered == row.trials for row in table.rows):
        yield "No row has an answer, so there are no error rates; --threshold gives answers by the score."


def _one_sided(trials: Sequence[Trial]) -> list[str]:
    """Names sources of one truth that have a unit which does not occur with the other truth anywhere."""
    sources: dict[str, set[bool]] = defaultdict(set)
    units: dict[str, set[bool]] = defaultdict(set)
    for trial in trials:
        sources[trial.source].add(trial.is_h1)
        for unit in trial.units:
            units[unit].add(trial.is_h1)
    alone = {trial.source for trial in trials if any(len(units[unit]) == 1 for unit in trial.units)}
    return sorted(source for source, truths in sources.items() if len(truths) == 1 and source in alone)


def _scored(trials: Sequence[Trial], *, is_h1: bool) -> float | None:
    having = [trial.score is not None for trial in trials if trial.is_h1 is is_h1]
    return sum(having) / len(having) if having else None


def counts_of(answered: Sequence[Answered]) -> dict[str, int]:
    """Counts rows, independent units of either truth, and what has no answer or score."""
    trials = [one.trial for one in answered]
    h1, h2 = ([trial for trial in trials if trial.is_h1 is truth] for truth in (True, False))
    return {
        "rows": len(trials),
        "h1_rows": len(h1),
        "h2_rows": len(h2),
        "h1_units": count_units(h1),
        "h2_units": count_units(h2),
        "undecided": sum(one.answer.answer is None and not one.answer.is_failed for one in answered),
        "failed": sum(one.answer.is_failed for one in answered),
        "unscored": sum(trial.score is None for trial in trials),
    }


def answers_of(answered: Sequence[Answered]) -> list[dict[str, object]]:
    """Counts what was answered, word for word, per source, condition and truth."""
    counted = Counter(
        (
            one.row.source,
            one.row.condition,
            "h1" if one.row.is_h1 else "h2",
            "not examined" if one.answer.is_failed else one.answer.seen,
        )
        for one in answered
    )
    names = ("source", "condition", "truth", "answer")
    return [{**dict(zip(names, key, strict=True)), "rows": count} for key, count in sorted(counted.items())]


def answer_lines(answered: Sequence[Answered]) -> Iterator[str]:
    """Writes what was answered about each source, all conditions together, one line for each truth."""
    counted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in answered:
        truth = "H1" if one.row.is_h1 else "H2"
        counted[one.row.source, truth]["not examined" if one.answer.is_failed else one.answer.seen] += 1
    for (source, truth), answers in sorted(counted.items()):
        yield f"{source}, {truth}: " + ", ".join(f"{count} {answer}" for answer, count in sorted(answers.items()))


def reasons_of(answered: Sequence[Answered]) -> list[dict[str, object]]:
    """Counts why rows have no answer, the most frequent first."""
    counted = Counter((one.answer.reason, one.answer.is_failed) for one in answered if one.answer.reason)
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [{"reason": reason, "not_examined": is_failed, "rows": count} for (reason, is_failed), count in ordered]


def pictures_of(answered: Sequence[Answered], result: Result, *, title: str) -> dict[str, bytes]:
    """Draws ROC curves per source and, of calibrated ratios, Tippett curves and cross-entropy, as PNG by file name."""
    made = dict(_roc_charts(answered, title))
    sample = sample_of(result.judged)
    if sample.is_two_sided:
        steps = tippett_curves(sample.scores, sample.is_h1, weights=sample.weights)
        made["tippett.png"] = plot.tippett_chart(steps, title=f"Tippett: {title}")
        curves = (
            plot.Curve("method", entropy_curve(sample.scores, sample.is_h1, weights=sample.weights)),
            plot.Curve("says nothing", neutral_curve()),
        )
        made["entropy.png"] = plot.entropy_chart(curves, title=f"Cross-entropy: {title}")
    return made


def _roc_charts(answered: Sequence[Answered], title: str) -> Iterator[tuple[str, bytes]]:
    sources: dict[str, list[Trial]] = defaultdict(list)
    for one in answered:
        sources[one.row.source].append(one.trial)
    samples = {source: sample_of(trials) for source, trials in sorted(sources.items())}
    curves = [plot.Curve(name[:14], roc_curve(sample)) for name, sample in samples.items() if sample.is_two_sided]
    everything = sample_of(one.trial for one in answered)
    if not curves and everything.is_two_sided:
        curves = [plot.Curve("all sources", roc_curve(everything))]
    for start in range(0, len(curves), _CURVES):
        name = "roc.png" if start == 0 else f"roc-{start // _CURVES + 1}.png"
        yield name, plot.roc_chart(curves[start : start + _CURVES], title=f"ROC: {title}")


def pooled_of(answered: Sequence[Answered]) -> dict[str, object] | None:
    """Gives area and equal error rate over all sources; None where the scores are of one truth or there are none.

    Sources differ, so that these figures depend on how much of each there is; the table has them per source.
    """
    sample = sample_of(one.trial for one in answered)
    rate = equal_error_rate(sample)
    return None if rate is None else {"area": as_json(estimate_area(sample)), "equal_error_rate": round(rate, DIGITS)}


def text_of(rows: Sequence[Row], answered: Sequence[Answered]) -> Iterator[str]:
    """Writes the table as lines of text, columns aligned."""
    from forensics.proof.card import rate_text

    failed = Counter((one.row.source, one.row.condition) for one in answered if one.answer.is_failed)
    failed.update((one.row.source, ANY_VARIANT) for one in answered if one.answer.is_failed)
    heads = ("source", "condition", "units H1/H2", "rows", "no answer", "not examined")
    lines: list[tuple[str, ...]] = [(*heads, "false positives", "false negatives", "AUC", "EER", "Cllr")]
    for row in rows:
        numbers = (row.area and row.area.value, row.equal_error_rate, row.cllr and row.cllr.value)
        place = row.source, row.variant
        cells = (f"{row.h1_units}/{row.h2_units}", str(row.trials), str(row.unanswered), str(failed[place]))
        rates = (rate_text(row.false_positive), rate_text(row.false_negative))
        lines.append((*place, *cells, *rates, *("–" if one is None else f"{one:.3f}" for one in numbers)))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def calibration_text(result: Result) -> str:
    """Says in a sentence what the calibration is, or why there is none."""
    made = result.calibration
    if made is None:
        return f"No calibration: {result.no_calibration}"
    most: Mapping[str, float] = {
        "H1": max(knot.cap_h1 for knot in made.knots),
        "H2": max(knot.cap_h2 for knot in made.knots),
    }
    worth = "; it says nothing, so it gives no number" if made.cllr >= 1 else ""
    return (
        f"Calibration: {made.method}, {made.h1_units} and {made.h2_units} independent units, Cllr {made.cllr:.3f} bits "
        f"(least possible {made.cllr_min:.3f}){worth}; log10 LR at most {most['H1']:.2f} for H1 and "
        f"{most['H2']:.2f} for H2"
    )
