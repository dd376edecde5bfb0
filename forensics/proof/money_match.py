"""Matches payments that a chat states with rows of bills: one to one, and only where nothing else fits."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from forensics.chats.payment import IN, OUT, UNKNOWN, Payment
from forensics.proof.money_harvest import name_key, when_of

BEFORE = timedelta(minutes=10)
"""How far a bill row may lie before the message: clocks that differ. A choice; it is named in every result."""

AFTER = timedelta(hours=24, minutes=10)
"""How far it may lie after: whoever is paid may take a packet or transfer within 24 hours, and the bill of the one who
is paid has that time. *Source:* rules of WeChat, QQ and Alipay on packets and transfers that nobody takes."""

NEAR = timedelta(minutes=10)
"""Window in which rows of one customer and amount are told apart when more fit within a day."""

MOST_LOOKED_AT = 200
"""Rows of one amount within a day that are looked at for one payment; a limit on work. Beyond it the payment is
ambiguous."""

Value = TypeVar("Value")
Key = TypeVar("Key", bound=Hashable)
Timed = tuple[datetime, Payment]
Sum = tuple[str, int, bool]

_PERSONAL = frozenset({"red_packet", "password_red_packet", "transfer", "code", "bill"})
_SHOPPING = frozenset({"purchase", "card", "bill"})
_REFERENCE = re.compile(r"[0-9]{16,40}")


@dataclass(frozen=True, slots=True)
class Matching:
    """How payments and rows are matched.

    Attributes:
        aliases: Names in bills of an account that has another name in the chats, as a person stated them.
        accounts: Names of the accounts in question; a row of their bill must go the same way as the payment.
    """

    before: timedelta = BEFORE
    after: timedelta = AFTER
    near: timedelta = NEAR
    aliases: Mapping[str, frozenset[str]] | None = None
    accounts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """A payment and the row that it agrees with.

    Attributes:
        basis: `reference` (the message has the number of the row), `counterparty` (amount, time and name agree) or
            `amount_and_time` (no other row and no other payment fit; the names cannot be compared).
        clock: `utc`, or `shown` where neither side states its zone and times are compared as they are shown.
        offset_s: Time of the row minus time of the message, in seconds; None where one has no time.
        alike: Payments of the same name and amount among which the pairs are interchangeable; 1 where there is one.
    """

    payment: str
    row: str
    basis: str
    clock: str
    offset_s: int | None
    alike: int = 1


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A payment or row that agrees with nothing, and why.

    Attributes:
        reason: `no_bill`, `no_time`, `zone_unknown`, `outside_bill_period`, `no_row`, `other_counterparty` or
            `ambiguous`; for rows `no_message` or `ambiguous`.
        candidates: Ids of what might fit, at most five.
    """

    id: str
    reason: str
    candidates: tuple[str, ...] = ()


def match(
    payments: Sequence[Payment],
    rows: Sequence[Payment],
    *,
    how: Matching | None = None,
    names: frozenset[str] = frozenset(),
) -> tuple[tuple[Match, ...], tuple[Unmatched, ...]]:
    """Matches payments with rows.

    Args:
        payments: Unique payments of chats.
        rows: Unique rows of bills.
        how: Windows and names.
        names: `name_key` of every account of the chats; a row that names another of them is no candidate.

    Returns:
        Matches in the order of the payments; then what is unmatched, payments before rows.
    """
    work = _Work(payments, rows, how or Matching(), names)
    work.by_reference()
    work.by_name()
    work.by_time()
    return work.result()


