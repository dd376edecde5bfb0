"""Writes the error-rate block of a method card from the same figures that the calibration rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forensics.errors import UsageError
from forensics.proof.binomial import Rate
from forensics.proof.calibration import Calibration, digest_of
from forensics.proof.errorrate import Row, Table
from forensics.proof.roc import Estimate
from forensics.proof.trial import ANY_VARIANT, Rule

CAVEAT = (
    "Rates are for the test set and may not hold for this file; published tests show large drops on in-the-wild "
    "material (Deepfake-Eval-2024: AUC −50 % video, −48 % audio, −45 % image for open models)."
)
"""*Source:* Chandra et al., Deepfake-Eval-2024, arXiv:2503.02857, abstract."""

_RULES = {
    Rule.WORST: "A clip or comparison counts as wrong where any of its frames or variants is.",
    Rule.MAJORITY: "A clip or comparison counts as wrong where at least half of its answered frames or variants are.",
}


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a method was tested on, in words; an empty word is an error, *none* is a word.

    Attributes:
        name: Name of the data set.
        licence: Its licence.
        sha256: Its digest (`trial.corpus_digest`).
        collected: When the material was made or collected.
        covered: Kinds of generators, processes and material that it has.
        not_covered: Kinds that it is known not to have.
        processing: What was done to the material: re-encoding, resizing, screen recording.
        subgroups: For which groups of persons results are given, or that none are.
        domain: For which files the rates speak, and for which not.
    """

    name: str
    licence: str
    sha256: str
    collected: str
    covered: str
    not_covered: str
    processing: str
    subgroups: str
    domain: str


def error_rate_block(
    table: Table, corpus: Corpus, *, version: str, made_on: str, calibration: Calibration | None = None
) -> str:
    """Writes the block as Markdown.

    Args:
        table: Error rates.
        corpus: What they were measured on.
        version: Version of the method and its models.
        made_on: Date as `YYYY-MM-DD`.
        calibration: Made from the same trials; None where the method gives no numbers.

    Raises:
        UsageError: A field of the corpus is empty, or the calibration is of another corpus.
    """
    _check(corpus, calibration)
    paragraphs = [
        _corpus_lines(corpus, version=version, made_on=made_on),
        _rule_line(table),
        _table_lines(table.rows),
        _calibration_line(calibration),
        CAVEAT,
    ]
    return "\n\n".join(paragraphs) + "\n"


def _check(corpus: Corpus, calibration: Calibration | None) -> None:
    for name in corpus.__slots__:
        if not str(getattr(corpus, name)).strip():
            raise UsageError(
                f"the corpus does not say its {name}", hint="Write `none` or `not known` where that is so."
            )
    if calibration is not None and calibration.about.corpus_sha256 != corpus.sha256:
        raise UsageError("the calibration was made on another corpus than the error rates")


def _corpus_lines(corpus: Corpus, *, version: str, made_on: str) -> str:
    fields = (
        ("Data set", f"{corpus.name} (licence: {corpus.licence}; SHA-256 {corpus.sha256})"),
        ("Collected", corpus.collected),
        ("Covered", corpus.covered),
        ("Not covered", corpus.not_covered),
        ("Processing tested", corpus.processing),
        ("Subgroups", corpus.subgroups),
        ("Domain", corpus.domain),
        ("Method", f"version {version}, measured on {made_on}"),
    )
    return "\n".join(f"- {name}: {text}" for name, text in fields)


def _rule_line(table: Table) -> str:
    answers = "as the method gave them" if table.threshold is None else f"by the threshold {table.threshold:.6g}"
    return (
        f"Answers are taken {answers}. {_RULES[table.rule]} Intervals of rates are those of Clopper and Pearson at "
        f"95 %; `{ANY_VARIANT}` is all variants of a source together, each clip counted once. Comparisons that share "
        "a person are not independent: the interval is that of as many as share none. Trials without an answer are in "
        "no rate."
    )


def _table_lines(rows: Iterable[Row]) -> str:
    heads: tuple[str, ...] = (
        "source",
        "variant",
        "n H1",
        "n H2",
        "unanswered",
        "false positives",
        "false negatives",
        "AUC",
        "EER",
    )
    heads = (*heads, "Cllr", "Cllr min")
    lines = [heads, ("---",) * len(heads), *(_cells(row) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        _escaped(row.source),
        _escaped(row.variant),
        str(row.h1_units),
        str(row.h2_units),
        f"{row.unanswered} of {row.trials}",
        rate_text(row.false_positive),
        rate_text(row.false_negative),
        _estimate_text(row.area),
        _number_text(row.equal_error_rate),
        _estimate_text(row.cllr),
        _number_text(row.cllr_min),
    )


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def rate_text(rate: Rate) -> str:
    """Writes a rate with its numbers and its interval, never a rate alone."""
    if rate.low is None or rate.high is None or rate.share is None:
        return "–"
    count = rate.count
    dependent = "" if count.units == count.cases else f"; {count.units} independent"
    return f"{count.errors}/{count.cases} = {rate.share:.3f} [{rate.low:.3f}, {rate.high:.3f}{dependent}]"


def _estimate_text(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _number_text(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _calibration_line(calibration: Calibration | None) -> str:
    if calibration is None:
        return "Not calibrated: no likelihood ratio is given."
    most = max(knot.cap_h1 for knot in calibration.knots), max(knot.cap_h2 for knot in calibration.knots)
    return (
        f"Calibrated by {calibration.method} regression on {calibration.h1_units} and {calibration.h2_units} "
        f"independent units (Cllr {calibration.cllr:.3f} bits, each trial judged without its own units; least possible "
        f"{calibration.cllr_min:.3f}). The size of the material caps log10 LR at {most[0]:.2f} for H1 and "
        f"{most[1]:.2f} for H2. Calibration file: SHA-256 {digest_of(calibration)}."
    )
