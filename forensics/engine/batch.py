"""Collects records of a long act and commits them in batches, so that a crash loses seconds, not hours."""

from __future__ import annotations

import time
from collections.abc import Sequence

from forensics.custody.store import Staged
from forensics.custody.writer import Writer
from forensics.model import Record

MOST_RECORDS = 1000
MOST_SECONDS = 5.0


class Batch:
    """Waiting records of one action; a group of records is never split over two events.

    Args:
        writer: The open case.
        action: The action of the events.
    """

    def __init__(self, writer: Writer, action: str) -> None:
        self._writer, self._action = writer, action
        self._records: list[Record] = []
        self._staged: list[Staged] = []
        self._since = time.monotonic()

    @property
    def with_sm3(self) -> bool:
        """Whether digests of this case include SM3."""
        return self._writer.store.with_sm3

    def add(self, records: Sequence[Record], staged: Sequence[Staged] = ()) -> str:
        """Adds records that belong together, with their staged files.

        Returns:
            The reference `SEQ/INDEX` that the first of them will have.

        Raises:
            StoreError: The batch was full and could not be committed.
        """
        if self._is_due(len(records)):
            self.flush()
        reference = f"{self._writer.next_seq}/{len(self._records)}"
        self._records.extend(records)
        self._staged.extend(staged)
        return reference

    def _is_due(self, more: int) -> bool:
        is_full = len(self._records) + more > MOST_RECORDS
        return bool(self._records) and (is_full or time.monotonic() - self._since > MOST_SECONDS)

    def flush(self) -> None:
        """Commits what waits.

        Raises:
            StoreError: It could not be committed.
        """
        if self._records:
            self._writer.commit(self._action, self._records, staged=self._staged)
        self._records, self._staged = [], []
        self._since = time.monotonic()
