"""Joins a body that came in parts: what may be asked for next, and whether an answer continues what is there."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from forensics.errors import StoreError
from forensics.model import Gap, GapReason
from forensics.web.addresses import Answer
from forensics.web.exchange import Exchange, Headers
from forensics.web.fetch_wire import Head, WireError, declared_length

STRONG_AFTER = timedelta(seconds=1)
"""How much older than the response a modification time must be to tell versions apart.

*Source:* RFC 9110, section 8.8.2.2.
"""

_RANGE = re.compile(r"bytes[ \t]+(?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """An exchange with what its archive form has no place for.

    Attributes:
        head: Head of the response; None where none came.
        answer: What the resolver said; None where nothing was resolved.
        alpn: Protocol that was agreed on in the encryption; empty where none was.
        failure: What ended it early; None where nothing did.
    """

    exchange: Exchange
    head: Head | None = None
    answer: Answer | None = None
    alpn: str = ""
    failure: WireError | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """A body as far as it is there: parts that follow each other without a hole, all of one version.

    Attributes:
        replies: The first has status 200, further ones 206; none where it is to be begun again.
        was_changed: Whether the last answer was of another version than what was there.
        is_given_up: Whether the server's last answer says that asking again is no use.
    """

    replies: tuple[Reply, ...]
    was_changed: bool = False
    is_given_up: bool = False

    @property
    def size(self) -> int:
        """Length of what is there, in bytes."""
        return sum(reply.exchange.body.size for reply in self.replies)

    @property
    def total(self) -> int | None:
        """Length of the whole as the server states it; None where it does not."""
        stated = (_total(reply) for reply in self.replies)
        return next((length for length in stated if length is not None), None)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing, as far as the server says how much there is."""
        if not self.replies:
            return False
        return self.replies[-1].failure is None if self.total is None else self.size == self.total

    @property
    def may_go_on(self) -> bool:
        """Whether another request could bring more."""
        if self.is_whole or self.is_given_up:
            return False
        if not self.replies:
            return True
        failure = self.replies[-1].failure
        return failure is not None and not failure.is_lasting and self.replies[0].exchange.status == 200  # noqa: PLR2004

    @property
    def gap(self) -> Gap | None:
        """What is missing or doubtful; None where nothing is."""
        last = self.replies[-1]
        if self.is_whole:
            return last.exchange.body.gap if last.failure is None else None
        why = last.failure.why if last.failure else GapReason.FAILED
        of = f" of {self.total}" if self.total is not None else ""
        return Gap("body", why, f"{last.failure or 'the server gave only a part'}; {self.size}{of} bytes are kept")

    def range_fields(self) -> Headers:
        """Gives the request fields that ask for the rest; none where versions could not be told apart."""
        validator = _validator(self.replies[0].head) if self.replies else ""
        if not validator or not self.size:
            return ()
        return (("Range", f"bytes={self.size}-"), ("If-Range", validator))

    def joined_by(self, reply: Reply) -> Download:
        """Gives what there is after a further answer.

        A part of another version, or from another place, makes everything begin anew; what was there is left to the
        caller. *Source:* RFC 9110, sections 13.1.5 (If-Range) and 14.4 (Content-Range).
        """
        match reply.exchange.status:
            case 200:
                return Download((reply,), was_changed=self._is_other(reply))
            case 206 if self._continues(reply):
                return Download((*self.replies, reply))
            case 206 | 412 | 416:
                return Download((), was_changed=bool(self.replies))
            case None:
                is_given_up = reply.failure is None or reply.failure.is_lasting
            case status:
                is_given_up = status < 500  # noqa: PLR2004 -- a server in trouble may recover
        return Download(self.replies, is_given_up=is_given_up)

    def joined_file(self, target: Path) -> Path | None:
        """Gives the file with the whole body; a new one where it came in parts.

        Raises:
            StoreError: It cannot be written.
        """
        paths = [reply.exchange.body.path for reply in self.replies if reply.exchange.body.path]
        if len(paths) < 2:  # noqa: PLR2004 -- one part is no join
            return paths[0] if paths else None
        try:
            with target.open("xb") as joined:
                for path in paths:
                    with path.open("rb") as part:
                        shutil.copyfileobj(part, joined, 1 << 20)
        except OSError as error:
            with suppress(OSError):
                target.unlink()
            raise StoreError(f"a body cannot be stored: {error.strerror}", hint="Free space on the disk.") from error
        return target

    def _continues(self, reply: Reply) -> bool:
        match = _RANGE.fullmatch((reply.exchange.header("content-range") or "").strip())
        if match is None or match[1] is None or int(match[1]) != self.size or self._is_other(reply):
            return False
        return self.total is None or match[3] in ("*", str(self.total))

    def _is_other(self, reply: Reply) -> bool:
        """Whether an answer is of another version, as far as its fields tell."""
        if not self.replies:
            return False
        first = self.replies[0].exchange
        pairs = ((first.header(name), reply.exchange.header(name)) for name in ("etag", "last-modified"))
        return any(one is not None and other is not None and one != other for one, other in pairs)


def _total(reply: Reply) -> int | None:
    match = _RANGE.fullmatch((reply.exchange.header("content-range") or "").strip())
    if match and match[3] != "*":
        return int(match[3])
    if reply.head is None or reply.exchange.status != 200 or reply.head.all("transfer-encoding"):  # noqa: PLR2004
        return None
    return declared_length(reply.head)


def _validator(head: Head | None) -> str:
    """Gives what tells versions apart for certain; empty where nothing does.

    A strong entity tag does, or a modification time that is older than the response by `STRONG_AFTER`.
    """
    fields = {name.lower(): value for name, value in reversed(head.fields)} if head else {}
    tag = fields.get("etag", "")
    if tag.startswith('"'):
        return tag
    modified = fields.get("last-modified", "")
    try:
        age = parsedate_to_datetime(fields.get("date", "")) - parsedate_to_datetime(modified)
    except (ValueError, TypeError):
        return ""
    return modified if age >= STRONG_AFTER else ""
