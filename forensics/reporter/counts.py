"""The part with counts and money: totals with every counted row, chains of customers, spread, and counts of the law."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.proof.dossier import Dossier, is_empty
from forensics.reporter.blocks import Paragraph, Points, Section
from forensics.reporter.counts_chain import chains
from forensics.reporter.counts_mark import marks
from forensics.reporter.counts_money import classes, outside, totals
from forensics.reporter.counts_spread import spreads
from forensics.reporter.facts import CaseFacts
from forensics.reporter.tally_trace import Trace, account_rule, trace
from forensics.reporter.wording import Words


def counts(case: CaseFacts, words: Words, dossier: Dossier | None) -> Section | None:
    """Builds the part; None where the case has neither chats nor payments."""
    if dossier is None or is_empty(dossier):
        return None
    made = trace(case, words, dossier)
    blocks = (Paragraph(words.say("counts.intro")), Points(words.lines("counts.units")), account_rule(made))
    title = words.say("counts.title")
    sections = tuple(_sections(made))
    return Section("counts", words.heading_number("counts"), title, blocks, sections, starts_page=True)


def _sections(made: Trace) -> Iterator[Section]:
    yield totals(made)
    number = 2
    for section in classes(made, number):
        yield section
        number += 1
    for build in (outside, chains, spreads, marks):
        built = build(made, number)
        if built is not None:
            yield built
            number += 1
