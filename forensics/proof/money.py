"""The ledger of a case: what chats, screenshots and bills state about payments, kept apart, matched and added up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from forensics.chats.bill import Skipped
from forensics.chats.message import Locator, Problem
from forensics.chats.payment import STATED_IN_CHAT, Payment
from forensics.proof.money_chain import Chain, Link
from forensics.proof.money_duplicate import unique_payments, unique_rows
from forensics.proof.money_harvest import Duplicate, Harvest, Lead, Unpriced
from forensics.proof.money_match import Match, Matching, Unmatched, match
from forensics.proof.money_shown import match_shown
from forensics.proof.money_total import Sums, Total, sums

COLUMNS = (
    "id", "certainty", "at", "at_shown", "zone", "amount_minor", "currency", "direction", "payer", "payee", "channel",
    "is_refund", "memo", "status", "reference", "matched_with", "matched_class", "match_basis", "chat", "message",
    "rule", "file",
    "name", "record", "offset",
)  # fmt: skip
"""Columns of the payment table."""

_LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""First characters that make a spreadsheet compute a cell. *Source:* OWASP, CSV Injection; the full-width forms are
read as the ordinary ones by Excel in Chinese and Japanese."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that was found, and what became of it.

    Attributes:
        payments: Unique payments that chats state.
        shown: Payments on screenshots, as an examiner read them.
        rows: Unique rows of bills.
        unmatched: Payments and rows without a counterpart, each with the reason.
        possible: Pairs of payments that may be one; both are counted.
        rules: SHA-256 of the rules of lines.
        beside: Payments on screenshots with the row of a bill, or the payment of a chat, that each agrees with. They
            add nothing to the sums of those, since a picture of a chat is no second source.
    """

    payments: tuple[Payment, ...]
    shown: tuple[Payment, ...]
    rows: tuple[Payment, ...]
    sums: tuple[Sums, ...]
    matches: tuple[Match, ...]
    unmatched: tuple[Unmatched, ...]
    duplicates: tuple[Duplicate, ...]
    possible: tuple[tuple[str, str], ...]
    unpriced: tuple[Unpriced, ...]
    leads: tuple[Lead, ...]
    problems: tuple[Problem, ...]
    skipped: tuple[Skipped, ...]
    chains: tuple[Chain, ...]
    how: Matching
    rules: str
    beside: tuple[Match, ...] = ()


def make_ledger(
    found: Harvest,
    bill_rows: Iterable[Payment | Problem | Skipped] = (),
    *,
    shown: Iterable[Payment] = (),
    how: Matching | None = None,
    rules: str = "",
) -> Ledger:
    """Makes the ledger of what was found; chains are added by `with_chains`.

    Args:
        found: What chats state.
        bill_rows: What the readers of bills gave.
        shown: Payments on screenshots.
        how: How payments are matched.
        rules: Digest of the rules by which `found` was found.
    """
    way = how or Matching()
    given, seen = list(bill_rows), tuple(shown)
    rows = unique_rows(one for one in given if isinstance(one, Payment))
    paid = unique_payments(found.payments)
    matches, unmatched = match(paid.kept, rows.kept, how=way, names=found.accounts)
    beside = match_shown(seen, (paid.kept, rows.kept), matches, how=way, names=found.accounts)
    matched = {one.payment for one in matches} | {one.row for one in matches}
    billed = {row.id for row in rows.kept}
    matched |= {one.payment for one in beside if one.row in billed}
    return Ledger(
        payments=paid.kept,
        shown=seen,
        rows=rows.kept,
        sums=sums((*paid.kept, *seen, *rows.kept), matched),
        matches=matches,
        unmatched=unmatched,
        duplicates=(*_kept_still(found.duplicates, paid.duplicates), *paid.duplicates, *rows.duplicates),
        possible=paid.possible,
        unpriced=found.unpriced,
        leads=found.leads,
        problems=(*found.problems, *(one for one in given if isinstance(one, Problem))),
        skipped=tuple(one for one in given if isinstance(one, Skipped)),
        chains=(),
        how=way,
        rules=rules,
        beside=beside,
    )


