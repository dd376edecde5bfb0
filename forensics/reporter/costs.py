"""The annex with the costs that were stated: each with its receipts, and exact sums, each currency by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from forensics.chats.amount import MINOR_DIGITS
from forensics.model import Committed, Statement
from forensics.reporter.blocks import Block, Column, Paragraph, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts
from forensics.reporter.item_range import item_ranges
from forensics.reporter.mandate import stated, stated_by
from forensics.reporter.wording import Words


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost as it was stated.

    Attributes:
        amount_minor: Minor units of the currency.
        on: Date as stated, `2026-11-20`.
        receipts: Items named as receipts that the case has.
        lost: Items named as receipts that it has no longer.
    """

    statement: Committed[Statement]
    amount_minor: int
    currency: str
    on: str
    receipts: tuple[str, ...]
    lost: tuple[str, ...]


def read_costs(case: CaseFacts) -> tuple[tuple[Cost, ...], tuple[Committed[Statement], ...]]:
    """Reads the statements of costs: those that can be added up, by date, and those that cannot."""
    found = [(one, _cost(one, case)) for one in case.stated("cost")]
    good = sorted((cost for _, cost in found if cost is not None), key=lambda cost: (cost.on, cost.statement.record.id))
    return tuple(good), tuple(one for one, cost in found if cost is None)


def _cost(one: Committed[Statement], case: CaseFacts) -> Cost | None:
    values = one.record.values
    amount, currency, on = values.get("amount_minor"), values.get("currency"), str(values.get("on") or "")
    is_number = isinstance(amount, int) and not isinstance(amount, bool) and amount >= 0
    if not is_number or currency not in MINOR_DIGITS or not _is_date(on):
        return None
    here = {facts.item.id for facts in case.items}
    receipts = tuple(name for name in one.record.items if name in here)
    lost = tuple(name for name in one.record.items if name not in here)
    return Cost(one, int(amount or 0), str(currency), on, receipts, lost)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def amount_said(amount_minor: int, currency: str, words: Words) -> Said:
    """Writes an amount with its currency as the language does: `CNY 1,880.00`, `1 880,00 CNY`."""
    digits = MINOR_DIGITS.get(currency, 0)
    whole, part = divmod(abs(amount_minor), 10**digits)
    point = "," if words.language == "fr" else "."
    number = words.number(whole) + (f"{point}{part:0{digits}d}" if digits else "")
    unit = words.say(f"costs.unit_{currency}") if words.has(f"costs.unit_{currency}") else words.show(currency)
    return words.say("costs.money", number=Said(("\u2212" if amount_minor < 0 else "") + number), currency=unit)


def costs(case: CaseFacts, words: Words) -> Section:
    """Builds the annex."""
    good, bad = read_costs(case)
    blocks: list[Block] = [Paragraph(words.say("costs.intro"))]
    if case.snapshot.info.jurisdiction == "cn":
        blocks.append(Paragraph(words.say("costs.hook_cn"), "note"))
    if not good and not bad:
        blocks.append(Paragraph(words.say("costs.none")))
    if good:
        blocks += [_table(good, words), Paragraph(words.say("costs.sums")), _sums(good, words)]
    if bad:
        blocks.append(Paragraph(words.say("costs.uncounted")))
        blocks.append(_uncounted(bad, words))
    return Section("costs", words.heading_number("costs"), words.say("costs.title"), tuple(blocks))


def _columns(shares: tuple[tuple[str, int], ...], words: Words) -> tuple[Column, ...]:
    roles = {"no": "strong", "amount": "number", "sum": "number", "with": "number", "without": "number"}
    return tuple(Column(words.say(f"costs.column_{name}"), share, roles.get(name, "text")) for name, share in shares)


def _table(found: tuple[Cost, ...], words: Words) -> Table:
    shares = (("no", 6), ("on", 13), ("purpose", 27), ("amount", 16), ("receipt", 18), ("statement", 20))
    rows = tuple(
        (
            words.number(index),
            words.show(one.on),
            words.join(_purpose(one.statement, words), "\n"),
            amount_said(one.amount_minor, one.currency, words),
            words.join(_receipts(one, words), "\n"),
            stated_by(one.statement, words),
        )
        for index, one in enumerate(found, 1)
    )
    return Table(_columns(shares, words), rows)


def _purpose(one: Committed[Statement], words: Words) -> Iterator[Said]:
    yield stated(one.record.values.get("purpose"), words)
    if one.record.text:
        yield words.shortened(one.record.text, 200)


def _receipts(one: Cost, words: Words) -> Iterator[Said]:
    if one.receipts:
        yield item_ranges(one.receipts, words)
    else:
        yield words.say("costs.without_receipt")
    if one.lost:
        yield words.say("costs.erased_receipt", items=words.listed(one.lost))


def _sums(found: tuple[Cost, ...], words: Words) -> Table:
    shares = (("currency", 16), ("times", 12), ("sum", 24), ("with", 24), ("without", 24))
    rows = []
    for currency in sorted({one.currency for one in found}):
        mine = [one for one in found if one.currency == currency]
        parts = (mine, [one for one in mine if one.receipts], [one for one in mine if not one.receipts])
        sums = (amount_said(sum(one.amount_minor for one in part), currency, words) for part in parts)
        rows.append((words.show(currency), words.number(len(mine)), *sums))
    return Table(_columns(shares, words), tuple(rows))


def _uncounted(found: tuple[Committed[Statement], ...], words: Words) -> Table:
    shares = (("statement", 30), ("purpose", 35), ("amount", 35))
    rows = tuple(
        (
            stated_by(one, words),
            words.join(_purpose(one, words), "\n"),
            words.listed(stated(one.record.values.get(name), words) for name in ("amount_minor", "currency", "on")),
        )
        for one in found
    )
    return Table(_columns(shares, words), rows)
