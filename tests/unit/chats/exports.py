"""Writes exports as the programs write them, by their formats' sources, and reads them back."""

from __future__ import annotations

import hashlib
import html
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from forensics import chats
from forensics.chats.message import Chat, Message, Problem, Row
from forensics.chats.source import Find, Options, Source


def source(content: bytes, name: str, *, find: Find | None = None, **options: str) -> Source:
    """Makes a source of bytes in memory."""

    @contextmanager
    def reopen() -> Iterator[BinaryIO]:
        yield io.BytesIO(content)

    return Source(reopen, name, hashlib.sha256(content).hexdigest(), Options(**options), find)


class Read:
    """What an export gave, by kind of row."""

    def __init__(self, rows: list[Row], format_name: str) -> None:
        self.format = format_name
        self.rows = rows
        self.chats = [one for one in rows if isinstance(one, Chat)]
        self.messages = [one for one in rows if isinstance(one, Message)]
        self.problems = [one for one in rows if isinstance(one, Problem)]


def read(content: bytes | str, name: str, *, find: Find | None = None, **options: str) -> Read:
    """Recognises an export and reads it."""
    raw = content.encode() if isinstance(content, str) else content
    made = source(raw, name, find=find, **options)
    form = chats.recognise(made)
    assert form is not None, f"{name} is of no known format"
    return Read(list(form.read(made)), form.NAME)


def telegram(*messages: dict, kind: str = "private_supergroup", name: str = "群") -> bytes:
    """Writes `result.json` of one chat, with the order and indentation of the program."""
    head = {"name": name, "type": kind, "id": 4242, "messages": list(messages)}
    return json.dumps(head, ensure_ascii=False, indent=1).encode()


def said(number: int, text: object = "hello", *, unix: int = 1705314600, zone_s: int = 28800, **more: object) -> dict:
    """Makes a message as `SerializeMessage` does; the local time is that of UTC+8."""
    from datetime import UTC, datetime

    local = datetime.fromtimestamp(unix + zone_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    start = {"id": number, "type": "message", "date": local, "date_unixtime": str(unix)}
    return {**start, "from": "Ann", "from_id": "user1", "text": text, **more}


def page(*divs: str, title: str = "群") -> bytes:
    """Writes `messages.html` with the frame of the program."""
    head = '<!DOCTYPE html>\n<html>\n <head>\n  <meta charset="utf-8"/>\n<title>Exported Data</title>\n'
    head += (
        '<script src="js/script.js" type="text/javascript">\n\n</script>\n </head>\n <body onload="CheckLocation();">\n'
    )
    top = (
        f'<div class="page_wrap">\n<div class="page_header">\n<div class="content">\n<div class="text bold">\n{title}\n'
    )
    top += '</div>\n</div>\n</div>\n<div class="page_body chat_page">\n<div class="history">\n'
    return (head + top + "\n".join(divs) + "\n</div>\n</div>\n</div>\n </body>\n</html>\n").encode()


def div(
    number: int, text: str, *, sender: str | None = "Ann", title: str = "15.01.2024 18:30:00 UTC+08:00", extra: str = ""
):
    """Writes one message as `HtmlWriter::Wrap::pushMessage` does; without sender it is joined to the one before."""
    joined = " joined" if sender is None else ""
    name = "" if sender is None else f'<div class="from_name">\n{html.escape(sender)}\n</div>\n'
    return (
        f'<div class="message default clearfix{joined}" id="message{number}">\n<div class="body">\n'
        f'<div class="pull_right date details" title="{title}">\n18:30\n</div>\n{name}{extra}'
        f'<div class="text">\n{text}\n</div>\n</div>\n</div>\n'
    )
