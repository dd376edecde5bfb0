"""Messages and rows of bills as their readers would give them, for tests of money, spread and search."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from forensics.chats.message import Attachment, Chat, Locator, Message
from forensics.chats.payment import CONFIRMED_BY_BILL, IN, Payment

START = datetime(2022, 6, 12, 12, 0, 0, tzinfo=UTC)
GROUP = Chat("g1", "群一", "group", "telegram-json", members_shown=2041)


def at(minutes=0, seconds=0):
    return START + timedelta(minutes=minutes, seconds=seconds)


def said(number, text, sender="客户甲", *, when=None, file="a", chat="g1", kind="text", files=(), **more):
    """A message; `files` are digests."""
    moment = at(number) if when is None else when
    zone = more.pop("zone", "export")
    values = {
        "id": str(number),
        "sender_id": None,
        "reply_to": None,
        "forwarded_from": None,
        "edited_at": None,
        "is_deleted": False,
    } | more
    return Message(
        chat=chat,
        seq=number,
        sent_at=moment if zone == "export" else None,
        sent_shown=moment.strftime("%Y-%m-%d %H:%M:%S"),
        zone=zone,
        local_at=moment.replace(tzinfo=None),
        sender=sender,
        kind=kind,
        text=text,
        attachments=tuple(Attachment(f"{digest}.mp4", sha256=digest, size=1, missing="") for digest in files),
        locator=Locator(file * 64, f"{file}.json", f"messages[{number}]"),
        **values,
    )


def row(number, amount_minor, payer="", *, when=None, payee="", direction=IN, refund=False, **more):
    """A row of a bill."""
    moment = at(number) if when is None else when
    is_local = more.pop("is_local", False)
    return Payment(
        id=f"row-{number}",
        at=None if is_local else moment,
        local_at=moment.replace(tzinfo=None),
        at_shown=str(moment),
        amount_minor=amount_minor,
        currency="CNY",
        direction=direction,
        payer=payer,
        payee=payee,
        channel=more.pop("channel", "red_packet"),
        certainty=CONFIRMED_BY_BILL,
        is_refund=refund,
        memo="",
        locator=Locator("b" * 64, "bill.csv", f"line {number}"),
        dedupe_key=f"bill:{number}",
        **more,
    )
