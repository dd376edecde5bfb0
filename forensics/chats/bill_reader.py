"""Finds the format of a bill and reads it: the visible list of what is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from forensics.chats import bill_alipay, bill_mapping, bill_wechat
from forensics.chats.bill import BillFile, Layout, Skipped
from forensics.chats.message import Problem
from forensics.chats.payment import Payment
from forensics.errors import CodecError

HEAD_BYTES = 65536
"""Bytes that are looked at to find the format; the longest known preamble has under 4,000."""

Sniff = Callable[[bytes, str], bool]
Read = Callable[[BillFile], Iterator[Payment | Problem | Skipped]]

FORMATS: tuple[tuple[str, Sniff, Read], ...] = (
    (bill_wechat.LAYOUT.name, bill_wechat.sniff, bill_wechat.read),
    (bill_alipay.LAYOUT.name, bill_alipay.sniff, bill_alipay.read),
)
"""Formats with their names, in the order in which they are tried."""


def format_of(head: bytes, name: str) -> str | None:
    """Names the format of a bill by its first bytes; None where it is none of those that are known."""
    return next((known for known, sniff, _ in FORMATS if sniff(head[:HEAD_BYTES], name)), None)


def read_bill(bill: BillFile, mapping: Layout | None = None) -> Iterator[Payment | Problem | Skipped]:
    """Reads a bill in the format that it shows, or by a mapping.

    Raises:
        CodecError: It is in none of the known formats, or damaged beyond reading.
        UsageError: A zone is not known.
    """
    if mapping is not None:
        return bill_mapping.read(bill, mapping)
    for _, sniff, read in FORMATS:
        if sniff(bill.data[:HEAD_BYTES], bill.name):
            return read(bill)
    hint = "Describe its columns in a mapping file; see templates/bills/example.toml."
    raise CodecError(f"{bill.name} is no bill of a known format", hint=hint)
