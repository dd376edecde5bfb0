"""Record files: salted lines, their leaves, and what they hold (docs/case-format.md, section 5)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.codec import canonical, decode, encode, parse, parse_canonical
from forensics.custody import merkle
from forensics.custody.store import open_regular
from forensics.errors import CodecError, IntegrityError
from forensics.model import Record

SALT_BYTES = 16
LINE_LIMIT = 64 << 20
"""Longest record line in bytes; a longer one is refused rather than read into memory."""

_SALT = re.compile(r"[0-9a-f]{32}")
_LEAF = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a record file.

    Attributes:
        leaf: Merkle leaf, 32 bytes.
        record: The decoded JSON object, or None where only the leaf is left.
        offset: Where the line starts in its file, in bytes.
        length: Its length in bytes, without line feed.
    """

    leaf: bytes
    record: dict[str, Any] | None
    offset: int = 0
    length: int = 0


def write_lines(records: Iterable[Record]) -> tuple[bytes, list[bytes]]:
    """Encodes records under fresh salts.

    Returns:
        The bytes of the record file, and the leaves in order.

    Raises:
        CodecError: A record holds what canonical JSON cannot, or its line is longer than `LINE_LIMIT`.
    """
    lines, leaves = [], []
    for record in records:
        salt, body = secrets.token_bytes(SALT_BYTES), canonical(encode(record))
        # Members of the outer object in canonical order: "record" before "salt".
        lines.append(b'{"record":' + body + b',"salt":"' + salt.hex().encode() + b'"}\n')
        if len(lines[-1]) > LINE_LIMIT:
            raise CodecError(f"a {type(record).__name__} of {len(body)} bytes is too long for a record")
        leaves.append(merkle.leaf_hash(salt, body))
    return b"".join(lines), leaves


def leaf_line(leaf: bytes) -> bytes:
    """Encodes what is left of an erased or withheld record, with line feed."""
    return b'{"leaf":"' + leaf.hex().encode() + b'"}\n'


def read_line(line: bytes, *, strict: bool = True) -> Line:
    """Reads one record line without its line feed.

    Args:
        line: The bytes.
        strict: Whether to refuse every line that differs from its canonical encoding; otherwise some are let through.

    Raises:
        CodecError: The line has not the form of a record line.
    """
    value = parse_canonical(line) if strict else parse(line)
    if not isinstance(value, dict):
        raise CodecError("not a JSON object")
    if set(value) == {"leaf"}:
        if not (isinstance(value["leaf"], str) and _LEAF.fullmatch(value["leaf"])):
            raise CodecError("leaf is not a SHA-256 in lower-case hex")
        return Line(bytes.fromhex(value["leaf"]), None, length=len(line))
    if set(value) != {"record", "salt"} or not isinstance(value["record"], dict):
        raise CodecError("neither a salted record nor a leaf")
    if not (isinstance(value["salt"], str) and _SALT.fullmatch(value["salt"])):
        raise CodecError("salt is not 16 bytes in lower-case hex")
    # The canonical line is {"record":<canonical record>,"salt":"<32>"}: the record's bytes need no second encoding.
    head, tail = b'{"record":', b',"salt":"' + value["salt"].encode() + b'"}'
    if not (line.startswith(head) and line.endswith(tail)):
        raise CodecError("differs from its own canonical encoding")
    leaf = merkle.leaf_hash(bytes.fromhex(value["salt"]), line[len(head) : -len(tail)])
    return Line(leaf, value["record"], length=len(line))


def raw_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Gives offset and bytes of each line of a file, without line feeds.

    Raises:
        CodecError: A line is longer than `LINE_LIMIT`, or the last one has no line feed.
        OSError: The file cannot be read.
    """
    offset = 0
    with open_regular(path) as stream:
        while line := stream.readline(LINE_LIMIT + 1):
            if not line.endswith(b"\n"):
                raise CodecError("the last line has no line feed" if len(line) <= LINE_LIMIT else "a line is too long")
            yield offset, line[:-1]
            offset += len(line)


def read_file(path: Path) -> Iterator[Line]:
    """Reads a record file as the case's own program does; `verify` is the strict reader.

    Raises:
        IntegrityError: The file is missing or a line is damaged; the message says where.
    """
    number = 0
    try:
        for offset, line in raw_lines(path):
            found = read_line(line, strict=False)
            yield Line(found.leaf, found.record, offset, len(line))
            number += 1
    except (OSError, CodecError) as error:
        raise unreadable(path, number, error) from error


def unreadable(path: Path, number: int, error: Exception) -> IntegrityError:
    """Makes the error for a line of a record file, counted from 0, that cannot be read."""
    return IntegrityError(
        f"{path.name}, line {number + 1}, cannot be read: {error}",
        hint="Run `forensics verify CASE` and restore the case from a copy.",
        kept="Nothing was changed.",
    )


def read_at(path: Path, *, offset: int, length: int) -> Record:
    """Reads one record by its place in its file.

    Raises:
        IntegrityError: What stands there is not a record.
    """
    try:
        with open_regular(path) as stream:
            stream.seek(offset)
            value = parse(stream.read(length))
        return decode(value["record"])
    except (OSError, CodecError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"{path.name}, byte {offset}, cannot be read: {error}", hint="Run `forensics verify CASE`."
        ) from error


def blobs_of(record: Any) -> Iterator[str]:
    """Gives the SHA-256 of every blob that a decoded record names as an artifact."""
    for artifact in artifacts_of(record):
        yield artifact["digests"]["sha256"]


def artifacts_of(record: Any) -> Sequence[dict[str, Any]]:
    """Gives the decoded artifacts that a decoded record names; malformed ones are left out."""
    if not isinstance(record, dict):
        return ()
    members = {"acquisition": "artifacts", "finding": "attachments"}
    listed = record.get(members.get(str(record.get("type")), ""), [])
    if record.get("type") == "output":
        listed = [record.get("artifact")]
    found = listed if isinstance(listed, list) else []
    return [artifact for artifact in found if _is_artifact(artifact)]


def _is_artifact(value: Any) -> bool:
    digests = value.get("digests") if isinstance(value, dict) else None
    return isinstance(digests, dict) and isinstance(digests.get("sha256"), str)
