"""What findings weigh between two propositions: the number with interval and cap, the whole scale, or the ladder."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from string import Formatter

from forensics.errors import UsageError
from forensics.model import Committed, Interpretation
from forensics.proof.calibration import Calibration
from forensics.proof.scale import NOT_EVALUATED, TERMS, Rung, check_term, times
from forensics.reporter.blocks import Block, Column, Pairs, Paragraph, Result, Table
from forensics.reporter.calibrated import calibration_of
from forensics.reporter.evidence import Said
from forensics.reporter.facts import Observation
from forensics.reporter.front import kind_name
from forensics.reporter.masking import Setting
from forensics.reporter.wording import Words

SYNTHESIS = "proposition.face-synthesised."
"""Beginning of the ids of the propositions for which there is a sentence of their own."""


def weight(found: Observation, setting: Setting) -> Iterator[Block]:
    """Gives everything that an observation was weighed to; nothing where it was not."""
    refs = (found.ref, *found.repeats)
    seen: dict[str, Committed[Interpretation]] = {}
    for ref in refs:
        seen.update({one.ref: one for one in setting.weighed.get(ref, ())})
    kinds = [kind_name(found.finding.kind, setting.words)]
    for one in _newest(seen.values()):
        yield from interpretation(one, kinds, setting)


def weighed_said(found: Observation, setting: Setting) -> Said:
    """Writes in a few words what an observation was weighed to: ratio and term, or the rung of the ladder."""
    words = setting.words
    said = []
    for one in _newest(setting.weighed.get(found.ref, ())):
        record = one.record
        if record.log10_lr is None or not _is_sound(record):
            known = words.has(f"scale.{record.term}") and _is_sound(record)
            said.append(words.show(record.term) if known else words.say(f"weight.{_state(record)}"))
        else:
            term, side = words.say(f"scale.{record.term}"), (record.favours or "").upper()
            about = words.say("weight.about", n=ratio(record.log10_lr, words))
            said.append(words.join(filter(None, [about, term, side]), words.say("word.clause")))
    return words.join(said, words.say("word.semicolon")) or words.say("scale.not_evaluated")


def _newest(found: Iterable[Committed[Interpretation]]) -> list[Committed[Interpretation]]:
    """Keeps, of weighings between the same propositions by the same calibration, the one that was made last.

    Those by other calibrations are all kept: whoever weighs again until a number pleases must not hide the others.
    """
    kept: dict[tuple[str, str, str | None], Committed[Interpretation]] = {}
    for one in found:
        first, second = one.record.propositions
        kept[first.id, second.id, one.record.calibration] = one
    return list(kept.values())


def interpretation(one: Committed[Interpretation], kinds: list[Said], setting: Setting) -> Iterator[Block]:
    """Gives one weighing: propositions, number or rung, the sentence, the printed scale, limits, error rates.

    Scale, limits and error rates stand in full with the first weighing that has them; the others say with which.
    """
    record, words = one.record, setting.words
    yield Paragraph(words.say("weight.title"), "strong")
    yield Result(words.say(f"weight.{_state(record)}"), words.say("scale.title"), words.say("word.record", ref=one.ref))
    first, second = record.propositions
    rows = [
        (words.say("scale.h1"), words.sentence(first)),
        (words.say("scale.h2"), words.sentence(second)),
        *_number_rows(record, words),
    ]
    yield Pairs(tuple(rows), "values", is_kept=True)
    yield Paragraph(_sentence(record, kinds, words), label=words.label("weight.says"))
    yield from _printed(one, setting)
    limits = [words.sentence(limit) for limit in record.limits]
    if limits:
        key = "weight.limits" if _is_sound(record) and record.log10_lr is not None else "weight.why_none"
        text = setting.once(key, words.join(limits, words.say("word.sentence_space")), ref=one.ref)
        yield Paragraph(text, "note", words.label(key))
    yield from _error_rates(one, setting)


def _is_sound(record: Interpretation) -> bool:
    """Whether the term is the one that the number has: it is never taken from the record unchecked."""
    try:
        check_term(record)
    except UsageError:
        return False
    return True


def _state(record: Interpretation) -> str:
    if not _is_sound(record):
        return "refused"
    return "weighed" if record.log10_lr is not None else "no_number"


def _number_rows(record: Interpretation, words: Words) -> Iterator[tuple[Said, Said]]:
    lr, interval, cap = record.log10_lr, record.log10_interval, record.log10_cap
    if lr is None or interval is None or cap is None or not _is_sound(record):
        return
    yield words.say("scale.likelihood_ratio"), words.say("weight.about", n=ratio(lr, words))
    yield words.say("weight.interval"), _interval_said(interval, words)
    yield words.say("weight.cap"), words.number(times(cap))
    yield words.say("scale.head_term"), words.say(f"scale.{record.term}")


def _interval_said(interval: tuple[float, float], words: Words) -> Said:
    """Writes an interval; one that the cap cut to a point is said to be so, since it would look like precision."""
    if interval[0] == interval[1]:
        return words.say("weight.interval_cut")
    low, high = (ratio(one, words) for one in interval)
    return words.say("word.range", first=low, last=high)


def ratio(log10: float, words: Words) -> Said:
    """Writes a likelihood ratio: 12 or, below one, 1/12; never more than the number has."""
    if abs(log10) < math.log10(2):
        return words.decimal(10**log10, 1)
    number = words.number(times(log10))
    return number if log10 >= 0 else words.say("weight.inverse", n=number)


def _sentence(record: Interpretation, kinds: list[Said], words: Words) -> Said:
    if not _is_sound(record):
        return words.say("weight.refused_text")
    if record.log10_lr is None:
        return _rung_said(record, kinds, words)
    if record.favours is None:
        return words.say("scale.sentence_neither")
    term, number = words.say(f"scale.{record.term}"), words.number(times(record.log10_lr))
    is_synthesis = record.propositions[0].id.startswith(SYNTHESIS) and record.favours == "h1"
    return words.say(
        "scale.sentence_synthesis" if is_synthesis else f"scale.sentence_{record.favours}", n=number, term=term
    )


def _rung_said(record: Interpretation, kinds: list[Said], words: Words) -> Said:
    """Gives the statement of the ladder; what it wants filled in is said, or said to be not recorded."""
    if record.term == NOT_EVALUATED:
        return words.say("weight.not_evaluated")
    missing = words.say("word.not_recorded")
    space = words.say("word.sentence_space")
    reasons = words.join((words.sentence(one) for one in record.limits), space) or missing
    values = {"reason": reasons, "methods": words.listed(kinds), "declarer": missing, "verified": missing}
    return words.say(f"scale.{record.term}", **values)


def _printed(one: Committed[Interpretation], setting: Setting) -> Iterator[Block]:
    """Gives the scale, or the ladder where there is no number, whole, with the row of this weighing marked.

    A row that is already marked on a page before is not marked again: that page is named.
    """
    record, words = one.record, setting.words
    is_number = record.log10_lr is not None and _is_sound(record)
    marked = record.term if _is_sound(record) else ""
    about = f"{'scale' if is_number else 'ladder'} {marked}"
    if not setting.is_first(about, ref=one.ref):
        key = "weight.scale_at" if is_number else "weight.ladder_at"
        yield Paragraph(words.say(key, ref=setting.printed[about, ""]), "note")
    elif is_number:
        yield Paragraph(words.say("scale.intro"), "note")
        yield scale_table(words, marked=marked)
        yield Paragraph(words.say("scale.mirror"), "note")
    else:
        yield Paragraph(words.say("scale.ladder_intro"), "note")
        yield ladder(words, marked=marked)
        yield Paragraph(words.say("scale.history"), "note")


def scale_table(words: Words, *, marked: str = "") -> Table:
    """Gives the printed scale, the strongest first."""
    columns = (
        Column(words.say("scale.head_range"), 36),
        Column(words.say("scale.head_term"), 40, "strong"),
        Column(words.say("weight.column_here"), 24),
    )
    rows = tuple(
        (words.say(f"scale.range_{name}"), words.say(f"scale.{name}"), _mark(name == marked, words))
        for _, name in reversed(TERMS)
    )
    return _key(columns, rows, has_mark=bool(marked))


def keys(found: Iterable[Observation], setting: Setting) -> Iterator[Block]:
    """Gives the scale and the ladder beneath a table of weighings, as far as it needs them."""
    words = setting.words
    records = [one.record for seen in found for one in setting.weighed.get(seen.ref, ())]
    if any(record.log10_lr is not None for record in records):
        yield Paragraph(words.say("scale.intro"), "note")
        yield scale_table(words)
        yield Paragraph(words.say("scale.mirror"), "note")
    if any(record.log10_lr is None and record.term != NOT_EVALUATED for record in records):
        yield Paragraph(words.say("scale.ladder_intro"), "note")
        yield ladder(words)


def ladder(words: Words, *, marked: str = "") -> Table:
    """Gives the statements that stand where there is no number."""
    columns = (
        Column(words.say("weight.column_rung"), 10, "strong"),
        Column(words.say("weight.column_statement"), 66),
        Column(words.say("weight.column_here"), 24),
    )
    rows = tuple(
        (words.show(rung.value), _bare(rung.value, words), _mark(rung.value == marked, words)) for rung in Rung
    )
    return _key(columns, rows, has_mark=bool(marked))


def _key(columns: tuple[Column, ...], rows: tuple[tuple[Said, ...], ...], *, has_mark: bool) -> Table:
    """Makes the table of a scale; without the column of marks where none of its rows is marked."""
    if has_mark:
        return Table(columns, rows, "compact", is_kept=True)
    return Table(columns[:-1], tuple(row[:-1] for row in rows), "compact", is_kept=True)


def _bare(rung: str, words: Words) -> Said:
    """Gives a statement of the ladder with dots where something would be filled in."""
    template = words.texts[f"scale.{rung}"]
    names = {name for _, name, _, _ in Formatter().parse(str(template)) if name}
    return words.say(f"scale.{rung}", **dict.fromkeys(names, Said("...")))


def _mark(is_marked: bool, words: Words) -> Said:  # noqa: FBT001 - the one thing it is about
    return words.say("weight.here") if is_marked else Said("")


def _error_rates(one: Committed[Interpretation], setting: Setting) -> Iterator[Block]:
    """Gives what the number rests on: the material, its size, its cost, and that it may not hold for this file."""
    digest, words = one.record.calibration, setting.words
    if digest is None:
        return
    yield Paragraph(words.say("scale.calibration", digest=digest), "note")
    known = calibration_of(digest)
    if known is None:
        yield Paragraph(words.say("weight.calibration_elsewhere"), "note")
    elif setting.is_first(f"calibration {digest}", ref=one.ref):
        yield Pairs(tuple(_calibration_rows(known, words)), "dense")
    else:
        yield Paragraph(words.say("weight.rates_at", ref=setting.printed[f"calibration {digest}", ""]), "note")
    if setting.is_first("caveat", ref=one.ref):
        yield Paragraph(words.say("weight.caveat"), "note")


def _calibration_rows(known: Calibration, words: Words) -> Iterator[tuple[Said, Said]]:
    about = known.about
    yield words.say("weight.measure"), words.join([about.measure, about.version], words.say("word.clause"))
    corpus = words.say("weight.corpus_text", name=about.corpus, date=about.made_on, digest=about.corpus_sha256)
    yield words.say("weight.corpus"), corpus
    units = {"h1": words.number(known.h1_units), "h2": words.number(known.h2_units)}
    trials = {"h1_trials": words.number(known.h1_trials), "h2_trials": words.number(known.h2_trials)}
    yield words.say("weight.units"), words.say("weight.units_text", **units, **trials)
    cost = words.decimal(known.cllr, 2)
    yield words.say("weight.cllr"), words.say("weight.cllr_text", n=cost, least=words.decimal(known.cllr_min, 2))


def other_weighings(setting: Setting, shown: frozenset[str]) -> tuple[Committed[Interpretation], ...]:
    """Gives the weighings of findings that have no page of their own."""
    return tuple(one for one in setting.case.snapshot.interpretations if not shown.intersection(one.record.findings))
