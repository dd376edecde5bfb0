"""The identifiers and ranges of time that requests need, as the evidence shows them, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from forensics.model import Result
from forensics.proof.money_harvest import name_key
from forensics.reporter.captured import all_captures, at, moment
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, Observation
from forensics.reporter.front import item_ranges
from forensics.reporter.requests_clock import Span
from forensics.reporter.tally_trace import Trace, trace
from forensics.reporter.wording import Words

if TYPE_CHECKING:
    from forensics.chats.message import Locator
    from forensics.chats.payment import Payment
    from forensics.proof.dossier import ChatSource, Dossier

SERVICES = frozenset({"telegram", "whatsapp", "wechat", "qq", "alipay"})
"""Beginnings of the names of formats that only one service's exports and bills have (docs/chat-formats.md)."""

LONGEST = 200
"""Characters after which an identifier is cut; an address is longer at most in its parameters."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something by which an addressee finds records; `kind` is a key of the texts, `where` its place."""

    kind: str
    text: Said
    where: Said


@dataclass(frozen=True, slots=True)
class Ask:
    """One request.

    Attributes:
        kind: `payments`, `chats`, `sites` or `labels`.
        of: Whom it goes to, as far as the evidence tells.
        short: The same in a word.
        first: Earliest instant, UTC; None where no instant is known.
        last: Latest instant, likewise.
        unplaced: Number of records whose instant is not known and that may lie outside of the range.
    """

    kind: str
    of: Said
    short: Said
    identifiers: tuple[Identifier, ...]
    first: datetime | None = None
    last: datetime | None = None
    unplaced: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What requests are made from.

    Attributes:
        trace: How chats and payments are shown; None where the case has none.
        unmatched: Number of payments that no bill of the case has.
    """

    case: CaseFacts
    words: Words
    trace: Trace | None
    unmatched: int


def known(case: CaseFacts, words: Words, dossier: Dossier | None) -> Known:
    """Prepares what requests are made from."""
    from forensics.proof.dossier import is_empty

    if dossier is None or is_empty(dossier):
        return Known(case, words, None, 0)
    ids = {one.id for one in dossier.ledger.payments}
    unmatched = sum(one.id in ids for one in dossier.ledger.unmatched)
    return Known(case, words, trace(case, words, dossier), unmatched)


def asks(known: Known) -> Iterator[Ask]:
    """Gives the requests, in the order in which they are printed."""
    if known.trace is not None:
        yield from _payments(known, known.trace)
        yield from _chats(known, known.trace)
    yield from _sites(known)
    yield from _labels(known)


def spans(known: Known) -> tuple[Span, ...]:
    """Gives, for each request with known instants, the time of the records that the addressee may hold."""
    words = known.words
    titles = ((one, words.say(f"requests.{one.kind}_short")) for one in asks(known))
    return tuple(
        Span(words.join([title, one.short], words.say("word.clause")), one.first, one.last)
        for one, title in titles
        if one.first is not None and one.last is not None and one.kind != "labels"
    )


def _payments(known: Known, made: Trace) -> Iterator[Ask]:
    """Gives one request for each service whose exports or bills state payments."""
    ledger = made.dossier.ledger
    forms = {one.content: one.format for one in made.dossier.chats}
    forms |= {one.content: one.format for one in made.dossier.bills}
    groups: dict[str, list[Payment]] = {}
    for one in (*ledger.payments, *ledger.shown, *ledger.rows):
        groups.setdefault(service(forms.get(one.locator.file, "")), []).append(one)
    lonely = {one.id for one in ledger.unmatched}
    for form, found in sorted(groups.items()):
        found.sort(key=lambda one: one.id not in lonely)
        first, last = _ends(one.at for one in found)
        unplaced = sum(one.at is None for one in found)
        name = service_name(form, known.words)
        of = known.words.say("requests.payments_of", service=name)
        yield Ask("payments", of, name, tuple(_of_payments(found, made)), first, last, unplaced)


def _of_payments(found: list[Payment], made: Trace) -> Iterator[Identifier]:
    """Gives accounts in question and numbers of transactions; the message with the payment where there is none."""
    words = made.words
    seen: set[str] = set()
    for one in found:
        for name in (one.payee, one.payer):
            key = name_key(name)
            if key in made.signs.named and key not in seen:
                seen.add(key)
                yield Identifier("account", made.signs.account(name), made.place(one.locator))
    for one in found:
        amount = made.amount(one.amount_minor, one.currency)
        number = words.say("requests.message_no", n=one.message) if is_numbered(one.message, one.locator) else ""
        parts = [one.reference or number, amount, _paid(one, words)]
        kind = "transaction" if one.reference else "payment"
        text = words.join((part for part in parts if part), words.say("word.clause"))
        yield Identifier(kind, text, made.place(one.locator))


def _paid(one: Payment, words: Words) -> Said:
    """Gives the instant of a payment; where it is not known, the time as shown, and says so."""
    if one.at is not None:
        return words.say("requests.at_utc", utc=words.utc(one.at))
    return words.say("requests.no_zone", shown=words.shortened(one.at_shown, 40) or words.say("word.none"))


def is_numbered(message: str, where: Locator) -> bool:
    """Whether a message has a number of its service, rather than only a place in the export."""
    return bool(message) and message != where.record


def _ends(found: Iterable[datetime | None]) -> tuple[datetime | None, datetime | None]:
    there = [one for one in found if one is not None]
    return (min(there), max(there)) if there else (None, None)


def service(form: str) -> str:
    """Gives the service that a form of export belongs to: `telegram` for `telegram-json`; empty where unknown."""
    name = form.partition("+")[0].partition("-")[0]
    return name if name in SERVICES else ""


def service_name(name: str, words: Words) -> Said:
    """Names a service; where the form does not tell, says so."""
    return words.say(f"requests.service_{name}" if name else "requests.service_unknown")


def _chats(known: Known, made: Trace) -> Iterator[Ask]:
    """Gives one request for each service of which there are exports."""
    groups: dict[str, list[ChatSource]] = {}
    for one in made.dossier.chats:
        groups.setdefault(service(one.format), []).append(one)
    for name, found in sorted(groups.items()):
        seen = [_values(one.finding, known.case) for one in found]
        first, last = _ends(moment(one.get(key)) for one in seen for key in ("first_at", "last_at"))
        unplaced = sum(one.count for one, told in zip(found, seen, strict=True) if not told.get("first_at"))
        identifiers: list[Identifier] = []
        for build in (_groups, _accounts, _messages):
            for one in found:
                identifiers += build(one, known, made) if one.item not in made.hidden else ()
        identifiers = _joined(identifiers)
        said = service_name(name, known.words)
        items = item_ranges({one.item for one in found}, known.words)
        of = known.words.say("requests.chats_of", service=said, items=items)
        yield Ask("chats", of, said, tuple(identifiers), first, last, unplaced)


def _joined(found: list[Identifier]) -> list[Identifier]:
    """Puts the places of one identifier together."""
    places: dict[tuple[str, Said], dict[Said, None]] = {}
    for one in found:
        places.setdefault((one.kind, one.text), {})[one.where] = None
    return [Identifier(kind, text, Said("\n".join(where))) for (kind, text), where in places.items()]


def _values(ref: str, case: CaseFacts) -> Mapping[str, Any]:
    """Gives the values of a finding; none where it is erased."""
    return next((one.record.values for one in case.snapshot.findings if one.ref == ref), {})


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def _groups(source: ChatSource, known: Known, made: Trace) -> Iterator[Identifier]:
    words = made.words
    for one in _mappings(_values(source.finding, known.case).get("chats")):
        is_private = one.get("kind") == "private"
        title = made.chat(str(one.get("title") or ""), str(one.get("kind") or ""), chat=str(one.get("id") or ""))
        number = "" if is_private else str(one.get("id") or "")
        number = number if any(letter.isdigit() for letter in number) else ""
        text = words.join(filter(None, [title, words.shortened(number, LONGEST)]), words.say("word.clause"))
        yield Identifier("group", text, _at(source, made))


def _at(source: ChatSource, made: Trace) -> Said:
    return made.words.join(
        [source.item, made.words.say("word.record", ref=source.finding)], made.words.say("word.clause")
    )


def _accounts(source: ChatSource, known: Known, made: Trace) -> Iterator[Identifier]:
    """Gives the accounts in question that an export names, with the platform's ids."""
    words = made.words
    for one in known.case.snapshot.findings:
        if one.record.kind != "chat.members" or source.content not in one.record.subject:
            continue
        where = words.join([source.item, words.say("word.record", ref=one.ref)], words.say("word.clause"))
        for member in _mappings(one.record.values.get("members")):
            names = [str(member.get("name") or ""), *map(str, member.get("earlier_names") or ())]
            if any(name_key(name) in made.signs.named for name in names if name):
                shown = [name for name in (str(member.get("id") or ""), *names) if name]
                text = words.shortened(words.join(shown, words.say("word.clause")), LONGEST)
                yield Identifier("account", text, where)


