"""Bills of any bank as CSV, read by a mapping file in TOML that says what each column is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from forensics.chats.amount import MINOR_DIGITS
from forensics.chats.bill import BillFile, Layout, Skipped, read_layout
from forensics.chats.message import Problem
from forensics.chats.payment import Payment
from forensics.errors import UsageError

COLUMNS = (
    "time", "kind", "counterparty", "account", "goods", "direction", "amount", "status", "reference", "memo",
    "refunded", "paid_in", "paid_out", "currency",
)  # fmt: skip
"""What a column can mean."""

_WORDS = ("words_in", "words_out", "words_aside")
_LISTS = ("times", "done", "undone", "refund_kinds", "holder")
_TEXTS = ("name", "zone", "currency", "decimal")
_HINT = "See templates/bills/example.toml for every setting."


def parse_mapping(data: bytes) -> Layout:
    """Reads a mapping file.

    Raises:
        UsageError: It is no TOML, has an unknown name, lacks the columns of time and amount, or names a currency, zone
            or decimal mark that there is not.
    """
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the mapping file is malformed: {error}", hint=_HINT) from error
    unknown = sorted(table.keys() - {*_TEXTS, *_LISTS, *_WORDS, "columns", "channels"})
    if unknown:
        raise UsageError(f"the mapping file has unknown settings: {', '.join(unknown)}", hint=_HINT)
    layout = Layout(columns=_columns(table), **_settings(table), zone_source="assumed")
    _check(layout)
    return layout


def _columns(table: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    columns = table.get("columns")
    if not isinstance(columns, dict) or not columns.keys() <= set(COLUMNS):
        raise UsageError("the mapping file has no table `columns` of known columns", hint=_HINT)
    made = {name: (given,) if isinstance(given, str) else _texts(given, name) for name, given in columns.items()}
    if "time" not in made or not ("amount" in made or {"paid_in", "paid_out"} <= made.keys()):
        raise UsageError("the mapping file names no column of time, or none of amounts", hint=_HINT)
    return MappingProxyType(made)


def _settings(table: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"name": "bank-bill"}
    for name in _TEXTS:
        if name in table:
            if not isinstance(table[name], str):
                raise UsageError(f"`{name}` of the mapping file is no text", hint=_HINT)
            made[name] = table[name]
    made |= {name: _texts(table[name], name) for name in _LISTS if name in table}
    made |= {name: frozenset(word.casefold() for word in _texts(table[name], name)) for name in _WORDS if name in table}
    channels = table.get("channels", {})
    if not isinstance(channels, dict) or not all(isinstance(one, str) for one in channels.values()):
        raise UsageError("`channels` of the mapping file is no table of texts", hint=_HINT)
    return made | {"channels": MappingProxyType(dict(channels))}


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise UsageError(f"`{name}` of the mapping file is no list of texts", hint=_HINT)
    return tuple(value)


def _check(layout: Layout) -> None:
    if layout.currency not in MINOR_DIGITS or layout.decimal not in (".", ","):
        raise UsageError(f"currency {layout.currency!r} or decimal mark {layout.decimal!r} is not known", hint=_HINT)
    if layout.zone:
        try:
            ZoneInfo(layout.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise UsageError(f"there is no time zone {layout.zone!r}", hint=_HINT) from error


def read(bill: BillFile, layout: Layout) -> Iterator[Payment | Problem | Skipped]:
    """Reads a bill by its mapping; see `forensics.chats.bill.read_layout`."""
    return read_layout(bill, layout)
