"""A cache of what the records hold, in SQLite: rebuilt from the records, deletable, never evidence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from forensics.codec import canonical
from forensics.custody.digest import sha256_hex
from forensics.custody.records import Line, artifacts_of, read_file
from forensics.model import CustodyEvent, Sensitivity

VERSION = 1
"""Raised whenever the tables change; another version's index is rebuilt."""

SEALED = tuple(str(level) for level in Sensitivity if level.is_sealed)

_TABLES = """
CREATE TABLE state (seq INTEGER, digest TEXT);
CREATE TABLE record (seq INTEGER, idx INTEGER, type TEXT, offset INTEGER, length INTEGER, PRIMARY KEY (seq, idx)) WITHOUT ROWID;
CREATE TABLE item (number INTEGER PRIMARY KEY, id TEXT UNIQUE, locator TEXT UNIQUE, sensitivity TEXT, seq INTEGER, idx INTEGER);
CREATE TABLE acquisition (seq INTEGER, idx INTEGER, item TEXT, outcome TEXT, PRIMARY KEY (seq, idx)) WITHOUT ROWID;
CREATE INDEX acquisition_item ON acquisition (item);
CREATE TABLE artifact (blob TEXT, content TEXT, size INTEGER, item TEXT, role TEXT, seq INTEGER, idx INTEGER, nr INTEGER);
CREATE INDEX artifact_blob ON artifact (blob);
CREATE INDEX artifact_content ON artifact (content);
CREATE INDEX artifact_item ON artifact (item);
CREATE TABLE gap (item TEXT, why TEXT, seq INTEGER, idx INTEGER);
CREATE TABLE finding (seq INTEGER, idx INTEGER, kind TEXT, result TEXT, examination TEXT, PRIMARY KEY (seq, idx)) WITHOUT ROWID;
CREATE INDEX finding_kind ON finding (kind, result);
CREATE TABLE subject (sha256 TEXT, seq INTEGER, idx INTEGER, examination TEXT);
CREATE INDEX subject_sha256 ON subject (sha256, examination);
CREATE TABLE proof (checkpoint INTEGER, authority TEXT);
CREATE TABLE erased (number INTEGER);
"""


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
        writable: Whether this process holds the case's lock; otherwise an index that is behind is built in memory.

    Raises:
        IntegrityError: A record file is missing or damaged.
    """

    def __init__(self, folder: Path, events: Sequence[CustodyEvent], *, writable: bool) -> None:
        self._folder, self._events, self._writable = folder, list(events), writable
        self._connection = _usable(folder, events, may_lag=writable) or self._fresh()
        self._catch_up()

    def _fresh(self) -> sqlite3.Connection:
        if self._writable:
            remove(self._folder)
        connection = _connect(self._folder / "index.sqlite" if self._writable else None)
        connection.executescript(_TABLES)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("INSERT INTO state VALUES (-1, '')")
        connection.commit()
        return connection

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
        for event in self._events[self.seq + 1 :]:
            lines = read_file(self._folder / "records" / event.records.file) if event.records.file else ()
            self._add(event, lines)

    def add(self, event: CustodyEvent, lines: Iterable[Line]) -> None:
        """Adds one event's records; the event must follow the last one."""
        self._events.append(event)
        self._add(event, lines)

    def _add(self, event: CustodyEvent, lines: Iterable[Line]) -> None:
        with self._connection:
            for number, line in enumerate(lines):
                if line.record is not None:
                    self._add_record(event.seq, number, line)
            self._connection.execute("UPDATE state SET seq = ?, digest = ?", (event.seq, event.line_sha256))

    def _add_record(self, seq: int, number: int, line: Line) -> None:
        record = line.record or {}
        kind, place, run = str(record.get("type")), (seq, number), self._connection.execute
        run("INSERT INTO record VALUES (?, ?, ?, ?, ?)", (*place, kind, line.offset, line.length))
        match kind:
            case "item":
                key = locator_key(record["locator"])
                values = (item_number(record["id"]), record["id"], key, record["sensitivity"], *place)
                run("INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?, ?, ?)", values)
            case "acquisition":
                run("INSERT INTO acquisition VALUES (?, ?, ?, ?)", (*place, record["item"], record["outcome"]))
                for gap in record["gaps"]:
                    run("INSERT INTO gap VALUES (?, ?, ?, ?)", (record["item"], gap["why"], *place))
            case "finding":
                self._add_finding(record, place)
            case "time-proof":
                run("INSERT INTO proof VALUES (?, ?)", (record["checkpoint"], record["authority"]))
            case "erasure":
                run("INSERT INTO erased VALUES (?)", (item_number(record["item"]),))
        for nr, artifact in enumerate(artifacts_of(record)):
            digests, plain = artifact["digests"], (artifact.get("sealed") or {}).get("plain")
            content = (plain or digests)["sha256"]
            values = (digests["sha256"], content, digests["size"], record.get("item"), artifact["role"], *place, nr)
            run("INSERT INTO artifact VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def _add_finding(self, record: dict[str, Any], place: tuple[int, int]) -> None:
        key = examination_key(record["analyzer"], record["tools"])
        run = self._connection.execute
        run("INSERT INTO finding VALUES (?, ?, ?, ?, ?)", (*place, record["kind"], record["result"], key))
        for sha256 in record["subject"]:
            run("INSERT INTO subject VALUES (?, ?, ?, ?)", (sha256, *place, key))

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


def remove(folder: Path) -> None:
    """Deletes the index of a case."""
    for path in folder.glob("index.sqlite*"):
        with suppress(FileNotFoundError):
            path.unlink()


def _usable(folder: Path, events: Sequence[CustodyEvent], *, may_lag: bool) -> sqlite3.Connection | None:
    """Opens the index file if it is whole enough and belongs to this ledger."""
    path = folder / "index.sqlite"
    if not path.is_file():
        return None
    try:
        connection = _connect(path)
        seq, digest = connection.execute("SELECT seq, digest FROM state").fetchone()
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        belongs = seq < len(events) and (seq < 0 or events[seq].line_sha256 == digest)
        if version == VERSION and belongs and (may_lag or seq == len(events) - 1):
            return connection
        connection.close()
    except (sqlite3.Error, TypeError):
        return None
    return None


def _connect(path: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(path or ":memory:", timeout=10)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA secure_delete = ON")
    return connection
