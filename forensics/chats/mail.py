"""E-mail: single messages (EML, RFC 5322) and mailboxes (mbox, RFC 4155)."""

from __future__ import annotations

import email.errors
import email.header
import email.message
import email.policy
import email.utils
import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from email.parser import BytesParser
from typing import BinaryIO, NamedTuple

from forensics.chats import moment
from forensics.chats.message import LINKED, Attachment, Chat, Message, Row
from forensics.chats.moment import Moment
from forensics.chats.source import Source, whole

NAME = "mail"
CHAT = "mailbox"

MOST_MAIL = 128 << 20
"""Bytes of one message; providers allow 25 to 50 MB. *Source:* their help pages."""

MOST_PARTS = 1000
"""Parts of one message that are looked at."""

_FIELD = re.compile(
    rb"^(?:Received|From|To|Date|Message-ID|MIME-Version|Return-Path|Subject|Content-Type|Reply-To|Delivered-To|Cc):",
    re.IGNORECASE | re.MULTILINE,
)
_LEAST_FIELDS = 2
_SEPARATOR = re.compile(rb"From \S+ .*\d{4}\s*$|From .*@.* ")
_UTC_WITHOUT_ZONE = re.compile(r"-0000\s*(?:\(.*\))?\s*$")
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
_BLOCKS = frozenset(("br", "p", "div", "tr", "li", "h1", "h2", "h3", "blockquote", "table"))
_HIDDEN = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "head", "title")}
_MOST_HEADER = 1 << 16
"""Characters of one header that are looked at; lists of recipients are far shorter."""


class Raw(NamedTuple):
    """One message of a mailbox as it stands there."""

    number: int
    offset: int
    content: bytes
    left_out: int


@dataclass
class _Body:
    """What a message holds."""

    text: str = ""
    page: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def sniff(head: bytes, name: str) -> bool:
    """Whether a file begins with the header of a mail, or with the line before one in a mailbox."""
    start = re.split(rb"\r?\n\r?\n", head[:65536], maxsplit=1)[0]
    fields = {one.lower() for one in _FIELD.findall(start)}
    is_header = re.match(rb"(?:From |>From |[!-9;-~]+:)", start) is not None
    least = 1 if name.lower().endswith((".eml", ".mbox")) else _LEAST_FIELDS
    return is_header and len(fields) >= least


def read(source: Source) -> Iterator[Row]:
    """Gives the mailbox, its messages and problems in the order of the file."""
    is_box = source.head.startswith(b"From ")
    yield Chat(CHAT, whole(source.stem), CHAT, "mbox" if is_box else "eml", is_ordered=False)
    with source.reopen() as stream:
        for raw in _box(stream) if is_box else _single(stream):
            yield from _made(raw, source, is_box=is_box)


def _single(stream: BinaryIO) -> Iterator[Raw]:
    content = stream.read(MOST_MAIL)
    left = 0
    while block := stream.read(1 << 20):
        left += len(block)
    yield Raw(0, 0, content, left)


def _box(stream: BinaryIO) -> Iterator[Raw]:
    """Cuts a mailbox at lines `From ` after an empty line."""
    number, offset, start = -1, 0, 0
    lines: list[bytes] = []
    size = left = 0
    is_after_empty = True
    while line := stream.readline(1 << 20):
        if is_after_empty and _SEPARATOR.match(line):
            if number >= 0:
                yield Raw(number, start, b"".join(lines), left)
            number, start, lines, size, left = number + 1, offset, [], 0, 0
        elif size + len(line) <= MOST_MAIL:
            lines.append(line[1:] if line.startswith(b">From ") else line)
            size += len(line)
        else:
            left += len(line)
        is_after_empty = not line.strip()
        offset += len(line)
    if number >= 0:
        yield Raw(number, start, b"".join(lines), left)


def _made(raw: Raw, source: Source, *, is_box: bool) -> Iterator[Row]:
    at = source.at(f"message {raw.number}" if is_box else "message", raw.offset)
    try:
        mail = BytesParser(policy=email.policy.compat32).parsebytes(raw.content)
        body = _body(mail)
    except (RecursionError, ValueError, LookupError, email.errors.MessageError) as error:
        yield source.problem("mail", f"its structure cannot be read: {error}", at)
        return
    when = _when(mail, source.options.zone)
    if raw.left_out:
        body.complaints.append(f"{raw.left_out} bytes of it were not read")
    if when.doubt:
        yield source.problem("date", when.doubt, at)
    for complaint in body.complaints:
        yield source.problem("mail", complaint, at)
    name, address = email.utils.parseaddr(_header(mail, "From"))
    subject, text = _header(mail, "Subject"), body.text or _visible(body.page)
    yield Message(
        chat=CHAT,
        seq=raw.number,
        id=_identifier(_header(mail, "Message-ID")),
        sent_at=when.at,
        sent_shown=when.shown,
        zone=when.zone,
        local_at=when.local,
        sender_id=whole(address) or None,
        sender=whole(name or address),
        kind="media" if body.attachments and not text.strip() else "text",
        text=whole("\n\n".join(one for one in (subject, text) if one)),
        attachments=tuple(body.attachments),
        reply_to=_identifier(_header(mail, "In-Reply-To")),
        forwarded_from=None,
        edited_at=None,
        is_deleted=False,
        locator=at,
        recipients=_recipients(mail),
    )


