"""Extracts of chats: the messages behind payments, leads and posts, each with the messages around it."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from itertools import islice

from forensics.chats.message import Chat, Locator, Message, Problem
from forensics.proof.money import Ledger
from forensics.proof.search_rule import Hit
from forensics.proof.search_slang import Use
from forensics.proof.spread import Spread

CONTEXT = 2
"""Messages before and after each that is wanted."""

MOST_OF_A_KIND = 200
"""Places of one kind (payments, leads, posts and so on) whose messages are extracted; locators lead to the others."""

MAX_TEXT = 1000
"""Characters of a message that an extract keeps; the locator leads to the rest."""

Place = tuple[str, str]
"""Where a message stands: digest of the file, and place in terms of its format."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message of an extract; `is_wanted` where it is no mere context."""

    message: Message
    is_wanted: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """Messages that follow each other in one chat of one file.

    Attributes:
        title: Title of the chat; empty where the export shows none.
        kind: Kind of the chat, as in `Chat.kind`.
    """

    chat: str
    title: str
    kind: str
    lines: tuple[Line, ...]


@dataclass(slots=True)
class _Run:
    """What is kept of one chat of one file while it is read."""

    before: deque[Message]
    open: list[Line] = field(default_factory=list)
    done: list[list[Line]] = field(default_factory=list)
    left: int = 0


def wanted_places(
    ledger: Ledger, works: Iterable[Spread], *, leads: Iterable[Hit], slang: Iterable[Use]
) -> frozenset[Place]:
    """Lists the places of the messages that a report speaks of: the first of each kind, and the links of chains."""
    by_topic: dict[str, list[Locator]] = {}
    for one in leads:
        by_topic.setdefault(one.topic, []).append(one.locator)
    kinds: list[Iterable[Locator]] = [
        (one.locator for one in ledger.payments),
        (one.locator for one in ledger.unpriced),
        (one.locator for one in ledger.leads),
        (link.locator for chain in ledger.chains for link in chain.links),
        *by_topic.values(),
        *([post.locator for post in work.posts] for work in works),
        *(use.places[:2] for use in slang),
    ]
    found = (one for every in kinds for one in islice(every, MOST_OF_A_KIND))
    return frozenset((one.file, one.record) for one in found)


def passages(
    rows: Iterable[Chat | Message | Problem], wanted: Collection[Place], *, context: int = CONTEXT
) -> tuple[Passage, ...]:
    """Takes the wanted messages and those around them out of exports, in the order of the exports.

    Args:
        rows: Chats and messages, of one export or several, a chat before its messages.
        wanted: Places of messages; passages that meet are one.
        context: Messages before and after each.
    """
    chats: dict[str, Chat] = {}
    runs: dict[tuple[str, str], _Run] = {}
    titles: dict[tuple[str, str], Chat] = {}
    for row in rows:
        if isinstance(row, Chat):
            chats[row.id] = row
        elif isinstance(row, Message):
            key = (row.locator.file, row.chat)
            if key not in runs:
                runs[key] = _Run(deque(maxlen=context or None))
            if row.chat in chats:
                titles.setdefault(key, chats[row.chat])
            _take(row, runs[key], is_wanted=(row.locator.file, row.locator.record) in wanted, context=context)
    return tuple(
        Passage(
            key[1], titles[key].title if key in titles else "", titles[key].kind if key in titles else "", tuple(one)
        )
        for key, run in runs.items()
        for one in (*run.done, *([run.open] if run.open else []))
    )


def _take(message: Message, run: _Run, *, is_wanted: bool, context: int) -> None:
    kept = message if len(message.text) <= MAX_TEXT else replace(message, text=message.text[:MAX_TEXT])
    if is_wanted:
        run.open += [Line(one, is_wanted=False) for one in run.before]
        run.before.clear()
        run.open.append(Line(kept, is_wanted=True))
        run.left = context
    elif run.left:
        run.open.append(Line(kept, is_wanted=False))
        run.left -= 1
    else:
        if len(run.before) == run.before.maxlen and run.open:
            run.done.append(run.open)
            run.open = []
        run.before.append(kept)
