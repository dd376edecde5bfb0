"""What a request consists of: whom it goes to, what is asked for, and by which identifiers and range of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from forensics.reporter.evidence import Said
from forensics.reporter.wording import Words

if TYPE_CHECKING:
    from forensics.chats.message import Locator

SERVICES = frozenset({"telegram", "whatsapp", "wechat", "qq", "alipay"})
"""Beginnings of the names of formats that only one service's exports and bills have (docs/chat-formats.md)."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something by which an addressee finds records; `kind` is a key of the texts, `where` its place."""

    kind: str
    text: Said
    where: Said


@dataclass(frozen=True, slots=True)
class Ask:
    """One request.

    Attributes:
        kind: `payments`, `chats`, `sites` or `labels`.
        of: Whom it goes to, as far as the evidence tells.
        short: The same in a word.
        first: Earliest instant, UTC; None where no instant is known.
        last: Latest instant, likewise.
        unplaced: Number of records whose instant is not known and that may lie outside of the range.
        note: What is not asked for although the evidence has it; empty where there is nothing.
    """

    kind: str
    of: Said
    short: Said
    identifiers: tuple[Identifier, ...]
    first: datetime | None = None
    last: datetime | None = None
    unplaced: int = 0
    note: Said = Said("")  # noqa: RUF009  an immutable text


def is_numbered(message: str, where: Locator) -> bool:
    """Whether a message has a number of its service, rather than only a place in the export."""
    return bool(message) and message != where.record


def ends(found: Iterable[datetime | None]) -> tuple[datetime | None, datetime | None]:
    """Gives the first and the last of the instants that are known."""
    there = [one for one in found if one is not None]
    return (min(there), max(there)) if there else (None, None)


def service(form: str) -> str:
    """Gives the service of a form of exports or bills: `telegram` for `telegram-json`; empty where unknown."""
    name = form.partition("+")[0].partition("-")[0]
    return name if name in SERVICES else ""


def service_name(name: str, words: Words) -> Said:
    """Names a service; where the form does not tell, says so."""
    return words.say(f"requests.service_{name}" if name else "requests.service_unknown")
