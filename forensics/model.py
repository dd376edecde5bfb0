"""The nouns of the toolkit: frozen dataclasses and enums; standard library only, no input or output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

T = TypeVar("T")

FORMAT_VERSION = 1
"""Version of the case format that this program writes (docs/case-format.md)."""


class GapReason(StrEnum):
    """Why something is absent."""

    MISSING = "MISSING"
    UNREADABLE = "UNREADABLE"
    UNPARSABLE = "UNPARSABLE"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    LIMIT = "LIMIT"
    REFUSED = "REFUSED"
    CHANGED = "CHANGED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    NOT_CONFIGURED = "NOT_CONFIGURED"
    WITHHELD = "WITHHELD"


class Outcome(StrEnum):
    """How much of what was asked for an acquisition obtained; computed by the engine."""

    COMPLETE = "COMPLETE"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"


class Result(StrEnum):
    """Whether an examination found what it looked for."""

    FOUND = "FOUND"
    NOT_FOUND = "NOT_FOUND"
    INDETERMINATE = "INDETERMINATE"


class Stage(StrEnum):
    """Stage of examination, in the order of GB/T 45430-2025, chapter 5."""

    FIX = "fix"
    SAMPLE = "sample"
    METADATA = "metadata"
    DETECT = "detect"
    ANALYSE = "analyse"
    COMPARE = "compare"
    EVALUATE = "evaluate"
    SYNTHESISE = "synthesise"


class Sensitivity(StrEnum):
    """How an item must be handled; from `INTIMATE` on its bytes are sealed and never shown unasked."""

    NORMAL = "normal"
    PERSONAL = "personal"
    BIOMETRIC = "sensitive_biometric"
    INTIMATE = "intimate"
    SUSPECTED_MINOR = "suspected_minor"

    @property
    def is_sealed(self) -> bool:
        """Whether items of this sensitivity are encrypted in the store and masked in reports."""
        return self in (Sensitivity.INTIMATE, Sensitivity.SUSPECTED_MINOR)


@dataclass(frozen=True, slots=True)
class Name:
    """A file name or other text from outside that may not be UTF-8.

    Attributes:
        display: The text, with U+FFFD where bytes could not be decoded.
        raw_hex: The bytes in hex where they are not UTF-8, otherwise None.
    """

    display: str
    raw_hex: str | None = None

    def __str__(self) -> str:
        return self.display


@dataclass(frozen=True, slots=True)
class Digests:
    """Digests of one sequence of bytes, in lower-case hex; `size` in bytes."""

    sha256: str
    blake3: str
    size: int
    sm3: str | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, library or model file that took part, so that another can repeat the step."""

    name: str
    version: str
    digest: str | None = None
    arguments: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was wanted and is not there, and why."""

    what: str
    why: GapReason
    detail: str = ""

    @property
    def is_of_content(self) -> bool:
        """Whether this gap lowers an outcome; what was never configured or does not apply does not."""
        return self.why not in (GapReason.NOT_CONFIGURED, GapReason.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for people, stored in English and found in other languages by its id.

    Attributes:
        id: Name under which `templates/findings/<language>.toml` has the sentence.
        text: The complete English sentence.
        values: What a template may put into the sentence.
    """

    id: str
    text: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseInfo:
    """What a case was opened as; never changed afterwards."""

    id: str
    title: str
    examiner: str
    opened_at: datetime
    salt: str
    reference: str = ""
    organisation: str = ""
    jurisdiction: str = "intl"
    language: str = "en"
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True, slots=True)
class ClockCheck:
    """One comparison of the machine's clock with a time server.

    Attributes:
        offset_s: Server time minus machine time, in seconds; None where the check failed.
        round_trip_s: Time between request and answer, in seconds; None where the check failed.
    """

    server: str
    phase: str
    at: datetime
    offset_s: float | None = None
    round_trip_s: float | None = None
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing under examination: a file, a page, a clip. The same locator is the same item."""

    id: str
    locator: Name
    kind: str
    note: str = ""
    sensitivity: Sensitivity = Sensitivity.NORMAL


@dataclass(frozen=True, slots=True)
class Artifact:
    """Stored bytes and what they are.

    Attributes:
        digests: Digests of the stored blob; of the ciphertext where the artifact is sealed.
        role: What the bytes are to their acquisition or finding: `original`, `screenshot-full`, `map`, …
        facts: What the collector knows about them, for example original times and permissions.
        sealed: None, or what docs/case-format.md section 6 says: `{"plain": {...}}` or `{"commitment": hex}`.
    """

    digests: Digests
    role: str
    name: Name
    media_type: str
    obtained_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    sealed: Mapping[str, Any] | None = None

    @property
    def content_sha256(self) -> str:
        """SHA-256 of the content itself: of the plaintext where the artifact is sealed media."""
        plain = (self.sealed or {}).get("plain")
        return str(plain["sha256"]) if plain else self.digests.sha256


@dataclass(frozen=True, slots=True)
class Acquisition:
    """One attempt to obtain an item, whatever came of it."""

    item: str
    collector: Tool
    act: str
    outcome: Outcome
    started_at: datetime
    ended_at: datetime
    artifacts: tuple[Artifact, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation by one analyzer. It has no clock time, so a repeated run gives the same bytes.

    Attributes:
        subject: SHA-256 of the content that was examined, one or more.
        stage: Stage of examination.
        kind: What was looked for, for example `metadata.tags`.
        statement: The observation as a sentence; never what it means.
        values: The measured values, with units in their names.
        where: Places in the subject: byte offsets, frames, boxes.
        limits: Where the method is known to fail.
        alternatives: Innocent explanations that were considered.
        analyzer: The analyzer with its settings; `tools` are what it used.
    """

    subject: tuple[str, ...]
    stage: Stage
    kind: str
    result: Result
    statement: Message
    analyzer: Tool
    values: Mapping[str, Any] = field(default_factory=dict)
    where: tuple[Mapping[str, Any], ...] = ()
    attachments: tuple[Artifact, ...] = ()
    gaps: tuple[Gap, ...] = ()
    limits: tuple[Message, ...] = ()
    alternatives: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What findings weigh between two propositions; made by `proof`, never by an analyzer.

    Attributes:
        findings: References `SEQ/INDEX` of the findings that were weighed.
        propositions: The two propositions, H1 and H2.
        term: Name of the verbal term, looked up from the number; `O0` to `O5` or `not_evaluated` without a number.
        weigher: What weighed.
        favours: `h1` or `h2`; None where neither is favoured or there is no number.
        log10_lr: Logarithm to base 10 of the likelihood ratio of the findings, after all caps; above 0 for H1. None
            where no number is justified.
        log10_interval: Ends of its interval at 95 %, after the same caps, so that both can be the cap; None without a
            number.
        log10_cap: Most that the size of the validation allows for the favoured proposition; None without a number.
        calibration: SHA-256 of the calibration's file; None where none was given.
        limits: What the number does not say, and what it was limited by; or why there is none.
    """

    findings: tuple[str, ...]
    propositions: tuple[Message, Message]
    term: str
    weigher: Tool
    favours: str | None = None
    log10_lr: float | None = None
    log10_interval: tuple[float, float] | None = None
    log10_cap: float | None = None
    calibration: str | None = None
    limits: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """One run of a verb: by which program, with which arguments, on which machine."""

    verb: str
    started_at: datetime
    arguments: tuple[str, ...]
    environment: Mapping[str, Any]
    self_test: Mapping[str, Any]
    clock: tuple[ClockCheck, ...] = ()


@dataclass(frozen=True, slots=True)
class ActEnd:
    """The end of an act; `act` is its reference `SEQ/INDEX`."""

    act: str
    ended_at: datetime
    clock: tuple[ClockCheck, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Who holds a signing key, and the age recipient for sealed blobs."""

    key_id: str
    holder: str
    recipient: str


