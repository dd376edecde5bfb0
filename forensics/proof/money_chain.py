"""Joins, for each customer, what may belong together: offer, order, payment, delivery, repost. Every link is a lead."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from forensics.chats.message import Chat, Locator, Message, Problem
from forensics.chats.payment import Payment
from forensics.proof.money_harvest import name_key
from forensics.proof.search_rule import Hit

WITHIN = timedelta(days=30)
"""How far an offer, order or delivery may lie from the payment. A choice; the examiner may change it."""

LINKS = ("offer", "order", "payment", "delivery", "repost")
"""Kinds of links, in the order of a sale."""

_NEVER = datetime.min  # noqa: DTZ901  naive on purpose: a place in an order, no instant


@dataclass(frozen=True, slots=True)
class Link:
    """One message of a chain.

    Attributes:
        basis: Why it is in the chain: `payment`, `same account` (the customer wrote it), `same chat`, `reply` (it
            answers a message of the customer), `private chat`, `same work` (copies of the delivered file).
        payment: Id of the payment to which it belongs.
        content: Digest of the file that was delivered or posted; empty for words.
    """

    kind: str
    basis: str
    payment: str
    at: datetime | None
    at_shown: str
    sender: str
    chat: str
    message: str
    content: str
    locator: Locator


@dataclass(frozen=True, slots=True)
class Chain:
    """What one customer's account did, as far as the exports show it.

    Attributes:
        customer: Name of the account as shown.
        customer_id: Its id; None where there is none.
        payments: Ids of its payments, refunds included.
        amount_minor: Currency to gross sum of its payments, refunds not taken off.
        missing: Kinds of links of which none was found.
    """

    customer: str
    customer_id: str | None
    payments: tuple[str, ...]
    amount_minor: Mapping[str, int]
    links: tuple[Link, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Event:
    """A message that may be a link."""

    order: datetime
    kind: str
    message: str
    chat: tuple[str, str]
    sender: str
    contents: tuple[str, ...]
    answers: str
    at: datetime | None
    at_shown: str
    locator: Locator


@dataclass(slots=True)
class _Events:
    """Events of each chat and kind, in order of time."""

    by_place: dict[tuple[str, str, str], list[_Event]] = field(default_factory=dict)
    files: list[_Event] = field(default_factory=list)
    senders: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    private: set[tuple[str, str]] = field(default_factory=set)

    def between(self, place: tuple[str, str], kind: str, *, start: datetime, end: datetime) -> list[_Event]:
        """Gives the events of a chat and kind in a span of time, both ends included."""
        found = self.by_place.get((*place, kind), [])
        low = bisect_left(found, start, key=lambda one: one.order)
        return found[low : bisect_right(found, end, key=lambda one: one.order)]


def chains(
    rows: Iterable[Chat | Message | Problem],
    payments: Sequence[Payment],
    hits: Iterable[Hit],
    *,
    works: Iterable[frozenset[str]] = (),
    accounts: frozenset[str] = frozenset(),
    within: timedelta = WITHIN,
) -> tuple[Chain, ...]:
    """Joins chains, one for each account that paid, in order of first payment.

    Args:
        rows: The messages that the payments come from.
        payments: Unique payments of chats.
        hits: What the rules of searches found; offers and orders are used.
        works: Digests of files that are copies of one work.
        accounts: Names of the accounts in question; they are no customers.
        within: How far from the payment a link may lie.

    *Not done:* nobody is identified. Two accounts of one person are two customers.
    """
    topics: dict[tuple[str, str], set[str]] = {}
    for hit in hits:
        if hit.topic in LINKS[:2]:
            topics.setdefault((hit.locator.file, hit.message), set()).add(hit.topic)
    events = _events(rows, topics)
    copies = {digest: work for work in works for digest in work}
    wanted = {name_key(one) for one in accounts}
    groups = _by_customer(payments, wanted)
    return tuple(_chain(group, events, copies, within) for group in groups)


def _by_customer(payments: Sequence[Payment], wanted: set[str]) -> list[list[Payment]]:
    """Groups payments by the id of the payer, or by its name; a refund belongs to the account of its payee's name."""
    ids = {name_key(one.payer): one.payer_id for one in payments if one.payer_id and not one.is_refund}
    groups: dict[tuple[str, str], list[Payment]] = {}
    for one in payments:
        customer = name_key(one.payee if one.is_refund else one.payer)
        if customer and customer not in wanted:
            known = ids.get(customer) if one.is_refund else one.payer_id
            groups.setdefault(("id", known) if known else ("name", customer), []).append(one)
    return [group for group in groups.values() if not all(one.is_refund for one in group)]


