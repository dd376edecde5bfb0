"""Reads exports of chats and mail: one message table from every format, with a place in the source for every row."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Protocol, cast

from forensics.chats.message import Row
from forensics.chats.source import Source

FORMATS: tuple[str, ...] = (
    "forensics.chats.telegram_json",
    "forensics.chats.telegram_html",
    "forensics.chats.csv_mapping",
    "forensics.chats.csv_neutral",
    "forensics.chats.wechat_csv",
    "forensics.chats.wechat_html",
    "forensics.chats.whatsapp",
    "forensics.chats.qq",
    "forensics.chats.wechat_text",
    "forensics.chats.mail",
)
"""Modules that read one format each; the first that recognises a file reads it."""


class Format(Protocol):
    """A module of `FORMATS`. `NAME` is what `Chat.format` says."""

    NAME: str

    def sniff(self, head: bytes, name: str) -> bool:
        """Whether a file is of this format, by its first bytes and, where these leave it open, its name."""
        ...

    def read(self, source: Source) -> Iterator[Row]:
        """Gives chats, messages and problems in the order of the file; a message's chat comes before it."""
        ...


def formats() -> tuple[Format, ...]:
    """Gives the modules of all formats."""
    return tuple(cast(Format, import_module(name)) for name in FORMATS)


def recognise(source: Source) -> Format | None:
    """Finds the format of an export; None where it is of none that is known."""
    for one in formats():
        if one.NAME == "csv-mapping":
            if source.options.mapping and one.sniff(source.head, source.name):
                return one
        elif one.sniff(source.head, source.name):
            return one
    return None
