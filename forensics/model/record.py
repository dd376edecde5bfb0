"""The records that a case holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from forensics.model.part import Artifact, ClockCheck, Gap, Message, Name, Tool
from forensics.model.word import Outcome, Result, Sensitivity, Stage

FORMAT_VERSION = 1
"""Version of the case format that this program writes (docs/case-format.md)."""


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
class Item:
    """One thing under examination: a file, a page, a clip. The same locator is the same item."""

    id: str
    locator: Name
    kind: str
    note: str = ""
    sensitivity: Sensitivity = Sensitivity.NORMAL


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


@dataclass(frozen=True, slots=True)
class Statement:
    """What a person states for the case; never an observation by the program. Of records with one id the newest counts.

    Attributes:
        id: For example `STATEMENT-0001`.
        kind: What it is about, for example `cost` or `reading` (docs/statements.md).
        by: Who states it, as the case names its examiner or as given.
        text: In the words of who states it.
        values: The same as values, with units in their names.
        items: Ids of the items that it is about or rests on.
        findings: References `SEQ/INDEX` of findings that it is about.
        is_withdrawn: Whether it no longer holds; the earlier records stay.
    """

    id: str
    kind: str
    by: str
    at: datetime
    text: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    is_withdrawn: bool = False


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
    | Statement
)
"""Whatever one line of a record file can hold."""
