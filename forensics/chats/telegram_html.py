"""Telegram Desktop's export as HTML: pages `messages.html`, `messages2.html`, … of one chat.

Source: Telegram Desktop, Telegram/SourceFiles/export/output/export_output_html.cpp.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from forensics.chats import moment
from forensics.chats.html_stream import EMPTY, Part, parts
from forensics.chats.message import NOT_EXPORTED, Attachment, Chat, Locator, Message, Row
from forensics.chats.moment import Moment
from forensics.chats.source import Source, whole
from forensics.errors import MediaError

NAME = "telegram-html"

_TITLE = re.compile(
    r"(?P<d>\d{2})\.(?P<m>\d{2})\.(?P<y>\d{4}) (?P<t>\d{2}:\d{2}:\d{2})(?: UTC(?P<o>[+-]\d{2}:?\d{2}))?"
)
_TARGET = re.compile(r"(?P<page>[^#]*)#go_to_message(?P<id>-?\d+)")
_ID = re.compile(r"message(-?\d+)")
_LEFT_OUT = re.compile(
    r"(?:Not included, change data exporting settings to download|Unavailable, please try again later"
    r"|Exceeds maximum size, change data exporting settings to download)"
)
_SIZE = re.compile(r"(\d+(?:\.\d+)?) (B|KB|MB|GB)")

_DIVIDER = re.compile(r"\s*\d{1,2} \S+ \d{4}\s*")
"""Text of a divider with a date, which has a negative number. Messages of a group before it became a supergroup have
such numbers too. *Source:* `HtmlWriter::writeDialogSlice`."""

_BLOCKS = ("div", "p", "br", "blockquote", "pre", "li", "tr")

MOST_NESTED = 200
"""Depth of elements; the pages of the program have some fifteen."""

MOST_TEXT = 4 << 20
"""Characters of one message that are kept; the platform allows 4,096 and the names of a poll's answers."""


def sniff(head: bytes, name: str) -> bool:
    """Whether a file is a page of messages of such an export."""
    del name
    is_page = b"page_wrap" in head and b"Exported Data" in head
    return is_page and (b'class="message ' in head or b'class="history"' in head)


@dataclass
class _Open:
    """What is known of the message that is being read."""

    id: str
    line: int
    offset: int | None
    classes: list[str]
    depth: int
    date: str = ""
    sender: str = ""
    forwarded: str | None = None
    text: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    left_out: str = ""
    reply: str | None = None
    title: str = ""
    media: str = ""
    length: int = 0


