"""What `money` does, and how its result is told."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

from forensics.cli.tracing import told_of, trace, uncollected, write_new
from forensics.proof.dossier import Dossier
from forensics.proof.money import Ledger, money_json, table_rows


@uncollected()
def money_of(folder: Path, *, table: Path | None) -> dict[str, Any]:
    """Brings the payments of a case together, and writes the payment table where one is wanted.

    Raises:
        CaseError: There is no case.
        UsageError: The file of the table exists.
    """
    traced = trace(folder)
    ledger = traced.dossier.ledger
    if table is not None:
        write_new(table, table_bytes(ledger))
    told = {
        **money_json(ledger),
        "zone_unknown": _zoneless(traced.dossier),
        "csv": str(table) if table is not None else None,
    }
    return told_of(traced, told)


def _zoneless(dossier: Dossier) -> list[dict[str, Any]]:
    """Gives, for each export whose payments have times in a zone that nobody stated, its item and their number."""
    found = Counter(one.locator.file for one in dossier.ledger.payments if one.at is None and one.local_at is not None)
    names = {one.content: one.title for one in dossier.chats}
    return [
        {"item": dossier.items.get(file), "title": names.get(file, ""), "content_sha256": file, "payments": count}
        for file, count in found.items()
    ]


def table_bytes(ledger: Ledger) -> bytes:
    """Writes the payment table as CSV (RFC 4180) in UTF-8 with its mark, by which spreadsheets know the encoding."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table_rows(ledger))
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")
