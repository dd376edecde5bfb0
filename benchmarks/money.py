"""Measures search over messages and matching of payments: `python -m benchmarks.money [MESSAGES] [PAYMENTS]`."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from forensics.chats import table, word
from forensics.chats.message import Chat, Locator, Message
from forensics.chats.payment import CONFIRMED_BY_BILL, IN, STATED_IN_CHAT, UNKNOWN, Payment
from forensics.proof.money_harvest import harvest
from forensics.proof.money_match import match
from forensics.proof.money_rule import load_rules
from forensics.proof.search import search, wanted_of
from forensics.proof.search_rule import find_hits, load_searches

START = datetime(2022, 1, 1, tzinfo=UTC)
FILE = "a" * 64


def message(number: int, text: str, *, at: datetime | None = None, sender: str = "") -> Message:
    """Makes a message of one export."""
    when = at or START + timedelta(seconds=number)
    return Message(
        chat="1",
        seq=number,
        id=str(number),
        sent_at=when,
        sent_shown=when.isoformat(),
        zone="export",
        local_at=when.replace(tzinfo=None),
        sender_id=None,
        sender=sender or f"account {number % 2000}",
        kind="text",
        text=text,
        attachments=(),
        reply_to=None,
        forwarded_from=None,
        edited_at=None,
        is_deleted=False,
        locator=Locator(FILE, "result.json", f"messages[{number}]", number),
    )


def messages(count: int, seed: int = 1) -> Iterator[Chat | Message]:
    """Gives Chinese messages of 3 to 40 characters; every 5,000th speaks of a swap, every 100th is a payment."""
    chance = random.Random(seed)
    signs = [chr(0x4E00 + place) for place in range(3000)]
    yield Chat("1", "group", "group", "telegram-json")
    for number in range(count):
        text = "".join(chance.choices(signs, k=chance.randint(3, 40)))
        if number % 5000 == 0:
            text += "换脸"
        yield message(number, "[口令红包] 188.00元" if number % 100 == 50 else text)


def payments(count: int, seed: int = 2) -> tuple[list[Payment], list[Payment]]:
    """Gives payments of 2,000 customers over a year in 50 amounts, and a bill that has four fifths of them."""
    chance = random.Random(seed)
    stated, rows = [], []
    for number in range(count):
        at = START + timedelta(seconds=chance.randrange(365 * 86400))
        amount, name = 100 * chance.randint(50, 100), f"customer {chance.randrange(2000)}"
        stated.append(_payment(number, at, amount=amount, name=name, certainty=STATED_IN_CHAT))
        if number % 5:
            late = at + timedelta(seconds=chance.randrange(300))
            named = name if number % 2 else ""
            rows.append(_payment(count + number, late, amount=amount, name=named, certainty=CONFIRMED_BY_BILL))
    return stated, rows


def _payment(number: int, at: datetime, *, amount: int, name: str, certainty: str) -> Payment:
    is_row = certainty == CONFIRMED_BY_BILL
    return Payment(
        id=f"p-{number}",
        at=at,
        at_shown=at.isoformat(),
        amount_minor=amount,
        currency="CNY",
        direction=IN if is_row else UNKNOWN,
        payer=name,
        payee="",
        channel="red_packet",
        certainty=certainty,
        is_refund=False,
        memo="",
        locator=Locator(FILE, "bill.csv" if is_row else "result.json", str(number)),
        dedupe_key=str(number),
    )


def write(made: Path, words: Path, count: int) -> None:
    """Writes the table of messages and its words."""
    with made.open("wb") as stream, words.open("wb") as spoken:
        table.write_head(stream, sha256=FILE, name="result.json", settings={})
        for row in messages(count):
            if isinstance(row, Message):
                spoken.write(word.line_of(row, stream.tell()))
            stream.write(table.line_of(row, sha256=FILE, name="result.json"))


def timed(name: str, start: float) -> None:
    """Prints what took how long."""
    print(f"{name}: {time.perf_counter() - start:.2f} s", flush=True)


def main(count: int, paid: int) -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory() as folder:
        made, words = Path(folder) / "table", Path(folder) / "words"
        start = time.perf_counter()
        write(made, words, count)
        timed(f"table and words of {count} messages", start)
        for wanted in (["换脸"], ["脸"], ["not there"], ["换脸", "一"]):
            with made.open("rb") as table_stream, words.open("rb") as stream:
                start = time.perf_counter()
                found = search(stream, table_stream, wanted_of(wanted))
                timed(f"search {wanted}: {found.count} hits", start)
    start = time.perf_counter()
    found_payments = harvest(messages(count), load_rules()).payments
    timed(f"payments of {count} messages: {len(found_payments)}", start)
    start = time.perf_counter()
    hits = sum(1 for _ in find_hits(messages(count), load_searches()))
    timed(f"rules over {count} messages: {hits} hits", start)
    stated, rows = payments(paid)
    start = time.perf_counter()
    made, _ = match(stated, rows)
    wrong = sum(int(one.payment[2:]) + paid != int(one.row[2:]) for one in made)
    timed(f"match of {len(stated)} payments with {len(rows)} rows: {len(made)}, {wrong} with another row", start)


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    main(given[0] if given else 1_000_000, given[1] if len(given) > 1 else 100_000)
