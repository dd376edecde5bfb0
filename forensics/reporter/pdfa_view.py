"""Writes the text of a report for machines: the same words and numbers as on its pages, as canonical JSON."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from forensics.codec import canonical, format_time
from forensics.reporter.blocks import ReportView

FILE_NAME = "report.json"
SCHEMA = "forensics-report-1"
"""Name of the form of this file; it changes when members change their meaning."""


def machine_view(view: ReportView, *, root: str, as_of: int) -> bytes:
    """Gives a report's content as JSON. The same report gives the same bytes.

    Args:
        view: The report. What it masks is not in it, so it is not in the JSON either.
        root: Evidence root of the case as of the event; empty where there is none.
        as_of: Number of that event.
    """
    issued = format_time(datetime.fromtimestamp(view.issued, UTC))
    head = {"schema": SCHEMA, "evidence_root": root, "as_of": as_of, "issued_at": issued}
    return canonical({**_plain(view), **head}) + b"\n"


def _plain(value: Any) -> Any:
    """Gives a structure as JSON; each block says by `block` what it is."""
    if is_dataclass(value) and not isinstance(value, type):
        members = {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
        return {"block": type(value).__name__.lower(), **members}
    if isinstance(value, tuple | list):
        return [_plain(member) for member in value]
    return value
