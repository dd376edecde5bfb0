"""What `state` does: checks a statement, records or withdraws it, and tells what was stated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forensics.cli.settings import Times
from forensics.cli.stamping import time_answer
from forensics.codec import to_json
from forensics.custody.case import open_case
from forensics.custody.signing import Home, SigningKey
from forensics.custody.statement import newest
from forensics.custody.writer import Writer, writing
from forensics.engine.collect import Setup
from forensics.engine.statement import Stated, state, statement_named, statements_of, withdraw
from forensics.engine.statement_kind import clean, kind_named, values_of
from forensics.errors import UsageError
from forensics.model import Committed, Statement


@dataclass(frozen=True)
class Places:
    """Where a verb works and with what: the case, the key, the user's state, authorities, and the act."""

    case: Path
    key: SigningKey
    home: Home
    wait_s: float
    found: Times
    setup: Setup


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be stated.

    Attributes:
        kind: Its kind; empty where `change` or `withdraw` names a statement that has one.
        given: Members as `name=value`.
        by: Who states it; empty for the case's examiner.
        change: Id of the statement whose place it takes; empty for a new one.
        withdraw: Id of the statement that no longer holds; empty for none.
    """

    kind: str
    text: str
    given: tuple[str, ...]
    items: tuple[str, ...]
    findings: tuple[str, ...]
    by: str
    change: str
    withdraw: str


def list_statements(folder: Path, kind: str | None = None) -> dict[str, Any]:
    """Tells what was stated, also what was withdrawn."""
    case = open_case(folder)
    if kind is not None and kind != "reading":
        kind_named(kind)
    found = newest(statements_of(case, case.index()))
    return _answer([one for one in found if kind is None or one.record.kind == kind], head=str(case.head))


def record_statement(places: Places, wish: Wish) -> dict[str, Any]:
    """Records or withdraws a statement and tells what stands then.

    Raises:
        UsageError: It is malformed, or names something that the case does not have; nothing was changed.
    """
    values = {} if wish.withdraw or wish.change else _values(wish, wish.kind)
    with writing(places.case, places.key, home=places.home, verb="state", wait_s=places.wait_s) as writer:
        by = clean(wish.by, "--by") or writer.case.info.examiner
        if wish.withdraw:
            done = withdraw(writer, wish.withdraw, by=by, text=clean(wish.text, "--text"), setup=places.setup)
        else:
            done = state(writer, _statement(writer, wish, by=by, values=values), setup=places.setup)
        found, head = newest(statements_of(writer.case, writer.index)), str(writer.case.head)
    return told_of(done, places.found, found, head=head)


def _values(wish: Wish, kind: str) -> dict[str, Any]:
    return values_of(kind, pairs(wish.given), text=clean(wish.text, "--text"))


def pairs(given: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Parts `name=value`.

    Raises:
        UsageError: A text has no `=`.
    """
    for one in given:
        name, mark, value = one.partition("=")
        if not mark:
            raise UsageError(f"--set {one} has no value", hint="Write --set name=value.")
        yield name.strip(), value


def _statement(writer: Writer, wish: Wish, *, by: str, values: dict[str, Any]) -> Statement:
    kind = wish.kind
    if wish.change:
        before = statement_named(writer, wish.change).record
        kind = kind or before.kind
        values = _values(wish, kind)
    return Statement(
        id=wish.change.strip().upper(),
        kind=kind,
        by=by,
        at=datetime.now(UTC),
        text=clean(wish.text, "--text"),
        values=values,
        items=tuple(dict.fromkeys(wish.items)),
        findings=tuple(dict.fromkeys(wish.findings)),
    )


def told_of(
    done: Stated, found: Times, statements: Sequence[Committed[Statement]], *, head: str, **more: Any
) -> dict[str, Any]:
    """Tells what became of a statement."""
    time, gaps = time_answer(done.stamped, found) if done.stamped else ("nothing new was recorded", [])
    gaps = [*map(to_json, done.gaps), *gaps]
    return _answer(
        statements,
        head=head,
        stated=done.statement.record.id,
        is_new=done.is_new,
        gaps=gaps,
        time=time,
        exit_code=3 if gaps else 0,
        **more,
    )


def _answer(statements: Sequence[Committed[Statement]], *, head: str, **more: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {"stated": None, "is_new": False, "gaps": [], "time": "", "exit_code": 0}
    return {**nothing, "statements": [told(one) for one in statements], "head": head, **more}


def told(one: Committed[Statement]) -> dict[str, Any]:
    """Gives a statement as a JSON value, with its reference."""
    return {"ref": one.ref, **to_json(one.record)}


def lines_of(one: dict[str, Any]) -> Iterator[str]:
    """Writes a statement for people."""
    state_ = "  (withdrawn)" if one["is_withdrawn"] else ""
    yield f"{one['id']}  {one['kind']}  by {one['by']}{state_}"
    if one["text"]:
        yield f"  {one['text']}"
    for name, value in one["values"].items():
        yield f"  {name}: {_shown(value)}"
    for name in ("items", "findings"):
        if one[name]:
            yield f"  {name}: {', '.join(one[name])}"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)}" if any(isinstance(one, dict) for one in value) else "; ".join(map(str, value))
    return str(value)
