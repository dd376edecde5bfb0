"""What persons stated for the case that payments, spread and search rest on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from forensics.chats.message import UNKNOWN as NO_ZONE
from forensics.chats.message import Locator, Message
from forensics.chats.payment import IN, OUT, Payment
from forensics.chats.word import searched
from forensics.custody.statement import standing
from forensics.model import Committed, Statement
from forensics.proof.money_harvest import Harvest, name_key
from forensics.proof.money_match import Matching
from forensics.proof.reading import readings
from forensics.proof.search_rule import any_of
from forensics.proof.search_slang import LANGUAGES, Slang

ACCOUNT, ALIAS, SLANG = "account", "alias", "slang"


@dataclass(frozen=True, slots=True)
class Stated:
    """What was stated.

    Attributes:
        accounts: Names or ids of accounts in question, in whatever chat.
        in_chats: The same of one chat alone: `name_key` of the account, and the chat's id or title.
        aliases: Account in a chat to its names in bills.
        slang: Words that somebody explained for this case.
    """

    accounts: frozenset[str]
    in_chats: frozenset[tuple[str, str]]
    aliases: Mapping[str, frozenset[str]]
    slang: tuple[Slang, ...]

    def matching(self) -> Matching:
        """Gives how payments are matched."""
        return Matching(aliases=self.aliases, accounts=self.accounts)

    def directed(self, found: Harvest, titles: Mapping[str, Collection[str]]) -> Harvest:
        """Says which way payments of single chats went, for the accounts that are in question there alone.

        Args:
            found: What was taken out of the chats.
            titles: `name_key` of the title of a chat to ids of chats.
        """
        if not self.in_chats:
            return found
        places = {(name, chat) for name, shown in self.in_chats for chat in (shown, *titles.get(name_key(shown), ()))}
        return replace(found, payments=tuple(_directed(one, places) for one in found.payments))

    def by_customers(self, payments: Iterable[Payment]) -> tuple[Payment, ...]:
        """Leaves out what the accounts in question paid themselves; their refunds belong to customers."""
        return tuple(one for one in payments if one.is_refund or one.direction != OUT)


def _directed(one: Payment, places: Collection[tuple[str, str]]) -> Payment:
    paid = any((name_key(name), one.chat) in places for name in (one.payer, one.payer_id or ""))
    got = (name_key(one.payee), one.chat) in places
    return one if paid == got else replace(one, direction=OUT if paid else IN)


def stated(statements: Iterable[Committed[Statement]]) -> Stated:
    """Reads the statements that hold; what lacks a name is passed over, since nothing can follow from it."""
    given = tuple(statements)
    everywhere: set[str] = set()
    in_chats: set[tuple[str, str]] = set()
    for one in _values(given, ACCOUNT):
        if chat := _text(one, "chat"):
            in_chats.add((name_key(_text(one, "name")), chat))
        else:
            everywhere.add(_text(one, "name"))
    aliases: dict[str, frozenset[str]] = {}
    for one in _values(given, ALIAS):
        account, alias = _text(one, "account"), _text(one, "alias")
        if account and alias:
            aliases[account] = aliases.get(account, frozenset()) | {alias}
    slang = tuple(made for one in standing(given, SLANG) if (made := _slang(one.record)))
    return Stated(frozenset(everywhere - {""}), frozenset(in_chats), aliases, slang)


def _values(statements: tuple[Committed[Statement], ...], kind: str) -> Iterator[Mapping[str, Any]]:
    return (one.record.values for one in standing(statements, kind))


def _text(values: Mapping[str, Any], name: str) -> str:
    return str(values.get(name) or "").strip()


def _slang(statement: Statement) -> Slang | None:
    word, meaning = _text(statement.values, "word"), _text(statement.values, "meaning")
    if not searched(word).strip() or not meaning:
        return None
    said = _text(statement.values, "by") or statement.by
    spellings = (searched(word).strip(),)
    return Slang(word, spellings, dict.fromkeys(LANGUAGES, meaning), said, (), any_of(spellings, word))


def glossary(common: tuple[Slang, ...], own: tuple[Slang, ...]) -> tuple[Slang, ...]:
    """Joins the program's glossary with what was stated for the case, which stands in place of it."""
    words = {one.word for one in own}
    return (*(one for one in common if one.word not in words), *own)


def spoken(statements: Iterable[Committed[Statement]]) -> Iterator[Message]:
    """Gives the texts of screenshots as examiners read them, each as a message without time and sender."""
    for one in readings(statements):
        values = one.record.values
        lines = [str(line.get("text", "")) for line in values.get("lines", ()) if isinstance(line, Mapping)]
        where = Locator(str(values.get("content", "")), str(values.get("name", "")), one.record.id)
        if any(lines):
            yield text_message("\n".join(lines), where)


def text_message(text: str, where: Locator) -> Message:
    """Makes a message of a text that is none: without chat, time and sender."""
    return Message(
        chat="",
        seq=0,
        id=None,
        sent_at=None,
        sent_shown="",
        zone=NO_ZONE,
        local_at=None,
        sender_id=None,
        sender="",
        kind="other",
        text=text,
        attachments=(),
        reply_to=None,
        forwarded_from=None,
        edited_at=None,
        is_deleted=False,
        locator=where,
    )
