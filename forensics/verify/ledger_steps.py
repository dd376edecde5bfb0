"""Steps about the ledger: its lines and their chain, keys and signatures, the case file, and pins from outside."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from forensics.codec import canonical, parse, parse_time
from forensics.custody.digest import sha256_hex
from forensics.custody.ledger import EVENT_PREFIX, ZERO_DIGEST, Head, read_line, signed_bytes
from forensics.custody.signing import verify_signature
from forensics.errors import CodecError
from forensics.model import CustodyEvent
from forensics.verify.result import DefectKind
from forensics.verify.subject import SMALL_FILE, RawLine, Subject, lines_of
from forensics.verify.tree import read_all

LEDGER = "ledger.jsonl"
CASE_FILE = "case.json"

_NO_EVIDENCE = frozenset(
    (
        *("open", "checkpoint", "time-proof", "report", "bundle", "exhibit", "erase", "recover"),
        *("key-add", "key-retire", "key-revoke", "access"),
    )
)
"""Actions that commit no evidence (docs/case-format.md, section 7)."""

_TEXTS = ("title", "reference", "examiner", "organisation")
_PATTERNS = {
    "id": re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "salt": re.compile(r"[0-9a-f]{32}"),
    "jurisdiction": re.compile("cn|us|eu|intl"),
    "language": re.compile("zh|en|fr"),
}


@dataclass(frozen=True, slots=True)
class Pin:
    """A ledger head that was noted somewhere else.

    Attributes:
        source: Where it comes from, for people.
    """

    head: Head
    source: str


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What `case.json` says; `version` is 0 and `id` empty where it cannot be read."""

    id: str = ""
    version: int = 0
    matches_ledger: bool = False


@dataclass
class Ledger:
    """What could be read of the ledger.

    Attributes:
        digests: Digest of each line, in order.
        events: Event number to event, for lines that have the form of one.
        lines: Event number to line number, from 1.
        spki: Key id to SubjectPublicKeyInfo (DER) of every key that an event lists.
        inactive: Key id to number of the event that retired or revoked it first.
        unsigned: Numbers of events whose signature does not hold.
        unread: How many lines have not the form of an event.
    """

    digests: list[str] = field(default_factory=list)
    events: dict[int, CustodyEvent] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)
    spki: dict[str, bytes] = field(default_factory=dict)
    inactive: dict[str, int] = field(default_factory=dict)
    unsigned: set[int] = field(default_factory=set)
    unread: int = 0

    @property
    def head(self) -> Head | None:
        """The last line."""
        return Head(len(self.digests) - 1, self.digests[-1]) if self.digests else None

    @property
    def root(self) -> str:
        """Evidence root: digest of the last checkpoint's line, empty where there is none."""
        checkpoints = [event for event in self.events.values() if event.action == "checkpoint"]
        return checkpoints[-1].line_sha256 if checkpoints else ""

    def is_active(self, key_id: str) -> bool:
        """Whether a key may sign after the last event."""
        return key_id in self.spki and key_id not in self.inactive

    def place(self, subject: Subject, event: CustodyEvent) -> str:
        """Names the place of an event."""
        return subject.place(LEDGER, line=self.lines[event.seq])


def may_commit_evidence(event: CustodyEvent) -> bool:
    """Whether an event may commit evidence; its action alone decides, whatever records it has or had."""
    return event.action not in _NO_EVIDENCE


def read_ledger(subject: Subject) -> Ledger:
    """Reads the ledger line by line; steps 5 and 6."""
    ledger = Ledger()
    journal = subject.journal
    with journal.step(6, "keys and signatures"), journal.step(5, "ledger: form, order and chain"):
        if not subject.has(LEDGER):
            subject.report(DefectKind.MISSING_FILE, subject.place(LEDGER), "the ledger is missing")
            return ledger
        if not subject.can_read(LEDGER):
            return ledger
        reader = _Reader(subject, ledger)
        for line in lines_of(subject, LEDGER):
            reader.take(line)
        if not ledger.digests:
            subject.report(DefectKind.MALFORMED_EVENT, subject.place(LEDGER), "the ledger has no event")
        journal.say(f"{len(ledger.digests)} events")
    return ledger


