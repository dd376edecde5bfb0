"""The argument about a single PDF that was handed over without its case: its digest, its seals, time, and signer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forensics.codec import format_time
from forensics.custody import chain, tokens
from forensics.custody.digest import sha256_hex
from forensics.errors import UsageError
from forensics.verify.result import Answer, Counts, DefectKind, Journal, State, Verdict, Verification
from forensics.verify.seal import MARK, Found, Seal, read_seals

FILE_LIMIT = 512 << 20
"""Largest file in bytes that is read, because a PDF is read as a whole."""

NO_SEAL = "the file has no seal, so nothing in it shows whether it was changed"
NO_TRUST = "no certificate was given from outside (--trust), so anyone could have made the seal"
_NO_STAMP = "the seal has no time-stamp: its time is what the signer's own clock said"
_NO_STAMP_TRUST = "no trust anchor was given (--trust), so no token could be checked to its end"
_NONE = "there is no seal"
_NAMESAKE = "a certificate given has this name and another key"
_NOT_OLDER = "no trusted time-stamp shows the seal to be of that time"
_REVOCATION = "Whether the signer's certificate was revoked is not looked up; ask the authority that issued it."
_NOT_TRUTH = "A seal shows that the file was not changed since, and whose key made it; not that what it says is true."
_KNOWN = "The digest is compared with the records of the packet; verify the packet by itself."


@dataclass(frozen=True, slots=True)
class Outside:
    """What the person who verifies brings along.

    Attributes:
        anchors: Certificates (DER) of time-stamp authorities and of signers or those who issued their certificates.
        known: SHA-256 of outputs that packets of the case name; None where no packet was given.
    """

    anchors: tuple[bytes, ...] = ()
    known: Collection[str] | None = None


def is_pdf(path: Path) -> bool:
    """Whether a path leads to a regular file that begins as a PDF does; a pipe is never opened, which would wait."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as stream:
            return stream.read(len(MARK)) == MARK
    except (OSError, ValueError):
        return False


def verify_pdf(path: Path, outside: Outside) -> Verification:
    """Checks a single PDF, in five steps.

    Raises:
        UsageError: The file cannot be read.
    """
    data = _read(path)
    journal = Journal(remains_are_defects=True)
    sha256 = sha256_hex(data)
    is_known = outside.known is not None and sha256 in outside.known
    found = read_seals(data)
    with journal.step(1, "digest"):
        journal.say(f"SHA-256 {sha256}")
        _check_known(journal, sha256, outside.known, name=path.name)
    with journal.step(2, "seals"):
        _check_seals(journal, found, is_known=is_known)
    with journal.step(3, "nothing after the seal"):
        _check_end(journal, found, is_known=is_known)
    times = _check_time(journal, found, outside)
    _check_signers(journal, found, outside, times)
    if outside.known is not None:
        journal.note(_KNOWN)
    if found.seals:
        journal.note(_REVOCATION)
    journal.note(_NOT_TRUTH)
    seals = [_told(seal, at) for seal, at in zip(found.seals, times, strict=True)]
    return _concluded(journal, path, sha256=sha256, size=len(data), seals=seals)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(FILE_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="Check the path.") from error
    if len(data) > FILE_LIMIT:
        raise UsageError(
            f"{path} is larger than the {FILE_LIMIT >> 20} MiB that are read", hint="Check its seal by itself."
        )
    return data


def _check_known(journal: Journal, sha256: str, known: Collection[str] | None, *, name: str) -> None:
    if known is None:
        journal.say("not compared with any packet (--against)")
    elif sha256 in known:
        journal.say("a packet given names this file")
    else:
        journal.report(DefectKind.UNKNOWN_OUTPUT, name, "no packet given names a file with this SHA-256")


