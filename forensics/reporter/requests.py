"""The part with the next steps: what to ask of which platform, payment provider or authority, with what they need.

Identifiers are taken from the evidence as it shows them, each with its place; nothing is completed or looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.proof.element_matrix import MISSING, Missing, missing_to_file
from forensics.reporter.blocks import Block, Column, Pairs, Paragraph, Points, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, Stamp
from forensics.reporter.item_range import item_ranges
from forensics.reporter.remedy import sources
from forensics.reporter.requests_ask import Ask
from forensics.reporter.requests_clock import CLOCKS, Span, clock_table
from forensics.reporter.requests_data import Known, asks, known, spans
from forensics.reporter.tally_trace import unstated_bills
from forensics.reporter.wording import Words

if TYPE_CHECKING:
    from forensics.proof.dossier import Dossier
    from forensics.reporter.matrix import Matrix

SHOWN = 40
"""Most identifiers of one request that are printed; the tables of the part with counts have the others."""

HOOKS = frozenset({"cn", "us", "eu"})
"""Jurisdictions for which the rules by which something can be asked for are named."""


@dataclass(frozen=True, slots=True)
class _Made:
    """What the sections are made from."""

    case: CaseFacts
    words: Words
    known: Known
    stands: Matrix | None
    place: str


def requests(case: CaseFacts, words: Words, *, dossier: Dossier | None, stands: Matrix | None) -> Section:
    """Builds the part."""
    place = {"fr": "eu"}.get(case.snapshot.info.jurisdiction, case.snapshot.info.jurisdiction)
    made = _Made(case, words, known(case, words, dossier), stands, place)
    builders: list[tuple[str, Callable[[_Made], Iterator[Block]]]] = [
        ("clocks", _clocks),
        ("gaps", _gaps),
        ("sources", lambda one: sources(one.case, one.words)),
        ("own", _own),
    ]
    sections: list[Section] = []
    first: dict[str, Section] = {}
    for index, one in enumerate(asks(made.known), 1):
        sections.append(_asked(one, index, made, like=first.get(one.kind)))
        first.setdefault(one.kind, sections[-1])
    for name, build in builders:
        number = words.sub_number("requests", len(sections) + 1)
        sections.append(Section(f"requests-{name}", number, words.say(f"requests.{name}_title"), tuple(build(made))))
    key = "requests.intro" if len(sections) > len(builders) else "requests.intro_none"
    blocks = (Paragraph(words.say(key, utc=words.utc(case.event.at), seq=case.snapshot.as_of)),)
    title, heading = words.say("requests.title"), words.heading_number("requests")
    return Section("requests", heading, title, blocks, tuple(sections))


def _asked(ask: Ask, index: int, made: _Made, *, like: Section | None) -> Section:
    """Builds one request; what is asked and by which rules is printed with the first of its kind."""
    words = made.words
    blocks: list[Block] = [Paragraph(ask.of, label=words.label("requests.of"))]
    rows = []
    if ask.first is not None and ask.last is not None:
        rows.append((words.say("requests.range"), _range(ask, words)))
    if ask.unplaced:
        rows.append((words.say("requests.unplaced"), words.say("requests.unplaced_text", n=ask.unplaced)))
    if like is None:
        blocks.append(Points(words.lines(f"requests.{ask.kind}_points")))
        rows.append((words.say("requests.rules"), words.say(f"requests.{ask.kind}_rules_{_forum(made)}")))
    else:
        title = words.join([like.number, like.title])
        blocks.append(Paragraph(words.say("requests.as_under", title=title)))
    blocks += [*([Pairs(tuple(rows))] if rows else []), *_identifiers(ask, words)]
    number = words.sub_number("requests", index)
    title = words.say(f"requests.{ask.kind}_title")
    return Section(f"requests-{ask.kind}-{index}", number, title, tuple(blocks))


def _forum(made: _Made) -> str:
    return made.place if made.place in HOOKS else "intl"


def _range(ask: Ask, words: Words) -> Said:
    ends = [words.show(one) for one in (ask.first, ask.last)]
    if ask.first == ask.last:
        return ends[0]
    return words.say("requests.range_text", first=ends[0], last=ends[1])


def _identifiers(ask: Ask, words: Words) -> Iterator[Block]:
    if not ask.identifiers:
        yield Paragraph(words.say("requests.no_identifiers"))
        return
    shares = (("kind", 24), ("identifier", 44), ("where", 32))
    columns = tuple(Column(words.say(f"requests.column_{name}"), share) for name, share in shares)
    rows = tuple((words.say(f"requests.id_{one.kind}"), one.text, one.where) for one in ask.identifiers[:SHOWN])
    yield Table(columns, rows, "compact")
    if ask.note:
        yield Paragraph(ask.note, "note")
    if ask.identifiers[SHOWN:]:
        yield Paragraph(words.say("requests.cut", shown=SHOWN, total=len(ask.identifiers)), "note")


def _clocks(made: _Made) -> Iterator[Block]:
    words, now = made.words, made.case.event.at
    yield Paragraph(words.say("requests.clocks_intro", utc=words.utc(now), seq=made.case.snapshot.as_of))
    held: tuple[Span, ...] = spans(made.known)
    table = clock_table(made.place, held, now=now, words=words)
    if table is None or made.place not in CLOCKS:
        yield Paragraph(words.say("requests.clocks_unknown"))
        return
    yield table
    yield Paragraph(words.say("requests.clocks_note"), "note")


def _gaps(made: _Made) -> Iterator[Block]:
    words, stands = made.words, made.stands
    if stands is None:
        yield Paragraph(words.say("elements.no_profile"))
        return
    yield Paragraph(words.say("requests.gaps_intro", part=words.part("elements")))
    missing = [one.element for one in stands.standings if one.status == MISSING]
    language = words.language
    rows = tuple(
        (words.join([one.id, one.title[language]], "\u00a0"), words.show(one.must_add[language])) for one in missing
    )
    yield Pairs(rows) if rows else Paragraph(words.say("requests.gaps_none"))
    lacking = missing_to_file(stands.standings, stands.profile, has_report=True)
    if lacking:
        yield Paragraph(words.say("requests.filing"))
        yield Points(tuple(_lacking(one, words) for one in lacking))


def _lacking(one: Missing, words: Words) -> Said:
    return words.show(one.text[words.language])


def _own(made: _Made) -> Iterator[Block]:
    """Gives what the party itself can still do."""
    found = tuple(_steps(made))
    yield Points(found) if found else Paragraph(made.words.say("requests.own_none"))


def _steps(made: _Made) -> Iterator[Said]:
    case, words = made.case, made.words
    unstamped = [facts.item.id for facts in case.obtained if facts.stamp is not Stamp.STAMPED]
    if unstamped:
        yield words.say("requests.own_stamp", items=item_ranges(unstamped, words))
    for kind in ("mandate", "author"):
        if not case.stated(kind):
            yield words.say(f"requests.own_{kind}")
    if not case.snapshot.exhibits:
        yield words.say("requests.own_exhibits")
    if made.known.trace is not None and not case.stated("account"):
        yield words.say("requests.own_accounts")
    if made.known.trace is not None and (bills := unstated_bills(made.known.trace)):
        yield words.say("requests.own_holders", items=made.known.trace.sources(bills))
    if made.known.unmatched:
        yield words.say("requests.own_bills", n=made.known.unmatched, part=words.part("counts"))
    bare = [one.record.id for one in case.stated("cost") if not one.record.items]
    if bare:
        yield words.say("requests.own_receipts", statements=words.listed(bare))
