"""The annex that lists what the report leaves out or masks because it is protected: numbered, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from forensics.model import GapReason
from forensics.proof.dossier import is_empty
from forensics.reporter.blocks import Block, Column, Paragraph, Section, Table
from forensics.reporter.captured import all_captures
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, ItemFacts
from forensics.reporter.gaps import all_gaps, gap_what
from forensics.reporter.item_range import item_ranges
from forensics.reporter.masking import Masked, Reason
from forensics.reporter.tally_sign import signs
from forensics.reporter.wording import Words

if TYPE_CHECKING:
    from forensics.proof.dossier import Dossier

LISTED = 400
"""Most entries that are listed one by one."""

REASON_LENGTH = 200
"""Characters after which the reason of a person or an examination is cut."""

Entry = tuple[Said, Said, Said, Said]
"""What, of which items, why, in which record."""


def redactions(case: CaseFacts, words: Words, *, masked: Sequence[Masked], dossier: Dossier | None = None) -> Section:
    """Builds the annex.

    Args:
        case: The case.
        words: The wording.
        masked: Pictures of the part with comparisons that are not drawn.
        dossier: What the chats and bills were compiled to; None where nobody compiled them.
    """
    found = [*_entries(case, words, masked=masked), *_of_accounts(case, words, dossier)]
    blocks: list[Block] = [Paragraph(words.say("redactions.intro"))]
    if found:
        blocks.append(_table(found[:LISTED], words))
    else:
        blocks.append(Paragraph(words.say("redactions.none")))
    if found[LISTED:]:
        blocks.append(Paragraph(words.say("redactions.cut", shown=LISTED, total=len(found)), "note"))
    if masked:
        blocks.append(Paragraph(words.say("mask.intro"), "note"))
    title = words.say("redactions.title")
    return Section("redactions", words.heading_number("redactions"), title, tuple(blocks))


def _table(found: list[Entry], words: Words) -> Table:
    shares = (("no", 6), ("what", 36), ("items", 16), ("reason", 28), ("ref", 14))
    columns = tuple(
        Column(words.say(f"redactions.column_{name}"), share, "strong" if name == "no" else "text")
        for name, share in shares
    )
    return Table(columns, tuple((words.number(index), *entry) for index, entry in enumerate(found, 1)), "compact")


def _entries(case: CaseFacts, words: Words, *, masked: Sequence[Masked]) -> Iterator[Entry]:
    for facts in case.items:
        yield from _of_item(facts, words)
    yield from _pictures(masked, words)
    yield from _of_operator(case, words)
    yield from _withheld(case, words)
    for stray in case.strays:
        told = (words.say("redactions.stray"), words.say("word.unassigned"), words.say("redactions.reason_stray"))
        yield (*told, words.show(stray.ref))
    for one in case.snapshot.erasures:
        basis = words.say("redactions.reason_erased", basis=words.shortened(one.record.basis, REASON_LENGTH))
        yield words.say("redactions.erased"), words.show(one.record.item), basis, words.show(one.ref)


def _of_item(facts: ItemFacts, words: Words) -> Iterator[Entry]:
    if facts.masked:
        reason = Reason.SEALED if facts.is_sealed else Reason.BIOMETRIC
        what = words.say("redactions.item_drawn" if facts.unmasked else "redactions.item")
        yield what, words.show(facts.item.id), words.say(f"mask.{reason.value}"), words.show(facts.ref)
    for done in facts.acquisitions:
        count = sum(one.sealed is not None for one in done.record.artifacts)
        if count:
            what = words.say("redactions.sealed", files=words.count("files", count))
            yield what, words.show(facts.item.id), words.say("redactions.reason_sealed"), words.show(done.ref)


def _pictures(masked: Sequence[Masked], words: Words) -> Iterator[Entry]:
    for one in masked:
        what = words.say("redactions.picture", n=one.number, what=one.what)
        items = words.listed(one.items) or words.say("word.unassigned")
        yield what, items, words.say(f"mask.{one.reason.value}"), words.show(one.ref)


def _of_operator(case: CaseFacts, words: Words) -> Iterator[Entry]:
    found = [(facts, capture) for facts, capture in all_captures(case) if capture.preflight]
    if found:
        what = words.say("redactions.operator", captures=words.count("captures", len(found)))
        items = item_ranges({facts.item.id for facts, _ in found}, words)
        refs = words.listed([found[0][1].done.ref])
        yield what, items, words.say("redactions.reason_operator"), refs


def _of_accounts(case: CaseFacts, words: Words, dossier: Dossier | None) -> Iterator[Entry]:
    """Gives the accounts of third parties that stand under signs, with the numbers of persons masked in texts."""
    if dossier is None or is_empty(dossier):
        return
    contents = [one.content for one in dossier.chats] + [one.content for one in dossier.bills]
    items = {dossier.items[content] for content in contents if content in dossier.items}
    number = len(signs(case.snapshot.statements, dossier, words).numbers)
    if number:
        what = words.say("redactions.accounts", n=number)
        where = item_ranges(items, words) or words.say("word.none")
        yield what, where, words.say("redactions.reason_accounts"), words.say("word.none")


def _withheld(case: CaseFacts, words: Words) -> Iterator[Entry]:
    """Gives what examinations themselves did not give, for example tags that would tell a person's identity."""
    for placed in all_gaps(case):
        if placed.gap.why is not GapReason.WITHHELD:
            continue
        detail = words.say("word.hidden") if placed.is_hidden else words.shortened(placed.gap.detail, REASON_LENGTH)
        what = words.say("redactions.withheld", what=gap_what(placed.gap, words, is_hidden=placed.is_hidden))
        reason = words.say("redactions.reason_withheld", detail=detail or words.say("word.none"))
        yield what, words.show(placed.subject) or words.say("word.unassigned"), reason, words.show(placed.ref)
