"""Digests of bytes while they pass: SHA-256, BLAKE3 and, where a case asks for it, SM3."""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any, BinaryIO, Self

from blake3 import blake3

from forensics.errors import ToolMissingError
from forensics.model import Digests

CHUNK = 1 << 20
"""Bytes read at a time; measured: larger pieces gain nothing on the machines tried."""

ASIDE_FROM = 4 << 20
"""Stream size in bytes from which a second thread pays for itself."""


class Hasher:
    """Computes all digests of one stream; every byte passes `update` exactly once."""

    def __init__(self, *, with_sm3: bool = False) -> None:
        self._sha256 = hashlib.sha256()
        self._blake3 = blake3()
        self._sm3 = new_sm3() if with_sm3 else None
        self.size = 0

    def update(self, chunk: bytes | memoryview) -> None:
        """Takes the next bytes of the stream."""
        self._sha256.update(chunk)
        self._blake3.update(chunk)
        if self._sm3 is not None:
            self._sm3.update(chunk)
        self.size += len(chunk)

    def digests(self) -> Digests:
        """Gives the digests of what was taken so far."""
        return Digests(
            sha256=self._sha256.hexdigest(),
            blake3=self._blake3.hexdigest(),
            size=self.size,
            sm3=self._sm3.hexdigest() if self._sm3 is not None else None,
        )


class HasherAside:
    """A `Hasher` that works in a thread of its own, so that reading and writing go on meanwhile.

    At most `DEPTH` chunks wait, which bounds the memory it holds.
    """

    DEPTH = 4

    def __init__(self, *, with_sm3: bool = False) -> None:
        self._hasher = Hasher(with_sm3=with_sm3)
        self._chunks: queue.Queue[bytes | None] = queue.Queue(self.DEPTH)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()

    def update(self, chunk: bytes) -> None:
        """Hands over the next bytes of the stream; they must not change afterwards."""
        self._chunks.put(chunk)

    def digests(self) -> Digests:
        """Waits for the thread and gives the digests of everything handed over."""
        self._finish()
        return self._hasher.digests()

    def _finish(self) -> None:
        if self._thread.is_alive():
            self._chunks.put(None)
            self._thread.join()

    def _work(self) -> None:
        while (chunk := self._chunks.get()) is not None:
            self._hasher.update(chunk)


def new_sm3() -> Any:
    """Starts an SM3 digest (GB/T 32905-2016).

    Raises:
        ToolMissingError: This Python's OpenSSL has no SM3.
    """
    try:
        return hashlib.new("sm3")
    except ValueError as error:
        raise ToolMissingError(
            "this Python's OpenSSL has no SM3, which cases of jurisdiction cn record",
            hint="Use a Python built with OpenSSL 1.1.1 or later, or open the case with another --jurisdiction.",
        ) from error


def chunks(stream: BinaryIO, *, size: int = CHUNK) -> Iterator[bytes]:
    """Reads a stream to its end in pieces."""
    while chunk := stream.read(size):
        yield chunk


def digest_stream(stream: BinaryIO, *, with_sm3: bool = False) -> Digests:
    """Computes the digests of everything that is left in a stream."""
    hasher = Hasher(with_sm3=with_sm3)
    for chunk in chunks(stream):
        hasher.update(chunk)
    return hasher.digests()


def sha256_hex(data: bytes) -> str:
    """Computes the SHA-256 of bytes in lower-case hex."""
    return hashlib.sha256(data).hexdigest()
