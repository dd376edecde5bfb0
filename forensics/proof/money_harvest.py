"""Takes what chats state about payments out of their messages: payments, records without an amount, and leads."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice

from forensics.chats.amount import AmountError, plain_text
from forensics.chats.bill import payment_id
from forensics.chats.message import Chat, Locator, Message, Problem
from forensics.chats.payment import IN, OUT, STATED_IN_CHAT, UNKNOWN, Payment
from forensics.proof.money_rule import Reading, RuleBook, read_line, read_record

RECORDS = ("red_packet", "transfer")
"""Kinds of messages that the export itself marks as payments."""

MARKED = ("wechat-csv", "wechat-html", "mail")
"""Formats in which text was typed: exports that say of every message whether it is a payment, and mail."""

RECEIPT_WITHIN = timedelta(hours=24, minutes=10)
"""How long after a payment its receipt can come. *Source:* WeChat, QQ and Alipay give packets and transfers back that
nobody took within 24 hours; ten minutes more for clocks that differ."""

MAX_GIVERS = 1000
"""Open payments of one amount that are looked at for a receipt; a limit on work, far beyond one day of one chat."""

MAX_SENDERS = 100_000
"""Names of one chat that are kept, to tell whether it is one of two; a limit on memory."""

MAX_READ = 8000
"""Characters of a message that are looked at for lines of payments; a chat program allows 4,096 (Telegram) or more."""

MAX_KNOWN = 10_000
"""Lines of which it is kept what they state; a limit on memory."""

_DIGIT = re.compile("[0-9]")

_PAIR = 2
"""Accounts of a private chat."""

MAX_SHOWN = 500
"""Characters of a message that a lead repeats; the locator leads to the rest."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A message that somebody should read; it is no payment.

    Attributes:
        reason: `talk`, `forwarded`, `edited`, `request`, `opened`, `list` (several payment lines in one message) or
            `typed` (a line of a payment with words after it, a sentence that people write too, words below a file, a
            message that was withdrawn, or one that the export marks as text while it marks payments as such).
    """

    reason: str
    text: str
    chat: str
    message: str
    at: datetime | None
    at_shown: str
    sender: str
    locator: Locator


@dataclass(frozen=True, slots=True)
class Unpriced:
    """A record of a payment whose amount the export does not show, or shows unreadably; it is in no total."""

    reason: str
    text: str
    channel: str
    chat: str
    message: str
    at: datetime | None
    at_shown: str
    sender: str
    locator: Locator


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A second statement of a payment that is counted once.

    Attributes:
        reason: `copy` (the same message or bill row again), `other export` (another export of the chat), `receipt`
            (the line of the one who was paid) or `other screenshot` (another picture that may show it).
    """

    kept: str
    dropped: Payment
    reason: str


@dataclass(frozen=True, slots=True)
class Harvest:
    """What was taken out of messages; in the order of the messages."""

    payments: tuple[Payment, ...]
    unpriced: tuple[Unpriced, ...]
    leads: tuple[Lead, ...]
    duplicates: tuple[Duplicate, ...]
    problems: tuple[Problem, ...]
    accounts: frozenset[str]


@dataclass(slots=True)
class _Work:
    """What has been found so far."""

    book: RuleBook
    chats: dict[tuple[str, str], Chat] = field(default_factory=dict)
    senders: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    payments: list[Payment] = field(default_factory=list)
    receipts: list[Payment] = field(default_factory=list)
    unpriced: list[Unpriced] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    known: dict[tuple[str, str], Reading | None] = field(default_factory=dict)

    def read(self, line: str, chat_format: str) -> Reading | None:
        """Reads a line; what was read lately is not read again, since programs write the same lines often."""
        key = (line, chat_format)
        if key not in self.known:
            if len(self.known) >= MAX_KNOWN:
                self.known.clear()
            self.known[key] = read_line(line, self.book, chat_format=chat_format)
        return self.known[key]


def harvest(
    rows: Iterable[Chat | Message | Problem], book: RuleBook, *, accounts: frozenset[str] = frozenset(), file: str = ""
) -> Harvest:
    """Takes payments out of messages.

    Args:
        rows: Chats and messages, of one export or several, a chat before its messages.
        book: Rules of lines.
        accounts: Names or ids of the accounts in question; payments to them are `in`, from them `out`.
        file: Digest of the export to which a chat that comes before any message belongs; empty where only one is read.
    """
    work, latest = _Work(book), None
    for row in rows:
        if isinstance(row, Message):
            _take(row, _chat_of(row, work, latest), work)
        elif isinstance(row, Chat):
            latest = row
            work.chats[file, row.id] = row
        else:
            work.problems.append(row)
    paid, copies = _join_receipts(work.payments, work.receipts)
    done = tuple(_direct(_payee(one, work), accounts) for one in paid)
    names = frozenset(name_key(one) for senders in work.senders.values() for one in senders) - {""}
    return Harvest(done, tuple(work.unpriced), tuple(work.leads), tuple(copies), tuple(work.problems), names)


