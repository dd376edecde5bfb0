"""The annexes: catalogue of evidence, digests in full, recorded values, programs, replaced characters, glossary."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from forensics.model import Result
from forensics.reporter.blocks import Blank, Block, Cell, Column, PageOf, Pairs, Paragraph, Section, Table
from forensics.reporter.captured import captures_of
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, ItemFacts, Observation
from forensics.reporter.front import content_size, hand_over, item_name, kind_name
from forensics.reporter.measured import arranged, in_annex, recorded_names
from forensics.reporter.wording import Words

VALUES_PER_FINDING = 40
"""Most values of one finding in the annex."""

VALUES_IN_ALL = 1500
"""Most values of all findings in the annex: about thirty pages."""

CATALOGUE = (
    *(("no", 5), ("name", 19), ("kind", 11), ("source", 17), ("content", 14)),
    *(("proves", 11), ("pages", 8), ("copies", 9), ("digest", 22), ("remark", 10)),
)
"""Columns of the catalogue with their relative widths. *Source:* Civil Evidence Provisions (2019), article 19."""

GLOSSARY = (
    *("electronic_data", "digest", "time_stamp", "custody", "checkpoint", "item", "finding", "sealing", "metadata"),
    *("deepfake", "face_swap", "label", "credentials", "capture", "archive", "commitment", "cleanliness"),
)
"""Terms that the glossary explains where the report uses them."""


def annexes(case: CaseFacts, words: Words) -> tuple[Section, ...]:
    """Builds all annexes but the two that need the finished text."""
    return (_catalogue(case, words), _digests(case, words), _values(case, words), _programs(case, words))


def _annex(name: str, blocks: Iterable[Block], *, words: Words, is_wide: bool = False) -> Section:
    title = words.say(f"{name}.title")
    starts_page = name in ("catalogue", "digests")
    return Section(name, words.heading_number(name), title, tuple(blocks), starts_page=starts_page, is_wide=is_wide)


def _catalogue(case: CaseFacts, words: Words) -> Section:
    roles = {"digest": "digest", "no": "strong"}
    columns = tuple(
        Column(words.say(f"catalogue.column_{name}"), share, roles.get(name, "text")) for name, share in CATALOGUE
    )
    rows = tuple(_catalogue_rows(case, words))
    intro = [words.say("catalogue.intro")]
    if case.snapshot.info.jurisdiction == "cn":
        intro.append(words.say("catalogue.intro_cn"))
    blocks: list[Block] = [Paragraph(words.join(intro, words.say("word.sentence_space"))), Table(columns, rows)]
    blocks += [Blank(words.say(f"catalogue.{name}")) for name in ("submitted_by", "submitted_on", "copies_made")]
    return _annex("catalogue", blocks, words=words, is_wide=True)


def _catalogue_rows(case: CaseFacts, words: Words) -> Iterator[tuple[Cell, ...]]:
    for group, (purpose, ids) in enumerate(_groups(case, words), 1):
        known = {facts.item.id: facts for facts in case.items}
        for index, name in enumerate((one for one in ids if one in known), 1):
            yield _catalogue_row(f"{group}-{index}", known[name], case=case, purpose=purpose, words=words)


def _groups(case: CaseFacts, words: Words) -> Iterator[tuple[Said, list[str]]]:
    """Gives the purpose and the items of each exhibit, then the items that are in none."""
    placed: set[str] = set()
    for exhibit in case.snapshot.exhibits:
        record = exhibit.record
        placed.update(record.items)
        yield words.join([record.label, words.listed([record.title, *record.elements])], " "), list(record.items)
    rest = [facts.item.id for facts in case.items if facts.item.id not in placed]
    if rest:
        yield words.say("catalogue.to_fill"), rest


def _catalogue_row(no: str, facts: ItemFacts, *, case: CaseFacts, purpose: Said, words: Words) -> tuple[Cell, ...]:
    anchor = f"item-{facts.item.id}"
    digest = words.show(facts.original.content_sha256) if facts.original else words.say("word.nothing_obtained")
    return (
        words.show(no),
        words.join([facts.item.id, words.shortened(item_name(facts, words), 120)], "\n"),
        _evidence_kind(facts, case, words=words),
        _source(facts, words),
        _content(facts, case, words=words),
        words.shortened(purpose, 120),
        PageOf(anchor, facts.item.id),
        words.say("catalogue.to_fill"),
        words.join([digest, words.say(f"stamp.{facts.stamp.value}")], "\n") if facts.original else digest,
        words.say("catalogue.not_public") if facts.masked else words.say("word.none"),
    )


def _evidence_kind(facts: ItemFacts, case: CaseFacts, *, words: Words) -> Said:
    if case.snapshot.info.jurisdiction != "cn":
        return words.say("catalogue.kind")
    kinds = {"file": 4, "web_page": 1, "url": 1, "chat_export": 2, "payment_record": 3}
    number = kinds.get(facts.item.kind)
    return words.say("catalogue.kind") if number is None else words.say(f"catalogue.kind_cn_{number}")


def _source(facts: ItemFacts, words: Words) -> Said:
    found = hand_over(facts)
    lines = [
        words.shortened(str(found[name]), 80) for name in ("received_from", "received_at", "device") if name in found
    ]
    if facts.shown is not None:
        record = facts.shown.record
        collector = words.join([record.collector.name, record.collector.version], " ")
        lines.append(words.say("catalogue.obtained", collector=collector, utc=words.utc(record.started_at)))
    return words.join(lines, "\n") if lines else words.say("word.not_recorded")


def _content(facts: ItemFacts, case: CaseFacts, *, words: Words) -> Said:
    lines = list(_captured(facts, case, words=words))
    if facts.original and not lines:
        lines = [words.join([facts.original.media_type]), words.size(content_size(facts.original))]
    for result in Result:
        number = sum(found.finding.result is result for found in facts.observations)
        if number:
            lines.append(words.say("catalogue.results", result=words.say(f"result.{result.value}"), n=number))
    return words.join(lines, "\n") if lines else words.say("word.nothing_obtained")


def _captured(facts: ItemFacts, case: CaseFacts, *, words: Words) -> Iterator[Said]:
    """Gives the title of a captured page, how many files stand for it, and how often it was captured."""
    captures = captures_of(facts, case)
    shown = next((one for one in captures if facts.shown and one.done.ref == facts.shown.ref), None)
    if shown is None or facts.original is None:
        return
    title = shown.facts.get("title")
    if title and not facts.masked:
        yield words.say("catalogue.page_title", title=words.shortened(str(title), 80))
    yield words.count("artifacts", len(shown.record.artifacts))
    if len(captures) > 1:
        yield words.say("catalogue.captures", n=len(captures), ref=shown.done.ref)


def _digests(case: CaseFacts, words: Words) -> Section:
    columns = (
        Column(words.say("digests.column_item"), 12, "strong"),
        Column(words.say("digests.column_role"), 13),
        Column(words.say("digests.column_size"), 13),
        Column(words.say("digests.column_values"), 62, "digest"),
    )
    rows = tuple(row for facts in case.items for row in _digest_rows(facts, words))
    blocks: list[Block] = [Paragraph(words.say("digests.intro"))]
    if rows:
        blocks.append(Table(columns, rows))
    return _annex("digests", blocks, words=words)


def _digest_rows(facts: ItemFacts, words: Words) -> Iterator[tuple[Said, ...]]:
    for done in facts.acquisitions:
        for artifact in done.record.artifacts:
            plain = (artifact.sealed or {}).get("plain") or {}
            named = [
                ("SHA-256", artifact.digests.sha256),
                ("BLAKE3", artifact.digests.blake3),
                ("SM3", artifact.digests.sm3),
            ]
            values = [words.say("digests.value", name=name, value=value) for name, value in named if value]
            if (artifact.sealed or {}).get("commitment"):
                values.append(words.say("digests.commitment", value=str((artifact.sealed or {})["commitment"])))
            if plain:
                values.append(words.say("digests.plain", value=str(plain["sha256"])))
            yield (
                words.join([facts.item.id, done.ref], "\n"),
                words.show(artifact.role),
                words.size(artifact.digests.size),
                words.join(values, "\n"),
            )


def _values(case: CaseFacts, words: Words) -> Section:
    columns = (Column(words.say("values.column_finding"), 22, "strong"), Column(words.say("values.column_value"), 82))
    rows: list[tuple[Said, ...]] = []
    room = VALUES_IN_ALL
    open_items = [facts for facts in case.items if not facts.masked]
    for facts in open_items:
        for found in facts.observations:
            row, used = _value_row(found, facts, words=words, room=room)
            rows += row
            room -= used
    blocks: list[Block] = [Paragraph(words.say("values.intro", each=VALUES_PER_FINDING, all=VALUES_IN_ALL))]
    blocks.append(Table(columns, tuple(rows), "compact") if rows else Paragraph(words.say("values.none")))
    names = recorded_names((found.finding for facts in open_items for found in facts.observations), words)
    if names:
        blocks.append(Paragraph(words.say("values.names")))
        blocks.append(Paragraph(words.join(names, words.say("word.semicolon")), "note"))
    return _annex("values", blocks, words=words)


def _value_row(found: Observation, facts: ItemFacts, *, words: Words, room: int) -> tuple[list[tuple[Said, ...]], int]:
    """Gives the row of a finding, none where there is nothing more of it, and how many values it has."""
    lines, left = in_annex(found.finding, words=words, most=max(0, min(VALUES_PER_FINDING, room)))
    if not lines and not left:
        return [], 0
    if left:
        lines.append(words.say("values.more", values=words.count("values", left), ref=found.ref))
    place = words.join([facts.item.id, found.ref], "\u00a0")
    used = len(arranged(found.finding).rest) - left
    return [(words.join([place, kind_name(found.finding.kind, words)], "\n"), words.join(lines, "\n"))], used


def _programs(case: CaseFacts, words: Words) -> Section:
    columns = (
        Column(words.say("programs.column_name"), 30, "strong"),
        Column(words.say("programs.column_version"), 14),
        Column(words.say("programs.column_digest"), 56, "digest"),
    )
    templates = words.templates
    own = [(face.file, "2.004", face.sha256) for face in (templates.fonts.regular, templates.fonts.bold)]
    own.append((words.say("programs.templates"), words.say("word.none"), templates.digest))
    maker, _, version = case.program.rpartition(" ")
    rows = [*_tools(case, (maker, version, "")), *own]
    cells = tuple(tuple(words.show(cell or words.say("word.none")) for cell in row) for row in rows)
    table = Table(columns, cells, "compact")
    return _annex("programs", [Paragraph(words.say("programs.intro")), table], words=words)


def _tools(case: CaseFacts, maker: tuple[str, str, str]) -> list[tuple[str, str, str]]:
    """Lists every program and data file that took part, by name, version and digest, each once."""
    tools = [event.tool for event in case.snapshot.events]
    tools += [done.record.collector for done in case.snapshot.acquisitions]
    for found in case.findings:
        tools += [found.finding.analyzer, *found.finding.tools]
    return sorted({maker, *((tool.name, tool.version, tool.digest or "") for tool in tools)})


def characters(found: tuple[tuple[int, int], ...], words: Words) -> Section:
    """Builds the annex that lists which characters were written as code points."""
    columns = (
        Column(words.say("characters.column_mark"), 25, "strong"),
        Column(words.say("characters.column_name"), 50),
        Column(words.say("characters.column_count"), 25, "number"),
    )
    blocks: list[Block] = [Paragraph(words.say("characters.intro"))]
    rows = tuple(
        (
            Said(f"U+{code:04X}"),
            Said(unicodedata.name(chr(code), "")) or words.say("characters.nameless"),
            words.number(count),
        )
        for code, count in found
    )
    blocks.append(Table(columns, rows) if rows else Paragraph(words.say("characters.none")))
    return _annex("characters", blocks, words=words)


def glossary(text: str, words: Words) -> Section:
    """Builds the glossary of those terms that the report uses."""
    used = [name for name in GLOSSARY if words.say(f"glossary.{name}_term").lower() in text.lower()]
    rows = tuple((words.say(f"glossary.{name}_term"), words.say(f"glossary.{name}_text")) for name in used)
    return _annex("glossary", [Paragraph(words.say("glossary.intro")), Pairs(rows, "glossary")], words=words)
