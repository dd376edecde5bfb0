"""The setting `mapping` of the analyzer: a file's content, so that no record depends on a path."""

from __future__ import annotations

from pathlib import Path

from forensics.chats.bill_mapping import parse_mapping
from forensics.errors import UsageError

MOST_BYTES = 1 << 20
"""Bytes of a mapping file; it has a few dozen lines."""


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
            hint = "templates/bills/example.toml shows one."
            raise UsageError(f"the mapping of columns {given} cannot be read: {error}", hint=hint) from error
    parse_mapping(text.encode())
    return text if "\n" in text else f"{text}\n"
