"""Writing to a case: one writer, batches that are committed whole, and the order of durable steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from forensics.custody import lock, recovery, remains
from forensics.custody.case import Case, commit_bytes, open_case, with_event
from forensics.custody.digest import sha256_hex
from forensics.custody.index import Index
from forensics.custody.ledger import Draft, read_line, write_line
from forensics.custody.records import read_file
from forensics.custody.signing import Home, SigningKey, head_path, remember_head, remembered_head
from forensics.custody.store import FileSystem, RealFileSystem, Staged, Store, translated
from forensics.errors import CaseError, IntegrityError, KeyFileError, UsageError
from forensics.model import CustodyEvent, KeyHolder, Record, RecordsRoot

WAIT_S = 5.0
"""How long a second writer waits before it is told who holds the case, in seconds."""


class Writer:
    """Commits events to one case while its lock is held.

    After a commit that failed it refuses further ones, because only a fresh opening sees what is on the disk.
    """

    def __init__(self, case: Case, key: SigningKey, *, home: Home, file_system: FileSystem) -> None:
        self._case = case
        self._key = key
        self._home = home
        self._file_system = file_system
        self._is_broken = False
        self._unnoted: KeyFileError | None = None
        self.index = Index(case.folder, case.events, writable=True)

    @property
    def case(self) -> Case:
        """The case with everything committed so far."""
        return self._case

    @property
    def key(self) -> SigningKey:
        """The key that signs."""
        return self._key

    @property
    def store(self) -> Store:
        """The blobs; stage bytes here and hand them to `commit`."""
        return Store(self._case.folder, with_sm3=self._case.info.jurisdiction == "cn", file_system=self._file_system)

    @property
    def next_seq(self) -> int:
        """Number of the next event; its first record will be `next_seq/0`."""
        return len(self._case.events)

    @property
    def recipients(self) -> tuple[str, ...]:
        """The age recipients for sealed blobs: those of all active keys."""
        active = self._case.active_keys()
        holders = (committed.record for committed in self._case.records_of("key", self.index))
        return tuple(dict.fromkeys(h.recipient for h in holders if isinstance(h, KeyHolder) and h.key_id in active))

    def commit(
        self,
        action: str,
        records: Sequence[Record] = (),
        *,
        staged: Sequence[Staged] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> CustodyEvent:
        """Commits one event: blobs, then records, then the ledger line, each durable before the next.

        Args:
            action: What was done.
            records: The records that this event commits.
            staged: Files in `tmp/` that the records name as blobs.
            extra: Members of the event that only this action has.

        Raises:
            StoreError: A step failed; the event is not in the case.
            IntegrityError: A blob of the case has other bytes than those that were staged under its name.
            CaseError: An earlier commit of this writer failed, or its key may not sign any more.
            CodecError: A record or the event has not the form that the format demands; nothing was written.
            UsageError: The event would break the rules for keys; nothing was written.
        """
        if self._is_broken:
            raise CaseError("an earlier step failed, so nothing more is written", hint="Run the command again.")
        self._check_keys(action, extra or {})
        body, root = commit_bytes(records, seq=self.next_seq, action=action)
        self._line(action, root, extra or {})
        self._is_broken = True
        event = self._commit(action, body, root=root, staged=staged, extra=extra or {})
        self._is_broken = False
        return event

    def _check_keys(self, action: str, extra: Mapping[str, Any]) -> None:
        """Refuses an event that nobody may sign, or after which nobody could sign (docs/case-format.md, section 4)."""
        active, key = self._case.active_keys(), extra.get("key")
        named = key.get("id") if isinstance(key, Mapping) else None
        if self._key.key_id not in active:
            raise CaseError(
                f"key {self._key.key_id[:16]} is no longer active", hint="Sign with an active key of the case."
            )
        if action == "key-add" and any(event.key and event.key["id"] == named for event in self._case.events):
            raise UsageError(
                "the case lists this key already", hint="A retired key is never listed again: make a new one."
            )
        if action in ("key-retire", "key-revoke"):
            if named not in active:
                raise UsageError("the case has no such active key", hint="`forensics log CASE` shows the keys.")
            if len(active) == 1:
                raise UsageError("this is the last active key of the case", hint="Add another key first.")

    def _line(self, action: str, root: RecordsRoot, extra: Mapping[str, Any]) -> tuple[bytes, CustodyEvent]:
        """Builds and signs the next line and reads it back, so that no line is ever written that could not be read."""
        draft = Draft(action, datetime.now(UTC), root, extra)
        line = write_line(draft, self._key, seq=self.next_seq, prev=self._case.head.digest)
        return line, read_line(line)[0]

    def _commit(
        self, action: str, body: bytes, *, root: RecordsRoot, staged: Sequence[Staged], extra: Mapping[str, Any]
    ) -> CustodyEvent:
        store = self.store
        store.adopt(staged)
        if root.file:
            store.write(self._case.folder / "records" / root.file, body, mode=0o444)
        line, event = self._line(action, root, extra)
        with translated(self._case.folder / "ledger.jsonl"):
            self._file_system.append(self._case.folder / "ledger.jsonl", line + b"\n")
        self._case = with_event(self._case, event)
        path = self._case.records_path(event)
        self.index.add(event, read_file(path) if path else ())
        self._note_head()
        return event

    def keep_proof(self, data: bytes, suffix: str) -> str:
        """Keeps a token, certificate or revocation list in `proofs/` under its SHA-256, which it returns.

        Args:
            data: The bytes as received.
            suffix: `.tsr`, `.cer` or `.crl`.

        Raises:
            StoreError: The file cannot be written.
        """
        name = sha256_hex(data)
        path = self._case.folder / "proofs" / f"{name}{suffix}"
        if not path.exists():
            self.store.write(path, data, mode=0o444)
        return name

    def place_output(self, data: bytes, path: str) -> None:
        """Puts a report under its name in the case, before the event that commits it.

        Its blob is made durable first, so that after a crash it can be told that the file is an uncommitted report.

        Args:
            data: The file's bytes.
            path: Path in the case: `reports/` and one name.

        Raises:
            StoreError: The file cannot be written.
            UsageError: There can be no report at this path.
        """
        place = remains.place_of(self._case.folder, path)
        if place is None or place.is_dir():
            raise UsageError(f"there can be no report at {path}", hint="Name it `reports/` and one file name.")
        self.store.adopt([self.store.stage(BytesIO(data))])
        self.store.write(place, data, mode=0o444)

    def _note_head(self) -> None:
        try:
            remember_head(self._home, self._case.info.id, head=self._case.head, folder=self._case.folder)
        except KeyFileError as error:
            self._unnoted = error

    def reopen(self) -> None:
        """Reads the case anew after something other than a commit changed it."""
        self._case = open_case(self._case.folder)
        self.index.close()
        self.index = Index(self._case.folder, self._case.events, writable=True)

    def close(self) -> None:
        """Wipes `tmp/` and closes the index."""
        with suppress(OSError):
            self.store.wipe_temporary()
        self.index.close()

    @property
    def unnoted(self) -> KeyFileError | None:
        """Why the head could not be noted in the user's state folder; the case itself is complete."""
        return self._unnoted

    @property
    def is_broken(self) -> bool:
        """Whether a commit failed half-way."""
        return self._is_broken


