"""Facts of a case, one by one: what persons state, works that were posted, payments, and labels of files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forensics.chats.message import Locator
from forensics.chats.payment import CONFIRMED_BY_BILL, SHOWN_ON_SCREENSHOT
from forensics.custody.statement import standing
from forensics.model import Result, Statement
from forensics.proof.money import matched_with
from forensics.proof.money_total import Sums
from forensics.proof.spread import Spread
from forensics.reporter.evidence import Said
from forensics.reporter.front import kind_name
from forensics.reporter.page_frame import sentence_in
from forensics.reporter.spread_name import accounts_said, work_name
from forensics.reporter.tally_trace import Trace

STATED_LENGTH = 600
"""Characters of a fact in the words of a person; the record has it in full."""

ENOUGH = 2
"""Independent items below which a fact says that it has no second one. *Source:* Provisions on Evidence in Civil
Procedure of China, Art. 90: doubtful electronic data alone are no basis for a fact."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One row.

    Attributes:
        place: Items, exhibits, and where in them it stands.
        independent: How many independent items are behind it.
        gap: What is open; empty for nothing.
    """

    text: Said
    place: Said
    independent: Said
    gap: Said


def resting(trace: Trace, count: int, *gaps: Said) -> tuple[Said, Said]:
    """Gives the number of independent items, and what is open; that there is no second item is always said."""
    words = trace.words
    few = (words.say(f"tally.only_{count}"),) if count < ENOUGH else ()
    return words.number(count), words.join(filter(None, [*gaps, *few]), words.say("word.sentence_space"))


def stated_facts(trace: Trace) -> Iterator[Fact]:
    """Gives what persons state as facts, each with who states it."""
    contents = {
        facts.item.id: facts.original.content_sha256 for facts in trace.case.items if facts.original is not None
    }
    for one in standing(trace.case.snapshot.statements, "fact"):
        statement = one.record
        files = [contents.get(item, item) for item in statement.items]
        independent, gap = resting(trace, trace.independent(files))
        yield Fact(_stated(statement, trace), _stated_place(statement, trace), independent, gap)


def _stated(statement: Statement, trace: Trace) -> Said:
    words = trace.words
    text = words.shortened(trace.signs.text(statement.text), STATED_LENGTH)
    who = words.shortened(statement.by, 120)
    element = str(statement.values.get("element") or "")
    said = words.say("tally.stated", text=text, by=who, at=words.utc(statement.at), id=statement.id)
    return words.join([said, words.say("tally.for_element", element=element)], "\n") if element else said


def _stated_place(statement: Statement, trace: Trace) -> Said:
    words = trace.words
    refs = (words.say("word.record", ref=ref) for ref in statement.findings)
    return words.listed([*map(trace.labelled, statement.items), *refs]) or words.say("word.none")


def work_facts(trace: Trace) -> Iterator[Fact]:
    """Gives the works of which copies were posted, those with the most posts first."""
    posted = [one for one in trace.dossier.works if one.posts]
    for one in sorted(posted, key=lambda work: -len(work.posts)):
        yield _work(one, trace)


def _work(one: Spread, trace: Trace) -> Fact:
    words = trace.words
    first = words.both(one.first_seen) if one.first_seen else words.shortened(one.first_shown, 40)
    text = words.say(
        "tally.work",
        work=work_name(one, trace),
        files=words.count("distinct", len(one.copies)),
        posts=words.count("posts", len(one.posts)),
        groups=words.count("groups", len(one.groups)),
        accounts=accounts_said(one, trace),
        first=first or words.say("trace.no_time"),
    )
    unknown = words.say("tally.sizes_unknown", n=one.members_unknown) if one.members_unknown else Said("")
    uncompared = words.say("tally.uncompared", n=len(one.uncompared)) if one.uncompared else Said("")
    places = [where for post in one.posts for where in (post.locator, *post.also)]
    independent, gap = resting(trace, trace.independent(_files(places)), unknown, uncompared)
    return Fact(text, located(places, trace), independent, gap)


def _files(places: Iterable[Locator]) -> list[str]:
    return list(dict.fromkeys(one.file for one in places))


def located(places: Sequence[Locator], trace: Trace) -> Said:
    """Gives the items with their exhibits, and below them the first places."""
    files = _files(places)
    return trace.words.join([trace.sources(files), trace.places(places, is_one=len(files) == 1)], "\n")


def payment_facts(trace: Trace) -> Iterator[Fact]:
    """Gives the payments, by class of certainty and currency; classes are never added up."""
    ledger = trace.dossier.ledger
    where = {one.id: one.locator for one in (*ledger.payments, *ledger.shown, *ledger.rows)}
    for one in ledger.sums:
        places = [where[name] for name in (*one.paid.ids, *one.refunded.ids, *one.paid_out.ids)]
        yield Fact(_paid(one, trace), located(places, trace), *_support(one, trace))


def _paid(one: Sums, trace: Trace) -> Said:
    words = trace.words
    amount = trace.amount(one.paid.amount_minor, one.currency)
    kind = words.say(f"counts.{one.certainty}")
    rows = "_rows" if one.certainty == CONFIRMED_BY_BILL else ""
    payments = words.count("payments", one.paid.count)
    said = [words.say(f"tally.paid{rows}", kind=kind, payments=payments, amount=amount)]
    for name, total in (("refunded", one.refunded), (f"paid_out{rows}", one.paid_out)):
        if total.count:
            amount = trace.amount(total.amount_minor, one.currency)
            said.append(words.say(f"tally.{name}", n=total.count, amount=amount))
    return words.join(said, words.say("word.sentence_space"))


def _support(one: Sums, trace: Trace) -> tuple[Said, Said]:
    """Says how many of the payments a second, independent item has too; every payment alone has only one."""
    words, ledger = trace.words, trace.dossier.ledger
    pairs = matched_with(ledger)
    names = (*one.paid.ids, *one.refunded.ids, *one.paid_out.ids)
    second = sum(name in pairs for name in names)
    left = len(names) - second
    if not left and names:
        return words.number(ENOUGH), Said("")
    key = "no_bill" if one.certainty != CONFIRMED_BY_BILL and not ledger.rows else f"open_{one.certainty}"
    said = [words.say(f"tally.{key}", n=left)]
    if one.refunded.count or one.paid_out.count:
        said.append(words.say("tally.including"))
    if one.certainty == SHOWN_ON_SCREENSHOT and not second:
        return words.number(1), words.join(said)
    independent = words.say("tally.independent_some", n=second, total=len(names)) if second else words.number(1)
    if not second:
        said.append(words.say("tally.only_1"))
    return independent, words.join(said, words.say("word.sentence_space"))


def label_facts(trace: Trace) -> Iterator[Fact]:
    """Gives what files declare about themselves."""
    words = trace.words
    for facts in trace.case.items:
        for seen in facts.observations:
            if seen.finding.kind.startswith("label.") and seen.finding.result is Result.FOUND:
                kind = kind_name(seen.finding.kind, words)
                said = sentence_in(seen, words, hide=facts.masked)
                place = words.join([trace.labelled(facts.item.id), words.say("word.record", ref=seen.ref)], "\n")
                yield Fact(words.say("tally.label", kind=kind, text=said), place, *resting(trace, 1))
