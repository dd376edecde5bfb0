"""The annexes: digests in full, recorded values, programs, replaced characters, glossary; and their order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from forensics.model import Result
from forensics.reporter import catalogue, custody, methods
from forensics.reporter.blocks import Block, Column, Paragraph, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.explained import ref_ranges
from forensics.reporter.facts import CaseFacts, ItemFacts, Observation
from forensics.reporter.front import kind_name
from forensics.reporter.item_range import item_ranges
from forensics.reporter.measured import arranged, in_annex, recorded_names
from forensics.reporter.ranking import family_rank
from forensics.reporter.text import LANGUAGES
from forensics.reporter.wording import Words

_TERM = re.compile(r"glossary\.([a-z0-9_]+)_term")

VALUES_PER_FINDING = 8
"""Most values of one finding in the annex."""

VALUES_IN_ALL = 600
"""Most values of all findings in the annex: about seven pages."""

EXPLAINED = (
    *("electronic_data", "digest", "time_stamp", "custody", "checkpoint", "item", "finding", "sealing", "metadata"),
    *("deepfake", "face_swap", "label", "credentials", "capture", "archive", "commitment", "cleanliness"),
)
"""Terms that the glossary explains where the report uses them."""


def annexes(case: CaseFacts, words: Words) -> tuple[Section, ...]:
    """Builds the annexes that stand before transcript and costs."""
    return (
        catalogue.annex(case, words),
        _digests(case, words),
        custody.events(case, words),
        methods.methods(case, words),
        _values(case, words),
    )


def _annex(name: str, blocks: Iterable[Block], *, words: Words) -> Section:
    title = words.say(f"{name}.title")
    return Section(name, words.heading_number(name), title, tuple(blocks), starts_page=name == "digests")


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
        blocks.append(Table(columns, rows, "fine"))
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
    columns = (Column(words.say("values.column_finding"), 15), Column(words.say("values.column_value"), 85))
    open_items = [facts for facts in case.items if not facts.masked]
    rows = tuple(_value_rows(open_items, words))
    blocks: list[Block] = [Paragraph(words.say("values.intro", each=VALUES_PER_FINDING, all=VALUES_IN_ALL))]
    blocks.append(Table(columns, rows, "fine") if rows else Paragraph(words.say("values.none")))
    names = recorded_names((found.finding for facts in open_items for found in facts.observations), words)
    if names:
        heading = (Column(words.say("values.names"), 100),)
        blocks.append(Table(heading, ((words.join(names, words.say("word.semicolon")),),), "fine"))
    blocks += _superseded(case, words)
    return _annex("values", blocks, words=words)


def _value_rows(items: Iterable[ItemFacts], words: Words) -> Iterator[tuple[Said, ...]]:
    """Gives a row for each kind of finding: what there is more of each finding, once where the values are the same."""
    room = VALUES_IN_ALL
    found: dict[str, dict[Said, list[tuple[str, str]]]] = {}
    for facts in items:
        for one in facts.observations:
            if one.finding.result is Result.NOT_FOUND:
                continue
            lines, used = _value_lines(one, words=words, room=room)
            room -= used
            if lines:
                said = words.join(lines, words.say("word.semicolon"))
                found.setdefault(one.finding.kind, {}).setdefault(said, []).append((facts.item.id, one.ref))
    for kind in sorted(found, key=family_rank):
        values = found[kind].items()
        yield kind_name(kind, words), words.join((_placed(text, places, words) for text, places in values), "\n")


def _placed(text: Said, places: Iterable[tuple[str, str]], words: Words) -> Said:
    """Writes values behind the items and records that they are of."""
    ids, refs = zip(*places, strict=True)
    items = item_ranges(dict.fromkeys(ids), words)
    return words.say("values.placed", items=items, refs=ref_ranges(refs, words), text=text)


def _value_lines(found: Observation, *, words: Words, room: int) -> tuple[list[Said], int]:
    """Gives the lines of a finding, none where there is nothing more of it, and how many values it has."""
    lines, left = in_annex(found.finding, words=words, most=max(0, min(VALUES_PER_FINDING, room)))
    if left:
        lines.append(words.say("values.more", values=words.count("values", left), ref=found.ref))
    return lines, len(arranged(found.finding).rest) - left


def _superseded(case: CaseFacts, words: Words) -> Iterator[Paragraph]:
    """Lists the records of the findings that have no row in the report, by the event that took their place."""
    by_event: dict[int, list[str]] = {}
    for ref, seq in case.superseded.items():
        by_event.setdefault(seq, []).append(ref)
    said = [
        words.say("values.superseded_by", seq=seq, refs=ref_ranges(refs, words))
        for seq, refs in sorted(by_event.items())
    ]
    if said:
        yield Paragraph(words.join(said, words.say("word.semicolon")), "note", words.label("values.superseded"))


def programs(case: CaseFacts, words: Words) -> Section:
    """Builds the annex with everything that took part, by name, version and digest."""
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
    table = Table(columns, cells, "fine")
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
    """Builds the glossary of those terms that the report uses, with their names in the other languages."""
    used = [name for name in _terms(words) if _occurs(words.say(f"glossary.{name}_term"), text)]
    others = [one for one in LANGUAGES if one != words.language]
    columns = [Column(words.say("glossary.column_name"), 22, "strong")]
    columns += [Column(words.say(f"glossary.column_{one}"), 19) for one in others]
    columns.append(Column(words.say("glossary.column_text"), 40))
    rows = tuple(
        (
            words.say(f"glossary.{name}_term"),
            *(words.show(words.templates.report[one][f"glossary.{name}_term"]) for one in others),
            words.say(f"glossary.{name}_text") if name in EXPLAINED else words.say("word.none"),
        )
        for name in used
    )
    blocks = (Paragraph(words.say("glossary.intro")), Table(tuple(columns), rows, "fine"))
    return _annex("glossary", blocks, words=words)


def _terms(words: Words) -> tuple[str, ...]:
    """Lists the terms of the templates in their order."""
    found = (_TERM.fullmatch(key) for key in words.texts)
    return tuple(match[1] for match in found if match)


def _occurs(term: str, text: str) -> bool:
    """Whether any of the forms of a term, which a stroke separates, stands in a text."""
    low = text.lower()
    forms = (re.sub(r"[（(].*?[）)]", "", form).strip().lower() for form in term.split(" / "))
    return any(form in low for form in forms if form)