class _Work:
    """Payments and rows that are still free, and the matches made."""

    def __init__(
        self, payments: Sequence[Payment], rows: Sequence[Payment], how: Matching, names: frozenset[str]
    ) -> None:
        self.payments, self.rows, self.how = payments, rows, how
        self.names = names | {name_key(one.payer) for one in payments} - {""}
        self.row_names = {name_key(one.payer) for one in rows} - {""}
        self.made: dict[str, Match] = {}
        self.taken: set[str] = set()
        self.reasons: dict[str, Unmatched] = {}
        given = how.aliases or {}
        self.aliases = {name_key(name): frozenset(map(name_key, others)) for name, others in given.items()}

    def by_reference(self) -> None:
        """Matches messages that have the number of one row and its amount.

        A number in what was written with a payment can be anybody's: time and names must not contradict it.
        """
        by_number: dict[str, list[Payment]] = {}
        for row in self.rows:
            if row.reference:
                by_number.setdefault(row.reference, []).append(row)
        for one in self.payments:
            written = (row for number in _REFERENCE.findall(one.memo) for row in by_number.get(number, ()))
            stated = (*by_number.get(one.reference, ()), *(row for row in written if self._is_near(one, row)))
            fit = list({row.id: row for row in stated if _sum(row) == _sum(one)}.values())
            if len(fit) == 1 and fit[0].id not in self.taken:
                self._make(one, fit[0], "reference")

    def _is_near(self, one: Payment, row: Payment) -> bool:
        first, second = when_of(one), when_of(row)
        if first is None or second is None or first[0] != second[0] or self._agree(one, row) == "contrary":
            return False
        return -self.how.before <= second[1] - first[1] <= self.how.after

    def by_name(self) -> None:
        """Matches payments and rows of one name and amount: all of a run of times, or those that lie near."""
        rows = _grouped((row, (_sum(row), name_key(row.payer or row.payee))) for row in self._rows())
        named = (one for one in self._payments() if one.payer or one.payee)
        groups = _grouped((one, (_sum(one), name_key(one.payer or one.payee), _kind(one))) for one in named)
        for (total, name, kind), group in groups.items():
            keys = sorted({name} | self.aliases.get(name, frozenset()))
            fit = [row for key in keys for row in rows.get((total, key), ()) if row.channel in kind]
            for clock in ("utc", "shown"):
                self._runs(_timed(group, clock), _timed(fit, clock), self.how.after, clock)
                self._runs(_timed(group, clock), _timed(fit, clock), self.how.near, clock, is_last=True)

    def _runs(
        self,
        payments: list[Timed],
        rows: list[Timed],
        after: timedelta,
        clock: str,
        *,
        is_last: bool = False,
    ) -> None:
        """Pairs payments and rows in order of time, in each run where there are as many of both."""
        free = [pair for pair in payments if pair[1].id not in self.made]
        left = [pair for pair in rows if pair[1].id not in self.taken and _fits_way(self.how, pair[1], free)]
        for some, others in _split(free, left, self.how.before, after):
            if some and len(some) == len(others) and _in_order(some, others, self.how.before, after):
                for (_, one), (_, row) in zip(some, others, strict=True):
                    self._make(one, row, "counterparty", clock=clock, alike=len(some))
            elif is_last and some and others:
                ids = tuple(row.id for _, row in others[:5])
                self.reasons |= {one.id: Unmatched(one.id, "ambiguous", ids) for _, one in some}

    def by_time(self) -> None:
        """Matches what is left where exactly one row fits one payment and the other way round."""
        for clock in ("utc", "shown"):
            rows = _grouped((pair, _sum(pair[1])) for pair in _timed(self._rows(), clock))
            payments = _grouped((pair, _sum(pair[1])) for pair in _timed(self._payments(), clock))
            found: list[tuple[Payment, Payment]] = []
            for total, group in payments.items():
                others = rows.get(total, [])
                found += [pair for one in group if (pair := self._only(one, group, others))]
            for one, row in found:
                self._make(one, row, "amount_and_time", clock=clock)

    def _only(self, one: Timed, group: list[Timed], rows: list[Timed]) -> tuple[Payment, Payment] | None:
        """Gives the one row that fits a payment that alone fits it; notes the reason where there is none."""
        at, payment = one
        fit, is_contrary = self._fitting(payment, _between(rows, at - self.how.before, at + self.how.after))
        if not fit:
            if is_contrary:
                self.reasons.setdefault(payment.id, Unmatched(payment.id, "other_counterparty"))
            return None
        if len(fit) == 1:
            row_at, row = fit[0]
            back = _between(group, row_at - self.how.after, row_at + self.how.before)
            rivals = [other for _, other in back if other.id != payment.id and self._agree(other, row) != "contrary"]
            if not rivals and len(back) <= MOST_LOOKED_AT and payment.id not in self.reasons:
                return payment, row
        self.reasons.setdefault(payment.id, Unmatched(payment.id, "ambiguous", tuple(row.id for _, row in fit[:5])))
        return None

    def _fitting(self, payment: Payment, rows: list[Timed]) -> tuple[list[Timed], bool]:
        fit: list[Timed] = []
        for pair in rows[:MOST_LOOKED_AT]:
            if self._agree(payment, pair[1]) != "contrary":
                fit.append(pair)
                if len(fit) > 1:
                    break
        return (rows[:2] if len(rows) > MOST_LOOKED_AT and len(fit) < 2 else fit), bool(rows) and not fit  # noqa: PLR2004

    def _agree(self, payment: Payment, row: Payment) -> str:
        """Compares names, way and channel: `equal`, `contrary` or `unknown`."""
        if row.channel not in _kind(payment) or not _fits_way(self.how, row, [(None, payment)]):
            return "contrary"
        return self._names_agree(*map(name_key, (payment.payer, payment.payee, row.payer, row.payee)))

    def _names_agree(self, payer: str, payee: str, row_payer: str, row_payee: str) -> str:
        answers = [self._name(payer, row_payer), self._name(payee, row_payee)]
        is_swapped = bool(payer and payer == row_payee) or bool(payee and payee == row_payer)
        if "contrary" in answers or is_swapped:
            return "contrary"
        return "equal" if answers[0] == "equal" else "unknown"

    def _name(self, name: str, other: str) -> str:
        """Compares two names; different ones contradict only where one of them is known on the other's side."""
        if not name or not other or "*" in other:
            return "unknown"
        if name == other or other in self.aliases.get(name, ()):
            return "equal"
        return "contrary" if other in self.names or name in self.row_names else "unknown"

    def _payments(self) -> Iterator[Payment]:
        return (one for one in self.payments if one.id not in self.made)

    def _rows(self) -> Iterator[Payment]:
        return (row for row in self.rows if row.id not in self.taken)

    def _make(self, payment: Payment, row: Payment, basis: str, *, clock: str = "", alike: int = 1) -> None:
        if payment.id in self.made or row.id in self.taken:
            return
        first, second = when_of(payment), when_of(row)
        is_one_clock = first is not None and second is not None and first[0] == second[0]
        offset = round((second[1] - first[1]).total_seconds()) if first and second and is_one_clock else None
        self.made[payment.id] = Match(payment.id, row.id, basis, clock or (first[0] if first else ""), offset, alike)
        self.taken.add(row.id)
        self.reasons.pop(payment.id, None)

    def result(self) -> tuple[tuple[Match, ...], tuple[Unmatched, ...]]:
        """Gives the matches, and a reason for everything else."""
        matches = tuple(self.made[one.id] for one in self.payments if one.id in self.made)
        periods = _periods(self.rows)
        clocks = _grouped((row.id, (_sum(row), when[0])) for row in self._rows() if (when := when_of(row)))
        left = [self._reason(one, periods, clocks) for one in self._payments()]
        open_rows = {id_ for one in left for id_ in one.candidates}
        rows = [Unmatched(row.id, "ambiguous" if row.id in open_rows else "no_message") for row in self._rows()]
        return matches, (*left, *rows)

    def _reason(
        self,
        one: Payment,
        periods: dict[str, tuple[datetime, datetime]],
        clocks: dict[tuple[Sum, str], list[str]],
    ) -> Unmatched:
        if one.id in self.reasons:
            return self.reasons[one.id]
        when = when_of(one)
        if not self.rows or when is None:
            return Unmatched(one.id, "no_bill" if not self.rows else "no_time")
        if when[0] not in periods:
            return Unmatched(one.id, "zone_unknown")
        first, last = periods[when[0]]
        if not first - self.how.after <= when[1] <= last + self.how.before:
            return Unmatched(one.id, "outside_bill_period")
        others = clocks.get((_sum(one), "shown" if when[0] == "utc" else "utc"), [])
        return Unmatched(one.id, "zone_unknown", tuple(others[:5])) if others else Unmatched(one.id, "no_row")


