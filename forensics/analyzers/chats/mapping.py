"""The setting `mapping` of the analyzer: a file's content, so that no record depends on a path."""

from __future__ import annotations

from pathlib import Path

from forensics.chats.csv_mapping import mapping_of
from forensics.errors import UsageError

MOST_BYTES = 1 << 20
"""Bytes of a mapping file; it has a dozen lines."""


def read(given: str) -> str:
    """Gives the content of a mapping file, checked.

    Args:
        given: A path, or the content itself as an earlier call gave it; empty for none.

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
            raise UsageError(
                f"the mapping of columns {given} cannot be read: {error}", hint="docs/chat-formats.md shows one."
            ) from error
    mapping_of(text)
    return text if "\n" in text else f"{text}\n"
