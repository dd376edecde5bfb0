"""The step about attribution: whether keys given from outside vouch for every event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from forensics.codec import parse_time
from forensics.model import CustodyEvent
from forensics.verify.ledger_steps import Ledger, may_commit_evidence
from forensics.verify.result import Answer, DefectKind, State, Verdict
from forensics.verify.subject import Subject
from forensics.verify.time_step import TrustedToken

NO_KEY = "no public key was given from outside (--key): anyone could have made this case anew"


_NO_EVENT = "no event can be read"


@dataclass(frozen=True, slots=True)
class Outside:
    """What the person who verifies brings along, and what it proved about time.

    Attributes:
        keys: Ids of public keys given.
        tokens: Tokens that hold against the anchors given.
        has_anchors: Whether any anchor was given.
    """

    keys: frozenset[str]
    tokens: Sequence[TrustedToken]
    has_anchors: bool


def check_attribution(subject: Subject, ledger: Ledger, outside: Outside, *, packet_key: str = "") -> Verdict:
    """Follows key events from the given keys; step 15.

    Args:
        subject: The case.
        ledger: Its ledger.
        outside: What is given from outside.
        packet_key: Key that signed the packet; empty for a case.
    """
    journal = subject.journal
    with journal.step(15, "attribution", Answer.ATTRIBUTION):
        if not outside.keys:
            journal.leave_open(NO_KEY)
            return Verdict(State.NOT_CHECKED, (NO_KEY,))
        revoked = _revocations(ledger)
        late = [event for event in ledger.events.values() if _may_be_late(event, revoked, outside)]
        vouched = _vouched(ledger, outside.keys, {event.seq for event in late if outside.has_anchors})
        if not ledger.events:
            journal.leave_open(_NO_EVENT)
            return Verdict(State.NOT_CHECKED, (_NO_EVENT,))
        _report_unvouched(subject, ledger, vouched)
        if packet_key and packet_key not in vouched:
            detail = f"no given key vouches for key {packet_key[:16]}, which signed the packet"
            journal.report(DefectKind.UNVOUCHED_KEY, "packet.json", detail)
        _report_damaged(subject, ledger)
        open_reasons = _judge_late(subject, ledger, late, revoked, outside)
        if journal.failed(Answer.ATTRIBUTION):
            return Verdict(State.FAILED)
        for reason in open_reasons:
            journal.leave_open(reason)
        return Verdict(State.NOT_CHECKED if open_reasons else State.PASSED, tuple(open_reasons))


def _revocations(ledger: Ledger) -> Mapping[str, datetime]:
    """Gives the earliest time since which each revoked key is not trusted."""
    since: dict[str, datetime] = {}
    for event in ledger.events.values():
        if event.action == "key-revoke" and event.key is not None:
            moment = parse_time(event.key["since"])
            since[event.key["id"]] = min(moment, since.get(event.key["id"], moment))
    return since


def _may_be_late(event: CustodyEvent, revoked: Mapping[str, datetime], outside: Outside) -> bool:
    """Whether no trusted token shows that evidence of a revoked key was committed before the revocation."""
    since = revoked.get(event.actor)
    if since is None or not may_commit_evidence(event):
        return False
    return not any(token.checkpoint >= event.seq and token.gen_time < since for token in outside.tokens)


def _vouched(ledger: Ledger, given: frozenset[str], late: set[int]) -> set[str]:
    """Follows the events that list keys, from the given keys on, over events that are not late and well signed."""
    adding = [e for e in ledger.events.values() if e.action == "key-add" and e.key is not None]
    adding = [e for e in adding if e.seq not in late and e.seq not in ledger.unsigned]
    vouched = set(given)
    while new := {e.key["id"] for e in adding if e.key and e.actor in vouched} - vouched:
        vouched |= new
    return vouched


def _report_unvouched(subject: Subject, ledger: Ledger, vouched: set[str]) -> None:
    reported: set[str] = set()
    for event in ledger.events.values():
        if event.actor not in vouched and event.actor not in reported:
            reported.add(event.actor)
            detail = f"no given key vouches for key {event.actor[:16]}, which signed this event"
            subject.report(DefectKind.UNVOUCHED_KEY, ledger.place(subject, event), detail)


def _report_damaged(subject: Subject, ledger: Ledger) -> None:
    damaged = ledger.unread + len(ledger.unsigned)
    if damaged:
        detail = f"{damaged} events cannot be read or are not signed by the key that they name"
        subject.report(DefectKind.UNVOUCHED_KEY, subject.place("ledger.jsonl"), detail)


def _judge_late(
    subject: Subject,
    ledger: Ledger,
    late: Iterable[CustodyEvent],
    revoked: Mapping[str, datetime],
    outside: Outside,
) -> list[str]:
    """Reports events of revoked keys where anchors were given; otherwise says why they could not be judged."""
    reasons: dict[str, str] = {}
    for event in late:
        since = revoked[event.actor].isoformat()
        if outside.has_anchors:
            detail = f"key {event.actor[:16]} was revoked since {since}; no trusted token shows the event to be older"
            subject.report(DefectKind.REVOKED_KEY, ledger.place(subject, event), detail)
        else:
            reasons[event.actor] = (
                f"key {event.actor[:16]} was revoked since {since}; without a trust anchor (--trust) "
                "it cannot be shown which of its events are older"
            )
    return list(reasons.values())
