"""Notices to network service providers: written outside of the case; the claimant's identity is in them alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from forensics.custody.digest import sha256_hex
from forensics.custody.store import translated
from forensics.custody.writer import Writer
from forensics.errors import UsageError
from forensics.model import Artifact, CustodyEvent, Name, Output
from forensics.reporter import paper, view
from forensics.reporter.blocks import Block, Column, Pairs, Paragraph, Points, ReportView, Table
from forensics.reporter.catalogue import NAME_LENGTH, stamp_text
from forensics.reporter.evidence import Said
from forensics.reporter.facts import gather
from forensics.reporter.front import evidence_root, item_name, report_number
from forensics.reporter.notice_field import Fields, as_date, check
from forensics.reporter.paper import Desk, Letter
from forensics.reporter.paper_fact import known
from forensics.reporter.text import Templates, load
from forensics.reporter.unmask import stage_sealed
from forensics.reporter.wording import Words, words

BLIND_BYTES = 8
"""Random bytes in a notice's number: without them its digest would let somebody try out identity numbers."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """What became of a `notice`.

    Attributes:
        items: Ids of the items that it asks to take down.
        event: The event that commits it.
    """

    kind: str
    path: Path
    sha256: str
    items: tuple[str, ...]
    event: CustodyEvent


def write_notice(
    writer: Writer,
    kind: str,
    *,
    given: Mapping[str, Any],
    out: Path,
    language: str | None = None,
    templates: Path | None = None,
) -> Noticed:
    """Writes a notice outside of the case, and commits its digest; the copy that the case keeps is sealed.

    Args:
        writer: The open case.
        kind: Name of the notice: `cn-1195`.
        given: From `notice_field.read_fields`.
        out: Folder outside of the case.
        language: `zh`, `en` or `fr`; None for that of the case.
        templates: Folder of other templates.

    Raises:
        ReportError: A template has a defect.
        StoreError: The file cannot be written.
        UsageError: Something that the notice must have is missing or wrong, or the folder lies in the case.
    """
    _check_outside(out, writer.case.folder)
    snapshot, known_texts = writer.case.snapshot(), load(templates)
    program = view.Program()
    case = gather(snapshot, program=f"{program.name} {program.version}")
    fields = check(kind, given, case, templates=known_texts)
    spoken = words(known_texts, language=language or snapshot.info.language, jurisdiction=snapshot.info.jurisdiction)
    number = spoken.join([report_number(case, spoken.language), secrets.token_hex(BLIND_BYTES).upper()], "-")
    data = render(kind, fields, Desk(case, spoken, number, {}, writer.store.open), templates=known_texts)
    name = f"notice-{kind}.pdf"
    staged, sealed = stage_sealed(writer, data)
    with translated(out / name):
        out.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(data)
    items = tuple(dict.fromkeys(one.facts.item.id for one in fields.contents))
    told = {"language": spoken.language, "notice": kind, "items": list(items)}
    artifact = Artifact(
        digests=staged.digests,
        role="report",
        name=Name(name),
        media_type="application/pdf",
        obtained_at=datetime.now(UTC),
        facts={"language": spoken.language, "evidence_root": snapshot.root},
        sealed=sealed,
    )
    output = Output("report", None, sha256_hex(data), snapshot.as_of, artifact, told)
    event = writer.commit("report", [output], staged=[staged])
    return Noticed(kind, out / name, sha256_hex(data), items, event)


def _check_outside(folder: Path, case: Path) -> None:
    if folder.resolve().is_relative_to(case.resolve()):
        hint = "Name a folder outside of the case: a notice has the identity of the claimant."
        raise UsageError(f"{folder} lies in the case, where no notice is put", hint=hint)


def render(kind: str, fields: Fields, desk: Desk, *, templates: Templates) -> bytes:
    """Draws a notice as PDF; it never has pictures.

    Raises:
        ReportError: The template has a defect.
    """
    texts = paper.letter(f"notice-{kind}", desk)
    noon = as_date(fields.given.get("date"))
    day = Said("") if noon is None else desk.words.date(datetime.combine(noon, time(12), desk.words.zone))
    more = {"recipient": fields.text("recipient.name"), "date": day, "root": evidence_root(desk.case, desk.words)}
    more["program"] = known(desk.case, desk.words)["program"]
    texts = replace(texts, values={**texts.values, **more})
    return paper.draw(built(texts, fields, desk), templates)


def built(texts: Letter, fields: Fields, desk: Desk) -> ReportView:
    """Builds a notice; which headings there are, and in which order, its template says."""
    given: dict[str, Callable[[], list[Block]]] = {
        "claimant": lambda: [_pairs("claimant.", texts, fields)],
        "agent": lambda: _agent(texts, fields),
        "content": lambda: [_content_table(texts, fields, desk.words)],
        "right": lambda: [_pairs("right.", texts, fields)],
        "evidence": lambda: [_evidence_table(texts, fields, desk), *_notes("evidence_note", texts)],
        "measures": lambda: [Points(tuple(desk.words.show(one) for one in fields.listed("measures")))],
        "statements": lambda: _end(texts),
    }
    sections = [
        texts.section(name, given[name](), number=number)
        for number, (name, _) in enumerate((one for one in texts.under("heading.") if one[0] in given), 1)
    ]
    return paper.framed(texts, desk, sections=[paper.opening(texts), *sections], is_outward=True)


def _pairs(prefix: str, texts: Letter, fields: Fields) -> Pairs:
    rows = (
        (label, texts.words.show(fields.text(prefix + name)))
        for name, label in texts.under(f"pairs.{prefix}")
        if fields.text(prefix + name)
    )
    return Pairs(tuple(rows))


def _agent(texts: Letter, fields: Fields) -> list[Block]:
    if isinstance(fields.given.get("agent"), Mapping):
        return [_pairs("agent.", texts, fields)]
    return [Paragraph(texts.line("no_agent"))]


def _notes(key: str, texts: Letter) -> Iterator[Block]:
    return (Paragraph(text, "note") for text in texts.lines(key))


def _end(texts: Letter) -> list[Block]:
    lines: list[Block] = [Paragraph(text) for text in texts.lines("statements")]
    return [*lines, *(paper.blank(text) for text in texts.lines("signature"))]


def _columns(texts: Letter, shares: tuple[tuple[str, int], ...]) -> tuple[Column, ...]:
    roles = {"digest": "digest", "no": "strong", "exhibit": "strong"}
    return tuple(Column(texts.line(f"pairs.{name}"), share, roles.get(name, "text")) for name, share in shares)


def _content_table(texts: Letter, fields: Fields, spoken: Words) -> Table:
    rows = tuple(
        (
            spoken.number(number),
            spoken.show(one.facts.item.id),
            spoken.show(one.place),
            spoken.both(one.facts.shown.record.started_at, lines=True) if one.facts.shown else spoken.say("word.none"),
        )
        for number, one in enumerate(fields.contents, 1)
    )
    return Table(_columns(texts, (("no", 8), ("item", 16), ("url", 50), ("captured", 26))), rows)


def _evidence_table(texts: Letter, fields: Fields, desk: Desk) -> Table:
    spoken, rows = desk.words, []
    for exhibit, facts in fields.evidence:
        title = [spoken.shortened(exhibit.title, NAME_LENGTH)] if exhibit else []
        name = spoken.shortened(item_name(facts, spoken), NAME_LENGTH)
        digest = facts.original.content_sha256 if facts.original else ""
        label = spoken.show(exhibit.label if exhibit else facts.item.id)
        said = spoken.join([*title, facts.item.id, name], "\n")
        rows.append((label, said, spoken.show(digest), stamp_text(facts, desk.case, words=spoken)))
    shares = (("exhibit", 14), ("name", 34), ("digest", 28), ("stamp", 24))
    return Table(_columns(texts, shares), tuple(rows))