def _messages(source: ChatSource, known: Known, made: Trace) -> Iterator[Identifier]:
    """Gives the numbers of messages that matter: with payments, with copies of works, and those that rules found."""
    words, dossier = known.words, made.dossier
    posts = (post for work in dossier.works for post in work.posts)
    seen: set[tuple[str, str]] = set()
    for kind, ones in (("payment", dossier.ledger.payments), ("post", posts), ("lead", dossier.leads)):
        found: dict[str, list[str]] = {}
        for one in ones:
            is_here = one.locator.file == source.content and is_numbered(one.message, one.locator)
            if is_here and (one.chat, one.message) not in seen:
                seen.add((one.chat, one.message))
                found.setdefault(one.chat, []).append(one.message)
        for numbers in found.values():
            listed = words.listed(words.shortened(number, LONGEST) for number in numbers)
            text = words.say("requests.numbered", what=words.say(f"requests.of_{kind}"), numbers=listed)
            yield Identifier("message", text, words.show(source.item))


def _sites(known: Known) -> Iterator[Ask]:
    """Gives one request for each host from which something was captured."""
    words = known.words
    hosts: dict[Said, list[tuple[Said, Said, datetime]]] = {}
    for facts, capture in all_captures(known.case):
        address = str(at(capture.facts, "final_url") or at(capture.facts, "requested_url") or facts.item.locator)
        host = words.say("word.hidden") if facts.masked else words.show(_host(address) or address[:60])
        shown = words.say("requests.masked_address") if facts.masked else words.shortened(address, LONGEST)
        where = words.join([facts.item.id, words.say("word.record", ref=capture.done.ref)], words.say("word.clause"))
        hosts.setdefault(host, []).append((shown, where, capture.ended_at))
    for host, found in hosts.items():
        first, last = _ends(one for _, _, one in found)
        places: dict[Said, list[Said]] = {}
        for shown, where, _ in found:
            places.setdefault(shown, []).append(where)
        identifiers = (Identifier("address", shown, words.join(ones, "\n")) for shown, ones in places.items())
        yield Ask("sites", words.say("requests.sites_of", host=host), words.show(host), tuple(identifiers), first, last)


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _labels(known: Known) -> Iterator[Ask]:
    """Gives one request for each provider that implicit labels name; codes of persons are masked in the findings."""
    words = known.words
    named: dict[str, dict[tuple[str, Said], list[Said]]] = {}
    for facts in known.case.items:
        for one in facts.observations if not facts.masked else ():
            if one.finding.kind == "label.aigc" and one.finding.result is Result.FOUND:
                where = words.join([facts.item.id, words.say("word.record", ref=one.ref)], words.say("word.clause"))
                for provider, identifier in _declared(one, words):
                    named.setdefault(provider, {}).setdefault(identifier, []).append(where)
    for provider, found in named.items():
        identifiers = (Identifier(kind, text, words.join(places, "\n")) for (kind, text), places in found.items())
        name = words.shortened(provider, 80)
        yield Ask("labels", words.say("requests.labels_of", provider=name), name, tuple(identifiers))


def _declared(one: Observation, words: Words) -> Iterator[tuple[str, tuple[str, Said]]]:
    for label in _mappings(one.finding.values.get("sites")):
        told = label.get("fields") if label.get("strength") == "declared" else None
        values: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
        for name, number in (("ContentProducer", "ProduceID"), ("ContentPropagator", "PropagateID")):
            provider = str(values.get(name) or "")
            if not provider:
                continue
            yield provider, (f"provider_{name}", words.shortened(provider, LONGEST))
            if values.get(number):
                yield provider, (f"content_{name}", words.shortened(str(values[number]), LONGEST))
