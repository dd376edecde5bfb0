"""Decides what a server sent for an address: media, a list of a stream, a page, or not what was asked for."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from forensics.collectors.media.job import Job, Kept
from forensics.collectors.media.names import name_of_response
from forensics.media import EMPTY, HEAD_SIZE, UNKNOWN, sniff
from forensics.model import Gap, GapReason
from forensics.web.fetch import Fetched

HLS = "application/vnd.apple.mpegurl"
DASH = "application/dash+xml"
"""*Source:* IANA media types registry."""

MISSING = (404, 410)
TURNED_AWAY = (401, 402, 403, 407, 429, 451)
"""Statuses that say that there is nothing, or that this client may not have it. *Source:* RFC 9110, section 15.5."""

_TEXT = ("text/", "message/")
_TEXTUAL = (
    "application/json",
    "application/xml",
    "application/x-ndjson",
    "application/javascript",
    "application/xhtml+xml",
)


class Kind(StrEnum):
    """What a response is."""

    MEDIA = "media"
    HLS = "hls"
    DASH = "dash"
    PAGE = "page"
    OTHER = "other"
    ERROR = "error"
    NOTHING = "nothing"


def kind_of_response(fetched: Fetched) -> tuple[Kind, str]:
    """Tells what a response is, by its status and content; what the server calls it does not count.

    Returns:
        The kind, and the media type by content.
    """
    if fetched.status is None or fetched.exchanges[-1].refused:
        return Kind.NOTHING, EMPTY
    if fetched.status not in (200, 206):
        return Kind.ERROR, EMPTY
    media_type = type_of_body(fetched)
    if media_type == EMPTY:
        return Kind.NOTHING, media_type
    if media_type == HLS:
        return Kind.HLS, media_type
    if media_type == DASH:
        return Kind.DASH, media_type
    if media_type in ("text/html", "application/xhtml+xml"):
        return Kind.PAGE, media_type
    is_text = media_type.startswith(_TEXT) or media_type in _TEXTUAL
    return (Kind.OTHER if is_text else Kind.MEDIA), media_type


def type_of_body(fetched: Fetched) -> str:
    """Tells the media type by the first bytes, under a content encoding where one is on."""
    head = head_of(fetched.path, fetched.header("content-encoding"))
    if b"<MPD" in head[:2048]:
        return DASH
    return sniff(head, name_of_response(fetched.final_url, ""))


def head_of(path: Path | None, encoding: str = "") -> bytes:
    """Reads the first bytes of a file; those under gzip or deflate where it is encoded so."""
    if path is None:
        return b""
    with path.open("rb") as stream:
        head = stream.read(HEAD_SIZE)
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return head
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(head, HEAD_SIZE)
    except zlib.error:
        return head


def keep_media(job: Job, fetched: Fetched, media_type: str) -> None:
    """Keeps a response as media: the exact bytes, with their encoding where the server insisted on one."""
    name = name_of_response(fetched.final_url, fetched.header("content-disposition"))
    encoding = fetched.header("content-encoding").strip().lower()
    facts = {"from": "download", "type_by_content": media_type, "content_encoding": encoding or None}
    job.kept.append(Kept(fetched.path or job.folder / name, name, fetched=fetched, facts=facts))
    if media_type == UNKNOWN:
        detail = "the bytes are of no kind of media that is known here; they are kept as they came"
        job.gaps.append(Gap("kind of media", GapReason.NOT_APPLICABLE, detail))
    if encoding not in ("", "identity"):
        detail = f"the server encoded it as {encoding[:40]} although it was asked not to; the encoded bytes are kept"
        job.gaps.append(Gap("bytes without encoding", GapReason.NOT_APPLICABLE, detail))


def why_nothing(fetched: Fetched, kind: Kind, media_type: str) -> Iterator[Gap]:
    """States why a response is not kept as media."""
    exchange = fetched.exchanges[-1]
    if kind is Kind.ERROR:
        status = fetched.status or 0
        why = (
            GapReason.MISSING if status in MISSING else GapReason.REFUSED if status in TURNED_AWAY else GapReason.FAILED
        )
        yield Gap(
            "media", why, f"the server answers {status} {exchange.reason}".rstrip() + "; its answer is in the archive"
        )
    elif kind is Kind.NOTHING and fetched.status is not None and not exchange.refused:
        yield Gap("media", GapReason.MISSING, "the server sent an empty body")
    elif kind in (Kind.PAGE, Kind.OTHER):
        what = "a web page" if kind is Kind.PAGE else f"text ({media_type})"
        detail = f"the server sent {what} where media was asked for; it is in the archive and not kept as media"
        yield Gap("media", GapReason.UNPARSABLE, detail)
