"""The words of a message table as they are searched: one line for each message, with its place in the table.

A line is the offset of the message in the table in decimal digits, a tab, the text, and, behind a group separator, the
names of its files; all in the form that `searched` gives, with a record separator for each line break. Any run of
characters can so be looked for by reading the file from end to end, also two Chinese ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from forensics.chats.amount import plain_text
from forensics.chats.message import Message

ROLE = "chat-words"
"""Role of the artifact that holds the words of a table."""

MEDIA_TYPE = "text/plain"

BEHIND = "\x1d"
"""Stands between the text and the names of files."""

_BREAK = "\x1e"
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_LINES = re.compile("\r\n|[\n\r\x1d\x1e]")


def searched(shown: str) -> str:
    """Gives the form in which text is searched: NFKC, without case, without characters that show nothing."""
    return _HIDDEN.sub("", plain_text(shown)).casefold()


def in_one_line(shown: str) -> str:
    """Gives the same in one line, as the words of a table have it."""
    plain = searched(shown)
    return plain if plain.isprintable() else _LINES.sub(_BREAK, plain)


def line_of(message: Message, offset: int) -> bytes:
    """Writes the line of a message; empty where it has neither text nor a file with a name.

    Args:
        message: The message.
        offset: Bytes from the start of the table to its line.
    """
    return line(offset, message.text.strip(), tuple(one.name for one in message.attachments if one.name))


def line(offset: int, text: str, names: Iterable[str] = ()) -> bytes:
    """Writes a line; empty where there is nothing to search.

    Args:
        offset: Bytes from the start of the table to the row.
        text: What rules look at and people search.
        names: What people search alone.
    """
    plain = in_one_line(text) if text else ""
    others = _BREAK.join(map(in_one_line, names))
    if not plain and not others:
        return b""
    return f"{offset}\t{plain}{BEHIND if others else ''}{others}\n".encode("utf-8", "replace")
