"""Rules for lines of chats that state a payment, read from files that a lawyer may change."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from forensics.chats.amount import MINOR_DIGITS, AmountError, has_other_figures, parse_amount, plain_text
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
_FIGURES = frozenset("零〇一二三四五六七八九十两百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬億约近")
_BARE = re.compile(r"[-+−]?[0-9.,']+")
_CENTS = re.compile(r".*[0-9]\.[0-9]{2}")
_THOUSAND = 3
_TWO_WAYS = re.compile(r"(?<![0-9.,'])[1-9][0-9]{0,2}[.][0-9]{3}(?![0-9.,'])")
_LABEL = re.compile(r"\[?(?:(?:口令|微信|QQ|支付宝)?红包|red packet)?\]?[:\s]*", re.IGNORECASE)
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
        quick: Finds, in a text without case, what every text has in which `hint` or a word of `talk` is.
    """

    rules: tuple[Rule, ...]
    records: tuple[tuple[tuple[str, ...], str], ...]
    talk: re.Pattern[str]
    hint: re.Pattern[str]
    digest: str
    quick: re.Pattern[str]

    def may_state(self, plain: str) -> bool:
        """Whether a text can have a line of a payment; said in a tenth of the time that `hint` takes."""
        return self.quick.search(plain.casefold()) is not None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line states.

    Attributes:
        amount_minor: None where the line shows none, or one that cannot be read.
        error: Why it could not be read; empty otherwise.
        is_sentence: Whether the line does not begin with a bracket, so that people write such lines too.
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
    is_sentence: bool = False


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
    return RuleBook(tuple(ordered), tuple(records), talk, hint, digest, _quick([*literals, *words]))


def _quick(words: list[str]) -> re.Pattern[str]:
    """Makes a pattern without brackets, of which there are several kinds, and without case, which is slow."""
    pieces = sorted({max(re.split(r"[][]", word), key=len).strip().casefold() for word in words})
    return re.compile("" if "" in pieces else "|".join(map(re.escape, pieces)) or r"(?!)")


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
    if not book.hint.search(plain) or has_other_figures(line):
        return None
    for rule in book.rules:
        if not _holds(rule.formats, chat_format):
            continue
        for pattern in rule.lines:
            found = pattern.fullmatch(plain)
            if found is not None:
                return replace(_reading(rule, found), is_sentence=not plain.startswith("["))
    return None


def _reading(rule: Rule, found: re.Match[str]) -> Reading:
    parts = {name: (value or "").strip() for name, value in found.groupdict().items()}
    payer, payee, memo = (parts.get(name, "") for name in ("payer", "payee", "memo"))
    read = Reading(rule.id, rule.meaning, rule.channel, None, rule.currency, payer, payee, memo)
    if "amount" not in parts and "minor" not in parts:
        return read
    try:
        minor, currency = _sum(parts, rule)
    except AmountError as error:
        return replace(read, error=str(error))
    return replace(read, amount_minor=minor, currency=currency)


def _sum(parts: dict[str, str], rule: Rule) -> tuple[int, str]:
    if "amount" in parts:
        if rule.currency and _is_greeting(parts["amount"], rule.channel):
            raise AmountError(f"a number without a currency can be the payer's words: {parts['amount'][:40]!r}")
        return amount_of(parts["amount"], rule.currency, decimal=rule.decimal)
    minor, currency = int(parts["minor"]), parts["currency"].upper()
    if currency not in MINOR_DIGITS or not 0 < minor <= MAX_INTEGER:
        raise AmountError(f"impossible amount or unknown currency: {parts['minor'][:20]} {currency}")
    return minor, currency


def _is_greeting(shown: str, channel: str) -> bool:
    """Whether a number may be what was written with a packet or transfer, such as 888: it names no currency."""
    return _BARE.fullmatch(shown) is not None and (channel.endswith("red_packet") or not _CENTS.fullmatch(shown))


def amount_of(shown: str, currency: str, *, decimal: str = ".") -> tuple[int, str]:
    """Reads the amount of a line: one that is positive, whose currency is known, and that has one meaning.

    Raises:
        AmountError: It is not.
    """
    if not currency and shown[-1:].isdigit() and shown[:1].isdigit():
        raise AmountError(f"no currency is stated: {shown[:40]!r}")
    minor, unit = parse_amount(shown, currency or "", decimal=decimal)
    if decimal == "." and MINOR_DIGITS[unit] < _THOUSAND and _TWO_WAYS.search(shown):
        raise AmountError(f"it may mean thousands or decimals: {shown[:40]!r}")
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


def read_record(shown: str, book: RuleBook, *, chat_format: str, is_packet: bool = False) -> Record:
    """Reads a message that the export itself marks as a red packet or transfer.

    Args:
        shown: Its text.
        book: Rules of lines.
        chat_format: Format of the export.
        is_packet: Whether it is a red packet, whose words the payer writes: an amount counts only where it is all.

    Raises:
        AmountError: It shows no amount, different ones, one without a currency, one that is part of another number
            (`1.2万元`), or a state that is not known.
    """
    if has_other_figures(shown[:MAX_RECORD]):
        raise AmountError("figures that are no digits in a row")
    currency = next((unit for formats, unit in book.records if _holds(formats, chat_format)), "")
    plain = plain_text(shown[:MAX_RECORD])
    state = _STATE.search(plain)
    meaning = _STATES.get(state[1], "") if state else "payment"
    if not meaning:
        raise AmountError(f"a transfer in state {state[1] if state else ''}, which is not known")
    found = _amounts(plain, is_bare_read=bool(currency) and not is_packet)
    sums = {amount_of(one[0].strip(), currency) for one in found[:MAX_NUMBERS]}
    if len(sums) != 1:
        raise AmountError("more than one amount is shown" if found else "no amount is shown")
    if not all(_stands_alone(plain, one) for one in found):
        raise AmountError(f"an amount that is not clear: {plain[:80]!r}")
    if is_packet and (not _LABEL.fullmatch(plain[: found[0].start()]) or plain[found[-1].end() :].strip(" ]")):
        raise AmountError("the words of a packet are the payer's")
    reference = _TRANSFER.search(plain)
    return Record(*sums.pop(), meaning, reference[1] if reference else "")


def _amounts(plain: str, *, is_bare_read: bool) -> list[re.Match[str]]:
    """Finds amounts with their currency; where there are none, and no mark-up, numbers alone."""
    marked = list(_MARKED.finditer(plain))
    if marked or not is_bare_read or "<" in plain:
        return marked
    return list(re.finditer(rf"(?<![0-9.]){_NUMBER}(?![0-9.:/-])", plain))


def _stands_alone(plain: str, found: re.Match[str]) -> bool:
    """Whether a number is no part of another one, of a product, or of an estimate: `1e5元`, `1 880元`, `1.2万元`."""
    before, after = plain[max(found.start() - 2, 0) : found.start()], plain[found.end() : found.end() + 3]
    is_led = before[-1:] in _FIGURES | set("+-−~.,'") or (before[-1:].isascii() and before[-1:].isalnum())
    is_split = before[-1:].isspace() and before[:1].isdigit()
    follows = after.lstrip()[:1]
    is_followed = after[:1] in _FIGURES | set("%") or follows.isdigit() or follows in set("xX×*")
    return not (is_led or is_split or is_followed or (after[:1].isascii() and after[:1].isalnum()))
