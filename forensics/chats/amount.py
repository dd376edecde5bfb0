"""Amounts of money as text, read into exact minor units or refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from forensics.codec import MAX_INTEGER
from forensics.errors import UsageError

MINOR_DIGITS: Mapping[str, int] = MappingProxyType(
    {
        "CNY": 2, "USD": 2, "EUR": 2, "GBP": 2, "HKD": 2, "TWD": 2, "SGD": 2, "MYR": 2, "THB": 2, "RUB": 2, "INR": 2,
        "AUD": 2, "CAD": 2, "CHF": 2, "BRL": 2, "PHP": 2, "IDR": 2, "UAH": 2, "TRY": 2, "AED": 2, "MOP": 2,
        "JPY": 0, "KRW": 0, "VND": 0, "KWD": 3, "BHD": 3, "XTR": 0,
    }
)  # fmt: skip
"""Digits of the minor unit of each currency that is read. *Source:* ISO 4217, list one; XTR are Telegram Stars, which
its Bot API counts in whole units (core.telegram.org/bots/payments-stars)."""

SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "CNY": "CNY", "RMB": "CNY", "人民币": "CNY", "元": "CNY", "块": "CNY",
        "USD": "USD", "US$": "USD", "美元": "USD", "EUR": "EUR", "€": "EUR", "欧元": "EUR",
        "GBP": "GBP", "£": "GBP", "HKD": "HKD", "HK$": "HKD", "港币": "HKD", "INR": "INR", "₹": "INR",
        "RUB": "RUB", "₽": "RUB", "KRW": "KRW", "₩": "KRW", "JPY": "JPY", "日元": "JPY", "BRL": "BRL", "R$": "BRL",
    }
)  # fmt: skip
"""What stands beside a number and names its currency. `¥` and `$` alone name several and are decided by the rule."""

SHARED: Mapping[str, frozenset[str]] = MappingProxyType(
    {"¥": frozenset({"CNY", "JPY"}), "$": frozenset({"USD", "HKD", "TWD", "SGD", "AUD", "CAD"})}
)
"""Signs that several currencies share. *Source:* Unicode CLDR, `symbol alt="narrow"` of each currency."""

_SEPARATED = r"[0-9]{1,3}(?:SEP[0-9]{3})+"
_PLAIN = r"[0-9]{1,18}"
_DIGIT = re.compile(r"(?![0-9])\d")
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_NAMES = "|".join(sorted((re.escape(name) for name in SIGNS), key=len, reverse=True))
_AROUND = re.compile(
    rf"(?P<before>{_NAMES}|[¥$])?(?P<sign>[-+−])?(?P<inner>{_NAMES}|[¥$])?(?P<number>[0-9][0-9.,']*)(?P<after>{_NAMES})?"
)


class AmountError(UsageError):
    """A text is no amount of money that can be read without guessing."""


def plain_text(text: str) -> str:
    """Writes full-width and other digits and signs as ASCII ones, and leaves letters alone otherwise (NFKC).

    Source: Unicode Standard Annex 15 (NFKC); decimal digits of other scripts by their Unicode decimal value.
    """
    normal = unicodedata.normalize("NFKC", text)
    return normal if normal.isascii() else _DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), normal)


def has_other_figures(text: str) -> bool:
    """Whether a text has figures such as `²`, `①` or `½`, of which NFKC would make digits."""
    return not text.isascii() and any(unicodedata.category(one) == "No" for one in text)


def parse_amount(text: str, currency: str = "CNY", *, decimal: str = ".") -> tuple[int, str]:
    """Reads an amount.

    Args:
        text: For example `¥1,880.00`, `188元`, `－88.80`; white space is ignored.
        currency: What is meant where the text names none, and by `¥` and `$`.
        decimal: Mark before the broken part, `.` or `,`; the other one may stand between groups of three digits.

    Returns:
        Minor units, negative where the text has a minus sign, and the currency.

    Raises:
        AmountError: It is no number, has more decimals than the currency, badly placed separators or another currency
            named twice, or is beyond 2^53-1 minor units.
    """
    shown = text[:80]
    if has_other_figures(text[:200]):
        raise AmountError(f"not an amount: {shown!r}")
    found = _AROUND.fullmatch(_SPACES.sub("", plain_text(text[:200])))
    if found is None:
        raise AmountError(f"not an amount: {shown!r}")
    named = {_named(found[group], currency) for group in ("before", "inner", "after") if found[group]}
    if len(named) > 1:
        raise AmountError(f"an amount in two currencies: {shown!r}")
    unit = named.pop() if named else currency
    digits = MINOR_DIGITS.get(unit)
    if digits is None:
        raise AmountError(f"the minor unit of {unit!r} is not known")
    minor = _minor(found["number"], digits, decimal=decimal, shown=shown)
    return (-minor if found["sign"] in ("-", "−") else minor), unit


def _named(sign: str, currency: str) -> str:
    """Gives the currency of a sign; one that several share is the rule's own if that is among them."""
    if sign in SHARED and currency not in SHARED[sign]:
        raise AmountError(f"{sign} may be one of several currencies, and {currency} is none of them")
    return SIGNS.get(sign, currency)


def _minor(number: str, digits: int, *, decimal: str, shown: str) -> int:
    """Reads digits with at most one decimal mark."""
    whole, mark, part = number.partition(decimal)
    group = "," if decimal == "." else "."
    separated = _SEPARATED.replace("SEP", re.escape(group)) + "|" + _SEPARATED.replace("SEP", "'")
    if not re.fullmatch(f"{_PLAIN}|{separated}", whole) or (mark and not re.fullmatch("[0-9]{1,12}", part)):
        raise AmountError(f"badly written number: {shown!r}")
    if part[digits:].strip("0"):
        raise AmountError(f"more decimals than the currency has: {shown!r}")
    major = int(whole.replace(group, "").replace("'", ""))
    minor = major * int(10**digits) + int(part[:digits].ljust(digits, "0") or "0")
    if minor > MAX_INTEGER:
        raise AmountError(f"an impossible amount: {shown!r}")
    return minor


def format_amount(amount_minor: int, currency: str) -> str:
    """Writes an amount in its major unit, with a point and without separators: `1880.00 CNY`."""
    digits = MINOR_DIGITS.get(currency, 0)
    sign = "-" if amount_minor < 0 else ""
    whole, part = divmod(abs(amount_minor), 10**digits)
    return f"{sign}{whole}.{part:0{digits}d} {currency}" if digits else f"{sign}{whole} {currency}"
