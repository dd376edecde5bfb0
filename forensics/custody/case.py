"""A case as it stands on the disk: reading it, and opening a new one."""

from __future__ import annotations

import secrets
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forensics.codec import RECORD_TYPES, canonical, decode, from_json, parse, to_json
from forensics.custody import lock
from forensics.custody.digest import sha256_hex
from forensics.custody.index import Index
from forensics.custody.ledger import ZERO_DIGEST, Draft, Head, Signer, read_chain, split_lines, write_line
from forensics.custody.records import read_at, read_file, write_lines
from forensics.custody.store import FileSystem, RealFileSystem, Store, linked, open_regular, translated
from forensics.errors import (
    CaseError,
    CaseLockedError,
    CodecError,
    IntegrityError,
    NewerFormatError,
    StoreError,
    UsageError,
)
from forensics.model import (
    FORMAT_VERSION,
    Access,
    Acquisition,
    Act,
    ActEnd,
    CaseInfo,
    Committed,
    CustodyEvent,
    Erasure,
    Exhibit,
    Finding,
    Interpretation,
    Item,
    KeyHolder,
    LegalBasis,
    Output,
    RecordsRoot,
    Recovery,
    Snapshot,
    Statement,
    Subject,
    TimeFailure,
    TimeProof,
)

FOLDERS = ("records", "blobs", "proofs", "reports", "packets", "tmp")
MARKS = ("case.json", "ledger.jsonl", "records", "blobs")
"""What makes a folder a case, if perhaps a damaged one."""

OUTPUT_ACTIONS = ("report", "bundle", "access")
"""Actions that build something from the case, or ask for it, and so do not count as part of what is reported."""

_SNAPSHOT_FIELDS: Mapping[type[Any], str] = {
    Item: "items",
    Acquisition: "acquisitions",
    Finding: "findings",
    Interpretation: "interpretations",
    Act: "acts",
    ActEnd: "act_ends",
    KeyHolder: "keys",
    TimeProof: "time_proofs",
    TimeFailure: "time_failures",
    Exhibit: "exhibits",
    Output: "outputs",
    Erasure: "erasures",
    Recovery: "recoveries",
    LegalBasis: "bases",
    Subject: "subjects",
    Access: "accesses",
    Statement: "statements",
}