def _chat_of(message: Message, work: _Work, latest: Chat | None) -> Chat | None:
    """Finds the chat of a message: the one given last, as exports follow each other, or an earlier one of its file."""
    key = (message.locator.file, message.chat)
    if latest is not None and latest.id == message.chat and key not in work.chats:
        work.chats[key] = latest
    if message.sender:
        senders = work.senders.setdefault(key, set())
        if len(senders) < MAX_SENDERS:
            senders.add(message.sender)
    return work.chats.get(key)


def _take(message: Message, chat: Chat | None, work: _Work) -> None:
    """Takes one message."""
    text = message.text
    shown = chat.format if chat else ""
    plain = plain_text(text[:MAX_READ]) if text else ""
    is_likely = bool(plain) and work.book.may_state(plain)
    lines = [line for line in text[:MAX_READ].splitlines()[:50] if line.strip()] if is_likely else []
    every = [work.read(line, shown) for line in lines]
    readings = [one for one in every if one is not None]
    sums = [one for one in readings if one.meaning in ("payment", "receipt", "refund")]
    is_record = message.kind in RECORDS
    if not readings:
        if is_record:
            _take_record(message, shown, work)
        elif (is_likely or _DIGIT.search(plain)) and work.book.talk.search(plain_text(text[:2000])):
            work.leads.append(_lead(message, "talk"))
        return
    first = every[0]
    reason = _lead_reason(message, sums, first, is_record=is_record)
    if not reason and first in sums and not is_record and (len(lines) > 1 or _is_typed(message, first, shown)):
        reason = "typed"
    if reason or first is None:
        work.leads.append(_lead(message, reason or "talk"))
    elif first.amount_minor is None:
        work.unpriced.append(_unpriced(message, first.error or "no amount is shown", first.channel))
    else:
        _keep(_payment(message, first), first, work)


def _lead_reason(message: Message, sums: list[Reading], first: Reading | None, *, is_record: bool) -> str:
    """Says why a message with a payment line is a lead only; empty where it is a statement of its own."""
    if message.forwarded_from is not None:
        return "forwarded"
    if first is None:
        return "talk"
    if (message.edited_at is not None or message.edited_shown) and not is_record:
        return "edited"
    if first.meaning in ("request", "opened"):
        return first.meaning
    if len(sums) > 1:
        return "list"
    is_typed = first.meaning == "packet" and not is_record and first.memo[:1] in "0123456789¥$-+"
    return "typed" if is_typed and first.memo else ""


def _is_typed(message: Message, reading: Reading, chat_format: str) -> bool:
    """Whether a person may have written a line: the program's own are system messages, or have brackets."""
    if message.kind == "system":
        return False
    is_caption = message.kind == "media" or bool(message.attachments)
    is_text = message.kind == "text" and chat_format in MARKED
    return reading.is_sentence or is_caption or is_text or message.is_deleted


def _take_record(message: Message, shown: str, work: _Work) -> None:
    """Takes a message that the export marks as a payment and whose text fits no rule."""
    if message.forwarded_from is not None:
        work.leads.append(_lead(message, "forwarded"))
        return
    try:
        is_packet = message.kind == "red_packet"
        found = read_record(message.text, work.book, chat_format=shown, is_packet=is_packet)
    except AmountError as error:
        work.unpriced.append(_unpriced(message, str(error), message.kind))
        return
    reading = Reading(f"record:{message.kind}", found.meaning, message.kind, found.amount_minor, found.currency)
    _keep(replace(_payment(message, reading), reference=found.reference), reading, work)


def _keep(payment: Payment, reading: Reading, work: _Work) -> None:
    (work.receipts if reading.meaning == "receipt" else work.payments).append(payment)


def _payment(message: Message, reading: Reading) -> Payment:
    """Makes a payment of a message; who sent a receipt was paid, everybody else paid."""
    is_receipt = reading.meaning == "receipt"
    payer = reading.payer or ("" if is_receipt else message.sender)
    return Payment(
        id=payment_id(message.locator, reading.rule),
        at=message.sent_at,
        local_at=message.local_at,
        at_shown=message.sent_shown,
        zone=message.zone,
        amount_minor=reading.amount_minor or 0,
        currency=reading.currency,
        direction=UNKNOWN,
        payer=payer,
        payee=reading.payee or (message.sender if is_receipt else ""),
        payer_id=message.sender_id if payer == message.sender else None,
        channel=reading.channel,
        certainty=STATED_IN_CHAT,
        is_refund=reading.meaning == "refund",
        memo=reading.memo,
        locator=message.locator,
        dedupe_key="",
        rule=reading.rule,
        chat=message.chat,
        message=_name(message),
        seq=message.seq,
    )


def _name(message: Message) -> str:
    return message.id or message.locator.record