def _sum(payment: Payment) -> Sum:
    return payment.currency, payment.amount_minor, payment.is_refund


def _grouped(pairs: Iterable[tuple[Value, Key]]) -> dict[Key, list[Value]]:
    groups: dict[Key, list[Value]] = {}
    for value, key in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _timed(payments: Iterable[Payment], clock: str) -> list[Timed]:
    """Gives those whose times are on one clock, in order."""
    found = [(when[1], one) for one in payments if (when := when_of(one)) and when[0] == clock]
    return sorted(found, key=lambda pair: (pair[0], pair[1].id))


def _between(pairs: list[Timed], start: datetime, end: datetime) -> list[Timed]:
    low = bisect_left(pairs, start, key=lambda pair: pair[0])
    return pairs[low : min(bisect_right(pairs, end, key=lambda pair: pair[0]), low + MOST_LOOKED_AT + 1)]


def _split(
    payments: list[Timed],
    rows: list[Timed],
    before: timedelta,
    after: timedelta,
) -> Iterator[tuple[list[Timed], list[Timed]]]:
    """Splits payments and rows in order of time into runs: between two runs, no row fits a payment of the other."""
    start = low = 0
    reach = 0
    for index, (at, _) in enumerate(payments):
        first = bisect_left(rows, at - before, key=lambda pair: pair[0])
        if index > start and first >= reach:
            yield payments[start:index], rows[low:reach]
            start, low = index, first
        if index == start:
            low = first
        reach = max(reach, bisect_right(rows, at + after, key=lambda pair: pair[0]), low)
    if payments:
        yield payments[start:], rows[low:reach]


def _in_order(
    payments: list[Timed],
    rows: list[Timed],
    before: timedelta,
    after: timedelta,
) -> bool:
    return all(-before <= row[0] - one[0] <= after for one, row in zip(payments, rows, strict=True))


def _periods(rows: Iterable[Payment]) -> dict[str, tuple[datetime, datetime]]:
    """Gives the first and last time of the rows, on each clock."""
    periods: dict[str, tuple[datetime, datetime]] = {}
    for row in rows:
        when = when_of(row)
        if when is not None:
            first, last = periods.get(when[0], (when[1], when[1]))
            periods[when[0]] = (min(first, when[1]), max(last, when[1]))
    return periods


def _kind(payment: Payment) -> frozenset[str]:
    """Gives the channels of rows that can be a payment: shopping is no red packet."""
    return _SHOPPING if payment.channel in ("card", "purchase") else _PERSONAL


def _fits_way(how: Matching, row: Payment, payments: Sequence[tuple[datetime | None, Payment]]) -> bool:
    """Whether a row of the bill of an account in question goes the way of the payment."""
    directions = {one.direction for _, one in payments}
    if UNKNOWN in directions or len(directions) != 1 or row.direction not in (IN, OUT):
        return True
    holder = name_key(row.payee if row.direction == IN else row.payer)
    return holder not in {name_key(one) for one in how.accounts} or row.direction in directions
