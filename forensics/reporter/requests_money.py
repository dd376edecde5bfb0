"""What to ask of payment providers: by the form of the bill, or the rule that a line of a chat fits; never more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from forensics.chats.payment import CONFIRMED_BY_BILL, IN, OUT, SHOWN_ON_SCREENSHOT
from forensics.proof.money import matched_with
from forensics.proof.money_harvest import name_key
from forensics.reporter.counts_money import by_time
from forensics.reporter.evidence import Said
from forensics.reporter.requests_ask import Ask, Identifier, ends, is_numbered, service, service_name
from forensics.reporter.tally_sign import holder_of
from forensics.reporter.tally_trace import Trace

if TYPE_CHECKING:
    from forensics.chats.payment import Payment
    from forensics.proof.money import Ledger


AMBIGUOUS = "ambiguous"
"""`Unmatched.reason` of what fits several."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Payments for which one provider may have records.

    Attributes:
        agreeing: Those that a chat and a bill state.
        others: Those that one of the two states alone.
        left_out: Number of rows that are not asked for: what the holder of the bill paid, without a message about it.
    """

    agreeing: tuple[Payment, ...]
    others: tuple[Payment, ...]
    left_out: int = 0

    @property
    def every(self) -> tuple[Payment, ...]:
        """All that are asked for."""
        return (*self.agreeing, *self.others)


def payment_asks(made: Trace) -> Iterator[Ask]:
    """Gives one request for each form of bills, one for lines of chats without a bill, and one for screenshots."""
    ledger, words = made.dossier.ledger, made.words
    forms: dict[str, list[Payment]] = {}
    for row in ledger.rows:
        forms.setdefault(service(row.rule), []).append(row)
    for form, rows in sorted(forms.items()):
        of = words.say("requests.payments_bill", service=service_name(form, words))
        yield from _ask(_of_bill(rows, ledger), of, service_name(form, words), made)
    lines = _Asked((), _alone(ledger.payments, ledger))
    rules = words.listed(words.show(rule) for rule in sorted({one.rule for one in lines.others}))
    short = words.say("requests.payments_lines_short")
    yield from _ask(lines, words.say("requests.payments_lines", rules=rules), short, made)
    short = words.say("requests.payments_screens_short")
    screens = _Asked((), _alone(ledger.shown, ledger))
    yield from _ask(screens, words.say("requests.payments_screens"), short, made)


def _alone(found: Iterable[Payment], ledger: Ledger) -> tuple[Payment, ...]:
    """Gives those that no row of a bill agrees with, in order of time; the others are asked for by their rows."""
    pairs = matched_with(ledger)
    return tuple(sorted((one for one in found if one.id not in pairs), key=by_time))


def _of_bill(rows: Iterable[Payment], ledger: Ledger) -> _Asked:
    pairs = matched_with(ledger)
    agreeing, others, left_out = [], [], 0
    for row in sorted(rows, key=by_time):
        if row.id in pairs:
            agreeing.append(row)
        elif row.direction == (IN if row.is_refund else OUT):
            left_out += 1
        else:
            others.append(row)
    return _Asked(tuple(agreeing), tuple(others), left_out)


def _ask(asked: _Asked, of: Said, short: Said, made: Trace) -> Iterator[Ask]:
    found = asked.every
    if not found:
        return
    words = made.words
    first, last = ends(one.at for one in found)
    unplaced = sum(one.at is None for one in found)
    note = words.say("requests.left_out", n=asked.left_out) if asked.left_out else Said("")
    ambiguous = frozenset(one.id for one in made.dossier.ledger.unmatched if one.reason == AMBIGUOUS)
    identifiers = (
        *_accounts(found, made),
        *(_transaction(one, made, "transaction_agreeing") for one in asked.agreeing),
        *(_transaction(one, made, _alone_as(one, ambiguous)) for one in asked.others),
    )
    yield Ask("payments", of, short, identifiers, first, last, unplaced, note)


def _accounts(found: Iterable[Payment], made: Trace) -> Iterator[Identifier]:
    """Gives the accounts in question, and the holders of bills, whose names stand in the bills."""
    words, seen = made.words, set()
    for one in found:
        for name in (one.payee, one.payer):
            key = name_key(name)
            is_holder = made.signs.is_holder(name) and name == holder_of(one)
            if key in seen or not (is_holder or key in made.signs.named):
                continue
            seen.add(key)
            if is_holder:
                item = made.sources([one.locator.file])
                yield Identifier("holder", words.say("requests.holder", holder=made.signs.account(name)), item)
            else:
                yield Identifier("account", made.signs.account(name), made.place(one.locator))


def _transaction(one: Payment, made: Trace, kind: str) -> Identifier:
    words = made.words
    amount = made.amount(one.amount_minor, one.currency)
    number = words.say("requests.message_no", n=one.message) if is_numbered(one.message, one.locator) else ""
    refund = words.say("requests.refund") if one.is_refund else ""
    parts = [one.reference or number, amount, refund, paid_at(one.at, one.at_shown, made)]
    text = words.join((part for part in parts if part), words.say("word.clause"))
    return Identifier(kind, text, made.place(one.locator))


def _alone_as(one: Payment, ambiguous: frozenset[str]) -> str:
    """Says what a payment is that agrees with nothing: it was not compared, fits several, or fits none."""
    if one.certainty == SHOWN_ON_SCREENSHOT:
        return "payment_shown"
    what = "transaction" if one.certainty == CONFIRMED_BY_BILL else "payment"
    return f"{what}_ambiguous" if one.id in ambiguous else f"{what}_alone"


def paid_at(at: datetime | None, shown: str, made: Trace) -> Said:
    """Gives the instant of a payment; where it is not known, the time as shown, and says so."""
    words = made.words
    if at is not None:
        return words.say("requests.at_utc", utc=words.utc(at))
    return words.say("requests.no_zone", shown=words.shortened(shown, 40) or words.say("word.none"))
