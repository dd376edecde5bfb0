"""What can be validated: which finding answers, which answer is for which proposition, which number is the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from forensics.codec import to_json
from forensics.engine.plugin import by_name, one_named, with_setting
from forensics.engine.validate_labels import ALWAYS_H1, ALWAYS_H2, Words, word_of
from forensics.errors import UsageError
from forensics.model import Finding, GapReason, Result
from forensics.plugins import ANALYZERS, COMPARISONS, ON_REQUEST, installed, load

PHOTOS = "photos"
"""Column with reference photos of one person, one or more."""

_OF_PERSONS = ("identity", "persons")
"""Comparisons that compare the faces of persons, whichever kind of finding is read of them."""

_LONGEST = 200
"""Characters of a reason that are kept."""

_NOT_EXAMINED = {
    GapReason.FAILED,
    GapReason.LIMIT,
    GapReason.MISSING,
    GapReason.TIMED_OUT,
    GapReason.UNPARSABLE,
    GapReason.UNREADABLE,
}
"""Reasons of gaps that say that a content was not examined, rather than that it gives no answer."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How findings of one kind answer.

    Attributes:
        kind: Kind of finding.
        runner: Name of the analyzer or comparison that states it, or its `module:Class`.
        positive: What is an answer for the first proposition: `PATH=WORD`, PATH being `result` or one of the values.
        value: The score: path of a value, with `-` before it where lower values are for the first proposition; empty
            where there is none.
        columns: Columns of the table with what is examined.
        words: What the table may say of the truth besides `h1` and `h2`.
        settings: Fields of the runner that differ from its defaults and change no answer: no exhibits.
        needs_basis: Whether persons are compared, so that a legal basis must be named.
        reads_first: Whether what other analyzers make is read of the first content alone, not of all.
    """

    kind: str
    runner: str
    positive: tuple[str, ...] = ("result=FOUND",)
    value: str = ""
    columns: tuple[str, ...] = ("path",)
    words: Words = field(default_factory=lambda: Words((), ()))
    settings: Mapping[str, Any] = field(default_factory=dict)
    needs_basis: bool = False
    reads_first: bool = False

    @property
    def name(self) -> str:
        """What a calibration calls it: `face.identity/similarity`."""
        return f"{self.kind}/{self.value}" if self.value else self.kind


_PAIR = ("questioned", "original")

MEASURES: tuple[Measure, ...] = (
    Measure(
        "source.comparison",
        "source",
        ("verdict=scene_corresponds_face_differs",),
        "-structure_inside.0",
        _PAIR,
        Words(
            ("swap", "swapped", "face-swap"),
            ("same", "genuine", "filter", "mosaic", "caption", "altered", "other-take", "unrelated"),
        ),
        {"with_exhibits": False},
    ),
    Measure(
        "face.identity",
        "identity",
        ("strength=consistent_with",),
        "similarity",
        ("content", PHOTOS),
        Words(("same", "same-person"), ("different", "different-persons", "unrelated")),
        needs_basis=True,
        reads_first=True,
    ),
    Measure(
        "source.match",
        "match",
        columns=_PAIR,
        words=Words(("copy", "part"), ("unrelated", "other-take")),
    ),
    Measure(
        "tamper.double_jpeg",
        "compression",
        value="score",
        words=Words(("tampered", "spliced"), ("genuine", "whole")),
        settings={"maps": False},
    ),
    Measure(
        "compression.jpeg",
        "compression",
        value="explained_share",
        words=Words(("twice",), ("once",)),
        settings={"maps": False},
    ),
    Measure("tamper.copy_move", "tamper", words=Words(("tampered", "copied"), ("genuine",))),
    Measure("detector.score", "detector", value="tracks.0.median", words=Words(("swap", "synthetic"), ("genuine",))),
)
"""What is known of kinds of findings; of any other, `FOUND` is an answer for the first proposition, and there is no
score."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered about one row.

    Attributes:
        answer: Whether the method answered for the first proposition; None where it gave no answer.
        score: Higher for the first proposition; None where there is none.
        seen: The word that the answer was read from.
        reason: Why there is no answer; empty where there is one.
        is_failed: Whether the content could not be examined at all.
    """

    answer: bool | None
    score: float | None
    seen: str
    reason: str = ""
    is_failed: bool = False


def measure_of(kind: str, analyzer: str, *, is_comparison: bool = False) -> Measure:
    """Finds what is to be validated.

    Args:
        kind: Kind of finding; empty for the only one that is known of the analyzer.
        analyzer: Name of an analyzer or comparison, or its `module:Class`; empty for what is known to state the kind.
        is_comparison: Whether `source.comparison` is meant where neither is given.

    Raises:
        UsageError: It cannot be told from that what to validate, or there is no such plug-in.
    """
    if is_comparison and not (kind or analyzer):
        kind = "source.comparison"
    runner = _class_of(analyzer).name if analyzer else ""
    known = [one for one in MEASURES if kind in ("", one.kind) and runner in ("", one.runner)]
    if not kind and (len(known) != 1 or not analyzer):
        kinds = ", ".join(one.kind for one in known or MEASURES)
        raise UsageError("it is not said which kind of finding is to be validated", hint=f"--kind, such as {kinds}.")
    if not known and not analyzer:
        raise UsageError(f"it is not known what states {kind}", hint="Name the analyzer or comparison: --analyzer.")
    made = known[0] if known else Measure(kind, runner, columns=_columns_of(analyzer))
    words = Words((*ALWAYS_H1, *made.words.h1), (*ALWAYS_H2, *made.words.h2))
    needs_basis = made.needs_basis or made.runner in _OF_PERSONS
    return replace(made, runner=analyzer or made.runner, words=words, needs_basis=needs_basis)


def _class_of(name: str) -> Any:
    """Finds a plug-in: built in, offered by another package, or named as `module:Class`."""
    if ":" in name:
        return load(name)
    built_in = by_name((*ANALYZERS, *ON_REQUEST, *COMPARISONS))
    others = {other: path for other, path in installed("forensics.analyzers").items() if other not in built_in}
    if name in others:
        return load(others[name])
    return one_named(name, built_in | dict.fromkeys(others), what="analyzer or comparison")


def _columns_of(name: str) -> tuple[str, ...]:
    return ("path",) if hasattr(_class_of(name), "media_types") else _PAIR


def changed(
    measure: Measure, *, value: str | None, positive: Sequence[str], h1: Sequence[str], h2: Sequence[str]
) -> Measure:
    """Reads the score or the answer from elsewhere, and learns words.

    Args:
        measure: What is known.
        value: The score as in `Measure.value`; None for the known one.
        positive: As in `Measure.positive`; empty for the known one.
        h1: Words of the table for the first proposition.
        h2: Words for the second.

    Raises:
        UsageError: What is positive has another form, or a word is for both.
    """
    for one in positive:
        path, _, word = one.partition("=")
        if not (path and word):
            raise UsageError(f"{one!r} does not say what is positive", hint="Write it as verdict=WORD or result=FOUND.")
    first, second = map(word_of, h1), map(word_of, h2)
    words = Words(tuple({*measure.words.h1, *first}), tuple({*measure.words.h2, *second}))
    if both := set(words.h1) & set(words.h2):
        raise UsageError(f"{min(both)} cannot be a word for both propositions")
    words = Words(tuple(sorted(words.h1)), tuple(sorted(words.h2)))
    return replace(
        measure,
        value=measure.value if value is None else value,
        positive=tuple(positive) or measure.positive,
        words=words,
    )


def runner_of(measure: Measure, settings: Sequence[str]) -> Any:
    """Makes the analyzer or comparison that states the findings.

    Args:
        measure: What is validated.
        settings: `analyzer.field=value`.

    Raises:
        UsageError: There is no such plug-in or setting.
    """
    made = _class_of(measure.runner)()
    for setting in (*(f"{made.name}.{name}={value}" for name, value in measure.settings.items()), *settings):
        made = with_setting(made, setting)
    return made


def read_answer(findings: Sequence[Finding], measure: Measure) -> Answer:
    """Reads the answer of the findings about one row; of several of the kind, the one most for the first proposition.

    What is INDETERMINATE and not named as positive is no answer; everything else is one for the second proposition.
    """
    answers = [_answer(one, measure) for one in findings if one.kind == measure.kind]
    if not answers:
        details = [gap.detail for one in findings for gap in one.gaps]
        reason = "; ".join(details) or f"there is no finding {measure.kind}"
        return Answer(None, None, "", _cut(reason), is_failed=True)
    leading = min(answers, key=lambda one: (one.answer is not True, one.answer is not None))
    scores = [one.score for one in answers if one.score is not None]
    return replace(leading, score=max(scores, default=None))


def _answer(finding: Finding, measure: Measure) -> Answer:
    score = score_of(finding, measure.value)
    words = {path: _word(finding, path) for path, _, _ in (one.partition("=") for one in measure.positive)}
    seen = next(iter(words.values()), str(finding.result))
    if any(words[path] == wanted for path, _, wanted in (one.partition("=") for one in measure.positive)):
        return Answer(answer=True, score=score, seen=seen)
    if finding.result is Result.INDETERMINATE:
        is_failed = any(gap.why in _NOT_EXAMINED for gap in finding.gaps)
        return Answer(None, score, seen or str(finding.result), _cut(_reason(finding)), is_failed)
    return Answer(answer=False, score=score, seen=seen or str(finding.result))


def _reason(finding: Finding) -> str:
    """Says why a finding is open, in words that are the same for other files: they are counted."""
    reasons = finding.values.get("reasons")
    named = [str(one) for one in reasons] if isinstance(reasons, list | tuple) else []
    return "; ".join(gap.detail for gap in finding.gaps) or ", ".join(named) or finding.statement.text


def _word(finding: Finding, path: str) -> str:
    if path == "result":
        return str(finding.result)
    value = value_at(finding.values, path.removeprefix("values."))
    return "" if value is None else str(to_json(value))


def score_of(finding: Finding, value: str) -> float | None:
    """Reads the score of a finding.

    Args:
        finding: Its values are read.
        value: Path of a number, `-` before it where lower numbers are for the first proposition; empty for none.

    Raises:
        UsageError: What is there is no number.
    """
    if not value:
        return None
    path = value.removeprefix("-").removeprefix("values.")
    found = value_at(finding.values, path)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise UsageError(
            f"{path} of {finding.kind} is no number",
            hint="Name one by --value, a member of a list by its place: --value structure_inside.0",
        )
    return -float(found) if value.startswith("-") else float(found)


def value_at(values: Any, path: str) -> Any:
    """Gives a value by its path: names and places of lists, counted from 0, with dots between; None where it is not."""
    for part in path.split("."):
        if isinstance(values, Mapping):
            values = values.get(part)
        elif isinstance(values, Sequence) and not isinstance(values, str) and part.isdecimal():
            values = values[int(part)] if int(part) < len(values) else None
        else:
            return None
    return values


def _cut(text: str) -> str:
    plain = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
