"""What commits the records, and a case as it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from forensics.model.part import Tool
from forensics.model.record import (
    Access,
    Acquisition,
    Act,
    ActEnd,
    CaseInfo,
    Erasure,
    Exhibit,
    Finding,
    Interpretation,
    Item,
    KeyHolder,
    LegalBasis,
    Output,
    Recovery,
    Statement,
    Subject,
    TimeFailure,
    TimeProof,
)

T = TypeVar("T")


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
    statements: tuple[Committed[Statement], ...] = ()
    erased: tuple[str, ...] = ()
