"""Reads WARC files record by record, also hostile ones: within limits, and quietly."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from forensics.errors import MediaError
from forensics.web.exchange import Headers

_LONGEST_LINE = 1 << 20
_MOST_LINES = 10_000
"""Named fields of a record or HTTP message; servers and browsers stop at a few hundred."""

_BLOCK = 1 << 16
_GZIP = b"\x1f\x8b"
_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?Z")


@dataclass(frozen=True, slots=True)
class HttpHead:
    """Start line and fields of an HTTP message.

    Attributes:
        start: The start line as it stands.
        status: Status of a response; None for a request or where it is not a number.
    """

    start: str
    status: int | None
    headers: Headers

    def header(self, name: str) -> str | None:
        """Gives the first field of a name, whatever its case; None where there is none."""
        return _first(self.headers, name)


@dataclass(frozen=True, slots=True)
class Record:
    """One record. Its payload can be read until the next one is asked for.

    Attributes:
        kind: `WARC-Type`.
        uri: `WARC-Target-URI`; empty where there is none.
        at: `WARC-Date`; None where it is missing or no date.
        media_type: `Content-Type` of the block.
        size: Length of the payload in bytes, as declared.
        headers: Named fields, values as text in UTF-8.
        http: The HTTP message of an `application/http` block; None for other blocks.
        payload: The body of the HTTP message, or the whole block.
    """

    kind: str
    id: str
    uri: str
    at: datetime | None
    media_type: str
    size: int
    headers: Headers
    http: HttpHead | None
    payload: BinaryIO

    def header(self, name: str) -> str | None:
        """Gives the first named field of a name, whatever its case; None where there is none."""
        return _first(self.headers, name)


class _Bounded(io.RawIOBase):
    """The bytes of one block and not one more."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        super().__init__()
        self._stream = stream
        self.left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        chunk = self._take(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def drain(self) -> None:
        """Reads what nobody asked for, so that the next record comes."""
        while self.left:
            self._take(_BLOCK)

    def _take(self, size: int) -> bytes:
        wanted = min(size, self.left)
        try:
            chunk = self._stream.read(wanted) if wanted else b""
        except (OSError, EOFError, zlib.error) as error:
            raise MediaError(f"a record of a web archive cannot be read: {error}") from error
        if wanted and not chunk:
            raise MediaError("a record of a web archive is shorter than it says")
        self.left -= len(chunk)
        return chunk


def read(path: Path) -> Iterator[Record]:
    """Gives the records of a `.warc` or `.warc.gz` file in their order.

    Raises:
        MediaError: The file is no WARC, or it is damaged or cut from some record on.

    Not done: digests are not compared; `warc_check.check` does that.
    """
    try:
        with path.open("rb") as file:
            is_gzip = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            stream = gzip.GzipFile(fileobj=file) if is_gzip else file
            yield from _records(stream)  # type: ignore[arg-type]
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise MediaError(f"{path.name} cannot be read as a web archive: {error}") from error


def _records(stream: BinaryIO) -> Iterator[Record]:
    line = _line(stream)
    if not line:
        raise ValueError("it is empty")
    while line:
        if re.fullmatch(rb"WARC/\d\.\d\d?\r?\n", line) is None:
            raise ValueError("a record does not start with its version")
        headers = _headers(stream, encoding="utf-8")
        length = _first(headers, "Content-Length") or ""
        if re.fullmatch(r"[0-9]{1,18}", length) is None:
            raise ValueError("a record does not say how long it is")
        block = _Bounded(stream, int(length))
        yield _record(headers, block)
        block.drain()
        if (_line(stream).strip(), _line(stream).strip()) != (b"", b""):
            raise ValueError("a record is longer than it says")
        line = _line(stream)


def _record(headers: Headers, block: _Bounded) -> Record:
    media_type = _first(headers, "Content-Type") or ""
    payload: BinaryIO = io.BufferedReader(block, _BLOCK)
    size, http = block.left, None
    if media_type.lower().replace(" ", "").startswith("application/http"):
        http, length = _http(payload)
        size -= length
    return Record(
        kind=_first(headers, "WARC-Type") or "",
        id=_first(headers, "WARC-Record-ID") or "",
        uri=re.sub(r"^<(.*)>$", r"\1", _first(headers, "WARC-Target-URI") or ""),  # as Wget writes it
        at=_date(_first(headers, "WARC-Date") or ""),
        media_type=media_type,
        size=size,
        headers=headers,
        http=http,
        payload=payload,
    )


def _http(payload: BinaryIO) -> tuple[HttpHead, int]:
    counted = _Counted(payload)
    start = _line(counted).decode("latin-1").strip()
    headers = _headers(counted, encoding="latin-1")
    match = re.match(r"HTTP/\S+ (\d{3})\b", start)
    return HttpHead(start, int(match[1]) if match else None, headers), counted.taken


class _Counted:
    """Counts the bytes of the lines that are read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.taken = 0

    def readline(self, limit: int) -> bytes:
        line = self._stream.readline(limit)
        self.taken += len(line)
        return line


def _headers(stream: BinaryIO | _Counted, *, encoding: str) -> Headers:
    fields: list[tuple[str, str]] = []
    for _ in range(_MOST_LINES):
        line = _line(stream).rstrip(b"\r\n")
        if not line:
            return tuple(fields)
        text = line.decode(encoding, errors="replace")
        if text[0] in " \t" and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {text.strip()}")
            continue
        name, _, value = text.partition(":")
        fields.append((name.strip(), value.strip()))
    raise ValueError(f"a record has more than {_MOST_LINES} fields")


def _line(stream: BinaryIO | _Counted) -> bytes:
    line = stream.readline(_LONGEST_LINE)
    if len(line) == _LONGEST_LINE:
        raise ValueError(f"a line is longer than {_LONGEST_LINE} bytes")
    return line


def _date(text: str) -> datetime | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return datetime.fromisoformat(match[1] + (match[2] or "")[:7]).replace(tzinfo=UTC)
    except ValueError:
        return None


def _first(headers: Headers, name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)
