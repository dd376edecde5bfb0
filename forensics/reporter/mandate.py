"""The parts on the mandate, the hand-over of the materials, and the author: what persons stated, or that nobody did."""

from __future__ import annotations

from collections.abc import Iterable

from forensics.model import CaseInfo, Committed, Statement
from forensics.reporter.blocks import Blank, Block, Column, Pairs, Paragraph, Points, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, ItemFacts
from forensics.reporter.front import hand_over
from forensics.reporter.item_range import item_ranges
from forensics.reporter.wording import Words

MANDATE = ("received_from", "scope")
"""What a statement of the mandate says beside who asked and what was asked."""

AUTHOR = ("name", "qualification", "experience", "relation", "funding", "reviewed_by", "ai_assistance")
"""What is to be said of an author. *Source:* Civil Evidence Provisions (2019), article 87(5); FRCP 26(a)(2)(B)."""


def mandate(case: CaseFacts, words: Words) -> Section:
    """Builds the part on the task and on how the materials were handed over."""
    task = Section(
        "mandate-task",
        words.sub_number("mandate", 1),
        words.say("mandate.task_title"),
        tuple(_task(case, words)),
    )
    handed = Section(
        "mandate-hand-over",
        words.sub_number("mandate", 2),
        words.say("mandate.hand_over_title"),
        (Paragraph(words.say("mandate.hand_over")), _hand_over_table(case, words), *_bases(case, words)),
    )
    title = words.say("mandate.title")
    return Section("mandate", words.heading_number("mandate"), title, (), (task, handed), starts_page=True)


def _task(case: CaseFacts, words: Words) -> Iterable[Block]:
    found = case.stated("mandate")
    yield Paragraph(words.say("mandate.stated" if found else "mandate.task"))
    yield Pairs(tuple(_case_pairs(case.snapshot.info, words)))
    for one in found:
        values = one.record.values
        rows = [(words.say(f"mandate.{name}"), stated(values.get(name), words)) for name in ("asked_by", *MANDATE)]
        yield Pairs((*rows, *_stated_by(one, words)))
        questions = [words.show(text) for text in _listed(values.get("questions"))]
        yield Paragraph(words.say("mandate.questions"), "strong")
        yield Points(tuple(questions)) if questions else Paragraph(words.say("word.not_stated"))
    if not found:
        yield from (Blank(words.say(f"mandate.{name}"), lines) for name, lines in (("asked_by", 1), ("questions", 3)))


def stated(value: object, words: Words) -> Said:
    """Writes what a person stated, or that it is not stated."""
    texts = [words.show(text) for text in _listed(value)]
    return words.join(texts, words.say("word.semicolon")) if texts else words.say("word.not_stated")


def _listed(value: object) -> list[str]:
    """Gives the texts of a value that is one text or a list of them; none where it is empty."""
    found = value if isinstance(value, list | tuple) else [value]
    return [str(one).strip() for one in found if one is not None and str(one).strip()]


def stated_by(one: Committed[Statement], words: Words) -> Said:
    """Writes who stated something, when, and in which record."""
    record = one.record
    return words.say("word.stated_by", by=record.by, at=words.utc(record.at), id=record.id, ref=one.ref)


def _stated_by(one: Committed[Statement], words: Words) -> Iterable[tuple[Said, Said]]:
    if one.record.text:
        yield words.say("mandate.words"), words.show(one.record.text)
    yield words.say("mandate.stated_by"), stated_by(one, words)


def _bases(case: CaseFacts, words: Words) -> Iterable[Block]:
    """Gives the legal bases that were recorded for what is off by default; nothing where none was."""
    if not case.snapshot.bases:
        return
    yield Paragraph(words.say("mandate.bases"))
    shares = (("recorded", 16), ("purpose", 14), ("basis", 26), ("consent", 18), ("scope", 16), ("ref", 10))
    titles = {"scope": "mandate.scope"}
    columns = tuple(Column(words.say(titles.get(name, f"mandate.column_{name}")), share) for name, share in shares)
    rows = tuple(
        (
            words.utc(one.record.at),
            words.show(one.record.purpose),
            stated(one.record.basis, words),
            stated(one.record.consent, words),
            stated(one.record.scope, words),
            words.show(one.ref),
        )
        for one in case.snapshot.bases
    )
    yield Table(columns, rows, "compact")


def author(case: CaseFacts, words: Words) -> Section:
    """Builds the part on who made the report, and what assisted."""
    found = case.stated("author")
    people = Section(
        "author-people",
        words.sub_number("author", 1),
        words.say("author.people_title"),
        tuple(_authors(found, words)),
    )
    parts = {"part": words.part("observations"), "annex": words.part("programs")}
    lines = list(words.lines("author.assistance", program=case.program, **parts))
    is_reviewed = any(_listed(one.record.values.get("reviewed_by")) for one in found)
    lines.append(words.say("author.reviewed" if is_reviewed else "author.not_reviewed"))
    if not any(_listed(one.record.values.get("ai_assistance")) for one in found):
        lines.append(words.say("author.ai_not_stated"))
    assistance = Section(
        "author-assistance",
        words.sub_number("author", 2),
        words.say("author.assistance_title"),
        tuple(Paragraph(text) for text in lines),
    )
    title = words.say("author.title")
    return Section("author", words.heading_number("author"), title, (), (people, assistance))


def _authors(found: tuple[Committed[Statement], ...], words: Words) -> Iterable[Block]:
    yield Paragraph(words.say("author.stated" if found else "author.none", part=words.part("declaration")))
    for one in found:
        values = one.record.values
        rows = ((words.say(f"author.{name}"), stated(values.get(name), words)) for name in AUTHOR)
        yield Pairs((*rows, *_stated_by(one, words)))
    if not found:
        yield Pairs(tuple((words.say(f"author.{name}"), words.say("word.not_stated")) for name in AUTHOR))


def _case_pairs(info: CaseInfo, words: Words) -> Iterable[tuple[Said, Said]]:
    yield words.say("cover.case"), words.show(info.title)
    yield words.say("cover.reference"), words.show(info.reference or words.say("word.not_recorded"))
    yield words.say("mandate.case_id"), words.show(info.id)
    yield words.say("mandate.opened"), words.both(info.opened_at)


def _hand_over_table(case: CaseFacts, words: Words) -> Table:
    groups: dict[tuple[Said, ...], list[str]] = {}
    for facts in case.items:
        groups.setdefault(_hand_over_cells(facts, words), []).append(facts.item.id)
    titles = ("item", "received", "device", "access", "basis")
    columns = tuple(
        Column(words.say(f"mandate.column_{name}"), share)
        for name, share in zip(titles, (20, 24, 20, 16, 20), strict=True)
    )
    rows = tuple((item_ranges(ids, words), *cells) for cells, ids in groups.items())
    return Table(columns, rows)


def _hand_over_cells(facts: ItemFacts, words: Words) -> tuple[Said, ...]:
    found = hand_over(facts)
    missing = words.say("word.not_recorded")
    received = [words.show(found[name]) for name in ("received_from", "received_at") if name in found]
    access = found.get("access_mode")
    key = f"access.{access}"
    access_text = missing if not access else (words.say(key) if words.has(key) else words.show(access))
    others = [words.show(found[name]) if name in found else missing for name in ("device", "legal_basis")]
    return (words.join(received, "\n") if received else missing, others[0], access_text, others[1])
