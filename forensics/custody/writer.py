"""Writing to a case: one writer, batches that are committed whole, and the order of durable steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forensics.custody import lock, recovery
from forensics.custody.case import Case, commit_bytes, open_case, with_event
from forensics.custody.digest import sha256_hex
from forensics.custody.index import Index
from forensics.custody.ledger import Draft, read_line, write_line
from forensics.custody.records import read_file
from forensics.custody.signing import Home, SigningKey, remember_head
from forensics.custody.store import FileSystem, RealFileSystem, Staged, Store, translated
from forensics.errors import CaseError, ForensicsError, KeyFileError
from forensics.model import CustodyEvent, KeyHolder, Record

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
            CaseError: An earlier commit of this writer failed.
        """
        if self._is_broken:
            raise CaseError("an earlier step failed, so nothing more is written", hint="Run the command again.")
        self._is_broken = True
        event = self._commit(action, records, staged=staged, extra=extra or {})
        self._is_broken = False
        return event

    def _commit(
        self, action: str, records: Sequence[Record], *, staged: Sequence[Staged], extra: Mapping[str, Any]
    ) -> CustodyEvent:
        store, seq = self.store, self.next_seq
        body, root = commit_bytes(records, seq=seq, action=action)
        store.adopt(staged)
        if root.file:
            store.write(self._case.folder / "records" / root.file, body, mode=0o444)
        draft = Draft(action, datetime.now(UTC), root, extra)
        line = write_line(draft, self._key, seq=seq, prev=self._case.head.digest)
        with translated(self._case.folder / "ledger.jsonl"):
            self._file_system.append(self._case.folder / "ledger.jsonl", line + b"\n")
        event, _ = read_line(line)
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

        Args:
            data: The file's bytes, which are staged as a blob as well.
            path: Path in the case, for example `reports/report.pdf`.

        Raises:
            StoreError: The file cannot be written.
        """
        self.store.write(self._case.folder / path, data, mode=0o444)

    def _note_head(self) -> None:
        try:
            remember_head(self._home, self._case.info.id, head=self._case.head)
        except KeyFileError as error:
            self._unnoted = error

    def reopen(self) -> None:
        """Reads the case anew after something other than a commit changed it."""
        self._case = open_case(self._case.folder)
        self.index.close()
        self.index = Index(self._case.folder, self._case.events, writable=True)

    def close(self) -> None:
        """Wipes `tmp/` and closes the index.

        Raises:
            KeyFileError: The head could not be noted in the user's state folder; the case is complete.
        """
        with suppress(OSError):
            self.store.wipe_temporary()
        self.index.close()
        if self._unnoted is not None:
            raise self._unnoted

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
        IntegrityError: The case is damaged; nothing is changed.
    """
    open_case(folder)
    with lock.exclusive(folder / "lock", verb=verb, wait_s=wait_s):
        case = open_case(folder)
        if key.key_id not in case.active_keys():
            raise CaseError(
                f"key {key.key_id[:16]} is not an active key of this case",
                hint="Use the key that opened it, or have its holder add yours: `forensics key add CASE PUBLICKEY`.",
                kept="Nothing was changed.",
            )
        case, removed = recovery.clear(case, file_system or RealFileSystem())
        writer = Writer(case, key, home=home, file_system=file_system or RealFileSystem())
        try:
            recovery.clear_unnamed(writer, removed)
            yield writer
        except ForensicsError:
            if writer.is_broken:
                with suppress(ForensicsError):
                    recovery.clear(open_case(folder), RealFileSystem())
            raise
        finally:
            writer.close()
