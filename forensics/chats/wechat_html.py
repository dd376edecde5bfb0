"""HTML of programs that export WeChat conversations: the messages stand in a script as data, which is read, not run.

Source: WeChatMsg, exporter of HTML, and programs with the same page (docs/chat-formats.md).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from forensics.chats import moment
from forensics.chats.message import DISAGREEMENT, NOT_EXPORTED, Attachment, Chat, Locator, Message, Row
from forensics.chats.source import Line, Source, whole
from forensics.chats.wechat_kind import is_media, kind_of

NAME = "wechat-html"
CHAT = "chat"
SELF = "(self)"
"""Sender of messages that the export marks as its own account's and gives no name."""

_OBJECT = re.compile(r"""\{\s*["']?type["']?\s*:""")
_BEGUN = re.compile(r"""\{\s*["']?\s*\Z""")
_PAIR = re.compile(
    r"""\s*["']?(\w+)["']?\s*:\s*("(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|`(?:[^`\\]|\\.)*+`|-?\d+(?:\.\d+)?|true|false|null)\s*(,|\})""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_SHOWN = re.compile(r"""<img\b[^<>]{0,2000}?\b(?:alt|title)=["']?(\[[^\]<>"']{1,20}\])[^<>]{0,2000}>""", re.IGNORECASE)
_TAG = re.compile(r"<[A-Za-z/][^<>]{0,4000}>")
_TITLE = re.compile(rb"<title>([^<]{1,300})</title>", re.IGNORECASE)
_WITHDRAWN = re.compile(r".{0,100}撤回了一条(?:成员)?消息.{0,20}", re.DOTALL)

MOST_OBJECT = 256 << 10
"""Characters of one message; the platform allows a fiftieth of it."""

_DIVIDER = 0
"""Type of a line that shows the time."""


def sniff(head: bytes, name: str) -> bool:
    """Whether a page holds messages in the form of such programs."""
    del name
    return b"is_send" in head and b"timestamp" in head and (b"displayname" in head or b"chatMessages" in head)


def read(source: Source) -> Iterator[Row]:
    """Gives the chat, its messages and problems in the order of the page."""
    found = _TITLE.search(source.head)
    title = html.unescape(found.group(1).decode("utf-8", "replace")).strip() if found else source.stem
    yield Chat(CHAT, whole(title), "", NAME, encoding=source.charset)
    seq = 0
    for at, values, error in _objects(source):
        if error:
            yield source.problem("message", error, at)
        elif values.get("type") != str(_DIVIDER) and "is_send" in values:
            when = moment.seconds(values.get("timestamp", ""), values.get("timestamp", ""))
            if when.doubt:
                yield source.problem("date" if when.at is None else DISAGREEMENT, when.doubt, at)
            yield _made(values, seq=seq, at=at, source=source)
            seq += 1


def _objects(source: Source) -> Iterator[tuple[Locator, dict[str, str], str]]:
    """Gives the objects of the page's script: their place, their members as texts, and what is wrong with them."""
    text, number = "", 0
    begun = Line(1, 0, "")
    for line in source.lines():
        begun = begun if text else line
        text += line.text + "\n"
        at = 0
        while (start := _OBJECT.search(text, at)) is not None:
            values, end = _members(text, start.start() + 1)
            if end is None and len(text) - start.start() < MOST_OBJECT:
                break
            number += 1
            place = source.at(f"message {number}, line {begun.number}", begun.offset)
            if end is None:
                yield place, {}, f"what begins here is no message: {text[start.start() : start.start() + 200]}"
                end = start.end()
            else:
                yield place, values, ""
            begun, at = line, end
        rest = start or _BEGUN.search(text, at)
        text = text[rest.start() :] if rest is not None else ""
    if _OBJECT.match(text):
        place = source.at(f"line {begun.number}", begun.offset)
        yield place, {}, f"the page ends within a message: {text[:200]}"


def _members(text: str, at: int) -> tuple[dict[str, str], int | None]:
    """Reads the members of an object of plain values; the end is None where it does not end as one does."""
    values: dict[str, str] = {}
    while (pair := _PAIR.match(text, at)) is not None:
        name, value, mark = pair.groups()
        values[name] = _ESCAPE.sub(_plain, value[1:-1]) if value[0] in "\"'`" else value
        at = pair.end()
        if mark == "}":
            return values, at
    closed = re.compile(r"\s*\}").match(text, at) if values else None
    return values, closed.end() if closed else None


def _plain(escape: re.Match[str]) -> str:
    given = escape.group(1)
    if len(given) > 1:
        return chr(int(given[1:], 16))
    return {"n": "\n", "r": "\r", "t": "\t", "\n": ""}.get(given, given)


def _shown(text: str) -> str:
    """Gives what a reader of the page sees; the tags are the exporter's, since it escapes those of messages."""
    text = _SHOWN.sub(r"\1", _BREAK.sub("\n", text))
    return whole(html.unescape(_TAG.sub("", text)))


def _number(values: dict[str, str], name: str) -> int | None:
    text = values.get(name, "")
    return int(text) if re.fullmatch(r"-?\d{1,18}", text, re.ASCII) else None


def _made(values: dict[str, str], *, seq: int, at: Locator, source: Source) -> Message:
    when = moment.seconds(values.get("timestamp", ""), values.get("timestamp", ""))
    number, subtype = _number(values, "type"), _number(values, "sub_type")
    kind, raw = kind_of(number, subtype), values.get("text", "")
    text = _shown(raw)
    is_withdrawn = kind == "system" and _WITHDRAWN.fullmatch(text) is not None
    name = whole(html.unescape(values.get("displayname", "")))
    files = (_file(raw, source),) if is_media(number, subtype) else ()
    return Message(
        chat=CHAT,
        seq=seq,
        id=None,
        sent_at=when.at,
        sent_shown=when.shown,
        zone=when.zone,
        local_at=when.local,
        sender_id=None,
        sender="" if kind == "system" else name or (SELF if values.get("is_send") in ("1", "true") else ""),
        kind="deleted" if is_withdrawn else kind,
        text=text,
        attachments=files,
        reply_to=None,
        forwarded_from=None,
        edited_at=None,
        is_deleted=is_withdrawn,
        locator=at,
    )


def _file(text: str, source: Source) -> Attachment:
    is_path = re.fullmatch(r"(?:\./)?[^<>\n:*?\"|]{1,300}\.\w{1,5}", text) is not None
    return source.attached(text.removeprefix("./")) if is_path else Attachment("", missing=NOT_EXPORTED)
