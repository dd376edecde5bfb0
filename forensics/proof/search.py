"""Full-text search: any run of characters is found, also two Chinese ones; every hit is a lead.

The words of a table (`forensics.chats.word`) are read from end to end for each search, and of the table itself what was
found alone. *Source:* measured with `python -m benchmarks chats`: one million messages of 3 to 40 Chinese characters
are searched in well under a second that way. The trigram index of SQLite's FTS5 misses words of two characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from forensics.chats.message import Message
from forensics.chats.table import rows_at
from forensics.chats.word import in_one_line
from forensics.errors import CodecError, UsageError
from forensics.proof.search_rule import Hit, hit_of

MAX_WORDS = 20
"""Words of one search; a limit on work."""

_BLOCK = 8 << 20

Wanted = tuple[tuple[str, ...], ...]
"""Words that must all be there, each in one of its spellings, as they are searched."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one table.

    Attributes:
        hits: The first ones, in the order of the table.
        count: All messages that have the words.
    """

    hits: tuple[Hit, ...]
    count: int


def wanted_of(words: Sequence[str | tuple[str, ...]]) -> Wanted:
    """Gives words in the form in which they are searched.

    Args:
        words: Each a run of characters, or several spellings of which one must be there.

    Raises:
        UsageError: There is no word, an empty one, or more than `MAX_WORDS`.
    """
    wanted = tuple(tuple(map(in_one_line, (one,) if isinstance(one, str) else one)) for one in words)
    if not wanted or len(wanted) > MAX_WORDS or not all(each and all(one.strip() for one in each) for each in wanted):
        raise UsageError(f"a search has 1 to {MAX_WORDS} words, none of them empty")
    return wanted


def found_words(text: str, wanted: Wanted) -> tuple[str, ...]:
    """Gives for each word the spelling that a text has; empty where it lacks one.

    Args:
        text: In the form that is searched.
        wanted: As `wanted_of` gives them.
    """
    found = tuple(next((one for one in each if one in text), "") for each in wanted)
    return found if all(found) else ()


def find(words: BinaryIO, wanted: Wanted, *, most: int | None = None) -> tuple[list[tuple[int, str]], int]:
    """Finds the rows of a table that have every word.

    Args:
        words: The words of the table.
        wanted: As `wanted_of` gives them.
        most: Rows that are given; None gives all.

    Returns:
        Place in the table and text of the first ones, and the number of all.

    Raises:
        CodecError: It is no file of words.
    """
    places: list[tuple[int, str]] = []
    count = 0
    for place, text in _lines(words, wanted):
        count += 1
        if most is None or len(places) < most:
            places.append((place, text.decode("utf-8", "replace")))
    return places, count


def search(words: BinaryIO, table: BinaryIO, wanted: Wanted, *, most: int | None = None) -> Found:
    """Finds the messages of a table that have every word.

    Args:
        words: The words of the table.
        table: The table; it can seek.
        wanted: As `wanted_of` gives them.
        most: Hits that are given; None gives all. All are counted.

    Raises:
        CodecError: The words do not belong to the table.
    """
    places, count = find(words, wanted, most=most)
    rows = rows_at(table, (place for place, _ in places))
    return Found(tuple(_hit(row, text, wanted) for row, (_, text) in zip(rows, places, strict=True)), count)


def _hit(row: object, text: str, wanted: Wanted) -> Hit:
    if not isinstance(row, Message):
        raise CodecError("the words of a table do not belong to it", hint="Run `forensics verify CASE`.")
    return hit_of(row, found_words(text, wanted))


def _lines(words: BinaryIO, wanted: Wanted) -> Iterator[tuple[int, bytes]]:
    """Gives place and text of each line that has every word."""
    groups = [tuple(one.encode("utf-8", "replace") for one in each) for each in wanted]
    rarest = max(groups, key=lambda each: min(map(len, each)))
    for block in blocks(words):
        for start in _starts(block, rarest):
            tab = block.find(b"\t", start)
            end = block.find(b"\n", tab)
            text = block[tab + 1 : end]
            if all(any(one in text for one in each) for each in groups):
                yield _place(block[start:tab]), text


def _place(digits: bytes) -> int:
    if not digits.isdigit():
        raise CodecError("a line of the words of a table has no place in it", hint="Run `forensics verify CASE`.")
    return int(digits)


def _starts(block: bytes, spellings: Iterable[bytes]) -> list[int]:
    """Gives the starts of the lines that have one of several spellings, in order."""
    found: set[int] = set()
    for one in spellings:
        at = block.find(one)
        while at >= 0:
            found.add(block.rfind(b"\n", 0, at) + 1)
            end = block.find(b"\n", at)
            at = block.find(one, end) if end >= 0 else -1
    return sorted(found)


def blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Gives the stream in blocks of whole lines."""
    rest = b""
    while read := stream.read(_BLOCK):
        whole, line_feed, rest_of = (rest + read).rpartition(b"\n")
        rest = rest_of if line_feed else rest + read
        if line_feed:
            yield whole + b"\n"
    if rest:
        yield rest + b"\n"


def hit_json(hit: Hit) -> dict[str, object]:
    """Writes a hit as a JSON value; it is a lead and says so."""
    where = hit.locator
    return {
        "status": "lead",
        "topic": hit.topic or None,
        "rule": hit.rule or None,
        "words": list(hit.words),
        "text": hit.text,
        "chat": hit.chat,
        "message": hit.message,
        "at": hit.at.isoformat() if hit.at else None,
        "at_shown": hit.at_shown,
        "sender": hit.sender,
        "locator": {"file": where.file, "name": where.name, "record": where.record, "offset": where.offset},
    }
