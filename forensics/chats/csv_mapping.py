"""Chats in CSV files of any program, by a mapping file that says which column holds what (docs/chat-formats.md)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from forensics.chats import moment
from forensics.chats.csv_row import CsvRow, csv_rows, unparted
from forensics.chats.membership import Membership
from forensics.chats.message import KINDS, LINKED, ROLES, Attachment, Chat, Message, Row
from forensics.chats.moment import Moment
from forensics.chats.source import Source, whole
from forensics.errors import UsageError

NAME = "csv-mapping"

FIELDS = (
    *("chat_id", "chat_title", "chat_kind", "members_shown", "message_id", "sent_at", "sender_id", "sender", "role"),
    *("kind", "text", "attachments", "reply_to", "forwarded_from", "edited_at", "deleted"),
)
"""What a column can hold."""

_NEEDED = ("sent_at", "text")
_YES = ("1", "true", "yes", "是", "已撤回", "oui")
_CHAT_KINDS = ("private", "group", "channel", "mailbox", "")


@dataclass(frozen=True, slots=True)
class Columns:
    """A mapping: which column of a CSV file holds what.

    Attributes:
        columns: Member of `FIELDS` to the heading of its column.
        time_format: `iso`, `unix`, `unix_ms`, or a pattern of `strptime`.
        zone: Zone of times without one; the user's own setting comes first.
        delimiter: One character.
        skip_lines: Lines before the heading.
        separator: What separates several attachments of one cell.
        kinds: Word of the file to one of `message.KINDS`.
        is_numbered: Whether ids count up one by one within a chat.
    """

    columns: Mapping[str, str]
    time_format: str = "iso"
    zone: str = ""
    delimiter: str = ","
    skip_lines: int = 0
    separator: str = "|"
    kinds: Mapping[str, str] = field(default_factory=dict)
    is_numbered: bool = False


def mapping_of(text: str) -> Columns:
    """Reads a mapping.

    Args:
        text: TOML.

    Raises:
        UsageError: It is no TOML, names what is not known, or lacks what is needed.
    """
    hint = "docs/chat-formats.md shows one."
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the mapping of columns is not TOML: {error}", hint=hint) from error
    known = {"columns", "time_format", "zone", "delimiter", "skip_lines", "separator", "kinds", "is_numbered"}
    wrong = sorted(given.keys() - known)
    columns = given.get("columns")
    if wrong or not isinstance(columns, dict):
        raise UsageError(f"the mapping of columns has {', '.join(wrong) or 'no table [columns]'}", hint=hint)
    unknown = sorted(columns.keys() - set(FIELDS))
    lacking = [name for name in _NEEDED if name not in columns]
    if unknown or lacking:
        problem = f"names {', '.join(unknown)}" if unknown else f"does not say where {', '.join(lacking)} stands"
        raise UsageError(f"the mapping of columns {problem}", hint=f"It can name: {', '.join(FIELDS)}.")
    return _checked(given, hint)


def _checked(given: dict[str, Any], hint: str) -> Columns:
    types = {"columns": dict, "kinds": dict, "skip_lines": int, "is_numbered": bool}
    for name, value in given.items():
        if not isinstance(value, types.get(name, str)):
            raise UsageError(f"{name} in the mapping of columns is of the wrong type", hint=hint)
    found = Columns(**given)
    if len(found.delimiter) != 1 or not set(found.kinds.values()) <= set(KINDS):
        raise UsageError("the mapping of columns has a delimiter or a kind that is not known", hint=hint)
    if found.zone:
        moment.known_zone(found.zone)
    return found


def sniff(head: bytes, name: str) -> bool:
    """Whether a file can be such a table. The caller asks only where the user gave a mapping."""
    return b"\x00" not in head[:4096] and not head.lstrip().startswith((b"<", b"{")) and not name.endswith(".html")


def read(source: Source) -> Iterator[Row]:
    """Gives chats, messages and problems in the order of the file."""
    yield from read_by(source, mapping_of(source.options.mapping), NAME)


def read_by(source: Source, columns: Columns, name: str) -> Iterator[Row]:
    """Reads a file by a mapping.

    Args:
        source: The file.
        columns: The mapping.
        name: What the chats give as their format.
    """
    rows = csv_rows(source, delimiter=columns.delimiter, skip=columns.skip_lines)
    first = next(rows, None)
    heading = [cell.strip() for cell in first.cells] if first else []
    lacking = [one for one in columns.columns.values() if one not in heading]
    if lacking:
        detail = f"the heading has no column {', '.join(lacking)[:200]}"
        yield source.problem("heading", detail, source.at("line 1"))
        return
    places = {one: heading.index(title) for one, title in columns.columns.items()}
    yield from _Table(source, columns, places, name=name).rows(rows, len(heading))


class _Table:
    """One pass over a table."""

    def __init__(self, source: Source, columns: Columns, places: dict[str, int], *, name: str) -> None:
        self._source, self._columns, self._places, self._name = source, columns, places, name
        self._chats: dict[str, Membership] = {}
        self._seq = self._width = 0

    def rows(self, rows: Iterator[CsvRow], width: int) -> Iterator[Row]:
        """Gives what the rows hold."""
        self._width = width
        for row in rows:
            at = self._source.at(f"line {row.line}", row.offset)
            if row.error:
                yield self._source.problem("row", row.error, at)
                continue
            if len(row.cells) != width:
                detail = f"it has {len(row.cells)} cells and the heading {width}: {','.join(row.cells)[:200]}"
                yield self._source.problem("row", detail, at)
            yield from self._row(row)
        yield from (one.chat() for one in self._chats.values() if one.is_known)

    def _cell(self, row: CsvRow, name: str) -> str:
        place = self._places.get(name)
        return whole(row.cells[place].strip()) if place is not None and place < len(row.cells) else ""

    def _row(self, row: CsvRow) -> Iterator[Row]:
        chat = self._cell(row, "chat_id") or self._cell(row, "chat_title") or "chat"
        if chat not in self._chats:
            made = self._chat(row, chat)
            self._chats[chat] = Membership(made)
            yield made
        role, account = self._cell(row, "role").lower(), self._cell(row, "sender_id") or None
        if role in ROLES and role:
            self._chats[chat].shown(account, self._cell(row, "sender"), role)
        at = self._source.at(f"line {row.line}", row.offset)
        when, edited = (self._when(self._cell(row, name)) for name in ("sent_at", "edited_at"))
        for name, one in (("date", when), ("edited", edited)):
            if one.doubt:
                yield self._source.problem(name, one.doubt, at)
        kind = self._cell(row, "kind")
        if kind and self._kind(kind) is None:
            yield self._source.problem("kind", f"the kind {kind[:40]!r} is not known and counts as other", at)
        text = self._text(row)
        if "\ufffd" in text:
            yield self._source.problem("encoding", "U+FFFD stands for bytes that are not text", at)
        message = self._message(row, chat, times=(when, edited), text=text)
        yield unparted(message, row) if any(row.cells[self._width :]) else message
        self._seq += 1

    def _text(self, row: CsvRow) -> str:
        place = self._places["text"]
        return whole(row.cells[place]) if place < len(row.cells) else ""

    def _chat(self, row: CsvRow, chat: str) -> Chat:
        kind, shown = self._cell(row, "chat_kind").lower(), self._cell(row, "members_shown")
        return Chat(
            id=chat,
            title=self._cell(row, "chat_title") or whole(self._source.stem),
            kind=kind if kind in _CHAT_KINDS else "",
            format=self._name,
            members_shown=int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 10 else None,  # noqa: PLR2004
            encoding=self._source.charset,
            is_numbered=self._columns.is_numbered,
        )

    def _kind(self, word: str) -> str | None:
        if word in self._columns.kinds:
            return self._columns.kinds[word]
        return word.lower() if word.lower() in KINDS else None

    def _when(self, shown: str) -> Moment:
        zone = self._source.options.zone or self._columns.zone
        form = self._columns.time_format
        if not shown:
            return moment.nowhere("")
        if form == "iso":
            return moment.iso(shown, zone=zone)
        if form in ("unix", "unix_ms"):
            return moment.seconds(shown[:-3] if form == "unix_ms" else shown, shown)
        try:
            local = datetime.strptime(shown, form)  # noqa: DTZ007 -- the pattern may have a zone
        except ValueError:
            return moment.nowhere(shown, f"not a time of the form {form}: {shown[:40]!r}")
        return moment.stated(local, shown) if local.tzinfo else moment.wall(local, shown, zone=zone)

    def _message(self, row: CsvRow, chat: str, *, times: tuple[Moment, Moment], text: str) -> Message:
        when, edited = times
        files = [one for one in self._cell(row, "attachments").split(self._columns.separator) if one.strip()]
        attachments = tuple(_attached(self._source, one.strip()) for one in files)
        kind = self._cell(row, "kind")
        is_deleted = self._cell(row, "deleted").lower() in _YES
        plain = "deleted" if is_deleted else "media" if attachments else "text"
        return Message(
            chat=chat,
            seq=self._seq,
            id=self._cell(row, "message_id") or None,
            sent_at=when.at,
            sent_shown=when.shown,
            zone=when.zone,
            local_at=when.local,
            sender_id=self._cell(row, "sender_id") or None,
            sender=self._cell(row, "sender"),
            kind=(self._kind(kind) or "other") if kind else plain,
            text=text,
            attachments=attachments,
            reply_to=self._cell(row, "reply_to") or None,
            forwarded_from=self._cell(row, "forwarded_from") or None,
            edited_at=edited.at,
            is_deleted=is_deleted,
            locator=self._source.at(f"line {row.line}", row.offset),
            edited_shown=edited.shown,
        )


def _attached(source: Source, name: str) -> Attachment:
    """Links a file; a digest in the cell (`sha256:…`) is as good as the file."""
    digest = name.removeprefix("sha256:")
    if digest != name and len(digest) == 64 and all(one in "0123456789abcdef" for one in digest):  # noqa: PLR2004
        return Attachment("", digest, None, None, None, LINKED)
    return source.attached(name)
