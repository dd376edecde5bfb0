"""The identifiers and ranges of time that requests need, as the evidence shows them, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from forensics.model import Result
from forensics.proof.money_harvest import name_key
from forensics.reporter.captured import all_captures, at, moment
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, Observation
from forensics.reporter.item_range import item_ranges
from forensics.reporter.requests_ask import Ask, Identifier, ends, is_numbered, service, service_name
from forensics.reporter.requests_clock import Span
from forensics.reporter.requests_money import payment_asks
from forensics.reporter.tally_record import platform_id
from forensics.reporter.tally_trace import Trace, trace
from forensics.reporter.wording import Words

if TYPE_CHECKING:
    from forensics.proof.dossier import ChatSource, Dossier

LONGEST = 200
"""Characters after which an identifier is cut; an address is longer at most in its parameters."""


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
        yield from payment_asks(known.trace)
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


def _chats(known: Known, made: Trace) -> Iterator[Ask]:
    """Gives one request for each service of which there are exports."""
    groups: dict[str, list[ChatSource]] = {}
    for one in made.dossier.chats:
        groups.setdefault(service(one.format), []).append(one)
    for name, found in sorted(groups.items()):
        seen = [_values(one.finding, known.case) for one in found]
        first, last = ends(moment(one.get(key)) for one in seen for key in ("first_at", "last_at"))
        unplaced = sum(one.count for one, told in zip(found, seen, strict=True) if not told.get("first_at"))
        identifiers: list[Identifier] = []
        for build in (_groups, _accounts, _messages):
            for one in found:
                identifiers += build(one, known, made) if one.item not in made.hidden else ()
        identifiers = _joined(identifiers)
        said = service_name(name, known.words)
        items = item_ranges({one.item for one in found}, known.words)
        key = "requests.chats_of" if name else "requests.chats_of_unknown"
        of = known.words.say(key, service=said, items=items)
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
        number = "" if is_private else platform_id(str(one.get("id") or ""))
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
        first, last = ends(one for _, _, one in found)
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
