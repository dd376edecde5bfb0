"""The kinds of statements and their members: what is checked before anything is recorded."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from forensics.chats.amount import MINOR_DIGITS, parse_amount
from forensics.errors import UsageError

MOST_CHARACTERS = 4000
"""Longest text of a member: a page."""

MOST_LISTED = 50
"""Most texts of a member that is a list."""

READING = "reading"
"""Kind that only the verb `confirm` records."""

ACCESS_MODES = ("public", "own_account", "invited_member", "witness_supplied", "provider_return", "court_order")
"""How access was obtained, as `collect --access-mode` has it."""

_ELEMENT = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
_HINT = "docs/statements.md lists the kinds and their members."


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a kind.

    Attributes:
        read: Checks a text and gives the value.
        is_required: Whether the kind makes no sense without it.
        is_list: Whether it may be given several times; its value is a list.
    """

    read: Callable[[str], Any]
    is_required: bool = False
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of statement.

    Attributes:
        about: What it states, in one line.
        members: Names to members.
        needs_text: Whether it must be told in words.
        needs_one: Whether at least one member must be given, whichever.
    """

    about: str
    members: Mapping[str, Member]
    needs_text: bool = False
    needs_one: bool = False


def clean(text: str, what: str) -> str:
    """Gives a text without white space around it.

    Raises:
        UsageError: It is too long, or has characters that do not show, by which a record could be made to look like
            another.
    """
    kept = text.strip()
    if len(kept) > MOST_CHARACTERS:
        raise UsageError(
            f"{what} has more than {MOST_CHARACTERS} characters", hint="Put it into a file and collect it."
        )
    odd = next((one for one in kept if unicodedata.category(one) in _UNSEEN and one not in "\n\u200c\u200d"), "")
    if odd:
        raise UsageError(f"{what} has the character U+{ord(odd):04X}, which does not show", hint="Take it out.")
    return kept


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that do not show; joiners within words of some scripts are let through."""


def _plain(text: str) -> str:
    return text


def _date(text: str) -> str:
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no date", hint="Write year, month and day: 2026-11-20.") from error
    if found.isoformat() != text:
        raise UsageError(f"{text!r} is no date", hint="Write year, month and day: 2026-11-20.")
    return text


def _currency(text: str) -> str:
    unit = text.upper()
    if unit not in MINOR_DIGITS:
        raise UsageError(f"the currency {text!r} is not known", hint=f"There are: {', '.join(MINOR_DIGITS)}.")
    return unit


def _element(text: str) -> str:
    if not _ELEMENT.fullmatch(text):
        raise UsageError(f"{text!r} is no name of an element", hint="Write it as the profile has it, such as E8.")
    return text


def _access(text: str) -> str:
    if text not in ACCESS_MODES:
        raise UsageError(f"{text!r} is no way of access", hint=f"There are: {', '.join(ACCESS_MODES)}.")
    return text


_MUST, _MAY, _MANY = Member(_plain, is_required=True), Member(_plain), Member(_plain, is_list=True)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "account": Kind("an account in question, such as the respondent's", {"name": _MUST, "chat": _MAY}),
        "alias": Kind("an account of a chat and a name elsewhere are one party", {"account": _MUST, "alias": _MUST}),
        "cost": Kind(
            "a cost of the case, with its receipt as --item",
            {
                "amount": _MUST,
                "currency": Member(_currency),
                "on": Member(_date, is_required=True),
                "purpose": _MUST,
            },
        ),
        "contested": Kind(
            "the other side contests an element; --text says how",
            {"element": Member(_element, is_required=True), "by": _MUST},
            needs_text=True,
        ),
        "mandate": Kind(
            "who asked for the work, and what",
            {"asked_by": _MUST, "questions": _MANY, "received_from": _MAY, "scope": _MAY},
        ),
        "author": Kind(
            "who writes the report",
            {
                "name": _MUST,
                **dict.fromkeys(
                    ("qualification", "experience", "relation", "funding", "ai_assistance", "reviewed_by"), _MAY
                ),
            },
        ),
        "slang": Kind(
            "what a word means, and who says so", {"word": _MUST, "meaning": _MUST, "by": _MUST}
        ),
        "fact": Kind(
            "a fact in one sentence for the table of facts, as --text", {"element": Member(_element)}, needs_text=True
        ),
        "collection": Kind(
            "how the material was collected, as only the operator can say",
            {
                **dict.fromkeys(
                    (
                        *("place", "device", "network", "relation", "cleanliness", "holder", "legal_basis"),
                        *("second_operator", "witness"),
                    ),
                    _MAY,
                ),
                "access_mode": Member(_access),
            },
            needs_one=True,
        ),
    }
)  # fmt: skip
"""Kinds that the verb `state` records."""


