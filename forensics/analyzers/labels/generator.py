"""Programs and services that the file names, and the parameters that they left in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from forensics.analyzers.labels import generator_novelai, generator_site, generator_statement
from forensics.analyzers.labels import generator_stealth as stealth
from forensics.analyzers.labels.generator_catalogue import catalogue
from forensics.analyzers.labels.generator_match import Hit, Reading
from forensics.analyzers.labels.generator_site import Site
from forensics.analyzers.labels.look import Look
from forensics.errors import MediaError
from forensics.model import Finding, Gap, GapReason

_UNFIT = frozenset({"limit", "unreadable", "truncated", "past-end"})


def findings(look: Look) -> Iterator[Finding]:
    """States one finding for each program that the file names, or one that it names none.

    What a file declares is `FOUND`; a trace that fits a program and others too is `INDETERMINATE` with
    `values.strength` `consistent_with`.
    """
    known = catalogue()
    sites, gaps = _sites(look)
    reading = Reading(sites, known)
    found = list(reading.hits())
    if reading.is_exhausted:
        gaps = (*gaps, Gap("values", GapReason.LIMIT, "the file has more values than are read of one file"))
    for generator, hits in found:
        checked = _check_signatures(look, hits) if generator.id == "novelai" else hits
        yield generator_statement.found(look, generator, checked, known=known, gaps=gaps)
    if not found:
        yield generator_statement.none(look, known=known, gaps=gaps)


def _sites(look: Look) -> tuple[tuple[Site, ...], tuple[Gap, ...]]:
    """Gives everything that can name a program, and what could not be read of it."""
    gaps = []
    if not look.structure.format:
        gaps.append(Gap("structure", GapReason.NOT_APPLICABLE, "no reader knows the format of the file"))
    elif not look.structure.is_whole:
        codes = sorted({problem.code for problem in look.structure.problems} & _UNFIT)
        reason = GapReason.LIMIT if codes == ["limit"] else GapReason.UNREADABLE
        gaps.append(Gap("structure", reason, f"problems in the structure of the file: {', '.join(codes)}"))
    sites = tuple(generator_site.sites(look))
    try:
        sites += stealth.sites(look)
    except MediaError as error:
        gaps.append(Gap("pixels", GapReason.UNREADABLE, str(error)))
    return sites, tuple(gaps)


def _check_signatures(look: Look, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    """Adds to what NovelAI signed whether the signature fits; where the picture cannot be decoded nothing is added."""
    if not any(hit.parameters.get("signed") for hit in hits):
        return hits
    try:
        picture = stealth.pixels(look)
    except MediaError:
        return hits
    if picture is None:
        return hits
    checked = []
    for hit in hits:
        fits = generator_novelai.signature_fits(hit.site.text, picture) if hit.parameters.get("signed") else None
        added = {} if fits is None else {"signature_fits": fits}
        checked.append(replace(hit, parameters={**hit.parameters, **added}))
    return tuple(checked)
