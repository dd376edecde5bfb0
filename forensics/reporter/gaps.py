"""Everything that was wanted and is not there: gathered from all records, and written as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from forensics.model import ClockCheck, Gap, GapReason
from forensics.reporter.blocks import Block, Column, Paragraph, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, ItemFacts, Observation
from forensics.reporter.item_range import item_ranges
from forensics.reporter.wording import Words

DETAIL_LENGTH = 400
"""Characters after which the detail of a gap is cut; the record has it in full."""

_PLAIN = re.compile(r"[A-Za-z ,()-]+")
"""What the name of something missing may consist of to be shown of protected material: no address, no file name."""


@dataclass(frozen=True, slots=True)
class PlacedGap:
    """A gap and where it belongs.

    Attributes:
        place: `item`, `finding`, `act`, `clock` or `authority`.
        subject: Item id, or address of a server; empty for acts.
        is_hidden: Whether it could tell what the report must not show.
    """

    place: str
    subject: str
    gap: Gap
    ref: str
    is_hidden: bool = False


def all_gaps(case: CaseFacts) -> tuple[PlacedGap, ...]:
    """Lists every gap in the case, in the order of acts, items and checkpoints."""
    return (*_of_acts(case), *_of_items(case), *_of_time(case))


def _of_acts(case: CaseFacts) -> Iterator[PlacedGap]:
    snapshot = case.snapshot
    for act in snapshot.acts:
        yield from _of_clock(act.record.clock, act.ref)
    for end in snapshot.act_ends:
        yield from _of_clock(end.record.clock, end.ref)
        yield from (PlacedGap("act", end.record.act, gap, end.ref) for gap in end.record.gaps)


def _of_clock(checks: Iterable[ClockCheck], ref: str) -> Iterator[PlacedGap]:
    for check in checks:
        if check.gap is not None:
            yield PlacedGap("clock", check.server, check.gap, ref)


def _of_items(case: CaseFacts) -> Iterator[PlacedGap]:
    for facts in case.items:
        for done in facts.acquisitions:
            yield from (PlacedGap("item", facts.item.id, gap, done.ref, facts.masked) for gap in done.record.gaps)
        for found in facts.observations:
            yield from _of_finding(found, facts)
    for found in case.strays:
        yield from (PlacedGap("finding", "", gap, found.ref) for gap in found.finding.gaps)


def _of_finding(found: Observation, facts: ItemFacts) -> Iterator[PlacedGap]:
    yield from (PlacedGap("finding", facts.item.id, gap, found.ref, facts.masked) for gap in found.finding.gaps)


def _of_time(case: CaseFacts) -> Iterator[PlacedGap]:
    for failure in case.snapshot.time_failures:
        yield PlacedGap("authority", failure.record.authority, failure.record.gap, failure.ref)


def gap_text(gap: Gap, words: Words, *, is_hidden: bool = False) -> Said:
    """Writes a gap as what, why and detail."""
    reason = words.say(f"gap.{gap.why.value}")
    what = gap_what(gap, words, is_hidden=is_hidden)
    if is_hidden or not gap.detail:
        return words.say("gap.short", what=what, why=reason)
    return words.say("gap.long", what=what, why=reason, detail=words.shortened(gap.detail, DETAIL_LENGTH))


def gap_what(gap: Gap, words: Words, *, is_hidden: bool) -> Said:
    """Names what is missing; not where the name could tell what must not be shown."""
    if is_hidden and not _PLAIN.fullmatch(gap.what):
        return words.say("word.hidden")
    return words.shortened(gap.what, DETAIL_LENGTH)


def anomalies(case: CaseFacts, words: Words) -> Section:
    """Builds the part that lists every gap, failed self-test, interrupted run and failed stamp."""
    gaps = all_gaps(case)
    blocks: list[Block] = [Paragraph(words.say("anomalies.intro"))]
    if gaps:
        titles = (("place", 26), ("what", 16), ("why", 14), ("detail", 30), ("ref", 24))
        columns = tuple(Column(words.say(f"anomalies.column_{name}"), share) for name, share in titles)
        blocks.append(Table(columns, tuple(_rows(gaps, words)), "compact"))
        if any(gap.gap.why is GapReason.NOT_CONFIGURED for gap in gaps):
            blocks.append(Paragraph(words.say("anomalies.not_configured"), "note"))
    else:
        blocks.append(Paragraph(words.say("anomalies.none")))
    blocks += [Paragraph(text) for text in _further(case, words)]
    return Section("anomalies", words.heading_number("anomalies"), words.say("anomalies.title"), tuple(blocks))


def _rows(gaps: Iterable[PlacedGap], words: Words) -> Iterator[tuple[Said, ...]]:
    """Gives a row for each thing that is missing in the same way at the same kind of place, with all its records."""
    alike: dict[tuple[str, Said, Said, Said], list[PlacedGap]] = {}
    for one in gaps:
        detail = words.say("word.hidden") if one.is_hidden and one.gap.detail else _detail(one.gap, words)
        what = gap_what(one.gap, words, is_hidden=one.is_hidden)
        alike.setdefault((one.place, what, words.say(f"gap.{one.gap.why.value}"), detail), []).append(one)
    for (place, *said), together in alike.items():
        subjects = dict.fromkeys(one.subject or words.say("word.unassigned") for one in together)
        named = item_ranges(subjects, words)
        refs = words.listed(dict.fromkeys(one.ref for one in together))
        yield words.say(f"anomalies.place_{place}", subject=named), *said, refs


def _detail(gap: Gap, words: Words) -> Said:
    return words.shortened(gap.detail, DETAIL_LENGTH)


def _further(case: CaseFacts, words: Words) -> Iterator[Said]:
    for act in case.snapshot.acts:
        if act.record.self_test.get("passed") is False:
            yield words.say("anomalies.self_test", ref=act.ref, part=words.part("collection"))
    for found in case.snapshot.recoveries:
        number = len(found.record.removed)
        yield words.say(
            "anomalies.recovery", ref=found.ref, things=words.count("things", number), part=words.part("custody")
        )
    if case.strays:
        yield words.say("anomalies.strays", findings=words.count("examinations", len(case.strays)))
    if case.snapshot.erased:
        yield words.say(
            "anomalies.erased", records=words.count("records", len(case.snapshot.erased)), part=words.part("custody")
        )
