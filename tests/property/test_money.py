"""Whatever stands in an export or a bill, no payment has an amount that nobody wrote, and none is counted twice."""

from __future__ import annotations

import random
import re
from collections import Counter
from decimal import Decimal

from forensics.chats.bill import Payment, Problem, open_bill
from forensics.chats.bill_reader import read_bill
from forensics.errors import CodecError
from forensics.proof.money_rule import load_rules, read_line
from tests.unit.proof.cases import BILL_HEAD

PIECES = (*"0123456789", ".", ",", "'", " ", "-", "e", "万", "元", "¥", "０", "²", "\u200b", "\u202e", "x", "约", "$")
DAMAGE = (b",", b'"', b"\n", b"\r\n", b"\x00", b"\t", b"'", b'","', b'"\n"', "，".encode(), b"\xff", "\u202e".encode())
PLAIN = re.compile(r"[0-9]{1,3}(?:[,'][0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?")


def rows(chance: random.Random) -> list[str]:
    """Rows of a bill, each with an amount of its own, which no other number of the bill contains."""
    made = []
    for number in range(8):
        amount = f"{chance.randrange(3000, 10_000)}.{number}7"
        made.append(f"2022-06-12 20:0{number}:30,转账,客户{number},/,收入,¥{amount},/,已存入零钱,A{number},/,/")
    return made


def amounts(lines: list[str]) -> Counter[int]:
    found = (re.search(r"¥([0-9]+)\.([0-9]{2})", line) for line in lines)
    return Counter(int(one[1] + one[2]) for one in found if one)


def test_a_line_counts_only_as_the_number_that_it_shows():
    chance, book = random.Random(1), load_rules()
    for _ in range(4000):
        shown = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 8)))
        found = read_line(f"[转账] {shown}", book)
        if found is None or found.amount_minor is None or found.meaning != "payment":
            continue
        plain = shown.translate({0xFF10: "0"}).replace(" ", "").replace("元", "").replace("¥", "")
        assert PLAIN.fullmatch(plain), shown
        assert found.amount_minor == Decimal(plain.replace(",", "").replace("'", "")) * 100


def test_damage_to_a_bill_makes_no_amount_and_counts_no_row_twice():
    chance = random.Random(2)
    for _ in range(400):
        lines = rows(chance)
        content = bytearray("\n".join(lines).encode())
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(content))
            while content[at - 1] in b"0123456789." and content[at] in b"0123456789.":
                at = chance.randrange(len(content))
            content[at:at] = chance.choice(DAMAGE)
        try:
            found = list(read_bill(open_bill(BILL_HEAD.encode() + bytes(content), "a.csv")))
        except CodecError:
            continue
        paid = Counter(one.amount_minor for one in found if isinstance(one, Payment))
        assert paid <= amounts(lines), bytes(content).decode("utf-8", "replace")
        missing = amounts(lines) - paid
        assert not missing or any(isinstance(one, Problem) for one in found) or len(found) >= len(lines)


def test_a_bill_that_ends_anywhere_states_no_amount_that_it_did_not_have():
    lines = rows(random.Random(3))
    whole = (BILL_HEAD + "\n".join(lines)).encode()
    for end in range(len(BILL_HEAD.encode()), len(whole)):
        found = read_bill(open_bill(whole[:end], "a.csv"))
        assert Counter(one.amount_minor for one in found if isinstance(one, Payment)) <= amounts(lines)
