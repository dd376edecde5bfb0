"""The part with the facts found in chats and payments, each with its places, independent items and what is open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.custody.statement import standing
from forensics.proof.dossier import Dossier, is_empty
from forensics.reporter.blocks import Block, Column, Paragraph, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts
from forensics.reporter.tally_chat import chat_facts
from forensics.reporter.tally_fact import Fact, label_facts, payment_facts, stated_facts, work_facts
from forensics.reporter.tally_lead import lead_facts
from forensics.reporter.tally_trace import Trace, account_rule, trace
from forensics.reporter.wording import Words

FACTS_SHOWN = 60
"""Facts of one kind that are listed."""

_SHARES = (("number", 8), ("fact", 41), ("place", 25), ("independent", 15), ("gap", 21))

_KINDS = (
    ("stated", stated_facts),
    ("content", work_facts),
    ("chats", chat_facts),
    ("payments", payment_facts),
    ("leads", lead_facts),
    ("labels", label_facts),
)


def facts_found(case: CaseFacts, words: Words, dossier: Dossier | None) -> Section | None:
    """Builds the part; None where the case has neither chats nor payments, and nobody stated a fact."""
    stated = standing(case.snapshot.statements, "fact")
    if dossier is None or (is_empty(dossier) and not stated):
        return None
    made = trace(case, words, dossier)
    blocks = (
        Paragraph(words.say("tally.intro")),
        Paragraph(words.say("tally.independent_rule")),
        account_rule(made, is_whole=True),
    )
    title = words.say("tally.title")
    return Section("facts", words.heading_number("facts"), title, blocks, tuple(_sections(made)))


def _sections(made: Trace) -> Iterator[Section]:
    words = made.words
    index, first = 1, 1
    for name, build in _KINDS:
        found = tuple(build(made))
        if not found:
            continue
        blocks: list[Block] = [Paragraph(words.say(f"tally.{name}_intro")), _table(found[:FACTS_SHOWN], first, made)]
        if found[FACTS_SHOWN:]:
            blocks.append(Paragraph(words.say("tally.cut", n=len(found), shown=FACTS_SHOWN), "note"))
        title = words.say(f"tally.{name}_title")
        yield Section(f"facts-{name}", words.sub_number("facts", index), title, tuple(blocks))
        index, first = index + 1, first + min(len(found), FACTS_SHOWN)


def _table(found: Sequence[Fact], first: int, made: Trace) -> Table:
    words = made.words
    columns = tuple(Column(words.say(f"tally.column_{name}"), share) for name, share in _SHARES)
    rows = tuple(_row(one, number, made) for number, one in enumerate(found, first))
    return Table(columns, rows, "compact")


def _row(fact: Fact, number: int, made: Trace) -> tuple[Said, ...]:
    words = made.words
    return (
        words.say("tally.number", n=Said(f"{number:02d}")),
        fact.text,
        fact.place,
        fact.independent,
        fact.gap or words.say("word.none"),
    )