def _header(mail: email.message.Message, name: str) -> str:
    """Gives a header decoded (RFC 2047); as it stands where it cannot be."""
    value = mail.get(name)
    if value is None:
        return ""
    text = str(value)[:_MOST_HEADER]
    try:
        pieces = email.header.decode_header(text)
        made = "".join(
            piece if isinstance(piece, str) else piece.decode(charset or "ascii", "replace")
            for piece, charset in pieces
        )
    except (email.errors.HeaderParseError, LookupError, ValueError):
        made = text
    return " ".join(whole(made).split())


def _identifier(text: str) -> str | None:
    found = re.search(r"<[^<>\s]+>", text)
    return found.group() if found else text[:200] or None


def _recipients(mail: email.message.Message) -> tuple[str, ...]:
    found = []
    for name in ("To", "Cc", "Bcc"):
        found += [address or shown for shown, address in email.utils.getaddresses([_header(mail, name)])]
    return tuple(whole(one) for one in found if one)[:MOST_PARTS]


def _when(mail: email.message.Message, zone: str) -> Moment:
    shown = _header(mail, "Date")
    if not shown:
        return moment.nowhere("", "the mail has no date")
    try:
        found = email.utils.parsedate_to_datetime(shown)
    except (ValueError, TypeError, IndexError, OverflowError):
        return moment.nowhere(shown, f"not a date: {shown[:60]!r}")
    if found.tzinfo is not None:
        return moment.stated(found, shown)
    if _UTC_WITHOUT_ZONE.search(shown):  # RFC 5322, 3.3: the time is UTC, the place is not known
        return moment.stated(found.replace(tzinfo=UTC), shown)
    return moment.wall(found, shown, zone=zone)


def _body(mail: email.message.Message) -> _Body:
    body, count = _Body(), 0
    waiting = [mail]
    while waiting:
        part = waiting.pop(0)
        count += 1
        if count > MOST_PARTS:
            body.complaints.append(f"only {MOST_PARTS} of its parts were looked at")
            break
        body.complaints += [f"{type(defect).__name__}" for defect in part.defects[:5]]
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting[:0] = [one for one in part.get_payload() if isinstance(one, email.message.Message)]
        else:
            _take(part, body)
    return body


def _take(part: email.message.Message, body: _Body) -> None:
    kind, name = part.get_content_type(), part.get_filename()
    if kind == "message/rfc822" and part.is_multipart():
        inner = part.get_payload(0)
        content = inner.as_bytes() if isinstance(inner, email.message.Message) else b""
        body.attachments.append(_file(name or "message.eml", content, kind))
        return
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    is_text = kind in ("text/plain", "text/html") and not name and part.get_content_disposition() != "attachment"
    if not is_text:
        body.attachments.append(_file(name or "", content, kind))
    elif kind == "text/plain":
        body.text += ("\n" if body.text else "") + _decoded(part, content, body)
    else:
        body.page += _decoded(part, content, body)


def _file(name: str, content: bytes, kind: str) -> Attachment:
    shown = "".join(
        piece if isinstance(piece, str) else piece.decode(charset or "ascii", "replace")
        for piece, charset in _pieces(name)
    )
    return Attachment(whole(shown), hashlib.sha256(content).hexdigest(), len(content), None, kind, LINKED)


def _pieces(name: str) -> list[tuple[str | bytes, str | None]]:
    try:
        found = email.header.decode_header(name)
        for piece, charset in found:
            if isinstance(piece, bytes):
                piece.decode(charset or "ascii", "replace")
    except (email.errors.HeaderParseError, LookupError, ValueError):
        return [(name, None)]
    return list(found)


def _decoded(part: email.message.Message, content: bytes, body: _Body) -> str:
    charset = part.get_content_charset() or "utf-8"
    try:
        text = content.decode(charset)
    except (UnicodeDecodeError, LookupError, ValueError) as error:
        body.complaints.append(f"text that is not in {charset[:40]} as it says: {type(error).__name__}")
        text = content.decode("utf-8", "replace")
    return text.replace("\r\n", "\n")


def _visible(page: str) -> str:
    """Gives the text of a page roughly, in time proportional to its length; nothing of it is run or loaded."""
    pieces, at = [], 0
    while (start := page.find("<", at)) >= 0:
        pieces.append(page[at:start])
        if page.startswith("<!--", start):
            at = _behind(page, "-->", start)
            continue
        tag = _TAG.match(page, start)
        if tag is None:
            pieces.append("<")
            at = start + 1
            continue
        name, at = tag.group(1).lower(), _behind(page, ">", start)
        pieces.append("\n" if name in _BLOCKS else "")
        if name in _HIDDEN and page[start + 1] != "/":
            end = _HIDDEN[name].search(page, at)
            at = _behind(page, ">", end.start()) if end else len(page)
    text = html.unescape("".join([*pieces, page[at:]]))
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _behind(page: str, mark: str, start: int) -> int:
    found = page.find(mark, start)
    return found + len(mark) if found >= 0 else len(page)