@dataclass(frozen=True)
class Case:
    """One case as of the moment it was opened; nothing in it is changed through this class.

    Attributes:
        folder: Where it lies.
        info: What it was opened as.
        events: All custody events in order.
        unfinished: Bytes after the last line feed of the ledger, which a crash may leave.
    """

    folder: Path
    info: CaseInfo
    events: tuple[CustodyEvent, ...]
    unfinished: bytes = field(default=b"", repr=False)

    @property
    def head(self) -> Head:
        """The last event."""
        return Head(self.events[-1].seq, self.events[-1].line_sha256)

    @property
    def store(self) -> Store:
        """The blobs."""
        return Store(self.folder, with_sm3=self.info.jurisdiction == "cn")

    def root(self, as_of: int) -> str:
        """Gives the evidence root: the digest of the last checkpoint line up to an event; empty where there is none."""
        digests = [event.line_sha256 for event in self.events[: as_of + 1] if event.action == "checkpoint"]
        return digests[-1] if digests else ""

    def last_evidence_event(self) -> int:
        """Gives the number of the last event that is neither report nor bundle."""
        return next(event.seq for event in reversed(self.events) if event.action not in OUTPUT_ACTIONS)

    def active_keys(self) -> dict[str, bytes]:
        """Gives the keys that may sign the next event: key id to SPKI in DER."""
        active: dict[str, bytes] = {}
        for event in self.events:
            if event.key is None:
                continue
            if event.action in ("open", "key-add"):
                active[event.key["id"]] = bytes.fromhex(event.key["spki"])
            else:
                active.pop(event.key["id"], None)
        return active

    def index(self) -> Index:
        """Opens the cache for reading, in memory; where nobody writes, its file is brought up to date first.

        Raises:
            IntegrityError: A record file is missing or damaged.
            CaseError: Something was erased meanwhile, so that what this case names has moved.
        """
        with self._blaming_erasures():
            with suppress(CaseLockedError, StoreError), lock.exclusive(self.folder / "lock", verb="read", wait_s=0):
                Index(self.folder, self.events, writable=True).close()
            return Index(self.folder, self.events, writable=False)

    def records_path(self, event: CustodyEvent) -> Path | None:
        """Gives the record file of an event, or None where it commits no records."""
        return self.folder / "records" / event.records.file if event.records.file else None

    def records(self, *, as_of: int | None = None) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Reads all records in order: reference and decoded object, None where only the leaf is left.

        Raises:
            IntegrityError: A record file is missing or damaged.
            CaseError: Something was erased meanwhile.
        """
        for event in self.events[: None if as_of is None else as_of + 1]:
            path = self.records_path(event)
            with self._blaming_erasures():
                for number, line in enumerate(read_file(path) if path else ()):
                    yield f"{event.seq}/{number}", line.record

    def records_of(self, kind: str, index: Index) -> Iterator[Committed[Any]]:
        """Reads all records of one type by way of the index.

        Raises:
            IntegrityError: A record is damaged.
            CaseError: Something was erased meanwhile.
        """
        for seq, number, offset, length in index.places(kind):
            path = self.records_path(self.events[seq])
            if path is not None:
                with self._blaming_erasures():
                    yield Committed(f"{seq}/{number}", read_at(path, offset=offset, length=length))

    @contextmanager
    def _blaming_erasures(self) -> Iterator[None]:
        """Tells records that moved under a reader, because another process erased an item, from damaged ones."""
        try:
            yield
        except IntegrityError as error:
            now = open_case(self.folder)
            if any(event.action == "erase" for event in now.events[len(self.events) :]):
                raise CaseError(
                    "something was erased from the case meanwhile", hint="Run the command again."
                ) from error
            raise

    def snapshot(self, *, as_of: int | None = None) -> Snapshot:
        """Reads the whole case as of one event into memory.

        Args:
            as_of: Event number; by default the last event that is neither report nor bundle.

        Raises:
            IntegrityError: A record file is missing or damaged.
            UsageError: There is no such event.
        """
        last = self.last_evidence_event() if as_of is None else as_of
        if not 0 <= last < len(self.events):
            raise UsageError(f"the case has no event {last}", hint=f"Its last event is {self.head.seq}.")
        kept: dict[str, list[Committed[Any]]] = {name: [] for name in _SNAPSHOT_FIELDS.values()}
        erased: list[str] = []
        for ref, value in self.records(as_of=last):
            if value is None:
                erased.append(ref)
                continue
            record = _decoded(ref, value)
            kept[_SNAPSHOT_FIELDS[type(record)]].append(Committed(ref, record))
        members: dict[str, Any] = {name: tuple(records) for name, records in kept.items()}
        events = self.events[: last + 1]
        return Snapshot(self.info, last, self.root(last), events, erased=tuple(erased), **members)


def _decoded(ref: str, value: dict[str, Any]) -> Any:
    kind = value.get("type")
    if isinstance(kind, str) and kind not in RECORD_TYPES:
        raise NewerFormatError(
            f"record {ref} has the type {kind!r}, which this program does not know",
            hint="Update the program. `verify` checks the record all the same.",
            kept="Nothing was changed.",
        )
    try:
        return decode(value)
    except CodecError as error:
        raise IntegrityError(f"record {ref} cannot be read: {error}", hint="Run `forensics verify CASE`.") from error


def open_case(folder: Path) -> Case:
    """Opens a case for reading.

    Raises:
        CaseError: There is no case.
        IntegrityError: `case.json` or the ledger is damaged.
        NewerFormatError: The case was written by a newer program.
    """
    raw, ledger = _read(folder, "case.json"), _read(folder, "ledger.jsonl")
    lines, unfinished = split_lines(ledger)
    # The version is judged before the other lines are: a newer one may have events of another form.
    if _case_digest(lines) != sha256_hex(raw):
        raise _damaged(f"{folder / 'case.json'} is not what event 0 of the ledger says")
    info = _read_info(raw, folder)
    return Case(folder, info, tuple(read_chain(lines)), unfinished)


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        with open_regular(path) as stream:
            return stream.read()
    except FileNotFoundError as error:
        if any((folder / mark).exists() for mark in MARKS):
            raise _damaged(f"{path} is missing") from error
        raise CaseError(f"{folder} is not a case: {name} is missing", hint="Make one with `forensics new`.") from error
    except OSError as error:
        if path.is_symlink():
            raise linked(path) from error
        raise CaseError(
            f"{path} cannot be read: {error.strerror}", hint="Check the path and its permissions."
        ) from error


def _damaged(what: str) -> IntegrityError:
    return IntegrityError(
        what, hint="Run `forensics verify CASE` and restore the case from a copy.", kept="Nothing was changed."
    )


def _case_digest(lines: Sequence[bytes]) -> Any:
    """Gives what event 0 says of `case.json`, whatever else it says; None where it says nothing."""
    try:
        value = parse(lines[0])
    except (CodecError, IndexError):
        return None
    return value.get("case") if isinstance(value, dict) else None


def _read_info(raw: bytes, folder: Path) -> CaseInfo:
    try:
        value = parse(raw)
        version = value["format_version"]
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise NewerFormatError(
                f"{folder} has format version {version}; this program knows {FORMAT_VERSION}",
                hint="Update the program. `verify` still checks what both versions share.",
                kept="Nothing was changed.",
            )
        info: CaseInfo = from_json(CaseInfo, value)
    except (CodecError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"{folder / 'case.json'} cannot be read: {error}", hint="Restore it from a copy."
        ) from error
    return info


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new case is to be."""

    title: str
    examiner: str
    reference: str = ""
    organisation: str = ""
    jurisdiction: str = "intl"
    language: str = "en"


