"""The step about trusted time: tokens over checkpoints, and the times between which events must lie."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from forensics.custody.tokens import MAX_RESPONSE, Token, TokenCheck, check
from forensics.model import CustodyEvent
from forensics.verify.contents import Contents, NamedProof
from forensics.verify.ledger_steps import Ledger, may_commit_evidence
from forensics.verify.result import Answer, DefectKind, State, Verdict
from forensics.verify.subject import Subject
from forensics.verify.tree import read_all

_SLACK_S = 1.0
"""What every bracket is widened by in any case, in seconds (docs/case-format.md, section 7)."""

_WIDEST_S = 86400.0
"""What a bracket is widened by at most, in seconds: a clock that was off by more says nothing (the same section)."""

_LISTED = 10

_MICROSECOND_S = 1e-6
"""Smallest part of an accuracy (RFC 3161, section 2.4.2)."""

_CRL_LIMIT = 64 << 20
_CERTIFICATE_LIMIT = 1 << 20
"""Largest certificate in bytes that is read. Measured: those of authorities have 1 to 3 kB."""


@dataclass(frozen=True, slots=True)
class TrustedToken:
    """A token that holds and chains to a given anchor.

    Attributes:
        checkpoint: Number of the event that it is over.
        recorded: Number of the event that commits it.
        accuracy_s: Its accuracy in seconds, 0 where it states none.
        difference_s: Difference between genTime and the machine's clock at its receipt, in seconds.
    """

    checkpoint: int
    recorded: int
    gen_time: datetime
    accuracy_s: float
    difference_s: float


@dataclass(frozen=True, slots=True)
class TimeResult:
    """What the step found: its verdict and the tokens that hold."""

    verdict: Verdict
    tokens: tuple[TrustedToken, ...] = ()


def check_time(subject: Subject, ledger: Ledger, contents: Contents, *, anchors: Sequence[bytes]) -> TimeResult:
    """Checks all tokens against trust anchors from outside, and the times of events against the tokens; step 14."""
    journal = subject.journal
    with journal.step(14, "trusted time", Answer.TIME):
        checked = [(proof, _check_proof(subject, ledger, proof, anchors)) for proof in contents.proofs]
        tokens = tuple(t for proof, result in checked if (t := _trusted(proof, result)) is not None)
        unclear: list[str] = []
        if anchors:
            _report_untrusted(subject, checked, has_trusted=bool(tokens))
            unclear = _check_brackets(subject, ledger, contents, tokens)
        reasons = (*_reasons_open(ledger, contents, anchors=anchors, tokens=tokens), *unclear)
        if journal.failed(Answer.TIME):
            return TimeResult(Verdict(State.FAILED), tokens)
        for reason in reasons:
            journal.leave_open(reason)
        journal.say(f"{len(tokens)} of {len(checked)} tokens trusted")
        if tokens:
            _say_how_far(subject, ledger, tokens)
        return TimeResult(Verdict(State.NOT_CHECKED if reasons else State.PASSED, reasons), tokens)


def _check_proof(subject: Subject, ledger: Ledger, proof: NamedProof, anchors: Sequence[bytes]) -> TokenCheck | None:
    """Checks one token; None where it fails or cannot be read, which is reported."""
    checkpoint = ledger.events.get(proof.checkpoint)
    if checkpoint is None or checkpoint.action != "checkpoint" or proof.checkpoint >= proof.seq:
        detail = f"event {proof.checkpoint} is no checkpoint before event {proof.seq}"
        subject.report(DefectKind.TOKEN_MISMATCH, proof.place, detail)
        return None
    path = f"proofs/{proof.token}.tsr"
    response = _read(subject, path, limit=MAX_RESPONSE)
    if response is None:
        if anchors:
            subject.report(DefectKind.BAD_TOKEN, proof.place, "the token cannot be read")
        return None
    lists = [_read(subject, f"proofs/{digest}.crl", limit=_CRL_LIMIT) for digest in proof.revocation]
    crls = [each for each in lists if each is not None]
    kept = tuple(_certificates(subject, proof))
    digest = bytes.fromhex(checkpoint.line_sha256)
    result = check(response, digest=digest, anchors=anchors, certificates=kept, crls=crls)
    failures = {name: why for name, why in result.failures.items() if name != "chain"}
    if failures or result.token is None:
        why = "; ".join(failures.values()) or "the response cannot be read"
        subject.report(DefectKind.BAD_TOKEN, subject.place(path), f"{why} (token of {proof.place})")
        return None
    if not _agree(proof, result.token):
        subject.report(DefectKind.TOKEN_MISMATCH, proof.place, "gen_time or accuracy_s is not that of the token")
        return None
    return result


def _certificates(subject: Subject, proof: NamedProof) -> Iterator[bytes]:
    """Reads the certificates kept beside a token, which may link it to an anchor and never are one."""
    for digest in dict.fromkeys(proof.certificates):
        path = f"proofs/{digest}.cer"
        entry = subject.tree.listing.entries.get(path)
        if entry is not None and entry.size <= _CERTIFICATE_LIMIT:
            data = _read(subject, path, limit=_CERTIFICATE_LIMIT)
            if data is not None:
                yield data


def _agree(proof: NamedProof, token: Token) -> bool:
    """Whether a record says of a token what the token says."""
    accuracies = (proof.accuracy_s, token.accuracy_s)
    if None in accuracies:
        return accuracies == (None, None) and proof.gen_time == token.gen_time
    is_as_accurate = abs((proof.accuracy_s or 0.0) - (token.accuracy_s or 0.0)) < _MICROSECOND_S
    return is_as_accurate and proof.gen_time == token.gen_time


def _read(subject: Subject, path: str, *, limit: int) -> bytes | None:
    """Reads a file in `proofs/`; None where that is not possible, which step 12 reports."""
    if not subject.can_read(path):
        return None
    try:
        return read_all(subject.tree, path, limit=limit)
    except OSError as error:
        detail = f"cannot be read: {error.strerror or error}"
        subject.report(DefectKind.BAD_TOKEN, subject.place(path), detail)
        return None


def _trusted(proof: NamedProof, result: TokenCheck | None) -> TrustedToken | None:
    if result is None or result.token is None or not result.is_trusted:
        return None
    token = result.token
    difference = abs((proof.received_at - token.gen_time).total_seconds())
    return TrustedToken(proof.checkpoint, proof.seq, token.gen_time, token.accuracy_s or 0.0, difference)


def _report_untrusted(
    subject: Subject, checked: Iterable[tuple[NamedProof, TokenCheck | None]], *, has_trusted: bool
) -> None:
    """Notes tokens that no given anchor vouches for; where there is no other, that is a defect."""
    for proof, result in checked:
        if result is None or result.is_trusted:
            continue
        why = "; ".join(f"{name}: {what}" for name, what in result.checks.items() if name == "chain")
        if has_trusted:
            subject.journal.note(f"A token was not counted ({proof.place}); {why}.")
        else:
            subject.report(DefectKind.UNTRUSTED_TOKEN, subject.place(f"proofs/{proof.token}.tsr"), why)


def _reasons_open(
    ledger: Ledger, contents: Contents, *, anchors: Sequence[bytes], tokens: Sequence[TrustedToken]
) -> Iterable[str]:
    if not contents.proofs:
        yield "there is no time-stamp token"
    elif not anchors:
        yield "no trust anchor was given (--trust), so no token could be checked to its end"
    else:
        last = max((token.checkpoint for token in tokens), default=-1)
        for event in ledger.events.values():
            if event.seq > last and may_commit_evidence(event):
                yield f"event {event.seq} ({event.action}) comes after the last trusted token"


def _say_how_far(subject: Subject, ledger: Ledger, tokens: Sequence[TrustedToken]) -> None:
    """Names the last checkpoint that a trusted token covers, and what follows it."""
    last = max(token.checkpoint for token in tokens)
    subject.journal.say(f"proven through event {last}")
    after = [event for event in ledger.events.values() if event.seq > last and event.action != "time-proof"]
    if after:
        listed = ", ".join(f"{event.seq} ({event.action})" for event in after[:_LISTED])
        more = " …" if len(after) > _LISTED else ""
        subject.journal.note(f"Time is proven through event {last}. No trusted token covers event {listed}{more}.")


class _Differences:
    """The largest clock difference that records of a range of events hold, in seconds; each range is looked up once."""

    def __init__(self, offsets: Mapping[int, float]) -> None:
        self._offsets = sorted(offsets.items())
        self._known: dict[tuple[int, int], float] = {}

    def between(self, first: int, last: int) -> float:
        """Gives the largest one from event `first` to event `last`; 0 where there is none."""
        if (first, last) not in self._known:
            start, end = bisect_left(self._offsets, (first, -1.0)), bisect_left(self._offsets, (last + 1, -1.0))
            self._known[first, last] = max((offset for _, offset in self._offsets[start:end]), default=0.0)
        return self._known[first, last]


@dataclass(frozen=True, slots=True)
class _Bracket:
    """The trusted tokens around an event, and how far the clock was off near them, in seconds."""

    earliest: TrustedToken | None
    latest: TrustedToken | None
    near_s: float

    def fault(self, at: datetime) -> str:
        """Says how a time misses the bracket; empty where it does not."""
        low, high = self.earliest, self.latest
        if low is not None and (low.gen_time - at).total_seconds() > self._width_s(low):
            return f"at is earlier than the token over checkpoint {low.checkpoint}, which was recorded before"
        if high is not None and (at - high.gen_time).total_seconds() > self._width_s(high):
            return f"at is later than the token over checkpoint {high.checkpoint}, which covers the event"
        return ""

    def _width_s(self, token: TrustedToken) -> float:
        return min(_SLACK_S + token.accuracy_s + max(token.difference_s, self.near_s), _WIDEST_S)


def _check_brackets(subject: Subject, ledger: Ledger, contents: Contents, tokens: Sequence[TrustedToken]) -> list[str]:
    """Compares the time of every event with the tokens around it; gives the reasons why some cannot be judged."""
    unclear: list[str] = []
    bare = sorted(seq for seq, _ in contents.bare)
    differences, end = _Differences(contents.offsets), max(ledger.events, default=0)
    for event, earliest, latest in _around(ledger, tokens):
        first, last = earliest.checkpoint if earliest else 0, latest.recorded if latest else end
        fault = _Bracket(earliest, latest, differences.between(first, last)).fault(event.at)
        if not fault:
            continue
        if bisect_left(bare, first) < bisect_right(bare, last):
            unclear.append(f"event {event.seq}: {fault}; clock checks near it may be withheld or erased")
        else:
            subject.report(DefectKind.OUTSIDE_BRACKET, ledger.place(subject, event), fault)
    return unclear


def _around(
    ledger: Ledger, tokens: Sequence[TrustedToken]
) -> Iterator[tuple[CustodyEvent, TrustedToken | None, TrustedToken | None]]:
    """Gives each event with the last token recorded before it and the earliest one over it or a later checkpoint."""
    # Only a token that was recorded before shows that an event is later: one may come long after its checkpoint.
    recorded = sorted(tokens, key=lambda token: (token.recorded, token.gen_time), reverse=True)
    covering = sorted(tokens, key=lambda token: token.checkpoint)
    for place in range(len(covering) - 2, -1, -1):
        covering[place] = min(covering[place], covering[place + 1], key=lambda token: token.gen_time)
    checkpoints = sorted(token.checkpoint for token in tokens)
    earliest: TrustedToken | None = None
    for seq in sorted(ledger.events):
        while recorded and recorded[-1].recorded < seq:
            earliest = recorded.pop()
        at = bisect_left(checkpoints, seq)
        yield ledger.events[seq], earliest, covering[at] if at < len(covering) else None
