"""A mapping of columns that a user names as a file: its content, so that no record depends on a path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from forensics.errors import UsageError

MOST_BYTES = 1 << 20
"""Bytes of a mapping file; it has a few dozen lines."""


def read_mapping(given: str, *, check: Callable[[str], object], hint: str) -> str:
    """Gives the content of a mapping file, checked.

    Args:
        given: A path, or the content itself as an earlier call gave it; empty for none.
        check: Reads the content; it raises `UsageError` where that is no mapping.
        hint: Where a mapping is shown.

    Raises:
        UsageError: The file cannot be read, or is no mapping.
    """
    if not given:
        return ""
    text = given
    if "\n" not in given:
        try:
            with Path(given).open("rb") as stream:
                text = stream.read(MOST_BYTES).decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the mapping of columns {given} cannot be read: {error}", hint=hint) from error
    check(text)
    return text if "\n" in text else f"{text}\n"