def _lead(message: Message, reason: str) -> Lead:
    shown = message.text[:MAX_SHOWN]
    at, where = message.sent_at, message.locator
    return Lead(reason, shown, message.chat, _name(message), at, message.sent_shown, message.sender, where)


def _unpriced(message: Message, reason: str, channel: str) -> Unpriced:
    shown, at = message.text[:MAX_SHOWN], message.sent_at
    where = message.locator
    return Unpriced(reason, shown, channel, message.chat, _name(message), at, message.sent_shown, message.sender, where)


def when_of(payment: Payment) -> tuple[str, datetime] | None:
    """Gives the axis (`utc` or `shown`) and time by which payments are compared; None where there is no time."""
    if payment.at is not None:
        return "utc", payment.at.replace(tzinfo=None)
    return None if payment.local_at is None else ("shown", payment.local_at)


def _join_receipts(payments: list[Payment], receipts: list[Payment]) -> tuple[list[Payment], list[Duplicate]]:
    """Joins the line of the one who was paid to the line of the one who paid; alone, it states the payment itself."""
    payments, receipts, copies = _join_numbers(payments, receipts)
    waiting: dict[tuple[object, ...], deque[Payment]] = {}
    for one in payments:
        if not one.is_refund:
            waiting.setdefault(_receipt_key(one), deque()).append(one)
    kept: dict[str, Payment] = {one.id: one for one in payments}
    for receipt in receipts:
        givers = waiting.get(_receipt_key(receipt), deque())
        while givers and _is_over(givers[0], receipt):
            givers.popleft()
        giver = next((one for one in islice(givers, MAX_GIVERS) if _is_received(one, receipt)), None)
        if giver is None:
            kept[receipt.id] = receipt
            continue
        givers.remove(giver)
        kept[giver.id] = replace(giver, payee=giver.payee or receipt.payee)
        copies.append(Duplicate(giver.id, receipt, "receipt"))
    return sorted(kept.values(), key=lambda one: (one.locator.file, one.seq)), copies


def _join_numbers(
    payments: list[Payment], receipts: list[Payment]
) -> tuple[list[Payment], list[Payment], list[Duplicate]]:
    """Joins the messages of one export that name one transfer by its number."""
    first: dict[tuple[object, ...], Payment] = {}
    copies: list[Duplicate] = []
    payees: dict[str, str] = {}
    left: tuple[list[Payment], list[Payment]] = ([], [])
    for place, group in enumerate((payments, receipts)):
        for one in group:
            key = (one.locator.file, one.reference, one.amount_minor, one.currency, one.is_refund)
            if not one.reference or key not in first:
                left[place].append(one)
                first[key] = one
            else:
                copies.append(Duplicate(first[key].id, one, "receipt"))
                payees.setdefault(first[key].id, one.payee)
    given = [replace(one, payee=one.payee or payees.get(one.id, "")) for one in left[0]]
    return given, left[1], copies


def _is_over(payment: Payment, receipt: Payment) -> bool:
    given, taken = when_of(payment), when_of(receipt)
    return given is not None and taken is not None and given[0] == taken[0] and taken[1] - given[1] > RECEIPT_WITHIN


def _receipt_key(payment: Payment) -> tuple[object, ...]:
    return payment.locator.file, payment.chat, payment.currency, payment.amount_minor


def _is_received(payment: Payment, receipt: Payment) -> bool:
    if payment.payer == receipt.payee or payment.seq > receipt.seq:
        return False
    given, taken = when_of(payment), when_of(receipt)
    if given is None or taken is None or given[0] != taken[0]:
        return False
    return timedelta(0) <= taken[1] - given[1] <= RECEIPT_WITHIN


def _payee(payment: Payment, work: _Work) -> Payment:
    """Names the other account of a private chat of two."""
    key = (payment.locator.file, payment.chat)
    chat = work.chats.get(key)
    names = work.senders.get(key, set())
    if chat is None or chat.kind != "private" or len(names) > _PAIR or (payment.payer and payment.payee):
        return payment
    others = names - {payment.payer, payment.payee}
    if not others and payment.payer and chat.title and name_key(chat.title) != name_key(payment.payer):
        others = {chat.title}
    if len(others) != 1:
        return payment
    other = next(iter(others))
    return replace(payment, payee=other) if payment.payer else replace(payment, payer=other)


def _direct(payment: Payment, accounts: frozenset[str]) -> Payment:
    """Says which way a payment went for the accounts in question."""
    wanted = {name_key(one) for one in accounts}
    paid = name_key(payment.payer) in wanted or (payment.payer_id or "") in accounts
    got = name_key(payment.payee) in wanted
    if paid == got:
        return payment
    return replace(payment, direction=OUT if paid else IN)


@lru_cache(maxsize=200_000)
def name_key(name: str) -> str:
    """Gives the form in which names of accounts are compared: NFKC, without case and outer spaces.

    *Not done:* names that look alike in two scripts stay different.
    """
    return " ".join(plain_text(name).casefold().removeprefix("发给").split())
