"""WhatsApp's text export, of Android and iOS, with or without media.

Source: WhatsApp help centre, "How to export your chat history"; exports of both systems (docs/chat-formats.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forensics.chats import moment
from forensics.chats import whatsapp_phrase as phrase
from forensics.chats.dialogue import Block, blocks
from forensics.chats.message import NOT_EXPORTED, Attachment, Chat, Message, Row
from forensics.chats.moment import Moment
from forensics.chats.source import Source, whole
from forensics.chats.whatsapp_date import Head, Stamp, evidence, head_of, local_time, plain

NAME = "whatsapp-text"

CHAT = "chat"
"""The id of the only chat: the export has none."""

_LOG = re.compile(r"\[?(?:INFO|DEBUG|WARN(?:ING)?|ERROR|TRACE|FATAL|NOTICE|CRITICAL)\b", re.IGNORECASE)
"""What stands after the time in a program's log; no name."""

MOST_NAME = 120
"""Characters before a colon that are taken for a name; the app allows 25 of a profile and 100 of a group or contact."""


def sniff(head: bytes, name: str) -> bool:
    """Whether a text begins as such an export does: with the date, time and separator of the app."""
    del name
    text = head[:8192].decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    lines = [line for line in text.splitlines()[:40] if line.strip()]
    first = head_of(lines[0]) if lines else None
    return first is not None and _LOG.match(first.rest) is None


class _Order(NamedTuple):
    """How dates of the file are read. `name` is empty where this is open; `doubt` says why."""

    name: str
    doubt: str


def read(source: Source) -> Iterator[Row]:
    """Gives the chat, its messages and problems in the order of the file."""
    order = _order(source)
    yield Chat(CHAT, _title(source), "", NAME, encoding=source.charset)
    if order.doubt:
        yield source.problem("date order", order.doubt, source.at("file"))
    seq = 0
    for block in blocks(source.lines(), head_of):
        if block.head is None:
            if any(line.strip() for line in block.lines):
                text = " ".join(block.lines)[:200]
                yield source.problem(
                    "text", f"before the first message stands: {text}", source.at(block.record, block.first.offset)
                )
            continue
        for row in _made(block, block.head, seq=seq, order=order, source=source):
            yield row
            seq += isinstance(row, Message)


def _title(source: Source) -> str:
    found = phrase.TITLES.fullmatch(source.stem)
    return whole(next((one for one in found.groups() if one), "")) if found else whole(source.stem.lstrip("_"))


def _order(source: Source) -> _Order:
    """Settles in which order dates are written: by what the user says, otherwise by the evidence of the whole file."""
    if source.options.date_order:
        return _Order(source.options.date_order, "")
    found = evidence(head.stamp for line in source.lines() if (head := head_of(line.text)) is not None)
    if len(found.orders) == 1:
        return _Order(found.orders[0], "")
    if found.orders:
        shown = ", ".join(found.orders)
        return _Order("", f"the dates can be read in several orders ({shown}); say which with the setting date_order")
    return _Order("", "no single order fits all dates; each was read only where it leaves no choice")


def _made(block: Block[Head], head: Head, *, seq: int, order: _Order, source: Source) -> Iterator[Row]:
    at = source.at(block.record, block.first.offset)
    when = _when(head.stamp, order, source.options.zone)
    if when.doubt:
        yield source.problem("date", when.doubt, at)
    if block.left_out:
        yield source.problem("text", f"{block.left_out} characters of the message were not taken", at)
    sender, first = _sender(head.rest)
    text = "\n".join([first, *block.lines]).rstrip("\n")
    bare, edited = _unedited(text)
    attachments, caption = _attachments(bare, source)
    is_deleted = phrase.DELETED.fullmatch(plain(bare).strip()) is not None
    shown = whole(sender or "")
    if "\ufffd" in whole(text) and "\ufffd" not in text:
        yield source.problem("encoding", "U+FFFD stands for bytes that are not text in the file's encoding", at)
    yield Message(
        chat=CHAT,
        seq=seq,
        id=None,
        sent_at=when.at,
        sent_shown=whole(when.shown),
        zone=when.zone,
        local_at=when.local,
        sender_id=None,
        sender=shown,
        kind=_kind(sender, bare, attachments, is_deleted=is_deleted),
        text=whole(caption),
        attachments=attachments,
        reply_to=None,
        forwarded_from=None,
        edited_at=None,
        is_deleted=is_deleted,
        locator=at,
        edited_shown=whole(edited),
    )


def _when(stamp: Stamp, order: _Order, zone: str) -> Moment:
    name = order.name or _only(stamp)
    if not name:
        return moment.nowhere(stamp.shown)
    try:
        return moment.wall(local_time(stamp, name), stamp.shown, zone=zone)
    except ValueError as error:
        return moment.nowhere(stamp.shown, str(error))


def _only(stamp: Stamp) -> str:
    """Gives the order in which alone one date can be read; empty where there are several or none."""
    orders = evidence([stamp]).orders
    return orders[0] if len(orders) == 1 else ""


def _sender(rest: str) -> tuple[str | None, str]:
    """Parts the name from the text; without a name the app itself speaks."""
    name, colon, text = rest.partition(": ")
    if not colon:
        name, colon, text = rest.partition(":\u200e ") if ":\u200e " in rest else (rest.rstrip(), "", "")
        if not (name.endswith(":") and not colon):
            return (plain(name).strip(), text) if colon else (None, rest)
        name = name[:-1]
    shown = plain(name).strip()
    return (shown, text) if 0 < len(shown) <= MOST_NAME else (None, rest)


def _unedited(text: str) -> tuple[str, str]:
    found = phrase.EDITED.search(plain(text)) if "<" in text else None
    if found is None:
        return text, ""
    cut = text.rfind("<")
    return text[:cut].rstrip("\u200e\u200f "), found.group(1)


def _attachments(text: str, source: Source) -> tuple[tuple[Attachment, ...], str]:
    """Finds the files that a message names.

    Returns:
        Them, and the text, which stays as it is.
    """
    bare = plain(text)
    named = phrase.BEFORE.findall(bare) if "<" in bare else []
    first, _, _ = bare.partition("\n")
    after = phrase.AFTER.fullmatch(first.strip()) if first.rstrip().endswith(")") else None
    if after:
        named.append(after.group(1))
    if named:
        return tuple(source.attached(one.strip()) for one in named), text
    left_out = phrase.OMITTED.fullmatch(bare.strip()) if len(bare) < 300 else None  # noqa: PLR2004 -- a name and a phrase
    if left_out and (left_out["name"] is None or _is_named(text)):
        return (Attachment(whole((left_out["name"] or "").strip()), None, None, None, None, NOT_EXPORTED),), text
    return (), text


def _is_named(text: str) -> bool:
    """Whether the app wrote the phrase after a file's name: it puts a mark of direction before its own words."""
    return "\u200e" in text


def _kind(sender: str | None, text: str, attachments: tuple[Attachment, ...], *, is_deleted: bool) -> str:
    if sender is None or (phrase.ENCRYPTED.search(text) and len(text) < 400):  # noqa: PLR2004 -- the app's own notice
        return "system"
    if is_deleted:
        return "deleted"
    return "media" if attachments else "text"
