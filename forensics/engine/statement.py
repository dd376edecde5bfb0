"""Records what a person states for the case, in an act of its own under a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from forensics.custody.case import Case
from forensics.custody.index import Index
from forensics.custody.statement import ACTION, PREFIX, newest, number_of, standing
from forensics.custody.writer import Writer
from forensics.engine import act
from forensics.engine.batch import Batch
from forensics.engine.collect import Setup
from forensics.engine.stamp import Stamped, checkpoint
from forensics.errors import UsageError
from forensics.model import Committed, Gap, Statement

LIST = "`forensics state CASE` lists what was stated."


@dataclass(frozen=True)
class Stated:
    """What became of a statement.

    Attributes:
        statement: As it stands in the case.
        is_new: Whether anything was recorded; the same statement twice is one.
        gaps: What is missing of the act itself.
        stamped: What became of the request for trusted time; None where nothing was recorded.
    """

    statement: Committed[Statement]
    is_new: bool
    gaps: tuple[Gap, ...] = ()
    stamped: Stamped | None = None


def statements_of(case: Case, index: Index) -> tuple[Committed[Statement], ...]:
    """Gives all records of statements, in the order in which they were committed."""
    return tuple(case.records_of("statement", index))


def statement_named(writer: Writer, name: str) -> Committed[Statement]:
    """Finds a statement by its id: its newest record.

    Raises:
        UsageError: There is none.
    """
    for one in newest(statements_of(writer.case, writer.index)):
        if one.record.id == name.strip().upper():
            return one
    raise UsageError(f"the case has no statement {name}", hint=LIST)


def state(writer: Writer, statement: Statement, *, setup: Setup, verb: str = "state") -> Stated:
    """Records a statement and stamps a checkpoint over it.

    Args:
        writer: The open case.
        statement: With an empty id for a new one; with the id of one that it takes the place of otherwise.
        setup: The act; its arguments must name no person.
        verb: What ran.

    Raises:
        UsageError: It names an item or a finding that the case does not have, or takes the place of another kind.
        StoreError: The case's disk does not take more.
    """
    _check_items(writer, statement.items)
    _check_findings(writer, statement.findings)
    before = _before(writer, statement)
    if before is not None and _says_the_same(before.record, statement):
        return Stated(before, is_new=False)
    return record(writer, replace(statement, id=statement.id or next_id(writer)), setup=setup, verb=verb)


def withdraw(writer: Writer, name: str, *, by: str, text: str, setup: Setup) -> Stated:
    """Records that a statement no longer holds; its earlier records stay.

    Args:
        writer: The open case.
        name: Its id.
        by: Who withdraws it.
        text: Why; empty keeps the text that it had.
        setup: The act.

    Raises:
        UsageError: There is no such statement.
        StoreError: The case's disk does not take more.
    """
    found = statement_named(writer, name)
    if found.record.is_withdrawn:
        return Stated(found, is_new=False)
    gone = replace(found.record, by=by, text=text or found.record.text, at=datetime.now(UTC), is_withdrawn=True)
    return record(writer, gone, setup=setup, verb="state")


def record(writer: Writer, statement: Statement, *, setup: Setup, verb: str) -> Stated:
    """Commits a statement as it is, in an act of its own, and stamps a checkpoint.

    Raises:
        StoreError: The case's disk does not take more.
    """
    batch = Batch(writer, ACTION)
    running = act.begin(batch, verb, arguments=setup.arguments, servers=setup.servers)
    committed = Committed(batch.add([statement]), statement)
    gaps = act.end(batch, running)
    return Stated(committed, is_new=True, gaps=gaps, stamped=checkpoint(writer, setup.authorities))


def next_id(writer: Writer) -> str:
    """Gives an id that no statement has; nor had, where statements were erased."""
    highest = max((number_of(one.record.id) for one in statements_of(writer.case, writer.index)), default=0)
    made = [event for event in writer.case.events if event.action == ACTION]
    erased = {seq for event in writer.case.events for seq, _ in event.erased}
    if any(event.seq in erased for event in made):
        highest = max(highest, len(made))
    return f"{PREFIX}{highest + 1:04d}"


def _before(writer: Writer, statement: Statement) -> Committed[Statement] | None:
    if statement.id:
        found = statement_named(writer, statement.id)
        if found.record.kind != statement.kind:
            raise UsageError(f"{found.record.id} is a statement of the kind {found.record.kind}", hint=LIST)
        return found
    known = standing(statements_of(writer.case, writer.index), statement.kind)
    return next((one for one in known if _says_the_same(one.record, statement)), None)


def _says_the_same(first: Statement, second: Statement) -> bool:
    return replace(first, id="", at=second.at) == replace(second, id="")


def _check_items(writer: Writer, items: Sequence[str]) -> None:
    known = {row[0] for row in writer.index.rows("SELECT id FROM item")}
    if unknown := [item for item in items if item not in known]:
        raise UsageError(f"the case has no item {unknown[0]}", hint="`forensics status CASE` lists the items.")


def _check_findings(writer: Writer, findings: Sequence[str]) -> None:
    if not findings:
        return
    known = {f"{seq}/{number}" for seq, number, *_ in writer.index.places("finding")}
    if unknown := [ref for ref in findings if ref not in known]:
        raise UsageError(
            f"the case has no finding {unknown[0]}",
            hint="A finding is named by its event and line, such as 12/3; reports print these numbers.",
        )
