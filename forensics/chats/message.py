"""What every export of a chat is read into: chats, their members and messages, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Locator:
    """Where in which file something stands.

    Attributes:
        file: SHA-256 of the file's content, in hex.
        name: Name of the file, for people.
        record: Place inside of it: `messages[12]`, `line 17`, `message-57`.
        offset: Byte at which it begins; None where that is not known.
    """

    file: str
    name: str
    record: str
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a message.

    Attributes:
        sha256: Digest of the content; None where the file is missing.
        size: Its bytes; None likewise.
        declared_size: Bytes that the export states; None where it states none.
        missing: Empty, or why the file is not there: `not exported`, `not found`.
    """

    name: str
    sha256: str | None = None
    size: int | None = None
    declared_size: int | None = None
    media_type: str | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """An account of a chat.

    Attributes:
        role: `owner`, `admin`, `member`, or empty where the export does not say.
    """

    id: str | None
    name: str
    role: str = ""
    joined_at: datetime | None = None
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat.

    Attributes:
        kind: `private`, `group`, `channel`, `mailbox`, or empty where the export does not say.
        format: Format of the export, for example `telegram-json`.
        members_shown: Number of members as the export shows it; None where it shows none.
        members: Those that the export names.
    """

    id: str
    title: str
    kind: str
    format: str
    members_shown: int | None = None
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        chat: Id of its chat.
        seq: Place in the export, from 0.
        id: Id in the export; None where it has none.
        sent_at: Time in UTC; None where the zone is not known.
        sent_shown: The time as the export has it.
        zone: `export` (the export states it), `assumed:NAME` (told by the user) or `unknown`.
        local_at: The time as shown, without zone; None where it could not be read.
        kind: `text`, `media`, `system`, `red_packet`, `transfer`, `call`, `deleted` or `other`.
    """

    chat: str
    seq: int
    id: str | None
    sent_at: datetime | None
    sent_shown: str
    zone: str
    local_at: datetime | None
    sender_id: str | None
    sender: str
    kind: str
    text: str
    attachments: tuple[Attachment, ...]
    reply_to: str | None
    forwarded_from: str | None
    edited_at: datetime | None
    is_deleted: bool
    locator: Locator


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read; it becomes a gap and is never dropped."""

    what: str
    detail: str
    locator: Locator
