"""Chats as their exports describe them: who wrote, how many members there are, and which exports show one chat."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from forensics.chats.message import Chat, Message

Place = tuple[str, str]
"""A chat of one export: digest of the export, and id of the chat."""

_NAMELESS = frozenset({"", "chat", "page", "mailbox"})
"""Ids that readers give to the one chat of an export that has no ids; they do not say which chat it is."""

_PRIVATE = "private"


@dataclass(slots=True)
class Chats:
    """Chats of all exports, as their rows pass."""

    chats: dict[Place, Chat] = field(default_factory=dict)
    wrote: dict[Place, set[str]] = field(default_factory=dict)
    latest: Chat | None = None
    places: dict[str, list[Place]] = field(default_factory=dict)

    def see(self, row: Chat | Message) -> None:
        """Takes in a row."""
        if isinstance(row, Chat):
            self.latest = row
            for key in self.places.get(row.id, ()):
                if _is_again(row, self.chats[key]) and (row.members_shown or row.members):
                    self.chats[key] = row
            return
        key = (row.locator.file, row.chat)
        if key not in self.chats and self.latest is not None and self.latest.id == row.chat:
            self.chats[key] = self.latest
            self.places.setdefault(row.chat, []).append(key)
        name = row.sender_id or row.sender
        if name:
            if key in self.wrote:
                self.wrote[key].add(name)
            else:
                self.wrote[key] = {name}

    def members(self, keys: Iterable[Place]) -> tuple[int | None, str]:
        """Gives the accounts of a chat and where the number is from.

        What is displayed counts; otherwise the larger of the accounts that an export names and of those that wrote.
        """
        places = list(keys)
        found = [self.chats[key] for key in places if key in self.chats]
        shown = [chat.members_shown for chat in found if chat.members_shown is not None]
        if shown:
            return max(shown), "displayed"
        named = max((len(chat.members) for chat in found), default=0)
        wrote = max((len(self.wrote.get(key, ())) for key in places), default=0)
        if wrote > named:
            return wrote, "wrote"
        return (named, "named") if named else (None, "")

    def joined(self, marks: Mapping[Place, Iterable[Hashable]]) -> dict[Place, tuple[Place, ...]]:
        """Says which exports show one chat: those that name it by one id, or by one title and have a post in common.

        A private chat bears the id of the other account, so that one id can stand for two of them; there a post in
        common is needed too.

        Args:
            marks: What was posted in each chat, in such a form that two exports of a post have one mark.

        Returns:
            Each chat with all exports that show it, itself among them, in the order in which they were seen.
        """
        known: dict[Hashable, Place] = {}
        head: dict[Place, Place] = {}
        places = dict.fromkeys((*self.chats, *self.wrote, *marks))
        for place in places:
            head[place] = place
            for sign in self._signs(place, marks.get(place, ())):
                first, second = _head(head, known.setdefault(sign, place)), _head(head, place)
                head[second] = first
        groups: dict[Place, list[Place]] = {}
        for place in places:
            groups.setdefault(_head(head, place), []).append(place)
        return {place: tuple(groups[_head(head, place)]) for place in places}

    def _signs(self, place: Place, marks: Iterable[Hashable]) -> list[Hashable]:
        """Gives what two exports of one chat have in common."""
        chat = self.chats.get(place)
        title, is_private = (chat.title, chat.kind == _PRIVATE) if chat else ("", False)
        has_id = _has_id(place[1])
        signs: list[Hashable] = [place[1]] if has_id and not is_private else []
        names = [name for name in (place[1] if has_id and is_private else "", title) if name]
        return signs + [(name, mark) for mark in marks for name in names]


def _head(head: dict[Place, Place], place: Place) -> Place:
    while head[place] != place:
        head[place] = place = head[head[place]]
    return place


def _is_again(row: Chat, known: Chat) -> bool:
    """Whether a chat is given again by its export, with what was met meanwhile."""
    return row.format == known.format and (_has_id(row.id) or row.title == known.title)


def _has_id(chat: str) -> bool:
    """Whether an id is one of the platform's; within archives the name of the export stands before it."""
    return chat.rpartition(": ")[2] not in _NAMELESS
