"""What is recorded about captures of online sources, read with care: any of it may be absent or of another kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forensics.codec import parse_time
from forensics.errors import CodecError
from forensics.model import Acquisition, Artifact, Committed, TimeProof
from forensics.reporter.facts import CaseFacts, ItemFacts, holds, seq_of

LATE_S = 600
"""Seconds between the end of a capture and its first time stamp from which the report warns.

*Source:* WACZ signing and verification 0.1.0, section on time signatures.
"""

PAGE_ROLES = frozenset({"html", "dom", "screenshot-viewport", "screenshot-full", "mhtml", "pdf-print"})
"""Roles that only the capture of a page has. *Source:* docs/capture-record.md."""

_TELLING = ("navigation-log", "preflight", "warc")
"""Roles by which an attempt at an online source is known."""


@dataclass(frozen=True, slots=True)
class FirstToken:
    """The first token that covers a capture and passed its checks.

    Attributes:
        latency_s: Its time minus the end of the capture by the machine's clock, in seconds; negative where the
            machine's clock was ahead of the authority's.
    """

    proof: TimeProof
    latency_s: float


@dataclass(frozen=True, slots=True)
class Capture:
    """One attempt at an online source.

    Attributes:
        number: Place among the attempts at its item, from 1.
        facts: `facts.capture` of its navigation log; empty where there is none.
        preflight: `facts.preflight` of its open pre-flight record; empty where there is none.
        commitment: What commits to the sealed pre-flight record, in hex; empty where nothing is sealed.
        token: None where no token that passed its checks covers it.
    """

    number: int
    done: Committed[Acquisition]
    facts: Mapping[str, Any]
    preflight: Mapping[str, Any]
    commitment: str
    token: FirstToken | None

    @property
    def record(self) -> Acquisition:
        """The attempt as recorded."""
        return self.done.record

    @property
    def is_of_page(self) -> bool:
        """Whether a page was captured, in a browser, rather than a file."""
        roles = {artifact.role for artifact in self.record.artifacts}
        return bool(roles & PAGE_ROLES or self.facts.get("browser")) or self.record.collector.name == "webpage"

    @property
    def started_at(self) -> datetime:
        """When it began, by its own facts or, where they do not say, by the record."""
        return moment(at(self.facts, "started_at")) or self.record.started_at

    @property
    def ended_at(self) -> datetime:
        """When it ended, by its own facts or, where they do not say, by the record."""
        return moment(at(self.facts, "ended_at")) or self.record.ended_at

    def of_role(self, *roles: str) -> tuple[Artifact, ...]:
        """Gives the artifacts of some roles, in order."""
        return tuple(artifact for artifact in self.record.artifacts if artifact.role in roles)


def is_online(facts: ItemFacts) -> bool:
    """Whether an item is an online source."""
    if facts.item.kind == "url":
        return True
    return any(artifact.role in _TELLING for done in facts.acquisitions for artifact in done.record.artifacts)


def captures_of(facts: ItemFacts, case: CaseFacts) -> tuple[Capture, ...]:
    """Lists the attempts at an online item, in order; none for any other item."""
    if not is_online(facts):
        return ()
    return tuple(_capture(done, number, case=case) for number, done in enumerate(facts.acquisitions, 1))


def all_captures(case: CaseFacts) -> Iterator[tuple[ItemFacts, Capture]]:
    """Gives every attempt at every online item, in order of the items."""
    for facts in case.items:
        for capture in captures_of(facts, case):
            yield facts, capture


def _capture(done: Committed[Acquisition], number: int, *, case: CaseFacts) -> Capture:
    artifacts = done.record.artifacts
    found = _first_facts(artifacts, "navigation-log", "capture")
    preflight = _first_facts(artifacts, "preflight", "preflight")
    capture = Capture(number, done, found, preflight, _commitment(artifacts, preflight), None)
    proof = first_token(seq_of(done.ref), case)
    if proof is None:
        return capture
    token = FirstToken(proof, (proof.gen_time - capture.ended_at).total_seconds())
    return Capture(number, done, found, preflight, capture.commitment, token)


def _first_facts(artifacts: tuple[Artifact, ...], role: str, name: str) -> Mapping[str, Any]:
    for artifact in artifacts:
        found = artifact.facts.get(name)
        if artifact.role == role and isinstance(found, Mapping):
            return found
    return {}


def _commitment(artifacts: tuple[Artifact, ...], preflight: Mapping[str, Any]) -> str:
    sealed = [artifact.sealed for artifact in artifacts if artifact.role == "preflight" and artifact.sealed]
    found = next((one["commitment"] for one in sealed if one.get("commitment")), preflight.get("commitment"))
    return str(found) if found else ""


def first_token(seq: int, case: CaseFacts) -> TimeProof | None:
    """Gives the earliest token that covers an event and passed its checks; None where there is none."""
    proofs = (proof.record for proof in case.snapshot.time_proofs if proof.record.checkpoint >= seq)
    return min((proof for proof in proofs if holds(proof)), key=lambda proof: proof.gen_time, default=None)


def at(value: Any, *names: str) -> Any:
    """Gives a member of nested mappings; None where the names lead nowhere."""
    for name in names:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def members(value: Any, *names: str) -> tuple[Mapping[str, Any], ...]:
    """Gives the mappings in a list within nested mappings; none where there is no such list."""
    found = at(value, *names)
    return tuple(one for one in found if isinstance(one, Mapping)) if isinstance(found, list | tuple) else ()


def moment(value: Any) -> datetime | None:
    """Reads a recorded time; None where it is absent or of another form."""
    try:
        return parse_time(str(value)) if value else None
    except CodecError:
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            return None
        return found if found.tzinfo is not None else None
