"""WeChat conversations as text: mailed by the app itself, copied from the desktop program, or written by exporters.

Source: such texts as users and public readers of them show (docs/chat-formats.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from forensics.chats import moment
from forensics.chats.dialogue import Block, blocks
from forensics.chats.line_head import FIRST, LAST, Head, head_of
from forensics.chats.message import NOT_EXPORTED, Attachment, Chat, Message, Row
from forensics.chats.source import Source, whole

NAME = "wechat-text"
CHAT = "chat"

_DAY = re.compile(r"\s*[—–─-]{3,}\s*(\d{4}-\d{1,2}-\d{1,2})\s*[—–─-]{3,}\s*")
_MAILED = re.compile(r"(?P<name>\S.{0,200}?)\s{2,}(?P<time>\d{1,2}:\d{2})\s*")
_LOG = re.compile(r"(?:\[?(?:INFO|DEBUG|WARN(?:ING)?|ERROR|TRACE|FATAL|NOTICE)\b|[\w.-]+\[\d+\]:).*", re.IGNORECASE)
"""What stands after the time in a program's log; no name."""

_PLACEHOLDER = re.compile(
    r"\[(?:图片|语音|视频|文件|表情|动画表情|动画表情消息|语音消息|视频消息|图片消息)[^\]\n]{0,40}\]"
)
_WITHDRAWN = re.compile(r"(?:\"[^\"\n]{1,80}\"|“[^”\n]{1,80}”|你|您)\s?撤回了一条消息.{0,20}")
_HEAD_CHARS = 8192


def sniff(head: bytes, name: str) -> bool:
    """Whether a text is such an export: heads of messages with text below them, in one of the three forms."""
    del name
    for encoding in ("utf-16",) if head[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8", "gb18030"):
        text = head[:_HEAD_CHARS].decode(encoding, "ignore").lstrip("\ufeff")
        if "\x00" not in text and _form(text) is not None:
            return True
    return False


def _form(text: str) -> re.Pattern[str] | None:
    """Tells the form of a text's heads; None where it is none of them."""
    lines = text.splitlines()
    if any(_DAY.fullmatch(line) for line in lines) and any(_MAILED.fullmatch(line) for line in lines):
        return _MAILED
    for pattern in (FIRST, LAST):
        heads = [index for index, line in enumerate(lines) if head_of(line, zone="", pattern=pattern) is not None]
        if heads and _are_heads(lines, heads, pattern):
            return pattern
    return None


def _are_heads(lines: list[str], heads: list[int], pattern: re.Pattern[str]) -> bool:
    """Whether lines begin messages: most have text below, and none is a line of a program's log."""
    bodies = [
        index for index in heads if index + 1 < len(lines) and lines[index + 1].strip() and index + 1 not in heads
    ]
    found = [head_of(lines[index], zone="", pattern=pattern) for index in heads]
    if any(one is not None and _LOG.fullmatch(one.name) for one in found):
        return False
    first = next(index for index, line in enumerate(lines) if line.strip())
    return 2 * len(bodies) >= len(heads) and first in heads


def read(source: Source) -> Iterator[Row]:
    """Gives the chat, its messages and problems in the order of the file."""
    text = "\n".join(line.text for line, _ in zip(source.lines(), range(400), strict=False))[:_HEAD_CHARS]
    form = _form(text) or FIRST
    yield Chat(CHAT, _title(source, text), "", NAME, encoding=source.charset)
    head: Callable[[str], Head | str | None]
    head = _Mailed(source.options.zone).head if form is _MAILED else _plain(source, form)
    seq = 0
    found: Iterator[Block[Head | str]] = blocks(source.lines(), head)
    for block in found:
        if block.head is None or isinstance(block.head, str):
            if block.head is None and any(line.strip() for line in block.lines) and form is not _MAILED:
                at, shown = source.at(block.record, block.first.offset), " ".join(block.lines)[:200]
                yield source.problem("text", f"before the first message stands: {shown}", at)
            continue
        for row in _made(block, block.head, seq=seq, source=source):
            yield row
            seq += isinstance(row, Message)


def _plain(source: Source, form: re.Pattern[str]) -> Callable[[str], Head | str | None]:
    return partial(head_of, zone=source.options.zone, pattern=form)


class _Mailed:
    """Heads of the form that the app mails: a line with the day, then names with hour and minute."""

    def __init__(self, zone: str) -> None:
        self._zone, self._day = zone, ""

    def head(self, line: str) -> Head | str | None:
        """Reads a head line; a line with a day is a head without message."""
        found = _DAY.fullmatch(line)
        if found:
            self._day = found.group(1)
            return "day"
        named = _MAILED.fullmatch(line) if self._day and len(line) < 400 else None  # noqa: PLR2004 -- a name and a time
        if named is None:
            return None
        shown = f"{self._day} {named['time']}"
        try:
            local = datetime.strptime(shown, "%Y-%m-%d %H:%M")  # noqa: DTZ007 -- the text has no zone
        except ValueError:
            return Head(moment.nowhere(shown, f"there is no such time: {shown!r}"), named["name"])
        return Head(moment.wall(local, shown, zone=self._zone), named["name"])


def _title(source: Source, text: str) -> str:
    found = re.search(r"与[“\"]?(.{1,100}?)[”\"]?的(?:微信)?聊天记录", text[:1000])
    return whole(found.group(1) if found else source.stem)


def _made(block: Block[Head | str], head: Head, *, seq: int, source: Source) -> Iterator[Row]:
    at = source.at(block.record, block.first.offset)
    if head.clock.doubt:
        yield source.problem("date", head.clock.doubt, at)
    text = whole("\n".join(block.lines).strip("\n"))
    if block.left_out or "\ufffd" in text:
        yield source.problem("text", f"{block.left_out} characters, or bytes that are no text, are missing", at)
    holders = _PLACEHOLDER.findall(text) if _PLACEHOLDER.match(text) else []
    is_withdrawn = _WITHDRAWN.fullmatch(text) is not None
    yield Message(
        chat=CHAT,
        seq=seq,
        id=None,
        sent_at=head.clock.at,
        sent_shown=head.clock.shown,
        zone=head.clock.zone,
        local_at=head.clock.local,
        sender_id=None,
        sender=whole(head.name),
        kind="deleted" if is_withdrawn else "media" if holders else "text",
        text=text,
        attachments=tuple(Attachment("", None, None, None, None, NOT_EXPORTED) for _ in holders),
        reply_to=None,
        forwarded_from=None,
        edited_at=None,
        is_deleted=is_withdrawn,
        locator=at,
    )
