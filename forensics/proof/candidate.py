"""Lines of a screenshot that may state a payment: what an examiner is asked about; none counts by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from forensics.chats.amount import MINOR_DIGITS, SIGNS, AmountError, parse_amount, plain_text
from forensics.errors import UsageError
from forensics.proof.money_rule import CHANNELS, Reading, RuleBook, read_line
from forensics.proof.rulebook import read_folder, rule_folder, text, texts

FOLDER = "screenshots"

SURE = 0.95
"""Confidence of the recogniser from which an amount is taken as read. Of drawn amounts with wrongly read figures the
highest confidence was 0.94 (docs/methods/screenshots.md); a wrong figure is worse than a question to the examiner."""

REACH = 3.0
"""Free space between an amount and its word at most, over the height of the larger of the two. Rendered cards of
WeChat have 0.5; the next message is farther away than the word of the own card."""

_DIGITS = re.compile(r"[0-9]")
_SIGN = re.compile(r"^[-+−]\s*")
_TIME = re.compile(
    r"(?:[0-9]{4}[-年/.])?[0-9]{1,2}[-月/.][0-9]{1,2}日?\s*(?:星期.|周.)?\s*(?:凌晨|早上|上午|中午|下午|晚上)?\s*"
    r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?|(?:(?:昨天|今天|星期.|周.|凌晨|早上|上午|中午|下午|晚上)\s*)*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
)
"""A line that is a time and nothing else, as messengers put between messages."""

_STAMP = re.compile(
    r"([0-9]{4})[-年/.]([0-9]{1,2})[-月/.]([0-9]{1,2}(?=日|\s)|[0-9]{2}(?=[0-9]{2}:))日?\s*([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)"
)
"""A date with its year, and a time of the day. Spaces get lost in reading: without, day and hour have two digits."""

_TOP = 3.0
"""Heights of a line below the upper edge within which telephones show their own clock."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of a screenshot.

    Attributes:
        number: From 1, from the top.
        text: As it was read, or as the examiner says.
        box_px: Left, top, width, height.
        confidence: Of the recogniser, 0 to 1; 1 where the examiner wrote the line.
        was: As it was read, where the examiner changed it; None otherwise.
    """

    number: int
    text: str
    box_px: tuple[int, int, int, int]
    confidence: float
    was: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that may state a payment.

    Attributes:
        line: Number of the line.
        text: The line.
        amount_minor: None where no amount could be read.
        at_shown: The time that stands above it in the picture; empty where none does.
        basis: Rule or word by which it was found.
        reason: Why it is no payment without the examiner's own word; empty where it can be taken as it stands.
    """

    line: int
    text: str
    amount_minor: int | None
    currency: str
    channel: str
    is_refund: bool
    at_shown: str
    basis: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of templates/screenshots, in the form in which lines are compared."""

    channels: tuple[tuple[str, str], ...]
    refund: tuple[str, ...]
    taken: tuple[str, ...]
    aside: tuple[str, ...]
    bare: tuple[tuple[str, str], ...]
    digest: str


def load_words(folder: Path | None = None) -> Words:
    """Reads the words.

    Args:
        folder: Folder with TOML files; None for those that belong to the program.

    Raises:
        UsageError: A file is malformed, or names a channel or currency that is not known.
    """
    tables, digest = read_folder(folder or rule_folder(FOLDER))
    channels = [pair for name, one in tables.items() for pair in _pairs(one.get("word", []), "channel", name)]
    bare = [pair for name, one in tables.items() for pair in _pairs(one.get("bare", []), "currency", name)]
    if any(channel not in CHANNELS for _, channel in channels) or any(unit not in MINOR_DIGITS for _, unit in bare):
        raise UsageError("the words of screenshots name an unknown channel or currency")
    lists = {
        key: tuple(_key(word) for name, one in tables.items() for word in texts(one.get(key, {}), "words", name))
        for key in ("refund", "taken", "aside")
    }
    return Words(tuple(channels), lists["refund"], lists["taken"], lists["aside"], tuple(bare), digest)


def _pairs(tables: Iterable[dict[str, object]], key: str, name: str) -> Iterator[tuple[str, str]]:
    for table in tables:
        value = text(table, key, name)
        yield from ((_key(word), value) for word in texts(table, "words", name))


def _key(shown: str) -> str:
    return "".join(plain_text(shown).casefold().split())


def candidates(lines: Sequence[TextLine], words: Words, book: RuleBook) -> tuple[Candidate, ...]:
    """Finds what may be payments, in the order of the lines.

    Args:
        lines: All lines of one screenshot, from the top.
        words: Words beside amounts.
        book: Rules of whole lines.
    """
    keys = [_key(one.text) for one in lines]
    currency = next((unit for word, unit in words.bare if any(word in key for key in keys)), "")
    found = []
    for place, line in enumerate(lines):
        one = _candidate(lines, keys, place, words=words, book=book, currency=currency)
        if one is not None:
            found.append(_doubted(replace(one, at_shown=_time_above(lines, place)), line))
    return tuple(_without_receipts(found, lines, words))


def _candidate(
    lines: Sequence[TextLine], keys: Sequence[str], place: int, *, words: Words, book: RuleBook, currency: str
) -> Candidate | None:
    line = lines[place]
    reading = read_line(line.text, book)
    if reading is not None:
        return _of_rule(line, reading)
    amount = _amount(line.text, currency)
    if amount is not None:
        return _of_word(lines, keys, place, amount=amount, words=words)
    if book.talk.search(plain_text(line.text)) and _DIGITS.search(line.text):
        return _lead(line, "an amount or a word about money within other text")
    return None


def _lead(line: TextLine, reason: str, *, basis: str = "talk") -> Candidate:
    return Candidate(line.number, line.text, None, "", "", False, "", basis, reason)  # noqa: FBT003 -- no refund


def _of_rule(line: TextLine, reading: Reading) -> Candidate:
    made = Candidate(
        line.number,
        line.text,
        reading.amount_minor,
        reading.currency,
        reading.channel,
        reading.meaning == "refund",
        "",
        reading.rule,
    )
    if reading.meaning in ("request", "opened"):
        return replace(made, amount_minor=None, reason="a request or a notice, no payment")
    return made if reading.amount_minor is not None else replace(made, reason=reading.error or "no amount is shown")


def _amount(shown: str, currency: str) -> tuple[int | None, str, str] | None:
    """Reads a line that is an amount and nothing else.

    Returns:
        Minor units and currency, or None, empty and the reason; None where the line is something else.
    """
    plain = _SIGN.sub("", plain_text(shown).strip())
    named = any(sign in plain.upper() for sign in (*SIGNS, "¥", "$"))
    if not _DIGITS.search(plain) or not (named or re.fullmatch(r"[0-9][0-9,]*[.][0-9]{2}", plain)):
        return None
    unit = currency or ("CNY" if "元" in plain or "块" in plain else "")
    try:
        if not named and not unit:
            parse_amount(plain, "CNY")
            return None, "", "no currency is shown"
        if plain.startswith(("¥", "$")) and not unit:
            parse_amount(plain, "CNY" if "¥" in plain else "USD")
            return None, "", "the sign stands for several currencies"
        minor, found = parse_amount(plain, unit)
    except AmountError:
        return None
    return (abs(minor), found, "") if minor else (None, "", "an amount of nothing")


def _of_word(
    lines: Sequence[TextLine],
    keys: Sequence[str],
    place: int,
    *,
    amount: tuple[int | None, str, str],
    words: Words,
) -> Candidate:
    line = lines[place]
    near = [keys[other] for other in _near(lines, place)]
    channel, word = next(((channel, word) for key in near for word, channel in words.channels if word in key), ("", ""))
    minor, currency, reason = amount
    is_refund = any(word in key for key in near for word in words.refund)
    made = Candidate(line.number, line.text, minor, currency, channel, is_refund, "", word or "amount", reason)
    aside = next((word for key in near for word in words.aside if word in key), "")
    if aside:
        return replace(made, reason=f"{aside} stands beside it: perhaps no single payment")
    return made if channel else replace(made, reason="no word of a payment stands beside it")


def _near(lines: Sequence[TextLine], place: int) -> list[int]:
    """Gives the lines right above and below an amount that are close to it and share its column, nearest first."""
    here = lines[place]
    others = [place + step for step in (1, -1, 2, -2) if 0 <= place + step < len(lines)]
    gaps = [(gap, other) for other in others if (gap := _gap(here, lines[other])) is not None]
    nearest = min((gap for gap, _ in gaps), default=0.0)
    return [other for gap, other in sorted(gaps) if gap <= nearest + _height(here)]


def _height(line: TextLine) -> int:
    return max(1, line.box_px[3])


def _gap(line: TextLine, other: TextLine) -> float | None:
    """Gives the free rows between two lines; None where they are too far apart or in different columns."""
    (x, y, width, height), (left, top, wide, high) = line.box_px, other.box_px
    gap = max(0, top - y - height, y - top - high)
    shares = min(x + width, left + wide) - max(x, left) > 0
    return gap if shares and gap <= REACH * max(height, high) else None


def _doubted(one: Candidate, line: TextLine) -> Candidate:
    if one.reason or line.confidence >= SURE:
        return one
    return replace(one, reason=f"read with a confidence of {line.confidence:.2f} only")


def _time_above(lines: Sequence[TextLine], place: int) -> str:
    """Gives the nearest time above a line, or the only one with a date on a payment page; as ISO 8601 if it has a year.

    The clock in the top row of a screen is the time of the screenshot, and is left out.
    """
    for line in reversed(lines[:place]):
        plain = plain_text(line.text).strip()
        if _TIME.fullmatch(plain) and line.box_px[1] >= _TOP * _height(line):
            return _iso(plain) or plain
    stamps = {_iso(found[0]) for line in lines for found in _STAMP.finditer(plain_text(line.text))}
    return stamps.pop() if len(stamps) == 1 else ""


def _iso(plain: str) -> str:
    found = _STAMP.fullmatch(plain)
    if found is None:
        return ""
    clock = found[4] if len(found[4].partition(":")[0]) > 1 else f"0{found[4]}"
    return f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d} {clock}"


def _without_receipts(found: Sequence[Candidate], lines: Sequence[TextLine], words: Words) -> Iterator[Candidate]:
    """Marks lines by which somebody took a payment whose giving the same screenshot shows: both are one payment."""
    given: dict[tuple[object, ...], int] = {}
    taken = [_is_taken(one, lines, words) for one in found]
    for one, is_taken in zip(found, taken, strict=True):
        if not one.reason and not is_taken:
            given[_sum(one)] = given.get(_sum(one), 0) + 1
    for one, is_taken in zip(found, taken, strict=True):
        if is_taken and not one.reason and given.get(_sum(one), 0) > 0:
            given[_sum(one)] -= 1
            yield replace(one, reason="the same amount, as taken: one payment with the line of the giver")
        else:
            yield one


def _sum(one: Candidate) -> tuple[object, ...]:
    return one.amount_minor, one.currency, one.is_refund


def _is_taken(one: Candidate, lines: Sequence[TextLine], words: Words) -> bool:
    place = next(index for index, line in enumerate(lines) if line.number == one.line)
    keys = [_key(lines[other].text) for other in (place, *_near(lines, place))]
    return any(word in key for key in keys for word in words.taken)
