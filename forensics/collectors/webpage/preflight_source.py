"""Where the facts of a machine are read from: its own files, or a copy of them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

LIMIT_BYTES = 1 << 20
"""How much of a file is read; what the kernel and the system say of themselves is far shorter."""


@dataclass(frozen=True, slots=True)
class Source:
    """The files of a machine below a folder. What is not there, or may not be read, is None and never an error.

    Attributes:
        root: `/`, or a folder with a copy of the files that are asked for.
    """

    root: Path = Path("/")

    @property
    def is_live(self) -> bool:
        """Whether this is the running machine, so that programs and the kernel can be asked as well."""
        return self.root == Path("/")

    def path(self, name: str) -> Path:
        """Gives the place of a file, by its path without the first stroke."""
        return self.root / name

    def read(self, name: str, *, from_end: int = 0) -> bytes | None:
        """Reads a file.

        Args:
            name: Path without the first stroke.
            from_end: Reads the last bytes, this many; 0 reads the first `LIMIT_BYTES`.
        """
        try:
            with self.path(name).open("rb") as stream:
                if from_end:
                    size = stream.seek(0, os.SEEK_END)
                    stream.seek(max(0, size - from_end))
                return stream.read(from_end or LIMIT_BYTES)
        except (OSError, ValueError):
            return None

    def text(self, name: str, *, from_end: int = 0) -> str | None:
        """Reads a file as text, without white space and NUL bytes at its ends."""
        data = self.read(name, from_end=from_end)
        return None if data is None else data.decode("utf-8", errors="replace").strip(" \t\r\n\0")

    def lines(self, name: str, *, from_end: int = 0) -> tuple[str, ...]:
        """Reads the lines of a file; none where there is no such file."""
        return tuple((self.text(name, from_end=from_end) or "").splitlines())

    def names(self, folder: str) -> tuple[str, ...]:
        """Lists a folder, sorted; empty where there is none."""
        try:
            return tuple(sorted(os.listdir(self.path(folder))))  # noqa: PTH208 -- names only
        except OSError:
            return ()

    def has(self, name: str) -> bool:
        """Whether there is a file or folder of that path."""
        return os.path.lexists(self.path(name))


def salted(salt: bytes, content: bytes) -> str:
    """Computes the digest of content that could be guessed: SHA-256 over salt and content, in hex."""
    return hashlib.sha256(salt + content).hexdigest()


def number(text: str | None, *, base: int = 10) -> int:
    """Reads a whole number; 0 where the text is none."""
    try:
        return int(text or "0", base)
    except ValueError:
        return 0
