"""The tables of payments: totals of each class of certainty, every row that is counted, and what is in no total."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from forensics.chats.payment import CONFIRMED_BY_BILL, Payment
from forensics.proof.money import Ledger, matched_with
from forensics.proof.money_harvest import Lead, Unpriced
from forensics.proof.money_match import Match, Unmatched
from forensics.proof.money_total import Sums, Total
from forensics.reporter.blocks import Block, Column, Commands, Pairs, Paragraph, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.tally_sign import holder_of
from forensics.reporter.tally_trace import Trace

ROWS_SHOWN = 200
"""Rows of one total that are printed; the payment table has all, and the digest over the ids names the whole set."""

OPEN_SHOWN = 60
"""Rows of one list of what is in no total that are printed."""

COMMAND = Said("forensics money CASE --csv payments.csv")
"""Writes the whole payment table."""

_NEVER = datetime.max.replace(tzinfo=UTC)

_SKIPS = {
    "state": re.compile(r"state (.*): no money moved", re.DOTALL),
    "direction": re.compile(r"direction '(.*)'", re.DOTALL),
}

TOTALS = ("paid", "matched", "refunded", "paid_out")
"""The totals of one class in one currency, in the order in which they stand."""


def totals(trace: Trace) -> Section:
    """Builds the table of all totals, each with the condition by which anyone can repeat it."""
    words, ledger = trace.words, trace.dossier.ledger
    blocks: list[Block] = [Paragraph(words.say("counts.totals_intro"))]
    if ledger.sums:
        shares = (("class", 26), ("what", 34), ("count", 12), ("amount", 28))
        blocks.append(Table(_columns(trace, shares, numbers=("count", "amount")), tuple(_total_rows(trace)), "text"))
        blocks += [Paragraph(words.say("counts.repeat"), "strong"), Paragraph(words.say("counts.repeat_text"))]
        blocks.append(Pairs(tuple(_queries(trace)), "values"))
    else:
        blocks.append(Paragraph(words.say("counts.no_payment")))
    blocks += [Commands((COMMAND, Said("forensics money CASE --json")))]
    blocks.append(Pairs(tuple(_settings(ledger, trace)), "values"))
    return Section("counts-totals", words.sub_number("counts", 1), words.say("counts.totals_title"), tuple(blocks))


def _columns(trace: Trace, shares: Iterable[tuple[str, int]], *, numbers: Sequence[str] = ()) -> tuple[Column, ...]:
    words = trace.words
    return tuple(
        Column(words.say(f"counts.column_{name}"), share, "number" if name in numbers else "text")
        for name, share in shares
    )


def named_totals(one: Sums) -> tuple[tuple[str, Total], ...]:
    """Gives the totals of a class by name; empty ones too."""
    return tuple(zip(TOTALS, (one.paid, one.matched, one.refunded, one.paid_out), strict=True))


def _total_rows(trace: Trace) -> Iterator[tuple[Said, ...]]:
    words = trace.words
    for one in trace.dossier.ledger.sums:
        for name, total in named_totals(one):
            if total.count or name == "paid":
                amount = trace.amount(total.amount_minor, one.currency)
                shown = words.say("counts.at_least", amount=amount) if name == "paid" else amount
                kind = words.say(f"counts.{one.certainty}")
                yield kind, _total_said(name, one, trace), words.number(total.count), shown


def _total_said(name: str, one: Sums, trace: Trace) -> Said:
    """Names a total; of a bill it is what its holder received or paid, for whatever purpose."""
    is_row = name != "refunded" and one.certainty == CONFIRMED_BY_BILL
    return trace.words.say(f"counts.total_{name}_rows" if is_row else f"counts.total_{name}")


def _queries(trace: Trace) -> Iterator[tuple[Said, Said]]:
    words = trace.words
    for one in trace.dossier.ledger.sums:
        for name, total in named_totals(one):
            if total.count:
                kind, what = words.say(f"counts.{one.certainty}"), _total_said(name, one, trace)
                said = words.say("counts.query", condition=total.query.text(), digest=total.ids_sha256)
                yield words.join([kind, words.show(one.currency), what], words.say("word.clause")), said


def _settings(ledger: Ledger, trace: Trace) -> Iterator[tuple[Said, Said]]:
    words, how = trace.words, ledger.how
    if ledger.rules:
        yield words.say("counts.rules"), words.show(ledger.rules)
    before, after = (round(one.total_seconds() / 60) for one in (how.before, how.after))
    yield words.say("counts.window"), words.say("counts.window_text", before=before, after=after)


def classes(trace: Trace, start: int) -> Iterator[Section]:
    """Builds a section with every counted row for each class and currency."""
    for index, one in enumerate(trace.dossier.ledger.sums, start):
        yield _class(one, index, trace)


def _class(one: Sums, index: int, trace: Trace) -> Section:
    words = trace.words
    payments = {each.id: each for each in _payments(trace.dossier.ledger)}
    reasons = {each.id: each for each in trace.dossier.ledger.unmatched}
    about = [words.say(f"counts.about_{one.certainty}"), *_holders(one, payments, trace)]
    blocks: list[Block] = []
    for name, total in named_totals(one):
        if name == "matched" or not total.count:
            continue
        amount = trace.amount(total.amount_minor, one.currency)
        counted = words.count("payments", total.count) if name == "paid" else words.number(total.count)
        is_row = name != "refunded" and one.certainty == CONFIRMED_BY_BILL
        key = f"counts.list_{name}_rows" if is_row else f"counts.list_{name}"
        blocks.append(Paragraph(words.say(key, counted=counted, amount=amount), "strong"))
        rows = sorted((payments[each] for each in total.ids), key=by_time)[:ROWS_SHOWN]
        notes = [*about, *trace.zones(each.zone for each in rows)]
        if notes:
            blocks.append(Paragraph(words.join(notes, words.say("word.sentence_space")), "note"))
        about = []
        blocks.append(payment_table(rows, trace, pairs=matched_with(trace.dossier.ledger), reasons=reasons))
        if total.count > ROWS_SHOWN:
            cut = words.say("counts.cut", n=total.count, shown=ROWS_SHOWN, digest=total.ids_sha256)
            blocks.append(Paragraph(cut, "note"))
    title = words.say("counts.class_title", kind=words.say(f"counts.{one.certainty}"), currency=one.currency)
    anchor = f"counts-{one.certainty.rpartition('_')[2]}-{one.currency}".lower()
    return Section(anchor, words.sub_number("counts", index), title, tuple(blocks), is_wide=True)


def _holders(one: Sums, payments: Mapping[str, Payment], trace: Trace) -> Iterator[Said]:
    """Says of each bill that it names no holder, or that nobody stated its holder to be in question."""
    if one.certainty != CONFIRMED_BY_BILL:
        return
    words = trace.words
    found: dict[str, set[str]] = {"unnamed": set(), "unstated": set()}
    for name in (*one.paid.ids, *one.refunded.ids, *one.paid_out.ids):
        holder, file = holder_of(payments[name]), payments[name].locator.file
        if not holder:
            found["unnamed"].add(file)
        elif not trace.signs.is_in_question(holder):
            found["unstated"].add(file)
    for key, files in found.items():
        if files:
            yield words.say(f"counts.holder_{key}", items=trace.sources(sorted(files, key=trace.item)))


def by_time(one: Payment) -> tuple[bool, datetime, str]:
    """Gives what payments are sorted by: their instants; those without one last, as they show their times; then ids."""
    if one.at is not None:
        return False, one.at, one.id
    return True, one.local_at.replace(tzinfo=UTC) if one.local_at is not None else _NEVER, one.id


def _told_at(one: Unpriced | Lead) -> tuple[bool, datetime]:
    return one.at is None, one.at or _NEVER


def _payments(ledger: Ledger) -> tuple[Payment, ...]:
    return (*ledger.payments, *ledger.shown, *ledger.rows)


def payment_table(
    rows: Iterable[Payment], trace: Trace, *, pairs: Mapping[str, Match], reasons: Mapping[str, Unmatched]
) -> Table:
    """Lists payments, each with its id, its place, and the row that it agrees with or why there is none."""
    shares = (
        ("id", 15),
        ("time", 20),
        ("amount", 11),
        ("payer", 9),
        ("payee", 9),
        ("channel", 9),
        ("place", 15),
        ("matched", 20),
    )
    columns = _columns(trace, shares, numbers=("amount",))
    listed = tuple(rows)
    is_common = bool(trace.zones(one.zone for one in listed))
    made = tuple(_payment_row(one, trace, pairs, reasons, "" if is_common else one.zone) for one in listed)
    return Table(columns, made, "compact")


def _payment_row(
    one: Payment, trace: Trace, pairs: Mapping[str, Match], reasons: Mapping[str, Unmatched], zone: str
) -> tuple[Said, ...]:
    words = trace.words
    is_hidden = trace.item(one.locator.file) in trace.hidden
    payer, payee = (
        words.say("word.hidden") if is_hidden else trace.signs.account(name) for name in (one.payer, one.payee)
    )
    return (
        words.show(one.id),
        trace.time(one.at_shown, one.at, zone=zone),
        trace.amount(one.amount_minor, one.currency),
        payer,
        payee,
        trace.word("counts.channel", one.channel),
        trace.place(one.locator),
        _matched(one, trace, pairs.get(one.id), reasons.get(one.id)),
    )


def _matched(one: Payment, trace: Trace, pair: Match | None, reason: Unmatched | None) -> Said:
    words = trace.words
    if pair is not None:
        other = pair.row if pair.payment == one.id else pair.payment
        basis = trace.word("counts.basis", pair.basis)
        if pair.alike > 1:
            basis = words.say("counts.alike", basis=basis, n=pair.alike)
        return words.say("counts.with", id=other, basis=basis)
    if reason is None:
        return words.say("word.none")
    said = trace.word("counts.reason", reason.reason)
    if reason.candidates:
        return words.say("counts.candidates", reason=said, ids=words.listed(map(words.show, reason.candidates)))
    return said


def outside(trace: Trace, index: int) -> Section | None:
    """Builds the section on what is in no total, or is counted once or perhaps twice; None where there is nothing."""
    words = trace.words
    blocks = [
        block
        for made in (_unmatched, _copies, _possible, _unpriced, _leads, _unread, _skipped)
        for block in made(trace)
    ]
    if not blocks:
        return None
    title = words.say("counts.outside_title")
    return Section("counts-outside", words.sub_number("counts", index), title, tuple(blocks))


def _head(name: str, count: int, trace: Trace, *, shown: int = OPEN_SHOWN) -> Iterator[Block]:
    words = trace.words
    yield Paragraph(words.say(f"counts.{name}_title", n=count), "strong")
    yield Paragraph(words.say(f"counts.{name}_text"), "note")
    if count > shown:
        yield Paragraph(words.say("counts.first", shown=shown), "note")


def _unmatched(trace: Trace) -> Iterator[Block]:
    found = trace.dossier.ledger.unmatched
    if found:
        yield from _head("unmatched", len(found), trace, shown=len(found))
        yield _counted(Counter(one.reason for one in found), "counts.reason", trace)


def _counted(counts: Counter[str], table: str, trace: Trace) -> Table:
    columns = _columns(trace, (("reason", 80), ("count", 20)), numbers=("count",))
    rows = ((trace.word(table, name), trace.words.number(count)) for name, count in sorted(counts.items()))
    return Table(columns, tuple(rows), "compact")


def _copies(trace: Trace) -> Iterator[Block]:
    found = trace.dossier.ledger.duplicates
    if found:
        yield from _head("copies", len(found), trace)
        columns = _columns(trace, (("kept", 26), ("dropped", 34), ("place", 20), ("reason", 20)))
        rows = tuple(
            (
                trace.words.show(one.kept),
                trace.words.show(one.dropped.id),
                trace.place(one.dropped.locator),
                trace.word("counts.copy", one.reason),
            )
            for one in found[:OPEN_SHOWN]
        )
        yield Table(columns, rows, "compact")


def _possible(trace: Trace) -> Iterator[Block]:
    found = trace.dossier.ledger.possible
    if found:
        yield from _head("possible", len(found), trace)
        rows = tuple((trace.words.show(first), trace.words.show(second)) for first, second in found[:OPEN_SHOWN])
        yield Table(_columns(trace, (("kept", 50), ("other", 50))), rows, "compact")


def _unpriced(trace: Trace) -> Iterator[Block]:
    return _told("unpriced", trace.dossier.ledger.unpriced, trace, third=("channel", 16, "counts.channel"))


def _account(name: str, file: str, trace: Trace) -> Said:
    return trace.words.say("word.hidden") if trace.item(file) in trace.hidden else trace.signs.account(name)


def _leads(trace: Trace) -> Iterator[Block]:
    return _told("leads", trace.dossier.ledger.leads, trace, third=("reason", 20, "counts.lead"))


def _told(name: str, told: Iterable[Lead | Unpriced], trace: Trace, *, third: tuple[str, int, str]) -> Iterator[Block]:
    """Lists messages that are in no total; `third` is what is said of each: attribute, width of its column, words."""
    found = sorted(told, key=_told_at)
    if not found:
        return
    attribute, share, words = third
    yield from _head(name, len(found), trace)
    shares = (("place", 24), ("time", 20), ("account", 12), (attribute, share), ("text", 44 - share))
    rows = tuple(
        (
            trace.place(one.locator),
            trace.words.shortened(one.at_shown, 40),
            _account(one.sender, one.locator.file, trace),
            trace.word(words, getattr(one, attribute)),
            trace.text(one.text, file=one.locator.file, limit=80),
        )
        for one in found[:OPEN_SHOWN]
    )
    yield Table(_columns(trace, shares), rows, "compact")


def _unread(trace: Trace) -> Iterator[Block]:
    found = tuple(dict.fromkeys((*trace.dossier.ledger.problems, *trace.dossier.problems)))
    if found:
        yield from _head("unread", len(found), trace)
        columns = _columns(trace, (("place", 28), ("problem", 22), ("detail", 50)))
        rows = tuple(
            (
                trace.place(one.locator),
                trace.word("counts.problem", one.what),
                trace.text(one.detail, file=one.locator.file, limit=200),
            )
            for one in found[:OPEN_SHOWN]
        )
        yield Table(columns, rows, "compact")


def _skipped(trace: Trace) -> Iterator[Block]:
    found = trace.dossier.ledger.skipped
    if found:
        yield from _head("skipped", len(found), trace, shown=len(found))
        counts = Counter(_skip_said(one.reason, trace) for one in found)
        columns = _columns(trace, (("reason", 80), ("count", 20)), numbers=("count",))
        yield Table(columns, tuple((name, trace.words.number(n)) for name, n in sorted(counts.items())), "compact")


def _skip_said(reason: str, trace: Trace) -> Said:
    """Says why a row states no payment; the words of the bill itself stay as they are."""
    for name, pattern in _SKIPS.items():
        found = pattern.fullmatch(reason)
        if found:
            return trace.words.say(f"counts.skip_{name}", shown=trace.signs.text(found[1]))
    return trace.word("counts.skip", reason)
