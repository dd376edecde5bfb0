"""Rules for lines of chats that state a payment, read from files that a lawyer may change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from forensics.chats.amount import MINOR_DIGITS, AmountError, parse_amount, plain_text
from forensics.codec import MAX_INTEGER
from forensics.errors import UsageError
from forensics.proof.rulebook import read_folder, rule_folder, text, texts

MEANINGS = ("payment", "receipt", "refund", "request", "packet", "opened")
CHANNELS = ("red_packet", "password_red_packet", "transfer", "card", "code", "purchase")

MAX_LINE = 300
"""Longest line that is compared, in characters: the longest form has under 60 without its memo, and a name or memo of
WeChat at most 100."""

MAX_RECORD = 20_000
"""Characters of a record that are read; the XML of a WeChat transfer has about 2,000."""

MAX_NUMBERS = 20
"""Amounts of a record that are compared; one that shows more is unclear in any case."""

_STATE = re.compile(r"<paysubtype>\s*([0-9]{1,3})\s*</paysubtype>")
_TRANSFER = re.compile(r"<transferid>\s*(?:<!\[CDATA\[)?\s*(\w{8,64})")
_STATES = {"1": "payment", "4": "payment", "3": "receipt", "8": "receipt", "5": "refund", "9": "refund"}
"""States of a WeChat transfer, which some exports show as its XML: given, waiting, taken, refused, returned.
*Source:* public readers of WeChat's message table agree on 1 and 3; the others as one of them documents
(wechat-rune-export). A state that is not among them makes no payment."""

_BEFORE = r"[-+−]?[^\W\d_]{0,3}\$?[¥€£₹₽₩]?\s?"
_AFTER = r"\s?(?:元|块|人民币|[A-Za-z]{3}|[€£₽₩])?"
_PARTS = {
    "amount": rf"(?P<amount>{_BEFORE}[-+−]?[0-9][0-9.,']{{0,24}}{_AFTER})",
    "minor": r"(?P<minor>[0-9]{1,18})",
    "currency": r"(?P<currency>[A-Za-z]{3})",
    "payer": r"(?P<payer>\S.{0,60}?)",
    "payee": r"(?P<payee>\S.{0,60}?)",
    "memo": r"(?P<memo>.{1,200}?)",
}
_TOKEN = re.compile(r"\{(\w+)\}|(\s+)")
_BRACKETS = str.maketrans("【】〔〕「」", "[][][]")
_DIGITS = r"[0-9](?:[0-9.,']{0,24}[0-9])?"
_NUMBER = rf"[-+−]?(?:[A-Za-z]{{2,3}}|人民币)?\$?[¥€£₹₽₩]?\s?{_DIGITS}"
_MARKED = re.compile(rf"[¥€£₹₽₩]\s?{_DIGITS}(?:\s?元)?|{_DIGITS}\s?(?:元|块|人民币|RMB|CNY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; its settings are explained in templates/payments/wechat.toml."""

    id: str
    lines: tuple[re.Pattern[str], ...]
    literal: tuple[str, ...]
    meaning: str
    channel: str
    currency: str
    decimal: str
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules.

    Attributes:
        records: Patterns of formats to the currency of a number that names none.
        talk: Finds a word about money, or an amount with its currency.
        hint: Finds what every line has that any rule could fit; the rest is not compared.
        digest: SHA-256 that names this set of rules.
    """

    rules: tuple[Rule, ...]
    records: tuple[tuple[tuple[str, ...], str], ...]
    talk: re.Pattern[str]
    hint: re.Pattern[str]
    digest: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line states.

    Attributes:
        amount_minor: None where the line shows none, or one that cannot be read.
        error: Why it could not be read; empty otherwise.
    """

    rule: str
    meaning: str
    channel: str
    amount_minor: int | None
    currency: str
    payer: str = ""
    payee: str = ""
    memo: str = ""
    error: str = ""


def load_rules(folder: Path | None = None) -> RuleBook:
    """Reads the rules.

    Args:
        folder: Folder with TOML files; None for those that belong to the program.

    Raises:
        UsageError: One is malformed, or two have one id.
    """
    tables, digest = read_folder(rule_folder("payments") if folder is None else folder)
    rules = [_rule(table, name) for name, one in tables.items() for table in one.get("rule", [])]
    if len({rule.id for rule in rules}) != len(rules):
        raise UsageError("two payment rules have one id")
    records = [
        (texts(table, "formats", name), text(table, "currency", name))
        for name, one in tables.items()
        for table in one.get("record", [])
    ]
    words = [plain_text(word) for name, one in tables.items() for word in texts(one.get("talk", {}), "words", name)]
    talk = re.compile("|".join([*map(re.escape, words), _MARKED.pattern]), re.IGNORECASE)
    ordered = sorted(rules, key=lambda rule: MEANINGS.index(rule.meaning) in (4, 5))
    literals = sorted({literal for rule in rules for literal in rule.literal}, key=len, reverse=True)
    hint = re.compile("|".join(map(re.escape, literals)) or r"(?!)", re.IGNORECASE)
    return RuleBook(tuple(ordered), tuple(records), talk, hint, digest)


