"""The catalogue of evidence (证据目录): one row for each item of each exhibit, by label, within one oldest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from forensics.errors import UsageError
from forensics.model import Exhibit
from forensics.proof.element import PROFILES, load_profile
from forensics.proof.element_exhibit import current
from forensics.reporter.blocks import Blank, Block, Cell, Column, PageOf, Paragraph, Section, Table
from forensics.reporter.captured import captures_of, first_token
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, ItemFacts, seq_of
from forensics.reporter.front import content_size, hand_over, item_name
from forensics.reporter.wording import Words

CONTENT_LENGTH = 60
"""Most characters of the main content. *Source:* practice of Chinese courts."""

NAME_LENGTH = 120
"""Characters after which a name or a purpose is cut; the record has it in full."""

COLUMNS = (
    *(("no", 4), ("name", 13), ("kind", 8), ("source", 13), ("content", 11), ("proves", 12)),
    *(("pages", 5), ("copies", 8), ("form", 6), ("digest_only", 11), ("stamp", 9), ("remark", 6)),
)
"""Columns with their relative widths. *Source:* Civil Evidence Provisions (2019), article 19."""

FORM = "form"
"""The column that says whether the original or a copy is filed; left out unless it is asked for."""

FOOT = ("submitted_by", "submitted_on", "copies_made")
"""What the submitting party fills in below the table."""

_CLASSES = {"file": 4, "web_page": 1, "url": 1, "chat_export": 2, "payment_record": 3}
"""Kind of an item to its class. *Source:* Civil Evidence Provisions (2019), article 14."""

_BY_FINDING = {"chat.messages": 2, "bill.rows": 3}
"""Kind of a finding that says what a file is to its class, likewise."""

_NEVER = datetime.max.replace(tzinfo=UTC)

Pages = Mapping[str, tuple[int, int]]
"""Anchor of a section to its first and last page in the PDF."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        no: Label of the exhibit, with the place in it where it has several items; for what is in no exhibit its own
            count, in brackets.
        anchor: Section of the report with the item; empty where there is none.
        item: Id of the item; empty where the exhibit names none.
        content: At most 60 characters.
        digest: SHA-256 of the content in full, or why there is none.
        stamp: Time and authority of the first token that covers the item, or that there is none yet.
    """

    no: Said
    anchor: str
    item: Said
    name: Said
    kind: Said
    source: Said
    content: Said
    proves: Said
    digest: Said
    stamp: Said
    remark: Said


Member = tuple[ItemFacts | None, Said, str]
"""An item, None where the exhibit names none; the purpose for which it is filed; the label of its exhibit, or empty."""


def rows(case: CaseFacts, words: Words) -> tuple[Row, ...]:
    """Gives the rows of the catalogue: exhibits by label, then what is in no exhibit."""
    made: list[Row] = []
    seen: dict[str, Said] = {}
    for no, (facts, purpose, label) in _numbered(case, words):
        row = _row(no, facts, case=case, purpose=purpose, words=words) if facts else _bare(no, label, purpose, words)
        made.append(_with_remark(row, seen.get(row.item), words))
        if facts:
            seen.setdefault(row.item, no)
    return tuple(made)


def _numbered(case: CaseFacts, words: Words) -> Iterator[tuple[Said, Member]]:
    """Numbers the rows: an exhibit has its label wherever it is spoken of; what is in none is no exhibit."""
    for group in _groups(case, words):
        for place, member in enumerate(group, 1):
            label = member[2]
            if not label:
                yield words.say("catalogue.no_ungrouped", n=place), member
            elif len(group) == 1:
                yield words.show(label), member
            else:
                yield words.say("catalogue.no_part", label=label, n=place), member


def exhibits_of(case: CaseFacts) -> tuple[Exhibit, ...]:
    """Gives the exhibits that count, by label; labels that the program gives begin with the number of the element."""
    return tuple(one.record for one in current(case.snapshot.exhibits))


def element_titles(case: CaseFacts, language: str) -> Mapping[str, str]:
    """Gives the elements of proof of the jurisdiction's profile, in its order, with their titles; none without one."""
    place = case.snapshot.info.jurisdiction
    try:
        profile = load_profile(place if place in PROFILES else "intl")
    except UsageError:
        return {}
    return {one.id: one.title.get(language, "") for one in profile.elements}


def labels_of(case: CaseFacts) -> Mapping[str, tuple[str, ...]]:
    """Gives the labels of the exhibits that each item is in, by id of the item."""
    found: dict[str, list[str]] = {}
    for exhibit in exhibits_of(case):
        for name in items_in(exhibit, case):
            found.setdefault(name, []).append(exhibit.label)
    return {name: tuple(labels) for name, labels in found.items()}


