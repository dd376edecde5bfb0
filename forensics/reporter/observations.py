"""The part with the findings: per item, grouped by stage, each with its limits and alternatives beside it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from forensics.model import Artifact, Finding, Stage, Tool
from forensics.reporter import attached, capture, measured
from forensics.reporter.blocks import Block, Card, Pairs, Paragraph, Picture, Result, Section
from forensics.reporter.capture_preflight import Preflights
from forensics.reporter.captured import is_online
from forensics.reporter.choice import CHOICES, PAGE_KINDS
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, ItemFacts, Observation
from forensics.reporter.front import KINDS_IN_SUMMARY, condition, content_size, item_name, kind_name, results_table
from forensics.reporter.gaps import gap_text
from forensics.reporter.naming import shown_name, value_said
from forensics.reporter.page_frame import sentence_in, sentences_in
from forensics.reporter.picture import DRAWABLE
from forensics.reporter.ranking import family_rank
from forensics.reporter.recorded import flat
from forensics.reporter.wording import Words

ITEMS_AT_A_GLANCE = 10
"""Items from which the results are also counted by kind, ahead of the items; with fewer the items show them soon."""

PLACES_SHOWN = 6
"""Most places in a subject that are written out."""

TITLE_LENGTH = 70
"""Characters after which the name in the title of an item's section is cut."""

REPEATED = frozenset({"limits", "alternatives"})
"""What is printed in full once for each kind of finding; further findings say where the same words stand."""

SHORT = 40
"""Characters up to which a text is printed again: the reference would not be shorter."""

Printed = dict[tuple[str, str], str]
"""Kind of a finding and text to the reference of the finding with which the text is printed."""

BETWEEN_CAPTURES = "page.recapture"
"""Kind of the finding that compares two captures of one page; it stands right beneath their sheets."""


def observations(case: CaseFacts, words: Words, *, preflights: Preflights) -> Section:
    """Builds the part with the findings, and the sheets of captures."""
    intro = words.say("observations.intro", part=words.part("limits"), annex=words.part("values"))
    is_weighed = bool(case.snapshot.interpretations)
    weighed = words.say("observations.weight", part=words.part("comparisons")) if is_weighed else None
    ends = weighed or words.say("observations.no_weight")
    blocks: list[Block] = [Paragraph(words.join([intro, ends], words.say("word.sentence_space")))]
    if len(case.items) > ITEMS_AT_A_GLANCE and len({found.finding.kind for found in case.findings}) > KINDS_IN_SUMMARY:
        blocks += [Paragraph(words.say("observations.all_kinds")), results_table(case, words)]
    if any(is_online(facts) for facts in case.items):
        blocks.append(Paragraph(words.say("capture.intro")))
    masked = frozenset(facts.item.id for facts in case.items if facts.masked)
    printed: Printed = {}
    sections = [
        _item(
            facts,
            index,
            words=words,
            masked=masked,
            printed=printed,
            sheets=capture.sheets(facts, case, preflights=preflights, words=words),
        )
        for index, facts in enumerate(case.items, 1)
    ]
    if case.strays:
        sections.append(_strays(case, len(sections) + 1, words=words, printed=printed))
    title = words.say("observations.title")
    number = words.heading_number("observations")
    return Section("observations", number, title, tuple(blocks), tuple(sections), starts_page=True)


def _item(
    facts: ItemFacts,
    index: int,
    *,
    words: Words,
    masked: frozenset[str],
    printed: Printed,
    sheets: tuple[Section, ...],
) -> Section:
    name = words.shortened(item_name(facts, words) if facts.masked else facts.name, TITLE_LENGTH)
    anchor, number = f"item-{facts.item.id}", words.sub_number("observations", index)
    title = words.say("observations.item_title", item=facts.item.id, name=name)
    pairs = tuple(_pairs(facts, words))
    if not sheets:
        card = Card(Pairs(pairs, "card"), _picture(facts, words))
        found = _found(facts, facts.observations, words=words, masked=masked, printed=printed)
        return Section(anchor, number, title, (card, *found))
    after = _after_sheets(facts, words, masked=masked, printed=printed)
    return Section(anchor, number, title, (Pairs(pairs),), (*sheets, *after))