def _check_seals(journal: Journal, found: Found, *, is_known: bool) -> None:
    for fault in found.faults:
        journal.report(DefectKind.BROKEN_SEAL, "file", fault)
    for number, seal in enumerate(found.seals):
        for index, fault in enumerate(seal.faults):
            journal.report(DefectKind.BROKEN_SEAL, _place(seal, number, index), fault)
        for reason in seal.open:
            journal.leave_open(reason)
    for reason in found.open:
        journal.leave_open(reason)
    if not found.seals and not found.faults and not found.open:
        journal.say(NO_SEAL) if is_known else journal.leave_open(NO_SEAL)
    journal.say(f"{len(found.seals)} seals")


def _place(seal: Seal, number: int, index: int = 0) -> str:
    """Names a seal, and one of several faults of it, because one kind of defect counts once at a place."""
    name = f"seal {number + 1} ({seal.name})"
    return f"{name}, fault {index + 1}" if index else name


def _check_end(journal: Journal, found: Found, *, is_known: bool) -> None:
    for number, seal in enumerate(found.seals):
        if seal.changed:
            journal.report(DefectKind.CHANGED_AFTER_SEAL, _place(seal, number), seal.changed)
    if not found.seals and not is_known:
        journal.leave_open(_NONE)
    elif found.seals and not any(seal.covers_all for seal in found.seals) and not journal.failed(Answer.INTACT):
        journal.leave_open("no seal covers the whole file")


def _check_time(journal: Journal, found: Found, outside: Outside) -> list[datetime | None]:
    """Checks the time-stamps in the seals as those of a case are checked; gives the time of each that is trusted."""
    with journal.step(4, "trusted time", Answer.TIME):
        times = [_time_of(journal, seal, number, outside.anchors) for number, seal in enumerate(found.seals)]
        if not any(seal.stamp for seal in found.seals):
            journal.leave_open(_NO_STAMP if found.seals else _NONE)
        for at in times:
            if at is not None:
                journal.say(f"sealed no later than {format_time(at)}")
        return times


def _time_of(journal: Journal, seal: Seal, number: int, anchors: Sequence[bytes]) -> datetime | None:
    """Judges one time-stamp; None where there is none, or where it does not hold or nobody vouches for it."""
    if seal.stamp is None:
        return None
    check = tokens.check(seal.stamp.response, digest=seal.stamp.digest, anchors=anchors)
    if check.token is not None and check.token.imprint_algorithm != "sha256":
        journal.leave_open(f"the time-stamp is over a digest by {check.token.imprint_algorithm}, which is not compared")
        return None
    failures = {name: why for name, why in check.failures.items() if name != "chain"}
    if failures or check.token is None:
        why = "; ".join(failures.values()) or "the token cannot be read"
        journal.report(DefectKind.BAD_TOKEN, _place(seal, number), why)
    elif check.is_trusted:
        return check.token.gen_time
    elif not anchors:
        journal.leave_open(_NO_STAMP_TRUST)
    elif _has_namesake(check.certificates, anchors):
        journal.report(DefectKind.UNTRUSTED_TOKEN, _place(seal, number), f"{check.checks['chain']}; {_NAMESAKE}")
    else:
        open_parts = {name: why for name, why in check.unchecked.items() if name == "signature"}
        journal.leave_open("; ".join(open_parts.values()) or "no certificate given vouches for the time-stamp")
    return None


def _has_namesake(certificates: Sequence[bytes], anchors: Sequence[bytes]) -> bool:
    """Whether a certificate given has the name of one at hand, or of its issuer, although it does not vouch for it.

    Certificates that are given may be those of authorities, of signers, or of both, so one that vouches for nothing
    here shows nothing. One with the same name and another key does.
    """
    given = {anchor.subject for anchor in chain.readable(anchors)}
    names = {name for each in chain.readable(certificates) for name in (each.subject, each.issuer)}
    return bool(given & names)