def new_case(
    folder: Path,
    opening: Opening,
    *,
    signer: Signer,
    spki: bytes,
    recipient: str,
    file_system: FileSystem | None = None,
) -> Case:
    """Opens a new case: `case.json`, empty folders, and event 0 with the examiner's key.

    The case is built beside its place and renamed, so it is there whole or not at all.

    Args:
        folder: Where it shall lie; must not exist or be an empty folder.
        opening: Title, examiner and so on.
        signer: The examiner's key; it signs event 0.
        spki: That key's SubjectPublicKeyInfo in DER.
        recipient: The examiner's age recipient.
        file_system: The durable steps; the operating system's own by default.

    Raises:
        UsageError: There is something at that place already.
        StoreError: The case cannot be written.
    """
    steps = file_system or RealFileSystem()
    _demand_free(folder)
    now = datetime.now(UTC)
    info = CaseInfo(
        id=str(uuid.uuid4()),
        opened_at=now,
        salt=secrets.token_hex(16),
        **{name: getattr(opening, name) for name in Opening.__slots__},
    )
    building = folder.absolute().with_name(f".{folder.name}-{secrets.token_hex(4)}")
    try:
        with translated(folder):
            _write_new(Store(building, file_system=steps), info, now=now, signer=signer, spki=spki, recipient=recipient)
            steps.rename(building, folder.absolute())
            steps.sync_folder(building.parent)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return open_case(folder)


def _demand_free(folder: Path) -> None:
    with translated(folder):
        is_taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if is_taken:
        raise UsageError(
            f"{folder} exists and is not empty", hint="Choose another folder.", kept="Nothing was changed."
        )


def _write_new(store: Store, info: CaseInfo, *, now: datetime, signer: Signer, spki: bytes, recipient: str) -> None:
    building = store.folder
    for name in FOLDERS:
        (building / name).mkdir(parents=True)
    raw = canonical(to_json(info)) + b"\n"
    holder = KeyHolder(signer.key_id, info.examiner, recipient)
    body, root = commit_bytes([holder], seq=0, action="open")
    extra = {"case": sha256_hex(raw), "key": {"id": signer.key_id, "spki": spki.hex()}}
    line = write_line(Draft("open", now, root, extra), signer, seq=0, prev=ZERO_DIGEST)
    store.write(building / "case.json", raw, mode=0o444)
    store.write(building / "records" / str(root.file), body, mode=0o444)
    store.write(building / "ledger.jsonl", line + b"\n")


def commit_bytes(records: Sequence[Any], *, seq: int, action: str) -> tuple[bytes, RecordsRoot]:
    """Encodes the record file of an event and describes it for the ledger."""
    from forensics.custody import merkle
    from forensics.custody.ledger import record_file_name

    body, leaves = write_lines(records)
    return body, RecordsRoot(len(leaves), record_file_name(seq, action) if leaves else None, merkle.root(leaves))


def with_event(case: Case, event: CustodyEvent) -> Case:
    """Gives the case with one more event."""
    return replace(case, events=(*case.events, event), unfinished=b"")
