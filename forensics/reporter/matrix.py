"""The part with the facts in issue: their exhibits, how many are independent, what is contested, what is next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.errors import UsageError
from forensics.proof.element import PROFILES, Profile, load_profile
from forensics.proof.element_matrix import CONTESTED, MISSING, SUPPORTED, Lead, Standing, matrix, parts_of, strays
from forensics.reporter.blocks import Block, Column, Pairs, Paragraph, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts
from forensics.reporter.front import kind_name
from forensics.reporter.mandate import stated_by
from forensics.reporter.wording import Words

if TYPE_CHECKING:
    from forensics.proof.dossier import Dossier

COLUMNS = (("element", 35), ("exhibits", 9), ("status", 17), ("next", 39))
"""Columns of the matrix with their relative widths."""

LEADS_SHOWN = 3
"""References of findings of one kind that the matrix names; the part with the findings has all."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """A profile and where the case stands to its elements."""

    profile: Profile
    standings: tuple[Standing, ...]


def standings(case: CaseFacts, *, dossier: Dossier | None) -> Matrix | None:
    """Works out where the elements of the jurisdiction's profile stand; None where there is no profile."""
    place = {"fr": "eu"}.get(case.snapshot.info.jurisdiction, case.snapshot.info.jurisdiction)
    try:
        profile = load_profile(place if place in PROFILES else "intl")
    except UsageError:
        return None
    found = matrix(case.snapshot, profile, parts=parts_of(dossier) if dossier is not None else None)
    return Matrix(profile, found)


def counted(stands: Matrix | None) -> dict[str, int] | None:
    """Counts the elements by their status; None where there is no profile."""
    if stands is None:
        return None
    found = Counter(one.status for one in stands.standings)
    return {name: found[name] for name in (SUPPORTED, CONTESTED, MISSING)}


def elements(case: CaseFacts, words: Words, *, stands: Matrix | None) -> Section:
    """Builds the part."""
    title, number = words.say("elements.title"), words.heading_number("elements")
    if stands is None:
        return Section("elements", number, title, (Paragraph(words.say("elements.no_profile")),))
    blocks = (*_opening(stands, words), _table(stands, words), *_strays(case, stands.profile, words))
    return Section("elements", number, title, (*blocks, *_contests(stands, words)))


def _opening(stands: Matrix, words: Words) -> Iterator[Block]:
    profile = stands.profile
    date = words.show(profile.checked_on.isoformat())
    yield Paragraph(words.say("elements.intro", profile=profile.name, checked_on=date))
    numbers = counted(stands) or {}
    yield Paragraph(words.say("elements.summary", all=len(stands.standings), **numbers), "strong")
    yield Paragraph(words.show(profile.note[words.language]), "note")
    yield Paragraph(words.say("elements.template", digest=profile.sha256), "note")


def _table(stands: Matrix, words: Words) -> Table:
    roles = {"element": "text", "exhibits": "strong"}
    columns = tuple(
        Column(words.say(f"elements.column_{name}"), share, roles.get(name, "text")) for name, share in COLUMNS
    )
    return Table(columns, tuple(_row(one, words) for one in stands.standings), "compact")


def _row(one: Standing, words: Words) -> tuple[Said, ...]:
    return (
        words.join(_asked(one, words), "\n"),
        words.join(_exhibits(one, words), "\n"),
        words.join(_status(one, words), "\n"),
        words.join(_next(one, words), "\n"),
    )


def _asked(one: Standing, words: Words) -> Iterator[str]:
    element, language = one.element, words.language
    yield words.join([element.id, element.title[language]], "\u00a0")
    yield element.wording[language]
    if element.hooks:
        laws = words.join((hook.shown(language) for hook in element.hooks), words.say("word.semicolon"))
        dates = dict.fromkeys(hook.checked_on.isoformat() for hook in element.hooks)
        yield words.say("elements.hooks", checked_on=words.listed(dates), hooks=laws)
    if element.filing_minimum:
        yield words.say("elements.minimum")


def _exhibits(one: Standing, words: Words) -> Iterator[str]:
    """Gives the labels of the exhibits, those that share a source on one line."""
    if not one.exhibits:
        yield words.say("word.none")
    for group in one.groups:
        yield words.listed(group)


def _status(one: Standing, words: Words) -> Iterator[str]:
    yield one.said[words.language]
    for aside in one.set_aside:
        yield words.say("elements.aside", label=aside.label, reason=aside.text[words.language])
    for fact in one.facts:
        yield words.say(
            "elements.stated", id=fact.record.id, by=fact.record.by, text=words.shortened(fact.record.text, 200)
        )


def _next(one: Standing, words: Words) -> Iterator[str]:
    yield one.next_step[words.language]
    leads = [_lead(lead, words) for lead in one.leads]
    if leads:
        yield words.say("elements.leads", leads=words.join(leads, words.say("word.semicolon")))


def _lead(lead: Lead, words: Words) -> Said:
    """Names what the case holds for an element and no exhibit names: kind or part, number, first references."""
    key = f"elements.part_{lead.what.replace(':', '_')}"
    name = words.say(key) if words.has(key) else kind_name(lead.what, words)
    if not lead.findings:
        return words.say("elements.lead", name=name, n=lead.count)
    refs = words.listed(lead.findings[:LEADS_SHOWN])
    if lead.findings[LEADS_SHOWN:]:
        refs = words.say("elements.lead_cut", refs=refs)
    return words.say("elements.lead_refs", name=name, n=lead.count, refs=refs)


def _strays(case: CaseFacts, profile: Profile, words: Words) -> Iterator[Block]:
    names = strays(case.snapshot, profile)
    if names:
        yield Paragraph(words.say("elements.strays", names=words.listed(names)))


def _contests(stands: Matrix, words: Words) -> Iterator[Block]:
    """Gives what the other side contests, in the words of who states it."""
    rows = tuple(
        (
            words.join([one.element.id, one.element.title[words.language]], "\u00a0"),
            words.say(
                "elements.contested_by",
                by=str(contest.record.values.get("by") or words.say("word.not_stated")),
                text=contest.record.text or words.say("word.not_stated"),
                stated=stated_by(contest, words),
            ),
        )
        for one in stands.standings
        for contest in one.contests
    )
    if rows:
        yield Paragraph(words.say("elements.contests"), "strong")
        yield Pairs(rows)
        yield Paragraph(words.say("elements.answers"), "note")
        yield Pairs(tuple(_answers((one for one in stands.standings if one.contests), words)))


def _answers(found: Iterable[Standing], words: Words) -> Iterator[tuple[Said, Said]]:
    for one in found:
        said = {key: getattr(one.element, key)[words.language] for key in ("attack", "answer")}
        yield words.show(one.element.id), words.say("elements.answer", **said)
