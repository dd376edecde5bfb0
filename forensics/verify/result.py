"""What a verification says: three answers, numbered steps, and every defect with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from forensics.custody.ledger import Head

DEFECT_LIMIT = 10_000
"""Most defects that are kept; further ones are counted, so that a hostile case cannot fill the memory."""

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class State(StrEnum):
    """What a check came to."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"


class Answer(StrEnum):
    """The three questions that stay apart (docs/case-format.md, section 12)."""

    INTACT = "intact"
    TIME = "time"
    ATTRIBUTION = "attribution"


class DefectKind(StrEnum):
    """What can be wrong; the names are stable."""

    UNREADABLE_FILE = "unreadable-file"
    UNDECLARED_FILE = "undeclared-file"
    MISSING_FILE = "missing-file"
    FORBIDDEN_FILE_TYPE = "forbidden-file-type"
    AMBIGUOUS_NAME = "ambiguous-name"
    ARCHIVE_STRUCTURE = "archive-structure"
    ARCHIVE_NAME = "archive-name"
    ARCHIVE_DUPLICATE = "archive-duplicate"
    ARCHIVE_BOMB = "archive-bomb"
    NOT_CANONICAL = "not-canonical"
    MALFORMED_CASE = "malformed-case"
    MALFORMED_EVENT = "malformed-event"
    MALFORMED_RECORD = "malformed-record"
    CASE_DIGEST = "case-digest"
    WRONG_SEQUENCE = "wrong-sequence"
    BROKEN_CHAIN = "broken-chain"
    BAD_SIGNATURE = "bad-signature"
    KEY_NOT_ACTIVE = "key-not-active"
    PIN_MISMATCH = "pin-mismatch"
    RECORD_COUNT = "record-count"
    RECORD_ROOT = "record-root"
    BARE_LEAF = "bare-leaf"
    BLOB_DIGEST = "blob-digest"
    DANGLING_REFERENCE = "dangling-reference"
    OUTPUT_DIGEST = "output-digest"
    PROOF_DIGEST = "proof-digest"
    UNCOMMITTED_REMAINS = "uncommitted-remains"
    BAG_DECLARATION = "bag-declaration"
    BAD_MANIFEST = "bad-manifest"
    MANIFEST_DIGEST = "manifest-digest"
    PAYLOAD_OXUM = "payload-oxum"
    PACKET_STATEMENT = "packet-statement"
    PACKET_SIGNATURE = "packet-signature"
    BAD_TOKEN = "bad-token"  # noqa: S105 - the name of a defect
    UNTRUSTED_TOKEN = "untrusted-token"  # noqa: S105 - the name of a defect
    TOKEN_MISMATCH = "token-mismatch"  # noqa: S105 - the name of a defect
    OUTSIDE_BRACKET = "outside-bracket"
    UNVOUCHED_KEY = "unvouched-key"
    REVOKED_KEY = "revoked-key"
    BROKEN_SEAL = "broken-seal"
    CHANGED_AFTER_SEAL = "changed-after-seal"
    MISSING_SEAL = "missing-seal"
    UNTRUSTED_SIGNER = "untrusted-signer"
    UNKNOWN_OUTPUT = "unknown-output"


DIGEST_KINDS = frozenset(
    {
        DefectKind.UNREADABLE_FILE,
        DefectKind.MISSING_FILE,
        DefectKind.FORBIDDEN_FILE_TYPE,
        DefectKind.ARCHIVE_STRUCTURE,
        DefectKind.ARCHIVE_NAME,
        DefectKind.ARCHIVE_DUPLICATE,
        DefectKind.ARCHIVE_BOMB,
        DefectKind.CASE_DIGEST,
        DefectKind.BROKEN_CHAIN,
        DefectKind.BAD_SIGNATURE,
        DefectKind.PIN_MISMATCH,
        DefectKind.RECORD_ROOT,
        DefectKind.BLOB_DIGEST,
        DefectKind.PROOF_DIGEST,
        DefectKind.MANIFEST_DIGEST,
        DefectKind.PACKET_SIGNATURE,
        DefectKind.PACKET_STATEMENT,
    }
)
"""Defects that hold whatever version of the format a case has: digests are checked before the version is judged."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong.

    Attributes:
        where: Path in the case or packet, with `:LINE` and `(SEQ/INDEX)` where there is one.
        detail: What is wrong there, as a sentence for people.
    """

    kind: DefectKind
    where: str
    detail: str


@dataclass(frozen=True, slots=True)
class Remain:
    """Something that an interrupted run left and that no event commits; not a defect of a case."""

    where: str
    detail: str


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered step of the argument."""

    number: int
    name: str
    answer: Answer
    state: State
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One of the three answers with its reasons."""

    state: State
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there was to check; `size` in bytes."""

    events: int = 0
    records: int = 0
    blobs: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found out about one case, packet or document.

    Attributes:
        kind: `case`, `packet` or `pdf`.
        case_id: The case's id; empty where it cannot be read.
        head: The last event, or None where the ledger has none.
        root: Evidence root at the head: digest of the last checkpoint's line; empty where there is none.
        withheld: SHA-256 of blobs and references of records that the packet leaves out.
        erased: Reference of each erased record, to the number of the event that erased it.
        notes: What a reader must know to understand the answers.
        sha256: SHA-256 of the document; empty for a case or packet.
        seals: What each seal of the document says; empty for a case or packet.
    """

    path: str
    kind: str
    case_id: str
    intact: Verdict
    time: Verdict
    attribution: Verdict
    steps: tuple[Step, ...]
    defects: tuple[Defect, ...]
    remains: tuple[Remain, ...]
    notes: tuple[str, ...]
    head: Head | None
    root: str
    counts: Counts
    withheld: tuple[str, ...]
    erased: Mapping[str, int]
    sha256: str = ""
    seals: tuple[Mapping[str, Any], ...] = ()

    @property
    def exit_code(self) -> int:
        """10 where an answer failed, 3 where one was not checked or something uncommitted remains, otherwise 0."""
        states = {self.intact.state, self.time.state, self.attribution.state}
        if State.FAILED in states:
            return 10
        return 3 if State.NOT_CHECKED in states or self.remains else 0


