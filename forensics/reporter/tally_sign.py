"""Signs that stand for accounts of third parties, and what else of them is masked in texts of chats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from forensics.chats.payment import IN, Payment
from forensics.custody.statement import standing
from forensics.model import Committed, Statement
from forensics.proof.dossier import Dossier
from forensics.proof.extract import Passage
from forensics.proof.money_harvest import name_key
from forensics.reporter.evidence import Said
from forensics.reporter.wording import Words

SHORTEST_NAME = 2
"""Characters of the shortest name that is replaced within a text; one of a single character would stand everywhere."""

_PRIVATE = "private"
_HEAD = 2

_ASCII = str.maketrans("０１２３４５６７８９＋－＠．Ｘｘ", "0123456789+-@.Xx")

_NUMBERS: Mapping[str, re.Pattern[str]] = {
    "identity": re.compile(
        r"(?<![0-9A-Za-z])[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"
        r"(?![0-9A-Za-z])"
    ),
    "card": re.compile(r"(?<![0-9A-Za-z])[0-9]{4}(?:[ -]?[0-9]{4}){3}(?:[ -]?[0-9]{1,3})?(?![0-9A-Za-z])"),
    "phone": re.compile(
        r"(?<![0-9A-Za-z])(?:(?:\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}|0[1-9](?:[ .-]?[0-9]{2}){4}"
        r"|\+[1-9][0-9]{0,2}(?:[ .-]?\(?[0-9]{1,4}\)?){2,5})(?![0-9A-Za-z])"
    ),
    "mail": re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"),
}
"""What is masked in texts, by kind, in this order. *Source:* GB 11643-1999 (identity numbers), ISO/IEC 7812-1 (cards),
the Chinese and French numbering plans and ITU-T E.164 (telephones), RFC 5322 (mail), each narrowed to usual forms."""


@dataclass(frozen=True)
class Signs:
    """How accounts are named in a report: those in question as displayed, all others by a sign.

    Attributes:
        named: `name_key` to the name of each account in question.
        numbers: `name_key` to the number of each other account.
        spelled: `name_key` to the spellings that occur.
        kept: `name_key` of words that stay in texts although an account has them as its name.
        holders: `name_key` to the number of each account that a bill names as its holder, nobody as in question, and
            that no chat has: an account of that name in a chat may be anybody's.
    """

    words: Words
    named: Mapping[str, str]
    numbers: Mapping[str, int]
    spelled: Mapping[str, frozenset[str]]
    kept: frozenset[str] = frozenset()
    holders: Mapping[str, int] = field(default_factory=dict)

    def account(self, name: str) -> Said:
        """Names an account; an empty name is one that the source does not show."""
        key = name_key(name)
        if not key:
            return self.words.say("trace.no_account")
        if key in self.named:
            return self.words.shortened(self.named[key], 60)
        return self._sign(key) or self.words.say("trace.other")

    def is_third(self, name: str) -> bool:
        """Whether a name is shown by a sign."""
        return name_key(name) in self.numbers or self.is_holder(name)

    def is_holder(self, name: str) -> bool:
        """Whether a bill alone names this account, as its holder, and nobody states that it is in question."""
        return name_key(name) in self.holders

    def is_in_question(self, name: str) -> bool:
        """Whether somebody stated that an account of this name is in question."""
        return name_key(name) in self.named

    def text(self, text: str) -> str:
        """Replaces names of third parties in a text, and masks numbers that lead to persons."""
        return self._masked(self._unnamed(text))

    def _sign(self, key: str) -> Said | None:
        """Gives the sign of an account; the holder of a bill is called so, with a number where there are several."""
        if key in self.holders:
            if len(self.holders) == 1:
                return self.words.say("trace.holder")
            return self.words.say("trace.holder_numbered", n=self.holders[key])
        number = self.numbers.get(key)
        return None if number is None else self.words.say("trace.sign", n=Said(f"{number:02d}"))

    def _unnamed(self, text: str) -> str:
        low = text.lower()
        low = low if len(low) == len(text) else text
        made, at, start = [], 0, 0
        while at < len(text):
            found = self._name_at(low, at)
            if found is None:
                at += 1
                continue
            key, length = found
            sign = self._sign(key)
            shown = text[at : at + length] if sign is None else f"[{sign}]"
            made += [text[start:at], shown]
            at = start = at + length
        return "".join([*made, text[start:]])

    def _name_at(self, low: str, at: int) -> tuple[str, int] | None:
        """Finds the longest name that begins at a place; a Latin one only as a whole word."""
        for name, key in self._index.get(low[at : at + _HEAD], ()):
            if low.startswith(name, at) and not _is_inside(low, at, at + len(name)):
                return key, len(name)
        return None

    @cached_property
    def _index(self) -> dict[str, list[tuple[str, str]]]:
        made: dict[str, list[tuple[str, str]]] = {}
        for key, names in self.spelled.items():
            for name in names:
                low = name.lower()
                if len(low.strip()) >= SHORTEST_NAME and key not in self.kept:
                    made.setdefault(low[:_HEAD], []).append((low, key))
        return {head: sorted(found, key=lambda one: (-len(one[0]), one)) for head, found in made.items()}

    def _masked(self, text: str) -> str:
        for kind, pattern in _NUMBERS.items():
            plain = text.translate(_ASCII)
            parts, start = [], 0
            for found in pattern.finditer(plain):
                if kind == "card" and not _is_card(found.group()):
                    continue
                parts += [text[start : found.start()], self.words.say(f"trace.masked_{kind}")]
                start = found.end()
            text = "".join([*parts, text[start:]])
        return text


def _is_inside(text: str, start: int, end: int) -> bool:
    """Whether a Latin name is a part of a longer word."""
    before, after = text[start - 1 : start], text[end : end + 1]
    first, last = text[start], text[end - 1]
    return (_is_latin(before) and _is_latin(first)) or (_is_latin(after) and _is_latin(last))


def _is_latin(char: str) -> bool:
    return bool(char) and char.isascii() and char.isalnum()


def _is_card(text: str) -> bool:
    """Whether the last digit is the check digit. *Source:* ISO/IEC 7812-1, annex B (Luhn)."""
    digits = [int(one) for one in reversed(text) if one.isdigit()]
    doubled = [one if at % 2 == 0 else one * 2 - 9 * (one > 4) for at, one in enumerate(digits)]  # noqa: PLR2004
    return sum(doubled) % 10 == 0


def signs(
    statements: Iterable[Committed[Statement]], dossier: Dossier, words: Words, *, more: Iterable[str] = ()
) -> Signs:
    """Gives each account its sign, in the order in which payments, rows, leads, posts and extracts have them.

    One sign stands for one displayed name, not for a person: two accounts of one name share it, and an account that was
    renamed has several. Titles of groups are no accounts; the title of a private chat is.

    Args:
        statements: All statements of the case.
        dossier: What its chats and bills hold.
        words: The report's language.
        more: Further names of accounts.
    """
    named = {name_key(one): one for one in accounts_in_question(statements, dossier)}
    groups = {name_key(one) for one in group_titles(dossier)}
    holding = dict.fromkeys(name_key(holder_of(row)) for row in dossier.ledger.rows)
    others = {*named, *map(name_key, _chat_names(dossier))}
    holders = {key: number for number, key in enumerate((one for one in holding if one and one not in others), 1)}
    numbers: dict[str, int] = {}
    spelled: dict[str, set[str]] = {name_key(one): {one} for one in named.values()}
    for name in (*_names(dossier), *more):
        key = name_key(name)
        if not key or key in groups:
            continue
        spelled.setdefault(key, set()).add(name.removeprefix("发给").strip())
        if key not in named and key not in holders:
            numbers.setdefault(key, len(numbers) + 1)
    slang = frozenset(name_key(text) for use in dossier.slang for text in (use.slang.word, *use.slang.spellings))
    return Signs(words, named, numbers, {key: frozenset(found) for key, found in spelled.items()}, slang, holders)


def holder_of(row: Payment) -> str:
    """Gives the account whose bill a row is of; empty where the bill does not name it."""
    return row.payee if row.direction == IN else row.payer


def accounts_in_question(statements: Iterable[Committed[Statement]], dossier: Dossier) -> tuple[str, ...]:
    """Gives the names of the accounts that somebody stated to be in question, in the order of the statements."""
    stated = [str(one.record.values.get("name", "")) for one in standing(statements, "account")]
    return tuple(dict.fromkeys(name for name in (*stated, *sorted(dossier.ledger.how.accounts)) if name_key(name)))


def group_titles(dossier: Dossier) -> frozenset[str]:
    """Gives the titles of chats of several accounts, which are names of no account."""
    groups = (group.title for work in dossier.works for group in work.groups if group.kind != _PRIVATE)
    others = (one.title for one in dossier.extracts if one.kind not in ("", _PRIVATE))
    return frozenset(title for title in (*groups, *others) if title)


def _names(dossier: Dossier) -> Iterator[str]:
    ledger = dossier.ledger
    for one in (*ledger.payments, *ledger.shown, *ledger.rows, *(copy.dropped for copy in ledger.duplicates)):
        yield from (one.payer, one.payee)
    yield from _chat_names(dossier)


def _chat_names(dossier: Dossier) -> Iterator[str]:
    """Gives the names of accounts in chats; one of them with the name of a bill's holder need not be the holder's."""
    ledger = dossier.ledger
    for one in ledger.payments:
        yield from (one.payer, one.payee)
    for chain in ledger.chains:
        yield chain.customer
        yield from (link.sender for link in chain.links)
    yield from (lead.sender for lead in ledger.leads)
    yield from (one.sender for one in ledger.unpriced)
    yield from (hit.sender for hit in dossier.leads)
    for work in dossier.works:
        for post in work.posts:
            yield from (post.sender, post.forwarded_from or "")
        yield from (group.title for group in work.groups if group.kind == _PRIVATE)
    for passage in dossier.extracts:
        yield from _names_of(passage)


def _names_of(passage: Passage) -> Iterator[str]:
    if passage.kind == _PRIVATE:
        yield passage.title
    for line in passage.lines:
        yield from (line.message.sender, line.message.forwarded_from or "")
