"""The message table: one line of canonical JSON for each chat, message and problem of an export."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, BinaryIO, cast

from forensics import codec
from forensics.chats.message import Attachment, Chat, Locator, Member, Message, Problem, Row
from forensics.errors import CodecError

ROLE = "chat-table"
"""Role of the artifact that holds a table."""

MEDIA_TYPE = "application/x-ndjson"

VERSION = 1

_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
"""As RFC 8785 writes objects of texts, truth values and integers below 2^53 under names of ASCII letters, which is all
that a row has; `codec.canonical` writes the same three times as slowly (a test compares)."""

_NEEDED = object()
"""Stands for the usual value of a member that has none."""

_TYPES: dict[str, type[Any]] = {"chat": Chat, "message": Message, "problem": Problem}
_NAMES = {cls: name for name, cls in _TYPES.items()}


def line_of(row: Row, *, sha256: str = "", name: str = "") -> bytes:
    """Writes one row, with its line feed; members that are empty or as usual are left out.

    Args:
        row: A chat, message or problem.
        sha256: Digest that the first line states; left out of a locator that has the same.
        name: The same of the file's name.
    """
    kind = type(row)
    value = _message(row) if kind is Message else _object(row)  # type: ignore[arg-type]
    place = value.get("locator")
    if place is not None and place.get("file") == sha256:
        del place["file"]
        if place["name"] == name:
            del place["name"]
    value["type"] = _NAMES[kind]
    return _ENCODE(value).encode("utf-8", "replace") + b"\n"


def _message(one: Message) -> dict[str, Any]:
    """As `_object`, written out, since an export has a million of them."""
    at = one.locator
    value: dict[str, Any] = {
        "chat": one.chat,
        "kind": one.kind,
        "seq": one.seq,
        "zone": one.zone,
        "locator": {"file": at.file, "name": at.name, "record": at.record},
    }
    if at.offset is not None:
        value["locator"]["offset"] = at.offset
    if one.sent_at is not None:
        value["sent_at"] = _instant(one.sent_at)
    if one.local_at is not None:
        value["local_at"] = one.local_at.isoformat(timespec="seconds")
    for name in _PLAIN:
        member = getattr(one, name)
        if member:
            value[name] = member
    if one.forwarded_from is not None:
        value["forwarded_from"] = one.forwarded_from
    for name in _OTHER:
        member = getattr(one, name)
        if member:
            value[name] = _value(member)
    return value


_PLAIN = ("id", "sent_shown", "sender_id", "sender", "text", "reply_to", "edited_shown", "is_deleted")
_OTHER = ("edited_at", "attachments", "links", "recipients")


def _instant(at: datetime) -> str:
    """Writes an instant that is in UTC already, as `codec.format_time` writes it."""
    return (
        at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z" if at.tzinfo is UTC else codec.format_time(at)
    )


@cache
def _usual(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Gives the members of a noun, each with the value that is left out."""
    required = {"bool": False, "str": "", "str | None": None, "datetime | None": None, "int | None": None}
    found = []
    for one in fields(kind):
        default = (
            one.default if isinstance(one.default, str | int | bool | tuple) else required.get(str(one.type), _NEEDED)
        )
        found.append((one.name, () if str(one.type).startswith("tuple") else default))
    return tuple(found)


def _object(noun: Any) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name, usual in _usual(cast(Hashable, type(noun))):
        member = getattr(noun, name)
        if member is not usual and member != usual:
            value[name] = member if type(member) in (str, int, bool) else _value(member)
    return value


def _value(member: Any) -> Any:
    if isinstance(member, str | int):
        return member
    if isinstance(member, datetime):
        aware = member.tzinfo is not None
        return codec.format_time(member) if aware else member.isoformat(timespec="seconds")
    if isinstance(member, tuple):
        return [_value(one) for one in member]
    return _object(member)


def write_head(stream: BinaryIO, *, sha256: str, name: str, settings: dict[str, str]) -> None:
    """Writes the first line: of which content the table is, and by which settings it was read."""
    head = {"type": "table", "version": VERSION, "file": sha256, "name": name, "settings": settings}
    stream.write(codec.canonical(head) + b"\n")


Wanted = Callable[[Mapping[str, Any]], bool]
"""Says of the JSON object of a message, its locator complete, whether the message is given."""


