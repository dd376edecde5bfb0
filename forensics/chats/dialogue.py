"""Texts in which a head line begins each message and further lines go on with it, as several exports are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from forensics.chats.source import Line

MOST_TEXT = 4 << 20
"""Characters of one message that are kept: no platform allows a hundredth of it."""

Head = TypeVar("Head")


@dataclass
class Block(Generic[Head]):
    """One message as it stands in the text.

    Attributes:
        head: What its head line says; None for lines before the first head.
        first: Its first line.
        lines: Lines after the head line.
        left_out: Characters that were not kept.
    """

    head: Head | None
    first: Line
    lines: list[str] = field(default_factory=list)
    left_out: int = 0
    length: int = 0

    def add(self, text: str) -> None:
        """Goes on with a further line."""
        self.length += len(text) + 1
        if self.length > MOST_TEXT:
            self.left_out += len(text) + 1
        else:
            self.lines.append(text)

    @property
    def record(self) -> str:
        """Where it stands."""
        return f"line {self.first.number}"


def blocks(lines: Iterator[Line], head_of: Callable[[str], Head | None]) -> Iterator[Block[Head]]:
    """Cuts a text at its head lines.

    Args:
        lines: All lines.
        head_of: What a line says as a head; None where it is none.
    """
    block: Block[Head] | None = None
    for line in lines:
        head = head_of(line.text)
        if head is None and block is not None:
            block.add(line.text)
            continue
        if block is not None:
            yield block
        block = Block(head, line)
        if head is None:
            block.add(line.text)
    if block is not None:
        yield block