@contextmanager
def writing(
    folder: Path,
    key: SigningKey,
    *,
    home: Home,
    verb: str,
    wait_s: float = WAIT_S,
    file_system: FileSystem | None = None,
) -> Iterator[Writer]:
    """Opens a case for writing: takes its lock, clears away what a crash left, and gives a writer.

    Args:
        folder: The case.
        key: The key that signs; the case must list it.
        home: Where the head is noted.
        verb: What is done, for others that wait.
        wait_s: How long to wait for another writer, in seconds.
        file_system: The durable steps; the operating system's own by default.

    Raises:
        CaseError: There is no case, or the key is not one of its keys.
        CaseLockedError: Another process writes.
        IntegrityError: The case is damaged, or was cut since this machine wrote to it; nothing is changed.
        KeyFileError: All is written, but the head could not be noted in the user's state folder.
    """
    steps = file_system or RealFileSystem()
    open_case(folder)
    with lock.exclusive(folder / "lock", verb=verb, wait_s=wait_s):
        case = open_case(folder)
        _demand_active(case, key)
        _demand_uncut(case, home)
        case, removed = recovery.clear(case, steps)
        writer = Writer(case, key, home=home, file_system=steps)
        try:
            recovery.clear_unnamed(writer, removed)
            yield writer
        finally:
            writer.close()
        if writer.unnoted is not None:
            raise writer.unnoted


def _demand_active(case: Case, key: SigningKey) -> None:
    if key.key_id not in case.active_keys():
        raise CaseError(
            f"key {key.key_id[:16]} is not an active key of this case",
            hint="Use the key that opened it, or have its holder add yours: `forensics key add CASE CARD`.",
            kept="Nothing was changed.",
        )


def _demand_uncut(case: Case, home: Home) -> None:
    """Refuses to write where the ledger lacks what this machine wrote here: the only note of it would be overwritten.

    A copy of the case in another folder may be worked on: what was noted of the first one stays.
    """
    try:
        head = remembered_head(home, case.info.id, folder=case.folder, is_of_folder_alone=True)
    except KeyFileError:
        return
    if head is None or (head.seq < len(case.events) and case.events[head.seq].line_sha256 == head.digest):
        return
    raise IntegrityError(
        f"the ledger does not contain event {head.seq}, which this machine wrote: the case was cut or is an older copy",
        hint=f"Look for the complete case. To go on with this one on purpose, remove {head_path(home, case.info.id)}.",
        kept="Nothing was changed.",
    )