def _found(
    facts: ItemFacts,
    observations: tuple[Observation, ...],
    *,
    words: Words,
    masked: frozenset[str],
    printed: Printed,
) -> Iterator[Block]:
    if not facts.observations and not facts.mentioned:
        yield Paragraph(words.say("observations.not_examined"))
    yield from _by_stage(observations, words, hide=facts.masked, masked=masked, printed=printed)
    for ref, other in facts.mentioned:
        yield Paragraph(words.say("observations.mentioned", ref=ref, item=other))


def _after_sheets(facts: ItemFacts, words: Words, *, masked: frozenset[str], printed: Printed) -> Iterator[Section]:
    """Gives what follows the sheets of an item: what changed between its captures, then all other findings."""
    between = tuple(one for one in facts.observations if one.finding.kind == BETWEEN_CAPTURES)
    others = tuple(one for one in facts.observations if one.finding.kind != BETWEEN_CAPTURES)
    if between:
        blocks = tuple(_by_stage(between, words, hide=facts.masked, masked=masked, printed=printed))
        yield Section(f"item-{facts.item.id}-between", "", words.say("capture.between_title"), blocks)
    blocks = tuple(_found(facts, others, words=words, masked=masked, printed=printed))
    if blocks:
        yield Section(f"item-{facts.item.id}-findings", "", words.say("capture.findings_title"), blocks)


def _strays(case: CaseFacts, index: int, *, words: Words, printed: Printed) -> Section:
    blocks = (Paragraph(words.say("observations.strays")), *_by_stage(case.strays, words, hide=True, printed=printed))
    title = words.say("observations.strays_title")
    return Section("observations-strays", words.sub_number("observations", index), title, blocks)


def _pairs(facts: ItemFacts, words: Words) -> Iterator[tuple[Said, Said]]:
    artifact = facts.original
    yield words.say("observations.name"), words.shortened(item_name(facts, words), 300)
    if artifact is not None:
        yield _digest_name(artifact, words), words.show(artifact.content_sha256)
        kind = words.join([artifact.media_type, words.size(content_size(artifact))], words.say("word.clause"))
        yield words.say("observations.kind"), kind
    if facts.shown is not None:
        yield words.say("observations.collected"), words.both(facts.shown.record.started_at, lines=True)
    yield words.say("observations.condition"), Said(condition(facts, words).replace("\n", words.say("word.clause")))
    if facts.item.note:
        note = words.say("word.hidden") if facts.masked else words.shortened(facts.item.note, 300)
        yield words.say("observations.note"), note


def _digest_name(artifact: Artifact, words: Words) -> Said:
    """Names the digest of an item; where another file stands for it, with what that is."""
    key = f"role.{artifact.role}"
    return words.say("capture.digest_of", role=words.say(key)) if words.has(key) else words.say("observations.digest")


def _picture(facts: ItemFacts, words: Words) -> Picture | str:
    artifact = facts.original
    if artifact is None:
        return words.say("picture.nothing")
    if facts.masked and not facts.unmasked:
        sealed = artifact.sealed is not None or facts.item.sensitivity.is_sealed
        return words.say("picture.sealed" if sealed else "picture.biometric")
    if artifact.media_type not in DRAWABLE:
        return words.say("picture.other_kind")
    return _drawn(artifact, words, caption=words.say("picture.caption"))


def _drawn(artifact: Artifact, words: Words, *, caption: Said) -> Picture:
    return Picture(artifact.digests.sha256, caption, words.say("picture.failed"))


