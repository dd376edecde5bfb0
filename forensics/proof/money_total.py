"""Totals of payments: each is a query over the payment table that anyone can repeat, and keeps the ids it added up."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from forensics.chats.payment import CERTAINTIES, CONFIRMED_BY_BILL, IN, OUT, STATED_IN_CHAT, UNKNOWN, Payment


@dataclass(frozen=True, slots=True)
class Query:
    """Which payments are added up.

    Attributes:
        certainty: One class; classes are never added up together.
        directions: Directions that count; `out` is left out of what an account received.
        ids: Only these, which agree with a row of a bill, and rows of bills that agree with a chat; None for all.
    """

    certainty: str
    currency: str
    is_refund: bool = False
    directions: tuple[str, ...] = (IN, UNKNOWN)
    ids: frozenset[str] | None = None

    def accepts(self, payment: Payment) -> bool:
        """Whether a payment belongs to the total."""
        return (
            payment.certainty == self.certainty
            and payment.currency == self.currency
            and payment.is_refund == self.is_refund
            and payment.direction in self.directions
            and (self.ids is None or payment.id in self.ids)
        )

    def text(self) -> str:
        """Writes the query as a condition over the columns of the payment table."""
        ways = ", ".join(f"'{way}'" for way in self.directions)
        refund = "is_refund" if self.is_refund else "not is_refund"
        base = f"certainty = '{self.certainty}' and currency = '{self.currency}' and {refund} and direction in ({ways})"
        other = STATED_IN_CHAT if self.certainty == CONFIRMED_BY_BILL else CONFIRMED_BY_BILL
        return base if self.ids is None else f"{base} and matched_class = '{other}'"


@dataclass(frozen=True, slots=True)
class Total:
    """A sum: at least this much, since what could not be read or is not in the files is not in it.

    Attributes:
        ids: Ids of what was added up, in the order of the table.
    """

    query: Query
    count: int
    amount_minor: int
    ids: tuple[str, ...]

    @property
    def ids_sha256(self) -> str:
        """Names the set of payments: SHA-256 over the sorted ids, one on each line."""
        return hashlib.sha256("".join(f"{one}\n" for one in sorted(self.ids)).encode()).hexdigest()


def total(payments: Iterable[Payment], query: Query) -> Total:
    """Adds up the payments that a query accepts."""
    found = [one for one in payments if query.accepts(one)]
    return Total(query, len(found), sum(one.amount_minor for one in found), tuple(one.id for one in found))


@dataclass(frozen=True, slots=True)
class Sums:
    """The totals of one class of certainty in one currency; gross, refunds apart.

    Attributes:
        paid: Payments to the accounts in question, or of unknown direction.
        matched: Those of them that agree with a row of a bill.
        refunded: Refunds, in either direction.
        paid_out: Payments by the accounts in question; empty where none are named.
    """

    certainty: str
    currency: str
    paid: Total
    matched: Total
    refunded: Total
    paid_out: Total


def sums(payments: Sequence[Payment], matched: Collection[str]) -> tuple[Sums, ...]:
    """Gives the totals of every class and currency that occurs, by class and then currency.

    Args:
        payments: Unique payments of any class.
        matched: Ids of those that agree with a statement of another class.
    """
    known = {(one.certainty, one.currency) for one in payments}
    made = []
    for certainty, currency in sorted(known, key=lambda pair: (CERTAINTIES.index(pair[0]), pair[1])):
        base = Query(certainty, currency)
        both = Query(certainty, currency, ids=frozenset(matched))
        back = Query(certainty, currency, is_refund=True, directions=(IN, OUT, UNKNOWN))
        out = Query(certainty, currency, directions=(OUT,))
        made.append(Sums(certainty, currency, *(total(payments, query) for query in (base, both, back, out))))
    return tuple(made)
