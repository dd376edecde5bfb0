"""What a case shows of each element of proof: independent exhibits, what is contested, what is missing, what is next.

Nothing here says that an element is shown. Exhibits are counted, by the rule of `element_origin`; whether they persuade
is for the court.
"""

from __future__ import annotations

import tomllib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forensics.custody.statement import standing as statements_that_hold
from forensics.errors import UsageError
from forensics.model import Committed, Exhibit, Finding, Result, Snapshot, Statement
from forensics.proof.element import FOLDER, LANGUAGES, Element, Filing, Profile, Texts
from forensics.proof.element_exhibit import current, set_aside
from forensics.proof.element_origin import Holdings, groups, holdings
from forensics.proof.rulebook import rule_folder

if TYPE_CHECKING:
    from forensics.proof.dossier import Dossier

SUPPORTED, CONTESTED, MISSING = "supported", "contested", "missing"
"""Where an element stands. What is missing stays missing where it is contested, too."""

FACT, CONTEST = "fact", "contested"
"""Kinds of statements about an element."""

_PER_PERSON = frozenset({"face.identity", "source.identity"})
"""Kinds of findings that are made for each registered person: a later one may be about another person."""

_ENOUGH = 2
"""Independent exhibits from which on corroboration is there by number."""


@dataclass(frozen=True, slots=True)
class Lead:
    """Something in the case that fits an element and that no exhibit of it names.

    Attributes:
        what: Kind of findings (`source.comparison`), part of the dossier (`payments`) or id of a statement.
        count: How many there are.
        findings: References of the findings, in order; empty for parts of the dossier.
        text: A sentence with the verb to type.
    """

    what: str
    count: int
    findings: tuple[str, ...]
    text: Texts


