"""Telegram Desktop's export as JSON: of one chat, or of a whole account.

Source: Telegram Desktop, Telegram/SourceFiles/export/output/export_output_json.cpp.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from forensics.chats import moment
from forensics.chats.json_stream import BrokenValueError, JsonReader
from forensics.chats.membership import Membership
from forensics.chats.message import DISAGREEMENT, NOT_EXPORTED, Attachment, Chat, Locator, Message, Row
from forensics.chats.moment import Moment
from forensics.chats.source import Source, whole
from forensics.codec import MAX_INTEGER
from forensics.errors import MediaError

NAME = "telegram-json"

_KINDS = {
    **dict.fromkeys(("personal_chat", "bot_chat", "saved_messages", "verify_codes", "replies"), "private"),
    **dict.fromkeys(("private_group", "private_supergroup", "public_supergroup"), "group"),
    **dict.fromkeys(("private_channel", "public_channel"), "channel"),
}

_NUMBERED = ("private_supergroup", "public_supergroup", "private_channel", "public_channel")
"""Chats with message numbers of their own; in others an account counts its messages of all chats together. *Source:*
Telegram API, "Message identifiers": core.telegram.org/api/message_ids."""

_CALLS = ("phone_call", "group_call", "conference_call")
_PAYMENTS = ("send_payment", "send_stars_gift", "send_star_gift", "paid_messages_refund", "payment_refunded")
_JOINS = ("invite_members", "join_group_by_link", "join_group_by_request")

_STRUCTURED = ("poll", "location_information", "contact_information", "invoice_information", "game_title", "giveaway")
"""Members that stand for a message's content where it has no text; they become text, so that they are found."""

_COMMON = frozenset(
    ("id", "type", "date", "date_unixtime", "actor", "actor_id", "text", "text_entities", "action", "reactions")
)

_FILES = (("photo", "photo_file_size"), ("file", "file_size"), ("contact_vcard", "contact_vcard_file_size"))

_OF_ACCOUNTS = (b'"chats"', b'"left_chats"', b'"personal_information"')
_OF_CHATS = re.compile(rb'"type"\s*:\s*"(?:' + "|".join(_KINDS).encode() + rb')"')
_OF_MESSAGES = (b'"date_unixtime"', b'"from_id"')
"""Names in messages; they tell an export that another program saved with its names in another order."""

_MESSAGES = re.compile(rb'"messages"\s*:\s*\[')

MOST_PATH = 4096
"""Characters of a path; file systems allow no more. *Source:* PATH_MAX of Linux."""

_LEFT_OUT = re.compile(r"(?P<name>.*?) ?\((?:File|Photo) (?:not included|unavailable|exceeds maximum size)[^)]*\)")


def sniff(head: bytes, name: str) -> bool:
    """Whether a file is such an export, by its first bytes."""
    del name
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith(b"{"):
        return False
    is_account = b'"about"' in start[:4096] and any(one in start for one in _OF_ACCOUNTS)
    is_chat = _OF_CHATS.search(start) is not None or all(one in start for one in _OF_MESSAGES)
    return is_account or (is_chat and _MESSAGES.search(start) is not None)


def read(source: Source) -> Iterator[Row]:
    """Gives chats, messages and problems in the order of the file, in constant memory."""
    with source.reopen() as stream:
        reader = JsonReader(stream)
        walk = _Walk(source, reader)
        try:
            yield from walk.top()
        except MediaError as error:
            at = source.at(walk.place or "top", reader.offset)
            yield source.problem("export", str(error), at)
            yield from walk.chat_again()