def _check_signers(journal: Journal, found: Found, outside: Outside, times: Sequence[datetime | None]) -> None:
    """Follows each signer's certificate to one that was given from outside."""
    signed = [(seal, at) for seal, at in zip(found.seals, times, strict=True) if not seal.is_time_stamp]
    with journal.step(5, "attribution", Answer.ATTRIBUTION):
        if not signed:
            journal.leave_open("there is no seal of a person or organisation")
        for number, (seal, at) in enumerate(signed):
            if seal.faults:
                journal.leave_open("the seal does not hold, so it shows nothing about its signer")
            elif not outside.anchors:
                journal.leave_open(f"{NO_TRUST}; it says to be by {seal.signer}")
            else:
                _check_signer(journal, seal, _place(seal, number), anchors=outside.anchors, stamped_at=at)


def _check_signer(
    journal: Journal, seal: Seal, place: str, *, anchors: Sequence[bytes], stamped_at: datetime | None
) -> None:
    """Judges one signer as of a trusted time, otherwise as of now.

    Source: ETSI EN 319 102-1, clause 5.2.6 (certificates are judged at the best time that is known of a signature).
    """
    leaf, given, others = (chain.readable(each) for each in ([seal.certificate], anchors, seal.others))
    at = stamped_at or datetime.now(UTC)
    first, last = leaf[0].not_valid_before_utc, leaf[0].not_valid_after_utc
    path = chain.find_path(leaf[0], others=others, anchors=given, at=at)
    if path.certificates:
        journal.say(f"sealed by {seal.signer}, for whom a certificate given vouches")
    elif stamped_at and not first <= at <= last:
        detail = f"the signer's certificate, valid from {first:%Y-%m-%d} to {last:%Y-%m-%d}, was not valid at that time"
        journal.report(DefectKind.UNTRUSTED_SIGNER, place, detail)
    elif not first <= at <= last:
        journal.leave_open(f"the signer's certificate is valid from {first:%Y-%m-%d} to {last:%Y-%m-%d}; {_NOT_OLDER}")
    elif _has_namesake([seal.certificate, *seal.others], anchors):
        why = path.fault.replace("genTime", "the time that counts").replace("the token", "the seal")
        journal.report(DefectKind.UNTRUSTED_SIGNER, place, f"{why}; {_NAMESAKE}")
    else:
        journal.leave_open(f"no certificate given vouches for the signer, who says to be {seal.signer}")


def _told(seal: Seal, stamped_at: datetime | None) -> Mapping[str, Any]:
    """Gives what --json prints of a seal."""
    return {
        "name": seal.name,
        "kind": "time-stamp" if seal.is_time_stamp else "signature",
        "level": seal.level,
        "signer": seal.signer,
        "fingerprint": seal.fingerprint,
        "claimed_at": None if seal.claimed_at is None else format_time(seal.claimed_at),
        "stamped_at": None if stamped_at is None else format_time(stamped_at),
        "reason": seal.reason,
        "covers_all": seal.covers_all,
        "forbids_changes": seal.forbids_changes,
    }


def _concluded(
    journal: Journal, path: Path, *, sha256: str, size: int, seals: Sequence[Mapping[str, Any]]
) -> Verification:
    steps = journal.steps()
    verdicts = {}
    for answer in Answer:
        own = [step for step in steps if step.answer is answer]
        states = {step.state for step in own}
        state = next((one for one in (State.FAILED, State.NOT_CHECKED) if one in states), State.PASSED)
        faults = [f"{d.kind.value}: {d.where}" for number, d in journal.defects if steps[number - 1].answer is answer]
        open_reasons = [step.detail for step in own if step.state is State.NOT_CHECKED]
        verdicts[answer] = Verdict(state, tuple(faults) if state is State.FAILED else tuple(open_reasons))
    return Verification(
        path=str(path),
        kind="pdf",
        case_id="",
        intact=verdicts[Answer.INTACT],
        time=verdicts[Answer.TIME],
        attribution=verdicts[Answer.ATTRIBUTION],
        steps=steps,
        defects=tuple(defect for _, defect in journal.defects),
        remains=(),
        notes=tuple(journal.notes),
        head=None,
        root="",
        counts=Counts(size=size),
        withheld=(),
        erased={},
        sha256=sha256,
        seals=tuple(seals),
    )