@dataclass(frozen=True, slots=True)
class SetAside:
    """An exhibit that names an element and is not counted for it.

    Attributes:
        reason: `empty`, `not_captured`, `not_found`, `indeterminate` or `lead`.
        text: The reason as a clause.
    """

    label: str
    reason: str
    text: Texts


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one element stands.

    Attributes:
        element: The element.
        status: `supported`, `contested` or `missing`.
        exhibits: Labels of the exhibits that count, in order.
        independent: Number of groups of exhibits that share no source.
        said: The status in words, with its number.
        next_step: What would close the gap.
        leads: What the case holds for it and no exhibit names.
        groups: Labels of the exhibits that count, those that share a source together.
        set_aside: Exhibits that name it and do not count.
        facts: Statements of facts about it that hold.
        contests: Statements that it is contested that hold.
    """

    element: Element
    status: str
    exhibits: tuple[str, ...]
    independent: int
    said: Texts
    next_step: Texts
    leads: tuple[Lead, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    facts: tuple[Committed[Statement], ...] = ()
    contests: tuple[Committed[Statement], ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """A part of the minimum for filing that is not there yet.

    Attributes:
        any_of: Ids of the elements of which one would do; empty where a report is missing.
    """

    any_of: tuple[str, ...]
    text: Texts


def matrix(
    snapshot: Snapshot,
    profile: Profile,
    *,
    found: Mapping[str, Sequence[str]] | None = None,
    parts: Mapping[str, int] | None = None,
) -> tuple[Standing, ...]:
    """Works out where each element of a profile stands.

    Args:
        snapshot: The case.
        profile: What has to be shown.
        found: References of the findings that may be leads, by kind; None to take them from the snapshot.
        parts: How much the dossier holds (`parts_of`); None where none was compiled.
    """
    look = _Look(snapshot, profile, found=found, parts=parts or {})
    return tuple(look.standing(one) for one in profile.elements)


def parts_of(dossier: Dossier) -> dict[str, int]:
    """Counts what a dossier holds, by the names that profiles use; what it holds none of is left out."""
    counts = {
        "chats": len(dossier.chats),
        "bills": len(dossier.bills),
        "payments": len(dossier.ledger.payments),
        "shown": len(dossier.ledger.shown),
        "rows": len(dossier.ledger.rows),
        "chains": len(dossier.ledger.chains),
        "works": len(dossier.works),
        "slang": len(dossier.slang),
    }
    for one in dossier.leads:
        counts[f"lead:{one.topic}"] = counts.get(f"lead:{one.topic}", 0) + 1
    return {name: number for name, number in counts.items() if number}


def strays(snapshot: Snapshot, profile: Profile) -> tuple[str, ...]:
    """Gives the elements that exhibits or statements name and the profile does not have, in order."""
    known = {one.id for one in profile.elements}
    named = {name for one in current(snapshot.exhibits) for name in one.record.elements}
    for kind in (FACT, CONTEST):
        named |= {_element_of(one.record) for one in statements_that_hold(snapshot.statements, kind)} - {""}
    return tuple(sorted(named - known))


def missing_to_file(standings: Iterable[Standing], profile: Profile, *, has_report: bool) -> tuple[Missing, ...]:
    """Lists what the profile's minimum for filing still lacks.

    Args:
        standings: What `matrix` gave.
        profile: The same profile.
        has_report: Whether a report was made of the case as it stands.
    """
    said = words()
    known = {one.element.id: one for one in standings}
    lacking = [
        Missing(one.any_of, _filing_text(one, profile, said))
        for one in profile.filing
        if not any(_suffices(known[name], one) for name in one.any_of)
    ]
    if profile.filing and not has_report:
        lacking.append(Missing((), {language: said[language]["filing_report"] for language in LANGUAGES}))
    return tuple(lacking)


def _suffices(standing: Standing, filing: Filing) -> bool:
    has_lead = filing.leads_suffice and bool(standing.leads)
    has_statement = filing.statement_suffices and bool(standing.facts)
    return standing.independent > 0 or has_lead or has_statement


def _filing_text(filing: Filing, profile: Profile, say_in: Mapping[str, Any]) -> Texts:
    elements = [profile.element(name) for name in filing.any_of]
    made = {}
    for language in LANGUAGES:
        say = say_in[language]
        titles = say["filing_or"].join(one.title[language] for one in elements)
        text = say["filing_any"].format(elements=say["filing_or"].join(filing.any_of), titles=titles)
        text += say["filing_leads"] if filing.leads_suffice else ""
        made[language] = text + (say["filing_statement"] if filing.statement_suffices else "")
    return made


class _Look:
    """One case, looked at for a profile."""

    def __init__(
        self,
        snapshot: Snapshot,
        profile: Profile,
        *,
        found: Mapping[str, Sequence[str]] | None,
        parts: Mapping[str, int],
    ) -> None:
        self.words = words()
        self.jurisdiction = profile.jurisdiction
        self.held: Holdings = holdings(snapshot)
        self.exhibits: tuple[Committed[Exhibit], ...] = current(snapshot.exhibits)
        self.statements = statements_that_hold(snapshot.statements)
        kinds = {kind for one in profile.elements for kind in one.supplies.kinds}
        self.found = leads_among(snapshot.findings, kinds) if found is None else found
        self.parts = parts

    def standing(self, element: Element) -> Standing:
        """Works out where one element stands."""
        mine = [one.record for one in self.exhibits if element.id in one.record.elements]
        reasons = {one.label: self._reason(one, element) for one in mine}
        counted = {one.label: self.held.source(one) for one in mine if reasons[one.label] is None}
        aside = tuple(self._aside(label, why) for label, why in reasons.items() if why is not None)
        facts, contests = (self._about(element, kind) for kind in (FACT, CONTEST))
        joined = groups(counted)
        status = MISSING if not joined else CONTESTED if contests else SUPPORTED
        count = len(joined)
        return Standing(
            element=element,
            status=status,
            exhibits=tuple(counted),
            independent=count,
            said=self._said(status, count, len(counted), is_contested=bool(contests)),
            next_step=self._next(element, status, joined, aside),
            leads=self._leads(element, mine, facts),
            groups=joined,
            set_aside=aside,
            facts=facts,
            contests=contests,
        )

    def _reason(self, exhibit: Exhibit, element: Element) -> str | None:
        return set_aside(exhibit, element, held=self.held, statements=[one.record for one in self.statements])

    def _aside(self, label: str, reason: str) -> SetAside:
        return SetAside(label, reason, {one: self.words[one]["set_aside"][reason] for one in LANGUAGES})

    def _about(self, element: Element, kind: str) -> tuple[Committed[Statement], ...]:
        found = (one for one in self.statements if one.record.kind == kind)
        return tuple(one for one in found if _element_of(one.record) == element.id)

    def _said(self, status: str, count: int, total: int, *, is_contested: bool) -> Texts:
        if status == MISSING:
            key = "contested_missing" if is_contested else "missing"
        elif status == CONTESTED:
            key = "contested"
        elif count >= _ENOUGH:
            key = "supported_many"
        else:
            key = "supported_one" if total == 1 else "supported_group"
        return self._text(key, count=count, total=total)

    def _next(
        self, element: Element, status: str, joined: tuple[tuple[str, ...], ...], aside: tuple[SetAside, ...]
    ) -> Texts:
        made = {}
        alone = "next_alone_cn" if self.jurisdiction == "cn" else "next_alone"
        for language in LANGUAGES:
            say = self.words[language]
            told = {key: getattr(element, key)[language] for key in ("answer", "corroborate", "must_add")}
            if status == CONTESTED:
                text = say["next_contested"].format(**told)
            elif status == MISSING:
                text = element.next[language]
            else:
                text = say["next_enough" if len(joined) >= _ENOUGH else alone].format(**told)
            if len(joined) == 1 < len(joined[0]):
                text = say["next_one_origin"].format(next=text)
            labels = "; ".join(f"{one.label}: {one.text[language]}" for one in aside)
            made[language] = say["next_set_aside"].format(next=text, labels=labels) if aside else text
        return made

    def _leads(
        self, element: Element, exhibits: Sequence[Exhibit], facts: Sequence[Committed[Statement]]
    ) -> tuple[Lead, ...]:
        used = {ref for one in exhibits for ref in one.findings}
        items = {name for one in exhibits for name in one.items}
        made = []
        for kind in element.supplies.kinds:
            if refs := tuple(ref for ref in self.found.get(kind, ()) if ref not in used):
                key = "lead_one" if len(refs) == 1 else "lead_many"
                text = self._text(key, count=len(refs), kind=kind, element=element.id, ref=refs[0])
                made.append(Lead(kind, len(refs), refs, text))
        made += [self._part(name, element) for name in element.supplies.parts if self.parts.get(name)]
        for one in facts:
            named = [
                *(n for n in one.record.items if n not in items),
                *(r for r in one.record.findings if r not in used),
            ]
            if named:
                told = {"statement": one.record.id, "element": element.id, "named": ", ".join(named)}
                refs = tuple(ref for ref in one.record.findings if ref not in used)
                made.append(Lead(one.record.id, len(named), refs, self._text("lead_fact", **told)))
        return tuple(made)

    def _part(self, name: str, element: Element) -> Lead:
        texts = {
            language: self.words[language]["lead_part"].format(
                part=self.words[language]["part"][name], count=self.parts[name], element=element.id
            )
            for language in LANGUAGES
        }
        return Lead(name, self.parts[name], (), texts)

    def _text(self, key: str, **values: object) -> Texts:
        return {language: self.words[language][key].format(**values) for language in LANGUAGES}


def leads_among(findings: Iterable[Committed[Finding]], kinds: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Gives the findings that found something, by kind; of one kind about the same contents those of the newest run.

    Args:
        findings: As they were committed, in that order.
        kinds: The kinds that count.
    """
    wanted = set(kinds)
    return newest_found(
        (*_place(one.ref), one.record.kind, frozenset(one.record.subject), one.record.result is Result.FOUND)
        for one in findings
        if one.record.kind in wanted
    )


