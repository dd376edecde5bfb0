"""What a case holds about chats, payments and spread, brought together; the same snapshot gives the same dossier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from forensics.chats.message import Problem, Row
from forensics.model import Snapshot
from forensics.proof.dossier_beside import beside
from forensics.proof.dossier_lead import Read, read_leads
from forensics.proof.dossier_rule import Rules, load_all
from forensics.proof.dossier_source import BillSource, ChatSource, Opener, is_of_table, sources_of
from forensics.proof.dossier_stated import Stated, glossary, spoken, stated
from forensics.proof.dossier_table import Seen, Tables
from forensics.proof.dossier_work import views_of, works_of
from forensics.proof.extract import Passage, passages, wanted_places
from forensics.proof.money import Ledger, make_ledger
from forensics.proof.money_chain import LINKS, chains
from forensics.proof.money_duplicate import one_chat, unique_payments
from forensics.proof.money_harvest import harvest
from forensics.proof.reading import shown_in
from forensics.proof.search_rule import Hit
from forensics.proof.search_slang import Use
from forensics.proof.spread import Spread, View, Work, repeated

__all__ = ["BillSource", "ChatSource", "Dossier", "Opener", "Rules", "compile_dossier", "is_empty", "messages"]


@dataclass(frozen=True, slots=True)
class Dossier:
    """What chats, screenshots and bills of a case say.

    Attributes:
        ledger: Payments with their matches, sums and chains.
        works: How far each posted file was passed on.
        leads: What the rules of searches found.
        slang: Words of the glossary that occur.
        items: SHA-256 of a content, or of a file within an archive, to the id of its item.
        problems: What could not be opened or read as it ought to be; what is in it is in no total.
        extracts: The messages behind payments, leads and posts with those around them; empty where they were not asked
            for.
    """

    chats: tuple[ChatSource, ...]
    bills: tuple[BillSource, ...]
    ledger: Ledger
    works: tuple[Spread, ...]
    leads: tuple[Hit, ...]
    slang: tuple[Use, ...]
    items: Mapping[str, str]
    problems: tuple[Problem, ...]
    extracts: tuple[Passage, ...] = ()


def is_empty(dossier: Dossier) -> bool:
    """Whether the case has no chats, bills or payments at all, not even such as cannot be opened."""
    return not (dossier.chats or dossier.bills or dossier.ledger.shown or is_of_table(dossier.problems))


def compile_dossier(
    snapshot: Snapshot,
    opener: Opener,
    *,
    rules: Rules | None = None,
    with_extracts: bool = True,
    is_open: bool = False,
) -> Dossier:
    """Brings together what a case holds; memory grows with payments, files and leads, not with messages.

    Args:
        snapshot: The case.
        opener: Opens a stored blob.
        rules: Rules of payments, searches and slang; None for those that belong to the program.
        with_extracts: Whether messages are extracted, which takes one more reading of all tables.
        is_open: Whether the opener opens sealed tables too; otherwise they are problems.
    """
    book, said = rules or load_all(), stated(snapshot.statements)
    tables, seen = Tables(sources_of(snapshot, is_open=is_open), opener, beside(snapshot)), Seen()
    ledger = _ledger(snapshot, tables, seen, said=said, book=book)
    read = _leads(snapshot, tables, said=said, book=book)
    works, views = _works(snapshot, opener, seen)
    found = seen.postings.spread(works, views)
    ledger = _with_chains(ledger, tables, seen, said=said, works=found, leads=read.hits)
    wanted = wanted_places(ledger, found, leads=read.hits, slang=read.uses) if with_extracts else frozenset()
    return Dossier(
        chats=tables.sources.chats,
        bills=tables.sources.bills,
        ledger=ledger,
        works=found,
        leads=read.hits,
        slang=read.uses,
        extracts=passages(tables.messages(), wanted) if wanted else (),
        items=tables.items,
        problems=tables.problems,
    )


def _works(snapshot: Snapshot, opener: Opener, seen: Seen) -> tuple[tuple[Work, ...], list[View]]:
    """Gives the works that were posted or viewed, and numbers of views with the works to which they belong."""
    shown = views_of(snapshot, opener, posted=seen.posted)
    works = works_of(snapshot, seen.posted, dict.fromkeys(content for content, _ in shown))
    of_content = {digest: work.id for work in works for digest in work.digests}
    return works, [replace(view, work=of_content[content]) for content, view in shown]


def _ledger(snapshot: Snapshot, tables: Tables, seen: Seen, *, said: Stated, book: Rules) -> Ledger:
    """Makes the ledger; payments on two screenshots of one payment page are counted once."""
    found = harvest(seen.passing(tables.messages()), book.payments, accounts=said.accounts)
    pictures = shown_in(snapshot.statements, accounts=said.accounts)
    shown = unique_payments(pictures.payments)
    ledger = make_ledger(
        said.directed(found, seen.titles),
        tables.rows(),
        shown=shown.kept,
        how=said.matching(),
        rules=book.payments.digest,
    )
    duplicates = (*ledger.duplicates, *pictures.repeated, *shown.duplicates)
    return replace(ledger, duplicates=duplicates, possible=(*ledger.possible, *shown.possible))


def _leads(snapshot: Snapshot, tables: Tables, *, said: Stated, book: Rules) -> Read:
    return read_leads(
        tables, spoken(snapshot.statements), rules=replace(book, glossary=glossary(book.glossary, said.slang))
    )


def _with_chains(
    ledger: Ledger, tables: Tables, seen: Seen, *, said: Stated, works: tuple[Spread, ...], leads: tuple[Hit, ...]
) -> Ledger:
    """Adds the chains of those who paid; an account in question is no customer."""
    paid = said.by_customers(ledger.payments)
    if not paid:
        return ledger
    names = frozenset((one.locator.file, one.message) for one in leads if one.topic in LINKS)
    found = chains(
        tables.messages(seen.linking(names)),
        paid,
        leads,
        works=(one.work.digests for one in works),
        accounts=said.accounts,
        again=repeated(works),
        one_chat=one_chat(ledger.payments, ledger.duplicates),
    )
    return replace(ledger, chains=found)


def messages(snapshot: Snapshot, opener: Opener) -> Iterator[Row]:
    """Gives the rows of all exports of a case again, with media that lay beside them linked."""
    yield from Tables(sources_of(snapshot), opener, beside(snapshot)).messages()
