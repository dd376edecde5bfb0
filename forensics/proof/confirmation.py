"""What an examiner says of a screenshot, as the values of a statement: lines, payments, and what was left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from forensics.chats import moment
from forensics.errors import UsageError
from forensics.proof.candidate import Candidate, TextLine
from forensics.proof.money_rule import CHANNELS

PAYMENT_MEMBERS = ("amount", "currency", "at", "zone", "payer", "payee", "channel", "refund", "memo", "line")
"""Names in a payment as an examiner writes it; the amount is read by the caller."""

MOST_SHOWN = 200
"""Characters of a name, a time or a memo."""

_PART = re.compile(rf",(?=\s*(?:{'|'.join(PAYMENT_MEMBERS)})\s*=)")
_CHANGE = re.compile(r"\s*([0-9]{1,6})\s*=(.*)", re.DOTALL)
_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Reading:
    """What an examiner says of one screenshot.

    Attributes:
        content: SHA-256 of the picture.
        name: Its file name.
        lines: As they stand now.
        payments: As `payment_told` or `taken` gives them.
        left_out: What looked like a payment and is not taken for one.
        rules: Digests of the rules and words by which candidates were found.
        is_rejected: Whether what was read does not count at all.
        has_no_payment: Whether the examiner says that no payment is shown.
    """

    content: str
    name: str
    lines: tuple[TextLine, ...]
    payments: tuple[Mapping[str, Any], ...]
    left_out: tuple[Candidate, ...]
    rules: Mapping[str, str]
    is_rejected: bool = False
    has_no_payment: bool = False

    def values(self, *, is_open: bool) -> dict[str, Any]:
        """Gives the values of the statement.

        Args:
            is_open: Whether the text may stand in the records; of a protected picture it does not, and the lines have
                their numbers and places alone.
        """
        return {
            "content": self.content,
            "name": self.name,
            "is_rejected": self.is_rejected,
            "has_no_payment": self.has_no_payment,
            "lines": [_line(one, is_open=is_open) for one in self.lines],
            "payments": [dict(one) for one in self.payments],
            "left_out": [_left_out(one, is_open=is_open) for one in self.left_out],
            "rules": dict(self.rules),
        }


def _line(one: TextLine, *, is_open: bool) -> dict[str, Any]:
    told = {"number": one.number, "box_px": list(one.box_px), "confidence": one.confidence}
    return {**told, "text": one.text, "was": one.was} if is_open else told


def _left_out(one: Candidate, *, is_open: bool) -> dict[str, Any]:
    told = {"line": one.line, "reason": one.reason, "amount_minor": one.amount_minor, "currency": one.currency}
    return {**told, "text": one.text} if is_open else told


def changes_of(given: Iterable[str], count: int) -> dict[int, str]:
    """Parts `3=正确文字`: number of a line, and what it says; nothing after the sign means that no text is there.

    Args:
        given: As an examiner writes it.
        count: Number of lines.

    Raises:
        UsageError: There is no such line, it is named twice, or the form is another.
    """
    found: dict[int, str] = {}
    for one in given:
        parts = _CHANGE.fullmatch(one)
        if parts is None:
            raise UsageError(f"--line {one[:40]} has another form", hint='Write --line 3="what it says".')
        number = int(parts[1])
        if not 1 <= number <= count:
            raise UsageError(f"there is no line {number}", hint=f"The picture has {count} lines; --show lists them.")
        if number in found:
            raise UsageError(f"line {number} is named twice", hint="Give it once.")
        found[number] = " ".join(parts[2].split())
    return found


def corrected(lines: Sequence[TextLine], changes: Mapping[int, str]) -> tuple[TextLine, ...]:
    """Puts what the examiner says in the place of what was read; what was read is kept beside it."""
    return tuple(_corrected(one, changes[one.number]) if one.number in changes else one for one in lines)


def _corrected(line: TextLine, text: str) -> TextLine:
    was = line.text if line.was is None else line.was
    return replace(line, text=text, was=None if text == was else was, confidence=line.confidence)


def as_stated(lines: Sequence[TextLine], values: Mapping[str, Any]) -> tuple[TextLine, ...]:
    """Puts the corrections of an earlier statement into the lines as they were read."""
    told = {one.get("number"): one for one in values.get("lines", ()) if isinstance(one, Mapping)}
    changes = {
        line.number: str(told[line.number]["text"])
        for line in lines
        if line.number in told and told[line.number].get("was") == line.text
    }
    return corrected(lines, changes)


def taken(one: Candidate, *, zone: str = "") -> dict[str, Any]:
    """Makes a payment of a candidate that can be taken as it stands."""
    return {
        "amount_minor": one.amount_minor,
        "currency": one.currency,
        "at_shown": one.at_shown,
        "zone": zone,
        "payer": "",
        "payee": "",
        "channel": one.channel,
        "is_refund": one.is_refund,
        "memo": "",
        "line": one.line,
        "source": "candidate",
        "basis": one.basis,
    }


def parts_of(given: str) -> dict[str, str]:
    """Parts `amount=188.00,currency=CNY,at=2021-07-01 12:30`.

    Raises:
        UsageError: A part has no known name, or is given twice.
    """
    found: dict[str, str] = {}
    for part in _PART.split(given):
        name, mark, value = part.partition("=")
        key = name.strip()
        if not mark or key not in PAYMENT_MEMBERS:
            hint = f"Write --payment 'amount=188.00,currency=CNY,…' with {', '.join(PAYMENT_MEMBERS)}."
            raise UsageError(f"a payment has no member {key[:40]!r}", hint=hint)
        if key in found:
            raise UsageError(f"a payment has {key} twice", hint="Give --payment once for each payment.")
        if len(value.strip()) > MOST_SHOWN:
            raise UsageError(f"{key} of a payment is longer than {MOST_SHOWN} characters", hint="Shorten it.")
        found[key] = value.strip()
    return found


def payment_told(parts: Mapping[str, str], amount: tuple[int, str], *, zone: str, count: int) -> dict[str, Any]:
    """Makes a payment of what an examiner says.

    Args:
        parts: As `parts_of` gives them.
        amount: Minor units and currency.
        zone: Zone of all times; a payment's own comes first.
        count: Number of lines of the picture.

    Raises:
        UsageError: A part is malformed.
    """
    channel, refund = parts.get("channel", "transfer"), parts.get("refund", "no").lower()
    line = parts.get("line", "")
    if channel not in CHANNELS:
        raise UsageError(f"there is no channel {channel!r}", hint=f"There are: {', '.join(CHANNELS)}.")
    if refund not in _YES:
        raise UsageError(f"refund is {refund!r}", hint="Write refund=yes or refund=no.")
    if line and not (line.isascii() and line.isdigit() and 1 <= int(line) <= count):
        raise UsageError(f"there is no line {line!r}", hint=f"The picture has {count} lines.")
    own = parts.get("zone", "") or zone
    if own:
        moment.known_zone(own)
    return {
        "amount_minor": amount[0],
        "currency": amount[1],
        "at_shown": parts.get("at", ""),
        "zone": own,
        "payer": parts.get("payer", ""),
        "payee": parts.get("payee", ""),
        "channel": channel,
        "is_refund": _YES[refund],
        "memo": parts.get("memo", ""),
        "line": int(line) if line else None,
        "source": "examiner",
        "basis": "",
    }
