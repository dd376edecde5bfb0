"""The table of a bill: one line of canonical JSON for each payment, each row that is none, and each problem."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import fields, replace
from datetime import datetime
from functools import cache
from typing import Any, BinaryIO, cast

from forensics import codec
from forensics.chats import word
from forensics.chats.bill import Skipped
from forensics.chats.message import Locator, Problem
from forensics.chats.payment import Payment
from forensics.errors import CodecError

ROLE = "bill-table"
"""Role of the artifact that holds a table."""

WORDS_ROLE = "bill-words"
"""Role of the artifact that holds the words of a table."""

MEDIA_TYPE = "application/x-ndjson"

VERSION = 1

Row = Payment | Problem | Skipped
"""What a reader of bills gives."""

_TYPES: dict[str, type[Any]] = {"payment": Payment, "problem": Problem, "skipped": Skipped}
_NAMES = {cls: name for name, cls in _TYPES.items()}


def write_head(stream: BinaryIO, *, sha256: str, name: str, settings: dict[str, str]) -> None:
    """Writes the first line: of which content the table is, and by which settings it was read."""
    head = {"type": "bill-table", "version": VERSION, "file": sha256, "name": name, "settings": settings}
    stream.write(codec.canonical(head) + b"\n")


def line_of(row: Row) -> bytes:
    """Writes one row, with its line feed; times on the bill's own clock have no zone."""
    local = row.local_at if isinstance(row, Payment) else None
    value = codec.to_json(replace(row, local_at=None) if isinstance(row, Payment) else row)
    if local is not None:
        value["local_at"] = local.isoformat()
    return codec.canonical({"type": _NAMES[type(row)], **value}) + b"\n"


def read_table(lines: Iterable[bytes]) -> Iterator[Row]:
    """Reads a table that was written by `write_head` and `line_of`.

    Raises:
        CodecError: The lines are no such table, or of another version.
    """
    for number, line in enumerate(lines):
        value = codec.parse(line)
        kind = value.get("type") if isinstance(value, dict) else None
        if number == 0:
            if kind != "bill-table" or value.get("version") != VERSION:
                raise CodecError("not a table of a bill of a version that can be read", hint=f"Known: {VERSION}.")
        elif kind not in _TYPES:
            raise CodecError(f"line {number + 1} of a bill's table is of an unknown type")
        else:
            yield _row(_TYPES[str(kind)], value)


def line_of_words(row: Row, offset: int) -> bytes:
    """Writes the words of a row as `forensics.chats.word` has them; empty for problems.

    Args:
        row: The row.
        offset: Bytes from the start of the table to its line.
    """
    return b"" if isinstance(row, Problem) else word.line(offset, text_of(row))


def text_of(row: Row) -> str:
    """Gives what is searched of a row: names, memo and number of a payment, the cells of other rows."""
    if isinstance(row, Payment):
        return " ".join(one for one in (row.payer, row.payee, row.memo, row.reference) if one)
    return row.shown if isinstance(row, Skipped) else row.detail


def rows_at(stream: BinaryIO, places: Iterable[int]) -> Iterator[Row]:
    """Reads single rows of a table that can seek, by their distance from its start in bytes.

    Raises:
        CodecError: It is no such table, or no row begins there.
    """
    stream.seek(0)
    head = stream.readline()
    for place in places:
        stream.seek(place)
        yield from read_table((head, stream.readline()))


@cache
def _members(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def _row(kind: type[Any], value: dict[str, Any]) -> Any:
    """Makes a noun of its JSON object; written out, since a bill may have a hundred thousand rows."""
    try:
        given = {name: value[name] for name in _members(cast(Hashable, kind)) if name in value}
        given["locator"] = Locator(**given["locator"])
        if kind is Payment:
            given["at"] = codec.parse_time(given["at"]) if given["at"] else None
            given["local_at"] = datetime.fromisoformat(given["local_at"]) if given.get("local_at") else None
        return kind(**given)
    except (TypeError, ValueError, KeyError) as error:
        raise CodecError(f"a row of a bill's table is not a {kind.__name__}: {error}") from error
