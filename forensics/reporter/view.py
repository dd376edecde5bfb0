"""Builds the one plain structure of a report from a snapshot; PDF and HTML are drawn from it and add no words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import forensics
from forensics.errors import ReportError
from forensics.model import Snapshot
from forensics.reporter import (
    annexes,
    authenticity,
    closing,
    collection,
    comparisons,
    costs,
    counts,
    custody,
    evidence,
    front,
    gaps,
    mandate,
    masking,
    matrix,
    observations,
    redactions,
    requests,
    tally,
    transcript,
)
from forensics.reporter.blocks import ReportView, Running, Section, strings
from forensics.reporter.capture_preflight import gather_preflights
from forensics.reporter.evidence import Said
from forensics.reporter.explained import explain
from forensics.reporter.facts import CaseFacts, gather
from forensics.reporter.text import Templates
from forensics.reporter.wording import OPTIONAL, Words, words

if TYPE_CHECKING:
    from forensics.proof.dossier import Dossier

__all__ = ["Program", "ReportView", "build"]


@dataclass(frozen=True, slots=True)
class Program:
    """The program that makes the report."""

    name: str = "forensics"
    version: str = forensics.__version__


def build(
    snapshot: Snapshot,
    *,
    language: str,
    templates: Templates,
    program: Program | None = None,
    dossier: Dossier | None = None,
) -> ReportView:
    """Builds a report. The same snapshot, language, templates, program and dossier give the same report.

    Args:
        snapshot: The case as of event N.
        language: `zh`, `en` or `fr`.
        templates: From `text.load`.
        program: Whose name and version the file's properties state; None for this one.
        dossier: What the chats and bills of the case were compiled to; None where nobody compiled them, and the report
            then says nothing of payments and messages beyond the findings.

    Raises:
        ReportError: The case has no event, or a template lacks a text, wants a value it is not given, or has a
            character that no font has.
    """
    if not snapshot.events:
        raise ReportError("the case has no event", hint="Only an opened case can be reported on.")
    maker = program or Program()
    case = gather(snapshot, program=f"{maker.name} {maker.version}")
    spoken = words(templates, language=language, jurisdiction=snapshot.info.jurisdiction)
    spoken = fitted(case, spoken, dossier=dossier)
    number = front.report_number(case, language)
    view = ReportView(
        language=language,
        number=number,
        author=spoken.join(filter(None, [snapshot.info.examiner, snapshot.info.organisation]), ", "),
        program=case.program,
        issued=int(case.event.at.timestamp()),
        cover=front.cover(case, spoken, number=number),
        running=_running(case, spoken, number=number),
        sections=tuple(_sections(case, spoken, number=number, dossier=dossier)),
    )
    finished = replace(view, sections=_with_last(view, case, spoken))
    _check(finished, templates)
    return finished


def _running(case: CaseFacts, spoken: Words, *, number: Said) -> Running:
    reference = spoken.shortened(case.snapshot.info.reference or case.snapshot.info.title, 60)
    root = spoken.say("running.root", root=front.evidence_root(case, spoken))
    return Running(
        (spoken.say("running.number", number=number), reference),
        root,
        spoken.say("running.page", page=Said("{page}"), pages=Said("{pages}")),
    )


def fitted(case: CaseFacts, spoken: Words, *, dossier: Dossier | None) -> Words:
    """Leaves out of the numbering the parts and annexes for which the case has nothing."""
    builders = {"facts": tally.facts_found, "counts": counts.counts, "transcript": transcript.transcript}
    empty = {anchor for anchor in OPTIONAL if builders[anchor](case, spoken, dossier) is None}
    kept = [tuple(one for one in every if one not in empty) for every in (spoken.parts, spoken.annexes)]
    return replace(spoken, parts=kept[0], annexes=kept[1])


def _sections(case: CaseFacts, spoken: Words, *, number: Said, dossier: Dossier | None) -> Iterator[Section]:
    """Gives the parts and annexes in the order of `wording.PARTS` and `wording.ANNEXES`, without the last three."""
    preflights = gather_preflights(case, spoken)
    made = masking.setting(case, spoken)
    stands = matrix.standings(case, dossier=dossier)
    key = explain(case, spoken, paged=comparisons.paged(case))
    yield front.summary(case, spoken, standing=matrix.counted(stands))
    yield mandate.mandate(case, spoken)
    yield mandate.author(case, spoken)
    yield front.materials(case, spoken)
    yield collection.collection(case, spoken, preflights=preflights)
    yield custody.custody(case, spoken)
    yield authenticity.authenticity(case, spoken)
    yield from _there(tally.facts_found(case, spoken, dossier))
    yield observations.observations(case, spoken, key=key, preflights=preflights)
    yield comparisons.comparisons(case, spoken, made=made)
    yield matrix.elements(case, spoken, stands=stands)
    yield from _there(counts.counts(case, spoken, dossier))
    yield closing.limits(case, spoken, key=key)
    yield gaps.anomalies(case, spoken)
    yield requests.requests(case, spoken, dossier=dossier, stands=stands)
    yield closing.verification(case, spoken)
    yield closing.declaration(case, spoken, number=number)
    yield from annexes.annexes(case, spoken)
    yield from _there(transcript.transcript(case, spoken, dossier))
    yield costs.costs(case, spoken)
    yield redactions.redactions(case, spoken, masked=made.masked, dossier=dossier)


def _there(section: Section | None) -> Iterator[Section]:
    if section is not None:
        yield section


def _with_last(view: ReportView, case: CaseFacts, spoken: Words) -> tuple[Section, ...]:
    """Adds the annexes that say something about the finished text, and the programs."""
    texts = tuple(strings((view.cover, view.sections, view.running)))
    said = annexes.glossary("\n".join(texts), spoken)
    replaced = annexes.characters(evidence.replaced(texts), spoken)
    return (*view.sections, said, annexes.programs(case, spoken), replaced)


def _check(view: ReportView, templates: Templates) -> None:
    """Makes sure that nothing will be drawn blank, whatever way it came into the report."""
    for text in strings((view.cover, view.sections, view.running)):
        missing = evidence.undrawable(text, templates.fonts)
        if missing:
            raise ReportError(f"the report has {evidence.mark(missing[0])}, which no font has: {text[:60]!r}")
