"""Screenshots as examiners read them: the payments that they show, for the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from forensics.chats import moment
from forensics.chats.bill import payment_id
from forensics.chats.message import Locator
from forensics.chats.payment import IN, OUT, SHOWN_ON_SCREENSHOT, UNKNOWN, Payment
from forensics.custody.statement import standing
from forensics.model import Committed, Statement
from forensics.proof.money_harvest import Duplicate, name_key

KIND = "reading"
"""Kind of the statements by which examiners say what a screenshot shows."""

NEAR = timedelta(minutes=10)
"""How far two screenshots can show one payment apart: a chat shows a time above several messages, a bill its own."""

_RULE = "reading"
_DATED = re.compile(r"[0-9][-月/.][0-9]")
_CLOCK = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?")
"""What is read as a time: date and time of day. A date alone, or one without a year, stays as shown."""

_NUMBER = re.compile(r"(?<![0-9])[0-9]{16,40}(?![0-9])")
"""Numbers of transactions. *Source:* bills of WeChat and Alipay, of 28 to 32 digits; banks have fewer."""


def readings(statements: Iterable[Committed[Statement]]) -> tuple[Committed[Statement], ...]:
    """Gives the readings that count: of each picture the one that was stated last, in order of their ids.

    A picture that was collected twice is read once, so that no payment is counted twice.
    """
    found: dict[str, Committed[Statement]] = {}
    for one in sorted(standing(statements, KIND), key=lambda one: _place(one.ref)):
        found[str(one.record.values.get("content", one.record.id))] = one
    kept = {one.record.id for one in found.values()}
    return tuple(one for one in standing(statements, KIND) if one.record.id in kept)


def _place(ref: str) -> tuple[int, ...]:
    return tuple(int(part) for part in ref.split("/"))


@dataclass(frozen=True, slots=True)
class Shown:
    """Payments on screenshots.

    Attributes:
        payments: Counted once each.
        repeated: Payments that may be one that another picture shows too: screenshots of a chat overlap. They are not
            counted, so that a total is never too high; a time or a payer, stated by the examiner, tells them apart.
    """

    payments: tuple[Payment, ...]
    repeated: tuple[Duplicate, ...]


def shown_in(statements: Iterable[Committed[Statement]], *, accounts: frozenset[str] = frozenset()) -> Shown:
    """Gives the payments that examiners read from screenshots, and which of them several pictures may show.

    Args:
        statements: All statements of a case, in the order in which they were committed.
        accounts: Names of the accounts in question; payments to them are `in`, from them `out`.
    """
    names = frozenset(name_key(one) for one in accounts)
    kept: dict[tuple[object, ...], list[Payment]] = {}
    repeated: list[Duplicate] = []
    order: list[Payment] = []
    for one in readings(statements):
        met: set[str] = set()
        for payment in _payments(one.record, names):
            others = kept.setdefault((payment.amount_minor, payment.currency, payment.is_refund), [])
            first = next((other for other in others if other.id not in met and may_be_one(other, payment)), None)
            if first is not None and first.locator.file != payment.locator.file:
                repeated.append(Duplicate(first.id, payment, "other screenshot"))
                met.add(first.id)
                continue
            met.add(payment.id)
            others.append(payment)
            order.append(payment)
    return Shown(tuple(order), tuple(repeated))


def may_be_one(first: Payment, second: Payment) -> bool:
    """Whether two payments of one amount on two screenshots may be one: nothing that is shown tells them apart."""
    for a, b in ((first.payer, second.payer), (first.payee, second.payee)):
        if a and b and name_key(a) != name_key(b):
            return False
    if first.channel != second.channel:
        return False
    if first.at is not None and second.at is not None:
        return abs(first.at - second.at) <= NEAR
    if first.local_at is not None and second.local_at is not None:
        return abs(first.local_at - second.local_at) <= NEAR
    is_dated = all(_DATED.search(one.at_shown) and one.local_at is None for one in (first, second))
    return not is_dated or first.at_shown == second.at_shown


def _payments(statement: Statement, accounts: frozenset[str]) -> Iterator[Payment]:
    for number, told in enumerate(_told(statement.values), 1):
        yield _payment(statement, told, number=number, accounts=accounts)


def _told(values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in values.get("payments", ()) if isinstance(one, Mapping)]


def _payment(statement: Statement, told: Mapping[str, Any], *, number: int, accounts: frozenset[str]) -> Payment:
    values = statement.values
    where = Locator(str(values.get("content", "")), str(values.get("name", "")), f"{statement.id} payment {number}")
    payer, payee = str(told.get("payer", "")), str(told.get("payee", ""))
    when = moment_of(str(told.get("at_shown", "")), zone=str(told.get("zone", "")))
    return Payment(
        id=payment_id(where, _RULE),
        at=when.at,
        local_at=when.local,
        at_shown=when.shown,
        zone=when.zone,
        amount_minor=int(told["amount_minor"]),
        currency=str(told["currency"]),
        direction=_direction(payer, payee, accounts),
        payer=payer,
        payee=payee,
        channel=str(told.get("channel", "transfer")),
        certainty=SHOWN_ON_SCREENSHOT,
        is_refund=bool(told.get("is_refund", False)),
        memo=str(told.get("memo", "")),
        locator=where,
        dedupe_key=f"{where.file} {number}",
        rule=_RULE,
        message=where.record,
        reference=_number(values),
    )


def _number(values: Mapping[str, Any]) -> str:
    """Gives the number of the transaction, where a screenshot of one payment shows one number that can be it."""
    if len(_told(values)) != 1:
        return ""
    lines = [str(line.get("text", "")) for line in values.get("lines", ()) if isinstance(line, Mapping)]
    found = {number for line in lines for number in _NUMBER.findall(line)}
    return found.pop() if len(found) == 1 else ""


def moment_of(shown: str, *, zone: str = "") -> moment.Moment:
    """Gives the time that a screenshot shows; nothing is added to it.

    Args:
        shown: `2021-07-01 12:30` is read as a time; anything else, such as a date alone, stays as it is shown.
        zone: Zone in which the examiner says that it is shown; empty where that is not known.

    Raises:
        UsageError: There is no such zone.
    """
    if not _CLOCK.fullmatch(shown) or not _is_real(shown):
        return moment.nowhere(shown)
    return moment.iso(shown, zone=zone)


def _is_real(shown: str) -> bool:
    try:
        datetime.fromisoformat(shown)
    except ValueError:
        return False
    return True


def _direction(payer: str, payee: str, accounts: frozenset[str]) -> str:
    paid, got = (bool(name) and name_key(name) in accounts for name in (payer, payee))
    return UNKNOWN if paid == got else OUT if paid else IN
