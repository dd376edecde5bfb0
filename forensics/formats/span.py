"""Bytes that belong together and lie in one or several pieces of a file, or are unpacked from it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from forensics.formats.walk import Walk


class Span:
    """Reads bytes that a format joins out of pieces, and tells where each lies in the file.

    Attributes:
        walk: The reader's hand in the file.
        size: Bytes of all pieces together.
        is_packed: Whether the bytes were unpacked, so that all of them have the offset of the packed ones.
    """

    def __init__(self, walk: Walk, pieces: Iterable[tuple[int, int]], *, unpacked: bytes | None = None) -> None:
        """Takes the pieces as (offset, size), cut at the end of the file, or bytes unpacked from the first piece."""
        self.walk = walk
        found = tuple((offset, max(0, min(size, walk.size - offset))) for offset, size in pieces)
        self._pieces = found or ((0, 0),)
        self._starts = [0, *accumulate(size for _, size in self._pieces)]
        self._unpacked = unpacked
        self.size = self._starts.pop() if unpacked is None else len(unpacked)
        self.is_packed = unpacked is not None

    def offset(self, at: int) -> int:
        """Gives where a byte lies in the file."""
        if self.is_packed:
            return self._pieces[0][0]
        index = bisect_right(self._starts, max(at, 0)) - 1
        return self._pieces[index][0] + at - self._starts[index]

    def read(self, at: int, size: int) -> bytes:
        """Reads bytes; fewer than asked for where the span ends.

        Raises:
            LimitReachedError: More was read than the limits allow.
        """
        if at < 0:
            return b""
        if self._unpacked is not None:
            return self._unpacked[at : at + max(size, 0)]
        size = min(size, self.size - at)
        if len(self._pieces) == 1:
            return self.walk.read(self._pieces[0][0] + at, size)
        return b"".join(self._read(at, size))

    def _read(self, at: int, size: int) -> Iterable[bytes]:
        while size > 0:
            index = bisect_right(self._starts, at) - 1
            offset, length = self._pieces[index]
            inside = at - self._starts[index]
            taken = min(size, length - inside)
            yield self.walk.read(offset + inside, taken)
            at, size = at + taken, size - taken