def newest_found(rows: Iterable[tuple[int, int, str, Hashable, bool]]) -> dict[str, tuple[str, ...]]:
    """Does the same for findings given as event, line, kind, contents, and whether something was found, in order."""
    newest: dict[tuple[str, Hashable], tuple[int, list[tuple[int, int]]]] = {}
    for seq, number, kind, subject, is_found in rows:
        key = kind, (subject, seq) if kind in _PER_PERSON else subject
        run = newest.get(key)
        if run is None or run[0] != seq:
            run = newest[key] = seq, []
        if is_found:
            run[1].append((seq, number))
    found: dict[str, list[tuple[int, int]]] = {}
    for (kind, _), (_, places) in newest.items():
        found.setdefault(kind, []).extend(places)
    return {kind: tuple(f"{seq}/{number}" for seq, number in sorted(all_)) for kind, all_ in found.items() if all_}


def _place(ref: str) -> tuple[int, int]:
    seq, _, number = ref.partition("/")
    return int(seq), int(number)


def _element_of(statement: Statement) -> str:
    return str(statement.values.get("element") or "")


def words() -> Mapping[str, Any]:
    """Reads the words for the state of elements, by language.

    Raises:
        UsageError: They are not installed, or malformed.
    """
    path = rule_folder(FOLDER) / "words" / "standing.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="Install the program again.") from error
