"""Counts over the rows of a bill: sums of each currency and direction, first and last time, what could not be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from forensics.chats.bill import Skipped
from forensics.chats.bill_table import Row
from forensics.chats.message import Problem
from forensics.chats.payment import IN, Payment


@dataclass(slots=True)
class Span:
    """First and last of some times; None where there is none."""

    first: datetime | None = None
    last: datetime | None = None

    def add(self, at: datetime | None) -> None:
        """Takes in one more."""
        if at is not None:
            self.first = at if self.first is None else min(self.first, at)
            self.last = at if self.last is None else max(self.last, at)


@dataclass(slots=True)
class Tally:
    """What is counted.

    Attributes:
        most_listed: Problems that are kept; all are counted.
        holder: Account whose bill it is, as the bill or the user names it; empty where nobody does.
        sums: Currency and way (`in`, `out`, `refund_in`, `refund_out`) to minor units.
    """

    most_listed: int
    holder: str = ""
    count: int = 0
    refund_count: int = 0
    skipped_count: int = 0
    problem_count: int = 0
    problems: list[Problem] = field(default_factory=list)
    sums: dict[str, Counter[str]] = field(default_factory=dict)
    zones: Counter[str] = field(default_factory=Counter)
    span: Span = field(default_factory=Span)
    local: Span = field(default_factory=Span)

    def add(self, row: Row) -> None:
        """Takes in a row."""
        if isinstance(row, Payment):
            self._payment(row)
        elif isinstance(row, Skipped):
            self.skipped_count += 1
        else:
            self.problem_count += 1
            if len(self.problems) < self.most_listed:
                self.problems.append(row)

    def _payment(self, row: Payment) -> None:
        way = "in" if row.direction == IN else "out"
        name = f"refund_{way}" if row.is_refund else way
        self.sums.setdefault(row.currency, Counter())[name] += row.amount_minor
        self.refund_count += row.is_refund
        self.count += not row.is_refund
        self.zones[row.zone] += 1
        self.span.add(row.at)
        self.local.add(row.local_at)
        self.holder = self.holder or (row.payee if row.direction == IN else row.payer)