def _kept_still(earlier: Iterable[Duplicate], later: Iterable[Duplicate]) -> Iterator[Duplicate]:
    """Leads from payments that were kept at first to those that are kept in the end."""
    kept = {one.dropped.id: one.kept for one in later}
    return (replace(one, kept=kept.get(one.kept, one.kept)) for one in earlier)


def matched_with(ledger: Ledger) -> dict[str, Match]:
    """Gives the match of each payment and row that agrees with another source.

    A row that a chat has too leads to the chat, otherwise to the screenshot. A screenshot leads to the row of a bill;
    that it shows what a chat states is in `Ledger.beside` alone.
    """
    rows = {one.id for one in ledger.rows}
    shown = {name: one for one in ledger.beside if one.row in rows for name in (one.payment, one.row)}
    return shown | {name: one for one in ledger.matches for name in (one.payment, one.row)}


def money_json(ledger: Ledger) -> dict[str, object]:
    """Writes the contract for scripts: `payments`, `totals` by currency, `chains`; and everything beside them.

    `payments` and `totals` are of the class *stated in chat*, and `matched_…` counts those of them that a bill has too.
    The other classes stand in `bills`, `screenshots` and `by_certainty`; nothing is added up across classes.
    """
    pairs = matched_with(ledger)
    classes = _classes(ledger)
    by_class: dict[str, dict[str, object]] = {}
    for one in ledger.sums:
        by_class.setdefault(one.certainty, {})[one.currency] = _sums_json(one)
    return {
        "payments": [payment_json(one, pairs, classes) for one in ledger.payments],
        "totals": by_class.get(STATED_IN_CHAT, {}),
        "chains": [_chain_json(one) for one in ledger.chains],
        "by_certainty": by_class,
        "bills": [payment_json(one, pairs, classes) for one in ledger.rows],
        "screenshots": [payment_json(one, pairs, classes) for one in ledger.shown],
        "matches": [_match_json(one, classes) for one in (*ledger.matches, *ledger.beside)],
        "unmatched": [
            {"id": one.id, "reason": one.reason, "candidates": list(one.candidates)} for one in ledger.unmatched
        ],
        "duplicates": [
            {"kept": one.kept, "dropped": payment_json(one.dropped, pairs, classes), "reason": one.reason}
            for one in ledger.duplicates
        ],
        "possible_duplicates": [list(pair) for pair in ledger.possible],
        "without_amount": [_unpriced_json(one) for one in ledger.unpriced],
        "leads": [_lead_json(one) for one in ledger.leads],
        "problems": [_problem_json(one) for one in ledger.problems],
        "no_payments": [
            {"reason": one.reason, "shown": one.shown, "locator": _where(one.locator)} for one in ledger.skipped
        ],
        "rules_sha256": ledger.rules,
        "matching": {f"{name}_s": round(getattr(ledger.how, name).total_seconds()) for name in _WINDOWS},
    }


def _classes(ledger: Ledger) -> dict[str, str]:
    return {one.id: one.certainty for one in (*ledger.payments, *ledger.shown, *ledger.rows)}


_WINDOWS = ("before", "after", "near")


def _problem_json(one: Problem) -> dict[str, object]:
    return {"what": one.what, "detail": one.detail, "locator": _where(one.locator)}


def payment_json(one: Payment, pairs: Mapping[str, Match], classes: Mapping[str, str]) -> dict[str, object]:
    """Writes a payment as a JSON value; `pairs` as `matched_with` gives them, `classes` by id."""
    pair = pairs.get(one.id)
    other = None if pair is None else pair.row if pair.payment == one.id else pair.payment
    return {
        "id": one.id,
        "certainty": one.certainty,
        "at": _iso(one.at),
        "local_at": _iso(one.local_at),
        "at_shown": one.at_shown,
        "zone": one.zone,
        "amount_minor": one.amount_minor,
        "currency": one.currency,
        "direction": one.direction,
        "payer": one.payer,
        "payer_id": one.payer_id,
        "payee": one.payee,
        "channel": one.channel,
        "is_refund": one.is_refund,
        "memo": one.memo,
        "status": one.status,
        "reference": one.reference,
        "rule": one.rule,
        "chat": one.chat,
        "message": one.message,
        "matched_with": other,
        "matched_class": classes.get(other or ""),
        "match_basis": pair.basis if pair else None,
        "locator": _where(one.locator),
    }


