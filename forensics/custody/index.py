"""A cache of what the records hold, in SQLite: rebuilt from the records, deletable, never evidence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from forensics.codec import canonical
from forensics.custody.digest import sha256_hex
from forensics.custody.records import Line, artifacts_of, read_file
from forensics.custody.store import wipe
from forensics.errors import IntegrityError
from forensics.model import CustodyEvent

VERSION = 1
"""Raised whenever the tables change; another version's index is rebuilt."""

ITEM = "ITEM-"
"""What ids of items begin with; an erasure may be of a subject, too."""

_TABLES = """
CREATE TABLE state (seq INTEGER, digest TEXT);
CREATE TABLE record (seq INTEGER, idx INTEGER, type TEXT, offset INTEGER, length INTEGER,
  PRIMARY KEY (seq, idx)) WITHOUT ROWID;
CREATE TABLE item (number INTEGER PRIMARY KEY, id TEXT UNIQUE, locator TEXT UNIQUE, sensitivity TEXT,
  seq INTEGER, idx INTEGER);
CREATE TABLE acquisition (seq INTEGER, idx INTEGER, item TEXT, outcome TEXT, PRIMARY KEY (seq, idx)) WITHOUT ROWID;
CREATE INDEX acquisition_item ON acquisition (item);
CREATE TABLE artifact (blob TEXT, content TEXT, size INTEGER, item TEXT, role TEXT,
  seq INTEGER, idx INTEGER, nr INTEGER);
CREATE INDEX artifact_blob ON artifact (blob);
CREATE INDEX artifact_content ON artifact (content);
CREATE INDEX artifact_item ON artifact (item);
CREATE TABLE gap (item TEXT, why TEXT, seq INTEGER, idx INTEGER);
CREATE TABLE finding (seq INTEGER, idx INTEGER, kind TEXT, result TEXT, examination TEXT,
  PRIMARY KEY (seq, idx)) WITHOUT ROWID;
CREATE INDEX finding_kind ON finding (kind, result);
CREATE TABLE subject (sha256 TEXT, seq INTEGER, idx INTEGER, examination TEXT);
CREATE INDEX subject_sha256 ON subject (sha256, examination);
CREATE TABLE proof (checkpoint INTEGER, authority TEXT);
CREATE TABLE erased (number INTEGER);
"""

Row = tuple[str, tuple[Any, ...]]
"""Name of a table, and the values of one row of it."""


def locator_key(locator: Any) -> str:
    """Gives the text by which equal locators are found: the exact bytes of the name."""
    return locator["raw_hex"] if isinstance(locator, dict) else str(locator).encode("utf-8", "surrogatepass").hex()


def item_number(item_id: str) -> int:
    """Gives the number in an item's id: 7 for `ITEM-0007`."""
    return int(item_id.rpartition("-")[2])


def examination_key(analyzer: dict[str, Any], tools: Sequence[dict[str, Any]]) -> str:
    """Gives a digest of analyzer, version, settings and tools: equal ones need not run twice on the same bytes."""
    wanted = {name: analyzer.get(name) for name in ("name", "version", "settings", "arguments")}
    return sha256_hex(canonical({"analyzer": wanted, "tools": list(tools)}))


