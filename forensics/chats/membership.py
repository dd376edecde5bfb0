"""Collects who founded, joined and left a chat while its messages are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from forensics.chats.message import Chat, Member
from forensics.chats.source import whole

MOST_MEMBERS = 200_000
"""Members that are kept of one chat: the largest groups of the platforms have as many. *Source:* Telegram FAQ."""


class Membership:
    """The members of one chat that its own records name.

    Invariant: one entry for each id, or for each name where there is no id.
    """

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._found: dict[str, Member] = {_key(one.id, one.name): one for one in chat.members}

    @property
    def is_known(self) -> bool:
        """Whether there is anything to say."""
        return bool(self._found)

    def founded(self, account: str | None, name: str, at: datetime | None) -> None:
        """Notes who created the chat: its owner, as far as the export tells."""
        self._note(account, name, role="owner", joined_at=at)

    def joined(self, account: str | None, name: str, at: datetime | None) -> None:
        """Notes who joined."""
        self._note(account, name, joined_at=at)

    def joined_all(self, names: Iterable[str], at: datetime | None) -> None:
        """Notes members that were added, of whom the export has names only."""
        for name in names:
            self._note(None, name, joined_at=at)

    def left_all(self, names: Iterable[str], at: datetime | None) -> None:
        """Notes members who were removed or left."""
        for name in names:
            self._note(None, name, left_at=at)

    def shown(self, account: str | None, name: str, role: str) -> None:
        """Notes a role that the export shows beside a name."""
        self._note(account, name, role=role)

    def _note(
        self,
        account: str | None,
        name: str,
        *,
        role: str = "",
        joined_at: datetime | None = None,
        left_at: datetime | None = None,
    ) -> None:
        key = _key(account, name)
        before = self._found.get(key)
        if before is None:
            if len(self._found) < MOST_MEMBERS and (account or name):
                self._found[key] = Member(account, whole(name), role, joined_at, left_at)
            return
        self._found[key] = replace(
            before, role=role or before.role, joined_at=before.joined_at or joined_at, left_at=left_at or before.left_at
        )

    def chat(self) -> Chat:
        """Gives the chat with its members, in the order in which they were met."""
        return replace(self._chat, members=tuple(self._found.values()))


def _key(account: str | None, name: str) -> str:
    return f"#{account}" if account else name
