"""CSV of programs that export WeChat's message table: WeChatMsg, MemoTrace and others with the same columns.

Source: WeChatMsg and public readers of its files; the columns are those of the table `MSG` (docs/chat-formats.md). Only
files that users have exported are read, never a program's database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.chats import moment
from forensics.chats.csv_row import CsvRow, csv_rows, heading, unparted
from forensics.chats.message import DISAGREEMENT, NOT_EXPORTED, Attachment, Chat, Message, Row
from forensics.chats.moment import Moment
from forensics.chats.source import Source, whole
from forensics.chats.wechat_kind import is_media, kind_of

NAME = "wechat-csv"

_MARK = ("Type", "IsSender", "CreateTime", "StrContent")
_WITHDRAWN = re.compile(r".{0,100}撤回了一条(?:成员)?消息.{0,20}", re.DOTALL)
SELF = "(self)"
"""Sender of messages that the export marks as sent by its own account, where it does not name it reliably."""


def sniff(head: bytes, name: str) -> bool:
    """Whether a file is a table with the columns of such an export."""
    del name
    return set(_MARK) <= {one.strip() for one in heading(head)}


def read(source: Source) -> Iterator[Row]:
    """Gives chats, messages and problems in the order of the file."""
    rows = csv_rows(source)
    first = next(rows, None)
    table = _Table(source, [cell.strip() for cell in first.cells] if first else [])
    for row in rows:
        yield from table.row(row)


class _Table:
    """One pass over a table."""

    def __init__(self, source: Source, names: list[str]) -> None:
        self._source, self._names = source, names
        self._places = {name: index for index, name in reversed([*enumerate(names)])}
        self._chats: set[str] = set()
        self._others: set[str] = set()
        self._seq, self._is_told = 0, False

    def _cell(self, row: CsvRow, name: str) -> str:
        place = self._places.get(name)
        return whole(row.cells[place]) if place is not None and place < len(row.cells) else ""

    def _number(self, row: CsvRow, name: str) -> int | None:
        text = self._cell(row, name).strip()
        return int(text) if re.fullmatch(r"-?\d{1,18}", text, re.ASCII) else None

    def row(self, row: CsvRow) -> Iterator[Row]:
        """Gives what one row holds."""
        at = self._source.at(f"line {row.line}", row.offset)
        if row.error:
            yield self._source.problem("row", row.error, at)
            return
        if len(row.cells) != len(self._names):
            detail = f"it has {len(row.cells)} cells and the heading {len(self._names)}: {','.join(row.cells)[:200]}"
            yield self._source.problem("row", detail, at)
        chat = self._cell(row, "StrTalker") or self._cell(row, "TalkerId") or "chat"
        if chat not in self._chats:
            self._chats.add(chat)
            kind = "group" if chat.endswith("@chatroom") else ""
            yield Chat(chat, whole(self._source.stem), kind, NAME, encoding=self._source.charset)
        when = self._when(row)
        if when.doubt:
            yield self._source.problem("date" if when.at is None else DISAGREEMENT, when.doubt, at)
        if self._is_own(row) and self._is_of_others(row) and not self._is_told:
            self._is_told = True
            yield self._source.problem(
                "sender",
                f"the row is marked as sent by the exporter's own account but names another; such rows count as {SELF}",
                at,
            )
        made = self._message(row, chat, when)
        if "\ufffd" in made.text:
            yield self._source.problem("encoding", "U+FFFD stands for bytes that are not text", at)
        yield unparted(made, row) if any(row.cells[len(self._names) :]) else made
        self._seq += 1

    def _when(self, row: CsvRow) -> Moment:
        shown, unix = self._cell(row, "StrTime").strip(), self._cell(row, "CreateTime").strip()
        local = moment.iso(shown, zone="").local if shown else None
        if unix:
            return moment.seconds(unix, shown, local=local)
        return moment.iso(shown, zone=self._source.options.zone) if shown else moment.nowhere("", "the row has no time")

    def _message(self, row: CsvRow, chat: str, when: Moment) -> Message:
        number, subtype = self._number(row, "Type"), self._number(row, "SubType")
        text, kind = self._cell(row, "StrContent"), kind_of(number, subtype)
        is_withdrawn = kind == "system" and _WITHDRAWN.fullmatch(text) is not None
        is_system = kind == "system"
        is_nameless = self._is_own(row) and self._is_of_others(row)
        account = "" if is_nameless else self._cell(row, "Sender").strip()
        name = SELF if is_nameless else self._name(row, account)
        if account and not self._is_own(row):
            self._others.add(account)
        return Message(
            chat=chat,
            seq=self._seq,
            id=self._cell(row, "MsgSvrID").strip() or self._cell(row, "localId").strip() or None,
            sent_at=when.at,
            sent_shown=when.shown,
            zone=when.zone,
            local_at=when.local,
            sender_id=None if is_system else account or None,
            sender="" if is_system else name,
            kind="deleted" if is_withdrawn else kind,
            text=text,
            attachments=self._attachments(row, text) if is_media(number, subtype) else (),
            reply_to=None,
            forwarded_from=None,
            edited_at=None,
            is_deleted=is_withdrawn,
            locator=self._source.at(f"line {row.line}", row.offset),
        )

    def _is_own(self, row: CsvRow) -> bool:
        return self._cell(row, "IsSender").strip() == "1"

    def _is_of_others(self, row: CsvRow) -> bool:
        """Whether a row names an account that others have: some programs write the partner's name into every row."""
        account = self._cell(row, "Sender").strip()
        return bool(account) and (account in self._others or account == self._cell(row, "StrTalker"))

    def _name(self, row: CsvRow, account: str) -> str:
        shown = self._cell(row, "Remark") or self._cell(row, "NickName")
        return SELF if self._is_own(row) and not account else shown or account

    def _attachments(self, row: CsvRow, text: str) -> tuple[Attachment, ...]:
        path = next((self._cell(row, name) for name in ("path", "src", "FilePath") if self._cell(row, name)), "")
        if path:
            return (self._source.attached(path),)
        is_path = re.fullmatch(r"[\w./\\ -]{1,200}\.\w{1,5}", text)
        return (self._source.attached(text),) if is_path else (Attachment("", missing=NOT_EXPORTED),)