def items_in(exhibit: Exhibit, case: CaseFacts) -> tuple[str, ...]:
    """Gives the ids of the items of an exhibit: those it names, and those that its findings are about."""
    refs = set(exhibit.findings)
    about = [
        facts.item.id
        for facts in case.items
        if any(not refs.isdisjoint((found.ref, *found.repeats)) for found in facts.observations)
    ]
    return tuple(dict.fromkeys((*exhibit.items, *about)))


def _groups(case: CaseFacts, words: Words) -> Iterator[list[Member]]:
    """Gives the items of each exhibit, oldest first; then those that are in none."""
    known = {facts.item.id: facts for facts in case.items}
    placed: set[str] = set()
    titles = element_titles(case, words.language)
    for exhibit in exhibits_of(case):
        purpose = _purpose(exhibit, titles, words=words)
        names = [name for name in items_in(exhibit, case) if name in known]
        placed.update(names)
        members: list[Member] = [(known[name], purpose, exhibit.label) for name in names]
        yield sorted(members, key=lambda one: _when(one[0])) or [(None, purpose, exhibit.label)]
    rest = [facts for facts in case.items if facts.item.id not in placed]
    if rest:
        ungrouped = words.say("catalogue.ungrouped")
        yield [(facts, ungrouped, "") for facts in sorted(rest, key=_when)]


def _when(facts: ItemFacts | None) -> tuple[datetime, str]:
    if facts is None:
        return _NEVER, ""
    return (facts.shown.record.started_at if facts.shown else _NEVER), facts.item.id


def _purpose(exhibit: Exhibit, titles: Mapping[str, str], *, words: Words) -> Said:
    title = words.shortened(exhibit.title, NAME_LENGTH)
    if not exhibit.elements:
        return title
    named = words.listed(element_name(one, titles, words=words) for one in exhibit.elements)
    return words.say("catalogue.purpose", elements=named, title=title)


def element_name(element: str, titles: Mapping[str, str], *, words: Words) -> Said:
    """Names an element of proof: its id, with its title where the profile has it."""
    return words.join([element, titles[element]], " ") if titles.get(element) else words.show(element)


def _row(no: Said, facts: ItemFacts, *, case: CaseFacts, purpose: Said, words: Words) -> Row:
    digest = facts.original.content_sha256 if facts.original else words.say("word.nothing_obtained")
    return Row(
        no=no,
        anchor=f"item-{facts.item.id}",
        item=words.show(facts.item.id),
        name=words.shortened(item_name(facts, words), NAME_LENGTH),
        kind=_evidence_kind(facts, case, words=words),
        source=_source(facts, words),
        content=_content(facts, case, words=words),
        proves=purpose,
        digest=words.show(digest),
        stamp=stamp_text(facts, case, words=words),
        remark=words.say("catalogue.not_public") if facts.masked else Said(""),
    )


def _bare(no: Said, label: str, purpose: Said, words: Words) -> Row:
    name, nothing = words.say("catalogue.no_item", label=words.shortened(label, NAME_LENGTH)), words.say("word.none")
    return Row(no, "", Said(""), name, nothing, nothing, nothing, purpose, nothing, nothing, Said(""))


def _with_remark(row: Row, first: Said | None, words: Words) -> Row:
    same = [words.say("catalogue.same_as", no=first)] if first else []
    found = [*([row.remark] if row.remark else []), *same]
    return replace(row, remark=words.join(found, "\n") if found else words.say("word.none"))


def _evidence_kind(facts: ItemFacts, case: CaseFacts, *, words: Words) -> Said:
    if case.snapshot.info.jurisdiction != "cn":
        return words.say("catalogue.kind")
    by_finding = [_BY_FINDING[kind] for kind in _kinds(facts) if kind in _BY_FINDING]
    number = by_finding[0] if by_finding else _CLASSES.get(facts.item.kind)
    return words.say("catalogue.kind") if number is None else words.say(f"catalogue.kind_cn_{number}")


def _kinds(facts: ItemFacts) -> Iterator[str]:
    return (found.finding.kind for found in facts.observations if found.finding.result.value == "FOUND")


def _source(facts: ItemFacts, words: Words) -> Said:
    found = hand_over(facts)
    told = () if facts.masked else ("received_from", "received_at", "device")
    lines = [words.shortened(str(found[name]), 80) for name in told if name in found]
    if facts.shown is not None:
        record = facts.shown.record
        collector = words.join([record.collector.name, record.collector.version], " ")
        lines.append(words.say("catalogue.obtained", collector=collector, utc=words.utc(record.started_at)))
    return words.join(lines, "\n") if lines else words.say("word.not_recorded")


def _content(facts: ItemFacts, case: CaseFacts, *, words: Words) -> Said:
    parts = [*_read(facts, words), *_captured(facts, case, words=words)]
    if facts.original and not parts:
        parts = [words.show(facts.original.media_type), words.size(content_size(facts.original))]
    said = words.join(parts, words.say("word.semicolon")) if parts else words.say("word.nothing_obtained")
    return words.shortened(said, CONTENT_LENGTH - len(words.say("word.cut", text="")))