@dataclass(frozen=True, slots=True)
class TimeProof:
    """A time-stamp token over a checkpoint, as it was checked at receipt.

    Attributes:
        checkpoint: Event number of the stamped checkpoint.
        authority: Address of the authority as configured.
        token: SHA-256 of the response as received, its name in `proofs/`.
        certificates: SHA-256 of the certificates (DER) kept in `proofs/`: the token's and the trust anchor used.
        revocation: SHA-256 of revocation lists kept in `proofs/`.
        gen_time: The token's `genTime`.
        accuracy_s: The token's accuracy in seconds; None where it states none.
        requested_at: Machine time at which the request was sent.
        received_at: Machine time at which the answer was there.
        serial: Serial number of the token, decimal.
        policy: Policy object identifier of the token.
        checks: What was checked at receipt: name of the check to `passed` or the reason why not.
    """

    checkpoint: int
    authority: str
    token: str
    gen_time: datetime
    requested_at: datetime
    received_at: datetime
    accuracy_s: float | None = None
    certificates: tuple[str, ...] = ()
    revocation: tuple[str, ...] = ()
    serial: str = ""
    policy: str = ""
    checks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TimeFailure:
    """An authority that was asked for a token and did not give one that holds."""

    checkpoint: int
    authority: str
    requested_at: datetime
    gap: Gap


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A selection of items and findings for the packet."""

    label: str
    title: str
    items: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """A report or packet that was built.

    Attributes:
        kind: `report` or `packet`.
        path: Path in the case with `/`, or None where it lies elsewhere.
        digest: SHA-256 of the file; of `packet.json` where the packet is a folder.
        as_of: Number of the event as of which it was built.
        artifact: The stored copy; None for packets.
    """

    kind: str
    path: str | None
    digest: str
    as_of: int
    artifact: Artifact | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Erasure:
    """A deletion duty that was carried out; `item` is the id of an item or of a subject."""

    item: str
    basis: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Recovery:
    """What an interrupted run had left and was removed when the case was opened again."""

    removed: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalBasis:
    """Why processing that is off by default may run (PIPL 28, 29, 55; GDPR 9); as the examiner states it, unchecked.

    Attributes:
        consent: Who consented, how and when; like `scope` and `impact` (assessment) empty where nothing was stated.
        at: When it was recorded.
    """

    basis: str
    at: datetime
    purpose: str = "face-comparison"
    consent: str = ""
    scope: str = ""
    impact: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """A person with whose face the case may be compared; of records with one id the newest counts.

    Attributes:
        id: For example `SUBJECT-0001`; findings name the person by it alone.
        name: The name that the examiner gave; never asserted by the program.
        photos: Ids of the items that are reference photos.
        contents: SHA-256 of the content of each photo as it was looked at.
        faces_px: Box of the person's face in each photo: left, top, width, height in pixels of the picture as it is
            shown. No measure of a face is ever recorded.
    """

    id: str
    name: str
    photos: tuple[str, ...]
    basis: LegalBasis
    at: datetime
    contents: tuple[str, ...] = ()
    faces_px: tuple[tuple[float, float, float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """A request to draw in one report what is otherwise not drawn; that report is made as of the event of this record.

    Attributes:
        items: Ids of the items whose pictures were asked for.
        by: Who asked, as the case names its examiner; the event's signature says with which key.
        reason: Why, in the words of who asked.
        purpose: What for: `report`.
    """

    items: tuple[str, ...]
    by: str
    reason: str
    at: datetime
    purpose: str = "report"


Record = (
    Item
    | Acquisition
    | Finding
    | Interpretation
    | Act
    | ActEnd
    | KeyHolder
    | TimeProof
    | TimeFailure
    | Exhibit
    | Output
    | Erasure
    | Recovery
    | LegalBasis
    | Subject
    | Access
)
"""Whatever one line of a record file can hold."""


@dataclass(frozen=True, slots=True)
class RecordsRoot:
    """The records that an event commits: their number, file name (None where there are none) and Merkle root."""

    count: int
    file: str | None
    root: str


@dataclass(frozen=True, slots=True)
class CustodyEvent:
    """One line of the ledger (docs/case-format.md, section 4).

    Attributes:
        line_sha256: Digest of the line without its line feed; what tokens and pins refer to.
        case: SHA-256 of `case.json`; event 0 only.
        key: Members of the key that this event introduces, retires or revokes.
        erased: Event number and line indexes of what an `erase` event erases.
    """

    seq: int
    at: datetime
    action: str
    actor: str
    tool: Tool
    records: RecordsRoot
    prev: str
    sig: str
    line_sha256: str
    case: str | None = None
    key: Mapping[str, str] | None = None
    erased: tuple[tuple[int, tuple[int, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Committed(Generic[T]):
    """A record with its place in the case: `ref` is `SEQ/INDEX`."""

    ref: str
    record: T


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole case as of one event, in memory: what reports are made from.

    Attributes:
        info: What the case was opened as.
        events: All custody events up to and including event `as_of`, in order.
        root: Evidence root: digest of the last checkpoint line at or before `as_of`; empty where there is none.
        erased: References of records that were erased, `SEQ/INDEX`.
    """

    info: CaseInfo
    as_of: int
    root: str
    events: tuple[CustodyEvent, ...]
    items: tuple[Committed[Item], ...] = ()
    acquisitions: tuple[Committed[Acquisition], ...] = ()
    findings: tuple[Committed[Finding], ...] = ()
    interpretations: tuple[Committed[Interpretation], ...] = ()
    acts: tuple[Committed[Act], ...] = ()
    act_ends: tuple[Committed[ActEnd], ...] = ()
    keys: tuple[Committed[KeyHolder], ...] = ()
    time_proofs: tuple[Committed[TimeProof], ...] = ()
    time_failures: tuple[Committed[TimeFailure], ...] = ()
    exhibits: tuple[Committed[Exhibit], ...] = ()
    outputs: tuple[Committed[Output], ...] = ()
    erasures: tuple[Committed[Erasure], ...] = ()
    recoveries: tuple[Committed[Recovery], ...] = ()
    bases: tuple[Committed[LegalBasis], ...] = ()
    subjects: tuple[Committed[Subject], ...] = ()
    accesses: tuple[Committed[Access], ...] = ()
    erased: tuple[str, ...] = ()
