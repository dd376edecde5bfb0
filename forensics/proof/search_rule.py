"""Rules of words that find offers, orders, tutorials, sales of software and admissions. Every hit is a lead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from forensics.chats.message import Locator, Message
from forensics.chats.word import searched
from forensics.errors import UsageError
from forensics.proof.rulebook import read_folder, rule_folder, text, texts

TOPICS = ("offer", "order", "tutorial", "software", "admission")

MAX_SEARCHED = 20_000
"""Characters of one message that rules look at; a chat program allows 4,096 (Telegram) to 65,536 (WhatsApp)."""


@dataclass(frozen=True, slots=True)
class Search:
    """One rule: a message fits where each group has a word in it and no word of `none` is.

    Attributes:
        explains: What a hit may mean, for people.
        words: Words of the first group, in the form that is searched; what fits has one of them.
    """

    id: str
    topic: str
    groups: tuple[re.Pattern[str], ...]
    none: re.Pattern[str] | None
    explains: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchBook:
    """All rules, and the SHA-256 that names this set."""

    searches: tuple[Search, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that somebody should read.

    Attributes:
        topic: One of `TOPICS`, or empty for words that somebody searched.
        rule: Rule that found it; empty likewise.
        words: Words that were found, as they are searched.
        text: Beginning of the message.
    """

    topic: str
    rule: str
    words: tuple[str, ...]
    text: str
    chat: str
    message: str
    at: datetime | None
    at_shown: str
    sender: str
    locator: Locator


def load_searches(folder: Path | None = None) -> SearchBook:
    """Reads the rules.

    Args:
        folder: Folder with TOML files; None for those that belong to the program.

    Raises:
        UsageError: One is malformed, or two have one id.
    """
    tables, digest = read_folder(rule_folder("searches") if folder is None else folder)
    made = tuple(_search(table, name) for name, one in tables.items() for table in one.get("search", []))
    if len({one.id for one in made}) != len(made):
        raise UsageError("two search rules have one id")
    return SearchBook(made, digest)


def _search(table: dict[str, Any], name: str) -> Search:
    rule = text(table, "id", name)
    where = f"rule {rule} of {name}"
    topic, groups = text(table, "topic", where), table.get("all")
    if topic not in TOPICS or not isinstance(groups, list) or not groups:
        raise UsageError(f"{where} has an unknown topic, or no groups of words in `all`")
    given = [texts({"all": group}, "all", where) for group in groups]
    patterns, none = tuple(any_of(words, where) for words in given), texts(table, "none", where)
    explains, first = text(table, "explains", where, default=""), tuple(searched(word).strip() for word in given[0])
    return Search(rule, topic, patterns, any_of(none, where) if none else None, explains, first)


def any_of(words: tuple[str, ...], where: str) -> re.Pattern[str]:
    """Makes a pattern that finds any of the words; Latin ones only as whole words, longer ones before shorter."""
    plain = sorted({searched(word).strip() for word in words} - {""}, key=lambda word: (-len(word), word))
    if not plain:
        raise UsageError(f"{where} has an empty group of words")
    return re.compile("|".join(_bounded(word) for word in plain))


def _bounded(word: str) -> str:
    before = r"(?<![a-z0-9])" if re.match(r"[a-z0-9]", word) else ""
    after = r"(?![a-z0-9])" if re.search(r"[a-z0-9]$", word) else ""
    return f"{before}{re.escape(word)}{after}"


def fitting(plain: str, book: SearchBook) -> Iterator[tuple[Search, tuple[str, ...]]]:
    """Gives the rules that a text in the form of `searched` fits, each with the words that were found."""
    for rule in book.searches:
        words = _fits(rule, plain)
        if words:
            yield rule, words


def _fits(rule: Search, plain: str) -> tuple[str, ...]:
    found: list[str] = []
    for group in rule.groups:
        one = group.search(plain)
        if one is None:
            return ()
        found.append(one[0])
    return () if rule.none and rule.none.search(plain) else tuple(found)


def hit_of(message: Message, words: tuple[str, ...], *, topic: str = "", rule: str = "") -> Hit:
    """Makes a hit of a message."""
    return Hit(
        topic=topic,
        rule=rule,
        words=words,
        text=message.text[:500],
        chat=message.chat,
        message=message.id or message.locator.record,
        at=message.sent_at,
        at_shown=message.sent_shown,
        sender=message.sender,
        locator=message.locator,
    )
