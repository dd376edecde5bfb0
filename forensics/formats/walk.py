"""The hand of a reader in a file: bounded reading, and what was found on the way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from forensics.errors import MediaError
from forensics.formats.structure import Part, Problem, Structure, Value

_ENOUGH = 64
"""Problems of one code that are listed one by one; a file of random bytes has thousands."""


class LimitReachedError(MediaError):
    """Reading stopped at a limit; what was found until then stands."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a reader goes into a file, so that a hostile one costs little.

    Attributes:
        parts: Parts at most.
        depth: Depth of nesting at most.
        value_bytes: Bytes of one value that are kept.
        total_bytes: Bytes of all values together that are kept, and of all that is decompressed.
        read_bytes: Bytes that are read at all (data of pictures and clips are skipped, not read).
    """

    parts: int = 100_000
    depth: int = 32
    value_bytes: int = 4 << 20
    total_bytes: int = 64 << 20
    read_bytes: int = 256 << 20


class Walk:
    """Reads a file under limits and collects what is found.

    Attributes:
        size: Bytes of the file.
        limits: How far reading goes.
    """

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self.size = stream.seek(0, os.SEEK_END)
        self.limits = limits
        self._stream = stream
        self._values: list[Value] = []
        self._problems: list[Problem] = []
        self._seen: dict[str, int] = {}
        self._parts_left = limits.parts
        self._bytes_left = limits.total_bytes
        self._reading_left = limits.read_bytes
        self._depth = 0

    def read(self, offset: int, size: int) -> bytes:
        """Reads bytes; fewer than asked for where the file ends.

        Raises:
            LimitReachedError: More was read than the limits allow.
        """
        if offset >= self.size or size <= 0:
            return b""
        size = min(size, self.size - offset)
        self._reading_left -= size
        if self._reading_left < 0:
            raise LimitReachedError(f"more than {self.limits.read_bytes} bytes would have to be read")
        self._stream.seek(offset)
        return self._stream.read(size)

    def find(self, mark: bytes, start: int, end: int, *, block: int = 1 << 20) -> int:
        """Finds the first place of some bytes at or after `start` and wholly before `end`; -1 where there is none.

        Raises:
            LimitReachedError: More was read than the limits allow.
        """
        at, end = start, min(end, self.size)
        while at < end:
            data = self.read(at, min(block + len(mark) - 1, end - at))
            found = data.find(mark)
            if found >= 0:
                return at + found
            at += block
        return -1

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Counts one level of nesting.

        Raises:
            LimitReachedError: The nesting is too deep.
        """
        if self._depth >= self.limits.depth:
            raise LimitReachedError(f"parts are nested more than {self.limits.depth} deep")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def count(self) -> None:
        """Counts one more part; a reader calls it for each.

        Raises:
            LimitReachedError: There are too many.
        """
        self._parts_left -= 1
        if self._parts_left < 0:
            raise LimitReachedError(f"there are more than {self.limits.parts} parts")

    def value(
        self,
        place: str,
        key: str,
        offset: int,
        data: bytes,
        *,
        size: int | None = None,
        encoding: str = "",
        is_compressed: bool = False,
        is_cut: bool = False,
    ) -> None:
        """Notes a value.

        Args:
            place: Where it lies, from outside in.
            key: Name under which the file has it.
            offset: Of its first byte as it lies in the file.
            data: Its bytes, decompressed.
            size: Bytes as they lie in the file; None for the length of `data`.
            encoding: Python's name of its encoding; empty where it is no text.
            is_compressed: Whether it is compressed in the file.
            is_cut: Whether the reader has read a part of it only.
        """
        kept = data[: max(0, min(self.limits.value_bytes, self._bytes_left))]
        self._bytes_left -= len(kept)
        cut = is_cut or len(kept) < len(data)
        stored = len(data) if size is None else size
        self._values.append(Value(place, key, offset, stored, kept, encoding, cut, is_compressed))
        if cut:
            self.problem("limit", offset, part=place, detail="a value is longer than what is read of it")

    def problem(self, code: str, offset: int, *, size: int | None = None, part: str = "", detail: str = "") -> None:
        """Notes what does not fit; after many of one code the rest are counted, not listed."""
        self._seen[code] = self._seen.get(code, 0) + 1
        if self._seen[code] <= _ENOUGH:
            self._problems.append(Problem(code, offset, size, part, detail))

    def structure(self, name: str, parts: list[Part]) -> Structure:
        """Gives everything that was found, in the order of the file."""
        for code, count in self._seen.items():
            if count > _ENOUGH:
                detail = f"{count - _ENOUGH} further problems of the kind {code} are not listed"
                self._problems.append(Problem("limit", self.size, detail=detail))
        values = tuple(sorted(self._values, key=lambda value: value.offset))
        problems = tuple(sorted(self._problems, key=lambda problem: problem.offset))
        return Structure(name, self.size, tuple(parts), values, problems)
