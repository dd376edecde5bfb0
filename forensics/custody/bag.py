"""BagIt 1.0 (RFC 8493): manifests and tag files of a packet, written and read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

BAGIT_TXT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
"""The bag declaration (RFC 8493, section 2.1.1)."""

DECLARATION, INFO = "bagit.txt", "bag-info.txt"
PAYLOAD_MANIFESTS: Mapping[str, str] = {
    "manifest-sha256.txt": "sha256",
    "manifest-sha512.txt": "sha512",
    "blake3/manifest.txt": "blake3",
}
"""Payload manifests by name, with the digest that each lists; to BagIt the one by BLAKE3 is just a tag file."""

TAG_MANIFESTS: Mapping[str, str] = {"tagmanifest-sha256.txt": "sha256", "tagmanifest-sha512.txt": "sha512"}
DIGITS: Mapping[str, int] = {"sha256": 64, "sha512": 128, "blake3": 64}


@dataclass(frozen=True, slots=True)
class BagFile:
    """One file of a bag with its digests in lower-case hex; `size` in bytes."""

    path: str
    size: int
    sha256: str
    sha512: str
    blake3: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a manifest."""

    digest: str
    path: str


def manifest(files: Iterable[BagFile], algorithm: str) -> bytes:
    """Writes a manifest: a line for each file, sorted by the bytes of the paths.

    Args:
        files: The files.
        algorithm: `sha256`, `sha512` or `blake3`.
    """
    ordered = sorted(files, key=lambda file: path_bytes(file.path))
    lines = (f"{getattr(file, algorithm)}  {encode_path(file.path)}\n" for file in ordered)
    return b"".join(map(path_bytes, lines))


def bag_info(payload: Sequence[BagFile], bagged_on: date) -> bytes:
    """Writes `bag-info.txt` (RFC 8493, section 2.2.2): sizes and a date, nothing about persons."""
    size = sum(file.size for file in payload)
    lines = (f"Bagging-Date: {bagged_on.isoformat()}", f"Payload-Oxum: {size}.{len(payload)}")
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def payload_oxum(info: bytes) -> tuple[int, int] | None:
    """Reads size in bytes and number of files out of `bag-info.txt`; None where they are absent or malformed."""
    for line in info.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        size, dot, count = value.strip().partition(".")
        if name.strip().lower() == "payload-oxum" and dot and _is_count(size) and _is_count(count):
            return int(size), int(count)
    return None


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 20  # noqa: PLR2004 - enough for 2^63


def encode_path(path: str) -> str:
    """Writes a path as a manifest does (RFC 8493, section 2.1.3): `%`, LF and CR as `%25`, `%0A` and `%0D`."""
    return path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def decode_path(text: str) -> str:
    """Reads a path as a manifest has it.

    Raises:
        ValueError: A `%` stands for something else than `%`, LF or CR.
    """
    first, *rest = text.split("%")
    meanings = {"25": "%", "0A": "\n", "0D": "\r"}
    try:
        return first + "".join(meanings[part[:2]] + part[2:] for part in rest)
    except KeyError as error:
        raise ValueError(f"%{error.args[0]} stands for nothing in a manifest") from error


def path_bytes(path: str) -> bytes:
    """Gives the bytes of a path, also of one that is not UTF-8."""
    return path.encode("utf-8", "surrogateescape")


def read_manifest_line(line: bytes, algorithm: str) -> Entry:
    """Reads one line of a manifest without its line feed.

    Raises:
        ValueError: The line is not `<digest>  <path>` in the one form that a packet may have.
    """
    digits = DIGITS[algorithm]
    digest, gap, name = line[:digits], line[digits : digits + 2], line[digits + 2 :]
    if gap != b"  " or not name or digest.strip(b"0123456789abcdef"):
        raise ValueError("not a digest in lower-case hex, two spaces and a path")
    if b"\r" in name:
        raise ValueError("a carriage return in a path must be written %0D")
    return Entry(digest.decode("ascii"), decode_path(name.decode("utf-8", "surrogateescape")))


def read_manifest(data: bytes, algorithm: str) -> Iterator[Entry]:
    """Reads a whole manifest.

    Raises:
        ValueError: A line is malformed.
    """
    for line in data.splitlines():
        yield read_manifest_line(line, algorithm)