class Index:
    """The cache of one case. It holds exactly what the records up to one event hold.

    Args:
        folder: The case.
        events: All events of the ledger.
        writable: Whether this process holds the case's lock, so that the file may be written. Otherwise it is copied
            into memory and completed there, and nobody who writes meanwhile is disturbed or seen.

    Raises:
        IntegrityError: A record file is missing or damaged.
    """

    def __init__(self, folder: Path, events: Sequence[CustodyEvent], *, writable: bool) -> None:
        self._folder, self._events, self._writable = folder, list(events), writable
        self._connection = _usable(folder, events, writable=writable) or self._fresh()
        try:
            self._catch_up()
        except BaseException:
            self.close()
            raise

    def _fresh(self) -> sqlite3.Connection:
        try:
            return _created(self._folder) if self._writable else _with_tables(_connect(None))
        except (sqlite3.Error, OSError):
            self._writable = False
            return _with_tables(_connect(None))

    def rebuild(self) -> None:
        """Throws the cache away and reads all records again."""
        self.close()
        self._connection = self._fresh()
        self._catch_up()

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    @property
    def seq(self) -> int:
        """Number of the last event that the index holds; -1 where it is empty."""
        return int(self._connection.execute("SELECT seq FROM state").fetchone()[0])

    def _catch_up(self) -> None:
        try:
            self._read_on()
        except sqlite3.Error:
            self._leave_disk()

    def _read_on(self) -> None:
        for event in self._events[self.seq + 1 :]:
            lines = read_file(self._folder / "records" / event.records.file) if event.records.file else ()
            self._add(event, lines)

    def _leave_disk(self) -> None:
        """Starts again in memory: a cache that cannot be written or read is no reason to stop."""
        self.close()
        if self._writable:
            with suppress(OSError):
                remove(self._folder)
        self._writable = False
        self._connection = self._fresh()
        self._read_on()

    def add(self, event: CustodyEvent, lines: Iterable[Line]) -> None:
        """Adds one event's records; the event must follow the last one."""
        self._events.append(event)
        try:
            self._add(event, lines)
        except sqlite3.Error:
            self._leave_disk()

    def _add(self, event: CustodyEvent, lines: Iterable[Line]) -> None:
        with self._connection:
            for number, line in enumerate(lines):
                for table, values in _checked_rows(event.seq, number, line):
                    marks = ", ".join("?" * len(values))
                    self._connection.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", values)  # noqa: S608 - own tables
            self._connection.execute("UPDATE state SET seq = ?, digest = ?", (event.seq, event.line_sha256))

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Runs a query over the tables of this module; a damaged file is rebuilt first."""
        try:
            return self._connection.execute(query, tuple(parameters)).fetchall()
        except sqlite3.DatabaseError:
            self.rebuild()
            return self._connection.execute(query, tuple(parameters)).fetchall()

    def places(self, kind: str) -> Iterator[tuple[int, int, int, int]]:
        """Gives event number, line index, offset and length of all records of a type, in order."""
        query = "SELECT seq, idx, offset, length FROM record WHERE type = ? ORDER BY seq, idx"
        yield from self.rows(query, (kind,))

    def last_item_number(self) -> int:
        """Gives the highest item number ever used, erased ones included; 0 where there was none."""
        query = "SELECT coalesce(max(number), 0) FROM (SELECT number FROM item UNION ALL SELECT number FROM erased)"
        return int(self.rows(query)[0][0])

    def item_at(self, locator: Any) -> str | None:
        """Gives the id of the item with this locator (as JSON), or None."""
        found = self.rows("SELECT id FROM item WHERE locator = ?", (locator_key(locator),))
        return str(found[0][0]) if found else None

    def blob_names(self) -> set[str]:
        """Gives the SHA-256 of every blob that a record names."""
        return {row[0] for row in self.rows("SELECT DISTINCT blob FROM artifact")}

    def is_examined(self, sha256: str, examination: str) -> bool:
        """Whether these bytes have findings of this analyzer with the same settings and tools."""
        query = "SELECT 1 FROM subject WHERE sha256 = ? AND examination = ? LIMIT 1"
        return bool(self.rows(query, (sha256, examination)))


def _checked_rows(seq: int, number: int, line: Line) -> list[Row]:
    """Gives the rows of a record line.

    Raises:
        IntegrityError: The record lacks what its type has, or has something else in its place.
    """
    if line.record is None:
        return []
    try:
        rows = [*_rows_of(line.record, (seq, number), line=line), *_artifact_rows(line.record, (seq, number))]
        for _, values in rows:
            _demand_values(values)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError(
            f"record {seq}/{number} cannot be read: {type(error).__name__} {error}",
            hint="Run `forensics verify CASE` and restore the case from a copy.",
            kept="Nothing was changed.",
        ) from error
    return rows


def _demand_values(values: tuple[Any, ...]) -> None:
    for value in values:
        is_number = isinstance(value, int) and abs(value) < 2**63
        if not (value is None or is_number or isinstance(value, str)):
            raise TypeError(f"unexpected {type(value).__name__}")
        if isinstance(value, str):
            value.encode()


def _rows_of(record: dict[str, Any], place: tuple[int, int], *, line: Line) -> Iterator[Row]:
    yield "record", (*place, record["type"], line.offset, line.length)
    match record["type"]:
        case "item":
            key = locator_key(record["locator"])
            yield "item", (item_number(record["id"]), record["id"], key, record["sensitivity"], *place)
        case "acquisition":
            yield "acquisition", (*place, record["item"], record["outcome"])
            for gap in record["gaps"]:
                yield "gap", (record["item"], gap["why"], *place)
        case "finding":
            key = examination_key(record["analyzer"], record["tools"])
            yield "finding", (*place, record["kind"], record["result"], key)
            for sha256 in record["subject"]:
                yield "subject", (sha256, *place, key)
        case "time-proof":
            yield "proof", (record["checkpoint"], record["authority"])
        case "erasure" if record["item"].startswith(ITEM):
            yield "erased", (item_number(record["item"]),)


def _artifact_rows(record: dict[str, Any], place: tuple[int, int]) -> Iterator[Row]:
    item = record["item"] if record["type"] == "acquisition" else None
    for nr, artifact in enumerate(artifacts_of(record)):
        digests, plain = artifact["digests"], (artifact.get("sealed") or {}).get("plain")
        content = (plain or digests)["sha256"]
        yield "artifact", (digests["sha256"], content, digests["size"], item, artifact["role"], *place, nr)


def remove(folder: Path) -> None:
    """Deletes the index of a case."""
    for path in folder.glob("index.sqlite*"):
        wipe(path)


def _usable(folder: Path, events: Sequence[CustodyEvent], *, writable: bool) -> sqlite3.Connection | None:
    """Opens the index file, or a copy of it in memory, if it is whole enough and belongs to this ledger."""
    path = folder / "index.sqlite"
    if path.is_symlink() or not path.is_file():
        return None
    with suppress(sqlite3.Error):
        connection = _connect(path) if writable else _copied(path)
        if _belongs(connection, events):
            return connection
        connection.close()
    return None


def _belongs(connection: sqlite3.Connection, events: Sequence[CustodyEvent]) -> bool:
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        seq, digest = connection.execute("SELECT seq, digest FROM state").fetchone()
        return bool(version == VERSION and -1 <= seq < len(events) and (seq < 0 or events[seq].line_sha256 == digest))
    except (sqlite3.Error, TypeError, ValueError):
        return False


def _copied(path: Path) -> sqlite3.Connection:
    target = sqlite3.connect(":memory:")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as source:
            source.backup(target)
    except sqlite3.Error:
        target.close()
        raise
    return target


def _created(folder: Path) -> sqlite3.Connection:
    remove(folder)
    return _with_tables(_connect(folder / "index.sqlite"))


def _with_tables(connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        connection.executescript(_TABLES)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("INSERT INTO state VALUES (-1, '')")
        connection.commit()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _connect(path: Path | None) -> sqlite3.Connection:
    """Opens a database that survives a power cut whole: what the cache forgot would be removed as never committed."""
    connection = sqlite3.connect(path or ":memory:", timeout=10)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
