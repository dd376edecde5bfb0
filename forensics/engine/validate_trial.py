"""Keeps the answer to each row in `trials.csv`, so that they can be checked, and an interrupted run goes on."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from forensics import __version__
from forensics.codec import canonical, to_json
from forensics.engine.validate_labels import SEVERAL, Row
from forensics.engine.validate_measure import Answer, Measure
from forensics.engine.validate_run import Plan
from forensics.errors import StoreError, UsageError
from forensics.model import Digests, Result
from forensics.proof.trial import Trial

NAME = "trials.csv"

COLUMNS = (
    *("source", "clip", "variant", "label", "units", "score", "result"),
    *("seen", "reason", "failed", "contents", "sha256", "run"),
)
"""Those that `proof.trial.read_trials` reads, and what the answer was read from."""

_RESULTS = {True: Result.FOUND, False: Result.NOT_FOUND, None: Result.INDETERMINATE}
_ANSWERS = {str(result): answer for answer, result in _RESULTS.items()}
_RUN_DIGITS = 16

Key = tuple[str, ...]
"""What an answer belongs to: the run, and SHA-256 of the contents in order."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A row with its answer."""

    row: Row
    answer: Answer

    @property
    def trial(self) -> Trial:
        """The row as a trial: its units are the clip, its condition is the variant."""
        row, answer = self.row, self.answer
        name = SEVERAL.join(row.units)
        return Trial(row.source, name, row.condition, row.is_h1, row.units, answer.score, answer.answer)


def run_of(plan: Plan) -> str:
    """Names what answers depend on besides the contents: measure, settings, versions and tools, in 16 hex digits."""
    measure: Measure = plan.measure
    depends = {
        "measure": [measure.kind, measure.value, *measure.positive],
        "runner": to_json(plan.runner.described),
        "tools": [to_json(tool) for one in (plan.runner, *plan.makers) for tool in one.tools],
        "makers": [to_json(one.described) for one in plan.makers],
        "program": __version__,
    }
    return hashlib.sha256(canonical(depends)).hexdigest()[:_RUN_DIGITS]


def key_of(row: Row, digests: Mapping[str, Digests], *, run: str) -> Key:
    """Gives what the answer to a row belongs to."""
    return (run, *(digests[name].sha256 for name in row.contents))


def kept_answers(path: Path) -> dict[Key, Answer]:
    """Reads the answers that an earlier run left; lines that were cut off are left out.

    Raises:
        UsageError: There is a file of that name with other columns.
    """
    try:
        text = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    lines = text.split("\n")[:-1]
    if text and tuple(lines[:1]) != (",".join(COLUMNS),):
        raise UsageError(f"{path} is no table of this program", hint="Name another folder with --out.")
    found = {}
    for cells in csv.DictReader(lines):
        try:
            found[(cells["run"], *cells["sha256"].split(SEVERAL))] = _answer(cells)
        except (KeyError, ValueError, TypeError, AttributeError):
            continue
    return found


def _answer(cells: Mapping[str, str]) -> Answer:
    score = float(cells["score"]) if cells["score"] else None
    if (score is not None and not math.isfinite(score)) or len(cells) != len(COLUMNS):
        raise ValueError("not a line of this program")
    return Answer(_ANSWERS[cells["result"]], score, cells["seen"], cells["reason"], cells["failed"] == "yes")


@contextmanager
def appending(path: Path | None, digests: Mapping[str, Digests], *, run: str) -> Iterator[Appender]:
    """Opens the table so that answers can be added while the run goes on; None keeps nothing.

    Raises:
        StoreError: It cannot be written.
    """
    if path is None:
        yield Appender(None, digests, run)
        return
    with _translated(path):
        is_new = not path.exists() or path.stat().st_size == 0
        stream = path.open("a", encoding="utf-8", newline="")
    with stream:
        with _translated(path):
            stream.write(",".join(COLUMNS) + "\n" if is_new else "" if _ends_whole(path) else "\n")
        yield Appender(stream, digests, run)


@dataclass(frozen=True)
class Appender:
    """Adds answers to the table as they come.

    Attributes:
        stream: Where to; None keeps nothing.
        digests: Of the contents, by path.
        run: As `run_of` gives it.
    """

    stream: TextIO | None
    digests: Mapping[str, Digests]
    run: str

    def add(self, answered: Answered) -> None:
        """Writes one line, and hands it to the system."""
        if self.stream is not None:
            with _translated(Path(self.stream.name)):
                self.stream.write(_line(answered, self.digests, self.run))
                self.stream.flush()


def write_table(path: Path, everything: Iterable[Answered], *, digests: Mapping[str, Digests], run: str) -> None:
    """Writes the whole table in the order of the labels, in place of what was added meanwhile.

    Raises:
        StoreError: It cannot be written.
    """
    lines = [",".join(COLUMNS) + "\n", *(_line(one, digests, run) for one in everything)]
    write_file(path, "".join(lines).encode())


def write_file(path: Path, content: bytes) -> None:
    """Writes a file, never seen half-written.

    Raises:
        StoreError: It cannot be written.
    """
    with _translated(path):
        beside = path.with_name(path.name + ".new")
        beside.write_bytes(content)
        beside.replace(path)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}", hint="Free space, or name another folder with --out."
        ) from error


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, io.SEEK_END)
        return stream.read() == b"\n"


def _line(answered: Answered, digests: Mapping[str, Digests], run: str) -> str:
    row, answer, trial = answered.row, answered.answer, answered.trial
    cells: Sequence[object] = (
        row.source,
        trial.clip,
        row.condition,
        "h1" if row.is_h1 else "h2",
        SEVERAL.join(row.units),
        "" if answer.score is None else repr(answer.score),
        str(_RESULTS[answer.answer]),
        answer.seen,
        answer.reason,
        "yes" if answer.is_failed else "no",
        SEVERAL.join(row.contents),
        SEVERAL.join(digests[name].sha256 for name in row.contents),
        run,
    )
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow([" ".join(str(cell).split("\n")) for cell in cells])
    return stream.getvalue()