def kind_named(name: str) -> Kind:
    """Gives a kind by its name.

    Raises:
        UsageError: There is none, or another verb records it.
    """
    if name == READING:
        raise UsageError("readings of screenshots are recorded by another verb", hint="`forensics confirm CASE ITEM`.")
    if name not in KINDS:
        raise UsageError(f"there is no kind of statement {name!r}", hint=f"There are: {', '.join(KINDS)}.")
    return KINDS[name]


def values_of(name: str, given: Iterable[tuple[str, str]], *, text: str) -> dict[str, Any]:
    """Checks what was given for a statement and gives its values.

    Args:
        name: The kind.
        given: Names of members and texts, in order.
        text: What was stated in words.

    Raises:
        UsageError: A member is unknown, missing, given twice or malformed.
    """
    kind = kind_named(name)
    found = _gathered(name, kind, given)
    missing = [one for one, member in kind.members.items() if member.is_required and one not in found]
    if missing:
        raise UsageError(f"{name} needs {_names(missing)}", hint=f"--set {missing[0]}=…. {_HINT}")
    if kind.needs_text and not text:
        raise UsageError(f"{name} is told in words", hint="--text TEXT.")
    if kind.needs_one and not (found or text):
        raise UsageError(f"{name} says nothing", hint=f"--set NAME=VALUE with one of {', '.join(kind.members)}.")
    return _with_amount(found) if "amount" in kind.members else found


def _gathered(name: str, kind: Kind, given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in given:
        member = kind.members.get(key)
        if member is None:
            raise UsageError(f"{name} has no member {key!r}", hint=f"It has: {', '.join(kind.members)}.")
        kept = clean(value, f"{name}.{key}")
        if not kept:
            raise UsageError(f"{name}.{key} is empty", hint="Leave it out where there is nothing to say.")
        if member.is_list:
            listed = found.setdefault(key, [])
            if len(listed) >= MOST_LISTED:
                raise UsageError(f"{name}.{key} is given more than {MOST_LISTED} times", hint=_HINT)
            listed.append(member.read(kept))
        elif key in found:
            raise UsageError(f"{name}.{key} is given twice", hint="Give it once.")
        else:
            found[key] = member.read(kept)
    return found


def _with_amount(found: dict[str, Any]) -> dict[str, Any]:
    """Writes an amount in exact minor units."""
    minor, currency = positive_amount(str(found.pop("amount")), str(found.pop("currency", "")))
    return {**found, "amount_minor": minor, "currency": currency}


def positive_amount(shown: str, currency: str) -> tuple[int, str]:
    """Reads an amount above nothing, whose currency is stated beside it or on its own.

    Args:
        shown: For example `300.00` or `300.00 CNY`.
        currency: Code of the currency; empty where the amount names it.

    Raises:
        UsageError: It is no such amount; nothing is rounded.
    """
    if not currency and shown.strip()[-1:].isdigit() and shown.strip()[:1].isdigit():
        raise UsageError(f"{shown[:40]!r} has no currency", hint="Name it: currency=CNY.")
    minor, unit = parse_amount(shown, currency)
    if currency and unit != currency:
        raise UsageError(f"{shown[:40]!r} is not an amount in {currency}", hint="Name one currency.")
    if minor <= 0:
        raise UsageError(f"{shown[:40]!r} is not more than nothing", hint="Write the amount without a sign.")
    return minor, unit


def _names(names: Iterable[str]) -> str:
    return " and ".join(names)