def _events(rows: Iterable[Chat | Message | Problem], topics: Mapping[tuple[str, str], set[str]]) -> _Events:
    """Keeps the messages that may be links: those with a file, and those that the rules found."""
    events, private = _Events(), set()
    for row in rows:
        if isinstance(row, Chat) and row.kind == "private":
            private.add(row.id)
        if not isinstance(row, Message):
            continue
        contents = tuple(one.sha256 for one in row.attachments if one.sha256)
        name = row.id or row.locator.record
        place = (row.locator.file, row.chat)
        if row.chat in private:
            events.private.add(place)
        kinds = [*(["file"] if row.attachments else ()), *sorted(topics.get((row.locator.file, name), ()))]
        for kind in kinds:
            event = _event(row, kind, name, contents)
            events.by_place.setdefault((*place, kind), []).append(event)
            if kind == "file" and contents:
                events.files.append(event)
        if row.id:
            events.senders.setdefault(place, {})[row.id] = row.sender
    for found in [*events.by_place.values(), events.files]:
        found.sort(key=lambda one: one.order)
    return events


def _event(row: Message, kind: str, name: str, contents: tuple[str, ...]) -> _Event:
    when = row.sent_at.replace(tzinfo=None) if row.sent_at else row.local_at
    place = (row.locator.file, row.chat)
    at, shown = row.sent_at, row.sent_shown
    return _Event(when or _NEVER, kind, name, place, row.sender, contents, row.reply_to or "", at, shown, row.locator)


def _chain(payments: list[Payment], events: _Events, copies: Mapping[str, frozenset[str]], within: timedelta) -> Chain:
    links: list[Link] = []
    last = _NEVER
    for one in sorted(payments, key=_order):
        links += _links(one, events, copies, within=within, last=last)
        last = _order(one)
    sums: dict[str, int] = {}
    for one in payments:
        if not one.is_refund:
            sums[one.currency] = sums.get(one.currency, 0) + one.amount_minor
    first = next(one for one in payments if not one.is_refund)
    kinds = {link.kind for link in links}
    missing = tuple(kind for kind in LINKS if kind not in kinds)
    ids = tuple(one.id for one in payments)
    return Chain(first.payer, first.payer_id, ids, sums, tuple(dict.fromkeys(links)), missing)


def _order(payment: Payment) -> datetime:
    when = payment.at.replace(tzinfo=None) if payment.at else payment.local_at
    return when or _NEVER


def _links(
    payment: Payment, events: _Events, copies: Mapping[str, frozenset[str]], *, within: timedelta, last: datetime
) -> list[Link]:
    """Finds what lies around one payment: the last offer and order before it, the first delivery after it."""
    at, place = _order(payment), (payment.locator.file, payment.chat)
    own = _own(payment)
    if at == _NEVER or payment.is_refund:
        return [own]
    start, end = max(at, _NEVER + within) - within, min(at, datetime.max - within) + within  # noqa: DTZ901
    customer = name_key(payment.payer)
    orders = [one for one in events.between(place, "order", start=start, end=at) if name_key(one.sender) == customer]
    offers = [one for one in events.between(place, "offer", start=start, end=at) if name_key(one.sender) != customer]
    links = [_link(one, "offer", "same chat", payment) for one in offers[-1:]]
    links += [_link(one, "order", "same account", payment) for one in orders[-1:] if one.order >= last]
    links.append(own)
    delivery = _delivery(events, place, customer, start=at, end=end)
    if delivery is not None:
        links.append(_link(delivery[0], "delivery", delivery[1], payment))
        links += _reposts(delivery[0], events, copies, payment)
    return links


def _own(payment: Payment) -> Link:
    return Link(
        kind="payment",
        basis="payment",
        payment=payment.id,
        at=payment.at,
        at_shown=payment.at_shown,
        sender=payment.payer,
        chat=payment.chat,
        message=payment.message,
        content="",
        locator=payment.locator,
    )


def _delivery(
    events: _Events, place: tuple[str, str], customer: str, *, start: datetime, end: datetime
) -> tuple[_Event, str] | None:
    """Finds the first file that somebody else sent to the customer: as an answer, or in a private chat."""
    others = [one for one in events.between(place, "file", start=start, end=end) if name_key(one.sender) != customer]
    senders = events.senders.get(place, {})
    answer = next((one for one in others if name_key(senders.get(one.answers, "")) == customer), None)
    if answer is not None:
        return answer, "reply"
    return (others[0], "private chat") if others and place in events.private else None


def _reposts(delivery: _Event, events: _Events, copies: Mapping[str, frozenset[str]], payment: Payment) -> list[Link]:
    """Finds later messages with a copy of the work that was delivered."""
    wanted = frozenset(digest for one in delivery.contents for digest in copies.get(one, frozenset({one})))
    low = bisect_right(events.files, delivery.order, key=lambda one: one.order)
    later = (one for one in events.files[low:] if wanted.intersection(one.contents))
    return [_link(one, "repost", "same work", payment) for one in later]


def _link(event: _Event, kind: str, basis: str, payment: Payment) -> Link:
    content = event.contents[0] if event.contents else ""
    place = event.chat[1]
    return Link(
        kind, basis, payment.id, event.at, event.at_shown, event.sender, place, event.message, content, event.locator
    )
