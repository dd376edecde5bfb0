"""Full-text search over messages: any run of characters is found, also two Chinese ones; every hit is a lead.

Text is compared as `search_rule.searched` writes it. The index is a narrow table that SQLite reads from end to end for
each search. *Source:* measured with `python -m benchmarks.money`: one million messages of 3 to 40 Chinese characters
are searched in well under a second that way, while the trigram index of FTS5 misses words of two characters and takes
several times as long to build as to read the messages.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path

from forensics.chats.message import Chat, Locator, Message, Problem
from forensics.errors import CodecError, UsageError
from forensics.proof.search_rule import Hit, searched

FORMAT_VERSION = 1
MAX_WORDS = 20
"""Words of one search; a limit on work."""

_BATCH = 5000
_TABLES = """
create table about(name text primary key, value text);
create table word(id integer primary key, text text not null);
create table place(id integer primary key, chat text, message text, at text, at_shown text, sender text, shown text,
    file text, name text, record text, offset integer);
"""


def build_index(rows: Iterable[Chat | Message | Problem], path: Path) -> int:
    """Writes the index of messages into a new file.

    Returns:
        Number of messages that have text or an attachment with a name.

    Raises:
        UsageError: The file is there already.
        CodecError: It cannot be written.
    """
    if path.exists():
        raise UsageError(f"{path} exists already", hint="Give the index a new name, or remove the old one.")
    with _opened(path) as database:
        database.executescript("pragma journal_mode=off; pragma synchronous=off;" + _TABLES)
        count = 0
        messages = (row for row in rows if isinstance(row, Message))
        found = ((row, text) for row in messages if (text := _text(row)))
        while batch := list(islice(found, _BATCH)):
            words = [(count + place, text) for place, (_, text) in enumerate(batch)]
            database.executemany("insert into word values(?,?)", words)
            places = [(count + place, *_place(row)) for place, (row, _) in enumerate(batch)]
            database.executemany("insert into place values(?,?,?,?,?,?,?,?,?,?,?)", places)
            count += len(batch)
        about = [("format", str(FORMAT_VERSION)), ("count", str(count))]
        database.executemany("insert into about values(?,?)", about)
        database.commit()
    return count


def _text(message: Message) -> str:
    """Gives what is searched: the text, and the names of files, each on its own line."""
    names = (one.name for one in message.attachments if one.name)
    return searched("\n".join([message.text, *names]).strip()).encode("utf-8", "replace").decode()


def _place(message: Message) -> tuple[object, ...]:
    where = message.locator
    at = message.sent_at.isoformat() if message.sent_at else None
    values = (message.chat, message.id or where.record, at, message.sent_shown, message.sender, message.text[:500])
    plain = [None if one is None else one.encode("utf-8", "replace").decode() for one in values]
    return *plain, where.file, where.name, where.record, where.offset


def search(path: Path, words: Sequence[str | tuple[str, ...]], *, limit: int | None = None) -> tuple[Hit, ...]:
    """Finds the messages that have every word, in the order of the index.

    Args:
        path: Index that `build_index` wrote.
        words: Each a run of characters, or several spellings of which one must be there.
        limit: Most hits that are given; None gives all.

    Raises:
        UsageError: There is no word, an empty one, or more than `MAX_WORDS`.
        CodecError: The file is no index of this version.
    """
    wanted = [tuple(map(searched, (one,) if isinstance(one, str) else one)) for one in words]
    if not wanted or len(wanted) > MAX_WORDS or not all(all(one.strip() for one in each) and each for each in wanted):
        raise UsageError(f"a search has 1 to {MAX_WORDS} words, none of them empty")
    condition = " and ".join("(" + " or ".join("instr(text, ?)" for _ in each) + ")" for each in wanted)
    values = [one for each in wanted for one in each]
    with _opened(path, is_old=True) as database:
        _check(database, path)
        query = f"select id, text from word where {condition} order by id limit ?"  # noqa: S608  values are bound
        found = database.execute(query, [*values, -1 if limit is None else limit]).fetchall()
        return tuple(_hit(database, number, _found_words(text, wanted)) for number, text in found)


def _found_words(text: str, wanted: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(next(one for one in each if one in text) for each in wanted)


def _hit(database: sqlite3.Connection, number: int, words: tuple[str, ...]) -> Hit:
    row = database.execute("select * from place where id = ?", (number,)).fetchone()
    _, chat, message, at, at_shown, sender, shown, file, name, record, offset = row
    moment = datetime.fromisoformat(at) if at else None
    return Hit("", "", words, shown, chat, message, moment, at_shown, sender, Locator(file, name, record, offset))


def _check(database: sqlite3.Connection, path: Path) -> None:
    found = database.execute("select value from about where name = 'format'").fetchone()
    if found is None or found[0] != str(FORMAT_VERSION):
        raise CodecError(f"{path} is an index of another version", hint="Build it again.")


@contextmanager
def _opened(path: Path, *, is_old: bool = False) -> Iterator[sqlite3.Connection]:
    """Opens a database and translates its errors."""
    try:
        name = f"{path.absolute().as_uri()}?mode={'ro' if is_old else 'rwc'}"
        with closing(sqlite3.connect(name, uri=True)) as database:
            yield database
    except sqlite3.Error as error:
        raise CodecError(f"index {path} cannot be used: {error}", hint="Build it again.") from error


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


def search_json(hits: Iterable[Hit]) -> dict[str, object]:
    """Writes the result of a search: `hits`, each with its `locator`."""
    return {"hits": [hit_json(one) for one in hits]}