class _Reader:
    """Takes ledger lines in order. After a defect it goes on as if that line were right, to find the next one."""

    def __init__(self, subject: Subject, ledger: Ledger) -> None:
        self._subject, self._ledger = subject, ledger
        self._prev, self._expected = ZERO_DIGEST, 0

    def take(self, line: RawLine) -> None:
        where = self._subject.place(LEDGER, line=line.number)
        if not line.has_line_feed:
            self._subject.journal.remain(where, "the last line has no line feed: it was not committed")
            return
        digest = sha256_hex(line.data)
        self._ledger.digests.append(digest)
        event, value = self._read(line, where)
        if event is None:
            self._ledger.unread += 1
        else:
            message = _signed_bytes(line.data, event, value)
            event = dataclasses.replace(event, line_sha256=digest)
            self._check_order(event, where)
            self._check_key_and_signature(event, message, where)
            if event.seq not in self._ledger.events:
                self._ledger.events[event.seq], self._ledger.lines[event.seq] = event, line.number
        self._expected = (event.seq if event is not None else self._expected) + 1
        self._prev = digest

    def _read(self, line: RawLine, where: str) -> tuple[CustodyEvent | None, Mapping[str, Any]]:
        report = self._subject.report
        if line.is_too_long:
            report(DefectKind.MALFORMED_EVENT, where, "the line is too long for an event")
            return None, {}
        try:
            return read_line(line.data)
        except CodecError as strict:
            reason = str(strict)
        try:
            event, value = read_line(canonical(parse(line.data)))
        except CodecError:
            report(DefectKind.MALFORMED_EVENT, where, reason)
            return None, {}
        report(DefectKind.NOT_CANONICAL, where, reason)
        return event, value

    def _check_order(self, event: CustodyEvent, where: str) -> None:
        report = self._subject.report
        if event.seq != self._expected:
            report(DefectKind.WRONG_SEQUENCE, where, f"event {event.seq} stands where event {self._expected} belongs")
        if event.prev != self._prev:
            report(DefectKind.BROKEN_CHAIN, where, "its prev is not the digest of the line before")
        if (event.action == "open") != (event.seq == 0):
            report(DefectKind.MALFORMED_EVENT, where, "event 0 must be the one event with action open")

    def _check_key_and_signature(self, event: CustodyEvent, message: bytes, where: str) -> None:
        with self._subject.journal.step(6, "keys and signatures"):
            if event.seq == 0 and event.key is not None:
                self._take_key(event, where)
            if why := self._why_not_active(event):
                self._subject.report(DefectKind.KEY_NOT_ACTIVE, where, why)
            spki = self._ledger.spki.get(event.actor)
            if spki is None or not verify_signature(spki, signature=bytes.fromhex(event.sig), message=message):
                self._ledger.unsigned.add(event.seq)
                self._subject.report(DefectKind.BAD_SIGNATURE, where, f"not signed by key {event.actor[:16]}")
            if event.seq != 0 and event.key is not None:
                self._take_key(event, where)

    def _why_not_active(self, event: CustodyEvent) -> str:
        if event.actor not in self._ledger.spki:
            return f"no earlier event lists key {event.actor[:16]}"
        if event.actor in self._ledger.inactive:
            return f"event {self._ledger.inactive[event.actor]} retired or revoked key {event.actor[:16]}"
        return ""

    def _take_key(self, event: CustodyEvent, where: str) -> None:
        key, ledger = event.key or {}, self._ledger
        if "spki" in key:
            if key["id"] in ledger.spki:
                self._subject.report(DefectKind.MALFORMED_EVENT, where, "it lists a key that is listed already")
            ledger.spki.setdefault(key["id"], bytes.fromhex(key["spki"]))
        elif key["id"] not in ledger.spki:
            self._subject.report(DefectKind.KEY_NOT_ACTIVE, where, f"{event.action} of a key that is not listed")
        else:
            ledger.inactive.setdefault(key["id"], event.seq)
            if not any(ledger.is_active(each) for each in ledger.spki):
                self._subject.report(DefectKind.KEY_NOT_ACTIVE, where, "no active key is left")


