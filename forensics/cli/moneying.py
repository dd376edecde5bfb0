"""What `money` does, and how its result is told."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from forensics.cli.tracing import told_of, trace, write_new
from forensics.proof.money import Ledger, money_json, table_rows


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
    told = {**money_json(ledger), "csv": str(table) if table is not None else None}
    return told_of(traced, told)


def table_bytes(ledger: Ledger) -> bytes:
    """Writes the payment table as CSV (RFC 4180) in UTF-8 with its mark, by which spreadsheets know the encoding."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table_rows(ledger))
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")
