"""What every export of a chat is turned into: chats, members, messages, attachments, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

EXPORT = "export"
"""`Message.zone` where the export itself says which instant is meant."""

ASSUMED = "assumed:"
"""Start of `Message.zone` where the user said in which zone the export's local times are."""

UNKNOWN = "unknown"
"""`Message.zone` where nobody said it: there is a local time at most, and no instant."""

KINDS = ("text", "media", "system", "red_packet", "transfer", "call", "deleted", "other")
"""What `Message.kind` can be. It repeats what the export's own record says, never what the words of a text mean."""

ROLES = ("owner", "admin", "member", "")
"""What `Member.role` can be; empty where the export says nothing."""

LINKED, NOT_EXPORTED, NOT_FOUND, NOT_LOOKED_FOR = "", "not exported", "not found", "not looked for"
"""What `Attachment.missing` can be: the bytes are known; the export says that it left them out; the export names a file
that is not in what came with it; the export came alone, so that no file was looked for."""


DISAGREEMENT = "disagreement of times"
"""`Problem.what` where a message was read whole, but its instant and its local time are not of one time zone."""


@dataclass(frozen=True, slots=True)
class Locator:
    """Where in which file something stands.

    Attributes:
        file: SHA-256 of the file's content.
        name: Name of the file, for people.
        record: Place in terms of the format: `messages[12]`, `line 17`, `message-57`.
        offset: The same in bytes from the file's start; None where the format's reader cannot tell.
    """

    file: str
    name: str
    record: str
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a message.

    Attributes:
        name: As the export names it, often a relative path; empty where it names none.
        sha256: Digest of its bytes; None where they are not at hand.
        size: Its bytes, counted; None where they are not at hand.
        declared_size: Its bytes, as the export says; None where it says nothing.
        media_type: As the export says; None where it says nothing.
        missing: Why there is no digest; empty where there is one.
    """

    name: str
    sha256: str | None = None
    size: int | None = None
    declared_size: int | None = None
    media_type: str | None = None
    missing: str = NOT_LOOKED_FOR


@dataclass(frozen=True, slots=True)
class Member:
    """An account that the export names as one of a chat; an account is not a person.

    Attributes:
        id: The platform's id; None where the export has names only.
        role: As the export shows it: one of `ROLES`.
        joined_at: When it joined, in UTC; None where the export does not say.
        left_at: When it left or was removed, in UTC; None where the export does not say.
    """

    id: str | None
    name: str
    role: str = ""
    joined_at: datetime | None = None
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation of an export. A reader may give it again at the end, with the members that it met meanwhile.

    Attributes:
        id: Id of the chat within the export.
        kind: `private`, `group`, `channel`, `mailbox`, or empty where the export does not say.
        format: The export's format, for example `telegram-json`.
        members_shown: Number of members as the export displays it; None where it displays none.
        members: Members that the export names, apart from those who merely wrote.
        encoding: How text was decoded: `utf-8`, `utf-16`, `gb18030`.
        is_numbered: Whether the platform numbers this chat's messages one by one, so that a gap means something.
        is_ordered: Whether the format puts messages in the order of their times.
    """

    id: str
    title: str
    kind: str
    format: str
    members_shown: int | None = None
    members: tuple[Member, ...] = ()
    encoding: str = "utf-8"
    is_numbered: bool = False
    is_ordered: bool = True


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat.

    Attributes:
        chat: `Chat.id`.
        seq: Place in the export, from 0, over all its chats.
        id: The platform's id; None where the export has none.
        sent_at: The instant, in UTC; None where it is not known.
        sent_shown: The time as the export has it.
        zone: Who said in which zone that is: `EXPORT`, `ASSUMED` with a name, or `UNKNOWN`.
        local_at: The time on the exporter's clock, without zone; None where it cannot be read.
        sender_id: The platform's id of the account; None where the export has none.
        sender: Name of the account as the export shows it; empty where there is none.
        kind: One of `KINDS`.
        reply_to: Id of the message that this one answers; with `CHAT/` before it where that is in another chat.
        forwarded_from: From whom it was forwarded, as the export shows it; None where it was not.
        edited_at: When it was last edited, in UTC; None where it was not, or where the export's time has no zone.
        is_deleted: Whether the export says that the message was deleted or withdrawn.
        edited_shown: That it was edited, as the export has it; empty where it was not.
        links: Addresses that stand behind words of the text.
        recipients: To whom a mail went, as it says.
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
    edited_shown: str = ""
    links: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()

    @property
    def when(self) -> datetime | None:
        """The best time that there is, for putting messages of one export in order: the instant, else the local one."""
        return self.sent_at if self.sent_at is not None else self.local_at


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in an export that could not be read as what it ought to be; nothing is left out silently.

    Attributes:
        what: What could not be read, for example `date`.
        detail: Why, with what stands there.
    """

    what: str
    detail: str
    locator: Locator


Row = Chat | Message | Problem
"""What a reader gives, one after another."""
