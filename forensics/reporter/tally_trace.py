"""How facts of chats and payments are shown and traced: items, exhibits, places, times, amounts, accounts, texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from forensics.chats.amount import MINOR_DIGITS
from forensics.chats.message import Locator
from forensics.proof.dossier import Dossier
from forensics.proof.spread import Group
from forensics.reporter.blocks import Paragraph
from forensics.reporter.catalogue import labels_of
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts
from forensics.reporter.reading import members, text
from forensics.reporter.tally_record import platform_id, record_said
from forensics.reporter.tally_sign import Signs, accounts_in_question, group_titles, holder_of, signs
from forensics.reporter.wording import Words

PLACES_SHOWN = 3
"""Places that a fact names; the tables have the others."""

TEXT_SHOWN = 160
"""Characters of a text that a table shows."""

ROLES = ("owner", "admin")
"""Roles that are named; the others are members."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What every section about chats and payments is built from.

    Attributes:
        labels: Item to the labels of the exhibits that it belongs to.
        hidden: Items of which neither names nor texts may be shown.
        families: Digest of a content to the name of its family: files of which one may be a copy of a part of the
            other count as one source.
        titles: Titles of groups, which are names of no account.
    """

    case: CaseFacts
    words: Words
    dossier: Dossier
    signs: Signs
    labels: Mapping[str, tuple[str, ...]]
    hidden: frozenset[str]
    families: Mapping[str, str]
    titles: frozenset[str]

    def item(self, file: str) -> str:
        """Gives the id of the item that has a file; empty where no item has it."""
        return self.dossier.items.get(file, "")

    def sources(self, files: Iterable[str]) -> Said:
        """Lists items with the exhibits that they belong to."""
        words = self.words
        ids = dict.fromkeys(self.item(one) or f"SHA-256 {one[:16]}" for one in files if one)
        return words.listed(self.labelled(one) for one in ids) or words.say("word.none")

    def labelled(self, item: str) -> Said:
        """Gives the id of an item with the exhibits that it belongs to."""
        labels = self.labels.get(item, ())
        if not labels:
            return self.words.show(item)
        return self.words.say("trace.labelled", item=item, labels=self.words.listed(map(self.words.show, labels)))

    def place(self, where: Locator) -> Said:
        """Says in which item, and where in it, something stands."""
        item = self.item(where.file) or self.words.short_digest(where.file)
        return self.words.join([item, self.record(where)], self.words.say("word.clause"))

    def record(self, where: Locator) -> Said:
        """Says where in its file something stands."""
        return record_said(self.signs.text(where.record), self.words)

    def places(self, found: Sequence[Locator], *, is_one: bool = False) -> Said:
        """Gives the first places, and how many more there are; without the item where all are in one."""
        words = self.words
        said = [self.record(one) if is_one else self.place(one) for one in found[:PLACES_SHOWN]]
        if found[PLACES_SHOWN:]:
            said.append(words.count("places", len(found) - PLACES_SHOWN))
        return words.join(said, words.say("word.semicolon")) or words.say("word.none")

    def time(self, shown: str, at: datetime | None, *, zone: str) -> Said:
        """Gives a time as its source shows it, and below it the instant with whoever said the zone.

        Args:
            shown: As its source has it.
            at: The instant; None where it is not known.
            zone: Who said the zone, as in `Message.zone`; empty where it stands above the table.
        """
        words = self.words
        first = words.shortened(shown, 40) if shown else words.say("trace.no_time")
        if at is None:
            return words.join([first, self.zone(zone)], "\n") if zone else first
        second = words.say("word.time_utc", utc=words.utc(at))
        said = words.say("trace.instant", utc=words.utc(at), told=self.zone(zone)) if zone else second
        return words.join([first, said], "\n")

    def zone(self, zone: str) -> Said:
        """Says who said in which zone a time is."""
        name, _, place = zone.partition(":")
        key = f"trace.zone_{name}"
        return self.words.say(key if self.words.has(key) else "trace.zone_unknown", zone=place)

    def zones(self, found: Iterable[str]) -> tuple[Said, ...]:
        """Says it once for a table whose times all have it in common; nothing where they differ."""
        every = set(found)
        return (self.words.say("trace.zone_all", told=self.zone(every.pop())),) if len(every) == 1 else ()

    def amount(self, minor: int, currency: str) -> Said:
        """Writes an amount exactly, with the digits of its currency."""
        words, digits = self.words, MINOR_DIGITS.get(currency, 0)
        whole, rest = divmod(abs(minor), 10**digits)
        point = "," if words.language == "fr" else "."
        tail = f"{point}{rest:0{digits}d}" if digits else ""
        number = Said(f"{'−' if minor < 0 else ''}{words.number(whole)}{tail}")
        key = f"trace.amount_{currency}" if currency in MINOR_DIGITS else "trace.amount_unknown"
        return words.say(key if words.has(key) else "trace.amount", n=number, currency=currency)

    def amounts(self, found: Mapping[str, int]) -> Said:
        """Lists sums of several currencies, which are never added up."""
        return self.words.listed(self.amount(minor, currency) for currency, minor in sorted(found.items()))

    def text(self, text: str, *, file: str, limit: int = TEXT_SHOWN) -> Said:
        """Gives a text of the evidence with accounts of third parties as signs; nothing of protected items.

        Its lines stay lines; whatever else shows nothing is made visible.
        """
        words = self.words
        if self.item(file) in self.hidden:
            return words.say("word.hidden")
        masked = self.signs.text(text)
        shown = words.join(map(words.show, masked[:limit].rstrip().split("\n")), "\n")
        return words.say("word.cut", text=shown) if len(masked) > limit else shown

    def group(self, group: Group) -> Said:
        """Names a chat."""
        return self.chat(group.title, group.kind, chat=group.chat)

    def chat(self, title: str, kind: str, *, chat: str = "") -> Said:
        """Names a chat by its title; a private one by the sign of the other account, since its title is a name."""
        if kind == "private" or self.signs.is_third(title):
            return self.words.say("trace.private", account=self.signs.account(title))
        if title:
            return self.words.say("trace.group", title=self.words.shortened(self.signs.text(title), 80))
        number = platform_id(chat)
        if not number:
            return self.words.say("trace.nameless")
        return self.words.say("trace.untitled", chat=self.words.shortened(self.signs.text(number), 40))

    def source(self, name: str) -> Said:
        """Names whom a message was forwarded from: a group by its title, else an account."""
        if name in self.titles:
            return self.chat(name, "group")
        return self.signs.account(name)

    def independent(self, files: Iterable[str]) -> int:
        """Counts the sources that do not come from each other, as far as the case shows."""
        return len({self.families.get(one, one) for one in files if one})

    def word(self, table: str, name: str) -> Said:
        """Gives the word for a recorded name; the name itself where the templates have none."""
        key = f"{table}_{name.replace(' ', '_')}"
        return self.words.say(key) if self.words.has(key) else self.words.shortened(self.signs.text(name), 120)


def trace(case: CaseFacts, words: Words, dossier: Dossier) -> Trace:
    """Prepares the sections about chats and payments."""
    hidden = frozenset(facts.item.id for facts in case.items if facts.masked)
    made = signs(case.snapshot.statements, dossier, words, more=_with_roles(case))
    labels, families = labels_of(case), _families(dossier)
    return Trace(case, words, dossier, made, labels, hidden, families, group_titles(dossier))


def _with_roles(case: CaseFacts) -> Iterator[str]:
    """Gives the names of accounts whose roles the exports state; sealed findings have none."""
    for seen in case.findings:
        if seen.finding.kind == "chat.members":
            for one in members(seen.finding.values, "members"):
                if text(one, "role") in ROLES:
                    yield text(one, "name")


def account_rule(trace: Trace, *, is_whole: bool = False) -> Paragraph:
    """Says how accounts are named in this report, and where the names are; whole once, else where it is said."""
    if not is_whole:
        return Paragraph(trace.words.say("trace.rule_short", part=trace.words.part("facts")), "note")
    words = trace.words
    named = [words.shortened(one, 60) for one in accounts_in_question(trace.case.snapshot.statements, trace.dossier)]
    said = [words.say("trace.rule" if named else "trace.rule_nobody", accounts=words.listed(named))]
    if trace.signs.holders:
        said.append(words.say("trace.rule_holder"))
    return Paragraph(words.join(said, words.say("word.sentence_space")), label=words.label("trace.rule_label"))


def unstated_bills(trace: Trace) -> tuple[str, ...]:
    """Gives the digests of the bills whose holder nobody stated to be in question, in the order of their items."""
    rows = trace.dossier.ledger.rows
    holders = ((row.locator.file, holder_of(row)) for row in rows)
    found = {file for file, holder in holders if holder and not trace.signs.is_in_question(holder)}
    return tuple(sorted(found, key=lambda file: (trace.item(file), file)))


def _families(dossier: Dossier) -> dict[str, str]:
    """Joins files that have something in common: two exports of a chat, or two bills with the same rows."""
    parents: dict[str, str] = {}

    def root(one: str) -> str:
        while parents.get(one, one) != one:
            one = parents[one]
        return one

    for first, second in _common(dossier):
        one, other = sorted((root(first), root(second)))
        parents[other] = one
    return {one: root(one) for one in parents}


def _common(dossier: Dossier) -> Iterator[tuple[str, str]]:
    titled: dict[tuple[str, str], str] = {}
    for passage in dossier.extracts:
        if passage.title:
            file = passage.lines[0].message.locator.file
            yield titled.setdefault((passage.title, passage.kind), file), file
    files = {one.id: one.locator.file for one in (*dossier.ledger.payments, *dossier.ledger.rows)}
    for copy in dossier.ledger.duplicates:
        if copy.reason != "receipt" and copy.kept in files:
            yield files[copy.kept], copy.dropped.locator.file
    for work in dossier.works:
        for group in work.groups:
            yield from ((group.exports[0], other) for other in group.exports[1:])
        for post in work.posts:
            yield from ((post.locator.file, other.file) for other in post.also)
