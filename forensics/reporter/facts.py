"""What chapters need to know about a case, worked out once: items with their acquisitions, findings and time stamps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from forensics import codec
from forensics.custody.statement import standing
from forensics.model import (
    Access,
    Acquisition,
    Artifact,
    Committed,
    CustodyEvent,
    Finding,
    Item,
    Name,
    Sensitivity,
    Snapshot,
    Statement,
    TimeProof,
)
from forensics.reporter.superseded import superseded

PASSED = "passed"
"""What `TimeProof.checks` says of a check that was passed."""

NOT_CHECKED = "not_checked"
"""How `TimeProof.checks` begins for a check that was not made."""

MAY_BE_OPEN = frozenset({"nonce", "revocation"})
"""Checks without which a token still holds: a nonce is not kept, a revocation list is not always at hand."""


ATTEMPT_ROLES = frozenset(
    {
        *("preflight", "navigation-log", "console-log", "session-video"),
        *("certificate", "warc", "wacz", "secrets"),
    }
)
"""Roles of artifacts that tell of an attempt at an online source; by themselves they are nothing that was obtained.

*Source:* docs/capture-record.md.
"""

OF_PAGE = ("warc", "wacz", "html", "dom", "screenshot-full", "screenshot-viewport", "mhtml", "pdf-print")
"""Which artifact stands for a captured page: the first of these that there is; the WARC holds every exchange."""


class Stamp(StrEnum):
    """Whether an outside authority's token covers something."""

    STAMPED = "stamped"
    RESERVED = "reserved"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Observation:
    """A finding, with the places of its repetitions that have the same content.

    Attributes:
        repeats: References of equal findings made by later runs.
        others: Ids of further items that it is about.
    """

    ref: str
    finding: Finding
    repeats: tuple[str, ...]
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """An item and everything recorded about it.

    Attributes:
        acquisitions: All attempts to obtain it, in order.
        shown: The acquisition that the report describes: the last one that obtained what was asked for, or something,
            or the last one, or None.
        original: The artifact that is the item itself, or stands for it; None where nothing was obtained.
        observations: Findings of which this item is the first subject.
        mentioned: References of findings that stand at another item and are also about this one.
        stamp: Whether a token covers `shown`.
        unmasked: Whether the report was asked to draw its pictures all the same; names and values stay hidden.
    """

    ref: str
    item: Item
    acquisitions: tuple[Committed[Acquisition], ...]
    shown: Committed[Acquisition] | None
    original: Artifact | None
    observations: tuple[Observation, ...]
    mentioned: tuple[tuple[str, str], ...]
    stamp: Stamp
    unmasked: bool = False

    @property
    def is_sealed(self) -> bool:
        """Whether the item is sealed, as a whole or by its original."""
        return self.item.sensitivity.is_sealed or (self.original is not None and self.original.sealed is not None)

    @property
    def masked(self) -> bool:
        """Whether neither pictures nor names of the item may be shown."""
        withheld = self.item.sensitivity.is_sealed or self.item.sensitivity is Sensitivity.BIOMETRIC
        return withheld or (self.original is not None and self.original.sealed is not None)

    @property
    def name(self) -> str:
        """Name of the original, or its locator where that says more; only for items that are not masked."""
        return str(self.named)

    @property
    def named(self) -> Name:
        """Name of the original; the locator of an online source, and where nothing was obtained."""
        return self.item.locator if self.original is None or self.item.kind == "url" else self.original.name


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A snapshot with what was worked out about it.

    Attributes:
        items: All items that are not erased, by id.
        strays: Findings whose subject belongs to no item in the case.
        stamps: Acquisition reference to its stamp.
        accesses: Requests that this report draws what is otherwise not drawn.
        program: Name and version of the program that makes the report.
        superseded: Reference of each finding that has no place in the report, as a newer examination took its place, to
            the number of the event of the newer one.
    """

    snapshot: Snapshot
    items: tuple[ItemFacts, ...]
    strays: tuple[Observation, ...]
    stamps: Mapping[str, Stamp]
    program: str
    accesses: tuple[Access, ...] = ()
    superseded: Mapping[str, int] = field(default_factory=dict)

    @property
    def event(self) -> CustodyEvent:
        """Event N, as of which the report is made."""
        return self.snapshot.events[-1]

    @property
    def checkpoint(self) -> int | None:
        """Number of the checkpoint whose digest is the evidence root; None where there is none."""
        found = [event.seq for event in self.snapshot.events if event.line_sha256 == self.snapshot.root]
        return found[-1] if found else None

    @property
    def obtained(self) -> tuple[ItemFacts, ...]:
        """The items of which bytes were obtained."""
        return tuple(facts for facts in self.items if facts.original is not None)

    @property
    def findings(self) -> tuple[Observation, ...]:
        """All findings, in the order of the items."""
        return tuple(found for item in self.items for found in item.observations) + self.strays

    def stated(self, kind: str) -> tuple[Committed[Statement], ...]:
        """Gives what persons state of one kind and have not withdrawn, in order of the ids."""
        return standing(self.snapshot.statements, kind)


def gather(snapshot: Snapshot, *, program: str) -> CaseFacts:
    """Works out what the chapters of a report need from a snapshot."""
    stamps = {done.ref: _stamp(seq_of(done.ref), snapshot.time_proofs) for done in snapshot.acquisitions}
    attempts: dict[str, list[Committed[Acquisition]]] = defaultdict(list)
    for done in snapshot.acquisitions:
        attempts[done.record.item].append(done)
    older = superseded(snapshot.findings)
    grouped = _observations(snapshot.findings)
    current = tuple(one for one in grouped if not _is_superseded(one, older))
    by_item, mentions, strays = _assign(current, _owners(snapshot))
    accesses = _accesses(snapshot)
    asked = {name for access in accesses for name in access.items}
    items = tuple(
        replace(
            _item(found, tuple(attempts[name]), stamps=stamps, seen=by_item[name], mentioned=mentions[name]),
            unmasked=name in asked,
        )
        for name, found in sorted(_current_items(snapshot).items())
    )
    left_out = {ref: older[ref] for one in grouped if _is_superseded(one, older) for ref in (one.ref, *one.repeats)}
    return CaseFacts(snapshot, items, tuple(strays), stamps, program, accesses, left_out)


def _is_superseded(observation: Observation, older: Mapping[str, int]) -> bool:
    """Whether newer examinations took the place of a finding and of all its repetitions."""
    return all(ref in older for ref in (observation.ref, *observation.repeats))


def _accesses(snapshot: Snapshot) -> tuple[Access, ...]:
    """Gives the requests that are for this very report: those of the event as of which it is made."""
    return tuple(one.record for one in snapshot.accesses if seq_of(one.ref) == snapshot.as_of)


def _current_items(snapshot: Snapshot) -> dict[str, Committed[Item]]:
    """Takes the last record of each item; one is recorded again when it turns out to be more sensitive."""
    return {found.record.id: found for found in snapshot.items}


def seq_of(ref: str) -> int:
    """Gives the event number of a reference `SEQ/INDEX`."""
    return int(ref.partition("/")[0])


def holds(proof: TimeProof) -> bool:
    """Whether a token passed every check at its receipt; nonce and revocation may have stayed unchecked."""
    return all(
        answer == PASSED or (name in MAY_BE_OPEN and answer.startswith(NOT_CHECKED))
        for name, answer in proof.checks.items()
    )


def _stamp(seq: int, proofs: tuple[Committed[TimeProof], ...]) -> Stamp:
    covering = [proof.record for proof in proofs if proof.record.checkpoint >= seq]
    if not covering:
        return Stamp.NONE
    return Stamp.STAMPED if any(holds(proof) for proof in covering) else Stamp.RESERVED


def _owners(snapshot: Snapshot) -> dict[str, list[str]]:
    """Maps digests of contents and blobs to the items that have them, in order."""
    owners: dict[str, list[str]] = defaultdict(list)
    for done in snapshot.acquisitions:
        for artifact in done.record.artifacts:
            for sha256 in dict.fromkeys((artifact.content_sha256, artifact.digests.sha256)):
                if done.record.item not in owners[sha256]:
                    owners[sha256].append(done.record.item)
    return owners


def _observations(findings: tuple[Committed[Finding], ...]) -> tuple[Observation, ...]:
    groups: dict[bytes, list[Committed[Finding]]] = defaultdict(list)
    for found in findings:
        groups[codec.canonical(codec.encode(found.record))].append(found)
    return tuple(
        Observation(first.ref, first.record, tuple(again.ref for again in rest)) for first, *rest in groups.values()
    )


def _assign(
    observations: tuple[Observation, ...], owners: Mapping[str, list[str]]
) -> tuple[dict[str, list[Observation]], dict[str, list[tuple[str, str]]], list[Observation]]:
    by_item: dict[str, list[Observation]] = defaultdict(list)
    mentions: dict[str, list[tuple[str, str]]] = defaultdict(list)
    strays: list[Observation] = []
    for observation in observations:
        subject = observation.finding.subject
        ids = list(dict.fromkeys(owner for sha256 in subject for owner in owners.get(sha256, ())))
        if not ids:
            strays.append(observation)
            continue
        by_item[ids[0]].append(replace(observation, others=tuple(ids[1:])))
        for other in ids[1:]:
            mentions[other].append((observation.ref, ids[0]))
    return by_item, mentions, strays


def _item(
    found: Committed[Item],
    done: tuple[Committed[Acquisition], ...],
    *,
    stamps: Mapping[str, Stamp],
    seen: list[Observation],
    mentioned: list[tuple[str, str]],
) -> ItemFacts:
    shown = _shown(done)
    original = _original(shown.record.artifacts) if shown else None
    stamp = stamps[shown.ref] if shown else Stamp.NONE
    return ItemFacts(found.ref, found.record, done, shown, original, tuple(seen), tuple(mentioned), stamp)


def _shown(done: tuple[Committed[Acquisition], ...]) -> Committed[Acquisition] | None:
    """Chooses the attempt that stands for the item: a later error page does not take the place of what was captured."""
    obtained = [attempt for attempt in done if _original(attempt.record.artifacts) is not None]
    content = [attempt for attempt in obtained if _page_state(attempt.record.artifacts) in (None, "content")]
    return next((attempts[-1] for attempts in (content, obtained, done) if attempts), None)


def _page_state(artifacts: tuple[Artifact, ...]) -> object:
    for artifact in artifacts:
        capture = artifact.facts.get("capture")
        if isinstance(capture, Mapping) and isinstance(capture.get("page_state"), Mapping):
            return capture["page_state"].get("state")
    return None


def _original(artifacts: tuple[Artifact, ...]) -> Artifact | None:
    """Chooses the artifact that is the item itself; None where all only tell of an attempt."""
    by_role: dict[str, Artifact] = {}
    for artifact in artifacts:
        by_role.setdefault(artifact.role, artifact)
    if by_role.keys() <= ATTEMPT_ROLES:
        return None
    is_page = not by_role.keys().isdisjoint(OF_PAGE[2:])
    wanted = ("original", *(OF_PAGE if is_page else ()), "media")
    rest = (artifact for artifact in artifacts if artifact.role not in ATTEMPT_ROLES)
    return next((by_role[role] for role in wanted if role in by_role), next(rest, None))