class _Page:
    """One pass over a page. `_stack` has the class of every open element."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._stack: list[tuple[str, str]] = []
        self._message: _Open | None = None
        self._seq, self._sender = 0, ""
        self._title: list[str] = []
        self._is_begun = False

    def rows(self) -> Iterator[Row]:
        """Gives the chat, its messages and problems."""
        try:
            for part in parts(self._source):
                if part.kind == "start":
                    self._start(part)
                elif part.kind == "text":
                    self._take(part.text)
                else:
                    yield from self._end(part.name)
        except MediaError as error:
            yield self._source.problem("page", f"{error}; what follows was not read", self._source.at("page"))
        if self._message is not None:
            at = self._at(self._message)
            yield self._source.problem("page", "the page ends within a message", at)
            yield from self._finish()
        if not self._is_begun:
            yield self._chat()

    def _at(self, opened: _Open) -> Locator:
        return self._source.at(f"message{opened.id}, line {opened.line}", opened.offset)

    def _chat(self) -> Chat:
        self._is_begun = True
        return Chat("page", whole(" ".join("".join(self._title).split())), "", NAME, encoding=self._source.charset)

    def _start(self, part: Part) -> None:
        given = part.attributes
        classes = given.get("class", "")
        if part.name not in EMPTY:
            self._stack.append((part.name, classes))
        if len(self._stack) > MOST_NESTED:
            raise MediaError(f"elements are nested more than {MOST_NESTED} deep in line {part.line}")
        found = _ID.fullmatch(given.get("id", ""))
        if self._message is None and part.name == "div" and found and "message" in classes.split():
            self._message = _Open(found.group(1), part.line, part.offset, classes.split(), len(self._stack))
        elif self._message is not None:
            self._note(self._message, part, classes.split())

    def _note(self, message: _Open, part: Part, classes: list[str]) -> None:
        given = part.attributes
        href = given.get("href", "")
        if "date" in classes and "title" in given and not message.date and "forwarded" not in self._inside():
            message.date = given["title"]
        if part.name == "a" and "reply_to" in self._inside():
            target = _TARGET.fullmatch(href)
            page = f"{target['page']}/" if target and target["page"] else ""
            message.reply = f"{page}{target['id']}" if target else message.reply
        elif part.name == "a" and href and "media_wrap" in self._inside():
            message.media = message.media or " ".join(classes)
            message.files.append(href)
        elif part.name == "a" and href and "text" in self._inside():
            message.links.append(href)
        elif "media" in classes:
            message.media = message.media or " ".join(classes)
        if part.name in _BLOCKS and "text" in self._inside():
            message.text.append("\n")

    def _inside(self) -> set[str]:
        start = self._message.depth if self._message else 0
        return {one for _, classes in self._stack[start:] for one in classes.split()}

    def _take(self, text: str) -> None:
        message = self._message
        if message is None:
            if "page_header" in {one for _, classes in self._stack for one in classes.split()}:
                self._title.append(text)
            return
        inside = self._inside()
        message.length += len(text)
        if message.length > MOST_TEXT:
            return
        if "media_wrap" in inside:
            self._take_media(message, text, inside)
        elif "from_name" in inside:
            self._take_name(message, text, inside)
        elif "text" in inside or ("service" in message.classes and "body" in inside):
            message.text.append(text.replace("\n", " "))
        elif "signature" in inside:
            message.notes.append(text)
        elif "reply_to" in inside and "another chat" in text:
            message.reply = "another chat/"

    def _take_media(self, message: _Open, text: str, inside: set[str]) -> None:
        if not text.strip():
            return
        if "title" in inside:
            message.title += text
        elif "description" in inside and _LEFT_OUT.search(text):
            message.left_out = " ".join(text.split())
        elif not {"video_duration", "gif_play"} & inside:
            message.notes.append(text)

    def _take_name(self, message: _Open, text: str, inside: set[str]) -> None:
        if "details" in inside:
            return
        if "forwarded" in inside:
            message.forwarded = (message.forwarded or "") + text
        else:
            message.sender += text

    def _end(self, name: str) -> Iterator[Row]:
        for index in range(len(self._stack) - 1, -1, -1):
            if self._stack[index][0] == name:
                del self._stack[index:]
                break
        if self._message is not None and len(self._stack) < self._message.depth:
            yield from self._finish()

    def _finish(self) -> Iterator[Row]:
        message, self._message = self._message, None
        if message is None:
            return
        if not self._is_begun:
            yield self._chat()
        is_divider = message.id.startswith("-") and "service" in message.classes
        if not (is_divider and _DIVIDER.fullmatch("".join(message.text))):
            yield from self._made(message)

    def _made(self, message: _Open) -> Iterator[Row]:
        is_service, at = "service" in message.classes, self._at(message)
        when = _when(message.date, self._source.options.zone)
        if when.doubt or (when.local is None and not is_service):
            yield self._source.problem("date", when.doubt or "the message has none", at)
        if message.length > MOST_TEXT:
            yield self._source.problem("text", f"only the first {MOST_TEXT} characters were taken", at)
        if not is_service and "joined" not in message.classes:
            self._sender = " ".join(message.sender.split())
        attachments = self._attachments(message)
        yield Message(
            chat="page",
            seq=self._seq,
            id=message.id,
            sent_at=when.at,
            sent_shown=when.shown,
            zone=when.zone,
            local_at=when.local,
            sender_id=None,
            sender="" if is_service else whole(self._sender),
            kind=_kind(message, attachments),
            text=_text(message),
            attachments=attachments,
            reply_to=message.reply,
            forwarded_from=None if message.forwarded is None else whole(" ".join(message.forwarded.split())),
            edited_at=None,
            is_deleted=False,
            locator=at,
            links=tuple(whole(one) for one in message.links),
        )
        self._seq += 1

    def _attachments(self, message: _Open) -> tuple[Attachment, ...]:
        if message.left_out:
            return (Attachment(whole(message.title.strip()), None, None, _size(message.notes), None, NOT_EXPORTED),)
        return tuple(self._source.attached(one) for one in message.files if not re.match(r"[A-Za-z]+:", one))


def read(source: Source) -> Iterator[Row]:
    """Gives the chat, its messages and problems in the order of the page."""
    yield from _Page(source).rows()


def _when(title: str, zone: str) -> Moment:
    found = _TITLE.fullmatch(title.strip())
    if found is None:
        return moment.nowhere(title, f"not a time: {title[:40]!r}" if title else "")
    text = f"{found['y']}-{found['m']}-{found['d']}T{found['t']}"
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return moment.nowhere(title, f"there is no such date: {title[:40]!r}")
    if found["o"]:
        return moment.stated(datetime.fromisoformat(text + found["o"]), title)
    return moment.wall(local, title, zone=zone)


def _size(notes: list[str]) -> int | None:
    """Gives a size that the page states in bytes; sizes in larger units are rounded and therefore not taken."""
    found = _SIZE.search(" ".join(notes))
    return int(float(found.group(1))) if found and found.group(2) == "B" else None


def _kind(message: _Open, attachments: tuple[Attachment, ...]) -> str:
    if "service" in message.classes:
        return "system"
    if "media_call" in message.media:
        return "call"
    if attachments or message.files:
        return "media"
    return "other" if message.media or message.notes else "text"


def _text(message: _Open) -> str:
    lines = [line.strip() for line in "".join(message.text).splitlines()]
    kept = [message.title.strip(), *(" ".join(one.split()) for one in message.notes)]
    text = "\n".join(lines).strip("\n")
    extra = "\n".join(f"[{one}]" for one in kept if one)
    return whole("\n".join(one for one in (text, extra) if one))
