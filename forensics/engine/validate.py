"""Measures an analyzer or comparison over a laboratory's labelled media: rates, calibration, card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.codec import to_json
from forensics.custody.digest import sha256_hex
from forensics.engine.plan import Ready
from forensics.engine.validate_corpus import Stated
from forensics.engine.validate_labels import Labels, Row, check_independence, digests_of, read_labels
from forensics.engine.validate_measure import Answer, Measure
from forensics.engine.validate_result import (
    Result,
    answer_lines,
    answers_of,
    calibration_text,
    counts_of,
    pictures_of,
    pooled_of,
    reasons_of,
    result_of,
    text_of,
)
from forensics.engine.validate_run import Plan, measured, planned
from forensics.engine.validate_trial import (
    NAME,
    Answered,
    appending,
    kept_answers,
    key_of,
    run_of,
    write_file,
    write_table,
)
from forensics.errors import StoreError, UsageError
from forensics.model import Digests
from forensics.proof.calibration import About, digest_of, write_calibration
from forensics.proof.card import error_rate_block
from forensics.proof.errorrate import as_json
from forensics.proof.trial import corpus_digest

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Request:
    """What is to be validated, on what.

    Attributes:
        folder: With the media; only read.
        labels: Table of labels.
        measure: Which findings answer.
        runner: The analyzer or comparison that states them.
        stated: What is stated about the material.
        made_on: Date as `YYYY-MM-DD`, for the card and the calibration.
        threshold: Score from which on a row is answered for the first proposition; None for the method's own answers.
        encoding: Of the table; None for UTF-8 or UTF-16 with a mark.
        basis: Legal basis of comparing persons; empty where none are compared.
    """

    folder: Path
    labels: Path
    measure: Measure
    runner: Any
    stated: Stated
    made_on: str
    threshold: float | None = None
    encoding: str | None = None
    basis: str = ""


@dataclass(frozen=True)
class Validated:
    """What came of a validation.

    Attributes:
        told: Everything as JSON values.
        lines: The same for people.
        files: Contents of files by name, to be written beside the table of answers.
    """

    told: dict[str, Any]
    lines: tuple[str, ...]
    files: Mapping[str, bytes]


def validate(request: Request, out: Path | None, *, jobs: int, progress: Progress) -> Validated:
    """Measures what has not been measured yet, computes rates and writes the files.

    Args:
        request: What is validated.
        out: Folder for the results; answers that an earlier run left there are used. None writes nothing.
        jobs: Number of worker processes.
        progress: Called with how many rows are done, and how many there are.

    Raises:
        UsageError: The labels cannot be read or contradict each other, or persons are compared without a basis.
        ToolMissingError: A program or model that is needed is missing.
        StoreError: Results cannot be written.
    """
    measure = request.measure
    if measure.needs_basis and not request.basis:
        hint = "Name it: --basis TEXT, for example the consent of the persons who are shown."
        raise UsageError(f"{measure.kind} compares persons, which needs a legal basis", hint=hint)
    if not request.folder.is_dir():
        raise UsageError(f"{request.folder} is no folder")
    labels = read_labels(
        request.labels, kind=measure.kind, columns=measure.columns, words=measure.words, encoding=request.encoding
    )
    with planned(request.folder, measure, request.runner) as plan:
        digests = digests_of(request.folder, labels.rows, progress=lambda _done, _all: None)
        check_independence(labels.rows, digests)
        answered = _answered(plan, labels.rows, digests, out=_made(out), jobs=jobs, progress=progress)
        validated = _concluded(request, labels, answered, digests=digests, ready=plan.runner)
    if out is not None:
        for name, content in validated.files.items():
            write_file(out / name, content)
    return validated


def _made(out: Path | None) -> Path | None:
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{out} cannot be made: {error.strerror}", hint="Name another folder.") from error
    return out


def _answered(
    plan: Plan, rows: Sequence[Row], digests: Mapping[str, Digests], *, out: Path | None, jobs: int, progress: Progress
) -> list[Answered]:
    """Answers every row, from the table of an earlier run where it has the answer to the same question."""
    run = run_of(plan)
    table = out / NAME if out else None
    known = kept_answers(table) if table else {}
    keys = {row.number: key_of(row, digests, run=run) for row in rows}
    missing = {keys[row.number]: row for row in reversed(rows) if keys[row.number] not in known}
    answers: dict[tuple[str, ...], Answer] = dict(known)
    wanted = len(set(keys.values()))
    progress(wanted - len(missing), wanted)
    with appending(table, digests, run=run) as appender:
        before = len(answers) - (wanted - len(missing))

        def done(row: Row, answer: Answer) -> None:
            answers[keys[row.number]] = answer
            appender.add(Answered(row, answer))
            progress(len(answers) - before, wanted)

        measured(plan, list(missing.values()), digests=digests, jobs=jobs, done=done)
    everything = [Answered(row, answers[keys[row.number]]) for row in rows]
    if table is not None:
        write_table(table, everything, digests=digests, run=run)
    return everything


def _concluded(
    request: Request, labels: Labels, answered: Sequence[Answered], *, digests: Mapping[str, Digests], ready: Ready
) -> Validated:
    corpus = _corpus_files(request, digests)
    sha256, version = corpus_digest(corpus), f"{ready.described.name} {ready.described.version}"
    measure, stated = request.measure, request.stated
    about = About(measure.name, version, stated.words["name"], sha256, request.made_on, stated.conditions)
    result = result_of(answered, about if measure.value else None, threshold=request.threshold)
    card = error_rate_block(
        result.table,
        stated.corpus(sha256),
        version=version,
        made_on=request.made_on,
        calibration=result.calibration,
    )
    counts = counts_of(answered)
    lines = _lines(request, labels, answered, result=result)
    told = {
        "measure": measure.name,
        "kind": measure.kind,
        "positive": list(measure.positive),
        "threshold": request.threshold,
        "version": version,
        "settings": to_json(ready.described.settings),
        "tools": [to_json(tool) for tool in ready.tools],
        "basis": request.basis or None,
        "made_on": request.made_on,
        "corpus": {**stated.words, "sha256": sha256, "files": len(digests)},
        "counts": {**counts, "repeated": labels.repeated, "other_kinds": labels.others},
        "answers": answers_of(answered),
        "no_answer": reasons_of(answered),
        "table": as_json(result.table),
        "pooled": pooled_of(answered),
        "calibration": as_json(result.calibration),
        "calibration_sha256": digest_of(result.calibration) if result.calibration else None,
        "no_calibration": result.no_calibration or None,
        "notes": list(_notes(request, result)),
        "exit_code": 3 if counts["failed"] else 0,
    }
    return Validated(told, lines, _files(told, lines, answered, result=result, corpus=corpus, card=card))


def _corpus_files(request: Request, digests: Mapping[str, Digests]) -> dict[str, str]:
    """Gives SHA-256 by path for all media and the table, which the truth comes from."""
    found = {name: one.sha256 for name, one in digests.items()}
    table = request.labels.resolve()
    top = request.folder.resolve()
    name = table.relative_to(top).as_posix() if table.is_relative_to(top) else table.name
    return {**found, name: sha256_hex(table.read_bytes())}


def _notes(request: Request, result: Result) -> list[str]:
    notes = list(result.notes)
    if request.stated.missing:
        notes.append(f"The card lacks what is not stated about the material: {', '.join(request.stated.missing)}.")
    return notes


def _lines(request: Request, labels: Labels, answered: Sequence[Answered], *, result: Result) -> tuple[str, ...]:
    counts = counts_of(answered)
    left_out = f"; left out: {labels.others} of other kinds, {labels.repeated} repeated"
    return (
        f"{request.measure.name} on {request.stated.words['name']}: {counts['rows']} rows, {counts['h1_units']} and "
        f"{counts['h2_units']} independent units, {counts['undecided']} undecided, {counts['failed']} not examined"
        + (left_out if labels.others or labels.repeated else ""),
        "",
        *text_of(result.table.rows, answered),
        "",
        *answer_lines(answered),
        "",
        *(f"no answer, {one['rows']} of {counts['rows']} rows: {one['reason']}" for one in reasons_of(answered)),
        *_pooled_lines(answered),
        calibration_text(result),
        *(f"Note: {note}" for note in _notes(request, result)),
    )


def _pooled_lines(answered: Sequence[Answered]) -> list[str]:
    pooled: Any = pooled_of(answered)
    if pooled is None:
        return []
    area = pooled["area"]
    between = "" if area["low"] is None else f" [{area['low']:.3f}, {area['high']:.3f}]"
    return [f"All sources together: AUC {area['value']:.3f}{between}, EER {pooled['equal_error_rate']:.3f}"]


def _files(
    told: dict[str, Any],
    lines: Sequence[str],
    answered: Sequence[Answered],
    *,
    result: Result,
    corpus: Mapping[str, str],
    card: str,
) -> dict[str, bytes]:
    import json

    listed = sorted(f"{digest}  {name}\n".encode() for name, digest in corpus.items())
    files = {
        "validation.json": (json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode(),
        "table.txt": ("\n".join(lines) + "\n").encode(),
        "card.md": card.encode(),
        "corpus.sha256": b"".join(listed),
        **pictures_of(answered, result, title=told["measure"]),
    }
    if result.calibration is not None:
        files["calibration.json"] = write_calibration(result.calibration)
    return files