class _Walk:
    """One pass over an export. `place` is where it is, in terms of the format."""

    def __init__(self, source: Source, reader: JsonReader) -> None:
        self._source, self._reader = source, reader
        self._seq = 0
        self._members: Membership | None = None
        self.place = ""

    def top(self) -> Iterator[Row]:
        """Walks an export of one chat or of an account."""
        head: dict[str, Any] = {}
        for name in self._reader.members():
            if name in ("chats", "left_chats") and self._reader.peek() == "{":
                yield from self._list(name)
            elif name == "messages" and self._reader.peek() == "[":
                yield from self._messages(head, "messages", number=0)
            else:
                head[name] = self._small()

    def _list(self, name: str) -> Iterator[Row]:
        for member in self._reader.members():
            if member != "list" or self._reader.peek() != "[":
                self._small()
                continue
            for number in self._reader.elements():
                yield from self._chat(f"{name}.list[{number}]", number)

    def _chat(self, place: str, number: int) -> Iterator[Row]:
        head: dict[str, Any] = {}
        for name in self._reader.members():
            if name == "messages" and self._reader.peek() == "[":
                yield from self._messages(head, f"{place}.messages", number=number)
            else:
                head[name] = self._small()

    def _small(self) -> Any:
        try:
            return self._reader.value()
        except BrokenValueError:
            return None

    def _messages(self, head: dict[str, Any], place: str, *, number: int) -> Iterator[Row]:
        chat = _chat_of(head, number)
        self._members = Membership(chat)
        yield chat
        for index in self._reader.elements():
            self.place = f"{place}[{index}]"
            self._reader.peek()
            at = self._source.at(self.place, self._reader.offset)
            try:
                given = self._reader.value()
            except BrokenValueError as error:
                yield self._source.problem("message", f"{error}: {error.text[:200]}", at)
                continue
            yield from self._message(given, chat, at)
        yield from self.chat_again()

    def _message(self, given: Any, chat: Chat, at: Locator) -> Iterator[Row]:
        if not isinstance(given, dict):
            yield self._source.problem("message", f"not an object: {str(given)[:200]}", at)
            return
        zone = self._source.options.zone
        when = _when(given, "date", zone)
        edited = _when(given, "edited", zone) if "edited" in given or "edited_unixtime" in given else None
        made = _made(given, chat.id, seq=self._seq, times=(when, edited), at=at, source=self._source)
        self._seq += 1
        if self._members is not None:
            _note_members(given, made, self._members)
        yield from _doubts(made, (when, edited), self._source)
        yield made

    def chat_again(self) -> Iterator[Row]:
        """Gives the chat with the members that its service messages name."""
        if self._members is not None and self._members.is_known:
            yield self._members.chat()
        self._members = None


def _chat_of(head: dict[str, Any], number: int) -> Chat:
    kind, name = head.get("type"), head.get("name")
    return Chat(
        id=whole(str(head["id"])[:64]) if isinstance(head.get("id"), int | str) else f"#{number}",
        title=whole(name) if isinstance(name, str) else "",
        kind=_KINDS.get(str(kind), ""),
        format=NAME,
        is_numbered=kind in _NUMBERED,
    )


def _made(
    given: dict[str, Any],
    chat: str,
    *,
    seq: int,
    times: tuple[Moment, Moment | None],
    at: Locator,
    source: Source,
) -> Message:
    when, edited = times
    is_service = given.get("type") == "service"
    who = "actor" if is_service or "actor" in given else "from"
    text, links = _text(given, is_service=is_service)
    attachments = _attachments(given, source) if "photo" in given or "file" in given or "contact_vcard" in given else ()
    number = given.get("id")
    return Message(
        chat=chat,
        seq=seq,
        id=None if number is None else whole(str(number)[:64]),
        sent_at=when.at,
        sent_shown=when.shown,
        zone=when.zone,
        local_at=when.local,
        sender_id=_string(given, f"{who}_id") or None,
        sender=_string(given, who),
        kind=_kind(given, attachments, is_service=is_service),
        text=text,
        attachments=attachments,
        reply_to=_reply(given),
        forwarded_from=_forwarded(given),
        edited_at=edited.at if edited else None,
        is_deleted=False,
        locator=at,
        edited_shown=edited.shown if edited else "",
        links=links,
    )