def _sums_json(one: Sums) -> dict[str, object]:
    return {
        "currency": one.currency,
        "count": one.paid.count,
        "amount_minor": one.paid.amount_minor,
        "matched_count": one.matched.count,
        "matched_minor": one.matched.amount_minor,
        "refunded_count": one.refunded.count,
        "refunded_minor": one.refunded.amount_minor,
        "paid_out_count": one.paid_out.count,
        "paid_out_minor": one.paid_out.amount_minor,
        "is_at_least": True,
        "queries": {name: _total_json(total) for name, total in _totals(one)},
    }


def _totals(one: Sums) -> Iterator[tuple[str, Total]]:
    yield from (("paid", one.paid), ("matched", one.matched), ("refunded", one.refunded), ("paid_out", one.paid_out))


def _total_json(one: Total) -> dict[str, object]:
    return {"where": one.query.text(), "ids_sha256": one.ids_sha256, "ids": list(one.ids)}


def _match_json(one: Match, classes: Mapping[str, str]) -> dict[str, object]:
    return {
        "payment": one.payment,
        "row": one.row,
        "classes": [classes[one.payment], classes[one.row]],
        "basis": one.basis,
        "clock": one.clock,
        "offset_s": one.offset_s,
        "alike": one.alike,
    }


def _unpriced_json(one: Unpriced) -> dict[str, object]:
    return {"reason": one.reason, "channel": one.channel, **_said(one)}


def _lead_json(one: Lead) -> dict[str, object]:
    return {"status": "lead", "reason": one.reason, **_said(one)}


def _said(one: Lead | Unpriced) -> dict[str, object]:
    return {
        "text": one.text,
        "chat": one.chat,
        "message": one.message,
        "at": _iso(one.at),
        "at_shown": one.at_shown,
        "sender": one.sender,
        "locator": _where(one.locator),
    }


def _chain_json(one: Chain) -> dict[str, object]:
    return {
        "customer": one.customer,
        "customer_id": one.customer_id,
        "payments": list(one.payments),
        "amount_minor": dict(sorted(one.amount_minor.items())),
        "links": [_link_json(link) for link in one.links],
        "missing": list(one.missing),
    }


def _link_json(one: Link) -> dict[str, object]:
    return {
        "kind": one.kind,
        "basis": one.basis,
        "payment": one.payment,
        "at": _iso(one.at),
        "at_shown": one.at_shown,
        "sender": one.sender,
        "chat": one.chat,
        "message": one.message,
        "content_sha256": one.content or None,
        "locator": _where(one.locator),
        "also": [_where(where) for where in one.also],
    }


def _where(where: Locator) -> dict[str, object]:
    return {"file": where.file, "name": where.name, "record": where.record, "offset": where.offset}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def table_rows(ledger: Ledger) -> Iterator[tuple[str, ...]]:
    """Writes the payment table for a CSV file, heading first; no cell can be computed by a spreadsheet.

    The classes stand one after another, each in order of time; what has no instant comes last, in order of its local
    times.
    """
    pairs, classes = matched_with(ledger), _classes(ledger)
    yield COLUMNS
    for one in (each for part in (ledger.payments, ledger.shown, ledger.rows) for each in sorted(part, key=_by_time)):
        made = payment_json(one, pairs, classes)
        made |= _where(one.locator)
        yield tuple(safe_cell(made[name]) for name in COLUMNS)


def _by_time(payment: Payment) -> tuple[bool, datetime, str]:
    when = payment.at.replace(tzinfo=None) if payment.at else payment.local_at
    return payment.at is None, when or datetime.max, payment.id  # noqa: DTZ901


def safe_cell(value: object) -> str:
    """Writes a cell so that a spreadsheet shows it and never computes it: an apostrophe goes before what is live."""
    text = "" if value is None else str(value).replace("\0", "")
    return f"'{text}" if text.lstrip(" \u3000").startswith(_LIVE) or text[:1] in _LIVE else text
