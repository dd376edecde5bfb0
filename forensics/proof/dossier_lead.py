"""What the rules of searches and the glossary find, read from the words of the tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from forensics.chats.message import Chat, Locator, Message, Problem
from forensics.chats.table import rows_at
from forensics.chats.word import BEHIND, searched
from forensics.errors import CodecError, ForensicsError
from forensics.proof.dossier_rule import Rules
from forensics.proof.dossier_source import ChatSource
from forensics.proof.dossier_table import Tables
from forensics.proof.search import blocks
from forensics.proof.search_rule import MAX_SEARCHED, Hit, SearchBook, fitting, hit_of
from forensics.proof.search_slang import MAX_PLACES, Slang, Use


@dataclass(frozen=True, slots=True)
class Read:
    """Hits in the order of the messages and then of the rules, and words that occur in the order of the glossary."""

    hits: tuple[Hit, ...]
    uses: tuple[Use, ...]


@dataclass(slots=True)
class _Work:
    """What was found so far."""

    searches: SearchBook
    glossary: tuple[Slang, ...]
    hits: list[Hit] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    places: dict[str, list[Locator]] = field(default_factory=dict)

    def take(self, plain: str, message: Callable[[], Message]) -> None:
        """Looks at the text of one message in the form that is searched."""
        for rule, words in fitting(plain, self.searches):
            self.hits.append(hit_of(message(), words, topic=rule.topic, rule=rule.id))
        for slang in self.glossary:
            if slang.pattern.search(plain):
                self._count(slang, message)

    def _count(self, slang: Slang, message: Callable[[], Message]) -> None:
        self.counts[slang.word] = self.counts.get(slang.word, 0) + 1
        places = self.places.setdefault(slang.word, [])
        if len(places) < MAX_PLACES:
            places.append(message().locator)

    def uses(self) -> Iterator[Use]:
        """Gives the words that occur."""
        for slang in self.glossary:
            if slang.word in self.counts:
                yield Use(slang, self.counts[slang.word], tuple(self.places[slang.word]))


def read_leads(tables: Tables, spoken: Iterable[Message], *, rules: Rules) -> Read:
    """Finds what fits a rule, and the words of the glossary, in all messages.

    Args:
        tables: The tables; their words are read, and of the table itself what fits alone.
        spoken: Further texts, as messages.
        rules: Rules of searches, and the glossary.
    """
    work = _Work(rules.searches, rules.glossary)
    for source in tables.sources.chats:
        if source.words:
            _take_words(work, tables, source)
        else:
            _take_messages(work, tables.chat(source))
    _take_messages(work, spoken)
    return Read(tuple(work.hits), tuple(work.uses()))


def found_in(
    rows: Iterable[Chat | Message | Problem], searches: SearchBook | None = None, glossary: tuple[Slang, ...] = ()
) -> Read:
    """Finds what fits a rule, and the words of the glossary, in messages.

    *Not done:* irony, questions and denials are not told apart from statements; a person reads every hit.
    """
    work = _Work(searches or SearchBook((), ""), glossary)
    _take_messages(work, rows)
    return Read(tuple(work.hits), tuple(work.uses()))


def _take_messages(work: _Work, rows: Iterable[Chat | Message | Problem]) -> None:
    for one in rows:
        if isinstance(one, Message) and one.text:
            work.take(searched(one.text[:MAX_SEARCHED]), partial(_itself, one))


def _itself(message: Message) -> Message:
    return message


def _message_at(table: BinaryIO, place: int) -> Message:
    """Reads a message from its table, only where something was found in it."""
    row = next(rows_at(table, (place,)))
    if not isinstance(row, Message):
        raise CodecError(f"byte {place} of the table is no message")
    return row


def _take_words(work: _Work, tables: Tables, source: ChatSource) -> None:
    try:
        with tables.opener(source.words) as words, tables.opener(source.table) as table:
            for line in _lines(words, _any(work)):
                place, _, text = line.partition("\t")
                plain = text.partition(BEHIND)[0][:MAX_SEARCHED]
                if plain:
                    work.take(plain, partial(_message_at, table, int(place)))
    except (ForensicsError, ValueError) as error:
        tables.fail(source, error)


def _any(work: _Work) -> re.Pattern[str]:
    """Makes a pattern that finds something in every text that fits a rule or has a word of the glossary."""
    words = {word for rule in work.searches.searches for word in rule.words}
    words |= {word.strip() for slang in work.glossary for word in slang.spellings}
    return re.compile("|".join(map(re.escape, sorted(words - {""}))) or r"(?!)")


def _lines(words: BinaryIO, wanted: re.Pattern[str]) -> Iterator[str]:
    """Gives the lines in which something is found, without their line feeds."""
    for block in blocks(words):
        text, end = block.decode("utf-8", "replace"), 0
        while found := wanted.search(text, end):
            end = text.find("\n", found.end())
            yield text[text.rfind("\n", 0, found.start()) + 1 : end]