def read_table(lines: Iterable[bytes], *, wanted: Wanted | None = None) -> Iterator[Row]:
    """Reads a table that was written by `write_head` and `line_of`.

    Args:
        lines: A binary stream, or its lines.
        wanted: Which messages are given; None gives all. Making a message of its object takes most of the time.

    Raises:
        CodecError: The lines are no such table, or of another version.
    """
    whence: dict[str, str] = {}
    for number, line in enumerate(lines):
        value = codec.parse(line)
        kind = value.get("type") if isinstance(value, dict) else None
        if number == 0:
            if kind != "table" or value.get("version") != VERSION:
                raise CodecError("not a message table of a version that can be read", hint=f"Known version: {VERSION}.")
            whence = {"file": str(value.get("file", "")), "name": str(value.get("name", ""))}
        elif kind not in _TYPES:
            raise CodecError(f"line {number + 1} of a message table is of an unknown type")
        else:
            if isinstance(value.get("locator"), dict):
                value["locator"] = {**whence, **value["locator"]}
            if kind != "message":
                yield _noun(_TYPES[str(kind)], value)
            elif wanted is None or _is_wanted(value, wanted):
                yield _read_message(value)


def _is_wanted(value: dict[str, Any], wanted: Wanted) -> bool:
    try:
        return wanted(value)
    except (TypeError, KeyError) as error:
        raise CodecError(f"a row of a message table is not a Message: {error}") from error


def rows_at(stream: BinaryIO, places: Iterable[int]) -> Iterator[Row]:
    """Reads single rows of a table.

    Args:
        stream: The table; it can seek.
        places: Bytes from the start of the table to each row.

    Raises:
        CodecError: It is no such table, or no row begins there.
    """
    stream.seek(0)
    head = stream.readline()
    for place in places:
        stream.seek(place)
        yield from read_table((head, stream.readline()))


def _read_instant(text: str) -> datetime:
    """As `codec.parse_time`, which takes three times as long, for what has its form in all that can be mistaken."""
    if len(text) == _INSTANT and text[10] == "T" and text[19] == "." and text[26] == "Z" and text[5] in "01":
        return datetime.fromisoformat(text)
    return codec.parse_time(text)


_INSTANT = len("2022-06-12T12:00:00.000000Z")


def _read_message(value: dict[str, Any]) -> Message:
    """As `_noun`, written out, since a table has a million of them."""
    get = value.get
    try:
        at, sent, local, edited = value["locator"], get("sent_at"), get("local_at"), get("edited_at")
        return Message(
            chat=value["chat"],
            seq=value["seq"],
            id=get("id"),
            sent_at=_read_instant(sent) if sent is not None else None,
            sent_shown=get("sent_shown", ""),
            zone=value["zone"],
            local_at=datetime.fromisoformat(local) if local is not None else None,
            sender_id=get("sender_id"),
            sender=get("sender", ""),
            kind=value["kind"],
            text=get("text", ""),
            attachments=_member("attachments", get("attachments", ())),
            reply_to=get("reply_to"),
            forwarded_from=get("forwarded_from"),
            edited_at=codec.parse_time(edited) if edited is not None else None,
            is_deleted=get("is_deleted", False),
            locator=Locator(at["file"], at["name"], at["record"], at.get("offset")),
            edited_shown=get("edited_shown", ""),
            links=tuple(get("links", ())),
            recipients=tuple(get("recipients", ())),
        )
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise CodecError(f"a row of a message table is not a Message: {error}") from error


def _noun(kind: type[Any], value: dict[str, Any]) -> Any:
    """Makes a noun of its JSON object; what was left out is as usual."""
    try:
        given = {
            name: _member(name, value[name]) if name in value else usual for name, usual in _usual(cast(Hashable, kind))
        }
        lacking = [name for name, one in given.items() if one is _NEEDED]
        if not lacking:
            return kind(**given)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise CodecError(f"a row of a message table is not a {kind.__name__}: {error}") from error
    raise CodecError(f"a row of a message table lacks {lacking[0]}")


def _member(name: str, value: Any) -> Any:
    if name in ("sent_at", "edited_at", "joined_at", "left_at"):
        return codec.parse_time(value)
    if name == "local_at":
        return datetime.fromisoformat(value)
    if name == "locator":
        return _noun(Locator, value)
    if name == "attachments":
        return tuple(_noun(Attachment, one) for one in value)
    if name == "members":
        return tuple(_noun(Member, one) for one in value)
    return tuple(value) if isinstance(value, list) else value
