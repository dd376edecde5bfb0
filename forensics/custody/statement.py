"""What persons state for a case: which of the records count."""

from __future__ import annotations

from collections.abc import Iterable

from forensics.model import Committed, Statement

ACTION = "state"
"""Action of the events that record statements."""

PREFIX = "STATEMENT-"


def number_of(statement_id: str) -> int:
    """Gives the number in a statement's id: 7 for `STATEMENT-0007`; 0 where it has none."""
    digits = statement_id.removeprefix(PREFIX)
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def newest(statements: Iterable[Committed[Statement]]) -> tuple[Committed[Statement], ...]:
    """Gives the record that counts of each statement, the last one, also where it was withdrawn; in order of the ids.

    Args:
        statements: As they were committed, in that order.
    """
    found = {one.record.id: one for one in statements}
    return tuple(sorted(found.values(), key=lambda one: (number_of(one.record.id), one.record.id)))


def standing(statements: Iterable[Committed[Statement]], kind: str | None = None) -> tuple[Committed[Statement], ...]:
    """Gives the statements that hold: the newest record of each that was not withdrawn, in order of the ids.

    Args:
        statements: As they were committed, in that order.
        kind: Only those of this kind; None for all.
    """
    kept = (one for one in newest(statements) if not one.record.is_withdrawn)
    return tuple(one for one in kept if kind is None or one.record.kind == kind)
