"""The exhibit sheet of each capture of an online source: everything recorded about one attempt, in one place."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.reporter.blocks import Block, Pairs, Paragraph, Points, Section
from forensics.reporter.capture_files import certificates, files, media, views
from forensics.reporter.capture_preflight import Preflights
from forensics.reporter.capture_rows import Sheet, method, origin, target, time, tools, warning
from forensics.reporter.captured import captures_of
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, ItemFacts
from forensics.reporter.gaps import gap_text
from forensics.reporter.wording import Words

GAPS_SHOWN = 60
"""Most gaps of one capture that its sheet lists; the part on anomalies has all."""


def sheets(facts: ItemFacts, case: CaseFacts, *, preflights: Preflights, words: Words) -> tuple[Section, ...]:
    """Builds a section for each attempt at an online item, in order; none for any other item."""
    captures = captures_of(facts, case)
    return tuple(
        Section(
            f"capture-{capture.done.ref.replace('/', '-')}",
            "",
            _title(capture.number, len(captures), sheet=sheet),
            tuple(_blocks(sheet, preflights)),
        )
        for capture in captures
        for sheet in (Sheet(capture, facts, case, words),)
    )


def _title(number: int, total: int, *, sheet: Sheet) -> Said:
    words, capture = sheet.words, sheet.capture
    return words.say(
        "capture.title" if total == 1 else "capture.title_of",
        n=number,
        total=total,
        utc=words.utc(capture.started_at),
        ref=capture.done.ref,
    )


def _blocks(sheet: Sheet, preflights: Preflights) -> Iterator[Block]:
    yield from views(sheet)
    for name, rows in (("target", target), ("time", time)):
        yield from _group(name, sheet.pairs(rows(sheet)), words=sheet.words)
    late = warning(sheet)
    if late is not None:
        yield Paragraph(late, label=sheet.words.label("capture.warning"))
    for name, rows in (("origin", origin), ("tools", tools), ("method", method)):
        yield from _group(name, sheet.pairs(rows(sheet)), words=sheet.words)
    yield Paragraph(preflights.reference(sheet.capture, sheet.words), label=sheet.words.label("capture.preflight"))
    yield from files(sheet)
    yield from media(sheet)
    yield from certificates(sheet)
    yield from _gaps(sheet)


def _group(name: str, pairs: tuple[tuple[Said, Said], ...], *, words: Words) -> Iterator[Block]:
    if pairs:
        yield Paragraph(words.say(f"capture.group_{name}"), "strong")
        yield Pairs(pairs, "dense")


def _gaps(sheet: Sheet) -> Iterator[Block]:
    words, gaps = sheet.words, sheet.capture.record.gaps
    yield Paragraph(words.say("capture.group_gaps"), "strong")
    if not gaps:
        yield Paragraph(words.say("capture.no_gaps"))
        return
    yield Paragraph(words.say("capture.gaps", part=words.part("anomalies")), "note")
    shown = [gap_text(gap, words, is_hidden=sheet.is_masked) for gap in gaps[:GAPS_SHOWN]]
    more = [words.say("capture.more", n=len(gaps) - GAPS_SHOWN)] if len(gaps) > GAPS_SHOWN else []
    yield Points((*shown, *more))
