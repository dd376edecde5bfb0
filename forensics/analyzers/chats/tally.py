"""Counts over the rows of an export, in memory that grows by 8 to 24 bytes a message."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from forensics.chats.message import (
    DISAGREEMENT,
    LINKED,
    NOT_EXPORTED,
    NOT_FOUND,
    NOT_LOOKED_FOR,
    Chat,
    Member,
    Message,
    Problem,
    Row,
)
from forensics.codec import format_time

MOST_ACCOUNTS = 500_000
"""Accounts that are kept apart; those beyond are counted together, which a gap says."""

_DIGITS = 18
"""Digits of a number that fits into 63 bits."""


def key_of(name: str) -> int:
    """Gives a message's id as a number of 64 bits: itself where it is one, otherwise a digest of it.

    Two of a million ids that are no numbers share a digest with a chance of 1 in 30 million.
    """
    bare = name.removeprefix("-")
    if bare.isascii() and bare.isdigit() and len(bare) <= _DIGITS:
        return int(name)
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)


@dataclass(slots=True)
class Span:
    """First and last of some times; None where there is none."""

    first: datetime | None = None
    last: datetime | None = None

    def add(self, at: datetime | None) -> None:
        """Takes in one more."""
        if at is None:
            return
        if self.first is None or at < self.first:
            self.first = at
        if self.last is None or at > self.last:
            self.last = at


@dataclass(slots=True)
class Account:
    """One account that wrote or acted, or that the export names as a member."""

    id: str | None
    names: list[str]
    count: int = 0
    span: Span = field(default_factory=Span)
    local: Span = field(default_factory=Span)
    member: Member | None = None


@dataclass(slots=True)
class ChatTally:
    """What is counted of one chat.

    Attributes:
        ids: Ids of messages as `key_of` gives them.
        targets: The same of messages that were answered; `asking` has the places of the answers.
        examples: By check, the first places where something was met.
    """

    chat: Chat
    most_listed: int
    count: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    zones: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    span: Span = field(default_factory=Span)
    local: Span = field(default_factory=Span)
    accounts: dict[str, Account] = field(default_factory=dict)
    ids: array[int] = field(default_factory=lambda: array("q"))
    targets: array[int] = field(default_factory=lambda: array("q"))
    asking: array[int] = field(default_factory=lambda: array("q"))
    checks: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    largest_step_s: float = 0.0
    overflow: int = 0
    _before: datetime | None = None

    def add(self, one: Message) -> None:
        """Takes in a message."""
        self.count += 1
        self.kinds[one.kind] += 1
        self.zones[one.zone] += 1
        self.span.add(one.sent_at)
        self.local.add(one.local_at)
        if one.id is not None:
            self.ids.append(key_of(one.id))
        if one.reply_to is not None and "/" not in one.reply_to:
            self.targets.append(key_of(one.reply_to))
            self.asking.append(one.seq)
        self._order(one)
        if one.edited_shown or one.edited_at is not None:
            self.note("edited", one)
        if one.is_deleted:
            self.note("deleted", one)
        for attachment in one.attachments:
            self._file(attachment.missing, attachment.size, attachment.declared_size, one)
        if one.sender_id or one.sender:
            self._account(one)

    def note(self, check: str, one: Message | None, **values: Any) -> None:
        """Counts something that was met, and keeps the first places."""
        self.checks[check] += 1
        listed = self.examples.setdefault(check, [])
        if len(listed) < self.most_listed:
            place = {} if one is None else {"seq": one.seq, "record": one.locator.record, "offset": one.locator.offset}
            listed.append({**place, **values})

    def _order(self, one: Message) -> None:
        when, before = one.when, self._before
        if when is None:
            return
        if before is not None and self.chat.is_ordered and (when.tzinfo is None) == (before.tzinfo is None):
            step_s = (when - before).total_seconds()
            if step_s < 0:
                self.note("backward", one, step_s=step_s)
                self.largest_step_s = max(self.largest_step_s, -step_s)
        self._before = when

    def _file(self, missing: str, size: int | None, declared: int | None, one: Message) -> None:
        self.files[missing] += 1
        if missing == NOT_FOUND:
            self.note("file_missing", one)
        elif missing == LINKED and size is not None and declared is not None and size != declared:
            self.note("file_resized", one, size_bytes=size, declared_size_bytes=declared)

    def _account(self, one: Message) -> None:
        key = f"#{one.sender_id}" if one.sender_id else one.sender
        account = self.accounts.get(key)
        if account is None:
            if len(self.accounts) >= MOST_ACCOUNTS:
                self.overflow += 1
                return
            account = self.accounts[key] = Account(one.sender_id, [])
        account.count += 1
        account.span.add(one.sent_at)
        account.local.add(one.local_at)
        if one.sender and one.sender not in account.names and len(account.names) < self.most_listed:
            account.names.append(one.sender)

    def members(self, members: Iterable[Member]) -> None:
        """Takes in the members that the export names; one without id joins the only account of that name."""
        by_name: dict[str, list[Account]] = {}
        for account in self.accounts.values():
            for name in account.names:
                by_name.setdefault(name, []).append(account)
        for member in members:
            key = f"#{member.id}" if member.id else member.name
            alike = by_name.get(member.name, []) if member.id is None else []
            found = self.accounts.get(key) or (alike[0] if len(alike) == 1 else None)
            if found is None:
                found = self.accounts[key] = Account(member.id, [member.name] if member.name else [])
            found.member = member


@dataclass(slots=True)
class Tally:
    """What is counted of an export with all its chats."""

    most_listed: int
    chats: dict[str, ChatTally] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0

    def add(self, row: Row) -> None:
        """Takes in one row."""
        if isinstance(row, Message):
            self.chats[row.chat].add(row)
        elif isinstance(row, Chat):
            known = self.chats.setdefault(row.id, ChatTally(row, self.most_listed))
            known.chat = row
            known.members(row.members)
        elif row.what == DISAGREEMENT:
            self._disagreement(row)
        else:
            self.problem_count += 1
            if len(self.problems) < self.most_listed:
                self.problems.append(row)

    def _disagreement(self, row: Problem) -> None:
        chat = next(reversed(self.chats.values()), None)
        if chat is not None:
            at = row.locator
            chat.note("times_disagree", None, record=at.record, offset=at.offset, detail=row.detail)

    @property
    def count(self) -> int:
        """All messages."""
        return sum(one.count for one in self.chats.values())

    @property
    def account_count(self) -> int:
        """Distinct accounts over all chats, by id, else by name within a chat."""
        keys = {
            key if key.startswith("#") else f"{name}/{key}"
            for name, chat in self.chats.items()
            for key in chat.accounts
        }
        return len(keys)

    def total(self, name: str) -> Counter[str]:
        """Adds up one of the counters over all chats."""
        added: Counter[str] = Counter()
        for one in self.chats.values():
            added.update(getattr(one, name))
        return added

    def span(self, *, is_local: bool) -> Span:
        """First and last time over all chats."""
        added = Span()
        for one in self.chats.values():
            part = one.local if is_local else one.span
            added.add(part.first)
            added.add(part.last)
        return added


def shown(at: datetime | None) -> str | None:
    """Writes a time for a record: RFC 3339 where it is an instant, without zone where it is not."""
    if at is None:
        return None
    return format_time(at) if at.tzinfo is not None else at.isoformat(timespec="seconds")


FILE_STATES = {LINKED: "linked", NOT_EXPORTED: "not_exported", NOT_FOUND: "not_found", NOT_LOOKED_FOR: "not_looked_for"}
"""`Attachment.missing` to its name in values."""
