"""Writes single WARC 1.1 records: framing by warcio, digests and compression here, bodies never whole in memory."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from forensics.errors import StoreError
from forensics.web.exchange import Headers

_BLOCK = 1 << 18
_COMPRESSED = re.compile(
    r"(video/|font/woff|image/(jpe?g|png|gif|webp|avif|hei[cf]|jxl)|audio/(mpeg|mp4|aac|ogg|opus|webm|flac)"
    r"|application/(zip|gzip|zstd|x-7z))",
    re.IGNORECASE,
)
_LEVEL, _LEVEL_COMPRESSED = 6, 0
"""zlib's default level, and none for what is compressed already: the fastest one took 18 times as long, for nothing."""


@dataclass(frozen=True, slots=True)
class Content:
    """The block of a record.

    Attributes:
        head: Bytes in front of the payload: an HTTP message's start line and fields.
        payload: The rest, in memory or in a file.
        has_payload: Whether the payload gets a digest of its own.
        inner_type: Media type of the payload, which decides how hard it is compressed; empty where unknown.
    """

    head: bytes = b""
    payload: bytes | Path = b""
    has_payload: bool = True
    inner_type: str = ""

    def open(self) -> Stream:
        """Opens the block for reading from its start."""
        from io import BytesIO

        rest = self.payload.open("rb") if isinstance(self.payload, Path) else BytesIO(self.payload)
        return Stream(self.head, rest)


class Stream:
    """Reads the head of a block, then its payload."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int) -> bytes:
        """Reads up to `size` bytes; none at the end."""
        if self._head:
            taken, self._head = self._head[:size], self._head[size:]
            return taken
        return self._rest.read(size)

    def close(self) -> None:
        """Closes the payload's file."""
        self._rest.close()


class RecordWriter:
    """Appends records to one file. Each is a gzip member of its own and carries SHA-256 of its block.

    Attributes:
        count: Records written so far.
    """

    def __init__(self, stream: BinaryIO) -> None:
        from warcio.warcwriter import WARCWriter

        self.count = 0
        self._member = _Member(stream)
        self._writer: Any = WARCWriter(self._member, gzip=False, warc_version="1.1")
        self._writer.ensure_digest = _nothing  # digests are made here, in SHA-256; warcio would add SHA-1

    def put(self, kind: str, content: Content, *, at: datetime, media_type: str, headers: Headers = ()) -> str:
        """Writes one record and gives its id.

        Args:
            kind: `WARC-Type`.
            content: The block.
            at: `WARC-Date`, aware.
            media_type: `Content-Type` of the block.
            headers: Further named fields, without control characters.

        Raises:
            OSError: A body cannot be read or the file cannot be written.
        """
        from warcio.recordloader import ArcWarcRecord
        from warcio.statusandheaders import StatusAndHeaders

        record_id = f"<urn:uuid:{uuid.uuid4()}>"
        size, digests = _digests(content, is_payload_whole=kind not in {"request", "response"})
        fields = [("WARC-Type", kind), ("WARC-Record-ID", record_id), ("WARC-Date", utc(at)), *headers, *digests]
        named = StatusAndHeaders("", [(name, one_line(value)) for name, value in fields], protocol="WARC/1.1")
        self._member.level = _LEVEL_COMPRESSED if _COMPRESSED.match(content.inner_type) else _LEVEL
        stream = _Exact(content.open(), size)
        try:
            self._writer.write_record(ArcWarcRecord("warc", kind, named, stream, None, media_type, size))
        finally:
            stream.close()
        self.count += 1
        return record_id


@contextmanager
def writing(path: Path) -> Iterator[RecordWriter]:
    """Opens a new file for records; when it is done, all of it is on the disk.

    Raises:
        StoreError: The file exists already, or a body could not be read or written.
    """
    try:
        with path.open("xb") as stream:
            yield RecordWriter(stream)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        hint = "Check the free space of the disk; what was captured so far is not lost by this."
        raise StoreError(f"{path.name} could not be written: {reason}", hint=hint) from error


def utc(at: datetime) -> str:
    """Writes an aware time as `WARC-Date` does, with microseconds. *Source:* ISO 28500:2017, section 5.4."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def one_line(text: str) -> str:
    """Gives a value that stays on the line of its named field."""
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]+", " ", text).strip()


def _digests(content: Content, *, is_payload_whole: bool) -> tuple[int, Headers]:
    """Gives length and digests of a block; the payload of a resource is its whole block."""
    block, payload = hashlib.sha256(content.head), hashlib.sha256()
    size = len(content.head)
    stream = Content(payload=content.payload).open()
    try:
        for chunk in iter(lambda: stream.read(_BLOCK), b""):
            block.update(chunk)
            size += len(chunk)
            if content.has_payload and not is_payload_whole:
                payload.update(chunk)
    finally:
        stream.close()
    payload = block if is_payload_whole else payload
    digests = (("WARC-Payload-Digest", f"sha256:{payload.hexdigest()}"),) if content.has_payload else ()
    return size, (*digests, ("WARC-Block-Digest", f"sha256:{block.hexdigest()}"))


class _Exact:
    """A stream that fails where it is not as long as it was when its digest was made."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        self._left -= len(chunk)
        if self._left < 0 or (self._left and not chunk):
            raise OSError(None, "a body changed while it was being written")
        return chunk

    def close(self) -> None:
        self._stream.close()


class _Member:
    """Compresses what is written until the next flush as one gzip member, without a time or name in its header."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._compressor: Any = None
        self.level = _LEVEL

    def write(self, data: bytes) -> None:
        if self._compressor is None:
            self._compressor = zlib.compressobj(self.level, zlib.DEFLATED, zlib.MAX_WBITS + 16)
        self._stream.write(self._compressor.compress(data))

    def flush(self) -> None:
        if self._compressor is not None:
            self._stream.write(self._compressor.flush())
            self._compressor = None


def _nothing(*_arguments: Any, **_settings: Any) -> None:
    """Stands where warcio would make digests of its own."""
