"""The annex with extracts of chats behind payments, leads and posts, and with the words of slang that occur in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice

from forensics.chats.message import Locator, Message
from forensics.custody.statement import standing
from forensics.proof.dossier import Dossier, is_empty
from forensics.proof.extract import Line, Passage, Place
from forensics.proof.search_slang import Use
from forensics.reporter.blocks import Block, Column, Paragraph, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts
from forensics.reporter.spread_name import work_name
from forensics.reporter.tally_trace import Trace, account_rule, trace
from forensics.reporter.transcript_service import service_said
from forensics.reporter.wording import Words

LINES_SHOWN = 600
"""Messages that are printed; the exports have all."""

TEXT_LENGTH = 500
"""Characters of a message that are printed."""

EXAMPLES_SHOWN = 3
"""Places of a word that are named, with their texts where they are among the extracts."""

PROGRAM = "authors of this program; to be checked in each case"
"""Who interprets a word of the glossary that belongs to the program."""

_Reason = tuple[Locator, str, dict[str, str]]
"""Place of a message, and the text that says why it is here, with its values."""

_SHARES_LINE = (("time", 18), ("account", 9), ("text", 36), ("place", 14), ("why", 23))
_SHARES_WORD = (("word", 12), ("meaning", 28), ("by", 18), ("count", 8), ("examples", 34))


def transcript(case: CaseFacts, words: Words, dossier: Dossier | None) -> Section | None:
    """Builds the annex; None where the case has no chats, or nothing in them is spoken of."""
    if dossier is None or is_empty(dossier):
        return None
    made = trace(case, words, dossier)
    sections = tuple(_sections(made))
    if not sections:
        return None
    blocks = (Paragraph(words.say("transcript.intro")), account_rule(made))
    title = words.say("transcript.title")
    return Section(
        "transcript", words.heading_number("transcript"), title, blocks, sections, starts_page=True, is_wide=True
    )


def _sections(made: Trace) -> Iterator[Section]:
    words = made.words
    extracts = tuple(_extracts(made))
    if extracts:
        number, title = words.sub_number("transcript", 1), words.say("transcript.extracts_title")
        yield Section("transcript-extracts", number, title, extracts, is_wide=True)
    texts = _texts(made)
    rows = (*_stated_words(made), *(_word_row(use, made, texts) for use in made.dossier.slang))
    if rows:
        columns = _columns(_SHARES_WORD, made)
        blocks = (Paragraph(words.say("transcript.words_intro")), Table(columns, rows, "fine"))
        number = words.sub_number("transcript", 2 if extracts else 1)
        yield Section("transcript-words", number, words.say("transcript.words_title"), blocks, is_wide=True)


def _columns(shares: tuple[tuple[str, int], ...], made: Trace) -> tuple[Column, ...]:
    words = made.words
    return tuple(
        Column(words.say(f"transcript.column_{name}"), share, "number" if name == "count" else "text")
        for name, share in shares
    )


def _extracts(made: Trace) -> Iterator[Block]:
    words, left = made.words, LINES_SHOWN
    reasons = _reasons(made)
    total = sum(len(one.lines) for one in made.dossier.extracts)
    for one in made.dossier.extracts:
        if left <= 0:
            yield Paragraph(words.say("transcript.cut", n=total, shown=LINES_SHOWN), "note")
            return
        yield Paragraph(_heading(one, made), "strong")
        yield from (Paragraph(told, "note") for told in made.zones(line.message.zone for line in one.lines))
        yield Table(_columns(_SHARES_LINE, made), _rows(one, reasons, made), "fine")
        left -= len(one.lines)


def _heading(one: Passage, made: Trace) -> Said:
    file = one.lines[0].message.locator.file
    if made.item(file) in made.hidden:
        return made.labelled(made.item(file))
    chat = made.chat(one.title, one.kind, chat=one.chat)
    return made.words.say("transcript.passage", chat=chat, item=made.sources([file]))


def _rows(one: Passage, reasons: Mapping[Place, tuple[Said, ...]], made: Trace) -> tuple[tuple[Said, ...], ...]:
    is_common = bool(made.zones(line.message.zone for line in one.lines))
    return tuple(_row(line, reasons, made, zone="" if is_common else line.message.zone) for line in one.lines)


def _row(line: Line, reasons: Mapping[Place, tuple[Said, ...]], made: Trace, *, zone: str) -> tuple[Said, ...]:
    words, message = made.words, line.message
    where = message.locator
    is_hidden = made.item(where.file) in made.hidden
    account = words.say("word.hidden") if is_hidden else made.signs.account(message.sender)
    why = reasons.get((where.file, where.record), ())
    notes = () if is_hidden else _notes(message, made)
    said = words.join([*notes, *why], "\n") or words.say("transcript.context")
    time = made.time(message.sent_shown, message.sent_at, zone=zone)
    text = made.text(message.text, file=where.file, limit=TEXT_LENGTH) if message.text else words.say("word.none")
    return time, account, text, made.record(where), said


def _notes(message: Message, made: Trace) -> Iterator[Said]:
    """Says what the export states of a message beside its text, where no text can be taken for it."""
    words = made.words
    service = service_said(message, made)
    if service is not None:
        yield service
    yield from (_attached(one.name, one.sha256, made) for one in message.attachments)
    if message.forwarded_from is not None:
        yield words.say("transcript.forwarded", source=made.source(message.forwarded_from))
    if message.edited_at is not None or message.edited_shown:
        yield words.say("transcript.edited")
    if message.is_deleted:
        yield words.say("transcript.deleted")


def _attached(name: str, sha256: str | None, made: Trace) -> Said:
    """Names a file of a message: by its item, its digest, or the name that the export has for it."""
    words = made.words
    if sha256 is None:
        return words.say("transcript.file_missing", name=words.shortened(made.signs.text(name), 80))
    item = made.item(sha256)
    if item:
        return words.say("transcript.file_item", item=item)
    return words.say("transcript.file_digest", digest=words.short_digest(sha256))


def _reasons(made: Trace) -> dict[Place, tuple[Said, ...]]:
    """Says, for each place of an extract, why its message is here."""
    found: dict[Place, dict[Said, None]] = {
        (line.message.locator.file, line.message.locator.record): {}
        for one in made.dossier.extracts
        for line in one.lines
        if line.is_wanted
    }
    found |= {(copy.dropped.locator.file, copy.dropped.locator.record): {} for copy in made.dossier.ledger.duplicates}
    for where, key, values in chain(_money_reasons(made), _lead_reasons(made), _work_reasons(made)):
        place = (where.file, where.record)
        if place in found:
            found[place][made.words.say(key, **values)] = None
    return {place: tuple(said) for place, said in found.items()}


def _money_reasons(made: Trace) -> Iterator[_Reason]:
    ledger = made.dossier.ledger
    for payment in ledger.payments:
        yield payment.locator, "transcript.why_payment", {"id": payment.id}
    for copy in ledger.duplicates:
        yield copy.dropped.locator, "transcript.why_copy", {"id": copy.kept}
    for unpriced in ledger.unpriced:
        yield unpriced.locator, "transcript.why_unpriced", {}
    for lead in ledger.leads:
        yield lead.locator, "transcript.why_money", {"reason": made.word("counts.lead", lead.reason)}


def _lead_reasons(made: Trace) -> Iterator[_Reason]:
    words = made.words
    for hit in made.dossier.leads:
        shown = words.listed(words.shortened(made.signs.text(one), 30) for one in hit.words)
        topic = made.word("tally.topic", hit.topic)
        yield hit.locator, "transcript.why_lead", {"topic": topic, "rule": hit.rule, "words": shown}
    for use in made.dossier.slang:
        for where in use.places:
            yield where, "transcript.why_word", {"word": use.slang.word}


def _work_reasons(made: Trace) -> Iterator[_Reason]:
    for work in made.dossier.works:
        name = work_name(work, made)
        for where in chain.from_iterable((post.locator, *post.also) for post in work.posts):
            yield where, "transcript.why_post", {"work": name}
    for link in (link for one in made.dossier.ledger.chains for link in one.links):
        if link.kind in ("delivery", "repost"):
            kind = made.word("counts.link", link.kind)
            yield link.locator, "transcript.why_link", {"link": kind, "id": link.payment}


def _stated_words(made: Trace) -> Iterator[tuple[Said, ...]]:
    """Gives what persons state of the meaning of words that occur in no message; the others are in the glossary."""
    words, known = made.words, {use.slang.word for use in made.dossier.slang}
    for one in standing(made.case.snapshot.statements, "slang"):
        values = one.record.values
        word = str(values.get("word", ""))
        if word in known:
            continue
        who = words.shortened(str(values.get("by") or one.record.by), 120)
        stated = words.say("transcript.by_stated", by=who, id=one.record.id)
        meaning = words.shortened(made.signs.text(str(values.get("meaning", ""))), 200)
        yield words.shortened(word, 40), meaning, stated, words.number(0), words.say("word.none")


def _word_row(use: Use, made: Trace, texts: Mapping[Place, Said]) -> tuple[Said, ...]:
    words, slang = made.words, use.slang
    by = slang.interpreted_by
    who = words.say("transcript.by_program") if by == PROGRAM else words.shortened(by, 120)
    meaning = words.shortened(slang.meaning[words.language], 200)
    return words.shortened(slang.word, 40), meaning, who, words.number(use.count), _examples(use, made, texts)


def _examples(use: Use, made: Trace, texts: Mapping[Place, Said]) -> Said:
    words = made.words
    said = []
    for where in islice(use.places, EXAMPLES_SHOWN):
        text = texts.get((where.file, where.record))
        place = made.place(where)
        said.append(words.say("transcript.example", text=text, place=place) if text else place)
    return words.join(said, "\n")


def _texts(made: Trace) -> dict[Place, Said]:
    return {
        (line.message.locator.file, line.message.locator.record): made.text(
            line.message.text, file=line.message.locator.file, limit=60
        )
        for one in made.dossier.extracts
        for line in one.lines
        if line.is_wanted and line.message.text
    }
