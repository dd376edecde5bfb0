"""What is said of a bill: how many rows state a payment, how much went which way, from when to when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.bills.tally import Tally
from forensics.chats.amount import format_amount
from forensics.codec import format_time
from forensics.model import Finding, Gap, GapReason, Message, Result

ROWS = "bill.rows"

_FILE = message(
    "bills.limit.file",
    "This is what the file says. Who made it, and whether it was changed before it was collected, is not examined; "
    "such tables can be changed with any editor. The payment provider or the bank can be asked for the same rows.",
)
_PERIOD = message(
    "bills.limit.period",
    "A bill has the period, the account and the kinds of payments that whoever asked for it chose; what lies outside "
    "of them is not in it.",
)
_GROSS = message(
    "bills.limit.gross", "Sums are gross: refunds stand apart, and rows that could not be read are in no sum."
)
_ZONE = message(
    "bills.limit.zone",
    "The zone of the times is not known. They stand as written, without conversion to UTC, as long as the examiner "
    "does not name the zone.",
)
_NAMES = message(
    "bills.limit.names",
    "Names are those that the account's holder or the other account showed on the day; accounts are named, "
    "not persons.",
)
_UNKNOWN = message(
    "bills.limit.unknown",
    "Known are bills of WeChat and Alipay as CSV; the CSV of a bank is read by a mapping file that says what its "
    "columns are. A bill in another form is not noticed.",
)
_COPY = message(
    "bills.alternative.copy", "The file is a part or a copy of a bill, or was saved again by another program."
)
_OTHER = message(
    "bills.alternative.other",
    "Payments of one amount and day have many reasons; a row says nothing about what was paid.",
)


def unrecognised(blank: Finding) -> Finding:
    """States that a file is no bill that is known."""
    said = message("bills.rows.none", "No bill of a known form was found by this method.")
    return replace(blank, result=Result.NOT_FOUND, statement=said, values={"count": 0}, limits=(_UNKNOWN,))


def unread(blank: Finding, detail: str) -> Finding:
    """States that a bill could not be read."""
    said = message("bills.rows.unread", "The file has the form of a bill, and no row of it could be read.")
    gaps = (Gap("bill", GapReason.UNREADABLE, detail),)
    return replace(blank, statement=said, values={"count": None}, gaps=gaps, limits=(_UNKNOWN,), alternatives=(_COPY,))


def rows(blank: Finding, tally: Tally, *, form: str, is_open: bool) -> Finding:
    """States what a bill has.

    Args:
        blank: The finding without what is said.
        tally: What was counted.
        form: Name of the format.
        is_open: Whether names and cells may stand in the finding; they may not where the bill is sealed.
    """
    gaps = _gaps(tally, is_open=is_open)
    values = _values(tally, form, is_open=is_open)
    if not tally.count and not tally.refund_count:
        said = message(
            "bills.rows.empty", "The bill has the form {format} and no row that states a payment.", format=form
        )
        result = Result.INDETERMINATE if gaps else Result.NOT_FOUND
        alternatives: tuple[Message, ...] = (_COPY,) if gaps else ()
    else:
        said, result, alternatives = _said(tally, form), Result.FOUND, (_COPY, _OTHER)
    limits = (_FILE, _PERIOD, _GROSS, _NAMES, *((_ZONE,) if tally.zones["unknown"] else ()))
    return replace(
        blank, result=result, statement=said, values=values, gaps=gaps, limits=limits, alternatives=alternatives
    )


def _said(tally: Tally, form: str) -> Message:
    span = tally.span if tally.span.first else tally.local
    common = {
        "format": form,
        "count": tally.count,
        "refunds": tally.refund_count,
        "received": _amounts(tally, "in"),
        "paid": _amounts(tally, "out"),
        "first": _minute(span.first),
        "last": _minute(span.last),
    }
    if tally.span.first:
        return message(
            "bills.rows.found",
            "The bill ({format}) has {count} rows that state a payment and {refunds} refunds, from {first} to {last} "
            "UTC. Received, refunds not counted: {received}; paid: {paid}.",
            **common,
        )
    return message(
        "bills.rows.local",
        "The bill ({format}) has {count} rows that state a payment and {refunds} refunds, from {first} to {last} as "
        "written, in a zone that is not known. Received, refunds not counted: {received}; paid: {paid}.",
        **common,
    )


def _amounts(tally: Tally, way: str) -> str:
    found = [format_amount(sums[way], currency) for currency, sums in sorted(tally.sums.items()) if sums[way]]
    return ", ".join(found) or "0"


def _minute(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M") if at else "–"


def _values(tally: Tally, form: str, *, is_open: bool) -> dict[str, Any]:
    ways = ("in", "out", "refund_in", "refund_out")
    return {
        "count": tally.count,
        "refund_count": tally.refund_count,
        "skipped_count": tally.skipped_count,
        "problem_count": tally.problem_count,
        "amount_minor": {currency: {way: sums[way] for way in ways} for currency, sums in sorted(tally.sums.items())},
        "first_at": _time(tally.span.first),
        "last_at": _time(tally.span.last),
        "first_local": _time(tally.local.first),
        "last_local": _time(tally.local.last),
        "zones": dict(sorted(tally.zones.items())),
        "format": form,
        "holder": tally.holder[:200] or None if is_open else None,
    }


def _time(at: datetime | None) -> str | None:
    if at is None:
        return None
    return format_time(at) if at.tzinfo is not None else at.isoformat(timespec="seconds")


def _gaps(tally: Tally, *, is_open: bool) -> tuple[Gap, ...]:
    listed = [
        Gap(one.what, GapReason.UNPARSABLE, f"{one.locator.record}: {one.detail}" if is_open else one.locator.record)
        for one in tally.problems
    ]
    more = tally.problem_count - len(listed)
    if more:
        detail = f"{more} more rows could not be read; the table lists them all"
        listed.append(Gap("further rows", GapReason.LIMIT, detail))
    return tuple(listed)
