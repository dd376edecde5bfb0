"""What `confirm` does: shows what was read in a screenshot, and records what the examiner says that it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from forensics.chats import moment
from forensics.chats.amount import format_amount
from forensics.cli.stating import Places, told_of
from forensics.codec import to_json
from forensics.custody.writer import Writer, writing
from forensics.engine.reading import TextOf, text_of
from forensics.engine.statement import state, statements_of
from forensics.engine.statement_kind import READING, clean, positive_amount
from forensics.errors import UsageError
from forensics.model import Statement
from forensics.proof.candidate import Candidate, TextLine, candidates, load_words
from forensics.proof.confirmation import (
    Reading,
    as_stated,
    changes_of,
    corrected,
    parts_of,
    payment_told,
    taken,
)
from forensics.proof.money_rule import load_rules
from forensics.proof.reading import shown_in


@dataclass(frozen=True, slots=True)
class Wish:
    """What an examiner says.

    Attributes:
        item: Id or locator of the item.
        lines: Corrections, as `3=text`.
        payments: Payments in place of the candidates, as `amount=188.00,currency=CNY`.
        is_without: Whether there is no payment, whatever the candidates are.
        is_rejected: Whether what was read does not count.
        is_show: Whether nothing is recorded.
        zone: Zone of the times that the picture shows; empty where it is not known.
    """

    item: str
    lines: tuple[str, ...]
    payments: tuple[str, ...]
    is_without: bool
    is_rejected: bool
    is_show: bool
    zone: str
    by: str
    text: str


def confirm_text(places: Places, wish: Wish) -> dict[str, Any]:
    """Shows what was read, and unless that is all, records what the examiner says of it.

    Raises:
        UsageError: What is said makes no sense for this picture; nothing was changed.
    """
    if wish.zone:
        moment.known_zone(wish.zone)
    with writing(places.case, places.key, home=places.home, verb="confirm", wait_s=places.wait_s) as writer:
        found = text_of(writer, wish.item)
        reading, seen = _reading(found, wish)
        more = _shown(found, reading, seen)
        if wish.is_show:
            before = found.stated.record.id if found.stated else None
            return _only_shown(more, before, head=str(writer.case.head))
        done = state(writer, _statement(writer, found, reading, wish=wish), setup=places.setup, verb="confirm")
        more["repeated"] = _repeated(writer, found)
        head = str(writer.case.head)
    told = told_of(done, places.found, (), head=head, **more)
    return {name: value for name, value in told.items() if name != "statements"}


def _only_shown(more: dict[str, Any], before: str | None, *, head: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {"stated": before, "is_new": False, "gaps": [], "head": head, "time": "", "exit_code": 0}
    return {**more, "repeated": [], **nothing}


def _reading(found: TextOf, wish: Wish) -> tuple[Reading, tuple[Candidate, ...]]:
    """Makes what is said of what was read, of what was said before, and of what is said now."""
    if not found.original.media_type.startswith("image/"):
        raise UsageError(f"{found.item} is no picture", hint="Name the item of a screenshot.")
    if not (found.lines or wish.payments or wish.is_without or wish.is_rejected):
        hint = f"`forensics analyze CASE {found.item} --only screenshots --set screenshots.every=true` reads it."
        raise UsageError(f"no text was read in {found.item}", hint=hint)
    before = found.stated.record.values if found.stated else {}
    changes = {number: clean(text, "--line") for number, text in changes_of(wish.lines, len(found.lines)).items()}
    lines = corrected(as_stated(found.lines, before), changes)
    book, words = load_rules(), load_words()
    seen = candidates(_to_judge(lines), words, book)
    payments = _payments(wish, seen, before=before, count=len(lines))
    left_out = _left_out(seen, payments)
    rules = {"payments": book.digest, "screenshots": words.digest}
    content, name = found.original.content_sha256, found.original.name.display
    if wish.is_rejected:
        return Reading(content, name, (), (), (), rules, is_rejected=True), seen
    is_without = _is_without(wish, before)
    return Reading(content, name, lines, tuple(payments), left_out, rules, has_no_payment=is_without), seen


def _to_judge(lines: Sequence[TextLine]) -> tuple[TextLine, ...]:
    """Gives the lines by which payments are looked for: what the examiner wrote is certain, an empty line is none."""
    sure = (one if one.was is None else TextLine(one.number, one.text, one.box_px, 1.0, one.was) for one in lines)
    return tuple(one for one in sure if one.text)


def _payments(wish: Wish, seen: Sequence[Candidate], *, before: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
    """Gives the payments: those that are named now, or were before; else the candidates that stand as they are."""
    if wish.is_rejected or _is_without(wish, before):
        return []
    if wish.payments:
        return [_payment(one, zone=wish.zone, count=count) for one in wish.payments]
    known = [dict(one) for one in before.get("payments", ())]
    if any(one.get("source") == "examiner" for one in known):
        return known
    zone = wish.zone or next((str(one.get("zone", "")) for one in known), "")
    return [taken(one, zone=zone) for one in seen if not one.reason]


def _is_without(wish: Wish, before: Mapping[str, Any]) -> bool:
    """Whether the examiner says that there is no payment, or said so before and names none now."""
    return wish.is_without or (bool(before.get("has_no_payment")) and not wish.payments)


def _left_out(seen: Sequence[Candidate], payments: Sequence[Mapping[str, Any]]) -> tuple[Candidate, ...]:
    lined = {one.get("line") for one in payments}
    others = (one for one in seen if one.line not in lined)
    return tuple(replace(one, reason=one.reason or "the examiner says otherwise") for one in others)


def _payment(given: str, *, zone: str, count: int) -> dict[str, Any]:
    parts = {name: clean(value, name) for name, value in parts_of(given).items()}
    if "amount" not in parts:
        raise UsageError("a payment has no amount", hint="Write --payment 'amount=188.00,currency=CNY,…'.")
    amount = positive_amount(parts["amount"], parts.get("currency", "").upper())
    return payment_told(parts, amount, zone=zone, count=count)


def _statement(writer: Writer, found: TextOf, reading: Reading, *, wish: Wish) -> Statement:
    return Statement(
        id=found.stated.record.id if found.stated else "",
        kind=READING,
        by=clean(wish.by, "--by") or writer.case.info.examiner,
        at=datetime.now(UTC),
        text=clean(wish.text, "--text"),
        values=reading.values(is_open=not found.is_sealed),
        items=(found.item,),
        findings=(found.finding,) if found.finding else (),
    )


def _repeated(writer: Writer, found: TextOf) -> list[dict[str, Any]]:
    """Tells which payments of this picture are not counted, since another picture may show them too."""
    shown = shown_in(statements_of(writer.case, writer.index))
    names = {one.id: one.locator for one in shown.payments}
    content = found.original.content_sha256
    return [
        {"payment": one.dropped.locator.record, "counted": names[one.kept].record}
        for one in shown.repeated
        if one.kept in names and content in (one.dropped.locator.file, names[one.kept].file)
    ]


def _shown(found: TextOf, reading: Reading, seen: Sequence[Candidate]) -> dict[str, Any]:
    return {
        "item": found.item,
        "content": found.original.content_sha256,
        "finding": found.finding or None,
        "is_rejected": reading.is_rejected,
        "lines": [to_json(asdict(one)) for one in (reading.lines or found.lines)],
        "candidates": [to_json(asdict(one)) for one in seen],
        "payments": [dict(one) for one in reading.payments],
    }


def lines_of(told: dict[str, Any]) -> Iterator[str]:
    """Writes what was read and said for people."""
    yield f"{told['item']}: {len(told['lines'])} lines" + (f", finding {told['finding']}" if told["finding"] else "")
    for one in told["lines"]:
        was = f"   (read as: {one['was']})" if one["was"] is not None else ""
        yield f"{one['number']:4}  {one['confidence']:.2f}  {one['text'] or '(nothing)'}{was}"
    if told["candidates"]:
        yield "may be payments:"
    for one in told["candidates"]:
        yield f"  line {one['line']}: {_candidate(one)}"
    yield from _said(told)


def _candidate(one: dict[str, Any]) -> str:
    shown = one["text"] if one["amount_minor"] is None else format_amount(one["amount_minor"], one["currency"])
    refund = " back" if one["is_refund"] else ""
    at = f", {one['at_shown']}" if one["at_shown"] else ""
    return f"{shown}{refund} ({one['basis']}{at})" + (f": not taken: {one['reason']}" if one["reason"] else "")


def _said(told: dict[str, Any]) -> Iterator[str]:
    if told["is_rejected"]:
        yield "rejected: what was read does not count"
    else:
        yield f"{'payments' if told['time'] else 'payments, if confirmed'}: {len(told['payments'])}"
    for one in told["payments"]:
        who = " ".join(filter(None, (one["payer"] and f"from {one['payer']}", one["payee"] and f"to {one['payee']}")))
        refund = " back" if one["is_refund"] else ""
        amount = format_amount(one["amount_minor"], one["currency"])
        yield "  " + ", ".join(filter(None, (amount + refund, one["channel"], one["at_shown"], who, one["memo"])))
    for one in told["repeated"]:
        pair = f"{one['payment']} and {one['counted']}"
        yield f"  counted once: {pair} may be one payment; at= or payer= in --payment parts them"
    if told["stated"]:
        yield f"{told['stated']}" + ("" if told["is_new"] else " stands as before" if told["time"] else " stands")
    for gap in told["gaps"]:
        yield f"gap: {gap['why']}: {gap['what']}: {gap['detail']}"
    if told["time"]:
        yield told["time"]
