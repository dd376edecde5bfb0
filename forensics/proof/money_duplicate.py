"""Finds statements of one payment in several places, so that it is counted once and both places are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations

from forensics.chats.payment import UNKNOWN, Payment
from forensics.proof.money_harvest import Duplicate, name_key

SHARED_KEYS = 2
"""Payments of one second and amount that two exports must share before their chats count as one. One can be chance:
with 1,000 payments a year in each, two agree by chance in the second alone about in one of 30 pairs (1000² / 31.5
million); two that also agree in amount, much less."""

MOST_ALIKE = 50
"""Payments of one minute and amount beyond which chats are not compared; a limit on work."""

Place = tuple[str, str]
"""A chat: digest of its export, and id."""


@dataclass(frozen=True, slots=True)
class Uniqueness:
    """What is left when copies are taken away.

    Attributes:
        kept: One for each payment, in the order given; of several statements one that has the account's id.
        duplicates: What was taken away, and why.
        possible: Pairs of ids of the same second and amount in two exports, of which it is not known whether they are
            one payment; both are counted.
    """

    kept: tuple[Payment, ...]
    duplicates: tuple[Duplicate, ...]
    possible: tuple[tuple[str, str], ...]


def unique_rows(rows: Iterable[Payment]) -> Uniqueness:
    """Takes away rows of bills that stand in two bills, or twice in one under one number.

    Rows are one where number and amount are; and, where one of them shows no number, as after it was saved again by a
    spreadsheet, where minute, amount, name and direction are. Of these as many are kept as one file has at most.
    """
    work = _Rows()
    for row in rows:
        work.add(row)
    return Uniqueness(tuple(work.kept), tuple(work.duplicates), ())


class _Rows:
    """Rows by what two copies of one must share."""

    def __init__(self) -> None:
        self.kept: list[Payment] = []
        self.duplicates: list[Duplicate] = []
        self._ids: set[str] = set()
        self._numbers: dict[Hashable, Payment] = {}
        self._alike: dict[str, list[Payment]] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, row: Payment) -> None:
        """Takes a row in, unless it was taken in before."""
        if row.id in self._ids:
            return
        self._ids.add(row.id)
        number = (row.rule, row.reference, row.amount_minor, row.currency, row.is_refund)
        first = self._numbers.get(number) if row.reference else None
        self._counts[row.dedupe_key, row.locator.file] += 1
        first = first or self._copied(row)
        if first is not None:
            self.duplicates.append(Duplicate(first.id, row, "copy"))
            return
        if row.reference:
            self._numbers[number] = row
        self._alike.setdefault(row.dedupe_key, []).append(row)
        self.kept.append(row)

    def _copied(self, row: Payment) -> Payment | None:
        """Finds the row of which this is a copy without its number, or that is one of this; None for none."""
        alike = self._alike.get(row.dedupe_key, [])
        place = self._counts[row.dedupe_key, row.locator.file] - 1
        if place >= len(alike) or alike[place].locator.file == row.locator.file:
            return None
        return None if row.reference and alike[place].reference else alike[place]


def unique_payments(payments: Iterable[Payment]) -> Uniqueness:
    """Takes away statements of one payment by several exports of a chat, or by one export twice."""
    work = _Work()
    for one in payments:
        work.add(one)
    work.join()
    dropped = {one.dropped.id for one in work.duplicates}
    kept = tuple(one for one in work.payments if one.id not in dropped)
    possible = tuple(pair for pair in work.possible if not dropped & set(pair))
    return _with_ids(Uniqueness(kept, tuple(work.duplicates), possible))


def _with_ids(found: Uniqueness) -> Uniqueness:
    """Keeps, of several statements of a payment, one that has the payer's id, whichever export comes first."""
    named: dict[str, Payment] = {}
    for one in found.duplicates:
        if one.dropped.payer_id:
            named.setdefault(one.kept, one.dropped)
    chosen = {one.id: (one, _filled(named[one.id], one)) for one in found.kept if not one.payer_id and one.id in named}
    if not chosen:
        return found
    duplicates = [_instead(one, *chosen[one.kept]) if one.kept in chosen else one for one in found.duplicates]
    ids = {old: new.id for old, (_, new) in chosen.items()}
    return Uniqueness(
        tuple(chosen[one.id][1] if one.id in chosen else one for one in found.kept),
        tuple(duplicates),
        tuple((ids.get(first, first), ids.get(second, second)) for first, second in found.possible),
    )


def _filled(payment: Payment, other: Payment) -> Payment:
    """Adds to a statement what another one of the same payment says beside it."""
    way = payment.direction if payment.direction != UNKNOWN else other.direction
    return replace(payment, payee=payment.payee or other.payee, direction=way)


def _instead(duplicate: Duplicate, old: Payment, new: Payment) -> Duplicate:
    return Duplicate(new.id, old if duplicate.dropped.id == new.id else duplicate.dropped, duplicate.reason)


def one_chat(kept: Iterable[Payment], duplicates: Sequence[Duplicate]) -> dict[Place, Place]:
    """Gives chats of which several exports state the same payments, each with the one by which all are called."""
    places = {one.id: _place(one) for one in kept}
    head: dict[Place, Place] = {}
    for one in duplicates:
        if one.reason == "other export" and one.kept in places:
            first, second = (_head(head, place) for place in (places[one.kept], _place(one.dropped)))
            head[second] = first
    return {place: _head(head, place) for place in head}


