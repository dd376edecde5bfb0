"""The chains of customers: which offer, order, payment, delivery and repost may belong together, and why."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.proof.money_chain import LINKS, WITHIN, Chain, Link
from forensics.reporter.blocks import Block, Column, Paragraph, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.tally_trace import Trace

CHAINS_SHOWN = 200
"""Customers whose sums are printed."""

LINKED_SHOWN = 40
"""Customers whose links are printed one by one."""

LINKS_SHOWN = 12
"""Links of one customer that are printed."""

_SUMMARY = (("customer", 18), ("payments", 12), ("amount", 22), *((name, 10) for name in LINKS if name != "payment"))
_DETAIL = (("customer", 10), ("link", 11), ("time", 24), ("account", 11), ("basis", 20), ("place", 24))


def chains(trace: Trace, index: int) -> Section | None:
    """Builds the section; None where nobody paid."""
    found, words = trace.dossier.ledger.chains, trace.words
    if not found:
        return None
    days = WITHIN.days
    blocks: list[Block] = [Paragraph(words.say("counts.chains_intro", n=len(found), days=days)), _summary(found, trace)]
    if len(found) > CHAINS_SHOWN:
        blocks.append(Paragraph(words.say("counts.chains_cut", n=len(found), shown=CHAINS_SHOWN), "note"))
    blocks += [Paragraph(words.say("counts.links_title"), "strong"), _details(found, trace)]
    if len(found) > LINKED_SHOWN:
        blocks.append(Paragraph(words.say("counts.chains_cut", n=len(found), shown=LINKED_SHOWN), "note"))
    title = words.say("counts.chains_title")
    return Section("counts-chains", words.sub_number("counts", index), title, tuple(blocks))


def _columns(shares: tuple[tuple[str, int], ...], trace: Trace) -> tuple[Column, ...]:
    return tuple(
        Column(trace.words.say(f"counts.column_{name}"), share, "number" if name in ("payments", "amount") else "text")
        for name, share in shares
    )


def _summary(found: tuple[Chain, ...], trace: Trace) -> Table:
    rows = tuple(_summary_row(one, trace) for one in found[:CHAINS_SHOWN])
    return Table(_columns(_SUMMARY, trace), rows, "compact")


def _summary_row(chain: Chain, trace: Trace) -> tuple[Said, ...]:
    words = trace.words
    kinds = [name for name in LINKS if name != "payment"]
    numbers = [sum(link.kind == name for link in chain.links) for name in kinds]
    cells = [words.number(n) if n else words.say("word.none") for n in numbers]
    return customer(chain, trace), words.number(len(chain.payments)), trace.amounts(chain.amount_minor), *cells


def customer(chain: Chain, trace: Trace) -> Said:
    """Names the account that paid; nothing of it where its chat is protected."""
    files = {link.locator.file for link in chain.links}
    is_hidden = any(trace.item(file) in trace.hidden for file in files)
    return trace.words.say("word.hidden") if is_hidden else trace.signs.account(chain.customer)


def _details(found: tuple[Chain, ...], trace: Trace) -> Table:
    rows = tuple(row for chain in found[:LINKED_SHOWN] for row in _detail_rows(chain, trace))
    return Table(_columns(_DETAIL, trace), rows, "compact")


def _detail_rows(chain: Chain, trace: Trace) -> Iterator[tuple[Said, ...]]:
    words = trace.words
    for number, link in enumerate(chain.links[:LINKS_SHOWN]):
        name = customer(chain, trace) if number == 0 else Said("")
        yield name, *_link(link, trace)
    if chain.links[LINKS_SHOWN:]:
        more = words.say("counts.links_cut", n=len(chain.links) - LINKS_SHOWN)
        yield Said(""), more, *(Said("") for _ in range(4))


def _link(link: Link, trace: Trace) -> tuple[Said, ...]:
    words = trace.words
    is_hidden = trace.item(link.locator.file) in trace.hidden
    account = words.say("word.hidden") if is_hidden else trace.signs.account(link.sender)
    basis = words.show(link.payment) if link.kind == "payment" else trace.word("counts.link_basis", link.basis)
    shown = words.shortened(link.at_shown, 40)
    return trace.word("counts.link", link.kind), shown, account, basis, trace.place(link.locator)
