"""Text export of QQ's message manager: of one chat, or of all.

Source: exports of QQ for desktop as users and public readers of them show (docs/chat-formats.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forensics.chats.dialogue import Block, blocks
from forensics.chats.line_head import Head, head_of
from forensics.chats.membership import Membership
from forensics.chats.message import NOT_EXPORTED, Attachment, Chat, Message, Row
from forensics.chats.source import Source, whole

NAME = "qq-text"

_RULE = re.compile(r"={64}")
"""The line about the head of a chat."""

_FIELD = re.compile(r"(消息分组|消息对象)[:：](.*)")
_ACCOUNT = re.compile(r"(?P<name>.*?)(?:\((?P<number>\d{4,12})\)|<(?P<mail>[^<>\s]+@[^<>\s]+)>)", re.DOTALL)
_TITLE = re.compile(r"【(群主|管理员)】(.*)", re.DOTALL)
_ROLES = {"群主": "owner", "管理员": "admin"}

_SYSTEM = frozenset(("10000", "1000000"))
"""Numbers under which QQ itself writes: 系统消息(10000)."""

_PLACEHOLDER = re.compile(r"\[(?:图片|语音|视频|文件|表情|动画表情)\]")
_WITHDRAWN = re.compile(r".{0,80}撤回了一条(?:成员)?消息.{0,80}", re.DOTALL)
_OPENING = "消息记录（此消息记录为文本格式"


class _Field(NamedTuple):
    """A line of the head of a chat: its group or its name."""

    name: str
    value: str


def sniff(head: bytes, name: str) -> bool:
    """Whether a text is such an export: by its opening words, or by head lines with account numbers."""
    del name
    for encoding in ("utf-16",) if head[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8", "gb18030"):
        text = head[:8192].decode(encoding, "ignore")
        if _OPENING in text[:400] or ("消息对象:" in text and "=====" in text):
            return True
    heads = [found for line in text.splitlines() if (found := head_of(line, zone="")) is not None]
    return bool(heads) and all(_ACCOUNT.fullmatch(one.name) for one in heads)


def read(source: Source) -> Iterator[Row]:
    """Gives chats, messages and problems in the order of the file."""
    yield from _Pass(source).rows()


class _Pass:
    """One pass over an export."""

    def __init__(self, source: Source) -> None:
        self._source, self._seq, self._number = source, 0, 0
        self._chat: Chat | None = None
        self._members: Membership | None = None
        self._group, self._is_after_rule = "", True

    def rows(self) -> Iterator[Row]:
        """Gives what the file holds."""
        found: Iterator[Block[Head | _Field]] = blocks(self._source.lines(), self._head)
        for block in found:
            if isinstance(block.head, _Field):
                yield from self._field(block.head)
                yield from self._before(block)
            elif isinstance(block.head, Head):
                yield from self._message(block, block.head)
            else:
                yield from self._before(block)
        yield from self._end()

    def _head(self, line: str) -> Head | _Field | None:
        """Reads a head line. The name of a chat counts only under a rule, so that no message can pose as one."""
        text = line.strip()
        found = _FIELD.fullmatch(text) if self._is_after_rule and text.startswith("消息") else None
        if text:
            self._is_after_rule = _RULE.fullmatch(text) is not None or (self._is_after_rule and self._chat is None)
        if found:
            self._is_after_rule = True
            return _Field(found.group(1), found.group(2).strip())
        return head_of(line, zone=self._source.options.zone)

    def _field(self, found: _Field) -> Iterator[Row]:
        if found.name == "消息分组":
            self._group = found.value
            return
        yield from self._end()
        yield self._begin(found.value)

    def _begin(self, title: str) -> Chat:
        title = whole(title)
        account = _ACCOUNT.fullmatch(title)
        chat_id = (account["number"] or account["mail"]) if account else f"#{self._number}"
        kind = "group" if "群" in self._group else "private" if "好友" in self._group else ""
        self._chat = Chat(chat_id, title, kind, NAME, encoding=self._source.charset)
        self._members = Membership(self._chat)
        self._number += 1
        return self._chat

    def _end(self) -> Iterator[Row]:
        if self._members is not None and self._members.is_known:
            yield self._members.chat()
        self._members = None

    def _before(self, block: Block[Head | _Field]) -> Iterator[Row]:
        text = " ".join(line for line in block.lines if line.strip(" ="))
        if text and "消息记录" not in text:
            at = self._source.at(block.record, block.first.offset)
            yield self._source.problem("text", f"before the first message stands: {text[:200]}", at)

    def _message(self, block: Block[Head | _Field], head: Head) -> Iterator[Row]:
        if self._chat is None or self._members is None:
            yield self._begin(self._source.stem)
        at = self._source.at(block.record, block.first.offset)
        if head.clock.doubt:
            yield self._source.problem("date", head.clock.doubt, at)
        account, name, role = _account(whole(head.name))
        is_system = account in _SYSTEM
        if role and self._members is not None:
            self._members.shown(account, name, role)
        text = whole("\n".join(_body(block.lines)))
        if block.left_out or "\ufffd" in text or "\ufffd" in name:
            yield self._source.problem(
                "text", f"{block.left_out} characters, or bytes that are no text, are missing", at
            )
        holders = _PLACEHOLDER.findall(text)
        withdrawn = is_system and _WITHDRAWN.fullmatch(text) is not None
        yield Message(
            chat=self._chat.id if self._chat else "",
            seq=self._seq,
            id=None,
            sent_at=head.clock.at,
            sent_shown=head.clock.shown,
            zone=head.clock.zone,
            local_at=head.clock.local,
            sender_id=None if is_system else account,
            sender="" if is_system else name,
            kind="deleted" if withdrawn else "system" if is_system else "media" if holders else "text",
            text=text,
            attachments=tuple(Attachment("", None, None, None, None, NOT_EXPORTED) for _ in holders),
            reply_to=None,
            forwarded_from=None,
            edited_at=None,
            is_deleted=withdrawn,
            locator=at,
        )
        self._seq += 1


def _body(lines: list[str]) -> list[str]:
    """Gives the lines of a message without the empty ones about it and the rule before the next chat."""
    last = len(lines)
    while last and (not lines[last - 1].strip() or _RULE.fullmatch(lines[last - 1].strip())):
        last -= 1
    return lines[:last]


def _account(shown: str) -> tuple[str | None, str, str]:
    """Parts a sender into number or address, name and role."""
    found = _ACCOUNT.fullmatch(shown)
    account = (found["number"] or found["mail"]) if found else None
    name = found["name"] if found else shown
    titled = _TITLE.fullmatch(name)
    return (account, titled.group(2), _ROLES[titled.group(1)]) if titled else (account, name, "")