def _string(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    return whole(value) if isinstance(value, str) else "" if value is None else whole(str(value))[:200]


def _when(given: dict[str, Any], name: str, zone: str) -> Moment:
    shown, unix = _string(given, name), given.get(f"{name}_unixtime")
    local: datetime | None
    try:
        local = datetime.fromisoformat(shown) if shown else None
    except ValueError:
        local = None
    if unix is not None:
        return moment.seconds(unix, shown, local=local if local is None or local.tzinfo is None else None)
    if local is None:
        return moment.nowhere(shown, f"not a time: {shown[:40]!r}" if shown else "")
    return moment.stated(local, shown) if local.tzinfo else moment.wall(local, shown, zone=zone)


def _text(given: dict[str, Any], *, is_service: bool) -> tuple[str, tuple[str, ...]]:
    text, links = _joined(given.get("text"))
    if is_service:
        said = _action(given)
        return (f"{said}\n{text}" if text else said), links
    kept = [f"[{name}] {_json(given[name])}" for name in _STRUCTURED if name in given]
    return "\n".join([*([text] if text else ()), *kept]), links


def _joined(value: Any) -> tuple[str, tuple[str, ...]]:
    """Joins the pieces of a text; addresses that hide behind words are given besides."""
    if isinstance(value, str):
        return whole(value), ()
    if not isinstance(value, list):
        return "", ()
    pieces = [
        one if isinstance(one, str) else str(one.get("text", "")) if isinstance(one, dict) else "" for one in value
    ]
    links = [one["href"] for one in value if isinstance(one, dict) and isinstance(one.get("href"), str)]
    return whole("".join(pieces)), tuple(whole(one) for one in links)


def _action(given: dict[str, Any]) -> str:
    parts = [f"{name}: {_json(value)}" for name, value in given.items() if name not in _COMMON]
    action = str(given.get("action", "service"))
    return whole(f"{action}: {'; '.join(parts)}" if parts else action)


def _json(value: Any) -> str:
    return whole(value) if isinstance(value, str) else whole(json.dumps(value, ensure_ascii=False))


def _kind(given: dict[str, Any], attachments: tuple[Attachment, ...], *, is_service: bool) -> str:
    if is_service:
        action = given.get("action")
        return "call" if action in _CALLS else "transfer" if action in _PAYMENTS else "system"
    if attachments or "media_type" in given:
        return "media"
    return "text" if given.get("type") == "message" and not any(name in given for name in _STRUCTURED) else "other"


def _attachments(given: dict[str, Any], source: Source) -> tuple[Attachment, ...]:
    found = []
    for name, size_name in _FILES:
        path = given.get(name)
        if not isinstance(path, str):
            continue
        size = given.get(size_name)
        declared = size if type(size) is int and 0 <= size <= MAX_INTEGER else None
        media_type = given["mime_type"] if name == "file" and isinstance(given.get("mime_type"), str) else None
        left_out = _LEFT_OUT.fullmatch(path) if len(path) < MOST_PATH else None
        if left_out:
            shown = _string(given, "file_name") or whole(left_out["name"])
            found.append(Attachment(shown, None, None, declared, media_type, NOT_EXPORTED))
        else:
            found.append(source.attached(path, declared_size=declared, media_type=media_type))
    return tuple(found)


def _reply(given: dict[str, Any]) -> str | None:
    target = given.get("reply_to_message_id")
    if target is None:
        return None
    peer = given.get("reply_to_peer_id")
    return whole(str(target)[:64] if peer is None else f"{peer}/{target}"[:128])


def _forwarded(given: dict[str, Any]) -> str | None:
    for name in ("forwarded_from", "forwarded_from_id", "saved_from"):
        if given.get(name):
            return _string(given, name)
    return "" if "forwarded_from" in given else None


def _doubts(made: Message, times: tuple[Moment, Moment | None], source: Source) -> Iterator[Row]:
    for name, when in zip(("date", "edited"), times, strict=True):
        if when is not None and when.doubt:
            yield source.problem(name if when.at is None else DISAGREEMENT, when.doubt, made.locator)
    if made.sent_at is None and made.local_at is None and not times[0].doubt:
        yield source.problem("date", "the message has none", made.locator)
    if "\ufffd" in made.text or "\ufffd" in made.sender:
        yield source.problem("encoding", "U+FFFD stands for bytes that are not Unicode", made.locator)


def _note_members(given: dict[str, Any], made: Message, members: Membership) -> None:
    """Takes from a service message who founded, joined or left the chat."""
    action = given.get("action")
    if action is None or given.get("type") != "service":
        return
    named = [one for one in given.get("members") or () if isinstance(one, str)] if "members" in given else []
    if action in ("create_group", "create_channel"):
        members.founded(made.sender_id, made.sender, made.sent_at)
        members.joined_all(named, made.sent_at)
    elif action == "remove_members":
        members.left_all(named, made.sent_at)
    elif action == "invite_members":
        members.joined_all(named, made.sent_at)
    elif action in _JOINS:
        members.joined(made.sender_id, made.sender, made.sent_at)
