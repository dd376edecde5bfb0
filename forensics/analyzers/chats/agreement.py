"""Two exports of one chat: which messages both have, which only one has, and which have another text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from forensics.chats.message import DISAGREEMENT, Chat, Message, Row


class Entry(NamedTuple):
    """What is kept of a message.

    Attributes:
        name: Its chat and id; None where it has no id.
        sent_at: As in the message.
        local_at: As in the message.
        text: Digest of its text, however spaced.
        seq: Its place in its export.
        record: Its place in terms of the format.
    """

    name: str | None
    sent_at: datetime | None
    local_at: datetime | None
    text: bytes
    seq: int
    record: str

    def at(self, *, is_utc: bool) -> datetime | None:
        """Gives its time by the clock that is compared."""
        return self.sent_at if is_utc else self.local_at

    def key(self, *, by_id: bool, is_utc: bool) -> str:
        """Gives what it has in common with the same message of another export."""
        return str(self.name) if by_id else f"{self.at(is_utc=is_utc):%Y-%m-%d %H:%M} {self.text.hex()}"


@dataclass
class Side:
    """One of two exports.

    Attributes:
        entries: Its messages, without those that the platform itself wrote.
        has_shared_ids: Whether ids are the same for everybody: platforms number the messages of large groups and
            channels so, and mails have such ids; in other chats each account counts for itself.
        problem_count: Places that could not be read.
    """

    entries: list[Entry] = field(default_factory=list)
    has_shared_ids: bool = True
    problem_count: int = 0

    def add(self, row: Row) -> None:
        """Takes in a row."""
        if isinstance(row, Chat):
            self.has_shared_ids = self.has_shared_ids and (row.is_numbered or row.kind == "mailbox")
        elif isinstance(row, Message):
            if row.kind != "system":
                text = blake2b(" ".join(row.text.split()).encode(), digest_size=8).digest()
                name = None if row.id is None else f"{row.chat}/{row.id}"
                entry = Entry(name, row.sent_at, row.local_at, text, row.seq, row.locator.record)
                self.entries.append(entry)
                self.has_shared_ids = self.has_shared_ids and name is not None
        else:
            self.problem_count += row.what != DISAGREEMENT

    @property
    def has_instants(self) -> bool:
        """Whether most of its messages have a known instant."""
        return 2 * sum(one.sent_at is not None for one in self.entries) > len(self.entries)

    def span(self, *, is_utc: bool) -> tuple[datetime, datetime] | None:
        """Gives its first and last time; None where it has none."""
        times = [at for one in self.entries if (at := one.at(is_utc=is_utc)) is not None]
        return (min(times), max(times)) if times else None


@dataclass(frozen=True, slots=True)
class Agreement:
    """What comparing two exports gave.

    Attributes:
        basis: `id`, or `minute and text`.
        clock: `utc`, or `as written`.
        first: Start of the period that both cover; None where there is none.
        counts: Messages of the first and of the second in that period.
        only: Places of messages that only the first, only the second has.
        changed: Places of messages that have another text: of the first, of the second.
    """

    basis: str
    clock: str
    first: datetime | None
    last: datetime | None
    counts: tuple[int, int]
    both: int
    only: tuple[tuple[Entry, ...], tuple[Entry, ...]]
    changed: tuple[tuple[Entry, Entry], ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not self.only[0] and not self.only[1] and not self.changed


def compare(first: Side, second: Side) -> Agreement | None:
    """Compares two exports within the period that both cover.

    Returns:
        None where the times of the one are instants and those of the other are not.
    """
    is_utc = first.has_instants
    if is_utc != second.has_instants:
        return None
    by_id = first.has_shared_ids and second.has_shared_ids
    basis, clock = "id" if by_id else "minute and text", "utc" if is_utc else "as written"
    spans = [span for one in (first, second) if (span := one.span(is_utc=is_utc)) is not None]
    start, end = max((one[0] for one in spans), default=None), min((one[1] for one in spans), default=None)
    if len(spans) < 2 or start is None or end is None or start > end:  # noqa: PLR2004 -- two exports
        return Agreement(basis, clock, None, None, (0, 0), 0, ((), ()), ())
    one, other = ([each for each in side.entries if _is_in(each, start, end)] for side in (first, second))
    keys = [Counter(each.key(by_id=by_id, is_utc=is_utc) for each in side) for side in (one, other)]
    only = (_left(one, keys[1], by_id=by_id, is_utc=is_utc), _left(other, keys[0], by_id=by_id, is_utc=is_utc))
    changed = _changed(one, other) if by_id else ()
    return Agreement(basis, clock, start, end, (len(one), len(other)), len(one) - len(only[0]), only, changed)


def _is_in(one: Entry, start: datetime, end: datetime) -> bool:
    at = one.at(is_utc=start.tzinfo is not None)
    return at is not None and start <= at <= end


def _left(mine: Iterable[Entry], there: Counter[str], *, by_id: bool, is_utc: bool) -> tuple[Entry, ...]:
    """Gives what the other does not have; of equal ones as many as are too many."""
    left, found = Counter(there), []
    for one in mine:
        key = one.key(by_id=by_id, is_utc=is_utc)
        if left[key] > 0:
            left[key] -= 1
        else:
            found.append(one)
    return tuple(found)


def _changed(first: Iterable[Entry], second: Iterable[Entry]) -> tuple[tuple[Entry, Entry], ...]:
    there = {one.name: one for one in second}
    return tuple((one, there[one.name]) for one in first if one.name in there and there[one.name].text != one.text)
