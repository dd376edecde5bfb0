"""The part with comparisons, copies, faces and what they weigh: a page for each, the most telling kinds first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from forensics.model import Result
from forensics.reporter import page_comparison, page_copies, page_faces, page_identity
from forensics.reporter.blocks import Block, Paragraph, Section
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, Observation
from forensics.reporter.front import kind_name, unmasked
from forensics.reporter.masking import Setting, of_kind, setting, shown_tracks
from forensics.reporter.page_weight import interpretation, ladder, other_weighings, scale_table
from forensics.reporter.reading import number
from forensics.reporter.wording import Words

MOST_PAGES = 20
"""Most findings of one kind that have a page of their own; the others are counted, and stand with their items."""

RESULTS = (Result.FOUND, Result.INDETERMINATE, Result.NOT_FOUND)
"""The order in which comparisons stand; of one result in the order of the items."""

Page = Callable[..., Section]

PAGES: tuple[tuple[str, Page], ...] = (
    (page_comparison.KIND, page_comparison.comparison),
    (page_copies.KIND, page_copies.copies),
    (page_faces.DETECTED, page_faces.faces),
    (page_faces.PERSONS, page_faces.persons),
    (page_faces.LAYOUT, page_faces.layout),
    (page_identity.KIND, page_identity.identity),
)
"""Kinds and their pages, in the order of the part: comparisons with an original come first."""


def comparisons(case: CaseFacts, words: Words, *, made: Setting | None = None) -> Section:
    """Builds the part; `made` takes in which pictures are not drawn."""
    made = made or setting(case, words)
    sections: list[Section] = []
    cut: list[Said] = []
    for kind, build in PAGES:
        found = _paged(case, kind)
        shown = found[:MOST_PAGES]
        for one in [shown] if kind == page_faces.DETECTED and shown else shown:
            index = len(sections) + 1
            said = words.sub_number("comparisons", index)
            sections.append(build(one, anchor=f"compared-{index}", number_said=said, setting=made))
        sections += _plain_identity(made, len(sections)) if kind == page_identity.KIND else ()
        if found[MOST_PAGES:]:
            cut.append(words.say("comparisons.cut", kind=kind_name(kind, words), n=len(found), shown=MOST_PAGES))
    sections += _weighings(made, len(sections))
    is_empty = not sections
    sections.append(_scale(made, len(sections)))
    title = words.say("comparisons.title")
    heading = words.heading_number("comparisons")
    blocks = _opening(made, words, is_empty=is_empty, cut=cut)
    return Section("comparisons", heading, title, tuple(blocks), tuple(sections))


def _paged(case: CaseFacts, kind: str) -> tuple[Observation, ...]:
    """Gives what has a page: of kinds that say little where nothing was found, only the rest."""
    found = of_kind(case, kind)
    if kind == page_identity.KIND:
        alike = [one for one in found if page_identity.resembles(one)]
        return tuple(sorted(alike, key=lambda one: -(number(one.finding.values, "similarity") or 0.0)))
    if kind == page_comparison.KIND:
        return tuple(sorted(found, key=lambda one: RESULTS.index(one.finding.result)))
    if kind == page_copies.KIND:
        found = tuple(sorted(found, key=lambda one: not page_copies.are_copies(one.finding)))
    if kind == page_faces.DETECTED:
        shown = {content for content, _ in shown_tracks(case)}
        found = tuple(sorted(found, key=lambda one: one.finding.subject[0] not in shown))
    if kind in (page_faces.LAYOUT, page_faces.DETECTED, page_copies.KIND):
        return tuple(one for one in found if one.finding.result is not Result.NOT_FOUND)
    return found


def paged(case: CaseFacts) -> frozenset[str]:
    """Gives the references of the findings that have a page of their own."""
    return frozenset(one.ref for kind, _ in PAGES for one in _paged(case, kind)[:MOST_PAGES])


def _plain_identity(made: Setting, before: int) -> Iterator[Section]:
    """Gives, in one table, the comparisons with registered persons that have no page of their own."""
    found = tuple(one for one in of_kind(made.case, page_identity.KIND) if not page_identity.resembles(one))
    if found:
        number_said = made.words.sub_number("comparisons", before + 1)
        yield page_identity.others(found, anchor=f"compared-{before + 1}", number_said=number_said, setting=made)


def _opening(made: Setting, words: Words, *, is_empty: bool, cut: list[Said]) -> Iterator[Block]:
    if is_empty:
        yield Paragraph(words.say("comparisons.none"))
        return
    yield Paragraph(words.say("comparisons.strength"), label=words.label("comparisons.strength_label"))
    yield Paragraph(words.say("comparisons.intro"))
    if made.masked:
        pictures = words.count("pictures", len(made.masked))
        yield Paragraph(words.say("comparisons.masked", pictures=pictures, annex=words.part("redactions")))
    yield from unmasked(made.case, words)
    yield from (Paragraph(text, "note") for text in cut)


def _weighings(made: Setting, before: int) -> Iterator[Section]:
    """Gives what was weighed of findings without a page."""
    words, case = made.words, made.case
    if not case.snapshot.interpretations:
        return
    paged = [one for kind, _ in PAGES for one in _paged(case, kind)[:MOST_PAGES]]
    paged += of_kind(case, page_identity.KIND)
    others = other_weighings(made, frozenset(ref for one in paged for ref in (one.ref, *one.repeats)))
    if not others:
        return
    kinds = {one.ref: kind_name(one.record.kind, words) for one in case.snapshot.findings}
    blocks: list[Block] = [Paragraph(words.say("weight.others"))]
    for one in others[:MOST_PAGES]:
        names = list(dict.fromkeys(kinds[ref] for ref in one.record.findings if ref in kinds))
        blocks += interpretation(one, names, made)
    if others[MOST_PAGES:]:
        title = words.say("scale.title")
        blocks.append(Paragraph(words.say("comparisons.cut", kind=title, n=len(others), shown=MOST_PAGES), "note"))
    said = words.sub_number("comparisons", before + 1)
    yield Section("compared-scale", said, words.say("scale.title"), tuple(blocks))


def _scale(made: Setting, before: int) -> Section:
    """Gives the scale and the ladder, which every report prints, and what is said of error rates."""
    words, weighed = made.words, made.case.snapshot.interpretations
    blocks: list[Block] = [Paragraph(words.say("comparisons.was_weighed" if weighed else "comparisons.not_weighed"))]
    blocks += [Paragraph(words.say("scale.intro"), "note"), scale_table(words)]
    blocks.append(Paragraph(words.say("scale.mirror"), "note"))
    blocks += [Paragraph(words.say("scale.ladder_intro"), "note"), ladder(words)]
    blocks.append(Paragraph(words.say("scale.history"), "note"))
    has_rates = any(one.record.calibration for one in weighed)
    blocks.append(Paragraph(words.say("weight.caveat" if has_rates else "comparisons.no_rates"), "note"))
    said = words.sub_number("comparisons", before + 1)
    return Section("compared-key", said, words.say("comparisons.scale_title"), tuple(blocks))