def to_json(verification: Verification) -> dict[str, Any]:
    """Gives what `verify --json` prints."""
    answers = {answer.value: getattr(verification, answer.value) for answer in Answer}
    counts = verification.counts
    return {
        "path": verification.path,
        "kind": verification.kind,
        "case": verification.case_id,
        **{name: verdict.state.value for name, verdict in answers.items()},
        "reasons": {name: list(verdict.reasons) for name, verdict in answers.items()},
        "defects": [{"kind": d.kind.value, "where": d.where, "detail": d.detail} for d in verification.defects],
        "remains": [{"where": remain.where, "detail": remain.detail} for remain in verification.remains],
        "steps": [
            {"number": s.number, "name": s.name, "answer": s.answer.value, "state": s.state.value, "detail": s.detail}
            for s in verification.steps
        ],
        "head": None if verification.head is None else str(verification.head),
        "root": verification.root,
        "withheld": list(verification.withheld),
        "erased": [{"ref": ref, "by": by} for ref, by in verification.erased.items()],
        "notes": list(verification.notes),
        "counts": {"events": counts.events, "records": counts.records, "blobs": counts.blobs, "bytes": counts.size},
        **({"sha256": verification.sha256, "seals": list(verification.seals)} if verification.kind == "pdf" else {}),
        "exit_code": verification.exit_code,
    }


def printable(text: str) -> str:
    """Escapes what could disturb or deceive on a terminal: control and direction characters, undecodable bytes."""
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


class Journal:
    """Collects defects, remains and notes while the steps run; nothing is ever taken out of it.

    Args:
        remains_are_defects: True for packets, which have no uncommitted remains.
    """

    def __init__(self, *, remains_are_defects: bool) -> None:
        self._remains_are_defects = remains_are_defects
        self._seen: set[tuple[DefectKind, str]] = set()
        self._current: tuple[int, str, Answer] = (0, "", Answer.INTACT)
        self._states: dict[int, tuple[str, Answer, State, list[str]]] = {}
        self.defects: list[tuple[int, Defect]] = []
        self.remains: list[Remain] = []
        self.notes: list[str] = []
        self.left_off = 0

    @contextmanager
    def step(self, number: int, name: str, answer: Answer = Answer.INTACT) -> Iterator[None]:
        """Runs one numbered step; what is reported meanwhile belongs to it."""
        before, self._current = self._current, (number, name, answer)
        self._states.setdefault(number, (name, answer, State.PASSED, []))
        try:
            yield
        finally:
            self._current = before

    def report(self, kind: DefectKind, where: str, detail: str) -> None:
        """Reports a defect of the current step; the same kind at the same place counts once."""
        number, name, answer = self._current
        details = self._states[number][3]
        self._states[number] = (name, answer, State.FAILED, details)
        if (kind, where) in self._seen:
            return
        if len(self.defects) >= DEFECT_LIMIT:
            self.left_off += 1
            return
        self._seen.add((kind, where))
        self.defects.append((number, Defect(kind, printable(where), printable(detail))))

    def remain(self, where: str, detail: str) -> None:
        """Reports something uncommitted."""
        if self._remains_are_defects:
            self.report(DefectKind.UNCOMMITTED_REMAINS, where, detail)
        elif len(self.remains) < DEFECT_LIMIT:
            self.remains.append(Remain(printable(where), printable(detail)))
        else:
            self.left_off += 1

    def leave_open(self, reason: str) -> None:
        """Says that the current step could not be made; a step that failed stays failed."""
        number, name, answer = self._current
        _, _, state, details = self._states[number]
        state = State.FAILED if state is State.FAILED else State.NOT_CHECKED
        self._states[number] = (name, answer, state, [*details, reason])

    def say(self, detail: str) -> None:
        """Adds to the current step's detail."""
        self._states[self._current[0]][3].append(detail)

    def note(self, text: str) -> None:
        """Adds something that a reader must know."""
        self.notes.append(printable(text))

    def drop(self, *, keep: frozenset[DefectKind], steps: frozenset[int]) -> int:
        """Leaves only defects of some kinds or steps, because the others cannot be judged; says how many there were."""
        kept = [(number, defect) for number, defect in self.defects if defect.kind in keep or number in steps]
        dropped, self.defects = len(self.defects) - len(kept), kept
        failing = {number for number, _ in kept}
        for number, (name, answer, state, details) in self._states.items():
            if state is State.FAILED and number not in failing:
                self._states[number] = (name, answer, State.NOT_CHECKED, details)
        return dropped

    def failed(self, answer: Answer) -> bool:
        """Whether a step of this answer failed."""
        return any(state is State.FAILED and of is answer for _, of, state, _ in self._states.values())

    def steps(self) -> tuple[Step, ...]:
        """Gives the steps in their order."""
        return tuple(
            Step(number, name, answer, state, self._detail(number, details))
            for number, (name, answer, state, details) in sorted(self._states.items())
        )

    def _detail(self, number: int, details: Sequence[str]) -> str:
        count = sum(1 for at, _ in self.defects if at == number)
        found = [f"{count} {'defect' if count == 1 else 'defects'}"] if count else []
        return "; ".join([*found, *map(printable, details)])