def _rule(table: dict[str, Any], name: str) -> Rule:
    rule = text(table, "id", name)
    where = f"rule {rule} of {name}"
    meaning, channel = text(table, "meaning", where), text(table, "channel", where)
    currency, decimal = text(table, "currency", where, default=""), text(table, "decimal", where, default=".")
    lines = texts(table, "line", where)
    if meaning not in MEANINGS or channel not in CHANNELS or decimal not in (".", ",") or not lines:
        raise UsageError(f"{where} has no line, or an unknown meaning, channel or decimal mark")
    if currency and currency not in MINOR_DIGITS:
        raise UsageError(f"{where}: currency {currency!r} is not known")
    sums = all("{amount}" in line or ("{minor}" in line and "{currency}" in line) for line in lines)
    if meaning in MEANINGS[:3] and not sums:
        raise UsageError(f"{where} has a line without {{amount}}, or {{minor}} and {{currency}}")
    patterns = tuple(_pattern(line, where) for line in lines)
    literal = tuple(_literal(line, where) for line in lines)
    return Rule(rule, patterns, literal, meaning, channel, currency, decimal, texts(table, "formats", where))


def _pattern(line: str, where: str) -> re.Pattern[str]:
    """Makes a pattern of a readable line."""
    made, end, plain = [], 0, _plain_line(line)
    for found in _TOKEN.finditer(plain):
        made.append(re.escape(plain[end : found.start()]))
        if found[1] and found[1] not in _PARTS:
            raise UsageError(f"{where}: {{{found[1]}}} is not known")
        made.append(_PARTS[found[1]] if found[1] else r"\s*")
        end = found.end()
    try:
        return re.compile("".join([*made, re.escape(plain[end:])]), re.IGNORECASE)
    except re.error as error:
        raise UsageError(f"{where}: a name is used twice in {line!r}") from error


def _literal(line: str, where: str) -> str:
    """Gives the longest piece of a line that must be there as it is."""
    pieces = [piece.strip() for piece in re.split(r"\{\w+\}|\s+", _plain_line(line))]
    longest = max(pieces, key=len)
    if not longest:
        raise UsageError(f"{where}: a line needs words of its own")
    return longest


def _plain_line(line: str) -> str:
    return plain_text(line).translate(_BRACKETS).strip()


def _holds(formats: tuple[str, ...], name: str) -> bool:
    return not formats or any(fnmatchcase(name, one) for one in formats)


def read_line(line: str, book: RuleBook, *, chat_format: str = "") -> Reading | None:
    """Reads one line by the first rule that fits it as a whole; None where none does."""
    if len(line) > MAX_LINE:
        return None
    plain = _plain_line(line)
    if not book.hint.search(plain):
        return None
    for rule in book.rules:
        if not _holds(rule.formats, chat_format):
            continue
        for pattern in rule.lines:
            found = pattern.fullmatch(plain)
            if found is not None:
                return _reading(rule, found)
    return None


def _reading(rule: Rule, found: re.Match[str]) -> Reading:
    parts = {name: (value or "").strip() for name, value in found.groupdict().items()}
    names = {name: parts.get(name, "") for name in ("payer", "payee", "memo")}
    if "amount" not in parts and "minor" not in parts:
        return Reading(rule.id, rule.meaning, rule.channel, None, rule.currency, **names)
    try:
        minor, currency = _sum(parts, rule)
    except AmountError as error:
        return Reading(rule.id, rule.meaning, rule.channel, None, rule.currency, **names, error=str(error))
    return Reading(rule.id, rule.meaning, rule.channel, minor, currency, **names)


def _sum(parts: dict[str, str], rule: Rule) -> tuple[int, str]:
    if "amount" in parts:
        return amount_of(parts["amount"], rule.currency, decimal=rule.decimal)
    minor, currency = int(parts["minor"]), parts["currency"].upper()
    if currency not in MINOR_DIGITS or not 0 < minor <= MAX_INTEGER:
        raise AmountError(f"impossible amount or unknown currency: {parts['minor'][:20]} {currency}")
    return minor, currency


def amount_of(shown: str, currency: str, *, decimal: str = ".") -> tuple[int, str]:
    """Reads the amount of a line: one that is positive, and whose currency is known.

    Raises:
        AmountError: It is not.
    """
    if not currency and shown[-1:].isdigit() and shown[:1].isdigit():
        raise AmountError(f"no currency is stated: {shown[:40]!r}")
    minor, unit = parse_amount(shown, currency or "", decimal=decimal)
    if minor <= 0:
        raise AmountError(f"not a positive amount: {shown[:40]!r}")
    return minor, unit


@dataclass(frozen=True, slots=True)
class Record:
    """What a message states that the export itself marks as a payment.

    Attributes:
        meaning: `payment`, `receipt` or `refund`.
        reference: Number of the transfer, by which its several messages are one payment; empty where none is shown.
    """

    amount_minor: int
    currency: str
    meaning: str = "payment"
    reference: str = ""


def read_record(shown: str, book: RuleBook, *, chat_format: str) -> Record:
    """Reads a message that the export itself marks as a red packet or transfer.

    Raises:
        AmountError: It shows no amount, different ones, one without a currency, or a state that is not known.
    """
    currency = next((unit for formats, unit in book.records if _holds(formats, chat_format)), "")
    plain = plain_text(shown[:MAX_RECORD])
    state = _STATE.search(plain)
    meaning = _STATES.get(state[1], "") if state else "payment"
    if not meaning:
        raise AmountError(f"a transfer in state {state[1] if state else ''}, which is not known")
    marked = _MARKED.findall(plain)
    numbers = marked or (re.findall(rf"(?<![0-9.]){_NUMBER}(?![0-9.:/-])", plain) if currency else [])
    sums = {amount_of(one.strip(), currency) for one in numbers[:MAX_NUMBERS]}
    if len(sums) != 1:
        raise AmountError("no amount is shown" if not numbers else "more than one amount is shown")
    reference = _TRANSFER.search(plain)
    return Record(*sums.pop(), meaning, reference[1] if reference else "")
