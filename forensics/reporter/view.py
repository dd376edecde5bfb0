"""Builds the one plain structure of a report from a snapshot; PDF and HTML are drawn from it and add no words."""

from __future__ import annotations

from dataclasses import dataclass, replace

import forensics
from forensics.errors import ReportError
from forensics.model import Snapshot
from forensics.reporter import (
    annexes,
    authenticity,
    closing,
    collection,
    comparisons,
    custody,
    evidence,
    front,
    gaps,
    observations,
)
from forensics.reporter.blocks import ReportView, Running, Section, strings
from forensics.reporter.capture_preflight import gather_preflights
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, gather
from forensics.reporter.text import Templates
from forensics.reporter.wording import Words, words

__all__ = ["Program", "ReportView", "build"]


@dataclass(frozen=True, slots=True)
class Program:
    """The program that makes the report."""

    name: str = "forensics"
    version: str = forensics.__version__


def build(snapshot: Snapshot, *, language: str, templates: Templates, program: Program | None = None) -> ReportView:
    """Builds a report. The same snapshot, language, templates and program give the same report.

    Args:
        snapshot: The case as of event N.
        language: `zh`, `en` or `fr`.
        templates: From `text.load`.
        program: Whose name and version the file's properties state; None for this one.

    Raises:
        ReportError: The case has no event, or a template lacks a text, wants a value it is not given, or has a
            character that no font has.
    """
    if not snapshot.events:
        raise ReportError("the case has no event", hint="Only an opened case can be reported on.")
    maker = program or Program()
    case = gather(snapshot, program=f"{maker.name} {maker.version}")
    spoken = words(templates, language=language, jurisdiction=snapshot.info.jurisdiction)
    number = front.report_number(case, language)
    view = ReportView(
        language=language,
        number=number,
        author=spoken.join(filter(None, [snapshot.info.examiner, snapshot.info.organisation]), ", "),
        program=case.program,
        issued=int(case.event.at.timestamp()),
        cover=front.cover(case, spoken, number=number),
        running=_running(case, spoken, number=number),
        sections=_sections(case, spoken, number=number),
    )
    finished = replace(view, sections=(*view.sections, *_last(view, spoken)))
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


def _sections(case: CaseFacts, spoken: Words, *, number: Said) -> tuple[Section, ...]:
    preflights = gather_preflights(case, spoken)
    return (
        front.summary(case, spoken),
        front.mandate(case, spoken),
        front.materials(case, spoken),
        collection.collection(case, spoken, preflights=preflights),
        custody.custody(case, spoken),
        authenticity.authenticity(case, spoken),
        observations.observations(case, spoken, preflights=preflights),
        comparisons.comparisons(case, spoken),
        gaps.anomalies(case, spoken),
        closing.limits(case, spoken),
        closing.verification(case, spoken),
        closing.declaration(case, spoken, number=number),
        *annexes.annexes(case, spoken),
    )


def _last(view: ReportView, spoken: Words) -> tuple[Section, ...]:
    """Builds the two annexes that say something about the finished text."""
    texts = tuple(strings((view.cover, view.sections, view.running)))
    return annexes.characters(evidence.replaced(texts), spoken), annexes.glossary("\n".join(texts), spoken)


def _check(view: ReportView, templates: Templates) -> None:
    """Makes sure that nothing will be drawn blank, whatever way it came into the report."""
    for text in strings((view.cover, view.sections, view.running)):
        missing = evidence.undrawable(text, templates.fonts)
        if missing:
            raise ReportError(f"the report has {evidence.mark(missing[0])}, which no font has: {text[:60]!r}")