def _head(head: dict[Place, Place], place: Place) -> Place:
    while head.setdefault(place, place) != place:
        place = head[place]
    return place


class _Work:
    """Payments by what two statements of one must share."""

    def __init__(self) -> None:
        self.payments: list[Payment] = []
        self.duplicates: list[Duplicate] = []
        self.possible: list[tuple[str, str]] = []
        self._ids: dict[Hashable, str] = {}
        self._names: dict[str, set[str]] = {}

    def add(self, payment: Payment) -> None:
        """Takes a payment in, unless the same message was taken in before."""
        where = payment.locator
        key = (where.file, payment.chat, payment.message, payment.amount_minor, payment.is_refund)
        first = self._ids.get(payment.id) or self._ids.get(key)
        if first is not None:
            if first != payment.id:
                self.duplicates.append(Duplicate(first, payment, "copy"))
            return
        self._ids[payment.id] = self._ids[key] = payment.id
        self.payments.append(payment)
        self._names.setdefault(where.file, set()).add(name_key(payment.payer))

    def join(self) -> None:
        """Joins statements by their times in UTC, and those without by their times as shown."""
        if len(self._names) < 2:  # noqa: PLR2004  one export cannot disagree with another
            return
        same = self._same_chats()
        gone: set[str] = set()
        for is_utc in (True, False):
            for group in self._groups(is_utc=is_utc):
                left = [one for one in group if one.id not in gone]
                gone |= self._join_group(left, same, is_utc=is_utc)

    def _groups(self, *, is_utc: bool) -> Iterator[list[Payment]]:
        groups: dict[Hashable, list[Payment]] = {}
        for one in self.payments:
            when = one.at if is_utc else one.local_at
            if when is not None:
                groups.setdefault((_minute(when), *_sum(one)), []).append(one)
        yield from (group for group in groups.values() if len({one.locator.file for one in group}) > 1)

    def _same_chats(self) -> set[frozenset[Place]]:
        """Finds chats of two exports that share several payments to the second: they are one chat."""
        shared: Counter[frozenset[Place]] = Counter()
        for group in self._groups(is_utc=True):
            if len(group) <= MOST_ALIKE:
                pairs = [(a, b) for a, b in combinations(group, 2) if _other_file(a, b) and _is_close(a, b)]
                shared.update({frozenset((_place(a), _place(b))) for a, b in pairs})
        return {pair for pair, count in shared.items() if count >= SHARED_KEYS}

    def _join_group(self, group: list[Payment], same: set[frozenset[Place]], *, is_utc: bool) -> set[str]:
        """Joins the payments of one minute and amount; the first export's statement is kept."""
        kept: list[tuple[Payment, set[str]]] = []
        gone: set[str] = set()
        for one in group:
            ranked = sorted(kept[:MOST_ALIKE], key=lambda pair: not _same_payer(pair[0], one))
            for first, files in ranked:
                if one.locator.file in files or (not is_utc and first.at is not None and one.at is not None):
                    continue
                if self._is_same(first, one, same):
                    files.add(one.locator.file)
                    self.duplicates.append(Duplicate(first.id, one, "other export"))
                    gone.add(one.id)
                    break
                if is_utc and _is_to_the_second(first, one) and not self._is_contrary(first, one):
                    self.possible.append((first.id, one.id))
            else:
                kept.append((one, {one.locator.file}))
        return gone

    def _is_same(self, first: Payment, second: Payment, same: set[frozenset[Place]]) -> bool:
        if not _is_close(first, second) or self._is_contrary(first, second):
            return False
        is_one_chat = bool(first.chat) and first.chat == second.chat
        return is_one_chat or _same_payer(first, second) or frozenset((_place(first), _place(second))) in same

    def _is_contrary(self, first: Payment, second: Payment) -> bool:
        """Whether two payers are told apart: by ids, or by names that both exports use."""
        if first.payer_id and second.payer_id and first.rule == second.rule:
            return first.payer_id != second.payer_id
        a, b = name_key(first.payer), name_key(second.payer)
        is_known = a in self._names[second.locator.file] and b in self._names[first.locator.file]
        return bool(a and b) and a != b and is_known


def _minute(when: datetime) -> datetime:
    return when.replace(second=0, microsecond=0)


def _sum(payment: Payment) -> tuple[object, ...]:
    return payment.currency, payment.amount_minor, payment.is_refund, payment.channel


def _place(payment: Payment) -> Place:
    return payment.locator.file, payment.chat


def _other_file(first: Payment, second: Payment) -> bool:
    return first.locator.file != second.locator.file


def _seconds(payment: Payment) -> int:
    when = payment.at or payment.local_at
    return when.second if when else 0


def _is_to_the_second(first: Payment, second: Payment) -> bool:
    return _seconds(first) == _seconds(second) != 0


def _is_close(first: Payment, second: Payment) -> bool:
    """Whether two times of one minute can be one time: equal, or one shown without its seconds."""
    return _seconds(first) == _seconds(second) or 0 in (_seconds(first), _seconds(second))


def _same_payer(first: Payment, second: Payment) -> bool:
    if first.payer_id and second.payer_id and first.payer_id == second.payer_id:
        return True
    name = name_key(first.payer or first.payee)
    return bool(name) and name == name_key(second.payer or second.payee)
