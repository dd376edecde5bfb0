"""Joins, for each customer, what may belong together: offer, order, payment, delivery, repost. Every link is a lead."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from forensics.chats.message import Chat, Locator, Message, Problem
from forensics.chats.payment import Payment
from forensics.proof.money_harvest import name_key
from forensics.proof.search_rule import Hit

WITHIN = timedelta(days=30)
"""How far an offer, order or delivery may lie from the payment. A choice; the examiner may change it."""

LINKS = ("offer", "order", "payment", "delivery", "repost")
"""Kinds of links, in the order of a sale."""

_Place = tuple[str, str]

_NEVER = datetime.min  # noqa: DTZ901  naive on purpose: a place in an order, no instant


@dataclass(frozen=True, slots=True)
class Link:
    """One message of a chain.

    Attributes:
        basis: Why it is in the chain: `payment`, `same account` (the customer wrote it), `same chat`, `reply` (it
            answers a message of the customer), `private chat`, `same work` (copies of the delivered file).
        payment: Id of the payment to which it belongs.
        content: Digest of the file that was delivered or posted; empty for words.
        also: Where other exports have the same message.
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
    also: tuple[Locator, ...] = ()


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
    """Events in order of time, each list under what it is looked up by, so that no payment looks through a whole chat.

    Attributes:
        offers: By chat.
        orders: By chat and `name_key` of who ordered.
        files: By chat; only of private ones.
        answers: Files by chat and `name_key` of the account whose message they answer.
        copies: Files by digest.
    """

    offers: dict[_Place, list[_Event]] = field(default_factory=dict)
    orders: dict[tuple[_Place, str], list[_Event]] = field(default_factory=dict)
    files: dict[_Place, list[_Event]] = field(default_factory=dict)
    answers: dict[tuple[_Place, str], list[_Event]] = field(default_factory=dict)
    copies: dict[str, list[_Event]] = field(default_factory=dict)

    def sort(self) -> None:
        """Puts every list in order of time."""
        for lists in (self.offers, self.orders, self.files, self.answers, self.copies):
            for found in lists.values():
                found.sort(key=_time)


def _time(event: _Event) -> datetime:
    return event.order


def _forwards(events: list[_Event], *, start: datetime, end: datetime) -> Iterator[_Event]:
    """Gives the events of a span of time, both ends included, the first one first."""
    for place in range(bisect_left(events, start, key=_time), len(events)):
        if events[place].order > end:
            return
        yield events[place]


def _backwards(events: list[_Event], *, start: datetime, end: datetime) -> Iterator[_Event]:
    """Gives the same, the last one first."""
    for place in range(bisect_right(events, end, key=_time) - 1, -1, -1):
        if events[place].order < start:
            return
        yield events[place]


def chains(
    rows: Iterable[Chat | Message | Problem],
    payments: Sequence[Payment],
    hits: Iterable[Hit],
    *,
    works: Iterable[frozenset[str]] = (),
    accounts: frozenset[str] = frozenset(),
    within: timedelta = WITHIN,
    again: Mapping[_Place, _Place] | None = None,
    one_chat: Mapping[_Place, _Place] | None = None,
) -> tuple[Chain, ...]:
    """Joins chains, one for each account that paid, in order of first payment.

    Args:
        rows: The messages that the payments come from.
        payments: Unique payments of chats.
        hits: What the rules of searches found; offers and orders are used.
        works: Digests of files that are copies of one work.
        accounts: Names of the accounts in question; they are no customers.
        within: How far from the payment a link may lie.
        again: File and record of posts that another export has too, to those of the post that is listed.
        one_chat: Export and chat, to one of the exports that show the same chat.

    *Not done:* nobody is identified. Two accounts of one person are two customers.
    """
    topics: dict[tuple[str, str], set[str]] = {}
    for hit in hits:
        if hit.topic in LINKS[:2]:
            topics.setdefault((hit.locator.file, hit.message), set()).add(hit.topic)
    events = _events(rows, topics)
    copies = _Copies({digest: work for work in works for digest in work}, again or {})
    wanted = {name_key(one) for one in accounts}
    groups = _by_customer(payments, wanted, one_chat or {})
    return tuple(_chain(group, events, copies, within) for group in groups)


@dataclass(frozen=True, slots=True)
class _Copies:
    """Which files are copies of one work, and which posts are one.

    Attributes:
        works: Digest to the digests of its work.
        again: As for `chains`.
    """

    works: Mapping[str, frozenset[str]]
    again: Mapping[_Place, _Place]

    def post(self, event: _Event) -> _Place:
        """Gives file and record by which a post is listed, whichever export has it."""
        place = (event.locator.file, event.locator.record)
        return self.again.get(place, place)


def _by_customer(
    payments: Sequence[Payment], wanted: set[str], one_chat: Mapping[_Place, _Place]
) -> list[list[Payment]]:
    """Groups payments by the id of the payer, or by its name; a refund belongs to the account of its payee's name.

    Where one export of a chat has ids and another has not, a name that only one id of that chat has stands for it.
    """
    everywhere: dict[str, set[str]] = {}
    in_chat: dict[tuple[_Place, str], set[str]] = {}
    for one in payments:
        if one.payer_id and not one.is_refund:
            name = name_key(one.payer)
            everywhere.setdefault(name, set()).add(one.payer_id)
            in_chat.setdefault((_chat_of(one, one_chat), name), set()).add(one.payer_id)
    groups: dict[tuple[str, str], list[Payment]] = {}
    for one in payments:
        customer = name_key(one.payee if one.is_refund else one.payer)
        if customer and customer not in wanted:
            ids = in_chat.get((_chat_of(one, one_chat), customer), everywhere.get(customer) if one.is_refund else None)
            only = next(iter(ids)) if ids and len(ids) == 1 else None
            known = only if one.is_refund else one.payer_id or only
            groups.setdefault(("id", known) if known else ("name", customer), []).append(one)
    return [group for group in groups.values() if not all(one.is_refund for one in group)]