def _read(facts: ItemFacts, words: Words) -> Iterator[Said]:
    """Says how much a file of messages or a bill holds, and of which days, as its examination found it."""
    for found in reversed(facts.observations):
        name = {"chat.messages": "chat", "bill.rows": "bill"}.get(found.finding.kind)
        values = found.finding.values
        if name is None or facts.masked or not isinstance(values.get("count"), int) or not values["count"]:
            continue
        yield words.say(f"catalogue.{name}", n=values["count"])
        days = [str(values[key])[:10] for key in ("first_at", "last_at") if values.get(key)]
        if len(days) == len(("first", "last")):
            yield words.say("catalogue.period", first=days[0], last=days[1])
        return


def _captured(facts: ItemFacts, case: CaseFacts, *, words: Words) -> Iterator[Said]:
    """Gives the title of a captured page, how many files stand for it, and how often it was captured."""
    captures = captures_of(facts, case)
    shown = next((one for one in captures if facts.shown and one.done.ref == facts.shown.ref), None)
    if shown is None or facts.original is None:
        return
    title = shown.facts.get("title")
    if title and not facts.masked:
        yield words.say("catalogue.page_title", title=words.shortened(str(title), 40))
    yield words.count("artifacts", len(shown.record.artifacts))
    if len(captures) > 1:
        yield words.say("catalogue.captures", n=len(captures), ref=shown.done.ref)


def stamp_text(facts: ItemFacts, case: CaseFacts, *, words: Words) -> Said:
    """Says when and by whom the content was first time-stamped, or that it is not yet."""
    if facts.original is None or facts.shown is None:
        return words.say("word.none")
    token = first_token(seq_of(facts.shown.ref), case)
    if token is None:
        return words.say(f"stamp.{facts.stamp.value}")
    return words.say("catalogue.stamped_at", utc=words.utc(token.gen_time), authority=token.authority)


def columns(words: Words, *, with_form: bool = False) -> tuple[Column, ...]:
    """Gives the columns; the one on original or copy only where it is asked for."""
    roles = {"digest_only": "digest", "no": "strong"}
    return tuple(
        Column(words.say(f"catalogue.column_{name}"), share, roles.get(name, "text"))
        for name, share in COLUMNS
        if with_form or name != FORM
    )


def cells(row: Row, words: Words, *, pages: Pages | None, with_form: bool = False) -> tuple[Cell, ...]:
    """Gives the cells of a row.

    Args:
        row: The row.
        words: The language.
        pages: Pages of the finished report; None within the report itself, whose pages are filled in as it is drawn.
        with_form: Whether there is a column on original or copy.
    """
    blank = words.say("catalogue.to_fill")
    where: Cell = place(row, words, pages=pages) if pages is not None else _link(row)
    count = page_count(row, pages or {})
    copies = words.say("catalogue.copies_pages", pages=count) if count else words.say("catalogue.copies_only")
    name = words.join(filter(None, [row.item, row.name]), "\n")
    form: tuple[Cell, ...] = (blank,) if with_form else ()
    before = (row.no, name, row.kind, row.source, row.content, row.proves)
    return (*before, where, copies, *form, row.digest, row.stamp, row.remark)


def _link(row: Row) -> Cell:
    return PageOf(row.anchor, row.item) if row.anchor else row.no


def place(row: Row, words: Words, *, pages: Pages) -> Said:
    """Writes the pages of a row: `12` or `12–14`."""
    if row.anchor not in pages:
        return words.say("word.none")
    first, last = pages[row.anchor]
    return Said(first) if first == last else Said(f"{first}–{last}")


def page_count(row: Row, pages: Pages) -> int:
    """Counts the pages of the report with the row's item; 0 where it has none."""
    if row.anchor not in pages:
        return 0
    first, last = pages[row.anchor]
    return last - first + 1


def intro(case: CaseFacts, words: Words) -> Said:
    """Says what the columns are and what stays open."""
    said = [words.say("catalogue.intro")]
    if case.snapshot.info.jurisdiction == "cn":
        said.append(words.say("catalogue.intro_cn"))
    return words.join(said, words.say("word.sentence_space"))


def table(found: Iterable[Row], words: Words, *, pages: Pages | None, with_form: bool = False) -> Table:
    """Builds the table."""
    made = tuple(cells(row, words, pages=pages, with_form=with_form) for row in found)
    return Table(columns(words, with_form=with_form), made)


def annex(case: CaseFacts, words: Words) -> Section:
    """Builds the catalogue as an annex of the report."""
    blocks: list[Block] = [Paragraph(intro(case, words)), table(rows(case, words), words, pages=None)]
    blocks += [Blank(words.say(f"catalogue.{name}")) for name in FOOT]
    title, number = words.say("catalogue.title"), words.heading_number("catalogue")
    return Section("catalogue", number, title, tuple(blocks), starts_page=True, is_wide=True)