def _signed_bytes(line: bytes, event: CustodyEvent, value: Mapping[str, Any]) -> bytes:
    """Takes `sig` out of a line that is canonical, which is cheaper than encoding the event again.

    Quotation marks within strings are escaped, so the member cannot be taken for anything else.
    """
    member = b'"sig":"' + event.sig.encode() + b'",'
    if sha256_hex(line) == event.line_sha256 and line.count(member) == 1:
        return EVENT_PREFIX + line.replace(member, b"")
    return signed_bytes(value)


def check_case_file(subject: Subject, ledger: Ledger) -> CaseFile:
    """Compares `case.json` with event 0 and reads it; step 4."""
    with subject.journal.step(4, "case file"):
        where = subject.place(CASE_FILE)
        if not subject.can_read(CASE_FILE):
            if not subject.has(CASE_FILE):
                subject.report(DefectKind.MISSING_FILE, where, "case.json is missing")
            return CaseFile()
        try:
            raw = read_all(subject.tree, CASE_FILE, limit=SMALL_FILE)
        except OSError as error:
            subject.report(DefectKind.UNREADABLE_FILE, where, f"cannot be read: {error.strerror}")
            return CaseFile()
        opening = ledger.events.get(0)
        matches = opening is not None and opening.case == hashlib.sha256(raw).hexdigest()
        if not matches:
            subject.report(DefectKind.CASE_DIGEST, where, "its SHA-256 is not the one in event 0 of the ledger")
        return dataclasses.replace(_read_case(subject, raw, where), matches_ledger=matches)


def _read_case(subject: Subject, raw: bytes, where: str) -> CaseFile:
    try:
        value = parse(raw)
        if not isinstance(value, dict):
            raise CodecError("not a JSON object")  # noqa: TRY301 - one place turns all of these into a defect
        if canonical(value) + b"\n" != raw:
            subject.report(DefectKind.NOT_CANONICAL, where, "not one canonical line")
        version, name = value.get("format_version"), value.get("id")
        known = CaseFile(name if isinstance(name, str) else "", version if type(version) is int else 0)
        if known.version > 1:
            return known
        _check_members(value)
    except CodecError as error:
        subject.report(DefectKind.MALFORMED_CASE, where, str(error))
        return CaseFile()
    return known


def _check_members(value: Mapping[str, Any]) -> None:
    if set(value) != {"format_version", "opened_at", *_TEXTS, *_PATTERNS}:
        raise CodecError("it has not exactly the members that the format names")
    if type(value.get("format_version")) is not int or value["format_version"] != 1:
        raise CodecError("format_version is not a version")
    for name in _TEXTS:
        if not isinstance(value.get(name), str):
            raise CodecError(f"{name} is not a text")
    for name, pattern in _PATTERNS.items():
        if not (isinstance(value.get(name), str) and pattern.fullmatch(value[name])):
            raise CodecError(f"{name} has not the form that the format demands")
    parse_time(str(value.get("opened_at")))


def check_pins(subject: Subject, ledger: Ledger, pins: Iterable[Pin]) -> bool:
    """Compares the ledger with heads noted elsewhere; step 7.

    Returns:
        Whether any pin could be compared.
    """
    journal, compared = subject.journal, 0
    with journal.step(7, "pins"):
        for pin in pins:
            if subject.is_packet and pin.head.seq >= len(ledger.digests):
                journal.note(f"{pin.source} is of event {pin.head.seq}, which is later than this packet; not compared.")
                continue
            compared += 1
            _check_pin(subject, ledger, pin)
        if compared:
            journal.say(f"{compared} compared")
        else:
            journal.leave_open("no pin from outside")
    return compared > 0


def _check_pin(subject: Subject, ledger: Ledger, pin: Pin) -> None:
    seq = pin.head.seq
    where = subject.place(LEDGER, line=seq + 1)
    if seq >= len(ledger.digests):
        detail = f"{pin.source} says that there is an event {seq}, but the ledger ends with {len(ledger.digests) - 1}"
        subject.report(DefectKind.PIN_MISMATCH, where, detail)
    elif ledger.digests[seq] != pin.head.digest:
        subject.report(DefectKind.PIN_MISMATCH, where, f"{pin.source} has another digest for event {seq}")