def _events(rows: Iterable[Chat | Message | Problem], topics: Mapping[tuple[str, str], set[str]]) -> _Events:
    """Keeps the messages that may be links: those with a file, and those that the rules found."""
    events, private = _Events(), set[str]()
    senders: dict[_Place, dict[str, str]] = {}
    answers: list[_Event] = []
    for row in rows:
        if isinstance(row, Chat) and row.kind == "private":
            private.add(row.id)
        if not isinstance(row, Message):
            continue
        place = (row.locator.file, row.chat)
        if row.id:
            senders.setdefault(place, {})[row.id] = row.sender
        for kind in sorted(topics.get((row.locator.file, row.id or row.locator.record), ())):
            _keep(events, _event(row, kind))
        if row.attachments:
            answers.append(_keep_file(events, _event(row, "file"), is_private=row.chat in private))
    for event in answers:
        customer = name_key(senders.get(event.chat, {}).get(event.answers, ""))
        if customer and customer != name_key(event.sender):
            events.answers.setdefault((event.chat, customer), []).append(event)
    events.sort()
    return events


def _keep_file(events: _Events, event: _Event, *, is_private: bool) -> _Event:
    if is_private:
        events.files.setdefault(event.chat, []).append(event)
    for digest in event.contents:
        events.copies.setdefault(digest, []).append(event)
    return event


def _keep(events: _Events, event: _Event) -> None:
    if event.kind == "order":
        events.orders.setdefault((event.chat, name_key(event.sender)), []).append(event)
    else:
        events.offers.setdefault(event.chat, []).append(event)


def _event(row: Message, kind: str) -> _Event:
    when = row.sent_at.replace(tzinfo=None) if row.sent_at else row.local_at
    contents = tuple(one.sha256 for one in row.attachments if one.sha256)
    place, name = (row.locator.file, row.chat), row.id or row.locator.record
    at, shown = row.sent_at, row.sent_shown
    return _Event(when or _NEVER, kind, name, place, row.sender, contents, row.reply_to or "", at, shown, row.locator)


def _chat_of(payment: Payment, one_chat: Mapping[_Place, _Place]) -> _Place:
    place = (payment.locator.file, payment.chat)
    return one_chat.get(place, place)


def _chain(payments: list[Payment], events: _Events, copies: _Copies, within: timedelta) -> Chain:
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


def _links(payment: Payment, events: _Events, copies: _Copies, *, within: timedelta, last: datetime) -> list[Link]:
    """Finds what lies around one payment: the last offer and order before it, the first delivery after it."""
    at, place = _order(payment), (payment.locator.file, payment.chat)
    own = _own(payment)
    if at == _NEVER or payment.is_refund:
        return [own]
    start, end = max(at, _NEVER + within) - within, min(at, datetime.max - within) + within  # noqa: DTZ901
    customer = name_key(payment.payer)
    orders = _backwards(events.orders.get((place, customer), []), start=max(start, last), end=at)
    offers = _backwards(events.offers.get(place, []), start=start, end=at)
    offer = next((one for one in offers if name_key(one.sender) != customer), None)
    order = next(orders, None)
    links = [_link(offer, "offer", "same chat", payment)] if offer else []
    links += [_link(order, "order", "same account", payment)] if order else []
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
    answer = next(_forwards(events.answers.get((place, customer), []), start=start, end=end), None)
    if answer is not None:
        return answer, "reply"
    files = _forwards(events.files.get(place, []), start=start, end=end)
    other = next((one for one in files if name_key(one.sender) != customer), None)
    return (other, "private chat") if other else None


def _reposts(delivery: _Event, events: _Events, copies: _Copies, payment: Payment) -> list[Link]:
    """Finds later messages with a copy of the work that was delivered; one that two exports have is one.

    A time without zone is neither before nor after one that has it.
    """
    wanted = {digest for one in delivery.contents for digest in copies.works.get(one, frozenset({one}))}
    found: dict[Locator, _Event] = {}
    for digest in sorted(wanted):
        posts = events.copies.get(digest, [])
        later = posts[bisect_right(posts, delivery.order, key=_time) :]
        found |= {one.locator: one for one in later if (one.at is None) == (delivery.at is None)}
    joined: dict[_Place, list[_Event]] = {}
    for one in sorted(found.values(), key=lambda one: (one.order, one.locator.file, one.locator.record)):
        joined.setdefault(copies.post(one), []).append(one)
    joined.pop(copies.post(delivery), None)
    made = [(_link(each[0], "repost", "same work", payment), each[1:]) for each in joined.values()]
    return [replace(link, also=tuple(one.locator for one in others)) for link, others in made]


def _link(event: _Event, kind: str, basis: str, payment: Payment) -> Link:
    content = event.contents[0] if event.contents else ""
    place = event.chat[1]
    return Link(
        kind, basis, payment.id, event.at, event.at_shown, event.sender, place, event.message, content, event.locator
    )
