"""One payment as a source states it: a row of a bill, a record or a line of a chat, a screenshot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from forensics.chats.message import Locator

STATED_IN_CHAT = "stated_in_chat"
SHOWN_ON_SCREENSHOT = "shown_on_screenshot"
CONFIRMED_BY_BILL = "confirmed_by_bill"
CERTAINTIES = (STATED_IN_CHAT, SHOWN_ON_SCREENSHOT, CONFIRMED_BY_BILL)
"""Classes of certainty; amounts of two classes are never added up."""

IN, OUT, UNKNOWN = "in", "out", "unknown"
"""Directions, as the holder of the bill or the account in question sees them."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment.

    Attributes:
        id: Name within one reading, made of the source's digest and record: the same bytes give the same id.
        at: Time in UTC; None where the source states none, or none whose zone is known.
        local_at: The time as shown, without zone; None where it could not be read.
        at_shown: The time as the source has it.
        zone: Where the zone comes from: `export`, `format:NAME` (documented for the format), `assumed:NAME` (told by
            the user) or `unknown`.
        amount_minor: Minor units of the currency, not negative; the direction says which way it went.
        direction: `in`, `out` or `unknown`, for the account in question.
        payer: Account that paid, as shown; empty where it is not stated.
        payee: Account that was paid, likewise.
        payer_id: The account's id; None where there is none.
        channel: `red_packet`, `password_red_packet`, `transfer`, `card`, `code`, `purchase`, `bill`.
        certainty: One of `CERTAINTIES`.
        is_refund: Whether money went back; refunds stand apart from payments.
        memo: What was written with it.
        status: State of the payment as a bill shows it; empty elsewhere.
        reference: Number of the transaction at the payment provider; empty where none is shown.
        rule: Rule or format that took the source for a payment.
        chat: Chat of the message; empty for bills.
        message: Its id, or its place in the export; empty for bills.
        seq: Place of the message in its export; -1 for bills.
        dedupe_key: Equal for the same payment in two copies of one source.
        locator: Where it stands.
    """

    id: str
    at: datetime | None
    at_shown: str
    amount_minor: int
    currency: str
    direction: str
    payer: str
    payee: str
    channel: str
    certainty: str
    is_refund: bool
    memo: str
    locator: Locator
    dedupe_key: str
    local_at: datetime | None = None
    zone: str = "unknown"
    payer_id: str | None = None
    status: str = ""
    reference: str = ""
    rule: str = ""
    chat: str = ""
    message: str = ""
    seq: int = -1