def _by_stage(
    found: tuple[Observation, ...],
    words: Words,
    *,
    hide: bool,
    printed: Printed,
    masked: frozenset[str] = frozenset(),
) -> Iterator[Block]:
    """Gives findings by stage; one that is also about a masked item shows no more than one about that item alone."""
    if hide and any(one.finding.values for one in found):
        yield Paragraph(words.say("observations.values_hidden"), "note")
    for stage in Stage:
        here = [one for one in found if one.finding.stage is stage]
        here.sort(key=lambda one: family_rank(one.finding.kind)[0])
        if here:
            yield Paragraph(words.say(f"stage.{stage.value}"), "strong")
        for used, group in groupby(here, key=lambda one: (one.finding.analyzer, one.finding.tools)):
            together = list(group)
            for one in together:
                is_hidden = hide or not masked.isdisjoint(one.others)
                yield from _observation(one, words, hide=is_hidden, printed=printed)
            tools = words.listed(tool_name(tool, words) for tool in (used[0], *used[1]))
            refs = words.listed(words.show(one.ref) for one in together)
            text = words.say("observations.tools_text", refs=refs, tools=tools)
            yield Paragraph(text, "note", words.label("observations.tools"))


def _observation(found: Observation, words: Words, *, hide: bool, printed: Printed) -> Iterator[Block]:
    finding = found.finding
    yield Result(
        words.say(f"result.{finding.result.value}"),
        kind_name(finding.kind, words),
        words.say("word.record_of", kind=finding.kind, ref=found.ref),
    )
    yield Paragraph(sentence_in(found, words, hide=hide))
    has_page = finding.kind in PAGE_KINDS
    if has_page:
        yield Paragraph(words.say("observations.on_page", part=words.part("comparisons")), "note")
    if not hide and not has_page:
        yield from measured.beside(finding, found.ref, words=words)
    yield from _labelled(found, words, hide=hide, printed=printed)
    if not hide and not has_page:
        yield from attached.attachments(finding, found.ref, words=words)


def _labelled(found: Observation, words: Words, *, hide: bool, printed: Printed) -> Iterator[Paragraph]:
    finding = found.finding
    texts = {
        "where": [] if hide or finding.kind in PAGE_KINDS else _places(finding, found.ref, words=words),
        "limits": sentences_in(found, finding.limits, words, hide=hide),
        "alternatives": sentences_in(found, finding.alternatives, words, hide=hide),
        "gaps": [gap_text(gap, words, is_hidden=hide) for gap in finding.gaps],
        "repeats": [words.say("observations.repeated", refs=words.listed(found.repeats))] if found.repeats else [],
        "others": [words.listed(found.others)] if found.others else [],
    }
    for name, lines in texts.items():
        if lines:
            said = words.join(lines, words.say("word.sentence_space"))
            if name in REPEATED:
                said = _once(said, found, printed, words)
            yield Paragraph(said, "note", words.label(f"observations.{name}"))


def _once(said: Said, found: Observation, printed: Printed, words: Words) -> Said:
    """Gives a text, or where the same words already stand: with an earlier finding of the same kind."""
    first = printed.setdefault((found.finding.kind, said), found.ref)
    if first == found.ref or len(said) <= SHORT:
        return said
    return words.say("observations.as_with", ref=first)


def _places(finding: Finding, ref: str, *, words: Words) -> list[Said]:
    """Writes the places of a finding on one line; nothing where a table beside it has them."""
    if not finding.where or (finding.kind in CHOICES and CHOICES[finding.kind].has_places):
        return []
    places = [
        words.join((_place(name, value, finding.kind, words) for name, value in flat(place)), words.say("word.clause"))
        for place in finding.where[:PLACES_SHOWN]
    ]
    if finding.where[PLACES_SHOWN:]:
        more = words.count("places", len(finding.where) - PLACES_SHOWN)
        places.append(words.say("observations.more_places", places=more, ref=ref))
    return [words.join(places, words.say("word.semicolon"))]


def _place(name: str, value: object, kind: str, words: Words) -> Said:
    path = tuple(name.split("."))
    said = [shown_name(path, kind, words=words), value_said(path, value, words=words)]
    return words.join(said, "\u00a0")


def tool_name(tool: Tool, words: Words) -> Said:
    """Names a tool with its version and the beginning of its digest, where there is one."""
    name = words.join([tool.name, tool.version], " ")
    return words.say("word.tool_digest", tool=name, digest=words.short_digest(tool.digest)) if tool.digest else name
