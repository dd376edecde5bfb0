"""The part with the findings: what was looked for, kind by kind, then what was found at each item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.model import Artifact
from forensics.reporter import capture
from forensics.reporter.blocks import Block, Paragraph, Picture, Section
from forensics.reporter.capture_preflight import Preflights
from forensics.reporter.captured import is_online
from forensics.reporter.evidence import Said
from forensics.reporter.explained import Explained, Shown, ref_ranges
from forensics.reporter.facts import CaseFacts, ItemFacts
from forensics.reporter.finding_kind import kinds
from forensics.reporter.finding_table import findings, galleries
from forensics.reporter.front import condition, content_size, item_name
from forensics.reporter.picture import DRAWABLE
from forensics.reporter.wording import Words

TITLE_LENGTH = 70
"""Characters after which the name in the title of an item's section is cut."""

BETWEEN_CAPTURES = "page.recapture"
"""Kind of the finding that compares two captures of one page; it stands right beneath their sheets."""


def observations(case: CaseFacts, words: Words, *, key: Explained, preflights: Preflights) -> Section:
    """Builds the part with the findings, and the sheets of captures."""
    intro = words.say("observations.intro", part=words.part("limits"), annex=words.part("values"))
    is_weighed = bool(case.snapshot.interpretations)
    weighed = words.say("observations.weight", part=words.part("comparisons")) if is_weighed else None
    ends = weighed or words.say("observations.no_weight")
    blocks: list[Block] = [Paragraph(words.join([intro, ends], words.say("word.sentence_space")))]
    blocks += _superseded(case, words)
    if any(is_online(facts) for facts in case.items):
        blocks.append(Paragraph(words.say("capture.intro")))
    shown: dict[str, list[Shown]] = {}
    for one in (one for kind in key.kinds.values() for one in kind.shown):
        shown.setdefault(one.item, []).append(one)
    sections = [kinds(key, words.sub_number("observations", 1), words=words)] if key.kinds else []
    for facts in case.items:
        sheets = capture.sheets(facts, case, preflights=preflights, words=words)
        here = shown.get(facts.item.id, [])
        sections.append(_item(facts, len(sections) + 1, here, key=key, words=words, sheets=sheets))
    if case.strays:
        sections.append(_strays(shown[""], len(sections) + 1, key=key, words=words))
    title = words.say("observations.title")
    number = words.heading_number("observations")
    return Section("observations", number, title, tuple(blocks), tuple(sections))


def _superseded(case: CaseFacts, words: Words) -> Iterator[Paragraph]:
    """Says how many findings have no row, as a newer examination took their place, and where their numbers stand."""
    if case.superseded:
        yield Paragraph(
            words.say(
                "observations.superseded",
                findings=words.count("examinations", len(case.superseded)),
                events=words.listed(words.number(seq) for seq in sorted(set(case.superseded.values()))),
                annex=words.part("values"),
            ),
            "note",
        )


def _item(
    facts: ItemFacts,
    index: int,
    shown: Sequence[Shown],
    *,
    key: Explained,
    words: Words,
    sheets: tuple[Section, ...],
) -> Section:
    name = words.shortened(item_name(facts, words) if facts.masked else facts.name, TITLE_LENGTH)
    anchor, number = f"item-{facts.item.id}", words.sub_number("observations", index)
    title = words.say("observations.item_title", item=facts.item.id, name=name)
    if not sheets:
        found = tuple(_found(facts, shown, key=key, words=words))
        return Section(anchor, number, title, (*_head(facts, shown, words), *found))
    after = _after_sheets(facts, shown, key=key, words=words)
    return Section(anchor, number, title, (Paragraph(_about(facts, words), "note"),), (*sheets, *after))


def _found(facts: ItemFacts, shown: Sequence[Shown], *, key: Explained, words: Words) -> Iterator[Block]:
    if not facts.observations and not facts.mentioned:
        yield Paragraph(words.say("observations.not_examined"))
    yield from findings(shown, key, facts=facts, words=words)
    if facts.mentioned:
        elsewhere: dict[str, list[str]] = {}
        for ref, other in facts.mentioned:
            elsewhere.setdefault(other, []).append(ref)
        said = (
            words.say("observations.mentioned_at", item=other, refs=ref_ranges(refs, words))
            for other, refs in elsewhere.items()
        )
        yield Paragraph(words.join(said, words.say("word.semicolon")), "note", words.label("observations.mentioned"))


def _after_sheets(facts: ItemFacts, shown: Sequence[Shown], *, key: Explained, words: Words) -> Iterator[Section]:
    """Gives what follows the sheets of an item: what changed between its captures, then all other findings."""
    between = [one for one in shown if one.found.finding.kind == BETWEEN_CAPTURES]
    others = [one for one in shown if one.found.finding.kind != BETWEEN_CAPTURES]
    if between:
        blocks = tuple(findings(between, key, facts=facts, words=words))
        yield Section(f"item-{facts.item.id}-between", "", words.say("capture.between_title"), blocks)
    blocks = (*galleries((), others, words), *_found(facts, others, key=key, words=words))
    if blocks:
        yield Section(f"item-{facts.item.id}-findings", "", words.say("capture.findings_title"), blocks)


def _strays(shown: Sequence[Shown], index: int, *, key: Explained, words: Words) -> Section:
    blocks = (Paragraph(words.say("observations.strays")), *findings(shown, key, facts=None, words=words))
    title = words.say("observations.strays_title")
    return Section("observations-strays", words.sub_number("observations", index), title, blocks)


def _head(facts: ItemFacts, shown: Sequence[Shown], words: Words) -> Iterator[Block]:
    """Says what an item is on one line, and gives its picture with those that examinations made of it."""
    picture = _picture(facts, words)
    is_drawn = isinstance(picture, Picture)
    parts = [_about(facts, words), *([picture] if facts.masked and not is_drawn else [])]
    yield Paragraph(words.join((one for one in parts if isinstance(one, Said)), words.say("word.semicolon")), "note")
    yield from galleries([picture] if isinstance(picture, Picture) else [], shown, words)


def _about(facts: ItemFacts, words: Words) -> Said:
    said = (words.join(pair, "\u00a0") for pair in _pairs(facts, words))
    return words.join(said, words.say("word.semicolon"))


def _pairs(facts: ItemFacts, words: Words) -> Iterator[tuple[Said, Said]]:
    """Gives what the part on materials has in full."""
    artifact = facts.original
    if artifact is not None:
        size = words.size(content_size(artifact))
        yield words.say("observations.kind"), words.join([artifact.media_type, size], words.say("word.clause"))
        yield _digest_name(artifact, words), words.short_digest(artifact.content_sha256)
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
    return Picture(artifact.digests.sha256, words.say("picture.caption"), words.say("picture.failed"))
